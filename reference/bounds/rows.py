"""Layer, group, instance and RMS norm: the bounds of batch norm, a row that is normalised for a channel."""

import math
from typing import Any

import numpy as np

from .batch_norm import SLOPE, Statistics, normalised, slope, statistics, text_of
from .bound import ORACLE, Bound, derived
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, smallest_subnormal, unit_roundoff

Part = Numbers | None
Bounds = tuple[Bound, Bound, Bound]


def layer_norm(
    x: Numbers,
    gamma_: Part,
    beta: Part,
    dtype: Format,
    *,
    start: int,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
    steps: bool = False,
) -> Bound:
    """That of y in :func:`.batch_norm_training`, of which no step asks whether gamma and beta are the same along a row."""
    x = np.asarray(x, np.float64)
    return _forward(x, gamma_, beta, dtype, math.prod(x.shape[:start]), epsilon, stored, steps, formed)


def layer_norm_gradient(
    x: Numbers,
    gamma_: Part,
    upstream: Numbers,
    dtype: Format,
    *,
    start: int,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
) -> Bounds:
    """Bounds of (dx, dgamma, dbeta); see :func:`_backward`."""
    x = np.asarray(x, np.float64)
    shape = x.shape[start:] if gamma_ is None else np.shape(gamma_)
    return _backward(x, gamma_, upstream, dtype, math.prod(x.shape[:start]), shape, epsilon, stored, formed)


def rms_norm(
    x: Numbers,
    gamma_: Part,
    dtype: Format,
    *,
    start: int,
    epsilon: float,
    stored: str | None = None,
    steps: bool = False,
) -> Bound:
    """The same with a mean of 0 that errs by 0, and the mean square for the variance: γ(N + 1) of itself, for its terms have one sign."""
    x = np.asarray(x, np.float64)
    return _forward(x, gamma_, None, dtype, math.prod(x.shape[:start]), epsilon, stored, steps)


def rms_norm_gradient(
    x: Numbers, gamma_: Part, upstream: Numbers, dtype: Format, *, start: int, epsilon: float, stored: str | None = None
) -> tuple[Bound, Bound]:
    """Bounds of (dx, dgamma); see :func:`_backward`."""
    x = np.asarray(x, np.float64)
    shape = x.shape[start:] if gamma_ is None else np.shape(gamma_)
    return _backward(x, gamma_, upstream, dtype, math.prod(x.shape[:start]), shape, epsilon, stored)[:2]


def group_norm(
    x: Numbers,
    gamma_: Part,
    beta: Part,
    dtype: Format,
    *,
    groups: int,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
    steps: bool = False,
) -> Bound:
    """That of layer norm, a group of an image for a sample."""
    x = np.asarray(x, np.float64)
    laid = _channelwise(x, gamma_), _channelwise(x, beta)
    return _forward(x, *laid, dtype, len(x) * groups, epsilon, stored, steps, formed)


def group_norm_gradient(
    x: Numbers,
    gamma_: Part,
    upstream: Numbers,
    dtype: Format,
    *,
    groups: int,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
) -> Bounds:
    """Bounds of (dx, dgamma [C], dbeta [C]); see :func:`_backward`."""
    x = np.asarray(x, np.float64)
    shape = x.shape[1], *[1] * (x.ndim - 2)
    found = _backward(x, _channelwise(x, gamma_), upstream, dtype, len(x) * groups, shape, epsilon, stored, formed)
    dx, *others = found
    dgamma, dbeta = (derived(one.allowed.reshape(-1), one.derivation) for one in others)
    return dx, dgamma, dbeta


def instance_norm(x: Numbers, gamma_: Part, beta: Part, dtype: Format, **settings: Any) -> Bound:
    """That of group norm, a channel for a group."""
    return group_norm(x, gamma_, beta, dtype, groups=np.shape(x)[1], **settings)


def instance_norm_gradient(x: Numbers, gamma_: Part, upstream: Numbers, dtype: Format, **settings: Any) -> Bounds:
    """That of group norm, a channel for a group."""
    return group_norm_gradient(x, gamma_, upstream, dtype, groups=np.shape(x)[1], **settings)


def _forward(x, gamma_, beta, dtype, rows, epsilon, stored, steps, formed=None) -> Bound:
    factor, more = _laid(gamma_, x.shape, rows, 1.0), _laid(beta, x.shape, rows, 0.0)
    found, how = _found(x, dtype, rows, stored, formed)
    one = normalised(x.reshape(1, rows, -1), factor, more, found, dtype, epsilon, stored if steps else None, how)
    return derived(one.allowed.reshape(x.shape), one.derivation)


