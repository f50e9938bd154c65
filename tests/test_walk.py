"""Slides: the walk finds each fault, the lessons have none, widgets live in Lab and in RISE."""

import base64
import io
import json
import re
import shutil
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from conftest import execute, require
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from playwright.sync_api import TimeoutError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import offenders
import walk

EXECUTED = sorted((ROOT / "build" / "executed").glob("*.ipynb"))
RISE = {"theme": "white", "center": False, "transition": "none", "start_slideshow_at": "beginning"}
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgAB"
    "SK+kcQAAAABJRU5ErkJggg=="
)
FAULTS = {  # slide title: (cell below the title, what the walk must say)
    "too long": (new_markdown_cell("line\n\n" * 40), "px below the edge"),
    "too wide": (new_code_cell("x = " + "1 + " * 60), "px cut off at the right"),
    "too low": (
        new_code_cell(
            "1",
            outputs=[
                new_output(
                    "display_data",
                    {
                        "text/html": f"<pre style='height: 40px; overflow: hidden'>{'a<br>' * 9}</pre>"
                    },
                )
            ],
        ),
        "px cut off below",
    ),
    "warning": (
        new_code_cell("1", outputs=[new_output("stream", name="stderr", text="Oh!")]),
        "errors or warnings printed",
    ),
    "failed": (
        new_code_cell(
            "1", outputs=[new_output("error", ename="E", evalue="e", traceback=["E: e"])]
        ),
        "errors or warnings printed",
    ),
    "no picture": (new_markdown_cell("![a picture](nowhere.png)"), "broken pictures"),
    "no words": (
        new_code_cell(
            "1", outputs=[new_output("display_data", {"text/html": f'<img src="{DOT}">'})]
        ),
        "pictures without alt text",
    ),
    "tiny figure": (
        new_code_cell(
            "1",
            outputs=[
                new_output(
                    "display_data",
                    {
                        "text/html": f'<img class="course-figure" alt="a dot" src="{DOT}" '
                        'style="max-height:20px !important; min-height:0 !important">'
                    },
                )
            ],
        ),
        "figures too small to see",
    ),
    "unknown command": (new_markdown_cell(r"$\nonsense{x}$"), "formulas with an error"),
    "open brace": (new_markdown_cell(r"$\frac{1$"), "unrendered formulas"),
    "dead widget": (
        new_code_cell(
            "1", outputs=[new_output("display_data", {"text/plain": "IntSlider(value=3)"})]
        ),
        "widgets that did not appear",
    ),
    "handle": (
        new_code_cell(
            "1",
            outputs=[new_output("display_data", {"text/plain": "<DisplayHandle display_id=4b5e>"})],
        ),
        "objects printed",
    ),
    "never run": (
        new_code_cell("1", metadata={"tags": ["hide"]}),
        "hidden cells that show nothing",
    ),
}
HIDE = {"tags": ["hide"]}
FIGURES = {  # slide title: (width and height of its figure, its cells but for the figure, too small?)
    "strip": ((900, 150), HIDE, [], True),
    "code takes the room": ((900, 600), {}, [], True),
    "hidden code does not": ((900, 600), HIDE, [], False),
    "square": ((300, 300), HIDE, [], False),
    "text takes the room": ((300, 300), HIDE, [new_markdown_cell("line\n\n" * 6)], True),
    "beside code": ((900, 150), HIDE, [new_code_cell("network = 1")], False),
    "beside hidden code": ((900, 150), HIDE, [new_code_cell("1", metadata=HIDE)], True),
}
OUTSIDE = "https://example.org/tracker.png"


def slides(cells) -> nbformat.NotebookNode:
    notebook = new_notebook(cells=cells)
    notebook.metadata["rise"] = RISE
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


def figure_cell(size, metadata) -> nbformat.NotebookNode:
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "png")
    source = base64.b64encode(buffer.getvalue()).decode()
    html = f'<img class="course-figure" alt="black" src="data:image/png;base64,{source}">'
    output = new_output("display_data", {"text/html": html})
    return new_code_cell("draw\n" * 12, metadata=metadata, outputs=[output])


