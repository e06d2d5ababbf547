"""What fixed tolerances do: which defects they miss, and how often they cry wolf, beside a derived bound.

A trial is one call of one library on one family of inputs, honest or with one defect. A fixed tolerance compares it with the
other library's honest output, as people do; the derived bound compares it with the exact result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from lectureclaims.reference import mistakes
from lectureclaims.reference.judging import assessment, tiers
from lectureclaims.reference.libraries import Unsupported
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.catalogue import Operation
from lectureclaims.reference.samples import inputs

from .table import Table

Detector = Callable[[np.ndarray, np.ndarray], bool]
SEEDS = 6
FORMATS = ("float32", "float64")
PADDED = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
LAYERS = [
    {"x": (1, 4, 8, 8), "w": (4, 4, 3, 3), "b": (4,)},
    {"x": (1, 32, 8, 8), "w": (32, 32, 3, 3), "b": (32,)},
    {"x": (1, 128, 7, 7), "w": (16, 128, 5, 5), "b": (16,)},
]
NORM = {"x": (8, 4, 5, 5), **{name: (4,) for name in ("gamma", "beta", "mean", "variance")}}
STATISTICS = {name: NORM[name] for name in ("x", "mean", "variance")}


def beyond(relative: float, absolute: float) -> Detector:
    """NumPy's rule: |got − other| > absolute + relative·|other| somewhere."""

    def detect(got: np.ndarray, other: np.ndarray) -> bool:
        a, b = got.astype(np.float64), other.astype(np.float64)
        return not bool(np.all(np.abs(a - b) <= absolute + relative * np.abs(b)))

    return detect


def torch_default(got: np.ndarray, other: np.ndarray) -> bool:
    import torch

    try:
        torch.testing.assert_close(torch.from_numpy(np.array(got)), torch.from_numpy(np.array(other)))
    except AssertionError:
        return True
    return False


def numpy_default(got: np.ndarray, other: np.ndarray) -> bool:
    try:
        np.testing.assert_allclose(got, other)
    except AssertionError:
        return True
    return False


FIXED: dict[str, Detector] = {
    "torch.testing": torch_default,
    "numpy.testing": numpy_default,
    "1e-5 / 1e-6": beyond(1e-5, 1e-6),
    "Keras 1e-6": beyond(1e-6, 1e-6),
    "ONNX 1e-3": beyond(1e-3, 1e-7),
}
"""relative / absolute; Keras' own tests take 1e-6 for both, ONNX' backend tests 1e-3 and 1e-7."""


@dataclass(frozen=True)
class Defect:
    """``make``: (library, arguments) → what a library with the defect returns; ``setups``: (shapes, settings) to try it on.

    ``whole``: it can be told on whole numbers in exact mode too. ``libraries``: the one with the defect, and the one that a fixed
    tolerance compares it with.
    """

    name: str
    operation: str
    make: Callable[[ModuleType, dict[str, Any]], Any]
    setups: tuple[tuple[Mapping[str, tuple[int, ...]], Mapping[str, Any]], ...]
    families: tuple[str, ...] = ("normal", "cancelling", "positive", "offset", "wide")
    whole: bool = False
    libraries: tuple[str, str] = ("torch", "tensorflow")


def tap_dropped_at_a_border(library: ModuleType, arguments: dict[str, Any]) -> np.ndarray:
    y = library.cross_correlation2d(**arguments)
    w = arguments["w"].copy()
    w[:, :, -1, -1] = 0
    y[:, :, 0] = library.cross_correlation2d(**arguments | {"w": w})[:, :, 0]
    return y


def one_weight_off(library: ModuleType, arguments: dict[str, Any]) -> np.ndarray:
    w = arguments["w"].copy()
    w.flat[np.abs(w).argmax()] *= w.dtype.type(1 + 1e-4)
    return library.cross_correlation2d(**arguments | {"w": w})


def committed(mistake: str, operation: str) -> Callable[[ModuleType, dict[str, Any]], Any]:
    return lambda library, arguments: mistakes.commit(library, mistake=mistake, operation=operation, **arguments)


def changed(operation: str, **settings: Any) -> Callable[[ModuleType, dict[str, Any]], Any]:
    return lambda library, arguments: getattr(library, operation)(**arguments | settings)


CONVOLVED = tuple((layer, PADDED) for layer in LAYERS)
DEFECTS = (
    Defect("one tap dropped at a border", "cross_correlation2d", tap_dropped_at_a_border, CONVOLVED, whole=True),
    Defect(
        "H and W of the kernel exchanged",
        "cross_correlation2d",
        committed("kernel height and width exchanged", "cross_correlation2d"),
        CONVOLVED,
        whole=True,
    ),
    Defect("one weight 1e-4 off", "cross_correlation2d", one_weight_off, CONVOLVED, whole=True),
    Defect(
        "padding off by one",
        "cross_correlation2d",
        changed("cross_correlation2d", padding=((0, 2), (0, 2))),
        CONVOLVED,
        whole=True,
    ),
    Defect(
        "ε 1e-3 for 1e-5",
        "batch_norm_training",
        changed("batch_norm_training", epsilon=1e-3),
        (({n: NORM[n] for n in ("x", "gamma", "beta")}, {"epsilon": 1e-5}),),
    ),
    Defect(
        "biased variance remembered",
        "batch_norm_running",
        changed("batch_norm_running", correction=0),
        ((STATISTICS, {"momentum": 0.1, "correction": 1}),),
        libraries=("tensorflow", "torch"),
    ),
    Defect(
        "momentum inverted",
        "batch_norm_running",
        changed("batch_norm_running", momentum=0.9),
        ((STATISTICS, {"momentum": 0.1, "correction": 1}),),
        libraries=("torch", "numpy"),
    ),
    Defect(
        "tanh-GELU for erf",
        "gelu",
        changed("gelu", approximate="tanh"),
        (({"x": (64,)}, {"approximate": "none"}),),
        libraries=("torch", "numpy"),
    ),  # TensorFlow's own GELU is a defect in float64: docs/findings.md
)


