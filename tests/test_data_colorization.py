"""The pictures of lesson 05: drawn and split, read from folders, kept together by manifests."""

import json

import numpy as np
import pytest
from PIL import Image

import drawn_worlds
from course_utils import images, metrics
from course_utils.data import build, colorization, splits
from drawn_worlds import faces


def save(path, seed, size=(20, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


# Drawn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", colorization.WORLDS)
def test_drawn_pictures_are_split_and_not_drawn_before_they_are_seen(dataset):
    train, test = colorization.load(dataset, side=32)
    assert [len(train), len(test)] == [400, 40]
    assert len({one.source for one in train + test}) == 440
    assert not any("drawn" in vars(one) for one in train + test)


def test_a_portrait_is_the_world_s_own_under_its_own_conditions():
    (one, *_), _ = colorization.load("synthetic", side=32)
    face = faces.face(0, 32)
    assert np.array_equal(one.picture, face.photo) and np.array_equal(one.truth, face.regions)
    again = colorization.Drawing("faces", 0, 32)
    read = colorization.Photograph("a", one.picture, "a", "a")
    colorization.draw([again, read, one], workers=1)
    assert "drawn" in vars(again) and np.array_equal(again.picture, one.picture)


@pytest.mark.skipif("landscapes" not in drawn_worlds.WORLDS, reason="not drawn yet")
def test_a_landscape_is_drawn():
    (one, *_), _ = colorization.load("landscapes", side=32)
    assert one.picture.shape == (32, 32, 3) and one.picture.dtype == np.float32


# Folders ------------------------------------------------------------------------------------------


def test_photographs_are_squares_and_fold_0_tests(home):
    pixels = [save(home / "mine" / f"{number:02d}.png", number) for number in range(20)]
    train, test = colorization.load("mine", side=10)
    assert len(train) + len(test) == 20 and all(splits.fold(one.source) == 0 for one in test)
    found = {one.id: one for one in train + test}
    square = pixels[3][:, 5:25] / np.float32(255)
    assert np.allclose(found["03"].picture, images.resize(square, (10, 10)), atol=1e-6)
    assert found["03"].picture.dtype == np.float32


def test_a_second_folder_tests_and_a_shared_picture_is_named(home):
    for number in range(3):
        save(home / "mine" / f"{number}.png", number)
        save(home / "more" / "mine" / f"{number}.png", 10 + number)
    for second in (home / "more", home / "more" / "mine"):
        train, test = colorization.load("mine", second, side=8)
        assert [len(train), len(test)] == [3, 3]
    save(home / "more" / "mine" / "twin.png", 1)
    with pytest.raises(ValueError, match="The picture 1 trains and twin, which is the same"):
        colorization.load("mine", home / "more", side=8)


def test_a_picture_in_two_built_sets_is_found_under_another_source(home):
    for folder, seeds in (("one", (0, 1, 2)), ("two", (3, 1))):
        for seed in seeds:
            save(home / folder / f"{seed}.png", seed)
        build.build([home / folder], home / f"set {folder}")
    with pytest.raises(ValueError, match="The picture one-1 trains and two-1, which is the same"):
        colorization.load("set one", home / "set two", side=8)


def test_frames_of_one_video_stay_on_one_side(home):
    listed = {}
    for clip in range(12):
        for frame in range(3):
            save(home / "mine" / f"{clip}-{frame}.png", 10 * clip + frame)
            listed[f"{clip}-{frame}.png"] = f"clip {clip}"
    entries = {k: {"source": v, "licence": "CC0", "fingerprint": k} for k, v in listed.items()}
    (home / "mine" / build.MANIFEST).write_text(json.dumps(entries))
    train, test = colorization.load("mine", side=8)
    assert len(train) + len(test) == 36 and test
    assert all(one.source == listed[f"{one.id}.png"] for one in train + test)
    assert not {one.source for one in train} & {one.source for one in test}
    save(home / "mine" / "new.png", 99)
    with pytest.warns(UserWarning, match=r"1 of 37 .*new.png isn't in manifest.json: add it by"):
        assert len(colorization.read(home / "mine", 8)) == 36


def test_missing_empty_and_broken_folders_are_named(home):
    with pytest.raises(FileNotFoundError, match="no folder .*mine; set COURSE_DATA"):
        colorization.load("mine")
    (home / "mine").mkdir()
    with pytest.raises(FileNotFoundError, match="no picture in .*mine"):
        colorization.load("mine")
    (home / "mine" / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="a.png can't be read"):
        colorization.load("mine")
    save(home / "mine" / "a.png", 0)
    with pytest.raises(ValueError, match="No (training|test) image is left"):
        colorization.load("mine")


# Baselines ----------------------------------------------------------------------------------------


def flat(*lab):
    return images.lab_to_rgb(np.full((1, 4, 4, 3), lab, np.float32))


def test_grey_keeps_lightness_alone():
    pictures = np.random.default_rng(0).random((2, 5, 6, 3)).astype(np.float32)
    made = colorization.grey(pictures)
    assert np.ptp(made, axis=-1).max() < 1e-3
    lightness = [images.rgb_to_lab(each)[..., 0] for each in (pictures, made)]
    assert np.allclose(*lightness, atol=0.01)
    assert np.allclose(colorization.grey(made), made, atol=1e-4)


def test_the_mean_colour_of_a_lightness():
    train = np.concatenate([flat(40, 10, 20), flat(40, 30, 0), flat(60, -10, 10)])
    made = images.rgb_to_lab(colorization.mean_colour(train, flat(40, -5, -5)))
    assert np.allclose(made, [40, 20, 10], atol=0.1)  # the mean of two; its own colour isn't seen
    between = images.rgb_to_lab(colorization.mean_colour(train, flat(50, 0, 0)))
    assert np.allclose(between, [50, 5, 10], atol=0.1)
    beyond = images.rgb_to_lab(colorization.mean_colour(train, flat(70, 0, 0)))
    assert np.allclose(beyond, [70, -10, 10], atol=0.1)


def test_what_is_ambiguous_and_a_hint_on_it():
    drawing = colorization.Drawing("landscapes", 1_000_001, 64)  # a balloon
    y, x, colour = colorization.hint(drawing)
    assert drawing.ambiguous[int(y * 64), int(x * 64)] and not drawing.ambiguous.all()
    error = np.full((64, 64, 3), colour, np.float64)
    truth = np.float64(drawing.picture)
    assert metrics.colour_error(truth, error, drawing.ambiguous) < 2
    photograph = colorization.Photograph("a", np.full((24, 24, 3), 0.5, np.float32), "a", "a")
    assert photograph.ambiguous.sum() == 16 and photograph.ambiguous[10:14, 10:14].all()
    assert colorization.hint(photograph)[2] == pytest.approx([0.5] * 3, abs=1e-3)
    empty = colorization.Drawing("landscapes", 1_000_003, 64)
    with pytest.raises(ValueError, match="landscapes 1000003 has nothing"):
        colorization.hint(empty)
