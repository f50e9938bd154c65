"""What masks mean: which of their pixels are of a cell, and of which one."""

import numpy as np
from scipy import ndimage
from skimage.measure import label

from .. import images

VOID = 255  # beside the numbers 0 … k: pixels that nobody decided on, as in PASCAL VOC
SAME = 0.9  # from this IoU on, two masks show one cell


def read(path) -> np.ndarray:
    """The cells that a mask's file shows: (H, W) int32, 0 outside, 1 … n inside.

    Two values, whatever they are, are not and cell: the smaller is not. So are greys that only
    fringe two values, as JPEG and smooth edges leave them. More values are numbers of cells, or
    colours, one a cell: 0 or black is none of them, or else the value that most pixels have.
    Void pixels (negative, or 255 beside the numbers 0, 1, …) are outside.
    Raises ValueError, naming the file, if it can't be read, its greys are neither, or it has numbers
    and is of a kind that spoils them, as JPEG.
    """
    numbers = images.read_numbers(path, name=f"The mask {path}")
    try:
        cells = _cells(numbers)
        if cells.max() > 1 and images.is_lossy(path):
            raise ValueError("is of a kind that spoils numbers (JPEG, WebP): save it as PNG anew.")
        return cells
    except ValueError as error:
        raise ValueError(f"The mask {path} {error}") from error


def together(found: list) -> np.ndarray:
    """One label image (H, W) int32, 1 … n, of what `read` found in the masks of one picture.

    A pixel in two masks belongs to the smaller cell; the same cell in two masks is one. A single
    mask of two values may show several cells: its 4-connected parts.
    """
    if len(found) == 1 and found[0].max() == 1:
        return parts(found[0] > 0)
    cells = [each == number for each in found for number in range(1, each.max() + 1)]
    labels, areas = np.zeros(found[0].shape, np.int32), [0]
    for cell in sorted(cells, key=np.sum, reverse=True):  # small ones on top
        area, shared = cell.sum(), np.bincount(labels[cell], minlength=len(areas))
        if (shared[1:] < SAME * (np.add(areas, area) - shared)[1:]).all():
            labels[cell] = len(areas)
            areas.append(area)
    kept = np.union1d(0, labels)  # of a cell that lies all under others no number is left
    return np.searchsorted(kept, labels).astype(np.int32)


def parts(cells: np.ndarray) -> np.ndarray:
    """The 4-connected parts of (H, W) bool, numbered: int32."""
    return label(cells, connectivity=1).astype(np.int32)


def inverted(found: list) -> bool:
    """Whether one picture's masks of two values are black cells on white.

    Then each is white on most of its pixels and of its frame, and one all round a black cell.
    """
    white = [each > 0 for each in found if each.max() == 1]
    frames = [np.concatenate([*each[[0, -1]], *each.T[[0, -1]]]) for each in white]
    most = [min(each.mean(), frame.mean()) > 0.5 for each, frame in zip(white, frames, strict=True)]
    round_ = [f.all() and not each.all() for each, f in zip(white, frames, strict=True)]
    return len(white) == len(found) and all(most) and any(round_)


def _cells(numbers):
    numbers = np.maximum(numbers, 0)  # negative: void
    low, high = numbers.min(), numbers.max()
    if ((numbers == low) | (numbers == high)).all():
        return (numbers > (low if high > low else 0)).astype(np.int32)
    values, order, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    if _fringed(numbers, values):
        return _halves(numbers)
    if len(values) < VOID and np.array_equal(values, [*range(len(values) - 1), VOID]):
        return _cells(np.where(numbers == VOID, 0, numbers))
    none = 0 if values[0] == 0 else counts.argmax()
    return (
        np.where(order == none, 0, order + (order < none)).reshape(numbers.shape).astype(np.int32)
    )


def _fringed(numbers, values):
    """Whether the values are two and their fringes: hardly one of them fills a block."""
    span = np.ptp(values)
    if span < 16:
        return False
    blocks = _blocks(numbers)
    fringes = np.setdiff1d(values, blocks)
    near = np.minimum(fringes - values[0], values[-1] - fringes) < span / 8
    return 2 * len(blocks) <= len(values) or (len(blocks) <= 2 and near.all())


def _blocks(numbers):
    """The values that fill a block of 3 × 3 pixels: a number or a colour does, a fringe doesn't."""
    flat = ndimage.maximum_filter(numbers, 3) == ndimage.minimum_filter(numbers, 3)
    return np.unique(numbers[flat])


def _halves(numbers):
    """The brighter of the two values whose fringes the other values are."""
    if numbers.max() > 65_535:  # colours: their brightest channel
        numbers = np.max([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=0)
    low, high = int(numbers.min()), int(numbers.max())
    middle = np.abs(numbers - (low + high) / 2) < (high - low) / 4
    if middle.mean() > 0.25 or np.isin(_blocks(numbers), numbers[middle]).any():
        raise ValueError("has greys all over: it needs two values, cell and not, or flat numbers.")
    return (numbers > (low + high) / 2).astype(np.int32)
