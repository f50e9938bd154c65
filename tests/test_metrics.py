"""Metrics against hand-computed cases and brute-force definitions."""

from itertools import combinations

import numpy as np
import pytest
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from skimage.metrics import structural_similarity

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


# Masks


def test_masks_by_hand():
    truth = np.array([[1, 1, 0, 0]])
    prediction = np.array([[0, 1, 1, 0]])
    assert metrics.iou(truth, prediction) == pytest.approx(1 / 3)
    assert metrics.dice(truth, prediction) == pytest.approx(1 / 2)


@pytest.mark.parametrize("seed", range(4))
def test_masks_by_sets_of_pixels(seed):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.random((2, 9, 11)) > rng.uniform(0.2, 0.8)
    a, b = (set(map(tuple, np.argwhere(mask))) for mask in (truth, prediction))
    assert metrics.iou(truth, prediction) == pytest.approx(len(a & b) / len(a | b))
    assert metrics.dice(truth, prediction) == pytest.approx(2 * len(a & b) / (len(a) + len(b)))
    j = metrics.iou(truth, prediction)
    assert metrics.dice(truth, prediction) == pytest.approx(2 * j / (1 + j))


@pytest.mark.parametrize("metric", [metrics.iou, metrics.dice])
def test_masks_at_the_extremes(metric):
    empty, full, one = np.zeros((5, 5), bool), np.ones((5, 5), bool), np.array([[True]])
    assert metric(empty, empty) == metric(full, full) == metric(one, one) == 1
    assert metric(empty, full) == metric(full, empty) == metric(one, ~one) == 0
    assert metric(full.astype("uint8"), full.astype("float32")) == 1
    assert type(metric(empty, empty)) is type(metric(full, empty)) is float


@pytest.mark.parametrize("metric", [metrics.iou, metrics.dice])
def test_masks_that_are_none(metric):
    mask = np.ones((4, 4))
    for values in (mask * 255, mask * 0.5, mask * np.nan, -mask):
        with pytest.raises(ValueError, match="prediction must be a mask of 0 and 1"):
            metric(mask, values)
    with pytest.raises(ValueError, match="truth must be a mask"):
        metric(mask * 2, mask)
    with pytest.raises(ValueError, match=r"prediction \(4, 4, 1\) doesn't fit truth \(4, 4\)"):
        metric(mask, mask[..., None])
    with pytest.raises(ValueError, match="truth must not be empty"):
        metric(mask[:0], mask[:0])


# Instances


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


# Pictures ---------------------------------------------------------------------------------------


def test_rmse_and_psnr_by_hand_and_against_scikit_image():
    truth, prediction = np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[0.0, 0.6], [0.5, 0.2]])
    assert metrics.rmse(truth, prediction) == pytest.approx(np.sqrt(0.25 / 4))
    assert metrics.psnr(truth, prediction) == pytest.approx(-10 * np.log10(0.0625))
    assert metrics.rmse(truth, truth) == 0 and metrics.psnr(truth, truth) == np.inf
    assert metrics.psnr(np.zeros(4), np.full(4, 1e-200)) == np.inf  # its square is 0


def test_binary_cross_entropy_by_hand_and_against_keras():
    import keras

    assert metrics.binary_cross_entropy([0.0, 1.0], [0.5, 0.5]) == pytest.approx(np.log(2))
    rng = np.random.default_rng(0)
    truth, prediction = rng.random((2, 5, 7))
    theirs = keras.losses.binary_crossentropy(truth.ravel(), prediction.ravel())
    assert metrics.binary_cross_entropy(truth, prediction) == pytest.approx(float(theirs), abs=1e-6)
    assert np.isfinite(metrics.binary_cross_entropy([1.0, 0.0], [0.0, 1.0]))


def test_no_prediction_gets_below_the_entropy_of_a_grey_target():
    rng = np.random.default_rng(1)
    truth = rng.random((20, 20))
    own = metrics.binary_cross_entropy(truth, truth)
    assert own > 0.3
    for shift in rng.normal(0, 0.05, (10, 20, 20)):
        assert metrics.binary_cross_entropy(truth, np.clip(truth + shift, 0, 1)) > own


def test_page_scores_pool_pixels_not_pages():
    small, large = np.zeros((1, 2)), np.zeros((3, 6))
    scores = metrics.page_scores([small, large], [small + 1.0, large])
    assert scores["rmse"] == pytest.approx(np.sqrt(2 / 20))
    assert scores["psnr"] == pytest.approx(10.0)
    assert set(scores) == {"rmse", "psnr", "bce"}


