import json
import re

import pytest

from course_utils import cli, paths


def test_every_make_target_is_a_command_and_help_lists_it(capsys):
    makefile = (paths.ROOT / "Makefile").read_text()
    targets = re.search(r"^TARGETS = (.*)$", makefile, re.M)[1].split()
    assert set(targets) <= set(cli.COMMANDS)
    assert cli.main(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)
    assert all((paths.ROOT / "tools" / script).is_file() for script in cli.TOOLS.values())


def test_an_unknown_command_says_where_the_list_is(capsys):
    assert cli.main(["lba"]) == 2
    assert "make help" in capsys.readouterr().err


@pytest.fixture
def course(monkeypatch, tmp_path):
    for folder in ("lessons", "notebooks", "notebooks/exercises"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "exercises" / "01_unet.ipynb").write_text("{}")
    (tmp_path / "lessons" / "01_unet.py").touch()
    (tmp_path / "notebooks" / "01_unet.ipynb").write_text(json.dumps({"cells": []}))
    for name in ("LESSONS", "NOTEBOOKS", "WORK"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    (tmp_path / "notebooks" / "pictures").mkdir()
    monkeypatch.setattr(paths, "PICTURES", tmp_path / "notebooks" / "pictures")
    return tmp_path


def test_start_copies_once_and_never_overwrites(course, capsys):
    assert cli.main(["start", "01"]) == 0
    copy = course / "work" / "01_unet.ipynb"
    assert (course / "work" / "exercises" / "01_unet.ipynb").read_text() == "{}"
    copy.write_text("mine")
    assert cli.main(["start", "1"]) == 0
    assert copy.read_text() == "mine" and "stays as it is" in capsys.readouterr().out


def test_wrong_arguments_get_one_sentence(course, capsys):
    assert cli.main(["start"]) == 2
    assert "course start" in capsys.readouterr().err


def test_start_of_no_lesson_names_the_lessons(course, capsys):
    assert cli.main(["start", "7"]) == 1
    assert "01_unet" in capsys.readouterr().err
