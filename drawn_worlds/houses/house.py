"""The plan of a drawn house: its style, storeys and bays, and where its parts go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawn_worlds.houses import parts
from drawn_worlds.houses.parts import BACKGROUND, FACADE, Look
from drawn_worlds.houses.styles import COMMON, DOORS, MOSAICS, ROOFS, STYLES, Style
from drawn_worlds.textures import blocks, ink, panels, pick, plaster

# ---- the plan of a house -------------------------------------------------------------------------


@dataclass
class House:
    """Where everything is: `floors` and `columns` are the edges of storeys and bays, in units."""

    style: Style
    look: Look
    roof: str
    left: float
    right: float
    top: float
    ground: float
    floors: np.ndarray
    columns: np.ndarray


def _plan(rng):
    style = STYLES[pick(rng, COMMON)]
    roof = (
        "gable"
        if rng.random() < style.gable
        else "pitched"
        if rng.random() < style.pitched
        else "flat"
    )
    free = rng.uniform(4, 15, 2) if rng.random() < 0.75 else np.array([-5, rng.uniform(4, 20)])
    free = rng.permutation(free) if roof != "gable" else rng.uniform(6, 20, 2)
    left, right, ground = free[0], 128 - free[1], rng.uniform(116, 122)
    top = {
        "flat": rng.uniform(5, 20),
        "pitched": rng.uniform(20, 34),
        "gable": rng.uniform(38, 50),
    }[roof]
    count = int(np.clip(round((ground - top) / rng.uniform(20, 31)), 2, 6))
    crown = 1.0 if roof == "gable" else rng.uniform(3.6, 5.2)
    storey = (ground - top - crown) / (count + 0.25)
    floors = np.append(top + crown + storey * np.arange(count), ground)
    bays = round((right - left) / (storey * rng.uniform(0.75, 1.15)))
    bays = int(np.clip(min(bays, (right - left) / 14.5), 2, 7))
    margin = rng.uniform(1.5, 4)
    columns = np.linspace(left + margin, right - margin, bays + 1)
    return House(style, _look(rng, style), roof, left, right, top, ground, floors, columns)


def _look(rng, style):
    wall, trim, frame, shutter = (
        ink(pick(rng, codes)) for codes in (style.walls, style.trims, style.frames, style.shutters)
    )
    wall = wall * np.exp(rng.normal(0, 0.045, 3)).astype(np.float32)
    if abs(np.sqrt(wall).mean() - np.sqrt(trim).mean()) < 0.13:  # trim that can be told
        wall, trim = (wall * 0.62, trim) if rng.random() < 0.6 else (wall, trim * 0.5)
    door = ink(pick(rng, DOORS)) if rng.random() < 0.6 else shutter
    arch = pick(rng, (0.15, 0.3, 0.5)) if rng.random() < style.arch else 0.0
    iron = ink(pick(rng, ("#25282b", "#25282b", "#2e4238", "#e4e2da")))
    return Look(wall, trim, frame, shutter, iron, door, pick(rng, style.bars), arch)


def _wall(canvas, rng, house):
    """Texture and relief of the wall on the whole canvas."""
    wall, spot = house.look.wall, canvas.whole
    if house.style.name == "warehouse" or (house.style.name == "modern" and rng.random() < 0.25):
        mortar = (
            0.62 * wall
            if wall.mean() > 0.4
            else pick(rng, (ink("#cbbda6"), ink("#9c9186"), 0.5 * wall))
        )
        return blocks(canvas, spot, wall, 2.0, 5.2, 0.5, rng.uniform(0.17, 0.3), mortar)
    if house.style.name == "modern" and rng.random() < 0.5:
        return panels(canvas, spot, wall, rng.uniform(6, 12), rng.uniform(8, 20))
    if house.style.name == "classical" and rng.random() < 0.3:
        return blocks(canvas, spot, wall, 4.2, 9.5, 0.5, rng.uniform(0.08, 0.16), 0.6 * wall)
    return plaster(canvas, spot, wall, rng.uniform(0.1, 0.18), rng.uniform(0.03, 0.1))


# ---- drawing it ----------------------------------------------------------------------------------


def house(canvas, rng):
    """Draw a house and its neighbours on the canvas; returns its `House`."""
    house = _plan(rng)
    wall = _wall(canvas, rng, house)
    _neighbours(canvas, rng, house)
    _roof(canvas, rng, house, wall)
    _cover(canvas, (house.left, house.top, house.right, house.ground), wall, 0.0)
    if house.style.name == "timber":
        _beams(canvas, rng, house)
    _ground_wall(canvas, rng, house)
    bands = _bands(canvas, rng, house)
    pier = _pillars(canvas, rng, house, wall)
    _storeys(canvas, rng, house, bands, pier)
    _ground_floor(canvas, rng, house, pier)
    return house


def _cover(canvas, box, wall, height, label=FACADE):
    """Cover a box with the wall's own colour and relief."""
    spot = canvas.spot(*box)
    canvas.lay(spot, wall[0][spot], wall[1][spot], height, label)


