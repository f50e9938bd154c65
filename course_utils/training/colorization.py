"""The trainings of lesson 05: autoencoders, cGANs, colour as classes, and hints."""

from dataclasses import replace
from functools import cached_property

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import images, profile
from ..colour import scaled, unscaled
from ..losses import soft_cross_entropy
from ..models import colorization as models
from ..models import patchgan
from ..settings import settings, with_side
from .fit import fit
from .optimizers import FusedAdam, Muon
from .pix2pix import Pix2Pix

WEIGHTS = ((20, 80), (1, 99), (35, 65), (5, 95))  # adversarial, pixel; the last is our choice


@settings
class Settings:
    """What `train` builds and how it learns.

    discriminator: one of `models.PORTIONS`, or "" without one. weights: of the adversarial and of
    the pixel loss, with a discriminator. squared: L2 in the place of L1, without one. optimizer: a
    class, taken once for each network. momentum: of a GAN's mean, see `Pix2Pix`.
    """

    generator: models.Architecture = models.Architecture()
    discriminator: str = ""
    critic: patchgan.Architecture = patchgan.Architecture()
    weights: tuple[float, float] = WEIGHTS[0]
    squared: bool = False
    learning_rate: float = 2e-4
    optimizer: type[keras.optimizers.Optimizer] = FusedAdam
    momentum: float = 0.0
    batch: int = 1

    @property
    def side(self):
        return self.generator.side


def _shipped(name, **more):
    critic = patchgan.Architecture(width=48, cap=4, norm=False)
    learns = {"critic": critic, "learning_rate": 1e-3, "optimizer": Muon, "momentum": 0.998}
    return Settings(generator=models.SHIPPED[name], **learns | more)


SHIPPED = {
    "autoencoder": _shipped("autoencoder", batch=4),
    "gan": _shipped("gan", discriminator="d4", weights=WEIGHTS[3]),
    "classes": _shipped("classes", batch=4),
    "hints": _shipped("hints", batch=4),
}
QUICK = {  # what the reader watches: smaller, and the last weights, not their mean
    name: replace(with_side(each, 64), momentum=0.0) for name, each in SHIPPED.items()
}
TUNED = {  # for a few photographs: a shipped network learns on, slowly
    name: replace(each, learning_rate=3e-4, momentum=0.0) for name, each in SHIPPED.items()
}
FULL = {
    "autoencoder": Settings(batch=16),
    "gan": Settings(discriminator="d8"),
    "classes": Settings(generator=models.Architecture(colours="classes"), batch=16),
    "hints": Settings(generator=models.Architecture(hints=True), batch=16),
}


