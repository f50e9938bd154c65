"""The pictures of lesson 07: drawn, and read from fixtures drawn in each data set's layout."""

import json

import numpy as np
import pytest
from PIL import Image

from course_utils import images
from course_utils.data import build, coco, mask_rcnn, segmentation, splits
from drawn_worlds import shapes
from drawn_worlds.cells import cells

RNG = np.random.default_rng


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return path


def noise(path, seed, size=(20, 30)):
    pixels = RNG(seed).integers(0, 256, (*size, 3), np.uint8)
    save(path, pixels)
    return pixels / np.float32(255)


def boxed(*boxes, size=(20, 30)):
    """Masks of boxes top, left, bottom, right."""
    masks = np.zeros((len(boxes), *size), bool)
    for mask, (top, left, bottom, right) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = True
    return masks


def runs(mask):
    """Run lengths down the columns, by looking at one pixel after the other."""
    lengths, last = [0], False
    for pixel in mask.T.ravel().tolist():
        if pixel != last:
            lengths.append(0)
            last = pixel
        lengths[-1] += 1
    return lengths


def packed(lengths):
    """Run lengths as COCO's text, by its description: differences, five bits at a time."""
    text = ""
    for place, length in enumerate(lengths):
        number = length - lengths[place - 2] if place > 2 else length
        while True:
            bits, number = number & 31, number >> 5
            more = number != (-1 if bits & 16 else 0)
            text += chr(48 + bits + 32 * more)
            if not more:
                break
    return text


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


# Masks --------------------------------------------------------------------------------------------


def item(masks, size=None, side=None):
    size = size or masks.shape[1:]
    picture = RNG(0).random((*size, 3)).astype(np.float32)
    classes = np.arange(1, len(masks) + 1, dtype=np.int32)
    made = mask_rcnn.Instances("a", "a", picture, masks, classes, ("a", "b"), size, "a")
    return made if side is None else mask_rcnn.fit(made, side)


def test_boxes_and_labels_come_from_masks_that_may_overlap():
    one = item(boxed((2, 3, 10, 20), (4, 5, 6, 8), (19, 29, 20, 30)))
    assert one.boxes.tolist() == [[2, 3, 10, 20], [4, 5, 6, 8], [19, 29, 20, 30]]
    assert one.boxes.dtype == np.float32 and one.labels.dtype == np.int32
    assert np.bincount(one.labels.ravel()).tolist() == [600 - 137, 130, 6, 1]  # small ones on top
    assert (one.inside, one.scale) == ((20, 30), 1)
    none = item(boxed())
    assert none.boxes.shape == (0, 4) and not none.labels.any()
    assert mask_rcnn.boxes_of(np.zeros((1, 4, 4), bool)).tolist() == [[0, 0, 0, 0]]


def test_masks_of_a_label_image():
    labels = np.array([[0, 7, 7], [2, 0, 0]])
    assert np.array_equal(mask_rcnn.masks_of(labels), [labels == 2, labels == 7])
    assert mask_rcnn.masks_of(labels * 0).shape == (0, 2, 3)


def test_a_picture_is_fitted_and_what_is_found_in_it_drawn_back():
    masks = boxed((4, 8, 12, 20), (0, 0, 1, 1), size=(20, 40))
    one = item(masks, side=20)
    assert one.picture.shape == (20, 20, 3) and (one.inside, one.scale) == ((10, 20), 0.5)
    assert not one.picture[10:].any() and one.size == (20, 40)
    whole = item(masks).picture
    assert np.allclose(one.picture[:10], images.resize(whole, (10, 20)))
    assert one.boxes.tolist() == [[2, 4, 6, 10]]  # the small one has no pixel left
    assert one.classes.tolist() == [1]
    found, boxes = mask_rcnn.back(one, one.masks, one.boxes)
    assert np.array_equal(found, masks[:1]) and boxes.tolist() == [[4, 8, 12, 20]]
    outside = mask_rcnn.back(one, one.masks[:0], np.array([[-3.0, 2, 30, 9]]))
    assert outside[0].shape == (0, 20, 40) and outside[1].tolist() == [[0, 4, 20, 18]]


@pytest.mark.parametrize("size", [(1, 90), (90, 1), (7, 13), (50, 50)])
def test_odd_sizes_are_fitted_and_come_back(size):
    one = item(np.ones((1, *size), bool), side=24)
    assert one.boxes.tolist() == [[0, 0, *one.inside]] and max(one.inside) == 24
    found, boxes = mask_rcnn.back(one, one.masks, one.boxes)
    assert found.all() and found.shape == (1, *size) and boxes.tolist() == [[0, 0, *size]]


