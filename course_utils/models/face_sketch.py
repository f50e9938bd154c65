"""Lesson 03's networks: an autoencoder, pix2pix's and CycleGAN's generators, and those shipped."""

import keras
from keras import layers, ops

from ..settings import settings
from . import checkpoints, pix2pix
from .layers import instance_norm, small, up

NETWORKS = ("autoencoder", "pix2pix", "cyclegan")


@settings
class Autoencoder:
    """An `autoencoder`'s sizes."""

    side: int = 64
    width: int = 16


@settings
class ResNet:
    """A `resnet_generator`'s sizes; the paper's for 128 × 128 pixels by default."""

    side: int = 128
    width: int = 64
    blocks: int = 6
    ends: int = 7
    transposed: bool = False
    noise: bool = False


SHIPPED = {
    "autoencoder": Autoencoder(side=128),
    "pix2pix": pix2pix.SHIPPED,
    "cyclegan": ResNet(width=24, ends=3, noise=True),
}


def build(name):
    """An untrained network as it is shipped, one direction of one of the NETWORKS."""
    kinds = {"autoencoder": autoencoder, "pix2pix": pix2pix.generator, "cyclegan": resnet_generator}
    return kinds[name](**vars(SHIPPED[name]))


def load(name):
    """(photograph → sketch, sketch → photograph): the shipped networks, trained on drawn people.

    Raises ValueError for another name than NETWORKS and, with the command that makes them anew,
    if a file is missing or damaged.
    """
    if name not in NETWORKS:
        raise ValueError(f"name is one of {', '.join(NETWORKS)}, not {name!r}.")
    return tuple(checkpoints.load(build(name), f"03_{name}_{way}") for way in ("there", "back"))


def autoencoder(side=None, width=16, channels=3):
    """Pictures to pictures through a quarter of the sides, without skips: 6 + 8 convolutions.

    Input and output (N, side, side, channels), both in [-1, 1]; the side is a multiple of 4. Six
    `Conv2D` squeeze, eight `Conv2DTranspose` unfold, two of them after interpolation to twice the
    sides: a transposed convolution that doubles by itself weaves a lattice, see `layers.enlarged`.
    Raises ValueError for another side.
    """
    _check_side(side, 4)
    picture = x = keras.Input((side, side, channels))  # (N, side, side, c)
    for count, stride in ((1, 2), (2, 1), (2, 2), (4, 1), (4, 1), (4, 1)):
        x = layers.Conv2D(width * count, 2 + stride, stride, "same", use_bias=False)(x)
        x = _normed(x)  # ... (N, side/4, side/4, 4w)
    for count, scale in ((4, 1), (4, 1), (4, 1), (2, 2), (2, 1), (1, 2), (1, 1)):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x) if scale > 1 else x
        x = layers.Conv2DTranspose(width * count, 3, 1, "same", use_bias=False)(x)
        x = _normed(x)  # ... (N, side, side, w)
    x = layers.Conv2DTranspose(channels, 3, 1, "same", activation="tanh", dtype="float32")(x)
    return keras.Model(picture, x, name="autoencoder")  # (N, side, side, c)


def resnet_generator(
    side=None, width=64, blocks=9, channels=3, ends=7, transposed=False, noise=False
):
    """CycleGAN's generator: halved twice, `blocks` residual blocks, doubled twice.

    Input and output (N, side, side, channels), both in [-1, 1]; the side is a multiple of 4. In the
    paper's letters: c7s1-w, d2w, d4w, R4w ×blocks, u2w, uw, c7s1-3, with w = 64 and 9 blocks for
    256 × 256 pixels, 6 for 128 × 128. `ends` is the size of the first and the last kernel: 7 in the
    paper; on a CPU they take half of the time. `transposed`: the paper's way up, with kernels of
    4 × 4, not 3 × 3: a multiple of the stride, so that every pixel is reached by equally many
    weights; otherwise sides are doubled by interpolation, see `layers.enlarged`. `noise` goes into
    both layers up, see `layers.Noise`. Raises ValueError for another side.
    Source: Zhu, Park, Isola and Efros (2017), appendix 7.2.
    """
    _check_side(side, 4)
    picture = keras.Input((side, side, channels))  # (N, side, side, c)
    x = _normed(_conv(picture, width, ends))  # (N, side, side, w)
    for count in (2, 4):
        x = layers.Conv2D(count * width, 3, 2, "same", use_bias=False, kernel_initializer=small())(
            x
        )  # (N, side/2, side/2, 2w) ...
        x = _normed(x)
    for _ in range(blocks):
        x = residual_block(x)  # (N, side/4, side/4, 4w)
    for count in (2, 1):
        x = up(x, count * width, transposed=transposed, noise=noise)  # ... (N, side, side, w)
    x = _conv(x, channels, ends, bias=True)
    made = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(picture, made, name="resnet_generator")


def residual_block(x):
    """x plus what two 3x3 convolutions would change about it; the shape stays."""
    channels = x.shape[-1]
    change = _normed(_conv(x, channels, 3))  # (N, h, w, channels)
    return x + instance_norm(_conv(change, channels, 3))  # (N, h, w, channels)


def _conv(x, channels, size, bias=False):
    """A convolution of stride 1 whose picture is mirrored at its edges: no frame appears."""
    room = size // 2
    x = ops.pad(x, ((0, 0), (room, room), (room, room), (0, 0)), mode="reflect")
    return layers.Conv2D(channels, size, use_bias=bias, kernel_initializer=small())(x)


def _normed(x):
    return layers.ReLU()(instance_norm(x))


def _check_side(side, multiple):
    if side is not None and (side < multiple or side % multiple):
        raise ValueError(f"side must be a multiple of {multiple}, not {side}: resize first.")
