"""The four networks of Mask R-CNN, wired: backbone with FPN, RPN, box head, mask head."""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from ... import images
from ...settings import settings
from .. import checkpoints
from .anchors import anchors
from .boxes import area, clip, decode
from .paste import paste_all
from .proposals import nms, propose
from .roi import pyramid_align, roi_align, roi_pool

NETWORKS = ("backbone", "rpn", "box_head", "mask_head")  # as a `MaskRCNN` calls them
AT_ONCE = 40 * 128**2  # pixels that a network finds things in; more take too much memory
GROUPS = 8  # of channels, normalised together
WHOLE = {"dtype": "float32"}  # of what boxes are computed with, whatever the others take


@settings
class Architecture:
    """The networks' sizes. `classes`: with the background. anchor_sizes: of each level, in pixels.

    strides: of the pyramid's levels, some of 4, 8, 16, ending with 16. roi: "align" or "pool".
    widths: of the backbone at strides 2, 4, 8 and 16; channels: of pyramid and heads. pool,
    mask_pool: cells along a side of what the heads see. before, after: how many proposals `nms`
    sees and leaves; most: how many things are found in a picture.
    """

    classes: int = 7
    side: int = 128
    strides: tuple[int, ...] = (4, 8, 16)
    widths: tuple[int, ...] = (24, 48, 96, 128)
    channels: int = 64
    anchor_sizes: tuple = (16, 28, 48)
    ratios: tuple[float, ...] = (0.5, 1, 2)
    dense: int = 128
    pool: int = 7
    mask_pool: int = 14
    before: int = 200
    after: int = 48
    most: int = 20
    roi: str = "align"
    through_boxes: bool = False

    @property
    def finest(self):
        """Pixels: see `pyramid_align`; between two levels' anchors lies their border."""
        return 0.7 * float(np.min(self.anchor_sizes[0]))


SHIPPED = Architecture()