def _neighbours(canvas, rng, house):
    """Houses behind on both sides, plainer and a little hazy; all of it is background."""
    for x0, x1 in ((-1, house.left), (house.right, 129)):
        if x1 - x0 < 1:
            continue
        style = STYLES[pick(rng, COMMON)]
        wall = 0.8 * ink(pick(rng, style.walls)) + 0.05
        top = rng.uniform(26, 70)
        spot = canvas.spot(x0, top, x1, 125)
        tint, relief = (
            blocks(canvas, spot, wall, 2.0, 5.0, 0.5, 0.2, 0.6 * wall)
            if style.name == "warehouse"
            else plaster(canvas, spot, wall, 0.12, 0.08)
        )
        roof = ink(pick(rng, ROOFS))
        canvas.box(x0, top - 7, x1, top, roof * 0.9, -1.6, BACKGROUND)
        canvas.lay(spot, tint, relief, -2.0, BACKGROUND)
        canvas.box(x0, top, x1, top + 2, 0.8 * ink(pick(rng, style.trims)), -1.0, BACKGROUND)
        step, wide = rng.uniform(15, 20), rng.uniform(5, 7)
        start = x0 + 2.5 if x0 > 0 else x1 - 2.5 - wide
        for y in np.arange(top + 6, 112, step):
            for x in (start, start + (10.5 if x0 > 0 else -10.5)):
                pane = (x, y, x + wide, y + 0.55 * step)
                canvas.box(*(pane + np.array([-0.8, -0.8, 0.8, 0.8])), 0.75 * wall + 0.1, -2.0)
                canvas.box(*pane, 0.6 * parts.GLASS[2] + 0.02, -2.8, None, 0.8)
                canvas.box(
                    x + wide / 2 - 0.3,
                    y,
                    x + wide / 2 + 0.3,
                    y + 0.55 * step,
                    0.6 * wall + 0.1,
                    -2.5,
                )
                if rng.random() < 0.35:
                    canvas.windows.append((canvas.spot(*pane), parts.WARM * 0.5))
                canvas.label[canvas.spot(*pane)] = BACKGROUND


def _roof(canvas, rng, house, wall):
    """Tiled roof behind the wall, or the wall's own gable; chimneys."""
    left, right, top = house.left, house.right, house.top
    wide = right - left
    if house.roof == "flat":
        for x in rng.uniform(left + 4, right - 10, rng.integers(0, 3)):
            _chimney(canvas, x, top - rng.uniform(4, 8), top)
        return
    high = {"pitched": rng.uniform(10, 16), "gable": rng.uniform(0.36, 0.5) * wide}[house.roof]
    high = min(high, top - 5)
    for x in rng.uniform(left + 0.2 * wide, right - 0.25 * wide, rng.integers(1, 3)):
        _chimney(canvas, x, top - high * (1.2 if house.roof == "pitched" else 0.95), top)
    if house.roof == "pitched":
        lean = rng.uniform(0.3, 0.9) * high
        slope = canvas.inside(
            [
                [left - 1.5, top + 1],
                [left + lean, top - high],
                [right - lean, top - high],
                [right + 1.5, top + 1],
            ]
        )
        spot = canvas.spot(left - 1.5, top - high, right + 1.5, top + 1)
        tile = ink(pick(rng, ROOFS))
        colour, ribs = blocks(canvas, spot, tile, 2.0, 2.2, 0.45, 0.2, 0.35 * tile)
        canvas.stamp(spot, slope[spot], colour, ribs - 0.6, BACKGROUND)
        canvas.box(left + lean, top - high - 0.6, right - lean, top - high + 0.7, 0.6 * tile, 0.2)
        if high > 11 and rng.random() < 0.55:
            _dormers(canvas, rng, house, wall, high)
        return
    _gable(canvas, rng, house, wall, high)


