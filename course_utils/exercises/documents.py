"""The exercises of lesson 06, from the floor of the loss to a server's answers; their mistakes."""

import functools
import io
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import uniform_filter
from scipy.special import entr, expit, logit
from skimage.exposure import rescale_intensity
from skimage.filters import threshold_otsu

from drawn_worlds.documents import document

from .. import cleaning, images, metrics, ocr
from ..data import documents, splits
from ..models import documents as models
from .core import Exercise, mistake

DAMAGED = {
    "coffee": 5001,
    "uneven light": 5004,
    "footprints": 5007,
    "salt and pepper": 5010,
}  # seeds
MEGAPIXELS = 20  # that a page may have which is sent to a server

# 1. The floor of the loss ------------------------------------------------------------------------


def entropy_of_grey(clean):
    """The lowest mean binary cross-entropy per pixel of clean pages, each (H, W) in [0, 1].

    Clean pages are the best answer to themselves: -t·ln t - (1 - t)·ln(1 - t), with 0·ln 0 = 0.
    """
    return metrics.page_scores(clean, clean)["bce"]


def _clean_pages():
    rng = np.random.default_rng(1)
    black_and_white = np.repeat([[0.0, 1.0]], 6, axis=1).reshape(3, 4)
    rims = np.clip(rng.normal(0.6, 0.5, (8, 20)), 0, 1)
    return {
        "grey everywhere": ([np.full((4, 6), 0.5)],),
        "black and white only": ([black_and_white],),
        "strokes with grey rims": ([rims],),
        "light grey and dark grey": ([np.full((3, 5), 0.9), np.full((3, 5), 0.2)],),
        "a large page and a small one": ([rims, np.full((2, 3), 0.4)],),
    }


def _terms(share):
    """-share·ln(share) of numbers in [0, 1], (…) -> (…)."""
    return entr(np.asarray(share, float))


def _per_pixel(clean, terms):
    return sum(np.sum(terms(page)) for page in clean) / sum(page.size for page in clean)


@mistake(
    entropy_of_grey,
    "One pixel of pure black or white makes all of it nan: 0 · log 0.",
    "A factor of 0 counts 0: take the logarithm of what is not 0, or use np.clip before it.",
)
def log_of_zero(clean):
    with np.errstate(all="ignore"):
        return _per_pixel(clean, lambda t: -t * np.log(t) - (1 - t) * np.log(1 - t))


@mistake(
    entropy_of_grey,
    "Light grey costs less than dark grey: half of the formula is missing.",
    "Add the second term, with 1 - t for t.",
)
def second_term_forgotten(clean):
    return _per_pixel(clean, _terms)


@mistake(
    entropy_of_grey, "A grey pixel costs 1: those are bits.", "Keras takes np.log, not np.log2."
)
def logarithm_of_base_2(clean):
    return entropy_of_grey(clean) / np.log(2)


@mistake(entropy_of_grey, "It is below 0.", "Both terms have a minus: logs of shares are negative.")
def minus_forgotten(clean):
    return -entropy_of_grey(clean)


@mistake(
    entropy_of_grey,
    "The number grows with every pixel.",
    "Divide the sum by the number of pixels of all pages.",
)
def not_divided_by_the_pixels(clean):
    return entropy_of_grey(clean) * sum(page.size for page in clean)


@mistake(
    entropy_of_grey,
    "A stamp-sized scrap counts as much as a whole page.",
    "Add up the pixels of all pages first, and divide once.",
)
def mean_of_the_pages_entropies(clean):
    return np.mean([entropy_of_grey([page]) for page in clean])


# 2. CER by hand ----------------------------------------------------------------------------------


def _readings():
    long = "She moved the small blue table"
    return {
        "a letter is missing": ([long, "by the window"], [long, "by te window"]),
        "a letter is too many": (["Ink on paper", "all"], ["Ink on paperr", "al1"]),
        "a long page and a short one": ([long, "to"], ["She m0ved the smal blue table", "in"]),
        "words run together": ([long, "half a day"], ["She movedthe small bluetable", "ha1f aday"]),
        "a stain is read as text": (["old map"], ["~ old map .."]),
        "a letter moves to the next page": (["ab", "cd"], ["abc", "d"]),
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


@mistake(
    ocr.cer,
    "What one page lacks may stand on another: all pages were joined into one text.",
    "Count the edits of each page by itself, and add them up.",
)
def pages_joined_into_one_text(references, readings):
    return _rate(["".join(references)], ["".join(readings)], _edits)


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
    "Letters that were made up cost less than missing ones, and no page gets above 1.",
    "Divide by the characters that are on the page, even if more were read.",
)
def divided_by_the_longer_text(references, readings):
    longer = sum(max(len(a), len(b)) for a, b in zip(references, readings, strict=True))
    return sum(map(_edits, references, readings)) / longer


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
    """The baseline of the open exercise: the course's best filter."""
    return cleaning.subtract_background(noisy)


@functools.cache
def _documents():
    return {damage: document(seed, (128, 256), damage) for damage, seed in DAMAGED.items()}


def damaged_pages():
    """{damage: (noisy page,)}: four drawn pages of 128×256 pixels, each with one damage."""
    return {damage: (page.noisy,) for damage, page in _documents().items()}


