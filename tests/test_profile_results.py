import json
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from course_utils import lessons, paths, profile, results
from course_utils.lessons import ANY, Lesson, Task

CARD = Lesson(
    "01_x",
    "x",
    "do x",
    {"synthetic": Task(300, 3000, "iou", 0.1), "dsb2018": Task(900, 9000, "rmse", 0.1)},
    lower=("rmse",),
)
GOOD = {"profile": "quick", "dataset": "synthetic", "seed": 0, "steps": None}


@pytest.fixture
def one_card(monkeypatch, tmp_path):
    """A course of one lesson."""
    monkeypatch.setattr(lessons, "LESSONS", (CARD,))
    monkeypatch.setattr(paths, "LESSONS", tmp_path)
    (tmp_path / "01_x.py").write_text("# # Do X\n")


def test_steps_come_from_the_card_or_from_the_reader(one_card):
    assert profile.start("01", "quick", "synthetic", 0, None).steps == 300
    assert profile.start("01", "full", "dsb2018", 0, None).steps == 9000
    assert profile.start("01", "quick", "dsb2018", 0, 7).steps == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"profile": "fast"}, '"quick" or "full"'),
        ({"dataset": "coco"}, "synthetic, dsb2018"),
        ({"steps": 0}, "from 2 to"),
    ],
)
def test_wrong_parameters_name_the_choices(one_card, change, words):
    with pytest.raises(ValueError, match=words):
        profile.start("01", **(GOOD | change))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("profile", [None, True, 5, "QUICK", "Full", "", ["quick"], {}]),
        ("dataset", [None, 5, True, "DSB2018", "Synthetic", "", ["synthetic"], {"synthetic": 1}]),
        ("seed", [None, "abc", "0", 1.0, True, -1, 2**32, math.nan, [0]]),
        ("steps", ["150", 3.7, 3.0, True, False, -1, 0, 1, 10**12, math.inf, [3]]),
        ("test_data", [5, True, "", " ", "no/such/folder", "~nobody/x", ["x"], b"x", __file__]),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named_before_anything_is_seeded(
    one_card, name, values, monkeypatch
):
    monkeypatch.setattr(profile, "set_seeds", lambda seed: pytest.fail("seeded"))
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name.upper()} (is|goes) .*\.$") as caught:
            profile.start("01", **(GOOD | {"dataset": "dsb2018", name: value}))
        assert repr(value) in str(caught.value)


def test_whole_numbers_of_any_library_are_taken(one_card):
    run = profile.start("01", "quick", "synthetic", np.int64(3), np.uint8(9))
    assert (run.seed, run.steps, run.usual, run.short) == (3, 9, 300, True)


def test_any_folder_is_a_data_set_where_the_card_says_so(monkeypatch):
    tasks = {"synthetic": Task(3, 3, "iou"), ANY: Task(7, 9, "rmse")}
    monkeypatch.setattr(lessons, "LESSONS", (Lesson("02_x", "x", "do x", tasks),))
    run = profile.start("02", "quick", "my own.pairs", 0, None)
    assert (run.steps, run.task.metric) == (7, "rmse")
    for wrong in ("Synthetic", "", ".", "..", "a/b", "a/", 5, None, ["maps"]):
        with pytest.raises(ValueError, match="DATASET is .* choose synthetic or a folder's name"):
            profile.start("02", "quick", wrong, 0, None)


def test_other_names_of_the_drawn_data_take_its_task(one_card):
    run = profile.start("x", "full", "glass", 0, None, also=("waves", "glass"))
    assert (run.steps, run.task.metric) == (3000, "iou")
    with pytest.raises(ValueError, match="knows: synthetic, dsb2018, waves"):
        profile.start("x", "full", "glass", 0, None, also=("waves",))


def test_the_test_folder_begins_at_the_root_and_goes_with_real_data(
    one_card, monkeypatch, tmp_path
):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "mine").mkdir()
    for given in ("mine", "./mine/", tmp_path / "mine", str(tmp_path / "x" / ".." / "mine")):
        run = profile.start("01", "quick", "dsb2018", 0, None, given)
        assert run.test_data == tmp_path / "mine"
    assert profile.start("01", "quick", "dsb2018", 0, None).test_data is None
    with pytest.raises(ValueError, match="^TEST_DATA goes with real data"):
        profile.start("01", "quick", "synthetic", 0, None, "mine")


@pytest.mark.parametrize("lesson", lessons.names()[1:])
def test_every_lesson_checks_all_settings_and_judges_its_run_in_the_same_way(lesson):
    source = (paths.LESSONS / f"{lesson}.py").read_text(encoding="utf-8")
    begin = source.index("run = profile.start(")
    assert ", TEST_DATA" in source[begin : source.index("\n\n", begin)].split("\nshow")[0]
    assert "show" not in "".join(
        part for part in source[:begin].splitlines() if "import" not in part
    )
    assert source.count("TEST_DATA") == 2, "only profile.start reads it; loaders get run.test_data"
    assert "results.must_beat(run, " in source


