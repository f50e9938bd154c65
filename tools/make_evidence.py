"""Repeats a claim over several seeds: `make evidence LESSON=01` writes data/evidence/01.json."""

import argparse
import itertools
import json
import sys
import time

import numpy as np
from scipy import stats

from course_utils import lessons, metrics, paths, results, shipped

SEEDS = (0, 1, 2)


def weighted_against_plain(seeds=SEEDS, steps=500, pictures=64):
    """Lesson 01: does the weight map keep touching cells apart?

    The paper's two classes, equal steps, the same crops in the same order; only w0 differs.
    Per seed and loss: `merges` a picture (p > 0.5, no watershed) and `iou`, on unseen fields.
    """
    from course_utils.data import segmentation
    from course_utils.training.segmentation import probabilities, train

    fields = segmentation.load("synthetic")[0]
    test = [segmentation.draw(seed) for seed in segmentation.DRAWN["test"]]
    test += [segmentation.draw(seed) for seed in range(2_000_000, 2_000_000 + pictures - len(test))]
    runs = []
    for seed, (name, w0) in itertools.product(seeds, {"plain": 0.0, "weighted": 10.0}.items()):
        crops = segmentation.Crops(
            fields,
            w0=w0,
            target=segmentation.two_classes,
            **segmentation.CROPS["synthetic"] | {"side": 128},
        )
        predict = probabilities(train(crops, steps, seed, classes=2))
        maps = [predict(segmentation.normalise(s.image)[None])[0, ..., 1] for s in test]
        runs.append(
            {
                "seed": seed,
                "loss": name,
                "merges": float(np.mean([metrics.merges(p, s.labels) for p, s in zip(maps, test)])),
                "iou": float(
                    np.mean([metrics.iou(s.labels > 0, p > 0.5) for p, s in zip(maps, test)])
                ),
            }
        )
        print(runs[-1], flush=True)
    return {"runs": runs, "summary": _summary(runs), "steps": steps, "pictures": len(test)}


def five_folds(folds=5):
    """Lesson 01 on DSB2018 (COURSE_DATA): every image is tested once, by a network that never saw it.

    The folds are those of `splits.fold` on the image's id; the settings are the lesson's own.
    """
    from course_utils.data import segmentation, splits
    from course_utils.models.tiling import average_over_turns, predict_tiled
    from course_utils.models.unet import context
    from course_utils.training.segmentation import probabilities, train

    samples = segmentation.read_nuclei(paths.data_dir())
    steps, border = lessons.card("segmentation").tasks["dsb2018"].quick, context(depth=3)
    runs, truth, found = [], [], []
    for fold in range(folds):
        test = [s for s in samples if splits.fold(s.id) == fold]
        crops = segmentation.Crops([s for s in samples if splits.fold(s.id) != fold])
        began = time.perf_counter()
        turned = average_over_turns(probabilities(train(crops, steps, seed=fold)))
        seconds = time.perf_counter() - began
        maps = [
            predict_tiled(
                turned, segmentation.normalise(s.image), tile=128 + 2 * border, border=border
            )
            for s in test
        ]
        truth += [s.labels for s in test]
        found += [segmentation.cut_out(p, "dsb2018") for p in maps]
        scores = metrics.segmentation_scores(truth[-len(test) :], found[-len(test) :])
        runs.append(
            {"fold": fold, "images": len(test), "training_seconds": round(seconds)}
            | {key: scores[key] for key in ("iou", "f1", "f1_pooled")}
        )
        print(runs[-1], flush=True)
    return {"runs": runs, "summary": metrics.segmentation_scores(truth, found), "steps": steps}


