from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from course_utils import images
from course_utils.data.pipeline import stream
from course_utils.losses import weighted_cross_entropy
from course_utils.models import colorization as models
from course_utils.models import patchgan
from course_utils.training import colorization as training
from course_utils.training.pix2pix import Pix2Pix

SIDE = 32
random = np.random.default_rng(0)
ITEMS = [
    SimpleNamespace(
        picture=random.random((SIDE, SIDE, 3), np.float32),
        ambiguous=np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 7 == 0,
        knows_object=True,
    )
    for _ in range(3)
]
GENERATOR = models.Architecture(side=SIDE, width=2)
SMALL = training.Settings(
    generator=GENERATOR,
    critic=patchgan.Architecture(width=2, norm=False),
    learning_rate=1e-2,
    optimizer=training.Muon,
    momentum=0.9,
    batch=2,
)
OTHERS = {
    "autoencoder": SMALL,
    "gan": replace(SMALL, discriminator="d4"),
    "rgb": replace(SMALL, generator=replace(GENERATOR, colours="rgb"), discriminator="d8"),
    "classes": replace(SMALL, generator=replace(GENERATOR, colours="classes")),
    "hints": replace(SMALL, generator=replace(GENERATOR, hints=True), squared=True),
}


def example(settings):
    return training.Colours(ITEMS, settings.generator)


def train(settings, steps=3, **more):
    return training.train(example(settings), steps, 0, settings, **more)


def same(first, second):
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


# Examples ----------------------------------------------------------------------------------------


def test_an_example_is_a_picture_or_its_mirror_image_in_lab():
    labs = [images.rgb_to_lab(item.picture) / [50, 110, 110] - [1, 0, 0] for item in ITEMS]
    seen = set()
    for number in range(40):
        grey, ab = example(SMALL)(np.random.default_rng(number))
        assert grey.shape == (SIDE, SIDE, 1) and grey.dtype == ab.dtype == np.float32
        lab = np.concatenate([grey, ab], axis=-1)
        found = [
            (n, mirrored)
            for n, each in enumerate(labs)
            for mirrored, one in enumerate((each, each[:, ::-1]))
            if np.abs(one - lab).max() < 1e-3
        ]
        assert len(found) == 1
        seen.update(found)
    assert len(seen) == 6


def test_other_sizes_are_made_fit_and_no_picture_is_a_sentence():
    large = [SimpleNamespace(picture=np.full((48, 48, 3), 0.5, np.float32), knows_object=True)]
    grey, ab = training.Colours(large, GENERATOR)(np.random.default_rng(0))
    assert ab.shape == (SIDE, SIDE, 2) and np.abs(ab).max() < 1e-3 and np.ptp(grey) == 0
    with pytest.raises(ValueError, match="no picture to learn from"):
        training.Colours([], GENERATOR)


def test_rgb_goes_with_its_own_grey():
    grey, rgb = example(OTHERS["rgb"])(np.random.default_rng(0))
    lab = images.rgb_to_lab(images.from_signed(rgb))
    assert np.abs(lab[..., 0] / 50 - 1 - grey[..., 0]).max() < 2e-3


def test_hints_are_few_small_and_true():
    ab = np.zeros((128, 128, 2), np.float32) + [0.5, -0.25]
    planes = [training.simulated(ab, np.random.default_rng(n)) for n in range(400)]
    given = np.array([plane[..., 2].sum() for plane in planes])
    everything = given == 128**2
    assert 0 < everything.mean() < 0.04
    assert given[~everything].max() < 100 * 16 and 0.05 < (given == 0).mean() < 0.2
    for plane in planes:
        there = plane[..., 2] == 1
        assert set(np.unique(plane[..., 2])) <= {0, 1} and not plane[~there].any()
        assert np.allclose(plane[there][:, :2], [0.5, -0.25], atol=1e-6)


