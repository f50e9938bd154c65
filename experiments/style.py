"""Lesson 04: the shipped networks, its gallery, three networks' features compared, speed."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from skimage import data

from course_utils import images, paths, shipped
from course_utils.models import checkpoints as shipping
from course_utils.models import fast_style as painting_networks
from course_utils.models import features
from course_utils.training import style
from drawn_worlds import painters

from . import fast_style
from . import features as training
from .common import Log, interval, medians, safety

SCALE = 1.5  # of the strokes
CONTENTS = {
    "portrait": lambda: data.astronaut()[:330, 60:390],
    "cat": lambda: data.chelsea()[:, 60:360],
    "coffee": lambda: data.coffee()[:, 100:500],
    "rocket": lambda: data.rocket()[:, 100:527],
}
GALLERY = (  # content, painter, number, sides, β, γ
    ("cat", "waves", 1, (128, 256), 20, 5),
    ("cat", "glass", 1, (96, 256), 5, 5),
    ("coffee", "glass", 4, (96, 256), 5, 5),
    ("rocket", "waves", 5, (128, 256), 20, 5),
    ("coffee", "glass", 1, (96, 256), 5, 20),
    ("cat", "marbling", 2, (128, 256), 50, 5),
    ("cat", "waves", 5, (96, 256, 512), 20, 5),
    ("rocket", "glass", 1, (96, 256, 512), 5, 20),
)


def checkpoints():
    return feature_network, fast_styles


def evidence():
    return {"synthetic": compared}


def bench():
    return (style_step,)


def feature_network(seed=0):
    """Lesson 04's feature network, on paintings and photographs; its tasks' last losses."""
    log, steps, name, seeds = Log(), training.STEPS, features.CHECKPOINT, training.SEEDS
    model = training.train(training.gallery(), steps, seed, safety(name), [log])
    losses = {part: round(float(value), 4) for part, value in log.last.items()}
    drawn = f"{len(painters.STYLES) * len(seeds)} drawn paintings"
    data = f"20 photographs of scikit-image, {drawn}, seeds {seeds[0]} to {seeds[-1]}"
    yield model, name, {"seed": seed, "steps": steps, "metrics": losses, "data": data}


def fast_styles(seed=0):
    """Lesson 04's feed-forward networks; the loss at 256² of three photographs that they don't see.

    Minutes on a GPU, most of a day on two cores.
    """
    network, steps, scale = features.network("course"), fast_style.STEPS, fast_style.SCALE
    data = f"17 photographs of scikit-image and {sum(fast_style.DRAWN.values())} drawn pictures"
    for style_name, number in painting_networks.PAINTED.items():
        painting, name = painters.paint(style_name, number, 512), f"04_{style_name}"
        contents, copies = fast_style.Contents(), safety(name)
        model = fast_style.train(
            network,
            painting,
            contents,
            steps,
            seed,
            copies,
            [Log()],
            scale=scale,
            gamma=fast_style.GAMMA,
        )
        told = _against_optimised(shipping.as_shipped(model), network, painting)
        about = f"{data}, in the style of the drawn painting {style_name} {number}"
        yield model, name, {"seed": seed, "steps": steps, "metrics": told, "data": about}


def _against_optimised(model, network, picture):
    """Means over the photographs kept out: the parts of the loss in one pass, and optimised."""
    runs = [
        aim.parts(made[None])
        | {f"{part}_optimised": aim.history[-1][part] for part in ("content", "style")}
        for made, aim in fast_style.beside_optimised(model, network, picture)
    ]
    return {key: round(float(np.mean([run[key] for run in runs])), 4) for key in runs[0]}


def compared(evaluations=40, side=128):
    """Lesson 04: the gallery, and whether it matters what the feature network has learned.

    04_paintings.jpg: the GALLERY, eight paintings in a row; `gallery`: what each shows, and its painter.
    Three networks paint three pairs at several weights β of style; EfficientNet-lite0, which paints
    nothing, judges. `runs`: `style_distance` and `content_distance` of each. `summary`: the ratios
    of the style distances of two networks at equal content, see `_at_equal_content`.
    """
    networks = {kind: features.network(kind) for kind in ("imagenet", "course", "random")}
    _hang_up(networks["imagenet"])
    judge, runs = style.outside_judge(), []
    pairs = [("portrait", "waves", 3), ("cat", "strokes", 1), ("coffee", "glass", 1)]
    betas = {"imagenet": (0.5, 4, 32, 256), "course": (1, 8, 64), "random": (1, 8, 64)}
    for (content, painter, number), kind in itertools.product(pairs, betas):
        painting = painters.paint(painter, number, 512)
        wanted = style.in_colours_of(painting, _content(content, side))
        for beta in betas[kind]:
            made = style.Repainting(
                networks[kind], wanted, painting, side=side, beta=beta, scale=SCALE
            )
            picture = made.lbfgs(evaluations).picture
            found = style.distances(judge, picture, wanted, painting, SCALE)
            runs.append({"pair": f"{content}, {painter}", "network": kind, "beta": beta} | found)
            print(runs[-1], flush=True)
    ratios = {
        f"{one}_over_{other}": [_ratio(runs, pair, one, other) for pair in _pairs(runs)]
        for one, other in (("imagenet", "course"), ("imagenet", "random"), ("course", "random"))
    }
    summary = {name: interval(values) for name, values in ratios.items()}
    gallery = [f"{content}, {painter}" for content, painter, *_ in GALLERY]
    return {"summary": summary, "ratios": ratios, "runs": runs, "side": side, "gallery": gallery}


def _hang_up(network):
    """Paint the GALLERY and keep it as one row of pictures, each shown at 256 pixels."""
    made = [images.centre_square(_painted(network, *each), 256) for each in GALLERY]
    path = paths.EVIDENCE / "04_paintings.jpg"
    Image.fromarray(images.to_uint8(np.hstack(made))).save(path, quality=92)
    shipped.sign(path)


def _painted(network, content, painter, number, sides, beta, gamma):
    """One painting of the GALLERY, (side, side, 3), from coarse to fine."""
    painting = painters.paint(painter, number, 512)
    wanted = style.in_colours_of(painting, _content(content, sides[-1]))
    weights = {"beta": beta, "gamma": gamma, "scale": SCALE}
    made = style.Repainting(network, wanted, painting, side=sides[0], **weights)
    return made.lbfgs(50 * len(sides), sides=sides).picture


def _content(name, side):
    return images.centre_square(images.to_float(CONTENTS[name]()), side)


def _pairs(runs):
    return dict.fromkeys(run["pair"] for run in runs)


def _ratio(runs, pair, *kinds):
    """The style distance of one network over that of another, for one pair, at equal content."""
    return _at_equal_content(
        *(
            [
                (run["content_distance"], run["style_distance"])
                for run in runs
                if (run["pair"], run["network"]) == (pair, kind)
            ]
            for kind in kinds
        )
    )


def _at_equal_content(*curves):
    """The first curve's style distance over the second's, at one content distance or less.

    curves: [(content distance, style distance) …], one for each β. Which content distance: the
    middle of those that both reach. A judge can find more of both at a larger β, so a curve's value
    is the lowest style distance with no more content distance; in between by a line in logarithms.
    """
    (contents, styles), (others, other_styles) = (np.log(sorted(curve)).T for curve in curves)
    at = (max(contents[0], others[0]) + min(contents[-1], others[-1])) / 2
    lowest = np.minimum.accumulate
    return float(
        np.exp(
            np.interp(at, contents, lowest(styles)) - np.interp(at, others, lowest(other_styles))
        )
    )


def style_step():
    """Style transfer, 256², VGG-16: the course's step against Keras' example (target: 1)."""
    rng = np.random.default_rng(0)
    content, painting = rng.random((2, 256, 256, 3), np.float32)
    names = [*features.PAPER, "block5_conv2"]
    whole = features.network("imagenet", names)
    ours = style.Repainting(features.network("imagenet"), content, painting)
    picture = tf.Variable(content[None])
    rate = keras.optimizers.schedules.ExponentialDecay(100.0, 100, 0.96)
    optimizer = keras.optimizers.SGD(rate)

    @tf.function
    def theirs():
        with tf.GradientTape() as tape:  # content and style pass through again in every step
            found = whole(tf.concat([content[None], painting[None], picture], axis=0))
            layer = found[names[-1]]
            loss = 2.5e-8 * tf.reduce_sum((layer[2] - layer[0]) ** 2)
            for name in names[:-1]:
                grams = []
                for layer in (found[name][1], found[name][2]):
                    flat = tf.reshape(tf.transpose(layer, (2, 0, 1)), (layer.shape[-1], -1))
                    grams.append(tf.matmul(flat, flat, transpose_b=True))
                off = tf.reduce_sum((grams[0] - grams[1]) ** 2)
                loss += 1e-6 / 5 * off / (4 * 3**2 * (256 * 256) ** 2)
            down = (picture[:, :-1, :-1] - picture[:, 1:, :-1]) ** 2
            right = (picture[:, :-1, :-1] - picture[:, :-1, 1:]) ** 2
            loss += 1e-6 * tf.reduce_sum((down + right) ** 1.25)
        optimizer.apply_gradients([(tape.gradient(loss, picture), picture)])
        return loss

    example, course = medians([lambda: theirs().numpy(), lambda: ours.lbfgs(6)])
    course /= 6
    return f"{course * 1e3:.0f} ms / {example * 1e3:.0f} ms = {course / example:.2f}"
