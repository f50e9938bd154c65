"""Content, Gram, style and variation against an oracle of loops and NumPy, at every layer of VGG-19."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_losses import finite_differences

from course_utils import losses
from course_utils.exercises import style as mistakes
from course_utils.models import features

rng = np.random.default_rng(4)


def activations(side=5, channels=3, batch=1, seed=0):
    return np.random.default_rng(seed).random((batch, side, side + 1, channels), np.float32)


def gram_by_loops(f):
    flat = f.reshape(-1, f.shape[-1]).astype(np.float64)
    return np.array(
        [[sum(flat[:, i] * flat[:, j]) for j in range(flat.shape[1])] for i in range(flat.shape[1])]
    )


def gradient(function, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x).numpy()


# By hand ----------------------------------------------------------------------------------------


def test_by_hand():
    f = np.float32([[[[1, 2], [3, 0]]]])  # two places, two channels
    p = np.float32([[[[0, 2], [1, 1]]]])
    assert float(losses.content_loss(f, p)[0]) == (1 + 0 + 4 + 1) / 2
    assert losses.gram_matrix(f).numpy().tolist() == [[[10, 2], [2, 4]]]
    assert losses.gram_matrix(p).numpy().tolist() == [[[1, 1], [1, 5]]]
    e = losses.style_loss(losses.gram_matrix(f), losses.gram_matrix(p)[0], 2)
    assert float(e[0]) == pytest.approx((81 + 1 + 1 + 1) / (4 * 2**2 * 2**2))
    assert float(losses.total_variation(f)[0]) == 4 + 4


def test_variation_of_flat_and_of_one_pixel_is_zero():
    assert float(losses.total_variation(np.ones((1, 4, 4, 3), np.float32))[0]) == 0
    assert float(losses.total_variation(np.ones((1, 1, 1, 3), np.float32))[0]) == 0


@pytest.mark.parametrize("kind", ["course", "vgg19"])
def test_the_formula_at_every_layer_with_its_own_n_and_m(kind):
    side = 32
    for name in features.NAMES:
        channels = features.WIDTHS[kind][int(name[5]) - 1]
        m = (side >> int(name[5]) - 1) ** 2
        one, other = rng.random((2, 1, int(m**0.5), int(m**0.5), channels))
        g, a = (np.einsum("bhwi,bhwj->bij", x, x) for x in (one, other))
        found = losses.style_loss(losses.gram_matrix(one), losses.gram_matrix(other)[0], m)
        assert float(found[0]) == pytest.approx(np.sum((g - a) ** 2) / (4 * channels**2 * m**2))
        content = losses.content_loss(one, other)
        assert float(content[0]) == pytest.approx(0.5 * np.sum((one - other) ** 2))


def test_gram_against_loops_and_batch_by_batch():
    f = activations(batch=3)
    found = losses.gram_matrix(f).numpy()
    for picture, gram in zip(f, found, strict=True):
        assert np.allclose(gram, gram_by_loops(picture), rtol=1e-5)
    assert np.allclose(found, found.swapaxes(1, 2))
    assert np.linalg.eigvalsh(found.astype(np.float64)).min() > -1e-4


def test_style_forgets_where_and_content_does_not():
    f = activations(side=6)
    moved = np.roll(f, (2, 3), axis=(1, 2))
    assert np.allclose(losses.gram_matrix(f), losses.gram_matrix(moved), rtol=1e-5)
    assert float(losses.content_loss(f, moved)[0]) > 1


def test_a_style_of_another_size_is_compared_per_place():
    f = activations(side=5)
    twice = np.concatenate([f, f], axis=1)
    gram, target = losses.gram_matrix(f), losses.gram_matrix(twice)[0]
    assert float(losses.style_loss(gram, target, 30, 60)[0]) == pytest.approx(0, abs=1e-9)
    assert float(losses.style_loss(gram, target, 30)[0]) > 1e-3


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: losses.content_loss(x, activations(4, 2, seed=1))[0],
        lambda x: losses.style_loss(losses.gram_matrix(x), np.eye(2, dtype=np.float32), 20)[0],
        lambda x: losses.total_variation(x)[0],
    ],
)
def test_gradients_against_finite_differences(loss):
    x = activations(4, 2)
    assert np.allclose(
        gradient(loss, x), finite_differences(loss, x, step=1e-3), rtol=2e-2, atol=2e-3
    )


def test_float64_stays_and_float16_is_computed_in_float32():
    x = np.full((1, 64, 64, 2), 8, np.float16)  # its Gram matrix is beyond float16
    assert losses.gram_matrix(x).numpy().tolist() == [[[262144] * 2] * 2]
    assert losses.gram_matrix(x.astype(np.float64)).dtype == tf.float64


def test_shapes_that_do_not_fit_get_one_sentence():
    with pytest.raises(ValueError, match="add the batch's axis"):
        losses.gram_matrix(np.zeros((4, 4, 3), np.float32))
    with pytest.raises(
        ValueError, match=r"target \(1, 5, 6, 3\) doesn't fit features \(1, 4, 5, 3\)"
    ):
        losses.content_loss(activations(4), activations(5))
    with pytest.raises(ValueError, match=r"target \(4, 4\) doesn't fit gram \(1, 3, 3\)"):
        losses.style_loss(np.zeros((1, 3, 3)), np.zeros((4, 4)), 9)


# Mistakes ---------------------------------------------------------------------------------------


def test_the_misprinted_gram_matrix_knows_means_only():
    f = activations(side=8)
    shuffled = f.reshape(1, -1, 3).copy()
    for channel in range(3):
        np.random.default_rng(channel).shuffle(shuffled[0, :, channel])
    shuffled = shuffled.reshape(f.shape)
    assert np.allclose(mistakes.plus_for_times(f), mistakes.plus_for_times(shuffled), rtol=1e-5)
    assert not np.allclose(losses.gram_matrix(f), losses.gram_matrix(shuffled), rtol=1e-2)
    assert mistakes.gram_of_places(f).shape == (1, 72, 72)


def test_without_squares_both_losses_run_below_zero():
    f, p = activations(seed=1), activations(seed=2)
    assert float(mistakes.content_without_square(f - 100, p)[0]) < -1000
    gram, target = losses.gram_matrix(f), 100 * losses.gram_matrix(p)[0]
    assert float(mistakes.style_without_square(gram, target, 30)[0]) < 0
    assert float(losses.style_loss(gram, target, 30)[0]) > 0


def test_one_size_for_all_layers_shifts_the_weights_as_the_literature_says():
    ratios = []
    for block, channels in enumerate(features.WIDTHS["vgg19"]):
        places = (256 >> block) ** 2
        gram, target = np.random.default_rng(block).random((2, 1, channels, channels))
        args = gram, target[0], places
        ratios.append(
            float(mistakes.one_size_for_all_layers(*args)[0] / losses.style_loss(*args)[0])
        )
    assert ratios == pytest.approx([455, 114, 28.4, 7.11, 0.444], rel=1e-2)
    assert ratios[0] / ratios[4] == pytest.approx(1024)


def test_the_other_normalisations():
    gram, target = losses.gram_matrix(activations()), losses.gram_matrix(activations(seed=9))[0]
    right = float(losses.style_loss(gram, target, 30)[0])
    assert float(mistakes.quarter_missing(gram, target, 30)[0]) == pytest.approx(4 * right)
    assert float(mistakes.divided_by_channels_twice(gram, target, 30)[0]) == pytest.approx(
        right / 9
    )


def test_absolute_steps_are_those_of_tensorflow():
    x = activations(6)
    assert np.allclose(
        mistakes.absolute_steps(x), tf.image.total_variation(tf.constant(x)), rtol=1e-5
    )
    assert not np.allclose(losses.total_variation(x), mistakes.absolute_steps(x), rtol=1e-2)


def test_preprocessing_once_and_its_mistakes():
    x = rng.random((1, 4, 4, 3), np.float32)
    right = keras.applications.vgg19.preprocess_input(255 * x.copy())
    assert np.allclose(features.caffe(x), right, atol=1e-3)
    for name in ("preprocessed_twice", "red_left_first", "left_in_0_to_1"):
        assert np.abs(np.asarray(getattr(mistakes, name)(x)) - right).max() > 5
