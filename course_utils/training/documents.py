"""Lesson 06's training without its pictures."""

from .. import profile
from .fit import fit
from .schedules import warm_cosine

BATCH = 16
FURTHER = 5e-3  # peak of the rate where a network goes on from what it has learned of other pages


def train(crops, steps: int, seed: int, folder=None, callbacks=(), model=None):
    """A `denoiser` trained on the pairs that `crops(rng)` draws; its outputs are logits.

    crops: see `data.documents.Crops`. steps: of AdamW, see `optimizer`.
    folder: for safety copies, see `fit`. model: one that goes on learning; None begins anew.
    """
    profile.set_seeds(seed)
    import keras

    from ..models.documents import denoiser

    peak = {} if model is None else {"peak": FURTHER}
    model = model or denoiser()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer(steps, **peak), loss, jit_compile=False)
    return fit(model, crops, steps, BATCH, seed, folder, callbacks=callbacks)


def held_out(pair, steps: int, times: int = 8):
    """(callback, losses): `losses` gets {step: loss} on a pair that doesn't train, `times` in all.

    pair: (noisy, clean), (N, h, w, 1) each. steps: of the whole training.
    """
    import keras

    lap, losses = max(steps // times, 1), {}

    def measure(batch, logs):
        if (step := int(callback.model.optimizer.iterations)) % lap == 0:
            losses[step] = callback.model.evaluate(*pair, verbose=0)

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=measure)
    return callback, losses


def optimizer(steps: int, peak: float = 1e-2):
    """AdamW up to `peak` and down along a cosine; at the end the mean over the last ~100 steps stays.

    The network is small and has batch norm, so it takes longer steps than Adam's usual 0.001;
    the running mean of the weights (EMA) evens out what single batches do to them. `fit` puts it
    into the model.
    """
    import keras

    return keras.optimizers.AdamW(
        warm_cosine(steps, peak), weight_decay=1e-4, use_ema=True, ema_momentum=0.99
    )
