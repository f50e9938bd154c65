"""The exercises of lesson 03: SSIM by hand, cycle, pool, split, a sketch by filters; mistakes."""

import functools

import numpy as np
from keras import ops

from .. import images, metrics
from ..data import face_sketch, splits
from ..losses import absolute
from ..metrics import ssim_window
from ..models.pix2pix import translate
from ..training.cyclegan import CycleGAN
from .core import Exercise, mistake

UNSEEN, EXAMPLES, SIDE = range(2_000_000, 2_000_006), range(2_000_100, 2_000_112), 64

# 1. SSIM of one window ----------------------------------------------------------------------------


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


def _ssim(x, y, spread=np.var, top=1.0, join=np.multiply):
    mx, my, c1, c2 = x.mean(), y.mean(), (0.01 * top) ** 2, (0.03 * top) ** 2
    above = (2 * mx * my + c1) * (2 * np.mean((x - mx) * (y - my)) + c2)
    return above / join(mx**2 + my**2 + c1, spread(x) + spread(y) + c2)


@mistake(
    ssim_window,
    "Equal windows get far less than 1: the two factors below are added.",
    "Multiply them: (μx² + μy² + c1) · (σx² + σy² + c2).",
)
def denominator_added_up(x, y):
    return _ssim(x, y, join=np.add)


@mistake(
    ssim_window,
    "A flat grey has a variance: the mean isn't taken away, nothing is squared.",
    "The variance σx² is the mean of (x - μx)².",
)
def minus_and_square_missing(x, y):
    return _ssim(x, y, spread=lambda greys: np.mean(greys * greys.mean()))


@mistake(
    ssim_window,
    "Windows of little contrast get too little: σ stands for σ².",
    "Take variances below, not standard deviations.",
)
def deviation_for_variance(x, y):
    return _ssim(x, y, spread=np.std)


@mistake(
    ssim_window,
    "All windows look alike: the constants are those of greys up to 255.",
    "Take c1 = (0.01 L)² and c2 = (0.03 L)² with the range L = 1.",
)
def constants_of_255(x, y):
    return _ssim(x, y, top=255)


@mistake(
    ssim_window,
    "A flat grey beside a flat grey gives 0/0 or nothing.",
    "Add c1 and c2: they keep the quotient defined.",
)
def constants_left_out(x, y):
    return _ssim(x, y, top=0)


@mistake(
    ssim_window,
    "A darker copy is as good as the window itself: means don't count.",
    "Multiply by (2 μx μy + c1) / (μx² + μy² + c1).",
)
def structure_alone(x, y):
    spreads = np.cov(x, y, bias=True)
    return (2 * spreads[0, 1] + 0.03**2) / (np.trace(spreads) + 0.03**2)


# 2. The cycle -------------------------------------------------------------------------------------


def cycle_loss(a, b, a_again, b_again, weight):
    """weight · (mean |a_again - a| + mean |b_again - b|), each mean over all pixels."""
    return weight * (absolute(a_again, a) + absolute(b_again, b))


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


@mistake(
    cycle_loss,
    "One of the two ways may go wrong at no cost.",
    "Add |b_again - b|: both translators must come back.",
)
def one_way_only(a, b, a_again, b_again, weight):
    return weight * absolute(a_again, a)


@mistake(
    cycle_loss,
    "The weight counts for the first way only.",
    "Put brackets around the sum: weight * (… + …).",
)
def bracket_missing(a, b, a_again, b_again, weight):
    return weight * absolute(a_again, a) + absolute(b_again, b)


@mistake(
    cycle_loss,
    "Errors cancel out, and the loss may be 0 or below for wrong pictures.",
    "Take absolute values before the mean.",
)
def without_absolute_values(a, b, a_again, b_again, weight):
    return weight * (np.mean(a_again - a) + np.mean(b_again - b))


@mistake(
    cycle_loss,
    "Small errors hardly count: they are squared.",
    "The cycle's distance is L1: the mean of absolute values.",
)
def squared_distances(a, b, a_again, b_again, weight):
    return weight * (np.mean((a_again - a) ** 2) + np.mean((b_again - b) ** 2))


@mistake(
    cycle_loss,
    "Larger pictures, larger loss: the pixels are added up.",
    "Take the mean over all pixels, for each way.",
)
def pixels_added_up(a, b, a_again, b_again, weight):
    return weight * (np.sum(np.abs(a_again - a)) + np.sum(np.abs(b_again - b)))


