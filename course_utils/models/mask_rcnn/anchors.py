"""Anchors: the boxes that a region proposal network starts from."""

import numpy as np


def anchors(side, strides, sizes, ratios):
    """Boxes around the middle of each cell of each level: (A, 4) float32.

    side: of the picture, in pixels; a level of stride s has (side/s)² cells. sizes: of each level, the
    side of its square anchor in pixels, or several. ratios: height over width, at equal area. Ordered
    by level, row, column, size, ratio, as the answers of a convolution are. Those that leave the picture stay.
    Raises ValueError for a side that isn't a multiple of every stride.
    Source: Ren et al. (2015), section 3.1.1; one size a level: Lin et al. (2017), "FPN", section 4.1.
    """
    if any(side % stride for stride in strides):
        raise ValueError(
            f"The side must be a multiple of {max(strides)}, not {side}: resize first."
        )
    found, root = [], np.sqrt(np.float32(ratios))
    for stride, squares in zip(strides, sizes, strict=True):
        shapes = np.stack([root, 1 / root], axis=-1) / 2  # (ratios, 2)
        half = (np.reshape(squares, (-1, 1, 1)) * shapes).reshape(-1, 2)  # (sizes · ratios, 2)
        middle = (np.arange(side // stride) + 0.5) * stride
        centre = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1)[:, :, None]
        found.append(np.concatenate([centre - half, centre + half], axis=-1).reshape(-1, 4))
    return np.concatenate(found).astype(np.float32)
