"""“Rounding or bug?”: an adjudication in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import words

if TYPE_CHECKING:  # what it needs takes a second to import
    from ...claims.adjudication import Adjudication, Difference, Finding

STEPS = (0.0, 0.01, 0.1, 1.0)
"""Error ÷ bound where the shade of a picture changes: up to 1 % of the bound, up to a tenth, up to the bound, outside."""


def shade(ratio: float) -> int:
    return sum(ratio > step for step in STEPS)


def summary(found: Adjudication) -> str:
    """The answer, in a sentence or two."""
    bad = [library for library in found.libraries if found.standing(library) != "within rounding"]
    if not bad:
        each = "Every output is" if len(found.findings) > 1 else "The output is"
        return f"Rounding. {each} within what the inputs, the format and the number of operations allow."
    outside = [library for library in bad if found.standing(library) == "outside"]
    if not outside:
        return f"Undecided. For some elements of {words.listed(bad)} no finite bound is known."
    text = f"Not rounding. {words.listed(outside)} {'is' if len(outside) == 1 else 'are'} outside what the inputs, the format and the number of operations allow."
    return text + ("" if len(bad) == len(found.libraries) else " The rest is within.")


def sentence(f: Finding) -> str:
    """The worst element of a result, in one line."""
    place = f" at {list(f.where)}" if f.where else ""
    digits = 17 if f.dtype == "float64" else 9
    numbers = f"got {f.got:.{digits}g}, exact {f.wanted:.{digits}g}, allowed ±{f.allowed:.3g}"
    undecided = f"; of {words.plural(f.undecided, 'element')} no finite bound is known" if f.undecided else ""
    if not f.outside:
        return f"worst error ÷ bound {f.ratio:.3g}{place}{_ulp(f)}: {numbers}{undecided}{_exact_mode(f)}{_blunt(f)}"
    factor = f"{f.ratio:.3g} times what rounding allows" if math.isfinite(f.ratio) else "no rounding leads there"
    return f"{factor}{place}{_ulp(f)}: {numbers}; {f.outside:,} of {words.plural(f.elements, 'element')} outside{undecided}"


def _blunt(f: Finding) -> str:
    if not (math.isfinite(f.blunt) and f.blunt > 0.1):
        return ""
    return f"; the bound allows up to {f.blunt:.2g} of the largest exact number, so it can tell little here"


def _exact_mode(f: Finding) -> str:
    if f.unequal is None:
        return ""
    if not f.unequal:
        return "; whole numbers of which no sum can round, and every bit is right"
    return (
        f"; whole numbers of which no sum can round, and yet {words.plural(f.unequal, 'element')} of {f.elements:,} not exact: "
        "another algorithm than the sum (Winograd, an FFT), inputs rounded, or a mistake below the bound"
    )


def _ulp(f: Finding) -> str:
    return "" if f.ulp is None or f.ulp >= words.ULP_MOST else f" ({f.ulp:,.0f} ulp)"


def between(found: Adjudication, d: Difference) -> str:
    """What the difference of two libraries is worth."""
    ratios = {f.library: f.ratio for f in found.findings if f.result == d.result}
    first, second = ratios[d.first], ratios[d.second]
    if not math.isfinite(d.largest):
        return f"{d.first} and {d.second} do not both have a finite number everywhere in {d.result}."
    text = f"{d.first} and {d.second} differ by up to {d.largest:.3g} in {d.result}; rounding in both may make {d.allowed:.3g} there"
    if max(first, second) <= 1 and min(first, second) > 0 and first != second:
        near, times = (d.first, second / first) if first < second else (d.second, first / second)
        text += f"; the worst error of {near} is {times:.2g} times smaller"
    return text + "."


def bounds(found: Adjudication) -> list[tuple[str, str]]:
    """(of what, whose and under what contract; derivation), each derivation once."""
    by: dict[tuple[str, str, str], list[str]] = {}
    for f in found.findings:
        by.setdefault((f.result, f.contract, f.derivation), []).append(f.library)
    return [(f"{result} of {words.listed(who)}, {contract}", text) for (result, contract, text), who in by.items()]


def facts(found: Adjudication) -> str:
    """Shapes and parameters."""
    shapes = ", ".join(f"{name} {list(shape)}" for name, shape in found.shapes.items())
    return "; ".join([shapes, *(f"{name} = {words.cut(str(value), 60)}" for name, value in found.parameters.items())])
