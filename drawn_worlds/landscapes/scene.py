"""A drawn landscape put together: sky, land, water that mirrors them, and what stands there."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.landscapes import things
from drawn_worlds.landscapes.land import (
    BUILDING,
    CLOUD,
    LAKE,
    LEAVES,
    MEADOW,
    MOUNTAIN,
    OBJECT,
    PATH,
    SEASONS,
    SKY,
    STEPS,
    WATER,
    WOODS,
    Plan,
    View,
    land,
    shape,
)
from drawn_worlds.landscapes.light import LUMINANCE, TIMES, WEATHERS, Light, heaven
from drawn_worlds.landscapes.noise import Noise
from drawn_worlds.textures import ink, pick, tinted

WALLS = ("#efe6d4", "#e8d8b8", "#d9c4a4", "#f2eee6", "#c9b8a0", "#d8b8a4")
WIDE = {  # width of an object in sides of the picture, from … to
    "balloon": (0.19, 0.30),
    "car": (0.22, 0.32),
    "door": (0.26, 0.36),
    "boat": (0.24, 0.34),
    "tent": (0.20, 0.30),
    "umbrella": (0.20, 0.30),
    "kite": (0.17, 0.26),
}
COARSE = 64  # columns of the land on which places are looked for, at every size
METRES = {"car": 4.2, "door": 3.6, "boat": 7.0, "tent": 3.4, "umbrella": 1.7}


class Scene(NamedTuple):
    """Linear light `picture` (S, S, 3), `regions` uint8 (S, S), `painted` (S, S), the share of the
    object's paint; `object` and `colour` as chosen or drawn."""

    picture: np.ndarray
    regions: np.ndarray
    painted: np.ndarray
    light: Light
    season: str
    object: str
    colour: int


def scene(seed: int, side: int, chosen: dict) -> Scene:
    """The scene of a seed on a canvas of `side` pixels."""
    rng = np.random.default_rng((seed, 20))
    plan = Plan.some(rng)
    drawn = {
        "season": pick(rng, SEASONS),
        "time": rng.choice(TIMES, p=(0.2, 0.5, 0.2, 0.1)).item(),
        "weather": rng.choice(WEATHERS, p=(0.35, 0.35, 0.15, 0.15)).item(),
        "colour": int(rng.integers(len(things.COLOURS))),
    }
    kinds = tuple(kind for kind in things.OBJECTS if kind != "boat" or plan.lake)
    weights = np.array([3.0 if kind == "boat" else 1.0 for kind in kinds])
    kind = rng.choice(kinds, p=weights / weights.sum()).item()
    drawn["object"] = kind if rng.random() < 0.9 else "none"
    drawn |= chosen
    light = Light.some(np.random.default_rng((seed, 23)), drawn["time"], drawn["weather"])
    canvas = Canvas(seed, side, plan, light, drawn["season"])
    stands = canvas.place(drawn["object"])
    canvas.settle(stands)
    canvas.stand(drawn["object"], drawn["colour"], stands)
    return Scene(
        canvas.picture,
        canvas.regions,
        canvas.painted,
        light,
        drawn["season"],
        drawn["object"],
        drawn["colour"],
    )


