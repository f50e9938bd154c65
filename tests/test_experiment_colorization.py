"""The matrix of lesson 05: each row once, whatever happens; the same table in the end."""

import inspect
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from course_utils import paths, shipped, speed
from course_utils.models import colorization as models
from experiments import __main__ as experiments
from experiments import colorization

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
    monkeypatch.setattr(colorization, "_items", items)
    monkeypatch.setattr(speed, "speed", lambda: 2.0)
    monkeypatch.setattr(colorization.data, "WORLDS", {"synthetic": "faces"})


@pytest.fixture
def here(monkeypatch):
    """Rows run in this process; returns the names of those that began."""
    began = []

    def attempt(job, folder):
        began.append(job["name"])
        folder.mkdir(parents=True, exist_ok=True)
        colorization.finish(job, folder)

    monkeypatch.setattr(colorization, "attempt", attempt)
    return began


def matrix(folder, rows=ROWS, **more):
    return colorization.matrix(rows=rows, steps=4, generator=SMALL, folder=folder, **more)


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


def test_killed_and_resumed_it_is_the_same_table_and_nothing_runs_twice(
    here, tmp_path, monkeypatch
):
    rows = ROWS[:2]
    whole = matrix(tmp_path / "whole", rows)
    assert here == [row.name for row in rows]
    sheet = paths.EVIDENCE / "05_matrix.jpg"
    first = sheet.read_bytes()
    assert shipped.read(sheet) == first and len(first) <= 300_000
    with Image.open(sheet) as picture:
        assert picture.size == (2 * (170 + 2 * SIDE), 2 * SIDE)

    class Killed(colorization._Clock):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch)
            if self.model.name != "unet_learned" and len(self.times) == 3:  # of the GAN
                raise KeyboardInterrupt

    here.clear()
    clock = colorization._Clock
    monkeypatch.setattr(colorization, "_Clock", Killed)
    with pytest.raises(KeyboardInterrupt):
        matrix(tmp_path / "killed", rows)
    steps = []

    class Counted(clock):
        def on_train_end(self, logs=None):
            steps.append(len(self.times))

    monkeypatch.setattr(colorization, "_Clock", Counted)
    resumed = matrix(tmp_path / "killed", rows)
    assert here == [rows[0].name, rows[1].name, rows[1].name]
    assert steps == [2]  # after the safety copy of step 2
    assert table(resumed) == table(whole) and resumed["summary"] == whole["summary"]
    assert sheet.read_bytes() == first
    here.clear()
    assert matrix(tmp_path / "killed", rows) == resumed and not here


def test_a_row_tells_its_scores_seed_and_seconds(here, tmp_path):
    (run,) = matrix(tmp_path, ROWS[1:2], seed=3)["runs"]
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


def test_another_seed_size_or_number_of_steps_is_another_row(tmp_path):
    told = [(4, 0, SMALL), (5, 0, SMALL), (4, 1, SMALL), (4, 0, models.SHIPPED["gan"])]
    files = [colorization._file(colorization._job(ROWS[1], *each), tmp_path) for each in told]
    assert len(set(files)) == 4
    assert files[0].name.startswith("unet_learned_d4_20_80_")


# Processes ---------------------------------------------------------------------------------------

CHILD = """
import json, os, pathlib, sys, time
job, folder = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
with (folder / "began").open("a") as file:
    print(job["name"], file=file)
{}
(folder / (job["name"] + ".json")).write_text("{{}}")
"""
NAMES = [row.name for row in ROWS]


@pytest.fixture
def child(monkeypatch):
    """Puts a program in the place of a row's, that notes its name and leaves its file."""

    def put(text=""):
        monkeypatch.setattr(colorization, "COMMAND", [sys.executable, "-c", CHILD.format(text)])

    def file(job, folder, ending="json"):
        return folder / f"{job['name']}.{ending}"

    monkeypatch.setattr(colorization, "_file", file)
    return put


def began(folder):
    return (folder / "began").read_text().splitlines()


def test_a_failed_row_is_run_once_more_and_the_others_are_kept(child, tmp_path):
    child('if "d4" in job["name"]: raise ValueError("no such luck")')
    with pytest.raises(RuntimeError) as caught:
        matrix(tmp_path)
    assert str(caught.value) == (
        f"1 of 3 rows failed twice, the others are kept: {NAMES[1]} (ValueError: no such luck)."
    )
    assert began(tmp_path) == [NAMES[0], NAMES[1], NAMES[1], NAMES[2]]
    assert {path.stem for path in tmp_path.glob("*.json")} == {NAMES[0], NAMES[2]}


def test_a_row_that_fails_once_is_well(child, tmp_path):
    child("""
if not (folder / "failed").exists():
    (folder / "failed").touch()
    os._exit(1)
""")
    colorization._run([{"name": NAMES[0]}], tmp_path, None)
    assert began(tmp_path) == [NAMES[0]] * 2 and (tmp_path / f"{NAMES[0]}.json").exists()


def test_a_row_ends_with_the_process_that_started_it():
    """A matrix that is killed leaves no row behind, which its successor would run beside it."""
    waits = (
        f"import os, psutil\n{inspect.getsource(colorization._end_with_parent)}_end_with_parent()"
    )
    with subprocess.Popen([sys.executable, "-c", waits], stdin=subprocess.PIPE) as row:
        with pytest.raises(subprocess.TimeoutExpired):
            row.wait(1)
        row.stdin.close()
        assert row.wait(60) == 1


# Dask --------------------------------------------------------------------------------------------


class Client:
    """A stand-in for Dask's, with two workers that are threads."""

    def __init__(self, address):
        assert address == "tcp://here:8786"
        self.pool, self.keys = ThreadPoolExecutor(2), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown()

    def submit(self, function, *arguments, key):
        self.keys.append(key)
        assert len(set(self.keys)) == len(self.keys)
        return self.pool.submit(function, *arguments)

    def gather(self, tasks, errors):
        assert errors == "skip"
        return [task.result() for task in tasks if not task.exception()]


def test_two_workers_run_each_row_once(child, tmp_path, monkeypatch):
    distributed = ModuleType("distributed")
    distributed.Client = Client
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    child("time.sleep(0.2)")
    jobs = [{"name": name} for name in NAMES]
    colorization._run(jobs, tmp_path, "tcp://here:8786")
    assert sorted(began(tmp_path)) == sorted(NAMES)
    assert {path.stem for path in tmp_path.glob("*.json")} == set(NAMES)


def test_without_dask_there_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match="needs Dask in this environment: pip install distributed"):
        matrix(tmp_path, scheduler="tcp://here:8786")


def test_the_address_reaches_the_evidence_that_takes_one(monkeypatch):
    found = experiments._spread(colorization.matrix, "tcp://here:8786")
    assert found == {"scheduler": "tcp://here:8786"}
    assert experiments._spread(items, None) == {}
    with pytest.raises(ValueError, match="one process: leave --scheduler out"):
        experiments._spread(items, "tcp://here:8786")
