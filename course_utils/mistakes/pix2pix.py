"""Mistakes with conditional adversarial networks: lesson 02."""

import keras
from keras import layers, ops

from .. import images
from ..models.layers import instance_norm
from ..models.patchgan import patchgan
from ..models.pix2pix import generator
from ..training.pix2pix import Pix2Pix, adversarial_loss
from . import mistake

# Generator ---------------------------------------------------------------------------------------


@mistake(
    "generator",
    "Without skips, every input gives one and the same picture.",
    "No normalisation at the bottleneck: one pixel minus its own mean is 0.",
)
def norm_at_the_bottleneck(*settings, **more):
    model = generator(*settings, **more)
    convolutions = [layer for layer in model.layers if type(layer) is layers.Conv2D]

    def call(layer, *inputs, **options):
        answer = layer(*inputs, **options)
        return instance_norm(answer) if layer.name == convolutions[-1].name else answer

    return keras.models.clone_model(model, call_function=call)


@mistake(
    "generator",
    "Negative values leak through half as strongly again: slope 0.3.",
    "Write LeakyReLU(negative_slope=0.2): Keras takes 0.3 by itself.",
)
def leaky_relu_left_alone(*settings, **more):
    model = generator(*settings, **more)

    def clone(layer):
        kind = type(layer)
        return kind() if kind is layers.LeakyReLU else kind.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=clone)


@mistake(
    "instance_norm",
    "A picture's answer changes with the other pictures in its batch.",
    "Each picture has its own mean and variance: instance norm.",
)
def batch_norm(x):
    return layers.BatchNormalization(epsilon=1e-5)(x, training=True)


@mistake(
    "generate",
    "Colours are off, the same every time: moving averages stand in, no dropout.",
    "Run the network at test as in training: training=True, batch norm of the batch at hand.",
)
def run_for_inference(model, pictures, seed=None):
    return ops.convert_to_numpy(model(pictures, training=False))


# Discriminator and losses ------------------------------------------------------------------------


@mistake(
    "patchgan",
    "The fake is a fine picture of something else than the input.",
    "Show the discriminator the pair, source and target on top of each other.",
)
def source_unseen(layers=3, side=None, width=32, in_channels=6, norm=True):
    pair = keras.Input((side, side, in_channels))
    target = pair[..., in_channels // 2 :]
    return keras.Model(pair, patchgan(layers, side, width, in_channels // 2, norm)(target))


@mistake(
    "adversarial_loss",
    "The loss stays between 0.31 and 1.31, however sure the network is.",
    "Apply the sigmoid once: the loss takes logits.",
)
def sigmoid_twice(logits, real):
    return adversarial_loss(ops.sigmoid(logits), real)


@mistake(
    "adversarial_loss",
    "Where a fake is found out, the generator learns nothing from it.",
    "Minimise -log D, not log(1 - D): its gradient is large where D is near 0.",
)
def saturating(logits, real):
    return -adversarial_loss(logits, real=False) if real else adversarial_loss(logits, real)


@mistake(
    "adversarial_loss",
    "The generator makes its fakes ever easier to find out.",
    "Label the generator's fakes as real in its own loss.",
)
def labels_exchanged(logits, real):
    return adversarial_loss(logits, not real)


@mistake(
    "Pix2Pix",
    "L1 counts for a hundredth of the adversarial loss: hardly better than none.",
    "The weight 100 belongs to L1.",
)
def weights_exchanged(generator, discriminator, l1=100.0, adversarial=1.0):
    return Pix2Pix(generator, discriminator, l1=adversarial, adversarial=l1)


# Data --------------------------------------------------------------------------------------------


@mistake(
    "resized_photo",
    "Stripes appear that the photograph doesn't have, and lines go missing.",
    "Nearest neighbour is for labels; average over the area when a photograph shrinks.",
)
def photo_by_nearest_neighbour(image, size):
    return images.resize(image, size, labels=True)
