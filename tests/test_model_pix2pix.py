import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import profile
from course_utils.exercises import pix2pix as mistakes
from course_utils.models import layers, patchgan, pix2pix

SIDE = 32
random = np.random.default_rng(0)
pictures = random.uniform(-1, 1, (3, SIDE, SIDE, 3)).astype(np.float32)


def network(kind="unet", **more):
    profile.set_seeds(0)
    return pix2pix.generator(kind, SIDE, width=4, **more)


# Generator ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", pix2pix.KINDS)
def test_shapes_range_and_the_papers_layers(kind):
    model = pix2pix.generator(kind, 128, width=4, in_channels=1, out_channels=2)
    assert model.input_shape == (None, 128, 128, 1) and model.output_shape == (None, 128, 128, 2)
    assert np.abs(model(np.full((1, 128, 128, 1), 1e4, np.float32))).max() <= 1
    down, up = (convolutions(model, stride) for stride in (2, 1))
    assert [layer.filters for layer in down] == [4, 8, 16, 32, 32, 32, 32]
    assert down[-1].output.shape[1:] == (1, 1, 32)
    assert [layer.filters for layer in up] == [32, 32, 32, 16, 8, 4, 2]
    assert np.allclose(slopes_of(model), 0.2)
    assert not count(model, keras.layers.Dropout)
    assert count(pix2pix.generator(kind, 128, width=2, dropout=0.5), keras.layers.Dropout) == 3


def convolutions(model, stride):
    found = [layer for layer in model.layers if type(layer) is keras.layers.Conv2D]
    return [layer for layer in found if layer.strides == (stride, stride)]


def count(model, kind):
    return sum(isinstance(layer, kind) for layer in model.layers)


@pytest.mark.parametrize("fine", [0, 5])
def test_the_way_up_interpolates_or_is_transposed_as_in_the_paper(fine):
    model, papers = (network(fine=fine, transposed=way) for way in (False, True))
    assert not count(model, keras.layers.Conv2DTranspose)
    assert (
        count(model, keras.layers.UpSampling2D) == 5 == count(papers, keras.layers.Conv2DTranspose)
    )
    assert not count(papers, keras.layers.UpSampling2D)


def test_only_the_transposed_way_up_weaves_a_lattice():
    grey, spread = keras.Input((8, 8, 4)), {}
    for transposed in (False, True):
        profile.set_seeds(0)
        model = keras.Model(grey, layers.enlarged(grey, 4, transposed))
        middle = model(np.ones((1, 8, 8, 4), np.float32)).numpy()[0, 3:-3, 3:-3]
        spread[transposed] = np.ptp(middle, axis=(0, 1)).min()
        assert np.allclose(middle[:-2], middle[2:])  # period 2
    assert spread[False] < 1e-6 and spread[True] > 0.01


def slopes_of(model):
    leaky = [layer for layer in model.layers if isinstance(layer, keras.layers.LeakyReLU)]
    return [layer.negative_slope for layer in leaky]


def test_the_papers_generator_has_the_papers_weights():
    models = [pix2pix.generator(side=256, width=width) for width in (2, 4)]
    counts = [kernel_weights(model, taps=16) for model in models]
    square, line = np.linalg.solve([[4, 2], [16, 4]], counts)  # count = square*w² + line*w
    assert (square * 64**2 + line * 64) / 1e6 == pytest.approx(54.40, abs=0.01)


def kernel_weights(model, taps=None):
    """How many, as if a kernel of 3x3, after an interpolation, were one of `taps`."""
    kernels = [v.shape for v in model.trainable_variables if v.name == "kernel"]
    return sum(np.prod(s) if s[0] != 3 or not taps else taps * s[2] * s[3] for s in kernels)