def _backward(x, gamma_, upstream, dtype, rows, shape, epsilon, stored, formed=None) -> Bounds:
    """Bounds of (dx, dgamma, dbeta); g upstream, h = gamma·g, M of the numbers of x to each of gamma.

    dx: that of :func:`.batch_norm_gradient` with h for g, which is rounded once more, and gamma = 1; without mean h where no mean is taken off.
    dgamma: sum(|g|·E) + gamma(2M + 8)·sum(|g|·Z). dbeta: gamma(M)·sum|g|. Infinite where θ >= 1, but for dbeta.

    ``stored``: a narrower format that each step is rounded to: ten of dx (x - mean, its product with a, h, its mean, h z and its mean, their
    product with z, two differences and the last product), five of dgamma (two of z, the product, its sum over an image, that of the
    images), two of dbeta.
    """
    n, m = x.size // rows, x.size // max(1, math.prod(shape))
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    narrow, least = (unit_roundoff(stored), smallest_subnormal(stored)) if stored else (0.0, 0.0)
    found, how = _found(x, dtype, rows, stored, formed)
    cut, g = x.reshape(1, rows, -1), np.abs(np.asarray(upstream, np.float64))
    h, one = _laid(gamma_, x.shape, rows, 1.0) * g.reshape(cut.shape), np.ones((1, 1, 1))
    dx, Z, E, void = slope(cut, one, h, found, dtype, epsilon, roundings=9, centred=formed is not None)
    void = np.broadcast_to(void[:, None], (rows, n)).reshape(x.shape)
    # A product that is flushed moves h, its mean and mean(h z) by λ_min.
    a = 1 / np.sqrt(np.maximum(found[1] + epsilon, normal))[:, None]
    lost = (normal + least) * a * (2 + Z * Z.mean(axis=2, keepdims=True))
    whole = h + h.mean(axis=2, keepdims=True) + Z * (h * Z).mean(axis=2, keepdims=True)
    dx = dx + lost + gamma(10, narrow) * (1 + gamma(10, narrow)) * a * whole
    E, Z = E.reshape(x.shape), Z.reshape(x.shape)
    weighted = _summed(g * Z, shape)
    G = _summed(np.where(void, np.inf, g * E), shape) + (gamma(2 * m + 8, u) + gamma(5, narrow)) * weighted
    t = f"u = 2^-{significand_bits(dtype)}" + (f"; each step rounded to {np.dtype(stored)}" if stored else "")
    return (
        derived(
            dx.reshape(x.shape), f"a·[{SLOPE.format(g='h', k='₉')}], h = γg, Z = (|x| + |μ|)a, N = {n}, {t}, {how}"
        ),
        derived(
            G + 2 * ORACLE * weighted + 2 * m * (normal + least),
            f"Σ|g|E + γ(2M+8)·Σ|g|Z, Z = (|x| + |μ|)/√(v + ε), M = {m}, N = {n}, {t}, {how}",
        ),
        derived(
            (gamma(m, u) + gamma(2, narrow) + ORACLE) * _summed(g, shape) + m * (normal + least),
            f"γ(M)·Σ|g|, M = {m}, {t} (Higham 2002, §4.2)",
        ),
    )


def _found(x, dtype, rows, stored, formed) -> tuple[Statistics, str]:
    """The statistics of each row with their errors, and how they are formed; ``formed``: a variance; None for a mean square."""
    if formed is not None:
        return statistics(x.reshape(1, rows, -1), dtype, formed, stored), text_of(formed, stored)
    n, nothing = x.size // rows, np.zeros(rows)
    square = np.square(x.reshape(rows, -1)).mean(axis=1)
    error = (gamma(n + 1, unit_roundoff(dtype)) + 2.0**-50 * n) * square + 2 * smallest_normal(dtype)
    if stored is not None:
        error = error + unit_roundoff(stored) * (square + error) + smallest_normal(stored)
    text = "μ = 0, mean square: δ_v = γ(N+1)v" + (
        f"; rounded to {np.dtype(stored)} before it is used" if stored else ""
    )
    return (nothing, square, nothing, error), text


def _laid(part, shape, rows, fill) -> np.ndarray:
    """The sizes of gamma or beta, one number for each of x's, as rows."""
    whole = np.asarray(fill if part is None else part, np.float64)
    return np.abs(np.broadcast_to(whole, shape)).reshape(1, rows, -1)


def _channelwise(x, part):
    return None if part is None else np.asarray(part, np.float64).reshape(-1, *[1] * (x.ndim - 2))


def _summed(a, shape):
    lead = a.ndim - len(shape)
    again = tuple(lead + axis for axis, n in enumerate(shape) if n == 1)
    return a.sum(axis=(*range(lead), *again), keepdims=True).reshape(shape)
