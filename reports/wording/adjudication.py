"""“Rounding or bug?”: an adjudication in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import words

if TYPE_CHECKING:  # what it needs takes a second to import
    from ...claims.adjudication import Adjudication, Difference, Explanation, Finding

STEPS = (0.0, 0.01, 0.1, 1.0)
"""Error ÷ bound where the shade of a picture changes: up to 1 % of the bound, up to a tenth, up to the bound, outside."""


def shade(ratio: float) -> int:
    return sum(ratio > step for step in STEPS)


LIMITS = "what the inputs, the format and the number of operations allow"


def summary(found: Adjudication) -> str:
    """The answer, in a sentence or two."""
    by: dict[str, list[str]] = {}
    for library in found.libraries:
        by.setdefault(found.standing(library), []).append(library)
    within, outside, unlike, untold = (
        by.get(standing, []) for standing in ("within rounding", "outside", "unlike rounding", "cannot tell")
    )
    if not (outside or unlike or untold):
        each = "Every output is" if len(found.findings) > 1 else "The output is"
        return f"Rounding. {each} within {LIMITS}."
    said = ["Not rounding." if outside or unlike else "Cannot tell."]
    if outside:
        alike = [library for library in outside if library not in found.reasons]
        if alike:
            said.append(f"{words.listed(alike)} {_is(alike)} outside {LIMITS}.")
        said += [f"{library} is {found.verdict(library)}." for library in outside if library in found.reasons]
    said += [f"{library} is {found.verdict(library)}." for library in unlike]
    said += [
        f"Of {library} it cannot be told: {found.verdict(library).removeprefix('cannot tell: ')}." for library in untold
    ]
    return " ".join([*said, *(["The rest is within."] if within else [])])


def _is(libraries: list[str]) -> str:
    return "is" if len(libraries) == 1 else "are"


def sentence(f: Finding) -> str:
    """The worst element of a result, in one line."""
    place = f" at {list(f.where)}" if f.where else ""
    digits = 17 if f.dtype == "float64" else 9
    numbers = f"got {f.got:.{digits}g}, exact {f.wanted:.{digits}g}, allowed ±{f.allowed:.3g}"
    undecided = f"; of {words.plural(f.undecided, 'element')} no finite bound is known" if f.undecided else ""
    if not f.outside:
        return f"worst error ÷ bound {f.ratio:.3g}{place}{_ulp(f)}: {numbers}{undecided}{_exact_mode(f)}{_blunt(f)}{_digits(f)}"
    factor = f"{f.ratio:.3g} times what rounding allows" if math.isfinite(f.ratio) else "no rounding leads there"
    return f"{factor}{place}{_ulp(f)}: {numbers}; {f.outside:,} of {words.plural(f.elements, 'element')} outside{undecided}{_pattern(f)}"


def against(e: Explanation) -> str:
    """How well a mistake explains a result."""
    if e.left:
        return e.left
    nearer = (
        ""
        if math.isnan(e.nearer)
        else f", {e.nearer:.2g} times nearer"
        if math.isfinite(e.nearer)
        else ", to the last bit"
    )
    return f"error ÷ bound {e.ratio:.3g} against that{nearer}"


def tier(f: Finding) -> str:
    """Of what the worst case allows: how it stands in the second tier, and what a mistake would have had to be to be seen there."""
    if not f.within or not math.isfinite(f.likely):
        return ""
    every = [f.likely, *(one.excess for one in f.statistics)]
    over = f", of single elements and of {words.plural(len(f.statistics), 'statistic')}" if f.statistics else ""
    seen = f"; {f.smallest} would have been seen" if f.smallest else ""
    return f"{max(every):.2g} of what rounding errors reach in all likelihood{over}{seen}"


def _pattern(f: Finding) -> str:
    return f": {f.pattern}" if f.pattern else ""


def _digits(f: Finding) -> str:
    if not f.digitless:
        return ""
    what = (
        "no element has"
        if f.digitless == f.elements
        else f"{words.plural(f.digitless, 'element')} of {f.elements:,} ha{'s' if f.digitless == 1 else 've'} not"
    )
    return f"; {what} a single right digit, the first at {list(f.digitless_at)}: there terms cancel, or the error is one of 1, not of the result"


def _blunt(f: Finding) -> str:
    if not (math.isfinite(f.blunt) and f.blunt > 0.1):
        return ""
    return f"; even what is likely goes up to {f.blunt:.2g} of the largest exact number, so it can tell little here"


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
    if not math.isfinite(d.largest):
        return f"{d.first} and {d.second} do not both have a finite number everywhere in {d.result}."
    text = f"{d.first} and {d.second} differ by up to {d.largest:.3g} in {d.result}; rounding in both may make {d.allowed:.3g} there"
    one, other = (f for f in found.findings if f.result == d.result and f.library in (d.first, d.second))
    alike = one.dtype == other.dtype and one.contract == other.contract
    if alike and one.within and other.within and min(one.largest, other.largest) > 0:
        near, far = sorted((one, other), key=lambda f: f.largest)
        if far.largest >= 2 * near.largest:
            text += f"; the largest error of {near.library} is {far.largest / near.largest:.2g} times smaller"
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
