"""Six painters, each with a hand of its own: pictures by seed, to learn a style from.

`paint("waves", seed=3, size=256)` is float32 (size, size, 3) in [0, 1]. A picture is the same at
any size: places, lengths and colours come from the seed, in units of the picture's side.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv, to_rgb
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

GRID = 256  # numbers a side in the fields that guide the hand


def paint(style: str, seed: int, size: int = 256) -> np.ndarray:
    """A picture in one of the STYLES, float32 (size, size, 3) in [0, 1].

    size: 64 to 512 pixels. Raises ValueError for another style or size.
    """
    if style not in STYLES:
        raise ValueError(f"The painters are {', '.join(STYLES)}; there is none called {style!r}.")
    if not 64 <= size <= 512:
        raise ValueError(f"A painter paints 64 to 512 pixels a side, not {size}.")
    rng = np.random.default_rng((seed, list(STYLES).index(style)))
    picture = STYLES[style](rng, 2 * size)  # twice as fine, and averaged: smooth edges
    picture = cv2.resize(picture.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return np.clip(picture, 0, 1)


def painting(seed: int, size: int = 256) -> np.ndarray:
    """A picture by one of the STYLES, in turn; size and picture as of `paint`."""
    return paint(list(STYLES)[seed % len(STYLES)], seed, size)


# What all hands share ----------------------------------------------------------------------------


def places(side):
    """Columns and rows (side, side) of the pixels' centres, in units of the side."""
    along = (np.arange(side, dtype=np.float32) + 0.5) / side
    return np.meshgrid(along, along)


def noise(rng, scale):
    """A smooth random field (GRID, GRID), mean 0 and deviation 1; scale: of its lumps, in sides."""
    field = gaussian_filter(rng.standard_normal((GRID, GRID)), scale * GRID, mode="wrap")
    return ((field - field.mean()) / field.std()).astype(np.float32)


def enlarged(field, side):
    """A field (GRID, GRID, …) at side × side."""
    return cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)


def at(field, points):
    """The values of a field (GRID, GRID, …) at points (…, 2) of columns and rows in sides."""
    index = np.clip((np.asarray(points) * GRID).astype(int), 0, GRID - 1)
    return field[index[..., 1], index[..., 0]]


def blend(colours, values):
    """Colours (K, 3) as a ramp: values (…) in [0, 1] to (…, 3)."""
    steps = np.linspace(0, 1, len(colours))
    channels = [np.interp(values, steps, channel) for channel in np.transpose(colours)]
    return np.stack(channels, -1).astype(np.float32)


def inks(*codes):
    """Colours like "c98b6b" as an array (K, 3)."""
    return np.array([to_rgb(f"#{code}") for code in codes], np.float32)


def shifted(rng, colours, hue=0.02, saturation=0.08, value=0.08):
    """Colours (N, 3), each a little off in hue, saturation and brightness."""
    off = rng.normal(0, 1, colours.shape) * [hue, saturation, value]
    h, s, v = np.moveaxis(rgb_to_hsv(np.clip(colours, 0, 1)) + off, -1, 0)
    return hsv_to_rgb(np.stack([h % 1, np.clip(s, 0, 1), np.clip(v, 0, 1)], -1))


class Brush(NamedTuple):
    """Length and width of a stroke in sides, and how far its hairs differ in brightness."""

    length: float
    width: float
    hairs: float = 0.12


def trails(starts, angles, length, steps=8):
    """Curves (N, steps, 2) from the starts (N, 2) along a field of angles (GRID, GRID)."""
    points = [np.asarray(starts, np.float64)]
    for _ in range(steps - 1):
        angle = at(angles, points[-1])
        points.append(points[-1] + np.stack([np.cos(angle), np.sin(angle)], -1) * length / steps)
    return np.stack(points, 1)


