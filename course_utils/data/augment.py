"""Augmentation as in U-Net (Ronneberger et al., 2015, section 3.1): shift, rotation, elastic, grey levels.

All geometry is one displacement of pixels, and one resampling: picture, labels and weights move
together. Pixels beyond the edge are mirrored.
"""

import functools

import cv2
import numpy as np
from scipy.interpolate import CubicSpline

GRID = 3  # the paper's coarse grid of random displacement vectors


def random_warp(shape, rng, shift=0.0, rotation=0.0, elastic=10.0, flip=True):
    """Where each pixel of a warped picture comes from: (map_y, map_x), each (H, W) float32, pixels.

    shift: largest shift [pixels]. rotation: largest turn [degrees]. elastic: standard deviation of
    the displacement vectors [pixels] on the coarse 3 × 3 grid, bicubic in between (paper: 10).
    flip: mirror every second time. All zero and no flip: each pixel comes from itself.
    """
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    angle = np.deg2rad(rng.uniform(-rotation, rotation))
    side = -1 if flip and rng.random() < 0.5 else 1
    away_y, away_x = y - middle_y, (x - middle_x) * side
    map_y = np.cos(angle) * away_y - np.sin(angle) * away_x + middle_y
    map_x = np.sin(angle) * away_y + np.cos(angle) * away_x + middle_x
    bend_y, bend_x = elastic_field(shape, rng, elastic)
    move_y, move_x = rng.uniform(-shift, shift, 2)
    return (map_y + bend_y + move_y).astype(np.float32), (map_x + bend_x + move_x).astype(np.float32)


def elastic_field(shape, rng, deviation=10.0):
    """A smooth random displacement (2, H, W) float32 [pixels]: Gaussian on 3 × 3 nodes, bicubic."""
    if not deviation >= 0:
        raise ValueError(f"The elastic deviation is {deviation} pixels; it must be 0 or more.")
    height, width = shape
    nodes = rng.normal(0, 1, (2, GRID, GRID)).astype(np.float32) * deviation
    return _cubic(height) @ nodes @ _cubic(width).T


def warp(picture: np.ndarray, maps, order: int) -> np.ndarray:
    """Resample (H, W) or (H, W, C) at `maps`; order 0 nearest (labels), 1 linear, 3 cubic."""
    modes = {0: cv2.INTER_NEAREST, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}
    if order not in modes:
        raise ValueError(f"order is {order}; choose 0 (nearest), 1 (linear) or 3 (cubic).")
    map_y, map_x = maps
    source = picture.astype(np.float32)  # whole numbers up to 2^24 survive
    moved = cv2.remap(source, map_x, map_y, modes[order], borderMode=cv2.BORDER_REFLECT_101)
    return moved.reshape(map_y.shape + picture.shape[2:]).astype(picture.dtype)


def grey_levels(picture, rng, contrast=0.2, gamma=0.25, brightness=0.04, noise=0.03):
    """Change the light of a picture (any shape, values from 0): gamma, contrast, brightness, noise.

    Each argument is the standard deviation of the change; contrast and gamma act in the logarithm.
    """
    picture = np.clip(picture, 0, None) ** np.exp(rng.normal(0, gamma))
    picture = picture * np.exp(rng.normal(0, contrast)) + rng.normal(0, brightness)
    grain = rng.standard_normal(picture.shape, np.float32) * abs(rng.normal(0, noise))
    return (picture + grain).astype(np.float32)


@functools.cache
def _cubic(length: int) -> np.ndarray:
    """Weights (length, 3) of the three nodes at `length` pixels between them: a cubic spline."""
    spline = CubicSpline(np.arange(GRID), np.eye(GRID), bc_type="natural")
    return spline(np.linspace(0, GRID - 1, length)).astype(np.float32)
