"""Procedural office pages: printed text, and the same page as a bad scan of a spoilt sheet.

A page is set in one of many typefaces with sentences from a small grammar. The sheet is then
folded, crumpled, stained, trodden on, stamped or badly lit, its ink wears off, and the scanner adds
noise. A scan is `sheet * (1 - ink) + print * ink`: a stain multiplies whatever lies under it,
while a crease also wears the print off. Every number comes from the seed, so a seed is a source:
splitting data by seed never puts one page on both sides.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.spatial import Delaunay

SMALLEST = 64

FONTS = (
    *(
        f"DejaVu{kind}"
        for kind in (
            "Sans",
            "Sans-Bold",
            "Sans-Oblique",
            "Serif",
            "Serif-Bold",
            "Serif-Italic",
            "SansMono",
            "SansMono-Bold",
            "SansMono-Oblique",
        )
    ),
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    *(f"cm{kind}10" for kind in ("r", "r", "tt", "tt", "ss", "ss", "b", "ti", "ti")),
)

NOUNS = """account anchor author baker basket blanket border bottle bridge candle canvas carriage
clerk clock cloud corner cottage curtain doctor drawer driver editor engine farmer folder forest
fountain garden hammer harbour hill island jacket journal judge ladder lawyer letter lever machine
market meadow mirror motor mountain museum neighbour notebook office organ painter parcel passage
pencil pilot pocket problem quarter question rabbit receipt record report river rocket sailor
schedule season shadow signal station student summer table tailor teacher ticket tower traveller
village visitor waiter window winter workshop""".split()
ADJECTIVES = """ancient angry awkward blue bright broken calm careful cheap clever cold curious damp
distant dry dusty early eager empty fresh gentle grey half-finished hidden huge icy kind late lucky
muddy narrow noisy old orange pale patient proud quick quiet red rusty second-hand sharp silver
small steep strange sudden tall tired warm well-known wide wooden yellow""".split()
TRANSITIVE = """bought borrowed carried caught checked chose cleaned copied counted crossed
described discovered drew examined explained followed forgot invented kept lifted lost measured
mentioned missed moved opened ordered painted pushed reached refused removed repaired shook signed
sold studied visited wanted weighed wrote""".split()
INTRANSITIVE = """agreed appeared arrived changed complained departed disappeared fell hurried
jumped laughed left listened paused rested returned slept smiled travelled vanished waited worked
yawned""".split()
ADVERBS = """again always badly calmly clearly easily gladly hardly never nearly often once quickly
quietly rarely slowly soon twice""".split()
PLACES = """above across against along around before behind below beside beyond by for inside near
opposite over past through under without""".split()
JOINTS = "and but so while because although until unless since whereas".split()
OPENINGS = """however later meanwhile nevertheless fortunately instead eventually therefore
yesterday today perhaps still""".split()
NAMES = """Ada Boris Clara Dagmar Edgar Fiona George Helga Ivan Judith Kofi Laura Miguel Nora Oscar
Paula Quentin Rosa Tamara Ursula Viktor Wanda Xavier Yusuf Zoe""".split()
MONTHS = """January February March April May June July August September October November
December""".split()
STAMPS = """PAID RECEIVED COPY URGENT APPROVED FINAL DRAFT ENTERED CHECKED ARCHIVE SENT
VOID""".split()


@dataclass(frozen=True)
class Document:
    """One page: `noisy` and `clean` float32 (H, W) in [0, 1], 1 is white paper and 0 black ink;
    `text` what is printed on it, lines joined by newlines; `damage` its kinds joined by "+"."""

    noisy: np.ndarray
    clean: np.ndarray
    text: str
    damage: str


def document(seed: int, size: tuple[int, int] = (420, 540), damage: str | None = None) -> Document:
    """Draw one page and its scan.

    `size` is (height, width) in pixels, each 64 or more. `damage` is one of `DAMAGES` or several
    joined by "+"; None lets the seed decide on one or two. One seed prints the same page whatever
    the damage is; only "rotation" turns it, the scan and its clean twin alike.
    Returns a `Document`: noisy and clean float32 (height, width) in [0, 1] that lie on each other.
    Raises TypeError for a seed or size of no whole numbers, ValueError for one out of range or an
    unknown damage.
    """
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        raise TypeError(f"seed must be a whole number, not {seed!r}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}.")
    printing, spoiling = (np.random.default_rng((int(seed), stream)) for stream in (0, 1))
    drawn = _any_damage(spoiling)
    damage = drawn if damage is None else damage
    _check_damage(damage)
    clean, text = page(printing, size)
    noisy, clean = damage_page(clean, damage, spoiling)
    return Document(noisy, clean, text, damage)


def page(rng: np.random.Generator, size: tuple[int, int] = (420, 540)) -> tuple[np.ndarray, str]:
    """Print a page of text of (height, width) pixels, each 64 or more.

    Returns clean float32 (height, width) in [0, 1], 1 is white, and the text on it, lines joined
    by newlines. All of the text lies on the page. Raises what `document` raises for a size.
    """
    height, width = _check_size(size)
    least = min(height, width)
    margin = rng.uniform(8, np.clip(least / 8, 8, 25), 2).astype(int)
    pixels = rng.uniform(11, np.clip(least / 6, 11, 25))
    name, slant = FONTS[rng.integers(len(FONTS))], 0.0
    if not any(kind in name for kind in ("Oblique", "Italic", "ti")) and rng.random() < 0.2:
        slant = rng.uniform(0.1, 0.22)
    spacing, bold, bottom = rng.uniform(1.15, 1.7), rng.uniform(0.7, 1), height - margin[0]
    if rng.random() < 0.25:
        bottom -= rng.uniform(0, 0.6) * (height - 4 * pixels)
    style = (rng.random() < 0.6, rng.choice([0, 1.0, 1.8]))  # justified, indent
    ink, text, top = np.zeros((2 * height, 2 * width), np.uint8), [], margin[0]
    while True:
        heading = rng.random() < 0.12
        font = _font(name, round(2 * pixels * (1.25 if heading and least > 200 else 1)))
        room = 2 * (width - 2 * margin[1]) - int(slant * font.size)
        words = _heading(rng) if heading else _paragraph(rng)
        for line, spots in _lines(words, font, room, *style):
            pitch = max(spacing * font.size, sum(font.getmetrics())) / 2
            if text and top + pitch > bottom:
                ink = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
                shades = 1 - np.linspace(0, 1, 256, dtype=np.float32) ** float(bold)
                return shades[ink], "\n".join(text)
            _set_line(ink, line, spots, font, 2 * margin[1], int(2 * top), slant)
            text.append(" ".join(line))
            top += pitch
        top += rng.choice([0, 0.4]) * pixels


def damage_page(
    clean: np.ndarray, damage: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Spoil a clean page and scan it.

    `clean` is (H, W) in [0, 1] with white as 1; `damage` is one of `DAMAGES` or several joined by
    "+". Returns the scan and its clean twin, each float32 (H, W) in [0, 1]; the twin is the page
    given, turned when the damage has "rotation" in it. Raises ValueError for an unknown damage or
    a page that is not a grey one of 64 pixels or more.
    """
    kinds = _check_damage(damage)
    clean = np.asarray(clean, np.float32)
    if clean.ndim != 2:
        raise ValueError(f"clean must be one grey page (H, W), not an array of {clean.shape}.")
    shape = _check_size(clean.shape)
    if "rotation" in kinds:
        clean = _turn(rng, clean)
    ink = 1 - clean
    sheet, tone, worn = _paper(rng, shape), rng.uniform(0.0, 0.16), rng.uniform(0, 1.3)
    if "low ink" in kinds:
        ink = ink * _low_ink(rng, shape)
    wear = np.float32(0)
    for kind in kinds:
        if kind in ON_SHEET:
            factor = ON_SHEET[kind](rng, shape)
            sheet = np.clip(sheet * factor, 0, 1)
            if kind in ("folds", "wrinkles"):
                wear = wear + worn * np.clip(1 - factor, 0, 0.5)
    scan = sheet * (1 - ink) + np.clip(tone * sheet + wear, 0, 0.8 * sheet) * ink
    for kind in kinds:
        if kind in ON_SCAN:
            scan = ON_SCAN[kind](rng, np.clip(scan, 0, 1))
    return np.clip(scan, 0, 1).astype(np.float32), clean


