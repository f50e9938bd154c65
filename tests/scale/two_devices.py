"""The losses of a training on one CPU device and shared by two, as JSON; run by test_profile.py."""

import json
import sys
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from course_utils import profile
from course_utils.models.face_sketch import ResNet
from course_utils.models.patchgan import Architecture
from course_utils.models.pix2pix import Architecture as Generator
from course_utils.training import cyclegan, documents, pix2pix, segmentation

STEPS = 6
CALM = {"optimizer": lambda rate, _: keras.optimizers.SGD(rate), "learning_rate": 1e-3}


def drawn(*channels, low=-1):
    def example(rng):
        return tuple(rng.uniform(low, 1, (32, 32, n)).astype(np.float32) for n in channels)

    return example


def cells(rng):
    return rng.random((32, 32, 3), np.float32), rng.integers(0, 3, (32, 32))


def gan(callbacks):
    generator = Generator(side=32, width=4, noise=False)
    critic = Architecture(layers=2, width=4)
    s = replace(pix2pix.FULL, generator=generator, discriminator=critic, momentum=0.9, **CALM)
    pix2pix.train(drawn(3, 3), "unet_l1_cgan", STEPS, 1, s, 4, callbacks=callbacks)


def cycle(callbacks):
    generator = ResNet(side=32, width=4, blocks=1, ends=3)
    s = replace(cyclegan.FULL, generator=generator, discriminator=Architecture(layers=1), **CALM)
    cyclegan.train(drawn(3, 3), STEPS, 1, s, 4, callbacks=callbacks)


TRAININGS = {
    "segmenter": lambda told: segmentation.train(cells, STEPS, 1, base=4, callbacks=told),
    "denoiser": lambda told: documents.train(drawn(1, 1, low=0), STEPS, 1, callbacks=told),
    "pix2pix": gan,
    "cyclegan": cycle,
}


class Losses(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def losses_of(kind):
    told = Losses()
    TRAININGS[kind]([told])
    return told.losses


def main(kind):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    found = [losses_of(kind)]
    profile.whole_machine("float32", ["CPU:0", "CPU:1"])
    found.append(losses_of(kind))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
