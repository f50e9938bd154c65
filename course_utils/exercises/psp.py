"""The exercises of lesson 08: truncation, demodulation, mixing, mirrored pairs, precision; mistakes."""

import numpy as np
from scipy.spatial.distance import cdist

from ..data.psp import CHANNELS, mirrored
from ..metrics import precision_recall
from ..models import stylegan as models
from .core import Exercise, mistake

# 1. Truncation ------------------------------------------------------------------------------------


def _styles():
    rng = np.random.default_rng(1)
    mean = rng.normal(0.5, 0.5, 6)
    four, wide = rng.normal(0.5, 1, (4, 6)), rng.normal(0.5, 1, (3, 10, 6))
    cases = {
        "four styles, half-way": (four, mean, 0.5),
        "one style": (four[:1], mean, 0.7),
        "a psi of 1": (four, mean, 1.0),
        "a psi of 0": (four, mean, 0.0),
        "a style for each place": (wide, mean, 0.3),
        "beyond the mean": (four, mean, -1.0),
        "a mean of 0": (four, 0 * mean, 0.5),
    }
    return {
        name: (np.float32(styles), np.float32(mean), psi)
        for name, (styles, mean, psi) in cases.items()
    }


@mistake(
    models.truncated,
    "A ψ of 1 gives everybody the mean face, and 0 leaves them all: it stands on the wrong side.",
    "How much of the way from the mean is left, ψ says: mean + ψ · (w - mean).",
)
def psi_on_the_wrong_side(styles, mean, psi):
    return psi * mean + (1 - psi) * styles


@mistake(
    models.truncated,
    "Styles are pulled towards 0, where no face is: the mean has no say.",
    "Shorten the way from the mean to w, not w itself.",
)
def pulled_towards_zero(styles, mean, psi):
    return psi * styles


@mistake(
    models.truncated,
    "With a ψ of 0 all numbers are 0: what comes out are ways from the mean, and no styles.",
    "Add the mean again: a way begins somewhere.",
)
def mean_not_added_again(styles, mean, psi):
    return psi * (styles - mean)


@mistake(
    models.truncated,
    "Even a ψ of 1 changes the styles: the mean is added, and was never taken away.",
    "Mind the brackets: mean + ψ · (w - mean).",
)
def mean_never_taken_away(styles, mean, psi):
    return mean + psi * styles


@mistake(
    models.truncated,
    "A single style stays as it is, since it is its own mean.",
    "Take the mean that is given: that of many styles, not of those that are asked for.",
)
def mean_of_these_styles(styles, mean, psi):
    own = styles.mean(axis=tuple(range(styles.ndim - 1)))
    return own + psi * (styles - own)


@mistake(
    models.truncated,
    "Styles near the mean stay as they are, and all others end at the same distance.",
    "Cut nothing off: all ways are shortened alike. Other papers cut off the tails, but those of z.",
)
def cut_off_at_psi(styles, mean, psi):
    return np.clip(styles, mean - abs(psi), mean + abs(psi))


# 2. Demodulation ----------------------------------------------------------------------------------


def _filters():
    rng = np.random.default_rng(2)

    def case(size, channels, filters, style):
        kernel = rng.normal(0, 1 / (size * channels**0.5), (size, size, channels, filters))
        return np.float32(kernel), np.float32(style)

    style = rng.uniform(0.3, 2, (2, 4))
    return {
        "four channels, four filters": case(3, 4, 4, style),
        "styles of 1": case(3, 4, 4, np.ones((1, 4))),
        "styles ten times as large": case(3, 4, 4, 10 * style),
        "some factors below 0": case(3, 4, 4, rng.normal(0, 1, (3, 4))),
        "one pixel": case(1, 4, 4, style),
        "a style of 0": case(3, 4, 4, np.zeros((1, 4))),
        "six channels, three filters": case(3, 6, 3, rng.uniform(0.3, 2, (5, 6))),
    }


