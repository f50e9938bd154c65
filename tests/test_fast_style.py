"""The feed-forward network: any size, one training step in the right direction, what is shipped."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils.models import fast_style as models
from course_utils.models import features
from course_utils.models.fast_style import Canvas, InColours, StyleNorm, fast_style
from course_utils.training.style import in_colours_of
from experiments import fast_style as training


class Serial:
    """A pool of processes that is none."""

    def map(self, function, jobs, chunksize):
        return map(function, jobs)


STYLE = np.random.default_rng(1).random((64, 64, 3), np.float32)


@pytest.fixture(scope="module")
def network():
    model = features.cut(features.body((4, 6, 6, 8, 8), features.DEEPEST, seed=5), features.SMALL)
    model.trainable = False
    return model


ONE = np.float32([[1]])


def tiny(**more):
    return fast_style(width=4, blocks=1, styles=1, **more)


@pytest.mark.parametrize("size", [(64, 64), (31, 50), (1, 3)])
def test_any_size_comes_back_in_range(size):
    made = models.repaint(tiny(), np.ones((2, *size, 3)), ONE)
    assert made.shape == (2, *size, 3) and made.dtype == np.float32
    assert 0 <= made.min() and made.max() <= 1


def test_one_network_repaints_pictures_of_all_sizes_one_after_the_other():
    network = tiny()
    for shape in ((1, 32, 32, 3), (1, 40, 24, 3), (2, 9, 70, 3), (1, 32, 32, 3)):
        assert models.repaint(network, np.full(shape, 0.5), ONE).shape == shape


def test_a_wrong_range_is_named():
    with pytest.raises(ValueError, match=r"from 0 to 200, but \[0, 1\]"):
        models.repaint(tiny(), np.float32([[[[0, 0, 200.0]]]]), ONE)


def test_its_parts_count():
    convolutions = [
        layer
        for layer in fast_style(width=8, blocks=3).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert [layer.filters for layer in convolutions] == [8, 6, 32, *[32] * 6, 10, 8, 4, 3]


def test_each_style_has_its_own_scale_and_shift_and_shares_mix_them():
    norm, rng = StyleNorm(), np.random.default_rng(0)
    x = rng.random((2, 5, 6, 3), np.float32)
    norm(x, np.eye(2, dtype=np.float32))
    norm.scale.assign([[1, 1, 1], [3, 0, 2]])
    norm.shift.assign([[0, 0, 0], [1, 2, 3]])
    plain = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    first, second = norm(x, np.eye(2, dtype=np.float32)).numpy()
    assert np.allclose(first, plain[0], atol=1e-4)
    assert np.allclose(second, plain[1] * [3, 0, 2] + [1, 2, 3], atol=1e-4)
    half = norm(x, np.full((2, 2), 0.5, np.float32)).numpy()
    assert np.allclose(half, plain * [2, 0.5, 1.5] + [0.5, 1, 1.5], atol=1e-4)


def test_another_style_is_another_picture():
    network, picture = fast_style(width=4, blocks=1, styles=2), STYLE[None]
    first, second = (models.repaint(network, picture, row[None])[0] for row in np.eye(2))
    assert np.abs(first - second).max() > 1e-3


def test_a_canvas_lies_beside_the_activations_repeated_and_elsewhere_in_training():
    canvas, x = Canvas(2, 4), np.random.default_rng(0).random((3, 6, 5, 1), np.float32)
    answer = canvas(x).numpy()
    assert np.array_equal(answer[..., :1], x)
    pattern = np.tile(canvas.pattern.numpy(), (3, 2, 2, 1))[:, :6, :5]
    assert np.array_equal(answer[..., 1:], pattern)
    rolled = [canvas(x, training=True).numpy()[0, :4, :4, 1:] for _ in range(8)]
    assert all(np.allclose(np.sort(r, None), np.sort(pattern[0, :4, :4], None)) for r in rolled)
    assert len({r.tobytes() for r in rolled}) > 2


@pytest.mark.parametrize("height", [64, 31])
def test_pictures_take_on_the_colours_that_the_lesson_gives_them(height):
    pictures = np.random.default_rng(3).random((2, height, 50, 3), np.float32) ** [[[[1]]], [[[3]]]]
    paintings = np.stack([STYLE**2, STYLE**0.5])
    layer, shares = InColours(paintings), np.eye(2, dtype=np.float32)
    found = layer(pictures, shares).numpy()
    for number in range(2):
        wanted = in_colours_of(paintings[number], pictures[number])
        assert np.abs(found[number] - wanted).max() < 2e-3
    assert np.allclose(layer(pictures[1:], shares[1:]), found[1:], atol=1e-5)


@pytest.fixture
def dark(monkeypatch):
    """Photographs that are dark, those kept for tests white."""
    pictures = np.zeros((20, 512, 512, 3), np.float32)
    pictures[list(training.UNSEEN)] = 1
    monkeypatch.setattr(training, "photographs", lambda side: pictures)


def test_contents_are_photographs_and_drawn_pictures_but_never_those_kept_for_tests(
    dark, monkeypatch
):
    monkeypatch.setattr(training, "relit", lambda rng, picture: picture)
    grey = [[np.full((512, 512, 3), 100, np.uint8)]]
    draw, rng = training.Contents(grey), np.random.default_rng(0)
    drawn = [draw(rng)[0] for _ in range(80)]
    side = training.SIDE + 2 * models.MARGIN
    assert {(crop.shape, crop.dtype) for crop in drawn} == {((side, side, 3), np.dtype(np.float32))}
    dark_ones = np.mean([crop.max() == 0 for crop in drawn])
    assert 0.3 < dark_ones < 0.7  # others: mixed, negative, grey
    plain = [crop.mean() for crop in drawn if 0.15 < crop.mean() < 0.7]
    assert len(plain) > 10  # (100 / 255) ** (0.6 to 1.6)


def test_a_square_may_be_turned_and_reaches_all_of_a_picture(dark):
    rows = np.arange(512, dtype=np.float32)[:, None, None] / 2 * np.ones((1, 512, 3), np.float32)
    draw = training.Contents([[np.uint8(rows)]])
    draw.photographs = draw.worlds[0]
    squares = [draw._square(np.random.default_rng(seed)) for seed in range(60)]
    assert np.min(squares) < 0.02 and np.max(squares) > 0.98
    slopes = np.array([np.gradient(square[100:170, 100:170, 0]) for square in squares]).mean((2, 3))
    upright = np.abs(slopes[:, 1]) < 1e-4
    assert 0.2 < upright.mean() < 0.8 and (slopes[upright, 0] > 0).all()


def test_what_is_drawn_comes_in_kinds(monkeypatch):
    some = {"people": 1, "houses": 2, "streets": 1, "glass": 1}
    monkeypatch.setattr(training, "DRAWN", some)
    monkeypatch.setattr(training, "_draw", lambda job: job)
    monkeypatch.setattr(training.faces, "pool_of", lambda workers: contextlib.nullcontext(Serial()))
    training.drawn.cache_clear()
    found = training.drawn()
    training.drawn.cache_clear()
    assert found == [
        [("people", 0)],
        [("houses", 0), ("houses", 1)],
        [("streets", 0)],
        [("glass", 0)],
    ]


@pytest.mark.parametrize("kind", ["people", "houses", "streets", "strokes"])
def test_each_kind_can_be_drawn(kind):
    picture = training._draw((kind, 0))
    assert picture.shape == (512, 512, 3) and picture.dtype == np.uint8 and picture.std() > 10


@pytest.mark.slow
def test_training_lowers_the_loss_and_leaves_the_feature_network_alone(network, monkeypatch):
    monkeypatch.setattr(training, "SIDE", 64)
    before, losses = [w.copy() for w in network.get_weights()], []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: losses.append(logs["loss"])
    )
    contents = training.Contents([[np.uint8(STYLE * 255)]])
    paintings = {"waves": STYLE, "glass": STYLE**2}
    training.train(network, paintings, contents, steps=60, callbacks=[record])
    assert np.mean(losses[-20:]) < np.mean(losses[:20])
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_the_loss_is_that_of_a_repainting_in_the_style_that_was_asked_for(network):
    paintings = [STYLE, STYLE**2]
    aims = [
        training.Repainting(network, None, picture, "noise", side=64, beta=beta)
        for picture, beta in zip(paintings, (8.0, 3.0), strict=True)
    ]
    painter = fast_style(width=4, blocks=1, styles=2, paintings=np.stack(paintings))
    model = training.FastStyle(painter, aims)
    model.compile(keras.optimizers.SGD(0.0))
    for layer in painter.layers:
        if isinstance(layer, Canvas):  # in training it would lie elsewhere
            layer.pattern.assign(np.ones(layer.pattern.shape))
    x = np.random.default_rng(2).random((1, 48, 48, 3), np.float32)
    for number, shares in enumerate(np.eye(2, dtype=np.float32)[:, None]):
        told = model.train_step((tf.constant(x), tf.constant(shares)))
        coloured = models.inside(painter.get_layer("in_colours")(x, shares)).numpy()
        made = models.inside(painter((x, shares))).numpy()
        alone = training.Repainting(
            network,
            coloured[0],
            paintings[number],
            start=made[0],
            side=16,
            scale=4,
            beta=(8.0, 3.0)[number],
        )
        wanted, _ = alone.evaluate(tf.constant(made))
        for part in ("content", "variation", "loss"):
            assert float(told[part]) == pytest.approx(float(wanted[part]), rel=1e-3)


def test_an_unknown_style_is_named():
    with pytest.raises(ValueError, match="shipped for waves, glass, woodcut, not for 'cubism'"):
        models.shares("cubism")
