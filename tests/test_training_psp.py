"""pSp's training: the mean face at first, four losses by NumPy, what is frozen, stopped and resumed."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from course_utils import profile
from course_utils.data import imagenet
from course_utils.data.psp import CHANNELS
from course_utils.models import psp as models
from course_utils.models import stylegan
from course_utils.training import fit, psp

SIDE, LATENT, STYLES = 16, 8, 6
GENERATOR = stylegan.Architecture(side=SIDE, latent=LATENT, channels=(8, 6, 4), mapping=2)
NETWORK = models.Architecture(widths=(4, 6, 8), pyramid=8, generator=GENERATOR)
PARTS = ("l2", "perceptual", "identity", "w_norm")
ALL = psp.Weights(l2=1.0, perceptual=0.8, identity=0.1, w_norm=0.005)
SMALL = psp.Settings(network=NETWORK, weights=ALL)
MEAN = np.random.default_rng(7).normal(size=LATENT).astype(np.float32)
FROZEN = ("synthesis", "seen", "recogniser")


def seen():
    """Two layers that stand for those of a trained network."""
    x = picture = keras.Input((SIDE, SIDE, 3))
    found = {}
    for name, width in (("one", 4), ("two", 6)):
        x = found[name] = layers.Conv2D(width, 3, 2, padding="same", activation="relu")(x)
    return keras.Model(picture, found, name="seen")


def recogniser():
    """With batch norm, as the shipped one."""
    picture = keras.Input((SIDE, SIDE, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, 4)(picture))
    x = layers.UnitNormalization()(layers.Dense(5)(layers.Flatten()(x)))
    return keras.Model(picture, x, name="recogniser")


@pytest.fixture(autouse=True)
def small_features(monkeypatch):
    monkeypatch.setattr(psp, "seen", seen)


def parts():
    """(synthesis, mean, recogniser), the same each time; the noise of the synthesis is on."""
    profile.set_seeds(5)
    synthesis = stylegan.synthesis(GENERATOR)
    for layer in synthesis.layers:
        if isinstance(layer, stylegan.Grain):
            layer.strength.assign(0.3)
    return synthesis, MEAN, recogniser()


def model(s=SMALL, steps=None):
    given = parts()
    profile.set_seeds(0)
    return psp.build("inversion", *given, s, steps)


def batch(count=3, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32) for _ in range(2))


def example(rng):
    return tuple(part[0] for part in batch(1, rng))


def weights(network):
    return [np.array(v) for v in network.weights]


def same(before, after):
    return all(map(np.array_equal, before, after))


def silent(made):
    """Every style's last layer answers 0."""
    for layer in made.encoder.layers:
        if layer.name.split("_")[0] in models.LEVELS:
            layer.set_weights([0 * w for w in layer.get_weights()])
    return made


@pytest.fixture(scope="module")
def whole():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psp, "seen", seen)
        return model()


# What comes out -----------------------------------------------------------------------------------


def test_without_offsets_every_source_becomes_the_mean_face():
    made, (source, _) = silent(model()), batch()
    face = made.synthesis(np.tile(MEAN, (3, STYLES, 1)))
    for training in (False, True):
        assert np.array_equal(made.styles(source, training), np.tile(MEAN, (3, STYLES, 1)))
        assert np.array_equal(made(source, training=training), face)
    assert made.predict(source, verbose=0) == pytest.approx(face.numpy(), abs=1e-5)


def test_styles_are_mean_plus_offsets_and_the_picture_is_the_synthesis_of_them(whole):
    source, _ = batch()
    offsets = whole.encoder(source).numpy()
    assert offsets.shape == (3, STYLES, LATENT) and np.ptp(offsets) > 0
    assert whole.styles(source).numpy() == pytest.approx(MEAN + offsets)
    assert np.array_equal(whole(source), whole.synthesis(whole.styles(source)))
    assert whole(source).shape == (3, SIDE, SIDE, 3)


# Losses -------------------------------------------------------------------------------------------


