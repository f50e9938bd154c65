"""Make slides that need no server and no network: build/slides/*.html from the executed lessons.

    python tools/make_slides.py [notebook ...] [--out DIR]

Copy the folder to a memory stick and open index.html. Cells do not run and sliders do not redraw
there; present with RISE for that. The look is that of notebooks/rise.css.
"""

import argparse
import html
import shutil
import sys
from pathlib import Path

import javascript
from jinja2 import DictLoader

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = """{%- extends 'index.html.j2' -%}
{%- block html_head_js -%}<script src="vendor/require.js"></script>{%- endblock -%}
{%- block html_head_js_mathjax -%}
<script>
MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']], processEscapes: true}};
</script>
<script src="vendor/mathjax.js"></script>
{%- endblock -%}
{%- block html_head_css -%}<link rel="stylesheet" href="vendor/rise.css">{%- endblock -%}
{%- block footer_js -%}<script>
require(["vendor/reveal/dist/reveal.js", "vendor/reveal/plugin/notes/notes.js"], (Reveal, Notes) =>
  Reveal.initialize({width: "100%", height: "100%", margin: 0, minScale: 1, maxScale: 1,
    hash: true, center: false, transition: "none", slideNumber: "c/t", plugins: [Notes]}));
</script>{%- endblock -%}
"""
INDEX = """<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<title>Image to Image: slides</title>
<body style="font: 1.4em/1.7 sans-serif; margin: 4em; color: #1c2430">
<h1>Image to Image: slides</h1>
<p>Space: next. S: speaker notes. F: full screen.</p><ol start="0">{}</ol>"""


def make_slides(notebooks: list[Path], out: Path) -> list[Path]:
    """Write a deck a notebook into `out`, with an index and all they load; return the decks."""
    from nbconvert import SlidesExporter

    shutil.rmtree(out, ignore_errors=True)
    javascript.copy_scripts(out / "vendor")
    for part in ("dist", "plugin/notes"):
        shutil.copytree(javascript.packages() / "reveal.js" / part, out / "vendor/reveal" / part)
    shutil.copy(ROOT / "notebooks/rise.css", out / "vendor")
    exporter = SlidesExporter(
        template_file="course.html.j2",
        extra_loaders=[DictLoader({"course.html.j2": TEMPLATE})],
        reveal_theme="white",
        reveal_url_prefix="vendor/reveal",
        embed_images=True,
        widget_renderer_url="vendor/embed-amd.js",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    decks = []
    for notebook in notebooks:
        decks.append(out / f"{notebook.stem}.html")
        decks[-1].write_text(exporter.from_filename(str(notebook))[0], encoding="utf-8")
    titles = [html.escape(deck.stem[3:].replace("_", " ")) for deck in decks]
    items = (
        f'<li><a href="{deck.name}">{title}</a></li>'
        for deck, title in zip(decks, titles, strict=True)
    )
    (out / "index.html").write_text(INDEX.format("".join(items)), encoding="utf-8")
    return decks


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of build/executed")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "slides")
    asked = parser.parse_args(argv)
    notebooks = asked.notebooks or sorted((ROOT / "build" / "executed").glob("*.ipynb"))
    if not notebooks:
        parser.error("no executed notebooks in build/executed: run `make run` first")
    try:
        decks = make_slides(notebooks, asked.out)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(decks)} decks: open {asked.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
