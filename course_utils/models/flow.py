"""Flow matching: a U-Net that tells which way each pixel should move, and what follows its arrows."""

import keras
import numpy as np
from keras import layers, ops

from .. import images
from ..settings import settings
from . import checkpoints
from .layers import enlarged

CHUNK = 8  # pictures that `generate` paints at once
GROUPS = 8  # of each group norm
STEPS = 16  # from noise to picture
GUIDANCE = 1.5  # of the shipped networks, chosen on validation pictures, see data/evidence/10.json


@settings
class Architecture:
    """A `velocity`'s sizes. channels: at each scale, from the finest down. time: width of t's code."""

    side: int = 128
    channels: tuple[int, ...] = (64, 128, 256, 256)
    blocks: int = 2
    time: int = 128

    def __post_init__(self):
        halvings = len(self.channels) - 1
        if halvings < 0 or any(count % GROUPS for count in self.channels):
            raise ValueError(f"channels are multiples of {GROUPS}, not {self.channels}.")
        if self.side < 1 or self.side % 2**halvings:
            raise ValueError(
                f"side is halved {halvings} times and must be a multiple of {2**halvings}, "
                f"not {self.side}."
            )


LIVE = Architecture(side=64, channels=(24, 48, 96), blocks=1, time=64)
SHIPPED = {
    "houses": Architecture(channels=(24, 48, 96, 128), blocks=1, time=96),
    "faces": Architecture(side=64, channels=(32, 64, 128), blocks=1, time=96),
}


def velocity(a=Architecture()):
    """A U-Net from (noisy picture, time, drawing) to the velocity of each pixel.

    Inputs: x_t (N, side, side, 3); t (N,) in [0, 1], 0 at pure noise and 1 at the picture; the
    condition (N, side, side, 3) in [-1, 1], all 0 for "no drawing". Output (N, side, side, 3), any
    size. Lesson 01's U-Net, and in each block t scales and shifts the channels (FiLM). At the
    lowest scale each place looks at all others, so that one place can know what another is like.
    Sources: Lipman et al. (2023), "Flow matching for generative modeling", eq. 2 (the velocity);
    Ho, Jain and Abbeel (2020), appendix B (a U-Net with time); Perez et al. (2018), eq. 2 (FiLM).
    """
    picture, t = keras.Input((a.side, a.side, 3)), keras.Input(())
    drawing = keras.Input((a.side, a.side, 3))
    code = layers.Dense(a.time, "silu")(TimeCode(a.time)(t))  # (N, time)
    x = layers.Concatenate()([picture, drawing])  # (N, side, side, 6)
    x, skips = layers.Conv2D(a.channels[0], 3, padding="same")(x), []
    for level, count in enumerate(a.channels):  # down
        x = layers.Conv2D(count, 3, 2, "same")(x) if level else x
        for _ in range(a.blocks):
            x = block(x, code, count)
        skips.append(x)  # (N, side/2^level, .., count)
    x = look_around(skips.pop())
    for count, skip in zip(a.channels[-2::-1], reversed(skips), strict=True):  # up again
        x = layers.Concatenate()([enlarged(x, count), skip])
        for _ in range(a.blocks):
            x = block(x, code, count)
    last = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", dtype="float32")
    return keras.Model(
        [picture, t, drawing], last(normalised(x)), name="velocity"
    )  # (N, side, side, 3)


def block(x, code, channels):
    """Two convolutions around the time's scale and shift; the input is added again."""
    straight = x if x.shape[-1] == channels else layers.Conv2D(channels, 1)(x)
    y = layers.Conv2D(channels, 3, padding="same")(normalised(x))
    scale, shift = (layers.Dense(channels)(code)[:, None, None] for _ in range(2))
    y = layers.Activation("silu")(layers.GroupNormalization(GROUPS)(y) * (1 + scale) + shift)
    y = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(y)
    return straight + y  # (N, h, w, channels)


def normalised(x):
    """Group norm, then SiLU."""
    return layers.Activation("silu")(layers.GroupNormalization(GROUPS)(x))