def test_only_the_object_gets_other_colours_and_they_are_as_strong():
    ab = random.uniform(-0.5, 0.5, (16, 16, 2)).astype(np.float32)
    mask = np.zeros((16, 16), bool)
    mask[3:7, 2:9] = True
    made = training.turned(ab, mask, np.pi / 2)
    assert np.array_equal(made[~mask], ab[~mask]) and made.dtype == np.float32
    assert made[mask] == pytest.approx(ab[mask][:, ::-1] * [1, -1], abs=1e-6)


@pytest.mark.parametrize("known", [True, False])
def test_an_object_that_is_known_gets_other_colours_and_a_photograph_keeps_them(known):
    mask = np.zeros((SIDE, SIDE), bool)
    mask[8:16] = True
    green = np.zeros((SIDE, SIDE, 3), np.float32) + [0.2, 0.6, 0.3]
    draws = training.Colours(
        [SimpleNamespace(picture=green, ambiguous=mask, knows_object=known)],
        OTHERS["hints"].generator,
    )
    true = draws.lab(0)[..., 1:]
    for number in range(4):
        target = draws(np.random.default_rng(number))[1]
        off = min(
            (np.abs(target - each) for each in (true, true[:, ::-1])),
            key=lambda off: off[~mask].max(),
        )
        assert off[~mask].max() < 1e-3 and (off[mask].max() > 1e-2) == known


def test_of_a_photograph_squares_are_learned():
    ramp = np.zeros((2 * SIDE, 2 * SIDE, 3), np.float32) + np.linspace(0, 1, 2 * SIDE)[:, None]
    draws = training.Colours([SimpleNamespace(picture=ramp, knows_object=False)], GENERATOR)
    pieces = [draws(np.random.default_rng(number))[0] for number in range(30)]
    spans = [np.ptp(piece) for piece in pieces]
    assert all(piece.shape == (SIDE, SIDE, 1) for piece in pieces)
    assert min(spans) < 1.3 and max(spans) > 1.7 and len({*spans}) > 20


def test_half_of_the_planes_have_a_hint_on_the_object():
    ab, places = np.zeros((64, 64, 2), np.float32), [(0.086, 0.945), (0.102, 0.945)]  # a corner
    chances = [np.random.default_rng(n) for n in range(400)]
    planes = np.array([training.simulated(ab, chance, places) for chance in chances])
    hit = planes[:, 5:7, 60, 2].max(axis=1) > 0
    assert 0.43 < hit.mean() < 0.57
    without = [
        training.simulated(ab, np.random.default_rng(n))[5:7, 60, 2].max() for n in range(400)
    ]
    assert np.mean(without) < 0.05


def test_a_hint_shows_the_mean_of_what_it_covers():
    ab = random.uniform(-0.5, 0.5, (64, 64, 2)).astype(np.float32)
    for number in range(60):
        plane = training.simulated(ab, np.random.default_rng(number))
        if plane[..., 2].sum() == 1:
            assert np.allclose(plane[plane[..., 2] > 0][0, :2], ab[plane[..., 2] > 0][0], atol=1e-6)


# Losses and models -------------------------------------------------------------------------------


def test_the_loss_of_classes_by_hand():
    weights = np.linspace(0.5, 2, len(models.bins())).astype(np.float32)
    target = np.zeros((1, 8, 8, 2), np.float32)
    target[:, :4, :4] = 0.25  # one of the four squares
    target[:, :2, :4] *= 2
    target[:, 2:4, :4] *= 0
    logits = random.normal(size=(1, 2, 2, len(models.bins()))).astype(np.float32)
    ab = np.zeros((1, 2, 2, 2), np.float32)
    ab[0, 0, 0] = 0.25 * 110
    z = np.array(models.soft_classes(ab), np.float64)
    log_p = logits - np.log(np.exp(logits.astype(float)).sum(-1, keepdims=True))
    counts = weights[np.array(models.nearest(ab))]
    expected = -np.mean(counts * np.sum(z * log_p, -1))
    (found,) = training.classes_loss(weights)(target, logits)
    assert float(found) == pytest.approx(expected, rel=1e-5)
    sure = weighted_cross_entropy(np.array(models.nearest(ab)), logits, counts)
    assert float(sure) != pytest.approx(expected, rel=1e-3)


