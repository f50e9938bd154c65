import numpy as np
import pytest
from PIL import Image

from course_utils import images
from course_utils.data.portraits import person, read_portraits, train_test
from drawn_worlds import faces


def save(path, seed, size=(40, 56)):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = images.resize(faces.face(seed, 32).photo, size)
    Image.fromarray(images.to_uint8(picture)).save(path)
    return np.asarray(Image.open(path))


def test_portraits_are_squares_from_the_middle_sorted_by_name(tmp_path):
    pixels = save(tmp_path / "b.png", 1)
    save(tmp_path / "a.jpg", 2, (48, 40))
    (tmp_path / "notes.txt").write_text("not a picture")
    first, second = read_portraits(tmp_path, side=20)
    assert (first.id, second.id) == ("a", "b") and second.source == "b"
    assert first.image.shape == second.image.shape == (20, 20, 3)
    assert second.image.dtype == np.float32
    wanted = pixels[:, 8:48].reshape(20, 2, 20, 2, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(second.image, wanted, atol=1e-5)


def test_the_folder_above_will_do(tmp_path):
    save(tmp_path / "portraits" / "a.png", 1)
    assert [one.id for one in read_portraits(str(tmp_path))] == ["a"]


def test_pictures_of_one_person_stay_together(tmp_path):
    assert [person(stem) for stem in ("anna-2", "anna_13", "17", "anna-b", "x-y-3", "-3")] == [
        "anna",
        "anna",
        "17",
        "anna-b",
        "x-y",
        "-3",
    ]
    for name in range(12):
        for view in (1, 2):
            save(tmp_path / f"p{name}-{view}.png", name, (8, 8))
    train, test = train_test(read_portraits(tmp_path, 8))
    assert len(train) + len(test) == 24 and len(test) % 2 == 0
    assert not {one.source for one in train} & {one.source for one in test}


def test_errors_name_the_file(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no picture in"):
        read_portraits(tmp_path)
    save(tmp_path / "a.png", 1)
    with pytest.raises(ValueError, match="No test image is left"):
        train_test(read_portraits(tmp_path))
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 cut off")
    with pytest.raises(ValueError, match=r"b\.jpg can't be read"):
        read_portraits(tmp_path)
    (tmp_path / "b.jpg").unlink()
    save(tmp_path / "c.png", 2)
    monkeypatch.setattr("course_utils.data.portraits.MOST", 1)
    with pytest.warns(UserWarning, match="2 pictures; 1 of them"):
        assert len(read_portraits(tmp_path)) == 1


def test_a_turned_photograph_is_upright_and_deep_or_clear_ones_are_read(tmp_path):
    upright = np.zeros((40, 30, 3), np.uint8)
    upright[:20] = 255
    turned = Image.Exif()
    turned[0x0112] = 6
    lying = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "a.jpg", exif=turned)
    lying.save(tmp_path / "b.webp", exif=turned)
    Image.fromarray(np.full((9, 9), 13_107, np.uint16)).save(tmp_path / "c.png")
    Image.new("LA", (9, 9), (0, 0)).save(tmp_path / "d.png")
    turned_so, webp, deep, clear = read_portraits(tmp_path, 10)
    for one in (turned_so, webp):
        assert one.image[:4].mean() > 0.95 and one.image[-4:].mean() < 0.05
    np.testing.assert_allclose(deep.image, 0.2, atol=1e-6)
    assert (clear.image == 1).all()


def test_one_odd_portrait_among_many_is_left_out_and_named(tmp_path):
    for number in range(12):
        save(tmp_path / f"{number}.png", number, (8, 8))
    (tmp_path / "cat.jpg").write_bytes(b"GIF89a")
    with pytest.warns(UserWarning, match="1 of 13 pictures are left out: .*cat.jpg can't be read"):
        assert len(read_portraits(tmp_path, 8)) == 12
