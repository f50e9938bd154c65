"""Mistakes with style, colour and what a feature network takes: exercises of lesson 04.

Right versions: `teach.exercises.lesson04`. Those with the tensors' losses are in `style`.
"""

import numpy as np
from skimage.transform import resize

from .. import images
from . import mistake

MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red

# Gram matrix -------------------------------------------------------------------------------------


def _flat(features):
    return np.reshape(features, (-1, features.shape[-1]))


@mistake(
    "gram",
    "Channels that are never on together score as high as those that always are.",
    "Multiply F_ik and F_jk before you sum over the places.",
)
def sum_for_product(features):
    sums = _flat(features).sum(0)
    return sums[:, None] + sums


@mistake(
    "gram",
    "It has a row for each place, not for each channel.",
    "Transpose the other one: (N, M) times (M, N).",
)
def places_for_channels(features):
    return _flat(features) @ _flat(features).T


@mistake(
    "gram",
    "A larger picture of the same texture has the same matrix, unlike the formula's.",
    "The formula sums over the places; dividing is the loss's part.",
)
def mean_over_places(features):
    return _flat(features).T @ _flat(features) / len(_flat(features))


@mistake(
    "gram",
    "Channels that are always on count like those that are always off.",
    "Leave the means in: this would be the covariance.",
)
def means_taken_off(features):
    centred = _flat(features) - _flat(features).mean(0)
    return centred.T @ centred


@mistake(
    "gram",
    "Each channel is compared with itself only: there is nothing off the diagonal.",
    "All pairs i, j count: that is one product of matrices.",
)
def diagonal_alone(features):
    return np.diag((_flat(features) ** 2).sum(0))


@mistake(
    "gram",
    "The mean of each channel is multiplied, not the activations: places don't meet.",
    "Multiply first, place by place, then sum.",
)
def product_of_sums(features):
    sums = _flat(features).sum(0)
    return sums[:, None] * sums


# Style cost --------------------------------------------------------------------------------------


def _cost(layers, targets, weights, one=None):
    one = one or (lambda off, n, m: np.sum(off**2) / (4 * n**2 * m**2))
    grams = [[_flat(f).T @ _flat(f) for f in each] for each in (layers, targets)]
    return sum(
        w * one(g - a, f.shape[-1], f.shape[0] * f.shape[1])
        for w, f, g, a in zip(weights, layers, *grams, strict=True)
    )


@mistake(
    "style_cost",
    "It is below 0 where the picture has less of everything: it can sink for ever.",
    "Square the differences of the two matrices.",
)
def cost_without_square(layers, targets, weights):
    return _cost(layers, targets, weights, lambda off, n, m: np.sum(off) / (4 * n**2 * m**2))


@mistake("style_cost", "It is four times too large.", "The formula divides by 4 N² M².")
def cost_without_quarter(layers, targets, weights):
    return 4 * _cost(layers, targets, weights)


@mistake(
    "style_cost",
    "The first layer counts most, whatever the weights say.",
    "Take N and M of each layer, not the picture's 3 channels and its places.",
)
def size_of_the_picture(layers, targets, weights):
    m = layers[0].shape[0] * layers[0].shape[1]
    return _cost(layers, targets, weights, lambda off, *_: np.sum(off**2) / (4 * 3**2 * m**2))


@mistake("style_cost", "All layers count alike.", "Multiply each layer's part by its weight.")
def weights_of_layers_forgotten(layers, targets, weights):
    return _cost(layers, targets, np.ones(len(layers)))


@mistake(
    "style_cost",
    "It grows with the number of places, and β must be chosen anew for each size.",
    "Divide by M², too.",
)
def places_not_divided(layers, targets, weights):
    return _cost(layers, targets, weights, lambda off, n, m: np.sum(off**2) / (4 * n**2))


@mistake(
    "style_cost",
    "A picture moved by one pixel costs as much as another style.",
    "Compare the Gram matrices, not the activations.",
)
def activations_for_matrices(layers, targets, weights):
    return sum(
        w * np.sum((f - p) ** 2) / (4 * f.shape[-1] ** 2 * (f.shape[0] * f.shape[1]) ** 2)
        for w, f, p in zip(weights, layers, targets, strict=True)
    )


