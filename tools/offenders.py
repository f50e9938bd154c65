"""Slides that break a rule today, in lint_offenders.json: rule -> notebook -> headings.

The list can only shrink: one that keeps the rule fails until its line is deleted.
"""

import json
from pathlib import Path

FILE = Path(__file__).with_name("lint_offenders.json")


def listed(rule: str, notebook: str) -> list[str]:
    return json.loads(FILE.read_text(encoding="utf-8")).get(rule, {}).get(notebook, [])


def unlisted(rule: str, notebook: str, found: list[tuple[str, object]]) -> tuple[list, list[str]]:
    """The failures in ``found``, pairs (heading, failure), that the list does not have; and the
    headings that it has for nothing."""
    known, failing = listed(rule, notebook), {heading for heading, _ in found}
    new = [failure for heading, failure in found if heading not in known]
    return new, [heading for heading in known if heading not in failing]


def stale(rule: str, heading: str) -> str:
    return f"{heading!r} keeps the rule {rule} now — delete it from tools/{FILE.name}"
