"""Rays of the drawn tables: what the camera sees of a solid, and what hides the lamp from it.

The camera looks down on the table in an oblique parallel view. X runs to the right, Y towards the
camera and Z upwards, in sides of the picture, of which the middle shows the origin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from drawn_worlds.shapes.paint import length


class Thing(NamedTuple):
    """A solid in its place: local places times `size`, turned by `turn` (3, 3), are moved to
    `centre` (3,); `kind` is its number in `CLASSES`."""

    kind: int
    body: object
    centre: np.ndarray
    turn: np.ndarray
    size: float

    def local(self, x, y, z):
        """Places of the table's axes, three arrays, in the thing's own."""
        return times(
            self.turn.T / self.size, *(p - c for p, c in zip((x, y, z), self.centre, strict=True))
        )

    def world(self, x, y, z):
        """Places of the thing's own axes, three arrays, in the table's."""
        moved = times(self.size * self.turn, x, y, z)
        return tuple(p + float(c) for p, c in zip(moved, self.centre, strict=True))

    def corners(self):
        """The corners (8, 3) of a box that holds the thing."""
        low, high = self.body.low, self.body.high
        box = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, 8)
        return (self.centre[:, None] + self.size * self.turn @ box).T


class View(NamedTuple):
    """A parallel view of `side` pixels from above: `sine` and `cosine` of its elevation."""

    side: int
    sine: float
    cosine: float

    def place(self, corners):
        """Columns and rows (n, 2), in sides, at which places (n, 3) are seen."""
        return np.stack(
            [corners[:, 0] + 0.5, corners[:, 1] * self.sine - corners[:, 2] * self.cosine + 0.5], 1
        )

    def plane(self, left, top, right, bottom):
        """Three arrays: where the rays of a box of pixels cross the plane of the picture."""
        x, y = (
            (np.arange(first, last, dtype=np.float32) + 0.5) / self.side - 0.5
            for first, last in ((left, right), (top, bottom))
        )
        x, y = np.meshgrid(x, y)
        return x, y * self.sine, -y * self.cosine


class Seen(NamedTuple):
    """What a view shows of a thing in the box whose first pixel is `left`, `top`: `mask` bool
    (h, w), `depth` towards the camera (h, w), and the local places, three arrays (h, w)."""

    left: int
    top: int
    mask: np.ndarray
    depth: np.ndarray
    places: tuple


def cast(thing, view, steps=22):
    """What a view shows of a thing: rays step by the distance to it until they touch it."""
    seen = view.place(thing.corners()) * view.side
    (left, top), (right, bottom) = np.floor(seen.min(0)).astype(int), np.ceil(seen.max(0))
    start = thing.local(*view.plane(left, top, int(right) + 1, int(bottom) + 1))
    way = thing.turn.T @ np.float32([0, -view.cosine, -view.sine])
    reach = float(np.linalg.norm(np.maximum(-thing.body.low, thing.body.high)))
    far = -sum(p * float(w) for p, w in zip(start, way, strict=True)) - reach
    for _ in range(steps):
        away = thing.body.distance(*along(start, way, far))
        far += away
    near = np.float32(max(0.016, 0.25 / (view.side * thing.size)))
    return Seen(int(left), int(top), away < near, -far * thing.size, along(start, way, far))


def normals(thing, places, step=0.012):
    """Directions, three arrays, in which the surface faces, on the table's axes."""
    x, y, z = places
    total = [0, 0, 0]
    for way in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        away = thing.body.distance(*(p + step * w for p, w in zip((x, y, z), way, strict=True)))
        total = [t + w * away for t, w in zip(total, way, strict=True)]
    facing = times(thing.turn, *total)
    norm = length(*facing) + np.float32(1e-9)
    return tuple(part / norm for part in facing)


def shadow(thing, places, light, steps=12):
    """How much of the lamp (h, w) is seen past a thing from `places` on the table's axes."""
    start, way = thing.local(*places), thing.turn.T @ light.way
    far = np.full_like(start[0], 0.05)
    lit = np.ones_like(far)
    for _ in range(steps):
        away = thing.body.distance(*along(start, way, far))
        np.minimum(lit, away / (np.float32(light.soft) * far), out=lit)
        far += np.clip(away, 0.05, 0.4)
    lit = np.clip(0.5 + 0.5 * lit, 0, 1)
    return lit * lit * (3 - 2 * lit)


def hidden(views, side):
    """Depth (side, side), and the number of the foremost thing from 1, 0 for the table."""
    depth = np.full((side, side), -np.inf, np.float32)
    owner = np.zeros((side, side), np.int32)
    for number, seen in enumerate(views, start=1):
        spot, inner = clipped(seen, side)
        front = seen.mask[inner] & (seen.depth[inner] > depth[spot])
        depth[spot][front] = seen.depth[inner][front]
        owner[spot][front] = number
    return depth, owner


def clipped(seen, side):
    """Slices of the picture, and of the box, where both meet."""
    pairs = []
    for start, count in zip((seen.top, seen.left), seen.mask.shape, strict=True):
        first, last = max(start, 0), min(max(start + count, 0), side)
        pairs.append(
            (slice(first, max(first, last)), slice(first - start, max(first, last) - start))
        )
    return tuple(zip(*pairs, strict=True))


def times(matrix, x, y, z):
    """Places, three arrays, times a matrix (3, 3)."""
    return tuple(float(a) * x + float(b) * y + float(c) * z for a, b, c in matrix)


def yaw(angle):
    """Turn (3, 3) about the vertical axis."""
    return np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )


def along(start, way, far):
    """Places on rays, three arrays."""
    return tuple(p + float(w) * far for p, w in zip(start, way, strict=True))
