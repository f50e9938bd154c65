"""Set-up of the course's environment: `.venv`, from the lock. Standard library only.

Runs on any Python 3.8+ so far as to say in one sentence what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "course.stamp"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
NEEDED_GB = 5
NO_NETWORK = ("name resolution", "Failed to establish", "ConnectionError", "NewConnectionError",
              "getaddrinfo", "from versions: none", "Max retries", "timed out")  # fmt: skip


class SetupError(Exception):
    """Set-up can't go on; the message is one sentence that says what to do."""


def ensure(arguments: list[str]) -> None:
    """Return if this interpreter has the whole course; else set `.venv` up and run the command there."""
    if not _inside() and course_is_installed():
        return
    if not _is_current():
        _install(_supported_python())
    switch(arguments)


def switch(arguments: list[str]) -> None:
    """Run the command in `.venv`, if there is one and this is another interpreter."""
    if _inside() or not venv_python().exists():
        return
    command = [str(venv_python()), "-m", "course_utils", *arguments]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))  # fmt: skip
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=environment))
    sys.stdout.flush()
    os.execve(command[0], command, environment)


def venv_python(venv: Path = VENV) -> Path:
    """The interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint() -> str:
    """What the environment is made from: changes when the lock or the package's description does."""
    parts = [(ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml")]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def course_is_installed() -> bool:
    """Whether this interpreter has the course (the `.venv`, a conda environment, an image)."""
    try:
        metadata.version("image-to-image")
        return True
    except metadata.PackageNotFoundError:
        return False


def _is_current() -> bool:
    return (
        STAMP.is_file()
        and STAMP.read_text(encoding="utf-8") == fingerprint()
        and venv_python().exists()
    )


def _supported_python() -> str:
    """The interpreter to build with: the venv's own, this one, or one on the PATH."""
    if _inside() or sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in reversed(SUPPORTED):
        found = shutil.which(f"python{major}.{minor}")
        if found and _runs(found):
            return found
    raise SetupError(
        f"This is Python {sys.version_info[0]}.{sys.version_info[1]}, and TensorFlow needs 3.11, "
        "3.12 or 3.13: install Python 3.13 beside it and run the command again."
    )


def _runs(python: str) -> bool:
    """Whether an interpreter starts; a version manager's stand-in may be there without one."""
    return subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL) == 0


def _install(python: str) -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise SetupError(
            f"Only {free:.1f} GB are free on this disk and set-up needs {NEEDED_GB}: "
            "free some space and run the command again."
        )
    print("Setting up the course in .venv (once; a few minutes, about 1 GB to download).")
    if not venv_python().exists():
        _create_venv(python)
    STAMP.unlink(missing_ok=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    pins = (ROOT / "requirements.lock").read_text(encoding="utf-8").count("==")
    _pip([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], pins)
    _pip([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)], 1)
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print("\rThe environment is ready." + " " * 40)


def _create_venv(python: str) -> None:
    if subprocess.call([python, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL):
        raise SetupError(
            "This Python lacks its venv module: install it (on Debian and Ubuntu: "
            "sudo apt install python3-venv) and run the command again."
        )
    made = subprocess.run([python, "-m", "venv", "--clear", str(VENV)],
                          capture_output=True, text=True)  # fmt: skip
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(f"The environment can't be made: {_last_line(made.stdout + made.stderr)}")


def _pip(command: list[str], count: int) -> None:
    """Run pip, show how far it is, and turn its failure into one sentence."""
    lines, collected = [], 0
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")  # fmt: skip
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("Collecting "):
            collected += 1
            name = line.split()[1].split("=")[0]
            print(f"\r  package {collected} of about {count}: {name:<40.40}", end="", flush=True)
        elif line.startswith("Installing collected"):
            print(f"\r  unpacking {'':<60}", end="", flush=True)
    if process.wait() == 0:
        return
    print()
    text = "\n".join(lines)
    if "No space left" in text:
        raise SetupError("The disk is full: free 5 GB and run the command again.")
    if any(sign in text for sign in NO_NETWORK):
        raise SetupError(
            "The packages can't be downloaded: check the network connection (or the proxy) and run "
            "the command again; it goes on where it stopped."
        )
    print("\n".join(lines[-15:]))
    raise SetupError("Installing failed, see the lines above; mend that and run the command again.")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
