"""One printable page: the reader's picture through every lesson's network, and how good the bets were."""

import io

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

from drawn_worlds import documents as drawn_pages
from drawn_worlds import houses

from .. import images, paths
from ..data import psp as face_data
from ..models import (
    colorization,
    documents,
    facade_reader,
    face_sketch,
    fast_style,
    flow,
    mask_rcnn,
    pix2pix,
    psp,
    stylegan,
)
from ..show.figures import PALETTE, draw_picture
from ..show.things import coloured

A4 = (8.27, 11.69)  # inches
SIDE = 128  # pixels of most networks
LEAST = 4  # bets, for a curve through them
PARTS = 4  # of the sliders, each with a point of the curve


def _parts(you):
    labels = facade_reader.read(facade_reader.load(), you[None])[0]
    return 0.4 * you + 0.6 * houses.colour(labels)


def _house(you):
    return pix2pix.translate(pix2pix.load("unet_l1_cgan"), _small(you)[None])[0]


def _sketch(you):
    there, side = face_sketch.load("cyclegan")[0], face_sketch.SHIPPED["cyclegan"].side
    return pix2pix.translate(there, images.resize(you, (side, side))[None])[0]


def _waves(you):
    return fast_style.repaint(fast_style.load("waves"), you[None])[0]


def _coloured(you):
    return colorization.colour(colorization.load("gan"), you[None])[0]


def _page(you):
    """Shining through a printed page, whose right half is cleaned."""
    grey = images.to_grey(you)
    page = drawn_pages.document(2, size=grey.shape).clean * (0.5 + 0.5 * grey)
    half = page.shape[1] // 2
    return np.hstack([page[:, :half], documents.clean(documents.load(), page)[:, half:]])


def _things(you):
    return coloured(you, mask_rcnn.load().find([you])[0])


def _face(you):
    mapping, synthesis = stylegan.load()
    looked_at = face_data.sources("inversion", images.resize(you, (64, 64))[None])
    styles = psp.load("inversion").predict(looked_at, verbose=0)
    return stylegan.paint(synthesis, stylegan.mean_style(mapping) + styles)[0]


def _carried_on(you, t=0.45, steps=12):
    """Veiled by noise up to the time t, and carried on without a drawing, as in lesson 10."""
    x_1 = images.to_signed(_small(you))[None]
    free = flow.guided(flow.load(), np.zeros_like(x_1))
    begin = np.float32((1 - t) * flow.noise(1, SIDE) + t * x_1)
    end = flow.euler(lambda x, s: (1 - t) * free(x, t + (1 - t) * s), begin, steps)[-1]
    return images.from_signed(end[0].clip(-1, 1))


def _small(you):
    return images.resize(you, (SIDE, SIDE))


WAYS = {  # what stands below a picture: what makes it of the reader's (256, 256, 3)
    "00  you": lambda you: you,
    "01  U-Net: which part of a house?": _parts,
    "02  pix2pix: as a house": _house,
    "03  CycleGAN: as a sketch": _sketch,
    "04  painter: you in waves": _waves,
    "05  colouriser: from grey": _coloured,
    "06  page cleaner: you, half wiped off": _page,
    "07  Mask R-CNN: things": _things,
    "08  pSp: as a drawn face": _face,
    "10  flow: carried on as a house": _carried_on,
}


def through_all(you: np.ndarray, more=()) -> dict[str, np.ndarray]:
    """{title: picture} of the reader's picture (256, 256, 3) in [0, 1] by the lessons' networks.

    more: {title: picture} of what else there is; all are sorted by title. A network that is missing
    costs one printed sentence and its picture.
    """
    made = dict(more)
    for title, way in WAYS.items():
        try:
            made[title] = way(you)
        except ValueError as error:
            print(error)
    return dict(sorted(made.items()))


def poster(pictures: dict, bets: list) -> plt.Figure:
    """The page: twelve places, three in a row, for {title: picture} and the curve of the bets.

    bets: as of `teach.bets.kept`. Raises ValueError for more than eleven pictures.
    """
    if len(pictures) > 11:
        raise ValueError(f"The poster has room for 11 pictures and the bets, not {len(pictures)}.")
    figure, axes = plt.subplots(4, 3, figsize=A4)
    figure.suptitle("Image to Image: you, through a whole course", fontsize=20)
    for axis in axes.flat[len(pictures) : -1]:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        draw_picture(axis, np.clip(picture, 0, 1))
        axis.set_title(title, fontsize=10, y=-0.12)
    calibration(axes.flat[-1], bets)
    return figure


def calibration(axis, bets: list) -> None:
    """Bets against what was measured, and the mean of what was measured for low to high bets."""
    axis.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=(), yticks=())
    axis.text(0.03, 0.93, "measured", fontsize=9)
    axis.text(0.97, 0.03, "bet", fontsize=9, ha="right")
    axis.set_title(f"your {len(bets)} bets" if bets else "no bets yet", fontsize=10, y=-0.12)
    guess, truth = (np.array([bet[key] for bet in bets]) for key in ("guess", "truth"))
    axis.plot(guess, truth, "o", color=PALETTE[0], alpha=0.6)
    if len(bets) >= LEAST:
        part = np.minimum((guess * PARTS).astype(int), PARTS - 1)
        there = np.unique(part)
        means = [ndimage.mean(each, part, there) for each in (guess, truth)]
        axis.plot(*means, "-", color=PALETTE[1], linewidth=2)


def print_out(figure, name: str = "poster") -> str:
    """Write a figure as work/<name>.pdf, ready for a printer; returns one sentence."""
    path, file = paths.WORK / f"{name}.pdf", io.BytesIO()
    figure.savefig(file, format="pdf", dpi=200)
    try:
        paths.write_atomically(path, file.getvalue())
    except OSError as error:
        return f"Not kept: {paths.trouble(error)}"
    return f"Kept as {paths.shown(path)}, one page to print."
