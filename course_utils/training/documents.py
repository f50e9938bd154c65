"""Lesson 06's training without its pictures, and its shipped network."""

from .. import profile
from ..data.pipeline import stream
from .schedules import warm_cosine

CHECKPOINT = "06_denoiser"
BATCH = 16


def train(crops, steps: int, seed: int, epochs: int = 1, callbacks=()):
    """A `denoiser` trained on the pairs that `crops(rng)` draws; its outputs are logits.

    crops: see `data.documents.Crops`. steps: of AdamW, all epochs together, with a cosine schedule.
    """
    profile.set_seeds(seed)
    import keras

    from ..models.denoiser import denoiser

    model = denoiser()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)
    model.fit(stream(crops, BATCH, seed), steps_per_epoch=steps // epochs, epochs=epochs,
              shuffle=False, verbose=0, callbacks=list(callbacks))  # fmt: skip
    return model


def load():
    """The shipped page cleaner, trained on the course's own pages only (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    from ..models.denoiser import denoiser
    from . import checkpoints

    return checkpoints.load(denoiser(), CHECKPOINT)
