"""Lesson 05: four shipped networks, and the thesis' matrix of autoencoders and GANs, a process a row."""

import functools
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import psutil
from PIL import Image, ImageDraw, ImageFont

from course_utils import colour, images, metrics, paths, shipped, speed
from course_utils.data import colorization as data
from course_utils.models import checkpoints as shipping
from course_utils.models import colorization as models
from course_utils.settings import settings
from course_utils.training import colorization as training

from . import facade_reader
from .common import Log, safety

STEPS = {"autoencoder": 6000, "gan": 6000, "classes": 8000, "hints": 8000}
PICTURES = {"autoencoder": 2000, "gan": 1000, "classes": 2000, "hints": 2000}  # of each data set
ROW_STEPS, ALL = 3000, len(data.DRAWN["train"])  # of the matrix; pictures of each data set
ROW_GENERATOR = replace(models.SHIPPED["gan"], side=64)
SHOWN, THUMBNAIL, LABEL = 4, 96, 170  # of each data set; pixels
LARGEST = 300_000  # bytes of the contact sheet
RUN = "import sys; from experiments.colorization import main; main(*sys.argv[1:])"
COMMAND = [sys.executable, "-c", RUN]  # no module that processes for drawing would import again


@settings
class Row:
    """One training of the matrix; see `training.Settings` and `models.Architecture`.

    pictures: how many of each data set it learns from.
    """

    kind: str = "unet"
    learned: bool = True
    discriminator: str = ""
    weights: tuple[float, float] = training.WEIGHTS[0]
    colours: str = "ab"
    pictures: int = ALL

    @property
    def name(self):
        """Such as "unet learned d8 [20, 80]"."""
        words = [self.kind, "learned" if self.learned else "interpolated"]
        words += [self.discriminator, f"[{self.weights[0]:g}, {self.weights[1]:g}]"] * bool(
            self.discriminator
        )
        words += ["rgb"] * (self.colours == "rgb")
        return " ".join(words + [f"{self.pictures} pictures"] * (self.pictures != ALL))


