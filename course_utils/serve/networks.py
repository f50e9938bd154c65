"""The shipped networks as functions of one picture. Loading them loads TensorFlow."""

import os
import threading

import numpy as np

from .. import images

STEP = 128  # pixels: longer sides that the networks see are multiples of it
SHRUNK = 0.05  # of a pixel's cleaning: what it costs where pictures are shrunk first
SIDE = 1024  # what is repainted is at most this long: a second and 200 MB, whatever is sent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")  # each keeps plans, see `in_few_sizes`


def load_cleaner():
    """The network of lesson 06, from a page (H, W) in [0, 1] to the same, cleaned."""
    import tensorflow as tf

    from ..models import documents

    model = tf.function(documents.load(), reduce_retracing=True)  # one graph for all sizes
    return in_few_sizes(lambda page: documents.clean(model, page))


def load_painter():
    """Lesson 03's pix2pix, from a sketch (H, W) in [0, 1], on white, to a face (256, 256, 3)."""
    from ..models import face_sketch
    from ..models.pix2pix import translate

    side, model = face_sketch.SHIPPED["pix2pix"].side, face_sketch.load("pix2pix")[1]
    door = threading.Lock()  # `translate` sets the network's noise, and then runs it

    def paint(sketch):
        small = shrunk(sketch, side, grow=True)
        height, width = small.shape
        top, left = (side - height) // 2, (side - width) // 2
        paper = np.ones((side, side), np.float32)
        paper[top : top + height, left : left + width] = small
        with door:
            face = translate(model, np.repeat(paper[None, ..., None], 3, axis=-1))[0]
        return images.resize(face, (256, 256))

    return paint


def load_repainter(style="waves"):
    """Lesson 04's network for one style, from a picture (H, W, 3) in [0, 1] to the same, repainted.

    What is longer than SIDE is shrunk to it first.
    """
    from ..models import fast_style

    network, door = fast_style.load(style), threading.Lock()

    @in_few_sizes
    def repaint(picture):
        with door:  # one at a time: each takes all cores
            return fast_style.repaint(network, picture[None])[0]

    return lambda picture: repaint(shrunk(picture, SIDE))


def load_all() -> list:
    """[cleaner, painter, repainter], each run once, so that the first page doesn't wait.

    Raises ValueError with a line for each network that is missing or damaged.
    """
    networks, problems = [], []
    for load, shape in LOADERS:
        try:
            networks.append(load())
            networks[-1](np.ones(shape, np.float32))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return networks


LOADERS = [(load_cleaner, (420, 540)), (load_painter, (256, 256)), (load_repainter, (256, 256, 3))]


def shrunk(picture: np.ndarray, side: int, grow: bool = False) -> np.ndarray:
    """A picture (H, W) or (H, W, C) whose longer side is at most `side`; with `grow` exactly."""
    scale = side / max(picture.shape[:2])
    if scale > 1 and not grow:
        return picture
    return images.resize(picture, tuple(max(1, round(n * scale)) for n in picture.shape[:2]))


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
