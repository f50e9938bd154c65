import ast
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from course_utils import environment, launch, paths
from course_utils.environment import SetupError

BACKEND = """
import base64, hashlib, zipfile
from pathlib import Path

def build_editable(folder, settings=None, metadata=None):
    name, info = "image_to_image-0-py3-none-any.whl", "image_to_image-0.dist-info"
    files = {"course.pth": str(Path.cwd()), f"{info}/METADATA": "Metadata-Version: 2.1\\\\nName: image-to-image\\\\nVersion: 0\\\\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n"}
    files[f"{info}/RECORD"] = "".join(f"{file},,\\\\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
    return name
""".replace("\\\\", "\\")
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


# ---- which Python


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py", "launch.py"])
def test_what_old_pythons_run_is_written_for_them(name):
    text = (paths.ROOT / "course_utils" / name).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 4))
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.YieldFrom)
    assert text.isascii() and not [node for node in ast.walk(tree) if isinstance(node, new)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [one.name for one in functions if one.returns or one.args.kwonlyargs]


OTHERS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.14", "3.15")
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
FOUND = {
    v: next(iter(sorted(PYENV.glob(f"{v}.*/bin/python"))), None) or shutil.which(f"python{v}")
    for v in OTHERS
}
FOUND = {
    v: path
    for v, path in FOUND.items()
    if path
    and launch._is_supported([path]) is False
    and not subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL)
}


