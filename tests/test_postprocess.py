import numpy as np
import pytest

from course_utils.postprocess import depths, instances, neurites


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
