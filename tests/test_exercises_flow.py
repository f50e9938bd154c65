"""Exercises 10: right by hand and by other means, wrong as each symptom says."""

import copy

import keras
import numpy as np
import pytest
from keras import ops

from course_utils.exercises import flow
from course_utils.models.flow import euler, guided, heun
from course_utils.training.flow import Flow, between

# Points whose velocity is known ---------------------------------------------------------------------


@pytest.mark.parametrize("t", [0.0, 0.3, 0.8, 1.0])
def test_the_velocity_of_a_mixture_is_the_mean_of_the_ways_that_pass(t):
    """Of 400,000 straight ways, those that are near a place at time t."""
    rng, place = np.random.default_rng(0), np.array([0.4, -0.3])
    centres, count = np.float64([[1, 0], [-1, 0.5], [0, -1]]), 400_000
    picture, _ = flow.points(centres, count, seed=1, spread=0.5)
    noise = rng.normal(size=(count, 2))
    near = np.linalg.norm((1 - t) * noise + t * picture - place, axis=1) < 0.08
    mean, error = (function((picture - noise)[near], axis=0) for function in (np.mean, np.std))
    found = flow.mixture(centres, 0.5)(place[None], t)[0]
    assert near.sum() > 500
    assert np.abs(found - mean).max() < 4 * error.max() / near.sum() ** 0.5 + 0.01


def test_each_row_of_a_mixture_may_have_its_own_time_and_its_own_shares():
    x = np.random.default_rng(0).normal(size=(3, 2))
    t, one, other = np.array([0.1, 0.5, 0.9]), flow.MOONS[:24], flow.MOONS[24:]
    velocity = flow.mixture(flow.MOONS)
    rows = [velocity(x[n : n + 1], t[n])[0] for n in range(3)]
    assert np.allclose(velocity(x, t), rows)
    answers = flow.MoonNetwork().predict_on_batch([x, t, np.array([[1.0], [-1], [0]])])
    for n, centres in enumerate((one, other, flow.MOONS)):
        assert np.allclose(answers[n], flow.mixture(centres, 0.3)(x[n : n + 1], t[n])[0])


# On the straight line -----------------------------------------------------------------------------


def test_a_way_from_2_to_10_by_hand():
    noise, picture, t = np.float32([[2], [2]]), np.float32([[10], [10]]), np.float32([0.25, 0.75])
    for function, expected in {
        between: (4, 8),
        flow.noise_at_the_end: (8, 4),
        flow.time_of_the_first_for_all: (4, 4),
        flow.noise_that_never_fades: (4.5, 9.5),
        flow.start_of_the_way_forgotten: (2, 6),
        flow.mixed_on_a_circle: (5 + 3**0.5, 1 + 5 * 3**0.5),
    }.items():
        found = np.array(function(noise, picture, t))[:, 0]
        assert found == pytest.approx(expected), function.__name__
    wide = np.zeros((2, 2), np.float32)
    assert flow.time_along_the_last_axis(wide, wide + 1, t).tolist() == [[0.25, 0.75]] * 2


# What it learns -----------------------------------------------------------------------------------


def test_the_loss_of_one_step_by_hand():
    """The ways lead from 2 to 10 and from -1 to 1, and are at 4 and at 0.5."""
    noise, picture, t = np.float32([[2], [-1]]), np.float32([[10], [1]]), np.float32([0.25, 0.75])
    for function, expected in {
        flow.loss_of_a_step: (4.25 - 8, 1.25 - 2),
        flow.target_turned_round: (4.25 + 8, 1.25 + 2),
        flow.loss_on_the_picture: (4.25 - 10, 1.25 - 1),
        flow.loss_on_the_noise: (4.25 - 2, 1.25 + 1),
        flow.part_of_the_way_that_is_left: (4.25 - 6, 1.25 - 0.5),
        flow.time_not_fed: (4 - 8, 0.5 - 2),
        flow.time_fed_from_the_other_end: (4.75 - 8, 0.75 - 2),
        flow.finished_picture_shown: (10.25 - 8, 1.75 - 2),
    }.items():
        found = float(function(lambda x, t: x + t[:, None], noise, picture, t))
        assert found == pytest.approx(np.mean(np.square(expected))), function.__name__
    absolute = flow.distances_not_squared(lambda x, t: x + t[:, None], noise, picture, t)
    assert float(absolute) == pytest.approx((3.75 + 0.75) / 2)


