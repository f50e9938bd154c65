"""Lesson 02: the reader of house fronts, the four generators that it judges, losses, speed."""

import itertools
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from course_utils import images, metrics, paths, shipped
from course_utils.data import pix2pix as data
from course_utils.data.pairs import Jitter
from course_utils.models import checkpoints as shipping
from course_utils.models import facade_reader as models
from course_utils.models.patchgan import patchgan
from course_utils.models.pix2pix import generate, generator, load, translate
from course_utils.training import pix2pix
from drawn_worlds import houses as facades

from . import facade_reader
from .common import SEEDS, Checks, Log, copies, in_turn, interval, medians, safety, sheet


def checkpoints():
    return reader, (unet_l1, unet_l1_cgan, unet_cgan, encdec_l1_cgan)


def evidence():
    return {"synthetic": losses_and_generators}


def bench():
    return pix2pix_step, critics


def reader(seed=0):
    """Lesson 02's reader of house fronts, on houses that no generator trains or is tested on."""
    name, steps, houses = models.CHECKPOINT, facade_reader.STEPS, facade_reader.buildings()
    model = facade_reader.train(houses, steps, seed, safety(name), [Log()])
    test = data.load("synthetic", "BtoA")[1]
    read = models.read(shipping.as_shipped(model), np.stack([pair.target for pair in test]))
    scores = metrics.fcn_scores([pair.labels for pair in test], read, facades.CLASSES)
    about = "drawn houses, seeds 2000000 to 2000399"
    yield model, name, {"seed": seed, "steps": steps, "metrics": scores, "data": about}


def unet_l1():
    """Lesson 02's U-Net with L1 alone."""
    yield from _shipped("unet_l1")


def unet_l1_cgan():
    """Lesson 02's U-Net with L1 and the discriminator: pix2pix."""
    yield from _shipped("unet_l1_cgan")


def unet_cgan():
    """Lesson 02's U-Net with the discriminator alone."""
    yield from _shipped("unet_cgan")


def encdec_l1_cgan():
    """Lesson 02's encoder-decoder with L1 and the discriminator."""
    yield from _shipped("encdec_l1_cgan")


def _shipped(name, seed=0, steps=20_000):
    """One of lesson 02's four generators, equal steps; the reader above judges them.

    They learn from the lesson's 400 houses and from 1,600 more, so that no discriminator knows its
    houses by heart.

    Shipped is the moment of its training that `choose` takes, on houses neither trained on nor tested.
    """
    houses, test = [data.DrawnPair(n) for n in range(2000)], data.load("synthetic", "BtoA")[1]
    judges = [data.DrawnPair(number) for number in data.DRAWN["validation"][:40]]
    checks = Checks(safety(f"02_{name}"), facade_reader.scorer(judges), sheet(judges[:8]))
    settings, example = pix2pix.SHIPPED, Jitter(houses, pix2pix.SHIPPED.side)
    more = {"folder": checks.folder, "callbacks": [checks]}
    generator = pix2pix.train(example, name, steps, seed, settings, **more).averaged
    told = checks.restore_chosen([generator], "fcn_iou")
    yield (
        generator,
        f"02_{name}",
        {
            "seed": seed,
            "steps": steps,
            "metrics": facade_reader.scorer(test)(shipping.as_shipped(generator)),
            "validation": told,
            "data": "drawn houses, seeds 0 to 1999",
        },
    )


def losses_and_generators(seeds=SEEDS, steps=1500, each=in_turn):
    """Lesson 02: L1 + cGAN against L1, U-Net against encoder-decoder; equal steps.

    Networks and settings are those that are shipped. Per seed and variant: what `scorer` tells of
    generated photographs of unseen houses. The reader is the shipped one, which saw none of these
    houses. And what the paper's dropout varies, see `_varied`.
    """
    variants = ("unet_l1", "encdec_l1_cgan", "unet_l1_cgan")
    runs = each(scored, [(*both, steps) for both in itertools.product(seeds, variants)])
    keys = [key for key in runs[0] if key not in ("seed", "variant")]
    by_seed = {
        name: {key: np.array([run[key] for run in runs if run["variant"] == name]) for key in keys}
        for name in variants
    }
    gains = {
        "l1_cgan_over_l1": ("unet_l1_cgan", "unet_l1"),
        "unet_over_encdec": ("unet_l1_cgan", "encdec_l1_cgan"),
    }
    for gain, (better, worse) in gains.items():  # of the same seed
        by_seed[gain] = {key: by_seed[better][key] - by_seed[worse][key] for key in keys}
    summary = {name: {key: interval(by_seed[name][key]) for key in keys} for name in by_seed}
    (summary["dropout"],) = each(dropped, [(steps,)])
    test = data.load("synthetic", "BtoA")[1]
    summary["truth"] = {"texture_distance": _between_photographs(test)}
    return {"runs": runs, "summary": summary, "steps": steps, "pictures": len(test)}


