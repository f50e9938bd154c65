"""What the experiments share."""

import json
import time

import keras
import numpy as np
from scipy import stats

from course_utils import images, paths
from course_utils.models.pix2pix import translate

SEEDS = (0, 1, 2)


def safety(name):
    """Where a stopped training of a shipped network goes on, see `training.fit`."""
    return paths.BUILD / "checkpoints" / name


class Log(keras.callbacks.Callback):
    """Prints the mean losses of each `every` steps; `last` keeps those printed last."""

    def __init__(self, every=100):
        super().__init__()
        self.every, self.last = every, None

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            self.last = {name: float(value) for name, value in logs.items()}
            print(batch + 1, self.last, flush=True)
            self.model.reset_metrics()


class Checks(keras.callbacks.Callback):
    """Every `every` steps the mean weights of a GAN are judged, and kept in `folder` to choose from.

    Beside the weights stand what was told of them (JSON) and a sheet of pictures (PNG). A training
    that was stopped writes the same again; one that begins anew deletes what another left.
    score: takes the model's averaged networks, returns a dictionary as `choose` needs it; what it
    judges by must not be what the network is tested by. sheet: takes the same, returns pictures
    (3 · N, H, W, 3) in three rows. networks: those of a model.
    """

    def __init__(self, folder, score, sheet, every=2000, networks=lambda model: [model.averaged]):
        super().__init__()
        self.folder, self.score, self.sheet = folder, score, sheet
        self.every, self.networks = every, networks

    def on_train_begin(self, logs=None):
        if not int(self.model.optimizer.iterations):
            for old in self.folder.glob("step_*"):
                old.unlink()

    def on_train_batch_end(self, batch, logs=None):
        step, networks = int(self.model.optimizer.iterations), self.networks(self.model)
        if step % self.every:
            return
        told = {"step": step} | self.score(*networks)
        numbers = {name: float(value) for name, value in (told | (logs or {})).items()}
        print("  ".join(f"{name} {value:.3g}" for name, value in numbers.items()), flush=True)
        sheet = self.sheet(*networks)
        images.write_image(self._file(step, "png"), images.grid(sheet, len(sheet) // 3).clip(0, 1))
        np.savez(self._file(step, "npz"), *(w for each in networks for w in each.get_weights()))
        paths.write_atomically(self._file(step, "json"), json.dumps(told) + "\n")

    def restore_chosen(self, networks, quality):
        """Put the chosen weights into networks; returns what was told of them."""
        files = sorted(self.folder.glob("step_*.json"))
        told = choose([json.loads(file.read_text()) for file in files], quality)
        with np.load(self._file(told["step"], "npz")) as stored:
            weights = [stored[name] for name in stored.files]
        for network in networks:
            count = len(network.weights)
            network.set_weights(weights[:count])
            del weights[:count]
        return told

    def _file(self, step, kind):
        return self.folder / f"step_{step:06}.{kind}"


def sides(pairs):
    """(sources, targets) of `Pair`s: stacks of pictures (N, H, W, 3)."""
    return tuple(
        np.stack([getattr(pair, side) for pair in pairs]) for side in ("source_picture", "target")
    )


def sheet(pairs):
    """A function of a network for `Checks`: sources, what it makes of them, and targets."""
    sources, targets = sides(pairs)
    return lambda network: np.concatenate([sources, translate(network, sources), targets])


def choose(checks, quality, room=0.02, lattice=2):
    """Of what was told of a training's checkpoints, the one to ship: no lattice, then sense, then texture.

    A game has no end that is better than the way there: two networks at play go round in circles.
    Left are those whose `lattice` is at most 2 (all, if none is); of these, those whose `quality`,
    such as "fcn_iou", is at most `room` below the highest; of these, the one with the lowest
    `texture_distance`. Sharpness doesn't count: speckle has it.
    """
    left = [told for told in checks if told["lattice"] <= lattice] or checks
    best = max(told[quality] for told in left)
    good = [told for told in left if told[quality] >= best - room]
    return min(good, key=lambda told: told["texture_distance"])


def interval(values):
    """{"mean", "half_width_95"} of one number per seed; the interval is Student's t."""
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "half_width_95": float(half)}


def medians(functions, runs=7):
    """Median seconds of each function, run in turn so that the machine's drift hits all alike."""
    seconds = [[] for _ in functions]
    for _ in range(runs + 1):
        for times, function in zip(seconds, functions, strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return [np.median(times[1:]) for times in seconds]
