"""Colours and regions on a drawn head: skin, eyes, brows, nose, mouth, beard, and hair above them.

Marks sit on the face's chart (u, v) of `face_shape`, so they turn with the head. Every mark is laid
with a soft edge of about a pixel.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin

import numpy as np

from drawn_worlds.faces import hair as face_hair
from drawn_worlds.faces import shape as face_shape
from drawn_worlds.faces.shape import (
    ONE,
    ZERO,
    angle,
    bells,
    eye_place,
    fetch,
    hypot,
    mouth_places,
    nearest,
    nose_places,
    table,
    unit,
)

(FACE, HAIR, BROW, EYE, NOSE, MOUTH, EAR, NECK, CLOTHES, GLASSES, BEARD, HEADWEAR) = range(
    1, 13
)  # numbers in faces.CLASSES; 0: background


class Coat:
    """What N points of a surface look like: linear `colour` (3, N), `gloss` and own light, `glow`,
    all of them rows of `values` (5, N); and `region` (N,).
    """

    def __init__(self, values, region):
        self.values, self.region = values, region
        self.colour, self.gloss, self.glow = values[:3], values[3], values[4]

    @classmethod
    def of(cls, count, colour, region, gloss=0.0):
        return cls(
            np.full((5, count), np.float32((*colour, gloss, 0))[:, None]),
            np.full(count, region, np.uint8),
        )

    def part(self, where) -> Coat:
        """A copy of the points `where` (K,)."""
        return Coat(self.values.take(where, 1), self.region.take(where))

    def mend(self, where, part):
        """Replace the points `where` (K,)."""
        rows = len(self.region) * np.arange(5)[:, None]
        self.values.reshape(-1)[where + rows] = part.values  # much faster than in two dimensions
        self.region[where] = part.region

    def lay(self, cover, colour, region=None, gloss=None):
        """Cover the points by shares (N,) with a colour (3,) or (3, N)."""
        self.colour += cover * (np.asarray(colour, np.float32).reshape(3, -1) - self.colour)
        if region is not None:
            np.copyto(self.region, region, where=cover > 0.5)
        if gloss is not None:
            self.gloss += cover * (gloss - self.gloss)

    def shade(self, cover, tint):
        """Multiply colours by `tint` (3,) where the shares (N,) are 1, less where they are less."""
        self.colour *= 1 - cover * (1 - np.float32(tint)[:, None])


def tinted(tone, colour):
    """A colour (3,) in tones (K,): (3, K)."""
    return np.float32(colour)[:, None] * tone


class Marks:
    """Where points (3, N) of a head, if they are `bare` and not behind, lie on the face's chart,
    and how large a pixel is there. `spots` (2, N): the points on the whole chart; `place`: the
    indices of those that count.
    """

    def __init__(self, head, spots, bare, pixel):
        self.place = np.flatnonzero(bare & (head[2] > -0.15))
        self.head, self.grain = head.take(self.place, 1), spots.take(self.place, 1)
        self.pixel = np.float32(1.15 * pixel)
        self.u, self.v = self.head[:2] / np.maximum(self.head[2], np.float32(0.05))
        self.across = np.abs(self.u)

    def near(self, u, v, wide, high):
        """Of the points that count, in a box round (±u, v): indices, u and v."""
        near = np.flatnonzero((np.abs(self.across - u) < wide) & (np.abs(self.v - v) < high))
        return near, self.u.take(near), self.v.take(near)

    def cover(self, inside):
        """Share 0 … 1 of a pixel whose middle is that far inside an edge."""
        return unit(inside / self.pixel + 0.5)

    def line(self, off, half):
        """Share of a line of so much half-width, never thinner than it would look."""
        return unit((half - np.abs(off)) / self.pixel + 0.5) * np.float32(
            np.minimum(1, 2.2 * half / self.pixel + 0.25)
        )


@lru_cache(1)
def grain():
    """Periodic fine noise (256, 256) of deviation 1, for skin, and rounder spots (256, 256)."""
    rng = np.random.default_rng(9)
    fine, spots = face_hair.stretched(rng, 256, 256, 1, 1), face_hair.stretched(rng, 256, 256, 3, 3)
    return 0.6 * fine + 0.8 * spots, spots


def paint_face(who, seen, head, spots, bare, pixel) -> Coat:
    """The face at points (3, N) of the head, with marks where it is `bare` (N,)."""
    marks = Marks(head, spots, bare, pixel)
    whole = Coat.of(head.shape[1], who.skin, FACE, 0.35)
    coat = whole.part(marks.place)
    _complexion(coat, marks, who)
    _nose(coat, marks, who)
    _mouth(coat, marks, who, seen)
    _age_lines(coat, marks, who, seen)
    if who.beard != "none":
        _beard(coat, marks, who, seen)
    _eyes(coat, marks, who, seen)
    _brows(coat, marks, who, seen)
    whole.mend(marks.place, coat)
    return whole


def _complexion(coat, marks, who):
    tip, eye = nose_places(who)[1], eye_place(who)
    cheek, nose, chin, hollow, gloss, many = bells(
        marks.across,
        marks.v,
        [
            (0.58, -0.36, 0.2, 0.17),
            (0, tip, 0.12, 0.1),
            (0, -1.3, 0.3, 0.2),
            (eye[0] - 0.02, eye[1], 0.17, 0.09),
            (0, tip, 0.06, 0.1),
            (0.35, -0.25, 0.4, 0.22),
        ],
    )
    red = cheek + 0.8 * nose + 0.3 * chin
    red = np.float32(0.34) * np.minimum(0.55 * who.blush * red, ONE)
    hollow *= 0.35 + 0.35 * who.age
    coat.gloss += 0.25 * gloss
    fine, spots = grain()
    x, y = marks.grain * 110 + np.float32(who.seed % 251)
    mottled = 1 + 0.022 * nearest(fine, x, y)
    less = mottled * (1 - red)
    for plane, tone, depth in zip(
        coat.colour, (mottled, less, less), (0.20, 0.32, 0.34), strict=True
    ):
        plane *= tone * (1 - depth * hollow)
    if who.freckles > 0.05:
        dots = unit(3 * (nearest(spots, x * 1.6, y * 1.6) - 1.15))
        coat.shade(0.75 * min(who.freckles, 1) * many * dots, (0.55, 0.38, 0.28))


def _nose(coat, marks, who):
    top, tip, base = nose_places(who)
    wide = who.nose_width
    place, u, v = marks.near(0, 0.5 * (top + base), 0.3, 0.5 * (top - base) + 0.1)
    u, part = np.abs(u), coat.part(place)
    half = table(
        v,
        [base - 0.06, base - 0.02, tip - 0.12, tip - 0.03, tip + 0.1, top, top + 0.04],
        np.array([0, 0.10, 0.172, 0.165, 0.105, 0.075, 0]) * wide,
    )
    part.region[u < half] = NOSE
    crease = hypot((u - 0.115 * wide) / (0.066 * wide**0.5), (v - tip + 0.085) / 0.078) - 1
    outer = unit((u - 0.10 * wide) / 0.05) * unit((tip + 0.04 - v) / 0.05)
    part.shade(0.55 * np.exp(-np.square(crease / 0.22)) * outer, (0.55, 0.40, 0.36))
    hole = 1 - hypot(
        (u - 0.066 * wide - 0.25 * (v - base - 0.03)) / (0.040 * wide), (v - base - 0.032) / 0.019
    )
    part.shade(marks.cover(0.02 * hole) * 0.9, (0.16, 0.08, 0.06))
    coat.mend(place, part)


def _mouth(coat, marks, who, seen):
    mouth = mouth_places(who, seen)
    reach = 0.17 + mouth.gap
    place, u, v = marks.near(0, mouth.line, mouth.half + 0.06, reach)
    u, part = np.abs(u), coat.part(place)
    s = np.minimum(u / mouth.half, ONE)
    square = s * s
    round_ = 1 - square
    line = mouth.line + (mouth.corner - mouth.line) * square + 0.008 * np.cos(5 * s) * round_
    above, below = line + 0.30 * mouth.gap * round_, line - 0.70 * mouth.gap * round_
    bow = 1 - 0.26 * np.exp(-np.square(u / 0.045))
    top = above + 0.092 * who.upper_lip * round_**0.8 * bow
    bottom = below - 0.118 * who.lower_lip * round_**0.75
    within = mouth.half - u
    lip = marks.cover(np.minimum(np.minimum(top - v, v - bottom), within))
    part.lay(0.9 * lip, tinted(1 - np.float32(0.22) * (v > line), who.lip_colour), gloss=0.55)
    part.region[lip > 0.5] = MOUTH
    soft = max(0.012, 0.8 * marks.pixel)
    seam = np.exp(-np.square((v - line) / soft)) * (u < mouth.half * 1.03)
    part.shade(0.85 * seam * (1 - 0.4 * square), (0.25, 0.13, 0.12))
    part.shade(
        0.5 * np.exp(-np.square((u - mouth.half) / 0.035) - np.square((v - mouth.corner) / 0.025)),
        (0.45, 0.30, 0.28),
    )
    if mouth.gap > 0.004:
        inner = marks.cover(np.minimum(np.minimum(above - v, v - below), within))
        part.lay(inner, (0.05, 0.012, 0.012), MOUTH, 0.1)
        edge = line - (0.12 + 0.25 * max(seen.smile, 0)) * mouth.gap * round_
        teeth = marks.cover(np.minimum(above - v, v - edge))
        teeth = teeth * marks.cover(0.92 * mouth.half - u) * inner
        part.lay(teeth, tinted(1 - 0.5 * square * square, (0.78, 0.74, 0.66)), gloss=0.5)
    coat.mend(place, part)


def _age_lines(coat, marks, who, seen):
    mouth, (_, tip, base) = mouth_places(who, seen), nose_places(who)
    place, u, v = marks.near(0.27, 0.5 * (base + mouth.line), 0.22, 0.32)
    u, part = np.abs(u), coat.part(place)
    down = ((tip - 0.05 - v) / (tip - 0.05 - mouth.line)).clip(ZERO, np.float32(1.2))
    fold = 0.18 * who.nose_width + (mouth.half + 0.03 - 0.18 * who.nose_width) * down**0.9 + 0.02
    depth = 0.10 + 0.5 * who.age + 0.35 * max(seen.smile, 0)
    ends = unit(4 * (1.1 - down)) * unit(10 * down)
    part.shade(0.6 * depth * ends * np.exp(-np.square((u - fold) / 0.02)), (0.62, 0.48, 0.44))
    coat.mend(place, part)
    if who.age < 0.35 or marks.pixel > 0.021:  # finer than a pixel
        return
    old = (who.age - 0.35) / 0.65
    place, u, v = marks.near(0, 0.52, 0.5, 0.2)
    part = coat.part(place)
    rows = np.cos((v + 0.04 * np.cos(4 * u) - 0.1 * who.hairline) * 58 + who.seed % 6)
    ends = unit(1.5 - 3.2 * np.abs(u)) * np.exp(-np.square((v - 0.5) / 0.12))
    part.shade(0.40 * old * unit(4 * rows - 3) * ends, (0.6, 0.48, 0.44))
    coat.mend(place, part)
    eye = eye_place(who)
    place, u, v = marks.near(eye[0] + 0.2, eye[1] - 0.02, 0.1, 0.13)
    u, v, part = np.abs(u) - eye[0] - 0.14, v - eye[1] + 0.01, coat.part(place)
    rays = np.cos(angle(u + 0.06, v) * 13)
    ends = unit(20 * u) * unit(1.6 - 14 * u)
    part.shade(0.45 * old * unit(4 * rays - 3) * ends, (0.6, 0.48, 0.44))
    coat.mend(place, part)
    place, u, v = marks.near(eye[0], eye[1] - 0.13, 0.16, 0.07)
    u, v, part = np.abs(u) - eye[0], v - eye[1], coat.part(place)
    bag = np.exp(-np.square((v + 0.135 - 1.6 * u * u) / 0.016)) * unit(1.6 - 12 * np.abs(u))
    part.shade(0.5 * old * bag, (0.64, 0.52, 0.50))
    coat.mend(place, part)


def _eyes(coat, marks, who, seen):
    middle = eye_place(who)
    wide = face_shape.eye_width(who)
    place, u, v = marks.near(*middle, 0.25, 0.2)
    if not len(place):
        return
    part, side = coat.part(place), np.sign(u)
    x, y = np.abs(u) - middle[0], v - middle[1]
    cosine, sine = cos(who.eye_tilt), sin(who.eye_tilt)
    s, t = (x * cosine + y * sine) / wide, y * cosine - x * sine
    far = np.abs(s)
    open_ = 0.074 * who.eye_open * who.eye_size * (1 - 0.4 * seen.squint) * (1 + 0.12 * seen.brows)
    round_ = 1 - s * s
    almond = np.maximum(round_, ZERO)
    upper = open_ * almond**0.7
    lower = -open_ * (0.56 - 0.2 * seen.squint) * almond**0.9 * (1 + 0.25 * s)
    dark = np.float32(who.hair) * 0.25 + np.float32((0.006, 0.004, 0.003))
    lash = 0.009 + 0.006 * who.softness
    crease = upper + (0.028 + 0.018 * who.lid) + 0.02 * round_
    part.shade(
        (0.25 + 0.4 * who.lid) * np.exp(-np.square((t - crease) / 0.011)) * unit(1.9 - 1.6 * far),
        (0.52, 0.40, 0.37),
    )
    under = np.exp(-np.square((t - lower + 0.012) / 0.016)) * (far < 1)
    part.shade(0.3 * under, (0.66, 0.50, 0.48))
    gaze = [sin(radians(turn)) * 0.16 for turn in seen.gaze]
    radius = 0.078 * who.eye_size**0.4
    du, dv = (x - side * np.float32(gaze[0])) / radius, (y - gaze[1] - 0.004) / radius
    off = hypot(du, dv)
    light = 1.0 if seen.light_from[0] > 0 else -1.0
    x, y = x * side - gaze[0], y - gaze[1]
    opening, iris, pupil, spark, dim = marks.cover(
        np.array(
            [
                np.minimum(np.minimum(upper - t, t - lower), wide * (1 - far)),
                (1 - off) * radius,
                (0.40 - off) * radius,
                0.014 - hypot(x - 0.024 * light, y - 0.030),
                0.012 - hypot(x + 0.026 * light, y + 0.018),
            ]
        )
    )
    shadow = (0.5 + 0.5 * (upper - t) / (0.75 * open_)).clip(np.float32(0.45), ONE)
    white = tinted(shadow * (1 - 0.30 * far * far * far), (0.74, 0.72, 0.70))
    white += unit(-4 * s - 3.1) * (np.float32([[0.5], [0.25], [0.22]]) - white)
    part.lay(opening, white, EYE, 0.6)
    rays = 0.5 + 0.5 * np.cos(angle(du, dv) * 17)
    tone = 0.85 + 0.9 * (off - 0.3).clip(ZERO, np.float32(0.5)) + 0.25 * rays - 0.4 * dv
    tone = tone * shadow * (1 - 0.7 * unit((off - 0.78) / 0.22))
    part.lay(iris * opening, tinted(np.maximum(tone, np.float32(0.1)), who.eye_colour))
    part.lay(pupil * opening, (0.004, 0.004, 0.004))
    band = marks.line(t - upper - 0.3 * lash, lash * (0.7 + 0.3 * s)) * (far < 1.0)
    wing = marks.line(t - 0.10 * (s - 1) - 0.004, lash * unit(2.3 - 2 * far) * 0.8)
    wing = wing * (s > 0.9) * (s < 1.13) * who.softness
    part.lay(np.maximum(0.92 * band, 0.8 * wing), dark, gloss=0.1)
    rim = marks.line(t - lower, 0.004) * (far < 0.97)
    part.lay((0.25 + 0.25 * who.softness) * rim, dark)
    part.glow += (0.9 * spark + 0.16 * dim) * opening
    coat.mend(place, part)


def brow_curve(who, seen, s):
    """v of the middle of a brow at s, 0 near the nose … 1 at the temple."""
    start = 0.195 + who.brow_height + who.eye_height + 0.045 * seen.brows
    arch = 0.055 + 0.03 * (who.brow_arch - 1)
    inner = 0.035 * min(seen.brows, 0) * (1 - s) ** 2
    return start + arch * np.sin(np.pi * np.minimum(0.12 + 0.76 * s, 1)) - 0.062 * s**2.2 + inner


def _brows(coat, marks, who, seen):
    place, u, v = marks.near(0.40, 0.22 + who.brow_height, 0.34, 0.17)
    across, part = np.abs(u), coat.part(place)
    s = (across - 0.145) / 0.50
    inside = unit(s)
    off = v - brow_curve(who, seen, inside)
    half = 0.047 * who.brow_thick * unit(0.75 + 0.9 * inside) * (1 - inside**2.5) ** 0.8
    rough = face_hair.strands(face_hair.blur_of(marks.pixel))
    noise = fetch(rough, (across * 1.1 + v) * 300 + who.seed % 89, (v - 0.5 * across) * 60)
    edge = (half - np.abs(off)) / max(marks.pixel, 0.012) + 0.45 + 0.30 * noise
    ends = unit((s + 0.04) / 0.10 + 0.25 * noise) * (s < 1.0)
    cover = unit(edge) * ends * unit(0.85 + 0.12 * noise)
    colour = np.float32(who.hair) * (0.5 - 0.25 * min(1, who.hair[1] * 3)) + 0.15 * who.grey * 0.4
    colour = 0.82 * colour + 0.10 * np.float32(who.skin)
    part.lay(0.92 * cover, colour, None, 0.05)
    part.region[cover > 0.35] = BROW
    coat.mend(place, part)


def beard_share(who, seen, head):
    """How far points (3, ...) lie inside the beard: above 0 inside, in about 10 cm."""
    x, y, z = head
    ahead = np.maximum(z, np.float32(0.05))
    x = np.abs(x)
    u, v = x / ahead, y / ahead
    mouth, (_, _, base) = mouth_places(who, seen), nose_places(who)
    lips = 1 - hypot(u / (mouth.half + 0.01), (v - mouth.line + 0.01) / (0.105 + 0.7 * mouth.gap))
    top = mouth.line + 0.07 * who.upper_lip
    moustache = np.minimum(base - 0.035 - v + 0.1 * u, v - top + 0.10 + 0.2 * u)
    moustache = np.minimum(moustache, mouth.half + 0.07 - u)
    if who.beard == "moustache":
        inside = moustache
    elif who.beard == "goatee":
        chin = np.minimum(mouth.half + 0.05 - u, mouth.line + 0.03 - v)
        inside = np.maximum(moustache, np.minimum(chin, np.float32(0.2)))
    else:
        cheek = -0.34 - 0.36 * (1 - unit(x / 0.62)) ** 1.2 - y
        burns = 0.07 - np.abs(z - 0.16) + np.float32(0.1) * (y < -0.3)
        np.copyto(burns, -1, where=(x <= 0.5) | (y >= 0.1))
        inside = np.maximum(np.maximum(np.minimum(cheek, z + 0.02), burns), moustache)
        gap = 1 - hypot(u / (0.55 * mouth.half), (v - mouth.line + 0.19) / 0.035)
        inside = np.minimum(inside, -0.02 * gap + 0.02)
    inside = np.minimum(inside, -0.10 * lips)
    np.copyto(inside, -1, where=z <= -0.15)
    return inside


def _beard(coat, marks, who, seen):
    inside = beard_share(who, seen, marks.head)
    place = np.flatnonzero(inside > -0.12)
    part, inside = coat.part(place), inside.take(place)
    fine, _ = grain()
    rough = face_hair.strands(face_hair.blur_of(marks.pixel))
    x, y = marks.grain.take(place, 1)
    streak = fetch(rough, x * 220 + who.seed % 83, y * 40)
    dots = nearest(fine, x * 240, y * 240)
    ready = part.region == FACE
    if who.beard == "stubble":
        cover = unit(inside / 0.16 + 0.25) * unit(0.38 + 0.16 * dots) * ready
        part.lay(cover, np.float32(who.hair) * 0.8, None, 0.2)
    else:
        cover = unit(inside / 0.035 + 0.4 + 0.35 * streak + 0.15 * dots) * ready
        colour = tinted(0.75 + 0.5 * streak.clip(-ONE, np.float32(1.5)), who.hair)
        part.lay(0.93 * cover, colour, BEARD, 0.06)
    coat.mend(place, part)
