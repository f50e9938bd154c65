"""The shape of a drawn person: a star-shaped head, ears and hair volumes, neck and shoulders.

Head coordinates: x to the picture's right, y up, z towards the viewer when the head looks straight
on; the origin lies between the ears at the height of the eyes, and a head is about 2.2 high. The
head's surface is a radius for every direction, kept on a Lambert azimuthal chart round the face
(equal areas, one singular point at the back of the head), and rays find it in a fan of
half-planes round the line of sight.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

REACH = 2.03                                           # of the chart: 2 is the back of the head
PIVOT = np.array([0.0, -0.9, -0.25], np.float32)       # where the neck bends and turns
ZERO, ONE = np.float32(0), np.float32(1)
FAR = -9.0                                             # depth where nothing is


class Chart(NamedTuple):
    """Directions (n, n, 3) of the chart's texels and the same as planes (3, n, n), `turn` the
    cosine of their angle from the front round the vertical axis, `torn` 1 where the chart is, at the back
    of the head. Of the `right` half's directions (n, n/2, 3), `front` is a block of slices on the
    face and there `u`, `v`, the direction's x/z and y/z: where a mark on the face stays, whatever
    the surface does.
    """

    directions: np.ndarray
    planes: np.ndarray
    turn: np.ndarray
    torn: np.ndarray
    right: np.ndarray
    front: tuple
    u: np.ndarray
    v: np.ndarray


@lru_cache(4)
def chart(side: int) -> Chart:
    """The chart with side × side texels, an even number."""
    line = np.linspace(-REACH, REACH, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    far = np.hypot(x, y)                               # beyond 2: past the back of the head
    flip = np.where(far > 2, -(4 - far) / far, 1).astype(np.float32)
    x, y = x * flip, y * flip
    square = np.minimum(x * x + y * y, 4)
    shrink = np.sqrt(1 - square / 4)
    d = np.stack([x * shrink, y * shrink, 1 - square / 2], -1)
    turn = d[..., 2] / np.maximum(np.hypot(d[..., 0], d[..., 2]), 1e-4)
    right = d[:, side // 2:].copy()
    inside = np.flatnonzero(np.abs(line) < 1.12)
    front = slice(inside[0], inside[-1] + 1), slice(len(inside) // 2)
    z = np.maximum(right[front][..., 2], 0.2)
    return Chart(d, np.moveaxis(d, -1, 0).copy(), turn, np.clip(-9 - 10 * d[..., 2], 0, 1), right,
                 front, right[front][..., 0] / z, right[front][..., 1] / z)


def turned(points, matrix):
    """Points (..., 3) times a matrix (3, 3), or (..., k) for (k, 3); faster than by NumPy."""
    points = np.asarray(points, np.float32)
    matrix = np.ascontiguousarray(matrix, np.float32)
    if not points.size:
        return np.zeros(points.shape[:-1] + (len(matrix),), np.float32)
    found = cv2.transform(points.reshape(-1, 1, 3), matrix)
    return found.reshape(points.shape[:-1] + (len(matrix),))


def unit(x):
    """x cut off at 0 and 1; on small arrays much faster than by np.clip and Python's numbers."""
    return np.asarray(x).clip(ZERO, ONE)


def along(points, way):
    """Products (...) of points (..., 3) and a vector (3,)."""
    return turned(points, np.asarray(way)[None])[..., 0]


def lengths(points):
    """Lengths (..., 1) of points (..., 3), no less than 1e-6."""
    x, y, z = (points[..., k] for k in range(3))
    return np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-6))[..., None]


def directions(points):
    """Points (N, 3), each divided by its length."""
    x, y, z = points.T
    short = 1 / np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-6))
    return joined(x * short, y * short, z * short)


def joined(x, y, z):
    """Points (N, 3) of their coordinates (N,); faster than np.stack."""
    return cv2.merge([x, y, z]).reshape(-1, 3) if len(x) else np.zeros((0, 3), np.float32)