def _chimney(canvas, x, top, bottom):
    spot = canvas.spot(x, top, x + 6, bottom)
    brick = blocks(canvas, spot, ink("#96523c"), 1.8, 4.0, 0.4, 0.2, ink("#b0a394"))
    canvas.lay(spot, *brick, -1.5, BACKGROUND)
    canvas.box(x - 0.6, top, x + 6.6, top + 1.4, ink("#8f8378"), -0.8, BACKGROUND)


def _dormers(canvas, rng, house, wall, high):
    count = rng.integers(1, 4)
    tall, wide = 0.62 * high, 7.0
    reach = house.right - house.left
    for k in range(count):
        x = house.left + reach * (0.22 + 0.56 * (k + 0.5) / count) - wide / 2
        y = house.top - tall - 0.5
        _cover(canvas, (x - 1, y, x + wide + 1, house.top), wall, 1.0)
        parts.window(canvas, rng, house.look, (x + 0.8, y + 1, x + wide - 0.8, house.top - 0.6))
        top = np.array([[x - 2, y + 0.5], [x + wide / 2, y - 3], [x + wide + 2, y + 0.5]])
        canvas.polygon(top, house.look.trim, 2.0, parts.CORNICE)


def _gable(canvas, rng, house, wall, high):
    left, right, top = house.left, house.right, house.top
    middle, half = (left + right) / 2, (right - left) / 2
    kind = pick(rng, ("straight", "steps", "bell"))
    if house.style.name == "timber":
        kind = "straight"
    if kind == "steps":
        count = rng.integers(4, 7)
        x = np.repeat(np.linspace(0, 0.86, count), 2)[1:]
        y = np.repeat(np.linspace(0, 1, count), 2)[:-1]
        x, y = np.append(x, 0.86), np.append(y, 1.0)
    elif kind == "bell":
        y = np.linspace(0, 1, 14)
        x = 0.5 * y + 0.36 * (0.5 - 0.5 * np.cos(np.pi * y)) * y**0.3
    else:
        x, y = np.array([0, 0.97]), np.array([0, 1.0])
    edge = np.stack([left + half * x, top - high * y], 1)
    edge = np.concatenate([edge, (edge * [-1, 1] + [2 * middle, 0])[::-1]])
    coping = np.concatenate([edge + [0, 0], [[right, top + 3], [left, top + 3]]])
    coping = middle + (coping[:, 0] - middle) * 1.03, coping[:, 1] - 2.2 * (coping[:, 1] <= top)
    canvas.polygon(np.stack(coping, 1), house.look.trim, 1.6, parts.MOLDING)
    inner = middle + (edge[:, 0] - middle) * 0.95, edge[:, 1] + 1.2
    mask = canvas.inside(np.concatenate([np.stack(inner, 1), [[right, top + 4], [left, top + 4]]]))
    canvas.stamp(canvas.whole, mask, *wall, FACADE)
    y = top - 0.34 * high
    if rng.random() < 0.6:
        wide = 5
        for x in (middle - 5.5, middle + 5.5) if half > 36 else (middle,):
            box = (x - wide / 2 - 0.5, y - 4, x + wide / 2 + 0.5, y + 5.5)
            parts.window(canvas, rng, house.look, box, house.look.arch)
            parts.sill(canvas, rng, house.look, box)
    else:
        parts.ornament(canvas, rng, house.look, (middle - 6, y - 6, middle + 6, y + 6), "medal")


