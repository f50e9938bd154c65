"""The pairs of lesson 02, pix2pix: drawn, or read from files that hold both pictures in a row."""

import hashlib
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import ndimage

from .. import images, paths
from ..worlds import facades
from . import splits
from .readers import _listed, _read

DRAWN = {"train": range(400), "test": range(1_000_000, 1_000_040),
         "segmenter": range(2_000_000, 2_000_400),
         "validation": range(3_000_000, 3_000_060)}  # seeds: the sources  # fmt: skip
STEPS = {"synthetic": {"quick": 160, "full": 80_000},  # full: 200 epochs of 400
         "*": {"quick": 2000, "full": 80_000}}  # fmt: skip
JITTER = {name: {"flip": False, "scale": 1.0} for name in ("edges2shoes", "edges2handbags")}
PARTS = ("train", "val", "test")
KINDS = (".jpg", ".jpeg", ".png")
MOST = 3000  # pictures of a part that are read: 128 × 128, they take 1.2 GB


@dataclass
class Pair:
    """Two pictures of one thing.

    `id`: the name in its data set. `source_picture`, the input, and `target`, what should come
    out: (H, W, 3) float32 in [0, 1]. `source`: what a split keeps together. `labels`: the classes
    (H, W) int32 as in `facades.CLASSES` if one of the two is a label picture in their colours.
    """

    id: str
    source_picture: np.ndarray
    target: np.ndarray
    source: str
    labels: np.ndarray | None = None


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
        return tuple([DrawnPair(seed, direction, side) for seed in DRAWN[part]]
                     for part in ("train", "test"))  # fmt: skip
    home = paths.data_dir().expanduser() / dataset
    if not home.is_dir():
        raise FileNotFoundError(f"There is no folder {home}; set COURSE_DATA to the folder that "
                                f"holds {dataset}.")
    pairs = read_side_by_side(home, direction, side)
    if test_data is None:
        train, test = _split(pairs)
    else:
        inner = Path(test_data).expanduser() / dataset
        second = inner if inner.is_dir() else test_data
        train, test = pairs, read_side_by_side(second, direction, side)
    names = {pair.source: pair.id for pair in train}
    for pair in test:
        if pair.source in names:
            raise ValueError(f"The picture {names[pair.source]} trains and {pair.id}, which is the "
                             "same, tests: remove one of them.")
    return splits.train_test(train, test)


def read_side_by_side(folder, direction: str, side: int | None = None) -> list[Pair]:
    """The pairs of a folder of pictures `A|B`, each file twice as wide as high, as pix2pix's sets.

    Layout: `<folder>/train`, `val` and `test`, or some of them, or the files directly in it; JPEG
    or PNG. direction: "AtoB" makes the left half the input, "BtoA" the right one. side: of the
    pictures, in pixels; None keeps it. A label picture in the colours of the CMP facades becomes
    flat again, whatever JPEG made of it. The source is the fingerprint of the file's pixels. Of a
    part with more than `MOST` pictures only so many are read, and a warning says so.
    Raises ValueError for another direction, and ValueError or FileNotFoundError, naming the file
    or folder, for what is missing, broken or not twice as wide as high.
    """
    folder = Path(folder).expanduser()
    parts = [folder / part for part in PARTS if (folder / part).is_dir()] or [folder]
    files = [path for part in parts for path in _pictures(part)]
    if not files:
        raise FileNotFoundError(f"There is no JPEG or PNG picture in {folder} or its folders "
                                "train, val and test.")
    return [_read_pair(path, folder, direction, side) for path in files]


def _pictures(folder) -> list[Path]:
    found = [path for path in _listed(folder) if path.suffix.lower() in KINDS]
    if len(found) > MOST:
        warnings.warn(f"{folder} has {len(found)} pictures; {MOST} of them are read.", stacklevel=4)
        found = sorted(sorted(found, key=lambda path: splits.fold(path.stem, 2**32))[:MOST])
    return found


def _read_pair(path, folder, direction, side) -> Pair:
    pixels = _read(path, "RGB")
    height, width = pixels.shape[:2]
    if width != 2 * height:
        raise ValueError(f"{path} is {width}x{height} pixels; a picture A|B is twice as wide as "
                         "high, two squares side by side.")
    size, labels, halves = (side or height,) * 2, None, []
    for half in np.split(images.to_float(pixels), 2, axis=1):
        classes = _labels(half)
        if classes is not None:
            labels = images.resize(classes, size, labels=True)
        halves.append(images.resize(half, size) if classes is None else facades.colour(labels))
    source = hashlib.sha1(pixels.tobytes()).hexdigest()
    name = path.relative_to(folder).with_suffix("").as_posix()
    return Pair(name, *halves[:: _order(direction)], source, labels)


def _labels(picture, far=0.1):
    """The classes of a picture in the colours of `facades.PALETTE`, None for another picture."""
    few = picture[::4, ::4]
    if np.abs(facades.colour(facades.decode(few)) - few).mean() > 0.08:  # photographs: above 0.11
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


class Jitter:
    """Draws training examples: `jitter(rng)` is (source, target), (side, side, 3) in [-1, 1].

    The random jitter of Isola et al. (2017), "Training details": both pictures alike are enlarged
    to side · scale, cropped at random and, with `flip`, mirrored every second time. Label pictures
    take the nearest pixel, so that no colour is invented. flip=False, scale=1: no jitter, as the
    paper has it for edges2shoes and edges2handbags (`JITTER`).
    Raises ValueError if there is no pair or scale is below 1.
    """

    def __init__(self, pairs, side: int, flip: bool = True, scale: float = 286 / 256):
        if not pairs or scale < 1:
            raise ValueError(f"Jitter needs pairs, not {len(pairs)}, and scale >= 1, not {scale}.")
        self.pairs, self.side, self.flip = pairs, side, flip
        self.large = round(side * scale)

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        pair = self.pairs[rng.integers(len(self.pairs))]
        top, left = rng.integers(self.large - self.side + 1, size=2)
        step = -1 if self.flip and rng.random() < 0.5 else 1
        flat = None if pair.labels is None else facades.colour(pair.labels)
        parts = []
        for picture in (pair.source_picture, pair.target):
            labels = flat is not None and np.array_equal(picture, flat)
            whole = images.resize(picture, (self.large, self.large), labels=labels)
            part = whole[top : top + self.side, left : left + self.side][:, ::step]
            parts.append(images.to_signed(part))
        return tuple(parts)
