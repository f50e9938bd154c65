"""People who don't exist, from every side: photograph, regions, landmarks, depth, and a sketch.

`identity(seed)` is who a person is, `conditions(seed)` how that person is seen; `render` draws the
two. Head, ears, hair and shoulders are surfaces that rays meet (`face_shape`), painted by region in
coordinates that turn with the head (`face_paint`, `face_hair`), then lit (`face_light`). Everything
is drawn at twice the resolution and averaged.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context

import cv2
import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.faces import light as face_light
from drawn_worlds.faces import sketches
from drawn_worlds.faces import wear as face_wear
from drawn_worlds.faces.people import Conditions, Identity, conditions, identity, with_conditions
from drawn_worlds.faces.scene import Scene
from drawn_worlds.faces.wear import LANDMARKS

__all__ = [
    "CLASSES",
    "LANDMARKS",
    "PALETTE",
    "Conditions",
    "Face",
    "Identity",
    "conditions",
    "face",
    "identity",
    "render",
    "with_conditions",
]

CLASSES = (
    "background",
    "skin",
    "hair",
    "brow",
    "eye",
    "nose",
    "mouth",
    "ear",
    "neck",
    "clothes",
    "glasses",
    "beard",
    "headwear",
)
PALETTE = (
    np.array(
        [
            [222, 222, 222],
            [244, 190, 150],
            [92, 58, 32],
            [40, 30, 30],
            [60, 130, 220],
            [255, 150, 90],
            [214, 40, 60],
            [200, 110, 150],
            [180, 140, 90],
            [70, 110, 80],
            [20, 20, 120],
            [130, 100, 20],
            [150, 60, 170],
        ],
        np.float32,
    )
    / 255
)
SMALLEST, LARGEST = 32, 512


@dataclass(frozen=True, eq=False)
class Face:
    """One person under some conditions.

    `photo` float32 (S, S, 3) in [0, 1]; `regions` int32 (S, S), 0 to 12 as in `CLASSES`;
    `landmarks` float32 (K, 2), column and row in pixels, as `LANDMARKS` names them, and `visible`
    bool (K,), False where the head itself hides one; `depth` float32 (S, S), how near the
    surface is, in units of about 10 cm, -9 for the background; `normals` float32 (S, S, 3), x to
    the right, y up, z to the viewer, 0 for the background; `flow` float32 (S, S, 2), which way
    hair runs, x to the right, y up, 0 elsewhere. `frontal`, the same person in the same conditions
    from the front, and `sketch`, float32 (S, S), black (0) on white paper (1), are drawn when
    first asked for. So is everything but photo and regions.
    """

    identity: Identity
    conditions: Conditions
    photo: np.ndarray
    regions: np.ndarray
    scene: Scene = field(repr=False)  # on the raster of twice the resolution

    @cached_property
    def depth(self) -> np.ndarray:
        return self.scene.z[1::2, 1::2].copy()

    @cached_property
    def normals(self) -> np.ndarray:
        return self.scene.normals()[1::2, 1::2].copy()

    @cached_property
    def flow(self) -> np.ndarray:
        return self.scene.flow()[1::2, 1::2].copy()

    @cached_property
    def landmarks(self) -> np.ndarray:
        return self._marked[0] / 2

    @cached_property
    def visible(self) -> np.ndarray:
        return self._marked[1]

    @cached_property
    def _marked(self):
        return face_wear.landmarks(self.scene)

    @cached_property
    def frontal(self) -> Face:
        straight = with_conditions(self.conditions, yaw=0.0, pitch=0.0, roll=0.0)
        return render(self.identity, straight, len(self.photo))

    @cached_property
    def sketch(self) -> np.ndarray:
        return sketches.sketch(self)


def render(who: Identity, seen: Conditions, size: int = 64) -> Face:
    """Draw a person under some conditions; `size` is the side in pixels, 32 to 512.

    The same two are the same picture at every size, in more detail in a larger one.
    Raises TypeError for a size that is no integer, ValueError for one out of range.
    """
    check(SMALLEST, LARGEST, size)
    scene = Scene(who, seen, 2 * int(size))
    rng = np.random.default_rng((seen.seed, 303))
    light = face_light.lit(scene, seen, face_light.backdrop(seen, scene.camera.side, rng))
    face_wear.put_on_glasses(scene, light)
    picture = cv2.merge(
        [cv2.resize(plane, (size, size), interpolation=cv2.INTER_AREA) for plane in light]
    )
    return Face(who, seen, face_light.develop(picture), _regions(scene.region), scene)


def face(seed: int, size: int = 64, **chosen) -> Face:
    """The person of a seed under the conditions of the same seed; `chosen`, such as yaw=0, are set.

    Raises what `identity`, `conditions` and `render` raise.
    """
    return render(identity(seed), conditions(seed, **chosen), size)


def pool_of(workers: int) -> ProcessPoolExecutor:
    """Processes that draw, each with one thread: a new process reads the variable, this one not."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return ProcessPoolExecutor(workers, get_context("spawn"), cv2.setNumThreads, (1,))


def _regions(fine):
    """The second smallest of each four pixels' regions: the most frequent one, or the lower."""
    four = fine[::2, ::2], fine[::2, 1::2], fine[1::2, ::2], fine[1::2, 1::2]
    low, high = np.minimum(four[0], four[1]), np.maximum(four[0], four[1])
    other, top = np.minimum(four[2], four[3]), np.maximum(four[2], four[3])
    second = np.minimum(np.maximum(low, other), np.minimum(high, top))
    return second.astype(np.int32)
