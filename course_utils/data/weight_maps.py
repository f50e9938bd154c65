"""The weight map of U-Net: how much each pixel counts in the loss.

Ronneberger, Fischer, Brox (2015), "U-Net", eq. 2:

    w(x) = w_c(x) + w0 · exp( -(d1(x) + d2(x))² / (2 σ²) )

w_c balances the classes; d1 and d2 are the distances (in pixels) from x to the nearest and to the
second nearest cell. The second term, the border term, is large in the narrow gaps between cells.
"""

import math

import cv2
import numpy as np
from scipy import ndimage

from ..arguments import LABELS, takes

NEGLIGIBLE = 1e-3  # a border term below this is taken as 0


@takes(labels=LABELS("H W"))
def separate_touching(labels):
    """Carve a gap of background, one pixel wide, between cells that touch.

    The paper computes the separation border "using morphological operations" and doesn't say
    which. Here a pixel becomes background if one of its 8 neighbours belongs to a smaller cell (of
    two cells of one size: to the one with the lower label). So only the larger of two cells gives
    way, nothing changes at outer edges, afterwards not even corners of different cells touch, and
    carving again changes nothing. A cell in which every pixel gives way disappears.

    labels: (H, W) integers, 0 = background, one number per cell, from 0 to 2**24.
    Returns the carved labels, (H, W) int32. `separate_touching(labels) > 0` is the training target
    that goes with `unet_weight_map(labels)`. Raises TypeError and ValueError for other input.
    """
    area = np.bincount(labels.ravel())
    rank = np.empty(len(area), np.float32)
    rank[np.argsort(area, kind="stable")] = np.arange(len(area))
    rank[0] = len(area)  # background is nobody's smaller neighbour
    rank = rank[labels]
    smallest_near = cv2.erode(rank, np.ones((3, 3), np.uint8))  # minimum of the 3x3 window
    return np.where(smallest_near < rank, 0, labels)


def naive_unet_weight_map(labels, w0=10.0, sigma=5.0):
    """Eq. 2 as it is defined: one distance map per cell. For reading and comparing; slow.

    Same arguments and result as `unet_weight_map` with w_c = 1; needs memory for H·W·cells.
    """
    labels = separate_touching(labels)
    cells = np.unique(labels[labels > 0])
    if len(cells) < 2:
        return np.ones(labels.shape, np.float32)
    distances = [ndimage.distance_transform_edt(labels != cell) for cell in cells]
    d1, d2 = np.sort(distances, axis=0)[:2]
    return (1 + border_term(d1, d2, w0, sigma) * (labels == 0)).astype(np.float32)


@takes(labels=LABELS("H W"))
def border_distances(labels, reach):
    """Distances from each pixel to the nearest and to the second nearest cell, up to `reach`.

    labels: (H, W) integers, 0 = background; cells that touch are taken as they are (use
    `separate_touching` first).  reach: pixels, at least 0.
    Returns d1, d2: (H, W) float32, Euclidean distances in pixels, exact up to `reach` and infinite
    beyond it, or where there is no such cell; d1 is 0 on the cells. Memory grows with H·W only.
    Each cell's distance map is computed inside its bounding box widened by `reach`.
    Raises TypeError and ValueError for other input.
    """
    if not reach >= 0:
        raise ValueError(f"reach must be at least 0 pixels, not {reach}.")
    margin = math.ceil(min(reach, max(labels.shape)))
    d1 = np.full(labels.shape, np.inf, np.float32)
    d2 = d1.copy()
    for cell, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:  # a number that no cell has
            continue
        box = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in box)
        outside = (labels[box] != cell).view(np.uint8)
        distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        d2[box] = np.minimum(d2[box], np.maximum(d1[box], distance))
        d1[box] = np.minimum(d1[box], distance)
    d1[d1 > reach] = np.inf
    d2[d2 > reach] = np.inf
    return d1, d2


def border_term(d1, d2, w0=10.0, sigma=5.0):
    """w0 · exp(-(d1 + d2)² / (2 σ²)), the second term of eq. 2, for distances in pixels.

    d1, d2: arrays of one shape, at least 0; infinite where there is no such cell.
    Returns their shape, in [0, w0]. It applies to background only; the caller masks the cells.
    """
    return w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))


def unet_weight_map(labels, w0=10.0, sigma=5.0, class_weights=None):
    """The weight of each pixel by eq. 2: class weight plus border term.

    Cells that touch are separated first (`separate_touching`), so the gap between them gets its
    border term; train on the target `separate_touching(labels) > 0`. The border term is applied
    to background only: the paper wants a large weight for the separating background labels between
    touching cells (section 1). With fewer than two cells there is nothing to separate and the term
    is 0. The result differs from `naive_unet_weight_map` by less than 1e-3.

    labels: (H, W) integers, 0 = background, one number per cell (instances, not a mask).
    w0: height of the border term, at least 0.  sigma: its width in pixels, above 0 (in the formula
    it stands squared).  class_weights: w_c; None is 1 everywhere, "balanced" makes background and
    cells count the same in total with a mean of 1, a pair is (background, cells).
    Returns (H, W) float32. Raises TypeError and ValueError for other input.
    """
    if not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError(f"sigma must be a width in pixels above 0, not {sigma}.")
    if not (w0 >= 0 and math.isfinite(w0)):
        raise ValueError(f"w0 must be a number of at least 0, not {w0}.")
    labels = separate_touching(labels)
    weights = _class_weights(labels > 0, class_weights)
    if w0 <= NEGLIGIBLE:
        return weights
    reach = sigma * math.sqrt(2 * math.log(w0 / NEGLIGIBLE))
    d1, d2 = border_distances(labels, reach)
    gap = (labels == 0) & np.isfinite(d2)  # elsewhere the term is 0 or negligible
    weights[gap] += border_term(d1[gap], d2[gap], w0, sigma)
    return weights


def _class_weights(is_cell, class_weights):
    """w_c of eq. 2 for each pixel of a boolean mask: (H, W) float32."""
    if class_weights is None:
        class_weights = (1, 1)
    elif isinstance(class_weights, str) and class_weights == "balanced":
        counts = np.array([np.sum(~is_cell), np.sum(is_cell)])
        class_weights = is_cell.size / (np.count_nonzero(counts) * np.maximum(counts, 1))
    pair = np.asarray(class_weights)
    is_pair = pair.shape == (2,) and pair.dtype.kind in "iuf"
    if not is_pair or not np.all((pair >= 0) & (pair < np.inf)):
        raise ValueError(
            'class_weights must be None, "balanced" or a pair of numbers of at least '
            f"0 (background, cells), not {class_weights!r}."
        )
    return np.where(is_cell, pair[1], pair[0]).astype(np.float32)
