"""Lesson 09's network against haze: it answers factors and shifts, smooth ones, and not a picture."""

import keras
import numpy as np
from keras import ops

from .. import images, metrics
from .unet import unet

SIDE = 32  # pixels of what the network looks at


def haze_network(base=12, depth=3):
    """Small hazy pictures (N, 32, 32, 3) in [0, 1] to answers (N, 32, 32, 6), see `applied`."""
    return unet((SIDE, SIDE, 3), classes=6, base=base, depth=depth)


def applied(picture, answer):
    """exp(g) · I + s: the picture (..., 3) by an answer (..., 6), three numbers g and three s.

    Haze leaves t J + (1 − t) A of a picture J; with g = −log t and s = (1 − 1/t) A this is J again.
    """
    return picture * ops.exp(answer[..., :3]) + answer[..., 3:]


def clear(network, pictures) -> np.ndarray:
    """Pictures (N, H, W, 3) in [0, 1] of any size with less haze: as many, float32 in [0, 1].

    The network sees them at 32 × 32; its answer is enlarged, the picture is not touched by that.
    """
    pictures = np.asarray(pictures, np.float32)
    small = np.stack([images.resize(each, (SIDE, SIDE)) for each in pictures])
    answers = network.predict(small, verbose=0)
    size = pictures.shape[1:3]
    whole = np.stack([images.resize(each, size) for each in answers])
    return np.clip(ops.convert_to_numpy(applied(pictures, whole)), 0, 1)


def learning(network):
    """The same network, as it learns: small hazy pictures to small clear ones."""
    return keras.Model(network.input, applied(network.input, network.output))


def scores(truths, pictures) -> dict[str, float]:
    """{"psnr", "ssim"} of pictures (N, H, W, 3) in [0, 1]: means over the pictures."""
    pairs = list(zip(truths, pictures, strict=True))
    return {
        name: float(np.mean([metric(*pair) for pair in pairs]))
        for name, metric in (("psnr", metrics.psnr), ("ssim", metrics.ssim))
    }
