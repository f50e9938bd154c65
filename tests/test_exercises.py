"""Each exercise: stub, solution, every registered mistake, exception, endless loop, wrong type."""

import ast
import contextlib
import copy
import importlib
import inspect
import io
import itertools
import json
import re
import sys
import threading
import time

import build_notebooks
import nbformat
import notebook_lint
import numpy as np
import pytest

from course_utils import lessons, paths
from course_utils.exercises import core, exercise, progress, segmentation, start

SCRIPTS = sorted((paths.LESSONS / "exercises").glob("*.py"))
NUMBERS = list(progress.catalogue())
MADE = [(n, mistake) for n in NUMBERS for mistake in core.mistakes(exercise(n).right)]
QUICK = 0.3  # seconds; the tests' own time limit


@pytest.fixture(autouse=True)
def private_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))


@pytest.fixture(scope="module", params=SCRIPTS, ids=lambda path: path.stem)
def run(request, tmp_path_factory):
    """(script, {False: printed by the stub's cells, True: by the solution's cells}, namespaces)."""
    printed, names = {}, {}
    folder = tmp_path_factory.mktemp("progress")
    for solution in (False, True):
        cells = json.loads(build_notebooks.render(request.param, solution))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        names[solution], screen = {}, io.StringIO()
        with contextlib.redirect_stdout(screen), pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSE_RESULTS", str(folder / str(solution)))
            for source in code:
                exec(compile(source, f"{request.param.stem} {solution}", "exec"), names[solution])
        printed[solution] = screen.getvalue()
    return request.param, printed, names


def numbers_of(script):
    return [number for number in NUMBERS if number.startswith(script.stem[:2])]


# Notebooks --------------------------------------------------------------------------------------


def test_every_lesson_with_exercises_has_at_least_four_and_five_questions(run):
    script, _, _ = run
    assert len(numbers_of(script)) >= 4 and script.with_suffix(".json").exists()
    assert f'quiz("{script.stem[:2]}")' in script.read_text(encoding="utf-8")


def test_the_stub_runs_to_its_end_and_is_not_attempted(run):
    script, printed, _ = run
    for number in numbers_of(script):
        title = progress.catalogue()[number]["title"]
        assert f"{number} {title}: not attempted yet.\n" in printed[False]


def test_the_solution_passes(run):
    script, printed, _ = run
    for number in numbers_of(script):
        assert f"{number} {progress.catalogue()[number]['title']}: passed." in printed[True]


def test_the_solution_answers_as_the_right_function_does(run):
    script, _, names = run
    checked = re.findall(r"^q\d\.check\((\w+)\)", script.read_text(encoding="utf-8"), re.MULTILINE)
    for number, name in zip(numbers_of(script), checked, strict=True):
        one, solution = exercise(number), names[True][name]
        for case, arguments in one.cases().items() if not one.score else ():
            right = one.seen(one.right(*copy.deepcopy(arguments)))
            found = one.seen(solution(*arguments))
            np.testing.assert_allclose(found, right, 1e-4, 1e-6, err_msg=case)


def test_each_right_function_is_defined_once():
    """In the library or beside its exercise; lessons/exercises has the student's copy.

    A copy would have its name and arguments; IoU of masks and IoU of boxes share a name alone.
    """
    files = [*(paths.ROOT / "course_utils").rglob("*.py"), *paths.LESSONS.glob("*.py")]
    parts = [ast.parse(path.read_text(encoding="utf-8")).body for path in files]
    nodes = [node for body in parts for node in body if isinstance(node, ast.FunctionDef)]
    defined = [(node.name, *(each.arg for each in node.args.args)) for node in nodes]
    rights = [one.right for one in map(exercise, NUMBERS) if not one.score]
    known = [(right.__name__, *inspect.signature(right).parameters) for right in rights]
    assert len(known) == len(set(known))
    assert {name: defined.count(name) for name in known} == dict.fromkeys(known, 1)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("solution", [False, True], ids=["stub", "solution"])
def test_the_notebooks_keep_the_rules(script, solution, tmp_path):
    (tmp_path / "notebooks").mkdir()
    for lesson in paths.LESSONS.glob("*.py"):  # what the links lead to
        (tmp_path / "notebooks" / f"{lesson.stem}.ipynb").touch()
    folder = tmp_path / "notebooks" / ("solutions" if solution else "exercises")
    folder.mkdir()
    notebook = folder / f"{script.stem}.ipynb"
    notebook.write_text(build_notebooks.render(script, solution), encoding="utf-8")
    assert notebook_lint.lint(notebook) == []


