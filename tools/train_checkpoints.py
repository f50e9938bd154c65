"""Trains the shipped networks: `make checkpoints LESSON=01`. Stopped, it goes on where it was.

Only lesson 02's generators begin anew, since the best one so far is not kept: 15 minutes each.
"""

import argparse
import functools
import sys
import time

from course_utils import metrics, paths, results


def cells(seed=0, steps=2000):
    """Lesson 01's network, smaller (base 10), on drawn cells; measured on the lesson's test fields."""
    from course_utils.data import segmentation
    from course_utils.models import checkpoints
    from course_utils.training.segmentation import probabilities, train

    fields = [segmentation.draw(number) for number in range(1024)]
    test = segmentation.load("synthetic")[1]
    model = train(
        segmentation.Crops(fields),
        steps,
        seed,
        base=10,
        folder=_safety("01_unet"),
        callbacks=[_log()],
    )
    predict = probabilities(checkpoints.as_shipped(model))
    maps = [predict(segmentation.normalise(s.image)[None])[0] for s in test]
    found = [segmentation.cut_out(p, "synthetic") for p in maps]
    scores = metrics.segmentation_scores([s.labels for s in test], found)
    yield (
        model,
        "01_unet",
        {"seed": seed, "steps": steps, "metrics": scores, "data": "drawn cells, seeds 0 to 1023"},
    )


def pages(seed=0, steps=4000):
    """Lesson 06's page cleaner on drawn pages; measured on the lesson's test pages."""
    from course_utils.data import documents
    from course_utils.models import checkpoints
    from course_utils.models import documents as models
    from course_utils.training.documents import train

    drawn = [documents.draw(number) for number in range(1000)]
    test = documents.load("synthetic")[1]
    model = train(
        documents.Crops(drawn),
        steps,
        seed,
        folder=_safety(models.CHECKPOINT),
        callbacks=[_log()],
    )
    shipped = checkpoints.as_shipped(model)
    cleaned = [models.clean(shipped, page.noisy) for page in test]
    scores = metrics.page_scores([page.clean for page in test], cleaned)
    yield (
        model,
        models.CHECKPOINT,
        {"seed": seed, "steps": steps, "metrics": scores, "data": "drawn pages, seeds 0 to 999"},
    )


def reader(seed=0):
    """Lesson 02's reader of house fronts, on houses that no generator trains or is tested on."""
    import numpy as np

    from course_utils.data import pix2pix as data
    from course_utils.models import checkpoints
    from course_utils.models.facade_reader import CHECKPOINT
    from course_utils.training import facade_reader
    from drawn_worlds import houses as facades

    model = facade_reader.train(
        facade_reader.buildings(),
        facade_reader.STEPS,
        seed,
        _safety(CHECKPOINT),
        [_log()],
    )
    test = data.load("synthetic", "BtoA")[1]
    read = facade_reader.read(
        checkpoints.as_shipped(model), np.stack([pair.target for pair in test])
    )
    scores = metrics.fcn_scores([pair.labels for pair in test], read, facades.CLASSES)
    yield (
        model,
        CHECKPOINT,
        {
            "seed": seed,
            "steps": facade_reader.STEPS,
            "metrics": scores,
            "data": "drawn houses, seeds 2000000 to 2000399",
        },
    )


def generators(seed=0, steps=3500):
    """Lesson 02's four generators, equal steps; the reader above judges them.

    Of each training the generator is kept that does best on houses of their own, neither trained
    on nor tested: its `fcn_iou` times its sharpness, or times 1 over it where it is above 1.
    """
    from course_utils.data import pix2pix as data
    from course_utils.data.pairs import Jitter
    from course_utils.models import checkpoints
    from course_utils.training import facade_reader, pix2pix

    def value(told):
        return told["fcn_iou"] * min(told["sharpness"], 1 / told["sharpness"])

    train, test = data.load("synthetic", "BtoA")
    example, on_test = Jitter(train, pix2pix.QUICK.side), facade_reader.scorer(test)
    on_others = facade_reader.scorer(
        [data.DrawnPair(number) for number in data.DRAWN["validation"]]
    )
    for name in reversed(pix2pix.VARIANTS):
        best = pix2pix.Best(on_others, value)
        pix2pix.train(example, name, steps, seed, pix2pix.SHIPPED, callbacks=[best])
        yield (
            best.generator,
            f"02_{name}",
            {
                "seed": seed,
                "steps": steps,
                "metrics": on_test(checkpoints.as_shipped(best.generator)),
                "validation": best.told,
                "data": "drawn houses, seeds 0 to 399",
            },
        )


def autoencoders(seed=0, steps=800):
    """Lesson 03's autoencoders, there and back, on drawn people."""
    yield from _translators("autoencoder", seed, steps)


def pairs_translators(seed=0, steps=6000):
    """Lesson 03's pix2pix generators, there and back, on drawn people."""
    yield from _translators("pix2pix", seed, steps)


