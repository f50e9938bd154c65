"""Where things are. The root is found once, from this file (the package is installed editable)."""

import contextlib
import errno
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "lessons"
NOTEBOOKS = ROOT / "notebooks"
PICTURES = NOTEBOOKS / "pictures"  # one a lesson, for its title; made by `make results`
GALLERY = ROOT / "docs" / "_static" / "gallery"  # the same, small
DATA = ROOT / "data"
CHECKPOINTS = DATA / "checkpoints"
EVIDENCE = DATA / "evidence"
DOWNLOADS = DATA / "downloads"
WORK = ROOT / "work"
BUILD = ROOT / "build"
EXECUTED = BUILD / "executed"
SNAPSHOT = ROOT / "docs" / "results.json"


def results_dir() -> Path:
    """The folder for records, absolute: `COURSE_RESULTS`, or `results/` in the course."""
    return resolved(os.environ.get("COURSE_RESULTS") or "results")


def kept_dir() -> Path:
    """The folder of what the reader did: `COURSE_RESULTS` in a headless run, else `work/`."""
    return resolved(os.environ.get("COURSE_RESULTS") or WORK)


def data_dir() -> Path:
    """The folder with real data sets, absolute: `COURSE_DATA`, or `data/downloads/` in the course."""
    return resolved(os.environ.get("COURSE_DATA") or DOWNLOADS)


def resolved(path: str | os.PathLike) -> Path:
    """A path that somebody gave, absolute: ~ is their home, and what is relative starts at ROOT.

    So it means the same in a terminal, in a notebook (whose folder is its own) and to the doctor.
    """
    return Path(os.path.abspath(ROOT / os.path.expanduser(path)))


def shown(path: Path) -> str:
    """A path as a person reads it: from the course's root if it lies in there, else whole."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def trouble(error: OSError) -> str:
    """A file system's refusal as one sentence that says what to do."""
    cure = {
        errno.ENOSPC: "free some space and run the command again",
        errno.EDQUOT: "free some space and run the command again",
        errno.EROFS: "copy the course to a folder of your own and run the command there",
        errno.EACCES: "copy the course to a folder of your own, or ask for the right to write here",
        errno.EPERM: "copy the course to a folder of your own, or ask for the right to write here",
    }.get(error.errno, "mend that and run the command again")
    place = "A file" if error.filename is None else shown(Path(os.path.abspath(error.filename)))
    return f"{place} can't be had ({error.strerror or error}): {cure}."


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` whole or not at all: under a temporary name first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # the name that its reader knows
        raise
    finally:
        with contextlib.suppress(OSError):  # where nothing could be written, nothing can be removed
            part.unlink(missing_ok=True)
