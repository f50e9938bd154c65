"""What the drawn streets are made of: a canvas with relief, materials, foliage, sky and light.

A scene is painted in units of which 128 are the picture's side, on a canvas of twice the picture's
resolution. Each part leaves its colour, its label and its height above the wall; sun, shadows and
hollows are then computed from the heights. Colours on the canvas are linear light.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

UNITS = 128
NOTHING = 255  # label of the open sky


def ink(code: str) -> np.ndarray:
    """Linear light float32 (3,) of a colour like "#c98b6b"."""
    return (np.array([int(code[k : k + 2], 16) for k in (1, 3, 5)], np.float32) / 255) ** 2


def pick(rng, choices):
    """One of a tuple's members."""
    return choices[rng.integers(len(choices))]


def tinted(tone, colour):
    """Tone float32 (h, w) times a colour (3,): (h, w, 3)."""
    return cv2.transform(np.ascontiguousarray(tone, np.float32), np.asarray(colour)[:, None])


def shaded(picture, tone):
    """Picture float32 (h, w, 3) times a tone float32 (h, w)."""
    return picture * cv2.merge([tone] * 3)


class Canvas:
    """A square picture in the making; every length and place is in units of its 128th part.

    `paint` (S, S, 3) linear light; `height` (S, S) in units above the wall; `label` uint8 (S, S);
    `glass` (S, S), 1 where a pane can shine. `windows` and `lamps` are what can shine at night.
    """

    def __init__(self, size, grain):
        side = 2 * size
        self.scale, self.grain = side / UNITS, grain
        self.paint = np.zeros((side, side, 3), np.float32)
        self.height = np.zeros((side, side), np.float32)
        self.glass = np.zeros((side, side), np.float32)
        self.label = np.full((side, side), NOTHING, np.uint8)
        self.windows, self.lamps = [], []

    def spot(self, left, top, right, bottom):
        """Slices of a box, cut off at the picture's edge."""
        scale, side = self.scale, len(self.label)
        return (
            slice(
                min(max(0, int(top * scale + 0.5)), side),
                min(max(0, int(bottom * scale + 0.5)), side),
            ),
            slice(
                min(max(0, int(left * scale + 0.5)), side),
                min(max(0, int(right * scale + 0.5)), side),
            ),
        )

    @property
    def whole(self):
        """Slices of the whole canvas."""
        return slice(0, len(self.label)), slice(0, len(self.label))

    def box(self, left, top, right, bottom, colour=None, height=None, label=None, glass=0.0):
        """Draw a box; what is None stays. Returns its slices."""
        spot = self.spot(left, top, right, bottom)
        if colour is not None:
            self.paint[spot], self.glass[spot] = colour, glass
        if height is not None:
            self.height[spot] = height
        if label is not None:
            self.label[spot] = label
        return spot

    def lay(self, spot, colour, relief, height, label):
        """Cover slices with a material: `colour` (h, w, 3), `relief` (h, w) on top of `height`."""
        self.paint[spot], self.height[spot] = colour, relief + np.float32(height)
        self.label[spot], self.glass[spot] = label, 0

    def polygon(self, points, colour, height, label, glass=0.0):
        """Draw a filled polygon of points (n, 2)."""
        corners = np.round((np.asarray(points) * self.scale - 0.5) * 16).astype(np.int32)
        for layer, value in (
            (self.paint, colour.tolist()),
            (self.height, height),
            (self.label, label),
            (self.glass, glass),
        ):
            cv2.fillPoly(layer, [corners], value, cv2.LINE_8, 4)

    def inside(self, points):
        """Mask bool (S, S) of a polygon."""
        corners = np.round((np.asarray(points) * self.scale - 0.5) * 16).astype(np.int32)
        mask = np.zeros(self.label.shape, np.uint8)
        return cv2.fillPoly(mask, [corners], 1, cv2.LINE_8, 4) > 0

    def stamp(self, spot, mask, colour, height, label):
        """Draw textures `colour` (h, w, 3) and `height` (h, w) on the slices where `mask` is."""
        self.paint[spot][mask], self.height[spot][mask] = colour[mask], height[mask]
        self.label[spot][mask], self.glass[spot][mask] = label, 0

    def noise(self, spot, across, along=None):
        """Smooth noise on the slices `spot`, its lumps `across` wide and `along` high, in units."""
        lumps = (max(1.0, (along or across) * self.scale), max(1.0, across * self.scale))
        return noise(self.grain, tuple(part.stop - part.start for part in spot), lumps)


