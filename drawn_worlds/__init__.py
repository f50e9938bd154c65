"""Worlds that are drawn, not downloaded: pictures with their ground truth, each from a seed.

A package of its own: it imports nothing of the course. `draw` is what all worlds share; each has its
own function, with its own settings, in the module of its name.
"""

import importlib
from typing import NamedTuple

import numpy as np


class Drawn(NamedTuple):
    """A picture, float32 (H, W) or (H, W, 3) in [0, 1], and the truth about it (see `WORLDS`)."""

    picture: np.ndarray
    truth: np.ndarray | None


WORLDS = {  # name: (function, its picture, its truth)
    "cells": ("cells", "image", "labels"),  # int32 (H, W): 0 background, 1 … n nuclei
    "documents": ("document", "noisy", "clean"),  # float32 (H, W): the undamaged page
    "faces": ("face", "photo", "regions"),  # int32 (H, W): `faces.CLASSES`
    "houses": ("facade", "photo", "labels"),  # int32 (H, W): `houses.CLASSES`
    "landscapes": ("landscape", "photo", "regions"),  # int32 (H, W): `landscapes.CLASSES`
    "painters": ("painting", None, None),  # a painting has none
    "shapes": ("table", "photo", "labels"),  # int32 (H, W): 0 the table, 1 … n things
    "streets": ("street", "photo", "labels"),  # int32 (H, W): `streets.STREET_CLASSES`
}


def draw(world: str, seed: int, size: int = 128) -> Drawn:
    """The picture and its truth that a world draws for a seed; `size` is the side in pixels.

    Raises ValueError for another name than those of `WORLDS`, and what the world's function raises.
    """
    if world not in WORLDS:
        raise ValueError(
            f"The drawn worlds are {', '.join(WORLDS)}; there is none called {world!r}."
        )
    name, picture, truth = WORLDS[world]
    module = importlib.import_module(f"{__name__}.{world}")
    sides = (size, size) if world == "documents" else size
    drawn = getattr(module, name)(seed, sides)
    return Drawn(getattr(drawn, picture), getattr(drawn, truth)) if truth else Drawn(drawn, None)
