"""Set-up of the course's environment: `.venv`, from the lock. Standard library only.

It is built beside, in `.venv.new`, and renamed when it is whole: whatever stops a set-up, the next
call goes on to a whole environment. Two small files in it, each written last, say how far it is:
`course.packages` (made from which lock) and `course.place` (in which folder it works).
"""

import ast
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from . import launch, locks

ROOT = Path(launch.ROOT)
VENV, FRESH, OLD, LOCK = (ROOT / f".venv{end}" for end in ("", ".new", ".old", ".lock"))
NEEDED_GB = 5
WAITING = "Another set-up of this course is running; waiting for it …"
NO_NETWORK = (
    "name resolution",
    "Failed to establish",
    "ConnectionError",
    "NewConnectionError",
    "getaddrinfo",
    "from versions: none",
    "Max retries",
    "timed out",
)
# What a user's pip may say about the way to the packages. The rest of its configuration (another
# target, no dependencies, other hashes …) is not for this environment.
THE_WAY = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "proxy",
    "cert",
    "client-cert",
    "timeout",
    "default-timeout",
    "retries",
    "cache-dir",
    "no-index",
)
SEVERAL = ("extra-index-url", "find-links", "trusted-host")
SCRIPTS = """
import sys
from importlib.metadata import entry_points
from pip._vendor.distlib.scripts import ScriptMaker
maker = ScriptMaker(None, sys.argv[1])
maker.clobber, maker.variants, maker.set_mode = True, {""}, True
maker.make_multiple(f"{one.name} = {one.value}" for one in entry_points(group="console_scripts"))
"""


class SetupError(Exception):
    """Set-up can't go on; the message is one sentence that says what to do."""


def ensure(arguments: list[str]) -> None:
    """Return if this interpreter has the whole course; else set `.venv` up and run the command there."""
    if not inside() and course_is_installed():
        return
    if not is_whole():
        if inside():  # not from within what is exchanged
            launch.become([sys._base_executable, "-m", "course_utils", *arguments], _with_root())
        with locks.alone(LOCK, WAITING), ended_by_signals():
            if not is_whole():  # else another set-up has done it while this one waited
                _set_up()
    switch(arguments)


def switch(arguments: list[str]) -> None:
    """Run the command in `.venv`, if there is one and this is another interpreter."""
    if not inside() and venv_python().exists():
        launch.become([str(venv_python()), "-m", "course_utils", *arguments], _with_root())