def _beams(canvas, rng, house):
    """Half-timbering: posts and slanting braces in the wall."""
    beam = house.look.trim * 0.9
    for storey in range(len(house.floors) - 1):
        top, bottom = house.floors[storey : storey + 2]
        for x0, x1 in zip(house.columns[:-1], house.columns[1:], strict=True):
            for x in (x0, x1):
                canvas.box(x - 0.7, top, x + 0.7, bottom, beam, 0.5)
            if rng.random() < 0.5:
                flip = rng.random() < 0.5
                a, b = (x0, x1) if flip else (x1, x0)
                lean = 0.35 * (b - a)
                brace = [
                    [a, bottom],
                    [a + 0.18 * lean, bottom],
                    [a + lean, top],
                    [a + 0.75 * lean, top],
                ]
                canvas.polygon(brace, beam, 0.5, FACADE)


def _ground_wall(canvas, rng, house):
    """Plinth, and at times rusticated stone on the whole ground floor."""
    stone = (0.55 * house.look.wall + 0.45 * house.look.trim) * float(rng.uniform(0.6, 0.9))
    if house.style.name == "timber":
        stone = ink("#a39584")
    high, long = rng.uniform(3.4, 5), rng.uniform(8, 14)
    top = house.floors[-2] if rng.random() < 0.4 else house.ground - rng.uniform(4, 7)
    spot = canvas.spot(house.left, top, house.right, house.ground)
    tint, relief = blocks(canvas, spot, stone, high, long, 0.6, 0.14, 0.45 * stone)
    canvas.lay(spot, tint, 1.6 * relief, 0.35, FACADE)


def _bands(canvas, rng, house):
    """Moldings across the wall; returns how high the one under each storey is, 0 for none."""
    style, look = house.style, house.look
    bands = np.zeros(len(house.floors) - 1)
    if rng.random() < style.strip:
        bands[: -1 if rng.random() < 0.7 else len(bands) - 2] = rng.uniform(2.5, 3.2)
    if rng.random() < style.strip and len(bands) > 1:
        bands[-2] = rng.uniform(2.6, 3.6)
    bands[-1] = 0
    teeth = style.name in ("classical", "warehouse", "old town") and rng.random() < 0.7
    for y, high in zip(house.floors[1:], bands, strict=True):
        if high:
            parts.strip(canvas, look, (house.left, y - high, house.right, y), False, 1.0)
    if house.roof != "gable":
        parts.strip(
            canvas,
            look,
            (house.left - 1.5, house.top, house.right + 1.5, house.floors[0] - 0.5),
            teeth,
            2.6,
        )
    return bands


def _pillars(canvas, rng, house, wall):
    """Pillars between the bays; returns how much of each bay's width they take."""
    if rng.random() >= house.style.pillar:
        return 1.5
    wide = rng.uniform(2.8, 4.0)
    edges = house.columns
    chosen = {0: edges, 1: edges[[0, -1]], 2: edges[::2] if len(edges) % 2 else edges[[0, -1]]}
    fluted = rng.random() < 0.6
    brick = house.style.name == "warehouse" and rng.random() < 0.5
    bottom = house.floors[-2] if rng.random() < 0.5 else house.ground - 1
    for x in chosen[rng.integers(3)]:
        box = (x - wide / 2, house.floors[0], x + wide / 2, bottom)
        parts.pillar(canvas, house.look, box, fluted)
        if brick:
            inner = (box[0], box[1] + 2.6, box[2], box[3] - 2.4)
            _cover(canvas, inner, (0.88 * wall[0], wall[1]), 1.3, parts.PILLAR)
    return wide + 1


@dataclass
class Pattern:
    """What the windows of a house have in common."""

    heads: str | None
    noble_only: bool
    frame: float
    sills: bool
    flowers: bool
    blind: str | None
    deco: str | None
    railing: str
    balconies: np.ndarray
    share: float
    tiles: tuple


