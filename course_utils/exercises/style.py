"""The exercises of lesson 04: Gram matrix, style loss, what VGG takes, colours; mistakes."""

import functools

import numpy as np
from keras import ops
from skimage import data
from skimage.transform import resize

from drawn_worlds import painters

from .. import images
from ..losses import content_loss, gram_matrix, style_loss, total_variation
from ..models import features
from ..models.features import caffe
from ..training.style import distances, in_colours_of, keep_colours
from .core import Exercise, mistake

MEANS = np.array(features.CAFFE_MEANS)  # blue, green, red
SIDE = 96

# 1. Gram matrix -----------------------------------------------------------------------------------


def _features():
    rng = np.random.default_rng(6)
    apart = np.zeros((1, 4, 4, 2))
    apart[:, :2, :, 0] = apart[:, 2:, :, 1] = 1
    return {
        "never on together": (apart,),
        "always on together": (apart[..., [0, 0]],),
        "one place": (rng.random((1, 1, 1, 3)),),
        "any": (rng.random((2, 5, 7, 4)),),
        "negative ones": (rng.normal(size=(1, 3, 4, 3)),),
    }


@mistake(
    gram_matrix,
    "Only each channel's mean counts: the colours are right, the strokes gone.",
    "Multiply the two channels place by place, and sum over the places.",
)
def plus_for_times(features):
    sums = ops.sum(features, axis=(1, 2))  # Σ_k F_ik + F_jk
    return sums[:, :, None] + sums[:, None, :]


@mistake(
    gram_matrix,
    "The matrix is as large as the picture, and the style keeps its places.",
    "Sum over the places; what is compared are channels.",
)
def gram_of_places(features):
    batch, height, width, channels = features.shape
    flat = ops.reshape(features, (batch, height * width, channels))
    return ops.matmul(flat, ops.swapaxes(flat, 1, 2))


@mistake(
    gram_matrix,
    "A larger picture of the same texture has the same matrix, unlike the formula's.",
    "The formula sums over the places; dividing is the loss's part.",
)
def mean_over_places(features):
    return gram_matrix(features) / (features.shape[1] * features.shape[2])


@mistake(
    gram_matrix,
    "Channels that are always on count like those that are always off.",
    "Leave the means in: this would be the covariance.",
)
def means_taken_off(features):
    return gram_matrix(features - ops.mean(features, axis=(1, 2), keepdims=True))


@mistake(
    gram_matrix,
    "Each channel is compared with itself only: there is nothing off the diagonal.",
    "All pairs i, j count: that is one product of matrices.",
)
def diagonal_alone(features):
    return gram_matrix(features) * np.eye(features.shape[-1])


@mistake(
    gram_matrix,
    "The mean of each channel is multiplied, not the activations: places don't meet.",
    "Multiply first, place by place, then sum.",
)
def product_of_sums(features):
    sums = ops.sum(features, axis=(1, 2))
    return sums[:, :, None] * sums[:, None, :]


# 2. Style loss ------------------------------------------------------------------------------------


def _grams():
    rng = np.random.default_rng(1)

    def layer(side, channels, scale=1.0, batch=1):
        """Gram matrices (batch, N, N) of activations."""
        drawn = scale * rng.random((batch, side, side, channels))
        return np.asarray(gram_matrix(drawn))

    style = layer(64, 16)
    return {
        "another style": (layer(64, 16), 1.5 * style[0], 64 * 64),
        "a deep layer": (layer(16, 32), layer(16, 32, 1.5)[0], 16 * 16),
        "more of everything": (layer(32, 8, 2.0), layer(32, 8)[0], 32 * 32),
        "two pictures": (layer(16, 6, batch=2), layer(16, 6, 2.0)[0], 16 * 16),
        "the same style": (style, style[0], 64 * 64),
    }


@mistake(
    style_loss,
    "The loss runs below 0 without end, and the picture with it.",
    "Square the differences of the Gram matrices before the sum.",
)
def style_without_square(gram, target, places, target_places=None):
    target_places = places if target_places is None else target_places
    off = gram / places - target / target_places
    return ops.sum(off, axis=(1, 2)) / (4 * gram.shape[-1] ** 2)


