"""EfficientNet-lite0 from ImageNet's weights: the judge, of another family than the feature networks.

Source: Tan and Le (2019), "EfficientNet", table 1; as "lite" it has ReLU6 and no squeeze-and-excitation.
"""

import functools

import keras
from keras import layers

from ..data import imagenet

STAGES = (  # size of the kernel, stride, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STYLE = "stem", "stage1", "stage2", "stage3", "stage5"  # at 1/2, 1/2, 1/4, 1/8, 1/16 of the picture
CONTENT = "stage5"


def load(wanted=(*STYLE, CONTENT)):
    """The frozen network from pictures (N, H, W, 3) in [0, 1] to {name: activations}, "efficientnet".

    wanted: of "stem", "stage1" to "stage7" and "classes", the logits (N, 1000) of ImageNet's
    classes; nothing behind the deepest of them is computed. Sides should be multiples of 32.
    Raises ValueError for other layers and, with the command that fetches the weights, where they
    are missing or damaged.
    """
    whole = _whole()
    if not wanted or not set(wanted) <= set(whole.output):
        raise ValueError(f"Choose layers among {', '.join(whole.output)}, not {wanted!r}.")
    model = keras.Model(whole.input, {name: whole.output[name] for name in wanted}, name=whole.name)
    model.trainable = False
    return model


@functools.cache
def _whole():
    weights = imagenet.EFFICIENTNET.read()
    model = body()
    for name, values in weights.items():
        model.get_layer(name).set_weights(values)
    return model


def body():
    """The untrained network with all its outputs; batch norm is folded into the convolutions."""
    inputs = keras.Input((None, None, 3))
    x = layers.Rescaling(255 / 128, -127 / 128)(inputs)
    x = _relu6(layers.Conv2D(32, 3, 2, padding="same", name="conv_stem")(x))
    outputs, number = {"stem": x}, 0
    for stage, (size, stride, expansion, channels, blocks) in enumerate(STAGES, 1):
        for block in range(blocks):
            step = stride if block == 0 else 1
            x = _block(x, size, step, expansion, channels, f"block{number}")
            number += 1
        outputs[f"stage{stage}"] = x
    x = _relu6(layers.Conv2D(1280, 1, name="conv_head")(x))
    outputs["classes"] = layers.Dense(1000, name="fc")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs, name="efficientnet")


def _block(x, size, stride, expansion, channels, name):
    """A mobile inverted bottleneck: widen, look around in each channel by itself, narrow."""
    given = x
    if expansion > 1:
        wide = expansion * x.shape[-1]
        x = _relu6(layers.Conv2D(wide, 1, name=f"{name}_expand_conv")(x))
    around = layers.DepthwiseConv2D(size, stride, padding="same", name=f"{name}_depthwise_conv")
    x = layers.Conv2D(channels, 1, name=f"{name}_project_conv")(_relu6(around(x)))
    return x + given if x.shape[-1] == given.shape[-1] and stride == 1 else x


def _relu6(x):
    return layers.ReLU(max_value=6.0)(x)
