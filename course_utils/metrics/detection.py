"""Average precision of found instances by COCO's rule, from the overlaps of masks or of boxes."""

from dataclasses import replace

import numpy as np

from ..arguments import FLOATS, LABELS, MASK, Kind, Many, number, takes

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())  # 0.5, 0.55, …, 0.95
RECALLS = np.linspace(0, 1, 101)

OVERLAPS = Kind("overlaps as floats", "float bfloat", "[0, 1]", "use mask_iou", dtype="float64")
KINDS = replace(
    LABELS,
    what="integers (one class per instance)",
    within="[1, 16777216]",
    cast="make whole numbers of them with astype",
    cure="number the classes 1, 2, 3, …, and leave out what is background",
)
COUNT = Kind("a whole number", "int uint", "[1, 16777216]")


@takes(truths=MASK("n≥0 H W"), predictions=MASK("m≥0 H W"))
def mask_iou(truths, predictions):
    """IoU of each true mask with each predicted one: float64 (n, m) in [0, 1].

    truths: (n, H, W) and predictions: (m, H, W), of 0 and 1; masks may overlap, and n or m may be 0.
    Two empty masks have the IoU 0 here: nothing is found in them.
    Raises ValueError if pictures differ in size or a value isn't 0 or 1.
    """
    areas = [masks.sum((1, 2)).astype(np.float64) for masks in (truths, predictions)]
    pixels = ((1, 2), (1, 2))
    shared = np.tensordot(truths.astype(np.float32), predictions.astype(np.float32), pixels)
    union = areas[0][:, None] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)


@takes(
    ious=Many("N", OVERLAPS("n≥0 m≥0")),
    truths=Many("N", KINDS("n≥0")),
    predictions=Many("N", KINDS("m≥0")),
    scores=Many("N", FLOATS("m≥0")),
    thresholds=Many("T", number("(0, 1]")),
    most=COUNT,
)
def average_precision(ious, truths, predictions, scores, thresholds=COCO_THRESHOLDS, most=100):
    """Average precision of found instances over many pictures, as COCO measures it.

    For each class, the predictions of all pictures are ranked by their score. In this order each
    one takes the true instance of its picture and class that it overlaps most among those not taken
    yet, if their IoU is at or above the threshold; otherwise it is false. Precision at a recall is
    the best one at this recall or a higher one; it is averaged over the recalls 0, 0.01, …, 1, then
    over the classes that have a true instance, and then over the thresholds. A class without any is
    left out, with what is predicted of it. No prediction at all gives 0.

    Of each picture: ious (n, m) of `mask_iou`, or of boxes, classes truths (n,) and predictions
    (m,), integers from 1 up, and scores (m,), of which only the order counts.  thresholds: in
    (0, 1].  most: predictions of one class that count in one picture, those of the best score, as
    in COCO's own code.
    Returns {"ap", "ap50", "ap75"}, floats in [0, 1], 1 at best; the last two at the IoU 0.5 and 0.75
    alone, whatever the thresholds are.
    Raises TypeError or ValueError for other input, and ValueError if no picture has a true instance.
    Source: Lin et al. (2014), "Microsoft COCO", and `pycocotools.cocoeval`.
    """
    classes = np.unique(np.concatenate(truths))
    if not len(classes):
        raise ValueError("average_precision isn't defined: no picture has a true instance.")
    pictures, levels = list(zip(ious, truths, predictions, scores)), [*thresholds, 0.5, 0.75]
    table = [_precisions(pictures, wanted, levels, most) for wanted in classes]
    *means, ap50, ap75 = np.mean(table, axis=0).tolist()
    return {"ap": float(np.mean(means)), "ap50": ap50, "ap75": ap75}


def _precisions(pictures, wanted, levels, most):
    """The average precision of one class at each level of IoU."""
    ranks, hits, count = [], [], 0
    for ious, truths, predictions, scores in pictures:
        own = np.flatnonzero(predictions == wanted)
        own = own[np.argsort(-scores[own], kind="stable")][:most]
        overlaps = ious[np.ix_(truths == wanted, own)]
        ranks.append(scores[own])
        hits.append([_hits(overlaps, level) for level in levels])
        count += len(overlaps)
    order = np.argsort(-np.concatenate(ranks), kind="stable")
    return [_area(found[order], count) for found in np.concatenate(hits, axis=1)]


def _hits(ious, level):
    """Which predictions (columns, the best score first) take a true instance (rows): bool (m,)."""
    free, hits = ious.copy(), np.zeros(ious.shape[1], bool)
    for column in range(len(hits) if len(free) else 0):
        row = len(free) - 1 - free[::-1, column].argmax()  # among equals the last, as in COCO
        if free[row, column] >= min(level, 1 - 1e-10):
            hits[column], free[row] = True, -1
    return hits


def _area(hits, count):
    """The mean precision over `RECALLS`; count: true instances. The hits are in the scores' order."""
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.append(best, 0)[np.searchsorted(found / count, RECALLS)].mean())
