"""Feature networks for style transfer: four kinds of weights in the shape of VGG-16 or VGG-19.

`network("course")` maps pictures (N, H, W, 3) in [0, 1] to {layer's name: activations}. Source of the
shapes: Simonyan and Zisserman (2015), configurations D and E; of average pooling and of the rescaled
activations: Gatys, Ecker, Bethge (2016), section 2.
"""

import functools
import hashlib
import os
from pathlib import Path

import keras
import numpy as np
from keras import layers

from ..data import catalog, imagenet
from ..data.photographs import photographs
from . import checkpoints, efficientnet

CONVOLUTIONS = (2, 2, 4, 4, 4)  # in each of the five blocks
VGG, NARROW = (64, 128, 256, 512, 512), (24, 32, 64, 96, 128)
WIDTHS = {"imagenet": VGG, "vgg19": VGG, "course": NARROW, "random": NARROW}
NAMES = tuple(
    f"block{block}_conv{number}"
    for block, count in enumerate(CONVOLUTIONS, 1)
    for number in range(1, count + 1)
)
PAPER = tuple(f"block{block}_conv1" for block in range(1, 6))
DEEPEST = "block5_conv1"
CHECKPOINT = "04_features"
SMALL = NAMES[: NAMES.index(DEEPEST) + 1]  # with few channels, style needs more layers, and content
STYLE = {"imagenet": PAPER, "vgg19": PAPER, "course": SMALL, "random": SMALL}
CONTENT = {kind: f"block{4 if WIDTHS[kind] is VGG else 3}_conv2" for kind in STYLE}  # knows a face
STYLE["efficientnet"], CONTENT["efficientnet"] = efficientnet.STYLE, efficientnet.CONTENT
KINDS = {
    "imagenet": "VGG-16: a million photographs of a thousand things, then edges of a few hundred",
    "vgg19": "VGG-19, trained on ImageNet: a million photographs of a thousand things",
    "course": "the course's network, trained on drawn pictures and 20 photographs: fewer forms",
    "random": "random weights: it has learned nothing",
}
CALLED = {
    "imagenet": "VGG-16",
    "vgg19": "VGG-19",
    "course": "the course's",
    "random": "random weights",
}
VGG19 = catalog.find("vgg19")
FILE, (ADDRESS,), HASH, _ = VGG19.archives[0]
MD5 = HASH.removeprefix("md5:")
CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red; of ImageNet, in 0 to 255


def best():
    """The kind to paint with: "imagenet" where its weights are there, else "course"."""
    return "imagenet" if imagenet.VGG16.is_there() else "course"


def network(kind="course", wanted=None, seed=0, rescaled=True):
    """A frozen network from pictures (N, H, W, 3) in [0, 1] to {name: activations}; its name is `kind`.

    kind: one of KINDS. wanted: names as in NAMES, None for those of STYLE and CONTENT; nothing
    behind the deepest of them is computed.
    seed: of the random weights. Activations are rescaled to a mean of 1, see `to_unit_means`, unless
    `rescaled` is False; the course's always are.
    Raises ValueError for another kind or layer, and, with the way out, for weights that can't be had.
    """
    if kind not in KINDS:
        raise ValueError(
            f"The feature networks are {', '.join(KINDS)}; there is none called {kind!r}."
        )
    wanted, names = (*STYLE[kind], CONTENT[kind]) if wanted is None else wanted, NAMES
    if kind == "imagenet":
        names = imagenet.names()
    if not wanted or not set(wanted) <= set(names):
        raise ValueError(
            f"Choose layers among {', '.join(names)}, not {', '.join(wanted) or 'none'}."
        )
    model = load() if kind == "course" else _built(kind, deepest(wanted), names, seed, rescaled)
    model = cut(model, wanted, kind)
    model.trainable = False
    return model


@functools.lru_cache(maxsize=4)
def _built(kind, last, names, seed, rescaled):
    """All layers of a network up to `last`, rescaled on photographs or as they are."""
    vgg = WIDTHS[kind] is VGG
    model = body(WIDTHS[kind], last, caffe if vgg else centred, seed, names=names)
    if vgg:
        weights = imagenet.VGG16.read() if kind == "imagenet" else _read_vgg19(model.output)
        for name in model.output:
            model.get_layer(name).set_weights(weights[name])
    return to_unit_means(model, photographs(side=96)) if rescaled else model


