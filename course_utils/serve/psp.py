"""Lesson 08 as a part of the service: lines that somebody draws come back as four faces."""

import threading
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from .networks import SHRUNK, on_paper, sheet
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (128, 128)
SIDE = 64  # of the lines that the encoder has learned from
INK = 0.7  # what is darker was drawn
OWN = 2  # styles that come from the drawing, from the coarsest on; the others are four strangers'
SLIDERS = {  # name: which main direction of w, and which way: to dark hair, glasses, light skin,
    "hair": (0, 1),
    "glasses": (2, -1),
    "skin": (3, 1),
    "grey": (4, 1),  # grey hair, and the other way long hair
    "turn": (5, 1),  # to the picture's left
}

Slider = Annotated[
    float,
    Query(ge=-3, le=3, allow_inf_nan=False, description="steps along a direction, from -3 to 3"),
]


def load():
    """Lesson 08's encoder of lines and its generator, from a drawing (H, W) in [0, 1] to four faces.

    They come on one sheet (512, 512, 3). seed: of the strangers' styles. SLIDERS' names: how many
    standard deviations all four move along a main direction of w; each is named after what is seen
    to change most, and other things change with it.
    """
    from ..models import psp, stylegan

    encoder, (mapping, synthesis) = psp.load("sketch"), stylegan.load()
    mean, directions = stylegan.mean_style(mapping), stylegan.directions(mapping)
    axes = {name: sign * directions[number] for name, (number, sign) in SLIDERS.items()}
    door = threading.Lock()  # one at a time: each takes all cores

    def faces(sketch, seed=0, **moved):
        drawn = lines(sketch)[None]
        move = sum(steps * axes[name] for name, steps in moved.items())
        with door:
            styles = np.repeat(mean + encoder.predict(drawn, verbose=0), 4, axis=0)
            styles[:, OWN:] = stylegan.random_styles(mapping, 4, seed)[:, None]
            return sheet(stylegan.paint(synthesis, styles + move))

    return faces


def routes(service: Service) -> APIRouter:
    """/faces and /lines.png."""
    router = APIRouter()

    @router.post("/faces", **PAINTS)
    async def faces(
        file: Upload,
        seed: Seed = 0,
        hair: Slider = 0,
        glasses: Slider = 0,
        skin: Slider = 0,
        grey: Slider = 0,
        turn: Slider = 0,
    ) -> Response:
        """Make four faces of a face's lines: PNG, JPEG or TIFF in, a PNG of 512 × 512 out."""
        moved = {"hair": hair, "glasses": glasses, "skin": skin, "grey": grey, "turn": turn}
        return await service.picture(file, "psp", SHRUNK, given={"seed": seed, **moved})

    @router.get("/lines.png", **DRAWS)
    async def drawing(seed: Seed = 0) -> Response:
        """The lines of somebody who doesn't exist, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def lines(sketch: np.ndarray) -> np.ndarray:
    """What `data.psp.lines` would draw, of any pen's strokes: (64, 64, 1), a line 0, paper 1.

    Strokes become one pixel wide at twice the size, where that function, too, finds its lines.
    """
    from skimage.morphology import skeletonize

    ink = skeletonize(on_paper(sketch, 2 * SIDE) < INK)
    return 1 - ink.reshape(SIDE, 2, SIDE, 2).any(axis=(1, 3))[..., None].astype(np.float32)


def drawn(seed: int) -> bytes:
    from skimage.filters import gaussian
    from skimage.morphology import dilation, disk
    from skimage.segmentation import find_boundaries

    from drawn_worlds import faces

    from ..data.face_sketch import SEEN

    rims = find_boundaries(faces.face(seed, 512, **SEEN).regions, mode="inner")
    return encode(1 - gaussian(dilation(rims, disk(2)).astype(np.float32), 0.8))
