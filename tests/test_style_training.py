"""Repainting: its loss against NumPy, both optimisers, sizes, mixing, going on, and what it refuses."""

import itertools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import LbfgsInvHessProduct

from course_utils.exercises import style as mistakes
from course_utils.models import features
from course_utils.models.fast_style import fast_style, repaint
from course_utils.training import style
from course_utils.training.style import Repainting, distances
from experiments import style as experiments

SIDE = 32


@pytest.fixture(scope="module")
def network():
    model = features.cut(
        features.body((4, 6, 6, 8, 8), features.DEEPEST, seed=5),
        (*features.PAPER, "block4_conv2"),
        "vgg19",
    )
    model.trainable = False
    return model


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    content = np.clip(np.kron(rng.random((4, 4, 3)), np.ones((8, 8, 1))), 0, 1).astype(np.float32)
    return content, rng.random((SIDE, SIDE, 3), np.float32)


def start(network, pair, **more):
    return Repainting(network, *pair, **{"side": SIDE, "beta": 2.0} | more)


def test_the_loss_is_the_formula(network, pair):
    painting = start(network, pair, start="noise", alpha=0.7, gamma=0.3, seed=1)
    told, gradient = painting.evaluate(tf.constant(painting.picture[None]))
    seen, content, wanted = (
        {k: v.numpy().astype(np.float64) for k, v in network(p[None]).items()}
        for p in (painting.picture, *pair)
    )
    style_part = 0
    for name in features.PAPER:
        f, s = (np.reshape(each[name], (-1, each[name].shape[-1])) for each in (seen, wanted))
        style_part += 0.2 * np.sum((f.T @ f - s.T @ s) ** 2) / (4 * f.shape[1] ** 2 * len(f) ** 2)
    c = "block4_conv2"
    content_part = 0.5 * np.mean((seen[c] - content[c]) ** 2)
    x = painting.picture.astype(np.float64)
    variation = sum(np.sum(np.diff(x, axis=axis) ** 2) for axis in (0, 1)) / x.size
    assert float(told["style"]) == pytest.approx(style_part, rel=1e-4)
    assert float(told["content"]) == pytest.approx(content_part, rel=1e-4)
    assert float(told["variation"]) == pytest.approx(variation, rel=1e-4)
    total = 0.7 * content_part + 2.0 * style_part + 0.3 * variation
    assert float(told["loss"]) == pytest.approx(total, rel=1e-4)
    terms = {"α content": 0.7 * content_part, "β style": 2.0 * style_part}
    terms["γ variation"] = 0.3 * variation
    assert {name: float(told[name]) for name in terms} == pytest.approx(terms, rel=1e-4)
    assert gradient.shape == (1, SIDE, SIDE, 3)


def test_the_gradient_is_right_in_random_directions(network, pair):
    painting = start(network, pair, start="noise")
    x = painting.picture[None]
    _, gradient = painting.evaluate(tf.constant(x))
    for seed in range(3):
        way = np.random.default_rng(seed).standard_normal(x.shape).astype(np.float32) * 1e-3
        ahead, behind = (
            float(painting.evaluate(tf.constant(x + s * way))[0]["loss"]) for s in (1, -1)
        )
        assert (ahead - behind) / 2 == pytest.approx(
            float(np.sum(gradient * way)), rel=0.05, abs=1e-5
        )


@pytest.mark.parametrize("how", ["lbfgs", "adam"])
def test_both_optimisers_go_down_in_range_and_go_on(network, pair, how):
    painting = start(network, pair, start="noise")
    run = getattr(painting, how)
    run(12)
    first = painting.history[-1]["loss"]
    assert len(painting.history) == 12 and first < painting.history[0]["loss"]
    assert run(12) is painting and len(painting.history) == 24
    assert painting.history[-1]["loss"] < first
    assert painting.picture.dtype == np.float32
    assert painting.picture.min() >= 0 and painting.picture.max() <= 1


def test_no_pixel_takes_a_long_step(network, pair):
    painting, seen = start(network, pair, start="noise"), []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(painting.picture)
    )
    painting.lbfgs(15, callbacks=[watch])
    steps = [np.abs(after - before).max() for before, after in itertools.pairwise(seen)]
    assert max(steps) <= style.LONGEST + 1e-6 and max(steps) > 0.5 * style.LONGEST


