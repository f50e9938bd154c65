"""Make what a tag releases, in dist/: a zip of the course that needs no git, and a wheel.

    python tools/make_release.py [--tag v0.1.0] [--out DIR]

Both are made of the files that are committed, with the time of the commit, so two builds of one
commit are equal. With --tag the version in pyproject.toml must be the tag's.
The wheel holds the library and the drawn worlds; who wants the lessons takes the zip.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def version() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]


def git(*arguments: str) -> str:
    """What git says; RuntimeError in one sentence where there is no git, or no commit."""
    if not shutil.which("git"):
        raise RuntimeError("git is missing, and a release is made of what is committed.")
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def make_zip(out: Path) -> Path:
    """The committed files in one folder named for the version."""
    name = f"image-to-image-{version()}"
    archive = out / f"{name}.zip"
    git("archive", "--format=zip", f"--prefix={name}/", f"--output={archive}", "HEAD")
    return archive


def make_wheel(archive: Path, out: Path) -> Path:
    """The wheel of the files in the zip."""
    moment = {"SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")}
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(archive).extractall(folder)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
        place = Path(folder) / archive.stem
        done = subprocess.run(
            command, cwd=place, env=os.environ | moment, capture_output=True, text=True
        )
    if done.returncode:
        raise RuntimeError(f"hatchling could not build the wheel: {done.stderr.strip()}")
    return next(out.glob("*.whl"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tag", help="the tag that is released, such as v0.1.0")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args(argv)
    if asked.tag and asked.tag != f"v{version()}":
        parser.error(f"the tag {asked.tag} is not v{version()}, the version in pyproject.toml")
    out = asked.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    try:
        archive = make_zip(out)
        made = archive, make_wheel(archive, out)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    for path in made:
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
