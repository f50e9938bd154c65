"""From the network's probabilities to things that can be counted."""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.segmentation import relabel_sequential, watershed


def instances(inside, cell=None, threshold=0.5, seed_threshold=0.5, smoothing=0.7, min_size=20):
    """Cells from probabilities: seeds where `inside` is high, grown to the whole cell.

    `inside`: (H, W) float in [0, 1], the probability of a cell's inside, low between touching
    cells. `cell`: (H, W), the probability of any part of a cell, `inside` if not given.
    Each connected region where the smoothed `inside` exceeds `seed_threshold` is a seed; the
    watershed grows the seeds over `cell` > `threshold`. `smoothing`: the Gaussian's sigma in
    pixels. Cells under `min_size` pixels are dropped. Where cells fill the picture up to thin
    membranes, threshold=0 grows them until they meet.
    Returns (H, W) int32 labels, 0 = background, 1..n = cells without gaps.
    Raises ValueError for maps of another shape.
    """
    inside = np.asarray(inside, np.float32)
    cell = inside if cell is None else np.asarray(cell, np.float32)
    if inside.ndim != 2 or inside.shape != cell.shape:
        raise ValueError(
            "instances takes one or two (H, W) maps of the same size, not "
            f"{inside.shape} and {cell.shape}."
        )
    smooth = gaussian_filter(inside, smoothing)
    seeds = label(smooth > seed_threshold, connectivity=1)
    found = watershed(-smooth, seeds, mask=cell > threshold)
    found[np.bincount(found.ravel())[found] < min_size] = 0
    return relabel_sequential(found)[0].astype(np.int32)