def test_weights_of_the_loss_are_adversarial_and_pixel():
    model = training.build(replace(OTHERS["gan"], weights=(35, 65)))
    assert isinstance(model, Pix2Pix) and (model.adversarial, model.l1) == (35, 65)
    assert model.discriminator.name == "d4"
    assert model.discriminator.input_shape[-1] == 3  # L and both colours
    batch = next(iter(stream(example(SMALL), 2)))
    logs = {name: float(value) for name, value in model.train_step(batch).items()}
    assert logs["loss"] == pytest.approx(65 * logs["l1"] + 35 * logs["gan"], rel=1e-5)


def test_the_thesis_weights_and_sizes():
    assert training.WEIGHTS[:3] == ((20, 80), (1, 99), (35, 65))
    for name, side in (("QUICK", 64), ("SHIPPED", 128), ("FULL", 256)):
        table = getattr(training, name)
        assert list(table) == list(models.SHIPPED)
        assert {each.side for each in table.values()} == {side}
        for each, architecture in zip(table.values(), models.SHIPPED.values(), strict=True):
            assert each.generator.colours == architecture.colours
            assert each.generator.hints == architecture.hints
    assert training.SHIPPED["gan"].optimizer is training.Muon
    assert training.SHIPPED["gan"].momentum == 0.998


@pytest.mark.parametrize("name", ["gan", "classes"])
def test_a_training_stopped_and_called_again_ends_alike(name, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    unbroken = train(OTHERS[name])
    with pytest.raises(KeyboardInterrupt):
        train(OTHERS[name], folder=tmp_path / "copy", every=1, callbacks=[Stop()])
    resumed = train(OTHERS[name], folder=tmp_path / "copy", every=1)
    assert same(unbroken, resumed) and not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["rgb", "hints"])
def test_the_others_learn_and_colour(name):
    made = models.colour(train(OTHERS[name], 1), np.stack([item.picture for item in ITEMS]))
    assert made.shape == (3, SIDE, SIDE, 3) and np.isfinite(made).all()


def test_of_a_gan_the_mean_is_the_network_and_of_others_the_network():
    gan = training.build(OTHERS["gan"])
    assert training.network_of(gan) is gan.averaged
    gan = training.build(replace(OTHERS["gan"], momentum=0.0))
    assert training.network_of(gan) is gan.generator
    network = training.build(SMALL)
    assert training.network_of(network) is network and network.loss == "mae"
    assert training.build(OTHERS["hints"]).loss == "mse"


@pytest.mark.parametrize("name", ["autoencoder", "classes"])
def test_one_colour_is_learned(name):
    picture = np.zeros((SIDE, SIDE, 3), np.float32) + [0.2, 0.6, 0.3]
    green = [SimpleNamespace(picture=picture, knows_object=False)]
    settings = replace(OTHERS[name], generator=replace(OTHERS[name].generator, width=8))
    colours = training.Colours(green, settings.generator)
    network = training.train(colours, 60, 0, settings)
    made = models.colour(network, green[0].picture[None])
    error = np.abs(images.rgb_to_lab(made) - images.rgb_to_lab(green[0].picture)).mean()
    assert error < 10  # of 25, in grey


@pytest.mark.parametrize("name", ["rgb", "gan"])
def test_a_training_begins_with_the_weights_of_another_network(name):
    s = OTHERS.get(name) or replace(SMALL, discriminator="d4", momentum=0.9)
    s = replace(s, learning_rate=1e-9, optimizer=training.FusedAdam)
    other = models.generator(**vars(s.generator))
    made = training.train(training.Colours(ITEMS, s.generator), 1, 0, s, begin=other)
    for both in zip(made.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(*both, atol=1e-5)
