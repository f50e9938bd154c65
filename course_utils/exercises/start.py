"""The exercises of lesson 00, pictures as numbers, and their mistakes. It loads no Keras."""

import functools

import numpy as np
from scipy.ndimage import median_filter
from skimage import data

from .. import images, metrics
from .core import Exercise, mistake

# 1. From OpenCV to the course ----------------------------------------------------------------------


def from_opencv(picture):
    """uint8 (H, W, 3) with blue first, as cv2.imread gives it, to RGB float32 in [0, 1]."""
    return images.to_float(picture[..., ::-1])


def _opencv_pictures():
    rng = np.random.default_rng(1)
    return {
        "a picture": (rng.integers(0, 256, (6, 5, 3), np.uint8),),
        "a dark picture": (rng.integers(1, 90, (5, 7, 3), np.uint8),),
        "one pixel": (np.array([[[255, 0, 51]]], np.uint8),),
    }


@mistake(
    from_opencv,
    "Skin looks blue: red and blue have changed places.",
    "OpenCV keeps blue first; reverse the last axis.",
)
def channels_reversed(picture):
    return images.to_float(picture)


@mistake(from_opencv, "The picture is black: white is 0.004.", "Divide by 255 once only.")
def divided_by_255_twice(picture):
    return from_opencv(picture) / 255


@mistake(
    from_opencv,
    "Dark places are negative, and black where they are shown.",
    "The range is [0, 1]; [-1, 1] is for networks that end in tanh.",
)
def signed_range(picture):
    return images.to_signed(picture[..., ::-1])


@mistake(
    from_opencv,
    "A dark picture turns as bright as any other.",
    "Divide by the largest value that uint8 has, not by the largest in this picture.",
)
def divided_by_its_maximum(picture):
    return from_opencv(picture) / from_opencv(picture).max()


@mistake(from_opencv, "The picture lies on its side.", "Leave the first two axes as they are.")
def rows_and_columns_swapped(picture):
    return from_opencv(picture).transpose(1, 0, 2)


# 2. Brighter, and no brighter than white -----------------------------------------------------------


def brighter(picture, amount):
    """uint8 (H, W, 3) plus `amount`, white where it would go beyond 255; uint8."""
    return np.clip(picture.astype(int) + amount, 0, 255).astype(np.uint8)


def _dim_pictures():
    rng = np.random.default_rng(2)
    picture = rng.integers(20, 256, (6, 5, 3), np.uint8)
    return {"amount 90": (picture, 90), "amount 1": (picture, 1), "amount 0": (picture, 0)}


@mistake(
    brighter,
    "The brightest places turn dark: 200 + 90 is 34 in uint8.",
    "Add in a wider type such as int, clip, and only then go back to uint8.",
)
def uint8_overflow(picture, amount):
    return (picture.astype(int) + amount).astype(np.uint8)


@mistake(brighter, "Values go beyond 255, which no screen can show.", "Clip to 0…255.")
def not_clipped(picture, amount):
    return picture.astype(int) + amount


@mistake(brighter, "The picture is black.", "White is 255 in uint8: clip to 0…255.")
def clipped_at_one(picture, amount):
    return np.clip(picture.astype(int) + amount, 0, 1).astype(np.uint8)


@mistake(
    brighter,
    "White stays white, and the picture loses contrast.",
    "Add the whole amount, and let what is too bright be cut at 255.",
)
def rescaled_not_clipped(picture, amount):
    total = picture.astype(float) + amount
    return (total * 255 / total.max()).astype(np.uint8)


# 3. PSNR by hand -----------------------------------------------------------------------------------


def _picture_pairs():
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.2, 1, (8, 9, 3))
    dot = truth.copy()
    dot[4, 4] = 1 - dot[4, 4]
    return {
        "noise of 0.1": (truth, np.clip(truth + 0.1 * rng.standard_normal(truth.shape), 0, 1)),
        "a constant shift by 0.2": (truth, truth - 0.2),
        "one wrong pixel": (truth, dot),
    }


@mistake(
    metrics.psnr,
    "The number is about half as large.",
    "Square the differences before the mean.",
)
def psnr_without_square(truth, picture):
    return 10 * np.log10(1 / metrics.mae(truth, picture))


@mistake(
    metrics.psnr, "The number is 2.3 times too large.", "Decibels take log10; np.log is to base e."
)
def natural_logarithm(truth, picture):
    return 10 * np.log(1 / np.mean((truth - picture) ** 2))


@mistake(metrics.psnr, "48 dB too much.", "White is 1 here, so the peak is 1, not 255.")
def wrong_peak(truth, picture):
    return 10 * np.log10(255**2 / np.mean((truth - picture) ** 2))


@mistake(metrics.psnr, "The number is negative.", "The error stands below: 1 / MSE.")
def fraction_upside_down(truth, picture):
    return 10 * np.log10(np.mean((truth - picture) ** 2))


# 4. Beat the median filter -------------------------------------------------------------------------


def denoise(noisy):
    """The baseline of the open exercise: a 5×5 median filter, each channel for itself."""
    return median_filter(noisy, size=(5, 5, 1))


@functools.cache
def _photographs():
    photographs = {"portrait": data.astronaut(), "cat": data.chelsea(), "coffee": data.coffee()}
    return {
        name: images.centre_square(images.to_float(picture), 96)
        for name, picture in photographs.items()
    }


def noisy_photographs():
    """{name: (noisy photograph,)}: three of them, 96×96, with noise of 0.2."""
    rng = np.random.default_rng(4)
    return {
        name: ((np.clip(picture + rng.normal(0, 0.2, picture.shape), 0, 1)).astype(np.float32),)
        for name, picture in _photographs().items()
    }


def _mean_psnr(cleaned):
    """What a filter leaves beyond black and white is cut off, as a screen does."""
    return np.mean(
        [
            metrics.psnr(truth, np.clip(cleaned[name], 0, 1))
            for name, truth in _photographs().items()
        ]
    )


def median_against_nothing(sigma):
    """PSNR in dB of the portrait with noise of `sigma`: (as it is, after the median filter)."""
    truth = _photographs()["portrait"]
    noisy = np.clip(truth + np.random.default_rng(5).normal(0, sigma, truth.shape), 0, 1)
    return metrics.psnr(truth, noisy), metrics.psnr(truth, denoise(noisy))


@mistake(denoise, "Every grain is still there.", "Let each pixel ask its neighbours.")
def left_noisy(noisy):
    return noisy


@mistake(
    denoise,
    "Colours turn grey: the filter mixes red, green and blue.",
    "Filter within a channel: size=(5, 5, 1), or channel_axis=-1.",
)
def channels_mixed(noisy):
    return median_filter(noisy, size=5)


@mistake(denoise, "All colour is gone.", "Clean each channel for itself; keep all three.")
def colours_lost(noisy):
    return np.repeat(median_filter(images.to_grey(noisy), size=5)[..., None], 3, axis=-1)


@mistake(
    denoise,
    "The error is tens of thousands of times too large.",
    "Return float in [0, 1], as it came.",
)
def left_in_uint8(noisy):
    return images.to_uint8(denoise(noisy))


EXERCISES = [
    Exercise("00.1", from_opencv, _opencv_pictures),
    Exercise("00.2", brighter, _dim_pictures),
    Exercise("00.3", metrics.psnr, _picture_pairs),
    Exercise("00.4", denoise, noisy_photographs, _mean_psnr, goal=21.8, measure="Mean PSNR in dB:"),
]