def _share_gone(cleaned):
    """1 - RMSE after cleaning / RMSE before, each pooled: 1 at best, 0 for doing nothing."""
    clean, noisy = zip(*((page.clean, page.noisy) for page in _documents().values()))
    after, before = (
        metrics.page_scores(clean, pages)["rmse"]
        for pages in ([cleaned[name] for name in DAMAGED], noisy)
    )
    return 1 - after / before


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
    "Specks are gone, and with them the thin strokes of every letter.",
    "Change only pixels that stand out from all eight around them.",
)
def median_at_every_pixel(noisy):
    return cleaning.subtract_background(cleaning.median_filter(noisy))


@mistake(
    without_network,
    "Paper is whiter and ink blacker, and so is every stain.",
    "The darkest and the lightest pixel know nothing of the place: look around each pixel.",
)
def contrast_stretched(noisy):
    return rescale_intensity(noisy, out_range=(0.0, 1.0)).astype(np.float32)


# 6. What a server answers ------------------------------------------------------------------------


def answer_upload(content):
    """(status, sentence) for an uploaded file: (200, …) for a whole PNG or JPEG picture.

    content: bytes. 413 for more than `MEGAPIXELS`, told before decoding; 415 for another kind of
    file; 422 for an empty, damaged or cut-off one.
    """
    if not content:
        return 422, "The file is empty; choose a PNG or JPEG page."
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except UnidentifiedImageError:
        return 415, "This is no PNG or JPEG file; save the page as one of them."
    except Image.DecompressionBombError:  # so many that Pillow itself refuses
        picture = None
    if picture is None or picture.width * picture.height > MEGAPIXELS * 1e6:
        return 413, f"The page is too large; shrink it below {MEGAPIXELS} megapixels."
    try:
        picture.load()
    except (OSError, SyntaxError):
        return 422, "The page is damaged or cut off; save it again."
    return 200, "Here is your page."


def status_and_sentence(answered):
    """What the check compares: the status, and 1 if an error's sentence is one for people, else 0.

    Other things than a pair come back as they are. Raises TypeError for a pair of other types.
    """
    if not isinstance(answered, tuple) or len(answered) != 2:
        return answered
    status, sentence = answered
    if not isinstance(status, int) or not isinstance(sentence, str):
        raise TypeError("return the status, a whole number, and the sentence, a string.")
    technical = re.search("Error|Exception|Traceback|<|0x", sentence)
    whole = len(sentence.split()) > 3 and sentence.endswith(".") and not technical
    return np.array([status, int(status == 200 or bool(whole))])


def _claiming(page, width, height):
    """The bytes of a PNG page whose header tells another size."""
    header = b"IHDR" + struct.pack(">II", width, height) + page[24:29]
    return page[:12] + header + struct.pack(">I", zlib.crc32(header)) + page[33:]


def _uploads():
    def written(size, kind):
        file = io.BytesIO()
        Image.new("L", size, 255).save(file, kind)
        return file.getvalue()

    page = written((60, 40), "PNG")
    cases = {
        "a PNG page": page,
        "a JPEG page": written((60, 40), "JPEG"),
        "a letter": b"Dear Madam",
        "a GIF picture": written((60, 40), "GIF"),
        "half a page": page[: len(page) // 2],
        "nothing": b"",
        "25 megapixels": written((5000, 5000), "PNG"),
        "225 megapixels": _claiming(page, 15_000, 15_000),
    }
    return {name: (content,) for name, content in cases.items()}


@mistake(
    answer_upload,
    "Half a page is taken for a whole one: Image.open reads the header only.",
    "Decode it, too: picture.load() raises OSError where a file is cut off.",
)
def only_the_header_is_read(content):
    status, sentence = answer_upload(content)
    broken = status == 422 and content
    return (200, "Here is your page.") if broken else (status, sentence)


def _one_status_for_errors(content, error):
    status, sentence = answer_upload(content)
    return (200 if status == 200 else error), sentence


@mistake(
    answer_upload,
    "The server takes the blame: 500 says that it made a mistake itself.",
    "What the caller can mend is in the 400s: 413, 415 or 422.",
)
def every_error_is_500(content):
    return _one_status_for_errors(content, 500)


@mistake(
    answer_upload,
    "A program files the error away as a clean page: its status is 200.",
    "People read the sentence, programs the status: give each error its own.",
)
def every_status_is_200(content):
    return 200, answer_upload(content)[1]


@mistake(
    answer_upload,
    "An empty or broken page is told to change its format, which would not help.",
    "415 is for other kinds of files; empty and broken ones get 422.",
)
def every_error_is_415(content):
    return _one_status_for_errors(content, 415)


@mistake(
    answer_upload,
    "A file of a few kilobytes unfolds to any number of pixels, and fills the memory.",
    "Compare picture.width * picture.height with the limit before you decode.",
)
def size_not_asked(content):
    status, sentence = answer_upload(content)
    return (200 if status == 413 else status), sentence


@mistake(
    answer_upload,
    "Right statuses, but no sentence that a person could act on.",
    "Say in a sentence what is wrong and what to do; no exception's own text.",
)
def no_sentence_for_people(content):
    status, _ = answer_upload(content)
    return status, f"Error {status}"


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
    Exercise("06.1", entropy_of_grey, _clean_pages),
    Exercise("06.2", ocr.cer, _readings),
    Exercise("06.3", sides, _files),
    Exercise("06.4", models.clean, _sizes),
    Exercise(
        "06.5",
        without_network,
        damaged_pages,
        _share_gone,
        goal=0.68,
        measure="Share of the RMSE that is gone:",
    ),
    Exercise("06.6", answer_upload, _uploads, seen=status_and_sentence),
]
