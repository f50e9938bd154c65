"""Lesson 04: the shipped networks, trained features against random ones, speed."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from course_utils import paths
from course_utils.data.photographs import PHOTOGRAPHS, photographs
from course_utils.models import checkpoints as shipping
from course_utils.models import fast_style as painting_networks
from course_utils.models import features
from course_utils.training import style
from drawn_worlds import painters

from . import fast_style
from . import features as training
from .common import Log, interval, medians, safety


def checkpoints():
    return feature_network, fast_styles


def evidence():
    return {"synthetic": trained_against_random, "imagenet": judged_by_imagenet}


def bench():
    return (style_step,)


def feature_network(seed=0):
    """Lesson 04's feature network, on paintings and photographs; its tasks' last losses."""
    log, steps, name = Log(), training.STEPS, features.CHECKPOINT
    model = training.train(training.gallery(), steps, seed, safety(name), [log])
    losses = {part: round(float(value), 4) for part, value in log.last.items()}
    data = "20 photographs of scikit-image, 120 drawn paintings, seeds 1000 to 1019"
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
            network, painting, contents, steps, seed, copies, [Log()], scale=scale
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


def trained_against_random(seeds=(0, 1), judge=None, side=128, evaluations=40, scale=1.5):
    """Lesson 04: does it matter that the feature network has learned?

    Pictures by the shipped network and by random weights of two seeds, for several weights β of
    style; a third network judges, trained from another seed for a third as long, or `judge`: the
    arguments of `style.distances` for one. Per run: `style_distance` and `content_distance`. Per
    pair and seed: the ratio of style distances at equal content, see `_at_equal_content`.
    """
    judge, runs = judge or {"judge": features.cut(_judge(100), features.SMALL)}, []
    shown = dict(zip(PHOTOGRAPHS, photographs(), strict=False))
    pairs = [("astronaut", "waves", 3), ("chelsea", "strokes", 4), ("coffee", "glass", 1)]
    networks = {("trained", None): features.network("course")}
    networks |= {("random", seed): features.network("random", seed=seed) for seed in seeds}
    for (photograph, painter, number), ((kind, seed), network) in itertools.product(
        pairs, networks.items()
    ):
        painting = painters.paint(painter, number, 512)
        content = style.in_colours_of(painting, shown[photograph])
        for beta in (1, 8, 64):
            made = style.Repainting(network, content, painting, side=side, beta=beta, scale=scale)
            found = style.distances(
                picture=made.lbfgs(evaluations).picture,
                content=content,
                style=painting,
                scale=scale,
                **judge,
            )
            runs.append(
                {"pair": f"{photograph}, {painter}", "network": kind, "seed": seed, "beta": beta}
                | found
            )
            print(runs[-1], flush=True)
    return {"runs": runs, **_trained_over_random(runs), "evaluations": evaluations, "side": side}


def _trained_over_random(runs):
    """Per pair and random network the ratio of two style distances, and its summary."""

    def curve(pair, network, seed):
        return [
            (run["content_distance"], run["style_distance"])
            for run in runs
            if (run["pair"], run["network"], run["seed"]) == (pair, network, seed)
        ]

    pairs, seeds = (dict.fromkeys(run[key] for run in runs) for key in ("pair", "seed"))
    ratios = [
        _at_equal_content(curve(pair, "trained", None), curve(pair, "random", seed))
        for pair, seed in itertools.product(pairs, seeds)
        if seed is not None
    ]
    return {"summary": {"trained_over_random": interval(ratios)}, "ratios": ratios}


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


def judged_by_imagenet():
    """Lesson 04: the same, judged by a network that learned on ImageNet's photographs, MobileNetV2.

    And the shipped network that repaints in one pass, beside pictures that were optimised.
    Its weights are COURSE_DATA/imagenet/mobilenet_v2.weights.h5 (of Keras, without top) or, if
    there is no such file, fetched by Keras.
    """
    layers = [f"{name}_relu" for name in ("Conv1", *(f"block_{n}_expand" for n in (1, 2, 3, 5, 6)))]
    file = paths.data_dir().expanduser() / "imagenet" / "mobilenet_v2.weights.h5"
    base = keras.applications.MobileNetV2(
        include_top=False,
        input_shape=(None, None, 3),
        weights=str(file) if file.exists() else "imagenet",
    )
    pictures = keras.Input((None, None, 3))  # in [0, 1]
    seen = keras.Model(base.input, {name: base.get_layer(name).output for name in layers})
    network = keras.Model(pictures, seen(keras.layers.Rescaling(2.0, -1.0)(pictures)))
    judge = {"judge": network, "layers": layers, "content_layer": layers[4]}
    return trained_against_random(judge=judge) | {"waves": _waves(judge)}


def _waves(judge):
    """Photographs kept out, as waves at 256², optimised and in one pass: their mean distances."""
    painting, found = painters.paint("waves", painting_networks.PAINTED["waves"], 512), {}
    waves, network = painting_networks.load("waves"), features.network("course")
    for made, aim in fast_style.beside_optimised(waves, network, painting):
        kinds = {"colours matched": aim.content, "optimised": aim.picture, "one pass": made}
        for kind, picture in kinds.items():
            told = style.distances(
                picture=picture,
                content=aim.content,
                style=painting,
                scale=fast_style.SCALE,
                **judge,
            )
            found.setdefault(kind, []).append(told)
    return {
        kind: {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
        for kind, runs in found.items()
    }


def _judge(seed):
    """A feature network like the shipped one, from another seed; kept for a run that goes on."""
    kept = paths.BUILD / "evidence" / f"04_judge_{seed}.weights.h5"
    if kept.exists():
        model = features.body(features.WIDTHS["course"], features.DEEPEST)
        model.load_weights(kept)
        return model
    folder = kept.with_suffix("").with_suffix("")
    model = training.train(training.gallery(), training.STEPS // 3, seed, folder)
    model.save_weights(kept)
    return model


def style_step():
    """Style transfer, 256², one network: the course's step against Keras' example (target: 0.5)."""
    rng = np.random.default_rng(0)
    content, painting = rng.random((2, 256, 256, 3), np.float32)
    whole = features.body(features.WIDTHS["course"])  # the example computes all of VGG-19
    names = [*features.PAPER, "block5_conv2"]
    ours = style.Repainting(
        features.cut(whole, (*features.PAPER, "block4_conv2"), "vgg19"), content, painting
    )
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
