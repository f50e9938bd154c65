"""Checks the machine and says in one line how to mend what is missing.

Loads none of what it checks: packages are tried in processes of their own, so that a broken one
is a line in the report and not a crash.
"""

import base64
import csv
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from . import environment, launch, paths, shipped
from .data import imagenet

NEEDED_MEMORY_GB = 4
NEEDED_DISK_GB = 2
LARGE = 300_000  # bytes of a package's file
ANEW = "delete the folder .venv and run `make lab`"
RISE_PAIRS = {"0.43": "4."}  # jupyterlab-rise to the JupyterLab it was built for

IMPORTS = """
import importlib, sys
for name in sys.argv[1:]:
    print("try=" + name)
    try:
        importlib.import_module(name)
        print("good=" + name)
    except BaseException as error:
        print("bad=%s=%s: %s" % (name, type(error).__name__, " ".join(str(error).split())[:120]))
if "tensorflow" in sys.modules:
    print("GPU=%d" % len(sys.modules["tensorflow"].config.list_physical_devices("GPU")))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report. `mend` says what to do; `needed` is False for what is optional."""

    name: str
    good: bool
    text: str
    mend: str = ""
    needed: bool = True

    def __str__(self) -> str:
        sign = "ok  " if self.good else ("FAIL" if self.needed else "note")
        return f"{sign}  {self.name:<12} {self.text}" + ("" if self.good else f" -> {self.mend}")


def main() -> int:
    """Print every finding; exit status 1 if something needed is missing."""
    findings = examine()
    for finding in findings:
        print(finding)
    broken = [finding.name for finding in findings if finding.needed and not finding.good]
    print("\nSetup complete." if not broken else f"\nTo mend: {', '.join(broken)}.")
    return 1 if broken else 0


def examine() -> list[Finding]:
    """All findings, in the order in which a person would mend them."""
    return [_checked(check) for check in CHECKS]


def _checked(check) -> Finding:
    """A check's finding; what breaks a check is a finding, too."""
    try:
        return check()
    except Exception as error:
        said = f"can't be checked ({type(error).__name__}: {error})"
        return Finding(check.__name__.capitalize(), False, said, ANEW)


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] in launch.SUPPORTED
    return Finding("Python", good, found, "install Python 3.13, then run `make lab`")


def packages() -> Finding:
    """Whether each package that the course needs is there, whole, and the one that is imported."""
    if not environment.course_is_installed():
        mend = ANEW if environment.VENV.exists() else "run `make lab`"
        return Finding("Packages", False, "the course is not set up", mend)
    wanted = _wanted()
    troubles = [said for one in wanted if (said := _trouble(one))]
    troubles += [
        f"{name} can't be imported ({why})"
        for name, why in _imports()[1].items()
        if not any(said.startswith(name) for said in troubles)
    ]
    more = f" and {len(troubles) - 5} more" if len(troubles) > 5 else ""
    text = "; ".join(troubles[:5]) + more if troubles else f"all {len(wanted)} are there"
    return Finding("Packages", not troubles, text, ANEW)


def place() -> Finding:
    """Whether `.venv` was made for the folder where it lies."""
    moved = environment.VENV.exists() and not environment.is_whole()
    return Finding(
        "Set-up",
        not moved,
        "half done, old, or the folder was moved" if moved else "whole",
        "run `make lab`: it mends that",
    )


def tensorflow() -> Finding:
    return _imported("TensorFlow")


def keras() -> Finding:
    return _imported("Keras")


def jupyterlab() -> Finding:
    lab, rise = _version("jupyterlab"), _version("jupyterlab-rise")
    text = f"JupyterLab {lab or 'missing'} with RISE {rise or 'missing'}"
    good = bool(lab and rise) and lab.startswith(RISE_PAIRS.get(rise.rsplit(".", 1)[0], "none"))
    return Finding("JupyterLab", good, text, "run `make lab`: it installs the tested pair")


def slides() -> Finding:
    folder = os.path.join(sys.prefix, "share", "jupyter", "labextensions", "image-to-image-rise")
    good = os.path.isfile(os.path.join(folder, "package.json"))
    return Finding(
        "Slides",
        good,
        "widgets work in RISE" if good else "extension not installed",
        "run `python -m pip install -e .` in the course's folder",
    )


