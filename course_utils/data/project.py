"""Lesson 09: what a folder of pictures could be used for, and the haze that makes a task of clean ones."""

import contextlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from drawn_worlds import landscapes

from .. import images
from . import build, drawings, folders, readers, splits

DRAWN = {"train": range(120), "test": range(1_000_100, 1_000_124)}  # seeds: the sources
SIDE = 64  # pixels of a view that trains or tests
SIDES = ("train", "val", "test")  # of a split, as folders are called
LOOKED_AT = 12  # pictures of a folder, to say what it could be
COLOURS = 64  # a picture with no more of them is a label map

# What a folder could be ------------------------------------------------------------------------------


class Way(NamedTuple):
    """What you have, such as "pairs", the number of the lesson that takes it, and how it is seen."""

    have: str
    lesson: str
    seen: str


def possible(folder) -> list[Way]:
    """The ways that a folder's pictures could go, the likeliest first; never empty.

    It looks at names of folders and files, at shapes, and at the colours of a few pictures; folders
    train, val and test are one. Raises FileNotFoundError for a folder that is missing or without
    pictures.
    """
    folder, piles = Path(folder), {}
    for home in [folder, *(path for path in sorted(folder.rglob("*")) if path.is_dir())]:
        pile = folder if home.name in SIDES else home
        piles.setdefault(pile, []).extend(readers.pictures(home))
    piles = {home: pictures for home, pictures in piles.items() if pictures}
    if not piles:
        raise FileNotFoundError(f"There is no picture in {folder}.")
    lists = [path.name for path in folder.glob("*.json") if path.name != build.MANIFEST]
    ways = [Way("outlines", "07", f"{name} may list them") for name in lists]
    if len(piles) > 1:
        ways += _of_two(*list(piles.items())[:2])
    return ways + _of_one(piles)


def _of_two(one, other) -> list[Way]:
    (here, some), (there, others) = one, other
    names = [{readers.key(readers.name(path)) for path in pile} for pile in (some, others)]
    if len(names[0] & names[1]) < 0.9 * min(map(len, names)):
        return [Way("two piles", "03", f"names in {here.name} and {there.name} differ")]
    for home, pile in (one, other):
        if all(map(_is_labels, _first(pile))):
            return [
                Way("label maps", "01", f"{home.name} has few colours"),
                Way("label maps", "02", "the other way: paint pictures from the labels"),
            ]
    return [Way("pairs", "02", f"the same names in {here.name} and {there.name}")]


def _of_one(piles) -> list[Way]:
    pictures = _first(next(iter(piles.values())))
    wide = sum(abs(each.shape[1] / each.shape[0] - 2) < 0.02 for each in pictures)
    if wide > len(pictures) / 2 and len(pictures) > 1:
        return [Way("pairs", "02", "twice as wide as high: A|B in one file")]
    if sum(map(len, piles.values())) == 1:
        return [Way("one picture", "04", "it can be a style")]
    uses = (("05", "make them grey"), ("06", "damage them"), ("09", "veil them"))
    return [Way("clean pictures", *use) for use in uses]


def _first(pile) -> list[np.ndarray]:
    """The first pictures of a pile that can be read."""
    found = []
    for path in pile[:LOOKED_AT]:
        with contextlib.suppress(ValueError):  # what is wrong with it, `checks` says
            found.append(readers.read(path))
    return found


def _is_labels(picture) -> bool:
    """Whether a picture has few colours, though it isn't small."""
    pixels = images.to_uint8(picture).reshape(-1, 3)
    return len(np.unique(pixels, axis=0)) <= COLOURS < len(pixels)


# Views, drawn or read --------------------------------------------------------------------------------


class Drawing(drawings.Drawing):
    """A drawn landscape, drawn at the first look."""

    picture = property(lambda self: self.drawn)

    def __init__(self, seed: int, side: int = SIDE):
        super().__init__("landscapes", seed, side)

    def make(self):
        return landscapes.landscape(self.seed, self.side).photo


