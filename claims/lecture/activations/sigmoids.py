"""The lecture's sigmoids: what logistic and tanh are, and where their formulas overflow."""

import numpy as np

from ....reference import bounds, oracle
from ...language import Wrong, ask, claim, edge, fact, rounding, same_bits, smallest, within
from ..shared.floats import DIGITS, FARTHEST, Number, grid, in_words, is_number, row
from ..shared.wrongs import mistaken
from . import mutants

# --- what they are -------------------------------------------------------------------------------------------------------


def from_logistic(y):
    """tanh z from σ(2z)."""
    return 2 * y - 1


def without_the_two(y):
    return y - 1


def one_minus(y):
    return 1 - y


def unchanged(y):
    """As if the logistic were even."""
    return y


def logistic_slope(y):
    return y * (1 - y)


def logistic_slope_with_plus(y):
    return y * (1 + y)


def tanh_slope(y):
    return 1 - y * y


def tanh_slope_without_square(y):
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

    Pictures: sigmoids

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §3.10, eqs. 3.30, 3.33 and §6.3.2
    """,
    kind="rounding",
    expected="verified",
)


@sigmoid.each(
    {"logistic": {"function": "logistic"}, "tanh": {"function": "tanh"}},
    wrongs={
        "a hard sigmoid": Wrong(operations={"logistic": mutants.hard_sigmoid}, cases=("logistic",)),
        "σ(2z) for σ(z)": Wrong(operations={"logistic": mutants.twice_as_steep}, cases=("logistic",)),
        "tanh for logistic": mistaken("tanh for logistic", "logistic", cases=("logistic",), needs=TANH),
        "logistic for tanh": mistaken("logistic for tanh", "tanh", cases=("tanh",), needs=TANH),
        "the derivative at σ(z)": mistaken(
            "activation given twice", "logistic_gradient", cases=("logistic",), needs=GRADIENTS
        ),
    },
)
def value_and_gradient(case):
    z, function = grid(case.dtype), case.function
    y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=np.ones_like(z))]
    yield from rounding(y, label=f"{function}(z)")
    yield from rounding(g, label=f"{function}′(z)")


@sigmoid.case("σ(−z) = 1 − σ(z)", wrongs={"σ even": {"mirrored": unchanged}})
def logistic_of_minus_z(case, *, mirrored=one_minus):
    z = grid(case.dtype)
    left, right = yield [ask("logistic", x=-z), ask("logistic", x=z)]
    at_z, at_minus_z = exact("logistic", z), exact("logistic", -z)
    bound = bounds.combination(case.dtype, (1, *at_minus_z), (-1, *at_z), one(z))
    gap = left.then(lambda y: y - mirrored(right.value))
    yield within(gap, np.zeros_like(z), bound, label="σ(−z) − (1 − σ(z))", source="the identity")


def slope_from_value(case, function, formula, label):
    """f′ by the formula that has only f in it."""
    z = grid(case.dtype)
    ones = np.ones_like(z)
    y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=ones)]
    wanted, value = exact(function, z)
    gradient = bounds.elementwise_gradient(function, case.dtype, wanted, ones)
    bound = bounds.slope_from_value(function, case.dtype, wanted, value, gradient)
    gap = g.then(lambda a: a - formula(y.value))
    yield within(gap, np.zeros_like(z), bound, label=label, source="the identity")


@sigmoid.case(
    "σ′ = σ(1 − σ)", wrongs={"σ′ = σ(1 + σ)": Wrong(says={"slope": logistic_slope_with_plus}, needs=GRADIENTS)}
)
def slope_of_logistic(case, *, slope=logistic_slope):
    yield from slope_from_value(case, "logistic", slope, "σ′ = σ(1 − σ)")


@sigmoid.case(
    "tanh z = 2σ(2z) − 1", wrongs={"tanh z = σ(2z) − 1": Wrong(says={"widened": without_the_two}, needs=TANH)}
)
def tanh_from_logistic(case, *, widened=from_logistic):
    z = grid(case.dtype)
    wide, y = yield [ask("logistic", x=2 * z), ask("tanh", x=z)]
    bound = bounds.combination(case.dtype, (1, *exact("tanh", z)), (-2, *exact("logistic", 2 * z)), one(z))
    gap = y.then(lambda t: t - widened(wide.value))
    yield within(gap, np.zeros_like(z), bound, label="tanh z − (2σ(2z) − 1)", source="the identity")


@sigmoid.case(
    "tanh′ = 1 − tanh²", wrongs={"tanh′ = 1 − tanh": Wrong(says={"slope": tanh_slope_without_square}, needs=TANH)}
)
def slope_of_tanh(case, *, slope=tanh_slope):
    yield from slope_from_value(case, "tanh", slope, "tanh′ = 1 − tanh²")


def exact(function, z):
    """The function's exact values, and the bound on the library's own."""
    values = getattr(oracle, function)(z)
    return values, bounds.elementwise(function, z.dtype, values)


def one(z):
    """The constant 1 of an identity."""
    return 1, np.ones_like(z), bounds.exact(z.shape, reason="1 is a number of every format")


# --- where formulas of the logistic overflow ----------------------------------------------------------------------------


def formula_at(case, formula):
    return lambda z: ask("logistic_formula", x=row(z, case.dtype), formula=formula)


@sigmoid.limit("e^z/(1 + e^z)")
def _(case):
    """From z = 88.7 (float32) or 709.8 (float64) on e^z overflows, and e^z/(1 + e^z) is ∞/∞, NaN. The library's own
    logistic is 1 there.
    """
    farthest = FARTHEST[str(case.dtype)]

    def literal(y, z):
        label = f"e^z/(1 + e^z) is a number at z = {z:g}"
        return fact(is_number(y.part(0)), True, label=label, source="σ is defined everywhere")

    def instead(y, z):
        return fact(in_words(y.part(0)), "nan", label=f"e^z/(1 + e^z) at z = {z:g}", source="e^z = ∞, and ∞/∞")

    build = formula_at(case, "exp(z)/(1 + exp(z))")
    yield from edge(0, farthest, case.dtype, build, literal, instead=instead, symbol="z")
    y = yield ask("logistic", x=row(farthest, case.dtype))
    yield same_bits(y, row(1, case.dtype), label=f"the library’s own σ({farthest:g})", source=DIGITS)


@sigmoid.limit("the derivative of 1/(1 + e^−z)", backends=("torch", "tensorflow"))
def _(case):
    """From z = −88.7 (float32) or −709.8 (float64) on e^−z overflows. 1/(1 + e^−z) is 0 there, right to an absolute
    e^−|z|; its automatic derivative is 0·∞, NaN. The library's own logistic has a derivative everywhere.
    """
    farthest = -FARTHEST[str(case.dtype)]

    def literal(y, z):
        label = f"the derivative of 1/(1 + e^−z) is a number at z = {z:g}"
        return fact(is_number(y.part(1)), True, label=label, source="σ′ is defined everywhere")

    def instead(y, z):
        bound = bounds.logistic_tail(row(z, case.dtype))
        exact = oracle.logistic(row(z, case.dtype))
        return within(y.part(0), exact, bound, label=f"the value at z = {z:g}", source=DIGITS)

    formula = formula_at(case, "1/(1 + exp(-z))")
    yield from edge(0, farthest, case.dtype, formula, literal, instead=instead, symbol="z")
    y = yield formula(farthest)
    yield fact(in_words(y.part(1)), "nan", label=f"its derivative at z = {farthest:g}", source="0·∞")
    g = yield ask("logistic_gradient", x=row(farthest, case.dtype), upstream=row(1, case.dtype))
    yield from rounding(g, label=f"the library’s own σ′({farthest:g})")


@sigmoid.limit("a hard sigmoid")
def _(case):
    """What libraries call a hard sigmoid is a line between two steps, clip(z/6 + ½, 0, 1) in PyTorch and Keras: it is
    the logistic at 0 and nowhere else that is tried.
    """
    points = [Number(z) for z in (0.0, 1.5, -1.5, 3.0, -3.0, 6.0, -6.0)]

    def build(p):
        return ask("own_hard_sigmoid", x=row(p.z, case.dtype))

    def literal(y, p):
        exact = oracle.logistic(row(p.z, case.dtype))
        bound = bounds.elementwise("logistic", case.dtype, exact)
        return within(y, exact, bound, label=f"the hard sigmoid of {p.z:g} is σ({p.z:g})", source=DIGITS)

    def instead(y, p):
        wanted = row(np.clip(p.z / 6 + 0.5, 0, 1), case.dtype)
        return same_bits(y, wanted, label=f"clip({p.z:g}/6 + ½, 0, 1)", source="seen; a number of four bits")

    yield from smallest(points, build, literal, instead=instead, order="by |z|, multiples of 3/2")