def _check_size(size):
    whole = np.shape(size) == (2,) and all(isinstance(n, Integral) for n in size)
    if not whole:
        raise TypeError(f"size must be two whole numbers (height, width), not {size!r}.")
    if min(size) < SMALLEST:
        raise ValueError(f"a page must be {SMALLEST} pixels or more each way, not {tuple(size)}.")
    return int(size[0]), int(size[1])


def _check_damage(damage):
    kinds = set(str(damage).split("+"))
    unknown = sorted(kinds - set(DAMAGES))
    if unknown:
        raise ValueError(f"damage must be of {', '.join(DAMAGES)}, not {unknown[0]!r}.")
    return sorted(kinds, key=DAMAGES.index)


def _any_damage(rng):
    """One kind, or two of them in a third of the pages; a spoilt sheet is more usual than noise."""
    weight = np.array([3 if kind in DAMAGES[:4] else 1 for kind in DAMAGES], float)
    count = 1 if rng.random() < 0.65 else 2
    return "+".join(rng.choice(DAMAGES, count, replace=False, p=weight / weight.sum()))


# ---- what is written, and how it is set --------------------------------------------------------


def _pick(rng, words):
    return words[int(rng.random() * len(words))]


def _thing(rng):
    noun, adjective, form = _pick(rng, NOUNS), _pick(rng, ADJECTIVES), rng.random()
    if form < 0.45:
        return f"the {adjective} {noun}" if form < 0.25 else f"the {noun}"
    if form < 0.75:
        named = f"{adjective} {noun}" if form < 0.65 else noun
        return f"{'an' if named[0] in 'aeiou' else 'a'} {named}"
    return f"{rng.integers(2, 99)} {noun}s" if form < 0.85 else f"{_pick(rng, NAMES)}'s {noun}"


