"""The pictures of lesson 07, with a mask and a class of each thing in them: drawn, or read.

All sources give one form: masks (n, H, W), which may overlap, and their classes, from 1 up.
"""

import warnings
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from drawn_worlds import shapes
from drawn_worlds.cells import cells

from .. import images, paths
from . import build, coco, drawings, readers, segmentation, splits

draw = drawings.draw
WORLDS = {"synthetic": "shapes", "cells": "cells"}  # modules of drawn_worlds
SIDES = dict.fromkeys(WORLDS, 128) | {
    "dsb2018": 512
}  # of pictures as lesson 07 sees them; else 256
NUCLEUS = ("nucleus",)
MOST = 3000  # pictures of a COCO file that are read: 128 × 128, with ten masks each they take 1 GB


class _Seen:
    """What follows from a picture, its masks and the size of its file."""

    @property
    def boxes(self) -> np.ndarray:
        """(n, 4) float32: y0, x0, y1, x1 in pixels, as `boxes_of`."""
        return boxes_of(self.masks)

    @property
    def labels(self) -> np.ndarray:
        """(H, W) int32: 0 is background, k + 1 is mask k; where masks overlap, the smallest one."""
        labels = np.zeros(self.picture.shape[:2], np.int32)
        for number in np.argsort(-self.masks.sum((1, 2)), kind="stable"):
            labels[self.masks[number]] = number + 1
        return labels

    @property
    def inside(self) -> tuple[int, int]:
        """(height, width) of the part of the picture, from its upper left corner, that isn't padding."""
        return _inside(self.size, max(self.picture.shape[:2]))

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of its file."""
        return max(self.picture.shape[:2]) / max(self.size)


@dataclass
class Instances(_Seen):
    """A picture that was read, with the things in it.

    `id`: the name in its data set. `source`: what a split keeps together. `picture`: (H, W, 3)
    float32 in [0, 1]. `masks`: bool (n, H, W), none of them empty; n may be 0. `classes`: int32
    (n,), 1 … K. `names`: of the classes 1 … K. `size`: (height, width) of its file. `fingerprint`:
    of the file's pixels.
    """

    id: str
    source: str
    picture: np.ndarray
    masks: np.ndarray
    classes: np.ndarray
    names: tuple[str, ...]
    size: tuple[int, int]
    fingerprint: str


class Drawing(drawings.Drawing, _Seen):
    """A picture of a drawn world, as an `Instances`; drawn at the first look."""

    picture = property(lambda self: self.drawn[0])
    masks = property(lambda self: self.drawn[1])
    classes = property(lambda self: self.drawn[2])
    names = property(lambda self: NUCLEUS if self.world == "cells" else shapes.CLASSES[1:])

    def __init__(self, world: str, seed: int, side: int = 128):
        super().__init__(world, seed, side)
        self.fingerprint, self.size = self.source, (side, side)

    def make(self):
        """(picture, masks, classes)."""
        if self.world == "cells":
            field = cells(self.seed, self.side)
            masks = masks_of(field.labels)
            return field.image, masks, np.ones(len(masks), np.int32)
        scene = shapes.table(self.seed, self.side)
        shown = np.unique(scene.labels)  # in a small picture a thing may have no pixel left
        return scene.photo, masks_of(scene.labels), scene.classes[shown[shown > 0] - 1]


def load(dataset: str, test_data=None, side: int = 128) -> tuple[list, list]:
    """(train, test): items as `Instances`, their pictures (side, side, 3), none of a shared source.

    "synthetic" draws things on a table and "cells" nuclei, 400 and 40 of each. "dsb2018" and
    "pennfudan" are read from `COURSE_DATA`, and any other name is a folder `<COURSE_DATA>/<dataset>`
    with a COCO file, see `read_coco`. Of dsb2018 the images of fold 0 of 5 test, as in lesson 01; of
    the others fold 0 of 5 of the sources.
    test_data: a second folder in the same layout; then all of the first trains and all of it tests.
    Raises what the readers raise, and ValueError if a source or a picture is on both sides, if the
    classes of two folders differ, or if no picture on one side has anything marked.
    """
    if dataset in WORLDS:
        return drawings.train_test(lambda seed: Drawing(WORLDS[dataset], seed, side))
    read = {"dsb2018": read_nuclei, "pennfudan": read_pennfudan}.get(dataset, read_coco)
    home = readers.home(dataset) if read is read_coco else paths.data_dir()
    found, second = read(home, side), None
    if test_data is not None:
        second = read(readers.second(test_data, dataset) if read is read_coco else test_data, side)
        _compare(found, second)
    tests = splits.tests_dsb2018 if dataset == "dsb2018" else _in_fold_0
    train, test = splits.train_test(found, second, tests)
    for name, part in (("training", train), ("test", test)):
        if not any(len(one.classes) for one in part):
            raise ValueError(
                f"Nothing is marked in any {name} picture of {dataset} ({len(part)} in all); add a "
                "picture with masks."
            )
    return train, test


# Readers ------------------------------------------------------------------------------------------


def read_nuclei(folder, side: int | None = None) -> list[Instances]:
    """The nuclei of DSB2018 as lesson 01 reads and normalises them, of one class: bright on dark.

    side: as in `fit`; None keeps the size. Raises what `segmentation.read_nuclei` raises.
    """
    found = []
    for sample in segmentation.read_nuclei(folder):
        picture = np.minimum(segmentation.normalise(sample.image), 1)
        masks = masks_of(sample.labels)
        found.append(_item(sample.id, sample.source, picture, masks, None, NUCLEUS, side))
    return found


def read_pennfudan(folder, side: int | None = None) -> list[Instances]:
    """The pedestrians of Penn-Fudan, of one class, "person", sorted by name.

    Layout: `<folder>/PNGImages/NAME.png` and `<folder>/PedMasks/NAME_mask.png`, where 0 is
    background and k person k; `folder` may also hold that folder as `pennfudan` or `PennFudanPed`.
    side: as in `fit`; None keeps the size. The source is the fingerprint of the pixels.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root, notes = _pennfudan(paths.resolved(folder)), []
    pairs = readers.twins(root / "PNGImages", root / "PedMasks", lambda name: (f"{name}_mask",))
    found = readers.gather(pairs, lambda pair: _read_people(*pair, notes, side))
    readers.note(notes)
    return found


