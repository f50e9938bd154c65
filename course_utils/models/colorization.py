"""Lesson 05's networks: grey in, colour out, as numbers or as classes, with a person's hints or without.

Everywhere L is CIE lightness, 0 to 100, and a, b are its colour, about -110 to 110 (sRGB, D65). Networks
take and give them as `colour.scaled` does.
"""

import functools

import keras
import numpy as np
from keras import layers, ops

from .. import images
from ..colour import SCALE
from ..settings import settings
from . import checkpoints, patchgan, pix2pix
from .layers import small

AB = float(SCALE[1])  # of a and b: nothing that sRGB has is clipped
CHANNELS = {"ab": 2, "rgb": 3, "classes": 0}  # of an answer; classes: as many as `bins`
COARSE = 4  # classes are told for squares of as many pixels: Zhang et al. tell 64² of 256²
PORTIONS = {"d0": 1, "d4": 4, "d8": 8}  # the thesis' discriminators: portions along a side
STEP = 10  # of the bins, in a and b
TEMPERATURE = 0.38
DAB = 40  # a person's hint is a fortieth of the side wide
FEATURES = 24  # of each pixel, from which a network of hints tells what belongs together


@settings
class Architecture:
    """A `generator`'s kind and sizes; pix2pix's sizes by default."""

    kind: str = "unet"
    learned: bool = True
    colours: str = "ab"
    hints: bool = False
    side: int = 256
    width: int = 64
    cap: float = 8
    fine: int = 0
    fine_layers: int = 1


_SIZES = {"side": 128, "width": 30, "cap": 2, "fine": 16}
SHIPPED = {
    "autoencoder": Architecture(**_SIZES, learned=False),
    "gan": Architecture(**_SIZES, learned=False),
    "classes": Architecture(**_SIZES, learned=False, colours="classes"),
    "hints": Architecture(**_SIZES, learned=False, hints=True),
}


def generator(
    kind="unet",
    learned=True,
    colours="ab",
    hints=False,
    side=128,
    width=16,
    cap=8,
    fine=0,
    fine_layers=1,
):
    """Grey to colour through the networks of `pix2pix.generator`: the thesis' four, and more.

    Input (N, side, side, 1): L in [-1, 1]; with `hints` three planes more, see `reveal`. Output
    (N, side, side, 2): a and b in [-1, 1]; colours="rgb": (N, side, side, 3), in [-1, 1], too;
    colours="classes": logits of the `bins`, (N, side/4, side/4, Q), behind the same layers as far
    as that size.

    kind: "unet" or "encoder_decoder", which lacks the skips. learned: transposed convolutions, else
    interpolation and a convolution, see `layers.enlarged`. With `hints` the network's answers are
    features, and colours come of them and of the hints that `Spread` carries. The other sizes are
    those of `pix2pix.generator`. Raises ValueError for other `colours` and what that one raises.
    """
    if colours not in CHANNELS:
        raise ValueError(f"colours is one of {', '.join(CHANNELS)}, not {colours!r}.")
    name = f"{kind}_{'learned' if learned else 'interpolated'}"
    network = pix2pix.generator(
        kind,
        side,
        width,
        cap,
        FEATURES if hints else CHANNELS[colours] or 1,
        4 if hints else 1,
        fine=fine,
        fine_layers=fine_layers,
        transposed=learned,
    )
    answer = network.output
    if hints:
        spread = Spread(dtype="float32")([answer, network.input])  # (N, side, side, 3)
        x = layers.Concatenate()([answer, spread])
        x = layers.Conv2D(FEATURES, 3, padding="same", activation="relu")(x)
        x = layers.Concatenate()([x, spread])
        x = layers.Conv2D(CHANNELS[colours], 3, padding="same", kernel_initializer=small())(x)
        answer = layers.Activation("tanh", dtype="float32")(x)
    if colours == "classes":
        sized = [each.output for each in network.layers if each.output.shape[1] == side // COARSE]
        settings = {"kernel_initializer": small(), "dtype": "float32"}
        answer = layers.Conv2D(len(bins()), 1, **settings)(sized[-1])
    return keras.Model(network.input, answer, name=name)


def load(name):
    """A shipped network, one of SHIPPED, trained on drawn people and landscapes (see its JSON).

    Raises ValueError for another name and, with the command that makes it anew, if it is missing or
    damaged.
    """
    return checkpoints.load(build(name), f"05_{name}")


def build(name):
    """An untrained network as it is shipped. Raises ValueError for another name than SHIPPED has."""
    if name not in SHIPPED:
        raise ValueError(f"name is one of {', '.join(SHIPPED)}, not {name!r}.")
    return generator(**vars(SHIPPED[name]))


# Discriminators ----------------------------------------------------------------------------------


def portions(
    discriminator="d0", side=128, in_channels=3, architecture=patchgan.Architecture(norm=False)
):
    """The thesis' discriminators: a PatchGAN that sees the picture whole, or its portions one by one.

    Input (N, side, side, in_channels): L and colour on top of each other, in [-1, 1]. Output
    (N, h, w, 1): logits, those of all portions, each in its place. "d0" is whole; "d4" cuts the
    picture into 4 × 4 portions and "d8" into 8 × 8, which one and the same PatchGAN judges without
    seeing their neighbours. Where a portion is too small for the architecture's layers, it has
    fewer. Raises ValueError for another name and a side that isn't a multiple of its portions.
    """
    count, layers_ = _portions(discriminator, side, architecture.layers)
    edge = side // count
    judge = patchgan.patchgan(
        **vars(architecture) | {"layers": layers_}, side=edge, in_channels=in_channels
    )
    pair = keras.Input((side, side, in_channels))
    x = ops.reshape(pair, (-1, count, edge, count, edge, in_channels))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, edge, edge, in_channels))
    x = judge(x)  # (N·count², h, w, 1)
    high, wide = x.shape[1:3]
    x = ops.transpose(ops.reshape(x, (-1, count, count, high, wide, 1)), (0, 1, 3, 2, 4, 5))
    x = ops.reshape(x, (-1, count * high, count * wide, 1))
    return keras.Model(pair, x, name=discriminator)


