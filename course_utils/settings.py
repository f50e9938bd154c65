"""Settings: frozen dataclasses, whose misspelt names are errors."""

import difflib
import functools
from dataclasses import dataclass, fields, replace


def settings(cls):
    """Make `cls` a frozen dataclass that takes its values by name.

    `dataclasses.replace(QUICK, l1=30.0)` gives others. Both raise ValueError for a name that the
    class doesn't have, with the nearest one that it has.
    """
    cls = dataclass(frozen=True, kw_only=True)(cls)
    made, names = cls.__init__, [field.name for field in fields(cls)]

    @functools.wraps(made)
    def checked(self, **values):
        for name in values:
            if name not in names:
                (nearest,) = difflib.get_close_matches(name, names, 1, cutoff=0)
                raise ValueError(f"There is no setting {name!r}; the nearest one is {nearest!r}.")
        made(self, **values)

    cls.__init__ = checked
    return cls


def with_side(settings, side: int):
    """The same settings for pictures of another size."""
    return replace(settings, generator=replace(settings.generator, side=side))
