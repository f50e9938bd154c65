"""The rules of a lesson that a program can check: ``python tools/notebook_lint.py [notebooks]``.

``lint(path)`` returns a line a failure: ``notebook: cell N: what — cure`` (the first cell is 1).
It reads built notebooks; cures are made in lessons/. Exercises and solutions keep the rules that
hold everywhere. Slides that break a rule today stand in lint_offenders.json.
"""

import ast
import math
import re
import statistics
import sys
from pathlib import Path

import nbformat
import offenders
from build_notebooks import cell_id, tags_of

from course_utils import paths

PARAMETERS = 'PROFILE = "quick"; DATASET = "synthetic"; SEED = 0; STEPS = None; TEST_DATA = None'
TAGS = {"note", "fragment", "read", "hide", "optional", "parameters"}
DRAWING = {  # they take alt=
    "play",
    "show_figure",
    "show_images",
    "show_intervals",
    "show_lines",
    "show_scores",
}
FORBIDDEN_NAMES = [
    (r"(tf|tensorflow)\.keras\b|tf_keras\b|keras\.src\b", "legacy Keras", "`import keras`"),
    (
        r"((np|numpy)\.)?random\.seed$|(tf|tensorflow)\.random\.set_seed$|.*\bset_random_seed$",
        "it seeds by hand",
        "profile.start(…) seeds everything from SEED",
    ),
    (
        r"(requests|urllib\d?|httpx|wget|gdown|ftplib|socket)\b|.*\.(urlopen|urlretrieve|get_file)$",
        "it fetches from the network",
        "use course_utils.data and the catalogue",
    ),
]
FORBIDDEN_TEXTS = [
    (r".*\b(https?|ftp|s3|gs)://", "a URL in code", "use course_utils.data and the catalogue"),
    (
        r"/\w[\w.-]*/|/(home|tmp|content|root|usr|mnt|var|opt)\b|~/|[A-Za-z]:[\\/]",
        "an absolute path",
        "use course_utils.paths",
    ),
]
TIME = re.compile(r"\*\*Time:?\*\*:? (\d+) minutes to read")
MINUTES = re.compile(r"\bminutes: (\d+)")
NO_ALT = re.compile(r'!\[\s*\]|<img(?![^>]*\balt="[^"])')
LINK = re.compile(r'\]\(([^)\s]+)|\b(?:src|href)="([^"]+)"')
TWO_SENTENCES = re.compile(r"(\w{3,}|[`)*$\"])[.!?] +[A-Z]")
ABBREVIATIONS = {"approx", "chap", "eqs", "etc", "fig", "figs", "ref", "sec", "vol"}
RULES = []


def rule(where: str):
    """Register a rule, a generator of (cell number, what, cure) over a Book."""
    return lambda check: RULES.append((where, check))


class Book:
    """A notebook as the rules see it; cells are numbered from 1."""

    def __init__(self, path: Path):
        folder = path.parent.name if path.parent.name in ("exercises", "solutions") else ""
        self.path, self.folder, self.root = path, folder, path.parents[2 if folder else 1]
        self.name = f"{folder}/{path.stem}".lstrip("/")
        self.cells = list(enumerate(nbformat.read(path, as_version=4).cells, start=1))
        self.code = [(n, cell) for n, cell in self.cells if cell.cell_type == "code"]
        self.prose = [(n, cell) for n, cell in self.cells if cell.cell_type == "markdown"]
        self.trees = [(n, cell, tree) for n, cell in self.code if (tree := parse(cell.source))]

    def headings(self) -> list[tuple[int, int, str, bool]]:
        """(cell number, level, text, starts its cell) of each heading."""
        found = []
        for n, cell in self.prose:
            for match in re.finditer(r"^(#{1,6}) +(.*)", without_fences(cell.source), re.MULTILINE):
                found.append((n, len(match[1]), match[2].strip(), match.start() == 0))
        return found

    def sections(self) -> list[tuple[int, str, list]]:
        """(cell number, title, [(number, cell)]) of the opening, titled "", and of each H2."""
        starts = [(1, "")] + [(n, text) for n, level, text, _ in self.headings() if level == 2]
        ends = [n for n, _ in starts[1:]] + [len(self.cells) + 1]
        parts = zip(starts, ends, strict=True)
        return [(n, text, self.cells[n - 1 : end - 1]) for (n, text), end in parts]

    def slide(self, n: int) -> str:
        """The heading under which cell ``n`` stands."""
        return next((text for m, _, text, _ in reversed(self.headings()) if m <= n), "")


