"""Pencil sketches of drawn people, as a hand would draw them.

`sketch` draws a face from what its scene knows: long contour strokes round the parts, each with its
own pressure, wobble and small displacement, hair along its flow, hatching where the photograph is
dark, on paper with a grain.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from scipy import ndimage
from skimage import color

from drawn_worlds.faces.hair import stretched
from drawn_worlds.faces.paint import (
    BEARD,
    BROW,
    CLOTHES,
    EAR,
    EYE,
    FACE,
    GLASSES,
    HAIR,
    HEADWEAR,
    MOUTH,
    NECK,
    NOSE,
)

PAPER = 256  # side of the sheet that strokes are drawn on
PALE = 0.85  # luminance of skin that gets no shade of its own


class Sheet:
    """Graphite (P, P) in [0, 1] on paper; strokes darken it where the paper's grain takes them."""

    def __init__(self, side, rng):
        self.side, self.rng = side, rng
        self.graphite = np.zeros((side, side), np.float32)

    def stroke(self, points, pressure, width=1.2, wobble=0.6):
        """One stroke through points (n, 2) in pixels; it starts and ends lightly."""
        count = len(points)
        if count < 3:
            return
        rng = self.rng
        along = np.arange(count, dtype=np.float32) / (count - 1)
        phase = rng.uniform(0, 6.3, 5)
        turns = along[:, None] * np.float32(count * rng.uniform(0.06, 0.16, 2)) + phase[:2]
        points = points + 0.7 * wobble * np.sin(turns) + 0.35 * rng.normal(size=2)
        force = 0.25 + 0.75 * np.sqrt(np.sin(np.pi * (0.02 + 0.96 * along)))
        force = force * (1 + 0.2 * np.sin(along * (3 + phase[3]) + phase[4])) * (255 * pressure)
        low = np.maximum(points.min(0).astype(int) - 3, 0)
        wide, high = np.minimum(points.max(0).astype(int) + 4, self.side) - low
        if wide <= 0 or high <= 0:
            return
        layer = np.zeros((high, wide), np.uint8)
        fixed = np.round((points - low) * 16).astype(np.int32)
        force = np.minimum(force, 255).astype(int).tolist()
        thick = max(1, round(width))
        for k in range(0, count - 1, 4):
            cv2.polylines(layer, [fixed[k : k + 5]], False, force[k], thick, cv2.LINE_AA, 4)
        old = self.graphite[low[1] : low[1] + high, low[0] : low[0] + wide]
        old += layer * np.float32(1 / 255) * (1 - 0.6 * old)


