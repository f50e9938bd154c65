"""What all drawn worlds share."""

import ast
import subprocess
import sys

import numpy as np
import pytest

import drawn_worlds
from course_utils import paths
from drawn_worlds import __main__ as sheets

SCRIPTS = sorted((paths.ROOT / "drawn_worlds").rglob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_drawn_worlds_import_nothing_of_the_course(script):
    imports = [
        node
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    named = [
        name
        for node in imports
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    ]
    assert not [name for name in named if name.startswith("course_utils")]


@pytest.mark.parametrize("world", drawn_worlds.WORLDS)
def test_each_world_keeps_the_contract(world):
    drawn = drawn_worlds.draw(world, 3, 96)
    assert drawn.picture.shape[:2] == (96, 96) and drawn.picture.dtype == np.float32
    assert 0 <= drawn.picture.min() < drawn.picture.max() <= 1
    again, other = drawn_worlds.draw(world, 3, 96), drawn_worlds.draw(world, 4, 96)
    assert (again.picture == drawn.picture).all() and (other.picture != drawn.picture).any()
    if world == "painters":
        assert drawn.truth is None
    else:
        assert drawn.truth.shape[:2] == (96, 96) and (again.truth == drawn.truth).all()


def test_another_world_is_an_error_that_names_those_that_there_are():
    with pytest.raises(ValueError, match="cells, documents, faces"):
        drawn_worlds.draw("oceans", 0)


def test_a_contact_sheet_shows_picture_and_truth_in_pairs(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sheets, "FOLDER", tmp_path / "worlds")
    monkeypatch.setattr(sheets, "SEEDS", range(6))
    monkeypatch.setattr(sheets, "SIDE", 64)
    assert sheets.sheet("cells").shape == (68, 12 * 66 + 2, 3)
    assert sheets.main(["houses"]) == 0 and (tmp_path / "worlds" / "houses.png").stat().st_size
    assert sheets.main(["oceans"]) == 1 and "cells" in capsys.readouterr().err


def test_the_worlds_load_without_the_course():
    code = "import sys, drawn_worlds; drawn_worlds.draw('houses', 0); sys.exit('course_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0
