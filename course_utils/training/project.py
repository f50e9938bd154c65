"""Lesson 09's training without its pictures."""

from .. import images, profile
from ..data.project import Hazes, View
from ..models.project import SIDE, haze_network, learning
from .fit import fit
from .optimizers import Muon
from .schedules import warm_cosine

BATCH = 8


def train(views, steps: int, seed: int, callbacks=()):
    """A `haze_network` that has learned by L1 from clean views, each time in another haze."""
    profile.set_seeds(seed)
    network = haze_network()
    model = learning(network)
    model.compile(Muon(warm_cosine(steps, 5e-3)), "mae", jit_compile=False)
    fit(model, Hazes(small(views)), steps, BATCH, seed, callbacks=callbacks)
    return network


def small(views) -> list[View]:
    """The views as the network sees them, 32 × 32."""
    shrunk = (images.resize(one.picture, (SIDE, SIDE)) for one in views)
    return [View(one.id, each, one.source, "") for one, each in zip(views, shrunk, strict=True)]
