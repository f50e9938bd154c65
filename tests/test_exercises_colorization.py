"""Exercises 05: right by hand and by other means, wrong as each symptom says."""

import numpy as np
import pytest

from course_utils import images, metrics, postprocess
from course_utils.colour import unscaled
from course_utils.exercises import colorization as colours
from course_utils.exercises import exercise, progress
from course_utils.models.colorization import annealed_mean, bins, class_weights, nearest, rebalanced

PASSED = progress.PASSED, ""


# Lab ----------------------------------------------------------------------------------------------


def test_an_answer_by_hand():
    answer = np.float32([[[0.2, 0.5, -0.1]]])
    for function, expected in {
        unscaled: (60, 55, -11),
        colours.a_and_b_times_128: (60, 64, -12.8),
        colours.a_and_b_times_127: (60, 63.5, -12.7),
        colours.lightness_not_shifted: (10, 55, -11),
        colours.shifted_after_scaling: (11, 55, -11),
        colours.colours_shifted_too: (60, 165, 99),
        colours.a_and_b_exchanged: (60, -11, 55),
    }.items():
        assert function(answer)[0, 0] == pytest.approx(expected, rel=1e-5), function.__name__


def test_another_constant_on_the_way_back_makes_colours_stronger_without_an_error():
    lab = images.rgb_to_lab(np.float32([[[0.6, 0.4, 0.3]]]))
    values = np.float32(lab / [50, 110, 110] - [1, 0, 0])
    assert unscaled(values) == pytest.approx(lab, abs=1e-4)
    ratio = colours.a_and_b_times_128(values)[..., 1:] / lab[..., 1:]
    assert ratio == pytest.approx(np.full((1, 1, 2), 128 / 110), rel=1e-4)


def test_psnr_of_scaled_lab_is_another_number():
    red = np.broadcast_to(np.float32([0.8, 0.1, 0.1]), (8, 8, 3))
    grey = colours.data.grey(red)
    ab = images.rgb_to_lab(red)[0, 0, 1:] / 220  # from 0 to 1; L is right
    expected = -10 * np.log10(np.sum(ab**2) / 3)
    assert colours.measured_in_scaled_lab(red, grey) == pytest.approx(expected, abs=1e-2)
    assert abs(metrics.psnr(red, grey) - expected) > 1


# The best colour ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", colours._plausible().values())
def test_no_other_colour_is_better(case):
    plausible, shares = case

    def error(answer):
        return shares @ np.abs(plausible - answer).sum(-1)

    best = error(colours.best_colour(plausible, shares))
    rng = np.random.default_rng(0)
    tried = [*plausible, *rng.uniform(-110, 110, (500, 2))]
    tried += [colours.best_colour(plausible, shares) + step for step in rng.normal(0, 2, (100, 2))]
    assert best <= min(map(error, tried)) + 1e-9


def test_colours_by_hand():
    plausible = np.array([[60.0, 40.0], [-50.0, 10.0], [10.0, -70.0]])
    shares = np.array([0.4, 0.35, 0.25])
    for function, expected in {
        colours.best_colour: (10, 10),
        colours.mean_of_the_colours: (9, 2),
        colours.likeliest_colour: (60, 40),
        colours.middle_of_the_colours: (5, -15),
        colours.sorted_by_a_alone: (10, -70),
        colours.added_up_without_sorting: (-50, 10),
    }.items():
        assert function(plausible, shares) == pytest.approx(expected), function.__name__
    assert colours.one_of_the_colours(plausible, shares).tolist() in plausible.tolist()
    rare = np.array([0.8, 0.1, 0.1])
    assert colours.best_colour(plausible, rare).tolist() == [60, 40]
    assert colours.shares_left_out(plausible, rare).tolist() == [10, 10]


# Rare colours -------------------------------------------------------------------------------------


def test_weights_by_hand():
    shares, mix = np.array([0.9, 0.1]), 0.5
    below = np.array([0.7, 0.3])  # 0.5 p + 0.25
    right = (1 / below) / (0.9 / 0.7 + 0.1 / 0.3)
    assert rebalanced(shares, mix) == pytest.approx(right)
    assert shares @ rebalanced(shares, mix) == pytest.approx(1)
    assert colours.nothing_mixed_in(shares, mix) == pytest.approx([1 / 1.8, 5])
    assert colours.weights_not_normalised(shares, mix) == pytest.approx(1 / below)
    assert colours.mean_over_the_classes(shares, mix).mean() == pytest.approx(1)
    assert colours.weights_that_add_up_to_1(shares, mix).sum() == pytest.approx(1)
    common, rare = colours.frequent_ones_count_more(shares, mix)
    assert common > rare
    many = colours._shares()["260 colours, mostly grey"]
    assert np.ptp(np.log(colours.lambda_not_divided(*many))) < 0.1 < np.ptp(np.log(right))
    assert colours.lambda_at_the_other_part(shares, 1.0) == pytest.approx(rebalanced(shares, 0.0))


def test_the_weights_of_pictures_are_those_of_their_smoothed_shares():
    ab = np.float32([[0, 0]] * 9 + [[20, -60]])
    common, rare = np.array(nearest(np.float32([[0, 0], [20, -60]])))
    shares = np.zeros(len(bins()))
    shares[[common, rare]] = 0.9, 0.1
    sharp = class_weights(ab, sigma=0.1)
    assert sharp == pytest.approx(rebalanced(shares).astype(np.float32), rel=1e-4)