# Drawn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", mask_rcnn.WORLDS)
def test_drawn_pictures_are_split_and_not_drawn_before_they_are_seen(dataset):
    train, test = mask_rcnn.load(dataset, side=64)
    assert [len(train), len(test)] == [400, 40]
    assert len({one.source for one in train + test}) == 440
    assert not any("drawn" in vars(one) for one in train + test)


def test_nuclei_are_drawn():
    (one, *_), _ = mask_rcnn.load("cells", side=64)
    field = cells(0, 64)
    assert np.array_equal(one.picture, field.image) and np.array_equal(one.labels, field.labels)
    assert one.classes.tolist() == [1] * field.labels.max() and one.names == ("nucleus",)
    assert one.classes.dtype == np.int32 and one.masks.dtype == bool
    again = mask_rcnn.Drawing("cells", 0, 64)
    mask_rcnn.draw([again, one], workers=1)
    assert "drawn" in vars(again) and np.array_equal(again.masks, one.masks)


def test_things_on_a_table_are_drawn():
    (one, *_), _ = mask_rcnn.load("synthetic", side=64)
    scene = shapes.table(0, 64)
    assert np.array_equal(one.picture, scene.photo) and np.array_equal(one.labels, scene.labels)
    assert one.classes.tolist() == scene.classes.tolist()
    assert one.names == shapes.CLASSES[1:] and max(one.classes) <= len(one.names)


# DSB2018 and Penn-Fudan ---------------------------------------------------------------------------


def test_nuclei_are_lesson_01_s_with_its_split(home):
    for number in range(12):
        root = home / "dsb2018" / "stage1_train" / f"id{number}"
        noise(root / "images" / f"id{number}.png", number)
        for place, mask in enumerate(boxed((2, 2, 8, 9), (10, 12, 18, 30))):
            save(root / "masks" / f"{place}.png", 255 * mask)
    train, test = mask_rcnn.load("dsb2018", side=30)
    assert test and [one.id for one in test] == [
        f"id{n}" for n in range(12) if splits.fold(f"id{n}") == 0
    ]
    whole = {one.id: one for one in mask_rcnn.read_nuclei(home)}
    for sample in segmentation.read_nuclei(home):
        one = whole[sample.id]
        bright = np.minimum(segmentation.normalise(sample.image), 1)
        assert np.array_equal(one.picture, bright)
        assert np.array_equal(one.labels > 0, sample.labels > 0)
        assert sorted(one.boxes.tolist()) == [[2, 2, 8, 9], [10, 12, 18, 30]]
    assert sorted(train[0].boxes.tolist()) == [[2, 2, 8, 9], [10, 12, 18, 30]]
    assert train[0].picture.shape == (30, 30, 3) and train[0].names == ("nucleus",)


PERSONS = boxed((1, 2, 15, 8), (3, 20, 19, 27))


def people(root, numbers, seed=0):
    """Penn-Fudan's layout: photographs of two places, masks in grey or with a palette, notes."""
    for number in numbers:
        name = f"{('PennPed', 'FudanPed')[number % 2]}{number:05d}"
        noise(root / "PNGImages" / f"{name}.png", seed + number)
        labels = PERSONS[0] + 2 * PERSONS[1] if number % 3 else PERSONS[0]  # one person alone
        mask = Image.fromarray(labels.astype(np.uint8))
        if number % 2:
            mask.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0])
        (root / "PedMasks").mkdir(exist_ok=True)
        mask.save(root / "PedMasks" / f"{name}_mask.png")
        (root / "Annotation").mkdir(exist_ok=True)
        (root / "Annotation" / f"{name}.txt").write_text("# Compatible with PASCAL Annotation")
    (root / "readme.txt").write_text("Penn-Fudan")


@pytest.mark.parametrize("inner", ["", "pennfudan", "PennFudanPed", "pennfudan/PennFudanPed"])
def test_pedestrians_are_read_exactly(home, inner):
    people(home / inner, range(1, 4))
    palette, alone, grey = mask_rcnn.read_pennfudan(home)
    ids = ["FudanPed00001", "FudanPed00003", "PennPed00002"]
    assert [one.id for one in (palette, alone, grey)] == ids
    expected = np.asarray(Image.open(home / inner / "PNGImages" / "PennPed00002.png")) / 255
    assert np.allclose(grey.picture, expected, atol=1e-7)
    for one, persons in ((palette, PERSONS), (alone, PERSONS[:1]), (grey, PERSONS)):
        assert np.array_equal(one.masks, persons)
        assert one.classes.tolist() == [1] * len(persons) and one.names == ("person",)
    assert len({palette.source, alone.source, grey.source}) == 3


