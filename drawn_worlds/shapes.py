"""Things on a table that don't exist: a photograph, and each visible thing with its own number.

Fruit, cups and toys are solids, each given by its signed distance (Hart 1996, "Sphere tracing"):
rays of an oblique parallel view find what each pixel shows, and rays towards the light find the
shadows, so that things hide and shade one another as real ones do. Every number comes from the
seed, so a seed is a source. Lengths are in sides of the picture; X runs to the right, Y towards
the camera and Z upwards; colours are linear light until the film develops them.
"""

from __future__ import annotations

from functools import lru_cache
from numbers import Integral
from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.landscapes.noise import Noise
from drawn_worlds.textures import ink, pick, shaded, tinted

CLASSES = ("table", "apple", "banana", "cup", "ball", "block", "star")
SMALLEST, LARGEST, MOST = 64, 512, 40
SHOWN, LEAST = 0.3, 0.004  # a thing stays if so much of it is seen, and so much of the picture
PLAN = 96  # pixels of the rough view that decides what is seen
TOYS = "#d8342c #e8762c #f0c028 #5aa83c #2f7fc4 #7a4fa8 #e87a9c #2aa198 #e2ddd0 #333a48".split()
WOODS = (
    "#c99a62",
    "#b98450",
    "#8a5a38",
    "#d8b484",
    "#6a4630",
    "#a8764a",
    "#94887a",
    "#4e382c",
    "#a06a4c",
)


class Scene(NamedTuple):
    """One table: `photo` float32 (S, S, 3) in [0, 1]; `labels` int32 (S, S), 0 for the table and
    1 … n for the things; `classes` int32 (n,), thing k+1's number in `CLASSES`, 1 or more."""

    photo: np.ndarray
    labels: np.ndarray
    classes: np.ndarray


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
        return _times(
            self.turn.T / self.size, *(p - c for p, c in zip((x, y, z), self.centre, strict=True))
        )

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


class Light(NamedTuple):
    """`way` (3,) to the lamp or window, its colour `sun`, the `shade`'s (3,), and how `soft`."""

    way: np.ndarray
    sun: np.ndarray
    shade: np.ndarray
    soft: float


def table(seed: int, size: int = 128, things: int | None = None) -> Scene:
    """Draw one table with its things labelled; `size` is the side in pixels, 64 to 512.

    `things` are put on the table, 0 to 40; None lets the seed decide, from 2 to 9. What doesn't
    find a place, or is hidden by others or cut off by more than 70 %, is left out. One seed is the
    same table at every size, in more detail in a larger picture.
    Returns a `Scene`. Raises TypeError for a seed, size or number of things that is no integer,
    ValueError for one out of range.
    """
    _check(seed, size, things)
    layout, paint, film = (np.random.default_rng((int(seed), stream)) for stream in (40, 41, 42))
    view, light, placed = _laid(layout, int(size), things)
    return _drawn(placed, view, light, paint, film)


def _laid(rng, size, things):
    """The view, the light, and the things in their places of which enough is seen."""
    elevation = np.radians(rng.uniform(38, 64))
    view = View(2 * size, float(np.sin(elevation)), float(np.cos(elevation)))
    light, number = _light(rng), 2 + int(8 * rng.beta(1.5, 1.2))
    number = number if things is None else int(things)
    return view, light, _visible(_arranged(rng, view, number), view)


def _check(seed, size, things):
    check(SMALLEST, LARGEST, size, seed)
    if things is None:
        return
    if isinstance(things, bool) or not isinstance(things, Integral):
        raise TypeError(f"things must be a whole number or None, not {things!r}.")
    if not 0 <= things <= MOST:
        raise ValueError(f"things must be 0 to {MOST}, not {things}.")


def _light(rng):
    """A lamp or a window on one side, mostly a little behind the things."""
    high, aside = np.radians(rng.uniform(36, 62)), np.radians(rng.uniform(-50, 30))
    way = [pick(rng, (-1, 1)) * np.cos(high) * np.cos(aside), np.cos(high) * np.sin(aside)]
    sun = ink(pick(rng, ("#fff4e2", "#ffe6c4", "#ffd9a8", "#fbf6ff"))) * rng.uniform(1.0, 1.35)
    shade = ink(pick(rng, ("#b8c8e6", "#c8ccda", "#d2c8c2"))) * rng.uniform(0.62, 0.9)
    return Light(np.float32([*way, np.sin(high)]), sun, shade, float(rng.uniform(0.08, 0.3)))


# ---- where the things lie ------------------------------------------------------------------------


def _arranged(rng, view, count):
    """Up to `count` things that don't run into one another, many close together."""
    usual, cosy = min(1.0, (9 / max(count, 1)) ** 0.5), rng.uniform(0.2, 0.95)
    placed, feet = [], np.zeros((0, 3))
    for _ in range(count):
        kind = int(rng.integers(1, len(CLASSES)))
        body = BODIES[CLASSES[kind]](rng)
        size = usual * np.exp(rng.uniform(*np.log(body.sizes))) / body.reach
        turn = _yaw(rng.uniform(0, 2 * np.pi)) @ body.pose
        own = body.feet * [size, size, size]
        own[:, :2] = own[:, :2] @ turn[:2, :2].T
        spot = _spot(rng, view, own, feet, rng.random() < cosy)
        if spot is not None:
            own[:, :2] += spot
            feet = np.concatenate([feet, own])
            centre = np.float32([*spot, size * body.rise])
            placed.append(Thing(kind, body, centre, np.float32(turn), float(size)))
    return placed