class Colours:
    """Draws training examples: `colours(rng)` is (grey, its colours), mirrored every second time.

    items: with `.picture`, (H, W, 3) RGB in [0, 1] of any square size, `.knows_object`, and for
    hints `.ambiguous`. Of a photograph, which knows no object, each example is a `piece`. An object
    that is known to be whole gets other colours each time for hints, see `turned`. architecture: of
    the generator that learns from them. The source is (side, side, 1), L in [-1, 1], or (side, side, 4)
    with hints as `simulated`; the target (side, side, 2), a and b in [-1, 1], or (side, side, 3)
    for a generator of "rgb". Raises ValueError if there is no item.
    """

    def __init__(self, items, architecture):
        if not items:
            raise ValueError("There is no picture to learn from; give at least one.")
        self.items, self.architecture, self._labs = items, architecture, {}

    def lab(self, number):
        """L, a and b of an item (side, side, 3), all in [-1, 1]; kept in float16."""
        if number not in self._labs:
            side = self.architecture.side
            picture = images.to_float(self.items[number].picture)
            if picture.shape[:2] != (side, side):
                picture = images.resize(picture, (side, side))
            self._labs[number] = scaled(images.rgb_to_lab(picture)).astype(np.float16)
        return self._labs[number].astype(np.float32)

    def piece(self, number, rng):
        """As `lab`, of a random square of a picture, half its side at least."""
        picture, side = images.to_float(self.items[number].picture), self.architecture.side
        edge = int(rng.integers(len(picture) // 2, len(picture) + 1))
        top, left = rng.integers(len(picture) - edge + 1, size=2)
        cut = images.resize(picture[top : top + edge, left : left + edge], (side, side))
        return scaled(images.rgb_to_lab(cut))

    def mask(self, number):
        """What is ambiguous in an item, (side, side) bool."""
        size = (self.architecture.side,) * 2
        return images.resize(self.items[number].ambiguous.astype(np.uint8), size, labels=True) > 0

    @cached_property
    def class_weights(self):
        """`models.class_weights` of 500 of the pictures, evenly taken."""
        chosen = np.linspace(0, len(self.items) - 1, min(500, len(self.items))).astype(int)
        coarse = [_coarse(self.lab(number)[None, ..., 1:]) for number in chosen]
        return models.class_weights(np.concatenate(coarse) * models.AB)

    def __call__(self, rng):
        number, turn = int(rng.integers(len(self.items))), rng.choice([-1, 1])
        whole = self.items[number].knows_object
        lab = (self.lab(number) if whole else self.piece(number, rng))[:, ::turn]
        source, target = lab[..., :1], lab[..., 1:]
        if self.architecture.hints:
            mask = self.mask(number)[:, ::turn]
            if whole:
                target = turned(target, mask, rng.uniform(0, 2 * np.pi))
            places = (np.argwhere(mask) + 0.5) / len(mask)
            source = np.concatenate([source, simulated(target, rng, places)], axis=-1)
        if self.architecture.colours == "rgb":
            target = images.to_signed(images.lab_to_rgb(unscaled(lab)))
        return source, target


def turned(ab, mask, angle):
    """Other colours for what is in `mask` (side, side) bool: a and b (side, side, 2), turned in radians.

    An object whose colour nobody can tell has any: no network can learn it by heart, it must ask.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    return np.where(mask[..., None], ab @ np.float32([[cos, -sin], [sin, cos]]), ab)


def simulated(ab, rng, places=()):
    """A plane of hints (side, side, 3), see `models.reveal`, as a person may give them: few and small.

    ab: the true colours (side, side, 2) in [-1, 1]. Of n hints, n = 0 has a share of 1/8, n + 1
    7/8 of that of n (a geometric distribution); the places are Gaussian around the middle, σ a
    quarter of the side; squares have 1 to 9 pixels where the side has 256; each shows its mean.
    Every hundredth plane shows all. Source: Zhang et al. (2017), section 3.1.
    Ours: every second plane has one hint more, in one of `places`, (n, 2), y and x from 0 to 1, such as
    those of an object whose colour nobody can tell: that is where people click.
    """
    side = len(ab)
    if rng.random() < 0.01:
        return np.concatenate([ab, np.ones_like(ab[..., :1])], axis=-1)
    plane = np.zeros((side, side, 3), np.float32)
    spots = rng.normal(0.5, 0.25, (rng.geometric(1 / 8) - 1, 2)).clip(0, 1 - 1 / side)
    if len(places) and rng.random() < 0.5:
        spots = [*spots, rng.choice(places)]
    for y, x in spots:
        size = int(rng.integers(1, max(1, 9 * side // 256) + 1))
        mask = models.reveal(np.zeros_like(plane), y, x, (0, 0), size)[..., 2] > 0
        models.reveal(plane, y, x, models.AB * ab[mask].mean(axis=0), size)
    return plane


def classes_loss(weights):
    """A loss of a and b (N, H, W, 2) in [-1, 1] and logits of bins (N, H/4, W/4, Q).

    Each square of pixels has the classes of its mean, and the weight of the nearest: `weights` (Q,).
    The same mean for each picture, (N,).
    """

    def loss(target, logits):
        ab = _coarse(target) * models.AB  # (N, H/4, W/4, 2)
        counts = ops.take(ops.convert_to_tensor(weights), models.nearest(ab))
        mean = soft_cross_entropy(models.soft_classes(ab), logits, counts)
        return ops.broadcast_to(mean, ops.shape(target)[:1])  # Keras shares it between GPUs

    return loss


def _coarse(ab):
    """The mean of each square of pixels that classes are told for."""
    return ops.average_pool(ab, models.COARSE)


def build(settings, steps=None, class_weights=None):
    """A compiled model as `settings` say: a `Pix2Pix` with a discriminator, else the network itself.

    steps: over these the learning rate falls to 0 along a cosine; None: it stays.
    """
    s, network = settings, models.generator(**vars(settings.generator))
    rate = CosineDecay(s.learning_rate, steps) if steps else s.learning_rate
    if s.discriminator:
        planes = network.input_shape[-1] + network.output_shape[-1]
        judge = models.portions(s.discriminator, s.side, planes, s.critic)
        adversarial, pixel = s.weights
        model = Pix2Pix(network, judge, pixel, adversarial, s.momentum)
        model.compile(*(s.optimizer(rate, 0.5) for _ in range(2)))
        return model
    loss = "mse" if s.squared else "mae"
    if s.generator.colours == "classes":
        loss = classes_loss(class_weights)
    network.compile(s.optimizer(rate), loss, jit_compile=False)
    return network


def train(example, steps, seed, settings, folder=None, callbacks=(), every=200, begin=None):
    """A network that colours, trained on `Colours`: of a GAN the mean generator, if it has one.

    Both learning rates fall to 0 along a cosine. folder, every: safety copies, see `fit`; without a
    folder a stopped training starts anew. begin: a network of the same architecture, whose weights
    the one that colours has at first.
    """
    profile.set_seeds(seed)
    classes = settings.generator.colours == "classes"
    model = build(settings, steps, example.class_weights if classes else None)
    if begin is not None:
        for each in (getattr(model, "generator", model), network_of(model)):
            each.set_weights(begin.get_weights())
    return network_of(fit(model, example, steps, settings.batch, seed, folder, every, callbacks))


def network_of(model):
    """The network that colours, of a model of `build`, in a training or after it."""
    return (model.averaged or model.generator) if isinstance(model, Pix2Pix) else model
