"""Lesson 04 as a part of the service: a picture comes back repainted."""

import threading
from typing import Literal

from fastapi import APIRouter, Response

from .. import images
from .networks import SHRUNK, in_few_sizes, shrunk
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (256, 256, 3)
SIDE = 1024  # what is repainted is at most this long: a second and 200 MB, whatever is sent
Style = Literal["waves", "glass", "woodcut"]
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")


def load():
    """Lesson 04's network: a picture (H, W, 3) in [0, 1] and a style's name to the picture, repainted.

    What is longer than SIDE is shrunk to it first.
    """
    from ..models import fast_style

    network, door = fast_style.load(), threading.Lock()

    @in_few_sizes
    def repaint(picture, style):
        with door:  # one at a time: each takes all cores
            return fast_style.repaint(network, picture[None], fast_style.shares(style))[0]

    return lambda picture, style: repaint(shrunk(picture, SIDE), style)


def routes(service: Service) -> APIRouter:
    """/repaint and /photograph.png."""
    router = APIRouter()

    @router.post("/repaint", **PAINTS)
    async def repaint(file: Upload, style: Style = "waves") -> Response:
        """Repaint a picture in one of three styles: PNG, JPEG or TIFF in, a PNG of at most 1024 pixels out."""
        return await service.picture(file, "style", SHRUNK, True, style)

    @router.get("/photograph.png", **DRAWS)
    async def photograph(seed: Seed = 0) -> Response:
        """A photograph to try it on; the next one for the next seed."""
        return await service.drawn(_photograph, seed)

    return router


def _photograph(seed: int) -> bytes:
    from skimage import data

    return encode(images.to_float(getattr(data, PHOTOGRAPHS[seed % len(PHOTOGRAPHS)])()))