def read_coco(folder, side: int | None = None) -> list[Instances]:
    """The pictures of a folder with a COCO file, sorted by name; its layout is that of `coco.read`.

    Outlines without a pixel are left out. side: as in `fit`; None keeps the size. A source is what
    the folder's manifest says (`build`), so that all frames of a video stay together, and where it
    says nothing the fingerprint of the pixels. Of more than `MOST` pictures only so many are read,
    and a warning says so.
    Raises FileNotFoundError or ValueError, naming the file, and the annotation if it is one's fault.
    """
    entries, names = coco.read(folder)
    if not entries:
        raise ValueError(f"The COCO file in {folder} lists no picture; export it anew.")
    if len(entries) > MOST:
        said = f"{folder} lists {len(entries)} pictures; {MOST} of them are read."
        warnings.warn(said, stacklevel=2)
        chosen = sorted(entries, key=lambda entry: splits.fold(entry.name, 2**32))[:MOST]
        entries = sorted(chosen, key=lambda entry: entry.name)
    manifests = {home: build.read_manifest(home) for home in {e.path.parent for e in entries}}
    return readers.gather(entries, lambda entry: _read_entry(entry, names, manifests, side))


def _read_people(path, mask_path, notes, side) -> Instances:
    picture = readers.read(path)
    masks = masks_of(readers.read_mask(mask_path, picture, notes))
    return _item(readers.name(path), None, picture, masks, None, ("person",), side)


