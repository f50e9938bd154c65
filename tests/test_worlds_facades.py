import functools

import cv2
import numpy as np
import pytest
from scipy import ndimage

from drawn_worlds.houses import CLASSES, PALETTE, colour, dataset, decode, facade, line_drawing

SEEDS = range(9000, 9040)
NUMBER = {name: number for number, name in enumerate(CLASSES)}


@functools.cache
def houses():
    return [facade(seed) for seed in SEEDS]


def border(labels):
    return ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)


def slope(picture):
    return np.hypot(*np.gradient(picture @ np.float32([0.299, 0.587, 0.114])))


def test_a_seed_always_draws_the_same_house():
    first, again = facade(7, 64), facade(np.int64(7), 64)
    assert (first.labels == again.labels).all() and (first.photo == again.photo).all()
    assert (first.night == again.night).all() and (first.edges == again.edges).all()


def test_different_seeds_draw_different_houses():
    assert len({house.photo.tobytes() for house in houses()}) == len(SEEDS)
    assert len({house.labels.tobytes() for house in houses()}) == len(SEEDS)


@pytest.mark.parametrize("size", [64, 101, 256])
def test_ranges_shapes_and_dtypes(size):
    for seed in range(3):
        house = facade(seed, size)
        assert house.labels.shape == (size, size) and house.labels.dtype == np.int32
        assert set(np.unique(house.labels)) <= set(range(12))
        for picture in (house.photo, house.night):
            assert picture.shape == (size, size, 3) and picture.dtype == np.float32
            assert picture.min() >= 0 and picture.max() <= 1 and picture.std() > 0.05
        assert house.edges.shape == (size, size) and house.edges.dtype == np.float32
        assert house.edges.min() >= 0 and house.edges.max() == 1


def test_the_largest_house_is_drawn():
    assert facade(3, 512).photo.shape == (512, 512, 3)


def test_one_seed_is_the_same_house_at_every_size():
    for seed in SEEDS[:5]:
        usual, other = facade(seed).labels, facade(seed + 1).labels
        small, large = facade(seed, 64).labels, facade(seed, 256).labels
        assert (small == usual[::2, ::2]).mean() > 0.8
        assert (large[::2, ::2] == usual).mean() > 0.9
        assert (small == other[::2, ::2]).mean() < 0.75


def test_every_class_is_common_enough_to_be_learnt():
    labels = np.stack([house.labels for house in houses()])
    share = np.bincount(labels.ravel(), minlength=12) / labels.size
    assert share.min() > 0.005
    assert 0.15 < share[NUMBER["facade"]] < 0.5 and 0.2 < share[NUMBER["background"]] < 0.5
    seen = np.array([[(map_ == number).any() for number in range(12)] for map_ in labels])
    assert seen.mean(0).min() > 0.2  # in a fifth of the houses at least
    assert seen[:, [NUMBER[name] for name in ("facade", "window", "door")]].mean() > 0.98


def test_thin_parts_are_two_pixels_thick():
    for name in ("cornice", "sill", "molding"):
        thick = []
        for house in houses():
            part = house.labels == NUMBER[name]
            pieces, _ = ndimage.label(part)
            thick += [
                part[where].sum(0).max()
                for where in ndimage.find_objects(pieces)
                if part[where].size >= 12
            ]
        assert np.percentile(thick, 10) >= 2


def test_no_part_hangs_in_the_air():
    for house in houses():
        wall = ndimage.binary_closing(np.pad(house.labels > 0, 4), iterations=3)
        area = np.bincount(ndimage.label(wall)[0].ravel())[1:]
        assert area.max() / area.sum() > 0.98


def test_the_palette_decodes_back():
    apart = np.linalg.norm(PALETTE[:, None] - PALETTE[None], axis=-1)
    assert apart[~np.eye(12, dtype=bool)].min() > 0.33
    labels = houses()[0].labels
    picture = colour(labels)
    assert picture.shape == (128, 128, 3) and picture.dtype == np.float32
    rough = picture + np.random.default_rng(0).uniform(-0.09, 0.09, picture.shape)
    for shown in (picture, rough):
        assert (decode(shown) == labels).all()
    assert decode(picture).dtype == np.int32
    assert colour(np.arange(12)[None]).shape == (1, 12, 3)
    with pytest.raises(ValueError, match="labels must be 0 to 11, not 0 to 12"):
        colour(np.array([0, 12]))