def parse(source: str):
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def dotted(node) -> str:
    """``keras.layers.Dense`` of such an expression; "" of what is not a chain of names."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def last(name: str) -> str:
    return name.rpartition(".")[2]


def calls(tree) -> list[tuple[str, ast.Call]]:
    return [(dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def run_now(tree):
    """The nodes that run when the cell runs: not the bodies of undecorated functions."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.FunctionDef) and not node.decorator_list):
            yield node
            yield from run_now(node)


def drawings(tree) -> list[str]:
    """What the cell draws with when it runs: ``show_images``, ``plt.plot``, ``axis.imshow`` …"""
    names = [dotted(node.func) for node in run_now(tree) if isinstance(node, ast.Call)]
    return [name for name in names if last(name) in DRAWING | {"imshow"} or name.startswith("plt.")]


def unlabelled(name: str, call: ast.Call, functions: dict) -> bool:
    """True if the call shows several pictures without titles.

    functions: the notebook's own, by name; ``play`` and ``Live`` take one that returns pictures or
    (pictures, titles).
    """
    if name == "show_images":
        titled = len(call.args) > 1 or "titles" in [word.arg for word in call.keywords]
        return not titled and any(map(several, call.args[:1]))
    place = {"play": 0, "Live": 1}.get(name, len(call.args))
    drawers = [functions.get(dotted(drawer), drawer) for drawer in call.args[place : place + 1]]
    returned = [node for drawer in drawers for node in answers(drawer)]
    return any(is_list(node) and several(node) for node in returned)


def answers(function) -> list:
    """The expressions that a lambda or a function returns."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]


def is_list(node) -> bool:
    made = isinstance(node, ast.Call) and dotted(node.func) == "list"
    return made or isinstance(node, ast.List | ast.ListComp)


def several(node) -> bool:
    """Whether pictures are more than one, as far as can be read: only ``[one]`` is not."""
    alone = isinstance(node, ast.List) and len(node.elts) == 1
    return not (alone and not isinstance(node.elts[0], ast.Starred))


def imports(tree):
    """(``module`` or ``module.name``, the name it is bound to) of each import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                bound = alias.asname or (alias.name if start else alias.name.split(".")[0])
                yield start + alias.name, bound


def draws(cell) -> bool:
    return bool(drawings(parse(cell.source) or ast.Module([])))


def height(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.split("\n"))


def without_fences(source: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL)


def plain(source: str) -> str:
    """Markdown without code and link addresses."""
    return re.sub(r"`[^`\n]+`|\]\([^)]*\)", "`", without_fences(source))


@rule("everywhere")
def as_built(book):
    for n, cell in book.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            yield n, "it has outputs", "run `make notebooks`"
        if cell.get("id") != cell_id(book.path.stem, n):
            yield n, f"its id is not {cell_id(book.path.stem, n)}", "run `make notebooks`"


@rule("lessons")
def size(book):
    types = [(n, cell.metadata.get("slideshow", {}).get("slide_type")) for n, cell in book.cells]
    slides = [n for n, slide in types if slide in ("slide", "subslide")]
    if len(book.cells) > 75:
        yield 76, f"there are {len(book.cells)} cells, over 75", "move something out"
    if len(slides) > 40:
        yield slides[40], f"there are {len(slides)} slides, over 40", "merge some"


