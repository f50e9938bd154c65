"""The exercises of lesson 09: haze and its opposite, a split by person, a margin; mistakes."""

import functools

import numpy as np

from drawn_worlds import landscapes

from .. import metrics
from ..data import splits
from ..data.project import haze, hazy, unveiled, veiled
from .core import Exercise, mistake

# 1. Put haze on -----------------------------------------------------------------------------------


def _views(thin=False):
    """{case: (picture, t, air)}; thin: of some haze hardly anything comes through."""
    rng = np.random.default_rng(1 + thin)
    cases = {}
    for name, shape in {"a view": (8, 10), "a narrow one": (12, 5), "a square": (9, 9)}.items():
        t, air = haze(shape, rng)
        cases[name] = (rng.random((*shape, 3), np.float32), t, air)
    picture, t, air = cases["a view"]
    cases["no haze"] = (picture, np.ones_like(t), air)
    cases["thick haze"] = (picture, np.clip(t - 0.5, 0.02 if thin else 0, 1), air)
    return cases


@mistake(
    veiled,
    "Near things vanish and far ones are clear: t and 1 - t have changed places.",
    "The light that comes through is t: it belongs to the picture.",
)
def light_and_haze_exchanged(picture, t, air):
    return veiled(picture, 1 - t, air)


@mistake(
    veiled,
    "It is brighter than any haze: the air is added, and the picture isn't dimmed.",
    "What the air adds, the picture loses: multiply it by t.",
)
def picture_not_dimmed(picture, t, air):
    return np.float32(picture + (1 - t[..., None]) * air)


@mistake(
    veiled,
    "Even without haze all of the air's light is there.",
    "The air counts by 1 - t, which is 0 where there is no haze.",
)
def air_at_full_strength(picture, t, air):
    return np.float32(t[..., None] * picture + air)


@mistake(
    veiled,
    "Near and far are equally pale: one t serves the whole picture.",
    "Each pixel has a t of its own; give it an axis for the channels, t[..., None].",
)
def one_t_for_all_places(picture, t, air):
    return veiled(picture, np.full_like(t, t.mean()), air)


@mistake(
    veiled,
    "The haze has lost its tint: the mean of the air's three channels is taken.",
    "The air has a colour, (3,), which NumPy lays along the last axis.",
)
def air_without_a_colour(picture, t, air):
    return veiled(picture, t, np.full_like(air, air.mean()))


# 2. Take it off -------------------------------------------------------------------------------------


def _known_hazes():
    return {name: (veiled(*case), *case[1:], 0.1) for name, case in _views(thin=True).items()}


@mistake(
    unveiled,
    "The whole picture has a wrong tint: it is divided by t before the air is taken off.",
    "Take the air off first, then divide, then add it again.",
)
def divided_too_early(picture, t, air, least):
    return np.float32(picture / np.maximum(t, least)[..., None] - air)


@mistake(
    unveiled,
    "It is far too dark, and partly below 0: the air isn't added again.",
    "(I - A) / t is the picture minus the air: add A.",
)
def air_never_put_back(picture, t, air, least):
    return np.float32(unveiled(picture, t, air, least) - air)


@mistake(
    unveiled,
    "It is even paler than before: it is multiplied by t.",
    "Haze has multiplied the contrast by t: divide by it.",
)
def haze_put_on_twice(picture, t, air, least):
    return veiled(picture, np.maximum(t, least), air)


@mistake(
    unveiled,
    "Where hardly any light comes through, tiny errors become glaring pixels.",
    "Let t be at least `least`: np.maximum(t, least).",
)
def nothing_is_the_least(picture, t, air, least):
    return unveiled(picture, t, air, 1e-6)


@mistake(
    unveiled,
    "All places are divided by the same small number: np.minimum keeps the smaller one.",
    "Take np.maximum(t, least), which is never below `least`.",
)
def least_taken_everywhere(picture, t, air, least):
    return unveiled(picture, np.minimum(t, least), air, 1e-6)


# 3. Which pictures test? ------------------------------------------------------------------------------


def tests_by_name(names):
    """Which files test, bool (N,): all of a person or none. Names are like anna_03.jpg."""
    return np.array([splits.fold(name.rpartition("_")[0]) == 0 for name in names])


def _albums():
    people = "anna ben carla dan eva finn greta hugo ida jon kim lea max nora olaf pia".split()
    rng, cases = np.random.default_rng(3), {}
    for case in ("an album", "the same people, other photographs", "in another order"):
        names = [f"{one}_{n:02}.jpg" for one in people for n in range(rng.integers(2, 5))]
        cases[case] = (list(rng.permutation(names)),)
    cases["names with underscores"] = ([f"van_{one}_{n}.png" for one in people for n in (0, 1)],)
    return cases


@mistake(
    tests_by_name,
    "Half of the test people are known from training: each file is drawn for itself.",
    "Ask the fold of what stands before the last underscore, not of the whole name.",
)
def each_file_for_itself(names):
    return np.array([splits.fold(name) == 0 for name in names])


@mistake(
    tests_by_name,
    "Photograph 03 of everybody tests: the number decides, not the person.",
    "Of the three parts that rpartition gives, the person is the first one.",
)
def number_for_the_person(names):
    return np.array([splits.fold(name.rpartition("_")[2]) == 0 for name in names])


@mistake(
    tests_by_name,
    "Families are one person: it cuts at the first underscore.",
    "A name may have underscores of its own: cut at the last one.",
)
def cut_at_the_first_underscore(names):
    return np.array([splits.fold(name.partition("_")[0]) == 0 for name in names])