def stroke(rng, canvas, curves, colours, brush):
    """Draw curves (N, K, 2) in colours (N, 3), one over the other, each a bundle of hairs.

    canvas: (S, S, 4), three of colour and one of how thick the paint is; it is changed.
    """
    side, hairs = len(canvas), 5
    ways = np.gradient(curves, axis=1)
    across = ways[..., ::-1] * [-1, 1] / (np.linalg.norm(ways, axis=-1, keepdims=True) + 1e-9)
    width = max(1, round(brush.width * side * 1.6 / hairs))
    lightness = 1 + brush.hairs * rng.standard_normal((len(curves), hairs))
    heights = rng.uniform(0.2, 1, (len(curves), hairs))
    places_across = np.linspace(-0.5, 0.5, hairs) * brush.width * (1 - 0.8 / hairs)
    inks = np.clip(colours[:, None] * lightness[..., None], 0, 1)  # (N, hairs, 3)
    inks = np.concatenate([inks, heights[..., None]], -1).tolist()
    lines = curves[:, None] + places_across[:, None, None] * across[:, None]  # (N, hairs, K, 2)
    for bundle, its_inks in zip(np.round(lines * side * 16).astype(np.int32), inks, strict=True):
        for line, ink in zip(bundle, its_inks, strict=True):
            cv2.polylines(canvas, [line], False, ink, width, cv2.LINE_AA, 4)


def lit(canvas, strength=0.25):
    """A canvas (S, S, 4) as a picture (S, S, 3): thick paint in the light from the upper left."""
    side = len(canvas)
    soft = cv2.GaussianBlur(canvas[..., 3], (0, 0), side / 700)
    slope = (cv2.Sobel(soft, cv2.CV_32F, 1, 0) + cv2.Sobel(soft, cv2.CV_32F, 0, 1)) * side / 900
    return np.clip(canvas[..., :3] * (1 - strength * np.clip(slope, -1, 1))[..., None], 0, 1)


# What is painted: a landscape, and a sea ----------------------------------------------------------

SEASONS = (  # sky from above to below, sun, far to near hills, flowers
    (
        inks("4f7fb5", "9cc3d9", "f3dfb8"),
        inks("fff2b8"),
        inks("8fa9b8", "6f9a6a", "4c7a3d"),
        inks("d9434e", "f2c53d", "f5ece0"),
    ),
    (
        inks("37477f", "c96f72", "f7b267"),
        inks("ffe08a"),
        inks("7c6a94", "5b4b74", "3c3557"),
        inks("b03a5b", "e77f4f", "f4a3a0"),
    ),
    (
        inks("5b9aa0", "bfd8bd", "f6e7cb"),
        inks("fff6d5"),
        inks("a8b98d", "c9973f", "8c5a2b"),
        inks("c8553d", "e9b44c", "588157"),
    ),
    (
        inks("6a7fb0", "c3b6d6", "f4d6d2"),
        inks("fff3e0"),
        inks("9aa6c2", "7b8f9e", "5c7a72"),
        inks("8e6bbf", "e5a4c4", "f3e9f7"),
    ),
)


def landscape(rng):
    """Sky, sun, hills and a field of flowers: colours (GRID, GRID, 3) and the hand's angles."""
    sky, sun, hills, flowers = SEASONS[rng.integers(len(SEASONS))]
    x, y = places(GRID)
    picture = blend(sky, y * 1.7)
    clouds = np.clip(noise(rng, 0.05) + 0.5 * noise(rng, 0.015) - 0.7, 0, 1)[..., None]
    picture = picture * (1 - clouds) + clouds * (0.35 * sky[2] + 0.62)
    centre = rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.3)
    far = np.hypot(x - centre[0], y - centre[1])
    glow = np.exp(-far / 0.12)[..., None] * 0.8
    picture = np.where((far < 0.055)[..., None], sun, picture * (1 - glow) + glow * sun)
    angles = 0.5 * noise(rng, 0.12) + 0.2
    for depth, colour in enumerate(hills):
        top = (
            0.42
            + 0.13 * depth
            + sum(0.05 / k * np.sin(2 * np.pi * (k * x + rng.random())) for k in (1, 2, 3))
        )
        inside, below = y > top, np.clip((y - top) * 3, 0, 1)[..., None]
        tone = 1 + 0.16 * noise(rng, 0.03)[..., None] - 0.25 * below
        picture = np.where(inside[..., None], colour * tone, picture)
        angles = np.where(inside, np.arctan(np.gradient(top, axis=1) * GRID), angles)
    near = y > top + 0.05
    for colour in flowers:
        spots = near & (noise(rng, 0.012) > 1.3 - 0.5 * (y - 0.7))
        picture = np.where(spots[..., None], colour, picture)
    return np.clip(picture, 0, 1).astype(np.float32), angles.astype(np.float32)


