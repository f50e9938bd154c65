"""The three networks of lesson 03: how each is trained, for either direction."""

from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import profile
from ..data import face_sketch as data
from ..data.pairs import Jitter
from ..losses import structural_dissimilarity
from ..models import face_sketch as models
from ..settings import settings
from . import cyclegan, pix2pix
from .fit import fit
from .optimizers import FusedAdam


@settings
class Settings:
    """What `train_autoencoder` builds and how it learns: MAE + structure · (1 - SSIM)."""

    generator: models.Autoencoder = models.Autoencoder()
    learning_rate: float = 2e-3
    structure: float = 0.5

    @property
    def side(self):
        return self.generator.side


SHIPPED = {
    "autoencoder": Settings(generator=models.SHIPPED["autoencoder"]),
    "pix2pix": pix2pix.SHIPPED,
    "cyclegan": cyclegan.SHIPPED,
}
QUICK = SHIPPED | {"cyclegan": cyclegan.QUICK}  # what the reader watches, and for real people
FULL = {
    "autoencoder": Settings(generator=models.Autoencoder(side=256, width=64)),
    "pix2pix": pix2pix.FULL,
    "cyclegan": cyclegan.FULL,
}
STEPS_OF = {"autoencoder": 1, "pix2pix": 2, "cyclegan": 2}  # for each of the autoencoder's


def train_autoencoder(
    example, steps, seed, settings=QUICK["autoencoder"], batch=4, folder=None, callbacks=()
):
    """An autoencoder trained with `likeness`; arguments as of `pix2pix.train`."""
    profile.set_seeds(seed)
    model = models.autoencoder(**vars(settings.generator))
    rate = CosineDecay(settings.learning_rate, steps)
    model.compile(FusedAdam(rate), likeness(settings.structure))
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)


def likeness(structure):
    """A loss of pictures in [-1, 1]: MAE + structure · (1 - SSIM), both as if in [0, 1].

    The same mean for each picture, (N,).
    """

    def loss(target, made):
        dissimilarity = structural_dissimilarity(target / 2 + 0.5, made / 2 + 0.5)
        mean = ops.mean(ops.abs(target - made)) / 2 + structure * dissimilarity
        return ops.broadcast_to(mean, ops.shape(target)[:1])  # Keras shares it between GPUs

    return loss


def train_both(name, pairs, steps, seed, settings=None, folder=None):
    """(photograph → sketch, sketch → photograph): one of the NETWORKS, trained in both directions.

    pairs: photograph → sketch. The CycleGAN sees them as `data.Strangers`, one training for both
    directions; the others have `steps` for each. folder: for safety copies, as in `fit`.
    """
    settings = settings or QUICK[name]
    if name == "cyclegan":
        strangers = data.Strangers(pairs, settings.side)
        model = cyclegan.train(strangers, steps, seed, settings, folder=folder)
        return tuple(model.averaged or (model.G, model.F))
    networks = []
    for direction, both in (("there", pairs), ("back", data.turned(pairs))):
        example, copies = Jitter(both, settings.side), folder and folder / direction
        if name == "autoencoder":
            made = train_autoencoder(example, steps, seed, settings, folder=copies)
        else:
            kind = "unet_l1_cgan"
            model = pix2pix.train(example, kind, steps, seed, settings, folder=copies)
            made = model.averaged or model.generator
        networks.append(made)
    return tuple(networks)