def _inverse_norm(numbers, axes):
    return 1 / np.sqrt(np.sum(numbers**2, axis=axes) + 1e-8)


def _scaled(kernel, style):
    """The filters as each style scales them, (N, k, k, in, filters)."""
    return kernel * style[:, None, None, :, None]


@mistake(
    models.demodulation,
    "All pictures get the same: the style has no say, so nothing makes up for it.",
    "Scale the input channels of the kernel by the style first, then take the norms.",
)
def norm_of_the_unscaled_kernel(kernel, style):
    return np.tile(_inverse_norm(kernel, (0, 1, 2)), (len(style), 1))


@mistake(
    models.demodulation,
    "Channels with a factor below 0 make the sum smaller, and some answers are no numbers.",
    "The style belongs inside the square: (style · kernel)².",
)
def style_not_squared(kernel, style):
    return 1 / np.sqrt(style @ np.sum(kernel**2, axis=(0, 1)) + 1e-8)


@mistake(
    models.demodulation,
    "The style scales the filters, of which there may be another number than of channels.",
    "It scales what comes in: the last axis but one, style[:, None, None, :, None].",
)
def output_channels_scaled(kernel, style):
    return _inverse_norm(kernel * style[:, None, None, None, :], (1, 2, 3))


@mistake(
    models.demodulation,
    "There is a number for each input channel, where each filter needs one.",
    "Sum over all that belongs to one filter: both places and the input channels.",
)
def norm_of_each_input_channel(kernel, style):
    return _inverse_norm(_scaled(kernel, style), (1, 2, 4))


@mistake(
    models.demodulation,
    "All filters get the same: strong ones stay strong, and weak ones weak.",
    "Each filter has a norm of its own: leave the last axis out of the sum.",
)
def one_norm_for_all_filters(kernel, style):
    norms = _inverse_norm(_scaled(kernel, style), (1, 2, 3, 4))
    return np.tile(norms[:, None], kernel.shape[-1])


@mistake(
    models.demodulation,
    "Styles ten times as large give a hundredth in place of a tenth: the root is missing.",
    "A norm is the root of the sum of squares.",
)
def root_forgotten(kernel, style):
    return _inverse_norm(_scaled(kernel, style), (1, 2, 3)) ** 2


@mistake(
    models.demodulation,
    "Large styles get a large answer, and their pictures grow twice.",
    "Divide by the norm: 1 / np.sqrt(…).",
)
def norm_not_inverted(kernel, style):
    return np.sqrt(np.sum(_scaled(kernel, style) ** 2, axis=(1, 2, 3)) + 1e-8)


@mistake(
    models.demodulation,
    "Answers grow with the number of channels: a mean stands in place of the sum.",
    "A filter adds up all of its products, so all squares are added up, too.",
)
def mean_for_the_sum(kernel, style):
    squared = np.mean(_scaled(kernel, style) ** 2, axis=(1, 2, 3))
    return 1 / np.sqrt(squared + 1e-8)


@mistake(
    models.demodulation,
    "A style of 0 gives infinity, and 0 times infinity is nan in the picture.",
    "Add 1e-8 under the root.",
)
def nothing_added_under_the_root(kernel, style):
    return 1 / np.sqrt(np.sum(_scaled(kernel, style) ** 2, axis=(1, 2, 3)))


@mistake(
    models.demodulation,
    "A style of 0 gives 100 million in place of 10,000: 1e-8 was added to the norm.",
    "Add it to the squared norm, before the root.",
)
def added_after_the_root(kernel, style):
    return 1 / (np.sqrt(np.sum(_scaled(kernel, style) ** 2, axis=(1, 2, 3))) + 1e-8)


# 3. Style mixing ----------------------------------------------------------------------------------


