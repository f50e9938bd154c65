"""StyleGAN's three networks: each layer by NumPy, the styles, the noise, and growing."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import profile
from course_utils.models import stylegan as models

SMALL = models.Architecture(side=16, latent=8, channels=(8, 6, 4), mapping=2)


def normal(*shape, seed=0, deviation=1.0):
    return np.random.default_rng(seed).normal(0, deviation, shape).astype(np.float32)


def lively(x):
    return math.sqrt(2) * np.maximum(x, 0.2 * x)


@pytest.fixture(scope="module")
def networks():
    profile.set_seeds(0)
    return models.mapping(SMALL), models.synthesis(SMALL), models.discriminator(SMALL)


# Equalised learning rate --------------------------------------------------------------------------


@pytest.mark.parametrize("fan_in", [20, 500])
@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_white_noise_keeps_its_deviation_whatever_the_fan_in_and_the_rate(fan_in, rate):
    profile.set_seeds(0)
    dense = models.Dense(300, rate=rate, lively=True)
    answer = dense(normal(400, fan_in)).numpy()
    assert np.sqrt((answer**2).mean() / (1 + 0.2**2)) == pytest.approx(1, rel=0.05)
    assert dense.kernel.numpy().std() == pytest.approx(1 / rate, rel=0.05)


@pytest.mark.parametrize("alive", [True, False])
def test_a_dense_layer_by_numpy(alive):
    dense, x = models.Dense(3, rate=0.5, bias=2.0, lively=alive), normal(4, 5)
    found, kernel = dense(x).numpy(), dense.kernel.numpy()
    assert dense.bias.numpy() == pytest.approx(4)
    expected = 0.5 * x @ kernel / math.sqrt(5) + 2
    assert found == pytest.approx(lively(expected) if alive else expected, abs=1e-5)


def test_a_dense_layer_of_a_hundredth_moves_a_hundredth_as_far():
    """Adam moves each weight by its rate: what is multiplied by it moves by its hundredth."""
    x, moved = np.ones((1, 4), np.float32), []
    for rate in (1.0, 0.01):
        dense = models.Dense(1, rate=rate)
        before = float(dense(x)[0, 0])
        for variable in dense.trainable_variables:
            variable.assign_add(np.full(variable.shape, 1e-2, np.float32))
        moved.append(float(dense(x)[0, 0]) - before)
    assert moved == pytest.approx([3e-2, 3e-4], rel=0.02)


@pytest.mark.parametrize("size", [1, 3])
def test_a_convolution_keeps_the_deviation_and_is_tensorflows(size):
    profile.set_seeds(0)
    convolution, x = models.Convolution(64, size, lively=False), normal(2, 20, 20, 32)
    found = convolution(x)
    kernel = convolution.kernel.numpy() / math.sqrt(size * size * 32)
    assert found.numpy() == pytest.approx(tf.nn.conv2d(x, kernel, 1, "SAME").numpy(), abs=1e-4)
    assert found.numpy()[:, 1:-1, 1:-1].std() == pytest.approx(1, rel=0.05)
    convolution.lively = True
    assert convolution(x).numpy() == pytest.approx(lively(found.numpy()), abs=1e-5)


# Modulated convolutions ---------------------------------------------------------------------------


def modulated(size, demodulate, channels=6, filters=5, latent=4):
    profile.set_seeds(0)
    layer = models.ModulatedConvolution(filters, size, demodulate)
    layer.build([(None, 8, 8, channels), (None, latent)])
    return layer


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_a_modulated_convolution_is_a_kernel_for_each_picture(size, demodulate):
    layer, x, w = modulated(size, demodulate), normal(3, 8, 8, 6), normal(3, 4, seed=1)
    weights = layer.kernel.numpy() / math.sqrt(size * size * 6)
    styles = w @ layer.style.kernel.numpy() / math.sqrt(4) + layer.style.bias.numpy()
    found = layer([x, w]).numpy()
    for picture, style, answer in zip(x, styles, found, strict=True):
        kernel = style[:, None] * weights  # s_i w_ijk
        if demodulate:
            kernel = kernel / np.sqrt((kernel**2).sum(axis=(0, 1, 2)) + 1e-8)
        expected = tf.nn.conv2d(picture[None], kernel, 1, "SAME")[0].numpy()
        assert answer == pytest.approx(expected, abs=1e-5)


def test_a_style_starts_at_1():
    layer = modulated(3, True)
    assert layer.style(np.zeros((1, 4), np.float32)).numpy() == pytest.approx(1)


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_demodulation_undoes_a_styles_scale(scale):
    """White noise comes out with variance 1; without demodulation it is the style's."""
    x, w, deviations = normal(4, 16, 16, 32), normal(4, 8), []
    for demodulate in (True, False):
        layer = modulated(3, demodulate, channels=32, filters=32, latent=8)
        before = layer([x, w]).numpy()
        for variable in layer.style.variables:  # s = A w + b becomes `scale` times as large
            variable.assign(scale * variable)
        after = layer([x, w]).numpy()
        ratio = 1 if demodulate else scale
        assert after == pytest.approx(ratio * before, rel=1e-3, abs=1e-3)
        deviations.append(after[:, 1:-1, 1:-1].std())
    assert deviations[0] == pytest.approx(1, rel=0.05)
    assert deviations[1] == pytest.approx(scale * math.sqrt(2), rel=0.2)  # 1 + w's variance


