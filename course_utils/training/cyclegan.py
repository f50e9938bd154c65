"""CycleGAN: two translators learn from pictures that are no pairs; the way there and back closes."""

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import PolynomialDecay

from .. import profile
from ..losses import absolute, least_squares
from ..models.face_sketch import SHIPPED_SHAPES, resnet_generator
from ..models.patchgan import patchgan
from .fit import fit
from .optimizers import FusedAdam
from .pool import ImagePool
from .settings import chosen

QUICK = SHIPPED_SHAPES["cyclegan"] | {
    "patch_width": 24,
    "layers": 2,
    "cycle": 10.0,
    "identity": 0.5,
    "learning_rate": 5e-4,
}  # shorter trainings, larger steps
FULL = {
    "side": 128,
    "width": 64,
    "blocks": 6,
    "ends": 7,
    "patch_width": 64,
    "layers": 3,
    "cycle": 10.0,
    "identity": 0.5,
    "learning_rate": 2e-4,
}  # the paper's, for 128 × 128
POOL = 50


class CycleGAN(keras.Model):
    """Four networks: `there` and `back` translate, two discriminators know one kind of picture each.

    Data are (A, B), pictures (N, H, W, 3) each in [-1, 1] that needn't belong together. With
    λ = cycle, the translators share the loss
    gan + λ · (|back(there(A)) - A| + |there(back(B)) - B|)
        + λ · identity · (|there(B) - B| + |back(A) - A|),
    whose whole gradient reaches both of them. `fit` logs it as `loss`, its parts before weighting
    as `gan`, `cycle` and `identity`, and `d_loss` of the discriminators.
    Source: Zhu, Park, Isola and Efros (2017), eq. 1 to 4, section 4 and 5.2.
    """

    def __init__(self, there, back, judge_a, judge_b, cycle=10.0, identity=0.5):
        super().__init__()
        self.there, self.back = there, back
        self.judge_a, self.judge_b = judge_a, judge_b
        self.cycle, self.identity = cycle, identity
        self.pools = [ImagePool(POOL, network.output_shape[1:]) for network in (back, there)]
        self.built = True

    def compile(self, learning_rate=2e-4, beta_1=0.5, jit_compile=False):
        """One Adam for both translators, one for both discriminators.

        learning_rate: a number or a Keras schedule. jit_compile: as in `Pix2Pix.compile`.
        """
        super().compile(FusedAdam(learning_rate, beta_1), jit_compile=jit_compile)
        self.discriminator_optimizer = FusedAdam(learning_rate, beta_1)
        self.optimizer.build(self.translators)
        self.discriminator_optimizer.build(self.discriminators)

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return self.cycle, self.identity

    @property
    def translators(self):
        return self.there.trainable_variables + self.back.trainable_variables

    @property
    def discriminators(self):
        return self.judge_a.trainable_variables + self.judge_b.trainable_variables

    def call(self, pictures):
        """There: pictures of the kind A as B."""
        return self.there(pictures)

    def train_step(self, data):
        """First the translators learn, then the discriminators, from the same fakes."""
        a, b = data
        with tf.GradientTape() as tape:
            fake_a, fake_b, parts = self.translate(a, b)
            loss = parts["gan"] + self.cycle * (parts["cycle"] + self.identity * parts["identity"])
        self.optimizer.apply(tape.gradient(loss, self.translators), self.translators)
        return {"loss": loss} | parts | {"d_loss": self.train_discriminators(a, b, fake_a, fake_b)}

    def translate(self, a, b):
        """There and back from both sides; each translator runs twice, each time on all it gets."""
        fake_b, same_b = self.both(self.there, a, b)
        fake_a, same_a = self.both(self.back, b, a)
        cycle = sum(self.cycles(a, b, fake_a, fake_b))
        identity = absolute(same_a, a) + absolute(same_b, b)
        gan = least_squares(self.judge_a(fake_a), 1) + least_squares(self.judge_b(fake_b), 1)
        return fake_a, fake_b, {"gan": gan, "cycle": cycle, "identity": identity}

    def cycles(self, a, b, fake_a, fake_b):
        """How far from its start each way there and back ends: |back(there(a)) - a|, and from b."""
        return absolute(self.back(fake_b), a), absolute(self.there(fake_a), b)

    def both(self, network, pictures, own):
        """(translated pictures, what it makes of pictures of the kind that it should give)."""
        if not self.identity:
            return network(pictures), own
        made = network(ops.concatenate([pictures, own], axis=0))  # (2N, H, W, 3): in one pass
        return ops.split(made, 2)  # (N, H, W, 3) each

    def train_discriminators(self, a, b, fake_a, fake_b):
        """One step on real pictures and on fakes out of the pools; returns the sum of both losses."""
        shown = [pool(fake) for pool, fake in zip(self.pools, (fake_a, fake_b))]
        with tf.GradientTape() as tape:
            loss = 0.0
            for judge, real, fake in zip((self.judge_a, self.judge_b), (a, b), shown):
                judged = ops.split(judge(ops.concatenate([real, fake], axis=0)), 2)
                loss += (least_squares(judged[0], 1) + least_squares(judged[1], 0)) / 2
        slopes = tape.gradient(loss, self.discriminators)
        self.discriminator_optimizer.apply(slopes, self.discriminators)
        return loss


def build(kind=CycleGAN, **settings) -> CycleGAN:
    """A compiled `CycleGAN`, or another `kind` of it. settings: those of QUICK, or others instead."""
    s = chosen(QUICK, **settings)
    translators = [
        resnet_generator(s["side"], s["width"], s["blocks"], ends=s["ends"]) for _ in range(2)
    ]
    judges = [patchgan(s["layers"], s["side"], s["patch_width"], 3) for _ in range(2)]
    model = kind(*translators, *judges, s["cycle"], s["identity"])
    model.compile(s["learning_rate"])
    return model


def train(example, steps, seed, batch=1, folder=None, callbacks=(), **settings) -> CycleGAN:
    """A `CycleGAN` trained as the paper does: half of the steps at one rate, then down to 0.

    example: draws (A, B), one picture of each kind, from a random generator; see
    `pipeline.stream`. folder: for safety copies, see `fit`. settings: those of `build`.
    """
    profile.set_seeds(seed)
    peak = chosen(QUICK, **settings)["learning_rate"]
    model = build(**settings | {"learning_rate": LinearDecay(peak, steps)})
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)


class LinearDecay(PolynomialDecay):
    """`peak` for half of the steps, then along a line down to 0."""

    def __init__(self, peak, steps):
        super().__init__(peak, max(1, steps - steps // 2), 0.0)
        self.constant = steps // 2

    def __call__(self, step):
        return super().__call__(ops.maximum(step - self.constant, 0))
