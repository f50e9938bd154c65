import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from skimage import data

from course_utils import images

PHOTO = data.astronaut()[::4, ::4]


def test_uint8_survives_the_round_trip_exactly():
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(images.to_uint8(images.to_float(every)), every)
    assert np.array_equal(images.to_uint8(images.from_signed(images.to_signed(every))), every)


def test_ranges_of_the_three_kinds():
    assert images.to_float(PHOTO).dtype == np.float32
    assert 0 <= images.to_float(PHOTO).min() and images.to_float(PHOTO).max() <= 1
    signed = images.to_signed(np.array([[[0.0], [0.5], [1.0]]]))
    assert np.allclose(signed.ravel(), [-1, 0, 1])


@pytest.mark.parametrize("bad", [255.0, -0.5, 1.01, np.nan, np.inf])
def test_a_wrong_range_is_named(bad):
    with pytest.raises(ValueError, match="values go from|NaN"):
        images.to_uint8(np.full((2, 2, 3), bad))
    with pytest.raises(ValueError):
        images.to_float(np.full((2, 2, 3), bad, np.float32))


@pytest.mark.parametrize("convert", [images.to_float, images.to_uint8, images.to_signed])
@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint32, complex, object])
def test_numbers_without_a_range_are_refused(convert, kind):
    with pytest.raises(TypeError, match=np.dtype(kind).name):
        convert(np.zeros((2, 2), kind))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int64, bool])
def test_whole_numbers_are_no_signed_picture(kind):
    with pytest.raises(TypeError, match="no agreed range"):
        images.from_signed(np.ones((2, 2), kind))


def test_all_that_has_a_range_becomes_eight_bits():
    assert images.to_uint8(np.array([0, 256, 65_535], np.uint16)).tolist() == [0, 1, 255]
    assert images.to_uint8([True, False]).tolist() == [255, 0]


def test_grey_uses_luminance_weights():
    assert np.isclose(images.to_grey(np.array([[[0.0, 1.0, 0.0]]]))[0, 0], 0.7154, atol=2e-3)
    assert images.to_grey(np.full((3, 4, 1), 0.25, np.float32)).shape == (3, 4)


