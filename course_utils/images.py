"""Files to pictures, value ranges, conversions: float32 in [0, 1], channels last, in all the course.

Networks with a tanh output work in [-1, 1]; files and screens in uint8. Only this module decodes
and converts. Of a file it takes the full range of its type: 255 is the white of 8 bits, 65,535 that
of 16; floats are taken as they are in [0, 1]. What else a file may hold has no agreed white.
"""

import contextlib
import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps
from skimage import color
from skimage.util import montage

MAX_PIXELS = 50_000_000  # a 50-megapixel photograph; larger files are refused before decoding
KINDS = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".tif",
    ".tiff",
    ".webp",
    ".bmp",
    ".gif",
    ".avif",
    ".heic",
    ".heif",
)  # endings of pictures, in small letters; not all can be read
LUMINANCE = (0.2125, 0.7154, 0.0721, 0)  # of red, green and blue (ITU-R BT.709), as in `to_grey`
BITS, WHITE_IS, SAMPLES = 258, 262, 339  # tags of a TIFF file
SIGNED = 2  # a value of SAMPLES


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Float [0, 1] to uint8 [0, 255], rounded; uint8 stays. Raises what `to_float` raises."""
    image = np.asarray(image)
    return image if image.dtype == np.uint8 else np.round(to_float(image) * 255).astype(np.uint8)


def to_float(image: np.ndarray) -> np.ndarray:
    """uint8, uint16, bool or float [0, 1] to float32 [0, 1].

    Raises TypeError for numbers of another type, ValueError for a wrong range.
    """
    image = np.asarray(image)
    if image.dtype == bool:
        return image.astype(np.float32)
    if image.dtype in (np.uint8, np.uint16):
        return (image / np.float32(np.iinfo(image.dtype).max)).astype(np.float32)
    _check_range(image, 0.0, 1.0)
    return image.astype(np.float32).clip(0, 1)


def to_signed(image: np.ndarray) -> np.ndarray:
    """[0, 1] to [-1, 1], the range of tanh. Raises ValueError outside [0, 1]."""
    return to_float(image) * 2 - 1


def from_signed(image: np.ndarray) -> np.ndarray:
    """Float [-1, 1] to [0, 1]. Raises TypeError for whole numbers, ValueError outside [-1, 1]."""
    image = np.asarray(image)
    _check_range(image, -1.0, 1.0)
    return ((image.astype(np.float32) + 1) / 2).clip(0, 1)


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
    Raises ValueError for a side without a pixel, TypeError for numbers other than uint8, uint16,
    float32 and float64 in a picture.
    """
    height, width = size
    if min(height, width, *image.shape[:2]) < 1:
        raise ValueError(
            f"{image.shape[0]}×{image.shape[1]} pixels can't become {height}×{width}; "
            "each side must be at least 1."
        )
    if labels:
        rows = np.floor((np.arange(height) + 0.5) * image.shape[0] / height).astype(int)
        columns = np.floor((np.arange(width) + 0.5) * image.shape[1] / width).astype(int)
        return image[rows][:, columns]
    if image.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise TypeError(
            f"A picture of {image.dtype} can't be resized; convert it with to_float, or "
            "say labels=True."
        )
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
    if images.ndim != 4 or min(columns, len(images)) < 1:
        raise ValueError(
            f"A grid needs (N, H, W, C) and columns >= 1, not {images.shape}, {columns}."
        )
    shape = -(-len(images) // columns), columns
    fill = [background] * images.shape[-1]
    sheet = montage(images, fill, grid_shape=shape, padding_width=gap, channel_axis=-1)
    return sheet[gap : sheet.shape[0] - gap, gap : sheet.shape[1] - gap]  # montage frames it, too


def read_image(file, max_pixels: int = MAX_PIXELS, grey: bool = False, name=None) -> np.ndarray:
    """Read a picture as RGB float32 (H, W, 3), or as grey (H, W), in [0, 1].

    file: a path, or a file's bytes. Of several frames the first is read; a photograph is turned
    upright as its EXIF tag says; transparency goes onto white. name: what errors call the file.
    Raises ValueError with one sentence for a file that is missing, damaged, too large, no picture,
    or without an agreed white (the module's docstring).
    """
    picture, name = _opened(file, max_pixels, name)
    try:
        return floats(picture, grey)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from error


def upright(picture: Image.Image) -> None:
    """Decode Pillow's picture and turn it, in place, as its EXIF tag says; a damaged tag says nothing."""
    picture.load()
    with contextlib.suppress(Exception):  # whatever Pillow's reader of tags raises
        ImageOps.exif_transpose(picture, in_place=True)


def floats(picture: Image.Image, grey: bool = False) -> np.ndarray:
    """Pillow's picture, in any mode, as RGB float32 (H, W, 3), or as grey (H, W), in [0, 1].

    Raises ValueError, whose sentence lacks its subject, for numbers without an agreed white.
    """
    if picture.mode[0] in "IF":
        values = _full_range(picture)
        return values if grey else values[..., None].repeat(3, -1)
    if SIGNED in np.ravel(_tags(picture).get(SAMPLES, ())) or picture.mode == "LAB":
        raise ValueError("holds signed numbers or L*a*b* colours; save it as RGB or grey.")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    if not grey:
        return to_float(np.asarray(picture.convert("RGB")))
    if picture.mode not in ("1", "L"):
        picture = picture.convert("RGB").convert("L", LUMINANCE)
    return to_float(np.asarray(picture.convert("L")))


def read_numbers(file, max_pixels: int = MAX_PIXELS, name=None) -> np.ndarray:
    """Read a label picture or a mask as its numbers, int64 (H, W), without any luminance.

    They are the levels of a grey picture (floats in [0, 1] count to 255), the indices of a palette
    (of greys: their levels; the only black one changes places with 0), and of another picture its
    colours, 65,536 R + 256 G + B. Transparent is 0; if all else has one colour, that is 1.
    Raises what `read_image` raises.
    """
    picture, name = _opened(file, max_pixels, name)
    numbers = _numbers(picture)
    if picture.has_transparency_data:
        drawn = np.asarray(picture.convert("RGBA").getchannel("A")) > 127
        if not drawn.all():
            alone = len(np.unique(numbers[drawn])) == 1
            numbers = np.where(drawn, 1 if alone else numbers, 0)
    return numbers


def is_lossy(path) -> bool:
    """Whether a picture's kind may change its numbers a little: JPEG, WebP or AVIF."""
    with Image.open(path) as picture:
        return picture.format in ("JPEG", "MPO", "WEBP", "AVIF")


def write_image(path, image: np.ndarray) -> Path:
    """Write (H, W), (H, W, 1) or (H, W, 3) in [0, 1] or uint8 as a PNG or JPEG, whole or not at all.

    Raises ValueError for another shape, and OSError where nothing can be written.
    """
    path, pixels = Path(path), to_uint8(image)
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (1,), (3,)) or not pixels.size:
        raise ValueError(f"A picture (H, W), (H, W, 1) or (H, W, 3) is needed, not {pixels.shape}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    try:
        Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _opened(file, max_pixels, name=None):
    """(picture, name): a file decoded and upright, once its header has told that it isn't too large."""
    path = None if isinstance(file, bytes) else Path(file)
    name = name or (path.name if path else "This file")
    if path and not path.is_file():
        raise ValueError(f"There is no file {name}; check the name and the folder.")
    try:
        picture, size = _decoded(path or io.BytesIO(file), max_pixels)
    except Image.DecompressionBombError:
        picture, size = None, "far too many"
    except Exception as error:  # damaged bytes make Pillow's readers raise almost anything
        raise ValueError(
            f"{name} can't be read as a picture (damaged, cut off or another kind of file, such as "
            "HEIC); save it as PNG or JPEG and try again."
        ) from error
    if picture is None:
        raise ValueError(
            f"{name} has {size} pixels; shrink it below {max_pixels / 1e6:g} "
            "megapixels and try again."
        )
    return picture, name


def _decoded(source, max_pixels):
    """(picture, size): Pillow's picture, or None for one with more than `max_pixels`."""
    with Image.open(source) as picture:
        size = f"{picture.width}×{picture.height}"
        if picture.width * picture.height > max_pixels:
            return None, size
        upright(picture)
        return picture, size


def _full_range(picture):
    """Grey of 16 bits (12 in some TIFF files) or floats as float32 in [0, 1]."""
    values, tags = np.asarray(picture), _tags(picture)
    if picture.mode == "F":
        try:
            grey = to_float(values)
        except ValueError as error:
            raise ValueError(
                "holds floats that aren't all in [0, 1], so nobody knows which one is white; scale "
                "them to [0, 1] or save it as PNG."
            ) from error
    elif picture.mode.startswith("I;16") or picture.format == "PPM":
        white = 2 ** int(np.ravel(tags.get(BITS, 16))[0]) - 1
        grey = (values / np.float32(white)).astype(np.float32)
        grey[values == picture.info.get("transparency", -1)] = 1
    else:
        raise ValueError(
            "holds signed or 32-bit whole numbers, so nobody knows which one is white; scale them "
            "to 0 to 255 and save it as PNG."
        )
    return 1 - grey if tags.get(WHITE_IS) == 0 else grey


def _numbers(picture):
    """The numbers of `read_numbers`, whatever is transparent."""
    if picture.mode == "F":
        values = np.nan_to_num(np.asarray(picture, np.float64))
        whole = np.array_equal(values, np.round(values))
        return np.round(values if whole else values * 255).astype(np.int64)
    if picture.mode in ("1", "L", "P") or picture.mode[0] == "I":
        numbers = np.asarray(picture).astype(np.int64)
        return _by_palette(numbers, picture) if picture.mode == "P" else numbers
    colours = np.asarray(picture.convert("RGB")).astype(np.int64)
    if (colours == colours[..., :1]).all():
        return colours[..., 0]
    return colours @ np.array([65_536, 256, 1])


def _by_palette(numbers, picture):
    """Indices as numbers, but the levels of a palette of greys, and 0 for the only black."""
    used = np.unique(numbers)
    palette = np.asarray(picture.getpalette("RGB") + [0] * 768)[:768].reshape(-1, 3)[used]
    if (palette == palette[:, :1]).all() and len(np.unique(palette, axis=0)) == len(used):
        return np.asarray(picture.convert("L")).astype(np.int64)
    black = used[(palette == 0).all(-1)]
    if len(black) == 1:
        numbers = np.where(numbers == black, 0, np.where(numbers == 0, black, numbers))
    return numbers


def _tags(picture):
    return getattr(picture, "tag_v2", {})


def _check_range(image: np.ndarray, low: float, high: float) -> None:
    if not np.issubdtype(image.dtype, np.floating):
        raise TypeError(
            f"A picture of {image.dtype} has no agreed range; convert it to uint8 or to floats in "
            f"[{low:g}, {high:g}]."
        )
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
