"""Executes notebooks with nbmake, without network, and keeps the executed copies."""

import os
import shutil
import subprocess
import sys
import time

import psutil

from . import lessons, paths, results
from .speed import Clock, speed

CELL_TIMEOUT = 900  # seconds; a hanging cell fails instead of hanging the gate
WITHOUT = (
    "cacheprovider",
    "schemathesis",
    "hypothesispytest",
)  # plugins; the last two load for seconds
NBMAKE = (
    "-m",
    "pytest",
    "--nbmake",
    "--overwrite",
    f"--nbmake-timeout={CELL_TIMEOUT}",
    "--nbmake-kernel=python3",
    "-q",
    *(f"-pno:{name}" for name in WITHOUT),
    "--rootdir=.",
)


def run_lessons(wanted=()) -> int:
    """Execute lessons (all, or those named), print the table, return 0 if all ran through."""
    names = [lessons.card(one).name for one in wanted] or lessons.names()
    failed = [name for name in names if not _run_lesson(name)]
    print_table(names)
    if failed:
        print(f"\nFailed: {', '.join(failed)}; the first error is shown above.")
    return 1 if failed else 0


def run_gate() -> list[str]:
    """Execute every lesson, exercise and solution once; return the names of those that failed.

    The records go to build/results, so that a student's own records stay.
    """
    shutil.rmtree(paths.BUILD / "results", ignore_errors=True)
    shutil.rmtree(paths.EXECUTED, ignore_errors=True)
    os.environ["COURSE_RESULTS"] = str(paths.BUILD / "results")
    failed = [name for name in lessons.names() if not _run_lesson(name)]
    for folder in ("exercises", "solutions"):
        names = sorted(path.stem for path in (paths.NOTEBOOKS / folder).glob("*.ipynb"))
        failed += [f"{folder}/{name}" for name in names if not _execute(f"{folder}/{name}")[0]]
    print_table(lessons.names())
    return failed


def print_table(names: list[str]) -> None:
    """One line a lesson: seconds, peak memory, the headline metric beside its baselines.

    The budgets stand above; "!" marks what is above them.
    """
    seconds, megabytes = lessons.BUDGET.values()
    print(f"\n{'lesson':<28} {'seconds':>7} {'peak MB':>8}  headline (baseline)")
    print(f"{'budget, on drawn data':<28} {seconds:>7} {megabytes:>8}")
    entries = [e for e in results.load_all() if e["lesson"] in names and "seconds" in e]
    for entry in sorted(entries, key=lambda entry: names.index(entry["lesson"])):
        mark = "! above its budget; " if results.above_budget(entry) else ""
        print(
            f"{entry['lesson']:<28} {entry['seconds']:>7} {entry['peak_mb']:>8}  "
            f"{mark}{entry['dataset']}: {results.headline(entry)}"
        )
    drawn = [entry["seconds"] for entry in entries if entry["dataset"] == "synthetic"]
    if len(drawn) == len(lessons.LESSONS):
        print(f"{f'all, of {lessons.BUDGET_OF_ALL} seconds':<28} {sum(drawn):>7.1f}")


def _run_lesson(name: str) -> bool:
    """Execute one lesson, stamp its record with time and memory; True if it ran through."""
    speed()  # the workload is ready before the clock runs
    started = time.time()
    passed, clock, peak_mb = _execute(name, Clock)
    record = results.record_path(name)
    if passed and record.exists() and record.stat().st_mtime >= started - 1:
        results.stamp(record, clock.reference, clock.wall, peak_mb)
    return passed


def _execute(name: str, clock=None) -> tuple:
    """Execute a copy of notebooks/<name>.ipynb; returns (passed, its `speed.Clock`, peak MB).

    clock: makes one of a process; without it there is none.
    """
    copy = paths.EXECUTED / f"{name}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(paths.NOTEBOOKS / f"{name}.ipynb", copy)
    shutil.copytree(paths.PICTURES, paths.EXECUTED / "pictures", dirs_exist_ok=True)
    environment = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join([str(paths.ROOT / "tools" / "offline"), str(paths.ROOT)]),
    )
    command = [sys.executable, *NBMAKE, str(copy)]
    process = subprocess.Popen(command, cwd=paths.ROOT, env=environment)
    clock, peak = clock and clock(process.pid), 0
    try:
        while process.poll() is None:
            peak = max(peak, _largest_child(process.pid))
            time.sleep(0.2)
            if clock:
                clock.tick()
    finally:
        process.kill()  # where this run is stopped; its kernel ends with it
    if clock:
        clock.tick(last=True)
    return process.returncode == 0, clock, peak / 1024**2


def _largest_child(pid: int) -> int:
    """The resident bytes of the largest process below `pid`: the notebook's kernel."""
    try:
        children = psutil.Process(pid).children(recursive=True)
        return max((child.memory_info().rss for child in children), default=0)
    except psutil.Error:
        return 0
