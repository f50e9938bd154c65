"""Photographs of the real world that scikit-image brings in its own wheel."""

import functools

import numpy as np
from skimage import color, data

from .. import images

PHOTOGRAPHS = (
    "astronaut",
    "brick",
    "camera",
    "cell",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "immunohistochemistry",
    "moon",
    "page",
    "retina",
    "rocket",
    "text",
)


@functools.cache
def photographs(side=256):
    """scikit-image's own photographs as (20, side, side, 3) in [0, 1]: 17 names, 3 more halves."""
    left, right, _ = data.stereo_motorcycle()
    found = [getattr(data, name)() for name in PHOTOGRAPHS] + [left, right[:, ::-1], right[::-1]]
    found = [images.to_float(picture) for picture in found]
    found = [color.gray2rgb(picture) if picture.ndim == 2 else picture for picture in found]
    return np.stack([images.centre_square(picture, side) for picture in found])
