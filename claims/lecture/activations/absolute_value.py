"""The lecture's absolute value rectifier."""

import numpy as np

from ....reference import oracle
from ...language import Wrong, ask, claim, fact, same_bits, smallest
from ..shared.floats import Number, numbers, seen_by
from ..shared.wrongs import another, mistaken
from . import mutants
from .kinks import DEFINITION, all_spellings_agree, gradient_by_cases, gradient_is_the_slope, nan_stays_nan, relu_slope

GRADIENTS = ("absolute_value_gradient",)


def sum_of_both(right, left):
    with np.errstate(invalid="ignore", over="ignore"):  # should one of them be negative, or both too large
        return right + left


def difference_of_both(right, left):
    """The mistake that gives z back."""
    return right - left


def sign(z):
    return oracle.absolute_value_gradient(z, np.ones_like(z)).astype(z.dtype)


absolute_value = claim(
    "activations.absolute_value",
    """
    The absolute value rectifier is z without its sign, bit for bit, and +0 of either zero; NaN stays NaN. |z| =
    ReLU(z) + ReLU(−z). Its gradient is 1 for z > 0 and −1 for z < 0.

    Instead: Absolute value rectification: σ(z) = |z|, {its slope at 0 taken as 0|the gradient at 0}.

    Scope: float32 and float64: every sign and exponent; the gradient at z ≠ 0; the sum of two ReLUs where the
    library's ReLU keeps subnormal numbers, and with 0 in their place in TensorFlow, whose gradient takes them for 0
    too

    Pictures: absolute value

    Sources:
    - Jarrett, Kavukcuoglu, Ranzato, LeCun (2009), ICCV, §2
    - Goodfellow, Bengio, Courville (2016), §6.3.1
    """,
    kind="exact",
    expected="verified",
    premises=("activations.relu",),
)


@absolute_value.case(
    "values",
    wrongs={
        "ReLU": mistaken("ReLU for absolute value", "absolute_value"),
        "the sign kept": mistaken("negative numbers kept", "absolute_value"),
    },
)
def without_the_sign(case):
    z = numbers(case.dtype)
    y = yield ask("absolute_value", x=z)
    wanted = oracle.absolute_value(z).astype(z.dtype)
    yield same_bits(y, wanted, label="|z|", source="the bits of z, the sign's cleared", signed_zero=True)


@absolute_value.case(
    "two ReLUs",
    wrongs={
        "ReLU(z) − ReLU(−z)": {"both": difference_of_both},
        "two leaky ReLUs for two ReLUs": Wrong(operations={"relu": mutants.slightly_leaky}),
    },
)
def two_relus(case, *, both=sum_of_both):
    z = numbers(case.dtype)
    right, left = yield [ask("relu", x=z), ask("relu", x=-z)]
    together = right.then(lambda a: both(a, left.value))
    wanted = oracle.absolute_value(seen_by(case.backend, "relu", z)).astype(z.dtype)
    yield same_bits(together, wanted, label="ReLU(z) + ReLU(−z)", source=DEFINITION)


@absolute_value.case(
    "gradient",
    wrongs={
        "the slope of z": another("absolute_value_gradient", mutants.unsigned_slope),
        "the slope of ReLU": Wrong(says={"slope": relu_slope}, needs=GRADIENTS),
        "upstream gradient left out": mistaken(
            "upstream gradient forgotten", "absolute_value_gradient", needs=GRADIENTS
        ),
    },
)
def plus_or_minus_one(case, *, slope=sign):
    yield from gradient_by_cases("absolute_value_gradient", case, slope, "the sign of z")


@absolute_value.case("NaN")
def nan(case):
    yield from nan_stays_nan("absolute_value", case)


@absolute_value.limit("the gradient at 0")
def _(case):
    """At 0 |z| has two slopes, −1 and 1, and no derivative. Every library's own absolute value takes 0, between them."""
    yield from gradient_is_the_slope("absolute_value", case)


@absolute_value.limit("other ways to write |z|")
def _(case):
    """At 0 the ways to write |z| have derivatives 0 or 1, and NaN where the root of a square is taken: in PyTorch
    vector_norm has 0, in TensorFlow norm has NaN. Elsewhere they agree.
    """
    yield from all_spellings_agree("own_absolute_values", "own_absolute_value_gradient", case)


@absolute_value.limit("the smallest integer")
def _(case):
    """In int8, as pixels may be stored, |−128| is −128: there is no 128. Of all 256 numbers it is the only one."""
    points = [Number(z) for z in sorted(range(-128, 128), key=lambda z: (abs(z), -z))]

    def judge(y, p, size, source):
        return fact(y.then(lambda a: int(a[0])), size, label=f"|{p.z}| in int8", source=source)

    yield from smallest(
        points,
        lambda p: ask("absolute_of_integers", x=np.array([p.z], np.int8)),
        lambda y, p: judge(y, p, abs(int(p.z)), "whole numbers"),
        instead=lambda y, p: judge(y, p, -abs(int(p.z)), "two's complement, mod 2⁸"),
        order="by |z|",
    )
