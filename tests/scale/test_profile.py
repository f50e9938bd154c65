"""The full profile: one real step of the papers' settings; two devices; every network in bfloat16."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import test_fit
import test_full
import test_training_colorization as colouring
import test_training_mask_rcnn as cutting
import test_training_psp as encoding
from test_features import vgg19_file  # noqa: F401

from course_utils import paths, profile
from course_utils.data.pipeline import stream
from course_utils.models import features
from course_utils.training import colorization, face_sketch, flow, psp, style
from experiments import facade_reader, fast_style

# Batch norm takes the means of its own device's share of a batch, the others have no such layer.
TOLERANCE = {"segmenter": 5e-3, "denoiser": 5e-3, "pix2pix": 1e-4, "cyclegan": 1e-4}


@pytest.mark.parametrize("kind", TOLERANCE)
def test_two_devices_have_the_losses_of_one(kind):
    command = [sys.executable, str(Path(__file__).with_name("two_devices.py")), kind]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    one, two = json.loads(done.stdout.splitlines()[-1])
    assert len(one) == 6 and len(set(one)) == 6
    assert two == pytest.approx(one, rel=TOLERANCE[kind])


def test_tensorboard_gets_the_losses_of_a_full_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(profile, "_now", None)
    test_full.trained()
    assert "Watch it: tensorboard --logdir " in capsys.readouterr().out
    (logs,) = (tmp_path / "tensorboard" / "01.synthetic").iterdir()
    assert any(file.stat().st_size for file in logs.rglob("events.out.tfevents.*"))
    profile.whole_machine("float32", [])


# One real step of what the lessons' own tests leave out -------------------------------------------


def batches(settings, *channels, side=256):
    def example(rng):
        return tuple(rng.uniform(-1, 1, (side, side, n)).astype(np.float32) for n in channels)

    return stream(example, settings)


def moved(model, data):
    """Whether one step gives finite losses and moves the weights."""
    before = [weight.numpy() for weight in model.trainable_variables]
    told = model.fit(data, steps_per_epoch=1, verbose=0, shuffle=False).history
    assert all(np.isfinite(value) for value in told["loss"])
    after = [weight.numpy() for weight in model.trainable_variables]
    return any(not np.array_equal(*both) for both in zip(before, after, strict=True))


def test_the_autoencoder_of_lesson_03():
    s = face_sketch.FULL["autoencoder"]
    model = face_sketch.models.autoencoder(**vars(s.generator))
    model.compile(face_sketch.FusedAdam(s.learning_rate), face_sketch.likeness(s.structure))
    assert moved(model, batches(1, 3, 3))


def test_a_step_of_lesson_04(vgg19_file):  # noqa: F811
    content, painting = np.random.default_rng(0).random((2, 512, 512, 3), np.float32)
    repainting = style.Repainting(features.network("vgg19"), content, painting, side=512)
    before = repainting.picture
    assert repainting.cost(500) > 0
    repainting.lbfgs(3)  # the first one looks, the last one is cut off
    assert np.isfinite([told["loss"] for told in repainting.history]).all()
    assert not np.array_equal(repainting.picture, before)


@pytest.mark.parametrize("name", colorization.FULL)
def test_the_networks_of_lesson_05(name):
    s = colorization.FULL[name]
    weights = np.ones(len(colorization.models.bins()), np.float32)
    source = 4 if s.generator.hints else 1
    assert moved(colorization.build(s, None, weights), batches(1, source, 2))


def test_the_flow_of_lesson_10():
    s = flow.FULL
    model = flow.Flow(flow.models.velocity(s.network), s.dropped, s.momentum)
    model.compile(s.optimizer(s.learning_rate), jit_compile=False)
    assert moved(model, batches(1, 3, 3, side=s.network.side))


# bfloat16 ----------------------------------------------------------------------------------------


def others():
    for name, s in colouring.OTHERS.items():
        yield f"colour {name}", lambda s=s, **more: colouring.train(s, 3, **more)
    yield "mask_rcnn", lambda **more: cutting.train(steps=3, **more)
    yield (
        "psp",
        lambda **more: psp.train(
            encoding.example, "inversion", 3, 0, encoding.parts(), encoding.SMALL, **more
        ),
    )


TRAININGS = {kind: train for kind, (_, train) in test_fit.TRAININGS.items()} | dict(others())


@pytest.fixture
def bfloat16():
    profile.whole_machine("mixed_bfloat16", [])
    yield
    profile.whole_machine("float32", [])


@pytest.mark.parametrize("kind", TRAININGS)
def test_every_network_learns_in_bfloat16(kind, bfloat16, monkeypatch):
    monkeypatch.setattr(fast_style, "SIDE", 32)
    monkeypatch.setattr(facade_reader, "SIDE", 32)
    monkeypatch.setattr(psp, "seen", encoding.seen)
    seen = []
    told = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: seen.append(logs))
    TRAININGS[kind](callbacks=[told])
    assert seen and all(np.isfinite(float(logs["loss"])) for logs in seen)