@pytest.mark.parametrize(
    ("function", "best"),
    [
        (flow.loss_of_a_step, lambda x0, x1: np.mean(x1 - x0)),
        (flow.target_turned_round, lambda x0, x1: np.mean(x0 - x1)),
        (flow.loss_on_the_picture, lambda x0, x1: np.mean(x1)),
        (flow.loss_on_the_noise, lambda x0, x1: np.mean(x0)),
        (flow.distances_not_squared, lambda x0, x1: np.median(x1 - x0)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_best_constant_answer_is_as_the_symptoms_say(function, best):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(201, 1)).astype(np.float32)
    picture = rng.exponential(2, (201, 1)).astype(np.float32) + 1
    answers = np.linspace(-4, 4, 161)
    t = np.full(201, 0.5, np.float32)
    losses = [
        float(function(lambda x, t, a=a: ops.zeros_like(x) + np.float32(a), noise, picture, t))
        for a in answers
    ]
    assert answers[np.argmin(losses)] == pytest.approx(best(noise, picture), abs=0.05)


# Euler's steps ------------------------------------------------------------------------------------


def test_two_steps_of_euler_by_hand():
    """v = x + 4 t, from 1: 1.5 after the first step, then 1.5 + (1.5 + 2) / 2."""
    for function, expected in {
        euler: (1, 1.5, 3.25),
        flow.time_at_the_end_of_the_step: (1, 2.5, 5.75),
        flow.stopped_a_step_early: (1, 1.5),
        flow.steps_of_full_length: (1, 2, 6),
        flow.clock_that_stands_still: (1, 1.5, 2.25),
        flow.clock_that_runs_back: (1, 3.5, 6.25),
        flow.last_step_begins_at_1: (1, 1.5, 4.25),
        flow.asked_at_the_start_place: (1, 1.5, 3),
        flow.one_array_for_all_stops: (3.25, 3.25, 3.25),
    }.items():
        found = np.ravel(function(lambda x, t: x + 4 * t, np.array([1.0]), 2))
        assert found.tolist() == pytest.approx(expected), function.__name__


def test_noise_shrinks_towards_the_mean_where_the_clock_stands_still():
    velocity, x, _ = flow._journeys()["two moons"]
    mean = flow.MOONS.mean(axis=0)
    ends = flow.clock_that_stands_still(velocity, x, 1000)[-1]
    assert np.allclose(ends - mean, (x - mean) / np.e, rtol=1e-3)


# Heun's two looks ---------------------------------------------------------------------------------


def test_one_step_of_heun_by_hand():
    """v = x + 4 t, from 1: the first look says 1, and at 2, at time 1, the second one 6."""
    for function, expected in {
        heun: 1 + 7 / 2,
        flow.second_look_at_the_old_place: 1 + (1 + 5) / 2,
        flow.second_look_at_the_old_time: 1 + (1 + 2) / 2,
        flow.second_look_alone: 1 + 6,
        flow.both_looks_added_up: 1 + 7,
        flow.walked_on_from_the_trial_step: 2 + 7 / 2,
        flow.second_look_half_way: 1 + (1 + 3.5) / 2,
    }.items():
        _, found = function(lambda x, t: x + 4 * t, np.array([1.0]), 1)
        assert found.item() == pytest.approx(expected), function.__name__


def test_the_orders_of_convergence_as_the_symptoms_say():
    """On one Gaussian, whose ways lead from x to 1 + s x."""
    x, spread = np.random.default_rng(0).normal(size=(50, 1)), 0.4
    velocity = flow.mixture(np.array([[1.0]]), spread)
    for function, quotient in {
        heun: 4,
        euler: 2,
        flow.second_look_alone: 2,
        flow.second_look_half_way: 2,
        flow.second_look_at_the_old_place: 2,
        flow.second_look_at_the_old_time: 2,
        flow.both_looks_added_up: 1,
        flow.walked_on_from_the_trial_step: 1,
    }.items():
        coarse, fine = (
            np.abs(function(velocity, x, steps)[-1] - 1 - spread * x).mean() for steps in (64, 128)
        )
        assert coarse / fine == pytest.approx(quotient, rel=0.15), function.__name__


# Guidance -----------------------------------------------------------------------------------------


class Told:
    """It answers 1 without a drawing, and the drawing with one; 10 t more."""

    def predict_on_batch(self, inputs):
        _, t, drawing = inputs
        return np.where(drawing == 0, 1, drawing) + 10 * t[:, None]


def test_guidance_by_hand():
    for function, expected in {
        guided: 5 + 1 + 3 * (4 - 1),
        flow.guidance_counted_from_0: 5 + 4 + 3 * (4 - 1),
        flow.with_and_without_exchanged: 5 + 4 + 3 * (1 - 4),
        flow.drawing_shown_both_times: 5 + 4,
        flow.difference_alone: 3 * (4 - 1),
        flow.drawing_multiplied: 5 + 12,
        flow.whole_velocity_multiplied: 3 * (5 + 4),
        flow.guided_at_time_0: 1 + 3 * (4 - 1),
    }.items():
        found = function(Told(), np.array([[4.0]]), 3.0)(np.zeros((1, 1)), 0.5)
        assert found.item() == pytest.approx(expected), function.__name__


def test_what_cannot_be_called_is_seen_as_it_is():
    assert flow.at_five_places(...) is ... and flow.at_five_places(None) is None
    assert flow.at_five_places(lambda x, t: x * 0 + t).tolist() == [[0.4, 0.4]] * 5


# Eight looks --------------------------------------------------------------------------------------


def test_a_ninth_look_is_an_error_and_a_copy_counts_anew():
    velocity, x = flow.journeys()["two moons"]
    euler(velocity, x, 8)
    with pytest.raises(ValueError, match="more than 8 times"):
        velocity(x, 0)
    assert np.isfinite(copy.deepcopy(velocity)(x, 0)).all()


def test_the_score_is_1_for_the_exact_ends_and_0_for_equal_steps():
    exact, equal, far = {}, {}, {}
    for name, (counted, x) in flow.journeys().items():
        velocity = counted.velocity
        exact[name], equal[name] = heun(velocity, x, 400)[-1], euler(velocity, x, 8)[-1]
        far[name] = euler(velocity, x, 1)[-1]
    assert flow.share_of_the_error_gone(exact) > 0.99
    assert flow.share_of_the_error_gone(equal) == 0 > flow.share_of_the_error_gone(far)


def scored(function):
    return flow.share_of_the_error_gone(
        {name: function(velocity, x) for name, (velocity, x) in flow.journeys().items()}
    )


def test_neither_memory_nor_other_times_are_enough_alone_and_heun_is_better_than_euler():
    """What the solution says of its two ideas."""

    def walk(power, memory):
        def function(velocity, x):
            times = 1 - (1 - flow.EQUAL) ** power
            now = bend = 0
            for n, h in enumerate(np.diff(times)):
                before, now = now, velocity(x, times[n])
                if n and memory:
                    bend = (now - before) / (times[n] - times[n - 1])
                x = x + h * (now + h / 2 * bend)
            return x

        return function

    baseline = scored(flow.four_steps_of_heun)
    assert scored(walk(1.3, False)) < scored(walk(1, False)) == 0 < baseline
    assert baseline < scored(walk(1, True)) < flow.EXERCISES[5].goal < scored(walk(1.3, True))


def test_no_mistake_is_better_than_the_baseline_and_one_look_ends_at_the_mean():
    for function in (
        flow.equal_steps_of_euler,
        flow.looks_crowded_at_the_start,
        flow.looks_crowded_at_the_end,
        flow.one_look_for_the_whole_way,
        flow.times_that_stop_before_1,
        flow.equal_steps_at_unequal_times,
    ):
        assert scored(function) < scored(flow.four_steps_of_heun), function.__name__
    velocity, x = flow.journeys()["two moons"]
    assert np.allclose(flow.one_look_for_the_whole_way(velocity, x), flow.MOONS.mean(axis=0))


# Predict, then explain ----------------------------------------------------------------------------


def test_one_step_of_each_ends_as_the_model_answer_says():
    velocity, x = flow.mixture(flow.MOONS), np.random.default_rng(0).normal(size=(50, 2))
    mean = flow.MOONS.mean(axis=0)
    assert np.allclose(euler(velocity, x, 1)[-1], mean)
    assert np.allclose(heun(velocity, x, 1)[-1], mean + x / 2)


# Mistakes that no exercise asks for ---------------------------------------------------------------


class Spied:
    """A network that notes which of the drawings that it is shown are empty."""

    def __init__(self, network):
        self.network, self.empty = network, []

    def __call__(self, inputs, training):
        self.empty += ops.convert_to_numpy(ops.all(inputs[2] == 0, axis=1)).tolist()
        return self.network(inputs, training=training)

    def __getattr__(self, name):
        return getattr(self.network, name)


def test_a_network_never_sees_what_guidance_will_ask_for():
    """Its drawings are never empty; those of the right `Flow` now and then."""
    pairs, shares = np.ones((2, 200, 2), np.float32), {}
    for make in (Flow, flow.drawing_never_dropped):
        keras.utils.set_random_seed(0)
        x, t, drawing = keras.Input((2,)), keras.Input(()), keras.Input((2,))
        velocity = keras.layers.Dense(2)(ops.concatenate([x, t[:, None], drawing], axis=1))
        model = make(keras.Model([x, t, drawing], velocity), dropped=0.2)
        model.compile("sgd")
        model.network = Spied(model.network)
        model.train_step(pairs)
        shares[make] = np.mean(model.network.empty)
    assert shares[Flow] == pytest.approx(0.2, abs=0.08)
    assert shares[flow.drawing_never_dropped] == 0