def _couples():
    rng = np.random.default_rng(3)

    def case(change, styles=10, latent=5):
        one, other = rng.normal(size=(2, len(change), styles, latent))
        return np.float32(one), np.float32(other), np.array(change)

    return {
        "three pictures": case([4, 4, 4]),
        "each at its own place": case([2, 7, 5]),
        "at the first and the last place": case([1, 9]),
        "all of the other": case([0, 0]),
        "all of the one": case([10]),
        "as many pictures as styles": case([3, 0, 2, 4], styles=4, latent=4),
        "18 styles": case([8, 13], styles=18),
    }


def _chosen(one, other, first):
    """`one` where `first` (N or 1, styles) says so."""
    return np.where(first[..., None], one, other)


def _places(one):
    return np.arange(one.shape[1])


@mistake(
    models.mixed,
    "The first picture keeps one style too many, and even with a change at 0 one of its own.",
    "The style at the place itself is the other's: place < change.",
)
def one_style_too_many(one, other, change):
    return _chosen(one, other, _places(one) <= change[:, None])


@mistake(
    models.mixed,
    "Pose and shape come from the second picture, colours from the first: they are exchanged.",
    "Those before the place are of `one`, and they are the coarse ones.",
)
def one_and_other_exchanged(one, other, change):
    return _chosen(other, one, _places(one) < change[:, None])


@mistake(
    models.mixed,
    "All pictures change at the place of the first.",
    "Each picture has its own place: change[:, None] beside the places of the styles.",
)
def same_place_for_all(one, other, change):
    return _chosen(one, other, (_places(one) < change[0])[None])


@mistake(
    models.mixed,
    "Each style is made of two: the numbers within a style were cut, not the row of styles.",
    "The styles are the second axis, the numbers of a style the third one.",
)
def cut_within_each_style(one, other, change):
    first = np.arange(one.shape[2]) < change[:, None]
    return np.where(first[:, None], one, other)


@mistake(
    models.mixed,
    "All styles are a bit of both: this paints a third person, between the two.",
    "Mix nothing within a style: up to the place all of one, from there on all of the other.",
)
def blended_in_all_styles(one, other, change):
    share = (change / one.shape[1])[:, None, None].astype(np.float32)
    return share * one + (1 - share) * other


@mistake(
    models.mixed,
    "A single style is the other's, and all after it are the first picture's again.",
    "From the place on all are the other's: compare with <, not with !=.",
)
def one_style_alone_exchanged(one, other, change):
    return _chosen(one, other, _places(one) != change[:, None])


@mistake(
    models.mixed,
    "The first picture has as many styles as it should, but the fine ones: it is counted from behind.",
    "Styles begin at 4 × 4 pixels: the coarse ones come first.",
)
def counted_from_behind(one, other, change):
    return _chosen(one, other, _places(one) >= one.shape[1] - change[:, None])


# 4. Mirrored pairs --------------------------------------------------------------------------------


def _pairs():
    rng = np.random.default_rng(4)

    def case(task, *coins):
        source, target = (rng.uniform(-1, 1, (8, 6, channels)) for channels in (CHANNELS[task], 3))
        return task, np.float32(source), np.float32(target), np.array(coins, bool)

    return {
        "frontal, no coin": case("frontal", 0, 0),
        "frontal, the source's coin": case("frontal", 1, 0),
        "frontal, the target's coin": case("frontal", 0, 1),
        "frontal, both coins": case("frontal", 1, 1),
        "inversion, the first coin": case("inversion", 1, 0),
        "sketch, the second coin": case("sketch", 0, 1),
        "segmentation, both coins": case("segmentation", 1, 1),
    }


def side_by_side(pair):
    """Source and target as one array, channels beside channels; any other answer as it is."""
    two = isinstance(pair, tuple | list) and [np.ndim(part) for part in pair] == [3, 3]
    if two and np.shape(pair[0])[:2] == np.shape(pair[1])[:2]:
        return np.concatenate(pair, axis=-1)
    return pair


