import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import images, profile
from course_utils.models import checkpoints, patchgan, pix2pix
from course_utils.models import colorization as models
from course_utils.models.layers import Noise

SIDE = 32
random = np.random.default_rng(0)
SMALL = {"side": SIDE, "width": 2}


def network(**more):
    profile.set_seeds(0)
    return models.generator(**SMALL | more)


def answering(values):
    """A network of `SIDE` that answers with one and the same numbers everywhere."""
    grey = keras.Input((SIDE, SIDE, 1))
    answer = keras.layers.Conv2D(len(values), 1, kernel_initializer="zeros")
    model = keras.Model(grey, answer(grey))
    answer.bias.assign(values)
    return model


# Generators --------------------------------------------------------------------------------------


def test_the_thesis_four_generators_are_those_of_pix2pix():
    for kind in pix2pix.KINDS:
        for learned in (True, False):
            ours, theirs = (
                network(kind=kind, learned=learned),
                pix2pix.generator(kind, SIDE, 2, 8, 2, 1, transposed=learned),
            )
            kinds = [[type(each) for each in model.layers] for model in (ours, theirs)]
            assert kinds[0] == kinds[1] and ours.count_params() == theirs.count_params()
            assert ours.output_shape == (None, SIDE, SIDE, 2)
            found = sum(isinstance(each, keras.layers.Conv2DTranspose) for each in ours.layers)
            assert found == (5 if learned else 0)


