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


def test_integers_without_a_range_are_refused():
    with pytest.raises(TypeError, match="int64"):
        images.to_float(np.zeros((2, 2), np.int64))


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


def test_centre_square_takes_the_middle():
    image = np.zeros((10, 30, 1), np.float32)
    image[:, 10:20] = 1
    assert images.centre_square(image, 5).min() == 1


def test_grid_places_pictures_row_by_row():
    tiles = np.stack([np.full((2, 3, 1), value) for value in (0.1, 0.2, 0.3)])
    sheet = images.grid(tiles, columns=2, gap=1)
    assert sheet.shape == (5, 7, 1)
    assert sheet[0, 0] == 0.1 and sheet[0, 4] == 0.2 and sheet[3, 0] == 0.3 and sheet[4, 6] == 1


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


def test_sixteen_bit_grey_keeps_its_shades(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    read = images.read_image(tmp_path / "deep.png")[..., 0]
    assert np.abs(read - ramp / 65535).max() < 0.01


def test_unreadable_files_get_one_sentence(tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    whole = images.write_image(tmp_path / "whole.png", PHOTO).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name in ("missing.png", "notes.png", "cut.png"):
        with pytest.raises(ValueError, match=name.split(".")[0]) as caught:
            images.read_image(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="megapixels"):
        images.read_image(tmp_path / "whole.png", max_pixels=100)
