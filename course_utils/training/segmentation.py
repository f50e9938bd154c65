"""Lesson 01's training without its pictures: for the shipped network and for the evidence."""

from .. import profile
from ..data import segmentation
from ..models.unet import unet
from .fit import fit
from .schedules import warm_cosine

BATCH = 8


def train(
    crops: segmentation.Crops,
    steps: int,
    seed: int,
    classes: int = 3,
    base: int = 12,
    folder=None,
    callbacks=(),
):
    """A same-padding U-Net of depth 3, trained as in lesson 01; its outputs are logits.

    crops: draws (image, classes, weights), see `segmentation.Crops`. steps: of AdamW, with a
    cosine schedule. seed: of the weights and of the stream of crops. folder: for safety copies,
    see `fit`.
    """
    profile.set_seeds(seed)
    import keras

    model = unet((None, None, 3), classes=classes, base=base, depth=3, batch_norm=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)
    return fit(model, crops, steps, BATCH, seed, folder, callbacks=callbacks)
