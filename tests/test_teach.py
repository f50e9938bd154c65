import io
import math

import numpy as np
import pytest
from PIL import Image

from course_utils import paths
from course_utils.show import widgets
from course_utils.teach import bets, picture


@pytest.fixture(autouse=True)
def private_bets(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "kept"))


@pytest.mark.parametrize(("guess", "expected"), [(0.5, 10), (0.25, 5), (0.0, 0), (1.0, 0)])
def test_points_fall_evenly_to_half_the_range(guess, expected):
    assert bets.points(guess, 0.5, 0, 1) == expected


def test_a_bet_is_asked_revealed_and_scored(capsys):
    game = bets.Bets()
    game.ask("iou", "How well?", 0, 1)
    game._sliders["iou"].value = 0.6
    game.reveal("iou", 0.5)
    game.score()
    shown = capsys.readouterr().out
    assert "Your bet: 0.6" in shown and "measured: 0.5" in shown and "8 of 10" in shown
    with pytest.raises(ValueError, match="run the cell"):
        game.reveal("never", 1)


def test_a_bet_on_a_share_is_measured_as_one(capsys):
    game = bets.Bets()
    game.ask("after", "How much is left?", 0, 1)
    game.reveal("after", 0.02, of=0.04)
    assert "measured: 0.5   10 of 10" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("truth", "of"),
    [
        (0.0, 0.0),
        (0.3, 0),
        (np.float64(0), np.float64(0)),
        (math.nan, 1),
        (0.5, math.nan),
        (math.inf, 1),
    ],
)
def test_what_cannot_be_measured_does_not_count(truth, of, capsys, recwarn):
    game = bets.Bets()
    game.ask("before", "How much?", 0, 1)
    game.ask("after", "How much is left?", 0, 1)
    game.reveal("before", 0.5)
    game.reveal("after", truth, of)
    game.score()
    shown = capsys.readouterr().out
    assert "nothing to measure here" in shown and "10 of 10 points" in shown and not recwarn


@pytest.fixture
def work(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "WORK", tmp_path / "work")
    return tmp_path / "work"


def png(shape=(30, 40, 3)):
    buffer = io.BytesIO()
    Image.fromarray(np.full(shape, 200, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_without_a_picture_the_stand_in_says_so(work, capsys):
    stand_in = picture.your_picture(64)
    assert stand_in.shape == (64, 64, 3) and stand_in.std() > 0.1
    assert "stand-in" in capsys.readouterr().out


def test_an_upload_is_used_from_then_on(work, capsys):
    assert "work/me.png" in picture.store(png())
    assert np.allclose(picture.your_picture(), 200 / 255, atol=0.01)
    assert [path.name for path in work.iterdir()] == ["me.png"]


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:60]], ids=["empty", "text", "cut"])
def test_a_bad_upload_gets_a_sentence_and_leaves_the_old_one(work, content):
    picture.store(png())
    answer = picture.store(content)
    assert "can't be read" in answer and ".part" not in answer
    assert [path.name for path in work.iterdir()] == ["me.png"]
    assert picture.your_picture().shape == (30, 40, 3)


def test_an_unreadable_file_is_named_and_the_lesson_goes_on(work, capsys):
    work.mkdir()
    (work / "me.jpg").write_text("oops")
    assert picture.your_picture(32).shape == (32, 32, 3)
    assert "me.jpg can't be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        "me.JPG",
        "Me.jpg",
        "me.PNG",
        "ME.Jpeg",
        "me.webp",
        "me.gif",
        "me.jpg.jpg",
        "me.TIFF",
        "me.bmp",
    ],
)
def test_the_picture_may_have_any_ending_in_any_case(work, capsys, name):
    work.mkdir()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(work / name)
    assert picture.your_picture().shape == (30, 40, 3) and capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["me.heic", "me.HEIC", "me.avif"])
def test_what_cannot_be_read_is_named_and_the_next_one_is_used(work, capsys, name):
    work.mkdir()
    (work / name).write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    Image.new("RGB", (40, 30)).save(work / "me.jpg.jpg")
    assert picture.your_picture().shape == (30, 40, 3)
    said = capsys.readouterr().out
    assert f"{name} can't be read" in said and "save it as PNG or JPEG" in said


def test_other_files_are_not_me_and_of_several_one_is_named(work, capsys):
    work.mkdir()
    for name in ("mean.jpg", "me too.jpg", ".me.jpg"):
        Image.new("RGB", (40, 30)).save(work / name)
    (work / "me.txt").write_text("words")
    assert picture.your_picture().shape == (512, 512, 3)
    Image.new("RGB", (50, 30)).save(work / "me.jpg")
    picture.store(png())
    capsys.readouterr()
    assert picture.your_picture().shape == (30, 40, 3)
    assert "Of me.png, me.jpg in work/, me.png is used." in capsys.readouterr().out


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 30, 3), (30, 1)])
def test_an_upload_one_pixel_wide(work, shape):
    assert "Saved" in picture.store(png(shape))
    assert picture.your_picture().shape == (*shape[:2], 3)
    assert picture.your_picture(16).shape == (16, 16, 3)


def test_an_upload_that_cannot_be_saved_gets_a_sentence(work, monkeypatch):
    work.write_text("a file where the folder should be")
    assert "can't be saved as work/me.png (" in picture.store(png())
    work.unlink()
    picture.store(png())
    other = png((9, 9, 3))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    answer = picture.store(other)
    assert "No space left on device); free some space" in answer and "\n" not in answer
    assert [path.name for path in work.iterdir()] == ["me.png"]
    assert picture.your_picture().shape == (30, 40, 3)


def test_a_large_photograph_is_shrunk(work):
    picture.store(png((3000, 500, 3)))
    assert picture.your_picture().shape == (2048, 341, 3)


def test_play_redraws_when_a_control_moves():
    import ipywidgets

    slider = ipywidgets.FloatSlider(0.2, min=0, max=1)
    box = widgets.play(lambda grey: [np.full((8, 8), grey)], alt="a grey square", grey=slider)
    before = box.children[1].value
    slider.value = 0.9
    assert box.children[1].value != before and 'alt="a grey square"' in before
    assert slider.description == "grey"
