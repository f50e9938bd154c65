import errno
import json
import subprocess
import sys
import warnings
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import images, losses, paths, profile
from course_utils.data.pairs import Pair
from course_utils.exercises import pix2pix as mistakes
from course_utils.models import patchgan
from course_utils.models.pix2pix import Architecture, generate, generator
from course_utils.training import fit, pix2pix
from experiments import common

SIDE = 32
SMALL = replace(
    pix2pix.QUICK,
    generator=Architecture(side=SIDE, width=2, cap=1.5, fine=16),
    discriminator=patchgan.Architecture(layers=1, width=2),
)


def example(rng):
    source = rng.uniform(-1, 1, (SIDE, SIDE, 3)).astype(np.float32)
    return source, -source


def batch(count=2):
    pairs = [example(np.random.default_rng(number)) for number in range(count)]
    return tuple(tf.constant(np.stack(part)) for part in zip(*pairs, strict=True))


def model(l1=100.0, adversarial=1.0, dropout=0.0):
    profile.set_seeds(0)
    networks = generator(side=SIDE, width=2, dropout=dropout), patchgan.patchgan(1, SIDE, width=2)
    made = pix2pix.Pix2Pix(*networks, l1, adversarial)
    made.compile()
    return made


def weights(network):
    return [np.array(w) for w in network.get_weights()]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# Loss --------------------------------------------------------------------------------------------


def test_adversarial_loss_by_hand():
    logits = np.array([[-3.0], [0.5]])
    d = 1 / (1 + np.exp(-logits))
    assert float(losses.adversarial_loss(logits, True)) == pytest.approx(-np.log(d).mean())
    assert float(losses.adversarial_loss(logits, False)) == pytest.approx(-np.log(1 - d).mean())
    undecided = np.zeros((1, 30, 30, 1))
    for real in (True, False):
        assert float(losses.adversarial_loss(undecided, real)) == pytest.approx(np.log(2))
    extreme = np.float32([1000.0])
    assert float(losses.adversarial_loss(extreme, True)) == 0
    assert float(losses.adversarial_loss(extreme, False)) == 1000


def test_sigmoid_twice_cannot_be_sure():
    sure = np.float32([50.0])
    assert float(losses.adversarial_loss(sure, True)) < 1e-6
    assert float(mistakes.sigmoid_twice(sure, True)) == pytest.approx(np.log(1 + np.exp(-1)))
    assert float(mistakes.sigmoid_twice(-sure, False)) == pytest.approx(np.log(2))


def test_gradients_of_the_generators_loss_on_a_fake_found_out():
    logits = tf.Variable([-8.0])

    def slope(loss):
        with tf.GradientTape() as tape:
            value = loss(logits, real=True)
        return float(tape.gradient(value, logits)[0])

    assert slope(losses.adversarial_loss) == pytest.approx(-1, abs=1e-3)
    assert slope(mistakes.saturating) == pytest.approx(-np.exp(-8), rel=1e-2)
    assert slope(mistakes.real_and_fake_exchanged) > 0  # it learns to be found out


# One step ----------------------------------------------------------------------------------------


def test_the_losses_of_a_step_by_numpy():
    made, (source, target) = model(), batch()
    fake = generate(made.generator, source)
    real_pair, fake_pair = (np.concatenate([source, x], -1) for x in (target, fake))
    expected = {
        "d_real": np.log1p(np.exp(-made.discriminator(real_pair).numpy())).mean(),
        "d_fake": np.log1p(np.exp(made.discriminator(fake_pair).numpy())).mean(),
        "l1": np.abs(target - fake).mean(),
    }
    logs = made.train_step((source, target))
    afterwards = made.discriminator(fake_pair).numpy()  # it has learned first
    expected["gan"] = np.log1p(np.exp(-afterwards)).mean()
    expected["loss"] = 100 * expected["l1"] + expected["gan"]
    assert {name: float(value) for name, value in logs.items()} == pytest.approx(expected, rel=1e-4)