GENERATORS = [
    {"kind": kind, "learned": learned}
    for kind in ("unet", "encoder_decoder")
    for learned in (True, False)
]
MATRIX = [
    *(Row(**generator) for generator in GENERATORS),
    *(
        Row(**both[0], discriminator=both[1])
        for both in itertools.product(GENERATORS, models.PORTIONS)
    ),
    *(Row(discriminator="d8", weights=weights) for weights in training.WEIGHTS[1:]),
    # one line more is one row more
]
BESIDE = [Row(colours="rgb"), Row(pictures=ALL // 10)]  # each beside the matrix' first row


def checkpoints():
    return autoencoder, gan, classes, hints


def evidence():
    return {"synthetic": matrix}


# What is shipped ---------------------------------------------------------------------------------


def autoencoder():
    """Lesson 05's autoencoder."""
    yield from _shipped("autoencoder")


def classes():
    """Lesson 05's network of colour as classes."""
    yield from _shipped("classes")


def hints():
    """Lesson 05's network that takes a person's hints."""
    yield from _shipped("hints")


def gan():
    """Lesson 05's GAN, which begins as the autoencoder: its last mean, when both rates are at 0."""
    slowly = {"learning_rate": 2e-4, "optimizer": training.FusedAdam}
    yield from _shipped("gan", begin=models.load("autoencoder"), **slowly)


def _shipped(name, seed=0, begin=None, **learns):
    """One of the four networks, measured on people and scenes that it never saw."""
    s, steps = replace(training.SHIPPED[name], **learns), STEPS[name]
    items = [
        data.Drawing(data.WORLDS[each], number, s.side)
        for each in data.WORLDS
        for number in range(PICTURES[name])
    ]
    data.draw(items)
    example = training.Colours(items, s.generator)
    copies, log = safety(f"05_{name}"), [Log(500)]
    network = training.train(example, steps, seed, s, copies, log, begin=begin)
    network = shipping.as_shipped(network)
    about = {
        "seed": seed,
        "steps": steps,
        "data": f"drawn people and landscapes, seeds 0 to {PICTURES[name] - 1}",
    }
    yield network, f"05_{name}", about | {"metrics": measured(network)}


@functools.cache
def _items(dataset, side):
    """(train, test) of a data set, each drawn when it is needed and once."""
    return data.load(dataset, side=side)


def measured(network):
    """{data set: `scores`} of a network on the lesson's test pictures.

    `clipped`: the share of pixels whose colour sRGB doesn't have.
    """
    found = {}
    for name in data.WORLDS:
        items = _items(name, network.input_shape[1])[1]
        data.draw(items)
        lab = models.lab(network, np.stack([item.picture for item in items]))
        clipped = {"clipped": float(colour.out_of_gamut(lab))}
        found[name] = scores(items, images.lab_to_rgb(lab)) | clipped
    return found


def scores(items, made):
    """`metrics.colour_scores`, and `lattice`: the largest of three grids over the truth's."""
    truth = np.stack([item.picture for item in items])
    lattice = max(
        metrics.grid(made, period) / metrics.grid(truth, period)
        for period in facade_reader.PERIODS
        if truth.shape[1] >= 6 * period
    )
    masks = [item.ambiguous for item in items]
    return metrics.colour_scores(truth, made, masks) | {"lattice": lattice}


# The matrix --------------------------------------------------------------------------------------


def matrix(
    scheduler=None, rows=None, steps=ROW_STEPS, seed=0, generator=ROW_GENERATOR, folder=None
):
    """Lesson 05: the thesis' matrix, a row a training, all with equal steps; table and contact sheet.

    Each row has a process of its own and leaves a JSON file and a strip of pictures in `folder`;
    what is there isn't run again, and a row that was stopped goes on from its safety copy. One that
    fails is run once more, then the others follow. scheduler: the address of Dask's, whose workers
    were started in this folder; without one, row follows row. generator: its sizes.
    Raises RuntimeError that names the rows that failed twice, when the others are finished.
    """
    folder = folder or paths.BUILD / "evidence" / "05"
    jobs = [
        _job(row, steps, seed, generator) for row in (MATRIX + BESIDE if rows is None else rows)
    ]
    waiting = [job for job in jobs if not _file(job, folder).exists()]
    _run(waiting, folder, scheduler)
    failed = [job for job in jobs if not _file(job, folder).exists()]
    if failed:
        told = "; ".join(f"{job['name']} ({_last_words(job, folder)})" for job in failed)
        raise RuntimeError(
            f"{len(failed)} of {len(jobs)} rows failed twice, the others are kept: {told}."
        )
    runs = [json.loads(_file(job, folder).read_text()) for job in jobs]
    path = paths.EVIDENCE / "05_matrix.jpg"
    paths.write_atomically(path, _sheet(jobs, folder, generator.side))
    shipped.sign(path)
    return {"runs": runs, "summary": _summary(runs), "steps": steps}


def _job(row, steps, seed, generator):
    """All that a row's process is told, as JSON gives it back."""
    of_row = {"kind": row.kind, "learned": row.learned, "colours": row.colours}
    job = {
        "name": row.name,
        "generator": vars(generator) | of_row,
        "discriminator": row.discriminator,
        "weights": row.weights,
        "pictures": row.pictures,
        "steps": steps,
        "seed": seed,
    }
    return json.loads(json.dumps(job))


def _file(job, folder, ending="json"):
    """A row's file; another seed, size or number of steps has another."""
    digest = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()[:8]
    words = "".join(each if each.isalnum() else " " for each in job["name"]).split()
    return Path(folder) / f"{'_'.join(words)}_{digest}.{ending}"


def _run(jobs, folder, scheduler):
    """Each job once, or a second time if it fails: here, or on Dask's workers."""
    if scheduler is None:
        for job in jobs:
            attempt(job, folder)
        return
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            "--scheduler needs Dask in this environment: pip install distributed."
        ) from None
    with Client(scheduler) as client:
        tasks = [client.submit(attempt, job, folder, key=_file(job, folder).stem) for job in jobs]
        client.gather(tasks, errors="skip")


def attempt(job, folder):
    """A row in a process of its own, at most twice. What it says goes into its log."""
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        with _file(job, folder, "log").open("w", encoding="utf-8") as log:
            command, pipes = (
                [*COMMAND, json.dumps(job), str(folder)],
                {"stdout": log, "stderr": log},
            )
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, cwd=paths.ROOT, **pipes
            ) as process:
                if process.wait() == 0:  # its input stays open for as long as this process lives
                    return


