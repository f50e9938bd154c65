"""What stands in the drawn landscapes: trees, houses, and the objects whose colour grey hides.

Each is a `Sprite`, drawn once on a fine raster in light from the left, and kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.landscapes.light import LUMINANCE
from drawn_worlds.textures import ink

OBJECTS = ("balloon", "car", "door", "boat", "tent", "umbrella", "kite")
COLOURS = {  # at one lightness; the codes fix hue and saturation
    "red": "#d9302c",
    "orange": "#d06a10",
    "mustard": "#a08600",
    "green": "#3c9a2e",
    "teal": "#00988c",
    "blue": "#3b82e0",
    "violet": "#9a63dc",
    "pink": "#dc3f9c",
}
BRIGHT = 0.25  # the luminance of all of them, which is L* = 57
FINE = 256  # pixels of a sprite's side


class Sprite(NamedTuple):
    """Premultiplied light of a thing; `ratio` is its height by its width.

    `shares` float32 (FINE, FINE, 3): what it covers, what of that is painted, the light on the
    paint; `own` (FINE, FINE, 3): the light of what has a colour of its own.
    """

    shares: np.ndarray
    own: np.ndarray
    ratio: float = 1.0

    def at(self, wide, high, mirrored=False, flipped=False):
        """`shares` and `own` (high, wide, 3), mirrored left to right or flipped upside down."""
        way = cv2.INTER_AREA if wide < FINE else cv2.INTER_LINEAR
        turned = slice(None, None, -1 if flipped else 1), slice(None, None, -1 if mirrored else 1)
        return [cv2.resize(part, (wide, high), interpolation=way)[turned] for part in self[:2]]


def paint(number):
    """Linear light (3,) of the colour of a number; the luminance is `BRIGHT` for each."""
    return level(ink(tuple(COLOURS.values())[number]), BRIGHT)


def level(colour, luminance):
    """A colour (3,) at a luminance."""
    return colour * np.float32(luminance / (colour @ LUMINANCE))


class Sketch:
    """A sprite in the making; places are (n, 2) from 0 to 1, to the right and down."""

    def __init__(self):
        self.cover, self.painted = np.zeros((2, FINE, FINE), np.float32)
        self.light = np.ones((FINE, FINE), np.float32)
        self.own = np.zeros((FINE, FINE, 3), np.float32)
        along = (np.arange(FINE, dtype=np.float32) + 0.5) / FINE
        self.x, self.y = np.meshgrid(along, along)

    def part(self, points, colour=None, light=1.0):
        """A polygon: painted where it has no colour of its own. `light` is a number or a plane."""
        mask = np.zeros((FINE, FINE), np.uint8)
        corners = np.round(np.float32(points) * FINE * 16).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, 4)
        self.mask(mask / np.float32(255), colour, light)

    def disc(self, x, y, radius, colour=None, light=1.0, high=1.0):
        """An ellipse round (x, y), `high` times as high as it is wide."""
        away = np.hypot(self.x - x, (self.y - y) / high)
        self.mask(np.clip((radius - away) * FINE + 0.5, 0, 1), colour, light)

    def line(self, points, width, colour, light=1.0):
        """A line of a width in 256th parts."""
        mask = np.zeros((FINE, FINE), np.uint8)
        corners = np.round(np.float32(points) * FINE * 16).astype(np.int32)
        cv2.polylines(mask, [corners], False, 255, width, cv2.LINE_AA, 4)
        self.mask(mask / np.float32(255), colour, light)

    def mask(self, mask, colour=None, light=1.0):
        """What a mask (FINE, FINE) covers."""
        self.cover += mask * (1 - self.cover)
        self.painted += mask * ((colour is None) - self.painted)
        self.light += mask * (light - self.light)
        tint = np.zeros(3, np.float32) if colour is None else ink(colour)
        self.own += mask[..., None] * (tint - self.own)

    def sprite(self, ratio=1.0):
        painted = self.cover * self.painted
        own = self.own * (self.cover * self.light)[..., None]
        shares = [np.float32(each) for each in (self.cover, painted, painted * self.light)]
        return Sprite(cv2.merge(shares), np.float32(own), ratio)


# ---- trees ---------------------------------------------------------------------------------------


@lru_cache(64)
def tree(kind, variant):
    """A tree: "broad", "fir", "snowy" (a fir in snow), "bare" or "bush"."""
    rng = np.random.default_rng((variant, 77))
    return globals()[f"_{kind}"](rng)


def _speckle(rng, lump):
    """Leaves: noise (FINE, FINE) of mean 0 and deviation about 1."""
    coarse = rng.standard_normal((FINE // lump, FINE // lump), dtype=np.float32)
    return cv2.resize(coarse, (FINE, FINE), interpolation=cv2.INTER_CUBIC)


def _crown(sketch, rng, blobs):
    """Leaves in balls (x, y, radius)."""
    inside = np.full((FINE, FINE), -1, np.float32)
    light = np.zeros_like(inside)
    leaf = 0.6 * _speckle(rng, 4) + 0.5 * _speckle(rng, 9)
    for x, y, radius in blobs:
        across, down = (sketch.x - x) / radius, (sketch.y - y) / radius
        ball = 1 - across**2 - down**2
        lit = 0.52 - 0.24 * across - 0.34 * down + 0.25 * np.clip(0.62 - y, -0.3, 0.5)
        nearer = ball + 0.3 * leaf > np.maximum(inside, -0.2)
        light[nearer], inside[nearer] = lit[nearer], ball[nearer]
    mask = cv2.GaussianBlur((inside + 0.34 * leaf > 0.08).astype(np.float32), (0, 0), 0.6)
    sketch.mask(mask, None, np.clip(light + 0.2 * leaf, 0.1, 1.35).astype(np.float32))


def _broad(rng):
    sketch, lean = Sketch(), rng.normal(0, 0.02)
    bark = "#5a4636"
    sketch.part([[0.465, 1], [0.485 + lean, 0.5], [0.515 + lean, 0.5], [0.54, 1]], bark, 0.75)
    for _ in range(5):
        tip = [0.5 + lean + rng.uniform(-0.25, 0.25), rng.uniform(0.3, 0.5)]
        sketch.line([[0.5 + lean, rng.uniform(0.55, 0.75)], tip], 4, bark, 0.6)
    turn = rng.uniform(0, 2 * np.pi, 22)
    out = np.sqrt(rng.random(22)) * 0.27
    radius = rng.uniform(0.09, 0.17, 22)
    places = np.stack([0.5 + lean + out * np.cos(turn), 0.40 + 1.0 * out * np.sin(turn), radius], 1)
    _crown(sketch, rng, places[np.argsort(out)[::-1]])
    return sketch.sprite(rng.uniform(0.95, 1.3))


def _bush(rng):
    sketch = Sketch()
    places = np.stack(
        [rng.uniform(0.2, 0.8, 14), rng.uniform(0.5, 0.85, 14), rng.uniform(0.12, 0.22, 14)], 1
    )
    _crown(sketch, rng, places[np.argsort(places[:, 1])])
    return sketch.sprite(0.7)


class Strokes:
    """Lines with a light of their own, the later ones over the earlier, in 256th parts wide."""

    def __init__(self, *planes):
        self.planes = {name: np.zeros((2 * FINE, 2 * FINE), np.uint8) for name in planes}

    def line(self, start, end, width, **values):
        """A line between two places; `values` from 0 to 1.25 for each of the planes."""
        ends = [tuple(int(2 * FINE * each) for each in end) for end in (start, end)]
        for name, plane in self.planes.items():
            cv2.line(plane, *ends, int(200 * min(values[name], 1.25)), max(1, round(2 * width)))

    def shrunk(self):
        """The planes (FINE, FINE), float32."""
        return [
            cv2.resize(plane, (FINE, FINE), interpolation=cv2.INTER_AREA) / np.float32(200)
            for plane in self.planes.values()
        ]


def _fir(rng, snow=0.0):
    sketch, strokes = Sketch(), Strokes("cover", "light", "white")
    sketch.part([[0.47, 1], [0.49, 0.5], [0.51, 0.5], [0.53, 1]], "#4a3a2e", 0.6)
    slim, droop = rng.uniform(0.30, 0.42), rng.uniform(0.25, 0.55)
    for share in np.linspace(0.995, 0.0, 640):  # the low twigs first, the high ones over them
        hand = rng.uniform(-1, 1)
        reach = slim * share**0.85 * rng.uniform(0.55, 1.05) + 0.01
        reach *= abs(hand) ** 0.5
        way = np.sign(hand) * reach
        x, y = 0.5 + 0.35 * way, 0.03 + 0.87 * share + 0.02 * rng.normal()
        tip = x + 0.65 * way, y + droop * reach * (0.5 + abs(hand)) + 0.02
        bright = 0.66 - 0.26 * hand + 0.22 * rng.normal() - 0.25 * (1 - abs(hand))
        white = float(rng.random() < snow)
        strokes.line(
            (x, y), tip, rng.uniform(3.5, 6), cover=1, light=max(bright, 0.12), white=white
        )
    cover, light, white = strokes.shrunk()
    sketch.mask(cover, None, light / np.maximum(cover, 0.05))
    if snow:
        sketch.mask(white * cover, "#e8eef6", np.clip(0.55 + 0.5 * light, 0, 1.1))
    return sketch.sprite(rng.uniform(1.7, 2.3))


def _snowy(rng):
    return _fir(rng, 0.55)


def _bare(rng):
    sketch, strokes = Sketch(), Strokes("cover", "light")

    def branch(x, y, angle, length, width):
        across, up = length * np.sin(angle), length * np.cos(angle)
        strokes.line((x, y), (x + across, y - up), width, cover=1, light=0.55 + 0.4 * rng.random())
        if width > 0.9:
            for _ in range(3 if width < 5 else 4):
                start, turn = rng.uniform(0.55, 1.0), angle + rng.normal(0, 0.5)
                longer = length * rng.uniform(0.6, 0.8)
                branch(x + start * across, y - start * up, turn, longer, 0.6 * width)

    branch(0.5, 1.0, rng.normal(0, 0.05), 0.36, 9)
    cover, light = strokes.shrunk()
    sketch.mask(cover, "#5b4a40", light / np.maximum(cover, 0.05))
    return sketch.sprite(rng.uniform(1.0, 1.3))


# ---- houses --------------------------------------------------------------------------------------


@lru_cache(32)
def building(kind, variant):
    """A building with painted walls: "house", "barn" or "church"."""
    rng = np.random.default_rng((variant, 88))
    roof = ("#9a5238", "#84432f", "#5b5552", "#7a5540", "#a8623f", "#6b6f75")[rng.integers(6)]
    sketch = Sketch()
    if kind == "church":
        sketch.part([[0.12, 1], [0.12, 0.66], [0.62, 0.66], [0.62, 1]], None, 0.95)
        sketch.part([[0.08, 0.68], [0.2, 0.46], [0.62, 0.46], [0.66, 0.68]], roof, 0.95)
        sketch.part([[0.6, 1], [0.6, 0.38], [0.82, 0.38], [0.82, 1]], None, 1.0)
        sketch.part([[0.74, 1], [0.74, 0.38], [0.84, 0.38], [0.84, 1]], None, 0.62)
        sketch.part([[0.58, 0.39], [0.71, 0.02], [0.86, 0.39]], "#4d5560", 0.8)
        sketch.part([[0.58, 0.39], [0.71, 0.02], [0.73, 0.39]], "#4d5560", 1.1)
        for x in (0.22, 0.36, 0.5):
            sketch.part(
                [
                    [x - 0.025, 0.92],
                    [x - 0.025, 0.76],
                    [x, 0.72],
                    [x + 0.025, 0.76],
                    [x + 0.025, 0.92],
                ],
                "#2e3640",
                0.8,
            )
        sketch.disc(0.67, 0.5, 0.035, "#e8e2d2")
        return sketch.sprite(1.5)
    eave, split = rng.uniform(0.5, 0.58), rng.uniform(0.34, 0.44)
    top = rng.uniform(0.18, 0.26)
    ridge = split / 2 + 0.04
    sketch.part([[0.05, 1], [0.05, eave], [ridge, top], [split, eave], [split, 1]], None, 1.0)
    sketch.part([[split, 1], [split, eave], [0.95, eave], [0.95, 1]], None, 0.6)
    slope = (0.8 + 0.25 * np.cos(sketch.y * 150)) * np.float32(0.95)
    sketch.part(
        [[ridge, top - 0.02], [split + 0.03, eave + 0.05], [1, eave + 0.05], [0.9, top - 0.02]],
        roof,
        slope,
    )
    sketch.line(
        [[0.01, eave + 0.04], [ridge, top - 0.02], [split + 0.03, eave + 0.05]], 7, roof, 0.7
    )
    if kind == "house":
        sketch.part([[0.74, top + 0.1], [0.74, 0.06], [0.81, 0.06], [0.81, top + 0.1]], "#7a5a4c")
        for x, y in ((0.14, 0.66), (0.27, 0.66), (0.52, 0.66), (0.68, 0.66), (0.84, 0.66)):
            sketch.part(_box(x - 0.035, y, x + 0.035, y + 0.15), "#e9e4d8", 0.9)
            sketch.part(_box(x - 0.026, y + 0.012, x + 0.026, y + 0.138), "#2f3a44", 0.8)
    else:
        sketch.part(_box(0.11, 0.66, 0.31, 1), "#4a3a2e", 0.7)
    return sketch.sprite(rng.uniform(0.75, 0.9))


def _box(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


# ---- objects -------------------------------------------------------------------------------------


@lru_cache(len(OBJECTS))
def thing(kind):
    """The sprite of one of `OBJECTS`."""
    return globals()[f"_{kind}"](Sketch())


def _balloon(sketch):
    x, y = sketch.x - 0.5, sketch.y
    half = np.where(
        y < 0.4,
        np.sqrt(np.clip(0.37**2 - (y - 0.39) ** 2, 0, None)),
        0.37 * np.cos(np.clip((y - 0.4) / 0.40, 0, 1) * 1.32) ** 0.9,
    )
    around = np.arcsin(np.clip(x / np.maximum(half, 1e-3), -1, 1))
    mask = np.clip((half - np.abs(x)) * FINE + 0.5, 0, 1) * (y > 0.02) * (y < 0.8)
    gore = around / np.pi * 8
    light = 0.98 - 0.34 * np.sin(around) - 0.42 * (y - 0.3)
    light *= np.where(np.floor(gore) % 2 == 0, 1.0, 0.8)
    light *= 1 - 0.35 * np.exp(-np.square((gore - np.round(gore)) / 0.06))
    light *= 1 - 0.25 * (np.abs(y - 0.56) < 0.012)
    sketch.mask(np.float32(mask), None, np.clip(light, 0.25, 1.4).astype(np.float32))
    for side in (-1, 1):
        sketch.line([[0.5 + side * 0.09, 0.79], [0.5 + side * 0.055, 0.91]], 1, "#4a4038")
    sketch.part([[0.445, 0.9], [0.555, 0.9], [0.545, 0.985], [0.455, 0.985]], "#8a5f36", 0.9)
    sketch.part(_box(0.44, 0.895, 0.56, 0.912), "#5a3d24", 0.9)
    return sketch.sprite(1.0)


def _car(sketch):
    tyre, glass = "#1d1d1f", "#3a4a56"
    roof = [[0.20, 0.56], [0.31, 0.30], [0.36, 0.265], [0.62, 0.265], [0.68, 0.30], [0.82, 0.56]]
    sketch.part(roof, None, 1.12)
    body = [[0.03, 0.82], [0.025, 0.64], [0.06, 0.56], [0.20, 0.535], [0.82, 0.535], [0.95, 0.59]]
    body += [[0.98, 0.68], [0.97, 0.82]]
    light = np.interp(sketch.y, [0.53, 0.56, 0.62, 0.66, 0.8], [1.35, 1.2, 0.95, 0.85, 0.55])
    sketch.part(body, None, light.astype(np.float32))
    sketch.part([[0.255, 0.54], [0.335, 0.33], [0.47, 0.32], [0.47, 0.54]], glass, 0.9)
    sketch.part([[0.50, 0.54], [0.50, 0.32], [0.62, 0.325], [0.755, 0.54]], glass, 0.75)
    sketch.part([[0.28, 0.50], [0.335, 0.36], [0.38, 0.355], [0.33, 0.50]], "#b9cbd8", 0.8)
    sketch.line([[0.485, 0.56], [0.485, 0.79]], 1, "#202020", 0.6)
    sketch.part(_box(0.42, 0.605, 0.465, 0.62), "#d8d8d4", 0.8)
    sketch.disc(0.95, 0.64, 0.026, "#fff4d8", 1.1)
    sketch.part(_box(0.025, 0.62, 0.055, 0.67), "#7a1d1a", 0.9)
    sketch.part(_box(0.03, 0.79, 0.97, 0.83), "#2a2b2d", 0.7)
    for x in (0.22, 0.77):
        sketch.disc(x, 0.83, 0.105, tyre, 0.7)
        sketch.disc(x, 0.83, 0.062, "#b9bcc0", 0.85)
        sketch.disc(x, 0.83, 0.022, "#55585c", 0.8)
    return sketch.sprite(0.78)


def _door(sketch):
    wood, y, x = "#8a6a4c", sketch.y, sketch.x
    boards = 0.88 - 0.3 * (np.abs((y * 17) % 1 - 0.5) > 0.43) + 0.07 * np.cos(np.floor(y * 17) * 9)
    sketch.part(
        [[0.10, 1], [0.10, 0.42], [0.5, 0.12], [0.90, 0.42], [0.90, 1]],
        wood,
        (boards - 0.2 * (x - 0.5)).astype(np.float32),
    )
    roof = "#5d5049"
    sketch.part([[0.02, 0.46], [0.5, 0.055], [0.5, 0.155], [0.06, 0.52]], roof, 1.1)
    sketch.part([[0.98, 0.46], [0.5, 0.055], [0.5, 0.155], [0.94, 0.52]], roof, 0.65)
    sketch.part(_box(0.29, 0.45, 0.71, 1), "#d9d0bd", 0.85)
    planks = 1.0 - 0.4 * (np.abs((x * 17) % 1 - 0.5) > 0.44) - 0.25 * (x - 0.5)
    planks -= 0.35 * ((np.abs(y - 0.6) < 0.006) | (np.abs(y - 0.85) < 0.006))
    sketch.part(_box(0.325, 0.485, 0.675, 0.99), None, planks.astype(np.float32))
    sketch.disc(0.63, 0.74, 0.018, "#d8b85a", 1.1)
    sketch.disc(0.5, 0.31, 0.06, "#2a3440", 0.9)
    return sketch.sprite(0.95)


def _boat(sketch):
    sketch.line([[0.47, 0.76], [0.47, 0.04]], 4, "#6a4a30", 0.9)
    bulge = np.clip(1.0 - 0.5 * (sketch.x - 0.5), 0.5, 1.2).astype(np.float32)
    sketch.part([[0.49, 0.06], [0.62, 0.30], [0.80, 0.62], [0.49, 0.66]], None, bulge)
    sketch.part([[0.45, 0.12], [0.34, 0.40], [0.22, 0.62], [0.45, 0.64]], "#e9e2d4", 0.9 * bulge)
    sketch.part([[0.06, 0.71], [0.96, 0.69], [0.90, 0.76], [0.10, 0.76]], "#5a4030", 0.6)
    light = np.interp(sketch.y, [0.70, 0.74, 0.80, 0.97], [1.3, 1.05, 0.95, 0.5])
    hull = [[0.03, 0.70], [0.20, 0.735], [0.50, 0.75], [0.80, 0.735], [0.98, 0.68], [0.90, 0.86]]
    hull += [[0.80, 0.96], [0.22, 0.96], [0.11, 0.86]]
    lap = 1 - 0.2 * (np.abs((sketch.y * 20) % 1 - 0.5) > 0.42)
    sketch.part(hull, None, (light * lap).astype(np.float32))
    sketch.line(
        [[0.03, 0.705], [0.2, 0.74], [0.5, 0.755], [0.8, 0.74], [0.98, 0.685]], 4, "#ded2b8"
    )
    return sketch.sprite(1.0)


def _tent(sketch):
    folds = 0.04 * np.cos(sketch.x * 60 + 20 * sketch.y)
    light = 0.72 - 0.25 * (sketch.y - 0.6) + folds
    sketch.part([[0.34, 0.22], [0.78, 0.28], [0.98, 0.96], [0.60, 0.98]], None, np.float32(light))
    sketch.part([[0.34, 0.22], [0.78, 0.28], [0.80, 0.34], [0.37, 0.29]], None, 1.0)
    front = 1.18 - 0.3 * (sketch.y - 0.3) + folds
    sketch.part([[0.34, 0.20], [0.60, 0.98], [0.04, 0.98]], None, np.float32(front))
    sketch.part([[0.335, 0.40], [0.45, 0.98], [0.23, 0.98]], "#2c2823", 0.7)
    sketch.part([[0.335, 0.40], [0.23, 0.98], [0.15, 0.98], [0.29, 0.55]], None, 0.85)
    sketch.line([[0.34, 0.20], [0.34, 0.14]], 4, "#6a5a48")
    sketch.line([[0.34, 0.2], [0.0, 0.97]], 1, "#d9d2c0", 0.8)
    return sketch.sprite(0.78)


def _umbrella(sketch):
    coat, x, y = "#4a4d55", sketch.x, sketch.y
    sketch.line([[0.505, 0.14], [0.505, 0.74]], 3, "#3a3430")
    sketch.part([[0.42, 0.98], [0.43, 0.70], [0.49, 0.70], [0.48, 0.98]], "#35363c", 0.8)
    sketch.part([[0.49, 0.98], [0.49, 0.70], [0.55, 0.70], [0.56, 0.98]], "#35363c", 0.65)
    sketch.part(
        [[0.37, 0.80], [0.40, 0.52], [0.48, 0.48], [0.56, 0.52], [0.59, 0.80]],
        coat,
        np.float32(1.0 - 0.9 * (x - 0.45)),
    )
    sketch.disc(0.48, 0.435, 0.05, "#c49478", 0.9)
    sketch.disc(0.475, 0.415, 0.05, "#4a3626", 0.9, 0.75)
    rim = 0.40 - 0.035 * np.abs(np.sin((x - 0.05) / 0.9 * 6 * np.pi))
    dome = 0.09 + 0.31 * (1 - np.sqrt(np.clip(1 - ((x - 0.5) / 0.46) ** 2, 0, 1)))
    mask = np.clip((np.minimum(rim - y, y - dome)) * FINE + 0.5, 0, 1) * (np.abs(x - 0.5) < 0.455)
    panel = np.arcsin(
        np.clip((x - 0.5) / (0.46 * np.sqrt(np.clip((y - 0.05) / 0.35, 0.02, 1))), -1, 1)
    )
    panel = panel / np.pi * 6 + 0.5
    light = 1.12 - 0.75 * (x - 0.45) - 0.5 * (y - 0.2)
    light *= 1 - 0.35 * np.exp(-np.square((panel - np.round(panel)) / 0.07))
    light *= np.where(np.floor(panel) % 2 == 0, 1.0, 0.86)
    sketch.mask(np.float32(mask), None, np.clip(light, 0.35, 1.4).astype(np.float32))
    sketch.line([[0.5, 0.1], [0.5, 0.055]], 4, "#3a3430")
    return sketch.sprite(1.05)


def _kite(sketch):
    way = np.linspace(0, 1, 40)
    tail = np.stack([0.56 - 0.40 * way + 0.05 * np.sin(way * 12), 0.60 + 0.36 * way], 1)
    sketch.line(tail, 2, "#e6dfd0", 0.9)
    for number in (10, 19, 28, 37):
        x, y = tail[number]
        bow = [[x - 0.05, y - 0.03], [x, y], [x - 0.05, y + 0.03], [x + 0.05, y + 0.03], [x, y]]
        sketch.part([*bow, [x + 0.05, y - 0.03]], None, 0.95)
    top, right, low, left, mid = (
        [0.66, 0.03],
        [0.93, 0.30],
        [0.55, 0.62],
        [0.33, 0.22],
        [0.63, 0.26],
    )
    for first, second, light in ((left, top, 1.2), (top, right, 0.95), (right, low, 0.72)):
        sketch.part([first, second, mid], None, light)
    sketch.part([low, left, mid], None, 1.0)
    sketch.line([left, right], 2, "#4a3a2a", 0.8)
    sketch.line([top, low], 2, "#4a3a2a", 0.8)
    return sketch.sprite(1.0)
