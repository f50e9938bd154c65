"""What docs/*.md leave blank, and the pages of the debugging guide: made from the course itself.

A page writes `{{ results }}`, and `filled` puts the table there; BLANKS lists what there is.
"""

import base64
import inspect
import io
import json
import re
import sys
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

import class_plan
import javascript
import notebook_lint
from PIL import Image

from course_utils import board, images, lessons, paths, results, symptoms
from course_utils.exercises import core, exercise, progress
from course_utils.teach import gallery

BLANK = re.compile(r"\{\{ ([^\d}]*?) ?(\d[^}]*)? \}\}")  # a name, and what begins with a digit


def filled(text: str) -> str:
    """A page of docs/ with its blanks filled in; KeyError if one has no meaning."""
    return BLANK.sub(lambda blank: BLANKS[blank[1]](*filter(None, [blank[2]])), text)


# Tables of what was measured ----------------------------------------------------------------------


def snapshot() -> list[dict]:
    """The records of the committed docs/results.json; none without one."""
    if not paths.SNAPSHOT.exists():
        return []
    return json.loads(paths.SNAPSHOT.read_text(encoding="utf-8"))["records"]


def drawn() -> list[dict]:
    """The records of the snapshot on the pictures that each lesson draws itself."""
    return [entry for entry in snapshot() if entry["dataset"] == "synthetic"]


def ledger() -> str:
    """What each lesson takes on the data that it draws, beside its budget, as a Markdown table."""
    seconds, megabytes = lessons.BUDGET.values()
    rows = [f"| lesson | seconds of {seconds} | peak MB of {megabytes} |", "|---|--:|--:|"]
    for entry in drawn():
        above = ", above its budget" if results.above_budget(entry) else ""
        rows.append(
            f"| {lesson_link(entry['lesson'][:2])}{above} | {entry['seconds']:.0f} "
            f"| {entry['peak_mb']} |"
        )
    total = sum(entry["seconds"] for entry in drawn())
    return "\n".join([*rows, f"| all, of {lessons.BUDGET_OF_ALL} seconds | {total:.0f} | |"])


def browser() -> str:
    """What each network weighs and takes in a browser, as a Markdown table, by docs/browser.json."""
    rows = ["| asked to | network, MB | answer, ms |", "|---|--:|--:|"]
    measured = json.loads((paths.ROOT / "docs/browser.json").read_text(encoding="utf-8"))
    for route, each in measured.items():
        rows.append(f"| `{route}` | {each['bytes'] / 1e6:.1f} | {each['ms']:,} |")
    return "\n".join(rows)


# Lectures -----------------------------------------------------------------------------------------


@cache
def book(number: str) -> notebook_lint.Book:
    return notebook_lint.Book(paths.NOTEBOOKS / f"{lessons.card(number).name}.ipynb")


def minutes(number: str) -> tuple[int, int]:
    """(what a lecture of the lesson must take, what it may take beyond that), by its notes."""
    spent = list(notebook_lint.spent(book(number)))
    optional = sum(spent for _, spent, heading in spent if heading)
    return sum(spent for _, spent, _ in spent) - optional, optional


def hours() -> str:
    """How long it takes to read all lessons, by the minutes that they state."""
    return str(round(sum(board.reading(card.name) for card in lessons.LESSONS) / 60))


def lesson_link(number: str, text: str = "") -> str:
    card = lessons.card(number)
    return f"[{text or card.title}]({card.name}.ipynb)"


