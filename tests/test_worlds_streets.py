import functools

import numpy as np
import pytest
from scipy import ndimage

from drawn_worlds.houses import colour, decode
from drawn_worlds.streets import STREET_CLASSES, STREET_PALETTE, street

SEEDS = range(400, 416)
NUMBER = {name: number for number, name in enumerate(STREET_CLASSES)}


@functools.cache
def streets():
    return [street(seed, 64) for seed in SEEDS]


def test_a_seed_always_draws_the_same_street():
    first, again = street(400, 64), streets()[0]
    assert (first.labels == again.labels).all() and (first.photo == again.photo).all()
    assert len({each.photo.tobytes() for each in streets()}) == len(SEEDS)


def test_ranges_shapes_and_dtypes():
    for each in (*streets(), street(1, 130)):
        size = len(each.labels)
        assert each.labels.shape == (size, size) and each.labels.dtype == np.int32
        assert each.photo.shape == (size, size, 3) and each.photo.dtype == np.float32
        assert each.photo.min() >= 0 and each.photo.max() <= 1 and each.photo.std() > 0.05
        assert set(np.unique(each.labels)) <= set(range(len(STREET_CLASSES)))


def test_every_class_occurs_and_big_ones_in_every_street():
    seen = np.array(
        [
            [(each.labels == number).any() for number in range(len(STREET_CLASSES))]
            for each in streets()
        ]
    )
    assert seen.any(0).all()
    assert seen[:, [NUMBER[name] for name in ("sky", "road", "sidewalk", "building")]].all()


def test_the_sky_is_above_the_road():
    for each in streets():
        row = np.arange(len(each.labels))[:, None] * np.ones_like(each.labels)
        sky, road = (row[each.labels == NUMBER[name]] for name in ("sky", "road"))
        assert sky.max() < 0.75 * len(row) and np.median(sky) < np.median(road)
        assert each.labels[-1, len(row) // 2] == NUMBER["road"]


def test_the_photo_has_its_edges_where_its_own_labels_have_theirs():
    edges = (
        np.stack(
            [
                ndimage.maximum_filter(each.labels, 3) != ndimage.minimum_filter(each.labels, 3)
                for each in streets()
            ]
        )
        .reshape(len(SEEDS), -1)
        .astype(float)
    )
    slopes = np.log(
        0.02 + np.stack([np.hypot(*np.gradient(each.photo.mean(-1))).ravel() for each in streets()])
    )
    edges, slopes = edges - edges.mean(0), slopes - slopes.mean(0)  # what all streets share
    agreement = np.corrcoef(edges, slopes)[: len(SEEDS), len(SEEDS) :]
    own, others = np.diag(agreement), agreement[~np.eye(len(SEEDS), dtype=bool)]
    assert own.mean() > 0.15 and others.mean() < 0.03
    assert (agreement.argmax(1) == np.arange(len(SEEDS))).mean() > 0.8


def test_the_palette_decodes_back():
    labels = streets()[0].labels
    assert (decode(colour(labels, STREET_PALETTE), STREET_PALETTE) == labels).all()


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 64 to 512 pixels, not 32"):
        street(0, 32)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        street(0.5)
