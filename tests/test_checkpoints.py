"""Shipped networks: what is saved comes back, what is damaged is refused, all that is shipped is whole."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from course_utils import paths, shipped
from course_utils.models import checkpoints


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
    told = json.loads((folder / "01_test.json").read_text())
    assert checkpoints.told("01_test") == told and told["command"].endswith("LESSON=01")
    assert told["sha256"] == hashlib.sha256((folder / "01_test.npz").read_bytes()).hexdigest()
    assert sorted(path.name for path in folder.iterdir()) == [
        "01_test.json",
        "01_test.npz",
        "SHA256SUMS",
    ]


def test_a_diverged_network_is_refused_and_leaves_nothing(folder):
    model = network()
    model.set_weights([np.full((3, 4), 1e6), np.zeros(4)])
    with pytest.raises(ValueError, match="diverged"), np.errstate(over="ignore"):
        checkpoints.save(model, "01_test", {})
    assert list(folder.iterdir()) == []


def test_missing_damaged_and_foreign_files_get_one_sentence(folder):
    with pytest.raises(ValueError, match="01_test.npz is missing: .*`make checkpoints LESSON=01`"):
        checkpoints.load(network(), "01_test")
    path = checkpoints.save(network(), "01_test", {})
    with pytest.raises(ValueError, match="other layers"):
        checkpoints.load(network(5), "01_test")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="damaged"):
        checkpoints.load(network(), "01_test")


def changed(folder, **arrays):
    """Weights of the right shapes, but others, in the place of the network's own."""
    np.savez_compressed(folder / "01_test.npz", *arrays.values())


def rewritten(folder, change):
    record = folder / "01_test.json"
    told = json.loads(record.read_text())
    change(told)
    record.write_text(json.dumps(told, indent=1) + "\n")


DAMAGES = {
    "npz missing": lambda folder: (folder / "01_test.npz").unlink(),
    "npz empty": lambda folder: (folder / "01_test.npz").write_bytes(b""),
    "npz a folder": lambda folder: [
        (folder / "01_test.npz").unlink(),
        (folder / "01_test.npz").mkdir(),
    ],
    "npz of NaN": lambda folder: changed(
        folder, a=np.full((3, 4), np.nan, "f2"), b=np.zeros(4, "f2")
    ),
    "npz of zeros": lambda folder: changed(folder, a=np.zeros((3, 4), "f2"), b=np.zeros(4, "f2")),
    "npz of other shapes": lambda folder: changed(folder, a=np.zeros((4, 3), "f2")),
    "npz with a pickle": lambda folder: np.savez(folder / "01_test.npz", np.array([{}], object)),
    "json missing": lambda folder: (folder / "01_test.json").unlink(),
    "json empty": lambda folder: (folder / "01_test.json").write_bytes(b""),
    "json no json": lambda folder: (folder / "01_test.json").write_bytes(b"\xff{"),
    "json without hash": lambda folder: rewritten(folder, lambda told: told.pop("sha256")),
    "json with another hash": lambda folder: rewritten(
        folder, lambda told: told.update(sha256="0" * 64)
    ),
    "list missing": lambda folder: (folder / "SHA256SUMS").unlink(),
    "list empty": lambda folder: (folder / "SHA256SUMS").write_bytes(b""),
    "list cut off": lambda folder: (folder / "SHA256SUMS").write_text("ab  01_te"),
    "list in other letters": lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff\xfe"),
    "list without it": lambda folder: (folder / "SHA256SUMS").write_text(
        "0" * 64 + "  02_other.npz\n"
    ),
}
SENTENCE = r"data/checkpoints/(01_test\.npz|01_test\.json|SHA256SUMS) is [^.]*: in a clone `git checkout -- \S+`"


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_one_sentence_with_the_file_and_the_way_out(folder, damage):
    checkpoints.save(network(), "01_test", {})
    checkpoints.load(network(), "01_test")
    DAMAGES[damage](folder)
    with pytest.raises(ValueError, match="^" + SENTENCE) as caught:
        checkpoints.load(network(), "01_test")
    assert str(caught.value).count(". ") == 0 and "\n" not in str(caught.value)


# What is shipped ----------------------------------------------------------------------------------

SHIPPED = Path(__file__).parent.parent / "data"


