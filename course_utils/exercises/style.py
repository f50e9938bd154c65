"""The exercises of lesson 04: Gram matrix, style loss, a pixel moves, colours; mistakes."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.util import view_as_windows

from drawn_worlds import painters

from .. import images
from ..losses import content_loss, gram_matrix, style_loss, total_variation
from ..models import features
from ..models.features import caffe
from ..training.style import in_colours_of, keep_colours
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
    "The shape is right and the channels are mixed up: each row has a bit of all of them.",
    "The channels come last: reshape to (B, M, N), and only then exchange the two axes.",
)
def reshaped_without_a_transpose(features):
    flat = ops.reshape(features, (len(features), features.shape[-1], -1))
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
    "The loss falls below 0: less of everything pays, and strokes go.",
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
    "The cost may be below 0: what is too much in one place pays for what is too little elsewhere.",
    "Square each difference, then sum.",
)
def differences_not_squared(gram, target, places, target_places=None):
    return ops.sum(gram - target, axis=(1, 2)) / (4 * gram.shape[-1] ** 2 * places**2)


@mistake(
    style_loss,
    "A difference twice as large costs twice as much; the formula says four times.",
    "Square the differences, don't take their absolute values.",
)
def absolute_for_square(gram, target, places, target_places=None):
    return ops.sum(ops.abs(gram - target), axis=(1, 2)) / (4 * gram.shape[-1] ** 2 * places**2)


@mistake(
    style_loss,
    "The cost has some twenty digits: N² and M² multiply it.",
    "Put the divisor in brackets, … / (4 * N**2 * M**2): without them only the 4 divides.",
)
def brackets_forgotten(gram, target, places, target_places=None):
    return ops.sum((gram - target) ** 2, axis=(1, 2)) / 4 * gram.shape[-1] ** 2 * places**2


@mistake(
    style_loss,
    "Large layers cost too much, by a factor of N times M.",
    "N and M are squared below the line, as the differences are above it.",
)
def layer_size_not_squared(gram, target, places, target_places=None):
    return style_loss(gram, target, places, target_places) * gram.shape[-1] * places


@mistake(
    style_loss,
    "Layers with many channels hardly count.",
    "Divide by N² once: take the sum over the matrix, since its mean has divided already.",
)
def divided_by_channels_twice(gram, target, places, target_places=None):
    return style_loss(gram, target, places, target_places) / gram.shape[-1] ** 2


@mistake(
    style_loss,
    "The loss is four times as large, and β means something else.",
    "The paper divides by 4 N² M²; slides that print 1 / (h w n)² have lost the 4.",
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


# 3. A pixel moves ---------------------------------------------------------------------------------

RATE = 0.3


def look(pictures):
    """Stands in for a trained network: (B, H, W, 3) in [0, 1] -> activations (B, H/2, W/2, 8)."""
    rng = np.random.default_rng(2)
    first, second = (rng.normal(0, n**-0.5, (3, 3, c, 8)) for n, c in ((27, 3), (72, 8)))
    seen = tf.nn.relu(tf.nn.conv2d(pictures - 0.5, first.astype(np.float32), 1, "SAME"))
    return tf.nn.relu(tf.nn.conv2d(seen, second.astype(np.float32), 2, "SAME"))


def move_pixels(network, picture, target, rate=RATE):
    """A picture after five steps down the gradient of its content loss.

    network: from pictures (1, H, W, 3) to activations.  picture: (1, H, W, 3) in [0, 1].
    target: the content picture's activations.  Each step is cut to [0, 1].  Returns such a picture.
    """
    return _moved(network, picture, lambda f: content_loss(f, target), -rate)


def _moved(network, picture, cost, rate, steps=5, low=0.0, high=1.0):
    picture = tf.Variable(picture)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = cost(network(picture))
        step = rate * tape.gradient(loss, picture)
        picture.assign(tf.clip_by_value(picture + step, low, high))
    return picture.numpy()


def _starts():
    rng, face = np.random.default_rng(4), images.resize(portrait(), (32, 32))[None]
    noise = rng.uniform(0.4, 0.6, face.shape).astype(np.float32)
    return {
        "grey noise": (look, noise, look(face).numpy()),
        "another face": (look, face[:, :, ::-1].copy(), look(face).numpy()),
        "black, which may not go below 0": (look, np.zeros_like(face), look(face).numpy()),
        "the picture itself": (look, face, look(face).numpy()),
    }


@mistake(
    move_pixels,
    "The loss rises: the picture flees from its content.",
    "Down is against the gradient: subtract it.",
)
def up_the_gradient(network, picture, target, rate=RATE):
    return move_pixels(network, picture, target, -rate)


@mistake(
    move_pixels,
    "The picture comes back as it went in: whatever was trained, it wasn't the pixels.",
    "The picture is the tf.Variable: ask the tape for its gradient, and assign each step to it.",
)
def pixels_left_alone(network, picture, target, rate=RATE):
    return picture


@mistake(
    move_pixels,
    "Pixels leave [0, 1], where no screen can show them, and take the loss along.",
    "Cut after each step: tf.clip_by_value(…, 0, 1).",
)
def never_cut(network, picture, target, rate=RATE):
    return _moved(network, picture, lambda f: content_loss(f, target), -rate, low=-9, high=9)


@mistake(
    move_pixels,
    "One step is taken and four are lost.",
    "Take a new tape and a new gradient in each of the five steps, and go on from where it stands.",
)
def one_step_alone(network, picture, target, rate=RATE):
    return _moved(network, picture, lambda f: content_loss(f, target), -rate, steps=1)


@mistake(
    move_pixels,
    "Five times the same step: it points where the loss fell at the start.",
    "The gradient changes as the picture does: compute it inside the loop.",
)
def first_gradient_again(network, picture, target, rate=RATE):
    step = _moved(network, picture, lambda f: content_loss(f, target), -rate, 1, -9, 9) - picture
    for _ in range(5):
        picture = np.clip(picture + step, 0, 1)
    return picture


@mistake(
    move_pixels,
    "The photograph no longer matters, as in a formula that some slides print: less of all pays.",
    "Square the differences of the activations before the sum.",
)
def content_not_squared(network, picture, target, rate=RATE):
    return _moved(network, picture, lambda f: tf.reduce_sum(f - target) / 2, -rate)


@mistake(
    move_pixels,
    "Each step is twice as long.",
    "The content loss is half the sum of squares.",
)
def half_forgotten(network, picture, target, rate=RATE):
    return move_pixels(network, picture, target, 2 * rate)


@mistake(
    move_pixels,
    "Hardly a pixel moves: the gradient was divided by the number of activations.",
    "The content loss sums over all activations: tf.reduce_sum, not a mean.",
)
def mean_of_the_squares(network, picture, target, rate=RATE):
    return _moved(network, picture, lambda f: tf.reduce_mean((f - target) ** 2) / 2, -rate)


# 4. Colours kept ----------------------------------------------------------------------------------


@functools.cache
def portrait():
    """The astronaut's face (96, 96, 3) in [0, 1]."""
    return images.resize(images.to_float(data.astronaut())[:256, 96:352], (SIDE, SIDE))


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


