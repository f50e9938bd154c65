"""How the learning rate runs over a training."""

from keras.optimizers.schedules import CosineDecay


def warm_cosine(steps: int, peak: float = 3e-3, warm: float = 1 / 8) -> CosineDecay:
    """From 0 up to `peak` over the first share `warm` of the steps, then down to 0 along a cosine.

    Sources: the cosine is that of Loshchilov and Hutter, SGDR, 2017, eq. 5, without restarts.
    Raises ValueError unless there are at least 2 steps.
    """
    if steps < 2:
        raise ValueError(f"A schedule needs at least 2 steps, not {steps}.")
    rising = max(1, round(steps * warm))
    return CosineDecay(0.0, steps - rising, warmup_target=peak, warmup_steps=rising)
