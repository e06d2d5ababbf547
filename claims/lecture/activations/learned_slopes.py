"""The lecture's slope that is learned: PReLU, its gradient by α, and gradient descent that recovers α."""

import itertools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Wrong, ask, claim, edge, fact, rounding, same_bits, smallest, within
from ..shared.floats import in_words
from ..shared.wrongs import mistaken
from . import mutants


def exactly(z, upstream):
    """Σ over batch and positions of upstream · min(0, z), channel by channel."""
    return oracle.prelu_gradient(z, np.zeros(z.shape[1]), upstream)[1]


def through_the_maximum(z, upstream):
    return -exactly(-z, upstream)


def over_all_channels(z, upstream):
    return np.full(z.shape[1], exactly(z, upstream).sum())


def downhill(alpha, rate, gradient):
    return alpha - alpha.dtype.type(rate) * gradient


def uphill(alpha, rate, gradient):
    return alpha + alpha.dtype.type(rate) * gradient


def fixed(alpha, rate, gradient):
    return alpha


GOAL, START = np.array([0.125, 0.5, -0.75]), np.array([0.25, 1.0, -0.5])
"""The teacher's slopes, one a channel, and where the pupil starts."""


def sixteen(dtype):
    """z [2, 3, 8, 2] in whole numbers: in each channel the squares of the negative ones sum to 16."""
    z = np.full((3, 32), 5.0)
    z[:, ::3] = 0
    z[0, 1:5], z[1, 5:21], z[2, 7] = -2, -1, -4
    return np.ascontiguousarray(z.reshape(3, 2, 8, 2).transpose(1, 0, 2, 3)).astype(dtype)


def descent(z, rate, steps, step):
    """α ← α − η·dL/dα for L = ½ Σ (f_α(z) − f_α*(z))²; returns α after the steps, as an outcome of the last gradient."""
    alpha, last = START.astype(z.dtype), None
    taught = yield ask("prelu", x=z, alpha=GOAL.astype(z.dtype))
    for _ in range(steps):
        y = yield ask("prelu", x=z, alpha=alpha)
        last = (yield ask("prelu_gradient", x=z, alpha=alpha, upstream=y.value - taught.value)).part(1)
        alpha = step(alpha, rate, last.value)
    return last.then(lambda _: alpha)  # pyright: ignore[reportOptionalMemberAccess]


TWO_RELUS = ("tensorflow",)
"""Whose PReLU is ReLU(z) − α·ReLU(−z), with the derivative 0 at z = 0; the others have α there."""


