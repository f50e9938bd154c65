"""The training of a network that repaints in one pass; the losses are those of `training.style`."""

import functools

import keras
import numpy as np
import tensorflow as tf

from .. import profile
from ..arguments import RGB, takes
from ..data.pipeline import stream
from ..models.fast_style import fast_style
from .features import photographs
from .optimizers import Muon
from .schedules import warm_cosine
from .style import Repainting, in_colours_of

SIDE, BATCH, STEPS = 256, 4, 34_600  # minutes on a GPU, most of a day on two cores
UNSEEN = (0, 4, 6)  # numbers of the photographs that are kept for tests
PAINTED = {"waves": 3}  # style: seed of its painting
SCALE, MARGIN = 1.5, 8  # of the strokes; pixels around a picture, cut off in the end


class FastStyle(keras.Model):
    """The network and how it learns: for each picture the loss of a `Repainting`, not its pixels.

    Data are pictures (N, H, W, 3) in [0, 1] with their margin, without a right answer beside them.
    What is to stay is their content in the painting's colours.
    Source: Johnson, Alahi, Fei-Fei (2016), eq. 1 to 5.
    """

    def __init__(self, network, aim: Repainting):
        super().__init__()
        self.painter, self.aim = network, aim
        self.built = True

    def train_step(self, data):
        (pictures,) = data
        coloured = self.painter.get_layer("in_colours")(pictures)
        content = self.aim.network(inside(coloured))[self.aim.content_layer]
        with tf.GradientTape() as tape:
            parts = self.aim.parts(inside(self.painter(pictures, training=True)), content)
            loss = self.aim.total(parts)
        variables = self.painter.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss} | parts


@takes(style=RGB("h w 3"))
def train(feature_network, style, contents, steps=STEPS, seed=0, epochs=1, callbacks=(), **weights):
    """A `fast_style` network for one style picture (H, W, 3); weights: those of `Repainting`.

    contents: draws what to repaint, such as `training.contents.Contents()`.
    """
    profile.set_seeds(seed)
    aim = Repainting(feature_network, styles=style, start="noise", side=SIDE, **weights)
    model = FastStyle(fast_style(style=style), aim)
    model.compile(Muon(warm_cosine(steps, 1e-2, 1 / 16)), jit_compile=False)
    model.optimizer.build(model.painter.trainable_variables)
    model.fit(stream(contents, BATCH, seed), steps_per_epoch=steps // epochs, epochs=epochs,
              shuffle=False, verbose=0, callbacks=list(callbacks))  # fmt: skip
    return model.painter


def load(name="waves"):
    """The shipped network of one of the styles PAINTED.

    Raises ValueError for another style and, with the command that makes it anew, if it is missing.
    """
    from . import checkpoints

    if name not in PAINTED:
        raise ValueError(f"Networks are shipped for {', '.join(PAINTED)}, not for {name!r}.")
    return checkpoints.load(fast_style(), f"04_{name}")


@takes(pictures=RGB("N H W 3"))
def repaint(network, pictures):
    """Repaint pictures of one size (N, H, W, 3) in [0, 1], of any sides; float32 in [0, 1].

    8 and 16 bits are taken, too. Raises TypeError or ValueError for other types, shapes and ranges.
    """
    height, width = pictures.shape[1:3]
    room = [(MARGIN, MARGIN + -side % 8) for side in (height, width)]  # mirrored: hardly a frame appears
    padded = np.pad(pictures, ((0, 0), *room, (0, 0)), "symmetric")
    return inside(_graph(network)(padded).numpy())[:, :height, :width]


def beside_optimised(network, feature_network, style, evaluations=90):
    """Yields for each photograph UNSEEN (repainted in one pass, a `Repainting` that was optimised)."""
    for photograph in photographs()[list(UNSEEN)]:
        aim = Repainting(feature_network, in_colours_of(style, photograph), style, scale=SCALE)
        yield repaint(network, photograph[None])[0], aim.lbfgs(evaluations)


def inside(pictures):
    """Pictures (N, H, W, C) without their margin: at an edge a network sees half of what it needs."""
    return pictures[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


@functools.cache
def _graph(network):
    """The network as one graph for all sizes: three times as fast as layer by layer."""
    sizes = tf.TensorSpec((None, None, None, 3))
    return tf.function(lambda pictures: network(pictures, training=False), [sizes], autograph=False)
