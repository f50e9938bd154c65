"""Lesson 03: six shipped translators, what the cycle and the split do, the speed of CycleGAN."""

import functools
import itertools
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from course_utils import images, metrics, paths, shipped
from course_utils.data import face_sketch as data
from course_utils.data.pairs import Jitter
from course_utils.models import checkpoints as shipping
from course_utils.models.pix2pix import translate
from course_utils.settings import with_side
from course_utils.training import cyclegan as cycles
from course_utils.training import face_sketch as training
from course_utils.training import pix2pix

from . import facade_reader
from .common import SEEDS, Checks, Log, copies, in_turn, interval, medians, safety, sheet, sides

STEPS = {  # of what is shipped
    "autoencoder": 2000,
    "pix2pix": 8000,
    "cyclegan": 3000,
}
WAYS = ("there", "back")


def checkpoints():
    return ((pix2pix_back, pix2pix_there, autoencoders, cyclegan),)


def evidence():
    return {"synthetic": cycles_and_leaks}


def bench():
    return (cyclegan_step,)


def pix2pix_back():
    """Lesson 03's pix2pix, sketch → photograph."""
    yield from _pix2pix("back")


def pix2pix_there():
    """Lesson 03's pix2pix, photograph → sketch."""
    yield from _pix2pix("there")


def autoencoders(seed=0):
    """Lesson 03's autoencoders, there and back."""
    steps = STEPS["autoencoder"]
    for way in WAYS:
        name = f"03_autoencoder_{way}"
        settings = training.SHIPPED["autoencoder"]
        example = Jitter(_turned(way, _people()), settings.side)
        network = training.train_autoencoder(example, steps, seed, settings, 4, safety(name))
        yield network, name, _about(network, way, seed, steps)


def cyclegan(seed=0):
    """Lesson 03's CycleGAN, photographs and sketches of different people."""
    steps, settings = STEPS["cyclegan"], training.SHIPPED["cyclegan"]
    scores = [_scorer(way) for way in WAYS]

    def score(*networks):
        both = [score(network) for score, network in zip(scores, networks, strict=True)]
        told = {f"{key}_{way}": one[key] for way, one in zip(WAYS, both) for key in one}
        told |= {key: (both[0][key] + both[1][key]) / 2 for key in ("ssim", "texture_distance")}
        return told | {"lattice": max(one["lattice"] for one in both)}

    checks = Checks(
        safety("03_cyclegan"),
        score,
        _round_trips,
        every=500,
        networks=lambda model: model.averaged,
    )
    strangers = data.Strangers(_people(), settings.side)
    model = cycles.train(
        strangers, steps, seed, settings, folder=checks.folder, callbacks=[checks, Log(500)]
    )
    told = checks.restore_chosen(model.averaged, "ssim")
    for way, network in zip(WAYS, model.averaged, strict=True):
        yield network, f"03_cyclegan_{way}", _about(network, way, seed, steps, told)


def _pix2pix(way, seed=0):
    """One direction of lesson 03's pix2pix; shipped is the moment that `choose` takes."""
    name, steps, settings = f"03_pix2pix_{way}", STEPS["pix2pix"], training.SHIPPED["pix2pix"]

    checks = Checks(safety(name), _scorer(way), sheet(_turned(way, _judges()[:8])), every=1000)
    example = Jitter(_turned(way, _people()), settings.side)
    more = {"folder": checks.folder, "callbacks": [checks]}
    network = pix2pix.train(example, "unet_l1_cgan", steps, seed, settings, **more).averaged
    told = checks.restore_chosen([network], "ssim")
    yield network, name, _about(network, way, seed, steps, told)


@functools.cache
def _people():
    """Those who train: the lesson's 400, and 1,600 more, so that no discriminator knows them by heart."""
    return _drawn(range(2000))


@functools.cache
def _judges():
    """Those by whom a moment of a training is chosen; they neither train nor test."""
    return _drawn(data.DRAWN["validation"])


def _drawn(seeds):
    people = [data.DrawnPerson(seed, 128) for seed in seeds]
    data.draw(people)
    return people


def _turned(way, people):
    return data.turned(people) if way == "back" else people