def test_lab_of_known_colours_and_back():
    lab = images.rgb_to_lab(np.array([[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]))
    assert np.allclose(lab[0, 0], [100, 0, 0], atol=0.05)
    assert np.allclose(lab[0, 1], [53.24, 80.09, 67.20], atol=0.1)
    assert np.allclose(lab[0, 2], 0, atol=0.05)
    assert np.abs(images.lab_to_rgb(images.rgb_to_lab(PHOTO)) - PHOTO / 255).max() < 1e-3


def test_lab_out_of_gamut_is_clipped():
    rgb = images.lab_to_rgb(np.array([[[50.0, 200.0, -200.0]]]))
    assert rgb.min() >= 0 and rgb.max() <= 1


def test_resizing_labels_invents_none():
    labels = np.random.default_rng(0).choice([0, 3, 200], (31, 17)).astype(np.int32)
    for size in [(9, 40), (62, 34), (1, 1)]:
        resized = images.resize(labels, size, labels=True)
        assert resized.shape == size and resized.dtype == np.int32
        assert set(np.unique(resized)) <= {0, 3, 200}
    doubled = images.resize(labels, (62, 34), labels=True)
    assert np.array_equal(doubled[::2, ::2], labels)


def test_resizing_keeps_range_and_shape():
    photo = images.to_float(PHOTO)
    for size in [(64, 40), (300, 200)]:
        resized = images.resize(photo, size)
        assert resized.shape == size + (3,) and resized.dtype == np.float32
        assert photo.min() <= resized.min() and resized.max() <= photo.max()
    assert images.resize(photo[..., :1], (10, 10)).shape == (10, 10, 1)
    with pytest.raises(ValueError, match="at least 1"):
        images.resize(photo, (0, 4))
    with pytest.raises(ValueError, match="at least 1"):
        images.resize(photo[:0], (3, 4))
    for kind in (bool, np.int64, np.float16):
        with pytest.raises(TypeError, match="labels=True"):
            images.resize(photo.astype(kind), (3, 4))


def test_centre_square_takes_the_middle():
    image = np.zeros((10, 30, 1), np.float32)
    image[:, 10:20] = 1
    assert images.centre_square(image, 5).min() == 1


def test_grid_places_pictures_row_by_row():
    tiles = np.stack([np.full((2, 3, 1), value) for value in (0.1, 0.2, 0.3)])
    sheet = images.grid(tiles, columns=2, gap=1)
    assert sheet.shape == (5, 7, 1)
    assert sheet[0, 0] == 0.1 and sheet[0, 4] == 0.2 and sheet[3, 0] == 0.3 and sheet[4, 6] == 1


def test_grid_keeps_the_kind_of_its_pictures():
    tiles = np.stack([PHOTO[:6, :5]] * 3)
    sheet = images.grid(tiles, columns=2, gap=3, background=255)
    assert sheet.dtype == np.uint8 and sheet.shape == (15, 13, 3)
    assert np.array_equal(sheet[9:, :5], tiles[2]) and (sheet[6:9] == 255).all()
    assert (sheet[:, 5:8] == 255).all() and (sheet[9:, 8:] == 255).all()
    assert np.array_equal(images.grid(tiles, columns=1, gap=0), tiles.reshape(18, 5, 3))
    with pytest.raises(ValueError, match=r"\(N, H, W, C\)"):
        images.grid(tiles[:0], columns=2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_sides_of_one_pixel(tmp_path, shape, channels):
    picture = np.random.default_rng(0).random(shape + channels).astype(np.float32)
    read = images.read_image(images.write_image(tmp_path / "a.png", picture))
    assert read.shape == shape + (3,)
    grey = channels != (3,)
    assert np.allclose(
        read[..., 0] if grey else read,
        picture.reshape(read.shape[: 2 if grey else 3]),
        atol=0.5 / 255 + 1e-6,
    )
    assert images.centre_square(picture, 4).shape == (4, 4) + channels
    for size in ((1, 1), (3, 1), (1, 9)):
        assert images.resize(picture, size).shape == size + channels
    if channels:
        assert images.grid(picture[None].repeat(3, 0), 2).shape[2:] == channels


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (3, 4, 4), (1, 3, 4, 3), (0, 4, 3)])
def test_other_shapes_are_not_written(tmp_path, shape):
    with pytest.raises(ValueError, match="H, W"):
        images.write_image(tmp_path / "a.png", np.zeros(shape))
    assert not list(tmp_path.iterdir())


def test_reading_what_was_written(tmp_path):
    path = images.write_image(tmp_path / "a.png", images.to_float(PHOTO))
    assert np.array_equal(images.to_uint8(images.read_image(path)), PHOTO)
    assert list(tmp_path.iterdir()) == [path]


def test_transparency_goes_onto_white(tmp_path):
    Image.fromarray(np.zeros((4, 4, 4), np.uint8)).save(tmp_path / "clear.png")
    assert images.read_image(tmp_path / "clear.png").min() == 1


def test_exif_turns_the_photograph_upright(tmp_path):
    picture = Image.fromarray(PHOTO[:20, :40])
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert images.read_image(tmp_path / "turned.jpg").shape == (40, 20, 3)


# One policy for depth --------------------------------------------------------------------------


def content(pixels, kind="PNG", **options):
    buffer = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(values: bytes, width, height, bits, white_is=1, samples=1):
    """A little-endian TIFF file of one strip, as other programs write it."""
    tags = [
        (256, 3, width),
        (257, 3, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, white_is),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, height),
        (279, 4, len(values)),
        (339, 3, samples),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(values))
    return head + values + struct.pack("<H", len(tags)) + entries + bytes(4)


