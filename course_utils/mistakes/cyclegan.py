"""Mistakes with unpaired translation: lesson 03."""

from keras import ops

from ..training.cyclegan import CycleGAN
from . import mistake


@mistake("CycleGAN", "Each translator learns from one of the two cycles only.",
         "Add both cycle terms before the gradients of both translators are taken.")
class half_of_the_cycle(CycleGAN):  # noqa: N801, it is called by a mistake's name
    def cycles(self, a, b, fake_a, fake_b):
        return super().cycles(a, b, ops.stop_gradient(fake_a), ops.stop_gradient(fake_b))
