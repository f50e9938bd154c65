"""Lesson 02's diagram: generator and discriminator, and which gradient goes where."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from .diagrams import INK, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE = PALETTE[:2]
PICTURES = ((10, 29), (49, 29), (49, 8))  # middles, on a sheet of 104 × 46; 13 wide and high
BOXES = {  # what stands in it: (its middle, its size, its colour)
    "generator\n$G$": (30, 29, 14, 9, ORANGE),
    "discriminator\n$D$": (76, 18.5, 15, 25, BLUE),
}
WAYS = (  # of what is computed, solid: corners
    ((16.8, 29), (22.8, 29)),
    ((37.2, 29), (42.2, 29)),
    ((55.8, 26.5), (68.3, 26.5)),
    ((55.8, 9.5), (68.3, 9.5)),
    ((10, 22), (10, 18.5), (68.3, 18.5)),
    ((83.7, 26.5), (89, 26.5)),
    ((83.7, 9.5), (89, 9.5)),
    ((30, 21.5), (30, 24.3)),
)
GRADIENTS = {  # dashed
    ORANGE: (
        ((89, 29.5), (83.7, 29.5)),
        ((68.3, 29.5), (55.8, 29.5)),
        ((49, 14.8), (49, 22.2)),
        ((42.2, 32), (37.2, 32)),
    ),
    BLUE: (((89, 23.5), (83.7, 23.5)), ((89, 12.5), (83.7, 12.5))),
}
WORDS = (  # their middle, what they are
    (10, 36.8, "labels $x$", INK),
    (49, 36.8, "fake $G(x, z)$", INK),
    (36, 8, "photograph $y$", INK),
    (30, 20.3, "noise $z$", INK),
    (53.5, 20.3, "$\\lambda$ L1", ORANGE),
    (26, 16, "$D$ sees the labels, too: conditional", INK),
    (96.5, 26.5, "fake?\na number\nper patch", INK),
    (96.5, 9.5, "real?\na number\nper patch", INK),
    (
        66,
        43.5,
        "gradients for $G$: back through $D$, and from $\\lambda$ L1; they change $G$ alone",
        ORANGE,
    ),
    (66, 40.3, "gradient for $D$: from fake and photograph; it changes $D$ alone", BLUE),
)


def gan_way(labels, fake, photograph):
    """A Matplotlib figure: both networks of pix2pix, what goes in, and their gradients, dashed.

    labels, fake, photograph: (S, S, 3) in [0, 1], of one house.
    """
    figure, axis = plt.subplots(figsize=(12.5, 5.6))
    axis.set(xlim=(2, 104), ylim=(1, 46))
    axis.axis("off")
    for (x, y), picture in zip(PICTURES, (labels, fake, photograph), strict=True):
        place = (x - 6.5, y - 6.5, 13, 13)
        draw_picture(axis.inset_axes(place, transform=axis.transData), picture)
    for text, (x, y, width, height, colour) in BOXES.items():
        place = (x - width / 2, y - height / 2)
        look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2.5}
        axis.add_patch(FancyBboxPatch(place, width, height, facecolor="white", **look))
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    for way in WAYS:
        path(axis, way, INK)
    for colour, ways in GRADIENTS.items():
        for way in ways:
            path(axis, way, colour, "--")
    for x, y, text, colour in WORDS:
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    return figure