def test_lbfgs_needs_fewer_evaluations_than_adam_at_the_best_of_four_rates(network, pair):
    curves = style.descents(start(network, pair, start="noise"), 60, (0.01, 0.03, 0.1, 0.3))
    assert list(curves) == ["Adam 0.01", "Adam 0.03", "Adam 0.1", "Adam 0.3", "L-BFGS"]
    assert len({curve[0] for curve in curves.values()}) == 1  # all from one start
    best = min(curve[-1] for name, curve in curves.items() if "Adam" in name)
    assert np.argmax(curves["L-BFGS"] <= best) + 1 <= 45 and curves["L-BFGS"][-1] < best


def test_the_curve_is_that_of_scipy():
    rng = np.random.default_rng(3)
    steps = rng.standard_normal((4, 30))
    changes = steps * rng.uniform(0.5, 2, 30)  # of a convex loss
    gradient = rng.standard_normal(30)
    root = np.sqrt((steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1]))
    wanted = root * LbfgsInvHessProduct(steps / root, changes * root).matvec(gradient * root)
    assert np.allclose(style._curved(gradient, list(zip(steps, changes, strict=True))), wanted)
    first = style._curved(gradient, [])
    assert np.sqrt(np.mean(first**2)) == pytest.approx(style.STEP) and np.all(first * gradient > 0)


def test_coarse_then_fine_shares_the_evaluations(network, pair):
    painting = start(network, pair, side=16).lbfgs(9, sides=(16, 24, SIDE))
    assert len(painting.history) == 9 and painting.picture.shape == (SIDE, SIDE, 3)
    assert painting.targets["content"].shape[1] == SIDE // 8


def test_its_cost_grows_with_the_pixels_and_changes_nothing(network, pair, monkeypatch):
    painting, clock = start(network, pair), iter((0, 10, 12))
    before = painting.picture.copy()
    monkeypatch.setattr(style.time, "perf_counter", lambda: next(clock))
    assert painting.cost(30, (16, SIDE)) == pytest.approx(30 * 2 * (1 / 4 + 1) / 2)
    assert not painting.history and np.array_equal(painting.picture, before)


def test_from_the_content_the_content_costs_nothing_at_first(network, pair):
    told, _ = start(network, pair).evaluate(tf.constant(pair[0][None]))
    assert float(told["content"]) == pytest.approx(0, abs=1e-6) and float(told["style"]) > 1e-3


def test_a_style_without_content_and_a_content_without_style(network, pair):
    texture = Repainting(network, styles=pair[1], start="noise", side=SIDE)
    assert set(texture.adam(1).history[0]) == {
        "loss",
        "style",
        "β style",
        "variation",
        "γ variation",
    }
    rebuilt = Repainting(network, pair[0], start="noise", side=SIDE, gamma=0)
    assert set(rebuilt.adam(1).history[0]) == {
        "loss",
        "content",
        "α content",
        "variation",
        "γ variation",
    }


def test_mixed_styles_are_a_weighted_sum(network, pair):
    other = pair[1][::-1] ** 3
    told = [
        start(network, (pair[0], styles)).adam(1).history[0]["style"]
        for styles in (pair[1], other, {"a": (pair[1], 0.25), "b": (other, 0.75)})
    ]
    assert told[2] == pytest.approx(0.25 * told[0] + 0.75 * told[1], rel=1e-4)


def test_the_style_may_have_another_size(network, pair):
    painting = start(network, pair, scale=2.0)
    assert [places for *_, places in painting.style_targets] == [4096, 1024, 256, 64, 16]


class Counted:
    """A network that notes how often it is asked."""

    def __init__(self, network):
        self.network, self.name, self.output, self.calls = network, network.name, network.output, 0

    def __call__(self, pictures):
        self.calls += 1
        return self.network(pictures)


def test_targets_are_computed_once(network, pair):
    counted = Counted(network)
    painting = start(counted, pair)
    assert counted.calls == 3  # content, style, and while the graph is traced
    painting.lbfgs(5)
    assert counted.calls == 3


