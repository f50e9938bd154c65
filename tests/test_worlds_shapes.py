import functools

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.color import rgb2hsv, rgb2lab

from drawn_worlds import shapes
from drawn_worlds.shapes import CLASSES, rays, table

SEEDS = range(900, 960)


@functools.cache
def tables():
    return [table(seed, 64) for seed in SEEDS]


@functools.cache
def hidden():
    """Of each thing on each of many tables: what share others hide, the border cuts, is seen."""
    found = []
    for seed in range(200):
        view, _, placed = shapes._laid(np.random.default_rng((seed, 40)), 64, None)
        views = [rays.cast(one, view) for one in placed]
        _, owner = rays.hidden(views, view.side)
        for number, seen in enumerate(views, start=1):
            _, inner = rays.clipped(seen, view.side)
            whole, within = seen.mask.sum(), seen.mask[inner].sum()
            seen_of_it = (owner == number).sum()
            found.append((seed, 1 - seen_of_it / within, 1 - within / whole, seen_of_it / whole))
    return np.array(found)


def colours(name):
    """Median hue, saturation and value (n, 3) of the things of a class."""
    found = []
    for photo, labels, classes in tables():
        hsv = rgb2hsv(photo)
        for number, kind in enumerate(classes, start=1):
            if CLASSES[kind] == name:
                found.append(np.median(hsv[labels == number], 0))
    return np.array(found)


def test_a_seed_always_draws_the_same_table():
    for things in (None, 4):
        first, again = table(5, 96, things), table(np.int64(5), np.int64(96), things)
        assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_different_seeds_draw_different_tables():
    assert len({one.photo.tobytes() for one in tables()}) == len(SEEDS)
    assert len({one.labels.tobytes() for one in tables()}) == len(SEEDS)


def test_ranges_shapes_and_dtypes():
    for one in (*tables(), table(7, 101)):
        size = len(one.photo)
        assert one.photo.shape == (size, size, 3) and one.photo.dtype == np.float32
        assert one.photo.min() >= 0 and one.photo.max() <= 1 and one.photo.std() > 0.03
        assert np.isfinite(one.photo).all()
        assert one.labels.shape == (size, size) and one.labels.dtype == np.int32
        assert one.classes.ndim == 1 and one.classes.dtype == np.int32
        assert set(one.classes) <= set(range(1, len(CLASSES)))


def test_labels_are_1_to_n_and_each_has_its_class():
    for one in tables():
        assert set(np.unique(one.labels)) == set(range(len(one.classes) + 1))


def test_what_is_seen_of_a_thing_is_large_enough_to_find():
    for one in tables():
        assert np.bincount(one.labels.ravel())[1:].min() >= 12
    assert hidden()[:, 3].min() > 0.25


def test_most_of_a_thing_is_one_piece():
    whole = []
    for one in tables():
        for number in range(1, len(one.classes) + 1):
            pieces, _ = ndimage.label(one.labels == number)
            areas = np.bincount(pieces.ravel())[1:]
            whole.append(areas.max() / areas.sum())
    assert np.mean(np.array(whole) > 0.98) > 0.9 and min(whole) > 0.4


def test_a_third_of_the_tables_and_more_have_a_thing_that_another_hides_in_part():
    seed, behind, beyond, _ = hidden().T
    most = np.array([behind[seed == one].max() for one in np.unique(seed)])
    assert 0.33 < np.mean(most > 0.1) < 0.6
    assert 0.03 < np.mean(beyond > 0.02) < 0.25  # cut by the border


def test_two_to_nine_things_of_all_classes_about_equally():
    counts = np.array([len(one.classes) for one in tables()])
    assert 2 <= counts.min() <= 3 and 8 <= counts.max() <= 9 and 5 < counts.mean() < 7
    kinds = np.bincount(np.concatenate([one.classes for one in tables()]), minlength=len(CLASSES))
    assert kinds[0] == 0 and 0.1 < (kinds[1:] / kinds.sum()).min()
    assert (kinds[1:] / kinds.sum()).max() < 0.24


def test_things_are_an_eighth_to_a_third_of_the_side_long():
    longest = []
    for seed in range(40):
        view, _, placed = shapes._laid(np.random.default_rng((seed, 40)), 64, None)
        for one in placed:
            places = np.argwhere(rays.cast(one, view).mask)
            longest.append(np.ptp(places, 0).max() / view.side)
    assert 0.08 < min(longest) and max(longest) < 0.36
    assert np.percentile(longest, 90) / np.percentile(longest, 10) > 1.5


def test_colour_does_not_tell_apples_from_balls_and_blocks():
    for name in ("apple", "ball", "block", "cup"):
        hue, saturation, value = colours(name).T
        vivid = (saturation > 0.4) & (value > 0.3)
        red, yellow = (hue < 0.06) | (hue > 0.92), (hue > 0.06) & (hue < 0.18)
        assert (vivid & red).sum() >= 2 and (vivid & yellow).sum() >= 2, name


def test_things_differ_from_the_table_round_them_mostly_but_not_by_one_threshold():
    apart = []
    for photo, labels, _ in tables():
        lab = rgb2lab(photo)
        for number in range(1, labels.max() + 1):
            near = ndimage.binary_dilation(labels == number, iterations=5) & (labels == 0)
            if near.sum() > 20:
                step = np.median(lab[labels == number], 0) - np.median(lab[near], 0)
                apart.append(np.linalg.norm(step))
    assert np.median(apart) > 25 and np.percentile(apart, 5) < 15


@pytest.mark.parametrize("seed", [0, 5, 900])
def test_a_seed_is_the_same_table_at_every_size(seed):
    small, large = table(seed, 64), table(seed, 256)
    assert (small.classes == large.classes).all()
    assert (large.labels[2::4, 2::4] == small.labels).mean() > 0.97
    shrunk = cv2.resize(large.photo, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(shrunk.ravel(), small.photo.ravel())[0, 1] > 0.95
    detail = large.photo - cv2.resize(shrunk, (256, 256), interpolation=cv2.INTER_CUBIC)
    assert detail.std() > 0.01


def test_things_throw_shadows_on_the_table():
    """Beside things a table has places that are darker than without them; far away it has none."""
    darker = []
    for seed in range(900, 908):
        full, empty = table(seed, 64), table(seed, 64, 0)
        near = ndimage.binary_dilation(full.labels > 0, iterations=4) & (full.labels == 0)
        far = ~ndimage.binary_dilation(full.labels > 0, iterations=16)
        change = (full.photo / np.maximum(empty.photo, 0.05)).mean(-1)
        if far.any():
            darker.append(np.percentile(change[near], 15) / np.percentile(change[far], 15))
    assert np.mean(darker) < 0.9 and max(darker) < 1


def test_an_empty_table_and_a_full_one():
    empty = table(3, 64, 0)
    assert len(empty.classes) == 0 and not empty.labels.any() and empty.photo.std() > 0.003
    assert len(table(3, 96, 40).classes) > 12
    for things in (1, 5, 12):
        assert 1 <= len(table(8, 64, things).classes) <= things


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 64 to 512 pixels, not 63"):
        table(0, 63)
    with pytest.raises(ValueError, match="size must be 64 to 512 pixels, not 513"):
        table(0, 513)
    with pytest.raises(TypeError, match="size must be a whole number"):
        table(0, 128.0)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        table("7")
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        table(-1)
    with pytest.raises(TypeError, match="things must be a whole number or None, not 2.5"):
        table(0, things=2.5)
    with pytest.raises(ValueError, match="things must be 0 to 40, not 41"):
        table(0, things=41)
