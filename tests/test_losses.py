"""Losses against hand-computed cases, NumPy, finite differences, and Keras."""

import ast
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp

from course_utils.losses import (
    flow_matching_loss,
    identity_loss,
    perceptual_distance,
    smooth_l1,
    soft_cross_entropy,
    weighted_cross_entropy,
)


def batch(seed=0, shape=(2, 4, 5), classes=3, dtype="float32"):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, shape).astype("int32")
    logits = rng.normal(0, 2, (*shape, classes)).astype(dtype)
    return labels, logits, rng.uniform(0, 5, shape).astype(dtype)


def softmax(logits):
    return np.exp(logits - logsumexp(logits, axis=-1, keepdims=True))


def gradient(loss, scores):
    scores = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(scores)
    return tape.gradient(value, scores).numpy()


def finite_differences(loss, scores, step=1e-6):
    result = np.zeros_like(scores)
    for i in np.ndindex(scores.shape):
        up, down = scores.copy(), scores.copy()
        up[i] += step
        down[i] -= step
        result[i] = (float(loss(up)) - float(loss(down))) / (2 * step)
    return result


# Weighted cross-entropy


def test_cross_entropy_by_hand():
    labels = np.array([[[0, 1]]])
    logits = np.array([[[[0.0, 0.0], [np.log(3.0), 0.0]]]])  # p = (1/2, 1/2) and (3/4, 1/4)
    weights = np.array([[[1.0, 10.0]]])
    expected = (1 * np.log(2) + 10 * np.log(4)) / 2
    assert float(weighted_cross_entropy(labels, logits, weights)) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 5])
def test_cross_entropy_by_numpy(classes):
    labels, logits, weights = batch(classes=classes, dtype="float64")
    total = 0
    for i in np.ndindex(labels.shape):
        total -= weights[i] * (logits[i][labels[i]] - logsumexp(logits[i]))
    result = weighted_cross_entropy(labels, logits, weights)
    assert result.dtype == "float64" and result.shape == ()
    assert float(result) == pytest.approx(total / labels.size, rel=1e-12)


def test_soft_cross_entropy_of_sure_targets_is_cross_entropy_and_by_hand_of_others():
    labels, logits, weights = batch(dtype="float64")
    sure = np.eye(logits.shape[-1])[labels]
    expected = float(weighted_cross_entropy(labels, logits, weights))
    assert float(soft_cross_entropy(sure, logits, weights)) == pytest.approx(expected, rel=1e-12)
    logits = np.array([[[[np.log(3.0), 0.0]]]])  # p = (3/4, 1/4)
    found = soft_cross_entropy(np.array([[[[0.5, 0.5]]]]), logits, np.array([[[2.0]]]))
    assert float(found) == pytest.approx(-np.log(3 / 4) - np.log(1 / 4))


def test_cross_entropy_gradient():
    labels, logits, weights = batch(shape=(1, 2, 3), dtype="float64")
    found = gradient(lambda z: weighted_cross_entropy(labels, z, weights), logits)
    numeric = finite_differences(lambda z: weighted_cross_entropy(labels, z, weights), logits)
    assert found == pytest.approx(numeric, abs=1e-8)
    exact = weights[..., None] * (softmax(logits) - np.eye(3)[labels]) / labels.size
    assert found == pytest.approx(exact, abs=1e-12)


def test_going_down_the_gradient_raises_the_true_class():
    labels, logits, weights = batch()
    z = logits - 10 * gradient(lambda z: weighted_cross_entropy(labels, z, weights), logits)
    before, after = (np.take_along_axis(softmax(s), labels[..., None], -1) for s in (logits, z))
    assert np.all(after > before)


def test_a_constant_added_to_the_logits_changes_nothing():
    labels, logits, weights = batch(dtype="float64")
    shifted = weighted_cross_entropy(labels, logits + 100, weights)
    assert float(shifted) == pytest.approx(float(weighted_cross_entropy(labels, logits, weights)))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_cross_entropy_with_extreme_logits(dtype):
    logits = np.array([[[[1e4, -1e4], [1e4, -1e4]]]], dtype)
    weights = np.ones((1, 1, 2), dtype)

    def loss(z):
        return weighted_cross_entropy(np.array([[[0, 1]]]), z, weights)

    assert float(loss(logits)) == pytest.approx(2e4 / 2)  # one pixel right, one wrong by 2e4
    assert gradient(loss, logits) == pytest.approx(np.array([[[[0, 0], [0.5, -0.5]]]]))


