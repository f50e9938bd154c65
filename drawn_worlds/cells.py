"""Procedural microscopy: pictures of cell nuclei with one label a nucleus.

Nuclei are drawn as star-shaped outlines on ellipses, pushed apart until they only just touch, and
then photographed in one of two looks: fluorescence (light that nuclei emit on a dark ground) or
stained (light that two dyes absorb). Every number comes from the seed, so a seed is a source:
splitting data by seed never puts one picture on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from scipy.spatial import cKDTree
from skimage.measure import label as connected_components

from drawn_worlds.checks import check

LOOKS = ("fluorescence", "stained")
SMALLEST, LARGEST = 64, 1024

# Optical density of the two dyes in red, green and blue: Ruifrok and Johnston 2001,
# "Quantification of histochemical staining by color deconvolution".
HAEMATOXYLIN = np.array([0.65, 0.70, 0.29], np.float32)
EOSIN = np.array([0.07, 0.99, 0.11], np.float32)


class Field(NamedTuple):
    """One field of view: `image` float32 (S, S, 3) in [0, 1], `labels` int32 (S, S), `look`."""

    image: np.ndarray
    labels: np.ndarray
    look: str


class Outlines(NamedTuple):
    """n outlines in pixels: `centre` (n, 2) as x, y; `axes` (n, 2); `angle` (n,) in radians;
    `lobes` (n, 2, 4) cosine and sine of harmonics 2 to 5; `bend` (n,); `soft` (n,) edge width."""

    centre: np.ndarray
    axes: np.ndarray
    angle: np.ndarray
    lobes: np.ndarray
    bend: np.ndarray
    soft: np.ndarray


class Canvas(NamedTuple):
    """Outlines drawn on a field, each (S, S): `owner` the outline that a pixel lies deepest in,
    `depth` in pixels below that outline's edge (negative outside), `seam` in pixels to the border
    with the next outline, `light` the nuclei's own brightness before texture."""

    owner: np.ndarray
    depth: np.ndarray
    seam: np.ndarray
    light: np.ndarray


def cells(seed: int, size: int = 128, look: str | None = None) -> Field:
    """Draw one field of view with its nuclei labelled.

    `size` is the side in pixels, 64 to 1024: a larger field shows more nuclei, not larger ones.
    `look` is "fluorescence" or "stained"; None lets the seed decide. One seed has the same nuclei
    in both looks.
    Returns a `Field`: image float32 (size, size, 3) in [0, 1]; labels int32 (size, size), 0 for
    background and 1..n for nuclei, each label one connected piece.
    Raises TypeError for a seed or size that is no integer, ValueError for one out of range or an
    unknown look.
    """
    _check(seed, size, look)
    layout, paint = (np.random.default_rng((int(seed), stream)) for stream in (0, 1))
    chosen = LOOKS[layout.integers(len(LOOKS))]
    grain = layout.uniform(0, np.pi)
    outlines = _nuclei(layout, size, grain)
    light = layout.lognormal(0, layout.uniform(0.1, 0.5), len(outlines.angle)).clip(0.55, 2.2)
    canvas = _draw(
        outlines, light, size, flat=layout.uniform(0.65, 0.95), overlap=layout.uniform(0, 0.5)
    )
    look = look or chosen
    photograph = _fluorescence if look == "fluorescence" else _stained
    image = photograph(paint, canvas, outlines, grain)
    return Field(np.clip(image, 0, 1).astype(np.float32), _labels(canvas), look)


def _check(seed, size, look):
    check(SMALLEST, LARGEST, size, seed)
    if look is not None and look not in LOOKS:
        raise ValueError(f"look must be one of {', '.join(LOOKS)} or None, not {look!r}.")


# ---- where the nuclei lie and what shape they have ---------------------------------------------


