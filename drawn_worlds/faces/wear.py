"""What the drawn people wear: clothes, scarves, glasses; and where their landmarks are."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.faces import hair as face_hair
from drawn_worlds.faces import paint as face_paint
from drawn_worlds.faces import shape as face_shape
from drawn_worlds.faces.paint import CLOTHES, NECK, Coat, tinted
from drawn_worlds.faces.shape import angle, fetch, hypot, look_up, nearest, unit

LANDMARKS = (
    "left eye outer",
    "left eye inner",
    "right eye inner",
    "right eye outer",
    "left pupil",
    "right pupil",
    "left brow outer",
    "left brow middle",
    "left brow inner",
    "right brow inner",
    "right brow middle",
    "right brow outer",
    "nose root",
    "nose tip",
    "nose left",
    "nose right",
    "nose base",
    "mouth left",
    "mouth top",
    "mouth right",
    "mouth bottom",
    "mouth middle",
    "chin",
    "jaw left",
    "jaw right",
    "ear left",
    "ear right",
    "forehead",
)
BODY = 1


def dress(scene, body):
    """Paint neck and clothes."""
    who, seen, camera = scene.who, scene.seen, scene.camera
    where = np.flatnonzero(scene.layer == BODY)
    rows, columns = np.divmod(where, camera.side)
    own, normal = body.places(rows, columns, scene.z.ravel()[where])
    coat = Coat.of(len(where), np.float32(who.skin) * 0.93, NECK, 0.2)
    x, y, front = own[0], own[1], own[2] > body.back.take(rows) - 0.02
    edge = camera.pixel * 1.2
    collar, cut, rise = {
        "crew": (0.055, -1.20, 0.0),
        "vee": (0.05, -1.18, 0.52),
        "shirt": (0.0, -1.10, 0.0),
        "turtleneck": (0.0, -0.86, 0.0),
        "jacket": (0.0, -1.17, 0.0),
    }[seen.clothing]
    dip = rise * unit(1 - np.abs(x) / 0.42) * front
    if seen.clothing == "crew":
        dip = 0.10 * np.exp(-np.square(x / 0.3)) * front
    inside = cut - dip - y
    cloth = np.float32(seen.cloth)
    fabric = tinted(_weave(seen, own), cloth)
    cover = unit(inside / edge + 0.5)
    if seen.clothing == "jacket":
        opening = np.clip((-1.12 - y) * 0.55 + 0.10, 0.02, 0.5)
        shirt = (np.abs(x) < opening) & front
        np.copyto(fabric, np.float32(seen.lining)[:, None], where=shirt)
    coat.lay(cover, fabric, CLOTHES, 0.03)
    if seen.clothing in ("shirt", "jacket"):
        _collar(coat, seen, x, y, front, edge, fabric)
    elif collar:
        band = unit((collar - np.abs(inside - collar)) / edge + 0.5)
        coat.shade(0.28 * band, (0.6, 0.6, 0.6))
        seam = np.exp(-np.square((inside - 2.1 * collar) / 0.014))
        coat.shade(0.5 * seam, (0.5, 0.5, 0.5))
    elif seen.clothing == "turtleneck":
        fold = np.exp(-np.square((y + 1.16 + 0.03 * np.cos(2 * x)) / 0.025))
        coat.shade(0.5 * fold, (0.5, 0.5, 0.5))
    scene.put(where, coat, normal)


def _collar(coat, seen, x, y, front, edge, fabric):
    """Two flaps of a shirt, and the lapels and the opening of a jacket."""
    across = np.abs(x)
    shirt = np.float32(seen.lining if seen.clothing == "jacket" else seen.cloth)
    gap = np.clip(0.05 + 0.55 * (-y - 1.06), 0, 0.13)
    neck = unit((np.minimum(-1.03 - 0.25 * across * front - y, across - gap * 0.9)) / edge)
    flap = np.minimum(y + 1.42 + 0.20 * across, 0.70 - across + 0.2 * y)
    flap = np.minimum(flap, across - gap)
    flap = np.minimum(flap, -1.03 - 0.25 * across - y)
    np.copyto(flap, -1.03 - y, where=~front)
    coat.lay(unit(flap / edge + 0.5) * (y > -1.5), shirt * 1.08, CLOTHES, 0.04)
    rim = np.exp(-np.square(flap / 0.016)) * (y > -1.5) * front
    coat.shade(0.45 * rim * neck, (0.45, 0.45, 0.48))
    if seen.clothing == "shirt":
        seam = np.exp(-np.square((x - 0.035) / 0.012)) * (y < -1.25) * front
        coat.shade(0.35 * seam, (0.5, 0.5, 0.5))
        down = np.abs((y + 1.38) / 0.26 - np.round((y + 1.38) / 0.26)) * 0.26
        button = unit((0.02 - hypot(x, down)) / edge + 0.5) * (y < -1.3) * front
        coat.shade(0.55 * button, (0.5, 0.5, 0.5))
    else:
        opening = np.clip((-1.12 - y) * 0.55 + 0.10, 0.02, 0.5)
        lapel = np.minimum(across - opening, opening + 0.22 - across)
        line = np.exp(-np.square((across - opening - 0.22) / 0.014)) * (y < -1.2) * front
        coat.shade(unit(lapel / edge) * 0.12 * front, (0.4, 0.4, 0.4))
        rim = np.exp(-np.square((across - opening) / 0.016)) * (y < -1.2) * front
        coat.shade(0.55 * np.maximum(line, rim), (0.4, 0.4, 0.42))


@lru_cache(1)
def _fluff():
    """Periodic soft lumps (512, 512)."""
    return cv2.resize(face_hair.curls(), (512, 512))


def _weave(seen, own):
    """Brightness (N,) of the cloth at places (3, N)."""
    x, y, z = own
    soft = nearest(_fluff(), (x - 0.5 * z) * 115.2, y * 57.6 + 1.28 * (seen.seed % 97))
    tone = 1 + 0.07 * soft
    if seen.pattern == "knit":
        tone = tone * (1 + 0.16 * np.cos(angle(z + 0.3, x) * 110) * np.cos(y * 40))
    elif seen.pattern == "stripes":
        tone = tone * (0.92 + np.float32(0.48) * (np.cos(y * 34) > 0.3))
    return tone


def cloth_folds(who, head):
    """Colours (3, N) of a scarf at places (3, N) of the head."""
    x, y, z = head
    fold = fetch(face_hair.strands(4.0), angle(y + 1.4, x) * 260, (y - z) * 16)
    return tinted(1 + 0.13 * fold, who.scarf)


# ---- glasses -------------------------------------------------------------------------------------

LENSES = {
    "round": (0.215, 0.205, 2.0),
    "oval": (0.235, 0.17, 2.2),
    "square": (0.235, 0.18, 5.0),
    "thin": (0.235, 0.165, 3.0),
}


@lru_cache(len(LENSES))
def _rim(shape):
    """A lens's outline (29, 2) round its middle."""
    wide, high, power = LENSES[shape]
    turn = np.linspace(0, 2 * np.pi, 29)
    way = np.stack([np.cos(turn), np.sin(turn)], -1)
    return (wide, high) * np.sign(way) * np.abs(way) ** (2 / power)


