"""Which mistake made this picture? Ten rounds, three answers each, and the score."""

import html

import ipywidgets
from IPython.display import display

from ..show.figures import image_figure, picture_html
from .gallery import Round, rounds

ALT = "A picture that one of three mistakes has made."


def game(seed: int = 0):
    """Show a `Game` of `gallery.rounds` and return its box."""
    display(box := Game(rounds(seed)).box)
    return box


class Game:
    """The picture, a button for each of its three mistakes, the reason and the score, in `box`.

    rounds: each is shown once, in their order. `score` is (right answers, answers).
    Raises ValueError without a round.
    """

    def __init__(self, rounds: list[Round]):
        if not rounds:
            raise ValueError("A game needs rounds; take gallery.rounds().")
        self.rounds, self.number, self.score = rounds, 0, (0, 0)
        self.picture, self.verdict = ipywidgets.HTML(), ipywidgets.HTML()
        wide = {"layout": {"width": "auto"}}
        self.buttons = [ipywidgets.Button(**wide) for _ in range(3)]
        self.next = ipywidgets.Button(description="next picture")
        for button in self.buttons:
            button.on_click(self._answer)
        self.next.on_click(self._go_on)
        self.question = ipywidgets.HTML()
        parts = [self.question, *self.buttons, self.verdict, self.next]
        panel = ipywidgets.VBox(parts, layout={"flex": "1 1 320px"})
        self.box = ipywidgets.HBox([self.picture, panel], layout={"flex_flow": "row wrap"})
        self.box.add_class("picture-beside")
        self._show()

    def _show(self):
        now = self.rounds[self.number]
        count = f"{self.number + 1} of {len(self.rounds)}"
        self.question.value = f"<b>Picture {count}: which mistake made it?</b>"
        self.picture.value = picture_html(image_figure([now.picture], height=6), ALT)
        self.verdict.value = ""
        for button, name in zip(self.buttons, now.choices, strict=True):
            button.description = name
        self._enable(asking=True)

    def _answer(self, pressed):
        """Count the reader's answer and say what was what."""
        now, (right, asked) = self.rounds[self.number], self.score
        found = pressed.description == now.right
        self.score = right + found, asked + 1
        verdict = "Right" if found else f"No, it was “{now.right}”"
        told = f"{verdict}. {now.why}"
        self.verdict.value = f"{html.escape(told)}<br>{self.score[0]} of {self.score[1]} so far."
        self._enable(asking=False)

    def _go_on(self, pressed):
        if self.number + 1 < len(self.rounds):
            self.number += 1
            self._show()
        else:
            right, asked = self.score
            self.verdict.value = f"<b>You found {right} of {asked}.</b>"
            self.next.disabled = True

    def _enable(self, asking: bool):
        for button in self.buttons:
            button.disabled = not asking
        self.next.disabled = asking
        (self.buttons[0] if asking else self.next).focus()  # a disabled one would lose the keyboard
