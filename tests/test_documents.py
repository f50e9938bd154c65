import numpy as np
import pytest
from PIL import Image
from skimage import data

from course_utils import cleaning, images
from course_utils.data import documents, splits
from course_utils.exercises import core, progress
from course_utils.exercises import documents as exercises
from course_utils.metrics import rmse


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def grey(seed, size=(20, 30)):
    return np.random.default_rng(seed).integers(0, 256, size)


def draw_kaggle(root, texts=(0, 1), first=2):
    """Each text four times, numbered as Kaggle did: every third number, twelve a text."""
    for place, text in enumerate(texts):
        for damage in range(4):
            name = f"{first + 12 * place + 3 * damage}.png"
            save(root / "noisyoffice" / "train" / name, grey((text, damage)))
            save(root / "noisyoffice" / "train_cleaned" / name, grey(text))
    return root


def draw_official(root, real=True):
    simulated = root / "NoisyOffice" / "SimulatedNoisyOffice"
    for text, part in enumerate(("TR", "VA", "TE")):
        save(simulated / "clean_images_grayscale" / f"FontLre_Clean_{part}.png", grey(text))
        for damage in "fwcp":
            name = f"FontLre_Noise{damage}_{part}.png"
            save(simulated / "simulated_noisy_images_grayscale" / name, grey((text, ord(damage))))
    if real:
        folder = root / "NoisyOffice" / "RealNoisyOffice" / "real_noisy_images_grayscale"
        save(folder / "FontLre_Noisec_RE.png", grey(9))
    return root


def page(text, damage=0, size=(40, 60), name=None):
    """White paper with some grey marks, and the same under a stain."""
    clean = np.ones(size, np.float32)
    rng = np.random.default_rng(text)
    clean[rng.integers(0, size[0], 300), rng.integers(0, size[1], 300)] = 0.2
    noisy = clean * np.float32(0.9 - 0.1 * damage)
    return documents.Page(name or f"{text} {damage}", noisy, clean, f"text {text}")


# Readers ----------------------------------------------------------------------------------------


def test_kaggle_layout(tmp_path):
    pages = documents.read(draw_kaggle(tmp_path))
    assert [p.id for p in pages] == ["2", "5", "8", "11", "14", "17", "20", "23"]
    np.testing.assert_allclose(pages[1].noisy, grey((0, 1)) / 255, atol=1e-6)
    np.testing.assert_allclose(pages[4].clean, grey(1) / 255, atol=1e-6)
    assert pages[0].noisy.dtype == pages[0].clean.dtype == np.float32
    assert [p.source == pages[0].source for p in pages] == [True] * 4 + [False] * 4
    assert [p.damage for p in pages[:4]] == ["coffee", "folds", "footprints", "wrinkles"]
    assert len(documents.read(str(tmp_path / "noisyoffice"))) == 8


def test_numbers_that_are_not_kaggles_tell_no_damage(tmp_path):
    pages = documents.read(draw_kaggle(tmp_path, first=1))
    assert len(pages) == 8 and {p.damage for p in pages} == {""}


def test_official_layout(tmp_path):
    pages = documents.read(draw_official(tmp_path))
    simulated, real = pages[:-1], pages[-1]
    assert len(simulated) == 12 and len({p.source for p in simulated}) == 3
    stained = next(p for p in simulated if p.id == "FontLre_Noisec_VA")
    np.testing.assert_allclose(stained.noisy, grey((1, ord("c"))) / 255, atol=1e-6)
    np.testing.assert_allclose(stained.clean, grey(1) / 255, atol=1e-6)
    assert stained.damage == "coffee"
    assert {p.damage for p in simulated} == set(documents.DAMAGES.values())
    assert (real.id, real.clean, real.damage) == ("FontLre_Noisec_RE", None, "coffee")
    for folder in ("NoisyOffice", "."):
        assert len(documents.read(tmp_path / folder)) == 13


