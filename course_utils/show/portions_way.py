"""Lesson 05's diagram: a conditional GAN that colours, and what its three discriminators see."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch

from ..models import colorization, patchgan
from .diagrams import INK, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE = PALETTE[:2]
PICTURES = ((9, 29.5), (44.5, 29.5), (44.5, 9))  # middles, on a sheet of 125 × 44; 15 wide and high
COLUMNS = dict(zip(colorization.PORTIONS, (70, 92, 114), strict=True))  # middles
WAYS = [  # of what is computed, solid: corners
    ((17, 29.5), (19.7, 29.5)),
    ((33.6, 29.5), (36.5, 29.5)),
    ((52.5, 29.5), (58.7, 29.5)),
    ((52.5, 9), (58.7, 9)),
    ((9, 21.5), (9, 19.2), (58.7, 19.2)),
]
GRADIENTS = [((58.7, 33), (52.5, 33)), ((36.5, 33), (33.6, 33))]  # dashed
for x in COLUMNS.values():
    WAYS += [((x - 6.9, 21.3), (x - 6.9, 16)), ((x - 3, 11.5), (x - 0.4, 11.5))]
    GRADIENTS += [((x - 0.4, 14), (x - 3, 14)), ((x - 4.9, 16), (x - 4.9, 21.3))]
WORDS = (  # their middle, what they are, their colour
    (9, 38.7, "grey picture $L$", INK),
    (44.5, 38.7, "fake: $L$, colours of $G$", INK),
    (33, 9, "real", INK),
    (17, 4.4, "dark answers: real,\nlight answers: fake\n(here drawn by lot)", BLUE),
    (20, 15.4, "discriminator $D$ sees\n$L$, too: conditional", INK),
    (25, 42.5, "dashed: gradient for $G$, back through $D$", ORANGE),
)


def portions_way(grey, real, fake):
    """A Matplotlib figure: a GAN that colours, and a picture uncut and cut up as for d0, d4 and d8.

    grey, real, fake: (S, S, 3) in [0, 1], of one picture. Below each is the grid of answers of
    `colorization.portions` for its side; their shades are drawn by lot, no network is asked.
    """
    figure, axis = plt.subplots(figsize=(12.5, 4.4))
    axis.set(xlim=(0, 125), ylim=(0, 44))
    axis.axis("off")
    for middle, picture in zip(PICTURES, (grey, fake, real), strict=True):
        _picture(axis, middle, 15, picture)
    _box(axis, (26.6, 29.5), (13, 10), "generator\n$G$", ORANGE)
    _box(axis, (92, 22), (65.5, 43), "", BLUE)
    for name, x in COLUMNS.items():
        _discriminator(axis, name, x, np.asarray(fake))
    for colour, dash, ways in ((INK, "-", WAYS), (ORANGE, "--", GRADIENTS)):
        for way in ways:
            path(axis, way, colour, dash)
    for word in WORDS:
        _text(axis, *word)
    return figure


def _discriminator(axis, name, x, picture):
    """One column: the picture in its portions, D, and the answers."""
    count = colorization.PORTIONS[name]
    judge = colorization.portions(name, len(picture), 3, patchgan.Architecture(width=1, norm=False))
    side = judge.output_shape[1]
    shades = plt.get_cmap("Blues")(np.random.default_rng(0).uniform(0.2, 0.95, (side, side)))
    _text(axis, x, 41.3, f"{name}: {f'{count} × {count} portions' if count > 1 else 'uncut'}", BLUE)
    _picture(axis, (x, 30.5), 17.4, apart(picture, count, max(1, len(picture) // 64)))
    _box(axis, (x - 5.9, 12.7), (5.5, 6), "$D$", BLUE)
    _picture(axis, (x + 4.2, 12.7), 9, apart(shades[..., :3].repeat(8, 0).repeat(8, 1), count, 3))
    times = f"one $D$, {count**2} times" if count > 1 else "$D$ once"
    _text(axis, x, 4, f"{times}:\n{side} × {side} answers", INK)


def apart(picture, count, gap):
    """A picture (S, S, 3) cut into count × count portions, with white between them."""
    edge, gap = len(picture) // count, gap if count > 1 else 0
    tiles = picture.reshape(count, edge, count, edge, 3)
    between = ((0, 0), (gap, gap), (0, 0), (gap, gap), (0, 0))
    side = count * (edge + 2 * gap)
    return np.pad(tiles, between, constant_values=1).reshape(side, side, 3)


def _picture(axis, middle, side, picture):
    place = (middle[0] - side / 2, middle[1] - side / 2, side, side)
    draw_picture(axis.inset_axes(place, transform=axis.transData), picture)


def _box(axis, middle, size, text, colour):
    look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2.5}
    corner = (middle[0] - size[0] / 2, middle[1] - size[1] / 2)
    axis.add_patch(FancyBboxPatch(corner, *size, facecolor="white", **look))
    _text(axis, *middle, text, colour)


def _text(axis, x, y, text, colour):
    axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
