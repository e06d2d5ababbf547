"""Every known mistake, with every operation it can be made with: the right bound refutes it, and it explains itself."""

import functools
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries, mistakes
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput

PAIRS = [(name, operation) for name, mistake in mistakes.MISTAKES.items() for operation in mistake.operations]

CONV1 = {"stride": 1, "padding": (1, 0), "dilation": 1, "groups": 1}
CONV2 = {"stride": (1, 1), "padding": ((1, 1), (1, 0)), "dilation": (1, 1), "groups": 1}
CONV3 = {"stride": (1, 1, 1), "padding": ((1, 0), (1, 1), (0, 1)), "dilation": (1, 1, 1), "groups": 1}
TRANSPOSED1 = {"stride": 2, "padding": (1, 1), "output_padding": 1, "dilation": 1, "groups": 1}
TRANSPOSED2 = CONV2 | {"stride": (2, 2), "padding": ((1, 1), (1, 0)), "output_padding": (1, 0)}
TRANSPOSED3 = CONV3 | {"stride": (2, 1, 1), "output_padding": (1, 0, 0)}
SQUARE = {"x": (2, 3, 7, 7), "w": (3, 3, 3, 3), "b": (3,)}
POOL = {"window": (2, 3), "stride": (2, 2), "padding": ((1, 0), (1, 1))}
SIGNAL_POOL = {"window": 3, "stride": 2, "padding": (1, 0), "dilation": 1, "ceil_mode": False, "divisor": None}
DILATED_POOL = SIGNAL_POOL | {"stride": 3, "padding": (0, 0), "dilation": 2}
VOLUME_POOL = {
    "window": (1, 2, 3),
    "stride": (3, 3, 3),
    "padding": ((0, 0), (0, 0), (0, 0)),
    "dilation": (1, 2, 1),
    "ceil_mode": False,
    "divisor": None,
}
PADDED_POOL = VOLUME_POOL | {
    "window": (2, 2, 2),
    "stride": (3, 2, 4),
    "padding": ((1, 0), (0, 0), (1, 0)),
    "dilation": (1, 1, 1),
}
SIZE = {"size": (7, 6)}
CHANNELS = {"gamma": (4,), "beta": (4,), "mean": (4,), "variance": (4,)}
X, TABLE, WEIGHTS = {"x": (4, 5)}, {"logits": (4, 5), "labels": (4,), "p": (4, 5)}, {"weights": (5,)}
YES = {"logits": (4, 5), "targets": (4, 5), "p": (4, 5)}
SOFT, LOGARITHMS = {"logits": (4, 5), "targets": (4, 5)}, {"x": (4, 5), "labels": (4,)}

