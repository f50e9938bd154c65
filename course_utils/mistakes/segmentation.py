"""Mistakes with masks, weight maps and pixel-wise losses: lesson 01."""

import numpy as np
from keras import ops
from skimage.measure import label
from skimage.segmentation import watershed

from .. import images, metrics
from ..data import augment, weight_maps
from ..losses import weighted_cross_entropy
from . import mistake

# Overlap ----------------------------------------------------------------------------------------


@mistake(
    "iou",
    "An empty prediction scores high where cells are rare: that is pixel accuracy.",
    "Leave out the pixels that neither mask calls cell.",
)
def background_counted(truth, prediction):
    return np.mean(truth == prediction)


@mistake(
    "iou",
    "All numbers but 0 and 1 are too high: that is Dice.",
    "Divide the overlap by the union; count the overlap once.",
)
def dice_for_iou(truth, prediction):
    return metrics.dice(truth, prediction)


@mistake("iou", "Two equal masks get 0.5.", "The union counts shared pixels once: use |.")
def overlap_counted_twice(truth, prediction):
    total = np.sum(truth) + np.sum(prediction)
    return np.sum(truth & prediction) / total if total else 1.0


@mistake(
    "iou",
    "A prediction that calls everything cell is perfect: that is recall.",
    "Divide by the union, so that invented pixels cost something.",
)
def divided_by_the_truth(truth, prediction):
    return np.sum(truth & prediction) / np.sum(truth) if np.any(truth) else 1.0


@mistake(
    "iou",
    "Two empty masks get nan, from 0/0, and so does every mean that they are in.",
    "Two empty masks agree: return 1.0 where the union is empty.",
)
@np.errstate(invalid="ignore")
def empty_masks_forgotten(truth, prediction):
    return np.sum(truth & prediction) / np.sum(truth | prediction)


# Shapes -----------------------------------------------------------------------------------------


def _side(side, depth, level=4, bottom=4, up=4):
    for _ in range(depth):
        side = (side - level) // 2
    side -= bottom
    for _ in range(depth):
        side = 2 * side - up
    return side


@mistake(
    "output_side",
    "The answer is as large as the picture.",
    "Without padding every 3×3 convolution loses the outer pixels.",
)
def convolutions_padded(side, depth):
    return side


@mistake(
    "output_side",
    "Only half of the loss is counted.",
    "Each size has two convolutions, and each loses one pixel on both sides: 4 in all.",
)
def two_pixels_a_level(side, depth):
    return _side(side, depth, 2, 2, 2)


@mistake(
    "output_side",
    "The answer is the small picture at the bottom.",
    "After the bottom, double the side `depth` times.",
)
def way_up_forgotten(side, depth):
    return (_side(side, depth, up=0)) // 2**depth


@mistake(
    "output_side",
    "The answer is a little too large.",
    "The way up has two convolutions after each doubling, too.",
)
def way_up_without_convolutions(side, depth):
    return _side(side, depth, up=0)


@mistake(
    "output_side",
    "The answer is too large by 4·2^depth.",
    "Two convolutions stand at the bottom, between the way down and the way up.",
)
def bottom_forgotten(side, depth):
    return _side(side, depth, bottom=0)


# Weight map -------------------------------------------------------------------------------------


@mistake(
    "border_term",
    "Weights grow with the distance, without end: the misprint of a lecture.",
    "The exponent needs its minus sign.",
)
@np.errstate(over="ignore")
def minus_missing(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp((d1 + d2) ** 2 / (2 * sigma**2))


@mistake(
    "border_term",
    "Large weights along every line halfway between cells, however far apart.",
    "Add the two distances: the sum is small in narrow gaps only.",
)
@np.errstate(invalid="ignore")
def difference(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp(-((d1 - d2) ** 2) / (2 * sigma**2))


@mistake(
    "border_term",
    "Only gaps of two or three pixels get a weight.",
    "The formula has σ²: square sigma, a width in pixels.",
)
def sigma_not_squared(d1, d2, w0=10.0, sigma=5.0):
    return w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma))


@mistake(
    "border_term",
    "A cell that stands alone gets a halo.",
    "Without a second cell d2 is infinite, not 0: there is no border to separate.",
)
def second_cell_at_distance_zero(d1, d2, w0=10.0, sigma=5.0):
    return weight_maps.border_term(d1, np.where(np.isinf(d2), 0, d2), w0, sigma)


@mistake(
    "unet_weight_map",
    "Touching cells have no line between them.",
    "Give it one number a cell; a mask has lost where one cell ends.",
)
def labels_from_a_mask(labels, w0=10.0, sigma=5.0):
    return weight_maps.unet_weight_map(label(labels > 0), w0, sigma)


@mistake(
    "unet_weight_map",
    "Where the box around a cell ends, the weight ends in a step.",
    "The margin must grow with sigma until the term is negligible.",
)
def margin_of_ten_pixels(labels, w0=10.0, sigma=5.0):
    labels = weight_maps.separate_touching(labels)
    d1, d2 = weight_maps.border_distances(labels, reach=10)
    return 1 + (labels == 0) * weight_maps.border_term(d1, d2, w0, sigma)


# Loss -------------------------------------------------------------------------------------------


