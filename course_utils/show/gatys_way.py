"""Lesson 04's diagram: two targets, two losses, and a gradient that changes a picture's pixels."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from .diagrams import arrow
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN = PALETTE[:3]
INK = "#1C2430"
ROWS = (33, 19.5, 6)  # of content, picture and painting, on a sheet of 108 × 41
BOXES = {  # what stands in it: (its middle, its size, its colour)
    "network,\ntrained\nbefore,\nnow frozen": (32, 19.5, 11, 38, INK),
    "$P$: activations\nof one layer": (55, 33, 18, 7, GREEN),
    "$F$: the same layer's": (55, 23.5, 18, 5, BLUE),
    "$G_l = F_l F_l^T$": (55, 15.5, 18, 5, BLUE),
    "$A_l$: Gram matrices\nof several layers": (55, 6, 18, 7, GREEN),
    "$L_{content}$": (78, 28.5, 11, 6, BLUE),
    "$L_{style}$": (78, 10.5, 11, 6, BLUE),
    "$\\alpha L_{content}$\n$+\\ \\beta L_{style}$\n$+\\ \\gamma V$": (97, 19.5, 14, 13, BLUE),
}
WAYS = {  # of what is computed, solid: corners
    GREEN: (
        ((15, 33), (26.3, 33)),
        ((37.7, 33), (45.8, 33)),
        ((15, 6), (26.3, 6)),
        ((37.7, 6), (45.8, 6)),
        ((64.2, 33), (72.3, 29.8)),
        ((64.2, 6), (72.3, 9.2)),
    ),
    BLUE: (
        ((15, 18.5), (26.3, 18.5)),
        ((37.7, 24.3), (45.8, 24.3)),
        ((37.7, 14.7), (45.8, 14.7)),
        ((64.2, 24.3), (72.3, 27.6)),
        ((64.2, 14.7), (72.3, 11.4)),
        ((83.7, 28.5), (89.8, 24)),
        ((83.7, 10.5), (89.8, 15)),
    ),
}
GRADIENT = (  # dashed
    ((89.8, 21.5), (83.7, 26)),
    ((89.8, 17.5), (83.7, 13)),
    ((72.3, 26), (64.2, 22.7)),
    ((72.3, 13), (64.2, 16.3)),
    ((45.8, 22.7), (37.7, 22.7)),
    ((45.8, 16.3), (37.7, 16.3)),
    ((26.3, 20.5), (15, 20.5)),
)
WORDS = (  # their middle, what they are
    (9, 39.6, "content", INK),
    (9, 26.1, "picture", INK),
    (9, 12.6, "painting", INK),
    (84, 37, "computed once, before", GREEN),
    (84, 33.6, "computed for each new picture", BLUE),
    (84, 2, "gradient: it changes the pixels alone", ORANGE),
)


def gatys_way(content, picture, painting):
    """A Matplotlib figure: how a picture gets its content from one and its style from another.

    content, picture, painting: (S, S, 3) in [0, 1]; the picture is on its way between the others.
    """
    figure, axis = plt.subplots(figsize=(12.5, 4.75))
    axis.set(xlim=(2, 105), ylim=(-0.5, 41.5))
    axis.axis("off")
    for y, shown in zip(ROWS, (content, picture, painting), strict=True):
        place = (3.5, y - 5.5, 11, 11)
        draw_picture(axis.inset_axes(place, transform=axis.transData), shown)
    for text, (x, y, width, height, colour) in BOXES.items():
        place = (x - width / 2, y - height / 2)
        look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2.5}
        axis.add_patch(FancyBboxPatch(place, width, height, facecolor="white", **look))
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    for colour, ways in WAYS.items():
        for way in ways:
            arrow(axis, *way, colour, "-")
    for way in GRADIENT:
        arrow(axis, *way, ORANGE, "--")
    for x, y, text, colour in WORDS:
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    return figure
