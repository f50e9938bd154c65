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
from course_utils.training import cyclegan as cycles
from course_utils.training import face_sketch as training

from .common import SEEDS, interval, medians, safety


def checkpoints():
    return autoencoders, pairs_translators, cyclegan


def evidence():
    return {"synthetic": cycles_and_leaks}


def bench():
    return (cyclegan_step,)


def autoencoders(seed=0, steps=800):
    """Lesson 03's autoencoders, there and back, on drawn people."""
    yield from _translators("autoencoder", seed, steps)


def pairs_translators(seed=0, steps=6000):
    """Lesson 03's pix2pix generators, there and back, on drawn people."""
    yield from _translators("pix2pix", seed, steps)


def cyclegan(seed=0, steps=5000):
    """Lesson 03's CycleGAN on photographs and sketches of different drawn people."""
    yield from _translators("cyclegan", seed, steps)


@functools.cache
def _people():
    """Lesson 03's people, drawn once for all three networks."""
    train, test = data.load("synthetic")
    data.draw(train + test)
    return train, test


def _translators(kind, seed, steps):
    """One of lesson 03's networks in both directions, measured on the lesson's test people."""
    train, test = _people()
    networks = training.train_both(kind, train, steps, seed, folder=safety(f"03_{kind}"))
    for way, network, pairs in zip(("there", "back"), networks, (test, data.turned(test))):
        sources, truth = (
            np.stack([getattr(pair, side) for pair in pairs])
            for side in ("source_picture", "target")
        )
        told = metrics.portrait_scores(truth, translate(shipping.as_shipped(network), sources))
        about = {"metrics": told, "data": "drawn people, seeds 0 to 399"}
        yield network, f"03_{kind}_{way}", {"seed": seed, "steps": steps} | about


def cycles_and_leaks(seeds=SEEDS, cycle_steps=250, leak_steps=200, shown=8):
    """Lesson 03: what the cycle's weight does, and what a split by picture instead of person adds.

    `cycle`: CycleGANs on unpaired drawn people that differ in λ only; SSIM of the sketches of test
    people, and the share that is found among all test sketches. Their pictures go to
    03_pictures.npz: photographs, sketches, what comes back. `leak`: 188 people, eightfold, of which
    a fifth of the pictures or of the people tests; per seed and split the SSIM of an autoencoder
    and of a memory that answers with the sketch of the most similar photograph.
    """
    train, test = data.load("synthetic")
    data.draw(train + test)
    photos, sketches = (
        np.stack([getattr(pair, side) for pair in test]) for side in ("source_picture", "target")
    )
    cycle, sheets = {}, {}
    for weight in (0, 1, 10, 100):
        folder = paths.BUILD / "evidence" / f"cycle_{weight}"
        model = cycles.train(
            data.Strangers(train, photos.shape[1]),
            cycle_steps,
            0,
            replace(cycles.QUICK, cycle=float(weight)),
            folder=folder,
        )
        made = translate(model.G, photos)
        again = translate(model.F, made[:shown])
        cycle[str(weight)] = {
            "ssim": metrics.portrait_scores(sketches, made)["ssim"],
            "found": metrics.found_share(sketches, made),
            "home": metrics.mae(photos[:shown], again),
        }
        rows = np.concatenate([photos[:shown], made[:shown], again])
        sheets[f"cycle_{weight}"] = images.to_uint8(images.grid(rows, shown).clip(0, 1))
        print(weight, cycle[str(weight)], flush=True)
    np.savez_compressed(paths.EVIDENCE / "03_pictures.npz", **sheets)
    shipped.sign(paths.EVIDENCE / "03_pictures.npz")
    runs, few, splits = [], train[:188], ("by_picture", "by_person")
    for seed, split in itertools.product(seeds, splits):
        runs.append({"seed": seed, "split": split} | _leak(few, split, seed, leak_steps))
        print(runs[-1], flush=True)
    leak = {}
    for who in ("autoencoder", "memory"):
        values = {split: [run[who] for run in runs if run["split"] == split] for split in splits}
        leak[who] = {split: interval(values[split]) for split in splits}
        leak[who]["gain"] = interval(np.subtract(*values.values()))
    return {
        "runs": runs,
        "summary": {"cycle": cycle, "leak": leak},
        "steps": leak_steps,
        "cycle_steps": cycle_steps,
        "pictures": len(test),
    }


def _leak(pairs, split, seed, steps):
    """SSIM of test pictures after one of two splits of eightfold pairs: {"autoencoder", "memory"}.

    `memory` answers with the sketch of the most similar photograph that trained.
    """
    rng = np.random.default_rng(seed)
    if split == "by_person":
        tests = set(rng.choice([pair.source for pair in pairs], len(pairs) // 5, replace=False))
        train = data.eightfold([pair for pair in pairs if pair.source not in tests])
        test = data.eightfold([pair for pair in pairs if pair.source in tests])
    else:
        every = data.eightfold(pairs)
        order = rng.permutation(len(every))
        train, test = ([every[i] for i in part] for part in np.split(order, [4 * len(order) // 5]))
    photos = np.stack([pair.source_picture for pair in test])
    truth = [pair.target for pair in test]
    seen = np.stack([pair.source_picture.ravel() for pair in train])
    nearest = [np.argmin(np.sum((seen - photo.ravel()) ** 2, axis=1)) for photo in photos]
    example = Jitter(train, photos.shape[1], flip=False, scale=1.0)
    made = translate(training.train_autoencoder(example, steps, seed), photos)
    return {
        "autoencoder": metrics.portrait_scores(truth, made)["ssim"],
        "memory": metrics.portrait_scores(truth, [train[i].target for i in nearest])["ssim"],
    }


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
