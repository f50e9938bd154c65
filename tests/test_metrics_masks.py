"""Metrics of masks against hand-computed cases and sets of pixels."""

import numpy as np
import pytest

from course_utils import metrics


def test_masks_by_hand():
    truth = np.array([[1, 1, 0, 0]])
    prediction = np.array([[0, 1, 1, 0]])
    assert metrics.iou(truth, prediction) == pytest.approx(1 / 3)
    assert metrics.dice(truth, prediction) == pytest.approx(1 / 2)


@pytest.mark.parametrize("seed", range(4))
def test_masks_by_sets_of_pixels(seed):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.random((2, 9, 11)) > rng.uniform(0.2, 0.8)
    a, b = (set(map(tuple, np.argwhere(mask))) for mask in (truth, prediction))
    assert metrics.iou(truth, prediction) == pytest.approx(len(a & b) / len(a | b))
    assert metrics.dice(truth, prediction) == pytest.approx(2 * len(a & b) / (len(a) + len(b)))
    j = metrics.iou(truth, prediction)
    assert metrics.dice(truth, prediction) == pytest.approx(2 * j / (1 + j))


@pytest.mark.parametrize("metric", [metrics.iou, metrics.dice])
def test_masks_at_the_extremes(metric):
    empty, full, one = np.zeros((5, 5), bool), np.ones((5, 5), bool), np.array([[True]])
    assert metric(empty, empty) == metric(full, full) == metric(one, one) == 1
    assert metric(empty, full) == metric(full, empty) == metric(one, ~one) == 0
    assert metric(full.astype("uint8"), full.astype("float32")) == 1
    assert type(metric(empty, empty)) is type(metric(full, empty)) is float


@pytest.mark.parametrize("metric", [metrics.iou, metrics.dice])
def test_masks_that_are_none(metric):
    mask = np.ones((4, 4))
    for values in (mask * 255, mask * 0.5, mask * np.nan, -mask):
        with pytest.raises(ValueError, match="prediction must be a mask of 0 and 1"):
            metric(mask, values)
    with pytest.raises(ValueError, match="truth must be a mask"):
        metric(mask * 2, mask)
    with pytest.raises(ValueError, match=r"prediction \(4, 4, 1\) doesn't fit truth \(4, 4\)"):
        metric(mask, mask[..., None])
    with pytest.raises(ValueError, match="truth must not be empty"):
        metric(mask[:0], mask[:0])