def _nuclei(rng, size, grain):
    """Outlines of the nuclei of one field: size, crowding and elongation differ by field."""
    typical = 6.5 * 2.5 ** rng.beta(1, 1.3)
    covered = rng.uniform(0.01, 0.04) if rng.random() < 0.1 else rng.uniform(0.08, 0.42)
    count = max(1, round(covered * size**2 / (np.pi * typical**2)))
    radius = typical * np.exp(rng.normal(0, 0.2, count)).clip(0.55, 1.6)
    stretch = (1 + np.abs(rng.normal(0, rng.uniform(0.15, 0.9), count))).clip(1, 2.6) ** 0.5
    axes = np.stack([radius * stretch, radius / stretch], 1)
    angle = grain + rng.normal(0, rng.choice([0.25, 3.0]), count)
    uneven = rng.uniform(0.01, 0.05) * np.where(rng.random(count) < 0.08, 2.5, 1)
    lobes = rng.normal(0, 1, (count, 2, 4)) * [1, 0.7, 0.4, 0.25] * uneven[:, None, None]
    bend = rng.normal(0, 0.12, count)
    soft = 1 + np.where(rng.random(count) < 0.12, rng.uniform(0.5, 2.5, count), 0)
    centre = _scatter(rng, count, size, typical)
    outlines = Outlines(centre, axes, angle, lobes, bend, soft)
    return _push_apart(rng, outlines, size)


