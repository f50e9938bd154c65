"""Walk the slides of executed notebooks in a browser and say what is wrong with them.

    python tools/walk.py build/executed/01_unet_segmentation.ipynb --shots DIR

Each slide is shown as RISE shows it, without running a cell, at 1280x720 and 1920x1080. Reported
are content beyond the edge, errors, warnings and objects printed, pictures that are broken or have
no alt text, maths and widgets that did not appear, and every request that leaves the machine.
A figure is the point of its slide unless code beside it does more than draw. Then the figures must
cover half of the slide's area, or two thirds of its height; slides with less stand in
lint_offenders.json.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

import offenders

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((1280, 720), (1920, 1080))
HALF = 0.495  # of a slide, to two digits
SURELY = 0.03  # more than half frees a slide from the list: fonts and kinds of slides differ
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), "")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
]


@contextlib.contextmanager
def jupyter_lab(folder: Path) -> Iterator[str]:
    """Serve `folder` on loopback with settings of its own; yields the address, `{}` for a path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="walk-") as home_name:
        home = Path(home_name)
        settings = home / "settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        news = {"fetchNews": "false", "checkForUpdates": False}
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(news))
        shutil.copytree(
            ROOT / "course_utils/labextension", home / "data/labextensions/image-to-image-rise"
        )
        trust(folder.glob("*.ipynb"), home / "data")
        rooms = {
            f"JUPYTER_{name}_DIR": str(home / name.lower())
            for name in ("CONFIG", "DATA", "RUNTIME")
        }
        env = {
            **os.environ,
            **rooms,
            "JUPYTER_PATH": str(home / "data"),  # before what is installed
            "HOME": home_name,
            "IPYTHONDIR": home_name,
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=walk",
            f"--ServerApp.root_dir={folder}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
        ]
        with open(home / "log", "w") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            for _ in range(240):
                with contextlib.suppress(OSError):
                    status = f"http://127.0.0.1:{port}/api/status?token=walk"
                    urllib.request.urlopen(status, timeout=2)
                    break
                if server.poll() is not None:
                    said = (home / "log").read_text()[-2000:]
                    raise RuntimeError(f"JupyterLab did not start: {said}")
                time.sleep(0.25)
            yield f"http://127.0.0.1:{port}/{{}}?token=walk"
        finally:
            server.terminate()
            server.wait(20)


