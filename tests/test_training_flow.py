"""Flow matching's training: the straight line, one step by NumPy, left-out drawings, Gaussians, moons."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops

from course_utils import profile
from course_utils.models import flow as models
from course_utils.training import flow

NETWORK = models.Architecture(side=8, channels=(8, 16), blocks=1, time=8)
MEAN, DEVIATION = 1.0, 0.5  # of the Gaussians: drawing 1 has its mean at MEAN, drawing -1 at -MEAN


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def dense(width, hidden):
    """A network of `width` numbers in the place of pictures; without hidden layers a linear one.

    t is stretched, since the velocity changes most at both ends of the way.
    """
    x, t, condition = (keras.Input(shape) for shape in ((width,), (), (width,)))
    y = layers.Concatenate()([2 * x, 8 * t[:, None] - 4, 2 * condition])
    for count in hidden:
        y = layers.Dense(count, "silu")(y)
    return keras.Model([x, t, condition], layers.Dense(width, use_bias=bool(hidden))(y))


def trained(drawings, pictures, steps, batch=256, hidden=(64, 64)):
    """A small `Flow` after `steps` on all pairs, again and again."""
    profile.set_seeds(0)
    made = flow.Flow(dense(pictures.shape[1], hidden), momentum=0.99)
    made.compile(keras.optimizers.Adam(flow.warm_cosine(steps, 1e-2)), jit_compile=False)
    epochs = steps * batch // len(pictures)
    made.fit(drawings, pictures, batch_size=batch, epochs=epochs, verbose=0)
    assert made.optimizer.iterations == steps
    return made


def painted(network, drawings, steps=32):
    x = normal(*drawings.shape, seed=9)
    return models.heun(models.guided(network, drawings), x, steps)[-1]


# The straight line --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 5, 6, 3)])
def test_between_by_numpy_from_noise_to_picture(shape):
    noise, picture = normal(*shape), normal(*shape, seed=1)
    t = np.float32([0, 0.5, 1, 0.3])
    found = ops.convert_to_numpy(flow.between(noise, picture, t))
    assert found.shape == shape
    assert np.array_equal(found[0], noise[0]) and np.array_equal(found[2], picture[2])
    assert found[1] == pytest.approx((noise[1] + picture[1]) / 2)
    assert found[3] == pytest.approx(0.7 * noise[3] + 0.3 * picture[3], abs=1e-6)


def test_the_way_s_velocity_is_picture_minus_noise():
    noise, picture = (np.random.default_rng(seed).normal(size=(3, 2)) for seed in range(2))
    t = np.array([0.2, 0.5, 0.9])
    before, after = (np.array(flow.between(noise, picture, t + step)) for step in (-1e-4, 1e-4))
    assert (after - before) / 2e-4 == pytest.approx(picture - noise, abs=1e-6)


# A step -------------------------------------------------------------------------------------------


def one_step(monkeypatch, made, drawing, picture):
    """What one step logs, what its network was given, and the noise that it drew."""
    told, loss = [], flow.flow_matching_loss

    def watched(velocity, noise, picture):
        told.append(np.array(noise))
        return loss(velocity, noise, picture)

    class Watched:
        """Stands for the network, and keeps what it is called with."""

        def __init__(self, network):
            self.network = network
            self.weights, self.trainable_variables = network.weights, network.trainable_variables

        def __call__(self, given, training):
            assert training
            told.extend(map(np.array, given))
            return self.network(given)

    monkeypatch.setattr(flow, "flow_matching_loss", watched)
    made.network = Watched(made.network)
    logs = made.train_step((drawing, picture))
    x, t, seen, noise = told
    assert x == pytest.approx(np.array(flow.between(noise, picture, t)))
    return logs, x, t, seen, noise


def linear(rate=0.1, **more):
    profile.set_seeds(1)
    made = flow.Flow(dense(2, ()), **more)
    made.compile(keras.optimizers.SGD(rate), jit_compile=False)
    return made


def test_one_step_of_a_linear_network_by_numpy(monkeypatch):
    made, drawing, picture = linear(momentum=0.9), normal(50, 2), normal(50, 2, seed=1)
    (before,) = made.network.get_weights()
    logs, x, t, seen, noise = one_step(monkeypatch, made, drawing, picture)
    given = np.concatenate([2 * x, 8 * t[:, None] - 4, 2 * seen], axis=1)
    wrong = given @ before - (picture - noise)
    assert set(logs) == {"loss"} and float(logs["loss"]) == pytest.approx((wrong**2).mean())
    after = before - 0.1 * 2 * given.T @ wrong / wrong.size
    assert made.network.weights[0].numpy() == pytest.approx(after, abs=1e-6)
    mean = before + 0.1 * (after - before)
    assert made.averaged.get_weights()[0] == pytest.approx(mean, abs=1e-6)


def test_noise_is_gaussian_and_time_looks_at_the_middle(monkeypatch):
    drawing = np.ones((4000, 2), np.float32)
    _, _, t, _, noise = one_step(monkeypatch, linear(), drawing, drawing)
    assert t.shape == (4000,) and 0 < t.min() and t.max() < 1
    logit = np.log(t / (1 - t))
    for found in (noise, logit):
        assert found.mean() == pytest.approx(0, abs=0.06)
        assert found.std() == pytest.approx(1, abs=0.05)
    assert ((t > 0.25) & (t < 0.75)).mean() == pytest.approx(0.728, abs=0.03)
    assert abs(np.corrcoef(logit, noise[:, 0])[0, 1]) < 0.06


@pytest.mark.parametrize("dropped", [0.0, 0.1, 0.5, 1.0])
def test_the_asked_share_of_drawings_is_left_out_as_a_whole(dropped, monkeypatch):
    drawing = 2 + np.abs(normal(4000, 2))
    seen = one_step(monkeypatch, linear(dropped=dropped), drawing, normal(4000, 2))[3]
    none = (seen == 0).all(axis=1)
    assert np.array_equal(seen[~none], drawing[~none])
    margin = 4 * np.sqrt(dropped * (1 - dropped) / 4000)
    assert none.mean() == pytest.approx(dropped, abs=margin)


def test_no_step_draws_the_same(monkeypatch):
    drawing, found = normal(5, 2), []
    made = linear()
    for _ in range(2):
        found.append(one_step(monkeypatch, made, drawing, drawing)[4])
        monkeypatch.undo()
        made.network = made.network.network
    assert not np.isclose(*found).any()


def pairs(count=4, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-1, 1, (count, 8, 8, 3)).astype(np.float32) for _ in range(2))


def example(rng):
    return tuple(part[0] for part in pairs(1, rng))


def test_after_a_few_steps_time_drawing_and_every_layer_count():
    profile.set_seeds(0)
    made = flow.Flow(models.velocity(NETWORK), momentum=0.9)
    made.compile(keras.optimizers.Adam(1e-2), jit_compile=False)
    before = made.network.get_weights()
    assert not made.averaged.trainable_variables
    assert [v.path for v in made.trainable_variables] == [
        v.path for v in made.network.trainable_variables
    ]
    for _ in range(5):
        made.train_step(pairs())
    moved = [not np.array_equal(a, b) for a, b in zip(before, made.network.get_weights())]
    assert all(moved)
    drawing, x = pairs(2, 1)
    for network in (made.network, made.averaged):
        base = network([x, np.float32([0.2, 0.2]), drawing]).numpy()
        later = network([x, np.float32([0.8, 0.8]), drawing]).numpy()
        without = network([x, np.float32([0.2, 0.2]), 0 * drawing]).numpy()
        for other in (later, without):
            assert np.abs(other - base).mean(axis=(1, 2, 3)).min() > 1e-3


# Where the answer is known ------------------------------------------------------------------------


def exact(x, t, mean):
    """The velocity that carries N(0, 1) to N(mean, DEVIATION²)."""
    variance = (1 - t) ** 2 + (t * DEVIATION) ** 2
    return mean + (t * DEVIATION**2 - (1 - t)) / variance * (x - t * mean)


@pytest.fixture(scope="module")
def gaussians():
    """Trained on two of them; the drawing, 1 or -1, says which."""
    rng = np.random.default_rng(0)
    drawing = rng.choice([-1, 1], (25_600, 1)).astype(np.float32)
    picture = MEAN * drawing + DEVIATION * normal(25_600, 1, seed=1)
    return trained(drawing, picture, 1000)


@pytest.mark.parametrize("drawing", [-1, 1])
def test_the_velocity_of_gaussians_is_learned(gaussians, drawing):
    """Where the ways pass, and to a tenth of its own size."""
    rng = np.random.default_rng(1)
    t = rng.uniform(0.05, 0.95, 2000).astype(np.float32)
    picture = (MEAN * drawing + DEVIATION * rng.normal(size=2000)).astype(np.float32)
    x = np.array(flow.between(normal(2000, seed=2), picture, t))
    condition = np.full((2000, 1), drawing, np.float32)
    found = gaussians.averaged.predict_on_batch([x[:, None], t, condition])[:, 0]
    known = exact(x, t, MEAN * drawing)
    size, wrong = (np.sqrt(np.mean(each**2)) for each in (known, found - known))
    assert wrong < 0.1 * size


def test_noise_becomes_the_gaussian_that_the_drawing_names_and_both_without_one(gaussians):
    for drawing in (-1, 1, 0):
        condition = np.full((2000, 1), drawing, np.float32)
        made = painted(gaussians.averaged, condition)
        expected = DEVIATION if drawing else np.hypot(MEAN, DEVIATION)
        assert made.mean() == pytest.approx(MEAN * drawing, abs=0.1)
        assert made.std() == pytest.approx(expected, abs=0.08)


def test_guidance_exaggerates_what_a_drawing_changes(gaussians):
    condition, x = np.ones((500, 1), np.float32), normal(500, 1, seed=9)
    means = [
        models.heun(models.guided(gaussians.averaged, condition, guidance), x, 32)[-1].mean()
        for guidance in (0, 1, 2)
    ]
    assert means[0] < means[1] - 0.5 and means[1] < means[2]


# Two moons ----------------------------------------------------------------------------------------


def moons(count, noise=0.0, seed=0):
    """Points (count, 2) on two half circles of radius 1 that reach into each other."""
    rng = np.random.default_rng(seed)
    angle, lower = rng.uniform(0, np.pi, count), rng.random(count) < 0.5
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle))
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    return (np.stack([x, y], 1) + noise * rng.normal(size=(count, 2))).astype(np.float32)


def nearest(points, others):
    """Mean distance of points from the nearest of others."""
    return np.linalg.norm(points[:, None] - others, axis=-1).min(axis=1).mean()


def test_noise_becomes_two_moons():
    """Nearer to them than the noise and than the Gaussian with their mean and covariance."""
    seen, line, nothing = moons(25_600, 0.05), moons(2000, seed=1), np.zeros((600, 2), np.float32)
    learned = trained(np.zeros_like(seen), seen, 1000, batch=1024, hidden=(128, 128, 128))
    made = painted(learned.averaged, nothing)
    fit = np.random.default_rng(2).multivariate_normal(seen.mean(0), np.cov(seen.T), 600)
    far = [nearest(points, line) for points in (made, fit, normal(600, 2))]
    assert far[0] < 0.12 and far[0] < far[1] / 2 and far[0] < far[2] / 4
    assert nearest(line, made) < 0.1  # no part of the moons is left out


# Trainings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", [flow.QUICK, flow.FULL, *flow.SHIPPED.values()])
def test_settings(s):
    assert s.dropped == 0.1
    if s is flow.FULL:
        assert s.network == models.Architecture() and s.learning_rate == 4e-4
        assert s.optimizer is keras.optimizers.AdamW and s.momentum == 0.999
    else:
        assert s.network in (models.LIVE, *models.SHIPPED.values())
        assert s.optimizer is flow.Muon


def test_one_step_of_the_full_size_at_a_small_side():
    s = replace(flow.FULL, network=replace(flow.FULL.network, side=8))
    profile.set_seeds(0)
    made = flow.Flow(models.velocity(s.network), s.dropped, s.momentum)
    made.compile(s.optimizer(s.learning_rate))
    before = made.network.get_weights()
    assert 0.5 < float(made.train_step(pairs(1))["loss"]) < 5
    assert not all(map(np.array_equal, before, made.network.get_weights()))


def test_the_rate_rises_and_falls_to_0():
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    s = replace(flow.QUICK, network=replace(NETWORK, channels=(8,)))
    made = flow.train(example, 6, 0, s, batch=1, callbacks=[Rates()])
    assert max(rates) == rates[0] == pytest.approx(3e-3) and rates[-1] == pytest.approx(0, abs=1e-9)
    assert sorted(rates, reverse=True) == rates
    assert (made.dropped, made.momentum) == (s.dropped, s.momentum) == made.settings
