"""Procedural house fronts: a label map and the photograph, night picture and drawing that fit it.

The twelve classes, their order and their meaning are those of the CMP facade database (Tyleček and
Šára 2013, "Spatial pattern templates for recognition of objects with regular structure"), so that a
cornice is the panel above a window and a molding a strip right across the wall. Labels fix where a
part is; bricks, plaster, leaves, curtains and reflections are chosen by the seed alone, so nobody
can read them off the labels. Every number comes from the seed, so a seed is a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.houses import parts
from drawn_worlds.houses.house import house
from drawn_worlds.houses.parts import BACKGROUND
from drawn_worlds.textures import (
    NOTHING,
    Camera,
    Canvas,
    Weather,
    blocks,
    daylight,
    hollows,
    ink,
    leaves,
    pick,
    shaded,
    sky,
    tinted,
)

CLASSES = (
    "background",
    "facade",
    "window",
    "door",
    "cornice",
    "sill",
    "balcony",
    "blind",
    "deco",
    "molding",
    "pillar",
    "shop",
)
PALETTE = (
    np.array(
        [
            [0, 0, 170],
            [0, 0, 255],
            [0, 85, 255],
            [0, 170, 255],
            [0, 255, 255],
            [85, 255, 170],
            [170, 255, 85],
            [255, 255, 0],
            [255, 170, 0],
            [255, 85, 0],
            [255, 0, 0],
            [170, 0, 0],
        ],
        np.float32,
    )
    / 255
)
SMALLEST, LARGEST = 64, 512
PAVING = ("#8f8a82", "#7d7b78", "#a39a8c", "#6f6d6c")


@dataclass(frozen=True, eq=False)
class Facade:
    """One house front.

    `labels` int32 (S, S), 0 to 11 as in `CLASSES`; `photo` float32 (S, S, 3) in [0, 1] by day;
    `night` the same by night; `edges` float32 (S, S), black lines (0) on white (1). The last two
    are drawn when first asked for.
    """

    labels: np.ndarray
    photo: np.ndarray
    seed: int

    @cached_property
    def night(self) -> np.ndarray:
        return _by_night(_scene(self.seed, len(self.labels)))

    @cached_property
    def edges(self) -> np.ndarray:
        return line_drawing(self.photo)


def facade(seed: int, size: int = 128) -> Facade:
    """Draw one house front with its labels; `size` is the side in pixels, 64 to 512.

    One seed is the same house at every size, in more detail in a larger picture.
    Raises TypeError for a seed or size that is no integer, ValueError for one out of range.
    """
    check(SMALLEST, LARGEST, size, seed)
    scene = _scene(seed, size)
    return Facade(scene.camera.labels(scene.labels), _by_day(scene), int(seed))


def dataset(count: int, seed: int, size: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` houses with the seeds `seed`, `seed + 1`, ...

    Returns labels int32 (count, size, size) and photos float32 (count, size, size, 3) in [0, 1].
    Two calls share no house when their ranges of seeds do not meet.
    Raises what `facade` raises, and ValueError for a count below 1.
    """
    check(SMALLEST, LARGEST, size, seed)
    if isinstance(count, bool) or not isinstance(count, Integral) or count < 1:
        raise ValueError(f"count must be a whole number of at least 1, not {count!r}.")
    drawn = [facade(seed + number, size) for number in range(count)]
    return np.stack([d.labels for d in drawn]), np.stack([d.photo for d in drawn])


def colour(labels: np.ndarray, palette: np.ndarray = PALETTE) -> np.ndarray:
    """Picture float32 (..., 3) in [0, 1] of labels (...), each class in its colour of `palette`.

    Raises ValueError for a label that the palette has no colour for.
    """
    labels = np.asarray(labels)
    if labels.size and not 0 <= labels.min() <= labels.max() < len(palette):
        raise ValueError(
            f"labels must be 0 to {len(palette) - 1}, not {labels.min()} to {labels.max()}."
        )
    return palette[labels]


