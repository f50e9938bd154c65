"""Pictures with boxes and masks of the things in them."""

import itertools

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from .figures import image_figure

COLOURS = ("#00E5FF", "#FF3DBB", "#FFFFFF", "#FFE600", "#3D5AFE", "#FF6D00")  # of classes 1, 2, …
CROWD = 15  # things in a picture
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
    what was found `scores` (n,). names: of the classes 1, 2, … A name stands at a corner of its box
    where it covers no other, else nowhere; of more than `CROWD` things there are outlines only.
    """
    laid = [coloured(picture, each) for picture, each in zip(pictures, things, strict=True)]
    figure = image_figure(laid, titles, columns, height, rows)
    for axis, each in zip(figure.axes, things, strict=False):
        for mask, kind in zip(each["masks"], each["classes"], strict=True):
            axis.contour(mask, [0.5], colors=[colour_of(kind)], linewidths=1.8)
    figure.canvas.draw()  # now it is known where the pictures lie
    figure.set_layout_engine("none")
    for axis, each in zip(figure.axes, things, strict=False):
        if len(each["boxes"]) <= CROWD:
            _name(axis, each, names)
    return figure


def _name(axis, things, names):
    """Draw boxes and, the best first, the names that have room."""
    taken = []
    for number, (box, kind) in enumerate(zip(things["boxes"], things["classes"], strict=True)):
        _frame(axis, box, colour_of(kind))
        text = names[kind - 1]
        if "scores" in things:
            text += f" {things['scores'][number]:.2f}".replace("0.", ".")
        written = axis.text(0, 0, text, fontsize=10, color="white", clip_on=True, bbox=BEHIND)
        for place in _corners(box):
            written.set(**place)
            room = written.get_window_extent()
            inside = axis.bbox.padded(1).count_contains(room.corners()) == 4
            if inside and not any(room.overlaps(other) for other in taken):
                taken.append(room)
                break
        else:
            written.remove()


def _corners(box):
    """Where a name may stand: above the box, in it, below it; to its left side, to its right side."""
    y0, x0, y1, x1 = (float(edge) for edge in box)
    heights = [(y0, "bottom"), (y0, "top"), (y1, "top")]
    sides = [(x0, "left"), (x1, "right")]
    return [
        {"x": x, "y": y, "va": va, "ha": ha}
        for (y, va), (x, ha) in itertools.product(heights, sides)
    ]


def colour_of(kind):
    """The colour of a class, 1, 2, …"""
    return COLOURS[(kind - 1) % len(COLOURS)]


def key(names):
    """{class: colour}, for a figure's `legend`."""
    return {name: colour_of(number) for number, name in enumerate(names, 1)}


def coloured(picture, things, strength=0.3):
    """A picture (H, W, 3) with each thing's mask in its class's colour, the best on top."""
    laid = np.array(picture, np.float32)
    for mask, kind in list(zip(things["masks"], things["classes"], strict=True))[::-1]:
        laid[mask] = (1 - strength) * laid[mask] + strength * np.float32(to_rgb(colour_of(kind)))
    return laid


def _frame(axis, box, colour, width=1.2, dashes=(0, (3, 2))):
    corner, size = (box[1] - 0.5, box[0] - 0.5), (box[3] - box[1], box[2] - box[0])
    look = {"edgecolor": colour, "linewidth": width, "linestyle": dashes}
    axis.add_patch(Rectangle(corner, *size, fill=False, **look))
