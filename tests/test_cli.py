import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from course_utils import cli, lessons, paths


def test_make_and_course_offer_the_same_commands_and_help_lists_them(capsys):
    makefile = (paths.ROOT / "Makefile").read_text().replace("\\\n", " ")
    targets = re.search(r"^TARGETS = (.*)$", makefile, re.MULTILINE)[1].split()
    assert sorted(targets) == sorted(cli.COMMANDS)
    assert cli.main(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)
    assert all((paths.ROOT / script).is_file() for script in cli.TOOLS.values())


def test_an_unknown_command_says_where_the_list_is(capsys):
    assert cli.main(["lba"]) == 2
    assert "make help" in capsys.readouterr().err


@pytest.fixture
def course(monkeypatch, tmp_path):
    for folder in ("notebooks", "notebooks/exercises"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "exercises" / "01_unet.ipynb").write_text("{}")
    monkeypatch.setattr(lessons, "LESSONS", (lessons.Lesson("01_unet", "unet", "", {}),))
    (tmp_path / "notebooks" / "01_unet.ipynb").write_text(json.dumps({"cells": []}))
    for name in ("NOTEBOOKS", "WORK"):
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


# ---- what a file system refuses


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "a folder of your own"),
        (errno.EACCES, "a folder of your own"),
        (errno.EIO, "mend that"),
    ],
)
def test_a_refusal_is_one_sentence_and_leaves_nothing_half_written(
    course, monkeypatch, capsys, number, said
):
    def refuse(self, content):
        self.touch()
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    assert cli.main(["start", "01"]) == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and said in shown and "01_unet.ipynb" in shown
    assert [path for path in (course / "work").rglob("*") if path.is_file()] == []


def test_an_empty_copy_is_nobody_s_work(course):
    (course / "work").mkdir()
    (course / "work" / "01_unet.ipynb").touch()
    assert cli.main(["start", "01"]) == 0
    assert (course / "work" / "01_unet.ipynb").read_text() == json.dumps({"cells": []})


@pytest.fixture
def read_only(monkeypatch):
    """Nothing may be written or made, wherever it is tried."""

    def guarded(original):
        def opened(file, mode="r", *arguments, **options):
            if set(mode) & set("wax+") and not isinstance(file, int) and str(file) != os.devnull:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
            return original(file, mode, *arguments, **options)

        return opened

    def refused(path, *arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("io.open", guarded(io.open))
    monkeypatch.setattr("builtins.open", guarded(open))
    for name in ("mkdir", "replace", "rename", "unlink"):
        monkeypatch.setattr(os, name, refused)


@pytest.mark.parametrize(
    "command",
    [
        ("start", "00"),
        ("run", "00"),
        ("results",),
        ("notebooks", "--force"),
        ("bring-back", "00", "--force"),
    ],
)
def test_in_a_course_that_may_not_be_written_each_command_says_so(
    read_only, monkeypatch, capsys, command
):
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    monkeypatch.setattr("course_utils.results.load_all", lambda: [{"lesson": "00_start_here"}])
    monkeypatch.setattr(sys, "argv", []), monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(paths.ROOT)
    try:
        status = cli.main([*command])
    except SystemExit as ended:  # a tool's own end
        status = ended.code
    shown = capsys.readouterr().err
    if command[0] == "notebooks" and not status:  # all of them were as they should be
        return
    assert status == 1 and shown.count("\n") == 1, shown
    assert "Permission denied" in shown and ".part" not in shown and "a folder of your own" in shown


def test_scale_fetches_what_it_needs_and_then_runs_its_own_tests(monkeypatch):
    called, answers = [], [0, 5, 7]
    monkeypatch.setattr(cli, "_python", lambda *words: called.append(words) or answers.pop(0))
    assert cli.test_scale("-x") == 5 and called[1] == ("-m", "pytest", "tests/scale", "-x")
    assert called[0][:3] == ("-m", "pip", "install") and called[0][-1].endswith("[scale]")
    assert cli.test_scale() == 7 and len(called) == 3  # without them, nothing is run


def test_scale_s_tests_are_no_part_of_the_others(request):
    assert "scale" in request.config.getini("norecursedirs")
    assert not any("tests/scale" in item.nodeid for item in request.session.items)


def test_a_terminal_without_a_tick_gets_a_plainer_sign(tmp_path):
    (tmp_path / "progress.json").write_text('{"00.1": {"status": "passed", "message": ""}}')
    for coding, tick in (("utf-8", "✓"), ("cp1252", "x"), ("ascii", "x"), ("cp437", "x")):
        variables = dict(os.environ, COURSE_RESULTS=str(tmp_path), PYTHONIOENCODING=coding)
        done = subprocess.run(
            [sys.executable, "-m", "course_utils", "progress"],
            cwd=paths.ROOT,
            capture_output=True,
            env=variables,
        )
        assert done.returncode == 0, done.stderr
        assert f"{tick} 00.1" in done.stdout.decode(coding)


def test_who_has_read_enough_stops_a_command_without_a_word():
    done = subprocess.run(
        f"{sys.executable} -m course_utils help | head -1",
        shell=True,
        text=True,
        capture_output=True,
        cwd=paths.ROOT,
    )
    assert done.stderr == "" and done.stdout.startswith("make COMMAND")


def test_a_package_that_is_missing_sends_to_the_doctor(monkeypatch, capsys):
    def broken():
        """broken"""
        import no_such_package  # noqa: F401

    monkeypatch.setitem(cli.COMMANDS, "broken", broken)
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    assert cli.main(["broken"]) == 1
    assert "no_such_package" in (shown := capsys.readouterr().err) and "make doctor" in shown


# ---- signals


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="signals to make")
@pytest.mark.parametrize(
    ("to", "number"),
    [
        ("make", signal.SIGTERM),
        ("make", signal.SIGKILL),
        ("python", signal.SIGTERM),
        ("python", signal.SIGKILL),
        ("python", signal.SIGHUP),
    ],
)
def test_lab_ended_by_a_signal_ends_its_server(tmp_path, to, number):
    command = ["-m", "course_utils", "lab"] if to == "python" else []
    options = ["--no-browser", "--port=0", f"--ServerApp.root_dir={tmp_path}", "--debug"]
    variables = dict(os.environ, JUPYTER_RUNTIME_DIR=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    if to == "make":
        line = ["make", "lab", f"PYTHON={sys.executable}", f"ARGS={' '.join(options)}"]
    else:
        line = [sys.executable, *command, *options]
    process = subprocess.Popen(
        line,
        cwd=paths.ROOT,
        env=variables,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: list(tmp_path.glob("jpserver-*.json")), 60), (
            "JupyterLab did not start."
        )
        server = int(next(tmp_path.glob("jpserver-*.json")).stem.split("-")[1])
        process.send_signal(number)
        process.wait(30)
        assert eventually(lambda: not is_running(server), 15), "The server runs on."
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None


def eventually(happened, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.1)
    return bool(happened())


def is_running(pid: int) -> bool:
    try:
        return "Z" not in open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
    except OSError:
        return False