def table(x, places, values):
    """What np.interp(x, places, values) gives, as float32."""
    return np.interp(x, places, values).astype(np.float32)


def blob(directions, towards, width):
    """A bump of height 1 round a direction; `width` in radians."""
    towards = np.float32(towards)
    across = along(directions, towards / (np.linalg.norm(towards) * width**2))
    return np.exp(across - np.float32(1 / width**2))


def _egg(d, centre, radii):
    """How far an ellipsoid's surface is from the origin, which is inside, in directions d."""
    centre, radii = np.asarray(centre, np.float32), np.asarray(radii, np.float32)
    a = along(d * d, 1 / radii**2)
    b = along(d, centre / radii**2)
    return (b + np.sqrt(b * b - a * np.float32(np.sum((centre / radii) ** 2) - 1))) / a


def head_radius(who, seen, side: int) -> np.ndarray:
    """Radius (side, side) of the bare head, with its expression: left is as right."""
    c = chart(side)
    d = c.right
    wide, high = who.head_width, who.head_height
    skull = _egg(d, (0, 0.27 * high, -0.13), (0.74 * wide, 0.84 * high, 0.92))
    face = _egg(d, (0, -0.32 * high, 0.20),
                (0.60 * wide * who.jaw_width**0.5, 0.86 * high, 0.65))
    r = 0.5 * (skull + face + np.sqrt((skull - face) ** 2 + 0.012))
    jaw, age = who.jaw_width, who.age
    r += blob(d, (0, -0.86 * who.chin_drop, 0.60), 0.20) * (0.07 * who.chin)
    r += blob(d, (0.56, -0.60, 0.25), 0.24) * (0.14 * (jaw - 0.95) + 0.02)
    r -= blob(d, (0.45, -0.80, 0.40), 0.22) * (0.05 + 0.10 * (1 - jaw))
    round_ = 0.045 * who.cheeks + 0.02 * max(seen.smile, 0)
    r += blob(d, (0.60, -0.20, 0.62), 0.22) * round_
    r -= blob(d, (0.52, -0.50, 0.55), 0.2) * (0.05 * (age - 0.2) + 0.03 * (1 - who.cheeks))
    r -= blob(d, (0.80, 0.16, 0.58), 0.2) * 0.03
    r -= blob(d, (0, -0.93, 0.10), 0.3) * 0.10
    r[c.front] += _features(c.u, c.v, who, seen)
    return cv2.GaussianBlur(cv2.hconcat([cv2.flip(r, 1), r]), (0, 0), 0.006 * side)


def _features(u, v, who, seen):
    """How much sockets, brow, nose, lips and chin add to the radius at u, v of the front block."""
    bumps = []

    def bump(*height_place_size):
        bumps.append(height_place_size)

    place = eye_place(who)
    bump(-0.075, place[0] - 0.02, place[1] - 0.03, 0.15, 0.11)
    bump(0.05, place[0], place[1], 0.11, 0.085)
    bump(-0.045, 0.16, place[1] + 0.01, 0.05, 0.09)
    bump(0.032 * who.brow_ridge, 0.30, 0.20 + who.brow_height, 0.17, 0.06)
    bump(0.02, 0.0, 0.22, 0.13, 0.10)
    top, tip, base = nose_places(who)
    high = who.nose_high
    knots = [base - 0.07, base, tip - 0.09, tip, tip + 0.10, 0.5 * (tip + top), top, top + 0.14]
    heights = [0, 0.03, 0.17 + 0.02 * who.nose_tip, 0.225, 0.20 + 0.02 * who.nose_tip,
               0.12 + 0.02 * who.nose_hump, 0.03, 0]
    widths = np.array([0.12, 0.135, 0.14, 0.14, 0.125, 0.105, 0.10, 0.11]) * who.nose_width**0.8
    profile = table(v, knots, np.float32(heights) * high)
    width = table(v, knots, widths)
    nose = profile * np.exp(-np.square(u / width))
    wing = 0.125 * who.nose_width
    bump(0.065 * high**0.5, wing, tip - 0.085, 0.05, 0.055)
    bump(-0.035, 0.5 * wing, base + 0.035, 0.035, 0.03)
    lips = mouth_places(who, seen)
    bump(0.035, 0, lips.line, 0.34, 0.22)
    bump(0.045 * who.upper_lip, 0, lips.line + 0.055, 0.6 * lips.half, 0.045)
    bump(0.055 * who.lower_lip, 0, lips.line - 0.075, 0.55 * lips.half, 0.05)
    bump(-0.035, 0, lips.line - 0.005, 0.75 * lips.half, 0.02)
    bump(-0.028, lips.half, lips.corner, 0.05, 0.05)
    bump(-0.03, 0, lips.line - 0.25, 0.16, 0.065)
    bump(0.02 + 0.03 * max(seen.smile, 0), 0.45, lips.line + 0.28, 0.14, 0.14)
    bump(-0.02 * who.age - 0.016 * max(seen.smile, 0), 0.30, lips.line + 0.12, 0.045, 0.14)
    height, x, y, wide, high = np.float32(bumps).T[..., None, None]
    bells = np.exp(-0.5 * (np.square((u - x) / wide) + np.square((v - y) / high)))
    return nose + (height * bells).sum(0)