CALLS = {
    r"(cross_correlation|convolution)1d": [
        ({"x": (2, 3, 9), "w": (3, 3, 3), "b": (3,)}, CONV1),
        ({"x": (2, 4, 9), "w": (6, 2, 3), "b": (6,)}, CONV1 | {"groups": 2}),
        ({"x": (2, 3, 9), "w": (2, 3, 3), "b": (2,)}, CONV1 | {"padding_mode": "circular"}),
    ],
    r"(cross_correlation|convolution)2d": [
        (SQUARE, CONV2),
        ({"x": (2, 4, 5, 5), "w": (6, 2, 3, 2), "b": (6,)}, CONV2 | {"groups": 2}),
        (SQUARE, CONV2 | {"stride": (3, 4), "padding": ((0, 0), (0, 0))}),
        (SQUARE | {"w": (3, 3, 2, 2)}, CONV2 | {"stride": (2, 2), "dilation": (1, 2), "padding": ((0, 0), (0, 0))}),
        ({"x": (2, 3, 7, 7), "w": (2, 3, 3, 3), "b": (2,)}, CONV2 | {"padding_mode": "reflect"}),
    ],
    "convolution3d": [
        ({"x": (2, 2, 3, 4, 3), "w": (2, 2, 2, 2, 2), "b": (2,)}, CONV3),
        ({"x": (2, 4, 3, 4, 3), "w": (6, 2, 2, 2, 2), "b": (6,)}, CONV3 | {"groups": 2}),
    ],
    "cross_correlation3d": [
        ({"x": (2, 2, 3, 4, 3), "w": (2, 2, 2, 2, 2), "b": (2,)}, CONV3 | {"padding_mode": "reflect"}),
        ({"x": (2, 4, 3, 4, 3), "w": (6, 2, 2, 2, 2), "b": (6,)}, CONV3 | {"groups": 2}),
    ],
    "transposed_convolution1d": [
        ({"x": (2, 3, 5), "w": (3, 3, 3), "b": (3,)}, TRANSPOSED1),
        ({"x": (2, 4, 5), "w": (4, 2, 3), "b": (4,)}, TRANSPOSED1 | {"groups": 2}),
    ],
    "transposed_convolution2d": [
        ({"x": (2, 3, 4, 4), "w": (3, 3, 3, 3), "b": (3,)}, TRANSPOSED2),
        ({"x": (2, 4, 4, 4), "w": (4, 2, 3, 3), "b": (4,)}, TRANSPOSED2 | {"groups": 2}),
    ],
    "transposed_convolution3d": [
        ({"x": (2, 3, 2, 3, 2), "w": (3, 3, 2, 2, 2), "b": (3,)}, TRANSPOSED3),
        ({"x": (2, 4, 2, 3, 2), "w": (4, 2, 2, 2, 2), "b": (4,)}, TRANSPOSED3 | {"groups": 2}),
    ],
    "pad": [({"x": (2, 3, 4, 4)}, {"padding": ((1, 2), (2, 0)), "padding_mode": "reflect"})],
    "fully_connected": [({"x": (4, 12), "w": (12, 12), "b": (12,)}, {}), ({"x": (4, 12), "w": (5, 12), "b": (5,)}, {})],
    "max_pooling1d": [({"x": (2, 3, 9)}, SIGNAL_POOL), ({"x": (2, 3, 8)}, DILATED_POOL)],
    "average_pooling1d": [
        ({"x": (2, 3, 9)}, SIGNAL_POOL | {"count_padding": True}),
        ({"x": (2, 3, 8)}, DILATED_POOL | {"count_padding": True, "divisor": 5}),
        ({"x": (2, 3, 9)}, SIGNAL_POOL | {"count_padding": True, "ceil_mode": True}),
    ],
    "max_pooling3d": [({"x": (2, 2, 6, 6, 6)}, VOLUME_POOL), ({"x": (1, 2, 6, 6, 6)}, PADDED_POOL)],
    "average_pooling3d": [
        ({"x": (2, 2, 6, 6, 6)}, VOLUME_POOL | {"count_padding": True, "divisor": 5}),
        ({"x": (1, 2, 6, 6, 6)}, PADDED_POOL | {"count_padding": True}),
        ({"x": (1, 2, 6, 6, 6)}, PADDED_POOL | {"count_padding": True, "ceil_mode": True}),
    ],
    "max_pooling2d": [
        ({"x": (2, 3, 6, 6)}, POOL),
        ({"x": (2, 3, 6, 6)}, POOL | {"dilation": (2, 1), "ceil_mode": False}),
        ({"x": (2, 3, 7, 7)}, {"window": (3, 3), "stride": (3, 4), "padding": ((0, 0), (0, 0))}),
        ({"x": (2, 3, 8, 8)}, {"window": (2, 1), "stride": (3, 3), "padding": ((0, 0), (0, 0))}),
        ({"x": (2, 3, 6, 6)}, {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}),
    ],
    "average_pooling2d": [
        ({"x": (2, 3, 6, 6)}, POOL | {"count_padding": True, "ceil_mode": True, "stride": (2, 3)}),
        ({"x": (2, 3, 6, 6)}, POOL | {"count_padding": True, "divisor": 5, "dilation": (2, 1)}),
        ({"x": (2, 3, 6, 6)}, POOL | {"count_padding": False}),
        (
            {"x": (2, 3, 7, 7)},
            {"window": (3, 3), "stride": (3, 4), "padding": ((0, 0), (0, 0)), "count_padding": False},
        ),
        (
            {"x": (2, 3, 8, 8)},
            {"window": (2, 1), "stride": (3, 3), "padding": ((0, 0), (0, 0)), "count_padding": False},
        ),
        (
            {"x": (2, 3, 6, 6)},
            {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "count_padding": False},
        ),
    ],
    "nearest_resampling2d": [
        ({"x": (2, 3, 9, 9)}, {"size": (23, 23), "grid": "half_pixel"}),
        ({"x": (2, 3, 9, 8)}, {"size": (24, 28), "grid": "half_pixel", "scale": (2.7, 3.55)}),
    ],
    "bilinear_resampling2d": [
        ({"x": (2, 3, 5, 5)}, {"size": (7, 7), "grid": "half_pixel"}),
        ({"x": (2, 3, 9, 8)}, {"size": (5, 12), "grid": "half_pixel", "scale": (0.6, 1.55)}),
        ({"x": (2, 3, 9, 8)}, {"size": (5, 3), "grid": "half_pixel", "antialias": True}),
    ],
    "area_resampling2d": [({"x": (2, 3, 6, 6)}, {"size": (4, 4)})],
    "bicubic": [
        ({"x": (2, 3, 5, 5)}, {"size": (7, 7), "grid": "half_pixel", "coefficient": -0.75}),
        ({"x": (2, 3, 9, 8)}, {"size": (5, 12), "grid": "half_pixel", "coefficient": -0.75, "scale": (0.6, 1.55)}),
    ],
    "nearest_resampling1d": [
        ({"x": (2, 3, 9)}, {"size": 23, "grid": "half_pixel"}),
        ({"x": (2, 3, 17)}, {"size": 46, "grid": "half_pixel", "scale": 2.75}),
    ],
    "linear_resampling1d": [
        ({"x": (2, 3, 9)}, {"size": 14, "grid": "half_pixel"}),
        ({"x": (2, 3, 9)}, {"size": 5, "grid": "half_pixel", "scale": 0.6}),
        ({"x": (2, 3, 9)}, {"size": 5, "grid": "half_pixel", "antialias": True}),
    ],
    "(nearest|trilinear)_resampling3d": [
        ({"x": (2, 2, 5, 4, 3)}, {"size": (7, 6, 5), "grid": "half_pixel"}),
        ({"x": (2, 2, 5, 4, 3)}, {"size": (3, 6, 4), "grid": "half_pixel", "scale": (0.7, 1.55, 1.4)}),
        ({"x": (2, 2, 5, 4, 3)}, {"size": (3, 2, 2), "grid": "half_pixel", "antialias": True}),
    ],
    "adaptive_(average|max)_pooling1d": [({"x": (2, 3, 11)}, {"size": 4})],
    "adaptive_(average|max)_pooling2d": [({"x": (2, 3, 11, 7)}, {"size": (4, 3)})],
    "adaptive_(average|max)_pooling3d": [({"x": (1, 2, 7, 5, 8)}, {"size": (3, 3, 3)})],
    "area_resampling1d": [({"x": (2, 3, 9)}, {"size": 4})],
    "area_resampling3d": [({"x": (2, 2, 5, 4, 3)}, {"size": (3, 3, 2)})],
    "batch_norm_running": [({"x": (3, 4, 4, 5)} | CHANNELS, {"momentum": 0.1, "correction": 1})],
    "(layer|rms)_norm": [
        ({"x": (3, 4, 6), "gamma": (6,), "beta": (6,)}, {"start": 2, "epsilon": 3e-2}),
        ({"x": (3, 2, 4), "gamma": (2, 4), "beta": (2, 4)}, {"start": 1, "epsilon": 1e-5}),
    ],
    "group_norm": [({"x": (3, 12, 3)} | {n: (12,) for n in ("gamma", "beta")}, {"groups": 3, "epsilon": 3e-2})],
    "instance_norm": [({"x": (3, 4, 5, 2)} | CHANNELS, {"epsilon": 3e-2})],
    "lp_pooling1d": [({"x": (2, 3, 9)}, {"power": 2, "window": 3, "stride": 2, "padding": (1, 0)})],
    "lp_pooling2d": [({"x": (2, 3, 6, 6)}, POOL | {"power": 3})],
    "lp_pooling3d": [({"x": (1, 2, 6, 6, 6)}, PADDED_POOL | {"power": 2, "ceil_mode": False})],
    "flatten": [({"x": (2, 3, 4, 5)}, {"start": 1, "end": 3})],
    "batch_norm": [({"x": (3, 4, 4, 4)} | CHANNELS, {"epsilon": e}) for e in (1e-5, 3e-2)],
    "leaky_relu": [(X, {"alpha": 0.15})],
    "prelu": [({"x": (2, 3, 4), "alpha": (3,)}, {})],
    "gelu": [(X, {"approximate": "none"})],
    "hard_tanh": [(X, {"low": 0.0, "high": 0.75})],
    "hard_sigmoid": [(X, {"slope": 0.15, "offset": 0.5})],
    "softplus": [(X, {"beta": 1.5, "threshold": 0.5})],
    "(c?elu)": [(X, {"alpha": 0.6})],
    "(log_)?softmax": [(X, {"axis": 1})],
    "cross_entropy_of": [(TABLE, {})],
    "binary_cross_entropy_with": [
        (YES, {"reduction": "mean"}),
        (YES | {"weights": (4, 5), "pos_weight": (4, 5)}, {"reduction": "none"}),
    ],
    "binary_cross_entropy": [
        (YES, {"reduction": "mean"}),
        (YES | {"weights": (4, 5)}, {"reduction": "none", "floor": -12.0}),
    ],
    "soft_cross_entropy": [
        (SOFT, {"reduction": "mean", "label_smoothing": 0.15}),
        (SOFT | {"weights": (5,)}, {"reduction": "none"}),
    ],
    "nll_loss": [
        (LOGARITHMS, {"reduction": "none"}),
        (LOGARITHMS | {"weights": (5,)}, {"reduction": "weighted_mean"}),
        (LOGARITHMS | {"weights": (5,)}, {"reduction": "row_mean", "ignore_index": 2}),
    ],
    "cross_entropy": [
        (TABLE, {"reduction": "none"}),
        (TABLE | WEIGHTS, {"reduction": "weighted_mean"}),
        (TABLE | WEIGHTS, {"reduction": "row_mean", "ignore_index": 2}),
        (TABLE | WEIGHTS, {"reduction": "sum", "label_smoothing": 0.15, "weighting": "class"}),
    ],
    "": [(X, {})],
}
"""Shapes and parameters on which the mistakes can be made: by a pattern of the operation's name, the first that fits."""


