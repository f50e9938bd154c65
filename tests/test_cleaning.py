import cv2
import numpy as np
import pytest
from scipy import ndimage
from scipy.special import logit

from course_utils import cleaning
from course_utils.exercises import documents as mistakes
from course_utils.exercises.documents import network
from course_utils.metrics import rmse
from course_utils.models import documents

EVERY = [
    cleaning.slides_chain,
    cleaning.median_filter,
    cleaning.sauvola,
    cleaning.subtract_background,
]


def written(size=(120, 260)):
    """White paper with lines of smooth black letters."""
    sheet = np.full(size, 255, np.uint8)
    for line in range(size[0] // 30):
        cv2.putText(
            sheet,
            "abc def ghi jkl",
            (8, 22 + 30 * line),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.7,
            0,
            2,
            cv2.LINE_AA,
        )
    return sheet.astype(np.float32) / 255


def shaded(sheet):
    """A shadow from 0.9 at the left to 0.4 at the right falls on the sheet."""
    return sheet * np.linspace(0.9, 0.4, sheet.shape[1], dtype=np.float32)


@pytest.mark.parametrize("clean", EVERY)
def test_form(clean):
    noisy = np.random.default_rng(0).random((40, 57), np.float32)
    before = noisy.copy()
    cleaned = clean(noisy)
    assert cleaned.shape == (40, 57) and cleaned.dtype == np.float32
    assert cleaned.min() >= 0 and cleaned.max() <= 1 and np.array_equal(noisy, before)
    with pytest.raises(ValueError, match="to_grey"):
        clean(noisy[..., None].repeat(3, -1))


@pytest.mark.parametrize("clean", EVERY)
def test_empty_white_paper_stays_white(clean):
    assert (clean(np.ones((30, 30), np.float32)) == 1).all()


def test_slides_chain_by_its_kernels():
    noisy = np.random.default_rng(1).random((30, 40), np.float32) * 0.5
    smooth = ndimage.convolve(noisy, np.outer([1, 2, 1], [1, 2, 1]) / 16, mode="mirror")
    edges = ndimage.convolve(smooth, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], mode="mirror")
    clear = np.abs(1 - edges - 0.85) > 1e-4
    assert np.array_equal(cleaning.slides_chain(noisy)[clear], (1 - edges > 0.85)[clear])
    assert cleaning.slides_chain(noisy, shape=(172, 360)).shape == (172, 360)


def test_slides_chain_keeps_strokes_and_hollows_blocks():
    sheet = np.ones((40, 60), np.float32)
    sheet[5:35, 10:12] = sheet[5:35, 30:50] = 0
    binary = cleaning.slides_chain(sheet)
    assert (binary[10:30, 10:12] == 0).all() and (binary[10:30, 35:45] == 1).all()


def test_median_filter_is_the_median():
    levels = np.random.default_rng(2).integers(0, 256, (25, 31)).astype(np.uint8)
    for radius in (1, 4):
        right = ndimage.median_filter(levels, 2 * radius + 1, mode="nearest")
        found = cleaning.median_filter(levels / np.float32(255), radius)
        assert np.array_equal(np.round(found * 255), right)


def test_median_filter_takes_thin_strokes_with_the_speckles():
    sheet = np.ones((20, 20), np.float32)
    sheet[5, 5] = sheet[:, 12] = 0
    assert (cleaning.median_filter(sheet) == 1).all()


def test_sauvola_by_its_equation():
    noisy = np.random.default_rng(3).random((31, 33), np.float32)
    part = noisy[16 - 12 : 16 + 13, 17 - 12 : 17 + 13]
    threshold = part.mean() * (1 + 0.5 * (part.std() / 0.5 - 1))
    for value in (threshold - 0.01, threshold + 0.01):
        near = noisy.copy()
        near[16, 17] = value
        assert cleaning.sauvola(near)[16, 17] == (value > threshold)


def test_sauvola_follows_a_shadow_that_no_single_threshold_does():
    sheet = np.ones((60, 200), np.float32)
    sheet[20:40, 10:190:12] = 0.3
    light = np.where(np.arange(200) < 100, 1, 0.25).astype(np.float32)
    ink = sheet < 1
    found = cleaning.sauvola(sheet * light)
    assert (light * sheet)[ink].max() > (light * sheet)[~ink].min(), "one threshold can't do it"
    assert (found == ~ink)[:, :85].mean() > 0.99 and (found == ~ink)[:, 115:].mean() > 0.99


