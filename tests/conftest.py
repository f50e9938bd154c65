"""What all tests share."""

import os
import subprocess
import sys

import pytest

from course_utils import paths, runner

os.environ.setdefault("MPLBACKEND", "agg")


def execute(path) -> None:
    """Execute a notebook file in place, in a process of its own.

    In this process nbclient would share its event loop with the browser's, and can wait for ever.
    """
    done = subprocess.run(
        [sys.executable, *runner.NBMAKE, str(path)],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout


def require(name: str, available: bool, hint: str) -> None:
    """Skip with one line when `name` (browser, features, ocr, site) is missing; fail if COURSE_REQUIRE has it."""
    if available:
        return
    if name in os.environ.get("COURSE_REQUIRE", "").split(","):
        pytest.fail(f"{name} is required here but missing: {hint}", pytrace=False)
    pytest.skip(f"{name} is missing: {hint}")
