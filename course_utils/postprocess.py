"""From the network's probabilities to things that can be counted."""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.measure import label
from skimage.morphology import h_maxima
from skimage.segmentation import relabel_sequential, watershed


def instances(inside, cell=None, threshold=0.5, smoothing=0.7, min_size=20):
    """Cells from probabilities: parted where they get narrow, grown to the whole cell.

    `inside`: (H, W) float in [0, 1], the probability of a cell's inside, low between touching
    cells; a mask will do. `cell`: (H, W), the probability of any part of a cell, `inside` if not
    given. The places of the smoothed `inside` > `threshold` that lie deepest are the seeds (see
    `depths`); the watershed grows them over `cell` > `threshold`. `smoothing`: the Gaussian's
    sigma in pixels. Cells under `min_size` pixels are dropped.
    Returns (H, W) int32 labels, 0 = background, 1..n = cells without gaps.
    Raises ValueError for maps of another shape.
    """
    inside, cell = _maps(inside, cell)
    deep, seeds = depths(gaussian_filter(inside, smoothing) > threshold)
    return _without_specks(watershed(-deep, seeds, mask=cell > threshold), min_size)


def depths(mask, neck=1.0):
    """How deep each pixel of a mask lies, and its seeds: (H, W) float32 pixels, (H, W) labels.

    A seed is where the smoothed distance to the background is greatest; two such places are two
    seeds if the way between them gets narrower by `neck` pixels than both.
    """
    deep = gaussian_filter(distance_transform_edt(np.asarray(mask)).astype(np.float32), 1)
    return deep, label(h_maxima(deep, neck))


def neurites(inside, seed_threshold=0.5, smoothing=0.7, min_size=20):
    """Cells that fill the picture up to thin membranes: regions of `inside`, grown until they meet.

    Each connected region where the smoothed `inside` exceeds `seed_threshold` is one cell, however
    narrow it gets. Else as `instances`.
    """
    inside, _ = _maps(inside, None)
    smooth = gaussian_filter(inside, smoothing)
    seeds = label(smooth > seed_threshold, connectivity=1)
    return _without_specks(watershed(-smooth, seeds, mask=inside > 0), min_size)


def _maps(inside, cell):
    inside = np.asarray(inside, np.float32)
    cell = inside if cell is None else np.asarray(cell, np.float32)
    if inside.ndim != 2 or inside.shape != cell.shape:
        raise ValueError(
            "Cells come from one or two (H, W) maps of the same size, not "
            f"{inside.shape} and {cell.shape}."
        )
    return inside, cell


def _without_specks(found, min_size):
    found[np.bincount(found.ravel())[found] < min_size] = 0
    return relabel_sequential(found)[0].astype(np.int32)