def kernel() -> Finding:
    lines = _python(
        "from jupyter_client.kernelspec import get_kernel_spec as g;print(g('python3').argv[0])"
    )
    # Jupyter replaces a bare "python" by the interpreter that it runs in.
    good = bool(lines) and lines[-1] in ("python", "python3", sys.executable)
    return Finding(
        "Kernel",
        good,
        "notebooks run in this environment" if good else "notebooks would run in another Python",
        "run `python -m ipykernel install --sys-prefix`",
    )


def memory() -> Finding:
    lines = _python("import psutil; print(psutil.virtual_memory().available)")
    if not lines:
        return Finding("Memory", False, "unknown", "psutil tells, see Packages", needed=False)
    gigabytes = int(lines[-1]) / 1e9
    return Finding(
        "Memory",
        gigabytes >= NEEDED_MEMORY_GB,
        f"{gigabytes:.1f} GB free",
        f"close other programs until {NEEDED_MEMORY_GB} GB are free",
    )


def disk() -> Finding:
    gigabytes = shutil.disk_usage(paths.ROOT).free / 1e9
    return Finding(
        "Disk",
        gigabytes >= NEEDED_DISK_GB,
        f"{gigabytes:.0f} GB free",
        f"free some space until {NEEDED_DISK_GB} GB are there",
    )


def writing() -> Finding:
    try:
        with tempfile.TemporaryFile(dir=paths.ROOT):
            good = True
    except OSError:
        good = False
    return Finding(
        "Writing",
        good,
        "the course's folder can be written" if good else "the course's folder is read-only",
        "copy the course to a folder of your own",
    )


def networks() -> Finding:
    troubles = shipped.problems()
    said, _, cure = (troubles or ["all whole"])[0].partition(":")
    more = f", and {len(troubles) - 1} more" if len(troubles) > 1 else ""
    return Finding("Networks", not troubles, said + more, cure.strip())


def features() -> Finding:
    states = {wheel.state() for wheel in imagenet.wheels()}
    state = next((one for one in ("damaged", "missing") if one in states), "there")
    return Finding("Features", state == "there", f"ImageNet's are {state}", imagenet.CURE, False)


def tesseract() -> Finding:
    how = "for lesson 06: `conda env create -f environment.yml`, or apt/brew install tesseract"
    if not shutil.which("tesseract"):
        return Finding("Tesseract", False, "missing", how, needed=False)
    listed = _output(["tesseract", "--list-langs"])
    if "eng" not in listed:
        how = "install its English data (tesseract-ocr-eng or tesseract-data-eng)"
        return Finding("Tesseract", False, "has no English", how, needed=False)
    return Finding("Tesseract", True, "reads English text (lesson 06)")


def data() -> Finding:
    """The folder as a lesson finds it, whatever folder the lesson runs in."""
    folder = paths.data_dir()
    if os.environ.get("COURSE_DATA") and not folder.is_dir():
        return Finding(
            "Data",
            False,
            f"COURSE_DATA means {folder}, which is no folder",
            "set COURSE_DATA to a folder that exists, or unset it",
        )
    names = (
        sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")
        if folder.is_dir()
        else []
    )
    return Finding(
        "Data",
        True,
        f"real data in {folder}: {', '.join(names)}"
        if names
        else "the drawn worlds (no download needed)",
    )


def gpu() -> Finding:
    count = _imports()[0].get("GPU", "0")
    return Finding(
        "GPU",
        count != "0",
        f"{count} found" if count != "0" else "none",
        "fine: the quick profile is made for the CPU",
        needed=False,
    )


CHECKS = (
    python,
    place,
    packages,
    tensorflow,
    keras,
    jupyterlab,
    slides,
    kernel,
    networks,
    memory,
    disk,
    writing,
    features,
    tesseract,
    data,
    gpu,
)


def _wanted() -> list:
    """The requirements of this environment: in `.venv` the lock's, elsewhere the course's own."""
    from pip._vendor.packaging.requirements import Requirement

    lines = metadata.requires("image-to-image") or []
    if environment.inside():
        lock = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
        lines = re.findall(r"^(\S+==[^\\\n]+)", lock, re.MULTILINE)
    return [
        one
        for one in map(Requirement, lines)
        if one.marker is None or one.marker.evaluate({"extra": ""})
    ]