def test_rgb_hints_and_classes():
    assert network(colours="rgb").output_shape == (None, SIDE, SIDE, 3)
    assert network(hints=True).input_shape == (None, SIDE, SIDE, 4)
    for learned in (True, False):
        classes = network(colours="classes", learned=learned)
        assert classes.output_shape == (None, SIDE // 4, SIDE // 4, len(models.bins()))
        last = classes.layers[-1].input  # behind the skip of its size, and nothing is larger
        assert isinstance(classes.layers[-2], keras.layers.Concatenate) and last.shape[1] == 8
    with pytest.raises(ValueError, match="ab, rgb, classes, not 'hsv'"):
        network(colours="hsv")


def test_an_answer_depends_on_the_grey_and_hangs_together():
    grey = random.uniform(-1, 1, (2, SIDE, SIDE, 1)).astype(np.float32)
    for colours in models.CHANNELS:
        made = network(colours=colours)(grey).numpy()
        assert np.abs(made[0] - made[1]).max() > 1e-4


def test_what_is_shipped_fits_into_its_megabytes_and_has_no_noise():
    weights = 0
    for name in models.SHIPPED:
        model = models.build(name)
        weights += model.count_params()
        assert model.input_shape[1] == 128
        assert not any(isinstance(each, Noise) for each in model.layers)
    assert 2 * weights < 6e6  # bytes, before they are compressed
    with pytest.raises(ValueError, match="autoencoder, gan, classes, hints, not 'best'"):
        models.load("best")


def test_a_shipped_network_is_loaded_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints.paths, "CHECKPOINTS", tmp_path)
    monkeypatch.setitem(models.SHIPPED, "hints", models.Architecture(hints=True, **SMALL))
    made = checkpoints.as_shipped(models.build("hints"))
    checkpoints.save(made, "05_hints", {})
    for ours, theirs in zip(models.load("hints").get_weights(), made.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


# Discriminators ----------------------------------------------------------------------------------

NARROW = patchgan.Architecture(width=2, norm=False)


@pytest.mark.parametrize(("name", "side", "seen"), [("d0", 96, 70), ("d4", 64, 16), ("d8", 64, 8)])
def test_receptive_field_by_gradient(name, side, seen):
    model = models.portions(name, side, 1, patchgan.Architecture(width=1, norm=False))
    for kernel in model.trainable_variables:
        kernel.assign(np.ones(kernel.shape))  # so that nothing cancels out
    picture = tf.random.uniform((1, side, side, 1))
    with tf.GradientTape() as tape:
        tape.watch(picture)
        answer = model(picture)
        one = answer[0, answer.shape[1] // 2, answer.shape[2] // 2, 0]
    rows, columns = np.nonzero(tape.gradient(one, picture).numpy()[0, ..., 0])
    assert models.portion_seen(name, side) == seen
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == seen


def test_receptive_fields_of_the_shipped_and_of_the_papers_size():
    found = {side: [models.portion_seen(d, side) for d in models.PORTIONS] for side in (128, 256)}
    assert found == {128: [70, 32, 16], 256: [70, 64, 32]}


@pytest.mark.parametrize("name", models.PORTIONS)
def test_portions_are_judged_one_by_one_in_their_places(name):
    profile.set_seeds(0)
    model, count = models.portions(name, 64, 3, NARROW), models.PORTIONS[name]
    pair = random.uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    whole, edge = model(pair).numpy(), 64 // count
    (judge,) = [each for each in model.layers if isinstance(each, keras.Model)]
    places = whole.shape[1] // count
    for row in range(count):
        for column in range(count):
            part = pair[:, edge * row : edge * (row + 1), edge * column : edge * (column + 1)]
            alone = judge(part).numpy()
            there = whole[:, places * row :][:, :places, places * column :][:, :, :places]
            assert np.abs(alone - there).max() < 1e-5


def test_d0_is_the_patchgan_and_weights_are_shared():
    counts = {
        name: models.portions(name, 256, 3, NARROW).count_params() for name in models.PORTIONS
    }
    assert set(counts.values()) == {patchgan.patchgan(3, 256, 2, 3, False).count_params()}


def test_other_discriminators_and_sides_are_refused():
    with pytest.raises(ValueError, match="d0, d4, d8, not 'd2'"):
        models.portions("d2")
    with pytest.raises(ValueError, match="multiple of 8, not 100"):
        models.portion_seen("d8", 100)


# Classes -----------------------------------------------------------------------------------------


def test_the_bins_are_a_grid_that_holds_each_colour():
    bins = models.bins()
    assert np.array_equal(bins, np.round(bins / 10) * 10) and len(np.unique(bins, axis=0)) == len(
        bins
    )
    assert [0, 0] in bins.tolist() and 200 < len(bins) < 313
    colours = images.rgb_to_lab(random.random((5000, 3)))[:, 1:]
    far = np.abs(colours[:, None] - bins).max(-1).min(-1)
    assert np.mean(far <= 5.0) > 0.999 and far.max() < 7


def test_soft_classes_by_numpy():
    ab = np.concatenate([random.uniform(-60, 60, (6, 2)), [[0, 0], [20, -30]]]).astype(np.float32)
    found = np.array(models.soft_classes(ab))
    for colour, shares in zip(ab, found, strict=True):
        distances = np.sum((colour - models.bins()) ** 2, axis=1)
        expected = np.where(distances <= np.sort(distances)[4], np.exp(-distances / 50), 0)
        assert shares == pytest.approx(expected / expected.sum(), abs=1e-6)
        assert (shares > 0).sum() == 5 and shares.sum() == pytest.approx(1)
    assert np.array_equal(np.array(models.nearest(ab)), found.argmax(-1))
    corner = found[-2].max()  # on a bin, whose four neighbours are 10 away
    assert corner == pytest.approx(1 / (1 + 4 * np.exp(-2)))


def test_rare_colours_count_more_and_a_pixel_counts_one_in_the_mean():
    grey, blue = np.zeros((900, 2), np.float32), np.float32([[20, -60]] * 100)
    ab = np.concatenate([grey, blue])
    weights = models.class_weights(ab)
    at = np.array(models.nearest(np.float32([[0, 0], [20, -60], [-60, 50]])))
    common, rare, unseen = weights[at]
    assert common < rare < unseen and weights.dtype == np.float32
    mixed = 1 / (0.5 * np.array([0.9, 0.1]) + 0.5 / len(weights))  # without a blur
    assert rare / common < mixed[1] / mixed[0]
    assert models.class_weights(ab, mix=1.0) == pytest.approx(np.ones(len(weights)))
    sharp = models.class_weights(ab, sigma=0.1)
    assert sharp[at[1]] / sharp[at[0]] == pytest.approx(mixed[1] / mixed[0], rel=1e-4)
    assert 0.9 * sharp[at[0]] + 0.1 * sharp[at[1]] == pytest.approx(1, rel=1e-4)


def test_the_annealed_mean_lies_between_the_mean_and_the_likeliest():
    logits = np.full((1, len(models.bins())), -40.0, np.float32)
    at = np.array(models.nearest(np.float32([[0, -60], [0, 60]])))
    logits[0, at] = np.log([0.4, 0.6])
    mean, between, likeliest = (
        np.array(models.annealed_mean(logits, t))[0, 1] for t in (1.0, 0.38, 0.01)
    )
    assert mean == pytest.approx(-24 + 36, abs=1e-3) and likeliest == pytest.approx(60, abs=1e-3)
    shares = np.array([0.4, 0.6]) ** (1 / 0.38)
    assert between == pytest.approx(shares @ [-60, 60] / shares.sum(), abs=1e-3)
    assert mean < between < likeliest


# Hints and colouring -----------------------------------------------------------------------------


def test_a_hint_is_a_square_around_its_place_and_ends_at_the_edge():
    plane = models.reveal(np.zeros((8, 8, 3), np.float32), 0.5, 0.25, (55, -110), 2)
    assert np.argwhere(plane[..., 2]).tolist() == [[3, 1], [3, 2], [4, 1], [4, 2]]
    assert plane[3, 1].tolist() == [0.5, -1, 1]
    assert models.reveal(np.zeros((8, 8, 3)), 1, 1, (0, 0), 3)[..., 2].sum() >= 1
    plane = models.hint_plane(128, [(0.5, 0.5, (1, 0, 0))])
    assert plane[64, 64] * [110, 110, 1] == pytest.approx([80.1, 67.2, 1], abs=0.1)
    assert plane[..., 2].sum() == (128 // models.DAB) ** 2 and not plane[0].any()
    with pytest.raises(ValueError, match="from 0 to 1 of height and width, not 1.5, 0"):
        models.hint_plane(8, [(1.5, 0, (1, 0, 0))])


def carried(features, lightness, hints):
    """What an untrained `Spread` makes of one picture's features (s, s, F), L (s, s) and hints."""
    plane = models.hint_plane(len(lightness), hints)
    inputs = np.concatenate([lightness[..., None], plane], axis=-1)[None].astype(np.float32)
    keras.utils.set_random_seed(0)
    return keras.ops.convert_to_numpy(models.Spread()([features[None], inputs]))[0]


def test_a_hint_goes_to_what_is_near_as_light_and_of_like_features():
    side, red = 64, (1.0, 0.0, 0.0)
    features, lightness = np.zeros((side, side, 6), np.float32), np.zeros((side, side))
    lightness[:, 32:] = 1
    features[32:] = 1
    made = carried(features, lightness, [(0.25, 0.25, red)])
    coloured = made[made[..., 2] > 0.1][:, :2] * models.AB
    assert np.abs(coloured - [80.1, 67.2]).max() < 1
    given = made[..., 2]
    assert given[16, 16] > 0.6 and given[16, 31] > 2 * given[16, 33]  # L ends there
    assert given[16, 16] > given[30, 16] > 2 * given[33, 16]  # the features do
    assert not carried(features, lightness, []).any()


def test_between_two_hints_the_nearer_has_more_weight():
    side = 64
    flat = np.zeros((side, side, 2), np.float32), np.zeros((side, side))
    hints = [(0.5, 0.2, (1.0, 0.0, 0.0)), (0.5, 0.8, (0.0, 0.0, 1.0))]
    made = carried(*flat, hints) * [models.AB, models.AB, 1]
    left, right = (carried(*flat, [each])[32, 32, :2] * models.AB for each in hints)
    assert made[32, 32, :2] == pytest.approx((left + right) / 2, abs=4)
    assert np.linalg.norm(made[32, 16, :2] - left) < np.linalg.norm(made[32, 16, :2] - right)
    assert made[32, 16, 2] > carried(*flat, hints[1:])[32, 16, 2]


def test_squared_distances_as_numpy_has_them():
    some, others = (random.normal(size=(2, n, 3)).astype(np.float32) for n in (5, 4))
    expected = ((some[:, :, None] - others[:, None]) ** 2).sum(axis=-1)
    assert keras.ops.convert_to_numpy(models.squared_distances(some, others)) == pytest.approx(
        expected, abs=1e-5
    )


def pictures(count=2, size=(SIDE, SIDE)):
    return random.uniform(0.3, 0.7, (count, *size, 3)).astype(np.float32)


def test_lightness_is_kept_and_colours_are_the_networks():
    given = pictures()
    for values, expected in (([0.1, -0.1], [11, -11]), ([0, 0], [0, 0])):
        made = models.colour(answering(values), given)
        lab, truth = images.rgb_to_lab(made), images.rgb_to_lab(given)
        assert np.abs(lab[..., 0] - truth[..., 0]).max() < 0.05
        assert np.abs(lab[..., 1:] - expected).max() < 0.1
        assert made.dtype == np.float32 and made.shape == given.shape


def test_answers_in_rgb_give_their_colour_and_classes_their_annealed_mean():
    given, orange = pictures(), np.float32([0.8, 0.5, 0.2])
    lab = images.rgb_to_lab(models.colour(answering(orange * 2 - 1), given))
    chroma = images.rgb_to_lab(orange)[1:]
    kept = images.rgb_to_lab(images.lab_to_rgb(lab))  # some of it is clipped
    assert np.median(np.abs(lab[..., 1:] - chroma)) < 0.1 and np.abs(kept - lab).max() < 0.1
    logits = np.full(len(models.bins()), -30.0, np.float32)
    logits[int(models.nearest(np.float32([20, 10])))] = 30
    made = models.colour(answering(logits), given)
    assert np.abs(images.rgb_to_lab(made)[..., 1:] - [20, 10]).max() < 0.1
    shares = models.distribution(answering(logits), given)
    assert shares.sum(-1) == pytest.approx(np.ones(shares.shape[:-1]))


def test_grey_pictures_of_any_size():
    grey = random.uniform(0.2, 0.8, (2, 48, 20)).astype(np.float32)
    net, rgb = answering([0.1, 0.1]), np.repeat(grey[..., None], 3, axis=-1)
    made = models.colour(net, rgb)
    assert made.shape == (2, 48, 20, 3)
    assert np.array_equal(made, models.colour(net, grey))
    assert np.array_equal(made, models.colour(net, grey[..., None]))
    lightness = images.rgb_to_lab(rgb)[..., 0]
    assert np.abs(images.rgb_to_lab(made)[..., 0] - lightness).max() < 0.05
    eight_bits = images.to_uint8(rgb)
    assert np.abs(models.colour(net, eight_bits) - made).max() < 0.01
    for wrong in (grey[0, 0], np.zeros((1, 4, 4, 2), np.float32)):
        with pytest.raises(ValueError, match="pictures are"):
            models.colour(net, wrong)
    with pytest.raises(ValueError, match="no picture to translate"):
        models.colour(net, grey[:0])


def test_a_hint_changes_its_picture_only():
    net, given = network(hints=True), pictures()
    without = models.colour(net, given)
    made = models.colour(net, given, [[(0.5, 0.5, (1.0, 0.0, 0.0))], []])
    assert np.abs(made[0] - without[0]).max() > 1e-4 and np.array_equal(made[1], without[1])
    with pytest.raises(ValueError, match="takes no hints"):
        models.colour(network(), given, [[], []])
