"""CycleGAN: two translators learn from pictures that are no pairs; the way there and back closes."""

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import PolynomialDecay

from .. import profile
from ..losses import absolute, least_squares
from ..models import face_sketch as models
from ..models import patchgan
from ..settings import settings
from .fit import fit
from .means import average, copy_at_rest
from .optimizers import FusedAdam, Muon
from .pool import ImagePool

POOL = 50


@settings
class Settings:
    """What `train` builds and how it learns; the paper's by default, for 128 × 128 pixels.

    optimizer: a class, taken once for the generators and once for the discriminators. momentum: of
    the mean, see `CycleGAN`.
    """

    generator: models.ResNet = models.ResNet(transposed=True)
    discriminator: patchgan.Architecture = patchgan.Architecture()
    cycle: float = 10.0
    identity: float = 0.5
    learning_rate: float = 2e-4
    optimizer: type[keras.optimizers.Optimizer] = FusedAdam
    momentum: float = 0.0

    @property
    def side(self):
        return self.generator.side


FULL = Settings()
SHIPPED = Settings(
    generator=models.SHIPPED["cyclegan"],
    discriminator=patchgan.Architecture(layers=2, width=32, norm=False),
    cycle=5.0,
    learning_rate=1e-3,
    optimizer=Muon,
    momentum=0.998,
)
QUICK = Settings(  # shorter trainings of smaller pictures
    generator=models.ResNet(side=64, width=16, blocks=4, ends=3, noise=True),
    discriminator=patchgan.Architecture(layers=2, width=32, norm=False),
    cycle=5.0,
    learning_rate=1e-3,
    optimizer=Muon,
    momentum=0.99,
)