@mistake(
    "weighted_cross_entropy",
    "The loss falls below 0 without end, and the network unlearns.",
    "Put the minus in front: log p is never positive.",
)
def sign_missing(labels, logits, weights):
    return -weighted_cross_entropy(labels, logits, weights)


@mistake(
    "weighted_cross_entropy",
    "The loss is infinite at once: log(0) for every other class.",
    "The label chooses which log p counts; it does not stand inside the logarithm.",
)
def label_inside_the_logarithm(labels, logits, weights):
    p = ops.softmax(logits)
    chosen = ops.one_hot(labels, p.shape[-1], dtype=p.dtype)
    return -ops.mean(weights * ops.sum(ops.log(chosen * p), axis=-1))


@mistake(
    "weighted_cross_entropy",
    "Gaps between cells count no more than any other pixel.",
    "Multiply each pixel's log p by its weight, before the mean.",
)
def weights_forgotten(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, ops.ones_like(weights))


@mistake(
    "weighted_cross_entropy",
    "The loss grows with the size of the picture and of the batch.",
    "Take the mean over batch and pixels, not the sum.",
)
def sum_for_mean(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) * np.prod(weights.shape)


@mistake(
    "weighted_cross_entropy",
    "A picture with four times the pixels has four times the loss.",
    "Divide by the number of pixels, too, not only by that of pictures.",
)
def mean_over_the_batch_only(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) * np.prod(weights.shape[1:])


@mistake(
    "weighted_cross_entropy",
    "Doubling all weights changes nothing.",
    "Divide by the number of pixels, not by the sum of the weights.",
)
def divided_by_the_weights(labels, logits, weights):
    return weighted_cross_entropy(labels, logits, weights) / ops.mean(weights)


@mistake(
    "weighted_cross_entropy",
    "The loss stops falling early: with 3 classes at about 0.55.",
    "Apply softmax once: to logits, not to probabilities.",
)
def softmax_twice(labels, logits, weights):
    return weighted_cross_entropy(labels, ops.softmax(logits), weights)


@mistake(
    "weighted_cross_entropy",
    "The loss is nan as soon as a logit is large: exp overflows.",
    "Subtract the largest logit of a pixel before exp.",
)
@np.errstate(all="ignore")
def exponential_overflows(labels, logits, weights):
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return -np.mean(weights * np.log(np.take_along_axis(p, labels[..., None], axis=-1)[..., 0]))


@mistake(
    "weighted_cross_entropy",
    "No class can be ruled out: the network is never sure.",
    "Logits may be negative: no ReLU in front of softmax.",
)
def relu_before_softmax(labels, logits, weights):
    return weighted_cross_entropy(labels, ops.relu(logits), weights)


# Instances --------------------------------------------------------------------------------------


@mistake(
    "separate",
    "Cells that touch are one cell.",
    "Find a seed in each cell first, at a higher threshold; then grow the seeds.",
)
def touching_cells_merged(probability):
    return label(probability > 0.5)


@mistake("separate", "All cells have the number 1.", "Number them: skimage.measure.label.")
def mask_for_labels(probability):
    return (probability > 0.5).astype(np.int32)


@mistake(
    "separate",
    "Cells are counted, but each is too small to match.",
    "Grow the seeds back to the whole cell, with skimage.segmentation.watershed.",
)
def seeds_not_grown(probability):
    return label(probability > 0.8)


@mistake(
    "separate",
    "Cells eat into each other: the water starts on the hills.",
    "Watershed floods from low to high: give it minus the probability.",
)
def flooded_uphill(probability):
    return watershed(probability, label(probability > 0.8), mask=probability > 0.5)


# On the way in and out of the network -----------------------------------------------------------


@mistake(
    "resize",
    "Classes appear that nobody drew: between 0 and 2 lies 1.",
    "Resize masks by nearest neighbour: resize(…, labels=True).",
)
def mask_resized_smoothly(labels, size):
    return np.round(images.resize(labels.astype(np.float32), size)).astype(labels.dtype)


@mistake("random_warp", "Pictures hardly turn: 0.2 was meant as radians.", "Give degrees.")
def radians_for_degrees(shape, rng, rotation):
    return augment.random_warp(shape, rng, rotation=np.deg2rad(rotation), elastic=0.0, flip=False)


@mistake(
    "augmented",
    "Every epoch brings the same crops: they were cached after augmenting.",
    "Cache the pictures, then augment.",
)
def augmentation_frozen(crop, rng, epochs):
    return [crop(rng)] * epochs


@mistake(
    "centred",
    "Test numbers depend on which other pictures are in the test.",
    "Subtract the mean of the training pictures.",
)
def mean_of_the_test_pictures(train, test):
    return test - np.mean(test)


@mistake(
    "predicted_classes",
    "The map has the wrong shape, with row numbers for classes.",
    "Take argmax over the classes: axis=-1.",
)
def argmax_over_rows(logits):
    return np.argmax(logits, axis=1)


@mistake(
    "mask_from_logits",
    "Cells are too thin: a logit of 0.5 is a probability of 0.62.",
    "Probability 0.5 is logit 0; or apply the sigmoid first.",
)
def threshold_on_logits(logits):
    return logits > 0.5