def eye_place(who):
    """(u, v) of an eye's middle on the face's chart; the other is at -u."""
    return 0.372 * who.eye_apart * who.head_width**0.5, -0.01 + who.eye_height


def eye_width(who):
    """Half the width of an eye on the face's chart."""
    return 0.158 * who.eye_size


def nose_places(who):
    """v of the nose's root, tip and base."""
    return (0.02 + who.eye_height, -0.355 * who.nose_length + 0.02 * who.nose_tip,
            -0.505 * who.nose_length)


class Mouth(NamedTuple):
    """v of the mouth's line and corners, half its width, how far its lips are apart."""

    line: float
    corner: float
    half: float
    gap: float


def mouth_places(who, seen) -> Mouth:
    """Where the mouth is, with its expression."""
    line = nose_places(who)[2] - 0.235 + who.mouth_height
    half = 0.275 * who.mouth_width * (1 + 0.17 * max(seen.smile, 0))
    return Mouth(line, line + 0.075 * seen.smile, half, 0.13 * seen.mouth_open)


def normals(radius: np.ndarray) -> np.ndarray:
    """Unit normals (n, n, 3), in head coordinates, of the surface of a chart's radius."""
    c = chart(len(radius))
    points = c.planes * radius
    ax, ay, az = (cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=1) for plane in points)
    bx, by, bz = (cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=1) for plane in points)
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    sure = (1 - c.torn) / np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-6))
    return cv2.merge([sure * normal + c.torn * d
                      for normal, d in zip((x, y, z), c.planes, strict=True)])  # fmt: skip