def _last_words(job, folder):
    lines = _file(job, folder, "log").read_text(encoding="utf-8").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def finish(job, folder):
    """Trains one row, measures it and writes its files; goes on where an earlier process stopped."""
    s = replace(
        training.SHIPPED["gan"],
        generator=models.Architecture(**job["generator"]),
        discriminator=job["discriminator"],
        weights=job["weights"],
    )
    items = [item for name in data.WORLDS for item in _items(name, s.side)[0][: job["pictures"]]]
    data.draw(items)
    clock, steps = _Clock(), job["steps"]
    network = training.train(
        training.Colours(items, s.generator),
        steps,
        job["seed"],
        s,
        folder / _file(job, folder).stem,
        [clock],
        every=min(200, max(1, steps // 4)),
    )
    seconds = clock.seconds(steps)
    told = {"seconds": round(seconds), "reference_seconds": round(seconds * speed.speed())}
    if job["discriminator"]:
        told["receptive_field"] = models.portion_seen(job["discriminator"], s.side)
    strip = models.colour(network, _shown(s.side))
    images.write_image(_file(job, folder, "png"), images.grid(strip, len(strip), gap=0))
    found = json.dumps(job | told | {"metrics": measured(network)}, indent=1)
    paths.write_atomically(_file(job, folder), found + "\n")


class _Clock(keras.callbacks.Callback):
    """Seconds of a training, as if it had never been stopped; its first step compiles, too."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter())

    def seconds(self, steps):
        return (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1) * steps


def _shown(side):
    """The test pictures of the contact sheet."""
    items = [item for name in data.WORLDS for item in _items(name, side)[1][:SHOWN]]
    data.draw(items)
    return np.stack([item.picture for item in items])


def _sheet(jobs, folder, side):
    """The contact sheet's JPEG, in two columns: truth, grey, and a strip of each row, with names."""
    truth = _shown(side)
    rows = [("truth", images.grid(truth, len(truth), gap=0))]
    rows.append(("grey", images.grid(data.grey(truth), len(truth), gap=0)))
    rows += [(job["name"], images.read_image(_file(job, folder, "png"))) for job in jobs]
    side, lines = min(side, THUMBNAIL), -(-len(rows) // 2)
    width = LABEL + side * len(truth)
    sheet = Image.new("RGB", (2 * width, side * lines), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (name, strip) in enumerate(rows):
        left, top = width * (number // lines), side * (number % lines)
        small = images.resize(strip.clip(0, 1), (side, side * len(truth)))
        sheet.paste(Image.fromarray(images.to_uint8(small)), (left + LABEL, top))
        place = left + 6, top + side // 2
        draw.multiline_text(
            place, name.replace(" ", "\n", 1), "black", ImageFont.load_default(14), "lm"
        )
    return _jpeg(sheet)


def _jpeg(picture):
    """The picture's JPEG, as good as fits into LARGEST bytes."""
    for quality in range(90, 5, -5):
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=quality, optimize=True)
        if content.tell() <= LARGEST:
            return content.getvalue()
    raise ValueError(f"The contact sheet doesn't fit into {LARGEST} bytes: show fewer pictures.")


def _summary(runs):
    """What the lesson says of the matrix, by data set.

    `objects`: the colourfulness of what is ambiguous, for each generator with each discriminator.
    """
    summary, beside = {}, [row.name for row in BESIDE]
    runs = [run for run in runs if run["name"] not in beside]
    for dataset in data.WORLDS:
        found = {run["name"]: run["metrics"][dataset] for run in runs}
        gans = [run["name"] for run in runs if run["discriminator"]]
        plain = [name for name in found if name not in gans]
        objects = {}
        for run in runs:
            if run["weights"] == list(training.WEIGHTS[0]):
                kind, learned = (run["generator"][key] for key in ("kind", "learned"))
                of_generator = objects.setdefault(Row(kind=kind, learned=learned).name, {})
                of_generator[run["discriminator"] or "autoencoder"] = found[run["name"]]["objects"]
        summary[dataset] = {
            "best_autoencoder": min(plain, key=lambda name: found[name]["mad_mean"], default=None),
            "best_gan": min(gans, key=lambda name: found[name]["mad_mean"], default=None),
            "most_colourful_gan": max(gans, key=lambda name: found[name]["objects"], default=None),
            "objects": objects,
        }
    return summary


def main(job, folder) -> None:
    """One row, which ends with the process that started it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    finish(json.loads(job), Path(folder))


def _end_with_parent():
    os.read(0, 1)  # waits until nobody holds the other end
    for child in psutil.Process().children(recursive=True):  # those that draw
        child.kill()
    os._exit(1)
