import hashlib

import numpy as np
import pytest
from PIL import Image

from course_utils import images, paths, profile
from course_utils.data import pairs, pix2pix
from course_utils.data.pipeline import stream
from drawn_worlds import houses as facades


def photograph(seed, side=64):
    """A soft picture (side, side, 3), uint8, of its own for each seed."""
    small = np.random.default_rng(seed).random((5, 5, 3)).astype(np.float32)
    return images.to_uint8(images.resize(small, (side, side)))


def plan(seed, side=64, block=8):
    """Labels in blocks."""
    small = np.random.default_rng(seed).integers(0, 12, (side // block, side // block))
    return small.repeat(block, 0).repeat(block, 1).astype(np.int32)


def save(path, left, right, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([left, right], axis=1)).save(path, **options)


def facade_set(home, parts, start=0):
    """`parts`: {folder: number of pictures}; A is a photograph, B its labels."""
    seed = start
    for part, count in parts.items():
        for number in range(count):
            labels = images.to_uint8(facades.colour(plan(seed)))
            save(home / part / f"{number}.png", photograph(seed), labels)
            seed += 1


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where data sets are: `COURSE_DATA`."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert paths.data_dir() == tmp_path
    return tmp_path


# Reading ----------------------------------------------------------------------------------------


def test_left_is_a_and_right_is_b(tmp_path):
    a, b = photograph(1), photograph(2)
    save(tmp_path / "cat.png", a, b)
    (forth,) = pix2pix.read_side_by_side(tmp_path, "AtoB")
    (back,) = pix2pix.read_side_by_side(str(tmp_path), "BtoA")
    np.testing.assert_allclose(forth.source_picture, a / 255, atol=1e-7)
    np.testing.assert_allclose(forth.target, b / 255, atol=1e-7)
    assert np.array_equal(back.source_picture, forth.target)
    assert np.array_equal(back.target, forth.source_picture)
    assert forth.source_picture.dtype == np.float32 and forth.source_picture.shape == (64, 64, 3)
    assert forth.id == back.id == "cat" and forth.source == back.source and forth.labels is None


def test_photographs_shrink_by_area(tmp_path):
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::2] = 255
    save(tmp_path / "a.png", stripes, photograph(0))
    (pair,) = pix2pix.read_side_by_side(tmp_path, "AtoB", side=32)
    np.testing.assert_allclose(pair.source_picture, 0.5, atol=1e-6)  # nearest: all black or white
    assert pair.target.shape == (32, 32, 3)


def test_labels_come_back_from_a_jpeg(tmp_path):
    labels = plan(3, 128, block=16)
    save(tmp_path / "a.jpg", photograph(0, 128), images.to_uint8(facades.colour(labels)))
    (pair,) = pix2pix.read_side_by_side(tmp_path, "BtoA", side=64)
    assert pair.labels.dtype == np.int32 and pair.labels.shape == (64, 64)
    assert np.array_equal(pair.source_picture, facades.colour(pair.labels))
    raw = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB"))[:, 128:] / np.float32(255)
    plain = (images.resize(facades.decode(raw), (64, 64), labels=True) != labels[::2, ::2]).mean()
    assert (pair.labels != labels[::2, ::2]).mean() < min(0.03, plain / 2)


def test_every_class_has_its_colour_whole(tmp_path):
    for number in range(12):
        flat = images.to_uint8(facades.colour(np.full((16, 16), number)))
        save(tmp_path / f"{number:02}.png", photograph(number, 16), flat)
    read = pix2pix.read_side_by_side(tmp_path, "BtoA")
    assert [np.unique(pair.labels).tolist() for pair in read] == [[n] for n in range(12)]


STRONG = {
    "sea": ((0, 0.75, 1), (0, 0.55, 0.85)),
    "sunset": ((1, 0.75, 0.15), (0.95, 0.35, 0.05)),
    "rose": ((0.75, 0.03, 0.05), (0.95, 0.05, 0.05)),
    "sky": ((0, 0.3, 1), (0, 0.36, 1)),
    "lemon": ((1, 1, 0), (0.9, 0.9, 0.1)),
    "night": ((0, 0, 0.6), (0, 0, 0.75)),
}


@pytest.mark.parametrize("name", STRONG)
@pytest.mark.parametrize("noise", [3, 12])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_strongly_coloured_photograph_is_no_label_picture(tmp_path, name, noise, ending):
    first, last = (np.array(colour) for colour in STRONG[name])
    down = np.linspace(0, 1, 64)[:, None, None]
    photo = np.broadcast_to(first * (1 - down) + last * down, (64, 64, 3)) * 255
    grain = np.random.default_rng(0).normal(0, noise, (64, 64, 1))
    photo = (photo + grain).clip(0, 255).astype(np.uint8)
    save(tmp_path / f"a.{ending}", photograph(0), photo)
    (pair,) = pix2pix.read_side_by_side(tmp_path, "AtoB")
    assert pair.labels is None and np.abs(pair.target - photo / 255).mean() < 0.03


def test_a_photograph_of_palette_colours_among_photographs_stays_one(tmp_path):
    flag = images.to_uint8(
        facades.colour(np.repeat([10, 7, 1], [20, 20, 24])[:, None].repeat(64, 1))
    )
    for number in range(3):
        save(tmp_path / f"{number}.png", photograph(number), photograph(9 + number))
    save(tmp_path / "9.png", photograph(3), flag)
    assert [pair.labels for pair in pix2pix.read_side_by_side(tmp_path, "AtoB")] == [None] * 4


@pytest.mark.parametrize("quality", [50, 75, 95])
@pytest.mark.parametrize("side", [128, 256])
@pytest.mark.parametrize("shrunk", [1, 2])
def test_labels_of_house_fronts_are_known_whatever_jpeg_made_of_them(
    tmp_path, quality, side, shrunk
):
    for seed in range(3):
        house = facades.facade(seed, size=side * shrunk)
        small = [
            Image.fromarray(images.to_uint8(half)).resize((side, side), Image.Resampling.BICUBIC)
            for half in (house.photo, facades.colour(house.labels))
        ]
        save(tmp_path / f"{seed}.jpg", *map(np.asarray, small), quality=quality)
    for seed, pair in enumerate(pix2pix.read_side_by_side(tmp_path, "BtoA")):
        truth = images.resize(
            facades.facade(seed, size=side * shrunk).labels, (side,) * 2, labels=True
        )
        assert pair.labels is not None and (pair.labels != truth).mean() < 64 / side
        assert np.array_equal(pair.source_picture, facades.colour(pair.labels))


def test_oblong_halves_become_squares_as_in_pix2pix_and_it_is_said(tmp_path):
    for number in range(8):
        save(tmp_path / "train" / f"{number}.png", photograph(number), photograph(number + 50))
    wide, high = photograph(90, 96)[:48], photograph(91, 96)[:, :32]
    save(tmp_path / "train/wide.png", wide, wide[:, ::-1])
    save(tmp_path / "train/high.png", high, high[:, ::-1])
    with pytest.warns(
        UserWarning, match="2 of 10 .* halves that aren't square.*train/high, train/wide"
    ):
        read = pix2pix.read_side_by_side(tmp_path, "AtoB", side=32)
    assert len(read) == 10 and {pair.target.shape for pair in read} == {(32, 32, 3)}
    (found,) = [pair for pair in read if pair.id == "train/wide"]
    expected = images.resize(images.to_float(wide), (32, 32))
    np.testing.assert_allclose(found.source_picture, expected, atol=1e-6)
    np.testing.assert_allclose(found.target, expected[:, ::-1], atol=1e-6)


def test_one_odd_file_among_many_is_left_out_in_its_part_and_named(home):
    facade_set(home / "houses", {"train": 12, "test": 1})
    save(home / "houses/train/odd.png", photograph(0), photograph(1)[:, :9])
    with pytest.warns(UserWarning, match="1 of 13 pictures are left out: .*odd.png is 73x64"):
        train, test = pix2pix.load("houses", "BtoA", side=16)
    assert (len(train), len(test)) == (12, 1)
    break_off(home / "houses/test/0.png")  # the split must not change because a part is lost
    with pytest.raises(ValueError, match="test/0.png can't be read"), pytest.warns(UserWarning):
        pix2pix.load("houses", "BtoA", side=16)


def test_a_turned_sheet_is_upright_before_it_is_split(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    sheet = Image.fromarray(np.hstack([photograph(1), photograph(2)]))
    sheet.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.png", exif=turned)
    (pair,) = pix2pix.read_side_by_side(tmp_path, "AtoB")
    np.testing.assert_allclose(pair.source_picture, photograph(1) / 255, atol=1e-6)


def break_off(path):
    path.write_bytes(path.read_bytes()[:-60])


@pytest.mark.parametrize(
    "spoil, direction, error, says",
    [
        (lambda f: None, "AtoC", ValueError, 'direction is "AtoC"; choose "AtoB" or "BtoA"'),
        (
            lambda f: save(f / "val/3.png", photograph(0), photograph(1)[:, :9]),
            "AtoB",
            ValueError,
            "3.png is 73x64 pixels; a picture A|B has an even width",
        ),
        (lambda f: break_off(f / "train/0.png"), "AtoB", ValueError, "0.png can't be read"),
        (
            lambda f: (f / "train/1.jpg").write_text("words"),
            "AtoB",
            ValueError,
            "1.jpg can't be read",
        ),
    ],
)
def test_one_sentence_names_what_is_wrong(tmp_path, spoil, direction, error, says):
    facade_set(tmp_path, {"train": 1})
    spoil(tmp_path)
    with pytest.raises(error) as caught:
        pix2pix.read_side_by_side(tmp_path, direction)
    assert says.replace("|", "") in str(caught.value).replace("|", "")
    assert "\n" not in str(caught.value)


def test_missing_folders_and_empty_ones(home):
    with pytest.raises(FileNotFoundError, match="no folder .*maps; set COURSE_DATA"):
        pix2pix.load("maps", "AtoB")
    with pytest.raises(FileNotFoundError, match="nowhere is missing"):
        pix2pix.read_side_by_side(home / "nowhere", "AtoB")
    (home / "maps").mkdir()
    (home / "maps" / "readme.txt").write_text("no picture")
    with pytest.raises(FileNotFoundError, match="no picture in .*maps"):
        pix2pix.load("maps", "AtoB")


def test_of_a_huge_part_some_are_read_always_the_same_and_it_is_said(tmp_path, monkeypatch):
    facade_set(tmp_path, {"train": 6, "val": 3})
    whole = pix2pix.read_side_by_side(tmp_path, "AtoB")
    monkeypatch.setattr(pix2pix, "MOST", 4)
    with pytest.warns(UserWarning, match="train has 6 pictures; 4 of them are read"):
        some = pix2pix.read_side_by_side(tmp_path, "AtoB")
    with pytest.warns(UserWarning):
        again = pix2pix.read_side_by_side(tmp_path, "AtoB")
    ids = [pair.id for pair in some]
    assert ids == [pair.id for pair in again] and len(whole) == 9 and len(set(ids)) == 7
    assert sum(name.startswith("val/") for name in ids) == 3


# Splits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts, trains, tests",
    [
        ({"train": 3, "val": 2, "test": 1}, ["train/0", "train/1", "train/2"], ["test/0"]),
        ({"train": 2, "val": 2}, ["train/0", "train/1"], ["val/0", "val/1"]),
        ({"train": 1, "test": 1}, ["train/0"], ["test/0"]),
    ],
)
def test_the_parts_of_a_folder_are_kept(home, parts, trains, tests):
    facade_set(home / "houses", parts)
    train, test = pix2pix.load("houses", "BtoA", side=16)
    assert [pair.id for pair in train] == trains and [pair.id for pair in test] == tests
    assert train[0].target.shape == (16, 16, 3) and train[0].labels is not None


@pytest.mark.parametrize("part", [".", "val", "train"])
def test_one_part_alone_is_split_by_its_pixels(home, part):
    facade_set(home / "houses", {part: 30})
    train, test = pix2pix.load("houses", "BtoA", side=16)
    assert len(train) + len(test) == 30 and 1 <= len(test) < len(train)
    expected = {
        pair.source
        for pair in train + test
        if int(hashlib.sha1(pair.source.encode()).hexdigest(), 16) % 5 == 0
    }
    assert {pair.source for pair in test} == expected
    for path in (home / "houses").rglob("*.png"):
        path.rename(path.with_name(f"other{path.name}"))
    assert {pair.source for pair in pix2pix.load("houses", "BtoA", side=16)[1]} == expected


def test_a_second_folder_tests_and_all_of_the_first_trains(home, tmp_path):
    facade_set(home / "houses", {"train": 2, "val": 1})
    facade_set(tmp_path / "mine" / "houses", {".": 3}, start=50)
    for second in (tmp_path / "mine", str(tmp_path / "mine" / "houses")):
        train, test = pix2pix.load("houses", "AtoB", test_data=second, side=16)
        assert [pair.id for pair in train] == ["train/0", "train/1", "val/0"]
        assert [pair.id for pair in test] == ["0", "1", "2"]


def test_a_picture_on_both_sides_is_an_error_that_names_both(home, tmp_path):
    facade_set(home / "houses", {"train": 2, "test": 1})
    twin = home / "houses" / "test" / "twin.png"
    twin.write_bytes((home / "houses" / "train" / "1.png").read_bytes())
    with pytest.raises(ValueError, match="train/1 trains and test/twin, which is the same or of"):
        pix2pix.load("houses", "AtoB")
    with pytest.raises(ValueError, match="which is the same"):
        pix2pix.load("houses", "AtoB", test_data=home)


def test_one_picture_cannot_be_split(home):
    facade_set(home / "houses", {".": 1})
    with pytest.raises(ValueError, match="give a test folder"):
        pix2pix.load("houses", "AtoB")


def test_any_folder_has_its_steps():
    usual = {}
    for name in ("synthetic", "facades", "my own"):
        for chosen in ("quick", "full"):
            run = profile.start("02", chosen, name, 0, None)
            usual[name, chosen] = run.steps
    assert 0 < usual["synthetic", "quick"] < usual["facades", "quick"] == usual["my own", "quick"]


# Drawn pairs ------------------------------------------------------------------------------------


def test_drawn_houses_share_no_seed():
    seeds = [set(each) for each in pix2pix.DRAWN.values()]
    assert sum(map(len, seeds)) == len(set.union(*seeds)) == 900


def test_drawn_houses_are_drawn_at_the_first_look_and_once(monkeypatch):
    drawn = []

    def facade(seed, size):
        drawn.append((seed, size))
        labels = np.full((size, size), seed % 12, np.int32)
        return facades.Facade(labels, np.full((size, size, 3), 0.5, np.float32), seed)

    monkeypatch.setattr(facades, "facade", facade)
    train, test = pix2pix.load("synthetic", "BtoA", side=64)
    assert (len(train), len(test)) == (400, 40) and not drawn
    pair = train[7]
    assert pair.id == pair.source == "house 7" and not drawn
    assert np.array_equal(pair.source_picture, facades.colour(np.full((64, 64), 7)))
    assert (pair.target == 0.5).all() and (pair.labels == 7).all() and drawn == [(7, 64)]
    back = pix2pix.DrawnPair(7, "AtoB", 64)
    assert np.array_equal(back.target, pair.source_picture)
    with pytest.raises(ValueError, match="choose"):
        pix2pix.load("synthetic", "labels to photo")


def test_a_drawn_house_is_like_one_that_was_read(tmp_path):
    drawn = pix2pix.DrawnPair(0, "BtoA", 64)
    save(tmp_path / "0.png", images.to_uint8(drawn.target), images.to_uint8(drawn.source_picture))
    (read,) = pix2pix.read_side_by_side(tmp_path, "BtoA")
    assert np.array_equal(read.labels, drawn.labels)
    assert np.array_equal(read.source_picture, drawn.source_picture)
    np.testing.assert_allclose(read.target, drawn.target, atol=0.5 / 255 + 1e-6)


# Jitter -----------------------------------------------------------------------------------------


def labelled(seed, side=64):
    labels = plan(seed, side)
    photo = images.to_float(photograph(seed, side))
    return pairs.Pair(str(seed), facades.colour(labels), photo, str(seed), labels)


def test_jitter_moves_both_pictures_alike():
    place = np.linspace(0, 1, 64, dtype=np.float32)
    both = np.stack(np.broadcast_arrays(place[:, None], place, 0.5), -1).astype(np.float32)
    jitter = pairs.Jitter([pairs.Pair("0", both, both, "0")], 64)
    corners, mirrored = set(), 0
    for number in range(60):
        source, target = jitter(np.random.default_rng(number))
        assert source.dtype == target.dtype == np.float32 and np.array_equal(source, target)
        assert source.shape == (64, 64, 3) and source.min() >= -1 and source.max() <= 1
        across, down = source[30, :, 1], source[:, 30, 0]
        step = (across[40] - across[20]) / 20
        assert abs(step) == pytest.approx(2 / 63 * 64 / 72, rel=0.02)  # 64 pixels are now 72
        assert down[40] > down[20]
        mirrored += step < 0
        corners.add((round(float(down[5]), 3), round(float(min(across)), 3)))
    assert 15 < mirrored < 45 and len(corners) > 25


def test_crops_reach_both_ends():
    place = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[:, None, None], 64, 1).repeat(3, 2)
    jitter = pairs.Jitter([pairs.Pair("0", place, place, "0")], 64)
    drawn = [jitter(np.random.default_rng(number))[0] for number in range(60)]
    assert min(each.min() for each in drawn) < -0.99 and max(each.max() for each in drawn) > 0.99


