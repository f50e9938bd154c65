"""The floors of `course_utils`: imports only go down, and never round in a circle."""

import ast
import re
import subprocess
import sys

import pytest

from course_utils import paths

ROOT = paths.ROOT / "course_utils"
FLOORS = (  # from the ground up; rooms that may be entered from all above them
    {
        "launch",
        "lessons",
        "locks",
        "paths",
        "profile",
        "results",
        "settings",
        "speed",
        "shipped",
        "images",
        "colour",
        "arguments",
        "losses",
        "metrics",
    },
    {"data", "models", "postprocess", "ocr", "cleaning"},
    {"training", "exercises"},
    {"show", "teach", "symptoms"},
    {"environment", "cli", "doctor", "runner", "serve"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS, start=1) for room in rooms}
MODULES = {
    path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
}


def imported(path) -> set[str]:
    """The modules of the course that a file imports, wherever in it, such as "data.people"."""
    package = [*path.relative_to(ROOT).parent.parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            start = package[: len(package) + 1 - node.level] + (node.module or "").split(".")
            start = [part for part in start if part]
            for alias in node.names:
                whole = ".".join([*start, alias.name])
                found.add(whole if whole in MODULES.values() else ".".join(start))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
            assert not [name for name in names if name.split(".")[0] == "course_utils"], path
    return found - {""}


IMPORTS = {name: imported(path) for path, name in MODULES.items()}


@pytest.mark.parametrize(
    "name", [name for name in MODULES.values() if name not in ("__init__", "__main__")]
)
def test_imports_only_go_down(name):
    room = name.split(".")[0]
    above = {other for other in IMPORTS[name] if FLOOR[other.split(".")[0]] > FLOOR[room]}
    assert not above, (
        f"{name}, on floor {FLOOR[room]}, imports {', '.join(sorted(above))} from above it."
    )


def test_imports_never_go_round():
    """Modules without an import of one that is left are taken away, until none is."""
    left = {name: set(others) - {name} for name, others in IMPORTS.items()}
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]
    assert not left, f"These import each other in a circle: {', '.join(sorted(left))}."


def test_networks_are_loaded_without_their_training():
    assert not [
        name
        for name in IMPORTS
        if name.split(".")[0] in ("models", "data", "serve")
        and any(other.split(".")[0] == "training" for other in IMPORTS[name])
    ]


def test_no_two_layers_are_saved_under_one_name():
    mark = r'register_keras_serializable\("course_utils"\)\nclass (\w+)'
    names = [name for each in ROOT.rglob("*.py") for name in re.findall(mark, each.read_text())]
    assert len(names) > 5 and len(names) == len(set(names)), sorted(names)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["rules", "format"])
def test_everything_is_written_in_one_style(command):
    """`ruff check` and `ruff format`; what they leave alone stands in pyproject.toml, with why."""
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    done = subprocess.run(ruff, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
