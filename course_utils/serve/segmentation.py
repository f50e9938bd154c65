"""Lesson 01 as a part of the service: a picture comes back with its cells outlined."""

import threading
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from .. import images
from .networks import SHRUNK, in_few_sizes, shrunk
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (256, 256, 3)
SIDE = 1024  # what is cut out is at most this long
OUTLINE = (1.0, 0.55, 0.0)

Threshold = Annotated[
    float, Query(ge=0.05, le=0.95, description="how sure the network must be of a cell's inside")
]
Zoom = Annotated[
    float, Query(ge=0.25, le=2, description="of the picture, before the network sees it")
]


def load():
    """Lesson 01's network, from a picture (H, W, 3) in [0, 1] to the same with outlines around cells.

    threshold: of the seeds, see `postprocess.instances`. zoom: of what the network sees; it knows
    cells of some 8 to 50 pixels. What is longer than SIDE is shrunk to it first.
    """
    from ..data import segmentation as data
    from ..models import segmentation
    from ..postprocess import instances

    predict, door = segmentation.probabilities(segmentation.load()), threading.Lock()

    @in_few_sizes
    def classes(picture):
        with door:  # one at a time: each takes all cores
            return predict(picture[None])[0]

    def outline(picture, threshold=0.5, zoom=1.0):
        picture = shrunk(picture, SIDE)
        size = [max(16, round(zoom * side)) for side in picture.shape[:2]]
        maps = classes(data.normalise(images.resize(picture, size)))
        cell = 1 - maps[..., data.BACKGROUND]
        found = instances(maps[..., data.INSIDE], cell, threshold)
        return outlined(picture, images.resize(found, picture.shape[:2], labels=True))

    return outline


def outlined(picture, labels):
    """A picture (H, W, 3) with a line of two pixels between different labels (H, W)."""
    from skimage.segmentation import find_boundaries

    return np.where(find_boundaries(labels)[..., None], np.float32(OUTLINE), picture)


def routes(service: Service) -> APIRouter:
    """/cells and /field.png."""
    router = APIRouter()

    @router.post("/cells", **PAINTS)
    async def cells(file: Upload, threshold: Threshold = 0.5, zoom: Zoom = 1) -> Response:
        """Outline cells: PNG, JPEG or TIFF in, a PNG of at most 1024 pixels out."""
        given = {"threshold": threshold, "zoom": zoom}
        return await service.picture(file, "segmentation", SHRUNK, colour=True, given=given)

    @router.get("/field.png", **DRAWS)
    async def field(seed: Seed = 0) -> Response:
        """Cells under a microscope, drawn by the course; others for each seed."""
        return await service.drawn(drawn, seed)

    return router


def drawn(seed: int) -> bytes:
    from drawn_worlds.cells import cells

    return encode(cells(seed, 256).image)
