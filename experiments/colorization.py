"""Lesson 05: four shipped networks, and the thesis' matrix of autoencoders and GANs."""

import functools
import io
import itertools
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_utils import colour, images, metrics, paths, shipped, speed
from course_utils.data import colorization as data
from course_utils.models import checkpoints as shipping
from course_utils.models import colorization as models
from course_utils.settings import settings
from course_utils.training import colorization as training

from . import facade_reader
from .common import Clock, Log, copies, in_turn, safety

STEPS = {"autoencoder": 6000, "gan": 6000, "classes": 8000, "hints": 8000}
PICTURES = {"autoencoder": 2000, "gan": 1000, "classes": 2000, "hints": 2000}  # of each data set
ROW_STEPS, ALL = 3000, len(data.DRAWN["train"])  # of the matrix; pictures of each data set
ROW_GENERATOR = replace(models.SHIPPED["gan"], side=64)
SHOWN, THUMBNAIL, LABEL = 4, 96, 170  # of each data set; pixels
LARGEST = 300_000  # bytes of the contact sheet


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
    return (autoencoder, classes, hints), gan


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


def matrix(rows=None, steps=ROW_STEPS, seed=0, generator=ROW_GENERATOR, each=in_turn):
    """Lesson 05: the thesis' matrix, a row a training, all with equal steps; table and contact sheet.

    generator: its sizes.
    """
    rows = MATRIX + BESIDE if rows is None else rows
    told = each(finish, [(row, steps, seed, generator) for row in rows])
    runs, path = [run for run, _ in told], paths.EVIDENCE / "05_matrix.jpg"
    strips = {run["name"]: strip for run, strip in told}
    paths.write_atomically(path, _sheet(strips, generator.side))
    shipped.sign(path)
    return {"runs": runs, "summary": _summary(runs), "steps": steps}


def finish(row, steps, seed, generator):
    """One row: what is told of it, and its pictures of the contact sheet as one strip."""
    of_row = {"kind": row.kind, "learned": row.learned, "colours": row.colours}
    s = replace(
        training.SHIPPED["gan"],
        generator=replace(generator, **of_row),
        discriminator=row.discriminator,
        weights=row.weights,
    )
    items = [item for name in data.WORLDS for item in _items(name, s.side)[0][: row.pictures]]
    data.draw(items)
    clock, every = Clock(), min(200, max(1, steps // 4))
    folder = copies("05", *row.name.split(), steps, seed, s.side)
    colours = training.Colours(items, s.generator)
    network = training.train(colours, steps, seed, s, folder, [clock], every)
    run = _told(row, s, steps, seed, clock.seconds(steps)) | {"metrics": measured(network)}
    strip = models.colour(network, _shown(s.side))
    return run, images.to_uint8(images.grid(strip, len(strip), gap=0).clip(0, 1))


def _told(row, s, steps, seed, seconds):
    """What stands beside the metrics of a row."""
    run = {
        "name": row.name,
        "generator": vars(s.generator),
        "discriminator": row.discriminator,
        "weights": list(row.weights),
        "pictures": row.pictures,
        "steps": steps,
        "seed": seed,
        "seconds": round(seconds),
        "reference_seconds": round(seconds * speed.speed()),
    }
    if row.discriminator:
        run["receptive_field"] = models.portion_seen(row.discriminator, s.side)
    return run


def _shown(side):
    """The test pictures of the contact sheet."""
    items = [item for name in data.WORLDS for item in _items(name, side)[1][:SHOWN]]
    data.draw(items)
    return np.stack([item.picture for item in items])


def _sheet(strips, side):
    """The contact sheet's JPEG, in two columns: truth, grey, and a strip of each row, with names."""
    truth = _shown(side)
    rows = [("truth", images.grid(truth, len(truth), gap=0))]
    rows.append(("grey", images.grid(data.grey(truth), len(truth), gap=0)))
    rows += [(name, images.to_float(strip)) for name, strip in strips.items()]
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