def decode(picture: np.ndarray, palette: np.ndarray = PALETTE) -> np.ndarray:
    """Labels int32 (...) of a picture (..., 3) in [0, 1]: the class with the nearest colour."""
    picture = np.asarray(picture, np.float32)
    distance = [np.square(picture - each).sum(-1) for each in palette]
    return np.argmin(distance, axis=0).astype(np.int32)


def line_drawing(picture: np.ndarray) -> np.ndarray:
    """Black lines on white, float32 (H, W) in [0, 1], where a picture (H, W, 3) has edges.

    Canny's detector at twice the resolution, shrunk so that the lines are smooth.
    """
    fine = cv2.resize(
        (np.clip(picture, 0, 1) * 255).astype(np.uint8),
        None,
        fx=2,
        fy=2,
        interpolation=cv2.INTER_CUBIC,
    )
    fine = cv2.bilateralFilter(fine, 9, 40, 4)
    lines = cv2.dilate(cv2.Canny(fine, 60, 170, L2gradient=True), np.ones((2, 2), np.uint8))
    height, width = np.shape(picture)[:2]
    return 1 - cv2.resize(lines, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)


# ---- before the house ----------------------------------------------------------------------------


SEASONS = {
    "summer": (("#1d3314", "#7d9c45"), ("#22401d", "#5f9440"), ("#283a14", "#96a650")),
    "spring": (("#3b4f1c", "#b4cc5e"), ("#7b5560", "#f6d5de")),
    "autumn": (("#5b2a10", "#e0a13a"), ("#5f2a14", "#cf6a2c"), ("#4a4016", "#d9c14a")),
}


def _foreground(canvas, rng, ground):
    """Pavement, and at times trees, a hedge and a street lamp; all of it is background."""
    stone = ink(pick(rng, PAVING))
    spot = canvas.spot(0, ground, 128, 128)
    slabs, relief = blocks(
        canvas, spot, stone, rng.uniform(2, 3.4), rng.uniform(5, 11), 0.35, 0.1, 0.6 * stone
    )
    canvas.lay(spot, slabs, 0.4 * relief, 0.5, BACKGROUND)
    spot = canvas.spot(0, 125.6, 128, 128)
    canvas.paint[spot] *= 0.55
    canvas.height[spot] -= 1
    season = pick(rng, ("summer", "summer", "spring", "autumn"))
    greens = np.stack([ink(code) for code in pick(rng, SEASONS[season])])
    if rng.random() < 0.45:
        _tree(canvas, rng, greens, ground)
    if rng.random() < 0.3:
        left, wide, high = rng.uniform(-10, 90), rng.uniform(18, 45), rng.uniform(5, 9)
        foliage(canvas, greens, (left + wide / 2, ground + 1), (wide / 2, high), BACKGROUND, 4)
    if rng.random() < 0.4:
        _lamp_post(canvas, rng, ground)


def foliage(canvas, greens, centre, radii, label, power=2):
    """Leaves in an ellipse round `centre` (x, y), in units; a larger `power` makes it squarer."""
    (x, y), (wide, high) = centre, radii
    spot = canvas.spot(x - 1.2 * wide, y - 1.2 * high, x + 1.2 * wide, y + 1.2 * high)
    down, across = (
        (np.arange(part.start, part.stop, dtype=np.float32) / canvas.scale - middle) / size
        for part, middle, size in zip(spot, (y, x), (high, wide), strict=True)
    )
    shape = np.clip(1 - np.abs(across) ** power - np.square(down)[:, None], -1, 1)
    if shape.size:
        canvas.stamp(spot, *leaves(canvas, spot, shape, greens), label)


def _tree(canvas, rng, greens, ground):
    x = pick(rng, (rng.uniform(-6, 10), rng.uniform(118, 134)))
    radius, crown = rng.uniform(14, 21), rng.uniform(62, 84)
    trunk = [[x - 1.6, ground + 3], [x - 0.9, crown], [x + 0.9, crown], [x + 1.8, ground + 3]]
    canvas.polygon(trunk, ink("#4a3a2c"), 4.0, BACKGROUND)
    for _ in range(4):
        off = rng.uniform([-0.6, -0.9], [0.6, 0.45]) * radius
        share = rng.uniform(0.6, 1.0)
        foliage(canvas, greens, (x + off[0], crown + off[1]), (share * radius,) * 2, BACKGROUND)