def test_both_layouts_know_the_same_clean_page(tmp_path):
    official = documents.read(draw_official(tmp_path / "official"))
    kaggle = documents.read(draw_kaggle(tmp_path / "kaggle"))
    assert {p.source for p in kaggle} < {p.source for p in official}


def truncate(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    "break_it, error, named",
    [
        (
            lambda r: (r / "train_cleaned/5.png").unlink(),
            FileNotFoundError,
            "cleaned.5.png is missing",
        ),
        (
            lambda r: save(r / "train_cleaned/5.png", grey(0, (20, 31))),
            ValueError,
            "5.png is 31x20",
        ),
        (lambda r: truncate(r / "train/5.png"), ValueError, "5.png can't be read"),
        (
            lambda r: [p.unlink() for p in (r / "train").iterdir()],
            FileNotFoundError,
            "no picture in",
        ),
        (lambda r: (r / "train").rename(r / "trains"), FileNotFoundError, "set COURSE_DATA"),
    ],
)
def test_broken_kaggle_files_are_named(tmp_path, break_it, error, named):
    break_it(draw_kaggle(tmp_path) / "noisyoffice")
    with pytest.raises(error, match=named):
        documents.read(tmp_path)


@pytest.mark.parametrize(
    "break_it, error, named",
    [
        (
            lambda r: (r / "clean_images_grayscale/FontLre_Clean_VA.png").unlink(),
            FileNotFoundError,
            "FontLre_Clean_VA.png is missing. .So it is with 4 of 12",
        ),
        (
            lambda r: (r / "simulated_noisy_images_grayscale").rename(r / "other"),
            FileNotFoundError,
            "simulated_noisy_images_grayscale is missing",
        ),
    ],
)
def test_broken_official_files_are_named(tmp_path, break_it, error, named):
    break_it(draw_official(tmp_path) / "NoisyOffice" / "SimulatedNoisyOffice")
    with pytest.raises(error, match=named):
        documents.read(tmp_path)


def test_one_odd_page_of_many_is_left_out_and_named_in_both_layouts(tmp_path):
    root = draw_official(tmp_path / "official") / "NoisyOffice" / "SimulatedNoisyOffice"
    save(root / "simulated_noisy_images_grayscale/FontLre_Noisex_TR.png", grey(0))
    with pytest.warns(UserWarning, match="1 of 13 .*Noisex_TR.png should have a name like"):
        assert len(documents.read(tmp_path / "official")) == 13  # 12 and the real one
    root = draw_kaggle(tmp_path / "kaggle", texts=range(3)) / "noisyoffice"
    (root / "train/5.png").unlink()
    with pytest.warns(UserWarning, match="1 of 12 .*train.5.png is missing"):
        assert len(documents.read(tmp_path / "kaggle")) == 11


def test_official_names_in_any_case_and_deep_pages(tmp_path):
    root = draw_official(tmp_path) / "NoisyOffice" / "SimulatedNoisyOffice"
    for path in [*root.rglob("*.png")]:
        path.rename(path.with_name(path.name.lower()))
    deep = root / "simulated_noisy_images_grayscale/fontlre_noisec_te.png"
    Image.fromarray(np.full((20, 30), 13_107, np.uint16)).save(deep)
    pages = documents.read(tmp_path)[:-1]
    assert len(pages) == 12 and {p.damage for p in pages} == set(documents.DAMAGES.values())
    assert sum(map(documents.tests, pages)) == 4
    (page,) = [p for p in pages if p.id == "fontlre_noisec_te"]
    np.testing.assert_allclose(page.noisy, 0.2, atol=1e-6)


# Splits -----------------------------------------------------------------------------------------


def test_kaggle_pages_split_by_clean_page(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(draw_kaggle(tmp_path, texts=range(12))))
    train, test = documents.load("noisyoffice")
    assert len(train) + len(test) == 48 and len(test) % 4 == 0 < len(test)
    assert not {p.source for p in train} & {p.source for p in test}
    assert all(splits.fold(p.source) == 0 for p in test)