def _pattern(rng, house, pier):
    style, look = house.style, house.look
    storeys, bays = len(house.floors) - 2, len(house.columns) - 1
    heads = pick(rng, ("flat", "triangle", "segment")) if rng.random() < style.head else None
    if look.arch and rng.random() < 0.8:
        heads = "arch"
    blind = None
    if rng.random() < style.blind:
        blind = "roller" if style.name == "modern" or rng.random() < 0.15 else "shutters"
    framed = blind != "shutters" and heads != "arch" and rng.random() < style.surround
    balconies = np.zeros((max(storeys, 0), bays), bool)
    if rng.random() < style.balcony and storeys:
        where = np.abs(np.arange(bays) - (bays - 1) / 2)
        chosen = pick(
            rng,
            (
                where < 0.6 + (bays % 2 == 0) * 0.2,
                where > (bays - 1) / 2 - 0.5,
                where % 2 == where[0] % 2,
                where >= 0,
            ),
        )
        rows = pick(
            rng,
            (np.arange(storeys) == storeys - 1, np.arange(storeys) >= 1, np.arange(storeys) >= 0),
        )
        balconies = rows[:, None] & chosen[None]
    railing = {"modern": ("glass", "panel", "iron"), "classical": ("stone", "iron")}
    deco = pick(rng, ("panel", "panel", "medal", "medal", "face"))
    if rng.random() >= style.deco:
        deco = None
    elif deco == "medal" and pier > 2:  # no room beside pillars
        deco = "panel"
    return Pattern(
        heads,
        rng.random() < 0.3,
        2.3 * framed,
        rng.random() < style.sill,
        style.name in ("old town", "timber") and rng.random() < 0.45,
        blind,
        deco,
        pick(rng, railing.get(style.name, ("iron", "iron", "panel"))),
        balconies,
        rng.uniform(0.46, 0.64) + 0.15 * (style.name == "modern"),
        tuple(ink(code) for code in pick(rng, MOSAICS)),
    )


def _storeys(canvas, rng, house, bands, pier):
    pattern = _pattern(rng, house, pier)
    for storey in range(len(house.floors) - 2):
        for bay in range(len(house.columns) - 1):
            _bay(canvas, rng, house, pattern, bands, pier, storey, bay)


def _opening(house, pattern, pier, storey, bay, balcony, band):
    """Where a window goes in its bay, and what fits round it: box, kind of head and its height,
    height of the panel under it."""
    top, bottom = house.floors[storey : storey + 2]
    x0, x1 = house.columns[bay : bay + 2]
    tall, middle = bottom - top, (x0 + x1) / 2
    noble = storey == len(house.floors) - 3
    heads = pattern.heads if noble or not pattern.noble_only else None
    if heads in ("triangle", "segment") and tall < 19:
        heads = "flat"
    crown = max({None: 0, "flat": 2.6, "arch": 2.6}.get(heads, 5.6), pattern.frame)
    panel = 0.22 * tall if pattern.deco == "panel" and tall > 14 and not balcony else 0
    ledge = 2.5 if pattern.sills or panel else 0
    free = 0.9 * tall - band - 0.8 - ledge
    if free - crown - panel < 0.36 * tall:
        panel = 0
    if free - crown < 0.45 * tall and heads in ("triangle", "segment"):
        heads, crown = "flat", max(2.6, pattern.frame)
    y0 = top + 0.04 * tall + 0.8 + crown
    y1 = bottom - band - (2.2 if balcony else ledge + panel + 0.06 * tall + 0.3)
    room = x1 - x0 - pier - 2 * pattern.frame - 2.4
    wide = min(
        pattern.share * (x1 - x0),
        room / (2 if pattern.blind == "shutters" else 1),
        (1.4 if house.style.name == "modern" else 0.8) * (y1 - y0),
    )
    return (middle - wide / 2, y0, middle + wide / 2, y1), heads, crown, panel


