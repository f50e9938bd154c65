"""The feed-forward network: any size, one training step in the right direction, what is shipped."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.exposure import match_histograms

from course_utils.models import fast_style as models
from course_utils.models import features
from course_utils.models.fast_style import Canvas, InColours, Unfold, fast_style
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


@pytest.mark.parametrize("size", [(64, 64), (31, 50), (1, 3)])
def test_any_size_comes_back_in_range(size):
    made = models.repaint(fast_style(width=4, blocks=1), np.ones((2, *size, 3)))
    assert made.shape == (2, *size, 3) and made.dtype == np.float32
    assert 0 <= made.min() and made.max() <= 1


def test_one_network_repaints_pictures_of_all_sizes_one_after_the_other():
    network = fast_style(width=4, blocks=1)
    for shape in ((1, 32, 32, 3), (1, 40, 24, 3), (2, 9, 70, 3), (1, 32, 32, 3)):
        assert models.repaint(network, np.full(shape, 0.5)).shape == shape


def test_a_wrong_range_is_named():
    with pytest.raises(ValueError, match=r"from 0 to 200, but \[0, 1\]"):
        models.repaint(fast_style(width=4, blocks=1), np.float32([[[[0, 0, 200.0]]]]))


def test_its_parts_count():
    convolutions = [
        layer
        for layer in fast_style(width=8, blocks=3).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert [layer.filters for layer in convolutions] == [8, 8, 22, *[32] * 6, 10, 8, 12]


def test_a_canvas_lies_beside_the_activations_repeated_and_elsewhere_in_training():
    canvas, x = Canvas(2, 4), np.random.default_rng(0).random((3, 6, 5, 1), np.float32)
    answer = canvas(x).numpy()
    assert np.array_equal(answer[..., :1], x)
    pattern = np.tile(canvas.pattern.numpy(), (3, 2, 2, 1))[:, :6, :5]
    assert np.array_equal(answer[..., 1:], pattern)
    rolled = [canvas(x, training=True).numpy()[0, :4, :4, 1:] for _ in range(8)]
    assert all(np.allclose(np.sort(r, None), np.sort(pattern[0, :4, :4], None)) for r in rolled)
    assert len({r.tobytes() for r in rolled}) > 2


def test_unfolding_keeps_flat_areas_and_takes_the_grid_away():
    flat = np.ones((1, 4, 5, 12), np.float32)
    assert np.allclose(Unfold()(flat), np.ones((1, 8, 10, 3)))
    grid = flat * np.repeat([1, -1, -1, 1], 3)  # a chessboard of pixels
    assert np.abs(Unfold()(grid)[0, 1:-1, 1:-1]).max() < 1e-6
    spot = np.zeros((1, 4, 5, 12), np.float32)
    spot[0, 1, 2, 3 + 2] = 1  # right of two, blue
    assert np.unravel_index(np.argmax(Unfold()(spot)), (1, 8, 10, 3)) == (0, 2, 5, 2)


@pytest.mark.parametrize("height", [64, 31])
def test_a_picture_takes_on_anothers_colours(height):
    pictures = np.random.default_rng(3).random((2, height, 50, 3), np.float32) ** [[[[1]]], [[[3]]]]
    coloured = InColours(STYLE**2)(pictures).numpy()
    for found, picture in zip(coloured, pictures, strict=True):
        assert np.abs(found - match_histograms(picture, STYLE**2, channel_axis=-1)).max() < 0.03
    assert np.allclose(InColours(STYLE**2)(pictures[1:]), coloured[1:], atol=1e-6)


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
    training.train(
        network,
        STYLE,
        training.Contents([[np.uint8(STYLE * 255)]]),
        steps=60,
        callbacks=[record],
    )
    assert np.mean(losses[-20:]) < np.mean(losses[:20])
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_the_loss_is_that_of_a_repainting(network):
    aim = training.Repainting(network, styles=STYLE, start="noise", side=64)
    model = training.FastStyle(fast_style(width=4, blocks=1, style=STYLE), aim)
    model.compile(keras.optimizers.SGD(0.0))
    for layer in model.feed_forward.layers:
        if isinstance(layer, Canvas):  # in training it would lie elsewhere
            layer.pattern.assign(np.ones(layer.pattern.shape))
    x = np.random.default_rng(2).random((1, 32, 32, 3), np.float32)
    told, coloured = model.train_step((x,)), models.inside(InColours(STYLE)(x)).numpy()
    made = models.inside(model.feed_forward(x)).numpy()
    alone = training.Repainting(network, coloured[0], STYLE, start=made[0], side=16, scale=4)
    wanted, _ = alone.evaluate(tf.constant(made))
    for part in ("content", "style", "variation", "loss"):
        assert float(told[part]) == pytest.approx(float(wanted[part]), rel=1e-3)


def test_an_unknown_style_is_named():
    with pytest.raises(ValueError, match="shipped for waves, not for 'cubism'"):
        models.load("cubism")
