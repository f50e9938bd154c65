"""The exercises of lesson 03: SSIM by hand, the cycle, the pool, the split, a sketch by filters."""

import functools

import numpy as np
from scipy import ndimage

from .. import images, metrics
from ..data import face_sketch
from .core import Exercise

UNSEEN, EXAMPLES, SIDE = range(2_000_000, 2_000_006), range(2_000_100, 2_000_112), 64


def ssim_window(x, y):
    """SSIM of one window: the greys x and y (n,) of two pictures, in [0, 1]; all weigh the same."""
    c1, c2 = 0.01**2, 0.03**2
    mx, my, covariance = x.mean(), y.mean(), np.mean((x - x.mean()) * (y - y.mean()))
    likeness = (2 * mx * my + c1) * (2 * covariance + c2)
    return likeness / ((mx**2 + my**2 + c1) * (x.var() + y.var() + c2))


def cycle_loss(a, b, a_again, b_again, weight):
    """weight · (mean |a_again - a| + mean |b_again - b|), each mean over all pixels."""
    return weight * (np.mean(np.abs(a_again - a)) + np.mean(np.abs(b_again - b)))


def shown_by_pool(fakes, size, swap, place):
    """Which fakes (numbers) a pool of `size` shows to the discriminator, one by one, as an array.

    While it fills, the new one, which stays. Then, where swap[i] is true, the old one at place[i],
    whose place the new one takes; elsewhere the new one, which doesn't stay.
    """
    pool, shown = [], []
    for fake, old, at in zip(fakes, swap, place, strict=True):
        if len(pool) < size:
            pool.append(fake)
            shown.append(fake)
        elif old:
            shown.append(pool[at])
            pool[at] = fake
        else:
            shown.append(fake)
    return np.array(shown)


def tests_by_person(persons, count):
    """(N,) bool, which pictures test: all of the last `count` persons in sorted order.

    persons: (N,) integers, who is on each picture; several pictures show one person.
    """
    return np.isin(persons, np.unique(persons)[-count:])


def mean_sketch(photo, photos, sketches):
    """The baseline of the open exercise: the mean of the examples' sketches (H, W), float32."""
    return np.mean(sketches, axis=0, dtype=np.float32)


def _windows():
    rng = np.random.default_rng(3)
    x, noise = rng.uniform(0.2, 0.9, 81), rng.normal(0, 0.1, 81)
    ramp = np.linspace(0, 1, 121)
    cases = {
        "a window and the same, noisy": (x, np.clip(x + noise, 0, 1)),
        "equal windows": (x, x),
        "a window and its negative": (ramp, 1 - ramp),
        "two strangers": (x, rng.random(81)),
        "a darker copy": (ramp, 0.6 * ramp),
        "a flat grey and a ramp": (np.full(121, 0.5), ramp),
        "half the contrast": (x, x.mean() + 0.5 * (x - x.mean())),
    }
    return cases


def _cycles():
    rng = np.random.default_rng(4)
    a, b, noise = rng.uniform(-0.8, 0.8, (3, 2, 8, 8, 3))
    small, cases = b[:1, :4], {}
    cases["both ways are wrong"] = a, b, a + 0.2 * noise, b - 0.1 * noise, 10.0
    cases["A comes back"] = a, b, a, b + 0.3, 10.0
    cases["B comes back"] = a, b, a - 0.1, b, 3.0
    cases["errors that cancel out"] = a, b, a + np.sign(noise) * 0.1, b - 0.2, 1.0
    cases["two sizes"] = a, small, 0.5 * a, 0.9 * small, 10.0
    return {
        name: tuple(np.float32(part) if np.ndim(part) else part for part in case)
        for name, case in cases.items()
    }


def _pools():
    rng, cases = np.random.default_rng(5), {}
    for name, count, size in (
        ("a pool of 3", 12, 3),
        ("a pool of 1", 8, 1),
        ("a large pool", 6, 9),
        ("a pool of 50", 400, 50),
    ):
        fakes = rng.permutation(10 * count)[:count]
        cases[name] = fakes, size, rng.random(count) < 0.5, rng.integers(0, size, count)
    return cases


def _pictures_of_persons():
    rng = np.random.default_rng(6)
    return {
        "five people, eight pictures each": (np.repeat(np.arange(5), 8), 1),
        "not in order": (rng.permutation(np.repeat([3, 14, 15, 92, 65], 8)), 2),
        "one picture each": (rng.permutation(20), 4),
        "188 people, eight pictures each": (rng.permutation(np.repeat(np.arange(188), 8)), 38),
        "unequal numbers": (np.array([7, 7, 7, 1, 4, 4, 9, 1, 9, 9, 9, 9, 2]), 2),
    }


@functools.cache
def _drawn():
    both = [[face_sketch.DrawnPerson(seed, SIDE) for seed in seeds] for seeds in (UNSEEN, EXAMPLES)]
    return [
        (
            np.stack([one.source_picture for one in some]),
            np.stack([one.target[..., 0] for one in some]),
        )
        for some in both
    ]


def portraits():
    """{name: (photo, photos, sketches)}: six people to draw, and the same twelve to learn from.

    Photographs (64, 64, 3) and sketches (64, 64), float32 in [0, 1].
    """
    (unseen, _), examples = _drawn()
    return {f"person {number}": (photo, *examples) for number, photo in enumerate(unseen, 1)}


def ssim_of_sketches(drawn):
    """Mean SSIM of six drawn sketches, {name as in `portraits`: (64, 64)}, to three digits.

    Raises ValueError for values outside [0, 1].
    """
    (_, truth), _ = _drawn()
    made = [np.asarray(drawn[name], np.float32) for name in portraits()]
    pairs = zip(truth, made, strict=True)
    return round(float(np.mean([metrics.ssim(t[..., None], m[..., None]) for t, m in pairs])), 3)


def pencil(photo, blur=2.0):
    """A pencil filter: the photograph's luminance over its own blur, (H, W) in [0, 1]."""
    grey = images.to_grey(photo)
    return np.clip(grey / np.maximum(ndimage.gaussian_filter(grey, blur), 1e-3), 0, 1)


EXERCISES = [
    Exercise("03.1", ssim_window, _windows),
    Exercise("03.2", cycle_loss, _cycles),
    Exercise("03.3", shown_by_pool, _pools),
    Exercise("03.4", tests_by_person, _pictures_of_persons),
    Exercise("03.5", mean_sketch, portraits, ssim_of_sketches, goal=0.6, measure="SSIM:"),
]
