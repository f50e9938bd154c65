"""The exercises of lesson 05: scaled Lab, the best colour, rare classes, annealed mean; mistakes."""

import functools

import numpy as np

from drawn_worlds import landscapes

from .. import images, metrics
from ..colour import SCALE, scaled, unscaled
from ..data import colorization as data
from ..metrics import psnr
from ..models.colorization import annealed_mean, bins, rebalanced
from .core import Exercise, mistake

UNSEEN, EXAMPLES, SIDE = range(2_000_000, 2_000_012), range(2_000_100, 2_000_136), 64

# 1. Back to L*a*b* --------------------------------------------------------------------------------


def _answers_of_networks():
    rng = np.random.default_rng(1)
    grey = np.zeros((4, 4, 3))
    grey[..., 0] = np.linspace(-1, 1, 16).reshape(4, 4)
    ends = np.array([[-1.0, 0, 0], [1, 0, 0], [0.06, 0.73, 0.61], [-0.35, 0.72, -0.98]])
    cases = {
        "a batch of answers": rng.uniform(-1, 1, (2, 5, 4, 3)),
        "a grey ramp": grey,
        "black, white, red and blue": ends[None],
        "one pixel": rng.uniform(0.1, 0.9, (1, 1, 3)),
        "green, which has an a below 0": np.array([[[0.75, -0.78, 0.76]]]),
    }
    return {name: (values.astype(np.float32),) for name, values in cases.items()}


@mistake(
    unscaled,
    "Colours are too strong by a sixth: they were divided by 110 and are multiplied by 128.",
    "One constant for both ways: a and b were divided by 110.",
)
def a_and_b_times_128(values):
    return (values + np.float32([1, 0, 0])) * np.float32([50, 128, 128])


@mistake(
    unscaled,
    "Colours are a little too strong: 127 is the largest signed byte, not what a was divided by.",
    "Multiply a and b by 110.",
)
def a_and_b_times_127(values):
    return (values + np.float32([1, 0, 0])) * np.float32([50, 127, 127])


@mistake(
    unscaled,
    "Half of the lightnesses are below 0, and all of them are 50 too low.",
    "L was L*/50 - 1: add the 1 before you multiply.",
)
def lightness_not_shifted(values):
    return values * SCALE


@mistake(
    unscaled,
    "White has a lightness of 51: the 1 is added after the multiplication.",
    "Undo the last step first: + 1, then times 50.",
)
def shifted_after_scaling(values):
    return values * SCALE + np.float32([1, 0, 0])


@mistake(
    unscaled,
    "Grey turns pink: a and b are shifted, too.",
    "Only L is shifted; a and b are 0 where there is no colour.",
)
def colours_shifted_too(values):
    return (values + 1) * SCALE


@mistake(
    unscaled,
    "Blue turns green: a and b have changed places.",
    "Channel 1 is a, from green to red; channel 2 is b, from blue to yellow.",
)
def a_and_b_exchanged(values):
    return unscaled(values)[..., [0, 2, 1]]


@mistake(
    unscaled,
    "All values are nearly the same: they were scaled once more.",
    "Here is the way back: multiply where `scaled` divides.",
)
def scaled_once_more(values):
    return scaled(values)


# 2. The best single colour ------------------------------------------------------------------------


def best_colour(colours, shares):
    """The a and b, (2,), of the smallest mean absolute error: the median of each by itself.

    colours: (n, 2), what a pixel may be; shares: (n,), how often it is that, of sum 1.
    """
    order = np.argsort(colours, axis=0)
    reached = np.cumsum(shares[order], axis=0)  # (n, 2)
    middle = np.argmax(reached >= np.sum(shares) / 2, axis=0)
    return np.sort(colours, axis=0)[middle, [0, 1]]


def balloons():
    """The a and b of the objects that grey doesn't tell apart, in eight colours: (8, 2)."""
    codes = [code.lstrip("#") for code in landscapes.COLOURS.values()]
    rgb = np.array([[int(code[at : at + 2], 16) for at in (0, 2, 4)] for code in codes])
    return images.rgb_to_lab(rgb.astype(np.float32)[None] / 255)[0, :, 1:].astype(np.float64)