def _flipped(task, pair, coins, flip=np.fliplr):
    """`mirrored` with another way to flip."""
    coins = coins if task == "frontal" else coins[[0, 0]]
    return tuple(flip(part) if coin else part for part, coin in zip(pair, coins, strict=True))


@mistake(
    mirrored,
    "Faces stay turned: source and target look the same way in each pair, for frontal, too.",
    'In the task "frontal" the target has a coin of its own, the second one.',
)
def always_mirrored_together(task, source, target, coins):
    return _flipped("", (source, target), coins)


@mistake(
    mirrored,
    "A sketch that looks left has a photograph that looks right, every second time.",
    'Only in the task "frontal" there are two coins; else both obey the first.',
)
def always_by_two_coins(task, source, target, coins):
    return _flipped("frontal", (source, target), coins)


@mistake(
    mirrored,
    "The target is never mirrored.",
    "Mirror the target, too, where its coin says so.",
)
def source_alone_mirrored(task, source, target, coins):
    return _flipped(task, (source, target), coins)[0], target


@mistake(
    mirrored,
    "People stand on their heads.",
    "Left and right are the second axis: picture[:, ::-1].",
)
def turned_upside_down(task, source, target, coins):
    return _flipped(task, (source, target), coins, np.flipud)


@mistake(
    mirrored,
    "Blue faces look the way they looked before: the channels were turned round.",
    "Left and right are the second axis of three: picture[:, ::-1].",
)
def channels_turned_round(task, source, target, coins):
    return _flipped(task, (source, target), coins, lambda picture: picture[..., ::-1])


@mistake(
    mirrored,
    "Those are mirrored whose coin is 0, and the others are not.",
    "A coin of 1 mirrors.",
)
def coins_read_the_other_way(task, source, target, coins):
    return _flipped(task, (source, target), ~coins)


# 5. Precision and recall --------------------------------------------------------------------------


def _sets():
    rng = np.random.default_rng(5)
    real, fake = rng.normal(0, 1, (40, 3)), rng.normal(0.6, 0.8, (30, 3))
    kinds = rng.normal(0, 1, (2, 20, 4)) * [[[1.0]], [[3.0]]] + [[[0.0]], [[20.0]]]
    both = kinds.reshape(40, 4)
    return {
        "a shifted set, one neighbour": (real, fake, 1),
        "three neighbours": (real, fake, 3),
        "everything ten times as large": (10 * real, 10 * fake, 3),
        "one kind of two": (both, kinds[0] + rng.normal(0, 0.5, (20, 4)), 3),
        "a crowd and a loose group": (both, both[::-1] + rng.normal(0, 1.5, (40, 4)), 2),
        "far too spread": (real, 6 * fake, 5),
        "just as far as the neighbour": (np.c_[[0.0, 1, 3, -50]], np.c_[[5.0, 20, 30, 41]], 1),
        "each picture twice": (np.c_[[0.0, 0, 4, 4]], np.c_[[0.0, 0, 7, 7]], 1),
    }


def two_numbers(answer):
    """Precision and recall of the metric's answer, or of a student's; any other as it is."""
    names = ("precision", "recall")
    told = isinstance(answer, dict) and set(answer) == set(names)
    return tuple(answer[name] for name in names) if told else answer


def _reach(centres, k):
    """The distance of each to its k-th neighbour."""
    return np.sort(cdist(centres, centres), axis=1)[:, k]


def _both(real, fake, k, reached=lambda far, reach: far <= reach, reach=_reach):
    """Precision and recall with another idea of what is reached, or of how far one reaches."""
    return tuple(
        np.mean(np.any(reached(cdist(points, centres), reach(centres, k)), axis=1))
        for points, centres in ((fake, real), (real, fake))
    )