def notebook_of_figures() -> nbformat.NotebookNode:
    cells = []
    for title, (size, metadata, others, _) in FIGURES.items():
        heading = new_markdown_cell(f"## {title}", metadata={"slideshow": {"slide_type": "slide"}})
        cells += [heading, figure_cell(size, metadata), *others]
    return slides(cells)


def faulty_notebook() -> nbformat.NotebookNode:
    cells = []
    for title, (cell, _) in FAULTS.items():
        heading = new_markdown_cell(f"## {title}", metadata={"slideshow": {"slide_type": "slide"}})
        cells += [heading, cell]
    cells += [
        new_markdown_cell(
            f"## tracked ![t]({OUTSIDE})", metadata={"slideshow": {"slide_type": "slide"}}
        )
    ]
    return slides(cells)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """One server and one page for this module: (page, requests that left, address, folder)."""
    require("browser", bool(walk.CHROMIUM), "install chromium")
    folder = tmp_path_factory.mktemp("slides")
    fixture = jupytext.read(ROOT / "tests/fixtures/widgets.py")
    nbformat.write(fixture, folder / "live.ipynb")
    nbformat.write(fixture, folder / "widgets.ipynb")
    execute(folder / "widgets.ipynb")
    nbformat.write(faulty_notebook(), folder / "faults.ipynb")
    nbformat.write(notebook_of_figures(), folder / "figures.ipynb")
    shutil.copy(ROOT / "notebooks/00_start_here.ipynb", folder / "live_00.ipynb")
    walk.stage(EXECUTED, folder)
    with walk.jupyter_lab(folder) as address, walk.browser() as (page, outside):
        yield page, outside, address, folder


@pytest.mark.slow
def test_walk_finds_every_fault(opened):
    page, outside, address, folder = opened
    problems = walk.walk_notebook(page, outside, address, folder / "faults.ipynb")
    for title, (_, fault) in FAULTS.items():
        for size in ("1280x720", "1920x1080"):
            said = [p for p in problems if f'"{title}" at {size}' in p]
            assert any(fault in p for p in said), (title, size, said)
    assert f"faults: asked for {OUTSIDE}" in problems


@pytest.mark.slow
def test_walk_finds_the_figures_that_are_too_small(opened, monkeypatch, tmp_path):
    page, outside, address, folder = opened
    small = [title for title, (*_, too_small) in FIGURES.items() if too_small]
    for listed in ([], ["strip", "square"]):
        monkeypatch.setattr(offenders, "FILE", tmp_path / "offenders.json")
        offenders.FILE.write_text(json.dumps({"small_figures": {"figures": listed}}))
        problems = walk.walk_notebook(page, outside, address, folder / "figures.ipynb")
        said = [re.search('"(.*)" at .*: figures cover', problem) for problem in problems]
        assert [match[1] for match in said if match] == [t for t in small if t not in listed]
        kept = [problem for problem in problems if "keeps the rule small_figures" in problem]
        assert len(kept) == bool(listed) and all("'square'" in problem for problem in kept)


@pytest.mark.slow
def test_good_slides_have_no_fault_and_can_be_read_from_the_back_row(opened, tmp_path):
    page, outside, address, folder = opened
    assert walk.walk_notebook(page, outside, address, folder / "widgets.ipynb", tmp_path) == []
    assert len(list(tmp_path.glob("*.png"))) == 2 * 6
    height = page.viewport_size["height"]
    for selector, share in (
        (".jp-RenderedMarkdown p", 0.03),
        (".cm-line", 0.023),
        (".widget-label", 0.025),
    ):
        shown = f"document.querySelector('{selector}')"
        size = page.evaluate(f"() => getComputedStyle({shown}).fontSize")
        assert float(size[:-2]) >= share * height, (selector, size)
    for hidden in ("unprojectable", "Speaker notes must", "subplots"):
        assert page.get_by_text(hidden).count(), hidden
        assert not any(e.is_visible() for e in page.get_by_text(hidden).all())
    optional = page.locator("section", has_text="The loss weighs").locator(".celltag_optional")
    mark = "e => getComputedStyle(e, '::before').content"
    assert [e.evaluate(mark) for e in optional.all()] == ['"optional"']


