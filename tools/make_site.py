"""Make the website build/site from the executed notebooks; it works from a file, offline.

    python tools/make_site.py [--executed DIR] [--out DIR]

Sphinx and myst-nb do the work (docs/conf.py). Added here: the scripts for formulas and widgets, one
page a module of course_utils, what tools/site_pages.py makes, the page where one tries the networks
(tools/make_try.py), and a check that every picture has alt text. Solutions are left out.
"""

import argparse
import posixpath
import re
import shutil
import sys
from pathlib import Path

import javascript
import make_try
import nbformat
import site_pages

from course_utils import lessons

ROOT = Path(__file__).resolve().parents[1]
TRIED = {  # in the browser: lesson's word, and the tab of its network
    "segmentation": "cells",
    "pix2pix": "houses",
    "face_sketch": "face",
    "style": "repaint",
    "colorization": "colour",
    "documents": "clean",
    "flow": "houses",
}
STILL = "On this page sliders and buttons stand still; they work in JupyterLab."
NOTEBOOK_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+\.ipynb)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
IMAGE = re.compile(r"<img\b[^>]*>", re.DOTALL)
ALT = re.compile(r"""\balt=(["'])(?!\1)(?!No description has been provided)\s*\S""", re.DOTALL)


def gather(executed: Path, source: Path) -> None:
    """Fill the folder `source` with all that Sphinx reads; RuntimeError without npm."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source)
    javascript.copy_scripts(source / "_static")
    shutil.copytree(ROOT / "notebooks/pictures", source / "pictures")
    folders = (ROOT / "notebooks", executed)  # an exercise that was not executed has no outputs
    exercises = {path.name: path for folder in folders for path in folder.glob("exercises/*.ipynb")}
    pages = {path.name: path for path in executed.glob("*.ipynb")}
    pages |= {f"exercises/{name}": path for name, path in exercises.items()}
    for page, notebook in pages.items():
        (source / page).parent.mkdir(exist_ok=True)
        nbformat.write(for_readers(notebook, page, pages), source / page)
    fill_pages(source, pages)
    site_pages.write_debugging(source / "debugging")
    write_api(source / "api")


def fill_pages(source: Path, pages) -> None:
    """Fill in the blanks of docs/*.md, without links to notebooks that are no page."""
    for page in source.glob("*.md"):
        text = linked(site_pages.filled(page.read_text(encoding="utf-8")), page.name, pages)
        if page.name == "index.md" and not (source / "exercises").exists():
            text = re.sub(r"```{toctree}\n:caption: Exercises.*?```\n", "", text, flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")


def for_readers(notebook: Path, page: str, pages):
    """The notebook without speaker notes and without links to notebooks that are no page."""
    content = nbformat.read(notebook, as_version=4)
    content.cells = [c for c in content.cells if "note" not in c.metadata.get("tags", [])]
    for cell in content.cells:
        cell.source = linked(cell.source, page, pages)
    tab = {card.name: TRIED.get(card.word) for card in lessons.LESSONS}.get(notebook.stem)
    tried = f' <a href="try/index.html#{tab}">Try its network in your browser.</a>'
    if "/" not in page:
        content.cells[0].source += f"\n\n*{STILL}*{tried if tab else ''}"
    return content


def linked(text: str, page: str, pages) -> str:
    """Text of a page of the site; of a link to a notebook that is no page its words are left."""

    def keep_if_shown(link):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link[2]))
        return link[0] if target in pages else link[1]

    return NOTEBOOK_LINK.sub(keep_if_shown, text)


def write_api(folder: Path) -> None:
    """One page a public module of course_utils, and their index; checks of exercises stay out."""
    modules = []
    for file in sorted((ROOT / "course_utils").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if not any(part.startswith("_") or part == "exercises" for part in parts):
            modules.append(".".join(parts))
    folder.mkdir()
    titles = [module.removeprefix("course_utils.") for module in modules]
    for module, title in zip(modules, titles, strict=True):
        (folder / f"{title}.rst").write_text(
            f"{title}\n{'=' * len(title)}\n\n.. automodule:: {module}\n", encoding="utf-8"
        )
    about = "What the lessons import from `course_utils`, with formulas, shapes and sources."
    lines = ["# The library", "", about, "", "```{toctree}", *titles, "```"]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")


def pictures_without_words(site: Path) -> list[str]:
    """One line a picture of the built pages that has no alt text."""
    return [
        f"{page.relative_to(site)}: {image[:80]}"
        for page in sorted(site.rglob("*.html"))
        for image in IMAGE.findall(SCRIPT.sub("", page.read_text(encoding="utf-8")))
        if not ALT.search(image)
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--executed", type=Path, default=ROOT / "build" / "executed")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    asked = parser.parse_args(argv)
    if not list(asked.executed.glob("*.ipynb")):
        parser.error(f"no executed notebooks in {asked.executed}: run `make run` first")
    from sphinx.cmd.build import build_main

    source = asked.out.with_name(asked.out.name + "_source")
    try:
        gather(asked.executed, source)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    shutil.rmtree(asked.out, ignore_errors=True)
    failed = build_main(["-W", "--keep-going", "-q", "-b", "html", str(source), str(asked.out)])
    silent = pictures_without_words(asked.out)
    print(*(f"no alt text: {line}" for line in silent), sep="\n", end="\n" if silent else "")
    make_try.make(asked.out / "try")
    print(f"open {asked.out / 'index.html'}" if not failed else "Sphinx found faults, see above.")
    return 1 if failed or silent else 0


if __name__ == "__main__":
    sys.exit(main())
