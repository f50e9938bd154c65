import functools

import cv2
import numpy as np
import pytest

from drawn_worlds import documents
from drawn_worlds.documents import DAMAGES, Document, damage_page, document, page

SIZE = (150, 200)
WORDS = {
    word
    for name in (
        "NOUNS",
        "ADJECTIVES",
        "TRANSITIVE",
        "INTRANSITIVE",
        "ADVERBS",
        "PLACES",
        "JOINTS",
        "OPENINGS",
        "NAMES",
        "MONTHS",
    )
    for word in getattr(documents, name)
}


@functools.cache
def scans(kind):
    return [document(seed, SIZE, kind) for seed in range(40, 46)]


def generator(seed=0):
    return np.random.default_rng(seed)


@functools.cache
def pages():
    return [page(generator(seed)) for seed in range(30)]


@pytest.mark.parametrize("damage", [None, *DAMAGES])
def test_a_seed_always_draws_the_same_document(damage):
    first, again = document(5, SIZE, damage), document(np.int64(5), SIZE, damage)
    assert (first.noisy == again.noisy).all() and (first.clean == again.clean).all()
    assert (first.text, first.damage) == (again.text, again.damage)
    assert (first.noisy != document(6, SIZE, damage).noisy).any()


@pytest.mark.parametrize("damage", DAMAGES)
def test_ranges_shapes_and_dtypes(damage):
    for scan in scans(damage):
        assert isinstance(scan, Document) and scan.damage == damage
        for picture in (scan.noisy, scan.clean):
            assert picture.shape == SIZE and picture.dtype == np.float32
            assert np.isfinite(picture).all() and 0 <= picture.min() <= picture.max() <= 1
        assert scan.clean.max() == 1 and scan.clean.min() < 0.3
        assert 0.003 < (scan.clean < 0.5).mean() < 0.4


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_scan_lies_on_its_clean_twin_and_ink_stays_darker_than_paper(damage):
    for scan in scans(damage):
        assert np.abs(scan.noisy - scan.clean).mean() > 0.03
        assert np.corrcoef(scan.noisy.ravel(), scan.clean.ravel())[0, 1] > 0.35
        ink = scan.clean < 0.4
        near = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9))) > 0
        paper = near & (scan.clean == 1)
        assert np.median(scan.noisy[ink]) < np.median(scan.noisy[paper]) - 0.1


@pytest.mark.parametrize("damage", [kind for kind in DAMAGES if kind != "rotation"])
def test_a_damage_shows_beside_the_same_scan_without_it(damage, monkeypatch):
    clean = page(generator(1), SIZE)[0]
    spoilt = [damage_page(clean, damage, generator(seed))[0] for seed in range(6)]
    monkeypatch.setattr(documents, "_low_ink", lambda rng, shape: np.ones(shape, np.float32))
    monkeypatch.setitem(documents.ON_SHEET, damage, lambda rng, shape: np.ones(shape, np.float32))
    monkeypatch.setitem(documents.ON_SCAN, damage, lambda rng, scan: scan)
    whole = [damage_page(clean, damage, generator(seed))[0] for seed in range(6)]
    change = [np.abs(one - other).mean() for one, other in zip(spoilt, whole, strict=True)]
    assert min(change) > 0.001 and np.mean(change) > 0.004


def test_only_rotation_turns_the_page():
    straight = page(generator((40, 0)), SIZE)
    for damage in DAMAGES:
        scan = scans(damage)[0]
        assert scan.text == straight[1]
        assert (scan.clean == straight[0]).all() == (damage != "rotation")


