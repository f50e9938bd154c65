"""Exercises 02: right by hand and by the course's networks, wrong as each symptom says."""

import numpy as np
import pytest

from course_utils.exercises import exercise, pix2pix, progress
from course_utils.losses import adversarial_loss
from course_utils.models import patchgan
from drawn_worlds import houses as facades

PASSED = progress.PASSED, ""


# The best constant answer -----------------------------------------------------------------------


@pytest.mark.parametrize("greys", [greys for (greys,) in pix2pix._greys().values()])
def test_no_other_grey_is_better(greys):
    grid = np.linspace(0, 1, 1001)[:, None]
    l1, l2 = pix2pix.best_answers(greys)
    assert np.abs(greys - l1).mean() <= np.abs(greys - grid).mean(1).min() + 1e-12
    assert ((greys - l2) ** 2).mean() <= ((greys - grid) ** 2).mean(1).min() + 1e-12


def test_greys_by_hand():
    greys = np.array([0.9, 0.0, 0.0, 0.1, 0.5])
    assert pix2pix.best_answers(greys) == pytest.approx((0.1, 0.3))
    for name, expected in {
        "l1_and_l2_exchanged": (0.3, 0.1),
        "mean_for_both": (0.3, 0.3),
        "median_for_both": (0.1, 0.1),
        "middle_of_the_range": (0.45, 0.3),
        "most_frequent_grey": (0.0, 0.3),
        "middle_without_sorting": (0.0, 0.3),
        "losses_for_answers": (0.28, 0.124),
        "searched_among_101_greys": (0.1, 0.3),
    }.items():
        assert getattr(pix2pix, name)(greys) == pytest.approx(expected), name
    assert pix2pix.losses_for_answers(np.full(3, 0.5)) == (0, 0)  # its symptom
    assert pix2pix.searched_among_101_greys(np.array([0.1, 0.1, 0.11]))[1] == pytest.approx(0.10)


# What one number sees ---------------------------------------------------------------------------


def test_the_convolutions_are_those_of_the_network():
    built = [
        (layer.kernel_size[0], layer.strides[0])
        for layer in patchgan.patchgan(3).layers
        if hasattr(layer, "kernel_size")
    ]
    assert built == patchgan.convolutions(3)


@pytest.mark.parametrize("convolutions", [stack for (stack,) in pix2pix._stacks().values()])
def test_the_side_is_what_changes_one_number(convolutions):
    """Sums in the place of convolutions: which pixels of a line reach the first number?"""
    seen = np.eye(400, dtype=bool)  # (place, pixel)
    for size, stride in convolutions:
        windows = np.lib.stride_tricks.sliding_window_view(seen, size, axis=0)
        seen = windows.any(-1)[::stride]
    assert patchgan.receptive_field(convolutions) == seen[0].sum()


def test_sides_as_the_symptoms_say():
    stacks = [patchgan.convolutions(halvings) for halvings in (1, 2, 3)]
    assert [pix2pix.strides_ignored(stack) for stack in stacks] == [10, 13, 16]
    assert [pix2pix.distance_between_patches(stack) for stack in stacks] == [2, 4, 8]
    assert pix2pix.sizes_added_up([(1, 1)] * 3) == 3
    assert pix2pix.walked_from_the_front([(4, 2), (4, 1)]) == 7  # as without the halving
    assert pix2pix.walked_from_the_front([(4, 1), (4, 2)]) == 10  # right is 7
    assert pix2pix.numbers_for_steps([(4, 2)]) == 6
    assert pix2pix.started_from_0([(4, 1)]) == 3
    assert pix2pix.spread_by_its_own_stride([(4, 2)]) == 7


# Adversarial losses -----------------------------------------------------------------------------


def test_losses_by_hand():
    logit = np.log(np.array([3.0]))  # D = 3/4
    quarter, most = -np.log(0.25), -np.log(0.75)
    assert float(adversarial_loss(logit, True)) == pytest.approx(most)
    assert float(adversarial_loss(logit, False)) == pytest.approx(quarter)
    for name, expected in {
        "saturating": -quarter,
        "real_and_fake_exchanged": quarter,
        "logarithm_of_a_rounded_sigmoid": most,
        "kept_away_from_log_0": most,
        "patches_added_up": most,
    }.items():
        assert float(getattr(pix2pix, name)(logit, True)) == pytest.approx(expected, abs=1e-6), name


def test_losses_as_the_symptoms_say():
    sure = np.float32([30.0])
    with np.errstate(divide="ignore"):
        assert pix2pix.logarithm_of_a_rounded_sigmoid(sure, False) == np.inf
    assert pix2pix.kept_away_from_log_0(-10 * sure, True) == pytest.approx(16.118, abs=1e-3)
    for logits in (sure, -sure):
        for real in (True, False):
            assert 0.31 < float(pix2pix.sigmoid_twice(logits, real)) < 1.32
    four = float(pix2pix.patches_added_up(np.zeros(4), True))
    assert four == pytest.approx(4 * np.log(2))
    assert float(pix2pix.real_and_fake_exchanged(sure, True)) == 30  # right, and sure of it


# Reading ----------------------------------------------------------------------------------------


