"""Walk the slides of executed notebooks in a browser and say what is wrong with them.

    python tools/walk.py build/executed/01_unet_segmentation.ipynb --shots DIR

Each slide is shown as RISE shows it, without running a cell, at 1280x720 and 1920x1080. Reported are
content beyond the edge, errors and warnings in outputs, broken pictures, pictures without alt text,
maths and widgets that did not appear, and every request that leaves the machine.
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

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((1280, 720), (1920, 1080))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-component-update".split()
QUIET += ["--disable-background-networking", "--disable-sync", "--force-color-profile=srgb"]

HERE = "[...document.querySelectorAll('.reveal .slides section:not(.stack):not(:has(> section))')]"
PLACE = f"""() => {{ const all = {HERE}, at = all.findIndex(
    s => s.classList.contains('present') && s.closest('.slides > section').classList.contains('present'));
  return at + '/' + (at < 0 ? 0 : all[at].querySelectorAll('.fragment.visible').length); }}"""
STEPS = f"() => {HERE}.reduce((n, s) => n + 1 + s.querySelectorAll('.fragment').length, 0)"
LOADING = """() => document.querySelector('.reveal.ready, .reveal .slides section.present') &&
  ![...document.images].some(i => !i.complete) && document.fonts.status === 'loaded' &&
  ![...document.querySelectorAll('.jp-RenderedMarkdown')].some(e => /\\$[^$\\n]+\\$/.test(e.textContent)) &&
  ![...document.querySelectorAll('.jp-OutputArea-output')].some(
      e => /^\\s*(Loading widget|\\w+\\((children|value)=)/.test(e.innerText))"""
LAID_OUT = """size => new Promise(done => { let last = -1;
  const look = () => { const s = document.querySelector('section.present section.present') || document.body;
    const now = [innerWidth, s.scrollHeight, s.scrollWidth].join();
    if (now === last && innerWidth === size) done(true); else { last = now; requestAnimationFrame(look); } };
  requestAnimationFrame(look); })"""
MEASURE = """() => {
  const slide = document.querySelector('.slides > section.present > section.present')
             || document.querySelector('.slides > section.present');
  const shown = e => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden'
                     && !e.closest('.reveal-skip, aside.notes, mjx-assistive-mml');
  const all = [...slide.querySelectorAll('*')].filter(shown), out = {};
  const add = (what, much) => { if (!(out[what] >= much)) out[what] = much; };
  const words = slide.innerText, heading = slide.querySelector('h1, h2, h3, h4');
  for (const e of all.filter(e => e.matches('.jp-RenderedHTMLCommon *, .cm-line, .jp-OutputArea-output, pre, img, .jupyter-widgets, .jupyter-widgets *'))) {
    if (e.closest('.cm-scroller, mjx-container')?.matches(':not(' + e.tagName + ')') && !e.matches('.cm-line')) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.bottom > innerHeight * 0.985) add('px below the edge', Math.round(box.bottom - innerHeight * 0.985));
    if (box.right > innerWidth + 1 && !e.closest('.cm-scroller')) add('px beyond the right edge', Math.round(box.right - innerWidth));
  }
  for (const e of all.filter(e => e.matches('.cm-scroller, pre, .jp-RenderedHTMLCommon, .jp-OutputArea-output')))
    if (e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflowX !== 'visible')
      add('px cut off at the right', e.scrollWidth - e.clientWidth);
  const count = (what, n) => { if (n) out[what] = n; };
  const inside = css => [...slide.querySelectorAll(css)].filter(shown);
  count('errors or warnings printed', inside('[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]').length);
  count('broken pictures', inside('img').filter(i => i.complete && !i.naturalWidth).length);
  count('pictures without alt text', inside('img').filter(i => !(i.alt || '').trim() || /No description has been/.test(i.alt)).length);
  count('formulas with an error', slide.querySelectorAll('mjx-merror').length);
  count('unrendered formulas', inside('.jp-RenderedMarkdown').filter(e => /\\$[^$\\n]{1,200}\\$/.test(e.innerText)).length);
  count('widgets that did not appear', inside('.jp-OutputArea-output').filter(
    e => /Error displaying widget|Loading widget|model not found|^\\w+\\((children|value|description)=|^.*\\d%\\|/.test(e.innerText)).length);
  count('objects printed', inside('.jp-OutputArea-output pre').filter(e => /^<[\\w.]+ (object at|\\w+=)/m.test(e.innerText)).length);
  count('empty', +!(words.trim() || inside('img, canvas, svg').length));
  return { title: ((heading || slide).innerText || '(no heading)').trim().split('\\n')[0].slice(0, 60), out };
}"""


@contextlib.contextmanager
def jupyter_lab(folder: Path) -> Iterator[str]:
    """Serve `folder` on loopback with settings of its own; yields the address with `{}` for a path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="walk-") as home_name:
        home = Path(home_name)
        settings = home / "settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        news = {"fetchNews": "false", "checkForUpdates": False}
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(news))
        shutil.copytree(ROOT / "course_utils/labextension",
                        home / "data/labextensions/image-to-image-rise")
        trust(folder.glob("*.ipynb"), home / "data")
        rooms = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        env = {**os.environ, **rooms, "HOME": home_name, "IPYTHONDIR": home_name,
               "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
               "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
               "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
                   f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=walk",
                   f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
                   "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
        with open(home / "log", "w") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            for _ in range(240):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token=walk", timeout=2)
                    break
                if server.poll() is not None:
                    raise RuntimeError(f"JupyterLab did not start: {(home / 'log').read_text()[-2000:]}")
                time.sleep(0.25)
            yield f"http://127.0.0.1:{port}/{{}}?token=walk"
        finally:
            server.terminate()
            server.wait(20)


def trust(notebooks: Iterable[Path], data: Path) -> None:
    """Sign the notebooks, as running them would: JupyterLab draws no widgets of an unknown notebook."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(data))
    for notebook in notebooks:
        notary.sign(nbformat.read(notebook, as_version=4))


@contextlib.contextmanager
def browser() -> Iterator[tuple]:
    """A chromium page that can reach this machine only, and the list of what it asked for elsewhere."""
    from playwright.sync_api import sync_playwright

    outside: list[str] = []

    def guard(route):
        outside.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = chromium.new_page(viewport={"width": SIZES[0][0], "height": SIZES[0][1]})
        page.context.route(re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])"), guard)
        yield page, outside
        chromium.close()


def walk(page, name: str, shots: Path | None = None, sizes=SIZES) -> list[str]:
    """Step through the deck that `page` shows; one line a problem: deck, size, slide, what."""
    problems = []
    with contextlib.suppress(TimeoutError):
        wait_for(page, LOADING, 20)
    for _ in range(page.evaluate(STEPS)):
        place = page.evaluate(PLACE)
        if page.evaluate(f"() => !{HERE}[{place.split('/')[0]}]?.querySelector('.fragment:not(.visible)')"):
            problems += measure(page, name, int(place.split("/")[0]), shots, sizes)
        page.keyboard.press("Space")
        try:
            wait_for(page, f"() => ({PLACE})() !== '{place}'", 2)
        except TimeoutError:
            break
    shown, slides = int(page.evaluate(PLACE).split("/")[0]) + 1, page.evaluate(f"() => {HERE}.length")
    if shown != slides:
        problems.append(f"{name}: stopped at slide {shown} of {slides}")
    return problems


def measure(page, name: str, number: int, shots: Path | None, sizes) -> list[str]:
    """What is wrong with the slide on the screen, at each size."""
    problems = []
    for width, height in sizes:
        if page.viewport_size != {"width": width, "height": height}:
            page.set_viewport_size({"width": width, "height": height})
        page.evaluate(LAID_OUT, width)
        seen = page.evaluate(MEASURE)
        if shots:
            page.screenshot(path=shots / f"{name}_{number + 1:02d}_{height}.png")
        problems += [f"{name}: slide {number + 1} \"{seen['title']}\" at {width}x{height}: {much} {what}"
                     for what, much in seen["out"].items()]
    return problems


def wait_for(page, condition: str, seconds: float) -> None:
    """Wait until the JavaScript function `condition` is true; TimeoutError after `seconds`."""
    from playwright.sync_api import TimeoutError as Late

    try:
        page.wait_for_function(condition, timeout=seconds * 1000, polling=50)
    except Late as late:
        raise TimeoutError(str(late)) from None


def walk_notebook(page, outside: list, address: str, notebook: Path, shots=None) -> list[str]:
    """Problems of one notebook that a running `jupyter_lab` serves at `address`."""
    start = time.monotonic()
    page.goto(address.format(f"rise/{notebook.name}"))
    wait_for(page, "() => document.querySelector('.reveal.ready section.present')", 60)
    problems = walk(page, notebook.stem, shots)
    problems += [f"{notebook.stem}: asked for {url}" for url in outside]
    outside.clear()
    slides = page.evaluate(f"() => {HERE}.length")
    print(f"{notebook.stem}: {slides} slides, {time.monotonic() - start:.0f} s", flush=True)
    return problems


def walk_notebooks(notebooks: list[Path], shots: Path | None = None) -> list[str]:
    """Problems of all `notebooks` in RISE: one server, one browser. The files are not touched."""
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        for file in [ROOT / "notebooks/rise.css", *notebooks]:
            shutil.copy(file, folder)
        with jupyter_lab(Path(folder)) as address, browser() as (page, outside):
            return [problem for notebook in notebooks
                    for problem in walk_notebook(page, outside, address, notebook, shots)]


def main(argv: list[str] | None = None) -> int:
    """Command line: the number of problems decides the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of build/executed")
    parser.add_argument("--shots", type=Path, help="folder for a screenshot of each slide at each size")
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
