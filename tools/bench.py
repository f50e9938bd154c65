"""Speed and memory, as ratios measured side by side in one run: `make bench [LESSON=01]`."""

import argparse
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import psutil


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", nargs="?", choices=sorted(BENCHES))
    wanted = parser.parse_args(argv).lesson
    for lesson in [wanted] if wanted else sorted(BENCHES):
        for bench in BENCHES[lesson]:
            print(f"{lesson}  {bench.__doc__}\n    {bench()}", flush=True)
    return 0


def weight_map():
    """Weight map, 512², 100 cells: one distance map a cell against the course's (target: 40×)."""
    from skimage.draw import ellipse

    from course_utils.data.weight_maps import naive_unet_weight_map, unet_weight_map

    rng = np.random.default_rng(0)
    labels = np.zeros((512, 512), np.int32)
    for cell in range(1, 101):
        rows, columns = ellipse(*rng.uniform(0, 512, 2), *rng.uniform(8, 20, 2), labels.shape)
        labels[rows, columns] = cell
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
    naive, fast = _medians([lambda: naive_unet_weight_map(labels), lambda: unet_weight_map(labels)])
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


def big_picture():
    """Overlap tiles: memory beyond the model for 8192×8192 pixels (target: under 1.5 GB)."""
    from course_utils.models.tiling import predict_tiled
    from course_utils.models.unet import unet

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


def _training():
    import keras

    from course_utils.data import segmentation
    from course_utils.data.pipeline import stream
    from course_utils.models.unet import unet

    samples = [segmentation.draw(seed) for seed in range(32)]
    model = unet((None, None, 3), classes=3, base=12, depth=3, batch_norm=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    return model, stream(segmentation.Crops(samples), 8)


def _medians(functions, runs=7):
    """Median seconds of each function, run in turn so that the machine's drift hits all alike."""
    seconds = [[] for _ in functions]
    for _ in range(runs + 1):
        for times, function in zip(seconds, functions, strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return [np.median(times[1:]) for times in seconds]


BENCHES = {"01": (weight_map, idle_share, big_picture)}

if __name__ == "__main__":
    sys.exit(main())
