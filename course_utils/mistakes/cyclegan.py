"""Mistakes with unpaired translation: lesson 03."""

from keras import ops

from ..training.cyclegan import CycleGAN
from . import mistake


class OneCycleEach(CycleGAN):
    """A CycleGAN whose cycles stop at the picture between: only the second translator learns."""

    def cycles(self, x, y, fake_x, fake_y):
        return super().cycles(x, y, ops.stop_gradient(fake_x), ops.stop_gradient(fake_y))


@mistake(
    "CycleGAN",
    "Each translator learns from one of the two cycles only.",
    "Add both cycle terms before the gradients of both translators are taken.",
)
def half_of_the_cycle(*networks, **weights):
    return OneCycleEach(*networks, **weights)
