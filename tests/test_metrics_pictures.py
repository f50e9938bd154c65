"""Metrics of pictures against hand-computed cases, definitions and symmetries."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity

from course_utils import metrics


def test_rmse_and_psnr_by_hand_and_against_scikit_image():
    truth, prediction = np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[0.0, 0.6], [0.5, 0.2]])
    assert metrics.rmse(truth, prediction) == pytest.approx(np.sqrt(0.25 / 4))
    assert metrics.psnr(truth, prediction) == pytest.approx(-10 * np.log10(0.0625))
    assert metrics.rmse(truth, truth) == 0 and metrics.psnr(truth, truth) == np.inf
    assert metrics.psnr(np.zeros(4), np.full(4, 1e-200)) == np.inf  # its square is 0


def test_binary_cross_entropy_by_hand_and_by_its_formula():
    assert metrics.binary_cross_entropy([0.0, 1.0], [0.5, 0.5]) == pytest.approx(np.log(2))
    t, p = np.random.default_rng(0).random((2, 5, 7))
    expected = np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))
    assert metrics.binary_cross_entropy(t, p) == pytest.approx(expected, abs=1e-12)
    sure_and_wrong = metrics.binary_cross_entropy([1.0, 0.0], [0.0, 1.0])
    assert sure_and_wrong == pytest.approx(-np.log(1e-7))


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
