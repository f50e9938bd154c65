"""From a box to features of one size: RoIAlign, and the two that it replaced."""

import numpy as np
from keras import ops

from .boxes import area


def roi_align(features, boxes, out=7, stride=1, samples=2, through_boxes=False):
    """The features inside boxes, (N, R, out, out, C), each bin the mean of `samples`² exact samples.

    features (N, H, W, C), of which a cell is `stride` pixels; boxes (N, R, 4) in pixels. Nothing is
    rounded: a sample is interpolated bilinearly between the middles of cells, so that a linear ramp
    comes out exactly; beyond the outermost middles it is the border's. Along each axis a sample's
    weights are a triangle, and two matrix products do all. through_boxes: gradients reach the boxes.
    Source: He et al. (2017), section 3; with half a pixel as in Detectron2 ("aligned").
    """
    boxes = boxes if through_boxes else ops.stop_gradient(boxes)
    rows, columns = (
        axis_weights(
            boxes[..., axis], boxes[..., axis + 2], features.shape[axis + 1], out, stride, samples
        )
        for axis in (0, 1)
    )  # (N, R, out, H), (N, R, out, W)
    x = ops.einsum("nrph,nhwc->nrpwc", rows, features)
    return ops.einsum("nrqw,nrpwc->nrpqc", columns, x)


def axis_weights(start, end, cells, out=7, stride=1, samples=2):
    """What each cell of an axis counts in each bin, (..., out, cells), for `roi_align`; they sum to 1.

    start, end: (N, R) or (R,), the edges of boxes along the axis, in pixels.
    """
    step = (np.arange(out * samples, dtype=np.float32) + 0.5) / (out * samples)
    at = (start[..., None] + (end - start)[..., None] * step) / stride - 0.5  # in cells' middles
    at = ops.clip(at, 0, cells - 1)
    triangle = ops.relu(1 - ops.abs(at[..., None] - np.arange(cells, dtype=np.float32)))
    triangle = ops.reshape(triangle, (-1, *triangle.shape[1:-2], out, samples, cells))
    return ops.mean(triangle, axis=-2)


def roi_pool(features, boxes, out=7, stride=1):
    """As `roi_align`, but rounded twice: the box to whole cells, its bins, too; the largest counts.

    Source: Girshick (2015), "Fast R-CNN", section 2.1.
    """
    x = features[:, None]  # (N, 1, H, W, C)
    for axis in (0, 1):
        cells = features.shape[axis + 1]
        inside = _cells(boxes[..., axis], boxes[..., axis + 2], cells, out, stride)
        bins = []
        for number in range(out):
            mask = inside[:, :, number]  # (N, R, cells)
            mask = mask[..., None, None] if axis == 0 else mask[:, :, None, :, None]
            bins.append(ops.max(ops.where(mask, x, -1e9), axis=2 + axis, keepdims=True))
        x = ops.concatenate(bins, axis=2 + axis)
    return x  # (N, R, out, out, C)


def _cells(start, end, cells, out, stride):
    """Which cells belong to which bin, (N, R, out, cells) bool: each bin has one at least."""
    start, end = (ops.round(ops.stop_gradient(edge) / stride) for edge in (start, end))
    start = ops.clip(start, 0, cells - 1)[..., None]
    length = ops.clip(end[..., None] - start, 1, cells - start)
    step = np.arange(out, dtype=np.float32)
    first = ops.floor(start + step * length / out)[..., None]
    last = ops.ceil(start + (step + 1) * length / out)[..., None]
    places = np.arange(cells, dtype=np.float32)
    return (places >= first) & (places < last)


def pyramid_align(pyramid, boxes, out, strides, finest, extract=roi_align):
    """What `extract` takes of each box from the level for its size, (N, R, out, out, C).

    pyramid: levels (N, H, W, C), the finest first. A box whose side, sqrt(h·w), is below
    2·`finest` pixels goes to the first, below 4·finest to the second, and so on.
    Source: Lin et al. (2017), "Feature pyramid networks", eq. 1.
    """
    size = ops.sqrt(area(ops.stop_gradient(boxes)))
    level = ops.floor(ops.log(ops.maximum(size, 1e-3) / finest) / np.log(2.0))
    level = ops.clip(level, 0, len(pyramid) - 1)
    found = 0.0
    for number, (features, stride) in enumerate(zip(pyramid, strides, strict=True)):
        here = ops.cast(level == number, features.dtype)[..., None, None, None]
        found += here * extract(features, boxes, out, stride)
    return found
