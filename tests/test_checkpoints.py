import json

import keras
import numpy as np
import pytest

from course_utils import paths
from course_utils.training import checkpoints


def network(width=4):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(width)])


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_what_is_saved_comes_back_as_float16(folder):
    first, second = network(), network()
    checkpoints.save(first, "01_test", {"command": "make checkpoints LESSON=01"})
    checkpoints.load(second, "01_test")
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a.astype(np.float16), b) and b.dtype == np.float32
    assert json.loads((folder / "01_test.json").read_text())["command"].endswith("LESSON=01")
    assert sorted(path.name for path in folder.iterdir()) == ["01_test.json", "01_test.npz"]


def test_a_diverged_network_is_refused_and_leaves_nothing(folder):
    model = network()
    model.set_weights([np.full((3, 4), 1e6), np.zeros(4)])
    with pytest.raises(ValueError, match="diverged"), np.errstate(over="ignore"):
        checkpoints.save(model, "01_test", {})
    assert list(folder.iterdir()) == []


def test_missing_damaged_and_foreign_files_get_one_sentence(folder):
    with pytest.raises(ValueError, match="missing; make it anew with `make checkpoints LESSON=01`"):
        checkpoints.load(network(), "01_test")
    path = checkpoints.save(network(), "01_test", {})
    with pytest.raises(ValueError, match="other layers"):
        checkpoints.load(network(5), "01_test")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="damaged"):
        checkpoints.load(network(), "01_test")


def test_as_shipped_is_what_load_brings_back(folder):
    model, other = network(), network()
    checkpoints.save(model, "01_test", {})
    exact = model.get_weights()
    checkpoints.as_shipped(model)
    checkpoints.load(other, "01_test")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(exact, model.get_weights(), strict=True))
