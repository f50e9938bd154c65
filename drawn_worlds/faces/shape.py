"""The shape of a drawn person: a star-shaped head, ears and hair volumes, neck and shoulders.

Head coordinates: x to the picture's right, y up, z towards the viewer when the head looks straight
on; the origin lies between the ears at the height of the eyes, and a head is about 2.2 high. The
head's surface is a radius for every direction, kept on a Lambert azimuthal chart round the face
(equal areas, one singular point at the back of the head), and rays find it in a fan of
half-planes round the line of sight.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin
from typing import NamedTuple

import cv2
import numpy as np

REACH = 2.03  # of the chart: 2 is the back of the head
PIVOT = np.array([0.0, -0.9, -0.25], np.float32)  # where the neck bends and turns
ZERO, ONE = np.float32(0), np.float32(1)
FAR = -9.0  # depth where nothing is


class Chart(NamedTuple):
    """Directions (3, n, n) of the chart's texels, `turn` the cosine of their angle from the front
    round the vertical axis. `slopes` (2, 3, n, n): how a surface's normal leans where the logarithm
    of its radius grows by 1 from a texel's left to its right, and from above it to below.

    Of the right half, in a row: `right`, directions (3, m), their `squares`, and the `bulges`
    (K, m) of `BULGES`. There `front` is a block of slices on the face and `u`, `v` are the
    direction's x/z and y/z: where a mark on the face stays, whatever the surface does.
    """

    directions: np.ndarray
    turn: np.ndarray
    slopes: np.ndarray
    right: np.ndarray
    squares: np.ndarray
    bulges: np.ndarray
    front: tuple
    u: np.ndarray
    v: np.ndarray


BULGES = (
    ((0.56, -0.60, 0.25), 0.24),
    ((0.45, -0.80, 0.40), 0.22),
    ((0.60, -0.20, 0.62), 0.22),
    ((0.52, -0.50, 0.55), 0.20),
    ((0.80, 0.16, 0.58), 0.20),
    ((0.0, -0.93, 0.10), 0.30),
)  # of jaw, cheeks, temple, neck


@lru_cache(4)
def chart(side: int) -> Chart:
    """The chart with side × side texels, an even number."""
    line = np.linspace(-REACH, REACH, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    far = np.hypot(x, y)  # beyond 2: past the back of the head
    flip = np.where(far > 2, -(4 - far) / far, 1).astype(np.float32)
    x, y = x * flip, y * flip
    square = np.minimum(x * x + y * y, 4)
    shrink = np.sqrt(1 - square / 4)
    d = np.stack([x * shrink, y * shrink, 1 - square / 2])
    down, across = np.gradient(d, line[1] - line[0], axis=(1, 2))
    slopes = np.stack([np.cross(d, down, axis=0), np.cross(across, d, axis=0)])
    slopes *= (10 + 10 * d[2]).clip(0, 1) / (2 * (line[1] - line[0]))  # the chart is torn behind
    half = d[:, :, side // 2 :]
    right = half.reshape(3, -1)
    inside = np.flatnonzero(np.abs(line) < 1.12)
    front = slice(inside[0], inside[-1] + 1), slice(len(inside) // 2)
    x, y, z = half[(slice(None), *front)]
    z = np.maximum(z, 0.2)
    return Chart(
        d,
        d[2] / np.maximum(np.hypot(d[0], d[2]), 1e-4),
        slopes,
        right,
        right * right,
        np.stack([blob(right, *bulge) for bulge in BULGES]),
        front,
        x / z,
        y / z,
    )


def unit(x):
    """x cut off at 0 and 1; on small arrays much faster than by np.clip and Python's numbers."""
    return x.clip(ZERO, ONE)


def hypot(x, y):
    """√(x² + y²); many times as fast as np.hypot."""
    return np.sqrt(x * x + y * y)


def angle(x, y):
    """What np.arctan2(y, x) gives for (N,), many times as fast."""
    return cv2.phase(-x, -y).ravel() - np.float32(np.pi) if len(x) else x


def directions(points):
    """Points (3, N), each divided by its length."""
    x, y, z = points
    return points / np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-6))


