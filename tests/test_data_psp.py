"""The people of lesson 08: split by person, sources and targets of four tasks, lines, turned heads."""

from itertools import product

import numpy as np
import pytest

from course_utils import images
from course_utils.data import pipeline, psp
from drawn_worlds import faces

SIDE = 32


@pytest.fixture(scope="module")
def people():
    train, _ = psp.load("synthetic", side=SIDE)
    psp.draw(train[:4])
    return train[:4]


@pytest.fixture(scope="module")
def stack(people):
    return psp.stacked(people)


# Drawn --------------------------------------------------------------------------------------------


def test_nobody_trains_and_tests():
    train, test = psp.load("synthetic")
    assert (len(train), len(test)) == (400, 100)
    assert not {one.source for one in train} & {one.source for one in test}
    parts = [set(seeds) for seeds in psp.DRAWN.values()]
    assert len(set.union(*parts)) == sum(map(len, parts))


def test_a_seed_is_one_picture_whoever_draws_it(people):
    alone, face = psp.Person(2, SIDE), faces.face(2, SIDE)
    assert "drawn" in vars(people[2]) and "drawn" not in vars(alone)
    assert np.array_equal(alone.picture, people[2].picture)
    assert np.abs(alone.picture - face.photo).max() < 0.5 / 255 + 1e-6
    assert np.array_equal(alone.regions, face.regions)
    assert alone.picture.shape == (SIDE, SIDE, 3) and alone.picture.dtype == np.float32
    assert alone.regions.shape == (SIDE, SIDE) and alone.regions.dtype == np.int32


def test_people_who_are_drawn_stay_as_they_are(people):
    before = people[0].drawn
    psp.draw(people)
    psp.draw([])
    assert people[0].drawn is before


def test_heads_turn_by_seed_and_the_front_is_the_true_one():
    seeds = (1_000_000, 1_000_001)
    views = psp.turned(seeds, yaws=(50,), side=SIDE)
    assert list(views) == [0, 50]
    for number, (seed, sign) in enumerate(zip(seeds, (-1, 1), strict=True)):
        natural = faces.face(seed, SIDE)
        side = faces.face(seed, SIDE, yaw=50.0 * sign, pitch=0.0, roll=0.0)
        for yaw, photo in ((0, natural.frontal.photo), (50, side.photo)):
            assert np.array_equal(views[yaw][number], images.to_float(images.to_uint8(photo)))


# Tasks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", psp.CHANNELS)
def test_an_example_has_the_channels_and_range_of_its_task(task, stack):
    examples = psp.Examples(task, *stack)
    source, target = next(iter(pipeline.stream(examples, 8)))
    assert source.shape == (8, SIDE, SIDE, psp.CHANNELS[task]) and target.shape == (
        8,
        SIDE,
        SIDE,
        3,
    )
    source, target = np.array(source), np.array(target)
    assert source.dtype == target.dtype == np.float32
    assert -1 <= target.min() < -0.3 and 0.3 < target.max() <= 1
    assert (source.min() < -0.3) == (psp.CHANNELS[task] == 3) and source.max() <= 1
    if task == "segmentation":
        assert (source.sum(axis=-1) == 1).all() and set(np.unique(source)) == {0, 1}
        assert np.array_equal(psp.sources(task, *stack).argmax(axis=-1), stack[1])


def ways(task, stack):
    """{(source mirrored, target mirrored): how often} in 200 examples of one person."""
    pictures, regions = (part[:1] for part in stack)
    examples, rng = psp.Examples(task, pictures, regions), np.random.default_rng(0)
    plain = psp.sources(task, pictures, regions)[0], images.to_signed(pictures[0])
    found = dict.fromkeys(product((False, True), repeat=2), 0)
    for _ in range(200):
        pair = examples(rng)
        way = tuple(not np.array_equal(*both) for both in zip(pair, plain, strict=True))
        for part, whole, mirrored in zip(pair, plain, way, strict=True):
            assert np.array_equal(part, whole[:, ::-1] if mirrored else whole)
        found[way] += 1
    return found


def test_frontal_mirrors_source_and_target_by_two_coins(stack):
    found = ways("frontal", stack)
    assert all(25 < count < 80 for count in found.values())


@pytest.mark.parametrize("task", ["inversion", "sketch", "segmentation"])
def test_other_tasks_mirror_both_together(task, stack):
    found = ways(task, stack)
    assert found[False, False] > 60 and found[True, True] > 60
    assert found[False, True] == found[True, False] == 0


def test_what_does_not_fit_is_one_sentence(stack):
    pictures, regions = stack
    with pytest.raises(ValueError, match='no faces in "ffhq"; choose "synthetic"'):
        psp.load("ffhq")
    with pytest.raises(ValueError, match='task is "toonify"; choose one of inversion, frontal'):
        psp.Examples("toonify", pictures)
    with pytest.raises(ValueError, match="no pictures"):
        psp.Examples("inversion", pictures[:0])
    with pytest.raises(ValueError, match=r"must be \(4, 32, 32\), not none"):
        psp.sources("segmentation", pictures)
    with pytest.raises(ValueError, match=r"must be \(4, 32, 32\), not the shape \(2, 32, 32\)"):
        psp.sources("segmentation", pictures, regions[:2])


# Lines --------------------------------------------------------------------------------------------


def test_a_constant_picture_is_white_paper():
    assert (psp.lines(np.full((2, 20, 24, 3), 0.4, np.float32)) == 1).all()


def test_lines_are_few_and_black_or_white(stack):
    drawn = psp.lines(stack[0])
    assert drawn.shape == (4, SIDE, SIDE, 1) and drawn.dtype == np.float32
    assert set(np.unique(drawn)) == {0, 1}
    assert ((drawn == 0).mean(axis=(1, 2, 3)) < 0.35).all()
    assert np.array_equal(drawn, psp.lines(images.to_float(stack[0])))


def test_an_edge_is_one_thin_line_in_light_and_in_shade():
    step = np.full((1, 24, 24, 3), 0.2, np.float32)
    step[:, :, 12:] = 0.4
    for picture in (step, 2 * step):
        ink = psp.lines(picture)[0, :, :, 0] == 0
        assert (ink.sum(axis=1) == 1).all() and ink[:, 10:14].sum() == ink.sum() == 24


def test_pieces_that_are_too_short_are_not_drawn():
    picture = np.full((1, 40, 40, 3), 0.8, np.float32)
    picture[:, 6:8, 6:8] = 0.1
    picture[:, 20:32, 20:32] = 0.1
    for least, specks in ((12, True), (40, False), (200, False)):
        ink = psp.lines(picture, least=least)[0, :, :, 0] == 0
        assert ink[:14, :14].any() == specks and ink[14:, 14:].any() == (least < 200)
