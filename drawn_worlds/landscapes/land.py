"""The land of the drawn landscapes: its heights, what grows on it, and how the camera sees it.

The land is known on a raster of `STEPS` distances, each a little further, by the picture's columns.
Places are metres: X to the right of the camera, Y above its meadow, Z ahead. A pixel shows the
nearest step that rises to its row, so that near hills hide far ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drawn_worlds.landscapes.light import Light
from drawn_worlds.landscapes.noise import Noise
from drawn_worlds.textures import ink, pick, tinted

CLASSES = (
    "sky",
    "cloud",
    "mountain",
    "woods",
    "field",
    "meadow",
    "water",
    "building",
    "path",
    "object",
)
SKY, CLOUD, MOUNTAIN, WOODS, FIELD, MEADOW, WATER, BUILDING, PATH, OBJECT = range(len(CLASSES))
SEASONS = ("spring", "summer", "autumn", "winter")
STEPS, FAR = 360, 12_000.0
SHADES = 32  # steps of a ramp of colours
GRASS = {
    "spring": ("#6f9a3c", "#86ad48", "#7aa24e"),
    "summer": ("#7c9440", "#8c9a4a", "#6f8c3c"),
    "autumn": ("#9a8a48", "#a4884a", "#8a8a48"),
    "winter": ("#e4eaf2", "#dde5ef", "#e8ecf0"),
}
LEAVES = {
    "spring": ("#6f9c34", "#8db548", "#5f8c38", "#dcb4bc"),
    "summer": ("#47702c", "#567c30", "#3f6630", "#64803a"),
    "autumn": ("#c8862e", "#b8582a", "#d0a83c", "#7f7a36"),
    "winter": ("#80746c", "#8f857e", "#70665f", "#a49c98"),
}
CROPS = {
    "spring": ("#d8c832", "#6fa244", "#86604a", "#8cb450", "#5f9440"),
    "summer": ("#d8b660", "#c9a452", "#84a048", "#8f7cb0", "#b8a860", "#a8b458"),
    "autumn": ("#7a5a44", "#c9a86c", "#94804a", "#8a6850", "#a8a054"),
    "winter": ("#e2e8f0", "#d4dce8", "#cfd2d6", "#e8ecf2"),
}
FLOWERS = ("#f2ead2", "#e8c832", "#c84a4a", "#a878c8", "#f0e0e8")
ROCKS = ("#8a8580", "#94897c", "#7c7f86", "#9a8f88")


@dataclass(frozen=True)
class Plan:
    """What a landscape is made of, before anything is drawn; lengths in metres, 0 for none.

    `peaks` and `ridge` are height and width of the mountains, which begin at `foot`; `lake` is
    (X, Z, half width, half length); `woods` and `farmed` are shares of the land.
    """

    eye: float
    horizon: float
    focus: float
    peaks: float
    ridge: float
    foot: float
    hills: float
    lake: tuple | None
    woods: float
    firs: float
    farmed: float
    path: float
    hamlet: bool
    snowline: float

    @classmethod
    def some(cls, rng):
        eye = float(np.exp(rng.uniform(np.log(1.8), np.log(5))))
        peaks = pick(rng, (60.0, 300.0, 600.0, 900.0, 1200.0)) * rng.uniform(0.8, 1.2)
        near, wide, long = rng.uniform(16, 60), rng.uniform(150, 600), rng.uniform(90, 700)
        lake = (rng.uniform(-0.6, 0.6) * wide, near + long, wide, long)
        return cls(
            eye=eye,
            horizon=rng.uniform(0.42, 0.60),
            focus=rng.uniform(1.0, 1.4),
            peaks=peaks,
            ridge=peaks * rng.uniform(2.2, 3.2) + 700,
            foot=rng.uniform(1200, 2800),
            hills=float(np.exp(rng.uniform(np.log(4), np.log(60)))),
            lake=lake if rng.random() < 0.6 else None,
            woods=rng.uniform(0.15, 0.6),
            firs=pick(rng, (0.05, 0.3, 0.6, 0.95)),
            farmed=pick(rng, (0.0, 0.5, 0.8, 1.0)),
            path=pick(rng, (0.0, 0.0, 0.9, 1.5)),
            hamlet=bool(rng.random() < 0.5),
            snowline=rng.uniform(500, 1500),
        )


class View:
    """Where the camera stands and looks; `side` pixels of the canvas, `horizon` its row in sides."""

    def __init__(self, plan, side):
        self.side, self.horizon, self.focus, self.eye = side, plan.horizon, plan.focus, plan.eye
        self.near = 0.55 * plan.focus * plan.eye / (1 - plan.horizon)
        self.wider = 1.55 * np.log(FAR / self.near)  # how fast the steps grow at first; later less
        self.z = self.distance(np.arange(STEPS)[:, None])
        self.across = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5)[None]
        self.x = self.across / np.float32(plan.focus) * self.z

    def rows(self, height):
        """Rows in pixels at which heights (STEPS, side) are seen."""
        return self.side * (self.horizon - self.focus * (height - self.eye) / self.z)

    def distance(self, step):
        """The distance of steps, float32: they grow by 3 % at first and by 1 % far away."""
        share = np.float32(step) / np.float32(STEPS - 1)
        bend = self.wider - np.log(FAR / self.near)
        return cv2.exp(share * (np.float32(self.wider) - np.float32(bend) * share)) * np.float32(
            self.near
        )

    def step(self, distance):
        """The number of the step nearest to a distance."""
        return int(np.clip(np.searchsorted(self.z[:, 0], distance), 0, STEPS - 1))

    def beyond(self, distance):
        """The steps beyond a distance, as a slice."""
        return slice(self.step(distance), None)

    def seen(self, height):
        """The step, a float, that each pixel (side, side) shows; `STEPS` where it is the sky."""
        rows = self.rows(height)
        tops = np.clip(np.ceil(np.minimum.accumulate(rows, 0) - 0.5), 0, self.side).astype(np.int32)
        place = (tops * self.side + np.arange(self.side, dtype=np.int32)).ravel()
        count = np.bincount(place, minlength=(self.side + 1) * self.side)
        count = count.reshape(self.side + 1, self.side)[:-1].astype(np.int32)
        first = STEPS - np.cumsum(count, 0, dtype=np.int32)
        behind = np.clip(first, 1, STEPS - 1) * self.side + np.arange(self.side, dtype=np.int32)
        upper, lower = rows.ravel()[behind], rows.ravel()[behind - self.side]
        row = np.arange(self.side, dtype=np.float32)[:, None] + 0.5
        share = np.clip((lower - row) / np.maximum(lower - upper, 1e-3), 0, 1)
        step = np.maximum(first - 1 + share, 0)
        step[first >= STEPS] = STEPS
        return step.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Land:
    """The land on its raster: `height` (STEPS, side) in metres, `surface` its classes, `colour`
    (STEPS, side, 3) in the light."""

    height: np.ndarray
    surface: np.ndarray
    colour: np.ndarray


def smooth(value):
    """0 below 0, 1 above 1, and a soft step between."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def shape(plan: Plan, view: View, seed: int):
    """Bare ground in metres, classes, and numbers of crops (STEPS, side) of a plan.

    They depend on the place alone, so that a coarse view finds the same as a fine one.
    """
    noise = Noise(np.random.default_rng((seed, 21)))
    ground, high = _heights(plan, view, noise)
    return ground, *_surfaces(plan, view, noise, ground, high)