def test_half_precision_is_computed_in_single_precision():
    labels, logits, weights = batch(shape=(1, 300, 300), dtype="float16")  # sum is beyond 65504
    result = weighted_cross_entropy(labels, logits, weights)
    assert result.dtype == "float32"
    single = weighted_cross_entropy(labels, logits.astype("float32"), weights.astype("float32"))
    assert float(result) == float(single)


def test_weights():
    labels, logits, weights = batch()
    base = float(weighted_cross_entropy(labels, logits, weights))
    assert float(weighted_cross_entropy(labels, logits, 3 * weights)) == pytest.approx(3 * base)
    assert float(weighted_cross_entropy(labels, logits, 0 * weights)) == 0
    ignored = weights.copy()
    ignored[:, :2] = 0
    changed = logits.copy()
    changed[:, :2] = 1e4
    assert float(weighted_cross_entropy(labels, changed, ignored)) == float(
        weighted_cross_entropy(labels, logits, ignored)
    )


def test_one_pixel_and_a_class_that_never_occurs():
    loss = weighted_cross_entropy(np.array([[[0]]]), np.zeros((1, 1, 1, 4)), np.ones((1, 1, 1)))
    assert float(loss) == pytest.approx(np.log(4))


@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_with_unknown_sizes(jit):
    labels, logits, weights = batch()
    size = (None, None, None)

    @tf.function(
        jit_compile=jit,
        input_signature=[
            tf.TensorSpec(size, tf.int32),
            tf.TensorSpec((*size, 3)),
            tf.TensorSpec(size),
        ],
    )
    def in_graph(labels, logits, weights):
        return weighted_cross_entropy(labels, logits, weights)

    entropy = in_graph(labels, logits, weights)
    eager = weighted_cross_entropy(labels, logits, weights)
    assert float(entropy) == pytest.approx(float(eager), rel=1e-5)


def small_network():
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 3, padding="same")])
    return network, keras.optimizers.SGD(0.1)


def test_agrees_with_keras_fit_and_sample_weight():
    rng = np.random.default_rng(0)
    pictures = rng.normal(size=(4, 8, 8, 1)).astype("float32")
    labels, _, weights = batch(shape=(4, 8, 8))

    network, optimizer = small_network()
    with tf.GradientTape() as tape:
        loss = weighted_cross_entropy(labels, network(pictures), weights)
    optimizer.apply(tape.gradient(loss, network.trainable_weights), network.trainable_weights)

    fitted, optimizer = small_network()
    fitted.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = fitted.fit(pictures, labels, sample_weight=weights, batch_size=4, verbose=0)
    assert history.history["loss"][0] == pytest.approx(float(loss), rel=1e-5)
    for ours, theirs in zip(network.get_weights(), fitted.get_weights()):
        assert ours == pytest.approx(theirs, abs=1e-6)
    # in batches of one the mean is the same
    again = fitted.evaluate(pictures, labels, sample_weight=weights, batch_size=1, verbose=0)
    whole = weighted_cross_entropy(labels, fitted.predict(pictures, verbose=0), weights)
    assert again == pytest.approx(float(whole), rel=1e-5)


def test_keras_other_reduction_divides_by_the_sum_of_weights():
    labels, logits, weights = batch()
    other = keras.losses.SparseCategoricalCrossentropy(True, reduction="mean_with_sample_weight")
    ours = float(weighted_cross_entropy(labels, logits, weights))
    assert float(other(labels, logits, weights)) == pytest.approx(ours / weights.mean(), rel=1e-5)


def test_short_enough_for_a_slide():
    (function,) = ast.parse(inspect.getsource(weighted_cross_entropy)).body
    docstring = function.body[0]
    lines = function.end_lineno - (docstring.end_lineno - docstring.lineno)
    assert lines <= 1 + 1 + 12  # def, a docstring of one line, body


# Smooth L1


def test_smooth_l1_by_hand():
    given = np.float32([0, 0.5, -0.5, 1, -1, 3])
    assert np.asarray(smooth_l1(given)) == pytest.approx([0, 0.125, 0.125, 0.5, 0.5, 2.5])
    assert np.asarray(smooth_l1(given, 0.5)) == pytest.approx([0, 0.25, 0.25, 0.75, 0.75, 2.75])
    assert np.asarray(smooth_l1(given, 4)) == pytest.approx(given**2 / 8)


