"""A StyleGAN of 64 × 64 pixels, in plain Keras: mapping, synthesis, discriminator.

Sources: Karras, Laine and Aila (2019), "A style-based generator architecture for generative
adversarial networks" (mapping, styles, noise); Karras et al. (2020), "Analyzing and
improving the image quality of StyleGAN" (modulated convolutions, skip outputs). Weights have the
equalised learning rate of Karras et al. (2018), "Progressive growing of GANs", section 4.1.
"""

import functools
import math

import keras
import numpy as np
from keras import layers, ops

from .. import images
from ..settings import settings
from . import checkpoints

SLOPE = 0.2  # of all leaky ReLUs


@settings
class Architecture:
    """Sizes of all three networks.

    side: of the pictures, a power of two, at least 4. latent: numbers in z and in w. channels: at
    4 × 4 pixels, at 8 × 8, and so on; as many of them are taken as `side` needs. mapping: dense
    layers from z to w, the paper's 8 by default.
    """

    side: int = 64
    latent: int = 512
    channels: tuple = (512, 512, 512, 512, 256)
    mapping: int = 8

    def __post_init__(self):
        if self.side < 8 or self.side & (self.side - 1):
            raise ValueError(f"side is a power of two from 8 on, not {self.side}.")

    @property
    def sides(self):
        """Sides of all resolutions: 4, 8, …, `side`."""
        return [4 << number for number in range(int(math.log2(self.side)) - 1)]

    @property
    def styles(self):
        """How many vectors w steer the synthesis: 2 · log₂(side) − 2."""
        return 2 * int(math.log2(self.side)) - 2


SHIPPED = Architecture(latent=128, channels=(128, 128, 96, 64, 32), mapping=4)


def _equalised(layer, shape):
    """A weight drawn from N(0, 1)."""
    return layer.add_weight(
        shape=shape, initializer=keras.initializers.RandomNormal(0, 1), name="kernel"
    )


def _scaled(kernel):
    """A kernel (…, in, out) divided by √fan-in, at each use: so all learn at the same rate."""
    return kernel / math.sqrt(math.prod(kernel.shape[:-1]))


@keras.saving.register_keras_serializable("course_utils")
class Dense(layers.Layer):
    """A dense layer with equalised learning rate: (N, in) to (N, units).

    rate: of this layer, relative to the others; the mapping learns at a hundredth. bias: at first.
    lively: with a leaky ReLU behind, times √2, which keeps the variance.
    """

    def __init__(self, units, rate=1.0, bias=0.0, lively=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.rate, self.first_bias, self.lively = units, rate, bias, lively

    def build(self, shape):
        deviation = keras.initializers.RandomNormal(0, 1 / self.rate)
        start = keras.initializers.Constant(self.first_bias / self.rate)
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer=deviation)
        self.bias = self.add_weight(shape=(self.units,), initializer=start)

    def call(self, x):
        x = self.rate * (ops.matmul(x, _scaled(self.kernel)) + self.bias)
        return _lively(x) if self.lively else x

    def get_config(self):
        told = {"units": self.units, "rate": self.rate, "bias": self.first_bias}
        told |= {"lively": self.lively}
        return super().get_config() | told


@keras.saving.register_keras_serializable("course_utils")
class Convolution(layers.Layer):
    """A convolution with equalised learning rate: (N, h, w, in) to (N, h, w, filters).

    lively: with a leaky ReLU behind, times √2.
    """

    def __init__(self, filters, size=3, lively=True, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.lively = filters, size, lively

    def build(self, shape):
        self.kernel = _equalised(self, (self.size, self.size, shape[-1], self.filters))
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, x):
        x = ops.conv(x, _scaled(self.kernel), padding="same") + self.bias
        return _lively(x) if self.lively else x

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.filters)

    def get_config(self):
        told = {"filters": self.filters, "size": self.size, "lively": self.lively}
        return super().get_config() | told


