"""Lesson 04 as a part of the service: a picture comes back repainted."""

import functools
import threading
from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile

from .. import images
from .pages import decode, encode

SIDE = 1024  # what comes back is at most this long: a second and 200 MB, whatever is sent
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")


class Painter:
    """The feed-forward network of one style, loaded with the first picture that comes."""

    def __init__(self, style="waves"):
        self.style, self.door = style, threading.Lock()

    def __call__(self, picture):
        """A picture (H, W, 3) in [0, 1] repainted, shrunk to at most SIDE pixels a side."""
        from ..training import fast_style

        scale = SIDE / max(picture.shape[:2])
        if scale < 1:
            sides = (max(1, round(length * scale)) for length in picture.shape[:2])
            picture = images.resize(picture, tuple(sides))
        with self.door:  # one at a time: each takes all cores
            return fast_style.repaint(self.network, picture[None])[0]

    @functools.cached_property
    def network(self):
        from ..training import fast_style

        return fast_style.load(self.style)


def routes(service, paint, place, form, picture, problems) -> APIRouter:
    """/repaint and /photograph.png; what they share with the other routes comes from `app`."""
    router = APIRouter(dependencies=place)

    @router.post("/repaint", openapi_extra=form, response_class=Response,
                 responses=picture | problems)  # fmt: skip
    async def repaint(file: Annotated[UploadFile, File()]) -> Response:
        """Repaint a picture as waves: PNG, JPEG or TIFF in, a PNG of at most 1024 pixels out."""
        def work():
            return encode(paint(decode(file.file.read(), service.limits, colour=True)))

        return Response(await service.in_turn(work), media_type="image/png")

    @router.get("/photograph.png", response_class=Response,
                responses=picture | {status: problems[status] for status in (422, 503, 504)})
    async def photograph(seed: Annotated[int, Query(ge=0, lt=2**31)] = 0) -> Response:
        """A photograph to try it on; the next one for the next seed."""
        return Response(await service.in_turn(lambda: _photograph(seed)), media_type="image/png")

    return router


def _photograph(seed: int) -> bytes:
    from skimage import data

    return encode(images.to_float(getattr(data, PHOTOGRAPHS[seed % len(PHOTOGRAPHS)])()))