def scored(seed, name, steps):
    """One training of `losses_and_generators`, and what `scorer` tells of it."""
    train, test = data.load("synthetic", "BtoA")
    score = facade_reader.scorer(test)(_briefly(train, name, steps, seed))
    print(run := {"seed": seed, "variant": name} | score, flush=True)
    return run


def dropped(steps):
    """What the paper's dropout varies."""
    train, test = data.load("synthetic", "BtoA")
    network = _briefly(train, "unet_l1_cgan", steps, 0, dropout=0.5, noise=False)
    return _varied(network, test)


def _between_photographs(test):
    """Texture distance of photographs of as many other houses: what no generator need be below."""
    others = [data.DrawnPair(number) for number in data.DRAWN["validation"][: len(test)]]
    made, true = (np.stack([pair.target for pair in pairs]) for pairs in (others, test))
    return metrics.texture_distance(made, true, facade_reader.texture_features())


def _briefly(pairs, name, steps, seed, **of_generator):
    """The mean generator of a short training with the shipped settings."""
    settings = pix2pix.SHIPPED
    settings = replace(settings, generator=replace(settings.generator, **of_generator))
    folder = copies("02", name, seed, *of_generator)
    example = Jitter(pairs, settings.side)
    return pix2pix.train(example, name, steps, seed, settings, folder=folder).averaged


def _varied(generator, test, answers=8, shown=3):
    """How far apart the answers to one drawing are, with other dropout each time, and the truth.

    {"between_answers", "to_truth"}: mean absolute differences. The first answers to the first
    houses go to 02_pictures.npz: `dropout`, uint8 (answers, houses, H, W, 3).
    """
    labels, photos = (
        np.stack([getattr(pair, side) for pair in test]) for side in ("source_picture", "target")
    )
    made = np.stack([translate(generator, labels, seed) for seed in range(answers)])
    path = paths.EVIDENCE / "02_pictures.npz"
    np.savez_compressed(path, dropout=images.to_uint8(made[:2, :shown].clip(0, 1)))
    shipped.sign(path)
    return {
        "between_answers": float(np.abs(np.diff(made, axis=0)).mean()),
        "to_truth": float(np.abs(made - photos).mean()),
    }


def pix2pix_step():
    """pix2pix, width 64, 128²: the course's step against a tutorial's (target: at most 0.8)."""
    pair = [tf.random.stateless_uniform((1, 128, 128, 3), (n, 0), -1, 1) for n in range(2)]
    model = pix2pix.Pix2Pix(generator(side=128, width=64), patchgan(3, 128, width=64))
    model.compile()
    ours = tf.function(lambda: model.train_step(pair)["loss"])

    def in_their_way(layer):
        if isinstance(layer, keras.layers.GroupNormalization):
            return keras.layers.BatchNormalization()
        if isinstance(layer, keras.layers.LeakyReLU):
            return keras.layers.LeakyReLU()
        return type(layer).from_config(layer.get_config())

    networks = [
        keras.models.clone_model(network, clone_function=in_their_way)
        for network in (model.generator, model.discriminator)
    ]
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in networks]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def theirs():
        with tf.GradientTape() as tape, tf.GradientTape() as other:
            fake = networks[0](pair[0], training=True)
            judged = [
                networks[1](tf.concat([pair[0], target], -1), training=True)
                for target in (pair[1], fake)
            ]
            deceived = entropy(tf.ones_like(judged[1]), judged[1])
            loss = deceived + 100 * tf.reduce_mean(tf.abs(pair[1] - fake))
            found = entropy(tf.ones_like(judged[0]), judged[0])
            found += entropy(tf.zeros_like(judged[1]), judged[1])
        for network, optimizer, t, value in zip(
            networks, optimizers, (tape, other), (loss, found), strict=True
        ):
            variables = network.trainable_variables
            optimizer.apply(t.gradient(value, variables), variables)
        return loss

    tutorial, course = medians([lambda: theirs().numpy(), lambda: ours().numpy()], runs=15)
    return f"{course * 1e3:.0f} ms / {tutorial * 1e3:.0f} ms = {course / tutorial:.2f}"


def critics():
    """pix2pix: the critic's loss on test houses, the generator at rest, after 300 steps: Adam, Muon."""
    rest, stacks = load("unet_l1_cgan"), []
    for houses in (part[:40] for part in data.load("synthetic", "BtoA")):
        labels, photos = (
            np.stack([getattr(house, side) for house in houses]) * 2 - 1
            for side in ("source_picture", "target")
        )
        stacks.append((labels, photos, generate(rest, labels, seed=0)))
    seen, unseen = stacks

    def trained(optimizer):
        keras.utils.set_random_seed(0)
        model = pix2pix.build("unet_l1_cgan", replace(pix2pix.QUICK, optimizer=optimizer))
        step = tf.function(model.train_discriminator)
        for number in range(300):
            step(*(part[number % 40 : number % 40 + 1] for part in seen))
        told = model.train_discriminator(*unseen)  # before it learns from these
        return float(told["d_real"] + told["d_fake"]) / 2

    return " against ".join(f"{trained(kind):.2f}" for kind in (pix2pix.FusedAdam, pix2pix.Muon))