def table(x, places, values):
    """What np.interp(x, places, values) gives, as float32."""
    return np.interp(x, places, values).astype(np.float32)


def blob(directions, towards, width):
    """A bump of height 1 round a direction, in directions (3, ...); `width` in radians."""
    towards = np.float32(towards)
    across = towards / (np.linalg.norm(towards) * width**2) @ directions.reshape(3, -1)
    return np.exp(across - np.float32(1 / width**2)).reshape(directions.shape[1:])


def bells(u, v, places):
    """Bumps (K, N) of height 1 at u, v (N,); of each, `places` (K, 4) are middle and reach: u, v,
    wide, high.
    """
    x, y, wide, high = np.float32(places).T
    a, b = -0.5 / (wide * wide), -0.5 / (high * high)
    polynomial = np.array([a, b, -2 * a * x, -2 * b * y, a * x * x + b * y * y])
    return np.exp(polynomial.T @ np.array([u * u, v * v, u, v, np.ones_like(u)]))


def _eggs(c, centres, radii):
    """How far surfaces of K ellipsoids are from the origin, which is inside: (K, m), as `right`."""
    centres, less = np.float32(centres), 1 / np.square(np.float32(radii))
    a, b = less @ c.squares, (centres * less) @ c.right
    beyond = (centres * centres * less).sum(1, keepdims=True) - 1
    return (b + np.sqrt(b * b - a * beyond)) / a


def head_radius(who, seen, side: int) -> np.ndarray:
    """Radius (side, side) of the bare head, with its expression: left is as right."""
    c = chart(side)
    wide, high, jaw = who.head_width, who.head_height, who.jaw_width
    skull, face = _eggs(
        c,
        [(0, 0.27 * high, -0.13), (0, -0.32 * high, 0.20)],
        [(0.74 * wide, 0.84 * high, 0.92), (0.60 * wide * jaw**0.5, 0.86 * high, 0.65)],
    )
    r = 0.5 * (skull + face + np.sqrt(np.square(skull - face) + np.float32(0.012)))
    heights = (
        0.14 * (jaw - 0.95) + 0.02,
        -0.05 - 0.10 * (1 - jaw),
        0.045 * who.cheeks + 0.02 * max(seen.smile, 0),
        -0.05 * (who.age - 0.2) - 0.03 * (1 - who.cheeks),
        -0.03,
        -0.10,
    )
    r += np.float32(heights) @ c.bulges
    r += blob(c.right, (0, -0.86 * who.chin_drop, 0.60), 0.20) * np.float32(0.07 * who.chin)
    r = r.reshape(side, -1)
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
    heights = [
        0,
        0.03,
        0.17 + 0.02 * who.nose_tip,
        0.225,
        0.20 + 0.02 * who.nose_tip,
        0.12 + 0.02 * who.nose_hump,
        0.03,
        0,
    ]
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
    bumps = np.float32(bumps)
    return nose + (bumps[:, 0] @ bells(u.ravel(), v.ravel(), bumps[:, 1:])).reshape(u.shape)


def eye_place(who):
    """(u, v) of an eye's middle on the face's chart; the other is at -u."""
    return 0.372 * who.eye_apart * who.head_width**0.5, -0.01 + who.eye_height


def eye_width(who):
    """Half the width of an eye on the face's chart."""
    return 0.158 * who.eye_size


def nose_places(who):
    """v of the nose's root, tip and base."""
    return (
        0.02 + who.eye_height,
        -0.355 * who.nose_length + 0.02 * who.nose_tip,
        -0.505 * who.nose_length,
    )


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
    """Normals (3, n, n), in head coordinates, of the surface of a chart's radius; as long as 1, and
    longer where the surface is steep.
    """
    c, height = chart(len(radius)), np.log(radius)
    right, below = (cv2.Sobel(height, cv2.CV_32F, *way, ksize=1) for way in ((1, 0), (0, 1)))
    found = right * c.slopes[0]
    found += below * c.slopes[1]
    found += c.directions
    return found


