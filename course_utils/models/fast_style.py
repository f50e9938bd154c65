"""Three styles in milliseconds: a network that repaints any picture in one pass."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ..arguments import RGB, takes
from . import checkpoints

STYLES = {"waves": 3, "glass": 1, "woodcut": 3}  # of the shipped network: the paintings' seeds
CHECKPOINT = "04_fast_style"
MARGIN = 16  # pixels around a picture, cut off in the end


@takes(paintings=RGB("s h w 3"))
def fast_style(width=24, blocks=4, paintings=None, styles=len(STYLES)):
    """[pictures (N, H, W, 3) in [0, 1], shares (N, styles)] to pictures repainted, (N, H, W, 3).

    H, W: multiples of 8. shares: how much of each style, 1 for one of them. Three halvings,
    residual blocks at an eighth of the size, three times doubled and convolved. Source: Johnson,
    Alahi, Fei-Fei (2016), "Perceptual losses", and its supplement's table 1; one network for all
    styles, `StyleNorm`: Dumoulin, Shlens, Kudlur (2017), "A learned representation for artistic
    style". For a laptop a halving more, one block fewer. New are the skips, which bring the
    photograph's lines to the painting, `InColours`, `Canvas` and `Changed`.
    paintings: (styles, h, w, 3) in [0, 1]; a shipped network has their colours among its weights.
    """

    def convolved(x, width, size=3, stride=1, relu=True):
        x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False)(x)
        x = StyleNorm()(x, shares)
        return layers.ReLU()(x) if relu else x

    def beside(x, skipped, width):
        return convolved(layers.Concatenate()([Doubled()(x), skipped]), width)

    middle, deep = 4 * width // 3, 4 * width
    pictures, shares = keras.Input((None, None, 3)), keras.Input((styles,))
    coloured = InColours(paintings, name="in_colours")(pictures, shares)
    whole = layers.Rescaling(4.0, -2.0)(coloured)  # (N, H, W, 3)
    half = convolved(whole, width, size=5, stride=2)  # (N, H/2, W/2, width)
    quarter = Canvas(4, 64)(convolved(half, middle - 4, stride=2))  # (N, H/4, W/4, middle)
    x = convolved(quarter, deep, stride=2)  # (N, H/8, W/8, deep)
    for _ in range(blocks):
        y = convolved(convolved(x, deep), deep, relu=False)
        x = layers.Add()([x, y])  # (N, H/8, W/8, deep)
    x = beside(beside(x, quarter, middle), half, width)  # (N, H/2, W/2, width)
    x = beside(x, whole, width // 2)  # (N, H, W, width/2)
    change = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros")(x)  # (N, H, W, 3)
    return keras.Model([pictures, shares], Changed()([coloured, change]), name="fast_style")


class Changed(layers.Layer):
    """Pictures in [0, 1], changed by any numbers of the same shape, in [0, 1]; 0 changes nothing.

    What is added, is added to the logits: a network that begins with zeros begins with the picture.
    """

    def call(self, both):
        pictures, change = both
        pictures = tf.clip_by_value(pictures, 0.02, 0.98)
        return tf.sigmoid(tf.math.log(pictures / (1 - pictures)) + change)


class StyleNorm(layers.Layer):
    """Instance norm whose scale and shift belong to a style: (N, H, W, C), (N, S) to (N, H, W, C).

    All else in the network is shared. Shares in between mix two styles' numbers. Source: Dumoulin,
    Shlens, Kudlur (2017), equation 5.
    """

    def build(self, x_shape, shares_shape):
        shape, around = (shares_shape[-1], x_shape[-1]), keras.initializers.RandomNormal(1.0, 0.02)
        self.scale = self.add_weight(shape=shape, initializer=around, name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")

    def call(self, x, shares):
        mean, variance = tf.nn.moments(x, (1, 2))  # (N, C)
        scale = tf.matmul(shares, self.scale) * tf.math.rsqrt(variance + 1e-5)
        shift = tf.matmul(shares, self.shift) - mean * scale
        return x * scale[:, None, None] + shift[:, None, None]


class InColours(layers.Layer):
    """Pictures (N, H, W, 3) in [0, 1] in paintings' colours, by shares (N, S): `style.in_colours_of`.

    A convolution can't do it: where a colour goes depends on all the others in the picture.
    Its weights are the mean and the covariance's root of each painting's colours.
    """

    def __init__(self, paintings=None, **named):
        super().__init__(**named)
        self.paintings = paintings

    def build(self, pictures_shape, shares_shape):
        self.mean = self.add_weight(shape=(shares_shape[-1], 3), trainable=False, name="mean")
        self.root = self.add_weight(shape=(shares_shape[-1], 3, 3), trainable=False, name="root")
        if self.paintings is not None:
            mean, covariance = colour_cloud(tf.constant(self.paintings))
            self.mean.assign(mean)
            self.root.assign(power(covariance, 0.5))

    def call(self, pictures, shares):
        mean, covariance = colour_cloud(pictures)
        turn = tf.einsum("ns,sij->nij", shares, self.root) @ power(covariance, -0.5)
        wanted = tf.matmul(shares, self.mean)
        moved = tf.einsum("nhwj,nij->nhwi", pictures - mean[:, None, None], turn)
        return tf.clip_by_value(moved + wanted[:, None, None], 0, 1)


def colour_cloud(pictures):
    """Mean (N, 3) and covariance (N, 3, 3) of the colours of pictures (N, H, W, 3)."""
    mean = tf.reduce_mean(pictures, (1, 2))
    off = pictures - mean[:, None, None]
    return mean, tf.einsum("nhwi,nhwj->nij", off, off) / tf.cast(tf.size(off[0]) / 3, off.dtype)


def power(covariance, exponent, least=1e-4):
    """A power of symmetric matrices (N, 3, 3); eigenvalues below `least` are taken as that."""
    values, vectors = tf.linalg.eigh(covariance)
    return (vectors * tf.maximum(values, least)[:, None] ** exponent) @ tf.linalg.matrix_transpose(
        vectors
    )


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


class Doubled(layers.Layer):
    """Twice the sides, (N, H, W, C) to (N, 2 H, 2 W, C), in between by a line.

    Copies of pixels would print their grid. Keras's UpSampling2D can't do it in a graph for all sizes.
    """

    def call(self, x):
        return tf.image.resize(x, 2 * tf.shape(x)[1:3])


def load():
    """The shipped network of STYLES. Raises ValueError, with the command that makes it, if missing."""
    return checkpoints.load(fast_style(), CHECKPOINT)


def shares(name):
    """(1, 3): all of one style of STYLES. Raises ValueError for another name."""
    if name not in STYLES:
        raise ValueError(f"A network is shipped for {', '.join(STYLES)}, not for {name!r}.")
    return np.float32([[style == name for style in STYLES]])


@takes(pictures=RGB("N H W 3"))
def repaint(network, pictures, shares):
    """Repaint pictures of one size (N, H, W, 3) in [0, 1], of any sides; float32 in [0, 1].

    shares: (1, S) for all of them or (N, S), see `shares`; mixtures are allowed. 8 and 16 bits are
    taken, too. Raises TypeError or ValueError for other types, shapes and ranges.
    """
    (number, height, width), few = pictures.shape[:3], np.asarray(shares, np.float32)
    room = [
        (MARGIN, MARGIN + -side % 8) for side in (height, width)
    ]  # mirrored: hardly a frame appears
    padded = np.pad(pictures, ((0, 0), *room, (0, 0)), "symmetric")
    shares = np.broadcast_to(few, (number, few.shape[-1]))
    return inside(_graph(network)(padded, shares).numpy())[:, :height, :width]


def inside(pictures):
    """Pictures (N, H, W, C) without their margin: at an edge a network sees half of what it needs."""
    return pictures[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


@functools.cache
def _graph(network):
    """The network as one graph for all sizes: three times as fast as layer by layer."""
    sizes = tf.TensorSpec((None, None, None, 3)), tf.TensorSpec((None, network.input[1].shape[-1]))
    return tf.function(lambda *given: network(given, training=False), sizes, autograph=False)
