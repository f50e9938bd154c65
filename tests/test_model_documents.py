import numpy as np
import pytest

from course_utils import profile
from course_utils.models import documents
from course_utils.training import documents as training

profile.set_seeds(0)
MODEL = documents.denoiser(width=4)
PAGE = np.random.default_rng(0).random((40, 56)).astype(np.float32)


def test_the_shipped_size_fits_into_half_a_megabyte_of_float16():
    assert documents.denoiser().count_params() * 2 < 0.5e6


@pytest.mark.parametrize("shape", [(40, 56), (41, 50), (1, 1), (7, 300)])
def test_a_page_of_any_size_keeps_it(shape):
    cleaned = documents.clean(MODEL, np.ones(shape, np.float32))
    assert cleaned.shape == shape and cleaned.dtype == np.float32
    assert 0 <= cleaned.min() and cleaned.max() <= 1


def test_what_is_added_at_the_rim_does_not_reach_far_into_the_page():
    page = np.random.default_rng(1).random((160, 160)).astype(np.float32)
    part = documents.clean(MODEL, page[:157, :155])
    assert np.allclose(part[:100, :100], documents.clean(MODEL, page)[:100, :100], atol=1e-6)


def test_a_large_page_tile_by_tile_is_the_same_as_at_once(monkeypatch):
    page = np.random.default_rng(2).random((200, 264)).astype(np.float32)
    whole = documents.clean(MODEL, page)
    monkeypatch.setattr(documents, "LARGE", 1000)
    monkeypatch.setattr(documents, "TILE", 192)
    tiled = documents.clean(MODEL, page)
    rim = documents.BORDER  # at the page's rim the two continue the paper in different ways
    assert np.allclose(whole[rim:-rim, rim:-rim], tiled[rim:-rim, rim:-rim], atol=1e-5)


def test_the_border_covers_what_an_answer_depends_on():
    page = np.zeros((320, 320), np.float32)
    changed = page.copy()
    changed[160, 160] = 1
    rows, columns = np.nonzero(documents.clean(MODEL, page) != documents.clean(MODEL, changed))
    reach = max(abs(rows - 160).max(), abs(columns - 160).max())
    assert 8 <= reach <= documents.BORDER


def test_flips_are_the_mean_over_four_mirror_images():
    mirrored = [documents.clean(MODEL, np.flip(PAGE, axes)) for axes in ((), 0, 1, (0, 1))]
    turned_back = [
        np.flip(page, axes) for page, axes in zip(mirrored, ((), 0, 1, (0, 1)), strict=True)
    ]
    assert np.allclose(
        documents.clean(MODEL, PAGE, flips=True), np.mean(turned_back, axis=0), atol=1e-6
    )


@pytest.mark.parametrize(("steps", "measured"), [(8, [2, 4, 6, 8]), (3, [1, 2, 3])])
def test_held_out_pages_are_measured_now_and_then(steps, measured):
    model = documents.denoiser(width=4)
    model.compile(training.optimizer(steps), "mse")
    pair = PAGE[None, :, :, None], PAGE[None, :, :, None]
    callback, losses = training.held_out(pair, steps, times=4)
    model.fit(*pair, epochs=steps, verbose=0, callbacks=[callback])
    assert list(losses) == measured and all(map(np.isfinite, losses.values()))
