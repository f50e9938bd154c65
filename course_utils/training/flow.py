"""Conditional flow matching: learn the velocity that carries noise to pictures along straight lines."""

import keras
import tensorflow as tf
from keras import ops

from .. import profile
from ..losses import flow_matching_loss
from ..models import flow as models
from ..settings import settings
from .fit import fit
from .means import average, copy_at_rest
from .optimizers import Muon
from .schedules import warm_cosine


@settings
class Settings:
    """How a `Flow` learns. dropped: share of drawings that are left out, for guidance.

    momentum: of the mean of the weights.
    """

    network: models.Architecture = models.Architecture()
    learning_rate: float = 3e-3
    optimizer: type[keras.optimizers.Optimizer] = Muon
    dropped: float = 0.1
    momentum: float = 0.999


FULL = Settings(learning_rate=4e-4, optimizer=keras.optimizers.AdamW)
SHIPPED = {name: Settings(network=a) for name, a in models.SHIPPED.items()}
QUICK = Settings(network=models.LIVE, momentum=0.98)


def between(noise, picture, t):
    """x_t = (1 − t) x_0 + t x_1, noise and picture (N, ...), t (N,): on the straight line at time t.

    Sources: Lipman et al. (2023), eq. 22 with σ_min = 0; Liu et al. (2023), eq. 1.
    """
    t = ops.reshape(t, (-1, *[1] * (len(noise.shape) - 1)))
    return (1 - t) * noise + t * picture


class Flow(keras.Model):
    """A velocity network and how it learns.

    Data are pairs (drawing, picture), (N, H, W, 3) in [-1, 1]. Each step draws noise and a time, t's
    logit from a Gaussian, which looks more often at the middle of the way (Esser et al. 2024,
    "Scaling rectified flow transformers", eq. 19); `fit` logs the `loss`, the mean squared error
    of the velocity. `averaged` has the mean of the weights over all steps.
    """

    def __init__(self, network, dropped=0.1, momentum=0.999):
        super().__init__()
        self.network, self.dropped, self.momentum = network, dropped, momentum
        self.averaged = copy_at_rest(network)
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return self.dropped, self.momentum

    def train_step(self, data):
        """One step of gradient descent on one time of each picture's path."""
        drawing, picture = data
        count, seed = ops.shape(picture)[0], self.seed_generator
        noise = keras.random.normal(ops.shape(picture), seed=seed)
        t = ops.sigmoid(keras.random.normal((count,), seed=seed))
        kept = (
            keras.random.uniform((count, *[1] * (len(drawing.shape) - 1)), seed=seed)
            >= self.dropped
        )
        with tf.GradientTape() as tape:
            seen = [between(noise, picture, t), t, drawing * ops.cast(kept, "float32")]
            loss = flow_matching_loss(self.network(seen, training=True), noise, picture)
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        average(self.averaged, self.network, self.momentum)
        return {"loss": loss}


def train(example, steps, seed, s=QUICK, batch=4, folder=None, callbacks=()) -> Flow:
    """A `Flow`, trained; its learning rate rises, then falls to 0 along a cosine.

    example: draws one pair (drawing, picture) from a random generator, see `pipeline.stream`.
    folder: for safety copies, see `fit`.
    """
    profile.set_seeds(seed)
    model = Flow(models.velocity(s.network), s.dropped, s.momentum)
    model.compile(s.optimizer(warm_cosine(steps, s.learning_rate, 1 / 50)), jit_compile=False)
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)
