"""Exercises 08: right by hand and by other means, wrong as each symptom says."""

import numpy as np
import pytest
import tensorflow as tf

from course_utils import metrics
from course_utils.data import psp as data
from course_utils.exercises import psp as steer
from course_utils.models import stylegan as models

# Truncation ---------------------------------------------------------------------------------------


def test_a_style_half_way_to_the_mean():
    styles, mean = np.float32([[4, 0]]), np.float32([2, 1])
    for function, expected in {
        models.truncated: (2.5, 0.75),
        steer.psi_on_the_wrong_side: (3.5, 0.25),
        steer.pulled_towards_zero: (1, 0),
        steer.mean_not_added_again: (0.5, -0.25),
        steer.mean_never_taken_away: (3, 1),
        steer.mean_of_these_styles: (4, 0),
        steer.cut_off_at_psi: (2.25, 0.75),
    }.items():
        assert function(styles, mean, 0.25)[0] == pytest.approx(expected), function.__name__


# Demodulation -------------------------------------------------------------------------------------


def test_two_channels_and_two_filters_by_hand():
    kernel = np.float32([[[[3, 1], [2, 0]]]])  # the filters are (3, 2) and (1, 0)
    style = np.float32([[1, 2]])
    for function, expected in {
        models.demodulation: (1 / 5, 1),
        steer.norm_of_the_unscaled_kernel: (1 / 13**0.5, 1),
        steer.style_not_squared: (1 / 17**0.5, 1),
        steer.output_channels_scaled: (1 / 13**0.5, 1 / 2),
        steer.norm_of_each_input_channel: (1 / 10**0.5, 1 / 4),
        steer.one_norm_for_all_filters: (1 / 26**0.5, 1 / 26**0.5),
        steer.root_forgotten: (1 / 25, 1),
        steer.norm_not_inverted: (5, 1),
        steer.mean_for_the_sum: (2**0.5 / 5, 2**0.5),
    }.items():
        found = np.array(function(kernel, style))[0]
        assert found == pytest.approx(expected, rel=1e-5), function.__name__


def test_a_style_of_0_as_the_symptoms_say():
    nothing = steer._filters()["a style of 0"]
    assert np.array(models.demodulation(*nothing)) == pytest.approx(1e4)
    assert steer.added_after_the_root(*nothing) == pytest.approx(1e8)
    with np.errstate(divide="ignore"):
        assert np.isinf(steer.nothing_added_under_the_root(*nothing)).all()


@pytest.mark.parametrize("case", ["four channels, four filters", "some factors below 0"])
def test_white_noise_keeps_its_variance(case):
    kernel, style = steer._filters()[case]
    noise = np.random.default_rng(0).normal(size=(len(style), 64, 64, 4)).astype(np.float32)
    plain = tf.nn.conv2d(noise * style[:, None, None], kernel, 1, "VALID").numpy()
    answer = plain * np.array(models.demodulation(kernel, style))[:, None, None]
    assert answer.std(axis=(1, 2)) == pytest.approx(np.ones((len(style), 4)), rel=0.06)


# Style mixing -------------------------------------------------------------------------------------


def test_four_styles_by_hand():
    one, other = np.zeros((2, 4, 2), np.float32), np.ones((2, 4, 2), np.float32)
    for function, expected in {
        models.mixed: ("0111", "0001"),
        steer.one_style_too_many: ("0011", "0000"),
        steer.one_and_other_exchanged: ("1000", "1110"),
        steer.same_place_for_all: ("0111", "0111"),
        steer.one_style_alone_exchanged: ("0100", "0001"),
        steer.counted_from_behind: ("1110", "1000"),
    }.items():
        found = np.array(function(one, other, np.array([1, 3])))[..., 0].astype(int)
        assert tuple("".join(map(str, row)) for row in found) == expected, function.__name__
    cut = steer.cut_within_each_style(one, other, np.array([1, 2]))
    assert cut.mean(axis=1).tolist() == [[0, 1], [0, 0]]
    blended = steer.blended_in_all_styles(one, other, np.array([1, 3]))
    assert blended[:, :, 0].tolist() == [[0.75] * 4, [0.25] * 4]


