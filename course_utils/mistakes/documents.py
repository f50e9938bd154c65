"""Mistakes with scanned pages, their splits and their scores: lesson 06.

A peak of 255 for pages in [0, 1] is `wrong_peak`, among those with pictures.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import expit
from skimage.exposure import rescale_intensity
from skimage.filters import threshold_otsu

from .. import cleaning, images, metrics, ocr
from ..data import documents, splits
from . import mistake

# Splits -----------------------------------------------------------------------------------------


@mistake(
    "train_test",
    "Test pages are known by heart: each has trained, under another stain.",
    "Split by the clean page: all damages of a page go to one side.",
)
def split_by_file(pages):
    test = [page for page in pages if splits.fold(page.id) == 0]
    return [page for page in pages if splits.fold(page.id) != 0], test


@mistake(
    "train_test",
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


def _sides(tests, copies):
    return np.where(tests, np.where(copies, -1, 1), 0)


@mistake(
    "sides",
    "Each test page has trained, too, under another damage.",
    "Take the fold of the page, not of the file's own name.",
)
def fold_of_the_file(files, pages, copies):
    return _sides([splits.fold(file) == 0 for file in files], copies)


@mistake(
    "sides",
    "Sort the files another way, and other pages test; some test and train.",
    "The place in a list says nothing about the page: take the fold of the page's name.",
)
def last_fifth_tests(files, pages, copies):
    return _sides(np.arange(len(files)) >= len(files) - len(files) // 5, copies)


@mistake(
    "sides",
    "One file goes missing, and all that follow change sides.",
    "Don't count: the fold of the page's name stays what it is.",
)
def every_fifth_file_tests(files, pages, copies):
    return _sides(np.arange(len(files)) % 5 == 0, copies)


@mistake(
    "sides",
    "Test scores are too good: copies of each test page trained.",
    "Decide by the page first: a copy trains only if its page does.",
)
def copies_always_train(files, pages, copies):
    tests = [splits.fold(page) == 0 for page in pages]
    return np.where(np.logical_and(tests, np.logical_not(copies)), 1, 0)


@mistake(
    "sides",
    "The test is no longer on scans alone: each page counts again for each copy.",
    "Leave out the copies of test pages: -1.",
)
def copies_test_too(files, pages, copies):
    return np.where([splits.fold(page) == 0 for page in pages], 1, 0)


@mistake(
    "sides",
    "Four fifths of the pages test, and hardly anything is left to learn from.",
    "Fold 0 tests, the four others train.",
)
def fold_0_trains(files, pages, copies):
    return _sides([splits.fold(page) != 0 for page in pages], copies)


# Any size ---------------------------------------------------------------------------------------


@mistake(
    "cleaned",
    "Letters are blurred and squashed even if the cleaning itself is perfect.",
    "Clean a page at its own size; pad it or go tile by tile.",
)
def fixed_shape(page, clean):
    return images.resize(clean(images.resize(page, (172, 360))), page.shape)


def _missing(page):
    return [(0, -side % 8) for side in page.shape]


def _answer(model, whole):
    return expit(model(whole[None, ..., None])[0, ..., 0])


@mistake(
    "clean",
    "A dark rim grows in from the right and from below: it was filled with black.",
    'Continue the paper: np.pad(…, mode="symmetric"); without a mode it fills with 0.',
)
def filled_with_black(model, page):
    return _answer(model, np.pad(page, _missing(page)))[: page.shape[0], : page.shape[1]]


@mistake(
    "clean",
    "Grey paper gets a light rim on the right and below: it was filled with white.",
    'Paper is not 1 everywhere: mirror what is there, with mode="symmetric".',
)
def filled_with_white(model, page):
    whole = np.pad(page, _missing(page), constant_values=1)
    return _answer(model, whole)[: page.shape[0], : page.shape[1]]


@mistake(
    "clean",
    "Up to seven rows and columns of the page are gone.",
    "Fill up to the next multiple of 8, don't cut down to the last.",
)
def remainder_cut_off(model, page):
    height, width = page.shape
    return _answer(model, page[: height // 8 * 8, : width // 8 * 8])


@mistake(
    "clean",
    "Letters are blurred: the page was stretched to fit, and squeezed back.",
    "Don't resize; fill the room that is missing with np.pad.",
)
def stretched_to_fit(model, page):
    whole = images.resize(page, tuple(-(-side // 8) * 8 for side in page.shape))
    return images.resize(_answer(model, whole), page.shape)


@mistake(
    "clean",
    "The page has moved to the lower right.",
    "Cut on the side where you filled: np.pad takes (above, below), (left, right).",
)
def filled_on_the_other_side(model, page):
    whole = np.pad(page, [room[::-1] for room in _missing(page)], mode="symmetric")
    return _answer(model, whole)[: page.shape[0], : page.shape[1]]


@mistake(
    "clean",
    "The page has grown by what it was filled with.",
    "Cut it back to its own height and width at the end.",
)
def not_cut_back(model, page):
    return _answer(model, np.pad(page, _missing(page), mode="symmetric"))


@mistake(
    "clean",
    "A page that fits as it is comes back empty: [:-0] is nothing.",
    "Cut with [:height, :width].",
)
def cut_by_minus_zero(model, page):
    (_, below), (_, right) = _missing(page)
    return _answer(model, np.pad(page, _missing(page), mode="symmetric"))[:-below, :-right]


@mistake(
    "clean",
    "Values are below 0 and above 1: the network's logits.",
    "Apply the sigmoid, 1 / (1 + np.exp(-x)).",
)
def sigmoid_forgotten(model, page):
    whole = np.pad(page, _missing(page), mode="symmetric")
    return model(whole[None, ..., None])[0, : page.shape[0], : page.shape[1], 0]


# What a reader gets wrong -----------------------------------------------------------------------


@mistake(
    "cer",
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
    "cer",
    "One letter is missing, and all that follow count as wrong.",
    "Compare by the table, which may insert and delete; not place by place.",
)
def compared_place_by_place(references, readings):
    def differences(a, b):
        return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))

    return _rate(references, readings, differences)


@mistake(
    "cer",
    "An empty reading is perfect: zip stops where the shorter text ends.",
    "Missing and made-up characters are edits, too: fill the table, which counts them.",
)
def only_replacements_counted(references, readings):
    return _rate(references, readings, lambda a, b: sum(x != y for x, y in zip(a, b)))


@mistake(
    "cer",
    "Letters that were made up cost little, and an empty reading divides by 0.",
    "Divide by the characters that are on the page, not by those that were read.",
)
def divided_by_the_reading(references, readings):
    return sum(map(_edits, references, readings)) / sum(map(len, readings))


@mistake(
    "cer",
    "One wrong letter makes a whole word wrong: that is WER.",
    "Compare the strings themselves, without split().",
)
def words_for_characters(references, readings):
    return ocr.wer(references, readings)


@mistake(
    "cer",
    "A wrong letter costs as much as two: it is deleted, then inserted.",
    "Let a replacement cost 1: the entry at the upper left, plus 1 if the characters differ.",
)
def replacement_counted_twice(references, readings):
    return _rate(references, readings, lambda a, b: _edits(a, b, replaced=2))


@mistake(
    "cer",
    "An empty reading has no errors.",
    "Count what is read from nothing: the first row and column are 0, 1, 2, ….",
)
def table_starts_with_zeros(references, readings):
    return _rate(references, readings, lambda a, b: _edits(a, b, started=0))


@mistake("cer", "A perfect reading gets 1.", "It is the rate of errors: don't take it from 1.")
def share_that_is_right(references, readings):
    return 1 - ocr.cer(references, readings)


# Pixels -----------------------------------------------------------------------------------------


def _squares(clean, cleaned):
    return [(truth - page) ** 2 for truth, page in zip(clean, cleaned, strict=True)]


@mistake(
    "pooled_rmse",
    "A stamp-sized scrap counts as much as a whole page.",
    "Add up the squares and the pixels of all pages; divide once, and take the root last.",
)
def mean_of_page_rmses(clean, cleaned):
    return np.mean([np.sqrt(np.mean(squares)) for squares in _squares(clean, cleaned)])


@mistake(
    "pooled_rmse",
    "Pixels of small pages count more than those of large ones.",
    "Don't average the pages' means: divide the sum of all squares by all pixels.",
)
def pages_weighted_alike(clean, cleaned):
    return np.sqrt(np.mean([np.mean(squares) for squares in _squares(clean, cleaned)]))


@mistake(
    "pooled_rmse",
    "All numbers but 0 are far too small: that is the mean squared error.",
    "Take the square root at the end.",
)
def root_forgotten(clean, cleaned):
    return metrics.page_scores(clean, cleaned)["rmse"] ** 2


@mistake(
    "pooled_rmse",
    "A few large errors hardly count: that is the mean absolute error.",
    "Square the differences, then take the root of their mean.",
)
def absolute_error(clean, cleaned):
    return metrics.mae(*(np.concatenate([page.ravel() for page in p]) for p in (clean, cleaned)))


@mistake("pooled_rmse", "White is 255 away from black.", "Pages are in [0, 1]: leave them so.")
def grey_levels_of_255(clean, cleaned):
    return 255 * metrics.page_scores(clean, cleaned)["rmse"]


@mistake(
    "pooled_rmse",
    "The number grows with every page.",
    "Divide the sum of the squares by the number of pixels.",
)
def squares_not_divided(clean, cleaned):
    return np.sqrt(sum(map(np.sum, _squares(clean, cleaned))))


@mistake(
    "rmse",
    "The clean page itself gets less than 1, and black or white letters get no less.",
    "Grey is no class that can be hit or missed: measure how far off it is, by RMSE.",
)
def accuracy_of_grey(truth, prediction):
    return np.mean(truth == (prediction > 0.5))


@mistake(
    "write_image",
    "White paper turns grey around each letter.",
    "Write PNG, which keeps every pixel; JPEG is made for photographs.",
)
def saved_as_jpeg(path, image):
    return images.write_image(Path(path).with_suffix(".jpg"), image)


# Cleaning by hand -------------------------------------------------------------------------------


@mistake(
    "without_network",
    "Nothing is gone: this is the damaged page.",
    "Return what you have made of it.",
)
def page_left_as_it_is(noisy):
    return noisy


@mistake(
    "without_network",
    "Where a stain is dark, it is black: one threshold serves all places.",
    "Compare each pixel with the paper around it, not with the whole page.",
)
def one_threshold_for_the_page(noisy):
    return (noisy > threshold_otsu(noisy)).astype(np.float32)


@mistake("without_network", "White letters on black paper.", "Ink is 0 and paper is 1.")
def ink_made_white(noisy):
    return (noisy < 0.5).astype(np.float32)


@mistake(
    "without_network",
    "Nothing is written any more: this is the paper without its ink.",
    "That is the background: divide the page by it.",
)
def ink_filtered_away(noisy):
    return cleaning.median_filter(noisy, 10)


@mistake(
    "without_network",
    "Paper is whiter and ink blacker, and so is every stain.",
    "The darkest and the lightest pixel know nothing of the place: look around each pixel.",
)
def contrast_stretched(noisy):
    return rescale_intensity(noisy, out_range=(0.0, 1.0)).astype(np.float32)