@keras.saving.register_keras_serializable("course_utils")
class ModulatedConvolution(layers.Layer):
    """A convolution whose input channels are scaled by a style, and whose output's scale is undone.

    call: x (N, h, w, in) and w (N, latent) give (N, h, w, filters). The style s = A w + b, b at
    first 1, scales the kernel's input channels; demodulation divides by the norm of each scaled
    filter, so that white noise of variance 1 keeps it, however large the style. Scaling x before
    and the answer after is the same as another kernel for each picture, and is quick.
    Source: Karras et al. (2020), eq. 1 and 3.
    """

    def __init__(self, filters, size=3, demodulate=True, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.demodulate = filters, size, demodulate

    def build(self, shapes):
        channels = shapes[0][-1]
        self.style = Dense(channels, bias=1.0, dtype=self.dtype_policy)
        self.style.build(shapes[1])
        self.kernel = _equalised(self, (self.size, self.size, channels, self.filters))

    def call(self, inputs):
        x, w = inputs
        style, kernel = self.style(w), _scaled(self.kernel)  # (N, in), (k, k, in, filters)
        x = ops.conv(x * style[:, None, None], kernel, padding="same")
        if self.demodulate:
            x = x * demodulation(kernel, style)[:, None, None]
        return x

    def compute_output_shape(self, shapes):
        return (*shapes[0][:-1], self.filters)

    def get_config(self):
        told = {"filters": self.filters, "size": self.size, "demodulate": self.demodulate}
        return super().get_config() | told


def demodulation(kernel, style):
    """What makes up for a style: 1 / the norm of each filter that it scales, (N, filters).

    kernel: (k, k, in, filters). style: (N, in), the factors of the input channels. 1e-8 is added to
    the squared norm. Source: Karras et al. (2020), eq. 3.
    """
    squared = ops.sum(kernel**2, axis=(0, 1))  # (in, filters)
    return ops.rsqrt(ops.matmul(style**2, squared) + 1e-8)


@keras.saving.register_keras_serializable("course_utils")
class Grain(layers.Layer):
    """Noise (N, h, w, 1), as strong as learned, then a bias and a leaky ReLU.

    In training each picture gets fresh noise; else one and the same that is kept, so that a style
    gives one picture. Source: Karras, Laine and Aila (2019), section 2, where each channel has a
    strength of its own; here all have one.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape):
        self.strength = self.add_weight(shape=(), initializer="zeros")
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.kept = self.add_weight(
            shape=(1, *shape[1:3], 1),
            initializer=keras.initializers.RandomNormal(0, 1),
            trainable=False,
        )

    def call(self, x, training=False):
        fresh = (*ops.shape(x)[:-1], 1)
        draw = functools.partial(keras.random.normal, fresh, dtype=x.dtype)
        grain = draw(seed=self.seed_generator) if training else self.kept
        x = x + self.strength * grain + self.bias
        return math.sqrt(2) * ops.leaky_relu(x, SLOPE)  # (N, h, w, c)


@keras.saving.register_keras_serializable("course_utils")
class Start(layers.Layer):
    """The learned constant (N, 4, 4, channels) that every picture begins as."""

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, shape):
        self.constant = _equalised(self, (1, 4, 4, self.channels))

    def call(self, styles):
        return ops.tile(self.constant, (ops.shape(styles)[0], 1, 1, 1))

    def get_config(self):
        return super().get_config() | {"channels": self.channels}


@keras.saving.register_keras_serializable("course_utils")
class MinibatchDeviation(layers.Layer):
    """One channel more: how much the pictures of the batch differ, everywhere the same number."""

    def call(self, x):
        spread = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))
        return ops.concatenate([x, ops.zeros_like(x[..., :1]) + spread], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)


def mapping(a=SHIPPED):
    """From z (N, latent), drawn from N(0, 1), to w (N, latent).

    z is scaled to a length of √latent first. The layers learn at a hundredth of the others' rate.
    """
    x = z = keras.Input((a.latent,))
    x = x * ops.rsqrt(ops.mean(x**2, axis=-1, keepdims=True) + 1e-8)
    for number in range(a.mapping):
        x = Dense(a.latent, rate=0.01, lively=True, name=f"dense_{number}")(x)
    return keras.Model(z, x, name="mapping")


def synthesis(a=SHIPPED):
    """From styles (N, a.styles, latent) to pictures (N, side, side, 3), once trained about -1 to 1.

    Each resolution adds its colours to the enlarged ones of the last (skip outputs). A convolution
    works before the doubling and one after; the paper's first does both at once.
    """
    styles = keras.Input((a.styles, a.latent))
    x, picture = Start(a.channels[0], name="start")(styles), None
    for number, side in enumerate(a.sides):
        for part in ("first", "second")[number == 0 :]:
            style = styles[:, 2 * number - (part == "first")]
            x = ModulatedConvolution(a.channels[number], name=f"{part}_{side}")([x, style])
            if part == "first":
                x = _doubled(x)
            x = Grain(name=f"{part}_grain_{side}")(x)
        to_rgb = ModulatedConvolution(3, 1, demodulate=False, name=f"rgb_{side}", dtype="float32")
        colours = to_rgb([x, styles[:, 2 * number + 1]])
        picture = colours if picture is None else _doubled(picture) + colours
    return keras.Model(styles, picture, name="synthesis")


def discriminator(a=SHIPPED):
    """From pictures (N, side, side, 3) in [-1, 1] to logits (N, 1): residual blocks, and a spread.

    Before the last convolution a channel tells how much the batch's pictures differ, so that a
    generator that always paints one picture is found out (Karras et al. 2018, section 3).
    """
    picture = keras.Input((a.side, a.side, 3))
    x = Convolution(a.channels[len(a.sides) - 1], 1, name=f"from_rgb_{a.side}")(picture)
    for number in reversed(range(1, len(a.sides))):
        side, fewer = a.sides[number], layers.AveragePooling2D(2)
        given = Convolution(a.channels[number - 1], 1, False, name=f"skip_{side}")(fewer(x))
        x = fewer(Convolution(a.channels[number], name=f"first_{side}")(x))
        x = Convolution(a.channels[number - 1], name=f"second_{side}")(x)
        x = layers.Rescaling(1 / math.sqrt(2))(x + given)
    x = MinibatchDeviation(name="deviation")(x)
    x = layers.Flatten()(Convolution(a.channels[0], name="last")(x))
    x = Dense(a.channels[0], lively=True, name="dense")(x)
    return keras.Model(picture, Dense(1, name="logit", dtype="float32")(x), name="discriminator")


def load():
    """(mapping, synthesis): the shipped generator, trained on drawn faces (see their JSONs).

    Raises ValueError, with the command that makes them anew, if a file is missing or damaged.
    """
    return tuple(checkpoints.load(part(), f"08_{part.__name__}") for part in (mapping, synthesis))


def mean_style(mapping, count=10_000, seed=0):
    """The mean w (latent,) of `count` random z: the style that truncation pulls towards."""
    return random_styles(mapping, count, seed).mean(0)


def random_styles(mapping, count, seed=0):
    """The w (count, latent) of `count` random z."""
    z = np.random.default_rng(seed).normal(size=(count, mapping.input_shape[-1]))
    return mapping.predict(z.astype(np.float32), batch_size=1000, verbose=0)


def directions(mapping, count=5000, seed=0):
    """The main directions (latent, latent) of w, strongest first, each one standard deviation long.

    The principal components of the w of `count` random z. A component may point either way; here
    its largest number is positive.
    Source: Härkönen et al. (2020), "GANSpace", section 2.2.
    """
    w = random_styles(mapping, count, seed)
    _, spread, axes = np.linalg.svd((w - w.mean(0)) / np.sqrt(count), full_matrices=False)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1, keepdims=True), axis=1)
    return spread[:, None] * axes * np.sign(largest)


def truncated(styles, mean, psi):
    """Styles pulled towards the mean: mean + ψ (w − mean); 1 leaves them, 0 is the mean face.

    Source: Karras, Laine and Aila (2019), appendix B.
    """
    return mean + psi * (styles - mean)


def mixed(one, other, change):
    """Styles of `one` before the place `change`, of `other` from there on: (N, styles, latent).

    one, other: (N, styles, latent). change: (N,), from 0, all of `other`, to the number of styles,
    all of `one`. Source: Karras, Laine and Aila (2019), section 3.1.
    """
    place = ops.arange(one.shape[1], dtype="float32")[None]  # (1, styles)
    return ops.where((place < change[:, None])[..., None], one, other)


def paint(synthesis, styles):
    """Pictures float32 (N, side, side, 3) in [0, 1] of styles (N, latent) or (N, styles, latent)."""
    styles = np.asarray(styles, np.float32)
    if styles.ndim == 2:
        styles = np.repeat(styles[:, None], synthesis.input_shape[1], axis=1)
    return images.from_signed(synthesis.predict(styles, batch_size=32, verbose=0).clip(-1, 1))


def _doubled(x):
    return layers.UpSampling2D(2, interpolation="bilinear")(x)


def _lively(x):
    return math.sqrt(2) * ops.leaky_relu(x, SLOPE)


def take_over(network, smaller) -> None:
    """Give a network the weights of a smaller one's layers that have the same names."""
    old = {layer.name: layer for layer in smaller.layers if layer.weights}
    for layer in network.layers:
        if layer.name in old:
            layer.set_weights(old[layer.name].get_weights())
