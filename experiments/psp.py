"""Lesson 08: the shipped recogniser of drawn people, the generator, and four encoders in front of it."""

import time
from dataclasses import replace
from functools import cache

import numpy as np
import tensorflow as tf

from course_utils import images, metrics, paths, shipped
from course_utils.data import psp as data
from course_utils.models import checkpoints as shipping
from course_utils.models import psp as encoders
from course_utils.models import recognition
from course_utils.models import stylegan as generators
from course_utils.models.pix2pix import translate
from course_utils.settings import with_side
from course_utils.training import pix2pix, stylegan
from course_utils.training import psp as training
from drawn_worlds.faces import PALETTE

from . import faces
from .common import Log, in_turn, interval, safety

STEPS = {"recogniser": 2000, "inversion": 12_000} | dict.fromkeys(
    ("frontal", "sketch", "segmentation"), 4000
)
GROWN = {16: (2000, 32), 32: (5000, 16), 64: (18_000, 16)}  # side: steps, pictures of a step
PEOPLE = {"generator": 24_000, "encoder": 12_000}  # who train them
SEEN = f"drawn people, seeds 0 to {PEOPLE['encoder'] - 1}"
COMPARED = 5000  # pictures of each kind, for precision and recall
KNOWN = {  # people who train the recognisers
    "recogniser": range(5_000_000, 5_002_000),
    "judge": range(7_000_000, 7_002_000),
}
STRANGERS = range(6_000_000, 6_000_100)  # people who test them


def checkpoints():
    return (recogniser, judge), generator, (inversion, frontal, sketch, segmentation)


def evidence():
    return {"synthetic": beside_pix2pix}


def bench():
    return (encoder_beside_search,)


def recogniser():
    """Lesson 08's recogniser of drawn people, through which losses look."""
    yield _recogniser("recogniser")


def judge():
    """Lesson 08's second recogniser, of other people: it measures, and no loss looks through it."""
    yield _recogniser("judge", seed=1)


def _recogniser(name, seed=0, people=None, views=6):
    """Half of each person's views are turned as people turn, half by any angle up to 90°."""
    people, steps = people or KNOWN[name], STEPS["recogniser"]
    half = views // 2
    pictures = [
        faces.portraits(people, half, first, workers=2, yaw=yaw)
        for first, yaw in ((0, None), (half, (-90, 90)))
    ]
    more = {"folder": safety(f"08_{name}"), "callbacks": [Log(250)]}
    network = faces.train_recogniser(
        np.concatenate(pictures, axis=1), steps, seed, recognition.WIDTHS, **more
    )
    about = {"seed": seed, "steps": steps}
    about["data"] = f"{views} views of drawn people, seeds {people[0]} to {people[-1]}"
    about["metrics"] = known_again(shipping.as_shipped(network))
    return network, f"08_{name}", about


def known_again(network, people=STRANGERS, views=5):
    """How well people are known again by one frontal picture of each, in other views.

    `rank_one`: the share of views that are most like their own person's picture, see `faces`.
    `same`, `different`: the mean cosine of a view and the picture of its own, of another person.
    """
    gallery = faces.portraits(people, 1)[:, 0]
    told, own = {}, np.eye(len(people), dtype=bool)
    ways = {"frontal": 0.0, "natural": None, "any": (-90, 90)}
    for number, (way, yaw) in enumerate(ways.items()):
        first = 1 + number * views
        asked = faces.portraits(people, views, first, yaw=yaw).swapaxes(0, 1)  # (views, people, …)
        vectors = np.stack([recognition.embed(network, each) for each in asked])
        cosines = vectors @ recognition.embed(network, gallery).T  # (views, people, people)
        told |= {
            f"rank_one_{way}": float(np.mean([faces.rank_one(network, gallery, v) for v in asked])),
            f"same_{way}": float(cosines[:, own].mean()),
            f"different_{way}": float(cosines[:, ~own].mean()),
        }
    return told


