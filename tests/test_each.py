"""Independent trainings: each once, kept until all is written, one more try, then a name."""

import sys

import pytest

from course_utils import paths
from experiments import common

ran = []


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    ran.clear()


def squared(number, fails=0):
    ran.append(number)
    if ran.count(number) <= fails:
        raise ValueError("no such luck")
    return number**2


def test_here_each_job_runs_once_in_its_order():
    with common.trainings("x") as each:
        assert each(squared, [(3,), (2,)]) == common.in_turn(squared, [(3,), (2,)]) == [9, 4]
    assert ran == [3, 2] * 2


def test_what_a_stopped_run_has_finished_isn_t_run_again(monkeypatch):
    def stopped(number):
        if number == 2:
            raise KeyboardInterrupt
        return squared(number)

    stopped.__module__, stopped.__qualname__, stopped.__name__ = (
        getattr(squared, name) for name in ("__module__", "__qualname__", "__name__")
    )
    with pytest.raises(KeyboardInterrupt), common.trainings("x") as each:
        each(stopped, [(3,), (2,)])
    with common.trainings("x") as each:
        assert each(squared, [(3,), (2,)]) == [9, 4] and ran == [3, 2]
        each.forget()
        assert each(squared, [(3,)]) == [9] and ran == [3, 2, 3]


def test_a_job_that_fails_once_is_well():
    with common.trainings("x") as each:
        assert each(squared, [(3, 1), (2, 0)]) == [9, 4]
    assert ran == [3, 3, 2]


def test_one_that_fails_twice_is_named_when_the_others_are_finished():
    with common.trainings("x") as each:
        with pytest.raises(RuntimeError) as caught:
            each(squared, [(3, 2), (2, 0)])
        assert str(caught.value).startswith("1 of 2 failed twice, see above: squared_")
        assert str(caught.value).endswith(" (no such luck).")
        ran.clear()
        assert each(squared, [(2, 0)]) == [4] and ran == []


def test_other_arguments_and_another_function_are_other_jobs():
    each = common.Each(paths.BUILD)
    jobs = [(squared, (1,)), (squared, (2,)), (squared, (1, 0)), (common.in_turn, (1,))]
    assert len({each._file(*job) for job in jobs}) == 4


def test_without_dask_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ValueError, match="needs Dask in this environment: pip install distributed"),
        common.trainings("x", "tcp://here:8786"),
    ):
        pass


def test_a_clock_leaves_out_what_a_stop_has_cut():
    clock = common.Clock(iter([5.0, 7.0, 9.0]).__next__)
    for step in range(3):
        clock.on_train_batch_end(step)
    assert clock.seconds(100) == 200
