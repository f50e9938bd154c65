"""The files that a newcomer and GitHub look for: they parse, agree, and their links resolve."""

import re
import tomllib

import pytest
import yaml

from course_utils import lessons, paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "LICENSE-CC-BY-4.0.md")


def read(name: str) -> str:
    return (paths.ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_within_the_repository_resolves(name):
    links = re.findall(r"\]\(([^)#]+)", read(name))
    assert not [to for to in links if "//" not in to and not (paths.ROOT / to).exists()]


def test_the_citation_has_the_version_and_the_licences_of_the_project_and_no_doi():
    cited = yaml.safe_load(read("CITATION.cff"))
    assert cited["version"] == PROJECT["version"] and cited["cff-version"] == "1.2.0"
    assert cited["authors"] == PROJECT["authors"] and "doi" not in cited
    assert PROJECT["license"] in cited["license"]


def test_the_changelog_has_the_version_and_every_lesson():
    text = read("CHANGELOG.md")
    assert f"## {PROJECT['version']}" in text
    assert not [
        number for number in (one.number for one in lessons.LESSONS) if f"**{number} " not in text
    ]


def test_the_issue_form_asks_for_lesson_cell_environment_and_what_happened():
    form = yaml.safe_load(read(".github/ISSUE_TEMPLATE/lesson.yml"))
    assert [part["id"] for part in form["body"]] == ["lesson", "cell", "happened", "environment"]
    assert "course_utils doctor" in form["body"][-1]["attributes"]["description"]


@pytest.mark.parametrize(
    "path", sorted((paths.ROOT / ".github").rglob("*.yml")), ids=lambda p: p.name
)
def test_the_forms_and_workflows_are_yaml(path):
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_release_runs_a_command_that_there_is():
    from course_utils import cli

    commands = re.findall(r"python -m course_utils (\S+)", read(".github/workflows/release.yml"))
    assert commands and set(commands) <= set(cli.COMMANDS)
