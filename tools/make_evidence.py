"""Repeats a claim over several seeds: `make evidence LESSON=01` writes data/evidence/01.json."""

import argparse
import itertools
import json
import sys
import time

import numpy as np
from scipy import stats

from course_utils import metrics, paths, profile, results

SEEDS = (0, 1, 2)


def weighted_against_plain(seeds=SEEDS, steps=500, pictures=64):
    """Lesson 01: does the weight map keep touching cells apart?

    The paper's two classes, equal steps, the same crops in the same order; only w0 differs.
    Per seed and loss: `merges` a picture (p > 0.5, no watershed) and `iou`, on unseen fields.
    """
    from course_utils.data import segmentation

    train = segmentation.load("synthetic")[0]
    test = [segmentation.draw(seed) for seed in segmentation.DRAWN["test"]]
    test += [segmentation.draw(seed) for seed in range(2_000_000, 2_000_000 + pictures - len(test))]
    runs = []
    for seed, (name, w0) in itertools.product(seeds, {"plain": 0.0, "weighted": 10.0}.items()):
        crops = segmentation.Crops(train, w0=w0, target=segmentation.two_classes,
                                   **segmentation.CROPS["synthetic"] | {"side": 128})
        predict = _train(crops, seed, steps)
        maps = [predict(segmentation.normalise(s.image)[None])[0, ..., 1] for s in test]
        runs.append({
            "seed": seed, "loss": name,
            "merges": float(np.mean([metrics.merges(p, s.labels) for p, s in zip(maps, test)])),
            "iou": float(np.mean([metrics.iou(s.labels > 0, p > 0.5) for p, s in zip(maps, test)])),
        })  # fmt: skip
        print(runs[-1], flush=True)
    return {"runs": runs, "summary": _summary(runs), "steps": steps, "pictures": len(test)}


def _train(crops, seed, steps):
    """Train the lesson's network with two classes; returns pictures -> probabilities."""
    profile.set_seeds(seed)
    import keras

    from course_utils.data.pipeline import stream
    from course_utils.models.unet import unet
    from course_utils.training.schedules import warm_cosine

    model = unet((None, None, 3), classes=2, base=12, depth=3, batch_norm=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)
    model.fit(stream(crops, 8, seed), steps_per_epoch=steps, shuffle=False, verbose=0)
    return lambda x: keras.ops.convert_to_numpy(keras.ops.softmax(model(x, training=False)))


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


EVIDENCE = {"01": weighted_against_plain}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", choices=sorted(EVIDENCE))
    lesson = parser.parse_args(argv).lesson
    began = time.perf_counter()
    found = EVIDENCE[lesson]()
    found |= {"command": f"make evidence LESSON={lesson}", "versions": results.versions(),
              "seconds": round(time.perf_counter() - began)}  # fmt: skip
    path = paths.EVIDENCE / f"{lesson}.json"
    paths.write_atomically(path, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found["summary"], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
