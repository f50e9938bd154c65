"""Lesson 10 as a part of the service: labels that somebody paints come back as four houses."""

import threading

import numpy as np
from fastapi import APIRouter, Response

from drawn_worlds import houses

from .networks import in_palette, sheet
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (128, 128, 3)
STEPS = 8  # half of lesson 10's: a person waits for the answer, and sees little difference
COST = 24  # of a pixel's cleaning: what a pixel of the page's canvas costs


def load():
    """Lesson 10's network, from a drawing (H, W, 3) in [0, 1] to four houses (512, 512, 3).

    Each pixel of the drawing, pressed into the network's square, counts as the class with the
    nearest colour of `houses.PALETTE`. seed: of the noise that the houses come from.
    """
    from ..models import flow

    network, door = flow.load(), threading.Lock()

    def build(drawing, seed=0):
        four = np.repeat(in_palette(drawing, SHAPE[0])[None], 4, axis=0)
        with door:  # one at a time: each takes all cores
            return sheet(flow.generate(network, four, seed, STEPS, flow.GUIDANCE))

    return build


def routes(service: Service) -> APIRouter:
    """/houses and /labels.png."""
    router = APIRouter()

    @router.post("/houses", **PAINTS)
    async def build(file: Upload, seed: Seed = 0) -> Response:
        """Build four houses after labels in lesson 02's colours: PNG or TIFF in, a PNG out.

        /labels.png shows the colours; of a JPEG, which mixes them, edges come out ragged.
        """
        return await service.picture(file, "flow", COST, colour=True, given={"seed": seed})

    @router.get("/labels.png", **DRAWS)
    async def labels(seed: Seed = 0) -> Response:
        """The labels of a house front, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def drawn(seed: int) -> bytes:
    return encode(houses.colour(houses.facade(seed, 512).labels))
