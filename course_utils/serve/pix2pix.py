"""Lesson 02 as a part of the service: labels that somebody paints come back as a house at once."""

import threading

from fastapi import APIRouter, Response

from drawn_worlds import houses

from .. import images
from .networks import SHRUNK
from .service import PAINTS, Seed, Service, Upload

SHAPE = (128, 128, 3)


def load():
    """Lesson 02's generator, from a drawing (H, W, 3) in [0, 1] to a house (256, 256, 3).

    Each pixel of the drawing, pressed into the network's square, counts as the class with the
    nearest colour of `houses.PALETTE`. seed: of the network's noise, of which bricks are made.
    """
    from ..models import pix2pix

    network, door = pix2pix.load("unet_l1_cgan"), threading.Lock()

    def build(drawing, seed=0):
        labels = houses.decode(images.resize(drawing, SHAPE[:2], labels=True))
        with door:  # `translate` sets the network's noise, and then runs it
            house = pix2pix.translate(network, houses.colour(labels)[None], seed)[0]
        return images.resize(house, (256, 256))

    return build


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
