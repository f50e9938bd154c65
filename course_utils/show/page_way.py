"""Lesson 06's diagram: the way of a page through server, network and OCR."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch, Rectangle

from .figures import PALETTE

BLUE, ORANGE, GREEN = PALETTE[:3]
BOXES = {  # what stands in it: (its middle, its size, its colour), on a sheet of 100 × 48
    "a program\nor a browser": (7, 30, 12, 9, "#000000"),
    "decode\n(H, W) in [0, 1]": (25, 30, 13, 9, ORANGE),
    "mirror up to\nmultiples of 8": (40.5, 30, 13, 9, BLUE),
    "sigmoid,\ncut back": (80.5, 30, 11, 9, BLUE),
    "encode\nPNG": (93, 30, 8, 9, ORANGE),
    "Tesseract\nreads": (80.5, 9, 11, 8, GREEN),
}
PATHS = (  # corners, what goes along, the middle of its words
    (((13, 30), (18.5, 30)), "file", (15.7, 32)),
    (((31.5, 30), (34, 30)), "", None),
    (((47, 30), (50.5, 30)), "", None),
    (((71.8, 30), (75, 30)), "", None),
    (((86, 30), (89, 30)), "", None),
    (((80.5, 25.5), (80.5, 13)), "", None),
    (((25, 25.5), (25, 20), (9, 20), (9, 25.5)), "no page: 4xx, and a sentence", (31.5, 18.3)),
    (((75, 9), (5, 9), (5, 25.5)), "/ocr: 200, the text", (45, 11)),
    (((93, 34.5), (93, 41), (7, 41), (7, 34.5)), "/denoise: 200, the clean page as PNG", (52, 43)),
)
SCALES = ("1/2", "1/4", "1/8", "1/4", "1/2")


def page_way():
    """A Matplotlib figure: boxes of server (orange), network (blue) and OCR (green), and arrows.

    Without numbers of one page: H and W are any, and the network's maps are named by their scale.
    """
    figure, axis = plt.subplots(figsize=(11.5, 5.6))
    axis.set(xlim=(0, 98), ylim=(2, 47))
    axis.axis("off")
    frame = {"facecolor": "none", "linestyle": ":", "edgecolor": ORANGE}
    axis.add_patch(Rectangle((17.2, 3.5), 80.5, 43, **frame))
    axis.text(18, 4.5, "the server", color=ORANGE)
    for text, (x, y, width, height, colour) in BOXES.items():
        place = (x - width / 2, y - height / 2)
        look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2}
        axis.add_patch(FancyBboxPatch(place, width, height, facecolor="white", **look))
        axis.text(x, y, text, ha="center", va="center")
    for corners, text, middle in PATHS:
        axis.plot(*zip(*corners[:-1], strict=True), color="black", linewidth=1.6)
        _arrow(axis, *corners[-2:])
        if text:
            axis.text(*middle, text, ha="center", va="center")
    _network(axis)
    return figure


def _network(axis):
    """The U of the lesson's network: a block a scale, arrows between them, and the skips."""
    for place, scale in enumerate(SCALES):
        x, height = 52 + 4.6 * place, 16 * float(scale[0]) / float(scale[2]) * 1.6
        axis.add_patch(Rectangle((x - 1, 30 - height / 2), 2, height, color=BLUE, alpha=0.75))
        axis.text(x, 15.5, scale, ha="center", color=BLUE)
        if place:
            _arrow(axis, (x - 3.5, 30), (x - 1.1, 30))
    axis.text(61.2, 19, "the network, at these scales", ha="center", color=BLUE)
    for left, right, top in ((52, 70.4, 38), (56.6, 65.8, 35)):
        _arrow(axis, (left + 1, top - 2), (right - 1, top - 2), linestyle="--")
    axis.text(61.2, 37.8, "skips", ha="center", color=BLUE)


def _arrow(axis, start, end, **look):
    axis.annotate("", end, start, arrowprops={"arrowstyle": "->", "linewidth": 1.6} | look)