def _clause(rng):
    who = _pick(rng, NAMES) if rng.random() < 0.3 else _thing(rng)
    where = f"{_pick(rng, PLACES)} {_thing(rng)}"
    form = rng.random()
    if form < 0.4:
        return f"{who} {_pick(rng, TRANSITIVE)} {_thing(rng)}" + f" {where}" * (form < 0.15)
    if form < 0.55:
        return f"{who} {_pick(rng, ADVERBS)} {_pick(rng, TRANSITIVE)} {_thing(rng)}"
    if form < 0.8:
        return f"{who} {_pick(rng, INTRANSITIVE)} {_pick(rng, ADVERBS) if form < 0.7 else where}"
    return f"{where}, {who} {_pick(rng, INTRANSITIVE)}"


def _sentence(rng):
    clause, form = _clause(rng), rng.random()
    if form < 0.2:
        clause += f"{_pick(rng, (',', ',', ';'))} {_pick(rng, JOINTS)} {_clause(rng)}"
    elif form < 0.3:
        clause = f"{_pick(rng, OPENINGS)}, {clause}"
    elif form < 0.36:
        day, month, year = rng.integers(1, 29), _pick(rng, MONTHS), rng.integers(1700, 2030)
        clause = f"on {day} {month} {year}, {clause}"
    elif form < 0.42:
        clause += f" (see page {rng.integers(1, 400)})"
    elif form < 0.48:
        clause += f": {_thing(rng)}, {_thing(rng)} and {_thing(rng)}"
    elif form < 0.53:
        clause = f"{_thing(rng)} cost {rng.integers(2, 90)}.{rng.integers(10, 99)}"
    elif form < 0.58:
        return f"Who {_pick(rng, TRANSITIVE)} {_thing(rng)}?"
    elif form < 0.62:
        return f"{_pick(rng, NAMES)} {_pick(rng, INTRANSITIVE)}!"
    return clause[0].upper() + clause[1:] + "."


