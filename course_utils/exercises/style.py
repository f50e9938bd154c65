"""The exercises of lesson 04: Gram matrices, their cost, what VGG takes, colours kept, repainting."""

import functools

import numpy as np
from skimage import data
from skimage.exposure import match_histograms

from drawn_worlds import painters

from .. import images
from .core import Exercise

MEANS = np.array([103.939, 116.779, 123.68])  # of ImageNet: blue, green, red, in 0 to 255
SIDE = 96


def gram(features):
    """Gram matrix (N, N) of activations (H, W, N): Σ over the places of F_i F_j."""
    flat = features.reshape(-1, features.shape[-1])
    return flat.T @ flat


def style_cost(layers, targets, weights):
    """Σ_l w_l / (4 N² M²) Σ (G - A)² of activations and of the style's, lists of (H, W, N)."""
    cost = 0.0
    for features, style, weight in zip(layers, targets, weights, strict=True):
        height, width, channels = features.shape
        off = gram(features) - gram(style)
        cost += weight * np.sum(off**2) / (4 * channels**2 * (height * width) ** 2)
    return cost


def for_vgg(picture):
    """A picture (H, W, 3), red first, in [0, 1], as VGG-19's weights take it: see `MEANS`."""
    return picture[..., ::-1] * 255 - MEANS


def keep_colours(content, painted):
    """Lightness of the painting, colours of the photograph; all (H, W, 3) in [0, 1]."""
    lab = images.rgb_to_lab(content)
    lab[..., 0] = images.rgb_to_lab(painted)[..., 0]
    return images.lab_to_rgb(lab)


def matched(content, style):
    """The baseline of the open exercise: the photograph in the painting's colours."""
    return match_histograms(content, style, channel_axis=-1).astype(np.float32)


def _features():
    rng = np.random.default_rng(6)
    apart = np.zeros((4, 4, 2))
    apart[:2, :, 0] = apart[2:, :, 1] = 1
    return {
        "never on together": (apart,),
        "always on together": (apart[..., [0, 0]],),
        "one place": (rng.random((1, 1, 3)),),
        "any": (rng.random((5, 7, 4)),),
        "negative ones": (rng.normal(size=(3, 4, 3)),),
    }


def _layers():
    def draw(seed, scale=1.0):
        rng = np.random.default_rng(seed)
        return [scale * rng.random((side, side, n)) for side, n in ((16, 4), (8, 6), (4, 10))]

    one, equal = draw(1), [0.2, 0.3, 0.5]
    moved = [np.roll(layer, 1, axis=0) for layer in one]
    return {
        "another style": (one, draw(2, 1.5), equal),
        "the first layer alone": (one, draw(3), [1, 0, 0]),
        "the last layer alone": (one, draw(3), [0, 0, 1]),
        "more of everything": (draw(4, 2.0), draw(5), [1, 1, 1]),
        "the same style, moved": (one, moved, equal),
    }


def _pictures():
    rng = np.random.default_rng(7)
    return {
        "a portrait": (portrait(),),
        "black": (np.zeros((2, 2, 3)),),
        "white": (np.ones((2, 2, 3)),),
        "any colours": (rng.random((4, 5, 3)),),
    }


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


def works():
    """{name: (photograph, painting)}: what the open exercise repaints, (96, 96, 3) in [0, 1]."""
    cat = images.centre_square(images.to_float(data.chelsea()), SIDE)
    return {
        "portrait, waves": (portrait(), painters.paint("waves", 3, SIDE)),
        "cat, strokes": (cat, painters.paint("strokes", 1, SIDE)),
    }


@functools.cache
def _judge():
    from ..models import features

    return features.network("course")


def style_times_content(repainted):
    """How much of both pictures is in the repainted ones, {name as in `works`: (96, 96, 3)}.

    Style: 1 less the `style_distance` over that of the photograph with `matched` colours, where
    only colours have come. Content: 1 less the `content_distance` from that photograph over the
    painting's. The mean over works of the product, each factor at least 0; 1 at best, 0 for the
    photograph, in any colours, and for the painting. Raises ValueError for values outside [0, 1].
    """
    from ..training.style import distances

    scores = []
    for name, (photograph, style) in works().items():
        content = matched(photograph, style)
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


EXERCISES = [
    Exercise("04.1", gram, _features),
    Exercise("04.2", style_cost, _layers),
    Exercise("04.3", for_vgg, _pictures),
    Exercise("04.4", keep_colours, _pairs),
    Exercise("04.5", matched, works, style_times_content, goal=0.15, measure="Style × content:"),
]