class Canvas:
    """A landscape in the making: `picture` (S, S, 3) linear light, `regions` uint8 (S, S) and
    `depth` (S, S), metres to what a pixel shows."""

    def __init__(self, seed, side, plan, light, season):
        self.seed, self.plan, self.light, self.season = seed, plan, light, season
        self.view, self.coarse = View(plan, side), View(plan, COARSE)
        self.ground, self.surface, _ = shape(plan, self.coarse, seed)
        noise = Noise(np.random.default_rng((seed, 24)))
        above, cloud = heaven(light, self.view, noise)
        self.land = land(plan, self.view, light, season, seed)
        step = self.view.seen(self.land.height)
        self.open = step >= STEPS
        self.depth = self.view.distance(step)
        self.depth[self.open] = 1e9
        columns = np.broadcast_to(np.arange(side, dtype=np.float32), (side, side))
        columns = np.ascontiguousarray(columns)
        ground = cv2.remap(
            self.land.colour, columns, step, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        surface = cv2.remap(
            self.land.surface, columns, step, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
        rows = (np.arange(side, dtype=np.float32)[:, None] + 0.5) / side
        self.air = light.air(plan.horizon - rows)
        self._grain(ground, surface, noise)
        ground = light.through_air(ground, np.minimum(self.depth, 1e6), self.air)
        self.picture = np.where(self.open[..., None], above, ground)
        self.regions = np.where(self.open, np.where(cloud > 0.5, CLOUD, SKY), surface)
        self.regions = self.regions.astype(np.uint8)
        self.painted = np.zeros((side, side), np.float32)
        self.water = ~self.open & (surface == WATER)
        self.noise, self.columns = noise, columns

    def _grain(self, ground, surface, noise):
        """Leaves of woods and faults of rock, on what stands upright: changes `ground`."""
        view, rough = self.view, (surface == WOODS) | (surface == MOUNTAIN)
        rough &= ~self.open
        rows = np.flatnonzero(rough.any(1))
        if not len(rows):
            return
        spot = slice(rows[0], rows[-1] + 1)
        depth = self.depth[spot]
        down = ((np.arange(spot.start, spot.stop, dtype=np.float32) + 0.5) / view.side)[:, None]
        x, y = view.across / view.focus * depth, (view.horizon - down) / view.focus * depth
        woods = surface[spot] == WOODS
        lump = np.where(woods, np.maximum(0.9, 0.006 * depth), 0.011 * depth).astype(np.float32)
        tone = 1 + np.where(woods, 0.24, 0.09) * noise(x / lump, y / lump, 1)
        tone += np.where(woods, 0.26, 0.10) * noise(x / lump, y / lump, 2.7)
        tone = np.where(rough[spot], np.clip(tone, 0.3, 1.8), 1)
        ground[spot] *= tone[..., None].astype(np.float32)

    # ---- what stands on the land

    def place(self, kind):
        """(column, row, distance, width in pixels, mirrored) of an object, None without."""
        if kind == "none":
            return None
        rng, view, side = np.random.default_rng((self.seed, 25)), self.view, self.view.side
        wide = rng.uniform(*WIDE[kind])
        mirrored = bool(rng.random() < 0.5)
        if kind in ("balloon", "kite"):
            x = rng.uniform(0.22, 0.78)
            y = rng.uniform(0.5, 0.62) * wide + rng.uniform(0.05, 0.25) * view.horizon
            return x * side, (y + 0.5 * wide) * side, 25.0, wide * side, mirrored
        best = None
        for _ in range(40):
            width = wide * rng.uniform(0.7, 1.1)
            distance = view.focus * METRES[kind] / width
            if kind == "boat":
                wide *= 0.98  # further out
            x = rng.uniform(0.2, 0.8)
            surface, row, hidden = self._there(x, distance)
            wanted = surface == WATER if kind == "boat" else surface in (MEADOW, PATH)
            if wanted and row < 0.97 and not hidden:
                return x * side, row * side, distance, width * side, mirrored
            if best is None or row < best[1]:
                best = x, row, width
        x, row, width = best  # no place suits: it stands where it can, before everything else
        return x * side, min(row, 0.95) * side, 5.0, width * side, mirrored

    def _there(self, x, distance):
        """Surface and row, in sides, of the ground at a column `x`, in sides, and a distance; and
        whether nearer ground hides it."""
        step, column = self.coarse.step(distance), min(int(x * COARSE), COARSE - 1)
        ground = np.maximum(self.ground[: step + 1, column], LAKE)
        view = self.coarse
        rows = view.horizon - view.focus * (ground - view.eye) / view.z[: step + 1, 0]
        return self.surface[step, column], float(rows[-1]), rows.min() < rows[-1] - 0.01

    def settle(self, stands):
        """Trees and houses, the far ones first; none before the object. Then the water."""
        view, side = self.view, self.view.side
        rng = np.random.default_rng((self.seed, 26))
        stood = self._trees(rng) + (self._hamlet(rng) if self.plan.hamlet else [])
        for away, x, row, metres, sprite, tint, label in sorted(stood, key=lambda one: -one[0]):
            width, column, row = view.focus * metres / away * side, x * side, row * side
            top, beside = row - width * sprite.ratio, 0.55 * width
            if stands and abs(column - stands[0]) < beside + 0.55 * stands[3]:
                high = stands[1] < view.horizon * side  # in the sky: balloon or kite
                if away < 1.05 * stands[2] or high and top < stands[1]:
                    continue  # it would hide the object
            self.stamp(sprite, tint, column, row, away, width, label, self.light.side > 0)
        self._mirror()

    def _trees(self, rng, count=170):
        """(distance, column, row, width in metres, sprite, colour, class) of trees, most of them in
        the woods; columns and rows in sides."""
        winter, trees = self.season == "winter", []
        leaves = np.stack([ink(code) for code in LEAVES[self.season]])
        away = np.exp(rng.uniform(np.log(30), np.log(700), count))
        across, chance, sort = rng.uniform(0.01, 0.99, count), *rng.random((2, count))
        tall, variant = rng.uniform(7, 17, count), rng.integers(0, 6, count)
        leaf = rng.choice(4, count, p=(0.4, 0.3, 0.22, 0.08))
        for k in range(count):
            surface, row, _ = self._there(across[k], away[k])
            if surface != WOODS and (surface != MEADOW or chance[k] > 0.16):
                continue
            if sort[k] < self.plan.firs:
                kind, high, tint = "snowy" if winter else "fir", 1.15 * tall[k], ink("#3d6040")
            elif sort[k] > 0.93:
                kind, high, tint = "bush", 2.6, leaves[leaf[k]]
            else:
                kind, high, tint = "bare" if winter else "broad", 0.9 * tall[k], leaves[leaf[k]]
            sprite = things.tree(kind, int(variant[k]))
            tint = tint * (0.85 + 0.3 * rng.random())
            trees.append((away[k], across[k], row, high / sprite.ratio, sprite, tint, WOODS))
        return trees

    def _hamlet(self, rng):
        """Houses round a place, as `_trees` has them."""
        houses = []
        x, z = rng.uniform(0.15, 0.85), np.exp(rng.uniform(np.log(50), np.log(190)))
        for number in range(int(rng.integers(3, 9))):
            away = z * np.exp(rng.normal(0, 0.16))
            at = x + rng.normal(0, 0.10)
            kind = ("church" if number == 0 and z > 90 else "house", "barn")[rng.random() < 0.2]
            sprite = things.building(kind, int(rng.integers(8)))
            wall, metres = ink(pick(rng, WALLS)), rng.uniform(9, 13)
            surface, row, _ = self._there(np.clip(at, 0, 1), away)
            if surface != WATER:
                houses.append((away, at, row, metres, sprite, wall, BUILDING))
        return houses

    def stand(self, kind, colour, stands):
        """The object in its colour."""
        if stands is None:
            return
        column, row, away, width, mirrored = stands
        sprite, tint = things.thing(kind), things.paint(colour)
        on_water = (
            kind == "boat" and self.water[int(np.clip(row, 0, self.view.side - 1)), int(column)]
        )
        if kind not in ("balloon", "kite"):
            self._shade(column, row, width)
        if on_water:
            self.stamp(sprite, tint, column, row, away, width, WATER, mirrored, flipped=True)
        self.stamp(sprite, tint, column, row, away, width, OBJECT, mirrored)
        if kind == "kite":
            self._string(column, row, width)

    def stamp(self, sprite, tint, column, row, away, width, label, mirrored, flipped=False):
        """Draw a sprite with its foot at (column, row), `width` pixels wide."""
        side, light = self.view.side, self.light
        high, wide = max(1, round(width * sprite.ratio)), max(1, round(width))
        left, top = round(column - 0.5 * wide), round(row) - high
        if flipped:
            top = round(row) - round(0.06 * high)
        rows = slice(max(0, top), min(side, top + high))
        columns = slice(max(0, left), min(side, left + wide))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        inside = (
            slice(rows.start - top, rows.stop - top),
            slice(columns.start - left, columns.stop - left),
        )
        nearer = self.depth[rows, columns] > 0.93 * away
        share = (nearer * np.float32(0.55 if flipped else 1))[..., None]
        shares, own = (part[inside] * share for part in sprite.at(wide, high, mirrored, flipped))
        cover, painted, bright = cv2.split(shares)
        both = 0.85 * light.sun + light.shade
        hue = tint * both
        if label in (OBJECT, WATER):  # its luminance is the same in each colour
            hue = things.level(hue, (tint @ LUMINANCE) * (both @ LUMINANCE))
        drawn = tinted(bright, hue) + own * both
        clear = np.float32(np.exp(-away / light.sight))
        drawn = clear * drawn + tinted((1 - clear) * cover, light.horizon)
        there = self.picture[rows, columns]
        there *= (1 - cover)[..., None]
        there += drawn
        if flipped:
            return
        solid = cover > 0.5
        self.regions[rows, columns][solid] = label
        self.depth[rows, columns][solid] = away
        if label == OBJECT:
            self.painted[rows, columns] = painted

    def _shade(self, column, row, width):
        """The shadow under an object."""
        view, light = self.view, self.light
        y = np.arange(view.side, dtype=np.float32)[:, None] - row + 0.02 * width
        x = np.arange(view.side, dtype=np.float32)[None] - column + 0.25 * light.side * width
        dark = np.exp(-(np.square(x / (0.6 * width)) ** 2) - np.square(y / (0.09 * width)))
        strong = 0.6 if light.cover < 0.9 else 0.3
        self.picture *= (1 - strong * dark)[..., None].astype(np.float32)

    def _string(self, column, row, width):
        """The kite's line, down to the ground."""
        side = self.view.side
        way = np.linspace(0, 1, 24)
        foot = np.array([column - 0.9 * width, 0.97 * side])
        start = np.array([column + 0.1 * width, row - 0.7 * width])
        bow = start + way[:, None] * (foot - start)
        bow[:, 1] += 0.12 * side * np.sin(np.pi * way) * 0.6
        mask = np.zeros((side, side), np.uint8)
        cv2.polylines(mask, [np.round(bow * 16).astype(np.int32)], False, 120, 1, cv2.LINE_AA, 4)
        thin = (mask / np.float32(255) * (self.regions != OBJECT))[..., None]
        self.picture += thin * (0.6 * self.light.shade - self.picture)

    # ---- water

    def _mirror(self):
        """Water: what stands above it upside down, in ripples, the paler the flatter one looks."""
        side, view, light = self.view.side, self.view, self.light
        water = self.water & (self.regions == WATER)
        if not water.any():
            return
        rows = np.arange(side, dtype=np.float32)[:, None]
        shore = np.maximum.accumulate(np.where(self.regions != WATER, rows, 0), 0)
        low = np.flatnonzero(water.any(1))
        spot = slice(low[0], low[-1] + 1)
        shore, rows = shore[spot], rows[spot]
        depth = np.minimum(self.depth[spot], 4000)
        x = self.columns[spot] / side - 0.5
        wind = {"clear": 0.6, "cloudy": 1.0, "haze": 0.35, "rain": 1.5}[light.weather]
        wave = self.noise(x * depth, depth, (2.6, 0.8)) + 0.7 * self.noise(x * depth, depth, (9, 3))
        fine = self.noise(x * 300, rows / side * 900 / (0.3 + rows / side - view.horizon), (5, 3))
        tilt = wind * (
            wave * np.clip(60 / depth, 0.02, 1) + 0.5 * fine * np.clip(25 / depth, 0.1, 1)
        )
        down = rows - shore
        source = shore - down * (1 + 0.04 * tilt) - 0.006 * side * tilt
        source = np.abs(source).astype(np.float32)
        across = self.columns[spot] + np.float32(0.003 * side) * tilt
        mirrored = cv2.remap(
            self.picture,
            across.astype(np.float32),
            source,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        steep = np.clip(view.eye + 1.2, 1, None) / depth
        share = np.clip(0.28 + 0.72 * np.exp(-9 * steep) + 0.06 * tilt, 0.1, 0.97)
        deep = ink("#2c5a62") * (0.35 * (light.sun + light.shade) @ LUMINANCE)
        colour = mirrored * (0.94 * share)[..., None] + tinted(1 - share, deep)
        glint = np.clip(tilt - 1.6, 0, 1) * np.clip(40 / depth, 0, 1) * (light.cover < 0.9)
        colour += tinted(0.25 * glint, light.sun)
        colour = light.through_air(colour, 0.35 * depth, self.air[spot])
        self.picture[spot][water[spot]] = colour[water[spot]]
