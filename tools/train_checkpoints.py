"""Trains the shipped networks: `make checkpoints LESSON=01`. Stopped, it goes on where it was."""

import argparse
import shutil
import sys
import time

import numpy as np

from course_utils import metrics, paths, profile, results

EPOCH = 100  # steps between two safety copies


def cells(seed=0, steps=2000):
    """Lesson 01's network, smaller (base 10), on drawn cells; measured on the lesson's test fields."""
    profile.set_seeds(seed)
    import keras

    from course_utils.data import segmentation
    from course_utils.data.pipeline import stream
    from course_utils.models import unet
    from course_utils.training import checkpoints
    from course_utils.training.schedules import warm_cosine

    train = [segmentation.draw(seed) for seed in range(1024)]
    test = segmentation.load("synthetic")[1]
    model = unet.unet((None, None, 3), classes=3, base=10, depth=3, batch_norm=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)
    safety = paths.BUILD / "checkpoints" / "01_unet"
    model.fit(stream(segmentation.Crops(train), 8, seed), steps_per_epoch=EPOCH,
              epochs=steps // EPOCH, shuffle=False, verbose=2,
              callbacks=[keras.callbacks.BackupAndRestore(safety)])  # fmt: skip
    provenance = {"seed": seed, "steps": steps, "data": "drawn cells, seeds 0 to 1023"}
    checkpoints.load(model, checkpoints.save(model, "01_unet", provenance).stem)  # as shipped
    maps = [keras.ops.softmax(model(segmentation.normalise(s.image)[None]))[0] for s in test]
    found = [segmentation.cut_out(np.asarray(p), "synthetic") for p in maps]
    scores = metrics.segmentation_scores([s.labels for s in test], found)
    shutil.rmtree(safety, ignore_errors=True)
    return model, "01_unet", provenance | {"metrics": scores}


LESSONS = {"01": cells}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", choices=sorted(LESSONS))
    lesson = parser.parse_args(argv).lesson
    from course_utils.training import checkpoints

    began = time.perf_counter()
    model, name, provenance = LESSONS[lesson]()
    provenance |= {"command": f"make checkpoints LESSON={lesson}", "versions": results.versions(),
                   "seconds": round(time.perf_counter() - began)}  # fmt: skip
    path = checkpoints.save(model, name, provenance)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {provenance['metrics']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
