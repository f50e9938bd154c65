"""The exercises of lesson 02: what L1 wants, patches, losses, reading, painting; mistakes."""

import functools

import keras
import numpy as np
from keras import layers, ops
from scipy.special import expit

from drawn_worlds import houses as facades

from .. import images, metrics
from ..data.pix2pix import mean_colours
from ..losses import adversarial_loss
from ..models import patchgan
from ..models import pix2pix as models
from ..models.layers import instance_norm
from ..models.patchgan import receptive_field
from ..training.pix2pix import Pix2Pix
from .core import Exercise, mistake

EXAMPLES, UNSEEN = (12, 0), (6, 1_000_000)  # (houses, first seed)

# 1. The best constant answer ---------------------------------------------------------------------


def best_answers(greys):
    """The answers with the least L1 and the least L2 loss, if all greys (n,) are right answers."""
    return np.median(greys), np.mean(greys)


def _greys():
    rng = np.random.default_rng(2)
    cases = {
        "three light houses and two dark ones": [0.2, 0.8, 0.8, 0.25, 0.81],
        "walls and one lamp": [0.31, 0.35, 0.3, 0.34, 0.97],
        "bricks and mortar": [0.7, 0.42, 0.7, 0.4, 0.41, 0.45, 0.38],
        "one photograph": [0.4],
        "any greys": rng.random(25),
    }
    return {name: (np.array(greys),) for name, greys in cases.items()}


@mistake(
    best_answers,
    "L1 gets the mean and L2 the median.",
    "L1 first: the median; then L2: the mean.",
)
def l1_and_l2_exchanged(greys):
    return np.mean(greys), np.median(greys)


@mistake(
    best_answers,
    "L1 is drawn towards each outlier: that is the mean again.",
    "The sum of distances is least at the value in the middle of the sorted ones.",
)
def mean_for_both(greys):
    return np.mean(greys), np.mean(greys)


@mistake(
    best_answers,
    "L2 doesn't notice an outlier: that is the median again.",
    "The sum of squares is least at the mean, which every value moves.",
)
def median_for_both(greys):
    return np.median(greys), np.median(greys)


@mistake(
    best_answers,
    "Only the darkest and the lightest value count for L1.",
    "Halfway between them the largest distance is least; L1 adds up all of them.",
)
def middle_of_the_range(greys):
    return (np.min(greys) + np.max(greys)) / 2, np.mean(greys)


@mistake(
    best_answers,
    "L1 hits one value as often as it can, and is far from the others.",
    "L1 asks how far off, not how often right: the median, not the most frequent value.",
)
def most_frequent_grey(greys):
    values, counts = np.unique(greys, return_counts=True)
    return values[np.argmax(counts)], np.mean(greys)


