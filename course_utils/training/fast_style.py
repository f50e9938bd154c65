"""The training of a network that repaints in one pass; the losses are those of `training.style`."""

import keras
import tensorflow as tf

from .. import profile
from ..arguments import RGB, takes
from ..data.photographs import photographs
from ..models.fast_style import fast_style, inside, repaint
from .fit import fit
from .optimizers import Muon
from .schedules import warm_cosine
from .style import Repainting, in_colours_of

SIDE, BATCH, STEPS = 256, 4, 34_600  # minutes on a GPU, most of a day on two cores
UNSEEN = (0, 4, 6)  # numbers of the photographs that are kept for tests
SCALE = 1.5  # of the strokes


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
def train(
    feature_network, style, contents, steps=STEPS, seed=0, folder=None, callbacks=(), **weights
):
    """A `fast_style` network for one style picture (H, W, 3); weights: those of `Repainting`.

    contents: draws what to repaint, such as `experiments.contents.Contents()`. folder: for safety
    copies, see `fit`.
    """
    profile.set_seeds(seed)
    aim = Repainting(feature_network, styles=style, start="noise", side=SIDE, **weights)
    model = FastStyle(fast_style(style=style), aim)
    model.compile(Muon(warm_cosine(steps, 1e-2, 1 / 16)), jit_compile=False)
    fit(model, contents, steps, BATCH, seed, folder, callbacks=callbacks)
    return model.painter


def beside_optimised(network, feature_network, style, evaluations=90):
    """Yields for each photograph UNSEEN (repainted in one pass, a `Repainting` that was optimised)."""
    for photograph in photographs()[list(UNSEEN)]:
        aim = Repainting(feature_network, in_colours_of(style, photograph), style, scale=SCALE)
        yield repaint(network, photograph[None])[0], aim.lbfgs(evaluations)
