"""The two profiles, the seeds, and the checks of a lesson's `parameters` cell."""

import os
import random
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

from . import paths
from .lessons import ANY, Lesson, Task, card

PROFILES = ("quick", "full")
PRECISIONS = ("float32", "mixed_bfloat16")
_now: "Run | None" = None  # see `running`


@dataclass(frozen=True)
class Run:
    """The checked parameters of one run of a lesson.

    usual: the steps of the lesson's card. test_data: the folder of the test pictures, or None.
    """

    lesson: Lesson
    profile: str
    dataset: str
    seed: int
    steps: int
    usual: int = 0
    test_data: Path | None = None

    @property
    def task(self) -> Task:
        """What the lesson's card says about the data set."""
        return self.lesson.task(self.dataset)

    @property
    def short(self) -> bool:
        """Whether it takes fewer steps than the lesson's own: then nothing can be asked of it."""
        return self.steps < self.usual


def start(lesson, profile, dataset, seed, steps, test_data=None, also=()) -> Run:
    """Check a lesson's parameters, fix all seeds and return them as a `Run`.

    lesson: its number, "01", or another name that finds its card. profile: "quick" or "full".
    dataset: one that the card has a task for; see `ANY`. steps: None takes the card's number.
    test_data: None, or a folder; a relative one begins at the course's root.
    also: names of data sets whose task is that of "synthetic".
    Raises ValueError that names the parameter and what it may be.
    """
    if not isinstance(profile, str) or profile not in PROFILES:
        raise ValueError(f'PROFILE is {profile!r}; choose "quick" or "full".')
    lesson = card(lesson)
    tasks = lesson.tasks | dict.fromkeys(also, lesson.tasks["synthetic"])
    usual = getattr(_task(dataset, tasks), profile)
    seed = _whole("SEED", seed, 0, 2**32 - 1)
    if steps is not None:
        steps = _whole("STEPS", steps, min(2, usual), 10**9, ", or None for the lesson's own")
    folder = _test_folder(test_data, dataset)
    if profile == "full":
        whole_machine()
    elif running():
        whole_machine("float32", [])
    set_seeds(seed)
    global _now
    _now = Run(lesson, profile, dataset, seed, steps or usual, usual, folder)
    return _now


def running() -> Run | None:
    """The full run that was started last in this process, or None: see `training.fit`."""
    return _now if _now and _now.profile == "full" else None


def whole_machine(precision=None, devices=None) -> None:
    """Let all networks that are made from now on use all of this machine.

    precision: one of PRECISIONS; None takes COURSE_PRECISION, else bfloat16 where each GPU has
    units for it. It needs no scaled losses, as float16 does. devices: such as ["GPU:0", "GPU:1"];
    None: all GPUs. Where there are several, each gets its share of every batch.
    Raises ValueError for another precision and for a device that isn't there.
    """
    import keras
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    precision = precision or os.environ.get("COURSE_PRECISION") or _precision(gpus)
    if precision not in PRECISIONS:
        raise ValueError(f"COURSE_PRECISION is {precision!r}; choose {' or '.join(PRECISIONS)}.")
    there = [each.name.removeprefix("/device:") for each in tf.config.list_logical_devices()]
    devices = [each for each in there if each.startswith("GPU")] if devices is None else devices
    for name in devices:
        if name not in there:
            raise ValueError(f"There is no device {name!r}; this machine has {', '.join(there)}.")
    keras.config.set_dtype_policy(precision)
    several = tf.distribute.MirroredStrategy(devices) if len(devices) > 1 else None
    tf.distribute.experimental_set_strategy(several)


def _precision(gpus) -> str:
    import tensorflow as tf

    able = [tf.config.experimental.get_device_details(gpu)["compute_capability"] for gpu in gpus]
    return "mixed_bfloat16" if able and min(able) >= (8, 0) else "float32"


def _task(dataset, tasks) -> Task:
    if isinstance(dataset, str) and dataset in tasks:
        return tasks[dataset]
    names = ", ".join(name for name in tasks if name != ANY)
    if ANY not in tasks:
        raise ValueError(f"DATASET is {dataset!r}; this lesson knows: {names}.")
    plain = isinstance(dataset, str) and Path("folder", dataset).name == dataset != ".."
    if not plain or dataset.lower() in tasks:
        raise ValueError(
            f"DATASET is {dataset!r}; choose {names} or a folder's name in COURSE_DATA."
        )
    return tasks[ANY]


def _whole(name, value, low, high, more="") -> int:
    """The value as an int. Raises ValueError unless it is a whole number from low to high."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(
            f"{name} is {value!r}; it must be a whole number from {low} to {high}{more}."
        )
    return int(value)


def _test_folder(test_data, dataset) -> Path | None:
    """TEST_DATA as an absolute path."""
    if test_data is None:
        return None
    if dataset == "synthetic":
        raise ValueError('TEST_DATA goes with real data; leave it None for DATASET "synthetic".')
    named = isinstance(test_data, str | os.PathLike) and str(test_data).strip()
    folder = paths.resolved(test_data) if named else None
    if folder is None or not folder.is_dir():
        raise ValueError(
            f"TEST_DATA is {test_data!r}; it must be None or a folder that is "
            f"there (relative ones begin at {paths.ROOT})."
        )
    return folder


def set_seeds(seed: int) -> None:
    """Seed Python, NumPy and Keras (weights, dropout, shuffling) with one number."""
    import keras
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)
