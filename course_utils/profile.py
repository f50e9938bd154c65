"""The two profiles, the seeds, and the checks of a lesson's `parameters` cell."""

import os
import random
import sys
from dataclasses import dataclass

PROFILES = ("quick", "full")


@dataclass(frozen=True)
class Run:
    """The checked parameters of one run of a lesson."""

    lesson: str
    profile: str
    dataset: str
    seed: int
    steps: int


def start(lesson, profile, dataset, seed, steps, table) -> Run:
    """Check a lesson's parameters, fix all seeds and return them as a `Run`.

    lesson: base name, such as "01_unet_segmentation". profile: "quick" or "full".
    table: {dataset: training steps}, or {dataset: {"quick": steps, "full": steps}}.
    steps: None takes the table's number.
    Raises ValueError with the choices that there are.
    """
    if profile not in PROFILES:
        raise ValueError(f'PROFILE is "{profile}"; choose "quick" or "full".')
    if dataset not in table:
        raise ValueError(f'DATASET is "{dataset}"; this lesson knows: {", ".join(table)}.')
    if steps is None:
        entry = table[dataset]
        steps = entry[profile] if isinstance(entry, dict) else entry
    if int(steps) < 1:
        raise ValueError(f"STEPS is {steps}; it must be at least 1, or None for the lesson's own.")
    set_seeds(seed)
    return Run(lesson, profile, dataset, int(seed), int(steps))


def set_seeds(seed: int) -> None:
    """Seed Python, NumPy and Keras (weights, dropout, shuffling) with one number."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    _import_keras().utils.set_random_seed(seed)


def _import_keras():
    """Import Keras without the lines that TensorFlow 2.21 writes past every logging switch."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import keras
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)
    return keras