# Mapping and styles -------------------------------------------------------------------------------


def test_the_length_of_z_does_not_count(networks):
    z = normal(5, SMALL.latent)
    found = [networks[0](scale * z).numpy() for scale in (0.1, 1.0, 100.0)]
    assert found[0] == pytest.approx(found[1], abs=1e-4)
    assert found[2] == pytest.approx(found[1], abs=1e-4)
    assert found[1].std(axis=0).min() > 0.1  # but its direction does


def test_main_directions_are_those_of_the_covariance():
    mapping = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, use_bias=False)])
    mapping.layers[0].set_weights([np.diag([1.0, -3.0, 2.0])])
    found = models.directions(mapping, count=400, seed=1)
    w = models.random_styles(mapping, 400, seed=1)
    assert np.allclose(found.T @ found, np.cov(w.T, bias=True), atol=1e-4)
    assert np.allclose(np.abs(found).round(), [[0, 3, 0], [0, 0, 2], [1, 0, 0]])
    assert (found[range(3), np.abs(found).argmax(1)] > 0).all()


def test_the_mapping_by_numpy(networks):
    z = normal(3, SMALL.latent)
    x = z * math.sqrt(SMALL.latent) / np.linalg.norm(z, axis=1, keepdims=True)
    for number in range(SMALL.mapping):
        layer = networks[0].get_layer(f"dense_{number}")
        x = lively(0.01 * (x @ layer.kernel.numpy() / math.sqrt(8) + layer.bias.numpy()))
    assert networks[0](z).numpy() == pytest.approx(x, abs=1e-5)


@pytest.mark.parametrize(("side", "styles"), [(8, 4), (64, 10), (256, 14), (1024, 18)])
def test_how_many_styles_and_sides(side, styles):
    found = models.Architecture(side=side)
    assert found.styles == styles
    assert found.sides[0] == 4 and found.sides[-1] == side and len(found.sides) == styles // 2


def test_the_papers_size_and_the_shipped_one():
    assert models.Architecture().latent == 512 and models.Architecture().mapping == 8
    assert models.mapping().output_shape == (None, models.SHIPPED.latent)
    made = models.synthesis()
    assert made.input_shape == (None, 10, 128) and made.output_shape == (None, 64, 64, 3)
    judge = models.discriminator()
    assert judge.input_shape == (None, 64, 64, 3) and judge.output_shape == (None, 1)