def _plausible():
    rng, eight = np.random.default_rng(2), balloons()
    triangle = np.array([[60.0, 40.0], [-50.0, 10.0], [10.0, -70.0]])
    return {
        "eight balloons, unequally frequent": (eight, _of_sum_1(rng.uniform(0.5, 2, 8))),
        "most are grey, some are red": (
            np.array([[65.0, 45.0], [2.0, -1.0], [30.0, 20.0], [1.0, 3.0]]),
            np.array([0.25, 0.4, 0.1, 0.25]),
        ),
        "yellow or blue": (np.array([[-10.0, 80.0], [25.0, -90.0]]), np.array([0.6, 0.4])),
        "three colours, far apart": (triangle, np.array([0.35, 0.33, 0.32])),
        "one colour": (np.array([[12.0, -34.0]]), np.array([1.0])),
        "many colours": (rng.uniform(-100, 100, (301, 2)), _of_sum_1(rng.exponential(1, 301))),
    }


def _of_sum_1(numbers):
    return numbers / numbers.sum()


@mistake(
    best_colour,
    "Rare and vivid colours draw the answer to them: it is the mean, which L2 asks for.",
    "The absolute error is smallest at the median of each channel.",
)
def mean_of_the_colours(colours, shares):
    return shares @ colours


@mistake(
    best_colour,
    "It is the most frequent colour, which may be far away from most of the others.",
    "Count from the lowest value upwards until half of the shares are reached.",
)
def likeliest_colour(colours, shares):
    return colours[np.argmax(shares)]


@mistake(
    best_colour,
    "The two outermost colours decide alone: it is the middle of the range.",
    "Half of the shares must be on each side, not half of the range.",
)
def middle_of_the_colours(colours, shares):
    return (colours.min(axis=0) + colours.max(axis=0)) / 2


@mistake(
    best_colour,
    "Rare colours count as much as frequent ones: it is np.median of the colours.",
    "Add up the shares in the order of the values, and stop at one half.",
)
def shares_left_out(colours, shares):
    return np.median(colours, axis=0)


@mistake(
    best_colour,
    "It is the best of the given colours, but another one is better than all of them.",
    "Take each channel's own median: a and b may come from two colours.",
)
def one_of_the_colours(colours, shares):
    errors = np.abs(colours[:, None] - colours).sum(-1)  # (n, n)
    return colours[np.argmin(errors @ shares)]


@mistake(
    best_colour,
    "The answer for b belongs to the colour in which a has its median.",
    "Sort a and b each by itself.",
)
def sorted_by_a_alone(colours, shares):
    order = np.argsort(colours[:, 0])
    return colours[order][np.argmax(np.cumsum(shares[order]) >= 0.5)]


@mistake(
    best_colour,
    "The shares are added up in the order in which the colours happen to stand.",
    "Sort the values first, and take the shares along.",
)
def added_up_without_sorting(colours, shares):
    return colours[np.argmax(np.cumsum(shares) >= 0.5)]


# 3. Rare colours count more -----------------------------------------------------------------------


def _shares():
    rng = np.random.default_rng(3)
    grey = _of_sum_1(np.exp(-np.arange(260) / 12.0))
    return {
        "three classes": (np.array([0.7, 0.2, 0.1]), 0.5),
        "one class is never seen": (np.array([0.5, 0.3, 0.2, 0.0]), 0.5),
        "260 colours, mostly grey": (grey, 0.5),
        "little mixing": (_of_sum_1(rng.uniform(0.1, 1, 6)), 0.1),
        "no mixing: 1 / p": (np.array([0.1, 0.5, 0.4]), 0.0),
        "all mixed: no weights": (np.array([0.6, 0.3, 0.1]), 1.0),
        "equal shares": (np.full(5, 0.2), 0.3),
    }


def _weighted(below, shares):
    """1 / below, of mean 1 over the examples."""
    return (1 / below) / np.sum(shares / below)


@mistake(
    rebalanced,
    "With λ = 1 it rebalances most, with λ = 0 not at all: the two parts have changed places.",
    "(1 - λ) belongs to p, λ to 1 / Q.",
)
def lambda_at_the_other_part(shares, mix):
    return _weighted(mix * shares + (1 - mix) / len(shares), shares)


@mistake(
    rebalanced,
    "A class that is hardly seen counts thousands of times: nothing is mixed in.",
    "Mix λ / Q into the shares before you divide.",
)
def nothing_mixed_in(shares, mix):
    return _weighted(np.maximum(shares, 1e-9), shares)


