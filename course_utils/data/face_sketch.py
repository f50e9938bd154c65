"""The people of lesson 03, a photograph and a sketch each: drawn, or read; split by person first."""

import numpy as np
from scipy import ndimage
from skimage.color import gray2rgb

from drawn_worlds import faces

from .. import images, paths
from . import drawings, readers, splits
from .pairs import Jitter, Pair

DRAWN, draw = drawings.DRAWN, drawings.draw
SKIN = [faces.CLASSES.index(name) for name in ("skin", "nose")]
SEEN = {"yaw": 0.0, "mouth_open": 0.0, "backdrop": "plain"}  # from the front, as CUHK's
CUHK_TESTS = 38  # of 188: the last names in sorted order


def load(dataset: str, test_data=None, side: int = 64) -> tuple[list[Pair], list[Pair]]:
    """(train, test): pairs photograph → sketch, (side, side, 3) in [0, 1], no person on both sides.

    "synthetic" draws 400 and 40 people; "cuhk" reads `<COURSE_DATA>/cuhk`, 150 and 38 people, see
    `read_cuhk`. test_data: a second folder in that layout; then all of the first train and all of
    it test. Raises ValueError for another data set, a person on both sides or fewer than two left to
    train, which CycleGAN needs, and what the reader raises.
    """
    if dataset == "synthetic":
        return drawings.train_test(lambda seed: DrawnPerson(seed, side))
    if dataset != "cuhk":
        raise ValueError(f'There are no people in "{dataset}"; choose "synthetic" or "cuhk".')
    pairs = read_cuhk(paths.data_dir(), side)
    needed = 2 if test_data is not None else CUHK_TESTS + 2
    if len(pairs) < needed:
        raise ValueError(
            f"cuhk has {len(pairs)} people, and {needed} are needed, so that two can "
            f"train: add {needed - len(pairs)}, or give a test folder (TEST_DATA)."
        )
    photos = readers.pictures(readers.find(paths.data_dir(), "cuhk", "photos"))  # odd ones, too
    tests = splits.last_sources([readers.name(path) for path in photos], CUHK_TESTS)
    second = None if test_data is None else read_cuhk(test_data, side)
    return splits.train_test(pairs, second, lambda pair: pair.source in tests)


def read_cuhk(folder, side: int = 64) -> list[Pair]:
    """The CUHK student faces: pairs photograph → sketch (side, side, 3) in [0, 1], sorted by name.

    Layout: `<folder>/cuhk/photos/X.jpg` (or another kind of picture) and `.../sketches/X-sz1.jpg`,
    in any case; `folder` may also be `cuhk` itself. As the set is distributed, 88 sketches have
    names of their own: F2-005-01-sz1 belongs to f-005-01, and M2-… likewise. Pictures of 200 × 250
    pixels: the square from row 25 to 225 is taken, from others as large a part, and resized by
    area. The source of a pair is its photograph's name.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    photos = readers.find(folder, "cuhk", "photos")
    found = readers.twins(photos, photos.parent / "sketches", sketch_names)
    return readers.gather(found, lambda pair: _read_person(*pair, side))


def sketch_names(photo: str) -> tuple[str, ...]:
    """What the sketch of a photograph may be called: f-005-01-sz1, F2-005-01-sz1 or f-005-01."""
    kind, mark, rest = photo.partition("-")
    return f"{photo}-sz1", f"{kind}2{mark}{rest}-sz1", photo


def _read_person(photo, sketch, side) -> Pair:
    name = readers.name(photo)
    pictures = [_square(readers.read(each), side) for each in (photo, sketch)]
    return Pair(name, pictures[0], gray2rgb(images.to_grey(pictures[1])), name)


def _square(pixels, side):
    """The tenth to the ninth tenth of the height, as a square as wide as the picture if it fits."""
    height, width = pixels.shape[:2]
    edge = max(1, min(width, height * 4 // 5))
    top, left = (height - edge) // 2, (width - edge) // 2
    return images.resize(pixels[top : top + edge, left : left + edge], (side, side))


class DrawnPerson(drawings.Drawing):
    """A `Pair` of somebody who doesn't exist, seen from the front; drawn at the first look.

    `skin` (side, side) bool: forehead, cheeks, chin and nose of the photograph.
    """

    labels = None
    source_picture = property(lambda self: self.drawn[0])
    target = property(lambda self: self.drawn[1])
    skin = property(lambda self: self.drawn[2])

    def __init__(self, seed: int, side: int = 64):
        super().__init__("faces", seed, side)

    def make(self):
        """(photograph, sketch, skin)."""
        face = faces.face(self.seed, self.side, **SEEN)
        return face.photo, gray2rgb(face.sketch), np.isin(face.regions, SKIN)


class Turned:
    """A pair the other way round, sketch → photograph; a drawn one is still drawn at the first look."""

    labels = None
    source_picture = property(lambda self: self._pair.target)
    target = property(lambda self: self._pair.source_picture)

    def __init__(self, pair):
        self.id, self.source, self._pair = pair.id, pair.source, pair


def turned(pairs) -> list[Turned]:
    """The same people, sketch → photograph."""
    return [Turned(pair) for pair in pairs]


def eightfold(pairs) -> list[Pair]:
    """Each pair mirrored or not and turned by 0, 90, 180 and 270 degrees: eight of each person.

    For training people only: a copy of a test person in training would be a leak.
    """

    def seen(picture, mirrored, quarters):
        return np.rot90(picture[:, ::-1] if mirrored else picture, quarters)

    return [
        Pair(
            f"{pair.id} {'mirrored ' * mirrored}{90 * quarters}°",
            seen(pair.source_picture, mirrored, quarters),
            seen(pair.target, mirrored, quarters),
            pair.source,
        )
        for pair in pairs
        for mirrored in (False, True)
        for quarters in range(4)
    ]


class Strangers:
    """Draws unpaired examples: `strangers(rng)` is (source of one, target of another), in [-1, 1].

    The people are cut into two halves that share nobody: only sources of the first half are ever
    seen, and only targets of the second. Sizes and jitter are those of `Jitter`.
    Raises ValueError for fewer than two people.
    """

    def __init__(self, pairs, side: int, **jitter):
        people = sorted({pair.source for pair in pairs})
        if len(people) < 2:
            raise ValueError("Unpaired pictures need at least two people; add some.")
        first = set(people[::2])
        self.sources = Jitter([pair for pair in pairs if pair.source in first], side, **jitter)
        self.targets = Jitter([pair for pair in pairs if pair.source not in first], side, **jitter)

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return self.sources(rng)[0], self.targets(rng)[1]


def baselines(train, test) -> dict[str, np.ndarray]:
    """What needs no network: the mean of all training targets, and the input, grey, handed in."""
    mean = np.mean([pair.target for pair in train], axis=0)
    grey = [gray2rgb(images.to_grey(pair.source_picture)) for pair in test]
    return {"mean": np.stack([mean] * len(test)), "input": np.stack(grey)}


def pencil(photos, blur: float = 1 / 12) -> np.ndarray:
    """Sketches without a network: luminance over its own blur, so that only edges stay dark.

    photos: (..., side, side, 3) in [0, 1]; answers alike. blur: σ of the Gaussian, as a share of
    the side.
    """
    grey = images.to_grey(photos)
    sigma = (0,) * (grey.ndim - 2) + (blur * grey.shape[-1],) * 2
    paper = np.clip(grey / np.maximum(ndimage.gaussian_filter(grey, sigma), 1e-3), 0, 1)
    return gray2rgb(paper).astype(np.float32)