def noise(rng, shape, lumps):
    """Smooth noise float32 of `shape`, mean 0, deviation about 1; `lumps` = (high, wide) pixels."""
    steps = [int(np.ceil(side / lump)) + 3 for side, lump in zip(shape, lumps, strict=True)]
    coarse = rng.standard_normal(steps, dtype=np.float32)
    height, width = (round(step * lump) for step, lump in zip(steps, lumps, strict=True))
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = (int(lump) for lump in lumps)
    return 1.3 * fine[y : y + shape[0], x : x + shape[1]]


# ---- materials: colour (h, w, 3) and relief (h, w) -----------------------------------------------


def blocks(canvas, spot, colour, high, long, joint, contrast, mortar, stagger=0.5):
    """Bricks, stones or tiles in rows: each its own tone, with joints of colour `mortar`.

    `high`, `long` and `joint` in units; `contrast` between blocks; each row is shifted by
    `stagger` of a block. Returns the colour (h, w, 3) and the relief (h, w) of slices `spot`.
    """
    rows, columns = ((np.arange(part.start, part.stop) + 0.5) / canvas.scale for part in spot)
    row, into_row = _count(rows + canvas.grain.uniform(0, high), high)
    shifts = [_count(columns + share * long, long) for share in (0, stagger)]
    course = np.arange(row[-1] + 1)[:, None]
    place, into = (
        np.stack(part)[course % 2, np.arange(len(columns))] for part in zip(*shifts, strict=True)
    )
    tone = canvas.grain.standard_normal((len(course), place.max() + 1, 2), dtype=np.float32)
    light, warm = np.moveaxis(contrast * tone[course, place], -1, 0)
    light = np.exp(light)
    tint = np.stack([light * (1 + 0.4 * warm), light, light * (1 - 0.4 * warm)], -1) * colour
    seam = into < joint
    tint[seam] = mortar
    relief = np.where(seam, -0.22, 0.4 * warm)
    tint, relief = tint.astype(np.float32)[row], relief.astype(np.float32)[row]
    between = into_row < joint
    tint[between], relief[between] = mortar, -0.22
    rough = 1 + 0.06 * canvas.noise(spot, 0.5) + 0.05 * canvas.noise(spot, 9)
    return shaded(tint, rough), relief


def _count(place, length):
    """Number of the block at each place, from 0, and how far into the block it is."""
    number = np.floor(place / length).astype(int)
    return number - number[0], place - number * length


def plaster(canvas, spot, colour, grain, stains):
    """Rendered wall: fine grain, cloudy patches, and streaks where rain ran down."""
    fine, coarse = canvas.noise(spot, 0.5), canvas.noise(spot, 1.1)
    streaks = canvas.noise(spot, 1.1, 26) * np.clip(0.6 + 0.7 * canvas.noise(spot, 14), 0, 2)
    cloud = stains * (canvas.noise(spot, 16) + 0.7 * streaks)
    tone = cv2.exp(grain * (1.0 * fine + 0.45 * coarse) + cloud)
    return tinted(tone, colour), 0.05 * fine + 0.04 * coarse


def panels(canvas, spot, colour, high, long):
    """Slabs of concrete or metal with dark joints, a little stained."""
    tint, relief = blocks(canvas, spot, colour, high, long, 0.5, 0.07, 0.35 * colour, stagger=0)
    streaks = 1 + 0.07 * canvas.noise(spot, 1.1, 20) + 0.09 * canvas.noise(spot, 0.5)
    return shaded(tint, streaks), relief


