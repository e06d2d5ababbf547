"""The lecture's rectified linear unit: ReLU."""

from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import Wrong, ask, claim, edge, fact, same_bits, smallest
from ..shared.floats import ROW, SIGNED, Number, in_words, numbers, row, seen_by, word
from ..shared.wrongs import another, mistaken
from . import kinks, mutants

GRADIENTS = ("relu_gradient",)


def by_cases(z):
    return oracle.relu(z).astype(z.dtype)


def upside_down(z):
    """min(0, z)."""
    return -oracle.relu(-z).astype(z.dtype)


MINUS_ZERO = {"torch": "-0"}
"""Library → ReLU of −0; 0 where none is named."""
AT_NAN = {"torch": "1"}
"""Library → ReLU's gradient at NaN; 0 where none is named."""


relu = claim(
    "activations.relu",
    """
    ReLU is max(0, z): for every finite and infinite z the larger of 0 and z, bit for bit; NaN stays NaN; the gradient
    is 1 for z > 0 and 0 for z < 0. TensorFlow takes subnormal numbers for 0.

    Instead: Rectified linear unit (ReLU): σ(z) = max(0, z), {its slope at 0 taken as 0|the gradient at 0}

    Scope: float32 and float64: every sign and exponent; the gradient at z ≠ 0; zeros are compared without their sign,
    which is recorded

    Pictures: relu

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §6.3.1
    - IEEE 754-2019, §9.6 (maximum)
    """,
    kind="exact",
    expected="verified",
)


@relu.case(
    "values",
    wrongs={
        "|z|": mistaken("absolute value for ReLU", "relu"),
        "ReLU6": Wrong(operations={"relu": mutants.relu6}),
        "min(0, z)": {"value": upside_down},
    },
)
def larger_of_zero_and_z(case, *, value=by_cases):
    z = numbers(case.dtype)
    y = yield ask("relu", x=z)
    yield same_bits(y, value(seen_by(case.backend, "relu", z)), label="max(0, z)", source=kinks.DEFINITION)


@relu.case(
    "gradient",
    wrongs={
        "a gradient of 1 for negative z too": another("relu_gradient", mutants.slope_everywhere),
        "the gradient of ReLU6": Wrong(says={"slope": kinks.relu6_slope}, needs=GRADIENTS),
        "upstream gradient left out": mistaken("upstream gradient forgotten", "relu_gradient", needs=GRADIENTS),
    },
)
def zero_or_one(case, *, slope=kinks.relu_slope):
    yield from kinks.gradient_by_cases("relu_gradient", case, slope, "1 for z > 0, 0 for z < 0")


@relu.case("NaN and −0", wrongs={"a mask z > 0 that makes NaN 0": Wrong(operations={"relu": mutants.masked_relu})})
def nan_and_minus_zero(case):
    yield from kinks.nan_stays_nan("relu", case)
    y = yield ask("relu", x=row(-0.0, case.dtype))
    wanted = MINUS_ZERO.get(case.backend, "0")
    yield fact(in_words(y), wanted, label="max(0, −0)", source="what was seen of the library")


@relu.limit("the gradient at 0")
def _(case):
    """At 0 max(0, z) has two slopes, 0 and 1, and no derivative. Every library's own ReLU takes 0 there."""
    yield from kinks.gradient_is_the_slope("relu", case)


@relu.limit("other ways to write max(0, z)")
def _(case):
    """At 0 the ways to write max(0, z) have derivatives 0, ½ or 1 within one library: PyTorch's relu 0, maximum ½,
    clamp 1; TensorFlow's relu 0, maximum(z, 0) 1 and maximum(0, z) 0. Elsewhere they agree.
    """
    yield from kinks.all_spellings_agree("own_rectifiers", "own_rectifier_gradient", case)


@relu.limit("NaN")
def _(case):
    """max(0, z) by comparing gives 0 for NaN, as Python's max(0, z) does; every library keeps the NaN. Its gradient
    there is 1 in PyTorch, 0 elsewhere.
    """
    points = [Number(z) for z in (*SIGNED, np.inf, -np.inf, np.nan)]

    def literal(both, p):
        label = f"ReLU of {p.z:g} is max(0, z) of Python"
        return fact(in_words(both[0]), word(max(0.0, p.z)), label=label, source="Python's max")

    def instead(both, p):
        return fact(in_words(both[0]), "nan", label="ReLU of NaN", source="IEEE 754-2019, maximum")

    def build(p):
        z, one = row(p.z, case.dtype), row(1, case.dtype)
        return [ask("relu", x=z), ask("relu_gradient", x=z, upstream=one)]

    yield from smallest(points, build, literal, instead=instead, order="by |z|, NaN last")
    g = (yield build(points[-1]))[1]
    yield fact(in_words(g), AT_NAN.get(case.backend, "0"), label="ReLU’s gradient at NaN", source="seen of the library")


@relu.limit("subnormal numbers in TensorFlow", backends=("tensorflow",))
def _(case):
    """TensorFlow's ReLU of a row of subnormal numbers, which are larger than 0, is 0."""
    format = np.finfo(case.dtype)

    def build(z):
        return ask("relu", x=row(z, case.dtype))

    def literal(y, z):
        return same_bits(y, row(z, case.dtype), label=f"ReLU(z) = z at z = {z:g}", source=kinks.DEFINITION)

    def instead(y, z):
        return same_bits(y, row(0, case.dtype), label="0", source="subnormal numbers count as 0")

    normal, smallest_of_all = float(format.tiny), float(format.smallest_subnormal)
    yield from edge(2 * normal, smallest_of_all, case.dtype, build, literal, instead=instead, symbol="z")


class Row(NamedTuple):
    """N equal numbers z."""

    N: int
    z: float


@relu.limit("one number and two in TensorFlow", backends=("tensorflow",))
def _(case):
    """An activation is a function of one number, whatever stands beside it. TensorFlow's ReLU of a subnormal number
    is that number where it stands alone, and 0 where there are two of it: a row is computed in groups of several,
    which take it for 0, and what is left over.
    """
    half = float(np.finfo(case.dtype).tiny) / 2
    points = [Row(n, z) for n in (1, 2, 4, 8, ROW) for z in (0.0, half, 1.0)]

    def build(p):
        return [ask("relu", x=row(p.z, case.dtype, 1)), ask("relu", x=row(p.z, case.dtype, p.N))]

    def literal(both, p):
        several, alone = in_words(both[1]), in_words(both[0]).value
        return fact(several, alone, label=f"ReLU of {p.N} numbers is ReLU of one", source="ReLU of one")

    def instead(both, p):
        return fact(in_words(both[1]), "0", label=f"ReLU of {p.N} subnormal numbers", source="they count as 0")

    yield from smallest(points, build, literal, instead=instead, order="by N, then by z")


@relu.limit("the sign of 0 in PyTorch", backends=("torch",))
def _(case):
    """PyTorch's ReLU of −0 is −0: max(0, z) is +0."""
    points = [Number(z) for z in (0.0, -0.0, *SIGNED[1:])]

    def literal(y, p):
        return fact(in_words(y), word(max(0.0, p.z)), label=f"max(0, {p.z:g}) with its sign", source="Python's max")

    def instead(y, p):
        return fact(in_words(y), "-0", label=f"ReLU of {p.z:g}", source="seen")

    def build(p):
        return ask("relu", x=row(p.z, case.dtype))

    yield from smallest(points, build, literal, instead=instead, order="by |z|")