def sketch(face) -> np.ndarray:
    """The pencil sketch of a `faces.Face`: float32 (S, S), black (0) on white paper (1).

    The same person under the same conditions gives the same sketch.
    """
    rng = np.random.default_rng((face.identity.seed, face.conditions.seed, 404))
    size = len(face.photo)
    side = max(PAPER if size > 96 else PAPER * 3 // 4, size)
    sheet = Sheet(side, rng)
    nearest = np.floor((np.arange(side) + 0.5) * size / side).astype(int)
    regions = face.regions[nearest][:, nearest]
    grey = _resized(color.rgb2gray(face.photo).astype(np.float32), side)
    scale = side / (PAPER if size > 96 else PAPER * 7 // 8)  # fewer strokes in a small drawing
    _hatch(sheet, regions, grey, scale)
    _hair(sheet, face, regions, grey, scale)
    _contours(sheet, face, regions, scale)
    _features(sheet, face, grey, regions, scale)
    return _on_paper(sheet, size)


def _resized(picture, side):
    """A float picture in side × side pixels: averaged when it shrinks, cubic when it grows."""
    how = cv2.INTER_AREA if side < len(picture) else cv2.INTER_CUBIC
    return np.clip(
        cv2.resize(picture, (side, side), interpolation=how), picture.min(), picture.max()
    )


def _on_paper(sheet, size):
    tooth = paper_grain()
    top, left = sheet.rng.integers(0, 256, 2)
    tile = np.roll(tooth, (top, left), (0, 1))
    tile = np.tile(tile, (-(-sheet.side // 256),) * 2)[: sheet.side, : sheet.side]
    takes = np.clip(1 + 0.28 * tile - 0.10, 0.3, 1.4)
    ink = np.clip(sheet.graphite * takes, 0, 1)
    ink = 0.93 * ink + 0.02 * np.clip(tile, 0, 2)
    paper = 1 - cv2.GaussianBlur(ink, (0, 0), 0.45)
    return np.clip(_resized(paper.astype(np.float32), size), 0, 1)


@lru_cache(1)
def paper_grain():
    """Periodic noise (256, 256) of deviation 1: the tooth of drawing paper."""
    rng = np.random.default_rng(5)
    return 0.8 * stretched(rng, 256, 256, 0.8, 0.8) + 0.5 * stretched(rng, 256, 256, 2, 2)


def _outline(mask, smooth):
    """Closed curves (n, 2), column and row, round a mask's parts, smoothed; longest first."""
    mask = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), smooth) > 0.5
    curves, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    curves = sorted((c[:, 0].astype(np.float32) for c in curves), key=len, reverse=True)
    return [
        ndimage.gaussian_filter1d(c, 2.0 * smooth, axis=0, mode="wrap")
        for c in curves
        if len(c) > 18
    ]


def _pieces(rng, curve, long):
    """A closed curve cut into strokes of about a length, each overlapping the next one."""
    count = max(1, round(len(curve) / long))
    cuts = np.linspace(0, len(curve), count + 1)[:-1] + rng.uniform(0, len(curve))
    for cut in cuts:
        length = int(len(curve) / count * rng.uniform(0.95, 1.15))
        yield curve[(int(cut) + np.arange(length)) % len(curve)]


def _follow(sheet, mask, scale, pressure, width=1.3, long=70, wobble=1.0, keep=None):
    """Contour strokes round a mask; parts within 2 pixels of the sheet's edge are left out."""
    rng, side = sheet.rng, sheet.side
    for curve in _outline(mask, 1.3 * scale):
        for piece in _pieces(rng, curve, long * scale):
            inside = ((piece > 2.5) & (piece < side - 3.5)).all(1)
            if keep is not None:
                at = piece.astype(int).clip(0, side - 1)
                inside &= keep[at[:, 1], at[:, 0]]
            for run in _runs(inside):
                if len(piece[run]) > 8 * scale:
                    force = pressure * rng.uniform(0.75, 1.15)
                    sheet.stroke(piece[run][::2], force, width * scale, wobble * scale)
                    if rng.random() < 0.35:
                        sheet.stroke(
                            piece[run][::2] + rng.normal(0, 0.9 * scale, 2),
                            0.45 * force,
                            scale,
                            1.5 * wobble * scale,
                        )


def _runs(flags):
    """Slices of the runs of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return [slice(*pair) for pair in edges.reshape(-1, 2)]


def _contours(sheet, face, regions, scale):
    """Outlines of head, hair, ears, clothes, glasses; and folds that the depth shows."""
    head = np.isin(regions, (FACE, NOSE, MOUTH, EYE, BROW, BEARD, GLASSES))
    hair = np.isin(regions, (HAIR, HEADWEAR))
    figure = regions > 0
    _follow(sheet, figure, scale, 0.7, 1.0, 80)
    soft = ~ndimage.binary_dilation(hair, iterations=int(3 * scale))
    _follow(sheet, head, scale, 0.8, 1.0, 60, keep=soft)
    _follow(sheet, regions == EAR, scale, 0.65, 1.0, 45)
    _follow(sheet, regions == CLOTHES, scale, 0.6, 1.0, 70)
    _follow(sheet, regions == HEADWEAR, scale, 0.7, 1.0, 70)
    if (regions == GLASSES).any():
        _follow(sheet, regions == GLASSES, scale, 0.9, 1.0, 60, 0.6)
    depth = np.maximum(_resized(np.maximum(face.depth, -2), sheet.side), -2)
    depth = cv2.GaussianBlur(depth, (0, 0), 1.0 * scale)
    slope = np.hypot(*np.gradient(depth)) * scale
    ridge = (slope > 0.045) & np.isin(regions, (FACE, NOSE, EAR, NECK, MOUTH))
    ridge &= ~ndimage.binary_dilation(~figure | hair, iterations=int(4 * scale))
    _follow(sheet, ridge, scale, 0.35, 1.0, 30)


def _features(sheet, face, grey, regions, scale):
    """Eyes, brows, nose and mouth, drawn with more care than the rest."""
    rng = sheet.rng
    eyes = regions == EYE
    _follow(sheet, eyes, scale, 0.95, 1.0, 40, 0.4)
    _follow(sheet, regions == MOUTH, scale, 0.45, 1.0, 40, 0.5)
    fine = cv2.GaussianBlur(grey, (0, 0), 0.8 * scale)
    around = cv2.GaussianBlur(grey, (0, 0), 7 * scale)
    dark = np.clip((around / np.maximum(fine, 0.05) - 1) * 1.9, 0, 1)
    inner = ndimage.binary_dilation(eyes, iterations=int(5 * scale))
    inner |= ndimage.binary_dilation(np.isin(regions, (MOUTH, NOSE)), iterations=int(2 * scale))
    inner &= ~np.isin(regions, (HAIR, CLOTHES, 0))
    slip = rng.normal(0, 0.5 * scale, 2)
    touch = ndimage.shift(np.where(inner, dark, 0), slip, order=1)
    pupil = eyes * np.clip(0.62 - fine, 0, 1) * 1.9
    touch = np.clip(0.85 * touch + pupil, 0, 0.95).astype(np.float32)
    sheet.graphite += (1 - sheet.graphite) * touch
    _tufts(sheet, regions == BROW, scale)
    _tufts(sheet, regions == BEARD, scale, down=True)


def _tufts(sheet, mask, scale, down=False):
    """Short hairs in a mask: outwards for brows, downwards for a beard."""
    rng = sheet.rng
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return
    middle = columns.mean()
    count = int(len(rows) / ((20 if down else 5) * scale**2))
    for k in rng.integers(0, len(rows), count):
        start = np.array([columns[k], rows[k]], np.float32)
        length = scale * rng.uniform(4, 9) * (1.4 if down else 1)
        way = np.sign(start[0] - middle) * (0.25 if down else 1), (1.0 if down else -0.30)
        bend = rng.normal(0, 0.2, 2)
        steps = np.linspace(-0.5, 0.5, 6)[:, None]
        sheet.stroke(
            start + steps * length * (np.array(way) + bend * steps),
            rng.uniform(0.5, 0.9) * (0.8 if down else 1),
            scale,
            0.2 * scale,
        )


def _hair(sheet, face, regions, grey, scale):
    """Strands that follow the hair's flow, more of them where it is dark."""
    rng, side = sheet.rng, sheet.side
    hair = regions == HAIR
    if not hair.any():
        return
    flow = _resized(face.flow, side)
    flow = cv2.GaussianBlur(flow, (0, 0), 2 * scale)
    length = np.maximum(np.linalg.norm(flow, axis=-1, keepdims=True), 1e-3)
    flow = flow / length
    rows, columns = np.nonzero(hair)
    tone = cv2.GaussianBlur(grey, (0, 0), 2.0 * scale)
    count = int(len(rows) / (55 * scale**2))
    steps = 26
    chosen = rng.integers(0, len(rows), count)
    place = np.stack([columns[chosen], rows[chosen]], -1).astype(np.float32)
    wanted = np.clip(1.25 - tone[rows[chosen], columns[chosen]] * 1.15, 0.12, 1)
    path, alive = [place.copy()], [np.ones(count, bool)]
    for _ in range(steps):
        at = place.astype(int).clip(0, side - 1)
        way = flow[at[:, 1], at[:, 0]] * [1, -1]
        place = place + 1.35 * scale * way
        path.append(place.copy())
        alive.append(hair[at[:, 1], at[:, 0]])
    path, alive = np.stack(path, 1), np.logical_and.accumulate(np.stack(alive, 1), axis=1)
    ends = alive.sum(1)
    for k in range(count):
        if ends[k] > 5 and rng.random() < wanted[k] + 0.15:
            long = min(ends[k], rng.integers(9, steps))
            sheet.stroke(path[k, :long], 0.30 + 0.45 * wanted[k] * rng.random(), scale, 0.8 * scale)
    shade = np.where(hair, np.clip(0.75 - tone, 0, 1) * 0.55, 0)
    shade = cv2.GaussianBlur(shade.astype(np.float32), (0, 0), 1.5 * scale)
    sheet.graphite += (1 - sheet.graphite) * shade


def _hatch(sheet, regions, grey, scale):
    """Parallel strokes where the photograph is dark; the darkest places get a second direction.

    Strokes follow the light on a face; its skin's own tone is smudged on below them.
    """
    rng, side = sheet.rng, sheet.side
    skin = np.isin(regions, (FACE, NOSE, EAR, NECK, MOUTH))
    cloth = np.isin(regions, (CLOTHES, HEADWEAR))
    tone = cv2.GaussianBlur(grey, (0, 0), 3 * scale)
    bright = np.percentile(tone[skin], 85) if skin.any() else PALE
    deep = np.where(skin, np.clip(0.96 - tone / bright, 0, 1) * 0.9, 0)
    deep += np.where(cloth, np.clip(0.62 - 0.8 * tone, 0, 1), 0)
    smooth = cv2.GaussianBlur(deep.astype(np.float32), (0, 0), 1.2 * scale)
    sheet.graphite += np.where(skin, 0.30, 0.25) * smooth
    smudged = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 1.2 * scale)
    sheet.graphite += 0.36 * np.clip(1 - bright / PALE, 0, 1) * smudged
    slant = rng.uniform(0.7, 0.95)
    for angle, least in ((slant, 0.17), (slant - 0.55, 0.42)):
        way = np.array([np.cos(angle), -np.sin(angle)])
        normal = np.array([-way[1], way[0]])
        reach = 0.75 * side
        for offset in np.arange(-reach, reach, 4.6 * scale):
            offset = offset + rng.normal(0, 0.7 * scale)
            along = np.arange(-reach, reach, 1.5 * scale)
            line = side / 2 + normal * offset + along[:, None] * way
            line = line[((line >= 1) & (line < side - 1)).all(1)]
            if not len(line):
                continue
            at = line.astype(int)
            depth = deep[at[:, 1], at[:, 0]]
            for run in _runs(depth > least + 0.05 * rng.normal()):
                if run.stop - run.start > 4:
                    force = 0.16 + 0.42 * float(depth[run].mean())
                    sheet.stroke(line[run], min(force, 0.6), scale, 0.5 * scale)