# Verdicts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_at_least_four_mistakes_are_recognised(number):
    assert len(core.mistakes(exercise(number).right)) >= 4


@pytest.mark.parametrize(("number", "mistake"), MADE, ids=[f"{n} {m.name}" for n, m in MADE])
def test_each_mistake_gets_its_own_message(number, mistake):
    status, message = exercise(number).verdict(mistake.code)
    assert status == progress.NOT_YET
    assert all(said in message for said in (f"“{mistake.name}”", mistake.symptom, mistake.cure))
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("number", NUMBERS)
def test_no_two_mistakes_give_the_same_answers(number):
    _, _, faulty = core._known(exercise(number))
    for (one, answers), (other, others) in itertools.combinations(faulty, 2):
        alike = [core._same(answer, others.get(name)) for name, answer in answers.items()]
        assert not all(alike) or len(answers) != len(others), f"{one.name} and {other.name}"


@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_function_passes_and_the_baseline_does_not(number):
    one = exercise(number)
    status, _ = one.verdict(one.right)
    assert status == (progress.NOT_YET if one.score else progress.PASSED)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exception_is_one_sentence_with_the_line(number):
    def broken(*arguments):
        return arguments[99]

    status, message = exercise(number).verdict(broken)
    assert status == progress.NOT_YET
    assert "IndexError: tuple index out of range" in message and "return arguments[99]" in message


def endless(*arguments):
    while True:
        pass


def endless_numpy(*arguments):
    while True:
        np.sort(np.arange(1000.0))


def endless_and_deaf(*arguments):
    deadline = time.monotonic() + 2  # so that the test's process ends
    while time.monotonic() < deadline:
        with contextlib.suppress(BaseException):
            while time.monotonic() < deadline:
                pass


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("function", [endless, endless_numpy])
def test_a_loop_without_end_is_stopped(number, function):
    before = threading.active_count()
    status, message = exercise(number).verdict(function, seconds=QUICK)
    assert status == progress.NOT_YET and "still running after 0.3 seconds" in message
    assert threading.active_count() == before


def test_a_loop_that_swallows_the_stop_does_not_hold_the_notebook():
    status, message = exercise("00.1").verdict(endless_and_deaf, seconds=0.1)
    assert status == progress.NOT_YET and "still running" in message


WRONG_TYPES = [
    (lambda *a: None, "returns nothing"),
    (lambda *a: "0.5", "a str, not numbers"),
    (lambda *a: [[1, 2], [3]], "a list, not numbers"),
    (lambda *a: {"iou": 1}, "a dict, not numbers"),
    (lambda *a: np.zeros((2, 3, 4, 5, 6)), "the shape (2, 3, 4, 5, 6)"),
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("function", "said"), WRONG_TYPES, ids=[said for _, said in WRONG_TYPES])
def test_a_wrong_type_is_named(number, function, said):
    status, message = exercise(number).verdict(function)
    assert status == progress.NOT_YET and said in message and "\n" not in message


def test_what_else_a_check_says():
    pictures, loss, iou = exercise("00.1"), exercise("01.4"), exercise("01.1")
    assert "float64" in exercise("00.2").verdict(lambda p, n: np.clip(p + float(n), 0, 255))[1]
    assert "values go from" in pictures.verdict(lambda p: p[..., ::-1].astype(np.float32))[1]
    assert "nan or infinity" in loss.verdict(lambda *a: np.float64("nan"))[1]
    assert "brackets" in iou.verdict(0.5)[1]
    assert "argument" in iou.verdict(lambda mask: 1.0)[1]
    assert iou.verdict(lambda a, b: float(np.sum(a & b) / 8))[1].startswith("Right in ")
    assert iou.verdict(...) == (progress.NOT_ATTEMPTED, "")
    assert "SystemExit" in iou.verdict(lambda a, b: sys.exit())[1]


def test_a_mistake_is_recognised_beside_a_right_special_case():
    def dice_with_nan(truth, prediction):
        return 2 * np.sum(truth & prediction) / (np.sum(truth) + np.sum(prediction))

    assert "dice for iou" in exercise("01.1").verdict(dice_with_nan)[1]


