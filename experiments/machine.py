"""What a full run and many trainings gain from a machine: precision, XLA, devices, workers."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from course_utils import paths, profile
from course_utils.data import segmentation
from course_utils.models.unet import unet
from course_utils.training.segmentation import train

from .common import Each, medians


def bench():
    return bfloat16, xla, two_devices, two_workers


def bfloat16():
    """The U-Net's step on this machine, mixed bfloat16 against float32 (below 1 it helps)."""
    return _compared("bfloat16", [_step("mixed_bfloat16"), _step()])


def xla():
    """The U-Net's step on this machine, with XLA against without (below 1 it helps)."""
    return _compared("XLA", [_step(jit=True), _step()])


def two_devices():
    """The U-Net's step on this CPU, shared by two logical devices against one."""
    command = [sys.executable, "-c", "from experiments.machine import shared; shared()"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def shared():
    """What `two_devices` runs: devices are split before TensorFlow looks at them."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    print(_compared("two devices", [_step(devices=["CPU:0", "CPU:1"]), _step()]))


def _step(precision="float32", jit=False, devices=()):
    """One step on eight crops of 128 × 128 pixels, as a function."""
    profile.whole_machine(precision, devices)
    rng = np.random.default_rng(0)
    data = rng.random((8, 128, 128, 3), np.float32), rng.integers(0, 3, (8, 128, 128))
    model = unet((None, None, 3), classes=3, batch_norm=True, base=16, depth=4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=jit)
    profile.whole_machine("float32", [])
    return lambda: model.train_on_batch(*data)


def _compared(name, steps):
    ours, plain = medians(steps, runs=3)
    return f"{name} {ours:.2f} s / {plain:.2f} s = {ours / plain:.2f}"


def two_workers(jobs=4):
    """Four short trainings on two of Dask's workers against one, with the start of each process."""
    seconds = [_on_workers(count, jobs) for count in (2, 1)]
    return f"{seconds[0]:.0f} s / {seconds[1]:.0f} s = {seconds[0] / seconds[1]:.2f}"


def _on_workers(count, jobs):
    from distributed import Client, LocalCluster

    workers = {"n_workers": count, "threads_per_worker": 1, "processes": False}
    takes = {"resources": {"training": 1}, "dashboard_address": None}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(**workers, **takes) as cluster,
        Client(cluster) as client,
    ):
        began = time.perf_counter()
        Each(Path(folder), client)(briefly, [(seed,) for seed in range(jobs)])
        return time.perf_counter() - began


def briefly(seed, steps=40):
    """A short training of lesson 01's network."""
    crops = segmentation.Crops([segmentation.draw(number) for number in range(8)])
    return float(train(crops, steps, seed).count_params())
