"""Each public loss and metric × each kind of wrong argument: one sentence, never a number."""

import inspect
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import arguments, losses, metrics
from course_utils.arguments import CLASSES, FLOATS, NAME, Many, number, takes

rng = np.random.default_rng(0)
MASKS = {"truth": rng.random((6, 7)) > 0.5, "prediction": rng.random((6, 7)) > 0.5}
CELLS = np.kron(rng.integers(0, 4, (3, 3)), np.ones((5, 5), int))
PAIR = {"truth": CELLS, "prediction": np.roll(CELLS, 1, 0)}
LISTS = {"truths": [CELLS, CELLS.T], "predictions": [CELLS[::-1], CELLS]}
INSIDE = rng.random(CELLS.shape)
PICTURES = {"truth": rng.random((12, 13, 3)), "prediction": rng.random((12, 13, 3))}
SETS = {"truths": rng.random((2, 15, 15, 3)), "predictions": rng.random((2, 15, 15, 3))}
NAMES = {"classes": ("wall", "window", "sill", "door")}
LOGITS = rng.normal(size=(2, 15, 15, 4)).astype(np.float32)
CLASS = {"labels": np.stack(LISTS["truths"])}
OVERLAPS = {"ious": [rng.random((2, 3)), rng.random((4, 2))]}
KINDS = {"truths": [[1, 2], [1, 1, 2, 1]], "predictions": [[1, 2, 1], [2, 1]]}
LAYER = rng.random((1, 4, 5, 3), np.float32)
SCORES = rng.normal(size=(2, 3, 3, 1)).astype(np.float32)
PEOPLE = rng.random((3, 12, 13, 3))


def edges(pictures):
    """A stand-in for a feature network: differences of neighbours."""
    return {"down": pictures[:, 1:] - pictures[:, :-1]}


GOOD = {  # name of a function: arguments that it takes; each public function has a line
    metrics: {
        "iou": MASKS,
        "dice": MASKS,
        "instance_counts": PAIR | {"threshold": 0.5},
        "instance_f1": PAIR | {"threshold": 0.5},
        "pooled_f1": LISTS | {"threshold": 0.5},
        "mean_average_precision": PAIR | {"thresholds": (0.5, 0.7)},
        "mask_iou": {name: value[..., 0] > 0.5 for name, value in SETS.items()},
        "average_precision": OVERLAPS
        | KINDS
        | {"scores": [rng.random(3), rng.random(2)], "thresholds": (0.5, 0.7), "most": 9},
        "merges": {"probability": INSIDE, "truth": CELLS, "threshold": 0.5, "share": 0.5},
        "adapted_rand_error": PAIR,
        "class_scores": LISTS | NAMES,
        "fcn_scores": LISTS | NAMES | {"thin": ("sill",)},
        "rmse": PICTURES,
        "psnr": PICTURES,
        "mae": PICTURES,
        "ssim": PICTURES,
        "ssim_window": {"x": SCORES, "y": -SCORES},
        "binary_cross_entropy": PICTURES,
        "page_scores": dict(zip(("clean", "cleaned"), SETS.values())),
        "sharpness": dict(zip(("real", "generated"), SETS.values()))
        | {"labels": LISTS["truths"], "distance": 2},
        "picture_scores": SETS | {"labels": LISTS["truths"]},
        "portrait_scores": SETS,
        "found_share": SETS,
        "colour_scores": SETS | {"masks": [np.tri(*each.shape[:2]) for each in SETS["truths"]]},
        "colourfulness": {"picture": PICTURES["truth"]},
        "colour_error": PICTURES | {"mask": np.tri(12, 13)},
        "segmentation_scores": LISTS,
        "skin_errors": {"truths": PEOPLE, "predictions": 1 - PEOPLE, "skins": PEOPLE[..., 0] > 0.3},
        "grid": {"pictures": SETS["truths"], "period": 2},
        "texture_distance": dict(zip(("made", "true"), SETS.values())) | {"features": edges},
        "precision_recall": {"real": INSIDE, "fake": INSIDE[:9], "neighbours": 3},
        "diversity": {"answers": np.stack(list(SETS.values())), "others": SETS["truths"]},
    },
    losses: {
        "weighted_cross_entropy": CLASS | {"logits": LOGITS, "weights": np.abs(LOGITS[..., 0])},
        "soft_cross_entropy": {"targets": np.abs(LOGITS), "logits": LOGITS}
        | {"weights": np.abs(LOGITS[..., 0])},
        "structural_dissimilarity": dict(zip(("truth", "prediction"), SETS.values()))
        | {"data_range": 1.0},
        "content_loss": {"features": LAYER, "target": LAYER[:, ::-1]},
        "gram_matrix": {"features": LAYER},
        "total_variation": {"pictures": LAYER},
        "style_loss": {
            "gram": np.eye(3, dtype=np.float32)[None],
            "target": np.ones((3, 3)),
            "places": 20,
            "target_places": 30,
        },
        "adversarial_loss": {"logits": SCORES, "real": True},
        "perceptual_distance": {"features": LAYER, "target": LAYER[:, ::-1]},
        "identity_loss": {"vectors": LOGITS[0, 0], "target": LOGITS[1, 0]},
        "absolute": {"first": SCORES, "second": -SCORES},
        "smooth_l1": {"difference": SCORES, "beta": 0.5},
        "least_squares": {"scores": SCORES, "aim": 1},
        "flow_matching_loss": {"velocity": SCORES, "noise": -SCORES, "picture": 2 * SCORES},
    },
}
INFINITE = ("psnr", "page_scores", "colour_scores")  # for equal pictures
CASES = [
    (getattr(module, name), good) for module, table in GOOD.items() for name, good in table.items()
]
ANYTHING = {
    "nothing": None,
    "a text": "0.5",
    "an object": object(),
    "a dictionary": {"a": 1},
    "objects": np.array([None, 1]),
    "ragged": [[1.0], [1.0, 2.0]],
    "complex": 1j,
    "dates": np.array(["2026-01-01"], "datetime64[D]"),
}


