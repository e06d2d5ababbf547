"""The lecture's “[this] explanation is disputed”: what speaks for internal covariate shift, and what against it.

Both by construction: batch norm pins the mean and the variance of every channel, and pins nothing else of their distribution.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...engine import Case, Outcome, Wrong, ask, claim, fact, smallest, within
from . import mutants
from .covariate_shift import distribution
from .decoupling import TINY, ones, remembered
from .normalization import channel_moment, exact_mean, exact_variance, mean_zero, moments

TWO_VALUED, SKEWED = (-1, -1, -1, 1, 1, 1), (-1, -1, 2, 0, 0, 0)
"""Six examples of mean 0 and variance 1 each, and third moments 0 and 1."""


def third_moment(gamma: float, central: float, v: float, epsilon: float) -> float:
    """Of y = γ(z − μ)/√(v + ε) + β, from that of z."""
    return gamma**3 * central / (v + epsilon) ** 1.5


def pinned_too(gamma: float, central: float, v: float, epsilon: float) -> float:
    """The mistake: as if the whole distribution were what it was in the beginning, with third moment 0."""
    return 0.0


def together(step: float) -> int:
    """In how many of the six examples the second channel lies on the same side as the first: it moves from A to −A."""
    return 6 if step < 0.5 else 0


def still_together(step: float) -> int:
    return 6


@claim(
    "batch_norm.disputed",
    statement="For: in training mode batch norm pins the mean of each channel at β and its variance at γ²v/(v + ε) at every step, whatever the "
    "layers below do. Against: the distribution changes all the same: with mean and variance pinned the third moment moves from 0 to "
    "γ³/(v + ε)^(3/2), and two channels that agreed on every example come to disagree on every one.",
    scope="what holds by construction, in a layer whose weights are moved by hand; not yet which of the two matters for training",
    kind="exact + statistical",
    expected="inconclusive",
    cases={"pinned, whatever the layer below does": {}, "the third moment moves": {}, "two channels part": {}},
    wrongs={
        "no batch norm": Wrong(operations={"batch_norm_training": mutants.without_batch_norm}, needs=("batch_norm_training",)),
        "remembered statistics in place of the batch's": Wrong(operations={"batch_norm_training": mutants.remembered_statistics},
                                                               needs=("batch_norm_training",)),
        "the mean is 0, whatever β": Wrong(says={"mean": mean_zero}, needs=("batch_norm_training",)),
        "the third moment is pinned too": Wrong(says={"third": pinned_too}, cases=("the third moment moves",), needs=("batch_norm_training",)),
        "the channels stay together": Wrong(says={"agreement": still_together}, cases=("two channels part",), needs=("batch_norm_training",)),
    },
    premises=("batch_norm.normalizes", "batch_norm.covariate_shift"),
    sources=("Ioffe & Szegedy (2015), arXiv 1502.03167", "Santurkar, Tsipras, Ilyas, Madry (2018), arXiv 1805.11604, §2"),
    notes="The statistical part, whether a lower shift is what makes batch norm train better, is still to come: both sides of it.",
)  # fmt: skip
def disputed(case: Case, *, mean=exact_mean, third=third_moment, agreement=together):
    epsilon = 2.0**-10
    if case.name == "pinned, whatever the layer below does":
        x, gamma, beta = case.reals("x", (12, 3)), case.reals("gamma", (4,)), case.reals("beta", (4,))
        weights = [case.reals(f"w{t}", (4, 3), scale=2.0**t, offset=t) for t in range(4)]
        for z in (yield [ask("fully_connected", x=x, w=w, b=beta) for w in weights]):
            y = yield ask("batch_norm_training", x=z.value, gamma=gamma, beta=beta, epsilon=epsilon)
            yield from moments(y, mean, exact_variance)
        return
    gamma, beta = np.array([3, 3], case.dtype), np.array([2, 2], case.dtype)
    joint = case.name == "two channels part"
    x = np.array([TWO_VALUED, SKEWED], case.dtype).T
    for step in (0.0, 0.25, 0.75, 1.0):
        # The first channel turns from the first feature to the second; or the second channel from the first feature to its negative.
        w = [[1, 0], [1 - 2 * step, 0]] if joint else [[1 - step, step], [1, 0]]
        z = yield ask("fully_connected", x=x, w=np.array(w, case.dtype), b=None)
        y = yield ask("batch_norm_training", x=z.value, gamma=gamma, beta=beta, epsilon=epsilon)
        yield from moments(y, mean, exact_variance)
        if joint:
            same_side = y.part(0).then(lambda a: int(np.count_nonzero((a[:, 0] > 2) == (a[:, 1] > 2))))
            yield fact(
                same_side,
                agreement(step),
                label=f"w = {w[1][0]:g}: examples on which the channels agree",
                source="A and −A",
            )
        else:
            yield third_of(
                case, y, np.array(w) @ np.array([TWO_VALUED, SKEWED]), third, label=f"w = {w[0]}: third moment"
            )


def third_of(case: Case, y: Outcome, z: np.ndarray, third, *, label: str):
    """The third central moment of the first channel, z [channels, 6] given in numbers that every format holds."""
    (gamma, beta), epsilon, rows = (np.full(2, a) for a in (3.0, 2.0)), 2.0**-10, z.T
    exact, _, v = oracle.batch_norm_training(rows, gamma, beta, epsilon=epsilon)
    bound = bounds.batch_norm_training(rows, gamma, beta, case.dtype, epsilon=epsilon)[0]
    central = channel_moment(rows, order=3)
    wanted = np.array([third(3.0, central[c], v[c], epsilon) for c in range(2)])
    return within(
        y.part(0).then(functools.partial(channel_moment, order=3)), wanted, bounds.channel_moments(bound, exact, case.dtype)[2],
        label=label, source="the third power of γ/√(v + ε)",
    )  # fmt: skip


class Examples(NamedTuple):
    """The number n of examples in the batch."""

    n: int


@disputed.limit(
    "two examples",
    says="Of two examples mean and variance are everything: nothing of the distribution is left to move. From three on it can.",
)
def _(case: Case):
    def drawn(e: Examples) -> np.ndarray:
        """0, …, 0, n: turned into its negative, it has the same variance."""
        return np.eye(e.n)[:, -1:] * e.n

    def build(e: Examples):
        z = (-drawn(e)).astype(case.dtype)
        return ask("batch_norm_training", x=z, gamma=ones(z)[0], beta=ones(z)[1], epsilon=TINY)

    def judge(y: Outcome, z: np.ndarray, label: str):
        ordered = distribution(z)
        wanted = oracle.batch_norm_training(ordered, *ones(z), epsilon=TINY)[0]
        bound = bounds.batch_norm_training(ordered, *ones(z), case.dtype, epsilon=TINY)[0]
        return within(
            y.part(0).then(distribution), wanted, bound, label=label, source="algorithm 1 of Ioffe & Szegedy (2015)"
        )

    yield from smallest(
        [Examples(n) for n in range(2, 7)], build, order="by n",
        literal=lambda y, e: judge(y, drawn(e), "mean and variance pinned, the distribution is as before"),
        instead=lambda y, e: judge(y, -drawn(e), "the distribution is that of −z"),
    )  # fmt: skip


class Learned(NamedTuple):
    """Scale γ and shift β, which are learned themselves."""

    γ: int
    β: int


@disputed.limit(
    "the shift is learned",
    says="What is pinned is pinned before γ and β: these are learned, and β moves the mean itself.",
)
def _(case: Case):
    z = np.array([[-1], [2], [5], [3]], case.dtype)

    def build(p: Learned):
        return ask(
            "batch_norm_training",
            x=z,
            gamma=np.array([p.γ], case.dtype),
            beta=np.array([p.β], case.dtype),
            epsilon=TINY,
        )

    def judge(y: Outcome, p: Learned, mean: int):
        gamma, beta = np.array([float(p.γ)]), np.array([float(p.β)])
        exact = oracle.batch_norm_training(z, gamma, beta, epsilon=TINY)[0]
        bound = bounds.batch_norm_training(z, gamma, beta, case.dtype, epsilon=TINY)[0]
        allowed = bounds.channel_moments(bound, exact, case.dtype)[0]
        got = y.part(0).then(functools.partial(channel_moment, order=1))
        return within(
            got, np.array([float(mean)]), allowed, label=f"mean {mean}", source="algorithm 1 of Ioffe & Szegedy (2015)"
        )

    yield from smallest(
        sorted((Learned(g, b) for g in (1, 2) for b in (0, 1)), key=lambda p: (p.γ + p.β, -p.γ)), build, order="by γ + β",
        literal=lambda y, p: judge(y, p, 0), instead=lambda y, p: judge(y, p, p.β),
    )  # fmt: skip


class Moved(NamedTuple):
    """The layer below, az + c, since the statistics were remembered."""

    a: int
    c: int


@disputed.limit(
    "inference mode pins nothing",
    says="With remembered statistics the mean comes out as wherever the layer below has moved it.",
)
def _(case: Case):
    z, epsilon = np.array([[-1.0], [1.0], [3.0], [1.0]]), 2.0**-10
    μ, variance = np.array([1], case.dtype), np.array([2], case.dtype)

    def build(p: Moved):
        given = (p.a * z + p.c).astype(case.dtype)
        return remembered(given, μ, variance, epsilon)

    def judge(y: Outcome, p: Moved, mean: float, label: str):
        given = p.a * z + p.c
        exact = oracle.batch_norm_inference(given, *ones(z), μ, variance, epsilon=epsilon)
        bound = bounds.batch_norm_inference(given, *ones(z), μ, variance, case.dtype, epsilon=epsilon)
        allowed = bounds.channel_moments(bound, exact, case.dtype)[0]
        return within(
            y.then(functools.partial(channel_moment, order=1)),
            np.array([mean]),
            allowed,
            label=label,
            source="algorithm 2",
        )

    yield from smallest(
        sorted((Moved(a, c) for a in (1, 2) for c in range(3)), key=lambda p: (p.a + p.c, p.c)), build,
        lambda y, p: judge(y, p, 0.0, "mean β = 0"), order="by a + c",
        instead=lambda y, p: judge(y, p, (p.a + p.c - 1) / (2 + epsilon) ** 0.5, "mean (a + c − μ)/√(σ² + ε)"),
    )  # fmt: skip
