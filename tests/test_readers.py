import numpy as np
import pytest
from PIL import Image

from course_utils.data.readers import read_dsb2018, read_isbi2012


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def mask(*boxes, size=(20, 30)):
    drawn = np.zeros(size, np.uint8)
    for top, left, bottom, right in boxes:
        drawn[top:bottom, left:right] = 255
    return drawn


@pytest.fixture
def nuclei(tmp_path):
    """Two images; in the first a small nucleus overlaps a large one by a row of pixels."""
    root = tmp_path / "dsb2018" / "stage1_train"
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 4))
    for name, boxes in (("b1", [(2, 2, 12, 12), (11, 4, 15, 8)]), ("a2", [(0, 0, 5, 5)])):
        save(root / name / "images" / f"{name}.png", picture)
        for number, box in enumerate(boxes):
            save(root / name / "masks" / f"m{number}.png", mask(box))
    (root / ".DS_Store").write_text("not a folder")
    return tmp_path


def test_dsb2018(nuclei):
    first, second = read_dsb2018(nuclei)
    assert (first.id, second.id) == ("a2", "b1") and second.source == "b1"
    path = nuclei / "dsb2018" / "stage1_train" / "b1" / "images" / "b1.png"
    pixels = np.asarray(Image.open(path))[..., :3]
    np.testing.assert_allclose(second.image, pixels / 255, atol=1e-7)
    assert second.image.dtype == np.float32 and second.image.shape == (20, 30, 3)
    assert second.labels.dtype == np.int32
    assert np.bincount(second.labels.ravel()).tolist() == [600 - 112, 96, 16]  # the small one whole


def test_dsb2018_takes_the_folder_of_the_set_itself(nuclei):
    assert len(read_dsb2018(nuclei / "dsb2018")) == 2
    assert len(read_dsb2018(str(nuclei))) == 2


def in_b1(root, name):
    return root / "dsb2018" / "stage1_train" / "b1" / name


def truncate(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("break_it, error, named", [
    (lambda r: in_b1(r, "images/b1.png").unlink(), FileNotFoundError, "b1.png is missing"),
    (lambda r: truncate(in_b1(r, "images/b1.png")), ValueError, "b1.png can't be read"),
    (lambda r: in_b1(r, "masks/m1.png").write_text("words"), ValueError, "m1.png can't be read"),
    (lambda r: in_b1(r, "masks/m1.png").write_bytes(b""), ValueError, "m1.png can't be read"),
    (lambda r: save(in_b1(r, "masks/m1.png"), mask(size=(30, 20))), ValueError,
     "m1.png is 20x30 pixels, its image is 30x20"),
    (lambda r: [p.unlink() for p in in_b1(r, "masks").iterdir()], FileNotFoundError, "no masks"),
    (lambda r: in_b1(r, "masks").rename(r / "elsewhere"), FileNotFoundError, "masks is missing"),
    (lambda r: Image.fromarray(np.zeros((20, 30), np.uint16)).save(in_b1(r, "images/b1.png")),
     ValueError, "b1.png can't be read: it has more than 8 bits"),
])
def test_dsb2018_names_the_broken_file(nuclei, break_it, error, named):
    break_it(nuclei)
    with pytest.raises(error, match=named) as raised:
        read_dsb2018(nuclei)
    assert "\n" not in str(raised.value)


def test_dsb2018_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="COURSE_DATA"):
        read_dsb2018(tmp_path / "nowhere")
    (tmp_path / "dsb2018" / "stage1_train").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="no image folder"):
        read_dsb2018(tmp_path)


@pytest.fixture
def slices(tmp_path):
    """Twelve slices, each with two cells that touch at a corner, and so are two."""
    root = tmp_path / "isbi2012" / "train"
    for number in range(12):
        save(root / "image" / f"{number}.png", np.full((20, 30), number))
        save(root / "label" / f"{number}.png", mask((0, 0, 5, 5), (5, 5, 9, 20)))
    return tmp_path


def test_isbi2012(slices):
    found = read_isbi2012(slices)
    assert [sample.id for sample in found] == [str(n) for n in range(12)]     # 2 before 10
    last = found[11]
    assert last.image.shape == (20, 30, 1) and last.image.dtype == np.float32
    np.testing.assert_allclose(last.image, 11 / 255)
    assert last.labels.dtype == np.int32 and last.labels.max() == 2
    assert np.bincount(last.labels.ravel()).tolist() == [600 - 85, 25, 60]
    np.testing.assert_array_equal(last.membrane, mask((0, 0, 5, 5), (5, 5, 9, 20)) == 0)


def test_isbi2012_sources_are_pixels_not_numbers(slices):
    sources = [sample.source for sample in read_isbi2012(slices)]
    assert len(set(sources)) == 12
    save(slices / "isbi2012/train/image/5.png", np.full((20, 30), 3))
    again = [sample.source for sample in read_isbi2012(slices)]
    assert again[5] == sources[3] and again[6] == sources[6]


@pytest.mark.parametrize("break_it, error, named", [
    (lambda r: (r / "label" / "3.png").unlink(), FileNotFoundError, "3.png is missing"),
    (lambda r: truncate(r / "image" / "3.png"), ValueError, "3.png can't be read"),
    (lambda r: save(r / "label" / "3.png", mask(size=(9, 9))), ValueError, "3.png is 9x9"),
    (lambda r: save(r / "image" / "x.png", mask()), ValueError, "x.png should have a slice number"),
    (lambda r: [p.unlink() for p in (r / "image").iterdir()], FileNotFoundError, "no slices"),
])
def test_isbi2012_names_the_broken_file(slices, break_it, error, named):
    break_it(slices / "isbi2012" / "train")
    with pytest.raises(error, match=named):
        read_isbi2012(slices)