@mistake(
    rebalanced,
    "With many classes all weights are nearly 1: λ isn't divided by Q.",
    "Each of the Q classes gets its part of λ: λ / Q.",
)
def lambda_not_divided(shares, mix):
    return _weighted((1 - mix) * shares + mix, shares)


@mistake(
    rebalanced,
    "The loss is far larger than without weights: they aren't normalised.",
    "Divide by Σ p w, so that the mean weight of the examples is 1.",
)
def weights_not_normalised(shares, mix):
    return 1 / np.maximum((1 - mix) * shares + mix / len(shares), 1e-9)


@mistake(
    rebalanced,
    "The mean over the classes is 1, but most examples are of frequent classes and count less.",
    "Weigh the mean by the shares: Σ p w = 1.",
)
def mean_over_the_classes(shares, mix):
    weights = weights_not_normalised(shares, mix)
    return weights / weights.mean()


@mistake(
    rebalanced,
    "The weights add up to 1, as shares do: the loss is nearly 0.",
    "Not Σ w is 1, but Σ p w.",
)
def weights_that_add_up_to_1(shares, mix):
    weights = weights_not_normalised(shares, mix)
    return weights / weights.sum()


@mistake(
    rebalanced,
    "Frequent colours count more, and the answer is even greyer.",
    "The weight is 1 divided by the mixture.",
)
def frequent_ones_count_more(shares, mix):
    return _weighted(1 / ((1 - mix) * shares + mix / len(shares)), shares)


# 4. The annealed mean -----------------------------------------------------------------------------


def _logits():
    rng = np.random.default_rng(4)
    count = len(bins())
    spread = rng.normal(0, 3, (2, 4, 3, count))

    def two_colours(first, second):
        chosen = np.full((1, count), -30.0)
        for share, ab in ((first, (50, 40)), (second, (10, -60))):
            chosen[0, np.argmin(np.sum((bins() - ab) ** 2, axis=-1))] = np.log(share)
        return chosen

    return {
        "any, T = 0.38": (spread, 0.38),
        "any, T = 1": (spread[0], 1.0),
        "two colours, 60 to 40": (two_colours(0.6, 0.4), 0.38),
        "nearly cold": (two_colours(0.55, 0.45), 0.1),
        "hot": (spread[1, :2], 3.0),
        "a network that is very sure": (130 * spread[0, 0], 0.38),
    }