@pytest.mark.parametrize("seed", range(4))
def test_rotation_keeps_the_amount_of_ink_and_turns_by_a_degree_and_a_half_at_most(seed):
    clean = np.ones((420, 540), np.float32)
    clean[208:212, 30:510] = 0  # one level line
    turned = damage_page(clean, "rotation", generator(seed))[1]
    assert (1 - turned).sum() == pytest.approx((1 - clean).sum(), rel=0.01)
    y, x = np.nonzero(turned < 0.5)
    angle = np.degrees(np.arctan(np.polyfit(x, y, 1)[0]))
    assert 0.3 < abs(angle) < 1.51
    assert y.mean() == pytest.approx(209.5, abs=0.5) and x.mean() == pytest.approx(269.5, abs=0.5)


def test_no_text_is_cut_off_not_even_by_rotation():
    for seed, (clean, _) in enumerate(pages()):
        assert (clean[:4] == 1).all() and (clean[-4:] == 1).all()
        assert (clean[:, :4] == 1).all() and (clean[:, -4:] == 1).all()
        turned = damage_page(clean, "rotation", generator(seed))[1]
        edges = turned[0].min(), turned[-1].min(), turned[:, 0].min(), turned[:, -1].min()
        assert min(edges) > 0.95


def test_the_text_is_what_is_set(monkeypatch):
    """Every line is drawn once, below the one before, and its words stand apart in order."""
    drawn, set_line = [], documents._set_line

    def watched(ink, line, spots, font, left, top, slant):
        before = ink.copy()
        set_line(ink, line, spots, font, left, top, slant)
        new = ink != before
        ends = [spot + font.getlength(word) for spot, word in zip(spots, line, strict=True)]
        assert (np.asarray(spots[1:]) > np.asarray(ends[:-1])).all()
        assert left + max(ends) < ink.shape[1] and new.any()
        drawn.append((" ".join(line), np.nonzero(new)[0].mean()))

    monkeypatch.setattr(documents, "_set_line", watched)
    for seed in range(6):
        drawn.clear()
        text = page(generator(seed))[1]
        assert text == "\n".join(line for line, _ in drawn)
        assert (np.diff([middle for _, middle in drawn]) > 0).all()


def test_rows_of_ink_are_as_many_as_lines_of_text():
    counted = []
    for clean, text in pages():
        inked = np.r_[False, (clean < 0.7).any(1), False]
        rows = (np.diff(inked.astype(int)) == 1).sum()
        lines = len(text.split("\n"))
        counted.append(rows - lines)
    # A row of dots on i may stand apart, and tails may touch the line below.
    assert np.mean(np.abs(counted) <= 1) > 0.6 and np.median(counted) == 0


def test_the_text_is_english_with_its_punctuation_and_never_the_same():
    texts = [text for _, text in pages()]
    assert len(set(texts)) == len(texts)
    together = "\n".join(texts)
    assert together.isascii() and '"' not in together
    assert all(mark in together for mark in ".,;:!?'()-0123456789")
    found = {word.strip(".,;:!?()").removesuffix("'s") for word in together.split()}
    lower = {word.lower() for word in WORDS}
    known = [
        word.lower() in lower or word.lower().removesuffix("s") in lower
        for word in found
        if word.isalpha()
        and word.lower() not in ("the", "a", "an", "on", "see", "page", "cost", "who")
    ]
    assert all(known) and len(WORDS) >= 300
    assert len(set(together.split("\n"))) > 0.98 * len(together.split("\n"))


def test_every_typeface_has_a_picture_for_every_character():
    letters = [chr(code) for code in (*range(48, 58), *range(65, 91), *range(97, 123))]
    for name in set(documents.FONTS):
        font = documents._font(name, 40)
        pictures = {bytes(font.getmask(letter)) for letter in (*letters, *".,;:!?'()-")}
        assert len(pictures) >= len(letters) + 8, name
        assert font.getmask("A").getbbox() and font.getlength(" ") > 0


def test_pages_differ_in_size_of_print_and_amount_of_text():
    lengths = [len(text) for _, text in pages()]
    assert max(lengths) > 5 * min(lengths)


