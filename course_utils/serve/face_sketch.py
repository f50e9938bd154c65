"""Lesson 03 as a part of the service: a sketch comes back as a face."""

import threading

import numpy as np
from fastapi import APIRouter, Response

from .. import images
from .networks import SHRUNK, on_paper
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (256, 256)


def load():
    """Lesson 03's pix2pix, from a sketch (H, W) in [0, 1], on white, to a face (256, 256, 3)."""
    from ..models import face_sketch
    from ..models.pix2pix import translate

    side, model = face_sketch.SHIPPED["pix2pix"].side, face_sketch.load("pix2pix")[1]
    door = threading.Lock()  # `translate` sets the network's noise, and then runs it

    def paint(sketch):
        paper = on_paper(sketch, side)[None, ..., None]
        with door:
            face = translate(model, np.repeat(paper, 3, axis=-1))[0]
        return images.resize(face, (256, 256))

    return paint


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
