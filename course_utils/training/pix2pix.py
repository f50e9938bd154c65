"""The training of pix2pix: discriminator and generator in turn; stopped, it goes on where it was."""

from dataclasses import replace

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import profile
from ..losses import adversarial_loss
from ..models import patchgan
from ..models import pix2pix as models
from ..settings import settings
from .fit import fit
from .means import average, copy_at_rest
from .optimizers import FusedAdam, Muon

VARIANTS = {  # name: generator, and whether it has L1 and the adversarial loss
    name: (kind, int("_l1" in name), int("cgan" in name))
    for name, kind in models.SHIPPED_KINDS.items()
}


@settings
class Settings:
    """What `train` builds and how it learns; the paper's by default.

    optimizer: a class, taken once for each network. momentum: of the mean, see `Pix2Pix`.
    """

    generator: models.Architecture = models.Architecture()
    discriminator: patchgan.Architecture = patchgan.Architecture()
    l1: float = 100.0
    learning_rate: float = 2e-4
    optimizer: type[keras.optimizers.Optimizer] = FusedAdam
    momentum: float = 0.0

    @property
    def side(self):
        return self.generator.side


FULL = Settings(generator=models.Architecture(dropout=0.5))
SHIPPED = Settings(
    generator=models.SHIPPED,
    discriminator=patchgan.Architecture(width=48, cap=4, norm=False),
    l1=10.0,
    learning_rate=1e-3,
    optimizer=Muon,
    momentum=0.998,
)
QUICK = replace(SHIPPED, momentum=0.0)  # what the reader watches: the last weights, not their mean


class Pix2Pix(keras.Model):
    """Both networks and how they learn: loss = l1 * mean |target - fake| + adversarial * "be real".

    Data are pairs (source, target), (N, H, W, 3) in [-1, 1]. `fit` logs the generator's `loss` and
    its parts `l1` and `gan`, and the discriminator's losses on real and fake pairs, `d_real` and
    `d_fake`: log 2 = 0.69 when it can't tell. With adversarial=0 there is no discriminator's step,
    and `loss` and `l1` are all. Source: Isola et al. (2017), eq. 1 to 4 and section 3.3.

    momentum: with one, `averaged` is a second generator, whose weights are the mean of the
    first one's over all steps, each counting `momentum` times the next; it is calmer than any one
    step. 0 is the paper's: None. Source of the mean: Yazıcı et al. (2019), "The unusual
    effectiveness of averaging in GAN training".
    """

    def __init__(self, generator, discriminator, l1=100.0, adversarial=1.0, momentum=0.0):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.l1, self.adversarial = l1, adversarial
        self.momentum = momentum
        self.averaged = copy_at_rest(generator) if momentum else None
        self.built = True

    def compile(self, optimizer=None, discriminator_optimizer=None, jit_compile=False):
        """One optimiser for each network, as Keras takes them; None is the paper's Adam.

        jit_compile (XLA) stays off: on a CPU it takes a minute first, for steps mostly slower.
        """
        super().compile(optimizer or FusedAdam(2e-4, 0.5), jit_compile=jit_compile)
        self.discriminator_optimizer = discriminator_optimizer or FusedAdam(2e-4, 0.5)
        self.optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return self.l1, self.adversarial, self.momentum

    def call(self, source):
        """The generator's answer, with its dropout on: as in training, so at test."""
        return self.generator(source, training=True)

    def train_step(self, data):
        """First the discriminator learns, then the generator, both from one and the same fake."""
        source, target = data
        with tf.GradientTape() as tape:
            fake = self(source)  # (N, H, W, 3): once
            logs = {"l1": ops.mean(ops.abs(target - fake))}
            loss = self.l1 * logs["l1"]
            if self.adversarial:
                with tape.stop_recording():
                    logs |= self.train_discriminator(source, target, fake)
                judged = self.discriminator(ops.concatenate([source, fake], axis=-1))
                logs["gan"] = adversarial_loss(judged, real=True)  # the fake as real
                loss += self.adversarial * logs["gan"]
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        if self.averaged:
            average(self.averaged, self.generator, self.momentum)
        return {"loss": loss} | logs

    def train_discriminator(self, source, target, fake):
        """One step on a real and a fake pair, judged in one pass: instance norm keeps them apart.

        The paper halves this loss so that the discriminator learns more slowly. Under Adam that
        is nearly without effect: its steps don't depend on the scale of the loss.
        """
        real_pair = ops.concatenate([source, target], axis=-1)  # (N, H, W, 6)
        fake_pair = ops.concatenate([source, fake], axis=-1)  # (N, H, W, 6)
        with tf.GradientTape() as tape:
            judged = self.discriminator(ops.concatenate([real_pair, fake_pair], axis=0))
            real, fake = ops.split(judged, 2)  # (N, h, w, 1) each
            logs = {
                "d_real": adversarial_loss(real, real=True),
                "d_fake": adversarial_loss(fake, real=False),
            }
            loss = (logs["d_real"] + logs["d_fake"]) / 2
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return logs


def build(variant, settings=QUICK, steps=None) -> Pix2Pix:
    """A compiled `Pix2Pix` in one of the VARIANTS.

    steps: over these the learning rate falls to 0 along a cosine; None: it stays.
    Raises ValueError for another variant.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant is one of {', '.join(VARIANTS)}, not {variant!r}.")
    (kind, l1, adversarial), s = VARIANTS[variant], settings
    networks = (
        models.generator(kind, **vars(s.generator)),
        patchgan.patchgan(side=s.side, **vars(s.discriminator)),
    )
    rate = CosineDecay(s.learning_rate, steps) if steps else s.learning_rate
    model = Pix2Pix(*networks, l1 * s.l1, adversarial, s.momentum)
    model.compile(*(s.optimizer(rate, 0.5) for _ in networks))
    return model


def train(
    example, variant, steps, seed, settings=QUICK, batch=1, folder=None, callbacks=()
) -> Pix2Pix:
    """A `Pix2Pix` trained as in lesson 02: both learning rates fall to 0 along a cosine.

    example: draws one pair (source, target) from a random generator, see `pipeline.stream`.
    folder: for safety copies, see `fit`; without one, a stopped training starts anew.
    """
    profile.set_seeds(seed)
    model = build(variant, settings, steps)
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)