@pytest.mark.parametrize("version", FOUND or [None])
def test_each_other_python_of_this_machine_says_one_sentence(version, tmp_path):
    if version is None:
        pytest.skip("This machine has no Python that the course does not support.")
    shutil.copytree(
        paths.ROOT / "course_utils",
        tmp_path / "course_utils",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    done = subprocess.run(
        [FOUND[version], "-m", "course_utils", "lab"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"This is Python {version}, and TensorFlow needs")
    assert done.stderr.count("\n") == 1


def version_is(monkeypatch, *numbers):
    monkeypatch.setattr(sys, "version_info", namedtuple("V", "major minor micro")(*numbers))


def test_python_314_alone_gets_one_sentence(monkeypatch):
    version_is(monkeypatch, 3, 14, 0)
    monkeypatch.setattr(launch, "another_python", list)
    with pytest.raises(SystemExit, match="Python 3.14.*install Python 3.13"):
        launch.main(pytest.fail)


def test_python_314_beside_312_becomes_312(monkeypatch):
    version_is(monkeypatch, 3, 14, 0)
    monkeypatch.setattr(launch, "_is_supported", lambda command: command == ["python3.12"])
    monkeypatch.setattr(launch, "become", lambda command: pytest.exit(command, 0))
    monkeypatch.setattr(sys, "argv", ["course", "lab"])
    with pytest.raises(pytest.exit.Exception) as became:
        launch.main(pytest.fail)
    assert became.value.msg == ["python3.12", "-m", "course_utils", "lab"]


def test_a_stand_in_that_does_not_start_is_no_python(tmp_path):
    stand_in = tmp_path / "python3.12"
    stand_in.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    stand_in.chmod(0o755)
    assert not launch._is_supported([str(stand_in)]) and launch._is_supported([sys.executable])
    assert not launch._is_supported([str(tmp_path / "nothing")])


# ---- set-up, with pip and venv as they are, of a course with one small package


@pytest.fixture
def small(tmp_path):
    """A course of one package, in a folder with a space: a function that runs its commands."""
    root = tmp_path / "a course"
    root.mkdir()
    shutil.copytree(
        paths.ROOT / "course_utils",
        root / "course_utils",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "backend.py").write_text(BACKEND)
    (root / "pyproject.toml").write_text(PYPROJECT)
    wheel = tmp_path / "six_of_one-1-py3-none-any.whl"
    info = "six_of_one-1.dist-info"
    files = {f"half_{n}.py": "x = 1\n" * 99 for n in range(300)} | {
        "six_of_one.py": "def main(): print('half a dozen')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: six-of-one\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nsix = six_of_one:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    sha = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (root / "requirements.lock").write_text(f"six-of-one==1 --hash=sha256:{sha}\n")
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV", "COURSE_"))
    }
    return root, variables | {
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }


def call(root, variables, **options):
    """One command that needs the environment: without records, `results` ends in a sentence."""
    return subprocess.Popen(
        [sys._base_executable, "-m", "course_utils", "results"],
        cwd=root,
        text=True,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )


def whole(root, variables) -> str:
    """Call until the end; the environment must then be whole. Returns what was said."""
    said = call(root, variables).communicate(timeout=120)[0]
    assert said.endswith("There are no records yet; run `make run` first.\n"), said
    six = subprocess.run([root / ".venv/bin/six"], capture_output=True, text=True, env=variables)
    assert six.stdout == "half a dozen\n", six
    code = "import course_utils, half_0, half_299; print(course_utils.__file__)"
    where = subprocess.run(
        [root / ".venv/bin/python", "-c", code],
        capture_output=True,
        text=True,
        cwd=root.parent,
        env=variables,
    )
    assert where.stdout.strip() == str(root / "course_utils/__init__.py"), where
    assert sorted(path.name for path in root.glob(".venv*")) == [".venv", ".venv.lock"]
    return said


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("reached", "number"),
    [
        (".venv.new/bin/python", signal.SIGINT),
        (".venv.new/lib/*/site-packages/half_*.py", signal.SIGKILL),
        (".venv.new/lib/*/site-packages/half_*.py", signal.SIGTERM),
        (".venv/course.packages", signal.SIGKILL),
    ],
)
def test_a_set_up_stopped_anywhere_is_mended_by_the_next_call(small, reached, number):
    root, variables = small
    first = call(root, variables)
    while not list(root.glob(reached)) and first.poll() is None:
        time.sleep(0.002)
    first.send_signal(number)
    first.communicate(timeout=60)
    assert first.returncode, "It was over before it could be stopped."
    whole(root, variables)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_two_at_once_a_moved_folder_and_a_pip_with_ideas_of_its_own(small, tmp_path):
    root, variables = small
    ideas = tmp_path / "pip.conf"
    ideas.write_text(
        f"[global]\nno-deps = yes\ntarget = {tmp_path / 'elsewhere'}\n"
        "[install]\nuser = yes\nrequire-virtualenv = no\n"
    )
    odd = variables | {
        "PIP_CONFIG_FILE": str(ideas),
        "PIP_DRY_RUN": "1",
        "PIP_PREFIX": "/nowhere",
        "PYTHONUSERBASE": str(tmp_path / "user"),
    }
    both = [call(root, odd), call(root, odd)]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert sum("waiting for it" in text for text in said) == 1, said
    assert sum("environment is ready" in text for text in said) == 1, said
    assert "environment" not in whole(root, odd)
    shutil.rmtree(root / ".venv")
    (root / ".venv").write_text("somebody's file")
    (root / ".venv.new").symlink_to(tmp_path)
    assert "environment is ready" in whole(root, odd) and tmp_path.exists()
    moved = root.rename(tmp_path / "moved away")
    assert "environment is ready" in whole(moved, odd)
    (moved / "requirements.lock").write_text("nothing==1 --hash=sha256:00\n")
    assert "can't be downloaded" in call(moved, odd).communicate(timeout=120)[0]
    assert (moved / ".venv/bin/six").exists()  # what was there is there until the new one is whole


# ---- refusals


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Set-up that would write into tmp_path, seen from a Python without the course."""
    (tmp_path / "requirements.lock").write_text("numpy==2.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name, end in (("VENV", ""), ("FRESH", ".new"), ("OLD", ".old"), ("LOCK", ".lock")):
        monkeypatch.setattr(environment, name, tmp_path / f".venv{end}")
    monkeypatch.setattr(environment, "course_is_installed", lambda: False)
    return tmp_path


def refused(words):
    return pytest.raises(SetupError, match=words)


def test_a_python_that_has_the_course_is_used_as_it_is(elsewhere, monkeypatch):
    monkeypatch.setattr(environment, "course_is_installed", lambda: True)
    monkeypatch.setattr(environment, "_set_up", lambda: pytest.fail("set up again"))
    environment.ensure(["help"])


def test_a_full_disk_is_seen_before_anything_is_written(elsewhere, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage(9e9, 8e9, 1e9))
    with refused("Only 1.0 GB are free"):
        environment.ensure(["lab"])
    assert not environment.VENV.exists() and not environment.FRESH.exists()


def test_a_missing_venv_module_gets_one_sentence(elsewhere, tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    with refused("python3-venv"):
        environment._venv(str(fake), tmp_path / "venv")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: Could not find a version that satisfies numpy (from versions: none)", "network"),
        ("Temporary failure in name resolution", "goes on where it stopped"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: something else", "see the lines above"),
    ],
)
def test_a_failing_pip_becomes_one_sentence(elsewhere, output, words):
    pip = environment.venv_python(environment.FRESH)
    pip.parent.mkdir(parents=True)
    pip.write_text(f"#!/bin/sh\necho '{output}'\nexit 1\n")
    pip.chmod(0o755)
    with refused(words) as caught:
        environment._pip(environment.FRESH, [], 1)
    assert "\n" not in str(caught.value)


def test_of_a_pip_s_settings_only_the_way_to_the_packages_is_kept(elsewhere, monkeypatch):
    listed = (
        "global.index-url='https://mirror/simple'\nglobal.timeout='9'\nglobal.target='x'\n"
        "install.no-deps='yes'\n:env:.find-links='a b'\n:env:.default-timeout='180'\n"
        "download.cert='no'\nglobal.extra-index-url='\\nhttps://b\\nhttps://c'\n"
    )
    monkeypatch.setattr(environment, "_output", lambda command: listed)
    assert environment._the_way() == [
        "--index-url=https://mirror/simple",
        "--timeout=180",
        "--extra-index-url=https://b",
        "--extra-index-url=https://c",
        "--find-links=a",
        "--find-links=b",
    ]


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
