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


def pix2pix_step():
    """pix2pix, width 64, 128²: the course's step against a tutorial's (target: at most 0.8)."""
    import keras
    import tensorflow as tf

    from course_utils.models.pix2pix import generator, patchgan
    from course_utils.training.pix2pix import Pix2Pix

    pair = [tf.random.stateless_uniform((1, 128, 128, 3), (n, 0), -1, 1) for n in range(2)]
    model = Pix2Pix(generator(side=128, width=64), patchgan(3, 128, width=64))
    model.compile()
    ours = tf.function(lambda: model.train_step(pair)["loss"])

    def in_their_way(layer):
        if isinstance(layer, keras.layers.GroupNormalization):
            return keras.layers.BatchNormalization()
        if isinstance(layer, keras.layers.LeakyReLU):
            return keras.layers.LeakyReLU()
        return type(layer).from_config(layer.get_config())

    networks = [keras.models.clone_model(network, clone_function=in_their_way)
                for network in (model.generator, model.discriminator)]  # fmt: skip
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in networks]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def theirs():
        with tf.GradientTape() as tape, tf.GradientTape() as other:
            fake = networks[0](pair[0], training=True)
            judged = [networks[1](tf.concat([pair[0], target], -1), training=True)
                      for target in (pair[1], fake)]  # fmt: skip
            deceived = entropy(tf.ones_like(judged[1]), judged[1])
            loss = deceived + 100 * tf.reduce_mean(tf.abs(pair[1] - fake))
            found = entropy(tf.ones_like(judged[0]), judged[0])
            found += entropy(tf.zeros_like(judged[1]), judged[1])
        for network, optimizer, t, value in zip(networks, optimizers, (tape, other), (loss, found),
                                                strict=True):  # fmt: skip
            variables = network.trainable_variables
            optimizer.apply(t.gradient(value, variables), variables)
        return loss

    tutorial, course = _medians([lambda: theirs().numpy(), lambda: ours().numpy()], runs=15)
    return f"{course * 1e3:.0f} ms / {tutorial * 1e3:.0f} ms = {course / tutorial:.2f}"


def page_through_the_api():
    """A page of 540×420 through the service, warm (target: 0.1 s), and loading its network (2 s)."""
    import io

    import tensorflow  # noqa: F401, so that its own start is not counted
    from fastapi.testclient import TestClient
    from PIL import Image

    from course_utils import images
    from course_utils.serve import create_app, load_cleaner
    from course_utils.worlds.documents import document

    began = time.perf_counter()
    cleaner = load_cleaner()
    loading, file = time.perf_counter() - began, io.BytesIO()
    page = document(0).noisy
    Image.fromarray(images.to_uint8(page)).save(file, "png")
    upload = {"file": ("page.png", file.getvalue())}
    with TestClient(create_app(cleaner)) as client:
        alone, served = _medians([lambda: cleaner(page),
                                  lambda: client.post("/denoise", files=upload)], runs=15)  # fmt: skip
    return (f"{served * 1e3:.0f} ms, {served / alone:.2f} times the network alone; "
            f"loaded in {loading:.1f} s")  # fmt: skip


def faces_a_second():
    """Drawn faces a second with two processes (target: 200 at 64², 10 at 256²)."""
    from course_utils.worlds import faces

    answers = []
    with faces.pool_of(2) as pool:
        for size, count in ((64, 800), (256, 48)):
            list(pool.map(faces.drawn, [(seed, size, False, {}) for seed in range(8)]))
            began = time.perf_counter()
            jobs = [(seed, size, False, {}) for seed in range(count)]
            list(pool.map(faces.drawn, jobs, chunksize=max(1, count // 40)))
            answers.append(f"{count / (time.perf_counter() - began):.0f} at {size}²")
    return ", ".join(answers)


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


BENCHES = {"01": (weight_map, idle_share, big_picture), "02": (pix2pix_step,),
           "faces": (faces_a_second,),
           "06": (page_through_the_api,)}

if __name__ == "__main__":
    sys.exit(main())
