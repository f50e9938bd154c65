"""Shipped networks: float16 weights without optimiser state, and a JSON that says where they come from."""

import json
import zipfile
from pathlib import Path

import numpy as np

from .. import paths


def checkpoint_path(name: str) -> Path:
    """Where a shipped network stands, such as data/checkpoints/01_unet.npz."""
    return paths.CHECKPOINTS / f"{name}.npz"


def save(model, name: str, provenance: dict) -> Path:
    """Write a model's weights as float16, and `provenance` beside them as JSON; returns the path.

    Raises ValueError for weights that float16 cannot hold (not finite, or beyond ±65504).
    """
    weights = _rounded(model)
    path = checkpoint_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    try:
        np.savez_compressed(part, *weights)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    paths.write_atomically(path.with_suffix(".json"), json.dumps(provenance, indent=1) + "\n")
    return path


def as_shipped(model):
    """The model with its weights rounded to float16, as a file of `save` would bring them back.

    So that what is measured is what is shipped. Raises ValueError as `save` does.
    """
    model.set_weights([weight.astype(np.float32) for weight in _rounded(model)])
    return model


def load(model, name: str):
    """Put the shipped weights into `model` and return it.

    Raises ValueError, with the command that makes the file anew, if it is missing, damaged or was
    made for another network.
    """
    path = checkpoint_path(name)
    remake = f"make it anew with `make checkpoints LESSON={name[:2]}`."
    try:
        with np.load(path) as stored:
            weights = [stored[f"arr_{number}"] for number in range(len(stored.files))]
    except FileNotFoundError:
        raise ValueError(f"The network {path.name} is missing; {remake}") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"The network {path.name} is damaged; {remake}") from error
    if [w.shape for w in weights] != [w.shape for w in model.get_weights()]:
        raise ValueError(f"The network {path.name} has other layers than this model; {remake}")
    model.set_weights([weight.astype(np.float32) for weight in weights])
    return model


def _rounded(model) -> list[np.ndarray]:
    weights = [np.asarray(weight).astype(np.float16) for weight in model.get_weights()]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise ValueError("The weights do not fit into float16; look at the training, it diverged.")
    return weights
