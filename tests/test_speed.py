"""Reference seconds: a fixed workload, measured while a program stands still."""

import subprocess
import sys
import time

import psutil
import pytest

from course_utils import speed


@pytest.fixture
def machine(monkeypatch):
    """A machine whose workload takes as many seconds a step as one asks for."""
    pause = {"seconds": 0.01}
    monkeypatch.setattr(speed, "_workload", lambda: lambda: time.sleep(pause["seconds"]))
    return pause


def test_the_speed_is_steps_a_second_over_the_reference_machines(machine):
    found = []
    for machine["seconds"] in (0.01, 0.02):
        found.append(speed.speed(0.3))
    assert found[0] == pytest.approx(100 / speed.REFERENCE, rel=0.25)
    assert found[1] == pytest.approx(found[0] / 2, rel=0.25)


def test_the_workload_trains():
    step = speed._workload()
    first = [step() for _ in range(3)]
    assert first[0] > first[1] > first[2] > 0


def test_a_run_on_a_machine_half_as_fast_takes_as_many_reference_seconds(machine, monkeypatch):
    """A second of work at full speed, two at half speed: the same, and pauses don't count."""
    monkeypatch.setattr(speed, "EVERY", 0.1)
    monkeypatch.setattr(speed, "SECONDS", 0.1)
    took = {}
    for machine["seconds"], wall in ((0.005, 0.4), (0.01, 0.8)):
        clock = speed.Clock(pid=2**22 + 1)  # no such process: nothing stands still
        end = time.perf_counter()
        while clock.wall < wall:
            time.sleep(0.02)
            clock.tick()
        clock.tick(last=True)
        assert time.perf_counter() - end > clock.wall  # beside the pauses
        took[wall] = clock.reference / clock.wall * wall
    assert took[0.8] == pytest.approx(took[0.4], rel=0.25)


def test_within_a_measurement_the_program_and_its_children_stand_still():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    program = subprocess.Popen([sys.executable, "-c", code])
    try:
        parent = psutil.Process(program.pid)
        while not parent.children():
            time.sleep(0.01)
        child = parent.children()[0]
        with speed.standing_still(program.pid):
            before = child.cpu_times().user
            time.sleep(0.3)
            assert child.cpu_times().user == before and child.status() == psutil.STATUS_STOPPED
        time.sleep(0.5)
        assert child.status() == psutil.STATUS_RUNNING and child.cpu_times().user > before
    finally:
        child.kill()
        program.kill()


def test_nothing_heavy_is_loaded_before_it_is_measured():
    code = "import sys, course_utils.runner; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
