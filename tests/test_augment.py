import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.ndimage import map_coordinates

from course_utils.data import augment as aug


def rng(seed=0):
    return np.random.default_rng(seed)


def patches(height=96, width=80):
    """Labels with wide patches, a picture whose value is the label's, weights likewise."""
    rows, columns = np.arange(height) // 24, np.arange(width) // 20
    labels = (rows[:, None] * 4 + columns[None, :]).astype(np.int32)
    image = np.repeat((labels / 20)[..., None], 3, axis=2).astype(np.float32)
    return image, labels, 1 + labels.astype(np.float32)


def away_from_edges(labels):
    """True where a pixel's 5 × 5 neighbourhood has one label."""
    frame = np.pad(labels, 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    return windows.min((-1, -2)) == windows.max((-1, -2))


# ---- one warp for all parts ----------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_image_labels_and_weights_move_together(seed, order):
    image, labels, weights = patches()
    image, moved, weights = aug.augment(image, labels, rng(seed), weights, grey=0, order=order)
    assert (moved != labels).mean() > 0.1
    inner = away_from_edges(moved)
    assert inner.mean() > 0.3
    for part in (*np.moveaxis(image * 20, -1, 0), weights - 1):
        assert (np.round(part) == moved)[inner].mean() > 0.999


def test_labels_are_never_made_up():
    image, labels, _ = patches()
    ids = np.array([0, 3, 7, 1000, 40_000, 2**24], np.int32)
    labels = ids[labels % len(ids)]
    for seed in range(20):
        _, moved = aug.augment(image, labels, rng(seed))
        assert moved.dtype == np.int32 and set(np.unique(moved)) <= set(ids)


def test_grey_levels_change_the_image_only():
    image, labels, weights = patches()
    calm = aug.augment(image, labels, rng(4), weights, grey=0)
    lit = aug.augment(image, labels, rng(4), weights)
    assert np.abs(calm[0] - lit[0]).mean() > 0.01
    assert (calm[1] == lit[1]).all() and (calm[2] == lit[2]).all()


def test_all_off_changes_nothing():
    image, labels, weights = patches()
    image = rng().random(image.shape, np.float32)
    off = {"shift": 0, "rotation": 0, "elastic": 0, "flip": False, "turn": False, "grey": 0}
    for order in (1, 3):
        for before, after in zip(
            (image, labels, weights),
            aug.augment(image, labels, rng(), weights, order=order, **off),
            strict=True,
        ):
            np.testing.assert_array_equal(before, after)
            assert before.dtype == after.dtype


def test_ranges_shapes_and_dtypes():
    noise = rng().random((50, 70, 3), np.float32).round()  # only 0 and 1: cubic overshoots
    labels = rng().integers(0, 9, (50, 70)).astype(np.int64)
    for order in (1, 3):
        image, moved = aug.augment(noise, labels, rng(1), order=order)
        assert image.shape == noise.shape and image.dtype == np.float32
        assert image.min() >= 0 and image.max() <= 1
        assert moved.shape == labels.shape and moved.dtype == np.int64
    grey, _ = aug.augment(noise[..., 0], labels, rng(1))
    assert grey.shape == (50, 70)


def test_the_same_generator_draws_the_same_and_the_input_stays():
    image, labels, _ = patches()
    kept = image.copy(), labels.copy()
    first, again = (aug.augment(image, labels, rng(9)) for _ in range(2))
    other = aug.augment(image, labels, rng(10))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[1] != other[1]).any()
    assert (image == kept[0]).all() and (labels == kept[1]).all()


def test_flips_and_quarter_turns_alone_are_the_eight_of_the_square():
    image = rng().random((12, 12), np.float32)
    labels = np.arange(144, dtype=np.int32).reshape(12, 12)
    eight = [np.rot90(p, k).tobytes() for k in range(4) for p in (labels, labels[:, ::-1])]
    seen = {
        aug.augment(image, labels, rng(seed), shift=0, rotation=0, elastic=0)[1].tobytes()
        for seed in range(80)
    }
    assert seen == set(eight)


# ---- the warp ------------------------------------------------------------------------------------


def test_elastic_vectors_have_the_papers_deviation_at_the_nodes():
    fields = np.stack([aug.elastic_field((65, 129), rng(seed)) for seed in range(1500)])
    nodes = fields[:, :, ::32, ::64]
    assert nodes.shape == (1500, 2, 3, 3)
    np.testing.assert_allclose(nodes.std(0), 10, rtol=0.1)
    np.testing.assert_allclose(nodes.mean(0), 0, atol=1.2)
    together = np.corrcoef(nodes.reshape(1500, -1).T) - np.eye(18)
    assert np.abs(together).max() < 0.15  # each vector is drawn by itself


def test_elastic_is_a_cubic_spline_between_the_nodes():
    field = aug.elastic_field((65, 65), rng(3))
    nodes = field[:, ::32, ::32].astype(float)
    along_y = CubicSpline([0, 32, 64], nodes, axis=1, bc_type="natural")(np.arange(65))
    whole = CubicSpline([0, 32, 64], along_y, axis=2, bc_type="natural")(np.arange(65))
    np.testing.assert_allclose(field, whole, atol=1e-3)
    assert np.abs(np.diff(field, 3, axis=2)).max() < 0.01  # pixels; no kink at the nodes


