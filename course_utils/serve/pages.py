"""Uploaded bytes to a picture and back. What a file is, its content says, never its name."""

import io
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from fastapi import HTTPException
from PIL import Image

from .. import images

FORMATS = ("PNG", "JPEG", "TIFF")
SIGNATURES = (b"\x89PNG", b"\xff\xd8", b"II*\0", b"MM\0*")


class Limits(NamedTuple):
    """What one request may cost, and how many may wait."""

    bytes: int = 10_000_000
    pixels: int = 20_000_000
    side: int = 16_000  # bounds the tiles of a strip; Tesseract takes less than twice that
    scans: int = 100  # of a progressive JPEG: 36 bytes each can ask for another pass over it all
    pieces: int = 100_000  # strips or tiles of a TIFF; 16×16 pixels each is the least
    small: int = 2_000_000  # pixels and bytes of a page that needn't wait for larger ones
    queue: int = 80_000_000  # pixels that may wait to be cleaned: half a minute
    waiting: int = 32  # requests
    upload: float = 20  # seconds for a page to come
    seconds: float = 60  # for all of a request

    def of_reading(self):
        """Tesseract gets pages twice as large."""
        return self._replace(pixels=self.pixels // 2)


def measure(content: bytes, limits: Limits = Limits()) -> int:
    """How many pixels a file promises in its header. Raises HTTPException as `decode` does."""
    with _opened(content, limits) as picture:
        return picture.width * picture.height


def decode(content: bytes, limits: Limits = Limits(), colour: bool = False) -> np.ndarray:
    """A PNG, JPEG or TIFF file as a grey page (H, W) float32 in [0, 1], upright by its EXIF tag.

    colour: as a picture (H, W, 3) instead. Transparency goes onto white; of several pages the first
    is read. Raises HTTPException with one sentence: 413 for too many pixels (told from the header,
    before decoding), 415 for another kind of file, 422 for an empty or damaged one.
    """
    with _opened(content, limits) as picture:
        return _floats(picture, colour)


@contextmanager
def _opened(content: bytes, limits: Limits):
    """A file within the limits, not yet decoded; what goes wrong meanwhile gets a sentence."""
    if not content:
        raise HTTPException(422, "The file is empty; choose a PNG, JPEG or TIFF page.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_size(opened, limits)
            if opened.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > limits.scans:
                raise ValueError("more scans than any camera writes")
            yield opened
    except HTTPException:
        raise
    except Image.DecompressionBombError:
        raise _too_large("more than 100 megapixels", limits) from None
    except Exception as error:  # damaged bytes make Pillow's readers raise almost anything
        if content.startswith(SIGNATURES):
            raise HTTPException(
                422, "The page is damaged or cut off; save it again as PNG or JPEG and send that."
            ) from error
        raise HTTPException(
            415, "This is no PNG, JPEG or TIFF file; save the page as one of them and send that."
        ) from error


def encode(page: np.ndarray) -> bytes:
    """A page (H, W) or a picture (H, W, 3) in [0, 1] as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(images.to_uint8(page)).save(file, "PNG", compress_level=3)
    return file.getvalue()


def _check_size(opened: Image.Image, limits: Limits) -> None:
    tags = getattr(opened, "tag_v2", {})  # TIFF: a small page may come in one huge tile
    tile = int(tags.get(322, 1)) * int(tags.get(323, 1))
    width, height = opened.size
    if max(width * height, tile) > limits.pixels or max(width, height) > limits.side:
        raise _too_large(f"{width}×{height} pixels", limits)
    if len(opened.tile) > limits.pieces:
        raise ValueError("more pieces than any scanner writes")


def _too_large(size: str, limits: Limits) -> HTTPException:
    return HTTPException(
        413,
        f"The page has {size}; shrink it below {limits.pixels / 1e6:g} megapixels and "
        f"{limits.side} pixels a side and send it again.",
    )


def _floats(picture: Image.Image, colour: bool) -> np.ndarray:
    """Any of Pillow's modes, upright, as (H, W), or in colour (H, W, 3), float32 in [0, 1].

    Raises HTTPException, 422, for numbers of which nobody knows which one is white.
    """
    images.upright(picture)
    try:
        return images.floats(picture, grey=not colour)
    except ValueError as error:
        raise HTTPException(422, f"The page {error}") from error
