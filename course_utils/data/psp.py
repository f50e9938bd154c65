"""The people of lesson 08, drawn, and the tasks of an encoder: what it gets, what should come out.

Source: Richardson et al. (2021), "Encoding in style: a StyleGAN encoder for image-to-image
translation", section 4, where each task has one generator and its own encoder.
"""

import cv2
import numpy as np
from scipy import ndimage

from drawn_worlds import faces

from .. import images
from . import drawings

draw = drawings.draw
DRAWN = {
    "train": range(400),
    "test": range(1_000_000, 1_000_100),
    "validation": range(3_000_000, 3_000_100),
}  # seeds: the people
CHANNELS = {"inversion": 3, "frontal": 3, "sketch": 1, "segmentation": len(faces.CLASSES)}
STRAIGHT = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}
ONE_HOT = np.eye(len(faces.CLASSES), dtype=np.float32)


class Person(drawings.Drawing):
    """Somebody who doesn't exist, as the conditions of the same seed have it; drawn at first look.

    chosen: conditions that are set, such as yaw=40.0.
    `picture` (side, side, 3) float32 in [0, 1]; `regions` (side, side) int32, as in
    `faces.CLASSES`. Both are kept in 8 bits, so that 24,000 people take 400 MB.
    """

    picture = property(lambda self: images.to_float(self.drawn[0]))
    regions = property(lambda self: self.drawn[1].astype(np.int32))

    def __init__(self, seed: int, side: int = 64, **chosen):
        super().__init__("faces", seed, side)
        self.chosen = chosen

    def make(self):
        """(picture, regions) in uint8."""
        face = faces.face(self.seed, self.side, **self.chosen)
        return images.to_uint8(face.photo), face.regions.astype(np.uint8)


def load(dataset: str, test_data=None, side: int = 64) -> tuple[list[Person], list[Person]]:
    """(train, test): 400 people and 100 others, not drawn yet.

    Raises ValueError for another data set than "synthetic", which needs no test_data.
    """
    if dataset != "synthetic":
        raise ValueError(f'There are no faces in "{dataset}"; choose "synthetic".')
    return drawings.train_test(lambda seed: Person(seed, side), DRAWN)


