"""What the experiments share."""

import contextlib
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import threading
import time
import traceback

import keras
import numpy as np
import psutil
from scipy import stats

from course_utils import images, paths
from course_utils.models.pix2pix import translate

SEEDS = (0, 1, 2)
CHILD = "from experiments.common import child; child()"  # no __main__ for those that draw


def safety(name):
    """Where a stopped training of a shipped network goes on, see `training.fit`."""
    return paths.BUILD / "checkpoints" / name


def copies(*words):
    """Where a stopped training of an evidence goes on; words: what makes another training of it."""
    return paths.BUILD / "evidence" / "_".join(str(word) for word in words)


# Independent trainings ---------------------------------------------------------------------------


def in_turn(function, jobs):
    """What function(*job) returns, of each job."""
    return [function(*job) for job in jobs]


class Each:
    """`in_turn`, which a stop, a failure or a killed worker sets back by as little as can be.

    What a job has returned is kept in `folder` until `forget`: it isn't run again. One that fails is
    run once more, then the others follow. Then a RuntimeError names those that failed twice.
    client: Dask's, whose workers run the jobs, each in a process, and share this folder. The jobs
    of a worker that is killed go to another; a training goes on there from its safety copy.
    """

    def __init__(self, folder, client=None):
        self.folder, self.client = folder, client

    def __call__(self, function, jobs):
        jobs = [(function, job, self._file(function, job)) for job in jobs]
        errors = self._errors([job for job in jobs if not job[-1].exists()])
        if errors:
            told = "; ".join(f"{file.stem} ({error})" for file, error in errors.items())
            raise RuntimeError(f"{len(errors)} of {len(jobs)} failed twice, see above: {told}.")
        return [pickle.loads(file.read_bytes()) for *_, file in jobs]

    def forget(self):
        """All is written: the results of the jobs aren't needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, function, job):
        name = f"{function.__module__}.{function.__qualname__}"
        told = name, [getattr(part, "__qualname__", part) for part in job]
        digest = hashlib.sha256(repr(told).encode()).hexdigest()[:8]
        return self.folder / f"{function.__name__}_{digest}.pickle"

    def _errors(self, jobs):
        """Runs all jobs; {file: error} of those that failed."""
        if self.client is None:
            errors = {file: _tried(function, job, file) for function, job, file in jobs}
        else:
            keys, one = [f"{file.stem}-{time.time_ns()}" for *_, file in jobs], {"training": 1}
            told = {"key": keys, "retries": 1, "resources": one}
            tasks = self.client.map(in_own_process, *zip(*jobs), **told) if jobs else []
            errors = {file: task.exception() for (*_, file), task in zip(jobs, tasks, strict=True)}
        return {file: error for file, error in errors.items() if error is not None}


def once(function, job, file):
    """Writes what function(*job) returns, if nothing has; the job finds Keras as if it were the first."""
    if not file.exists():  # it may be, where a worker was killed as soon as it had finished
        keras.backend.clear_session()
        paths.write_atomically(file, pickle.dumps(function(*job)))


def in_own_process(function, job, file):
    """`once` in a process that ends with this one, whose other threads draw random numbers, too.

    What it says goes into a log beside the file. Raises RuntimeError with its last words if it fails.
    """
    import cloudpickle

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".log").open("w", encoding="utf-8") as log:
        told = {"stdin": subprocess.PIPE, "stdout": log, "stderr": log, "cwd": paths.ROOT}
        with subprocess.Popen([sys.executable, "-c", CHILD], **told) as process:
            process.stdin.write(cloudpickle.dumps((function, job, file)))
            process.stdin.flush()  # it stays open for as long as this process lives
            failed = process.wait()
    if failed:
        lines = file.with_suffix(".log").read_text(encoding="utf-8").strip().splitlines()
        raise RuntimeError(lines[-1] if lines else "it said nothing")


def child():
    """What such a process does: the job that it is sent."""
    function, job, file = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    once(function, job, file)


def _end_with_parent():
    os.read(0, 1)  # waits until nobody holds the other end
    for each in psutil.Process().children(recursive=True):  # those that draw
        each.kill()
    os._exit(1)


def _tried(function, job, file):
    """The error of a job that failed twice, else None."""
    for last in (False, True):
        try:
            return once(function, job, file)
        except Exception as error:
            traceback.print_exc()
            if last:
                return error
    return None


@contextlib.contextmanager
def trainings(name, scheduler=None):
    """An `Each` for what has this name, here or on the workers of Dask's scheduler at an address.

    Raises ValueError without Dask, without an answer, and without a worker that takes trainings.
    """
    folder = paths.BUILD / "runs" / name
    if scheduler is None:
        yield Each(folder)
        return
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            "--scheduler needs Dask in this environment: pip install distributed."
        ) from None
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise ValueError(f"No scheduler answers at {scheduler!r} ({error}).") from None
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        if not any("training" in worker["resources"] for worker in workers):
            raise ValueError(
                f"No worker at {scheduler} takes trainings; start some in this folder by "
                f"dask worker {scheduler} --nthreads 1 --resources training=1"
            )
        yield Each(folder, client)


# Watching ----------------------------------------------------------------------------------------


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


class Clock(keras.callbacks.Callback):
    """Seconds of a training, as if it had never been stopped, without its first step, which compiles."""

    def __init__(self, now=time.perf_counter):
        super().__init__()
        self.now, self.times = now, []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(self.now())

    def seconds(self, steps):
        return (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1) * steps


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
