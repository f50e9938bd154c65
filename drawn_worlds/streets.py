"""Procedural streets seen from the road: labels and the photograph that fits them.

Two rows of the houses of `houses`, a road with its pavements, trees, cars, people and posts, in
one-point perspective. Places in the street are metres: X to the right of the camera, Y above the
ground, Z ahead. The classes are some of those of Cityscapes (Cordts et al. 2016), in its colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.houses import LARGEST, SEASONS, SMALLEST, foliage
from drawn_worlds.houses.house import house
from drawn_worlds.textures import (
    NOTHING,
    Camera,
    Canvas,
    Weather,
    bevel,
    daylight,
    ink,
    leaves,
    pick,
    shaded,
    sky,
)

STREET_CLASSES = ("sky", "road", "sidewalk", "building", "vegetation", "car", "person", "pole")
STREET_PALETTE = (
    np.array(
        [
            [70, 130, 180],
            [128, 64, 128],
            [244, 35, 232],
            [70, 70, 70],
            [107, 142, 35],
            [0, 0, 142],
            [220, 20, 60],
            [153, 153, 153],
        ],
        np.float32,
    )
    / 255
)
SKY, ROAD, SIDEWALK, BUILDING, VEGETATION, CAR, PERSON, POLE = range(8)
HOUSE = 19.0  # metres that one drawn house is wide
FAR = 75.0  # metres to the end of the street
CARS = (
    "#b3262b",
    "#2b4f86",
    "#d9dadb",
    "#2a2d31",
    "#8f979d",
    "#e9e4d6",
    "#3f6b52",
    "#d8a13a",
    "#5d7fa0",
)
CLOTHES = ("#2d3a55", "#a83a3a", "#3d3d3f", "#d9cfae", "#47704f", "#c9762f", "#6a4a7a", "#e6e6e6")
SKIN = ("#e9bd9b", "#c98f68", "#8a5a3c", "#f0cfb5")


@dataclass(frozen=True, eq=False)
class Street:
    """One street: `labels` int32 (S, S), 0 to 7 as in `STREET_CLASSES`; `photo` float32
    (S, S, 3) in [0, 1]."""

    labels: np.ndarray
    photo: np.ndarray


class View:
    """A canvas on which places in the street, in metres, can be drawn.

    `eye` is the camera's height, `road` and `wall` half the distance between kerbs and houses;
    (`x`, `y`) is the vanishing point in units and `focus` the focal length in units; `right` and
    `down` are the distances of columns and rows from it; `greens` (2, 3) colour the leaves.
    """

    def __init__(self, canvas, rng):
        self.canvas, self.focus, self.eye = canvas, rng.uniform(80, 100), rng.uniform(1.5, 2.3)
        self.x, self.y = 64 + rng.uniform(-12, 12), rng.uniform(58, 72)
        self.road = rng.uniform(3.4, 4.8)
        self.wall = self.road + rng.uniform(2.4, 3.8)
        self.greens = np.stack([ink(c) for c in pick(rng, SEASONS[pick(rng, tuple(SEASONS))])])
        side = len(canvas.label)
        across = (np.arange(side, dtype=np.float32) + 0.5) / canvas.scale
        self.right, self.down = across - self.x, (across - self.y)[:, None]

    def at(self, x, y, z):
        """Place on the canvas, in units, of a place in the street."""
        return self.x + self.focus * x / z, self.y + self.focus * (self.eye - y) / z

    def polygon(self, points, colour, label, height=0.0):
        """Draw a polygon of places (n, 3) in the street."""
        self.canvas.polygon([self.at(*point) for point in points], colour, height, label)

    def face(self, x0, x1, y0, y1, z, colour, label):
        """Draw an upright rectangle that faces the camera."""
        (left, top), (right, bottom) = self.at(x0, y1, z), self.at(x1, y0, z)
        self.canvas.box(left, top, right, bottom, colour, 0.0, label)


def street(seed: int, size: int = 128) -> Street:
    """Draw one street with its labels; `size` is the side in pixels, 64 to 512.

    Raises TypeError for a seed or size that is no integer, ValueError for one out of range.
    """
    check(SMALLEST, LARGEST, size, seed)
    rng, grain, eye = (np.random.default_rng((int(seed), 9, stream)) for stream in range(3))
    canvas, weather = Canvas(size, grain), Weather.some(rng)
    view = View(canvas, rng)
    above = sky(canvas, rng, weather.cloudy)
    canvas.paint[:], canvas.label[:] = 0.9 * above, SKY
    _far_end(view, rng)
    _rows(view, rng, weather)
    _ground(view, rng, weather)
    _things(view, rng)
    camera = Camera(eye, size)
    picture = shaded(canvas.paint, bevel(canvas, weather.slant))
    return Street(camera.labels(canvas.label), camera.picture(picture, 1.0))


def _haze(colour, z):
    """Colour as it looks through `z` metres of air."""
    thin = np.exp(-np.asarray(z, np.float32) / 220)
    return colour * thin + ink("#c9d6e2") * 0.8 * (1 - thin)


def _far_end(view, rng):
    """Trees at the end of the street."""
    x, y = view.at(0, 0, FAR)
    canvas, wide = view.canvas, 1.4 * view.focus * view.wall / FAR
    spot = canvas.spot(x - wide, y - rng.uniform(4, 9), x + wide, y + 1)
    tall, long = (part.stop - part.start for part in spot)
    shape = np.linspace(0.0, 0.9, tall, dtype=np.float32)[:, None] * np.ones((1, long), np.float32)
    mask, colour, relief = leaves(canvas, spot, shape, _haze(view.greens, FAR))
    canvas.stamp(spot, mask, colour, 0.3 * relief, VEGETATION)


def _rows(view, rng, weather):
    """The houses on both sides, drawn from the front and seen at a slant."""
    canvas = view.canvas
    side = len(canvas.label)
    sunny = 1 if weather.slant[0] < 0 else -1
    for hand in (-1, 1):
        seen = np.flatnonzero(hand * view.right > view.focus * view.wall / FAR)
        if not len(seen):
            continue
        strip, there = _strip(canvas, rng, weather)
        away = view.focus * view.wall / np.abs(view.right[seen])
        metre = strip.shape[0] / HOUSE
        along = (away - 4) * metre * np.ones((side, 1), np.float32)
        up = strip.shape[0] - (view.eye - view.down * away / view.focus) * metre
        up = np.minimum(up, strip.shape[0] - 1)  # the road covers the rest
        picture = cv2.remap(strip, along, up, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        there = cv2.remap(there, along, up, cv2.INTER_NEAREST, borderMode=cv2.BORDER_WRAP) > 0
        there &= up >= 0
        lit = 1.0 if hand == sunny else 0.72
        spot = (slice(0, side), slice(seen[0], seen[-1] + 1))
        hazy = _haze(picture * np.float32(lit), (away * np.ones((side, 1)))[..., None])
        canvas.stamp(spot, there, hazy.astype(np.float32), np.zeros_like(along), BUILDING)


def _strip(canvas, rng, weather):
    """Three houses in a row, lit, down to their ground: picture and mask of what is no sky."""
    parts = []
    for _ in range(3):
        front = Canvas(3 * len(canvas.label) // 8, canvas.grain)
        ground = front.spot(0, 0, 1, house(front, rng).ground)[0].stop
        lit = daylight(front, weather, sky(front, rng, weather.cloudy))[:ground]
        tall = int(0.92 * len(front.label))
        frame = ((max(0, tall - ground), 0), (0, 0))
        there = np.pad((front.label[:ground] != NOTHING).astype(np.uint8), frame)[-tall:]
        parts.append((np.pad(lit, (*frame, (0, 0)))[-tall:], there))
    return tuple(np.concatenate(each, 1) for each in zip(*parts, strict=True))


def _ground(view, rng, weather):
    """Road with its markings, kerbs, and pavements of slabs; one row of houses shades a part."""
    canvas = view.canvas
    low = np.flatnonzero(view.down[:, 0] > view.focus * view.eye / FAR)
    spot = (slice(low[0], len(canvas.label)), slice(0, len(canvas.label)))
    z = view.focus * view.eye / view.down[low]
    x = view.right * z / view.focus
    z = z * np.ones_like(x)
    rough = 1 + 0.07 * canvas.noise(spot, 0.5) + 0.05 * canvas.noise(spot, 14, 3)
    patches = canvas.grain.random((40, 7)) < 0.12  # mended asphalt
    mended = patches[(z / 2.2).astype(int) % 40, ((x + view.road) / 1.9).astype(int) % 7]
    rough = rough * np.where(mended, np.float32(0.86), np.float32(1))
    colour = np.empty((*x.shape, 3), np.float32)
    colour[:] = ink(pick(rng, ("#6b6d6f", "#797874", "#606367", "#84807a")))
    worn = 1 - 0.12 * np.exp(-(((np.abs(np.abs(x) - 0.5 * view.road) - 0.75) / 0.3) ** 2))
    colour *= worn[..., None]
    paint = (np.abs(x) < 0.08) & (z % 6 < 3) | (np.abs(np.abs(x) - view.road + 0.35) < 0.05)
    if rng.random() < 0.5:
        crossing = rng.uniform(6, 12)
        paint = paint & (np.abs(z - crossing) > 2) | (np.abs(z - crossing) < 1.4) & (x % 1 < 0.5)
        paint &= np.abs(x) < view.road - 0.3
    colour[paint] = ink("#dcdad2")
    walk = np.abs(x) > view.road
    tones = canvas.grain.normal(1, 0.1, (64, 256)).astype(np.float32)
    slab = tones[(np.abs(x) / 0.75).astype(int) % 64, (z / 0.9).astype(int) % 256]
    slab = np.where((np.abs(x) % 0.75 < 0.06) | (z % 0.9 < 0.07), 0.7, slab)
    colour[walk] = (slab[..., None] * ink(pick(rng, ("#a39c90", "#928f8b", "#b0a596"))))[walk]
    kerb = np.abs(np.abs(x) - view.road - 0.1) < 0.14
    colour[kerb] = ink("#bdb8ae")
    sunny = 1 if weather.slant[0] < 0 else -1
    shade = np.clip((-x * sunny - rng.uniform(-2, 2)) / 0.25, 0, 1) * weather.sun.mean() * 0.5
    colour = _haze(shaded(colour, (rough * (1 - shade)).astype(np.float32)), z[..., None])
    label = np.where(walk, SIDEWALK, ROAD).astype(np.uint8)
    inside = np.abs(x) < view.wall
    canvas.stamp(spot, inside, colour, np.zeros_like(x), ROAD)
    canvas.label[spot][inside] = label[inside]


def _things(view, rng):
    """Trees, posts, people and cars, the far ones first."""
    things = []
    step, green = rng.uniform(7, 12), rng.random() < 0.65
    for hand in (-1, 1):
        for z in np.arange(rng.uniform(8, 14), FAR, step):
            if green and rng.random() < 0.75:
                things.append((z, _tree, hand))
            elif rng.random() < 0.45:
                things.append((z, _post, hand))
        for z in np.arange(rng.uniform(6, 11), 55, rng.uniform(5.6, 8)):
            if rng.random() < 0.6:
                things.append((z, _parked, hand))
        for z in rng.uniform(6, 40, rng.poisson(3.5)):
            things.append((z, _person, hand))
    if rng.random() < 0.7:
        things.append((rng.uniform(10, 30), _driving, 1))
    if rng.random() < 0.5:
        things.append((rng.uniform(14, 40), _driving, -1))
    for z, draw, hand in sorted(things, key=lambda thing: -thing[0]):
        draw(view, rng, hand, z)


def _tree(view, rng, hand, z):
    canvas, x = view.canvas, hand * (view.road + 0.8)
    tall, wide = rng.uniform(5.5, 8), rng.uniform(1.8, 2.7)
    view.face(x - 0.16, x + 0.16, 0, 0.6 * tall, z, _haze(ink("#4d3d30"), z), VEGETATION)
    for _ in range(3):
        radius = rng.uniform(0.65, 1.0) * wide
        aside, above = rng.uniform([-0.5, -0.9], 0.5) * wide
        foliage(
            canvas,
            _haze(view.greens, z),
            view.at(x + aside, tall - radius + above, z),
            (view.focus * radius / z,) * 2,
            VEGETATION,
        )


def _post(view, rng, hand, z):
    x, iron = hand * (view.road + 0.5), _haze(ink("#3a3f42"), z)
    if rng.random() < 0.5:  # a lamp over the road
        view.face(x - 0.1, x + 0.1, 0, 6.0, z, iron, POLE)
        view.face(min(x, x - hand * 1.3), max(x, x - hand * 1.3), 5.9, 6.1, z, iron, POLE)
        view.face(x - hand * 1.3 - 0.3, x - hand * 1.3 + 0.3, 5.75, 6.0, z, 0.6 * iron, POLE)
        return
    view.face(x - 0.08, x + 0.08, 0, 2.7, z, _haze(ink("#8c9194"), z), POLE)
    rim, face = pick(rng, (("#c0272d", "#f4f2ee"), ("#2b5fa3", "#2b5fa3"), ("#c0272d", "#c0272d")))
    turn = np.linspace(0, 2 * np.pi, 14)
    for radius, colour in ((0.42, rim), (0.28, face)):
        disc = [(x + radius * np.cos(t), 2.7 + radius * np.sin(t), z) for t in turn]
        view.polygon(disc, _haze(ink(colour), z), POLE)


def _person(view, rng, hand, z):
    x = hand * rng.uniform(view.road + 0.6, view.wall - 0.5)
    coat, legs, skin = (_haze(ink(pick(rng, codes)), z) for codes in (CLOTHES, CLOTHES, SKIN))
    tall, stride = rng.uniform(1.55, 1.9), rng.uniform(0.05, 0.22)
    for side in (-1, 1):
        view.polygon(
            [
                (x, 0.5 * tall, z),
                (x + side * 0.2, 0.5 * tall, z),
                (x + side * (0.1 + stride), 0, z),
                (x + side * stride - 0.03, 0, z),
            ],
            0.7 * legs,
            PERSON,
        )
    view.polygon(
        [
            (x - 0.17, 0.82 * tall, z),
            (x + 0.17, 0.82 * tall, z),
            (x + 0.29, 0.6 * tall, z),
            (x + 0.22, 0.42 * tall, z),
            (x - 0.22, 0.42 * tall, z),
            (x - 0.29, 0.6 * tall, z),
        ],
        coat,
        PERSON,
    )
    view.face(x - 0.29, x - 0.19, 0.42 * tall, 0.75 * tall, z, 0.75 * coat, PERSON)
    turn = np.linspace(0, 2 * np.pi, 10)
    head = [(x + 0.12 * np.cos(t), 0.91 * tall + 0.14 * np.sin(t), z) for t in turn]
    view.polygon(head, skin, PERSON)
    view.face(x - 0.13, x + 0.13, 0.94 * tall, tall, z, _haze(ink("#3a2c22"), z), PERSON)


def _parked(view, rng, hand, z):
    _car(view, rng, hand * (view.road - 1.05), z, hand < 0)


def _driving(view, rng, hand, z):
    _car(view, rng, hand * 0.36 * view.road, z, hand < 0)


def _car(view, rng, x, z, front):
    """A car from behind, or from the `front`, with the flank that is turned to the camera."""
    body = ink(pick(rng, CARS)) * float(rng.uniform(0.85, 1.1))
    half, roof, long = rng.uniform(0.82, 0.92), rng.uniform(1.38, 1.65), rng.uniform(3.4, 4.4)
    dark, glass = ink("#17191b"), ink("#39444d") * float(rng.uniform(0.8, 1.5))
    body, dark, glass = (_haze(colour, z) for colour in (body, dark, glass))
    view.polygon(
        [
            (x - half - 0.1, 0, z - 0.15),
            (x + half + 0.1, 0, z - 0.15),
            (x + half + 0.1, 0, z + long),
            (x - half - 0.1, 0, z + long),
        ],
        0.6 * dark,
        ROAD,
    )
    inner = -np.sign(x) * half
    edge, back = x + inner, z + long
    view.polygon(
        [(edge, 0.28, z), (edge, 0.9, z), (edge, 0.9, back), (edge, 0.28, back)], 0.72 * body, CAR
    )
    top = x + 0.8 * inner
    view.polygon(
        [
            (edge, 0.9, z + 0.1),
            (top, roof, z + 0.6),
            (top, roof, back - 1.2),
            (edge, 0.9, back - 0.5),
        ],
        0.6 * glass,
        CAR,
    )
    view.polygon(
        [
            (x - 0.8 * half, roof, z + 0.6),
            (x + 0.8 * half, roof, z + 0.6),
            (x + 0.8 * half, roof, back - 1.2),
            (x - 0.8 * half, roof, back - 1.2),
        ],
        1.1 * body,
        CAR,
    )
    for wheel in (z + 0.75, back - 0.75):
        turn = np.linspace(0, 2 * np.pi, 12)
        view.polygon(
            [(edge, 0.31 + 0.31 * np.sin(t), wheel + 0.31 * np.cos(t)) for t in turn], dark, CAR
        )
    view.polygon(
        [
            (x - half, 0.9, z),
            (x - 0.8 * half, roof, z + 0.5),
            (x + 0.8 * half, roof, z + 0.5),
            (x + half, 0.9, z),
        ],
        body,
        CAR,
    )
    view.polygon(
        [
            (x - 0.84 * half, 0.95, z),
            (x - 0.7 * half, roof - 0.1, z + 0.4),
            (x + 0.7 * half, roof - 0.1, z + 0.4),
            (x + 0.84 * half, 0.95, z),
        ],
        glass,
        CAR,
    )
    view.face(x - half, x + half, 0.3, 0.93, z, body, CAR)
    view.face(x - half, x + half, 0.22, 0.42, z, 0.5 * dark + 0.25 * body, CAR)
    for side in (-1, 1):
        tyre = x + side * (half - 0.16)
        view.face(tyre - 0.13, tyre + 0.13, 0, 0.26, z, 0.5 * dark, CAR)
        lamp, lit = x + side * (half - 0.17), _haze(ink("#f4f1e4" if front else "#d22a2a"), z)
        view.face(lamp - 0.15, lamp + 0.15, 0.66, 0.82, z, lit, CAR)
    view.face(x - 0.26, x + 0.26, 0.48, 0.6, z, _haze(ink("#e8e6dc"), z), CAR)