@mistake(
    best_answers,
    "Another order of the photographs gives another answer for L1.",
    "Sort before you take the value in the middle, or let np.median do it.",
)
def middle_without_sorting(greys):
    return greys[len(greys) // 2], np.mean(greys)


@mistake(
    best_answers,
    "These are losses, not greys: where all values agree, they are 0.",
    "Return where the loss is least, not how large it is there.",
)
def losses_for_answers(greys):
    return np.mean(np.abs(greys - np.median(greys))), np.var(greys)


@mistake(
    best_answers,
    "L2's answer is right to two digits only.",
    "The mean lies between the greys that you tried: compute it.",
)
def searched_among_101_greys(greys):
    grid = np.linspace(0, 1, 101)
    distances = np.abs(grid[:, None] - greys)
    return grid[np.argmin(distances.mean(1))], grid[np.argmin((distances**2).mean(1))]


# 2. What one number sees -------------------------------------------------------------------------


def _stacks():
    cases = {
        f"a PatchGAN with halvings: {count}": patchgan.convolutions(count) for count in (1, 2, 3, 5)
    }
    cases |= {
        "the PixelGAN": patchgan.convolutions(0),
        "one convolution": [(5, 1)],
        "one of stride 2": [(4, 2)],
        "all sizes": [(7, 2), (3, 1), (5, 3), (2, 1), (3, 2)],
    }
    return {name: (convolutions,) for name, convolutions in cases.items()}


def _backwards(convolutions, step, seen=1):
    for size, stride in reversed(convolutions):
        seen = step(seen, size, stride)
    return seen


@mistake(
    receptive_field,
    "Halving the picture changes nothing: 10, 13 and 16 for the PatchGANs.",
    "Multiply by the stride: one step behind a halving is two pixels before it.",
)
def strides_ignored(convolutions):
    return _backwards(convolutions, lambda seen, size, stride: seen + size - 1)


@mistake(
    receptive_field,
    "Even three convolutions of 1×1 see three pixels: the sizes are added up.",
    "Neighbours overlap, so a convolution adds its size - 1, times the strides before it.",
)
def sizes_added_up(convolutions):
    return sum(size for size, _ in convolutions)


@mistake(
    receptive_field,
    "A halving at the front hardly counts, and one at the end counts most.",
    "Go backwards, from the one number to the picture: reversed(convolutions).",
)
def walked_from_the_front(convolutions):
    return receptive_field(convolutions[::-1])


@mistake(
    receptive_field,
    "Each layer sees too much: n numbers have only n - 1 steps between them.",
    "Write (seen - 1) * stride + size.",
)
def numbers_for_steps(convolutions):
    return _backwards(convolutions, lambda seen, size, stride: seen * stride + size)


@mistake(
    receptive_field,
    "A last convolution of 4×4 sees 3 pixels: the way starts from no pixel.",
    "Start from the one number that is judged: 1.",
)
def started_from_0(convolutions):
    return _backwards(convolutions, lambda seen, size, stride: (seen - 1) * stride + size, seen=0)


@mistake(
    receptive_field,
    "One convolution of 4×4 with stride 2 sees 7 pixels.",
    "A stride spreads the layers behind it, not the convolution that has it.",
)
def spread_by_its_own_stride(convolutions):
    return _backwards(convolutions, lambda seen, size, stride: (seen + size - 2) * stride + 1)


@mistake(
    receptive_field,
    "2, 4 and 8: that is how far apart two patches are, not how large one is.",
    "The strides say how far a patch moves; what it sees grows with the sizes, too.",
)
def distance_between_patches(convolutions):
    return np.prod([stride for _, stride in convolutions])


# 3. Adversarial losses ---------------------------------------------------------------------------


def _logits():
    noise = np.random.default_rng(4).standard_normal((1, 14, 14, 1))
    sure = np.full((1, 3, 3, 1), 40.0)
    cases = {
        "real pairs, it can't tell": (0 * noise, True),
        "fakes, it can't tell": (0 * noise, False),
        "real pairs, it learns": (noise + 1, True),
        "fakes, it errs": (2 * noise + 2, False),
        "real pairs, it is right and sure": (sure, True),
        "fakes, it is wrong and sure": (3 * sure, False),
        "real pairs, it is wrong and sure": (-25 * sure, True),
    }
    return {name: (np.float32(logits), real) for name, (logits, real) in cases.items()}


@mistake(
    adversarial_loss,
    "The loss stays between 0.31 and 1.31, however sure the network is.",
    "Apply the sigmoid once: the loss takes logits.",
)
def sigmoid_twice(logits, real):
    return adversarial_loss(ops.sigmoid(logits), real)


@mistake(
    adversarial_loss,
    "Where a fake is found out, the generator learns nothing from it.",
    "Minimise -log D, not log(1 - D): its gradient is large where D is near 0.",
)
def saturating(logits, real):
    return -adversarial_loss(logits, real=False) if real else adversarial_loss(logits, real)


@mistake(
    adversarial_loss,
    "A discriminator that is always right has the highest loss.",
    "Real is 1 and fake is 0: -log D for the photographs, -log(1 - D) for the fakes.",
)
def real_and_fake_exchanged(logits, real):
    return adversarial_loss(logits, not real)


@mistake(
    adversarial_loss,
    "More patches, larger losses: they are added up.",
    "Take the mean over all patches.",
)
def patches_added_up(logits, real):
    return adversarial_loss(logits, real) * np.size(logits)


@mistake(
    adversarial_loss,
    "Where the discriminator is sure and wrong, the loss is infinite.",
    "Take np.logaddexp(0, x), log(1 + e^x): it holds where a sigmoid is rounded to 0 or 1.",
)
def logarithm_of_a_rounded_sigmoid(logits, real):
    d = 1 / (1 + np.exp(-logits))
    return -np.mean(np.log(d if real else 1 - d))


@mistake(
    adversarial_loss,
    "No loss gets above 16.1, and there it is flat: nothing can be learned.",
    "Don't add or clip at 1e-7: np.logaddexp(0, x) needs no such help.",
)
def kept_away_from_log_0(logits, real):
    d = expit(logits)
    return -np.mean(np.log((d if real else 1 - d) + 1e-7))


# 4. Reading generated pictures -------------------------------------------------------------------


def mean_class_iou(truths, predictions):
    """The FCN-score's mean IoU of two lists of labels (H, W), 0 to 11."""
    return metrics.class_scores(truths, predictions, facades.CLASSES)["iou"]


def _readings():
    rng = np.random.default_rng(5)

    def house(size, classes, wrong):
        """Labels in blocks of 4×4 pixels, and a reading that errs in a share of the blocks."""
        often = np.arange(len(classes), 0, -1)
        truth = rng.choice(classes, size, p=often / often.sum())
        read = np.where(rng.random(size) < wrong, rng.choice(classes, size), truth)
        return [np.kron(each, np.ones((4, 4), int)).astype(np.int32) for each in (truth, read)]

    plain = house((6, 6), [1, 0, 2, 3], wrong=0.3)
    large = house((8, 9), [1, 2, 0, 5, 4, 3, 9], wrong=0.2)
    small = house((3, 4), [1, 6, 11], wrong=0.7)
    cases = {
        "one house": [plain],
        "two houses of two sizes": [large, small],
        "three houses": [plain, large, small],
        "balconies where there is none": [(np.where(small[0] == 6, 1, small[0]), small[0])],
        "everything is read right": [(labels, labels) for labels, _ in (plain, small)],
        "nothing is read right": [(plain[0], (plain[0] + 1) % 12)],
    }
    return {name: tuple(map(list, zip(*pairs))) for name, pairs in cases.items()}


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
    mean_class_iou,
    "A house with three classes counts as much as one with twelve.",
    "Count the pixels of all houses together, then divide.",
)
def mean_of_the_houses(truths, predictions):
    return np.mean([np.nanmean(_ious([t], [p])) for t, p in zip(truths, predictions)])