def generator(seed=0):
    """Lesson 08's StyleGAN: learned at 16, then at 32, then at 64 pixels; a stage that ended is kept."""
    pictures, model = pictured(PEOPLE["generator"])[0], None
    for side, (steps, batch) in GROWN.items():
        s = replace(stylegan.SHIPPED, network=replace(generators.SHIPPED, side=side))
        folder = safety(f"08_generator_{side}")
        more = {"begin": model, "folder": folder, "callbacks": [Log(500)]}
        ended, example = folder / "ended.weights.h5", data.Mirrored(pictures, side)
        if ended.exists():
            model = stylegan.StyleGAN(s)
            model.load_weights(ended)
        else:
            model = stylegan.train(example, steps, seed, s, batch, **more)
            folder.mkdir(parents=True, exist_ok=True)
            model.save_weights(ended)
    mapping, synthesis = (shipping.as_shipped(network) for network in model.averaged)
    about = {"seed": seed, "steps": {str(side): steps for side, (steps, _) in GROWN.items()}}
    about["data"] = f"drawn people, seeds 0 to {PEOPLE['generator'] - 1}, mirrored at random"
    about["metrics"] = lifelike(mapping, synthesis)
    yield mapping, "08_mapping", about
    yield synthesis, "08_synthesis", about


def lifelike(mapping, synthesis, count=COMPARED):
    """Precision and recall of painted faces among drawn ones of people who trained nothing."""
    judge = recognition.load("judge")
    people = [data.Person(seed) for seed in range(2_000_000, 2_000_000 + count)]
    data.draw(people)
    z = np.random.default_rng(0).normal(size=(count, mapping.input_shape[-1]))
    painted = generators.paint(synthesis, mapping.predict(z.astype(np.float32), verbose=0))
    real, fake = (recognition.embed(judge, x) for x in (data.stacked(people)[0], painted))
    return metrics.precision_recall(real, fake)


def inversion():
    """Lesson 08's encoder that answers a face with itself."""
    yield _encoder("inversion")


def frontal():
    """Lesson 08's encoder that turns faces to the front."""
    yield _encoder("frontal")


def sketch():
    """Lesson 08's encoder from lines to faces."""
    yield _encoder("sketch")


def segmentation():
    """Lesson 08's encoder from regions to faces."""
    yield _encoder("segmentation")


def _encoder(task, seed=0):
    mapping, synthesis = generators.load()
    parts = synthesis, generators.mean_style(mapping), recognition.load()
    example = data.Examples(task, *pictured(PEOPLE["encoder"], task == "frontal"))
    steps = STEPS[task]
    more = {"folder": safety(f"08_{task}"), "callbacks": [Log(250)]}
    model = training.train(example, task, steps, seed, parts, training.SHIPPED[task], **more)
    network = shipping.as_shipped(model.encoder)
    about = {
        "seed": seed,
        "steps": steps,
        "data": SEEN,
    }
    return network, f"08_{task}", about | {"metrics": likeness(task, network, *parts[:2])}


def likeness(task, encoder, synthesis, mean):
    """Mean SSIM and the judge's mean cosine of answers and targets, on the lesson's test people.

    For "frontal" sources are turned by 50°, and the target is the true front.
    """
    _, test = data.load("synthetic")
    data.draw(test)
    pictures, regions = data.stacked(test)
    source, target = pictures, images.to_float(pictures)
    if task == "frontal":
        views = data.turned([one.seed for one in test], (50,))
        source, target = views[50], views[0]
    offsets = encoder.predict(data.sources(task, source, regions), verbose=0)
    made = generators.paint(synthesis, mean + offsets)
    return resemblance(made, target)


def resemblance(made, target):
    """Mean SSIM and the judge's mean cosine of pictures made and meant, both (N, side, side, 3)."""
    judge = recognition.load("judge")
    one, other = recognition.embed(judge, made), recognition.embed(judge, target)
    ssim = [metrics.ssim(*pair) for pair in zip(target, made, strict=True)]
    return {"ssim": float(np.mean(ssim)), "cosine": float(np.mean(np.sum(one * other, axis=1)))}


@cache
def pictured(count, turned=False):
    """Pictures and regions of those who train; turned: every second one by any angle up to 90°."""
    yaws = np.random.default_rng(0).uniform(-90, 90, count)
    people = [
        data.Person(seed, **({"yaw": float(yaw)} if turned and seed % 2 else {}))
        for seed, yaw in enumerate(yaws)
    ]
    data.draw(people)
    return data.stacked(people)


# Beside a search ----------------------------------------------------------------------------------