def _spot(rng, view, own, feet, near):
    """A free place (2,) for feet `own` (k, 3), None without; one close to others if `near`."""
    spots = rng.uniform(-0.46, 0.46, (60, 2)) / [1, view.sine]
    if not len(feet):
        return 0.6 * spots[0]
    places = spots[:, None] + own[:, :2]
    apart = np.linalg.norm(places[:, :, None] - feet[:, :2], axis=-1)
    gap = (apart - 0.97 * (own[:, None, 2] + feet[:, 2])).min((1, 2))
    free = np.flatnonzero(gap > 0)
    if not len(free):
        return None
    away = gap + 0.2 * np.linalg.norm(spots * [1, view.sine], axis=1)
    return spots[free[np.argmin(away[free])]] if near else spots[free[0]]


def _visible(placed, view):
    """The things of which enough is seen; the least seen goes first, as it may hide others."""
    rough = view._replace(side=PLAN)
    views = [_cast(one, rough, steps=12) for one in placed]
    while placed:
        _, owner = _hidden(views, PLAN)
        area = np.bincount(owner.ravel(), minlength=len(placed) + 1)[1:]
        whole = np.array([one.mask.sum() for one in views]) * SHOWN
        share = area / np.maximum(whole, LEAST * PLAN**2)
        worst = int(np.argmin(share))
        if share[worst] >= 1:
            break
        placed, views = (part[:worst] + part[worst + 1 :] for part in (placed, views))
    return placed


def _hidden(views, side):
    """Depth (side, side), and the number of the foremost thing from 1, 0 for the table."""
    depth = np.full((side, side), -np.inf, np.float32)
    owner = np.zeros((side, side), np.int32)
    for number, seen in enumerate(views, start=1):
        spot, inner = _clipped(seen, side)
        front = seen.mask[inner] & (seen.depth[inner] > depth[spot])
        depth[spot][front] = seen.depth[inner][front]
        owner[spot][front] = number
    return depth, owner


def _clipped(seen, side):
    """Slices of the picture, and of the box, where both meet."""
    pairs = []
    for start, length in zip((seen.top, seen.left), seen.mask.shape, strict=True):
        first, last = max(start, 0), min(max(start + length, 0), side)
        pairs.append(
            (slice(first, max(first, last)), slice(first - start, max(first, last) - start))
        )
    return tuple(zip(*pairs, strict=True))


# ---- rays ----------------------------------------------------------------------------------------


def _times(matrix, x, y, z):
    """Places, three arrays, times a matrix (3, 3)."""
    return tuple(float(a) * x + float(b) * y + float(c) * z for a, b, c in matrix)


def _yaw(angle):
    """Turn (3, 3) about the vertical axis."""
    return np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )


def _along(start, way, far):
    """Places on rays, three arrays."""
    return tuple(p + float(w) * far for p, w in zip(start, way, strict=True))


def _cast(thing, view, steps=22):
    """What a view shows of a thing: rays step by the distance to it until they touch it."""
    seen = view.place(thing.corners()) * view.side
    (left, top), (right, bottom) = np.floor(seen.min(0)).astype(int), np.ceil(seen.max(0))
    start = thing.local(*view.plane(left, top, int(right) + 1, int(bottom) + 1))
    way = thing.turn.T @ np.float32([0, -view.cosine, -view.sine])
    reach = float(np.linalg.norm(np.maximum(-thing.body.low, thing.body.high)))
    far = -sum(p * float(w) for p, w in zip(start, way, strict=True)) - reach
    for _ in range(steps):
        away = thing.body.distance(*_along(start, way, far))
        far += away
    near = np.float32(max(0.016, 0.25 / (view.side * thing.size)))
    return Seen(int(left), int(top), away < near, -far * thing.size, _along(start, way, far))


def _normals(thing, places, step=0.012):
    """Directions, three arrays, in which the surface faces, on the table's axes."""
    x, y, z = places
    total = [0, 0, 0]
    for way in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        away = thing.body.distance(*(p + step * w for p, w in zip((x, y, z), way, strict=True)))
        total = [t + w * away for t, w in zip(total, way, strict=True)]
    facing = _times(thing.turn, *total)
    length = _length(*facing) + np.float32(1e-9)
    return tuple(part / length for part in facing)


def _shadow(thing, places, light, steps=12):
    """How much of the lamp (h, w) is seen past a thing from `places` on the table's axes."""
    start, way = thing.local(*places), thing.turn.T @ light.way
    far = np.full_like(start[0], 0.05)
    lit = np.ones_like(far)
    for _ in range(steps):
        away = thing.body.distance(*_along(start, way, far))
        np.minimum(lit, away / (np.float32(light.soft) * far), out=lit)
        far += np.clip(away, 0.05, 0.4)
    lit = np.clip(0.5 + 0.5 * lit, 0, 1)
    return lit * lit * (3 - 2 * lit)


# ---- solids: each in a box from `low` to `high`, its signed distance and its paint ----------------


def _mix(first, second, share):
    """From the colours `first` to `second`, each (3,) or (h, w, 3), by `share` (h, w)."""
    step, share = np.asarray(second - first, np.float32), np.clip(share, 0, 1)
    return first + (tinted(share, step) if step.ndim == 1 else shaded(step, np.float32(share)))