@mistake(
    mean_class_iou,
    "Walls decide alone: that is the share of pixels that are read right.",
    "Compute the IoU of each class, then their mean: a door counts as much as the wall.",
)
def share_of_right_pixels(truths, predictions):
    return metrics.class_scores(truths, predictions, facades.CLASSES)["pixel"]


@mistake(
    mean_class_iou,
    "Even a perfect reading is below 1 where there is no shop.",
    "Leave out the classes that are in no truth and no reading.",
)
def absent_classes_count_0(truths, predictions):
    return np.mean(np.nan_to_num(_ious(truths, predictions)))


@mistake(
    mean_class_iou,
    "Even where nothing is read right, the score is above 0.",
    "Classes that are nowhere are left out; they aren't right.",
)
def absent_classes_count_1(truths, predictions):
    return np.mean(np.nan_to_num(_ious(truths, predictions), nan=1))


@mistake(
    mean_class_iou,
    "Shops that are read where there is none cost too little.",
    "A class that is only in the reading counts, too: its IoU is 0.",
)
def invented_classes_left_out(truths, predictions):
    return np.mean(_ious(truths, predictions)[_areas(truths, predictions)[1] > 0])


@mistake(
    mean_class_iou,
    "A class can be named everywhere at no cost to itself.",
    "Divide by the union, not by the true pixels: that would be the class accuracy.",
)
def divided_by_the_true_pixels(truths, predictions):
    return metrics.class_scores(truths, predictions, facades.CLASSES)["class"]


