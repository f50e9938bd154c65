"""The exercises of lesson 01, overlap, shapes, weights, loss, and cells that touch; mistakes."""

import functools

import numpy as np
from keras import ops
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.segmentation import find_boundaries, watershed

from drawn_worlds.cells import cells

from .. import images, metrics
from ..data import augment, pipeline, weight_maps
from ..data.segmentation import normalise
from ..losses import weighted_cross_entropy
from ..models.unet import output_side
from ..postprocess import instances
from .core import Exercise, mistake

# 1. IoU by hand ----------------------------------------------------------------------------------


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


@mistake(
    metrics.iou,
    "An empty prediction scores high where cells are rare: that is pixel accuracy.",
    "Leave out the pixels that neither mask calls cell.",
)
def background_counted(truth, prediction):
    return np.mean(truth == prediction)


@mistake(
    metrics.iou,
    "All numbers but 0 and 1 are too high: that is Dice.",
    "Divide the overlap by the union; count the overlap once.",
)
def dice_for_iou(truth, prediction):
    return metrics.dice(truth, prediction)


@mistake(metrics.iou, "Two equal masks get 0.5.", "The union counts shared pixels once: use |.")
def overlap_counted_twice(truth, prediction):
    total = np.sum(truth) + np.sum(prediction)
    return np.sum(truth & prediction) / total if total else 1.0


@mistake(
    metrics.iou,
    "A prediction that calls everything cell is perfect: that is recall.",
    "Divide by the union, so that invented pixels cost something.",
)
def divided_by_the_truth(truth, prediction):
    return np.sum(truth & prediction) / np.sum(truth) if np.any(truth) else 1.0


@mistake(
    metrics.iou,
    "Two empty masks get nan, from 0/0, and so does every mean that they are in.",
    "Two empty masks agree: return 1.0 where the union is empty.",
)
@np.errstate(invalid="ignore")
def empty_masks_forgotten(truth, prediction):
    return np.sum(truth & prediction) / np.sum(truth | prediction)


# 2. How much is left of the picture --------------------------------------------------------------


def _sides():
    return {
        f"side {side}, depth {depth}": (side, depth)
        for side, depth in ((572, 4), (188, 4), (140, 3), (44, 2), (18, 1))
    }


def _side(side, depth, level=4, bottom=4, up=4):
    for _ in range(depth):
        side = (side - level) // 2
    side -= bottom
    for _ in range(depth):
        side = 2 * side - up
    return side


@mistake(
    output_side,
    "The answer is as large as the picture.",
    "Without padding every 3×3 convolution loses the outer pixels.",
)
def convolutions_padded(side, depth):
    return side


@mistake(
    output_side,
    "Only half of the loss is counted.",
    "Each size has two convolutions, and each loses one pixel on both sides: 4 in all.",
)
def two_pixels_a_level(side, depth):
    return _side(side, depth, 2, 2, 2)


@mistake(
    output_side,
    "The answer is the small picture at the bottom.",
    "After the bottom, double the side `depth` times.",
)
def way_up_forgotten(side, depth):
    return _side(side, depth, up=0) // 2**depth


@mistake(
    output_side,
    "The answer is a little too large.",
    "The way up has two convolutions after each doubling, too.",
)
def way_up_without_convolutions(side, depth):
    return _side(side, depth, up=0)


@mistake(
    output_side,
    "The answer is too large by 4·2^depth.",
    "Two convolutions stand at the bottom, between the way down and the way up.",
)
def bottom_forgotten(side, depth):
    return _side(side, depth, bottom=0)


# 3. The border term ------------------------------------------------------------------------------


def _distances():
    d1 = np.array([[1.0, 1.5, 2.0, 4.0], [3.0, 0.0, 6.0, 10.0]])
    d2 = np.array([[1.0, 2.0, 2.5, 9.0], [3.0, 1.0, 20.0, 12.0]])
    return {
        "gaps of all widths": (d1, d2),
        "one cell only": (d1, np.full_like(d2, np.inf)),
        "w0 = 4 and sigma = 2": (d1, d2, 4.0, 2.0),
    }