RAMP = np.linspace(0, 1, 64).reshape(8, 8)
DEEP = np.round(RAMP * 65_535).astype(np.uint16)
FULL_RANGE = {
    "16-bit PNG": content(DEEP),
    "16-bit TIFF": content(DEEP, "TIFF"),
    "big-endian TIFF": content(DEEP.astype(">u2"), "TIFF"),
    "16-bit PGM": b"P5 8 8 65535\n" + DEEP.astype(">u2").tobytes(),
    "float TIFF": content(RAMP.astype(np.float32), "TIFF"),
    "white is 0, 16 bits": tiff((65_535 - DEEP).astype("<u2").tobytes(), 8, 8, 16, white_is=0),
    "white is 0, 8 bits": tiff((255 - np.round(RAMP * 255)).astype(np.uint8).tobytes(), 8, 8, 8, 0),
    "8-bit PNG": content(np.round(RAMP * 255).astype(np.uint8)),
    "grey with alpha": content(
        Image.fromarray(np.round(RAMP * 255).astype(np.uint8)).convert("LA")
    ),
}


@pytest.mark.parametrize("file", FULL_RANGE.values(), ids=FULL_RANGE)
def test_a_file_is_read_by_the_full_range_of_its_type(file):
    grey = images.read_image(file, grey=True)
    assert grey.dtype == np.float32 and np.abs(grey - RAMP).max() <= 0.5 / 255 + 1e-6
    colour = images.read_image(file)
    assert np.allclose(colour, grey[..., None], atol=1e-6) and colour.shape == (8, 8, 3)


def test_a_dark_deep_file_stays_dark():
    assert images.read_image(content(np.full((4, 4), 200, np.uint16))).max() < 0.004
    dim = images.read_image(content(np.full((4, 4), 0.25, np.float32), "TIFF"))
    assert np.allclose(dim, 0.25)


def test_twelve_bits_end_at_4095():
    packed = bytes([0xFF, 0xF0, 0x00])  # 4095 and 0
    assert images.read_image(tiff(packed, 2, 1, 12), grey=True).tolist() == [[1, 0]]


NO_WHITE = {
    "signed 16 bits": tiff(np.arange(-4, 5, dtype="<i2").tobytes(), 3, 3, 16, samples=2),
    "signed 8 bits": tiff(np.arange(-4, 5, dtype=np.int8).tobytes(), 3, 3, 8, samples=2),
    "32 bits": content(np.arange(9, dtype=np.int32).reshape(3, 3), "TIFF"),
    "negative": content(np.linspace(-500, 500, 9).astype(np.int32).reshape(3, 3), "TIFF"),
    "floats to 255": content(np.linspace(0, 255, 9, dtype=np.float32).reshape(3, 3), "TIFF"),
    "floats below 0": content(np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3), "TIFF"),
    "not a number": content(np.full((3, 3), np.nan, np.float32), "TIFF"),
    "L*a*b*": content(Image.new("LAB", (3, 3)), "TIFF"),
}


@pytest.mark.parametrize("file", NO_WHITE.values(), ids=NO_WHITE)
@pytest.mark.parametrize("grey", [False, True])
def test_numbers_whose_white_nobody_knows_get_one_sentence(tmp_path, file, grey):
    (tmp_path / "odd.tif").write_bytes(file)
    with pytest.raises(ValueError, match="^odd.tif holds .* save it as") as caught:
        images.read_image(tmp_path / "odd.tif", grey=grey)
    assert "\n" not in str(caught.value)


MODES = {
    "palette": content(Image.fromarray(PHOTO).quantize(256)),
    "CMYK": content(Image.fromarray(PHOTO).convert("CMYK"), "JPEG", quality=95),
    "two frames": content(
        Image.fromarray(PHOTO),
        "GIF",
        save_all=True,
        append_images=[Image.new("RGB", PHOTO.shape[1::-1])],
    ),
    "WebP": content(Image.fromarray(PHOTO), "WEBP", quality=95),
    "opaque": content(Image.fromarray(PHOTO).convert("RGBA")),
}


