"""Mistakes with scanned pages, their splits and their scores: lesson 06.

A peak of 255 for pages in [0, 1] is `wrong_peak`, among those with pictures.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import images, ocr
from ..data import documents, splits
from . import mistake


@mistake("train_test", "Test pages are known by heart: each has trained, under another stain.",
         "Split by the clean page: all damages of a page go to one side.")
def split_by_file(pages):
    test = [page for page in pages if splits.fold(page.id) == 0]
    return [page for page in pages if splits.fold(page.id) != 0], test


@mistake("train_test", "Test scores are too good: mirrored or noisier copies of each page trained.",
         "Split first, then augment the training pages only.")
def augmented_before_the_split(pages, rng):
    copies = [replace(page, id=f"{page.id} {number}", noisy=noisy, clean=clean) for page in pages
              for number, (noisy, clean)
              in enumerate(documents.ninefold(page.noisy, page.clean, rng))]  # fmt: skip
    return split_by_file(copies)


@mistake("cleaned", "Letters are blurred and squashed even if the cleaning itself is perfect.",
         "Clean a page at its own size; pad it or go tile by tile.")
def resized_to_one_shape(page, clean):
    return images.resize(clean(images.resize(page, (172, 360))), page.shape)


@mistake("cer", "A line of ten characters counts as much as a page of a thousand.",
         "Divide the edits of all pages by the characters of all pages.")
def mean_of_the_pages(references, readings):
    return np.mean([ocr.cer([a], [b]) for a, b in zip(references, readings, strict=True)])


@mistake("rmse", "The clean page itself gets less than 1, and black or white letters get no less.",
         "Grey is no class that can be hit or missed: measure how far off it is, by RMSE.")
def accuracy_of_grey(truth, prediction):
    return np.mean(truth == (prediction > 0.5))


@mistake("write_image", "White paper turns grey around each letter.",
         "Write PNG, which keeps every pixel; JPEG is made for photographs.")
def saved_as_jpeg(path, image):
    return images.write_image(Path(path).with_suffix(".jpg"), image)