class Camera:
    """How the head stands before the camera, and a raster of `side` pixels that looks at it.

    `turn` (3, 3) takes head coordinates to the viewer's, `origin` is where the head's origin is.
    `x` (side,), `y` (side,) are the pixels' places; a parallel projection.
    """

    def __init__(self, seen, side: int):
        yaw, pitch, roll = radians(seen.yaw), radians(-seen.pitch), radians(seen.roll)
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
        return np.stack(
            [
                (seen[:, 0] - self.x[0]) / self.pixel + 0.5,
                (self.y[0] - seen[:, 1]) / self.pixel + 0.5,
            ],
            -1,
        )

    def depth(self, points) -> np.ndarray:
        """(K,) how near points (K, 3) on the head are."""
        return np.asarray(points, np.float32) @ self.turn[2] + self.origin[2]

    def box(self, middle, reach):
        """Slices of the pixels within `reach` (x, y) of a head's point `middle`."""
        x, y, _ = (self.turn @ np.float32(middle) + self.origin).tolist()
        at = (float(self.y[0]) - y) / self.pixel, (x - float(self.x[0])) / self.pixel
        half = reach[1] / self.pixel + 1, reach[0] / self.pixel + 1
        return tuple(
            slice(max(int(m - s), 0), max(min(int(m + s + 1), self.side), 0))
            for m, s in zip(at, half, strict=True)
        )

    def to_head(self, x, y, z):
        """Head coordinates (3, N) of places (N,) as the viewer sees them."""
        return self.turn.T @ (np.array([x, y, z]) - self.origin[:, None])


def _turn(angle, first, second):
    """Rotation (3, 3) that takes axis `first` towards axis `second`."""
    matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    matrix[first][first] = matrix[second][second] = cos(angle)
    matrix[second][first], matrix[first][second] = sin(angle), -sin(angle)
    return np.array(matrix)


