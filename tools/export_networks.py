"""The shipped networks for a browser: ONNX files that answer as Keras does.

    python tools/export_networks.py FOLDER

Pictures go in and come out in [0, 1], (1, H, W, C), so what stands around a network is in the file,
too; "houses" is lesson 10's velocity, and takes and gives what that does.
Weights stay float16, as they are shipped, and become float32 when a file is opened.
"""

import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

from course_utils.colour import SCALE
from course_utils.models import (
    colorization,
    documents,
    face_sketch,
    fast_style,
    flow,
    pix2pix,
    segmentation,
)
from course_utils.models.layers import Noise

logging.getLogger("tf2onnx").setLevel("ERROR")  # that it tries again to freeze a graph is no news
OPSET = 18
CHECKS, TOLERANCE = 10, 1e-3  # random inputs, and how far an answer may be from Keras'
SMALL = (128, 128, 3)


def networks() -> dict:
    """{route: (function of tensors, shapes of its inputs without N, H and W where they are free)}."""
    house, grain = with_grain(pix2pix.load("unet_l1_cgan"))
    velocity, colours = flow.load(), colorization.load("hints")
    there, back = (without_grain(one) for one in face_sketch.load("pix2pix"))
    page, waves, cells = documents.load(), fast_style.load(), segmentation.load()
    return {
        "house": (house, [SMALL, (grain,)]),
        "houses": (lambda x, t, drawing: velocity([x, t, drawing]), [SMALL, (), SMALL]),
        "face": (back, [SMALL]),
        "undraw": (there, [SMALL]),
        "denoise": (lambda x: tf.sigmoid(page(x)), [(None, None, 1)]),
        "repaint": (waves, [(None, None, 3)]),
        "colour": (lambda x: colours(x) * SCALE[1], [(128, 128, 4)]),
        "cells": (lambda x: tf.nn.softmax(cells(x)), [(None, None, 3)]),
    }


def with_grain(generator):
    """(a function of pictures and noise (1, K), K): the generator, its noise given from outside."""
    shapes = [layer.output.shape[1:3] for layer in noisy(generator)]
    sizes = [height * width for height, width in shapes]

    def answer(pictures, grain):
        parts = tf.split(grain, sizes, axis=1)
        grains = [
            tf.reshape(part, (-1, *shape, 1)) for part, shape in zip(parts, shapes, strict=True)
        ]
        return answered(generator, pictures, grains)

    return answer, sum(sizes)


def without_grain(generator):
    """A function of pictures: the generator, which adds no noise."""
    return lambda pictures: answered(
        generator, pictures, [tf.zeros((1, 1, 1, 1))] * len(noisy(generator))
    )


def answered(generator, pictures, grains):
    for layer, grain in zip(noisy(generator), grains, strict=True):
        layer.grain = grain
    try:
        return generator(pictures * 2 - 1, training=False) / 2 + 0.5
    finally:
        for layer in noisy(generator):
            layer.grain = None


def noisy(generator):
    return [layer for layer in generator.layers if isinstance(layer, Noise)]


def export(function, shapes, path: Path) -> float:
    """Write a function as an ONNX file; returns how far its answers are from the function's.

    Raises ValueError where that is more than TOLERANCE.
    """
    specs = [
        tf.TensorSpec((1, *shape), tf.float32, name=f"input{i}") for i, shape in enumerate(shapes)
    ]
    graph = tf.function(function, input_signature=specs, autograph=False)
    model, _ = tf2onnx.convert.from_function(graph, input_signature=specs, opset=OPSET)
    path.write_bytes(halved(model).SerializeToString())
    session, rng, worst = onnxruntime.InferenceSession(path), np.random.default_rng(0), 0.0
    for _ in range(CHECKS):
        given = [
            rng.random([1, *(side or 8 * rng.integers(4, 16) for side in shape)], np.float32)
            for shape in shapes
        ]
        made = session.run(None, {f"input{i}": each for i, each in enumerate(given)})[0]
        worst = max(worst, float(np.abs(made - graph(*given).numpy()).max()))
    if worst > TOLERANCE:
        raise ValueError(f"{path.name} answers otherwise than Keras, by {worst:.2g}.")
    return worst


def halved(model):
    """The model with the constants that float16 holds exactly as float16, and a Cast behind each."""
    graph, casts = model.graph, []
    for constant in graph.initializer:
        values = onnx.numpy_helper.to_array(constant)
        with np.errstate(over="ignore"):
            name, half = constant.name, values.astype(np.float16)
        if values.dtype == np.float32 and values.size > 1 and (half == values).all():
            constant.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=1))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def main(folder: str) -> int:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, (function, shapes) in networks().items():
        path = Path(folder) / f"{name}.onnx"
        worst = export(function, shapes, path)
        print(f"{name}: {path.stat().st_size / 1e6:.2f} MB, {worst:.1e} from Keras", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
