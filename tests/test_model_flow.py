"""Flow matching's network, samplers where the exact velocity is known, guidance, and pictures."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from course_utils import paths, profile
from course_utils.models import checkpoints
from course_utils.models import flow as models

SMALL = models.Architecture(side=16, channels=(8, 16), blocks=1, time=8)
SAMPLERS = (models.euler, models.heun)
EACH = (*SAMPLERS, partial(models.heun, last_look=False))
MEAN, DEVIATION = 1.5, 0.3  # of the data where the velocity is known


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def stirred(network, deviation=0.2):
    """The network with other weights than at its beginning, where it answers 0."""
    rng = np.random.default_rng(3)
    weights = [w + rng.normal(0, deviation, w.shape) for w in network.get_weights()]
    network.set_weights(weights)
    return network


def exact(x, t):
    """The velocity that carries N(0, 1) to N(MEAN, DEVIATION²)."""
    variance = (1 - t) ** 2 + (t * DEVIATION) ** 2
    return MEAN + (t * DEVIATION**2 - (1 - t)) / variance * (x - t * MEAN)


def off(sampler, steps):
    """How far from the exact end a sampler is, as a root mean square over noises."""
    x = np.random.default_rng(0).normal(size=1000)
    return np.sqrt(np.mean((sampler(exact, x, steps)[-1] - (MEAN + DEVIATION * x)) ** 2))


@pytest.fixture(scope="module")
def network():
    profile.set_seeds(0)
    return stirred(models.velocity(SMALL))


@pytest.fixture(scope="module")
def plain():
    """A network for pictures of 4 pixels, whose velocity is its drawing."""
    picture, t, drawing = (keras.Input(shape) for shape in ((2, 2, 3), (), (2, 2, 3)))
    return keras.Model([picture, t, drawing], layers.Rescaling(1.0)(drawing))


# The network --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [{}, {"side": 12, "channels": (8, 8, 16)}, {"channels": (8,)}])
def test_a_velocity_has_the_shape_of_the_picture_and_is_0_at_first(sizes):
    sizes = replace(SMALL, **sizes)
    made, side = models.velocity(sizes), sizes.side
    shape = (side, side, 3)
    assert made.input_shape == [(None, *shape), (None,), (None, *shape)]
    assert made.output_shape == (None, *shape)
    answer = made([5 * normal(3, *shape), np.float32([0, 0.5, 1]), normal(3, *shape, seed=1)])
    assert answer.shape == (3, *shape) and not np.any(answer)


def test_each_input_matters_everywhere(network):
    """Picture and drawing in one corner reach the opposite one, and t all pixels."""
    picture, drawing = normal(1, 16, 16, 3), normal(1, 16, 16, 3, seed=1)
    before = network([picture, np.float32([0.3]), drawing])
    dot = np.zeros_like(picture)
    dot[0, 0, 0] = 3
    for other in (
        [picture + dot, np.float32([0.3]), drawing],
        [picture, np.float32([0.3]), drawing + dot],
        [picture, np.float32([0.31]), drawing],
    ):
        change = np.abs(network(other) - before)[0]
        assert change[0, 0].max() > 1e-3 and change[-1, -1].max() > 1e-5


def test_pictures_of_a_batch_do_not_see_each_other(network):
    given = [normal(3, 16, 16, 3), np.float32([0.1, 0.5, 0.9]), normal(3, 16, 16, 3, seed=1)]
    together = network(given).numpy()
    for number in range(3):
        alone = network([part[number : number + 1] for part in given]).numpy()
        assert alone[0] == pytest.approx(together[number], abs=1e-4)


def test_the_code_of_time_by_numpy():
    code, t = models.TimeCode(6), np.float32([0, 0.25, 1])
    found = code(t).numpy()
    for row, time in zip(found, t, strict=True):
        angles = [time * frequency for frequency in (1, np.sqrt(1000), 1000)]
        assert row == pytest.approx([*np.sin(angles), *np.cos(angles)], abs=1e-4)


def test_two_times_have_codes_apart():
    codes = models.TimeCode(models.LIVE.time)(np.linspace(0, 1, 101, dtype=np.float32)).numpy()
    apart = np.linalg.norm(codes[:, None] - codes, axis=-1)
    assert apart[~np.eye(101, dtype=bool)].min() > 0.5


def test_a_block_passes_its_input_on_at_first():
    x, code = keras.Input((4, 4, 8)), keras.Input((6,))
    block = keras.Model([x, code], models.block(x, code, 8))
    given = normal(2, 4, 4, 8)
    assert np.array_equal(block([given, normal(2, 6)]), given)


def test_attention_knows_no_place():
    """Places in another order get their answers in that order."""
    x = keras.Input((4, 4, 8))
    around = stirred(keras.Model(x, models.look_around(x)))
    given, order = normal(1, 16, 8), np.random.default_rng(0).permutation(16)
    before = around(given.reshape(1, 4, 4, 8)).numpy().reshape(16, 8)
    after = around(given[:, order].reshape(1, 4, 4, 8)).numpy().reshape(16, 8)
    assert np.abs(before - given).max() > 0.1
    assert after == pytest.approx(before[order], abs=1e-4)


@pytest.mark.parametrize("side", [0, 18, 127])
def test_a_side_that_cannot_be_halved_so_often_is_refused(side):
    with pytest.raises(ValueError, match=f"halved 2 times .* multiple of 4, not {side}.$"):
        models.Architecture(side=side, channels=(8, 8, 8))


@pytest.mark.parametrize("channels", [(), (4, 8), (8, 12)])
def test_channels_that_make_no_groups_are_refused(channels):
    with pytest.raises(ValueError, match="channels are multiples of 8, not "):
        models.Architecture(channels=channels)


def test_saved_and_loaded_it_answers_the_same(network, tmp_path):
    given = [normal(2, 16, 16, 3), np.float32([0.2, 0.7]), normal(2, 16, 16, 3, seed=1)]
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for other in (loaded, copy):
        assert other(given).numpy() == pytest.approx(network(given).numpy(), abs=1e-5)


def test_what_is_shipped_comes_back(network, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(models, "SHIPPED", {"houses": SMALL})
    with pytest.raises(ValueError, match="shipped for houses, not for 'cats'"):
        models.load("cats")
    with pytest.raises(ValueError, match="10_houses.npz is missing: .*LESSON=10"):
        models.load()
    checkpoints.save(network, "10_houses", {})
    for kept, found in zip(network.get_weights(), models.load().get_weights(), strict=True):
        assert np.array_equal(kept.astype(np.float16), found)


# Samplers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", EACH)
def test_a_constant_velocity_is_a_straight_way(sampler):
    x, way = normal(2, 3, 3, 3), normal(2, 3, 3, 3, seed=1)
    stops = sampler(lambda x, t: way, x, 4)
    assert len(stops) == 5 and stops[0] is x
    for number, stop in enumerate(stops):
        assert stop == pytest.approx(x + number / 4 * way, abs=1e-6)
    assert sampler(lambda x, t: way, x, 1)[-1] == pytest.approx(x + way)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_growth_by_hand(steps):
    """v = x: each step multiplies by 1 + h, and by 1 + h + h²/2."""
    h = 1 / steps
    euler, heun = (sampler(lambda x, t: x, 1.0, steps)[-1] for sampler in SAMPLERS)
    assert euler == pytest.approx((1 + h) ** steps)
    assert heun == pytest.approx((1 + h + h**2 / 2) ** steps)


def test_when_each_sampler_looks():
    for sampler, expected in (
        (models.euler, [0, 0.25, 0.5, 0.75]),
        (models.heun, [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1]),
        (EACH[-1], [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]),
    ):
        times = []
        sampler(lambda x, t, times=times: times.append(t) or x, np.ones(2), 4)
        assert times == pytest.approx(expected)


@pytest.mark.parametrize(("sampler", "order"), zip(EACH, (1, 2, 2), strict=True))
def test_the_order_of_convergence_on_gaussians(sampler, order):
    steps = np.array([64, 128, 256, 512, 1024])
    errors = [off(sampler, count) for count in steps]
    measured = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert measured == pytest.approx(order, abs=0.05)


def test_errors_on_gaussians():
    assert off(models.euler, 16) < 0.05 and off(models.heun, 16) < 0.005
    assert off(models.heun, 8) < off(models.euler, 16) / 5  # at as many looks


def test_the_exact_velocity_brings_noise_to_the_data():
    x = np.random.default_rng(1).normal(size=4000)
    made = models.heun(exact, x, 64)[-1]
    assert made.mean() == pytest.approx(MEAN, abs=0.03)
    assert made.std() == pytest.approx(DEVIATION, abs=0.02)


@pytest.mark.parametrize("sampler", EACH)
def test_equal_noise_ends_alike_and_stays_as_it_was(sampler):
    x = normal(5)
    kept = x.copy()
    first, second = (sampler(exact, x, 8)[-1] for _ in range(2))
    assert np.array_equal(first, second) and np.array_equal(x, kept)
    assert np.array_equal(first[:2], sampler(exact, x[:2], 8)[-1])


@pytest.mark.parametrize("sampler", EACH)
@pytest.mark.parametrize("steps", [0, -3])
def test_no_step_is_refused(sampler, steps):
    with pytest.raises(ValueError, match=f"^A sampler needs at least one step, not {steps}.$"):
        sampler(exact, normal(2), steps)


# Guidance -----------------------------------------------------------------------------------------


class Counted:
    """Answers x + t + 10 · drawing², + 1 without one, and keeps what it has seen."""

    def __init__(self):
        self.seen = []

    def predict_on_batch(self, given):
        self.seen.append(given)
        x, t, drawing = given
        return x + t[:, None] + np.where(drawing == 0, 1, 10 * drawing**2)


@pytest.mark.parametrize(
    ("guidance", "looks", "factor"), [(0, 2, 0.0), (1, 1, 1.0), (2, 2, 2.0), (0.5, 2, 0.5)]
)
def test_guidance_by_the_formula(guidance, looks, factor):
    network, drawing, x = Counted(), np.float32([[1, -0.5], [0.3, 1]]), normal(2, 2)
    found = models.guided(network, drawing, guidance)(x, 0.25)
    none, seen = x + 0.25 + 1, x + 0.25 + 10 * drawing**2
    assert found == pytest.approx(none + factor * (seen - none), abs=1e-5)
    assert len(network.seen) == looks
    for _, t, _ in network.seen:
        assert t.dtype == np.float32 and t.tolist() == [0.25, 0.25]
    assert np.array_equal(drawing, np.float32([[1, -0.5], [0.3, 1]]))


def test_without_guidance_no_drawing_counts(network):
    x = normal(1, 16, 16, 3)
    one, other = (normal(1, 16, 16, 3, seed=seed).clip(-1, 1) for seed in (1, 2))
    for guidance, alike in ((0, True), (1, False)):
        found = [models.guided(network, each, guidance)(x, 0.5) for each in (one, other)]
        assert np.allclose(*found, atol=1e-5) == alike


# Pictures -----------------------------------------------------------------------------------------


def drawings(count=5, side=16):
    return np.random.default_rng(4).random((count, side, side, 3), np.float32)


def test_noise_is_gaussian_and_each_picture_has_its_own():
    found = models.noise(50, 16)
    assert found.shape == (50, 16, 16, 3) and found.dtype == np.float32
    assert found.mean() == pytest.approx(0, abs=0.02) and found.std() == pytest.approx(1, abs=0.02)
    apart = found.reshape(50, -1) @ found.reshape(50, -1).T / (16 * 16 * 3)
    assert np.abs(apart - np.eye(50)).max() < 0.25  # 5 deviations of a mean square: 0.25
    assert np.array_equal(found[:3], models.noise(3, 16))
    assert not np.isclose(found, models.noise(50, 16, seed=1)).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize("sampler", EACH)
@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_pictures_by_numpy(plain, sampler, guidance):
    """The velocity is the drawing, so the end is the noise and `guidance` times the drawing."""
    given = drawings(3, 2)
    end = models.noise(3, 2, seed=5) + guidance * (2 * given - 1)
    found = models.generate(plain, given, 5, 3, guidance, sampler)
    assert found == pytest.approx((end / 2 + 0.5).clip(0, 1), abs=1e-5)
    assert found.min() == 0 and found.max() == 1 and found.dtype == np.float32


def test_a_seed_gives_always_the_same_pictures_and_another_seed_others(network):
    paint = partial(models.generate, network, drawings(2), steps=2)
    first, again, other = paint(seed=1), paint(seed=1), paint(seed=2)
    assert np.array_equal(first, again) and np.abs(first - other).mean() > 0.05
    assert 0 <= first.min() and first.max() <= 1 and first.shape == (2, 16, 16, 3)


def test_a_picture_does_not_depend_on_the_others_nor_on_chunks(network, monkeypatch):
    whole = models.generate(network, drawings(5), steps=3)
    assert models.generate(network, drawings(5)[:2], steps=3) == pytest.approx(whole[:2], abs=1e-4)
    monkeypatch.setattr(models, "CHUNK", 2)
    assert models.generate(network, drawings(5), steps=3) == pytest.approx(whole, abs=1e-4)


def test_8_bits_are_taken_as_they_are(plain):
    bits = np.random.default_rng(0).integers(0, 256, (2, 2, 2, 3)).astype(np.uint8)
    assert np.array_equal(models.generate(plain, bits), models.generate(plain, bits / 255))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "There is no drawing to answer; give at least one"),
        (np.zeros((0, 2, 2, 3)), "There is no drawing to answer; give at least one"),
        (np.zeros((1, 4, 4, 3)), r"this network is \(2, 2, 3\), not \(4, 4, 3\)"),
        (np.zeros((2, 2, 3)), r"this network is \(2, 2, 3\), not \(2, 3\)"),
        (np.full((1, 2, 2, 3), -1.0), "-1"),
    ],
)
def test_drawings_that_do_not_fit_get_one_sentence(plain, given, says):
    with pytest.raises(ValueError, match=says) as caught:
        models.generate(plain, given)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_no_steps_are_refused_where_pictures_are_made(plain):
    with pytest.raises(ValueError, match="at least one step, not 0"):
        models.generate(plain, drawings(1, 2), steps=0)