def leaves(canvas, spot, shape, greens):
    """Foliage within a soft `shape` (h, w), above 0 inside: mask, colour and relief of `spot`.

    `greens` (2, 3) are the colours in the shade and in the light.
    """
    wide = max(1, round(1.1 * canvas.scale))
    dots, chance = canvas.grain.random((2, *shape.shape), dtype=np.float32)
    dots[chance > 0.55 / wide**2] = 0
    leaf = cv2.dilate(dots, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide + 1, wide + 1)))
    clump = canvas.noise(spot, 4.5)
    mask = shape + 0.22 * clump + 0.25 * (leaf - 0.5) > 0.15
    light = np.clip(0.2 + 0.6 * leaf + 0.22 * clump, 0, 1.2)
    return mask, greens[0] + tinted(light, greens[1] - greens[0]), 4.5 + 1.2 * leaf


def sky(canvas, rng, cloudy):
    """Sky (S, S, 3) with clouds: deeper blue above, bright below; `cloudy` from 0 to 1."""
    side = canvas.label.shape[0]
    small = (side // 2, side // 2)
    lump = canvas.scale * rng.uniform(10, 18)
    heap = sum(
        weight * noise(canvas.grain, small, (part * lump / 2, part * lump))
        for weight, part in ((0.6, 1.0), (0.32, 0.42), (0.17, 0.17), (0.09, 0.07))
    )
    down = np.linspace(0, 1, small[0], dtype=np.float32)[:, None]
    cloud = np.clip((heap + 2.2 * cloudy - 1.0 + 0.3 * down) * 1.3, 0, 1)
    shade = np.clip(0.88 - 0.13 * heap, 0.5, 1.0)
    zenith, horizon = ink("#4d84bf"), ink("#b9d3e8")
    clear = zenith + tinted(down**0.8, horizon - zenith)
    white = tinted(shade * cloud, ink(("#fdfaf5", "#dadee3")[int(cloudy > 0.7)]))
    picture = clear * (1 - cloud[..., None]) + white
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)


# ---- light and camera ----------------------------------------------------------------------------


def shadows(canvas, slant):
    """Cast shadows (S, S), 0 to 1; `slant` = how far right and down a height of 1 throws one."""
    height, side = canvas.height, canvas.label.shape[0]
    longest = max(abs(slant[0]), abs(slant[1]))
    steps = int(np.ceil(7 * longest * canvas.scale))
    frame = cv2.copyMakeBorder(height, steps, steps, steps, steps, cv2.BORDER_REPLICATE)
    shade = np.zeros_like(height)
    for step in range(1, steps + 1):
        x, y = (steps - round(step * part / longest) for part in slant)
        higher = frame[y : y + side, x : x + side] - height
        higher -= step / (longest * canvas.scale)
        np.maximum(shade, higher, out=shade)
    return cv2.GaussianBlur(np.clip(2.5 * shade, 0, 1), (0, 0), 0.35 * canvas.scale)


