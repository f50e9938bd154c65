"""What masks mean: two values, numbers, colours, fringes; black on white; twice the same."""

import warnings

import numpy as np
import pytest
from PIL import Image

from course_utils.data import masks, readers

CELL = np.zeros((48, 48), bool)
CELL[8:24, 8:20] = True
OTHER = np.zeros((48, 48), bool)
OTHER[30:44, 26:46] = True


def in_palette(numbers, *colours):
    picture = Image.fromarray(numbers.astype(np.uint8)).convert("P")
    picture.putpalette([value for colour in colours for value in colour])
    return picture


def flat(mask, colour):
    return Image.fromarray(mask[..., None] * np.array(colour, np.uint8))


def in_alpha(mask, colour):
    picture = Image.new("RGB", mask.shape[::-1], colour)
    picture.putalpha(Image.fromarray(mask * np.uint8(255)))
    return picture


TWO = {
    "0 and 1": Image.fromarray(CELL.astype(np.uint8)),
    "0 and 38": Image.fromarray(CELL * np.uint8(38)),
    "0 and 255": Image.fromarray(CELL * np.uint8(255)),
    "1 and 2": Image.fromarray(CELL + np.uint8(1)),
    "1 bit": Image.fromarray(CELL),
    "16 bits, 0 and 1": Image.fromarray(CELL.astype(np.uint16)),
    "16 bits, 0 and 65535": Image.fromarray(CELL * np.uint16(65_535)),
    "palette, dark red": in_palette(CELL, (0, 0, 0), (128, 0, 0)),
    "palette, black last": in_palette(~CELL, (0, 0, 255), (0, 0, 0)),
    "palette, all black": in_palette(CELL, (0, 0, 0)),
    "dark red": flat(CELL, (128, 0, 0)),
    "blue": flat(CELL, (0, 0, 255)),
    "drawn black in alpha": in_alpha(CELL, "black"),
    "drawn white in alpha": in_alpha(CELL, "white"),
    "opaque white on black": flat(CELL, (255, 255, 255)).convert("RGBA"),
}
LOSSY = {
    **{
        f"JPEG {quality}": (Image.fromarray(CELL * np.uint8(255)), {"quality": quality})
        for quality in (40, 75, 90, 95, 100)
    },
    "0 and 100": (Image.fromarray(CELL * np.uint8(100)), {"quality": 75}),
    "colour": (flat(CELL, (255, 255, 255)), {"quality": 80}),
    "dark red": (flat(CELL, (160, 0, 0)), {"quality": 80}),
    "blue": (flat(CELL, (0, 0, 255)), {"quality": 80}),
}


@pytest.mark.parametrize("picture", TWO.values(), ids=TWO)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_two_values_are_cell_and_not(tmp_path, picture, ending):
    picture.save(tmp_path / f"m.{ending}")
    cells = masks.read(tmp_path / f"m.{ending}")
    assert cells.dtype == np.int32 and np.array_equal(cells, CELL)


@pytest.mark.parametrize(("picture", "options"), LOSSY.values(), ids=LOSSY)
def test_fringes_of_two_values_are_no_cells(tmp_path, picture, options):
    picture.save(tmp_path / "m.jpg", **options)
    Image.open(tmp_path / "m.jpg").save(tmp_path / "m.png")
    for ending in ("jpg", "png"):
        cells = masks.read(tmp_path / f"m.{ending}")
        assert cells.max() == 1 and np.mean(cells != CELL) < 0.02


def test_smooth_edges_are_no_cells(tmp_path):
    small = Image.fromarray(CELL * np.uint8(255)).resize((33, 31), Image.Resampling.BICUBIC)
    small.save(tmp_path / "m.png")
    cells = masks.read(tmp_path / "m.png")
    assert cells.max() == 1 and cells.sum() == pytest.approx(CELL.sum() * 33 * 31 / 48**2, rel=0.1)


