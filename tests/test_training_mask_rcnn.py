import warnings
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from course_utils import profile
from course_utils.models import mask_rcnn as models
from course_utils.models.mask_rcnn import NEGATIVE, POSITIVE, UNUSED
from course_utils.models.mask_rcnn.network import Architecture
from course_utils.training import mask_rcnn as training

SIDE = 64
NETWORK = Architecture(
    classes=3,
    side=SIDE,
    widths=(8, 8, 8, 8),
    channels=8,
    dense=16,
    pool=4,
    mask_pool=4,
    before=60,
    after=12,
    most=5,
)
SMALL = training.Settings(network=NETWORK, anchors=16, rois=16, most=6, learning_rate=1e-2, batch=2)
TINY = replace(SMALL, network=replace(NETWORK, side=32), rois=8, most=3, batch=1)
random = np.random.default_rng(0)


def item(*boxes, side=SIDE, classes=None):
    """A grey picture with a bright, full rectangle for each box."""
    masks = np.zeros((len(boxes), side, side), bool)
    picture = np.full((side, side, 3), 0.3, np.float32)
    picture += random.uniform(-0.05, 0.05, picture.shape).astype(np.float32)
    for mask, (y0, x0, y1, x1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
        picture[mask] = [0.9, 0.6, 0.1]
    classes = [1 + n % 2 for n in range(len(boxes))] if classes is None else classes
    return SimpleNamespace(picture=picture, masks=masks, classes=np.array(classes, np.int32))


def many(count):
    corners = random.integers(0, SIDE - 8, (count, 2))
    return item(*[(y, x, y + 8, x + 8) for y, x in corners])


ITEMS = {
    "none": item(),
    "one": item((10, 12, 30, 40)),
    "two": item((4, 6, 22, 26), (30, 28, 60, 50)),
    "three hundred": many(300),
    "the whole picture": item((0, 0, SIDE, SIDE)),
    "a single pixel": item((33, 7, 34, 8)),
    "a pixel in the corner": item((63, 63, 64, 64)),
    "a line": item((0, 31, SIDE, 32)),
    "a mask without a pixel": item((5, 5, 5, 5)),
}


def batch(*names, most=SMALL.most):
    drawn = [
        training.Examples([ITEMS[name]], most)(np.random.default_rng(number))
        for number, name in enumerate(names)
    ]
    return tuple(tf.constant(np.stack(part)) for part in zip(*drawn, strict=True))


def learner(settings=SMALL, **more):
    profile.set_seeds(0)
    made = training.Learner(models.build(settings.network), settings, **more)
    made.compile(settings.optimizer(settings.learning_rate))
    made.optimizer.build(made.learned)
    return made


@pytest.fixture(scope="module")
def shared():
    """A network that the tests which leave it as it is share."""
    return learner().network


def weights(network):
    return {name: getattr(network, name).get_weights() for name in models.NETWORKS}


def changed(before, after):
    """The networks whose weights aren't bit-identical."""
    return {
        name for name in models.NETWORKS if not all(map(np.array_equal, before[name], after[name]))
    }


def same(first, second):
    return not changed(weights(first), weights(second))


def numbers(losses):
    return {name: float(value) for name, value in losses.items()}


# Examples ----------------------------------------------------------------------------------------


def test_boxes_of_masks_by_hand():
    masks = np.zeros((4, 8, 9), bool)
    masks[0, 2:5, 3:9] = True
    masks[1, 0, 0] = masks[1, 7, 4] = True
    masks[2, 6, 8] = True
    found = training.boxes_of(masks)
    assert found.tolist() == [[2, 3, 5, 9], [0, 0, 8, 5], [6, 8, 7, 9], [0, 0, 0, 0]]
    assert found.dtype == np.float32 and training.boxes_of(masks[:0]).shape == (0, 4)


def test_an_example_is_mirrored_as_a_whole_every_second_time():
    given, seen = ITEMS["two"], []
    for number in range(40):
        picture, boxes, classes, masks = training.Examples([given], 5)(
            np.random.default_rng(number)
        )
        assert boxes.shape == (5, 4) and classes.shape == (5,) and masks.shape == (5, SIDE, SIDE)
        assert (boxes.dtype, classes.dtype, masks.dtype) == (np.float32, np.int32, np.uint8)
        mirrored = not np.array_equal(picture, given.picture)
        turn = -1 if mirrored else 1
        assert np.array_equal(picture, given.picture[:, ::turn])
        assert not boxes[2:].any() and not classes[2:].any() and not masks[2:].any()
        assert sorted(classes[:2]) == [1, 2]
        for box, kind, mask in zip(boxes[:2], classes, masks, strict=False):
            assert np.array_equal(mask, given.masks[kind - 1][:, ::turn])
            assert np.array_equal(box, training.boxes_of(mask[None])[0])
            assert np.ptp(picture[mask > 0], axis=0).max() == 0
        seen.append(mirrored)
    assert 8 < sum(seen) < 32


def test_of_too_many_things_some_are_drawn_and_of_none_none():
    given, seen = ITEMS["three hundred"], set()
    for number in range(60):
        _, boxes, classes, masks = training.Examples([given], 6)(np.random.default_rng(number))
        assert (classes > 0).all() and masks.any(axis=(1, 2)).all()
        seen.update((float(y0), min(float(x0), SIDE - float(x1))) for y0, x0, _, x1 in boxes)
    assert len(seen) > 120
    picture, boxes, classes, masks = training.Examples([ITEMS["none"]], 6)(random)
    assert picture.shape == (SIDE, SIDE, 3) and boxes.shape == (6, 4)
    assert not boxes.any() and not classes.any() and not masks.any()
    with pytest.raises(ValueError, match="no picture to learn from"):
        training.Examples([])


# Losses by hand ----------------------------------------------------------------------------------

ANCHORS = models.anchors(SIDE, (16,), (16,), (1,))  # 16 squares that fill the picture
TRUTH = np.float32([[[16, 16, 32, 32], [0, 0, 0, 0]]])  # one of them
KINDS = np.int32([[2, 0]])


def test_rpn_losses_of_perfect_answers_and_by_hand():
    logits = np.full((1, 16), -30, np.float32)
    logits[0, 5] = 30
    deltas = random.normal(size=(1, 16, 4)).astype(np.float32)
    deltas[0, 5] = models.encode(TRUTH[0, 0], ANCHORS[5])
    settings = replace(SMALL, anchors=16)

    def losses(logits, deltas, boxes=TRUTH, classes=KINDS):
        return numbers(
            training.rpn_losses(logits, deltas, ANCHORS, boxes, classes, settings, seed=0)
        )

    assert losses(logits, deltas) == pytest.approx({"rpn_class": 0, "rpn_box": 0}, abs=1e-6)
    off = deltas.copy()
    off[0, 5] += 2
    found = losses(0 * logits, off)  # one positive and eight negative ones
    assert found["rpn_class"] == pytest.approx(np.log(2), rel=1e-5)
    assert found["rpn_box"] == pytest.approx(4 * (2 - 1 / 18) / 9, rel=1e-4)
    found = losses(0 * logits, off, 0 * TRUTH, 0 * KINDS)
    assert found["rpn_box"] == 0 and found["rpn_class"] == pytest.approx(np.log(2), rel=1e-5)
    assert losses(np.full((1, 16), 30, np.float32), off)["rpn_class"] == pytest.approx(30 * 8 / 9)


def test_an_rpn_learns_from_a_truth_that_no_anchor_fits():
    truth = np.float32([[[20, 20, 21, 21]]])
    logits, deltas = np.zeros((1, 16), np.float32), np.zeros((1, 16, 4), np.float32)
    found = training.rpn_losses(logits, deltas, ANCHORS, truth, np.int32([[1]]), SMALL, 0)
    expected = ops.convert_to_numpy(models.encode(truth[0, 0], ANCHORS[5]))
    assert float(found["rpn_box"]) == pytest.approx((np.abs(expected) - 1 / 18).sum() / 9, rel=1e-4)


def test_chosen_rois_hold_the_truths_and_their_kinds_are_right():
    boxes, classes = np.concatenate([TRUTH, 0 * TRUTH]), np.concatenate([KINDS, 0 * KINDS])
    proposals = np.zeros((2, 12, 4), np.float32)  # half of them without a size
    proposals[:, :3] = [16, 16, 32, 30]
    proposals[:, 3:6] = [40, 40, 60, 60]
    rois, matched, kinds = (
        ops.convert_to_numpy(each)
        for each in training.chosen_rois(proposals, boxes, classes, SMALL, seed=0)
    )
    assert rois.shape == (2, 16, 4) and matched.shape == kinds.shape == (2, 16)
    assert (kinds[0] == POSITIVE).sum() == 4 and (kinds[0, :4] == POSITIVE).all()
    assert TRUTH[0, 0].tolist() in rois[0, :4].tolist() and not matched[0, :4].any()
    assert (kinds[0] == NEGATIVE).sum() == 3 and (rois[0][kinds[0] == NEGATIVE] >= 40).all()
    assert (kinds[1] == POSITIVE).sum() == 0 and (kinds[1] == NEGATIVE).sum() == 6
    assert (rois[kinds != UNUSED].max(axis=-1) > 0).all()


def test_box_losses_of_perfect_answers_and_by_hand():
    rois = np.float32([[[14, 15, 30, 33], [40, 40, 60, 60], [0, 0, 0, 0]]])
    matched, kinds = np.int32([[0, 0, 0]]), np.int32([[POSITIVE, NEGATIVE, UNUSED]])
    logits = np.full((1, 3, 3), -30, np.float32)
    logits[0, 0, 2] = logits[0, 1, 0] = logits[0, 2, 1] = 30
    deltas = random.normal(size=(1, 3, 3, 4)).astype(np.float32)
    deltas[0, 0, 2] = models.encode(TRUTH[0, 0], rois[0, 0])

    def losses(logits, deltas):
        return numbers(training.box_losses(logits, deltas, rois, matched, kinds, TRUTH, KINDS))

    assert losses(logits, deltas) == pytest.approx({"class": 0, "box": 0}, abs=1e-6)
    off = deltas.copy()
    off[0, 0, 2] += [0.5, -3, 0, 0]
    found = losses(0 * logits, off)
    assert found["class"] == pytest.approx(np.log(3), rel=1e-5)
    assert found["box"] == pytest.approx((0.125 + 2.5) / 2, rel=1e-4)
    off[0, 0, :2] += 9  # of the other classes
    off[0, 1:] -= 9  # of what is no thing
    assert losses(logits, off)["box"] == pytest.approx(found["box"])
    kinds = np.int32([[UNUSED] * 3])
    assert losses(logits, off) == {"class": 0, "box": 0}


def test_mask_targets_by_hand():
    masks = np.zeros((1, 2, SIDE, SIDE), np.uint8)
    masks[0, 0, 16:32, 16:32] = 1
    masks[0, 1, 33, 7] = 1
    rois = np.float32(
        [[[16, 16, 32, 32], [16, 16, 32, 48], [33, 7, 34, 8], [0, 0, 8, 8], [0, 0, 0, 0]]]
    )
    found = ops.convert_to_numpy(training.mask_targets(rois, np.int32([[0, 0, 1, 0, 0]]), masks, 8))
    assert found.shape == (1, 5, 8, 8) and set(np.unique(found)) == {0, 1}
    assert found[0, 0].all() and not found[0, 3:].any()
    back = models.paste(found[0, 2], rois[0, 2], SIDE, SIDE)  # of one pixel the corners are cut
    assert np.argwhere(back).tolist() == [[33, 7]]
    assert found[0, 1, :, :4].all() and not found[0, 1, :, 4:].any()


def test_only_the_true_classs_mask_of_positive_rois_counts():
    masks = np.zeros((1, 2, SIDE, SIDE), np.uint8)
    masks[0, 0, 16:32, 16:24] = 1
    rois = np.float32([[[16, 16, 32, 32], [18, 16, 32, 32], [0, 0, 0, 0]]])
    matched, kinds = np.int32([[0, 0, 1]]), np.int32([[POSITIVE, NEGATIVE, UNUSED]])
    logits = random.normal(size=(1, 3, 8, 8, 3)).astype(np.float32)
    logits[0, 0, :, :, 2] = np.where(np.arange(8) < 4, 40, -40)

    def loss(logits, kinds=kinds):
        return float(training.mask_loss(logits, rois, matched, kinds, KINDS, masks)["mask"])

    assert loss(logits) == pytest.approx(0, abs=1e-6)
    unsure = logits.copy()
    unsure[0, 0, :4, :, 2] = 0
    assert loss(unsure) == pytest.approx(np.log(2) / 2, rel=1e-5)
    with tf.GradientTape() as tape:
        given = tf.constant(unsure)
        tape.watch(given)
        value = training.mask_loss(given, rois, matched, kinds, KINDS, masks)["mask"]
    slopes = tape.gradient(value, given).numpy()
    assert slopes[0, 0, :4, :, 2].all() and not slopes[0, 1:].any() and not slopes[..., :2].any()
    unsure[0, 1:] = 70
    unsure[..., :2] -= 50
    assert loss(unsure) == pytest.approx(np.log(2) / 2, rel=1e-5)
    assert loss(unsure, np.full((1, 3), NEGATIVE)) == 0


# Steps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("through", [False, True], ids=["stopped", "through"])
def test_whatever_there_is_to_see_a_step_and_an_answer_are_finite(through):
    made = learner(replace(SMALL, network=replace(NETWORK, through_boxes=through)))
    names = [*ITEMS]
    for first, second in zip(names, names[1:] + names[:1], strict=True):
        losses = numbers(made.train_step(batch(first, second)))
        assert set(losses) == {"loss", *training.PARTS}
        assert np.isfinite([*losses.values()]).all(), (first, losses)
        assert all(np.isfinite(each).all() for each in made.get_weights()), first
    if not through:
        for found in made.network.find([each.picture for each in ITEMS.values()], least=0.0):
            assert np.isfinite(found["boxes"]).all() and np.isfinite(found["scores"]).all()
            assert len(found["masks"]) == len(found["boxes"]) <= NETWORK.most


def test_nothing_to_find_has_no_boxs_and_no_masks_loss(shared):
    losses = numbers(training.Learner(shared, SMALL).losses_of(*batch("none", "none")))
    assert losses["rpn_box"] == losses["box"] == losses["mask"] == 0
    assert losses["rpn_class"] > 0 and losses["class"] > 0


def test_the_loss_is_the_sum_of_its_parts_and_only_of_those_that_count():
    for parts in (training.PARTS, training.RPN):
        made = learner(parts=parts)
        losses = numbers(made.train_step(batch("one", "two")))
        assert losses.keys() == {"loss", *parts}
        assert losses["loss"] == pytest.approx(sum(losses[part] for part in parts), rel=1e-5)


def slopes_of_the_rpns_boxes(settings, part):
    """The gradient of one loss to the RPN's weights that move anchors."""
    made = learner(settings)
    (kernel,) = [
        each
        for each in made.network.rpn.trainable_variables
        if each.shape[-1] == 4 * len(NETWORK.ratios) and len(each.shape) == 4
    ]
    with tf.GradientTape() as tape:
        loss = made.losses_of(*batch("one", "two"))[part]
    return tape.gradient(loss, kernel.value)


def test_the_masks_loss_moves_the_rpns_boxes_only_through_boxes():
    wide = replace(NETWORK, before=600, after=300)
    through = replace(wide, through_boxes=True)
    for part in ("mask", "class"):
        assert slopes_of_the_rpns_boxes(replace(SMALL, network=wide), part) is None
        slopes = slopes_of_the_rpns_boxes(replace(SMALL, network=through), part)
        assert np.isfinite(slopes).all() and np.abs(slopes).max() > 0
    assert np.abs(slopes_of_the_rpns_boxes(replace(SMALL, network=wide), "rpn_box")).max() > 0


def test_heads_learn_from_the_proposers_proposals(shared, monkeypatch):
    other, asked = learner(), []
    monkeypatch.setattr(shared, "objectness", spied(shared.objectness, asked))
    monkeypatch.setattr(other.network, "backbone", spied(other.network.backbone, asked))
    training.Learner(other.network, SMALL, proposer=shared).losses_of(*batch("one"))
    assert len(asked) == 2


def spied(function, asked):
    def wrapped(*given, **more):
        asked.append(given)
        return function(*given, **more)

    return wrapped


# The four ways -----------------------------------------------------------------------------------

TINY_ITEMS = [item((3, 4, 17, 20), side=32), item((8, 2, 28, 16), (2, 18, 14, 31), side=32)]


def train(settings=TINY, steps=4, **more):
    return training.train(training.Examples(TINY_ITEMS, settings.most), steps, 0, settings, **more)


def watched(monkeypatch):
    """A list that gets each stage's network, proposer and changed networks."""
    stages, real = [], training.stage

    def stage(network, example, steps, seed, s, *given, **more):
        proposer = more.get("proposer")
        before = weights(network), proposer and weights(proposer)
        result = real(network, example, steps, seed, s, *given, **more)
        assert proposer is None or not changed(before[1], weights(proposer))
        stages.append(
            SimpleNamespace(
                network=network,
                proposer=proposer,
                steps=steps,
                before=before[0],
                after=weights(network),
                changed=changed(before[0], weights(network)),
            )
        )
        return result

    monkeypatch.setattr(training, "stage", stage)
    return stages


@pytest.fixture
def eagerly():
    """Without a graph, whose tracing takes longer than a few steps do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not apply to tf.data.*")
        tf.config.run_functions_eagerly(True)
        yield
        tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("way", ["approximate_joint", "joint"])
def test_joint_ways_change_all_at_once(way, monkeypatch, eagerly):
    stages = watched(monkeypatch)
    network = train(steps=2, way=way)
    assert [each.changed for each in stages] == [set(models.NETWORKS)] and stages[0].steps == 2
    assert network.architecture.through_boxes == (way == "joint")
    assert all(np.isfinite(each).all() for each in network.get_weights())


def test_alternating_changes_rpn_and_heads_in_turn(monkeypatch, eagerly):
    stages = watched(monkeypatch)
    network = train(replace(TINY, momentum=0.9), 5, way="alternating")
    rpn, heads = {"backbone", "rpn"}, {"backbone", "box_head", "mask_head"}
    assert [each.changed for each in stages] == [rpn, heads, rpn, heads]
    assert {id(each.network) for each in stages} == {id(network)}
    assert [each.steps for each in stages] == [1] * 4
    assert not changed(stages[-1].after, weights(network))


def test_stepwise_has_a_backbone_each_and_then_leaves_the_heads_as_it_is(monkeypatch, eagerly):
    stages = watched(monkeypatch)
    network = train(steps=2, way="stepwise")  # of too few, each stage has one
    rpn, heads = {"backbone", "rpn"}, {"backbone", "box_head", "mask_head"}
    assert [each.changed for each in stages] == [rpn, heads, {"rpn"}, {"box_head", "mask_head"}]
    proposer = stages[0].network
    assert [each.network is network for each in stages] == [False, True, True, True]
    assert [each.proposer for each in stages] == [None, proposer, None, None]
    assert "backbone" in changed(stages[0].before, stages[1].before)  # each begins with its own
    assert all(map(np.array_equal, stages[2].before["rpn"], stages[0].after["rpn"]))
    assert not changed(weights(proposer), stages[0].after)


def test_another_way_is_a_sentence():
    with pytest.raises(ValueError, match="approximate_joint, joint, alternating, stepwise, not 'b"):
        train(way="both")
    assert training.WAYS == ("approximate_joint", "joint", "alternating", "stepwise")


def test_a_training_stopped_and_called_again_ends_alike(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    settings = replace(TINY, momentum=0.9)
    told = {"folder": tmp_path / "copy", "every": 1}
    unbroken = train(settings)
    with pytest.raises(KeyboardInterrupt):
        train(settings, callbacks=[Stop()], **told)
    with pytest.raises(ValueError, match="holds another training"):
        train(settings, way="joint", **told)
    resumed = train(settings, **told)
    assert same(unbroken, resumed) and not (tmp_path / "copy").exists()


def test_the_mean_is_what_comes_out():
    made = learner(replace(TINY, momentum=0.75), momentum=0.75)
    first = weights(made.network)
    made.train_step(tuple(part[None] for part in training.Examples(TINY_ITEMS, 3)(random)))
    last, mean = weights(made.network), weights(made.averaged)
    for name in models.NETWORKS:
        for a, b, c in zip(first[name], last[name], mean[name], strict=True):
            assert c == pytest.approx(0.75 * a + 0.25 * b, abs=1e-6)


@pytest.mark.slow
def test_two_pictures_are_learned_by_heart():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["mask"]))
    )
    settings = replace(SMALL, network=replace(NETWORK, channels=16, widths=(8, 16, 16, 16)))
    settings = replace(settings, learning_rate=5e-3)
    items = [ITEMS["one"], ITEMS["two"]]
    training_set = training.Examples(items, settings.most)
    network = training.train(training_set, 120, 0, settings, callbacks=[watch])
    assert np.mean(seen[-20:]) < np.mean(seen[:5]) / 3
    for each, found in zip(items, network.find([each.picture for each in items]), strict=True):
        for mask in each.masks:
            shared = [(mask & other).sum() / (mask | other).sum() for other in found["masks"]]
            assert max(shared, default=0) > 0.6


# Settings for the pictures -----------------------------------------------------------------------


def test_settings_are_fitted_to_size_classes_and_the_fullest_picture():
    few = [SimpleNamespace(**vars(ITEMS["two"]), names=("bright", "dark"))]
    s = training.fitted(SMALL, few)
    assert s == replace(SMALL, network=replace(NETWORK, side=SIDE, classes=3))
    crowd = [SimpleNamespace(**vars(ITEMS["three hundred"]), names=("bright",))]
    s, more = training.fitted(SMALL, crowd), training.CROWDED
    assert s.most == 300 and s.learns == replace(NETWORK, side=SIDE, classes=2)
    room = (s.network.before, s.network.after, s.network.most)
    assert room == (more * 60, more * 12, more * 5)
    assert type(training.examples(s, few)) is training.Examples


def test_from_pictures_that_are_crowded_and_large_it_learns_in_crops():
    crowd = [SimpleNamespace(**vars(ITEMS["three hundred"]), names=("bright",))]
    small = replace(SMALL, network=replace(NETWORK, side=SIDE // 2))
    s = training.fitted(small, crowd)
    assert s.network.side == SIDE and s.learns == replace(small.network, classes=2)
    assert s.most == 2 * small.most
    assert training.examples(s, crowd).side == SIDE // 2
    network = models.build(s.network)
    assert not any(a is b for a, b in zip(network.weights, models.build(s.network).weights))
    assert all(a is b for a, b in zip(network.weights, network.at(s.learns).weights, strict=True))


def test_a_crop_is_a_piece_of_the_picture_with_the_masks_on_their_things():
    given = item((10, 10, 30, 30), (50, 40, 60, 60), side=64, classes=[1, 2])
    given.inside = (64, 64)
    given.picture = np.zeros((64, 64, 3), np.float32)
    given.picture[given.masks.any(0)] = 1
    draw, seen = training.Crops([given], 32, 4, zoom=(0.7, 1.4), light=0), 0
    for number in range(30):
        picture, boxes, classes, masks = draw(np.random.default_rng(number))
        assert picture.shape == (32, 32, 3) and masks.shape == (4, 32, 32)
        assert (masks.sum((1, 2)) >= draw.LEAST)[classes > 0].all()
        assert not masks[classes == 0].any() and not boxes[classes == 0].any()
        same = (picture[..., 0] > 0.5) == masks.any(0)
        assert same.mean() > 0.93  # at edges they differ, and specks are left out
        seen += len(set(classes[classes > 0]))
    assert seen > 20


@pytest.mark.slow
def test_the_full_profile_trains_a_step():
    full, side = replace(training.FULL, rois=64, batch=1), training.FULL.network.side
    one = item((40, 60, 300, 240), (200, 220, 420, 500), side=side, classes=[1, 80])
    network = training.train(training.Examples([one], full.most), 1, 0, full)
    assert all(np.isfinite(weight).all() for weight in network.get_weights())
