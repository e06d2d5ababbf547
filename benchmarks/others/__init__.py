"""Libraries that are measured beside those of the repository, and are otherwise no part of it: the extra ``bench`` brings them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np

from ..means import HONEST
from ..tiers import CONVOLUTION, KINDS, drawn

OTHERS = {"jax": "in_jax", "onnxruntime": "in_onnxruntime"}
"""What is imported → the file beside this one that has the operations."""


STEP = 3
"""Of the kinds of weights every so many-th goes with a kind of x, beginning elsewhere for each: every kind of either, in minutes."""
LAYERS = (
    ("cross_correlation2d", (2, 8, 10, 10), (6, 8, 3, 3), (10, 10), CONVOLUTION),
    ("fully_connected", (16, 300), (10, 300), (), {}),
)
"""Operation, shapes of x and w, the size of the image that comes out, parameters."""
CUBIC = ("bicubic_resampling2d", (2, 3, 8, 12), {"size": (13, 9), "grid": "half_pixel", "coefficient": -0.5})


def calls(dtype: np.dtype, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(operation, arrays, parameters), of few shapes, as each is compiled."""
    for number, kind in enumerate(KINDS):
        for like in [*KINDS][number % STEP :: STEP]:
            for name, shape, kernel, sizes, parameters in LAYERS:
                x, w = drawn(kind, rng, shape, dtype), drawn(like, rng, kernel, dtype)
                yield name, {"x": x, "w": w, "b": rng.standard_normal(kernel[0]).astype(dtype)}, parameters
                upstream = drawn(like, rng, (shape[0], kernel[0], *sizes), dtype)
                yield f"{name}_gradient", {"x": x, "w": w, "upstream": upstream}, parameters
        for name, shape, parameters in (*HONEST, CUBIC, (CUBIC[0], CUBIC[1], CUBIC[2] | {"exclude_outside": True})):
            yield name, {"x": drawn(kind, rng, shape, dtype)}, parameters
        x, gamma = drawn(kind, rng, (4, 3, 5, 5), dtype), rng.standard_normal(3).astype(dtype)
        yield "batch_norm_training", {"x": x, "gamma": gamma, "beta": gamma}, {"epsilon": 1e-5}
        x, labels = drawn(kind, rng, (4, 500), dtype), rng.integers(0, 500, 4)
        yield "softmax", {"x": x}, {"axis": 1}
        yield "cross_entropy", {"logits": x, "labels": labels}, {}
        x = (20 * x / np.abs(x).max()).astype(dtype)
        for name in ("logistic", "tanh"):
            yield name, {"x": x}, {}
        yield "gelu", {"x": x}, {"approximate": "none"}


def loaded() -> dict[str, ModuleType]:
    """Those that are installed, by name and version."""
    return {
        f"{name} {metadata.version(name)}": importlib.import_module(f".{file}", __name__)
        for name, file in OTHERS.items()
        if _installed(name)
    }


def absent() -> list[str]:
    return [name for name in OTHERS if not _installed(name)]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
