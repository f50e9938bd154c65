"""The pictures of lesson 01: loaded by name, put into one form, cut into training crops."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from skimage.segmentation import expand_labels, find_boundaries

from drawn_worlds.cells import cells

from .. import images, paths
from ..metrics import adapted_rand_error
from ..postprocess import instances, neurites
from . import augment, readers, splits
from .weight_maps import separate_touching, unet_weight_map

BACKGROUND, INSIDE, BORDER = 0, 1, 2  # the classes of `three_classes`
NETWORK = {"quick": {"base": 12, "depth": 3}, "full": {"base": 64, "depth": 4}}  # full: the paper's
CROPS = {  # options of `Crops`: the less data, the more augmentation
    "synthetic": {"side": 96, "zoom": (0.9, 1.1), "light": 0.4},
    "dsb2018": {"zoom": (0.4, 2.5)},
    "isbi2012": {"zoom": (0.8, 1.25)},
}
SEEDS = {"synthetic": (0.5,), "dsb2018": (0.5,), "isbi2012": (0.5, 0.7, 0.8, 0.9, 0.95)}
ZOOMS = {
    "synthetic": (1.0,),
    "dsb2018": (1.0,),
    "isbi2012": (0.8, 1.0),
}  # answers are averaged over
DIAMETER = {"dsb2018": 16.0}  # pixels that a cell is zoomed to, where its size isn't known before
DRAWN = {"train": range(256), "test": range(1_000_000, 1_000_032)}  # seeds: the sources


def load(dataset: str, test_data=None) -> tuple[list, list]:
    """The samples (train, test) of "synthetic", "dsb2018" or "isbi2012"; no source is in both.

    Real data comes from `COURSE_DATA`. test_data: a second folder in the same layout; then all of
    `COURSE_DATA` trains and all of test_data tests.
    Raises what the readers and `splits.train_test` raise, and ValueError for another name and where
    nothing can be learned or measured, since no picture on one of the two sides has a cell.
    """
    if dataset == "synthetic":
        return [draw(seed) for seed in DRAWN["train"]], [draw(seed) for seed in DRAWN["test"]]
    kinds = {
        "dsb2018": (read_nuclei, splits.tests_dsb2018),
        "isbi2012": (readers.read_isbi2012, splits.tests_isbi2012),
    }
    if dataset not in kinds:
        raise ValueError(
            f'DATASET is "{dataset}"; choose "synthetic" or one of: {", ".join(kinds)}.'
        )
    read, tests = kinds[dataset]
    second = None if test_data is None else read(test_data)
    train, test = splits.train_test(read(paths.data_dir()), second, tests)
    for name, side in (("training", train), ("test", test)):
        if not any(has_cell(sample.labels) for sample in side):
            raise ValueError(
                f"No cell is marked in any {name} picture of {dataset} ({len(side)} in "
                "all); add a picture with cells and their masks."
            )
    return train, test


def count(labels: np.ndarray) -> int:
    """How many cells a label image has: not its highest number, if one mask hides another."""
    return int(np.count_nonzero(np.unique(labels)))


def diameter(labels: np.ndarray) -> float:
    """The usual diameter of a label image's cells [pixels], of a disc as large; 0 without a cell.

    Half of all cell pixels lie in smaller cells: so specks and pieces hardly count.
    """
    areas = np.sort(np.bincount(labels.ravel())[1:])
    whole = np.cumsum(areas)
    if not whole.size or not whole[-1]:
        return 0.0
    return float(np.sqrt(4 / np.pi * areas[np.searchsorted(whole, whole[-1] / 2)]))


def has_cell(labels: np.ndarray) -> bool:
    """Whether there is a cell of two pixels or more: the adapted Rand error needs one."""
    return bool(np.bincount(labels.ravel())[1:].max(initial=0) > 1)


def red_only(sample: readers.Sample) -> readers.Sample:
    """The sample with its red channel for all three: what haematoxylin absorbs and eosin lets pass.

    So nuclei stand out in any mixture of the two stains; a grey fluorescence picture stays as it is.
    """
    return replace(sample, image=sample.image[..., :1].repeat(3, -1))


def normalise(image: np.ndarray) -> np.ndarray:
    """(H, W, 1 or 3) in [0, 1] to (H, W, 3) in [0, 1.5]: bright cells on dark, full contrast.

    A bright-field picture is inverted. The 1st percentile becomes 0, the 99.8th 1.
    """
    image = np.broadcast_to(images.to_float(image), image.shape[:2] + (3,))
    if is_bright_field(image):
        image = 1 - image
    low, high = np.percentile(image, [1, 99.8])
    return np.clip((image - low) / max(high - low, 0.02), 0, 1.5).astype(np.float32)


def is_bright_field(image: np.ndarray) -> bool:
    """Whether (H, W, 1 or 3) in [0, 1] shows dark cells on bright ground: its median red is high.

    Stains of tissue are violet and pink, so bright ground is bright in red.
    """
    return bool(np.median(image[..., 0]) > 0.45)


def two_classes(labels: np.ndarray) -> np.ndarray:
    """The paper's target, int32 (H, W): 1 in cells, 0 elsewhere and in a gap between touching cells."""
    return (separate_touching(labels) > 0).astype(np.int32)


