import numpy as np
import pytest

from course_utils import images
from course_utils.postprocess import (
    depths,
    guided_filter,
    instances,
    neurites,
    saturated,
    smooth_chroma,
)


def disc(row, column, radius, size=(60, 80)):
    rows, columns = np.indices(size)
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def test_separate_discs():
    truth = [disc(15, 20, 8), disc(40, 60, 12)]
    labels = instances(0.9 * (truth[0] | truth[1]))
    assert labels.dtype == np.int32 and labels.max() == 2
    assert all((labels[t] == labels[t][0]).mean() > 0.97 for t in truth)


def test_touching_cells_part_where_they_get_narrow():
    cell = disc(30, 30, 12) | disc(30, 50, 12)
    labels = instances(cell.astype(float))
    assert labels.max() == 2 and np.array_equal(labels > 0, cell)
    assert np.all(labels[30, 20:39] == labels[30, 25]) and labels[30, 25] != labels[30, 55]
    assert neurites(cell.astype(float)).max() == 1


def test_a_cell_without_a_neck_stays_whole():
    rows, columns = np.indices((60, 80))
    ellipse = ((rows - 30) / 9) ** 2 + ((columns - 40) / 25) ** 2 <= 1
    deep, seeds = depths(ellipse)
    assert seeds.max() == 1 and deep[30, 40] == deep.max() == pytest.approx(9, abs=1)
    assert instances(ellipse.astype(float)).max() == 1


def test_each_cell_has_grown_from_one_seed():
    blobs = disc(30, 30, 12) | disc(30, 50, 12) | disc(8, 70, 3)
    _, seeds = depths(blobs)
    grown = instances(blobs, min_size=1)
    pairs = np.unique(np.stack([seeds, grown])[:, seeds > 0], axis=1)
    assert np.array_equal(pairs, [[1, 2, 3]] * 2)


def test_touching_cells_part_where_the_inside_is_low():
    cell = disc(30, 30, 12) | disc(30, 50, 12)
    inside = disc(30, 30, 9) | disc(30, 50, 9)
    labels = instances(inside.astype(float), cell.astype(float))
    assert labels.max() == 2
    assert np.array_equal(labels > 0, cell)
    line = labels[30]
    assert np.all(line[20:39] == line[25]) and np.all(line[42:61] == line[55])


def test_small_specks_go_and_numbers_have_no_gaps():
    probability = 1.0 * (disc(5, 5, 2) | disc(30, 30, 10) | disc(30, 60, 10))
    labels = instances(probability, smoothing=0.5, min_size=20)
    assert labels[5, 5] == 0
    assert np.array_equal(np.unique(labels), [0, 1, 2])


def test_neurites_grow_until_they_meet():
    inside = np.full((20, 41), 0.9)
    inside[:, 19:22] = 0.2, 0.1, 0.2  # a membrane
    labels = neurites(inside, smoothing=0)
    assert np.all(labels[:, :20] == 1) and np.all(labels[:, 21:] == 2)


def test_a_cell_without_a_seed_is_not_found():
    cell = 1.0 * (disc(15, 20, 8) | disc(40, 60, 8))
    labels = instances(disc(15, 20, 8) * 0.9, cell)
    assert labels.max() == 1 and labels[40, 60] == 0


def test_empty_and_full_images():
    assert instances(np.zeros((9, 9))).max() == 0
    assert np.all(instances(np.ones((9, 9))) == 1)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="same size"):
        instances(np.zeros((5, 5)), np.zeros((6, 5)))
    with pytest.raises(ValueError, match="maps"):
        instances(np.zeros((5, 5, 2)))


# Colours -------------------------------------------------------------------------------------------


def lab_picture(lightness, a, b):
    lab = np.stack([np.broadcast_to(each, (24, 30)) for each in (lightness, a, b)], -1)
    return images.lab_to_rgb(lab.astype(np.float32))


def test_the_guided_filter_is_its_definition():
    rng = np.random.default_rng(0)
    guide, values = rng.random((2, 13, 15))
    size, ε = 2, 0.01
    lines = np.zeros((13, 15, 2))
    for row in range(2, 11):
        for column in range(2, 13):
            window = np.s_[row - size : row + size + 1, column - size : column + size + 1]
            i, p = guide[window].ravel(), values[window].ravel()
            a = np.mean((i - i.mean()) * (p - p.mean())) / (i.var() + ε)
            lines[row, column] = a, p.mean() - a * i.mean()
    a, b = lines[4:9, 5:10].mean((0, 1))
    found = guided_filter(guide, values, size, ε)
    assert found[6, 7] == pytest.approx(a * guide[6, 7] + b)
    assert np.allclose(guided_filter(guide, np.full_like(guide, 0.3), size, ε), 0.3)
    assert np.allclose(guided_filter(guide, guide, size, 1e-9), guide, atol=1e-4)  # all is edge


def test_chroma_is_smoothed_but_not_over_an_edge_of_lightness():
    rng = np.random.default_rng(1)
    left = np.arange(30) < 15
    speckled = 10 * np.where(left, 1, -1) + rng.normal(0, 3, (24, 30))
    lab = images.rgb_to_lab(smooth_chroma(lab_picture(np.where(left, 45, 65), speckled, speckled)))
    for side, colour in ((np.s_[:, :15], 10), (np.s_[:, 15:], -10)):
        assert lab[side][..., 1].std() < 1  # of 3
        assert np.abs(lab[side][..., 1:].mean((0, 1)) - colour).max() < 1
    assert np.allclose(lab[..., 0], np.where(left, 45, 65), atol=0.05)
    unled = images.rgb_to_lab(smooth_chroma(lab_picture(55, speckled, speckled)))
    assert np.abs(unled[:, 14:16, 1]).max() < 5  # nothing tells where the colour ends


def test_constant_pictures_and_grey_ones_stay():
    constant = lab_picture(60, 10, -15)
    assert np.allclose(smooth_chroma(constant), constant, atol=1e-4)
    grey = np.random.default_rng(2).random((24, 30, 1)).repeat(3, -1).astype(np.float32)
    for made in (smooth_chroma(grey), saturated(grey, 3)):
        assert made.dtype == np.float32 and np.allclose(made, grey, atol=1e-3)


def test_saturation_scales_chroma_and_leaves_lightness():
    picture = lab_picture(np.linspace(40, 60, 30), 8, -12)
    lab, more = (images.rgb_to_lab(each) for each in (picture, saturated(picture, 1.5)))
    assert np.allclose(more, lab * [1, 1.5, 1.5], atol=0.02)
    assert np.allclose(saturated(picture, 1), picture, atol=1e-4)
    assert np.allclose(images.rgb_to_lab(saturated(picture, 0))[..., 1:], 0, atol=0.01)


def test_what_is_no_coloured_picture_gets_a_sentence():
    for function in (smooth_chroma, lambda picture: saturated(picture, 1.2)):
        with pytest.raises(ValueError, match=r"is \(H, W, 3\), not"):
            function(np.zeros((4, 4)))
        with pytest.raises(TypeError, match="no agreed range"):
            function(np.zeros((4, 4, 3), int))
    for factor in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="factor must be"):
            saturated(np.zeros((4, 4, 3)), factor)
