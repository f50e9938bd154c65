"""Metrics of colours against hand-computed cases, symmetries and errors."""

import numpy as np
import pytest
from skimage import color

from course_utils import images, metrics

rng = np.random.default_rng(0)


def flat(*rgb, size=(4, 5)):
    return np.full((*size, 3), rgb, np.float64)


def test_scores_of_three_pictures_by_hand():
    truths = [flat(0.5, 0, 0), flat(0, 0.5, 0), flat(0, 0, 0.5, size=(2, 5))]
    made = [truths[0], truths[1] + 0.3, truths[2] + 0.1]
    scores = metrics.colour_scores(truths, made)
    assert (scores["mad_min"], scores["mad_max"]) == (0, pytest.approx(0.3))
    assert scores["mad_mean"] == pytest.approx(0.4 / 3)
    assert scores["psnr"] == pytest.approx(-10 * np.log10((20 * 0.09 + 10 * 0.01) / 50))
    assert scores["colourfulness"] == pytest.approx(1)  # the same grey added changes no opponent
    assert metrics.colour_scores(truths, truths)["psnr"] == np.inf


def test_grey_is_good_for_the_differences_and_nothing_for_colourfulness():
    truths = [0.5 + 0.1 * rng.random((9, 8, 3)) for _ in range(3)]
    greys = [np.repeat(picture.mean(-1, keepdims=True), 3, -1) for picture in truths]
    scores = metrics.colour_scores(truths, greys)
    assert scores["mad_mean"] < 0.05 and scores["colourfulness"] == pytest.approx(0, abs=1e-9)
    half = [(truth + grey) / 2 for truth, grey in zip(truths, greys, strict=True)]
    assert metrics.colour_scores(truths, half)["colourfulness"] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="all of truths are grey"):
        metrics.colour_scores(greys, truths)


def test_the_colourfulness_of_objects_looks_at_nothing_else():
    truths = rng.random((3, 8, 8, 3)).astype(np.float32)
    masks = rng.random((3, 8, 8)) > 0.5
    masks[2] = False
    made = np.where(masks[..., None], truths, 0.5)
    made[2] = 0.5  # without an object
    assert metrics.colour_scores(truths, made, masks)["objects"] == pytest.approx(1)
    assert metrics.colour_scores(truths, 0 * made + 0.5, masks)["objects"] == pytest.approx(0)
    assert "objects" not in metrics.colour_scores(truths, made)
    with pytest.raises(ValueError, match="masks are empty"):
        metrics.colour_scores(truths, made, masks & False)


def test_colourfulness_by_hand():
    assert metrics.colourfulness(flat(0.3, 0.3, 0.3)) == pytest.approx(0, abs=1e-9)
    red = flat(1, 0, 0)  # rg = 255, yb = 127.5 everywhere
    assert metrics.colourfulness(red) == pytest.approx(0.3 * np.hypot(255, 127.5))
    both = np.concatenate([red, flat(0, 1, 0)])  # rg = ±255, yb = 127.5
    assert metrics.colourfulness(both) == pytest.approx(255 + 0.3 * 127.5)
    picture = rng.random((6, 7, 3))
    elsewhere = rng.permutation(picture.reshape(-1, 3)).reshape(7, 6, 3)
    assert metrics.colourfulness(picture) == pytest.approx(metrics.colourfulness(elsewhere))


def test_the_error_of_an_object_s_colour_by_hand():
    lab = np.full((6, 6, 3), (50, 0, 0), np.float32)
    other = lab.copy()
    other[2:4, 2:4] = (70, 12, -16)  # lightness doesn't count
    mask = np.zeros((6, 6), bool)
    mask[2:4, 2:4] = True
    truth, made = (np.float64(images.lab_to_rgb(each)) for each in (lab, other))
    assert metrics.colour_error(truth, made, mask) == pytest.approx(20, abs=0.01)
    assert metrics.colour_error(made, truth, mask) == pytest.approx(20, abs=0.01)
    assert metrics.colour_error(truth, made, ~mask) == pytest.approx(0, abs=0.01)
    mixed = np.float64(images.lab_to_rgb(np.where([[[False, True, True]]], -other, other) * 1.0))
    halves = np.where(np.arange(6)[:, None, None] < 3, made, mixed)  # opposite colours: grey mean
    off = np.linalg.norm(color.rgb2lab(halves)[mask].mean(0)[1:] - color.rgb2lab(truth)[0, 0, 1:])
    assert off < 1 and metrics.colour_error(truth, halves, mask) == pytest.approx(off, abs=1e-6)
    with pytest.raises(ValueError, match="mask is empty"):
        metrics.colour_error(truth, made, np.zeros((6, 6), bool))
