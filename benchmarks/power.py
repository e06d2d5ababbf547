"""What each rounding claim can tell: its largest honest ratio, its smallest wrong one, and the smallest change of one weight it notices."""

from __future__ import annotations

import functools
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from lectureclaims.claims.engine import build, lecture, plan
from lectureclaims.claims.engine.cells import Library
from lectureclaims.claims.engine.ran import CellRun, Selection
from lectureclaims.claims.language import Wrong
from lectureclaims.claims.language.claim import Experiment
from lectureclaims.claims.record.types import Cell, Computed, Row, Sweep, Within
from lectureclaims.claims.record.verdicts import Facts, caught
from lectureclaims.reference import libraries
from lectureclaims.reference.operators import catalogue

from .table import Table

WEIGHTS = ("w", "gamma", "alpha")
EXPONENTS = range(1, 54)
TIMEOUT = 300.0


def off(lib: Any, *, operation: str, exponent: int, **arguments: Any) -> Any:
    """The operation with its largest weight 1 + 2^−exponent times as large, rounded to its dtype."""
    name = next((name for name in WEIGHTS if isinstance(arguments.get(name), np.ndarray)), None)
    if name is not None:
        w = arguments[name].copy()
        largest = np.abs(w.astype(np.float64)).argmax()
        w.flat[largest] = w.astype(np.float64).flat[largest] * (1 + 2.0**-exponent)
        arguments[name] = w
    return getattr(lib, operation)(**arguments)


def bounded(row: Row) -> bool:
    return isinstance(row, Within) or (isinstance(row, Sweep) and row.of == "within")


def perturbed(exponent: int, case: str, experiment: Experiment) -> Wrong:
    """The change in one case; of the families of inputs that it may have, normal ones are enough."""
    says = {"families": ("normal",)} if "families" in inspect.signature(experiment).parameters else {}
    operations = {name: functools.partial(off, operation=name, exponent=exponent) for name in catalogue.OPERATIONS}
    return Wrong(f"2^-{exponent}", says, operations, (case,))


def run() -> Iterator[Table]:
    book = lecture.read()
    rounding = {name: claim for name, claim in book.claims.items() if "rounding" in claim.kind}
    honest = _run(book, tuple(rounding))
    yield _honest(honest)
    never, all_of_it = Computed(at="", on=""), Selection(tuple(rounding), libraries.names())
    yield _margins([(c.claim, build.cell(book, all_of_it, c, computed=never).cell) for c in honest])
    weighed = {
        name: replace(
            claim,
            limits=[],
            wrongs=[perturbed(k, n, case.experiment) for k in EXPONENTS for n, case in claim.cases.items()],
        )
        for name, claim in rounding.items()
        if name != "activations.saturation"
    }
    yield _power(_run(replace(book, claims=weighed), tuple(weighed)))


def _run(book: lecture.Lecture, claims: tuple[str, ...]) -> list[CellRun]:
    selection, cells = Selection(claims, libraries.names()), []
    for backend in selection.backends:
        library = Library(book, selection, backend, timeout=TIMEOUT)
        cells += [library.ran(unit) for unit in plan.units(book, selection) if unit.backend == backend]
        library.close()
    return cells


def _honest(found: list[CellRun]) -> Table:
    """Operation × library × format of network.component_parity."""
    worst: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    dtypes: list[str] = []
    for cell in (cell for cell in found if cell.claim == "network.component_parity"):
        dtypes += [str(cell.dtype)] if cell.dtype not in dtypes else []
        for comparison in cell.honest.comparisons:
            if comparison.call is not None and bounded(comparison.row) and comparison.row.agrees:
                place = worst[comparison.call.name, cell.backend]
                place[str(cell.dtype)] = max(place.get(str(cell.dtype), 0.0), comparison.row.ratio)
    rows = [
        [operation, library, *(f"{ratios[d]:.2g}" if d in ratios else "–" for d in dtypes)]
        for (operation, library), ratios in sorted(worst.items())
    ]
    return Table(
        "Largest honest ratio: operation × library × format",
        ["operation", "library", *dtypes],
        rows,
        "The largest error ÷ bound over all families of inputs; – where the library has none.",
    )


def _margins(found: list[tuple[str, Cell]]) -> Table:
    rows = []
    for claim in dict.fromkeys(claim for claim, _ in found):
        for dtype in dict.fromkeys(cell.dtype for of, cell in found if of == claim):
            cells = [c for of, c in found if (of, c.dtype) == (claim, dtype) and c.comparisons]
            ratios = [r.ratio for c in cells for r in c.rows if bounded(r) and r.agrees]
            wrongs = [(w.worst.ratio, w.name) for c in cells for w in c.wrongs if w.worst is not None]
            margins = [c.margin for c in cells if c.margin is not None]
            if ratios:
                smallest, name = min(wrongs)
                told = (f"{smallest:.3g}", name) if smallest < float("inf") else ("∞", "–")
                rows.append([claim, str(dtype), f"{max(ratios):.2g}", *told, f"{min(margins):.2g}".replace("inf", "∞")])
    return Table(
        "Margins",
        ["claim", "format", "largest honest ratio", "smallest wrong ratio", "of the wrong", "margin"],
        rows,
        "Of each wrong its largest ratio counts, and of those the smallest; the margin is the smallest of any library. ∞ where only "
        "bitwise comparisons tell. A ratio of 1 is a number that was flushed to 0: all of it is allowed.",
    )


def _power(found: list[CellRun]) -> Table:
    """Per operation, the change that every library's check notices."""
    noticed: dict[tuple[str, str, str], dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for cell in found:
        for name, variant in cell.wrongs.items():
            refuting = {id(row) for row in caught(variant.rows, Facts(cell.honest.rows))}
            for comparison in (c for c in variant.comparisons if id(c.row) in refuting):
                if comparison.call is not None:
                    mode = "rounding" if bounded(comparison.row) else "exact"
                    place = noticed[cell.claim, comparison.call.name, str(cell.dtype)][mode]
                    place[cell.backend] = max(place.get(cell.backend, 0), int(name.removeprefix("2^-")))
    dtypes = ("float16", "bfloat16", "float32", "float64")
    rows = []
    for claim, operation in dict.fromkeys((claim, operation) for claim, operation, _ in noticed):
        for mode in ("rounding", "exact"):
            least = [noticed.get((claim, operation, dtype), {}).get(mode) for dtype in dtypes]
            if any(least):
                rows.append([claim, operation, mode, *(f"2^-{min(f.values())}" if f else "–" for f in least)])
    return Table(
        "Power: the smallest relative change of one weight that is noticed",
        ["claim", "operation", "mode", *dtypes],
        rows,
        "The largest weight of a call × (1 + δ), rounded to the format; the library whose check notices least. Claims without weights "
        "(activations.saturation) have none to change.",
    )
