"""The second tier of means and resampling: honest results of libraries on data of every kind, and one weight of the operation's own that is off."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
from lectureclaims.reference import oracle
from lectureclaims.reference.judging import assessment, tiers
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.resampling.resampling import forward

from .table import Table
from .tiers import KINDS, drawn
from .tiers import run as honest

TITLE = "Second tier: means and resampling, what honest results of libraries come to"
POWER = "Second tier: one weight of a mean or a resampling 1e-4 off, percent of trials flagged"
SEEDS = 3
FAMILIES = ("normal", "uniform", "offset", "log-normal", "ReLU")
WINDOW = {"window": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "count_padding": False}
HALF = {"size": (13, 9), "grid": "half_pixel"}
HONEST: tuple[tuple[str, tuple[int, ...], dict[str, Any]], ...] = (
    ("average_pooling1d", (2, 4, 40), {"window": 5, "stride": 2, "padding": (2, 2), "count_padding": True}),
    ("average_pooling2d", (2, 6, 14, 14), WINDOW),
    (
        "average_pooling3d",
        (1, 3, 6, 6, 6),
        {"window": (2, 2, 2), "stride": (2, 2, 2), "padding": ((0, 0),) * 3, "count_padding": True},
    ),
    ("adaptive_average_pooling2d", (2, 16, 14, 14), {"size": (1, 1)}),
    ("adaptive_average_pooling2d", (2, 4, 17, 11), {"size": (4, 3)}),
    ("adaptive_average_pooling3d", (1, 4, 5, 6, 7), {"size": (2, 2, 2)}),
    ("linear_resampling1d", (2, 3, 30), {"size": 47, "grid": "half_pixel"}),
    ("bilinear_resampling2d", (2, 3, 8, 12), HALF),
    ("bilinear_resampling2d", (1, 3, 20, 20), {"size": (7, 7), "grid": "half_pixel", "antialias": True}),
    ("bicubic_resampling2d", (2, 3, 8, 12), HALF | {"coefficient": -0.75}),
    ("area_resampling2d", (2, 3, 12, 15), {"size": (4, 4)}),
)
"""Operation, shape of x, parameters."""
SIZES = (
    ("average_pooling2d", (2, 8, 28, 28), WINDOW | {"window": (7, 7), "padding": ((3, 3), (3, 3))}),
    *(("adaptive_average_pooling2d", (2, 16, n, n), {"size": (1, 1)}) for n in (7, 14, 28, 56)),
    ("adaptive_average_pooling2d", (2, 16, 30, 30), {"size": (4, 4)}),
    ("bilinear_resampling2d", (2, 3, 32, 32), {"size": (50, 50), "grid": "half_pixel"}),
    ("area_resampling2d", (2, 3, 60, 60), {"size": (18, 18)}),
)


def calls(dtype: np.dtype, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(operation, arrays, parameters), forward on every kind of x, and back on every kind of upstream gradient."""
    for kind in KINDS:
        for name, shape, parameters in HONEST:
            x = drawn(kind, rng, shape, dtype)
            yield name, {"x": x}, parameters
            outputs = getattr(oracle, name)(x, **parameters).shape
            yield f"{name}_gradient", {"x": x, "upstream": drawn(kind, rng, outputs, dtype)}, parameters


def power(library: ModuleType) -> Table:
    """Each row: one operation and size, float32."""
    rows = []
    for name, shape, parameters in SIZES:
        operation, found = catalogue.OPERATIONS[name], {"worst": 0, "both": 0, "honest": 0, "trials": 0}
        for seed in range(SEEDS):
            rng = np.random.default_rng([seed, 9])
            for family in FAMILIES:
                x = drawn(family, rng, shape, np.dtype(np.float32))
                right = getattr(library, name)(x, **parameters)
                arguments = {"x": x, **parameters}
                worst, both = _seen(operation, arguments, (right + _off(name, x, parameters, rng)).astype(np.float32))
                found["worst"] += worst
                found["both"] += both
                found["honest"] += _seen(operation, arguments, right)[1]
                found["trials"] += 1
        shares = (f"{100 * found[key] / found['trials']:.0f}" for key in ("honest", "worst", "both"))
        rows.append([name, " × ".join(map(str, shape[2:])), str(found["trials"]), *shares])
    says = f"One weight along the first axis, of the larger half, × (1 + 1e-4); {SEEDS} seeds of each of {', '.join(FAMILIES)}, float32."
    return Table(
        POWER, ["operation", "x", "trials", "none (false alarm)", "worst case", "with second tier"], rows, says
    )


def _seen(operation: Any, arguments: dict[str, Any], y: np.ndarray) -> tuple[bool, bool]:
    """Whether the worst case excludes y, and whether it or the second tier does, under the strictest contracts."""
    found = tiers.kept(operation, arguments, {"y": y}, assessment.grouped(assessment.contracts(operation, y.dtype))[0])
    beyond = found.beyond({"y": y}) > 1
    return beyond, beyond or found.unlikely({"y": y}) > 1


def _off(name: str, x: np.ndarray, parameters: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    right = oracle.weights_along(name, x, **parameters)
    places = np.argwhere(np.abs(right[0]) > np.abs(right[0]).max() / 2)
    wrong = [A.copy() for A in right]
    wrong[0][tuple(rng.choice(places))] *= 1 + 1e-4
    return forward(x.astype(np.float64), wrong) - forward(x.astype(np.float64), right)


def run(libraries: dict[str, ModuleType]) -> Iterator[Table]:
    yield from honest(libraries, title=TITLE, drawn_from=calls)
    yield power(libraries["numpy"])
