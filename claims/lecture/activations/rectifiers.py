"""The lecture's rectifiers without a slope to choose: ReLU and the absolute value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, edge, fact, same_bits, smallest
from . import mutants
from .floats import ROW, SIGNED, Number, in_words, mistaken, nans, numbers, row, seen, upstream_for, word
from .kinks import SUBGRADIENT, all_spellings_agree, gradient_is_the_slope, none_at_zero

GRADIENTS = ("relu_gradient",)
DEFINITION = "the definition, by cases"


# --- ReLU ----------------------------------------------------------------------------------------------------------------


def by_cases(z: np.ndarray) -> np.ndarray:
    return oracle.relu(z).astype(z.dtype)


def upside_down(z: np.ndarray) -> np.ndarray:
    """min(0, z)."""
    return -oracle.relu(-z).astype(z.dtype)


def one_sided(z: np.ndarray) -> np.ndarray:
    return (z > 0).astype(z.dtype)


def two_sided(z: np.ndarray) -> np.ndarray:
    """As if ReLU were clipped at 6."""
    return ((z > 0) & (z < 6)).astype(z.dtype)


MINUS_ZERO = {"torch": "-0"}
"""Library → ReLU of −0; 0 where none is named."""
AT_NAN = {"torch": "1"}
"""Library → ReLU's gradient at NaN; 0 where none is named."""
LARGER = mistaken("absolute value for ReLU", "relu")
BARE = mistaken("upstream gradient forgotten", "relu_gradient")


relu = claim(
    "activations.relu",
    """
    ReLU is max(0, z): for every finite and infinite z the larger of 0 and z, bit for bit; NaN stays NaN; the gradient
    is 1 for z > 0 and 0 for z < 0. TensorFlow takes subnormal numbers for 0.

    Scope: float32 and float64: every sign and exponent; the gradient at z ≠ 0; zeros are compared without their sign,
    which is recorded

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §6.3.1
    - IEEE 754-2019, §9.6 (maximum)
    """,
    kind="exact",
    expected="verified",
)


@relu.each(
    {"values": {}, "gradient": {}, "NaN and −0": {}},
    wrongs={
        "|z|": Wrong(operations={"relu": LARGER}, cases=("values",)),
        "ReLU6": Wrong(operations={"relu": mutants.relu6}, cases=("values",)),
        "a mask z > 0 that makes NaN 0": Wrong(operations={"relu": mutants.masked_relu}, cases=("NaN and −0",)),
        "min(0, z)": Wrong(says={"value": upside_down}, cases=("values",)),
        "a gradient of 1 for negative z too": Wrong(
            operations={"relu_gradient": mutants.slope_everywhere}, cases=("gradient",), needs=GRADIENTS
        ),
        "the gradient of ReLU6": Wrong(says={"slope": two_sided}, cases=("gradient",), needs=GRADIENTS),
        "upstream gradient left out": Wrong(operations={"relu_gradient": BARE}, cases=("gradient",), needs=GRADIENTS),
    },
)
def relu_cases(case: Case, *, value=by_cases, slope=one_sided):
    z = numbers(case.dtype)
    match case.name:
        case "values":
            y = yield ask("relu", x=z)
            yield same_bits(y, value(seen(case.backend, "relu", z)), label="max(0, z)", source=DEFINITION)
        case "gradient":
            z = z[z != 0]
            g = yield ask("relu_gradient", x=z, upstream=upstream_for(z))
            wanted = slope(seen(case.backend, "relu_gradient", z)) * upstream_for(z)
            yield same_bits(g, wanted, label="1 for z > 0, 0 for z < 0", source=DEFINITION)
            yield from none_at_zero("relu_gradient", case)
        case _:
            y = yield ask("relu", x=nans(case.dtype))
            yield fact(
                y.then(lambda a: int(np.isnan(a).sum())),
                nans(case.dtype).size,
                label="NaN stays NaN: how many",
                source=DEFINITION,
            )
            y = yield ask("relu", x=row(-0.0, case.dtype))
            yield fact(
                in_words(y),
                MINUS_ZERO.get(case.backend, "0"),
                label="max(0, −0)",
                source="what was seen of the library",
            )


@relu.limit("the gradient at 0")
def _(case: Case):
    """At 0 max(0, z) has two slopes, 0 and 1, and no derivative. Every library's own ReLU takes 0 there."""
    yield from gradient_is_the_slope("relu", case, SUBGRADIENT)


@relu.limit("other ways to write max(0, z)")
def _(case: Case):
    """At 0 the ways to write max(0, z) have derivatives 0, ½ or 1 within one library: PyTorch's relu 0, maximum ½,
    clamp 1; TensorFlow's relu 0, maximum(z, 0) 1 and maximum(0, z) 0. Elsewhere they agree.
    """
    yield from all_spellings_agree("own_rectifiers", "own_rectifier_gradient", case)


