"""Mistakes with what a picture-to-picture network aims at and is measured by: lesson 02.

Right versions: `teach.exercises.lesson02`. Those with its two networks are in `pix2pix`.
"""

import numpy as np
from scipy.special import expit

from drawn_worlds import houses as facades

from .. import metrics
from . import mistake

# The best constant answer -----------------------------------------------------------------------


@mistake(
    "best_answers",
    "L1 gets the mean and L2 the median.",
    "L1 first: the median; then L2: the mean.",
)
def l1_and_l2_exchanged(greys):
    return np.mean(greys), np.median(greys)


@mistake(
    "best_answers",
    "L1 is drawn towards each outlier: that is the mean again.",
    "The sum of distances is least at the value in the middle of the sorted ones.",
)
def mean_for_both(greys):
    return np.mean(greys), np.mean(greys)


@mistake(
    "best_answers",
    "L2 doesn't notice an outlier: that is the median again.",
    "The sum of squares is least at the mean, which every value moves.",
)
def median_for_both(greys):
    return np.median(greys), np.median(greys)


@mistake(
    "best_answers",
    "Only the darkest and the lightest value count for L1.",
    "Halfway between them the largest distance is least; L1 adds up all of them.",
)
def middle_of_the_range(greys):
    return (np.min(greys) + np.max(greys)) / 2, np.mean(greys)


@mistake(
    "best_answers",
    "L1 hits one value as often as it can, and is far from the others.",
    "L1 asks how far off, not how often right: the median, not the most frequent value.",
)
def most_frequent_grey(greys):
    values, counts = np.unique(greys, return_counts=True)
    return values[np.argmax(counts)], np.mean(greys)