def _paragraph(rng):
    return " ".join(_sentence(rng) for _ in range(rng.integers(2, 8))).split()


def _heading(rng):
    return f"{rng.integers(1, 30)}. {_pick(rng, ADJECTIVES)} {_pick(rng, NOUNS)}".title().split()


@functools.lru_cache(64)
def _font(name, size):
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _lines(words, font, room, justified, indent):
    """Break words into lines of at most `room` pixels: yields the words and where each begins."""
    space, start = font.getlength(" "), indent * font.size
    line, spots, x = [], [], start
    for word in words:
        width = font.getlength(word)
        if width > room - start:
            continue  # no line is wide enough
        if line and x + width > room:
            gap = (room - x + space) / max(1, len(line) - 1)
            spread = gap * np.arange(len(line)) if justified and gap < 2 * space else 0
            yield line, np.add(spots, spread)
            line, spots, x, start = [], [], 0, 0
        line.append(word)
        spots.append(x)
        x += width + space
    if line:
        yield line, np.array(spots)


def _set_line(ink, line, spots, font, left, top, slant):
    """Set one line into `ink`, which has two pixels a pixel of the page."""
    ascent, over = font.getmetrics()[0], round(font.size / 6)  # brackets reach over the metrics
    height = sum(font.getmetrics()) + 2 * over
    strip = Image.new("L", (ink.shape[1], height))
    pen = ImageDraw.Draw(strip)
    for word, x in zip(line, spots, strict=True):
        pen.text((left + round(x), over), word, fill=255, font=font)
    strip = np.asarray(strip)
    if slant:
        lean = np.float32([[1, -slant, slant * (ascent + over)], [0, 1, 0]])
        strip = cv2.warpAffine(strip, lean, strip.shape[::-1])
    place = ink[top - over : top - over + height]
    np.maximum(place, strip[: len(place)], out=place)


# ---- the sheet: each returns a factor (H, W) on its brightness ---------------------------------


def _noise(rng, shape, lump):
    """Smooth noise (H, W), mean 0, deviation about 1; lumps of `lump` pixels or (down, across)."""
    lumps = np.broadcast_to(lump, 2)
    steps = np.ceil(shape / lumps).astype(int) + 3
    coarse, size = rng.standard_normal(steps, dtype=np.float32), np.round(steps * lumps).astype(int)
    fine = cv2.resize(coarse, size[::-1].tolist(), interpolation=cv2.INTER_CUBIC)
    y, x = lumps.astype(int)  # the outermost lumps are cut off
    return 1.3 * fine[y : y + shape[0], x : x + shape[1]]


