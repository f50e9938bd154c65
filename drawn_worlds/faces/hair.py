"""Hair on the drawn heads: where it grows, how thick it lies, what hangs down, and its strands."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.faces.shape import (
    ZERO,
    blob,
    chart,
    directions,
    egg,
    fetch,
    hypot,
    nearest,
    table,
    unit,
)

ANGLES = np.array([0, 25, 42, 58, 70, 80, 92, 115, 180])  # from the front, in degrees
COSINES = np.cos(np.radians(ANGLES))


class Style(NamedTuple):
    """`line`: how high, as the direction's y, the hair begins at each of `ANGLES`; how thick it is
    on top, at the sides and behind; `curl` of its surface; `hangs`: down to which y, or None.
    """

    line: tuple
    top: float
    sides: float
    back: float
    curl: float = 0.0
    hangs: float | None = None


NEAT = (0.74, 0.735, 0.67, 0.52, 0.24, -0.08, -0.16, -0.36, -0.54)
FRAMED = (0.75, 0.72, 0.60, 0.34, -0.30, -0.97, -1.0, -1.0, -1.0)
STYLES = {
    "bald": Style((1.2,) * 5 + (1.2, 1.2, 0.1, 0.0), 0.0, 0.0, 0.012),
    "cropped": Style(NEAT, 0.035, 0.02, 0.02),
    "short": Style(NEAT, 0.11, 0.055, 0.06),
    "quiff": Style(NEAT, 0.17, 0.045, 0.06),
    "fringe": Style((0.36, 0.36, 0.32, 0.22, 0.02, -0.22, -0.30, -0.45, -0.60), 0.12, 0.10, 0.10),
    "curly": Style(
        (0.70, 0.69, 0.60, 0.44, 0.14, -0.20, -0.26, -0.42, -0.58), 0.20, 0.15, 0.16, 1.0
    ),
    "afro": Style(
        (0.72, 0.71, 0.62, 0.46, 0.16, -0.16, -0.24, -0.42, -0.60), 0.42, 0.38, 0.38, 1.2
    ),
    "bob": Style(
        (0.62, 0.60, 0.52, 0.30, -0.26, -0.97, -1.0, -1.0, -1.0), 0.13, 0.16, 0.16, 0, -0.92
    ),
    "long": Style(FRAMED, 0.11, 0.12, 0.12, 0, -1.6),
    "wavy": Style(FRAMED, 0.14, 0.17, 0.15, 0.45, -1.5),
    "bun": Style((0.70, 0.68, 0.60, 0.46, 0.16, -0.10, -0.16, -0.36, -0.52), 0.06, 0.045, 0.06),
    "scarf": Style(
        (0.66, 0.63, 0.50, 0.20, -0.30, -0.72, -0.86, -0.92, -0.95), 0.09, 0.09, 0.12, 0, -1.25
    ),
}


def pole(who):
    """The direction (3,) that the hair grows away from: crown, or parting of long hair."""
    if STYLES[who.style].hangs is not None:
        way = (0.42 * who.parting, 0.92, 0.22)
    else:
        way = (0.2 * who.parting, 0.84, -0.5)
    return np.float32(way) / np.float32(np.linalg.norm(way))


@lru_cache(4)
def _lines(side):
    """How much each of a style's heights in `line` counts at a chart's texels (9, side * side)."""
    turn = chart(side).turn.ravel()
    return np.stack([table(turn, COSINES[::-1], row[::-1]) for row in np.eye(len(ANGLES))])


def edge(who, c):
    """How far a chart's directions lie inside the hair, about in radians; skin is below 0."""
    style = STYLES[who.style]
    line = np.array(style.line)
    line[:4] += who.hairline * 0.8
    if who.style not in ("fringe", "scarf", "bald"):
        line[:4] += who.recede * np.array([0.08, 0.2, 0.26, 0.16])
    limit = (np.float32(line) @ _lines(len(c.turn))).reshape(c.turn.shape)
    if who.style in ("fringe", "bob"):
        limit += np.float32(0.25 * who.parting) * c.directions[0] * (c.turn > 0.3)
    return c.directions[1] - limit


@lru_cache(8)
def _lumps(side, number):
    """Lumps (side, side) of curls on the chart, one of several drawings."""
    x, y, z = chart(side).directions.reshape(3, -1)
    row = (y + 0.5 * z) * 150 + 200 + 37 * number
    return fetch(curls(), (x - 0.6 * z) * 150 + 200, row).reshape(side, side)


def thickness(who, head):
    """(n, n) of the chart: how high hair stands on a head's radius; how far inside it one is."""
    style, c = STYLES[who.style], chart(len(head))
    x, y, z = c.directions
    inside = edge(who, c)
    top = unit(1.5 * y - 0.1)
    behind = unit(0.3 - z) * (1 - top)
    high = style.sides + (style.top - style.sides) * top + (style.back - style.sides) * behind
    high *= np.float32(0.45 + 0.55 * who.volume if style.top < 0.3 else who.volume)
    if who.style == "quiff":
        high += np.float32(0.13 * who.volume) * blob(
            c.directions, (0.3 * who.parting, 0.78, 0.55), 0.3
        )
    if who.style in ("short", "long", "wavy", "bob", "quiff") and who.parting:
        plane = x - np.float32(0.42 * who.parting)
        high *= 1 - 0.55 * np.exp(-np.square(plane / 0.045)) * (y > 0.5)
        high *= 1 - np.float32(np.copysign(0.25, who.parting)) * np.tanh(plane / 0.2) * top
    if style.curl:
        high *= 1 + 0.16 * style.curl * _lumps(len(head), who.seed % 7)
    rise = unit(inside / (0.04 + 0.4 * np.minimum(high, np.float32(0.25))) + 0.1)
    if style.hangs is not None and who.style != "scarf":
        high = np.maximum(high, _curtain(who, style, x, y, z) - head)
    return high * rise * (2 - rise), inside


