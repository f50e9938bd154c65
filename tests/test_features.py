"""The three feature networks: layout, preprocessing once, truncation, rescaling, files that fail."""

import hashlib
from dataclasses import replace

import keras
import numpy as np
import pytest

from course_utils.data.photographs import photographs
from course_utils.models import features
from experiments import features as training

KERAS = keras.applications.VGG19(include_top=False, weights=None)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).random((2, 32, 48, 3), np.float32)


@pytest.fixture
def vgg19_file(tmp_path, monkeypatch):
    """A file of VGG-19's layout with random weights, accepted as if it were ImageNet's."""
    path = tmp_path / "vgg19.weights.h5"
    KERAS.save_weights(path)
    monkeypatch.setattr(features, "MD5", hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setenv("COURSE_VGG19", str(path))
    return path


def test_the_names_are_those_of_keras_vgg19():
    assert list(features.NAMES) == [layer.name for layer in KERAS.layers if "conv" in layer.name]
    for block, width in enumerate(features.WIDTHS["vgg19"], 1):
        assert KERAS.get_layer(f"block{block}_conv1").filters == width


def test_vgg19_from_a_file_gives_keras_activations_but_for_the_pools(vgg19_file, pictures):
    found = features.network("vgg19", ("block1_conv1", "block1_conv2"))(pictures)
    given = keras.applications.vgg19.preprocess_input(255 * pictures.copy())
    for name in found:
        wanted = keras.Model(KERAS.input, KERAS.get_layer(name).output)(given).numpy()
        ratio = wanted.mean((0, 1, 2)) / np.maximum(found[name].numpy().mean((0, 1, 2)), 1e-9)
        on = wanted.mean((0, 1, 2)) > 1e-3
        assert np.allclose(
            (found[name].numpy() * ratio)[..., on], wanted[..., on], rtol=1e-3, atol=1e-2
        )


def test_a_missing_or_foreign_file_gets_one_sentence_and_no_stand_in(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_VGG19", str(tmp_path / "none.h5"))
    with pytest.raises(ValueError, match="names no file"):
        features.network("vgg19")
    (tmp_path / "other.h5").write_bytes(b"no weights")
    monkeypatch.setenv("COURSE_VGG19", str(tmp_path / "other.h5"))
    with pytest.raises(ValueError, match="other.h5 is not Keras'"):
        features.network("vgg19")


def test_a_fetched_vgg19_is_read_without_asking_anybody(vgg19_file, tmp_path, monkeypatch):
    home = tmp_path / "data" / "vgg19"
    home.mkdir(parents=True)
    vgg19_file.rename(home / vgg19_file.name)
    monkeypatch.setattr(features, "FILE", vgg19_file.name)
    monkeypatch.setattr(features, "VGG19", replace(features.VGG19, holds=vgg19_file.name))
    monkeypatch.delenv("COURSE_VGG19")
    monkeypatch.setenv("COURSE_DATA", str(home.parent))
    monkeypatch.setattr(keras.utils, "get_file", lambda *_, **__: pytest.fail("it was asked for"))
    assert features.network("vgg19", ("block1_conv1",))


def test_a_download_that_fails_says_what_to_do(monkeypatch):
    def offline(*_, **__):
        raise OSError("no route")

    monkeypatch.delenv("COURSE_VGG19", raising=False)
    monkeypatch.setattr(keras.utils, "get_file", offline)
    with pytest.raises(ValueError, match='set COURSE_VGG19 .* or take kind="course"'):
        features.network("vgg19")


def test_the_download_is_checked_against_a_hash(monkeypatch):
    asked = {}
    monkeypatch.delenv("COURSE_VGG19", raising=False)
    monkeypatch.setattr(keras.utils, "get_file", lambda *a, **k: asked.update(k) or "nowhere")
    with pytest.raises(ValueError):
        features.network("vgg19")
    assert asked["file_hash"] == features.MD5


def test_nothing_behind_the_deepest_layer_is_computed():
    model = features.network("random", ("block3_conv2", "block1_conv1"))
    names = [layer.name for layer in model.layers]
    assert (
        "block3_conv2" in names
        and "block3_conv3" not in names
        and list(model.output) == ["block3_conv2", "block1_conv1"]
    )
    assert not model.trainable_variables


def test_pools_average():
    model = features.body((4, 4, 4, 4, 4), "block2_conv1")
    pool = model.get_layer("block1_pool")
    assert isinstance(pool, keras.layers.AveragePooling2D)
    assert not any(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers)


def test_random_weights_come_from_their_seed(pictures):
    first, again, other = (
        features.network("random", ("block2_conv1",), seed)(pictures) for seed in (0, 0, 1)
    )
    name = "block2_conv1"
    assert np.array_equal(first[name], again[name]) and not np.allclose(first[name], other[name])


def test_rescaling_makes_means_one_and_keeps_what_is_computed(pictures):
    model = features.body((6, 8, 8, 8, 8), "block3_conv1", seed=3)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([layer.get_weights()[0], layer.get_weights()[1] + 0.3])
    before = {name: value.numpy() for name, value in model(pictures).items()}
    after = features.to_unit_means(model, pictures)(pictures)
    for name, old in before.items():
        means, new = old.mean((0, 1, 2)), after[name].numpy()
        usual = means > 0.1 * means.mean()
        assert np.allclose(new.mean((0, 1, 2))[usual], 1, atol=1e-3)
        assert np.allclose(new[..., usual] * means[usual], old[..., usual], rtol=1e-3, atol=1e-4)


def test_folding_takes_batch_norm_out_without_a_change(pictures):
    widths = (4, 5, 6, 7, 8)
    model = features.body(widths, "block2_conv2", norm=True)
    for layer in model.layers:
        if "norm" in layer.name:
            rng = np.random.default_rng(len(layer.name))
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    plain = training.folded(model, widths)(pictures)
    for name, wanted in model(pictures, training=False).items():
        assert np.allclose(plain[name], wanted, rtol=1e-4, atol=1e-4)


def test_unknown_kinds_and_layers_get_one_sentence():
    with pytest.raises(ValueError, match="vgg19, course, random"):
        features.network("resnet")
    for wanted in (("block6_conv1",), ()):
        with pytest.raises(ValueError, match="Choose layers among block1_conv1"):
            features.network("random", wanted)


def test_the_shipped_network_has_unit_means_on_photographs():
    found = features.network("course")(photographs(side=96))
    assert tuple(found) == features.SMALL
    for layer in found.values():
        assert 0.8 < layer.numpy().mean() < 1.05


# Its training -----------------------------------------------------------------------------------


def test_photographs_and_crops():
    found = photographs(side=96)
    assert found.shape == (20, 96, 96, 3) and found.dtype == np.float32
    gallery = np.uint8(found * 255)
    crops = training.Crops(gallery, photos=10)
    seen = [crops(np.random.default_rng(seed)) for seed in range(40)]
    assert {turn for _, (_, turn, _) in seen} == {0, 1, 2, 3}
    assert len({int(which) for _, (which, _, _) in seen}) > 12
    assert all(
        crop.shape == (64, 64, 3) and 0 <= crop.min() <= crop.max() <= 1 for crop, *_ in seen
    )


@pytest.mark.slow
def test_a_short_training_learns_something():
    gallery = np.uint8(photographs() * 255)
    losses = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: losses.append(logs["loss"])
    )
    network = training.train(gallery, 20, seed=0, callbacks=[record], photos=10)
    assert losses[-1] < losses[9]  # means of all steps so far
    assert tuple(network.output) == features.SMALL
