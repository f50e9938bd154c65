"""Lesson 05: how likely a network of classes holds each colour for one place."""

import matplotlib.pyplot as plt
import numpy as np

from .. import images
from ..models import colorization

LARGEST = 5000  # square points of a colour that is certain


def colour_plane(picture, place, likely):
    """A figure: the picture (H, W, 3) with a dot at `place`, and the plane of a* and b*.

    place: (y, x), in pixels. likely: (h, w, Q), how likely each of `colorization.bins` is at each
    place of a network's answer. Each is a disc in its colour, at L* = 60; as likely as it is at the
    dot, so large is its area.
    """
    high, wide, count = np.shape(likely)
    shares = likely[place[0] * high // len(picture), place[1] * wide // len(picture[0])]
    lab = np.concatenate([np.full((count, 1), 60), colorization.bins()], axis=1)
    colours = images.lab_to_rgb(np.float32(lab)[None])[0]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12.5, 4.1), width_ratios=[1, 1.6])
    left.imshow(picture)
    left.axis("off")
    left.plot(place[1], place[0], "o", color="white", markeredgecolor="black", markersize=12)
    look = {"s": LARGEST * shares + 3, "c": colours, "edgecolors": "black", "linewidths": 0.3}
    right.scatter(*colorization.bins().T, **look)
    words = f"{count} bins, {colorization.STEP} wide,\nfor each of {high} × {wide} squares"
    right.text(0.02, 0.03, words, transform=right.transAxes)
    right.set(xlabel="a*: green to red", ylabel="b*: blue to yellow")
    return figure
