"""Landscapes that don't exist: a photograph, what is where in it, and an object of any colour.

Each has its land, season, time of day and weather. In most stands one object whose colour nobody
can tell from the grey picture: balloon, car, door, boat, tent, umbrella or kite, in one of eight
colours of the same lightness L* (CIE 1976). Light acts on the object's luminance alone, so that
the L* of all eight pictures of one scene is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.landscapes import scene as scenes
from drawn_worlds.landscapes.land import CLASSES, OBJECT, SEASONS
from drawn_worlds.landscapes.light import TIMES, WEATHERS, developed
from drawn_worlds.landscapes.things import COLOURS, OBJECTS

__all__ = [
    "CLASSES",
    "COLOURS",
    "OBJECTS",
    "PALETTE",
    "SEASONS",
    "TIMES",
    "WEATHERS",
    "Landscape",
    "landscape",
]
PALETTE = (
    np.array(
        [
            [128, 178, 222],
            [236, 240, 244],
            [132, 124, 132],
            [38, 92, 52],
            [222, 190, 88],
            [140, 186, 84],
            [44, 92, 168],
            [170, 72, 60],
            [190, 164, 130],
            [230, 40, 170],
        ],
        np.float32,
    )
    / 255
)
SMALLEST, LARGEST = 32, 512
CHOICES = {
    "season": SEASONS,
    "time": TIMES,
    "weather": WEATHERS,
    "object": ("none", *OBJECTS),
    "colour": range(len(COLOURS)),
}


@dataclass(frozen=True, eq=False)
class Landscape:
    """One landscape.

    `photo` float32 (S, S, 3) in [0, 1], sRGB; `regions` int32 (S, S), 0 to 9 as in `CLASSES`;
    `season`, `time` and `weather` as in `SEASONS`, `TIMES` and `WEATHERS`; `object` one of
    `OBJECTS` or "none"; `object_colour` the number of its colour in `COLOURS`, -1 without object;
    `object_mask` bool (S, S), where paint of that colour is.
    """

    photo: np.ndarray
    regions: np.ndarray
    season: str
    time: str
    weather: str
    object: str
    object_colour: int
    object_mask: np.ndarray


def landscape(seed: int, size: int = 128, **chosen) -> Landscape:
    """The landscape of a seed; `size` is the side in pixels, 32 to 512.

    What is `chosen` is set after the drawing: `season`, `time`, `weather`, `object` ("none" for no
    object) and `colour`, a number from 0 to 7. One seed is the same land at every size, in more
    detail in a larger picture.
    Raises TypeError for a seed or size that is no integer or a name that can't be chosen,
    ValueError for one out of range or a choice that there isn't.
    """
    check(SMALLEST, LARGEST, size, seed)
    for name, choice in chosen.items():
        if name not in CHOICES:
            raise TypeError(f"{name!r} can't be chosen; {', '.join(CHOICES)} can.")
        if choice not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}.")
    scene = scenes.scene(int(seed), 2 * int(size), chosen)
    halved = (int(size), int(size))
    linear, paint = (
        cv2.resize(plane, halved, interpolation=cv2.INTER_AREA)
        for plane in (scene.picture, scene.painted)
    )
    mask, regions = paint > 0.5, scene.regions[1::2, 1::2].astype(np.int32)
    regions[mask] = OBJECT
    return Landscape(
        developed(linear, scene.light.brightness),
        regions,
        scene.season,
        scene.light.time,
        scene.light.weather,
        scene.object,
        scene.colour if scene.object != "none" else -1,
        mask,
    )
