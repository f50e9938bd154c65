"""The exercises of lesson 07: overlap, anchors, suppression, RoIAlign, the mask's loss; mistakes."""

import numpy as np
from scipy.special import expit, logsumexp

from ..models import mask_rcnn as models
from ..models.mask_rcnn.boxes import SCALES
from ..models.mask_rcnn.roi import axis_weights
from ..training.mask_rcnn import class_mask_loss
from .core import Exercise, mistake

# 1. How far boxes overlap -------------------------------------------------------------------------


def _boxes(rng, *shape, side=64):
    """Any boxes (*shape, 4) of 4 pixels at least, which may leave a picture a little."""
    middle, half = rng.uniform(8, side - 8, (*shape, 2)), rng.uniform(2, 16, (*shape, 2))
    return np.concatenate([middle - half, middle + half], axis=-1).astype(np.float32)


def _pairs():
    rng = np.random.default_rng(1)
    cases = {
        "one box on another": ([[2, 2, 10, 12]], [[4, 6, 12, 20]]),
        "three boxes and four": (_boxes(rng, 3), _boxes(rng, 4)),
        "one box within another": ([[0, 0, 20, 10]], [[5, 2, 9, 8], [0, 0, 20, 10]]),
        "boxes that only touch": ([[0, 0, 8, 8]], [[0, 8, 8, 16], [8, 8, 16, 16]]),
        "boxes far apart": ([[0, 0, 6, 5], [40, 3, 44, 9]], [[20, 30, 28, 39], [1, 50, 9, 60]]),
        "boxes that aren't there, without any area": (
            [[0, 0, 0, 0], [3, 3, 9, 9]],
            [[0, 0, 0, 0], [5, 5, 5, 5], [3, 4, 9, 9]],
        ),
    }
    return {name: tuple(np.float32(boxes) for boxes in both) for name, both in cases.items()}


def _overlap(some, others, more=0.0):
    """(P, Q): the shared area, and the areas (P, 1) and (1, Q). more: pixels added to each side."""
    start = np.maximum(some[:, None, :2], others[:, :2])
    end = np.minimum(some[:, None, 2:], others[:, 2:])
    shared = np.maximum(end - start + more, 0).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2] + more).prod(-1) for boxes in (some, others)]
    return shared, areas[0][:, None], areas[1][None]


def _share(part, whole):
    return np.where(whole > 0, part / np.maximum(whole, 1e-9), 0.0)


@mistake(
    models.iou,
    "Boxes that aren't there give nan, which spoils every sum that it gets into.",
    "Where the union is 0, the answer is 0: divide elsewhere only.",
)
def nothing_divided_by_nothing(some, others):
    shared, area, other = _overlap(some, others)
    return shared / (area + other - shared)


@mistake(
    models.iou,
    "Boxes far apart overlap: two negative lengths have a positive product.",
    "No length is below 0: np.maximum(end - start, 0), before you multiply.",
)
def negative_lengths_multiplied(some, others):
    _, area, other = _overlap(some, others)
    start = np.maximum(some[:, None, :2], others[:, :2])
    shared = (np.minimum(some[:, None, 2:], others[:, 2:]) - start).prod(-1)
    return _share(shared, area + other - shared)


@mistake(
    models.iou,
    "A box overlaps itself by one half: the shared part counts twice in the union.",
    "Take it away once: area + other area - shared.",
)
def shared_part_counted_twice(some, others):
    shared, area, other = _overlap(some, others)
    return _share(shared, area + other)


@mistake(
    models.iou,
    "Boxes that only touch overlap, and those without any area have one of 1.",
    "Here a box ends at an edge, not at its last pixel: its height is y1 - y0, without + 1.",
)
def ends_taken_for_last_pixels(some, others):
    shared, area, other = _overlap(some, others, more=1.0)
    return _share(shared, area + other - shared)