def test_the_generator_follows_the_slope_of_the_whole_loss():
    made, (source, target) = model(), batch()
    made.optimizer = keras.optimizers.SGD(1.0)
    made.optimizer.build(made.generator.trainable_variables)
    before = [v.numpy() for v in made.generator.trainable_variables]
    made.train_step((source, target))
    slope = [a - v.numpy() for a, v in zip(before, made.generator.trainable_variables, strict=True)]
    steepness = np.sqrt(sum((s**2).sum() for s in slope))

    def loss(step):
        for v, a, s in zip(made.generator.trainable_variables, before, slope, strict=True):
            v.assign(a + step * s / steepness)
        fake = made(source)
        judged = made.discriminator(np.concatenate([source, fake], -1))
        gan = np.log1p(np.exp(-judged)).mean(dtype=float)
        return 100 * np.abs(target - fake).mean(dtype=float) + gan

    assert (loss(1e-3) - loss(-1e-3)) / 2e-3 == pytest.approx(steepness, rel=0.05)


def test_one_step_moves_both_networks():
    made = model()
    before = weights(made.generator), weights(made.discriminator)
    logs = made.train_step(batch())
    assert set(logs) == {"loss", "l1", "gan", "d_real", "d_fake"}
    for old, network in zip(before, (made.generator, made.discriminator), strict=True):
        assert all(not np.array_equal(a, b) for a, b in zip(old, weights(network), strict=True))


def test_pure_l1_leaves_the_discriminator_alone():
    made = model(adversarial=0.0)
    before = weights(made.discriminator)
    logs = made.train_step(batch())
    assert same(before, weights(made.discriminator)) and set(logs) == {"loss", "l1"}
    assert float(logs["loss"]) == pytest.approx(100 * float(logs["l1"]))
    assert made.discriminator_optimizer.iterations == 0


def test_pure_cgan_and_exchanged_weights():
    logs = model(l1=0.0).train_step(batch())
    assert float(logs["loss"]) == pytest.approx(float(logs["gan"]))
    right = model()
    faulty = mistakes.weights_exchanged(right.generator, right.discriminator)
    faulty.compile()
    logs = faulty.train_step(batch())
    expected = float(logs["l1"]) + 100 * float(logs["gan"])
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-5)


def test_the_discriminator_learns_to_tell_a_fixed_fake():
    made, (source, target) = model(), batch()
    made.compile(None, pix2pix.FusedAdam(1e-2, 0.5))
    step = tf.function(lambda: made.train_discriminator(source, target, tf.zeros_like(target)))
    logs = [step() for _ in range(30)][-1]
    assert float(logs["d_real"]) < 0.2 and float(logs["d_fake"]) < 0.2


def test_two_pairs_are_learned_by_heart():
    profile.set_seeds(0)
    networks = generator(side=SIDE, width=8, fine=8), patchgan.patchgan(1, SIDE, width=4)
    made = pix2pix.Pix2Pix(*networks)
    made.compile(*(pix2pix.FusedAdam(5e-3, 0.5) for _ in range(2)))
    pairs = tf.data.Dataset.from_tensors(batch()).repeat()
    history = made.fit(pairs, steps_per_epoch=1, epochs=60, shuffle=False, verbose=0).history
    assert history["l1"][-1] < 0.5 * history["l1"][0]


def test_the_learning_rate_may_be_a_schedule():
    made = model()
    schedule = keras.optimizers.schedules.PolynomialDecay(2e-4, 10, 0.0)
    made.compile(*(pix2pix.FusedAdam(schedule, 0.5) for _ in range(2)))
    made.train_step(batch())
    assert float(made.optimizer.learning_rate) == pytest.approx(1.8e-4)
    assert float(made.discriminator_optimizer.learning_rate) == pytest.approx(1.8e-4)


def test_the_shipped_networks_and_the_live_one_have_one_critic_and_one_weight_of_l1():
    live, shipped = pix2pix.QUICK, pix2pix.SHIPPED
    assert replace(live, momentum=shipped.momentum) == shipped
    for settings, kind in ((live, pix2pix.Muon), (pix2pix.FULL, pix2pix.FusedAdam)):
        networks = {"generator": SMALL.generator, "discriminator": SMALL.discriminator}
        made = pix2pix.build("unet_l1_cgan", replace(settings, **networks))
        assert type(made.optimizer) is type(made.discriminator_optimizer) is kind


def test_the_papers_settings():
    assert pix2pix.FULL.generator == Architecture(side=256, width=64, cap=8, dropout=0.5)
    assert pix2pix.FULL.discriminator == patchgan.Architecture(layers=3, width=64, norm=True)
    assert (pix2pix.FULL.l1, pix2pix.FULL.learning_rate, pix2pix.FULL.momentum) == (100, 2e-4, 0)


