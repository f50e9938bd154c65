"""Light on the drawn people: sun or lamp with soft shadows, hollows, sheen of hair, and backdrops."""

from __future__ import annotations

import cv2
import numpy as np

from course_utils.worlds import face_paint as paint
from course_utils.worlds.face_hair import _stretched
from course_utils.worlds.face_shape import FAR

SOFT = {paint.FACE: (0.42, 0.26, 0.20), paint.HAIR: (0.20,) * 3}


def direction(seen):
    """Unit vector (3,) towards the light, as the viewer has it."""
    azimuth, height = np.radians(seen.light_from)
    return np.float32([np.sin(azimuth) * np.cos(height), np.sin(height),
                       np.cos(azimuth) * np.cos(height)])


def shifted(picture, right, down):
    """The picture (R, R) seen `right` and `down` pixels further on; its border repeats."""
    move = np.float32([[1, 0, right], [0, 1, down]])
    return cv2.warpAffine(picture, move, picture.shape[::-1], borderMode=cv2.BORDER_REPLICATE,
                          flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def shadows(z, towards, pixel):
    """How much of the light arrives (R, R), 0 … 1, at depths z with a light `towards` (3,)."""
    dark = np.zeros_like(z)
    for far in (0.06, 0.13, 0.23, 0.36, 0.52):
        there = shifted(z, far * towards[0] / pixel, -far * towards[1] / pixel)
        there -= z
        there -= np.float32(far * towards[2] + 0.015)
        there *= np.float32(1 / (0.05 + 0.12 * far))
        np.maximum(dark, np.clip(there, 0, 1), out=dark)
    return 1 - cv2.GaussianBlur(dark, (0, 0), max(0.02 / pixel, 0.5))


def hollows(z, pixel):
    """How open to the sky (R, R), 0 … 1, depths z are: what lies behind its surroundings is not."""
    open_ = np.ones_like(z)
    for reach, strength in ((0.12, 2.4), (0.45, 1.1)):
        near = cv2.blur(z, (2 * int(0.5 * reach / pixel) + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
        near = cv2.blur(near, (2 * int(0.3 * reach / pixel) + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
        open_ -= strength * np.clip(near - z, 0, 0.3)
    return np.clip(open_, 0.25, 1)


def lit(scene, seen):
    """Linear light (R, R, 3) of a painted scene."""
    towards, pixel = direction(seen), scene.camera.pixel
    z = np.maximum(scene.z, -1.6)
    sky, key = hollows(z, pixel), shadows(z, towards, pixel)
    normal, colour = scene.normal, scene.colour
    facing = normal @ towards
    lamp, ambient = np.float32(seen.light) * (1.25 * seen.strength), np.float32(seen.ambient)
    skin = np.isin(scene.region, (paint.FACE, paint.NOSE, paint.EAR, paint.NECK, paint.MOUTH))
    up = 0.62 + 0.38 * normal[..., 1]
    fill = np.clip(normal @ np.float32([-0.75 * np.sign(towards[0] or 1), 0.05, 0.65]), 0, 1)
    around = sky * (0.75 * up + 0.35 * fill)
    picture = np.empty_like(colour)
    for channel, (wrap, other) in enumerate(((0.40, 0.12), (0.24, 0.12), (0.17, 0.12))):
        soft = np.where(skin, np.float32(wrap), np.float32(other))
        shine = np.clip((facing + soft) / (1 + soft), 0, 1)
        through = key if channel else np.where(skin, 0.25 + 0.75 * key, key)
        picture[..., channel] = colour[..., channel] * (
            lamp[channel] * shine * through * (0.6 + 0.4 * sky) + ambient[channel] * around)
    half = towards + np.float32([0, 0, 1])
    half /= np.linalg.norm(half)
    gleam = np.clip(normal @ half, 0, 1)
    gleam = scene.gloss * (0.10 * gleam**12 + 0.16 * gleam**48) * key * sky
    edge = np.clip(1 - normal[..., 2], 0, 1) ** 3 * sky * scene.gloss * 0.10
    picture += (gleam[..., None] * lamp + edge[..., None] * ambient)
    for where, tangent, tint in scene.sheens:
        picture.reshape(-1, 3)[where] += _sheen(
            tangent, tint, towards, key.ravel()[where] * sky.ravel()[where]) * lamp
    return picture + scene.glow[..., None]


def _sheen(tangent, tint, towards, arriving):
    """Highlights (N, 3) of hair along strands: Kajiya and Kay (1989), equation 17, twice."""
    along = tangent @ towards
    seen = tangent[:, 2]
    across = np.sqrt(np.clip(1 - along**2, 0, 1) * np.clip(1 - seen**2, 0, 1))
    gleam = np.clip(across - along * seen, 0, 1)
    gleam = np.clip(gleam, 0, 1)
    white = (0.055 * gleam**40 * arriving)[:, None]
    return white + (0.55 * gleam**14 * arriving)[:, None] * tint


def backdrop(seen, side, rng):
    """A blurred room or garden (side, side, 3), linear light."""
    small = 64
    y, x = np.mgrid[:small, :small].astype(np.float32) / small
    first, second = (np.float32(c) * 0.8 for c in seen.behind)
    slope = rng.uniform(-1, 1)
    share = np.clip(0.5 + 0.8 * (y - 0.5) + 0.6 * slope * (x - 0.5), 0, 1)[..., None]
    picture = first * (1 - share) + second * share
    glow = np.exp(-((x - 0.5 - 0.2 * slope) ** 2 + (y - 0.4) ** 2) / 0.12)[..., None]
    picture = picture * (0.8 + 0.45 * glow)
    if seen.backdrop == "lights":
        picture = picture * 0.55
        for _ in range(rng.integers(9, 18)):
            middle, radius = rng.uniform(0, small, 2), rng.uniform(2, 7)
            tint = (first + second) * rng.uniform(0.25, 0.9) * np.exp(0.2 * rng.normal(size=3))
            disc = np.clip(radius - np.hypot(x * small - middle[0], y * small - middle[1]), 0, 1)
            picture += (0.5 * disc)[..., None] * np.float32(tint)
        picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    elif seen.backdrop == "leaves":
        noise = _stretched(rng, small, small, 2.2, 2.2) + _stretched(rng, small, small, 6, 6)
        green = np.float32((0.10, 0.17, 0.05)) * np.float32(rng.uniform(0.5, 1.4))
        picture = 0.5 * picture + 0.6 * green
        picture = picture * np.exp(0.35 * np.clip(noise, -2, 2.5))[..., None]
    return cv2.resize(picture.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)


def develop(light, exposure=1.0):
    """Picture in [0, 1] of linear light: a soft shoulder, then the square root."""
    bright = np.maximum(light, 0) * np.float32(exposure)
    return np.sqrt(np.clip(bright * (1 + bright * 0.12) / (1 + 0.40 * bright), 0, 1))
