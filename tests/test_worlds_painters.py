"""The painters: by seed, at any size, in [0, 1], and none like another."""

import numpy as np
import pytest

from course_utils import images
from drawn_worlds import painters


@pytest.fixture(scope="module")
def painted():
    return {style: painters.paint(style, 3, 64) for style in painters.STYLES}


@pytest.mark.parametrize("style", painters.STYLES)
def test_range_shape_and_seed(painted, style):
    picture = painted[style]
    assert picture.shape == (64, 64, 3) and picture.dtype == np.float32
    assert 0 <= picture.min() and picture.max() <= 1 and picture.std() > 0.08
    assert np.array_equal(picture, painters.paint(style, 3, 64))
    assert np.abs(picture - painters.paint(style, 4, 64)).mean() > 0.03


@pytest.mark.parametrize("style", ["woodcut", "glass", "strokes"])
def test_a_larger_picture_is_the_same_one_finer(painted, style):
    small = images.resize(painters.paint(style, 3, 160), (64, 64))
    blurred = [images.resize(p, (16, 16)) for p in (small, painted[style])]
    assert np.abs(blurred[0] - blurred[1]).mean() < 0.06


def test_each_hand_differs_from_the_others():
    """How far neighbours differ, down, right and four pixels down, in units of the deviation."""

    def hand(p):
        steps = p[1:] - p[:-1], p[:, 1:] - p[:, :-1], p[4:] - p[:-4]
        return np.array([np.abs(step).mean() for step in steps]) / p.std()

    hands = [hand(painters.paint(style, 3, 128)) for style in painters.STYLES]
    apart = [np.abs(a - b).max() for i, a in enumerate(hands) for b in hands[:i]]
    assert min(apart) > 0.05


def test_unknown_painter_and_sizes_get_one_sentence():
    with pytest.raises(ValueError, match="strokes, pointillism"):
        painters.paint("cubism", 0)
    for size in (32, 1024):
        with pytest.raises(ValueError, match="64 to 512"):
            painters.paint("waves", 0, size)
