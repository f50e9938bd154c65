"""A full run: what it costs, what it leaves, where it goes on; and what it takes of a machine."""

import os

import keras
import numpy as np
import pytest

from course_utils import paths, profile
from course_utils.training import fit

STEPS, STOPPED = 9, 6


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(profile, "_now", None)
    yield
    profile.whole_machine("float32", [])


def start(name="full"):
    profile.start("01", name, "synthetic", 0, STEPS)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)], name="small"
    )
    model.compile(keras.optimizers.AdamW(use_ema=True), "mse", jit_compile=False)
    return model


def example(rng):
    return rng.random(4, np.float32), rng.random(1, np.float32)


class Losses(keras.callbacks.Callback):
    """The losses of a training that is killed after some steps, if it is told so."""

    def __init__(self, stopped=None):
        super().__init__()
        self.losses, self.stopped = [], stopped

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))
        if len(self.losses) == self.stopped:
            raise KeyboardInterrupt


def trained(name="full", every=4, **more):
    losses = Losses(**more)
    model = fit.fit(start(name), example, STEPS, 2, every=every, callbacks=[losses])
    return model.get_weights(), losses.losses


def same(first, second):
    return all(np.array_equal(*pair) for pair in zip(first, second, strict=True))


def test_on_a_cpu_its_cost_is_said_before_and_changes_nothing(capsys):
    quick = trained("quick")
    assert capsys.readouterr().out == "" and not paths.BUILD.exists()
    full = trained()
    cost = capsys.readouterr().out.splitlines()[0]
    assert cost.startswith(f"{STEPS} steps of 0.") and "hours on this CPU" in cost
    assert same(full[0], quick[0]) and full[1] == quick[1]


def test_hours_are_one_measured_step_times_the_steps(capsys, monkeypatch):
    monkeypatch.setattr(fit, "_seconds_per_step", lambda *_: 1.5)
    start()
    fit._long_run(None, None, 80_000)
    expected = "80000 steps of 1.5 s each take about 33.3 hours on this CPU"
    assert capsys.readouterr().out.startswith(expected)


def test_it_goes_on_where_it_was_stopped():
    whole, _ = trained()
    assert not list((paths.BUILD / "full").glob("*/*"))
    with pytest.raises(KeyboardInterrupt):
        trained(stopped=STOPPED)
    assert len(list((paths.BUILD / "full").glob("01.synthetic.*/training.npz"))) == 1
    resumed, last = trained()
    assert same(resumed, whole) and len(last) == STEPS - 4
    assert not list((paths.BUILD / "full").glob("*/*"))


def test_another_training_of_the_same_lesson_has_another_folder():
    model = start()
    folders = {
        fit._folder_of(model, draw, (STEPS, 2, seed))
        for draw in (example, lambda rng: (rng.random(4), rng.random(1)))
        for seed in (0, 1)
    }
    assert len(folders) == 4


def test_without_a_lesson_s_own_bar_there_is_one(capsys):
    fit.fit(start(), example, STEPS, 2)
    assert f"{STEPS}/{STEPS}" in capsys.readouterr().err


def test_a_quick_run_after_a_full_one_is_quick(monkeypatch):
    monkeypatch.setenv("COURSE_PRECISION", "mixed_bfloat16")
    start()
    assert profile.running() and keras.config.dtype_policy().name == "mixed_bfloat16"
    start("quick")
    assert not profile.running() and keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("precision", "devices", "says"),
    [
        ("float16", None, "COURSE_PRECISION is 'float16'; choose float32 or mixed_bfloat16."),
        ("float32", ["GPU:7"], "There is no device 'GPU:7'; this machine has CPU:0"),
    ],
)
def test_an_unknown_value_gets_one_sentence(precision, devices, says):
    with pytest.raises(ValueError, match=".") as caught:
        profile.whole_machine(precision, devices)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_the_environment_s_precision_is_checked(monkeypatch):
    monkeypatch.setitem(os.environ, "COURSE_PRECISION", "half")
    with pytest.raises(ValueError, match="COURSE_PRECISION is 'half'"):
        start()
