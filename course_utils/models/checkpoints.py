"""Shipped networks: float16 weights without optimiser state, and a JSON that says where they come from."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from .. import paths, shipped


def checkpoint_path(name: str) -> Path:
    """Where a shipped network stands, such as data/checkpoints/01_unet.npz."""
    return paths.CHECKPOINTS / f"{name}.npz"


def save(model, name: str, provenance: dict) -> Path:
    """Write a model's weights as float16, and `provenance` beside them as JSON; returns the path.

    The JSON gets the weights' SHA-256, too, and both files are signed, see `shipped`.
    Raises ValueError for weights that float16 cannot hold (not finite, or beyond ±65504).
    """
    content = io.BytesIO()
    np.savez_compressed(content, *_rounded(model))
    told = provenance | {"sha256": hashlib.sha256(content.getvalue()).hexdigest()}
    path = checkpoint_path(name)
    paths.write_atomically(path, content.getvalue())
    paths.write_atomically(path.with_suffix(".json"), json.dumps(told, indent=1) + "\n")
    shipped.sign(path, path.with_suffix(".json"))
    return path


def as_shipped(model):
    """The model with its weights rounded to float16, as a file of `save` would bring them back.

    So that what is measured is what is shipped. Raises ValueError as `save` does.
    """
    model.set_weights([weight.astype(np.float32) for weight in _rounded(model)])
    return model


def load(model, name: str):
    """Put the shipped weights into `model` and return it.

    Raises ValueError in one sentence, with the way out, if it or its JSON is missing or damaged,
    and if it was made for another network.
    """
    path = checkpoint_path(name)
    content = shipped.read(path)
    shipped.read(path.with_suffix(".json"))
    with np.load(io.BytesIO(content)) as stored:
        weights = [stored[f"arr_{number}"] for number in range(len(stored.files))]
    if [w.shape for w in weights] != [w.shape for w in model.get_weights()]:
        raise ValueError(
            f"The network {path.name} has other layers than this model; make it anew "
            f"with `make checkpoints LESSON={name[:2]}`."
        )
    model.set_weights([weight.astype(np.float32) for weight in weights])
    return model


def told(name: str) -> dict:
    """What stands in the JSON beside a shipped network. Raises ValueError if it is missing or damaged."""
    return json.loads(shipped.read(checkpoint_path(name).with_suffix(".json")))


def _rounded(model) -> list[np.ndarray]:
    weights = [np.asarray(weight).astype(np.float16) for weight in model.get_weights()]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise ValueError("The weights do not fit into float16; look at the training, it diverged.")
    return weights