@pytest.mark.parametrize(
    "bad",
    [
        np.full((2, 2), 128.0),
        np.full((2, 2), np.nan),
        np.zeros((3, 2)),
        -np.ones((2, 2)),
        np.full((2, 2), np.inf),
    ],
)
def test_pictures_of_another_range_or_shape_are_refused(bad):
    for metric in (metrics.rmse, metrics.psnr, metrics.binary_cross_entropy, metrics.mae):
        with pytest.raises(ValueError):
            metric(np.zeros((2, 2)), bad)
        with pytest.raises(TypeError, match="divide 8-bit pictures by 255"):
            metric(np.zeros((2, 2)), np.full((2, 2), 128))
    with pytest.raises(ValueError):
        metrics.page_scores([np.zeros((2, 2))], [])


def test_mae_by_hand():
    assert metrics.mae([[0.0, 1.0], [0.5, 0.5]], [[0.0, 0.6], [0.5, 0.3]]) == pytest.approx(0.15)
    assert metrics.mae(np.zeros((3, 3)), np.ones((3, 3))) == 1 and metrics.mae([0.3], [0.3]) == 0


def scenes(seed, count=3, size=(40, 32)):
    """Pictures (H, W, 3) in [0, 1] with structure and grain, and labels in large blocks."""
    rng = np.random.default_rng(seed)
    pictures = [ndimage.gaussian_filter(rng.random((*size, 3)), (1, 1, 0)) for _ in range(count)]
    labels = [
        rng.integers(0, 3, (2, 2)).repeat(size[0] // 2, 0).repeat(size[1] // 2, 1)
        for _ in range(count)
    ]
    return pictures, labels


def ssim_by_its_formula(a, b):
    """Wang et al. (2004), eq. 13, with the window as a plain sum over 11 × 11 pixels."""
    place = np.arange(-5, 6)
    window = np.exp(-(place[:, None] ** 2 + place**2) / (2 * 1.5**2))
    window /= window.sum()
    views = [np.lib.stride_tricks.sliding_window_view(p, (11, 11)) for p in (a, b)]
    mean_a, mean_b = ((view * window).sum((-1, -2)) for view in views)
    var_a, var_b = ((v * v * window).sum((-1, -2)) - m * m for v, m in zip(views, (mean_a, mean_b)))
    both = (views[0] * views[1] * window).sum((-1, -2)) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return (top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean()


def test_ssim_by_its_formula_and_its_symmetries():
    (a, b, _), _ = scenes(0)
    expected = np.mean([ssim_by_its_formula(a[..., c], b[..., c]) for c in range(3)])
    assert metrics.ssim(a, b) == pytest.approx(expected, abs=1e-9)
    assert metrics.ssim(a, a) == pytest.approx(1) and metrics.ssim(b, a) == metrics.ssim(a, b)
    assert metrics.ssim(a[::-1], b[::-1]) == pytest.approx(metrics.ssim(a, b))
    assert metrics.ssim(a[..., ::-1], b[..., ::-1]) == pytest.approx(metrics.ssim(a, b))
    black, white = np.zeros((11, 11, 1)), np.ones((11, 11, 1))
    assert metrics.ssim(black, white) == pytest.approx(1e-4 / (1 + 1e-4))


def test_ssim_of_one_window_by_scikit_image_and_by_hand():
    x, y = np.random.default_rng(0).random((2, 7, 7))
    settings = {"win_size": 7, "use_sample_covariance": False, "data_range": 1}
    whole = structural_similarity(x, y, **settings)  # one window fits into 7 × 7 pixels
    assert metrics.ssim_window(x, y) == pytest.approx(whole)
    assert metrics.ssim_window(x, x) == 1
    flat, other = np.full(3, 0.2), np.full(3, 0.6)
    assert metrics.ssim_window(flat, other) == pytest.approx(0.2401 / 0.4001)
    assert metrics.ssim_window(x, 1 - x) < 0


@pytest.mark.parametrize("shape", [(10, 40, 3), (40, 10, 3), (40, 40), (2, 40, 40, 3)])
def test_ssim_says_which_pictures_it_takes(shape):
    with pytest.raises(ValueError, match=r"truth must have the shape \(H≥11, W≥11, C\)"):
        metrics.ssim(np.zeros(shape), np.zeros(shape))
    with pytest.raises(ValueError, match="divide 8-bit pictures by 255"):
        metrics.ssim(np.zeros((11, 11, 3)), np.full((11, 11, 3), 128.0))


LUMINANCE = np.array([0.2125, 0.7154, 0.0721])


def energy_pixel_by_pixel(picture, labels, distance):
    """Over neighbours that are both `distance` away from each pixel that touches another label."""
    inside = list(np.ndindex(labels.shape))
    near = {(y, x): [(y, x + 1), (y + 1, x), (y, x - 1), (y - 1, x)] for y, x in inside}
    near = {p: [q for q in others if q in near] for p, others in near.items()}
    edges = [p for p in inside if any(labels[p] != labels[q] for q in near[p])]
    far = {p for p in inside if all(np.hypot(p[0] - e[0], p[1] - e[1]) >= distance for e in edges)}
    grey = picture @ LUMINANCE
    return sum((grey[p] - grey[q]) ** 2 for p in far for q in near[p] if q in far) / 2


@pytest.mark.parametrize("distance", [1, 2, 3, 4.5])
def test_sharpness_pixel_by_pixel(distance):
    real, labels = scenes(1, size=(20, 24))
    made, _ = scenes(2, size=(20, 24))
    energies = [
        [energy_pixel_by_pixel(p, l, distance) for p, l in zip(side, labels)]
        for side in (real, made)
    ]
    expected = np.sum(energies[1]) / np.sum(energies[0])
    assert metrics.sharpness(real, made, labels, distance) == pytest.approx(expected)
    alone = [energy_pixel_by_pixel(p, np.zeros((20, 24), int), 1) for p in real + made]
    assert metrics.sharpness(real, made) == pytest.approx(np.sum(alone[3:]) / np.sum(alone[:3]))


def test_sharpness_sees_texture_and_no_outlines():
    rng = np.random.default_rng(0)
    labels = np.zeros((32, 32), int)
    labels[:, 16:] = 1
    wall = labels[..., None] * 0.5 + np.zeros(3)
    real = wall + 0.2 * rng.random((32, 32, 1))
    assert metrics.sharpness([real], [real], [labels]) == 1
    assert metrics.sharpness([real], [wall], [labels]) == 0  # a mean colour has an outline only
    assert metrics.sharpness([real], [wall]) > 0.1
    blurred = ndimage.gaussian_filter(real, (1, 1, 0))
    assert 0 < metrics.sharpness([real], [blurred], [labels]) < 0.3
    half = (real + wall) / 2  # half the contrast, a quarter of the energy
    assert metrics.sharpness([real], [half], [labels]) == pytest.approx(0.25)
    noisy = np.clip(real + rng.normal(0, 0.1, real.shape), 0, 1)
    assert metrics.sharpness([real], [noisy], [labels]) > 1


def test_sharpness_does_not_care_for_orientation_light_or_names():
    real, labels = scenes(3)
    made, _ = scenes(4)
    value = metrics.sharpness(real, made, labels)
    turns = (lambda p: p[::-1], lambda p: p[:, ::-1], lambda p: p.swapaxes(0, 1))
    for turn in turns:
        turned = metrics.sharpness(*([turn(p) for p in part] for part in (real, made, labels)))
        assert turned == pytest.approx(value)
    darker = [[p * 0.5 for p in part] for part in (real, made)]
    assert metrics.sharpness(*darker, labels) == pytest.approx(value)
    renamed = [np.array([7, 0, 3])[each] for each in labels]
    assert metrics.sharpness(real, made, renamed) == value


def test_sharpness_that_is_not_defined():
    real, labels = scenes(5, count=1)
    flat = [np.full_like(real[0], 0.5)]
    with pytest.raises(ValueError, match="no texture"):
        metrics.sharpness(flat, real, labels)
    checks = [np.indices(real[0].shape[:2]).sum(0) % 2]
    with pytest.raises(ValueError, match="no texture 3 pixels away"):
        metrics.sharpness(real, real, checks)
    assert metrics.sharpness(real, flat) == 0
    for bad in ({"distance": 0}, {"labels": [labels[0][:5]]}, {"labels": []}, {"labels": real}):
        with pytest.raises((ValueError, TypeError)):
            metrics.sharpness(real, real, **({"labels": labels} | bad))
    with pytest.raises(ValueError, match=r"real\[0\] must have the shape \(h, w, 3\)"):
        metrics.sharpness([real[0][..., 0]], [real[0][..., 0]])


def test_picture_scores_are_those_of_the_single_metrics():
    (small, large), _ = scenes(6, count=2)
    small = small[:20]
    truths, made = [small, large], [small[::-1], large * 0.8]
    labels = [np.zeros(p.shape[:2], int) for p in truths]
    scores = metrics.picture_scores(truths, made)
    differences = np.concatenate([np.abs(t - m).ravel() for t, m in zip(truths, made)])
    assert scores["mae"] == pytest.approx(differences.mean())
    alone = [metrics.ssim(*pair) for pair in zip(truths, made)]
    assert scores["ssim"] == pytest.approx(np.mean(alone))
    assert scores["sharpness"] == metrics.sharpness(truths, made)
    assert metrics.picture_scores(truths, made, labels) == scores
    labels[1][:, 16:] = 1
    inner = metrics.sharpness(truths, made, labels)
    assert metrics.picture_scores(truths, made, labels)["sharpness"] == inner != scores["sharpness"]
    perfect = metrics.picture_scores(truths, truths)
    assert perfect == pytest.approx({"mae": 0, "ssim": 1, "sharpness": 1})
    for pair in (([], []), (truths, made[:1]), (truths, [small * 300, large])):
        with pytest.raises(ValueError):
            metrics.picture_scores(*pair)


# Classes ----------------------------------------------------------------------------------------


NAMES = ("wall", "window", "sill", "door")


def test_class_scores_by_hand():
    truth = np.array([[0, 0, 0, 0], [1, 1, 2, 2]])
    found = np.array([[0, 0, 0, 1], [1, 1, 1, 2]])
    scores = metrics.class_scores([truth], [found], NAMES)
    assert scores["pixel"] == pytest.approx(6 / 8)
    assert scores["class"] == pytest.approx((3 / 4 + 2 / 2 + 1 / 2) / 3)
    assert scores["ious"] == pytest.approx({"wall": 3 / 4, "window": 2 / 4, "sill": 1 / 2})
    assert scores["iou"] == pytest.approx((3 / 4 + 2 / 4 + 1 / 2) / 3)


def test_a_class_that_is_invented_counts_in_iou_only():
    scores = metrics.class_scores([np.zeros((1, 4), int)], [np.array([[0, 0, 0, 3]])], NAMES)
    assert scores["ious"] == {"wall": 0.75, "door": 0.0} and scores["iou"] == 0.375
    assert scores["class"] == scores["pixel"] == 0.75


@pytest.mark.parametrize("seed", range(4))
def test_class_scores_by_sets_of_pixels(seed):
    rng = np.random.default_rng(seed)
    truths = [rng.integers(0, 4, (5, 3 + n)) for n in range(3)]
    found = [np.where(rng.random(t.shape) < 0.5, t, rng.integers(0, 4, t.shape)) for t in truths]
    truth, prediction = (np.concatenate([p.ravel() for p in side]) for side in (truths, found))
    scores = metrics.class_scores(truths, found, NAMES)
    ious = {name: metrics.iou(truth == n, prediction == n) for n, name in enumerate(NAMES)}
    assert scores["ious"] == pytest.approx(ious)
    assert scores["iou"] == pytest.approx(np.mean(list(ious.values())))
    assert scores["pixel"] == pytest.approx(np.mean(truth == prediction))
    recalls = [np.mean(prediction[truth == n] == n) for n in range(4)]
    assert scores["class"] == pytest.approx(np.mean(recalls))


def test_class_scores_do_not_depend_on_order_or_numbers_of_the_classes():
    rng = np.random.default_rng(9)
    truths, found = rng.integers(0, 4, (2, 3, 6, 6))
    scores = metrics.class_scores(truths, found, NAMES)
    order = np.array([2, 0, 3, 1])  # class n gets number order[n]
    names = [NAMES[n] for n in np.argsort(order)]
    moved = metrics.class_scores(order[truths][::-1], order[found][::-1], names)
    assert moved["ious"] == pytest.approx(scores["ious"])
    assert moved["iou"] == pytest.approx(scores["iou"])
    perfect = metrics.class_scores(truths, truths, NAMES)
    assert perfect["pixel"] == perfect["class"] == perfect["iou"] == 1
    assert metrics.class_scores(truths, (truths + 1) % 4, NAMES)["iou"] == 0


def test_fcn_scores_by_hand_and_without_a_thin_class():
    truth = np.array([[0, 0, 0, 0], [1, 1, 2, 2]])
    found = np.array([[0, 0, 0, 1], [1, 1, 1, 2]])
    classes = ("facade", "window", "sill", "cornice")
    scores = metrics.fcn_scores([truth], [found], classes)
    assert scores == pytest.approx({"fcn_pixel": 0.75, "fcn_iou": 7 / 12, "fcn_iou_thin": 0.5})
    both = metrics.fcn_scores([truth], [found], classes, thin=("window", "sill"))
    assert both["fcn_iou_thin"] == pytest.approx(0.5)
    without = metrics.fcn_scores([truth], [found], NAMES, thin=("blind",))
    assert set(without) == {"fcn_pixel", "fcn_iou"}


@pytest.mark.parametrize(
    "truths, found, error",
    [
        ([PERFECT * 0 + 4], [PERFECT * 0], ValueError),
        ([PERFECT * 0], [PERFECT * 0 + 4], ValueError),
        ([PERFECT * 0 - 1], [PERFECT * 0], ValueError),
        ([PERFECT * 0.0], [PERFECT * 0], TypeError),
        ([PERFECT * 0], [PERFECT[1:] * 0], ValueError),
        ([PERFECT * 0], [], ValueError),
        ([], [], ValueError),
    ],
)
def test_classes_that_are_none(truths, found, error):
    for metric in (metrics.class_scores, metrics.fcn_scores):
        with pytest.raises(error):
            metric(truths, found, NAMES)