def _ramp(value, start, end):
    """0 below `start`, 1 above `end` and a soft step between."""
    share = np.clip((value - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)


def _length(*parts):
    """The length of a way of two or three parts."""
    return np.sqrt(sum(part * part for part in parts))


def _capsule(x, y, z, end, thick):
    """Distance to a rod from the origin to the place `end` (3,)."""
    way = np.float32(end)
    share = np.clip(
        sum(p * float(w) for p, w in zip((x, y, z), way, strict=True)) / (way @ way), 0, 1
    )
    rest = (p - float(w) * share for p, w in zip((x, y, z), way, strict=True))
    return _length(*rest) - np.float32(thick)


def _solid(flat, high, half, round_):
    """Distance to what is `half` high of an outline at distance `flat`, with rounded edges."""
    flat, high = flat + np.float32(round_), np.abs(high) - np.float32(half - round_)
    outside = _length(np.maximum(flat, 0), np.maximum(high, 0))
    return outside + np.minimum(np.maximum(flat, high), 0) - np.float32(round_)


class Body:
    """A solid of local places: `reach` half its length, `rise` its origin's height above the table,
    `feet` (k, 3) circles x, y, radius that it takes up there, `pose` (3, 3) how it leans, `sizes` the least and the most of `reach` in sides."""

    reach, rise, gloss = 1.0, 1.0, 0.5
    low, high = -np.ones(3), np.ones(3)
    feet, pose = np.array([[0, 0, 1.0]]), np.eye(3)
    sizes = (0.068, 0.14)


class Apple(Body):
    """Red, green or yellow, with a stem, sometimes a leaf, leaning a little."""

    low, high = np.array([-1.05, -1.05, -0.72]), np.array([1.05, 1.05, 1.05])
    kinds = (("#b3202a", "#d9a03c"), ("#8f1626", "#b8342c"), ("#7fae36", "#a8c44c"))
    kinds += (("#d8362c", "#a8b848"), ("#e0b83c", "#d8682c"), ("#c42832", "#e8c860"))

    def __init__(self, rng):
        self.skin = [ink(code) for code in pick(rng, self.kinds)]
        self.taper, self.leaf = rng.uniform(0.08, 0.22), rng.random() < 0.4
        self.stem = np.array([*rng.uniform(-0.16, 0.16, 2), 0.5])
        lean, way = abs(rng.normal(0, 0.25)), _yaw(rng.uniform(0, 2 * np.pi))
        tilt = np.array(
            [[1, 0, 0], [0, np.cos(lean), -np.sin(lean)], [0, np.sin(lean), np.cos(lean)]]
        )
        self.pose, self.rise = way @ tilt @ way.T, 0.62 + 0.36 * np.sin(lean)

    def distance(self, x, y, z):
        flesh = self._flesh(x, y, z)
        away = np.minimum(flesh, _capsule(x, y, z - np.float32(0.4), self.stem, 0.05))
        return np.minimum(away, self._leaf(x, y, z)) if self.leaf else away

    def _flesh(self, x, y, z):
        out = _length(x, y) * (1 - np.float32(self.taper) * (z - 0.2))
        return 0.93 * (_length(out - 0.38, z) - 0.62)

    def _leaf(self, x, y, z):
        x, y, z = x - 0.42, y - 0.04, z - 0.72
        z = z + 0.5 * x * x - 0.25 * y * y
        away = _length(x / 0.38, y / 0.18, z / 0.04)
        return (away - 1) * 0.04 * np.maximum(1, 0.8 * away) ** 0.5

    def paint(self, noise, x, y, z):
        turn, flesh = np.arctan2(y, x), self._flesh(x, y, z)
        streaks = noise(turn, z, (0.11, 1.5)) + 0.5 * noise(turn, z, (0.05, 0.8))
        blush = 0.5 * noise(x, y + z, 1.3) + 0.28 * streaks
        colour = _mix(*self.skin, 0.35 + 0.45 * blush)
        out = _length(x, y)
        colour = _mix(
            colour, ink("#8f9440"), 0.8 * _ramp(0.36 + 0.1 * streaks - out, 0, 0.25) * (z > 0)
        )
        colour = _mix(colour, ink("#ead9a0"), 0.35 * _ramp(noise(x + z, y - z, 0.05), 1.7, 2.4))
        colour = _mix(colour, ink("#3c2a1c"), _ramp(0.12 - out, 0, 0.05) * (z < 0))
        stem = _capsule(x, y, z - np.float32(0.4), self.stem, 0.05) < flesh
        colour = np.where(stem[..., None], ink("#5e4228"), colour)
        if self.leaf:
            vein = 0.5 * _ramp(0.03 - np.abs(y - 0.04), 0, 0.02)
            leaf = _mix(ink("#4a7f30"), ink("#8fb45c"), vein + 0.3 * noise(x, y, 0.1))
            colour = np.where((self._leaf(x, y, z) < 0.8 * flesh)[..., None], leaf, colour)
        return colour


class Banana(Body):
    """A bent rod on its side, five-edged, thin at its ends."""

    low, high = np.array([-0.62, -1.12, -0.3]), np.array([0.42, 1.12, 0.3])
    sizes, gloss = (0.105, 0.165), 0.3
    kinds = (("#ecc22e", 0.25), ("#f0cf3a", 0.05), ("#dfb02a", 0.7), ("#c8c43c", 0.1))

    def __init__(self, rng):
        self.skin, self.ripe = pick(rng, self.kinds)
        self.bow = rng.uniform(0.8, 1.15)
        self.arc = 1.02 / self.bow
        self.thick, self.rise = rng.uniform(0.21, 0.26), 0.21
        turns = np.linspace(-0.85, 0.85, 6) * self.bow
        x, y = self._bend(np.cos(turns)), self.arc * np.sin(turns)
        self.feet = np.stack([x, y, np.full(6, 0.2)], 1)

    def _bend(self, cosine):
        return self.arc * (cosine - 0.5 - 0.5 * np.cos(self.bow))

    def _frame(self, x, y, z):
        """Share -1 … 1 along the rod, distance from its middle line, direction round it."""
        x = x + np.float32(self.arc * (0.5 + 0.5 * np.cos(self.bow)))
        turn = np.clip(np.arctan2(y, x), -self.bow, self.bow)
        cosine, sine = np.cos(turn), np.sin(turn)
        out, over = x * cosine + y * sine - np.float32(self.arc), y * cosine - x * sine
        return turn / np.float32(self.bow), _length(out, over, z), (out, z)

    def _width(self, share):
        share = np.abs(share + 0.03)
        body = np.sqrt(np.clip(1 - share**2.6, 0.0, 1))
        return np.float32(0.055) + np.float32(self.thick - 0.055) * body**1.3

    def distance(self, x, y, z):
        share, away, (out, up) = self._frame(x, y, z)
        edges = 1 + 0.05 * np.cos(5 * np.arctan2(up, out))
        return 0.85 * (away - self._width(share) * edges)

    def paint(self, noise, x, y, z):
        share, _, (out, up) = self._frame(x, y, z)
        around = np.arctan2(up, out)
        long = np.float32(1.0) * share
        skin = ink(self.skin)
        colour = _mix(
            skin, skin * np.float32([0.86, 0.8, 0.6]), 0.4 + 0.4 * noise(long, around, (0.6, 0.7))
        )
        green = _ramp(np.abs(share), 0.6, 0.95) * (0.75 - self.ripe)
        colour = _mix(colour, ink("#8fa63a"), green)
        edge = _ramp(np.cos(5 * around), 0.9, 1.0) * (0.25 + 0.4 * self.ripe)
        colour = _mix(
            colour, ink("#8a6420"), edge * _ramp(noise(long, around, (0.3, 0.5)), -0.8, 0.8)
        )
        spots = noise(long, around, (0.045, 0.16)) + 0.6 * noise(long, around, (0.3, 1.0))
        colour = _mix(
            colour, ink("#5c3a1c"), 0.8 * _ramp(spots, 2.6 - 1.6 * self.ripe, 3.1 - 1.6 * self.ripe)
        )
        tips = _ramp(np.abs(share) + 0.02 * noise(long, around, 0.2), 0.9, 0.97)
        return _mix(colour, ink("#3e2c1c"), 0.9 * tips)


class Cup(Body):
    """A cup with a handle, full of a drink or empty, plain or with a pattern."""

    reach, rise, gloss, sizes = 0.95, 0.0, 0.9, (0.08, 0.155)
    drinks = ("#2a1509", "#3b2012", "#8a5530", "#7a2f10", "#efe6d6", None, None)
    feet = np.array([[0, 0, 0.68], [0.85, 0, 0.22]])

    def __init__(self, rng):
        self.tall, self.wide, self.flare = rng.uniform(0.85, 1.3), 0.6, rng.uniform(0.0, 0.12)
        self.low, self.high = np.array([-0.8, -0.8, 0]), np.array([1.12, 0.8, self.tall])
        drink = pick(rng, self.drinks)
        self.drink = ink(drink) if drink else None
        self.floor = self.tall * (rng.uniform(0.62, 0.82) if drink else 0.12)
        self.glaze, second = (ink(code) for code in rng.choice(TOYS, 2, replace=False))
        self.second = pick(rng, (second, ink("#f4efe4")))
        self.inside = pick(rng, (ink("#f4efe4"), self.glaze))
        self.pattern = pick(rng, ("plain", "plain", "bands", "dots", "dipped", "stripes"))

    def _side(self, z):
        return np.float32(self.wide) + np.float32(self.flare) * (2 * z / self.tall - 1)

    def distance(self, x, y, z):
        out, side = _length(x, y), self._side(z)
        half = self.tall / 2
        wall = _solid(out - side, z - np.float32(half), half, 0.05)
        ring = _length(x - np.float32(self.wide + 0.03), 0.9 * (z - np.float32(1.02 * half)))
        handle = _length(ring - np.float32(0.6 * half), 0.8 * y) - 0.075
        cave = np.maximum(out - side + 0.08, np.float32(self.floor) - z)
        return 0.95 * np.maximum(np.minimum(wall, handle), -cave)

    def paint(self, noise, x, y, z):
        out, side, turn = _length(x, y), self._side(z), np.arctan2(y, x)
        colour = np.broadcast_to(self.glaze, (*x.shape, 3))
        high = z / np.float32(self.tall)
        share = {
            "plain": lambda: np.zeros_like(high),
            "bands": lambda: _wave(2.5 * high, 0.12) * _ramp(0.38 - np.abs(high - 0.5), 0, 0.02),
            "stripes": lambda: _wave(turn * np.float32(7 / np.pi), 0.15),
            "dipped": lambda: _ramp(0.45 + 0.05 * np.sin(3 * turn) - high, 0, 0.02),
            "dots": lambda: _ramp(_dots(turn * np.float32(5 / np.pi), 3.2 * high), 0, 0.08),
        }[self.pattern]()
        share = share * (out < side + 0.02)
        colour = _mix(colour, self.second, share)
        within = _ramp(side - 0.035 - out, 0, 0.02) * (z > 0.1 * self.tall)
        colour = _mix(colour, self.inside, within)
        if self.drink is None:
            return colour
        foam = 0.25 * _ramp(out - side + 0.2, 0, 0.1)
        drink = _mix(self.drink, np.minimum(2.2 * self.drink + 0.03, 1), foam)
        full = (z < self.floor + 0.03) & (out < side - 0.06)
        return np.where(full[..., None], drink, colour)


class Ball(Body):
    """A ball of one colour, or with gores, bands, panels or dots."""

    sizes = (0.062, 0.15)

    def __init__(self, rng):
        self.colours = [ink(code) for code in rng.choice(TOYS, 3, replace=False)]
        self.pattern = pick(rng, ("plain", "gores", "bands", "panels", "dots"))
        self.pose = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        self.gloss = pick(rng, (0.35, 0.8, 1.0))

    def distance(self, x, y, z):
        return _length(x, y, z) - 1

    def paint(self, noise, x, y, z):
        first, second, third = self.colours
        if self.pattern == "plain":
            return _mix(first, 0.85 * first, 0.5 + 0.5 * noise(x, y + z, 0.7))
        if self.pattern == "bands":
            colour = _mix(first, second, _ramp(0.34 - np.abs(z), 0, 0.03))
            return _mix(colour, third, _ramp(0.06 - np.abs(np.abs(z) - 0.4), 0, 0.02))
        if self.pattern == "gores":
            turn = (np.arctan2(y, x) / np.float32(2 * np.pi) + 0.5) * 3
            colour = _mix(first, second, _wave(turn, 0.04 / np.maximum(_length(x, y), 0.1)))
            return _mix(colour, ink("#f2efe6"), _ramp(np.abs(z), 0.93, 0.95))
        near = np.tensordot(_icosahedron(), np.stack([x, y, z]), 1)
        if self.pattern == "dots":
            return _mix(first, second, _ramp(near.max(0), 0.9, 0.925))
        near = np.partition(near, 10, axis=0)[-2:]
        white = ink("#f2efe6")
        colour = _mix(white, 0.35 * white, _ramp(0.018 - (near[1] - near[0]), 0, 0.018))
        return _mix(colour, first, _ramp(near[1], 0.925, 0.945))


class Block(Body):
    """A wooden block: bare, painted, or with a letter on each face."""

    gloss = 0.25

    def __init__(self, rng):
        shape = pick(rng, ((1, 1, 1), (1, 1, 1), (1.7, 0.8, 0.6), (1.2, 1.2, 0.5), (0.7, 0.7, 1.2)))
        self.half = np.array(shape, np.float32) * 0.6
        self.low, self.high, self.rise = -self.half - 0.01, self.half + 0.01, float(self.half[2])
        self.reach = float(np.linalg.norm(self.half))
        long, wide = float(self.half[0]), float(self.half[1])
        spots = np.linspace(-1, 1, 1 if long < 1.2 * wide else 3) * (long - wide)
        spots = spots if len(spots) > 1 else np.zeros(1)
        self.feet = np.stack([spots, 0 * spots, np.full(len(spots), 1.22 * wide)], 1)
        self.wood = ink(pick(rng, WOODS[:4]))
        self.style = pick(rng, ("wood", "painted", "faces", "letter", "letter"))
        self.colours = [ink(code) for code in rng.choice(TOYS, 3, replace=False)]
        self.letters = [chr(65 + one) for one in rng.integers(0, 26, 3)]

    def distance(self, x, y, z):
        beyond = [np.abs(p) - float(h - 0.05) for p, h in zip((x, y, z), self.half, strict=True)]
        outside = sum(np.square(np.maximum(part, 0)) for part in beyond)
        inside = np.minimum(np.maximum(np.maximum(*beyond[:2]), beyond[2]), 0)
        return np.sqrt(outside) + inside - np.float32(0.05)

    def paint(self, noise, x, y, z):
        grain = noise(x + 0.3 * z, y + 0.6 * z, (0.9, 0.05)) + 0.6 * noise(x, y + z, (0.6, 0.5))
        wood = self.wood * (1 + 0.11 * grain[..., None])
        if self.style == "wood":
            return wood
        if self.style == "painted":
            return self.colours[0] * (1 + 0.04 * grain[..., None])
        u, v, w = (p / float(h) for p, h in zip((x, y, z), self.half, strict=True))
        face = np.argmax(np.abs(np.stack([u, v, w])), 0)
        colour = wood
        for axis, spot in enumerate(((-v * np.sign(u), -w), (u * np.sign(v), -w), (u, v))):
            own = self.colours[axis] * (1 + 0.04 * grain[..., None])
            if self.style == "letter":
                own = _mix(wood, own, _stamp(self.letters[axis], *spot))
            colour = np.where((face == axis)[..., None], own, colour)
        return colour


class Star(Body):
    """A flat star with five points: a biscuit, iced or not, or a toy."""

    low, high = np.array([-1.0, -1.0, -0.22]), np.array([1.0, 1.0, 0.22])
    feet = np.array([[0, 0, 0.82]])

    def __init__(self, rng):
        self.half, self.deep = rng.uniform(0.13, 0.21), rng.uniform(0.46, 0.58)
        self.rise, self.style = (
            self.half,
            pick(rng, ("biscuit", "iced", "iced", "toy", "toy", "rim")),
        )
        self.gloss = 0.1 if self.style == "biscuit" else 0.4 if self.style == "iced" else 0.7
        codes = ("#f6efe2", "#f0a8b8", "#a8d0e0", "#5a3018", "#f4e2a0")
        self.colours = [ink(code) for code in rng.choice(TOYS, 2, replace=False)]
        self.icing = ink(pick(rng, codes))

    def _outline(self, x, y):
        """Distance (h, w) to the star in the plane, negative inside; it is folded to one edge."""
        across, along = float(np.cos(np.pi / 5)), float(np.sin(np.pi / 5))
        x = np.abs(x)
        for side in (1, -1):
            beyond = 2 * np.maximum(side * across * x - along * y, 0)
            x, y = x - side * across * beyond, y + along * beyond
        x, y = np.abs(x), y - np.float32(0.92)
        right, up = float(self.deep * along), float(self.deep * across - 1)
        share = np.clip((x * right + y * up) / (right**2 + up**2), 0, 0.92)
        apart = _length(x - right * share, y - up * share)
        return np.where(y * right < x * up, -apart, apart)

    def distance(self, x, y, z):
        return 0.95 * (_solid(self._outline(x, y), z, self.half - 0.06, 0.06) - np.float32(0.06))

    def paint(self, noise, x, y, z):
        flat = self._outline(x, y)
        if self.style in ("toy", "rim"):
            share = _ramp(-flat, 0.14, 0.16) * (z > 0) * (self.style == "rim")
            return _mix(*self.colours, share)
        crumbs = noise(x, y, 0.07) + 0.6 * noise(x, y + z, 0.3)
        baked = _mix(ink("#9a5f2a"), ink("#dba962"), _ramp(-flat, -0.08, 0.25) + 0.1 * crumbs)
        if self.style == "biscuit":
            return _mix(baked, ink("#6b3f1c"), 0.5 * _ramp(crumbs, 1.4, 2.0))
        iced = _ramp(-flat + 0.012 * noise(x, y, 0.25), 0.07, 0.1) * (z > 0)
        dots = _ramp(noise(x, y, 0.075), 1.35, 1.6)
        return _mix(_mix(baked, self.icing, iced), self.colours[0], iced * dots)


BODIES = {"apple": Apple, "banana": Banana, "cup": Cup, "ball": Ball, "block": Block, "star": Star}


def _wave(place, edge):
    """Bands of equal width, 0 and 1, two a unit; their borders are `edge` wide."""
    return np.clip(0.5 + (np.abs(place - np.floor(place) - 0.5) - 0.25) / edge, 0, 1)


def _dots(x, y):
    """Height over 0 inside dots, one a unit, each second row shifted."""
    x = x + 0.5 * (np.floor(y) % 2)
    return 0.3 - _length(x - np.floor(x) - 0.5, y - np.floor(y) - 0.5)


@lru_cache(1)
def _icosahedron():
    """The twelve corners (12, 3) of an icosahedron, as directions."""
    golden = (1 + 5**0.5) / 2
    flat = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    corners = [np.roll(corner, shift) for shift in range(3) for corner in flat]
    return (np.array(corners) / np.hypot(1, golden)).astype(np.float32)


@lru_cache(26)
def _letter(letter):
    """A letter in a frame, 0 to 1 (96, 96)."""
    picture = np.zeros((192, 192), np.uint8)
    font = cv2.FONT_HERSHEY_DUPLEX
    cv2.putText(picture, letter, (45, 146), font, 4.6, 255, 17, cv2.LINE_AA)
    left, _, wide, _ = cv2.boundingRect(picture)
    picture = np.roll(picture, 96 - left - wide // 2, 1)
    cv2.rectangle(picture, (14, 14), (177, 177), 255, 12)
    return cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _stamp(letter, across, down):
    """The letter (h, w) on a face at places from -1 to 1."""
    x, y = (np.float32(48 * part + 47.5) for part in (across, down))
    return cv2.remap(_letter(letter), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


# ---- the table's top: colours (S, S, 3) at places u, v, in sides -----------------------------------


def _wood(rng, noise, u, v, pixel):
    """Planks with their grain."""
    wide, base = rng.uniform(0.16, 0.5), ink(pick(rng, WOODS))
    plank = np.floor(v / np.float32(wide))
    into = v - plank * np.float32(wide)
    shift = 0.37 * plank * 3.1
    knots = v + 0.02 * noise(u + shift, v, (0.5, 0.12))
    rings = np.sin(knots * np.float32(2 * np.pi / 0.045) + 3 * noise(u + shift, v, (0.8, 0.2)))
    fibres = noise(u + shift, v, (0.25, 0.009)) * np.float32(_fine(0.009, pixel))
    tone = 1 + 0.07 * rings + 0.09 * fibres + 0.10 * noise(u + shift, v, (0.7, 0.06))
    tone *= 1 + 0.10 * np.sin(plank * np.float32(2.4 + rng.uniform(0, 6)))
    gap = np.clip((np.minimum(into, wide - into) - 0.0012) / max(0.004, pixel), 0, 1)
    return tinted(np.clip(tone, 0.3, 1.6) * (0.35 + 0.65 * gap), base)


def _cloth(rng, noise, u, v, pixel):
    """Cloth with checks, stripes or dots, softly folded."""
    dye, ground = ink(pick(rng, CLOTHS)), ink(pick(rng, ("#f3eee2", "#e9e4da", "#f6f3ea")))
    unit, kind = rng.uniform(0.07, 0.16), pick(rng, ("checks", "checks", "stripes", "dots"))
    u, v = u + 0.01 * noise(u, v, 0.5), v + 0.01 * noise(u, v, 0.5)
    edge = max(0.03, 1.2 * pixel / unit)
    across, along = _wave(u / np.float32(unit), edge), _wave(v / np.float32(unit), edge)
    share = {
        "checks": 0.5 * across + 0.5 * along,
        "stripes": np.maximum(across, 0.6 * _wave(2 * u / np.float32(unit) + 0.5, 2 * edge) * 0.4),
        "dots": _ramp(_dots(u / np.float32(unit), v / np.float32(unit)), 0, edge) * 0.95,
    }[kind]
    if kind == "dots" and rng.random() < 0.5:
        dye, ground = ground, dye
    weave = noise(u, v, (0.02, 0.006)) + noise(u, v, (0.006, 0.02))
    tone = 1 + 0.045 * weave * _fine(0.006, pixel) + 0.06 * noise(u, v, 0.45)
    return shaded(_mix(ground, dye, share), tone)


CLOTHS = ("#b8342f", "#3f6fa8", "#4f8a5a", "#d89a3c", "#8a5a8a", "#5a6a78", "#c8707a", "#2f8a8a")


def _marble(rng, noise, u, v, pixel):
    """Polished stone with veins."""
    base, vein = (ink(code) for code in pick(rng, MARBLES))
    bend = noise.octaves(u, v, 0.45, 3)
    veins = 0
    for lump, strong in ((0.55, 1.0), (0.3, 0.6), (0.16, 0.35)):
        crack = np.abs(noise(u + 0.12 * bend, v - 0.1 * bend, lump))
        veins = veins + strong * np.clip(1 - crack / 0.16, 0, 1) ** 2
    cloud = 0.5 * noise.octaves(u, v, 0.35, 3)
    return _mix(
        base * np.float32(1), vein, 0.12 + 0.14 * cloud + 0.5 * veins * np.clip(0.5 + bend, 0, 1)
    )


MARBLES = (("#efece6", "#8a8a90"), ("#e6ddd0", "#a5805c"), ("#3c4a48", "#b8c4bc"))
MARBLES += (("#c9cdd2", "#6a7078"), ("#4a4548", "#c8b8a8"))


def _painted(rng, noise, u, v, pixel):
    """Plain paint, brushed, a little worn."""
    base = ink(
        pick(rng, ("#6fa3a8", "#d9c7a3", "#8aa37a", "#c98a7a", "#7a8fb0", "#e3ded2", "#54606a"))
    )
    brush = noise(u, v, (0.4, 0.012)) * _fine(0.012, pixel)
    tone = 1 + 0.035 * brush + 0.05 * noise(u, v, 0.3)
    worn = _ramp(noise.octaves(u, v, (0.3, 0.1), 4), 1.9, 2.3) * 0.5
    return _mix(tinted(tone, base), ink("#a88a66"), worn)


def _terrazzo(rng, noise, u, v, pixel):
    """Smooth ground with chips of stone in it."""
    base = ink(pick(rng, ("#e8e4dc", "#d8cfc4", "#c8d2d0", "#6a6f74")))
    colour = np.broadcast_to(base, (*u.shape, 3))
    for code in ("#b8735a", "#7a8f8a", "#f2eee6", "#4a4a4e"):
        chips = noise(u, v, rng.uniform(0.018, 0.035))
        colour = _mix(colour, ink(code), 0.8 * _ramp(chips, 1.25, 1.25 + max(0.2, 30 * pixel)))
    return shaded(colour, 1 + 0.03 * noise(u, v, 0.2))


TOPS = {"wood": (_wood, 0.22), "cloth": (_cloth, 0.0), "marble": (_marble, 0.4)}
TOPS |= {"painted": (_painted, 0.12), "terrazzo": (_terrazzo, 0.3)}


def _fine(lump, pixel):
    """How much of lumps is left where pixels are hardly smaller."""
    return float(np.clip(lump / pixel - 0.5, 0, 1))


# ---- light and camera ------------------------------------------------------------------------------


def _drawn(placed, view, light, paint, film):
    """The scene of things in their places."""
    side = view.side
    views = [_cast(one, view) for one in placed]
    _, owner = _hidden(views, side)
    flat = view._replace(side=side // 2)
    ground, gloss = _top(paint, flat)
    bounce = ground.mean((0, 1)) * light.shade
    picture = _ground(ground, gloss, placed, flat, light)
    noises = [Noise(np.random.default_rng(number)) for number in paint.integers(2**32, size=MOST)]
    solid = np.zeros((side, side, 3), np.float32)
    for number, (one, seen) in enumerate(zip(placed, views, strict=True), start=1):
        spot, inner = _clipped(seen, side)
        mine = owner[spot] == number
        others = [other for other in placed if other is not one and _may_shade(other, one, light)]
        colour = _lit(one, seen, inner, others, noises[number - 1], light, view, bounce)
        solid[spot][mine] = colour[mine]
    half = (side // 2, side // 2)
    cover = cv2.resize((owner > 0).astype(np.float32), half, interpolation=cv2.INTER_AREA)
    solid = cv2.resize(solid, half, interpolation=cv2.INTER_AREA)
    photo = _developed(shaded(picture, 1 - cover) + solid, film)
    labels = np.ascontiguousarray(owner[1::2, 1::2])
    return Scene(photo, labels, np.array([one.kind for one in placed], np.int32))


def _top(rng, view):
    """The table's colour (S, S, 3) without light, and its gloss."""
    top, gloss = TOPS[
        pick(rng, ("wood", "wood", "cloth", "cloth", "marble", "painted", "terrazzo"))
    ]
    x, y, _ = view.plane(0, 0, view.side, view.side)
    y = y / np.float32(view.sine**2)
    turn = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u, v = x * cosine + y * sine, y * cosine - x * sine
    pixel = 1 / (view.side * view.sine)
    return top(rng, Noise(np.random.default_rng(rng.integers(2**32))), u, v, pixel), gloss


def _ground(colour, gloss, placed, view, light):
    """The table (S, S, 3) in the light, with the shadows of the things."""
    lit, open_ = np.ones((2, view.side, view.side), np.float32)
    for one in placed:
        box = _shadow_box(one, view, light)
        x, y, _ = view.plane(box[1].start, box[0].start, box[1].stop, box[0].stop)
        places = x, y / np.float32(view.sine**2), np.zeros_like(x)
        if x.size:
            lit[box] *= _shadow(one, places, light)
            open_[box] *= _contact(one, places)
    x, y, _ = view.plane(0, 0, view.side, view.side)
    slope = 1 + 0.3 * (x * float(light.way[0]) + y * float(light.way[1]))
    direct = tinted(lit * slope * float(light.way[2]), light.sun)
    shine = gloss * np.clip(0.5 * slope - 0.32, 0, 1) * lit
    picture = colour * (direct + tinted(open_ * slope, light.shade))
    return picture + tinted(shine, light.sun)


def _shadow_box(one, view, light):
    """Slices of the picture that a thing's shadow can reach on the table."""
    corners = one.corners()
    down = corners - np.maximum(corners[:, 2:], 0) / light.way[2] * light.way
    base = corners * [1, 1, 0]
    seen = view.place(np.concatenate([down, base]))
    margin = 0.35 * one.size
    first, last = ((seen.min(0) - margin), (seen.max(0) + margin))
    first, last = (
        np.clip(np.round(end * view.side), 0, view.side).astype(int) for end in (first, last)
    )
    return slice(first[1], last[1]), slice(first[0], last[0])


def _contact(one, places):
    """Share of the sky (h, w) that a thing leaves to the table beside it."""
    x, y, z = one.local(*places)
    up = one.turn.T @ np.float32([0, 0, 1])
    open_ = 1
    for high, strong in ((0.08, 0.35), (0.3, 0.35), (0.7, 0.25)):
        away = one.body.distance(*_along((x, y, z), up, np.float32(high)))
        open_ = open_ * (1 - strong * np.clip(1 - away / np.float32(high), 0, 1.5))
    return np.clip(open_, 0.05, 1)


def _may_shade(other, one, light):
    """Whether `other` can stand between the lamp and `one`."""
    step = other.centre - one.centre
    along = float(step @ light.way)
    reach = 1.3 * (other.body.reach * other.size + one.body.reach * one.size)
    return along > -reach and np.linalg.norm(step - along * light.way) < reach


def _lit(one, seen, inner, others, noise, light, view, bounce):
    """The colour (h, w, 3) of what is seen of a thing in the slices `inner` of its box."""
    local = tuple(part[inner] for part in seen.places)
    x, y, z = normal = _normals(one, local)
    world = tuple(
        part * one.size + float(c)
        for part, c in zip(_times(one.turn, *local), one.centre, strict=True)
    )
    paint = one.body.paint(noise, *local)
    facing = x * float(light.way[0]) + y * float(light.way[1]) + z * float(light.way[2])
    start = tuple(p + 0.04 * one.size * n for p, n in zip(world, normal, strict=True))
    lit = _shadow(one, start, light, 8)
    for other in others:
        lit = lit * _shadow(other, start, light, 8)
    direct = np.clip(0.92 * facing + 0.08, 0, 1) * lit
    open_ = _openness(one, local, normal) * (0.55 + 0.45 * _ramp(world[2], 0, 0.6 * one.size))
    sky = open_ * (0.58 + 0.42 * z)
    colour = tinted(direct, light.sun) + tinted(sky, light.shade)
    colour = paint * (colour + tinted(open_ * (0.5 - 0.5 * z), 1.1 * bounce))
    shine, mirror = _gleam(normal, light, view)
    gloss = np.float32(one.body.gloss)
    return (
        colour
        + tinted(gloss * shine * lit, light.sun)
        + tinted(gloss * mirror * open_, light.shade)
    )


def _openness(one, local, normal):
    """Share of the sky (h, w) that a thing leaves to its own hollows."""
    way = _times(one.turn.T, *normal)
    open_ = 1
    for far in (0.12, 0.4):
        away = one.body.distance(*(p + far * w for p, w in zip(local, way, strict=True)))
        open_ = open_ * (1 - 0.55 * np.clip(1 - away / far, 0, 1))
    return open_


def _gleam(normal, light, view):
    """The lamp and the window in a polished surface, and the sky at its rim, each (h, w)."""
    x, y, z = normal
    toward = y * view.cosine + z * view.sine
    up = 2 * toward * z - view.sine
    across, depth = 2 * toward * x, 2 * toward * y - view.cosine
    aim = across * float(light.way[0]) + depth * float(light.way[1]) + up * float(light.way[2])
    lamp = 1.6 * _ramp(aim, 0.955, 0.99) + 0.22 * np.clip(aim, 0, 1) ** 12
    rim = np.clip(1 - toward, 0, 1)
    return lamp, 0.05 + 0.75 * rim**4 + 0.12 * _ramp(up, 0.1, 0.9)


def _developed(linear, rng):
    """Photo (S, S, 3) in [0, 1] of linear light: exposure, film, soft focus and a little noise."""
    size = len(linear)
    bright = float(np.quantile(linear.mean(-1), 0.6))
    balance = np.exp(rng.normal(0, [0.04, 0.01, 0.05])).astype(np.float32)
    exposure, vignette = rng.uniform(0.46, 0.6) / bright**0.6, rng.uniform(0.05, 0.25)
    away = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    fade = -1.3 * exposure * (1 - 0.5 * vignette * (away + away[:, None]))
    film = np.sqrt(np.clip(1 - cv2.exp(np.clip(linear, 0, None) * tinted(fade, balance)), 0, 1))
    film = cv2.GaussianBlur(film, (0, 0), float(rng.uniform(0.1, 0.5)) * max(size, 128) / 256 + 0.1)
    film += 0.35 * film * (1 - film) * (2 * film - 0.85)
    film += rng.uniform(0.1, 0.3) * (film - film.mean(-1, keepdims=True))
    film += rng.uniform(0.003, 0.01) * rng.standard_normal(film.shape, dtype=np.float32)
    return np.clip(film, 0, 1).astype(np.float32)
