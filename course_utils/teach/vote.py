"""A vote: of two pictures side by side, one real and one made by a network, which is the photograph?"""

import html

import ipywidgets
import numpy as np
from IPython.display import display
from scipy.stats import binomtest

from .. import images
from ..show.figures import image_figure, picture_html

SIDES = ("left", "right")
INCHES = 2.1  # of a picture: 300 pixels


def vote(real, fakes: dict, seed: int = 0):
    """Show a vote, see `Vote`, and return its box."""
    box = Vote(real, fakes, seed).box
    display(box)
    return box


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, (low, high) in [0, 1], that holds for few trials, too.

    Raises ValueError for counts that can't be, such as 3 of 2 or 0 of 0.
    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    low, high = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def pairs(pictures: int, makers: int, seed: int = 0):
    """Without end, (a picture's number, a maker's number) at random, and every pair once a cycle.

    No picture comes again before all others were shown: who has seen the real one would know it.
    Of so many pairs as there are makers, one after the other, each maker has one.
    """
    chance = np.random.default_rng(seed)
    while True:
        order = chance.permutation(pictures)
        turns = [chance.permutation(makers) for _ in range(0, pictures, makers)]
        for shift in range(makers):
            for picture, maker in zip(order, np.concatenate(turns), strict=False):
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
        _check(self.real, self.fakes)
        self.taken = {maker: [0, 0] for maker in fakes}
        self._pairs = pairs(len(self.real), len(fakes), seed)
        self._chance = np.random.default_rng([seed, 1])  # of left and right
        self.picture, self.verdict, self.score = (ipywidgets.HTML() for _ in range(3))
        self.buttons = [ipywidgets.Button(description=side) for side in SIDES]
        self.next = ipywidgets.Button(description="next pair")
        for button in self.buttons:
            button.on_click(self._answer)
        self.next.on_click(self._show)
        question = ipywidgets.HTML("<b>Which one is the photograph?</b>")
        buttons = ipywidgets.HBox([*self.buttons, self.next])
        panel = ipywidgets.VBox([question, buttons, self.verdict, self.score])
        self.box = ipywidgets.HBox([self.picture, panel], layout={"flex_flow": "row wrap"})
        self._show()

    def _show(self, pressed=None):
        """The next pair, in random order."""
        number, maker = next(self._pairs)
        self.maker, self.truth = list(self.fakes)[maker], int(self._chance.integers(2))
        pair = [self.fakes[self.maker][number], self.real[number]]
        figure = image_figure(pair if self.truth else pair[::-1], SIDES, height=INCHES)
        alt = "Two pictures of one scene, left and right; one is real, the other a network's."
        self.picture.value, self.verdict.value = picture_html(figure, alt), ""
        self._ask(True)
        if pressed:
            self.buttons[0].focus()

    def _answer(self, pressed):
        """Count the reader's answer and say what was what."""
        right = pressed.description == SIDES[self.truth]
        self.taken[self.maker][0] += not right
        self.taken[self.maker][1] += 1
        self.verdict.value = (
            f"{'Right' if right else 'Wrong'}: the photograph is on the {SIDES[self.truth]}, "
            f"and the other was made by the {html.escape(self.maker)}."
        )
        self.score.value = "<br>".join(_line(*each) for each in self.taken.items() if each[1][1])
        self._ask(False)
        self.next.focus()

    def _ask(self, asking: bool):
        for button in self.buttons:
            button.disabled = not asking
        self.next.disabled = asking


def _line(maker: str, taken: list[int]) -> str:
    """A maker's score, with its 95 % interval."""
    low, high = (f"{100 * share:.0f} %" for share in wilson(*taken))
    return f"{html.escape(maker)}: taken for real {taken[0]} of {taken[1]} times ({low} to {high})"


def _check(real, fakes):
    if not fakes:
        raise ValueError('A vote needs fakes: give the pictures of one maker or more, {"GAN": …}.')
    for maker, made in {"real": real, **fakes}.items():
        if made.shape != real.shape or made.ndim != 4 or made.shape[-1] != 3 or not len(made):
            raise ValueError(
                f"A vote needs real and fake pictures of one shape, (N, H, W, 3) with at least one "
                f"picture, but those of {maker!r} are {made.shape} and the real ones {real.shape}."
            )
