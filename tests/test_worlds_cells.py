import functools

import numpy as np
import pytest
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.filters import threshold_otsu

from drawn_worlds.cells import LOOKS, Canvas, _labels, cells

SEEDS = range(7000, 7080)


@functools.cache
def fields():
    return [cells(seed) for seed in SEEDS]


def touching(labels):
    """How many nuclei have a pixel beside one of another nucleus, corners included."""
    frame = np.pad(labels, 1)
    found = set()
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = np.roll(frame, (dy, dx), (0, 1))
        meet = (frame != other) & (frame > 0) & (other > 0)
        found |= set(frame[meet]) | set(other[meet])
    return len(found)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_seed_always_draws_the_same_field():
    for look in (None, *LOOKS):
        first, again = cells(5, 96, look), cells(np.int64(5), 96, look)
        assert (first.image == again.image).all() and (first.labels == again.labels).all()
        assert first.look == again.look


def test_different_seeds_draw_different_fields():
    assert len({field.image.tobytes() for field in fields()}) == len(SEEDS)
    assert len({field.labels.tobytes() for field in fields()}) == len(SEEDS)


def test_ranges_shapes_and_dtypes():
    for image, labels, look in fields():
        assert image.shape == (128, 128, 3) and image.dtype == np.float32
        assert image.min() >= 0 and image.max() <= 1 and np.isfinite(image).all()
        assert image.std() > 0.005 and look in LOOKS
        assert labels.shape == (128, 128) and labels.dtype == np.int32


def test_labels_are_1_to_n_and_each_is_one_piece():
    for _, labels, _ in fields():
        count = labels.max()
        assert count >= 1
        assert set(np.unique(labels)) - {0} == set(range(1, count + 1))
        for number, where in enumerate(ndimage.find_objects(labels), start=1):
            assert ndimage.label(labels[where] == number)[1] == 1


def test_a_nucleus_that_falls_in_pieces_keeps_the_largest():
    owner = np.array([[3, 3, 1, 3], [3, 3, 1, 0], [2, 2, 1, 0]])
    depth = np.where(np.array([[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1]]), 1.0, -1.0)
    expected = [[3, 3, 2, 0], [3, 3, 2, 1], [0, 0, 2, 1]]
    found = _labels(Canvas(owner, depth, None, None))
    same = {(a, b) for a, b in zip(found.ravel(), np.ravel(expected), strict=True)}
    assert len(same) == 4 and (0, 0) in same  # the same up to numbering
    assert set(np.unique(found)) == {0, 1, 2, 3}


def test_both_looks_occur_about_equally_and_keep_the_nuclei():
    stained = np.mean([field.look == "stained" for field in fields()])
    assert 0.35 < stained < 0.65
    for seed in range(10):
        dark, bright = (cells(seed, look=look) for look in LOOKS)
        assert (dark.look, bright.look) == LOOKS
        assert (dark.labels == bright.labels).all()


def test_nuclei_shine_in_fluorescence_and_absorb_red_when_stained():
    right = []
    for image, labels, look in fields():
        nuclei = labels > 0
        near = ndimage.binary_dilation(nuclei, iterations=6) & ~ndimage.binary_dilation(nuclei)
        channel, sign = (image[..., 2], 1) if look == "fluorescence" else (image[..., 0], -1)
        right.append(sign * (np.median(channel[nuclei]) - np.median(channel[near])) > 0.03)
    assert np.mean(right) > 0.97


def test_the_median_of_red_tells_the_looks_apart():
    red = {look: [np.median(f.image[..., 0]) for f in fields() if f.look == look] for look in LOOKS}
    assert max(red["fluorescence"]) < 0.4 < 0.5 < min(red["stained"])


def test_a_third_to_a_half_of_the_nuclei_touch():
    share = sum(touching(f.labels) for f in fields()) / sum(f.labels.max() for f in fields())
    assert 0.30 < share < 0.50


def test_fields_are_crowded_and_nearly_empty():
    counts = np.array([field.labels.max() for field in fields()])
    covered = np.array([(field.labels > 0).mean() for field in fields()])
    assert np.percentile(counts, 5) <= 4 and np.percentile(counts, 95) >= 25
    assert covered.min() < 0.05 and covered.max() > 0.35 and 0.15 < covered.mean() < 0.35


def test_sizes_and_shapes_vary():
    area, eccentricity = [], []
    for _, labels, _ in fields():
        inner = np.unique(labels[2:-2, 2:-2])
        edge = np.unique(np.r_[labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        for number in set(inner) - set(edge) - {0}:
            y, x = np.nonzero(labels == number)
            area.append(len(y))
            low, high = np.linalg.eigvalsh(np.cov(np.stack([y, x])))
            eccentricity.append(np.sqrt(high / low))
    assert np.percentile(area, 95) / np.percentile(area, 5) > 4
    assert np.percentile(eccentricity, 10) < 1.25 and np.percentile(eccentricity, 95) > 1.8
    assert min(area) >= 20


def test_one_threshold_does_not_solve_it_but_finds_something():
    found = []
    for image, labels, _ in fields():
        grey = rgb2gray(image)
        bright = grey > threshold_otsu(grey)
        found.append(max(iou(labels > 0, bright), iou(labels > 0, ~bright)))
    assert 0.5 < np.mean(found) < 0.8


@pytest.mark.parametrize("size", [64, 101, 300])
def test_a_larger_field_shows_more_nuclei_not_larger_ones(size):
    labels = [cells(seed, size).labels for seed in range(12)]
    assert all(part.shape == (size, size) for part in labels)
    area = np.concatenate([np.bincount(part.ravel())[1:] for part in labels])
    usual = np.concatenate([np.bincount(cells(seed).labels.ravel())[1:] for seed in range(12)])
    assert 0.5 < np.median(area) / np.median(usual) < 2
    assert 0.4 < len(area) / len(usual) / (size / 128) ** 2 < 2.5


def test_the_largest_field_is_drawn():
    image, labels, _ = cells(1, 1024)
    assert image.shape == (1024, 1024, 3) and labels.max() > 100


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 64 to 1024 pixels, not 63"):
        cells(0, 63)
    with pytest.raises(ValueError, match="size must be 64 to 1024 pixels, not 1025"):
        cells(0, 1025)
    with pytest.raises(TypeError, match="size must be a whole number"):
        cells(0, 128.0)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        cells("7")
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        cells(-1)
    with pytest.raises(ValueError, match="fluorescence, stained"):
        cells(0, look="phase contrast")