def test_all_four_losses_by_numpy(whole):
    source, target = batch()
    offsets = whole.encoder(source).numpy()
    made = 3 * whole.synthesis(MEAN + offsets).numpy()  # in part beyond -1 and 1
    assert np.abs(made).max() > 1
    told = {name: float(part) for name, part in whole.losses_of(offsets, made, target).items()}
    one, other = ((x / 2 + 0.5).clip(0, 1) for x in (made, target))
    perceptual = 0
    for f, t in zip(whole.seen(one).values(), whole.seen(other).values(), strict=True):
        f, t = (x.numpy() for x in (f, t))
        f, t = (x / np.sqrt((x**2).sum(-1, keepdims=True) + 1e-8) for x in (f, t))
        perceptual += ((f - t) ** 2).sum(-1).mean()
    cosines = (whole.recogniser(one).numpy() * whole.recogniser(other).numpy()).sum(-1)
    assert told["l2"] == pytest.approx(np.mean((made - target) ** 2), rel=1e-5)
    assert told["perceptual"] == pytest.approx(perceptual, rel=1e-4)
    assert told["identity"] == pytest.approx(1 - cosines.mean(), rel=1e-4)
    lengths = [np.linalg.norm(each) for each in offsets]  # of all styles of a picture together
    assert told["w_norm"] == pytest.approx(np.mean(lengths), rel=1e-5)


def test_no_loss_at_the_target_and_no_nan_at_the_mean(whole):
    _, target = batch()
    offsets = tf.zeros((3, STYLES, LATENT))
    with tf.GradientTape() as tape:
        tape.watch(offsets)
        told = whole.losses_of(offsets, tf.constant(target), target)
    assert [float(part) for part in told.values()] == pytest.approx([0] * 4, abs=2e-4)
    assert np.array_equal(tape.gradient(told["w_norm"], offsets), offsets)


@pytest.mark.parametrize("name", PARTS)
def test_only_parts_with_a_weight_are_computed(name):
    none = dict.fromkeys(PARTS, 0.0)
    made = model(replace(SMALL, weights=psp.Weights(**none | {name: 0.5})))
    told = made.train_step(batch())
    assert set(told) == {"loss", name}
    assert float(told["loss"]) == pytest.approx(0.5 * float(told[name]))


def test_the_loss_is_the_weighted_sum():
    told = {name: float(part) for name, part in model().train_step(batch()).items()}
    expected = sum(getattr(ALL, name) * told[name] for name in PARTS)
    assert told["loss"] == pytest.approx(expected, rel=1e-5) and len(told) == 5


# A step -------------------------------------------------------------------------------------------


def test_a_step_changes_the_encoder_alone():
    made = model()
    before = {name: weights(getattr(made, name)) for name in (*FROZEN, "encoder")}
    frozen = made.synthesis.trainable_variables, made.seen.trainable_variables
    assert frozen == ([], []) and not made.recogniser.trainable_variables
    expected = [v.path for v in made.encoder.trainable_variables]
    assert [v.path for v in made.trainable_variables] == expected
    made.optimizer.build(made.trainable_variables)
    assert [v.path for v in made.optimizer._trainable_variables] == expected
    pairs = tf.data.Dataset.from_tensors(batch())
    made.fit(pairs, epochs=2, verbose=0)
    assert not same(before.pop("encoder"), weights(made.encoder))
    assert all(same(old, weights(getattr(made, name))) for name, old in before.items())
    moved = [
        not np.array_equal(a, b) for a, b in zip(weights(made.encoder), weights(model().encoder))
    ]
    assert all(moved)  # no layer is left out


def test_batch_norm_learns_in_steps_and_stays_outside_of_them():
    made, (source, target) = model(), batch()
    norms = [v for v in made.encoder.non_trainable_variables if "moving" in v.path]
    before = [v.numpy() for v in norms]
    made(source)
    assert len(norms) > 0 and same(before, norms)
    made.train_step((source, target))
    assert not any(map(np.array_equal, before, norms))


def test_a_picture_is_learned_by_heart():
    made = model(replace(SMALL, learning_rate=1e-2))
    styles = MEAN + np.random.default_rng(3).normal(size=(2, STYLES, LATENT)).astype(np.float32)
    target = made.synthesis(styles).numpy().clip(-1, 1)
    pairs = tf.data.Dataset.from_tensors((target, target)).repeat()
    history = made.fit(pairs, steps_per_epoch=1, epochs=25, verbose=0).history
    assert np.mean(history["loss"][-3:]) < 0.8 * history["loss"][0]
    assert np.isfinite(history["loss"]).all()


def test_the_norm_of_w_pulls_to_the_mean_face():
    lengths = []
    for weight in (0.0, 1.0):
        s = replace(SMALL, learning_rate=1e-2, weights=psp.Weights(identity=0.0, w_norm=weight))
        made, (source, target) = model(s), batch()
        pairs = tf.data.Dataset.from_tensors((source, target)).repeat()
        made.fit(pairs, steps_per_epoch=12, verbose=0)
        lengths.append(np.linalg.norm(made.encoder(source)))
    assert lengths[1] < 0.8 * lengths[0]