# What VGG-19 takes -------------------------------------------------------------------------------


@mistake("for_vgg", "Skin is blue to the network.", "These weights take blue first: [..., ::-1].")
def red_first(picture):
    return picture * 255 - MEANS[::-1]


@mistake(
    "for_vgg",
    "Everything is nearly one dark colour to the network: 0 to 1 less 100.",
    "Multiply by 255 before you take the means off.",
)
def means_off_0_to_1(picture):
    return picture[..., ::-1] - MEANS


@mistake("for_vgg", "The picture is far too dark to the network.", "Take the means off once.")
def means_taken_off_twice(picture):
    return picture[..., ::-1] * 255 - 2 * MEANS


@mistake(
    "for_vgg",
    "Each channel loses the mean of another one.",
    "The means are blue, green, red: turn the channels first.",
)
def means_in_the_other_order(picture):
    return picture[..., ::-1] * 255 - MEANS[::-1]


@mistake(
    "for_vgg",
    "The network sees a hundredth of the contrast that it knows.",
    "These weights are not scaled: no division.",
)
def scaled_to_minus_one_to_one(picture):
    return (picture[..., ::-1] * 255 - MEANS) / 127.5


# Colours kept ------------------------------------------------------------------------------------


@mistake(
    "keep_colours",
    "The photograph in the painting's colours: strokes are gone.",
    "Lightness comes from the painting, a and b from the photograph.",
)
def lightness_and_colours_exchanged(content, painted):
    return _joined(content, painted)


@mistake("keep_colours", "It is grey: a and b are lost.", "Take a and b from the photograph.")
def left_grey(content, painted):
    lab = images.rgb_to_lab(painted)
    return images.lab_to_rgb(np.concatenate([lab[..., :1], 0 * lab[..., 1:]], -1))


@mistake(
    "keep_colours",
    "Strokes have a ghost of the photograph in them.",
    "Take the painting's lightness whole, no mean of both.",
)
def mean_of_both_lightnesses(content, painted):
    a, b = images.rgb_to_lab(content), images.rgb_to_lab(painted)
    return images.lab_to_rgb(np.concatenate([(a[..., :1] + b[..., :1]) / 2, a[..., 1:]], -1))


@mistake(
    "keep_colours",
    "Green is the painting's, and skin turns green: RGB has no lightness axis.",
    "Convert to Lab first.",
)
def green_for_lightness(content, painted):
    return np.stack([content[..., 0], painted[..., 1], content[..., 2]], -1)


@mistake("keep_colours", "The painting as it was.", "Its colours are to be the photograph's.")
def painting_as_it_was(content, painted):
    return painted


def _joined(lightness, colours):
    """Lightness of one picture, colours of the other."""
    light, other = images.rgb_to_lab(lightness), images.rgb_to_lab(colours)
    return images.lab_to_rgb(np.concatenate([light[..., :1], other[..., 1:]], -1))


# Repainting without optimisation -----------------------------------------------------------------


@mistake(
    "matched",
    "Content is all there, and no style at all.",
    "Take something from the painting: colours first, then pieces.",
)
def photograph_as_it_was(content, style):
    return content


@mistake(
    "matched",
    "Style is all there, and nothing of the photograph.",
    "Put the pieces of the painting where the photograph is as light as they are.",
)
def painting_for_the_answer(content, style):
    return style


@mistake(
    "matched",
    "Two pictures shine through each other: neither strokes nor a person.",
    "Take each pixel from one of the two.",
)
def mean_of_the_two(content, style):
    return (content + style) / 2


@mistake(
    "matched",
    "Blur is no brush: fine steps are gone, no stroke has come.",
    "Keep the painting's own edges: copy pieces of it.",
)
def blurred_photograph(content, style):
    small = resize(content, (24, 24), anti_aliasing=True)
    return resize(small, content.shape).astype(np.float32)