@mistake(
    style_loss,
    "The first layer outweighs the fifth a thousand times: colours, no strokes.",
    "Each layer has its own N channels and M places; the picture's 3 and H·W are none of them.",
)
def one_size_for_all_layers(gram, target, places, target_places=None, pixels=256 * 256):
    return ops.sum((gram - target) ** 2, axis=(1, 2)) / (4 * 3**2 * pixels**2)


@mistake(
    style_loss,
    "Layers with many channels hardly count.",
    "Divide by N² once: it is in the mean over the matrix already.",
)
def divided_by_channels_twice(gram, target, places, target_places=None):
    return style_loss(gram, target, places, target_places) / gram.shape[-1] ** 2


@mistake(
    style_loss,
    "The loss is four times as large, and β means something else.",
    "The paper divides by 4 N² M².",
)
def quarter_missing(gram, target, places, target_places=None):
    return style_loss(gram, target, places, target_places) * 4


@mistake(
    style_loss,
    "It grows with the number of places, and β must be chosen anew for each size.",
    "Divide by M², too.",
)
def places_not_divided(gram, target, places, target_places=None):
    return style_loss(gram, target, places, target_places) * places**2


# 3. What VGG-19 takes -----------------------------------------------------------------------------


def _pictures():
    rng = np.random.default_rng(7)
    return {
        "a portrait": (portrait()[None].round(2),),  # in float32 none of it is too near 0
        "black": (np.zeros((1, 2, 2, 3)),),
        "white": (np.ones((1, 2, 2, 3)),),
        "any colours": (rng.random((2, 4, 5, 3)),),
    }


@functools.cache
def portrait():
    """The astronaut's face (96, 96, 3) in [0, 1]."""
    return images.resize(images.to_float(data.astronaut())[:256, 96:352], (SIDE, SIDE))


@mistake(
    caffe,
    "All activations are off: the network sees a picture far too dark.",
    "Take the means off once.",
)
def preprocessed_twice(pictures):
    return np.asarray(caffe(pictures))[..., ::-1] - MEANS


@mistake(caffe, "The network sees skin in blue.", "These weights take blue first: [..., ::-1].")
def red_left_first(pictures):
    return pictures * 255 - MEANS


@mistake(
    caffe,
    "Every picture is nearly the same dark one to the network.",
    "These weights take 0 to 255 less the means, not 0 to 1.",
)
def left_in_0_to_1(pictures):
    return pictures[..., ::-1] - MEANS


@mistake(
    caffe,
    "Each channel loses the mean of another one.",
    "The means are blue, green, red: turn the channels first.",
)
def means_in_the_other_order(pictures):
    return pictures[..., ::-1] * 255 - MEANS[::-1]


@mistake(
    caffe,
    "The network sees a hundredth of the contrast that it knows.",
    "These weights are not scaled: no division.",
)
def scaled_to_minus_one_to_one(pictures):
    return (pictures[..., ::-1] * 255 - MEANS) / 127.5


# 4. Colours kept ----------------------------------------------------------------------------------


def _pairs():
    paintings = (painters.paint(*each, SIDE) for each in (("waves", 3), ("glass", 1)))
    return {
        "waves": (portrait(), next(paintings)),
        "glass": (portrait(), next(paintings)),
        "a grey photograph": (
            images.to_grey(portrait())[..., None].repeat(3, -1),
            painters.paint("strokes", 1, SIDE),
        ),
    }


@mistake(
    keep_colours,
    "The photograph in the painting's colours: strokes are gone.",
    "Lightness comes from the painting, a and b from the photograph.",
)
def lightness_and_colours_exchanged(content, painted):
    return keep_colours(painted, content)


@mistake(keep_colours, "It is grey: a and b are lost.", "Take a and b from the photograph.")
def left_grey(content, painted):
    lab = images.rgb_to_lab(painted)
    return images.lab_to_rgb(np.concatenate([lab[..., :1], 0 * lab[..., 1:]], -1))


