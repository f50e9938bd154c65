"""Lesson 04 as a part of the service: a picture comes back repainted."""

import threading

from fastapi import APIRouter, Response

from .. import images
from .networks import SHRUNK, in_few_sizes, shrunk
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (256, 256, 3)
SIDE = 1024  # what is repainted is at most this long: a second and 200 MB, whatever is sent
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")


def load(style="waves"):
    """Lesson 04's network for one style, from a picture (H, W, 3) in [0, 1] to the same, repainted.

    What is longer than SIDE is shrunk to it first.
    """
    from ..models import fast_style

    network, door = fast_style.load(style), threading.Lock()

    @in_few_sizes
    def repaint(picture):
        with door:  # one at a time: each takes all cores
            return fast_style.repaint(network, picture[None])[0]

    return lambda picture: repaint(shrunk(picture, SIDE))


def routes(service: Service) -> APIRouter:
    """/repaint and /photograph.png."""
    router = APIRouter()

    @router.post("/repaint", **PAINTS)
    async def repaint(file: Upload) -> Response:
        """Repaint a picture as waves: PNG, JPEG or TIFF in, a PNG of at most 1024 pixels out."""
        return await service.picture(file, "style", SHRUNK, colour=True)

    @router.get("/photograph.png", **DRAWS)
    async def photograph(seed: Seed = 0) -> Response:
        """A photograph to try it on; the next one for the next seed."""
        return await service.drawn(drawn, seed)

    return router


def drawn(seed: int) -> bytes:
    from skimage import data

    return encode(images.to_float(getattr(data, PHOTOGRAPHS[seed % len(PHOTOGRAPHS)])()))