def cyclegan(seed=0, steps=5000):
    """Lesson 03's CycleGAN on photographs and sketches of different drawn people."""
    yield from _translators("cyclegan", seed, steps)


@functools.cache
def _people():
    """Lesson 03's people, drawn once for all three networks."""
    from course_utils.data import face_sketch as data

    train, test = data.load("synthetic")
    data.draw(train + test)
    return train, test


def _translators(kind, seed, steps):
    """One of lesson 03's networks in both directions, measured on the lesson's test people."""
    import numpy as np

    from course_utils.data import face_sketch as data
    from course_utils.models import checkpoints
    from course_utils.models.pix2pix import translate
    from course_utils.training import face_sketch as training

    train, test = _people()
    networks = training.train_both(kind, train, steps, seed, folder=_safety(f"03_{kind}"))
    for way, network, pairs in zip(("there", "back"), networks, (test, data.turned(test))):
        sources, truth = (
            np.stack([getattr(pair, side) for pair in pairs])
            for side in ("source_picture", "target")
        )
        made = translate(checkpoints.as_shipped(network), sources)
        yield (
            network,
            f"03_{kind}_{way}",
            {
                "seed": seed,
                "steps": steps,
                "metrics": metrics.portrait_scores(truth, made),
                "data": "drawn people, seeds 0 to 399",
            },
        )


def feature_network(seed=0):
    """Lesson 04's feature network, on paintings and photographs; its tasks' last losses."""
    from course_utils.models.features import CHECKPOINT
    from course_utils.training import features

    log, pictures = _log(), features.gallery()
    model = features.train(pictures, features.STEPS, seed, _safety(CHECKPOINT), [log])
    yield (
        model,
        CHECKPOINT,
        {
            "seed": seed,
            "steps": features.STEPS,
            "metrics": {name: round(float(value), 4) for name, value in log.last.items()},
            "data": "20 photographs of scikit-image, 120 drawn paintings, seeds 1000 to 1019",
        },
    )


def fast_styles(seed=0):
    """Lesson 04's feed-forward networks; the loss at 256² of three photographs that they don't see.

    Minutes on a GPU, most of a day on two cores.
    """
    from course_utils.models import checkpoints, features
    from course_utils.models.fast_style import PAINTED
    from course_utils.training import fast_style
    from drawn_worlds import painters
    from experiments.contents import DRAWN, Contents

    network = features.network("course")
    for name, painting in PAINTED.items():
        picture, steps, folder = painters.paint(name, painting, 512), fast_style.STEPS, f"04_{name}"
        model = fast_style.train(
            network,
            picture,
            Contents(),
            steps,
            seed,
            _safety(folder),
            [_log()],
            scale=fast_style.SCALE,
        )
        told = _against_optimised(checkpoints.as_shipped(model), network, picture)
        yield (
            model,
            folder,
            {
                "seed": seed,
                "steps": steps,
                "metrics": told,
                "data": f"17 photographs of scikit-image and {sum(DRAWN.values())} drawn pictures, in the "
                f"style of the drawn painting {name} {painting}",
            },
        )


def _against_optimised(model, network, picture):
    """Means over the photographs kept out: the parts of the loss in one pass, and optimised."""
    import numpy as np

    from course_utils.training import fast_style

    runs = [
        aim.parts(made[None])
        | {f"{part}_optimised": aim.history[-1][part] for part in ("content", "style")}
        for made, aim in fast_style.beside_optimised(model, network, picture)
    ]
    return {key: round(float(np.mean([run[key] for run in runs])), 4) for key in runs[0]}


def _safety(name):
    """Where a stopped training of this network goes on, see `training.fit`."""
    return paths.BUILD / "checkpoints" / name


def _log(every=100):
    """A callback that prints the mean losses of each `every` steps; `last` keeps those printed last."""
    import keras

    class Log(keras.callbacks.Callback):
        last = None

        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) % every == 0:
                self.last = {name: float(value) for name, value in logs.items()}
                print(batch + 1, self.last, flush=True)
                self.model.reset_metrics()

    return Log()


NETWORKS = {
    "01": (cells,),
    "02": (reader, generators),
    "03": (autoencoders, pairs_translators, cyclegan),
    "04": (feature_network, fast_styles),
    "06": (pages,),
}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", choices=sorted(NETWORKS))
    parser.add_argument("--only", help="one of its parts, such as: reader")
    asked = parser.parse_args(argv)
    from course_utils.models import checkpoints

    began = time.perf_counter()
    for make in NETWORKS[asked.lesson]:
        if asked.only not in (None, make.__name__):
            continue
        for model, name, provenance in make():
            provenance |= {
                "command": f"make checkpoints LESSON={asked.lesson}",
                "versions": results.versions(),
                "seconds": round(time.perf_counter() - began),
            }
            path = checkpoints.save(model, name, provenance)
            print(
                f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {provenance['metrics']}",
                flush=True,
            )
            began = time.perf_counter()
    return 0


if __name__ == "__main__":
    sys.exit(main())
