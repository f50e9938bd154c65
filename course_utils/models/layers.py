"""What the translating networks are made of: convolutions with instance norm, down and up."""

import keras
from keras import layers, ops


def down(x, channels, norm=True):
    """4x4 convolution of stride 2, instance norm, leaky ReLU: half the sides."""
    return convolution(x, channels, stride=2, norm=norm)  # (N, h/2, w/2, channels)


@keras.saving.register_keras_serializable("course_utils")
class Noise(layers.Layer):
    """Adds fresh Gaussian noise (N, h, w, 1), to each channel as much as it learns to; at first none.

    Where the input is flat, a convolution's answer is flat, too: noise is something to make bricks
    and leaves of. It stays on at test. Source: Karras, Laine and Aila (2019), "A style-based generator
    architecture for generative adversarial networks", section 2.
    A `grain` (N, h, w, 1), where it is set, takes the place of fresh noise.
    """

    grain = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape):
        self.strength = self.add_weight(shape=(shape[-1],), initializer="zeros")

    def call(self, x):
        grain = self.grain
        if grain is None:
            fresh = (*ops.shape(x)[:-1], 1)
            grain = keras.random.normal(fresh, dtype=x.dtype, seed=self.seed_generator)
        return x + self.strength * grain  # (N, h, w, c)


def up(x, channels, dropout=0.0, transposed=False, noise=False):
    """Twice the sides: `enlarged`, instance norm, noise, dropout, ReLU."""
    x = instance_norm(enlarged(x, channels, transposed, use_bias=False))
    x = Noise()(x) if noise else x
    x = layers.Dropout(dropout)(x) if dropout else x
    return layers.ReLU()(x)  # (N, 2h, 2w, channels)


def mixed(x, channels, noise=False):
    """A 3x3 convolution, instance norm, noise, ReLU."""
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer=small())(x)
    x = instance_norm(x)
    x = Noise()(x) if noise else x
    return layers.ReLU()(x)  # (N, h, w, channels)


def enlarged(x, channels, transposed=False, use_bias=True):
    """Twice the sides by bilinear interpolation, then a 3x3 convolution: no lattice to unlearn.

    transposed=True: a 4x4 transposed convolution of stride 2 in the place of both, which is the
    paper's. Its four weights for an even pixel are others than those for an odd one, so that it
    weaves a lattice. Source: Odena, Dumoulin and Olah (2016), "Deconvolution and checkerboard
    artifacts".
    """
    settings = {"padding": "same", "use_bias": use_bias, "kernel_initializer": small()}
    if transposed:
        return layers.Conv2DTranspose(channels, 4, 2, **settings)(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    return layers.Conv2D(channels, 3, **settings)(x)  # (N, 2h, 2w, channels)


def answer(x, skips, channels, fine=0, fine_layers=1, transposed=False, noise=False):
    """The last layer up; with `fine`, so many that wide go before it, each beside the skips."""
    if not fine:
        return enlarged(x, channels, transposed)
    x = layers.Concatenate()([up(x, fine, transposed=transposed, noise=noise), *skips])
    for _ in range(fine_layers - 1):
        x = layers.Concatenate()([mixed(x, fine, noise), *skips])
    return layers.Conv2D(channels, 3, padding="same", kernel_initializer=small())(x)


def convolution(x, channels, size=4, stride=1, norm=True):
    """Convolution, instance norm, leaky ReLU of slope 0.2 (left alone, Keras takes 0.3)."""
    if stride == 1 and size > 1:
        x = layers.ZeroPadding2D(1)(x)  # one pixel all around
    settings = {"use_bias": not norm, "kernel_initializer": small()}
    x = layers.Conv2D(channels, size, stride, "valid" if stride == 1 else "same", **settings)(x)
    x = instance_norm(x) if norm else x
    return layers.LeakyReLU(negative_slope=0.2)(x)


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
