"""Metrics of label images against hand-computed cases and brute-force definitions."""

from itertools import combinations

import numpy as np
import pytest
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from course_utils import metrics


def random_labels(seed, shape=(24, 30), cells=9):
    """Rectangles over each other: cells of all sizes, some hidden by later ones."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    for cell in range(1, cells + 1):
        top, left = rng.integers(0, shape)
        height, width = rng.integers(2, 11, 2)
        labels[top : top + height, left : left + width] = cell
    return labels


def disturbed(labels, seed):
    """A prediction that is nearly right: shifted cells, one missing, one split, one invented."""
    rng = np.random.default_rng(seed)
    result = np.roll(labels, rng.integers(-1, 2, 2), (0, 1))
    result[result == 2] = 0
    result[:, :12][result[:, :12] == 3] = 40
    result[20:, 20:] = 41
    return result


PAIRS = [(random_labels(s), disturbed(random_labels(s), s)) for s in range(6)]
PAIRS += [(random_labels(7), random_labels(8))]
EMPTY = np.zeros((6, 7), np.int32)
PERFECT = np.array([[1, 1, 0, 2], [1, 1, 0, 2]])


def counts_by_brute_force(truth, prediction, threshold):
    """Try every pair of cells; the largest one-to-one matching by an assignment solver."""
    true_cells = [truth == cell for cell in np.unique(truth) if cell]
    cells = [prediction == cell for cell in np.unique(prediction) if cell]
    match = np.zeros((len(true_cells), len(cells)), int)
    for i, a in enumerate(true_cells):
        for j, b in enumerate(cells):
            match[i, j] = (a & b).sum() / (a | b).sum() > threshold
    tp = int(match[linear_sum_assignment(match, maximize=True)].sum())
    return tp, len(cells) - tp, len(true_cells) - tp


@pytest.mark.parametrize("threshold", [0, 0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_instance_counts_by_brute_force(pair, threshold):
    expected = counts_by_brute_force(*PAIRS[pair], threshold)
    tp, fp, fn = metrics.instance_counts(*PAIRS[pair], threshold)
    assert (tp, fp, fn) == expected and type(tp) is type(fp) is type(fn) is int
    f1 = metrics.instance_f1(*PAIRS[pair], threshold)
    assert f1 == pytest.approx(2 * tp / (2 * tp + fp + fn))


def test_an_overlap_at_the_threshold_is_no_match():
    truth, prediction = np.array([[1, 1, 0]]), np.array([[1, 0, 0]])  # IoU is 1/2
    assert metrics.instance_counts(truth, prediction, 0.5) == (0, 1, 1)
    assert metrics.instance_counts(truth, prediction, 0.49) == (1, 0, 0)


def test_each_cell_has_one_partner_and_the_matching_is_the_largest():
    # true cell 1 overlaps predictions 1 (IoU 4/9) and 2 (1/5); true cell 2 only prediction 1 (2/9):
    # who takes the best pair first finds one cell, who takes the other two finds both.
    truth = np.array([[1, 1, 1, 1, 1, 1, 2, 2, 0]])
    prediction = np.array([[2, 2, 1, 1, 1, 1, 1, 1, 1]])
    assert metrics.instance_counts(truth, prediction, 0.2) == (2, 0, 0)
    assert metrics.instance_counts(truth, prediction, 0.3) == (1, 1, 1)
    halves = np.array([[1, 1, 1, 2, 2, 2]])  # two halves of one cell: one is found, one invented
    assert metrics.instance_counts(np.ones_like(halves), halves, 0.4) == (1, 1, 0)


def test_average_precision_by_hand():
    truth = np.zeros((1, 30), int)
    truth[0, :10], truth[0, 12:22] = 1, 2
    prediction = np.zeros_like(truth)
    prediction[0, :10], prediction[0, 12:19] = 5, 6  # IoU 1 and 0.7
    # 2/2 at .5 .55 .6 .65, then 1 found of 1 + 1 + 1 at the six from .7 on
    assert metrics.mean_average_precision(truth, prediction) == pytest.approx((4 + 6 / 3) / 10)


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_average_precision_by_brute_force(pair):
    thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    counts = [counts_by_brute_force(*PAIRS[pair], t) for t in thresholds]
    expected = np.mean([tp / (tp + fp + fn) for tp, fp, fn in counts])
    assert metrics.mean_average_precision(*PAIRS[pair]) == pytest.approx(expected)


def test_pooled_f1_adds_the_counts_first():
    truths = [PERFECT, np.array([[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]])]
    predictions = [PERFECT, np.zeros((1, 11), int)]
    assert np.mean([metrics.instance_f1(t, p) for t, p in zip(truths, predictions)]) == 0.5
    assert metrics.pooled_f1(truths, predictions) == pytest.approx(2 * 2 / (2 * 2 + 6))
    for truth, prediction in PAIRS:
        one = metrics.instance_f1(truth, prediction)
        assert metrics.pooled_f1([truth] * 2, [prediction] * 2) == pytest.approx(one)


@pytest.mark.parametrize(
    "metric",
    [
        metrics.instance_f1,
        metrics.mean_average_precision,
        lambda t, p: metrics.pooled_f1([t], [p]),
        lambda t, p: metrics.instance_f1(t, p, 0.2),
    ],
)
def test_instances_at_the_extremes(metric):
    one = np.array([[1]])
    assert metric(EMPTY, EMPTY) == metric(one, one) == metric(PERFECT, PERFECT) == 1
    assert metric(EMPTY, EMPTY + 1) == metric(EMPTY + 1, EMPTY) == metric(one, one * 0) == 0
    assert type(metric(EMPTY, EMPTY)) is type(metric(one, one)) is float


# Merged cells


def merges_by_brute_force(probability, truth, threshold, share):
    blobs, n = ndimage.label(probability > threshold)
    count = 0
    for blob in range(1, n + 1):
        held = [np.mean(blobs[truth == cell] == blob) for cell in np.unique(truth) if cell]
        count += sum(part >= share for part in held) >= 2
    return count


@pytest.mark.parametrize("share", [0.1, 0.5, 1])
@pytest.mark.parametrize("seed", range(4))
def test_merges_by_brute_force(seed, share):
    truth = random_labels(seed, cells=14)
    noise = np.random.default_rng(seed).random(truth.shape)
    for level in (0.2, 0.5):
        probability = np.where(truth > 0, 1 - 0.6 * noise, 0.6 * noise)
        expected = merges_by_brute_force(probability, truth, level, share)
        assert metrics.merges(probability, truth, level, share) == expected


def test_merges_by_hand():
    truth = np.array([[1, 1, 0, 2, 2], [0, 0, 0, 0, 0], [3, 3, 0, 4, 4]])
    joined = np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]], np.float32)
    assert metrics.merges(joined, truth) == 1
    assert metrics.merges((truth > 0) * 0.9, truth) == 0
    assert metrics.merges(np.ones(truth.shape), truth) == 1  # one blob, however many cells
    half = joined * [1, 1, 1, 1, 0]  # holds all of cell 1 and half of cell 2
    assert metrics.merges(half, truth, share=0.5) == 1
    assert metrics.merges(half, truth, share=0.51) == 0
    assert metrics.merges(joined * 0.5, truth) == 0  # at the threshold is not above it
    assert type(metrics.merges(joined, truth)) is int


def test_blobs_that_meet_in_a_corner_are_two():
    truth = np.array([[1, 0], [0, 2]])
    assert metrics.merges((truth > 0) * 1.0, truth) == 0


def test_nothing_to_merge():
    assert metrics.merges(np.ones(EMPTY.shape), EMPTY) == 0
    assert metrics.merges(np.zeros(EMPTY.shape), EMPTY + 1) == 0


# Partitions


def rand_error_by_pairs(truth, prediction):
    """The F-score over all pairs of pixels inside true cells, one pair at a time."""
    inside = np.argwhere(truth > 0)
    both = together = joined = 0
    for x, y in combinations(map(tuple, inside), 2):
        same_truth, same_prediction = truth[x] == truth[y], prediction[x] == prediction[y]
        together += same_truth
        joined += same_prediction
        both += same_truth and same_prediction
    return 1 - 2 * both / (together + joined)


@pytest.mark.parametrize("seed", range(4))
def test_adapted_rand_error_by_pairs_of_pixels(seed):
    truth = random_labels(seed, shape=(8, 9), cells=5)
    prediction = random_labels(seed + 10, shape=(8, 9), cells=4)
    expected = rand_error_by_pairs(truth, prediction)
    assert metrics.adapted_rand_error(truth, prediction) == pytest.approx(expected)


def test_adapted_rand_error_by_hand():
    truth = np.array([[1, 1, 0, 2, 2]])
    assert metrics.adapted_rand_error(truth, truth) == 0
    assert metrics.adapted_rand_error(truth, np.array([[1, 1, 9, 2, 2]])) == 0  # membrane is free
    # one segment: 6 pairs joined, 2 of them rightly, 2 in the truth: F = 2·2 / (6 + 2)
    assert metrics.adapted_rand_error(truth, np.ones_like(truth)) == pytest.approx(0.5)
    # a thick membrane is one segment: 3 pixels joined, none of them rightly; truth has 2 pairs
    assert metrics.adapted_rand_error(truth, np.array([[1, 0, 0, 0, 2]])) == 1
    # all pixels apart: no pair is joined
    assert metrics.adapted_rand_error(truth, np.array([[1, 2, 0, 3, 4]])) == 1


def test_a_truth_without_cells_has_no_partition():
    with pytest.raises(ValueError, match="isn't defined"):
        metrics.adapted_rand_error(EMPTY, EMPTY)


def test_a_truth_without_pairs_has_no_rand_error():
    with pytest.raises(ValueError, match="two pixels"):
        metrics.adapted_rand_error(np.array([[1, 0, 2]]), np.array([[1, 1, 1]]))


# Everything that takes label images


LABEL_METRICS = [
    metrics.instance_counts,
    metrics.instance_f1,
    metrics.mean_average_precision,
    metrics.adapted_rand_error,
    lambda t, p: metrics.instance_counts(t, p, 0.1),
]


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_the_numbers_of_the_cells_do_not_matter(metric):
    truth, prediction = PAIRS[0]
    rng = np.random.default_rng(0)
    renumber = np.concatenate([[0], 1 + rng.permutation(500)])
    assert metric(renumber[truth], renumber[prediction]) == pytest.approx(metric(*PAIRS[0]))
    assert metric(truth.astype("uint8"), prediction.astype("int64")) == metric(*PAIRS[0])


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_label_images_that_are_none(metric):
    for wrong, error, says in [
        (PERFECT.astype(float), TypeError, "integers"),
        (PERFECT > 0, TypeError, "skimage.measure.label"),
        (PERFECT[None], ValueError, r"\(1, 2, 4\)"),
        (PERFECT[:0], ValueError, "empty"),
        (PERFECT - 1, ValueError, "-1"),
        (PERFECT[:, :3], ValueError, r"one shape"),
    ]:
        with pytest.raises(error, match=says):
            metric(wrong, PERFECT)
        with pytest.raises(error, match=says):
            metric(PERFECT, wrong)


def test_probabilities_that_are_none():
    metric = metrics.merges
    good = (PERFECT > 0) * 0.9
    for wrong in (good * 2, good - 0.1, good * np.nan, good * 255):
        with pytest.raises(ValueError, match=r"probability must be .* in \[0, 1\]"):
            metric(wrong, PERFECT)
    with pytest.raises(ValueError, match="empty"):
        metric(good[:0], PERFECT)
    with pytest.raises(TypeError, match="divide uint8 by 255"):
        metric((255 * good).astype(np.uint8), PERFECT)
    with pytest.raises(ValueError, match="one shape"):
        metric(good[:, :3], PERFECT)
    with pytest.raises(TypeError, match="integers"):
        metric(good, PERFECT.astype("float32"))
    with pytest.raises(ValueError, match="threshold"):
        metric(good, PERFECT, threshold=1.5)


def test_settings_that_make_no_sense():
    for threshold in (1, -0.1, 50, np.nan):
        with pytest.raises(ValueError, match="threshold"):
            metrics.instance_counts(PERFECT, PERFECT, threshold)
    for share in (0, 1.1):
        with pytest.raises(ValueError, match="share"):
            metrics.merges(PERFECT > 0, PERFECT, share=share)
    with pytest.raises(ValueError, match="as many"):
        metrics.pooled_f1([PERFECT], [])
    with pytest.raises(ValueError, match="must hold at least one"):
        metrics.pooled_f1([], [])
    with pytest.raises(ValueError, match="must hold at least one"):
        metrics.mean_average_precision(PERFECT, PERFECT, [])


def test_the_six_scores_are_those_of_the_single_metrics():
    rng = np.random.default_rng(3)
    truths = [rng.integers(0, 4, (12, 12)) for _ in range(3)] + [np.zeros((12, 12), int)]
    found = [rng.integers(0, 4, (12, 12)) for _ in range(3)] + [np.zeros((12, 12), int)]
    scores = metrics.segmentation_scores(truths, found)
    pairs = list(zip(truths, found))
    assert scores["iou"] == pytest.approx(np.mean([metrics.iou(t > 0, f > 0) for t, f in pairs]))
    assert scores["dice"] == pytest.approx(np.mean([metrics.dice(t > 0, f > 0) for t, f in pairs]))
    assert scores["f1"] == pytest.approx(np.mean([metrics.instance_f1(t, f) for t, f in pairs]))
    assert scores["f1_pooled"] == metrics.pooled_f1(truths, found)
    rand = [metrics.adapted_rand_error(t, f) for t, f in pairs[:3]]
    assert scores["adapted_rand_error"] == pytest.approx(np.mean(rand))
    perfect = metrics.segmentation_scores(truths, truths)
    assert perfect.pop("adapted_rand_error") == pytest.approx(0, abs=1e-9)
    assert set(perfect) == {"iou", "dice", "f1", "f1_pooled", "mean_ap"}
    assert all(value == 1 for value in perfect.values())


def test_scores_without_a_cell_are_defined():
    best = {"iou": 1, "dice": 1, "f1": 1, "f1_pooled": 1, "mean_ap": 1, "adapted_rand_error": 0}
    worst = {name: 1 - value for name, value in best.items()}
    some = np.kron(PERFECT, np.ones((3, 2), int))[:, :7]
    assert metrics.segmentation_scores([EMPTY], [EMPTY]) == best
    assert metrics.segmentation_scores([EMPTY], [some]) == worst
    half = metrics.segmentation_scores([EMPTY, EMPTY], [EMPTY, some])
    assert half["f1"] == 0.5 and half["f1_pooled"] == 0 and half["adapted_rand_error"] == 1
    beside = metrics.segmentation_scores([EMPTY, some], [some, some])  # only where cells are
    assert beside["adapted_rand_error"] == pytest.approx(0, abs=1e-9)
    points = np.diag([1, 2, 3])  # cells of one pixel have no pairs
    assert metrics.segmentation_scores([points], [points]) == best
