"""Lab in a graph: agreement with scikit-image, gradients, what sRGB lacks."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import color

from course_utils import colour, images

LEVELS = np.linspace(0, 1, 9)
CUBE = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS), -1).astype(np.float32)  # (9, 9, 9, 3)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_all_colours_are_those_of_scikit_image_and_come_back():
    lab = array(colour.rgb_to_lab(CUBE))
    assert np.abs(lab - color.rgb2lab(CUBE)).max() < 1e-3
    assert np.abs(array(colour.lab_to_rgb(lab)) - CUBE).max() < 1e-4
    inside = color.rgb2lab(CUBE.astype(np.float64))
    assert np.abs(array(colour.lab_to_rgb(inside)) - color.lab2rgb(inside)).max() < 1e-4
    double = array(colour.rgb_to_lab(CUBE.astype(np.float64)))
    assert double.dtype == np.float64 and np.abs(double - inside).max() < 1e-9
    assert lab.dtype == np.float32


def test_white_black_and_the_constants_of_networks():
    white, black = array(colour.rgb_to_lab(np.float32([[1, 1, 1], [0, 0, 0]])))
    assert np.allclose(white, [100, 0, 0], atol=0.01) and np.allclose(black, 0, atol=1e-4)
    lab = color.rgb2lab(CUBE.astype(np.float64))
    seen = colour.scaled(lab)
    assert np.allclose(seen[..., 0], lab[..., 0] / 50 - 1)
    assert np.allclose(seen[..., 1:], lab[..., 1:] / 110) and np.abs(seen).max() < 1 + 1e-6
    for kind in (np.float32, np.float64):
        tensor = keras.ops.convert_to_tensor(lab.astype(kind))
        assert np.allclose(array(colour.unscaled(colour.scaled(tensor))), lab, atol=1e-4)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("way", [colour.rgb_to_lab, colour.lab_to_rgb])
def test_in_a_graph_each_gradient_is_finite_and_right(jit, way):
    rng = np.random.default_rng(0)
    rgb = np.concatenate([CUBE.reshape(-1, 3), rng.uniform(0, 0.01, (50, 3))])  # black and near it
    x = rgb if way is colour.rgb_to_lab else color.rgb2lab(rgb)

    @tf.function(jit_compile=jit)
    def jacobian(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = way(x)
        return y, tape.gradient(y, x)

    y, slopes = (array(each) for each in jacobian(tf.constant(x)))
    assert np.isfinite(slopes).all() and np.allclose(y, array(way(x)), atol=1e-9)
    inner = np.abs(rgb - 0.5).max(-1) < 0.49  # where no step ends at the clip or at the cube's side
    some, step = x[inner], 1e-5
    for axis in np.eye(3):
        rise = array(way(some + step * axis)).sum(-1) - array(way(some - step * axis)).sum(-1)
        assert np.allclose(slopes[inner] @ axis, rise / (2 * step), rtol=1e-4, atol=1e-4)


def test_colours_that_srgb_lacks_are_clipped_and_counted():
    lab = np.float32([[50, 0, 0], [50, 200, -200], [100, 40, 0], [50, 20, 20]])
    rgb = array(colour.lab_to_rgb(lab))
    assert rgb.min() >= 0 and rgb.max() <= 1
    assert np.allclose(rgb[[0, 3]], images.lab_to_rgb(lab[[0, 3]]), atol=1e-4)
    assert float(colour.out_of_gamut(lab)) == pytest.approx(0.5)
    assert float(colour.out_of_gamut(array(colour.rgb_to_lab(CUBE)))) == 0
    in_graph = tf.function(colour.out_of_gamut)(tf.constant(lab[None, None]))
    assert float(in_graph) == pytest.approx(0.5)


@pytest.mark.parametrize("function", [colour.rgb_to_lab, colour.lab_to_rgb, colour.out_of_gamut])
def test_other_input_gets_a_sentence(function):
    with pytest.raises(TypeError, match="must be floats, not uint8"):
        function(np.zeros((2, 3), np.uint8))
    for shape in ((4, 4, 1), ()):
        with pytest.raises(ValueError, match="3 channels are needed, last"):
            function(np.zeros(shape, np.float32))
    with pytest.raises(ValueError, match="look at the step"):
        function(np.full((1, 3), np.nan, np.float32))
