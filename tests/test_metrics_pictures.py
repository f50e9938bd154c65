"""Metrics of pictures against hand-computed cases, definitions and symmetries."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import color
from skimage.metrics import structural_similarity

from course_utils import metrics
from course_utils.models.features import network
from drawn_worlds.houses import facade


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


# Sets of pictures ---------------------------------------------------------------------------------


def noise(seed=0, count=30, size=(64, 64)):
    return 0.3 + 0.4 * np.random.default_rng(seed).random((count, *size))


def grid_by_its_sum(pictures, period):
    """The definition, with each line's power from a matrix of waves instead of an FFT."""
    if pictures.ndim == 4:
        pictures = pictures @ LUMINANCE
    height, width = pictures.shape[1:]
    windows = [np.sin(np.pi * np.arange(side) / side) ** 2 for side in (height, width)]
    spread = [
        np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) for n in (height, width)
    ]
    power = np.zeros((height, width))
    for picture in pictures:
        windowed = picture * windows[0][:, None] * windows[1]
        power += np.abs(spread[0] @ windowed @ spread[1]) ** 2
    at, beside = [], []
    for lines in (power.mean(1), power.mean(0)):
        middle = round(len(lines) / period)  # both signs: line n and line -n
        near = [middle + step for step in (-4, -3, 3, 4) if middle + step <= len(lines) // 2]
        at.append((lines[middle] + lines[-middle]) / 2)
        beside += [(lines[n] + lines[-n]) / 2 for n in near]
    return np.mean(at) / np.mean(beside)


@pytest.mark.parametrize("size", [(48, 48), (64, 50), (49, 70, 3)])
@pytest.mark.parametrize("period", [3, 4, 8])
def test_grid_by_its_sum(size, period):
    pictures = ndimage.gaussian_filter(noise(1, 3, size), (0, 0.7, 0.7, 0)[: len(size) + 1])
    assert metrics.grid(pictures, period) == pytest.approx(grid_by_its_sum(pictures, period))


@pytest.mark.parametrize("side", [48, 64, 101])
def test_grid_of_noise_is_one(side):
    found = [metrics.grid(noise(2, 60, (side, side)), period) for period in (2, 4, 8)]
    assert found == pytest.approx([1, 1, 1], abs=0.1)


@pytest.mark.parametrize("period", [2, 4, 8])
def test_grid_finds_stripes_and_checks_of_its_period_only(period):
    place = np.arange(64)
    wave = np.cos(2 * np.pi * place / period)
    others = {2, 4, 8} - {period}  # a cosine has no harmonics
    for lattice in (wave[:, None] + 0 * wave, wave + 0 * wave[:, None], np.outer(wave, wave)):
        pictures = noise() + 0.08 * lattice / np.sqrt(np.mean(lattice**2))
        assert metrics.grid(pictures, period) > 4
        for other in others:
            alone = metrics.grid(noise(), other)
            assert metrics.grid(pictures, other) == pytest.approx(alone, rel=0.05)


def test_grid_grows_with_the_power_of_the_lattice():
    checks = (-1.0) ** np.indices((64, 64)).sum(0)
    faint, strong = (metrics.grid(noise() + size * checks, 2) - 1 for size in (0.1, 0.2))
    assert strong == pytest.approx(4 * faint, rel=0.1)


def test_grid_of_pixels_that_are_repeated_is_near_zero():
    twice, fourfold = (noise(3, 30, (64 // n, 64 // n)).repeat(n, 1).repeat(n, 2) for n in (2, 4))
    assert metrics.grid(twice, 2) < 0.1 and metrics.grid(twice, 8) == pytest.approx(1, abs=0.15)
    assert metrics.grid(fourfold, 2) < 0.1 and metrics.grid(fourfold, 4) < 0.1


def test_grid_of_drawn_houses_is_near_one():
    houses = np.stack([facade(seed, size=64).photo for seed in range(20)])
    for period in (2, 4, 8):
        assert 0.5 < metrics.grid(houses, period) < 1.5
    checks = 0.05 * (-1.0) ** np.indices((64, 64)).sum(0)[..., None]
    assert metrics.grid((houses + checks).clip(0, 1), 2) > 4


@pytest.mark.parametrize("period", [2, 4, 8])
def test_grid_does_not_care_for_light_contrast_or_orientation(period):
    pictures = noise(4, 3, (64, 56))
    value = metrics.grid(pictures, period)
    same = [pictures + 0.2, pictures * 0.5, pictures.swapaxes(1, 2), pictures[::-1]]
    same += [np.roll(pictures[:, ::-1], 1, 1), np.roll(pictures[:, :, ::-1], 1, 2)]  # the window's
    same += [np.stack([pictures] * 3, -1)]  # middle is a pixel
    assert [metrics.grid(each, period) for each in same] == pytest.approx([value] * len(same))
    assert metrics.grid(pictures[:, ::-1], period) == pytest.approx(value, rel=0.1)


def test_grid_that_is_not_defined():
    pictures = noise(5, 2, (48, 48))
    assert metrics.grid(pictures, 8) > 0 and metrics.grid(pictures[:, :12, :12], 2) > 0
    with pytest.raises(ValueError, match="pictures need sides of 48 pixels for this, not 47"):
        metrics.grid(pictures[:, 1:], 8)
    with pytest.raises(ValueError, match="pictures need sides of 12 pixels for this, not 11"):
        metrics.grid(pictures[:, :11], 2)
    for flat in (np.zeros((1, 48, 48)), np.ones((2, 48, 48)), np.full((1, 48, 48, 3), 0.3)):
        with pytest.raises(ValueError, match="no power beside period 4"):
            metrics.grid(flat, 4)
    for wrong in (pictures * 2 - 1, pictures * np.nan, pictures[0], pictures[:0]):
        with pytest.raises(ValueError, match="pictures must"):
            metrics.grid(wrong, 4)
    with pytest.raises(TypeError, match="divide 8-bit pictures by 255"):
        metrics.grid((pictures * 255).astype(np.uint8), 4)
    with pytest.raises(ValueError, match="period must be a number"):
        metrics.grid(pictures, 1)


def small_network(pictures):
    """Two layers with random weights, one behind the other, the second at half the size."""
    rng = np.random.default_rng(0)
    first = np.maximum(pictures @ rng.normal(size=(3, 5)), 0)
    second = np.maximum(first[:, ::2, ::2] @ rng.normal(size=(5, 4)), 0)
    return {"first": first, "second": second}


def colours(seed, count, size=(10, 12)):
    return np.random.default_rng(seed).random((count, *size, 3)) ** (1 + seed)


def mean_gram(pictures, name):
    """Place by place, picture by picture."""
    grams = []
    for picture in pictures:
        activations = small_network(picture[None])[name][0]
        places = [activations[place] for place in np.ndindex(activations.shape[:2])]
        grams.append(np.mean([np.outer(place, place) for place in places], axis=0))
    return np.mean(grams, axis=0)


@pytest.mark.parametrize("count", [1, 8, 11])
def test_texture_distance_place_by_place(count):
    made, true = colours(0, count), colours(1, 3, (8, 9))
    expected = []
    for name in ("first", "second"):
        ours, theirs = mean_gram(made, name), mean_gram(true, name)
        expected.append(np.sum((ours - theirs) ** 2) / np.sum(theirs**2))
    found = metrics.texture_distance(made, true, small_network)
    assert found == pytest.approx(np.mean(expected), rel=1e-5)


def test_texture_distance_by_hand():
    white, grey = np.ones((1, 8, 8, 3)), np.full((2, 8, 8, 3), 0.5)

    def itself(pictures):
        return {"pictures": pictures}

    distance = metrics.texture_distance(grey, white, itself)  # a quarter of the truth's Gram
    assert distance == pytest.approx(0.75**2)
    assert metrics.texture_distance(white, grey, itself) == pytest.approx(3**2)
    assert metrics.texture_distance(white * 0, grey, itself) == 1


def test_texture_distance_forgets_order_and_places_and_is_zero_for_equal_sets():
    made, true = colours(0, 9, (8, 8)), colours(1, 10, (8, 8))
    distance = metrics.texture_distance(made, true, small_network)
    assert 0.01 < distance and type(distance) is float
    assert metrics.texture_distance(true[::-1], true, small_network) == pytest.approx(0, abs=1e-12)
    twice = np.concatenate([made, made])  # a set, not a sum
    rolled = np.roll(made, 2, (1, 2))  # by the second layer's pixel
    for same in (made[::-1], twice, rolled, made.swapaxes(1, 2)):
        assert metrics.texture_distance(same, true, small_network) == pytest.approx(distance)


def test_texture_distance_looks_at_few_pictures_at_once():
    seen = []

    def watched(pictures):
        seen.append((len(pictures), pictures.dtype))
        return small_network(pictures)

    metrics.texture_distance(colours(0, 19), colours(1, 8), watched)
    assert seen == [(8, "float32"), (8, "float32"), (3, "float32"), (8, "float32")]


def test_texture_distance_that_is_not_defined():
    pictures = colours(0, 2)
    with pytest.raises(ValueError, match="true pictures wake nothing"):
        metrics.texture_distance(pictures, pictures * 0, small_network)
    for wrong in (pictures * 300, pictures * np.nan, pictures[:, :7], pictures[0], pictures[:0]):
        with pytest.raises(ValueError, match="made must"):
            metrics.texture_distance(wrong, pictures, small_network)
        with pytest.raises(ValueError, match="true must"):
            metrics.texture_distance(pictures, wrong, small_network)
    with pytest.raises(TypeError, match="divide 8-bit pictures by 255"):
        metrics.texture_distance((pictures * 255).astype(np.uint8), pictures, small_network)


def test_texture_distance_of_the_shipped_networks_layers():
    features = network("course", metrics.TEXTURE_LAYERS)
    made, true = colours(0, 2, (16, 16)), colours(1, 2, (16, 16))
    assert metrics.texture_distance(true, true, features) == 0
    assert metrics.texture_distance(made, true, features) > 0.1


# Skin ---------------------------------------------------------------------------------------------


def people(lightness):
    """Pictures (8, 8, 3) of one grey each, by L*, on a white ground; and where the grey is."""
    lab = np.zeros((len(lightness), 8, 8, 3))
    lab[..., 0] = 100
    lab[:, 2:6, 2:6, 0] = np.reshape(lightness, (-1, 1, 1))
    skin = np.zeros((len(lightness), 8, 8), bool)
    skin[:, 2:6, 2:6] = True
    return np.stack([color.lab2rgb(each) for each in lab]).clip(0, 1), skin


def test_the_lightness_of_skin_is_compared_by_thirds_of_the_true_people():
    true, skin = people([90, 30, 60, 80, 20, 50])
    made, _ = people([88, 36, 60, 84, 28, 52])
    errors = metrics.skin_errors(true, made, skin)
    assert errors == pytest.approx({"light": 3, "middle": 1, "dark": 7}, abs=0.05)
    assert set(metrics.skin_errors(true, true, skin).values()) == {0}
    order = [3, 0, 5, 1, 4, 2]
    assert metrics.skin_errors(true[order], made[order], skin[order]) == pytest.approx(errors)


def test_what_is_not_skin_does_not_count():
    true, skin = people([90, 30, 60])
    made = np.where(skin[..., None], true, 0.0)
    assert max(metrics.skin_errors(true, made, skin).values()) == pytest.approx(0, abs=1e-9)


def test_who_shows_no_skin_and_too_few_people_are_named():
    true, skin = people([90, 30, 60])
    with pytest.raises(ValueError, match="empty mask: leave out"):
        metrics.skin_errors(true, true, skin & (np.arange(3) > 0)[:, None, None])
    with pytest.raises(ValueError, match="at least 3"):
        metrics.skin_errors(true[:2], true[:2], skin[:2])