NUMBERED = np.where(CELL, 3, np.where(OTHER, 7, 0))
COLOURS = np.array([(0, 0, 0)] + [(20 * n, 255 - 20 * n, 90) for n in range(1, 8)], np.uint8)
SEVERAL = {
    "8 bits": Image.fromarray(NUMBERED.astype(np.uint8)),
    "16 bits": Image.fromarray((NUMBERED * 4000).astype(np.uint16)),
    "32 bits": Image.fromarray(NUMBERED.astype(np.int32)),
    "palette": in_palette(NUMBERED, *COLOURS),
    "colours": Image.fromarray(COLOURS[NUMBERED]),
    "colours on white": Image.fromarray(
        np.where(NUMBERED[..., None], COLOURS[NUMBERED], 255).astype(np.uint8)
    ),
    "void is -1": Image.fromarray(
        np.where(OTHER, 2, CELL.astype(np.int32) * 2 - 1).clip(-1, 2).astype(np.int32)
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_more_values_are_numbers(tmp_path, name):
    SEVERAL[name].save(tmp_path / "m.tif")
    cells = masks.read(tmp_path / "m.tif")
    wanted = {"void is -1": [48 * 48 - 192 - 280, 192, 280]}.get(name, [48 * 48 - 472, 192, 280])
    assert sorted(np.bincount(cells.ravel())[1:]) == wanted[1:] and (cells == 0).sum() == wanted[0]


@pytest.mark.parametrize("small", [0, 3])
def test_255_beside_counted_cells_is_void_and_small_cells_stay(tmp_path, small):
    numbers = CELL * 1 + OTHER * 2
    numbers[46, 2:4] = small  # fills no block
    seen = numbers.copy()
    seen[4:7] = 255
    Image.fromarray(seen.astype(np.uint8)).save(tmp_path / "m.png")
    assert np.array_equal(masks.read(tmp_path / "m.png"), numbers)


def test_a_photograph_is_no_mask(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    Image.fromarray(noise).save(tmp_path / "m.png")
    with pytest.raises(ValueError, match="The mask .*m.png has greys all over") as caught:
        masks.read(tmp_path / "m.png")
    assert "\n" not in str(caught.value)
    (tmp_path / "m.png").write_text("words")
    with pytest.raises(ValueError, match="The mask .*m.png can't be read"):
        masks.read(tmp_path / "m.png")


# In a data set ------------------------------------------------------------------------------------


def nuclei(home, *pictures, name="a"):
    folder = home / "stage1_train" / name
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    Image.fromarray(np.uint8(200) * (CELL | OTHER)).convert("RGB").save(
        folder / f"images/{name}.png"
    )
    for number, picture in enumerate(pictures):
        picture.save(folder / "masks" / f"{number}.png")
    return home


def white(mask):
    return Image.fromarray(mask * np.uint8(255))


def labels(home):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return readers.read_dsb2018(home)[0].labels


def test_a_mask_of_numbers_holds_all_its_cells(tmp_path):
    found = labels(nuclei(tmp_path, SEVERAL["8 bits"]))
    assert sorted(np.bincount(found.ravel())[1:]) == [192, 280]


def test_one_mask_of_two_values_is_cut_into_its_parts(tmp_path):
    assert np.array_equal(labels(nuclei(tmp_path, white(CELL | OTHER))) > 0, CELL | OTHER)
    assert labels(tmp_path).max() == 2


def test_the_same_cell_in_two_masks_is_one(tmp_path):
    nearly = CELL.copy()
    nearly[8, 8] = False
    found = labels(nuclei(tmp_path, white(CELL), white(nearly), white(OTHER), white(CELL)))
    assert np.bincount(found.ravel()).tolist() == [48 * 48 - 472, 280, 192]


def test_a_cell_under_another_leaves_no_number(tmp_path):
    half, rest = CELL.copy(), CELL.copy()
    half[16:], rest[:16] = False, False
    found = labels(nuclei(tmp_path, white(CELL), white(half), white(rest)))
    assert np.bincount(found.ravel()).tolist() == [48 * 48 - 192, 96, 96]


def test_black_cells_on_white_are_read_so_and_it_is_said(tmp_path):
    nuclei(tmp_path, white(~CELL), white(~OTHER))
    with pytest.warns(UserWarning, match="masks are black on white"):
        (sample,) = readers.read_dsb2018(tmp_path)
    assert np.array_equal(sample.labels > 0, CELL | OTHER) and sample.labels.max() == 2


def test_a_large_cell_is_not_turned(tmp_path):
    large = np.ones((48, 48), bool)
    large[:9, :9] = False
    assert np.array_equal(labels(nuclei(tmp_path, white(large))), large)
    whole = np.ones((48, 48), bool)
    assert labels(nuclei(tmp_path / "more", white(whole))).all()


def test_a_black_mask_is_named_once_and_is_no_cell(tmp_path):
    nuclei(tmp_path, white(CELL), white(~CELL & CELL))
    with pytest.warns(UserWarning, match="1.png is all black: no cell") as caught:
        (sample,) = readers.read_dsb2018(tmp_path)
    assert sample.labels.max() == 1 and len(caught) == 1


@pytest.mark.parametrize("picture", [*TWO.values(), SEVERAL["8 bits"]], ids=[*TWO, "numbers"])
def test_isbi_labels_are_read_alike(tmp_path, picture):
    for part in ("image", "label"):
        (tmp_path / "train" / part).mkdir(parents=True)
    white(OTHER).save(tmp_path / "train/image/0.png")
    picture.save(tmp_path / "train/label/0.tif")
    (sample,) = readers.read_isbi2012(tmp_path)
    expected = NUMBERED if picture is SEVERAL["8 bits"] else CELL
    assert np.array_equal(sample.labels > 0, expected > 0)
    assert sample.labels.max() == (2 if expected is NUMBERED else 1)
