"""Each mistake is wrong where it should be, has symptom and cure, and is caught by a number."""

import ast
import importlib
import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

from course_utils import images, paths
from course_utils.data import augment, pipeline, weight_maps
from course_utils.exercises import core, exercise, progress
from course_utils.exercises import segmentation as mistakes
from course_utils.losses import weighted_cross_entropy
from drawn_worlds.cells import cells

EVERY = core.every_mistake()
IN_EXERCISES = {exercise(number).right for number in progress.catalogue()}


def test_each_is_registered_once_under_its_own_name():
    defined = [
        node.name
        for path in (paths.ROOT / "course_utils" / "exercises").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and any(ast.unparse(each).startswith("mistake(") for each in node.decorator_list)
    ]
    assert sorted(defined) == sorted(mistake.code.__name__ for mistake in EVERY)
    assert len(defined) == len(set(defined))


def test_each_has_a_symptom_and_a_cure_in_sentences():
    for mistake in EVERY:
        for text in (mistake.symptom, mistake.cure):
            assert text[-1] == "." and len(text) > 12 and text[0] == text[0].upper(), mistake.name
    symptoms = [mistake.symptom for mistake in EVERY]
    assert len(symptoms) == len(set(symptoms))


def test_the_right_one_can_be_imported_from_the_course():
    for mistake in EVERY:
        assert mistake.right.__module__.startswith("course_utils."), mistake.name
        home = importlib.import_module(mistake.right.__module__)
        assert attrgetter(mistake.right.__qualname__)(home) is mistake.right, mistake.name


def test_a_function_knows_its_mistakes():
    found = {mistake.name: mistake for mistake in core.mistakes(weight_maps.border_term)}
    assert found["minus missing"].code is mistakes.minus_missing
    assert core.mistakes(print) == []


def test_pictures_come_without_keras():
    code = (
        "from course_utils.exercises import core, exercise; import sys;"
        "assert core.mistakes(exercise('00.3').right); print(*sys.modules)"
    )
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
        options = {"rotation": 90.0, "elastic": 0.0, "flip": False}
        map_y, _ = function((33, 33), np.random.default_rng(1), **options)
        return np.degrees(np.arctan2(map_y[16, 0] - map_y[16, 32], 32))

    right = turn(augment.random_warp)
    assert abs(right) > 1
    assert turn(mistakes.radians_for_degrees) == pytest.approx(np.deg2rad(right), abs=0.05)


def test_frozen_augmentation_repeats_itself():
    def crops(stream):
        batches = stream(lambda rng: (rng.random(3),), batch_size=2)
        return [batch[0].numpy() for batch in batches.take(12)]

    right, frozen = crops(pipeline.stream), crops(mistakes.augmentation_frozen)
    assert np.array_equal(right[:10], frozen[:10]), "the first epoch is the same"
    assert len(np.unique(right)) == 12 * 2 * 3
    assert np.array_equal(frozen[10:], frozen[:2])


def test_the_mean_of_the_test_hides_a_change_of_the_light():
    first, other = np.linspace(0, 0.4, 48, dtype=np.float32).reshape(2, 4, 6)[..., None]
    alone, beside, wrong = [first], [first, other], mistakes.mean_of_the_test_pictures
    assert np.abs(wrong(beside)[0] - wrong(alone)[0]).max() > 0.1
    assert np.allclose(wrong(np.add(beside, 0.5)), wrong(beside))


def test_none_is_left_without_a_test_of_its_own():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )
    named = set(re.findall(r"\w+", tests))
    elsewhere = {one.code.__name__ for one in EVERY if one.right not in IN_EXERCISES}
    assert elsewhere and elsewhere <= named
