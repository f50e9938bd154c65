"""Light of the drawn tables: shadows, the things' and the table's shading, and the photograph."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.landscapes.noise import Noise
from drawn_worlds.shapes.paint import ramp
from drawn_worlds.shapes.rays import along, cast, clipped, hidden, normals, shadow, times
from drawn_worlds.shapes.tops import top
from drawn_worlds.textures import ink, pick, shaded, tinted


class Light(NamedTuple):
    """`way` (3,) to the lamp or window, its colour `sun`, the `shade`'s (3,), and how `soft`."""

    way: np.ndarray
    sun: np.ndarray
    shade: np.ndarray
    soft: float

    @classmethod
    def some(cls, rng):
        """A lamp or a window on one side, mostly a little behind the things."""
        high, aside = np.radians(rng.uniform(36, 62)), np.radians(rng.uniform(-50, 30))
        way = [pick(rng, (-1, 1)) * np.cos(high) * np.cos(aside), np.cos(high) * np.sin(aside)]
        sun = ink(pick(rng, ("#fff4e2", "#ffe6c4", "#ffd9a8", "#fbf6ff"))) * rng.uniform(1.0, 1.35)
        shade = ink(pick(rng, ("#b8c8e6", "#c8ccda", "#d2c8c2"))) * rng.uniform(0.62, 0.9)
        return cls(np.float32([*way, np.sin(high)]), sun, shade, float(rng.uniform(0.08, 0.3)))


def photograph(placed, view, light, paint, film):
    """The photo (S, S, 3) in [0, 1] and the labels int32 (S, S) of things in their places."""
    side = view.side
    views = [cast(one, view) for one in placed]
    _, owner = hidden(views, side)
    flat = view._replace(side=side // 2)
    ground, gloss = top(paint, flat)
    bounce = ground.mean((0, 1)) * light.shade
    picture = _ground(ground, gloss, placed, flat, light)
    solid = np.zeros((side, side, 3), np.float32)
    for number, (one, seen) in enumerate(zip(placed, views, strict=True), start=1):
        noise = Noise(np.random.default_rng(paint.integers(2**32)))
        spot, inner = clipped(seen, side)
        mine = owner[spot] == number
        others = [other for other in placed if other is not one and _may_shade(other, one, light)]
        colour = _lit(one, seen, inner, others, noise, light, view, bounce)
        solid[spot][mine] = colour[mine]
    half = (side // 2, side // 2)
    cover = cv2.resize((owner > 0).astype(np.float32), half, interpolation=cv2.INTER_AREA)
    solid = cv2.resize(solid, half, interpolation=cv2.INTER_AREA)
    photo = _developed(shaded(picture, 1 - cover) + solid, film)
    return photo, np.ascontiguousarray(owner[1::2, 1::2])


def _ground(colour, gloss, placed, view, light):
    """The table (S, S, 3) in the light, with the shadows of the things."""
    lit, open_ = np.ones((2, view.side, view.side), np.float32)
    for one in placed:
        box = _shadow_box(one, view, light)
        x, y, _ = view.plane(box[1].start, box[0].start, box[1].stop, box[0].stop)
        places = x, y / np.float32(view.sine**2), np.zeros_like(x)
        if x.size:
            lit[box] *= shadow(one, places, light)
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
        away = one.body.distance(*along((x, y, z), up, np.float32(high)))
        open_ = open_ * (1 - strong * np.clip(1 - away / np.float32(high), 0, 1.5))
    return np.clip(open_, 0.05, 1)


def _may_shade(other, one, light):
    """Whether `other` can stand between the lamp and `one`."""
    step = other.centre - one.centre
    ahead = float(step @ light.way)
    reach = 1.3 * (other.body.reach * other.size + one.body.reach * one.size)
    return ahead > -reach and np.linalg.norm(step - ahead * light.way) < reach


def _lit(one, seen, inner, others, noise, light, view, bounce):
    """The colour (h, w, 3) of what is seen of a thing in the slices `inner` of its box."""
    local = tuple(part[inner] for part in seen.places)
    normal = normals(one, local)
    world = one.world(*local)
    start = tuple(p + 0.04 * one.size * n for p, n in zip(world, normal, strict=True))
    facing, up = sum(n * float(w) for n, w in zip(normal, light.way, strict=True)), normal[2]
    lit = shadow(one, start, light, 8) if one.body.hollow else ramp(facing, -0.12, 0.2)
    for other in others:
        lit = lit * shadow(other, start, light, 8)
    open_ = 0.55 + 0.45 * ramp(world[2], 0, 0.6 * one.size)
    if one.body.hollow:
        open_ = open_ * _openness(one, local, normal)
    falls = tinted(np.clip(0.92 * facing + 0.08, 0, 1) * lit, light.sun)
    falls += tinted(open_ * (0.58 + 0.42 * up), light.shade)
    falls += tinted(open_ * (0.5 - 0.5 * up), 1.1 * bounce)
    shine, mirror = _gleam(normal, light, view)
    gloss = np.float32(one.body.gloss)
    falls *= one.body.paint(noise, *local)
    falls += tinted(gloss * shine * lit, light.sun)
    return falls + tinted(gloss * mirror * open_, light.shade)


def _openness(one, local, normal):
    """Share of the sky (h, w) that a thing leaves to its own hollows."""
    way = times(one.turn.T, *normal)
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
    lamp = 1.6 * ramp(aim, 0.955, 0.99) + 0.22 * np.clip(aim, 0, 1) ** 12
    rim = np.clip(1 - toward, 0, 1)
    return lamp, 0.05 + 0.75 * rim**4 + 0.12 * ramp(up, 0.1, 0.9)


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