@pytest.mark.parametrize("beta", [1 / 9, 1.0, 2.5])
def test_smooth_l1_by_numpy_and_by_keras(beta):
    given = np.random.default_rng(0).normal(0, 2, (3, 4, 5))
    expected = np.zeros_like(given)
    for i in np.ndindex(given.shape):
        far = abs(given[i])
        expected[i] = far**2 / (2 * beta) if far < beta else far - beta / 2
    found = smooth_l1(given, beta)
    assert found.shape == given.shape and found.dtype == "float64"
    assert np.asarray(found) == pytest.approx(expected, rel=1e-12)
    huber = keras.losses.Huber(delta=beta, reduction=None, dtype="float64")
    keras_has = huber(given[..., None], np.zeros((*given.shape, 1)))
    assert np.asarray(found) * beta == pytest.approx(np.asarray(keras_has), rel=1e-6)


@pytest.mark.parametrize("beta", [1 / 9, 1.0])
def test_smooth_l1_gradient_is_at_most_one(beta):
    given = np.append(np.random.default_rng(0).normal(0, 1, 30), [0, 1e3, -1e30])

    def total(difference):
        return keras.ops.sum(smooth_l1(difference, beta))

    found = gradient(total, given)
    assert found[:31] == pytest.approx(finite_differences(total, given[:31]), abs=1e-6)
    assert found == pytest.approx(np.clip(given / beta, -1, 1), abs=1e-12)
    assert gradient(total, np.float32([beta, -beta])) == pytest.approx([1, -1])


# Perceptual distance


def vectors(seed=0, shape=(2, 3, 2, 4)):
    """Activations of two pictures and of two others."""
    return np.random.default_rng(seed).normal(0, 1, (2, *shape))


def test_perceptual_distance_by_hand():
    features = np.array([[[[3.0, 4], [0, 2]]]])  # directions (.6, .8) and (0, 1)
    target = np.array([[[[5.0, 0], [0, -7]]]])  # (1, 0) and (0, -1)
    found = float(perceptual_distance(features, target))
    assert found == pytest.approx((0.4**2 + 0.8**2 + 2**2) / 2)


def test_perceptual_distance_by_numpy():
    features, target = vectors()
    total = 0
    for i in np.ndindex(features.shape[:3]):
        f, t = (x[i] / np.linalg.norm(x[i]) for x in (features, target))
        total += np.sum((f - t) ** 2)
    found = perceptual_distance(features, target)
    assert found.dtype == "float64" and found.shape == ()
    assert float(found) == pytest.approx(total / features[..., 0].size, rel=1e-6)
    assert float(perceptual_distance(target, features)) == pytest.approx(float(found))


def test_perceptual_distance_is_0_for_equal_and_4_for_opposite_activations():
    features, _ = vectors()
    assert float(perceptual_distance(features, features)) == 0
    assert float(perceptual_distance(features, -features)) == pytest.approx(4, rel=1e-6)


@pytest.mark.parametrize("scale", [0.1, 7.0, 1e6])
def test_how_bright_a_layer_is_does_not_count(scale):
    features, target = vectors()
    expected = float(perceptual_distance(features, target))
    for pair in ((scale * features, target), (features, scale * target)):
        assert float(perceptual_distance(*pair)) == pytest.approx(expected, rel=1e-5)
    places = np.random.default_rng(1).uniform(0.5, 9, (2, 3, 2, 1))  # each its own
    assert float(perceptual_distance(places * features, target)) == pytest.approx(expected)


def test_perceptual_distance_gradient_turns_activations_and_never_stretches_them():
    features, target = vectors()
    found = gradient(lambda x: perceptual_distance(x, target), features)
    numeric = finite_differences(lambda x: perceptual_distance(x, target), features)
    assert found == pytest.approx(numeric, abs=1e-8)
    assert np.sum(found * features, axis=-1) == pytest.approx(0, abs=1e-7)


# Identity


def test_identity_loss_by_hand():
    vectors = np.float32([[1, 0], [0.6, 0.8], [0, 1]])
    target = np.float32([[1, 0], [0.8, 0.6], [0, -1]])
    assert float(identity_loss(vectors, target)) == pytest.approx(1 - (1 + 0.96 - 1) / 3)


