"""Checks the machine and says in one line how to mend what is missing.

Loads nothing heavy itself: TensorFlow is tried in a process of its own, so that a broken one
is a line in the report and not a crash.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata

from . import environment, paths

NEEDED_MEMORY_GB = 4
NEEDED_DISK_GB = 2
RISE_PAIRS = {"0.43": "4."}  # jupyterlab-rise to the JupyterLab it was built for

HEAVY = """
import tensorflow
print("TensorFlow=" + tensorflow.__version__)
print("GPU=%d" % len(tensorflow.config.list_physical_devices("GPU")))
import keras
print("Keras=" + keras.__version__)
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report. `mend` says what to do; `needed` is False for what is optional."""

    name: str
    good: bool
    text: str
    mend: str = ""
    needed: bool = True

    def __str__(self) -> str:
        sign = "ok  " if self.good else ("FAIL" if self.needed else "note")
        return f"{sign}  {self.name:<12} {self.text}" + ("" if self.good else f" -> {self.mend}")


def main() -> int:
    """Print every finding; exit status 1 if something needed is missing."""
    findings = examine()
    for finding in findings:
        print(finding)
    broken = [finding.name for finding in findings if finding.needed and not finding.good]
    print("\nSetup complete." if not broken else f"\nTo mend: {', '.join(broken)}.")
    return 1 if broken else 0


def examine() -> list[Finding]:
    """All findings, in the order in which a person would mend them."""
    return [check() for check in CHECKS]


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] in environment.SUPPORTED
    return Finding("Python", good, found, "install Python 3.13, then run `make lab`")


def tensorflow() -> Finding:
    return _imported("TensorFlow")


def keras() -> Finding:
    return _imported("Keras")


def jupyterlab() -> Finding:
    lab, rise = _version("jupyterlab"), _version("jupyterlab-rise")
    text = f"JupyterLab {lab or 'missing'} with RISE {rise or 'missing'}"
    good = bool(lab and rise) and lab.startswith(RISE_PAIRS.get(rise.rsplit(".", 1)[0], "none"))
    return Finding("JupyterLab", good, text, "run `make lab`: it installs the tested pair")


def slides() -> Finding:
    folder = os.path.join(sys.prefix, "share", "jupyter", "labextensions", "image-to-image-rise")
    good = os.path.isfile(os.path.join(folder, "package.json"))
    return Finding("Slides", good, "widgets work in RISE" if good else "extension not installed",
                   "run `python -m pip install -e .` in the course's folder")  # fmt: skip


def kernel() -> Finding:
    lines = _python("from jupyter_client.kernelspec import get_kernel_spec as g;"
                    "print(g('python3').argv[0])")  # fmt: skip
    # Jupyter replaces a bare "python" by the interpreter that it runs in.
    good = bool(lines) and lines[-1] in ("python", "python3", sys.executable)
    return Finding("Kernel", good, "notebooks run in this environment" if good
                   else "notebooks would run in another Python",
                   "run `python -m ipykernel install --sys-prefix`")  # fmt: skip


def memory() -> Finding:
    try:
        import psutil

        gigabytes = psutil.virtual_memory().available / 1e9
    except ImportError:
        return Finding("Memory", False, "unknown", "run `make lab` first", needed=False)
    return Finding("Memory", gigabytes >= NEEDED_MEMORY_GB, f"{gigabytes:.1f} GB free",
                   f"close other programs until {NEEDED_MEMORY_GB} GB are free")  # fmt: skip


def disk() -> Finding:
    gigabytes = shutil.disk_usage(paths.ROOT).free / 1e9
    return Finding("Disk", gigabytes >= NEEDED_DISK_GB, f"{gigabytes:.0f} GB free",
                   f"free some space until {NEEDED_DISK_GB} GB are there")  # fmt: skip


def writing() -> Finding:
    try:
        with tempfile.TemporaryFile(dir=paths.ROOT):
            good = True
    except OSError:
        good = False
    return Finding("Writing", good, "the course's folder can be written" if good
                   else "the course's folder is read-only",
                   "copy the course to a folder of your own")  # fmt: skip


def tesseract() -> Finding:
    found = shutil.which("tesseract")
    return Finding("Tesseract", bool(found), "reads text (lesson 06)" if found else "missing",
                   "for lesson 06: `conda env create -f environment.yml`, or apt/brew install "
                   "tesseract", needed=False)  # fmt: skip


def data() -> Finding:
    folder = paths.data_dir()
    given = bool(os.environ.get("COURSE_DATA"))
    if given and not folder.is_dir():
        return Finding("Data", False, "COURSE_DATA names no folder",
                       "set COURSE_DATA to a folder that exists, or unset it")  # fmt: skip
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if given else []
    return Finding("Data", True, f"real data: {', '.join(names)}" if names
                   else "the drawn worlds (no download needed)")  # fmt: skip


def gpu() -> Finding:
    count = _heavy().get("GPU", "0")
    return Finding("GPU", count != "0", f"{count} found" if count != "0" else "none",
                   "fine: the quick profile is made for the CPU", needed=False)  # fmt: skip


CHECKS = (python, tensorflow, keras, jupyterlab, slides, kernel, memory, disk, writing, tesseract,
          data, gpu)  # fmt: skip


def _imported(name: str) -> Finding:
    version = _heavy().get(name)
    return Finding(name, version is not None, version or "can't be imported",
                   "delete the folder .venv and run `make lab`")  # fmt: skip


@functools.cache
def _heavy() -> dict[str, str]:
    """Import TensorFlow and Keras in a process of its own: {name: version}, GPU: how many."""
    return dict(line.split("=", 1) for line in _python(HEAVY) if "=" in line)


def _python(code: str) -> list[str]:
    """The lines that `code` prints in a new interpreter, up to where it fails."""
    quiet = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    try:
        done = subprocess.run([sys.executable, "-u", "-c", code], capture_output=True, text=True,
                              timeout=180, env=quiet, cwd=paths.ROOT)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.strip().splitlines()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