def test_the_mean_of_the_weights_by_numpy():
    made = pix2pix.build("unet_l1_cgan", replace(SMALL, momentum=0.8))
    mean = weights(made.averaged)
    assert same(mean, weights(made.generator))
    trained = len(made.generator.trainable_variables) + len(made.discriminator.trainable_variables)
    assert len(made.trainable_variables) == trained
    for _ in range(3):
        made.train_step(batch(1))
        mean = [0.8 * m + 0.2 * w for m, w in zip(mean, weights(made.generator), strict=True)]
    found = weights(made.averaged)
    assert all(np.allclose(m, w, atol=1e-6) for m, w in zip(mean, found, strict=True))
    assert not same(found, weights(made.generator))
    assert pix2pix.build("unet_l1_cgan", replace(SMALL, momentum=0.0)).averaged is None


def told(step, fcn_iou, lattice=1.0, texture=0.1):
    return {"step": step, "fcn_iou": fcn_iou, "lattice": lattice, "texture_distance": texture}


CURVES = {  # what was told of a training's checkpoints, the step to ship
    "texture among those as readable": (
        [told(1, 0.6), told(2, 0.59, 1, 0.05), told(3, 0.5, 1, 0)],
        2,
    ),
    "no lattice, however readable": ([told(1, 0.9, 5.3, 0.01), told(2, 0.5), told(3, 0.6)], 3),
    "a lattice doesn't raise the bar": ([told(1, 0.9, 2.1), told(2, 0.5, 2.0, 0.3)], 2),
    "no speckle, however textured": ([told(1, 0.4, 1, 0.01), told(2, 0.6, 1, 0.4)], 2),
    "the first, if all are woven": ([told(1, 0.6, 3, 0.2), told(2, 0.6, 9, 0.3)], 1),
}


@pytest.mark.parametrize("curve", CURVES)
def test_the_choice_among_checkpoints_falls_for_neither_lattice_nor_speckle(curve):
    checks, step = CURVES[curve]
    assert common.choose(checks, "fcn_iou")["step"] == step
    assert common.choose(checks[::-1], "fcn_iou")["step"] == step


def checked(folder, *callbacks):
    """A training of six steps, judged after each second; the fourth has the lowest texture distance."""

    def score(generator):
        step = int(checks.model.optimizer.iterations)
        return told(step, 0.6, texture=float(abs(step - 4))) | {"sum": float(sum_of(generator))}

    house = Pair("h", np.zeros((SIDE, SIDE, 3)), np.ones((SIDE, SIDE, 3)), "h")
    checks, settings = (
        common.Checks(folder, score, common.sheet([house] * 2), 2),
        replace(SMALL, momentum=0.9),
    )
    more = {"folder": folder, "callbacks": [checks, *callbacks]}
    pix2pix.train(example, "unet_l1_cgan", 6, 0, settings, **more)
    return checks


def sum_of(network):
    return sum(np.abs(w).sum(dtype=float) for w in weights(network))


def test_the_checkpoints_of_a_stopped_training_are_those_of_an_unbroken_one(tmp_path, monkeypatch):
    monkeypatch.setattr(pix2pix, "fit", partial(fit.fit, every=3))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "step_000008.json").write_text("of a training before")

    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checked(tmp_path / "broken", Stop(fail, 5))
    unbroken, resumed = checked(tmp_path / "whole"), checked(tmp_path / "broken")
    names = [f"step_00000{n}.{kind}" for n in (2, 4, 6) for kind in ("json", "npz", "png")]
    for name in names:
        one, other = ((tmp_path / folder / name).read_bytes() for folder in ("whole", "broken"))
        assert name.endswith("npz") or one == other
    assert sorted(path.name for path in (tmp_path / "broken").iterdir()) == names
    chosen, other = (generator(**vars(SMALL.generator)) for _ in range(2))
    told = resumed.restore_chosen([chosen], "fcn_iou")
    assert told == unbroken.restore_chosen([other], "fcn_iou")
    assert same(weights(chosen), weights(other))
    found = json.loads((tmp_path / "broken" / "step_000004.json").read_text())
    assert found["step"] == 4 and found["sum"] == float(sum_of(chosen))


def test_a_sheet_shows_labels_what_is_made_and_photographs(tmp_path):
    checked(tmp_path)
    sheet = images.read_image(tmp_path / "step_000006.png")
    assert sheet.shape == (3 * SIDE + 4, 2 * SIDE + 2, 3)
    labels, made, photos = (sheet[row : row + SIDE, :SIDE] for row in range(0, 100, SIDE + 2))
    assert labels.max() == 0 and photos.min() == 1 and 0 < made.mean() < 1


