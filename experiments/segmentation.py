"""Lesson 01: the shipped U-Net, the weight map over several seeds, unseen nuclei of DSB2018, speed."""

import itertools
import time
from functools import partial

import keras
import numpy as np
import psutil
from skimage.draw import ellipse

from course_utils import lessons, metrics, paths
from course_utils.data import segmentation, splits
from course_utils.data.pipeline import stream
from course_utils.data.weight_maps import naive_unet_weight_map, unet_weight_map
from course_utils.models import checkpoints as shipping
from course_utils.models import segmentation as models
from course_utils.models.tiling import average_over_turns, predict_tiled
from course_utils.models.unet import context, unet
from course_utils.training.segmentation import train

from .common import SEEDS, Clock, Log, copies, in_turn, interval, medians, safety


def checkpoints():
    return (cells,)


def evidence():
    return {"synthetic": weighted_against_plain, "dsb2018": nuclei}


def bench():
    return weight_map, idle_share, big_picture


def cells(seed=0, steps=4000):
    """The U-Net of the page where one tries the networks: lesson 01's, smaller, on drawn cells.

    Sizes and light vary as for DSB2018, since anybody's cells may come; measured on the lesson's
    test fields.
    """
    fields = [segmentation.draw(number) for number in range(1024)]
    test = segmentation.load("synthetic")[1]
    crops = segmentation.Crops(fields, zoom=(0.5, 2.0))
    model = train(
        crops, steps, seed, base=models.BASE, folder=safety(models.CHECKPOINT), callbacks=[Log()]
    )
    predict = models.probabilities(shipping.as_shipped(model))
    maps = [predict(segmentation.normalise(s.image)[None])[0] for s in test]
    found = [segmentation.cut_out(p, "synthetic") for p in maps]
    scores = metrics.segmentation_scores([s.labels for s in test], found)
    about = "drawn cells, seeds 0 to 1023"
    yield model, models.CHECKPOINT, {"seed": seed, "steps": steps, "metrics": scores, "data": about}


W0 = {"plain": 0.0, "weighted": 10.0}


def weighted_against_plain(seeds=SEEDS, steps=500, pictures=64, each=in_turn):
    """Lesson 01: does the weight map keep touching cells apart?

    The paper's two classes, equal steps, the same crops in the same order; only w0 differs.
    Per seed and loss: `merges` a picture (p > 0.5, no watershed) and `iou`, on unseen fields.
    """
    runs = each(weighed, [(*both, steps, pictures) for both in itertools.product(seeds, W0)])
    return {"runs": runs, "summary": _summary(runs), "steps": steps, "pictures": pictures}


def weighed(seed, name, steps, pictures):
    """One training of `weighted_against_plain`, by the loss of this name in W0."""
    fields, target = segmentation.load("synthetic")[0], segmentation.two_classes
    crop = segmentation.CROPS["synthetic"] | {"side": 128}
    crops = segmentation.Crops(fields, w0=W0[name], target=target, **crop)
    folder = copies("01", name, seed)
    predict = models.probabilities(train(crops, steps, seed, classes=2, folder=folder))
    test = [segmentation.draw(seed) for seed in segmentation.DRAWN["test"]]
    test += [segmentation.draw(seed) for seed in range(2_000_000, 2_000_000 + pictures - len(test))]
    maps = [predict(segmentation.normalise(s.image)[None])[0, ..., 1] for s in test]
    merges = [metrics.merges(p, s.labels) for p, s in zip(maps, test)]
    ious = [metrics.iou(s.labels > 0, p > 0.5) for p, s in zip(maps, test)]
    run = {
        "seed": seed,
        "loss": name,
        "merges": float(np.mean(merges)),
        "iou": float(np.mean(ious)),
    }
    print(run, flush=True)
    return run


def _summary(runs):
    """Mean and 95 % interval (Student's t over seeds) of each number, the ratio of means of merges,
    and what IoU loses by the map, of equal seeds.
    """
    summary = {}
    for name in W0:
        chosen = [run for run in runs if run["loss"] == name]
        summary[name] = {key: interval([run[key] for run in chosen]) for key in ("merges", "iou")}
    means = [summary[name]["merges"]["mean"] for name in ("weighted", "plain")]
    ious = [[run["iou"] for run in runs if run["loss"] == name] for name in W0]
    lost = interval(np.subtract(*ious))
    return summary | {"merges_ratio": means[0] / means[1], "iou_lost": lost}


