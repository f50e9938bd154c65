"""The front door: a gallery, the syllabus and the board of results, made from lessons and records."""

import json
import re
from pathlib import Path

from . import lessons, paths

WIDE = 540  # pixels of a picture in the gallery, shown at half of it
COLUMNS = 3
HEAD = "lesson", "what", "here", "there", "source", "how far it compares"
RIVALS = paths.ROOT / "data" / "board.json"  # what the source slides and the papers reach
BLOCKS = ("lessons", "gallery", "syllabus", "board")
SAYS = {  # a record in words, by the metric that it leads with: from its metrics and its baselines
    "iou": lambda m, b: (
        f"{100 * m['f1']:.0f} of 100 cells match the true ones (F1); "
        f"with the best threshold {100 * b['otsu']['f1']:.0f}."
    ),
    "fcn_iou": lambda m, b: (
        "A segmentation network reads painted houses at "
        f"{m['fcn_iou'] / m['fcn_iou_truth']:.0%} of its score on photographs, flat colours at "
        f"{b['mean colour']['fcn_iou'] / m['fcn_iou_truth']:.0%}."
    ),
    "ssim": lambda m, b: (
        f"Faces from sketches have an SSIM of {m['ssim_autoencoder']:.2f} with the true ones by an "
        f"autoencoder, {m['ssim_pix2pix']:.2f} by pix2pix, {m['ssim_cyclegan']:.2f} by CycleGAN "
        f"without pairs, {b['pencil']['ssim']:.2f} by the best filter."
    ),
    "style_distance": lambda m, b: (
        "For an outside judge a painting's style distance is "
        f"{1 - m['style_distance'] / b['colours_matched']['style_distance']:.0%} smaller than that "
        "of the photograph in the painting's colours."
    ),
    "mad_mean": lambda m, b: (
        f"Colours are {1 - m['mad_mean'] / b['grey']['mad_mean']:.0%} nearer to the true ones than "
        f"grey (with one fixed colour "
        f"{1 - b['mean colour']['mad_mean'] / b['grey']['mad_mean']:.0%})."
    ),
    "rmse": lambda m, b: (
        f"Of 100 letters on a stained page OCR misreads {100 * m['cer_before']:.0f}, on the cleaned "
        f"one {100 * m['cer_after']:.0f}; after the best filter {100 * m['cer_classical']:.0f}."
    ),
    "ap50": lambda m, b: (
        f"{100 * m['f1']:.0f} of 100 things are found, named and cut out (F1); "
        f"without learning {100 * b['blobs']['f1']:.0f}."
    ),
    "f1": lambda m, b: (
        f"In real microscopy {100 * m['f1']:.0f} of 100 nuclei; with a threshold "
        f"{100 * b['blobs']['f1']:.0f}."
    ),
    "inversion_ssim": lambda m, b: (
        "A face never seen is rebuilt from ten style vectors with an SSIM of "
        f"{m['inversion_ssim']:.2f}; the mean face has {b['mean face']['inversion_ssim']:.2f}."
    ),
    "psnr": lambda m, b: (
        f"Views in haze come back with a PSNR of {m['psnr']:.1f} dB; "
        f"the best classical method reaches {b['dark channel']['psnr']:.1f} dB."
        if "dark channel" in b
        else ""
    ),
    "texture_distance": lambda m, b: (
        f"The texture of walls is {b['pix2pix']['texture_distance'] / m['texture_distance']:.0f} "
        "times nearer to photographs than pix2pix's, and one drawing gives many houses."
    ),
}


def fill(text: str, records: list[dict], folder: str = "") -> str:
    """A page with each block between `<!-- NAME:begin … -->` and `<!-- NAME:end -->` made anew.

    records: of the committed snapshot. folder: what links to notebooks begin with.
    """
    made = {
        "lessons": lessons.so_far,
        "gallery": lambda: f"\n{gallery(folder + '{}.ipynb')}\n",
        "syllabus": lambda: f"\n{syllabus(records, folder)}\n",
        "board": lambda: f"\n{board(records)}\n",
    }
    for name in BLOCKS:
        block = re.compile(rf"(<!-- {name}:begin[^>]*-->).*?(<!-- {name}:end -->)", re.DOTALL)
        text = block.sub(lambda found, name=name: found[1] + made[name]() + found[2], text)
    return text


