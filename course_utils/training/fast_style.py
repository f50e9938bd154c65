"""How a network that repaints in one pass learns; the losses are those of `training.style`."""

import keras
import tensorflow as tf

from ..models.fast_style import inside
from .style import Repainting

UNSEEN = (0, 4, 6)  # numbers of the photographs that are kept for tests


class FastStyle(keras.Model):
    """A feed-forward network and how it learns: by the loss of a `Repainting`, its `aim`.

    Data are pictures (N, H, W, 3) in [0, 1] with their margin, without a right answer beside them.
    What is to stay is their content in the painting's colours.
    Source: Johnson, Alahi, Fei-Fei (2016), eq. 1 to 5.
    """

    def __init__(self, network, aim: Repainting):
        super().__init__()
        self.feed_forward, self.aim = network, aim
        self.built = True

    def train_step(self, data):
        (pictures,) = data
        coloured = self.feed_forward.get_layer("in_colours")(pictures)
        content = self.aim.network(inside(coloured))[self.aim.content_layer]
        with tf.GradientTape() as tape:
            made = inside(self.feed_forward(pictures, training=True))
            parts = self.aim.parts(made, content)
            loss = tf.add_n(list(self.aim.terms(parts).values()))
        variables = self.feed_forward.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss} | parts
