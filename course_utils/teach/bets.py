"""Bet first: the reader guesses a number before it is measured."""

import json
import math

import ipywidgets
from IPython.display import display

from .. import paths

FULL = 10  # points of a perfect guess


def points(guess: float, truth: float, low: float, high: float) -> int:
    """0 to 10 points: 10 for a hit, 0 from half the slider's range on, evenly between."""
    return round(FULL * max(0.0, 1 - 2 * abs(guess - truth) / (high - low)))


def kept() -> list[dict[str, float]]:
    """The bets that the reader has set in all lessons: {"guess", "truth"}, as shares of the slider.

    They are in work/bets.json, each with its question; empty if there is nothing readable.
    """
    return [{key: bet[key] for key in ("guess", "truth")} for bet in _load().values()]


def _load() -> dict[str, dict]:
    try:
        return json.loads((paths.kept_dir() / "bets.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _keep(question: str, guess: float, truth: float) -> None:
    """Keep a bet; who runs a lesson again knows the answer, so the first one stays."""
    bets = _load()
    if question in bets:
        return
    bets[question] = {"guess": guess, "truth": truth}
    try:
        text = json.dumps(bets, indent=1, ensure_ascii=False) + "\n"
        paths.write_atomically(paths.kept_dir() / "bets.json", text)
    except OSError as error:
        print(f"(Not remembered: {error.strerror}.)")


class Bets:
    """The bets of one lesson: `ask` shows a slider, `reveal` compares it, `score` adds up.

    What the reader has set is kept for lesson 09 (see `kept`); a slider that nobody moved is no bet.
    """

    def __init__(self):
        self._sliders: dict[str, ipywidgets.FloatSlider] = {}
        self._questions: dict[str, str] = {}
        self._moved: set[str] = set()
        self._points: dict[str, int] = {}

    def ask(self, name: str, question: str, low: float, high: float, step: float = 0.01) -> None:
        """Show a question with a slider from `low` to `high`."""
        slider = ipywidgets.FloatSlider(
            value=(low + high) / 2, min=low, max=high, step=step, layout={"width": "60%"}
        )
        self._sliders[name], self._questions[name] = slider, question
        slider.observe(lambda _: self._moved.add(name), "value")
        display(ipywidgets.VBox([ipywidgets.HTML(f"<b>Your bet:</b> {question}"), slider]))

    def reveal(self, name: str, truth: float, of: float = 1.0) -> None:
        """Print the guess beside the measured number, which is a share of `of`.

        Where nothing was measured (NaN, or a share of 0) the bet doesn't count, and a line says so.
        Raises ValueError if it was never asked.
        """
        if name not in self._sliders:
            raise ValueError(f"There is no bet '{name}'; run the cell with its slider first.")
        slider = self._sliders[name]
        truth = truth / of if of else math.nan
        if not math.isfinite(truth):
            print(f"Your bet: {_short(slider.value)}   nothing to measure here, it doesn't count")
            return
        self._points[name] = points(slider.value, truth, slider.min, slider.max)
        if name in self._moved:
            shares = [(n - slider.min) / (slider.max - slider.min) for n in (slider.value, truth)]
            _keep(self._questions[name], *shares)
        print(
            f"Your bet: {_short(slider.value)}   measured: {_short(truth)}   "
            f"{self._points[name]} of {FULL} points"
        )

    def score(self) -> None:
        """Print the sum of all revealed bets."""
        print(f"Your bets: {sum(self._points.values())} of {FULL * len(self._points)} points")


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"
