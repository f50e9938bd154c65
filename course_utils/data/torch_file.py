"""PyTorch's older files of weights, read without PyTorch: tensors, and nothing else, come out.

Such a file is a row of pickles: a magic number, a version, facts about the machine, a dictionary of
tensors that name their storages, and the list of these; then each storage, after its length. A
pickle can call whatever it names, so `Tensors` admits three kinds of names. Source of the layout:
`torch.serialization._legacy_save`.
"""

import io
import pickle
from collections import OrderedDict

import numpy as np

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}


def read(content: bytes) -> dict:
    """{name: array} of a file's tensors, of their own shapes and types.

    Raises ValueError in one sentence for a file that is damaged or asks for more than tensors.
    """
    try:
        return _read(io.BytesIO(content))
    except Exception as error:  # a damaged pickle raises whatever it hits on
        raise ValueError(f"This is no whole PyTorch file of mere tensors: {error}.") from error


def _read(file):
    if (Tensors(file).load(), Tensors(file).load()) != (MAGIC, VERSION):
        raise ValueError("it begins otherwise")
    Tensors(file).load()  # of the machine: its byte order is the only one there is
    pickled = Tensors(file)
    tensors, keys = pickled.load(), Tensors(file).load()
    storages = {}
    for key in keys:
        kind = np.dtype(STORAGES[pickled.types[key]])
        storages[key] = kind, file.read(kind.itemsize * int.from_bytes(file.read(8), "little"))
    return {name: _array(*storages[key], *layout) for name, (key, *layout) in tensors.items()}


class Tensors(pickle.Unpickler):
    """An unpickler that knows dictionaries, tensors and their storages, and refuses other names."""

    def __init__(self, file):
        super().__init__(file)
        self.types = {}

    def find_class(self, module, name):
        """What stands for a name: an ordered dictionary itself, for PyTorch's names our own."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _layout
        if module == "torch" and name in STORAGES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, told):
        """The key of a storage, which is read later; its type is noted."""
        _, kind, key, *_ = told
        self.types[key] = kind
        return key


def _layout(key, offset, shape, strides, *_):
    """What a tensor is until its storage is read."""
    return key, offset, shape, strides


def _array(kind, storage, offset, shape, strides):
    """A tensor as an array; NumPy refuses one that reaches beyond its storage."""
    size = kind.itemsize
    return np.ndarray(shape, kind, storage, offset * size, [size * step for step in strides]).copy()
