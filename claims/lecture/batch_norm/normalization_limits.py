"""Where “batch norm normalises” stops: at ε, at one value a channel, and where the libraries' own layers are left to themselves.

The limits of ``batch_norm.normalizes``; the claim itself is in ``normalization.py``.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import ask, fact, happens, same_bits, smallest, within
from .layers import by_the_batch, normalized
from .moments import SOURCE, channel_moment
from .normalization import normalizes
from .own_layers import FORMULA, LAYERS, OTHER, OWN, STATISTICS, as_it_comes


class Spread(NamedTuple):
    """The standard deviation s of a channel."""

    s: float


SPREADS = [Spread(2.0**k) for k in range(20, -5, -2)]
FROM_WIDE = "from the widest channel down"


def two_values(dtype, s, mean=0.0):
    """μ − s and μ + s, as often as it takes for n and n − 1 to be 4 and 3: one channel, [N, C]."""
    return np.array([[mean - s], [mean + s]] * 2, dtype)


@normalizes.limit("ε leaves the variance below γ²")
def _(case):
    """“Normalised to variance 1” holds up to rounding only where ε is lost beside s²: with ε = 10⁻⁵ a narrower
    channel comes out with the variance s²/(s² + ε), a constant one with variance 0.
    """
    epsilon = 1e-5

    def build(p):
        return by_the_batch(two_values(case.dtype, p.s), epsilon)

    def judge(y, p, wanted, label):
        exact, bound = normalized(two_values(case.dtype, p.s), case.dtype, epsilon)
        allowed = bounds.channel_moments(bound, exact, case.dtype)[1]
        variance = y.part(0).then(functools.partial(channel_moment, order=2))
        return within(variance, np.array([wanted]), allowed, label=label, source=SOURCE)

    yield from smallest(
        SPREADS,
        build,
        lambda y, p: judge(y, p, 1.0, "variance 1"),
        order=FROM_WIDE,
        instead=lambda y, p: judge(y, p, p.s**2 / (p.s**2 + epsilon), "variance s²/(s² + ε)"),
    )


class Batch(NamedTuple):
    """N images of H × W pixels: N·H·W values a channel."""

    N: int
    H: int
    W: int


REFUSAL = {"torch": "Expected more than 1 value per channel when training"}
"""A library that refuses a single value a channel says so; the others return β."""


@normalizes.limit("one value a channel")
def _(case):
    """One value is its own mean: what comes out is β, whatever goes in. PyTorch refuses to train on it; TensorFlow
    and the reference return β, and Keras counts its variance as 0.
    """
    batches = sorted((Batch(n, h, w) for n in (1, 2) for h in (1, 2) for w in (1, 2)), key=lambda b: b.N * b.H * b.W)
    gamma, beta, epsilon = np.array([2], case.dtype), np.array([3], case.dtype), 1e-3

    def images(b):
        return (np.arange(1, 1 + b.N * b.H * b.W) ** 2).reshape(b.N, 1, b.H, b.W).astype(case.dtype)

    def literal(y, b):
        if case.backend in REFUSAL:
            return happens(y, "value", label="a batch is normalised", source="the sentence as worded")
        spread = y.part(0).then(lambda out: bool(np.ptp(out) > 0))
        return fact(spread, True, label="the values of the channel are spread", source="the sentence as worded")

    def instead(y, b):
        if refusal := REFUSAL.get(case.backend):
            return happens(y, "raised", label="it is refused", source="observed", error=refusal)
        bound = bounds.batch_norm_training(images(b), gamma, beta, case.dtype, epsilon=epsilon)[0]
        return within(y.part(0), np.full((1, 1, 1, 1), 3.0), bound, label="β comes out", source="x − μ = 0")

    yield from smallest(
        batches,
        lambda b: ask("batch_norm_training", x=images(b), gamma=gamma, beta=beta, epsilon=epsilon),
        literal,
        instead=instead,
        order="by N·H·W",
    )
    if case.backend == "tensorflow":
        y = yield ask("own_batch_norm", x=images(Batch(1, 1, 1)), mode="training", settings={"momentum": 0.5})
        yield same_bits(
            y.part(2), np.array([0.5], case.dtype), label="Keras remembers half of 1 and half of 0", source=STATISTICS
        )


# --- the libraries' own layers: what is left to one, or said to it, means something else in the other library ---------------


@normalizes.limit("the default ε", backends=LAYERS)
def _(case):
    """Left to itself PyTorch adds ε = 10⁻⁵, Keras 10⁻³: what one gives is not what the other gives, as soon as the
    spread is small enough for the difference to exceed rounding.
    """

    def judge(y, p, library):
        wanted, bound = as_it_comes(two_values(case.dtype, p.s), case.dtype, epsilon=OWN[library].epsilon)
        return within(y.part(0), wanted, bound, label=f"ε = {OWN[library].epsilon:g}, as in {library}", source=FORMULA)

    yield from smallest(
        SPREADS,
        lambda p: ask("own_batch_norm", x=two_values(case.dtype, p.s), mode="training", settings={}),
        lambda y, p: judge(y, p, OTHER[case.backend]),
        instead=lambda y, p: judge(y, p, case.backend),
        order=FROM_WIDE,
    )


class Momentum(NamedTuple):
    """What a layer is told as its momentum m."""

    m: float


@normalizes.limit("the same word, momentum, for opposite weights", backends=LAYERS)
def _(case):
    """PyTorch's momentum is the weight of the new value, Keras' that of the old one: m here is 1 − m there, and only ½
    means the same in both.
    """

    def judge(y, p, library):
        weight = OWN[library].weight_of_new(p.m)
        return same_bits(
            y.part(1),
            np.array([8 * weight], case.dtype),
            source="quarters: nothing rounds",
            label=f"the mean remembered, momentum of the {OWN[library].momentum_is_of} value",
        )

    momenta = sorted((Momentum(m / 4) for m in range(5)), key=lambda p: (abs(p.m - 0.5), p.m))
    yield from smallest(
        momenta,
        lambda p: ask(
            "own_batch_norm", x=two_values(case.dtype, 1, mean=8), mode="training", settings={"momentum": p.m}
        ),
        lambda y, p: judge(y, p, OTHER[case.backend]),
        instead=lambda y, p: judge(y, p, case.backend),
        order="by the distance from ½",
    )


class Channel(NamedTuple):
    """A channel of n values, of which one half is −s and the other s."""

    n: int
    s: int


@normalizes.limit("which variance is remembered", backends=LAYERS)
def _(case):
    """PyTorch remembers the variance over n − 1, though it normalises with that over n; Keras remembers that over n.
    The difference is largest for the smallest batch, and none where all values are alike. (TensorFlow's fused
    operation, without Keras, is PyTorch's way.)
    """

    def values(c):
        return np.array([[-c.s], [c.s]] * (c.n // 2), case.dtype)

    def judge(y, c, library):
        one, settings = np.ones(1), {"momentum": 0.5, "correction": OWN[library].correction}
        wanted = oracle.batch_norm_running(values(c), one, one, **settings)[1]
        bound = bounds.batch_norm_running(values(c), one, one, case.dtype, **settings)[1]
        return within(
            y.part(2), wanted, bound, label=f"the variance over n − {OWN[library].correction}", source=STATISTICS
        )

    channels = sorted((Channel(n, s) for n in (2, 4) for s in range(3)), key=lambda c: (c.n, c.s))
    yield from smallest(
        channels,
        lambda c: ask("own_batch_norm", x=values(c), mode="training", settings={"momentum": 0.5}),
        lambda y, c: judge(y, c, OTHER[case.backend]),
        instead=lambda y, c: judge(y, c, case.backend),
        order="by n, then by s",
    )


class Values(NamedTuple):
    """A channel of mean μ and standard deviation s."""

    μ: int
    s: int


@normalizes.limit("the mode of a new layer", backends=LAYERS)
def _(case):
    """Called as it comes, PyTorch's layer normalises by the batch, Keras' by what it remembers (mean 0, variance 1):
    the same only where the batch has these statistics itself, or is 0.
    """

    def judge(y, v, library):
        mode = OWN[library].mode
        wanted, bound = as_it_comes(
            two_values(case.dtype, v.s, v.μ), case.dtype, epsilon=OWN[case.backend].epsilon, mode=mode
        )
        return within(y.part(0), wanted, bound, label=f"as it comes the layer is in {mode} mode", source=FORMULA)

    channels = sorted((Values(m, s) for m in range(3) for s in range(3)), key=lambda v: (v.μ + v.s, v.μ))
    yield from smallest(
        channels,
        lambda v: ask("own_batch_norm", x=two_values(case.dtype, v.s, v.μ), mode="as it comes", settings={}),
        lambda y, v: judge(y, v, OTHER[case.backend]),
        instead=lambda y, v: judge(y, v, case.backend),
        order="by μ + s",
    )


class Axes(NamedTuple):
    """The sizes of the four axes of an image in the other library's layout."""

    first: int
    second: int
    third: int
    last: int


@normalizes.limit("the axis of the channels", backends=LAYERS)
def _(case):
    """Given the other library's layout, the layer normalises what is not a channel: PyTorch's takes the second axis,
    Keras' the last. Nothing tells where the two axes have one value each.
    """

    def image(a):
        return (np.arange(1, 1 + np.prod(a)) ** 2).reshape(a).astype(case.dtype)

    def judge(y, a, library):
        axis = OWN[library].axis
        wanted, bound = as_it_comes(image(a), case.dtype, epsilon=OWN[case.backend].epsilon, axis=axis)
        back = y.part(0).then(lambda out: np.moveaxis(out, axis, 1))
        return within(back, wanted, bound, label=f"axis {axis} is that of the channels", source=FORMULA)

    shapes = sorted((Axes(*s) for s in itertools.product((1, 2), repeat=4)), key=lambda a: (np.prod(a), a))
    yield from smallest(
        shapes,
        lambda a: ask("own_batch_norm", x=image(a), mode="training", settings={}),
        lambda y, a: judge(y, a, OTHER[case.backend]),
        instead=lambda y, a: judge(y, a, case.backend),
        order="by the number of values",
    )