@mistake(
    weight_maps.border_term,
    "Weights grow with the distance, without end: the misprint of a lecture.",
    "The exponent needs its minus sign.",
)
@np.errstate(over="ignore")
def minus_missing(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp((d1 + d2) ** 2 / (2 * sigma**2))


@mistake(
    weight_maps.border_term,
    "Large weights along every line halfway between cells, however far apart.",
    "Add the two distances: the sum is small in narrow gaps only.",
)
@np.errstate(invalid="ignore")
def difference(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp(-((d1 - d2) ** 2) / (2 * sigma**2))


@mistake(
    weight_maps.border_term,
    "Only gaps of two or three pixels get a weight.",
    "The formula has σ²: square sigma, a width in pixels.",
)
def sigma_not_squared(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma))


@mistake(
    weight_maps.border_term,
    "A cell that stands alone gets a halo.",
    "Without a second cell d2 is infinite, not 0: there is no border to separate.",
)
def second_cell_at_distance_zero(d1, d2, w0=10.0, sigma=5.0):
    return weight_maps.border_term(d1, np.where(np.isinf(d2), 0, d2), w0, sigma)


# 4. The weighted loss by hand --------------------------------------------------------------------


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


@mistake(
    weighted_cross_entropy,
    "The loss falls below 0 without end, and the network unlearns.",
    "Put the minus in front: log p is never positive.",
)
def sign_missing(labels, logits, weights):
    return -weighted_cross_entropy(labels, logits, weights)


@mistake(
    weighted_cross_entropy,
    "The loss is infinite at once: log(0) for every other class.",
    "The label chooses which log p counts; it does not stand inside the logarithm.",
)
def label_inside_the_logarithm(labels, logits, weights):
    p = ops.softmax(logits)
    chosen = ops.one_hot(labels, p.shape[-1], dtype=p.dtype)
    return -ops.mean(weights * ops.sum(ops.log(chosen * p), axis=-1))


@mistake(
    weighted_cross_entropy,
    "Gaps between cells count no more than any other pixel.",
    "Multiply each pixel's log p by its weight, before the mean.",
)
def weights_forgotten(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, ops.ones_like(weights))


@mistake(
    weighted_cross_entropy,
    "The loss grows with the size of the picture and of the batch.",
    "Take the mean over batch and pixels, not the sum.",
)
def sum_for_mean(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) * np.prod(weights.shape)


@mistake(
    weighted_cross_entropy,
    "A picture with four times the pixels has four times the loss.",
    "Divide by the number of pixels, too, not only by that of pictures.",
)
def mean_over_the_batch_only(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) * np.prod(weights.shape[1:])


@mistake(
    weighted_cross_entropy,
    "Doubling all weights changes nothing.",
    "Divide by the number of pixels, not by the sum of the weights.",
)
def divided_by_the_weights(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) / ops.mean(weights)


@mistake(
    weighted_cross_entropy,
    "The loss stops falling early: with 3 classes at about 0.55.",
    "Apply softmax once: to logits, not to probabilities.",
)
def softmax_twice(labels, logits, weights):
    return weighted_cross_entropy(labels, ops.softmax(logits), weights)


@mistake(
    weighted_cross_entropy,
    "The loss is nan as soon as a logit is large: exp overflows.",
    "Subtract the largest logit of a pixel before exp.",
)
@np.errstate(all="ignore")
def exponential_overflows(labels, logits, weights):
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return -np.mean(weights * np.log(np.take_along_axis(p, labels[..., None], axis=-1)[..., 0]))


@mistake(
    weighted_cross_entropy,
    "No class can be ruled out: the network is never sure.",
    "Logits may be negative: no ReLU in front of softmax.",
)
def relu_before_softmax(labels, logits, weights):
    return weighted_cross_entropy(labels, ops.relu(logits), weights)


# 5. Keep touching cells apart --------------------------------------------------------------------


def separate(probability):
    """The baseline of the open exercise: the lesson's own watershed, which looks at shapes only."""
    return instances(probability)


@functools.cache
def _fields():
    return {f"field {seed}": cells(seed).labels for seed in (32, 0, 22, 26)}


def probability_maps():
    """{name: (probability,)}: what a network that blurs borders says about four crowded fields."""
    rng = np.random.default_rng(3)
    inside = {name: weight_maps.separate_touching(labels) > 0 for name, labels in _fields().items()}
    grain = 0.3 * gaussian_filter(rng.standard_normal((4, 128, 128)), (0, 2, 2))
    return {
        name: (np.clip(gaussian_filter(mask.astype(float), 2) + noise, 0, 1),)
        for (name, mask), noise in zip(inside.items(), grain, strict=True)
    }


def _mean_f1(found):
    return np.mean([metrics.instance_f1(truth, found[name]) for name, truth in _fields().items()])


def shrunk_and_glued():
    """{name: (IoU of pixels, F1 of cells)}: every cell a pixel too small; touching cells glued."""
    truth = _fields()["field 32"]
    rim = find_boundaries(truth, connectivity=1, mode="inner")
    answers = {
        "one pixel too small": np.where(rim, 0, truth),
        "touching ones glued": label(truth > 0),
    }
    return {
        name: (metrics.iou(truth > 0, answer > 0), metrics.instance_f1(truth, answer))
        for name, answer in answers.items()
    }


@mistake(
    separate,
    "Cells that touch are one cell.",
    "Find a seed in each cell first, at a higher threshold; then grow the seeds.",
)
def touching_cells_merged(probability):
    return label(probability > 0.5)


@mistake(separate, "All cells have the number 1.", "Number them: skimage.measure.label.")
def mask_for_labels(probability):
    return (probability > 0.5).astype(np.int32)


@mistake(
    separate,
    "Cells are counted, but each is too small to match.",
    "Grow the seeds back to the whole cell, with skimage.segmentation.watershed.",
)
def seeds_not_grown(probability):
    return label(probability > 0.8)


@mistake(
    separate,
    "Cells eat into each other: the water starts on the hills.",
    "Watershed floods from low to high: give it minus the probability.",
)
def flooded_uphill(probability):
    return watershed(probability, label(probability > 0.8), mask=probability > 0.5)


# On the way into the network ---------------------------------------------------------------------


@mistake(
    weight_maps.unet_weight_map,
    "Touching cells have no line between them.",
    "Give it one number a cell; a mask has lost where one cell ends.",
)
def labels_from_a_mask(labels, w0=10.0, sigma=5.0):
    return weight_maps.unet_weight_map(label(labels > 0), w0, sigma)


@mistake(
    weight_maps.unet_weight_map,
    "Where the box around a cell ends, the weight ends in a step.",
    "The margin must grow with sigma until the term is negligible.",
)
def margin_of_ten_pixels(labels, w0=10.0, sigma=5.0):
    labels = weight_maps.separate_touching(labels)
    d1, d2 = weight_maps.border_distances(labels, reach=10)
    return 1 + (labels == 0) * weight_maps.border_term(d1, d2, w0, sigma)


@mistake(
    images.resize,
    "Classes appear that nobody drew: between 0 and 2 lies 1.",
    "Resize masks by nearest neighbour: resize(…, labels=True).",
)
def mask_resized_smoothly(labels, size):
    return np.round(images.resize(labels.astype(np.float32), size)).astype(labels.dtype)


@mistake(augment.random_warp, "Pictures hardly turn: 0.2 was meant as radians.", "Give degrees.")
def radians_for_degrees(shape, rng, rotation, **options):
    return augment.random_warp(shape, rng, rotation=np.deg2rad(rotation), **options)


@mistake(
    pipeline.stream,
    "Every epoch brings the same crops: they were cached after augmenting.",
    "Cache the pictures, then augment.",
)
def augmentation_frozen(example, batch_size, seed=0, start=0):
    epoch = pipeline.stream(example, batch_size, seed, start).take(10)
    return epoch.cache().repeat()


@mistake(
    normalise,
    "Test numbers depend on which other pictures are in the test.",
    "Subtract the mean of the training pictures.",
)
def mean_of_the_test_pictures(pictures):
    return pictures - np.mean(pictures)


EXERCISES = [
    Exercise("01.1", metrics.iou, _mask_pairs),
    Exercise("01.2", output_side, _sides),
    Exercise("01.3", weight_maps.border_term, _distances),
    Exercise("01.4", weighted_cross_entropy, _batches),
    Exercise("01.5", separate, probability_maps, _mean_f1, goal=0.95, measure="Mean F1:"),
]