def test_labels_stay_crisp_and_photographs_do_not_become_blocks():
    pair = labelled(4)
    jitter = pairs.Jitter([pair], 64)
    colours = {tuple(c) for c in np.round(facades.PALETTE * 2 - 1, 4).tolist()}
    for number in range(10):
        source, target = jitter(np.random.default_rng(number))
        assert {tuple(c) for c in np.round(source, 4).reshape(-1, 3).tolist()} <= colours
        inside = target[1:-1, :-1] == target[1:-1, 1:]  # nearest would repeat 1 pixel in 9
        assert inside.all(-1).mean() < 0.01


def test_labels_and_photograph_stay_together():
    labels = plan(5)
    photo = facades.colour(labels) * 0.8 + 0.1  # what is seen tells the label
    jitter = pairs.Jitter([pairs.Pair("0", facades.colour(labels), photo, "0", labels)], 64)
    for number in range(10):
        source, target = jitter(np.random.default_rng(number))
        read = facades.decode(np.clip((target / 2 + 0.4) / 0.8, 0, 1))
        assert (read == facades.decode(source / 2 + 0.5)).mean() > 0.9


def test_without_jitter_nothing_changes_but_the_range():
    assert set(pix2pix.JITTER) == {"edges2shoes", "edges2handbags"}
    pair = labelled(6)
    jitter = pairs.Jitter([pair], 64, **pix2pix.JITTER["edges2shoes"])
    for number in range(5):
        source, target = jitter(np.random.default_rng(number))
        np.testing.assert_allclose(source, pair.source_picture * 2 - 1, atol=1e-6)
        np.testing.assert_allclose(target, pair.target * 2 - 1, atol=1e-6)