def tones(picture):
    """Lightness (…) of colours (…, 3)."""
    return picture @ np.float32([0.3, 0.55, 0.15])


# Six hands ----------------------------------------------------------------------------------------


def strokes(rng, side):
    """Broad brushes first, fine ones last; each stroke follows the form of what it paints."""
    scene, angles = landscape(rng)
    canvas = np.full((side, side, 4), [0.55, 0.55, 0.55, 0], np.float32)
    for count, brush in (
        (700, Brush(0.16, 0.045)),
        (1500, Brush(0.085, 0.024)),
        (2200, Brush(0.045, 0.013)),
    ):
        starts = rng.uniform(-0.06, 1.03, (count, 2))
        curves = trails(starts, angles + 0.25 * noise(rng, 0.02), brush.length)
        colours = shifted(rng, at(scene, curves.mean(1)), 0.025, 0.1, 0.07)
        stroke(rng, canvas, curves, colours, brush)
    return lit(canvas)


def pointillism(rng, side):
    """Dots of pure colour on a warm ground, each a little off: the eye mixes them."""
    scene, _ = landscape(rng)
    canvas = np.broadcast_to(inks("e9dcc0")[0], (side, side, 3)).copy()
    for spacing, radius in ((0.016, 0.0105), (0.0125, 0.0075), (0.012, 0.0056)):
        count = int(1 / spacing)
        grid = np.stack(np.meshgrid(*2 * [np.arange(count + 1)]), -1).reshape(-1, 2) * spacing
        dots = rng.permutation(grid + rng.uniform(-0.6, 0.6, grid.shape) * spacing)
        colours = at(scene, dots)
        other = rng.random(len(dots)) < 0.16  # the complement, as Seurat set it
        colours = np.where(other[:, None], np.roll(colours, 1, -1), colours)
        colours = shifted(rng, colours, 0.045, 0.15, 0.1)
        colours = np.clip(colours + 0.35 * (colours - tones(colours)[:, None]), 0, 1)
        radii = radius * rng.uniform(0.75, 1.15, len(dots))
        for dot, colour, r in zip(dots, colours, radii, strict=True):
            cv2.circle(
                canvas,
                tuple(np.round(dot * side * 16).astype(int)),
                int(r * side * 16),
                tuple(map(float, colour)),
                -1,
                cv2.LINE_AA,
                4,
            )
    return canvas


def woodcut(rng, side):
    """Black lines cut along the form on a few flat colours: a print from two or three blocks."""
    scene, angles = landscape(rng)
    papers = (
        inks("f4ead2", "d8b48a", "c2543d"),
        inks("f1e8d6", "a9c0b4", "3f6f7f"),
        inks("f5e9d0", "e3b86b", "9c3d2e"),
        inks("efe6da", "b9a3b5", "5d5a8c"),
    )
    paper, pale, strong = papers[rng.integers(len(papers))]
    tone = gaussian_filter(tones(scene), 2)
    order = enlarged(np.argsort(np.argsort(tone, None)).reshape(tone.shape) / tone.size, side)
    x, y = places(side)
    tilt = rng.uniform(-0.15, 0.15)
    wood = enlarged(noise(rng, 0.03), side) * 0.0035 + enlarged(noise(rng, 0.1), side) * 0.012
    bend = enlarged(np.cumsum(np.tan(np.clip(angles, -1, 1)), 1) / GRID, side) * 0.8
    lines = np.abs(((y + tilt * x + wood - bend) * 38) % 1 - 0.5) * 2  # 0 on the ridge, 1 between
    rough = 0.13 * enlarged(noise(rng, 0.004), side)
    ink = lines + rough < np.clip(0.72 - 0.78 * order, 0.05, 0.7)
    edges = enlarged(np.hypot(*np.gradient(gaussian_filter(tone, 1.2))), side)
    ink |= edges + 0.006 * rough > 0.022
    flat = np.where((order < 0.72)[..., None], pale, paper)
    flat = np.where((order < 0.38)[..., None], strong, flat)
    grain = 1 + 0.035 * enlarged(noise(rng, 0.006), side) + 0.02 * rng.standard_normal(x.shape)
    worn = enlarged(noise(rng, 0.008), side) > 2.4
    picture = np.where((ink & ~worn)[..., None], inks("1d1a1f")[0], flat * grain[..., None])
    return gaussian_filter(picture, (side / 900, side / 900, 0))