@mistake(
    models.iou,
    "A small box within a large one gets 1, as if both were the same.",
    "Divide by the union of both, not by the smaller of the two.",
)
def divided_by_the_smaller_box(some, others):
    shared, area, other = _overlap(some, others)
    return _share(shared, np.minimum(area, other))


@mistake(
    models.iou,
    "Boxes grow with their distance from the corner of the picture: an end was taken for a size.",
    "The last two numbers are y1 and x1; the height is y1 - y0.",
)
def ends_taken_for_sizes(some, others):
    boxes = [np.concatenate([each[:, :2], each[:, :2] + each[:, 2:]], 1) for each in (some, others)]
    shared, area, other = _overlap(*boxes)
    return _share(shared, area + other - shared)


@mistake(
    models.iou,
    "Rows and columns have changed places.",
    "The first boxes give the rows, (P, 1, 4), and the second ones the columns, (Q, 4).",
)
def rows_and_columns_exchanged(some, others):
    return np.asarray(models.iou(others, some))


# 2. From anchors to boxes -------------------------------------------------------------------------


def _moves():
    rng = np.random.default_rng(2)
    anchor = [[16, 8, 32, 48]]
    cases = {
        "anchors that are right already": (anchor, anchor),
        "moved by half a height": ([[24, 8, 40, 48]], anchor),
        "moved by half a width": ([[16, 28, 32, 68]], anchor),
        "twice as high, at the same place": ([[8, 8, 40, 48]], anchor),
        "eight boxes": (_boxes(rng, 8), _boxes(rng, 8)),
        "those of two pictures": (_boxes(rng, 2, 5), _boxes(rng, 2, 5)),
    }
    return {name: tuple(np.float32(boxes) for boxes in both) for name, both in cases.items()}