def test_one_graph_serves_all_sizes_and_weights(network, pair):
    counted, losses, alone, traced = Counted(network), [], [], []
    for side, beta in ((16, 1.0), (24, 2.0), (32, 3.0), (32, 4)):
        before = counted.calls
        painting = start(counted, pair, side=side, beta=beta)
        traced.append(counted.calls - before - 2)  # content and style are computed in any case
        alone.append(float(painting.evaluate(tf.constant(painting.picture[None]))[0]["loss"]))
        before = counted.calls
        losses.append(painting.adam(1).history[0]["loss"])
        traced[-1] += counted.calls - before
    assert losses == pytest.approx(alone, rel=1e-4) and len(set(losses)) == 4
    assert traced == [1, 0, 0, 0]


def test_the_style_layers_that_the_network_has_share_the_weight(pair):
    model = features.cut(
        features.body((4, 6, 6, 8, 8), "block2_conv1"), features.PAPER[:2], "vgg19"
    )
    painting = Repainting(model, styles=pair[1], start="noise", side=SIDE)
    assert painting.weights == {"block1_conv1": 0.5, "block2_conv1": 0.5}


def test_misprints_can_take_the_place_of_the_formulas(network, pair):
    plus = start(network, pair, gram=mistakes.plus_for_times).lbfgs(4)
    assert np.isfinite(plus.history[-1]["loss"])
    endless = start(network, pair, style_loss=mistakes.style_without_square, gamma=0).lbfgs(30)
    assert endless.history[-1]["style"] < 0


def test_an_interrupt_leaves_the_picture_and_it_goes_on(network, pair, capsys):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

    painting = start(network, pair, start="noise")
    painting.lbfgs(10, callbacks=[Stop()])
    assert len(painting.history) == 3 and "it goes on" in capsys.readouterr().out
    assert len(painting.lbfgs(4).history) == 7


def test_without_pictures_or_with_a_loss_that_is_no_number_it_says_so(network, pair):
    with pytest.raises(ValueError, match="content picture, a style picture or both"):
        Repainting(network)
    with pytest.raises(ValueError, match="noise"):
        Repainting(network, styles=pair[1])
    with pytest.raises(FloatingPointError, match="no number"):
        start(network, pair, beta=float("nan")).adam(2)


def wrong_pictures():
    """{what is wrong: (picture, what it is told)}."""
    good = np.random.default_rng(2).random((SIDE, SIDE, 3), np.float32)
    return {
        "0 to 255": (good * 255, "to 255, but"),
        "-1 to 1": (good * 2 - 1, "from -1"),
        "NaN": (np.where(good > 0.999, np.nan, good), "NaN"),
        "infinity": (np.full_like(good, np.inf), "infinity"),
        "grey": (good[..., 0], r"must have the shape \(H, W, 3\), not \(32, 32\)"),
        "one channel": (good[..., :1], r"not \(32, 32, 1\)"),
        "empty": (good[:0], "empty"),
        "RGBA": (np.dstack([good, good[..., :1]]), r"not \(32, 32, 4\)"),
        "a batch": (good[None], r"not \(1, 32, 32, 3\)"),
        "whole numbers": (good.astype(int), "int64"),
        "a name": ("starry night", "str"),
    }


@pytest.mark.parametrize("wrong", list(wrong_pictures()))
def test_pictures_of_another_range_type_or_shape_are_refused_by_name(network, pair, wrong):
    picture, told = wrong_pictures()[wrong]
    told = told.replace("H, W", "[hH], [wW]")
    calls = {
        "content": lambda: Repainting(network, picture, pair[1], side=SIDE),
        "style": lambda: Repainting(network, pair[0], picture, side=SIDE),
        "waves": lambda: Repainting(network, pair[0], {"waves": (picture, 1.0)}, side=SIDE),
        "style ": lambda: style.in_colours_of(picture, pair[0]),
        "content ": lambda: style.in_colours_of(pair[0], picture),
        "picture": lambda: distances(network, picture, *pair),
        "style  ": lambda: distances(network, *pair, picture),
        "style   ": lambda: fast_style(width=4, blocks=1, style=picture),
        "pictures": lambda: repaint(fast_style(width=4, blocks=1), np.asarray(picture)[None]),
    }
    if not isinstance(picture, str):
        calls["start"] = lambda: Repainting(network, *pair, start=picture, side=SIDE)
    for name, call in calls.items():
        with pytest.raises((TypeError, ValueError), match=f"^{name.strip()}\\b") as caught:
            call()
        said = str(caught.value)
        assert "\n" not in said and said.endswith("."), said
        assert name == "pictures" or re.search(told, said), said


