"""Exercises 07: right by hand and by other means, wrong as each symptom says."""

import numpy as np
import pytest
import tensorflow as tf

from course_utils.data import mask_rcnn as data
from course_utils.exercises import exercise, progress
from course_utils.exercises import mask_rcnn as cut
from course_utils.models import mask_rcnn as models
from course_utils.models.mask_rcnn.boxes import SCALES
from course_utils.models.mask_rcnn.roi import axis_weights
from course_utils.training.mask_rcnn import class_mask_loss

PASSED = progress.PASSED, ""


# Overlap ------------------------------------------------------------------------------------------


def test_overlaps_by_hand():
    some, others = np.float32([[0, 0, 4, 4]]), np.float32([[2, 0, 4, 4], [5, 6, 9, 8]])
    for function, expected in {
        models.iou: (1 / 2, 0),
        cut.negative_lengths_multiplied: (1 / 2, 2 / (16 + 8 - 2)),
        cut.shared_part_counted_twice: (8 / 24, 0),
        cut.ends_taken_for_last_pixels: (15 / 25, 0),
        cut.divided_by_the_smaller_box: (1, 0),
    }.items():
        assert np.array(function(some, others))[0] == pytest.approx(expected), function.__name__
    none = np.zeros((1, 4), np.float32)
    assert np.array(models.iou(none, none)) == 0
    with np.errstate(invalid="ignore"):
        assert np.isnan(cut.nothing_divided_by_nothing(none, none))


# Anchors ------------------------------------------------------------------------------------------


def test_moves_by_hand():
    box, anchor = (
        np.float32([[8, 20, 40, 60]]),
        np.float32([[16, 8, 32, 48]]),
    )  # a twice as high one
    for function, expected in {
        models.encode: (0, 0.3, np.log(2), 0),
        cut.logarithm_left_out: (0, 0.3, 2, 1),
        cut.divided_by_the_box: (0, 0.3, np.log(2), 0),
        cut.shifted_in_pixels: (0, 12, np.log(2), 0),
        cut.y_and_x_exchanged: (0.3, 0, 0, np.log(2)),
        cut.corners_taken_for_middles: (-0.5, 0.3, np.log(2), 0),
        cut.moved_from_box_to_anchor: (0, -0.3, -np.log(2), 0),
    }.items():
        found = np.array(function(box, anchor))[0] * np.array(SCALES)[[0, 0, 2, 2]]
        assert found == pytest.approx(expected, abs=1e-6), function.__name__


@pytest.mark.parametrize("case", cut._moves().values())
def test_only_the_right_moves_lead_to_the_box(case):
    boxes, anchors = case
    assert np.array(models.decode(models.encode(*case), anchors)) == pytest.approx(boxes, abs=1e-3)


# Suppression --------------------------------------------------------------------------------------


def test_a_chain_as_the_symptoms_say():
    chain = cut._crowds()["a chain, each upon the next"]
    for function, expected in {
        models.nms: [1, 0, 1, 0, 1, 0, 1],
        cut.gone_boxes_suppress: [1, 0, 0, 0, 0, 0, 0],
        cut.each_suppresses_the_other: [0, 0, 0, 0, 0, 0, 0],
        cut.begun_with_the_worst: [1, 0, 1, 0, 1, 0, 1],
        cut.threshold_of_one_half: [1, 0, 1, 0, 1, 0, 1],
    }.items():
        assert np.array(function(*chain))[0].tolist() == expected, function.__name__
    equal = cut._crowds()["an IoU as large as the threshold"]
    assert np.all(models.nms(*equal)) and not np.all(cut.gone_at_the_threshold(*equal))


@pytest.mark.parametrize("case", cut._crowds().values())
def test_those_that_stay_are_tensorflow_s(case):
    boxes, threshold = case
    for each, stay in zip(boxes, np.array(models.nms(boxes, threshold)), strict=True):
        scores = np.linspace(1, 0.1, len(each), dtype=np.float32)
        kept = tf.image.non_max_suppression(each, scores, len(each), threshold)
        assert np.flatnonzero(stay).tolist() == sorted(np.array(kept).tolist())


def test_of_three_bananas_one_is_lost_at_a_low_threshold():
    item = data.Drawing("shapes", 2_000_575)
    boxes = item.boxes[item.classes == item.names.index("banana") + 1]
    left = [np.sum(models.nms(boxes[None], threshold)) for threshold in (0.5, 0.3)]
    assert left == [3, 2]


# RoIAlign -----------------------------------------------------------------------------------------


def test_a_ramp_as_the_symptoms_say():
    start, end, stride, out = np.float32([35]), np.float32([91]), 8, 7
    ramp = (np.arange(16) + 0.5) * stride
    right = 35 + (np.arange(out) + 0.5) / out * 56

    def off(function):
        return (np.array(function(start, end, 16, out, stride, 2))[0] @ ramp) - right

    assert off(axis_weights) == pytest.approx(0, abs=1e-3)
    assert off(cut.half_a_cell_forgotten) == pytest.approx(4, abs=1e-3)
    assert off(cut.samples_where_parts_begin) == pytest.approx(-56 / out / 4, abs=1e-3)
    assert off(cut.box_rounded_to_cells) == pytest.approx(-3, abs=1e-3)
    assert off(cut.sum_of_the_samples) == pytest.approx(right, abs=1e-2)
    one = np.array(cut.nearest_cell_alone(start, end - 40, 16, out, stride, 2))[0] @ ramp
    assert len(np.unique(one)) < 7 and np.all(one % 4 == 0)  # cells, or half-way between two
    assert np.array(cut.pixels_taken_for_cells(start, end, 16, out, stride, 2))[0, :, -1].min() == 1


