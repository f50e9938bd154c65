"""Inference on images of any size: overlap tiles, mirrored borders, averages over symmetries."""

import itertools

import numpy as np

from .. import images

STRIDE = 32  # pixels that the poolings of any network of the course divide


def predict_tiled(predict, image, tile, border, batch=4):
    """Run a network over an image of any size, tile by tile.

    `predict`: a keras.Model, or a function from (N, tile, tile, C) float32 to (N, h, w, K).
    `image`: (H, W, C) or (H, W); uint8 is scaled to [0, 1] a tile at a time, floats pass.
    `tile`: longest side of the input tiles, shortened by a multiple of 32 pixels where the image
    is smaller. `border`: context pixels on each side of a tile; beyond the image they are its
    mirror image. A network that answers with tile - 2*border pixels
    (the paper's valid form) is used as it is; one that answers with `tile` pixels (the
    same-padded form) has its border cut off.

    Returns (H, W, K) float32. Equal to one prediction of the whole mirrored image when the
    border covers what a pixel sees and fits the poolings (`unet.border`, `unet.context`).
    Memory beyond the model: the output and one batch of tiles. Large tiles waste less on borders.

    Raises ValueError where tile and border leave nothing, or don't fit the network.
    Source: U-Net (2015), figure 2, the overlap-tile strategy.
    """
    image = np.asarray(image)
    image = image[..., None] if image.ndim == 2 else image  # (H, W, C)
    core = tile - 2 * border
    if core < 1 or border < 0:
        raise ValueError(f"Tiles of {tile} pixels with borders of {border} leave no middle.")
    cores = [core - max(0, core - side) // STRIDE * STRIDE for side in image.shape[:2]]
    corners = list(
        itertools.product(*(range(0, side, c) for side, c in zip(image.shape[:2], cores)))
    )
    output = None
    for start in range(0, len(corners), batch):
        part = corners[start : start + batch]
        tiles = np.stack([_tile(image, corner, cores, border) for corner in part])
        middles = _middles(predict, tiles, border)  # (n, *cores, K)
        if output is None:
            output = np.empty((*image.shape[:2], middles.shape[-1]), np.float32)
        for (y, x), middle in zip(part, middles):
            target = output[y : y + cores[0], x : x + cores[1]]
            target[...] = middle[: target.shape[0], : target.shape[1]]
    return output


def predict_whole(predict, image, multiple):
    """Run a network over a whole image whose sides no pooling need divide.

    `predict`: as in `predict_tiled`, for any sides that `multiple` divides. `image`: (H, W, C)
    float. It is mirrored at the bottom and on the right up to a multiple, and the answer is cut
    back: (H, W, K). Raises ValueError for an image without pixels.
    """
    if not image.size:
        raise ValueError(f"An image of shape {image.shape} has no pixels; give one that has.")
    height, width = image.shape[:2]
    room = [(0, -height % multiple), (0, -width % multiple), (0, 0)]
    padded = np.pad(image, room, mode="symmetric").astype(np.float32)
    return _call(predict, padded[None])[0, :height, :width]


def average_over_turns(predict):
    """A `predict` that averages over the eight flips and quarter turns of its input.

    Takes and returns (N, H, W, K) like the model given. Average probabilities, not logits:
    give it a function that ends in the softmax. The paper averages seven turned copies.
    """

    def averaged(images):
        images = np.asarray(images)
        total = 0.0
        for turns in range(4):
            for flip in (False, True):
                seen = np.rot90(images[:, :, ::-1] if flip else images, turns, axes=(1, 2))
                answer = np.rot90(_call(predict, seen), -turns, axes=(1, 2))
                total = total + (answer[:, :, ::-1] if flip else answer)
        return total / 8

    return averaged


def average_over_zooms(predict, zooms):
    """A `predict` that averages over its picture at several sizes.

    predict: a function from one picture (H, W, C) float32 of any size to (H, W, K). zooms: by how
    much the sides grow, such as (0.8, 1.0). Each answer is brought back to the picture's size.
    """

    def averaged(picture):
        size, total = picture.shape[:2], 0.0
        for zoom in zooms:
            zoomed = images.resize(picture, tuple(max(1, round(zoom * side)) for side in size))
            total = total + images.resize(predict(zoomed), size)
        return total / len(zooms)

    return averaged


def _call(predict, images):
    """Run a keras.Model or a function on a batch, without training behaviour."""
    images = np.ascontiguousarray(images)
    answer = predict(images, training=False) if hasattr(predict, "layers") else predict(images)
    return np.asarray(answer)


def _middles(predict, tiles, border):
    """Predictions for a batch of tiles, without their borders."""
    tile = tiles.shape[1:3]
    core = tuple(side - 2 * border for side in tile)
    try:
        answer = _call(predict, tiles)
    except Exception as problem:
        raise ValueError(
            f"The network takes no tiles of {tile[0]} × {tile[1]} pixels with "
            f"{tiles.shape[-1]} channels; choose a side that its poolings divide."
        ) from problem
    if answer.ndim != 4 or answer.shape[1:3] not in (core, tile):
        raise ValueError(
            f"The network turns tiles of {tile[0]} × {tile[1]} pixels into {answer.shape[1:3]}; "
            f"with a border of {border} it should be {tile} or {core}."
        )
    if answer.shape[1:3] == core:
        return answer
    return answer[:, border : tile[0] - border, border : tile[1] - border]


def _tile(image, corner, cores, border):
    """A float32 tile of the image, a core and its border, mirrored where it reaches beyond it."""
    rows, columns = (
        _mirrored(start - border, core + 2 * border, side)
        for start, core, side in zip(corner, cores, image.shape)
    )
    tile = image[rows[:, None], columns]
    return tile.astype(np.float32) / 255 if tile.dtype == np.uint8 else tile.astype(np.float32)


def _mirrored(start, count, length):
    """Indices start ... start + count - 1, reflected at the first and the last pixel."""
    period = max(1, 2 * (length - 1))
    position = np.arange(start, start + count) % period
    return np.minimum(position, period - position)