@pytest.mark.parametrize("top", [255, 65535])
def test_pictures_of_8_and_16_bits_are_taken_as_what_they_mean(network, pair, top):
    whole = [
        np.round(picture * top).astype({255: np.uint8, 65535: np.uint16}[top]) for picture in pair
    ]
    same = [(picture / np.float32(top)).astype(np.float32) for picture in whole]
    painted = [start(network, some).adam(1).history[0]["loss"] for some in (whole, same)]
    assert painted[0] == painted[1]
    assert np.array_equal(style.in_colours_of(*whole), style.in_colours_of(*same))
    assert distances(network, whole[0], *whole) == distances(network, same[0], *same)
    painters = [fast_style(width=4, blocks=1, style=some[1]) for some in (whole, same)]
    values = [painter.get_layer("in_colours").values.numpy() for painter in painters]
    assert np.array_equal(*values) and values[0].max() <= 1


def test_an_unknown_start_is_named(network, pair):
    with pytest.raises(ValueError, match='not "nosie"'):
        start(network, pair, start="nosie")


def test_distances_are_zero_for_itself_and_one_picture_each(network, pair):
    content, painted = pair
    assert distances(network, content, content, painted)["content_distance"] == 0
    assert distances(network, painted, content, painted)["style_distance"] == 0
    both = distances(network, content, painted, painted)
    assert both["style_distance"] > 0.05 and both["content_distance"] > 0.05


def test_networks_are_compared_at_equal_content():
    falling = [(2, 8), (8, 2)]  # content distance, style distance: 16 over content
    assert experiments._at_equal_content([(4, 1), (1, 4)], falling) == pytest.approx(1 / 4)
    more_of_both = [(4, 9), (2, 1)]
    assert experiments._at_equal_content(more_of_both, falling) == pytest.approx(2**0.5 / 8)


# Colours -----------------------------------------------------------------------------------------


def moments(picture):
    pixels = picture.reshape(-1, 3)
    return pixels.mean(0), np.cov(pixels.T)


def test_colours_are_matched_as_one_cloud():
    """Mean and covariance are the painting's, which three channels matched one by one don't reach."""
    rng = np.random.default_rng(0)
    grey = rng.uniform(0.35, 0.65, (20, 20, 1))
    painting = (grey + 0.04 * rng.standard_normal((20, 20, 3))).clip(0, 1)  # channels go together
    content = rng.uniform(0.2, 0.8, (24, 16, 3))  # and here they don't
    for found, wanted in zip(moments(style.in_colours_of(painting, content)), moments(painting)):
        assert np.allclose(found, wanted, atol=2e-3)


def test_a_picture_in_its_own_colours_stays_and_a_grey_one_takes_them_on():
    picture = np.random.default_rng(1).uniform(0.2, 0.8, (12, 12, 3)).astype(np.float32)
    assert np.allclose(style.in_colours_of(picture, picture), picture, atol=1e-5)
    grey = np.repeat(picture[..., :1], 3, axis=-1)
    mean, _ = moments(style.in_colours_of(picture, grey))
    assert np.allclose(mean, moments(picture)[0], atol=0.02)
    flat = style.in_colours_of(np.full((4, 4, 3), 0.25), picture)
    assert np.allclose(moments(flat)[0], 0.25, atol=0.02) and np.isfinite(flat).all()


def test_the_outside_judge_is_efficientnet_where_it_is_there(monkeypatch, tmp_path):
    monkeypatch.setattr(style.imagenet.paths, "DOWNLOADS", tmp_path)
    assert style.outside_judge().name == "random"
