"""Metrics of sets of generated pictures, by their features."""

import itertools
from dataclasses import replace

import numpy as np
from scipy.spatial.distance import cdist

from ..arguments import FLOATS, PICTURE, number, takes

COUNT = replace(number("[1, inf)"), what="a whole number", types="int uint")
ROWS = 500  # of a table of distances that are held at once


@takes(real=FLOATS("n D"), fake=FLOATS("m D"), neighbours=COUNT)
def precision_recall(real, fake, neighbours=3):
    """{"precision", "recall"} of fake pictures: how many are like real ones, and the other way round.

    `precision` is the share of fakes that lie within reach of a real picture, `recall` the share of
    real pictures within reach of a fake. Each picture reaches as far as its k-th nearest neighbour
    in its own set, `neighbours` = k. Good pictures of few kinds have precision without recall.
    Kynkäänniemi et al. (2019), "Improved precision and recall metric for assessing generative
    models", eq. 1 to 3. Both numbers depend on how many pictures there are: compare equal sets.

    real, fake: features, floats (N, D) and (M, D), more than k of each; distances are Euclidean.
    Returns floats from 0 to 1; equal sets have 1 and 1.
    Raises TypeError or ValueError for other input, values that aren't finite among it.
    """
    for name, features in (("real", real), ("fake", fake)):
        if len(features) <= neighbours:
            raise ValueError(
                f"{name} must have more rows than the {neighbours} neighbours that are counted, "
                f"not {len(features)}."
            )
    return {
        "precision": _reached(fake, real, neighbours),
        "recall": _reached(real, fake, neighbours),
    }


@takes(answers=PICTURE("A≥2 N H W C"), others=PICTURE("M≥2 H W C"))
def diversity(answers, others):
    """How far answers to one input are apart: 0 if all are one, 1 if as far as pictures of other inputs.

    The mean absolute difference of all pairs of answers to one input, over that of all pairs of the
    others. answers: (A, N, H, W, C), A ≥ 2 answers to each of N inputs; others: (M, H, W, C), true
    pictures of M ≥ 2 different inputs; both in [0, 1]. Raises ValueError for other shapes and values,
    and if all others are one picture.
    """
    apart = _apart(others)
    if not apart:
        raise ValueError("The others are one picture again and again; give different ones.")
    return _apart(answers) / apart


def _apart(pictures):
    """Mean absolute difference of all pairs along the first axis."""
    pairs = itertools.combinations(pictures, 2)
    return float(np.mean([np.abs(one - other).mean() for one, other in pairs]))


def _reached(points, centres, neighbours):
    """The share of points that a centre reaches: one no farther than its own k-th neighbour."""
    radii = [  # a centre is 0 away from itself: its first neighbour is the second in the row
        np.partition(rows, neighbours, axis=1)[:, neighbours]
        for rows in _distances(centres, centres)
    ]
    radii = np.concatenate(radii)
    inside = [(rows <= radii).any(axis=1) for rows in _distances(points, centres)]
    return float(np.mean(np.concatenate(inside)))


def _distances(points, others):
    """Rows of the table of squared distances, some at once, so that no table is held whole."""
    for start in range(0, len(points), ROWS):
        yield cdist(points[start : start + ROWS], others, "sqeuclidean")