SQUARE = 6


def strokes_and_content(style, photograph, picture):
    """Two numbers from 0 to 1: how far a picture is made of a painting, and shows a photograph.

    Strokes: 1 less the mean squared distance of its 6×6 squares from the nearest ones in the
    painting, over that of the photograph `in_colours_of` the painting. A picture that has less
    than half of the painting's detail (what a blur takes away) gets a share of it, since a blur is
    near to any calm place. Content: 1 less the squared distance from that photograph after a blur,
    over the painting's. All are (96, 96, 3). Raises ValueError for values outside [0, 1].
    """
    colours, picture = in_colours_of(style, photograph), images.to_float(picture)
    off = _from_the_nearest(picture, style) / _from_the_nearest(colours, style)
    (soft, fine), (aim, _), (other, its) = map(_soft_and_fine, (picture, colours, style))
    detail = min(1, 2 * np.sqrt(np.mean(fine**2) / np.mean(its**2)))
    content = 1 - np.sum((soft - aim) ** 2) / np.sum((other - aim) ** 2)
    return max(1 - off, 0) * detail, max(content, 0)


def _soft_and_fine(picture, blur=2):
    soft = gaussian_filter(picture, (blur, blur, 0))
    return soft, picture - soft


def _from_the_nearest(picture, style):
    """Mean squared distance of a picture's squares from the nearest ones in the painting."""
    ours, theirs = (
        view_as_windows(p, (SQUARE, SQUARE, 3), step).reshape(-1, 3 * SQUARE**2)
        for p, step in ((picture, 2), (style, 1))
    )
    crossed = np.min(np.sum(theirs**2, 1) - 2 * ours @ theirs.T, axis=1)
    return np.mean(np.maximum(np.sum(ours**2, 1) + crossed, 0))


def strokes_times_content(repainted):
    """The mean over `works` of the product of `strokes_and_content`, {name: (96, 96, 3)} -> number.

    1 at best, 0 for the photograph, in any colours, and for the painting. No network judges.
    """
    scores = [np.prod(strokes_and_content(*pair, repainted[n])) for n, pair in works().items()]
    return round(float(np.mean(scores)), 3)


def double_exposure(style, content):
    """The best one of a painting and a photograph in its colours (96, 96, 3): the baseline."""
    return 0.75 * style + 0.25 * in_colours_of(style, content)


@mistake(
    double_exposure,
    "All colours are the painting's, and not one stroke.",
    "Go on from there: put pieces of the painting where the photograph is like them.",
)
def colours_without_strokes(style, content):
    return in_colours_of(style, content)


@mistake(
    double_exposure,
    "Content is all there, and no style at all.",
    "Take something from the painting: colours first, then pieces.",
)
def photograph_as_it_was(style, content):
    return content


@mistake(
    double_exposure,
    "Style is all there, and nothing of the photograph.",
    "Put the pieces of the painting where the photograph is as light as they are.",
)
def painting_for_the_answer(style, content):
    return style


@mistake(
    double_exposure,
    "Two pictures shine through each other: neither strokes nor a person.",
    "Take each pixel from one of the two.",
)
def mean_of_the_two(style, content):
    return (content + style) / 2


@mistake(
    double_exposure,
    "Blur is no brush: fine steps are gone, no stroke has come.",
    "Keep the painting's own edges: copy pieces of it.",
)
def blurred_photograph(style, content):
    return images.resize(images.resize(content, (24, 24)), content.shape[:2])


# Mistakes that no exercise asks for ---------------------------------------------------------------


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
    content_loss,
    "It falls below 0 wherever less is on: what the photograph shows no longer matters.",
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
    Exercise("04.3", move_pixels, _starts),
    Exercise("04.4", keep_colours, _pairs),
    Exercise(
        "04.5",
        double_exposure,
        works,
        strokes_times_content,
        goal=0.4,
        measure="Strokes × content:",
    ),
]