def test_a_picture_has_a_variance_that_neither_dies_nor_explodes():
    profile.set_seeds(0)
    z = normal(8, models.SHIPPED.latent)
    w = models.mapping()(z).numpy()
    picture = models.synthesis()(np.repeat(w[:, None], models.SHIPPED.styles, 1)).numpy()
    assert 0.5 < w.std() < 2 and 0.5 < picture.std() < 4
    logits = models.discriminator()(picture / picture.std()).numpy()
    assert np.abs(logits).max() < 10


def test_each_style_steers_the_picture_and_in_its_place(networks):
    """A style of a side changes nothing before it: the smaller picture, enlarged, stays."""
    styles = np.repeat(normal(1, 1, SMALL.latent), SMALL.styles, 1)
    network = networks[1]
    sides = [network.get_layer(f"rgb_{side}").output for side in SMALL.sides]
    parts = keras.Model(network.input, [*sides, network.output])
    before = parts(styles)
    for place in range(SMALL.styles):
        moved = styles.copy()
        moved[0, place] += 0.1
        changed = [not np.allclose(a, b) for a, b in zip(before, parts(moved), strict=True)]
        first = place // 2 if place % 2 == 0 or place == SMALL.styles - 1 else (place - 1) // 2
        assert changed[-1] and changed[:-1] == [side >= first for side in range(len(sides))], place


def test_skip_outputs_add_up(networks):
    network = networks[1]
    colours = [network.get_layer(f"rgb_{side}").output for side in SMALL.sides]
    *colours, whole = keras.Model(network.input, [*colours, network.output])(
        normal(2, SMALL.styles, SMALL.latent)
    )
    expected = colours[0]
    for one in colours[1:]:
        expected = tf.image.resize(expected, one.shape[1:3], "bilinear") + one
    assert whole.numpy() == pytest.approx(expected.numpy(), abs=1e-4)


# Noise --------------------------------------------------------------------------------------------


def grains(network):
    return [layer for layer in network.layers if isinstance(layer, models.Grain)]


def test_noise_has_no_strength_at_first_and_is_kept_outside_of_training():
    profile.set_seeds(0)
    network = models.synthesis(SMALL)
    styles = np.repeat(normal(1, SMALL.styles, SMALL.latent), 2, 0)
    quiet = network(styles).numpy()
    assert np.allclose(quiet, network(styles, training=True), atol=1e-5)
    for layer in grains(network):
        layer.strength.assign(0.5)
    first, second = network(styles).numpy()
    assert np.allclose(first, second, atol=1e-5) and not np.allclose(first, quiet[0], atol=0.01)
    assert np.array_equal(first, network(styles).numpy()[0])
    drawn = np.concatenate([network(styles, training=True).numpy() for _ in range(2)])
    apart = np.abs(drawn[:, None] - drawn).mean(axis=(2, 3, 4))
    assert apart[~np.eye(4, dtype=bool)].min() > 0.01  # each picture has its own


def test_grain_by_numpy():
    grain, x = models.Grain(), normal(2, 4, 4, 3)
    grain(x)
    grain.strength.assign(0.3)
    grain.bias.assign([0.1, -0.2, 0.0])
    expected = lively(x + 0.3 * grain.kept.numpy() + np.float32([0.1, -0.2, 0]))
    assert grain(x).numpy() == pytest.approx(expected, abs=1e-5)
    assert [v.shape for v in grain.trainable_variables] == [(), (3,)]  # the kept one stays


def test_noise_is_one_number_per_pixel_with_deviation_1():
    profile.set_seeds(0)
    grain, x = models.Grain(), np.zeros((4, 32, 32, 3), np.float32)
    grain(x)
    grain.strength.assign(1.0)
    found = grain(x, training=True).numpy() / math.sqrt(2)
    found = np.where(found < 0, found / 0.2, found)
    assert found[..., :1] == pytest.approx(found[..., 1:2], abs=1e-5)
    assert found.std() == pytest.approx(1, abs=0.05) and found.mean() == pytest.approx(0, abs=0.05)