# Mirrored pairs -----------------------------------------------------------------------------------


def test_the_mean_target_is_its_own_mirror_image_for_frontal_alone():
    picture = np.random.default_rng(0).random((5, 4, 3))
    for task, function, symmetric in (
        ("frontal", data.mirrored, True),
        ("sketch", data.mirrored, False),
        ("frontal", steer.always_mirrored_together, False),
        ("sketch", steer.always_by_two_coins, True),
        ("frontal", steer.source_alone_mirrored, False),
    ):
        coins = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool)
        pairs = [function(task, picture, picture, each) for each in coins]
        unmoved = [target for source, target in pairs if np.array_equal(source, picture)]
        mean = np.mean(unmoved, axis=0)
        assert np.allclose(mean, mean[:, ::-1]) == symmetric, (task, function.__name__)


def test_a_picture_of_two_pixels_by_hand():
    picture = np.float32([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    for function, expected in {
        data.mirrored: [3, 4, 1, 2, 7, 8, 5, 6],
        steer.turned_upside_down: [5, 6, 7, 8, 1, 2, 3, 4],
        steer.channels_turned_round: [2, 1, 4, 3, 6, 5, 8, 7],
        steer.coins_read_the_other_way: [1, 2, 3, 4, 5, 6, 7, 8],
    }.items():
        found, _ = function("sketch", picture, picture, np.array([True, False]))
        assert found.ravel().tolist() == expected, function.__name__


# Precision and recall -----------------------------------------------------------------------------


def test_three_points_on_a_line_as_the_symptoms_say():
    real, fake = np.c_[[0.0, 1, 3]], np.c_[[0.5, 0.75, 10]]  # reach 1, 1, 2 and 0.25, 0.25, 9.25
    for function, expected in {
        steer.its_own_neighbour: (0, 0),
        steer.one_reach_for_all: (2 / 3, 1),
        steer.nearest_alone_is_asked: (2 / 3, 1 / 3),
        steer.neighbours_of_the_other_set: (2 / 3, 1),
        metrics.precision_recall: (2 / 3, 2 / 3),
    }.items():
        assert steer.two_numbers(function(real, fake, 1)) == pytest.approx(expected), function
    near = np.c_[[0.5, 0.6, 0.7]]  # the real picture at 3 reaches none of them
    assert metrics.precision_recall(real, near, 1)["precision"] == 1
    assert steer.those_who_reach_counted(real, near, 1)[0] == pytest.approx(2 / 3)


def test_one_kind_of_two_and_far_sets_as_the_symptoms_say():
    kinds = np.random.default_rng(2).normal(size=(2, 100, 5)) + np.array([0, 1000])[:, None, None]
    real, fake = kinds.reshape(200, 5), kinds[0]
    assert steer.two_numbers(metrics.precision_recall(real, fake, 3)) == (1, 0.5)
    assert steer.precision_and_recall_exchanged(real, fake, 3) == (0.5, 1)
    assert metrics.precision_recall(kinds[1], fake, 3)["precision"] == 0
    assert min(steer.neighbours_of_the_other_set(kinds[1], fake, 3)) > 0
    alone = np.concatenate([fake, np.full((3, 5), 1e5)])  # the three reach as far as the others
    alone[-1] *= 3
    assert metrics.precision_recall(fake, alone, 3)["precision"] == pytest.approx(100 / 103)
    assert steer.reach_of_what_is_asked(fake, alone, 3)[0] == 1


def test_scaling_changes_squares_alone():
    real, fake, k = steer._sets()["three neighbours"]
    for function in (metrics.precision_recall, steer.mean_distance_of_the_neighbours):
        assert function(real, fake, k) == function(10 * real, 10 * fake, k)
    near, far = (steer.squares_beside_distances(s * real, s * fake, k) for s in (1, 10))
    assert near != far
    edge = steer._sets()["just as far as the neighbour"]
    left_out = steer.just_as_far_left_out(*edge)
    assert left_out[0] < steer.two_numbers(metrics.precision_recall(*edge))[0]