def test_corner_to_corner_is_tensorflow_s_function():
    start, end, cells, out, stride, samples = cut._edges()["one box, cells of 8 pixels"]
    ramp = np.tile(np.arange(cells, dtype=np.float32), (cells, 1))[None, ..., None]
    box = np.stack([start, start, end, end], axis=-1) / (cells * stride)
    theirs = tf.image.crop_and_resize(ramp, box, [0], (out, out))[0, 0, :, 0]
    weights = cut.from_corner_to_corner(start, end, cells, out, stride, samples)
    assert weights[0] @ np.arange(cells) == pytest.approx(np.array(theirs), abs=1e-4)


def test_weights_sum_to_1_but_for_the_dark_rim():
    case = cut._edges()["boxes at both ends"]
    assert np.array(axis_weights(*case)).sum(-1) == pytest.approx(np.ones((2, 7)), abs=1e-5)
    assert cut.nothing_beyond_the_border(*case).sum(-1).min() < 0.9


def test_two_axes_make_roi_align():
    rng = np.random.default_rng(0)
    features, box = rng.random((1, 12, 10, 3), np.float32), np.float32([[[9, 5, 41, 33]]])
    rows, columns = (
        np.array(axis_weights(box[0, :, axis], box[0, :, axis + 2], (12, 10)[axis], 7, 4, 2))[0]
        for axis in (0, 1)
    )
    by_hand = np.einsum("ph,hwc,qw->pqc", rows, features[0], columns)
    assert np.array(models.roi_align(features, box, 7, 4))[0, 0] == pytest.approx(by_hand, abs=1e-5)


# The mask's loss ----------------------------------------------------------------------------------


def test_a_pixel_by_hand():
    logits = np.log(np.float32([0.25, 3, 1])).reshape(1, 1, 1, 1, 3)  # sigmoids 0.2, 0.75, 0.5
    truth, own, there = np.ones((1, 1, 1, 1), np.float32), np.int32([[1]]), np.array([[True]])
    for function, expected in {
        class_mask_loss: -np.log(0.75),
        cut.softmax_over_the_classes: -np.log(3 / 4.25),
        cut.every_class_learns_it: -np.log(0.2 * 0.75 * 0.5) / 3,
        cut.other_classes_learn_nothing_is_there: -np.log(0.8 * 0.75 * 0.5) / 3,
        cut.mask_of_the_class_before: -np.log(0.2),
    }.items():
        found = float(function(logits, truth, own, there))
        assert found == pytest.approx(expected, rel=1e-5), function.__name__


def test_crops_as_the_symptoms_say():
    cases = cut._crops()
    three, none, wrong = (
        cases[name]
        for name in ("three of eight are positive", "no positive crop", "sure and wrong")
    )
    right = float(class_mask_loss(*three))
    assert cut.divided_by_all_crops(*three) == pytest.approx(right * 3 / 8, rel=1e-4)
    assert cut.sum_over_the_pixels(*three) == pytest.approx(right * 36, rel=1e-4)
    assert float(class_mask_loss(*none)) == 0
    with np.errstate(all="ignore"):
        assert np.isnan(cut.mean_of_no_crop(*none))
        assert cut.sigmoid_rounded_to_0_or_1(*wrong) == np.inf
    assert float(class_mask_loss(*wrong)) == pytest.approx(150)


# Other right ways ---------------------------------------------------------------------------------


def test_other_right_ways_pass():
    def overlap(some, others):
        answer = np.zeros((len(some), len(others)))
        for i, a in enumerate(some):
            for j, b in enumerate(others):
                high, wide = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
                shared = max(high, 0) * max(wide, 0)
                union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
                answer[i, j] = shared / union if union else 0
        return answer

    def thinned(boxes, threshold):
        answer = []
        for each in boxes:
            kept = []
            for place in range(len(each)):
                better = np.array(models.iou(each[[place]], each[kept])) if kept else np.zeros(1)
                kept += [place] * bool(np.all(better <= threshold))
            answer.append([place in kept for place in range(len(each))])
        return answer

    def loss(logits, truth, own, positive):
        losses = [
            np.mean(np.logaddexp(0, -x) * t + np.logaddexp(0, x) * (1 - t))
            for x, t in (
                (logits[n, r, ..., own[n, r]], truth[n, r]) for n, r in np.argwhere(positive)
            )
        ]
        return sum(losses) / max(len(losses), 1)

    for number, function in {"1": overlap, "3": thinned, "5": loss}.items():
        assert exercise(f"07.{number}").verdict(function) == PASSED, function.__name__