def portion_seen(discriminator="d0", side=128, layers=3):
    """Pixels along a side of what one number of a `portions` sees: never more than a portion."""
    count, layers = _portions(discriminator, side, layers)
    return min(side // count, patchgan.receptive_field(patchgan.convolutions(layers)))


def _portions(discriminator, side, layers):
    """(portions along a side, halvings that fit into one)."""
    if discriminator not in PORTIONS:
        raise ValueError(f"discriminator is one of {', '.join(PORTIONS)}, not {discriminator!r}.")
    count = PORTIONS[discriminator]
    if side % count:
        raise ValueError(f"{discriminator} needs a side that is a multiple of {count}, not {side}.")
    while layers and side // count < 3 * 2**layers:
        layers -= 1
    return count, layers


# Colour as classes -------------------------------------------------------------------------------


@functools.cache
def bins():
    """The colours that sRGB has, on a grid of a and b: (Q, 2) float32, in units of Lab.

    Those of its points in steps of `STEP` that are nearest to one of 52³ colours at least.
    Source: Zhang, Isola and Efros (2016), "Colorful image colorization", section 2.1, who have 313.
    """
    levels = np.linspace(0, 1, 52, dtype=np.float32)
    lab = images.rgb_to_lab(np.stack(np.meshgrid(levels, levels, levels), axis=-1))
    found = np.unique(np.round(lab[..., 1:].reshape(-1, 2) / STEP).astype(int), axis=0)
    return (found * STEP).astype(np.float32)


def soft_classes(ab, neighbours=5, sigma=5.0):
    """How near the bins are to colours: (..., 2) in units of Lab to (..., Q), each of sum 1.

    A Gaussian of σ = 5 in the distance, among the five nearest bins (more, where several are
    equally far); the others have 0. Source: Zhang et al. (2016), section 2.1.
    """
    nearness = -ops.sum((ab[..., None, :] - bins()) ** 2, axis=-1) / (2 * sigma**2)  # (..., Q)
    least = ops.top_k(nearness, neighbours)[0][..., -1:]
    return ops.softmax(ops.where(nearness >= least, nearness, -1e9), axis=-1)


def nearest(ab):
    """The number of the bin nearest to each colour: (..., 2) in units of Lab to (...)."""
    return ops.argmin(ops.sum((ab[..., None, :] - bins()) ** 2, axis=-1), axis=-1)


def class_weights(ab, mix=0.5, sigma=5.0):
    """How much each bin counts, (Q,) float32, so that rare colours aren't forgotten: 1 in the mean.

    Those of `rebalanced` for the share of the colours at each bin, smoothed by a Gaussian of σ = 5.
    ab: colours (..., 2) in units of Lab, such as those of all pictures that train; a few at once.
    Source: Zhang et al. (2016), eq. 4 and section 2.2.
    """
    counts = sum(
        np.bincount(ops.convert_to_numpy(nearest(part)).ravel(), minlength=len(bins()))
        for part in np.array_split(np.reshape(ab, (-1, 2)), max(1, np.size(ab) // 2**16))
    )
    between = np.sum((bins()[:, None] - bins()) ** 2, axis=-1)
    blur = np.exp(-between / (2 * sigma**2))
    shares = (counts / counts.sum()) @ (blur / blur.sum(axis=1, keepdims=True))
    return rebalanced(shares, mix).astype(np.float32)


def rebalanced(shares, mix=0.5):
    """How much each class counts, (Q,), by its share of all examples: 1 in the mean over them.

    w ∝ 1 / ((1 - λ) p + λ / Q), Σ p w = 1, where λ = `mix`: 1 is the same for all, 0 is 1 / p.
    shares: (Q,) from 0 to 1, of sum 1. Source: Zhang et al. (2016), eq. 4.
    """
    weights = 1 / np.maximum((1 - mix) * shares + mix / len(shares), 1e-9)
    return weights / np.sum(shares * weights)


def annealed_mean(logits, temperature=TEMPERATURE):
    """One colour for each distribution: (..., Q) logits to (..., 2) in units of Lab.

    The mean of the bins under softmax(logits / T): T = 1 is the mean, grey where it is undecided;
    near 0 it is the likeliest bin, which jumps from place to place; 0.38 lies between.
    Source: Zhang et al. (2016), eq. 5.
    """
    return ops.matmul(ops.softmax(logits / temperature, axis=-1), bins())


# Hints -------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("course_utils")
class Spread(layers.Layer):
    """Carries each hint to the pixels that are like its own: near, as light, and of like features.

    Takes features (N, side, side, F) and a network's input (N, side, side, 4), L and the three
    planes of hints. Gives (N, side, side, 3): the mean colour of the hints, each weighted by
    exp(-d²/2), and how much there is of them, 1 - exp(-sum of the weights), from 0 to 1. d is a
    distance in place (in units of `REACH`), in L (`LIGHTER`), and in what a 1×1 convolution, which
    learns, makes of the features: so that a dab on a shirt colours the shirt and not the wall. A
    hint is the mean over a square of `CELL` pixels; of more than `MOST` only so many spread.

    Like the weights of a bilateral filter (Tomasi and Manduchi, 1998) and of an attention with
    features as its keys. That hints should go where L is alike: Levin, Lischinski and Weiss (2004),
    "Colorization using optimization".
    """

    CELL, MOST = 4, 128
    REACH, LIGHTER = 0.3, 0.2  # of the side; of L in [-1, 1]
    KEYS, STRENGTH = 8, 3.0

    def build(self, shapes):
        self.keys = layers.Conv2D(self.KEYS, 1, use_bias=False, dtype=self.dtype_policy)
        self.keys.build(shapes[0])

    def call(self, inputs):
        features, picture = inputs
        keys = ops.concatenate(
            [self.STRENGTH * self.keys(features), self._places(picture)], axis=-1
        )  # (N, side, side, K)
        given = picture[..., 3:]
        share = ops.average_pool(given, self.CELL)  # of each cell
        means = ops.average_pool(given * ops.concatenate([picture[..., 1:3], keys], -1), self.CELL)
        means = means / ops.maximum(share, 1e-6)  # over what is given in a cell
        share, means = (ops.reshape(x, (-1, x.shape[1] ** 2, x.shape[3])) for x in (share, means))
        there = ops.cast(share[..., 0] > 0, "float32")  # (N, cells)
        there, chosen = ops.top_k(there, min(self.MOST, there.shape[1]))
        means = ops.take_along_axis(means, chosen[..., None], axis=1)  # (N, hints, 2 + K)
        flat = ops.reshape(keys, (-1, keys.shape[1] ** 2, keys.shape[3]))  # (N, pixels, K)
        weights = ops.exp(-squared_distances(flat, means[..., 2:]) / 2) * there[:, None]
        total = ops.sum(weights, axis=-1, keepdims=True)
        colours = ops.matmul(weights, means[..., :2]) / (total + 1e-3)
        spread = ops.concatenate([colours, 1 - ops.exp(-total)], axis=-1)
        return ops.reshape(spread, (-1, *keys.shape[1:3], 3))

    def _places(self, picture):
        """y, x and L (N, side, side, 3), in units of REACH and LIGHTER."""
        steps = ops.arange(picture.shape[1], dtype="float32") / picture.shape[1]
        place = ops.stack(ops.meshgrid(steps, steps, indexing="ij"), axis=-1)
        place = ops.broadcast_to(place, (ops.shape(picture)[0], *place.shape))
        return ops.concatenate([place / self.REACH, picture[..., :1] / self.LIGHTER], axis=-1)


def squared_distances(some, others):
    """|a - b|² of each of (N, P, K) with each of (N, Q, K): (N, P, Q), at least 0."""
    both = ops.matmul(some, ops.swapaxes(others, 1, 2))
    lengths = ops.sum(some**2, axis=-1)[:, :, None] + ops.sum(others**2, axis=-1)[:, None]
    return ops.relu(lengths - 2 * both)


def reveal(plane, y, x, ab, size):
    """Put one hint into a plane (side, side, 3), in place: a square of `size` pixels around (y, x).

    The plane's channels are a and b in [-1, 1], and 1 where they are given; 0 elsewhere. y, x: from 0
    to 1, of the side. ab: in units of Lab. Returns the plane.
    Source: Zhang et al. (2017), "Real-time user-guided image colorization with learned deep
    priors", section 3.1.
    """
    top, left = (max(0, round(at * len(plane) - size / 2)) for at in (y, x))
    plane[top : top + size, left : left + size] = [ab[0] / AB, ab[1] / AB, 1]
    return plane


def hint_plane(side, hints):
    """The plane (side, side, 3) of a person's hints, see `reveal`.

    hints: (y, x, colour), y and x from 0 to 1 from the upper left corner, the colour RGB in [0, 1].
    """
    plane = np.zeros((side, side, 3), np.float32)
    for y, x, colour in hints:
        if not (0 <= y <= 1 and 0 <= x <= 1):
            raise ValueError(f"A hint's place is from 0 to 1 of height and width, not {y}, {x}.")
        reveal(
            plane, y, x, images.rgb_to_lab(np.asarray(colour, np.float32))[1:], max(1, side // DAB)
        )
    return plane


# Colouring ---------------------------------------------------------------------------------------


def colour(network, pictures, hints=None, seed=0, temperature=TEMPERATURE):
    """Pictures in colour, (N, H, W, 3) RGB in [0, 1]; what sRGB doesn't have is clipped, see `lab`."""
    return images.lab_to_rgb(lab(network, pictures, hints, seed, temperature))


def lab(network, pictures, hints=None, seed=0, temperature=TEMPERATURE):
    """L*a*b* (N, H, W, 3), with the lightness of the pictures and a network's colours.

    pictures: RGB (N, H, W, 3) or grey (N, H, W) or (N, H, W, 1), in [0, 1], of any size: the network
    colours them at its own, and only a and b are enlarged. hints: for each picture a list of those
    that `hint_plane` takes. seed: of noise, see `pix2pix.generate`.
    Raises TypeError or ValueError for other pictures, none, and for hints to a network that takes none.
    """
    lightness = lightness_of(pictures)
    ab = colours_of(_answer(network, lightness, hints, seed), temperature)  # (N, h, w, 2)
    ab = np.stack([images.resize(each, lightness.shape[1:]) for each in ab])
    return np.concatenate([lightness[..., None], ab], axis=-1)


def distribution(network, pictures):
    """How likely a network of classes holds each of the `bins`: (N, side/4, side/4, Q), sums of 1."""
    logits = _answer(network, lightness_of(pictures), None, 0)
    return ops.convert_to_numpy(ops.softmax(logits, axis=-1))


def lightness_of(pictures):
    """L (N, H, W), 0 to 100, of pictures as `colour` takes them."""
    pictures = images.to_float(pictures)
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    if pictures.ndim != 4 or pictures.shape[-1] not in (1, 3):
        raise ValueError(
            f"pictures are (N, H, W, 3), (N, H, W, 1) or (N, H, W), not {pictures.shape}."
        )
    return images.rgb_to_lab(np.broadcast_to(pictures, (*pictures.shape[:3], 3)))[..., 0]


def colours_of(answers, temperature=TEMPERATURE):
    """a and b (N, h, w, 2), in units of Lab, of any network's answers (N, h, w, C)."""
    if answers.shape[-1] == CHANNELS["ab"]:
        return answers * AB
    if answers.shape[-1] == CHANNELS["rgb"]:
        return images.rgb_to_lab(images.from_signed(answers))[..., 1:]
    return ops.convert_to_numpy(annealed_mean(answers, temperature))


def _answer(network, lightness, hints, seed):
    """A network's answers for L (N, H, W), seen at the network's size."""
    _, side, _, planes = network.input_shape
    small = [images.resize(each, (side, side))[..., None] / SCALE[0] - 1 for each in lightness]
    if planes == 1 and hints is not None:
        raise ValueError('This network takes no hints; the one that does is load("hints").')
    if planes > 1:
        hints = [()] * len(small) if hints is None else hints
        planes = [hint_plane(side, each) for each in hints]
        small = [np.concatenate(each, axis=-1) for each in zip(small, planes, strict=True)]
    return pix2pix.generate(network, np.asarray(small, np.float32), seed)
