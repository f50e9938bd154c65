"""pSp: an encoder that answers a picture with the styles of a StyleGAN; generator and encoder in one.

Source: Richardson et al. (2021), "Encoding in style", section 3 and figure 2.
"""

import keras
from keras import layers

from ..data.psp import CHANNELS
from ..settings import settings
from . import checkpoints, stylegan

LEVELS = {"coarse": 3, "middle": 3, "fine": None}  # styles of each, from the first; None: the rest


@settings
class Architecture:
    """An encoder's sizes.

    channels: of the source. widths: of the backbone at a half, a quarter and an eighth of the side.
    pyramid: channels of its levels and of the map2style networks. The paper has an IR-SE50
    with 128, 256 and 512 channels, and 512 in the pyramid.
    """

    channels: int = 3
    widths: tuple = (32, 64, 96)
    pyramid: int = 32
    generator: stylegan.Architecture = stylegan.SHIPPED


def encoder(a=Architecture()):
    """From sources (N, side, side, channels) to offsets (N, styles, latent) from the mean style.

    A backbone halves the sides three times; its pyramid leads what the small maps know back to the
    large ones. Each style has a `map2style` of its own: coarse ones look at the smallest map,
    middle ones at the next, fine ones at the largest.
    """
    side = a.generator.side
    source = keras.Input((side, side, a.channels))
    x, maps = _block(source, a.widths[0] // 2, 1), []
    for width in a.widths:
        x = _block(_block(x, width, 2), width, 1)
        maps.append(x)
    pyramid = [layers.Conv2D(a.pyramid, 1)(maps[-1])]  # (N, side/8, side/8, pyramid)
    for fine in reversed(maps[:-1]):
        up = layers.UpSampling2D(2, interpolation="bilinear")(pyramid[-1])
        pyramid.append(up + layers.Conv2D(a.pyramid, 1)(fine))
    heads = []
    for level, (name, count) in zip(pyramid, LEVELS.items(), strict=True):
        for number in range(count or a.generator.styles - len(heads)):
            heads.append(map2style(level, a.generator.latent, f"{name}_{number}"))
    return keras.Model(source, layers.Concatenate(axis=1, dtype="float32")(heads), name="encoder")


def map2style(x, latent, name):
    """One style's offset (N, 1, latent): convolutions of stride 2 until one place is left."""
    width = x.shape[-1]
    while x.shape[1] > 1:
        x = layers.Conv2D(width, 3, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.01)(x)
    x = layers.Flatten()(x)
    return layers.Reshape((1, latent))(layers.Dense(latent, name=name)(x))


def _block(x, width, stride):
    """A residual block: (N, h/stride, w/stride, width); batch norm, as the paper has it."""
    given = x
    for step in (stride, 1):
        x = layers.Conv2D(width, 3, step, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.LeakyReLU(negative_slope=0.1)(x)
    if stride > 1 or given.shape[-1] != width:
        given = layers.AveragePooling2D(stride)(given) if stride > 1 else given
        given = layers.Conv2D(width, 1, use_bias=False)(given)
    return x + given


def load(task):
    """The shipped encoder of a task, see `data.psp.CHANNELS`; its offsets start at the shipped mean.

    Raises ValueError for another task and, with the command that makes it anew, if it is missing
    or damaged.
    """
    if task not in CHANNELS:
        raise ValueError(f"task is one of {', '.join(CHANNELS)}, not {task!r}.")
    a = Architecture(channels=CHANNELS[task])
    return checkpoints.load(encoder(a), f"08_{task}")
