"""Records: what a lesson measured, as one JSON file a lesson and data set."""

import base64
import html
import json
import math
import platform
import re
import time
from importlib import metadata
from pathlib import Path

from . import board, lessons, paths
from .profile import Run

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "scikit-image")


def record(run: Run, metrics: dict, live: dict, baselines: dict, **others: str) -> Path:
    """Write `<results>/<lesson>.<dataset>.json` and return its path.

    metrics: the best that the lesson shows {name: number}. live: trained in this run.
    baselines: {"name of the baseline": {metric: number}}. others: what stands beside the versions
    of packages, such as features="imagenet".
    `make run` adds what it took, see `stamp`. What the snapshot has of other data is printed beside
    it, one line each. A folder that can't be written costs one printed
    sentence, and the lesson goes on.
    Raises ValueError for a value that is not a finite number.
    """
    content = {
        "lesson": run.lesson.name,
        "dataset": run.dataset,
        "profile": run.profile,
        "seed": run.seed,
        "steps": run.steps,
        "metrics": _numbers(metrics),
        "live": _numbers(live),
        "baselines": {name: _numbers(values) for name, values in baselines.items()},
        "versions": versions() | others,
    }
    path = record_path(run.lesson.name, run.dataset)
    try:
        _write(path, content)
        print(f"Recorded in {paths.shown(path)}")
    except OSError as error:  # of a lesson that ran well, only the record is lost
        print(
            f"Not recorded: {paths.shown(path)} can't be written ({error.strerror}); set "
            "COURSE_RESULTS to a folder of your own."
        )
    for entry in elsewhere(run):
        print(f"Measured before, on {entry['dataset']}: {headline(entry)}")
    return path


def elsewhere(run: Run) -> list[dict]:
    """The records of the committed snapshot of the same lesson on other data, real data above all."""
    if not paths.SNAPSHOT.exists():
        return []
    return [
        entry
        for entry in json.loads(paths.SNAPSHOT.read_text(encoding="utf-8"))["records"]
        if entry["lesson"] == run.lesson.name and entry["dataset"] not in ("synthetic", run.dataset)
    ]


def must_beat(run: Run, ours: dict, baselines: dict, *metrics: str) -> None:
    """Stop unless a run is better than each baseline, by more than the card's margin, in `metrics`.

    metrics: by default the one that the card has for the data set. ours, baselines: as in `record`.
    A run of fewer steps than the card has isn't judged: a line says so, with its numbers. Raises
    AssertionError.
    """
    for metric in metrics or [run.task.metric]:
        sign = run.lesson.sign(metric)
        best = max(baselines, key=lambda name: sign * baselines[name][metric])
        bar = baselines[best][metric]
        told = f"{metric} {ours[metric]:.3f}, the best baseline ({best}) {bar:.3f}"
        if run.short:
            print(f"{told}: after {run.steps} of {run.usual} steps it need not be better.")
        elif not sign * (ours[metric] - bar) > run.task.margin:
            raise AssertionError(
                f"{told}: it must be better by more than {run.task.margin:.3g}; take more "
                "steps or more pictures."
            )


def record_path(lesson: str, dataset: str = "synthetic") -> Path:
    """Where the record of a lesson on a data set stands."""
    return paths.results_dir() / f"{lesson}.{dataset}.json"


def stamp(path: Path, seconds: float, wall_seconds: float, peak_mb: float) -> None:
    """Add what a run took to its record: `seconds` of the reference machine (see
    `course_utils.speed`), `wall_seconds` and `peak_mb`, its peak memory."""
    content = json.loads(path.read_text(encoding="utf-8"))
    took = {"seconds": round(seconds, 1), "wall_seconds": round(wall_seconds, 1)}
    _write(path, content | took | {"peak_mb": round(peak_mb)})


def load_all(folder: Path | None = None) -> list[dict]:
    """All records of a folder, sorted by lesson and data set."""
    found = sorted((folder or paths.results_dir()).glob("*.*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def versions() -> dict[str, str]:
    """Python's version and those of the packages that shape a result."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def headline(entry: dict) -> str:
    """What a record leads with, beside its baselines, such as `iou 0.93 (otsu 0.71)`."""
    name = lessons.card(entry["lesson"]).task(entry["dataset"]).metric
    value = entry["metrics"][name]
    rivals = {k: v[name] for k, v in entry["baselines"].items() if name in v}
    beside = ", ".join(f"{rival} {number:.3g}" for rival, number in rivals.items())
    return f"{name} {value:.3g}" + (f" ({beside})" if beside else "")


def above_budget(entry: dict) -> bool:
    """Whether a record on drawn data took more seconds or memory than `lessons.BUDGET` has."""
    drawn = entry["dataset"] == "synthetic"
    return drawn and any(entry[key] > most for key, most in lessons.BUDGET.items())


def snapshot() -> Path:
    """Write all records to the committed snapshot `docs/results.json`."""
    content = {"made": time.strftime("%Y-%m-%d"), "records": load_all()}
    if not content["records"]:
        raise ValueError("There are no records yet; run `make run` first.")
    _write(paths.SNAPSHOT, content)
    readme = paths.ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    paths.write_atomically(readme, board.fill(text, content["records"], "notebooks/"))
    return paths.SNAPSHOT


def title_pictures() -> list[Path]:
    """Write the picture of each lesson's title cell: the executed figure with the same alt text.

    Raises ValueError if a lesson shows no such figure.
    """
    written = []
    for name in lessons.names():
        first = json.loads((paths.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))[
            "cells"
        ][0]
        wanted = re.search(r"!\[(.+)\]\(pictures/(.+)\)", "".join(first["source"]))
        if wanted:
            written.append(_figure(name, wanted[1], paths.PICTURES / wanted[2]))
    return written


def _figure(lesson: str, alt: str, path: Path) -> Path:
    text = (paths.EXECUTED / f"{lesson}.ipynb").read_text(encoding="utf-8")
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", []):
            page = "".join(output.get("data", {}).get("text/html", ""))
            if f'alt="{html.escape(alt, quote=True)}"' in page:
                paths.write_atomically(
                    path, base64.b64decode(page.split("base64,")[1].split('"')[0])
                )
                return path
    raise ValueError(f'Lesson {lesson} shows no figure with the alt text of its title: "{alt}".')


def _numbers(values: dict) -> dict[str, float]:
    for name, value in values.items():
        if not math.isfinite(float(value)):
            raise ValueError(f"{name} is {value}; a record holds finite numbers only.")
    return {name: round(float(value), 5) for name, value in values.items()}


def _write(path: Path, content: dict) -> None:
    paths.write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
