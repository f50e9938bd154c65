"""Smooth noise that is the same at every resolution: one periodic tile, looked up at places."""

from functools import lru_cache

import cv2
import numpy as np

LUMPS, PIXELS = 64, 8  # lumps along a side of the tile, and pixels along a lump


@lru_cache(1)
def tile():
    """Periodic noise (512, 512), mean 0 and deviation 1, which all landscapes look up."""
    coarse = np.random.default_rng(5).standard_normal((LUMPS, LUMPS), dtype=np.float32)
    around = np.pad(coarse, 4, mode="wrap")
    fine = cv2.resize(around, None, fx=PIXELS, fy=PIXELS, interpolation=cv2.INTER_CUBIC)
    fine = fine[4 * PIXELS : -4 * PIXELS, 4 * PIXELS : -4 * PIXELS]
    return np.ascontiguousarray((fine - fine.mean()) / fine.std())


class Noise:
    """Noise of one landscape; each call looks at another part of the tile."""

    def __init__(self, rng):
        self.rng = rng

    def __call__(self, x, y, lump):
        """Noise float32 at places `x`, `y` (h, w); `lump` is the length of its lumps, or two."""
        wide, high = np.broadcast_to(lump, 2)
        offset = self.rng.uniform(0, LUMPS, 2)
        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
        across, down = (
            np.float32(place) * np.float32(PIXELS / length) + np.float32(PIXELS * start)
            for place, length, start in ((x, wide, offset[0]), (y, high, offset[1]))
        )
        side = np.float32(LUMPS * PIXELS)
        across -= side * np.floor(across / side)  # cv2.remap knows no places beyond 32,767
        down -= side * np.floor(down / side)
        across, down = (
            np.ascontiguousarray(np.broadcast_to(part, shape), np.float32)
            for part in (across, down)
        )
        return cv2.remap(tile(), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)

    def octaves(self, x, y, lump, count, finest=0.0, gain=0.5):
        """A sum of noises, each of half the lumps and `gain` of the strength of the one before.

        Lumps that are smaller than `finest`, a number or an array, fade away.
        """
        total, strength = 0.0, 1.0
        for _ in range(count):
            here = self(x, y, lump)
            smallest = np.min(lump)
            if np.ndim(finest) or finest:
                here = here * np.clip(smallest / np.float32(finest) - 0.5, 0, 1)
            total = total + np.float32(strength) * here
            lump, strength = np.asarray(lump) / 2, strength * gain
        return total