def test_variants_and_an_unknown_one():
    for name, (kind, l1, adversarial) in pix2pix.VARIANTS.items():
        made = pix2pix.build(name, SMALL)
        assert (made.generator.name, made.l1 > 0, made.adversarial) == (kind, l1, adversarial)
    with pytest.raises(ValueError, match="unet_l1, unet_cgan.*not 'resnet'"):
        pix2pix.build("resnet")


def test_live_figure_and_training_go_together():
    from course_utils.show.live import Live

    live = Live(3, lambda: [np.zeros((4, 4, 3))], "alt")
    pix2pix.train(example, "unet_l1_cgan", 3, 0, SMALL, callbacks=[live])
    assert len(live.losses) == 3 and np.isfinite(live.losses).all()


@pytest.mark.slow
def test_one_step_in_the_papers_size():
    made = pix2pix.build("unet_l1_cgan", pix2pix.FULL)
    pair = tf.zeros((1, 256, 256, 3))
    assert np.isfinite(float(made.train_step((pair, pair))["loss"]))


# Stopped and resumed ------------------------------------------------------------------------------

STEPS, EVERY, STOP = 9, 4, 6


class Stop(keras.callbacks.Callback):
    def __init__(self, how, step=STOP):
        super().__init__()
        self.how, self.step = how, step

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.step:
            self.how()


def training(folder=None, callbacks=(), seed=3, **more):
    """Dropout, both networks, a mean of weights, a schedule: everything has a state."""
    profile.set_seeds(seed)
    schedule = keras.optimizers.schedules.PolynomialDecay(2e-3, STEPS, 0.0)
    wide = replace(SMALL.generator, width=8, dropout=0.5)
    settings = replace(SMALL, generator=wide, learning_rate=schedule, momentum=0.9)
    made = pix2pix.build("unet_l1_cgan", settings)
    return fit.fit(made, example, STEPS, 2, seed, folder, EVERY, callbacks, **more)


@pytest.fixture(scope="module")
def unbroken():
    return [v.numpy() for v in fit._state(training())]


def assert_same_end(made, unbroken):
    for variable, expected in zip(fit._state(made), unbroken, strict=True):
        assert np.allclose(variable, expected, rtol=0, atol=1e-6), variable.path


def test_after_an_error_it_ends_where_an_unbroken_training_ends(tmp_path, unbroken):
    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training(tmp_path / "copy", [Stop(fail)])
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["training.npz"]
    steps = []
    counted = keras.callbacks.LambdaCallback(on_train_batch_end=lambda n, logs: steps.append(n))
    assert_same_end(training(tmp_path / "copy", [counted]), unbroken)
    assert len(steps) == STEPS - EVERY and not (tmp_path / "copy").exists()


