"""Lesson 03's diagram: CycleGAN's four networks, and the two ways there and back."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from .diagrams import INK, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN = PALETTE[:3]
SIDE = 14  # of a picture, on a sheet of 100 × 52
ROWS, COLUMNS = (39, 13), (9, 50, 91)  # middles of the pictures
BOXES = (  # what stands in it, its middle, its colour
    ("$G$", (29.5, 39), ORANGE),
    ("$F$", (70.5, 39), GREEN),
    ("$F$", (29.5, 13), GREEN),
    ("$G$", (70.5, 13), ORANGE),
    ("$D_Y$", (38, 26), BLUE),
    ("$D_X$", (62, 26), BLUE),
)
WAYS = (
    *(((x, y), (x + 6.5, y)) for y in ROWS for x in (16.5, 36.5, 57.5, 77.5)),
    ((47, 31.5), (47, 26), (45, 26)),
    ((53, 20.5), (53, 26), (55, 26)),
)
CYCLES = (((91, 46.5), (91, 49), (9, 49), (9, 46.5)), ((91, 5.5), (91, 3), (9, 3), (9, 5.5)))
WORDS = (  # their middle, what they are, their colour
    (50, 50.7, "cycle: mean $|F(G(x)) - x|$", INK),
    (50, 1.2, "cycle: mean $|G(F(y)) - y|$", INK),
    (20, 26, "a sketch,\nreal or fake?", BLUE),
    (80, 26, "a photograph,\nreal or fake?", BLUE),
)
NAMES = (("x", "G(x)", "F(G(x))"), ("y", "F(y)", "G(F(y))"))


def cycle_way(photographs, sketches):
    """A Matplotlib figure: both cycles of a CycleGAN, photograph → sketch → photograph and back.

    photographs: (x, F(y), F(G(x))), sketches: (y, G(x), G(F(y))), each (S, S, 3) in [0, 1].
    """
    (x, from_y, home_x), (y, from_x, home_y) = photographs, sketches
    figure, axis = plt.subplots(figsize=(12.5, 6.3))
    axis.set(xlim=(0, 100), ylim=(0, 52.5))
    axis.axis("off")
    for middle, pictures, names in zip(
        ROWS, ((x, from_x, home_x), (y, from_y, home_y)), NAMES, strict=True
    ):
        for column, picture, name in zip(COLUMNS, pictures, names, strict=True):
            corner = (column - SIDE / 2, middle - SIDE / 2, SIDE, SIDE)
            draw_picture(axis.inset_axes(corner, transform=axis.transData), picture)
            outside = middle + (SIDE / 2 + 1.4) * (1 if middle == ROWS[1] else -1)
            axis.text(column, outside, f"${name}$", ha="center", va="center", fontsize=14)
    for text, (across, up), colour in BOXES:
        look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2.5}
        box = FancyBboxPatch((across - 6.5, up - 4), 13, 8, facecolor="white", **look)
        axis.add_patch(box)
        axis.text(across, up, text, ha="center", va="center", color=colour, fontsize=18)
    for way in WAYS:
        path(axis, way, INK)
    for way in CYCLES:
        path(axis, way, INK, "--")
    for across, up, text, colour in WORDS:
        axis.text(across, up, text, ha="center", va="center", color=colour, fontsize=14)
    return figure