def calls(operation, dtype):
    """Generic arguments, one call after another: normal numbers, rows that are not quite probabilities, some zeros."""
    entry = catalogue.OPERATIONS[operation]
    chosen = next(found for pattern, found in CALLS.items() if re.match(pattern, operation))
    for i, (shapes, parameters) in enumerate(chosen):
        rng = np.random.default_rng(i)
        arrays = {name: draw(rng, name, shapes[name], dtype) for name in entry.arrays if name in shapes}
        if "upstream" in entry.arrays:
            if operation.startswith(("relu", "absolute", "leaky", "prelu", "hard_tanh", "binary_cross_entropy_with")):
                next(iter(arrays.values())).flat[::7] = 0
            arrays["upstream"] = draw(rng, "upstream", forward(operation, arrays, parameters), dtype)
        arrays = {name: arrays[name] for name in entry.arrays if name in arrays}
        yield arrays, entry.settings(parameters)
    if re.match(r"max_pooling.d_gradient", operation):  # the same with equal numbers
        yield arrays | {"x": np.round(arrays["x"])}, entry.settings(parameters)
    if operation in OVERFLOWING:
        large = {name: a * dtype(200) if name in ("x", "logits") else a for name, a in arrays.items()}
        yield large, entry.settings(parameters)


OVERFLOWING = ("logistic_gradient", "softmax", "cross_entropy", "tanh", "log_softmax", "softplus", "silu")
OVERFLOWING += tuple(
    f"{name}{of}" for name in ("relu6", "hard_tanh", "hard_sigmoid", "hard_swish") for of in ("", "_gradient")
)
"""Numbers times 200, of which no exponential is a number of float32."""


