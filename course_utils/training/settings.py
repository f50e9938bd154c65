"""The settings of a training: those of a lesson, and what a reader asks for instead."""

import difflib


def chosen(usual: dict, **others) -> dict:
    """The `usual` settings with `others` in their place.

    Raises ValueError for a name that isn't among the usual ones, with the nearest that is.
    """
    for name in others:
        if name not in usual:
            (nearest,) = difflib.get_close_matches(name, usual, 1, cutoff=0)
            raise ValueError(f"There is no setting {name!r}; the nearest one is {nearest!r}.")
    return usual | others
