"""The people of lesson 03: split by person, eight copies, strangers, CUHK's layout."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from course_utils import images, profile
from course_utils.data import face_sketch
from course_utils.data.pairs import Pair

SIZE = (250, 200)  # CUHK's


def picture(seed, size=SIZE):
    small = np.random.default_rng(seed).random((6, 5, 3)).astype(np.float32)
    return images.to_uint8(images.resize(small, size))


def cuhk(home, names, start=0):
    for number, name in enumerate(names, start):
        for folder, ending, seed in (("photos", "", number), ("sketches", "-sz1", 1000 + number)):
            path = home / "cuhk" / folder / f"{name}{ending}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(seed)).save(path)


def pairs(count, side=8):
    rng = np.random.default_rng(0)
    return [Pair(str(n), *rng.random((2, side, side, 3), np.float32), str(n)) for n in range(count)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


# Drawn --------------------------------------------------------------------------------------------


def test_drawn_people_are_deterministic_and_split():
    train, test = face_sketch.load("synthetic", side=32)
    assert (len(train), len(test)) == (400, len(face_sketch.DRAWN["test"]))
    assert not {one.source for one in train} & {one.source for one in test}
    first, again = train[0], face_sketch.DrawnPerson(0, 32)
    face_sketch.draw([first, test[0]], workers=1)
    assert np.array_equal(first.source_picture, again.source_picture)
    assert np.array_equal(first.target, again.target)
    assert first.target.shape == (32, 32, 3) and np.ptp(first.target, axis=-1).max() == 0
    assert first.skin.dtype == bool and np.array_equal(first.skin, again.skin)
    assert 0.05 < first.skin.mean() < 0.6
    (back,) = face_sketch.turned([first])
    assert back.source_picture is first.target and back.target is first.source_picture


def test_an_unknown_data_set_is_named():
    with pytest.raises(ValueError, match='no people in "celeba"; choose "synthetic" or "cuhk"'):
        face_sketch.load("celeba")


# CUHK ---------------------------------------------------------------------------------------------


def test_cuhk_is_cropped_and_split_by_the_last_names(home):
    names = [f"f-{number:03d}-01" for number in range(50)]
    cuhk(home, names)
    train, test = face_sketch.load("cuhk", side=50)
    assert [pair.id for pair in test] == names[-38:] and len(train) == 12
    expected = images.resize(picture(0)[25:225] / np.float32(255), (50, 50))
    assert np.allclose(train[0].source_picture, expected, atol=1e-6)
    sketch = images.to_grey(images.resize(picture(1000)[25:225] / np.float32(255), (50, 50)))
    assert np.allclose(train[0].target[..., 1], sketch, atol=1e-6)


def test_a_second_folder_tests_and_a_shared_person_is_named(home, tmp_path):
    cuhk(home, ["a", "b"])
    cuhk(home / "more", ["c"], start=7)
    train, test = face_sketch.load("cuhk", test_data=home / "more", side=20)
    assert [pair.id for pair in train] == ["a", "b"] and [pair.id for pair in test] == ["c"]
    cuhk(home / "more", ["b"], start=7)
    with pytest.raises(ValueError, match="Source 'b' is in the training data and in the test"):
        face_sketch.load("cuhk", test_data=home / "more", side=20)


@pytest.mark.parametrize(("count", "missing"), [(1, 39), (38, 2), (39, 1)])
def test_too_few_people_are_told_how_many_to_add(home, count, missing):
    cuhk(home, [f"f-{number:03d}-01" for number in range(count)])
    with pytest.raises(
        ValueError, match=f"^cuhk has {count} people, and 40 .* add {missing}, or give"
    ):
        face_sketch.load("cuhk", side=8)
    cuhk(home / "more", ["x", "y"], start=90)
    if count > 1:
        assert len(face_sketch.load("cuhk", home / "more", side=8)[0]) == count
    else:
        with pytest.raises(ValueError, match="has 1 people, and 2 are needed"):
            face_sketch.load("cuhk", home / "more", side=8)


def test_missing_sketches_and_broken_photographs_are_named(home):
    with pytest.raises(FileNotFoundError, match="COURSE_DATA"):
        face_sketch.load("cuhk")
    cuhk(home, ["a", "b"])
    (home / "cuhk/photos/a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="a.png can't be read"):
        face_sketch.read_cuhk(home)
    (home / "cuhk/sketches/b-sz1.png").unlink()
    (home / "cuhk/photos/a.png").unlink()
    with pytest.raises(FileNotFoundError, match="b-sz1.*missing"):
        face_sketch.read_cuhk(home / "cuhk")


REAL = [
    *(f"f-{n:03d}-01" for n in range(5, 39)),
    *(f"m-{n:03d}-01" for n in range(8, 62)),
    *(f"f-{n:03d}-01" for n in range(39, 44)),
    *(f"f1-{n:03d}-01" for n in range(1, 16)),
    *(f"m-{n:03d}-01" for n in range(62, 101)),
    *(f"m1-{n:03d}-01" for n in range(1, 42)),
]


def real_cuhk(home, jpeg):
    """All 188 names as the set is distributed: the first 88 sketches have names of their own."""
    for number, name in enumerate(REAL):
        own = f"{name[0].upper()}2{name[1:]}-sz1" if number < 88 else f"{name}-sz1"
        for path in (home / "cuhk/photos" / f"{name}.jpg", home / "cuhk/sketches" / f"{own}.jpg"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg)


@pytest.fixture(scope="module")
def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (20, 25), (200, 100, 50)).save(file, "JPEG")
    return file.getvalue()


def test_all_188_people_of_cuhk_find_their_sketches(home, jpeg):
    real_cuhk(home, jpeg)
    assert len(REAL) == len(set(REAL)) == 188
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train, test = face_sketch.load("cuhk", side=8)
    assert [pair.id for pair in test] == sorted(REAL)[-38:] and len(train) == 150


def test_a_photograph_prefers_its_own_name_and_cases_do_not_matter(home):
    cuhk(home, ["f-005-01"])
    other = home / "cuhk/sketches/F2-005-01-sz1.png"
    Image.fromarray(picture(7)).save(other)
    Image.fromarray(picture(8)).save(home / "cuhk/photos/F2-005-01.png")
    first, second = face_sketch.read_cuhk(home, 50)
    assert (first.id, second.id) == ("F2-005-01", "f-005-01")
    grey = [images.to_grey(images.to_float(picture(seed))).mean() for seed in (7, 1000)]
    assert [pair.target.mean() for pair in (first, second)] == pytest.approx(grey, abs=0.05)
    other.rename(other.with_name("f2-005-01-SZ1.PNG"))
    assert [pair.id for pair in face_sketch.read_cuhk(home, 50)] == ["F2-005-01", "f-005-01"]


def test_one_person_without_a_sketch_among_many_is_left_out_and_named(home, jpeg):
    real_cuhk(home, jpeg)
    (home / "cuhk/sketches/F2-005-01-sz1.jpg").unlink()
    (home / "cuhk/photos/m-100-01.jpg").unlink()
    (home / "cuhk/photos/f1-001-01.jpg").write_bytes(jpeg[:-200])
    with pytest.warns(UserWarning, match="3 of 188 pictures are left out") as caught:
        assert len(face_sketch.read_cuhk(home, 8)) == 185
    assert len(caught) == 1
    for named in (
        "f-005-01-sz1.jpg is missing",
        "m-100-01-sz1.jpg is missing",
        "f1-001-01.jpg can't",
    ):
        assert named in str(caught[0].message)
    with pytest.warns(UserWarning):
        train, test = face_sketch.load("cuhk", side=8)
    left = set(REAL) - {"f-005-01", "m-100-01", "f1-001-01"}
    assert [pair.id for pair in train + test] == sorted(left)
    (home / "cuhk/sketches" / f"{max(REAL)}-sz1.jpg").write_bytes(b"")  # nobody takes its place
    with pytest.warns(UserWarning):
        assert face_sketch.load("cuhk", side=8)[1][0].id == test[0].id


def test_the_crop_of_other_sizes_is_a_square_in_the_middle():
    wide = images.to_float(picture(0, (100, 300)))
    assert face_sketch._square(wide, 16).shape == (16, 16, 3)
    assert np.allclose(face_sketch._square(wide, 80), wide[10:90, 110:190], atol=1e-6)
    for size in ((1, 1), (1, 9), (9, 1)):
        assert face_sketch._square(np.zeros((*size, 3), np.float32), 16).shape == (16, 16, 3)


# Copies and strangers -----------------------------------------------------------------------------


def test_eight_different_copies_of_each_keep_their_person():
    two = pairs(2)
    copies = face_sketch.eightfold(two)
    assert len(copies) == 16 and [copy.source for copy in copies] == ["0"] * 8 + ["1"] * 8
    for part in ("source_picture", "target"):
        assert len({getattr(copy, part).tobytes() for copy in copies}) == 16
        assert np.array_equal(getattr(copies[0], part), getattr(two[0], part))
        assert np.array_equal(getattr(copies[4], part), getattr(two[0], part)[:, ::-1])
        assert np.array_equal(getattr(copies[1], part), np.rot90(getattr(two[0], part)))


def test_188_people_become_1504_and_stay_on_their_side():
    from course_utils.data import splits

    train, test = splits.train_test(pairs(188, 2), tests=lambda pair: int(pair.id) >= 150)
    copies = face_sketch.eightfold(train), face_sketch.eightfold(test)
    assert sum(map(len, copies)) == 1504
    splits.assert_disjoint(*({copy.source for copy in side} for side in copies))


def test_strangers_never_show_both_sides_of_one_person():
    some = pairs(7)
    strangers = face_sketch.Strangers(some, 8, flip=False, scale=1.0)
    photos = {pair.source_picture.round(4).tobytes(): pair.id for pair in some}
    sketches = {pair.target.round(4).tobytes(): pair.id for pair in some}
    drawn = [strangers(np.random.default_rng(n)) for n in range(200)]
    shown = [
        {known[images.from_signed(each[i]).round(4).tobytes()] for each in drawn}
        for i, known in enumerate((photos, sketches))
    ]
    assert not shown[0] & shown[1] and len(shown[0] | shown[1]) == 7
    with pytest.raises(ValueError, match="at least two people"):
        face_sketch.Strangers(some[:1], 8)


def test_the_pencil_keeps_edges_and_whitens_what_is_flat():
    step = np.full((32, 32, 3), 0.8, np.float32)
    step[:, :16] = 0.3
    drawn = face_sketch.pencil(step)
    assert drawn.shape == step.shape and drawn.dtype == np.float32 and np.ptp(drawn, -1).max() == 0
    assert drawn[0, 0, 0] == pytest.approx(1, abs=1e-3) and drawn[16, 15, 0] < 0.8
    assert np.allclose(face_sketch.pencil(step[None])[0], drawn)
    assert np.allclose(face_sketch.pencil(0.5 * step), drawn, atol=1e-5)  # light doesn't count


def test_baselines_need_no_network():
    profile.set_seeds(0)
    some = pairs(5)
    made = face_sketch.baselines(some[:4], some[4:])
    assert np.allclose(made["mean"][0], np.mean([pair.target for pair in some[:4]], axis=0))
    assert np.allclose(made["input"][0, ..., 2], images.to_grey(some[4].source_picture), atol=1e-6)
