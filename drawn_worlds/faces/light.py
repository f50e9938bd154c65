"""Light on the drawn people: a lamp with soft shadows, hollows, sheen of hair, and backdrops."""

from __future__ import annotations

from math import copysign, cos, radians, sin, sqrt

import cv2
import numpy as np

from drawn_worlds.faces import paint
from drawn_worlds.faces.shape import ONE, ZERO, unit

SKIN = np.zeros(13, np.float32)  # where light goes on under the surface
SKIN[[paint.FACE, paint.NOSE, paint.EAR, paint.NECK, paint.MOUTH]] = 1


def direction(seen):
    """Unit vector (3,) towards the light, as the viewer has it."""
    azimuth, height = (radians(turn) for turn in seen.light_from)
    return np.float32([sin(azimuth) * cos(height), sin(height), cos(azimuth) * cos(height)])


def shifted(picture, right, down):
    """The picture (R, R) seen `right` and `down` pixels further on; its border repeats."""
    middle = (len(picture) - 1) / 2
    return cv2.getRectSubPix(picture, picture.shape, (middle + right, middle + down))


def halved(picture):
    """The picture (R, R) at half its resolution."""
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def shadows(z, towards, pixel):
    """How much of the light arrives (R, R), 0 … 1, at depths z with a light `towards` (3,).

    Found at half the resolution: shadows are soft.
    """
    size, pixel = z.shape, 2 * pixel
    z = halved(z)
    dark = np.zeros_like(z)
    for far in (0.06, 0.13, 0.23, 0.36, 0.52):
        there = shifted(z, far * towards[0] / pixel, -far * towards[1] / pixel)
        there -= z
        there -= np.float32(far * towards[2] + 0.015)
        there *= np.float32(1 / (0.05 + 0.12 * far))
        np.maximum(dark, there, out=dark)
    dark = cv2.GaussianBlur(np.minimum(dark, ONE), (0, 0), max(0.02 / pixel, 0.4))
    return 1 - cv2.resize(dark, size, interpolation=cv2.INTER_LINEAR)


def hollows(z, pixel):
    """How open to the sky (R, R), 0 … 1, depths z are: what lies behind its surroundings is not."""
    small = halved(z)
    open_ = np.ones_like(small)
    for reach, strength in ((0.12, 2.4), (0.45, 1.1)):
        near = small
        for share in (0.5, 0.3):
            wide = 2 * int(0.5 * share * reach / pixel) + 1
            near = cv2.blur(near, (wide, wide), borderType=cv2.BORDER_REPLICATE)
        open_ -= strength * (near - small).clip(ZERO, np.float32(0.3))
    return cv2.resize(open_.clip(np.float32(0.25), ONE), z.shape, interpolation=cv2.INTER_LINEAR)


def lit(scene, seen, light):
    """Linear light (3, R, R) of a painted scene, laid on that of its backdrop."""
    towards, pixel = direction(seen), scene.camera.pixel
    z = np.maximum(scene.z, np.float32(-1.6))
    where, normal, coat = scene.where, scene.normal, scene.coat
    sky, key = (each.take(where) for each in (hollows(z, pixel), shadows(z, towards, pixel)))
    skin = SKIN.take(coat.region)
    lamp = np.float32(seen.light) * np.float32(1.15 * seen.strength)
    ambient, hair = np.float32(seen.ambient), np.float32(scene.who.hair)
    half = (towards + np.float32([0, 0, 1])) / sqrt(2 + 2 * towards[2])
    aside = np.float32([copysign(0.75, -towards[0]), 0.05, 0.65])
    facing, fill, gleam = np.array([towards, aside, half]) @ normal
    around = sky * (0.465 + 0.285 * normal[1] + 0.35 * np.maximum(fill, ZERO))
    arriving, shining = key * (0.6 + 0.4 * sky), key * sky
    gleam = np.maximum(gleam, ZERO)
    gleam *= gleam
    gleam *= gleam
    sharp = gleam * gleam * gleam
    white = coat.gloss * (0.10 * sharp + 0.16 * np.square(np.square(sharp))) * shining
    edge = np.maximum(1 - normal[2], ZERO)
    edge = edge * edge * edge * sky * coat.gloss * np.float32(0.10)
    coloured = np.zeros_like(white)
    for place, tangent, bright in scene.sheens:
        pale, deep = _sheen(tangent, bright, towards, shining.take(place))
        white[place] += pale
        coloured[place] = deep
    tint = np.sqrt(hair) * hair.max() ** 0.25 * 0.5
    away = 1 - facing
    for channel, wrap in enumerate((0.28, 0.12, 0.05)):  # red light goes round edges under skin
        shine = np.maximum(1 - away / (1.12 + wrap * skin), ZERO)
        arrives = lamp[channel] * shine * arriving
        arrives += ambient[channel] * around
        if channel == 0:
            arrives += 0.12 * skin * (1 - key) * np.maximum(facing, ZERO)
        arrives *= coat.colour[channel]
        arrives += (white + coloured * tint[channel]) * lamp[channel] + edge * ambient[channel]
        light[channel].ravel()[where] = arrives + coat.glow
    return light