def _bay(canvas, rng, house, pattern, bands, pier, storey, bay):
    """One window with all that belongs to it."""
    look, balcony = house.look, pattern.balconies[storey, bay]
    box, heads, crown, panel = _opening(house, pattern, pier, storey, bay, balcony, bands[storey])
    left, y0, right, y1 = box
    middle, x0, x1 = (left + right) / 2, *house.columns[bay : bay + 2]
    if pattern.frame:
        parts.surround(canvas, look, box, look.arch, pattern.frame)
    if heads:
        parts.head(canvas, look, box, heads, crown)
    parts.window(canvas, rng, look, box, look.arch)
    if panel:
        floor = house.floors[storey + 1] - bands[storey]
        form = (left, floor - panel - 0.2, right, floor - 0.4)
        if house.style.name == "modern":
            parts.mosaic(canvas, rng, form, pattern.tiles)
        else:
            parts.ornament(canvas, rng, look, form, "panel")
    if pattern.sills and not balcony:
        parts.sill(canvas, rng, look, box, pattern.flowers and rng.random() < 0.6)
    if heads in (None, "flat", "arch") and pattern.deco == "face":
        high = max(crown, 2.6) + 0.6
        parts.ornament(canvas, rng, look, (middle - 1.7, y0 - high, middle + 1.7, y0 + 1.2), "face")
    if pattern.deco == "medal" and bay:
        _medal(canvas, rng, look, x0, (y0 + y1) / 2, x1 - x0 - (right - left), pattern)
    _blind(canvas, rng, house, pattern, box, look.arch, balcony)
    if balcony:
        high = min(0.42 * (y1 - y0), 7.5)
        reach = min((right - left) / 2 + 2.6, (x1 - x0 - pier) / 2 + 0.3)
        parts.balcony(
            canvas,
            rng,
            look,
            (middle - reach, y1 - high, middle + reach, y1 + 2.2),
            pattern.railing,
            pattern.flowers and rng.random() < 0.7,
        )


def _medal(canvas, rng, look, x, y, gap, pattern):
    used = 2 * pattern.frame + (gap if pattern.blind == "shutters" else 0)
    radius = min(4.2, 0.5 * (gap - used) - 0.8)
    if radius > 1.5:
        parts.ornament(
            canvas,
            rng,
            look,
            (x - radius, y - 1.25 * radius, x + radius, y + 1.25 * radius),
            "medal",
        )


def _blind(canvas, rng, house, pattern, box, arch, balcony):
    if pattern.blind == "shutters":
        left, top, right, bottom = box
        low = top + arch * (right - left)
        closed = rng.random() < 0.18 and not balcony and arch == 0
        parts.shutters(canvas, rng, house.look, (left, low, right, bottom), closed)
    elif pattern.blind == "roller" and rng.random() < 0.6 and arch == 0:
        share = pick(rng, (0.2, 0.35, 0.5, 0.7, 1.0))
        parts.roller(canvas, house.look, box, share)


def _ground_floor(canvas, rng, house, pier):
    """Door and windows, or door and shops."""
    top, ground, look = house.floors[-2] + 1.5, house.ground, house.look
    bays = len(house.columns) - 1
    entrance = bays // 2 if rng.random() < 0.6 else rng.integers(bays)
    shops = rng.random() < house.style.shop
    arch = max(look.arch, 0.5 * (rng.random() < 0.3))
    framed = rng.random() < 0.7
    for bay in range(bays):
        x0, x1 = house.columns[bay : bay + 2]
        room, tall = x1 - x0 - pier, ground - top
        if bay == entrance:
            wide, high = min(room - 4.8, 12), min(0.78 * tall, 26)
            wide = min(max(wide, 6), 0.62 * high + 2)
            middle = (x0 + x1) / 2
            box = (middle - wide / 2, ground - high, middle + wide / 2, ground)
            if framed:
                parts.surround(canvas, look, box, arch, 2.3)
            if rng.random() < 0.5 and ground - high - 3.4 > top and arch < 0.4:
                parts.head(canvas, look, box, "flat", 2.6)
            parts.door(canvas, rng, look, box, arch)
        elif not shops:
            wide, y0, y1 = 0.62 * (x1 - x0), top + 0.22 * tall, ground - 0.3 * tall
            wide = min(wide, room - 3, 0.9 * (y1 - y0))
            box = ((x0 + x1 - wide) / 2, y0, (x0 + x1 + wide) / 2, y1)
            parts.window(canvas, rng, look, box, look.arch)
            parts.sill(canvas, rng, look, box)
    if shops:
        for first, last in ((0, entrance), (entrance + 1, bays)):
            if first < last:
                left, right = house.columns[[first, last]] + np.array([0.8, -0.8])
                doorway = rng.uniform(left + 6, right - 6) if right - left > 24 else None
                parts.shop(canvas, rng, look, (left, top + 0.6, right, ground), doorway)