@pytest.mark.parametrize("mode", ["symmetric", "reflect", "edge"])
def test_each_way_to_continue_the_paper_is_right(mode):
    def clean(model, page):
        room = [((-side % 8) // 2, -side % 8 - (-side % 8) // 2) for side in page.shape]
        logits = model(np.pad(page, room, mode=mode)[None, ..., None])[0, ..., 0]
        (top, _), (left, _) = room
        height, width = page.shape
        return 1 / (1 + np.exp(-logits[top : top + height, left : left + width]))

    assert exercise("06.4").verdict(clean) == (progress.PASSED, "")


def test_an_answer_cannot_change_what_the_check_compares_with():
    def greedy(truth, prediction):
        truth[:] = prediction[:] = True
        return 1.0

    assert exercise("01.1").verdict(greedy)[0] == progress.NOT_YET


def test_an_open_exercise_tells_the_score_and_the_baseline():
    one = exercise("01.5")
    status, message = one.verdict(lambda p: np.asarray(one.right(p) * (one.right(p) < 9)))
    reached, baseline, goal = map(float, re.findall(r"\d+\.\d+", message))
    assert status == progress.NOT_YET and reached < baseline < goal == one.goal
    assert (
        "in [0, 16777216], not from -1" in one.verdict(lambda p: one.right(p) - 1)[1]
    )  # the metric's own sentence


def helpers():
    """What a student can call with one argument: the public functions that a picture may go into."""
    names = "cleaning images losses postprocess metrics.classes metrics.instances metrics.masks"
    names += " metrics.pictures data.augment data.masks data.segmentation data.weight_maps"
    for name in (names + " exercises.start exercises.segmentation").split():
        module = importlib.import_module(f"course_utils.{name}")
        for function in vars(module).values():
            own = getattr(function, "__module__", "") == module.__name__
            if own and inspect.isfunction(function) and not function.__name__.startswith("_"):
                yield function


@pytest.mark.parametrize("number", ["00.4", "01.5"])
def test_no_helper_of_the_course_passes_an_open_exercise(number):
    one, tried = exercise(number), list(helpers())
    assert one.score and one.right in tried and len(tried) > 50
    assert not [f.__name__ for f in tried if one.verdict(f)[0] == progress.PASSED]
    assert f"goal {one.goal:g}" in one.verdict(one.right)[1]  # helpers can be judged at all


def test_answers_to_look_at_are_whole_or_none():
    one = exercise("01.5")
    assert [answer.max() > 5 for answer in one.answers(one.right)] == [True] * 4
    assert one.answers(...) == one.answers(lambda p: ...) == one.answers(lambda p: 1 / 0) == []
    assert one.answers(lambda p: p[:5]) == []


def test_what_is_predicted_comes_out_as_the_model_answers_say():
    assert (
        np.diff(start.median_against_nothing(0.2))
        > 3
        > -3
        > np.diff(start.median_against_nothing(0.02))
    )
    small, glued = segmentation.shrunk_and_glued().values()
    assert small[0] < 0.9 < small[1] and glued[0] == 1 > 0.9 > glued[1]


def test_check_hint_and_solution_print_and_nothing_else(capsys):
    one = exercise("01.1")
    for line, expected in [
        (lambda: one.check(...), "01.1 IoU by hand: not attempted yet."),
        (lambda: one.check(one.right), "01.1 IoU by hand: passed."),
        (lambda: one.hint(), "Hint 1 of 3: "),
        (lambda: one.hint(9), "Hint 3 of 3: "),
        (lambda: one.solution(), "notebooks/solutions/01_unet_segmentation.ipynb"),
    ]:
        assert line() is None
        assert capsys.readouterr().out.startswith(expected)


def test_an_unknown_exercise_is_named():
    with pytest.raises(ValueError, match="no exercise 01.9; there are: 00.1"):
        exercise("01.9")


def test_each_lesson_defines_what_its_catalogue_tells():
    for lesson in {number[:2] for number in NUMBERS}:
        word = lessons.card(lesson).word
        module = importlib.import_module(f"course_utils.exercises.{word}")
        told = [number for number in NUMBERS if number.startswith(lesson)]
        assert [one.number for one in module.EXERCISES] == told
    assert all(2 <= len(told["hints"]) <= 4 for told in progress.catalogue().values())


# Progress ---------------------------------------------------------------------------------------


def test_what_was_passed_stays_passed(tmp_path, capsys):
    one = exercise("01.1")
    one.check(one.right)
    one.check(...)
    assert progress.load()["01.1"]["status"] == progress.PASSED
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
    assert progress.progress() == 0
    shown = capsys.readouterr().out
    assert re.search(r"✓ 01\.1 IoU by hand +passed", shown)
    assert shown.count(progress.NOT_ATTEMPTED) == len(NUMBERS)  # one is the check's own line


def test_a_damaged_or_unwritable_record_stops_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "progress.json").write_text("{")
    assert progress.load() == {}
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "file"))
    exercise("01.1").check(...)
    assert "Not remembered" in capsys.readouterr().out


