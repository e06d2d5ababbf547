"""A claim that is a function's formula: the libraries' function against the formula, evaluated in many digits.

formulas.function("activations.softplus", "Softplus is log(1 + exp z).", "softplus", lambda z: mpmath.log(1 + mpmath.exp(z)))
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from typing import Any

import mpmath
import numpy as np

from ....reference import bounds
from ....reference.judging import assessment
from ....reference.operators import catalogue
from ..claim import Case, Claim, claim
from ..comparison import within
from ..outcome import Outcome, ask

Formula = Callable[[Any], Any]
DIGITS = 120
"""Enough for 1 + exp(z) at the least z by default, with all of float64's own digits left."""
COUNT = 200
FAR = 30.0
SMALL = 2.0**-10


def function(
    id: str,
    text: str,
    operation: str,
    formula: Formula,
    *,
    between: tuple[float, float] = (-FAR, FAR),
    wrongs: Mapping[str, Formula] | None = None,
    **settings: Any,
) -> Claim:
    """The claim that an operation of one array is ``formula(z)``, a function of one mpmath number, element by element.

    Each library must be within the bound of the operation's own rounding around the formula's value, at 0, ±1, both ends of ``between`` and numbers
    drawn between them. ``settings`` are the operation's parameters; ``wrongs`` are other formulas that must be refuted, beside
    two that always are: the formula a thousandth larger, and taken 2⁻¹⁰ to the right.

    Raises ValueError for an operation that the catalogue has not, or that is not of one array.
    """
    known = catalogue.OPERATIONS.get(operation)
    if known is None or [*known.arrays] != ["x"]:
        raise ValueError(
            f"operation={operation!r}: expected one of one array x, such as softplus; `lecture-claims operations` lists them"
        )
    made = claim(id, text, kind="rounding", expected="verified")
    made.file = sys._getframe(1).f_code.co_filename
    others = {
        "a thousandth larger": lambda z: formula(z) * mpmath.mpf("1.001"),
        "2⁻¹⁰ to the right": lambda z: formula(z + SMALL),
        **(wrongs or {}),
    }

    @made.case("the formula", wrongs={name: {"formula": other} for name, other in others.items()})
    def _(case: Case, *, formula: Formula = formula) -> Generator[Any, Any, None]:
        z = _numbers(case, *between)
        y = yield ask(operation, x=z, **settings)
        source = f"the formula in {DIGITS} digits, rounded once"
        yield within(y, _values(formula, z), _bound(known, z, settings, y), label=f"{operation}(z)", source=source)

    return made


def _numbers(case: Case, low: float, high: float) -> np.ndarray:
    """Ends, 0, ±1 and ±2⁻¹⁰ as far as they are between, and numbers drawn between the ends, many of them near 0."""
    drawn = case.rng("z").uniform(low, high, COUNT // 2)
    near = np.clip(case.rng("near").standard_normal(COUNT // 2), low, high)
    fixed = [z for z in (0.0, 1.0, -1.0, SMALL, -SMALL) if low <= z <= high]
    z = np.concatenate([[low, high, *fixed], drawn, near]).astype(case.dtype)
    z.flags.writeable = False
    return z


def _values(formula: Formula, z: np.ndarray) -> np.ndarray:
    with mpmath.workdps(DIGITS):
        return np.array([float(formula(mpmath.mpf(float(one)))) for one in z])


def _bound(operation: catalogue.Operation, z: np.ndarray, settings: Mapping[str, Any], y: Outcome) -> bounds.Bound:
    """That of the operation, under the strictest contract of arithmetic that the answer keeps."""
    arguments = {"x": z, **settings}
    if (
        y.kind == "value"
        and isinstance(y.content, np.ndarray)
        and (y.content.dtype, y.content.shape) == (z.dtype, z.shape)
    ):
        return assessment.kept(operation, arguments, {"y": y.content})[1]["y"].bound
    return assessment.judge(operation, arguments, z.dtype, assessment.contracts(operation, z.dtype)[0])[0].bound