def _read_entry(entry, names, manifests, side) -> Instances:
    picture = readers.read(entry.path)
    known = manifests[entry.path.parent].get(readers.composed(entry.path.name), {})
    masks = coco.masks(entry, picture.shape[:2])
    classes = [number for _, number, _ in entry.annotations]
    name = PurePosixPath(entry.name.replace("\\", "/")).with_suffix("").as_posix()
    return _item(name, known.get("source"), picture, masks, classes, names, side)


def _item(name, source, picture, masks, classes, names, side) -> Instances:
    """An item of all masks with a pixel, fitted into a side. classes: None if all are 1."""
    classes = np.ones(len(masks)) if classes is None else np.asarray(classes)
    seen, print_ = masks.any((1, 2)), readers.fingerprint(picture)
    kept = masks[seen], classes[seen].astype(np.int32)
    item = Instances(name, source or print_, picture, *kept, names, picture.shape[:2], print_)
    return item if side is None else fit(item, side)


def _pennfudan(folder):
    """The folder with PNGImages."""
    for part in (".", "pennfudan", "PennFudanPed", "pennfudan/PennFudanPed"):
        if (folder / part / "PNGImages").is_dir():
            return folder / part
    raise FileNotFoundError(
        f"There is no folder {folder / 'pennfudan' / 'PNGImages'}; set COURSE_DATA to the folder "
        "that holds pennfudan."
    )


def _compare(train, test):
    """Raise ValueError if a picture is in two folders, or if their classes differ."""
    for key in ("source", "fingerprint"):
        splits.assert_no_twins(train, test, key)
    first, second = train[0].names, test[0].names
    if first != second:
        raise ValueError(
            f"The classes of the training data are {', '.join(first)}, those of the test data "
            f"{', '.join(second)}; give both the same categories."
        )


def _in_fold_0(one):
    return splits.fold(one.source) == 0


# Masks --------------------------------------------------------------------------------------------


def masks_of(labels: np.ndarray) -> np.ndarray:
    """The masks of a label image (H, W): bool (n, H, W), in the order of their numbers."""
    numbers = np.unique(labels)
    return labels == numbers[numbers > 0][:, None, None]


def boxes_of(masks: np.ndarray) -> np.ndarray:
    """The boxes of masks (n, H, W): float32 (n, 4), y0, x0, y1, x1 in pixels.

    y1 and x1 are the first row and column behind the mask. An empty mask has the box 0, 0, 0, 0.
    """
    boxes = np.zeros((len(masks), 4), np.float32)
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows):
            box[:] = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    return boxes


def fit(item: Instances, side: int) -> Instances:
    """The item in a square of side × side: the longer side resized to it, the rest black.

    The picture lies in the upper left corner. Masks are resized by nearest pixels; one of which
    none is left is left out.
    """
    height, width = _inside(item.picture.shape[:2], side)
    picture = np.zeros((side, side, 3), np.float32)
    picture[:height, :width] = images.resize(item.picture, (height, width))
    masks = np.zeros((len(item.masks), side, side), bool)
    masks[:, :height, :width] = _resized(item.masks, (height, width))
    seen = masks.any((1, 2))
    return replace(item, picture=picture, masks=masks[seen], classes=item.classes[seen])


def back(item, masks: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks (m, side, side) and boxes (m, 4) found in an item's picture, in the pixels of its file.

    Returns masks (m, H, W) of the same dtype, by nearest pixels, and float32 boxes (m, 4).
    """
    (height, width), (full_height, full_width) = item.inside, item.size
    factors = np.tile([full_height / height, full_width / width], 2)
    limits = np.tile(item.size, 2)
    masks = _resized(masks[:, :height, :width], item.size)
    return masks, np.clip(boxes * factors, 0, limits).astype(np.float32)


def _inside(size, side) -> tuple[int, int]:
    """(height, width) of a picture whose longer side is resized to a side."""
    return tuple(max(1, round(length * side / max(size))) for length in size)


def _resized(masks, size):
    return images.resize(masks.transpose(1, 2, 0), size, labels=True).transpose(2, 0, 1)
