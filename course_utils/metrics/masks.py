"""Metrics of masks, which hold 0 and 1 (or False and True)."""

from scipy.spatial.distance import jaccard

from ..arguments import MASK, takes


@takes(truth=MASK("..."), prediction=MASK("..."))
def iou(truth, prediction):
    """Intersection over union of two masks, |A∩B| / |A∪B| (the Jaccard index).

    Masks of one shape (any). Returns a float in [0, 1], 1 at best; two empty masks agree: 1.0.
    Raises ValueError if shapes differ or a value isn't 0 or 1.
    """
    return float(1 - jaccard(truth.ravel(), prediction.ravel()))


@takes(truth=MASK("..."), prediction=MASK("..."))
def dice(truth, prediction):
    """Dice overlap of two masks, 2|A∩B| / (|A| + |B|); for masks it is the F1 of their pixels.

    With J = `iou`, it is 2J / (1 + J). Masks, range and errors as there.
    """
    overlap = iou(truth, prediction)
    return 2 * overlap / (1 + overlap)