def _sheen(tangent, bright, towards, arriving):
    """Highlights (N,) of hair along strands, white and in its own colour: Kajiya and Kay (1989),
    equation 17, twice.
    """
    lamp, seen = towards @ tangent, tangent[2]
    across = np.sqrt(np.maximum(1 - lamp * lamp, ZERO) * np.maximum(1 - seen * seen, ZERO))
    gleam = unit(across - lamp * seen)
    two = gleam * gleam
    four = two * two
    wide = four * four * four * two
    white = 0.055 * wide * wide * wide * arriving
    return white, 0.55 * wide * arriving * bright


def backdrop(seen, side, rng):
    """A blurred room or garden (3, side, side), linear light."""
    small = 64
    x = np.arange(small, dtype=np.float32) / small
    y = x[:, None]
    first, second = (np.float32(colour)[:, None, None] * 0.8 for colour in seen.behind)
    slope = rng.uniform(-1, 1)
    share = unit(0.5 + 0.8 * (y - 0.5) + 0.6 * slope * (x - 0.5))
    glow = np.exp(np.square(x - 0.5 - 0.2 * slope) / -0.12) * np.exp(np.square(y - 0.4) / -0.12)
    picture = (first + share * (second - first)) * (0.8 + 0.45 * glow)
    if seen.backdrop == "lights":
        picture = picture * np.float32(0.55)
        discs = np.zeros((rng.integers(9, 18), small, small), np.uint8)
        tints = []
        for disc in discs:
            middle, radius = rng.uniform(0, 16 * small, 2), rng.uniform(3, 8)
            tints.append(rng.uniform(0.12, 0.45) * np.exp(0.2 * rng.normal(size=3)))
            cv2.circle(disc, middle.astype(int), int(16 * radius), 255, -1, cv2.LINE_AA, 4)
        tints = np.float32(tints).T / 255
        lamps = tints @ discs.reshape(len(discs), -1).astype(np.float32)
        picture += (first + second) * lamps.reshape(picture.shape)
        picture = np.array([cv2.GaussianBlur(plane, (0, 0), 0.8) for plane in picture])
    elif seen.backdrop == "leaves":
        noise = sum(
            cv2.resize(
                rng.normal(size=(n, n)).astype(np.float32),
                (small, small),
                interpolation=cv2.INTER_CUBIC,
            )
            for n in (7, 16)
        )
        green = np.float32((0.10, 0.17, 0.05)) * np.float32(rng.uniform(0.5, 1.4))
        picture = 0.5 * picture + 0.6 * green[:, None, None]
        picture = picture * np.exp(0.45 * cv2.GaussianBlur(noise, (0, 0), 1.6))
    while 2 * len(picture[0]) <= side:
        picture = [cv2.pyrUp(plane) for plane in picture]
    return np.array(
        [plane if len(plane) == side else cv2.resize(plane, (side, side)) for plane in picture]
    )


def develop(light):
    """Picture in [0, 1] of linear light: a soft shoulder, then the square root."""
    bright = np.maximum(light, ZERO)
    return np.sqrt(unit(bright * (1.05 + 0.105 * bright) / (1 + 0.5 * bright)))