def test_the_rate_falls_to_0_along_a_cosine():
    made = model(steps=4)
    rates = [float(made.optimizer.learning_rate)]
    for _ in range(4):
        made.train_step(batch(1))
        rates.append(float(made.optimizer.learning_rate))
    assert rates == pytest.approx([5e-4 * (1 + np.cos(np.pi * n / 4)) for n in range(5)], abs=1e-9)
    assert float(model().optimizer.learning_rate) == pytest.approx(1e-3)


# Stopped and resumed ------------------------------------------------------------------------------


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == 3:
            raise KeyboardInterrupt


def train(s=SMALL, **more):
    return psp.train(example, "inversion", 4, 1, parts(), s, batch=2, **more)


def test_a_training_stopped_and_called_again_ends_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(psp, "fit", partial(fit.fit, every=2))
    unbroken, told = fit._state(train()), {"folder": tmp_path / "copy"}
    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[Stop()], **told)
    with pytest.raises(ValueError, match="holds another training"):
        train(replace(SMALL, weights=psp.Weights()), **told)
    steps = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda n, logs: steps.append(n))
    resumed = fit._state(train(callbacks=[count], **told))
    assert len(steps) == 2 and len(unbroken) == len(resumed)
    assert same(unbroken, resumed) and not (tmp_path / "copy").exists()


def test_l2_compares_means_of_squares(monkeypatch):
    rng = np.random.default_rng(0)
    made, target = rng.random((2, 2, 8, 8, 3)).astype(np.float32)
    weights = psp.Weights(perceptual=0.0, identity=0.0, pool=4)
    model = psp.PSp(None, None, np.zeros(1), None, None, weights)
    told = model.losses_of(None, made, target)
    means = (made - target).reshape(2, 2, 4, 2, 4, 3).mean((2, 4))
    assert set(told) == {"l2"}
    np.testing.assert_allclose(told["l2"], (means**2).mean(), rtol=1e-5)


# A search -----------------------------------------------------------------------------------------


def test_a_search_comes_nearer_and_forgets_the_picture_before():
    synthesis, mean, _ = parts()
    one, other = batch(2)[0] / 2 + 0.5
    search = psp.Search(synthesis, mean)
    first, elsewhere = search(one, 8), search(other, 8)
    assert np.array_equal(search(one, 8), first) and not np.allclose(first, elsewhere)
    assert search(one, 0) == pytest.approx(np.tile(MEAN, (STYLES, 1)))
    far = [
        float(
            search.model.weighed(
                search.model.losses_of(None, synthesis(w[None]), one[None] * 2 - 1)
            )
        )
        for w in (search(one, 0), search(one, 8), search(one, 24))
    ]
    assert far[0] > far[1] > far[2]


def test_a_search_traces_its_step_once_for_all_pictures():
    search = psp.Search(*parts()[:2])
    for target in batch(3)[0]:
        search(target / 2 + 0.5, 2)
    assert search.step.experimental_get_tracing_count() == 1


# Settings -----------------------------------------------------------------------------------------


def test_the_papers_weights_and_the_sources_of_each_task():
    assert set(psp.WEIGHTS) == set(psp.SHIPPED) == set(CHANNELS)
    assert vars(psp.WEIGHTS["inversion"]) == {
        "l2": 1,
        "perceptual": 0.8,
        "identity": 0.1,
        "w_norm": 0,
        "pool": 1,
    }
    for task in ("sketch", "segmentation"):
        assert vars(psp.WEIGHTS[task]) == vars(psp.Weights(identity=0.0, w_norm=0.005))
    for task, s in psp.SHIPPED.items():
        assert s.network.channels == CHANNELS[task] and s.weights == psp.WEIGHTS[task]
        assert s.network.generator == stylegan.SHIPPED


def test_the_perceptual_loss_looks_through_imagenets_features_or_the_courses(monkeypatch):
    monkeypatch.undo()
    asked = []
    monkeypatch.setattr(psp.efficientnet, "load", lambda names: asked.append(names))
    monkeypatch.setattr(psp.features, "network", lambda *told: asked.append(told))
    for there in (True, False):
        kept = type(imagenet.EFFICIENTNET)
        monkeypatch.setattr(kept, "is_there", lambda self, there=there: there)
        psp.seen()
    layers_of_vgg = ("block1_conv2", "block2_conv2", "block3_conv2")
    assert asked == [("stage1", "stage2", "stage3"), ("course", layers_of_vgg)]
