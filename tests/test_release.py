"""What a tag releases: whole, without git and without what a build leaves behind, twice the same."""

import os
import subprocess
import sys
import zipfile

import pytest

from course_utils import lessons, paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import make_release

pytestmark = pytest.mark.skipif(
    not (paths.ROOT / ".git").exists(), reason="a release is made in a clone"
)
NEEDED = (
    "Makefile",
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "requirements.lock",
    "environment.yml",
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The zip, unpacked into an empty folder; yields the course in it."""
    folder = tmp_path_factory.mktemp("release")
    archive = make_release.make_zip(folder)
    zipfile.ZipFile(archive).extractall(folder / "empty")
    return folder / "empty" / archive.stem


def test_the_zip_holds_what_is_committed_and_nothing_else(course):
    held = {path.relative_to(course).as_posix() for path in course.rglob("*") if path.is_file()}
    assert held == set(make_release.git("ls-tree", "-r", "--name-only", "HEAD").splitlines())
    tops = {name.split("/")[0] for name in held}
    assert not tops & {".git", ".venv", "build", "dist", "work", "results", "node_modules"}


def test_it_has_all_that_the_first_command_needs(course):
    """The course of the zip itself runs: commands, whole checkpoints, a lesson to start with."""
    assert all((course / name).is_file() for name in NEEDED)
    assert all((course / "notebooks" / f"{name}.ipynb").is_file() for name in lessons.names())
    code = (
        "from course_utils import cli, environment, paths, shipped; print(paths.ROOT);"
        "print(shipped.problems(), len(environment.fingerprint()), cli.main(['start', '00']))"
    )
    variables = os.environ | {"PYTHONPATH": str(course), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=course, env=variables, capture_output=True, text=True
    )
    place, *_, last = done.stdout.splitlines()
    assert place == str(course) and last == "[] 64 0", done.stdout + done.stderr
    assert (course / "work" / "00_start_here.ipynb").is_file()


def test_two_releases_of_one_commit_are_equal_and_the_wheel_has_the_library(tmp_path):
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert make_release.main(["--out", str(folder)]) == 0
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1] and sorted(name[-4:] for name in made[0]) == [".whl", ".zip"]
    wheel = next((tmp_path / "one").glob("*.whl"))
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    stem = f"image_to_image-{make_release.version()}"
    assert tops == {"course_utils", "drawn_worlds", f"{stem}.data", f"{stem}.dist-info"}


def test_a_tag_must_be_the_version(tmp_path, capsys):
    with pytest.raises(SystemExit):
        make_release.main(["--tag", "v99.0.0", "--out", str(tmp_path / "none")])
    assert "v99.0.0 is not v" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
