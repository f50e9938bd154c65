"""The three networks of lesson 03: how each is trained, for either direction."""

from keras import ops
from keras.optimizers.schedules import CosineDecay

from .. import profile
from ..data import face_sketch as data
from ..data.pairs import Jitter
from ..losses import structural_dissimilarity
from ..models import face_sketch as models
from ..models.face_sketch import NETWORKS, SHIPPED_SHAPES
from . import cyclegan, pix2pix
from .fit import fit
from .optimizers import FusedAdam
from .settings import chosen

SETTINGS = {
    "autoencoder": SHIPPED_SHAPES["autoencoder"] | {"learning_rate": 2e-3},
    "pix2pix": pix2pix.QUICK
    | SHIPPED_SHAPES["pix2pix"]
    | {"l1": 25.0, "learning_rate": 6e-4, "optimizer": FusedAdam},
    "cyclegan": cyclegan.QUICK,
}
FULL = {
    "autoencoder": {"side": 256, "width": 64},
    "pix2pix": pix2pix.FULL,
    "cyclegan": cyclegan.FULL,
}
STEPS_OF = {"autoencoder": 1, "pix2pix": 2, "cyclegan": 2}  # for each of the autoencoder's


def settings(dataset: str, profile: str = "quick") -> dict:
    """{network: its settings} for a lesson's data set and profile.

    Drawn people have 64 pixels a side, others 128, but for CycleGAN, which is the slowest; "full"
    takes the papers' sizes.
    """
    if profile == "full":
        return {name: SETTINGS[name] | FULL[name] for name in NETWORKS}
    larger = {"side": 128} if dataset != "synthetic" else {}
    return {name: SETTINGS[name] | (larger if name != "cyclegan" else {}) for name in NETWORKS}


def train_autoencoder(
    example, steps, seed, batch=4, folder=None, callbacks=(), structure=0.5, **settings
):
    """An autoencoder trained with `likeness`; arguments as of `pix2pix.train`."""
    profile.set_seeds(seed)
    s = chosen(SETTINGS["autoencoder"], **settings)
    model = models.autoencoder(s["side"], s["width"])
    model.compile(FusedAdam(CosineDecay(s["learning_rate"], steps)), likeness(structure))
    return fit(model, example, steps, batch, seed, folder, callbacks=callbacks)


def likeness(structure):
    """A loss of pictures in [-1, 1]: MAE + structure · (1 - SSIM), both as if in [0, 1]."""

    def loss(target, made):
        dissimilarity = structural_dissimilarity(target / 2 + 0.5, made / 2 + 0.5)
        return ops.mean(ops.abs(target - made)) / 2 + structure * dissimilarity

    return loss


def train_both(name, pairs, steps, seed, folder=None, **settings):
    """(photograph → sketch, sketch → photograph): one of the NETWORKS, trained in both directions.

    pairs: photograph → sketch. The CycleGAN sees them as `data.Strangers`, one training for both
    directions; the others have `steps` for each. folder: for safety copies, as in `fit`.
    """
    s = chosen(SETTINGS[name], **settings)
    if name == "cyclegan":
        strangers = data.Strangers(pairs, s["side"])
        model = cyclegan.train(strangers, steps, seed, folder=folder, **s)
        return model.there, model.back
    networks = []
    for direction, both in (("there", pairs), ("back", data.turned(pairs))):
        example, copies = Jitter(both, s["side"]), folder and folder / direction
        if name == "autoencoder":
            networks.append(train_autoencoder(example, steps, seed, folder=copies, **s))
        else:
            trained = pix2pix.train(example, "unet_l1_cgan", steps, seed, folder=copies, **s)
            networks.append(trained.generator)
    return tuple(networks)
