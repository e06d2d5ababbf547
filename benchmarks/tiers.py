"""The second tier of ``adjudicate``: how often it cries wolf over what libraries rightly compute, on data of every kind, and how near it comes."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import ml_dtypes  # noqa: F401 - NumPy knows the name bfloat16 once it is imported
import numpy as np
from lectureclaims.claims import adjudicate
from lectureclaims.claims.adjudication import Adjudication
from lectureclaims.reference.libraries import Unsupported
from lectureclaims.reference.operators import catalogue

from .table import Table

FORMATS = ("float32", "float64", "float16", "bfloat16")
SEEDS = 1

WRONG = ("outside", "unlike rounding")

TITLE = "Second tier: what honest results of libraries come to"

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
Calls = Callable[[np.dtype, np.random.Generator], Iterator[tuple[str, dict[str, Any], dict[str, Any]]]]
"""(operation, arrays, parameters) of each trial."""


def _count(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(np.float64)


KINDS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "offset": lambda rng, shape: 1000 + rng.standard_normal(shape),
    "log-normal": lambda rng, shape: np.exp(2 * rng.standard_normal(shape)),
    "ReLU": lambda rng, shape: np.maximum(rng.standard_normal(shape), 0),
    "ones": lambda rng, shape: np.ones(shape),
    "tenths": lambda rng, shape: np.full(shape, 0.1),
    "three numbers": lambda rng, shape: rng.choice([0.1, 0.3, 0.7], shape),
    "image": lambda rng, shape: rng.integers(0, 256, shape) / 255,
    "smooth image": lambda rng, shape: (np.cumsum(rng.integers(-2, 3, shape)).reshape(shape) % 256) / 255,
    "counting": lambda rng, shape: _count(shape),
    "ramp": lambda rng, shape: _count(shape) / _count(shape).max() * 2 - 1,
    "sorted": lambda rng, shape: np.sort(rng.standard_normal(shape), axis=None).reshape(shape),
    "sine": lambda rng, shape: np.sin(0.05 * _count(shape)),
    "alternating": lambda rng, shape: np.where(_count(shape) % 2, 1.1, -1.1),
    "plus then minus": lambda rng, shape: np.where(2 * _count(shape) < _count(shape).max(), 1, -1) * rng.random(shape),
    "equal rows": lambda rng, shape: np.broadcast_to(rng.standard_normal(shape[-1:]), shape).copy(),
}
"""What numbers may be like; those from "ones" on have a structure of which the model of independent errors knows nothing."""

CONVOLUTION = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
SUMS = {
    "cross_correlation2d": (
        CONVOLUTION,
        [((2, 8, 10, 10), (6, 8, 3, 3)), ((1, 64, 7, 7), (8, 64, 3, 3)), ((4, 1, 12, 12), (3, 1, 5, 5))],
    ),
    "fully_connected": ({}, [((16, 300), (10, 300)), ((5, 3000), (4, 3000)), ((200, 16), (8, 16))]),
}
"""Operation → parameters, and shapes of x and w."""
NORMS = [(4, 3, 5, 5), (8, 3, 28, 28)]
ROWS: dict[str, dict[str, Any]] = {
    "layer_norm": {"start": 1},
    "rms_norm": {"start": 2},
    "group_norm": {"groups": 2},
    "instance_norm": {},
}
ROW_SHAPES = [(3, 4, 5), (2, 4, 300)]


def calls(dtype: np.dtype, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(operation, arrays, parameters), of every kind of x with every kind of weights, or of upstream gradient."""
    for x_like in KINDS:
        for w_like in KINDS:
            for operation, (parameters, shapes) in SUMS.items():
                x_shape, w_shape = shapes[rng.integers(len(shapes))]
                x, w = drawn(x_like, rng, x_shape, dtype), drawn(w_like, rng, w_shape, dtype)
                yield operation, {"x": x, "w": w, "b": rng.standard_normal(w_shape[0]).astype(dtype)}, parameters
                space = x_shape[2:] if w_shape[-1:] == (3,) else tuple(n - 2 for n in x_shape[2:])
                upstream = drawn(w_like, rng, (x_shape[0], w_shape[0], *space), dtype)
                weights = rng.standard_normal(w_shape).astype(dtype)
                yield f"{operation}_gradient", {"x": x, "w": weights, "upstream": upstream}, parameters
        for shape in NORMS:
            x, gamma = drawn(x_like, rng, shape, dtype), rng.standard_normal(3).astype(dtype)
            yield "batch_norm_training", {"x": x, "gamma": gamma, "beta": gamma}, {"epsilon": 1e-5}
            given = {"mean": gamma, "variance": np.abs(gamma), "upstream": drawn("normal", rng, shape, dtype)}
            yield "batch_norm_inference_gradient", {"x": x, "gamma": gamma} | given, {"epsilon": 1e-5}
            x = drawn(x_like, rng, (4, 500), dtype)
            yield "softmax", {"x": x}, {"axis": 1}
            labels = rng.integers(0, 500, 4)
            yield "cross_entropy", {"logits": x, "labels": labels}, {}
        for form in ("none", "tanh") if dtype != np.float64 else ():  # there TensorFlow's constants are float32's
            x = drawn(x_like, rng, (400,), dtype) * np.asarray(4, dtype)
            arrays = {"x": x, "upstream": drawn("normal", rng, (400,), dtype)}
            yield "gelu_gradient", arrays, {"approximate": form}
        for (operation, settings), shape in itertools.product(ROWS.items(), ROW_SHAPES):
            settings = settings | {"epsilon": 1e-5}
            of = shape[settings["start"] :] if "start" in settings else shape[1:2]
            x, gamma = drawn(x_like, rng, shape, dtype), rng.standard_normal(of).astype(dtype)
            beta = {} if operation == "rms_norm" else {"beta": gamma[::-1]}
            yield operation, {"x": x, "gamma": gamma, **beta}, settings
            upstream = drawn("normal", rng, shape, dtype)
            yield f"{operation}_gradient", {"x": x, "gamma": gamma, "upstream": upstream}, settings
        yield from losses(x_like, dtype, rng)


