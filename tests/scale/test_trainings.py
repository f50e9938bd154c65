"""Trainings on Dask's workers: two real ones on loopback, one of which is killed in mid-training."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest
import short

from course_utils import paths
from experiments import __main__ as experiments
from experiments import common, segmentation

HERE = Path(__file__).parent
DASK = [sys.executable, "-m", "dask"]
TAKES = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--resources", "training=1"]
SEEDS = range(2)


@pytest.fixture
def processes(tmp_path):
    """Starts Dask's own commands, in processes that end with the test."""
    path = os.pathsep.join(map(str, (paths.ROOT, HERE)))
    environment = os.environ | {"PYTHONPATH": path, "SHORT": str(tmp_path / "short")}
    (tmp_path / "short").mkdir()
    started = []

    def start(*command):
        with (tmp_path / f"dask_{len(started)}.log").open("w") as log:
            told = {"cwd": paths.ROOT, "env": environment, "stdout": log, "stderr": log}
            started.append(subprocess.Popen([*DASK, *command], **told))
        return started[-1]

    yield start
    for process in started[::-1]:
        process.terminate()
        process.wait(60)


@pytest.fixture
def scheduler(processes, tmp_path):
    """The address of a scheduler on loopback."""
    file = tmp_path / "scheduler.json"
    local = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    processes("scheduler", *local, "--scheduler-file", str(file))
    return until(lambda: file.exists() and json.loads(file.read_text())["address"])


def until(found, seconds=120):
    """What `found` returns as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if told := found():
            return told
        time.sleep(0.2)
    raise TimeoutError(f"Nothing for {seconds} s.")


def steps_of(folder, seed):
    """The worker of each step that was taken, the lost ones too."""
    log = folder / f"{seed}.log"
    return log.read_text().split() if log.exists() else []


@pytest.fixture
def two_workers(processes, scheduler):
    workers = [processes("worker", scheduler, *TAKES) for _ in range(2)]
    from distributed import Client

    with Client(scheduler) as client:
        client.wait_for_workers(2, timeout=120)
    return workers


def test_a_killed_worker_costs_at_most_the_steps_since_its_last_copy(
    two_workers, scheduler, tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    folders = [tmp_path / name for name in ("unbroken", "broken")]
    for folder in folders:
        folder.mkdir()
    expected = [short.training(seed, folders[0]) for seed in SEEDS]
    keras.backend.clear_session()
    pids = {str(worker.pid): worker for worker in two_workers}
    killer = subprocess.Popen(
        [sys.executable, str(HERE / "killer.py"), str(folders[1] / "0.log"), "6", *pids]
    )
    with common.trainings("short", scheduler) as each:
        found = each(short.training, [(seed, folders[1], 0.3) for seed in SEEDS])
    assert killer.wait(10) == 0
    killed = steps_of(folders[1], 0)[0]
    assert pids[killed].wait(10) == -signal.SIGKILL
    assert found == expected  # bit for bit
    taken = {seed: steps_of(folders[1], seed) for seed in SEEDS}
    assert {killed} < set(taken[0]) <= set(pids)  # begun there, finished by the other
    lost = {seed: len(taken[seed]) - short.STEPS for seed in SEEDS}
    print(f"lost steps: {lost}")
    assert 0 < lost[0] < short.EVERY and lost[1] == 0
    assert not list(folders[1].glob("copy_*"))


def test_evidence_runs_there_whole_or_in_jobs(two_workers, scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(paths, "EVIDENCE", tmp_path)
    monkeypatch.setenv("SHORT", str(tmp_path / "short"))
    parts = {"synthetic": short.split, "whole": short.whole}
    monkeypatch.setattr(segmentation, "evidence", lambda: parts)
    for name in parts:
        experiments.main(["evidence", "1", "--dataset", name, "--scheduler", scheduler])
    told = json.loads((tmp_path / "01.json").read_text())
    whole = json.loads((tmp_path / "01.whole.json").read_text())
    assert told["command"] == "make evidence LESSON=01"
    assert told["summary"][0] == whole["summary"] and len(told["summary"]) == 2
    pids = {str(worker.pid) for worker in two_workers}
    assert {*steps_of(tmp_path / "short", 0), *steps_of(tmp_path / "short", 1)} <= pids
    assert not (tmp_path / "build" / "runs").exists() or not any(
        (tmp_path / "build" / "runs").iterdir()
    )


def test_checkpoints_are_made_there(two_workers, scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(segmentation, "checkpoints", lambda: ((short.small,),))
    experiments.main(["checkpoints", "1", "--scheduler", scheduler])
    told = json.loads((tmp_path / "short" / "01_small.json").read_text())
    assert told["metrics"] == {"iou": 0.5} and told["command"] == "make checkpoints LESSON=01"


def test_what_is_missing_gets_one_sentence(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    for address, says in {
        scheduler: "takes trainings; start some in this folder by dask worker",
        "tcp://127.0.0.1:9": "No scheduler answers at 'tcp://127.0.0.1:9'",
        "nowhere": "No scheduler answers at 'nowhere'",
    }.items():
        with pytest.raises(ValueError, match=".") as caught, common.trainings("x", address):
            pass
        assert says in str(caught.value) and "\n" not in str(caught.value)
