"""Mistakes with Gram matrices, their losses and VGG's preprocessing: lesson 04."""

from keras import layers, ops

from .. import losses
from ..models.features import CAFFE_MEANS, caffe
from . import mistake

# Losses -----------------------------------------------------------------------------------------


@mistake(
    "content_loss",
    "It runs below 0 without end: the picture goes to black, white and gaudy.",
    "Square the differences, so that too much costs as much as too little.",
)
def content_without_square(features, target):
    return ops.sum(features - target, axis=(1, 2, 3)) / 2


@mistake(
    "gram_matrix",
    "Only each channel's mean counts: the colours are right, the strokes gone.",
    "Multiply the two channels place by place, and sum over the places.",
)
def plus_for_times(features):
    sums = ops.sum(features, axis=(1, 2))  # Σ_k F_ik + F_jk
    return sums[:, :, None] + sums[:, None, :]


@mistake(
    "gram_matrix",
    "The matrix is as large as the picture, and the style keeps its places.",
    "Sum over the places; what is compared are channels.",
)
def gram_of_places(features):
    batch, height, width, channels = features.shape
    flat = ops.reshape(features, (batch, height * width, channels))
    return ops.matmul(flat, ops.swapaxes(flat, 1, 2))


@mistake(
    "style_loss",
    "The loss runs below 0 without end, and the picture with it.",
    "Square the differences of the Gram matrices before the sum.",
)
def style_without_square(gram, target, places, target_places=None):
    target_places = places if target_places is None else target_places
    off = gram / places - target / target_places
    return ops.sum(off, axis=(1, 2)) / (4 * gram.shape[-1] ** 2)


@mistake(
    "style_loss",
    "The first layer outweighs the fifth a thousand times: colours, no strokes.",
    "Each layer has its own N channels and M places; the picture's 3 and H·W are none of them.",
)
def one_size_for_all_layers(gram, target, places, target_places=None, pixels=256 * 256):
    return ops.sum((gram - target) ** 2, axis=(1, 2)) / (4 * 3**2 * pixels**2)


@mistake(
    "style_loss",
    "Layers with many channels hardly count.",
    "Divide by N² once: it is in the mean over the matrix already.",
)
def divided_by_channels_twice(gram, target, places, target_places=None):
    return losses.style_loss(gram, target, places, target_places) / gram.shape[-1] ** 2


@mistake(
    "style_loss",
    "The loss is four times as large, and β means something else.",
    "The paper divides by 4 N² M².",
)
def quarter_missing(gram, target, places, target_places=None):
    return losses.style_loss(gram, target, places, target_places) * 4


@mistake(
    "total_variation",
    "It grows with a single hard edge no more than with a soft one.",
    "Square the steps, if the text says squares; or say that you sum absolute ones.",
)
def absolute_steps(pictures):
    return sum(
        ops.sum(ops.abs(step), axis=(1, 2, 3))
        for step in (pictures[:, 1:] - pictures[:, :-1], pictures[:, :, 1:] - pictures[:, :, :-1])
    )


# What VGG-19 takes --------------------------------------------------------------------------------


@mistake(
    "caffe",
    "All activations are off: the network sees a picture far too dark.",
    "Take the means off once.",
)
def preprocessed_twice(pictures):
    return layers.Rescaling(1.0, [-mean for mean in CAFFE_MEANS])(caffe(pictures)[..., ::-1])


@mistake("caffe", "The network sees skin in blue.", "These weights take blue first: [..., ::-1].")
def red_left_first(pictures):
    return layers.Rescaling(255.0, [-mean for mean in CAFFE_MEANS])(pictures)


@mistake(
    "caffe",
    "Every picture is nearly the same dark one to the network.",
    "These weights take 0 to 255 less the means, not 0 to 1.",
)
def left_in_0_to_1(pictures):
    return layers.Rescaling(1.0, [-mean for mean in CAFFE_MEANS])(pictures[..., ::-1])
