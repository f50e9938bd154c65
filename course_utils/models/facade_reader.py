"""Lesson 02's reader: a network that names the parts of real house fronts, for the FCN-score."""

import numpy as np

from drawn_worlds import houses as facades

from .. import images
from . import checkpoints
from .unet import unet

CHECKPOINT = "02_segmenter"
SIDE = 128  # pixels of the pictures that it reads


def network():
    """An untrained reader: a U-Net from photos (N, H, W, 3) in [0, 1] to logits (N, H, W, 12)."""
    return unet((None, None, 3), classes=len(facades.CLASSES), base=12, depth=3, batch_norm=True)


def load():
    """The shipped reader, trained on drawn houses (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    return checkpoints.load(network(), CHECKPOINT)


def read(model, photos) -> np.ndarray:
    """The class of each pixel, int32 (N, H, W), in photos (N, H, W, 3) in [0, 1].

    The reader learned from pictures of 128 × 128: photos of another size are resized before it
    reads, and what it read after. Raises ValueError for photos of another shape or range.
    """
    photos = images.to_float(photos)
    if photos.ndim != 4 or photos.shape[-1] != 3:
        raise ValueError(f"The reader needs photos (N, H, W, 3), not {photos.shape}.")
    size = photos.shape[1:3]
    small = np.stack([images.resize(photo, (SIDE, SIDE)) for photo in photos])
    logits = model.predict(small, batch_size=16, verbose=0)
    labels = logits.argmax(-1).astype(np.int32)
    return np.stack([images.resize(each, size, labels=True) for each in labels])
