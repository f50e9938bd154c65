"""Lesson 09's network against haze: it answers how thick the haze is and of what colour, no picture."""

import keras
import numpy as np
from keras import layers, ops

from .. import images, metrics
from ..data.project import unveiled
from .unet import unet

SIDE = 32  # pixels of what the network looks at
PLACES = 8  # a side, for each of which it says how thick the haze is
LIGHT = 1.5  # the air begins as a light grey; from dark air it would learn to leave all as it is
LEAST = 0.05  # of the light comes through everywhere


def haze_network(base=12, depth=3):
    """Small hazy pictures (N, 32, 32, 3) in [0, 1] to (t, air): (N, 32, 32, 1) and (N, 1, 1, 3).

    t: from LEAST to 1, how much of the light comes through, smooth: it is told for 8 × 8 places. air:
    in [0, 1], one colour per picture.
    """
    unsquashed = unet((SIDE, SIDE, 3), classes=4, base=base, depth=depth)
    logits = layers.AveragePooling2D(SIDE // PLACES)(unsquashed.output) / 4  # (N, 8, 8, 4)
    wide = layers.UpSampling2D(SIDE // PLACES, interpolation="bilinear")(logits[..., :1])
    t = LEAST + (1 - LEAST) * ops.sigmoid(wide)  # (N, 32, 32, 1)
    air = ops.sigmoid(LIGHT + ops.mean(logits[..., 1:], axis=(1, 2), keepdims=True))  # (N, 1, 1, 3)
    return keras.Model(unsquashed.input, [t, air], name="haze_network")


def clear(network, pictures) -> np.ndarray:
    """Pictures (N, H, W, 3) in [0, 1] of any size without the haze that the network sees in them.

    It sees them at 32 × 32; t is enlarged, and the picture stays as sharp as it is.
    """
    small = np.stack([images.resize(each, (SIDE, SIDE)) for each in pictures])
    found = network.predict(small, verbose=0)
    cleared = []
    for picture, t, air in zip(pictures, *found, strict=True):
        t = images.resize(t[..., 0], picture.shape[:2])
        cleared.append(np.clip(unveiled(picture, t, air[0, 0], LEAST), 0, 1))
    return np.stack(cleared)


def learning(network):
    """The same network, as it learns: small hazy pictures to small clear ones."""
    t, air = network.output
    return keras.Model(network.input, (network.input - air) / t + air)


def scores(truths, pictures) -> dict[str, float]:
    """{"psnr", "ssim"} of pictures (N, H, W, 3) in [0, 1]: means over the pictures."""
    pairs = list(zip(truths, pictures, strict=True))
    return {
        name: float(np.mean([metric(*pair) for pair in pairs]))
        for name, metric in (("psnr", metrics.psnr), ("ssim", metrics.ssim))
    }