def encoder_beside_search(steps=(50, 100, 200, 400), people=8):
    """One picture through encoder and generator, and through searches for its styles: seconds, SSIM."""
    mapping, synthesis = generators.load()
    mean, (_, test) = generators.mean_style(mapping), data.load("synthetic")
    faces = images.to_float(data.stacked(test[:people])[0])
    look, paint = tf.function(encoders.load("inversion")), tf.function(synthesis)
    search = training.Search(synthesis, mean)
    paint(mean + look(images.to_signed(faces[:1]))), search(faces[0], 1)  # builds the graphs
    ways = {"encoder": lambda face: paint(mean + look(images.to_signed(face)[None]))}
    for count in steps:
        ways[f"search of {count} steps"] = lambda face, n=count: paint(search(face, n)[None])
    told = np.array([[_timed(way, face) for way in ways.values()] for face in faces])
    seconds, ssim = np.median(told[..., 0], axis=0), told[..., 1].mean(0)
    return "\n    ".join(
        f"{name}: {one:.4f} s, {one / seconds[0]:.0f} times the encoder's; SSIM {like:.3f}, "
        f"of which the encoder has {ssim[0] / like:.0%}"
        for name, one, like in zip(ways, seconds, ssim, strict=True)
    )


def _timed(way, face):
    """(seconds, SSIM) of what a way paints of a face, in [-1, 1]."""
    start = time.perf_counter()
    made = np.array(way(face))[0]
    seconds = time.perf_counter() - start
    return seconds, metrics.ssim(face, images.from_signed(made.clip(-1, 1)))


# Beside pix2pix -----------------------------------------------------------------------------------


def beside_pix2pix(seed=0, steps=2000, people=2000, shown=6, each=in_turn):
    """Lesson 08: pSp and lesson 02's pix2pix on the same drawings, lines and regions.

    `identity`: the judge's cosine of answer and truth, mean over the lesson's test people, with the
    interval over people; `pSp_minus_pix2pix` in pairs. `ssim` likewise. Pictures of the first go to
    08_pictures.npz: drawings, pSp's answers, pix2pix's, truths.
    """
    tasks = ("sketch", "segmentation")
    told = each(both_ways, [(task, seed, steps, people, shown) for task in tasks])
    found = {task: scores for task, (scores, _) in zip(tasks, told, strict=True)}
    sheets = {task: rows for task, (_, rows) in zip(tasks, told, strict=True)}
    np.savez_compressed(paths.EVIDENCE / "08_pictures.npz", **sheets)
    shipped.sign(paths.EVIDENCE / "08_pictures.npz")
    return {
        "summary": found,
        "seed": seed,
        "steps": steps,
        "people": len(data.load("synthetic")[1]),
    }


def both_ways(task, seed, steps, people, shown):
    """What `beside_pix2pix` finds in one task, and its pictures."""
    seen, (_, test) = pictured(people), data.load("synthetic")
    data.draw(test)
    judge, (mapping, synthesis) = recognition.load("judge"), generators.load()
    mean, (pictures, regions) = generators.mean_style(mapping), data.stacked(test)
    truth, sources = images.to_float(pictures), data.sources(task, pictures, regions)
    offsets = encoders.load(task).predict(sources, verbose=0)
    network = _pix2pix(data.Examples(task, *seen), task, steps, seed)
    drawings = coloured(task, sources)
    answers = {
        "pSp": generators.paint(synthesis, mean + offsets),
        "pix2pix": translate(network, drawings).clip(0, 1),
    }
    found = _compared(truth, answers, judge)
    print(task, found, flush=True)
    rows = np.concatenate([each[:shown] for each in (drawings, *answers.values(), truth)])
    return found, images.to_uint8(rows)


def _pix2pix(examples, task, steps, seed):
    """Lesson 02's generator with L1 and discriminator, at 64², the mean of its weights."""
    s = with_side(pix2pix.SHIPPED, 64)

    def example(rng):
        source, target = examples(rng)
        return coloured(task, source) * 2 - 1, target

    folder = safety(f"08_pix2pix_{task}")
    more = {"folder": folder, "callbacks": [Log(500)]}
    return pix2pix.train(example, "unet_l1_cgan", steps, seed, s, **more).averaged


def coloured(task, sources):
    """An encoder's sources as pictures (..., side, side, 3) in [0, 1]: grey lines, coloured regions."""
    if task == "sketch":
        return np.repeat(sources, 3, axis=-1)
    return PALETTE[sources.argmax(-1)]


def _compared(truth, answers, judge):
    """{"identity", "ssim"}: intervals over people for each way, and of the difference in pairs."""
    known, values = recognition.embed(judge, truth), {"identity": {}, "ssim": {}}
    for name, made in answers.items():
        values["identity"][name] = np.sum(known * recognition.embed(judge, made), axis=1)
        pairs = zip(truth, made, strict=True)
        values["ssim"][name] = np.array([metrics.ssim(*pair) for pair in pairs])
    for each in values.values():
        each["pSp_minus_pix2pix"] = each["pSp"] - each["pix2pix"]
    return {
        measure: {name: interval(one) for name, one in each.items()}
        for measure, each in values.items()
    }
