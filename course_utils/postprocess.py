"""What a network's answer becomes: probabilities things that can be counted, colours better ones."""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, uniform_filter
from skimage.measure import label
from skimage.morphology import h_maxima
from skimage.segmentation import relabel_sequential, watershed

from . import images


def instances(inside, cell=None, threshold=0.5, smoothing=0.7, min_size=20):
    """Cells from probabilities: parted where they get narrow, grown to the whole cell.

    `inside`: (H, W) float in [0, 1], the probability of a cell's inside, low between touching
    cells; a mask will do. `cell`: (H, W), the probability of any part of a cell, `inside` if not
    given. The deepest places of `inside` are the seeds (see `depths`, which takes `threshold` and
    `smoothing`); the watershed grows them over `cell` > `threshold`. Cells under `min_size` pixels
    are dropped.
    Returns (H, W) int32 labels, 0 = background, 1..n = cells without gaps.
    Raises ValueError for maps of another shape.
    """
    inside, cell = _maps(inside, cell)
    deep, seeds = depths(inside, threshold, smoothing)
    return _without_specks(watershed(-deep, seeds, mask=cell > threshold), min_size)


def depths(inside, threshold=0.5, smoothing=0.7, neck=1.0):
    """How deep each pixel lies, and the seeds of `instances`: (H, W) float32 pixels, (H, W) labels.

    `inside`: as there; smoothed by a Gaussian (`smoothing`: its sigma in pixels) it is cut at
    `threshold`. A seed is where the smoothed distance to the rest is greatest; two such places are
    two seeds if the way between them gets narrower by `neck` pixels than both.
    """
    mask = gaussian_filter(np.asarray(inside, np.float32), smoothing) > threshold
    deep = gaussian_filter(distance_transform_edt(mask).astype(np.float32), 1)
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


# Colours -------------------------------------------------------------------------------------------


def smooth_chroma(rgb, radius=2, epsilon=1e-3):
    """A coloured picture (H, W, 3) in [0, 1] with calmer colours, which end where lightness does.

    a* and b* go through the `guided_filter`, guided by L*/100; L* stays. Colours that sRGB lacks are
    clipped. radius (2 suits sides of about 128 pixels), epsilon: as there. Returns float32. Raises ValueError for another shape or
    range.
    """
    lab = images.rgb_to_lab(_coloured(rgb))
    for channel in (1, 2):
        lab[..., channel] = guided_filter(lab[..., 0] / 100, lab[..., channel], radius, epsilon)
    return images.lab_to_rgb(lab)


def saturated(rgb, factor):
    """A picture (H, W, 3) in [0, 1] with a* and b* times `factor`: 0 grey, 1 as it is, 1.5 stronger.

    L* stays, but where the new colour is none of sRGB's: it is clipped. Returns float32.
    Raises ValueError for a factor below 0, another shape or range.
    """
    if not 0 <= factor < np.inf:
        raise ValueError(f"factor must be a number from 0 up, not {factor}.")
    return images.lab_to_rgb(images.rgb_to_lab(_coloured(rgb)) * np.float32([1, factor, factor]))


def guided_filter(guide, values, radius, epsilon):
    """`values` (H, W), smoothed within windows as far as the `guide` (H, W) has no edge there.

    In each window of (2·radius + 1)² pixels the answer is a line over the guide,
    q = a·guide + b, a = cov(guide, values) / (var(guide) + ε), b = mean(values) - a·mean(guide);
    each pixel takes the mean of the lines of all windows that hold it. Edges of the guide whose
    variance is far above ε stay; where it is far below, q is the mean of means.
    He, Sun and Tang (2013), "Guided image filtering", eq. 5, 6 and 8. Pictures go on mirrored.
    """

    def mean(picture):
        return uniform_filter(picture, 2 * radius + 1)

    guide, values = (np.asarray(each, np.float64) for each in (guide, values))
    of_guide, of_values = mean(guide), mean(values)
    a = mean(guide * values) - of_guide * of_values
    a /= mean(guide**2) - of_guide**2 + epsilon
    return mean(a) * guide + mean(of_values - a * of_guide)


def _coloured(rgb):
    rgb = np.asarray(rgb)
    if rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise ValueError(f"A coloured picture is (H, W, 3), not {rgb.shape}.")
    return rgb
