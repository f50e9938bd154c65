"""StyleGAN's training: mixed styles, R1 and when it counts, one step, the means, growing."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import profile
from course_utils.models.stylegan import Architecture
from course_utils.training import stylegan

SMALL = stylegan.Settings(
    network=Architecture(side=8, latent=8, channels=(8, 4), mapping=2), lazy=3, momentum=0.9
)
COLOURS = np.float32([[0.8, -0.6, -0.6], [-0.4, -0.6, 0.8]])


def model(**settings):
    profile.set_seeds(0)
    made = stylegan.StyleGAN(replace(SMALL, **settings))
    made.compile()
    return made


def pictures(count=4):
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, (count, 8, 8, 3)), tf.float32)


def with_plain_descent(made, variables, optimizer):
    """Plain gradient descent at rate 1 in the place of Adam; returns the weights as they are."""
    setattr(made, optimizer, keras.optimizers.SGD(1.0))
    getattr(made, optimizer).build(variables)
    return [v.numpy() for v in variables]


def steepness(variables, before, loss, step):
    """Length of the step taken, and the loss's rate of change along it by finite differences."""
    gradient = [old - v.numpy() for old, v in zip(before, variables, strict=True)]
    length, ends = np.sqrt(sum((s**2).sum() for s in gradient)), []
    for side in (step, -step):
        for v, old, s in zip(variables, before, gradient, strict=True):
            v.assign(old + side * s / length)
        ends.append(float(loss()))
    return length, (ends[0] - ends[1]) / (2 * step)


# Styles -------------------------------------------------------------------------------------------


def changes(mixing, side=64, count=600):
    """For each picture, between which of its styles w changes: (count, styles - 1)."""
    network = Architecture(side=side, latent=8, channels=(4,) * 5, mapping=1)
    made = model(network=network, mixing=mixing)
    styles = made.styles(count).numpy()
    assert styles.shape == (count, network.styles, 8)
    assert len(np.unique(styles[:, 0], axis=0)) == count  # each picture has its own z
    return np.any(styles[:, 1:] != styles[:, :-1], axis=-1)


def test_without_mixing_all_styles_of_a_picture_are_one():
    assert not changes(0.0).any()


def test_a_mixed_picture_changes_its_style_once_and_anywhere():
    found = changes(1.0)
    assert (found.sum(axis=1) == 1).all()
    assert found.mean(axis=0) == pytest.approx(1 / 9, abs=0.05)  # 3 deviations: 0.04


def test_the_share_of_mixed_pictures_is_the_asked_one():
    found = changes(0.3).sum(axis=1)
    assert found.max() == 1 and found.mean() == pytest.approx(0.3, abs=0.06)


# R1 -----------------------------------------------------------------------------------------------


def test_r1_of_a_linear_discriminator_by_hand():
    made = model(penalty=0.01, lazy=5)
    flat = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    made.discriminator = flat
    found = float(made.penalty(pictures(4)))
    r1 = float((flat.weights[0].numpy() ** 2).sum())
    assert float(made.r1) == pytest.approx(r1, rel=1e-5)
    assert found == pytest.approx(5 * (0.01 * 8**2 / 4) / 2 * r1, rel=1e-5)


def test_r1_is_the_mean_squared_length_of_the_pictures_gradients():
    made, real = model(), pictures(2)
    made.penalty(real)
    judge = made.discriminator
    with tf.GradientTape() as tape:
        tape.watch(real)
        total = tf.reduce_sum(judge(real))
    gradients = tape.gradient(total, real).numpy()
    assert float(made.r1) == pytest.approx((gradients**2).sum(axis=(1, 2, 3)).mean(), rel=1e-4)
    way = gradients / np.sqrt((gradients**2).sum())
    ends = [float(tf.reduce_sum(judge(real + step * way))) for step in (1e-2, -1e-2)]
    assert 2 * float(made.r1) == pytest.approx(((ends[0] - ends[1]) / 2e-2) ** 2, rel=0.05)


@pytest.mark.parametrize("step", [0, 1])
def test_the_discriminator_follows_the_gradient_of_the_whole_loss(step):
    """In a graph, as `fit` runs it: R1's own gradient counts at step 0 and not at step 1.

    Of a smooth discriminator: at the kinks of leaky ReLUs R1 jumps, which differences would see.
    """
    made, real = model(penalty=0.1), pictures()
    fake = made.synthesis(made.styles(4))
    made.discriminator = judge = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(6, "tanh"),
            keras.layers.Dense(1),
        ]
    )
    painter = [v.numpy() for v in made.painter_variables]
    before = with_plain_descent(made, judge.trainable_variables, "discriminator_optimizer")
    made.discriminator_optimizer.iterations.assign(step)
    logs = tf.function(made.train_discriminator)(real, fake)
    assert float(logs["r1"]) == float(made.r1)
    assert (float(made.r1) > 0) == (step == 0)
    assert all(map(np.array_equal, painter, [v.numpy() for v in made.painter_variables]))

    def loss():
        both = tf.nn.softplus(-judge(real)), tf.nn.softplus(judge(fake))
        return sum(map(tf.reduce_mean, both)) + (made.penalty(real) if step == 0 else 0.0)

    length, change = steepness(judge.trainable_variables, before, loss, 1e-3)
    assert change == pytest.approx(length, rel=0.05)


