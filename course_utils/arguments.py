"""What a function takes, said once above it and checked before it runs.

    @takes(truth=LABELS("H W"), prediction=LABELS("H W"), threshold=number("[0, 1)"))
    def instance_counts(truth, prediction, threshold=0.5):

Sizes in capitals are equal in all arguments, those in small letters among the items at one place
of `Many`s. `3` is three, `H≥11` at least eleven, `...` any shape, `N N | B N N` one of two; nothing
is empty, but where `n≥0` may be none. A wrong type is a TypeError, all else a ValueError, in one
sentence that names the argument. An argument whose default is None may be None. The function gets
arrays of the kind's dtype.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from . import images


@dataclass(frozen=True)
class Kind:
    """A kind of array. types: dtypes without their sizes. within: an interval, or {0, 1}.

    cast, cure: what to do against a wrong type, a wrong value. dtype: what it is converted to.
    convert: makes a picture of what has the right type. shape: the names of its sizes.
    """

    what: str
    types: str
    within: str = ""
    cast: str = ""
    cure: str = ""
    dtype: str | None = None
    convert: Callable | None = None
    shape: str = ""

    def __call__(self, shape: str) -> "Kind":
        return replace(self, shape=shape)


@dataclass(frozen=True)
class Many:
    """A sequence of items of one kind; its length has a name, as sizes have."""

    length: str
    item: Kind


def number(within: str) -> Kind:
    """A single number in an interval, such as "(0, 1]"."""
    return Kind("a number", "int uint float bfloat", within)


FLAG = Kind("True or False", "bool")
NAME = Kind("a name", "str")
FLOATS = Kind("floats", "float bfloat", "(-inf, inf)", cure="look at the step that made them")
WEIGHTS = replace(FLOATS, within="[0, inf)")
PICTURE = Kind(
    "a picture of floats",
    "float bool",
    "[0, 1]",
    "divide 8-bit pictures by 255",
    "divide 8-bit pictures by 255, bring [-1, 1] back with from_signed",
    "float64",
)
RGB = Kind(
    "a picture of 8 or 16 bits or of floats in [0, 1]",
    "float bool uint",
    "[0, 1]",
    dtype="float32",
    convert=images.to_float,
)
PROBABILITIES = Kind(
    "probabilities as floats",
    "float bfloat bool",
    "[0, 1]",
    "divide uint8 by 255",
    "apply the sigmoid or softmax to logits",
)
MASK = Kind(
    "a mask of 0 and 1",
    "bool int uint float",
    "{0, 1}",
    dtype="bool",
    cure="compare it first, for example probability > 0.5 or labels > 0",
)
LABELS = Kind(
    "integers (one number per cell)",
    "int uint",
    "[0, 16777216]",
    dtype="int32",
    cast="number the cells of a mask with skimage.measure.label",
    cure="number the cells 1, 2, 3, …, and 0 is background",
)
CLASSES = Kind(
    "integers (one class per pixel)",
    "int uint",
    "[0, K)",
    dtype="int32",
    cast="make whole numbers of them with astype or ops.cast",
    cure="void pixels (255, -1) need a class, and the weight 0 where there are weights",
)


@dataclass
class _Item:
    """One array among the arguments. place: in a `Many`."""

    name: str
    kind: Kind
    value: Any
    place: int | None = None


def takes(tensors: bool = False, **kinds):
    """A decorator: arguments are of these kinds. tensors: they become tensors of one float dtype.

    Inside a graph, types and shapes are checked while it is traced, as far as they are known then;
    class numbers outside 0 … K - 1 make the result NaN there, and all of its gradient.
    """

    def decorate(function):
        signature = inspect.signature(function)
        optional = {name for name in kinds if signature.parameters[name].default is None}

        @functools.wraps(function)
        def checked(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = {
                name: value
                for name, value in bound.arguments.items()
                if name in kinds and not (value is None and name in optional)
            }
            found, factor = check(kinds, given, tensors)
            bound.arguments.update(found)
            result = function(*bound.args, **bound.kwargs)
            return _finite(result, factor, function.__name__, kinds) if tensors else result

        checked.takes = kinds
        return checked

    return decorate


takes_tensors = functools.partial(takes, tensors=True)


def check(kinds, given, tensors=False):
    """({name: what a function gets}, None or a factor for its result) of {name: value}."""
    sizes = {}
    items = {name: _items(name, kinds[name], value, sizes) for name, value in given.items()}
    every = [item for some in items.values() for item in some]
    for item in every:
        _read(item, tensors)
    for item in every:
        _fit(item, sizes)
    for item in every:
        _check_range(item, sizes)
    factor = (_to_tensors if tensors else _to_arrays)(every, sizes)
    return {
        name: [item.value for item in some] if isinstance(kinds[name], Many) else some[0].value
        for name, some in items.items()
    }, factor


def _items(name, kind, value, sizes):
    """The items of an argument: itself, or those of a sequence."""
    if not isinstance(kind, Many):
        return [_Item(name, kind, value)]
    try:
        value = None if isinstance(value, str | bytes | dict) else [*value][: len(value)]
    except Exception:  # a number, a generator, a tensor of a graph
        value = None
    if value is None:
        raise TypeError(f"{name} must be a list of items.")
    key, _, least = kind.length.partition("≥")
    count, other = sizes.setdefault(key, (len(value), name))
    if count != len(value):
        raise ValueError(f"There must be as many {name} as {other}, not {len(value)} and {count}.")
    if count < int(least or 1):
        raise ValueError(f"{name} must hold at least {least or 'one'}, not {count}.")
    return [_Item(f"{name}[{n}]", kind.item, each, n) for n, each in enumerate(value)]


def _read(item, tensors):
    """Make an array of the item, or leave it a tensor, and check its type."""
    value, kind = item.value, item.kind
    try:
        if tensors and hasattr(value, "dtype") and not isinstance(value, np.ndarray | np.generic):
            from keras import ops

            value = ops.convert_to_tensor(value)
        else:
            value = np.asarray(value)
    except Exception:  # ragged lists, tensors of a graph: each library has its own error
        value = np.asarray(None)
    found = getattr(value.dtype, "name", str(value.dtype))
    if found.rstrip("0123456789") not in kind.types.split():
        found = type(item.value).__name__ if found == "object" else found
        raise TypeError(f"{item.name} must be {kind.what}, not {found}{_mend(kind.cast)}.")
    try:
        item.value = kind.convert(value) if kind.convert else value
    except (TypeError, ValueError) as error:
        raise type(error)(f"{item.name}: {error}") from None


def _mend(cure):
    return f": {cure}" if cure else ""


def _fit(item, sizes):
    """Check an item's shape, and that its sizes are those of the same names before it."""
    shape, wanted = tuple(item.value.shape), _patterns(item.kind)
    names = next((each for each in wanted if len(each) == len(shape) or each == ["..."]), None)
    if names is None:
        batch = any(each[0] == "B" and len(each) == len(shape) + 1 for each in wanted if each)
        raise _misshapen(item, _mend("add the batch's axis with x[None]") if batch else "")
    if 0 in [n for name, n in zip_longest(names, shape, fillvalue="") if "≥0" not in name]:
        raise ValueError(f"{item.name} must not be empty, but has the shape {shape}.")
    for name, size in [("...", shape)] if names == ["..."] else zip(names, shape):
        name, _, least = name.partition("≥")
        if size is None:  # not known before a graph runs
            continue
        key = name if name.isupper() else (name, item.place)
        known, other = (
            (int(name), item)
            if name.isdigit()
            else (
                (size, item)
                if name.islower() and item.place is None
                else sizes.setdefault(key, (size, item))
            )
        )
        if known != size and other is not item:
            raise ValueError(
                f"{item.name} {shape} doesn't fit {other.name} "
                f"{tuple(other.value.shape)}: {_both(item.kind, other.kind)}."
            )
        if known != size or least and size < int(least):
            raise _misshapen(item)


