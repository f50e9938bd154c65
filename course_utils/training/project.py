"""Lesson 09's training without its pictures."""

from .. import images
from ..data.folders import Photograph
from ..data.project import Hazes
from ..models.project import SIDE, learning
from .fit import fit
from .optimizers import Muon
from .schedules import warm_cosine

BATCH, PEAK = 8, 8e-3


def train(network, views, steps: int, seed: int, callbacks=(), folder=None):
    """Teach a `haze_network` by L1, with clean views that are in another haze each time."""
    model = learning(network)
    model.compile(Muon(warm_cosine(steps, PEAK)), "mae", jit_compile=False)
    return fit(model, Hazes(small(views)), steps, BATCH, seed, folder, callbacks=callbacks)


def small(views) -> list[Photograph]:
    """The views as the network sees them, 32 × 32."""
    shrunk = (images.resize(one.picture, (SIDE, SIDE)) for one in views)
    return [
        Photograph(one.id, each, one.source, "") for one, each in zip(views, shrunk, strict=True)
    ]
