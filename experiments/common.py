"""What the experiments share."""

import time

import keras
import numpy as np
from scipy import stats

from course_utils import paths

SEEDS = (0, 1, 2)


def safety(name):
    """Where a stopped training of a shipped network goes on, see `training.fit`."""
    return paths.BUILD / "checkpoints" / name


class Log(keras.callbacks.Callback):
    """Prints the mean losses of each `every` steps; `last` keeps those printed last."""

    def __init__(self, every=100):
        super().__init__()
        self.every, self.last = every, None

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            self.last = {name: float(value) for name, value in logs.items()}
            print(batch + 1, self.last, flush=True)
            self.model.reset_metrics()


def interval(values):
    """{"mean", "half_width_95"} of one number per seed; the interval is Student's t."""
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "half_width_95": float(half)}


def medians(functions, runs=7):
    """Median seconds of each function, run in turn so that the machine's drift hits all alike."""
    seconds = [[] for _ in functions]
    for _ in range(runs + 1):
        for times, function in zip(seconds, functions, strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return [np.median(times[1:]) for times in seconds]