def test_pedestrians_are_split_and_a_second_folder_tests(home):
    people(home / "pennfudan", range(20))
    train, test = mask_rcnn.load("pennfudan", side=30)
    assert len(train) + len(test) == 20 and all(splits.fold(one.source) == 0 for one in test)
    people(home / "more", range(3), seed=50)
    train, test = mask_rcnn.load("pennfudan", home / "more", side=30)
    assert [len(train), len(test)] == [20, 3]
    people(home / "more", [9], seed=0)
    with pytest.raises(ValueError, match="FudanPed00009 trains and FudanPed00009, which is the"):
        mask_rcnn.load("pennfudan", home / "more", side=30)


def test_pedestrians_that_are_missing_or_broken_are_named(home):
    with pytest.raises(FileNotFoundError, match="no folder .*PNGImages; set COURSE_DATA"):
        mask_rcnn.load("pennfudan")
    people(home / "pennfudan", range(12))
    (home / "pennfudan" / "PedMasks").rename(home / "masks")
    with pytest.raises(FileNotFoundError, match="The folder .*PedMasks is missing"):
        mask_rcnn.load("pennfudan")
    (home / "masks").rename(home / "pennfudan" / "PedMasks")
    (home / "pennfudan" / "PedMasks" / "FudanPed00003_mask.png").unlink()
    with pytest.warns(UserWarning, match="1 of 12 .*FudanPed00003_mask.png is missing"):
        assert len(mask_rcnn.read_pennfudan(home)) == 11
    save(home / "pennfudan" / "PedMasks" / "FudanPed00003_mask.png", np.ones((5, 5)))
    with pytest.warns(UserWarning, match="FudanPed00003_mask.png is 5x5 pixels"):
        mask_rcnn.read_pennfudan(home)


# COCO ---------------------------------------------------------------------------------------------

MASKS = boxed((2, 3, 10, 20), (5, 8, 18, 29))


def outlined(*changes, folder=None, pictures=2, seed=0, name="instances.json", images_in=""):
    """A folder with a COCO file: pictures, each with the two MASKS; changes: functions of it."""
    for number in range(pictures):
        noise(folder / images_in / f"{number}.png", seed + number)
    corners = [[3, 2, 20, 2, 20, 10, 3, 10], [8, 5, 29, 5, 29, 18, 8, 18]]
    data = {
        "images": [
            {"id": 10 + n, "file_name": f"{n}.png", "height": 20, "width": 30}
            for n in range(pictures)
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}],
        "annotations": [
            {"id": 100 + 2 * n + k, "image_id": 10 + n, "category_id": (18, 3)[k]}
            | {"segmentation": [corners[k]], "iscrowd": 0}
            for n in range(pictures)
            for k in range(2)
        ],
    }
    for change in changes:
        change(data)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(data))
    return folder


def segmented(outline, number=0):
    def change(data):
        data["annotations"][number]["segmentation"] = outline

    return change