def public(module):
    """The names of a module's own public functions, and of those of its modules."""
    rooms = [each for _, each in inspect.getmembers(module, inspect.ismodule)]
    rooms = [each for each in rooms if each.__name__.startswith(module.__name__)]
    return {
        name
        for room in (module, *rooms)
        for name, each in inspect.getmembers(room, inspect.isfunction)
        if not name.startswith("_") and each.__module__.startswith(module.__name__)
    }


@pytest.mark.parametrize("module", [metrics, losses])
def test_each_public_function_says_what_it_takes_and_stands_in_the_table(module):
    assert public(module) == set(GOOD[module])
    for name in public(module):
        function = getattr(module, name)
        networks = {"features"} if function is metrics.texture_distance else set()
        assert {*function.takes, *networks} == set(inspect.signature(function).parameters), name


def wrong_values(kind, good):
    """{what is wrong: value} for one argument of a kind, made from a good one."""
    array, bad = np.asarray(good), dict(ANYTHING)
    types, within = kind.types.split(), kind.within
    if kind is NAME:
        del bad["a text"]
    if kind.shape == "":
        bad |= {"two numbers": [good, good], "a tensor": np.ones((1, 1))}
    else:
        bad |= {"a number": 0} | ({} if "≥0" in kind.shape else {"empty": array[:0]})
        bad |= (
            {} if kind.shape == "..." else {"an axis more": array[..., None], "one less": array[0]}
        )
    if "float" in types and array.dtype.kind == "f" or kind.what == "a number":
        bad |= {"not a number": array * np.nan, "infinity": array + np.inf}
        bad |= {} if within.startswith("(-inf") else {"below": array - 2e30}
    if within.endswith("1]") and "bool" in types:
        bad |= {"tanh": 2 * array - 1.5, "0 to 255": array * 255.0 + 2}
    if "int" not in types and types[0] not in ("str", "bool"):
        bad |= {"uint8": np.full(array.shape, 200, np.uint8), "zeros": np.zeros(array.shape, int)}
    if types[0] == "int" and "float" not in types:
        bad |= {
            "void": array * 0 - 1,
            "huge": array.astype(np.int64) + 2**33,
            "floats": array * 1.0,
            "mask": array > 0,
        }
    if kind.what == CLASSES.what:
        bad |= {"void 255": array * 0 + 255, "void in uint8": np.full(array.shape, 255, np.uint8)}
    return bad


