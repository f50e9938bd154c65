"""Lesson 02: the reader of house fronts, the four generators that it judges, losses, speed."""

import itertools
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from course_utils import metrics, paths
from course_utils.data import pix2pix as data
from course_utils.data.pairs import Jitter
from course_utils.models import checkpoints as shipping
from course_utils.models import facade_reader as models
from course_utils.models.patchgan import patchgan
from course_utils.models.pix2pix import generate, generator, load
from course_utils.training import optimizers, pix2pix
from drawn_worlds import houses as facades

from . import facade_reader
from .common import SEEDS, Log, interval, medians, safety


def checkpoints():
    return reader, generators


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


def generators(seed=0, steps=3500):
    """Lesson 02's four generators, equal steps; the reader above judges them.

    Of each training the generator is kept that does best on houses of their own, neither trained
    on nor tested: its `fcn_iou` times its sharpness, or times 1 over it where it is above 1.
    """

    def value(told):
        return told["fcn_iou"] * min(told["sharpness"], 1 / told["sharpness"])

    train, test = data.load("synthetic", "BtoA")
    example, on_test = Jitter(train, pix2pix.QUICK.side), facade_reader.scorer(test)
    on_others = facade_reader.scorer(
        [data.DrawnPair(number) for number in data.DRAWN["validation"]]
    )
    for name in reversed(pix2pix.VARIANTS):
        best = Best(on_others, value)
        pix2pix.train(example, name, steps, seed, pix2pix.SHIPPED, callbacks=[best])
        yield (
            best.generator,
            f"02_{name}",
            {
                "seed": seed,
                "steps": steps,
                "metrics": on_test(shipping.as_shipped(best.generator)),
                "validation": best.told,
                "data": "drawn houses, seeds 0 to 399",
            },
        )


class Best(keras.callbacks.Callback):
    """The best generator of a training: a game has no end that is better than the way there.

    Two networks at play go round in circles. So after every `every` steps the mean of the weights,
    each step counting 5 % less than the next, is judged, and the best is kept in `generator`. In
    `told` stands what `score` told of it. score: takes a generator, returns a dictionary, which
    `value` makes one number, the higher the better. It must not see the houses of the test.
    Source of the mean: Yazıcı et al. (2019), "The unusual effectiveness of averaging in GAN training".
    """

    def __init__(self, score, value, every=100):
        super().__init__()
        self.score, self.value, self.every, self.told = score, value, every, None

    def on_train_begin(self, logs=None):
        self.mean, self.generator = (
            keras.models.clone_model(self.model.generator) for _ in range(2)
        )
        self.mean.set_weights(self.model.generator.get_weights())

    def on_train_batch_end(self, batch, logs=None):
        for mean, now in zip(
            self.mean.trainable_variables, self.model.generator.trainable_variables
        ):
            mean.assign_add(0.05 * (now - mean))
        step = int(self.model.optimizer.iterations)
        if step % self.every == 0:
            told = self.score(self.mean)
            if self.told is None or self.value(told) > self.value(self.told):
                self.told = told | {"step": step}
                self.generator.set_weights(self.mean.get_weights())


def losses_and_generators(seeds=SEEDS, steps=2000):
    """Lesson 02: L1 + cGAN against L1, U-Net against encoder-decoder; equal steps.

    The generators have the paper's layers only (no `fine` one), the discriminator sees 34×34 pixels.
    Per seed and variant: the FCN-score, its thin classes, MAE, SSIM and sharpness of generated
    photographs of unseen houses. The reader is the shipped one, which saw none of these houses.
    """
    train, test = data.load("synthetic", "BtoA")
    example, score, runs = Jitter(train, 128), facade_reader.scorer(test), []
    variants = ("unet_l1", "encdec_l1_cgan", "unet_l1_cgan")
    fair = replace(
        pix2pix.QUICK,
        generator=replace(pix2pix.QUICK.generator, fine=0),
        discriminator=replace(pix2pix.QUICK.discriminator, layers=2),
        l1=30.0,
        optimizer=optimizers.FusedAdam,
    )
    for seed, name in itertools.product(seeds, variants):
        folder = paths.BUILD / "evidence" / f"{name}_{seed}"
        model = pix2pix.train(example, name, steps, seed, fair, folder=folder)
        runs.append({"seed": seed, "variant": name} | score(model.generator))
        print(runs[-1], flush=True)
    keys = [key for key in runs[0] if key not in ("seed", "variant")]
    by_seed = {
        name: {key: [run[key] for run in runs if run["variant"] == name] for key in keys}
        for name in variants
    }
    summary = {name: {key: interval(by_seed[name][key]) for key in keys} for name in by_seed}
    gains = {
        "l1_cgan_over_l1": ("unet_l1_cgan", "unet_l1"),
        "unet_over_encdec": ("unet_l1_cgan", "encdec_l1_cgan"),
    }
    for gain, (better, worse) in gains.items():  # of the same seed
        differences = zip(
            by_seed[better]["fcn_iou_thin"], by_seed[worse]["fcn_iou_thin"], strict=True
        )
        summary[gain] = {"fcn_iou_thin": interval([one - other for one, other in differences])}
    return {"runs": runs, "summary": summary, "steps": steps, "pictures": len(test)}


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
