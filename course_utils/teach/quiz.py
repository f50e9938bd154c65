"""Five questions a lesson, from lessons/quizzes/, drawn by jupyterquiz."""

import json

from IPython.display import display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz

from .. import lessons, paths

COLOURS = {
    "--jq-multiple-choice-bg": "#0f4c56",
    "--jq-mc-button-border": "#5b6675",
    "--jq-incorrect-color": "#a61b1b",
    "--jq-correct-color": "#0b6b2c",
}
WHITE = "<style>\n.Quiz .Feedback:not(:empty) { background: #fff; padding: 8px; }\n"  # if dark, too


def questions(lesson: str) -> list[dict]:
    """The questions of a lesson, as jupyterquiz takes them. Raises ValueError if it has none."""
    path = paths.LESSONS / "quizzes" / f"{lessons.card(lesson).name}.json"
    if not path.exists():
        raise ValueError(f"Lesson {lesson} has no quiz.")
    return json.loads(path.read_text(encoding="utf-8"))


def quiz(lesson: str) -> None:
    """Show the five questions of a lesson; a wrong answer is explained. Nothing is recorded.

    On a page with a MathJax that can't typeset, jupyterquiz fetches another from the network: it is
    kept from looking, so formulas in questions are HTML (d<sub>1</sub>), not TeX.
    """
    with capture_output() as captured:
        display_quiz(questions(lesson), max_width=760, colors=COLOURS)
    for output in captured.outputs:
        mended = {
            kind: text.replace("typeof MathJax", "typeof undefined").replace("<style>", WHITE)
            for kind, text in output.data.items()
        }
        display(mended, raw=True)
