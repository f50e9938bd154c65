"""How large a machine a class needs, from what the lessons took: docs/class.md shows it.

Measured are a lesson's peak memory and seconds (docs/results.json), the memory of hub and server, and
what lies in a student's home (docs/class.json, a copy of the build/scale/class.json that
`make test-scale` writes). All else is assumed, and stands here.
"""

import json
import math
from dataclasses import dataclass

from course_utils import paths

MEASURED = paths.ROOT / "docs" / "class.json"
REFERENCE_CORES = 2  # of the machine whose seconds the records hold
WAIT = 10  # minutes within which those who press "Run all" at the same minute all have their end
ALSO_OPEN = 1 / 3  # of those online, the share with the kernel of a second lesson, idle, as large
SPARE = 0.2  # of memory, for the system
MACHINE = {"cores": 32, "GB": 128}


@dataclass(frozen=True)
class Course:
    """A class: how many are enrolled, and the shares in its busiest hour.

    online: of all, those who have a server. at_once: of those, who run a whole lesson at the same
    minute.
    """

    students: int
    kind: str
    online: float
    at_once: float


COURSES = (
    Course(30, "one room", 1, 1),
    Course(300, "ten groups, five of them at the same hour", 1 / 2, 1),
    Course(3000, "at home, over some weeks", 1 / 10, 1 / 4),
)


@dataclass(frozen=True)
class Need:
    """What a course needs in its busiest hour."""

    online: int
    at_once: int
    gigabytes: int
    cores: int
    machines: int
    homes_gb: int


def assumptions() -> str:
    """What the plan takes for granted, in words, as a Markdown list."""
    kinds = "; ".join(f"of {one.students:,}, {one.kind}" for one in COURSES)
    lines = [
        f"Three classes: {kinds}.",
        "Everybody who is online has a server, and on it the kernel of the most demanding lesson.",
        "A kernel keeps its peak of memory until it ends.",
        f"Of those online, {ALSO_OPEN:.0%} have a second lesson open, which is idle.",
        "Those who run a lesson at the same minute run the slowest one, from its first cell on.",
        f"The last of them has its end {WAIT} minutes later.",
        f"A second of a lesson keeps {REFERENCE_CORES} cores busy: it was measured on so many.",
        f"{SPARE:.0%} of the memory stays free, for the system and what students open besides.",
        f"A machine has {MACHINE['cores']} cores and {MACHINE['GB']} GB.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def plan(records: list[dict]) -> str:
    """The needs of each course as a Markdown table."""
    rows = [
        "| enrolled | online | run at the same minute | memory, GB | cores | machines | homes, GB |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for course in COURSES:
        of = need(course, records)
        numbers = (of.online, of.at_once, of.gigabytes, of.cores, of.machines, of.homes_gb)
        rows.append(f"| {course.students:,} | {' | '.join(map(str, numbers))} |")
    return "\n".join(rows)


def measured() -> dict:
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def student_mb(record: dict, kernels: float = 1) -> float:
    """Megabytes of a student's server with so many kernels that ran the lesson of a record."""
    return measured()["server_mb"] + kernels * record["peak_mb"]


def minutes(record: dict, at_once: int, cores: int) -> float:
    """Until the last of those who run a lesson at the same minute has its end, on so many cores."""
    work = record["seconds"] * REFERENCE_CORES * at_once
    return max(work / cores, record["seconds"]) / 60


def need(course: Course, records: list[dict]) -> Need:
    """What the most demanding of the lessons asks for."""
    online = math.ceil(course.students * course.online)
    at_once = math.ceil(online * course.at_once)
    each = max(student_mb(record, 1 + ALSO_OPEN) for record in records)
    gigabytes = math.ceil((online * each + measured()["hub_mb"]) / (1 - SPARE) / 1024)
    work = max(record["seconds"] for record in records) * REFERENCE_CORES * at_once
    cores = max(REFERENCE_CORES, math.ceil(work / (60 * WAIT)))
    machines = max(math.ceil(gigabytes / MACHINE["GB"]), math.ceil(cores / MACHINE["cores"]))
    homes = math.ceil(course.students * measured()["home_mb"] / 1024)
    return Need(online, at_once, gigabytes, cores, machines, homes)
