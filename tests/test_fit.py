"""Every kind of training ends in the same weights, whether it was stopped or not."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from course_utils.models import features as networks
from course_utils.models import flow as flow_models
from course_utils.models import stylegan as stylegan_models
from course_utils.models.face_sketch import Autoencoder, ResNet
from course_utils.models.pix2pix import Architecture
from course_utils.training import (
    cyclegan,
    documents,
    face_sketch,
    fit,
    flow,
    pix2pix,
    segmentation,
    stylegan,
)
from experiments import facade_reader, fast_style, features

STEPS, EVERY, STOPPED = 7, 3, 5
STYLE = np.random.default_rng(9).random((64, 64, 3), np.float32)


def pair(side, shape=(3, 3)):
    def example(rng):
        return tuple(rng.uniform(-1, 1, (side, side, count)).astype(np.float32) for count in shape)

    return example


def cells(rng):
    weights = rng.uniform(1, 2, (32, 32)).astype(np.float32)
    return rng.random((32, 32, 3), np.float32), rng.integers(0, 3, (32, 32)), weights


def page(rng):
    return rng.random((32, 32, 1), np.float32), rng.random((32, 32, 1), np.float32)


def houses():
    rng = np.random.default_rng(1)
    return [(rng.random((32, 32, 3), np.float32), rng.integers(0, 12, (32, 32))) for _ in range(3)]


def pictures():
    return np.random.default_rng(2).integers(0, 256, (6, 256, 256, 3), np.uint8)


def painted(**more):
    side = fast_style.SIDE + 2 * 8
    network = networks.network("random")

    def draw(rng):
        return (rng.random((side, side, 3), np.float32),)

    return fast_style.train(network, STYLE, draw, STEPS, 1, **more)


SMALL = {
    "autoencoder": face_sketch.Settings(generator=Autoencoder(side=32, width=8)),
    "pix2pix": replace(
        pix2pix.QUICK,
        generator=Architecture(side=32, width=4, dropout=0.5, noise=True),
        momentum=0.9,
    ),
    "cyclegan": replace(cyclegan.QUICK, generator=ResNet(side=32, width=4, blocks=4, ends=3)),
    "stylegan": stylegan.Settings(
        network=stylegan_models.Architecture(side=8, latent=8, channels=(8, 4), mapping=2),
        lazy=2,
    ),
    "flow": replace(
        flow.QUICK,
        network=flow_models.Architecture(side=8, channels=(8, 8), blocks=1, time=4),
        dropped=0.5,
        momentum=0.9,
    ),
}

TRAININGS = {  # kind: (module whose `fit` it is, training)
    "cells": (segmentation, lambda **more: segmentation.train(cells, STEPS, 1, base=4, **more)),
    "pages": (documents, lambda **more: documents.train(page, STEPS, 1, **more)),
    "reader": (facade_reader, lambda **more: facade_reader.train(houses(), STEPS, 1, **more)),
    "autoencoder": (
        face_sketch,
        lambda **more: face_sketch.train_autoencoder(
            pair(32), STEPS, 1, SMALL["autoencoder"], **more
        ),
    ),
    "pix2pix": (
        pix2pix,
        lambda **more: (
            pix2pix.train(pair(32), "unet_l1_cgan", STEPS, 1, SMALL["pix2pix"], **more).averaged
        ),
    ),
    "cyclegan": (
        cyclegan,
        lambda **more: cyclegan.train(pair(32), STEPS, 1, SMALL["cyclegan"], **more).G,
    ),
    "stylegan": (
        stylegan,
        lambda **more: stylegan.train(pair(8, (3,)), STEPS, 1, SMALL["stylegan"], 2, **more),
    ),
    "flow": (flow, lambda **more: flow.train(pair(8), STEPS, 1, SMALL["flow"], **more)),
    "features": (features, lambda **more: features.train(pictures(), STEPS, 1, photos=3, **more)),
    "fast style": (fast_style, painted),
}


class Stop(keras.callbacks.Callback):
    """Ends a training as a killed one ends: nothing after this step is done or written."""

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == STOPPED:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAININGS)
def test_a_stopped_training_ends_in_the_weights_of_an_unbroken_one(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(fast_style, "SIDE", 32)
    monkeypatch.setattr(facade_reader, "SIDE", 32)
    module, train = TRAININGS[kind]
    monkeypatch.setattr(module, "fit", partial(fit.fit, every=EVERY))
    expected = train().get_weights()
    with pytest.raises(KeyboardInterrupt):
        train(folder=tmp_path / "copy", callbacks=[Stop()])
    assert (tmp_path / "copy" / "training.npz").exists()
    keras.backend.clear_session()
    resumed = train(folder=tmp_path / "copy").get_weights()
    assert len(resumed) == len(expected) > 2
    assert all(np.array_equal(a, b) for a, b in zip(resumed, expected, strict=True))
    assert not (tmp_path / "copy").exists()


def test_a_copy_of_the_last_step_is_not_written(tmp_path, monkeypatch):
    """A training that ends has no use for it, and one that was killed there repeats a few steps."""
    written = []
    monkeypatch.setattr(fit._SafetyCopy, "_write", lambda self: written.append(self.done))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    fit.fit(model, lambda rng: (rng.random(2), rng.random(1)), 6, folder=tmp_path, every=2)
    assert written == [2, 4]
