"""Build notebooks/ from lessons/: ``python tools/build_notebooks.py [--check] [--force] [names]``.

Each lesson is a jupytext percent script, ``lessons/NN_name.py``; it becomes
``notebooks/NN_name.ipynb``: without outputs, with fixed metadata and with cell ids made of the
file's name and the cell's position, so that two builds are equal byte for byte.

Slides come from the headings: a Markdown cell that starts with ``#`` or ``##`` starts a slide, with
``###`` a subslide; every other cell stays on the slide that it follows.
Three tags change that: ``fragment``, ``note`` (speaker notes), ``read`` (hidden when projecting).
Two more are for notebooks/rise.css: of a code cell with ``hide`` slides show the output alone, and
``optional`` marks what may be skipped to stay within 45 minutes.
Only tags are kept of a cell's metadata.

``lessons/exercises/NN_name.py`` is the solved version, whose title says "Exercise". It becomes
``notebooks/solutions/NN_name.ipynb`` (title "Solution", the two marker lines taken out) and
``notebooks/exercises/NN_name.ipynb``, in which the marked lines are one line of valid Python::

    def dice(target, prediction):
        # solution                            def dice(target, prediction):
        overlap = ...                 ->          return ...  # your code here
        return 2 * overlap / total
        # end solution

Marked lines without ``return`` become ``name = ...  # your code here``, with the last name that
they assign. Cells tagged ``solution`` stand only in the solution.

A notebook that was edited in the browser is not overwritten; ``course bring-back NN`` (here:
``--bring-back NN``) writes the edit to lessons/. One that was only executed is overwritten.
"""

import argparse
import ast
import hashlib
import json
import re
import sys
import textwrap
from pathlib import Path

import jupytext
import nbformat

from course_utils import paths

# comment_magics: else jupytext takes the comment "# cat and dog" for a shell command.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
    "rise": {
        "center": False,
        "scroll": True,
        "slideNumber": "c/t",
        "start_slideshow_at": "beginning",
        "theme": "white",
        "transition": "none",
    },
}
SLIDE_OF_TAG = {"fragment": "fragment", "note": "notes", "read": "skip"}
SLIDE_OF_HEADING = {"#": "slide", "##": "slide", "###": "subslide"}
YOUR_CODE = "...  # your code here"
MARKED = re.compile(
    r"^([ \t]*)# solution[ \t]*\n(.*?)\n[ \t]*# end solution[ \t]*$", re.MULTILINE | re.DOTALL
)
MARKER = re.compile(r"^[ \t]*# (?:end )?solution[ \t]*(?:\n|\Z)", re.MULTILINE)


def cell_id(stem: str, position: int) -> str:
    """The id of the cell at ``position`` (the first is 1) of the notebook ``stem``."""
    return f"{stem}-{position:02d}"


def slide_type(cell_type: str, source: str, tags: list[str]) -> str | None:
    """RISE's slide type of a cell; None: the cell stays on the slide that it follows."""
    for tag in tags:
        if tag in SLIDE_OF_TAG:
            return SLIDE_OF_TAG[tag]
    return SLIDE_OF_HEADING.get(source.split(" ")[0]) if cell_type == "markdown" else None


