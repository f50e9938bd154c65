"""The pages of the site that are made from the course: plan and notebooks agree, words are used."""

import re
import sys
from functools import cache
from itertools import chain

import pytest

from course_utils import lessons, paths, results
from course_utils.exercises import core, exercise

sys.path.insert(0, str(paths.ROOT / "tools"))
import notebook_lint
import site_pages

GUIDE = (paths.ROOT / "docs/instructor.md").read_text(encoding="utf-8")
PLANS = re.findall(r"\{\{ timetable (.+?) \}\}", GUIDE)
NUMBERS = [card.number for card in lessons.LESSONS]
SECTIONS = dict(re.findall(r"\{\{ lesson (\d+) \}\}\n(.*?)(?=\{\{ lesson|\Z)", GUIDE, re.DOTALL))


def flat(text: str) -> str:
    """Prose without line breaks, marks of quoted notes and emphasis."""
    return " ".join(re.sub(r"^#? ?>? ?", "", line) for line in text.replace("*", "").split("\n"))


@cache
def prose(number: str) -> str:
    cells = [cell.source for _, cell in site_pages.book(number).prose]
    letters = {"\\lambda": "λ", "\\beta": "β"}
    text = flat("\n".join(cells))
    for name, letter in letters.items():
        text = text.replace(name, letter)
    return text


@pytest.mark.parametrize("page", sorted((paths.ROOT / "docs").glob("*.md")), ids=lambda p: p.stem)
def test_no_page_is_left_with_a_blank(page):
    text = site_pages.filled(page.read_text(encoding="utf-8"))
    assert "{{" not in text and text.strip()


# Lectures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_the_minutes_are_those_that_the_lesson_states(number):
    needed, more = site_pages.minutes(number)
    opening = site_pages.book(number).cells[0][1].source
    assert int(notebook_lint.TIME.search(opening)[1]) == needed + more
    short = re.search(r"(\d+) of them without what is optional", opening)
    assert int(short[1]) == needed if short else more == 0


def test_each_timetable_ends_when_its_minutes_are_over():
    for plan in PLANS:
        rows = re.findall(
            r"^\| (\d+):(\d\d) .*?(\d*) \|$", site_pages.timetable(plan), re.MULTILINE
        )
        start, *_, end = (60 * int(hour) + int(minute) for hour, minute, _ in rows)
        assert end - start == sum(int(minutes or 0) for _, _, minutes in rows)
        assert end - start <= (8 * 60 if plan is PLANS[0] else 150), plan
        given = {item for item in plan.split(", ") if item.isdigit()}
        assert all(f"| {site_pages.minutes(n)[0]} |" in site_pages.timetable(plan) for n in given)


def test_the_evenings_hold_each_lesson_once_and_no_lesson_comes_before_what_it_needs():
    day, *evenings = [[item for item in plan.split(", ") if item.isdigit()] for plan in PLANS]
    assert len(evenings) == 6 and [*chain(*evenings)] == NUMBERS
    for number in day:
        needs = re.search(r"\*\*You need\*\*: (.*)", site_pages.book(number).cells[0][1].source)[1]
        for needed in re.findall(r"lesson (\d\d)", needs):
            assert needed in day[: day.index(number)], number


def test_the_guide_has_all_lessons_and_answers_what_their_notes_ask():
    assert list(SECTIONS) == NUMBERS
    for number, text in SECTIONS.items():
        parts = re.split(
            r"^\*\*(Expect to hear|Answers|When late|Type live)\*\*", text, flags=re.MULTILINE
        )
        assert {"Expect to hear", "Answers", "Type live"} <= set(parts[1::2]), number
        asked = re.findall(r"^- \*(.+?)\*\n", parts[parts.index("Answers") + 1], re.MULTILINE)
        notes = prose(number)
        assert len(asked) >= 3 and not [words for words in asked if words not in notes], number
        for heading in re.findall(r"\"([A-Z][^\"]+)\"", "".join(parts[parts.index("Answers") :])):
            assert heading in notes or heading in text.split("**Answers**")[0], (number, heading)


# Words --------------------------------------------------------------------------------------------