def _lamp_post(canvas, rng, ground):
    iron, x = ink("#23282a"), pick(rng, (rng.uniform(4, 24), rng.uniform(104, 124)))
    top = rng.uniform(70, 84)
    canvas.box(x - 0.7, top, x + 0.7, ground + 3, iron, 3.0, BACKGROUND)
    canvas.box(x - 1.5, ground - 3, x + 1.5, ground + 3, iron, 3.4, BACKGROUND)
    canvas.polygon(
        [[x - 1.6, top - 5], [x + 1.6, top - 5], [x + 1.1, top], [x - 1.1, top]],
        ink("#e8dfc4"),
        3.6,
        BACKGROUND,
        1.0,
    )
    canvas.polygon([[x - 2.2, top - 5], [x, top - 7.5], [x + 2.2, top - 5]], iron, 4.0, BACKGROUND)
    canvas.windows.append((canvas.spot(x - 2, top - 5, x + 2, top), parts.WARM * 3))
    canvas.lamps.append((x, top - 2, 30.0, parts.WARM))


# ---- the photographs -----------------------------------------------------------------------------


class Scene(NamedTuple):
    """A drawn scene: the canvas, its labels with the sky as background, and the camera."""

    canvas: Canvas
    labels: np.ndarray
    camera: Camera
    seed: int


def _scene(seed, size):
    rng, grain, eye = (np.random.default_rng((int(seed), stream)) for stream in range(3))
    canvas = Canvas(size, grain)
    _foreground(canvas, rng, house(canvas, rng).ground)
    labels = np.where(canvas.label == NOTHING, BACKGROUND, canvas.label).astype(np.uint8)
    return Scene(canvas, labels, Camera(eye, size), int(seed))


def _by_day(scene):
    rng, canvas = np.random.default_rng((scene.seed, 3)), scene.canvas
    weather = Weather.some(rng)
    above = sky(canvas, rng, weather.cloudy)
    picture = daylight(canvas, weather, above)
    open_sky = canvas.label == NOTHING
    brightness = float(picture[~open_sky].mean())
    picture[open_sky] = above[open_sky] * (1 / (0.55 + brightness))
    exposure = (0.38 / brightness) ** 0.6 * rng.lognormal(0, 0.13)
    return scene.camera.picture(picture, float(exposure))


def _by_night(scene):
    rng, canvas = np.random.default_rng((scene.seed, 4)), scene.canvas
    side, scale = canvas.label.shape[0], canvas.scale
    y, x = np.mgrid[:side, :side].astype(np.float32) / scale
    dusk = rng.uniform(0, 1)
    light = tinted(np.ones((side, side)), ink("#33476e") * (0.35 + 0.5 * dusk))
    glow = np.zeros_like(light)
    for place_x, place_y, reach, tint in canvas.lamps:
        away = ((x - place_x) ** 2 + (y - place_y) ** 2) / reach**2
        light += tinted(0.55 / (1 + 4 * away) ** 1.5, tint)
    picture = shaded(canvas.paint * light, hollows(canvas))
    for spot, tint in canvas.windows:
        glow[spot] = canvas.glass[spot][..., None] * tint
    glow *= 0.25 + 1.2 * np.sqrt(np.clip(canvas.paint, 0, 1))
    halo = cv2.GaussianBlur(glow, (0, 0), 2.2 * scale)
    down = np.clip(y / 110, 0, 1)[..., None]
    above = ink("#0d1630") + down * (ink("#3d4a78") - ink("#0d1630")) * (0.3 + dusk)
    stars = (canvas.grain.random((side, side)) > 0.9985)[..., None] * (1 - dusk)
    open_sky = canvas.label == NOTHING
    picture[open_sky] = (above + 0.5 * stars)[open_sky]
    return scene.camera.picture(picture + glow + 0.5 * halo, 1.4)
