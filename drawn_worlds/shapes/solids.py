"""The things on the drawn tables: solids, each with its signed distance and its paint.

A solid lies in a box from `low` to `high` of its own places, three arrays (h, w) of which z points
up. `distance` is negative inside and at most the true distance outside (Hart 1996, "Sphere
tracing"); `paint` gives the colours (h, w, 3), linear light, of places on the surface.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from drawn_worlds.shapes.paint import TOYS, WOODS, dots, length, mix, ramp, wave
from drawn_worlds.shapes.rays import yaw
from drawn_worlds.textures import ink, pick


def _capsule(x, y, z, end, thick):
    """Distance to a rod from the origin to the place `end` (3,)."""
    way = np.float32(end)
    share = sum(p * float(w) for p, w in zip((x, y, z), way / (way @ way), strict=True))
    share = np.clip(share, 0, 1)
    rest = (p - float(w) * share for p, w in zip((x, y, z), way, strict=True))
    return length(*rest) - np.float32(thick)


def _solid(flat, high, half, round_):
    """Distance to what is `half` high of an outline at distance `flat`, with rounded edges."""
    flat, high = flat + np.float32(round_), np.abs(high) - np.float32(half - round_)
    outside = length(np.maximum(flat, 0), np.maximum(high, 0))
    return outside + np.minimum(np.maximum(flat, high), 0) - np.float32(round_)


class Body:
    """A solid of local places: `reach` half its length, `rise` its origin's height above the table,
    `feet` (k, 3) circles x, y, radius that it takes up there, `pose` (3, 3) how it leans, `sizes`
    the least and the most of `reach` in sides; what is not `hollow` never shades itself."""

    reach, rise, gloss, hollow = 1.0, 1.0, 0.5, True
    low, high = -np.ones(3), np.ones(3)
    feet, pose = np.array([[0, 0, 1.0]]), np.eye(3)
    sizes = (0.068, 0.14)


class Apple(Body):
    """Red, green or yellow, with a stem, sometimes a leaf, leaning a little."""

    low, high = np.array([-1.1, -1.1, -0.8]), np.array([1.1, 1.1, 1.15])
    gloss = 0.34
    kinds = (("#b3202a", "#d9a03c"), ("#8f1626", "#b8342c"), ("#7fae36", "#a8c44c"))
    kinds += (("#d8362c", "#a8b848"), ("#e0b83c", "#d8682c"), ("#c42832", "#e8c860"))

    def __init__(self, rng):
        self.skin = [ink(code) for code in pick(rng, self.kinds)]
        self.taper, self.leaf = rng.uniform(0.12, 0.26), rng.random() < 0.4
        self.stem = np.array([*rng.uniform(-0.16, 0.16, 2), 0.5])
        lean, way = abs(rng.normal(0, 0.25)), yaw(rng.uniform(0, 2 * np.pi))
        tilt = np.roll(yaw(lean), 1, (0, 1))
        self.pose, self.rise = way @ tilt @ way.T, 0.7 + 0.28 * np.sin(lean)

    def distance(self, x, y, z):
        flesh = self._flesh(x, y, z)
        away = np.minimum(flesh, _capsule(x, y, z - np.float32(0.52), self.stem, 0.05))
        return np.minimum(away, self._leaf(x, y, z)) if self.leaf else away

    def _flesh(self, x, y, z):
        out = length(x, y) * (1 - np.float32(self.taper) * (z - 0.2))
        return 0.9 * (length(out - 0.3, z) - 0.7)

    def _leaf(self, x, y, z):
        x, y, z = x - 0.42, y - 0.04, z - 0.84
        z = z + 0.5 * x * x - 0.25 * y * y
        away = length(x / 0.38, y / 0.18, z / 0.04)
        return (away - 1) * 0.04 * np.maximum(1, 0.8 * away) ** 0.5

    def paint(self, noise, x, y, z):
        turn, flesh = np.arctan2(y, x), self._flesh(x, y, z)
        streaks = noise(turn, z, (0.11, 1.5)) + 0.5 * noise(turn, z, (0.05, 0.8))
        blush = 0.5 * noise(x, y + z, 1.3) + 0.18 * streaks
        colour = mix(*self.skin, 0.35 + 0.45 * blush)
        out = length(x, y)
        dimple = ramp(0.36 + 0.1 * streaks - out, 0, 0.25) * (z > 0)
        colour = mix(colour, ink("#8f9440"), 0.8 * dimple)
        colour = mix(colour, ink("#ead9a0"), 0.35 * ramp(noise(x + z, y - z, 0.05), 1.7, 2.4))
        colour = mix(colour, ink("#3c2a1c"), ramp(0.12 - out, 0, 0.05) * (z < 0))
        stem = _capsule(x, y, z - np.float32(0.52), self.stem, 0.05) < flesh
        colour = np.where(stem[..., None], ink("#5e4228"), colour)
        if self.leaf:
            vein = 0.5 * ramp(0.03 - np.abs(y - 0.04), 0, 0.02)
            leaf = mix(ink("#4a7f30"), ink("#8fb45c"), vein + 0.3 * noise(x, y, 0.1))
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
        return turn / np.float32(self.bow), length(out, over, z), (out, z)

    def _width(self, share):
        share = np.abs(share + 0.03)
        body = np.sqrt(np.clip(1 - share**2.6, 0.0, 1))
        return np.float32(0.055) + np.float32(self.thick - 0.055) * body**1.3

    def distance(self, x, y, z):
        share, away, (out, up) = self._frame(x, y, z)
        edges = 1 + 0.05 * np.cos(5 * np.arctan2(up, out))
        return 0.85 * (away - self._width(share) * edges)

    def paint(self, noise, x, y, z):
        long, _, (out, up) = self._frame(x, y, z)
        around, skin = np.arctan2(up, out), ink(self.skin)
        clouds = 0.4 + 0.4 * noise(long, around, (0.6, 0.7))
        colour = mix(skin, skin * np.float32([0.86, 0.8, 0.6]), clouds)
        green = ramp(np.abs(long), 0.6, 0.95) * (0.75 - self.ripe)
        colour = mix(colour, ink("#8fa63a"), green)
        edge = ramp(np.cos(5 * around), 0.9, 1.0) * (0.25 + 0.4 * self.ripe)
        edge *= ramp(noise(long, around, (0.3, 0.5)), -0.8, 0.8)
        colour = mix(colour, ink("#8a6420"), edge)
        spots = noise(long, around, (0.045, 0.16)) + 0.6 * noise(long, around, (0.3, 1.0))
        spots = ramp(spots + 1.6 * self.ripe, 2.6, 3.1)
        colour = mix(colour, ink("#5c3a1c"), 0.8 * spots)
        tips = ramp(np.abs(long) + 0.02 * noise(long, around, 0.2), 0.9, 0.97)
        return mix(colour, ink("#3e2c1c"), 0.9 * tips)


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
        out, side = length(x, y), self._side(z)
        half = self.tall / 2
        wall = _solid(out - side, z - np.float32(half), half, 0.05)
        ring = length(x - np.float32(self.wide + 0.03), 0.9 * (z - np.float32(1.02 * half)))
        handle = length(ring - np.float32(0.6 * half), 0.8 * y) - 0.075
        cave = np.maximum(out - side + 0.08, np.float32(self.floor) - z)
        return 0.95 * np.maximum(np.minimum(wall, handle), -cave)

    def paint(self, noise, x, y, z):
        out, side, turn = length(x, y), self._side(z), np.arctan2(y, x)
        colour = np.broadcast_to(self.glaze, (*x.shape, 3))
        high = z / np.float32(self.tall)
        share = {
            "plain": lambda: np.zeros_like(high),
            "bands": lambda: wave(2.5 * high, 0.12) * ramp(0.38 - np.abs(high - 0.5), 0, 0.02),
            "stripes": lambda: wave(turn * np.float32(7 / np.pi), 0.15),
            "dipped": lambda: ramp(0.45 + 0.05 * np.sin(3 * turn) - high, 0, 0.02),
            "dots": lambda: ramp(dots(turn * np.float32(5 / np.pi), 3.2 * high), 0, 0.08),
        }[self.pattern]()
        share = share * (out < side + 0.02)
        colour = mix(colour, self.second, share)
        within = ramp(side - 0.035 - out, 0, 0.02) * (z > 0.1 * self.tall)
        colour = mix(colour, self.inside, within)
        if self.drink is None:
            return colour
        foam = 0.25 * ramp(out - side + 0.2, 0, 0.1)
        drink = mix(self.drink, np.minimum(2.2 * self.drink + 0.03, 1), foam)
        full = (z < self.floor + 0.03) & (out < side - 0.06)
        return np.where(full[..., None], drink, colour)


class Ball(Body):
    """A ball of one colour, or with gores, bands, panels or dots."""

    sizes, hollow = (0.062, 0.15), False

    def __init__(self, rng):
        self.colours = [ink(code) for code in rng.choice(TOYS, 3, replace=False)]
        self.pattern = pick(rng, ("plain", "gores", "bands", "panels", "dots"))
        self.pose = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        self.gloss = pick(rng, (0.35, 0.8, 1.0))

    def distance(self, x, y, z):
        return length(x, y, z) - 1

    def paint(self, noise, x, y, z):
        first, second, third = self.colours
        if self.pattern == "plain":
            return mix(first, 0.85 * first, 0.5 + 0.5 * noise(x, y + z, 0.7))
        if self.pattern == "bands":
            colour = mix(first, second, ramp(0.34 - np.abs(z), 0, 0.03))
            return mix(colour, third, ramp(0.06 - np.abs(np.abs(z) - 0.4), 0, 0.02))
        if self.pattern == "gores":
            turn = (np.arctan2(y, x) / np.float32(2 * np.pi) + 0.5) * 3
            colour = mix(first, second, wave(turn, 0.04 / np.maximum(length(x, y), 0.1)))
            return mix(colour, ink("#f2efe6"), ramp(np.abs(z), 0.93, 0.95))
        near = np.tensordot(_icosahedron(), np.stack([x, y, z]), 1)
        if self.pattern == "dots":
            return mix(first, second, ramp(near.max(0), 0.9, 0.925))
        near = np.partition(near, 10, axis=0)[-2:]
        white = ink("#f2efe6")
        colour = mix(white, 0.35 * white, ramp(0.018 - (near[1] - near[0]), 0, 0.018))
        return mix(colour, first, ramp(near[1], 0.925, 0.945))


class Block(Body):
    """A wooden block: bare, painted, or with a letter on each face."""

    gloss, hollow = 0.25, False

    def __init__(self, rng):
        shape = pick(rng, ((1, 1, 1), (1, 1, 1), (1.7, 0.8, 0.6), (1.2, 1.2, 0.5), (0.7, 0.7, 1.2)))
        self.half = np.array(shape, np.float32) * 0.6
        self.low, self.high, self.rise = -self.half - 0.01, self.half + 0.01, float(self.half[2])
        self.reach = float(np.linalg.norm(self.half))
        long, wide = float(self.half[0]), float(self.half[1])
        self.feet = np.array([[way * (long - wide), 0, 1.22 * wide] for way in (-1, 0, 1)])
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
                own = mix(wood, own, _stamp(self.letters[axis], *spot))
            colour = np.where((face == axis)[..., None], own, colour)
        return colour


class Star(Body):
    """A flat star with five points: a biscuit, iced or not, or a toy."""

    low, high = np.array([-1.0, -1.0, -0.22]), np.array([1.0, 1.0, 0.22])
    feet = np.array([[0, 0, 0.82]])
    styles = (("biscuit", 0.1), ("iced", 0.4), ("toy", 0.7), ("rim", 0.7))  # and their gloss

    def __init__(self, rng):
        self.half, self.deep = rng.uniform(0.13, 0.21), rng.uniform(0.46, 0.58)
        self.rise = self.half
        self.style, self.gloss = pick(rng, self.styles)
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
        apart = length(x - right * share, y - up * share)
        return np.where(y * right < x * up, -apart, apart)

    def distance(self, x, y, z):
        return 0.95 * (_solid(self._outline(x, y), z, self.half - 0.06, 0.06) - np.float32(0.06))

    def paint(self, noise, x, y, z):
        flat = self._outline(x, y)
        if self.style in ("toy", "rim"):
            share = ramp(-flat, 0.14, 0.16) * (z > 0) * (self.style == "rim")
            return mix(*self.colours, share)
        crumbs = noise(x, y, 0.07) + 0.6 * noise(x, y + z, 0.3)
        baked = mix(ink("#9a5f2a"), ink("#dba962"), ramp(-flat, -0.08, 0.25) + 0.1 * crumbs)
        if self.style == "biscuit":
            return mix(baked, ink("#6b3f1c"), 0.5 * ramp(crumbs, 1.4, 2.0))
        iced = ramp(-flat + 0.012 * noise(x, y, 0.25), 0.07, 0.1) * (z > 0)
        sugar = ramp(noise(x, y, 0.075), 1.35, 1.6)
        return mix(mix(baked, self.icing, iced), self.colours[0], iced * sugar)


BODIES = {"apple": Apple, "banana": Banana, "cup": Cup, "ball": Ball, "block": Block, "star": Star}


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