def test_official_pages_keep_their_partition_and_real_ones_stay_out(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(draw_official(tmp_path)))
    train, test = documents.load("noisyoffice")
    assert {p.id[-2:] for p in train} == {"TR", "VA"} and {p.id[-2:] for p in test} == {"TE"}
    assert (len(train), len(test)) == (8, 4)


def test_a_second_folder_tests_and_may_share_no_page(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(draw_kaggle(tmp_path / "a", texts=range(3))))
    train, test = documents.load("noisyoffice", draw_kaggle(tmp_path / "b", texts=(7,)))
    assert (len(train), len(test)) == (12, 4)
    with pytest.raises(ValueError, match="in the training data and in the test data"):
        documents.load("noisyoffice", draw_official(tmp_path / "c"))


def test_pages_that_nothing_damaged_are_nothing_to_clean(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    root = draw_kaggle(tmp_path, texts=range(8)) / "noisyoffice" / "train"
    monkeypatch.setattr(documents, "tests", lambda page: int(page.id) < 14)
    for path in root.iterdir():
        if int(path.stem) < 11:
            save(path, np.asarray(Image.open(root.parent / "train_cleaned" / path.name)))
    assert documents.load("noisyoffice")[1], "one damaged test page is enough"
    for path in root.iterdir():
        save(path, np.asarray(Image.open(root.parent / "train_cleaned" / path.name)))
    with pytest.raises(ValueError, match="nothing to clean; add damaged ones"):
        documents.load("noisyoffice")


def test_drawn_pages(monkeypatch):
    assert not set(documents.DRAWN["train"]) & set(documents.DRAWN["test"])
    monkeypatch.setattr(documents, "DRAWN", {"train": range(2), "test": range(9, 10)})
    train, test = documents.load("synthetic")
    assert [p.id for p in train + test] == ["page 0", "page 1", "page 9"]
    for p in train + test:
        assert p.noisy.shape == p.clean.shape == documents.SIZE and p.noisy.dtype == np.float32
        assert p.text and p.damage and p.source == p.id and rmse(p.clean, p.noisy) > 0.01
    assert np.array_equal(documents.draw(1).noisy, train[1].noisy)


def test_an_unknown_data_set_names_the_choices():
    with pytest.raises(ValueError, match='"synthetic" or "noisyoffice"'):
        documents.load("dibco")


def test_the_most_damaged_window_has_the_stain_and_lies_on_the_page():
    clean = np.ones((40, 60), np.float32)
    for row, column in ((20, 30), (0, 0), (39, 59)):
        noisy = clean.copy()
        noisy[row, column] = 0
        spoilt = documents.Page("", noisy, clean, "")
        for size in ((10, 20), (11, 21)):
            window = noisy[documents.most_damaged(spoilt, size)]
            assert window.shape == size and window.min() == 0
    assert noisy[documents.most_damaged(spoilt, (50, 20))].shape == (40, 20)


# Nine for one -----------------------------------------------------------------------------------


def nine(picture=None, seed=0):
    p = page(0)
    return p, documents.ninefold(p.noisy, p.clean, np.random.default_rng(seed), picture)


def test_nine_different_pages_in_range():
    p, pairs = nine()
    assert len(pairs) == 9 and np.array_equal(pairs[0][0], p.noisy)
    for number, (noisy, clean) in enumerate(pairs):
        assert noisy.shape == clean.shape == (40, 60) and noisy.dtype == clean.dtype == np.float32
        assert 0 <= noisy.min() and noisy.max() <= 1
        assert not any(np.array_equal(noisy, other) for other, _ in pairs[:number])


def test_movements_take_both_twins_along_and_noise_only_one():
    p, pairs = nine()
    for number, (noisy, clean) in enumerate(pairs):
        assert np.array_equal(clean, p.clean) == (number not in (5, 6))
    assert np.array_equal(pairs[5][1], p.clean[:, ::-1])
    for noisy, clean in pairs[5:7]:
        np.testing.assert_allclose(noisy, clean * 0.9, atol=1e-5)


def test_noise_has_the_strength_that_it_should():
    flat = np.full((200, 200), 0.5, np.float32)
    pairs = documents.ninefold(flat, flat, np.random.default_rng(0))
    assert pairs[1][0].std() == pytest.approx(0.005**0.5, rel=0.05)
    assert np.mean(pairs[2][0] != 0.5) == pytest.approx(0.02, rel=0.2)
    assert pairs[4][0].std() == pytest.approx(0.5 * 0.02**0.5, rel=0.05)


def test_poisson_noise_is_that_of_a_file_with_256_grey_levels():
    """Of floats it would be fainter the more values they have, and nobody would see it."""
    drawn = documents.draw(0)
    noisy = documents.ninefold(drawn.noisy, drawn.clean, np.random.default_rng(0))[3][0]
    dark = drawn.noisy < 0.9  # no light that is cut off at 1
    shot = (noisy - drawn.noisy)[dark] / np.sqrt(drawn.noisy[dark])
    assert shot.std() == pytest.approx(1 / 16, rel=0.05)


def test_a_foreign_picture_lies_under_the_ink():
    p, pairs = nine(np.zeros((7, 9, 3), np.float32))
    np.testing.assert_allclose(pairs[7][0], p.noisy * 0.6, atol=1e-6)
    _, pairs = nine(np.ones((50, 5), np.float32))
    np.testing.assert_allclose(pairs[7][0], p.noisy, atol=1e-6)
    for name in documents.FOREIGN:
        assert getattr(data, name)().dtype == np.uint8


def test_a_page_without_twin_is_multiplied_too():
    p = page(0)
    pairs = documents.ninefold(p.noisy, None, np.random.default_rng(0))
    assert len(pairs) == 9 and {clean for _, clean in pairs} == {None}


# Crops ------------------------------------------------------------------------------------------


def numbered(size=(40, 60)):
    """A page on which each pixel has a value of its own, and its negative."""
    clean = np.linspace(0, 1, np.prod(size), dtype=np.float32).reshape(size)
    return documents.Page("numbered", 1 - clean, clean, "numbered")


def test_crops_are_windows_and_the_twins_stay_together():
    whole, orders, corners = numbered(), set(), set()
    crops = documents.Crops([whole], side=(16, 24), light=0)
    for number in range(300):
        noisy, clean = crops(np.random.default_rng(number))
        assert noisy.shape == clean.shape == (16, 24, 1)
        assert noisy.dtype == clean.dtype == np.float32
        np.testing.assert_allclose(noisy, 1 - clean, atol=1e-6)
        pixels = np.round(clean[..., 0] * (40 * 60 - 1)).astype(int)
        rows, columns = pixels // 60, pixels % 60
        orders.add((int(rows[1, 0] - rows[0, 0]), int(columns[0, 1] - columns[0, 0])))
        corners |= {(int(rows.min()), "row"), (int(columns.min()), "column")}
        assert np.ptp(rows) == 15 and np.ptp(columns) == 23
    assert orders == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    assert {(0, "row"), (24, "row"), (0, "column"), (36, "column")} <= corners


def test_crops_without_flips():
    crops = documents.Crops([numbered()], side=16, flip=False, light=0)
    for number in range(30):
        assert (np.diff(crops(np.random.default_rng(number))[1].ravel()) > 0).all()


def test_light_changes_the_damaged_twin_only():
    dark, light = (documents.Crops([page(0), page(1)], side=32, light=on) for on in (0, 1.0))
    assert all(0 <= light(np.random.default_rng(n))[0].min() for n in range(20))
    assert all(light(np.random.default_rng(n))[0].max() <= 1 for n in range(20))
    (noisy, clean), (other, same) = (crops(np.random.default_rng(3)) for crops in (dark, light))
    assert np.array_equal(clean, same) and rmse(noisy, other) > 0.005
    assert np.array_equal(light(np.random.default_rng(3))[0], other)


def test_all_pages_come():
    crops = documents.Crops([page(0), page(1, 3)], side=40, flip=False, light=0)
    brightest = {round(float(crops(np.random.default_rng(n))[0].max()), 2) for n in range(30)}
    assert brightest == {0.9, 0.6}


def test_a_page_without_a_twin_gives_no_crop():
    with pytest.raises(ValueError, match="Page 0 0 has no clean twin"):
        documents.Crops([documents.Page("0 0", page(0).noisy, None, "real")], side=16)


@pytest.mark.parametrize("size", [(40, 50), (1, 1), (8, 300), (300, 8), (64, 63)])
def test_a_page_smaller_than_a_crop_is_mirrored(size):
    small = page(1, size=size, name="small")
    crops = documents.Crops([small], side=64, flip=False)
    for number in range(4):
        noisy, clean = crops(np.random.default_rng(number))
        assert noisy.shape == clean.shape == (64, 64, 1)
        assert set(noisy.ravel()) <= set(small.noisy.ravel())
    there = np.s_[: min(64, size[0]), : min(64, size[1])]
    if max(size) <= 64:
        assert np.array_equal(noisy[there][..., 0], small.noisy)
        assert np.array_equal(clean[there][..., 0], small.clean)


# Mistakes ---------------------------------------------------------------------------------------


def leaks(train, test):
    """Share of the test pages whose clean twin, pixel by pixel, trains too."""
    known = {page.clean.tobytes() for page in train}
    return np.mean([page.clean.tobytes() in known for page in test])


def test_a_split_by_file_leaks():
    pages = [page(text, damage) for text in range(12) for damage in range(4)]
    wrong = exercises.split_by_file(pages)
    right = splits.train_test(pages, tests=documents.tests)
    assert leaks(*right) == 0 and leaks(*wrong) > 0.9
    with pytest.raises(ValueError, match="in the training data"):
        splits.assert_disjoint(*[[p.source for p in side] for side in wrong])


def test_augmenting_before_the_split_leaks():
    pages = [page(text) for text in range(12)]
    assert leaks(*exercises.split_by_file(pages)) == 0, (
        "one damage a page: splitting by file is safe"
    )
    train, test = exercises.augmented_before_the_split(pages, np.random.default_rng(0))
    assert len(train) + len(test) == 108 and leaks(train, test) > 0.5


def test_sides_and_their_misprints_by_hand():
    assert [splits.fold(page) == 0 for page in ("form 1", "form 2")] == [False, True]
    files = [f"{number}.png" for number in range(5)]
    pages = ["form 1", "form 2", "form 2", "form 1", "form 2"]
    copies = [False, False, True, True, False]

    def found(sides):
        return sides(files, pages, copies).tolist()

    assert found(exercises.sides) == [0, 1, -1, 0, 1]
    assert found(exercises.copies_always_train) == [0, 1, 0, 0, 1]
    assert found(exercises.copies_test_too) == [0, 1, 1, 0, 1]
    assert found(exercises.fold_0_trains) == [1, 0, 0, -1, 0]
    assert found(exercises.last_fifth_tests) == [0, 0, 0, 0, 1]
    assert found(exercises.every_fifth_file_tests) == [1, 0, 0, 0, 0]
    assert exercises.fold_of_the_file(pages, files, copies).tolist() == [0, 1, -1, 0, 1]


def test_entropy_of_grey_and_its_misprints_by_hand():
    clean = [np.array([[0.5, 0.5, 1.0]]), np.array([[0.25]])]
    quarter = -0.25 * np.log(0.25) - 0.75 * np.log(0.75)
    for name, right in [
        ("entropy_of_grey", (2 * np.log(2) + quarter) / 4),
        ("log_of_zero", np.nan),
        ("second_term_forgotten", (np.log(2) - 0.25 * np.log(0.25)) / 4),
        ("logarithm_of_base_2", (2 + quarter / np.log(2)) / 4),
        ("minus_forgotten", -(2 * np.log(2) + quarter) / 4),
        ("not_divided_by_the_pixels", 2 * np.log(2) + quarter),
        ("mean_of_the_pages_entropies", (2 / 3 * np.log(2) + quarter) / 2),
    ]:
        found = getattr(exercises, name)(clean)
        assert found == pytest.approx(right, nan_ok=True, abs=1e-6), name


def test_no_filter_of_the_course_and_no_two_in_a_row_pass_the_open_exercise():
    """Nor another radius of the best one: what passes has to be thought of."""
    filters = [
        f for name, f in vars(cleaning).items() if getattr(f, "__module__", "") == cleaning.__name__
    ]
    filters = [f for f in filters if not f.__name__.startswith("_")]
    assert len(filters) == 4
    tried = filters + [lambda n, f=f, g=g: f(g(n)) for f in filters for g in filters]
    tried += [lambda n, r=r: cleaning.subtract_background(n, r) for r in (3, 5, 8, 15)]
    one = core.exercise("06.5")
    for function in tried:
        answers = {name: function(noisy) for name, (noisy,) in one.cases().items()}
        assert one.score(answers) < one.goal - 0.05
        assert one.verdict(function)[0] == progress.NOT_YET


@pytest.mark.parametrize(
    ("answered", "seen"),
    [
        ((200, ""), [200, 1]),
        ((415, "Send a page as PNG."), [415, 1]),
        ((415, ""), [415, 0]),
        ((415, "PNG, please."), [415, 0]),
        ((422, "OSError: image file is truncated here."), [422, 0]),
        ((422, "Cannot identify <_io.BytesIO object at 0x7f>."), [422, 0]),
    ],
)
def test_of_an_answer_the_status_counts_and_whether_a_person_can_read_it(answered, seen):
    assert exercises.status_and_sentence(answered).tolist() == seen


def test_an_answer_of_other_types_is_named():
    for answered in ((415, None), ("415", "Send a page as PNG.")):
        status, said = core.exercise("06.6").verdict(lambda content, answered=answered: answered)
        assert status == progress.NOT_YET and "a whole number, and the sentence, a string" in said
    assert exercises.status_and_sentence(None) is None


@pytest.mark.parametrize("megapixels", [25, 225])
def test_a_large_page_is_refused_before_it_is_decoded(monkeypatch, megapixels):
    huge = exercises._uploads()[f"{megapixels} megapixels"][0]
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert exercises.answer_upload(huge)[0] == 413


def test_accuracy_of_grey_targets_cannot_tell_perfect_from_thresholded():
    truth = np.array([1, 1, 0, 0.2, 0.8])
    assert (
        exercises.accuracy_of_grey(truth, truth)
        == exercises.accuracy_of_grey(truth, np.round(truth))
        == 3 / 5
    )
    assert rmse(truth, truth) == 0 < 0.1 < rmse(truth, np.round(truth))
    assert exercises.accuracy_of_grey(page(0).clean, np.ones((40, 60))) > 0.85, (
        "nothing is written there"
    )


def test_jpeg_spoils_white_paper(tmp_path):
    clean = page(0).clean
    png = images.write_image(tmp_path / "page.png", clean)
    jpeg = exercises.saved_as_jpeg(tmp_path / "page.png", clean)
    lossless, spoilt = (images.to_grey(images.read_image(path)) for path in (png, jpeg))
    assert np.abs(lossless - clean).max() < 1e-6 and jpeg.suffix == ".jpg"
    assert np.mean(spoilt[clean == 1] < 1) > 0.1 and spoilt[clean == 1].min() < 0.95
