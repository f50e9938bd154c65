"""Pictures with boxes and masks of the things in them."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from .figures import image_figure

COLOURS = ("#00E5FF", "#FF3DBB", "#FFFFFF", "#FFE600", "#3D5AFE", "#FF6D00")  # of classes 1, 2, …

BEHIND = {"facecolor": (0, 0, 0, 0.55), "edgecolor": "none", "pad": 0.8}  # a name


def boxes_figure(pictures, boxes, titles=None, columns=None, height=4.0):
    """A figure of pictures (H, W, 3) in [0, 1] with boxes (n, 4) each: y0, x0, y1, x1 in pixels."""
    figure = image_figure(pictures, titles, columns, height)
    for axis, of_one in zip(figure.axes, boxes, strict=False):
        for box in np.asarray(of_one):
            _frame(axis, box, "#1E3CFF", width=2, dashes="-")
    return figure


def things_figure(pictures, things, names, titles=None, columns=None, height=4.0, rows=()):
    """A figure of pictures with what is in them: of each thing its mask, its box and its class's name.

    things: of each picture a dict of `boxes` (n, 4), `classes` (n,), `masks` (n, H, W), and of
    what was found `scores` (n,). names: of the classes 1, 2, …
    """
    laid = [coloured(picture, each) for picture, each in zip(pictures, things, strict=True)]
    figure = image_figure(laid, titles, columns, height, rows)
    for axis, each in zip(figure.axes, things, strict=False):
        for number in reversed(range(len(each["boxes"]))):  # the best one's name on top
            box, kind = each["boxes"][number], each["classes"][number]
            colour, text = COLOURS[(kind - 1) % len(COLOURS)], names[kind - 1]
            if "scores" in each:
                text += f" {each['scores'][number]:.2f}".replace("0.", ".")
            _frame(axis, box, colour)
            axis.contour(each["masks"][number], [0.5], colors=[colour], linewidths=1.8)
            place = {"fontsize": 10, "va": "bottom", "clip_on": True, "color": "white"}
            axis.text(box[1], box[0], text, **place, bbox=BEHIND)
    return figure


def coloured(picture, things, strength=0.3):
    """A picture (H, W, 3) with each thing's mask in its class's colour, the best on top."""
    laid = np.array(picture, np.float32)
    for mask, kind in list(zip(things["masks"], things["classes"], strict=True))[::-1]:
        colour = np.float32(to_rgb(COLOURS[(kind - 1) % len(COLOURS)]))
        laid[mask] = (1 - strength) * laid[mask] + strength * colour
    return laid


def _frame(axis, box, colour, width=1.2, dashes=(0, (3, 2))):
    corner, size = (box[1] - 0.5, box[0] - 0.5), (box[3] - box[1], box[2] - box[0])
    look = {"edgecolor": colour, "linewidth": width, "linestyle": dashes}
    axis.add_patch(Rectangle(corner, *size, fill=False, **look))