def trust(notebooks: Iterable[Path], data: Path) -> None:
    """Sign the notebooks, as running them would: JupyterLab draws no widgets of unknown ones."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(data))
    for notebook in notebooks:
        notary.sign(nbformat.read(notebook, as_version=4))


@contextlib.contextmanager
def browser() -> Iterator[tuple]:
    """A chromium page that reaches this machine only, and the list of what else it asked for."""
    from playwright.sync_api import sync_playwright

    outside: list[str] = []

    def guard(route):
        outside.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = chromium.new_page(viewport={"width": SIZES[0][0], "height": SIZES[0][1]})
        page.add_init_script(path=ROOT / "tools/walk.js")
        page.context.route(re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])"), guard)
        yield page, outside
        chromium.close()


def walk(page, name: str, shots: Path | None = None, sizes=SIZES) -> list[str]:
    """Step through the deck that `page` shows; one line a problem: deck, size, slide, what."""
    problems, small = [], []
    with contextlib.suppress(TimeoutError):  # then what is missing is found on its slide
        wait_for(page, "walk.loaded()", 10)
    for step in range(page.evaluate("walk.steps()")):
        if step:
            place = page.evaluate("walk.place()")
            page.keyboard.press("Space")
            try:
                wait_for(page, f"walk.moved('{place}')", 2)
            except TimeoutError:
                break
        if page.evaluate("walk.complete()"):
            found = [measure(page, name, shots, size) for size in sizes]
            problems += [problem for lines, _ in found for problem in lines]
            small += found[0][1]
    number, count = page.evaluate("[walk.number(), walk.count()]")
    if number != count:
        problems.append(f"{name}: stopped at slide {number} of {count}")
    new, kept = offenders.unlisted("small_figures", name, small)
    return problems + new + [f"{name}: {offenders.stale('small_figures', slide)}" for slide in kept]


def measure(page, name: str, shots: Path | None, size) -> tuple[list[str], list[tuple[str, str]]]:
    """What is wrong with the slide on the screen, and its (title, problem) if figures are small."""
    number, (width, height) = page.evaluate("walk.number()"), size
    if page.viewport_size != {"width": width, "height": height}:
        page.set_viewport_size({"width": width, "height": height})
    known = offenders.listed("small_figures", name)
    for patience in (0, 150, 500, 1500):  # milliseconds; a fault that goes by itself is none
        page.wait_for_timeout(patience)
        page.evaluate("dispatchEvent(new Event('resize'))")  # code may still have its old width
        page.evaluate("width => walk.laidOut(width)", width)
        title, faults, share = page.evaluate("walk.measure()").values()
        small = share is not None and share < HALF + SURELY * (title in known)
        if not faults and small == (title in known):
            break
    if shots:
        page.screenshot(path=shots / f"{name}_{number:02d}_{height}.png")
    where = f'{name}: slide {number} "{title}" at {width}x{height}'
    problems = [f"{where}: {much} {what}" for what, much in faults.items()]
    return problems, [(title, f"{where}: figures cover {share:.0%}, not half")] if small else []


def wait_for(page, condition: str, seconds: float) -> None:
    """Wait until the JavaScript `condition` is true; TimeoutError after `seconds`."""
    from playwright.sync_api import TimeoutError as Late

    try:
        page.wait_for_function(condition, timeout=seconds * 1000, polling=50)
    except Late as late:
        raise TimeoutError(str(late)) from None


def walk_notebook(page, outside: list, address: str, notebook: Path, shots=None) -> list[str]:
    """Problems of one notebook that a running `jupyter_lab` serves at `address`."""
    start = time.monotonic()
    page.goto(address.format(f"rise/{notebook.name}"))
    wait_for(page, "walk.ready()", 60)
    problems = walk(page, notebook.stem, shots)
    problems += [f"{notebook.stem}: asked for {url}" for url in outside]
    outside.clear()
    seconds = time.monotonic() - start
    print(f"{notebook.stem}: {page.evaluate('walk.count()')} slides, {seconds:.0f} s", flush=True)
    return problems


def stage(notebooks: list[Path], folder: Path) -> None:
    """Copy notebooks into `folder` with what they show: the look of the slides, the title pictures."""
    for file in [ROOT / "notebooks/rise.css", *notebooks]:
        shutil.copy(file, folder)
    shutil.copytree(ROOT / "notebooks/pictures", folder / "pictures")


def walk_notebooks(notebooks: list[Path], shots: Path | None = None) -> list[str]:
    """Problems of all `notebooks` in RISE: one server, one browser. The files are not touched."""
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        stage(notebooks, Path(folder))
        with jupyter_lab(Path(folder)) as address, browser() as (page, outside):
            return [
                problem
                for notebook in notebooks
                for problem in walk_notebook(page, outside, address, notebook, shots)
            ]


def main(argv: list[str] | None = None) -> int:
    """Command line: the number of problems decides the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of build/executed")
    parser.add_argument("--shots", type=Path, help="folder for screenshots")
    asked = parser.parse_args(argv)
    notebooks = asked.notebooks or sorted((ROOT / "build/executed").glob("*.ipynb"))
    if not notebooks:
        parser.error("no executed notebooks in build/executed: run `make run` first")
    if asked.shots:
        asked.shots.mkdir(parents=True, exist_ok=True)
    problems = walk_notebooks(notebooks, asked.shots)
    print(*problems, sep="\n")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