def lesson_head(number: str) -> str:
    """The heading of a lesson in the guide: its minutes by section, and what may be skipped."""
    this = book(number)
    needed, more = minutes(number)
    of_cell = {n: spent for n, spent, _ in notebook_lint.spent(this)}
    sections = [
        (title or "Opening", sum(of_cell.get(n, 0) for n, _ in cells))
        for _, title, cells in this.sections()
    ]
    listed = " · ".join(f"{title} {spent}" for title, spent in sections if spent)
    cells = dict(this.cells)
    tagged = [
        text for n, _, text, _ in this.headings() if "optional" in cells[n].metadata.get("tags", [])
    ]
    late = f"When late, skip {', '.join(f'*{text}*' for text in tagged)}: {more} minutes."
    links = f"[The lesson]({this.path.name}), [its exercises](exercises/{this.path.name})"
    about = f"{links}: {needed} minutes{f', {more} more with what is optional' if more else ''}."
    head = [f"## {lessons.card(number).title}", about, f"Minutes: {listed}."]
    return "\n\n".join([*head, *([late] if tagged else [])])


def timetable(plan: str) -> str:
    """ "9:00, 00, exercises 20": when each item begins, lessons with the minutes of their notes."""
    start, *items = plan.split(", ")
    hours, past = map(int, start.split(":"))
    now, rows = 60 * hours + past, ["| from | what | minutes |", "|--:|---|--:|"]
    for item in items:
        words, _, given = item.rpartition(" ")
        title, taken = (words, int(given)) if words else (lesson_link(item), minutes(item)[0])
        rows.append(f"| {now // 60}:{now % 60:02} | {title} | {taken} |")
        now += taken
    return "\n".join([*rows, f"| {now // 60}:{now % 60:02} | end | |"])


# The debugging guide ------------------------------------------------------------------------------


def detectors() -> str:
    """The numbers that name a failure, from `course_utils.symptoms`, as a Markdown table."""
    rows = ["| failure | number | beyond | what the number is |", "|---|---|---|---|"]
    for failure, (name, side, limit) in symptoms.LIMITS.items():
        about = inspect.getdoc(getattr(symptoms, name)).split("\n\n")[0].replace("\n", " ")
        rows.append(f"| {failure} | `{name}` | {side} {limit} | {plain(about)} |")
    return "\n".join(rows)


