"""Reading pages with Tesseract, and how wrong the reading is."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import jiwer
import numpy as np
import pytesseract

from . import images

SCALE = 2  # Tesseract is made for about 300 dots an inch; NoisyOffice has 200
SECONDS = 60  # for one page
HOW_TO_GET = (
    "Tesseract, which reads the pages, is missing, or its English data is; install it "
    "with 'conda install -c conda-forge tesseract' or 'apt install tesseract-ocr' (some "
    "systems have the data apart: tesseract-ocr-eng, tesseract-data-eng)."
)


def available() -> bool:
    """Whether the program Tesseract is installed, with English. The Python packages read nothing."""
    command = [pytesseract.pytesseract.tesseract_cmd, "--list-langs"]
    try:
        listed = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=9
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "eng" in listed.stdout.split()


def read(page: np.ndarray) -> str:
    """The text on a page (H, W) in [0, 1], dark on light, in English.

    The page is enlarged twofold (cubic) and read as one block of text (--psm 6).
    Raises RuntimeError if Tesseract is missing, fails or takes longer than a minute, ValueError for
    a page of another shape or range.
    """
    if page.ndim != 2:
        raise ValueError(f"A page is (H, W), grey, not {page.shape}; take images.to_grey.")
    height, width = page.shape
    sheet = images.to_uint8(images.resize(images.to_float(page), (SCALE * height, SCALE * width)))
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # its own threads wait for each other
    try:
        return pytesseract.image_to_string(sheet, "eng", "--psm 6", timeout=SECONDS)
    except pytesseract.TesseractNotFoundError as error:
        raise RuntimeError(HOW_TO_GET) from error
    except (pytesseract.TesseractError, RuntimeError) as error:
        if not available():
            raise RuntimeError(HOW_TO_GET) from error
        reason = " ".join(str(error).split())
        raise RuntimeError(f"Tesseract could not read the page: {reason}.") from error


def read_all(pages) -> list[str]:
    """The texts of pages, as `read` gives them, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(read, pages))


def cer(references: list[str], readings: list[str]) -> float:
    """Character error rate: all edits by all characters of the references; 0 at best, no upper end.

    Edits (Levenshtein) are characters to change, insert or delete. Pages are pooled, so each
    character counts the same. Any run of whitespace counts as one space; case counts.
    NaN where no reference holds text: then there is nothing to divide by, and no rate.
    Raises ValueError for lists of different lengths.
    """
    return _rate(jiwer.process_characters(*_texts(references, readings)).cer, references)


def wer(references: list[str], readings: list[str]) -> float:
    """Word error rate: `cer` with words for characters; one wrong letter makes a word wrong."""
    return _rate(jiwer.process_words(*_texts(references, readings)).wer, references)


def words_lost_and_won(reference: str, before: str, after: str) -> tuple[list[str], list[str]]:
    """The reference's words that only `before` has right, and those that only `after` has right.

    Words in their order, by the alignment behind `wer`. before, after: two readings of one page.
    A reference without text has no words to lose or win.
    """
    words = reference.split()
    first, second = _right(reference, before), _right(reference, after)
    return [words[i] for i in sorted(first - second)], [words[i] for i in sorted(second - first)]


def _right(reference, reading) -> set[int]:
    """Numbers of the reference's words that the reading has right."""
    chunks = jiwer.process_words(*_texts([reference], [reading])).alignments[0]
    return {
        number
        for chunk in chunks
        if chunk.type == "equal"
        for number in range(chunk.ref_start_idx, chunk.ref_end_idx)
    }


def _rate(found, references) -> float:
    """jiwer's rate; for references without any text it gives the number of edits, which is none."""
    return float(found) if any(text.strip() for text in references) else float("nan")


def _texts(references, readings) -> tuple[list[str], list[str]]:
    """Both lists with runs of whitespace as one space."""
    if isinstance(references, str) or isinstance(readings, str) or len(references) != len(readings):
        raise ValueError("Give a list of references and a list of readings, one of each a page.")
    references, readings = (
        [" ".join(text.split()) for text in part] for part in (references, readings)
    )
    return references, readings
