"""One style in milliseconds: a network that repaints any picture in one pass."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ..arguments import RGB, takes
from . import checkpoints
from .layers import instance_norm

PAINTED = {"waves": 3}  # style of a shipped network: seed of its painting
MARGIN = 8  # pixels around a picture, cut off in the end


@takes(style=RGB("h w 3"))
def fast_style(width=24, blocks=3, style=None):
    """Pictures (N, H, W, 3) in [0, 1] to repainted ones of the same size; H, W multiples of 8.

    Three halvings, residual blocks at an eighth of the size, three doublings; instance norm, as
    style asks for the same contrast everywhere. Source: Johnson, Alahi, Fei-Fei (2016), "Perceptual
    losses", and its supplement's table 1. For a laptop: a halving more and two blocks fewer, and a
    last layer at half the size, which makes four pixels at once. New are the skips, which bring
    the photograph's lines to the painting, `InColours` and `Canvas`.
    style: the painting (H, W, 3) in [0, 1]; a shipped network has its colours among its weights.
    """
    own, middle, deep = width // 3, 4 * width // 3, 4 * width
    inputs = keras.Input((None, None, 3))  # (N, H, W, 3)
    x = layers.Rescaling(4.0, -2.0)(InColours(style, name="in_colours")(inputs))
    half = convolution(x, width, size=5, stride=2)  # (N, H/2, W/2, width)
    x = convolution(half, middle - own, stride=2)
    quarter = Canvas(own, 64)(x)  # (N, H/4, W/4, middle)
    x = convolution(quarter, deep - middle, stride=2)
    x = Canvas(middle, 32)(x)  # (N, H/8, W/8, deep)
    for _ in range(blocks):
        y = convolution(convolution(x, deep), deep, relu=False)
        x = layers.Add()([x, y])  # (N, H/8, W/8, deep)
    x = convolution(layers.Concatenate()([Doubled()(x), quarter]), middle)
    x = convolution(layers.Concatenate()([Doubled()(x), half]), width)  # (N, H/2, W/2, width)
    x = layers.Conv2D(12, 3, padding="same")(x)  # (N, H/2, W/2, 4 x 3)
    x = layers.Activation("sigmoid", dtype="float32")(Unfold()(x))  # (N, H, W, 3)
    return keras.Model(inputs, x, name="fast_style")


class InColours(layers.Layer):
    """Pictures (N, H, W, 3) in [0, 1] with another's histogram in each channel: same shape.

    Values are told apart by 1/255. A convolution can't do it: where a value goes depends on how many
    of the picture's are darker. Its weights are the other picture's values at 256 even shares.
    """

    def __init__(self, picture=None, levels=256, **named):
        super().__init__(**{"dtype": "float32"} | named)
        self.picture, self.levels = picture, levels

    def build(self, _):
        self.values = self.add_weight(shape=(3, self.levels), trainable=False)
        if self.picture is not None:
            shares = np.linspace(0, 1, self.levels)
            self.values.assign(np.quantile(self.picture, shares, (0, 1)).T)

    def call(self, pictures):
        number, height, width, channels = tf.unstack(tf.shape(pictures))
        last, lists = self.levels - 1, tf.range(number * channels) * self.levels
        levels = tf.cast(pictures * last + 0.5, tf.int32)  # (N, H, W, 3)
        levels += tf.reshape(lists, [number, 1, 1, channels])  # of all lists in a row
        size = tf.size(lists) * self.levels
        counts = tf.math.bincount(tf.reshape(levels, [-1]), None, size, size, tf.float32)
        counts = tf.reshape(counts, [number, channels, self.levels])
        darker = (tf.cumsum(counts, -1) - counts / 2) / tf.cast(height * width, tf.float32)
        place = tf.cast(tf.round(darker * last), tf.int32) + lists[:channels, None]
        values = tf.gather(tf.reshape(self.values, [-1]), place)  # (N, 3, levels)
        return tf.gather(tf.reshape(values, [-1]), levels)  # (N, H, W, 3)


class Canvas(layers.Layer):
    """A learned pattern beside the activations: (N, H, W, C) to (N, H, W, C + channels).

    In a clear sky a convolution answers the same everywhere: there is nothing to make strokes from.
    The pattern, `side` × `side`, repeated, gives it some. In training it lies elsewhere each time, so
    that no stroke belongs to a place. Sources: noise for this purpose, Ulyanov et al. (2016),
    "Texture networks", section 3; learned instead, Karras et al. (2019), StyleGAN, section 2.
    """

    def __init__(self, channels, side):
        super().__init__()
        self.shape, self.seed = (1, side, side, channels), keras.random.SeedGenerator()

    def build(self, _):
        self.pattern = self.add_weight(
            shape=self.shape, initializer=keras.initializers.RandomNormal(0.0, 1.0)
        )

    def call(self, x, training=False):
        pattern, (_, side, _, _) = self.pattern.value, self.shape
        if training:
            way = keras.random.randint((2,), 0, side, seed=self.seed)
            pattern = tf.roll(pattern, way, (1, 2))
        number, height, width, _ = tf.unstack(tf.shape(x))
        pattern = tf.tile(pattern, [number, (height - 1) // side + 1, (width - 1) // side + 1, 1])
        return tf.concat([x, pattern[:, :height, :width]], -1)


class Unfold(layers.Layer):
    """Each place's 4 C numbers as 2 x 2 pixels: (N, H, W, 4 C) to (N, 2 H, 2 W, C).

    The four come from kernels of their own and would print a grid of two pixels. The filter
    1 2 1 in both directions takes just that grid away. Source: Shi et al. (2016), section 3.2.
    """

    def call(self, x):
        pixels = tf.nn.depth_to_space(x, 2)  # (N, 2 H, 2 W, C)
        pixels = tf.pad(pixels, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        for _ in range(2):  # 1 1, twice, is 1 2 1
            pixels = (pixels[:, 1:] + pixels[:, :-1]) / 2
            pixels = (pixels[:, :, 1:] + pixels[:, :, :-1]) / 2
        return pixels


class Doubled(layers.Layer):
    """Twice the sides, (N, H, W, C) to (N, 2 H, 2 W, C), in between by a line.

    Copies of pixels would print their grid. Keras's UpSampling2D can't do it in a graph for all sizes.
    """

    def call(self, x):
        return tf.image.resize(x, 2 * tf.shape(x)[1:3])


def convolution(x, width, size=3, stride=1, relu=True):
    """Convolution, instance norm, ReLU."""
    x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False)(x)
    x = instance_norm(x)
    return layers.ReLU()(x) if relu else x


def load(name="waves"):
    """The shipped network of one of the styles PAINTED.

    Raises ValueError for another style and, with the command that makes it anew, if it is missing.
    """
    if name not in PAINTED:
        raise ValueError(f"Networks are shipped for {', '.join(PAINTED)}, not for {name!r}.")
    return checkpoints.load(fast_style(), f"04_{name}")


@takes(pictures=RGB("N H W 3"))
def repaint(network, pictures):
    """Repaint pictures of one size (N, H, W, 3) in [0, 1], of any sides; float32 in [0, 1].

    8 and 16 bits are taken, too. Raises TypeError or ValueError for other types, shapes and ranges.
    """
    height, width = pictures.shape[1:3]
    room = [
        (MARGIN, MARGIN + -side % 8) for side in (height, width)
    ]  # mirrored: hardly a frame appears
    padded = np.pad(pictures, ((0, 0), *room, (0, 0)), "symmetric")
    return inside(_graph(network)(padded).numpy())[:, :height, :width]


def inside(pictures):
    """Pictures (N, H, W, C) without their margin: at an edge a network sees half of what it needs."""
    return pictures[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


@functools.cache
def _graph(network):
    """The network as one graph for all sizes: three times as fast as layer by layer."""
    sizes = tf.TensorSpec((None, None, None, 3))
    return tf.function(lambda pictures: network(pictures, training=False), [sizes], autograph=False)
