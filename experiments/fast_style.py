"""The training of a network that repaints in one pass, and what it learns to repaint."""

import functools
import os

import cv2
import keras
import numpy as np

from course_utils import images, profile
from course_utils.data.photographs import photographs
from course_utils.models import features
from course_utils.models.fast_style import MARGIN, STYLES, fast_style, repaint, shares
from course_utils.training.fast_style import UNSEEN, FastStyle
from course_utils.training.fit import fit
from course_utils.training.optimizers import Muon
from course_utils.training.schedules import warm_cosine
from course_utils.training.style import Repainting, in_colours_of
from drawn_worlds import faces, painters, streets
from drawn_worlds import houses as facades

from .features import relit

SIDE, BATCH, STEPS, RATE = 128, 4, 5_000, 5e-3  # a crop's side
WHOLE, DRAWN_SIDE = 256, 512  # of a painting, of what is cut
BETA, SCALE = {"waves": 15.0, "glass": 1.5, "woodcut": 50.0}, 1.5  # of style; of its strokes
LAYERS = (*features.PAPER[:4], "block4_conv2")  # a crop has too few places in the fifth block
DRAWN = {"people": 80, "houses": 60, "streets": 60, **dict.fromkeys(painters.STYLES, 6)}


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
        world(5_000_000 + number, DRAWN_SIDE).photo.clip(0, 1)
        if world
        else painters.paint(kind, 5000 + number, DRAWN_SIDE)
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
            for number, picture in enumerate(photographs(DRAWN_SIDE))
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


def in_half(network):
    """The same feature network, computed in bfloat16: half the time; its answers are float32."""

    def half(layer):
        if not isinstance(layer, keras.layers.Layer):  # an operation, such as a slice
            return layer
        return type(layer).from_config(layer.get_config() | {"dtype": "mixed_bfloat16"})

    copy = keras.models.clone_model(network, clone_function=half)
    copy.set_weights(network.get_weights())
    outputs = {name: keras.ops.cast(found, "float32") for name, found in copy.output.items()}
    whole = keras.Model(copy.input, outputs, name=network.name)
    whole.trainable = False
    return whole


def train(feature_network, paintings, contents, steps=STEPS, seed=0, folder=None, callbacks=()):
    """A `fast_style` network for paintings {name: (H, W, 3) in [0, 1]}.

    contents: draws what to repaint, such as `Contents()`. folder: for safety copies, see `fit`.
    """

    def example(rng):
        return *contents(rng), np.eye(len(paintings), dtype=np.float32)[
            rng.integers(len(paintings))
        ]

    profile.set_seeds(seed)
    feature_network = in_half(feature_network)
    aims = [
        Repainting(feature_network, None, picture, "noise", WHOLE, beta=BETA[name], scale=SCALE)
        for name, picture in paintings.items()
    ]
    seen = np.stack([images.centre_square(picture, WHOLE) for picture in paintings.values()])
    model = FastStyle(fast_style(paintings=seen, styles=len(seen)), aims)
    model.compile(Muon(warm_cosine(steps, RATE, 1 / 16)), jit_compile=False)
    fit(model, example, steps, BATCH, seed, folder, callbacks=callbacks)
    return model.painter


def beside_optimised(network, feature_network, name, evaluations=80):
    """Yields for each photograph UNSEEN (repainted in one pass, a `Repainting` that was optimised)."""
    painting, all_of_it = painted(name), shares(name)
    for photograph in photographs()[list(UNSEEN)]:
        content = in_colours_of(painting, photograph)
        aim = Repainting(feature_network, content, painting, beta=BETA[name], scale=SCALE)
        yield repaint(network, photograph[None], all_of_it)[0], aim.lbfgs(evaluations)


def painted(name):
    """The painting of one of the STYLES, (512, 512, 3) in [0, 1]."""
    return painters.paint(name, STYLES[name], 512)