def test_all_pairs_come_and_the_stream_takes_them():
    levels = [np.full((16, 16, 3), level, np.float32) for level in (0.0, 0.25, 1.0)]
    jitter = pairs.Jitter([pairs.Pair(str(n), p, p, str(n)) for n, p in enumerate(levels)], 16)
    batches = list(stream(jitter, 4, seed=1).take(5))
    for x, y in batches:
        assert x.shape == y.shape == (4, 16, 16, 3) and x.dtype == y.dtype == "float32"
    assert {float(v) for x, _ in batches for v in x.numpy()[:, 0, 0, 0]} == {-1.0, -0.5, 1.0}
    first, again = jitter(np.random.default_rng(5)), jitter(np.random.default_rng(5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_jitter_needs_pairs_and_does_not_shrink():
    with pytest.raises(ValueError, match="needs pairs"):
        pairs.Jitter([], 64)
    with pytest.raises(ValueError, match="scale >= 1"):
        pairs.Jitter([labelled(0)], 64, scale=0.9)


def test_the_legend_is_that_of_drawn_label_pictures():
    legend = pix2pix.legend("synthetic")
    assert list(legend) == list(facades.CLASSES)
    labels = np.arange(12).reshape(3, 4)
    assert np.array_equal(facades.colour(labels).reshape(12, 3), list(legend.values()))
    assert pix2pix.legend("facades") is None
