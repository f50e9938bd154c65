"""A folder of portraits, one picture a person; people with a sketch each are read by `people`."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import images
from . import splits
from .pairs import KINDS, MOST
from .readers import _listed, _read


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

    Layout: `<folder>/*.jpg` (or .jpeg, .png), or `<folder>/portraits/*.jpg`. Several pictures of
    one person share what stands before the last "-" or "_" of their names when a number follows:
    anna-1.jpg and anna-2.jpg are both anna's. Of more than `pairs.MOST` files only so many are
    read, and a warning says so.
    Raises FileNotFoundError if there is none, ValueError naming a file that is broken.
    """
    folder = Path(folder).expanduser()
    home = folder / "portraits" if (folder / "portraits").is_dir() else folder
    files = [path for path in _listed(home) if path.suffix.lower() in KINDS]
    if not files:
        raise FileNotFoundError(f"There is no JPEG or PNG picture in {home}.")
    if len(files) > MOST:
        warnings.warn(f"{home} has {len(files)} pictures; {MOST} of them are read.", stacklevel=2)
        files = sorted(sorted(files, key=lambda path: splits.fold(path.stem, 2**32))[:MOST])
    return [Portrait(path.stem, images.centre_square(images.to_float(_read(path, "RGB")), side),
                     person(path.stem)) for path in files]  # fmt: skip


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
