"""The training of lesson 04's feature network: what it must tell apart, and what it learns from."""

import functools

import keras
import numpy as np
from keras import layers

from course_utils import images, profile
from course_utils.data.photographs import photographs
from course_utils.models import features
from course_utils.training.fit import fit
from course_utils.training.optimizers import FusedAdam
from course_utils.training.schedules import warm_cosine
from drawn_worlds import painters

STEPS, BATCH, SIDE = 4000, 16, 64
SEEDS = range(1000, 1020)  # of each painter; lessons show others


@functools.cache
def gallery():
    """What the network learns from: uint8 (N, 256, 256, 3), first photographs, then paintings."""
    painted = [painters.paint(style, seed) for style in painters.STYLES for seed in SEEDS]
    return images.to_uint8(np.concatenate([photographs(), painted]))


class Crops:
    """Draws (crop, (which picture, which quarter turn, the crop)) from a gallery (N, H, W, 3)."""

    def __init__(self, pictures, photos=20):
        self.pictures, self.photos = pictures, photos

    def __call__(self, rng):
        photo = rng.random() < 0.4
        low, high = (0, self.photos) if photo else (self.photos, len(self.pictures))
        which, turn = rng.integers(low, high), rng.integers(4)
        whole = self.pictures[which]
        edge = int(len(whole) * np.exp(rng.uniform(np.log(0.25), 0)))
        top, left = rng.integers(0, len(whole) - edge + 1, 2)
        crop = whole[top : top + edge, left : left + edge]
        crop = np.rot90(crop[:, :: rng.choice([-1, 1])], turn)
        crop = images.resize(np.ascontiguousarray(crop), (SIDE, SIDE)).astype(np.float32) / 255
        crop = relit(rng, crop)
        return crop, (np.int32(which), np.int32(turn), crop)


def relit(rng, crop):
    """A picture (H, W, 3) in [0, 1] in another light: grey sometimes, gains, contrast, grain."""
    if rng.random() < 0.2:
        crop = np.repeat(crop.mean(-1, keepdims=True), 3, -1)
    crop = (crop - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.uniform(-0.12, 0.12)
    crop = crop * rng.uniform(0.85, 1.15, 3) + rng.normal(0, rng.uniform(0, 0.04), crop.shape)
    return np.clip(crop, 0, 1).astype(np.float32)


def build(pictures, seed, peak=3e-3, steps=STEPS):
    """The network with its three tasks, compiled; pictures: how many there are to tell apart.

    Which picture is a crop from, how was it turned, and what is it (drawn again from `block4_conv2`
    in patches of 8×8)? The first two ask for textures and forms at every scale, the last one keeps
    places in the layer that stands for content.
    """
    network = features.body(features.WIDTHS["course"], features.DEEPEST, seed=seed, norm=True)
    inputs = keras.Input((SIDE, SIDE, 3))
    found = network(inputs)
    pooled = layers.Concatenate()(
        [
            layers.GlobalAveragePooling2D()(found[name])
            for name in ("block2_conv2", "block3_conv4", "block5_conv1")
        ]
    )
    which = layers.Dense(pictures, name="which")(layers.Dropout(0.2, seed=seed)(pooled))
    turn = layers.Dense(4, name="turn")(layers.GlobalAveragePooling2D()(found["block5_conv1"]))
    patches = layers.Conv2D(8 * 8 * 3, 1)(found["block4_conv2"])  # (8, 8, 192)
    rows = layers.Reshape((SIDE // 8, SIDE // 8, 8, 8, 3))(patches)
    drawn = layers.Reshape((SIDE, SIDE, 3), name="drawn")(layers.Permute((1, 3, 2, 4, 5))(rows))
    model = keras.Model(inputs, [which, turn, drawn])
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        FusedAdam(warm_cosine(steps, peak)),
        [entropy, entropy, "mse"],
        loss_weights=[1.0, 0.5, 20.0],
        jit_compile=False,
    )
    return model, network


def train(pictures, steps, seed, folder=None, callbacks=(), photos=20):
    """A feature network trained on pictures (N, 256, 256, 3) uint8, without its tasks.

    photos: how many of the pictures, the first ones, are seen in 40 % of the steps.
    folder: for safety copies, see `fit`.
    Its batch norm is folded into the convolutions, its activations have unit means.
    """
    profile.set_seeds(seed)
    model, network = build(len(pictures), seed, steps=steps)
    fit(model, Crops(pictures, photos), steps, BATCH, seed, folder, callbacks=callbacks)
    plain = folded(network, features.WIDTHS["course"])
    return features.to_unit_means(plain, photographs(side=96))


def folded(model, widths):
    """A trained network with batch norm as one without: the same answers from convolutions alone."""
    names = list(model.output)
    plain = features.body(widths, features.deepest(names))
    for name in names:
        gamma, beta, mean, variance = model.get_layer(f"{name}_norm").get_weights()
        scale = gamma / np.sqrt(variance + model.get_layer(f"{name}_norm").epsilon)
        kernel = model.get_layer(name).get_weights()[0] * scale  # (3, 3, in, out)
        plain.get_layer(name).set_weights([kernel, beta - mean * scale])
    return plain
