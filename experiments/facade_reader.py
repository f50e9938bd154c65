"""The training of lesson 02's reader, and the score that it gives."""

from functools import partial

import keras
import numpy as np

from course_utils import metrics, profile
from course_utils.data.pix2pix import DRAWN
from course_utils.models import features
from course_utils.models.facade_reader import SIDE, load, network, read
from course_utils.models.pix2pix import translate
from course_utils.training.fit import fit
from course_utils.training.schedules import warm_cosine
from drawn_worlds import houses as facades

STEPS = 1000  # of the shipped reader
PERIODS = (2, 4, 8)  # of the lattices that layers of stride 2 weave
BATCH = 8  # buildings a step


def buildings(seeds=DRAWN["segmenter"]) -> list[tuple]:
    """(photo, labels) of drawn houses, by default those that no generator trains or tests on."""
    drawn = (facades.facade(seed, size=SIDE) for seed in seeds)
    return [(house.photo, house.labels) for house in drawn]


def train(pairs, steps: int, seed: int, folder=None, callbacks=()):
    """A reader trained on real pairs: a list of (photo (H, W, 3) in [0, 1], labels (H, W)).

    steps: of AdamW, with a cosine schedule. seed: of weights and examples. folder: for safety
    copies, see `fit`.
    The cross-entropy of a pixel counts by its true class, see `class_weights`.
    """
    profile.set_seeds(seed)
    model = network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)
    example = partial(_example, pairs, class_weights([labels for _, labels in pairs]))
    return fit(model, example, steps, BATCH, seed, folder, callbacks=callbacks)


def scorer(houses, answer=translate):
    """A function that measures a generator on drawn `Pair`s: FCN-score, picture scores, texture.

    answer: what turns (generator, label pictures in [0, 1]) into photographs in [0, 1].

    The shipped reader reads what the generator makes; VGG-16 compares its texture. `grid_2`,
    `grid_4` and `grid_8` are `metrics.grid`; `lattice` is the largest of them over the truth's.
    Raises what `load` raises, and ValueError, with the way out, without ImageNet's features.
    """
    reader, labels = load(), [house.labels for house in houses]
    texture = texture_features()
    sources, truth = (
        np.stack([getattr(house, side) for house in houses])
        for side in ("source_picture", "target")
    )

    true_grids = {f"grid_{period}": metrics.grid(truth, period) for period in PERIODS}

    def score(generator):
        made = answer(generator, sources)
        grids = {f"grid_{period}": metrics.grid(made, period) for period in PERIODS}
        return {
            **metrics.fcn_scores(labels, read(reader, made), facades.CLASSES),
            **metrics.picture_scores(truth, made, labels),
            **grids,
            "lattice": max(grids[name] / true_grids[name] for name in grids),
            "texture_distance": metrics.texture_distance(made, truth, texture),
        }

    return score


def texture_features():
    """VGG-16's layers by which `metrics.texture_distance` compares. Raises what `network` raises."""
    return features.network("imagenet", metrics.TEXTURE_LAYERS, rescaled=False)


def class_weights(labels, classes: int = len(facades.CLASSES)) -> np.ndarray:
    """Weights of the classes (classes,) float32: 1/√(share of the pixels), 1 in the mean of pixels.

    Between no weights, which forget a sill, and 1/share, which sees sills everywhere.
    """
    share = np.bincount(np.ravel(labels), minlength=classes) / np.size(labels)
    weights = 1 / np.sqrt(np.maximum(share, 1e-3))
    return (weights / np.sum(share * weights)).astype(np.float32)


def _example(pairs, weights, rng):
    photo, labels = pairs[rng.integers(len(pairs))]
    step = -1 if rng.random() < 0.5 else 1
    return photo[:, ::step], labels[:, ::step], weights[labels[:, ::step]]
