import unicodedata
import warnings

import numpy as np
import pytest
from PIL import Image

from course_utils.data import documents, face_sketch, pix2pix, readers
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
    picture[..., 3] = 255
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


@pytest.mark.parametrize(
    "break_it, error, named",
    [
        (lambda r: in_b1(r, "images/b1.png").unlink(), FileNotFoundError, "b1.png is missing"),
        (lambda r: truncate(in_b1(r, "images/b1.png")), ValueError, "b1.png can't be read"),
        (
            lambda r: in_b1(r, "masks/m1.png").write_text("words"),
            ValueError,
            "m1.png can't be read",
        ),
        (lambda r: in_b1(r, "masks/m1.png").write_bytes(b""), ValueError, "m1.png can't be read"),
        (
            lambda r: save(in_b1(r, "masks/m1.png"), mask(size=(30, 20))),
            ValueError,
            "m1.png is 20x30 pixels, its image is 30x20",
        ),
        (
            lambda r: [p.unlink() for p in in_b1(r, "masks").iterdir()],
            FileNotFoundError,
            "no masks",
        ),
        (
            lambda r: in_b1(r, "masks").rename(r / "elsewhere"),
            FileNotFoundError,
            "masks is missing",
        ),
        (
            lambda r: Image.fromarray(np.zeros((20, 30), np.int32)).save(in_b1(r, "images/b1.tif")),
            ValueError,
            "b1.png and b1.tif have one name",
        ),
    ],
)
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
    assert [sample.id for sample in found] == [str(n) for n in range(12)]  # 2 before 10
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


ONE_ODD = [
    (lambda r: (r / "label" / "3.png").unlink(), 11, FileNotFoundError, "3.png is missing"),
    (lambda r: (r / "image" / "3.png").unlink(), 11, FileNotFoundError, "image.3.png is missing"),
    (lambda r: truncate(r / "image" / "3.png"), 11, ValueError, "3.png can't be read"),
    (lambda r: save(r / "label" / "3.png", mask(size=(9, 9))), 11, ValueError, "3.png is 9x9"),
    (lambda r: save(r / "image" / "x.png", mask()), 12, ValueError, "x.png should have a slice n"),
]


@pytest.mark.parametrize("break_it, left, error, named", ONE_ODD)
def test_one_odd_slice_of_twelve_is_left_out_and_named(slices, break_it, left, error, named):
    root = slices / "isbi2012" / "train"
    break_it(root)
    with pytest.warns(UserWarning, match=f"1 of 1. pictures are left out: .*{named}") as caught:
        assert len(read_isbi2012(slices)) == left
    assert len(caught) == 1
    for path in (root / "image").iterdir():
        if path.stem not in ("3", "x", "4"):
            path.unlink()
            (root / "label" / path.name).unlink()
    with pytest.raises(error, match=named):  # one of two is too much
        read_isbi2012(slices)


def test_isbi2012_without_slices(slices):
    for path in (slices / "isbi2012/train/image").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="no picture in .*image"):
        read_isbi2012(slices)


def test_sixteen_bits_are_read_by_their_range(nuclei, slices):
    deep = np.full((20, 30), 13_107, np.uint16)
    Image.fromarray(deep).save(in_b1(nuclei, "images/b1.png"))
    Image.fromarray(deep).save(slices / "isbi2012/train/image/3.png")
    np.testing.assert_allclose(read_dsb2018(nuclei)[1].image, 0.2, atol=1e-6)
    np.testing.assert_allclose(read_isbi2012(slices)[3].image, 0.2, atol=1e-6)


# One rule for what is odd -------------------------------------------------------------------------


def doubled(number):
    if number in (3, 5):
        raise ValueError(f"{number} is odd.")
    return 2 * number


def test_up_to_a_tenth_is_left_out_and_all_of_it_is_named():
    with pytest.warns(UserWarning) as caught:
        assert readers.gather(range(20), doubled) == [2 * n for n in range(20) if n not in (3, 5)]
    assert [str(each.message) for each in caught] == [
        "2 of 20 pictures are left out: 3 is odd. 5 is odd."
    ]
    with pytest.raises(ValueError, match=r"^3 is odd. \(So it is with 2 of 19.\)$"):
        readers.gather(range(19), doubled)
    with pytest.raises(ValueError, match="^3 is odd.$"):
        readers.gather([3], doubled)
    with pytest.raises(ZeroDivisionError):  # a fault of the course is no odd file
        readers.gather(range(20), lambda number: 1 / number)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert readers.gather([1, 2], doubled) == [2, 4] and readers.gather([], doubled) == []


# A system's own files, names in capitals, names composed otherwise ---------------------------------


SIZE = (20, 30)


