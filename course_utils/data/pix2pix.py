"""The pairs of lesson 02, pix2pix: drawn, or read from files that hold both pictures in a row."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from drawn_worlds import houses as facades

from .. import images, paths
from . import readers, splits
from .pairs import Pair

DRAWN = {
    "train": range(400),
    "test": range(1_000_000, 1_000_040),
    "segmenter": range(2_000_000, 2_000_400),
    "validation": range(3_000_000, 3_000_060),
}  # seeds: the sources
JITTER = {name: {"flip": False, "scale": 1.0} for name in ("edges2shoes", "edges2handbags")}
PARTS = ("train", "val", "test")
FAR = {
    "sure": 0.08,
    "likely": 0.11,
}  # mean distance of a label picture's colours from the palette's
MOST = 3000  # pictures of a part that are read: 128 × 128, they take 1.2 GB


class DrawnPair:
    """A `Pair` of a drawn house front, A its photograph, B its labels; drawn at the first look."""

    def __init__(self, seed: int, direction: str = "BtoA", side: int = 128):
        self.id = self.source = f"house {seed}"
        self._seed, self._side, self._order = int(seed), side, _order(direction)

    @cached_property
    def _house(self):
        return facades.facade(self._seed, size=self._side)

    @cached_property
    def _halves(self):
        return (self._house.photo, facades.colour(self.labels))[:: self._order]

    source_picture = property(lambda self: self._halves[0])
    target = property(lambda self: self._halves[1])
    labels = property(lambda self: self._house.labels)


def load(dataset: str, direction: str, test_data=None, side: int = 128) -> tuple[list, list]:
    """The pairs (train, test) of "synthetic" or of the folder `<COURSE_DATA>/<dataset>`.

    direction, side: as in `read_side_by_side`; facades: "BtoA" is labels → photograph. Where a
    folder has `train`, it trains and `test`, or else `val`, tests; otherwise fold 0 of 5 of the
    sources tests. test_data: a second folder in the same layout; then all of the first trains and
    all of test_data tests.
    Raises what `read_side_by_side` raises, and ValueError if a file is on both sides.
    """
    if dataset == "synthetic":
        return tuple(
            [DrawnPair(seed, direction, side) for seed in DRAWN[part]] for part in ("train", "test")
        )
    pairs = read_side_by_side(readers.home(dataset), direction, side)
    if test_data is None:
        train, test = _split(pairs)
    else:
        second = readers.second(test_data, dataset)
        train, test = pairs, read_side_by_side(second, direction, side)
    splits.assert_no_twins(train, test)
    return splits.train_test(train, test)


def read_side_by_side(folder, direction: str, side: int | None = None) -> list[Pair]:
    """The pairs of a folder of pictures `A|B`, two of one size side by side, as pix2pix's sets.

    Layout: `<folder>/train`, `val` and `test`, or some of them, or the files directly in it.
    direction: "AtoB" makes the left half the input, "BtoA" the right one. side: of the pictures,
    in pixels; None keeps the height. Oblong halves become squares, as in pix2pix's own reader, and
    a warning says so. Where most pictures of one side are label pictures in the colours of the CMP
    facades, they become flat again, whatever JPEG made of them. The source is the fingerprint of
    the file's pixels. Of a part with more than `MOST` pictures only so many are read, and a warning
    says so.
    Raises ValueError for another direction, and ValueError or FileNotFoundError, naming the file
    or folder, for what is missing, broken or can't be split in the middle.
    """
    folder, order, notes = paths.resolved(folder), _order(direction), []
    parts = [folder / part for part in PARTS if (folder / part).is_dir()] or [folder]
    files = [readers.pictures(part, MOST) for part in parts]
    if not any(files):
        raise FileNotFoundError(
            f"There is no picture in {folder} or its folders train, val and test."
        )
    found = []
    for part in files:
        found += readers.gather(part, lambda path: _read_sheet(path, folder, side, notes))
    if notes:
        said = (
            f"{len(notes)} of {len(found)} pictures A|B have halves that aren't square; they become"
        )
        readers.note([f"{said} squares: {', '.join(notes)}."])
    flat = [np.mean([sheet.sure[half] for sheet in found]) >= 0.5 for half in (0, 1)]
    return [_pair(sheet, flat, order) for sheet in found]


def legend(dataset: str) -> dict | None:
    """{class: its colour in label pictures} of drawn houses; None for folders, where it isn't known."""
    drawn = dataset == "synthetic"
    return dict(zip(facades.CLASSES, facades.PALETTE, strict=True)) if drawn else None