def glasses_lines(who, radius):
    """Places (n, 3) on the head of a pair of glasses, line after line, and the lines' lengths: two
    rims, bridge, arms.
    """
    wide, rim = LENSES[who.glasses][0], _rim(who.glasses)
    x, y = face_shape.eye_place(who)[0] * 0.90, who.eye_height * 0.9 - 0.035
    brow = look_up(radius, np.float32([[0.33, 0.0], [0.22, 0.0], [0.85, 1.0]])).max()
    top = float(brow) + 0.09
    bridge = np.linspace(-1, 1, 9) * max(x - wide, 0.04)
    arch = np.stack([bridge, 0.05 + 0.025 * np.cos(bridge * 12)], -1)
    front = np.concatenate([rim * (-1, 1) - (x, 0), rim + (x, 0), arch]) + (0, y)
    front = np.column_stack([front, top - 0.30 * np.square(front[:, 0])])  # round the face
    knots = zip(
        (x + wide, y + 0.06, top - 0.30 * (x + wide) ** 2),
        (0.80 * who.head_width, y + 0.10, 0.35),
        (0.815 * who.head_width, y + 0.07, -0.12),
    )
    arm = np.stack([np.interp(np.linspace(0, 2, 16), (0, 1, 2), each) for each in knots], -1)
    return np.concatenate([front, arm * (-1, 1, 1), arm]), [len(rim), len(rim), len(arch), 16, 16]


class Frame(NamedTuple):
    """A pair of glasses as it is seen: `cover` 0 … 1 of the frame and `glass` of the lenses in a
    `box` of slices of the raster.
    """

    box: tuple
    cover: np.ndarray
    glass: np.ndarray


