"""Speed and memory, as ratios measured side by side in one run: `make bench [LESSON=01]`."""

import argparse
import os
import sys
import time
from dataclasses import replace

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

    from course_utils.models.patchgan import patchgan
    from course_utils.models.pix2pix import generator
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

    networks = [
        keras.models.clone_model(network, clone_function=in_their_way)
        for network in (model.generator, model.discriminator)
    ]
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in networks]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def theirs():
        with tf.GradientTape() as tape, tf.GradientTape() as other:
            fake = networks[0](pair[0], training=True)
            judged = [
                networks[1](tf.concat([pair[0], target], -1), training=True)
                for target in (pair[1], fake)
            ]
            deceived = entropy(tf.ones_like(judged[1]), judged[1])
            loss = deceived + 100 * tf.reduce_mean(tf.abs(pair[1] - fake))
            found = entropy(tf.ones_like(judged[0]), judged[0])
            found += entropy(tf.zeros_like(judged[1]), judged[1])
        for network, optimizer, t, value in zip(
            networks, optimizers, (tape, other), (loss, found), strict=True
        ):
            variables = network.trainable_variables
            optimizer.apply(t.gradient(value, variables), variables)
        return loss

    tutorial, course = _medians([lambda: theirs().numpy(), lambda: ours().numpy()], runs=15)
    return f"{course * 1e3:.0f} ms / {tutorial * 1e3:.0f} ms = {course / tutorial:.2f}"


def critics():
    """pix2pix: the critic's loss on test houses, the generator at rest, after 300 steps: Adam, Muon."""
    import keras
    import tensorflow as tf

    from course_utils.data import pix2pix as data
    from course_utils.models.pix2pix import generate, load
    from course_utils.training import pix2pix

    rest, stacks = load("unet_l1_cgan"), []
    for houses in (part[:40] for part in data.load("synthetic", "BtoA")):
        labels, photos = (
            np.stack([getattr(house, side) for house in houses]) * 2 - 1
            for side in ("source_picture", "target")
        )
        stacks.append((labels, photos, generate(rest, labels, seed=0)))
    seen, unseen = stacks

    def trained(optimizer):
        keras.utils.set_random_seed(0)
        model = pix2pix.build("unet_l1_cgan", replace(pix2pix.QUICK, optimizer=optimizer))
        step = tf.function(model.train_discriminator)
        for number in range(300):
            step(*(part[number % 40 : number % 40 + 1] for part in seen))
        told = model.train_discriminator(*unseen)  # before it learns from these
        return float(told["d_real"] + told["d_fake"]) / 2

    return " against ".join(f"{trained(kind):.2f}" for kind in (pix2pix.FusedAdam, pix2pix.Muon))


def cyclegan_step():
    """CycleGAN, 64²: the course's step against the TensorFlow tutorial's, same networks (at most 1)."""
    import keras
    import tensorflow as tf

    from course_utils.training import cyclegan

    x, y = (tf.random.stateless_uniform((1, 64, 64, 3), (n, 0), -1, 1) for n in range(2))
    model, other = cyclegan.build(), cyclegan.build()
    ours = tf.function(lambda: model.train_step((x, y))["loss"])
    networks = G, F, D_X, D_Y = other.G, other.F, other.D_X, other.D_Y
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in networks]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def distance(first, second):
        return tf.reduce_mean(tf.abs(first - second))

    def judged(scores, real):
        return entropy(tf.ones_like(scores) if real else tf.zeros_like(scores), scores)

    @tf.function
    def theirs():
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = G(x, training=True), F(y, training=True)
            cycle = 10 * (
                distance(x, F(fake_y, training=True)) + distance(y, G(fake_x, training=True))
            )
            same_x, same_y = F(x, training=True), G(y, training=True)
            real_x, real_y = D_X(x, training=True), D_Y(y, training=True)
            scores_x, scores_y = D_X(fake_x, training=True), D_Y(fake_y, training=True)
            losses = [
                judged(scores_y, True) + cycle + 5 * distance(y, same_y),
                judged(scores_x, True) + cycle + 5 * distance(x, same_x),
                (judged(real_x, True) + judged(scores_x, False)) / 2,
                (judged(real_y, True) + judged(scores_y, False)) / 2,
            ]
        for network, optimizer, loss in zip(networks, optimizers, losses, strict=True):
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        return losses[0]

    tutorial, course = _medians([lambda: theirs().numpy(), lambda: ours().numpy()], runs=25)
    return f"{course * 1e3:.0f} ms / {tutorial * 1e3:.0f} ms = {course / tutorial:.2f}"


def style_step():
    """Style transfer, 256², one network: the course's step against Keras' example (target: 0.5)."""
    import keras
    import tensorflow as tf

    from course_utils.models import features
    from course_utils.training.style import Repainting

    rng = np.random.default_rng(0)
    content, painting = rng.random((2, 256, 256, 3), np.float32)
    whole = features.body(features.WIDTHS["course"])  # the example computes all of VGG-19
    names = [*features.PAPER, "block5_conv2"]
    ours = Repainting(
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

    example, course = _medians([lambda: theirs().numpy(), lambda: ours.lbfgs(6)])
    course /= 6
    return f"{course * 1e3:.0f} ms / {example * 1e3:.0f} ms = {course / example:.2f}"


def page_through_the_api():
    """A page of 540×420 through the service, warm (target: 0.1 s), and loading its network (2 s)."""
    import io

    import tensorflow  # noqa: F401, so that its own start is not counted
    from fastapi.testclient import TestClient
    from PIL import Image

    from course_utils import images
    from course_utils.serve import create_app, documents
    from drawn_worlds.documents import document

    began = time.perf_counter()
    cleaner = documents.load()
    loading, file = time.perf_counter() - began, io.BytesIO()
    page = document(0).noisy
    Image.fromarray(images.to_uint8(page)).save(file, "png")
    upload = {"file": ("page.png", file.getvalue())}
    with TestClient(create_app({"documents": cleaner}), base_url="http://localhost") as client:
        alone, served = _medians(
            [lambda: cleaner(page), lambda: client.post("/denoise", files=upload)], runs=15
        )
    return (
        f"{served * 1e3:.0f} ms, {served / alone:.2f} times the network alone; "
        f"loaded in {loading:.1f} s"
    )


def faces_a_second():
    """Drawn faces a second with two processes (target: 200 at 64², 10 at 256²)."""
    from drawn_worlds import faces

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


BENCHES = {
    "01": (weight_map, idle_share, big_picture),
    "02": (pix2pix_step, critics),
    "03": (cyclegan_step,),
    "04": (style_step,),
    "faces": (faces_a_second,),
    "06": (page_through_the_api,),
}

if __name__ == "__main__":
    sys.exit(main())
