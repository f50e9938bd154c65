"""The two optimisers: one is Adam, the other straightens the steps of convolutions' kernels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils.training.optimizers import FusedAdam, Muon


def steps(optimizer, shape, count=1):
    """The weight before and after each of `count` steps with random gradients, and these."""
    rng = np.random.default_rng(0)
    weight = keras.Variable(rng.normal(size=shape).astype(np.float32))
    seen, gradients = [weight.numpy()], rng.normal(size=(count, *shape)).astype(np.float32)
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [weight])
        seen.append(weight.numpy())
    return seen, gradients


def test_fused_adam_is_adam():
    fused, plain = FusedAdam(1e-2, beta_1=0.5), keras.optimizers.Adam(1e-2, beta_1=0.5)
    for one, other in zip(steps(fused, (3, 4), 5)[0], steps(plain, (3, 4), 5)[0], strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)
    for one, other in zip(fused.variables, plain.variables, strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 3, 8, 16), (1, 1, 8, 16), (4, 4, 3, 24)])
def test_muon_moves_a_kernel_equally_far_in_all_directions(shape):
    (before, after), (gradient,) = steps(Muon(0.1), shape)
    step = (before - after).reshape(-1, shape[-1])
    sizes = np.linalg.svd(step, compute_uv=False)
    fair = 0.1 * 0.2 * max(step.shape) ** 0.5  # as Liu et al. scale it
    assert np.all((sizes > 0.6 * fair) & (sizes < 1.3 * fair))
    slope = np.linalg.svd(gradient.reshape(step.shape), compute_uv=False)
    assert slope.max() / slope.min() > 1.3 * sizes.max() / sizes.min()
    assert np.sum(step * gradient.reshape(step.shape)) > 0  # downhill
    assert np.sqrt(np.mean(step**2)) == pytest.approx(0.1 * 0.2, rel=0.4)


@pytest.mark.parametrize("shape", [(3, 3, 8, 16), (1, 1, 40, 8), (4, 4, 3, 96)])
@pytest.mark.parametrize("spread", [0, 8])
def test_muon_by_the_gram_matrix_is_keras_muon(shape, spread):
    rng = np.random.default_rng(1)
    gradient = rng.normal(size=shape) * 10 ** rng.uniform(-spread, 0, shape[-1])
    flat = tf.constant(gradient.reshape(-1, shape[-1]).astype(np.float32))
    ours, theirs = Muon(), keras.optimizers.Muon(1e-3)
    made = ours.zeropower_via_newtonschulz5(tf.reshape(flat, shape), 5)
    expected = theirs.zeropower_via_newtonschulz5(flat, 5)
    assert np.allclose(np.reshape(made, expected.shape), expected, atol=1e-3)
    assert not np.any(ours.zeropower_via_newtonschulz5(tf.zeros(shape), 5))


@pytest.mark.parametrize("shape", [(5,), (6, 7), (3, 3, 16, 7)])
def test_muon_leaves_the_rest_to_adam(shape):
    ours, theirs = Muon(1e-2, beta_1=0.5), keras.optimizers.Adam(1e-2, beta_1=0.5)
    for one, other in zip(steps(ours, shape, 3)[0], steps(theirs, shape, 3)[0], strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_muon_remembers_and_takes_a_schedule():
    schedule = keras.optimizers.schedules.PolynomialDecay(1e-2, 2, 0.0)
    seen, _ = steps(Muon(schedule), (3, 3, 8, 16), 3)
    assert np.array_equal(seen[2], seen[3])  # the rate has come to 0
    assert not np.allclose(seen[1] - seen[0], (seen[2] - seen[1]) * 2, atol=1e-4)
