"""Lesson 10's diagram: what a velocity network sees in one step of its training."""

import matplotlib.pyplot as plt

from .diagrams import INK, card, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE = PALETTE[:2]
PURPLE, GREY = "#8F2F6E", "#DDE3E8"
MIDDLE, WIDE, HIGH = 19, 14, 11  # the row of the network, and sides of pictures; on 126 × 44
PLACES = (  # middle, side, what it is: below the wide ones, beside the others
    ((8, 34), WIDE, "noise $x_0$"),
    ((8, 10), WIDE, "photograph $x_1$"),
    ((34, MIDDLE), WIDE, "$x_t$"),
    ((62, 36), HIGH, "drawing"),
    ((90, MIDDLE), WIDE, "velocity $v$"),
    ((116, 36), HIGH, "$x_1 - x_0$"),
)
CARDS = (  # middle, size, what it is, its colour, its ground
    ((62, MIDDLE), (16, 16), "U-Net", INK, GREY),
    ((62, 3.4), (9, 5.6), "time $t$", ORANGE, "white"),
    ((116, MIDDLE), (15, 10), "squared\ndistance", PURPLE, "white"),
)
WAYS = (
    ((15.3, 34), (34, 34), (34, 26.5)),
    ((15.3, 10), (21, 10), (21, MIDDLE), (26.7, MIDDLE)),
    ((41.3, MIDDLE), (53.7, MIDDLE)),
    ((62, 30.2), (62, 27.2)),
    ((62, 6.4), (62, 10.8)),
    ((70.3, MIDDLE), (82.7, MIDDLE)),
    ((97.3, MIDDLE), (108.2, MIDDLE)),
    ((116, 30.2), (116, 24.2)),
)
WORDS = (((25, 36), "$1 - t$"), ((24.6, 16.6), "$t$"))


def flow_way(noise, photograph, drawing, t, velocity):
    """A Matplotlib figure of one training step; `velocity` is what the network answered.

    noise, velocity: (S, S, 3), any size. photograph, drawing: (S, S, 3) in [0, 1]. t: in [0, 1].
    """
    x_1 = photograph * 2 - 1
    shown = (noise, x_1, (1 - t) * noise + t * x_1, drawing * 2 - 1, velocity, x_1 - noise)
    figure, axis = plt.subplots(figsize=(12.6, 4.4))
    axis.set(xlim=(0, 126), ylim=(0, 44))
    axis.axis("off")
    for ((x, y), side, text), picture in zip(PLACES, shown, strict=True):
        place = (x - side / 2, y - side / 2, side, side)
        strength = 1 if -1.01 <= picture.min() and picture.max() <= 1.01 else 3
        picture = (picture / strength / 2 + 0.5).clip(0, 1)
        inset = axis.inset_axes(place, transform=axis.transData)
        draw_picture(inset, picture)
        below = {"xy": (0.5, -0.04), "ha": "center", "va": "top"}
        beside = {"xy": (-0.06, 0.5), "ha": "right", "va": "center"}
        look = below if side == WIDE else beside
        inset.annotate(text, xycoords="axes fraction", color=INK, fontsize=14, **look)
    for told in CARDS:
        card(axis, *told)
    for way in WAYS:
        path(axis, way, INK)
    for place, text in WORDS:
        axis.text(*place, text, ha="center", va="center", color=BLUE, fontsize=15)
    return figure