def three_classes(labels: np.ndarray) -> np.ndarray:
    """Cell numbers (H, W) to classes (H, W) int32: background, inside, border (a cell's outer pixels)."""
    edge = find_boundaries(labels, connectivity=2, mode="inner")
    return np.where(labels == 0, BACKGROUND, np.where(edge, BORDER, INSIDE)).astype(np.int32)


@dataclass(frozen=True)
class Crops:
    """Draws augmented training crops: `crops(rng)` is (image, classes, weights) of side × side.

    samples: training samples. side: pixels. zoom: smallest and largest scale. w0, sigma: of the
    weight map. light: strength of `augment.grey_levels`. target: labels to classes, by
    `three_classes` or `two_classes`.
    Pictures with more cells, and the rarer of dark and bright ones, come more often.
    """

    samples: list
    side: int = 128
    zoom: tuple[float, float] = (0.6, 1.6)
    w0: float = 10.0
    sigma: float = 5.0
    light: float = 1.0
    target: Callable = three_classes

    def __post_init__(self):
        sources = [
            (normalise(s.image), s.labels, unet_weight_map(s.labels, self.w0, self.sigma))
            for s in self.samples
        ]
        object.__setattr__(self, "_sources", sources)
        object.__setattr__(self, "_chance", _chances(self.samples))

    def __call__(self, rng: np.random.Generator):
        image, labels, weights = self._sources[rng.choice(len(self._sources), p=self._chance)]
        scale = np.exp(rng.uniform(*np.log(self.zoom)))
        maps = self._window(image.shape[:2], scale, rng)
        if scale < 0.75:  # smooth before shrinking
            image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
        image = augment.warp(image, maps, order=1)
        if rng.random() < 0.3:  # the colour of a stain must not be what decides
            image = image.mean(-1, keepdims=True).repeat(3, -1)
        image = augment.grey_levels(image, rng, self.light)
        classes = self.target(augment.warp(labels, maps, order=0))
        return image, classes, augment.warp(weights, maps, order=1)

    def _window(self, shape, scale, rng):
        """Where each pixel of a crop comes from: shifted, turned, bent and zoomed."""
        maps = augment.random_warp((self.side, self.side), rng, rotation=180.0, elastic=4.0)
        half = self.side / 2
        window = []
        for coordinate, length in zip(maps, shape, strict=True):
            room = 0.8 * min(half / scale, min(shape) / 2)
            centre = rng.uniform(room, length - room)
            window.append(((coordinate - half) / scale + centre).astype(np.float32))
        return tuple(window)


