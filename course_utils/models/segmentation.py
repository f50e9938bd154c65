"""Lesson 01's shipped network: small, for cells of any size and light."""

from collections.abc import Callable

from . import checkpoints
from .unet import unet

CHECKPOINT, BASE = "01_unet", 10


def network():
    """An untrained `unet` as it is shipped: (N, H, W, 3), normalised, to logits (N, H, W, 3)."""
    return unet((None, None, 3), classes=3, base=BASE, depth=3, batch_norm=True)


def load():
    """The shipped network, trained on drawn cells only (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    return checkpoints.load(network(), CHECKPOINT)


def probabilities(model) -> Callable:
    """A function from a batch of normalised pictures to the model's probabilities, as NumPy."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # one graph for all sizes, faster than layer by layer
    def compiled(x):
        return tf.nn.softmax(model(x, training=False))

    return lambda x: compiled(tf.convert_to_tensor(x)).numpy()
