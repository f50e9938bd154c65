"""The exercises of lesson 02: what L1 wants, what a patch sees, losses, reading, painting."""

import functools

import numpy as np

from drawn_worlds import houses as facades

from .. import images, metrics
from .core import Exercise

EXAMPLES, UNSEEN = (12, 0), (6, 1_000_000)  # (houses, first seed)


def best_answers(greys):
    """The answers with the least L1 and the least L2 loss, if all greys (n,) are right answers."""
    return np.median(greys), np.mean(greys)


def patch_side(convolutions):
    """Side in pixels of the square that one number behind a stack of convolutions sees.

    convolutions: (size, stride) of each, from the picture on. `models.patchgan.receptive_field` is
    this for the PatchGANs.
    """
    seen = 1
    for size, stride in reversed(convolutions):
        seen = (seen - 1) * stride + size
    return seen


def gan_losses(real, fake):
    """(discriminator's loss, generator's loss) of logits on real and on fake pairs, any one shape.

    Mean of -log D on real pairs and -log(1 - D) on fake ones; mean of -log D on fake ones.
    """
    critic = (np.mean(np.logaddexp(0, -real)) + np.mean(np.logaddexp(0, fake))) / 2
    return critic, np.mean(np.logaddexp(0, -fake))


def mean_class_iou(truths, predictions):
    """The FCN-score's mean IoU of two lists of labels (H, W), 0 to 11."""
    return metrics.class_scores(truths, predictions, facades.CLASSES)["iou"]


def mean_colours(labels, drawn, photos):
    """The baseline of the open exercise: each class in its mean colour, float32 (H, W, 3).

    labels: (H, W), 0 to 11.  drawn, photos: labels (N, H, W) and photographs (N, H, W, 3) in [0, 1]
    of other houses.
    """
    pixels = np.maximum(np.bincount(drawn.ravel(), minlength=12), 1)
    sums = [np.bincount(drawn.ravel(), colour, 12) for colour in photos.reshape(-1, 3).T]
    return (np.stack(sums, -1) / pixels[:, None])[labels].astype(np.float32)


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


def patchgan_convolutions(halvings):
    """(size, stride) of the convolutions of a PatchGAN with 1, 2, 3, … halvings, front to back."""
    return [(4, 2)] * halvings + [(4, 1)] * 2


def _stacks():
    cases = {
        f"a PatchGAN with halvings: {count}": patchgan_convolutions(count) for count in (1, 2, 3, 5)
    }
    cases |= {
        "the PixelGAN": [(1, 1)] * 3,
        "one convolution": [(5, 1)],
        "one of stride 2": [(4, 2)],
        "all sizes": [(7, 2), (3, 1), (5, 3), (2, 1), (3, 2)],
    }
    return {name: (convolutions,) for name, convolutions in cases.items()}


def _logits():
    noise, opposite = np.random.default_rng(4).standard_normal((2, 1, 14, 14, 1))
    sure = np.full((1, 3, 3, 1), 40.0)
    cases = {
        "it can't tell": (0 * noise, 0 * noise),
        "it learns": (noise + 1, opposite - 1),
        "it errs": (2 * noise - 1, 2 * opposite + 2),
        "it is right and sure": (sure, -sure),
        "it is wrong and sure": (-sure, sure),
        "it calls everything real": (sure, 2 * sure),
        "it calls everything fake": (-3 * sure, -25 * sure),
    }
    return {name: tuple(map(np.float32, pair)) for name, pair in cases.items()}


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


EXERCISES = [
    Exercise("02.1", best_answers, _greys),
    Exercise("02.2", patch_side, _stacks),
    Exercise("02.3", gan_losses, _logits),
    Exercise("02.4", mean_class_iou, _readings),
    Exercise(
        "02.5", mean_colours, houses, texture_times_areas, goal=0.25, measure="Texture × areas:"
    ),
]
