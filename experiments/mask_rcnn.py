"""Lesson 07: the shipped Mask R-CNN, four ways to train one, and what rounding a box costs."""

import itertools
import time
from dataclasses import replace

import numpy as np

from course_utils.data import mask_rcnn as data
from course_utils.models import checkpoints as shipping
from course_utils.models import mask_rcnn as models
from course_utils.training import mask_rcnn as training

from .common import SEEDS, Log, interval, safety

PICTURES, STEPS = 3000, 12_000  # of the shipped network
FEW, SHORT = 400, 500  # of each training of the evidence
COARSE = replace(models.SHIPPED, strides=(16,), anchor_sizes=((16, 28, 48),))


def checkpoints():
    return (shapes,)


def evidence():
    return {"synthetic": compared}


def shapes(seed=0):
    """Lesson 07's network, for things on a table."""
    items = [data.Drawing(data.WORLDS["synthetic"], number) for number in range(PICTURES)]
    data.draw(items)
    s = training.SHIPPED
    example = training.Examples(items, s.most)
    network = training.train(
        example, STEPS, seed, s, folder=safety("07_shapes"), callbacks=[Log(500)]
    )
    network = shipping.as_shipped(network)
    about = f"drawn tables, seeds 0 to {PICTURES - 1}"
    told = {"seed": seed, "steps": STEPS, "data": about, "metrics": measured(network)}
    yield network, "07_shapes", told


def measured(network, dataset="synthetic"):
    """`training.scores` of a network on the lesson's test pictures."""
    _, test = data.load(dataset, side=network.architecture.side)
    data.draw(test)
    return training.scores(test, network.find([item.picture for item in test], least=0.05))


def compared(seeds=SEEDS, steps=SHORT):
    """Lesson 07: the source slides' four ways at equal steps, and RoIAlign against RoIPool."""
    items = data.drawn("synthetic", "train")[:FEW]
    data.draw(items)
    s, runs = training.QUICK, []
    kinds = {way: (s, way) for way in training.WAYS}
    kinds |= {
        roi: (replace(s, network=replace(COARSE, roi=roi)), "approximate_joint")
        for roi in ("align", "pool")
    }
    for seed, (name, (settings, way)) in itertools.product(seeds, kinds.items()):
        start = time.perf_counter()
        network = training.train(training.Examples(items, s.most), steps, seed, settings, way)
        told = {"name": name, "seed": seed, "seconds": round(time.perf_counter() - start)}
        runs.append(told | measured(network))
        print(runs[-1], flush=True)
    return {"runs": runs, "summary": summary(runs), "steps": steps}


def summary(runs):
    """Means over the seeds, with intervals, and RoIAlign's gain in pairs of equal seeds."""

    def of(name, key):
        return [run[key] for run in runs if run["name"] == name]

    gained = np.subtract(of("align", "ap75"), of("pool", "ap75")).tolist()
    keys = ("ap50", "ap75")
    return {
        "ways": {way: interval(of(way, "ap")) for way in training.WAYS},
        "roi": {roi: {key: interval(of(roi, key)) for key in keys} for roi in ("align", "pool")},
        "align_minus_pool_ap75": interval(gained),
    }