def _sizes(boxes):
    """Middles and sizes, (..., 2) each."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]


def _moved(boxes, anchors, shift=lambda far, size, anchor: far / anchor, grow=np.log):
    """`encode` with other ways to shift and to grow."""
    (middle, size), (from_middle, from_size) = _sizes(boxes), _sizes(anchors)
    shifted = shift(middle - from_middle, size, from_size)
    return np.concatenate([shifted, grow(size / from_size)], axis=-1) / SCALES


@mistake(
    models.encode,
    "An anchor that is right already should double its size: the logarithm is missing.",
    "A factor of 1 is no change: log(h / h_a) makes 0 of it.",
)
def logarithm_left_out(boxes, anchors):
    return _moved(boxes, anchors, grow=lambda factor: factor)


@mistake(
    models.encode,
    "Shifts are counted in sizes of the box, which the network doesn't know yet.",
    "Divide by the height and the width of the anchor.",
)
def divided_by_the_box(boxes, anchors):
    return _moved(boxes, anchors, shift=lambda far, size, anchor: far / size)


@mistake(
    models.encode,
    "Shifts are in pixels: those of large anchors are large, those of small ones small.",
    "Divide by the height and the width of the anchor.",
)
def shifted_in_pixels(boxes, anchors):
    return _moved(boxes, anchors, shift=lambda far, size, anchor: far)


@mistake(
    models.encode,
    "The numbers are 5 and 10 times too small, and so is their part of the loss.",
    "Divide all four by SCALES.",
)
def scales_left_out(boxes, anchors):
    return _moved(boxes, anchors) * SCALES


@mistake(
    models.encode,
    "The numbers are 25 and 100 times too small: they were multiplied by the scales.",
    "`decode` multiplies by SCALES, so `encode` divides.",
)
def multiplied_by_the_scales(boxes, anchors):
    return _moved(boxes, anchors) * SCALES**2


@mistake(
    models.encode,
    "A box that should move down moves to the right.",
    "The order is t_y, t_x, t_h, t_w, since a box is y0, x0, y1, x1.",
)
def y_and_x_exchanged(boxes, anchors):
    return _moved(boxes, anchors)[..., [1, 0, 3, 2]]


@mistake(
    models.encode,
    "A box that only grows moves up and to the left, too: corners were taken for middles.",
    "Compare the middles: (y0 + y1) / 2 and (x0 + x1) / 2.",
)
def corners_taken_for_middles(boxes, anchors):
    shift = (boxes - anchors)[..., :2]
    return _moved(boxes, anchors, shift=lambda far, size, anchor: shift / anchor)


@mistake(
    models.encode,
    "Each anchor flees from its box: it is the way back.",
    "The box minus the anchor, and the box's size over the anchor's.",
)
def moved_from_box_to_anchor(boxes, anchors):
    return _moved(anchors, boxes)


# 3. Non-maximum suppression -----------------------------------------------------------------------


def _crowds():
    rng = np.random.default_rng(3)
    chain = np.array([[0, 3 * n, 10, 3 * n + 10] for n in range(7)])  # neighbours overlap by 7 / 13
    one = np.array([10, 10, 40, 40]) + rng.uniform(-2, 2, (6, 4))

    def crowd(*shape):
        return _boxes(rng, *shape, side=40)

    cases = {
        "six boxes on one thing": (one[None], 0.5),
        "boxes far apart": ([[[0, 0, 8, 8], [20, 0, 28, 8], [0, 30, 8, 38]]], 0.5),
        "a chain, each upon the next": (chain[None], 0.5),
        "the same chain in another order": (chain[None, [3, 0, 6, 1, 5, 2, 4]], 0.5),
        "two pictures": (crowd(2, 24), 0.3),
        "a low threshold": (crowd(1, 30), 0.15),
        "a high threshold": (np.concatenate([one, one + 4])[None], 0.75),
        "an IoU as large as the threshold": ([[[0, 0, 4, 4], [0, 0, 4, 2]]], 0.5),
    }
    return {name: (np.float32(boxes), threshold) for name, (boxes, threshold) in cases.items()}


def _over(boxes, threshold):
    """[.., i, j]: boxes i and j overlap by more than the threshold, and j is the better one."""
    over = np.asarray(models.iou(boxes, boxes)) > threshold
    return over & np.tri(boxes.shape[1], k=-1, dtype=bool)


def _suppressed(better):
    """Which boxes stay, (N, K), if j suppresses i where `better` (N, K, K) says so."""
    stay = np.ones(better.shape[:2], bool)
    for place in range(1, stay.shape[1]):
        stay[:, place] = ~np.any(better[:, place, :place] & stay[:, :place], axis=-1)
    return stay


@mistake(
    models.nms,
    "In a chain only the best box is left: boxes that are gone themselves suppress others.",
    "Ask only the better boxes that stay.",
)
def gone_boxes_suppress(boxes, threshold):
    return ~np.any(_over(boxes, threshold), axis=-1)


@mistake(
    models.nms,
    "Boxes far apart are gone, and those on the same thing all stay.",
    "A box goes if its IoU with a better one is above the threshold: >, not <.",
)
def less_for_more(boxes, threshold):
    under = np.asarray(models.iou(boxes, boxes)) < threshold
    return _suppressed(under & np.tri(boxes.shape[1], k=-1, dtype=bool))


@mistake(
    models.nms,
    "Of two boxes that say the same none is left, and their thing is lost.",
    "Only the better one suppresses: the one that comes first.",
)
def each_suppresses_the_other(boxes, threshold):
    over = np.asarray(models.iou(boxes, boxes)) > threshold
    return ~np.any(over & ~np.eye(boxes.shape[1], dtype=bool), axis=-1)


@mistake(
    models.nms,
    "The worst box of each thing is left.",
    "The best box comes first, so begin at the front.",
)
def begun_with_the_worst(boxes, threshold):
    return np.asarray(models.nms(boxes[:, ::-1], threshold))[:, ::-1]


@mistake(
    models.nms,
    "The same thing is found again as soon as another one comes between two of its boxes.",
    "Compare with all better boxes that stay, not only with the one before.",
)
def compared_with_the_one_before(boxes, threshold):
    return _suppressed(_over(boxes, threshold) & np.eye(boxes.shape[1], k=-1, dtype=bool))


@mistake(
    models.nms,
    "A box is gone whose IoU is as large as the threshold, and not over it.",
    "Write > and not >=.",
)
def gone_at_the_threshold(boxes, threshold):
    return _suppressed(_over(boxes, threshold - 1e-6))


@mistake(
    models.nms,
    "The threshold changes nothing: it is always 0.5.",
    "Compare with the argument.",
)
def threshold_of_one_half(boxes, threshold):
    return _suppressed(_over(boxes, 0.5))


# 4. RoIAlign along one axis -----------------------------------------------------------------------


def _edges():
    rng = np.random.default_rng(4)
    start = rng.uniform(4, 60, 6)
    cases = {
        "one box, cells of 8 pixels": ([21.0], [75.5], 16, 7, 8, 2),
        "a box within one cell": ([33.2], [38.9], 8, 3, 16, 2),
        "six boxes": (start, start + rng.uniform(10, 60, 6), 32, 7, 4, 2),
        "bins for a mask": (start[:2], start[:2] + 41.3, 8, 14, 16, 2),
        "one sample": ([10.7, 30.1], [50.2, 61.9], 16, 5, 4, 1),
        "four samples, cells of one pixel": ([3.3], [14.6], 20, 4, 1, 4),
        "boxes at both ends": ([0.0, 90.0], [37.0, 128.0], 8, 7, 16, 2),
    }
    return {
        name: (np.float32(start), np.float32(end), *others)
        for name, (start, end, *others) in cases.items()
    }


def _samples(start, end, out, samples, into=0.5):
    """The places (R, out · samples) of the samples, in pixels. into: of each sample's own part."""
    step = (np.arange(out * samples) + into) / (out * samples)
    return start[:, None] + (end - start)[:, None] * step


