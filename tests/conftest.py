"""What all tests share."""

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")


def require(name: str, available: bool, hint: str) -> None:
    """Skip with one line when `name` (browser, ocr, site) is not there; fail if COURSE_REQUIRE names it."""
    if available:
        return
    if name in os.environ.get("COURSE_REQUIRE", "").split(","):
        pytest.fail(f"{name} is required here but missing: {hint}", pytrace=False)
    pytest.skip(f"{name} is missing: {hint}")
