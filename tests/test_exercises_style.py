"""Exercises 04: right by hand and as Keras has it, wrong as each symptom says."""

import keras
import numpy as np
import pytest

from course_utils import images
from course_utils.exercises import style
from course_utils.losses import gram_matrix, style_loss
from course_utils.models.features import caffe


def test_gram_by_hand():
    f = np.array([[[[1.0, 2.0], [3.0, 0.0]]]])
    for function, expected in (
        (gram_matrix, [[10, 2], [2, 4]]),
        (style.plus_for_times, [[8, 6], [6, 4]]),
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
    right = float(style_loss(gram, target, places)[0])
    assert float(style.style_without_square(gram, target, places)[0]) < 0 < right
    assert float(style.quarter_missing(gram, target, places)[0]) == pytest.approx(4 * right)
    assert float(style.places_not_divided(gram, target, places)[0]) == pytest.approx(
        right * places**2
    )


def test_what_vgg_takes_is_what_keras_makes():
    pictures = style.portrait()[None]
    wanted = keras.applications.vgg19.preprocess_input(255 * pictures)
    assert np.allclose(caffe(pictures), wanted, atol=1e-3)
    twice = keras.applications.vgg19.preprocess_input(wanted.copy())
    assert np.allclose(style.preprocessed_twice(pictures), twice, atol=1e-3)
    assert np.abs(style.scaled_to_minus_one_to_one(pictures)).max() < 2


def test_colours_are_kept_and_lightness_is_the_paintings():
    content, painted = style._pairs()["waves"]
    kept = images.rgb_to_lab(style.keep_colours(content, painted))
    light = images.rgb_to_lab(painted)[..., 0]
    assert np.corrcoef(kept[..., 0].ravel(), light.ravel())[0, 1] > 0.95
    grey = images.rgb_to_lab(style.left_grey(content, painted))
    assert np.abs(grey[..., 1:]).max() < 1


def test_the_score_is_zero_for_both_pictures_and_one_for_none():
    works = style.works()
    for answer in (style.painting_for_the_answer, style.photograph_as_it_was, style.in_colours_of):
        assert style.style_times_content({k: answer(*pair) for k, pair in works.items()}) == 0