def _triangle(at, cells):
    """What cells count at places (R, S) in cells' middles, (R, S, cells)."""
    return np.maximum(0, 1 - np.abs(at[..., None] - np.arange(cells)))


def _binned(at, cells, out):
    """The mean weights (R, out, cells) of samples at places (R, out · samples) in cells' middles."""
    weights = _triangle(np.clip(at, 0, cells - 1), cells)
    return weights.reshape(len(at), out, -1, cells).mean(axis=2)


@mistake(
    axis_weights,
    "Everything is read half a cell too far on, which is 8 pixels at a stride of 16.",
    "Cell 0 has its middle at half a cell: take 0.5 away after the division by the stride.",
)
def half_a_cell_forgotten(start, end, cells, out, stride, samples):
    return _binned(_samples(start, end, out, samples) / stride, cells, out)


@mistake(
    axis_weights,
    "The samples go from edge to edge of the box, as those of tf.image.crop_and_resize do.",
    "Each sample lies in the middle of its own part: start + (end - start) · (i + 0.5) / n.",
)
def from_corner_to_corner(start, end, cells, out, stride, samples):
    step = np.linspace(0, 1, out)
    at = (start[:, None] + (end - start)[:, None] * step) / (cells * stride) * (cells - 1)
    return _binned(at, cells, out)


@mistake(
    axis_weights,
    "Boxes that differ by a few pixels get the same features: their edges are rounded to cells.",
    "Round nothing: that is RoIPool, which RoIAlign replaced.",
)
def box_rounded_to_cells(start, end, cells, out, stride, samples):
    start, end = np.round(start / stride), np.round(end / stride)
    return _binned(_samples(start, np.maximum(end, start + 1), out, samples) - 0.5, cells, out)