def _scorer(way, people=None):
    """A function that measures a network of one way on people, by default those of `_judges`.

    Portrait scores, texture, grids over the truth's; on the way there whether a sketch is `found`,
    on the way back the lightness of skin.
    """
    people = people or _judges()
    sources, truth = sides(_turned(way, people))
    texture, skins = facade_reader.texture_features(), [one.skin for one in people]

    def score(network):
        made = translate(network, sources)
        told = metrics.portrait_scores(truth, made)
        told |= {
            f"grid_{period}": metrics.grid(made, period) / metrics.grid(truth, period)
            for period in facade_reader.PERIODS
        }
        told["lattice"] = max(told[f"grid_{period}"] for period in facade_reader.PERIODS)
        told["texture_distance"] = metrics.texture_distance(made, truth, texture)
        if way == "there":
            return told | {"found": metrics.found_share(truth, made)}
        errors = metrics.skin_errors(truth, made, skins)
        return told | {f"skin_{group}": error for group, error in errors.items()}

    return score


def _round_trips(G, F, shown=8):
    """Photographs, their sketches, and what comes back; then the same from sketches."""
    photos, sketches = sides(_judges()[:shown])
    there, back = translate(G, photos), translate(F, sketches)
    rows = (photos, sketches), (there, back), (translate(F, there), translate(G, back))
    return np.concatenate([np.concatenate(row) for row in rows])


def _about(network, way, seed, steps, told=None):
    """What stands beside a shipped network: measured on the lesson's test people."""
    test = _drawn(data.DRAWN["test"])
    about = {"seed": seed, "steps": steps, "data": "drawn people, seeds 0 to 1999"}
    about["metrics"] = _scorer(way, test)(shipping.as_shipped(network))
    return about | ({"validation": told} if told else {})


def cycles_and_leaks(seeds=SEEDS, cycle_steps=400, leak_steps=200, shown=6, each=in_turn):
    """Lesson 03: what the cycle's weight does, and what a split by picture instead of person adds.

    `cycle`: CycleGANs on unpaired drawn people that differ in λ only; SSIM of the sketches of test
    people, and the share that is found among all test sketches. Their pictures go to
    03_pictures.npz: photographs, sketches, what comes back. `leak`: 188 people, eightfold, of which
    a fifth of the pictures or of the people tests; per seed and split the SSIM of an autoencoder
    and of a memory that answers with the sketch of the most similar photograph.
    """
    weights, splits = (0, 1, 5, 50), ("by_picture", "by_person")
    told = each(cycled, [(weight, cycle_steps, shown) for weight in weights])
    cycle = {str(weight): scores for weight, (scores, _) in zip(weights, told, strict=True)}
    sheets = {f"cycle_{weight}": sheet for weight, (_, sheet) in zip(weights, told, strict=True)}
    np.savez_compressed(paths.EVIDENCE / "03_pictures.npz", **sheets)
    shipped.sign(paths.EVIDENCE / "03_pictures.npz")
    runs, leak = (
        each(leaked, [(*both, leak_steps) for both in itertools.product(seeds, splits)]),
        {},
    )
    for who in ("autoencoder", "memory"):
        values = {split: [run[who] for run in runs if run["split"] == split] for split in splits}
        leak[who] = {split: interval(values[split]) for split in splits}
        leak[who]["gain"] = interval(np.subtract(*values.values()))
    return {
        "runs": runs,
        "summary": {"cycle": cycle, "leak": leak},
        "steps": leak_steps,
        "cycle_steps": cycle_steps,
        "pictures": len(_split()[1]),
    }


@functools.cache
def _split():
    """The lesson's people, drawn: (train, test)."""
    train, test = data.load("synthetic")
    data.draw(train + test)
    return train, test