def test_the_photo_has_its_edges_where_its_own_labels_have_theirs():
    edges = np.stack([border(house.labels).ravel() for house in houses()]).astype(float)
    slopes = np.stack([slope(house.photo).ravel() for house in houses()])
    agreement = np.corrcoef(edges, slopes)[: len(edges), len(edges) :]
    own, others = np.diag(agreement), agreement[~np.eye(len(edges), dtype=bool)]
    assert own.mean() > 0.25 and own.mean() > 2.5 * others.mean()
    assert (agreement.argmax(1) == np.arange(len(edges))).mean() > 0.95


def test_labels_and_photo_are_not_shifted():
    total = {}
    edges = [border(house.labels).astype(float) for house in houses()]
    slopes = [slope(house.photo) for house in houses()]
    for shift in [(0, 0), (0, 2), (0, -2), (2, 0), (-2, 0)]:
        total[shift] = sum(
            (np.roll(edge, shift, (0, 1)) * steep).sum()
            for edge, steep in zip(edges, slopes, strict=True)
        )
    assert max(total, key=total.get) == (0, 0)


def test_walls_have_texture_that_blur_takes_away():
    sharp, blurred = [], []
    for house in houses():
        far = ndimage.distance_transform_edt(~border(house.labels)) >= 3
        wall = far & (house.labels == NUMBER["facade"])
        if wall.sum() > 50:
            sharp.append(slope(house.photo)[wall].mean())
            blurred.append(slope(cv2.blur(house.photo, (5, 5)))[wall].mean())
    assert len(sharp) > 30 and np.mean(sharp) > 0.025
    assert np.mean(sharp) > 2.5 * np.mean(blurred)


def test_night_is_dark_with_lit_windows():
    lit = []
    for house in houses()[:12]:
        assert house.night.mean() < 0.6 * house.photo.mean()
        panes = house.night[np.isin(house.labels, [NUMBER["window"], NUMBER["shop"]])]
        lit.append((panes.mean(-1) > 0.5).mean())
        walls = house.night[house.labels == NUMBER["facade"]]
        assert np.median(walls) < 0.4
    assert np.mean(lit) > 0.1 and np.mean(np.array(lit) > 0.01) > 0.9


def test_the_drawing_is_black_on_white_and_follows_the_parts():
    for house in houses()[:12]:
        assert house.edges.mean() > 0.5
        along = border(house.labels)
        assert house.edges[along].mean() < house.edges[~along].mean() - 0.1


def test_line_drawing_finds_the_outline_of_a_square():
    picture = np.zeros((40, 48, 3), np.float32)
    picture[10:30, 12:36] = 1
    drawing = line_drawing(picture)
    assert drawing.shape == (40, 48)
    assert drawing[9:11, 20].min() < 0.5 and drawing[20, 35:37].min() < 0.5
    assert (drawing[14:26, 16:32] == 1).all() and (drawing[:7] == 1).all()


def test_a_data_set_is_its_range_of_seeds():
    labels, photos = dataset(3, 30, 64)
    assert labels.shape == (3, 64, 64) and labels.dtype == np.int32
    assert photos.shape == (3, 64, 64, 3) and photos.dtype == np.float32
    later = facade(32, 64)
    assert (labels[2] == later.labels).all() and (photos[2] == later.photo).all()


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 64 to 512 pixels, not 63"):
        facade(0, 63)
    with pytest.raises(ValueError, match="size must be 64 to 512 pixels, not 513"):
        facade(0, 513)
    with pytest.raises(TypeError, match="size must be a whole number"):
        facade(0, 128.0)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        facade("7")
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        facade(-1)
    with pytest.raises(ValueError, match="count must be a whole number of at least 1"):
        dataset(0, 0)
