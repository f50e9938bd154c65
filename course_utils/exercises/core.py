"""Exercises that check themselves, and the mistakes that they recognise.

    q1 = exercise("01.1")
    q1.check(iou)      # runs the function on inputs that the check makes up
    q1.hint()          # and q1.hint(2), …: each says more
    q1.solution()      # where it stands

A mistake is a faulty function with the arguments of the right one, beside which it stands:

    @mistake(iou, "Empty pairs give nan.", "Two empty masks agree: 1.")
    def empty_pair_forgotten(truth, prediction): ...

Where answers differ from the right function's, its mistakes run on the same inputs: the one that
gives the student's answers is the mistake that was made. Lessons switch between right and
misprinted with the same functions, and the guides list them all.
Whatever a student's function does, the notebook goes on: a check prints one or two lines.
"""

import copy
import ctypes
import functools
import importlib
import pkgutil
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import lessons
from . import progress

SECONDS = 10.0  # what all answers to one check may take
_mistakes: dict[Callable, list["Mistake"]] = {}


@dataclass(frozen=True)
class Mistake:
    """One mistake. right: the function done right. code: the faulty one, with its arguments."""

    right: Callable
    symptom: str
    cure: str
    code: Callable

    @property
    def name(self) -> str:
        return self.code.__name__.replace("_", " ")


def mistake(right: Callable, symptom: str, cure: str):
    """Register a faulty function beside the right one: a decorator that returns it unchanged."""

    def register(code):
        _mistakes.setdefault(right, []).append(Mistake(right, symptom, cure, code))
        return code

    return register


def mistakes(right: Callable) -> list[Mistake]:
    """The mistakes of a function, as far as the file of its lesson's exercises is imported."""
    return list(_mistakes.get(right, []))


def every_mistake() -> list[Mistake]:
    """All mistakes of all lessons; imports the files of all of them."""
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{__package__}.{module.name}")
    return [one for each in _mistakes.values() for one in each]


def exercise(number: str) -> "Exercise":
    """The exercise "01.1" of lesson 01. Raises ValueError for a number that there isn't."""
    if number not in progress.catalogue():
        raise ValueError(
            f"There is no exercise {number}; there are: {', '.join(progress.catalogue())}."
        )
    word = lessons.card(number.split(".")[0]).word
    module = importlib.import_module(f"{__package__}.{word}")
    return next(one for one in module.EXERCISES if one.number == number)


@dataclass(frozen=True)
class Exercise:
    """One exercise. right: the tested function; in an open exercise, the baseline.

    cases: a function that returns {what the case is: arguments}. score: for open exercises, from
    {case: answer} to a number that must reach `goal`, called `measure`. seen: what is compared of an
    answer that isn't numbers.
    """

    number: str
    right: Callable
    cases: Callable[[], dict[str, tuple]]
    score: Callable[[dict], float] | None = None
    goal: float = 0.0
    measure: str = ""
    seen: Callable = lambda answer: answer

    def check(self, function) -> None:
        """Say in one or two lines how far `function` is, and remember it for `course progress`."""
        status, message = self.verdict(function)
        print(f"{self.number} {self._told['title']}: {status}.{message and ' '}{message}")
        progress.remember(self.number, status, message)

    def answers(self, function) -> list:
        """What the function answers to the cases, to look at: [] unless all have the right form."""
        cases, right, _ = _known(self)
        answers, _ = (
            _answers(function, cases, SECONDS, self.seen) if callable(function) else ({}, "")
        )
        fit = [a for name, a in answers.items() if a is not ... and not _unfit(a, right[name])]
        return fit if len(fit) == len(cases) else []

    def hint(self, tier: int = 1) -> None:
        """Print the first hint, or a later one."""
        hints = self._told["hints"]
        tier = min(max(int(tier), 1), len(hints))
        more = f"  (hint({tier + 1}) says more.)" if tier < len(hints) else ""
        print(f"Hint {tier} of {len(hints)}: {hints[tier - 1]}{more}")

    def solution(self) -> None:
        """Say where the solution stands."""
        print(
            f"notebooks/solutions/{progress.script(self.number)}.ipynb, exercise {self.number}. "
            "Read it after an honest try."
        )

    @property
    def _told(self) -> dict:
        return progress.catalogue()[self.number]

    def verdict(self, function, seconds: float = SECONDS) -> tuple[str, str]:
        """(status, message) for a function; the statuses are those of `progress`."""
        if not callable(function) and function is not ...:
            return progress.NOT_YET, "Give the function itself to check, without brackets."
        cases, right, faulty = _known(self)
        answers, trouble = _answers(function, cases, seconds, self.seen)
        if function is ... or any(answer is ... for answer in answers.values()):
            return progress.NOT_ATTEMPTED, ""
        wrong = [name for name in answers if self.score or not _same(answers[name], right[name])]
        said = wrong and _mistake(faulty, answers, wrong) or trouble
        if said:
            return progress.NOT_YET, said
        unfit = [said for name in wrong if (said := _unfit(answers[name], right[name]))]
        if unfit:
            return progress.NOT_YET, unfit[0]
        if self.score:
            return self._scored(answers, right)
        if wrong:
            count = f"Right in {len(cases) - len(wrong)} of {len(cases)} cases"
            return progress.NOT_YET, f"{count}; the first that is wrong: {wrong[0]}."
        return progress.PASSED, ""

    def _scored(self, answers, baseline) -> tuple[str, str]:
        try:
            reached = self.score(answers)
        except (ValueError, TypeError) as error:
            return progress.NOT_YET, str(error)
        status = progress.PASSED if reached >= self.goal else progress.NOT_YET
        least = f"baseline {self.score(baseline):.3g}, goal {self.goal:g}."
        return status, f"{self.measure} {reached:.3g}; {least}"


