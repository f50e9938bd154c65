"""Trainings that can be stopped: called again, they go on where they were."""

from pathlib import Path

import keras
import numpy as np
from keras.optimizers import Optimizer

from ..data.pipeline import stream


def fit_resumable(model, example, steps, batch=1, seed=0, folder=None, every=200, callbacks=()):
    """Train for `steps`; stopped and called again, go on to where an unbroken training ends.

    model: a compiled `Pix2Pix`, `CycleGAN` or other Keras model, made in the same way both times.
    example: draws one example, see `pipeline.stream`. Every `every` steps all networks, all
    optimisers, random states, pools of pictures and the place in the stream go into `folder`,
    whole or not at all. At the end nothing of it is left. Raises ValueError if the folder holds a
    training with other settings.
    """
    copy = _SafetyCopy(folder, every, (steps, batch, seed)) if folder else None
    done = copy.restore(model) if copy else 0
    if done < steps:
        model.fit(stream(example, batch, seed, start=done), steps_per_epoch=steps - done,
                  shuffle=False, verbose=0, callbacks=[*callbacks, *([copy] if copy else [])])
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
        with np.load(self.path) as stored:
            if str(stored["settings"]) != self._described(model):
                raise ValueError(f"{self.path.parent} holds another training, {stored['settings']};"
                                 " finish that one, delete the folder or choose another.")
            for number, variable in enumerate(_state(model)):
                variable.assign(stored[str(number)])
            self.done = int(stored["done"])
        return self.done

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done % self.every == 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            state = {str(number): v.numpy() for number, v in enumerate(_state(self.model))}
            np.savez(self.part, done=self.done, settings=self._described(self.model), **state)
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
