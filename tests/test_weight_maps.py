"""U-Net's weight map against eq. 2, evaluated pixel by pixel and cell by cell."""

import tracemalloc

import numpy as np
import pytest
from skimage.draw import ellipse
from skimage.measure import label

from course_utils.data.weight_maps import (
    border_distances,
    naive_unet_weight_map,
    separate_touching,
    unet_weight_map,
)


def random_ellipses(seed, shape=(96, 120), cells=14):
    """Overlapping, touching and lonely cells, some cut by the edge of the picture."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    for cell in range(1, cells + 1):
        centre, radii = rng.integers(0, shape), rng.integers(3, 13, 2)
        labels[ellipse(*centre, *radii, shape=shape, rotation=rng.uniform(0, np.pi))] = cell
    return labels


def two_cells(gap=4, side=6):
    """Two squares side by side with `gap` columns of background between them."""
    labels = np.zeros((side + 20, 2 * side + gap + 20), np.int32)
    labels[10 : 10 + side, 10 : 10 + side] = 1
    labels[10 : 10 + side, 10 + side + gap : 10 + 2 * side + gap] = 2
    return labels


def eq2_pixel_by_pixel(labels, w0, sigma):
    """Eq. 2 with every distance found by trying all pixels of a cell."""
    weights = np.ones(labels.shape)
    cells = [np.argwhere(labels == cell) for cell in np.unique(labels) if cell]
    for x in np.argwhere(labels == 0):
        d = sorted(min(np.hypot(*(x - y)) for y in cell) for cell in cells)
        weights[tuple(x)] += w0 * np.exp(-((d[0] + d[1]) ** 2) / (2 * sigma**2))
    return weights


# Separating cells that touch


def test_a_gap_of_one_column_is_carved_from_the_larger_cell():
    labels = np.array([[1, 1, 1, 2, 2]] * 3)
    assert separate_touching(labels).tolist() == [[1, 1, 0, 2, 2]] * 3
    assert separate_touching(labels.max() + 1 - labels).tolist() == [[2, 2, 0, 1, 1]] * 3


def test_between_cells_of_one_size_the_higher_label_gives_way():
    assert separate_touching(np.array([[1, 1, 2, 2]] * 2)).tolist() == [[1, 1, 0, 2]] * 2


def test_corners_that_touch_are_separated_too():
    labels = np.zeros((6, 6), int)
    labels[:2, :2], labels[2:, 2:] = 1, 2
    carved = separate_touching(labels)
    assert carved[2, 2] == 0 and np.sum(labels != carved) == 1


@pytest.mark.parametrize("seed", range(5))
def test_carving_separates_all_cells_and_nothing_else(seed):
    labels = random_ellipses(seed, cells=30)
    carved = separate_touching(labels)
    assert carved.dtype == np.int32
    components = label(carved > 0, connectivity=2)  # joined by corners: the hardest case
    for component in range(1, components.max() + 1):
        assert len(np.unique(carved[components == component])) == 1
    padded = np.pad(labels, 1)
    for row, column in np.argwhere(labels != carved):  # only background is added, only at contacts
        assert carved[row, column] == 0
        assert len(set(padded[row : row + 3, column : column + 3].ravel()) - {0}) >= 2
    assert np.array_equal(separate_touching(carved), carved)


def test_cells_apart_and_outer_edges_stay_as_they_are():
    labels = two_cells(gap=1)
    assert np.array_equal(separate_touching(labels), labels)
    whole = np.full((5, 5), 7)
    assert np.array_equal(separate_touching(whole), whole)


def test_input_is_not_changed():
    labels = np.array([[1, 1, 2, 2]] * 2, np.int32)
    before = labels.copy()
    separate_touching(labels)
    unet_weight_map(labels)
    assert np.array_equal(labels, before)


# Distances


def test_distances_by_hand():
    d1, d2 = border_distances(np.array([[1, 0, 0, 0, 0, 2]]), reach=10)
    assert d1.tolist() == [[0, 1, 2, 2, 1, 0]]
    assert d2.tolist() == [[5, 4, 3, 3, 4, 5]]
    assert d1.dtype == d2.dtype == np.float32


def test_distances_are_exact_up_to_reach_and_infinite_beyond():
    labels = random_ellipses(0)
    full1, full2 = border_distances(labels, reach=np.inf)
    assert np.isfinite(full1).all() and np.isfinite(full2).all()
    pixels = [np.argwhere(labels == cell) for cell in np.unique(labels) if cell]
    for x in [(0, 0), (95, 119), (50, 3), (20, 80)]:
        d = sorted(np.hypot(*(cell - x).T).min() for cell in pixels)
        assert (full1[x], full2[x]) == pytest.approx(d[:2], abs=1e-4)
    for reach in (0, 3.5, 20.01):
        for d, full in zip(border_distances(labels, reach), (full1, full2)):
            assert np.array_equal(np.isfinite(d), full <= reach)
            assert d[full <= reach] == pytest.approx(full[full <= reach], abs=1e-4)


def test_distances_without_a_first_or_a_second_cell_are_infinite():
    d1, d2 = border_distances(np.zeros((4, 4), int), reach=9)
    assert np.isinf(d1).all() and np.isinf(d2).all()
    d1, d2 = border_distances(np.eye(4, dtype=int), reach=9)
    assert np.isfinite(d1).all() and np.isinf(d2).all()


# The weight map


def test_weights_by_hand():
    weights = unet_weight_map(np.array([[1, 0, 0, 0, 2]]), w0=10, sigma=5)
    border = 1 + 10 * np.exp(-(4**2) / 50)  # d1 + d2 is 4 in the whole gap
    assert weights == pytest.approx(np.array([[1, border, border, border, 1]]), abs=1e-5)
    assert weights.dtype == np.float32


def test_both_versions_agree_with_eq2_pixel_by_pixel():
    labels = separate_touching(random_ellipses(3, shape=(20, 26), cells=5))
    expected = eq2_pixel_by_pixel(labels, w0=10, sigma=3)
    assert expected.max() > 3
    assert np.abs(naive_unet_weight_map(labels, 10, 3) - expected).max() < 1e-5
    assert np.abs(unet_weight_map(labels, 10, 3) - expected).max() < 1e-3


@pytest.mark.parametrize("sigma", [1, 2, 5, 11])
@pytest.mark.parametrize("seed", range(3))
def test_fast_agrees_with_naive(seed, sigma):
    labels = random_ellipses(seed)
    naive = naive_unet_weight_map(labels, w0=10, sigma=sigma)
    assert np.abs(unet_weight_map(labels, w0=10, sigma=sigma) - naive).max() < 1e-3


@pytest.mark.parametrize("w0", [0, 1e-3, 0.5, 1000])
def test_fast_agrees_with_naive_for_any_height(w0):
    labels = random_ellipses(1)
    naive = naive_unet_weight_map(labels, w0=w0)
    # a float32 of size 1000 is itself known to 6e-5 only; 1e-3 is still the bound
    assert np.abs(unet_weight_map(labels, w0=w0) - naive).max() <= 1e-3


def test_numbers_that_no_cell_has_change_nothing():
    labels = random_ellipses(1)
    assert unet_weight_map(labels * 5) == pytest.approx(unet_weight_map(labels), abs=1e-4)


def test_turning_the_picture_turns_the_weights():
    labels = random_ellipses(2)
    for turn in (np.rot90, np.flipud, np.transpose):
        turned = unet_weight_map(turn(labels))
        assert turned == pytest.approx(turn(unet_weight_map(labels)), abs=1e-4)


def test_touching_cells_get_a_border():
    labels = two_cells(gap=0)
    weights = unet_weight_map(labels)
    carved = separate_touching(labels)
    gap = (labels > 0) & (carved == 0)
    assert gap.sum() == 6  # one column
    assert weights[gap] == pytest.approx(1 + 10 * np.exp(-(2**2) / 50), abs=1e-5)
    assert np.array_equal(unet_weight_map(carved), weights)


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros((9, 9), int),
        np.full((9, 9), 3),
        np.eye(9, dtype=int),
        [[0]],
        [[4]],
    ],
    ids=["no cell", "only cell", "one cell", "one pixel", "one pixel of a cell"],
)
def test_without_two_cells_there_is_no_border_term(labels):
    labels = np.array(labels)
    for weight_map in (unet_weight_map, naive_unet_weight_map):
        assert np.array_equal(weight_map(labels), np.ones(labels.shape))


def test_far_pixels_and_cells_have_the_class_weight():
    labels = np.zeros((60, 200), int)
    labels[20:30, 10:20], labels[20:30, 24:34] = 1, 2
    weights = unet_weight_map(labels, class_weights=(0.5, 3))
    assert np.all(weights[:, 100:] == 0.5)
    assert np.all(weights[labels > 0] == 3)
    assert weights[25, 22] == pytest.approx(0.5 + 10 * np.exp(-(5**2) / 50), abs=1e-5)


def test_balanced_classes_count_the_same_and_one_on_average():
    labels = random_ellipses(4)
    weights = unet_weight_map(labels, w0=0, class_weights="balanced")
    cells = separate_touching(labels) > 0
    assert weights.mean() == pytest.approx(1, abs=1e-5)
    assert weights[cells].sum() == pytest.approx(weights[~cells].sum(), rel=1e-5)
    for one_class in (np.zeros((5, 5), int), np.ones((5, 5), int)):
        assert np.all(unet_weight_map(one_class, class_weights="balanced") == 1)


def test_memory_does_not_grow_with_the_number_of_cells():
    labels = random_ellipses(0, shape=(256, 256), cells=100)
    tracemalloc.start()
    try:
        unet_weight_map(labels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * labels.size  # a stack of distance maps has 8 bytes a pixel and a cell: 800


# Errors


@pytest.mark.parametrize(
    "function",
    [
        separate_touching,
        unet_weight_map,
        naive_unet_weight_map,
        lambda x: border_distances(x, 5),
    ],
)
@pytest.mark.parametrize(
    "labels, error, says",
    [
        (np.zeros((4, 4)), TypeError, "integers"),
        (np.zeros((4, 4), bool), TypeError, "skimage.measure.label"),
        (np.zeros((2, 4, 4), int), ValueError, r"\(2, 4, 4\)"),
        (np.zeros((0, 4), int), ValueError, "empty"),
        (np.full((4, 4), -1), ValueError, "-1"),
        (np.full((4, 4), 2**24 + 1), ValueError, "16777217"),
    ],
)
def test_labels_that_are_none(function, labels, error, says):
    with pytest.raises(error, match=says):
        function(labels)


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"sigma": 0}, "sigma"),
        ({"sigma": -5}, "sigma"),
        ({"sigma": np.nan}, "sigma"),
        ({"w0": -10}, "w0"),
        ({"w0": np.inf}, "w0"),
        ({"class_weights": "balance"}, "balance"),
        ({"class_weights": (1, 2, 3)}, "pair"),
        ({"class_weights": (1, -1)}, "at least 0"),
        ({"class_weights": ("a", "b")}, "pair"),
    ],
)
def test_settings_that_make_no_sense(arguments, says):
    with pytest.raises(ValueError, match=says):
        unet_weight_map(two_cells(), **arguments)


def test_a_negative_reach():
    with pytest.raises(ValueError, match="reach"):
        border_distances(two_cells(), reach=-1)
