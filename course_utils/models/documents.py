"""The page cleaner of lesson 06: a small U-Net that takes pages of any size."""

import keras
import numpy as np
from keras import layers

from . import checkpoints
from .tiling import predict_tiled, predict_whole

CHECKPOINT = "06_denoiser"
STRIDE = 8  # three halvings: the padded sides are multiples of it
LARGE = 1024 * 1024  # pixels; larger pages are cleaned tile by tile
TILE, BORDER = 768, 64  # BORDER pixels cover what an answer depends on


def denoiser(width=32):
    """A fully convolutional network from a noisy page to a clean one.

    Input (N, H, W, 1) float32 in [0, 1], sides divisible by 8. Output (N, H, W, 1): logits, whose
    sigmoid is the clean page. The page is halved at once, so that most of the work is done on a
    quarter of its pixels. Each value at the smallest scale depends on 40 × 40 pixels of the page;
    skips bring the fine strokes.
    """
    page = keras.Input((None, None, 1))  # (N, H, W, 1)
    half = convolution(page, width, size=6, stride=2)  # (N, H/2, W/2, width)
    half = convolution(half, width)
    quarter = convolution(half, width, size=2, stride=2)  # (N, H/4, W/4, width)
    quarter = convolution(quarter, width)
    eighth = convolution(quarter, width, size=2, stride=2)  # (N, H/8, W/8, width)
    eighth = convolution(eighth, width)
    quarter = convolution(up_and_join(eighth, quarter), width)  # (N, H/4, W/4, width)
    half = convolution(up_and_join(quarter, half), width)  # (N, H/2, W/2, width)
    half = convolution(half, width)
    logits = layers.Conv2DTranspose(1, 2, strides=2, name="logits", dtype="float32")(half)
    return keras.Model(page, logits, name="denoiser")  # (N, H, W, 1)


def load():
    """The shipped page cleaner, trained on the course's own pages only (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    return checkpoints.load(denoiser(), CHECKPOINT)


def convolution(x, channels, size=3, stride=1):
    """Convolution, batch normalisation, leaky ReLU; the sides shrink by `stride`."""
    x = layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False)(x)
    return layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization(momentum=0.97)(x))


def up_and_join(x, skip):
    """Doubles the size of `x` and lays it beside `skip`, which has as many channels."""
    x = layers.Conv2DTranspose(skip.shape[-1], 2, strides=2)(x)
    return layers.Concatenate()([skip, x])


def clean(model, page: np.ndarray, flips: bool = False) -> np.ndarray:
    """A page of any size, (H, W) float32 in [0, 1], cleaned: (H, W) float32 in [0, 1].

    Mirrored up to a multiple of 8 and cut back; above a megapixel tile by tile. flips: the mean of
    the answers for the page and its three mirror images: closer, and four times the work.
    """
    if flips:
        ways = [np.s_[::y, ::x] for y in (1, -1) for x in (1, -1)]
        return np.mean([clean(model, page[way])[way] for way in ways], axis=0)

    def cleaned(pages):
        return 1 / (1 + np.exp(-np.asarray(model(pages, training=False))))

    if page.size > LARGE:
        return predict_tiled(cleaned, page, TILE, BORDER, 1)[..., 0]
    return predict_whole(cleaned, page[..., None], STRIDE)[..., 0]
