"""The parts of a drawn house: windows, doors, shops, balconies, blinds and ornament.

Each function draws one part on a `textures.Canvas`, with its colour, its relief and its label.
Boxes are left, top, right, bottom in units of the picture's 128th part; colours are linear light.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from drawn_worlds.textures import ink, pick

(BACKGROUND, FACADE, WINDOW, DOOR, CORNICE, SILL, BALCONY, BLIND, DECO, MOLDING, PILLAR, SHOP) = (
    range(12)
)

GLASS = (ink("#1f2a33"), ink("#27303a"), ink("#2b2f31"), ink("#33404a"))
CURTAINS = (ink("#e9e4d8"), ink("#d8cbb0"), ink("#c7cdd2"), ink("#b9a08a"), ink("#f3f0ea"))
FLOWERS = (ink("#d5343f"), ink("#e8709a"), ink("#f0b429"), ink("#f5eef0"), ink("#b04ac0"))
GOODS = (*FLOWERS, ink("#3f7fb5"), ink("#e8dcc0"), ink("#6fa35a"), ink("#d98d3a"))
LEAF = ink("#3f6b2c")
WARM, COOL = ink("#ffc67c"), ink("#e6ecf5")


class Look(NamedTuple):
    """Colours of one house (3,), its wall as a texture (S, S, 3), and the form of its windows:
    `bars` = (across, down) panes, `arch` = how far the top bulges, as a share of the width."""

    wall: np.ndarray
    trim: np.ndarray
    frame: np.ndarray
    shutter: np.ndarray
    iron: np.ndarray
    door: np.ndarray
    bars: tuple
    arch: float


def outline(left, top, right, bottom, arch):
    """Corners (n, 2) of a box whose top bulges by `arch` times its width."""
    if arch <= 0:
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    turn = np.linspace(np.pi, 0, 13)
    half, rise = (right - left) / 2, arch * (right - left)
    bow = np.stack([(left + right) / 2 + half * np.cos(turn), top + rise - rise * np.sin(turn)], 1)
    return np.concatenate([bow, [[right, bottom], [left, bottom]]])


def window(canvas, rng, look, box, arch=0.0):
    """A window with its frame, panes, curtains or half-drawn roller blind inside."""
    left, top, right, bottom = box
    canvas.polygon(outline(*box, arch), look.frame, -0.9, WINDOW)
    edge = 0.8
    inner = (left + edge, top + edge, right - edge, bottom - edge)
    glass = pick(rng, GLASS) * float(rng.uniform(0.6, 1.3))
    canvas.polygon(outline(*inner, arch), glass, -1.7, WINDOW, 1.0)
    spring = top + edge + arch * (right - left)
    if rng.random() < 0.62:
        _curtains(canvas, rng, (inner[0], spring, inner[2], inner[3]))
    _bars(canvas, look.frame, inner, spring, look.bars)
    if rng.random() < 0.55:
        lamp = pick(rng, (WARM, WARM, WARM, COOL)) * float(rng.uniform(0.35, 1.1))
        canvas.windows.append((canvas.spot(*inner), lamp))


def _curtains(canvas, rng, box):
    left, top, right, bottom = box
    cloth, kind = pick(rng, CURTAINS) * 0.6, rng.random()
    if kind < 0.25:  # a blind half down
        bottom = top + (bottom - top) * rng.uniform(0.25, 0.7)
        canvas.box(left, top, right, bottom, 0.8 * cloth, None, None, 0.6)
        return
    share = rng.uniform(0.18, 0.42) if kind < 0.8 else 0.5
    wide = share * (right - left)
    for x in (left, right - wide):
        spot = canvas.box(x, top, x + wide, bottom, cloth, None, None, 0.5)
        canvas.paint[spot] *= _folds(canvas, spot, rng)


def _folds(canvas, spot, rng):
    across = canvas.paint[spot].shape[1]
    fold = np.sin(np.arange(across) * 2.4 / canvas.scale + rng.uniform(0, 6))
    return (0.78 + 0.3 * fold).astype(np.float32)[None, :, None]


def _bars(canvas, colour, inner, spring, bars):
    """Glazing bars: `bars` = (panes across, panes down), the upper of two panes the smaller."""
    left, top, right, bottom = inner
    across, down = bars
    for k in range(1, across):
        x = left + (right - left) * k / across
        canvas.box(x - 0.4, top, x + 0.4, bottom, colour, -1.25)
    if spring > top + 1.5:
        canvas.box(left, spring - 0.4, right, spring + 0.4, colour, -1.25)
    for k in range(1, down):
        y = spring + (bottom - spring) * (k / down if down != 2 else 0.36)
        canvas.box(left, y - 0.4, right, y + 0.4, colour, -1.25)


def surround(canvas, look, box, arch, wide):
    """Raised frame of trim on the wall round an opening."""
    left, top, right, bottom = box
    outer = outline(left - wide, top - wide, right + wide, bottom, arch)
    canvas.polygon(outer, look.trim, 0.7, MOLDING)


def head(canvas, look, box, kind, high):
    """Cornice above an opening: "flat", a "triangle" or a "segment" on brackets, or an "arch"."""
    left, top, right, _ = box
    middle, half = (left + right) / 2, (right - left) / 2 + 2.4
    if kind == "arch":
        low = top + look.arch * (right - left) + 1.5
        canvas.polygon(
            outline(left - 2.4, top - 2.4, right + 2.4, low, look.arch), look.trim, 0.9, CORNICE
        )
        return
    ledge = top - 2.6
    if kind in ("triangle", "segment"):
        turn = np.linspace(np.pi, 0, 3 if kind == "triangle" else 11)
        rise = high - 2.6
        bow = np.stack([middle + (half + 0.6) * np.cos(turn), ledge + 0.4 - rise * np.sin(turn)], 1)
        canvas.polygon(bow, look.trim, 2.0, CORNICE)
        inner = np.stack(
            [middle + 0.62 * half * np.cos(turn), ledge - 0.55 * rise * np.sin(turn)], 1
        )
        canvas.polygon(inner, 0.75 * look.trim, 0.9, CORNICE)
    canvas.box(middle - half, ledge, middle + half, top, 0.88 * look.trim, 1.0, CORNICE)
    canvas.box(
        middle - half - 0.6, ledge, middle + half + 0.6, ledge + 1.4, 1.08 * look.trim, 2.4, CORNICE
    )


def sill(canvas, rng, look, box, flowers=False):
    """Ledge under an opening, at times with a box of flowers."""
    left, _, right, bottom = box
    canvas.box(left - 1.5, bottom, right + 1.5, bottom + 2.5, 0.8 * look.trim, 0.9, SILL)
    canvas.box(left - 1.5, bottom, right + 1.5, bottom + 1.3, 1.1 * look.trim, 2.0, SILL)
    if flowers:
        bloom(canvas, rng, (left, bottom - 2.2, right, bottom + 0.6), SILL)


def bloom(canvas, rng, box, label):
    """Flowers in a narrow box: dots of leaves and of one or two colours of petals."""
    left, top, right, bottom = box
    petals = (LEAF, 0.6 * LEAF, pick(rng, FLOWERS), pick(rng, FLOWERS))
    canvas.box(left, (top + bottom) / 2, right, bottom, 0.5 * LEAF, 1.6, label)
    for _ in range(int(3.2 * (right - left))):
        x, y = rng.uniform(left, right), rng.uniform(top, bottom)
        canvas.box(x - 0.5, y - 0.5, x + 0.5, y + 0.5, pick(rng, petals), 2.3, label)


def shutters(canvas, rng, look, box, closed=False):
    """Louvred blinds: two open wings beside the window, or both closed over it."""
    left, top, right, bottom = box
    half = (right - left) / 2
    wings = (left, left + half) if closed else (left - half, right)
    colour = look.shutter * float(rng.uniform(0.85, 1.15))
    for x in wings:
        canvas.box(x + 0.1, top, x + half - 0.1, bottom, colour, 0.5, BLIND)
        slats(canvas, (x + 0.8, top + 0.8, x + half - 0.8, bottom - 0.8), 0.5)


def slats(canvas, box, dark):
    """Darken every other line of a box and give it relief: the slats of a blind."""
    spot = canvas.spot(*box)
    lines = np.arange(spot[0].start, spot[0].stop) % (2 * round(0.5 + canvas.scale / 2))
    lines = lines < round(0.5 + canvas.scale / 2)
    canvas.paint[spot] *= np.where(lines, np.float32(1 - dark), np.float32(1))[:, None, None]
    canvas.height[spot] -= np.where(lines, np.float32(0.3), np.float32(0))[:, None]


def roller(canvas, look, box, share):
    """Outside roller blind drawn over the upper `share` of a window."""
    left, top, right, bottom = box
    low = top + max(2.6, share * (bottom - top))
    canvas.box(left, top, right, low, look.shutter, -0.4, BLIND)
    slats(canvas, (left, top, right, low - 0.7), 0.32)


def balcony(canvas, rng, look, box, kind, flowers=False):
    """Railing and slab in front of a window; `kind` is "iron", "stone", "panel" or "glass"."""
    left, top, right, bottom = box
    slab = bottom - 2.2
    canvas.box(left, top, right, bottom, label=BALCONY)
    step, thick = {"iron": (1.5, 0.5), "stone": (2.2, 1.3)}.get(kind, (9.0, 0.6))
    colour = look.trim if kind == "stone" else look.iron
    if kind == "panel":
        canvas.box(left, top, right, slab, 0.9 * look.trim, 4.2, BALCONY)
    if kind == "glass":
        spot = canvas.box(left, top, right, slab)
        canvas.paint[spot] = 0.45 * canvas.paint[spot] + 0.3 * ink("#a9c4c6")
        canvas.glass[spot] = np.maximum(canvas.glass[spot], 0.35)
    count = max(1, round((right - left - thick) / step))
    for x in left + (right - left - thick) * np.arange(count + 1) / count:
        canvas.box(x, top, x + thick, slab, 0.92 * colour, 4.0, BALCONY)
    canvas.box(left - 0.4, top, right + 0.4, top + 1.0, 1.05 * colour, 4.6, BALCONY)
    canvas.box(left - 0.8, slab, right + 0.8, bottom, 0.9 * look.trim, 4.8, BALCONY)
    if flowers:
        bloom(canvas, rng, (left, top - 1.4, right, top + 1.4), BALCONY)


def door(canvas, rng, look, box, arch):
    """Panelled door of one or two wings under a small window."""
    left, top, right, bottom = box
    canvas.polygon(outline(*box, arch), 0.75 * look.door, -1.0, DOOR)
    light = top + (arch + 0.22) * (right - left) + 1
    canvas.polygon(
        outline(left + 0.9, top + 0.9, right - 0.9, light, arch), pick(rng, GLASS), -1.6, DOOR, 0.8
    )
    canvas.windows.append((canvas.spot(left, top, right, light), WARM * 0.8))
    wings = 2 if right - left > 8 else 1
    wide = (right - left - 1.2) / wings
    for k in range(wings):
        x = left + 0.6 + k * wide
        canvas.box(x + 0.2, light + 0.5, x + wide - 0.2, bottom, look.door, -1.2, DOOR)
        for y0, y1 in ((0.08, 0.48), (0.56, 0.92)):
            tall = bottom - light
            panel = (x + 1.1, light + y0 * tall, x + wide - 1.1, light + y1 * tall)
            canvas.box(*panel, 0.7 * look.door, -1.7, DOOR)
        knob = x + (wide - 1 if k == 0 else 0.3)
        canvas.box(
            knob,
            (light + bottom) / 2,
            knob + 0.8,
            (light + bottom) / 2 + 1,
            ink("#d8b45a"),
            -0.6,
            DOOR,
        )
    canvas.box(left - 1.6, bottom - 1.2, right + 1.6, bottom + 0.6, ink("#a8a298"), 1.5, FACADE)
    for x in (left - 3.2, right + 2.2):
        canvas.lamps.append((x + 0.5, top + 5, 10.0, WARM))


def shop(canvas, rng, look, box, doorway):
    """Shop front: sign, awning or lintel, panes with goods, and a glazed door at `doorway`."""
    left, top, right, bottom = box
    wood = pick(rng, (look.door, look.shutter, ink("#26282b"), ink("#6b2028"), ink("#1f4a3a")))
    canvas.box(left, top, right, bottom, wood, -0.3, SHOP)
    sign = top + max(3.4, 0.2 * (bottom - top))
    _sign(canvas, rng, (left, top, right, sign), wood)
    foot = bottom - 2.6
    canvas.box(left, foot, right, bottom, 0.75 * wood, 0.2, SHOP)
    panes = max(1, round((right - left) / rng.uniform(9, 15)))
    wide = (right - left) / panes
    for k in range(panes):
        x = left + k * wide
        _pane(canvas, rng, (x + 0.8, sign + 0.9, x + wide - 0.8, foot - 0.5))
    if doorway is not None:
        _glazed_door(canvas, rng, wood, (doorway - 4, sign + 0.9, doorway + 4, bottom))
    if rng.random() < 0.55:
        _awning(canvas, rng, (left - 0.6, sign - 0.6, right + 0.6, sign + 0.24 * (bottom - top)))
    for x in np.arange(left + 6, right, 12):
        canvas.lamps.append((x, bottom, 11.0, WARM))


def _pane(canvas, rng, box):
    left, top, right, bottom = box
    spot = canvas.box(*box, pick(rng, GLASS) * 1.8, -1.2, SHOP, 1.0)
    shelf = bottom
    for _ in range(rng.integers(1, 4)):
        x = left + 0.6
        while x < right - 1.4:
            wide, tall = rng.uniform(0.9, 2.6), rng.uniform(1.2, 4.0)
            x1, y0 = min(x + wide, right - 0.4), max(top + 0.5, shelf - tall)
            if shelf > top + 2.5 and rng.random() < 0.75:
                canvas.box(x, y0, x1, shelf, pick(rng, GOODS) * 0.5, None, None, 0.75)
            x += wide + rng.uniform(0.2, 1.2)
        shelf -= rng.uniform(4, 6)
    canvas.windows.append((spot, WARM * float(rng.uniform(0.5, 0.9))))


def _glazed_door(canvas, rng, wood, box):
    left, top, right, bottom = box
    canvas.box(*box, 1.25 * wood, -0.8, DOOR)
    canvas.box(
        left + 1.5, top + 1.2, right - 1.5, bottom - 5.5, pick(rng, GLASS) * 1.6, -1.6, DOOR, 1.0
    )
    canvas.box(left + 1.5, bottom - 4.5, right - 1.5, bottom - 1.2, 0.8 * wood, -1.4, DOOR)
    canvas.box(
        right - 1.3,
        (top + bottom) / 2,
        right - 0.5,
        (top + bottom) / 2 + 1.6,
        ink("#d8b45a"),
        0.0,
        DOOR,
    )
    canvas.windows.append((canvas.spot(*box), WARM))


def _sign(canvas, rng, box, wood):
    left, top, right, bottom = box
    letters = pick(rng, (ink("#f2e6c0"), ink("#e9b94a"), ink("#ffffff")))
    canvas.box(*box, 0.9 * wood, 0.8, SHOP)
    canvas.box(left, top, right, top + 0.9, 1.5 * wood + 0.04, 1.8, SHOP)
    reach = min(right - left - 4, rng.uniform(14, 30))
    x, y = (left + right - reach) / 2, (top + bottom) / 2 + 0.3
    while x < (left + right + reach) / 2:
        wide = rng.uniform(0.8, 1.7)
        tall = rng.uniform(0.7, 1.2)
        if rng.random() < 0.86:
            canvas.box(x, y - tall, x + wide, y + 1, letters, 1.0, SHOP)
            canvas.box(x + 0.5, y - 0.3, x + wide - 0.4, y + 0.4, 0.9 * wood, 0.8, SHOP)
        x += wide + 0.5


def _awning(canvas, rng, box):
    left, top, right, bottom = box
    cloth = pick(
        rng, (ink("#b3333a"), ink("#2f6b54"), ink("#2f5688"), ink("#d9922e"), ink("#6b4a7a"))
    )
    white = pick(rng, (ink("#f4efe4"), ink("#f4efe4"), cloth))
    stripes = max(2, round((right - left) / 3.2))
    edge = np.linspace(left, right, stripes + 1)
    for k in range(stripes):
        colour = (cloth, white)[k % 2]
        spot = canvas.box(edge[k], top, edge[k + 1], bottom, colour, None, SHOP)
        rows = canvas.height[spot].shape[0]
        canvas.height[spot] = np.linspace(1.2, 5.2, rows)[:, None]
        canvas.box(
            edge[k], bottom, edge[k + 1], bottom + (1.4, 1.0)[k % 2], 0.8 * colour, 5.2, SHOP
        )


def strip(canvas, look, box, dentils=False, jut=1.6):
    """Molding right across the facade: two ledges, at times with a row of teeth between."""
    left, top, right, bottom = box
    high = bottom - top
    canvas.box(*box, 0.9 * look.trim, 0.7, MOLDING)
    if dentils:
        for x in np.arange(left, right - 0.5, 2.0):
            canvas.box(x, top + 0.4 * high, x + 1.1, bottom - 0.15 * high, look.trim, 1.5, MOLDING)
    canvas.box(
        left - 0.5,
        top,
        right + 0.5,
        top + max(1.2, 0.42 * high),
        1.08 * look.trim,
        0.8 + jut,
        MOLDING,
    )


def pillar(canvas, look, box, fluted):
    """Vertical strip with base and capital, at times fluted."""
    left, top, right, bottom = box
    cap = look.trim
    canvas.box(*box, 0.97 * cap, 1.3, PILLAR)
    if fluted:
        for x in np.arange(left + 0.8, right - 0.6, 1.5):
            canvas.box(x, top + 3, x + 0.6, bottom - 3, 0.72 * cap, 0.8)
    canvas.box(left - 0.6, top, right + 0.6, top + 1.5, 1.08 * cap, 2.0, PILLAR)
    canvas.box(left - 0.3, top + 1.5, right + 0.3, top + 2.6, 0.9 * cap, 1.6, PILLAR)
    canvas.box(left - 0.6, bottom - 2.4, right + 0.6, bottom, 0.95 * cap, 1.8, PILLAR)


def mosaic(canvas, rng, box, tiles):
    """A work of art in coloured tiles, as on houses of the 1960s; framed, flush with the wall."""
    left, top, right, bottom = box
    canvas.box(*box, 0.5 * tiles[3], 0.5, DECO)
    step = 1.5
    for y in np.arange(top + 0.5, bottom - 1, step):
        for x in np.arange(left + 0.5, right - 1, step):
            tile = pick(rng, tiles) * float(rng.uniform(0.8, 1.2))
            canvas.box(
                x,
                y,
                min(x + step - 0.2, right - 0.5),
                min(y + step - 0.2, bottom - 0.5),
                tile,
                0.3,
                DECO,
            )


def ornament(canvas, rng, look, box, kind):
    """Carved decoration: a "panel", a round "medal" or a "face" (keystone), mirrored relief."""
    left, top, right, bottom = box
    if kind == "medal":
        turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        form = np.stack(
            [
                (left + right) / 2 + (right - left) / 2 * np.cos(turn),
                (top + bottom) / 2 + (bottom - top) / 2 * np.sin(turn),
            ],
            1,
        )
    else:
        lean = 0.12 * (right - left) if kind == "face" else 0
        form = np.array([[left, top], [right, top], [right - lean, bottom], [left + lean, bottom]])
    canvas.polygon(form, 1.02 * look.trim, 0.8, DECO)
    spot = canvas.spot(left + 0.8, top + 0.8, right - 0.8, bottom - 0.8)
    rows, columns = canvas.height[spot].shape
    lump = 1.1 * canvas.scale
    carved = rng.normal(0, 1, (64, 32)).astype(np.float32)
    y = (np.arange(rows) / lump).astype(int) % 64
    x = (np.abs(np.arange(columns) - (columns - 1) / 2) / lump).astype(int) % 32
    relief = carved[y[:, None], x]
    inside = canvas.label[spot] == DECO
    canvas.height[spot] += np.where(inside, 0.45 * relief - 0.1, 0)
    canvas.paint[spot] *= np.where(inside, 0.86 + 0.13 * np.tanh(relief), 1)[..., None]
