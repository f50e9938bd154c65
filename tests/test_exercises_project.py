"""Exercises 09: right by hand, wrong as each symptom says."""

import numpy as np
import pytest

from course_utils.data.project import dark_channel, unveiled, veiled
from course_utils.exercises import project

PICTURE = np.float32([[[0.2, 0.4, 0.6]], [[0.2, 0.4, 0.6]]])
T, AIR = np.array([[0.25], [0.75]]), np.array([1, 0.8, 0.6])


def test_haze_on_two_pixels_by_hand():
    for function, expected in {
        veiled: (0.8, 0.4),
        project.light_and_haze_exchanged: (0.4, 0.8),
        project.picture_not_dimmed: (0.95, 0.45),
        project.air_at_full_strength: (1.05, 1.15),
        project.one_t_for_all_places: (0.6, 0.6),
        project.air_without_a_colour: (0.65, 0.35),
    }.items():
        found = function(PICTURE, T, AIR)[:, 0, 0]
        assert found == pytest.approx(expected), function.__name__


def test_haze_off_by_hand():
    """I = 0.8, A = 1, t = 0.25 and 0.04 with a least of 0.1."""
    t = np.array([[0.25], [0.04]])
    picture = np.full((2, 1, 3), 0.8)
    for function, expected in {
        unveiled: (0.2, -1),
        project.divided_too_early: (2.2, 7),
        project.air_never_put_back: (-0.8, -2),
        project.haze_put_on_twice: (0.95, 0.98),
        project.nothing_is_the_least: (0.2, -4),
        project.least_taken_everywhere: (-1, -4),
    }.items():
        found = function(picture, t, np.ones(3), 0.1)[:, 0, 0]
        assert found == pytest.approx(expected, abs=1e-5), function.__name__


def test_all_of_a_person_or_none_whatever_the_order():
    for (names,) in project._albums().values():
        sides = dict(zip(names, project.tests_by_name(names), strict=True))
        people = {name.rpartition("_")[0]: side for name, side in sides.items()}
        assert all(people[name.rpartition("_")[0]] == side for name, side in sides.items())
        assert 0 < sum(people.values()) < len(people) / 2
        again = project.tests_by_name(names[::-1])[::-1]
        assert again.tolist() == list(sides.values())


def test_the_margin_by_hand():
    """Gains over the best rival, 20: 2, 4 and 3; over the weakest one 6, 8 and 7."""
    ours, rivals = np.array([22, 24, 23.0]), np.array([16, 20.0])
    for function, expected in {
        project.margin: 1,
        project.mean_gain_halved: 1.5,
        project.weakest_baseline_beaten: 3,
        project.whole_gain: 2,
    }.items():
        assert function(ours, rivals) == expected, function.__name__
        assert function(-ours, -rivals, lower=True) == expected, function.__name__
    assert project.less_is_never_better(-ours, -rivals, lower=True) == 0
    assert project.margin(ours - 3, rivals) == 0 > project.margin_below_zero(ours - 3, rivals)


def test_the_dark_channel_reaches_the_goal_and_the_mistakes_do_not():
    def scored(function):
        return project._mean_psnr(
            {name: function(*arguments) for name, arguments in project.hazy_views().items()}
        )

    one = project.EXERCISES[4]
    baseline = scored(project.one_haze_for_all)
    assert baseline + 1 < one.goal < scored(dark_channel)
    for function in (
        project.left_in_haze,
        project.stretched_to_the_limits,
        project.darkest_value_of_all,
        project.each_pixel_its_own_window,
    ):
        assert scored(function) < baseline, function.__name__
