"""A lesson is its own files and one card: docs/authoring.md, followed to the letter."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import paths

FIXTURES = Path(__file__).parent / "fixtures"
PAGE = (paths.ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
CARD = re.search(r"^Lesson\(.*\)$", PAGE, re.MULTILINE)[0]
COMMANDS = re.search(r"```bash\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
LAST = 'results.record(run, {"error": error}, {"error": error}, {"zero": {"error": 0.0}})'
JUDGED = """baselines = {"white": {"error": 1.0}}
results.record(run, {"error": error}, {"error": error}, baselines)
results.must_beat(run, {"error": error}, baselines)"""
BENCH = '''"""Lesson 97: how fast it adds."""


def bench():
    return (addition,)


def addition():
    """One and one."""
    return str(1 + 1)
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course without its lessons; then the toy lesson's files, and its card."""
    root = tmp_path_factory.mktemp("course")
    for name in ("course_utils", "drawn_worlds", "experiments", "tools", "notebooks/pictures"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(paths.ROOT / name, root / name, ignore=ignored)
    (root / "data").mkdir()
    for name in ("README.md", "data/board.json"):
        shutil.copy(paths.ROOT / name, root / name)
    lesson = (FIXTURES / "good_notebook.py").read_text(encoding="utf-8")
    assert lesson.count("01_good") == lesson.count(LAST) == 1
    for name, text in {
        "lessons/97_toy.py": lesson.replace("01_good", "97").replace(LAST, JUDGED),
        "lessons/exercises/97_toy.py": (FIXTURES / "good_exercise.py").read_text(encoding="utf-8"),
        "experiments/toy.py": BENCH,
        "data/table.txt": "cells 20\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.replace("01_good", "97_toy"), encoding="utf-8")
    cards = root / "course_utils" / "lessons.py"
    before, after = cards.read_text(encoding="utf-8").split("\n)\n\n\ndef names")
    cards.write_text(f"{before}\n    {CARD},\n)\n\n\ndef names{after}", encoding="utf-8")
    return root


def ran(course, *command) -> str:
    """What a command says that runs in the copy; it must succeed."""
    variables = dict(os.environ, PYTHONPATH=str(course))
    variables.pop("COURSE_RESULTS", None)
    done = subprocess.run(
        [sys.executable, *command], cwd=course, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def said(course) -> list[str]:
    """What the page's commands say, one after the other."""
    commands = [shlex.split(line.replace("LESSON=", "")) for line in COMMANDS]
    starts = {"make": ["-m", "course_utils"], "python": []}
    return [ran(course, *starts[first], *options) for first, *options in commands]


@pytest.mark.slow
def test_it_is_built_linted_run_measured_and_recorded(course, said):
    built, linted, run, bench = said
    names = ("", "exercises/", "solutions/")
    assert all(f"wrote notebooks/{name}97_toy.ipynb" in built for name in names)
    assert linted == "1 notebooks keep the rules\n"
    row = r"^97_toy +\d+(\.\d+)? +\d+  synthetic: error \S+ \(white 1\)$"
    assert re.search(row, run, re.MULTILINE), run
    assert bench.split() == ["97", "One", "and", "one.", "2"]
    record = json.loads((course / "results" / "97_toy.synthetic.json").read_text(encoding="utf-8"))
    assert record["lesson"] == "97_toy" and record["seconds"] > 0


@pytest.mark.slow
def test_readme_and_commands_know_it(course, said):
    ran(course, "-c", "from course_utils import results; results.snapshot()")
    readme = (course / "README.md").read_text(encoding="utf-8")
    assert ", and cut out cells<!-- lessons:end -->" in readme
    assert re.search(r"\| \[97 Cut out cells\]\(notebooks/97_toy.ipynb\) \| .* \| \d+ s \|", readme)
    assert "Your copy is work/97_toy.ipynb" in ran(course, "-m", "course_utils", "start", "toy")