def _misshapen(item, hint=""):
    shape = tuple(item.value.shape)
    return ValueError(f"{item.name} must have the shape {_wanted(item.kind)}, not {shape}{hint}.")


def _patterns(kind):
    return [each.split() for each in kind.shape.split("|")]


def _wanted(kind):
    """A shape for a sentence: (H, W), or "() of a single number"."""
    texts = [f"({', '.join(names)})" if names else "() of one number" for names in _patterns(kind)]
    return " or ".join(texts)


def _both(one, other):
    """What is wanted of two kinds that don't fit, for a sentence."""
    if one.shape == other.shape:
        return "they need one shape" + ("" if one.shape == "..." else f", {_wanted(one)}")
    return f"they need the shapes {_wanted(one)} and {_wanted(other)}"


def _check_range(item, sizes):
    """Check the values, where they are known: not in a graph."""
    within, values = item.kind.within, _values(item.value)
    if not within or values is None or not np.size(values):
        return
    low, high = values.min(), values.max()
    if within == "{0, 1}":
        good = np.all((values == 0) | (values == 1))
    else:
        ends = within[1:-1].split(", ")
        least, most = (_classes_known(item, sizes) if end == "K" else float(end) for end in ends)
        good = (least <= low if within[0] == "[" else least < low) and (
            high <= most if within[-1] == "]" else high < most
        )
        within = f"{within[0]}{least:g}, {most:.10g}{within[-1]}"
    if not good:
        same = low == high or np.isnan(low)
        found = f"{low:.8g}" if same else f"from {low:.8g} to {high:.8g}"
        raise ValueError(
            f"{item.name} must be {item.kind.what} in {within}, not {found}{_mend(item.kind.cure)}."
        )


