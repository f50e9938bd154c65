"""Colours and soft edges that the things and the tables share."""

import numpy as np

from drawn_worlds.textures import shaded, tinted

TOYS = "#d8342c #e8762c #f0c028 #5aa83c #2f7fc4 #7a4fa8 #e87a9c #2aa198 #e2ddd0 #333a48".split()
WOODS = (
    "#c99a62",
    "#b98450",
    "#8a5a38",
    "#d8b484",
    "#6a4630",
    "#a8764a",
    "#94887a",
    "#4e382c",
    "#a06a4c",
)


def mix(first, second, share):
    """From the colours `first` to `second`, each (3,) or (h, w, 3), by `share` (h, w)."""
    step, share = np.asarray(second - first, np.float32), np.clip(share, 0, 1)
    return first + (tinted(share, step) if step.ndim == 1 else shaded(step, np.float32(share)))


def ramp(value, start, end):
    """0 below `start`, 1 above `end` and a soft step between."""
    share = np.clip((value - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)


def wave(place, edge):
    """Bands of equal width, 0 and 1, two a unit; their borders are `edge` wide."""
    return np.clip(0.5 + (np.abs(place - np.floor(place) - 0.5) - 0.25) / edge, 0, 1)


def dots(x, y):
    """Height over 0 inside dots, one a unit, each second row shifted."""
    x = x + 0.5 * (np.floor(y) % 2)
    return 0.3 - length(x - np.floor(x) - 0.5, y - np.floor(y) - 0.5)


def length(*parts):
    """The length of a way of two or three parts."""
    total = parts[0] * parts[0]
    for part in parts[1:]:
        total = total + part * part
    return np.sqrt(total)