def forward(operation, arrays, parameters):
    """The shape of the result whose gradient is meant."""
    name = operation.removesuffix("_gradient")
    if "_norm" in name:
        return arrays["x"].shape
    given = {n: arrays.get(n) for n in catalogue.OPERATIONS[name].arrays}
    settings = catalogue.OPERATIONS[name].settings(parameters)
    return getattr(libraries.load("numpy"), name)(*given.values(), **settings).shape


def draw(rng, name, shape, dtype):
    if name == "labels":
        return rng.permutation(5)[:4]
    numbers = rng.normal(size=shape)
    if name in ("mean", "variance", "p", "weights", "targets", "pos_weight"):
        numbers = np.abs(numbers) + 0.1
    if name == "p":
        numbers = numbers / numbers.sum(axis=1, keepdims=True) * 0.9
        numbers[:, 1:3] = 1e-9  # below what Keras clips, at the label of one row at least
    if name == "targets":
        numbers = numbers / numbers.max()
    return numbers.astype(dtype)


def library(mistake, operation, arrays, parameters):
    """What a library that makes the mistake returns, by result; only results of the right shapes, as a user would have."""
    lib, names = libraries.load("numpy"), catalogue.OPERATIONS[operation].results
    right = getattr(lib, operation)(*arrays.values(), **parameters)
    try:
        made = mistakes.commit(lib, mistake=mistake, operation=operation, **arrays, **parameters)
    except BadInput:  # it fits no longer: a gradient of another shape
        return {}
    pairs = zip(names, *(y if isinstance(y, tuple) else (y,) for y in (right, made)), strict=True)
    return {name: y for name, wanted, y in pairs if y.shape == wanted.shape}


def possible(mistake, operation, arguments):
    return next(mistakes.readings(mistakes.MISTAKES[mistake], operation, arguments), None) is not None