def venv_python(venv: Path | None = None) -> Path:
    """The interpreter of a virtual environment, `.venv` unless told."""
    return (venv or VENV) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint() -> str:
    """What the environment is made from: changes when the lock or the package's description does."""
    parts = [(ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml")]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def course_is_installed() -> bool:
    """Whether this interpreter has the course (the `.venv`, a conda environment, an image)."""
    try:
        metadata.version("image-to-image")
        return True
    except metadata.PackageNotFoundError:
        return False


def is_whole() -> bool:
    """Whether `.venv` holds the lock's packages, installed to the end, and was not moved since."""
    return _has_packages(VENV) and _says(VENV / "course.place", str(VENV))


def inside() -> bool:
    """Whether this interpreter is `.venv`'s own."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def _with_root() -> dict[str, str]:
    """The variables of a command that finds this folder's course_utils, wherever it is called."""
    known = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    return dict(os.environ, PYTHONPATH=os.pathsep.join(known))


def _has_packages(venv: Path) -> bool:
    return _says(venv / "course.packages", fingerprint()) and venv_python(venv).exists()


def _says(stamp: Path, text: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8", errors="replace") == text


@contextlib.contextmanager
def ended_by_signals():
    """Within, a signal that ends this program ends what it has started, too."""

    def end(number, frame):
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _set_up() -> None:
    if not _has_packages(VENV):
        if not _has_packages(FRESH):
            _build()
        _remove(OLD)
        if os.path.lexists(VENV):
            VENV.rename(OLD)
        FRESH.rename(VENV)
    _settle()
    _remove(OLD)
    print("\rThe environment is ready." + " " * 40, flush=True)


def _remove(path: Path) -> None:
    """Take away a folder, or whatever somebody has put in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _build() -> None:
    """All packages of the lock into `.venv.new`, from nothing."""
    _remove(FRESH)
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise SetupError(
            f"Only {free:.1f} GB are free on this disk and set-up needs {NEEDED_GB}: "
            "free some space and run the command again."
        )
    print("Setting up the course in .venv (once; a few minutes, about 1 GB to download).")
    _venv(sys.executable, FRESH)
    lock = ROOT / "requirements.lock"
    pins = lock.read_text(encoding="utf-8").count("==")
    _pip(FRESH, ["--require-hashes", "-r", str(lock), *_the_way()], pins)
    (FRESH / "course.packages").write_text(fingerprint(), encoding="utf-8")


def _settle() -> None:
    """Make `.venv` work in the folder where it is now: its settings, its commands, the course itself."""
    python = str(venv_python())
    base = _output([python, "-I", "-c", "import sys; print(sys._base_executable)"])
    _venv(base.strip(), VENV, "--without-pip")
    _output([python, "-I", "-c", SCRIPTS, str(venv_python().parent)])
    _pip(VENV, ["--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)], 1)
    (VENV / "course.place").write_text(str(VENV), encoding="utf-8")


def _venv(python: str, venv: Path, *options: str) -> None:
    """Make a virtual environment, or its settings anew; its packages stay."""
    if subprocess.call([python, "-I", "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL):
        raise SetupError(
            "This Python lacks its venv module: install it (on Debian and Ubuntu: "
            "sudo apt install python3-venv) and run the command again."
        )
    _output([python, "-I", "-m", "venv", *options, str(venv)])


def _output(command: list[str]) -> str:
    """What a program prints; SetupError with its last line if it fails."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        close_fds=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        raise SetupError(f"The environment can't be made: {said[-1]}")
    return done.stdout


def _the_way() -> list[str]:
    """pip's options for the way to the packages, as its user has configured it."""
    listed = _output([str(venv_python(FRESH)), "-I", "-m", "pip", "config", "list"])
    found = {}
    for section in ("global", "install", ":env:"):  # the last has the last word
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed, re.MULTILINE):
            if key in THE_WAY:
                found[key.removeprefix("default-")] = ast.literal_eval(value)
    return [
        f"--{key}={one}" if key != "no-index" else f"--{key}"
        for key, value in found.items()
        for one in (value.split() if key in SEVERAL else [value])
    ]


def _pip(venv: Path, options: list[str], count: int) -> None:
    """Run pip, unconfigured, show how far it is, and turn its failure into one sentence."""
    command = [
        str(venv_python(venv)),
        "-I",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        *options,
    ]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    variables["PIP_CONFIG_FILE"] = os.devnull
    lines, collected = [], 0
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=variables,
        close_fds=False,
    )
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Collecting "):
                collected += 1
                name = re.split("[<>=!~;(\\[]", line.split()[1])[0]
                print(
                    f"\r  package {collected} of about {count}: {name:<40.40}", end="", flush=True
                )
            elif line.startswith("Installing collected"):
                print(f"\r  unpacking {'':<60}", end="", flush=True)
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
    if process.returncode:
        print()
        raise _pip_failed(lines)


def _pip_failed(lines: list[str]) -> SetupError:
    text = "\n".join(lines)
    if "No space left" in text:
        return SetupError("The disk is full: free 5 GB and run the command again.")
    if any(sign in text for sign in NO_NETWORK):
        return SetupError(
            "The packages can't be downloaded: check the network connection (or the proxy) and run "
            "the command again; it goes on where it stopped."
        )
    print("\n".join(lines[-15:]))
    return SetupError(
        "Installing failed, see the lines above; mend that and run the command again."
    )