def _curtain(who, style, x, y, z):
    """Radius of the hair that hangs down from the head like a curtain round the neck."""
    sides, back = 0.70 * who.head_width + style.sides * who.volume, 0.84 + style.back * who.volume
    if who.style == "wavy":
        ripple = 1 + 0.035 * np.sin(13 * y / np.maximum(hypot(x, z), np.float32(0.2)) + 3 * z)
        sides, back = sides * ripple, back * ripple
    deep = np.where(z > 0, sides, back).astype(np.float32)
    round_ = hypot(x / sides, z / deep)
    down = y * np.where(y < 0, np.float32(1 / style.hangs), np.float32(1 / 0.7))
    nearer = 0.5 * (round_ + down + np.sqrt(np.square(round_ - down) + np.float32(0.01)))
    return 1 / np.maximum(nearer, np.float32(0.2))


def covers_ears(who):
    """True if no ear shows under this hair."""
    return STYLES[who.style].hangs is not None


def volumes(who):
    """Ellipsoids of hair or cloth that stand free of the head."""
    if who.style == "bun":
        high = who.seed % 3 > 0
        centre = (0.0, 1.08, -0.62) if high else (0.0, 0.05, -1.12)
        return [egg(centre, (0.36, 0.33, 0.33))]
    if who.style == "scarf":
        return [
            egg((0, -0.72, -0.10), (0.60 * who.head_width, 0.72, 0.62)),
            egg((0, -1.42, -0.08), (0.92, 0.46, 0.66)),
        ]
    return []


# ---- strands -------------------------------------------------------------------------------------


def stretched(rng, high, wide, across, along):
    """Periodic noise (high, wide), of deviation 1, smooth over so many pixels each way."""
    noise = rng.normal(size=(high, wide)).astype(np.float32)
    reach_y, reach_x = int(4 * along) + 1, int(4 * across) + 1
    noise = np.pad(noise, ((reach_y,) * 2, (reach_x,) * 2), mode="wrap")
    noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=max(across, 0.3), sigmaY=max(along, 0.3))
    noise = noise[reach_y:-reach_y, reach_x:-reach_x]
    return noise / noise.std()


def blur_of(pixel) -> float:
    """How far strands are blurred where a pixel is so large, in columns."""
    return round(2 * min(max(float(pixel) * 160 - 1, 0), 6)) / 2


@lru_cache(6)
def strands(blur: float):
    """Periodic streaks (128, 1024), lengthwise down, of deviation about 1; `blur` in columns."""
    rng = np.random.default_rng(7)
    streaks = sum(
        weight * stretched(rng, 128, 1024, across, along)
        for weight, across, along in ((0.5, 0.7, 10), (0.55, 2, 14), (0.5, 6, 20), (0.4, 18, 24))
    )
    if blur > 0.3:
        wide = np.pad(streaks, ((0, 0), (32, 32)), mode="wrap")
        streaks = cv2.GaussianBlur(wide, (0, 0), sigmaX=min(blur, 10), sigmaY=0.3)[:, 32:-32]
    return np.ascontiguousarray(streaks, np.float32)


@lru_cache(1)
def curls():
    """Periodic round lumps (400, 400), in about [-1, 1]."""
    noise = stretched(np.random.default_rng(8), 400, 400, 7, 7)
    return np.tanh(1.2 * noise).astype(np.float32)


def _turns(x, y):
    """The angles of (x, y), in turns."""
    if not len(x):
        return x
    return cv2.phase(x, y).ravel() / np.float32(2 * np.pi)


def comb(who, head):
    """Hair coordinates of points (3, N): across the strands (in turns), along them (0 to about 3),
    and the strands' directions (3, N), from the root on.
    """
    away = pole(who)
    side = np.float32((0, -away[2], away[1])) / hypot(away[1], away[2])
    other = np.float32(
        (away[1] * side[2] - away[2] * side[1], -away[0] * side[2], away[0] * side[1])
    )  # at right angles to both
    d, y = directions(head), head[1]
    up, one, two = np.array([away, side, other]) @ d
    along = 1.5 - 1.3 * up + np.maximum(-0.6 - y, ZERO)
    across = _turns(one, two)
    hangs = STYLES[who.style].hangs is not None
    tangent = d * up - away[:, None]
    tangent[1] -= ((0.3 - y) * (2.5 if hangs else 1.0)).clip(ZERO, np.float32(4 if hangs else 0.6))
    swing = who.wave * (0.035 if STYLES[who.style].curl else 0.006)
    across += np.float32(swing) * np.sin(along * 11 + 9 * np.sin(7 * across))
    return across, along, directions(tangent)


def streaks(who, across, along, pixel):
    """Noise (N,) of the strands at hair coordinates, and coarser clumps (N,)."""
    offset = np.float32(who.seed % 97 * 11)
    column, row = across * 1024 + offset, along * 26 + offset
    return fetch(strands(blur_of(pixel)), column, row), nearest(strands(6.0), column, row * 0.6)
