import functools

import cv2
import numpy as np
import pytest
from scipy import ndimage

from course_utils import images
from drawn_worlds import faces
from drawn_worlds.faces import conditions, face, identity, render, sketches

NUMBER = {name: number for number, name in enumerate(faces.CLASSES)}
SEEDS = range(7000, 7016)


@functools.cache
def drawn():
    return [face(seed, 128, yaw=0.0) for seed in SEEDS]


def border(labels):
    return ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)


def test_the_same_person_under_the_same_conditions_is_the_same_sketch():
    assert (face(3, 64).sketch == face(3, 64).sketch).all()
    other = render(identity(3), conditions(4), 64).sketch
    assert np.abs(face(3, 64).sketch - other).mean() > 0.02


@pytest.mark.parametrize("size", [32, 64, 101, 300])
def test_range_shape_and_dtype(size):
    paper = face(2, size).sketch
    assert paper.shape == (size, size) and paper.dtype == np.float32
    assert paper.min() >= 0 and paper.max() <= 1


def test_black_on_white_paper():
    for one in drawn():
        assert 0.6 < one.sketch.mean() < 0.97
        assert np.median(one.sketch[:24, :12]) > 0.85 or one.regions[:24, :12].any()
        assert one.sketch.min() < 0.5


def test_lines_follow_the_outline():
    """There is more graphite on a person's outline than 3 to 8 pixels beside it."""
    sheets = [1 - one.sketch for one in drawn()]
    away = [ndimage.distance_transform_edt(~border(one.regions > 0)) for one in drawn()]
    table = np.array(
        [
            [ink[far < 2].mean() / ink[(far > 3) & (far < 8)].mean() for ink in sheets]
            for far in away
        ]
    )
    own, others = np.diag(table), table[~np.eye(len(table), dtype=bool)]
    assert own.mean() > 1.5 and own.mean() > 1.3 * others.mean()
    assert (own > 1.1).mean() >= 0.9


def test_dark_hair_gets_more_graphite_than_skin():
    for one in drawn():
        hair, skin = one.regions == NUMBER["hair"], one.regions == NUMBER["skin"]
        if hair.sum() > 200 and one.photo[hair].mean() < 0.25:
            assert one.sketch[hair].mean() < one.sketch[skin].mean() - 0.05


def test_the_pencil_knows_the_tone_of_skin():
    """Else nobody could tell from a sketch whether skin is light or dark."""
    skins = [np.isin(one.regions, [NUMBER["skin"], NUMBER["nose"]]) for one in drawn()]
    tones, sketched = (
        [part(one)[skin].mean() for one, skin in zip(drawn(), skins, strict=True)]
        for part in (lambda one: one.photo, lambda one: one.sketch)
    )
    assert np.ptp(tones) > 0.2 and np.corrcoef(tones, sketched)[0, 1] > 0.95


def test_the_shaded_side_is_hatched():
    darker = []
    for seed in range(8):
        who = identity(seed)
        lit = [
            render(who, conditions(seed, yaw=0.0, light_from=(side, 15.0)), 128)
            for side in (-75.0, 75.0)
        ]
        skin = lit[0].regions == NUMBER["skin"]
        middle = np.nonzero(skin)[1].mean()
        west = skin & (np.arange(128) < middle - 8)
        darker.append(lit[0].sketch[west].mean() - lit[1].sketch[west].mean())
    assert np.mean(darker) > 0.03 and np.mean(np.array(darker) > 0) > 0.8


def test_a_sketch_is_no_edge_filter_of_the_photo():
    """The hand slips: lines stand beside the edges, and the paper has a tooth."""
    beside = []
    for one in drawn():
        edges = cv2.Canny(images.to_uint8(one.photo), 60, 150) > 0
        near = ndimage.distance_transform_edt(~edges)
        beside.append((near[one.sketch < 0.7] > 1.5).mean())
        blank = one.sketch[(one.regions == 0)]
        assert 0.003 < blank.std()
    assert np.mean(beside) > 0.15


def test_a_stroke_starts_and_ends_lightly():
    sheet = sketches.Sheet(64, np.random.default_rng(0))
    line = np.stack([np.linspace(8, 56, 60), np.full(60, 32.0)], -1)
    sheet.stroke(line, 0.9, wobble=0.2)
    inked = sheet.graphite.max(0)
    assert inked[28:36].mean() > 1.3 * max(inked[7:10].mean(), inked[55:58].mean())
    assert sheet.graphite[:24].max() == 0 and 0 < sheet.graphite.max() <= 1