def tags_of(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def _cell_keys(cells) -> list:
    return [[cell.cell_type, cell.source.rstrip(), tags_of(cell)] for cell in cells]


def source_sha(cells) -> str:
    """A hash of what an author writes: cell types, sources and tags; not outputs, not ids."""
    return hashlib.sha256(json.dumps(_cell_keys(cells)).encode()).hexdigest()[:16]


def _slide(cell) -> str | None:
    """The slide type in a cell's metadata; RISE's panel writes "-", or nothing, for none."""
    return cell["metadata"].get("slideshow", {}).get("slide_type", "-").strip("-") or None


def _tag_the_choices(cells, fresh: str) -> None:
    """Turn slide types that were set in RISE's panel into tags; ValueError for one that has none.

    fresh: the notebook as it was built, or "": what differs from that was set.
    """
    built = {cell["id"]: _slide(cell) for cell in json.loads(fresh)["cells"]} if fresh else {}
    tag_of = {slide: [tag] for tag, slide in SLIDE_OF_TAG.items()}
    for number, cell in enumerate(cells, start=1):
        if _slide(cell) == built.get(cell.id):
            continue
        kept = [tag for tag in tags_of(cell) if tag not in SLIDE_OF_TAG]
        cell.metadata["tags"] = kept + tag_of.get(_slide(cell), [])
        if slide_type(cell.cell_type, cell.source, tags_of(cell)) != _slide(cell):
            raise ValueError(
                f"cell {number} was made a {_slide(cell) or 'part of the slide before'} in RISE's "
                "panel, but slides come from headings: begin it with #, ## or ###, or take them away"
            )


def _stub_line(indent: str, lines: str) -> str:
    tree = ast.parse(textwrap.dedent(lines))
    if indent and any(isinstance(node, ast.Return) for node in ast.walk(tree)):
        return f"{indent}return {YOUR_CODE}"
    assigned = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    if not assigned:
        raise ValueError("marked lines must return or assign something")
    names = assigned[-1].elts if isinstance(assigned[-1], ast.Tuple) else [assigned[-1]]
    return indent + " = ".join(ast.unparse(name) for name in names) + f" = {YOUR_CODE}"


def _exercise_cells(cells, solution: bool) -> list:
    """The cells of the solution or of the stub, from those of the exercise's script."""
    title, *rest = cells[0].source.split("\n")
    if not re.match(r"# .*\bExercise", title):
        raise ValueError('the first line of an exercise must be a title with the word "Exercise"')
    if solution:
        cells[0].source = "\n".join([title.replace("Exercise", "Solution", 1), *rest])
    else:
        cells = [cell for cell in cells if "solution" not in tags_of(cell)]
    for cell in cells:
        cell.metadata["tags"] = [tag for tag in tags_of(cell) if tag != "solution"]
        kept = (lambda block: block[2]) if solution else (lambda block: _stub_line(*block.groups()))
        cell.source = MARKED.sub(kept, cell.source)
        if MARKER.search(cell.source):
            raise ValueError("'# solution' and '# end solution' must come in pairs")
    return cells


def render(script: Path, solution: bool = False) -> str:
    """The text of the notebook built from ``script``; of an exercise, its stub or ``solution``."""
    script = Path(script)
    notebook = jupytext.reads(script.read_text(encoding="utf-8"), fmt=PERCENT)
    if script.parent.name == "exercises":
        try:
            notebook.cells = _exercise_cells(notebook.cells, solution)
        except (ValueError, SyntaxError, IndexError) as error:
            raise ValueError(f"lessons/exercises/{script.name}: {error}") from error
    for position, cell in enumerate(notebook.cells, start=1):
        tags, slide = tags_of(cell), slide_type(cell.cell_type, cell.source, tags_of(cell))
        cell.id = cell_id(script.stem, position)
        cell.metadata = {"tags": tags} if tags else {}
        if slide:
            cell.metadata["slideshow"] = {"slide_type": slide}
    notebook.metadata = {"course": {"source_sha": source_sha(notebook.cells)}, **METADATA}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def targets(root: Path = paths.ROOT, names=()) -> dict[Path, tuple[Path, bool]]:
    """Notebook -> (script, solution?) for all lessons and exercises, or those that ``names`` begin.

    A name is a number, a stem or a file: ``01``, ``01_unet_segmentation``, ``lessons/01_….py``.
    Raises ValueError if there is no such lesson.
    """
    stems = tuple(Path(name).stem for name in names) or ("",)
    found = {}
    for kind, folder in (("", ""), ("exercises", "exercises"), ("solutions", "exercises")):
        for script in sorted((root / "lessons" / folder).glob("*.py")):
            if script.stem.startswith(stems):
                notebook = root / "notebooks" / kind / f"{script.stem}.ipynb"
                found[notebook] = (script, kind == "solutions")
    for stem in filter(None, stems):
        if not any(path.stem.startswith(stem) for path in found):
            raise ValueError(f"no lesson {stem!r}: see the file names in lessons/")
    return found


def _read(path: Path):
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except Exception as error:
        raise ValueError(f"{path.name} is not a notebook: delete it and build again") from error


def _known(notebook, fresh: str) -> tuple:
    """The hashes that the notebook had when it was built, and that it has if built now."""
    built = notebook.metadata.get("course", {}).get("source_sha")
    return built, json.loads(fresh)["metadata"]["course"]["source_sha"]


def _edited(path: Path, fresh: str) -> bool:
    """True if writing ``fresh`` to ``path`` would lose what somebody wrote in the browser."""
    notebook = _read(path) if path.exists() else None
    if not notebook:
        return False
    built, now = _known(notebook, fresh)
    sha = source_sha(notebook.cells)
    if sha not in (built, now) or any(cell.get("attachments") for cell in notebook.cells):
        return True
    slides = [_slide(cell) for cell in notebook.cells]
    own = [slide_type(cell.cell_type, cell.source, tags_of(cell)) for cell in notebook.cells]
    brought_back = [_slide(cell) for cell in json.loads(fresh)["cells"]]
    return sha == built and slides not in (own, brought_back)


def _refusal(path: Path, root: Path) -> str:
    place = path.relative_to(root).as_posix()
    cure = f"`course bring-back {path.stem}` brings the edit back into lessons/"
    if path.parent.name != "notebooks":
        cure = f"make the edit in lessons/exercises/{path.stem}.py"
    return f"{place} was edited in the browser: {cure}; `make notebooks ARGS=--force` discards it"


def build_all(root: Path = paths.ROOT, names=(), force: bool = False) -> list[Path]:
    """Write each notebook whose text differs from its script's; return the written paths.

    Raises ValueError, before anything is written, if one was edited in the browser (not ``force``).
    """
    fresh = {path: render(*source) for path, source in targets(root, names).items()}
    refusals = [_refusal(path, root) for path in fresh if not force and _edited(path, fresh[path])]
    if refusals:
        raise ValueError("\n".join(refusals))
    written = [path for path in fresh if _differs(path, fresh[path])]
    for path in written:
        paths.write_atomically(path, fresh[path])
    return written


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_bytes() != text.encode()


def stale(root: Path = paths.ROOT, names=()) -> list[Path]:
    """The notebooks that differ by a byte from what their scripts give, and those without one."""
    sources = targets(root, names)
    differing = [path for path, source in sources.items() if _differs(path, render(*source))]
    folders = () if names else ("", "exercises", "solutions")
    present = [path for folder in folders for path in (root / "notebooks" / folder).glob("*.ipynb")]
    return sorted(differing + [path for path in present if path not in sources])


def bring_back(name: str, root: Path = paths.ROOT, force: bool = False) -> Path:
    """Write what was edited in ``notebooks/<name>….ipynb`` to its script; return the script.

    Raises ValueError if there is none, if its script has changed too since the notebook was built
    (unless ``force``), or if a percent script cannot hold the edit.
    """
    stem = Path(name).stem
    found = sorted((root / "notebooks").glob(f"{stem}*.ipynb"))
    if len(found) != 1:
        raise ValueError(f"{len(found)} notebooks begin with {stem!r} in notebooks/: name one")
    notebook = _read(found[0])
    if not any(cell.source.strip() for cell in notebook.cells):
        raise ValueError(f"{found[0].name} is empty: `make notebooks ARGS=--force` builds it anew")
    script = root / "lessons" / f"{found[0].stem}.py"
    _tag_the_choices(notebook.cells, render(script) if script.exists() else "")
    if script.exists() and not force:
        built, now = _known(notebook, render(script))
        if now not in (built, source_sha(notebook.cells)):
            raise ValueError(
                f"lessons/{script.name} has changed too since its notebook was built: "
                "commit it, then add --force, then merge by hand"
            )
    filters = {"cell_metadata_filter": "tags,-all", "notebook_metadata_filter": "-all"}
    notebook.metadata = nbformat.from_dict({"jupytext": filters})
    text = jupytext.writes(notebook, fmt=PERCENT)
    lost = _cell_keys(jupytext.reads(text, fmt=PERCENT).cells) != _cell_keys(notebook.cells)
    if lost or any(cell.get("attachments") for cell in notebook.cells):
        raise ValueError(
            f"a percent script cannot hold {found[0].name}: save pasted pictures as "
            "files, and begin no line with '# %%'"
        )
    paths.write_atomically(script, text)
    return script


def main(argv: list[str] | None = None, root: Path = paths.ROOT) -> int:
    parser = argparse.ArgumentParser(prog="build_notebooks", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="lessons, such as 01 (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    parser.add_argument("--force", action="store_true", help="overwrite what was edited")
    parser.add_argument("--bring-back", metavar="NAME", help="from notebooks/ to lessons/")
    options = parser.parse_args(argv)
    try:
        if options.bring_back:
            done = [bring_back(options.bring_back, root, options.force)]
        else:
            names = options.names
            done = stale(root, names) if options.check else build_all(root, names, options.force)
    except (ValueError, OSError) as error:
        print(paths.trouble(error) if isinstance(error, OSError) else error, file=sys.stderr)
        return 1
    verb = "stale (run `make notebooks`):" if options.check else "wrote"
    for path in done:
        print(verb, path.relative_to(root).as_posix())
    return int(options.check and bool(done))


if __name__ == "__main__":
    sys.exit(main())
