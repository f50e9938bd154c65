"""The two networks of pix2pix (Isola, Zhu, Zhou, Efros, 2017): a generator and a PatchGAN."""

import math

import keras
import numpy as np
from keras import layers

from . import checkpoints

KINDS = ("unet", "encoder_decoder")
SHIPPED_KINDS = {
    "unet_l1": "unet",
    "unet_cgan": "unet",
    "unet_l1_cgan": "unet",
    "encdec_l1_cgan": "encoder_decoder",
}
SHIPPED_SHAPE = {"side": 128, "width": 32, "cap": 1.5, "fine": 16}
CHUNK = 8  # pictures that `generate` takes at once


def generator(
    kind="unet", side=128, width=16, cap=8, out_channels=3, in_channels=3, dropout=0.5, fine=0
):
    """Pictures to pictures, through a bottleneck of one pixel: the paper's U-Net.

    Input (N, side, side, in_channels), output (N, side, side, out_channels), both in [-1, 1].
    `width` channels after the first halving, twice as many after each, at most cap*width. The
    paper has side=256, width=64, cap=8. kind="encoder_decoder" is the same network without its skips.

    The paper's last layer makes each pixel straight from half the size, in one sum: fine texture is
    hard for it. `fine` channels at full size come before it, beside the source picture in the
    U-Net; 0 is the paper's.

    The first layer has no normalisation, nor has the bottleneck: one pixel, normalised, is a
    constant. `dropout`, in the first three layers up, is the paper's only noise; it stays on at
    test, see `generate`. Raises ValueError for another kind and for a side that isn't a power
    of two, at least 32. Source: sections 3.2 and 6.1.1 of the paper, with its later amendment.
    """
    _check(kind, side)
    channels = [int(width * min(2**level, cap)) for level in range(int(math.log2(side)))]
    picture = keras.Input((side, side, in_channels))  # (N, side, side, in)
    x, skips = picture, []
    for level, count in enumerate(channels):  # down to one pixel
        x = down(x, count, norm=0 < level < len(channels) - 1)
        skips.append(x)  # (N, side/2, ..) ... (N, 1, 1, c)
    for step, count in enumerate(channels[-2::-1]):  # up again
        x = up(x, count, dropout if step < 3 else 0)  # (N, 2, 2, c) ... (N, side/2, ..)
        if kind == "unet":
            x = layers.Concatenate()([x, skips[-2 - step]])  # twice the channels
    x = answer(x, [picture] if kind == "unet" else [], out_channels, fine)
    return keras.Model(picture, layers.Activation("tanh")(x), name=kind)  # (N, side, side, out)


def patchgan(layers=3, side=None, width=32, in_channels=6, norm=True):
    """A discriminator of patches: each number of its answer sees `receptive_field(layers)` pixels.

    Input (N, H, W, in_channels): source and target on top of each other, in [-1, 1]. Output
    (N, h, w, 1): logits, above 0 for "real". No sigmoid: the loss has it. `layers` halvings:
    0 is the paper's PixelGAN, 3 its 70x70 PatchGAN (with width=64), which makes 30x30 numbers of
    256x256 pixels; H and W must be at least 3 * 2**layers.

    norm=False leaves instance norm out, whose mean and variance look at the whole picture.
    Raises ValueError for `layers` below 0 and for a `side` that is too small.
    Source: section 6.1.2 of the paper.
    """
    _check_patches(layers, side)
    pair = x = keras.Input((side, side, in_channels))  # (N, H, W, in)
    if layers == 0:  # each pixel by itself
        x = convolution(x, width, size=1, norm=False)
        x = convolution(x, 2 * width, size=1, norm=norm)  # (N, H, W, 2*width)
        return keras.Model(pair, logit(x, size=1), name="pixelgan")  # (N, H, W, 1)
    for level in range(layers):
        x = convolution(x, width * min(2**level, 8), stride=2, norm=norm and level > 0)
    x = convolution(x, width * min(2**layers, 8), norm=norm)  # (N, H/2^layers - 1, ...)
    return keras.Model(pair, logit(x), name="patchgan")  # (N, H/2^layers - 2, ..., 1)


def receptive_field(layers):
    """Side of the square that one number of `patchgan(layers)` sees: 1, 16, 34, 70, 142, 286.

    Backwards from one number: a 4x4 convolution adds 3, one of stride 2 doubles first.
    """
    _check_patches(layers)
    seen = 1 if layers == 0 else 1 + 3 + 3  # the two of stride 1
    for _ in range(layers):
        seen = 2 * seen + 2  # 2 * (seen - 1) + 4
    return seen