@mistake(
    mean_class_iou,
    "Classes that are half right score too high: that is their mean Dice.",
    "Don't count the intersection twice: divide it by true + named - right.",
)
def dice_of_the_classes(truths, predictions):
    right, true, named = _areas(truths, predictions)
    return np.nanmean(_share(2 * right, true + named))


@mistake(
    mean_class_iou,
    "A perfect reading gets 0.5.",
    "The union holds the intersection once: true + named - right.",
)
def intersection_left_in_the_union(truths, predictions):
    right, true, named = _areas(truths, predictions)
    return np.nanmean(_share(right, true + named))


@mistake(
    mean_class_iou,
    "Reading the sky as wall costs too little.",
    "Background is a class like the others here: count it.",
)
def background_left_out(truths, predictions):
    return np.nanmean(_ious(truths, predictions)[1:])


@mistake(
    mean_class_iou,
    "A lost door hardly counts: the classes are weighted by their area.",
    "Take the plain mean over the classes.",
)
def classes_weighted_by_area(truths, predictions):
    true = _areas(truths, predictions)[1]
    return np.sum(np.nan_to_num(_ious(truths, predictions)) * true) / true.sum()


# 5. Painting without a network -------------------------------------------------------------------


@functools.cache
def _drawn():
    return facades.dataset(*EXAMPLES), facades.dataset(*UNSEEN)


def houses():
    """{name: (labels, drawn, photos)}: six houses to paint, and the same twelve to learn from."""
    examples, (unseen, _) = _drawn()
    return {f"house {number}": (labels, *examples) for number, labels in enumerate(unseen, 1)}


def texture_times_areas(painted):
    """How much six painted houses have of photographs, {name as in `houses`: (128, 128, 3)}.

    Texture: `metrics.sharpness` s at 128, 64 and 32 pixels a side, 2 pixels away from the edges of
    the labels; the mean of s or 1/s, whichever is smaller.  Areas: the mean over houses of the
    correlation with the photograph at 32 pixels a side, each channel without its mean.
    Returns the product to three digits, 1 at best; 0 for fog, about 0 for what ignores the labels.
    Raises ValueError for values outside [0, 1].
    """
    _, (labels, photos) = _drawn()
    painted = [np.asarray(painted[name], np.float32) for name in houses()]
    texture = []
    for side in (128, 64, 32):
        real, made = (
            [images.resize(picture, (side, side)) for picture in pictures]
            for pictures in (photos, painted)
        )
        where = [images.resize(each, (side, side), labels=True) for each in labels]
        ratio = metrics.sharpness(real, made, where, distance=2)
        texture.append(min(ratio, 1 / max(ratio, 1e-9)))
    areas = np.mean([_correlation(*pair) for pair in zip(real, made)])
    return round(float(np.mean(texture) * areas), 3)


def _correlation(*pictures):
    a, b = (picture - picture.mean((0, 1), dtype=float) for picture in pictures)
    size = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return np.sum(a * b) / size if size > 1e-6 else 0.0


@mistake(
    mean_colours,
    "These are the labels themselves: nobody takes them for a photograph.",
    "Take colours from the photographs, class by class.",
)
def labels_for_a_photograph(labels, drawn, photos):
    return facades.colour(labels)


@mistake(
    mean_colours,
    "The whole picture has one colour, and nothing can be seen in it.",
    "Take the mean of each class's pixels: photos[drawn == number].",
)
def one_colour_for_everything(labels, drawn, photos):
    return np.broadcast_to(photos.mean((0, 1, 2)), labels.shape + (3,))


@mistake(
    mean_colours,
    "A ghost of all houses, the same whatever the labels say.",
    "Look only at pixels that have the label you need.",
)
def mean_of_the_photographs(labels, drawn, photos):
    return photos.mean(0)


