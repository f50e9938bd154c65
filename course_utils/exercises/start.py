"""The exercises of lesson 00: pictures as numbers."""

import functools

import numpy as np
from scipy.ndimage import median_filter
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from .. import images
from .core import Exercise


def from_opencv(picture):
    """uint8 (H, W, 3) with blue first, as cv2.imread gives it, to RGB float32 in [0, 1]."""
    return images.to_float(picture[..., ::-1])


def brighter(picture, amount):
    """uint8 (H, W, 3) plus `amount`, white where it would go beyond 255; uint8."""
    return np.clip(picture.astype(int) + amount, 0, 255).astype(np.uint8)


def psnr(truth, picture):
    """Peak signal-to-noise ratio in dB of float pictures in [0, 1]."""
    return peak_signal_noise_ratio(truth, picture, data_range=1)


def denoise(noisy):
    """The baseline of the open exercise: a 5×5 median filter, each channel for itself."""
    return median_filter(noisy, size=(5, 5, 1))


def _opencv_pictures():
    rng = np.random.default_rng(1)
    return {
        "a picture": (rng.integers(0, 256, (6, 5, 3), np.uint8),),
        "a dark picture": (rng.integers(1, 90, (5, 7, 3), np.uint8),),
        "one pixel": (np.array([[[255, 0, 51]]], np.uint8),),
    }


def _dim_pictures():
    rng = np.random.default_rng(2)
    picture = rng.integers(20, 256, (6, 5, 3), np.uint8)
    return {"amount 90": (picture, 90), "amount 1": (picture, 1), "amount 0": (picture, 0)}


def _picture_pairs():
    rng = np.random.default_rng(3)
    truth = rng.random((8, 9, 3))
    dot = truth.copy()
    dot[4, 4] = 1 - dot[4, 4]
    return {
        "noise of 0.1": (truth, truth + 0.1 * rng.standard_normal(truth.shape)),
        "a constant shift by 0.2": (truth, truth - 0.2),
        "one wrong pixel": (truth, dot),
    }


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
    return np.mean([psnr(truth, cleaned[name]) for name, truth in _photographs().items()])


EXERCISES = [
    Exercise("00.1", from_opencv, _opencv_pictures),
    Exercise("00.2", brighter, _dim_pictures),
    Exercise("00.3", psnr, _picture_pairs),
    Exercise("00.4", denoise, noisy_photographs, _mean_psnr, goal=21.8, measure="Mean PSNR in dB:"),
]
