"""A vote: of two pictures side by side, one made by a network: which one is real?"""

import html

import ipywidgets
import numpy as np
from IPython.display import display
from scipy.stats import binomtest

from .. import images
from ..show.figures import image_figure, picture_html

SIDES = ("left", "right")
ALT = "Two pictures of one scene, left and right; one is real, the other made by a network."


def vote(real, fakes: dict, seed: int = 0):
    """Show a `Vote` and return its box."""
    display(box := Vote(real, fakes, seed).box)
    return box


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, (low, high) in [0, 1]; it holds for few trials, too.

    Raises ValueError for counts that can't be, such as 3 of 2 or 0 of 0.
    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    low, high = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def pairs(pictures: int, makers: int, seed: int = 0):
    """Without end, (a picture's number, a maker's number) at random, and every pair once a cycle.

    No picture comes again before all others were shown, since its colours are known by then.
    Of so many pairs as there are makers, one after the other, each maker has one.
    """
    chance = np.random.default_rng(seed)
    while True:
        order = chance.permutation(pictures)
        turns = np.concatenate([chance.permutation(makers) for _ in range(0, pictures, makers)])
        for shift in range(makers):
            for picture, maker in zip(order, turns, strict=False):
                yield int(picture), int(maker + shift) % makers


class Vote:
    """The question, its buttons and the score of each maker, in `box`.

    real: (N, H, W, 3) in [0, 1]. fakes: {maker: as many pictures of this shape}. A fake that is
    taken for the real picture counts for its maker: `taken` is {maker: [how often, of how many]}.
    Raises ValueError for other shapes and without fakes, and what `images.to_float` raises.
    """

    def __init__(self, real, fakes: dict, seed: int = 0):
        self.real = images.to_float(real)
        self.fakes = {maker: images.to_float(made) for maker, made in fakes.items()}
        _check(self.real.shape, {maker: made.shape for maker, made in self.fakes.items()})
        self.taken = {maker: [0, 0] for maker in fakes}
        self._pairs = pairs(len(self.real), len(fakes), seed)
        self._chance = np.random.default_rng([seed, 1])  # of left and right
        self.picture, self.verdict, self.score = (ipywidgets.HTML() for _ in range(3))
        names = (*SIDES, "next pair")
        *self.buttons, self.next = (ipywidgets.Button(description=name) for name in names)
        for button in self.buttons:
            button.on_click(self._answer)
        self.next.on_click(self._show)
        question = ipywidgets.HTML("<b>Which one is real?</b>")
        parts = question, ipywidgets.HBox([*self.buttons, self.next]), self.verdict, self.score
        panel = ipywidgets.VBox(parts, layout={"flex": "1 1 300px"})
        self.box = ipywidgets.HBox([self.picture, panel], layout={"flex_flow": "row wrap"})
        self._show()

    def _show(self, pressed=None):
        """The next pair, in random order."""
        number, maker = next(self._pairs)
        self.maker, self.truth = list(self.fakes)[maker], int(self._chance.integers(2))
        pair = [self.fakes[self.maker][number], self.real[number]]
        figure = image_figure(pair if self.truth else pair[::-1], SIDES, height=2.6)
        self.picture.value, self.verdict.value = picture_html(figure, ALT), ""
        self._enable(asking=True)

    def _answer(self, pressed):
        """Count the reader's answer and say what was what."""
        truth, taken = SIDES[self.truth], self.taken[self.maker]
        taken[:] = taken[0] + (pressed.description != truth), taken[1] + 1
        self.verdict.value = (
            f"{'Right' if pressed.description == truth else 'Wrong'}: the real one is on the "
            f"{truth}, and the other was made by the {html.escape(self.maker)}."
        )
        self.score.value = "<br>".join(_line(*each) for each in self.taken.items() if each[1][1])
        self._enable(asking=False)

    def _enable(self, asking: bool):
        for button in (*self.buttons, self.next):
            button.disabled = asking == (button is self.next)
        (self.buttons[0] if asking else self.next).focus()  # a disabled one would lose the keyboard


def _line(maker: str, taken: list[int]) -> str:
    low, high = (f"{100 * share:.0f}\N{NO-BREAK SPACE}%" for share in wilson(*taken))
    return f"{html.escape(maker)}: taken for real {taken[0]} of {taken[1]} times ({low} to {high})"


def _check(real: tuple, fakes: dict):
    if not fakes:
        raise ValueError('A vote needs fakes: give the pictures of one maker or more, {"GAN": …}.')
    if len(real) != 4 or real[-1] != 3 or not real[0] or {*fakes.values()} != {real}:
        raise ValueError(
            "A vote needs real and fake pictures of one shape (N, H, W, 3), at least one of each, "
            f"but real is {real} and fakes are {fakes}."
        )