REDUCTIONS = ("none", "sum", "row_mean", "weighted_mean")


def losses(
    like: str, dtype: np.dtype, rng: np.random.Generator
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Losses and their gradients: each reduction, with and without weights, smoothing and rows that are left out."""
    for rows, classes in ((40, 7), (5, 300)):
        x, labels = drawn(like, rng, (rows, classes), dtype), rng.integers(0, classes, rows)
        weights = rng.uniform(0.1, 3, classes).astype(dtype)
        for reduction, weighed in itertools.product(REDUCTIONS, (weights, None)):
            upstream = rng.standard_normal(rows if reduction == "none" else 1).astype(dtype)
            for smooth, weighting, left_out in ((0.0, "class", 2), (0.1, "class", None), (0.1, "row", 2)):
                given = {"label_smoothing": smooth, "weighting": weighting, "ignore_index": left_out}
                given["reduction"] = reduction
                yield from both("cross_entropy", {"logits": x, "labels": labels}, weighed, upstream, given)
            left_out = {"ignore_index": 2, "reduction": reduction}
            yield from both("nll_loss", {"x": x, "labels": labels}, weighed, upstream, left_out)
        yield from binary_losses(x[:, :7], rng)
        targets = np.exp(rng.standard_normal((rows, classes)))
        targets = (targets / targets.sum(axis=1, keepdims=True)).astype(dtype)
        for reduction, weighed, smooth in itertools.product(("none", "sum", "mean"), (weights, None), (0.0, 0.1)):
            upstream = rng.standard_normal(rows if reduction == "none" else 1).astype(dtype)
            given = {"label_smoothing": smooth, "reduction": reduction}
            yield from both("soft_cross_entropy", {"logits": x, "targets": targets}, weighed, upstream, given)


def binary_losses(x: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Targets of 0 and 1, and between them."""
    x = np.where(x == 0, x.dtype.type(0.5), x)  # at 0 TensorFlow's weighed gradient is another: a known mistake
    scale, shape, dtype = min(1.0, 10 / float(np.abs(x.astype(np.float64)).max())), x.shape, x.dtype
    weights, positive = (rng.uniform(0.1, 3, shape).astype(dtype) for _ in range(2))
    p = (1 / (1 + np.exp(-scale * x.astype(np.float64)))).astype(dtype)
    ends = float(dtype.type(1e-3)), float(dtype.type(1) - dtype.type(1e-3))
    for hard, reduction in itertools.product((True, False), ("none", "sum", "mean")):
        targets = (rng.integers(0, 2, shape) if hard else rng.random(shape)).astype(dtype)
        upstream = rng.standard_normal(shape if reduction == "none" else 1).astype(dtype)
        given = {"reduction": reduction}
        for weighed, q in ((weights, positive), (None, positive), (None, None)):
            name = "binary_cross_entropy_with_logits"
            yield name, {"logits": x, "targets": targets, "weights": weighed, "pos_weight": q}, given
            both = {"logits": x, "targets": targets, "upstream": upstream, "weights": weighed, "pos_weight": q}
            yield f"{name}_gradient", both, given
        for floor, clip in ((-100.0, None), (None, ends)):
            given = {"floor": floor, "clip": clip, "reduction": reduction}
            yield "binary_cross_entropy", {"p": p, "targets": targets, "weights": weights}, given
            both = {"p": p, "targets": targets, "upstream": upstream, "weights": weights}
            yield "binary_cross_entropy_gradient", both, given


def both(
    name: str, scores: dict[str, Any], weights: np.ndarray | None, upstream: np.ndarray, parameters: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    yield name, scores | {"weights": weights}, parameters
    yield f"{name}_gradient", scores | {"upstream": upstream, "weights": weights}, parameters


def drawn(kind: str, rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    numbers = KINDS[kind](rng, shape)
    if dtype == np.float16:  # so that no sum leaves its range
        numbers = numbers / np.abs(numbers).max()
    return numbers.astype(dtype)


def judged(library: ModuleType, operation: str, arrays: dict[str, Any], parameters: dict[str, Any]) -> Adjudication:
    if not hasattr(library, operation):
        raise Unsupported(operation)
    y = getattr(library, operation)(*arrays.values(), **parameters)
    results = dict(zip(catalogue.OPERATIONS[operation].results, y if isinstance(y, tuple) else (y,), strict=True))
    return adjudicate(operation, inputs=arrays, outputs={"library": results}, parameters=parameters)


def run(
    libraries: dict[str, ModuleType], *, absent: Sequence[str] = (), title: str = TITLE, drawn_from: Calls = calls
) -> Iterator[Table]:
    trials: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    nearest: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    departures: Counter[str] = Counter()
    for dtype in map(np.dtype, FORMATS):
        for seed in range(SEEDS):
            for operation, arrays, parameters in drawn_from(dtype, np.random.default_rng(seed)):
                for name, library in libraries.items():
                    try:
                        with np.errstate(all="ignore"):
                            found = judged(library, operation, arrays, parameters)
                    except (Unsupported, NotImplementedError):  # of a format, too
                        continue
                    place = operation, dtype.name
                    standing = found.standing("library")
                    trials[place][standing] += 1
                    departures[f"{operation} of {name} in {dtype.name} ({standing})"] += standing in WRONG
                    for f in found.findings:
                        nearest[place]["element"] = max(nearest[place]["element"], f.likely)
                        for one in f.statistics:
                            nearest[place][one.name] = max(nearest[place][one.name], one.excess)
    statistics = ("element", "mean square", "bias", "one weight")
    rows = [
        [
            operation,
            dtype,
            str(counts.total()),
            *(str(counts[standing]) for standing in ("outside", "unlike rounding", "cannot tell")),
            *(
                f"{nearest[operation, dtype][name]:.2g}" if name in nearest[operation, dtype] else "–"
                for name in statistics
            ),
        ]
        for (operation, dtype), counts in sorted(trials.items())
    ]
    total = sum((counts for counts in trials.values()), Counter())
    wrong = ", ".join(f"{count} × {what}" for what, count in sorted(departures.items()) if count)
    rows.append(
        [
            "**all**",
            "",
            str(total.total()),
            *(str(total[s]) for s in ("outside", "unlike rounding", "cannot tell")),
            *[""] * 4,
        ]
    )
    lacking = f" Absent: {', '.join(absent)}." if absent else ""
    yield Table(
        title,
        ["operation", "format", "trials", "outside", "unlike rounding", "cannot tell", *statistics],
        rows,
        f"Every kind of x with every kind of weights or upstream gradient ({', '.join(KINDS)}), seed 0, each of "
        f"{', '.join(libraries)} that has the operation.{lacking} "
        f"{f'**Departures: {wrong}.**' if wrong else 'No departure.' if total else '**Nothing was tried.**'} The last four columns: the largest value ÷ limit, of single elements and of the statistics over many.",
    )
