"""The training of pSp: the generator stays as it is, the encoder learns to steer it."""

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import images, profile
from ..data import imagenet
from ..data.psp import CHANNELS
from ..losses import identity_loss, perceptual_distance
from ..models import efficientnet, features, psp
from ..settings import settings
from .fit import fit
from .optimizers import FusedAdam, Muon


@settings
class Weights:
    """How much each part of the loss counts; by default for inversion, as in the paper.

    pool: L2 compares the means of squares of so many pixels' side; 1 compares pixels.
    """

    l2: float = 1.0
    perceptual: float = 0.8
    identity: float = 0.1
    w_norm: float = 0.0
    pool: int = 1


WEIGHTS = {  # the paper's, but for the front, where it compares the middle of the face, too
    "inversion": Weights(),
    "frontal": Weights(l2=2.0, perceptual=0.2, identity=1.0, w_norm=0.008, pool=2),
    "sketch": Weights(identity=0.0, w_norm=0.005),
    "segmentation": Weights(identity=0.0, w_norm=0.005),
}


@settings
class Settings:
    """What `train` builds and how it learns."""

    network: psp.Architecture = psp.Architecture()
    weights: Weights = Weights()
    learning_rate: float = 1e-3


SHIPPED = {
    task: Settings(network=psp.Architecture(channels=channels), weights=WEIGHTS[task])
    for task, channels in CHANNELS.items()
}


class PSp(keras.Model):
    """An encoder in front of a frozen synthesis network, and the four losses.

    Data are pairs (source, target): sources as the encoder takes them, targets (N, side, side, 3)
    in [-1, 1]. `fit` logs `loss` and its parts `l2`, `perceptual`, `identity` and `w_norm`, the
    mean length of the offsets. Source: Richardson et al. (2021), eq. 1 to 5.

    mean: the mean style (latent,) that offsets start from. seen: a network from pictures in [0, 1]
    to {name: activations}. recogniser: from pictures in [0, 1] to unit vectors.
    """

    def __init__(self, encoder, synthesis, mean, seen, recogniser, weights=Weights()):
        super().__init__()
        self.encoder, self.synthesis, self.seen = encoder, synthesis, seen
        self.recogniser, self.weights_of_losses = recogniser, weights
        self.mean = ops.convert_to_tensor(mean, "float32")
        for frozen in filter(None, (synthesis, seen, recogniser)):
            frozen.trainable = False
        self.built = True

    @property
    def settings(self):
        """What makes another training of it, for `fit`."""
        return (self.weights_of_losses,)

    def styles(self, source, training=False):
        """Styles (N, styles, latent) of sources."""
        return self.mean + self.encoder(source, training=training)

    def call(self, source, training=False):
        """Pictures (N, side, side, 3), about -1 to 1."""
        return self.synthesis(self.styles(source, training), training=False)  # with kept noise

    def losses_of(self, offsets, made, target):
        """{name: value} of the parts that count."""
        w, told = self.weights_of_losses, {}
        if w.l2:
            means = ops.average_pool(made - target, w.pool, padding="valid")
            told["l2"] = ops.mean(means**2)
        both = ops.clip(ops.concatenate([made, target]) / 2 + 0.5, 0, 1)
        if w.perceptual:
            layers = [ops.split(layer, 2) for layer in self.seen(both).values()]
            told["perceptual"] = sum(perceptual_distance(*pair) for pair in layers)
        if w.identity:
            told["identity"] = identity_loss(*ops.split(self.recogniser(both), 2))
        if w.w_norm:
            told["w_norm"] = ops.mean(ops.sqrt(ops.sum(offsets**2, axis=(1, 2)) + 1e-8))
        return told

    def weighed(self, told):
        """The loss: the parts' weighted sum."""
        return sum(getattr(self.weights_of_losses, name) * part for name, part in told.items())

    def train_step(self, data):
        """One step of the encoder."""
        source, target = data
        with tf.GradientTape() as tape:
            offsets = self.encoder(source, training=True)
            told = self.losses_of(offsets, self.synthesis(self.mean + offsets), target)
            loss = self.weighed(told)
        variables = self.encoder.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss} | told


def seen():
    """What the perceptual loss looks through: ImageNet's features where they are, else the course's.

    EfficientNet-lite0's first stages take a twentieth of the time of VGG-16's first blocks.
    """
    if imagenet.EFFICIENTNET.is_there():
        return efficientnet.load(("stage1", "stage2", "stage3"))
    return features.network("course", ("block1_conv2", "block2_conv2", "block3_conv2"))


def build(task, synthesis, mean, recogniser, s=None, steps=None) -> PSp:
    """A compiled `PSp` for a task of `data.psp.CHANNELS`; its rate falls to 0 along a cosine."""
    s = s or SHIPPED[task]
    model = PSp(psp.encoder(s.network), synthesis, mean, seen(), recogniser, s.weights)
    rate = CosineDecay(s.learning_rate, steps) if steps else s.learning_rate
    model.compile(Muon(rate, 0.9), jit_compile=False)
    return model


def train(example, task, steps, seed, parts, s=None, batch=8, folder=None, callbacks=()) -> PSp:
    """A `PSp`, trained; `parts`: (synthesis, mean, recogniser). See `fit` for the rest."""
    profile.set_seeds(seed)
    model = build(task, *parts, s, steps)
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)


class Search:
    """Finds styles that paint a picture by gradients, without an encoder; `step` serves all pictures.

    All styles begin at the mean and move by Adam towards smaller L2 and perceptual distance, as
    much as inversion counts them. Source: Abdal, Qin and Wonka (2019), "Image2StyleGAN",
    algorithm 1, which takes 5,000 steps.
    """

    def __init__(self, synthesis, mean, rate=0.05):
        self.model = PSp(None, synthesis, mean, seen(), None, Weights(identity=0.0))
        self.styles = keras.Variable(ops.tile(mean, (1, synthesis.input_shape[1], 1)))
        self.optimizer = FusedAdam(rate)
        self.optimizer.build([self.styles])
        self.begin = [(v, v.numpy()) for v in (self.styles, *self.optimizer.variables)]

    def __call__(self, target, steps=200):
        """Styles (styles, latent) that paint a target (side, side, 3) in [0, 1]."""
        for variable, value in self.begin:
            variable.assign(value)
        wanted = ops.convert_to_tensor(images.to_signed(target)[None])
        for _ in range(steps):
            self.step(wanted)
        return self.styles.numpy()[0]

    @tf.function
    def step(self, wanted):
        """Move the styles once towards a target (1, side, side, 3) in [-1, 1]."""
        with tf.GradientTape() as tape:
            made = self.model.synthesis(self.styles)
            loss = self.model.weighed(self.model.losses_of(self.styles, made, wanted))
        self.optimizer.apply(tape.gradient(loss, [self.styles]), [self.styles])
