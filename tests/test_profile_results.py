import json
import math
import subprocess
import sys

import keras
import numpy as np
import pytest

from course_utils import paths, profile, results

TABLE = {"synthetic": 300, "dsb2018": {"quick": 900, "full": 9000}}


def test_steps_come_from_the_table_or_from_the_reader():
    assert profile.start("01_x", "quick", "synthetic", 0, None, TABLE).steps == 300
    assert profile.start("01_x", "full", "dsb2018", 0, None, TABLE).steps == 9000
    assert profile.start("01_x", "quick", "dsb2018", 0, 7, TABLE).steps == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"profile": "fast"}, '"quick" or "full"'),
        ({"dataset": "coco"}, "synthetic, dsb2018"),
        ({"steps": 0}, "at least 1"),
    ],
)
def test_wrong_parameters_name_the_choices(change, words):
    good = {"profile": "quick", "dataset": "synthetic", "seed": 0, "steps": None}
    with pytest.raises(ValueError, match=words):
        profile.start("01_x", table=TABLE, **(good | change))


def test_one_seed_repeats_everything():
    def draw(seed):
        profile.set_seeds(seed)
        return float(np.random.rand()), float(keras.random.uniform(()))

    assert draw(3) == draw(3) and draw(3) != draw(4)


def test_keras_comes_without_noise_and_errors_still_show():
    code = (
        "import sys; from course_utils import profile; profile.set_seeds(0);"
        "print('seen', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "seen\n"


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    return profile.Run("01_x", "quick", "synthetic", 0, 300)


def test_a_record_holds_what_was_measured(run, tmp_path):
    path = results.record(run, {"iou": 0.91}, {"iou": np.float32(0.9)}, {"otsu": {"iou": 0.6}})
    results.stamp(path, 41.26, 1234.4)
    entry = json.loads(path.read_text())
    assert path == tmp_path / "01_x.synthetic.json" and [path] == list(tmp_path.iterdir())
    assert entry["metrics"] == {"iou": 0.91} and entry["live"] == {"iou": 0.9}
    assert entry["baselines"] == {"otsu": {"iou": 0.6}}
    assert (entry["seconds"], entry["peak_mb"]) == (41.3, 1234)
    assert entry["versions"]["keras"] == keras.__version__
    assert results.headline(entry) == "iou 0.91 (otsu 0.6)"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_record_refuses_what_is_no_number(run, value, tmp_path):
    with pytest.raises(ValueError, match="finite"):
        results.record(run, {"iou": value}, {}, {})
    assert list(tmp_path.iterdir()) == []


def test_the_snapshot_needs_records(run, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SNAPSHOT", tmp_path / "docs" / "results.json")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(results, "lesson_title", lambda lesson: "01 X")
    (tmp_path / "README.md").write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    with pytest.raises(ValueError, match="make run"):
        results.snapshot()
    results.record(run, {"iou": 0.91}, {}, {})
    assert json.loads(results.snapshot().read_text())["records"][0]["metrics"] == {"iou": 0.91}
    readme = (tmp_path / "README.md").read_text()
    assert "| iou 0.91 |" in readme and "old" not in readme
    assert readme.startswith("before\n") and readme.endswith(f"{results.END}\nafter\n")


def test_the_readme_says_what_the_snapshot_says():
    readme = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    records = json.loads(paths.SNAPSHOT.read_text(encoding="utf-8"))["records"]
    assert results.with_table(readme, records) == readme


def test_the_title_picture_is_the_executed_figure_with_its_alt_text(tmp_path, monkeypatch):
    page = '<img alt="a &quot;cell&quot;" src="data:image/png;base64,aGVsbG8=">'
    title = {"cells": [{"source": ['# A\n', '![a "cell"](pictures/01_x.png)']}]}
    executed = {"cells": [{}, {"outputs": [{"data": {"text/html": [page]}}]}]}
    for folder, content in (("NOTEBOOKS", title), ("EXECUTED", executed)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01_x.ipynb").write_text(json.dumps(content))
        monkeypatch.setattr(paths, folder, tmp_path / folder)
    monkeypatch.setattr(paths, "PICTURES", tmp_path / "pictures")
    monkeypatch.setattr(paths, "lesson_names", lambda: ["01_x"])
    assert [path.read_bytes() for path in results.title_pictures()] == [b"hello"]
    (tmp_path / "EXECUTED" / "01_x.ipynb").write_text(json.dumps({"cells": [{}]}))
    with pytest.raises(ValueError, match="shows no figure"):
        results.title_pictures()


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        paths.write_atomically(tmp_path / "a.json", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_lessons_are_found_by_number_or_name(monkeypatch, tmp_path):
    for name in ("00_start_here", "01_unet_segmentation", "02_pix2pix"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.setattr(paths, "LESSONS", tmp_path)
    assert paths.find_lesson("1") == paths.find_lesson("unet") == "01_unet_segmentation"
    assert paths.find_lesson("02_pix2pix") == "02_pix2pix"
    for wrong in ("9", "i", "", "gan"):
        with pytest.raises(ValueError, match="00_start_here"):
            paths.find_lesson(wrong)
