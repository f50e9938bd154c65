"""Lesson 07's diagram: the two stages of Mask R-CNN, and what each loss teaches."""

import matplotlib.pyplot as plt

from .diagrams import INK, card, path
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN = PALETTE[:3]
PICTURES = ((9, 22), (117, 22))  # middles, on a sheet of 126 × 44; 16 wide and high
BOXES = (  # middle, size, what it is, its colour
    ((30, 22), (14, 12), "backbone\nwith FPN", INK),
    ((53, 34), (14, 9), "RPN", BLUE),
    ((72, 22), (13, 9), "RoIAlign", INK),
    ((92, 32), (14, 9), "box head", ORANGE),
    ((92, 12), (14, 9), "mask head", GREEN),
)
WAYS = [
    ((17, 22), (22.8, 22)),
    ((37.2, 22), (65.3, 22)),
    ((41.5, 22), (41.5, 34), (45.6, 34)),
    ((60.2, 34), (72, 34), (72, 26.7)),
    ((78.7, 24), (81.5, 24), (81.5, 32), (84.8, 32)),
    ((78.7, 20), (81.5, 20), (81.5, 12), (84.8, 12)),
    ((99.2, 32), (104, 32), (104, 25), (108.8, 25)),
    ((99.2, 12), (104, 12), (104, 19), (108.8, 19)),
]
WORDS = (  # middle, text, colour
    (9, 33, "picture", INK),
    (117, 33, "things", INK),
    (55.5, 18.5, "three levels", INK),
    (53, 41.5, "stage 1: is something here?", BLUE),
    (92, 41.5, "stage 2: what, where exactly, which pixels?", ORANGE),
    (66.5, 36.5, "proposals", BLUE),
    (54, 27, "$L_{\\mathrm{objectness}} + L_{\\mathrm{anchor\\ box}}$", BLUE),
    (92, 25.5, "$L_{\\mathrm{cls}} + L_{\\mathrm{box}}$", ORANGE),
    (92, 5.5, "$L_{\\mathrm{mask}}$", GREEN),
)


def mask_rcnn_way(picture, answer):
    """A Matplotlib figure: how a picture (S, S, 3) in [0, 1] becomes the answer, (S, S, 3), too."""
    figure, axis = plt.subplots(figsize=(12.6, 4.4))
    axis.set(xlim=(0, 126), ylim=(0, 44))
    axis.axis("off")
    for (x, y), shown in zip(PICTURES, (picture, answer), strict=True):
        draw_picture(axis.inset_axes((x - 8, y - 8, 16, 16), transform=axis.transData), shown)
    for told in BOXES:
        card(axis, *told)
    for way in WAYS:
        path(axis, way, INK)
    for x, y, text, colour in WORDS:
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=13)
    return figure