def test_one_seed_repeats_everything():
    def draw(seed):
        profile.set_seeds(seed)
        return float(np.random.rand()), float(keras.random.uniform(()))

    assert draw(3) == draw(3) and draw(3) != draw(4)


NOISY = """
import sys
from course_utils import profile
profile.set_seeds(0)
import keras, numpy as np
from keras import layers
x = first = keras.Input((16, 16, 3))
x = layers.LeakyReLU(0.2)(layers.Conv2D(8, 3, padding="same")(x))
x = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x))
x = layers.Conv2D(1, 3, padding="same")(layers.LeakyReLU(0.2)(x))
model = keras.Model(first, x)
model.compile("adam", "mse", jit_compile=False)
model.fit(np.zeros((4, 16, 16, 3)), np.zeros((4, 16, 16, 1)), verbose=0)
print("seen", file=sys.stderr)
"""


def told(code, **level):
    """A program that ran with this log level of TensorFlow's, or none."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("TF_CPP")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=others | level, capture_output=True, text=True)


def test_tensorflow_writes_no_line_of_its_own_and_errors_still_show():
    """The `remapper failed` of TensorFlow 2.21 is one: it comes with LeakyReLU's gradient."""
    assert told(NOISY).stderr == "seen\n"


def test_importing_tensorflow_writes_nothing_and_leaves_stderr_alone():
    code = "import sys, course_utils, tensorflow; print('mine', file=sys.stderr)"
    assert told(code).stderr == "mine\n"
    assert told("import os, course_utils, tensorflow; os.write(2, b'mine')").stderr == "mine"
    looked = (
        "import course_utils, importlib.util as u; u.find_spec('tensorflow'); import tensorflow"
    )
    assert told(looked).stderr == ""  # Keras looks whether it is there, too


def test_a_log_level_that_is_set_stays():
    code = "import os, course_utils; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    assert told(code).stdout == "3\n"
    assert told(code, TF_CPP_MIN_LOG_LEVEL="0").stdout == "0\n"