@functools.cache
def _known(one: Exercise) -> tuple[dict, dict, list]:
    """The cases, the right answers, and [(mistake, its answers)]: made once for each exercise."""
    cases = one.cases()
    right = {name: one.seen(one.right(*arguments)) for name, arguments in cases.items()}
    faulty = [(m, _answers(m.code, cases, SECONDS, one.seen)[0]) for m in mistakes(one.right)]
    return cases, right, faulty


def _mistake(faulty: list, answers: dict, wrong: list) -> str:
    """Name the mistake that explains most, and at least half, of the wrong answers."""
    best, explained = None, (0, 0)
    for mistake, theirs in faulty:
        alike = {name for name in answers if name in theirs and _same(answers[name], theirs[name])}
        found = len(alike & set(wrong)), len(alike)
        if found > explained and 2 * found[0] >= len(wrong):
            best, explained = mistake, found
    return f"It looks like “{best.name}”: {best.symptom}\n  Try: {best.cure}" if best else ""


def _answers(function, cases: dict, seconds: float, seen: Callable) -> tuple[dict, str]:
    """{case: answer} as far as the function got, and one sentence if it did not get to the end.

    It runs in a thread of its own on copies of the arguments; one that is still running when the
    time is up is told to stop, and left behind if it does not listen.
    """
    answers, trouble = {}, []

    def work():
        try:
            with np.errstate(all="ignore"):
                for name, arguments in cases.items():
                    answers[name] = seen(function(*copy.deepcopy(arguments)))
                    if answers[name] is ...:
                        return
        except BaseException as error:  # also exit() in a student's cell
            trouble.append(_sentence(error, function))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        stop = ctypes.py_object(SystemExit)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), stop)
        thread.join(0.5)
        trouble = [f"It was still running after {seconds:g} seconds: is there a loop without end?"]
    return dict(answers), "".join(trouble)


def _sentence(error, function) -> str:
    """An exception as one line, with the student's own line of code."""
    said = " ".join(f"{type(error).__name__}: {error}".split())[:160]
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [at for at in traceback.extract_tb(error.__traceback__) if at.filename == home]
    where = f"\n  in line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
    return f"It stopped with {said}{where}"


def _same(answer, right) -> bool:
    try:
        answer, right = np.asarray(answer), np.asarray(right)
        kinds = answer.dtype.kind == right.dtype.kind or right.ndim == 0
        return (
            kinds
            and answer.shape == right.shape
            and np.allclose(answer, right, rtol=1e-4, atol=1e-6, equal_nan=True)
        )
    except (TypeError, ValueError):
        return False


def _unfit(answer, right) -> str:
    """What is wrong with an answer before its numbers are: nothing, type, shape, nan, range."""
    if answer is None:
        return "It returns nothing: end it with `return` and the result."
    try:
        numbers, right = np.asarray(answer), np.asarray(right)
    except ValueError:
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "biuf":
        return f"It returns a {type(answer).__name__}, not numbers."
    if numbers.shape != right.shape:
        return f"It returns the shape {numbers.shape}, but {right.shape} is needed."
    if numbers.dtype.kind != right.dtype.kind and right.ndim:
        return f"It returns {numbers.dtype}, but {right.dtype} is needed."
    if not np.all(np.isfinite(numbers)) and np.all(np.isfinite(right)):
        return "It returns nan or infinity: look for a division by 0 or the log of 0."
    low, high = right.min(), right.max()
    if right.ndim and (numbers.min() < 2 * min(low, 0) - 1 or numbers.max() > 2 * max(high, 0) + 1):
        return (
            f"Its values go from {numbers.min():.3g} to {numbers.max():.3g}, "
            f"but {low:.3g} to {high:.3g} is right."
        )
    return ""
