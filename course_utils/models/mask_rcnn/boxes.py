"""Boxes: how large they are, how far they overlap, and how one is told from another."""

import math

import numpy as np
from keras import ops

SCALES = np.float32([0.1, 0.1, 0.2, 0.2])  # so that what a network answers is of size 1
LARGEST = math.log(1000 / 16)  # of a change in size: exp stays finite


def area(boxes):
    """(..., 4) to (...): pixels; 0 where a box ends before it begins."""
    size = ops.relu(boxes[..., 2:] - boxes[..., :2])
    return size[..., 0] * size[..., 1]


def iou(some, others):
    """Intersection over union of each with each: (..., P, 4), (..., Q, 4) to (..., P, Q), 0 to 1.

    Two boxes without any area have 0, not 0/0.
    """
    some, others = some[..., :, None, :], others[..., None, :, :]
    top_left = ops.maximum(some[..., :2], others[..., :2])
    both = ops.concatenate([top_left, ops.minimum(some[..., 2:], others[..., 2:])], axis=-1)
    shared = area(both)
    union = area(some) + area(others) - shared
    return ops.where(union > 0, shared / ops.maximum(union, 1e-9), 0.0)


def encode(boxes, anchors):
    """What moves anchors onto boxes, (..., 4): (t_y, t_x, t_h, t_w), over `SCALES`.

    t_y = (y - y_a) / h_a and t_h = log(h / h_a), of the centres and the sizes.
    Source: Ren et al. (2015), "Faster R-CNN", eq. 2; the scales are those of the authors' code.
    """
    centre, size = _centres(boxes)
    anchor_centre, anchor_size = _centres(anchors)
    moved = (centre - anchor_centre) / anchor_size
    grown = ops.log(ops.maximum(size, 1e-3) / anchor_size)
    return ops.concatenate([moved, grown], axis=-1) / SCALES


def decode(deltas, anchors):
    """The boxes (..., 4) that `encode` gave these deltas for; sizes grow at most 62.5 times."""
    deltas = deltas * SCALES
    centre, size = _centres(anchors)
    centre = centre + deltas[..., :2] * size
    size = size * ops.exp(ops.clip(deltas[..., 2:], -LARGEST, LARGEST))
    return ops.concatenate([centre - size / 2, centre + size / 2], axis=-1)


def clip(boxes, height, width):
    """The boxes (..., 4) as far as they lie in the picture."""
    return ops.clip(boxes, 0.0, np.float32([height, width, height, width]))


def _centres(boxes):
    """Centres and sizes, (..., 2) each; a size is at least a thousandth of a pixel."""
    size = ops.maximum(boxes[..., 2:] - boxes[..., :2], 1e-3)
    return (boxes[..., :2] + boxes[..., 2:]) / 2, size
