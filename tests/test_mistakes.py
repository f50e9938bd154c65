"""Each mistake is wrong where it should be, has symptom and cure, and is caught by a number."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from course_utils import images, mistakes, paths
from course_utils.data import augment, weight_maps
from course_utils.losses import weighted_cross_entropy
from course_utils.exercises import progress
from course_utils.exercises import exercise
from drawn_worlds.cells import cells

IN_EXERCISES = {exercise(number).right.__name__ for number in progress.catalogue()}
ELSEWHERE = [mistake for mistake in mistakes.every() if mistake.topic not in IN_EXERCISES]


def test_each_is_registered_once_under_its_own_name():
    defined = [
        node.name
        for path in (paths.ROOT / "course_utils" / "mistakes").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    assert sorted(defined) == sorted(mistake.code.__name__ for mistake in mistakes.every())
    assert len(defined) == len(set(defined))


def test_each_has_a_symptom_and_a_cure_in_sentences():
    for mistake in mistakes.every():
        for text in (mistake.symptom, mistake.cure):
            assert text[-1] == "." and len(text) > 12 and text[0] == text[0].upper(), mistake.name
    symptoms = [mistake.symptom for mistake in mistakes.every()]
    assert len(symptoms) == len(set(symptoms))


def test_finding_by_name_by_function_and_as_attribute():
    assert mistakes.find("minus missing").code is mistakes.minus_missing
    assert mistakes.find("minus_missing").topic == "border_term"
    assert mistakes.of("iou") and mistakes.of(weighted_cross_entropy)
    assert mistakes.of("nothing") == []
    with pytest.raises(ValueError, match="no mistake called 'typo'"):
        mistakes.find("typo")
    with pytest.raises(AttributeError):
        mistakes.typo  # noqa: B018


def test_pictures_come_without_keras():
    code = "from course_utils import mistakes; mistakes.of('psnr'); import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "scipy" in done.stdout.split() and "keras" not in done.stdout.split()


# Misprints, by hand -----------------------------------------------------------------------------


def test_border_term_misprints_by_hand():
    d1, d2 = np.array([3.0]), np.array([4.0])
    right = 10 * np.exp(-49 / 50)
    assert mistakes.minus_missing(d1, d2) == pytest.approx(10 * np.exp(49 / 50))
    assert mistakes.difference(d1, d2) == pytest.approx(10 * np.exp(-1 / 50))
    assert mistakes.sigma_not_squared(d1, d2) == pytest.approx(10 * np.exp(-49 / 10))
    assert mistakes.second_cell_at_distance_zero(d1, d2) == pytest.approx(right)
    alone = mistakes.second_cell_at_distance_zero(d1, np.array([np.inf]))
    assert alone == pytest.approx(10 * np.exp(-9 / 50))


def test_difference_weighs_far_background_as_its_symptom_says():
    labels = weight_maps.separate_touching(cells(seed=0, size=256).labels)
    d1, d2 = weight_maps.border_distances(labels, reach=400)
    far = (labels == 0) & (d1 + d2 > 30)
    assert weight_maps.unet_weight_map(labels)[far].max() < 1.01
    assert (mistakes.difference(d1, d2)[far] > 5).mean() > 0.2


def test_loss_misprints_by_hand():
    labels = np.array([[[0, 1]]])
    logits = np.log([[[[0.5, 0.5], [0.2, 0.8]]]])
    weights = np.array([[[1.0, 3.0]]])
    right = -(np.log(0.5) + 3 * np.log(0.8)) / 2
    args = labels, logits, weights

    def number(name):
        return float(getattr(mistakes, name)(*args))

    assert float(weighted_cross_entropy(*args)) == pytest.approx(right)
    assert number("sign_missing") == pytest.approx(-right)
    assert number("label_inside_the_logarithm") == np.inf
    assert number("weights_forgotten") == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert number("sum_for_mean") == pytest.approx(2 * right)
    assert number("divided_by_the_weights") == pytest.approx(right / 2)


# Those that no exercise catches: right beside wrong ----------------------------------------------


def touching():
    labels = np.zeros((24, 40), np.int32)
    labels[8:16, 8:16], labels[8:16, 16:24], labels[8:16, 28:34] = 1, 2, 3
    return labels


def test_labels_from_a_mask_lose_the_line_between_touching_cells():
    labels, gap = touching(), weight_maps.separate_touching(touching())
    between = (touching() > 0) & (gap == 0)
    assert weight_maps.unet_weight_map(labels)[between].min() > 5
    assert mistakes.labels_from_a_mask(labels)[between].max() < 5


def test_a_margin_of_ten_pixels_is_off_by_what_the_literature_says():
    labels = np.zeros((40, 80), np.int32)
    labels[10:30, 10:30], labels[10:30, 41:60] = 1, 2
    off = np.abs(mistakes.margin_of_ten_pixels(labels) - weight_maps.unet_weight_map(labels)).max()
    narrow = np.abs(
        mistakes.margin_of_ten_pixels(labels, sigma=2)
        - weight_maps.unet_weight_map(labels, sigma=2)
    ).max()
    assert off > 0.3 and narrow < 1e-3


def test_a_smoothly_resized_mask_invents_classes():
    labels = np.zeros((9, 9), np.int32)
    labels[:, 4:] = 2
    assert set(np.unique(images.resize(labels, (6, 6), labels=True))) == {0, 2}
    assert 1 in mistakes.mask_resized_smoothly(labels, (6, 6))


def test_radians_hardly_turn_a_picture():
    def turn(function):
        map_y, _ = function((33, 33), np.random.default_rng(1), rotation=90.0)
        return np.degrees(np.arctan2(map_y[16, 0] - map_y[16, 32], 32))

    def right(shape, rng, rotation):
        return augment.random_warp(shape, rng, rotation=rotation, elastic=0.0, flip=False)

    assert abs(turn(right)) > 1
    assert turn(mistakes.radians_for_degrees) == pytest.approx(np.deg2rad(turn(right)), abs=0.05)


def test_frozen_augmentation_repeats_itself():
    epochs = mistakes.augmentation_frozen(lambda rng: rng.random(), np.random.default_rng(0), 3)
    assert len(set(epochs)) == 1


def test_the_mean_of_the_test_hides_a_change_of_the_light():
    train, test = np.zeros(4), np.array([1.0, 2.0, 3.0])
    assert np.array_equal(
        mistakes.mean_of_the_test_pictures(train, test),
        mistakes.mean_of_the_test_pictures(train, test + 5),
    )


def test_argmax_over_rows_and_a_threshold_on_logits():
    logits = np.random.default_rng(0).normal(size=(2, 5, 6, 3))
    assert mistakes.argmax_over_rows(logits).shape == (2, 6, 3)
    probability = np.array([0.49, 0.51, 0.61, 0.63])
    assert mistakes.threshold_on_logits(np.log(probability / (1 - probability))).tolist() == [
        False,
        False,
        False,
        True,
    ]


def test_none_is_left_without_a_test_of_its_own():
    assert {mistake.topic for mistake in ELSEWHERE} == {
        "unet_weight_map",
        "resize",
        "random_warp",
        "augmented",
        "centred",
        "predicted_classes",
        "mask_from_logits",
        "generator",
        "instance_norm",
        "generate",
        "patchgan",
        "adversarial_loss",
        "Pix2Pix",
        "resized_photo",
        "train_test",
        "cleaned",
        "rmse",
        "write_image",
        "CycleGAN",
        "sketches_of",
        "content_loss",
        "gram_matrix",
        "style_loss",
        "total_variation",
        "caffe",
    }
