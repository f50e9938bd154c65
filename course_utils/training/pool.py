"""A memory for discriminators."""

import keras
import tensorflow as tf
from keras import layers, ops


class ImagePool(layers.Layer):
    """The last `size` fakes, so that a discriminator doesn't forget what it was shown before.

    Pictures (N, H, W, C) in, as many out: while the pool fills, the same ones; then each of them,
    half of the time, stays here in the place of an old one, which is given in its stead.
    Source: Zhu et al. (2017), CycleGAN, section 4, after Shrivastava et al. (2017).
    """

    def __init__(self, size, shape):
        super().__init__(dtype="float32")
        self.size = size
        self.pictures = self.add_weight(shape=(size, *shape), initializer="zeros", trainable=False)
        self.count = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False)
        self.seed = keras.random.SeedGenerator()
        self.built = True

    def call(self, new):
        count, stored = ops.shape(new)[0], self.count.value
        filling = stored + count <= self.size
        empty = ops.cast(ops.arange(self.size) >= stored, "float32")
        drawn = ops.argsort(keras.random.uniform((self.size,), seed=self.seed) + empty)[:count]
        places = ops.where(filling, stored + ops.arange(count), drawn)  # (N,), all different
        swapped = keras.random.uniform((count,), seed=self.seed) < 0.5
        given = ops.logical_and(swapped, ops.logical_not(filling))[:, None, None, None]
        old = tf.gather(self.pictures.value, places)  # (N, H, W, C)
        kept = tf.where(ops.logical_or(filling, swapped))[:, 0]  # which of the new ones stay
        indices, pictures = tf.gather(places, kept)[:, None], tf.gather(new, kept)
        self.pictures.assign(tf.tensor_scatter_nd_update(self.pictures.value, indices, pictures))
        self.count.assign_add(count * ops.cast(filling, "int32"))
        return ops.stop_gradient(ops.where(given, old, new))
