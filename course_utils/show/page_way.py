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
ARROWS = (  # from, to, what goes along, the middle of its words
    ((13, 31.5), (18.5, 31.5), "file", (15.7, 33.5)),
    ((31.5, 30), (34, 30), "", None),
    ((47, 30), (50, 30), "", None),
    ((72.2, 30), (75, 30), "", None),
    ((86, 30), (89, 30), "", None),
    ((80.5, 25.5), (80.5, 13), "", None),
    ((25, 25.5), (9.5, 25.5), "no picture: 415, a sentence", (25, 23.3)),
    ((75, 9), (7, 9), "/ocr: 200, the text", (45, 11)),
    ((7, 9), (7, 25.5), "", None),
    ((93, 34.5), (93, 42), "", None),
    ((93, 42), (7, 42), "/denoise: 200, the clean page as PNG", (45, 44)),
    ((7, 42), (7, 34.5), "", None),
)
SCALES = ("1/2", "1/4", "1/8", "1/4", "1/2")


def page_way():
    """A Matplotlib figure: boxes of server (orange), network (blue) and OCR (green), and arrows.

    Without numbers of one page: H and W are any, and the network's maps are named by their scale.
    """
    figure, axis = plt.subplots(figsize=(12.5, 6))
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
    for start, end, text, middle in ARROWS:
        _arrow(axis, start, end)
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