@pytest.mark.parametrize("mistake, operation", PAIRS)
def test_a_mistake_is_outside_and_explained_by_its_own_name(mistake, operation):
    dtype = np.float64 if mistake.endswith("float32") else np.float32
    for arrays, parameters in calls(operation, dtype):
        if not possible(mistake, operation, arrays | parameters):
            continue
        outputs = library(mistake, operation, arrays, parameters)
        if not outputs:
            continue
        found = adjudicate(operation, inputs=arrays, parameters=parameters, outputs={"mistaken": outputs})
        if found.within:
            continue  # this geometry does not show it
        names = {e.mistake for e in found.explanations["mistaken"]}
        assert mistake in names
        assert names - {mistake} <= COINCIDE.get((mistake, operation), set()) | COINCIDE.get((mistake, ""), set())
        return
    pytest.fail("no call of this file shows the mistake")


COINCIDE = {
    ("inputs rounded to TF32", ""): {
        "inputs rounded to float16"
    },  # both have 11 bits, and nothing here leaves float16's range
    ("inputs rounded to float16", ""): {"inputs rounded to TF32"},
}
"""Which other mistakes come to the same numbers on these arrays: of one operation, or ("") of all."""


@pytest.mark.parametrize("operation", catalogue.OPERATIONS)
def test_every_operation_has_mistakes_and_the_right_result_is_within(operation):
    assert len([m for m in mistakes.known(operation) if not m.name.startswith("result rounded")]) >= 2
    lib, names = libraries.load("numpy"), catalogue.OPERATIONS[operation].results
    for arrays, parameters in calls(operation, np.float32):
        y = getattr(lib, operation)(*arrays.values(), **parameters)
        outputs = dict(zip(names, y if isinstance(y, tuple) else (y,), strict=True))
        assert adjudicate(operation, inputs=arrays, parameters=parameters, outputs={"right": outputs}).within


def test_a_mistake_that_cannot_be_made_says_so():
    lib, x = libraries.load("numpy"), np.ones((1, 4), np.float32)
    with pytest.raises(
        ValueError, match="mistake='bias forgotten': cannot be made with these arguments of fully_connected"
    ):
        mistakes.commit(
            lib, x, np.ones((2, 4), np.float32), None, mistake="bias forgotten", operation="fully_connected"
        )


def test_a_mistaken_operation_can_be_sent_to_a_worker():
    mutant = functools.partial(mistakes.commit, mistake="weights transposed", operation="fully_connected")
    x, w = np.arange(3, dtype=np.float32)[None], np.arange(9, dtype=np.float32).reshape(3, 3)
    again = pickle.loads(pickle.dumps(mutant))
    assert np.array_equal(again(libraries.load("numpy"), x, w, None), x @ w)


def test_no_two_mistakes_have_one_name():
    named = [one.name for part in vars(mistakes).values() for one in getattr(part, "MISTAKES", ())]
    assert len(named) == len(set(named)) == len(mistakes.MISTAKES)


# --- the page ----------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"
HEAD = """# Known mistakes

What `lecture-claims adjudicate` tries on an output that lies outside its bound or is unlike rounding, and what claims are put to the test with: a
library that makes the mistake must be refuted (those in italics are tried by `adjudicate` alone). For each operation of the third column (and its gradient where there is an
asterisk) a test makes the mistake and sees that the right bound refutes it and that it is explained by its own name. The
last column is where somebody made it, or asked why their numbers differ; a dash: an example of its kind.

Written by `make pages` from [`reference/mistakes/`](../reference/mistakes/).

| mistake | what was done | with | to change | seen |
| --- | --- | --- | --- | --- |
"""


def page():
    return HEAD + "".join(
        f"| {m.name if m.probed else f'*{m.name}*'} | {m.says} | {with_which(m.operations)} | {m.remedy} | {f'[{short(m.seen)}]({m.seen})' if m.seen else '–'} |\n"
        for m in mistakes.MISTAKES.values()
    )


def with_which(operations):
    if len(operations) == len(catalogue.OPERATIONS):
        return "every operation"
    names = [
        name
        for name in operations
        if name.removesuffix("_gradient") not in operations or not name.endswith("_gradient")
    ]
    return ", ".join(name + ("*" if f"{name}_gradient" in operations else "") for name in names).replace("_", " ")


def short(url):
    """owner/repository#number."""
    _, _, _, owner, repository, _, number = url.split("/")
    return f"{owner}/{repository}#{number}"


def test_the_page_lists_what_the_code_knows():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make pages` to write it again"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