def fetch(texture, column, row, border=cv2.BORDER_WRAP):
    """What a texture (h, w[, C]) holds at places (N,), in its pixels: (N[, C])."""
    count = len(column)
    if border == cv2.BORDER_WRAP:  # remap itself is slow beyond a texture
        high, wide = texture.shape[:2]
        column = column - wide * np.floor(column * (1 / wide))
        row = row - high * np.floor(row * (1 / high))
    if 0 < count < 32767:
        return cv2.remap(texture, column[None], row[None], cv2.INTER_LINEAR, borderMode=border)[0]
    line = min(max(count, 1), 1024)  # remap takes no side beyond 32766
    places = np.zeros((2, max(-(-count // line), 1) * line), np.float32)
    places[0, :count], places[1, :count] = column, row
    found = cv2.remap(texture, *places.reshape(2, -1, line), cv2.INTER_LINEAR, borderMode=border)
    return found.reshape((-1,) + texture.shape[2:])[:count]


def nearest(texture, column, row):
    """What a periodic texture (h, w) holds in the texels of places (N,); for noise as good as
    `fetch`. h and w are powers of two.
    """
    high, wide = texture.shape
    rows, columns = row.astype(np.int32) & (high - 1), column.astype(np.int32) & (wide - 1)
    return texture.take(rows * wide + columns)


def lambert(head):
    """Places (2, N) on the chart, within a circle of radius 2, of points (3, N)."""
    x, y, z = head
    flat = x * x + y * y
    far = np.sqrt(np.maximum(2 - 2 * z / np.sqrt(flat + z * z), ZERO))
    return head[:2] * (far / np.maximum(np.sqrt(flat), np.float32(1e-6)))


def look_up(texture, head):
    """What a chart's texture (n, n[, C]) holds in the directions of points (3, N): (N[, C])."""
    return look_at(texture, lambert(head))


def look_at(texture, place):
    """What a chart's texture (n, n[, C]) holds at places (2, N) on it: (N[, C])."""
    place = (place + np.float32(REACH)) * np.float32((len(texture) - 1) / (2 * REACH))
    return fetch(texture, *place, cv2.BORDER_REPLICATE)


@lru_cache(4)
def _fan(rows: int, steps: int):
    """Directions (2, rows) round the line of sight, sine and cosine of angles (steps,) away."""
    round_, away = np.linspace(0, 2 * np.pi, rows), np.linspace(0, 0.8 * np.pi, steps)
    circle = np.float32([np.cos(round_), np.sin(round_)])
    return circle, np.float32(np.sin(away)), np.float32(np.cos(away))


def trace(camera: Camera, radius):
    """Where the viewer's rays meet a star-shaped surface: (slices, depth), `FAR` where they miss.

    In a half-plane that the line of sight through the origin bounds, the surface goes further back
    the further its direction is from that line. So of its points as far out as a ray, the ray meets
    the one whose direction comes first.
    """
    most = float(radius.max())
    spot = camera.box((0, 0, 0), (most, most))
    steps = min(max(camera.side, 128) * 2 // 5, len(radius))  # about as long as a pixel is wide
    rows = min(5 * steps // 2, 2 * len(radius))
    round_, sine, cosine = _fan(rows, steps)
    ways = (camera.turn[:2].T @ round_)[..., None] * sine
    ways += camera.turn[2, :, None, None] * cosine
    r = look_up(radius, ways.reshape(3, -1)).reshape(rows, steps)
    out, z = r * sine, r * cosine
    reached = np.maximum.accumulate(out, 1)
    cell, line = np.float32(most / steps), steps * np.arange(rows)[:, None]
    cells = np.minimum((reached / cell).astype(np.int32), steps - 1) + line
    first = np.bincount(cells.ravel(), minlength=out.size).reshape(out.shape).cumsum(1)
    first = np.maximum(np.minimum(first, out.argmax(1)[:, None]), 1) + line
    low, high = out.take(first - 1), out.take(first)
    share = np.arange(1, steps + 1, dtype=np.float32) * cell - low
    share = unit(share / np.maximum(high - low, np.float32(1e-6)))
    low, high = z.take(first - 1), z.take(first)
    z = low + share * (high - low)
    x, y = camera.x[spot[1]] - camera.origin[0], camera.y[spot[0]] - camera.origin[1]
    ray = np.empty((2, len(y), len(x)), np.float32)
    ray[0], ray[1] = x, y[:, None]
    far, row = cv2.magnitude(*ray), cv2.phase(*ray) * np.float32((rows - 1) / (2 * np.pi))
    before, rim = np.floor(row), reached[:, -1]
    line = before.astype(np.int32)
    rim = rim.take(line) + (row - before) * (rim[1:] - rim[:-1]).take(line, mode="clip")
    smooth, found = (
        cv2.remap(z, far / cell - 1, row, how, borderMode=cv2.BORDER_REPLICATE)
        for how in (cv2.INTER_LINEAR, cv2.INTER_NEAREST)
    )
    np.copyto(found, smooth, where=np.abs(found - smooth) < 0.1)  # not across an edge
    found += camera.origin[2]
    np.copyto(found, FAR, where=far > rim + np.float32(0.4 * camera.pixel))
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
    return Egg(
        np.float32(centre),
        np.float32(rotation.T / np.asarray(radii)[:, None]),
        np.float32(rotation * np.asarray(radii)),
    )


def mirrored(shape: Egg) -> Egg:
    """The same ellipsoid on the other side of the head."""
    side = np.float32((-1, 1, 1))
    return Egg(shape.centre * side, shape.inward * side, shape.outward * side[:, None])


def cast(camera: Camera, shape: Egg):
    """(slices, depth) of an ellipsoid, `FAR` where the rays miss it."""
    reach = np.sqrt(np.square(camera.turn[:2] @ shape.outward).sum(1)).tolist()
    spot = camera.box(shape.centre, reach)
    at = camera.turn @ shape.centre + camera.origin
    right, up, ahead = (shape.inward @ camera.turn.T).T[:, :, None, None]
    start = right * (camera.x[spot[1]] - at[0]) + up * (camera.y[spot[0], None] - at[1])
    a, b, c = (ahead * ahead).sum(), (ahead * start).sum(0), (start * start).sum(0)
    under = b * b - a * (c - 1)
    z = (np.sqrt(np.maximum(under, ZERO)) - b) / a + at[2]
    np.copyto(z, FAR, where=under <= 0)
    return spot, z
