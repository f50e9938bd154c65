"""Lesson 02 as a part of the service: labels that somebody paints come back as a house at once."""

from fastapi import APIRouter, Response

from .networks import SHRUNK, in_palette, translator
from .service import PAINTS, Seed, Service, Upload

SHAPE = (128, 128, 3)


def load():
    """Lesson 02's generator, from a drawing (H, W, 3) in [0, 1] to a house (256, 256, 3).

    Each pixel of the drawing, pressed into the network's square, counts as the class with the
    nearest colour of `houses.PALETTE`. seed: of the network's noise, of which bricks are made.
    """
    from ..models import pix2pix

    answer = translator(pix2pix.load("unet_l1_cgan"))
    return lambda drawing, seed=0: answer(in_palette(drawing, SHAPE[0]), seed)


def routes(service: Service) -> APIRouter:
    """/house."""
    router = APIRouter()

    @router.post("/house", **PAINTS)
    async def build(file: Upload, seed: Seed = 0) -> Response:
        """Build a house after labels in lesson 02's colours: PNG or TIFF in, a PNG out.

        /labels.png shows the colours; of a JPEG, which mixes them, edges come out ragged.
        """
        return await service.picture(file, "pix2pix", SHRUNK, colour=True, given={"seed": seed})

    return router
