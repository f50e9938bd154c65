"""The running mean of a network's weights: calmer than any one step of a GAN's training.

Source: Yazıcı et al. (2019), "The unusual effectiveness of averaging in GAN training".
"""

import keras


def copy_at_rest(network):
    """A copy of a network, weights and all, that no training changes: where a mean begins."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def average(mean, network, momentum: float) -> None:
    """The mean of a network's weights, one step further: each counts `momentum` times the next."""
    for old, now in zip(mean.weights, network.weights, strict=True):
        old.assign_add((1 - momentum) * (now - old))
