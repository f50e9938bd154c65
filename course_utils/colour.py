"""sRGB ↔ CIE L*a*b* (D65) as functions of tensors, and how a network sees Lab.

The numbers are those of `images.rgb_to_lab`, which is for arrays; these run inside a graph, on any
device, and have a finite gradient everywhere, black and white among it.
"""

import numpy as np
from keras import ops

from .arguments import FLOATS
from .arguments import takes_tensors as takes

XYZ_OF_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)  # of linear light (ITU-R BT.709), as scikit-image has them
WHITE = np.array([0.95047, 1.0, 1.08883])  # X, Y, Z of D65, for an observer of 2°
LAB_OF_F = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])  # and L has 16 less
SCALE, SHIFT = np.float32([50, 110, 110]), np.float32([1, 0, 0])  # of `scaled`
LEVEL = 1 / 255  # of 8 bits


@takes(rgb=FLOATS("..."))
def rgb_to_lab(rgb):
    """CIE L*a*b* under D65 of sRGB pictures: L from 0 (black) to 100 (white), a and b about ±110.

    L = 116 f(Y) - 16,  a = 500 (f(X) - f(Y)),  b = 200 (f(Y) - f(Z)),  f(t) = ∛t,
    a line below t = 0.008856; X, Y, Z of linear light, as shares of the white's. CIE 15; IEC
    61966-2-1 for sRGB.

    rgb: (..., 3) floats in [0, 1]. Returns (..., 3) in float32 (float64 for float64).
    Raises TypeError for integers, ValueError for another last size than 3 and values not finite.
    """
    _check_channels(rgb)
    curve = ((ops.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4
    light = ops.where(rgb > 0.04045, curve, rgb / 12.92)
    xyz = _mixed(light, XYZ_OF_RGB / WHITE[:, None])
    root = ops.maximum(xyz, 0.008856) ** (1 / 3)
    f = ops.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116)
    return _mixed(f, LAB_OF_F) - ops.convert_to_tensor([16, 0, 0], f.dtype)


@takes(lab=FLOATS("..."))
def lab_to_rgb(lab):
    """sRGB in [0, 1] of L*a*b* (..., 3); colours that sRGB lacks are clipped, see `out_of_gamut`.

    The inverse of `rgb_to_lab`, and raises what it raises. No gradient passes a channel that is
    clipped.
    """
    return ops.clip(_unclipped(lab), 0, 1)


@takes(lab=FLOATS("..."))
def out_of_gamut(lab):
    """The share of pixels that `lab_to_rgb` has to clip: a scalar in [0, 1].

    Half a level of 8 bits is let pass: less is rounding. lab: (..., 3). Raises as `lab_to_rgb` does.
    """
    rgb = _unclipped(lab)
    off = ops.any(ops.abs(rgb - 0.5) > 0.5 + LEVEL / 2, axis=-1)
    return ops.mean(ops.cast(off, rgb.dtype))


def scaled(lab):
    """L*a*b* (..., 3) as networks take and give it: L/50 - 1, a/110, b/110, all about [-1, 1].

    No colour of sRGB has |a| or |b| above 110. Arrays and tensors.
    """
    return lab / SCALE - SHIFT


def unscaled(values):
    """L*a*b* of what `scaled` gives. Arrays and tensors (..., 3)."""
    return (values + SHIFT) * SCALE


def _unclipped(lab):
    """sRGB (..., 3) of any L*a*b*, below 0 and above 1 where sRGB lacks the colour."""
    _check_channels(lab)
    f = _mixed(lab + ops.convert_to_tensor([16, 0, 0], lab.dtype), np.linalg.inv(LAB_OF_F))
    xyz = ops.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    light = _mixed(xyz, np.linalg.inv(XYZ_OF_RGB) * WHITE)
    curve = 1.055 * ops.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return ops.where(light > 0.0031308, curve, 12.92 * light)


def _mixed(channels, matrix):
    """matrix @ each pixel of (..., 3)."""
    return ops.matmul(channels, ops.convert_to_tensor(matrix.T, channels.dtype))


def _check_channels(picture):
    shape = tuple(getattr(picture, "shape", ()))  # a single number has none
    if shape[-1:] != (3,):
        raise ValueError(f"3 channels are needed, last; the shape is {shape}.")
