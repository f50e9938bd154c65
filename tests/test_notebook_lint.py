"""tools/notebook_lint.py: one small mutation of a good notebook a rule gives that rule's message."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import build_notebooks as build  # noqa: E402
import notebook_lint  # noqa: E402

FIXTURES = Path(__file__).parent / "fixtures"
NOTEBOOKS = sorted(paths.NOTEBOOKS.rglob("*.ipynb"))
TALL = "\nSEVERAL = [\n" + "    0,\n" * 11 + "]\n"  # 13 lines
SHOW = 'show_images(images, alt="two black squares")'
BOTH = "Both are black, because nobody has drawn anything yet."
LAST = "baseline.\n"


def lesson(folder, text, name="01_good"):
    """Build a lesson from the text of its script; returns the path of the notebook."""
    script = folder / "lessons" / f"{name}.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(text)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "table.txt").write_text("cells 20\n")
    return build.build_all(folder)[0]


@pytest.fixture(scope="module")
def good():
    return (FIXTURES / "good_notebook.py").read_text()


def markdown(source, tags=""):
    lines = "".join(f"# {line}".rstrip() + "\n" for line in source.split("\n"))
    return f"\n# %% [markdown]{tags}\n{lines}"


def code(source):
    return f"\n# %%\n{source}\n"


def before_recap(text):
    """A mutation that puts cells before the recap, which is cell 14 of the good notebook."""
    return "\n# %% [markdown]\n# ## Recap", f"{text}\n# %% [markdown]\n# ## Recap"


def in_last_cell(text):
    """A mutation that adds lines to cell 16."""
    return "error = float", f"{text}\nerror = float"


MUTATIONS = {
    "no H1": (("# # Cut out", "# ## Cut out"), None),
    "second H1": (before_recap(markdown("# Again")), "cell 14: a second H1"),
    "skipped level": (before_recap(markdown("##### Deep")), "cell 14: a level is skipped"),
    "heading inside": ((BOTH, BOTH + "\n#\n# ### Part"), "cell 9: the heading 'Part' inside"),
    "cells": (before_recap(markdown("More.") * 45), "cell 61: there are 61 cells"),
    "slides": (before_recap(markdown("### More") * 36), "cell 49: there are 41 slides"),
    "long cell": (in_last_cell("a = [\n" + "    0,\n" * 21 + "]"), "cell 16: 25 lines of code"),
    "median": (in_last_cell("a = [\n" + "    0,\n" * 4 + "]\n") , None),
    "p90": (in_last_cell("a = [\n" + "    0,\n" * 15 + "]"), "cell 16: the p90 of the code"),
    "tall drawing": ((SHOW, SHOW + TALL), "cell 8: 16 lines in a cell that draws"),
    "no alt": ((', alt="two black squares"', ""), "cell 8: show_images has no alt text"),
    "empty alt": (("two black squares", " "), "cell 8: show_images has no alt text"),
    "bare imshow": ((SHOW, "axis = results.axis()\naxis.imshow(images[0])"), None),
    "bare plt": ((SHOW, "show_images.plt = 1\nplt.show()"), None),
    "picture": ((BOTH, "![](../data/table.txt)"), "cell 9: a picture without alt text"),
    "img": ((BOTH, '<img src="../data/table.txt">'), "cell 9: a picture without alt text"),
    "no interpretation": ((markdown(BOTH), code("images.shape")), "cell 8: no interpretation"),
    "note is none": ((markdown(BOTH), markdown(BOTH, ' tags=["note"]') + code("run")), None),
    "next section is none": ((BOTH, "## More"), None),
    "parameter": (("STEPS = None", "STEPS = 9"), "cell 4: not the parameters that all lessons"),
    "parameter missing": (("\nTEST_DATA = None", ""), "cell 4: not the parameters"),
    "no parameters": ((' tags=["parameters"]', ""), "cell 1: 0 cells have the tag parameters"),
    "just": ((BOTH, "Both are Just black."), "cell 9: the word 'Just'"),
    "easy": (("picture is an array", "picture is easy"), "cell 14: the word 'easy'"),
    "simply": (("Ask who", "Simply ask who"), "cell 3: the word 'Simply'"),
    "pip": (in_last_cell("# !pip install x"), None),
    "syntax": (in_last_cell("a = ("), None),
    "requests": (in_last_cell("import requests\nrequests.Session()"), None),
    "get_file": (in_last_cell("keras.utils.get_file('a')"), "cell 16: it fetches from the network"),
    "url": (in_last_cell("a = 'https://example.org/a'"), "cell 16: a URL in code"),
    "absolute path": (in_last_cell("a = f'/content/{run}.png'"), "cell 16: an absolute path"),
    "drive": (in_last_cell("a = 'C:/data'"), "cell 16: an absolute path"),
    "tag": (('tags=["fragment"]', 'tags=["optional"]'), "cell 13: the tag 'optional'"),
    "solution tag": (('tags=["fragment"]', 'tags=["solution"]'), "cell 13: the tag 'solution'"),
    "hidden code": (before_recap('\n# %% tags=["read"]\nrun\n'), "cell 14: code hidden"),
    "tagged heading": (("# %% [markdown]\n# ### Build", '# %% [markdown] tags=["fragment"]\n# ### B'),
                       "cell 11: a tag on a heading"),
    "two objectives": (("# 3. Measure the result.\n", ""), "cell 2: no numbered list of 3 to 5"),
    "objectives late": (("# ## Objectives", "# ## Before"), "cell 2: no numbered list of 3 to 5"),
    "recap": (("# 3. A number needs a baseline.\n", ""), "cell 14: the recap does not answer"),
    "no recap": (("# ## Recap", "# ## The end"), "cell 14: the recap does not answer"),
    "tensorflow.keras": (("import keras\n", "from tensorflow import keras\n"), "cell 5: legacy Keras"),
    "tf.keras": (in_last_cell("import tensorflow as tf\ntf.keras.Model()"), "cell 16: legacy Keras"),
    "unused import": (("import keras\n", "import keras\nimport math\n"), "cell 5: math is imported"),
    "np seed": (in_last_cell("np.random.seed(0)"), "cell 16: it seeds by hand (np.random.seed)"),
    "keras seed": (in_last_cell("keras.utils.set_random_seed(0)"), "cell 16: it seeds by hand"),
    "no minutes": (("# minutes: 3\n", "# Wait.\n"), None),
    "sum": (("minutes: 4", "minutes: 5"), "cell 1: 9 minutes to read, but 10 in the notes"),
    "no time": (("**Time**: 9 minutes to read, ", "**Time**: "), "cell 1: no reading time"),
    "too long": (("9 minutes", "61 minutes"), "cell 1: no reading time of at most 60 minutes"),
    "no record": (("results.record", "results.keep"), "cell 16: the last code cell records nothing"),
    "record not last": ((LAST, LAST), None),
    "shapes": (("x)  # (batch, 32, 32, 1)", "x)"), None),
    "link": (("../data/table.txt", "../data/chair.txt"), "cell 1: the link ../data/chair.txt"),
    "link outside": (("../data/table.txt", "../../.."), "cell 1: the link ../../.. leads nowhere"),
    "two sentences": ((BOTH, "Both are black. They are not drawn."), "cell 9: two sentences"),
    "after code": ((BOTH, "This is `x`. That is not."), "cell 9: two sentences"),
}