def test_identity_loss_by_numpy_and_is_0_for_one_person_and_2_for_the_opposite():
    one, other = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in vectors(0, (5, 7)))
    found = identity_loss(one, other)
    assert found.dtype == "float64" and found.shape == ()
    expected = np.mean([1 - np.dot(u, v) for u, v in zip(one, other)])
    assert float(found) == pytest.approx(expected, rel=1e-12)
    assert float(identity_loss(one, one)) == pytest.approx(0, abs=1e-12)
    assert float(identity_loss(one, -one)) == pytest.approx(2)


def test_identity_loss_gradient():
    one, other = vectors(0, (5, 7))
    found = gradient(lambda x: identity_loss(x, other), one)
    numeric = finite_differences(lambda x: identity_loss(x, other), one)
    assert found == pytest.approx(numeric, abs=1e-8)
    assert found == pytest.approx(-other / 5, abs=1e-12)


# Of both


FACES = {perceptual_distance: (2, 3, 2, 4), identity_loss: (5, 7)}


@pytest.mark.parametrize("loss", FACES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("scales", [(0, 0), (0, 1), (1, 0), (1e-20, 1), (1e4, 1e-4)])
def test_no_extreme_activation_makes_nan(loss, dtype, scales):
    one, other = (s * x for s, x in zip(scales, vectors(0, FACES[loss])))
    one, other = one.astype(dtype), other.astype(dtype)
    for value in (loss(one, other), loss(one, one), loss(other, one)):
        assert np.isfinite(float(value))
    assert np.isfinite(gradient(lambda x: loss(x, other), one)).all()


def test_a_place_without_activations_is_1_from_any_other_and_pulls_there():
    nothing, something = np.zeros((1, 1, 1, 3), np.float32), np.float32([[[[0, 2, 0]]]])
    assert float(perceptual_distance(nothing, nothing)) == 0
    assert float(perceptual_distance(nothing, something)) == pytest.approx(1)
    found = gradient(lambda x: perceptual_distance(x, something), nothing)
    assert found[0, 0, 0, 1] < 0 and (found[0, 0, 0, ::2] == 0).all()


@pytest.mark.parametrize("loss", FACES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("jit", [False, True])
def test_losses_of_faces_in_a_graph_with_unknown_sizes(loss, jit):
    one, other = vectors(0, FACES[loss]).astype("float32")
    unknown = tf.TensorSpec((*[None] * (one.ndim - 1), one.shape[-1]))
    in_graph = tf.function(lambda a, b: loss(a, b), [unknown, unknown], jit_compile=jit)
    assert float(in_graph(one, other)) == pytest.approx(float(loss(one, other)), rel=1e-5)


@pytest.mark.parametrize("loss", FACES, ids=lambda loss: loss.__name__)
def test_what_losses_of_faces_refuse(loss):
    one, other = vectors(0, FACES[loss])
    for wrong in (np.ones(one.shape, int), one > 0):
        with pytest.raises(TypeError, match="must be floats, not "):
            loss(one, wrong)
    with pytest.raises(ValueError, match="doesn't fit"):
        loss(one, other[..., :1])
    with pytest.raises(ValueError, match="axis"):
        loss(one[0], other[0])
    with pytest.raises(ValueError):
        loss(np.where(one > 0, np.nan, one), other)


# Flow matching


def ways(shape=(5, 3, 2, 4), seed=0):
    """A velocity, the noise at the begin of each way and the picture at its end."""
    return np.random.default_rng(seed).normal(0, 1, (3, *shape))


def test_flow_matching_loss_by_hand():
    noise, picture = np.float32([[0, 1], [2, -1]]), np.float32([[1, 1], [0, 1]])
    velocity = np.float32([[1, 0], [-2, 5]])  # wrong by 3 in one place of four
    assert float(flow_matching_loss(velocity, noise, picture)) == pytest.approx(3**2 / 4)
    assert float(flow_matching_loss(picture - noise, noise, picture)) == 0
    backwards = float(flow_matching_loss(noise - picture, noise, picture))
    assert backwards == pytest.approx((2**2 + 0 + 4**2 + 4**2) / 4)


@pytest.mark.parametrize("shape", [(1,), (6, 2), (2, 4, 5, 3)])
def test_flow_matching_loss_by_numpy(shape):
    velocity, noise, picture = ways(shape)
    total = 0
    for i in np.ndindex(shape):
        total += (velocity[i] - (picture[i] - noise[i])) ** 2
    found = flow_matching_loss(velocity, noise, picture)
    assert found.dtype == "float64" and found.shape == ()
    assert float(found) == pytest.approx(total / velocity.size, rel=1e-12)


def test_flow_matching_loss_gradient():
    velocity, noise, picture = ways()
    found = gradient(lambda v: flow_matching_loss(v, noise, picture), velocity)
    numeric = finite_differences(lambda v: flow_matching_loss(v, noise, picture), velocity)
    assert found == pytest.approx(numeric, abs=1e-8)
    assert found == pytest.approx(2 * (velocity - (picture - noise)) / velocity.size, abs=1e-12)


def test_the_best_velocity_is_the_mean_of_the_ways_and_the_floor_their_variance():
    _, noise, picture = ways((200, 2))
    mean = np.broadcast_to((picture - noise).mean(axis=0), noise.shape)
    least = float(flow_matching_loss(mean, noise, picture))
    assert least == pytest.approx((picture - noise).var(axis=0).mean(), rel=1e-12)
    slope = gradient(lambda v: flow_matching_loss(v, noise, picture), mean)
    assert slope.sum(axis=0) == pytest.approx(0, abs=1e-12)
    for off in ((0.1, 0), (0, -0.1), (-3, 2)):
        other = float(flow_matching_loss(mean + off, noise, picture))
        assert other == pytest.approx(least + np.square(off).mean(), rel=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_flow_matching_loss_of_large_numbers_does_not_overflow(dtype):
    velocity, noise, picture = (x.astype(dtype) for x in 1e3 * ways())
    single = (x.astype(np.float32) for x in (velocity, noise, picture))
    found = flow_matching_loss(velocity, noise, picture)
    assert found.dtype == "float32" and float(found) == float(flow_matching_loss(*single))


@pytest.mark.parametrize("jit", [False, True])
def test_flow_matching_loss_in_a_graph_with_unknown_sizes(jit):
    unknown = [tf.TensorSpec((None, None, None, 4))] * 3
    given = ways().astype("float32")
    in_graph = tf.function(lambda *x: flow_matching_loss(*x), unknown, jit_compile=jit)
    assert float(in_graph(*given)) == pytest.approx(float(flow_matching_loss(*given)), rel=1e-5)


def test_what_flow_matching_loss_refuses():
    velocity, noise, picture = ways()
    with pytest.raises(TypeError, match="noise must be floats, not int64"):
        flow_matching_loss(velocity, noise.astype(int), picture)
    with pytest.raises(TypeError, match="picture must be floats, not uint8"):
        flow_matching_loss(velocity, noise, picture.astype(np.uint8))
    with pytest.raises(ValueError, match="noise .* doesn't fit velocity"):
        flow_matching_loss(velocity, noise[:1], picture)  # NumPy would broadcast it
    with pytest.raises(ValueError, match="velocity must be floats .* not nan"):
        flow_matching_loss(np.nan * velocity, noise, picture)


# Errors


def test_wrong_types():
    labels, logits, weights = batch()
    for wrong in (labels.astype("float32"), labels > 0):
        with pytest.raises(TypeError, match="labels must be integers"):
            weighted_cross_entropy(wrong, logits, weights)
    with pytest.raises(TypeError, match="must be floats, not int32"):
        weighted_cross_entropy(labels, logits.astype("int32"), weights)


def test_wrong_shapes():
    labels, logits, weights = batch()
    for wrong in (labels[..., None], labels[:1], labels[0], labels[:, :, :1]):
        with pytest.raises(ValueError, match=r"labels (must|\(.*need).*\(B, H, W\)"):
            weighted_cross_entropy(wrong, logits, weights)
    with pytest.raises(ValueError, match=r"\(B, H, W, K\), not \(2, 4, 5\)"):
        weighted_cross_entropy(labels, logits[..., 0], weights)
    for wrong in (weights[..., None], weights[:1], weights[:, :1], weights[0, 0, 0]):
        with pytest.raises(ValueError, match=r"weights (must have|\(.*doesn't fit).*\(B, H, W\)"):
            weighted_cross_entropy(labels, logits, wrong)
