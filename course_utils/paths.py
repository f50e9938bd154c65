"""Where things are. The root is found once, from this file (the package is installed editable)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "lessons"
NOTEBOOKS = ROOT / "notebooks"
PICTURES = NOTEBOOKS / "pictures"  # one a lesson, for its title; made by `make results`
DATA = ROOT / "data"
CHECKPOINTS = DATA / "checkpoints"
EVIDENCE = DATA / "evidence"
DOWNLOADS = DATA / "downloads"
WORK = ROOT / "work"
BUILD = ROOT / "build"
EXECUTED = BUILD / "executed"
SNAPSHOT = ROOT / "docs" / "results.json"


def results_dir() -> Path:
    """The folder for records: `COURSE_RESULTS`, or `results/` in the course."""
    return Path(os.environ.get("COURSE_RESULTS") or ROOT / "results")


def data_dir() -> Path:
    """The folder with real data sets: `COURSE_DATA`, or `data/downloads/` in the course."""
    return Path(os.environ.get("COURSE_DATA") or DOWNLOADS)


def lesson_names() -> list[str]:
    """The base names of all lessons in teaching order, such as `01_unet_segmentation`."""
    return sorted(path.stem for path in LESSONS.glob("[0-9][0-9]_*.py"))


def find_lesson(wanted: str) -> str:
    """The base name of the lesson that `wanted` ("1", "01", "unet" or the whole name) means.

    Raises ValueError, with the lessons that there are, if none or several fit.
    """
    wanted = str(wanted).strip().lower()
    names = lesson_names()
    if wanted.isdigit():
        fits = [name for name in names if int(name[:2]) == int(wanted)]
    else:
        fits = [name for name in names if wanted and wanted in name]
    if len(fits) != 1:
        raise ValueError(f"'{wanted}' is not one lesson; choose one of: {', '.join(names)}.")
    return fits[0]


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` whole or not at all: under a temporary name first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
