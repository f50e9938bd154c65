"""What is wired to what, drawn: maps as boxes, and arrows between them."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from .figures import PALETTE

BLUE = PALETTE[0]
VERMILLION = PALETTE[1]
GREEN = PALETTE[2]
INK = "#1C2430"
COPY = "#BFD9EA"
DOUBLED = "#BFE3D6"
STEP = 2.5  # from one level to the next: to the right,
DROP = 1.6  # and down
LEGEND = {
    VERMILLION: "↘  max pooling: half the side",
    BLUE: "■  each blue box: two 3×3 convolutions with ReLU",
    GREEN: "↗  transposed convolution: twice the side",
    INK: "⇢  skip: copied, and laid beside",
}


def unet_diagram(picture, answer, base: int, depth: int, classes: int):
    """The U of `models.unet.unet` with padding="same": a Matplotlib figure.

    picture: (S, S, C) in [0, 1], what goes in. answer: (S, S, 3) in [0, 1], what comes out.
    base, depth, classes: as in `unet`. A box is lower where the map is smaller, and wider where it
    has more channels; S² × C are its numbers.
    """
    side, end = picture.shape[0], 2 * depth * STEP
    figure, axis = plt.subplots(figsize=(12.5, 5.6))
    axis.set(xlim=(-2.95, end + 3.45), ylim=(-depth * DROP - 0.95, 1.15))
    axis.axis("off")
    for level in range(depth + 1):
        _way_down(axis, level, f"{side >> level}² × {base << level}", floor=level == depth)
        if level < depth:
            _way_up(axis, level, depth, side >> level, base << level)
    _text(axis, depth * STEP, -depth * DROP - 0.85, "the floor")
    for x, image, text in (
        (-2, picture, f"picture\n{side}² × {picture.shape[-1]}"),
        (end + 2.5, answer, f"classes\n{side}² × {classes}"),
    ):
        axis.imshow(image, extent=(x - 0.9, x + 0.9, -0.75, 0.75), aspect="auto")
        _text(axis, x, -1.4, text)
    arrow(axis, (-1.05, 0), (-0.2, 0), BLUE)
    arrow(axis, (end + 0.7, 0), (end + 1.55, 0), INK)
    _text(axis, end + 1.1, 0.08, "1×1")
    _legend(axis, depth * DROP, end)
    return figure


def _way_down(axis, level, text, floor):
    """A level's box on the left, and the arrow that leads there from the one above.

    floor: there the text stands below, since above it arrows meet.
    """
    x, y = level * STEP, -level * DROP
    width, height = _box(axis, x, y, level, BLUE)
    _text(axis, x, y - height / 2 - 0.3 if floor else y + height / 2 + 0.05, text)
    if level:
        wide, high = _size(level - 1)
        start = x - STEP + wide / 2 + 0.05, y + DROP - high / 2 + 0.1
        arrow(axis, start, (x - width / 2 - 0.05, y + 0.1), VERMILLION)


def _way_up(axis, level, depth, side, channels):
    """A level's boxes on the right, and the arrows that lead there: from below and across."""
    x, y, (width, height) = (2 * depth - level) * STEP, -level * DROP, _size(level)
    joined, mixed = x - 0.75, x + 0.5
    _box(axis, joined, y, level, COPY)
    _box(axis, joined + width, y, level, DOUBLED)
    _box(axis, mixed, y, level, BLUE)
    _text(axis, joined + width / 2, y + height / 2 + 0.05, f"{side}² × ({channels} + {channels})")
    _text(axis, mixed + 0.1, y - height / 2 - 0.3, f"{side}² × {channels}")
    arrow(axis, (joined + 1.5 * width + 0.05, y), (mixed - width / 2 - 0.05, y), BLUE)
    arrow(axis, (level * STEP + width / 2 + 0.1, y), (joined - width / 2 - 0.05, y), INK, "--")
    start = x - STEP + _size(level + 1)[0] / 2 + (0.55 if level + 1 < depth else 0.05)
    arrow(axis, (start, y - DROP + 0.1), (joined + width, y - height / 2 - 0.05), GREEN)


def _legend(axis, floor, end):
    for number, (colour, text) in enumerate(LEGEND.items()):
        x, y = (-2.9, end * 0.61)[number // 2], -floor - 0.3 - 0.4 * (number % 2)
        axis.text(x, y, text, fontsize=14, color=colour)


def _size(level):
    """Width and height of a box."""
    return 0.22 * 1.35**level, 1.5 * 0.72**level


def _box(axis, x, y, level, colour):
    width, height = _size(level)
    corner = x - width / 2, y - height / 2
    axis.add_patch(plt.Rectangle(corner, width, height, facecolor=colour, edgecolor=INK))
    return width, height


def _text(axis, x, y, text):
    axis.text(x, y, text, ha="center", va="bottom", fontsize=14, color=INK)


def arrow(axis, start, end, colour, dash="-"):
    look = {"arrowstyle": "-|>,head_width=0.3,head_length=0.6", "linestyle": dash, "color": colour}
    axis.annotate("", end, start, arrowprops=look | {"linewidth": 2, "shrinkA": 0, "shrinkB": 0})


def path(axis, corners, colour, dash="-"):
    """An arrow that goes around corners."""
    axis.plot(*zip(*corners[:-1], strict=True), color=colour, linewidth=2, linestyle=dash)
    arrow(axis, *corners[-2:], colour, dash)


def card(axis, middle, size, text, colour, face="white"):
    """A box with round corners and what stands in it."""
    (x, y), (width, height) = middle, size
    look = {"boxstyle": "round,pad=0,rounding_size=1", "edgecolor": colour, "linewidth": 2.5}
    corner = (x - width / 2, y - height / 2)
    axis.add_patch(FancyBboxPatch(corner, width, height, facecolor=face, **look))
    axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)


def plus(axis, middle):
    """Where two arrows' numbers are added up."""
    look = {"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": INK, "linewidth": 2}
    axis.text(*middle, "+", ha="center", va="center", color=INK, fontsize=16, bbox=look)