def bevel(canvas, slant):
    """Light on slopes of the relief (S, S), about 1: more where they face the light."""
    across = cv2.Sobel(canvas.height, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(canvas.height, cv2.CV_32F, 0, 1, ksize=1)
    return 1 + 0.5 * np.tanh(0.9 * (across * slant[0] + down * slant[1]))


def hollows(canvas):
    """Share of the sky's light (S, S) that reaches each place: little in corners and reveals."""
    around = cv2.GaussianBlur(canvas.height, (0, 0), 1.3 * canvas.scale)
    wide = cv2.blur(canvas.height, (int(7 * canvas.scale),) * 2)
    deep = np.clip(around - canvas.height, 0, 3) + 0.4 * np.clip(wide - canvas.height, 0, 3)
    return np.exp(-0.38 * deep)


class Weather(NamedTuple):
    """Colours (3,) of sun and shade, `slant` of the shadows (see `shadows`), clouds 0 to 1."""

    sun: np.ndarray
    shade: np.ndarray
    slant: tuple
    cloudy: float

    @classmethod
    def some(cls, rng):
        """Weather by chance, from a clear to an overcast day."""
        cloudy = rng.uniform(0, 1)
        sunny = float(np.clip(1.5 - 1.6 * cloudy, 0.12, 1) * rng.uniform(0.85, 1.15))
        slant = rng.uniform(0.45, 1.0) * pick(rng, (-1, 1)), rng.uniform(0.6, 1.1)
        sun = ink(pick(rng, ("#fff3df", "#ffe9c9", "#fff8ee", "#ffdfb0"))) * sunny
        return cls(sun, ink("#c3d2e6") * 0.55 + 0.25 * (1 - min(sunny, 1)), slant, cloudy)


def daylight(canvas, weather, above):
    """Linear light (S, S, 3) of a canvas by day; its panes mirror the sky `above` (S, S, 3)."""
    direct = (1 - shadows(canvas, weather.slant)) * bevel(canvas, weather.slant)
    light = tinted(hollows(canvas), weather.shade) + tinted(direct, weather.sun)
    spots = 0.5 * canvas.noise(canvas.whole, 3.5, 5) + 0.25 * canvas.noise(canvas.whole, 1.2)
    mirror = 0.42 * canvas.glass * np.clip(0.3 + spots, 0.02, 1.3)
    return canvas.paint * light + shaded(above[::-1], mirror)


class Camera:
    """One camera position: a slight tilt, focus, white balance, noise; the same for all films."""

    def __init__(self, rng, size, tilt=0.45):
        side = 2 * size
        corners = np.float32([[0, 0], [side, 0], [side, side], [0, side]])
        lean = rng.normal(0, 0.012 * side * tilt, (4, 2)).clip(-0.025 * side, 0.025 * side)
        inward = np.float32([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * 0.022 * side * tilt
        seen = (corners + inward + lean).astype(np.float32)
        self.size, self.see = size, cv2.getPerspectiveTransform(corners, seen)
        self.balance = np.exp(rng.normal(0, [0.05, 0.015, 0.06])).astype(np.float32)
        self.soft, self.noise = rng.uniform(0.2, 0.6), rng.uniform(0.004, 0.014)
        self.vivid = rng.uniform(0.05, 0.3)
        self.vignette, self.grain = rng.uniform(0, 0.22), int(rng.integers(2**32))

    def labels(self, label):
        """Labels (size, size) int32 that the camera sees of labels on the canvas."""
        side = label.shape[0]
        shrink = np.float64([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
        seen = cv2.warpPerspective(
            label,
            self.see @ shrink,
            (side // 2, side // 2),
            borderMode=cv2.BORDER_REPLICATE,
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        )
        return seen.astype(np.int32)

    def picture(self, light, exposure):
        """Photo float32 (size, size, 3) in [0, 1] of linear light (S, S, 3) on the canvas."""
        side, size = light.shape[0], self.size
        seen = cv2.warpPerspective(
            light,
            self.see,
            (side, side),
            borderMode=cv2.BORDER_REPLICATE,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        seen = cv2.GaussianBlur(seen, (0, 0), self.soft * side / 256)
        seen = cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA)
        away = np.linspace(-1, 1, size, dtype=np.float32) ** 2
        fade = -1.25 * exposure * (1 - self.vignette * 0.5 * (away + away[:, None]))
        film = 1 - cv2.exp(seen * tinted(fade, self.balance))
        film = np.sqrt(np.clip(film, 0, None))
        film += 0.3 * film * (1 - film) * (2 * film - 0.9)
        film += self.vivid * (film - film.mean(-1, keepdims=True))
        rng = np.random.default_rng(self.grain)
        film += self.noise * rng.standard_normal(film.shape, dtype=np.float32)
        return np.clip(film, 0, 1).astype(np.float32)
