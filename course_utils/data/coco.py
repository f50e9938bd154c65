"""COCO's files of instances: one JSON that lists pictures, categories and an outline per instance.

Tools for labelling pictures of one's own export it. Its three kinds of outlines are read: polygons,
run lengths (RLE), and run lengths packed into a text. Lin et al. (2014), "Microsoft COCO".
"""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from skimage import draw

from .. import paths
from . import build, readers

WANTED = "it needs images, categories and annotations of them, each with its id"


class Entry(NamedTuple):
    """A picture that the file lists: its name in it, where it lies, and its annotations.

    size: (height, width) by the file, each of which may be None. annotations: [(what errors call it, class 1 … K, the annotation as it stands in the file)].
    """

    name: str
    path: Path
    size: tuple
    annotations: list


def read(folder) -> tuple[list[Entry], tuple[str, ...]]:
    """The pictures of a folder's COCO file, sorted by name, and the names of the classes 1 … K.

    Layout: one JSON with "instances" in its name, or else one JSON, in `<folder>` or
    `<folder>/annotations`; pictures beside it, in `<folder>`, in `images`, or in a folder named as
    the file is without "instances_". The classes are the file's categories in the order of their
    ids. Annotations of crowds (`iscrowd`) are left out.
    Raises FileNotFoundError if there is no such file, and ValueError, naming it, if there are
    several, if it is damaged, or if an annotation is of a picture or category that it doesn't list.
    """
    folder = paths.resolved(folder)
    file = _file(folder)
    images, categories, annotations = _parsed(file)
    entries = {
        key: Entry(name, _place(folder, file, name), size, [])
        for key, (name, size) in images.items()
    }
    classes = {key: number for number, key in enumerate(categories, start=1)}
    for number, one in enumerate(annotations, start=1):
        if one.get("iscrowd"):
            continue
        called = f"Annotation {one.get('id', number)} of {file}"
        for key, known in (("image_id", images), ("category_id", categories)):
            if one[key] not in known:
                raise ValueError(
                    f"{called} has the {key} {one[key]!r}, which the file doesn't list: list it, or "
                    "delete the annotation."
                )
        entries[one["image_id"]].annotations.append((called, classes[one["category_id"]], one))
    return sorted(entries.values(), key=lambda entry: entry.name), tuple(categories.values())


def masks(entry: Entry, shape: tuple[int, int]) -> np.ndarray:
    """The masks of a picture of the shape (H, W): bool (n, H, W), one per annotation.

    Raises ValueError, naming file and annotation, for an outline that can't be drawn, and if the
    file says another size.
    """
    if None not in entry.size and entry.size != shape:
        raise ValueError(
            f"The picture {entry.path} is {shape[1]}x{shape[0]} pixels, by its COCO file it is "
            f"{entry.size[1]}x{entry.size[0]}: take the picture that was labelled."
        )
    drawn = np.zeros((len(entry.annotations), *shape), bool)
    for mask, (called, _, one) in zip(drawn, entry.annotations, strict=True):
        outline = one.get("segmentation")
        try:
            mask[:] = (_runs if isinstance(outline, dict) else _polygons)(outline, shape)
        except ValueError as error:
            raise ValueError(f"{called} ({entry.name}) {error}") from error
    return drawn


def unpacked(text: str) -> list[int]:
    """The run lengths that COCO has packed into a text.

    A character is 48 plus six bits: five of a number, the lowest ones first, and one that says
    whether more follow; the last five carry the sign. From the fourth number on, a number is the
    difference from the last but one.
    Raises ValueError, whose sentence lacks its subject, for a text that is none of these.
    """
    lengths, number, shift = [], 0, 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError(
                f"has packed run lengths with a damaged {character!r}: export it anew."
            )
        number, shift = number | (bits & 31) << shift, shift + 5
        if not bits & 32:
            number -= (bits & 16) << shift - 4  # the sign
            lengths.append(number + (lengths[-2] if len(lengths) > 2 else 0))
            number, shift = 0, 0
    if shift:
        raise ValueError("has packed run lengths that are cut off: export it anew.")
    return lengths


