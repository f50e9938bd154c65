"""Lesson 09's diagram: a network that says how thick the haze is, and what is done with that."""

import matplotlib.pyplot as plt
import numpy as np

from .diagrams import INK, card, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE = PALETTE[:2]
GREY = "#DDE3E8"
PLACES = (  # middle, side, what it is; on 126 × 46
    ((10, 32), 18, "hazy $I$"),
    ((34, 12), 9, "32 × 32"),
    ((78, 16), 9, "$t$, 32 × 32"),
    ((78, 2), 9, "$A$, one colour"),
    ((115, 32), 18, "cleared $J$"),
)
CARDS = (  # middle, size, what it is, its colour, its ground
    ((56, 12), (17, 13), "U-Net", INK, GREY),
    ((90, 32), (19, 10), "$(I - A) / t + A$", BLUE, "white"),
)
WAYS = (
    ((19.6, 32), (80, 32)),
    ((2.5, 22.6), (2.5, 12), (29, 12)),
    ((39, 12), (47, 12)),
    ((65, 14), (69, 14), (69, 16), (73, 16)),
    ((65, 10), (69, 10), (69, 2), (73, 2)),
    ((83, 16), (88, 16), (88, 26.5)),
    ((83, 2), (93, 2), (93, 26.5)),
    ((100, 32), (105.4, 32)),
)
WORDS = (((16, 14), "shrunk"), ((100, 14), "enlarged"))


def haze_way(hazy, small, t, air, cleared):
    """A Matplotlib figure of one picture's way.

    hazy, cleared: (H, H, 3) in [0, 1]. small: (S, S, 3). t: (S, S), air: (3,), in [0, 1].
    """
    tone = np.broadcast_to(air, (4, 4, 3))
    shown = (hazy, small, t, tone, cleared)
    figure, axis = plt.subplots(figsize=(12.6, 5.4))
    axis.set(xlim=(0, 126), ylim=(-8, 46))
    axis.axis("off")
    for ((x, y), side, text), picture in zip(PLACES, shown, strict=True):
        box = (x - side / 2, y - side / 2, side, side)
        draw_picture(axis.inset_axes(box, transform=axis.transData), np.clip(picture, 0, 1))
        axis.text(x, y - side / 2 - 0.6, text, ha="center", va="top", color=INK, fontsize=14)
    for told in CARDS:
        card(axis, *told)
    for way in WAYS:
        path(axis, way, INK)
    for place, text in WORDS:
        axis.text(*place, text, ha="center", va="center", color=ORANGE, fontsize=14)
    return figure