@mistake(
    cycle_loss,
    "It is half as large: the two ways are averaged.",
    "Add both ways, without dividing by two.",
)
def mean_of_both_ways(a, b, a_again, b_again, weight):
    return cycle_loss(a, b, a_again, b_again, weight) / 2


# 3. The pool --------------------------------------------------------------------------------------


def shown_by_pool(fakes, size, swap, place):
    """Which fakes (numbers) a pool of `size` shows to the discriminator, one by one, as an array.

    While it fills, the new one, which stays. Then, where swap[i] is true, the old one at place[i],
    whose place the new one takes; elsewhere the new one, which doesn't stay.
    """
    pool, shown = [], []
    for fake, old, at in zip(fakes, swap, place, strict=True):
        if len(pool) < size:
            pool.append(fake)
        elif old:
            fake, pool[at] = pool[at], fake
        shown.append(fake)
    return np.array(shown)


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


@mistake(
    shown_by_pool,
    "The discriminator sees the newest fakes only.",
    "Where swap is true, show an old one, and keep the new one in its place.",
)
def without_a_pool(fakes, size, swap, place):
    return np.array(fakes)


@mistake(
    shown_by_pool,
    "After the pool is full, new fakes are never shown at once.",
    "Half of the time the new one is shown: look at swap.",
)
def always_an_old_one(fakes, size, swap, place):
    return shown_by_pool(fakes, size, np.ones(len(fakes), bool), place)


@mistake(
    shown_by_pool,
    "Old fakes come out again and again: the new one doesn't take the place.",
    "After showing pool[at], put the new fake there.",
)
def new_one_not_stored(fakes, size, swap, place):
    full = np.arange(len(fakes)) >= size
    return np.where(full & swap, np.take(fakes, place, mode="clip"), fakes)


@mistake(
    shown_by_pool,
    "Where swap is false, it shows an old one, and the other way round.",
    "Where swap is true, show the old one.",
)
def coin_reversed(fakes, size, swap, place):
    return shown_by_pool(fakes, size, ~np.asarray(swap), place)


@mistake(
    shown_by_pool,
    "Old fakes are shown before the pool is full.",
    "While it fills, show the new one: swap counts from then on.",
)
def swapped_before_it_is_full(fakes, size, swap, place):
    pool, shown = [], []
    for fake, old, at in zip(fakes, swap, place):
        if old and at < len(pool):
            fake, pool[at] = pool[at], fake
        elif len(pool) < size:
            pool.append(fake)
        shown.append(fake)
    return np.array(shown)


# 4. The split -------------------------------------------------------------------------------------


def tests_by_person(persons, count):
    """(N,) bool, which pictures test: all of the last `count` persons in sorted order.

    persons: (N,) integers, who is on each picture; several pictures show one person.
    """
    return np.isin(persons, list(splits.last_sources(persons, count)))


def _pictures_of_persons():
    rng = np.random.default_rng(6)
    return {
        "five people, eight pictures each": (np.repeat(np.arange(5), 8), 1),
        "not in order": (rng.permutation(np.repeat([3, 14, 15, 92, 65], 8)), 2),
        "one picture each": (rng.permutation(20), 4),
        "188 people, eight pictures each": (rng.permutation(np.repeat(np.arange(188), 8)), 38),
        "unequal numbers": (np.array([7, 7, 7, 1, 4, 4, 9, 1, 9, 9, 9, 9, 2]), 2),
    }


@mistake(
    tests_by_person,
    "Copies of a test person train: the pictures were split, not the people.",
    "Choose people first, then take all of their pictures.",
)
def last_pictures(persons, count):
    share = count * len(persons) // len(np.unique(persons))
    return np.arange(len(persons)) >= len(persons) - share


@mistake(
    tests_by_person,
    "Of each person one picture tests and the others train.",
    "All pictures of a person go to one side.",
)
def first_picture_of_each(persons, count):
    first = np.unique(persons, return_index=True)[1]
    return np.isin(np.arange(len(persons)), first)


@mistake(tests_by_person, "These are the pictures that train.", "Return True for those that test.")
def train_for_test(persons, count):
    return ~tests_by_person(persons, count)