def test_initial_weights():
    kernels = [v.numpy() for v in network().trainable_variables if v.name == "kernel"]
    values = np.concatenate([kernel.ravel() for kernel in kernels])
    assert values.std() == pytest.approx(0.02, rel=0.02) and abs(values.mean()) < 3e-4
    for a, b in itertools.combinations(kernels, 2):  # no two start alike
        assert a.shape != b.shape or not np.allclose(a, b)


@pytest.mark.parametrize("kind", pix2pix.KINDS)
def test_the_answer_depends_on_the_input_at_batch_one(kind):
    model = network(kind, dropout=0)
    first, second = (model(pictures[i : i + 1]).numpy() for i in (0, 1))
    assert np.abs(first - second).max() > 1e-2


def test_norm_at_the_bottleneck_makes_the_encoder_decoder_blind():
    faulty = mistakes.norm_at_the_bottleneck("encoder_decoder", SIDE, width=4)
    first, second = (faulty(pictures[i : i + 1]).numpy() for i in (0, 1))
    assert np.array_equal(first, second)
    faulty = mistakes.norm_at_the_bottleneck("unet", SIDE, width=4)
    first, second = (faulty(pictures[i : i + 1]).numpy() for i in (0, 1))
    assert np.abs(first - second).max() > 1e-2  # the skips hide it


def test_skips_double_the_channels_and_the_encoder_decoder_has_none():
    inputs = {kind: network(kind).layers[-2].input.shape[-1] for kind in pix2pix.KINDS}
    assert inputs == {"unet": 8, "encoder_decoder": 4}


def test_a_fine_layer_at_full_size_sees_the_source_of_the_unet():
    last = {kind: network(kind, fine=5).layers[-2] for kind in pix2pix.KINDS}
    assert {kind: layer.input.shape[1:] for kind, layer in last.items()} == {
        "unet": (SIDE, SIDE, 5 + 3),
        "encoder_decoder": (SIDE, SIDE, 5),
    }
    assert network(fine=5)(pictures).shape == pictures.shape


def test_each_layer_at_full_size_is_as_wide_and_sees_the_source():
    model = network("unet", fine=5, fine_layers=3)
    joined = [each for each in model.layers if isinstance(each, keras.layers.Concatenate)]
    assert [each.output.shape[1:] for each in joined[-3:]] == [(SIDE, SIDE, 5 + 3)] * 3


@pytest.mark.parametrize("side", [16, 48, 100])
def test_other_sides_and_kinds_are_refused(side):
    with pytest.raises(ValueError, match="power of two"):
        pix2pix.generator(side=side)
    with pytest.raises(ValueError, match="unet, encoder_decoder, not 'resnet'"):
        pix2pix.generator("resnet")


def test_instance_norm_by_hand():
    picture = keras.Input((4, 5, 2))
    model = keras.Model(picture, layers.instance_norm(picture))
    gamma, beta = (v.numpy() for v in model.trainable_variables)
    x = random.normal(3, 2, (3, 4, 5, 2)).astype(np.float32)
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta
    assert np.abs(model(x) - expected).max() < 1e-5
    assert beta.tolist() == [0, 0] and np.abs(gamma - 1).max() < 0.1
    assert np.abs(model(x)[:1] - model(x[:1])).max() < 1e-6


def test_batch_norm_mixes_the_pictures_of_a_batch_and_at_batch_one_is_instance_norm():
    picture = keras.Input((4, 5, 2))
    faulty = keras.Model(picture, mistakes.batch_norm(picture))
    right = keras.Model(picture, layers.instance_norm(picture))
    right.set_weights([np.ones(2), np.zeros(2)])
    x = random.normal(0, [[[[1]]], [[[3]]]], (2, 4, 5, 2)).astype(np.float32)
    assert np.abs(faulty(x)[:1] - faulty(x[:1])).max() > 0.1
    assert np.abs(faulty(x[:1]) - right(x[:1])).max() < 1e-5


# generate ----------------------------------------------------------------------------------------


