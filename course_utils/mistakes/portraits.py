"""Mistakes with measures, cycles, pools and splits of portraits: lesson 03.

Right versions: `teach.exercises.lesson03`. Those with CycleGAN's networks are in `cyclegan`.
"""

import numpy as np

from .. import images
from . import mistake

# SSIM ---------------------------------------------------------------------------------------------


def _ssim(x, y, vx, vy, covariance, top=1.0):
    mx, my, c1, c2 = x.mean(), y.mean(), (0.01 * top) ** 2, (0.03 * top) ** 2
    above = (2 * mx * my + c1) * (2 * covariance + c2)
    return above / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def _covariance(x, y):
    return np.mean((x - x.mean()) * (y - y.mean()))


@mistake(
    "ssim_window",
    "Equal windows get far less than 1: the two factors below are added.",
    "Multiply them: (μx² + μy² + c1) · (σx² + σy² + c2).",
)
def denominator_added_up(x, y):
    mx, my, c1, c2 = x.mean(), y.mean(), 0.01**2, 0.03**2
    above = (2 * mx * my + c1) * (2 * _covariance(x, y) + c2)
    return above / ((mx**2 + my**2 + c1) + (x.var() + y.var() + c2))


@mistake(
    "ssim_window",
    "A flat grey has a variance: the mean isn't taken away, nothing is squared.",
    "The variance σx² is the mean of (x - μx)².",
)
def minus_and_square_missing(x, y):
    return _ssim(x, y, np.mean(x * x.mean()), np.mean(y * y.mean()), _covariance(x, y))


@mistake(
    "ssim_window",
    "Windows of little contrast get too little: σ stands for σ².",
    "Take variances below, not standard deviations.",
)
def deviation_for_variance(x, y):
    return _ssim(x, y, x.std(), y.std(), _covariance(x, y))


@mistake(
    "ssim_window",
    "All windows look alike: the constants are those of greys up to 255.",
    "Take c1 = (0.01 L)² and c2 = (0.03 L)² with the range L = 1.",
)
def constants_of_255(x, y):
    return _ssim(x, y, x.var(), y.var(), _covariance(x, y), top=255)


@mistake(
    "ssim_window",
    "A flat grey beside a flat grey gives 0/0 or nothing.",
    "Add c1 and c2: they keep the quotient defined.",
)
def constants_left_out(x, y):
    return _ssim(x, y, x.var(), y.var(), _covariance(x, y), top=0)


@mistake(
    "ssim_window",
    "A darker copy is as good as the window itself: means don't count.",
    "Multiply by (2 μx μy + c1) / (μx² + μy² + c1).",
)
def structure_alone(x, y):
    return (2 * _covariance(x, y) + 0.03**2) / (x.var() + y.var() + 0.03**2)


# The cycle ----------------------------------------------------------------------------------------


def _distance(first, second):
    return np.mean(np.abs(first - second))


@mistake(
    "cycle_loss",
    "One of the two ways may go wrong at no cost.",
    "Add |b_again - b|: both translators must come back.",
)
def one_way_only(a, b, a_again, b_again, weight):
    return weight * _distance(a_again, a)


@mistake(
    "cycle_loss",
    "The weight counts for the first way only.",
    "Put brackets around the sum: weight * (… + …).",
)
def bracket_missing(a, b, a_again, b_again, weight):
    return weight * _distance(a_again, a) + _distance(b_again, b)


@mistake(
    "cycle_loss",
    "Errors cancel out, and the loss may be 0 or below for wrong pictures.",
    "Take absolute values before the mean.",
)
def without_absolute_values(a, b, a_again, b_again, weight):
    return weight * (np.mean(a_again - a) + np.mean(b_again - b))


@mistake(
    "cycle_loss",
    "Small errors hardly count: they are squared.",
    "The cycle's distance is L1: the mean of absolute values.",
)
def squared_distances(a, b, a_again, b_again, weight):
    return weight * (np.mean((a_again - a) ** 2) + np.mean((b_again - b) ** 2))


@mistake(
    "cycle_loss",
    "Larger pictures, larger loss: the pixels are added up.",
    "Take the mean over all pixels, for each way.",
)
def pixels_added_up(a, b, a_again, b_again, weight):
    return weight * (np.sum(np.abs(a_again - a)) + np.sum(np.abs(b_again - b)))


