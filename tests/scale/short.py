"""A short training, as a job: each step leaves a line, so that a test sees it, kills it and counts."""

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from course_utils import paths
from course_utils.models.patchgan import Architecture
from course_utils.models.pix2pix import Architecture as Generator
from course_utils.training import pix2pix
from course_utils.training.fit import fit
from experiments.common import in_turn

STEPS, EVERY, SIDE = 16, 4, 32
SETTINGS = replace(
    pix2pix.QUICK,
    generator=Generator(side=SIDE, width=4, dropout=0.5, noise=True),
    discriminator=Architecture(layers=2, width=4),
    momentum=0.9,
)


class Steps(keras.callbacks.Callback):
    """Notes each step, with the process that asked for it, and takes its time."""

    def __init__(self, path, seconds):
        super().__init__()
        self.path, self.seconds = path, seconds

    def on_train_batch_end(self, batch, logs=None):
        with self.path.open("a") as file:
            file.write(f"{os.getppid()}\n")
        time.sleep(self.seconds)


def example(rng):
    return tuple(rng.uniform(-1, 1, (SIDE, SIDE, 3)).astype(np.float32) for _ in range(2))


def training(seed, folder, seconds=0.0):
    """The weights that a GAN has at the end."""
    folder = Path(folder)
    pix2pix.fit = partial(fit, every=EVERY)
    told = {
        "folder": folder / f"copy_{seed}",
        "callbacks": [Steps(folder / f"{seed}.log", seconds)],
    }
    model = pix2pix.train(example, "unet_l1_cgan", STEPS, seed, SETTINGS, **told)
    return [float(np.sum(weights, dtype=np.float64)) for weights in model.get_weights()]


def split(each=in_turn):
    """Evidence of two jobs, told where by the environment, as it has no arguments."""
    folder = os.environ["SHORT"]
    return {"summary": each(training, [(seed, folder) for seed in (0, 1)])}


def whole():
    """Evidence of one training."""
    return {"summary": training(0, os.environ["SHORT"])}


def small():
    """A network to ship, into a folder of the test's."""
    paths.CHECKPOINTS = Path(os.environ["SHORT"])
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    yield network, "01_small", {"metrics": {"iou": 0.5}}