def cycled(weight, steps, shown):
    """One CycleGAN of `cycles_and_leaks`: its scores, and the pictures of some people."""
    train, test = _split()
    photos, sketches = sides(test)
    settings = replace(cycles.QUICK, cycle=float(weight))
    strangers, folder = data.Strangers(train, photos.shape[1]), copies("03_cycle", weight)
    model = cycles.train(strangers, steps, 0, settings, folder=folder)
    made = translate(model.G, photos)
    again = translate(model.F, made[:shown])
    scores = {
        "ssim": metrics.portrait_scores(sketches, made)["ssim"],
        "found": metrics.found_share(sketches, made),
        "home": metrics.mae(photos[:shown], again),
    }
    rows = np.concatenate([photos[:shown], made[:shown], again])
    print(weight, scores, flush=True)
    return scores, images.to_uint8(images.grid(rows, shown).clip(0, 1))


def leaked(seed, split, steps):
    """One run of `cycles_and_leaks`: SSIM of test pictures after one of two splits of eightfold pairs.

    `memory` answers with the sketch of the most similar photograph that trained.
    """
    rng, pairs = np.random.default_rng(seed), _split()[0][:188]
    train, test = _eightfold(pairs, split, rng)
    photos = np.stack([pair.source_picture for pair in test])
    truth = [pair.target for pair in test]
    seen = np.stack([pair.source_picture.ravel() for pair in train])
    nearest = [np.argmin(np.sum((seen - photo.ravel()) ** 2, axis=1)) for photo in photos]
    example = Jitter(train, photos.shape[1], flip=False, scale=1.0)
    settings, folder = (
        with_side(training.QUICK["autoencoder"], photos.shape[1]),
        copies(split, seed),
    )
    made = translate(
        training.train_autoencoder(example, steps, seed, settings, folder=folder), photos
    )
    answers = {"autoencoder": made, "memory": [train[i].target for i in nearest]}
    ssim = {who: metrics.portrait_scores(truth, each)["ssim"] for who, each in answers.items()}
    print(run := {"seed": seed, "split": split} | ssim, flush=True)
    return run


def _eightfold(pairs, split, rng):
    """(train, test) of eightfold pairs, a fifth of the people or of the pictures."""
    if split == "by_person":
        tests = set(rng.choice([pair.source for pair in pairs], len(pairs) // 5, replace=False))
        known = [
            [pair for pair in pairs if (pair.source in tests) == held] for held in (False, True)
        ]
        return tuple(data.eightfold(part) for part in known)
    every = data.eightfold(pairs)
    order = rng.permutation(len(every))
    return tuple([every[i] for i in part] for part in np.split(order, [4 * len(order) // 5]))


def cyclegan_step():
    """CycleGAN, 64²: the course's step against the TensorFlow tutorial's, same networks (at most 1)."""
    x, y = (tf.random.stateless_uniform((1, 64, 64, 3), (n, 0), -1, 1) for n in range(2))
    model, other = cycles.build(), cycles.build()
    ours = tf.function(lambda: model.train_step((x, y))["loss"])
    networks = G, F, D_X, D_Y = other.G, other.F, other.D_X, other.D_Y
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in networks]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def distance(first, second):
        return tf.reduce_mean(tf.abs(first - second))

    def judged(scores, real):
        return entropy(tf.ones_like(scores) if real else tf.zeros_like(scores), scores)

    @tf.function
    def theirs():
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = G(x, training=True), F(y, training=True)
            cycle = 10 * (
                distance(x, F(fake_y, training=True)) + distance(y, G(fake_x, training=True))
            )
            same_x, same_y = F(x, training=True), G(y, training=True)
            real_x, real_y = D_X(x, training=True), D_Y(y, training=True)
            scores_x, scores_y = D_X(fake_x, training=True), D_Y(fake_y, training=True)
            losses = [
                judged(scores_y, True) + cycle + 5 * distance(y, same_y),
                judged(scores_x, True) + cycle + 5 * distance(x, same_x),
                (judged(real_x, True) + judged(scores_x, False)) / 2,
                (judged(real_y, True) + judged(scores_y, False)) / 2,
            ]
        for network, optimizer, loss in zip(networks, optimizers, losses, strict=True):
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        return losses[0]

    tutorial, course = medians([lambda: theirs().numpy(), lambda: ours().numpy()], runs=25)
    return f"{course * 1e3:.0f} ms / {tutorial * 1e3:.0f} ms = {course / tutorial:.2f}"