class Camera:
    """How the head stands before the camera, and a raster of `side` pixels that looks at it.

    `turn` (3, 3) takes head coordinates to the viewer's, `origin` is where the head's origin is.
    `x` (side,), `y` (side,) are the pixels' places; a parallel projection.
    """

    def __init__(self, seen, side: int):
        yaw, pitch, roll = np.radians([seen.yaw, -seen.pitch, seen.roll])
        self.turn = (_turn(roll, 0, 1) @ _turn(pitch, 1, 2) @ _turn(yaw, 2, 0)).astype(np.float32)
        self.origin = PIVOT - self.turn @ PIVOT
        self.body = _turn(yaw * seen.body_turn, 2, 0).astype(np.float32)
        self.side, self.half = side, 1.5 / seen.zoom
        middle = (0.75 * self.origin[0] + seen.shift[0], -0.13 + seen.shift[1])
        step = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
        self.x, self.y = step * self.half + middle[0], -step * self.half + middle[1]
        self.pixel = 2 * self.half / side

    def pixels(self, points) -> np.ndarray:
        """(K, 2) columns and rows, in pixels of this raster, of points (K, 3) on the head."""
        seen = np.asarray(points, np.float32) @ self.turn.T + self.origin
        return np.stack([(seen[:, 0] - self.x[0]) / self.pixel + 0.5,
                         (self.y[0] - seen[:, 1]) / self.pixel + 0.5], -1)

    def depth(self, points) -> np.ndarray:
        """(K,) how near points (K, 3) on the head are."""
        return np.asarray(points, np.float32) @ self.turn[2] + self.origin[2]

    def box(self, middle, reach):
        """Slices of the pixels within `reach` (x, y) of a head's point `middle`."""
        at = self.turn @ np.asarray(middle, np.float32) + self.origin
        column, row = (at[0] - self.x[0]) / self.pixel, (self.y[0] - at[1]) / self.pixel
        wide, high = np.asarray(reach) / self.pixel + 1
        rows, columns = ((max(int(m - s), 0), max(min(int(m + s + 1), self.side), 0))
                         for m, s in ((row, high), (column, wide)))
        return slice(*rows), slice(*columns)

    def to_head(self, x, y, z):
        """Head coordinates (N, 3) of places (N,) as the viewer sees them."""
        x0, y0, z0 = self.origin
        return turned(joined(x - x0, y - y0, z - z0), self.turn.T)


def _turn(angle, first, second):
    """Rotation (3, 3) that takes axis `first` towards axis `second`."""
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[second, first], matrix[first, second] = np.sin(angle), -np.sin(angle)
    return matrix