def plain(text: str) -> str:
    """A sentence of the library in Markdown, which takes nothing in it for markup but `code`."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        part if part[:1] == "`" else re.sub(r"([\\*_|<$\[])", r"\\\1", part) for part in parts
    )


@cache
def debugging_pages() -> dict[str, str]:
    """{name of a lesson: its page of mistakes, grouped by the function that they concern}."""
    pages = {}
    for card in lessons.LESSONS:
        module = f"{core.__package__}.{card.word}"
        here = [one for one in core.every_mistake() if one.code.__module__ == module]
        if here:
            groups = groupby(here, lambda one: one.right)
            parts = [function_part(right, [*group], checks().get(right)) for right, group in groups]
            pages[card.name] = "\n\n".join([page_head(card, module), *parts]) + "\n"
    return pages


def page_head(card, module: str) -> str:
    package, _, name = module.rpartition(".")
    lines = [
        f"from {package} import exercise",
        f"from {package} import {name} as mistakes",
        "from course_utils.show import show_source",
    ]
    code = "\n".join(["```python", *lines, "```"])
    return f"# Mistakes of {card.title}\n\nRun this cell first, then the line of any entry below.\n\n{code}"


def function_part(right, group: list, number: str | None) -> str:
    """The heading of one function, and an entry for each of its mistakes."""
    outer = right.__qualname__.split(".")[0]
    about = plain(inspect.getdoc(right).split("\n\n")[0].replace("\n", " "))
    where = f"Of `{right.__module__}`: {about}"
    if number:
        tells = f"Exercise {number} asks for it; its check names the mistake."
    else:
        tells = f"```python\nfrom {right.__module__} import {outer}\n```"
    return "\n\n".join([f"## `{right.__qualname__}`", where, tells, "\n".join(map(entry, group))])


def entry(mistake) -> str:
    said = (
        f"- **{plain(mistake.symptom)}**\\",
        f"  Cause: {plain(mistake.name)}.\\",
        f"  Cure: {plain(mistake.cure)}\\",
        f"  Run: `{run_line(mistake)}`",
    )
    return "\n".join(said)


@cache
def checks() -> dict:
    """{function: number of the exercise that checks it}."""
    return {exercise(number).right: number for number in progress.catalogue()}


def run_line(mistake) -> str:
    """The line that runs a mistake: the check of its exercise, else its source beside the right one."""
    wrong = f"mistakes.{mistake.code.__name__}"
    if number := checks().get(mistake.right):
        return f'exercise("{number}").check({wrong})'
    right = "" if inspect.isclass(mistake.right) else f"{mistake.right.__qualname__}, "
    return f"show_source({right}{wrong})"


def write_debugging(folder: Path) -> None:
    """Write the pages of the debugging guide into a new folder."""
    folder.mkdir()
    for name, text in debugging_pages().items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


# The game ---------------------------------------------------------------------------------------


def game() -> str:
    """Ten pictures that mistakes made, as HTML; site.js shows the reasons and counts."""
    parts = [round_part(number, each) for number, each in enumerate(gallery.rounds(), 1)]
    return "\n".join(['<form class="game">', *parts, '<p class="score" role="status"></p></form>'])


def round_part(number: int, round) -> str:
    """One picture, its three choices, and the reason, hidden."""
    file = io.BytesIO()
    Image.fromarray(images.to_uint8(round.picture)).save(file, "PNG")
    source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    choices = "".join(
        f'<label><input type="radio" name="r{number}" value="{escape(name)}"> {escape(name)}</label>'
        for name in round.choices
    )
    return (
        f'<fieldset data-right="{escape(round.right)}"><legend>Picture {number}</legend>'
        f'<img src="{source}" alt="Picture {number}, which a mistake has made.">{choices}'
        f'<p class="why" hidden>{escape(round.why)}</p></fieldset>'
    )


# A class ----------------------------------------------------------------------------------------


def hub_settings() -> str:
    """The variables of deploy/class_settings.py as a Markdown table."""
    sys.path.append(str(paths.ROOT / "deploy"))
    import class_settings

    rows = ["| variable | if it isn't set | what it is |", "|---|---|---|"]
    for one in class_settings.SETTINGS:
        default = f"`{one.default}`" if one.default else ""
        rows.append(f"| `{one.name}` | {default} | {one.about} |")
    return "\n".join(rows)


def class_lessons() -> str:
    """What one student and a room of them need for each lesson, as a Markdown table."""
    room, *_ = class_plan.COURSES
    cores = class_plan.need(room, drawn()).cores
    all_of_them = f"minutes, {room.students} at once on {cores} cores"
    rows = [f"| lesson | GB per student | minutes, alone | {all_of_them} |", "|---|--:|--:|--:|"]
    for entry in drawn():
        gigabytes = class_plan.student_mb(entry) / 1024
        alone = class_plan.minutes(entry, 1, class_plan.REFERENCE_CORES)
        together = class_plan.minutes(entry, room.students, cores)
        link = lesson_link(entry["lesson"][:2])
        rows.append(f"| {link} | {gigabytes:.1f} | {alone:.1f} | {together:.1f} |")
    return "\n".join(rows)


BLANKS = {
    "": lambda number: lesson_link(number, f"lesson {number}"),
    "so far": lessons.so_far,
    "gallery": lambda: board.gallery("{}.html", "_static/gallery/"),
    "syllabus": lambda: board.syllabus(snapshot()),
    "board": lambda: board.board(snapshot()),
    "hours": hours,
    "ledger": ledger,
    "browser": browser,
    "game": game,
    "lesson": lesson_head,
    "timetable": timetable,
    "detectors": detectors,
    "hub settings": hub_settings,
    "class assumptions": class_plan.assumptions,
    "class plan": lambda: class_plan.plan(drawn()),
    "class lessons": class_lessons,
    "proxy": lambda: javascript.PROXY,
}