def losses_and_generators(seeds=SEEDS, steps=2000):
    """Lesson 02: L1 + cGAN against L1, U-Net against encoder-decoder; equal steps.

    The generators have the paper's layers only (no `fine` one), the discriminator sees 34×34 pixels.
    Per seed and variant: the FCN-score, its thin classes, MAE, SSIM and sharpness of generated
    photographs of unseen houses. The reader is the shipped one, which saw none of these houses.
    """
    from course_utils.data import pix2pix as data
    from course_utils.data.pairs import Jitter
    from course_utils.training import facade_reader, optimizers, pix2pix

    train, test = data.load("synthetic", "BtoA")
    example, score, runs = Jitter(train, 128), facade_reader.scorer(test), []
    variants = ("unet_l1", "encdec_l1_cgan", "unet_l1_cgan")
    fair = pix2pix.QUICK | {"fine": 0, "layers": 2, "l1": 30.0, "optimizer": optimizers.FusedAdam}
    for seed, name in itertools.product(seeds, variants):
        folder = paths.BUILD / "evidence" / f"{name}_{seed}"
        model = pix2pix.train(example, name, steps, seed, folder=folder, **fair)
        runs.append({"seed": seed, "variant": name} | score(model.generator))
        print(runs[-1], flush=True)
    keys = [key for key in runs[0] if key not in ("seed", "variant")]
    by_seed = {
        name: {key: [run[key] for run in runs if run["variant"] == name] for key in keys}
        for name in variants
    }
    summary = {name: {key: _interval(by_seed[name][key]) for key in keys} for name in by_seed}
    gains = {
        "l1_cgan_over_l1": ("unet_l1_cgan", "unet_l1"),
        "unet_over_encdec": ("unet_l1_cgan", "encdec_l1_cgan"),
    }
    for gain, (better, worse) in gains.items():  # of the same seed
        differences = zip(
            by_seed[better]["fcn_iou_thin"], by_seed[worse]["fcn_iou_thin"], strict=True
        )
        summary[gain] = {"fcn_iou_thin": _interval([one - other for one, other in differences])}
    return {"runs": runs, "summary": summary, "steps": steps, "pictures": len(test)}


def cycles_and_leaks(seeds=SEEDS, cycle_steps=250, leak_steps=200, shown=8):
    """Lesson 03: what the cycle's weight does, and what a split by picture instead of person adds.

    `cycle`: CycleGANs on unpaired drawn people that differ in λ only; SSIM of the sketches of test
    people, and the share that is found among all test sketches. Their pictures go to
    03_pictures.npz: photographs, sketches, what comes back. `leak`: 188 people, eightfold, of which
    a fifth of the pictures or of the people tests; per seed and split the SSIM of an autoencoder
    and of a memory that answers with the sketch of the most similar photograph.
    """
    from course_utils import images
    from course_utils.data import face_sketch as data
    from course_utils.models.pix2pix import translate
    from course_utils.training import cyclegan

    train, test = data.load("synthetic")
    data.draw(train + test)
    photos, sketches = (
        np.stack([getattr(pair, side) for pair in test]) for side in ("source_picture", "target")
    )
    cycle, sheets = {}, {}
    for weight in (0, 1, 10, 100):
        folder = paths.BUILD / "evidence" / f"cycle_{weight}"
        model = cyclegan.train(
            data.Strangers(train, photos.shape[1]),
            cycle_steps,
            0,
            folder=folder,
            cycle=float(weight),
        )
        made = translate(model.there, photos)
        again = translate(model.back, made[:shown])
        cycle[str(weight)] = {
            "ssim": metrics.portrait_scores(sketches, made)["ssim"],
            "found": metrics.found_share(sketches, made),
            "home": metrics.mae(photos[:shown], again),
        }
        rows = np.concatenate([photos[:shown], made[:shown], again])
        sheets[f"cycle_{weight}"] = images.to_uint8(images.grid(rows, shown).clip(0, 1))
        print(weight, cycle[str(weight)], flush=True)
    np.savez_compressed(paths.EVIDENCE / "03_pictures.npz", **sheets)
    shipped.sign(paths.EVIDENCE / "03_pictures.npz")
    runs, few, splits = [], train[:188], ("by_picture", "by_person")
    for seed, split in itertools.product(seeds, splits):
        runs.append({"seed": seed, "split": split} | _leak(few, split, seed, leak_steps))
        print(runs[-1], flush=True)
    leak = {}
    for who in ("autoencoder", "memory"):
        values = {split: [run[who] for run in runs if run["split"] == split] for split in splits}
        leak[who] = {split: _interval(values[split]) for split in splits}
        leak[who]["gain"] = _interval(np.subtract(*values.values()))
    return {
        "runs": runs,
        "summary": {"cycle": cycle, "leak": leak},
        "steps": leak_steps,
        "cycle_steps": cycle_steps,
        "pictures": len(test),
    }


