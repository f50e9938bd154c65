"""The training of Mask R-CNN: targets, five losses, and the source slides' four ways."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import images, metrics, profile
from ..data.augment import grey_levels
from ..data.mask_rcnn import boxes_of
from ..losses import smooth_l1
from ..models import mask_rcnn as models
from ..models.mask_rcnn import POSITIVE, UNUSED, encode, match, roi_align, sample
from ..settings import settings
from .fit import fit
from .means import average
from .optimizers import Muon

SHARE = 0.25  # of the RoIs are positive at most, as in the paper
RPN, HEADS = ("rpn_class", "rpn_box"), ("class", "box", "mask")  # losses
PARTS = RPN + HEADS
WAYS = ("approximate_joint", "joint", "alternating", "stepwise")


@settings
class Settings:
    """What `train` builds and how it learns.

    anchors, rois: how many of a picture teach RPN and heads. most: truths of a picture at most.
    momentum: of a mean of the weights in the two joint ways, see `Learner`. learns: the network as
    it is while it learns, see `MaskRCNN.at`; None: as it is.
    """

    network: models.Architecture = models.SHIPPED
    anchors: int = 64
    rois: int = 32
    most: int = 12
    learning_rate: float = 7e-4
    momentum: float = 0.0
    optimizer: type[keras.optimizers.Optimizer] = Muon
    batch: int = 4
    learns: models.Architecture | None = None


QUICK = Settings()
SHIPPED = Settings(momentum=0.998)
FULL = Settings(
    network=models.Architecture(
        classes=81,
        side=512,
        widths=(64, 128, 256, 512),
        channels=256,
        anchor_sizes=(32, 64, 128),
        dense=1024,
        before=1000,
        after=300,
        most=100,
    ),
    anchors=256,
    rois=512,
    most=100,
    learning_rate=0.02,
    optimizer=partial(keras.optimizers.SGD, momentum=0.9, weight_decay=1e-4),
    batch=2,
)


CROWDED = 6  # at most so many times as many proposals and finds


def fitted(settings, items):
    """The settings for the size, the classes and the fullest picture of `items`.

    Where a picture holds more things than `most`, there is room for more proposals and finds, up to
    `CROWDED` times as many, but not while the network learns. Where half of the pictures do, and are
    larger than the network's own side, it learns from crops of that side, see `examples`.
    """
    s, counts = settings, [len(item.classes) for item in items]
    side, classes = len(items[0].picture), 1 + len(items[0].names)
    more = min(CROWDED, max(1.0, max(counts) / s.most))
    room = {name: int(more * getattr(s.network, name)) for name in ("before", "after", "most")}
    network, learns = replace(s.network, side=side, classes=classes, **room), None
    if cropped := np.median(counts) > s.most and side > s.network.side:
        learns = replace(s.network, classes=classes)
    elif more > 1:
        learns = replace(s.network, side=side, classes=classes)
    most = 2 * s.most if cropped else max(s.most, *counts)
    return replace(s, network=network, learns=learns, most=most)


def examples(settings, items):
    """What draws examples of the size that the network learns from: `Crops`, or whole pictures."""
    s, side = settings, len(items[0].picture)
    if s.learns and s.learns.side < side:
        return Crops(items, s.learns.side, s.most)
    return Examples(items, s.most)


class Examples:
    """Draws training examples: `examples(rng)` is (picture, boxes, classes, masks) of one item.

    items: with `picture` (side, side, 3) in [0, 1], `masks` (n, side, side) bool and `classes` (n,),
    1 or more. Mirrored every second time. Of more than `most` things those that are drawn by lot; of
    fewer, boxes, classes and masks are 0: (most, 4) float32, (most,) int32, (most, side, side) uint8.
    """

    def __init__(self, items, most=12):
        if not items:
            raise ValueError("There is no picture to learn from; give at least one.")
        self.items, self.most = items, most

    def __call__(self, rng):
        item, turn = self.items[int(rng.integers(len(self.items)))], rng.choice([-1, 1])
        return self.of(item.picture[:, ::turn], item.masks[:, :, ::turn], item.classes, rng)

    def of(self, picture, masks, classes, rng):
        """The example of a picture, of whose things at most `most` are drawn by lot."""
        chosen = rng.permutation(len(classes))[: self.most]
        masks, classes = masks[chosen], np.asarray(classes, np.int32)[chosen]
        more = ((0, self.most - len(chosen)), (0, 0), (0, 0))
        boxes, classes = np.pad(boxes_of(masks), more[:2]), np.pad(classes, more[0])
        return picture, boxes, classes, np.pad(masks, more).astype(np.uint8)


class Crops(Examples):
    """As `Examples`, of squares cut out at random, turned by quarters, in another light.

    side: of the examples, in pixels. zoom: smallest and largest scale. light: strength of
    `grey_levels`. Of a thing at the edge counts what is left, if it has `LEAST` pixels.
    """

    LEAST = 16

    def __init__(self, items, side, most=12, zoom=(0.7, 1.4), light=0.5):
        super().__init__(items, most)
        self.side, self.zoom, self.light = side, zoom, light

    def __call__(self, rng):
        item, size = self.items[int(rng.integers(len(self.items)))], (self.side, self.side)
        length = round(self.side / np.exp(rng.uniform(*np.log(self.zoom))))
        y, x = (int(rng.integers(max(1, whole - length + 1))) for whole in item.inside)
        picture = images.resize(item.picture[y : y + length, x : x + length], size)
        masks = item.masks[:, y : y + length, x : x + length].transpose(1, 2, 0)
        turns, mirrored = rng.integers(4), rng.choice([-1, 1])
        picture, masks = (
            np.rot90(each, turns)[:, ::mirrored]
            for each in (picture, images.resize(masks, size, labels=True))
        )
        masks, seen = masks.transpose(2, 0, 1), masks.sum((0, 1)) >= self.LEAST
        picture = np.clip(grey_levels(picture, rng, self.light), 0, 1)
        return self.of(picture, masks[seen], item.classes[seen], rng)


class Learner(keras.Model):
    """A `MaskRCNN` and how it learns; `fit` logs `loss` and those of its five `PARTS` that count.

    parts: which of the losses count, and are computed; frozen: networks that stay as they are. proposer: another
    `MaskRCNN`, whose proposals the heads learn from. momentum: of `averaged`, a mean of the weights
    over all steps, see `Pix2Pix`; 0: there is none.
    Source: He et al. (2017), section 3: L = L_cls + L_box + L_mask; the RPN: Ren et al. (2015), eq. 1.
    """

    def __init__(self, network, settings, parts=PARTS, frozen=(), proposer=None, momentum=0.0):
        super().__init__()
        self.network, self.s, self.parts, self.frozen = network, settings, parts, frozen
        self.proposer = proposer
        self.momentum = momentum
        self.averaged = None
        if momentum:
            self.averaged = models.build(network.architecture)
            self.averaged.set_weights(network.get_weights())
        self.chance = keras.random.SeedGenerator(0)
        self.built = True

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        through = self.network.architecture.through_boxes
        return self.parts, self.frozen, self.momentum, through

    @property
    def learned(self):
        """The variables that learn."""
        names = [name for name in models.NETWORKS if name not in self.frozen]
        parts = [getattr(self.network, name) for name in names]
        return [variable for part in parts for variable in part.trainable_variables]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            losses = self.losses_of(*data)
            counting = {part: losses[part] for part in self.parts}  # others aren't even computed
            loss = sum(counting.values())
        variables = self.learned
        gradients = tape.gradient(loss, variables)
        pairs = [both for both in zip(gradients, variables, strict=True) if both[0] is not None]
        self.optimizer.apply_gradients(pairs)
        if self.averaged is not None:
            average(self.averaged, self.network, self.momentum)
        return {"loss": loss} | counting

    def losses_of(self, pictures, boxes, classes, masks):
        """The five losses of a batch of `Examples`."""
        network = self.network
        pyramid = network.pyramid(pictures, training=True)
        logits, deltas = network.objectness(pyramid)
        losses = rpn_losses(logits, deltas, network.anchors, boxes, classes, self.s, self.chance)
        if self.proposer is not None:
            logits, deltas = self.proposer.objectness(self.proposer.pyramid(pictures))
        proposals, _ = network.proposals(logits, deltas)
        rois, matched, kinds = chosen_rois(proposals, boxes, classes, self.s, self.chance)
        losses |= box_losses(*network.boxes_of(pyramid, rois), rois, matched, kinds, boxes, classes)
        count = int(self.s.rois * SHARE)
        few = rois[:, :count], matched[:, :count], kinds[:, :count]  # the positive ones are first
        return losses | mask_loss(network.masks_of(pyramid, few[0]), *few, classes, masks)


# The four ways -----------------------------------------------------------------------------------


def train(example, steps, seed, s, way="approximate_joint", folder=None, callbacks=(), every=200):
    """A `MaskRCNN`, trained on `Examples` in one of the source slides' four `WAYS`, in `steps` in all.

    approximate_joint: all losses at once; that the RoIs move with the RPN's weights is left out of
    the gradient. joint: it is in, through the boxes of RoIAlign. alternating: RPN and heads in turn,
    twice, both on one backbone. stepwise: an RPN and heads on a backbone each, then both on
    the heads' backbone, which stays as it is; a quarter of the steps each, at least one. folder, every:
    safety copies of the first two, see `fit`. Raises ValueError for another way.
    Source: Ren et al. (2015), section 3.2.
    """
    profile.set_seeds(seed)
    if way not in WAYS:
        raise ValueError(f"way is one of {', '.join(WAYS)}, not {way!r}.")
    if way.endswith("joint"):
        network = models.build(replace(s.network, through_boxes=way == "joint"))
        return stage(network, example, steps, seed, s, folder, callbacks, every)
    network, turns, told = models.build(s.network), max(1, steps // 4), {"callbacks": callbacks}
    s = replace(s, momentum=0.0)  # each stage goes on from the weights, not from their mean
    if way == "alternating":
        for number, parts in enumerate((RPN, HEADS, RPN, HEADS)):
            stage(network, example, turns, seed + number, s, parts=parts, **told)
        return network
    proposer = models.build(s.network)
    stage(proposer, example, turns, seed, s, parts=RPN, **told)
    stage(network, example, turns, seed + 1, s, parts=HEADS, proposer=proposer, **told)
    network.rpn.set_weights(proposer.rpn.get_weights())
    stage(network, example, turns, seed + 2, s, parts=RPN, frozen=("backbone",), **told)
    stage(network, example, turns, seed + 3, s, parts=HEADS, frozen=("backbone", "rpn"), **told)
    return network


def stage(network, example, steps, seed, s, folder=None, callbacks=(), every=200, **more):
    """Train a network further, its learning rate falling to 0 along a cosine; returns it, or the mean.

    more: `parts`, `frozen` and `proposer` of `Learner`.
    """
    learns = network.at(s.learns) if s.learns else network
    model = Learner(learns, s, momentum=s.momentum, **more)
    model.compile(s.optimizer(CosineDecay(s.learning_rate, steps)), jit_compile=False)
    model.optimizer.build(model.learned)
    fit(model, example, steps, s.batch, seed, folder, every, callbacks)
    return model.averaged or network


# Targets and losses ------------------------------------------------------------------------------


def rpn_losses(logits, deltas, anchors, boxes, classes, s, seed=None):
    """Objectness of sampled anchors, and the boxes of the positive ones: scalars by name.

    Source: Ren et al. (2015), eq. 1; IoU 0.7 and 0.3, half of the sample positive.
    """
    matched, kinds = match(anchors, boxes, classes > 0, 0.7, 0.3, best=True)
    places, kinds = sample(kinds, s.anchors, 0.5, seed)  # (N, S)
    logits, matched = (ops.take_along_axis(each, places, 1) for each in (logits, matched))
    deltas = ops.take_along_axis(deltas, places[..., None], 1)
    truths = ops.take_along_axis(boxes, matched[..., None], 1)  # (N, S, 4)
    positive = ops.cast(kinds == POSITIVE, "float32")
    each = ops.binary_crossentropy(positive, logits, from_logits=True)
    off = smooth_l1(deltas - encode(truths, ops.take(anchors, places, axis=0)), 1 / 9)
    return {
        "rpn_class": mean_where(each, kinds != UNUSED),
        "rpn_box": ops.sum(off * positive[..., None]) / count_of(kinds != UNUSED),
    }


def chosen_rois(proposals, boxes, classes, s, seed=None):
    """RoIs that teach the heads, (N, R, 4), the truths they match (N, R) and their kinds, (N, R).

    Proposals and the true boxes themselves, which make sure that there are good ones, a quarter
    positive at most: those come first.
    """
    candidates = ops.concatenate([proposals, boxes], axis=1)
    matched, kinds = match(ops.stop_gradient(candidates), boxes, classes > 0)
    there = ops.all(candidates[..., 2:] > candidates[..., :2], axis=-1)
    kinds = ops.where(there, kinds, UNUSED)
    places, kinds = sample(kinds, s.rois, SHARE, seed)
    rois = ops.take_along_axis(candidates, places[..., None], 1)
    return rois, ops.take_along_axis(matched, places, 1), kinds


def box_losses(logits, deltas, rois, matched, kinds, boxes, classes):
    """The class of each RoI, 0 without a thing, and the box of the true class: scalars by name.

    Source: Girshick (2015), "Fast R-CNN", eq. 1 to 3.
    """
    positive = kinds == POSITIVE
    truth = ops.where(positive, ops.take_along_axis(classes, matched, 1), 0)  # (N, R)
    each = ops.sparse_categorical_crossentropy(truth, logits, from_logits=True)
    deltas = ops.take_along_axis(deltas, truth[..., None, None], 2)[:, :, 0]
    truths = ops.take_along_axis(boxes, matched[..., None], 1)
    off = smooth_l1(deltas - encode(truths, ops.stop_gradient(rois)))
    off = ops.where(positive[..., None], off, 0.0)
    return {
        "class": mean_where(each, kinds != UNUSED),
        "box": ops.sum(off) / count_of(kinds != UNUSED),
    }


def mask_loss(logits, rois, matched, kinds, classes, masks):
    """`class_mask_loss` of what lies in each RoI, by name.

    logits: (N, R, m, m, K). masks: (N, G, side, side), 0 or 1.
    """
    truth = mask_targets(rois, matched, masks, logits.shape[2])  # (N, R, m, m)
    own = ops.take_along_axis(classes, matched, 1)
    return {"mask": class_mask_loss(logits, truth, own, kinds == POSITIVE)}


def class_mask_loss(logits, truth, own, positive):
    """The mean cross-entropy of the true class's mask, in positive RoIs only; the others have no say.

    logits: (N, R, m, m, K). truth: (N, R, m, m), 0 or 1. own: the true classes, (N, R). positive:
    (N, R) bool; without any the loss is 0.
    Source: He et al. (2017), section 3, "Mask representation": a sigmoid for each pixel and class.
    """
    logits = ops.take_along_axis(logits, own[:, :, None, None, None], 4)[..., 0]
    each = ops.mean(ops.binary_crossentropy(truth, logits, from_logits=True), axis=(2, 3))
    return mean_where(each, positive)


def mask_targets(rois, matched, masks, out):
    """What of each RoI's own truth lies in it, 0 or 1, (N, R, out, out)."""
    masks = ops.take_along_axis(masks, matched[..., None, None], 1)  # (N, R, side, side)
    flat = ops.cast(ops.reshape(masks, (-1, *masks.shape[2:], 1)), "float32")
    each = roi_align(flat, ops.reshape(rois, (-1, 1, 4)), out)  # (N R, 1, out, out, 1)
    return ops.cast(ops.reshape(each, (-1, rois.shape[1], out, out)) >= 0.5, "float32")