def mean_colours(labels, drawn, photos):
    """A baseline without a network: each class in its mean colour, float32 (..., H, W, 3).

    labels: (..., H, W), 0 to 11.  drawn, photos: labels (N, H, W) and photographs (N, H, W, 3) in
    [0, 1] of other houses.
    """
    pixels = np.maximum(np.bincount(drawn.ravel(), minlength=12), 1)
    sums = [np.bincount(drawn.ravel(), colour, 12) for colour in photos.reshape(-1, 3).T]
    return (np.stack(sums, -1) / pixels[:, None])[labels].astype(np.float32)


class _Sheet(NamedTuple):
    """A file `A|B`: both halves as pictures and, where they may be label pictures, as classes."""

    id: str
    source: str
    pictures: list
    labels: list
    sure: list  # whether a half is a label picture without a doubt


def _read_sheet(path, folder, side, notes) -> _Sheet:
    pixels = readers.read(path)
    height, width = pixels.shape[:2]
    if width % 2:
        raise ValueError(
            f"{path} is {width}x{height} pixels; a picture A|B has an even width, so "
            "that its middle parts two pictures of one size."
        )
    name = (path.parent.relative_to(folder) / readers.name(path)).as_posix()
    if width != 2 * height:
        notes.append(name)
    size, halves = (side or height,) * 2, np.split(pixels, 2, axis=1)
    labels = [_labels(half) for half in halves]
    small = [None if each is None else images.resize(each, size, labels=True) for each in labels]
    return _Sheet(
        name,
        readers.fingerprint(pixels),
        [images.resize(half, size) for half in halves],
        small,
        [_sure(half) for half in halves],
    )


def _pair(sheet, flat, order) -> Pair:
    """The pair of a file; the halves of a flat side are drawn anew from their classes."""
    labels = [each if known else None for each, known in zip(sheet.labels, flat, strict=True)]
    halves = [
        picture if each is None else facades.colour(each)
        for picture, each in zip(sheet.pictures, labels, strict=True)
    ]
    known = next((each for each in reversed(labels) if each is not None), None)
    return Pair(sheet.id, *halves[::order], sheet.source, known)


def _sure(picture) -> bool:
    """Whether a picture is surely one in the colours of `facades.PALETTE`.

    Nearly all its pixels have one of the colours; or JPEG left a fourth of them near one, of three
    classes at least: a photograph of one strong colour is near one class.
    """
    few = picture[::4, ::4]
    labels = facades.decode(few)
    far = np.abs(facades.colour(labels) - few)
    near = far.max(-1) < 0.05
    seen = np.bincount(labels[near], minlength=1) > 0.01 * labels.size
    exact = (far.max(-1) < 0.006).mean() > 0.9
    return bool(far.mean() <= FAR["sure"] and (exact or near.mean() > 0.25 and seen.sum() >= 3))


def _labels(picture, far=0.1):
    """The classes of a picture in the colours of `facades.PALETTE`, None for another picture."""
    few = picture[::4, ::4]
    if np.abs(facades.colour(facades.decode(few)) - few).mean() > FAR["likely"]:
        return None
    labels = facades.decode(picture)
    doubtful = np.abs(facades.colour(labels) - picture).max(-1) > far
    doubtful &= not doubtful.all()  # JPEG's mixed colours: they take the nearest sure pixel's class
    nearest = ndimage.distance_transform_edt(doubtful, return_distances=False, return_indices=True)
    return labels[tuple(nearest)]


def _split(pairs):
    """(train, test) as the folder's parts say; where they don't, fold 0 of the sources tests."""
    train, val, test = ([p for p in pairs if p.id.startswith(f"{part}/")] for part in PARTS)
    if train and (val or test):
        return train, test or val
    return splits.train_test(pairs, tests=lambda pair: splits.fold(pair.source) == 0)


def _order(direction) -> int:
    """1 if A, the left half, is the input, -1 if B is."""
    if direction not in ("AtoB", "BtoA"):
        raise ValueError(f'The direction is "{direction}"; choose "AtoB" or "BtoA".')
    return 1 if direction == "AtoB" else -1
