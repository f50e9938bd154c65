"""Batches for training, made on tf.data beside the training step, so that the network never waits."""

import numpy as np
import tensorflow as tf


def stream(example, batch_size: int, seed: int = 0, start: int = 0) -> tf.data.Dataset:
    """An endless stream of batches from `example(rng) -> tuple of arrays`, or of tuples of them.

    Example number i gets its own generator, seeded with (seed, i): the stream is the same at every
    run, whatever the number of threads. `start` is the number of the first batch: a training that
    goes on draws none before it. Shapes and dtypes are taken from one example. Each part comes
    out as (batch_size, *shape). Raises ValueError if examples differ in shape.
    """
    whole = example(np.random.default_rng((seed, 0)))
    first = [np.asarray(part) for part in tf.nest.flatten(whole)]
    kinds = [tf.as_dtype(part.dtype) for part in first]

    def draw(number):
        parts = tf.nest.flatten(example(np.random.default_rng((seed, int(number)))))
        for part, model in zip(parts, first, strict=True):
            if np.shape(part) != model.shape:
                raise ValueError(
                    f"An example has the shape {np.shape(part)} and another {model.shape}: "
                    "crop or resize them to one size."
                )
        return [np.asarray(part, model.dtype) for part, model in zip(parts, first, strict=True)]

    def load(number):
        parts = tf.numpy_function(draw, [number], kinds)
        parts = [tf.ensure_shape(part, m.shape) for part, m in zip(parts, first, strict=True)]
        return tf.nest.pack_sequence_as(whole, parts)

    numbers = tf.data.Dataset.range(start * batch_size, np.iinfo(np.int64).max)
    examples = numbers.map(load, num_parallel_calls=2, deterministic=True)
    return examples.batch(batch_size, drop_remainder=True).prefetch(2)