@relu.limit("NaN")
def _(case: Case):
    """max(0, z) by comparing gives 0 for NaN, as Python's max(0, z) does; every library keeps the NaN. Its gradient
    there is 1 in PyTorch, 0 elsewhere.
    """
    points = [Number(z) for z in (*SIGNED, np.inf, -np.inf, np.nan)]

    def literal(both: list[Outcome], p: Number):
        return fact(
            in_words(both[0]),
            word(max(0.0, p.z)),
            label=f"ReLU of {p.z:g} is max(0, z) of Python",
            source="Python's max",
        )

    def instead(both: list[Outcome], p: Number):
        return fact(in_words(both[0]), "nan", label="ReLU of NaN", source="IEEE 754-2019, maximum")

    def build(p: Number) -> list[Call]:
        z, one = row(p.z, case.dtype), row(1, case.dtype)
        return [ask("relu", x=z), ask("relu_gradient", x=z, upstream=one)]

    yield from smallest(points, build, literal, instead=instead, order="by |z|, NaN last")
    g = (yield build(points[-1]))[1]
    yield fact(in_words(g), AT_NAN.get(case.backend, "0"), label="ReLU’s gradient at NaN", source="seen of the library")


@relu.limit("subnormal numbers in TensorFlow", backends=("tensorflow",))
def _(case: Case):
    """TensorFlow's ReLU of a row of subnormal numbers, which are larger than 0, is 0."""
    format = np.finfo(case.dtype)

    def build(z: float) -> Call:
        return ask("relu", x=row(z, case.dtype))

    def literal(y: Outcome, z: float):
        return same_bits(y, row(z, case.dtype), label=f"ReLU(z) = z at z = {z:g}", source=DEFINITION)

    def instead(y: Outcome, z: float):
        return same_bits(y, row(0, case.dtype), label="0", source="subnormal numbers count as 0")

    normal, smallest_of_all = float(format.tiny), float(format.smallest_subnormal)
    yield from edge(2 * normal, smallest_of_all, case.dtype, build, literal, instead=instead, symbol="z")


class Row(NamedTuple):
    """N equal numbers z."""

    N: int
    z: float


@relu.limit("one number and two in TensorFlow", backends=("tensorflow",))
def _(case: Case):
    """An activation is a function of one number, whatever stands beside it. TensorFlow's ReLU of a subnormal number
    is that number where it stands alone, and 0 where there are two of it: a row is computed in groups of several,
    which take it for 0, and what is left over.
    """
    half = float(np.finfo(case.dtype).tiny) / 2
    points = [Row(n, z) for n in (1, 2, 4, 8, ROW) for z in (0.0, half, 1.0)]

    def build(p: Row) -> list[Call]:
        return [ask("relu", x=row(p.z, case.dtype, 1)), ask("relu", x=row(p.z, case.dtype, p.N))]

    def literal(both: list[Outcome], p: Row):
        return fact(
            in_words(both[1]),
            in_words(both[0]).value,
            label=f"ReLU of {p.N} numbers is ReLU of one",
            source="ReLU of one",
        )

    def instead(both: list[Outcome], p: Row):
        return fact(in_words(both[1]), "0", label=f"ReLU of {p.N} subnormal numbers", source="they count as 0")

    yield from smallest(points, build, literal, instead=instead, order="by N, then by z")


@relu.limit("the sign of 0 in PyTorch", backends=("torch",))
def _(case: Case):
    """PyTorch's ReLU of −0 is −0: max(0, z) is +0."""
    points = [Number(z) for z in (0.0, -0.0, *SIGNED[1:])]

    def literal(y: Outcome, p: Number):
        return fact(in_words(y), word(max(0.0, p.z)), label=f"max(0, {p.z:g}) with its sign", source="Python's max")

    def instead(y: Outcome, p: Number):
        return fact(in_words(y), "-0", label=f"ReLU of {p.z:g}", source="seen")

    def build(p: Number) -> Call:
        return ask("relu", x=row(p.z, case.dtype))

    yield from smallest(points, build, literal, instead=instead, order="by |z|")


# --- absolute value ------------------------------------------------------------------------------------------------------


def sum_of_both(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):  # should one of them be negative, or both too large
        return right + left


