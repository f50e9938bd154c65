"""The exercises of lesson 10: the straight path, its loss, Euler, Heun, guidance, eight looks; mistakes."""

import functools
from itertools import pairwise

import numpy as np
from keras import ops
from scipy.special import softmax

from ..losses import flow_matching_loss
from ..models.flow import euler, guided, heun
from ..training.flow import Flow, between
from .core import Exercise, mistake

# Points whose velocity is known ---------------------------------------------------------------------


def _moons(count=48):
    """Centres (count, 2) on two half circles; the first half is the upper moon."""
    angle = np.pi * (np.arange(count // 2) + 0.5) / (count // 2)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    return 1.5 * np.concatenate([upper, -upper])


def _heaps(count=8):
    angle = 2 * np.pi * np.arange(count) / count
    return 1.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


MOONS, HEAPS = _moons(), _heaps()
SPREAD = 0.15  # of the small Gaussian on each centre


def mixture(centres, spread=SPREAD, log_shares=0.0):
    """The exact velocity (x, t) → v where the data are equal Gaussians on some centres (K, D).

    v is the mean over all centres k, each as likely as it is at x (N, D) and t (a number or (N,)), of
    m_k + (t s² − (1 − t)) / ((1 − t)² + t² s²) · (x − t m_k), since x_t is normal, too: with the mean
    t m_k and the variance (1 − t)² + t² s². log_shares: of the centres, (N, K), 0 if equal.
    """

    def v(x, t):
        t = np.reshape(t, (-1, 1, 1))
        off, variance = x[:, None] - t * centres, (1 - t) ** 2 + t**2 * spread**2
        closeness = -np.sum(off**2 / variance, axis=-1) / 2
        share = softmax(closeness + log_shares, axis=1)[..., None]  # (N, K, 1)
        return np.sum(share * (centres + (t * spread**2 - (1 - t)) / variance * off), axis=1)

    return v


def points(centres, count, seed, spread=SPREAD):
    """Points (count, D) of that mixture, and the number of each one's centre, (count,)."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(centres), size=count)
    return centres[chosen] + rng.normal(0, spread, (count, centres.shape[1])), chosen


class MoonNetwork:
    """What a network would answer that had learned the two moons perfectly, asked as Keras asks it.

    The "drawing" (N, 1) says which moon: 1 the upper one, -1 the lower one, 0 either.
    """

    def predict_on_batch(self, inputs):
        """x (N, 2), t (N,) and the drawing (N, 1), as a list → the velocity (N, 2)."""
        x, t, drawing = inputs
        side = np.repeat([1, -1], len(MOONS) // 2)
        shares = np.clip((1 + drawing * side) / 2, 1e-12, 1)  # (N, K)
        return mixture(MOONS, 0.3, np.log(shares))(x, t)


# 1. On the straight line --------------------------------------------------------------------------


def _ways():
    rng = np.random.default_rng(1)

    def case(*shape, t):
        noise, picture = rng.normal(size=(2, *shape))
        return np.float32(noise), np.float32(picture), np.float32(t)

    return {
        "three pictures with three channels": case(3, 4, 5, 3, t=[0.2, 0.5, 0.9]),
        "two points": case(2, 2, t=[0.25, 0.75]),
        "one picture": case(1, 4, 4, 3, t=[0.3]),
        "times 0 and 1": case(2, 3, 2, t=[0, 1]),
        "five points": case(5, 2, t=[0.1, 0.3, 0.5, 0.7, 0.9]),
    }


def _column(t, like):
    return np.reshape(t, (-1, *[1] * (like.ndim - 1)))


@mistake(
    between,
    "At time 0 stands the picture, and at time 1 the noise: t and 1 - t are exchanged.",
    "At t = 0 all is noise: (1 - t) belongs to the noise.",
)
def noise_at_the_end(noise, picture, t):
    return between(picture, noise, t)


@mistake(
    between,
    "All pictures of a batch are equally noisy: the time of the first serves them all.",
    "Each picture has its own time: give t as many axes as a picture has.",
)
def time_of_the_first_for_all(noise, picture, t):
    return (1 - t[0]) * noise + t[0] * picture


@mistake(
    between,
    "Red, green and blue are at three different times: t lies along the last axis.",
    "NumPy counts axes from the right. Reshape t to (N, 1, 1, 1), so that it lies along the first.",
)
def time_along_the_last_axis(noise, picture, t):
    return (1 - t) * noise + t * picture


@mistake(
    between,
    "Pictures at time 1 are as noisy as those at time 0: noise is added and never fades.",
    "As the picture comes, the noise goes: (1 - t) · noise.",
)
def noise_that_never_fades(noise, picture, t):
    return noise + _column(t, noise) * picture


@mistake(
    between,
    "All begin at 0, not at their noise: this is the path alone, without where it starts.",
    "Add the noise: x_0 + t · (x_1 - x_0).",
)
def start_of_the_way_forgotten(noise, picture, t):
    return _column(t, noise) * (picture - noise)


@mistake(
    between,
    "The paths are bent: their shares are roots, as where diffusion keeps the variance.",
    "Take 1 - t and t themselves: they add up to 1, and the path is straight.",
)
def mixed_on_a_circle(noise, picture, t):
    t = _column(t, noise)
    return np.sqrt(1 - t) * noise + np.sqrt(t) * picture


# 2. What it learns --------------------------------------------------------------------------------


def loss_of_a_step(network, noise, picture, t):
    """The loss of `network(x, t)` for noise and pictures (N, ...) at times t (N,): a scalar."""
    return flow_matching_loss(network(between(noise, picture, t), t), noise, picture)


def _networks():
    rng = np.random.default_rng(2)

    def case(network, count, size, t=None):
        noise, picture = rng.normal(size=(2, count, size))
        t = rng.uniform(0.1, 0.9, count) if t is None else t
        return network, np.float32(noise), np.float32(2 * picture), np.float32(t)

    return {
        "one that waits for the end": case(lambda x, t: x * t[:, None] ** 2 + 1, 6, 2),
        "one that starts quickly": case(lambda x, t: 3 * x * (1 - t[:, None]), 5, 4),
        "one that knows the time alone": case(lambda x, t: 0 * x + t[:, None], 4, 3),
        "one that turns back": case(lambda x, t: x * (1 - 2 * t[:, None]), 8, 2),
        "times 0 and 1": case(lambda x, t: x + t[:, None], 2, 5, t=[0, 1]),
    }


def _squared(target):
    """`loss_of_a_step` with another target, made of noise, picture and x_t."""

    def loss(network, noise, picture, t):
        x = between(noise, picture, t)
        return ops.mean((network(x, t) - target(noise, picture, x)) ** 2)

    return loss


@mistake(
    loss_of_a_step,
    "Samples fly away from the pictures: the target is x_0 - x_1, which leads back to the noise.",
    "The path leads from x_0 to x_1: its velocity is x_1 - x_0.",
)
def target_turned_round(network, noise, picture, t):
    return _squared(lambda x0, x1, x: x0 - x1)(network, noise, picture, t)


@mistake(
    loss_of_a_step,
    "The network answers with pictures, and a sampler adds them up as if they were velocities.",
    "Compare its answer with x_1 - x_0, not with x_1.",
)
def loss_on_the_picture(network, noise, picture, t):
    return _squared(lambda x0, x1, x: x1)(network, noise, picture, t)


@mistake(
    loss_of_a_step,
    "The network answers with the noise, as in many diffusion models: no velocity either.",
    "Compare its answer with x_1 - x_0, not with x_0.",
)
def loss_on_the_noise(network, noise, picture, t):
    return _squared(lambda x0, x1, x: x0)(network, noise, picture, t)


@mistake(
    loss_of_a_step,
    "Points slow down before the end and never arrive: the target is the part that is left.",
    "The velocity is the same all along the path: x_1 - x_0, not x_1 - x_t.",
)
def part_of_the_way_that_is_left(network, noise, picture, t):
    return _squared(lambda x0, x1, x: x1 - x)(network, noise, picture, t)


@mistake(
    loss_of_a_step,
    "The network is never told the time, and answers the mean over all times.",
    "Give it x_t and t.",
)
def time_not_fed(network, noise, picture, t):
    return loss_of_a_step(lambda x, t: network(x, 0 * t), noise, picture, t)


@mistake(
    loss_of_a_step,
    "The network is told how much noise there is, and a sampler tells it how little: 1 - t was fed.",
    "Give it the t that made x_t.",
)
def time_fed_from_the_other_end(network, noise, picture, t):
    return loss_of_a_step(lambda x, t: network(x, 1 - t), noise, picture, t)


@mistake(
    loss_of_a_step,
    "The network sees finished pictures in training, and noise for the first time in a sampler.",
    "Give it x_t, somewhere on the way, not x_1.",
)
def finished_picture_shown(network, noise, picture, t):
    return loss_of_a_step(lambda x, t: network(picture, t), noise, picture, t)


@mistake(
    loss_of_a_step,
    "Where many paths cross, the answer is their median, number by number, and no longer their mean.",
    "Square the differences.",
)
def distances_not_squared(network, noise, picture, t):
    return ops.mean(ops.abs(network(between(noise, picture, t), t) - (picture - noise)))


# 3. Euler's steps ---------------------------------------------------------------------------------


def _journeys():
    x = np.random.default_rng(3).normal(size=(6, 2))
    return {
        "the same velocity everywhere": (lambda x, t: 0 * x + [1, -2], x, 4),
        "faster from step to step": (lambda x, t: 0 * x + 3 * t, x, 5),
        "the faster, the farther": (lambda x, t: 2 * x, x, 4),
        "two moons": (mixture(MOONS), x, 8),
        "eight heaps": (mixture(HEAPS), x, 3),
        "one step": (mixture(MOONS), x, 1),
    }


def _euler(velocity, x, steps, times, length=None):
    """Euler's stops with other times to ask at, or steps of another length."""
    stops, length = [x], 1 / steps if length is None else length
    for t in times:
        stops.append(stops[-1] + length * velocity(stops[-1], t))
    return stops


def _times(steps):
    return np.arange(steps) / steps


@mistake(
    euler,
    "Each step asks for the velocity at its end, and uses it at its begin.",
    "Step number n, counted from 0, begins at t = n / steps.",
)
def time_at_the_end_of_the_step(velocity, x, steps):
    return _euler(velocity, x, steps, _times(steps) + 1 / steps)


@mistake(
    euler,
    "Some noise is left: the last step is missing.",
    "Take `steps` steps: with the start there are steps + 1 stops.",
)
def stopped_a_step_early(velocity, x, steps):
    return euler(velocity, x, steps)[:-1]


@mistake(
    euler,
    "The more steps, the farther it goes: each step is a whole path long.",
    "A step takes 1 / steps of the time: multiply the velocity by that.",
)
def steps_of_full_length(velocity, x, steps):
    return _euler(velocity, x, steps, _times(steps), length=1)


@mistake(
    euler,
    "The velocity is always that of time 0: the noise shrinks towards the mean of the data.",
    "Ask at t = n / steps in step n.",
)
def clock_that_stands_still(velocity, x, steps):
    return _euler(velocity, x, steps, 0 * _times(steps))


@mistake(
    euler,
    "Noise is treated as nearly finished and points near the end as noise: the clock runs back.",
    "Here t grows from 0, which is noise, to 1. Papers on diffusion often count from the other end.",
)
def clock_that_runs_back(velocity, x, steps):
    return _euler(velocity, x, steps, 1 - _times(steps))


@mistake(
    euler,
    "The clock goes too fast: the last step begins at time 1, where nothing is left to do.",
    "The last step begins at 1 - 1 / steps. np.linspace(0, 1, steps) has the wrong gaps.",
)
def last_step_begins_at_1(velocity, x, steps):
    return _euler(velocity, x, steps, np.linspace(0, 1, steps))


@mistake(
    euler,
    "All steps ask where the path began: the points go straight on and never turn.",
    "Ask at the last stop, not at the first.",
)
def asked_at_the_start_place(velocity, x, steps):
    return _euler(lambda place, t: velocity(x, t), x, steps, _times(steps))


@mistake(
    euler,
    "All stops are the same, the last one: += changes an array that is in the list already.",
    "Make a new array in each step: x = x + ….",
)
def one_array_for_all_stops(velocity, x, steps):
    return [euler(velocity, x, steps)[-1]] * (steps + 1)


# 4. Heun's two looks ------------------------------------------------------------------------------


def _heun(velocity, x, steps, way):
    """Heun's stops with another `way` of a step, made of (x, t, h, first look)."""
    stops = [x]
    for t in _times(steps):
        x, h = stops[-1], 1 / steps
        stops.append(x + way(x, t, h, velocity(x, t)))
    return stops


@mistake(
    heun,
    "The second look is at the old place, and sees nothing of where the step leads.",
    "Look for the second time where Euler's step arrives: at x + h · first.",
)
def second_look_at_the_old_place(velocity, x, steps):
    return _heun(velocity, x, steps, lambda x, t, h, v: h * (v + velocity(x, t + h)) / 2)


@mistake(
    heun,
    "The second look is at the new place with the old time, as if no time had passed.",
    "Where the step ends it is t + h.",
)
def second_look_at_the_old_time(velocity, x, steps):
    return _heun(velocity, x, steps, lambda x, t, h, v: h * (v + velocity(x + h * v, t)) / 2)


@mistake(
    heun,
    "The second look alone counts: it is as far off as Euler, to the other side.",
    "Walk along the mean of both looks.",
)
def second_look_alone(velocity, x, steps):
    return _heun(velocity, x, steps, lambda x, t, h, v: h * velocity(x + h * v, t + h))


@mistake(
    heun,
    "Everything goes twice too far: both looks are added up.",
    "Take their mean: divide the sum by 2.",
)
def both_looks_added_up(velocity, x, steps):
    return _heun(velocity, x, steps, lambda x, t, h, v: h * (v + velocity(x + h * v, t + h)))


@mistake(
    heun,
    "A step and a half in place of one: the mean is walked from where Euler's step arrived.",
    "Euler's step only finds the place of the second look. Walk from x.",
)
def walked_on_from_the_trial_step(velocity, x, steps):
    return _heun(
        velocity, x, steps, lambda x, t, h, v: h * v + h * (v + velocity(x + h * v, t + h)) / 2
    )


@mistake(
    heun,
    "Halving the steps only halves the error: the second look is half-way, and counts half.",
    "Look at the end of the step. Half-way is another method, in which the second look alone counts.",
)
def second_look_half_way(velocity, x, steps):
    return _heun(
        velocity, x, steps, lambda x, t, h, v: h * (v + velocity(x + h * v / 2, t + h / 2)) / 2
    )


# 5. Guidance --------------------------------------------------------------------------------------


def _wishes():
    network, each = MoonNetwork(), np.float64([[1], [-1], [0.5], [-0.2], [1]])
    return {
        "each its own moon, twice": (network, each, 2.0),
        "the upper moon, four times": (network, 0 * each + 1, 4.0),
        "the lower moon, as learned": (network, 0 * each - 1, 1.0),
        "ignored": (network, each, 0.0),
        "half": (network, each, 0.5),
        "no drawing": (network, 0 * each, 3.0),
    }


def at_five_places(velocity):
    """What `velocity(x, t)` answers at five places and t = 0.4; what can't be called, as it is."""
    places = np.random.default_rng(5).normal(0, 0.6, (5, 2))
    return velocity(places, 0.4) if callable(velocity) else velocity


def _of_two(combine):
    """`guided` with another sum of both answers, made of (without, with it, guidance)."""

    def function(network, drawing, guidance):
        without, by = guided(network, drawing, 0), guided(network, drawing, 1)
        return lambda x, t: combine(without(x, t), by(x, t), guidance)

    return function


@mistake(
    guided,
    "Guidance 0 obeys the drawing and 1 exaggerates: it is counted as in the paper, where w is 1 less.",
    "Begin without the drawing: v(none) + guidance · (v(drawing) - v(none)).",
)
def guidance_counted_from_0(network, drawing, guidance):
    return _of_two(lambda none, by, w: by + w * (by - none))(network, drawing, guidance)


@mistake(
    guided,
    "The more guidance, the less it obeys: both answers are exchanged.",
    "Begin without the drawing, and go towards the answer with it.",
)
def with_and_without_exchanged(network, drawing, guidance):
    return _of_two(lambda none, by, w: by + w * (none - by))(network, drawing, guidance)


@mistake(
    guided,
    "Guidance changes nothing: the network is asked with the drawing both times.",
    "Ask it once with zeros in place of the drawing: np.zeros_like(drawing).",
)
def drawing_shown_both_times(network, drawing, guidance):
    return guided(network, drawing, 1)


@mistake(
    guided,
    "Guidance 0 stands still: only the difference is left, and nothing that it is added to.",
    "Add the answer without the drawing.",
)
def difference_alone(network, drawing, guidance):
    return _of_two(lambda none, by, w: w * (by - none))(network, drawing, guidance)


@mistake(
    guided,
    "The drawing is multiplied in place of its effect: the network never saw one so strong.",
    "Ask with the drawing as it is, and multiply the difference of the answers.",
)
def drawing_multiplied(network, drawing, guidance):
    return guided(network, guidance * drawing, 1)


@mistake(
    guided,
    "Twice the guidance is twice the speed: even what has nothing to do with the drawing is multiplied.",
    "Multiply the difference of both answers alone.",
)
def whole_velocity_multiplied(network, drawing, guidance):
    return _of_two(lambda none, by, w: w * by)(network, drawing, guidance)


@mistake(
    guided,
    "The time never changes for the network: it always hears 0.",
    "Give t to each picture of the batch: np.full(len(x), t).",
)
def guided_at_time_0(network, drawing, guidance):
    return lambda x, t: guided(network, drawing, guidance)(x, 0)


# 6. Eight looks -----------------------------------------------------------------------------------

LOOKS = 8
JOURNEYS = {"two moons": MOONS, "eight heaps": HEAPS}


class Counted:
    """A velocity that answers `LOOKS` times; a deep copy begins to count anew.

    Raises ValueError if it is asked once more.
    """

    def __init__(self, velocity):
        self.velocity, self.asked = velocity, 0

    def __call__(self, x, t):
        self.asked += 1
        if self.asked > LOOKS:
            raise ValueError(f"The velocity was asked more than {LOOKS} times.")
        return self.velocity(x, t)

    def __deepcopy__(self, memo):
        return Counted(self.velocity)


def journeys():
    """{name: (velocity that counts, noise (200, 2))}: what the open exercise walks."""
    x = np.random.default_rng(6).normal(size=(200, 2))
    return {name: (Counted(mixture(centres)), x) for name, centres in JOURNEYS.items()}


@functools.cache
def _far_and_equal_steps(name):
    """Where the exact paths end, and how far off them, on average, Euler ends."""
    velocity, x = journeys()[name]
    ends = heun(velocity.velocity, x, 100)[-1]
    return ends, _off(euler(velocity, x, LOOKS)[-1], ends)


def _off(found, ends):
    return np.mean(np.linalg.norm(found - ends, axis=-1))


def share_of_the_error_gone(found):
    """1 - error / error of Euler's equal steps, the mean of all journeys; {name: ends} -> number.

    The error is the mean distance from where 100 steps of Heun lead from the same noise.
    """
    gone = []
    for name, ends in found.items():
        exact, equal = _far_and_equal_steps(name)
        gone.append(1 - _off(np.asarray(ends), exact) / equal)
    return round(float(np.mean(gone)), 3)


def four_steps_of_heun(velocity, x):
    """Two looks a step: the baseline, and the best with eight looks that the lesson has."""
    return heun(velocity, x, LOOKS // 2)[-1]


def _at(velocity, x, times):
    """Euler's steps between any times."""
    for t, after in pairwise(times):
        x = x + (after - t) * velocity(x, t)
    return x


EQUAL = np.linspace(0, 1, LOOKS + 1)


@mistake(
    four_steps_of_heun,
    "Those are Euler's equal steps: straight steps along bent paths end off the path.",
    "Use the look before this one, too: both together tell how the velocity changes.",
)
def equal_steps_of_euler(velocity, x):
    return _at(velocity, x, EQUAL)


@mistake(
    four_steps_of_heun,
    "Small steps at the start, where all paths are nearly straight, and large ones where they bend.",
    "Look where the velocity changes along a path.",
)
def looks_crowded_at_the_start(velocity, x):
    return _at(velocity, x, EQUAL**2)


@mistake(
    four_steps_of_heun,
    "Small steps at the end, and large ones before, where the paths part: some end at a wrong place.",
    "Leave looks for the middle, and try another step than a straight one.",
)
def looks_crowded_at_the_end(velocity, x):
    return _at(velocity, x, 1 - (1 - EQUAL) ** 2)


@mistake(
    four_steps_of_heun,
    "All points end at one place, the mean of the data: there was one look.",
    "Look again on the way: eight looks are allowed.",
)
def one_look_for_the_whole_way(velocity, x):
    return x + velocity(x, 0)


@mistake(
    four_steps_of_heun,
    "The path ends before time 1, and some noise is left.",
    "The times need nine numbers for eight steps, from 0 to 1.",
)
def times_that_stop_before_1(velocity, x):
    return _at(velocity, x, EQUAL[:-1])


@mistake(
    four_steps_of_heun,
    "The times have unequal gaps, and all steps one length: place and time don't fit.",
    "Multiply each velocity by the gap of its own step.",
)
def equal_steps_at_unequal_times(velocity, x):
    return _euler(velocity, x, LOOKS, np.sin(EQUAL[:-1] * np.pi / 2))[-1]


# Mistakes that no exercise asks for ---------------------------------------------------------------


@mistake(
    Flow,
    "Guidance makes noise: in training no drawing is ever left out, so nobody learned to do without.",
    "Leave out one drawing in ten; for guidance the network needs both answers.",
)
def drawing_never_dropped(network, dropped=0.1, momentum=0.999):
    return Flow(network, 0.0, momentum)


EXERCISES = [
    Exercise("10.1", between, _ways),
    Exercise("10.2", loss_of_a_step, _networks),
    Exercise("10.3", euler, _journeys),
    Exercise("10.4", heun, _journeys),
    Exercise("10.5", guided, _wishes, seen=at_five_places),
    Exercise(
        "10.6",
        four_steps_of_heun,
        journeys,
        share_of_the_error_gone,
        goal=0.7,
        measure="Share of Euler's error that is gone:",
    ),
]
