"""A folder of portraits, one picture a person; people with a sketch each are read by `people`."""

from dataclasses import dataclass

import numpy as np

from .. import images, paths
from . import readers, splits
from .pairs import MOST


@dataclass
class Portrait:
    """One picture of a person.

    `id`: the file's name without its ending. `image`: (side, side, 3) float32 in [0, 1].
    `source`: the person, what a split keeps together.
    """

    id: str
    image: np.ndarray
    source: str


def read_portraits(folder, side: int = 64) -> list[Portrait]:
    """The portraits of a folder, sorted by name: the largest square in the middle, resized by area.

    Layout: `<folder>/*.jpg` (or another kind of picture), or `<folder>/portraits/*.jpg`. Several pictures of
    one person share what stands before the last "-" or "_" of their names when a number follows:
    anna-1.jpg and anna-2.jpg are both anna's. Of more than `pairs.MOST` files only so many are
    read, and a warning says so.
    Raises FileNotFoundError if there is none, ValueError naming a file that is broken.
    """
    folder = paths.resolved(folder)
    home = folder / "portraits" if (folder / "portraits").is_dir() else folder
    files = readers.pictures(home, MOST)
    if not files:
        raise FileNotFoundError(f"There is no picture in {home}.")
    return readers.gather(files, lambda path: _portrait(path, side))


def _portrait(path, side) -> Portrait:
    name = readers.name(path)
    return Portrait(name, images.centre_square(readers.read(path), side), person(name))


def person(stem: str) -> str:
    """Whose picture it is by its name: "anna-2" is anna's, "17" and "anna-b" are their own."""
    for mark in "-_":
        name, found, number = stem.rpartition(mark)
        if found and name and number.isdecimal():
            return name
    return stem


def train_test(portraits) -> tuple[list[Portrait], list[Portrait]]:
    """(train, test), no person on both sides: the people of fold 0 of 5 test.

    Raises ValueError if a side would be empty.
    """
    return splits.train_test(portraits, tests=lambda one: splits.fold(one.source) == 0)
