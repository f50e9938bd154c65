"""Every named mistake once: faulty code, the symptom by which it shows, and the cure.

A faulty function takes the arguments of the right one, so that the two can be run side by side:
`mistakes.minus_missing(d1, d2)` beside `weight_maps.border_term(d1, d2)`. Exercises recognise a
student's mistake with it, lessons switch between right and misprinted, the guides list them all.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

# Pictures come first, for they load no Keras; all mistakes of a topic are in one module.
MODULES = (
    "pictures",
    "segmentation",
    "documents",
)
_known: dict[str, "Mistake"] = {}


@dataclass(frozen=True)
class Mistake:
    """One mistake. topic: name of the right function. code: the faulty one, with its arguments."""

    topic: str
    symptom: str
    cure: str
    code: Callable

    @property
    def name(self) -> str:
        return self.code.__name__.replace("_", " ")


def mistake(topic: str, symptom: str, cure: str):
    """Register a faulty function under its own name: a decorator that returns it unchanged."""

    def register(code):
        _known[code.__name__] = Mistake(topic, symptom, cure, code)
        return code

    return register


def every() -> list[Mistake]:
    """All mistakes, in the order in which the lessons bring them."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return list(_known.values())


def of(topic) -> list[Mistake]:
    """The mistakes of a function (or of its name); loads no module behind the one that has them."""
    topic = getattr(topic, "__name__", topic)
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
        found = [mistake for mistake in _known.values() if mistake.topic == topic]
        if found:
            return found
    return []


def find(name: str) -> Mistake:
    """The mistake called "minus missing" or "minus_missing". Raises ValueError for another name."""
    found = {mistake.code.__name__: mistake for mistake in every()}.get(name.replace(" ", "_"))
    if found is None:
        raise ValueError(f"There is no mistake called '{name}'; mistakes.every() lists them all.")
    return found


def __getattr__(name: str) -> Callable:
    """`mistakes.minus_missing` is the faulty function of that name."""
    try:
        return find(name).code
    except ValueError as error:
        raise AttributeError(str(error)) from None
