"""The pages of lesson 06: loaded by name with their clean twins, cut into training crops."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter
from skimage import data, util

from drawn_worlds.documents import document

from .. import images, paths
from . import augment, readers, splits

DRAWN = {"train": range(96), "test": range(1_000_000, 1_000_024)}  # seeds: the sources
SIZE = (256, 540)  # of drawn pages; NoisyOffice has 258 × 540 and 420 × 540
DAMAGES = {"c": "coffee", "f": "folds", "p": "footprints", "w": "wrinkles"}  # NoisyOffice's letters
OFFICIAL = re.compile(r"(Font[A-Za-z]{3})_Noise([cfpw])_(TR|VA|TE|RE)", re.IGNORECASE)
HOMES = (".", "noisyoffice", "NoisyOffice", "noisyoffice/NoisyOffice")
FOREIGN = ("brick", "camera", "coffee", "grass", "gravel", "moon")  # of skimage.data


@dataclass
class Page:
    """One damaged page.

    `id`: the name in its data set. `noisy`: (H, W) float32 in [0, 1]. `clean`: the same page
    undamaged, (H, W) float32 in [0, 1], or None. `source`: what a split keeps together. `text`:
    what is written on it, or None. `damage`: "coffee", …, or "" if unknown.
    """

    id: str
    noisy: np.ndarray
    clean: np.ndarray | None
    source: str
    text: str | None = None
    damage: str = ""


def load(dataset: str, test_data=None) -> tuple[list[Page], list[Page]]:
    """The pages (train, test) of "synthetic" or "noisyoffice"; no source is in both.

    Real pages come from `COURSE_DATA`; those without a clean twin are left out. The official
    layout keeps its partition (TR and VA train, TE tests); in Kaggle's cut fold 0 of the clean
    pages tests. test_data: a second folder in either layout; then all of `COURSE_DATA` trains and
    all of test_data tests.
    Raises what `read` and `splits.train_test` raise, and ValueError for another name and where no
    test page is damaged.
    """
    if dataset == "synthetic":
        return [draw(seed) for seed in DRAWN["train"]], [draw(seed) for seed in DRAWN["test"]]
    if dataset != "noisyoffice":
        raise ValueError(f'DATASET is "{dataset}"; choose "synthetic" or "noisyoffice".')
    second = None if test_data is None else _pairs(test_data)
    train, test = splits.train_test(_pairs(paths.data_dir()), second, tests)
    if all(np.array_equal(page.noisy, page.clean) for page in test):
        raise ValueError(
            "Each damaged page for the test is the same as its clean twin, so there is "
            "nothing to clean; add damaged ones."
        )
    return train, test


def tests(page: Page) -> bool:
    """Whether a page of NoisyOffice tests: by its official partition, else fold 0 of its source."""
    official = OFFICIAL.fullmatch(page.id)
    return official[3].upper() == "TE" if official else splits.fold(page.source) == 0


def draw(seed: int) -> Page:
    """The drawn page of a seed, which is its source."""
    page = document(seed, size=SIZE)
    return Page(f"page {seed}", page.noisy, page.clean, f"page {seed}", page.text, page.damage)


def most_damaged(page: Page, size: tuple[int, int]) -> tuple[slice, slice]:
    """The window of (height, width) pixels in which a page and its clean twin differ most."""
    differ = uniform_filter((page.noisy - page.clean) ** 2, size, mode="constant")
    middle = np.unravel_index(np.argmax(differ), differ.shape)
    first = [max(place - side // 2, 0) for place, side in zip(middle, size, strict=True)]
    return tuple(slice(start, start + side) for start, side in zip(first, size, strict=True))


# NoisyOffice (Castro-Bleda et al.) ---------------------------------------------------------------


def read(folder) -> list[Page]:
    """NoisyOffice in the layout that the folder has: the official one, or else Kaggle's cut."""
    return read_noisyoffice(folder) if _simulated(folder) else read_kaggle(folder)


