"""Augmentation as in U-Net (Ronneberger et al. 2015, section 3.1): shift, rotation, elastic, grey.

All geometry is one displacement of pixels and one resampling: picture, labels and weights move
together. Pixels beyond the edge are mirrored. Every draw comes from a `numpy.random.Generator`.
"""

import functools

import cv2
import numpy as np
from scipy.interpolate import CubicSpline

GRID = 3  # the paper's coarse grid of random displacement vectors
ORDERS = {0: cv2.INTER_NEAREST, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}


def augment(
    image,
    labels,
    rng,
    weights=None,
    *,
    shift=8.0,
    rotation=15.0,
    elastic=10.0,
    flip=True,
    turn=True,
    grey=1.0,
    order=1,
):
    """Deform a picture with its labels and weights by one warp, then change the picture's light.

    image: float (H, W) or (H, W, C) in [0, 1], resampled with `order` 1 (linear) or 3 (cubic) and
    clipped. labels: whole numbers (H, W), nearest pixel, so that no number is made up. weights:
    (H, W) floats, linear, or None. shift to turn: see `random_warp`. grey: the strength of
    `grey_levels`. With all of them 0 or False nothing changes.
    Returns (image, labels), and weights if they were given, with the dtypes that came in.
    Raises TypeError for parts of the wrong kind, ValueError for parts that don't fit together.
    """
    _check(image, labels, rng, weights)
    maps = random_warp(labels.shape, rng, shift, rotation, elastic, flip, turn)
    moved = grey_levels(np.clip(warp(image, maps, order), 0, 1), rng, grey)
    parts = np.clip(moved, 0, 1).astype(image.dtype), warp(labels, maps, order=0)
    return parts if weights is None else (*parts, warp(weights, maps, order=1))


def random_warp(shape, rng, shift=0.0, rotation=0.0, elastic=10.0, flip=True, turn=False):
    """Where each pixel of a warped picture comes from: (map_y, map_x), each (H, W) float32, pixels.

    shape: (H, W). shift: largest shift [pixels]. rotation: largest turn [degrees]. elastic:
    standard deviation of the displacement vectors [pixels] on the coarse 3 × 3 grid (paper: 10).
    flip: mirror every second time. turn: first a random number of quarter turns.
    All zero and neither flip nor turn: each pixel comes from itself.
    Raises ValueError for a magnitude below 0.
    """
    for name, size in (("shift", shift), ("rotation", rotation), ("elastic", elastic)):
        if not size >= 0:
            raise ValueError(f"{name} is {size}; it must be 0 or more.")
    height, width = shape
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    angle = np.deg2rad(rng.uniform(-rotation, rotation) + (90 * rng.integers(4) if turn else 0))
    side = -1 if flip and rng.random() < 0.5 else 1
    away_y = np.arange(height)[:, None] - middle_y
    away_x = (np.arange(width)[None, :] - middle_x) * side
    bend_y, bend_x = elastic_field(shape, rng, elastic)
    move_y, move_x = rng.uniform(-shift, shift, 2)
    map_y = np.cos(angle) * away_y - np.sin(angle) * away_x + (middle_y + move_y) + bend_y
    map_x = np.sin(angle) * away_y + np.cos(angle) * away_x + (middle_x + move_x) + bend_x
    return map_y.astype(np.float32), map_x.astype(np.float32)


def elastic_field(shape, rng, deviation=10.0):
    """A smooth random displacement (2, H, W) float32 [pixels]: Gaussian on 3 × 3 nodes, bicubic.

    The nodes lie on the corners, the middles of the edges and the centre of (H, W).
    """
    height, width = shape
    nodes = rng.normal(0, 1, (2, GRID, GRID)).astype(np.float32) * np.float32(deviation)
    return _cubic(height) @ nodes @ _cubic(width).T


def warp(picture: np.ndarray, maps, order: int) -> np.ndarray:
    """Resample (H, W) or (H, W, C) at `maps` = (map_y, map_x); beyond the edge it is mirrored.

    order: 0 nearest (labels; whole numbers up to 2**24 survive), 1 linear, 3 cubic, which can
    overshoot the range of values. The result has the maps' height and width and picture's dtype.
    Raises ValueError for another order, and TypeError for whole numbers with order 1 or 3, since
    the mean of two labels is no label.
    """
    if order not in ORDERS:
        raise ValueError(f"order is {order}; choose 0 (nearest), 1 (linear) or 3 (cubic).")
    if order and not np.issubdtype(picture.dtype, np.floating):
        raise TypeError(f"A picture of {picture.dtype} can't be blended: take order 0, or floats.")
    map_y, map_x = maps
    moved = cv2.remap(
        picture.astype(np.float32), map_x, map_y, ORDERS[order], borderMode=cv2.BORDER_REFLECT_101
    )
    return moved.reshape(map_y.shape + picture.shape[2:]).astype(picture.dtype)


def grey_levels(picture, rng, strength=1.0, contrast=0.2, gamma=0.25, brightness=0.04, noise=0.03):
    """Change the light of a picture (any shape, values from 0): gamma, contrast, brightness, noise.

    Each change's standard deviation is its argument times `strength`, for contrast and gamma of
    their logarithm. Returns float32, not clipped.
    """
    gamma, contrast = np.exp(strength * rng.normal(0, (gamma, contrast))).astype(np.float32)
    brightness, noise = strength * rng.normal(0, (brightness, noise))
    picture = np.clip(picture, 0, None, dtype=np.float32) ** gamma * contrast
    grain = rng.standard_normal(picture.shape, np.float32)
    return picture + np.float32(brightness) + np.float32(noise) * grain


def _check(image, labels, rng, weights):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is {rng!r}; make one with numpy.random.default_rng(seed).")
    if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels are whole numbers (H, W), not {labels.dtype} {labels.shape}.")
    for name, part in (("image", image), ("weights", labels if weights is None else weights)):
        if part.shape[:2] != labels.shape:
            raise ValueError(f"{name} {part.shape} and labels {labels.shape} differ in size.")
    if not np.issubdtype(image.dtype, np.floating) or image.min() < 0 or image.max() > 1:
        raise ValueError(
            f"image must be floats in [0, 1], not {image.dtype} in [{image.min()}, {image.max()}]."
        )


@functools.cache
def _cubic(length: int) -> np.ndarray:
    """Weights (length, 3) of the three nodes at `length` pixels between them: a cubic spline."""
    spline = CubicSpline(np.arange(GRID), np.eye(GRID), bc_type="natural")
    return spline(np.linspace(0, GRID - 1, length)).astype(np.float32)
