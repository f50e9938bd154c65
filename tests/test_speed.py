"""Reference seconds: a fixed workload measures the machine's speed at this moment."""

import subprocess
import sys
import time

import pytest

from course_utils import speed


def test_the_speed_is_steps_a_second_over_the_reference_machines(monkeypatch):
    monkeypatch.setattr(speed, "_workload", lambda: lambda: time.sleep(0.01))
    assert speed.speed(0.3) == pytest.approx(100 / speed.REFERENCE, rel=0.25)


def test_half_a_machine_is_half_as_fast(monkeypatch):
    """A step that takes twice as long, as where somebody else has one of two cores."""
    found = []
    for pause in (0.01, 0.02):
        monkeypatch.setattr(speed, "_workload", lambda pause=pause: lambda: time.sleep(pause))
        found.append(speed.speed(0.3))
    assert found[1] == pytest.approx(found[0] / 2, rel=0.25)


def test_the_workload_trains():
    step = speed._workload()
    first = [step() for _ in range(3)]
    assert first[0] > first[1] > first[2] > 0


def test_nothing_heavy_is_loaded_before_it_is_measured():
    code = "import sys, course_utils.runner; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
