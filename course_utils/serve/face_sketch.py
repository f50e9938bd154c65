"""Lesson 03 as a part of the service: a sketch comes back as a face."""

import numpy as np
from fastapi import APIRouter, Response

from .networks import SHRUNK, on_paper, translator
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (256, 256)


def load():
    """Lesson 03's pix2pix, from a sketch (H, W) in [0, 1], on white, to a face (256, 256, 3)."""
    from ..models import face_sketch

    side, answer = face_sketch.SHIPPED["pix2pix"].side, translator(face_sketch.load("pix2pix")[1])
    return lambda sketch: answer(np.repeat(on_paper(sketch, side)[..., None], 3, axis=-1))


def routes(service: Service) -> APIRouter:
    """/face and /sketch.png."""
    router = APIRouter()

    @router.post("/face", **PAINTS)
    async def face(file: Upload) -> Response:
        """Paint a face from a sketch: PNG, JPEG or TIFF in, a PNG of 256 × 256 in colour out."""
        return await service.picture(file, "face_sketch", SHRUNK)

    @router.get("/sketch.png", **DRAWS)
    async def sketch(seed: Seed = 0) -> Response:
        """A sketch of somebody who doesn't exist, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def drawn(seed: int) -> bytes:
    from drawn_worlds import faces

    from ..data.face_sketch import SEEN

    return encode(faces.face(seed, 256, **SEEN).sketch)