def test_subtract_background_by_hand():
    sheet = np.full((60, 60), 0.8, np.float32)
    sheet[30, 30], sheet[30, 40], sheet[30, 20] = 0.44, 0.08, 0.78
    cleaned = cleaning.subtract_background(sheet)
    assert cleaned[30, 30] == pytest.approx((0.44 / 0.8 - 0.15) / 0.8, abs=0.01)
    assert cleaned[30, 40] == 0 and cleaned[30, 20] == cleaned[5, 5] == 1


def test_subtract_background_does_not_see_the_light():
    sheet = written()
    bright, dark = (cleaning.subtract_background(sheet * light) for light in (0.9, 0.45))
    assert np.abs(bright - dark).max() < 0.02
    assert rmse(sheet, cleaning.subtract_background(shaded(sheet))) < rmse(sheet, shaded(sheet)) / 4


def test_subtract_background_of_black_paper_is_finite():
    assert np.isfinite(cleaning.subtract_background(np.zeros((30, 30), np.float32))).all()


def perfect(pages, training=False):
    """A network that leaves a page as it is."""
    return logit(np.clip(pages, 1e-6, 1 - 1e-6))


def test_resizing_to_one_shape_spoils_a_page_that_needs_no_cleaning():
    sheet = written((420, 540))
    spoilt = mistakes.fixed_shape(perfect, sheet)
    assert spoilt.shape == sheet.shape and rmse(sheet, spoilt) > 0.05
    assert rmse(sheet, documents.clean(perfect, sheet)) < 1e-3


def test_misprints_of_a_page_of_any_size_by_their_symptoms():
    paper = np.full((13, 16), 0.8, np.float32)  # the stand-in averages 5 × 5 pixels
    right = documents.clean(network, paper)
    np.testing.assert_allclose(right, 0.8, atol=1e-6)
    black = mistakes.filled_with_black(network, paper)
    white = mistakes.filled_with_white(network, paper)
    np.testing.assert_allclose(black[-1], 0.8 * 3 / 5, atol=1e-6)
    np.testing.assert_allclose(white[-1], (0.8 * 3 + 1 * 2) / 5, atol=1e-6)
    np.testing.assert_allclose([black[:11], white[:11]], 0.8, atol=1e-6)
    assert mistakes.remainder_cut_off(network, paper).shape == (8, 16)
    assert mistakes.not_cut_back(network, paper).shape == (16, 16)
    assert mistakes.cut_by_minus_zero(network, paper).shape == (13, 0)
    assert mistakes.sigmoid_forgotten(network, paper).min() == pytest.approx(np.log(4))
    dot = paper.copy()
    dot[6, 7] = 0
    shifted = mistakes.filled_on_the_other_side(network, dot)
    assert np.argwhere(shifted < 0.79).min(0).tolist() == [7, 5], "three pixels down, none across"
    stretched = mistakes.stretched_to_fit(network, dot)
    assert np.abs(stretched - documents.clean(network, dot)).max() > 0.001


def test_misprints_of_cleaning_by_hand_by_their_symptoms():
    stained = np.full((60, 80), 0.8, np.float32)
    stained[:, 40:] = np.linspace(0.3, 0.4, 40)
    stained[10:50, 4::8] *= 0.25  # strokes
    assert mistakes.one_threshold_for_the_page(stained)[:, 40:].mean() < 0.1, "the stain is black"
    assert cleaning.subtract_background(stained)[:, 60:].mean() > 0.8
    assert np.array_equal(mistakes.page_left_as_it_is(stained), stained)
    white = mistakes.ink_made_white(stained)
    assert white[20, 12] > 0.8 and white[20, 13] < 0.1
    without = mistakes.ink_filtered_away(stained)
    np.testing.assert_allclose(without[:, :30], 0.8, atol=0.01)
    stretched = mistakes.contrast_stretched(stained)
    assert stretched[0, 1] == 1 and stretched[0, 79] == pytest.approx(0.4 / 0.8, abs=0.1)
