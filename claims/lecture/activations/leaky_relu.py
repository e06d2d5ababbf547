"""The lecture's rectifier with a slope for negative numbers: leaky ReLU."""

from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import Wrong, ask, claim, fact, rounding, same_bits, smallest
from ..shared.floats import SIGNED, Spelled, in_words, numbers, row, seen_by, unsigned, upstream_for, word
from ..shared.wrongs import mistaken
from . import mutants
from .kinks import DEFINITION

FORMULA = "α·min(0, z) + max(0, z), of which one term is 0 and the other exact"


def by_formula(z, alpha):
    return oracle.leaky_relu(z, alpha=alpha).astype(z.dtype)


def as_the_larger(z, alpha):
    """max(αz, z)."""
    return np.maximum(z.dtype.type(alpha) * z, z)


SPECIAL = {
    0.0: ("ReLU", oracle.relu),
    1.0: ("the identity", np.positive),
    -1.0: ("the absolute value", oracle.absolute_value),
}
"""α → what it makes of leaky ReLU."""


def special(alpha, z):
    return SPECIAL[alpha][1](z).astype(z.dtype)


def other_sign(alpha, z):
    return special(-alpha, z)


def some(dtype):
    """A ninth of all kinds of numbers; nine being odd, each exponent is among them."""
    return numbers(dtype)[::9]


def far_from_the_ends(z):
    """Zeros, and numbers whose products with 2 and with ⅛ are neither subnormal nor infinite."""
    format = np.finfo(z.dtype)
    size = np.abs(z)
    return z[(size == 0) | ((size >= 16 * format.tiny) & (size <= format.max / 16))]