@rule("everywhere")
def longest_code(book):
    for n, cell in book.code:
        if height(cell) > 24:
            yield n, f"{height(cell)} lines of code, over 24", "split it"


@rule("lessons")
def usual_code(book):
    if not book.code:
        return
    ordered = sorted((height(cell), n) for n, cell in book.code)
    heights, longest = [lines for lines, _ in ordered], ordered[-1][1]
    p90 = heights[math.ceil(0.9 * len(heights)) - 1]
    if statistics.median(heights) > 8:
        yield longest, "the median of the code cells is over 8 lines", "split, from here on"
    if p90 > 18:
        yield longest, f"the p90 of the code cells is {p90} lines, over 18", "split, from here on"


@rule("everywhere")
def alt_texts(book):
    for n, _, tree in book.trees:
        for name, call in calls(tree):
            alt = [word.value for word in call.keywords if word.arg == "alt"]
            said = alt and not (isinstance(alt[0], ast.Constant) and not str(alt[0].value).strip())
            if last(name) in DRAWING and not said:
                yield n, f"{last(name)} has no alt text", "pass alt= with what is seen"
        drawn = drawings(tree)
        if drawn and not any(last(name) in DRAWING for name in drawn):
            yield n, f"{drawn[-1]} draws without alt text", "end with show_figure(figure, alt=…)"
    for n, cell in book.prose:
        if NO_ALT.search(without_fences(cell.source)):
            yield n, "a picture without alt text", "write ![what is seen](…)"


@rule("lessons")
def drawing_cells(book):
    for n, cell, tree in book.trees:
        if drawings(tree) and height(cell) > 12:
            yield n, f"{height(cell)} lines in a cell that draws, over 12", "split it"


@rule("lessons")
def sentence_under_figure(book):
    """It stands on the same slide: in the next cell that the room sees, without a heading."""
    seen = [(n, cell) for n, cell in book.cells if not {"note", "read"} & set(tags_of(cell))]
    for n, _, tree in book.trees:
        below = next((cell for m, cell in seen if m > n), None)
        said = below and below.cell_type == "markdown" and not re.match("#{1,6} ", below.source)
        live = any(last(name) == "Live" for name, _ in calls(tree))
        if (live or drawings(tree)) and not said:
            yield (
                n,
                "no sentence under the figure",
                "say in Markdown, without heading, what is seen",
            )


@rule("everywhere")
def labels(book):
    nodes = [node for _, _, tree in book.trees for node in ast.walk(tree)]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    for n, _, tree in book.trees:
        for name, call in calls(tree):
            if unlabelled(last(name), call, functions):
                yield n, f"{last(name)} shows pictures without labels", "pass (or return) titles"


@rule("everywhere")
def bets(book):
    for n, _, tree in book.trees:
        asked, revealed = (
            {ast.unparse(call.args[0]) for name, call in calls(tree) if last(name) == verb}
            for verb in ("ask", "reveal")
        )
        for bet in sorted(asked & revealed):
            yield n, f"the bet {bet} is asked and revealed in one cell", "reveal it in a later one"


@rule("everywhere")
def heading_levels(book):
    present = book.headings()
    if not present or present[0] != (1, 1, present[0][2], True):
        yield 1, "the notebook does not start with an H1", "begin it with `# Title`"
    before = 1
    for n, level, text, starts_cell in present:
        if level == 1 and n > 1:
            yield n, "a second H1", "use `##`"
        if level > before + 1:
            yield n, f"a level is skipped before {text!r}", f"use {'#' * (before + 1)}"
        if level <= 3 and not starts_cell:
            yield n, f"the heading {text!r} inside a cell", "begin a new cell with it"
        before = level


@rule("lessons")
def parameters(book):
    tagged = [(n, cell) for n, cell in book.cells if "parameters" in tags_of(cell)]
    if len(tagged) != 1 and (tagged or not book.path.name.startswith("00")):
        yield 1, f"{len(tagged)} cells have the tag parameters", "tag exactly one"
    for n, cell in tagged[:1]:
        if ast.dump(parse(cell.source) or ast.Module([])) != ast.dump(parse(PARAMETERS)):
            yield n, "not the parameters that all lessons have", f"write {PARAMETERS}"