class CycleGAN(keras.Model):
    """Two generators G: X → Y and F: Y → X, and a discriminator of each kind, D_X and D_Y.

    Data are (x, y), pictures (N, H, W, 3) each in [-1, 1] that needn't belong together. With
    λ = cycle, G and F share the loss
    gan + λ · (|F(G(x)) - x| + |G(F(y)) - y|) + λ · identity · (|G(y) - y| + |F(x) - x|),
    whose whole gradient reaches both of them. `fit` logs it as `loss`, its parts before weighting
    as `gan`, `cycle` and `identity`, and `d_loss` of the discriminators.

    momentum: with one, `averaged` is a second pair (G, F), whose weights are a running mean, as in
    `Pix2Pix`; 0 is the paper's: None.
    Source: Zhu, Park, Isola and Efros (2017), eq. 1 to 4, section 4 and 5.2.
    """

    def __init__(self, G, F, D_X, D_Y, cycle=10.0, identity=0.5, momentum=0.0):
        super().__init__()
        self.G, self.F, self.D_X, self.D_Y = G, F, D_X, D_Y
        self.cycle, self.identity, self.momentum = cycle, identity, momentum
        self.averaged = [copy_at_rest(network) for network in (G, F)] if momentum else None
        self.pool_x, self.pool_y = (ImagePool(POOL, net.output_shape[1:]) for net in (F, G))
        self.built = True

    def compile(self, optimizer=None, discriminator_optimizer=None, jit_compile=False):
        """One optimiser for both generators, one for both discriminators; None is the paper's Adam.

        jit_compile: as in `Pix2Pix.compile`.
        """
        super().compile(optimizer or FusedAdam(2e-4, 0.5), jit_compile=jit_compile)
        self.discriminator_optimizer = discriminator_optimizer or FusedAdam(2e-4, 0.5)
        self.optimizer.build(self.generators)
        self.discriminator_optimizer.build(self.discriminators)

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return self.cycle, self.identity, self.momentum

    @property
    def generators(self):
        return self.G.trainable_variables + self.F.trainable_variables

    @property
    def discriminators(self):
        return self.D_X.trainable_variables + self.D_Y.trainable_variables

    def call(self, x):
        """G(x)."""
        return self.G(x)

    def train_step(self, data):
        """First the generators learn, then the discriminators, from the same fakes."""
        x, y = data
        with tf.GradientTape() as tape:
            fake_x, fake_y, parts = self.translate(x, y)
            loss = parts["gan"] + self.cycle * (parts["cycle"] + self.identity * parts["identity"])
        self.optimizer.apply(tape.gradient(loss, self.generators), self.generators)
        for mean, now in zip(self.averaged or (), (self.G, self.F)):
            average(mean, now, self.momentum)
        return {"loss": loss} | parts | {"d_loss": self.train_discriminators(x, y, fake_x, fake_y)}

    def translate(self, x, y):
        """There and back from both sides; each generator runs twice, each time on all it gets."""
        fake_y, same_y = self.run(self.G, x, y)
        fake_x, same_x = self.run(self.F, y, x)
        cycle = sum(self.cycles(x, y, fake_x, fake_y))
        identity = absolute(same_x, x) + absolute(same_y, y)
        gan = least_squares(self.D_X(fake_x), 1) + least_squares(self.D_Y(fake_y), 1)
        return fake_x, fake_y, {"gan": gan, "cycle": cycle, "identity": identity}

    def cycles(self, x, y, fake_x, fake_y):
        """How far from its start each cycle ends: |F(G(x)) - x| and |G(F(y)) - y|."""
        return absolute(self.F(fake_y), x), absolute(self.G(fake_x), y)

    def run(self, generator, source, target):
        """(generator(source), generator(target)): a picture of the target's kind should stay."""
        if not self.identity:
            return generator(source), target
        made = generator(ops.concatenate([source, target], axis=0))  # (2N, H, W, 3): in one pass
        return ops.split(made, 2)  # (N, H, W, 3) each

    def train_discriminators(self, x, y, fake_x, fake_y):
        """One step on real pictures and on fakes out of the pools; returns the sum of both losses."""
        fake_x, fake_y = self.pool_x(fake_x), self.pool_y(fake_y)
        with tf.GradientTape() as tape:
            loss = 0.0
            for D, real, fake in ((self.D_X, x, fake_x), (self.D_Y, y, fake_y)):
                judged = ops.split(D(ops.concatenate([real, fake], axis=0)), 2)
                loss += (least_squares(judged[0], 1) + least_squares(judged[1], 0)) / 2
        gradients = tape.gradient(loss, self.discriminators)
        self.discriminator_optimizer.apply(gradients, self.discriminators)
        return loss


def build(settings=QUICK, steps=None, kind=CycleGAN) -> CycleGAN:
    """A compiled `CycleGAN`, or another `kind` of it.

    steps: the learning rate stays for half of these and then falls to 0; None: it stays.
    """
    s = settings
    generators = [models.resnet_generator(**vars(s.generator)) for _ in range(2)]
    discriminators = [
        patchgan.patchgan(side=s.side, in_channels=3, **vars(s.discriminator)) for _ in range(2)
    ]
    model = kind(*generators, *discriminators, s.cycle, s.identity, s.momentum)
    rate = LinearDecay(s.learning_rate, steps) if steps else s.learning_rate
    model.compile(s.optimizer(rate, 0.5), s.optimizer(rate, 0.5))
    return model


def train(example, steps, seed, settings=QUICK, batch=1, folder=None, callbacks=()) -> CycleGAN:
    """A `CycleGAN` trained as the paper does: half of the steps at one rate, then down to 0.

    example: draws (x, y), one picture of each kind, from a random generator; see
    `pipeline.stream`. folder: for safety copies, see `fit`.
    """
    profile.set_seeds(seed)
    model = build(settings, steps)
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)


class LinearDecay(PolynomialDecay):
    """`peak` for half of the steps, then along a line down to 0."""

    def __init__(self, peak, steps):
        super().__init__(peak, max(1, steps - steps // 2), 0.0)
        self.constant = steps // 2

    def __call__(self, step):
        return super().__call__(ops.maximum(step - self.constant, 0))