def test_dropout_stays_on_and_a_seed_fixes_it():
    model = network(dropout=0.5)
    twice = [pix2pix.generate(model, pictures) for _ in range(2)]
    assert np.abs(twice[0] - twice[1]).max() > 1e-3
    first = pix2pix.generate(model, pictures, seed=1)
    assert np.array_equal(first, pix2pix.generate(model, pictures, seed=1))
    assert np.abs(first - pix2pix.generate(model, pictures, seed=2)).max() > 1e-3
    assert first.shape == pictures.shape and first.dtype == np.float32


def test_noise_is_what_a_channel_learns_to_take_of_it_and_a_seed_fixes_it():
    model, silent = network(fine=4, noise=True), network(fine=4)
    assert count(model, layers.Noise) == 5  # in each layer up
    weights = iter(silent.get_weights())
    for layer in model.layers:  # the same weights elsewhere
        if not isinstance(layer, layers.Noise):
            layer.set_weights([next(weights) for _ in layer.weights])
    first = pix2pix.generate(model, pictures, seed=1)
    assert np.array_equal(first, pix2pix.generate(silent, pictures))  # it begins with none
    for layer in model.layers:
        if isinstance(layer, layers.Noise):
            layer.strength.assign(np.ones(layer.strength.shape))
    one, again, other = (pix2pix.generate(model, pictures, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and np.abs(one - other).max() > 1e-3
    flat = pix2pix.generate(model, np.zeros_like(pictures), seed=1)
    assert np.abs(flat[0] - flat[1]).max() > 1e-3  # each picture has noise of its own


def test_a_silent_copy_answers_without_noise_and_leaves_the_generator_as_it_was():
    model = network(fine=4, fine_layers=2, noise=True)
    assert count(model, layers.Noise) == 6
    for layer in model.layers:
        if isinstance(layer, layers.Noise):
            layer.strength.assign(np.ones(layer.strength.shape))
    silent, before = pix2pix.silent(model), pix2pix.generate(model, pictures, seed=1)
    one, other = (pix2pix.generate(silent, pictures, seed) for seed in (1, 2))
    assert np.array_equal(one, other) and np.abs(one - before).max() > 1e-3
    assert np.array_equal(before, pix2pix.generate(model, pictures, seed=1))


def test_a_seed_leaves_the_models_random_numbers_alone():
    model, other = (network(dropout=0.5, noise=True) for _ in range(2))
    pix2pix.generate(model, pictures, seed=1)
    assert np.array_equal(pix2pix.generate(model, pictures), pix2pix.generate(other, pictures))


def test_chunks_and_neighbours_change_nothing(monkeypatch):
    model = network()
    whole = pix2pix.generate(model, pictures)
    monkeypatch.setattr(pix2pix, "CHUNK", 1)
    assert np.abs(whole - pix2pix.generate(model, pictures)).max() < 1e-5


def test_run_for_inference_uses_moving_averages():

    def clone(layer):  # with batch norm wherever it has instance norm
        if type(layer) is keras.layers.GroupNormalization:
            return keras.layers.BatchNormalization()
        return layer.from_config(layer.get_config())

    model = keras.models.clone_model(network(), clone_function=clone)
    trained = pix2pix.generate(model, pictures[:1])  # once: averages hardly move
    assert np.abs(mistakes.run_for_inference(model, pictures[:1]) - trained).max() > 0.1
    model = network(dropout=0.5)
    assert np.array_equal(*(mistakes.run_for_inference(model, pictures) for _ in range(2)))


def test_leaky_relu_left_alone_has_slope_three_tenths():
    model = mistakes.leaky_relu_left_alone("unet", SIDE, width=4)
    assert np.allclose(slopes_of(model), 0.3) and len(slopes_of(model)) == 5


# PatchGAN ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers, side", enumerate([1, 16, 34, 70, 142, 286]))
def test_receptive_field_by_arithmetic_and_by_gradient(layers, side):
    assert patchgan.receptive_field(patchgan.convolutions(layers)) == side
    profile.set_seeds(0)
    model = patchgan.patchgan(layers, width=1, in_channels=1, norm=False)
    for kernel in model.trainable_variables:
        kernel.assign(np.ones(kernel.shape))  # so that nothing cancels out
    whole = 2 ** (layers + 1) + side + side % 2
    whole += -whole % 2**layers
    picture = tf.random.uniform((1, 2 * whole, 2 * whole, 1))
    with tf.GradientTape() as tape:
        tape.watch(picture)
        answer = model(picture)
        middle = answer[0, answer.shape[1] // 2, answer.shape[2] // 2, 0]
    seen = tape.gradient(middle, picture).numpy()[0, ..., 0] != 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == side and seen.sum() == side**2


def test_the_papers_discriminator():
    model = patchgan.patchgan(3, 256, width=64)
    assert model.output_shape == (None, 30, 30, 1)
    assert kernel_weights(model) / 1e6 == pytest.approx(2.77, abs=0.01)
    assert sum(isinstance(layer, keras.layers.GroupNormalization) for layer in model.layers) == 3
    pixels = patchgan.patchgan(0, 256, width=64)
    assert pixels.output_shape == (None, 256, 256, 1)
    assert [v.shape[-1] for v in pixels.trainable_variables if v.name == "kernel"] == [64, 128, 1]


def test_a_discriminator_is_at_most_cap_times_as_wide():
    model = patchgan.patchgan(3, 64, width=4, cap=2)
    assert [v.shape[-1] for v in model.trainable_variables if v.name == "kernel"] == [4, 8, 8, 8, 1]


def test_logits_are_not_squashed_and_a_batch_is_judged_one_by_one():
    model = patchgan.patchgan(1, SIDE, width=4)
    pairs = random.uniform(-1, 1, (4, SIDE, SIDE, 6)).astype(np.float32)
    assert np.abs(model(pairs)[1:2] - model(pairs[1:2])).max() < 1e-5
    model.get_layer("logits").bias.assign([-50.0])
    assert np.max(model(pairs)) < -40


def test_too_small_pictures_and_negative_layers_are_refused():
    assert patchgan.patchgan(3, 24, width=1).output_shape == (None, 1, 1, 1)
    with pytest.raises(ValueError, match="at least 24 pixels a side, not 16"):
        patchgan.patchgan(3, 16)
    with pytest.raises(ValueError, match="at least 0, not -1"):
        patchgan.convolutions(-1)


def test_source_unseen_has_no_gradient_to_the_source():
    pair = tf.constant(random.uniform(-1, 1, (1, SIDE, SIDE, 6)).astype(np.float32))
    reach = []
    for build in (patchgan.patchgan, mistakes.source_unseen):
        model = build(1, SIDE, width=4)
        with tf.GradientTape() as tape:
            tape.watch(pair)
            answer = tf.reduce_sum(model(pair) ** 2)
        reach.append(np.abs(tape.gradient(answer, pair)[..., :3]).max())
    assert reach[0] > 1e-6 and reach[1] == 0


def test_nearest_neighbour_makes_stripes_of_a_fine_pattern():
    from course_utils import images

    photo = np.zeros((60, 60, 3), np.float32)
    photo[:, ::2] = 1  # on the whole a grey of 0.5
    assert np.abs(images.resize(photo, (45, 45)) - 0.5).max() < 0.35
    assert np.abs(mistakes.photo_by_nearest_neighbour(photo, (45, 45)) - 0.5).min() == 0.5


def test_no_picture_to_translate_is_a_sentence():
    model = pix2pix.generator(side=32, width=2)
    for none in ([], np.zeros((0, 32, 32, 3), np.float32), np.zeros((1, 32, 32, 3))[1:2]):
        with pytest.raises(ValueError, match="no picture to translate; give at least one"):
            pix2pix.translate(model, none)
    assert len(pix2pix.translate(model, np.zeros((1, 32, 32, 3)))) == 1
