from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from course_utils import profile
from course_utils.models import mask_rcnn as models
from course_utils.models.mask_rcnn import NEGATIVE, POSITIVE, UNUSED, network
from course_utils.models.mask_rcnn.network import Architecture

random = np.random.default_rng(0)
SMALL = Architecture(
    classes=3, side=64, widths=(8, 8, 8, 8), channels=8, dense=16, before=60, after=12, most=5
)


def boxes_like(count, side=64.0, seed=0, least=1.0):
    """Drawn boxes (count, 4) in a picture of a side."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, side - least, (count, 2))
    size = least + rng.uniform(0, 1, (count, 2)) * (side - corner - least)
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def iou_by_numpy(some, others):
    """IoU of each with each, a pair at a time."""
    found = np.zeros((len(some), len(others)))
    for i, (y0, x0, y1, x1) in enumerate(np.asarray(some, np.float64)):
        for j, (v0, u0, v1, u1) in enumerate(np.asarray(others, np.float64)):
            shared = max(0, min(y1, v1) - max(y0, v0)) * max(0, min(x1, u1) - max(x0, u0))
            union = (y1 - y0) * (x1 - x0) + (v1 - v0) * (u1 - u0) - shared
            found[i, j] = shared / union if union > 0 else 0
    return found


def slopes(function, *values):
    """Gradients of a scalar function, None where nothing arrives."""
    values = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        answer = function(*values)
    return tape.gradient(answer, values)


def differences(function, value, step):
    """The gradient by finite differences."""
    found = np.zeros(value.shape)
    for place in np.ndindex(value.shape):
        up, down = value.copy(), value.copy()
        up[place] += step
        down[place] -= step
        found[place] = (float(function(up)) - float(function(down))) / (2 * step)
    return found


# Anchors -----------------------------------------------------------------------------------------


def test_anchors_by_hand():
    found = models.anchors(8, (4,), (8,), (1, 4))
    assert found.shape == (2 * 2 * 2, 4) and found.dtype == np.float32
    assert found[0].tolist() == [-2, -2, 6, 6]  # around (2, 2)
    assert found[1].tolist() == [-6, 0, 10, 4]  # four times as high as wide
    assert found[2].tolist() == [-2, 2, 6, 10]  # the next column
    assert found[4].tolist() == [2, -2, 10, 6]  # the next row


def test_anchors_are_counted_centred_and_of_equal_area():
    sizes, ratios = (16, 28, 48), (0.5, 1, 2)
    found, start = models.anchors(64, Architecture().strides, sizes, ratios), 0
    for stride, size in zip(Architecture().strides, sizes, strict=True):
        cells = 64 // stride
        level = found[start : start + cells**2 * 3].reshape(cells, cells, 3, 4)
        start += cells**2 * 3
        high, wide = level[..., 2] - level[..., 0], level[..., 3] - level[..., 1]
        assert high * wide == pytest.approx(np.full(high.shape, size**2), rel=1e-5)
        assert (high / wide)[0, 0] == pytest.approx(ratios, rel=1e-5)
        middle = (np.arange(cells) + 0.5) * stride
        assert (level[..., 0] + level[..., 2])[:, 0, 0] / 2 == pytest.approx(middle, abs=1e-4)
        assert (level[..., 1] + level[..., 3])[0, :, 0] / 2 == pytest.approx(middle, abs=1e-4)
    assert start == len(found)


def test_the_order_of_anchors_is_that_of_the_rpns_answers():
    made, count = network.rpn(1, 3), 3
    convolution = made.layers[1]
    kernel = np.zeros(convolution.kernel.shape, np.float32)
    kernel[1, 1] = 1  # each channel is what the level holds
    convolution.kernel.assign(kernel)
    logits, deltas = [each for each in made.layers if each.name.startswith("conv2d")][1:]
    share = np.eye(1, 1, dtype=np.float32).reshape(1, 1, 1, 1)
    logits.kernel.assign(share * np.float32([1, 1, 1]))
    logits.bias.assign(np.float32([0, 0.1, 0.2]))
    deltas.kernel.assign(np.tile(share, (1, 1, 1, 4 * count)))
    deltas.bias.assign(np.arange(12, dtype=np.float32) / 100)
    level = np.arange(6 * 6, dtype=np.float32).reshape(1, 6, 6, 1)
    logits, deltas = (ops.convert_to_numpy(each)[0] for each in made(level))
    boxes = models.anchors(24, (4,), (8,), (0.5, 1, 2))
    for logit, delta, box in zip(logits, deltas, boxes, strict=True):
        row, column = ((box[:2] + box[2:]) / 2 / 4 - 0.5).round().astype(int)
        ratio = int(np.round(np.log2((box[2] - box[0]) / (box[3] - box[1])))) + 1
        assert logit == pytest.approx(row * 6 + column + ratio / 10, abs=1e-4)
        expected = row * 6 + column + (4 * ratio + np.arange(4)) / 100
        assert delta == pytest.approx(expected, abs=1e-4)


def test_a_side_that_no_pyramid_fits_is_refused():
    with pytest.raises(ValueError, match="multiple of 16, not 40: resize first"):
        models.anchors(40, Architecture().strides, (16, 28, 48), (1,))
    with pytest.raises(ValueError, match="multiple of 16"):
        models.build(replace(SMALL, side=72))


# Boxes -------------------------------------------------------------------------------------------


def test_iou_by_numpy_and_of_boxes_without_area():
    some, others = boxes_like(9), boxes_like(7, seed=1)
    none = np.float32([[3, 3, 3, 3], [5, 4, 5, 9], [9, 9, 2, 2]])  # the last ends before it begins
    some, others = np.concatenate([some, none]), np.concatenate([others, none, some[:2]])
    found = ops.convert_to_numpy(models.iou(some, others))
    expected = iou_by_numpy(np.maximum(some, np.tile(some[:, :2], 2)), others)
    assert found[:9] == pytest.approx(expected[:9], abs=1e-5)
    assert not found[9:].any() and found[0, -2] == 1
    batched = models.iou(some, np.stack([others, others[::-1]]))  # (P, 4) and (N, Q, 4)
    assert np.array_equal(batched[0], found) and np.array_equal(batched[1], found[:, ::-1])


def test_area_by_hand():
    given = np.float32([[1, 2, 4, 4], [1, 2, 1, 9], [4, 4, 1, 1]])
    assert np.array_equal(models.area(given), [6, 0, 0])


def test_encode_by_hand_and_decode_is_its_inverse():
    anchor = np.float32([0, 0, 10, 20])
    deltas = ops.convert_to_numpy(models.encode(np.float32([5, 5, 25, 15]), anchor))
    expected = [(15 - 5) / 10 / 0.1, 0, np.log(2) / 0.2, np.log(0.5) / 0.2]
    assert deltas == pytest.approx(expected, abs=1e-5)
    boxes, anchors = boxes_like(50), boxes_like(50, seed=1, least=4)
    again = models.decode(models.encode(boxes, anchors), anchors)
    assert np.abs(again - boxes).max() < 1e-3
    deltas = random.normal(size=(50, 4)).astype(np.float32)
    assert np.abs(models.encode(models.decode(deltas, anchors), anchors) - deltas).max() < 1e-3


@pytest.mark.parametrize("size", [1e3, 1e20, -1e20])
def test_huge_deltas_and_boxes_without_size_stay_finite(size):
    anchors = np.float32([[0, 0, 16, 16], [8, 8, 8, 8]])
    boxes = models.decode(np.full((2, 4), size, np.float32), anchors)
    assert np.isfinite(boxes).all()
    inside = models.clip(boxes, 64, 32)
    assert np.min(inside) >= 0 and (np.max(inside, axis=0) <= [64, 32, 64, 32]).all()
    assert np.isfinite(models.encode(anchors[::-1], anchors)).all()


def test_clip_by_hand():
    found = models.clip(np.float32([[-3, 5, 70, 40], [1, 2, 3, 4]]), 64, 32)
    assert np.array_equal(found, [[0, 5, 64, 32], [1, 2, 3, 4]])


# Matching ----------------------------------------------------------------------------------------

TRUTHS = np.float32([[[0, 0, 10, 10], [20, 20, 30, 30], [0, 0, 0, 0]]])
HERE = np.array([[True, True, False]])
CANDIDATES = np.float32(
    [
        [0, 0, 10, 10],  # 1 with the first
        [0, 0, 10, 20],  # 0.5
        [0, 0, 10, 25],  # 0.4
        [20, 20, 25, 26],  # 0.3 with the second
        [20, 20, 22, 22],  # 0.04
        [50, 50, 60, 60],  # none
    ]
)


def matched(candidates=CANDIDATES, truths=TRUTHS, present=HERE, **more):
    answer = models.match(candidates, truths, present, **more)
    return [ops.convert_to_numpy(each)[0].tolist() for each in answer]


def test_match_by_hand():
    places, kinds = matched()
    assert places[:5] == [0, 0, 0, 1, 1]
    assert kinds == [POSITIVE] * 2 + [NEGATIVE] * 4
    _, kinds = matched(high=0.7, low=0.3)
    assert kinds == [POSITIVE, UNUSED, UNUSED, UNUSED, NEGATIVE, NEGATIVE]
    places, kinds = matched(high=0.7, low=0.3, best=True)
    assert kinds == [POSITIVE, UNUSED, UNUSED, POSITIVE, NEGATIVE, NEGATIVE]
    assert places[3] == 1
    same = models.match(np.stack([CANDIDATES] * 2), np.repeat(TRUTHS, 2, 0), np.repeat(HERE, 2, 0))
    assert ops.convert_to_numpy(same[1])[1].tolist() == [POSITIVE] * 2 + [NEGATIVE] * 4


def test_who_is_absent_matches_nothing():
    for best in (False, True):
        _, kinds = matched(present=np.zeros((1, 3), bool), best=best)
        assert kinds == [NEGATIVE] * 6
        places, kinds = matched(present=np.array([[False, True, True]]), best=best)
        assert kinds[:3] == [NEGATIVE] * 3 and 0 not in [
            place for place, kind in zip(places, kinds, strict=True) if kind == POSITIVE
        ]


def test_best_leaves_no_truth_without_and_a_shared_candidate_goes_where_it_overlaps_more():
    anchors = models.anchors(64, Architecture().strides, (16, 28, 48), (0.5, 1, 2))
    for seed in range(20):
        truths = boxes_like(4, seed=seed)[None]
        overlap = iou_by_numpy(anchors, truths[0])
        places, kinds = matched(
            anchors, truths, np.ones((1, 4), bool), high=0.7, low=0.3, best=True
        )
        positive = np.array(kinds) == POSITIVE
        if len(set(overlap.argmax(axis=0))) == 4:
            assert set(np.array(places)[positive]) == {0, 1, 2, 3}
    for order in ([0, 1], [1, 0]):
        truths = np.float32([[[0, 0, 4, 10], [0, 0, 7, 10]]])[:, order]
        places, kinds = matched(CANDIDATES[:1], truths, np.ones((1, 2), bool), best=True)
        assert kinds == [POSITIVE] and order[places[0]] == 1


def test_a_candidate_is_its_own_truths_though_it_overlaps_another_more():
    truths = np.float32([[[0, 0, 10, 10], [0, 9, 10, 12]]])
    candidates = np.float32([[0, 0, 10, 10], [0, 0, 10, 11]])
    places, kinds = matched(candidates, truths, np.ones((1, 2), bool), high=0.7, low=0.3, best=True)
    assert kinds == [POSITIVE] * 2 and places == [0, 1]


def test_a_sample_is_never_too_large_and_tells_the_kinds_at_its_places():
    for positive, negative in ((0, 30), (3, 40), (20, 20), (40, 0), (2, 3), (0, 0)):
        kinds = np.full(50, UNUSED)
        kinds[:positive], kinds[positive : positive + negative] = POSITIVE, NEGATIVE
        kinds = np.stack([random.permutation(kinds) for _ in range(3)])
        places, found = (
            ops.convert_to_numpy(each) for each in models.sample(kinds, 16, 0.25, seed=1)
        )
        assert places.shape == found.shape == (3, 16)
        for each, place, kind in zip(kinds, places, found, strict=True):
            used = kind != UNUSED
            assert np.array_equal(each[place[used]], kind[used])
            assert len(set(place[used])) == used.sum()
            assert (kind == POSITIVE).sum() == min(4, positive)
            assert (kind == NEGATIVE).sum() == min(12, negative)
            assert POSITIVE not in kind[4:]


def test_of_few_candidates_a_sample_is_as_long_as_asked_for():
    places, kinds = models.sample(np.array([[POSITIVE, NEGATIVE]]), 16, 0.5, seed=0)
    assert places.shape == kinds.shape == (1, 16)
    kinds = ops.convert_to_numpy(kinds)
    assert (kinds == POSITIVE).sum() == (kinds == NEGATIVE).sum() == 1


def test_each_candidate_is_as_likely_and_a_seed_draws_again():
    kinds = np.tile(np.repeat([POSITIVE, NEGATIVE, UNUSED], [8, 24, 8]), (4000, 1))
    places, found = (ops.convert_to_numpy(x) for x in models.sample(kinds, 8, 0.25, seed=3))
    counts = np.bincount(places[found != UNUSED], minlength=40) / 4000
    assert counts[:8] == pytest.approx(np.full(8, 2 / 8), abs=0.04)
    assert counts[8:32] == pytest.approx(np.full(24, 6 / 24), abs=0.04) and not counts[32:].any()
    assert np.array_equal(models.sample(kinds, 8, 0.25, seed=3)[0], places)
    assert not np.array_equal(models.sample(kinds, 8, 0.25, seed=4)[0], places)


# Proposals ---------------------------------------------------------------------------------------


def greedy(boxes, threshold):
    """The plain loop of non-maximum suppression, the best box first."""
    overlap, stay = ops.convert_to_numpy(models.iou(boxes, boxes)), np.ones(len(boxes), bool)
    for place in range(len(boxes)):
        stay[place] = not (overlap[place, :place] > threshold)[stay[:place]].any()
    return stay


def chain(count):
    """Boxes, each of which overlaps only its two neighbours by much."""
    at = np.arange(count, dtype=np.float32)
    return np.stack([0 * at, 3 * at, 0 * at + 10, 3 * at + 10], axis=1)


def test_nms_is_the_greedy_loop():
    graph = tf.function(models.nms, reduce_retracing=True)
    for seed in range(30):
        boxes = boxes_like(40, seed=seed, side=40)
        boxes[30:] = boxes[random.integers(0, 30, 10)]  # equal ones, and one without a size
        boxes[5, 2:] = boxes[5, :2]
        threshold = float(np.random.default_rng(seed).choice([0.1, 0.3, 0.5, 0.7]))
        expected = greedy(boxes, threshold)
        assert np.array_equal(models.nms(boxes[None], threshold)[0], expected)
        assert np.array_equal(graph(boxes[None], tf.constant(threshold))[0], expected)
    for count in (1, 2, 60):
        expected = greedy(chain(count), 0.5)
        assert expected.tolist() == [number % 2 == 0 for number in range(count)]
        assert np.array_equal(models.nms(chain(count)[None], 0.5)[0], expected)
    pair = np.stack([chain(60), boxes_like(60)])
    assert np.array_equal(graph(pair, 0.5), [greedy(each, 0.5) for each in pair])
    assert ops.convert_to_numpy(models.nms(np.repeat(chain(1), 9, 0)[None], 0.5)).sum() == 1


def test_proposals_are_sorted_thinned_and_padded():
    anchors = models.anchors(64, Architecture().strides, (16, 28, 48), (0.5, 1, 2))
    logits = random.normal(size=(2, len(anchors))).astype(np.float32)
    deltas = random.normal(size=(2, len(anchors), 4)).astype(np.float32)
    boxes, scores = models.propose(logits, deltas, anchors, 64, 100, 60)
    boxes, scores = ops.convert_to_numpy(boxes), ops.convert_to_numpy(scores)
    assert boxes.shape == (2, 60, 4) and scores.shape == (2, 60)
    for n in range(2):
        order = np.argsort(-logits[n])[:100]
        moved = models.clip(models.decode(deltas[n][order], anchors[order]), 64, 64)
        moved = ops.convert_to_numpy(moved)
        expected = moved[greedy(moved, 0.7)]
        expected = expected[ops.convert_to_numpy(models.area(expected)) >= 1][:60]
        assert boxes[n, : len(expected)] == pytest.approx(expected, abs=1e-4)
        assert not boxes[n, len(expected) :].any() and not scores[n, len(expected) :].any()
        assert (np.diff(scores[n]) <= 0).all() and (scores[n, : len(expected)] > 0).all()
        assert boxes.min() >= 0 and boxes.max() <= 64


def test_equal_proposals_are_one_and_more_than_there_are_anchors_may_be_asked_for():
    anchors = np.repeat(np.float32([[0, 0, 16, 16]]), 10, axis=0)
    logits = np.linspace(3, 1, 10, dtype=np.float32)[None]
    boxes, scores = models.propose(logits, np.zeros((1, 10, 4), np.float32), anchors, 64, 20, 15)
    assert boxes.shape == (1, 15, 4) and scores.shape == (1, 15)
    assert ops.convert_to_numpy(boxes)[0, 0].tolist() == [0, 0, 16, 16]
    assert float(scores[0, 0]) == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-5)
    assert not ops.convert_to_numpy(boxes)[0, 1:].any() and not np.any(scores[0, 1:])


def test_what_is_moved_out_of_the_picture_is_no_proposal():
    anchors = np.float32([[0, 0, 16, 16], [32, 32, 48, 48], [8, 8, 24, 24]])
    deltas = np.zeros((1, 3, 4), np.float32)
    deltas[0, 0, 0] = -20  # by twice its height
    deltas[0, 2, 2:] = -20  # to a thousandth of a pixel and less
    boxes, scores = models.propose(np.float32([[3, 1, 2]]), deltas, anchors, 64, 3, 3)
    assert ops.convert_to_numpy(boxes)[0].tolist() == [[32, 32, 48, 48], [0] * 4, [0] * 4]
    assert float(scores[0, 0]) > 0 and not np.any(scores[0, 1:])


# RoIAlign and the others -------------------------------------------------------------------------


def interpolated(features, y, x):
    """Bilinear, at y, x in cells, the middle of the first cell at 0.5; beyond, the border's."""
    height, width = features.shape[:2]
    y, x = np.clip(y - 0.5, 0, height - 1), np.clip(x - 0.5, 0, width - 1)
    top, left = min(int(y), height - 2), min(int(x), width - 2)
    down, right = y - top, x - left
    upper = features[top, left] * (1 - right) + features[top, left + 1] * right
    lower = features[top + 1, left] * (1 - right) + features[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def align_by_loop(features, box, out, stride, samples=2):
    """RoIAlign of one box, a sample at a time."""
    y0, x0, y1, x1 = np.asarray(box, np.float64) / stride
    found, steps = np.zeros((out, out, features.shape[-1])), (np.arange(samples) + 0.5) / samples
    for row in range(out):
        for column in range(out):
            found[row, column] = np.mean(
                [
                    interpolated(
                        features,
                        y0 + (row + down) * (y1 - y0) / out,
                        x0 + (column + right) * (x1 - x0) / out,
                    )
                    for down in steps
                    for right in steps
                ],
                axis=0,
            )
    return found


def pool_by_loop(features, box, out, stride):
    """RoIPool of one box, a bin at a time."""
    height, width, channels = features.shape
    found, edges = np.zeros((out, out, channels)), np.round(np.asarray(box) / stride)
    starts = [int(np.clip(edges[a], 0, (height, width)[a] - 1)) for a in (0, 1)]
    lengths = [
        int(np.clip(edges[a + 2] - starts[a], 1, (height, width)[a] - starts[a])) for a in (0, 1)
    ]
    for row in range(out):
        for column in range(out):
            part = features
            for axis, number in ((0, row), (1, column)):
                first = starts[axis] + number * lengths[axis] // out
                last = starts[axis] - (-(number + 1) * lengths[axis] // out)
                assert last > first
                part = part.take(range(first, last), axis=axis)
            found[row, column] = part.max(axis=(0, 1))
    return found


def ramp(height=16, width=12, stride=1, a=0.7, b=-0.4, c=3.0):
    """a·y + b·x + c at the middle of each cell, y and x in pixels."""
    y, x = ((np.arange(n) + 0.5) * stride for n in (height, width))
    return (a * y[:, None] + b * x + c)[None, ..., None].astype(np.float32)


@pytest.mark.parametrize("stride", [1, 4])
def test_roi_align_is_exact_on_a_ramp(stride):
    boxes = boxes_like(8, side=10.0) + 0.6  # within the outermost middles of 16 × 12 cells
    boxes = boxes[None] * stride
    found = models.roi_align(ramp(stride=stride), boxes, 5, stride)[0, ..., 0]
    for box, each in zip(boxes[0], ops.convert_to_numpy(found), strict=True):
        y, x = (box[n] + (np.arange(5) + 0.5) * (box[n + 2] - box[n]) / 5 for n in (0, 1))
        assert np.abs(each - (0.7 * y[:, None] - 0.4 * x + 3)).max() < 1e-4


def test_a_constant_stays_one_at_the_border_and_the_whole_is_average_pooling():
    constant = np.full((1, 8, 8, 2), 0.3, np.float32)
    boxes = np.float32([[[-5, -5, 3, 3], [6, 6, 20, 20], [0, 0, 8, 8], [0, 0, 0, 0], [2, 2, 2, 2]]])
    assert np.abs(models.roi_align(constant, boxes, 4) - 0.3).max() < 1e-6
    features = random.normal(size=(2, 8, 8, 3)).astype(np.float32)
    whole = np.float32([[[0, 0, 32, 32]]] * 2)
    found = models.roi_align(features, whole, 4, stride=4)[:, 0]
    mean = features.reshape(2, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    assert np.abs(found - mean).max() < 1e-5


@pytest.mark.parametrize(("out", "stride", "samples"), [(3, 1, 2), (4, 4, 1), (2, 2, 3)])
def test_roi_align_and_roi_pool_by_slow_loops(out, stride, samples):
    features = random.normal(size=(2, 9, 7, 3)).astype(np.float32)
    boxes = np.stack([boxes_like(6, 7.0 * stride, seed) for seed in (1, 2)])
    boxes[0, 0] = [0, 0, 9 * stride, 7 * stride]
    boxes[0, 1] = [-3, -3, 40, 40]
    boxes[1, 0] = [3.2, 3.2, 3.4, 3.4]  # smaller than a cell
    boxes[1, 1] = [8 * stride, 6.9 * stride, 9 * stride, 7 * stride]  # in the corner
    align = ops.convert_to_numpy(models.roi_align(features, boxes, out, stride, samples))
    pool = ops.convert_to_numpy(models.roi_pool(features, boxes, out, stride))
    assert align.shape == pool.shape == (2, 6, out, out, 3)
    for n in range(2):
        for r in range(6):
            expected = align_by_loop(features[n], boxes[n, r], out, stride, samples)
            assert align[n, r] == pytest.approx(expected, abs=1e-5)
            expected = pool_by_loop(features[n], boxes[n, r], out, stride)
            assert np.array_equal(pool[n, r], expected.astype(np.float32))


def test_roi_pool_rounds_and_roi_align_does_not():
    boxes = np.float32([[[2.1, 2.1, 9.9, 9.9], [2.4, 1.6, 10.4, 10.4]]])
    pooled = ops.convert_to_numpy(models.roi_pool(ramp(), boxes, 4))
    assert np.array_equal(pooled[0, 0], pooled[0, 1])
    assert np.abs(np.diff(models.roi_align(ramp(), boxes, 4), axis=1)).max() > 0.05


def test_crop_and_resize_is_off_by_half_a_cell():
    """TensorFlow's samples lie in the corners of a crop, and its cells' middles at whole numbers."""
    features, box = ramp(16, 16, a=1.0, b=0.0, c=0.0), np.float32([4, 4, 12, 12])
    ours = ops.convert_to_numpy(models.roi_align(features, box[None, None], 8))[0, 0, :, 0, 0]
    theirs = tf.image.crop_and_resize(features, box[None] / 16, [0], [8, 8])[0, :, 0, 0].numpy()
    assert ours == pytest.approx(np.arange(8) + 4.5, abs=1e-5)
    first, last = 4 * 15 / 16 + 0.5, 12 * 15 / 16 + 0.5  # what is sampled: y·(H - 1), edge to edge
    assert theirs == pytest.approx(np.linspace(first, last, 8), abs=1e-5)
    corners = (box[None] / np.float32(15)).astype(np.float32)  # with cells counted from 0 to H - 1
    theirs = tf.image.crop_and_resize(features, corners, [0], [9, 9])[0, :, 0, 0].numpy()
    assert theirs == pytest.approx(np.arange(4, 13) + 0.5, abs=1e-4)  # the edge 4 has 4.5: half off


def test_gradients_of_roi_align_by_finite_differences():
    features = random.normal(size=(1, 6, 6, 2)).astype(np.float32)
    boxes = np.float32([[[1.13, 0.87, 4.31, 5.07], [2.21, 1.37, 3.91, 3.75]]])
    counts = random.normal(size=(1, 2, 3, 3, 2)).astype(np.float32)

    def weighed(features, boxes, through_boxes=True):
        return ops.sum(counts * models.roi_align(features, boxes, 3, through_boxes=through_boxes))

    of_features, of_boxes = slopes(weighed, features, boxes)
    expected = differences(lambda x: weighed(x, boxes), features, 0.1)
    assert of_features.numpy() == pytest.approx(expected, abs=2e-3)
    expected = differences(lambda x: weighed(features, x), boxes, 1e-2)
    assert np.abs(expected).max() > 0.3
    assert of_boxes.numpy() == pytest.approx(expected, abs=2e-2)
    of_features, of_boxes = slopes(lambda *given: weighed(*given, False), features, boxes)
    assert of_boxes is None and np.abs(of_features).max() > 0


def test_each_box_goes_to_the_level_for_its_size():
    pyramid = [np.full((2, 64 // s, 64 // s, 1), s, np.float32) for s in Architecture().strides]
    sides = [0, 3, 19.9, 20, 39.9, 40, 64]
    boxes = np.zeros((2, 7, 4), np.float32)
    boxes[0, :, 2] = boxes[0, :, 3] = sides
    boxes[1, :, 2], boxes[1, :, 3] = np.array(sides) / 2, np.array(sides) * 2  # as large
    found = ops.convert_to_numpy(
        models.pyramid_align(pyramid, boxes, 2, Architecture().strides, 10)
    )
    expected = [4, 4, 4, 8, 8, 16, 16]
    assert found.shape == (2, 7, 2, 2, 1)
    assert found[:, :, 0, 0, 0] == pytest.approx(np.float32([expected] * 2), rel=1e-6)
    picture = ramp(64, 64)
    pyramid = [
        ramp(64 // s, 64 // s, s) for s in Architecture().strides
    ]  # the same seen at each level
    boxes = boxes_like(20, 40.0)[None] + 12
    both = (
        models.pyramid_align(pyramid, boxes, 3, Architecture().strides, 10),
        models.roi_align(picture, boxes, 3),
    )
    assert np.abs(both[0] - both[1]).max() < 1e-3


# Pasting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box", [(2, 3, 7, 9), (1.4, 2.6, 5.5, 6.5), (-4, -4, 5, 5), (6, 6, 40, 40), (0, 0, 10, 12)]
)
def test_a_full_mask_fills_the_pixels_whose_middles_lie_in_its_box(box):
    found = models.paste(np.ones((14, 14)), box, 10, 12)
    y, x = np.arange(10)[:, None] + 0.5, np.arange(12) + 0.5
    expected = (y >= box[0]) & (y < box[2]) & (x >= box[1]) & (x < box[3])
    assert found.shape == (10, 12) and found.dtype == bool
    assert np.array_equal(found, expected)


def test_half_a_mask_an_empty_one_and_a_box_without_size():
    half = np.zeros((8, 8))
    half[:, 4:] = 1
    found = models.paste(half, (0, 0, 16, 16), 16, 16)
    assert found[:, 8:].all() and not found[:, :8].any()
    assert not models.paste(np.zeros((8, 8)), (0, 0, 16, 16), 16, 16).any()
    for box in ((3, 3, 3, 3), (3.5, 2, 3.5, 9), (20, 20, 30, 30), (9, 9, 2, 2)):
        assert not models.paste(np.ones((8, 8)), box, 16, 16).any()
    several = models.paste_all(np.stack([half, half.T]), np.float32([[0, 0, 16, 16]] * 2), 16, 16)
    assert several.shape == (2, 16, 16) and np.array_equal(several[1], several[0].T)
    none = models.paste_all(np.zeros((0, 8, 8)), np.zeros((0, 4)), 16, 9)
    assert none.shape == (0, 16, 9) and none.dtype == bool


def test_what_is_cut_out_is_pasted_back():
    y, x = np.mgrid[:64, :64] + 0.5
    disc = (y - 30) ** 2 + (x - 35) ** 2 < 18**2
    box = np.float32([12, 17, 48, 53])
    cut = models.roi_align(disc[None, ..., None].astype(np.float32), box[None, None], 28)
    again = models.paste(ops.convert_to_numpy(cut)[0, 0, ..., 0], box, 64, 64)
    assert (again & disc).sum() / (again | disc).sum() > 0.97


# The network -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def untrained():
    profile.set_seeds(0)
    return models.build(SMALL)


def pictures(count, size=(64, 64)):
    return random.random((count, *size, 3), np.float32)


def test_shapes_of_the_four_networks(untrained):
    pyramid = untrained.backbone(pictures(2))
    assert [tuple(each.shape) for each in pyramid] == [
        (2, 64 // s, 64 // s, 8) for s in Architecture().strides
    ]
    logits, deltas = untrained.objectness(pyramid)
    assert logits.shape == (2, len(untrained.anchors)) and deltas.shape == (*logits.shape, 4)
    proposals, scores = untrained.proposals(logits, deltas)
    assert proposals.shape == (2, 12, 4) and scores.shape == (2, 12)
    logits, deltas = untrained.boxes_of(pyramid, proposals)
    assert logits.shape == (2, 12, 3) and deltas.shape == (2, 12, 3, 4)
    assert untrained.masks_of(pyramid, proposals).shape == (2, 12, 28, 28, 3)
    found = untrained(pictures(2))
    assert {name: tuple(each.shape) for name, each in found.items()} == {
        "boxes": (2, 5, 4),
        "classes": (2, 5),
        "scores": (2, 5),
        "masks": (2, 5, 28, 28),
    }


def test_by_box_keeps_each_boxs_answer_in_its_place(untrained):
    crops = random.normal(size=(2, 3, 7, 7, 8)).astype(np.float32)
    logits, deltas = network.by_box(untrained.box_head, crops)
    alone = untrained.box_head(crops[1, 2][None])
    assert np.abs(logits[1, 2] - alone[0][0]).max() < 1e-5
    assert np.abs(deltas[1, 2] - alone[1][0]).max() < 1e-5


def test_pictures_of_other_sizes_get_masks_and_boxes_of_theirs(untrained):
    first = pictures(1)[0]
    second = np.repeat(np.repeat(first, 2, axis=0), 3, axis=1)  # shrinking gives the first again
    one, other = untrained.find([first, second], least=0.1)
    assert len(one["boxes"]) == len(other["boxes"]) > 0
    assert one["masks"].shape[1:] == (64, 64) and other["masks"].shape[1:] == (128, 192)
    assert one["masks"].dtype == bool
    assert other["boxes"] == pytest.approx(one["boxes"] * [2, 3, 2, 3], abs=0.1)
    assert np.array_equal(one["classes"], other["classes"])
    for mask, (y0, x0, y1, x1) in zip(other["masks"], other["boxes"], strict=True):
        rows, columns = np.nonzero(mask)
        if len(rows):
            assert rows.min() + 0.5 >= y0 and rows.max() + 0.5 <= y1
            assert columns.min() + 0.5 >= x0 and columns.max() + 0.5 <= x1
    eight_bits = untrained.find([(first * 255).round().astype(np.uint8)], least=0.1)[0]
    assert eight_bits["scores"] == pytest.approx(one["scores"], abs=0.02)


def test_nothing_found_is_an_answer_and_no_picture_a_sentence(untrained):
    (found,) = untrained.find(pictures(1, (40, 50)), least=0.99)
    assert found["masks"].shape == (0, 40, 50) and found["boxes"].shape == (0, 4)
    assert len(found["classes"]) == len(found["scores"]) == 0
    with pytest.raises(ValueError, match="no picture"):
        untrained.find([])


def test_pictures_alone_and_together_give_the_same(untrained):
    given = pictures(3)
    together = untrained.find(given, least=0.1)
    for picture, each in zip(given, together, strict=True):
        (alone,) = untrained.find([picture], least=0.1)
        for name, value in alone.items():
            assert value == pytest.approx(each[name], abs=1e-3), name


def logits_of(*scores):
    """Logits (1, R, K) of probabilities."""
    return np.log(np.float32([scores]))


def test_detections_by_hand():
    a = replace(SMALL, most=4)
    proposals = np.float32([[[0, 0, 20, 20], [0, 0, 20, 22], [40, 40, 60, 60], [0, 0, 0, 0]]])
    logits = logits_of((0.2, 0.7, 0.1), (0.1, 0.6, 0.3), (0.92, 0.04, 0.04), (0.1, 0.8, 0.1))
    deltas = np.zeros((1, 4, 3, 4), np.float32)
    answer = models.network.detections(proposals, logits, deltas, a, 0.05, 0.5)
    boxes, classes, scores = (ops.convert_to_numpy(each)[0] for each in answer)
    assert scores == pytest.approx([0.7, 0.3, 0, 0], abs=1e-6)  # of a class one stays
    assert classes[:2].tolist() == [1, 2] and not boxes[2:].any()
    assert boxes[:2].tolist() == [[0, 0, 20, 20], [0, 0, 20, 22]]
    answer = models.network.detections(proposals, logits, deltas, a, 0.05, 0.95)
    assert np.asarray(answer[2])[0] == pytest.approx([0.7, 0.6, 0.3, 0.1], abs=1e-6)
    answer = models.network.detections(proposals, logits, deltas, a, 0.65, 0.95)
    assert np.asarray(answer[2])[0] == pytest.approx([0.7, 0, 0, 0], abs=1e-6)


def test_a_box_is_moved_by_its_own_classs_deltas_and_cut_at_the_border():
    proposals = np.float32([[[10, 10, 30, 30]]])
    deltas = np.zeros((1, 1, 3, 4), np.float32)
    aims = np.float32([[0, 0, 1, 1], [12, 8, 40, 20], [50, 50, 80, 90]])
    deltas[0, 0] = models.encode(aims, proposals[0])
    answer = models.network.detections(proposals, logits_of((0.1, 0.3, 0.6)), deltas, SMALL)
    boxes, classes, _ = (ops.convert_to_numpy(each)[0] for each in answer)
    assert classes[:2].tolist() == [2, 1]
    assert boxes[0] == pytest.approx([50, 50, 64, 64], abs=1e-3)
    assert boxes[1] == pytest.approx(aims[1], abs=1e-3)


def test_the_mask_is_the_found_classs(untrained, monkeypatch):
    def masks_of(pyramid, boxes):
        shape = (*ops.shape(boxes)[:2], 28, 28, 1)
        return ops.concatenate([ops.full(shape, x) for x in (-9.0, 0.0, 2.0)], axis=-1)

    monkeypatch.setattr(untrained, "masks_of", masks_of)
    found = {key: ops.convert_to_numpy(each) for key, each in untrained(pictures(2)).items()}
    assert set(np.unique(found["classes"])) <= {1, 2}
    expected = np.where(found["classes"] == 1, 0.5, 1 / (1 + np.exp(-2)))
    assert found["masks"] == pytest.approx(
        np.broadcast_to(expected[..., None, None], found["masks"].shape), abs=1e-5
    )


def test_scores_are_sorted_and_least_is_kept(untrained):
    for each in untrained.find(pictures(2), least=0.2, threshold=0.3):
        assert (np.diff(each["scores"]) <= 0).all() and (each["scores"] >= 0.2).all()
        for kind in (1, 2):
            boxes = each["boxes"][each["classes"] == kind]
            assert (iou_by_numpy(boxes, boxes) - np.eye(len(boxes)) <= 0.3 + 1e-4).all()


def test_what_is_shipped_fits_into_its_megabytes():
    assert models.build().count_params() * 2 < 3e6  # bytes, before they are compressed
    with pytest.raises(ValueError, match="make"):
        models.load("none")


def test_a_shipped_network_is_loaded(monkeypatch, tmp_path):
    monkeypatch.setattr(network.checkpoints.paths, "CHECKPOINTS", tmp_path)
    made = network.checkpoints.as_shipped(models.build())
    network.checkpoints.save(made, "07_shapes", {})
    for ours, theirs in zip(models.load().get_weights(), made.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_through_boxes_is_an_architecture_and_not_other_weights():
    plain, through = models.build(SMALL), models.build(replace(SMALL, through_boxes=True))
    through.set_weights(plain.get_weights())
    given = pictures(1)
    for name, each in plain(given).items():
        assert np.array_equal(each, through(given)[name])
    assert isinstance(plain, keras.Model)