def dsb(home):
    save(home / "stage1_train/a/images/a.png", mask((2, 2, 9, 9)))
    save(home / "stage1_train/a/masks/1.png", mask((2, 2, 9, 9)))


def isbi(home):
    for part in ("image", "label"):
        save(home / "train" / part / "7.png", mask((2, 2, 9, 9)))


def cuhk(home):
    save(home / "photos/f-039-01.jpg", mask())
    save(home / "sketches/f-039-01-sz1.jpg", mask())


def kaggle(home):
    save(home / "train/2.png", mask())
    save(home / "train_cleaned/2.png", mask())


def official(home):
    root = home / "SimulatedNoisyOffice"
    save(root / "simulated_noisy_images_grayscale/FontLre_Noisec_TR.png", mask())
    save(root / "clean_images_grayscale/FontLre_Clean_TR.png", mask())
    save(home / "RealNoisyOffice/real_noisy_images_grayscale/FontLre_Noisef_RE.png", mask())


def a_b(home):
    save(home / "train/1.png", mask(size=(20, 40)))


SETS = {
    dsb: read_dsb2018,
    isbi: read_isbi2012,
    cuhk: face_sketch.read_cuhk,
    kaggle: documents.read,
    official: documents.read,
    a_b: lambda home: pix2pix.read_side_by_side(home, "AtoB"),
}
JUNK_FILES = ("Thumbs.db", "desktop.ini", ".DS_Store", "._1.png", "Icon\r", "notes.txt")
JUNK_FOLDERS = (
    "__MACOSX",
    "@eaDir",
    ".ipynb_checkpoints",
    "$RECYCLE.BIN",
    "System Volume Information",
    ".@__thumb",
    "#recycle",
    "lost+found",
)


def quietly(read, home):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read(home)


@pytest.mark.parametrize("make", SETS)
def test_a_systems_own_files_and_folders_are_passed_over(tmp_path, make):
    make(tmp_path)
    ids = [one.id for one in quietly(SETS[make], tmp_path)]
    for folder in [path for path in tmp_path.rglob("*") if path.is_dir()] + [tmp_path]:
        for name in JUNK_FILES:
            (folder / name).write_bytes(b"junk")
        for name in JUNK_FOLDERS:
            (folder / name).mkdir()
            (folder / name / "._9.png").write_bytes(b"junk")
            Image.new("L", (3, 3)).save(folder / name / "9.png")
    assert [one.id for one in quietly(SETS[make], tmp_path)] == ids and ids


@pytest.mark.parametrize("make", SETS)
@pytest.mark.parametrize(
    "change", [str.upper, lambda end: ".TIF", lambda end: ".Bmp"], ids=["upper", "TIF", "Bmp"]
)
def test_endings_in_capitals_and_other_kinds(tmp_path, make, change):
    make(tmp_path)
    ids = [one.id for one in SETS[make](tmp_path)]
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        new = path.with_name(path.stem + change(path.suffix))
        Image.open(path).save(
            new,
            {".TIF": "TIFF", ".Bmp": "BMP"}.get(new.suffix)
            or {"J": "JPEG", "P": "PNG"}[new.suffix[1]],
        )
        path.unlink()
    assert [one.id for one in quietly(SETS[make], tmp_path)] == ids


@pytest.mark.parametrize("make", [dsb, cuhk, kaggle])
def test_one_name_composed_in_two_ways_and_in_capitals(tmp_path, make):
    make(tmp_path)
    composed = {"a": "Zoë", "f-039-01": "Zoë", "2": "Zoë"}
    for path in sorted(tmp_path.rglob("*"), key=lambda path: -len(path.parts)):
        stem, mark, _ = path.stem.partition("-sz1")
        if stem in composed:
            inner = path.parent.name in ("images", "sketches", "train_cleaned")
            name = unicodedata.normalize("NFD" if inner else "NFC", composed[stem])
            path.rename(path.with_name(f"{name.upper() if inner else name}{mark}{path.suffix}"))
    (one,) = quietly(SETS[make], tmp_path)
    assert one.id == "Zoë" and unicodedata.is_normalized("NFC", one.id)


def test_what_only_ends_like_a_picture_is_named_not_passed_over(slices):
    (slices / "isbi2012/train/image/12.heic").write_bytes(b"\0\0\0\x18ftypheic")
    save(slices / "isbi2012/train/label/12.png", mask())
    with pytest.warns(UserWarning, match="1 of 13 .*12.heic can't be read"):
        assert len(read_isbi2012(slices)) == 12
    (slices / "isbi2012/train/image/12.heic").unlink()
    (slices / "isbi2012/train/image/12.png").symlink_to("nowhere.png")
    with pytest.warns(UserWarning, match="1 of 13 .*12.png is missing"):
        assert len(read_isbi2012(slices)) == 12
