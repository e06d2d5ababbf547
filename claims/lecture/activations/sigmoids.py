"""The lecture's sigmoids: what logistic and tanh are, and where their formulas overflow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....reference import bounds, oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, edge, fact, rounding, same_bits, smallest, within
from . import mutants
from .floats import FARTHEST, Number, in_words, is_number, mistaken, row

DIGITS = "the function in 95 bits or more, rounded once"


def grid(dtype: np.dtype) -> np.ndarray:
    """0, both signs of 2⁻³⁰ … 1 by powers, and from 0 to the farthest |z| at even steps: as many positive as negative ones."""
    z = np.concatenate(
        [[0], 2.0 ** np.arange(-30, 1), np.linspace(0, 20, 260)[1:], np.geomspace(20, FARTHEST[str(dtype)], 60)]
    )
    return np.concatenate([-z[::-1], z]).astype(dtype)


# --- what they are -------------------------------------------------------------------------------------------------------


def from_logistic(y: np.ndarray) -> np.ndarray:
    """tanh z from σ(2z)."""
    return 2 * y - 1


def without_the_two(y: np.ndarray) -> np.ndarray:
    return y - 1


def one_minus(y: np.ndarray) -> np.ndarray:
    return 1 - y


def unchanged(y: np.ndarray) -> np.ndarray:
    """As if the logistic were even."""
    return y


def logistic_slope(y: np.ndarray) -> np.ndarray:
    return y * (1 - y)


def logistic_slope_with_plus(y: np.ndarray) -> np.ndarray:
    return y * (1 + y)


def tanh_slope(y: np.ndarray) -> np.ndarray:
    return 1 - y * y


def tanh_slope_without_square(y: np.ndarray) -> np.ndarray:
    return 1 - y


GRADIENTS = ("logistic_gradient",)
TANH = ("tanh",)


sigmoid = claim(
    "activations.sigmoid",
    """
    Logistic and tanh, and their gradients, are right to the stated number of ulps. The identities σ(−z) = 1 − σ(z),
    tanh z = 2σ(2z) − 1, σ′ = σ(1 − σ) and tanh′ = 1 − tanh² hold within absolute bounds, for 1 − σ cancels where σ is
    near 1.

    Scope: float32 and float64, z from −120 to 120 and from −800 to 800; results below the smallest normal number may
    be 0

    Notes: The error in ulps of each library's functions is in the comparisons; what is allowed rests on what was seen
    in all of them (docs/measured.md).

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §3.10, eqs. 3.30, 3.33 and §6.3.2
    """,
    kind="rounding",
    expected="verified",
)


@sigmoid.each(
    {
        "logistic": {},
        "tanh": {},
        "σ(−z) = 1 − σ(z)": {},
        "σ′ = σ(1 − σ)": {},
        "tanh z = 2σ(2z) − 1": {},
        "tanh′ = 1 − tanh²": {},
    },
    wrongs={
        "a hard sigmoid": Wrong(operations={"logistic": mutants.hard_sigmoid}, cases=("logistic",)),
        "σ(2z) for σ(z)": Wrong(operations={"logistic": mutants.twice_as_steep}, cases=("logistic",)),
        "tanh for logistic": Wrong(
            operations={"logistic": mistaken("tanh for logistic", "logistic")}, cases=("logistic",), needs=TANH
        ),
        "logistic for tanh": Wrong(
            operations={"tanh": mistaken("logistic for tanh", "tanh")}, cases=("tanh",), needs=TANH
        ),
        "the derivative at σ(z)": Wrong(
            operations={"logistic_gradient": mistaken("activation given twice", "logistic_gradient")},
            cases=("logistic",),
            needs=GRADIENTS,
        ),
        "σ even": Wrong(says={"mirrored": unchanged}, cases=("σ(−z) = 1 − σ(z)",)),
        "σ′ = σ(1 + σ)": Wrong(says={"slope": logistic_slope_with_plus}, cases=("σ′ = σ(1 − σ)",), needs=GRADIENTS),
        "tanh z = σ(2z) − 1": Wrong(says={"widened": without_the_two}, cases=("tanh z = 2σ(2z) − 1",), needs=TANH),
        "tanh′ = 1 − tanh": Wrong(says={"flat": tanh_slope_without_square}, cases=("tanh′ = 1 − tanh²",), needs=TANH),
    },
)
def sigmoid_cases(case: Case, *, mirrored=one_minus, widened=from_logistic, slope=logistic_slope, flat=tanh_slope):
    z = grid(case.dtype)
    ones = np.ones_like(z)
    match case.name:
        case "logistic" | "tanh" as function:
            y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=ones)]
            yield from rounding(y, label=f"{function}(z)")
            yield from rounding(g, label=f"{function}′(z)")
        case "σ(−z) = 1 − σ(z)":
            left, right = yield [ask("logistic", x=-z), ask("logistic", x=z)]
            exact = oracle.logistic(z), oracle.logistic(-z)
            each = [bounds.elementwise("logistic", case.dtype, y) for y in exact]
            bound = bounds.combination(case.dtype, (1, exact[1], each[1]), (-1, exact[0], each[0]), one(z))
            gap = left.then(lambda y: y - mirrored(right.value))
            yield within(gap, np.zeros_like(z), bound, label="σ(−z) − (1 − σ(z))", source="the identity")
        case "tanh z = 2σ(2z) − 1":
            wide, y = yield [ask("logistic", x=2 * z), ask("tanh", x=z)]
            exact = oracle.logistic(2 * z), oracle.tanh(z)
            each = [bounds.elementwise(f, case.dtype, v) for f, v in zip(("logistic", "tanh"), exact, strict=True)]
            bound = bounds.combination(case.dtype, (1, exact[1], each[1]), (-2, exact[0], each[0]), one(z))
            gap = y.then(lambda t: t - widened(wide.value))
            yield within(gap, np.zeros_like(z), bound, label="tanh z − (2σ(2z) − 1)", source="the identity")
        case _:
            function, formula = ("logistic", slope) if case.name.startswith("σ") else ("tanh", flat)
            y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=ones)]
            exact = getattr(oracle, function)(z)
            value = bounds.elementwise(function, case.dtype, exact)
            gradient = bounds.elementwise_gradient(function, case.dtype, exact, ones)
            bound = bounds.slope_from_value(function, case.dtype, exact, value, gradient)
            gap = g.then(lambda a: a - formula(y.value))
            yield within(gap, np.zeros_like(z), bound, label=case.name, source="the identity")


def one(z: np.ndarray) -> tuple[float, np.ndarray, bounds.Bound]:
    """The constant 1 of an identity."""
    return 1, np.ones_like(z), bounds.exact(z.shape, reason="1 is a number of every format")


# --- where formulas of the logistic overflow ----------------------------------------------------------------------------


def formula_at(case: Case, formula: str) -> Callable[[float], Call]:
    return lambda z: ask("logistic_formula", x=row(z, case.dtype), formula=formula)


@sigmoid.limit("e^z/(1 + e^z)")
def _(case: Case):
    """From z = 88.7 (float32) or 709.8 (float64) on e^z overflows, and e^z/(1 + e^z) is ∞/∞, NaN. The library's own
    logistic is 1 there.
    """
    farthest = FARTHEST[str(case.dtype)]

    def literal(y: Outcome, z: float):
        return fact(
            is_number(y.part(0)),
            True,
            label=f"e^z/(1 + e^z) is a number at z = {z:g}",
            source="σ is defined everywhere",
        )

    def instead(y: Outcome, z: float):
        return fact(in_words(y.part(0)), "nan", label=f"e^z/(1 + e^z) at z = {z:g}", source="e^z = ∞, and ∞/∞")

    yield from edge(
        0, farthest, case.dtype, formula_at(case, "exp(z)/(1 + exp(z))"), literal, instead=instead, symbol="z"
    )
    y = yield ask("logistic", x=row(farthest, case.dtype))
    yield same_bits(y, row(1, case.dtype), label=f"the library’s own σ({farthest:g})", source=DIGITS)


@sigmoid.limit("the derivative of 1/(1 + e^−z)", backends=("torch", "tensorflow"))
def _(case: Case):
    """From z = −88.7 (float32) or −709.8 (float64) on e^−z overflows. 1/(1 + e^−z) is 0 there, right to an absolute
    e^−|z|; its automatic derivative is 0·∞, NaN. The library's own logistic has a derivative everywhere.
    """
    farthest = -FARTHEST[str(case.dtype)]

    def literal(y: Outcome, z: float):
        label = f"the derivative of 1/(1 + e^−z) is a number at z = {z:g}"
        return fact(is_number(y.part(1)), True, label=label, source="σ′ is defined everywhere")

    def instead(y: Outcome, z: float):
        exact = oracle.logistic(row(z, case.dtype))
        return within(
            y.part(0), exact, bounds.logistic_tail(row(z, case.dtype)), label=f"the value at z = {z:g}", source=DIGITS
        )

    formula = formula_at(case, "1/(1 + exp(-z))")
    yield from edge(0, farthest, case.dtype, formula, literal, instead=instead, symbol="z")
    y = yield formula(farthest)
    yield fact(in_words(y.part(1)), "nan", label=f"its derivative at z = {farthest:g}", source="0·∞")
    g = yield ask("logistic_gradient", x=row(farthest, case.dtype), upstream=row(1, case.dtype))
    yield from rounding(g, label=f"the library’s own σ′({farthest:g})")


@sigmoid.limit("a hard sigmoid")
def _(case: Case):
    """What libraries call a hard sigmoid is a line between two steps, clip(z/6 + ½, 0, 1) in PyTorch and Keras: it is
    the logistic at 0 and nowhere else that is tried.
    """
    points = [Number(z) for z in (0.0, 1.5, -1.5, 3.0, -3.0, 6.0, -6.0)]

    def build(p: Number) -> Call:
        return ask("own_hard_sigmoid", x=row(p.z, case.dtype))

    def literal(y: Outcome, p: Number):
        exact = oracle.logistic(row(p.z, case.dtype))
        bound = bounds.elementwise("logistic", case.dtype, exact)
        return within(y, exact, bound, label=f"the hard sigmoid of {p.z:g} is σ({p.z:g})", source=DIGITS)

    def instead(y: Outcome, p: Number):
        wanted = row(np.clip(p.z / 6 + 0.5, 0, 1), case.dtype)
        return same_bits(y, wanted, label=f"clip({p.z:g}/6 + ½, 0, 1)", source="seen; a number of four bits")

    yield from smallest(points, build, literal, instead=instead, order="by |z|, multiples of 3/2")
