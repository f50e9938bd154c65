"""Lesson 03's way back as a part of the service: a face comes back as a sketch."""

from fastapi import APIRouter, Response

from .. import images
from .networks import SHRUNK, translator
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (128, 128, 3)


def load():
    """Lesson 03's pix2pix the other way, from a picture (H, W, 3) in [0, 1] to a sketch (256, 256, 3).

    Of the picture only the square in its middle is drawn.
    """
    from ..models import face_sketch

    answer = translator(face_sketch.load("pix2pix")[0])
    return lambda picture: answer(images.centre_square(picture, SHAPE[0]))


def routes(service: Service) -> APIRouter:
    """/undraw and /portrait.png."""
    router = APIRouter()

    @router.post("/undraw", **PAINTS)
    async def undraw(file: Upload) -> Response:
        """Draw the face in the middle of a picture: PNG, JPEG or TIFF in, a PNG of 256 × 256 out."""
        return await service.picture(file, "undrawing", SHRUNK, colour=True)

    @router.get("/portrait.png", **DRAWS)
    async def portrait(seed: Seed = 0) -> Response:
        """Somebody who doesn't exist, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def drawn(seed: int) -> bytes:
    from drawn_worlds import faces

    from ..data.face_sketch import SEEN

    return encode(faces.face(seed, 256, **SEEN).photo)