def refused(function, arguments, name):
    """The one sentence with which it refuses an argument."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((TypeError, ValueError)) as caught:
            function(**arguments)
    said = str(caught.value)
    assert type(caught.value) in (TypeError, ValueError), said
    assert name in said and said.endswith(".") and ". " not in said and "\n" not in said, said
    return said


@pytest.mark.parametrize(("function", "good"), CASES, ids=[each.__name__ for each, _ in CASES])
def test_each_wrong_argument_is_refused_by_name(function, good):
    function(**good)
    for name, kind in function.takes.items():
        many = isinstance(kind, Many)
        bad = wrong_values(kind.item if many else kind, good[name][0] if many else good[name])
        if inspect.signature(function).parameters[name].default is None:
            del bad["nothing"]
        for value in bad.values():
            if many:
                refused(function, good | {name: [value, *good[name][1:]]}, f"{name}[0]")
            else:
                refused(function, good | {name: value}, name)
        for value in (None, 3, 1.5, "wall", {"a": 1}, object()) if many else ():
            if (
                value is not None
                or inspect.signature(function).parameters[name].default is not None
            ):
                refused(function, good | {name: value}, name)


@pytest.mark.parametrize(("function", "good"), CASES, ids=[each.__name__ for each, _ in CASES])
def test_arguments_that_do_not_fit_each_other_are_refused(function, good):
    arrays = [
        name
        for name, kind in function.takes.items()
        if (kind.item if isinstance(kind, Many) else kind).shape
        not in ("", "N N | B N N", "n h≥8 w≥8 3")
    ]
    for name in arrays[1:]:
        many, value = isinstance(function.takes[name], Many), good[name]
        first = np.asarray(value[0] if many else value)
        smaller = first[:, 1:] if first.ndim > 1 else first[1:]
        smaller = [smaller, *value[1:]] if many else smaller
        refused(function, good | {name: smaller}, name)
        if many:
            refused(function, good | {name: [*value, value[0]]}, name)


def test_a_wrong_number_of_arguments_is_a_type_error():
    with pytest.raises(TypeError, match="missing a required argument: 'prediction'"):
        metrics.iou(MASKS["truth"])


def test_an_error_inside_a_list_names_the_item():
    pictures = [rng.random((12, 12, 3)) for _ in range(3)]
    with pytest.raises(ValueError, match=r"predictions\[2\] must be a picture .* not nan"):
        metrics.portrait_scores(pictures, [*pictures[:2], np.full((12, 12, 3), np.nan)])
    with pytest.raises(ValueError, match=r"predictions\[1\] .* doesn't fit truths\[1\]"):
        metrics.picture_scores(pictures, [pictures[0], pictures[1][:11], pictures[2]])


# Random input ------------------------------------------------------------------------------------


def numbers(value):
    """All numbers in an answer."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in numbers(part)]
    return [
        np.asarray(part, np.float64) for part in (value if isinstance(value, tuple) else [value])
    ]


def random_input(kind, rng):
    """Something like an argument of a kind, more or less wrong."""
    if isinstance(kind, Many):
        return [random_input(kind.item, rng) for _ in range(rng.integers(0, 4))]
    if not kind.shape:
        return rng.choice([0, 0.5, 1, -1, np.nan, np.inf, 1e-300, 1e300, 2, True], 1)[0]
    shape = tuple(rng.choice([0, 1, 2, 11, 12], rng.integers(1, 5), p=[0.02, 0.08, 0.1, 0.5, 0.3]))
    values = rng.choice([rng.integers(0, 3, shape), rng.random(shape), rng.integers(0, 2, shape)])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values * rng.choice([1, 1, 1, 1, 1e-200, 1e30, 1e300, -1, np.nan, np.inf, 255])
        return values.astype(
            rng.choice(["float64", "float32", "float16", "int64", "uint8", "bool"])
        )


@pytest.mark.parametrize(("function", "good"), CASES, ids=[each.__name__ for each, _ in CASES])
def test_random_input_gives_a_number_or_a_sentence(function, good):
    rng = np.random.default_rng(5)
    for _ in range(150):
        some = {
            name: random_input(function.takes[name], rng)
            if name in function.takes and rng.random() < 0.4
            else value
            for name, value in good.items()
        }
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                answer = function(**some)
            except (TypeError, ValueError) as error:
                assert type(error) in (TypeError, ValueError), error
                assert str(error).endswith(".") and "\n" not in str(error), error
                continue
        for each in numbers(answer):
            assert np.isfinite(each).all() or function.__name__ in INFINITE, some
            assert not np.isnan(each).any(), some