def test_after_kill_it_ends_where_an_unbroken_training_ends(tmp_path, unbroken):
    code = (
        "import sys, psutil; sys.path.insert(0, 'tests'); import test_training_pix2pix as test;"
        f"test.training({str(tmp_path / 'copy')!r}, [test.Stop(psutil.Process().kill)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True)
    assert done.returncode != 0 and (tmp_path / "copy" / "training.npz").exists(), done.stderr
    assert_same_end(training(tmp_path / "copy"), unbroken)


@pytest.fixture
def copy(tmp_path):
    made = fit._SafetyCopy(tmp_path, every=1, settings=(9, 2, 3))
    made.set_model(model(dropout=0.5))
    return made


def test_killed_while_writing_the_last_copy_stays(copy, tmp_path, monkeypatch):
    copy.on_train_batch_end(0)
    expected = [v.numpy() for v in fit._state(copy.model)]
    for variable in fit._state(copy.model):
        variable.assign(variable + 1)

    def dies(path, **state):
        path.write_bytes(b"half a file")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", dies)
    with pytest.raises(KeyboardInterrupt):
        copy.on_train_batch_end(1)
    again = fit._SafetyCopy(tmp_path, every=1, settings=(9, 2, 3))
    assert again.restore(copy.model) == 1
    assert same(expected, [v.numpy() for v in fit._state(copy.model)])
    (tmp_path / "mine.txt").write_text("stays")
    again.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_state_is_all_that_a_step_changes(copy):
    state = fit._state(copy.model)
    before = [v.numpy() for v in state]
    copy.model.train_step(batch())
    changed = [v.path for v, old in zip(state, before, strict=True) if not np.array_equal(v, old)]
    assert sum("seed_generator" in path for path in changed) == 3  # one a dropout layer
    assert sum("iteration" in path for path in changed) == 2  # one an optimiser
    assert sum("momentum" in path for path in changed) == len(copy.model.trainable_variables)
    assert len({id(v) for v in state}) == len(state)


def test_another_training_in_the_folder_is_named(copy, tmp_path):
    copy.on_train_batch_end(0)
    for settings, weight in (((9, 2, 4), 100.0), ((9, 2, 3), 10.0)):
        copy.model.l1 = weight
        with pytest.raises(ValueError, match="holds another training"):
            fit._SafetyCopy(tmp_path, 1, settings).restore(copy.model)


def test_another_network_or_optimiser_in_the_folder_is_named_before_anything_is_put_back(
    copy, tmp_path
):
    copy.on_train_batch_end(0)
    with np.load(tmp_path / "training.npz") as stored:
        state = {name: stored[name] for name in stored.files}
    before = [v.numpy() for v in fit._state(copy.model)]
    last = str(len(before) - 1)
    for other in ({last: np.zeros(7)}, {str(len(before)): np.zeros(1)}):
        np.savez(tmp_path / "training.npz", **state | {"0": state["0"] + 1} | other)
        with pytest.raises(ValueError, match="holds another training"):
            fit._SafetyCopy(tmp_path, 1, (9, 2, 3)).restore(copy.model)
        assert same(before, [v.numpy() for v in fit._state(copy.model)])


def flipped(content):
    return content[:5000] + bytes([content[5000] ^ 255]) + content[5001:]


DAMAGES = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "a header only": lambda content: b"PK\x03\x04" + b"0" * 500,
    "a byte flipped": flipped,
    "zeros": lambda content: bytes(len(content)),
    "a text": lambda content: b"training",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_set_aside_and_the_training_begins_anew(copy, tmp_path, damage):
    copy.on_train_batch_end(0)
    before = [v.numpy() for v in fit._state(copy.model)]
    content = DAMAGES[damage]((tmp_path / "training.npz").read_bytes())
    for number in (1, 2):
        (tmp_path / "training.npz").write_bytes(content)
        again = fit._SafetyCopy(tmp_path, every=1, settings=(9, 2, 3))
        with pytest.warns(UserWarning, match=rf"training.npz is damaged: .* damaged_{number}.npz"):
            assert again.restore(copy.model) == 0
        assert (tmp_path / f"damaged_{number}.npz").read_bytes() == content
    assert same(before, [v.numpy() for v in fit._state(copy.model)])
    copy.on_train_batch_end(1)
    copy.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged_1.npz", "damaged_2.npz"]


def test_an_archive_of_something_else_is_set_aside(copy, tmp_path):
    np.savez(tmp_path / "training.npz", faces=np.zeros(3))
    with pytest.warns(UserWarning, match="is damaged"):
        assert copy.restore(copy.model) == 0


def test_random_damage_is_set_aside_or_does_not_matter(copy, tmp_path):
    copy.on_train_batch_end(0)
    content, rng = (tmp_path / "training.npz").read_bytes(), np.random.default_rng(0)
    expected = [v.numpy() for v in fit._state(copy.model)]
    for _ in range(30):
        wrong = bytearray(content)
        for place in rng.integers(0, len(content), 8):
            wrong[place] ^= int(rng.integers(1, 256))
        (tmp_path / "training.npz").write_bytes(wrong[: rng.integers(1, 2 * len(wrong))])
        again = fit._SafetyCopy(tmp_path, every=1, settings=(9, 2, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert again.restore(copy.model) in (0, 1)
        assert same(expected, [v.numpy() for v in fit._state(copy.model)])


def test_a_full_disk_costs_a_copy_not_the_training(copy, tmp_path, monkeypatch):
    copy.on_train_batch_end(0)
    before = (tmp_path / "training.npz").read_bytes()

    def full(path, **state):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(
        UserWarning, match=r"No safety copy .*\(No space left on device\): the training"
    ):
        copy.on_train_batch_end(1)
    assert [path.name for path in tmp_path.iterdir()] == ["training.npz"]
    assert (tmp_path / "training.npz").read_bytes() == before
