import keras
import numpy as np
import pytest
from keras import layers

from course_utils.models import face_sketch
from course_utils.models.layers import Noise


def count(model, kind):
    return sum(type(layer) is kind for layer in model.layers)


def test_the_autoencoder_has_the_source_slides_layers():
    model = face_sketch.autoencoder(64, width=2)
    assert (count(model, layers.Conv2D), count(model, layers.Conv2DTranspose)) == (6, 8)
    assert not any(isinstance(layer, layers.Concatenate) for layer in model.layers)
    assert model.output_shape == (None, 64, 64, 3)
    narrowest = min(layer.output.shape[1] for layer in model.layers)
    assert narrowest == 16
    assert count(model, layers.UpSampling2D) == 2
    for layer in model.layers:  # no lattice: no transposed convolution doubles by itself
        assert not isinstance(layer, layers.Conv2DTranspose) or layer.strides == (1, 1)


def test_the_resnet_generator_has_the_papers_layers_but_for_two_kernels():
    model = face_sketch.resnet_generator(128, width=4, blocks=6, transposed=True)
    sizes = [
        (layer.kernel_size[0], layer.strides[0], layer.filters)
        for layer in model.layers
        if hasattr(layer, "kernel_size")
    ]
    assert sizes == [
        (7, 1, 4),
        (3, 2, 8),
        (3, 2, 16),
        *[(3, 1, 16)] * 12,
        (4, 2, 8),
        (4, 2, 4),
        (7, 1, 3),
    ]
    norms = [layer for layer in model.layers if isinstance(layer, layers.GroupNormalization)]
    assert len(norms) == len(sizes) - 1
    assert all(norm.groups == norm.input.shape[-1] and norm.epsilon == 1e-5 for norm in norms)


@pytest.mark.slow
def test_the_papers_width_has_the_papers_parameters():
    """11.378 million: 64 channels, 9 blocks; ours has scale and shift of its norms, no
    idle bias, and kernels of 16 weights in the place of 9 where sides are doubled."""
    model = face_sketch.resnet_generator(256, transposed=True)
    norms = sum(
        layer.count_params()
        for layer in model.layers
        if isinstance(layer, layers.GroupNormalization)
    )
    idle = sum(layer.filters for layer in model.layers if hasattr(layer, "filters")) - 3
    larger = (16 - 9) * (256 * 128 + 128 * 64)
    assert model.count_params() - norms - larger + idle == 11_378_179


@pytest.mark.parametrize("make", [face_sketch.autoencoder, face_sketch.resnet_generator])
def test_any_fitting_size_in_range_and_one_picture_at_a_time(make):
    keras.utils.set_random_seed(0)
    model = make(width=2, **({"blocks": 1} if make is face_sketch.resnet_generator else {}))
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 24, 40, 3)).astype(np.float32)
    made = model(pictures, training=True).numpy()
    assert made.shape == pictures.shape and np.abs(made).max() <= 1
    assert np.allclose(made[:1], model(pictures[:1], training=True), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "side", "multiple"),
    [
        (face_sketch.autoencoder, 62, 4),
        (face_sketch.autoencoder, 0, 4),
        (face_sketch.resnet_generator, 66, 4),
        (face_sketch.resnet_generator, 2, 4),
    ],
)
def test_a_side_that_does_not_fit_is_named(make, side, multiple):
    with pytest.raises(ValueError, match=f"multiple of {multiple}, not {side}"):
        make(side)


def test_the_edge_is_mirrored():
    """A constant picture stays constant up to its edge; zeros around it would show as a frame."""
    picture = keras.Input((16, 16, 1))
    layer = keras.Model(picture, face_sketch._conv(picture, 2, 7))
    made = layer(np.ones((1, 16, 16, 1), np.float32)).numpy()
    assert np.ptp(made, axis=(1, 2)).max() < 1e-6


def test_noise_goes_into_both_layers_up_and_interpolation_takes_the_place_of_transposing():
    model = face_sketch.resnet_generator(16, width=2, blocks=1, noise=True)
    assert count(model, Noise) == count(model, layers.UpSampling2D) == 2
    assert count(model, layers.Conv2DTranspose) == 0
    assert count(face_sketch.resnet_generator(16, width=2, blocks=1), Noise) == 0


def test_a_residual_block_starts_from_its_input():
    keras.utils.set_random_seed(0)
    features = keras.Input((8, 8, 4))
    block = keras.Model(features, face_sketch.residual_block(features))
    for variable in block.trainable_variables:
        variable.assign(0 * variable)
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype(np.float32)
    assert np.allclose(block(x), x)