def cut_out(probabilities: np.ndarray, dataset: str, seed: float = 0.5) -> np.ndarray:
    """The three classes' probabilities (H, W, 3) to cell numbers (H, W) int32.

    Cells: parted where "inside" gets narrow, grown over all that is likelier cell than not.
    ISBI 2012: seeds are where membrane is less likely than 1 - `seed`, grown until they meet, since
    neurites fill the picture and a thick membrane would count as one more cell in the adapted Rand
    error.
    """
    background, inside = probabilities[..., BACKGROUND], probabilities[..., INSIDE]
    if dataset == "isbi2012":
        return neurites(1 - background, seed)
    return instances(inside, cell=1 - background)


def find(
    predict, image: np.ndarray, dataset: str, seed: float = 0.5, look=None, looks: int = 2
) -> np.ndarray:
    """The cell numbers (H, W) int32 of a picture (H, W, 1 or 3) in [0, 1].

    predict: a function from a normalised picture of any size to the three classes' probabilities.
    seed: see `cut_out`. Where `DIAMETER` has the dataset, the picture is looked at `looks` times
    to measure the cells, and zoomed until they have that size, before it is cut up: so does
    Cellpose (Stringer et al., 2021). look: like `predict`, may be rougher and faster.
    """
    picture, scale = normalise(image), 1.0
    if dataset in DIAMETER:
        for _ in range(looks):
            size = diameter(_cut_out_at(look or predict, picture, scale, dataset, seed))
            scale = float(np.clip(DIAMETER[dataset] / size, 0.2, 1.5)) if size else scale
    return _cut_out_at(predict, picture, scale, dataset, seed)


def _cut_out_at(predict, picture, scale, dataset, seed):
    """`cut_out` of a zoomed picture; the cell numbers have the picture's own size."""
    if scale == 1:
        return cut_out(predict(picture), dataset, seed)
    size = picture.shape[:2]
    zoomed = images.resize(picture, tuple(max(8, round(side * scale)) for side in size))
    probabilities = predict(zoomed)
    blocks = images.resize(cut_out(probabilities, dataset, seed), size, labels=True)
    cell = images.resize(1 - probabilities[..., BACKGROUND], size) > 0.5  # has smooth outlines
    return np.where(cell, expand_labels(blocks, 1 / scale), 0)


def best_seed(predict, train: list, dataset: str, pictures: int = 4) -> float:
    """The threshold of `SEEDS` with the lowest mean adapted Rand error on some training pictures.

    train: samples; those without a cell are passed over, and one at least must have some.
    predict: a function from a normalised picture (H, W, 3) to probabilities (H, W, 3).
    """
    candidates = SEEDS[dataset]
    if len(candidates) == 1:
        return candidates[0]
    train = [sample for sample in train if has_cell(sample.labels)]
    if not train:
        raise ValueError("No training picture has a cell; add one with cells and their masks.")
    chosen = train[:: max(1, len(train) // pictures)][:pictures]
    maps = [predict(normalise(sample.image)) for sample in chosen]
    errors = [
        np.mean(
            [
                adapted_rand_error(s.labels, cut_out(p, dataset, seed))
                for s, p in zip(chosen, maps, strict=True)
            ]
        )
        for seed in candidates
    ]
    return candidates[int(np.argmin(errors))]


def read_nuclei(folder) -> list:
    """DSB2018: stains differ from laboratory to laboratory, too much to learn from 80 pictures."""
    return [red_only(sample) for sample in readers.read_dsb2018(folder)]


def _chances(samples) -> np.ndarray:
    """How often each sample is drawn: by the root of its cells; bright pictures 35 % if any."""
    chance = np.sqrt([max(1, count(sample.labels)) for sample in samples])
    bright = np.array([is_bright_field(sample.image) for sample in samples])
    for group, share in ((bright, 0.35), (~bright, 0.65)):
        if 0 < group.sum() < len(samples):
            chance[group] *= share / chance[group].sum()
    return chance / chance.sum()


def draw(seed: int) -> readers.Sample:
    """The drawn field of a seed, which is its source."""
    field = cells(seed)
    return readers.Sample(f"field {seed}", field.image, field.labels, f"field {seed}")
