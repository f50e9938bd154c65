"""Cleaning pages without a network: (H, W) float32 in [0, 1] to the same, ink on white paper."""

import cv2
import numpy as np
from skimage.filters import threshold_sauvola

from . import images

INK, PAPER = 0.15, 0.95  # of `subtract_background`, as shares of the paper around; see there


def slides_chain(
    page: np.ndarray, shape: tuple[int, int] | None = None, threshold: float = 0.85
) -> np.ndarray:
    """The lecture's preparation: Gaussian 3 × 3, Laplacian, inverted, thresholded; black or white.

    Ink is where the page is darker than the pixels beside it, by 1 - threshold in sum; that stands
    for strokes a few pixels wide and leaves larger letters hollow. shape: (height, width) to resize
    to at the end; the lecture's is (172, 360).
    """
    _check(page)
    edges = cv2.Laplacian(cv2.GaussianBlur(page, (3, 3), 0), cv2.CV_32F)
    binary = (1 - edges > threshold).astype(np.float32)
    return binary if shape is None else images.resize(binary, shape)


def median_filter(page: np.ndarray, radius: int = 1) -> np.ndarray:
    """Each pixel becomes the median of the (2·radius + 1)² around it: thin strokes go, too."""
    _check(page)
    return images.to_float(cv2.medianBlur(images.to_uint8(page), 2 * radius + 1))


def sauvola(page: np.ndarray, window: int = 25) -> np.ndarray:
    """Black or white by a threshold from the mean and the contrast of a window (odd, pixels).

    Sauvola and Pietikäinen 2000, equation 5, with their k = 0.5 and R = 128 of 255 grey levels.
    """
    _check(page)
    return (page > threshold_sauvola(page, window, k=0.5, r=0.5)).astype(np.float32)


def subtract_background(page: np.ndarray, radius: int = 10) -> np.ndarray:
    """The page divided by its background, then ink made black and paper white, grey in between.

    The background is the median of (2·radius + 1)² pixels: paper, as long as ink covers less than
    half of them. Light that falls on a page multiplies it, so it is divided out; in logarithms
    that is the subtraction of the name. Up to `INK` of the paper around is black, from `PAPER` on
    white, linear between: chosen on the training pages of NoisyOffice.
    """
    ratio = page / np.maximum(median_filter(page, radius), 0.05)
    return np.clip((ratio - INK) / (PAPER - INK), 0, 1).astype(np.float32)


def _check(page):
    if page.ndim != 2:
        raise ValueError(f"A page is (H, W), grey, not {page.shape}; take images.to_grey.")