def test_without_the_variable_it_stands_in_work(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_RESULTS")
    monkeypatch.setattr(paths, "WORK", tmp_path / "work")
    progress.remember("01.1", progress.PASSED, "")
    assert json.loads((tmp_path / "work/progress.json").read_text())["01.1"]["status"] == "passed"


@pytest.mark.slow
def test_course_check_runs_the_copy_in_work(monkeypatch, tmp_path, capsys):
    script = next(path for path in SCRIPTS if path.stem.startswith("00"))
    monkeypatch.setattr(paths, "WORK", tmp_path / "work")
    copy = paths.WORK / "exercises" / f"{script.stem}.ipynb"
    copy.parent.mkdir(parents=True)
    text = build_notebooks.render(script, solution=True)
    copy.write_text(text.replace("q2 = exercise", "1 / 0\\nq2 = exercise"), encoding="utf-8")
    before = copy.read_bytes()
    assert progress.check_notebook("00") == 1 and copy.read_bytes() == before
    shown = capsys.readouterr().out
    assert "00.1 From OpenCV to the course: passed." in shown
    assert "00.2" in shown and "its check did not run" in shown and "ZeroDivisionError" in shown
    assert set(progress.load()) == {"00.1", "00.3", "00.4"}


def test_course_check_is_0_when_all_are_passed(monkeypatch, capsys):
    verdicts = {number: {"status": progress.PASSED, "message": ""} for number in NUMBERS}
    monkeypatch.setattr(progress, "_execute", lambda path: (verdicts, []))
    assert progress.check_notebook("01") == 0
    del verdicts["01.5"]
    assert progress.check_notebook("01") == 1
    assert "01.5 Keep touching cells apart: its check did not run." in capsys.readouterr().out
    with pytest.raises(ValueError, match="not one lesson"):
        progress.check_notebook("77")


@pytest.fixture
def own(monkeypatch, tmp_path):
    """The student's copy of lesson 00's exercises, to be written."""
    monkeypatch.setattr(paths, "WORK", tmp_path)
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    (tmp_path / "exercises").mkdir()
    return tmp_path / "exercises" / "00_start_here.ipynb"


@pytest.mark.slow
def test_a_check_ends_even_where_a_cell_does_not_listen(own, monkeypatch, capsys):
    """One long sum can't be interrupted, a loop can, and an error in a cell stops nothing."""
    monkeypatch.setattr(progress, "CELL_SECONDS", 2)
    monkeypatch.setattr(progress, "GRACE", 1)
    sources = ["1 / 0", "while True: pass", "sum(range(10**13))", "print('never')"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), own)
    began = time.monotonic()
    assert progress.check_notebook("00") == 1
    assert time.monotonic() - began < 60
    said = capsys.readouterr().out.splitlines()
    assert said[-3:] == [
        "Cell 1 stopped with ZeroDivisionError: division by zero",
        "Cell 2 stopped with KeyboardInterrupt: ",
        "Cell 3 ran for more than 2 seconds; the cells after it did not run.",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"cells": 3}',
        b"\xff\xfe{\x00}\x00",
        b"\x80\x81",
        b"{" * 100_000,
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
        b'{"nbformat": 99, "nbformat_minor": 5, "metadata": {}, "cells": []}',
    ],
)
def test_a_file_that_is_no_notebook_is_named_with_its_cure(own, content):
    own.write_bytes(content)
    with pytest.raises(
        ValueError, match="00_start_here.ipynb is no whole notebook: .*`course start 00`"
    ):
        progress.check_notebook("00")
    assert own.read_bytes() == content


def test_a_byte_order_mark_before_a_notebook_is_no_matter(own):
    text = (paths.NOTEBOOKS / "exercises" / own.name).read_bytes()
    own.write_bytes(b"\xef\xbb\xbf" + text)
    assert progress._opened(own).cells
