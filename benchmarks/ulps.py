"""How far the libraries' functions are from the true values: the measurements behind the empirical bounds."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import ml_dtypes
import numpy as np
from lectureclaims.reference import bounds, libraries, oracle
from lectureclaims.reference.bounds import ULP_CLASSES, Measured

from .table import Table

POINTS = 200_000
FORMATS = ("float16", "bfloat16", "float32", "float64")


def points(function: str, dtype: str) -> np.ndarray:
    """Near 0, where the function bends, where it reaches its limits, over the whole range; and 64 numbers round each such place."""
    rng, kind = np.random.default_rng(0), np.dtype(dtype)
    many = POINTS // 4
    far = min(800.0, float(np.log(float(ml_dtypes.finfo(dtype).max))) + 5)
    parts = [
        rng.standard_normal(many),
        rng.uniform(-far, far, many),
        rng.choice([-1, 1], many) * 2.0 ** rng.uniform(-30, np.log2(far), many),
        rng.uniform(-20, 20, many),
    ]
    x = np.concatenate(parts)
    if function == "log":
        x = np.concatenate([np.abs(x[x != 0]), 1 + 2.0 ** rng.uniform(-bounds.significand_bits(dtype), 0, many)])
        x = x / x.max()
    return x.astype(kind)


def measured(library: ModuleType, function: str, dtype: str) -> tuple[float, float]:
    """(largest error in ulp, where), over points whose true value is a normal number. Raises what the library raises."""
    x = points(function, dtype)
    if function == "log":
        x = x[x > 0]
        # The libraries have no logarithm of their own: −log p is the cross-entropy of a row of one probability.
        wanted = oracle.cross_entropy_of_probabilities(x[:, None], np.zeros(len(x), np.int64))
        got = library.cross_entropy_of_probabilities(x[:, None], np.zeros(len(x), np.int64))
    elif function == "exp":
        # Nor an exponential: of two numbers 0 and −x softmax is exp(−x)/(1 + exp(−x)), whose exponential is the only function.
        pairs = np.stack([np.zeros_like(x), -np.abs(x)], axis=1)
        wanted, got = oracle.softmax(pairs, axis=1)[:, 1], library.softmax(pairs, axis=1)[:, 1]
    elif function == "expm1":
        x = -np.abs(x)
        wanted, got = (f(x, alpha=1.0) for f in (oracle.elu, library.elu))
        # A library that forms exp x - 1 as a difference errs by ulps of 1, which bounds.falling allows where it is told.
        error = np.abs(got.astype(np.float64) - wanted)
        own = error / bounds.ulp(wanted, dtype)
        known = ULP_CLASSES[function][bounds.significand_bits(dtype)].ulps
        error = np.where(own <= known, own, error / (2 * bounds.unit_roundoff(dtype)))
        error = np.where(np.abs(wanted) < bounds.smallest_normal(dtype), 0, error)
        return float(error.max()), float(x[error.argmax()])
    elif function == "softplus":
        x = np.minimum(x, x.dtype.type(20))  # beyond it PyTorch returns x
        plain = {"beta": 1.0, "threshold": float("inf")}
        wanted, got = (f(x, **plain) for f in (oracle.softplus, library.softplus))
    elif function == "gelu":
        wanted, got = (f(x, approximate="none") for f in (oracle.gelu, library.gelu))
        # In units of 2u|x|, which bounds.gelu counts in.
        size = 2 * bounds.unit_roundoff(dtype) * np.abs(x.astype(np.float64)) + bounds.smallest_normal(dtype)
        error = np.abs(got.astype(np.float64) - wanted) / size
        return float(error.max()), float(x[error.argmax()])
    else:
        wanted, got = getattr(oracle, function)(x), getattr(library, function)(x)
    error = np.abs(got.astype(np.float64) - wanted) / bounds.ulp(wanted, dtype)
    error = np.where(np.abs(wanted) < bounds.smallest_normal(dtype), 0, error)
    return float(error.max()), float(x[error.argmax()])


def run(loaded: dict[str, ModuleType]) -> Iterator[Table]:
    rows = []
    for function, classes in ULP_CLASSES.items():
        for dtype in FORMATS:
            known = classes[bounds.significand_bits(dtype)]
            rows.append(
                [function, dtype, *(_cell(one, function, dtype, known) for one in loaded.values()), f"{known.ulps:g}"]
            )
    yield Table(
        "Functions: largest error in ulp",
        ["function", "format", *loaded, "class"],
        rows,
        "exp inside softmax of two numbers, log inside the cross-entropy of one probability, GELU in ulps of z, expm1 inside ELU in ulps or those of 1; about 200,000 points each. "
        "Bold: outside its class, which is a defect ([findings](findings.md)) or a class to be widened.",
    )


def _cell(library: ModuleType, function: str, dtype: str, known: Measured) -> str:
    try:
        error, where = measured(library, function, dtype)
    except libraries.Unsupported:
        return "–"
    return f"{error:.2f}" if error <= known.ulps else f"**{error:.3g}** at {where:g}"
