"""Precision and recall against hand-computed cases, loops, symmetries and errors."""

import numpy as np
import pytest

from course_utils import metrics
from course_utils.metrics import generated


def line(*places):
    return np.array(places, float)[:, None]


def by_loops(real, fake, neighbours):
    """The definition, one pair of rows after the other."""

    def share(points, centres):
        reach = []
        for number, centre in enumerate(centres):
            others = [c for other, c in enumerate(centres) if other != number]
            reach.append(sorted(np.linalg.norm(centre - other) for other in others)[neighbours - 1])
        found = 0
        for point in points:
            found += any(np.linalg.norm(point - c) <= r for c, r in zip(centres, reach))
        return found / len(points)

    return {"precision": share(fake, real), "recall": share(real, fake)}


def test_three_points_on_a_line_by_hand():
    real = line(0, 1, 3)  # they reach 1, 1 and 2 far; 3, 2 and 3 to their second neighbour
    fake = line(0.5, 0.75, 10)  # 0.25, 0.25 and 9.25; 9.5, 9.25 and 9.5
    scores = metrics.precision_recall(real, fake, neighbours=1)
    assert scores == pytest.approx({"precision": 2 / 3, "recall": 2 / 3})
    scores = metrics.precision_recall(real, fake, neighbours=2)
    assert scores == pytest.approx({"precision": 2 / 3, "recall": 1})


def test_what_lies_just_as_far_as_the_neighbour_is_reached():
    real = line(0, 1, 3)
    assert metrics.precision_recall(real, line(5, 20), 1)["precision"] == 0.5
    assert metrics.precision_recall(real, line(5.001, 20), 1)["precision"] == 0


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_both_follow_the_definition_however_many_rows_are_held(neighbours, monkeypatch):
    rng = np.random.default_rng(neighbours)
    real, fake = rng.normal(0, 1, (40, 4)), rng.normal(0.8, 0.7, (31, 4))
    expected = by_loops(real, fake, neighbours)
    assert 0 < expected["recall"] < expected["precision"] < 1
    assert metrics.precision_recall(real, fake, neighbours) == expected
    monkeypatch.setattr(generated, "ROWS", 7)
    assert metrics.precision_recall(real, fake, neighbours) == expected
    turned = metrics.precision_recall(fake, real, neighbours)
    assert turned == {"precision": expected["recall"], "recall": expected["precision"]}


def test_turning_shifting_and_scaling_all_features_change_nothing():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 1, (60, 3)), rng.normal(0.5, 1, (50, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    moved = (7 * side @ turn + 100 for side in (real, fake))
    assert metrics.precision_recall(*moved) == metrics.precision_recall(real, fake)


def test_equal_sets_have_both_and_far_ones_neither():
    features = np.random.default_rng(1).normal(size=(50, 6)).astype(np.float32)
    assert metrics.precision_recall(features, features) == {"precision": 1, "recall": 1}
    assert metrics.precision_recall(features, features + 99) == {"precision": 0, "recall": 0}
    twice = np.repeat(features, 5, axis=0)  # they reach no farther than themselves
    assert metrics.precision_recall(twice, features) == {"precision": 1, "recall": 1}


def test_one_kind_of_two_has_precision_without_recall():
    rng = np.random.default_rng(2)
    kinds = rng.normal(size=(2, 100, 5)) + np.array([0, 1000])[:, None, None]
    real = np.concatenate(kinds)
    dropped = metrics.precision_recall(real, kinds[0])
    assert dropped == {"precision": 1, "recall": 0.5}
    one_picture = kinds[0, :1] + rng.normal(0, 1e-3, (200, 5))
    collapsed = metrics.precision_recall(real, one_picture)
    assert collapsed["precision"] == 1 and collapsed["recall"] <= 0.01


ROWS = np.zeros((5, 2))


@pytest.mark.parametrize(
    "real, fake, neighbours, error, says",
    [
        (ROWS[0], ROWS, 3, ValueError, "real must have the shape"),
        (ROWS, ROWS[None], 3, ValueError, "fake must have the shape"),
        (ROWS, ROWS[:, :1], 3, ValueError, "doesn't fit"),
        (ROWS[:3], ROWS, 3, ValueError, "real must have more rows than the 3 neighbours .* not 3"),
        (ROWS, ROWS[:2], 3, ValueError, "fake must have more rows than the 3 neighbours .* not 2"),
        (ROWS[:0], ROWS, 3, ValueError, "must not be empty"),
        (ROWS + np.nan, ROWS, 3, ValueError, "real must be floats"),
        (ROWS, ROWS + np.inf, 3, ValueError, "fake must be floats"),
        (ROWS.astype(int), ROWS, 3, TypeError, "real must be floats, not int64"),
        (ROWS, ROWS, 0, ValueError, "neighbours must be a whole number"),
        (ROWS, ROWS, 1.5, TypeError, "neighbours must be a whole number"),
    ],
)
def test_what_are_no_features_gets_one_sentence(real, fake, neighbours, error, says):
    with pytest.raises(error, match=says) as caught:
        metrics.precision_recall(real, fake, neighbours)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_diversity_by_hand():
    black, grey, white = (np.full((2, 3, 3), each) for each in (0.0, 0.5, 1.0))
    others = np.stack([black, white])  # 1 apart
    answers = np.stack([[black, grey], [white, grey], [grey, grey]])  # 1, .5, .5 apart; and 0
    assert metrics.diversity(answers, others) == pytest.approx(1 / 3)
    assert metrics.diversity(others[:, None], others) == 1
    assert metrics.diversity(answers[[0, 0]], others) == 0


def test_diversity_needs_pictures_that_differ():
    same = np.ones((2, 3, 4, 3))
    with pytest.raises(ValueError, match="again and again; give different ones"):
        metrics.diversity(same[:, None], same)
    with pytest.raises(ValueError, match="2"):
        metrics.diversity(same[:1, None], same)
