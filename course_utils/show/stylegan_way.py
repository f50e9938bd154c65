"""Lesson 08's first diagram: how a StyleGAN paints, and which of ten styles steers what."""

import matplotlib.pyplot as plt
import numpy as np

from .diagrams import INK, arrow, card, path, plus
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN = PALETTE[:3]
SIDES = (4, 8, 16, 32, 64)  # of the blocks
COLOURS = [BLUE] * 3 + [ORANGE] * 3 + [GREEN] * 4  # of the styles: coarse, middle, fine
COLUMNS = [35 + 15 * number for number in range(5)]  # of the blocks, on a sheet of 126 × 44
STYLES, BLOCKS, NOISE, SKIPS = 35, 22, 12, 4  # the heights of the rows
CARDS = (  # middle, size, what it is, its colour
    ((4, STYLES), (6, 6), "$z$", INK),
    ((16, STYLES), (12, 6), "mapping", INK),
    ((20, BLOCKS), (12, 8), "learned\nconstant", INK),
    ((116.5, 34), (17, 8), "discriminator", INK),
)
WAYS = (
    ((7.2, STYLES), (9.6, STYLES)),
    ((22.2, STYLES), (31.2, STYLES)),
    ((26.2, BLOCKS), (29.6, BLOCKS)),
    *(((x + 5.2, BLOCKS), (x + 9.6, BLOCKS)) for x in COLUMNS[:-1]),
    ((COLUMNS[0] + 2.5, 17.8), (COLUMNS[0] + 2.5, SKIPS), (COLUMNS[1] + 0.6, SKIPS)),
    *(((x + 2.5, 17.8), (x + 2.5, SKIPS + 2)) for x in COLUMNS[1:]),
    *(((x + 4.5, SKIPS), (x + 15.6, SKIPS)) for x in COLUMNS[1:-1]),
    ((COLUMNS[-1] + 4.5, SKIPS), (107.6, SKIPS)),
    ((116.5, 19.2), (116.5, 29.6)),
)
WORDS = (  # middle, text, colour
    (8.6, 29.3, "random numbers", INK),
    (26.7, 37, "$w$", INK),
    (26.7, 32.8, "ten ×", INK),
    (42.5, 41, "coarse styles", BLUE),
    (65, 41, "middle styles", ORANGE),
    (91.25, 41, "fine styles", GREEN),
    (22.5, NOISE, "noise", INK),
    (22.5, SKIPS, "colours", INK),
    (116.5, 41, "real or fake?", INK),
)


def stylegan_way(picture):
    """A Matplotlib figure: from random numbers to a picture (64, 64, 3) in [0, 1], block by block.

    A style between two blocks steers the colours of the first and the first convolution of the
    second, as in `models.stylegan.synthesis`.
    """
    figure, axis = plt.subplots(figsize=(12.6, 4.4))
    axis.set(xlim=(0, 126), ylim=(0, 44))
    axis.axis("off")
    draw_picture(axis.inset_axes((108, 2, 17, 17), transform=axis.transData), picture)
    for told in CARDS:
        card(axis, *told)
    for number, colour in enumerate(COLOURS):
        _style(axis, number, colour)
    for x, side, colour in zip(COLUMNS, SIDES, COLOURS[::2], strict=True):
        _block(axis, x, side, colour)
    for way in WAYS:
        path(axis, way, INK)
    for x, y, text, colour in WORDS:
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    return figure


def _style(axis, number, colour):
    """Style `number`, and its arrows to the blocks that it steers."""
    x = COLUMNS[0] + 7.5 * number
    card(axis, (x, STYLES), (6.4, 6), str(number), "white", colour)
    for block in {number // 2, (number + 1) // 2} & set(range(len(SIDES))):
        end = COLUMNS[block]
        arrow(axis, (x, STYLES - 3.2), (end + 0.45 * (x - end), BLOCKS + 4.4), colour)


def _block(axis, x, side, colour):
    """A block, its noise, and what leads its colours to those of the smaller blocks."""
    card(axis, (x, BLOCKS), (10, 8), f"{side} × {side}", colour)
    grain = np.random.default_rng(side).random((side, side))
    draw_picture(axis.inset_axes((x - 5, NOISE - 2, 4, 4), transform=axis.transData), grain)
    arrow(axis, (x - 3, NOISE + 2.2), (x - 3, BLOCKS - 4.4), INK)
    axis.text(x + 3.2, NOISE, "toRGB", ha="left", va="center", color=INK, fontsize=13)
    if side > 4:
        plus(axis, (x + 2.5, SKIPS))
        axis.text(x - 5, SKIPS + 2, "× 2", ha="center", va="center", color=INK, fontsize=13)
