"""A small mask, laid into its box in the picture."""

import numpy as np


def paste(mask, box, height, width, threshold=0.5):
    """Where a thing is, (height, width) bool, of its mask (m, m) in [0, 1] and its box (4,) in pixels.

    Between the middles of the mask's cells it is interpolated; outside the box there is nothing.
    """
    rows = _weights(box[0], box[2], height, len(mask))
    columns = _weights(box[1], box[3], width, len(mask))
    return rows @ mask @ columns.T > threshold


def paste_all(masks, boxes, height, width, threshold=0.5):
    """`paste` for masks (n, m, m) and boxes (n, 4): (n, height, width) bool."""
    found = [paste(*each, height, width, threshold) for each in zip(masks, boxes, strict=True)]
    return np.reshape(found, (len(masks), height, width)).astype(bool)


def labels(masks):
    """One picture of masks (n, H, W), the best first: (H, W) int32, 0 where there is none."""
    found = np.zeros(masks.shape[1:], np.int32)
    for number in range(len(masks), 0, -1):
        found[masks[number - 1]] = number
    return found


def _weights(start, end, pixels, cells):
    """What each cell counts for each pixel of an axis, (pixels, cells)."""
    middle = np.arange(pixels) + 0.5
    at = (middle - start) / max(end - start, 1e-6) * cells - 0.5
    near = np.clip(at, 0, cells - 1)[:, None] - np.arange(cells)
    inside = (middle >= start) & (middle < end)
    return np.maximum(0, 1 - np.abs(near)) * inside[:, None]
