import functools

import numpy as np
import pytest

from course_utils.worlds import faces
from course_utils.worlds.faces import CLASSES, conditions, face, identity, render

NUMBER = {name: number for number, name in enumerate(CLASSES)}
SPOT = {name: number for number, name in enumerate(faces.LANDMARKS)}


@functools.cache
def people(count=24, size=96, **chosen):
    return [face(seed, size, yaw=0.0) for seed in range(5000, 5000 + count)]


def test_a_seed_always_draws_the_same_person():
    first, again = face(7), face(np.int64(7))
    for name in ("photo", "regions", "landmarks", "depth", "normals", "flow"):
        assert (getattr(first, name) == getattr(again, name)).all()
    assert first.identity == again.identity and first.conditions == again.conditions


@pytest.mark.parametrize("size", [32, 65, 128])
def test_ranges_shapes_and_dtypes(size):
    for seed in range(3):
        drawn = face(seed, size)
        assert drawn.photo.shape == (size, size, 3) and drawn.photo.dtype == np.float32
        assert 0 <= drawn.photo.min() and drawn.photo.max() <= 1 and drawn.photo.std() > 0.05
        assert drawn.regions.shape == (size, size) and drawn.regions.dtype == np.int32
        assert set(np.unique(drawn.regions)) <= set(range(len(CLASSES)))
        assert drawn.landmarks.shape == (len(faces.LANDMARKS), 2)
        assert drawn.depth.dtype == drawn.normals.dtype == np.float32
        assert np.isfinite(drawn.depth).all() and np.isfinite(drawn.normals).all()


def test_landmarks_lie_on_their_regions():
    for drawn in people():
        for name, region in (("left pupil", "eye"), ("nose tip", "nose"), ("mouth middle", "mouth")):
            column, row = drawn.landmarks[SPOT[name]].astype(int)
            around = drawn.regions[row - 1:row + 2, column - 1:column + 2]
            assert NUMBER[region] in around, (drawn.identity.seed, name)


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 32 to 512 pixels, not 31"):
        face(0, 31)
    with pytest.raises(TypeError, match="size must be a whole number"):
        face(0, 64.0)
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        identity(-1)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        conditions("7")
    with pytest.raises(ValueError, match="yaw must be -90 to 90 degrees, not 91"):
        conditions(0, yaw=91)
    with pytest.raises(TypeError, match="'yam' is no condition"):
        conditions(0, yam=3)
    with pytest.raises(ValueError, match="at least one seed"):
        faces.dataset([])


def test_the_person_stays_when_the_conditions_change():
    drawn = render(identity(3), conditions(8, yaw=60), 64)
    assert drawn.frontal.identity == drawn.identity and drawn.frontal.conditions.yaw == 0
    assert (drawn.frontal.photo == render(identity(3), conditions(8, yaw=0, pitch=0, roll=0)).photo).all()