@mistake(tests_by_person, "The first people test.", "Take the last `count` in sorted order.")
def first_people(persons, count):
    return np.isin(persons, np.unique(persons)[:count])


@mistake(
    tests_by_person,
    "The order of the pictures decides, not that of the people.",
    "Sort the people: np.unique does it.",
)
def last_to_appear(persons, count):
    order = list(dict.fromkeys(np.asarray(persons).tolist()))
    return np.isin(persons, order[-count:])


@mistake(
    tests_by_person,
    "Too few people test: repeated pictures were counted as people.",
    "Count each person once: np.unique.",
)
def pictures_counted_as_people(persons, count):
    return np.isin(persons, np.sort(persons)[-count:])


# 5. Drawing without a network ---------------------------------------------------------------------


def pencil_sketch(photo, photos, sketches):
    """The baseline of the open exercise: `data.face_sketch.pencil`, (H, W) float32."""
    return face_sketch.pencil(photo)[..., 0]


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


@mistake(
    pencil_sketch,
    "Everybody gets the mean sketch.",
    "Look at the photograph: its edges are where this person's lines are.",
)
def mean_sketch(photo, photos, sketches):
    return np.mean(sketches, axis=0, dtype=np.float32)


@mistake(
    pencil_sketch,
    "That is the photograph in grey: no paper, no lines.",
    "Paper is white: divide by the blurred photograph, and only edges stay dark.",
)
def photograph_in_grey(photo, photos, sketches):
    return images.to_grey(photo)


@mistake(pencil_sketch, "A sketch of somebody else.", "Look at the photograph that you were given.")
def first_example(photo, photos, sketches):
    return sketches[0]


@mistake(
    pencil_sketch,
    "The sketch of whoever looks most alike, but it is somebody else.",
    "Draw the lines of this photograph.",
)
def most_similar_example(photo, photos, sketches):
    return sketches[np.argmin(np.mean((photos - photo) ** 2, axis=(1, 2, 3)))]


@mistake(
    pencil_sketch,
    "Empty paper: SSIM sees no structure in it.",
    "Draw something: even the mean sketch is better than nothing.",
)
def white_paper(photo, photos, sketches):
    return np.ones_like(sketches[0])


# Mistakes that no exercise asks for ---------------------------------------------------------------


@mistake(
    CycleGAN.cycles,
    "Each translator learns from one of the two cycles only.",
    "Add both cycle terms before the gradients of both translators are taken.",
)
def half_of_the_cycle(self, x, y, fake_x, fake_y):
    return CycleGAN.cycles(self, x, y, ops.stop_gradient(fake_x), ops.stop_gradient(fake_y))


# The failure gallery: translators that went wrong, staged with a good one. `symptoms` detects each.


@mistake(
    translate,
    "Everybody gets the same sketch.",
    "Show the discriminator the source, too (pix2pix), or ask for the way back (CycleGAN).",
)
def mode_collapse(model, pictures, seed=0):
    return np.repeat(translate(model, pictures[:1], seed), len(pictures), axis=0)


@mistake(
    translate,
    "The photograph comes back, hardly changed.",
    "Less weight for identity and cycle: a copy is the surest way home.",
)
def identity_shortcut(model, pictures, seed=0):
    return np.asarray(pictures) * 0.97 + 0.03 * translate(model, pictures, seed)


@mistake(
    translate,
    "Black paper, white lines: the way back inverts once more and comes home.",
    "Add the identity loss, and start from small weights.",
)
def colour_inversion(model, pictures, seed=0):
    return 1 - translate(model, pictures, seed)


@mistake(
    translate,
    "A grid of every second pixel lies over each picture.",
    "Resize first; a transposed kernel that is a multiple of its stride helps only a little.",
)
def checkerboard(model, pictures, seed=0):
    made = np.array(translate(model, pictures, seed))
    made[:, ::2, ::2] *= 0.75  # a kernel of 3 with stride 2 reaches these with one weight, not four
    return made


EXERCISES = [
    Exercise("03.1", ssim_window, _windows),
    Exercise("03.2", cycle_loss, _cycles),
    Exercise("03.3", shown_by_pool, _pools),
    Exercise("03.4", tests_by_person, _pictures_of_persons),
    Exercise("03.5", pencil_sketch, portraits, ssim_of_sketches, goal=0.635, measure="SSIM:"),
]
