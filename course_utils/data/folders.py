"""A folder of photographs, put into one form; what its manifest says belongs together stays together."""

from dataclasses import dataclass

import numpy as np

from .. import images
from . import build, readers

MOST = 3000  # pictures of a folder that are read: 128 × 128, they take 600 MB


@dataclass
class Photograph:
    """A picture that was read: (side, side, 3) float32 in [0, 1].

    `id`: the name in its data set. `source`: what a split keeps together. `fingerprint`: of the
    file's pixels.
    """

    id: str
    picture: np.ndarray
    source: str
    fingerprint: str


def read(folder, side: int, kind=Photograph) -> list:
    """The pictures of a folder, sorted by name: the square in the middle, resized by area.

    A source is what the folder's manifest says (`build`), so that all frames of a video stay
    together, and where there is none the fingerprint of the pixels. Of more than `MOST` pictures
    only so many are read, and a warning says so. kind: of what is returned, a `Photograph`.
    Raises FileNotFoundError for a folder that is missing or without pictures, and ValueError,
    naming the file, for what can't be read and for a picture that the manifest doesn't list.
    """
    files, manifest = readers.pictures(folder, MOST), build.read_manifest(folder)
    if not files:
        raise FileNotFoundError(f"There is no picture in {folder}.")
    return readers.gather(files, lambda file: kind(*_read_one(file, side, manifest)))


def _read_one(file, side, manifest) -> tuple:
    """A `Photograph`'s id, picture, source and fingerprint."""
    pixels, entry = readers.read(file), manifest.get(readers.composed(file.name))
    if manifest and entry is None:
        raise ValueError(f"{file} isn't in {build.MANIFEST}: add it by `course data build`.")
    fingerprint = readers.fingerprint(pixels)
    source = entry["source"] if entry else fingerprint
    return readers.name(file), images.centre_square(pixels, side), source, fingerprint