@rule("everywhere")
def belittling_words(book):
    for n, cell in book.prose:
        for word in re.findall(r"\b(?:simply|just|easy)\b", plain(cell.source), re.IGNORECASE):
            yield n, f"the word {word!r}", "leave it out: it helps nobody who is stuck"


@rule("everywhere")
def valid_python(book):
    for n, cell in book.code:
        command = re.search(r"^\s*[!%]\S*", cell.source, re.MULTILINE)
        if parse(cell.source) is None and command:
            yield n, f"the command {command[0].strip()}", "packages belong in pyproject.toml"
        elif parse(cell.source) is None:
            yield n, "not valid Python", "mend it"


@rule("everywhere")
def forbidden(book):
    for n, _, tree in book.trees:
        nodes = list(ast.walk(tree))
        names = [dotted(node) for node in nodes if isinstance(node, ast.Attribute)]
        names += [name for name, _ in imports(tree)]
        texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
        texts = [text for text in texts if isinstance(text, str)]
        for found, table in ((names, FORBIDDEN_NAMES), (texts, FORBIDDEN_TEXTS)):
            for pattern, what, cure in table:
                matching = [text for text in found if re.match(pattern, text, re.DOTALL)]
                if matching:
                    yield n, f"{what} ({matching[0]})", cure


@rule("everywhere")
def tags(book):
    for n, cell in book.cells:
        present = set(tags_of(cell))
        for tag in sorted(present - TAGS):
            yield n, f"the tag {tag!r}", f"the tags are {', '.join(sorted(TAGS))}"
        if cell.cell_type == "code" and present & {"read", "note"}:
            yield n, "code hidden on the slides", "RISE would not run it: take the tag away"
        if "hide" in present and not (cell.cell_type == "code" and draws(cell)):
            yield n, "hide on a cell that does not draw", "take the tag away, or split the cell"
        if present & {"fragment", "note"} and re.match("#{1,3} ", cell.source):
            yield n, "a tag on a heading", "a heading starts a slide: take the tag away"


@rule("lessons")
def objectives_and_recap(book):
    items = [(n, title, numbered(cells)) for n, title, cells in book.sections()]
    n, title, objectives = items[min(1, len(items) - 1)]
    recap = [item for item in items if item[1].startswith("Recap")]
    if not title.startswith(("Objectives", "You will")) or not 3 <= objectives <= 5:
        yield n, "no numbered list of 3 to 5 objectives", "make it the first section: ## Objectives"
    elif not recap or recap[-1][2] != objectives:
        yield (
            (recap or items)[-1][0],
            "the recap does not answer the objectives one to one",
            (f"write {objectives} numbered answers under ## Recap"),
        )


def numbered(cells) -> int:
    prose = [cell.source for _, cell in cells if cell.cell_type == "markdown"]
    return len(re.findall(r"^\d+\. ", "\n".join(prose), re.MULTILINE))


