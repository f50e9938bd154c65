"""CycleGAN: the pool, the losses by NumPy, the whole gradient to both translators, resuming."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import losses, profile
from course_utils.exercises.face_sketch import half_of_the_cycle
from course_utils.models.face_sketch import ResNet
from course_utils.models.patchgan import Architecture
from course_utils.training import cyclegan, fit
from course_utils.training.pool import ImagePool
from experiments.common import Checks

SIDE = 24
SMALL = replace(
    cyclegan.QUICK,
    generator=ResNet(side=SIDE, width=2, blocks=1, ends=3),
    discriminator=Architecture(layers=1, width=2),
    cycle=10.0,
    momentum=0.0,
)


def example(rng):
    return tuple(rng.uniform(-1, 1, (2, SIDE, SIDE, 3)).astype(np.float32))


def batch(count=2):
    pairs = [example(np.random.default_rng(number)) for number in range(count)]
    return tuple(tf.constant(np.stack(part)) for part in zip(*pairs, strict=True))


def model(**settings):
    profile.set_seeds(0)
    return cyclegan.build(replace(SMALL, **settings))


# Pool ---------------------------------------------------------------------------------------------


def numbered(first, count):
    return tf.reshape(tf.range(first, first + count, dtype=tf.float32), (count, 1, 1, 1))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("graph", [True, False])
def test_the_pool_gives_old_pictures_half_of_the_time_once_it_is_full(count, graph):
    profile.set_seeds(1)
    last = 900 if graph else 90
    pool = ImagePool(6, (1, 1, 1))
    give = tf.function(pool, reduce_retracing=True) if graph else pool
    stored, shown, swaps = set(), [], 0
    for first in range(0, last, count):
        given = [int(v) for v in tf.reshape(give(numbered(first, count)), [-1])]
        for new, out in zip(range(first, first + count), given, strict=True):
            assert out == new or out in stored
            swaps += out != new
        shown += given
        before, stored = stored, {int(v) for v in tf.reshape(pool.pictures.value, [-1])}
        if first + count <= 6:
            assert given == list(range(first, first + count))
        else:
            assert len(stored) == 6 and stored - before <= set(range(first, first + count))
    assert len(set(shown[6:])) == len(shown[6:])  # none twice
    assert abs(swaps / (last - 6) - 0.5) < 1.5 / np.sqrt(last)  # three deviations
    assert int(pool.count) == 6


def test_what_the_pool_gives_has_no_gradient():
    picture = tf.Variable(numbered(1, 1))
    with tf.GradientTape() as tape:
        given = tf.reduce_sum(ImagePool(2, (1, 1, 1))(picture.value()))
    assert tape.gradient(given, picture) is None


# Losses -------------------------------------------------------------------------------------------


def test_least_squares_by_hand():
    scores = np.float32([[1.0], [0.0], [0.5]])
    assert float(losses.least_squares(scores, 1)) == pytest.approx(1.25 / 3)
    assert float(losses.least_squares(scores, 0)) == pytest.approx(1.25 / 3)
    assert float(losses.least_squares(np.float32([2.0]), 1)) == 1  # being too sure costs, too


def test_the_losses_of_a_step_by_numpy():
    made, (x, y) = model(), batch()
    fake_y, fake_x = made.G(x).numpy(), made.F(y).numpy()

    def l1(first, second):
        return np.abs(first - second).mean()

    expected = {
        "gan": ((made.D_Y(fake_y) - 1.0) ** 2).numpy().mean()
        + ((made.D_X(fake_x) - 1.0) ** 2).numpy().mean(),
        "cycle": l1(made.F(fake_y), x) + l1(made.G(fake_x), y),
        "identity": l1(made.G(y), y) + l1(made.F(x), x),
        "d_loss": sum(
            ((judge(real) - 1.0) ** 2 + judge(fake) ** 2).numpy().mean() / 2
            for judge, real, fake in ((made.D_X, x, fake_x), (made.D_Y, y, fake_y))
        ),
    }
    expected["loss"] = expected["gan"] + 10 * expected["cycle"] + 5 * expected["identity"]
    logs = made.train_step((x, y))
    assert {name: float(value) for name, value in logs.items()} == pytest.approx(expected, rel=1e-4)


class OneSided(cyclegan.CycleGAN):
    """All terms are 0 but one of the two cycles."""

    keep = 0

    def translate(self, x, y):
        fake_x, fake_y, parts = super().translate(x, y)
        return fake_x, fake_y, parts | {"gan": 0.0, "identity": 0.0}

    def cycles(self, x, y, fake_x, fake_y):
        return (super().cycles(x, y, fake_x, fake_y)[self.keep],)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("kind", ["right", "wrong"])
def test_each_cycle_reaches_both_translators(keep, kind):
    """One cycle term is zeroed; the other still moves both, and not in the well-known example."""
    made = model()
    base = cyclegan.CycleGAN
    if kind != "right":
        base = type("Half", (base,), {"cycles": half_of_the_cycle})
    one = type("One", (OneSided, base), {"keep": keep})(made.G, made.F, made.D_X, made.D_Y)
    one.compile()
    one.optimizer = keras.optimizers.SGD(1.0)
    one.optimizer.build(one.generators)
    before = [[v.numpy() for v in network.trainable_variables] for network in (one.G, one.F)]
    one.train_step(batch())
    moved = [
        sum(
            float(((v.numpy() - old) ** 2).sum())
            for v, old in zip(network.trainable_variables, olds, strict=True)
        )
        for network, olds in zip((one.G, one.F), before, strict=True)
    ]
    if kind == "right":
        assert min(moved) > 1e-8
    else:
        assert min(moved) == 0 < max(moved)


def test_the_translators_follow_the_slope_of_the_whole_loss():
    made, (x, y) = model(), batch(1)
    made.optimizer = keras.optimizers.SGD(1.0)
    made.optimizer.build(made.generators)
    before = [v.numpy() for v in made.generators]
    made.train_discriminators = lambda *pictures: 0.0
    made.train_step((x, y))
    slope = [old - v.numpy() for old, v in zip(before, made.generators, strict=True)]
    steepness = np.sqrt(sum((s**2).sum() for s in slope))

    def loss(step):
        for v, old, s in zip(made.generators, before, slope, strict=True):
            v.assign(old + step * s / steepness)
        _, _, parts = made.translate(x, y)
        return float(parts["gan"] + 10 * parts["cycle"] + 5 * parts["identity"])

    ends = loss(1e-5), loss(-1e-5)  # further off, the loss bends
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(steepness, rel=0.05)


def test_without_identity_its_passes_are_left_out():
    made = model(identity=0.0)
    logs = made.train_step(batch())
    assert float(logs["identity"]) == 0
    assert float(logs["loss"]) == pytest.approx(float(logs["gan"] + 10 * logs["cycle"]), rel=1e-5)


def test_the_means_of_both_generators_and_both_come_back_from_a_checkpoint(tmp_path):
    made = model(momentum=0.8)
    means = [network.get_weights() for network in (made.G, made.F)]
    for _ in range(2):
        made.train_step(batch(1))
        for mean, network in zip(means, (made.G, made.F), strict=True):
            mean[:] = [0.8 * m + 0.2 * w for m, w in zip(mean, network.get_weights(), strict=True)]
    for mean, network in zip(means, made.averaged, strict=True):
        assert all(np.allclose(m, w, atol=1e-6) for m, w in zip(mean, network.get_weights()))
    assert model(momentum=0.0).averaged is None
    checks = Checks(
        tmp_path,
        lambda G, F: {"ssim": 1.0, "lattice": 1.0, "texture_distance": 0.1},
        lambda G, F: np.ones((6, SIDE, SIDE, 3)),
        every=2,
        networks=lambda model: model.averaged,
    )
    checks.set_model(made)
    checks.on_train_batch_end(1)
    others = [keras.models.clone_model(network) for network in (made.G, made.F)]
    assert checks.restore_chosen(others, "ssim")["step"] == 2
    for other, network in zip(others, made.averaged, strict=True):
        assert all(map(np.array_equal, other.get_weights(), network.get_weights()))


def test_one_step_moves_all_four_networks():
    made = model()
    networks = (made.G, made.F, made.D_X, made.D_Y)
    before = [[v.numpy() for v in network.trainable_variables] for network in networks]
    made.train_step(batch())
    for olds, network in zip(before, networks, strict=True):
        moved = [
            not np.array_equal(old, v)
            for old, v in zip(olds, network.trainable_variables, strict=True)
        ]
        assert np.mean(moved) > 0.9  # a bias before a norm stays


# Training -----------------------------------------------------------------------------------------


def test_the_learning_rate_stays_and_then_falls_to_0():
    schedule = cyclegan.LinearDecay(0.2, 100)
    rates = [float(schedule(step)) for step in (0, 49, 50, 75, 100)]
    assert rates == pytest.approx([0.2, 0.2, 0.2, 0.1, 0.0])
    assert float(cyclegan.LinearDecay(0.2, 1)(0)) == pytest.approx(0.2)


def test_stopped_it_ends_where_an_unbroken_training_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(cyclegan, "POOL", 3)  # full before the stop

    def training(folder=None, callbacks=()):
        profile.set_seeds(3)
        made = cyclegan.build(replace(SMALL, learning_rate=2e-3), steps=9)
        return fit.fit(made, example, 9, 1, 3, folder, 3, callbacks)

    def fail(number, logs):
        if number == 7:
            raise KeyboardInterrupt

    unbroken = [v.numpy() for v in fit._state(training())]
    with pytest.raises(KeyboardInterrupt):
        training(tmp_path / "copy", [keras.callbacks.LambdaCallback(on_train_batch_end=fail)])
    resumed = fit._state(training(tmp_path / "copy"))
    for variable, expected in zip(resumed, unbroken, strict=True):
        assert np.allclose(variable, expected, rtol=0, atol=1e-5), variable.path


@pytest.mark.slow
def test_one_step_in_the_papers_size():
    made = cyclegan.build(cyclegan.FULL)
    picture = tf.zeros((1, 128, 128, 3))
    assert np.isfinite(float(made.train_step((picture, picture))["loss"]))