def load(dataset: str, test_data=None, side: int = SIDE) -> tuple[list, list]:
    """(train, test): items with `id`, `source` and a clean `picture` (side, side, 3) in [0, 1].

    "synthetic" draws landscapes; any other name is a folder `<COURSE_DATA>/<dataset>`, see `folders.read`, of
    which fold 0 of 5 of the sources tests. test_data: a second such folder; then all of the first
    trains and all of it tests.
    Raises FileNotFoundError for a folder that isn't there, what that raises, and ValueError if a
    source or a picture is on both sides or a side is empty.
    """
    if dataset == "synthetic":
        return drawings.train_test(lambda seed: Drawing(seed, side), DRAWN)
    found, second = folders.read(readers.home(dataset), side), None
    if test_data is not None:
        second = folders.read(readers.second(test_data, dataset), side)
    train, test = splits.train_test(found, second, lambda one: splits.fold(one.source) == 0)
    splits.assert_no_twins(train, test, "fingerprint")
    return train, test


# Haze ------------------------------------------------------------------------------------------------


def veiled(picture, t, air):
    """The picture (H, W, 3) seen through haze: t J + (1 − t) A, float32 (H, W, 3).

    t: (H, W) in [0, 1], how much of the light comes through. air: (3,) in [0, 1], its own colour.
    Source: Koschmieder (1924); He, Sun and Tang (2009), eq. 1.
    """
    t = np.asarray(t)[..., None]
    return np.float32(t * picture + (1 - t) * np.asarray(air))


def unveiled(picture, t, air, least=0.1):
    """What `veiled` was given, for a known haze; t below `least` counts as that: (H, W, 3).

    Source: He, Sun and Tang (2009), eq. 22.
    """
    t = np.maximum(np.asarray(t), least)[..., None]
    return np.float32((picture - np.asarray(air)) / t + air)


def dark_channel(picture: np.ndarray, window: int = 7, share: float = 0.8) -> np.ndarray:
    """A colour picture (H, W, 3) with less haze: almost every place has something dark in it.

    What is light even in the darkest channel and pixel of a window (odd, pixels) is haze, and `share`
    of it is taken away; the haze's own colour is the mean of the 1 % of pixels where it is thickest.
    Source: He, Sun and Tang (2009), eq. 5, 12 and 22; their window is 15 and their share 0.95, these
    were chosen on training pictures.
    """
    dark = ndimage.minimum_filter(picture.min(axis=-1), window)
    air = picture[dark >= np.percentile(dark, 99)].mean(axis=0)
    t = 1 - share * ndimage.minimum_filter((picture / air).min(axis=-1), window)
    return unveiled(picture, t, air).clip(0, 1)


def haze(shape, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(t, air) of a haze for pictures (H, W): the higher in the picture, the farther away.

    t = exp(−β d) with a density β of 0.6 to 2.2, and a distance d that falls from top to bottom, with
    a smooth disturbance. air: a grey of 0.65 to 0.95, a little tinted.
    """
    height, width = shape
    bumps = cv2.resize(rng.uniform(-1, 1, (4, 4)), (width, height), interpolation=cv2.INTER_CUBIC)
    far = np.linspace(1, 0, height)[:, None] + 0.35 * bumps + rng.uniform(0, 0.3)
    t = np.exp(-rng.uniform(0.6, 2.2) * np.clip(far, 0.05, 2))
    air = rng.uniform(0.65, 0.95) + rng.normal(0, 0.03, 3)
    return np.float32(t), np.float32(np.clip(air, 0, 1))


def hazy(pictures, seed: int) -> np.ndarray:
    """Each picture (H, W, 3) in a haze of its own, always the same for a seed: (N, H, W, 3)."""
    rngs = (np.random.default_rng((seed, number)) for number in range(len(pictures)))
    return np.stack(
        [veiled(each, *haze(each.shape[:2], rng)) for each, rng in zip(pictures, rngs, strict=True)]
    )


class Hazes:
    """Draws training examples: `hazes(rng)` is (hazy, clean), (side, side, 3) in [0, 1].

    Each gets a haze of its own every time, and is mirrored every second time.
    Raises ValueError if there is no view.
    """

    def __init__(self, views):
        if not views:
            raise ValueError("Hazes need views; there is none.")
        self.pictures = [one.picture for one in views]

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        clean = self.pictures[rng.integers(len(self.pictures))]
        clean = np.ascontiguousarray(clean[:, :: 1 if rng.random() < 0.5 else -1])
        return veiled(clean, *haze(clean.shape[:2], rng)), clean