def land(plan: Plan, view: View, light: Light, season: str, seed: int) -> Land:
    """Heights, surfaces and lit colours of a plan."""
    ground, surface, crop = shape(plan, view, seed)
    noise = Noise(np.random.default_rng((seed, 22)))
    tall = _growth(view, noise, surface)
    height = ground + tall
    height[surface == WATER] = LAKE
    colours = Colours(np.random.default_rng((seed, 28)), season)
    colour = colours.of(plan, view, noise, surface, crop, ground, tall)
    return Land(height, surface, _lit(view, light, surface, height, colour))


LAKE = np.float32(-2.0)  # the water's level


def _heights(plan, view, noise):
    """Bare ground (STEPS, side), and how much of it is mountain."""
    x, z = view.x, view.z
    ground = 0.12 * noise(x, z, 7) + 0.5 * noise(x, z, 40) * smooth((z - 15) / 40)
    roll = noise.octaves(x, z, 330, 4, gain=0.42)
    roll = np.maximum(roll + 0.4, -0.25 * roll - 0.3) * smooth((z - 60) / 420)
    if plan.lake:
        middle, away, wide, long = plan.lake
        shore = 0.16 * noise(x, z, 90) + 0.10 * noise(x, z, 30)
        near = np.hypot((x - middle) / wide, (z - away) / long) + shore
        roll *= 0.12 + 0.88 * smooth((near - 0.9) / 1.2)  # hills keep off the shore
    ground = (ground + plan.hills * roll).astype(np.float32)
    far = view.beyond(plan.foot)
    high = np.zeros_like(ground)
    high[far] = plan.peaks * _crests(plan, view, noise, far)
    if plan.lake:
        ground += smooth((1.18 - near) / 0.36) * (-8 - ground)
    ground = np.where(z < 17 + 2 * plan.eye, np.maximum(ground, -1.0), ground)
    return ground + high, high


