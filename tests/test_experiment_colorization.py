"""The matrix of lesson 05: each row once, whatever happens; the same table in the end."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from course_utils import paths, shipped, speed
from course_utils.models import colorization as models
from experiments import colorization, common

SIDE = 32
SMALL = models.Architecture(side=SIDE, width=2)
ROWS = [
    colorization.Row(),
    colorization.Row(discriminator="d4"),
    colorization.Row(kind="encoder_decoder", learned=False),
]


def items(dataset, side):
    random = np.random.default_rng(len(dataset))
    made = [
        SimpleNamespace(
            picture=random.random((side, side, 3), np.float32),
            ambiguous=random.random((side, side)) > 0.5,
            knows_object=True,
        )
        for _ in range(5)
    ]
    return made[:3], made[3:]


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "EVIDENCE", tmp_path / "evidence")
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(colorization, "_items", items)
    monkeypatch.setattr(speed, "speed", lambda: 2.0)
    monkeypatch.setattr(colorization.data, "WORLDS", {"synthetic": "faces"})


def matrix(rows=ROWS, each=common.in_turn, **more):
    return colorization.matrix(rows=rows, steps=4, generator=SMALL, each=each, **more)


def table(found):
    times = ("seconds", "reference_seconds")
    return [{key: run[key] for key in run if key not in times} for run in found["runs"]]


def test_the_thesis_has_nineteen_rows():
    names = [row.name for row in colorization.MATRIX]
    assert len(names) == len(set(names)) == 19
    plain = [row for row in colorization.MATRIX if not row.discriminator]
    assert [row.name for row in plain] == [
        "unet learned",
        "unet interpolated",
        "encoder_decoder learned",
        "encoder_decoder interpolated",
    ]
    twelve = [row for row in colorization.MATRIX if row.discriminator and row.weights == (20, 80)]
    assert len(twelve) == 12
    assert names[-3:] == [f"unet learned d8 [{w}]" for w in ("1, 99", "35, 65", "5, 95")]
    assert colorization.Row(colours="rgb").name == "unet learned rgb"


def test_killed_and_resumed_it_is_the_same_table_and_nothing_runs_twice(tmp_path, monkeypatch):
    rows = ROWS[:2]
    whole = matrix(rows)
    sheet = paths.EVIDENCE / "05_matrix.jpg"
    first = sheet.read_bytes()
    assert shipped.read(sheet) == first and len(first) <= 300_000
    with Image.open(sheet) as picture:
        assert picture.size == (2 * (170 + 2 * SIDE), 2 * SIDE)

    class Killed(common.Clock):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch)
            if self.model.name != "unet_learned" and len(self.times) == 3:  # of the GAN
                raise KeyboardInterrupt

    each = common.Each(tmp_path / "rows")
    monkeypatch.setattr(colorization, "Clock", Killed)
    with pytest.raises(KeyboardInterrupt):
        matrix(rows, each)
    steps = []

    class Counted(common.Clock):
        def on_train_end(self, logs=None):
            steps.append(len(self.times))

    monkeypatch.setattr(colorization, "Clock", Counted)
    resumed = matrix(rows, each)
    assert steps == [2]  # of the GAN, after the safety copy of step 2
    assert table(resumed) == table(whole) and resumed["summary"] == whole["summary"]
    assert sheet.read_bytes() == first
    assert matrix(rows, each) == resumed and steps == [2]


def test_a_row_tells_its_scores_seed_and_seconds():
    (run,) = matrix(ROWS[1:2], seed=3)["runs"]
    assert run["seed"] == 3 and run["steps"] == 4 and run["receptive_field"] == 8
    assert run["reference_seconds"] == pytest.approx(2 * run["seconds"], abs=1)
    expected = {
        "mad_min",
        "mad_mean",
        "mad_max",
        "psnr",
        "colourfulness",
        "lattice",
        "objects",
        "clipped",
    }
    assert set(run["metrics"]["synthetic"]) == expected
    assert json.dumps(run)
