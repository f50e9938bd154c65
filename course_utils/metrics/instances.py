"""Metrics of label images: integers (H, W), 0 = background, every cell its own number."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from skimage import measure
from skimage import metrics as skimage_metrics

from ..arguments import LABELS, PROBABILITIES, Many, number, takes
from .masks import dice, iou

DSB2018_THRESHOLDS = tuple(np.arange(50, 100, 5) / 100)  # 0.5, 0.55, …, 0.95


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), threshold=number("[0, 1)"))
def instance_counts(truth, prediction, threshold=0.5):
    """Count found, invented and missed cells: (true positives, false positives, false negatives).

    A true and a predicted cell match if their IoU is above (not at) the threshold; each cell has at
    most one partner. From 0.5 up no cell has two candidates, so the matching is unique; below,
    the largest possible matching is taken.

    Label images, (H, W) integers, 0 = background.  threshold: in [0, 1).
    Raises TypeError for labels that aren't integers, ValueError for shapes or thresholds that don't
    fit.
    """
    return _counts(*_pair_ious(truth, prediction), threshold)


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), threshold=number("[0, 1)"))
def instance_f1(truth, prediction, threshold=0.5):
    """F1 of the cells of one image, 2 TP / (2 TP + FP + FN), matched as in `instance_counts`.

    Returns a float in [0, 1], 1 at best; two images without cells agree: 1.0. Errors as there.
    """
    return _f1(*instance_counts(truth, prediction, threshold))


@takes(
    truths=Many("N", LABELS("h w")),
    predictions=Many("N", LABELS("h w")),
    threshold=number("[0, 1)"),
)
def pooled_f1(truths, predictions, threshold=0.5):
    """F1 of the cells of many images: the counts are added up first, so each cell counts the same.

    truths, predictions: sequences of label images, of one length and at least one.
    Returns a float in [0, 1], 1 at best. Errors as in `instance_counts`.
    """
    counts = [instance_counts(*pair, threshold) for pair in zip(truths, predictions)]
    return _f1(*np.sum(counts, axis=0))


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), thresholds=Many("T", number("[0, 1)")))
def mean_average_precision(truth, prediction, thresholds=DSB2018_THRESHOLDS):
    """Mean over IoU thresholds of TP / (TP + FP + FN): the score of the 2018 Data Science Bowl.

    That competition's name for it is kept, though it ranks no detections as COCO's does.
    Label images, (H, W) integers, 0 = background; matching as in `instance_counts`.
    Returns a float in [0, 1], 1 at best; two images without cells agree: 1.0. Errors as there.
    """
    ious = _pair_ious(truth, prediction)
    counts = [_counts(*ious, threshold) for threshold in thresholds]
    return float(np.mean([tp / (tp + fp + fn) if tp + fp + fn else 1.0 for tp, fp, fn in counts]))


@takes(
    probability=PROBABILITIES("H W"),
    truth=LABELS("H W"),
    threshold=number("[0, 1]"),
    share=number("(0, 1]"),
)
def merges(probability, truth, threshold=0.5, share=0.5):
    """Count predicted blobs that have swallowed two or more cells.

    A blob is a connected component of probability > threshold, its pixels joined by sides, not
    corners (connectivity 1), before any watershed. It has swallowed a cell if it holds at least
    `share` of the cell's pixels.

    probability: (H, W) floats in [0, 1], of being inside a cell.  truth: (H, W) integer labels.
    threshold: in [0, 1].  share: in (0, 1].  Returns an int, 0 at best.
    Raises TypeError or ValueError for other input.
    """
    blobs = measure.label(probability > threshold, connectivity=1)
    cell, blob, overlap = _overlaps(truth, blobs)
    swallowed = overlap / np.bincount(truth.ravel())[cell] >= share
    return int(np.count_nonzero(np.bincount(blob[swallowed]) >= 2))


@takes(truth=LABELS("H W"), prediction=LABELS("H W"))
def adapted_rand_error(truth, prediction):
    """1 minus the F-score of pixel pairs: are two pixels of a cell together, and only those?

    Arganda-Carreras et al. (2015), "Crowdsourcing the creation of image segmentation algorithms
    for connectomics", as `skimage.metrics.adapted_rand_error`. Pixels with true label 0 (membrane)
    aren't counted. Label 0 of the prediction counts, as in scikit-image, as one segment like any
    other: where a predicted membrane is too thick, it joins the rims of all cells. (The scripts of
    the ISBI and SNEMI3D challenges thin the membrane or take each of its pixels for itself.)

    Label images, (H, W) integers.  Returns a float in [0, 1], 0 at best.
    Raises TypeError or ValueError for other input, and ValueError if no true cell has two pixels.
    """
    if not _has_pairs(truth):
        raise ValueError("the adapted Rand error isn't defined: no true cell has two pixels.")
    with np.errstate(invalid="ignore"):  # precision and recall, unused, may be 0/0
        error = skimage_metrics.adapted_rand_error(truth, prediction, ignore_labels=(0,))[0]
    return float(error)


@takes(truths=Many("N", LABELS("h w")), predictions=Many("N", LABELS("h w")))
def segmentation_scores(truths, predictions):
    """The six numbers of lesson 01 for label images (H, W), one pair a picture.

    Means over pictures of `iou` and `dice` (cell pixels), `f1` (`instance_f1`) and `mean_ap`
    (`mean_average_precision`); `f1_pooled` over all cells (`pooled_f1`); the mean of
    `adapted_rand_error` over the pictures with a true cell of two pixels. Where there is no cell,
    none predicted is right: 1 for the first five. If no picture has a true cell of two pixels, the
    Rand error is 0 where no such cell is predicted either, else 1.
    Returns {name: float}. Raises what they raise.
    """
    pairs = list(zip(truths, predictions))
    rand = [adapted_rand_error(t, p) for t, p in pairs if _has_pairs(t)]
    rand = rand or [float(any(map(_has_pairs, predictions)))]
    return {
        "iou": float(np.mean([iou(t > 0, p > 0) for t, p in pairs])),
        "dice": float(np.mean([dice(t > 0, p > 0) for t, p in pairs])),
        "f1": float(np.mean([instance_f1(t, p) for t, p in pairs])),
        "f1_pooled": pooled_f1(truths, predictions),
        "mean_ap": float(np.mean([mean_average_precision(t, p) for t, p in pairs])),
        "adapted_rand_error": float(np.mean(rand)),
    }


def _has_pairs(labels):
    """Whether some cell has two pixels."""
    return np.bincount(labels.ravel())[1:].max(initial=0) >= 2


def _overlaps(truth, prediction):
    """Pairs of a true and a predicted cell that share pixels: (true label, label, pixels)."""
    table = skimage_metrics.contingency_table(truth, prediction).tocoo()
    both = (table.row > 0) & (table.col > 0)
    return table.row[both], table.col[both], table.data[both]


def _pair_ious(truth, prediction):
    """IoU of each overlapping pair: (true label, label, IoU), numbers of true and of cells."""
    true_area, area = np.bincount(truth.ravel()), np.bincount(prediction.ravel())
    row, col, overlap = _overlaps(truth, prediction)
    ious = overlap / (true_area[row] + area[col] - overlap)
    return (row, col, ious), np.count_nonzero(true_area[1:]), np.count_nonzero(area[1:])


def _counts(pairs, n_true, n_predicted, threshold):
    row, col, ious = (column[pairs[2] > threshold] for column in pairs)
    tp = len(ious)
    if tp and threshold < 0.5:  # else no cell appears twice
        tp = np.count_nonzero(maximum_bipartite_matching(csr_array((ious, (row, col)))) >= 0)
    return int(tp), int(n_predicted - tp), int(n_true - tp)


def _f1(tp, fp, fn):
    return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else 1.0