def look_around(x, heads=4):
    """Self-attention between all places of x (N, h, w, c), added to it."""
    height, width, channels = x.shape[1:]
    places = layers.Reshape((height * width, channels))(layers.GroupNormalization(GROUPS)(x))
    seen = layers.MultiHeadAttention(heads, channels // heads)(places, places)
    return x + layers.Reshape((height, width, channels))(seen)


@keras.saving.register_keras_serializable("course_utils")
class TimeCode(layers.Layer):
    """t (N,) in [0, 1] as sines and cosines of `width` / 2 frequencies, 1 to 1000: (N, width).

    Source: Vaswani et al. (2017), "Attention is all you need", section 3.5.
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def call(self, t):
        frequencies = np.geomspace(1, 1000, self.width // 2).astype(np.float32)
        angles = t[:, None] * frequencies
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def get_config(self):
        return super().get_config() | {"width": self.width}


def euler(velocity, x, steps):
    """From noise x at t = 0 along `velocity(x, t)` to t = 1, in equal straight steps.

    An error of the order 1/steps; one look at the velocity a step. x: any shape. Returns all stops,
    a list of steps + 1. Raises ValueError without a step.
    """
    return _walked(velocity, x, steps, lambda x, t, h: h * velocity(x, t))


def heun(velocity, x, steps, last_look=True):
    """As `euler`, with the mean of the velocities at a step's begin and end: error 1/steps², two looks.

    last_look: False makes the last step Euler's, so that nobody looks at t = 1; the order stays.
    Source: Karras et al. (2022), "Elucidating the design space of diffusion-based generative
    models", algorithm 1, which leaves the last look out.
    """

    def step(x, t, h):
        first = velocity(x, t)
        once = not last_look and t + 1.5 * h > 1
        second = first if once else velocity(x + h * first, t + h)
        return h * (first + second) / 2

    return _walked(velocity, x, steps, step)


def _walked(velocity, x, steps, step):
    if steps < 1:
        raise ValueError(f"A sampler needs at least one step, not {steps}.")
    stops = [x]
    for number in range(steps):
        stops.append(stops[-1] + step(stops[-1], number / steps, 1 / steps))
    return stops


def guided(network, drawing, guidance=1.0):
    """The velocity (x, t) → v of a network for one drawing, pushed away from that without a drawing.

    v = v(x, t, none) + guidance · (v(x, t, drawing) − v(x, t, none)): 0 ignores the drawing, 1 is
    what was learned, more exaggerates, at twice the cost. drawing: (N, side, side, 3) in [-1, 1].
    Source: Ho and Salimans (2022), "Classifier-free diffusion guidance", eq. 6, where w is
    guidance − 1; for flows Lipman et al. leave it open.
    """

    def at(x, t, drawing):
        return network.predict_on_batch([x, np.full(len(x), t, np.float32), drawing])

    def v(x, t):
        if guidance == 1:
            return at(x, t, drawing)
        without = at(x, t, np.zeros_like(drawing))
        return without + guidance * (at(x, t, drawing) - without)

    return v


def noise(count, side, seed=0):
    """Gaussian noise (count, side, side, 3) to begin with; each picture's own, whatever the count."""
    draws = (np.random.default_rng((seed, number)) for number in range(count))
    return np.stack([rng.standard_normal((side, side, 3), np.float32) for rng in draws])


def generate(network, drawings, seed=0, steps=STEPS, guidance=1.0, sampler=euler):
    """Pictures (N, side, side, 3) in [0, 1] for drawings of the same shape and range.

    A `seed` gives always the same pictures, another seed others. Raises ValueError where there is
    no drawing, or one of another size or range.
    """
    if not len(drawings):
        raise ValueError("There is no drawing to answer; give at least one.")
    drawings, takes = images.to_signed(drawings), network.input_shape[2][1:]
    if drawings.shape[1:] != takes:
        raise ValueError(f"A drawing for this network is {takes}, not {drawings.shape[1:]}.")
    begin, made = noise(len(drawings), takes[0], seed), []
    for first in range(0, len(drawings), CHUNK):
        part = slice(first, first + CHUNK)
        made.append(sampler(guided(network, drawings[part], guidance), begin[part], steps)[-1])
    return images.from_signed(np.concatenate(made).clip(-1, 1))


def load(name="houses"):
    """A shipped network, see its JSON: "houses" from drawings, "faces" from lines.

    Raises ValueError for another name and, with the command that makes it anew, if it is missing or
    damaged.
    """
    if name not in SHIPPED:
        raise ValueError(f"Networks are shipped for {' and '.join(SHIPPED)}, not for {name!r}.")
    return checkpoints.load(velocity(SHIPPED[name]), f"10_{name}")
