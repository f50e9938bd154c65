"""Slides without a server: they show from a file, ask nobody for anything, and fit."""

import shutil
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from conftest import execute, require

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import make_slides
import walk

EXECUTED = sorted((ROOT / "build" / "executed").glob("*.ipynb"))


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """{name: deck} of the fixture and all executed lessons, and a page to show them."""
    require("browser", bool(walk.CHROMIUM), "install chromium")
    require("site", shutil.which("npm") is not None, "install Node.js, which brings npm")
    folder = tmp_path_factory.mktemp("slides")
    fixture = jupytext.read(ROOT / "tests/fixtures/widgets.py")
    nbformat.write(fixture, folder / "widgets.ipynb")
    execute(folder / "widgets.ipynb")
    made = make_slides.make_slides([folder / "widgets.ipynb", *EXECUTED], folder / "decks")
    with walk.browser() as (page, outside):
        yield {deck.stem: deck for deck in made}, page, outside


def show(decks, name):
    made, page, outside = decks
    page.goto(made[name].as_uri())
    walk.wait_for(page, "walk.ready()", 20)
    problems = walk.walk(page, name)
    return page, problems + outside


@pytest.mark.slow
def test_a_deck_shows_formulas_widgets_and_bars_from_a_file(decks):
    page, problems = show(decks, "widgets")
    assert problems == []
    assert page.locator("mjx-container svg").count() >= 4
    assert page.locator(".noUi-handle").count() == 1
    assert page.locator(".jupyter-widgets .progress-bar").count() == 1
    assert "unprojectable" not in page.content()
    assert page.locator(".celltag_hide img").count() == 1
    assert not page.locator(".celltag_hide .jp-Cell-inputWrapper").is_visible()
    assert page.locator("aside.notes", has_text="Speaker notes").count() == 1


@pytest.mark.executed
@pytest.mark.parametrize("name", [path.stem for path in EXECUTED])
def test_lessons_show_from_a_file(decks, name):
    _, problems = show(decks, name)
    assert not problems, "\n".join(problems)


def test_without_notebooks_it_says_what_to_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(make_slides, "ROOT", tmp_path)
    with pytest.raises(SystemExit):
        make_slides.main([])
    assert "make run" in capsys.readouterr().err