@dataclass
class Count:
    flagged: int = 0
    trials: int = 0

    def add(self, flagged: bool) -> None:
        self.flagged += flagged
        self.trials += 1

    def __str__(self) -> str:
        return f"{100 * self.flagged / self.trials:.0f}" if self.trials else "–"


def run(libraries: dict[str, ModuleType]) -> Iterator[Table]:
    """One table a format."""
    for dtype in FORMATS:
        columns = ["derived bound", "second tier", "exact mode", *FIXED]
        alarms = {column: Count() for column in columns}
        rows, seen = [], set()
        for defect in DEFECTS:
            counts = {column: Count() for column in columns}
            wrong, other = (libraries[name] for name in defect.libraries)
            for number, (arguments, exact) in enumerate(trials(defect, np.dtype(dtype))):
                results: dict[str, Any] = {}
                with contextlib.suppress(Unsupported):
                    beside = getattr(other, defect.operation)(**arguments)
                    results["defect"] = defect.make(wrong, arguments)
                    key = (defect.operation, defect.libraries, str(defect.setups), number)
                    if key not in seen:  # several defects share their honest trials
                        results["honest"] = getattr(wrong, defect.operation)(**arguments)
                        seen.add(key)
                for which, result in results.items():
                    into = alarms if which == "honest" else counts
                    for column, flagged in judged(defect, arguments, exact, result, beside).items():
                        into[column].add(flagged)
            rows.append([defect.name, *(str(counts[column]) for column in columns)])
        rows.insert(0, ["**none (false alarm)**", *(str(alarms[column]) for column in columns)])
        yield Table(
            f"Detectors × defects, {dtype}: percent of trials flagged",
            ["defect", *columns],
            rows,
            f"Honest trials: {alarms['derived bound'].trials}, and {alarms['exact mode'].trials} in exact mode ({SEEDS} seeds of each family "
            "or design and shape). Each fixed tolerance compares with the other library's honest result, the derived bound, the second tier and the exact "
            "mode with the exact one; “second tier” flags what the bound does, and what is unlike rounding; “exact mode” is bitwise, on whole numbers, where the operation is a sum of products. What a detector "
            "flags of a defect is worth no more than its false alarms leave.",
        )


def trials(defect: Defect, dtype: np.dtype) -> Iterator[tuple[dict[str, Any], tuple[np.ndarray, ...] | None]]:
    """(arguments, None), or in exact mode (arguments, what must come out to the last bit)."""
    entry = catalogue.OPERATIONS[defect.operation]
    for shapes, settings in defect.setups:
        for seed in range(SEEDS):
            rng = np.random.default_rng([seed, 7])
            for family in defect.families:
                yield inputs.draw(family, shapes, rng, dtype, degree=2) | dict(settings), None
            if defect.whole:
                terms = int(np.prod(shapes["w"][1:])) + 1
                for design in inputs.DESIGNS:
                    drawn = inputs.exact(design, shapes, rng, dtype, terms=terms) | dict(settings)
                    yield drawn, assessment.exact_values(entry, drawn, dtype)


def judged(
    defect: Defect, arguments: dict[str, Any], wanted: tuple[np.ndarray, ...] | None, result: Any, other: Any
) -> dict[str, bool]:
    parts, others = (r if isinstance(r, tuple) else (r,) for r in (result, other))
    if wanted is not None:
        return {"exact mode": not all(np.array_equal(p, w) for p, w in zip(parts, wanted, strict=True))}
    entry = catalogue.OPERATIONS[defect.operation]
    results = dict(zip(entry.results, parts, strict=True))
    _, exact = assessment.kept(entry, arguments, results)
    ratios = [exact[name].bound.ratio(p, exact[name].value).max() for name, p in zip(entry.results, parts, strict=True)]
    found = {"derived bound": max(ratios) > 1, "second tier": not likely(entry, arguments, results)}
    return found | {name: any(map(detect, parts, others)) for name, detect in FIXED.items()}


def likely(entry: Operation, arguments: dict[str, Any], results: dict[str, np.ndarray]) -> bool:
    """Whether some contract allows the results in the worst case and in all likelihood."""
    dtype = next(iter(results.values())).dtype
    found = (tiers.kept(entry, arguments, results, g) for g in assessment.grouped(assessment.contracts(entry, dtype)))
    return any(max(one.beyond(results), one.unlikely(results)) <= 1 for one in found)
