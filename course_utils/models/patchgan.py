"""The discriminator of pix2pix and CycleGAN (Isola, Zhu, Zhou, Efros, 2017): one answer a patch."""

import keras
from keras import layers

from ..settings import settings
from .layers import convolution, small


@settings
class Architecture:
    """A `patchgan`'s sizes; the paper's by default."""

    layers: int = 3
    width: int = 64
    cap: int = 8
    norm: bool = True


def patchgan(layers=3, side=None, width=32, in_channels=6, norm=True, cap=8):
    """A discriminator of patches: each number of its answer sees one, `receptive_field`.

    Input (N, H, W, in_channels): source and target on top of each other, in [-1, 1]. Output
    (N, h, w, 1): logits, above 0 for "real". No sigmoid: the loss has it. `layers` halvings:
    0 is the paper's PixelGAN, 3 its 70x70 PatchGAN (with width=64), which makes 30x30 numbers of
    256x256 pixels; H and W must be at least 3 * 2**layers.

    `width` channels after the first halving, twice as many after each, at most cap * width.
    norm=False leaves instance norm out, whose mean and variance look at the whole picture.
    Raises ValueError for `layers` below 0 or too small a `side`. Source: the paper, section 6.1.2.
    """
    _check_patches(layers, side)
    pair = x = keras.Input((side, side, in_channels))  # (N, H, W, in)
    if layers == 0:  # each pixel by itself
        x = convolution(x, width, size=1, norm=False)
        x = convolution(x, 2 * width, size=1, norm=norm)  # (N, H, W, 2*width)
        return keras.Model(pair, logit(x, size=1), name="pixelgan")  # (N, H, W, 1)
    for level in range(layers):
        x = convolution(x, width * min(2**level, cap), stride=2, norm=norm and level > 0)
    x = convolution(x, width * min(2**layers, cap), norm=norm)  # (N, H/2^layers - 1, ...)
    return keras.Model(pair, logit(x), name="patchgan")  # (N, H/2^layers - 2, ..., 1)


def convolutions(layers):
    """(size, stride) of each convolution of `patchgan(layers)`, from the picture on."""
    _check_patches(layers)
    return [(4, 2)] * layers + [(4, 1)] * 2 if layers else [(1, 1)] * 3


def receptive_field(convolutions):
    """Side in pixels of the square that one number behind a stack of convolutions sees.

    convolutions: (size, stride) of each, from the picture on. Those of `patchgan(layers)` see 1,
    16, 34, 70, 142 and 286 pixels for 0 to 5 layers.
    """
    seen = 1
    for size, stride in reversed(convolutions):
        seen = (seen - 1) * stride + size
    return seen


def logit(x, size=4):
    """The last convolution of a discriminator: one number a patch, not squashed."""
    x = layers.ZeroPadding2D(1)(x) if size > 1 else x
    settings = {"kernel_initializer": small(), "name": "logits", "dtype": "float32"}
    return layers.Conv2D(1, size, **settings)(x)


def _check_patches(layers, side=None):
    if layers < 0:
        raise ValueError(f"layers must be at least 0, not {layers}.")
    if side is not None and layers and side < 3 * 2**layers:
        raise ValueError(
            f"A PatchGAN with {layers} layers needs pictures of at least "
            f"{3 * 2**layers} pixels a side, not {side}."
        )
