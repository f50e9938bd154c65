"""The training of a StyleGAN: discriminator, then generator; a penalty now and then; a mean of weights."""

import keras
import tensorflow as tf
from keras import ops

from .. import profile
from ..losses import adversarial_loss
from ..models import stylegan as models
from ..settings import settings
from .fit import fit
from .means import average, copy_at_rest
from .optimizers import FusedAdam


@settings
class Settings:
    """How a StyleGAN learns; the papers' by default.

    penalty: the weight of R1, γ = penalty · side² / batch, a rule of Karras et al. (2020),
    "Training generative adversarial networks with limited data". lazy: every how many steps R1 is
    computed. mixing: share of pictures of two styles. momentum: of the generator's mean.
    """

    network: models.Architecture = models.Architecture()
    learning_rate: float = 2e-3
    penalty: float = 2e-4
    lazy: int = 16
    mixing: float = 0.9
    momentum: float = 0.998


FULL = Settings()
SHIPPED = Settings(network=models.SHIPPED, penalty=5e-4, mixing=0.5)


class StyleGAN(keras.Model):
    """All three networks and how they learn: non-saturating loss, lazy R1, style mixing.

    Data are pictures (N, side, side, 3) in [-1, 1]. `fit` logs the generator's `loss`, the
    discriminator's on real and fake pictures, `d_real` and `d_fake`, log 2 = 0.69 when it can't
    tell, and `r1`, the mean squared length of its gradient at real pictures when last computed.
    `averaged` is (mapping, synthesis), the mean of the weights. Sources: Goodfellow et al. (2014),
    section 3 (the loss); Mescheder et al. (2018), eq. 9 (R1); Karras et al. (2020), section 3.1
    (lazy); Karras, Laine and Aila (2019), section 3.1 (mixing). The paper's second penalty, on
    path lengths, is left out.
    """

    def __init__(self, s=SHIPPED):
        super().__init__()
        self.s, a = s, s.network
        self.mapping, self.synthesis = models.mapping(a), models.synthesis(a)
        self.discriminator = models.discriminator(a)
        self.averaged = copy_at_rest(self.mapping), copy_at_rest(self.synthesis)
        self.seed_generator = keras.random.SeedGenerator()
        self.r1 = self.add_weight(shape=(), initializer="zeros", trainable=False, name="r1")
        self.built = True

    def compile(self, optimizer=None, discriminator_optimizer=None):
        """One optimiser for mapping and synthesis, one for the discriminator."""
        rate = self.s.learning_rate
        super().compile(optimizer or FusedAdam(rate, 0.0, 0.99, 1e-8), jit_compile=False)
        self.discriminator_optimizer = discriminator_optimizer or FusedAdam(rate, 0.0, 0.99, 1e-8)
        self.optimizer.build(self.painter_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    @property
    def painter_variables(self):
        """What the generator's step changes."""
        return self.mapping.trainable_variables + self.synthesis.trainable_variables

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return (self.s,)

    def begin(self, smaller):
        """Take over the layers of a trained `StyleGAN` of fewer pixels."""
        self.mapping.set_weights(smaller.mapping.get_weights())
        models.take_over(self.synthesis, smaller.synthesis)
        models.take_over(self.discriminator, smaller.discriminator)
        for mean, network in zip(self.averaged, (self.mapping, self.synthesis), strict=True):
            mean.set_weights(network.get_weights())

    def styles(self, count):
        """Styles (count, a.styles, latent) of random z; a share `mixing` changes style on the way."""
        a = self.s.network
        z = keras.random.normal((2 * count, a.latent), seed=self.seed_generator)
        one, other = ops.split(ops.repeat(self.mapping(z)[:, None], a.styles, axis=1), 2)
        draw = keras.random.uniform((2, count), seed=self.seed_generator)
        change = ops.where(draw[0] < self.s.mixing, ops.ceil(draw[1] * (a.styles - 1)), a.styles)
        return models.mixed(one, other, change)

    def train_step(self, data):
        """The discriminator learns from the batch, then the generator."""
        real, *_ = keras.utils.unpack_x_y_sample_weight(data)
        count = ops.shape(real)[0]
        fake = self.synthesis(self.styles(count), training=True)
        logs = self.train_discriminator(real, fake)
        with tf.GradientTape() as tape:
            fake = self.synthesis(self.styles(count), training=True)
            loss = adversarial_loss(self.discriminator(fake), real=True)
        variables = self.painter_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        for mean, network in zip(self.averaged, (self.mapping, self.synthesis), strict=True):
            average(mean, network, self.s.momentum)
        return {"loss": loss} | logs

    def train_discriminator(self, real, fake):
        """One step on real and fake pictures; every `lazy` steps R1 counts `lazy` times."""
        with tf.GradientTape() as tape:
            d_real = adversarial_loss(self.discriminator(real), real=True)
            d_fake = adversarial_loss(self.discriminator(fake), real=False)
            now = self.discriminator_optimizer.iterations % self.s.lazy == 0
            penalty = tf.cond(now, lambda: self.penalty(real), lambda: 0.0)
            loss = d_real + d_fake + penalty
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return {"d_real": d_real, "d_fake": d_fake, "r1": self.r1}

    def penalty(self, real):
        """γ / 2 times the mean of |∇D(real)|², times `lazy`."""
        with tf.GradientTape() as tape:
            tape.watch(real)
            total = ops.sum(self.discriminator(real))
        r1 = ops.mean(ops.sum(tape.gradient(total, real) ** 2, axis=(1, 2, 3)))
        self.r1.assign(r1)
        gamma = self.s.penalty * real.shape[1] ** 2 / real.shape[0]
        return self.s.lazy * gamma / 2 * r1


def train(example, steps, seed, s=SHIPPED, batch=16, begin=None, folder=None, callbacks=()):
    """A `StyleGAN`, trained.

    example: draws one picture from a random generator, see `pipeline.stream`. begin: a trained
    `StyleGAN` of fewer pixels, whose layers are taken over; so coarse forms are learned where
    steps are cheap (Karras et al. 2018, without their fading). folder: for safety copies.
    """
    profile.set_seeds(seed)
    model = StyleGAN(s)
    if begin is not None:
        model.begin(begin)
    model.compile()
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)