@mistake(
    axis_weights,
    "Each sample takes one cell alone, so that a ramp comes out as stairs.",
    "A sample lies between two middles, and the nearer one counts more: 1 - distance.",
)
def nearest_cell_alone(start, end, cells, out, stride, samples):
    at = _samples(start, end, out, samples) / stride - 0.5
    return _binned(np.round(at), cells, out)


@mistake(
    axis_weights,
    "Boxes at the edge get a dark rim: beyond the outermost middles there is nothing.",
    "There the border's value goes on: clip the places to 0 … cells - 1.",
)
def nothing_beyond_the_border(start, end, cells, out, stride, samples):
    at = _samples(start, end, out, samples) / stride - 0.5
    return _triangle(at, cells).reshape(len(at), out, -1, cells).mean(axis=2)


@mistake(
    axis_weights,
    "Everything is read a little too far to the front: samples lie where their parts begin.",
    "Each sample lies in the middle of its part: i + 0.5.",
)
def samples_where_parts_begin(start, end, cells, out, stride, samples):
    at = _samples(start, end, out, samples, into=0.0) / stride - 0.5
    return _binned(at, cells, out)


@mistake(
    axis_weights,
    "Each bin has one sample, whatever was asked for.",
    "Take out · samples places, and the mean over the samples of each bin.",
)
def one_sample_for_each_bin(start, end, cells, out, stride, samples):
    return np.asarray(axis_weights(start, end, cells, out, stride, 1))


@mistake(
    axis_weights,
    "Features get larger with the number of samples.",
    "Take the mean of a bin's samples, not their sum: its weights sum to 1.",
)
def sum_of_the_samples(start, end, cells, out, stride, samples):
    return samples * np.asarray(axis_weights(start, end, cells, out, stride, samples))


@mistake(
    axis_weights,
    "Nearly all boxes read the last cell: pixels were taken for cells.",
    "A cell is as wide as the stride: divide by it.",
)
def pixels_taken_for_cells(start, end, cells, out, stride, samples):
    return _binned(_samples(start, end, out, samples) - 0.5, cells, out)


# 5. The mask's loss -------------------------------------------------------------------------------


def _crops():
    rng = np.random.default_rng(5)

    def crops(pictures, rois, classes, positive, strength=1.0, m=6):
        logits = strength * rng.normal(0, 1, (pictures, rois, m, m, classes))
        truth = rng.random((pictures, rois, m, m)) < 0.4
        own = rng.integers(1, classes, (pictures, rois))
        there = np.arange(rois) < np.reshape(positive, (-1, 1))
        return np.float32(logits), np.float32(truth), own.astype(np.int32), there

    logits, truth, own, there = crops(1, 2, 3, [2])
    sure = np.where(truth[..., None] > 0, 150, -150).astype(np.float32) + 0 * logits
    return {
        "one crop, two classes": crops(1, 1, 2, [1]),
        "three of eight are positive": crops(1, 8, 7, [3]),
        "two pictures": crops(2, 6, 5, [4, 1]),
        "large logits": crops(2, 4, 4, [2, 3], 12.0),
        "sure and right": (sure, truth, own, there),
        "sure and wrong": (-sure, truth, own, there),
        "no positive crop": crops(1, 4, 3, [0]),
    }


def _each(logits, truth):
    """Binary cross-entropy of each pixel, of logits and truths of one shape."""
    return np.logaddexp(0, logits) - truth * logits


def _of_class(logits, own):
    return np.take_along_axis(logits, own[:, :, None, None, None], 4)[..., 0]


def _mean_where(losses, mask):
    """The mean of losses (N, R, …) over the crops in the mask (N, R); 0 where there is none."""
    return np.mean(losses[mask]) if np.any(mask) else 0.0


@mistake(
    class_mask_loss,
    "The classes fight about each pixel: a softmax gives it to one of them.",
    "Each class has a sigmoid of its own; take the true class's logits alone.",
)
def softmax_over_the_classes(logits, truth, own, positive):
    mine = np.arange(logits.shape[-1]) == own[:, :, None, None, None]
    whole = logsumexp(logits, axis=-1)
    inside = _of_class(logits, own) - whole
    outside = logsumexp(np.where(mine, -np.inf, logits), axis=-1) - whole
    return _mean_where(-truth * inside - (1 - truth) * outside, positive)


