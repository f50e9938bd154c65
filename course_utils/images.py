"""Value ranges and conversions. The course keeps pictures as float32 in [0, 1], channels last.

Networks with a tanh output work in [-1, 1]; files and screens in uint8. Only this module converts.
"""

import warnings
from pathlib import Path

import cv2
import numpy as np
from skimage import color, io

MAX_PIXELS = 50_000_000  # a 50-megapixel photograph; larger files are refused before decoding


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Float [0, 1] to uint8 [0, 255], rounded. Raises ValueError outside the range."""
    if image.dtype == np.uint8:
        return image
    _check_range(image, 0.0, 1.0)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def to_float(image: np.ndarray) -> np.ndarray:
    """uint8, uint16, bool or float [0, 1] to float32 [0, 1]. Raises ValueError for a wrong range."""
    image = np.asarray(image)
    if image.dtype == bool:
        return image.astype(np.float32)
    if image.dtype in (np.uint8, np.uint16):
        return (image / np.float32(np.iinfo(image.dtype).max)).astype(np.float32)
    if np.issubdtype(image.dtype, np.integer):
        raise TypeError(
            f"A picture of {image.dtype} has no agreed range; convert it to uint8 or float [0, 1]."
        )
    _check_range(image, 0.0, 1.0)
    return image.astype(np.float32)


def to_signed(image: np.ndarray) -> np.ndarray:
    """[0, 1] to [-1, 1], the range of tanh. Raises ValueError outside [0, 1]."""
    return to_float(image) * 2 - 1


def from_signed(image: np.ndarray) -> np.ndarray:
    """[-1, 1] to [0, 1]. Raises ValueError outside [-1, 1]."""
    _check_range(image, -1.0, 1.0)
    return ((np.asarray(image, np.float32) + 1) / 2).clip(0, 1)


def to_grey(image: np.ndarray) -> np.ndarray:
    """RGB (…, 3) or grey (…, 1) in [0, 1] to luminance (…) in [0, 1] (ITU-R BT.709 weights)."""
    image = to_float(image)
    if image.shape[-1] == 1:
        return image[..., 0]
    _check_channels(image)
    return color.rgb2gray(image).astype(np.float32)


def rgb_to_lab(image: np.ndarray) -> np.ndarray:
    """sRGB (…, 3) in [0, 1] to CIE L*a*b* (D65): L in [0, 100], a and b about -110…110."""
    _check_channels(image)
    return color.rgb2lab(to_float(image)).astype(np.float32)


def lab_to_rgb(image: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (…, 3) to sRGB in [0, 1]. Colours that sRGB does not have are clipped."""
    _check_channels(image)
    with warnings.catch_warnings():  # of each colour that is clipped
        warnings.simplefilter("ignore", UserWarning)
        xyz = color.lab2xyz(image.astype(np.float64), channel_axis=-1)
    return color.xyz2rgb(np.maximum(xyz, 0)).clip(0, 1).astype(np.float32)


def resize(image: np.ndarray, size: tuple[int, int], labels: bool = False) -> np.ndarray:
    """Resize (H, W) or (H, W, C) to `size` = (height, width), keeping the dtype.

    Pictures: area averaging when shrinking, cubic when growing, clipped to the input's range.
    labels=True: nearest neighbour, so that no class is invented between two others.
    """
    height, width = size
    if min(height, width) < 1:
        raise ValueError(f"The new size is {height}×{width}; both sides must be at least 1.")
    if labels:
        rows = np.floor((np.arange(height) + 0.5) * image.shape[0] / height).astype(int)
        columns = np.floor((np.arange(width) + 0.5) * image.shape[1] / width).astype(int)
        return image[rows][:, columns]
    shrinks = height * width < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(image, (width, height), interpolation=how)
    resized = np.clip(resized, image.min(), image.max()).astype(image.dtype)
    return resized.reshape((height, width) + image.shape[2:])


def centre_square(image: np.ndarray, side: int) -> np.ndarray:
    """The largest square in the middle of (H, W, …), resized to side × side."""
    height, width = image.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return resize(image[top : top + edge, left : left + edge], (side, side))


def grid(images, columns: int, gap: int = 2, background: float = 1.0) -> np.ndarray:
    """Lay pictures (N, H, W, C) of one size out in rows of `columns`, `gap` pixels apart."""
    images = np.asarray(images)
    if images.ndim != 4 or columns < 1:
        raise ValueError(f"A grid needs (N, H, W, C) and columns >= 1, not {images.shape}, {columns}.")
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, channels),
        background,
        images.dtype,
    )
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def read_image(path, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture file as RGB float32 (H, W, 3) in [0, 1]; transparency goes onto white.

    Turns a photograph upright as its EXIF tag says. Raises ValueError with one sentence for a
    missing, truncated, too large or non-image file.
    """
    from PIL import Image, ImageOps

    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path.name}; check the name and the folder.")
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > max_pixels:
                raise ValueError(
                    f"{path.name} has {opened.width}×{opened.height} pixels; shrink it below "
                    f"{max_pixels / 1e6:.0f} megapixels and try again."
                )
            picture = _to_eight_bits(ImageOps.exif_transpose(opened)).convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError, EOFError) as error:
        raise ValueError(
            f"{path.name} can't be read as a picture (damaged, cut off or another kind of file); "
            "save it as PNG or JPEG and try again."
        ) from error
    rgba = np.asarray(picture, np.float32) / 255
    alpha = rgba[..., 3:]
    return (rgba[..., :3] * alpha + (1 - alpha)).astype(np.float32)


def write_image(path, image: np.ndarray) -> Path:
    """Write (H, W), (H, W, 1) or (H, W, 3) in [0, 1] or uint8 as a PNG or JPEG, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    try:
        io.imsave(part, np.squeeze(to_uint8(np.asarray(image))), check_contrast=False)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _to_eight_bits(picture):
    """16-bit grey (Pillow's mode I;16 or I) clips instead of scaling: scale it ourselves."""
    from PIL import Image

    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture).astype(np.float32)
    return Image.fromarray((values / max(values.max(), 255) * 255).astype(np.uint8))


def _check_range(image: np.ndarray, low: float, high: float) -> None:
    if not np.all(np.isfinite(image)):
        raise ValueError("The picture holds NaN or infinity; look at the step that made it.")
    least, most = float(np.min(image, initial=low)), float(np.max(image, initial=low))
    if least < low - 1e-3 or most > high + 1e-3:
        raise ValueError(
            f"The picture's values go from {least:.3g} to {most:.3g}, but [{low:g}, {high:g}] is "
            "needed; convert it with to_float, to_signed or from_signed first."
        )


def _check_channels(image: np.ndarray) -> None:
    if image.shape[-1] != 3:
        raise ValueError(f"3 channels are needed, last; this picture's shape is {image.shape}.")
