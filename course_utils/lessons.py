"""The cards: one line a lesson. Nothing else lists the lessons."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """One lesson. number: "01". word: names its file in every room (`exercises/<word>.py`)."""

    number: str
    word: str


LESSONS = (
    Lesson("00", "start"),
    Lesson("01", "segmentation"),
    Lesson("02", "pix2pix"),
    Lesson("03", "face_sketch"),
    Lesson("04", "style"),
    Lesson("06", "documents"),
)


def card(number: str) -> Lesson:
    """The card of lesson "01". Raises ValueError for a number that no lesson has."""
    found = next((one for one in LESSONS if one.number == number), None)
    if found is None:
        raise ValueError(f"There is no lesson {number}.")
    return found