def _values(value):
    """The values of an array or tensor, None inside a graph."""
    if isinstance(value, np.ndarray):
        return value
    try:
        return value.numpy()
    except (AttributeError, NotImplementedError):  # of a tensor, of a variable
        return None


def _to_arrays(items, sizes):
    for item in items:
        if item.kind.dtype:
            item.value = item.value.astype(item.kind.dtype, copy=False)
        elif item.value.ndim == 0:
            item.value = item.value.item()


def _to_tensors(items, sizes):
    """Tensors; all floats of one dtype, at least float32. Returns the factor of `check`."""
    from keras import backend, ops

    floats = [
        getattr(item.value.dtype, "name", item.value.dtype)
        for item in items
        if "float" in item.kind.types and item.value.shape != ()
    ]
    dtype, factor = backend.result_type(*floats, "float32"), None
    for item in items:
        if isinstance(item.value, np.ndarray) and item.value.ndim == 0:
            item.value = item.value.item()
        elif item.kind.what == CLASSES.what:
            item.value, factor = _classes(item, sizes, dtype)
        else:
            item.value = ops.cast(ops.convert_to_tensor(item.value), dtype)
    return factor


def _classes(item, sizes, dtype):
    """Class numbers as int32, and in a graph a factor: NaN if one of them is none, else 1."""
    from keras import ops

    labels = ops.convert_to_tensor(item.value)
    if _values(item.value) is not None:
        return ops.cast(labels, "int32"), None
    labels = ops.cast(labels, "int64")
    good = ops.logical_and(labels >= 0, labels < _classes_known(item, sizes))
    labels = ops.cast(ops.where(good, labels, 0), "int32")
    return labels, ops.where(ops.all(good), ops.cast(1, dtype), ops.cast(np.nan, dtype))


def _classes_known(item, sizes):
    if "K" not in sizes:
        raise ValueError(f"{item.name} needs a number of classes known before a graph runs.")
    return sizes["K"][0]


def _finite(result, factor, name, kinds):
    """The result of a loss. Raises ValueError if it is no finite number."""
    if factor is not None:
        return result * factor
    values = _values(result)
    if values is not None and not np.isfinite(values).all():
        raise ValueError(f"{name} is not finite here: {' or '.join(kinds)} may be too large, or 0.")
    return result