def test_left_to_the_seed_all_kinds_come_alone_and_in_pairs():
    drawn = [documents._any_damage(generator(seed)).split("+") for seed in range(400)]
    assert {kind for kinds in drawn for kind in kinds} == set(DAMAGES)
    alone = np.mean([len(kinds) == 1 for kinds in drawn])
    assert 0.5 < alone < 0.8 and all(len(set(kinds)) == len(kinds) <= 2 for kinds in drawn)
    scan = document(3, SIZE)
    assert all(kind in DAMAGES for kind in scan.damage.split("+"))


@pytest.mark.parametrize("kinds", [("folds", "coffee"), ("blur", "gaussian")])
def test_two_kinds_do_not_depend_on_the_order_of_their_names(kinds):
    one, other = (document(2, SIZE, "+".join(order)) for order in (kinds, kinds[::-1]))
    assert (one.noisy == other.noisy).all()
    assert all((one.noisy != document(2, SIZE, kind).noisy).any() for kind in kinds)


def test_paper_is_never_pure_white_and_has_grain():
    for seed in range(20):
        sheet = documents._paper(generator(seed), SIZE)
        assert 0.75 < np.median(sheet) < 0.96 and 0.003 < sheet.std() < 0.05
        assert (sheet < 1).mean() > 0.99


@pytest.mark.parametrize(
    "kind", ["coffee", "footprints", "bleed-through", "stamps", "uneven light"]
)
def test_what_lies_on_the_sheet_only_takes_light_away(kind):
    for seed in range(8):
        factor = documents.ON_SHEET[kind](generator(seed), SIZE)
        assert factor.shape == SIZE and 0.2 < factor.min() < 0.99 and factor.max() < 1.1


def test_a_stain_multiplies_and_a_crease_wears_the_print_off():
    clean = np.ones(SIZE, np.float32)
    clean[:, ::4] = 0  # stripes of solid ink
    for seed in range(8):
        stained = damage_page(clean, "coffee", generator(seed))[0]
        ink, paper = stained[:, ::4], stained[:, 1::4]
        assert np.corrcoef(ink.ravel(), paper.ravel())[0, 1] > 0.3 or ink.max() < 0.02
    worn = [
        np.corrcoef(scan[:, ::4].ravel(), scan[:, 1::4].ravel())[0, 1]
        for scan in (damage_page(clean, "wrinkles", generator(seed))[0] for seed in range(8))
    ]
    assert np.median(worn) < 0


@pytest.mark.parametrize("size", [(64, 64), (64, 301), (333, 65), (97, 130)])
def test_any_size_of_64_or_more_works(size):
    for seed, damage in enumerate(DAMAGES):
        scan = document(seed, size, damage)
        assert scan.noisy.shape == scan.clean.shape == size
        assert scan.text.strip() and scan.clean.min() < 0.6


def test_damage_page_takes_any_grey_page():
    for clean in (np.ones((70, 90)), np.zeros((70, 90), np.float32)):
        kept = clean.copy()
        noisy, twin = damage_page(clean, "wrinkles+low ink+rotation", generator())
        assert noisy.shape == twin.shape == (70, 90) and noisy.dtype == twin.dtype == np.float32
        assert (clean == kept).all()


def test_errors_say_what_was_wrong():
    for size in ((63, 540), (420, 10), (0, 0)):
        with pytest.raises(ValueError, match="a page must be 64 pixels or more each way"):
            document(0, size)
    for size in ((420.0, 540), (420,), ("420", 540), 420):
        with pytest.raises(TypeError, match="size must be two whole numbers"):
            document(0, size)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        document("7")
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        document(-1)
    for unknown in ("mould", "coffee+mould", "", 7):
        with pytest.raises(ValueError, match="folds, wrinkles, coffee, footprints"):
            document(0, damage=unknown)
    with pytest.raises(ValueError, match="one grey page"):
        damage_page(np.ones((100, 100, 3)), "folds", generator())
    with pytest.raises(ValueError, match="64 pixels or more"):
        damage_page(np.ones((20, 100)), "folds", generator())
