"""The exercises of lesson 06: scores of many pages, splits, any size, and cleaning by hand."""

import functools

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.special import logit

from drawn_worlds.documents import document

from .. import metrics, ocr
from ..data import splits
from ..models import documents as models
from .core import Exercise

DAMAGED = {"coffee": 5001, "folds": 5011, "footprints": 5013, "uneven light": 5015}  # seeds


def pooled_rmse(clean, cleaned):
    """The RMSE over all pixels of two lists of pages, (H, W) in [0, 1], of any sizes."""
    return metrics.page_scores(clean, cleaned)["rmse"]


def sides(files, pages, copies):
    """0 for files that train, 1 for those that test, -1 for augmented copies of test pages.

    files: names of files.  pages: the page on each; in `splits.fold` 0 it tests.  copies: whether
    each is an augmented copy.  Three lists of one length n; returns integers (n,).
    """
    tests = np.array([splits.fold(page) == 0 for page in pages])
    return np.where(tests, np.where(copies, -1, 1), 0)


def without_network(noisy):
    """The baseline of the open exercise: white where the page is lighter than 0.5, else black."""
    return (noisy > 0.5).astype(np.float32)


def _page_pairs():
    rng = np.random.default_rng(1)
    large, small, line = (rng.random(size) for size in ((12, 20), (4, 5), (1, 30)))
    near = [np.clip(page + 0.1 * rng.standard_normal(page.shape), 0, 1) for page in (large, line)]
    return {
        "a good large page and a bad small one": ([large, small], [near[0], 1 - small]),
        "a perfect page and a bad small one": ([large, small], [large, 1 - small]),
        "three sizes": ([large, small, line], [near[0], 1 - small, near[1]]),
        "one page": ([line], [near[1]]),
        "nothing is wrong": ([large, small], [large, small]),
    }


def _readings():
    long = "She moved the small blue table"
    return {
        "a letter is missing": ([long, "by the window"], [long, "by te window"]),
        "a letter is too many": (["Ink on paper", "all"], ["Ink on paperr", "al1"]),
        "a long page and a short one": ([long, "to"], ["She m0ved the smal blue table", "in"]),
        "words run together": ([long, "half a day"], ["She movedthe small bluetable", "ha1f aday"]),
        "a stain is read as text": (["old map"], ["~ old map .."]),
        "nothing is read": (["old map", "ink"], ["old map", ""]),
        "nothing at all is read": (["ink"], [""]),
    }


def _files():
    texts, damages = [f"form {number}" for number in range(1, 11)], ("coffee", "folds")
    scans = [(f"{text}, {damage}", text, False) for damage in damages for text in texts]
    mirrored = [(f"{file}, mirrored", text, True) for file, text, _ in scans]
    numbered = [(f"{number}.png", f"paper {number // 4}", False) for number in range(40)]
    cases = {
        "two damages": scans,
        "files with numbers, four a page": numbered,
        "with mirrored copies": scans + mirrored,
        "copies beside their scans": [file for pair in zip(scans, mirrored) for file in pair],
    }
    return {name: tuple(map(list, zip(*files))) for name, files in cases.items()}


def network(pages, training=False):
    """Stands in for a trained cleaner: (N, H, W, 1), sides divisible by 8 -> logits of that shape.

    Its sigmoid is the mean over 5×5 pixels. Raises ValueError for another shape.
    """
    if np.ndim(pages) != 4 or np.shape(pages)[3] != 1 or np.any(np.mod(np.shape(pages)[1:3], 8)):
        raise ValueError(
            "This network takes pages (N, H, W, 1) with sides divisible by 8, not "
            f"{np.shape(pages)}."
        )
    means = uniform_filter(np.asarray(pages, float), (1, 5, 5, 1), mode="nearest")
    return logit(np.clip(means, 0.001, 0.999))


def _sizes():
    """Grey paper with ink in the middle; its rim is even, so that each way to continue it is."""
    rng, cases = np.random.default_rng(3), {}
    for height, width in ((21, 30), (9, 43), (24, 29), (24, 32)):
        page = np.full((height, width), 0.8, np.float32)
        page[4:-4, 4:-4] = rng.random((height - 8, width - 8))
        cases[f"{height}×{width} pixels"] = network, page
    return cases


@functools.cache
def _documents():
    return {damage: document(seed, (128, 256), damage) for damage, seed in DAMAGED.items()}


def damaged_pages():
    """{damage: (noisy page,)}: four drawn pages of 128×256 pixels, each with one damage."""
    return {damage: (page.noisy,) for damage, page in _documents().items()}


def _share_gone(cleaned):
    """1 - RMSE after cleaning / RMSE before, each pooled: 1 at best, 0 for doing nothing."""
    clean, noisy = zip(*((page.clean, page.noisy) for page in _documents().values()))
    return 1 - pooled_rmse(clean, [cleaned[name] for name in DAMAGED]) / pooled_rmse(clean, noisy)


EXERCISES = [
    Exercise("06.1", pooled_rmse, _page_pairs),
    Exercise("06.2", ocr.cer, _readings),
    Exercise("06.3", sides, _files),
    Exercise("06.4", models.clean, _sizes),
    Exercise(
        "06.5",
        without_network,
        damaged_pages,
        _share_gone,
        goal=0.75,
        measure="Share of the RMSE that is gone:",
    ),
]