def test_ious_by_hand():
    truths = [np.array([[0, 0, 1, 1]]), np.array([[2, 2]])]
    readings = [np.array([[0, 1, 1, 1]]), np.array([[2, 5]])]
    # IoU: 0 1/2, 1 2/3, 2 1/2, 5 (invented) 0
    assert pix2pix.mean_class_iou(truths, readings) == pytest.approx(5 / 12)
    for name, expected in {
        "mean_of_the_houses": ((1 / 2 + 2 / 3) / 2 + (1 / 2 + 0) / 2) / 2,
        "share_of_right_pixels": 4 / 6,
        "absent_classes_count_0": (5 / 3) / 12,
        "absent_classes_count_1": (5 / 3 + 8) / 12,
        "invented_classes_left_out": 5 / 9,
        "divided_by_the_true_pixels": (1 / 2 + 1 + 1 / 2) / 3,
        "dice_of_the_classes": (2 / 3 + 4 / 5 + 2 / 3 + 0) / 4,
        "intersection_left_in_the_union": (1 / 3 + 2 / 5 + 1 / 3 + 0) / 4,
        "background_left_out": (2 / 3 + 1 / 2 + 0) / 3,
        "classes_weighted_by_area": (1 / 2 + 2 / 3 + 1 / 2) / 3,
    }.items():
        assert getattr(pix2pix, name)(truths, readings) == pytest.approx(expected), name


# Painting ---------------------------------------------------------------------------------------


def scored(paint):
    return pix2pix.texture_times_areas(
        {name: paint(*given) for name, given in pix2pix.houses().items()}
    )


def test_mean_colours_by_hand():
    drawn = np.array([[[0, 1]], [[1, 3]]])
    photos = np.array([[[[0.2] * 3, [0.4] * 3]], [[[0.8] * 3, [0.1, 0.2, 0.3]]]])
    painted = pix2pix.mean_colours(np.array([[1, 3], [0, 0]]), drawn, photos)
    assert painted.dtype == np.float32
    assert np.allclose(painted, [[[0.6] * 3, [0.1, 0.2, 0.3]], [[0.2] * 3] * 2])


def test_the_score_s_ends():
    _, (_, photos) = pix2pix._drawn()
    truth = dict(zip(pix2pix.houses(), photos))
    assert pix2pix.texture_times_areas(truth) == 1
    assert scored(pix2pix.mean_colours) == 0
    negative = {name: 1 - photo for name, photo in truth.items()}
    assert pix2pix.texture_times_areas(negative) == -1  # light and dark are exchanged
    with pytest.raises(ValueError, match=r"in \[0, 1\], not from"):
        pix2pix.texture_times_areas({name: photo - 1 for name, photo in truth.items()})


def test_the_score_wants_both_texture_and_areas():
    noise = np.random.default_rng(0).standard_normal((128, 128, 1))

    def noisy(base):
        return lambda *given: np.clip(base(*given) + 0.05 * noise, 0, 1)

    goal = exercise("02.5").goal
    assert abs(scored(noisy(pix2pix.one_colour_for_everything))) < 0.02
    assert 0.05 < scored(noisy(pix2pix.mean_colours)) < goal / 2


@pytest.mark.parametrize(
    "paint",
    [
        pix2pix.labels_for_a_photograph,
        pix2pix.one_colour_for_everything,
        pix2pix.mean_of_the_photographs,
        pix2pix.first_photograph,
        pix2pix.most_similar_house_copied,
        pix2pix.mean_of_each_place,
    ],
)
def test_what_ignores_labels_or_texture_misses_the_goal(paint):
    assert scored(paint) < 0.75 * exercise("02.5").goal


def test_the_painter_s_mistakes_by_hand():
    drawn = np.array([[[0, 1]], [[1, 1]]])
    photos = np.zeros((2, 1, 2, 3)) + np.array([[[[0.2], [0.4]]], [[[0.6], [0.8]]]])
    given = np.array([[1, 1]]), drawn, photos

    def grey(paint):
        return paint(*given)[0, :, 0]

    assert np.allclose(grey(pix2pix.labels_for_a_photograph), facades.PALETTE[1][0])
    assert np.allclose(grey(pix2pix.one_colour_for_everything), 0.5)
    assert np.allclose(grey(pix2pix.mean_of_the_photographs), [0.4, 0.6])
    assert np.allclose(grey(pix2pix.first_photograph), [0.2, 0.4])
    assert np.allclose(grey(pix2pix.most_similar_house_copied), [0.6, 0.8])
    assert np.allclose(grey(pix2pix.mean_of_each_place), [0.6, 0.6])


# Other right ways -------------------------------------------------------------------------------


def test_other_right_ways_pass():
    def side(convolutions):  # from the front
        seen = steps = 1
        for size, stride in convolutions:
            seen, steps = seen + (size - 1) * steps, steps * stride
        return seen

    def loss(logits, real):
        x = -logits if real else logits
        return (np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))).mean()

    def score(truths, predictions):
        ious = []
        for number in range(12):
            pairs = [(t == number, p == number) for t, p in zip(truths, predictions)]
            if union := sum(np.sum(t | p) for t, p in pairs):
                ious.append(sum(np.sum(t & p) for t, p in pairs) / union)
        return sum(ious) / len(ious)

    middles = exercise("02.1").verdict(lambda g: [sorted(g)[len(g) // 2], sum(g) / len(g)])
    assert middles == exercise("02.2").verdict(side) == PASSED
    assert exercise("02.3").verdict(loss) == exercise("02.4").verdict(score) == PASSED
