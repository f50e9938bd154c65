"""How a network that repaints in one pass learns; the losses are those of `training.style`."""

import keras
import tensorflow as tf

from ..models.fast_style import inside
from .style import Repainting

UNSEEN = (0, 4, 6)  # numbers of the photographs that are kept for tests


class FastStyle(keras.Model):
    """The network and how it learns: for each picture the loss of a `Repainting`, not its pixels.

    Data are pictures (N, H, W, 3) in [0, 1] with their margin and the shares (N, S) of the styles,
    without a right answer beside them. What is to stay is their content in the painting's colours.
    aims: one `Repainting` for each style, without content, all by the same network.
    Source: Johnson, Alahi, Fei-Fei (2016), eq. 1 to 5.
    """

    def __init__(self, network, aims: list[Repainting]):
        super().__init__()
        self.painter, self.aim = network, aims[0]
        targets = zip(*(aim.style_targets for aim in aims), strict=True)  # layer by layer
        self.wanted = [
            (each[0][0], tf.stack([gram for _, _, gram, _ in each]), each[0][-1])
            for each in targets
        ]  # (layer, Gram matrices (S, C, C), places)
        self.strength = tf.constant([aim.beta / self.aim.beta for aim in aims])
        self.built = True

    def train_step(self, data):
        pictures, shares = data
        coloured = self.painter.get_layer("in_colours")(pictures, shares)
        content = self.aim.network(inside(coloured))[self.aim.content_layer]
        strength = tf.linalg.matvec(shares, self.strength)
        styles = [
            (layer, strength, tf.einsum("ns,sij->nij", shares, grams), places)
            for layer, grams, places in self.wanted
        ]
        with tf.GradientTape() as tape:
            made = inside(self.painter((pictures, shares), training=True))
            parts = self.aim.parts(made, content, styles)
            loss = self.aim.total(parts)
        variables = self.painter.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss} | parts