def difference_of_both(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The mistake that gives z back."""
    return right - left


def sign(z: np.ndarray) -> np.ndarray:
    return oracle.absolute_value_gradient(z, np.ones_like(z)).astype(z.dtype)


HALF_OF_IT = mistaken("ReLU for absolute value", "absolute_value")
NOTHING = mistaken("negative numbers kept", "absolute_value")
BARE_SIGN = mistaken("upstream gradient forgotten", "absolute_value_gradient")
SIGN = ("absolute_value_gradient",)


absolute_value = claim(
    "activations.absolute_value",
    """
    The absolute value rectifier is z without its sign, bit for bit, and +0 of either zero; NaN stays NaN. |z| =
    ReLU(z) + ReLU(−z). Its gradient is 1 for z > 0 and −1 for z < 0.

    Scope: float32 and float64: every sign and exponent; the gradient at z ≠ 0; the sum of two ReLUs where the
    library's ReLU keeps subnormal numbers, and with 0 in their place in TensorFlow, whose gradient takes them for 0
    too

    Sources:
    - Jarrett, Kavukcuoglu, Ranzato, LeCun (2009), ICCV, §2
    - Goodfellow, Bengio, Courville (2016), §6.3.1
    """,
    kind="exact",
    expected="verified",
    premises=("activations.relu",),
)


@absolute_value.each(
    {"values": {}, "two ReLUs": {}, "gradient": {}, "NaN": {}},
    wrongs={
        "ReLU": Wrong(operations={"absolute_value": HALF_OF_IT}, cases=("values",)),
        "the sign kept": Wrong(operations={"absolute_value": NOTHING}, cases=("values",)),
        "ReLU(z) − ReLU(−z)": Wrong(says={"both": difference_of_both}, cases=("two ReLUs",)),
        "two leaky ReLUs for two ReLUs": Wrong(operations={"relu": mutants.slightly_leaky}, cases=("two ReLUs",)),
        "the slope of z": Wrong(
            operations={"absolute_value_gradient": mutants.unsigned_slope}, cases=("gradient",), needs=SIGN
        ),
        "the slope of ReLU": Wrong(says={"slope": one_sided}, cases=("gradient",), needs=SIGN),
        "upstream gradient left out": Wrong(
            operations={"absolute_value_gradient": BARE_SIGN}, cases=("gradient",), needs=SIGN
        ),
    },
)
def absolute_value_cases(case: Case, *, both=sum_of_both, slope=sign):
    z = numbers(case.dtype)
    match case.name:
        case "values":
            y = yield ask("absolute_value", x=z)
            wanted = oracle.absolute_value(z).astype(z.dtype)
            yield same_bits(y, wanted, label="|z|", source="the bits of z, the sign's cleared", signed_zero=True)
        case "two ReLUs":
            right, left = yield [ask("relu", x=z), ask("relu", x=-z)]
            wanted = oracle.absolute_value(seen(case.backend, "relu", z)).astype(z.dtype)
            yield same_bits(
                right.then(lambda a: both(a, left.value)), wanted, label="ReLU(z) + ReLU(−z)", source=DEFINITION
            )
        case "gradient":
            z = z[z != 0]
            g = yield ask("absolute_value_gradient", x=z, upstream=upstream_for(z))
            wanted = slope(seen(case.backend, "absolute_value_gradient", z)) * upstream_for(z)
            yield same_bits(g, wanted, label="the sign of z", source=DEFINITION)
            yield from none_at_zero("absolute_value_gradient", case)
        case _:
            y = yield ask("absolute_value", x=nans(case.dtype))
            count = y.then(lambda a: int(np.isnan(a).sum()))
            yield fact(count, nans(case.dtype).size, label="NaN stays NaN: how many", source=DEFINITION)


@absolute_value.limit("the gradient at 0")
def _(case: Case):
    """At 0 |z| has two slopes, −1 and 1, and no derivative. Every library's own absolute value takes 0, between them."""
    yield from gradient_is_the_slope("absolute_value", case, SUBGRADIENT)


@absolute_value.limit("other ways to write |z|")
def _(case: Case):
    """At 0 the ways to write |z| have derivatives 0 or 1, and NaN where the root of a square is taken: in PyTorch
    vector_norm has 0, in TensorFlow norm has NaN. Elsewhere they agree.
    """
    yield from all_spellings_agree("own_absolute_values", "own_absolute_value_gradient", case)


@absolute_value.limit("the smallest integer")
def _(case: Case):
    """In int8, as pixels may be stored, |−128| is −128: there is no 128. Of all 256 numbers it is the only one."""
    points = [Number(z) for z in sorted(range(-128, 128), key=lambda z: (abs(z), -z))]

    def literal(y: Outcome, p: Number):
        return fact(y.then(lambda a: int(a[0])), abs(int(p.z)), label=f"|{p.z}| in int8", source="whole numbers")

    def instead(y: Outcome, p: Number):
        return fact(
            y.then(lambda a: int(a[0])), -abs(int(p.z)), label=f"|{p.z}| in int8", source="two's complement, mod 2⁸"
        )

    yield from smallest(
        points,
        lambda p: ask("absolute_of_integers", x=np.array([p.z], np.int8)),
        literal,
        instead=instead,
        order="by |z|",
    )
