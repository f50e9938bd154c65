"""What the shipped networks need around them to take pictures of any size."""

import os
import threading

import numpy as np

from drawn_worlds import houses

from .. import images

STEP = 128  # pixels: longer sides that the networks see are multiples of it
SHRUNK = 0.05  # of a pixel's cleaning: what it costs where pictures are shrunk first

os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")  # each keeps plans, see `in_few_sizes`


def shrunk(picture: np.ndarray, side: int, grow: bool = False) -> np.ndarray:
    """A picture (H, W) or (H, W, C) whose longer side is at most `side`; with `grow` exactly."""
    scale = side / max(picture.shape[:2])
    if scale > 1 and not grow:
        return picture
    return images.resize(picture, tuple(max(1, round(n * scale)) for n in picture.shape[:2]))


def on_paper(sketch: np.ndarray, side: int) -> np.ndarray:
    """A sketch (H, W) on white, as large as it can be in the middle of a square (side, side)."""
    small = shrunk(sketch, side, grow=True)
    height, width = small.shape
    top, left = (side - height) // 2, (side - width) // 2
    paper = np.ones((side, side), np.float32)
    paper[top : top + height, left : left + width] = small
    return paper


def in_palette(drawing: np.ndarray, side: int) -> np.ndarray:
    """A drawing (H, W, 3) pressed into (side, side, 3), each pixel as the class of a house nearest to it."""
    return houses.colour(houses.decode(images.resize(drawing, (side, side), labels=True)))


def translator(network):
    """A function of (picture (side, side, 3), seed): what pix2pix's `network` answers, (256, 256, 3)."""
    from ..models.pix2pix import translate

    door = threading.Lock()  # `translate` sets the network's noise, and then runs it

    def answer(picture, seed=0):
        with door:
            made = translate(network, picture[None], seed)[0]
        return images.resize(made, (256, 256))

    return answer


def sheet(four: np.ndarray) -> np.ndarray:
    """Four square pictures (4, H, H, 3) as one of 512 × 512, two in a row."""
    return images.grid([images.resize(each, (255, 255)) for each in four], 2, gap=2)


def in_few_sizes(function):
    """The same function, which sees pictures mirrored up to sides of few lengths, and is cut back.

    oneDNN keeps what it has planned for each size that it meets: some hundred sizes take 300 MB.
    """

    def rounded(picture):
        height, width = picture.shape[:2]
        room = [(0, _room(side)) for side in (height, width)] + [(0, 0)] * (picture.ndim - 2)
        return function(np.pad(picture, room, "symmetric"))[:height, :width]

    return rounded


def _room(side: int) -> int:
    """From a side to the next multiple of STEP, for shorter ones to the next power of two."""
    return -side % min(STEP, 1 << (side - 1).bit_length())
