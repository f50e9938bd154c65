"""What the exercises found: kept in work/progress.json, on this computer only."""

import asyncio
import json
import os
import subprocess
import tempfile
from pathlib import Path

from .. import lessons, paths

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted yet"
CELL_SECONDS = 120  # then a cell is interrupted,
GRACE = 10  # and this much later, its Python ended


def catalogue() -> dict[str, dict]:
    """{"01.1": {"title": …, "hints": […]}, …} of all exercises, from lessons/exercises/."""
    found = sorted((paths.LESSONS / "exercises").glob("*.json"))
    return {
        number: told
        for path in found
        for number, told in json.loads(path.read_text(encoding="utf-8")).items()
    }


def script(number: str) -> str:
    """The base name of an exercise's notebook: 01_unet_segmentation for "01.1"."""
    return next((paths.LESSONS / "exercises").glob(f"{number.split('.')[0]}_*.json")).stem


def _file() -> Path:
    """work/progress.json; a headless run that sets COURSE_RESULTS leaves the student's alone."""
    return paths.kept_dir() / "progress.json"


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
    lesson = lessons.card(name).name
    own = paths.WORK / "exercises" / f"{lesson}.ipynb"
    notebook = own if own.exists() else paths.NOTEBOOKS / "exercises" / own.name
    if not notebook.exists():
        raise ValueError(f"Lesson {lesson} has no exercises.")
    print(f"Running {paths.shown(notebook)} …", flush=True)
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
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    notebook = _opened(path)
    client = NotebookClient(
        notebook,
        timeout=None,
        allow_errors=True,
        kernel_name="python3",
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(path.parent)}},
    )
    watch = _Watch(client)
    with tempfile.TemporaryDirectory() as folder:
        variables = dict(
            os.environ, COURSE_RESULTS=folder, MPLBACKEND="agg", PYDEVD_DISABLE_FILE_VALIDATION="1"
        )
        try:
            client.execute(env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except DeadKernelError:
            watch.ended = watch.ended or ["Python died: is it out of memory?"]
        except BaseException:
            if client.km is None:  # nbclient ends the kernel at Ctrl-C, then stumbles over that
                raise KeyboardInterrupt from None
            raise
        outputs = [
            (n, output)
            for n, cell in enumerate(notebook.cells, start=1)
            for output in cell.get("outputs", [])
        ]
        stopped = [
            f"Cell {n} stopped with {output.ename}: {output.evalue}"
            for n, output in outputs
            if output.output_type == "error"
        ]
        return load(Path(folder) / "progress.json"), stopped + watch.ended


class _Watch:
    """Interrupts a cell after CELL_SECONDS; ends its Python if it does not listen (one long sum)."""

    def __init__(self, client):
        self.client, self.ended = client, []
        client.on_cell_start, client.on_cell_executed = self.begin, self.done

    async def begin(self, cell, cell_index):
        self.ending = asyncio.create_task(self.end(cell_index + 1))

    async def done(self, **_):
        self.ending.cancel()

    async def end(self, number):
        await asyncio.sleep(CELL_SECONDS)
        await self.client.km.interrupt_kernel()
        await asyncio.sleep(GRACE)
        self.ended = [
            f"Cell {number} ran for more than {CELL_SECONDS} seconds; "
            + "the cells after it did not run."
        ]
        await self.client.km.shutdown_kernel(now=True)


def _opened(path: Path):
    """A notebook file; ValueError with the file and the cure where it is none."""
    import nbformat

    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        nbformat.validate(notebook)
        return notebook
    except OSError:
        raise
    except Exception as error:
        raise ValueError(
            f"{paths.shown(path)} is no whole notebook: rename it, get a fresh copy with "
            f"`course start {path.stem[:2]}`, and bring your answers over."
        ) from error
