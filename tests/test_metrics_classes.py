"""Metrics of class maps against hand-computed cases and sets of pixels."""

import numpy as np
import pytest

from course_utils import metrics

NAMES = ("wall", "window", "sill", "door")
ZEROS = np.zeros((2, 4), int)


def test_class_scores_by_hand():
    truth = np.array([[0, 0, 0, 0], [1, 1, 2, 2]])
    found = np.array([[0, 0, 0, 1], [1, 1, 1, 2]])
    scores = metrics.class_scores([truth], [found], NAMES)
    assert scores["pixel"] == pytest.approx(6 / 8)
    assert scores["class"] == pytest.approx((3 / 4 + 2 / 2 + 1 / 2) / 3)
    assert scores["ious"] == pytest.approx({"wall": 3 / 4, "window": 2 / 4, "sill": 1 / 2})
    assert scores["iou"] == pytest.approx((3 / 4 + 2 / 4 + 1 / 2) / 3)


def test_a_class_that_is_invented_counts_in_iou_only():
    scores = metrics.class_scores([np.zeros((1, 4), int)], [np.array([[0, 0, 0, 3]])], NAMES)
    assert scores["ious"] == {"wall": 0.75, "door": 0.0} and scores["iou"] == 0.375
    assert scores["class"] == scores["pixel"] == 0.75


@pytest.mark.parametrize("seed", range(4))
def test_class_scores_by_sets_of_pixels(seed):
    rng = np.random.default_rng(seed)
    truths = [rng.integers(0, 4, (5, 3 + n)) for n in range(3)]
    found = [np.where(rng.random(t.shape) < 0.5, t, rng.integers(0, 4, t.shape)) for t in truths]
    truth, prediction = (np.concatenate([p.ravel() for p in side]) for side in (truths, found))
    scores = metrics.class_scores(truths, found, NAMES)
    ious = {name: metrics.iou(truth == n, prediction == n) for n, name in enumerate(NAMES)}
    assert scores["ious"] == pytest.approx(ious)
    assert scores["iou"] == pytest.approx(np.mean(list(ious.values())))
    assert scores["pixel"] == pytest.approx(np.mean(truth == prediction))
    recalls = [np.mean(prediction[truth == n] == n) for n in range(4)]
    assert scores["class"] == pytest.approx(np.mean(recalls))


def test_class_scores_do_not_depend_on_order_or_numbers_of_the_classes():
    rng = np.random.default_rng(9)
    truths, found = rng.integers(0, 4, (2, 3, 6, 6))
    scores = metrics.class_scores(truths, found, NAMES)
    order = np.array([2, 0, 3, 1])  # class n gets number order[n]
    names = [NAMES[n] for n in np.argsort(order)]
    moved = metrics.class_scores(order[truths][::-1], order[found][::-1], names)
    assert moved["ious"] == pytest.approx(scores["ious"])
    assert moved["iou"] == pytest.approx(scores["iou"])
    perfect = metrics.class_scores(truths, truths, NAMES)
    assert perfect["pixel"] == perfect["class"] == perfect["iou"] == 1
    assert metrics.class_scores(truths, (truths + 1) % 4, NAMES)["iou"] == 0


def test_fcn_scores_by_hand_and_without_a_thin_class():
    truth = np.array([[0, 0, 0, 0], [1, 1, 2, 2]])
    found = np.array([[0, 0, 0, 1], [1, 1, 1, 2]])
    classes = ("facade", "window", "sill", "cornice")
    scores = metrics.fcn_scores([truth], [found], classes)
    assert scores == pytest.approx({"fcn_pixel": 0.75, "fcn_iou": 7 / 12, "fcn_iou_thin": 0.5})
    both = metrics.fcn_scores([truth], [found], classes, thin=("window", "sill"))
    assert both["fcn_iou_thin"] == pytest.approx(0.5)
    without = metrics.fcn_scores([truth], [found], NAMES, thin=("blind",))
    assert set(without) == {"fcn_pixel", "fcn_iou"}


@pytest.mark.parametrize(
    "truths, found, error",
    [
        ([ZEROS + 4], [ZEROS], ValueError),
        ([ZEROS], [ZEROS + 4], ValueError),
        ([ZEROS - 1], [ZEROS], ValueError),
        ([ZEROS * 0.0], [ZEROS], TypeError),
        ([ZEROS], [ZEROS[1:]], ValueError),
        ([ZEROS], [], ValueError),
        ([], [], ValueError),
    ],
)
def test_classes_that_are_none(truths, found, error):
    for metric in (metrics.class_scores, metrics.fcn_scores):
        with pytest.raises(error):
            metric(truths, found, NAMES)