@mistake(
    class_mask_loss,
    "The masks of all classes become the same: each of them learns each thing.",
    "Only the mask of the true class learns: take its logits out of the last axis.",
)
def every_class_learns_it(logits, truth, own, positive):
    return _mean_where(_each(logits, truth[..., None]), positive)


@mistake(
    class_mask_loss,
    "The other classes learn that nothing is there, and most of the loss is theirs.",
    "In a crop with a banana the cup's mask has no say: leave it out.",
)
def other_classes_learn_nothing_is_there(logits, truth, own, positive):
    mine = np.arange(logits.shape[-1]) == own[:, :, None, None, None]
    return _mean_where(_each(logits, truth[..., None] * mine), positive)


@mistake(
    class_mask_loss,
    "Crops without a thing count, too, with an empty mask of class 0.",
    "Only positive crops count: there is no mask of the background.",
)
def background_counted_as_class_0(logits, truth, own, positive):
    truth = truth * positive[:, :, None, None]
    return np.mean(_each(_of_class(logits, np.where(positive, own, 0)), truth))


@mistake(
    class_mask_loss,
    "The loss is smaller where fewer crops are positive: it is divided by the number of all.",
    "Take the mean over the positive crops.",
)
def divided_by_all_crops(logits, truth, own, positive):
    each = _each(_of_class(logits, own), truth).mean(axis=(2, 3))
    return np.mean(each * positive)


@mistake(
    class_mask_loss,
    "Another class than the true one learns the mask: the one whose logits are largest.",
    "While it learns, the true class picks the mask; only later the box head does.",
)
def mask_of_the_strongest_class(logits, truth, own, positive):
    strongest = np.argmax(logits.mean(axis=(2, 3)), axis=-1)
    return _mean_where(_each(_of_class(logits, strongest), truth), positive)


@mistake(
    class_mask_loss,
    "The class before the true one learns the mask.",
    "Class 0 is the background, and it has a place in the last axis: don't take 1 away.",
)
def mask_of_the_class_before(logits, truth, own, positive):
    return _mean_where(_each(_of_class(logits, own - 1), truth), positive)


@mistake(
    class_mask_loss,
    "Large masks outweigh classes and boxes: the loss is the sum over the pixels.",
    "Take the mean over the pixels of each crop.",
)
def sum_over_the_pixels(logits, truth, own, positive):
    each = _each(_of_class(logits, own), truth).sum(axis=(2, 3))
    return _mean_where(each, positive)


@mistake(
    class_mask_loss,
    "A picture without a positive crop gives nan, and with it all weights become nan.",
    "The mean of nothing is nan: return 0 if no crop is positive.",
)
def mean_of_no_crop(logits, truth, own, positive):
    losses = _each(_of_class(logits, own), truth)[positive]
    return losses.sum() / np.float64(losses.size)


@mistake(
    class_mask_loss,
    "Where it is sure and wrong the loss is infinite: the sigmoid was rounded to 0 or 1.",
    "Stay with the logits: np.logaddexp(0, x) - truth · x is the same, and never infinite.",
)
def sigmoid_rounded_to_0_or_1(logits, truth, own, positive):
    inside = expit(_of_class(logits, own))
    losses = -np.where(truth > 0, np.log(inside), np.log(1 - inside))
    return _mean_where(losses, positive)


EXERCISES = [
    Exercise("07.1", models.iou, _pairs),
    Exercise("07.2", models.encode, _moves),
    Exercise("07.3", models.nms, _crowds),
    Exercise("07.4", axis_weights, _edges),
    Exercise("07.5", class_mask_loss, _crops),
]