@mistake(
    "best_answers",
    "Another order of the photographs gives another answer for L1.",
    "Sort before you take the value in the middle, or let np.median do it.",
)
def middle_without_sorting(greys):
    return greys[len(greys) // 2], np.mean(greys)


@mistake(
    "best_answers",
    "These are losses, not greys: where all values agree, they are 0.",
    "Return where the loss is least, not how large it is there.",
)
def losses_for_answers(greys):
    return np.mean(np.abs(greys - np.median(greys))), np.var(greys)


@mistake(
    "best_answers",
    "L2's answer is right to two digits only.",
    "The mean lies between the greys that you tried: compute it.",
)
def searched_among_101_greys(greys):
    grid = np.linspace(0, 1, 101)
    distances = np.abs(grid[:, None] - greys)
    return grid[np.argmin(distances.mean(1))], grid[np.argmin((distances**2).mean(1))]


# What one number sees ---------------------------------------------------------------------------


def _backwards(convolutions, seen, step):
    for size, stride in reversed(convolutions):
        seen = step(seen, size, stride)
    return seen


@mistake(
    "patch_side",
    "Halving the picture changes nothing: 10, 13 and 16 for the PatchGANs.",
    "Multiply by the stride: one step behind a halving is two pixels before it.",
)
def strides_ignored(convolutions):
    return _backwards(convolutions, 1, lambda seen, size, stride: seen + size - 1)


@mistake(
    "patch_side",
    "Even three convolutions of 1×1 see three pixels: the sizes are added up.",
    "Neighbours overlap, so a convolution adds its size - 1, times the strides before it.",
)
def sizes_added_up(convolutions):
    return sum(size for size, _ in convolutions)


@mistake(
    "patch_side",
    "A halving at the front hardly counts, and one at the end counts most.",
    "Go backwards, from the one number to the picture: reversed(convolutions).",
)
def walked_from_the_front(convolutions):
    return _backwards(convolutions[::-1], 1, lambda seen, size, stride: (seen - 1) * stride + size)


@mistake(
    "patch_side",
    "Each layer sees too much: n numbers have only n - 1 steps between them.",
    "Write (seen - 1) * stride + size.",
)
def numbers_for_steps(convolutions):
    return _backwards(convolutions, 1, lambda seen, size, stride: seen * stride + size)


@mistake(
    "patch_side",
    "A last convolution of 4×4 sees 3 pixels: the way starts from no pixel.",
    "Start from the one number that is judged: 1.",
)
def started_from_0(convolutions):
    return _backwards(convolutions, 0, lambda seen, size, stride: (seen - 1) * stride + size)


@mistake(
    "patch_side",
    "One convolution of 4×4 with stride 2 sees 7 pixels.",
    "A stride spreads the layers behind it, not the convolution that has it.",
)
def spread_by_its_own_stride(convolutions):
    return _backwards(convolutions, 1, lambda seen, size, stride: (seen + size - 2) * stride + 1)


@mistake(
    "patch_side",
    "2, 4 and 8: that is how far apart two patches are, not how large one is.",
    "The strides say how far a patch moves; what it sees grows with the sizes, too.",
)
def distance_between_patches(convolutions):
    return np.prod([stride for _, stride in convolutions])


# Adversarial losses -----------------------------------------------------------------------------


def _be_real(logits):
    return np.mean(np.logaddexp(0, -logits))  # -log D


def _be_fake(logits):
    return np.mean(np.logaddexp(0, logits))  # -log(1 - D)


def _critic(real, fake):
    return (_be_real(real) + _be_fake(fake)) / 2


@mistake(
    "gan_losses",
    "A discriminator that is always right has the highest loss.",
    "Real is 1 and fake is 0: -log D for the photographs, -log(1 - D) for the fakes.",
)
def real_and_fake_exchanged(real, fake):
    return (_be_fake(real) + _be_real(fake)) / 2, _be_fake(fake)


@mistake(
    "gan_losses",
    "The generator is content when its fakes are found out.",
    "The generator wants its fakes called real: -log D of the fakes.",
)
def generator_wants_to_be_found_out(real, fake):
    return _critic(real, fake), _be_fake(fake)


@mistake(
    "gan_losses",
    "The generator's loss is below 0, and flat where its fakes are found out.",
    "Minimise -log D, not log(1 - D).",
)
def log_of_one_minus_d(real, fake):
    return _critic(real, fake), -_be_fake(fake)


@mistake(
    "gan_losses",
    "However sure the logits are, the losses stay between 0.31 and 1.01.",
    "The formulas with logits hold the sigmoid: don't apply it before.",
)
def sigmoid_before_the_logits(real, fake):
    return _critic(expit(real), expit(fake)), _be_real(expit(fake))


@mistake(
    "gan_losses",
    "More patches, larger losses: they are added up.",
    "Take the mean over all patches.",
)
def patches_added_up(real, fake):
    return _critic(real, fake) * np.size(real), _be_real(fake) * np.size(fake)


@mistake(
    "gan_losses",
    "An undecided discriminator has 1.39, twice log 2.",
    "Halve its loss: the mean of what it loses on real and on fake pairs.",
)
def discriminator_not_halved(real, fake):
    return 2 * _critic(real, fake), _be_real(fake)


@mistake(
    "gan_losses",
    "Where the discriminator is sure and wrong, the loss is infinite.",
    "Take np.logaddexp(0, x), log(1 + e^x): it holds where a sigmoid is rounded to 0 or 1.",
)
def logarithm_of_a_rounded_sigmoid(real, fake):
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    return -(np.mean(np.log(d_real)) + np.mean(np.log(1 - d_fake))) / 2, -np.mean(np.log(d_fake))


@mistake(
    "gan_losses",
    "No loss gets above 16.1, and there it is flat: nothing can be learned.",
    "Don't add or clip at 1e-7: np.logaddexp(0, x) needs no such help.",
)
def kept_away_from_log_0(real, fake):
    d_real, d_fake, least = expit(real), expit(fake), 1e-7
    critic = -(np.mean(np.log(d_real + least)) + np.mean(np.log(1 - d_fake + least))) / 2
    return critic, -np.mean(np.log(d_fake + least))


# Reading generated pictures ---------------------------------------------------------------------


def _areas(truths, predictions):
    """Pixels of each class that are (right, true, named), over all pictures: (12,) each."""
    truth, named = (
        np.concatenate([np.ravel(labels) for labels in all_labels])
        for all_labels in (truths, predictions)
    )
    return [
        np.bincount(labels, minlength=len(facades.CLASSES))
        for labels in (truth[truth == named], truth, named)
    ]


def _share(some, every):
    return some / np.where(every, every, np.nan)  # nan for classes that are nowhere


def _ious(truths, predictions):
    right, true, named = _areas(truths, predictions)
    return _share(right, true + named - right)


@mistake(
    "mean_class_iou",
    "A house with three classes counts as much as one with twelve.",
    "Count the pixels of all houses together, then divide.",
)
def mean_of_the_houses(truths, predictions):
    return np.mean([np.nanmean(_ious([t], [p])) for t, p in zip(truths, predictions)])


@mistake(
    "mean_class_iou",
    "Walls decide alone: that is the share of pixels that are read right.",
    "Compute the IoU of each class, then their mean: a door counts as much as the wall.",
)
def share_of_right_pixels(truths, predictions):
    return metrics.class_scores(truths, predictions, facades.CLASSES)["pixel"]


@mistake(
    "mean_class_iou",
    "Even a perfect reading is below 1 where there is no shop.",
    "Leave out the classes that are in no truth and no reading.",
)
def absent_classes_count_0(truths, predictions):
    return np.mean(np.nan_to_num(_ious(truths, predictions)))


@mistake(
    "mean_class_iou",
    "Even where nothing is read right, the score is above 0.",
    "Classes that are nowhere are left out; they aren't right.",
)
def absent_classes_count_1(truths, predictions):
    return np.mean(np.nan_to_num(_ious(truths, predictions), nan=1))


@mistake(
    "mean_class_iou",
    "Shops that are read where there is none cost too little.",
    "A class that is only in the reading counts, too: its IoU is 0.",
)
def invented_classes_left_out(truths, predictions):
    return np.mean(_ious(truths, predictions)[_areas(truths, predictions)[1] > 0])


@mistake(
    "mean_class_iou",
    "A class can be named everywhere at no cost to itself.",
    "Divide by the union, not by the true pixels: that would be the class accuracy.",
)
def divided_by_the_true_pixels(truths, predictions):
    return metrics.class_scores(truths, predictions, facades.CLASSES)["class"]


@mistake(
    "mean_class_iou",
    "Classes that are half right score too high: that is their mean Dice.",
    "Don't count the intersection twice: divide it by true + named - right.",
)
def dice_of_the_classes(truths, predictions):
    right, true, named = _areas(truths, predictions)
    return np.nanmean(_share(2 * right, true + named))


@mistake(
    "mean_class_iou",
    "A perfect reading gets 0.5.",
    "The union holds the intersection once: true + named - right.",
)
def intersection_left_in_the_union(truths, predictions):
    right, true, named = _areas(truths, predictions)
    return np.nanmean(_share(right, true + named))


@mistake(
    "mean_class_iou",
    "Reading the sky as wall costs too little.",
    "Background is a class like the others here: count it.",
)
def background_left_out(truths, predictions):
    return np.nanmean(_ious(truths, predictions)[1:])


@mistake(
    "mean_class_iou",
    "A lost door hardly counts: the classes are weighted by their area.",
    "Take the plain mean over the classes.",
)
def classes_weighted_by_area(truths, predictions):
    true = _areas(truths, predictions)[1]
    return np.sum(np.nan_to_num(_ious(truths, predictions)) * true) / true.sum()


# Painting without a network ---------------------------------------------------------------------


@mistake(
    "mean_colours",
    "These are the labels themselves: nobody takes them for a photograph.",
    "Take colours from the photographs, class by class.",
)
def labels_for_a_photograph(labels, drawn, photos):
    return facades.colour(labels)


@mistake(
    "mean_colours",
    "The whole picture has one colour, and nothing can be seen in it.",
    "Take the mean of each class's pixels: photos[drawn == number].",
)
def one_colour_for_everything(labels, drawn, photos):
    return np.broadcast_to(photos.mean((0, 1, 2)), labels.shape + (3,))


@mistake(
    "mean_colours",
    "A ghost of all houses, the same whatever the labels say.",
    "Look only at pixels that have the label you need.",
)
def mean_of_the_photographs(labels, drawn, photos):
    return photos.mean(0)


@mistake(
    "mean_colours",
    "A sharp photograph, the same whatever the labels say.",
    "Take from it only the pixels that have the label you need.",
)
def first_photograph(labels, drawn, photos):
    return photos[0]


@mistake(
    "mean_colours",
    "A sharp photograph of another house: its windows are in other places.",
    "Take from it the pixels whose labels agree, and the others from other houses.",
)
def most_similar_house_copied(labels, drawn, photos):
    return photos[np.argmax((drawn == labels).mean((1, 2)))]


@mistake(
    "mean_colours",
    "Fog again: a mean over many houses, place by place, has no bricks left.",
    "Take each pixel from one house, don't average.",
)
def mean_of_each_place(labels, drawn, photos):
    alike = (drawn == labels)[..., None]
    found = alike.sum(0)
    colours = np.stack(
        [
            photos[drawn == number].mean(0) if np.any(drawn == number) else np.zeros(3)
            for number in range(len(facades.CLASSES))
        ]
    )
    return np.where(found, (photos * alike).sum(0) / np.maximum(found, 1), colours[labels])