def _runs(outline, shape) -> np.ndarray:
    """The mask of run lengths, which go down the columns and begin with what is outside."""
    lengths, pixels = outline.get("counts"), math.prod(shape)
    if outline.get("size") != [*shape]:
        raise ValueError(
            f"has the size {outline.get('size')}, its picture has {[*shape]} (height, width): take "
            "the picture that was labelled."
        )
    lengths = unpacked(lengths) if isinstance(lengths, str) else lengths
    if not isinstance(lengths, list) or not all(type(n) is int and n >= 0 for n in lengths):
        raise ValueError("has run lengths that aren't whole numbers from 0 up: export it anew.")
    if sum(lengths) != pixels:
        raise ValueError(
            f"has run lengths of {sum(lengths)} pixels in all, its picture has {pixels}: export it "
            "anew."
        )
    inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(inside, lengths).reshape(shape[::-1]).T


def _polygons(outline, shape) -> np.ndarray:
    """The mask of polygons x, y, x, y, …: the pixels whose centres, at halves, lie in one of them."""
    if not isinstance(outline, list) or not outline:
        raise ValueError("has no outline: draw one, or delete the annotation.")
    mask = np.zeros(shape, bool)
    for polygon in [outline] if isinstance(outline[0], int | float) else outline:
        x, y = _points(polygon)
        mask[draw.polygon(y - 0.5, x - 0.5, shape)] = True
    return mask


def _points(polygon):
    """The points of a polygon as its x and its y."""
    good = isinstance(polygon, list) and len(polygon) >= 6 and len(polygon) % 2 == 0
    if not good or not all(isinstance(n, int | float) and abs(n) < 1e9 for n in polygon):
        raise ValueError(
            "has a polygon that isn't three points or more, each two numbers x, y: draw it anew, or "
            "delete it."
        )
    return np.array(polygon, np.float64).reshape(-1, 2).T


def _file(folder) -> Path:
    """The one COCO file of a folder."""
    homes = [home for home in (folder, folder / "annotations") if home.is_dir()]
    found = [
        file
        for home in homes
        for file in readers.listed(home)
        if file.suffix.lower() == ".json" and file.name != build.MANIFEST
    ]
    found = [file for file in found if "instances" in file.name.lower()] or found
    if not found:
        raise FileNotFoundError(
            f"There is no COCO file in {folder}: put the JSON with the instances there, beside "
            "their pictures."
        )
    if len(found) > 1:
        said = " and ".join(file.relative_to(folder).as_posix() for file in found)
        raise ValueError(f"{folder} has several COCO files, {said}: leave one of them there.")
    return found[0]


def _parsed(file):
    """{id: (file name, size)} of pictures, {id: name} of categories by id, and the annotations."""
    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
        images = [(one["id"], _listed(one)) for one in data["images"]]
        categories = sorted((one["id"], str(one["name"])) for one in data["categories"])
        annotations = list(data["annotations"])
        {(one["image_id"], one["category_id"], bool(one.get("iscrowd"))) for one in annotations}
        pairs = dict(images), dict(categories)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} isn't a COCO file of instances: {WANTED}.") from error
    for listed, kept, what in zip(
        (images, categories), pairs, ("images", "categories"), strict=True
    ):
        if len(listed) != len(kept):
            raise ValueError(f"{file} has {what} with the same id: give each its own.")
    return *pairs, annotations


def _listed(one):
    return readers.composed(one["file_name"]), (one.get("height"), one.get("width"))


def _place(folder, file, name) -> Path:
    """Where a picture lies; if it is nowhere, where it should."""
    name, part = name.replace("\\", "/"), file.stem.removeprefix("instances_")
    homes = folder, folder / "images", folder / part, folder / "images" / part, file.parent
    places = [home / name for home in homes]
    return next((place for place in places if place.is_file()), places[0])
