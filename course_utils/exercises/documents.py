"""The exercises of lesson 06, scores, splits, any size, cleaning by hand; and their mistakes."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.special import expit, logit
from skimage.exposure import rescale_intensity
from skimage.filters import threshold_otsu

from drawn_worlds.documents import document

from .. import cleaning, images, metrics, ocr
from ..data import documents, splits
from ..models import documents as models
from .core import Exercise, mistake

DAMAGED = {"coffee": 5001, "folds": 5011, "footprints": 5013, "uneven light": 5015}  # seeds

# 1. The RMSE of many pages -----------------------------------------------------------------------


def pooled_rmse(clean, cleaned):
    """The RMSE over all pixels of two lists of pages, (H, W) in [0, 1], of any sizes."""
    return metrics.page_scores(clean, cleaned)["rmse"]


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


def _squares(clean, cleaned):
    return [(truth - page) ** 2 for truth, page in zip(clean, cleaned, strict=True)]


@mistake(
    pooled_rmse,
    "A stamp-sized scrap counts as much as a whole page.",
    "Add up the squares and the pixels of all pages; divide once, and take the root last.",
)
def mean_of_page_rmses(clean, cleaned):
    return np.mean([np.sqrt(np.mean(squares)) for squares in _squares(clean, cleaned)])


@mistake(
    pooled_rmse,
    "Pixels of small pages count more than those of large ones.",
    "Don't average the pages' means: divide the sum of all squares by all pixels.",
)
def pages_weighted_alike(clean, cleaned):
    return np.sqrt(np.mean([np.mean(squares) for squares in _squares(clean, cleaned)]))


@mistake(
    pooled_rmse,
    "All numbers but 0 are far too small: that is the mean squared error.",
    "Take the square root at the end.",
)
def root_forgotten(clean, cleaned):
    return pooled_rmse(clean, cleaned) ** 2


@mistake(
    pooled_rmse,
    "A few large errors hardly count: that is the mean absolute error.",
    "Square the differences, then take the root of their mean.",
)
def absolute_error(clean, cleaned):
    return metrics.mae(*(np.concatenate([page.ravel() for page in p]) for p in (clean, cleaned)))


@mistake(pooled_rmse, "White is 255 away from black.", "Pages are in [0, 1]: leave them so.")
def grey_levels_of_255(clean, cleaned):
    return 255 * pooled_rmse(clean, cleaned)


@mistake(
    pooled_rmse,
    "The number grows with every page.",
    "Divide the sum of the squares by the number of pixels.",
)
def squares_not_divided(clean, cleaned):
    return np.sqrt(sum(map(np.sum, _squares(clean, cleaned))))


# 2. CER by hand ----------------------------------------------------------------------------------


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


@mistake(
    ocr.cer,
    "A line of ten characters counts as much as a page of a thousand.",
    "Divide the edits of all pages by the characters of all pages.",
)
def mean_of_the_pages(references, readings):
    return np.mean([ocr.cer([a], [b]) for a, b in zip(references, readings, strict=True)])


def _edits(reference, reading, replaced=1, started=1):
    row = [started * j for j in range(len(reading) + 1)]
    for i, a in enumerate(reference, 1):
        last, row[0] = row[0], started * i
        for j, b in enumerate(reading, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + replaced * (a != b))
    return row[-1]


def _rate(references, readings, edits):
    return sum(map(edits, references, readings)) / sum(map(len, references))


@mistake(
    ocr.cer,
    "One letter is missing, and all that follow count as wrong.",
    "Compare by the table, which may insert and delete; not place by place.",
)
def compared_place_by_place(references, readings):
    def differences(a, b):
        return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))

    return _rate(references, readings, differences)


@mistake(
    ocr.cer,
    "An empty reading is perfect: zip stops where the shorter text ends.",
    "Missing and made-up characters are edits, too: fill the table, which counts them.",
)
def only_replacements_counted(references, readings):
    return _rate(references, readings, lambda a, b: sum(x != y for x, y in zip(a, b)))


@mistake(
    ocr.cer,
    "Letters that were made up cost little, and an empty reading divides by 0.",
    "Divide by the characters that are on the page, not by those that were read.",
)
def divided_by_the_reading(references, readings):
    return sum(map(_edits, references, readings)) / sum(map(len, readings))


@mistake(
    ocr.cer,
    "One wrong letter makes a whole word wrong: that is WER.",
    "Compare the strings themselves, without split().",
)
def words_for_characters(references, readings):
    return ocr.wer(references, readings)


@mistake(
    ocr.cer,
    "A wrong letter costs as much as two: it is deleted, then inserted.",
    "Let a replacement cost 1: the entry at the upper left, plus 1 if the characters differ.",
)
def replacement_counted_twice(references, readings):
    return _rate(references, readings, lambda a, b: _edits(a, b, replaced=2))


@mistake(
    ocr.cer,
    "An empty reading has no errors.",
    "Count what is read from nothing: the first row and column are 0, 1, 2, ….",
)
def table_starts_with_zeros(references, readings):
    return _rate(references, readings, lambda a, b: _edits(a, b, started=0))


@mistake(ocr.cer, "A perfect reading gets 1.", "It is the rate of errors: don't take it from 1.")
def share_that_is_right(references, readings):
    return 1 - ocr.cer(references, readings)


# 3. Which files test -----------------------------------------------------------------------------


def sides(files, pages, copies):
    """0 for files that train, 1 for those that test, -1 for augmented copies of test pages.

    files: names of files.  pages: the page on each; in `splits.fold` 0 it tests.  copies: whether
    each is an augmented copy.  Three lists of one length n; returns integers (n,).
    """
    return _sides([splits.fold(page) == 0 for page in pages], copies)


def _sides(tests, copies):
    return np.where(tests, np.where(copies, -1, 1), 0)


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


@mistake(
    sides,
    "Each test page has trained, too, under another damage.",
    "Take the fold of the page, not of the file's own name.",
)
def fold_of_the_file(files, pages, copies):
    return _sides([splits.fold(file) == 0 for file in files], copies)


@mistake(
    sides,
    "Sort the files another way, and other pages test; some test and train.",
    "The place in a list says nothing about the page: take the fold of the page's name.",
)
def last_fifth_tests(files, pages, copies):
    return _sides(np.arange(len(files)) >= len(files) - len(files) // 5, copies)


@mistake(
    sides,
    "One file goes missing, and all that follow change sides.",
    "Don't count: the fold of the page's name stays what it is.",
)
def every_fifth_file_tests(files, pages, copies):
    return _sides(np.arange(len(files)) % 5 == 0, copies)


@mistake(
    sides,
    "Test scores are too good: copies of each test page trained.",
    "Decide by the page first: a copy trains only if its page does.",
)
def copies_always_train(files, pages, copies):
    tests = [splits.fold(page) == 0 for page in pages]
    return np.where(np.logical_and(tests, np.logical_not(copies)), 1, 0)


@mistake(
    sides,
    "The test is no longer on scans alone: each page counts again for each copy.",
    "Leave out the copies of test pages: -1.",
)
def copies_test_too(files, pages, copies):
    return np.where([splits.fold(page) == 0 for page in pages], 1, 0)


@mistake(
    sides,
    "Four fifths of the pages test, and hardly anything is left to learn from.",
    "Fold 0 tests, the four others train.",
)
def fold_0_trains(files, pages, copies):
    return _sides([splits.fold(page) != 0 for page in pages], copies)


# 4. A page of any size ---------------------------------------------------------------------------


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


def _missing(page):
    return [(0, -side % 8) for side in page.shape]


def _answer(model, page, room, **how):
    """The cleaned page with the room around it that `np.pad` filled."""
    return expit(model(np.pad(page, room, **how)[None, ..., None])[0, ..., 0])


@mistake(
    models.clean,
    "A dark rim grows in from the right and from below: it was filled with black.",
    'Continue the paper: np.pad(…, mode="symmetric"); without a mode it fills with 0.',
)
def filled_with_black(model, page):
    return _answer(model, page, _missing(page))[: page.shape[0], : page.shape[1]]


@mistake(
    models.clean,
    "Grey paper gets a light rim on the right and below: it was filled with white.",
    'Paper is not 1 everywhere: mirror what is there, with mode="symmetric".',
)
def filled_with_white(model, page):
    whole = _answer(model, page, _missing(page), constant_values=1)
    return whole[: page.shape[0], : page.shape[1]]


@mistake(
    models.clean,
    "Up to seven rows and columns of the page are gone.",
    "Fill up to the next multiple of 8, don't cut down to the last.",
)
def remainder_cut_off(model, page):
    height, width = page.shape
    return models.clean(model, page[: height // 8 * 8, : width // 8 * 8])


@mistake(
    models.clean,
    "Letters are blurred: the page was stretched to fit, and squeezed back.",
    "Don't resize; fill the room that is missing with np.pad.",
)
def stretched_to_fit(model, page):
    return _at_size(model, page, [-(-side // 8) * 8 for side in page.shape])


@mistake(
    models.clean,
    "Letters are blurred and squashed even if the cleaning itself is perfect.",
    "Clean a page at its own size; pad it or go tile by tile.",
)
def fixed_shape(model, page):
    return _at_size(model, page, (172, 360))


def _at_size(model, page, size):
    return images.resize(models.clean(model, images.resize(page, size)), page.shape)


@mistake(
    models.clean,
    "The page has moved to the lower right.",
    "Cut on the side where you filled: np.pad takes (above, below), (left, right).",
)
def filled_on_the_other_side(model, page):
    whole = _answer(model, page, [room[::-1] for room in _missing(page)], mode="symmetric")
    return whole[: page.shape[0], : page.shape[1]]


@mistake(
    models.clean,
    "The page has grown by what it was filled with.",
    "Cut it back to its own height and width at the end.",
)
def not_cut_back(model, page):
    return _answer(model, page, _missing(page), mode="symmetric")


@mistake(
    models.clean,
    "A page that fits as it is comes back empty: [:-0] is nothing.",
    "Cut with [:height, :width].",
)
def cut_by_minus_zero(model, page):
    (_, below), (_, right) = _missing(page)
    return not_cut_back(model, page)[:-below, :-right]


@mistake(
    models.clean,
    "Values are below 0 and above 1: the network's logits.",
    "Apply the sigmoid, 1 / (1 + np.exp(-x)).",
)
def sigmoid_forgotten(model, page):
    return logit(models.clean(model, page))


# 5. Clean pages without a network ----------------------------------------------------------------


def without_network(noisy):
    """The baseline of the open exercise: white where the page is lighter than 0.5, else black."""
    return (noisy > 0.5).astype(np.float32)


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


@mistake(
    without_network,
    "Nothing is gone: this is the damaged page.",
    "Return what you have made of it.",
)
def page_left_as_it_is(noisy):
    return noisy


@mistake(
    without_network,
    "Where a stain is dark, it is black: one threshold serves all places.",
    "Compare each pixel with the paper around it, not with the whole page.",
)
def one_threshold_for_the_page(noisy):
    return (noisy > threshold_otsu(noisy)).astype(np.float32)


@mistake(without_network, "White letters on black paper.", "Ink is 0 and paper is 1.")
def ink_made_white(noisy):
    return 1 - without_network(noisy)


@mistake(
    without_network,
    "Nothing is written any more: this is the paper without its ink.",
    "That is the background: divide the page by it.",
)
def ink_filtered_away(noisy):
    return cleaning.median_filter(noisy, 10)


@mistake(
    without_network,
    "Paper is whiter and ink blacker, and so is every stain.",
    "The darkest and the lightest pixel know nothing of the place: look around each pixel.",
)
def contrast_stretched(noisy):
    return rescale_intensity(noisy, out_range=(0.0, 1.0)).astype(np.float32)


# Around the network ------------------------------------------------------------------------------


@mistake(
    splits.train_test,
    "Test pages are known by heart: each has trained, under another stain.",
    "Split by the clean page: all damages of a page go to one side.",
)
def split_by_file(pages):
    test = [page for page in pages if splits.fold(page.id) == 0]
    return [page for page in pages if splits.fold(page.id) != 0], test


@mistake(
    splits.train_test,
    "Test scores are too good: mirrored or noisier copies of each page trained.",
    "Split first, then augment the training pages only.",
)
def augmented_before_the_split(pages, rng):
    copies = [
        replace(page, id=f"{page.id} {number}", noisy=noisy, clean=clean)
        for page in pages
        for number, (noisy, clean) in enumerate(documents.ninefold(page.noisy, page.clean, rng))
    ]
    return split_by_file(copies)


@mistake(
    metrics.rmse,
    "The clean page itself gets less than 1, and black or white letters get no less.",
    "Grey is no class that can be hit or missed: measure how far off it is, by RMSE.",
)
def accuracy_of_grey(truth, prediction):
    return np.mean(truth == (prediction > 0.5))


@mistake(
    images.write_image,
    "White paper turns grey around each letter.",
    "Write PNG, which keeps every pixel; JPEG is made for photographs.",
)
def saved_as_jpeg(path, image):
    return images.write_image(Path(path).with_suffix(".jpg"), image)


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