def stacked(people) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, side, side, 3) and regions (N, side, side) of people, both in uint8."""
    return tuple(np.stack(part) for part in zip(*(one.drawn for one in people), strict=True))


def turned(seeds, yaws=(30, 50, 70, 90), side: int = 64) -> dict:
    """People seen from the front and from the side, in the same light and clothes.

    Returns {yaw in degrees: pictures float32 (people, side, side, 3) in [0, 1]}, with the true
    frontal view at 0. People of odd seeds turn to the picture's right, the others to its left;
    nobody nods or tilts the head.
    """
    seeds, yaws = list(seeds), sorted({0, *yaws})
    people = [
        Person(seed, side, **STRAIGHT | {"yaw": float(yaw if seed % 2 else -yaw)})
        for yaw in yaws
        for seed in seeds
    ]
    drawings.draw(people)
    pictures = np.stack([one.picture for one in people])
    return dict(zip(yaws, pictures.reshape(len(yaws), len(seeds), side, side, 3), strict=True))


# Tasks --------------------------------------------------------------------------------------------


class Mirrored:
    """Draws pictures for a GAN: `mirrored(rng)` is one (side, side, 3) in [-1, 1].

    Every second one is mirrored. pictures: (N, S, S, 3), uint8 or in [0, 1].
    """

    def __init__(self, pictures, side: int):
        small = [images.resize(each, (side, side)) for each in pictures]
        self.pictures = images.to_uint8(np.stack(small))

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        picture, way = self.pictures[rng.integers(len(self.pictures))], 1 - 2 * rng.integers(2)
        return images.to_signed(picture[:, ::way])


class Examples:
    """Draws training examples of a task: `examples(rng)` is (source, target), `mirrored` by coins.

    source: as `sources` has it. target: the photograph (side, side, 3) in [-1, 1].
    pictures, regions: as in `sources`. Raises what `sources` raises.
    """

    def __init__(self, task: str, pictures, regions=None):
        self.kept = _kept(task, pictures, regions)
        self.task, self.pictures = task, images.to_uint8(pictures)

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        number, coins = rng.integers(len(self.pictures)), rng.integers(2, size=2)
        source = _ready(self.task, self.kept[number])
        return mirrored(self.task, source, images.to_signed(self.pictures[number]), coins)


def mirrored(task, source, target, coins):
    """Source and target (h, w, channels), each mirrored left to right where its coin says so.

    coins: two, of 0 or 1. Only in the task "frontal" each has its own; in all others both obey the
    first. A network that can't know which way its target looks does best with a face that looks
    straight ahead.
    """
    here, there = coins if task == "frontal" else (coins[0], coins[0])
    return source[:, :: -1 if here else 1], target[:, :: -1 if there else 1]


def sources(task: str, pictures, regions=None) -> np.ndarray:
    """What the encoder of a task gets: float32 (N, side, side, CHANNELS[task]).

    "inversion", "frontal": the pictures in [-1, 1]; "sketch": their `lines` in [0, 1];
    "segmentation": their regions, one-hot. As in the paper, the last two are not normalised.
    pictures: (N, side, side, 3), uint8 or in [0, 1]. regions: (N, side, side), for "segmentation".
    Raises ValueError for an unknown task, no picture, or regions that are missing or don't fit.
    """
    return _ready(task, _kept(task, pictures, regions))


def _kept(task, pictures, regions):
    """The sources of all pictures in uint8."""
    if task not in CHANNELS:
        raise ValueError(f'The task is "{task}"; choose one of {", ".join(CHANNELS)}.')
    if not len(pictures):
        raise ValueError("There are no pictures; give at least one.")
    if task == "sketch":
        return images.to_uint8(lines(pictures))
    if task != "segmentation":
        return images.to_uint8(pictures)
    if regions is None or np.shape(regions) != np.shape(pictures)[:3]:
        found = "none" if regions is None else f"the shape {np.shape(regions)}"
        raise ValueError(f"Regions must be {np.shape(pictures)[:3]}, not {found}.")
    return np.asarray(regions, np.uint8)


def _ready(task, kept):
    """Sources in uint8 as the network gets them."""
    if task == "segmentation":
        return ONE_HOT.take(kept, axis=0)
    return images.to_float(kept) if task == "sketch" else images.to_signed(kept)


def lines(photos, low: float = 40, high: float = 80, least: int = 12) -> np.ndarray:
    """What a pen of one pixel would draw: float32 (N, side, side, 1), a line 0, paper 1.

    Edges of Canny (1986), "A computational approach to edge detection", found at twice the size,
    so that an eye of three pixels keeps two rims. In each pixel the strongest channel counts. Weak
    edges (`low`) are drawn only where they go on from strong ones (`high`), and pieces of fewer
    than `least` pixels not at all. A logarithm beforehand makes edges in the shade as strong as in
    the light. photos: (N, side, side, 3), uint8 or in [0, 1].
    """
    return np.stack([_lines(images.to_float(photo), low, high, least) for photo in photos])


def _lines(photo, low, high, least):
    height, width = photo.shape[:2]
    felt = np.log1p(photo / 0.15) / np.log1p(1 / 0.15)
    felt = cv2.resize(felt, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    felt = images.to_uint8(cv2.GaussianBlur(felt, (0, 0), 1).clip(0, 1))
    edges = cv2.Canny(felt, low, high, L2gradient=True) > 0
    pieces, _ = ndimage.label(edges, np.ones((3, 3)))
    edges &= (np.bincount(pieces.ravel()) >= least)[pieces]
    ink = edges.reshape(height, 2, width, 2).any(axis=(1, 3))
    return 1 - ink[..., None].astype(np.float32)