def _blur(picture, sigma):
    """Gaussian blur; a wide one is done on a smaller copy, which looks the same."""
    shrink = max(1, int(sigma // 2))
    if shrink == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    small = cv2.resize(picture, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return cv2.resize(small, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _grid(shape):
    """Row and column of each pixel, float32 (H, 1) and (1, W)."""
    y, x = (np.arange(n, dtype=np.float32) for n in shape)
    return y[:, None], x[None]


def _warp(rng, picture, *waves):
    """Push pixels about: a wave is (reach, lump), how far and how much of the page together."""
    moved = [
        axis + sum(reach * _noise(rng, picture.shape, lump) for reach, lump in waves)
        for axis in _grid(picture.shape)
    ]
    return cv2.remap(picture, *moved[::-1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _paper(rng, shape):
    """Bare paper as scanned: grain of all sizes and the streaks of the scanner."""
    grain = np.zeros((4, 4), np.float32)
    for octave in range(4, -1, -1):
        rough = tuple(-(-n // 2**octave) for n in shape)
        grain = cv2.resize(grain, rough[::-1], interpolation=cv2.INTER_LINEAR)
        grain += 3.5 * 0.8**octave * (rng.random(rough, dtype=np.float32) - 0.5)
    streaks = rng.uniform(0, 0.6) * rng.standard_normal((1, shape[1]), dtype=np.float32)
    grain += streaks if rng.random() < 0.5 else 0
    tone, depth = rng.uniform(0.78, 0.95), rng.uniform(0.004, 0.012)
    return np.clip(tone + depth * (grain - 0.1 * grain**2), 0, 1)


def _line(rng, shape):
    """Distance (H, W) in pixels, signed by the side, to a straight line through the page."""
    y, x = _grid(shape)
    turn = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)], p=[0.2, 0.2, 0.6])
    turn += rng.normal(0, 0.03)
    (down, right), (top, left) = np.float32([(np.sin(turn), np.cos(turn)), rng.uniform(0, shape)])
    return (x - left) * down - (y - top) * right


def _folds(rng, shape):
    """Straight creases: a broken bright and dark line, with shade that fades to both sides."""
    light, sway = np.zeros(shape, np.float32), _noise(rng, shape, 45)
    rough, strong = 0.5 + 0.5 * np.abs(_noise(rng, shape, 7)), rng.uniform(0.4, 1.6)
    for _ in range(rng.integers(2, 7)):
        away = _line(rng, shape) + rng.uniform(0.5, 2.0) * sway
        reach, fine = rng.uniform(6, 60), rng.uniform(1, 3)
        distance = np.abs(away)
        side = away / (distance + 0.5 * fine) * rng.choice([-1, 1])
        light += rng.uniform(0.01, 0.06) * side * np.exp(-distance / reach)
        ridge = rng.uniform(-0.05, 0.15) + rng.uniform(0, 0.2) * side
        light += ridge * rough * np.exp(-distance / fine)
    return 1 + strong * light


def _facets(rng, shape, across, light):
    """Slope towards the `light` of triangles about `across` pixels wide, of random heights."""
    rows, columns = (int(n / across) + 4 for n in shape)
    corner = np.mgrid[:columns, :rows].reshape(2, -1).T.astype(float)
    corner += rng.uniform(-0.6, 0.6, corner.shape)
    triangles = Delaunay(corner).simplices
    point = np.c_[corner, rng.standard_normal(len(corner))][triangles]
    normal = np.cross(point[:, 1] - point[:, 0], point[:, 2] - point[:, 0])
    slope = np.tanh(0.5 * normal[:, :2] @ light / normal[:, 2])
    canvas, place = np.zeros(shape, np.float32), np.round((corner - 1.5) * across).astype(np.int32)
    for triangle, value in zip(triangles, slope.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, place[triangle], value)
    return canvas


def _wrinkles(rng, shape):
    """Crumpled paper lit from one side: facets that tilt, and sharp ridges where they meet."""
    scale, strong, turn = rng.uniform(0.7, 1.5), rng.uniform(0.35, 1.4), rng.uniform(0, 2 * np.pi)
    light = np.cos(turn), np.sin(turn)
    tilt = 1.4 * _facets(rng, shape, 90 * scale, light) + _facets(rng, shape, 50 * scale, light)
    patchy = np.clip(0.4 + 0.5 * _noise(rng, shape, 60 * scale), 0.05, 1.5)
    tilt += 0.8 * patchy * _facets(rng, shape, 20 * scale, light)
    tilt = _blur(_warp(rng, tilt, (5 * scale, 50 * scale), (0.6, 8)), 0.6)
    near, far = _blur(tilt, 3.5 * scale), _blur(tilt, 18 * scale)
    sharp = np.clip(0.7 + 0.6 * _noise(rng, shape, 22 * scale), 0.1, 1.3)
    shade = 0.11 * (near - far) + 0.08 * sharp * (tilt - near) + 0.015 * tilt
    shade += 0.25 * sharp * (tilt - _blur(tilt, 1.6)) + 0.012 * _noise(rng, shape, 28 * scale)
    return 1 + strong * shade


def _around(rng, turns):
    """A wavy value for each of 512 directions, mean 0, deviation about 1, closed round."""
    wave = rng.standard_normal(2 * turns).view(complex) / np.arange(1, turns + 1)
    value = np.fft.irfft(np.r_[0, wave], 512).astype(np.float32)
    return value / value.std()


def _stain(rng, density, centre, radius, width, strong):
    """Add a dried ring to `density` (H, W); it is `width` pixels broad where it is broadest."""
    reach = int(1.2 * radius) + 8
    box = tuple(slice(max(0, int(c) - reach), int(c) + reach) for c in centre)
    spot = density[box]
    y, x = (
        axis + np.float32(side.start - c)
        for axis, side, c in zip(_grid(spot.shape), box, centre, strict=True)
    )
    away, angle = cv2.cartToPolar(*np.broadcast_arrays(x, y))
    where = (angle * (511 / (2 * np.pi))).astype(np.int32)
    outer = radius * (1 + 0.02 * _around(rng, 7))
    thick = width * np.clip(0.3 + 0.5 * _around(rng, 6), 0, 1)
    away = away + 0.8 * _noise(rng, spot.shape, 5)
    inside = np.minimum(outer[where] - away, away - (outer - thick)[where])
    pale = np.clip(0.6 + 0.35 * _around(rng, 4), 0.1, 1.2)[where]
    tone = 0.75 + 0.6 * np.exp(-np.clip(inside, 0, None) / 1.8)
    tone += 0.15 * _noise(rng, spot.shape, 1.5) + 0.12 * _noise(rng, spot.shape, 12)
    spot += strong * pale * tone * np.clip(inside / 1.5 + 0.3, 0, 1)


def _coffee(rng, shape):
    """Rings of cups, pale and dark crescents in them, and drops."""
    density, side, strong = np.zeros(shape, np.float32), max(shape), rng.uniform(0.2, 0.9)
    for _ in range(rng.integers(1, 5)):
        centre, radius = rng.uniform(0, shape), side * rng.uniform(0.1, 0.26)
        width = radius * rng.uniform(0.15, 0.6)
        _stain(rng, density, centre, radius, width, strong)
        for _ in range(rng.integers(0, 3)):
            _stain(rng, density, centre, radius * rng.uniform(0.95, 1.0), 0.6 * width, 0.7 * strong)
    for _ in range(rng.integers(0, 7)):
        radius = rng.uniform(2, 4) if rng.random() < 0.7 else rng.uniform(4, 30)
        _stain(rng, density, rng.uniform(0, shape), radius, 4 * radius, 0.9 * strong)
    return np.exp(-np.clip(density, 0, 1.1))


def _sole(rng, shape):
    """Profile of a shoe's sole (H, W) in [0, 1]: rows of nested frames, blocks, bars or wedges."""
    sole, width = np.zeros(shape, np.uint8), int(rng.uniform(26, 95))
    height = int(width * rng.uniform(0.6, 1.3))
    gap, line = width // rng.integers(5, 9), max(3, width // 11)
    for top in range(0, shape[0], height):
        form = rng.integers(4)
        for left in range(0, shape[1], width):
            near, far = np.array([left, top]), np.array([left + width - gap, top + height - gap])
            if form == 0:
                for inset in range(0, min(width, height) // 2 - gap, 2 * line + 2):
                    cv2.rectangle(sole, near + inset, far - inset, 255, line)
            elif form == 1:
                cv2.rectangle(sole, near, far, 255, -1)
            elif form == 2:
                cv2.rectangle(sole, near, ((near + far)[0] // 2, far[1]), 255, -1)
            else:
                cv2.fillConvexPoly(sole, np.array([near, (far[0], near[1]), far]), 255)
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), rng.normal(0, 20), 1.25)
    turn[:, :2] += rng.normal(0, 0.08, (2, 2))
    sole = cv2.warpAffine(sole, turn, shape[::-1], borderMode=cv2.BORDER_REFLECT)
    return _warp(rng, _blur(sole.astype(np.float32) / 255, 1.2), (1.5, 35))


def _footprints(rng, shape):
    """Prints of dusty soles: pale blocks with darker rims, rubbed and streaked, and grit."""
    dirt, streaks = np.zeros(shape, np.float32), _noise(rng, shape, (40, 1.5))
    grain = 0.15 * _noise(rng, shape, 1.5)
    for _ in range(rng.integers(1, 3)):
        sole = _sole(rng, shape)
        rim = np.clip(sole - _blur(sole, 6), 0, 1)
        rubbed = np.clip(0.35 + 0.5 * _noise(rng, shape, 0.15 * max(shape)), 0, 1)
        dirt = np.maximum(dirt, (0.75 * sole + 0.5 * rim) * rubbed)
    dirt = dirt * (1 + grain + 0.15 * streaks) + 0.08 * np.clip(streaks - 1.2, 0, 2) + 0.15 * grain
    dirt += 0.2 * np.clip(_noise(rng, shape, 1.6) - 2.3, 0, 1)
    return 1 - rng.uniform(0.1, 0.4) * np.clip(dirt, 0, 1.2)


def _bleed_through(rng, shape):
    """The print of the other side, mirrored and pale."""
    other = _blur(1 - page(rng, shape)[0][:, ::-1], rng.uniform(0.6, 1.8))
    patchy = np.clip(0.75 + 0.25 * _noise(rng, shape, 50), 0.2, 1)
    return 1 - rng.uniform(0.1, 0.45) * patchy * other


def _uneven_light(rng, shape):
    """A lamp on one side, dark corners, and sometimes the soft edge of a shadow."""
    y, x = _grid(shape)
    y, x = (axis / axis.size - np.float32(rng.uniform(0.3, 0.7)) for axis in _grid(shape))
    down, right = np.float32(rng.normal(0, 1, 2))
    slope = (y * down + x * right) / np.hypot(down, right)
    light = 1 + rng.uniform(0, 0.5) * slope - rng.uniform(0, 0.8) * (x * x + y * y)
    if rng.random() < 0.5:
        away = _line(rng, shape)
        edge = 0.5 + 0.5 * np.tanh(away / rng.uniform(10, 80))
        light = light * (1 - rng.uniform(0.1, 0.45) * edge)
    return np.clip(light / light.max(), 0.35, 1)


def _seal(rng, side=192):
    """One rubber stamp (side, side) in [0, 1]: a word and a date in a box or in a ring of words."""
    face, middle = FONTS[rng.choice([0, 1, 4, 9, 10])], side // 2
    date = f"{rng.integers(1, 29)} {_pick(rng, MONTHS)[:3]} {rng.integers(1960, 2030)}"
    seal, ring = Image.new("L", (side, side)), Image.new("L", (3 * side, middle))
    pen, unrolled = ImageDraw.Draw(seal), ImageDraw.Draw(ring)
    boxed = rng.random() < 0.5
    pen.text((middle, middle - 10), _pick(rng, STAMPS), 255, _font(face, 32 if boxed else 20), "mm")
    pen.text((middle, middle + 18), date, 255, _font(face, 16), "mm")
    if boxed:
        half = rng.integers(34, 50)
        pen.rectangle((4, middle - half, side - 4, middle + half), outline=255, width=5)
    else:
        for place in (1, 3):
            label = f"{_pick(rng, NOUNS)} {_pick(rng, NOUNS)}".upper()
            unrolled.text((0.75 * side * place, 20), label, 255, _font(face, 22), "mm")
        unrolled.rectangle((-9, 2, 3 * side + 9, 36), outline=255, width=4)
    ring = cv2.warpPolar(
        np.rot90(np.asarray(ring), -1).copy(),
        (side, side),
        (middle, middle),
        middle,
        cv2.WARP_INVERSE_MAP | cv2.WARP_FILL_OUTLIERS,
    )
    return np.maximum(ring, seal).astype(np.float32) / 255


def _stamps(rng, shape):
    """One or two rubber stamps, askew, with too little or too much colour."""
    density = np.zeros(shape, np.float32)
    for _ in range(rng.integers(1, 3)):
        seal = _seal(rng)
        scale = rng.uniform(0.2, 0.42) * min(max(shape), 600) / len(seal)
        place = cv2.getRotationMatrix2D((len(seal) / 2,) * 2, rng.uniform(-40, 40), scale)
        place[:, 2] += (rng.uniform(0.15, 0.85, 2) * shape)[::-1] - len(seal) / 2
        seal = cv2.warpAffine(seal, place, shape[::-1])
        density = np.maximum(density, rng.uniform(0.25, 0.75) * seal)
    worn = np.clip(0.8 + 0.3 * _noise(rng, shape, 2) + 0.3 * _noise(rng, shape, 25), 0.1, 1)
    return 1 - worn * density


# ---- the print, and the scanner ----------------------------------------------------------------


def _low_ink(rng, shape):
    """Factor (H, W) on the ink: pale print, strokes with holes, bands that a printer left out."""
    level = rng.uniform(0.45, 0.85)
    ink = level + rng.uniform(0.05, 0.25) * _noise(rng, shape, 40)
    ink += rng.uniform(0.05, 0.35) * _noise(rng, shape, rng.uniform(1.5, 3))
    if rng.random() < 0.4:
        ink -= rng.uniform(0.1, 0.3) * np.abs(_noise(rng, (shape[0], 1), 2))
    return np.clip(ink, 0.12, 1)


def _turn(rng, clean):
    """Turn by at most 1.5 degrees; less on a large page, so that margins of 8 pixels suffice."""
    height, width = clean.shape
    angle = rng.choice([-1, 1]) * rng.uniform(0.25, 1) * min(1.5, np.degrees(14 / max(clean.shape)))
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    turned = cv2.warpAffine(clean, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=1)
    return np.clip(turned, 0, 1)


def _out_of_focus(rng, scan):
    return cv2.GaussianBlur(scan, (0, 0), rng.uniform(0.4, 1.5), sigmaY=rng.uniform(0.4, 1.5))


def _gaussian(rng, scan):
    return scan + rng.uniform(0.02, 0.13) * rng.standard_normal(scan.shape, dtype=np.float32)


def _salt_and_pepper(rng, scan):
    hit, share = rng.random(scan.shape, dtype=np.float32), rng.uniform(0.002, 0.04)
    return np.where(hit < share, 0, np.where(hit > 1 - share, 1, scan))


def _poisson(rng, scan):
    photons = np.exp(rng.uniform(np.log(15), np.log(200)))
    return rng.poisson(scan * photons) / photons


def _speckle(rng, scan):
    return scan * (1 + rng.uniform(0.05, 0.25) * rng.standard_normal(scan.shape, dtype=np.float32))


ON_SHEET = {
    "folds": _folds,
    "wrinkles": _wrinkles,
    "coffee": _coffee,
    "footprints": _footprints,
    "bleed-through": _bleed_through,
    "uneven light": _uneven_light,
    "stamps": _stamps,
}
ON_SCAN = {
    "blur": _out_of_focus,
    "gaussian": _gaussian,
    "salt and pepper": _salt_and_pepper,
    "poisson": _poisson,
    "speckle": _speckle,
}
DAMAGES = (*ON_SHEET, "low ink", "rotation", *ON_SCAN)