def mean_where(values, mask):
    """The mean of the values in `mask`; 0 where there is none."""
    return ops.sum(ops.where(mask, values, 0.0)) / count_of(mask)


def count_of(mask):
    """How many there are, at least 1."""
    return ops.maximum(ops.sum(ops.cast(mask, "float32")), 1.0)


# Measuring ---------------------------------------------------------------------------------------


def scores(items, found, sure=0.5):
    """`ap`, `ap50`, `ap75` of masks, `box_ap`, and `f1`: COCO's measures, and lesson 01's.

    items: with `masks`, `boxes`, `classes` and `labels`. found: of each what `MaskRCNN.find` gives,
    with a low `least`, since each more may add to AP; `f1` counts those of a score of `sure` at least,
    whatever their class, each pixel the best one's.
    """
    truths = [item.classes for item in items]
    by = [[each[key] for each in found] for key in ("classes", "scores")]
    both = list(zip(items, found, strict=True))
    masks = [metrics.mask_iou(item.masks, each["masks"]) for item, each in both]
    pairs = [(np.float64(item.boxes), np.float64(each["boxes"])) for item, each in both]
    boxes = [ops.convert_to_numpy(models.iou(*pair)) for pair in pairs]
    told = metrics.average_precision(masks, truths, *by)
    told["box_ap"] = metrics.average_precision(boxes, truths, *by)["ap"]
    labels = [models.labels(each["masks"][each["scores"] >= sure]) for each in found]
    return told | {"f1": metrics.pooled_f1([item.labels for item in items], labels)}
