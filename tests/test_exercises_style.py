"""Exercises 04: right by hand and by other means, wrong as each symptom says."""

import numpy as np
import pytest

from course_utils import images
from course_utils.exercises import exercise, style
from course_utils.losses import content_loss, gram_matrix, style_loss
from course_utils.training.style import in_colours_of


def test_gram_by_hand():
    f = np.array([[[[1.0, 2.0], [3.0, 0.0]]]])
    for function, expected in (
        (gram_matrix, [[10, 2], [2, 4]]),
        (style.plus_for_times, [[8, 6], [6, 4]]),
        (style.reshaped_without_a_transpose, [[5, 3], [3, 9]]),
        (style.gram_of_places, [[5, 3], [3, 9]]),
        (style.mean_over_places, [[5, 1], [1, 2]]),
        (style.means_taken_off, [[2, -2], [-2, 2]]),
        (style.diagonal_alone, [[10, 0], [0, 4]]),
        (style.product_of_sums, [[16, 8], [8, 4]]),
    ):
        assert np.array(function(f)).tolist() == [expected], function.__name__


def test_a_gram_matrix_by_sums_sees_no_togetherness():
    apart, together = (
        style._features()[name][0] for name in ("never on together", "always on together")
    )
    assert gram_matrix(apart)[0, 0, 1] == 0 < gram_matrix(together)[0, 0, 1]
    assert np.array_equal(style.plus_for_times(apart), style.plus_for_times(together))


def test_costs_as_the_symptoms_say():
    gram, target, places = style._grams()["another style"]
    right, channels = float(style_loss(gram, target, places)[0]), gram.shape[-1]
    for wrong in (style.style_without_square, style.differences_not_squared):
        assert float(wrong(gram, target, places)[0]) < 0 < right
    for wrong, factor in (
        (style.quarter_missing, 4),
        (style.places_not_divided, places**2),
        (style.layer_size_not_squared, channels * places),
        (style.divided_by_channels_twice, 1 / channels**2),
        (style.brackets_forgotten, (channels * places) ** 4),
    ):
        assert float(wrong(gram, target, places)[0]) == pytest.approx(factor * right, rel=1e-4)


def the_mean(gram, target, places):
    return np.mean((gram - target) ** 2, axis=(1, 2)) / (4 * gram.shape[-1] ** 2 * places**2)


def the_slides_misprint(gram, target, places):
    return np.sum((gram - target) ** 2, axis=(1, 2)) / (gram.shape[-1] * places) ** 2


def absolute(gram, target, places):
    return np.abs(gram - target).sum((1, 2)) / (4 * gram.shape[-1] ** 2 * places**2)


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (the_mean, "divided by channels twice"),
        (the_slides_misprint, "quarter missing"),
        (absolute, "absolute for square"),
    ],
)
def test_what_students_write_for_the_cost_is_called_by_its_name(answer, name):
    assert f"“{name}”" in exercise("04.2").verdict(answer)[1]


def test_pixels_move_down_their_gradient_as_finite_differences_say():
    network, picture, target = style._starts()["grey noise"]
    step = (picture - style.one_step_alone(network, picture, target)) / style.RATE
    rng, small = np.random.default_rng(0), 1e-2
    for _ in range(5):
        at = (0, *rng.integers(0, 32, 2), rng.integers(3))
        up, down = picture.copy(), picture.copy()
        up[at], down[at] = up[at] + small, down[at] - small
        losses = [float(content_loss(network(p), target)[0]) for p in (up, down)]
        assert (losses[0] - losses[1]) / (2 * small) == pytest.approx(step[at], rel=0.1, abs=0.02)


def test_five_steps_lower_the_loss_and_wrong_ones_less():
    network, picture, target = style._starts()["black, which may not go below 0"]

    def loss(answer):
        return float(content_loss(network(answer(network, picture, target)), target)[0])

    right = loss(style.move_pixels)
    assert right < loss(style.one_step_alone) < loss(style.pixels_left_alone)
    assert right < loss(style.mean_of_the_squares)
    assert style.never_cut(network, picture, target).min() < -0.01


def test_colours_are_kept_and_lightness_is_the_paintings():
    content, painted = style._pairs()["waves"]
    kept = images.rgb_to_lab(style.keep_colours(content, painted))
    light = images.rgb_to_lab(painted)[..., 0]
    assert np.corrcoef(kept[..., 0].ravel(), light.ravel())[0, 1] > 0.95
    grey = images.rgb_to_lab(style.left_grey(content, painted))
    assert np.abs(grey[..., 1:]).max() < 1


def test_the_score_is_zero_for_both_pictures_and_one_for_none():
    works = style.works()
    for answer in (style.painting_for_the_answer, style.photograph_as_it_was, in_colours_of):
        assert style.strokes_times_content({k: answer(*pair) for k, pair in works.items()}) == 0


def exposure(share, matched_again=False):
    def answer(painting, photograph):
        both = share * painting + (1 - share) * in_colours_of(painting, photograph)
        return in_colours_of(painting, both) if matched_again else both

    return answer


def one_half_each(painting, photograph):
    return np.concatenate([painting[:, :48], in_colours_of(painting, photograph)[:, 48:]], 1)


def blurred(painting, photograph):
    small = images.resize(in_colours_of(painting, photograph), (48, 48))
    return images.resize(small, (96, 96))


def strokes_laid_over(painting, photograph):
    _, fine = style._soft_and_fine(painting)
    return np.clip(in_colours_of(painting, photograph) + fine, 0, 1)


SHARES = 0.35, 0.5, 0.65, 0.75, 0.85
ONE_LINERS = {
    "colours": in_colours_of,
    "photograph": style.photograph_as_it_was,
    "painting": style.painting_for_the_answer,
    "mean": style.mean_of_the_two,
    "half": one_half_each,
    "blurred": blurred,
    "laid over": strokes_laid_over,
    **{f"exposure {share}": exposure(share) for share in SHARES},
    **{f"matched again {share}": exposure(share, True) for share in SHARES},
}


@pytest.mark.parametrize("name", ONE_LINERS)
def test_one_line_does_not_pass_the_open_exercise(name):
    """Each stays below 0.3, where 0.4 is asked; the solution's 0.55 is tested with its notebook."""
    one = exercise("04.5")
    answers = {each: ONE_LINERS[name](*pair) for each, pair in style.works().items()}
    assert style.strokes_times_content(answers) < 0.3 < one.goal == 0.4
