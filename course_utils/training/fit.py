"""The one loop of all trainings; stopped and called again, it goes on where it was."""

import hashlib
import importlib.util
import itertools
import os
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers import Optimizer
from tqdm.auto import tqdm

from .. import paths, profile
from ..data.pipeline import stream


def fit(model, example, steps, batch=1, seed=0, folder=None, every=200, callbacks=()):
    """Train for `steps`; stopped and called again, go on to where an unbroken training ends.

    model: a compiled `Pix2Pix`, `CycleGAN` or other Keras model, made in the same way both times.
    example: draws one example, see `pipeline.stream`. Every `every` steps all networks, all
    optimisers, random states, pools of pictures and the place in the stream go into `folder`,
    whole or not at all. At the end nothing of it is left. A damaged copy is set aside with a
    warning, and the training begins anew; one that can't be written is a warning, too. Raises
    ValueError if the folder holds a training with other settings or of other networks.
    A full run without a `folder` gets one, and what `_long_run` adds. On several GPUs a batch is
    made a multiple of their number.
    """
    batch = _shared(model, batch)
    settings = steps, batch, seed
    folder = folder or _folder_of(model, example, settings)
    copy = _SafetyCopy(folder, every, settings) if folder else None
    done = copy.restore(model) if copy else 0
    batches = stream(example, batch, seed, start=done)
    more = [*_long_run(model, batches, steps - done), *([copy] if copy else [])]
    more += [_Bar(steps, done)] if profile.running() and not callbacks else []
    callbacks = [*callbacks, *more]
    model.fit(batches, steps_per_epoch=steps - done, shuffle=False, verbose=0, callbacks=callbacks)
    if copy:
        copy.remove()
    return model


def _long_run(model, batches, steps):
    """Callbacks for a full run of `steps`: TensorBoard's. On a CPU it says first what they cost.

    Of another run: none, and nothing is said.
    """
    run = profile.running()
    if run is None:
        return []
    if not tf.config.list_logical_devices("GPU"):
        second = _seconds_per_step(model, batches)
        print(
            f"{steps} steps of {second:.2g} s each take about {steps * second / 3600:.1f} hours on "
            "this CPU (one step was measured); the full profile is made for a GPU."
        )
    if importlib.util.find_spec("tensorboard") is None:
        return []
    logs = paths.BUILD / "tensorboard" / f"{run.lesson.number}.{run.dataset}" / f"{time.time():.0f}"
    print(f"Watch it: tensorboard --logdir {paths.shown(logs.parent)}")
    return [keras.callbacks.TensorBoard(logs, update_freq=100, write_graph=False)]


def _seconds_per_step(model, batches) -> float:
    """Seconds of the second of two steps (the first builds the graph); the model stays as it is."""
    state, ends = [(variable, variable.numpy()) for variable in _state(model)], []
    told = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
    )
    model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0, callbacks=[told])
    for variable, value in state:
        variable.assign(value)
    return ends[1] - ends[0]


def _shared(model, batch) -> int:
    """A batch that can be shared by the devices of a model; its losses then count by share.

    Keras takes care of that in its own `train_step`; in others each device's loss is a mean.
    """
    count = model.distribute_strategy.num_replicas_in_sync
    if count > 1 and type(model).train_step is not keras.Model.train_step:
        for optimizer in _optimizers(model):
            optimizer.loss_scale_factor = float(count)  # by which gradients are divided
    return -(-batch // count) * count


def _folder_of(model, example, settings):
    """Of a full run: where this very training's copies are kept. None for other runs."""
    run = profile.running()
    if run is None:
        return None
    first = tf.nest.flatten(example(np.random.default_rng((settings[-1], 0))))
    told = _described(model, settings).encode() + b"".join(np.asarray(x).tobytes() for x in first)
    name = f"{run.lesson.number}.{run.dataset}.{hashlib.sha256(told).hexdigest()[:8]}"
    return paths.BUILD / "full" / name


class _Bar(keras.callbacks.Callback):
    """The remaining time, where the lesson shows none."""

    def __init__(self, steps, done):
        super().__init__()
        self.bar = tqdm(total=steps, initial=done, unit="step", desc="training")

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_train_end(self, logs=None):
        self.bar.close()


class _SafetyCopy(keras.callbacks.Callback):
    """The whole state of a training in one file, exchanged in one move."""

    def __init__(self, folder, every, settings):
        super().__init__()
        self.path, self.every, self.settings = Path(folder) / "training.npz", every, settings
        self.part, self.done = self.path.with_suffix(".part.npz"), 0

    def restore(self, model) -> int:
        """Put the copy's state into `model`, if there is one; returns the steps it has seen."""
        if not self.path.exists():
            return 0
        try:
            with np.load(self.path) as stored:
                state = {name: stored[name] for name in stored.files}
            settings, done = str(state.pop("settings")), int(state.pop("done"))
        except OSError:
            raise
        except Exception:  # zipfile, zlib and NumPy have a dozen for what is cut off or changed
            return self._set_aside()
        variables = _state(model)
        shapes = {str(number): tuple(v.shape) for number, v in enumerate(variables)}
        found = {name: each.shape for name, each in state.items()}
        if (settings, found) != (_described(model, self.settings), shapes):
            raise ValueError(
                f"{self.path.parent} holds another training, {settings};"
                " finish that one, delete the folder or choose another."
            )
        for number, variable in enumerate(variables):
            variable.assign(state[str(number)])
        self.done = done
        return done

    def _set_aside(self) -> int:
        names = (self.path.with_name(f"damaged_{number}.npz") for number in itertools.count(1))
        aside = next(path for path in names if not path.exists())
        self.path.rename(aside)
        warnings.warn(
            f"The safety copy {paths.shown(self.path)} is damaged: it is kept as "
            f"{aside.name}, and the training begins anew.",
            stacklevel=2,
        )
        return 0

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done % self.every or self.done == self.settings[0]:  # the end needs no copy
            return
        try:
            self._write()
        except OSError as error:
            self.part.unlink(missing_ok=True)
            warnings.warn(
                f"No safety copy could be written to {paths.shown(self.path)} "
                f"({error.strerror or error}): the training goes on.",
                stacklevel=2,
            )

    def _write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {str(number): v.numpy() for number, v in enumerate(_state(self.model))}
        np.savez(self.part, done=self.done, settings=_described(self.model, self.settings), **state)
        with self.part.open("rb+") as part:
            os.fsync(part.fileno())  # before it gets the name: a power cut leaves the old copy
        self.part.replace(self.path)

    def remove(self):
        """The training is over: delete the copy, and the folder if nothing else is in it."""
        for path in (self.path, self.part):
            path.unlink(missing_ok=True)
        if self.path.parent.exists() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()


def _described(model, settings):
    networks = [part for part in model.layers if isinstance(part, keras.Model)] or [model]
    networks = [(network.name, network.count_params()) for network in networks]
    return str((*settings, *getattr(model, "settings", ()), *networks))


def _state(model):
    """All that one training step changes: weights, random states, pools, moments, counters."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *(v for each in _optimizers(model) for v in each.variables)]


def _optimizers(model):
    return [part for part in vars(model).values() if isinstance(part, Optimizer)]
