"""A page to print for each lesson: one A4 page, all of it from the lesson."""

import json
import re
import shutil
import sys

import pytest
from conftest import require

from course_utils import lessons, paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import make_handouts
import walk

LAID_OUT = """() => {
  const page = document.querySelector('main'), formulas = document.querySelector('.formulas');
  const picture = document.querySelector('img');
  return {alt: picture.alt, height: picture.clientHeight,
    formulas: document.querySelectorAll('mjx-container svg').length,
    over: [page.scrollHeight - page.clientHeight, page.scrollWidth - page.clientWidth,
           formulas.scrollWidth - formulas.clientWidth]}
}"""


@pytest.mark.executed
@pytest.mark.parametrize("name", ["03_face_sketch_cyclegan", "05_colorization"])
def test_a_lesson_is_one_page(name, tmp_path):
    """The fullest page, and one whose formulas stand in sentences."""
    require("browser", bool(walk.CHROMIUM), "install chromium")
    require("site", shutil.which("npm") is not None, "install Node.js, which brings npm")
    (page,) = make_handouts.make_handouts([paths.EXECUTED / f"{name}.ipynb"], tmp_path / "out")
    (printed,) = make_handouts.print_pages([page])
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed.read_bytes())) == 1
    with walk.browser() as (browser, outside):
        browser.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots per inch
        browser.goto(page.as_uri())
        browser.evaluate("MathJax.startup.promise")
        found = browser.evaluate(LAID_OUT)
        assert outside == [] and found["over"] == [0, 0, 0]
        assert len(found["alt"]) > 20 and found["height"] > 200 and found["formulas"] >= 3
        text = browser.inner_text("main")
    assert lessons.card(name).title in text and "Recap" in text and "$" not in text


def test_sentences_keep_their_code_and_formulas_and_lose_their_links():
    made = make_handouts.inline("A `a<b`, **bold**, *so*, $L^*$ and $a^*$; see [there](x.ipynb).")
    assert made == ("A <code>a&lt;b</code>, <b>bold</b>, <i>so</i>, $L^*$ and $a^*$; see there.")


def test_displayed_formulas_go_before_long_ones_in_sentences():
    long = "$w \\propto 1 / ((1 - \\lambda) p)$"
    assert make_handouts.formulas([f"Short $x$, long {long}."]) == [long]
    assert make_handouts.formulas([f"$$a\n= b$$ and {long}"]) == ["$$a\n= b$$"]


@pytest.mark.parametrize("name", lessons.names())
def test_a_question_shows_all_answers_and_not_the_right_one_first_each_time(name):
    quiz = json.loads((paths.LESSONS / "quizzes" / f"{name}.json").read_text(encoding="utf-8"))
    firsts = []
    for asked in quiz:
        shown = re.findall("<li>(.*?)</li>", make_handouts.question(asked).split("<ul>")[1])
        answers = [answer["answer"] for answer in asked["answers"]]
        assert sorted(shown) == sorted(answers)
        firsts.append(shown[0] == answers[0])
    assert not all(firsts)