def fetch(texture, column, row, border=cv2.BORDER_WRAP):
    """What a texture (h, w[, C]) holds at places (N,), in its pixels: (N[, C])."""
    count = len(column)
    if border == cv2.BORDER_WRAP:                      # remap itself is slow beyond a texture
        high, wide = (np.float32(side) for side in texture.shape[:2])
        column = column - wide * np.floor(column * (1 / wide))
        row = row - high * np.floor(row * (1 / high))
    if 0 < count < 32767:
        return cv2.remap(texture, column[None], row[None], cv2.INTER_LINEAR, borderMode=border)[0]
    line = min(max(count, 1), 1024)                    # remap takes no side beyond 32766
    places = np.zeros((2, max(-(-count // line), 1) * line), np.float32)
    places[0, :count], places[1, :count] = column, row
    found = cv2.remap(texture, *places.reshape(2, -1, line), cv2.INTER_LINEAR, borderMode=border)
    return found.reshape((-1,) + texture.shape[2:])[:count]


def lambert(head, length=None):
    """Places (2, N) on the chart, within a circle of radius 2, of points (N, 3) of that length."""
    if length is None:
        length = lengths(head)[:, 0]
    x, y, z = head.T
    more = length + np.abs(z)
    ahead = np.where(z < 0, (x * x + y * y) / more, more)  # length + z, exact at the back as well
    scale = np.sqrt(2 / np.maximum(length * ahead, np.float32(1e-12)))
    return np.stack([x * scale, y * scale])


def look_up(texture, head):
    """What a chart's texture (n, n[, C]) holds in the directions of points (N, 3): (N[, C])."""
    return look_at(texture, lambert(head))


def look_at(texture, place):
    """What a chart's texture (n, n[, C]) holds at places (2, N) on it: (N[, C])."""
    place = (place + np.float32(REACH)) * np.float32((len(texture) - 1) / (2 * REACH))
    return fetch(texture, *place, cv2.BORDER_REPLICATE)


@lru_cache(4)
def _fan(rows: int, steps: int):
    """Directions (rows, steps, 3) round the line of sight and away from it, with sine and cosine of
    the angle (steps,) away.
    """
    round_ = np.linspace(0, 2 * np.pi, rows)[:, None]
    away = np.linspace(0, 0.8 * np.pi, steps)
    sine, cosine = np.sin(away), np.cos(away)
    ways = np.stack(np.broadcast_arrays(np.cos(round_) * sine, np.sin(round_) * sine, cosine), -1)
    return ways.astype(np.float32), np.float32(sine), np.float32(cosine)


def trace(camera: Camera, radius):
    """Where the viewer's rays meet a star-shaped surface: (slices, depth), `FAR` where they miss.

    In a half-plane that the line of sight through the origin bounds, the surface goes further back
    the further its direction is from that line. So of its points as far out as a ray, the ray meets
    the one whose direction comes first.
    """
    most = float(radius.max())
    spot = camera.box((0, 0, 0), (most, most))
    x, y = np.meshgrid(camera.x[spot[1]] - camera.origin[0], camera.y[spot[0]] - camera.origin[1])
    ways, sine, cosine = _fan(2 * len(radius), len(radius))
    rows, steps = ways.shape[:2]
    ways = turned(ways, camera.turn.T).reshape(-1, 3)
    r = look_at(radius, lambert(ways, ONE)).reshape(rows, steps)
    out, z = r * sine, r * cosine
    reached = np.maximum.accumulate(out, 1)
    cell, line = np.float32(most / steps), np.arange(rows)[:, None]
    cells = np.minimum((reached / cell).astype(np.int32), steps - 1) + steps * line
    first = np.bincount(cells.ravel(), minlength=out.size).reshape(out.shape).cumsum(1)
    first = np.maximum(np.minimum(first, out.argmax(1)[:, None]), 1) + steps * line
    low, high = out.take(first - 1), out.take(first)
    share = np.arange(1, steps + 1, dtype=np.float32) * cell - low
    share = unit(share / np.maximum(high - low, np.float32(1e-6)))
    low, high = z.take(first - 1), z.take(first)
    z = low + share * (high - low)
    far, row = cv2.magnitude(x, y), cv2.phase(x, y) * np.float32((rows - 1) / (2 * np.pi))
    rim = cv2.remap(np.repeat(reached[:, -1:], 2, 1), np.zeros_like(row), row, cv2.INTER_LINEAR)
    smooth, found = (cv2.remap(z, far / cell - 1, row, how, borderMode=cv2.BORDER_REPLICATE)
                     for how in (cv2.INTER_LINEAR, cv2.INTER_NEAREST))
    np.copyto(found, smooth, where=np.abs(found - smooth) < 0.1)      # not across an edge
    found += camera.origin[2]
    found[far > rim + np.float32(0.4 * camera.pixel)] = FAR
    return spot, found


class Egg(NamedTuple):
    """An ellipsoid; `inward` (3, 3) takes head coordinates from its centre to a ball, `outward`
    back.
    """

    centre: np.ndarray
    inward: np.ndarray
    outward: np.ndarray


def egg(centre, radii, turned=0.0, tilted=0.0) -> Egg:
    """An ellipsoid, turned about the vertical axis and then tilted sideways, in radians."""
    rotation = _turn(tilted, 0, 1) @ _turn(turned, 2, 0)
    return Egg(np.float32(centre), np.float32(rotation.T / np.asarray(radii)[:, None]),
               np.float32(rotation * np.asarray(radii)))


def cast(camera: Camera, shape: Egg):
    """(slices, depth) of an ellipsoid, `FAR` where the rays miss it."""
    reach = np.sqrt(np.square(camera.turn[:2] @ shape.outward).sum(1))
    spot = camera.box(shape.centre, reach)
    at = camera.turn @ shape.centre + camera.origin
    inward = shape.inward @ camera.turn.T
    x, y = (camera.x[spot[1]] - at[0])[None, :], (camera.y[spot[0]] - at[1])[:, None]
    start = [inward[k, 0] * x + inward[k, 1] * y for k in range(3)]
    a = inward[:, 2] @ inward[:, 2]
    b = sum(inward[k, 2] * start[k] for k in range(3))
    under = b * b - a * (sum(s * s for s in start) - 1)
    z = (np.sqrt(np.maximum(under, 0)) - b) / a + at[2]
    return spot, np.where(under > 0, z, np.float32(FAR))
