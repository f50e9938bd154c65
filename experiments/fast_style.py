"""The training of a network that repaints in one pass, and what it learns to repaint."""

import functools
import os

import cv2
import numpy as np

from course_utils import images, profile
from course_utils.arguments import RGB, takes
from course_utils.data.photographs import photographs
from course_utils.models.fast_style import MARGIN, fast_style, repaint
from course_utils.training.fast_style import UNSEEN, FastStyle
from course_utils.training.fit import fit
from course_utils.training.optimizers import Muon
from course_utils.training.schedules import warm_cosine
from course_utils.training.style import Repainting, in_colours_of
from drawn_worlds import faces, painters, streets
from drawn_worlds import houses as facades

from .features import relit

SIDE, BATCH, STEPS = 256, 4, 34_600  # minutes on a GPU, most of a day on two cores
SCALE, GAMMA = 1.5, 20.0  # of the strokes; of variation, as the shipped network learned
DRAWN = {
    "people": 200,
    "houses": 120,
    "streets": 120,
    **dict.fromkeys(painters.STYLES, 16),
    "marbling": 6,  # a slow hand
}


@functools.cache
def drawn():
    """Four lists of uint8 (512, 512, 3): people, houses, streets, paintings; as many as DRAWN says.

    Takes minutes, on all cores.
    """
    jobs = [(kind, number) for kind, count in DRAWN.items() for number in range(count)]
    with faces.pool_of(os.cpu_count()) as pool:
        pictures = list(pool.map(_draw, jobs, chunksize=4))
    worlds = {}
    for (kind, _), picture in zip(jobs, pictures, strict=True):
        worlds.setdefault("paintings" if kind in painters.STYLES else kind, []).append(picture)
    return list(worlds.values())


def _draw(job):
    kind, number = job
    world = {"people": faces.face, "houses": facades.facade, "streets": streets.street}.get(kind)
    return images.to_uint8(
        world(5_000_000 + number, 2 * SIDE).photo.clip(0, 1)
        if world
        else painters.paint(kind, 5000 + number, 2 * SIDE)
    )


class Contents:
    """Draws something to repaint, in another place and light: a square in [0, 1] with its margin.

    Three in five are photographs, never those UNSEEN, the others `drawn`: with 17 photographs alone
    a network learns these by heart. For the same reason some are mixed, negative or in each other's
    colours. worlds: lists of uint8 (512, 512, 3), None for `drawn`.
    """

    def __init__(self, worlds=None):
        self.worlds = drawn() if worlds is None else worlds
        self.photographs = [
            images.to_uint8(picture)
            for number, picture in enumerate(photographs(2 * SIDE))
            if number not in UNSEEN
        ]

    def __call__(self, rng):
        picture = self._square(rng)
        if rng.random() < 0.15:  # a second one, through a mask
            mask = cv2.resize(
                rng.random((4, 4), np.float32), picture.shape[:2], None, 0, 0, cv2.INTER_CUBIC
            )[..., None]
            mask = ((mask - 0.5) * rng.uniform(1, 12) + 0.5).clip(0, 1)
            picture = picture * mask + self._square(rng) * (1 - mask)
        if rng.random() < 0.1:
            picture = 1 - picture
        if rng.random() < 0.2:
            picture = picture[..., rng.permutation(3)]
        return (relit(rng, picture ** rng.uniform(0.6, 1.6)),)

    def _square(self, rng):
        """A third of a picture to all of it, half of them turned; float32 in [0, 1]."""
        some = (
            self.photographs if rng.random() < 0.6 else self.worlds[rng.integers(len(self.worlds))]
        )
        whole, side = some[rng.integers(len(some))], SIDE + 2 * MARGIN
        edge = len(whole) * rng.uniform(0.3, 1)
        turn = rng.uniform(-180, 180) if rng.random() < 0.5 else 0
        centre = rng.uniform(edge / 2, len(whole) - edge / 2, 2)
        matrix = cv2.getRotationMatrix2D(centre, turn, side / edge)
        matrix[:, 2] += side / 2 - centre
        square = cv2.warpAffine(
            whole, matrix, (side, side), None, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101
        )
        return np.float32(square[:, :: rng.choice([-1, 1])]) / 255


@takes(style=RGB("h w 3"))
def train(
    feature_network, style, contents, steps=STEPS, seed=0, folder=None, callbacks=(), **weights
):
    """A `fast_style` network for one style picture (H, W, 3); weights: those of `Repainting`.

    contents: draws what to repaint, such as `Contents()`. folder: for safety copies, see `fit`.
    """
    profile.set_seeds(seed)
    aim = Repainting(feature_network, styles=style, start="noise", side=SIDE, **weights)
    model = FastStyle(fast_style(style=style), aim)
    model.compile(Muon(warm_cosine(steps, 1e-2, 1 / 16)), jit_compile=False)
    fit(model, contents, steps, BATCH, seed, folder, callbacks=callbacks)
    return model.feed_forward


def beside_optimised(network, feature_network, style, evaluations=90):
    """Yields for each photograph UNSEEN (repainted in one pass, a `Repainting` that was optimised)."""
    for photograph in photographs()[list(UNSEEN)]:
        content = in_colours_of(style, photograph)
        aim = Repainting(feature_network, content, style, gamma=GAMMA, scale=SCALE)
        yield repaint(network, photograph[None])[0], aim.lbfgs(evaluations)
