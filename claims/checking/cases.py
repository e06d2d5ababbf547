"""What a function is tried on, from the easiest setting up: small whole numbers first, whose results are exact and print well."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...reference import oracle, validation
from ...reference.operators import catalogue
from ...reference.operators.operation import Operation
from ..adjudication.case import call
from .fitting import Fit

PLAIN = {
    "stride": 1,
    "dilation": 1,
    "groups": 1,
    "padding": 0,
    "window": 2,
    "padding_mode": "zeros",
    "output_padding": 0,
    "ceil_mode": False,
    "divisor": None,
    "count_padding": True,
    "epsilon": 1e-5,
    "momentum": 0.1,
    "correction": 1,
    "axis": -1,
    "alpha": 0.01,
    "approximate": "none",
    "low": -1.0,
    "high": 1.0,
    "slope": 1 / 6,
    "offset": 0.5,
    "beta": 1.0,
    "threshold": float("inf"),
}
"""What is meant where nothing is said."""
SIZES = {
    "one image": {"N": 1, "C": 1, "O": 1, "I": 1},
    "channels": {"N": 1, "C": 2, "O": 3, "I": 2},
    "groups": {"N": 1, "C": 4, "O": 4, "I": 2},
    "a batch": {"N": 2, "C": 2, "O": 3, "I": 2},
}
LARGE = ("logistic", "tanh", "softmax", "log_softmax", "cross_entropy", "softplus", "silu", "elu", "selu")
"""Operations of which a formula as it stands overflows."""


@dataclass(frozen=True, eq=False)
class Case:
    """``none``: no window fits, so that there is no output. ``optional``: a function need not take
    such a setting."""

    says: str
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any] = field(default_factory=dict)
    none: bool = False
    optional: bool = False


def of(fit: Fit) -> Iterator[Case]:
    """The cases of a function, the easiest first; only with settings that it takes."""
    operation = fit.operation
    axes = operation.axes(next(iter(operation.arrays)))
    if "w" in operation.arrays and axes.startswith("NC"):
        made = _windows(fit, axes[2:], kernel=True)
    elif "window" in operation.parameters:
        made = _windows(fit, axes[2:], kernel=False)
    elif axes in ("NI", "NK"):
        made = _rows(fit)
    elif axes == "NC…":
        made = _channels(fit)
    elif axes == "…":
        made = _lines(fit)
    else:
        validation.refuse(
            "function", operation.name, "an operation that can be checked so", "use lecture-claims adjudicate"
        )
    yield from made


def settings(fit: Fit, case: Case) -> dict[str, Any]:
    """All settings of the operation: those of the case, else the plain ones; a pooling steps by its window."""
    meant = {**PLAIN, **case.settings}
    if "window" in fit.operation.parameters and "stride" not in case.settings:
        meant["stride"] = meant["window"]
    return {name: meant[name] for name in fit.operation.parameters if name in meant}


def _numbers(
    fit: Fit,
    says: str,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    real: bool = False,
    large: float = 0,
    bare: bool = False,
    **more: Any,
) -> Case:
    """Whole numbers from −3 to 5, or real ones, for each array that the function takes; the upstream gradient has the result's shape."""
    rng, arrays = np.random.default_rng(zlib.crc32(says.encode())), dict[str, np.ndarray]()
    for name in fit.arrays:
        if name == "labels":
            arrays[name] = rng.integers(0, shapes["logits" if "logits" in shapes else "p"][1], shapes[name])
            continue
        if name == "upstream":
            continue
        numbers = rng.standard_normal(shapes[name]) if real else rng.integers(-3, 6, shapes[name]).astype(np.float64)
        if name == "b" and bare:
            numbers = np.zeros(shapes[name])
        if large:
            numbers = rng.choice([-large, -1.0, 0.0, 2.0, large], shapes[name])
        if set(fit.operation.axes(name)) == {"…"} and not real and not large:
            numbers.flat[:2] = -2, 3  # of both signs
        if name in ("variance", "p"):
            numbers = np.abs(numbers) + 1
        arrays[name] = numbers / numbers.sum(axis=1, keepdims=True) if name == "p" else numbers
    case = Case(says, arrays, **more)
    if "upstream" in fit.operation.arrays:
        forward = catalogue.OPERATIONS.get(fit.operation.name.removesuffix("_gradient"))
        if forward is None or "beta" in forward.arrays:  # of batch norm, whose result has the shape of x
            y = arrays["x"]
        else:
            given = {name: array for name, array in arrays.items() if name in forward.arrays}
            y = next(iter(exact(forward, given, settings(fit, case)).values()))
        numbers = rng.standard_normal(y.shape) if real else rng.choice([-2.0, -1.0, 1.0, 2.0, 3.0], y.shape)
        arrays["upstream"] = numbers if "upstream" in fit.arrays else np.ones(y.shape)
    return case


