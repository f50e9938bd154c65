"""The recogniser of drawn people: what comes out, what a loss sees through it, what is shipped."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import images, paths
from course_utils.models import checkpoints, recognition
from experiments import psp

rng = np.random.default_rng(0)
PICTURES = rng.random((4, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def untrained():
    keras.utils.set_random_seed(0)
    return recognition.recogniser()


def test_each_picture_gets_a_unit_vector_of_its_own(untrained):
    vectors = recognition.embed(untrained, PICTURES)
    assert vectors.shape == (4, 96) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(vectors[0] - vectors[1]) > 1e-3
    np.testing.assert_allclose(
        recognition.embed(untrained, PICTURES[2:3])[0], vectors[2], atol=1e-5
    )
    eight_bits = images.to_uint8(PICTURES)
    np.testing.assert_allclose(recognition.embed(untrained, eight_bits), vectors, atol=0.01)


def test_it_looks_at_the_middle_and_reads_it_alone_too(untrained):
    edge = slice(8, 56)
    framed = np.zeros_like(PICTURES)
    framed[:, edge, edge] = PICTURES[:, edge, edge]
    vectors = recognition.embed(untrained, PICTURES)
    np.testing.assert_array_equal(recognition.embed(untrained, framed), vectors)
    middle = recognition.recogniser(48)
    middle.set_weights(untrained.get_weights())
    alone = recognition.embed(middle, PICTURES[:, edge, edge])
    np.testing.assert_allclose(alone, vectors, atol=1e-5)


def test_a_loss_looks_through_it_at_the_pictures(untrained):
    pictures, target = tf.constant(PICTURES[:2]), tf.constant(untrained(PICTURES[2:]))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        loss = 1 - tf.reduce_mean(tf.reduce_sum(untrained(pictures) * target, -1))
    gradient = tape.gradient(loss, pictures).numpy()
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient[:, 8:56, 8:56]).sum((1, 2, 3)) > 0).all()
    gradient[:, 8:56, 8:56] = 0
    assert not gradient.any()


@pytest.mark.parametrize(
    "pictures, says",
    [
        (PICTURES[:, :48, :48], r"needs pictures \(N, 64, 64, 3\), not \(4, 48, 48, 3\)"),
        (PICTURES[0], r"needs pictures \(N, 64, 64, 3\), not \(64, 64, 3\)"),
        (PICTURES * 255, r"\[0, 1\] is needed"),
    ],
)
def test_what_is_no_picture_is_refused(untrained, pictures, says):
    with pytest.raises(ValueError, match=says):
        recognition.embed(untrained, pictures)


def test_it_fits_into_its_checkpoint(monkeypatch, tmp_path, untrained):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    with pytest.raises(ValueError, match="make checkpoints LESSON=08"):
        recognition.load()
    with pytest.raises(ValueError, match="name is one of recogniser, judge, not 'jury'"):
        recognition.load("jury")
    path = checkpoints.save(untrained, "08_recogniser", {})
    assert path.stat().st_size < 0.8e6
    model = keras.models.clone_model(untrained)
    model.set_weights(untrained.get_weights())
    expected = recognition.embed(checkpoints.as_shipped(model), PICTURES)
    np.testing.assert_array_equal(recognition.embed(recognition.load(), PICTURES), expected)


def test_whoever_tests_a_recogniser_trained_neither():
    known, judged = ({*people} for people in psp.KNOWN.values())
    assert not known & judged and not (known | judged) & {*psp.STRANGERS}


@pytest.mark.slow
@pytest.mark.parametrize("name", recognition.NAMES)
def test_the_shipped_recognisers_know_strangers_again(name):
    people = psp.STRANGERS[:12]
    middle = recognition.recogniser(48)  # pictures for training are the middle of whole ones
    middle.set_weights(recognition.load(name).get_weights())
    told = psp.known_again(middle, people, views=1)
    for way in ("frontal", "natural", "any"):
        assert told[f"rank_one_{way}"] > 0.5  # chance: 1/12
        assert told[f"same_{way}"] > told[f"different_{way}"] + 0.2


@pytest.mark.slow
def test_the_shipped_recogniser_is_made_in_small(monkeypatch, tmp_path):
    monkeypatch.setattr(psp, "STEPS", {"recogniser": 2})
    monkeypatch.setattr(psp, "safety", lambda name: tmp_path / name)
    monkeypatch.setattr(psp, "known_again", lambda network: {"same": 1.0})
    network, name, told = psp._recogniser("judge", people=range(3), views=2)
    assert name == "08_judge" and told["metrics"] == {"same": 1.0}
    assert told["data"] == "2 views of drawn people, seeds 0 to 2"
    whole = recognition.recogniser()
    whole.set_weights(network.get_weights())  # it learns on middles, and is shipped for whole ones