def read_kaggle(folder) -> list[Page]:
    """Kaggle's cut of it, "denoising dirty documents": a list of pages, in their order.

    Layout: `<folder>/noisyoffice/train/N.png` and `.../train_cleaned/N.png`; `folder` may also be
    `noisyoffice` itself. The source is the fingerprint of the clean page: each has four damages.
    Kaggle numbered the official names in sorted order, 1 to 216, and kept those of TE for itself;
    so if there are no numbers of TE, a number tells the damage.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root = readers.find(folder, "noisyoffice", "train")
    found = readers.twins(root, root.parent / "train_cleaned")
    names = [readers.name(path) for path, _ in found]
    numbers = [int(name) if name.isdecimal() else 1 for name in names]
    known = all(number % 3 != 1 and number <= 216 for number in numbers)
    damages = ["cfpw"[(number - 1) // 3 % 4] if known else "" for number in numbers]
    pages = [(*pair, DAMAGES.get(damage, "")) for pair, damage in zip(found, damages, strict=True)]
    return readers.gather(sorted(pages, key=_order), lambda page: _pair(*page))


def read_noisyoffice(folder) -> list[Page]:
    """The official layout: 216 simulated pages with clean twins, then 72 real ones without.

    Layout: `SimulatedNoisyOffice/simulated_noisy_images_grayscale/FontABC_NoiseD_EE.png` (D: the
    damage, EE: TR, VA or TE) with `.../clean_images_grayscale/FontABC_Clean_EE.png`, and, if it
    is there, `RealNoisyOffice/real_noisy_images_grayscale`; in `<folder>` or its `noisyoffice`.
    Raises FileNotFoundError or ValueError, naming the file that is missing, broken or misnamed.
    """
    simulated = _simulated(folder) or paths.resolved(folder) / "noisyoffice/SimulatedNoisyOffice"
    clean = simulated / "clean_images_grayscale"
    noisy = readers.pictures(simulated / "simulated_noisy_images_grayscale")
    if not noisy:
        raise FileNotFoundError(f"There is no page in {simulated}.")
    pages = readers.gather(noisy, lambda path: _official_pair(path, clean))
    real = simulated.parent / "RealNoisyOffice" / "real_noisy_images_grayscale"
    return pages + readers.gather(readers.pictures(real) if real.is_dir() else [], _real)


def _simulated(folder) -> Path | None:
    """The folder of simulated pages, wherever it lies, or None."""
    places = [paths.resolved(folder) / home / "SimulatedNoisyOffice" for home in HOMES]
    return next((place for place in places if place.is_dir()), None)


def _pairs(folder) -> list[Page]:
    return [page for page in read(folder) if page.clean is not None]


def _order(page):
    """Numbers in their order."""
    return page[0].stem.zfill(9)


def _official(path) -> tuple[str, str, str]:
    """Font, letter of the damage and partition, from an official name."""
    name = OFFICIAL.fullmatch(readers.name(path))
    if name is None:
        raise ValueError(f"{path} should have a name like FontLre_Noisec_TR.png.")
    return name[1], name[2].lower(), name[3]


def _official_pair(path, clean) -> Page:
    font, damage, part = _official(path)
    return _pair(path, readers.named(clean, f"{font}_Clean_{part}"), DAMAGES[damage])


def _real(path) -> Page:
    """A page that was photographed, without a clean twin."""
    font, damage, part = _official(path)
    return Page(
        readers.name(path),
        readers.read(path, grey=True),
        None,
        f"{font}_{part}",
        damage=DAMAGES[damage],
    )


def _pair(path, clean_path, damage) -> Page:
    """A damaged page with its clean twin, whose pixels are the source."""
    noisy, clean = readers.read(path, grey=True), readers.read(clean_path, grey=True)
    if noisy.shape != clean.shape:
        raise ValueError(
            f"The clean page {clean_path} is {clean.shape[1]}x{clean.shape[0]} pixels "
            f"and its damaged twin {noisy.shape[1]}x{noisy.shape[0]}."
        )
    return Page(readers.name(path), noisy, clean, readers.fingerprint(clean), damage=damage)


# More of each page: for training pages only, after the split -------------------------------------


def ninefold(
    noisy: np.ndarray,
    clean: np.ndarray | None,
    rng: np.random.Generator,
    picture: np.ndarray | None = None,
) -> list[tuple]:
    """Nine (noisy, clean) pairs of one page, as the lecture made 2,592 pages of 288.

    noisy, clean: (H, W) float32 in [0, 1]; clean is None where there is none. In this order: as it
    is; Gaussian, salt-and-pepper, Poisson and speckle noise; mirrored; turned by up to 5 degrees;
    on a foreign picture ((h, w) or (h, w, 3), any size; by default one of scikit-image's); in a
    shadow. Only the two movements change `clean`, and they move both alike. Poisson noise counts as
    many photons as the page has grey levels: the 256 of a file.
    """
    kinds = (
        {"mode": "gaussian", "var": 0.005},
        {"mode": "s&p", "amount": 0.02},
        {"mode": "poisson"},
        {"mode": "speckle", "var": 0.02},
    )
    levels = images.to_float(images.to_uint8(noisy))  # as in a file
    pages = (noisy, noisy, levels, noisy)
    noises = [
        util.random_noise(page, rng=rng, **kind).astype(np.float32)
        for page, kind in zip(pages, kinds, strict=True)
    ]
    turn = augment.random_warp(noisy.shape, rng, rotation=5.0, elastic=0.0, flip=False)
    moves = [np.fliplr, lambda page: augment.warp(page, turn, order=1)]
    moved = [(move(noisy), None if clean is None else move(clean)) for move in moves]
    if picture is None:
        picture = getattr(data, rng.choice(FOREIGN))()
    picture = images.to_float(picture)
    picture = images.resize(images.to_grey(picture) if picture.ndim == 3 else picture, noisy.shape)
    shadow = np.linspace(1, rng.uniform(0.4, 0.7), noisy.shape[1], dtype=np.float32)
    shaded = [noisy * (0.6 + 0.4 * picture), noisy * shadow[:: rng.choice([1, -1])]]
    return [(noisy, clean), *((n, clean) for n in noises), *moved, *((n, clean) for n in shaded)]


@dataclass(frozen=True)
class Crops:
    """Draws training crops: `crops(rng)` is (noisy, clean), each (h, w, 1) float32 in [0, 1].

    pages: training pages with clean twins. side: pixels, one number or (h, w). flip: mirror both
    twins, in each direction every second time; a mirrored letter is as good for a network that
    looks at strokes. light: strength of `augment.grey_levels`, on the damaged twin only. A page
    that is smaller than a crop is mirrored at the bottom and on the right.
    Raises ValueError for a page without a clean twin.
    """

    pages: list
    side: int | tuple[int, int] = 64
    flip: bool = True
    light: float = 0.0

    def __post_init__(self):
        for page in self.pages:
            if page.clean is None:
                raise ValueError(f"Page {page.id} has no clean twin; leave it out.")
        twins = [
            [_at_least(self.side, part) for part in (page.noisy, page.clean)] for page in self.pages
        ]
        object.__setattr__(self, "_twins", twins)

    def __call__(self, rng: np.random.Generator):
        twins = self._twins[rng.integers(len(self._twins))]
        height, width = np.broadcast_to(self.side, 2)
        top = rng.integers(twins[0].shape[0] - height + 1)
        left = rng.integers(twins[0].shape[1] - width + 1)
        down, right = rng.choice([1, -1], 2) if self.flip else (1, 1)
        window = np.s_[top : top + height, left : left + width]
        noisy, clean = (part[window][::down, ::right, None] for part in twins)
        if self.light:
            noisy = np.clip(augment.grey_levels(noisy, rng, self.light), 0, 1)
        return np.ascontiguousarray(noisy), np.ascontiguousarray(clean)


def _at_least(side, page):
    """The page (H, W), mirrored up to `side` (one number or two) where it is smaller."""
    room = [
        (0, max(0, wanted - there)) for wanted, there in zip(np.broadcast_to(side, 2), page.shape)
    ]
    return np.pad(page, room, mode="symmetric") if np.any(room) else page
