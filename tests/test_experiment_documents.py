"""Evidence on real pages: each clean page is tested once, by a network that never saw it."""

from dataclasses import replace

import numpy as np
import pytest

from course_utils import ocr
from course_utils.data import documents as data
from course_utils.data import splits
from course_utils.lessons import card
from experiments import documents

WORDS = ("one", "two", "three", "four", "five", "six", "seven")


@pytest.fixture
def pages(monkeypatch):
    """Two damages of each of seven pages, a white one without a twin, and a training that is noted."""
    found = [
        data.Page(f"{word}.{n}", np.full((64, 64), 0.5, np.float32), np.eye(64, dtype="f"), word)
        for word in WORDS
        for n in range(2)
    ]
    whole = [*found, replace(found[0], clean=None)]
    monkeypatch.setattr(data, "read", lambda folder: whole)
    monkeypatch.setattr(documents, "train", lambda crops, *_, model: learned.append(crops) or model)
    monkeypatch.setattr(documents.models, "clean", lambda model, page, flips: 1 - page)
    monkeypatch.setattr(ocr, "read_all", lambda some: ["abcd" if p.all() else "ab" for p in some])
    learned = []
    return found, learned


def test_every_page_is_tested_once_and_none_that_was_learned(pages):
    found, learned = pages
    told = documents.real_pages()
    there = {splits.fold(word) for word in WORDS}
    assert [run["fold"] for run in told["runs"]] == sorted(there) and len(there) > 1
    assert sum(run["pages"] for run in told["runs"]) == len(found)
    for run, crops in zip(told["runs"], learned, strict=True):
        assert len(crops.pages) == len(found) - run["pages"]
        assert all(splits.fold(page.source) != run["fold"] for page in crops.pages)
    assert told["steps"] == card("documents").task("noisyoffice").quick


def test_its_rates_are_those_of_all_pages_beside_what_ocr_reads_on_their_twins(pages):
    summary = documents.real_pages()["summary"]
    assert summary["rmse"] == summary["rmse_before"] == pytest.approx(0.5)
    assert summary["cer_before"] == summary["cer_after"] == 1  # two letters too many for two
    assert summary["clean_pages"] == len(WORDS) and summary["black_or_white"] == 1
