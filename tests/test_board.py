"""The front door: what README and site say is what the snapshot and the lessons say."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from course_utils import board, lessons, paths

RECORDS = json.loads(paths.SNAPSHOT.read_text(encoding="utf-8"))["records"]
README = (paths.ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_says_what_the_snapshot_says():
    assert board.fill(README, RECORDS, "notebooks/") == README


@pytest.mark.parametrize("name", board.BLOCKS)
def test_each_block_stands_once_in_the_readme(name):
    assert README.count(f"<!-- {name}:begin") == 1


def test_what_stands_outside_the_blocks_stays():
    page = "a <!-- board:begin (old) -->\nold\n<!-- board:end --> b <!-- end --> c"
    filled = board.fill(page, RECORDS)
    assert filled.startswith("a <!-- board:begin (old) -->\n| lesson |")
    assert filled.endswith("|\n<!-- board:end --> b <!-- end --> c") and "old\n" not in filled
    assert board.fill(filled, RECORDS) == filled


@pytest.mark.parametrize(
    "entry", RECORDS, ids=lambda entry: f"{entry['lesson']}.{entry['dataset']}"
)
def test_a_record_is_told_in_words(entry):
    said = board.in_words(entry)
    assert said.endswith(".") and re.search(r"\d", said) or entry["lesson"].startswith("00")
    assert "_" not in said  # no name of a metric


def test_words_follow_the_numbers():
    entry = next(entry for entry in RECORDS if entry["lesson"].startswith("01"))
    other = entry | {"metrics": entry["metrics"] | {"f1": 0.5}}
    assert "50 of 100 cells" in board.in_words(other) != board.in_words(entry)


def test_every_lesson_has_its_row_and_its_picture():
    rows, pictures = board.syllabus(RECORDS), board.gallery("notebooks/{}.ipynb")
    for name in lessons.names():
        assert f"({name}.ipynb)" in rows
        assert f'src="docs/_static/gallery/{name}.jpg"' in pictures
    assert len(re.findall(r'alt="[^"]{20,}"', pictures)) == len(lessons.names())


def test_a_page_of_another_place_links_from_there():
    assert 'href="x/00_start_here.html"><img src="y/00' in board.gallery("x/{}.html", "y/")


def test_the_board_puts_ours_beside_theirs():
    row = "| 02 | FCN-IoU as a share of the photographs' own | 0.5 | 0.81 (.17 of .21) |"
    entry = {"lesson": "02_pix2pix", "dataset": "synthetic", "baselines": {}}
    entry["metrics"] = {"fcn_iou": 0.3, "fcn_iou_truth": 0.6, "fcn_iou_unet_l1": 0.2}
    table = board.board([entry])
    assert "<td>0.5</td><td>0.81 (.17 of .21)</td>" in board.small_board([entry])
    assert row in table and len(table.splitlines()) == 4  # no row of a lesson without a record


def test_the_board_names_whose_and_how_far_it_compares():
    for rival in json.loads(board.RIVALS.read_text(encoding="utf-8")):
        assert all(rival[key] for key in ("what", "metric", "there", "source", "compares"))


def test_the_gallery_is_the_title_pictures_made_small(tmp_path, monkeypatch):
    kept = paths.GALLERY
    monkeypatch.setattr(paths, "GALLERY", tmp_path)
    for made in board.thumbnails():
        with Image.open(made) as new, Image.open(kept / made.name) as old:
            assert new.size == old.size and max(new.size) == board.WIDE
            assert np.abs(np.float32(new) - np.float32(old)).mean() < 3, made.name
    assert {path.name for path in kept.iterdir()} == {path.name for path in tmp_path.iterdir()}
