"""Runs what experiments/<word>.py has: checkpoints, evidence or bench of a lesson.

A training that was stopped goes on where it was.
"""

import argparse
import importlib
import importlib.util
import inspect
import json
import sys
import time

from course_utils import lessons, paths, results, shipped
from experiments import common

WORLDS = ("faces", "machine")  # measured, too, though they are no lessons


def checkpoints(lesson: str, only: str | None = None, scheduler: str | None = None) -> None:
    """train the shipped networks of a lesson"""
    number, stages = _found("checkpoints", lesson)
    names = [part.__name__ for part in _flat(stages)]
    if only not in (None, *names):
        raise ValueError(f"--only is {only!r}; lesson {number} has: {', '.join(names)}.")
    with common.trainings(f"{number}_checkpoints", scheduler) as each:
        for stage in stages:
            chosen = [part for part in _flat([stage]) if only in (None, part.__name__)]
            each(shipped_by, [(part, number) for part in chosen])
        each.forget()


def shipped_by(part, number) -> None:
    """Trains and writes what one part of a lesson ships."""
    from course_utils.models.checkpoints import save

    began = time.perf_counter()
    for model, name, provenance in part():
        provenance |= _told(f"make checkpoints LESSON={number}", began)
        path = save(model, name, provenance)
        print(
            f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {provenance['metrics']}", flush=True
        )
        began = time.perf_counter()


def evidence(lesson: str, dataset: str = "synthetic", scheduler: str | None = None) -> None:
    """repeat a claim over several seeds; a real data set is read from COURSE_DATA"""
    number, parts = _found("evidence", lesson)
    if dataset not in parts:
        raise ValueError(
            f"There is no evidence on {dataset!r}; lesson {number} has: {', '.join(parts)}."
        )
    began, command, name = time.perf_counter(), f"make evidence LESSON={number}", number
    if dataset != "synthetic":
        command, name = f'{command} ARGS="--dataset {dataset}"', f"{number}.{dataset}"
    path, part = paths.EVIDENCE / f"{name}.json", parts[dataset]
    with common.trainings(name, scheduler) as each:
        split = "each" in inspect.signature(part).parameters
        found = part(each=each) if split else each(part, [()])[0]
        paths.write_atomically(path, json.dumps(found | _told(command, began), indent=1) + "\n")
        shipped.sign(path)
        each.forget()
    print(json.dumps(found["summary"], indent=1))


def bench(lesson: str | None = None) -> None:
    """measure speed and memory, as ratios taken side by side in one run"""
    everyone = [one.number for one in lessons.LESSONS] + list(WORLDS)
    for wanted in [lesson] if lesson else [one for one in everyone if _parts("bench", one)]:
        number, parts = _found("bench", wanted)
        for part in parts:
            print(f"{number}  {part.__doc__}\n    {part()}", flush=True)


def _found(kind, wanted):
    """(the lesson's number, its parts of a kind). Raises ValueError if it has none."""
    number = wanted if wanted in WORLDS else lessons.card(wanted).number
    parts = _parts(kind, number)
    if parts is None:
        raise ValueError(f"Lesson {number} has no {kind}.")
    return number, parts


def _parts(kind, number):
    """What experiments/<word>.py names of a kind, or None."""
    word = number if number in WORLDS else lessons.card(number).word
    if importlib.util.find_spec(f"experiments.{word}") is None:
        return None
    return getattr(importlib.import_module(f"experiments.{word}"), kind, lambda: None)()


def _flat(stages) -> list:
    """All parts of stages, each a part or a tuple of parts that don't need each other."""
    return [part for one in stages for part in (one if isinstance(one, tuple) else (one,))]


def _told(command, began):
    seconds = round(time.perf_counter() - began)
    return {"command": command, "versions": results.versions(), "seconds": seconds}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="experiments", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for run in (checkpoints, evidence, bench):
        kind = kinds.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        kind.add_argument("lesson", nargs="?" if run is bench else None, help="such as 01")
        kind.set_defaults(run=run)
    kinds.choices["checkpoints"].add_argument("--only", help="one of its parts, such as: reader")
    kinds.choices["evidence"].add_argument("--dataset", default="synthetic")
    for name in ("checkpoints", "evidence"):
        kinds.choices[name].add_argument("--scheduler", help="address of Dask's, see docs/full.md")
    asked = vars(parser.parse_args(argv))
    run, _ = asked.pop("run"), asked.pop("kind")
    run(**asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