def _leak(pairs, split, seed, steps):
    """SSIM of test pictures after one of two splits of eightfold pairs: {"autoencoder", "memory"}.

    `memory` answers with the sketch of the most similar photograph that trained.
    """
    from course_utils.data import face_sketch as data
    from course_utils.data.pairs import Jitter
    from course_utils.models.pix2pix import translate
    from course_utils.training import face_sketch as training

    rng = np.random.default_rng(seed)
    if split == "by_person":
        tests = set(rng.choice([pair.source for pair in pairs], len(pairs) // 5, replace=False))
        train = data.eightfold([pair for pair in pairs if pair.source not in tests])
        test = data.eightfold([pair for pair in pairs if pair.source in tests])
    else:
        every = data.eightfold(pairs)
        order = rng.permutation(len(every))
        train, test = ([every[i] for i in part] for part in np.split(order, [4 * len(order) // 5]))
    photos = np.stack([pair.source_picture for pair in test])
    truth = [pair.target for pair in test]
    seen = np.stack([pair.source_picture.ravel() for pair in train])
    nearest = [np.argmin(np.sum((seen - photo.ravel()) ** 2, axis=1)) for photo in photos]
    example = Jitter(train, photos.shape[1], flip=False, scale=1.0)
    made = translate(training.train_autoencoder(example, steps, seed), photos)
    return {
        "autoencoder": metrics.portrait_scores(truth, made)["ssim"],
        "memory": metrics.portrait_scores(truth, [train[i].target for i in nearest])["ssim"],
    }


def drawn_people(seeds=SEEDS, people=700, views=4, steps=400, others=100):
    """The faces world: does a network know unseen people again, and by which of their traits?

    It trains on `people` and then knows each of 100 others from one picture: frontal both times, in
    another light, with another expression, other clothes and background. `alike`: the same, where
    all of the 100 share one kind of traits, so that only their other traits tell them apart.
    """
    from experiments import faces

    known = faces.portraits(range(people), views, workers=2)
    unseen = range(3_000_000, 3_000_000 + others)
    asked = {
        name: [
            faces.portraits(unseen, 1, view, name, workers=2, light_from=light)[:, 0]
            for view, light in enumerate([(-45.0, 25.0), (50.0, 40.0)])
        ]
        for name in (None, *faces.ALIKE)
    }
    runs = []
    for seed in seeds:
        network = faces.train_recogniser(known, steps, seed)
        scores = {name: faces.rank_one(network, *both) for name, both in asked.items()}
        runs.append({"seed": seed, "rank_one": scores.pop(None), "alike": scores})
        print(runs[-1], flush=True)
    summary = {"rank_one": _interval([run["rank_one"] for run in runs]), "chance": 1 / others}
    summary |= {
        f"alike: {name}": _interval([run["alike"][name] for run in runs]) for name in faces.ALIKE
    }
    return {"runs": runs, "summary": summary, "steps": steps, "people": people, "views": views}


def parts_of_portraits(seed=0, people=400, steps=450):
    """The faces world: are eyes, mouth, hair of real portraits found after training on drawn ones?

    COURSE_DATA/portraits holds pictures and `points.json`: {file: {class: [[column, row], …]}},
    points placed by eye on enlarged pictures with a grid, well inside the parts. `found` is the
    share of a class's points that the network calls so, `chance` that of all pixels.
    """
    from course_utils import images
    from experiments import faces

    home = paths.data_dir().expanduser() / "portraits"
    points = json.loads((home / "points.json").read_text(encoding="utf-8"))
    photos = np.stack([images.read_image(home / name) for name in points])
    model = faces.train_parts(faces.labelled(range(people)), steps, seed)
    summary = faces.point_scores(faces.read_parts(model, photos), list(points.values()))
    return {
        "summary": summary,
        "seed": seed,
        "people": people,
        "steps": steps,
        "pictures": len(points),
        "points": points,
    }


def trained_against_random(seeds=(0, 1), judge=None, side=128, evaluations=40, scale=1.5):
    """Lesson 04: does it matter that the feature network has learned?

    Pictures by the shipped network and by random weights of two seeds, for several weights β of
    style; a third network judges, trained from another seed for a third as long, or `judge`: the
    arguments of `style.distances` for one. Per run: `style_distance` and `content_distance`. Per
    pair and seed: the ratio of style distances at equal content, see `_at_equal_content`.
    """
    from course_utils.data.photographs import PHOTOGRAPHS, photographs
    from course_utils.models import features
    from course_utils.training import style
    from drawn_worlds import painters

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
    return {"summary": {"trained_over_random": _interval(ratios)}, "ratios": ratios}


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
    import keras

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
    from course_utils.models import fast_style as networks
    from course_utils.models import features
    from course_utils.training import fast_style, style
    from drawn_worlds import painters

    painting, found = painters.paint("waves", networks.PAINTED["waves"], 512), {}
    pairs = fast_style.beside_optimised(
        networks.load("waves"), features.network("course"), painting
    )
    for made, aim in pairs:
        for kind, picture in (
            ("colours matched", aim.content),
            ("optimised", aim.picture),
            ("one pass", made),
        ):
            found.setdefault(kind, []).append(
                style.distances(
                    picture=picture,
                    content=aim.content,
                    style=painting,
                    scale=fast_style.SCALE,
                    **judge,
                )
            )
    return {
        kind: {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
        for kind, runs in found.items()
    }


def _judge(seed):
    """A feature network like the shipped one, from another seed; kept for a run that goes on."""
    from course_utils.models import features
    from course_utils.training import features as training

    kept = paths.BUILD / "evidence" / f"04_judge_{seed}.weights.h5"
    if kept.exists():
        model = features.body(features.WIDTHS["course"], features.DEEPEST)
        model.load_weights(kept)
        return model
    folder = kept.with_suffix("").with_suffix("")
    model = training.train(training.gallery(), training.STEPS // 3, seed, folder)
    model.save_weights(kept)
    return model


def _summary(runs):
    """Mean and 95 % interval (Student's t over seeds) of each number, and the ratio of means."""
    summary = {}
    for name in ("plain", "weighted"):
        chosen = [run for run in runs if run["loss"] == name]
        summary[name] = {key: _interval([run[key] for run in chosen]) for key in ("merges", "iou")}
    means = [summary[name]["merges"]["mean"] for name in ("weighted", "plain")]
    return summary | {"merges_ratio": means[0] / means[1]}


def _interval(values):
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "half_width_95": float(half)}


EVIDENCE = {
    ("01", "synthetic"): weighted_against_plain,
    ("01", "dsb2018"): five_folds,
    ("02", "synthetic"): losses_and_generators,
    ("03", "synthetic"): cycles_and_leaks,
    ("04", "synthetic"): trained_against_random,
    ("04", "imagenet"): judged_by_imagenet,
    ("faces", "synthetic"): drawn_people,
    ("faces", "portraits"): parts_of_portraits,
}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", choices=sorted({lesson for lesson, _ in EVIDENCE}))
    parser.add_argument(
        "--dataset", default="synthetic", help="a real one is read from COURSE_DATA"
    )
    asked = parser.parse_args(argv)
    if (asked.lesson, asked.dataset) not in EVIDENCE:
        known = ", ".join(dataset for lesson, dataset in EVIDENCE if lesson == asked.lesson)
        raise SystemExit(
            f"There is no evidence on {asked.dataset!r}; lesson {asked.lesson} has: {known}."
        )
    embedded = asked.dataset == "synthetic"
    began = time.perf_counter()
    found = EVIDENCE[asked.lesson, asked.dataset]()
    command = f"make evidence LESSON={asked.lesson}"
    command += "" if embedded else f' ARGS="--dataset {asked.dataset}"'
    found |= {
        "command": command,
        "versions": results.versions(),
        "seconds": round(time.perf_counter() - began),
    }
    name = asked.lesson if embedded else f"{asked.lesson}.{asked.dataset}"
    path = paths.EVIDENCE / f"{name}.json"
    paths.write_atomically(path, json.dumps(found, indent=1) + "\n")
    shipped.sign(path)
    print(json.dumps(found["summary"], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