def glass(rng, side):
    """Pieces of glowing glass in black lead, set in rings around a rose."""
    centre, rings = rng.uniform(0.35, 0.65, 2), 6
    palettes = (
        inks("1746a2", "c81d25", "f2b705", "0f8b8d", "f7f0d8", "6a1b9a"),
        inks("0b6e4f", "fa9f42", "08415c", "cc2936", "f1e9da", "5bc0be"),
        inks("4a1c7c", "e4572e", "17bebb", "ffc914", "f5e6e8", "2e86ab"),
    )
    palette = palettes[rng.integers(len(palettes))]
    sites, kinds = [centre], [2]
    for ring in range(1, 2 * rings):
        count = 6 + 5 * ring
        turn = rng.random() + np.arange(count) / count + rng.normal(0, 0.09 / count, count)
        radius = 0.085 * ring * (1 + rng.normal(0, 0.03, count))
        ways = np.stack([np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)], -1)
        sites += list(centre + radius[:, None] * ways)
        main, second = rng.choice(len(palette), 2, replace=False)
        kinds += [second if k % 2 else main for k in range(count)]
    x, y = places(side)
    wobble = 0.006 * np.stack([enlarged(noise(rng, 0.03), side) for _ in range(2)], -1)
    points = np.stack([x, y], -1) + wobble
    (near, second), index = [np.moveaxis(a, -1, 0) for a in cKDTree(sites).query(points, k=2)]
    colours = shifted(rng, palette[np.array(kinds)], 0.03, 0.08, 0.1)[index[0]]
    streaks = 1 + 0.1 * enlarged(noise(rng, 0.01), side) + 0.12 * enlarged(noise(rng, 0.04), side)
    light = 1.15 - 0.45 * np.hypot(x - centre[0], y - centre[1])
    edge = second - near
    halo = 0.75 + 0.35 * np.clip(edge / 0.05, 0, 1)
    picture = colours * (streaks * light * halo)[..., None] + 0.10 * light[..., None]
    lead = np.clip((edge - 0.0105) * side / 2.0, 0, 1)[..., None]
    shine = 0.12 * np.exp(-(((edge - 0.003) / 0.002) ** 2))[..., None]
    return np.clip(picture, 0, 1) * lead + (0.05 + shine) * (1 - lead)