@mistake(
    precision_recall,
    "A generator that paints one kind well gets recall without precision: they are exchanged.",
    "Precision is the share of fakes that real pictures reach, recall the share of real ones.",
)
def precision_and_recall_exchanged(real, fake, neighbours):
    return _both(real, fake, neighbours)[::-1]


@mistake(
    precision_recall,
    "With one neighbour nothing is reached: each picture is its own nearest.",
    "Take the k-th of the others: after sorting a row, place k, since place 0 is the picture itself.",
)
def its_own_neighbour(real, fake, neighbours):
    return _both(real, fake, neighbours - 1)


@mistake(
    precision_recall,
    "Too little is reached: the reach is the mean distance of the k neighbours.",
    "Take the distance of the k-th neighbour, the farthest of the k.",
)
def mean_distance_of_the_neighbours(real, fake, neighbours):
    def reach(centres, k):
        return np.sort(cdist(centres, centres), axis=1)[:, 1 : k + 1].mean(axis=1)

    return _both(real, fake, neighbours, reach=reach)


@mistake(
    precision_recall,
    "Pictures in a crowd reach too far, and rare ones not far enough: all have one reach.",
    "Each picture reaches as far as its own k-th neighbour.",
)
def one_reach_for_all(real, fake, neighbours):
    return _both(real, fake, neighbours, reach=lambda centres, k: _reach(centres, k).mean())


@mistake(
    precision_recall,
    "A fake far away from everything counts as good: it is its own reach that was asked.",
    "For precision the real pictures reach out, for recall the fakes do.",
)
def reach_of_what_is_asked(real, fake, neighbours):
    return tuple(
        np.mean(np.any(cdist(points, centres) <= _reach(points, neighbours)[:, None], axis=1))
        for points, centres in ((fake, real), (real, fake))
    )


@mistake(
    precision_recall,
    "Sets far apart reach each other all the same: neighbours were looked for in the other set.",
    "A picture's neighbours are those of its own set.",
)
def neighbours_of_the_other_set(real, fake, neighbours):
    shares = []
    for points, centres in ((fake, real), (real, fake)):
        far = cdist(points, centres)
        reach = np.sort(far, axis=0)[neighbours - 1]
        shares.append(np.mean(np.any(far <= reach, axis=1)))
    return tuple(shares)


@mistake(
    precision_recall,
    "Too little is reached: each picture asks only the one that is nearest.",
    "A loose picture farther away may reach it, too: one of all is enough.",
)
def nearest_alone_is_asked(real, fake, neighbours):
    return _both(
        real,
        fake,
        neighbours,
        lambda far, reach: (far <= reach) & (far == far.min(axis=1, keepdims=True)),
    )


@mistake(
    precision_recall,
    "It counts the pictures that reach another one, not those that are reached.",
    "Precision is a share of the fakes: any over the real ones, then the mean over the fakes.",
)
def those_who_reach_counted(real, fake, neighbours):
    return tuple(
        np.mean(np.any(cdist(points, centres) <= _reach(centres, neighbours), axis=0))
        for points, centres in ((fake, real), (real, fake))
    )


@mistake(
    precision_recall,
    "Both numbers change if all features are ten times as large: squares stand beside distances.",
    "Square both sides or neither.",
)
def squares_beside_distances(real, fake, neighbours):
    return _both(real, fake, neighbours, lambda far, reach: far**2 <= reach)


@mistake(
    precision_recall,
    "A picture isn't reached if it lies just as far away as the neighbour.",
    "At most as far: <=, not <.",
)
def just_as_far_left_out(real, fake, neighbours):
    return _both(real, fake, neighbours, lambda far, reach: far < reach)


EXERCISES = [
    Exercise("08.1", models.truncated, _styles),
    Exercise("08.2", models.demodulation, _filters),
    Exercise("08.3", models.mixed, _couples),
    Exercise("08.4", mirrored, _pairs, seen=side_by_side),
    Exercise("08.5", precision_recall, _sets, seen=two_numbers),
]