@pytest.mark.slow
def test_without_the_mending_extension_no_widget_appears(opened):
    """When this fails, RISE needs it no longer; test_labextension.py says what to delete."""
    page, outside, address, folder = opened
    mending = re.compile("/image-to-image-rise/")
    page.route(mending, lambda route: route.abort())
    problems = walk.walk_notebook(page, outside, address, folder / "widgets.ipynb")
    page.unroute(mending)
    assert len([p for p in problems if "widgets that did not appear" in p]) == 2 * 2, problems


@pytest.mark.executed
@pytest.mark.parametrize("notebook", EXECUTED, ids=lambda path: path.stem)
def test_lessons_fit_their_slides(opened, notebook):
    page, outside, address, _ = opened
    problems = walk.walk_notebook(page, outside, address, notebook)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
def test_widgets_live_in_lab_and_in_rise(opened):
    page, outside, address, _ = opened
    run_all_in_lab(page, address, "live")
    assert page.get_by_text("plt.subplots").is_visible()
    assert_bar_is_full(page)
    assert_slider_moves_picture(page, 40)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    page.goto(address.format("rise/live.ipynb"))
    walk.wait_for(page, "walk.ready()", 60)
    walk.wait_for(page, "walk.loaded()", 20)
    show_slide(page, "Drag the slider")
    assert_slider_moves_picture(page, -60)
    show_slide(page, "Watch it train")
    page.evaluate("() => document.querySelectorAll('.progress-bar').forEach(e => e.remove())")
    page.locator("section.present section.present .jp-CodeCell .cm-content").click()
    page.keyboard.press("Control+Enter")
    assert_bar_is_full(page)
    assert outside == []


@pytest.mark.slow
def test_the_slider_of_lesson_00_moves_its_picture(opened):
    page, outside, address, _ = opened
    run_all_in_lab(page, address, "live_00")
    assert_slider_moves_picture(page, 40)
    assert outside == []


def run_all_in_lab(page, address, name):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address.format(f"lab/tree/{name}.ipynb") + "&reset")
    walk.wait_for(
        page,
        """() => window.jupyterapp?.shell.currentWidget?.context?.sessionContext
        ?.session?.kernel?.status === 'idle'""",
        60,
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def show_slide(page, title):
    while not page.locator("section.present section.present", has_text=title).count():
        place = page.evaluate("walk.place()")
        page.keyboard.press("Space")
        walk.wait_for(page, f"walk.moved('{place}')", 2)


def assert_slider_moves_picture(page, pixels):
    picture = ".jupyter-widgets img"
    page.wait_for_selector(picture)
    before = page.get_attribute(picture, "src")
    for attempt in range(6):  # pictures that still load move the slider away from the mouse
        drag(page, page.locator(".noUi-handle").first, pixels)
        try:
            page.wait_for_function(
                "([css, old]) => ![null, undefined, old].includes("
                "document.querySelector(css)?.src)",
                arg=[picture, before],
                timeout=8000,
            )
            return
        except TimeoutError:
            continue
    raise AssertionError("six drags of the slider did not change its picture")


def drag(page, handle, pixels):
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + pixels, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()


def assert_bar_is_full(page):
    walk.wait_for(
        page,
        """() => {
        const bar = document.querySelector('.jupyter-widgets .progress-bar');
        const box = bar?.getBoundingClientRect();
        const trough = bar?.parentElement.getBoundingClientRect();
        return bar && box.height > 4 && box.width > 50 && box.width > 0.97 * trough.width; }""",
        30,
    )
