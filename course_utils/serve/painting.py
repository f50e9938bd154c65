"""Lesson 04 as a part of the service: a picture comes back repainted."""

from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile

from .. import images
from .networks import SHRUNK
from .pages import encode

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")


def routes(service, form, answers, drawn) -> APIRouter:
    """/repaint and /photograph.png; what they share with the other routes comes from `app`."""
    router = APIRouter()

    @router.post("/repaint", openapi_extra=form, response_class=Response, responses=answers)
    async def repaint(file: Annotated[UploadFile, File()]) -> Response:
        """Repaint a picture as waves: PNG, JPEG or TIFF in, a PNG of at most 1024 pixels out."""
        return await service.picture(file, service.repaint, SHRUNK, colour=True)

    @router.get("/photograph.png", response_class=Response, responses=drawn)
    async def photograph(seed: Annotated[int, Query(ge=0, lt=2**31)] = 0) -> Response:
        """A photograph to try it on; the next one for the next seed."""
        return await service.drawn(_photograph, seed)

    return router


def _photograph(seed: int) -> bytes:
    from skimage import data

    return encode(images.to_float(getattr(data, PHOTOGRAPHS[seed % len(PHOTOGRAPHS)])()))