@functools.cache
def load():
    """The shipped feature network, all its layers up to `block5_conv1` (see its JSON).

    Raises ValueError, with the command that makes it anew, if it is missing or damaged.
    """
    model = body(WIDTHS["course"], DEEPEST)
    return checkpoints.load(model, CHECKPOINT)


def body(widths, last=NAMES[-1], preprocess=None, seed=0, norm=False, names=NAMES):
    """The convolutions of VGG-19 up to `last` with average pooling, He-initialised; all outputs.

    names: of the convolutions, where they aren't VGG-19's.
    preprocess: `centred` or `caffe`. norm: batch norm before each ReLU, for training;
    `experiments.features` folds it into the convolutions.
    """
    inputs = keras.Input((None, None, 3))
    x, outputs = (preprocess or centred)(inputs), {}
    for number, name in enumerate(names[: names.index(last) + 1]):
        block = int(name[5])
        if name.endswith("conv1") and block > 1:
            x = layers.AveragePooling2D(2, name=f"block{block - 1}_pool")(x)
        he = keras.initializers.HeNormal(seed * 100 + number)
        x = layers.Conv2D(
            widths[block - 1],
            3,
            padding="same",
            use_bias=not norm,
            kernel_initializer=he,
            name=name,
        )(x)
        if norm:
            x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
        x = outputs[name] = layers.ReLU(name=f"{name}_relu")(x)
    return keras.Model(inputs, outputs, name="body")


def centred(pictures):
    """[0, 1] to [-2, 2], about unit variance: what the course's network takes."""
    return layers.Rescaling(4.0, -2.0, name="centred")(pictures)


def caffe(pictures):
    """[0, 1] to what VGG-19 takes: blue first, 0 to 255, each channel less its mean; not scaled."""
    means = [-mean for mean in CAFFE_MEANS]
    return layers.Rescaling(255.0, means, name="caffe")(pictures[..., ::-1])


def cut(model, wanted, name="course"):
    """The part of a network that gives the `wanted` layers, and nothing behind them."""
    outputs = {name: model.get_layer(f"{name}_relu").output for name in wanted}
    return keras.Model(model.input, outputs, name=name)


def deepest(wanted):
    """The last of some layers' names."""
    return max(wanted, key=NAMES.index)


def to_unit_means(model, pictures, floor=0.1):
    """Rescale each channel so that its mean over pictures (N, H, W, 3) and places is 1; in place.

    The next layer's weights take the factor back: what is computed stays the same up to scale,
    since the ReLU keeps positive factors. Channels that are hardly ever on are brought to a mean
    below 1: a factor is at most 1 / (`floor` times the layer's mean). Source: Gatys et al. (2016).
    """
    before = np.ones(3)
    for name, activations in model(pictures).items():
        mean = activations.numpy().mean((0, 1, 2))
        mean = np.maximum(mean, floor * mean.mean() + 1e-12)
        kernel, bias = model.get_layer(name).get_weights()
        kernel = kernel * before[:, None] / mean
        model.get_layer(name).set_weights([kernel, bias / mean])
        before = mean
    return model


def _read_vgg19(names):
    """{name: [kernel, bias]} of ImageNet's VGG-19. Raises ValueError where they can't be had."""
    own = VGG19.home / FILE
    path = os.environ.get("COURSE_VGG19") or (str(own) if VGG19.is_there() else None)
    instead = 'or take kind="course", which needs no file.'
    if path is None:
        try:
            path = keras.utils.get_file(FILE, ADDRESS, cache_subdir="models", file_hash=MD5)
        except Exception as error:  # Keras raises plain exceptions for whatever goes wrong
            raise ValueError(
                f"VGG-19 can't be downloaded here; set COURSE_VGG19 to the file {FILE}, " + instead
            ) from error
    if not Path(path).is_file():
        raise ValueError(f"COURSE_VGG19 names no file; download {FILE} and name that, {instead}")
    if hashlib.md5(Path(path).read_bytes()).hexdigest() != MD5:
        raise ValueError(
            f"{Path(path).name} is not Keras' {FILE}, or it is damaged; download it "
            f"again, {instead}"
        )
    whole = keras.applications.VGG19(include_top=False, weights=path)
    return {name: whole.get_layer(name).get_weights() for name in names}
