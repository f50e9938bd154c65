"""make checkpoints, evidence and bench: found by a lesson's card, kept with their command."""

import json
import subprocess
import sys
from importlib.util import find_spec

import keras
import pytest

from course_utils import lessons, paths
from experiments import __main__ as experiments
from experiments import segmentation


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(paths, "EVIDENCE", tmp_path)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    return tmp_path


def small():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    yield network, "01_small", {"metrics": {"iou": 0.5}}


def large():
    pytest.fail("not asked for")


FILES = [card.number for card in lessons.LESSONS if find_spec(f"experiments.{card.word}")]


@pytest.mark.parametrize("name", [*FILES, *experiments.WORLDS])
def test_a_file_names_its_parts_and_each_says_what_it_is(name):
    parts = [experiments._parts(kind, name) or () for kind in ("checkpoints", "evidence", "bench")]
    named = [*experiments._flat(parts[0]), *dict(parts[1]).values(), *parts[2]]
    assert named and all(callable(part) and part.__doc__ for part in named)


def test_checkpoints_are_kept_with_the_command_that_makes_them(monkeypatch, folders, capsys):
    monkeypatch.setattr(segmentation, "checkpoints", lambda: (small, large))
    assert experiments.main(["checkpoints", "1", "--only", "small"]) == 0
    told = json.loads((folders / "01_small.json").read_text())
    assert told["command"] == "make checkpoints LESSON=01" and told["metrics"] == {"iou": 0.5}
    assert "python" in told["versions"] and told["seconds"] >= 0
    assert capsys.readouterr().out.startswith("01_small.npz: ")


def test_stages_follow_each_other_and_all_of_one_are_made(monkeypatch, folders):
    made = []

    def part(name):
        def one():
            made.append(name)
            yield from small()

        one.__name__ = one.__qualname__ = name
        return one

    monkeypatch.setattr(segmentation, "checkpoints", lambda: (part("a"), (part("b"), part("c"))))
    experiments.main(["checkpoints", "1"])
    experiments.main(["checkpoints", "1", "--only", "c"])
    assert made == ["a", "b", "c", "c"]


@pytest.mark.parametrize(
    ("options", "file", "more"),
    [
        ([], "01.json", ""),
        (["--dataset", "dsb2018"], "01.dsb2018.json", ' ARGS="--dataset dsb2018"'),
    ],
)
def test_evidence_is_kept_and_signed(monkeypatch, folders, options, file, more):
    parts = {"synthetic": lambda: {"summary": "synthetic"}, "dsb2018": lambda: {"summary": "real"}}
    monkeypatch.setattr(segmentation, "evidence", lambda: parts)
    assert experiments.main(["evidence", "unet", *options]) == 0
    told = json.loads((folders / file).read_text())
    assert told["command"] == f"make evidence LESSON=01{more}"
    assert told["summary"] == ("real" if options else "synthetic")
    assert file in (folders / "SHA256SUMS").read_text()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["checkpoints", "77"], "'77' is not one lesson; choose one of: 00_start_here"),
        (["checkpoints", "00"], "Lesson 00 has no checkpoints."),
        (["bench", "0"], "Lesson 00 has no bench."),
        (["checkpoints", "02", "--only", "x"], "--only is 'x'; lesson 02 has: reader, unet_l1, "),
        (["evidence", "1", "--dataset", "x"], "lesson 01 has: synthetic, dsb2018."),
        (["evidence", "faces", "--dataset", "x"], "lesson faces has: synthetic, portraits."),
    ],
)
def test_what_there_is_not_gets_one_sentence(command, says):
    with pytest.raises(ValueError, match=".") as caught:
        experiments.main(command)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_the_course_s_command_says_that_sentence():
    command = [sys.executable, "-m", "course_utils", "evidence", "77"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("'77' is not one lesson") and done.stderr.count("\n") == 1