# Discriminator ------------------------------------------------------------------------------------


def test_spread_by_hand():
    x = np.zeros((2, 1, 2, 2), np.float32)
    x[0] = [[[1, 0], [5, 0]]]
    x[1] = [[[3, 0], [-1, 0]]]  # deviations 1, 0, 3, 0
    found = models.MinibatchDeviation()(x).numpy()
    assert np.array_equal(found[..., :2], x)
    assert found[..., 2] == pytest.approx(1, abs=1e-4)


def test_spread_is_one_number_and_0_for_equal_pictures():
    spread, x = models.MinibatchDeviation(), normal(5, 4, 4, 3)
    found = spread(x).numpy()[..., 3]
    assert np.ptp(found) == 0 and found[0, 0, 0] == pytest.approx(x.std(axis=0).mean(), rel=1e-4)
    equal = np.repeat(x[:1], 5, 0)
    assert spread(equal).numpy()[..., 3] == pytest.approx(0, abs=2e-4)
    assert spread(x[:1]).numpy()[..., 3] == pytest.approx(0, abs=2e-4)


@pytest.mark.parametrize("count", [1, 3])
def test_gradients_are_finite_for_one_picture_and_for_equal_ones(count, networks):
    """The first of the logits, and the second that R1 needs."""
    judge = networks[2]
    pictures = tf.constant(np.repeat(normal(1, 16, 16, 3, deviation=0.5), count, 0))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            total = tf.reduce_sum(judge(pictures))
        gradient = tape.gradient(total, pictures)
        length = tf.reduce_sum(gradient**2)
    second = outer.gradient(length, judge.trainable_variables)  # none for the last bias
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0
    assert all(np.isfinite(each).all() for each in second if each is not None)


def test_the_discriminator_sees_that_all_pictures_are_one(networks):
    """Its answer to a picture depends on the others of the batch, by the spread alone."""
    x = normal(4, 16, 16, 3)
    alone = networks[2](np.repeat(x[:1], 4, 0)).numpy()
    assert np.ptp(alone) < 1e-5
    assert abs(float(networks[2](x)[0, 0]) - alone[0, 0]) > 1e-3


# Growing, saving ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [models.synthesis, models.discriminator])
def test_a_larger_network_takes_over_the_layers_of_a_smaller_one(make):
    profile.set_seeds(0)
    smaller, larger = make(replace(SMALL, side=8)), make(SMALL)
    for variable in smaller.weights:
        variable.assign_add(1 + 0 * variable)  # also those that begin as 0
    own = {layer.name: layer.get_weights() for layer in larger.layers}
    models.take_over(larger, smaller)
    old = {layer.name: layer.get_weights() for layer in smaller.layers if layer.weights}
    taken = [layer for layer in larger.layers if layer.name in old]
    assert {layer.name for layer in taken} == old.keys() - {"from_rgb_8"}
    for layer in larger.layers:
        expected = old.get(layer.name, own[layer.name])
        assert all(map(np.array_equal, layer.get_weights(), expected)), layer.name
    kept = {layer.name for layer in larger.layers if layer.weights} - old.keys()
    assert kept and all("16" in name for name in kept)


@pytest.mark.parametrize("number", range(3))
def test_a_copy_by_its_configuration_gives_the_same(number, networks, tmp_path):
    network = networks[number]
    x = normal(2, *network.input_shape[1:])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for other in (loaded, copy):
        assert other(x).numpy() == pytest.approx(network(x).numpy(), abs=1e-5)


@pytest.mark.parametrize("side", [4, 48, 63])
def test_a_side_that_no_doubling_reaches_is_refused(side):
    with pytest.raises(ValueError, match=f"power of two from 8 on, not {side}"):
        models.Architecture(side=side)