def thumbnails() -> list[Path]:
    """Write the gallery's pictures: those of the title cells, small."""
    from PIL import Image

    written = []
    for picture in sorted(paths.PICTURES.glob("[0-9]*.png")):
        with Image.open(picture) as opened:
            small = opened.convert("RGB")
        small.thumbnail((WIDE, WIDE))
        written.append(paths.GALLERY / f"{picture.stem}.jpg")
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        small.save(written[-1], quality=85)
    return written


def gallery(link: str, pictures: str = "docs/_static/gallery/") -> str:
    """A picture of each lesson that has one, in rows of a table.

    link: where it leads, with {} for the lesson's name. pictures: their folder, from the page.
    """
    cells = [
        f'<td><a href="{link.format(name)}"><img src="{pictures}{name}.jpg" width="{WIDE // 2}" '
        f'alt="{alt}"></a></td>'
        for name in lessons.names()
        if (paths.GALLERY / f"{name}.jpg").exists()
        for alt in re.findall(r"!\[(.+)\]\(pictures/", _source(name))[:1]
    ]
    rows = ["".join(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    return "<table>\n" + "\n".join(f"<tr>{row}</tr>" for row in rows) + "\n</table>"


def syllabus(records: list[dict], folder: str = "") -> str:
    """Each lesson that has a record: minutes to read, seconds to run, and what its networks reach."""
    rows = ["| lesson | to read | to run | what the networks reach |", "|---|---|---|---|"]
    for one in lessons.LESSONS:
        reached = {entry["dataset"]: entry for entry in records if entry["lesson"] == one.name}
        if not reached:
            continue
        minutes = reading(one.name)
        seconds = reached.get("synthetic", {}).get("seconds")
        said = [in_words(entry) for entry in sorted(reached.values(), key=_drawn_first)]
        rows.append(
            f"| [{one.title}]({folder}{one.name}.ipynb) | {f'{minutes} min' if minutes else ''} "
            f"| {'' if seconds is None else f'{seconds:.0f} s'} | {' '.join(filter(None, said))} |"
        )
    return "\n".join(rows)


def in_words(entry: dict) -> str:
    """What a record's networks reach, in one sentence; empty where nobody has written one."""
    says = SAYS.get(lessons.card(entry["lesson"]).task(entry["dataset"]).metric)
    return says(entry["metrics"], entry["baselines"]) if says else ""


def board(records: list[dict]) -> str:
    """Our figures beside those of the source slides and the papers, and how far they compare."""
    return "\n".join(
        f"| {' | '.join(row)} |" for row in [HEAD, ("---",) * len(HEAD), *rows(records)]
    )


def small_board(records: list[dict]) -> str:
    """The board as an HTML table in small type, which fits a slide."""
    lines = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows(records))
    head = f"<tr><th>{'</th><th>'.join(HEAD)}</th></tr>"
    return f'<table style="font-size: 55%; line-height: 1.2">{head}{lines}</table>'


def rows(records: list[dict]) -> list[tuple[str, ...]]:
    """The board's rows, as HEAD names their parts, for each figure of which there is a record."""
    known, found = {(one["lesson"], one["dataset"]): _all_numbers(one) for one in records}, []
    for rival in json.loads(RIVALS.read_text(encoding="utf-8")):
        ours = known.get((lessons.card(rival["lesson"]).name, rival.get("dataset", "synthetic")))
        if ours:
            value = ours[rival["metric"]] / (ours[rival["over"]] if "over" in rival else 1)
            first = rival["lesson"], rival["what"], f"{value:.3g}"
            found.append((*first, rival["there"], rival["source"], rival["compares"]))
    return found


def _all_numbers(entry):
    """A record's metrics, and those of its baselines by names such as "fcn_iou_truth"."""
    others = entry["baselines"].items()
    return entry["metrics"] | {f"{key}_{name}": v[key] for name, v in others for key in v}


def _drawn_first(entry):
    return entry["dataset"] != "synthetic"


def reading(name: str) -> int:
    """The minutes that a lesson states for reading it; 0 where it states none."""
    minutes = re.search(r"\*\*Time\*\*: (\d+) minutes", _source(name))
    return int(minutes[1]) if minutes else 0


def _source(name: str) -> str:
    return (paths.LESSONS / f"{name}.py").read_text(encoding="utf-8")