def exact(operation: Operation, arrays: Mapping[str, np.ndarray], meant: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Result → what it exactly is, rounded once."""
    _, arguments, _ = call(operation.name, inputs=arrays, parameters=meant)
    with np.errstate(all="ignore"):
        found = getattr(oracle, operation.name)(
            *(arguments.get(a) for a in operation.arrays), **operation.settings(arguments)
        )
    return dict(zip(operation.results, map(np.asarray, found if isinstance(found, tuple) else (found,)), strict=True))


def _windows(fit: Fit, space: str, *, kernel: bool) -> Iterator[Case]:
    """Images and kernels, or windows of a pooling."""
    rank = len(space)

    def case(says: str, image: tuple[int, ...], window: tuple[int, ...], which: str = "one image", **more: Any) -> Case:
        n = SIZES[which]
        shapes = {"x": (n["N"], n["C"], *image[-rank:]), "w": (n["O"], n["I"], *window[-rank:]), "b": (n["O"],)}
        own = dict(more.pop("settings", {}))
        if not kernel:
            own |= {"window": window[0] if len({*window}) == 1 else window[-rank:]}
        more["optional"] = not kernel and len({*window}) > 1
        return _numbers(fit, says, shapes, settings=own, **more)

    what = "kernel" if kernel else "window"
    square, small = (3,) * 3 if kernel else (4,) * 3, (2,) * 3
    yield case(f"an image of {square[0]} and a {what} of 2 on each axis", square, small, bare=True)
    if "b" in fit.arrays:
        yield case("a bias", square, small)
    if kernel or "window" in fit.settings:
        yield case(f"a {what} of one element", square, (1,) * 3)
        yield case(f"a {what} as large as the image", square, square)
        if rank > 1:
            yield case("an image that is not square", (6, 4, 5), small)
            yield case(f"neither image nor {what} square", (6, 4, 6), (3, 2, 3))
    yield from _spaced(fit, case, kernel)
    for which in ("channels", "a batch"):
        yield case(which, (4,) * 3, small, which)
    if not fit.operation.name.endswith("_gradient") and (kernel or "window" in fit.settings):
        yield case(f"a {what} larger than the image", small, (3,) * 3, none=True)
    yield case("real numbers", (6, 7, 6), (2, 3, 2) if kernel else small, real=True)


def _spaced(fit: Fit, case: Callable[..., Case], kernel: bool) -> Iterator[Case]:
    """The same with strides, padding, dilation and groups, as far as the function takes them."""
    square, small = (3,) * 3 if kernel else (4,) * 3, (2,) * 3
    if "stride" in fit.settings:
        yield case("stride 2", (5,) * 3, small, settings={"stride": 2})
        yield case("stride 3, a row is left over", (6,) * 3, small, settings={"stride": 3})
    if "padding" in fit.settings:
        yield case("padding 1", square, (3,) * 3 if kernel else small, settings={"padding": 1})
        yield case("padding 2", square, (3,) * 3, settings={"padding": 2 if kernel else 1})
    if not kernel and {"stride", "window"} <= {*fit.settings}:
        yield case("windows that overlap: 3 wide, stride 1", square, (3,) * 3, settings={"stride": 1})
        yield case("windows that overlap: 3 wide, stride 2", (7,) * 3, (3,) * 3, settings={"stride": 2})
    if "groups" in fit.settings:
        yield case("two groups", (4,) * 3, small, "groups", settings={"groups": 2})
    if "dilation" in fit.settings:
        yield case("dilation 2", (5,) * 3, small, settings={"dilation": 2})
    if {"stride", "padding"} <= {*fit.settings}:
        yield case("stride 2 and padding 1", (6,) * 3, (3,) * 3, settings={"stride": 2, "padding": 1})


def _rows(fit: Fit) -> Iterator[Case]:
    def shapes(n: int, k: int, o: int) -> dict[str, tuple[int, ...]]:
        return {"x": (n, k), "w": (o, k), "b": (o,), "logits": (n, k), "p": (n, k), "labels": (n,)}

    yield _numbers(fit, "one row", shapes(1, 3, 2))
    yield _numbers(fit, "one row of real numbers", shapes(1, 5, 3), real=True)
    yield _numbers(fit, "two rows", shapes(2, 3, 2))
    yield _numbers(fit, "as many rows as columns", shapes(3, 3, 3))
    yield _numbers(fit, "real numbers", shapes(5, 7, 4), real=True)
    if fit.operation.name.removesuffix("_gradient") in LARGE:
        yield _numbers(fit, "large numbers", shapes(4, 5, 3), large=1000.0)


def _channels(fit: Fit) -> Iterator[Case]:
    def shapes(*x: int) -> dict[str, tuple[int, ...]]:
        return {"x": x} | dict.fromkeys(("gamma", "beta", "mean", "variance", "alpha"), (x[1],))

    yield _numbers(fit, "four rows of one feature", shapes(4, 1), optional=True)
    yield _numbers(fit, "five rows of three features", shapes(5, 3), optional=True)
    yield _numbers(fit, "real numbers", shapes(8, 4), real=True, optional=True)
    yield _numbers(fit, "two images of three channels", shapes(2, 3, 2, 2), optional=True)
    yield _numbers(fit, "two images of real numbers", shapes(2, 3, 4, 5), real=True, optional=True)


def _lines(fit: Fit) -> Iterator[Case]:
    summed = "axis" in fit.operation.parameters
    if summed:
        yield _numbers(fit, "one row", {"x": (3,)})
        yield _numbers(fit, "two rows", {"x": (2, 3)})
        if "axis" in fit.settings:
            yield _numbers(fit, "down the columns: axis 0", {"x": (2, 3)}, settings={"axis": 0})
    else:
        yield _numbers(fit, "six whole numbers", {"x": (6,)})
        yield _numbers(fit, "a table", {"x": (2, 3)})
    for name, values in (("alpha", (0.25, 0.5)),):
        if name in fit.settings:
            for value in values:
                yield _numbers(fit, f"{name} {value:g}", {"x": (6,)}, settings={name: value})
    yield _numbers(fit, "real numbers", {"x": (4, 5)}, real=True)
    if fit.operation.name.removesuffix("_gradient") in LARGE:
        yield _numbers(fit, "large numbers", {"x": (3, 4)}, large=1000.0)
