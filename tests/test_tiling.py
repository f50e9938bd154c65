import tracemalloc

import numpy as np
import pytest

from course_utils.models.tiling import (
    average_over_turns,
    average_over_zooms,
    predict_tiled,
    predict_whole,
)
from course_utils.models.unet import border, context, unet


def mirrored(image, top, left, bottom, right):
    return np.pad(image, ((top, bottom), (left, right), (0, 0)), mode="reflect")


@pytest.mark.parametrize("shape", [(70, 53), (16, 200), (5, 5), (64, 64), (1, 7)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_equals_the_prediction_of_the_whole_mirrored_image(shape, padding):
    depth = 2
    model = unet((None, None, 2), classes=3, base=3, depth=depth, padding=padding)
    image = np.random.default_rng(1).random(shape + (2,)).astype(np.float32)
    edge, tile = (context(depth), 80) if padding == "same" else (border(depth), 68)
    found = predict_tiled(model, image, tile, edge, batch=3)

    extra = 4 + 64  # whole tiles to the right and below
    height, width = (-(-n // 4) * 4 + extra for n in shape)
    whole = mirrored(image, edge, edge, height - shape[0] + edge, width - shape[1] + edge)
    answer = np.asarray(model(whole[None]))[0]
    if padding == "same":
        answer = answer[edge:-edge, edge:-edge]
    assert found.shape == shape + (3,) and found.dtype == np.float32
    np.testing.assert_allclose(found, answer[: shape[0], : shape[1]], atol=1e-5)


def test_a_tile_is_no_larger_than_the_picture_needs():
    seen = []
    image = np.random.default_rng(0).random((60, 100, 1)).astype(np.float32)
    found = predict_tiled(lambda tiles: seen.append(tiles.shape) or tiles, image, 528, 8, batch=1)
    assert seen == [(1, 80, 144, 1)]  # both 528 less a multiple of 32
    np.testing.assert_array_equal(found, image)


def test_borders_matter():
    model = unet((None, None, 1), base=3, depth=2)
    image = np.random.default_rng(1).random((96, 96, 1)).astype(np.float32)
    without = predict_tiled(model, image, 32, 0)
    enough = predict_tiled(model, image, 80, context(2))
    assert np.abs(without - enough).max() > 1e-3


def test_mirror_is_numpys_reflection():
    seen = []

    def spy(tiles):
        seen.extend(tiles)
        return tiles

    image = np.arange(12, dtype=np.float32).reshape(3, 4, 1)
    found = predict_tiled(spy, image, tile=16, border=6, batch=1)
    np.testing.assert_array_equal(found, image)
    np.testing.assert_array_equal(seen[0], mirrored(image, 6, 6, 7, 6))


def test_bytes_are_scaled_and_grey_images_have_one_channel():
    image = np.array([[0, 255], [51, 102]], np.uint8)
    found = predict_tiled(lambda tiles: tiles, image, 2, 0)
    np.testing.assert_allclose(found[..., 0], image / 255, atol=1e-7)


def test_large_images_stream():
    image = np.zeros((4096, 4096, 1), np.uint8)  # float32 tiles of all would be 64 MB
    tracemalloc.start()
    found = predict_tiled(lambda tiles: tiles[:, 32:-32, 32:-32].astype(np.float16), image, 320, 32)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (4096, 4096, 1)
    assert peak < found.nbytes + 16e6


def test_a_tile_that_the_network_refuses():
    model = unet((None, None, 1), base=2, depth=3)
    with pytest.raises(ValueError, match="takes no tiles of 60 × 60"):
        predict_tiled(model, np.zeros((60, 60), np.float32), 60, 8)


def test_a_border_that_the_network_does_not_leave():
    model = unet((None, None, 1), base=2, depth=2, padding="valid")
    with pytest.raises(ValueError, match="border of 10"):
        predict_tiled(model, np.zeros((9, 9), np.float32), 60, 10)


@pytest.mark.parametrize("tile, edge", [(20, 10), (20, -1)])
def test_a_border_that_leaves_no_middle(tile, edge):
    with pytest.raises(ValueError, match="leave no middle"):
        predict_tiled(lambda tiles: tiles, np.zeros((9, 9), np.float32), tile, edge)


def test_average_of_a_pixelwise_function_is_itself():
    images = np.random.default_rng(0).random((2, 6, 10, 3))
    np.testing.assert_allclose(average_over_turns(np.square)(images), images**2)


def test_average_over_turns_is_symmetric():
    weights = np.random.default_rng(0).random((6, 6, 1))
    averaged = average_over_turns(lambda images: images * weights)
    image = np.random.default_rng(1).random((1, 6, 6, 1))
    expected = averaged(image)
    np.testing.assert_allclose(averaged(image[:, ::-1]), expected[:, ::-1])
    np.testing.assert_allclose(averaged(np.rot90(image, 1, (1, 2))), np.rot90(expected, 1, (1, 2)))
    turned = [np.rot90(w, k) for w in (weights, weights[::-1]) for k in range(4)]
    np.testing.assert_allclose(expected[0], image[0] * np.mean(turned, axis=0))


def test_average_over_zooms_has_the_size_of_the_picture():
    picture, seen = np.random.default_rng(0).random((50, 40, 3), np.float32), []
    averaged = average_over_zooms(lambda x: seen.append(x.shape) or x, (0.8, 1.0, 2.0))(picture)
    assert seen == [(40, 32, 3), (50, 40, 3), (100, 80, 3)] and averaged.shape == picture.shape
    np.testing.assert_array_equal(average_over_zooms(np.square, (1.0,))(picture), picture**2)


@pytest.mark.parametrize("shape", [(100, 90), (128, 128), (5, 3), (1, 1), (1, 200), (17, 16)])
def test_a_whole_image_of_any_size_goes_through_a_network_with_poolings(shape):
    model = unet((None, None, 2), classes=3, base=3, depth=3)
    image = np.random.default_rng(1).random(shape + (2,)).astype(np.float32)
    found = predict_whole(model, image, 8)
    height, width = (-(-side // 8) * 8 for side in shape)
    room = ((0, height - shape[0]), (0, width - shape[1]), (0, 0))
    answer = np.asarray(model(np.pad(image, room, mode="symmetric")[None]))[0]
    assert found.shape == shape + (3,)
    np.testing.assert_allclose(found, answer[: shape[0], : shape[1]], atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4, 1), (4, 0, 1), (4, 4, 0)])
def test_a_whole_image_without_pixels_is_a_sentence(shape):
    with pytest.raises(ValueError, match="has no pixels"):
        predict_whole(lambda x: x, np.zeros(shape, np.float32), 8)