learned_slope = claim(
    "activations.learned_slope",
    """
    The slopes can be learned: dL/dα_c is the sum of upstream · min(0, z) over the batch and all positions of channel
    c, bit for bit in whole numbers. With L = ½ Σ (f_α(z) − f_α*(z))² a step of gradient descent takes the share η·Σz²
    (over z < 0) of each channel's error away: with η·Σz² = 1 it recovers α* exactly, with ½ it halves the error
    exactly, and for real numbers the error keeps to the geometric series.

    Instead: α_i can be set to a fixed value; could be learned, {one for each channel where that is asked for|which
    numbers share one α}.

    Scope: one α for each channel; z < 0 somewhere in each; 0 < η·Σz² ≤ 1; no noise: the teacher is a PReLU of the
    same inputs

    Notes: Recovering a known slope has no noise in it: its error has a derived bound, and no statistics are needed.

    Pictures: learned slope

    Sources:
    - He, Zhang, Ren, Sun (2015), arXiv 1502.01852, §2.1, eqs. 2 and 3
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("activations.leaky_relu",),
)


WRONG_GRADIENTS = {
    "computed through max(0, z)": Wrong(operations={"prelu_gradient": mutants.through_the_positive_side}),
    "trained as if shared": Wrong(operations={"prelu_gradient": mutants.shared_across_channels}),
    "the mean over the batch": Wrong(operations={"prelu_gradient": mutants.mean_for_sum}),
}
WRONG_DESCENTS = {
    **WRONG_GRADIENTS,
    "the first channel's α for all": mistaken("one slope for all channels", "prelu"),
    "a step uphill": {"step": uphill},
    "α stays what it was": {"step": fixed},
}
GIVEN_SLOPES = (0.25, 0, -1, 2)
SHAPE = (3, 4, 5, 2)


@learned_slope.case(
    "sums of integers",
    wrongs={
        "gradient through max(0, z)": {"sum_": through_the_maximum},
        "one α shared across channels": {"sum_": over_all_channels},
        **WRONG_GRADIENTS,
    },
)
def gradients_of_integers(case, *, sum_=exactly):
    z, upstream = case.integers("z", SHAPE), case.integers("upstream", SHAPE)
    alpha = np.array(GIVEN_SLOPES, case.dtype)
    if not bounds.exactly_representable(float((np.abs(z) * np.abs(upstream)).sum()), case.dtype):
        raise ValueError("not every partial sum is exact; draw smaller integers")
    g = yield ask("prelu_gradient", x=z, alpha=alpha, upstream=upstream)
    wanted = sum_(z, upstream).astype(case.dtype)
    yield same_bits(g.part(1), wanted, label="dL/dα", source="the sum, in whole numbers")
    slope = alpha[:, None, None]
    left = np.where(z < 0, slope, slope * (case.backend not in TWO_RELUS))
    wanted = upstream * np.where(z > 0, case.dtype.type(1), left)
    label, source = "dL/dz, and each library’s own choice at z = 0", "upstream · 1 or α; at 0 as predicted"
    yield same_bits(g.part(0), wanted, label=label, source=source)


@learned_slope.case("sums of reals", wrongs=WRONG_GRADIENTS)
def gradients_of_reals(case):
    z, upstream = case.reals("z", SHAPE), case.reals("upstream", SHAPE)
    g = yield ask("prelu_gradient", x=z, alpha=np.array(GIVEN_SLOPES, case.dtype), upstream=upstream)
    yield from rounding(g, label="PReLU’s gradient")


@learned_slope.each(
    {"one step to the goal": {"share": 1.0, "steps": 1}, "half of the way at each step": {"share": 0.5, "steps": 12}},
    wrongs=WRONG_DESCENTS,
)
def exact_descent(case, *, step=downhill):
    alpha = yield from descent(sixteen(case.dtype), case.share / 16, case.steps, step)
    wanted = (GOAL + (1 - case.share) ** case.steps * (START - GOAL)).astype(case.dtype)
    yield same_bits(alpha, wanted, label=f"α after {case.steps} steps", source="α* + (1 − ηΣz²)ᵏ(α − α*), exact")


@learned_slope.case("reals", steps=25, wrongs=WRONG_DESCENTS)
def rounded_descent(case, *, step=downhill):
    z = case.reals("z", (4, 3, 8, 2))
    squares = np.array([(np.minimum(each, 0) ** 2).sum() for each in np.moveaxis(z.astype(np.float64), 1, 0)])
    rate = 2.0 ** -np.ceil(np.log2(squares.max()))
    alpha = yield from descent(z, rate, case.steps, step)
    error = START - GOAL
    bound = bounds.contraction(error, GOAL, rate * squares, z[:, 0].size, case.steps, case.dtype)
    wanted = GOAL + (1 - rate * squares) ** case.steps * error
    yield within(alpha, wanted, bound, label=f"α after {case.steps} steps", source="α* + (1 − ηΣz²)ᵏ(α − α*)")


class Image(NamedTuple):
    """An image of C channels of H × W pixels."""

    C: int
    H: int
    W: int


SHARED = {"torch": lambda i: 1, "tensorflow": lambda i: i.C * i.H * i.W}
"""Library → how many slopes its PReLU has of its own accord."""
INITIAL = {"torch": "0.25", "tensorflow": "0"}


@learned_slope.limit("which numbers share one α")
def _(case):
    """One α for each channel is He et al.'s; no library has it of its own accord. PyTorch's PReLU has a single α for
    all channels, begun at 0.25; Keras' one for each channel and pixel, begun at 0.
    """
    images = sorted((Image(*n) for n in itertools.product(range(1, 4), repeat=3)), key=lambda i: i.C * i.H * i.W)

    def build(i):
        return ask("own_slopes", shape=(1, *i), dtype=str(case.dtype))

    def literal(slopes, i):
        return fact(slopes.then(np.size), i.C, label=f"one α a channel: {i.C}", source="He et al. (2015), §2.1")

    def instead(slopes, i):
        own = slopes.then(np.size)
        wanted = SHARED.get(case.backend, lambda i: own.value)(i)
        return fact(own, wanted, label="slopes of the library's own PReLU", source="what was seen of the library")

    yield from smallest(images, build, literal, instead=instead, order="by C·H·W")
    begun = in_words((yield build(images[-1])).then(np.ravel))
    wanted = INITIAL.get(case.backend, begun.value)
    yield fact(begun, wanted, label="the slopes it begins with", source="seen of the library")


class Pair(NamedTuple):
    z1: float
    z2: float


@learned_slope.limit("without a negative number")
def _(case):
    """Where no z is negative α takes no part: its gradient is 0, and it stays what it was."""
    pairs = sorted(
        (Pair(*z) for z in itertools.product((-2.0, -1.0, 0.0, 1.0, 2.0), repeat=2)),
        key=lambda p: abs(p.z1) + abs(p.z2),
    )
    one = np.ones(1, case.dtype)

    def build(p):
        z = np.array([[p]], case.dtype)
        return ask("prelu_gradient", x=z, alpha=one, upstream=np.minimum(z, 0))  # f₁(z) − f₀(z)

    def error_after(g):
        return g.part(1).then(lambda a: abs(float(downhill(one, 1 / 16, a)[0])))

    def literal(g, p):
        nearer = error_after(g).then(lambda e: e < 1)
        return fact(nearer, True, label="a step takes α from 1 nearer to 0", source="gradient descent, η = 1/16")

    def instead(g, p):
        return same_bits(g.part(1), np.zeros(1, case.dtype), label="dL/dα", source="Σ upstream · min(0, z) of nothing")

    yield from smallest(pairs, build, literal, instead=instead, order="by |z1| + |z2|")


@learned_slope.limit("too long a step")
def _(case):
    """A step of η < 2/Σz² takes α nearer to α*; with η = 2/Σz² it lands exactly as far away on the other side, and
    from there on goes to and fro.
    """
    z, one = sixteen(case.dtype)[:, :1], np.ones(1, case.dtype)

    def build(rate):
        return ask("prelu_gradient", x=z, alpha=one, upstream=np.minimum(z, 0))  # f₁(z) − f₀(z)

    def after(g, rate):
        return g.part(1).then(lambda a: downhill(one, rate, a))

    def literal(g, rate):
        nearer = after(g, rate).then(lambda a: bool(abs(a[0]) < 1))
        return fact(nearer, True, label=f"a step of η = {rate:g} takes α from 1 nearer to 0", source="gradient descent")

    def instead(g, rate):
        return fact(in_words(after(g, rate)), "-1", label="α after the step", source="1 − ηΣz², Σz² = 16")

    yield from edge(1 / 16, 3 / 16, case.dtype, build, literal, instead=instead, symbol="η")
