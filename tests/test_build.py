"""Sets of one's own: frames of videos, folders, merged, resumed, with a manifest."""

import json
import warnings

import cv2
import numpy as np
import pytest

from course_utils import cli, images
from course_utils.data import build

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


def video(path, colours, frames=10, size=(48, 64)):
    """A video of 10 frames per second: `frames` of each colour, with a little noise."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, size[::-1])
    for colour in colours:
        for _ in range(frames):
            writer.write((colour + rng.integers(-3, 4, (*size, 3))).astype(np.uint8)[..., ::-1])
    writer.release()
    return path


def picture(path, seed):
    return images.write_image(path, np.random.default_rng(seed).random((12, 20, 3)))


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != build.MANIFEST)


def manifest(folder):
    return json.loads((folder / build.MANIFEST).read_text())


def test_a_video_gives_a_frame_every_so_many_seconds_of_one_source(tmp_path):
    clip, into = video(tmp_path / "clip.avi", COLOURS), tmp_path / "set"
    made = build.build([clip], into, every=1, licence="CC0")
    assert files(into) == [f"clip-00000{second}.000s.png" for second in range(3)]
    assert made == manifest(into) and list(made) == files(into)
    assert {entry["source"] for entry in made.values()} == {"clip"}
    assert {entry["licence"] for entry in made.values()} == {"CC0"}
    for name, colour in zip(files(into), COLOURS, strict=True):
        seen = images.read_image(into / name)
        assert seen.shape == (48, 64, 3)
        assert np.allclose(seen.mean((0, 1)), np.array(colour) / 255, atol=0.03)


def test_near_duplicates_are_left_out_wherever_they_come_again(tmp_path, capsys):
    clip = video(tmp_path / "clip.avi", [*COLOURS, COLOURS[0]])
    build.build([clip], tmp_path / "set", every=0.5)
    assert len(files(tmp_path / "set")) == 3
    assert capsys.readouterr().out == "clip.avi: 3 new pictures, 5 near-duplicates left out.\n"
    build.build([clip], tmp_path / "late", every=1.7)  # frames at 0, 1.7 and 3.4, like the first
    assert files(tmp_path / "late") == ["clip-000000.000s.png", "clip-000001.700s.png"]


def test_large_frames_become_smaller(tmp_path):
    clip = video(tmp_path / "clip.avi", COLOURS[:1], frames=1, size=(768, 1024))
    build.build([clip], tmp_path / "set")
    assert images.read_image(tmp_path / "set" / files(tmp_path / "set")[0]).shape == (512, 683, 3)


def test_sources_are_merged_and_the_same_call_again_changes_nothing(tmp_path):
    clip, photos, into = (
        video(tmp_path / "clip.avi", COLOURS),
        tmp_path / "photos",
        tmp_path / "set",
    )
    for number in range(3):
        picture(photos / f"{number}.png", number)
    picture(photos / "again.png", 0)  # 0.png under another name
    first = build.build([clip], into, licence="CC0")
    both = build.build([photos], into, licence="mine")
    assert {k: both[k] for k in first} == first and len(both) == 6
    own = {"photos-0", "photos-1", "photos-2"}
    assert {entry["source"] for entry in both.values()} == {"clip"} | own
    assert (into / "photos-1.png").read_bytes() == (photos / "1.png").read_bytes()
    before = {path: path.stat().st_mtime_ns for path in into.iterdir() if path.suffix == ".png"}
    assert build.build([clip, photos], into) == both  # licences are kept, too
    assert before == {path: path.stat().st_mtime_ns for path in before}
    whole = build.build([into], tmp_path / "larger", licence="other")  # a set into another one
    assert sorted(e["source"] for e in whole.values()) == sorted(e["source"] for e in both.values())
    assert {entry["licence"] for entry in whole.values()} == {"CC0", "mine"}


def test_what_was_stopped_goes_on(tmp_path, monkeypatch):
    clip, into, write = video(tmp_path / "clip.avi", COLOURS), tmp_path / "set", images.write_image

    def stopped(path, image):
        if "2.000" in path.name:
            raise KeyboardInterrupt
        return write(path, image)

    monkeypatch.setattr(images, "write_image", stopped)
    with pytest.raises(KeyboardInterrupt):
        build.build([clip], into)
    assert files(into) == list(manifest(into)) and len(files(into)) == 2
    monkeypatch.setattr(images, "write_image", write)
    (into / files(into)[0]).unlink()
    assert list(build.build([clip], into)) == files(into) and len(files(into)) == 3


def test_two_sources_of_one_name_are_told_apart(tmp_path):
    clip = video(tmp_path / "clip.avi", COLOURS)
    (tmp_path / "more").mkdir()
    other = video(tmp_path / "more" / "clip.avi", COLOURS[::-1])
    with pytest.raises(ValueError, match="clip.avi have one name; rename one of them"):
        build.build([clip, other], tmp_path / "set")
    made = build.build([clip], tmp_path / "set")
    with pytest.raises(
        ValueError, match="another picture called clip-000000.000s.png; rename clip"
    ):
        build.build([other], tmp_path / "set")
    assert manifest(tmp_path / "set") == made and len(files(tmp_path / "set")) == 3


def test_bad_input_gets_one_sentence_and_leaves_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    clip, into = video(tmp_path / "clip.avi", COLOURS), tmp_path / "set"
    damaged, empty = tmp_path / "damaged.mp4", tmp_path / "empty"
    damaged.write_bytes(b"nothing of a video" * 9)
    empty.mkdir()
    photo = picture(tmp_path / "photo.png", 0)
    for options, said in (
        ([tmp_path / "nowhere.mp4"], "There is no video and no folder"),
        ([damaged], "damaged.mp4 can't be read as a video"),
        ([empty], "There is no picture in"),
        ([photo], "photo.png is one picture; give its folder"),
        ([clip, "--every", "0"], "--every is a number of seconds above 0, not 0.0"),
        ([clip, "--every", "nan"], "--every is a number of seconds above 0, not nan"),
    ):
        assert cli.main(["data", "build", *map(str, options), "--into", str(into)]) == 1
        shown = capsys.readouterr().err
        assert said in shown and shown.count("\n") == 1 and not into.exists(), shown
    assert cli.main(["data", "build", str(empty), "--into", str(empty)]) == 1
    assert "is a source and the folder to build into" in capsys.readouterr().err


def test_the_command_asks_for_a_licence_and_names_what_it_left_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    clip, photos, into = tmp_path / "clip.avi", tmp_path / "photos", tmp_path / "set"
    whole = video(clip, COLOURS).read_bytes()
    clip.write_bytes(whole[: len(whole) * 4 // 5])
    for number in range(11):
        picture(photos / f"{number}.png", number)
    (photos / "odd.png").write_bytes(b"no picture")
    command = ["data", "build", str(clip), str(photos), "--into", str(into)]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert "--licence; it is noted as unknown" in out and "photos: 11 new pictures.\n" in out
    assert "1 of 12 pictures are left out" in err and "odd.png can't be read" in err
    assert "clip.avi is cut off" in err and "UserWarning" not in err
    assert {entry["licence"] for entry in manifest(into).values()} == {"unknown"}
    assert cli.main([*command, "--licence", "CC BY 4.0"]) == 0
    assert {entry["licence"] for entry in manifest(into).values()} == {"CC BY 4.0"}
    assert "licence" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", "[1]", '{"a.png": 1}', '{"a.png": {"source": "a"}}'])
def test_a_damaged_manifest_is_named(tmp_path, text):
    (tmp_path / build.MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=r"manifest.json is no manifest of pictures; delete"):
        build.read_manifest(tmp_path)


def test_no_frame_is_taken_twice_where_there_are_fewer_than_asked_for(tmp_path):
    steps = [(20 * n, 20 * n, 250 - 20 * n) for n in range(10)]  # a new colour each frame
    clip = video(tmp_path / "clip.avi", steps, frames=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build.build([clip], tmp_path / "set", every=0.01)
    assert files(tmp_path / "set") == [f"clip-000000.{n}00s.png" for n in range(10)]