@mistake(
    tests_by_name,
    "Four people in five test, and hardly anybody is left to learn from.",
    "Fold 0 of 5 tests: == 0, not != 0.",
)
def those_who_train(names):
    return ~tests_by_name(names)


@mistake(
    tests_by_name,
    "Sort the list another way, and other people test.",
    "Ask the name, not the place in the list.",
)
def end_of_the_list(names):
    return np.arange(len(names)) >= 4 * len(names) / 5


# 4. The margin ----------------------------------------------------------------------------------------


def margin(ours, rivals, lower=False):
    """Half of the worst gain over the best baseline; 0 where a seed doesn't beat it.

    ours: (seeds,), what the network reached. rivals: (baselines,). lower: whether less is better.
    """
    sign = -1 if lower else 1
    gains = sign * np.asarray(ours) - np.max(sign * np.asarray(rivals))
    return max(0.0, float(gains.min()) / 2)


def _measured():
    return {
        "PSNR": (np.array([22.4, 21.9, 22.8, 22.1, 22.6]), np.array([16.3, 20.1, 18.0])),
        "RMSE": (np.array([0.041, 0.035, 0.038]), np.array([0.09, 0.052]), True),
        "a seed that fails": (np.array([0.71, 0.58, 0.69]), np.array([0.6, 0.4])),
        "one baseline": (np.array([3.0, 5.0]), np.array([1.0])),
    }


@mistake(
    margin,
    "Every second run would be stopped: half of the mean gain is asked for.",
    "The worst seed decides: the smallest gain.",
)
def mean_gain_halved(ours, rivals, lower=False):
    sign = -1 if lower else 1
    return max(0.0, float(np.mean(sign * ours) - np.max(sign * rivals)) / 2)


@mistake(
    margin,
    "The margin is far too large: the network is compared with the weakest baseline.",
    "It must beat all of them, so take the best baseline.",
)
def weakest_baseline_beaten(ours, rivals, lower=False):
    sign = -1 if lower else 1
    return max(0.0, float(np.min(sign * ours) - np.min(sign * rivals)) / 2)


@mistake(
    margin,
    "A run as good as the worst one fails: the whole gain is asked for.",
    "Take half of it: seeds that nobody has tried may be worse.",
)
def whole_gain(ours, rivals, lower=False):
    return 2 * margin(ours, rivals, lower)


@mistake(
    margin,
    "For an error the margin is 0 though all seeds are better: less is better there.",
    "If lower, change the sign of both before you compare.",
)
def less_is_never_better(ours, rivals, lower=False):
    return margin(ours, rivals)


@mistake(
    margin,
    "It is below 0 for a network that loses, which would pass.",
    "No margin is below 0: max(0.0, ...).",
)
def margin_below_zero(ours, rivals, lower=False):
    sign = -1 if lower else 1
    return float(np.min(sign * ours) - np.max(sign * rivals)) / 2


# 5. Without a network -----------------------------------------------------------------------------------


@functools.cache
def _clear_views():
    return np.stack([landscapes.landscape(3_000_000 + seed, 64).photo for seed in range(6)])


def hazy_views():
    """{name: (hazy picture (64, 64, 3),)}: six landscapes, each in a haze of its own."""
    return {
        f"view {number}": (picture,) for number, picture in enumerate(hazy(_clear_views(), seed=9))
    }


def _mean_psnr(cleared):
    truths = dict(zip(hazy_views(), _clear_views(), strict=True))
    shown = {name: np.clip(picture, 0, 1) for name, picture in cleared.items()}
    return np.mean([metrics.psnr(truths[name], picture) for name, picture in shown.items()])


def one_haze_for_all(picture):
    """The baseline of the open exercise: seven tenths of the light, and a light grey, wherever one looks."""
    return unveiled(picture, np.full(picture.shape[:2], 0.7), np.float32([0.8, 0.8, 0.8]))


@mistake(one_haze_for_all, "The haze is still there.", "Estimate t and A, and take the haze off.")
def left_in_haze(picture):
    return picture


@mistake(
    one_haze_for_all,
    "Skies turn black and colours glare: each channel is stretched to its limits.",
    "A clear picture needs no white or black pixel; ask how thick the haze is at each place.",
)
def stretched_to_the_limits(picture):
    low, high = picture.min(axis=(0, 1)), picture.max(axis=(0, 1))
    return np.float32((picture - low) / (high - low))


@mistake(
    one_haze_for_all,
    "Far things stay pale and near ones turn dark: one dark value serves all places.",
    "Haze grows with the distance: take the darkest value of a window around each pixel.",
)
def darkest_value_of_all(picture):
    air = np.float32([0.8, 0.8, 0.8])
    t = np.full(picture.shape[:2], 1 - 0.8 * (picture / air).min())
    return unveiled(picture, t, air)


@mistake(
    one_haze_for_all,
    "White things lose their light: a single pixel is asked, and each of them is taken for haze.",
    "Ask the darkest value of a window around it: minimum_filter.",
)
def each_pixel_its_own_window(picture):
    dark = picture.min(axis=-1)
    air = picture[dark >= np.percentile(dark, 99)].mean(axis=0)
    return unveiled(picture, 1 - 0.8 * (picture / air).min(axis=-1), air)


EXERCISES = [
    Exercise("09.1", veiled, _views),
    Exercise("09.2", unveiled, _known_hazes),
    Exercise("09.3", tests_by_name, _albums),
    Exercise("09.4", margin, _measured),
    Exercise(
        "09.5", one_haze_for_all, hazy_views, _mean_psnr, goal=21.0, measure="Mean PSNR in dB:"
    ),
]
