"""Mistakes with pictures as numbers: lesson 00. Right versions: `teach.exercises.lesson00`."""

import numpy as np
from scipy.ndimage import median_filter

from .. import images
from . import mistake


@mistake(
    "from_opencv",
    "Skin looks blue: red and blue have changed places.",
    "OpenCV keeps blue first; reverse the last axis.",
)
def channels_reversed(picture):
    return images.to_float(picture)


@mistake("from_opencv", "The picture is black: white is 0.004.", "Divide by 255 once only.")
def divided_by_255_twice(picture):
    return images.to_float(picture[..., ::-1]) / 255


@mistake(
    "from_opencv",
    "Dark places are negative, and black where they are shown.",
    "The range is [0, 1]; [-1, 1] is for networks that end in tanh.",
)
def signed_range(picture):
    return images.to_signed(picture[..., ::-1])


@mistake(
    "from_opencv",
    "A dark picture turns as bright as any other.",
    "Divide by the largest value that uint8 has, not by the largest in this picture.",
)
def divided_by_its_maximum(picture):
    return images.to_float(picture[..., ::-1]) / images.to_float(picture).max()


@mistake("from_opencv", "The picture lies on its side.", "Leave the first two axes as they are.")
def rows_and_columns_swapped(picture):
    return images.to_float(picture[..., ::-1]).transpose(1, 0, 2)


@mistake(
    "brighter",
    "The brightest places turn dark: 200 + 90 is 34 in uint8.",
    "Add in a wider type such as int, clip, and only then go back to uint8.",
)
def uint8_overflow(picture, amount):
    return (picture.astype(int) + amount).astype(np.uint8)


@mistake("brighter", "Values go beyond 255, which no screen can show.", "Clip to 0…255.")
def not_clipped(picture, amount):
    return picture.astype(int) + amount


@mistake("brighter", "The picture is black.", "White is 255 in uint8: clip to 0…255.")
def clipped_at_one(picture, amount):
    return np.clip(picture.astype(int) + amount, 0, 1).astype(np.uint8)


@mistake(
    "brighter",
    "White stays white, and the picture loses contrast.",
    "Add the whole amount, and let what is too bright be cut at 255.",
)
def rescaled_not_clipped(picture, amount):
    total = picture.astype(float) + amount
    return (total * 255 / total.max()).astype(np.uint8)


@mistake("psnr", "The number is about half as large.", "Square the differences before the mean.")
def psnr_without_square(truth, picture):
    return 10 * np.log10(1 / np.mean(np.abs(truth - picture)))


@mistake("psnr", "The number is 2.3 times too large.", "Decibels take log10; np.log is to base e.")
def natural_logarithm(truth, picture):
    return 10 * np.log(1 / np.mean((truth - picture) ** 2))


@mistake("psnr", "48 dB too much.", "White is 1 here, so the peak is 1, not 255.")
def wrong_peak(truth, picture):
    return 10 * np.log10(255**2 / np.mean((truth - picture) ** 2))


@mistake("psnr", "The number is negative.", "The error stands below: 1 / MSE.")
def fraction_upside_down(truth, picture):
    return 10 * np.log10(np.mean((truth - picture) ** 2))


@mistake("denoise", "Every grain is still there.", "Let each pixel ask its neighbours.")
def left_noisy(noisy):
    return noisy


@mistake(
    "denoise",
    "Colours turn grey: the filter mixes red, green and blue.",
    "Filter within a channel: size=(5, 5, 1), or channel_axis=-1.",
)
def channels_mixed(noisy):
    return median_filter(noisy, size=5)


@mistake("denoise", "All colour is gone.", "Clean each channel for itself; keep all three.")
def colours_lost(noisy):
    return np.repeat(median_filter(images.to_grey(noisy), size=5)[..., None], 3, axis=-1)


@mistake(
    "denoise",
    "The error is tens of thousands of times too large.",
    "Return float in [0, 1], as it came.",
)
def left_in_uint8(noisy):
    return images.to_uint8(median_filter(noisy, size=(5, 5, 1)))
