"""The failure gallery of lesson 03: translators that went wrong, staged with a good one.

Each takes the arguments of `sketches_of`, the right one: a function from photographs
(N, H, W, 3) in [0, 1] to sketches, and photographs. `symptoms` has a detector of each.
"""

import numpy as np

from . import mistake


def sketches_of(translator, photos):
    """What a good translator gives."""
    return translator(photos)


@mistake(
    "sketches_of",
    "Everybody gets the same sketch.",
    "Show the discriminator the source, too (pix2pix), or ask for the way back (CycleGAN).",
)
def mode_collapse(translator, photos):
    return np.repeat(translator(photos[:1]), len(photos), axis=0)


@mistake(
    "sketches_of",
    "The photograph comes back, hardly changed.",
    "Less weight for identity and cycle: a copy is the surest way home.",
)
def identity_shortcut(translator, photos):
    return np.asarray(photos) * 0.97 + 0.03 * translator(photos)


@mistake(
    "sketches_of",
    "Black paper, white lines: the way back inverts once more and comes home.",
    "Add the identity loss, and start from small weights.",
)
def colour_inversion(translator, photos):
    return 1 - translator(photos)


@mistake(
    "sketches_of",
    "A grid of every second pixel lies over each picture.",
    "Make the kernel of a transposed convolution a multiple of its stride, or resize first.",
)
def checkerboard(translator, photos):
    made = np.array(translator(photos))
    made[:, ::2, ::2] *= 0.75  # a kernel of 3 with stride 2 reaches these with one weight, not four
    return made
