"""Things on a table that don't exist: a photograph, and each visible thing with its own number.

Fruit, cups and toys are solids that hide and shade one another as real ones do: rays find what
each pixel shows and where the lamp is hidden. Every number comes from the seed, so a seed is a
source. Lengths are in sides of the picture; X runs to the right, Y towards the camera, Z upwards.
"""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

from drawn_worlds.checks import check
from drawn_worlds.shapes.light import Light, photograph
from drawn_worlds.shapes.rays import Thing, View, cast, hidden, yaw
from drawn_worlds.shapes.solids import BODIES

__all__ = ["CLASSES", "Scene", "table"]

CLASSES = ("table", "apple", "banana", "cup", "ball", "block", "star")
SMALLEST, LARGEST, MOST = 64, 512, 40
SHOWN, LEAST = 0.3, 0.004  # a thing stays if so much of it is seen, and so much of the picture
PLAN = 96  # pixels of the rough view that decides what is seen


class Scene(NamedTuple):
    """One table: `photo` float32 (S, S, 3) in [0, 1]; `labels` int32 (S, S), 0 for the table and
    1 … n for the things; `classes` int32 (n,), thing k+1's number in `CLASSES`, 1 or more."""

    photo: np.ndarray
    labels: np.ndarray
    classes: np.ndarray


def table(seed: int, size: int = 128, things: int | None = None) -> Scene:
    """Draw one table with its things labelled; `size` is the side in pixels, 64 to 512.

    `things` are put on the table, 0 to 40; None lets the seed decide, from 2 to 9. What doesn't
    find a place, or is hidden by others or cut off by more than 70 %, is left out. One seed is the
    same table at every size, in more detail in a larger picture.
    Returns a `Scene`. Raises TypeError for a seed, size or number of things that is no integer,
    ValueError for one out of range.
    """
    _check(seed, size, things)
    layout, paint, film = (np.random.default_rng((int(seed), stream)) for stream in (40, 41, 42))
    view, light, placed = _laid(layout, int(size), things)
    photo, labels = photograph(placed, view, light, paint, film)
    return Scene(photo, labels, np.array([one.kind for one in placed], np.int32))


def _check(seed, size, things):
    check(SMALLEST, LARGEST, size, seed)
    if things is None:
        return
    if isinstance(things, bool) or not isinstance(things, Integral):
        raise TypeError(f"things must be a whole number or None, not {things!r}.")
    if not 0 <= things <= MOST:
        raise ValueError(f"things must be 0 to {MOST}, not {things}.")


def _laid(rng, size, things):
    """The view, the light, and the things in their places of which enough is seen."""
    elevation = np.radians(rng.uniform(38, 64))
    view = View(2 * size, float(np.sin(elevation)), float(np.cos(elevation)))
    light, number = Light.some(rng), 2 + int(8 * rng.beta(1.5, 1.2))
    number = number if things is None else int(things)
    return view, light, _visible(_arranged(rng, view, number), view)


def _arranged(rng, view, count):
    """Up to `count` things that don't run into one another, many close together."""
    usual, cosy = min(1.0, (9 / max(count, 1)) ** 0.5), rng.uniform(0.2, 0.95)
    placed, feet = [], np.zeros((0, 3))
    for _ in range(count):
        kind = int(rng.integers(1, len(CLASSES)))
        body = BODIES[CLASSES[kind]](rng)
        size = usual * np.exp(rng.uniform(*np.log(body.sizes))) / body.reach
        turn = yaw(rng.uniform(0, 2 * np.pi)) @ body.pose
        own = size * body.feet
        own[:, :2] = own[:, :2] @ turn[:2, :2].T
        spot = _spot(rng, view, own, feet, rng.random() < cosy)
        if spot is not None:
            own[:, :2] += spot
            feet = np.concatenate([feet, own])
            centre = np.float32([*spot, size * body.rise])
            placed.append(Thing(kind, body, centre, np.float32(turn), float(size)))
    return placed


def _spot(rng, view, own, feet, near):
    """A free place (2,) for feet `own` (k, 3), None without; one close to others if `near`."""
    spots = rng.uniform(-0.46, 0.46, (60, 2)) / [1, view.sine]
    if not len(feet):
        return 0.6 * spots[0]
    places = spots[:, None] + own[:, :2]
    apart = np.linalg.norm(places[:, :, None] - feet[:, :2], axis=-1)
    gap = (apart - 0.97 * (own[:, None, 2] + feet[:, 2])).min((1, 2))
    free = np.flatnonzero(gap > 0)
    if not len(free):
        return None
    away = gap + 0.2 * np.linalg.norm(spots * [1, view.sine], axis=1)
    return spots[free[np.argmin(away[free])]] if near else spots[free[0]]


def _visible(placed, view):
    """The things of which enough is seen; the least seen goes first, as it may hide others."""
    rough = view._replace(side=PLAN)
    views = [cast(one, rough, steps=12) for one in placed]
    while placed:
        _, owner = hidden(views, PLAN)
        area = np.bincount(owner.ravel(), minlength=len(placed) + 1)[1:]
        whole = np.array([one.mask.sum() for one in views]) * SHOWN
        share = area / np.maximum(whole, LEAST * PLAN**2)
        worst = int(np.argmin(share))
        if share[worst] >= 1:
            break
        placed, views = (part[:worst] + part[worst + 1 :] for part in (placed, views))
    return placed