@pytest.mark.parametrize("file", MODES.values(), ids=MODES)
def test_every_mode_is_the_same_picture(file):
    read = images.read_image(file)
    assert read.shape == PHOTO.shape and np.abs(read - PHOTO / 255).mean() < 0.03
    grey = images.read_image(file, grey=True)
    assert np.abs(grey - images.to_grey(read)).max() <= 0.5 / 255 + 1e-5


def test_a_damaged_tag_doesnt_stop_the_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = content(PHOTO, exif=exif)
    start = whole.index(b"eXIf")
    length = struct.unpack(">I", whole[start - 4 : start])[0]
    chunk = b"eXIf" + b"\xff" * length
    end = start + 4 + length
    broken = whole[:start] + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[end + 4 :]
    assert np.array_equal(images.to_uint8(images.read_image(broken)), PHOTO)


def test_one_transparent_level_goes_onto_white():
    deep = Image.fromarray(np.array([[1000, 2000]], np.uint16))
    assert images.read_image(content(deep, transparency=1000), grey=True)[0, 0] == 1
    flat = Image.fromarray(np.array([[0, 9]], np.uint8))
    assert images.read_image(content(flat, transparency=0), grey=True)[0, 0] == 1


def test_one_bit_and_half_transparent():
    bits = PHOTO[..., 0] > 127
    assert np.array_equal(images.read_image(content(Image.fromarray(bits)), grey=True), bits)
    half = Image.new("LA", (2, 2), (0, 128))
    assert np.allclose(images.read_image(content(half)), 127 / 255, atol=1 / 255)


# Numbers -----------------------------------------------------------------------------------------


def palette(indices, *colours):
    picture = Image.new("P", indices.shape[::-1])
    picture.putdata(indices.ravel().tolist())
    picture.putpalette([value for colour in colours for value in colour])
    return picture


def test_numbers_are_not_luminance():
    numbers = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for file in (
        content(numbers),
        content(numbers.astype(np.uint16)),
        content(numbers.astype(np.int32), "TIFF"),
        content(numbers.astype(np.float32), "TIFF"),
        content(np.dstack([numbers] * 3)),
        content(palette(numbers, *[(20 * n, 0, 0) for n in range(12)])),
    ):
        assert np.array_equal(images.read_numbers(file), numbers)


def test_the_black_of_a_palette_is_0_and_greys_are_levels():
    two = np.array([[0, 1], [1, 0]], np.uint8)
    swapped = images.read_numbers(content(palette(two, (255, 0, 0), (0, 0, 0))))
    assert np.array_equal(swapped, 1 - two)
    levels = images.read_numbers(content(palette(two, (255, 255, 255), (0, 0, 0))))
    assert np.array_equal(levels, (1 - two) * 255)
    late = images.read_numbers(content(palette(two, (0, 0, 0))))  # a palette without its colours
    assert np.array_equal(late, two)


def test_a_drawing_in_alpha():
    drawn = np.array([[0, 0, 255], [0, 255, 255]], np.uint8)
    for grey in (0, 255):
        alone = Image.merge("LA", [Image.new("L", (3, 2), grey), Image.fromarray(drawn)])
        assert np.array_equal(images.read_numbers(content(alone)), drawn > 0)
        assert np.array_equal(images.read_numbers(content(alone.convert("RGBA"))), drawn > 0)


# Files that can't be read -------------------------------------------------------------------------


def test_unreadable_files_get_one_sentence(tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    whole = images.write_image(tmp_path / "whole.png", PHOTO).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "me.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    for name in ("missing.png", "notes.png", "cut.png", "me.heic"):
        with pytest.raises(ValueError, match=name.split(".")[0]) as caught:
            images.read_image(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="megapixels"):
        images.read_image(tmp_path / "whole.png", max_pixels=100)
    with pytest.raises(ValueError, match="whole.png has far too many pixels; shrink it"):
        bomb = b"P5 30000 30000 255\n"  # only Pillow's own limit keeps it from being opened
        (tmp_path / "whole.png").write_bytes(bomb)
        images.read_image(tmp_path / "whole.png")
    with pytest.raises(ValueError, match="^This file can't be read"):
        images.read_image(b"no picture")