def _softmax(logits, axis=-1):
    powers = np.exp(logits - np.max(logits, axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@mistake(
    annealed_mean,
    "A lower temperature makes it greyer: the logits are multiplied by T.",
    "Divide the logits by T: a small T makes large differences larger.",
)
def temperature_multiplied(logits, temperature):
    return _softmax(logits * temperature) @ bins()


@mistake(
    annealed_mean,
    "T changes nothing: it is the plain mean, grey where two colours are likely.",
    "Divide the logits by T before the softmax.",
)
def temperature_left_out(logits, temperature):
    return _softmax(logits) @ bins()


@mistake(
    annealed_mean,
    "Neighbouring pixels jump from one colour to another: the likeliest bin alone counts.",
    "Take the mean of all bins under softmax(logits / T).",
)
def likeliest_bin(logits, temperature):
    return bins()[np.argmax(logits, axis=-1)].astype(np.float64)


@mistake(
    annealed_mean,
    "Nearly everything is the mean of all bins: probabilities were taken for logits.",
    "One softmax only: softmax(logits / T).",
)
def softmax_taken_twice(logits, temperature):
    return _softmax(_softmax(logits) / temperature) @ bins()


@mistake(
    annealed_mean,
    "Colours fade as T falls: the powers p^(1/T) don't add up to 1 any more.",
    "Divide by the sum of all p^(1/T).",
)
def powers_not_normalised(logits, temperature):
    return _softmax(logits) ** (1 / temperature) @ bins()


@mistake(
    annealed_mean,
    "Where the network is sure, it gives nan: the exponential is infinite.",
    "Take the largest logit of each pixel away before you call np.exp; the softmax stays.",
)
def largest_logit_left_in(logits, temperature):
    powers = np.exp(logits / temperature)
    return powers / powers.sum(axis=-1, keepdims=True) @ bins()


@mistake(
    annealed_mean,
    "All pixels but one are nearly grey: they share one softmax.",
    "Each pixel has its own softmax: sum along the last axis, with keepdims=True.",
)
def one_softmax_for_all_pixels(logits, temperature):
    return _softmax(logits / temperature, axis=None) @ bins()


# 5. Colours without a network ---------------------------------------------------------------------


def table_of_colours(grey, pictures):
    """The baseline of the open exercise: `data.colorization.mean_colour`, (H, W, 3) float32."""
    return data.mean_colour(pictures, grey[None])[0]


@functools.cache
def _drawn():
    return [
        np.stack([landscapes.landscape(seed, SIDE).photo for seed in seeds])
        for seeds in (UNSEEN, EXAMPLES)
    ]


def scenes():
    """{name: (grey, pictures)}: twelve landscapes to colour, and the same 36 in colour.

    grey: (64, 64, 3), three equal channels; pictures: (36, 64, 64, 3); float32 in [0, 1].
    """
    unseen, examples = _drawn()
    return {f"scene {n}": (grey, examples) for n, grey in enumerate(data.grey(unseen), 1)}


def gain_over_grey(coloured):
    """The share of grey's error that is gone in twelve pictures, {name as in `scenes`: (64, 64, 3)}.

    1 - mad / mad of the grey pictures, to three digits, where mad is `colour_scores`' "mad_mean".
    1 is right, 0 as good as grey. Raises ValueError for values outside [0, 1].
    """
    truths, _ = _drawn()
    made = [np.asarray(coloured[name], np.float32) for name in scenes()]
    errors = [
        metrics.colour_scores(list(truths), pictures)["mad_mean"]
        for pictures in (made, list(data.grey(truths)))
    ]
    return round(1 - errors[0] / errors[1], 3)


def in_colours(grey, ab):
    """A grey picture (H, W, 3) with a* and b*, (H, W, 2) or (2,), as RGB in [0, 1]."""
    lab = images.rgb_to_lab(grey)
    lab[..., 1:] = ab
    return images.lab_to_rgb(lab)


@mistake(
    table_of_colours,
    "Nothing is coloured: that is the picture as it came in.",
    "Give each pixel an a* and a b*, even if they are those of all meadows.",
)
def nothing_coloured(grey, pictures):
    return grey


@mistake(
    table_of_colours,
    "Sky and meadow get one and the same tint.",
    "Let the colour depend on lightness and place.",
)
def one_tint_for_everything(grey, pictures):
    return in_colours(grey, images.rgb_to_lab(pictures)[..., 1:].mean((0, 1, 2)))


@mistake(
    table_of_colours,
    "The colours belong to another landscape, which is the same for all twelve.",
    "Look at the grey picture, and ask which of the 36 resemble it.",
)
def colours_of_the_first(grey, pictures):
    return in_colours(grey, images.rgb_to_lab(pictures[0])[..., 1:])


@mistake(
    table_of_colours,
    "It is another landscape: its lightness came along with its colours.",
    "Keep the L* that you were given, and take a* and b* alone.",
)
def most_similar_landscape(grey, pictures):
    return pictures[np.argmin(np.mean((data.grey(pictures) - grey) ** 2, axis=(1, 2, 3)))]


@mistake(
    table_of_colours,
    "Winter and summer, noon and night get the same colours at each place.",
    "Pictures that resemble the grey one should count more than the others.",
)
def mean_colours_of_each_place(grey, pictures):
    return in_colours(grey, images.rgb_to_lab(pictures)[..., 1:].mean(0))


@mistake(
    table_of_colours,
    "It is fog: the mean of all landscapes, without the lightness of this one.",
    "The lightness is given; only a* and b* are asked for.",
)
def mean_landscape(grey, pictures):
    return pictures.mean(0)


# Mistakes that no exercise asks for ---------------------------------------------------------------


@mistake(
    psnr,
    "The numbers can't be compared with published ones: they are those of scaled L, a and b.",
    "Turn both pictures into RGB from 0 to 1, and measure there.",
)
def measured_in_scaled_lab(truth, prediction):
    return psnr(*((scaled(images.rgb_to_lab(each)) + 1) / 2 for each in (truth, prediction)))


EXERCISES = [
    Exercise("05.1", unscaled, _answers_of_networks),
    Exercise("05.2", best_colour, _plausible),
    Exercise("05.3", rebalanced, _shares),
    Exercise("05.4", annealed_mean, _logits),
    Exercise(
        "05.5",
        table_of_colours,
        scenes,
        gain_over_grey,
        goal=0.42,
        measure="Share of grey's error that is gone:",
    ),
]