def _trouble(wanted) -> str:
    """What is wrong with an installed package, or nothing."""
    try:
        found = metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    if not wanted.specifier.contains(found.version, prereleases=True):
        return f"{wanted.name} is {found.version} and should be {wanted.specifier}"
    for name, sha, size in _files(found):
        path = found.locate_file(name)
        if not os.path.exists(path):
            return f"{wanted.name} lacks {name}"
        if not name.startswith("..") and _is_damaged(
            path, sha, size
        ):  # commands are made at set-up
            return f"{wanted.name} has a damaged {name}"
    hidden = [name for name, path in _modules(found).items() if _origin(name) != path]
    return f"{wanted.name} is hidden by another {hidden[0]}" if hidden else ""


def _files(found) -> list[list[str]]:
    """[name, sha256=…, bytes] of an installed package's files, those that are gone among them."""
    return [
        row for row in csv.reader((found.read_text("RECORD") or "").splitlines()) if len(row) == 3
    ]


def _is_damaged(path, sha: str, size: str) -> bool:
    """Whether an installed file is another than it was; of large ones only the size is looked at."""
    if size and os.path.getsize(path) != int(size):
        return True
    if not sha or not size or int(size) > LARGE:
        return False
    kind, _, wanted = sha.partition("=")
    digest = hashlib.new(kind, Path(path).read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") != wanted


def _modules(found) -> dict[str, str]:
    """{what a package lets one import: the file that this loads}."""
    modules = {}
    for file, _, _ in _files(found):
        name, _, inner = file.partition("/")
        if inner in ("", "__init__.py") and file.endswith(".py"):
            modules[name.removesuffix(".py")] = os.path.realpath(found.locate_file(file))
    return {name: path for name, path in modules.items() if name.isidentifier()}


def _origin(name: str) -> str | None:
    """The file that `import name` would load here."""
    try:
        spec = util.find_spec(name)
    except Exception:
        return None
    return os.path.realpath(spec.origin) if spec and spec.origin else None


def _imported(name: str) -> Finding:
    version = _version(name.lower()) or _version("tensorflow-cpu")
    bad = _imports()[1].get(name.lower(), "" if version else "not installed")
    return Finding(name, not bad, f"can't be imported ({bad})" if bad else version, ANEW)


@functools.cache
def _imports() -> tuple[dict[str, str], dict[str, str]]:
    """What a process of their own says of importing the packages that the course itself calls.

    ({"GPU": how many}, {module: why it can't be imported}). A process that dies costs one module.
    """
    names = [name for one in _direct() for name in _modules(one)]
    told, bad = {}, {}
    while names:
        lines = [line.partition("=")[::2] for line in _python(IMPORTS, *names) if "=" in line]
        bad |= {
            name: why
            for kind, rest in lines
            if kind == "bad"
            for name, _, why in [rest.partition("=")]
        }
        told |= {kind: value for kind, value in lines if kind == "GPU"}
        tried = [name for kind, name in lines if kind == "try"]
        if len(tried) == len(names):
            break
        died = tried[-1] if tried else names[0]
        bad[died] = "Python dies of it"
        names = names[names.index(died) + 1 :]
    return told, bad


def _direct() -> list:
    """The installed packages that pyproject.toml names, TensorFlow first."""
    names = {re.split(r"[^\w.-]", line)[0] for line in metadata.requires("image-to-image") or ()}
    found = []
    for name in sorted(names, key=lambda name: (not name.startswith("tensorflow"), name)):
        try:
            found.append(metadata.distribution(name))
        except metadata.PackageNotFoundError:
            continue
    return found


def _python(code: str, *arguments: str) -> list[str]:
    """The lines that `code` prints in a new interpreter, up to where it fails."""
    return _output([sys.executable, "-u", "-c", code, *arguments])


def _output(command: list[str]) -> list[str]:
    """The lines that a program prints; none if it can't be run."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=180,
            cwd=paths.ROOT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.strip().splitlines()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