def _scatter(rng, count, size, typical):
    """Centres (count, 2): some anywhere, the others in clumps."""
    anywhere = rng.uniform(0, size, (count, 2))
    clump = rng.integers(0, max(1, count // 6) + 1, count)
    spread = rng.normal(0, 2.2 * typical, (count, 2))
    gathered = rng.random(count) < rng.uniform(0.1, 0.9)
    return np.where(gathered[:, None], anywhere[clump % count] + spread, anywhere) % size


def _push_apart(rng, outlines, size, rounds=12):
    """Move nuclei until neighbours touch or keep a gap; drop those that still lie on another."""
    centre, margin = outlines.centre.copy(), 0.35 * outlines.axes[:, 1:]
    pairs = cKDTree(centre).query_pairs(3 * outlines.axes.max(), output_type="ndarray").T
    first, second = pairs
    together = rng.random(len(first)) < rng.uniform(0.02, 0.55)
    room = np.where(
        together, rng.uniform(0.84, 0.97, len(first)), rng.uniform(1.15, 1.35, len(first))
    )
    form = _forms(outlines)[:, pairs]
    for _ in range(rounds):
        step = centre[second] - centre[first]
        missing = np.clip(room / _closeness(form, step) - 1, 0, 1)
        push = 0.5 * step * missing[:, None]
        for axis in (0, 1):
            centre[:, axis] += np.bincount(second, push[:, axis], len(centre))
            centre[:, axis] -= np.bincount(first, push[:, axis], len(centre))
        centre = np.clip(centre, margin, size - 1 - margin)
    buried = _closeness(form, centre[second] - centre[first]) < 0.72
    kept = np.setdiff1d(np.arange(len(centre)), second[buried])
    return Outlines(*(part[kept] for part in outlines._replace(centre=centre)))


def _forms(outlines):
    """The ellipses as xx, xy, yy (3, n): one contains d if xx dx² + 2 xy dx dy + yy dy² < 1."""
    long, wide = outlines.axes.T**-2.0
    cosine, sine = np.cos(outlines.angle), np.sin(outlines.angle)
    return np.stack(
        [
            long * cosine**2 + wide * sine**2,
            (long - wide) * cosine * sine,
            long * sine**2 + wide * cosine**2,
        ]
    )


def _closeness(form, step):
    """Distance of two ellipses' centres, in units of the one at which they meet on that line."""
    dx, dy = step.T
    radii = 1 / np.sqrt(form[0] * dx**2 + 2 * form[1] * dx * dy + form[2] * dy**2 + 1e-12)
    return 1 / radii.sum(0)


# ---- drawing -----------------------------------------------------------------------------------


def _draw(outlines, light, size, flat=1.0, overlap=0.0):
    """Draw outlines of brightness `light` (n,) on a `Canvas`; `flat` = 1 is a disc, 0 a ball."""
    bulge = 1 + np.hypot(outlines.lobes[:, 0], outlines.lobes[:, 1]).sum(1) + abs(outlines.bend)
    half = int(np.ceil((bulge * outlines.axes[:, 0] + outlines.soft).max())) + 1
    whole = np.floor(outlines.centre).astype(int)
    inside, depth = _profile(outlines, outlines.centre - whole, half)
    edge = np.clip(depth / outlines.soft[:, None, None] + 0.5, 0, 1)
    ball = np.sqrt(np.clip(1 - (1 - inside) ** 2, 0, 1))
    glow = (edge * (flat + (1 - flat) * ball) * light[:, None, None]).astype(np.float32)
    side = size + 2 * half
    best, second, level = (np.full((side, side), fill, np.float32) for fill in (-9, -9, 0))
    deep, owner = np.full((side, side), -99, np.float32), np.zeros((side, side), np.int32)
    for number, (x, y) in enumerate(whole):
        spot = (slice(y, y + 2 * half + 1), slice(x, x + 2 * half + 1))
        new, old = inside[number], best[spot]
        wins = new > old
        second[spot] = np.maximum(second[spot], np.minimum(new, old))
        best[spot] = np.maximum(new, old)
        owner[spot][wins] = number
        deep[spot][wins] = depth[number][wins]
        both = overlap * np.minimum(level[spot], glow[number])
        level[spot] = np.maximum(level[spot], glow[number]) + both
    inner = (slice(half, half + size),) * 2
    radius = np.sqrt(outlines.axes.prod(1)).astype(np.float32)
    seam = (best - second)[inner] * radius[owner[inner]]
    return Canvas(owner[inner], deep[inner], seam, level[inner])


def _profile(outlines, offset, half):
    """Each outline on its own square of side 2 half + 1.

    Returns `inside` (n, side, side), 1 at the centre, 0 on the edge, negative outside, and
    `depth`, the distance to the edge in pixels to first order.
    """

    def column(values):
        return np.asarray(values, np.float32)[:, None, None]

    grid = np.arange(-half, half + 1, dtype=np.float32)
    x, y = grid[None, None, :] - column(offset[:, 0]), grid[None, :, None] - column(offset[:, 1])
    cosine, sine = column(np.cos(outlines.angle)), column(np.sin(outlines.angle))
    long, wide = column(outlines.axes[:, 0]), column(outlines.axes[:, 1])
    p = (x * cosine + y * sine) / long
    q = (y * cosine - x * sine) / wide + column(outlines.bend) * (2 * p * p - 1)
    rho = np.sqrt(p * p + q * q) + 1e-4
    turn = (p + 1j * q) / rho
    power, edge = turn, np.float32(1)
    for k in range(outlines.lobes.shape[2]):
        power = power * turn
        edge = edge + column(outlines.lobes[:, 0, k]) * power.real
        edge = edge + column(outlines.lobes[:, 1, k]) * power.imag
    slope = np.sqrt((p / long) ** 2 + (q / wide) ** 2) / rho
    return 1 - rho / edge, (edge - rho) / slope


def _labels(canvas):
    """Labels 1..n from the owners; where a nucleus falls in pieces only the largest counts."""
    owner = np.where(canvas.depth > 0, canvas.owner + 1, 0)
    pieces = connected_components(owner, connectivity=1)
    area = np.bincount(pieces.ravel())
    owner_of = np.zeros(len(area), np.int32)
    owner_of[pieces.ravel()] = owner.ravel()
    by_area = 1 + np.argsort(area[1:], kind="stable")
    largest = np.zeros(owner.max() + 1, np.int32)
    largest[owner_of[by_area]] = by_area  # the last one written is the largest
    kept = np.unique(largest[largest > 0])
    number = np.zeros(len(area), np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    return number[pieces]


def _noise(rng, size, across, along=None):
    """Smooth noise (size, size), mean 0, deviation about 1; lumps of `across` x `along` pixels."""
    lumps = np.array([across, along or across])
    steps = np.ceil(size / lumps).astype(int) + 3
    coarse = rng.standard_normal(steps, dtype=np.float32)
    height, width = np.round(steps * lumps).astype(int)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = lumps.astype(int)  # the outermost lumps are cut off
    return 1.35 * fine[y : y + size, x : x + size]


def _blur(picture, sigma):
    """Gaussian blur; a wide one is done on a smaller copy, which looks the same."""
    shrink = max(1, int(sigma // 2))
    if shrink == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    side = picture.shape[0]
    small = cv2.resize(picture, (side // shrink,) * 2, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


# ---- two looks ---------------------------------------------------------------------------------


def _chromatin(rng, canvas, outlines):
    """Texture inside the nuclei: `grain` of mean 0 and `spots` of 0 to 1 apart, each (S, S)."""
    size = len(canvas.depth)
    radius = np.sqrt(outlines.axes.prod(1))
    sharp = (rng.uniform(0.3, 1.0, len(radius)) / outlines.soft).astype(np.float32)
    lump = max(2.5, 0.3 * radius.mean())
    grain = 0.4 * _noise(rng, size, 1.7) + 0.6 * _noise(rng, size, lump)
    spots = np.clip(_noise(rng, size, lump) - 1.1, 0, 1)
    strength = sharp[canvas.owner]
    return strength * grain, strength * spots


def _groove(rng, canvas):
    """Factor (S, S) that darkens the border between two nuclei that touch."""
    return 1 - rng.uniform(0.15, 0.65) * np.exp(-((canvas.seam / 0.9) ** 2))


def _lamp(rng, size, least):
    """Uneven light (S, S), `least` to 1: slow hills across the whole field."""
    hills = cv2.resize(
        rng.random((3, 3), dtype=np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    return least + (1 - least) * np.clip(hills, 0, 1)


def _bystanders(rng, size, count, radius):
    """Outlines of `count` things that are no nuclei, anywhere, of `radius` = (least, most)."""
    axes = np.sort(rng.uniform(*radius, (count, 2)))[:, ::-1]
    return Outlines(
        rng.uniform(0, size - 1, (count, 2)),
        axes,
        rng.uniform(0, np.pi, count),
        rng.normal(0, 0.02, (count, 2, 4)),
        np.zeros(count),
        np.full(count, 1.5),
    )


def _far_below(rng, size, faintest, brightest):
    """Nuclei so far out of focus that nobody would outline them (S, S)."""
    below = _bystanders(rng, size, rng.integers(1, 3 + size * size // 4000), (5, 13))
    light = rng.uniform(faintest, brightest, len(below.angle))
    return _blur(_draw(below, light, size).light, rng.uniform(5, 8))


def _specks(rng, size, brightest):
    """Dust: dots of one to three pixels (S, S)."""
    count = rng.integers(2, 3 + size * size // 2000)
    dots = np.zeros((2, size, size), np.float32)
    where = rng.integers(0, 2, count), *rng.integers(0, size, (2, count))
    dots[where] = rng.uniform(0.2, 1, count) * brightest
    return 3 * cv2.GaussianBlur(dots[0], (0, 0), 0.7) + 8 * cv2.GaussianBlur(dots[1], (0, 0), 1.1)


def _threads(rng, size):
    """Bent fibres, one pixel wide, 0 to 1 (S, S)."""
    picture = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(0, 2 + size // 100)):
        along = np.linspace(-0.5, 0.5, 24)[:, None] * rng.uniform(0.3, 1.2) * size
        heading = rng.uniform(0, 2 * np.pi)
        ahead, aside = [[np.cos(heading), np.sin(heading)]], [[-np.sin(heading), np.cos(heading)]]
        line = along * ahead + rng.normal(0, 0.4) * along**2 / size * aside
        points = np.round((line + rng.uniform(0, size, 2)) * 16).astype(np.int32)
        cv2.polylines(picture, [points], False, int(rng.integers(60, 256)), 1, cv2.LINE_AA, 4)
    return picture.astype(np.float32) / 255


def _fluorescence(rng, canvas, outlines, grain):
    """Nuclei that shine on a dark ground (S, S, 3)."""
    size = len(canvas.depth)
    texture, spots = _chromatin(rng, canvas, outlines)
    pattern = 1 + rng.uniform(0.08, 0.3) * texture + float(rng.choice([-0.9, 1.0])) * spots
    light = canvas.light * np.clip(pattern, 0.25, None) * _groove(rng, canvas)
    light = light / (np.percentile(light[canvas.depth > 0], 80) + 1e-6)
    light = light + _far_below(rng, size, 0.05, 0.25) + _specks(rng, size, rng.uniform(0.3, 2))
    light = light + rng.uniform(0, 0.25) * _threads(rng, size)
    ground = rng.uniform(0.005, 0.08) * np.clip(1 + 0.3 * _noise(rng, size, 24), 0, None)
    light = light + rng.uniform(0.1, 0.5) * _blur(light, rng.uniform(5, 14)) + ground
    light = _blur(light * _lamp(rng, size, rng.uniform(0.25, 0.85)), rng.uniform(0.45, 0.8))
    exposure = rng.uniform(0.3, 0.5) if rng.random() < 0.1 else rng.uniform(0.55, 1.0)
    nuclei = _camera(rng, exposure * light)[..., None]
    dyes = rng.choice(["grey", "blue", "blue and green"], p=[0.4, 0.18, 0.42])
    if dyes == "grey":
        return nuclei.repeat(3, axis=-1)
    image = nuclei ** np.array([1.8, 1.2, 0.7], np.float32)  # blue, white where brightest
    return image if dyes == "blue" else image + _skeleton(rng, canvas, grain)


def _skeleton(rng, canvas, grain):
    """A second dye, green, in the fibres of the cell bodies round the nuclei (S, S, 3)."""
    body = _blur(np.clip(1.5 * canvas.light, 0, 1), rng.uniform(4, 9))
    fibres = np.clip(0.4 + 0.6 * _fibres(rng, len(body), grain), 0.05, None)
    spared = 1 - 0.85 * np.clip(canvas.depth / 2 + 0.5, 0, 1)
    fibres = fibres * (0.08 + body) * spared * rng.uniform(0.8, 2.0)
    colour = rng.uniform([0.02, 0.9, 0.02], [0.3, 1, 0.35]).astype(np.float32)
    return _camera(rng, fibres)[..., None] * colour


def _camera(rng, light):
    """Film that saturates slowly, photons counted, noise of the reading; clipped to [0, 1]."""
    light = 1 - np.exp(-1.5 * np.clip(light, 0, None))
    photons, reading = np.exp(rng.uniform(np.log(250), np.log(4000))), rng.uniform(0.003, 0.012)
    noise = rng.standard_normal(light.shape, dtype=np.float32)
    return np.clip(light + np.sqrt(light / float(photons) + reading**2) * noise, 0, 1)


def _stained(rng, canvas, outlines, grain):
    """Nuclei and tissue that absorb light by two dyes, by Beer and Lambert's law (S, S, 3)."""
    size = len(canvas.depth)
    tissue, around = _tissue(rng, size, grain), _blur(canvas.light, rng.uniform(2.5, 6))
    in_pink, in_blue = _slide(rng)
    nuclei = rng.uniform(0.75, 1.2) * _nuclear_dye(rng, canvas, outlines)
    blue = nuclei + in_blue * tissue + _far_below(rng, size, 0.05, 0.25)
    pink = in_pink * tissue + rng.uniform(0, 0.4) * around + rng.uniform(0.0, 0.25) * nuclei
    pink = pink + _blood(rng, size)
    dyes = np.stack([HAEMATOXYLIN, EOSIN, [0.8, 1.1, 1.5]]).astype(np.float32)
    dyes = dyes * rng.normal(1, [0.07, 0.07, 0.15], (3, 3)).clip(0.5).astype(np.float32)
    density = np.stack([blue, pink, _specks(rng, size, 0.5)], -1) @ dyes
    lamp = rng.uniform([0.92, 0.9, 0.88], [1.0, 0.98, 0.98]).astype(np.float32)
    image = lamp * np.exp(-density) * _lamp(rng, size, rng.uniform(0.75, 1.0))[..., None]
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.45, 0.8))
    return image + rng.uniform(0.004, 0.016) * rng.standard_normal(image.shape, dtype=np.float32)


def _slide(rng):
    """How much (eosin, haematoxylin) the tissue takes: pink tissue, pale smear, violet tissue."""
    kind = rng.choice(3, p=[0.65, 0.15, 0.2])
    return (
        (rng.uniform(0.3, 0.9), rng.uniform(0.0, 0.08)),
        (rng.uniform(0.01, 0.08), rng.uniform(0.0, 0.05)),
        (rng.uniform(0.02, 0.15), rng.uniform(0.12, 0.25)),
    )[kind]


def _nuclear_dye(rng, canvas, outlines):
    """Haematoxylin in the nuclei (S, S): lumps, dark rims; some are pale inside."""
    count = len(outlines.angle)
    texture, spots = _chromatin(rng, canvas, outlines)
    rim = np.exp(-((canvas.depth / 1.8) ** 2))
    rimmed, hollow = rng.uniform(0, 0.6, count), rng.uniform(0, 0.45, count)
    hollow *= rng.random(count) < rng.uniform(0, 0.7)
    rimmed, hollow = (part.astype(np.float32)[canvas.owner] for part in (rimmed, hollow))
    pattern = 1 - hollow * (1 - rim) + rimmed * rim
    pattern = pattern + rng.uniform(0.12, 0.35) * texture + 1.5 * spots
    return canvas.light * np.clip(pattern, 0.2, None) * _groove(rng, canvas)


def _tissue(rng, size, grain):
    """Fibres in clouds of different density, torn in places, about 0 to 2 (S, S)."""
    fibres = _fibres(rng, size, grain)
    torn = np.clip(1.2 - np.clip(fibres - rng.uniform(0.9, 2.2), 0, 1.2), 0, 1)
    cloud = rng.uniform(0.1, 0.6) * _noise(rng, size, rng.uniform(12, 40))
    return np.clip(1 + rng.uniform(0.1, 0.4) * fibres + cloud, 0, None) * torn


def _fibres(rng, size, grain):
    """Waved fibres along `grain`, mean 0, deviation about 1 (S, S)."""
    wave = rng.uniform(3, 10) * _noise(rng, size, rng.uniform(25, 60))
    y, x = np.mgrid[:size, :size].astype(np.float32) - size / 2
    side = int(1.6 * size) + 64
    across = y * float(np.cos(grain)) - x * float(np.sin(grain)) + wave + side / 2
    along = x * float(np.cos(grain)) + y * float(np.sin(grain)) + side / 2
    straight = 0.6 * _noise(rng, side, 2.0, 18) + 0.6 * _noise(rng, side, 5, 45)
    fibres = cv2.remap(straight, along, across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return 1.1 * cv2.GaussianBlur(fibres, (0, 0), 0.6)


def _blood(rng, size):
    """Red blood cells, which have no nucleus: pink discs with a paler middle (S, S)."""
    if rng.random() < 0.6:
        return np.float32(0)
    discs = _bystanders(rng, size, rng.integers(2, 4 + size * size // 1500), (4.5, 6.5))
    drawn = _draw(discs, rng.uniform(0.2, 0.6, len(discs.angle)), size)
    return drawn.light * (1 - 0.5 * np.clip(drawn.depth / 5, 0, 1) ** 2)