@mistake(
    mean_colours,
    "A sharp photograph, the same whatever the labels say.",
    "Take from it only the pixels that have the label you need.",
)
def first_photograph(labels, drawn, photos):
    return photos[0]


@mistake(
    mean_colours,
    "A sharp photograph of another house: its windows are in other places.",
    "Take from it the pixels whose labels agree, and the others from other houses.",
)
def most_similar_house_copied(labels, drawn, photos):
    return photos[np.argmax((drawn == labels).mean((1, 2)))]


@mistake(
    mean_colours,
    "Fog again: a mean over many houses, place by place, has no bricks left.",
    "Take each pixel from one house, don't average.",
)
def mean_of_each_place(labels, drawn, photos):
    alike = (drawn == labels)[..., None]
    found = alike.sum(0)
    means = (photos * alike).sum(0) / np.maximum(found, 1)
    return np.where(found, means, mean_colours(labels, drawn, photos))


# Mistakes that no exercise asks for --------------------------------------------------------------


@mistake(
    models.generator,
    "Without skips, every input gives one and the same picture.",
    "No normalisation at the bottleneck: one pixel minus its own mean is 0.",
)
def norm_at_the_bottleneck(*settings, **more):
    model = models.generator(*settings, **more)
    found = [layer for layer in model.layers if type(layer) is layers.Conv2D]
    down = [layer for layer in found if layer.strides == (2, 2)]

    def call(layer, *inputs, **options):
        answer = layer(*inputs, **options)
        return instance_norm(answer) if layer.name == down[-1].name else answer

    return keras.models.clone_model(model, call_function=call)


@mistake(
    models.generator,
    "Negative values leak through half as strongly again: slope 0.3.",
    "Write LeakyReLU(negative_slope=0.2): Keras takes 0.3 by itself.",
)
def leaky_relu_left_alone(*settings, **more):
    def clone(layer):
        kind = type(layer)
        return kind() if kind is layers.LeakyReLU else kind.from_config(layer.get_config())

    return keras.models.clone_model(models.generator(*settings, **more), clone_function=clone)


@mistake(
    instance_norm,
    "A picture's answer changes with the other pictures in its batch.",
    "Each picture has its own mean and variance: instance norm.",
)
def batch_norm(x):
    return layers.BatchNormalization(epsilon=1e-5)(x, training=True)


@mistake(
    models.generate,
    "Colours are off, the same every time: moving averages stand in, no dropout.",
    "Run the network at test as in training: training=True, batch norm of the batch at hand.",
)
def run_for_inference(model, pictures, seed=None):
    return ops.convert_to_numpy(model(pictures, training=False))


@mistake(
    patchgan.patchgan,
    "The fake is a fine picture of something else than the input.",
    "Show the discriminator the pair, source and target on top of each other.",
)
def source_unseen(layers=3, side=None, width=32, in_channels=6, norm=True):
    pair = keras.Input((side, side, in_channels))
    half = in_channels // 2
    return keras.Model(pair, patchgan.patchgan(layers, side, width, half, norm)(pair[..., half:]))


@mistake(
    Pix2Pix,
    "L1 counts for a hundredth of the adversarial loss: hardly better than none.",
    "The weight 100 belongs to L1.",
)
def weights_exchanged(generator, discriminator, l1=100.0, adversarial=1.0):
    return Pix2Pix(generator, discriminator, l1=adversarial, adversarial=l1)


@mistake(
    images.resize,
    "Stripes appear that the photograph doesn't have, and lines go missing.",
    "Nearest neighbour is for labels; average over the area when a photograph shrinks.",
)
def photo_by_nearest_neighbour(image, size):
    return images.resize(image, size, labels=True)


EXERCISES = [
    Exercise("02.1", best_answers, _greys),
    Exercise("02.2", receptive_field, _stacks),
    Exercise("02.3", adversarial_loss, _logits),
    Exercise("02.4", mean_class_iou, _readings),
    Exercise(
        "02.5", mean_colours, houses, texture_times_areas, goal=0.25, measure="Texture × areas:"
    ),
]
