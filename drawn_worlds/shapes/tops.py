"""Tops of the drawn tables: wood, cloth, marble, paint and terrazzo.

Each gives colours (S, S, 3), linear light, at places `u`, `v` (S, S) on the table in sides of the
picture; what is smaller than a `pixel` fades away.
"""

import numpy as np

from drawn_worlds.landscapes.noise import Noise
from drawn_worlds.shapes.paint import WOODS, dots, mix, ramp, wave
from drawn_worlds.textures import ink, pick, shaded, tinted

CLOTHS = ("#b8342f", "#3f6fa8", "#4f8a5a", "#d89a3c", "#8a5a8a", "#5a6a78", "#c8707a", "#2f8a8a")
PAINTS = ("#6fa3a8", "#d9c7a3", "#8aa37a", "#c98a7a", "#7a8fb0", "#e3ded2", "#54606a")
MARBLES = (("#efece6", "#8a8a90"), ("#e6ddd0", "#a5805c"), ("#3c4a48", "#b8c4bc"))
MARBLES += (("#c9cdd2", "#6a7078"), ("#4a4548", "#c8b8a8"))


def _wood(rng, noise, u, v, pixel):
    """Planks with their grain."""
    wide, base = rng.uniform(0.16, 0.5), ink(pick(rng, WOODS))
    plank = np.floor(v / np.float32(wide))
    into = v - plank * np.float32(wide)
    shift = np.float32(1.147) * plank
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
    across, along = wave(u / np.float32(unit), edge), wave(v / np.float32(unit), edge)
    share = {
        "checks": 0.5 * across + 0.5 * along,
        "stripes": np.maximum(across, 0.24 * wave(2 * u / np.float32(unit) + 0.5, 2 * edge)),
        "dots": ramp(dots(u / np.float32(unit), v / np.float32(unit)), 0, edge) * 0.95,
    }[kind]
    if kind == "dots" and rng.random() < 0.5:
        dye, ground = ground, dye
    weave = noise(u, v, (0.02, 0.006)) + noise(u, v, (0.006, 0.02))
    tone = 1 + 0.045 * weave * _fine(0.006, pixel) + 0.06 * noise(u, v, 0.45)
    return shaded(mix(ground, dye, share), tone)


def _marble(rng, noise, u, v, pixel):
    """Polished stone with veins."""
    base, vein = (ink(code) for code in pick(rng, MARBLES))
    bend = noise.octaves(u, v, 0.45, 3)
    veins = 0
    for lump, strong in ((0.55, 1.0), (0.3, 0.6), (0.16, 0.35)):
        crack = np.abs(noise(u + 0.12 * bend, v - 0.1 * bend, lump))
        veins = veins + strong * np.clip(1 - crack / 0.16, 0, 1) ** 2
    veins = veins * np.clip(0.5 + bend, 0, 1)
    return mix(base, vein, 0.12 + 0.07 * noise.octaves(u, v, 0.35, 3) + 0.5 * veins)


def _painted(rng, noise, u, v, pixel):
    """Plain paint, brushed, a little worn."""
    base = ink(pick(rng, PAINTS))
    brush = noise(u, v, (0.4, 0.012)) * _fine(0.012, pixel)
    tone = 1 + 0.035 * brush + 0.05 * noise(u, v, 0.3)
    worn = ramp(noise.octaves(u, v, (0.3, 0.1), 4), 1.9, 2.3) * 0.5
    return mix(tinted(tone, base), ink("#a88a66"), worn)


def _terrazzo(rng, noise, u, v, pixel):
    """Smooth ground with chips of stone in it."""
    base = ink(pick(rng, ("#e8e4dc", "#d8cfc4", "#c8d2d0", "#6a6f74")))
    colour = np.broadcast_to(base, (*u.shape, 3))
    for code in ("#b8735a", "#7a8f8a", "#f2eee6", "#4a4a4e"):
        chips = noise(u, v, rng.uniform(0.018, 0.035))
        colour = mix(colour, ink(code), 0.8 * ramp(chips, 1.25, 1.25 + max(0.2, 30 * pixel)))
    return shaded(colour, 1 + 0.03 * noise(u, v, 0.2))


TOPS = ((_wood, 0.22), (_wood, 0.22), (_cloth, 0.0), (_cloth, 0.0))  # and their gloss
TOPS += ((_marble, 0.4), (_painted, 0.12), (_terrazzo, 0.3))


def _fine(lump, pixel):
    """How much of lumps is left where pixels are hardly smaller."""
    return float(np.clip(lump / pixel - 0.5, 0, 1))


def top(rng, view):
    """The table's colour (S, S, 3) without light, and its gloss."""
    cover, gloss = pick(rng, TOPS)
    x, y, _ = view.plane(0, 0, view.side, view.side)
    y = y / np.float32(view.sine**2)  # from the picture's plane on to the table
    turn = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u, v = x * cosine + y * sine, y * cosine - x * sine
    pixel = 1 / (view.side * view.sine)
    return cover(rng, Noise(np.random.default_rng(rng.integers(2**32))), u, v, pixel), gloss
