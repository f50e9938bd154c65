"""The pictures of lesson 05, in colour: drawn, or photographs of a folder; split by source first."""

import importlib

import numpy as np
from scipy import ndimage

import drawn_worlds

from .. import images
from . import drawings, folders, readers, splits

DRAWN, draw = drawings.DRAWN, drawings.draw
WORLDS = {"synthetic": "faces", "landscapes": "landscapes"}  # names in drawn_worlds.WORLDS
AMBIGUOUS = {"faces": ("clothes", "headwear"), "landscapes": ("object",)}  # names of classes


class Photograph(folders.Photograph):
    """A picture that was read, of which nobody tells where an object is."""

    knows_object = False

    @property
    def ambiguous(self):
        """(side, side) bool: a square in the middle, a sixth of the side; nobody tells more of it."""
        mask, edge = np.zeros(self.picture.shape[:2], bool), 5 * len(self.picture) // 12
        mask[edge:-edge, edge:-edge] = True
        return mask


class Drawing(drawings.Drawing):
    """A picture of a drawn world, drawn at the first look, with the world's truth about it."""

    knows_object = True  # what is `ambiguous` is a whole object, which may have other colours

    picture = property(lambda self: self.drawn.picture)
    truth = property(lambda self: self.drawn.truth)

    @property
    def ambiguous(self):
        """(side, side) bool: what could as well have another colour, by the grey picture."""
        classes = importlib.import_module(f"drawn_worlds.{self.world}").CLASSES
        return np.isin(self.truth, [classes.index(name) for name in AMBIGUOUS[self.world]])

    def make(self):
        return drawn_worlds.draw(self.world, self.seed, self.side)


def load(dataset: str, test_data=None, side: int = 64) -> tuple[list, list]:
    """(train, test): items with `id`, `source` and `picture` (side, side, 3) in [0, 1].

    "synthetic" draws portraits and "landscapes" landscapes, 400 and 40 of each; any other name is a
    folder `<COURSE_DATA>/<dataset>`, see `read`, of which fold 0 of 5 of the sources tests.
    test_data: a second such folder; then all of the first trains and all of it tests.
    Raises FileNotFoundError for a folder that isn't there, what `read` raises, and ValueError if a
    source or a picture is on both sides or a side is empty.
    """
    if dataset in WORLDS:
        return drawings.train_test(lambda seed: Drawing(WORLDS[dataset], seed, side))
    found, second = read(readers.home(dataset), side), None
    if test_data is not None:
        second = read(readers.second(test_data, dataset), side)
        for key in ("source", "fingerprint"):
            splits.assert_no_twins(found, second, key)
    return splits.train_test(found, second, lambda one: splits.fold(one.source) == 0)


def read(folder, side: int = 64) -> list[Photograph]:
    """The pictures of a folder, see `folders.read`."""
    return folders.read(folder, side, Photograph)


def hint(item) -> tuple:
    """(y, x, colour) as `models.colorization.hint_plane` takes them: what a person may say of an item.

    The place is the deepest within what is `ambiguous` in it, the colour (3,) the mean there.
    Raises ValueError for an item in which nothing is.
    """
    mask = item.ambiguous
    if not mask.any():
        raise ValueError(f"{item.id} has nothing whose colour could be another.")
    place = (deepest(mask) + 0.5) / mask.shape
    return (*place.tolist(), images.lab_to_rgb(images.rgb_to_lab(item.picture)[mask].mean(axis=0)))


def deepest(mask) -> np.ndarray:
    """y and x (2,) of the pixel of a mask (H, W) bool that is farthest from all that is outside."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return np.array(np.unravel_index(depth.argmax(), mask.shape))


# Baselines ----------------------------------------------------------------------------------------


def grey(pictures) -> np.ndarray:
    """The pictures' L* alone, as they come in: (..., 3) in [0, 1] to the same, without a* and b*."""
    return images.lab_to_rgb(images.rgb_to_lab(pictures) * np.float32([1, 0, 0]))


def mean_colour(train, pictures) -> np.ndarray:
    """Pictures coloured by a table: for each whole L*, the mean a* and b* of all training pixels.

    train, pictures: (N, H, W, 3) in [0, 1]; of `pictures` only L* is looked at. Between the
    lightnesses of the table it is interpolated. Returns float32 (N, H, W, 3).
    """
    lightness, *chroma = np.moveaxis(images.rgb_to_lab(train), -1, 0).reshape(3, -1)
    level = np.round(lightness).astype(int)
    pixels = np.bincount(level)
    known = np.flatnonzero(pixels)
    means = [np.bincount(level, each)[known] / pixels[known] for each in chroma]
    lab = images.rgb_to_lab(pictures)
    for channel, mean in enumerate(means, start=1):
        lab[..., channel] = np.interp(lab[..., 0], known, mean)
    return images.lab_to_rgb(lab)