leaky_relu = claim(
    "activations.leaky_relu",
    """
    Leaky ReLU is α·min(0, z) + max(0, z): z for z > 0 and αz for z < 0, bit for bit where αz is a number of the
    format and within one rounding elsewhere; with one α for each channel (PReLU) too. For finite z, α = 0 is ReLU, α
    = 1 the identity and α = −1 the absolute value. The gradient is 1 for z > 0 and α for z < 0.

    Instead: Leaky ReLU: σ(z) = α_i min(0, z_i) + max(0, z_i). ({Say α_i: libraries' own differ|a slope that is not
    said}.)

    Scope: float32 and float64; α given; zeros compared without sign; finite z for α = 0; max(αz, z) is the same only
    for α ≤ 1; TensorFlow takes subnormal numbers for 0

    Notes: In float64 TensorFlow rounds α to float32, a recorded defect; 1/8 is a number of float32, 0.1 is none.

    Pictures: leaky relu

    Sources:
    - Maas, Hannun, Ng (2013), ICML workshop on deep learning, §2
    - He, Zhang, Ren, Sun (2015), arXiv 1502.01852, eq. 1
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("activations.relu", "activations.absolute_value"),
)


@leaky_relu.case(
    "α = 2",
    alpha=2.0,
    wrongs={
        "max(αz, z) with α > 1": {"value": as_the_larger},
        "computed as max(αz, z)": Wrong(operations={"leaky_relu": mutants.larger_of_the_two}),
        "α on the positive side": Wrong(operations={"leaky_relu": mutants.slope_on_the_other_side}),
    },
)
@leaky_relu.case(
    "α = 1/8",
    alpha=0.125,
    wrongs={
        "α on the positive side": Wrong(operations={"leaky_relu": mutants.slope_on_the_other_side}),
        "the gradient's α on the positive side": Wrong(
            operations={"leaky_relu_gradient": mutants.slope_on_the_other_side_gradient}
        ),
        "another slope": mistaken("other slope", "leaky_relu"),
        "another slope in the gradient": mistaken("other slope", "leaky_relu_gradient"),
    },
)
def power_of_two(case, *, value=by_formula):
    yield from bits_of_values(case, value)
    yield from bits_of_gradients(case)


@leaky_relu.each(
    {"α = 0": {"alpha": 0.0}, "α = 1": {"alpha": 1.0}, "α = −1": {"alpha": -1.0}},
    wrongs={"the sign of α": Wrong(says={"known": other_sign}, cases=("α = 1", "α = −1"))},
)
def another_function(case, *, known=special):
    yield from bits_of_values(case, by_formula)
    z = some(case.dtype)
    z = z[np.isfinite(z)]
    y = yield ask("leaky_relu", x=z, alpha=case.alpha)
    wanted = known(case.alpha, seen_by(case.backend, "leaky_relu", z))
    yield same_bits(y, wanted, label="every finite z", source=SPECIAL[case.alpha][0])
    yield from bits_of_gradients(case)


@leaky_relu.case("α = 0.1", alpha=0.1)
def rounded_slope(case):
    z = case.reals("z", (200,))
    y = yield ask("leaky_relu", x=z, alpha=case.alpha)
    yield from rounding(y, label="leaky_relu")
    g = yield ask("leaky_relu_gradient", x=z, upstream=case.reals("g", z.shape), alpha=case.alpha)
    yield from rounding(g, label="leaky_relu_gradient")


@leaky_relu.case(
    "one α a channel",
    wrongs={
        "α on the positive side of each channel": Wrong(operations={"prelu": mutants.slopes_on_the_other_side}),
        "one α for all channels": mistaken("one slope for all channels", "prelu"),
        "the channels' α in reverse": mistaken("slopes in reverse", "prelu"),
    },
)
def slope_of_each_channel(case):
    z, alpha = case.integers("z", (2, 5, 3, 4)), np.array([-1, 0, 0.125, 1, 2], case.dtype)
    y = yield ask("prelu", x=z, alpha=alpha)
    yield same_bits(y, oracle.prelu(z, alpha).astype(z.dtype), label="α_c for channel c", source=FORMULA)


def bits_of_values(case, value):
    z = far_from_the_ends(some(case.dtype))
    y = yield ask("leaky_relu", x=z, alpha=case.alpha)
    yield same_bits(y, value(z, case.alpha), label=f"{case.alpha:g}·min(0, z) + max(0, z)", source=FORMULA)


def bits_of_gradients(case):
    """At z = 0 too, where there is no derivative, but a choice in which the libraries are at one."""
    alpha, z = case.alpha, far_from_the_ends(some(case.dtype))
    z = z[z != 0]
    g = yield ask("leaky_relu_gradient", x=z, upstream=upstream_for(z), alpha=alpha)
    wanted = oracle.leaky_relu_gradient(z, upstream_for(z), alpha=alpha).astype(z.dtype)
    yield same_bits(g, wanted, label=f"1 for z > 0, {alpha:g} for z < 0", source=DEFINITION)
    zeros = np.zeros(5, case.dtype)
    g = yield ask("leaky_relu_gradient", x=zeros, upstream=np.full_like(zeros, 3), alpha=alpha)
    wanted = np.full_like(zeros, 3 * alpha)
    source = "the left side's slope, which every library takes"
    yield same_bits(g, wanted, label=f"the choice at z = 0: {alpha:g}", source=source)


class Leaky(NamedTuple):
    """The slope, and the number it is asked for."""

    α: float
    z: float


def leaky(case):
    return lambda p: ask("leaky_relu", x=row(p.z, case.dtype), alpha=p.α)


@leaky_relu.limit("α = 0 at −∞")
def _(case):
    """α = 0 is ReLU for every finite z; at −∞ it is 0·∞, which is NaN."""
    most = float(np.finfo(case.dtype).max)
    slopes, reach = (0.0, 0.125, 1.0), (*SIGNED[:3], most, -most, np.inf, -np.inf)

    def literal(y, p):
        wanted = p.z if p.z > 0 else p.α * p.z if p.α else 0.0
        label = f"{p.α:g}·min(0, z) + max(0, z) at z = {p.z:g}" + (" is ReLU" if not p.α else "")
        return fact(in_words(unsigned(y)), word(wanted + 0.0), label=label, source="ReLU, and the slope α")

    def instead(y, p):
        return fact(in_words(y), "nan", label=f"{p.α:g}·({p.z:g})", source="IEEE 754-2019, §7.2: 0·∞ is invalid")

    points = [Leaky(a, z) for z in reach for a in slopes]
    yield from smallest(points, leaky(case), literal, instead=instead, order="by |z|, then by α")


@leaky_relu.limit("max(αz, z) for α > 1")
def _(case):
    """For α ≤ 1, negative ones too, leaky ReLU is max(αz, z), as it is often written; for α > 1 it is min(αz, z)."""
    points = [Leaky(a, z) for a in (0.0, 0.25, 0.5, 1.0, -0.5, -1.0, -2.0, 2.0, 4.0) for z in SIGNED]

    def literal(y, p):
        label = f"max({p.α:g}·z, z) at z = {p.z:g}"
        return fact(in_words(unsigned(y)), word(max(p.α * p.z, p.z) + 0.0), label=label, source="max(αz, z)")

    def instead(y, p):
        wanted = word(min(p.α * p.z, p.z) + 0.0)
        return fact(in_words(unsigned(y)), wanted, label=f"min({p.α:g}·z, z)", source="α > 1: the other way round")

    order = "α ≤ 1, by size, then α > 1; then by |z|"
    yield from smallest(points, leaky(case), literal, instead=instead, order=order)


DEFAULT = {
    "torch.nn.functional.leaky_relu": 0.01,
    "torch.nn.LeakyReLU": 0.01,
    "torch.nn.functional.rrelu": (1 / 8 + 1 / 3) / 2,
    "torch.nn.PReLU": 0.25,
    "tf.nn.leaky_relu": 0.2,
    "keras.activations.leaky_relu": 0.2,
    "keras.layers.LeakyReLU": 0.3,
    "keras.layers.PReLU": 0.0,
}
"""Function → the slope it has when none is said."""


@leaky_relu.limit("a slope that is not said")
def _(case):
    """Where α is not said it is 0.01 (PyTorch's leaky ReLU), 0.229 (its randomised one, (1/8 + 1/3)/2), 0.25 (its
    PReLU, to begin with), 0.2 (TensorFlow's and Keras' function), 0.3 (Keras' layer) or 0 (Keras' PReLU): not even
    one library has one.
    """
    functions = (yield ask("own_leaky_relus")).value

    def build(p):
        return [ask("own_leaky_relu", x=row(p.z, case.dtype), function=f) for f in (functions[0], p.function)]

    def literal(both, p):
        first, other = (in_words(unsigned(y)) for y in both)
        label = f"{p.function} is {functions[0]} at z = {p.z:g}"
        return fact(other, first.value, label=label, source="the library's first function")

    def instead(both, p):
        return slope(both[1], p.function)

    def slope(y, function):
        own = y.then(lambda a: float(np.float32(0 - a[0])))  # in float32, to which TensorFlow rounds it in float64 too
        known = float(np.float32(DEFAULT.get(function, own.value)))
        return fact(own, known, label=f"{function}’s own α", source="−f(−1), as it was seen")

    points = [Spelled(f, z) for z in (0.0, 1.0, -1.0) for f in functions[1:]]
    order = "by |z|, the negative last, then in the order of the library's list"
    yield from smallest(points, build, literal, instead=instead, order=order)
    outcomes = yield [ask("own_leaky_relu", x=row(-1, case.dtype), function=f) for f in functions]
    for function, y in zip(functions, outcomes, strict=True):
        yield slope(y, function)
