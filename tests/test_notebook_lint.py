"""tools/notebook_lint.py: each rule fails when it must, alone, and the good notebook passes.

A bad notebook is the good one (tests/fixtures/good_notebook.py, 16 cells) with one small change.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import build_notebooks as build
import notebook_lint
import offenders

FIXTURES = Path(__file__).parent / "fixtures"
NOTEBOOKS = sorted(paths.NOTEBOOKS.rglob("*.ipynb"))
SEEN = "Both are black, because nobody has drawn anything yet."  # cell 9, after the figure in 8
SHOW = 'show_images(images, ["one", "other"], alt="two black squares")'
END = '{"zero": {"error": 0.0}})\n'


def markdown(source, tags=""):
    lines = "".join(f"# {line}".rstrip() + "\n" for line in source.split("\n"))
    return f"\n# %% [markdown]{tags}\n{lines}"


def code(source, tags=""):
    return f"\n# %%{tags}\n{source}\n"


def tall(lines):
    return "a = [\n" + "    0,\n" * (lines - 2) + "]"


def new(*cells):
    """A change: cells from number 14 on, before the recap."""
    return "\n# %% [markdown]\n# ## Recap", "".join(cells) + "\n# %% [markdown]\n# ## Recap"


def add(lines):
    """A change: more lines in cell 16, the last."""
    return "error = float", f"{lines}\nerror = float"


NOTE, READ, FRAGMENT, HIDE, OPTIONAL = (
    f' tags=["{tag}"]' for tag in ("note", "read", "fragment", "hide", "optional")
)
LIVE = "from course_utils.show.live import Live\n\nrun.live = Live(1, {}, alt='the loss')"
PLAY = "from course_utils.show import play\n\nplay({}, alt='black')"
BET = "run.bets.ask('iou', 'IoU?', 0, 1)\nrun.bets.reveal('{}', 0.5)"
LONG = [("minutes: 4", "minutes: 41"), ("9 minutes", "46 minutes")]
BAD = {
    "no H1": ("cell 1: the notebook does not start with an H1", ("# # Cut", "# Cut")),
    "second H1": ("cell 14: a second H1", new(markdown("# Again"))),
    "skipped level": ("cell 14: a level is skipped before 'Deep'", new(markdown("##### Deep"))),
    "inner heading": ("cell 9: the heading 'Part' inside", (SEEN, f"{SEEN}\n#\n# ### Part")),
    "cells": ("cell 76: there are 76 cells, over 75", new(markdown("More.") * 60)),
    "slides": ("cell 50: there are 41 slides, over 40", new(markdown("### More") * 36)),
    "25 lines": ("cell 20: 25 lines of code", new(code("run") * 6, code(tall(25)))),
    "median": ("cell 20: the median of the code cells", new(code(tall(9)) * 7)),
    "p90": ("cell 16: the p90 of the code cells is 19 lines", add(tall(17))),
    "tall drawing": ("cell 8: 13 lines in a cell that draws", (SHOW, f"{SHOW}\n{tall(10)}")),
    "no alt": ("cell 8: show_images has no alt", (', alt="two black squares"', "")),
    "empty alt": ("cell 8: show_images has no alt", ("two black squares", " ")),
    "plt": (
        "cell 14: plt.show draws without alt",
        new(code("import matplotlib.pyplot as plt\n\nplt.show()"), markdown("Seen.")),
    ),
    "imshow": (
        "cell 14: run.axis.imshow draws",
        new(code("run.axis.imshow(0)"), markdown("Seen.")),
    ),
    "picture": ("cell 9: a picture without alt", (SEEN, "![ ](../data/table.txt)")),
    "img": ("cell 9: a picture without alt", (SEEN, '<img src="../data/table.txt">')),
    "code after figure": ("cell 8: no sentence", (markdown(SEEN), code("run"))),
    "note after figure": (
        "cell 8: no sentence",
        (markdown(SEEN), markdown(SEEN, NOTE) + code("run")),
    ),
    "only readers are told": ("cell 8: no sentence", (markdown(SEEN), markdown(SEEN, READ))),
    "heading after figure": ("cell 8: no sentence", (SEEN, f"### Seen\n#\n# {SEEN}")),
    "section after figure": ("cell 14: no sentence", new(code(SHOW))),
    "section after live figure": ("cell 14: no sentence", new(code(LIVE.format("run.watch")))),
    "no titles": ("cell 8: show_images shows pictures without", ('["one", "other"], ', "")),
    "no titles in rows": (
        "cell 14: show_images shows pictures without labels",
        new(code("show_images([*images], columns=1, alt='black')"), markdown("Seen.")),
    ),
    "no titles in play": (
        "cell 14: play shows pictures without labels",
        new(code(PLAY.format("lambda: [run, run]")), markdown("Seen.")),
    ),
    "no titles in what play is given": (
        "cell 15: play shows pictures without labels",
        new(
            code("def two():\n    return [picture for picture in images]"),
            code(PLAY.format("two")),
            markdown("Seen."),
        ),
    ),
    "no titles in Live": (
        "cell 14: Live shows pictures without labels",
        new(code(LIVE.format("lambda: list(images)")), markdown("Seen.")),
    ),
    "bet and answer": ("cell 14: the bet 'iou' is asked and", new(code(BET.format("iou")))),
    "bet and answer, called by a variable": (
        "cell 14: the bet run.name is asked and",
        new(code("run.ask(run.name, '?', 0, 1)\nrun.reveal(run.name, 1)")),
    ),
    "parameter": ("cell 4: not the parameters that all", ("STEPS = None", "STEPS = 9")),
    "one parameter less": ("cell 4: not the parameters that all", ("\nTEST_DATA = None", "")),
    "no parameters": ("cell 1: 0 cells have the tag", ('# %% tags=["parameters"]', "# %%")),
    "just": ("cell 9: the word 'Just'", (SEEN, "Just look.")),
    "easy": ("cell 14: the word 'easy'", ("picture is an array", "picture is easy")),
    "simply": ("cell 3: the word 'Simply'", ("Ask who", "Simply ask who")),
    "pip": ("cell 14: the command !pip", new(code("!pip install x"))),
    "magic": ("cell 14: the command %pip", new(code("%pip install x"))),
    "syntax": ("cell 14: not valid Python", new(code("a = ("))),
    "requests": ("cell 16: it fetches", add("import requests\nrequests.Session()")),
    "urllib": ("cell 16: it fetches", add("from urllib.request import urlopen\nurlopen(run)")),
    "get_file": ("cell 16: it fetches", add("keras.utils.get_file('a')")),
    "URL": ("cell 16: a URL in code", add("a = 'see https://example.org/a'")),
    "absolute path": ("cell 16: an absolute path", add("a = f'/content/{run}.png'")),
    "drive": ("cell 16: an absolute path", add("a = 'C:/data'")),
    "tag": ("cell 13: the tag 'hidden'", ('["fragment"]', '["hidden"]')),
    "solution tag": ("cell 13: the tag 'solution'", ('["fragment"]', '["solution"]')),
    "skipped code": ("cell 14: code hidden on the slides", new(code("run", READ))),
    "hidden code": ("cell 14: hide on a cell that does not draw", new(code("run", HIDE))),
    "hidden text": ("cell 13: hide on a cell that does", ('["fragment"]', '["hide"]')),
    "tagged heading": ("cell 14: a tag on a heading", new(markdown("### More", FRAGMENT))),
    "two objectives": ("cell 2: no numbered list of 3 to 5", ("# 3. Measure the result.\n", "")),
    "objectives late": ("cell 2: no numbered list of 3 to 5", ("## Objectives", "## Before")),
    "short recap": (
        "cell 14: the recap does not answer",
        ("# 3. A number needs a baseline.\n", ""),
    ),
    "no recap": ("cell 14: the recap does not answer", ("## Recap", "## The end")),
    "from tensorflow": (
        "cell 5: legacy Keras",
        ("import keras\n", "from tensorflow import keras\n"),
    ),
    "tf.keras": ("cell 16: legacy Keras", add("import tensorflow as tf\ntf.keras.Model()")),
    "unused": ("cell 5: math is imported", ("import keras\n", "import keras\nimport math\n")),
    "NumPy seed": ("cell 16: it seeds by hand (np.random.seed)", add("np.random.seed(0)")),
    "Keras seed": ("cell 16: it seeds by hand", add("keras.utils.set_random_seed(0)")),
    "TF seed": ("cell 16: it seeds by hand", add("run.tf = 0\ntf.random.set_seed(0)")),
    "Python seed": ("cell 16: it seeds by hand", add("from random import seed\nseed(0)")),
    "no minutes": (
        "cell 6: no note with the minutes of 'Look at the data'",
        ("minutes: 3", "Wait."),
        ("9 minutes", "6 minutes"),
    ),
    "sum": ("cell 1: 9 minutes to read, but 10 in the notes", ("minutes: 4", "minutes: 5")),
    "no time": ("cell 1: no reading time", ("9 minutes to read", "Soon")),
    "long reading": ("cell 1: no reading time of at most 60", ("9 minutes", "61 minutes")),
    "long lecture": ("cell 1: 46 minutes are not optional, over 45", *LONG),
    "long lecture after an optional part": (
        "cell 1: 46 minutes are not optional, over 45",
        *LONG,
        ('["fragment"]', '["optional"]'),
        ("# %% [markdown]\n# ### Build", f"# %% [markdown]{OPTIONAL}\n# ### Build"),
    ),
    "no record": ("cell 16: the last code cell records", ("results.record", "results.keep")),
    "record too early": ("cell 17: the last code cell records", (END, END + code("run"))),
    "shapes": ("cell 12: a stack of layers without shapes", ("(x)  # (batch, 32, 32, 1)", "(x)")),
    "dead link": ("cell 1: the link ../data/chair.txt", ("../data/table.txt", "../data/chair.txt")),
    "link outside": ("cell 1: the link ../.. leads", ("../data/table.txt", "../..")),
    "two sentences": ("cell 9: two sentences in one line", (SEEN, "Both are black. They are not.")),
    "two after code": ("cell 9: two sentences in one line", (SEEN, "This is `x`. That is not.")),
}
FINE = {
    "unchanged": [],
    "words in code": [(SEEN, "Adjust `just`, [easily](https://example.org/just).")],
    "fenced": [(SEEN, "```python\n# # just a comment. It is easy\n# ```")],
    "tables": [(SEEN, "| One. Two | Three |")],
    "abbreviations": [(SEEN, "Isola et al. The cells, e.g. Cells, etc. Others vs. Ours.")],
    "references": [
        (
            END,
            END + markdown("## References\n\nIsola. Image. CVPR.") + markdown("minutes: 1", NOTE),
        ),
        ("9 minutes", "10 minutes"),
    ],
    "rates": [add("a = f'{run}/s and {run}/255'")],
    "drawing later": [new(code("def draw(axis):\n    axis.imshow(images[0])"))],
    "own figure": [
        new(
            code(
                "import matplotlib.pyplot as plt\nfrom course_utils import show\n"
                "show.show_figure(plt.figure(), alt='blank')"
            ),
            markdown("Seen."),
        )
    ],
    "hidden plotting": [new(code(SHOW, HIDE), markdown("Seen."))],
    "one picture": [new(code("show_images([images[0]], alt='black')"), markdown("Black."))],
    "titles by play's function": [
        new(code(PLAY.format("lambda: ([run, run], ['a', 'b'])")), markdown("Seen."))
    ],
    "one bet revealed, the next one asked": [new(code(BET.format("dice")))],
    "optional section": [
        *LONG,
        ("# %% [markdown]\n# ## Recap", f"# %% [markdown]{OPTIONAL}\n# ## Recap"),
    ],
    "note before the sentence": [new(code(SHOW), markdown("Wait.", NOTE), markdown("Black."))],
    "hidden section": [(END, END + markdown("## More", READ))],
    "generator": [add("a = np.random.default_rng(SEED)")],
}


def changed(*changes):
    text = (FIXTURES / "good_notebook.py").read_text()
    for old, replacement in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the fixture"
        text = text.replace(old, replacement)
    return text


def built(folder, text, name="01_good"):
    """The notebook of a lesson, in a course with one data file and one exercise."""
    for file, content in (
        (f"lessons/{name}.py", text),
        (f"lessons/exercises/{name}.py", (FIXTURES / "good_exercise.py").read_text()),
        ("data/table.txt", "cells 20\n"),
    ):
        (folder / file).parent.mkdir(exist_ok=True, parents=True)
        (folder / file).write_text(content)
    build.build_all(folder)
    return folder / "notebooks" / f"{name}.ipynb"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_notebook_breaks_its_rule_alone(name, tmp_path):
    expected, *changes = BAD[name]
    failures = notebook_lint.lint(built(tmp_path, changed(*changes)))
    assert len(failures) == 1, failures
    assert failures[0].startswith(f"01_good.ipynb: {expected}")
    what, _, cure = failures[0].partition(" — ")
    assert what and cure


@pytest.mark.parametrize("name", FINE)
def test_a_good_notebook_passes(name, tmp_path):
    assert notebook_lint.lint(built(tmp_path, changed(*FINE[name]))) == []


def test_lesson_00_needs_no_parameters(tmp_path):
    text = changed(('# %% tags=["parameters"]', "# %%"))
    assert notebook_lint.lint(built(tmp_path, text, "00_good")) == []


def test_outputs_counts_and_ids(tmp_path):
    path = built(tmp_path, changed())
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="done")]
    notebook.cells[4].execution_count = 1
    notebook.cells[5].id = "abc"
    nbformat.write(notebook, path)
    assert [line.partition(" — ")[0] for line in notebook_lint.lint(path)] == [
        "01_good.ipynb: cell 4: it has outputs",
        "01_good.ipynb: cell 5: it has outputs",
        "01_good.ipynb: cell 6: its id is not 01_good-06",
    ]


def test_exercises_keep_the_rules_that_hold_everywhere(tmp_path):
    built(tmp_path, changed())
    stub = tmp_path / "notebooks/exercises/01_good.ipynb"
    solved = tmp_path / "notebooks/solutions/01_good.ipynb"
    assert notebook_lint.lint(stub) == notebook_lint.lint(solved) == []
    script = tmp_path / "lessons/exercises/01_good.py"
    text = script.read_text().replace("import numpy as np", "import math\n\nimport numpy as np")
    script.write_text(text.replace("# ## Dice", "# ## Just dice"))
    build.build_all(tmp_path)
    assert [line.partition(" — ")[0] for line in notebook_lint.lint(stub)] == [
        "exercises/01_good.ipynb: cell 2: the word 'Just'"
    ]
    assert [line.partition(" — ")[0] for line in notebook_lint.lint(solved)] == [
        "solutions/01_good.ipynb: cell 2: the word 'Just'",
        "solutions/01_good.ipynb: cell 3: math is imported and not used",
    ]


def test_the_command_says_which_and_fails(tmp_path, capsys):
    path = built(tmp_path, changed((SEEN, "Just look.")))
    assert notebook_lint.main([str(path)]) == 1
    assert capsys.readouterr().out.startswith("01_good.ipynb: cell 9: the word 'Just' — ")
    assert notebook_lint.main([str(tmp_path / "notebooks/exercises/01_good.ipynb")]) == 0


@pytest.fixture
def listed(monkeypatch, tmp_path):
    """A function that writes the list of offenders for one test."""
    monkeypatch.setattr(offenders, "FILE", tmp_path / "offenders.json")
    return lambda rules: offenders.FILE.write_text(json.dumps(rules))


def test_a_listed_slide_may_break_its_rule_and_no_other(tmp_path, listed):
    path = built(tmp_path, changed((', ["one", "other"]', ""), (SEEN, "Just look.")))
    listed({"labels": {"01_good": ["Look at the data"]}})
    assert [line.partition(" — ")[0] for line in notebook_lint.lint(path)] == [
        "01_good.ipynb: cell 9: the word 'Just'"
    ]
    listed({"labels": {"02_other": ["Look at the data"], "01_good": []}})
    assert len(notebook_lint.lint(path)) == 2


def test_a_listed_slide_that_keeps_its_rule_must_leave_the_list(tmp_path, listed):
    path = built(tmp_path, changed((', ["one", "other"]', "")))
    listed({"labels": {"01_good": ["Look at the data", "Recap"]}, "size": {"01_good": ["Cut"]}})
    assert [line.partition(" — ")[0] for line in notebook_lint.lint(path)] == [
        "01_good.ipynb: 'Cut' keeps the rule size now",
        "01_good.ipynb: 'Recap' keeps the rule labels now",
    ]


def test_the_list_names_rules_and_notebooks_that_are_there():
    """An entry for another name would never be checked again."""
    rules = {check.__name__ for _, check in notebook_lint.RULES} | {"small_figures"}
    names = {notebook_lint.Book(path).name for path in NOTEBOOKS}
    for rule, notebooks in json.loads(offenders.FILE.read_text(encoding="utf-8")).items():
        assert rule in rules and set(notebooks) <= names, (rule, set(notebooks) - names)
        assert all(notebooks.values()), rule


def test_all_that_is_exported_and_wants_alt_counts_as_drawing():
    folder = paths.ROOT / "course_utils" / "show"
    nodes = [node for file in folder.glob("*.py") for node in ast.parse(file.read_text()).body]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    with_alt = {f.name for f in functions if "alt" in [argument.arg for argument in f.args.args]}
    names = next(
        ast.literal_eval(node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    waits = {"on_button"}  # shows nothing until it is pressed: no sentence belongs under it yet
    assert with_alt & set(names) == notebook_lint.DRAWING | waits


def test_nbmake_fails_a_notebook_that_raises_and_passes_one_that_does_not(tmp_path):
    for name, source in (("raises", "1 / 0"), ("runs", "1 / 1")):
        cell = nbformat.v4.new_code_cell(source)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbmake",
        "--nbmake-kernel=python3",
        "-rA",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "FAILED raises.ipynb" in done.stdout and "ZeroDivisionError" in done.stdout
    assert "PASSED runs.ipynb" in done.stdout and "1 failed, 1 passed" in done.stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_notebooks_of_the_course_keep_the_rules(path):
    assert notebook_lint.lint(path) == []
