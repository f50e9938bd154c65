import subprocess
import sys
from collections import namedtuple

import pytest

from course_utils import environment
from course_utils.environment import SetupError

Version = namedtuple("Version", "major minor micro releaselevel serial")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Set-up that would write into tmp_path, seen from a Python without the course."""
    (tmp_path / "requirements.lock").write_text("numpy==2.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "course.stamp")
    monkeypatch.setattr(environment, "course_is_installed", lambda: False)
    return tmp_path


def refused(words):
    return pytest.raises(SetupError, match=words)


def test_a_python_that_has_the_course_is_used_as_it_is(elsewhere, monkeypatch):
    monkeypatch.setattr(environment, "course_is_installed", lambda: True)
    monkeypatch.setattr(environment, "_install", lambda python: pytest.fail("set up again"))
    environment.ensure(["help"])


def test_python_314_alone_gets_one_sentence(elsewhere, monkeypatch):
    monkeypatch.setattr(sys, "version_info", Version(3, 14, 0, "final", 0))
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    with refused("Python 3.14.*install Python 3.13"):
        environment.ensure(["lab"])


def test_python_314_beside_312_uses_312(elsewhere, monkeypatch):
    monkeypatch.setattr(sys, "version_info", Version(3, 14, 0, "final", 0))
    monkeypatch.setattr(environment.shutil, "which", lambda name: name if "3.12" in name else None)
    monkeypatch.setattr(environment, "_runs", lambda python: True)
    assert environment._supported_python() == "python3.12"


def test_a_stand_in_that_does_not_start_is_no_python(tmp_path):
    stand_in = tmp_path / "python3.12"
    stand_in.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    stand_in.chmod(0o755)
    assert not environment._runs(str(stand_in)) and environment._runs(sys.executable)


def test_a_full_disk_is_seen_before_anything_is_written(elsewhere, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage(9e9, 8e9, 1e9))
    with refused("Only 1.0 GB are free"):
        environment.ensure(["lab"])
    assert not environment.VENV.exists()


def test_a_missing_venv_module_gets_one_sentence(elsewhere, tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    with refused("python3-venv"):
        environment._create_venv(str(fake))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: Could not find a version that satisfies numpy (from versions: none)", "network"),
        ("Temporary failure in name resolution", "goes on where it stopped"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: something else", "see the lines above"),
    ],
)
def test_a_failing_pip_becomes_one_sentence(output, words):
    command = [sys.executable, "-c", f"print({output!r}); raise SystemExit(1)"]
    with refused(words) as caught:
        environment._pip(command, 1)
    assert "\n" not in str(caught.value)


def test_an_interrupted_set_up_is_taken_up_again_and_a_whole_one_is_not(elsewhere, monkeypatch):
    calls = []
    monkeypatch.setattr(environment, "_pip", lambda command, count: calls.append(command))
    monkeypatch.setattr(environment, "switch", lambda arguments: None)
    python = environment.venv_python(environment.VENV)
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(environment, "venv_python", lambda venv=None: python)
    environment.ensure(["lab"])
    assert len(calls) == 2 and "--require-hashes" in calls[0]
    environment.ensure(["lab"])
    assert len(calls) == 2
    (elsewhere / "requirements.lock").write_text("numpy==2.1 --hash=sha256:00\n")
    environment.ensure(["lab"])
    assert len(calls) == 4


def test_the_lock_has_hashes_and_no_addresses():
    text = (environment.ROOT / "requirements.lock").read_text()
    assert "://" not in text and "index-url" not in text and "find-links" not in text
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) > 100 and all("==" in pin for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)


def test_importing_the_course_loads_nothing_heavy():
    code = (
        "import sys, course_utils, course_utils.cli, course_utils.doctor\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'cv2', 'IPython'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