def generate(model, pictures, seed=None):
    """What a generator makes of pictures (N, H, W, C) in [-1, 1]: NumPy (N, H, W, C') in [-1, 1].

    As the paper does it, the network runs at test as in training: the dropout stays on. Instance
    norm knows one picture at a time, so no answer depends on the other pictures; only on the
    noise. With a `seed` the noise is the same at each call, and the model's own random numbers
    go on as if nothing had been, so that watching a training doesn't change it.
    Raises ValueError where there is no picture.
    """
    if not len(pictures):
        raise ValueError("There is no picture to translate; give at least one.")
    dropouts = [layer for layer in model.layers if isinstance(layer, layers.Dropout)]
    noise = [layer.seed_generator.state for layer in dropouts]
    before = [state.numpy() for state in noise]
    if seed is not None:
        for number, state in enumerate(noise):
            state.assign(np.array([seed, number], state.dtype))
    chunks = [pictures[first : first + CHUNK] for first in range(0, len(pictures), CHUNK)]
    made = [keras.ops.convert_to_numpy(model(chunk, training=True)) for chunk in chunks]
    if seed is not None:
        for state, value in zip(noise, before, strict=True):
            state.assign(value)
    return np.concatenate(made)


def translate(model, pictures, seed=0):
    """`generate` for pictures (N, H, W, C) in [0, 1], with answers in [0, 1]."""
    return generate(model, np.asarray(pictures, np.float32) * 2 - 1, seed) / 2 + 0.5


def load(name):
    """The shipped generator of one of SHIPPED_KINDS, trained on drawn houses (see its JSON).

    Raises ValueError for another name and, with the command that makes it anew, if it is missing or
    damaged.
    """
    if name not in SHIPPED_KINDS:
        raise ValueError(f"variant is one of {', '.join(SHIPPED_KINDS)}, not {name!r}.")
    return checkpoints.load(generator(SHIPPED_KINDS[name], **SHIPPED_SHAPE), f"02_{name}")


# Layers ------------------------------------------------------------------------------------------


def down(x, channels, norm=True):
    """4x4 convolution of stride 2, instance norm, leaky ReLU: half the sides."""
    return convolution(x, channels, stride=2, norm=norm)  # (N, h/2, w/2, channels)


def up(x, channels, dropout=0.0):
    """4x4 transposed convolution of stride 2, instance norm, dropout, ReLU: twice the sides."""
    x = layers.Conv2DTranspose(channels, 4, 2, "same", use_bias=False, kernel_initializer=small())(
        x
    )
    x = instance_norm(x)
    x = layers.Dropout(dropout)(x) if dropout else x
    return layers.ReLU()(x)  # (N, 2h, 2w, channels)


def answer(x, skips, channels, fine=0):
    """The last layer up; with `fine`, one that wide goes before it, beside the skips."""
    if not fine:
        return layers.Conv2DTranspose(channels, 4, 2, "same", kernel_initializer=small())(x)
    x = layers.Concatenate()([up(x, fine), *skips])  # (N, 2h, 2w, fine + ...)
    return layers.Conv2D(channels, 3, padding="same", kernel_initializer=small())(x)


def convolution(x, channels, size=4, stride=1, norm=True):
    """Convolution, instance norm, leaky ReLU of slope 0.2 (left alone, Keras takes 0.3)."""
    if stride == 1 and size > 1:
        x = layers.ZeroPadding2D(1)(x)  # one pixel all around
    x = layers.Conv2D(
        channels,
        size,
        stride,
        "valid" if stride == 1 else "same",
        use_bias=not norm,
        kernel_initializer=small(),
    )(x)
    x = instance_norm(x) if norm else x
    return layers.LeakyReLU(negative_slope=0.2)(x)


def logit(x, size=4):
    """The last convolution of a discriminator: one number a patch, not squashed."""
    x = layers.ZeroPadding2D(1)(x) if size > 1 else x
    return layers.Conv2D(1, size, kernel_initializer=small(), name="logits")(x)


def instance_norm(x):
    """Each channel of each picture to mean 0 and variance 1, then scaled and shifted as learned.

    The paper's batch norm, always with the statistics of the batch at hand and a batch of one
    picture, is this.
    """
    scale = keras.initializers.RandomNormal(1.0, 0.02)
    return layers.GroupNormalization(groups=-1, epsilon=1e-5, gamma_initializer=scale)(x)


def small():
    """The paper's initial weights: a Gaussian around 0 with standard deviation 0.02."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def _check(kind, side):
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}.")
    if side < 32 or side & (side - 1):
        raise ValueError(f"side must be a power of two, at least 32, not {side}: resize first.")


def _check_patches(layers, side=None):
    if layers < 0:
        raise ValueError(f"layers must be at least 0, not {layers}.")
    if side is not None and layers and side < 3 * 2**layers:
        raise ValueError(
            f"A PatchGAN with {layers} layers needs pictures of at least "
            f"{3 * 2**layers} pixels a side, not {side}."
        )
