"""Lesson 03's three networks: losses, training in both directions, resuming, loading."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import metrics as skimage_metrics

from course_utils import losses, metrics, paths
from course_utils.data.pairs import Jitter, Pair
from course_utils.models import face_sketch as models
from course_utils.models import patchgan, pix2pix
from course_utils.models.pix2pix import translate
from course_utils.training import face_sketch as training

SMALL = {
    "autoencoder": training.Settings(generator=models.Autoencoder(side=32, width=2)),
    "pix2pix": replace(
        training.QUICK["pix2pix"],
        generator=pix2pix.Architecture(side=32, width=2, cap=2.5, fine=16),
        discriminator=patchgan.Architecture(layers=1, width=2),
    ),
    "cyclegan": replace(
        training.QUICK["cyclegan"],
        generator=models.ResNet(side=32, width=2, blocks=1, ends=3),
        discriminator=patchgan.Architecture(layers=1, width=2),
    ),
}


def pairs(count=4, side=32):
    rng = np.random.default_rng(0)
    photos = rng.random((count, side, side, 3)).astype(np.float32)
    return [Pair(str(n), photo, 1 - photo, str(n)) for n, photo in enumerate(photos)]


# SSIM ---------------------------------------------------------------------------------------------


def noisy(shape=(2, 24, 17, 3), seed=0):
    rng = np.random.default_rng(seed)
    first = rng.random(shape).astype(np.float32)
    return first, np.clip(first + rng.normal(0, 0.2, shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize(("low", "span"), [(0, 1), (-1, 2), (0, 255)])
def test_the_loss_is_scikit_images_ssim_in_any_range(low, span):
    x, y = (low + span * each for each in noisy())
    expected = np.mean(
        [
            skimage_metrics.structural_similarity(
                *pair,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                data_range=span,
                channel_axis=-1,
            )
            for pair in zip(x.astype(float), y.astype(float))
        ]
    )
    assert 1 - float(losses.structural_dissimilarity(x, y, span)) == pytest.approx(
        expected, abs=1e-4
    )


def test_equal_pictures_negatives_and_constants():
    x, _ = noisy()
    assert float(losses.structural_dissimilarity(x, x)) == pytest.approx(0, abs=1e-5)
    assert float(losses.structural_dissimilarity(x, 1 - x)) > 1
    flat = np.full_like(x, 0.3)
    assert float(losses.structural_dissimilarity(flat, flat)) == pytest.approx(0, abs=1e-4)


def test_the_slope_of_the_loss():
    x, y = noisy((1, 12, 13, 1))
    made = tf.Variable(y, dtype="float64")
    with tf.GradientTape() as tape:
        loss = losses.structural_dissimilarity(tf.constant(x, "float64"), made)
    slope = tape.gradient(loss, made).numpy()
    way = np.random.default_rng(1).normal(size=y.shape)
    ends = [
        float(losses.structural_dissimilarity(x.astype(float), y + step * way))
        for step in (1e-5, -1e-5)
    ]
    assert np.sum(slope * way) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3)


def test_pictures_that_do_not_fit_are_named():
    x, _ = noisy()
    for pair in ((x, x[:, :20]), (x[0], x[0]), (x[:, :10], x[:, :10])):
        with pytest.raises(ValueError, match="H≥11|doesn't fit"):
            losses.structural_dissimilarity(*pair)


def test_likeness_is_mae_and_ssim_as_if_in_0_to_1():
    x, y = noisy()
    expected = np.abs(x - y).mean() + 0.5 * float(losses.structural_dissimilarity(x, y))
    found = np.array(training.likeness(0.5)(2 * x - 1, 2 * y - 1))
    assert found.shape == x.shape[:1] and found == pytest.approx(expected, rel=1e-5)


# Scores -------------------------------------------------------------------------------------------


def test_portraits_are_scored_by_their_luminance():
    x, y = noisy((3, 16, 16, 3))
    scores = metrics.portrait_scores(x, y)
    grey = x @ [0.2125, 0.7154, 0.0721], y @ [0.2125, 0.7154, 0.0721]
    assert scores["mae"] == pytest.approx(np.abs(grey[0] - grey[1]).mean(), rel=1e-4)
    ssim = [metrics.ssim(a[..., None].clip(0, 1), b[..., None].clip(0, 1)) for a, b in zip(*grey)]
    assert scores["ssim"] == pytest.approx(np.mean(ssim), abs=1e-5)


def test_found_share_by_hand():
    x, _ = noisy((4, 8, 8, 3))
    assert metrics.found_share(x, 0.2 + 0.3 * x) == 1  # contrast doesn't count
    assert metrics.found_share(x, x[[1, 0, 2, 3]]) == 0.5
    assert metrics.found_share(x, x[[0, 0, 0, 0]]) == 0.25  # everybody gets the same
    assert metrics.found_share(x, np.full_like(x, 0.5)) == 0
    with pytest.raises(ValueError, match="truths must hold at least 2"):
        metrics.found_share(x[:1], x[:1])


# Training -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", models.NETWORKS)
def test_both_directions_are_trained(name, tmp_path):
    there, back = training.train_both(name, pairs(), 2, 0, SMALL[name], tmp_path / "copies")
    assert not (tmp_path / "copies").exists() or not list((tmp_path / "copies").rglob("*.npz"))
    photos = np.stack([pair.source_picture for pair in pairs()])
    made = translate(there, photos), translate(back, photos)
    assert made[0].shape == photos.shape and not np.allclose(*made)
    assert all(0 <= each.min() <= each.max() <= 1 for each in made)


def test_the_autoencoder_learns_a_negative():
    some = pairs(1)
    jitter = Jitter(some, 32, flip=False, scale=1.0)
    wide = training.Settings(generator=models.Autoencoder(side=32, width=8), learning_rate=5e-3)
    model = training.train_autoencoder(jitter, 60, 0, wide)
    made = translate(model, some[0].source_picture[None])
    assert metrics.mae(made[0], some[0].target) < 0.7 * metrics.mae(
        some[0].source_picture, some[0].target
    )


def test_a_stopped_autoencoder_goes_on(tmp_path):
    from course_utils.training import fit

    def trained(folder=None, callbacks=()):
        return training.train_autoencoder(
            Jitter(pairs(), 32), 201, 3, SMALL["autoencoder"], 1, folder, callbacks
        )

    def fail(number, logs):
        if number == 200:
            raise KeyboardInterrupt

    unbroken = [v.numpy() for v in fit._state(trained())]
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, [keras.callbacks.LambdaCallback(on_train_batch_end=fail)])
    keras.backend.clear_session()
    for resumed, expected in zip(fit._state(trained(tmp_path)), unbroken, strict=True):
        assert np.allclose(resumed, expected, atol=1e-4), resumed.path


@pytest.mark.parametrize(
    ("settings", "sides"),
    [
        (training.QUICK, [128, 128, 64]),
        (training.SHIPPED, [128, 128, 128]),
        (training.FULL, [256, 256, 128]),
    ],
)
def test_sizes_by_profile(settings, sides):
    assert [settings[name].side for name in models.NETWORKS] == sides


def test_unknown_and_missing_networks_are_named(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="autoencoder, pix2pix, cyclegan, not 'vae'"):
        models.load("vae")
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    with pytest.raises(ValueError, match="03_pix2pix_there.npz is missing: .* make it anew"):
        models.load("pix2pix")