@rule("everywhere")
def unused_imports(book):
    nodes = [node for _, _, tree in book.trees for node in ast.walk(tree)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    for n, _, tree in book.trees:
        for _, name in imports(tree):
            if name not in used and book.folder != "exercises":  # a student's code may need it
                yield n, f"{name} is imported and not used", "delete the import"


def spent(book):
    """(cell number, minutes, title of the optional heading above or "") of each speaker note."""
    headings = {n: (level, text) for n, level, text, _ in book.headings()}
    level, optional = 0, ""  # of the heading under which one may skip
    for n, cell in book.cells:
        if headings.get(n, (7, ""))[0] <= (level or 6):
            level, optional = headings[n] if "optional" in tags_of(cell) else (0, "")
        if "note" in tags_of(cell):
            yield n, sum(map(int, MINUTES.findall(cell.source))), optional


@rule("lessons")
def minutes(book):
    total, of_cell = 0, {n: number for n, number, _ in spent(book)}
    for n, title, cells in book.sections():
        section = sum(of_cell.get(number, 0) for number, _ in cells)
        total += section
        hidden = "read" in tags_of(cells[0][1])  # not presented
        if title and not section and not hidden:
            yield n, f"no note with the minutes of {title!r}", "add a `note` cell: minutes: 3"
    stated = TIME.search("\n".join(cell.source for _, cell in book.sections()[0][2]))
    if not stated or int(stated[1]) > 60:
        yield 1, "no reading time of at most 60 minutes", "write **Time**: 50 minutes to read, …"
    elif int(stated[1]) != total:
        yield 1, f"{stated[1]} minutes to read, but {total} in the notes", "add up"


@rule("lessons")
def minutes_that_must_be(book):
    """What is left in a lecture without the parts whose heading is optional."""
    left = sum(number for _, number, optional in spent(book) if not optional)
    if left > 45:
        yield 1, f"{left} minutes are not optional, over 45", "tag headings `optional`"


@rule("lessons")
def recorded(book):
    n, _, tree = book.trees[-1] if book.trees else (1, None, ast.Module([]))
    if not any(name == "results.record" for name, _ in calls(tree)):
        yield n, "the last code cell records nothing", "end with results.record(…)"


@rule("everywhere")
def shape_comments(book):
    for n, cell, tree in book.trees:
        ends = [call.end_lineno for name, call in calls(tree) if "layers" in name.split(".")[:-1]]
        lines = [cell.source.split("\n")[end - 1] for end in set(ends)]
        if len(ends) >= 3 and sum("# (" in line for line in lines) < len(lines) / 2:
            yield n, "a stack of layers without shapes", "end lines with `# (batch, 32, 32, 16)`"


@rule("everywhere")
def links(book):
    for n, cell in book.prose:
        for target in LINK.findall(without_fences(cell.source)):
            place = "".join(target).partition("#")[0]
            found = (book.path.parent / place).resolve()
            inside = found.exists() and found.is_relative_to(book.root.resolve())
            if not re.match(r"(https?|mailto|data):", place) and not inside:
                yield n, f"the link {place} leads nowhere", "correct it"


@rule("everywhere")
def one_sentence_a_line(book):
    sections = [cells for _, title, cells in book.sections() if not title.startswith("References")]
    for n, cell in (item for cells in sections for item in cells):
        text = re.sub(r"^\|.*|!\[[^\]]*\]|<[^>]+>", "", plain(cell.source), flags=re.MULTILINE)
        for match in TWO_SENTENCES.finditer(text if cell.cell_type == "markdown" else ""):
            if match[1].lower() not in ABBREVIATIONS:
                yield n, f"two sentences in one line at {match[0]!r}", "break the line there"


def lint(path: Path) -> list[str]:
    """All failures of the notebook at ``path``, as ``notebook: cell N: what — cure``."""
    book, failures, kept = Book(Path(path).resolve()), [], []
    for where, check in RULES:
        if where == "everywhere" or not book.folder:
            found = [(book.slide(failure[0]), failure) for failure in check(book)]
            new, listed = offenders.unlisted(check.__name__, book.name, found)
            failures += new
            kept += [offenders.stale(check.__name__, slide) for slide in listed]
    name = f"{book.name}.ipynb"
    lines = [f"{name}: cell {n}: {what} — {cure}" for n, what, cure in sorted(failures)]
    return lines + [f"{name}: {line}" for line in kept]


def main(argv: list[str] | None = None) -> int:
    wanted = sys.argv[1:] if argv is None else argv
    chosen = [Path(name) for name in wanted] or sorted(paths.NOTEBOOKS.rglob("*.ipynb"))
    failures = [line for path in chosen for line in lint(path)]
    print("\n".join(failures) or f"{len(chosen)} notebooks keep the rules")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
