"""Time of day and weather of the drawn landscapes: their light, their sky, and the photograph."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from drawn_worlds.textures import ink, pick, tinted

LUMINANCE = np.float32([0.212671, 0.715160, 0.072169])  # Y of linear sRGB, as scikit-image has it
TIMES = ("dawn", "noon", "dusk", "night")
WEATHERS = ("clear", "cloudy", "haze", "rain")
#        sun, strength, shade, strength, zenith, horizon, brightness of the photograph
HOURS = {
    "dawn": ("#ffcfae", 1.15, "#a6b8e0", 0.52, "#6d93c9", "#f9d3b8", 0.30),
    "noon": ("#fff3de", 1.30, "#b9d0f0", 0.50, "#3a77c2", "#c9e0f2", 0.33),
    "dusk": ("#ffb07c", 1.15, "#9498c8", 0.50, "#45568f", "#f3a070", 0.24),
    "night": ("#9fb6e6", 0.40, "#4a639c", 0.42, "#13234f", "#4b639c", 0.10),
}


class Light(NamedTuple):
    """The light of a landscape. Colours (3,) are linear light.

    `side` is -1 where the sun stands on the left, 1 on the right, and `rise` the tangent of its
    elevation; `place` (column, row) in sides where it is seen, None elsewhere; `sight` the metres
    after which haze has taken 63 % of a colour; `cover` the share of clouds, 0 to 1.
    """

    time: str
    weather: str
    sun: np.ndarray
    shade: np.ndarray
    zenith: np.ndarray
    horizon: np.ndarray
    brightness: float
    side: int
    rise: float
    place: tuple | None
    sight: float
    cover: float

    @classmethod
    def some(cls, rng, time, weather):
        """The light of a time and a weather, with what chance leaves open."""
        sun, strong, shade, soft, zenith, horizon, brightness = HOURS[time]
        side, chance, far = pick(rng, (-1, 1)), rng.random(), rng.random()
        warm = np.exp(rng.normal(0, 0.07) * np.float32([1, 0, -1.2]))
        sun, shade = ink(sun) * strong * warm, ink(shade) * soft
        zenith, horizon = ink(zenith), ink(horizon) * warm
        rise = {"dawn": 0.3, "noon": 1.1, "dusk": 0.24, "night": 0.6}[time] * (0.8 + 0.5 * chance)
        place = None
        if time != "noon" and rng.random() < 0.7:
            up = 0.02 + 0.10 * rng.random() + 0.2 * (time == "night")
            place = 0.5 + side * rng.uniform(0.15, 0.42), up
        cover, sight = 0.12 + 0.25 * chance, 9000 + 9000 * far
        grey = float(horizon @ LUMINANCE)
        if weather == "cloudy":
            cover, sun = 0.45 + 0.3 * chance, 0.85 * sun
        elif weather == "haze":
            cover, sight, sun = 0.2 * chance, 900 + 1600 * far, 0.7 * sun
            horizon = 0.6 * horizon + 0.4 * grey
            zenith = 0.5 * zenith + 0.5 * horizon
        elif weather == "rain":
            cover, sight, place = 1.0, 1500 + 2500 * far, None
            level = {"dawn": 0.5, "noon": 0.5, "dusk": 0.35, "night": 0.09}[time]
            horizon = 0.3 * horizon + level * ink("#c3cbd4")
            zenith = 0.3 * zenith + 0.5 * level * ink("#a9b4c2")
            sun, shade = 0.1 * sun, 0.6 * shade + 0.6 * level * ink("#c6ced8")
        colours = (np.float32(each) for each in (sun, shade, zenith, horizon))
        return cls(time, weather, *colours, brightness, side, rise, place, sight, cover)

    def air(self, up):
        """Colours (h, 1, 3) of the clear sky at heights `up` (h, 1) above the horizon, in sides."""
        high = 1 - np.exp(-3.2 * np.maximum(up, 0))
        return self.horizon + tinted(high, self.zenith - self.horizon)

    def through_air(self, colour, distance, air):
        """Colour (h, w, 3) as it is seen over a distance (h, w), behind `air` (h, 1, 3)."""
        clear = cv2.exp(np.float32(distance) * np.float32(-1 / self.sight))[..., None]
        return air + clear * (colour - air)


def heaven(light, view, noise):
    """Sky (S, S, 3), and how much of it is cloud (S, S)."""
    side = view.side // 2
    x = ((np.arange(side, dtype=np.float32) + 0.5) / side)[None]
    y = ((np.arange(side, dtype=np.float32) + 0.5) / side)[:, None]
    up = np.maximum(view.horizon - y, 0)
    picture = light.air(up) * np.ones((1, side, 1), np.float32)
    glow = np.zeros((side, side), np.float32)
    if light.place:
        away = np.hypot(x - light.place[0], y - (view.horizon - light.place[1]))
        disc, wide = (0.022, 0.10) if light.time != "night" else (0.018, 0.05)
        glow = 0.75 * np.exp(-away / (2.4 * wide)) + 0.9 * np.exp(-np.square(away / wide))
        glow *= 0.4 if light.time == "night" else 1.0
        glow += 2.5 * np.clip((disc - away) * side + 0.5, 0, 1) * (light.weather != "haze")
        picture += tinted(glow, light.sun)
    if light.time == "night" and light.cover < 0.7:
        picture += _stars(side)[..., None]
    far = 1 / (up + 0.10)
    across, along = (x - 0.5) * far, 0.75 * far
    thick = noise.octaves(across, along, (1.5, 0.8), 6, gain=0.56)
    limit = 1.5 - 2.4 * light.cover
    cloud = np.clip((thick - limit) * 1.1, 0, 1)
    cloud = cloud * cloud * (3 - 2 * cloud) * np.clip(up * 14, 0, 1)
    step = max(1, side // 48)
    beside = np.roll(cloud, -light.side * step, 1)
    lit = np.clip(0.62 + 0.9 * (cloud - 0.5 * beside - 0.5 * np.roll(cloud, step, 0)), 0.25, 1.25)
    lit *= np.clip(1.12 - 0.16 * np.maximum(thick - limit, 0), 0.5, 1.1)
    body = tinted(0.62 * lit, light.sun) + 0.55 * light.shade + 0.35 * light.horizon
    body += tinted(0.35 * glow, light.sun)
    share = (cloud * (0.9 if light.cover < 0.9 else 0.6))[..., None]
    picture = picture * (1 - share) + body * share
    full = (view.side, view.side)
    return cv2.resize(picture, full), cv2.resize(cloud, full)


def _stars(side):
    """Points of light (side, side), the same ones each night."""
    rng = np.random.default_rng(7)
    columns, rows = (rng.random((2, 120)) * side).astype(int)
    stars = np.zeros((side, side), np.float32)
    stars[rows, columns] = rng.uniform(0.02, 0.25, 120) * min(1, side / 256)
    return stars


def developed(linear, brightness):
    """Picture in sRGB, float32 (h, w, 3) in [0, 1], of linear light (h, w, 3).

    Exposure and film act on the luminance alone, and a colour that the screen can't show moves
    towards the grey of its luminance: two colours of one luminance keep one lightness.
    """
    linear = np.maximum(linear, 0)
    bright = cv2.transform(linear, LUMINANCE[None]) + np.float32(1e-5)
    exposure = (brightness / float(bright.mean())) ** 0.75
    film = np.float32(1.12) * (1 - cv2.exp(np.float32(-1.15 * exposure) * bright))
    film = np.minimum(film, np.float32(0.985))
    film, grey = film[..., None], bright[..., None]
    tint = linear / grey - 1
    room = (1 / film - 1) / np.maximum(tint.max(-1, keepdims=True), 1e-6)
    linear = film * (1 + np.minimum(room, 1) * tint)
    curve = 1.055 * np.power(np.maximum(linear, 0.0031308), np.float32(1 / 2.4)) - 0.055
    return np.clip(np.where(linear < 0.0031308, 12.92 * linear, curve), 0, 1).astype(np.float32)
