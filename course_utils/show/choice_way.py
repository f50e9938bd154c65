"""Lesson 09's diagram: what you have, and which lesson's method takes it."""

import matplotlib.pyplot as plt
import numpy as np

from .diagrams import INK, arrow, card
from .figures import PALETTE, draw_picture

BLUE, ORANGE, GREEN, PURPLE = PALETTE[:4]
ROW, HIGH = 10.4, 8.6  # from row to row, and a picture's side; on 126 × 66
ROWS = (  # what you have, the method, what it gives
    ("pairs, A and B", "02 pix2pix", "B from A, sharp", BLUE),
    ("a map of each picture", "01 U-Net, 07 Mask R-CNN", "the map of a new picture", BLUE),
    ("two piles, no pairs", "03 CycleGAN", "there and back", ORANGE),
    ("one picture you love", "04 style transfer", "any picture in its style", ORANGE),
    (
        "clean pictures alone",
        "05 colour, 06 clean, today",
        "the way back from your spoiling",
        GREEN,
    ),
    ("inputs with many answers", "08 StyleGAN, 10 flow", "one of them, another each time", PURPLE),
)


def choice_way(pictures):
    """A Matplotlib figure: six rows, each with two small pictures of what one has.

    pictures: six pairs of pictures (S, S, 3) in [0, 1], any size, in the order of `ROWS`.
    Raises ValueError for another number.
    """
    if len(pictures) != len(ROWS):
        raise ValueError(f"The diagram has {len(ROWS)} rows, not {len(pictures)}.")
    figure, axis = plt.subplots(figsize=(12.6, 6.4))
    axis.set(xlim=(0, 126), ylim=(0, ROW * len(ROWS)))
    axis.axis("off")
    for number, ((have, method, gives, colour), pair) in enumerate(
        zip(ROWS, pictures, strict=True)
    ):
        y = ROW * (len(ROWS) - number - 0.5)
        for place, picture in enumerate(pair):
            box = (1 + place * (HIGH + 0.8), y - HIGH / 2, HIGH, HIGH)
            draw_picture(axis.inset_axes(box, transform=axis.transData), np.clip(picture, 0, 1))
        axis.text(21, y, have, va="center", color=INK, fontsize=15)
        arrow(axis, (44, y), (51, y), colour)
        card(axis, (67, y), (31, 6.6), method, colour)
        arrow(axis, (83, y), (90, y), colour)
        axis.text(91.5, y, gives, va="center", color=INK, fontsize=15)
    return figure
