"""pSp's encoder: how many styles, what each looks at, and what the pyramid leads back."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import paths, profile
from course_utils.data.psp import CHANNELS
from course_utils.models import checkpoints, psp, stylegan

GENERATOR = stylegan.Architecture(side=32, latent=8, channels=(8, 6, 4, 4), mapping=2)
SMALL = psp.Architecture(widths=(4, 6, 8), pyramid=6, generator=GENERATOR)
NAMES = [
    f"{level}_{number}" for level, count in zip(psp.LEVELS, (3, 3, 2)) for number in range(count)
]


def of_side(side):
    return replace(SMALL, generator=replace(GENERATOR, side=side, channels=(4,) * 5))


@pytest.fixture(scope="module")
def encoder():
    profile.set_seeds(0)
    return psp.encoder(SMALL)


@pytest.fixture(scope="module")
def reached(encoder):
    """{style: names of the variables that it depends on}, by gradient."""
    source = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    with tf.GradientTape(persistent=True) as tape:
        offsets = encoder(source)
        parts = [tf.reduce_sum(offsets[:, place] ** 2) for place in range(len(NAMES))]
    found = {}
    for name, part in zip(NAMES, parts, strict=True):
        gradients = tape.gradient(part, encoder.trainable_variables)
        pairs = zip(encoder.trainable_variables, gradients, strict=True)
        found[name] = {v.path for v, g in pairs if g is not None and np.any(g)}
    return found


@pytest.mark.parametrize(("side", "styles"), [(16, 6), (32, 8), (64, 10)])
def test_as_many_styles_as_the_generator_takes(side, styles):
    a = of_side(side)
    made = psp.encoder(a)
    assert made.input_shape == (None, side, side, 3)
    assert made.output_shape == (None, a.generator.styles, 8) and a.generator.styles == styles
    assert made.output_shape[1:] == stylegan.synthesis(a.generator).input_shape[1:]


def test_styles_stand_in_the_order_of_the_levels(encoder):
    source, layers = np.zeros((1, 32, 32, 3), np.float32), list(map(encoder.get_layer, NAMES))
    before = encoder(source).numpy()
    for place, layer in enumerate(layers):
        layer.bias.assign(np.full(8, 1.0 + place))
    moved = encoder(source).numpy() - before
    for layer in layers:
        layer.bias.assign(np.zeros(8))
    assert moved[0] == pytest.approx(np.repeat(np.arange(1.0, 9)[:, None], 8, 1), abs=1e-5)


def test_each_style_has_a_map2style_of_its_own(reached):
    shared = set.intersection(*reached.values())
    for name, variables in reached.items():
        level = name.split("_")[0]
        own = variables - set().union(*(v for other, v in reached.items() if other != name))
        convolutions = {"coarse": 2, "middle": 3, "fine": 4}[level]  # 4, 8 and 16 pixels to 1
        assert len(own) == 2 * convolutions + 2, name  # kernels and biases, the dense layer's too
        assert {path for path in own if path.startswith(name)} == {f"{name}/kernel", f"{name}/bias"}
        assert not own & shared


def test_a_level_knows_the_smaller_ones_and_not_the_larger_ones(reached):
    """A middle style sees the lateral of its own map and all that coarse ones see, but their heads."""
    levels = [
        set.intersection(*(v for name, v in reached.items() if name.startswith(level)))
        for level in psp.LEVELS
    ]
    coarse, middle, fine = levels
    assert coarse < middle < fine
    for smaller, larger in ((coarse, middle), (middle, fine)):
        assert sorted(path.split("/")[-1] for path in larger - smaller) == ["bias", "kernel"]


def test_a_level_is_what_comes_up_plus_what_comes_across(encoder):
    convolutions = [layer for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    convolutions = [layer for layer in convolutions if layer.use_bias]  # the backbone has none
    across = {x.shape[1]: x for x in (c.output for c in convolutions if c.kernel_size == (1, 1))}
    starts = [layer.input for layer in convolutions if layer.kernel_size == (3, 3)]
    level = {x.shape[1]: x for x in starts if sum(x is other for other in starts) > 1}
    assert sorted(across) == sorted(level) == [4, 8, 16]
    source = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    across, level = keras.Model(encoder.input, [across, level])(source)
    expected = across[4].numpy()
    assert level[4].numpy() == pytest.approx(expected)
    for side in (8, 16):
        expected = tf.image.resize(expected, (side, side)).numpy() + across[side].numpy()
        assert level[side].numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("side", [1, 2, 5, 16])
def test_map2style_by_hand(side):
    x = keras.Input((side, side, 2))
    made = keras.Model(x, psp.map2style(x, 3, "head"))
    convolutions = [layer for layer in made.layers if isinstance(layer, keras.layers.Conv2D)]
    leaky = [layer for layer in made.layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert made.output_shape == (None, 1, 3)
    assert len(convolutions) == len(leaky) == np.ceil(np.log2(side))
    assert {layer.strides for layer in convolutions} <= {(2, 2)}
    assert all(layer.negative_slope == 0.01 for layer in leaky)
    given = expected = np.random.default_rng(0).normal(size=(4, side, side, 2)).astype(np.float32)
    for layer in convolutions:
        expected = tf.nn.conv2d(expected, layer.kernel, 2, "SAME").numpy() + layer.bias.numpy()
        expected = np.maximum(expected, 0.01 * expected)
    head = made.get_layer("head")
    expected = expected[:, 0, 0] @ head.kernel.numpy() + head.bias.numpy()
    assert made(given).numpy()[:, 0] == pytest.approx(expected, abs=1e-5)


def test_another_side_is_refused(encoder):
    for wrong in ((1, 16, 16, 3), (1, 32, 32, 1)):
        with pytest.raises(ValueError, match="shape"):
            encoder(np.zeros(wrong, np.float32))


@pytest.mark.parametrize("task", CHANNELS)
def test_each_task_has_a_checkpoint_of_its_own(task, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    small = of_side(16)
    monkeypatch.setattr(psp, "Architecture", lambda channels: replace(small, channels=channels))
    with pytest.raises(ValueError, match="make checkpoints LESSON=08"):
        psp.load(task)
    profile.set_seeds(1)
    made = psp.encoder(replace(small, channels=CHANNELS[task]))
    checkpoints.save(made, f"08_{task}", {})
    source = np.random.default_rng(0).random((2, 16, 16, CHANNELS[task]), np.float32)
    assert psp.load(task)(source).numpy() == pytest.approx(
        checkpoints.as_shipped(made)(source).numpy(), abs=1e-6
    )


def test_an_unknown_task_has_no_encoder():
    with pytest.raises(ValueError, match="task is one of inversion, frontal, .*, not 'cats'"):
        psp.load("cats")
