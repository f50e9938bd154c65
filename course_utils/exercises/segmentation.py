"""The exercises of lesson 01: overlap, shapes, weights, loss, and cells that touch."""

import functools

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.measure import label

from drawn_worlds.cells import cells

from .. import metrics
from ..data.weight_maps import border_term, separate_touching
from ..losses import weighted_cross_entropy
from ..models.unet import output_side
from .core import Exercise


def separate(probability):
    """The baseline of the open exercise: connected regions of probability > 0.5, labelled."""
    return label(probability > 0.5, connectivity=1)


def _mask_pairs():
    rng = np.random.default_rng(1)
    left, middle = np.zeros((2, 4, 8), bool)
    left[:, :4], middle[:, 2:6] = True, True
    return {
        "half overlap": (left, middle),
        "a mask and itself": (left, left),
        "nothing predicted": (left, left & False),
        "random": tuple(rng.random((2, 9, 9)) < 0.3),
        "nothing shared": (left, ~left),
        "two empty masks": (left & False, left & False),
    }


def _sides():
    return {
        f"side {side}, depth {depth}": (side, depth)
        for side, depth in ((572, 4), (188, 4), (140, 3), (44, 2), (18, 1))
    }


def _distances():
    d1 = np.array([[1.0, 1.5, 2.0, 4.0], [3.0, 0.0, 6.0, 10.0]])
    d2 = np.array([[1.0, 2.0, 2.5, 9.0], [3.0, 1.0, 20.0, 12.0]])
    return {
        "gaps of all widths": (d1, d2),
        "one cell only": (d1, np.full_like(d2, np.inf)),
        "w0 = 4 and sigma = 2": (d1, d2, 4.0, 2.0),
    }


def _batches():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, (2, 4, 5))
    logits = 2 * rng.standard_normal((2, 4, 5, 3))
    weights = rng.uniform(0.5, 11, (2, 4, 5))
    return {
        "a batch": (labels, logits, weights),
        "the largest weight 1": (labels, logits, weights / weights.max()),
        "one pixel": (labels[:1, :1, :1], logits[:1, :1, :1], weights[:1, :1, :1]),
        "logits near 1000": (labels, logits + 1000, weights),
    }


@functools.cache
def _fields():
    return {f"field {seed}": cells(seed).labels for seed in (32, 0, 22, 26)}


def probability_maps():
    """{name: (probability,)}: what a network that blurs borders says about four crowded fields."""
    rng = np.random.default_rng(3)
    inside = {name: separate_touching(labels) > 0 for name, labels in _fields().items()}
    grain = 0.3 * gaussian_filter(rng.standard_normal((4, 128, 128)), (0, 2, 2))
    return {
        name: (np.clip(gaussian_filter(mask.astype(float), 2) + noise, 0, 1),)
        for (name, mask), noise in zip(inside.items(), grain, strict=True)
    }


def _mean_f1(found):
    return np.mean([metrics.instance_f1(truth, found[name]) for name, truth in _fields().items()])


EXERCISES = [
    Exercise("01.1", metrics.iou, _mask_pairs),
    Exercise("01.2", output_side, _sides),
    Exercise("01.3", border_term, _distances),
    Exercise("01.4", weighted_cross_entropy, _batches),
    Exercise("01.5", separate, probability_maps, _mean_f1, goal=0.85, measure="Mean F1:"),
]
