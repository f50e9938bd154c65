"""Make a page to hand out for each lesson: build/handouts/*.html, and .pdf where chromium is there.

    python tools/make_handouts.py [lesson ...] [--out DIR]

One A4 page has the lesson's objectives, its diagram as it was executed (or its title picture), its
formulas, the first three questions of its quiz and its recap. Nothing is written here: all of it is
read from the lesson's executed notebook and from lessons/quizzes/.
"""

import argparse
import base64
import html
import json
import random
import re
import shutil
import sys
from pathlib import Path

import javascript
import nbformat
import walk

from course_utils import lessons, paths

DIAGRAM = re.compile(r"show_figure\((\w+_way|unet_diagram)\(")
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<script>MathJax = {{tex: {{inlineMath: [['$', '$']]}}, svg: {{fontCache: 'local'}}}};</script>
<script src="vendor/mathjax.js"></script><link rel="stylesheet" href="vendor/handout.css">
<main><section><h1>{title}</h1>{objectives}</section>
<figure><img src="{picture}" alt="{alt}"></figure>
<section class="formulas">{formulas}</section>
<section><h2>Three questions</h2><ol class="questions">{questions}</ol></section>
<section><h2>Recap</h2>{recap}</section>
<footer>Image to Image, CC BY 4.0. The answers stand at the end of the lesson's exercises.</footer>
</main></html>
"""
STYLE = """@page { size: A4; margin: 0 }
body { margin: 0; background: #fff; color: #1c2430; font: 10.2pt/1.35 "DejaVu Sans", Arial, sans-serif }
main { box-sizing: border-box; width: 210mm; height: 296.5mm; padding: 12mm 14mm 9mm;
  display: flex; flex-direction: column; justify-content: space-between; overflow: hidden }
h1 { font-size: 17pt; line-height: 1.15; margin: 0 0 2mm; color: #0f6b75 }
h2 { font-size: 11.5pt; margin: 0 0 1mm; color: #0f6b75 }
ol { margin: 0; padding-left: 5mm } p { margin: 0 0 1mm }
figure { flex: 0 1 auto; min-height: 45mm; margin: 0; display: flex; justify-content: center }
img { max-width: 100%; max-height: 100%; object-fit: contain }
.formulas { display: flex; flex-wrap: wrap; justify-content: space-around; align-items: center }
.formulas mjx-container { margin: 1mm 2mm !important }
.formulas, .questions { font-size: 9.2pt }
.questions ul { list-style: "☐  "; margin: 0.3mm 0 1.2mm; padding-left: 5mm; columns: 2; column-gap: 6mm }
.questions li li { break-inside: avoid }
footer { font-size: 7.5pt; color: #5a6472; margin-top: 2mm }
"""


def handout(card: lessons.Lesson, executed: Path) -> str:
    """The page of one lesson, from its executed notebook and its quiz."""
    cells = nbformat.read(executed, as_version=4).cells
    picture, alt = figure(cells) or title_picture(cells[0].source)
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    quiz = paths.LESSONS / "quizzes" / f"{card.name}.json"
    asked = json.loads(quiz.read_text(encoding="utf-8"))[:3]
    return PAGE.format(
        title=html.escape(card.title),
        objectives=numbered(prose, "Objectives"),
        picture=f"data:image/png;base64,{picture}",
        alt=html.escape(alt, quote=True),
        formulas="".join(f"<span>{html.escape(one)}</span>" for one in formulas(prose)),
        questions="".join(map(question, asked)),
        recap=numbered(prose, "Recap"),
    )


def figure(cells) -> tuple[str, str] | None:
    """(PNG as base64, alt text) of the first diagram that the executed lesson shows, if it has one."""
    for cell in cells:
        if DIAGRAM.search(cell.source):
            shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
            alt, picture = re.search(
                r'alt="([^"]*)" src="data:image/png;base64,([^"]+)"', shown
            ).groups()
            return picture, html.unescape(alt)
    return None


def title_picture(source: str) -> tuple[str, str]:
    """The same of the picture in a lesson's first cell."""
    alt, name = re.search(r"!\[(.+)\]\(pictures/(.+)\)", source).groups()
    return base64.b64encode((paths.PICTURES / name).read_bytes()).decode(), alt


def numbered(prose: list[str], heading: str) -> str:
    """The numbered list under a heading of the lesson."""
    text = next(each for each in prose if each.startswith(f"## {heading}"))
    items = re.findall(r"^\d+\. (.+(?:\n {3}.+)*)", text, re.MULTILINE)
    return f"<ol>{''.join(f'<li>{inline(item)}</li>' for item in items)}</ol>"


def inline(text: str) -> str:
    """A sentence of the lesson as HTML: its code, bold and italic words; links leave their words."""
    parts = re.split(r"(\$[^$]+\$)", re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text))
    return "".join(
        html.escape(one) if one[:1] == "$" else marked(html.escape(one)) for one in parts
    )


def marked(text: str) -> str:
    for mark, tag in ((r"`([^`]+)`", "code"), (r"\*\*(.+?)\*\*", "b"), (r"\*([^*]+)\*", "i")):
        text = re.sub(mark, rf"<{tag}>\1</{tag}>", text)
    return text


def formulas(prose: list[str]) -> list[str]:
    """The displayed formulas of a lesson; of one without any, the long ones in its sentences."""
    text = "\n".join(prose)
    shown = re.findall(r"\$\$.+?\$\$", text, re.DOTALL)
    return shown or [one for one in re.findall(r"\$[^$\n]+\$", text) if len(one) > 25]


def question(asked: dict) -> str:
    """A question and its answers, in another order: the file, which is HTML, has the right one first."""
    answers = [answer["answer"] for answer in asked["answers"]]
    random.Random(asked["question"]).shuffle(answers)
    listed = "".join(f"<li>{answer}</li>" for answer in answers)
    return f"<li>{asked['question']}<ul>{listed}</ul></li>"


def make_handouts(executed: list[Path], out: Path) -> list[Path]:
    """Write a page for each executed lesson into `out`, with what they load; return the pages."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "vendor").mkdir(parents=True)
    shutil.copy(javascript.packages() / javascript.SCRIPTS["mathjax.js"], out / "vendor/mathjax.js")
    (out / "vendor/handout.css").write_text(STYLE, encoding="utf-8")
    pages = []
    for notebook in executed:
        pages.append(out / f"{notebook.stem}.html")
        pages[-1].write_text(handout(lessons.card(notebook.stem), notebook), encoding="utf-8")
    return pages


def print_pages(pages: list[Path]) -> list[Path]:
    """Print each page as PDF beside it, with chromium; return the PDFs."""
    with walk.browser() as (browser, _):
        for page in pages:
            browser.goto(page.as_uri())
            browser.evaluate("MathJax.startup.promise")
            browser.pdf(path=page.with_suffix(".pdf"), prefer_css_page_size=True)
    return [page.with_suffix(".pdf") for page in pages]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="default: all that are in build/executed")
    parser.add_argument("--out", type=Path, default=paths.BUILD / "handouts")
    asked = parser.parse_args(argv)
    names = [lessons.card(one).name for one in asked.lessons] or lessons.names()
    executed = [path for name in names if (path := paths.EXECUTED / f"{name}.ipynb").exists()]
    if not executed:
        parser.error("no executed notebooks in build/executed: run `make run` first")
    try:
        pages = make_handouts(executed, asked.out)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    made = print_pages(pages) if walk.CHROMIUM else pages
    print(f"{len(made)} handouts: {made[0]}{', …' if made[1:] else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