def _crests(plan, view, noise, far):
    """Mountains of height about 1 on the steps `far`: sharp crests, small ones on the large."""
    x, z = view.x[far], view.z[far]
    turned, along = x + 0.6 * z, z - 0.6 * x
    high, strength, lump, before = 0.0, 1.0, plan.ridge, 1.0
    for number in range(7):
        crest = 1 - np.abs(noise(turned, along, lump))
        if number < 3:
            crest *= crest
        high = high + np.float32(strength) * before * crest
        if number < 4:
            before = np.clip(crest, 0.15, 1)
        lump, strength = lump / 2.05, strength * 0.46
    return np.maximum(high - np.float32(0.35), 0) * smooth((z - plan.foot) / (2.2 * plan.foot))


def _surfaces(plan, view, noise, ground, high):
    """Classes (STEPS, side), and the number of the crop on each field."""
    surface = np.full(ground.shape, MEADOW, np.uint8)
    crop = np.zeros(ground.shape, np.uint8)
    far = view.beyond(45)
    x, z, flat = view.x[far], view.z[far], high[far] < 60
    turn = noise.rng.uniform(0, np.pi)
    east, north = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    along = (x * east + z * north + 14 * noise(x, z, 160)) / 130
    beside = (z * east - x * north) / 75
    row = np.floor(beside)
    plot = np.floor(along + np.float32(0.37) * row)
    crop[far] = (row * 7 + plot * 5) % 11
    farm = (noise(x, z, 420) < 2.6 * (plan.farmed - 0.5)) & flat
    surface[far][farm & (crop[far] < 8)] = FIELD
    limit = 2.4 * (0.5 - plan.woods)
    wooded = (noise.octaves(x, z, 210, 3, gain=0.6) > limit) & (z > 110)
    into = beside - row
    seam = (np.abs(into - 0.5) > 0.455) & farm & (z > 90)
    wooded |= seam & (noise(x, z, 25) > 0.3)  # hedges
    tree_line = 0.62 * plan.snowline + 120 * noise(x, z, 300)
    surface[far][(high[far] > 35) & (ground[far] > 0.25 * tree_line)] = MOUNTAIN
    surface[far][wooded & (high[far] < tree_line)] = WOODS
    if plan.path:
        z = view.z
        middle = 3 * np.cos(9 * turn) + 7 * np.sin(z / 23 + turn) * smooth(z / 120)
        middle += 16 * np.sin(z / 90) * smooth(z / 300)
        wide = plan.path * (1 + 0.15 * noise(view.x, z, 1.5))
        surface[(np.abs(view.x - middle) < wide) & (z < 900) & (surface != MOUNTAIN)] = PATH
    surface[ground < LAKE] = WATER
    return surface, crop


