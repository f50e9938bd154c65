"""The one loop of all trainings; stopped and called again, it goes on where it was."""

import itertools
import os
import warnings
from pathlib import Path

import keras
import numpy as np
from keras.optimizers import Optimizer

from .. import paths
from ..data.pipeline import stream


def fit(model, example, steps, batch=1, seed=0, folder=None, every=200, callbacks=()):
    """Train for `steps`; stopped and called again, go on to where an unbroken training ends.

    model: a compiled `Pix2Pix`, `CycleGAN` or other Keras model, made in the same way both times.
    example: draws one example, see `pipeline.stream`. Every `every` steps all networks, all
    optimisers, random states, pools of pictures and the place in the stream go into `folder`,
    whole or not at all. At the end nothing of it is left. A damaged copy is set aside with a
    warning, and the training begins anew; one that can't be written is a warning, too. Raises
    ValueError if the folder holds a training with other settings or of other networks.
    """
    if not model.optimizer.built:  # its moments are part of a copy
        model.optimizer.build(model.trainable_variables)
    copy = _SafetyCopy(folder, every, (steps, batch, seed)) if folder else None
    done = copy.restore(model) if copy else 0
    batches = stream(example, batch, seed, start=done)
    callbacks = [*callbacks, *([copy] if copy else [])]
    model.fit(batches, steps_per_epoch=steps - done, shuffle=False, verbose=0, callbacks=callbacks)
    if copy:
        copy.remove()
    return model


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
        if (settings, found) != (self._described(model), shapes):
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
        np.savez(self.part, done=self.done, settings=self._described(self.model), **state)
        with self.part.open("rb+") as part:
            os.fsync(part.fileno())  # before it gets the name: a power cut leaves the old copy
        self.part.replace(self.path)

    def remove(self):
        """The training is over: delete the copy, and the folder if nothing else is in it."""
        for path in (self.path, self.part):
            path.unlink(missing_ok=True)
        if self.path.parent.exists() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()

    def _described(self, model):
        networks = [part for part in model.layers if isinstance(part, keras.Model)] or [model]
        networks = [(network.name, network.count_params()) for network in networks]
        return str((*self.settings, *getattr(model, "settings", ()), *networks))


def _state(model):
    """All that one training step changes: weights, random states, pools, moments, counters."""
    optimizers = [part for part in vars(model).values() if isinstance(part, Optimizer)]
    return [*model.variables, *(v for each in optimizers for v in each.variables)]
