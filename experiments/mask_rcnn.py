"""Lesson 07: the shipped Mask R-CNN, four ways to train one, and what rounding a box costs."""

import time
from dataclasses import replace

import numpy as np

from course_utils.data import mask_rcnn as data
from course_utils.data import segmentation
from course_utils.data.weight_maps import unet_weight_map
from course_utils.models import checkpoints as shipping
from course_utils.models import mask_rcnn as models
from course_utils.postprocess import instances
from course_utils.training import mask_rcnn as training
from course_utils.training import segmentation as pixelwise

from .common import SEEDS, Clock, Log, copies, in_turn, interval, safety

PICTURES, STEPS = 3000, 12_000  # of the shipped network
FEW, SHORT = 400, 500  # of each training of the evidence
PIXELWISE = 400  # steps of a U-Net, which take as long as `SHORT` of Mask R-CNN
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


def compared(seeds=SEEDS, steps=SHORT, each=in_turn):
    """Lesson 07: the source slides' four ways at equal steps, RoIAlign against RoIPool, and a U-Net."""
    runs = each(run_of, [(seed, steps, *kind) for seed in seeds for kind in kinds()])
    runs += each(pixelwise_run, [(seed, world) for seed in seeds for world in data.WORLDS])
    return {"runs": runs, "summary": summary(runs), "steps": steps}


def kinds():
    """(name, settings, way, world) of each training of a Mask R-CNN."""
    s = training.QUICK
    for way in training.WAYS:
        yield way, s, way, "synthetic"
    for roi in ("align", "pool"):
        network = replace(COARSE, roi=roi)
        yield roi, replace(s, network=network), "approximate_joint", "synthetic"
    yield "mask_rcnn_cells", s, "approximate_joint", "cells"


def run_of(seed, steps, name, s, way, world):
    """What a Mask R-CNN reaches that learned from some pictures of a world."""
    items, clock = pictures_of(world), Clock(time.process_time)
    s, folder = training.fitted(s, items), copies("07", name, seed)
    example = training.examples(s, items)
    network = training.train(example, steps, seed, s, way, folder, [clock])
    return told(name, seed, clock.seconds(steps), measured(network, world))


def pixelwise_run(seed, world, steps=PIXELWISE):
    """What lesson 01's U-Net with its watershed reaches, from the same pictures."""
    items, clock = pictures_of(world), Clock(time.process_time)
    more = {"folder": copies("07_unet", world, seed), "callbacks": [clock]}
    network = pixelwise.train(Pixels(items), steps, seed, classes=len(items[0].names) + 2, **more)
    _, test = data.load(world)
    data.draw(test)
    predict = pixelwise.probabilities(network)
    found = [things_of(predict(item.picture[None])[0]) for item in test]
    return told(f"unet_{world}", seed, clock.seconds(steps), training.scores(test, found, sure=0))


def pictures_of(world):
    items = data.load(world)[0][:FEW]
    data.draw(items)
    return items


def told(name, seed, seconds, scores):
    """A run; `seconds` are those that one core needs for the training."""
    run = {"name": name, "seed": seed, "seconds": round(seconds)} | scores
    print(run, flush=True)
    return run


class Pixels:
    """Lesson 01's examples, of lesson 07's pictures: (picture, each pixel's class, its weight).

    Classes: 0 is background, then those of the things' insides, then their border. Mirrored every
    second time, as `training.Examples`.
    """

    def __init__(self, items):
        self.parts = [(i.picture, pixels_of(i), unet_weight_map(i.labels)) for i in items]

    def __call__(self, rng):
        parts, turn = self.parts[int(rng.integers(len(self.parts)))], rng.choice([-1, 1])
        return tuple(part[:, ::turn] for part in parts)


def pixels_of(item):
    """The class of each pixel of an item, int32 (H, W), as in `Pixels`."""
    kinds = np.append(0, item.classes)[item.labels]
    border = segmentation.three_classes(item.labels) == segmentation.BORDER
    return np.where(border, len(item.names) + 1, kinds).astype(np.int32)


def things_of(probabilities):
    """What a U-Net's probabilities (H, W, classes) hold, by lesson 01's watershed, as `find` tells it.

    A thing is of the class that is likeliest in the mean of its pixels; that mean is its score.
    """
    insides = probabilities[..., 1:-1]
    masks = data.masks_of(instances(insides.sum(-1), cell=1 - probabilities[..., 0]))
    means = np.reshape([insides[mask].mean(0) for mask in masks], (-1, insides.shape[-1]))
    told = {"classes": 1 + means.argmax(-1), "scores": means.max(-1)}
    return told | {"masks": masks, "boxes": data.boxes_of(masks)}


def summary(runs):
    """Means over the seeds, with intervals, and RoIAlign's gain in pairs of equal seeds."""

    def of(name, key):
        return [run[key] for run in runs if run["name"] == name]

    gained = np.subtract(of("align", "ap75"), of("pool", "ap75")).tolist()
    keys = ("ap50", "ap75")
    rivals = {
        "tables": {"U-Net": "unet_synthetic", "Mask R-CNN": "approximate_joint"},
        "cells": {"U-Net": "unet_cells", "Mask R-CNN": "mask_rcnn_cells"},
    }
    beside = {
        world: {
            name: {key: interval(of(run, key)) for key in ("f1", "ap50", "seconds")}
            for name, run in pair.items()
        }
        for world, pair in rivals.items()
    }
    return {
        "beside": beside,
        "ways": {way: interval(of(way, "ap")) for way in training.WAYS},
        "roi": {roi: {key: interval(of(roi, key)) for key in keys} for roi in ("align", "pool")},
        "align_minus_pool_ap75": interval(gained),
    }
