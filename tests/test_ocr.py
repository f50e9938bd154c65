import math

import numpy as np
import pytesseract
import pytest
from conftest import require
from PIL import Image, ImageDraw, ImageFont

from course_utils import ocr
from course_utils.exercises import documents as mistakes

LINES = ["The quick brown fox jumps", "over twenty lazy dogs"]


def page(lines=LINES):
    sheet = Image.new("L", (330, 80), 255)
    font = ImageFont.load_default(20)
    for number, line in enumerate(lines):
        ImageDraw.Draw(sheet).text((12, 8 + 32 * number), line, 0, font)
    return np.asarray(sheet, np.float32) / 255


def levenshtein(a, b):
    """Edits from a to b, by the textbook recursion over prefixes."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def test_error_rates_by_hand():
    assert ocr.cer(["abcd"], ["abcd"]) == ocr.wer(["a b"], ["a b"]) == 0
    assert ocr.cer(["abcd"], ["abxd"]) == ocr.cer(["abcd"], ["abd"]) == 0.25
    assert ocr.cer(["abcd"], ["abcdx"]) == 0.25
    assert ocr.cer(["abcd"], [""]) == ocr.wer(["one two"], [""]) == 1
    assert ocr.cer(["a"], ["bcd"]) == 3, "it has no upper end"
    assert ocr.cer(["Ab"], ["ab"]) == 0.5, "case counts"
    assert ocr.wer(["the red fox ran"], ["the rod fox"]) == 0.5


def test_rates_are_pooled_over_pages_not_averaged():
    references, readings = ["abcdefghij" * 10, "ab"], ["abcdefghij" * 10, "xy"]
    assert ocr.cer(references, readings) == pytest.approx(2 / 102)
    assert mistakes.mean_of_the_pages(references, readings) == pytest.approx((0 + 1) / 2)


def test_rates_agree_with_the_textbook():
    rng = np.random.default_rng(0)

    def texts():
        return ["".join(rng.choice(list("abc"), n)) for n in rng.integers(1, 30, 12)]

    references, readings = texts(), texts()
    edits = sum(levenshtein(*pair) for pair in zip(references, readings))
    assert ocr.cer(references, readings) == pytest.approx(edits / sum(map(len, references)))
    words = [" ".join(text) for text in references], [" ".join(text) for text in readings]
    assert ocr.wer(*words) == pytest.approx(edits / sum(map(len, references)))


def test_misprints_by_hand():
    assert mistakes.compared_place_by_place(["abcd"], ["bcd"]) == 1 > ocr.cer(["abcd"], ["bcd"])
    assert mistakes.only_replacements_counted(["abcd"], ["ax"]) == 0.25
    assert mistakes.divided_by_the_reading(["ab"], ["abxx"]) == 0.5 < ocr.cer(["ab"], ["abxx"])
    assert mistakes.words_for_characters(["ab cd"], ["ab cx"]) == 0.5
    assert mistakes.replacement_counted_twice(["abcd"], ["abxd"]) == 0.5
    assert mistakes.replacement_counted_twice(["abcd"], ["abd"]) == 0.25, "deletions cost 1"
    assert mistakes.table_starts_with_zeros(["abcd"], [""]) == 0
    assert mistakes.share_that_is_right(["abcd"], ["abcx"]) == 0.75


def test_any_run_of_whitespace_is_one_space():
    assert ocr.cer(["  one\n two\t"], ["one two\n\f"]) == ocr.wer(["one\n\ntwo"], ["one two"]) == 0
    assert ocr.cer(["ab"], ["a b"]) == 0.5


def test_references_without_text_have_no_rate():
    assert ocr.cer(["", "abcd"], ["xy", "abcd"]) == 0.5, "what is read from an empty page is wrong"
    for references in ([""], [" \n", ""], []):
        for read in ("x", "", " \n", "two words"):
            readings = [read] * len(references)
            assert math.isnan(ocr.cer(references, readings)) and math.isnan(
                ocr.wer(references, readings)
            )


def test_a_page_without_text_has_no_words_to_lose_or_win():
    for texts in (("", "a b", ""), (" \n", "", "c"), ("", "", "")):
        assert ocr.words_lost_and_won(*texts) == ([], [])


@pytest.mark.parametrize("arguments", [(["a"], []), ("a", ["a"]), (["a"], "a")])
def test_lists_that_do_not_fit(arguments):
    with pytest.raises(ValueError, match="one of each a page"):
        ocr.wer(*arguments)


def test_words_lost_and_won():
    text = "the red fox ran far"
    lost, won = ocr.words_lost_and_won(text, "the rod fox ran fat", "thc red fox far")
    assert (lost, won) == (["the", "ran"], ["red", "far"])
    assert ocr.words_lost_and_won("a a b", "a x b", "x a b") == (["a"], ["a"])
    assert ocr.words_lost_and_won("a b", "", "a\nb") == ([], ["a", "b"])
    assert ocr.words_lost_and_won("a b", "a b", "a b") == ([], [])


def test_without_tesseract_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    assert not ocr.available()
    with pytest.raises(RuntimeError, match="is missing, .*; install it"):
        ocr.read(page())


def test_without_its_english_data_the_same_sentence(monkeypatch, tmp_path):
    require("ocr", ocr.available(), "install tesseract")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert not ocr.available()
    with pytest.raises(RuntimeError, match="its English data is; install it"):
        ocr.read(page())


def test_a_page_must_be_grey_and_in_range():
    with pytest.raises(ValueError, match="to_grey"):
        ocr.read(np.ones((20, 20, 3), np.float32))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        ocr.read(np.full((20, 20), 255.0))


def test_reading():
    require("ocr", ocr.available(), "install tesseract")
    pages = [page(), page(LINES[:1]), np.ones((40, 40), np.float32)]
    texts = ocr.read_all(pages)
    assert [" ".join(text.split()) for text in texts] == [" ".join(LINES), LINES[0], ""]


def test_a_page_that_takes_too_long(monkeypatch):
    require("ocr", ocr.available(), "install tesseract")
    monkeypatch.setattr(ocr, "SECONDS", 1e-3)
    with pytest.raises(RuntimeError, match="could not read the page: .*timeout"):
        ocr.read(page())
