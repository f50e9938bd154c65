import pytest

from course_utils.training.schedules import warm_cosine


def test_up_to_the_peak_and_down_to_zero():
    rate = warm_cosine(80, peak=0.01)
    values = [float(rate(step)) for step in range(81)]
    assert values[0] == 0 and max(values) == pytest.approx(0.01) and values[10] == max(values)
    assert values[:11] == sorted(values[:11]) and values[10:] == sorted(values[10:], reverse=True)
    assert values[45] == pytest.approx(0.005, rel=1e-3) and values[80] == pytest.approx(0, abs=1e-8)


def test_two_steps_work_and_one_is_refused():
    assert float(warm_cosine(2)(1)) > 0
    with pytest.raises(ValueError, match="at least 2"):
        warm_cosine(1)