def test_all_that_is_shipped_is_listed_whole_and_carries_its_hash(monkeypatch):
    monkeypatch.setattr(paths, "CHECKPOINTS", SHIPPED / "checkpoints")
    assert shipped.problems() == []
    for folder in (SHIPPED / "checkpoints", SHIPPED / "evidence"):
        there = {path.name for path in folder.iterdir()} - {shipped.LIST}
        assert set(shipped._listed(folder)) == there
    for path in (SHIPPED / "checkpoints").glob("*.npz"):
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name


def test_problems_name_each_file_that_is_gone_or_changed(folder, monkeypatch, tmp_path):
    evidence = shutil.copytree(SHIPPED / "evidence", tmp_path / "evidence")
    shutil.copytree(SHIPPED / "checkpoints", folder, dirs_exist_ok=True)
    monkeypatch.setattr(paths, "EVIDENCE", evidence)
    assert shipped.problems() == []
    for path in folder.glob("02_unet_l1.*"):
        path.unlink()
    (evidence / "faces.json").write_text("{}")
    found = shipped.problems()
    assert [line.split(" is ")[0].split("/")[-1] for line in found] == [
        "02_unet_l1.json",
        "02_unet_l1.npz",
        "faces.json",
    ]
    assert found[2].endswith("make it anew with `make evidence LESSON=faces`.")
    (evidence / shipped.LIST).unlink()
    assert shipped.problems()[2].startswith("data/evidence/SHA256SUMS is missing")


def test_problems_need_no_package_at_all():
    code = (
        "import sys; from course_utils import shipped; assert shipped.problems() == [], 0\n"
        "assert not {'numpy', 'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=SHIPPED.parent, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def damaged(content, rng):
    """A file's content with a few bytes flipped, two blocks exchanged, a range of zeros, or an end."""
    content, kind = bytearray(content), rng.integers(4)
    where, size = int(rng.integers(len(content))), int(rng.integers(1, 200))
    if kind == 0:
        for place in rng.integers(0, len(content), rng.integers(1, 9)):
            content[place] ^= int(rng.integers(1, 256))
    elif kind == 1:
        other = int(rng.integers(len(content)))
        one, two = bytes(content[where : where + size]), bytes(content[other : other + size])
        content[where : where + size], content[other : other + size] = two, one
    elif kind == 2:
        content[where : where + size] = bytes(len(content[where : where + size]))
    return bytes(content[:where] if kind == 3 else content)


def broken(folder, damages, seed=0):
    """Damage shipped files at random and read them: (refused in one sentence, unharmed, others)."""
    rng, told = np.random.default_rng(seed), [0, 0, []]
    networks = {path.stem: Keep(np.load(path)) for path in sorted(folder.glob("*.npz"))}
    for stem, keep in networks.items():
        assert checkpoints.load(keep, stem).weights
    for number in range(damages):
        stem = list(networks)[number % len(networks)]
        path = folder / f"{stem}{'.npz' if rng.random() < 0.7 else '.json'}"
        content = path.read_bytes()
        path.write_bytes(wrong := damaged(content, rng))
        keep = networks[stem]
        keep.weights = ()
        try:
            checkpoints.load(keep, stem)
        except ValueError as error:
            said = str(error)
            good = (
                path.name in said and said.endswith(".") and "\n" not in said and ". " not in said
            )
            told[0] += good and not keep.weights
            told[2] += [] if good else [error]
        except Exception as error:
            told[2].append(error)
        else:
            told[1] += wrong == content
            told[2] += [] if wrong == content else [f"{path.name} was read, but is another"]
        path.write_bytes(content)
    return told


class Keep:
    """A network with the shapes of a file, that remembers what is put into it."""

    def __init__(self, stored):
        self.shapes, self.weights = [stored[name] for name in stored.files], ()

    def get_weights(self):
        return self.shapes

    def set_weights(self, weights):
        self.weights = weights


def test_random_damages_are_refused_and_never_read(folder, monkeypatch):
    shutil.copytree(SHIPPED / "checkpoints", folder, dirs_exist_ok=True)
    refused, unharmed, others = broken(folder, 250)
    assert not others and refused + unharmed == 250 and refused > 200


def test_as_shipped_is_what_load_brings_back(folder):
    model, other = network(), network()
    checkpoints.save(model, "01_test", {})
    exact = model.get_weights()
    checkpoints.as_shipped(model)
    checkpoints.load(other, "01_test")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(exact, model.get_weights(), strict=True))