def _growth(view, noise, surface):
    """Metres (STEPS, side) by which grass, crops and trees rise above the ground."""
    tall, far, near = np.zeros(view.x.shape, np.float32), view.beyond(90), view.step(160)
    x, z = view.x[far], view.z[far]
    woods = (surface[far] == WOODS).astype(np.float32)
    edge = np.clip(1.5 * cv2.blur(woods, (5, 3)) - 0.3, 0.1, 1)
    crowns = 0.8 + 0.22 * noise(x, z, 5) + 0.16 * noise(x, z, (1.8, 6)) + 0.12 * noise(x, z, 40)
    tall[far] = 11 * woods * edge * np.clip(crowns, 0.25, 1.7)
    x, z, grown = view.x[:near], view.z[:near], np.float32([0, 0, 0, 0, 0.37, 0.17, 0, 0, 0, 0])
    blades = np.clip(0.5 + 0.5 * noise(x, z * 7, (0.035, 0.9)), 0, 1.6)
    tufts = np.clip(0.6 + 0.6 * noise(x, z, 0.9), 0.1, 2)
    tall[:near] += grown[surface[:near]] * blades * tufts
    return tall


def ramp(*colours):
    """SHADES colours (SHADES, 3) from the first to the last."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack(
        [np.interp(np.linspace(0, 1, SHADES), stops, part) for part in np.transpose(colours)], 1
    )


class Colours:
    """What the surfaces reflect: a table of colours, and for each place a number and a tone."""

    def __init__(self, rng, season):
        winter = season == "winter"
        first, second, third = (ink(code) for code in GRASS[season])
        rock = ink(pick(rng, ROCKS))
        crops = [ink(code) for code in CROPS[season]]
        alpine = 0.75 * first + 0.1 * rock
        parts = {
            "grass": ramp(third, first, second, *([ink("#a89a78")] if winter else [second])),
            "rock": ramp(alpine, rock, ink("#eef2f8")),
            "crop": np.stack([pick(rng, crops) for _ in range(11)]),
            "leaf": np.stack([ink(code) for code in LEAVES[season]]),
            "fir": ink("#7d8d92" if winter else "#33523a")[None],
            "sand": ink("#c8ccd0" if winter else "#b0a488")[None],
            "path": ink("#d2d2d2" if winter else "#b09a78")[None],
            "flower": ink(pick(rng, FLOWERS))[None],
        }
        self.table = np.concatenate(list(parts.values())).astype(np.float32)
        sizes = [len(part) for part in parts.values()]
        self.first = dict(zip(parts, np.cumsum([0, *sizes[:-1]]), strict=True))
        self.season, self.noise = season, Noise(rng)

    def of(self, plan, view, noise, surface, crop, ground, tall):
        """Colours (STEPS, side, 3) of the surfaces."""
        x, z = view.x, view.z
        tone = 1 + 0.10 * noise(x, z, 3) + 0.10 * noise(x, z, 14) + 0.08 * noise(x, z, 60)
        number = self._grass(view, surface, tone)
        far = view.beyond(45)
        field = surface == FIELD
        furrow = np.sin(1.9 * x[far] + 0.4 * z[far]) * np.clip(4 / z[far], 0, 0.1)
        tone[far] *= 1 + furrow * field[far]
        np.copyto(number, crop + np.uint8(self.first["crop"]), where=field)
        if plan.lake:
            beach = ground < LAKE + np.minimum(0.5 + 0.25 * noise(x, z, 4), 0.9)
            number[beach & (surface == MEADOW)] = self.first["sand"]
        path = surface == PATH
        number[path] = self.first["path"]
        near = view.step(60)
        gravel = (
            1
            + 0.09 * self.noise(x[:near], z[:near], 0.12)
            + 0.08 * self.noise(x[:near], z[:near], 0.5)
        )
        tone[:near] *= np.where(path[:near], gravel, 1)
        self._woods(plan, view, noise, surface, tall, number, tone)
        self._rock(plan, view, noise, surface, ground, number, tone)
        return self.table[number] * np.maximum(tone, 0.2)[..., None]

    def _grass(self, view, surface, tone):
        """Numbers of grass everywhere; blades and flowers."""
        x, z = view.x, view.z
        shade = 0.36 + 0.16 * self.noise(x, z, 9) + 0.14 * self.noise(x, z, 45)
        near, green = view.step(400), (surface == MEADOW) | (surface == FIELD)
        x, z = x[:near], z[:near]
        strong = 0.07 if self.season == "winter" else 0.18
        blades = self.noise(x / (0.045 + 0.0008 * z), z * 7 / (1 + 0.015 * z), 1)
        tone[:near] *= 1 + strong * blades * green[:near]
        if self.season == "winter":
            bare = self.noise(x, z, 2.2) - 0.9 + 0.5 * self.noise(x, z, 30)
            shade[:near] += 0.5 * np.clip(bare, 0, 1)
        else:
            shade *= 0.75
        number = (np.clip(shade, 0, 1) * (SHADES - 1)).astype(np.uint8) + self.first["grass"]
        if self.season in ("spring", "summer"):
            near = view.step(90)
            x, z = x[:near], z[:near]
            bloom = self.noise(x, z, (0.16, 0.5)) + 0.7 * self.noise(x, z, 12) > 2.2
            number[:near][bloom & (surface[:near] == MEADOW)] = self.first["flower"]
        return number.astype(np.uint8)

    def _woods(self, plan, view, noise, surface, tall, number, tone):
        far = view.beyond(90)
        x, z, woods = view.x[far], view.z[far], surface[far] == WOODS
        kind = np.clip(1.6 + 1.1 * noise(x, z, 11), 0, 3.4).astype(np.uint8) + self.first["leaf"]
        kind[noise(x, z, 130) < 3 * (plan.firs - 0.5)] = self.first["fir"]
        np.copyto(number[far], kind.astype(np.uint8), where=woods)
        tone[far] *= np.where(woods, 0.6 + 0.4 * smooth(tall[far] / 14), 1)

    def _rock(self, plan, view, noise, surface, ground, number, tone):
        far = view.beyond(plan.foot)
        x, z, up = view.x[far], view.z[far], ground[far]
        rock = surface[far] == MOUNTAIN
        line = (
            plan.snowline * {"spring": 0.8, "summer": 1.1, "autumn": 0.95, "winter": 0}[self.season]
        )
        uneven = noise(x, z, 200)
        bare = smooth((up - 0.75 * plan.snowline + 130 * uneven) / 120)
        steep = np.abs(np.gradient(up, axis=0) / np.gradient(z, axis=0))
        snow = smooth((up - line - 150 * uneven) / 130)
        snow *= 1 - 0.75 * smooth((steep - 0.75) * 1.6 + 0.3 * noise(x, z, 60))
        shade = np.maximum(0.5 * bare, 0.5 * snow) + 0.5 * snow
        shade = (np.clip(shade, 0, 1) * (SHADES - 1)).astype(np.uint8)
        np.copyto(number[far], shade + np.uint8(self.first["rock"]), where=rock)
        bands = 1 + 0.12 * noise(x + z, up, (900, 22)) + 0.13 * noise(x, z, 70)
        tone[far] *= np.where(rock, bands, 1)


def _lit(view, light, surface, height, colour):
    """Colour (STEPS, side, 3) in the light of sun and sky, with the shadows that hills throw."""
    x, z, side = view.x, view.z, light.side
    apart = np.maximum(x[:, 1:2] - x[:, :1], 1e-4)
    wide = np.maximum(apart, 0.4) * np.where(surface == WOODS, 4, 1)  # blades are no slopes
    right = np.gradient(height, axis=1) / wide
    ahead = np.gradient(cv2.blur(height, (1, 3)), axis=0) / np.gradient(z, axis=0)
    front = 0.45 if light.place else -0.45  # the sun is ahead where one sees it
    slope = np.sqrt(1 + right**2 + ahead**2)
    lean = 0.82 * side * right + front * ahead
    toward = (np.float32(light.rise) - lean) / np.sqrt(light.rise**2 + 0.88) / slope
    bright = np.clip(toward, 0, 1.2)
    beam = height - side * x * light.rise
    if side > 0:
        highest = np.maximum.accumulate(beam[:, ::-1], 1)[:, ::-1]
    else:
        highest = np.maximum.accumulate(beam, 1)
    shadow = smooth((highest - beam) / np.maximum(1.2, 0.012 * z))
    bright *= 1 - 0.85 * shadow
    flat = light.rise / np.sqrt(light.rise**2 + 0.88)
    bright = 0.25 * bright + 0.75 * bright / max(flat, 0.45)
    open_sky = np.clip(0.62 + 0.38 / slope, 0, 1)
    return colour * (tinted(bright, light.sun) + tinted(open_sky, light.shade))