KINDS = {
    "polygons": [[3, 2, 20, 2, 20, 10, 3, 10]],
    "flat polygon": [3, 2, 20, 2, 20, 10, 3, 10],
    "two polygons": [[3, 2, 9, 2, 9, 10, 3, 10], [9.0, 2.0, 20.0, 2.0, 20.0, 10.0, 9.0, 10.0]],
    "runs": {"size": [20, 30], "counts": runs(MASKS[0])},
    "packed runs": {"size": [20, 30], "counts": packed(runs(MASKS[0]))},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_outline_is_read_exactly(tmp_path, kind):
    first, second = mask_rcnn.read_coco(outlined(segmented(KINDS[kind]), folder=tmp_path))
    assert np.array_equal(first.masks, MASKS) and np.array_equal(second.masks, MASKS)
    assert first.boxes.tolist() == [[2, 3, 10, 20], [5, 8, 18, 29]]
    assert first.classes.tolist() == [2, 1] and first.names == ("car", "dog")
    assert first.classes.dtype == np.int32 and first.id == "0" and first.size == (20, 30)
    assert np.array_equal(first.picture, images.read_image(tmp_path / "0.png"))


@pytest.mark.parametrize(
    ("name", "images_in"),
    [
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances_default.json", "images/default"),
        ("result.json", "images"),
        ("annotations/mine.json", "annotations"),
    ],
)
def test_where_the_file_and_its_pictures_may_lie(tmp_path, name, images_in):
    found = mask_rcnn.read_coco(outlined(folder=tmp_path, name=name, images_in=images_in))
    assert [len(one.classes) for one in found] == [2, 2]


def test_random_masks_survive_runs_and_packing():
    rng = RNG(3)
    for number in range(40):
        mask = rng.random((int(rng.integers(1, 40)), int(rng.integers(1, 400)))) > rng.random()
        mask[:] = mask[:, :1] if number % 4 == 0 else mask
        lengths = runs(mask)
        assert coco.unpacked(packed(lengths)) == lengths
        for counts in (lengths, packed(lengths)):
            one = {"segmentation": {"size": [*mask.shape], "counts": counts}}
            entry = coco.Entry("a.png", None, (None, None), [("Annotation 1", 1, one)])
            assert np.array_equal(coco.masks(entry, mask.shape)[0], mask)


def test_packed_runs_and_polygons_are_those_of_coco_s_own_code():
    coded = pytest.importorskip("pycocotools.mask", reason="pycocotools is missing")
    rng = RNG(4)
    for _ in range(30):
        mask = rng.random((rng.integers(1, 50), rng.integers(1, 50))) > rng.random()
        text = coded.encode(np.asfortranarray(mask, np.uint8))["counts"].decode("ascii")
        assert text == packed(runs(mask)) and coco.unpacked(text) == runs(mask)
        turns, radius = np.sort(rng.random(9)) * 2 * np.pi, 40 + 15 * rng.random(9)
        points = np.stack([64 + radius * np.cos(turns), 60 + radius * np.sin(turns)], 1).ravel()
        one = {"segmentation": [points.tolist()]}
        found = coco.masks(coco.Entry("", None, (None, None), [("", 1, one)]), (120, 128))[0]
        theirs = coded.decode(coded.frPyObjects([points.tolist()], 120, 128))[..., 0] > 0
        assert (found & theirs).sum() / (found | theirs).sum() > 0.97  # they round at the rim
    square = [[3, 2, 20, 2, 20, 10, 3, 10]]
    assert np.array_equal(coded.decode(coded.frPyObjects(square, 20, 30))[..., 0] > 0, MASKS[0])


def test_crowds_and_outlines_without_a_pixel_are_left_out(tmp_path):
    def crowd(data):
        data["annotations"][0]["iscrowd"] = 1
        del data["annotations"][0]["segmentation"]

    tiny = segmented([[4.1, 4.1, 4.2, 4.1, 4.2, 4.2]], 3)
    first, second = mask_rcnn.read_coco(outlined(crowd, tiny, folder=tmp_path))
    assert first.classes.tolist() == [1] and second.classes.tolist() == [2]
    assert np.array_equal(first.masks, MASKS[1:]) and np.array_equal(second.masks, MASKS[:1])


def with_(place, key, value):
    def change(data):
        data[place][0][key] = value

    return change


FAULTS = {
    "unknown picture": (
        with_("annotations", "image_id", 77),
        "Annotation 100 .*image_id 77, which",
    ),
    "unknown category": (
        with_("annotations", "category_id", 77),
        r"Annotation 100 of .*instances.json has the category_id 77, which",
    ),
    "no picture": (with_("images", "file_name", "gone.png"), "The picture .*gone.png is missing"),
    "other size": (with_("images", "width", 31), "0.png is 30x20 .* by its COCO file it is 31x20"),
    "two points": (segmented([[1, 1, 5, 5]]), "Annotation 100 .*isn't three points or more"),
    "odd numbers": (segmented([[1, 1, 5, 5, 9, 1, 3]]), "isn't three points or more"),
    "no numbers": (segmented([["a"] * 6]), "isn't three points or more"),
    "not finite": (segmented([[1, 1, 5, float("nan"), 9, 1]]), "isn't three points or more"),
    "no outline": (segmented([]), "Annotation 100 .*0.png. has no outline"),
    "nothing": (segmented(None), "has no outline"),
    "short runs": (
        segmented({"size": [20, 30], "counts": [5, 9]}),
        "Annotation 100 .* run lengths of 14 pixels in all, its picture has 600",
    ),
    "negative runs": (segmented({"size": [20, 30], "counts": [605, -5]}), "whole numbers from 0"),
    "no runs": (segmented({"size": [20, 30]}), "whole numbers from 0 up"),
    "other runs": (segmented({"size": [30, 20], "counts": [600]}), r"size \[30, 20\], its picture"),
    "cut off": (segmented({"size": [20, 30], "counts": "0P"}), "packed run lengths that are cut"),
    "damaged": (segmented({"size": [20, 30], "counts": "0ü"}), "with a damaged 'ü'"),
    "twice": (
        lambda data: data["images"].append(data["images"][0]),
        "has images with the same id",
    ),
    "no categories": (lambda data: data.pop("categories"), "isn't a COCO file of instances"),
    "lists": (lambda data: data.update(annotations=[1]), "isn't a COCO file of instances"),
    "no pictures": (lambda data: data.update(images=[], annotations=[]), "lists no picture"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named_in_one_sentence(tmp_path, fault):
    change, said = FAULTS[fault]
    outlined(change, folder=tmp_path)
    with pytest.raises((ValueError, FileNotFoundError), match=said) as caught:
        mask_rcnn.read_coco(tmp_path)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and ". " not in text, text


def test_files_that_are_missing_or_several_are_named(home):
    with pytest.raises(FileNotFoundError, match="no folder .*mine; set COURSE_DATA"):
        mask_rcnn.load("mine")
    noise(home / "mine" / "0.png", 0)
    with pytest.raises(FileNotFoundError, match="no COCO file in .*mine"):
        mask_rcnn.load("mine")
    (home / "mine" / "instances.json").write_text("{")
    with pytest.raises(ValueError, match="instances.json isn't a COCO file"):
        mask_rcnn.load("mine")
    (home / "mine" / "instances_2.json").write_text("{}")
    with pytest.raises(ValueError, match="several COCO files, instances.json and instances_2"):
        mask_rcnn.load("mine")


def test_one_odd_picture_of_many_is_left_out_and_named(tmp_path):
    outlined(segmented([[1, 1]]), folder=tmp_path, pictures=12)
    with pytest.warns(UserWarning, match="1 of 12 .*Annotation 100"):
        assert len(mask_rcnn.read_coco(tmp_path)) == 11


def test_a_folder_of_ones_own_is_fitted_and_split(home):
    outlined(folder=home / "mine", pictures=20)
    train, test = mask_rcnn.load("mine", side=60)
    assert len(train) + len(test) == 20 and all(splits.fold(one.source) == 0 for one in test)
    assert train[0].picture.shape == (60, 60, 3) and train[0].inside == (40, 60)
    assert train[0].boxes.tolist() == [[4, 6, 20, 40], [10, 16, 36, 58]]
    outlined(folder=home / "more" / "mine", pictures=2, seed=90)
    train, test = mask_rcnn.load("mine", home / "more", side=60)
    assert [len(train), len(test)] == [20, 2]
    outlined(with_("categories", "name", "cat"), folder=home / "more" / "mine", seed=90)
    with pytest.raises(ValueError, match="training data are car, dog, those .* car, cat; give"):
        mask_rcnn.load("mine", home / "more", side=60)
    outlined(folder=home / "more" / "mine", pictures=2)
    with pytest.raises(ValueError, match="The picture 0 trains and 0, which is the same"):
        mask_rcnn.load("mine", home / "more", side=60)
    outlined(lambda data: data.update(annotations=[]), folder=home / "mine", pictures=20)
    with pytest.raises(ValueError, match="Nothing is marked in any training picture of mine"):
        mask_rcnn.load("mine")


def test_frames_of_one_video_stay_on_one_side(home):
    outlined(folder=home / "mine", pictures=36)
    entries = {
        f"{n}.png": {"source": f"clip {n // 3}", "licence": "CC0", "fingerprint": str(n)}
        for n in range(36)
    }
    (home / "mine" / build.MANIFEST).write_text(json.dumps(entries))
    train, test = mask_rcnn.load("mine", side=30)
    assert len(train) + len(test) == 36 and test
    assert all(one.source == f"clip {int(one.id) // 3}" for one in train + test)
    assert not {one.source for one in train} & {one.source for one in test}


def test_of_very_many_pictures_only_so_many_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(mask_rcnn, "MOST", 4)
    outlined(folder=tmp_path, pictures=6)
    with pytest.warns(UserWarning, match="lists 6 pictures; 4 of them are read"):
        found = mask_rcnn.read_coco(tmp_path)
    assert len(found) == 4 and [one.id for one in found] == sorted(one.id for one in found)
