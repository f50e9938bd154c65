"""One style in milliseconds: a network that repaints any picture in one pass."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .pix2pix import instance_norm


def fast_style(width=24, blocks=4):
    """Pictures (N, H, W, 3) in [0, 1] to repainted ones of the same size; H, W multiples of 4.

    Two halvings, residual blocks at a quarter of the size, two doublings; instance norm, as style
    asks for the same contrast everywhere. Source: Johnson, Alahi, Fei-Fei (2016), "Perceptual
    losses", and its supplement's table 1; narrower here, one block fewer, and with a last layer at
    half the size, which makes four pixels at once, for a laptop.
    """
    inputs = keras.Input((None, None, 3))                                # (N, H, W, 3)
    x = layers.Rescaling(4.0, -2.0)(inputs)
    x = convolution(x, width, size=5, stride=2)                          # (N, H/2, W/2, width)
    x = convolution(x, 2 * width, stride=2)                              # (N, H/4, W/4, 2 width)
    for _ in range(blocks):
        y = convolution(convolution(x, 2 * width), 2 * width, relu=False)
        x = layers.Add()([x, y])                                         # (N, H/4, W/4, 2 width)
    x = convolution(doubled(x), width)                                   # (N, H/2, W/2, width)
    x = layers.Conv2D(12, 3, padding="same")(x)                          # (N, H/2, W/2, 4 x 3)
    x = layers.Activation("sigmoid")(Unfold()(x))                        # (N, H, W, 3)
    return keras.Model(inputs, x, name="fast_style")


class Unfold(layers.Layer):
    """Each place's 4 C numbers as 2 x 2 pixels: (N, H, W, 4 C) to (N, 2 H, 2 W, C).

    The four come from kernels of their own and would print a grid of two pixels. The filter
    1 2 1 in both directions takes just that grid away. Source: Shi et al. (2016), section 3.2.
    """

    def call(self, x):
        pixels = tf.nn.depth_to_space(x, 2)                              # (N, 2 H, 2 W, C)
        pixels = tf.pad(pixels, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        bell = np.outer([1, 2, 1], [1, 2, 1])[..., None, None] / 16      # (3, 3, 1, 1)
        bells = np.repeat(bell, pixels.shape[-1], 2).astype(np.float32)
        return tf.nn.depthwise_conv2d(pixels, bells, [1, 1, 1, 1], "VALID")


def doubled(x):
    """Twice the sides, in between by a line: copies of pixels would print their grid."""
    return layers.UpSampling2D(2, interpolation="bilinear")(x)


def convolution(x, width, size=3, stride=1, relu=True):
    """Convolution, instance norm, ReLU."""
    x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False)(x)
    x = instance_norm(x)
    return layers.ReLU()(x) if relu else x