@mistake(
    keep_colours,
    "Strokes have a ghost of the photograph in them.",
    "Take the painting's lightness whole, no mean of both.",
)
def mean_of_both_lightnesses(content, painted):
    a, b = images.rgb_to_lab(content), images.rgb_to_lab(painted)
    return images.lab_to_rgb(np.concatenate([(a[..., :1] + b[..., :1]) / 2, a[..., 1:]], -1))


@mistake(
    keep_colours,
    "Green is the painting's, and skin turns green: RGB has no lightness axis.",
    "Convert to Lab first.",
)
def green_for_lightness(content, painted):
    return np.stack([content[..., 0], painted[..., 1], content[..., 2]], -1)


@mistake(keep_colours, "The painting as it was.", "Its colours are to be the photograph's.")
def painting_as_it_was(content, painted):
    return painted


# 5. Repainting without optimisation ---------------------------------------------------------------


def works():
    """{name: (painting, photograph)}: what the open exercise repaints, (96, 96, 3) in [0, 1]."""
    cat = images.centre_square(images.to_float(data.chelsea()), SIDE)
    return {
        "portrait, waves": (painters.paint("waves", 3, SIDE), portrait()),
        "cat, strokes": (painters.paint("strokes", 1, SIDE), cat),
    }


@functools.cache
def _judge():
    return features.network("course")


def style_times_content(repainted):
    """How much of both pictures is in the repainted ones, {name as in `works`: (96, 96, 3)}.

    Style: 1 less the `style_distance` over that of the photograph `in_colours_of` the painting,
    where only colours have come. Content: 1 less the `content_distance` from that photograph over
    the painting's. The mean over works of the product, each factor at least 0; 1 at best, 0 for the
    photograph, in any colours, and for the painting. Raises ValueError for values outside [0, 1].
    """
    scores = []
    for name, (style, photograph) in works().items():
        content = in_colours_of(style, photograph)
        made, colours, painting = (
            distances(_judge(), images.to_float(p), content, style)
            for p in (repainted[name], content, style)
        )
        near = (
            1 - made["style_distance"] / colours["style_distance"],
            1 - made["content_distance"] / painting["content_distance"],
        )
        scores.append(max(near[0], 0) * max(near[1], 0))
    return round(float(np.mean(scores)), 3)


@mistake(
    in_colours_of,
    "Content is all there, and no style at all.",
    "Take something from the painting: colours first, then pieces.",
)
def photograph_as_it_was(style, content):
    return content


@mistake(
    in_colours_of,
    "Style is all there, and nothing of the photograph.",
    "Put the pieces of the painting where the photograph is as light as they are.",
)
def painting_for_the_answer(style, content):
    return style


@mistake(
    in_colours_of,
    "Two pictures shine through each other: neither strokes nor a person.",
    "Take each pixel from one of the two.",
)
def mean_of_the_two(style, content):
    return (content + style) / 2


@mistake(
    in_colours_of,
    "Blur is no brush: fine steps are gone, no stroke has come.",
    "Keep the painting's own edges: copy pieces of it.",
)
def blurred_photograph(style, content):
    small = resize(content, (24, 24), anti_aliasing=True)
    return resize(small, content.shape).astype(np.float32)


# Mistakes that no exercise asks for ---------------------------------------------------------------


@mistake(
    content_loss,
    "It runs below 0 without end: the picture goes to black, white and gaudy.",
    "Square the differences, so that too much costs as much as too little.",
)
def content_without_square(features, target):
    return ops.sum(features - target, axis=(1, 2, 3)) / 2


@mistake(
    total_variation,
    "It grows with a single hard edge no more than with a soft one.",
    "Square the steps, if the text says squares; or say that you sum absolute ones.",
)
def absolute_steps(pictures):
    return sum(
        ops.sum(ops.abs(step), axis=(1, 2, 3))
        for step in (pictures[:, 1:] - pictures[:, :-1], pictures[:, :, 1:] - pictures[:, :, :-1])
    )


EXERCISES = [
    Exercise("04.1", gram_matrix, _features),
    Exercise("04.2", style_loss, _grams),
    Exercise("04.3", caffe, _pictures),
    Exercise("04.4", keep_colours, _pairs),
    Exercise(
        "04.5", in_colours_of, works, style_times_content, goal=0.15, measure="Style × content:"
    ),
]
