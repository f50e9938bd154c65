"""The website: built without a warning, works from a file, readable by everybody."""

import re
import shutil
import sys
import urllib.parse
from pathlib import Path

import jupytext
import nbformat
import pytest
from conftest import execute, require

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import javascript
import make_site
import walk

SOLUTION = "[the solution](exercises/../solutions/98_widgets.ipynb)"
AXE = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | '))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of the fixture notebook and of all that is in build/executed, built once."""
    require("site", shutil.which("npm") is not None, "install Node.js, which brings npm")
    folder = tmp_path_factory.mktemp("site")
    executed = folder / "executed"
    if (ROOT / "build/executed").exists():
        shutil.copytree(ROOT / "build/executed", executed)
    notebook = jupytext.read(ROOT / "tests/fixtures/widgets.py")
    notebook.cells[0].source += f"\n\n{SOLUTION}"
    notebook.cells[1].metadata["tags"] = ["note"]
    executed.mkdir(exist_ok=True)
    nbformat.write(notebook, executed / "98_widgets.ipynb")
    execute(executed / "98_widgets.ipynb")
    status = make_site.main(["--executed", str(executed), "--out", str(folder / "site")])
    assert status == 0, "the build has warnings, or a picture has no alt text: see the output above"
    return folder / "site"


@pytest.fixture(scope="module")
def page(site):
    require("browser", bool(walk.CHROMIUM), "install chromium")
    with walk.browser() as (page, outside):
        yield page
        assert outside == []


def pages(site):
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


@pytest.mark.slow
def test_a_lesson_shows_pictures_formulas_and_widgets_from_a_file(site, page):
    page.goto((site / "98_widgets.html").as_uri())
    page.wait_for_selector(".noUi-handle")
    page.wait_for_selector("mjx-container svg")
    assert page.locator(".jupyter-widgets .progress-bar").count() == 1
    assert page.evaluate("() => [...document.images].every(i => i.complete && i.naturalWidth)")
    text = page.inner_text("main")
    assert "the solution" in text and "Speaker notes" not in text
    assert page.locator(".prev-next-footer a").count() >= 1


@pytest.mark.slow
def test_search_finds_a_lesson_and_a_function(site, page):
    for words, found in (("standing waves", "98_widgets.html"), ("show_images", "api/")):
        page.goto((site / "search.html").as_uri() + "?q=" + urllib.parse.quote(words))
        page.wait_for_selector(f"#search-results a[href*='{found}']")


@pytest.mark.slow
def test_the_game_tells_and_counts(site, page):
    page.goto((site / "game.html").as_uri())
    first = page.locator(".game fieldset").first
    first.locator(f"input[value='{first.get_attribute('data-right')}']").check()
    assert first.locator(".why").inner_text().startswith("Right. ")
    second = page.locator(".game fieldset").nth(1)
    wrong = second.get_attribute("data-right")
    second.locator(f"input:not([value='{wrong}'])").first.check()
    assert second.locator(".why").inner_text().startswith("No, it was")
    assert page.locator(".game .score").inner_text() == "1 of 2 right, 8 to go."


@pytest.mark.slow
def test_every_link_within_the_site_leads_somewhere_and_no_solution_is_there(site):
    missing = []
    for html in pages(site):
        text = make_site.SCRIPT.sub("", html.read_text(encoding="utf-8"))
        for link in re.findall(r"""(?:href|src)=["']([^"'#?]+)""", text):
            outside = re.match(r"[a-z]+:", link)
            if not outside and not (html.parent / urllib.parse.unquote(link)).exists():
                missing.append(f"{html.relative_to(site)}: {link}")
    assert missing == []
    assert not [path for path in site.rglob("*") if "solution" in path.name.lower()]


@pytest.mark.slow
def test_axe_finds_nothing_serious(site, page):
    """On every page but those of the library, which are all alike: one of them is enough.

    What stands in try/ needs a web server, and has tests of its own.
    """
    script = javascript.packages() / "axe-core/axe.min.js"
    faults = []
    for html in pages(site):
        alike = html.parent.name == "api" and html.stem not in ("index", "losses")
        if not alike and html.parent.name != "try":
            page.goto(html.as_uri())
            page.add_script_tag(path=script)
            faults += [f"{html.relative_to(site)}: {fault}" for fault in page.evaluate(AXE)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("tag", "faults"),
    [
        ('<img src="a.png">', 1),
        ('<img src="a.png" alt="">', 1),
        ('<img alt="No description has been provided for this image" src="a.png">', 1),
        ('<img\n alt="Two cells" src="a.png">', 0),
        ("<img alt='Two cells' src='a.png'>", 0),
        ('<script>"<img src=1>"</script>', 0),
    ],
)
def test_pictures_without_words_are_found(tmp_path, tag, faults):
    (tmp_path / "page.html").write_text(f"<p>{tag}</p>")
    assert len(make_site.pictures_without_words(tmp_path)) == faults