@mistake(
    "cycle_loss",
    "It is half as large: the two ways are averaged.",
    "Add both ways, without dividing by two.",
)
def mean_of_both_ways(a, b, a_again, b_again, weight):
    return weight * (_distance(a_again, a) + _distance(b_again, b)) / 2


# The pool -----------------------------------------------------------------------------------------


@mistake(
    "shown_by_pool",
    "The discriminator sees the newest fakes only.",
    "Where swap is true, show an old one, and keep the new one in its place.",
)
def without_a_pool(fakes, size, swap, place):
    return np.array(fakes)


@mistake(
    "shown_by_pool",
    "After the pool is full, new fakes are never shown at once.",
    "Half of the time the new one is shown: look at swap.",
)
def always_an_old_one(fakes, size, swap, place):
    return _pooled(fakes, size, np.ones(len(fakes), bool), place)


@mistake(
    "shown_by_pool",
    "Old fakes come out again and again: the new one doesn't take the place.",
    "After showing pool[at], put the new fake there.",
)
def new_one_not_stored(fakes, size, swap, place):
    return _pooled(fakes, size, swap, place, store=False)


@mistake(
    "shown_by_pool",
    "Where swap is false, it shows an old one, and the other way round.",
    "Where swap is true, show the old one.",
)
def coin_reversed(fakes, size, swap, place):
    return _pooled(fakes, size, ~np.asarray(swap), place)


@mistake(
    "shown_by_pool",
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


def _pooled(fakes, size, swap, place, store=True):
    pool, shown = [], []
    for fake, old, at in zip(fakes, swap, place):
        if len(pool) < size:
            pool.append(fake)
        elif old:
            fake, pool[at] = pool[at], fake if store else pool[at]
        shown.append(fake)
    return np.array(shown)


# The split ----------------------------------------------------------------------------------------


@mistake(
    "tests_by_person",
    "Copies of a test person train: the pictures were split, not the people.",
    "Choose people first, then take all of their pictures.",
)
def last_pictures(persons, count):
    share = count * len(persons) // len(np.unique(persons))
    return np.arange(len(persons)) >= len(persons) - share


@mistake(
    "tests_by_person",
    "Of each person one picture tests and the others train.",
    "All pictures of a person go to one side.",
)
def first_picture_of_each(persons, count):
    first = np.unique(persons, return_index=True)[1]
    return np.isin(np.arange(len(persons)), first)


@mistake(
    "tests_by_person", "These are the pictures that train.", "Return True for those that test."
)
def train_for_test(persons, count):
    return ~np.isin(persons, np.unique(persons)[-count:])


@mistake("tests_by_person", "The first people test.", "Take the last `count` in sorted order.")
def first_people(persons, count):
    return np.isin(persons, np.unique(persons)[:count])


@mistake(
    "tests_by_person",
    "The order of the pictures decides, not that of the people.",
    "Sort the people: np.unique does it.",
)
def last_to_appear(persons, count):
    order = list(dict.fromkeys(np.asarray(persons).tolist()))
    return np.isin(persons, order[-count:])


@mistake(
    "tests_by_person",
    "Too few people test: repeated pictures were counted as people.",
    "Count each person once: np.unique.",
)
def pictures_counted_as_people(persons, count):
    return np.isin(persons, np.sort(persons)[-count:])


# Drawing ------------------------------------------------------------------------------------------


@mistake(
    "mean_sketch",
    "That is the photograph in grey: no paper, no lines.",
    "Paper is white: divide by the blurred photograph, and only edges stay dark.",
)
def photograph_in_grey(photo, photos, sketches):
    return images.to_grey(photo)


@mistake("mean_sketch", "A sketch of somebody else.", "Look at the photograph that you were given.")
def first_example(photo, photos, sketches):
    return sketches[0]


@mistake(
    "mean_sketch",
    "The sketch of whoever looks most alike, but it is somebody else.",
    "Draw the lines of this photograph.",
)
def most_similar_example(photo, photos, sketches):
    return sketches[np.argmin(np.mean((photos - photo) ** 2, axis=(1, 2, 3)))]


@mistake(
    "mean_sketch",
    "Empty paper: SSIM sees no structure in it.",
    "Draw something: the mean sketch is better than nothing.",
)
def white_paper(photo, photos, sketches):
    return np.ones_like(sketches[0])