def marbling(rng, side):
    """Drops of ink on water, drawn out by combs: each pixel is followed back to its drop.

    Source: Lu, Jaffer et al., "Mathematical Marbling", 2012: drops and tine lines are invertible.
    """
    palettes = (
        inks("14213d", "fca311", "e5e5e5", "9a031e", "5f0f40", "f4ecd8"),
        inks("03396c", "ffcb69", "f3f0e6", "d1495b", "00798c", "30638e"),
        inks("283d3b", "edddd4", "c44536", "772e25", "197278", "f0c987"),
        inks("2d1e2f", "f7b32b", "fcf6b1", "a9e5bb", "f72c25", "446488"),
    )
    palette = palettes[rng.integers(len(palettes))]
    x, y = map(np.ravel, places(side))
    combs = [
        (rng.uniform(-0.3, 0.3) + k * math.pi / 2, rng.uniform(0.07, 0.1), rng.random())
        for k in range(1 + rng.integers(2, 4))
    ]
    for angle, tooth, phase in reversed(combs):
        along, across = math.cos(angle), math.sin(angle)
        place = (-x * across + y * along) / tooth + phase
        shift = 0.16 * (np.exp(-6 * np.abs(place % 1 - 0.5)) - 0.25)
        shift = shift * np.where(place // 1 % 2, 1, -1) + 0.02 * np.sin(2 * np.pi * place / 3)
        x, y = x - shift * along, y - shift * across
    colour = np.full(x.shape, -1, np.int8)
    for _ in range(200):  # the last drop first: it pushed all others away
        (cx, cy), r = rng.uniform(-0.15, 1.15, 2).tolist(), rng.uniform(0.03, 0.12)
        far = (x - cx) ** 2 + (y - cy) ** 2
        colour[(colour < 0) & (far < r * r)] = rng.integers(len(palette))
        back = np.sqrt(np.clip(1 - r * r / np.maximum(far, 1e-9), 1e-6, 1))
        x, y = cx + (x - cx) * back, cy + (y - cy) * back
    picture = palette[np.where(colour < 0, 5, colour)].reshape(side, side, 3)
    grain = 1 + 0.05 * enlarged(noise(rng, 0.01), side) + 0.03 * enlarged(noise(rng, 0.004), side)
    return np.clip(picture * grain[..., None], 0, 1)


NIGHTS = (  # bands of the sky, stars, bands of the sea
    (
        inks("12224f", "1f4a8c", "3f7fb8", "8fb9c9", "e9dfa6"),
        inks("f7c948", "fff3b0"),
        inks("0d1b3d", "174a7e", "2f7fa8", "a8d0d6", "f6f1e1"),
    ),
    (
        inks("2b1b4d", "5b2a86", "b5446e", "f08a5d", "f9d56e"),
        inks("fff0a8", "fffbe6"),
        inks("1a1440", "3a2a78", "7a4fa3", "e29ac0", "fdeee6"),
    ),
    (
        inks("0b3c49", "13747d", "4fb0ae", "b5dfca", "fcf0c8"),
        inks("f2a541", "ffe8b6"),
        inks("08262e", "0f5f6d", "2c97a0", "9fd8cb", "fbf7ea"),
    ),
)


def waves(rng, side):
    """A night of swirls over a rising sea: every stroke runs along the stream."""
    sky, stars, sea = NIGHTS[rng.integers(len(NIGHTS))]
    x, y = places(GRID)
    stream = 0.9 * y + 0.07 * noise(rng, 0.1)
    across = (np.arange(5) + rng.uniform(0.2, 0.8, 5)) / 5
    centres = np.stack([across, rng.uniform(0.06, 0.4, 5)], -1)
    glow, radii = np.zeros_like(x), rng.uniform(0.05, 0.13, 5)
    for centre, radius, turn in zip(centres, radii, rng.choice([-1, 1], 5), strict=True):
        far = np.hypot(x - centre[0], y - centre[1])
        stream = stream + turn * 2.6 * radius * np.exp(-far / (0.9 * radius))
        glow = np.maximum(glow, np.exp(-((far / (0.55 * radius)) ** 2)))
    crest = 0.66 + sum(
        a * np.abs(np.sin(np.pi * (f * x + rng.random()))) ** 0.8 * -1
        for f, a in ((1.6, 0.16), (3.7, 0.05))
    )
    swell = y - crest - 0.02 * noise(rng, 0.04)
    wet = swell > 0
    rolling = swell * 1.4 + 0.06 * np.sin(2 * np.pi * (2.3 * x + 3 * swell))
    rolling += 0.03 * noise(rng, 0.05)
    bands = 0.5 + 0.5 * np.cos(2 * np.pi * np.where(wet, rolling * 4.5, stream * 6))
    foam = wet & (swell < 0.035 + 0.02 * noise(rng, 0.015))
    tone = np.where(wet, 0.08 + 0.6 * bands, 0.05 + 0.62 * bands + 0.1 * y)
    scene = np.where(wet[..., None], blend(sea, np.where(foam, 1.0, tone)), blend(sky, tone))
    shine = np.where(wet, 0, glow)[..., None]
    scene = scene * (1 - shine) + shine * stars[0]
    core = ~wet & (glow > 0.8)
    scene = np.where(core[..., None], stars[1], scene)
    guide = gaussian_filter(np.where(wet, rolling, stream), 1.5)
    down, right = np.gradient(guide)
    angles = np.arctan2(right, -down)
    canvas = np.full((side, side, 4), [*sky[0], 0], np.float32)
    for count, brush in (
        (1200, Brush(0.1, 0.026)),
        (3200, Brush(0.07, 0.0135, 0.16)),
        (2600, Brush(0.045, 0.0085, 0.2)),
    ):
        curves = trails(rng.uniform(-0.05, 1.05, (count, 2)), angles, brush.length, 10)
        colours = shifted(rng, at(scene, curves[:, 5]), 0.015, 0.08, 0.08)
        stroke(rng, canvas, curves, colours, brush)
    return lit(canvas, 0.3)


STYLES = {
    "strokes": strokes,
    "pointillism": pointillism,
    "woodcut": woodcut,
    "glass": glass,
    "marbling": marbling,
    "waves": waves,
}