def glasses(scene):
    """The `Frame` of a scene's person where nothing hides it, None without glasses."""
    who, camera = scene.who, scene.camera
    if who.glasses == "none":
        return None
    lines, lengths = glasses_lines(who, scene.skin_radius)
    thick = (0.020 if who.glasses == "thin" else 0.042) / camera.pixel
    at = camera.pixels(lines)
    columns, rows = at.T.astype(int).clip(0, camera.side - 1)
    shown = camera.depth(lines) > scene.z[rows, columns] - 0.06
    shown = shown[1:] & shown[:-1]
    shown[np.cumsum(lengths[:-1]) - 1] = False
    room = int(thick) + 2
    left, top = np.maximum(at.min(0).astype(int) - room, 0)
    right, bottom = np.clip(at.max(0).astype(int) + room, (left, top), camera.side)
    fixed = np.round((at - (left, top)) * 16 - 8).astype(np.int32)
    share, glass = np.zeros((2, bottom - top, right - left), np.uint8)
    if share.size:
        pieces = np.stack([fixed[:-1], fixed[1:]], 1)[shown]
        cv2.polylines(share, list(pieces), False, 255, max(1, round(thick)), cv2.LINE_AA, 4)
        for rim in np.split(fixed[: 2 * lengths[0]], 2):
            cv2.fillPoly(glass, [rim], 255, cv2.LINE_AA, 4)
    return Frame(
        (slice(top, bottom), slice(left, right)),
        share * np.float32(min(1, thick + 0.15) / 255),
        glass * np.float32(1 / 255),
    )


def put_on_glasses(scene, light):
    """Lay the frame on linear light (3, R, R), and a faint reflection where there are lenses."""
    if scene.frame is None:
        return
    box, cover, glass = scene.frame
    light, pixel = light[:, *box], np.float32(scene.camera.pixel)
    columns, rows = (np.arange(each.start, each.stop, dtype=np.float32) for each in box[::-1])
    diagonal = np.cos((columns - 0.8 * rows[:, None]) * (pixel * 5.5)) ** 8
    light += (0.02 + 0.05 * diagonal) * glass
    lamp = np.float32(scene.seen.light) * 0.75 + np.float32(scene.seen.ambient) * 0.6
    shine = 0.03 + 0.05 * np.square(np.cos(rows * (pixel * 9)))
    light += cover * ((scene.who.frame * lamp)[:, None, None] + shine[:, None] - light)


# ---- landmarks -----------------------------------------------------------------------------------


def landmark_points(who, seen, radius):
    """(K, 3) head coordinates of the landmarks on the bare head."""
    eye, wide = face_shape.eye_place(who), face_shape.eye_width(who)
    mouth, (root, tip, base) = face_shape.mouth_places(who, seen), face_shape.nose_places(who)
    tilt = wide * np.sin(who.eye_tilt)
    gaze = np.sin(np.radians(seen.gaze)) * 0.16
    corner = [(-eye[0] - wide, eye[1] + tilt), (-eye[0] + wide, eye[1] - tilt)]
    pupils = [(s * eye[0] + gaze[0], eye[1] + gaze[1] + 0.007) for s in (-1, 1)]
    brows = [
        (-0.145 - 0.5 * s, float(face_paint.brow_curve(who, seen, np.float32(s))))
        for s in (0.97, 0.5, 0.03)
    ]
    mirror = [(-u, v) for u, v in corner[::-1]]
    wing = 0.165 * who.nose_width
    lower = mouth.line - 0.7 * mouth.gap - 0.118 * who.lower_lip
    front = (
        corner
        + mirror
        + pupils
        + brows
        + [(-u, v) for u, v in brows[::-1]]
        + [
            (0, root),
            (0, tip),
            (-wing, tip - 0.085),
            (wing, tip - 0.085),
            (0, base),
            (-mouth.half, mouth.corner),
            (0, mouth.line + 0.062 * who.upper_lip),
            (mouth.half, mouth.corner),
            (0, lower),
            (0, mouth.line),
        ]
    )
    ways = [(u, v, 1.0) for u, v in front]
    ways += [
        (0, -0.88, 0.47),
        (-0.60, -0.66, 0.30),
        (0.60, -0.66, 0.30),
        (-0.80, -0.10, -0.08),
        (0.80, -0.10, -0.08),
        (0, 0.60 + 0.5 * who.hairline, 0.74),
    ]
    ways = np.float32(ways)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    points = ways * look_up(radius, ways.T)[:, None]
    for number, side in ((-3, -1), (-2, 1)):
        points[number] = side * 0.84 * who.head_width, -0.10, -0.12
    return points


def landmarks(scene):
    """Landmarks (K, 2) in pixels of the raster, and whether (K,) the head leaves them visible."""
    points = landmark_points(scene.who, scene.seen, scene.skin_radius)
    at = scene.camera.pixels(points)
    rows, columns = (np.clip(at[:, k].astype(int), 0, scene.camera.side - 1) for k in (1, 0))
    visible = scene.camera.depth(points) > scene.z[rows, columns] - 0.12
    visible &= ((at >= 0) & (at < scene.camera.side)).all(1)
    return at.astype(np.float32), visible
