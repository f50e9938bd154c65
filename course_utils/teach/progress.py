"""What the exercises found: kept in work/progress.json, on this computer only."""

import json
import os
import tempfile
from pathlib import Path

from .. import paths

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted yet"
CELL_SECONDS = 120


def catalogue() -> dict[str, dict]:
    """{"01.1": {"title": …, "hints": […]}, …} of all exercises, from lessons/exercises/."""
    found = sorted((paths.LESSONS / "exercises").glob("*.json"))
    return {number: told for path in found
            for number, told in json.loads(path.read_text(encoding="utf-8")).items()}  # fmt: skip


def script(number: str) -> str:
    """The base name of an exercise's notebook: 01_unet_segmentation for "01.1"."""
    return next((paths.LESSONS / "exercises").glob(f"{number.split('.')[0]}_*.json")).stem


def _file() -> Path:
    """work/progress.json; a headless run that sets COURSE_RESULTS leaves the student's alone."""
    return Path(os.environ.get("COURSE_RESULTS") or paths.WORK) / "progress.json"


def load(path: Path | None = None) -> dict[str, dict]:
    """{"01.1": {"status", "message"}, …} as remembered; empty if there is nothing readable."""
    try:
        return json.loads((path or _file()).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def remember(number: str, status: str, message: str) -> None:
    """Keep a verdict; what was passed once stays passed. A full disk costs one printed line."""
    kept = load()
    if kept.get(number, {}).get("status") == PASSED:
        return
    kept[number] = {"status": status, "message": message}
    try:
        paths.write_atomically(_file(), json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        print(f"(Not remembered: {error.strerror}.)")


def progress() -> int:
    """Print, lesson by lesson, which exercises are passed; returns 0."""
    kept = load()
    for number, told in catalogue().items():
        status = kept.get(number, {}).get("status", NOT_ATTEMPTED)
        if number.endswith(".1"):
            print(script(number).replace("_", " "))
        print(f"  {'✓' if status == PASSED else '·'} {number} {told['title']:<44} {status}")
    return 0


def check_notebook(name: str) -> int:
    """Execute the exercises of a lesson headless, print each verdict; 0 if all are passed.

    Takes the student's copy in work/exercises/, else the notebook in notebooks/exercises/; the
    file itself is not changed. Raises ValueError for another lesson.
    """
    lesson = paths.find_lesson(name)
    own = paths.WORK / "exercises" / f"{lesson}.ipynb"
    notebook = own if own.exists() else paths.NOTEBOOKS / "exercises" / own.name
    if not notebook.exists():
        raise ValueError(f"Lesson {lesson} has no exercises.")
    print(f"Running {notebook.relative_to(notebook.parents[2]).as_posix()} …")
    found, trouble = _execute(notebook)
    wanted = [number for number in catalogue() if script(number) == lesson]
    for number in wanted:
        result = found.get(number, {"status": "its check did not run", "message": ""})
        print(f"{number} {catalogue()[number]['title']}: {result['status']}. {result['message']}")
        if number in found:
            remember(number, **result)
    print("\n".join(trouble))
    return int(any(found.get(number, {}).get("status") != PASSED for number in wanted))


def _execute(path: Path) -> tuple[dict, list[str]]:
    """The verdicts of one run of a notebook, and a line for each cell that stopped."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=CELL_SECONDS, allow_errors=True, interrupt_on_timeout=True,
            kernel_name="python3", resources={"metadata": {"path": str(path.parent)}},
        )  # fmt: skip
        try:
            client.execute(env=dict(os.environ, COURSE_RESULTS=folder, MPLBACKEND="agg"))
        except DeadKernelError:
            return load(Path(folder) / "progress.json"), ["Python died: is it out of memory?"]
        outputs = [(n, output) for n, cell in enumerate(notebook.cells, start=1)
                   for output in cell.get("outputs", [])]  # fmt: skip
        stopped = [f"Cell {n} stopped with {output.ename}: {output.evalue}"
                   for n, output in outputs if output.output_type == "error"]  # fmt: skip
        return load(Path(folder) / "progress.json"), stopped