class MaskRCNN(keras.Model):
    """Finds each thing in pictures (N, side, side, 3) in [0, 1]: `call` gives what `detections` does.

    Its four networks can be called alone: `backbone`, pictures to a list of pyramid levels; `rpn`,
    a level to (N, A) logits and (N, A, 4) deltas of its anchors; `box_head`, crops to classes'
    logits and each class's deltas; `mask_head`, crops to each class's mask as logits.
    Source: He et al. (2017), section 3; the pyramid: Lin et al. (2017), figure 3.
    """

    def __init__(self, architecture=SHIPPED, like=None):
        super().__init__(name="mask_rcnn")
        a = self.architecture = architecture
        self.anchors = anchors(a.side, a.strides, a.anchor_sizes, a.ratios)
        networks = like or networks_of(a)
        self.backbone, self.rpn, self.box_head, self.mask_head = networks
        self._graph = tf.function(self.call, reduce_retracing=True)
        self.built = True

    def at(self, architecture):
        """The same four networks, which learn together, for pictures and crowds of another size."""
        four = self.backbone, self.rpn, self.box_head, self.mask_head
        return MaskRCNN(architecture, four)

    def pyramid(self, pictures, training=False):
        """The backbone's levels, a list of (N, side/stride, side/stride, channels)."""
        return keras.tree.flatten(self.backbone(pictures, training=training))

    def objectness(self, pyramid):
        """The RPN's logits (N, A) and deltas (N, A, 4) of all anchors."""
        answers = [self.rpn(level) for level in pyramid]
        return [ops.concatenate(each, axis=1) for each in zip(*answers, strict=True)]

    def proposals(self, logits, deltas):
        """Boxes (N, after, 4) and scores (N, after), see `propose`."""
        a = self.architecture
        return propose(logits, deltas, self.anchors, a.side, a.before, a.after)

    def crops(self, pyramid, boxes, out):
        """(N, R, out, out, C): what a head sees of each box."""
        a, extract = self.architecture, roi_pool
        if a.roi == "align":
            extract = partial(roi_align, through_boxes=a.through_boxes)
        return pyramid_align(pyramid, boxes, out, a.strides, a.finest, extract)

    def boxes_of(self, pyramid, proposals):
        """Classes' logits (N, R, K) and deltas (N, R, K, 4) of proposals (N, R, 4)."""
        return by_box(self.box_head, self.crops(pyramid, proposals, self.architecture.pool))

    def masks_of(self, pyramid, boxes):
        """Masks' logits (N, R, m, m, K), one of each class, of boxes (N, R, 4)."""
        return by_box(self.mask_head, self.crops(pyramid, boxes, self.architecture.mask_pool))

    def call(self, pictures, least=0.05, threshold=0.5):
        pyramid = self.pyramid(pictures)
        proposals, _ = self.proposals(*self.objectness(pyramid))
        logits, deltas = self.boxes_of(pyramid, proposals)
        boxes, classes, scores = detections(
            proposals, logits, deltas, self.architecture, least, threshold
        )
        masks = self.masks_of(pyramid, boxes)  # (N, M, m, m, K)
        own = ops.cast(classes[..., None] == ops.arange(masks.shape[-1]), masks.dtype)
        masks = ops.sigmoid(ops.sum(masks * own[:, :, None, None], axis=-1))
        return {"boxes": boxes, "classes": classes, "scores": scores, "masks": masks}

    def find(self, pictures, least=0.5, threshold=0.5):
        """For each picture (H, W, 3) in [0, 1] a dict: `boxes` (n, 4), `classes`, `scores`, `masks`.

        The best first, down to a score of `least`; masks are (n, H, W) bool. threshold: of `nms`
        among things of one class. The network sees all pictures at its own size.
        Raises ValueError where there is no picture.
        """
        if not len(pictures):
            raise ValueError("There is no picture to look at; give at least one.")
        side, limits = self.architecture.side, tf.constant([least, threshold], tf.float32)
        small = [images.resize(images.to_float(each), (side, side)) for each in pictures]
        few = max(1, AT_ONCE // side**2)
        batches = [np.stack(small[first : first + few]) for first in range(0, len(small), few)]
        parts = [self._graph(tf.constant(batch), *limits) for batch in batches]
        found = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        return [
            _of_one(
                {key: value[number] for key, value in found.items()}, np.shape(picture)[:2], side
            )
            for number, picture in enumerate(pictures)
        ]


def detections(proposals, logits, deltas, architecture, least=0.05, threshold=0.5):
    """The things: boxes (N, M, 4), classes (N, M) and scores (N, M), the best first, M = `most`.

    Each proposal (N, R, 4) may become one of each class but the background: logits (N, R, K), deltas
    (N, R, K, 4). Those of a score below `least` are left out, and among the 4·M best ones `nms` works
    in each class alone. Where fewer are left, a score is 0 and its box without size.
    """
    a, count = architecture, logits.shape[2] - 1
    total = logits.shape[1] * count
    scores = ops.softmax(logits)[..., 1:]  # (N, R, K - 1)
    boxes = clip(decode(deltas[:, :, 1:], proposals[:, :, None]), a.side, a.side)
    scores = scores * ops.cast((scores >= least) & (area(boxes) >= 1), scores.dtype)
    classes = ops.broadcast_to(ops.arange(1, count + 1), ops.shape(scores))
    flat = (ops.reshape(scores, (-1, total)), ops.reshape(classes, (-1, total)))
    scores, classes, boxes = best(*flat, ops.reshape(boxes, (-1, total, 4)), 4 * a.most)
    apart = ops.cast(classes[..., None] * 2 * a.side, boxes.dtype)  # no two classes overlap
    scores = scores * ops.cast(nms(boxes + apart, threshold), scores.dtype)
    scores, classes, boxes = best(scores, classes, boxes, a.most)
    return boxes * ops.cast(scores > 0, boxes.dtype)[..., None], classes, scores


def best(scores, classes, boxes, most):
    """The `most` best scores (N, K), or all of them, the best first, with their classes and boxes."""
    scores, places = ops.top_k(scores, min(most, scores.shape[1]))
    classes = ops.take_along_axis(classes, places, 1)
    return scores, classes, ops.take_along_axis(boxes, places[..., None], 1)


def by_box(head, crops):
    """A head's answers for crops (N, R, h, w, C): each (N, R, …)."""
    count = crops.shape[1]
    answers = head(ops.reshape(crops, (-1, *crops.shape[2:])))
    shaped = [
        ops.reshape(each, (-1, count, *each.shape[1:])) for each in keras.tree.flatten(answers)
    ]
    return shaped if len(shaped) > 1 else shaped[0]


def _of_one(found, size, side):
    """What `find` says of one picture of another size than the network's."""
    there = found["scores"] > 0
    boxes = found["boxes"][there] * np.tile(np.float32(size) / side, 2)
    masks = paste_all(found["masks"][there], boxes, *size)
    return {
        "boxes": boxes,
        "classes": found["classes"][there],
        "scores": found["scores"][there],
        "masks": masks,
    }


def build(architecture=SHIPPED):
    """An untrained network."""
    return MaskRCNN(architecture)


def begun(architecture, parts=("backbone",)):
    """An untrained network, but for `parts`, which are the shipped one's; they may see any size.

    Raises ValueError if such a part has other sizes there, and what `load` raises.
    """
    network, learned = build(architecture), load()
    for part in parts:
        getattr(network, part).set_weights(getattr(learned, part).get_weights())
    return network


def load(name="shapes"):
    """The shipped network, trained on drawn tables (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    return checkpoints.load(build(), f"07_{name}")


# The four networks -------------------------------------------------------------------------------


def networks_of(architecture):
    """Backbone, RPN, box head and mask head, untrained; none of them asks how large pictures are."""
    a = architecture
    return (
        backbone(a.widths, a.channels, len(a.strides)),
        rpn(a.channels, len(a.ratios) * np.size(a.anchor_sizes[0])),
        box_head(a.pool, a.channels, a.dense, a.classes),
        mask_head(a.mask_pool, a.channels, a.classes),
    )


def backbone(widths, channels, count=3):
    """A small residual network with a feature pyramid: `count` levels of `channels`, the last of stride 16.

    From the coarsest level down, each is enlarged and added to the next finer one.
    """
    picture = keras.Input((None, None, 3))
    x = convolved(picture * 2 - 1, widths[0], 2)  # (N, side/2, side/2, w0)
    levels = []
    for width in widths[1:]:
        x = block(convolved(x, width, 2))
        levels.append(x)  # (N, side/4, ..), (N, side/8, ..), (N, side/16, ..)
    pyramid = [layers.Conv2D(channels, 1)(levels[-1])]
    for level in levels[::-1][1:count]:
        coarse = layers.UpSampling2D(2, interpolation="nearest")(pyramid[0])
        pyramid.insert(0, layers.Add()([coarse, layers.Conv2D(channels, 1)(level)]))
    pyramid = [layers.Conv2D(channels, 3, padding="same", **WHOLE)(level) for level in pyramid]
    return keras.Model(picture, pyramid, name="backbone")


def rpn(channels, count):
    """One level (N, h, w, C) to (N, h·w·count) logits of objectness and (N, h·w·count, 4) deltas."""
    level = keras.Input((None, None, channels))
    x = layers.Conv2D(channels, 3, padding="same", activation="relu")(level)
    logits = layers.Reshape((-1,), **WHOLE)(layers.Conv2D(count, 1, **WHOLE)(x))
    deltas = layers.Reshape((-1, 4), **WHOLE)(layers.Conv2D(4 * count, 1, **WHOLE)(x))
    return keras.Model(level, [logits, deltas], name="rpn")


def box_head(pool, channels, dense, classes):
    """A crop to a class's logits (N, classes) and deltas (N, classes, 4), one box of each class."""
    crop = keras.Input((pool, pool, channels))
    x = layers.Flatten()(crop)
    for _ in range(2):
        x = layers.Dense(dense, activation="relu")(x)
    deltas = layers.Reshape((classes, 4), **WHOLE)(layers.Dense(4 * classes, **WHOLE)(x))
    return keras.Model(crop, [layers.Dense(classes, **WHOLE)(x), deltas], name="box_head")


def mask_head(pool, channels, classes):
    """A crop to masks (N, 2·pool, 2·pool, classes): logits, each class's for itself."""
    crop = x = keras.Input((pool, pool, channels))
    for _ in range(3):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(channels, 2, 2, activation="relu")(x)
    return keras.Model(crop, layers.Conv2D(classes, 1, **WHOLE)(x), name="mask_head")


def convolved(x, width, stride=1, activation=True):
    """3×3 convolution, group norm, ReLU."""
    x = layers.Conv2D(width, 3, stride, padding="same", use_bias=False)(x)
    x = layers.GroupNormalization(GROUPS)(x)
    return layers.ReLU()(x) if activation else x


def block(x):
    """A residual block: x + two convolutions. Source: He et al. (2016), figure 2."""
    width = x.shape[-1]
    return layers.ReLU()(layers.Add()([x, convolved(convolved(x, width), width, activation=False)]))
