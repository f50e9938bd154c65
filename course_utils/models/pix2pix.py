"""The generators of pix2pix (Isola, Zhu, Zhou, Efros, 2017): a U-Net, and the same without skips."""

import math

import keras
import numpy as np
from keras import layers

from ..settings import settings
from . import checkpoints
from .layers import Noise, answer, down, up

KINDS = ("unet", "encoder_decoder")
SHIPPED_KINDS = {
    "unet_l1": "unet",
    "unet_cgan": "unet",
    "unet_l1_cgan": "unet",
    "encdec_l1_cgan": "encoder_decoder",
}
CHUNK = 8  # pictures that `generate` takes at once


@settings
class Architecture:
    """A `generator`'s sizes; the paper's by default."""

    side: int = 256
    width: int = 64
    cap: float = 8
    dropout: float = 0.0
    fine: int = 0
    fine_layers: int = 1
    transposed: bool = False
    noise: bool = False


SHIPPED = Architecture(side=128, width=32, cap=2, fine=24, fine_layers=2, noise=True)


def generator(
    kind="unet",
    side=128,
    width=16,
    cap=8,
    out_channels=3,
    in_channels=3,
    dropout=0.0,
    fine=0,
    fine_layers=1,
    transposed=False,
    noise=False,
):
    """Pictures to pictures, through a bottleneck of one pixel: the paper's U-Net.

    Input (N, side, side, in_channels), output (N, side, side, out_channels), both in [-1, 1].
    `width` channels after the first halving, twice as many after each, at most cap*width. The
    paper has side=256, width=64, cap=8. kind="encoder_decoder" is the same network without its skips.

    The paper's last layer makes each pixel straight from half the size, in one sum: fine texture is
    hard for it. `fine_layers` of `fine` channels at full size come before it, beside the source
    picture in the U-Net; fine=0 is the paper's.

    The first layer has no normalisation, nor has the bottleneck: one pixel, normalised, is a
    constant. `dropout`, in the first three layers up, is the paper's only noise, there 0.5;
    `noise` goes into each layer up, see `layers.Noise`; both stay on at test, see `generate`.
    `transposed`: the paper's way up, see `layers.enlarged`. Raises ValueError for another kind and
    for a side that isn't a power of two, at least 32.
    Source: sections 3.2 and 6.1.1 of the paper, with its later amendment.
    """
    channels = _channels(kind, side, width, cap)  # of each layer down
    picture = keras.Input((side, side, in_channels))  # (N, side, side, in)
    x, skips = picture, []
    for level, count in enumerate(channels):  # down to one pixel
        x = down(x, count, norm=0 < level < len(channels) - 1)
        skips.append(x)  # (N, side/2, ..) ... (N, 1, 1, c)
    for step, count in enumerate(channels[-2::-1]):  # up again
        x = up(x, count, dropout if step < 3 else 0, transposed, noise)  # (N, 2, 2, c) ...
        if kind == "unet":
            x = layers.Concatenate()([x, skips[-2 - step]])  # twice the channels
    beside = [picture] if kind == "unet" else []
    x = answer(x, beside, out_channels, fine, fine_layers, transposed, noise)
    made = layers.Activation("tanh", dtype="float32")(x)  # (N, side, side, out)
    return keras.Model(picture, made, name=kind)


def generate(model, pictures, seed=None):
    """What a generator makes of pictures (N, H, W, C) in [-1, 1]: NumPy (N, H, W, C') in [-1, 1].

    As the paper does it, the network runs at test as in training: dropout and noise stay on. Instance
    norm knows one picture at a time, so no answer depends on the other pictures; only on the
    noise. With a `seed` the noise is the same at each call, and the model's own random numbers
    go on as if nothing had been, so that watching a training doesn't change it.
    Raises ValueError where there is no picture.
    """
    if not len(pictures):
        raise ValueError("There is no picture to translate; give at least one.")
    noise = [each.seed_generator.state for each in model.layers if hasattr(each, "seed_generator")]
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


def silent(model):
    """A copy of a generator whose `layers.Noise` adds none."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, Noise):
            layer.strength.assign(keras.ops.zeros_like(layer.strength))
    return copy


def load(name):
    """The shipped generator of one of SHIPPED_KINDS, trained on drawn houses (see its JSON).

    Raises ValueError for another name and, with the command that makes it anew, if it is missing or
    damaged.
    """
    if name not in SHIPPED_KINDS:
        raise ValueError(f"variant is one of {', '.join(SHIPPED_KINDS)}, not {name!r}.")
    return checkpoints.load(generator(SHIPPED_KINDS[name], **vars(SHIPPED)), f"02_{name}")


def _channels(kind, side, width, cap):
    """Of each layer down to one pixel; checks what `generator` says."""
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}.")
    if side < 32 or side & (side - 1):
        raise ValueError(f"side must be a power of two, at least 32, not {side}: resize first.")
    return [int(width * min(2**level, cap)) for level in range(int(math.log2(side)))]
