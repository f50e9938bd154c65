"""Lesson 04's exercises: right by hand and by the course's losses, wrong as each symptom says."""

import keras
import numpy as np
import pytest

from course_utils import losses
from course_utils.mistakes import repainting as wrong
from course_utils.exercises import lesson04


def test_gram_by_hand_and_by_the_loss():
    f = np.array([[[1.0, 2.0], [3.0, 0.0]]])
    assert lesson04.gram(f).tolist() == [[10, 2], [2, 4]]
    assert np.allclose(lesson04.gram(f), losses.gram_matrix(f[None])[0])
    assert wrong.sum_for_product(f).tolist() == [[8, 6], [6, 4]]
    assert wrong.places_for_channels(f).tolist() == [[5, 3], [3, 9]]
    assert wrong.mean_over_places(f).tolist() == [[5, 1], [1, 2]]
    assert wrong.means_taken_off(f).tolist() == [[2, -2], [-2, 2]]
    assert wrong.diagonal_alone(f).tolist() == [[10, 0], [0, 4]]
    assert wrong.product_of_sums(f).tolist() == [[16, 8], [8, 4]]


def test_a_gram_matrix_by_sums_sees_no_togetherness():
    apart, together = (
        lesson04._features()[name][0] for name in ("never on together", "always on together")
    )
    assert lesson04.gram(apart)[0, 1] == 0 < lesson04.gram(together)[0, 1]
    assert np.array_equal(wrong.sum_for_product(apart), wrong.sum_for_product(together))


def test_cost_is_the_courses_style_loss():
    layers, targets, weights = lesson04._layers()["another style"]
    wanted = sum(
        w
        * float(
            losses.style_loss(
                losses.gram_matrix(f[None]), lesson04.gram(s), f.shape[0] * f.shape[1]
            )[0]
        )
        for f, s, w in zip(layers, targets, weights, strict=True)
    )
    assert lesson04.style_cost(layers, targets, weights) == pytest.approx(wanted)
    assert wrong.cost_without_quarter(layers, targets, weights) == pytest.approx(4 * wanted)
    assert wrong.cost_without_square(layers, targets, weights) < 0 < wanted
    same = lesson04._layers()["the same style, moved"]
    assert (
        lesson04.style_cost(*same) == pytest.approx(0) and wrong.activations_for_matrices(*same) > 0
    )


def test_the_size_of_the_picture_makes_the_first_layer_count_most():
    def share(cost):
        parts = [
            cost(*lesson04._layers()[f"the {which} layer alone"]) for which in ("first", "last")
        ]
        return parts[0] / parts[1]

    ratio = (16**2 * 4) ** 2 / (4**2 * 10) ** 2  # (M N)² of the first layer over that of the last
    assert share(wrong.size_of_the_picture) / share(lesson04.style_cost) == pytest.approx(ratio)


def test_for_vgg_is_what_keras_does():
    picture = lesson04.portrait()
    wanted = keras.applications.vgg19.preprocess_input(255 * picture)
    assert np.allclose(lesson04.for_vgg(picture), wanted, atol=1e-3)


def test_colours_are_kept_and_lightness_is_the_paintings():
    from course_utils import images

    content, painted = lesson04._pairs()["waves"]
    kept = images.rgb_to_lab(lesson04.keep_colours(content, painted))
    light = images.rgb_to_lab(painted)[..., 0]
    assert np.corrcoef(kept[..., 0].ravel(), light.ravel())[0, 1] > 0.95
    grey = images.rgb_to_lab(wrong.left_grey(content, painted))
    assert np.abs(grey[..., 1:]).max() < 1


def test_the_score_is_zero_for_both_pictures_and_one_for_none():
    works = lesson04.works()
    for answer in (lambda c, s: c, lambda c, s: s, lesson04.matched):
        assert lesson04.style_times_content({k: answer(*pair) for k, pair in works.items()}) == 0