def nuclei(folds=5, largest=16, each=in_turn):
    """Lesson 01 on DSB2018 (COURSE_DATA), with the lesson's own settings.

    `folds`: every image is tested once, by a network that never saw it; they are those of
    `splits.fold` on the image's id. `large`: the images of the largest nuclei by median are tested
    by a network that learned from all others.
    """
    names = ["large", *range(folds)]
    told = each(learned_and_found, [(name, seed, largest) for seed, name in enumerate(names)])
    runs = [run for run, *_ in told]
    truth, found = ([cells for one in told[1:] for cells in one[place]] for place in (1, 2))
    steps = lessons.card("segmentation").tasks["dsb2018"].quick
    return {"runs": runs, "summary": metrics.segmentation_scores(truth, found), "steps": steps}


def learned_and_found(name, seed, largest):
    """What a network that learned from all other samples scores on a test, the truth, what it found."""
    samples = segmentation.read_nuclei(paths.data_dir())
    samples.sort(key=lambda s: np.median(np.unique(s.labels[s.labels > 0], return_counts=True)[1]))
    folds = [s for s in samples if splits.fold(s.id) == name]
    test = samples[-largest:] if name == "large" else folds
    held_out, clock = {s.id for s in test}, Clock()
    learned = [s for s in samples if s.id not in held_out]
    crops = segmentation.Crops(learned, **segmentation.CROPS["dsb2018"])
    steps = lessons.card("segmentation").tasks["dsb2018"].quick
    model = train(crops, steps, seed, folder=copies("01", "nuclei", name), callbacks=[clock])
    seconds = round(clock.seconds(steps))
    border, once = context(depth=3), models.probabilities(model)
    look, predict = (
        partial(predict_tiled, ways, tile=1024 + 2 * border, border=border, batch=1)
        for ways in (once, average_over_turns(once))
    )
    found = [segmentation.find(predict, s.image, "dsb2018", look=look) for s in test]
    scores = metrics.segmentation_scores([s.labels for s in test], found)
    worst = min(metrics.instance_f1(s.labels, f) for s, f in zip(test, found))
    kept = {key: scores[key] for key in ("iou", "f1", "f1_pooled")}
    run = {"test": name, "images": len(test), "training_seconds": seconds} | kept
    print(run, flush=True)
    return run | {"f1_worst": worst}, [s.labels for s in test], found


def weight_map():
    """Weight map, 512², 100 cells: one distance map a cell against the course's (target: 40×)."""
    rng = np.random.default_rng(0)
    labels = np.zeros((512, 512), np.int32)
    for cell in range(1, 101):
        rows, columns = ellipse(*rng.uniform(0, 512, 2), *rng.uniform(8, 20, 2), labels.shape)
        labels[rows, columns] = cell
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
    naive, fast = medians([lambda: naive_unet_weight_map(labels), lambda: unet_weight_map(labels)])
    worst = np.abs(naive_unet_weight_map(labels) - unet_weight_map(labels)).max()
    return f"{naive * 1e3:.0f} ms / {fast * 1e3:.1f} ms = {naive / fast:.0f}×, error {worst:.1e}"


def idle_share():
    """Pipeline: share of the training time that the network waits for its next batch."""
    model, batches = _training()
    batches = iter(batches)
    model.train_on_batch(*next(batches))
    waited, began = 0.0, time.perf_counter()
    for _ in range(40):
        start = time.perf_counter()
        batch = next(batches)
        waited += time.perf_counter() - start
        model.train_on_batch(*batch)
    return f"{waited / (time.perf_counter() - began):.1%} of 40 steps"


def _training():
    samples = [segmentation.draw(seed) for seed in range(32)]
    model = unet((None, None, 3), classes=3, base=12, depth=3, batch_norm=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    return model, stream(segmentation.Crops(samples), 8)


def big_picture():
    """Overlap tiles: memory beyond the model for 8192×8192 pixels (target: under 1.5 GB)."""
    model = unet((None, None, 1), classes=2, base=4, depth=2)
    predict_tiled(model, np.zeros((512, 512), np.uint8), tile=512, border=32)
    picture = np.random.default_rng(0).integers(0, 256, (8192, 8192), np.uint8)
    process = psutil.Process()
    before, peak = process.memory_info().rss, 0

    def watched(tiles):
        nonlocal peak
        answer = model(tiles, training=False)
        peak = max(peak, process.memory_info().rss)
        return answer

    predict_tiled(watched, picture, tile=512, border=32)
    return f"{(peak - before) / 1e9:.2f} GB, of which the answer is {8192**2 * 8 / 1e9:.2f} GB"