# In a graph --------------------------------------------------------------------------------------


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_in_a_graph_void_labels_make_loss_and_gradient_nan(jit, dtype):
    labels, logits, weights = CLASS["labels"].astype(dtype), LOGITS, np.ones_like(LOGITS[..., 0])

    @tf.function(jit_compile=jit)
    def both(labels, logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.weighted_cross_entropy(labels, logits, weights)
        return loss, tape.gradient(loss, logits)

    loss, slopes = both(labels, logits)
    assert np.isfinite(slopes).all()
    assert float(loss) == pytest.approx(
        float(losses.weighted_cross_entropy(labels, logits, weights))
    )
    for void in {"uint8": (4, 255), "int32": (4, 255, -1), "int64": (4, -1, 2**32, 2**32 + 1)}[
        dtype
    ]:
        wrong = labels.copy()
        wrong[0, 0, 0] = void
        loss, slopes = both(wrong, logits)
        assert np.isnan(loss) and np.isnan(slopes).all(), void
        with pytest.raises(ValueError, match=r"labels must be integers .* in \[0, 4\)"):
            losses.weighted_cross_entropy(wrong, logits, weights)


def test_in_a_graph_types_and_known_shapes_are_checked():
    def traced(*kinds):
        tf.function(losses.weighted_cross_entropy).get_concrete_function(
            *map(tf.TensorSpec, *kinds)
        )

    size = None, None, None
    traced((size, (*size, 3), size), (tf.int32, tf.float32, tf.float32))
    with pytest.raises(TypeError, match="labels must be integers"):
        traced((size, (*size, 3), size), (tf.float32, tf.float32, tf.float32))
    with pytest.raises(ValueError, match=r"weights \(None, None, 8\) doesn't fit labels"):
        traced(((1, 9, 9), (*size, 3), (None, None, 8)), (tf.int32, tf.float32, tf.float32))
    with pytest.raises(ValueError, match="number of classes"):
        traced((size, (*size, None), size), (tf.int32, tf.float32, tf.float32))


def test_ssim_of_pictures_whose_sides_are_not_known_before_the_graph_runs():
    x, y = (rng.random((2, 14, 17, 3)).astype(np.float32) for _ in range(2))
    spec = tf.TensorSpec((None, None, None, 3))
    in_graph = tf.function(losses.structural_dissimilarity, input_signature=[spec, spec])
    assert float(in_graph(x, y)) == pytest.approx(
        float(losses.structural_dissimilarity(x, y)), rel=1e-5
    )


@pytest.mark.parametrize("kind", [tf.Variable, keras.Variable])
def test_a_variable_is_taken_in_and_outside_a_graph(kind):
    picture = kind(LAYER)
    expected = float(losses.total_variation(LAYER)[0])
    in_graph = tf.function(lambda: losses.total_variation(picture)[0])
    found = [float(losses.total_variation(picture)[0]), float(in_graph())]
    assert found == pytest.approx([expected, expected])
    with tf.GradientTape() as tape:
        loss = losses.total_variation(picture)
    assert np.abs(tape.gradient(loss, picture if kind is tf.Variable else picture.value)).max() > 0


def test_half_precision_does_not_overflow():
    x, y = (rng.random((1, 16, 16, 3)).astype(np.float16) for _ in range(2))
    bright = losses.structural_dissimilarity(x * 255, y * 255, 255)
    assert float(bright) == pytest.approx(float(losses.structural_dissimilarity(x, y)), abs=2e-3)
    gram = np.full((1, 2, 2), 6e4, np.float16)
    assert float(losses.style_loss(gram, -gram[0], 1)[0]) == pytest.approx(
        (1.2e5) ** 2 / 4, rel=1e-2
    )


def test_a_loss_beyond_its_floats_says_so():
    with pytest.raises(ValueError, match="content_loss is not finite here"):
        losses.content_loss(LAYER * np.float32(1e30), LAYER)


def test_arguments_that_may_be_left_out_and_the_types_that_come():
    @takes(mask=arguments.MASK("H W"), more=FLOATS("H"), share=number("(0, 1]"))
    def given(mask, more=None, share=1):
        return mask, more, share

    mask, more, share = given([[0, 1]])
    assert mask.dtype == bool and more is None and share == 1
    assert given(np.ones((2, 2)), [0.5, 1.0], np.float32(0.5))[2] == 0.5
    with pytest.raises(TypeError, match="mask must be a mask of 0 and 1, not NoneType"):
        given(None)