def test_elastic_scales_with_its_deviation():
    np.testing.assert_allclose(
        aug.elastic_field((40, 40), rng(5), 3.0),
        0.3 * aug.elastic_field((40, 40), rng(5), 10.0),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_still_warp_is_the_grid():
    map_y, map_x = aug.random_warp((30, 41), rng(), elastic=0, flip=False)
    y, x = np.mgrid[:30, :41]
    np.testing.assert_array_equal(map_y, y)
    np.testing.assert_array_equal(map_x, x)
    assert map_y.dtype == map_x.dtype == np.float32


def test_a_shift_is_one_vector_within_its_limit():
    y, x = np.mgrid[:20, :20]
    drawn = []
    for seed in range(300):
        map_y, map_x = aug.random_warp((20, 20), rng(seed), shift=6, elastic=0, flip=False)
        assert np.ptp(map_y - y) < 1e-4 and np.ptp(map_x - x) < 1e-4
        drawn += [map_y[0, 0], map_x[0, 0]]
    assert max(drawn) <= 6 and min(drawn) >= -6
    assert max(drawn) > 5.7 and min(drawn) < -5.7


def test_a_rotation_keeps_lengths_and_the_middle():
    angles = []
    for seed in range(200):
        map_y, map_x = aug.random_warp((21, 31), rng(seed), rotation=30, elastic=0, flip=False)
        assert map_y[10, 15] == pytest.approx(10) and map_x[10, 15] == pytest.approx(15)
        np.testing.assert_allclose(
            np.hypot(map_y[0, 0] - map_y[20, 30], map_x[0, 0] - map_x[20, 30]),
            np.hypot(20, 30),
            rtol=1e-5,
        )
        angles.append(np.degrees(np.arctan2(map_y[10, 30] - 10, map_x[10, 30] - 15)))
    assert 28 < max(angles) <= 30.001 and -30.001 <= min(angles) < -28


def test_flip_mirrors_about_every_second_time():
    mirrored = [aug.random_warp((9, 9), rng(seed), elastic=0)[1][0, 0] == 8 for seed in range(400)]
    assert 0.4 < np.mean(mirrored) < 0.6


def test_beyond_the_edge_the_picture_is_mirrored():
    row = np.arange(10, dtype=np.float32)[None, :].repeat(4, 0)
    map_y, map_x = np.mgrid[:4, -12:22].astype(np.float32)
    expected = np.pad(row, ((0, 0), (12, 12)), mode="reflect")
    for order in (0, 1, 3):
        np.testing.assert_allclose(aug.warp(row, (map_y, map_x), order), expected, atol=1e-5)


def test_warp_agrees_with_scipy():
    picture = rng(1).random((40, 50), np.float32)
    maps = aug.random_warp((40, 50), rng(2), shift=5, rotation=20, elastic=6)
    oracle = map_coordinates(picture, maps, order=1, mode="mirror")
    np.testing.assert_allclose(aug.warp(picture, maps, order=1), oracle, atol=0.05)
    assert np.abs(aug.warp(picture, maps, order=1) - oracle).mean() < 0.01


def test_the_result_has_the_size_of_the_maps_and_any_number_of_channels():
    picture = rng().random((30, 40, 6), np.float32)
    maps = aug.random_warp((12, 17), rng())
    assert aug.warp(picture, maps, order=1).shape == (12, 17, 6)
    assert aug.warp(picture[..., :1], maps, order=3).shape == (12, 17, 1)


# ---- light ---------------------------------------------------------------------------------------


def test_grey_levels_off_is_identity_and_gamma_keeps_the_order():
    picture = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    still = aug.grey_levels(picture, rng(), contrast=0, gamma=0, brightness=0, noise=0)
    np.testing.assert_allclose(still, picture, atol=1e-6)
    np.testing.assert_allclose(aug.grey_levels(picture, rng(), strength=0), picture, atol=1e-6)
    bent = aug.grey_levels(picture, rng(1), contrast=0, brightness=0, noise=0)
    assert bent.dtype == np.float32 and bent[0, 0] == 0 and bent[-1, -1] == pytest.approx(1)
    assert (np.diff(bent.ravel()) > 0).all() and np.abs(bent - picture).max() > 0.01


def test_grey_levels_have_the_stated_deviations():
    half = np.full((4, 4), 0.5, np.float32)
    off = {"contrast": 0, "gamma": 0, "brightness": 0, "noise": 0}
    brighter = [
        aug.grey_levels(half, rng(s), **off | {"brightness": 0.1}).mean() for s in range(800)
    ]
    assert np.std(brighter) == pytest.approx(0.1, rel=0.1)
    steeper = [
        np.log(aug.grey_levels(half, rng(s), **off | {"contrast": 0.2})[0, 0] / 0.5)
        for s in range(800)
    ]
    assert np.std(steeper) == pytest.approx(0.2, rel=0.1)


# ---- errors --------------------------------------------------------------------------------------


def test_errors_say_what_was_wrong():
    image, labels, weights = patches()
    with pytest.raises(TypeError, match="default_rng"):
        aug.augment(image, labels, 0)
    with pytest.raises(TypeError, match="whole numbers"):
        aug.augment(image, weights, rng())
    with pytest.raises(ValueError, match="image .* differ in size"):
        aug.augment(image[:-1], labels, rng())
    with pytest.raises(ValueError, match="weights .* differ in size"):
        aug.augment(image, labels, rng(), weights[:, 1:])
    with pytest.raises(ValueError, match=r"floats in \[0, 1\]"):
        aug.augment(image * 255, labels, rng())
    with pytest.raises(TypeError, match="order 0"):
        aug.warp(labels, aug.random_warp(labels.shape, rng()), order=1)
    with pytest.raises(ValueError, match="order is 2"):
        aug.warp(image, aug.random_warp(labels.shape, rng()), order=2)
    for name in ("shift", "rotation", "elastic"):
        with pytest.raises(ValueError, match=f"{name} is -1"):
            aug.random_warp((8, 8), rng(), **{name: -1})
