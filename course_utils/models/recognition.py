"""Lesson 08's recogniser: a network that tells drawn people apart, whatever light they stand in.

A loss may look through it (is it still the same person?), and its unit vectors are the features in
which sets of faces are compared.
"""

import keras
import numpy as np
from keras import layers

from .. import images
from . import checkpoints

NAMES = ("recogniser", "judge")  # what losses look through, and what measures them
SIDE = 48  # pixels of the picture's middle, which it looks at
WIDTHS = (24, 48, 80)  # channels at 24, 12 and 6 pixels, of what is shipped


def recogniser(side: int = 64, widths=WIDTHS, dimensions: int = 96):
    """An untrained network from pictures (N, side, side, 3) in [0, 1] to unit vectors (N, dimensions).

    It looks at the middle 48 × 48 pixels. The cosine of two vectors tells how alike two people are.
    """
    picture = keras.Input((side, side, 3))
    x = layers.Cropping2D((side - SIDE) // 2)(picture)
    for width in widths:  # (N, 24, 24, 24), (N, 12, 12, 48), (N, 6, 6, 80)
        for stride in (2, 1):
            x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dense(dimensions)(layers.Flatten()(x))
    return keras.Model(picture, layers.UnitNormalization()(x), name="recogniser")


def load(name="recogniser"):
    """A shipped recogniser of drawn people (see its JSON), for pictures of 64 × 64.

    name: "recogniser", for losses, or "judge", which learned from other people: a network that was
    trained to please the one is measured by the other. Raises ValueError for another name and,
    with the command that makes it anew, if a file is missing or damaged.
    """
    if name not in NAMES:
        raise ValueError(f"name is one of {', '.join(NAMES)}, not {name!r}.")
    return checkpoints.load(recogniser(), f"08_{name}")


def embed(model, pictures) -> np.ndarray:
    """The unit vectors (N, dimensions) of pictures (N, side, side, 3), float32.

    pictures: 8 bits or floats in [0, 1]. Raises ValueError for those of another shape or range.
    """
    pictures = images.to_float(pictures)
    if pictures.shape[1:] != model.input_shape[1:]:
        wanted = ", ".join(map(str, model.input_shape[1:]))
        raise ValueError(f"The recogniser needs pictures (N, {wanted}), not {pictures.shape}.")
    return model.predict(pictures, batch_size=64, verbose=0)