TEXT = (paths.ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ENTRIES = {
    term: number
    for terms, number in re.findall(r"^((?:\S.*\n)+)  .*\(\{\{ (\d\d) \}\}\)$", TEXT, re.MULTILINE)
    for term in terms.splitlines()
}


def used(term: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(term)}(e?s)?(?!\w)", text, re.IGNORECASE))


@pytest.mark.parametrize("term", ENTRIES)
def test_the_lesson_of_an_entry_uses_the_word_and_none_before_explains_it(term):
    number = ENTRIES[term]
    assert used(term, prose(number))
    for before in NUMBERS[: NUMBERS.index(number)]:
        cells = "\n".join(cell.source for _, cell in site_pages.book(before).prose)
        assert not re.search(rf"\*\*{re.escape(term)}\*\*", cells, re.IGNORECASE), before


def test_the_glossary_has_every_word_of_the_style_page_that_a_lesson_uses():
    assert len(ENTRIES) == len(
        re.findall(r"^\w.*(?=\n(?:\w|  \S))", TEXT.split("sorted:")[1], re.MULTILINE)
    )
    style = (paths.ROOT / "docs/style.md").read_text(encoding="utf-8")
    rows = style.split("| write | for |")[1].split("## ")[0].splitlines()[2:]
    words = [word.strip() for row in rows if row for word in row.split("|")[1].split(",")]
    spoken = " ".join(map(prose, NUMBERS))
    missing = [w for w in words if used(w, spoken) and not any(used(w, term) for term in ENTRIES)]
    assert missing == []


# Mistakes -----------------------------------------------------------------------------------------


def test_every_mistake_stands_on_one_page_with_symptom_cure_and_a_line_that_runs_it():
    """The lines that check are those of test_exercises.py, which runs them all; the others run here."""
    pages = "\n".join(site_pages.debugging_pages().values())
    for one in core.every_mistake():
        line = site_pages.run_line(one)
        assert pages.count(f"Run: `{line}`") == 1
        assert all(site_pages.plain(text) in pages for text in (one.symptom, one.cure))
        if number := site_pages.checks().get(one.right):
            assert exercise(number).right is one.right and line.startswith(f'exercise("{number}")')


@pytest.mark.parametrize("name", lessons.names())
def test_the_code_of_a_page_runs(name, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    page = site_pages.debugging_pages()[name]
    lines, room = re.findall(r"Run: `(.*)`", page), {}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(code, room)
    first, *_ = [line for line in lines if line.startswith("exercise")]
    for line in [first, *(line for line in lines if line.startswith("show_source"))]:
        exec(line, room)
    assert "It looks like" in capsys.readouterr().out


# What a lesson takes ------------------------------------------------------------------------------


def test_the_committed_results_keep_their_budgets_and_the_page_says_so():
    drawn = [entry for entry in site_pages.snapshot() if entry["dataset"] == "synthetic"]
    assert [entry["lesson"] for entry in drawn] == lessons.names()
    assert not any(map(results.above_budget, drawn))
    assert sum(entry["seconds"] for entry in drawn) < lessons.BUDGET_OF_ALL
    assert "above its budget" not in site_pages.ledger()


@pytest.mark.parametrize(("dataset", "above"), [("synthetic", True), ("dsb2018", False)])
def test_a_record_above_a_budget_is_marked_in_the_table_of_a_run(
    dataset, above, tmp_path, monkeypatch, capsys
):
    from course_utils import runner

    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    entry = site_pages.snapshot()[0] | {"dataset": dataset, "peak_mb": 9999}
    monkeypatch.setattr(results, "load_all", lambda: [entry])
    runner.print_table([entry["lesson"]])
    told = capsys.readouterr().out
    assert ("! above its budget" in told) == above and f" {lessons.BUDGET['seconds']} " in told


def test_the_game_has_ten_pictures_with_one_right_answer_among_three():
    page = site_pages.filled("{{ game }}")
    parts = page.split("<fieldset ")[1:]
    assert len(parts) == 10
    for part in parts:
        right = re.search('data-right="([^"]+)"', part)[1]
        choices = re.findall('value="([^"]+)"', part)
        assert len(set(choices)) == 3 and right in choices and 'alt="Picture' in part
        assert re.search(r'class="why" hidden>[A-Z].+\.</p>', part)
