"""The quizzes: five sound questions a lesson, shown without a request to the network."""

import json
import re
from collections import Counter

import pytest
import walk
from conftest import require
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_utils import lessons, paths
from course_utils.teach import quiz

FILES = sorted((paths.LESSONS / "quizzes").glob("*.json"))


@pytest.fixture(autouse=True)
def shell(monkeypatch, tmp_path):
    """Outputs exist in a shell only."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(lesson):
    with capture_output() as captured:
        quiz.quiz(lesson)
    return [output.data for output in captured.outputs]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_five_questions_one_right_answer_each_and_every_answer_explained(path):
    questions = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem in lessons.names() and len(questions) == 5
    assert len({question["question"] for question in questions}) == 5
    for question in questions:
        answers = question["answers"]
        assert question["type"] == "multiple_choice" and 3 <= len(answers) <= 4
        assert Counter(answer["correct"] for answer in answers)[True] == 1
        for answer in answers:  # told by words, not by colour alone
            assert answer["feedback"].startswith("Yes") == answer["correct"]
        for part in ("answer", "feedback"):
            texts = [answer[part].strip() for answer in answers]
            assert all(texts) and len(set(texts)) == len(texts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_right_answer_is_not_always_the_longest(path):
    questions = json.loads(path.read_text(encoding="utf-8"))
    for question in questions:
        question["answers"].sort(key=lambda answer: len(answer["answer"]))
    assert not all(question["answers"][-1]["correct"] for question in questions)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_maths_and_no_links_which_would_need_the_network(path):
    assert not re.search(r"\$|https?:|\]\(", path.read_text(encoding="utf-8"))


def test_what_is_displayed_holds_the_questions_and_never_looks_for_mathjax():
    page, script = shown("00")
    code = script["application/javascript"]
    assert "What do you get from" in code and "show_questions" in code
    assert "typeof MathJax" not in code and "fetch(" not in code
    assert "--jq-correct-color: #0b6b2c" in page["text/html"]


@pytest.mark.slow
@pytest.mark.parametrize("mathjax", ["", "window.MathJax = {version: '3.2.2'};"])
def test_in_a_browser_answers_are_explained_and_nothing_is_fetched(mathjax):
    """Beside a MathJax without `typeset`, jupyterquiz alone fetches another one."""
    require("browser", bool(walk.CHROMIUM), "install chromium")
    html, script = (next(iter(reversed(data.values()))) for data in shown("01"))
    with walk.browser() as (page, outside):
        page.set_content(f"<script>{mathjax}</script>{html}<script>{script}</script>")
        question = page.locator(".Quiz").first
        question.get_by_text("The IoU of the masks").click()
        assert "hardly notices" in question.locator(".Feedback").inner_text()
        question.get_by_text("The F1 of cells").click()
        assert "correct" in question.locator(".Feedback").get_attribute("class")
        page.wait_for_timeout(700)  # jupyterquiz looks for MathJax after half a second
        assert page.locator(".MultipleChoiceQn").count() == 5 and outside == []


def contrast(one, other):
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read():
    colours = quiz.COLOURS
    assert contrast("#fafafa", colours["--jq-multiple-choice-bg"]) > 4.5  # the question
    for feedback in ("--jq-correct-color", "--jq-incorrect-color"):
        assert contrast(colours[feedback], "#ffffff") > 4.5  # the explanation
        assert contrast(colours[feedback], "#fafafa") > 4.5  # the button that was pressed


def test_a_lesson_without_a_quiz_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "LESSONS", tmp_path)
    (tmp_path / "00_start_here.py").touch()
    with pytest.raises(ValueError, match="no quiz"):
        quiz.quiz("00")
