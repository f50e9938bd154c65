"""Detectors of failures: by hand, on the staged gallery, and silent where nothing is wrong."""

import numpy as np
import pytest
from scipy import ndimage

from course_utils import symptoms
from course_utils.data import face_sketch as data
from course_utils.exercises import face_sketch as exercises
from course_utils.exercises.core import mistakes
from course_utils.models.pix2pix import translate

SIDE = 32


def portraits(count=6):
    """(photographs, sketches): dark faces on grey ground, and outlines on white paper."""
    rng, y, x = np.random.default_rng(0), *np.mgrid[-1:1:32j, -1:1:32j]
    photos, sketches = [], []
    for _ in range(count):
        width, height = rng.uniform(0.4, 0.8, 2)
        inside = (x / width) ** 2 + (y / height) ** 2 < 1
        photos.append(np.where(inside, rng.uniform(0.2, 0.5), 0.7) + rng.normal(0, 0.02, x.shape))
        line = inside ^ ndimage.binary_erosion(inside, iterations=2)
        sketches.append(np.where(line, 0.2, 1.0))
    return tuple(
        np.repeat(np.float32(each)[..., None], 3, -1).clip(0, 1) for each in (photos, sketches)
    )


PHOTOS, SKETCHES = portraits()


class Artist:
    """A good translator, from [-1, 1] to [-1, 1]: it knows these people."""

    layers = ()

    def __call__(self, photos, training):
        return 2 * SKETCHES[: len(photos)] - 1


def test_a_good_translator_is_healthy():
    assert symptoms.in_pictures(PHOTOS, translate(Artist(), PHOTOS), SKETCHES) == []
    soft = ndimage.gaussian_filter(SKETCHES, (0, 1, 1, 0))
    assert symptoms.in_pictures(PHOTOS, soft, SKETCHES) == []


@pytest.mark.parametrize(
    "failure",
    [
        exercises.mode_collapse,
        exercises.identity_shortcut,
        exercises.colour_inversion,
        exercises.checkerboard,
    ],
)
def test_each_staged_failure_is_named_and_no_other(failure):
    found = symptoms.in_pictures(PHOTOS, failure(Artist(), PHOTOS), SKETCHES)
    assert found == [failure.__name__.replace("_", " ")]


def test_every_failure_of_the_gallery_has_a_detector():
    staged = {failure.name for failure in mistakes(translate)}
    assert staged | {"vanished discriminator", "leaking split"} == set(symptoms.LIMITS)


def test_variety_by_hand():
    real = np.stack([np.zeros((4, 4, 3)), np.ones((4, 4, 3))])
    assert symptoms.variety(real, real) == pytest.approx(1)
    assert symptoms.variety(0.5 * real, real) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="all the same"):
        symptoms.variety(real, real[:1])


def test_change_by_hand():
    dark, light = np.zeros((2, 4, 4, 3)), np.ones((3, 4, 4, 3))
    assert symptoms.change(dark, dark + 0.25, light) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="nothing to translate"):
        symptoms.change(dark, dark, dark)


def test_agreement_with_itself_its_negative_and_grey():
    assert symptoms.agreement(SKETCHES, SKETCHES) == pytest.approx(1)
    assert symptoms.agreement(1 - SKETCHES, SKETCHES) == pytest.approx(-1)
    assert symptoms.agreement(np.full_like(SKETCHES, 0.5), SKETCHES) == 0


def test_checkerboard_by_hand_and_by_keras():
    import keras

    board = np.zeros((1, 9, 8, 3))
    board[:, ::2, ::2] = board[:, 1::2, 1::2] = 1
    assert symptoms.checkerboard(board) > 0.95
    noise = np.random.default_rng(0).random((8, 64, 64, 3))
    assert symptoms.checkerboard(noise) < 0.01
    assert symptoms.checkerboard(np.ones((1, 8, 8, 3))) == 0
    for kernel, shows in ((3, True), (4, False)):  # 3 is no multiple of the stride
        layer = keras.layers.Conv2DTranspose(3, kernel, 2, "same", kernel_initializer="ones")
        made = np.array(layer(np.ones((1, 16, 16, 3))))[:, 2:-2, 2:-2]
        assert (symptoms.checkerboard(made / made.max()) > 0.3) == shows


def test_doubt_of_a_discriminator():
    half = np.full((2, 6, 6, 1), 0.5)
    assert symptoms.doubt(half, half) == pytest.approx(0.25)
    assert symptoms.diagnose(doubt=symptoms.doubt(half, half)) == []
    assert symptoms.diagnose(doubt=symptoms.doubt(half + 0.45, half - 0.4)) == [
        "vanished discriminator"
    ]


@pytest.mark.parametrize(
    "split", [exercises.tests_by_person, exercises.last_pictures, exercises.first_picture_of_each]
)
def test_the_leak_is_found_in_the_pictures_themselves(split):
    pairs = [
        data.Pair(str(n), photo, sketch, str(n))
        for n, (photo, sketch) in enumerate(zip(PHOTOS, SKETCHES))
    ]
    copies = data.eightfold(pairs)
    order = np.random.default_rng(1).permutation(len(copies))
    copies = [copies[i] for i in order]
    tests = split(np.array([int(copy.source) for copy in copies]), 1)
    pictures = np.stack([copy.source_picture for copy in copies])
    share = symptoms.leak(pictures[~tests], pictures[tests])
    clean = split is exercises.tests_by_person
    assert share == 0 if clean else share > 0.9
    assert symptoms.diagnose(leak=share) == ([] if clean else ["leaking split"])


def test_an_unknown_detector_is_named():
    with pytest.raises(ValueError, match="no detector 'beauty'; there are: agreement"):
        symptoms.diagnose(beauty=1.0)