def test_r1_is_computed_every_few_steps():
    made, found = model(), []
    for _ in range(7):
        made.train_step(pictures())
        found.append(float(made.r1))
    assert found[0] > 0
    assert (np.diff(found) != 0).tolist() == [False, False, True] * 2


# One step -----------------------------------------------------------------------------------------


def test_the_losses_of_a_step_by_numpy():
    made, real = model(), pictures()
    styles = made.styles(4)
    made.styles = lambda count: styles
    fake = made.synthesis(styles)
    d_real, d_fake = made.discriminator(real).numpy(), made.discriminator(fake).numpy()
    logs = made.train_step(real)
    expected = {
        "d_real": np.log1p(np.exp(-d_real)).mean(),
        "d_fake": np.log1p(np.exp(d_fake)).mean(),
        "loss": np.log1p(np.exp(-made.discriminator(fake).numpy())).mean(),  # it has learned
        "r1": float(made.r1),
    }
    assert {name: float(value) for name, value in logs.items()} == pytest.approx(expected, rel=1e-4)


def test_the_generator_follows_the_gradient_of_its_loss():
    made, real = model(), pictures()
    z = made.styles(4).numpy()[:, 0]
    made.styles = lambda count: tf.repeat(made.mapping(z)[:, None], 4, 1)
    made.train_discriminator = lambda real, fake: {}
    judge = [v.numpy() for v in made.discriminator.variables]
    before = with_plain_descent(made, made.painter_variables, "optimizer")
    made.train_step(real)
    assert all(map(np.array_equal, judge, [v.numpy() for v in made.discriminator.variables]))

    def loss():
        fake = made.synthesis(made.styles(4))
        return tf.reduce_mean(tf.nn.softplus(-made.discriminator(fake)))

    for grain in made.synthesis.layers:  # fresh noise would blur the differences
        if hasattr(grain, "strength"):
            index = [v is grain.strength for v in made.painter_variables].index(True)
            grain.strength.assign(before[index])
    length, change = steepness(made.painter_variables, before, loss, 1e-3)
    assert change == pytest.approx(length, rel=0.05)


def test_one_step_moves_all_networks_and_the_means_a_little():
    made = model()
    networks = (made.mapping, made.synthesis, made.discriminator)
    before = [[v.numpy() for v in network.trainable_variables] for network in networks]
    means = [mean.get_weights() for mean in made.averaged]
    made.train_step(pictures())
    for olds, network in zip(before, networks, strict=True):
        moved = [not np.array_equal(a, v) for a, v in zip(olds, network.trainable_variables)]
        assert all(moved), network.name
    for old, mean, network in zip(means, made.averaged, networks[:2], strict=True):
        for was, now, weight in zip(old, mean.get_weights(), network.get_weights(), strict=True):
            assert now == pytest.approx(was + 0.1 * (weight - was), abs=1e-6)
        assert not mean.trainable_variables


# Training -----------------------------------------------------------------------------------------


def test_a_larger_one_begins_as_a_smaller_one():
    smaller = model()
    for _ in range(2):
        smaller.train_step(pictures())
    made = model(network=replace(SMALL.network, side=16, channels=(8, 4, 4)))
    made.begin(smaller)
    assert all(map(np.array_equal, made.mapping.get_weights(), smaller.mapping.get_weights()))
    for name in ("start", "second_4", "first_8", "rgb_8"):
        found, expected = (each.synthesis.get_layer(name) for each in (made, smaller))
        assert all(map(np.array_equal, found.get_weights(), expected.get_weights()))
    for mean, network in zip(made.averaged, (made.mapping, made.synthesis), strict=True):
        assert all(map(np.array_equal, mean.get_weights(), network.get_weights()))
    logs = made.train_step(tf.image.resize(pictures(), (16, 16)))
    assert all(math.isfinite(float(value)) for value in logs.values())


def one_colour(rng):
    return (np.tile(COLOURS[rng.integers(2)], (8, 8, 1)),)


def distance_to_the_nearest_colour(mapping, synthesis):
    w = mapping(np.random.default_rng(1).normal(size=(64, 8)).astype(np.float32))
    fakes = synthesis(tf.repeat(w[:, None], SMALL.network.styles, 1)).numpy()
    means = fakes.mean(axis=(1, 2))  # (64, 3)
    return np.abs(means[:, None] - COLOURS).mean(axis=-1).min(axis=1).mean()


def test_a_short_training_learns_the_colours():
    quick = replace(SMALL, learning_rate=4e-3, penalty=0.05, mixing=0.0, momentum=0.97)
    untrained = model()
    made = stylegan.train(one_colour, 250, 0, quick, batch=8)
    far = distance_to_the_nearest_colour(untrained.mapping, untrained.synthesis)
    assert distance_to_the_nearest_colour(*made.averaged) < 0.7 * far
