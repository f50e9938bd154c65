"""Lesson 08's second diagram: pSp's encoder, the frozen generator behind it, and four losses."""

import matplotlib.pyplot as plt

from .diagrams import INK, card, path, plus
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN = PALETTE[:3]
PURPLE, GREY = "#8F2F6E", "#DDE3E8"
COARSE, MIDDLE, FINE, PICTURES = 34.6, 23.5, 10.55, 22  # heights, on a sheet of 126 × 44
LEVELS = (  # the styles' kind, how many, their colour
    (COARSE, "coarse", 3, BLUE),
    (MIDDLE, "middle", 3, ORANGE),
    (FINE, "fine", 4, GREEN),
)
MAPS, PYRAMID, HEADS, STYLES, SUM = 23, 36, 49, 61.5, 71  # middles of the columns
CARDS = (  # middle, size, what it is, its colour, its ground
    ((SUM, COARSE), (10, 8), "mean\nstyle", INK, "white"),
    ((SUM, 10), (11, 6), "W-norm", PURPLE, "white"),
    ((84, PICTURES), (13, 16), "frozen\nStyleGAN", INK, GREY),
    ((118, PICTURES), (15, 16), "$L_2$\n\nperceptual\n\nidentity", PURPLE, "white"),
)
WAYS = (
    ((7.5, 14.2), (7.5, FINE), (MAPS - 6.4, FINE)),
    ((MAPS, FINE + 4.2), (MAPS, MIDDLE - 4.4)),
    ((MAPS, MIDDLE + 4.2), (MAPS, COARSE - 4.4)),
    ((MAPS + 6.2, COARSE), (HEADS - 6.4, COARSE)),
    *(((MAPS + 6.2, y), (PYRAMID - 2, y)) for y in (MIDDLE, FINE)),
    *(((PYRAMID + 2, y), (HEADS - 6.4, y)) for y in (MIDDLE, FINE)),
    ((PYRAMID, COARSE), (PYRAMID, MIDDLE + 2)),
    ((PYRAMID, MIDDLE - 2), (PYRAMID, FINE + 2)),
    *(((HEADS + 6.2, y), (STYLES - 2.4, y)) for y in (COARSE, MIDDLE, FINE)),
    ((STYLES + 2.4, PICTURES), (SUM - 2, PICTURES)),
    ((SUM, COARSE - 4.2), (SUM, PICTURES + 2)),
    ((SUM + 2, PICTURES), (77.2, PICTURES)),
    ((90.8, PICTURES), (93.4, PICTURES)),
    ((108, PICTURES), (110.2, PICTURES)),
)
WORDS = (  # middle, text, colour
    (MAPS, 42, "backbone", INK),
    (PYRAMID, 42, "pyramid", INK),
    (HEADS, 42, "map2style", INK),
    (STYLES, 42, "offsets", INK),
    (7.5, 31.4, "source", INK),
    (100.8, 31.4, "picture", INK),
    (PYRAMID + 3.2, 29.3, "× 2", INK),
    (PYRAMID + 3.2, 17, "× 2", INK),
    (117.3, 34, "losses: how far\nfrom the target?", PURPLE),
    (77, 4.6, "how far from the mean?", PURPLE),
)


def psp_way(source, answer):
    """A Matplotlib figure: how a source becomes ten styles, and these a picture.

    source: (S, S, C) in [0, 1], C being 1 or 3; answer: (S, S, 3). The numbers on the maps are
    those of `models.psp.encoder` for this side S.
    """
    figure, axis = plt.subplots(figsize=(12.6, 4.4))
    axis.set(xlim=(0, 126), ylim=(0, 44))
    axis.axis("off")
    for x, shown in ((0.5, source), (93.8, answer)):
        draw_picture(axis.inset_axes((x, PICTURES - 7, 14, 14), transform=axis.transData), shown)
    for level in zip(LEVELS, (8, 4, 2), strict=True):
        _level(axis, *level, len(source))
    for told in CARDS:
        card(axis, *told)
    for way in WAYS:
        path(axis, way, INK)
    path(axis, ((66.7, PICTURES), (66.7, 13.3)), PURPLE, "--")
    for x, y, text, colour in WORDS:
        axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=14)
    for middle in ((PYRAMID, MIDDLE), (PYRAMID, FINE), (SUM, PICTURES)):
        plus(axis, middle)
    return figure


def _level(axis, level, smaller, side):
    """A level's map, its heads, and the offsets that they answer."""
    y, name, count, colour = level
    card(axis, (MAPS, y), (12, 8), f"{side // smaller} × {side // smaller}", INK)
    card(axis, (HEADS, y), (12, 8), f"{count} {name}", colour)
    for place in range(count):
        card(axis, (STYLES, y + 3.7 * (place - (count - 1) / 2)), (4, 2.8), "", colour, colour)
