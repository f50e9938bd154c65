"""What an instructor sets about the hub: environment variables, each with a default and a check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_utils import paths

DOWNLOADS = paths.DOWNLOADS.relative_to(paths.ROOT).as_posix()


@dataclass(frozen=True)
class Setting:
    """One variable: what it is for, and how its text becomes a value (ValueError: what it must be)."""

    name: str
    default: str
    about: str
    read: Callable


def number(low: float, high: float) -> Callable:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return read


def one_of(*choices: str) -> Callable:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(" or ".join(choices))
        return text

    return read


def password(length: int, needed: bool) -> Callable:
    def read(text: str) -> str:
        if len(text) < length and (text or needed):
            raise ValueError(f"a password of at least {length} characters")
        return text

    return read


def folder(*files: str) -> Callable:
    def read(text: str) -> Path | None:
        found = paths.resolved(text) if text else None
        if found and not all((found / name).exists() for name in ("", *files)):
            raise ValueError("a folder" + (f" with {' and '.join(files)}" if files else ""))
        return found

    return read


def shared_data(text: str) -> Path:
    if text == DOWNLOADS:  # a fresh copy of the course has none yet
        paths.DOWNLOADS.mkdir(parents=True, exist_ok=True)
    return folder()(text)


def repository(text: str) -> str:
    if text:
        return text
    if not (paths.ROOT / ".git").exists():
        raise ValueError("the address of a git repository, for this copy of the course is none")
    return paths.ROOT.as_uri()


SETTINGS = [
    Setting(
        "COURSE_HUB_PASSWORD", "", "what students sign in with, under any name", password(8, True)
    ),
    Setting(
        "COURSE_HUB_ADMIN_PASSWORD",
        "",
        "what `instructor` signs in with; empty: there is no instructor",
        password(32, False),
    ),
    Setting(
        "COURSE_HUB_SPAWNER",
        "simple",
        "`docker` for a class, `simple` to try the hub on one computer",
        one_of("simple", "docker"),
    ),
    Setting("COURSE_HUB_PORT", "8000", "where the hub listens", number(1, 65535)),
    Setting(
        "COURSE_HUB_STUDENTS", "30", "how many servers may run at the same time", number(1, 10_000)
    ),
    Setting("COURSE_HUB_MEMORY_GB", "4", "memory of one student", number(1, 1024)),
    Setting("COURSE_HUB_CORES", "2", "cores of one student", number(0.1, 1024)),
    Setting(
        "COURSE_HUB_IDLE_MINUTES",
        "60",
        "a server that nobody has used for so long is stopped",
        number(10, 10_000),
    ),
    Setting(
        "COURSE_HUB_HOURS", "12", "a server that has run for so long is stopped", number(1, 10_000)
    ),
    Setting(
        "COURSE_HUB_REPO",
        "",
        "the git repository that students get the course from; empty: this copy of the course",
        repository,
    ),
    Setting(
        "COURSE_HUB_TLS",
        "",
        "a folder with `cert.pem` and `key.pem`: then the hub speaks HTTPS",
        folder("cert.pem", "key.pem"),
    ),
    Setting(
        "COURSE_HUB_STATE",
        "work/hub",
        "the folder of the hub's own files, and of students' homes where Docker doesn't keep them",
        paths.resolved,
    ),
    Setting(
        "COURSE_DATA",
        DOWNLOADS,
        "the folder of real data and features that all students share",
        shared_data,
    ),
]


def read(environment: Mapping[str, str]) -> dict:
    """{name without COURSE_ and HUB_, in small letters: value}; ValueError in one sentence."""
    values = {}
    for setting in SETTINGS:
        text = environment.get(setting.name) or setting.default
        try:
            value = setting.read(text)
        except ValueError as error:
            shown = "a secret" if "PASSWORD" in setting.name and text else repr(text)
            raise ValueError(f"{setting.name} is {shown}; it must be {error}.") from None
        values[setting.name.removeprefix("COURSE_").removeprefix("HUB_").lower()] = value
    return values