@pytest.fixture
def run(one_card, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    return profile.Run(CARD, "quick", "synthetic", 0, 300)


def test_a_record_holds_what_was_measured(run, tmp_path):
    path = results.record(run, {"iou": 0.91}, {"iou": np.float32(0.9)}, {"otsu": {"iou": 0.6}})
    results.stamp(path, 20.63, 41.26, 1234.4)
    entry = json.loads(path.read_text())
    assert path == tmp_path / "01_x.synthetic.json" and [path] == list(tmp_path.glob("*.json"))
    assert entry["metrics"] == {"iou": 0.91} and entry["live"] == {"iou": 0.9}
    assert entry["baselines"] == {"otsu": {"iou": 0.6}}
    assert (entry["seconds"], entry["wall_seconds"], entry["peak_mb"]) == (20.6, 41.3, 1234)
    assert entry["versions"]["keras"] == keras.__version__
    assert results.headline(entry) == "iou 0.91 (otsu 0.6)"


def test_the_line_about_a_record_names_the_file_that_was_written(
    run, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    places = {
        "": "results/",
        "mine": "mine/",
        "./a/../b": "b/",
        str(tmp_path / "c"): "c/",
        str(tmp_path.parent / "away"): f"{tmp_path.parent / 'away'}/",
    }
    for setting, said in places.items():
        monkeypatch.setenv("COURSE_RESULTS", setting)
        path = results.record(run, {"iou": 0.9}, {}, {})
        assert capsys.readouterr().out == f"Recorded in {said}01_x.synthetic.json\n"
        assert path.is_absolute() and (tmp_path / said / path.name).is_file()


def test_a_record_is_printed_beside_those_on_other_data(
    run, one_card, monkeypatch, tmp_path, capsys
):
    told = {"metrics": {"iou": 0.9, "rmse": 0.12}, "baselines": {"otsu": {"iou": 0.6, "rmse": 0.3}}}
    kinds = [("01_x", "synthetic"), ("01_x", "dsb2018"), ("02_y", "dsb2018")]
    records = [{"lesson": lesson, "dataset": dataset} | told for lesson, dataset in kinds]
    monkeypatch.setattr(paths, "SNAPSHOT", tmp_path / "snapshot.json")
    paths.SNAPSHOT.write_text(json.dumps({"records": records}))
    results.record(run, {"iou": 0.91}, {}, {})
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Measured before, on dsb2018: rmse 0.12 (otsu 0.3)"
    ]


BASELINES = {"constant": {"iou": 0.0, "rmse": 0.3}, "otsu": {"iou": 0.5, "rmse": 0.2}}


@pytest.mark.parametrize(
    ("dataset", "metric", "good", "bad"),
    [
        ("synthetic", "iou", 0.61, (0.6, 0.5, math.nan)),
        ("dsb2018", "rmse", 0.09, (0.1, math.nan)),
    ],
)
def test_a_whole_run_must_beat_every_baseline_by_the_margin(dataset, metric, good, bad, capsys):
    for steps in (300, 301):
        run = profile.Run(CARD, "quick", dataset, 0, steps, 300)
        results.must_beat(run, {metric: good}, BASELINES)
        for value in bad:
            with pytest.raises(AssertionError, match=r"otsu.* better by more than 0\.1; take more"):
                results.must_beat(run, {metric: value}, BASELINES)
    assert capsys.readouterr().out == ""
    with pytest.raises(AssertionError, match="rmse"):
        results.must_beat(run, {"iou": 0.9, "rmse": 0.4}, BASELINES, "iou", "rmse")


def test_a_short_run_is_told_and_not_judged(capsys):
    run = profile.Run(CARD, "quick", "synthetic", 0, 299, 300)
    results.must_beat(run, {"iou": 0.1}, BASELINES)
    said = capsys.readouterr().out
    assert "iou 0.100" in said and "after 299 of 300 steps it need not be better" in said


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_record_refuses_what_is_no_number(run, value, tmp_path):
    with pytest.raises(ValueError, match="finite"):
        results.record(run, {"iou": value}, {}, {})
    assert list(tmp_path.glob("*.json")) == []


def test_the_snapshot_needs_records(run, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SNAPSHOT", tmp_path / "docs" / "results.json")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    page = (
        "<!-- lessons:begin -->old<!-- lessons:end -->. <!-- gallery:begin --><!-- gallery:end -->"
    )
    (tmp_path / "README.md").write_text(page)
    with pytest.raises(ValueError, match="make run"):
        results.snapshot()
    results.record(run, {"iou": 0.91}, {}, {})
    assert json.loads(results.snapshot().read_text())["records"][0]["metrics"] == {"iou": 0.91}
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith(page.replace("old", lessons.so_far())[:60]) and "old" not in readme


def test_the_title_picture_is_the_executed_figure_with_its_alt_text(tmp_path, monkeypatch):
    page = '<img alt="a &quot;cell&quot;" src="data:image/png;base64,aGVsbG8=">'
    title = {"cells": [{"source": ["# A\n", '![a "cell"](pictures/01_x.png)']}]}
    executed = {"cells": [{}, {"outputs": [{"data": {"text/html": [page]}}]}]}
    for folder, content in (("NOTEBOOKS", title), ("EXECUTED", executed)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01_x.ipynb").write_text(json.dumps(content))
        monkeypatch.setattr(paths, folder, tmp_path / folder)
    monkeypatch.setattr(paths, "PICTURES", tmp_path / "pictures")
    monkeypatch.setattr(lessons, "LESSONS", (CARD,))
    assert [path.read_bytes() for path in results.title_pictures()] == [b"hello"]
    (tmp_path / "EXECUTED" / "01_x.ipynb").write_text(json.dumps({"cells": [{}]}))
    with pytest.raises(ValueError, match="shows no figure"):
        results.title_pictures()


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        paths.write_atomically(tmp_path / "a.json", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_lessons_are_found_by_number_word_or_name():
    for wanted in ("1", "01", "segmentation", "unet", " 01_Unet_Segmentation "):
        assert lessons.card(wanted).name == "01_unet_segmentation"
    assert lessons.card("style").name == "04_style_transfer"
    for wrong in ("99", "e", "", "no lesson"):
        with pytest.raises(ValueError, match="is not one lesson; choose one of: 00_start_here"):
            lessons.card(wrong)


def test_every_lesson_has_a_card_of_its_own_and_every_card_a_lesson():
    assert sorted(path.stem for path in paths.LESSONS.glob("*.py")) == lessons.names()
    for field in ("number", "word", "title"):
        assert len({getattr(one, field) for one in lessons.LESSONS}) == len(lessons.LESSONS)
    for one in lessons.LESSONS:
        assert "synthetic" in one.tasks
        assert all(0 < task.quick <= task.full and task.margin >= 0 for task in one.tasks.values())


def test_a_folder_that_cannot_be_written_costs_a_sentence_and_not_the_lesson(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "file" / "results"))
    run = profile.Run(CARD, "quick", "synthetic", 0, 1)
    assert not results.record(run, {"iou": 0.5}, {}, {}).exists()
    said = capsys.readouterr().out
    assert (
        said.startswith("Not recorded: ") and "set COURSE_RESULTS" in said and said.count("\n") == 1
    )