# The annealed mean --------------------------------------------------------------------------------


def test_two_colours_as_the_symptoms_say():
    logits, temperature = colours._logits()["two colours, 60 to 40"]
    two = np.array(nearest(np.float32([[50, 40], [10, -60]])))

    def chroma(function, t=temperature):
        return float(np.linalg.norm(np.array(function(logits, t))))

    share = 1 / (1 + (0.4 / 0.6) ** (1 / temperature))
    expected = np.array([share, 1 - share]) @ bins()[two]
    assert np.array(annealed_mean(logits, temperature))[0] == pytest.approx(expected, abs=1e-4)
    assert chroma(colours.temperature_left_out) < chroma(annealed_mean)
    assert chroma(annealed_mean) < chroma(colours.likeliest_bin)
    assert chroma(colours.powers_not_normalised, 0.1) < chroma(colours.powers_not_normalised)
    all_alike = bins().mean(axis=0)
    assert colours.softmax_taken_twice(logits, 1.0)[0] == pytest.approx(all_alike, abs=1)
    spread, _ = colours._logits()["any, T = 0.38"]
    colder = [
        np.linalg.norm(colours.temperature_multiplied(spread, t), axis=-1).mean() for t in (1, 0.2)
    ]
    assert colder[1] < colder[0]


def test_a_network_that_is_very_sure_gets_no_nan():
    logits, temperature = colours._logits()["a network that is very sure"]
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(colours.largest_logit_left_in(logits, temperature)).any()
    assert np.isfinite(np.array(annealed_mean(logits, temperature))).all()


# Colours without a network ------------------------------------------------------------------------


def scored(colour):
    return colours.gain_over_grey({n: colour(*given) for n, given in colours.scenes().items()})


def mean_of_the_nearest(count, radius=0):
    def colour(grey, pictures):
        far = np.mean((colours.data.grey(pictures) - grey) ** 2, axis=(1, 2, 3))
        ab = images.rgb_to_lab(pictures[np.argsort(far)[:count]])[..., 1:].mean(axis=0)
        made = colours.in_colours(grey, ab)
        return postprocess.smooth_chroma(made, radius) if radius else made

    return colour


def the_table(grey, pictures):
    return colours.table_of_colours(grey, pictures)


ONE_LINERS = {
    "table": the_table,
    "smooth table": lambda *given: postprocess.smooth_chroma(the_table(*given)),
    "strong table": lambda *given: postprocess.saturated(the_table(*given), 1.5),
    "median": lambda grey, pictures: colours.in_colours(
        grey, np.median(images.rgb_to_lab(pictures)[..., 1:], axis=0)
    ),
    "tint": colours.one_tint_for_everything,
    "place": colours.mean_colours_of_each_place,
    **{f"{n} nearest": mean_of_the_nearest(n) for n in range(1, 7)},
    **{f"{n} nearest, smooth": mean_of_the_nearest(n, 2) for n in (1, 2, 3)},
}


@pytest.mark.parametrize("name", ONE_LINERS)
def test_one_line_does_not_pass_the_open_exercise(name):
    """The solution is tested with its notebook."""
    assert scored(ONE_LINERS[name]) < 0.4 < exercise("05.5").goal == 0.42


def test_the_score_s_ends():
    truths, _ = colours._drawn()
    truth = dict(zip(colours.scenes(), truths))
    assert colours.gain_over_grey(truth) == 1
    assert scored(colours.nothing_coloured) == 0
    for wrong in (colours.most_similar_landscape, colours.mean_landscape):
        assert scored(wrong) < 0  # their lightness is another's
    assert scored(colours.colours_of_the_first) < scored(colours.mean_colours_of_each_place)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        colours.gain_over_grey({name: 2 * picture for name, picture in truth.items()})


def test_what_is_given_has_no_colour():
    for grey, pictures in colours.scenes().values():
        assert np.abs(images.rgb_to_lab(grey)[..., 1:]).max() < 0.1
        assert pictures.shape == (36, 64, 64, 3) and metrics.colourfulness(pictures[0]) > 2


# Other right ways ---------------------------------------------------------------------------------


def test_other_right_ways_pass():
    def back(values):
        return values * np.float32([50, 110, 110]) + np.float32([50, 0, 0])

    def best(plausible, shares):  # one of the given values is the best, for each channel
        errors = [shares @ np.abs(v[:, None] - v) for v in plausible.T]
        return np.array([v[np.argmin(e)] for v, e in zip(plausible.T, errors)])

    def weights(shares, mix):
        below = [(1 - mix) * p + mix / len(shares) for p in shares]
        mean = sum(p / each for p, each in zip(shares, below))
        return [1 / each / mean for each in below]

    def annealed(logits, temperature):
        logs = logits / temperature - np.logaddexp.reduce(logits / temperature, -1, keepdims=True)
        return np.einsum("...q,qc->...c", np.exp(logs), bins())

    for number, function in {"1": back, "2": best, "3": weights, "4": annealed}.items():
        assert exercise(f"05.{number}").verdict(function) == PASSED, function.__name__
