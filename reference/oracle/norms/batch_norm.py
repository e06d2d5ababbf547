"""Batch normalisation by its definition, channel by channel, in double-double; in fractions where that has no room.

What is subtracted keeps 2**-94 of the size of its terms, whatever cancels: y of |gamma·(x - mean)|/sqrt(variance + epsilon) +
|beta|, with x - mean itself good to 2**-94 of the channel's spread; the running statistics of |old| and |batch|; dgamma of
sum |upstream·z|; dx of |gamma|/sqrt(variance + epsilon)·(|upstream| + mean|upstream| + |z|·mean|upstream·z|). The batch's mean and
dbeta are rounded once.
"""

import numpy as np

from ... import exact
from ...exact import double_double as dd
from ..finite import need_finite
from ..remembered import Array, once
from . import in_fractions as exactly


def _by_channels(fast, exact_one, *arrays, **settings):
    """``fast`` of a few channels at a time, or ``exact_one`` where some number leaves double-double no room."""
    need_finite(arrays)

    def either(*channels):
        function = fast if all(map(has_room, (*channels, *map(np.asarray, settings.values())))) else exact_one
        with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
            return function(*channels, **settings)

    return dd.by_rows(either, *arrays)


def has_room(numbers: Array) -> bool:
    """Whether double-double has room for what is made of them."""
    sizes = np.abs(numbers[numbers != 0])
    return not sizes.size or bool(sizes.min() > 1 / dd.SAFE and sizes.max() < dd.SAFE)


def _channels(x) -> Array:
    """[N, C, ...] as C rows."""
    return np.ascontiguousarray(np.moveaxis(x, 1, 0).reshape(x.shape[1], -1))


def _back(rows, shape) -> Array:
    return np.ascontiguousarray(np.moveaxis(rows.reshape(shape[1], shape[0], *shape[2:]), 0, 1))


def _column(x: dd.Number) -> dd.Number:
    return x[0][:, None], x[1][:, None]


def _over(x: dd.Number, n: int) -> dd.Number:
    return dd.divide(x, (float(n), 0.0))


def moments(rows: Array) -> tuple[dd.Number, dd.Number, dd.Number]:
    """(mean, x - mean, biased variance). Differences from a first element are exact, and as small as the channel's spread."""
    first, n = rows[:, 0], rows.shape[1]
    moved = dd.two_sum(rows, -first[:, None])
    mean = _over(dd.total(moved), n)
    away = dd.subtract(moved, _column(mean))
    return dd.add(dd.number(first), mean), away, _over(dd.total(dd.multiply(away, away)), n)


def root(variance: dd.Number, epsilon: float) -> dd.Number:
    """sqrt(variance + epsilon) [C, 1]."""
    return _column(dd.root(dd.add(variance, (epsilon, 0.0))))


def normalised(away: dd.Number, variance: dd.Number, gamma: Array, beta: Array, epsilon: float) -> Array:
    """gamma·away/sqrt(variance + epsilon) + beta, gamma and beta [C, 1] or [C, n]."""
    scaled = dd.divide(dd.multiply(away, dd.number(gamma)), root(variance, epsilon))
    return dd.value(dd.add(scaled, dd.number(beta)))


def slopes(h: dd.Number, z: dd.Number, *, centred: bool = True) -> dd.Number:
    """h - mean h - z·mean(h z), row by row; without mean h where it is not centred."""
    n = h[0].shape[1]
    inner = dd.subtract(h, _column(_over(dd.total(h), n))) if centred else h
    return dd.subtract(inner, dd.multiply(z, _column(_over(dd.total(dd.multiply(h, z)), n))))


def _training(rows, gamma, beta, *, epsilon):
    _, away, variance = moments(rows)
    return normalised(away, variance, gamma[:, None], beta[:, None], epsilon), dd.value(variance)


def _inference(rows, gamma, beta, mean, variance, *, epsilon):
    away = dd.two_sum(rows, -mean[:, None])
    return normalised(away, dd.number(variance), gamma[:, None], beta[:, None], epsilon)


def _running(rows, mean, variance, *, momentum, correction):
    batch_mean, _, batch_variance = moments(rows)
    unbiased = _over(dd.multiply(batch_variance, (float(rows.shape[1]), 0.0)), rows.shape[1] - int(correction))
    old, new = dd.two_sum(1.0, -momentum), (momentum, 0.0)
    return tuple(
        dd.value(dd.add(dd.multiply(old, dd.number(before)), dd.multiply(new, batch)))
        for before, batch in ((mean, batch_mean), (variance, unbiased))
    )


def _gradient(rows, gamma, upstream, *, epsilon):
    up = dd.number(upstream)
    _, away, variance = moments(rows)
    below = root(variance, epsilon)
    z = dd.divide(away, below)
    dx = dd.divide(dd.multiply(slopes(up, z), _column(dd.number(gamma))), below)
    return dd.value(dx), dd.value(dd.total(dd.multiply(up, z)))


def _inference_gradient(rows, gamma, mean, variance, upstream, *, epsilon):
    up, below = dd.number(upstream), root(dd.number(variance), epsilon)
    z = dd.divide(dd.two_sum(rows, -mean[:, None]), below)
    dx = dd.divide(dd.multiply(up, _column(dd.number(gamma))), below)
    return dd.value(dx), dd.value(dd.total(dd.multiply(up, z)))


@once
def batch_norm_training(x: Array, gamma: Array, beta: Array, *, epsilon: float) -> tuple[Array, Array, Array]:
    """(y, mean, biased variance), by the definition."""
    rows = _channels(x)
    y, variance = _by_channels(_training, exactly.training, rows, gamma, beta, epsilon=float(epsilon))
    return _back(y, x.shape), exact.totals(rows, rows.shape[1]), variance


@once
def batch_norm_inference(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array, *, epsilon: float) -> Array:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, with the statistics given."""
    given = (_channels(x), gamma, beta, mean, variance)
    return _back(_by_channels(_inference, exactly.inference, *given, epsilon=float(epsilon)), x.shape)


@once
def batch_norm_running(
    x: Array, mean: Array, variance: Array, *, momentum: float, correction: int
) -> tuple[Array, Array]:
    """((1 - momentum)·old + momentum·batch) of mean and variance, the batch variance over n - correction."""
    settings = {"momentum": float(momentum), "correction": correction}
    return _by_channels(_running, exactly.running, _channels(x), mean, variance, **settings)


@once
def batch_norm_gradient(x: Array, gamma: Array, upstream: Array, *, epsilon: float) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta) of training mode, from dy[j]/dx[i] = gamma·(i==j - 1/n - z[i]·z[j]/n)/sqrt(variance + epsilon).

    z = (x - mean)/sqrt(variance + epsilon): Ioffe & Szegedy 2015, §3, gathered into one Jacobian.
    """
    given = (_channels(x), gamma, _channels(upstream))
    dx, dgamma = _by_channels(_gradient, exactly.gradient, *given, epsilon=float(epsilon))
    return _back(dx, x.shape), dgamma, exact.totals(given[2])


@once
def batch_norm_inference_gradient(
    x: Array, gamma: Array, mean: Array, variance: Array, upstream: Array, *, epsilon: float
) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta) with the statistics given: dy[j]/dx[i] = gamma·(i==j)/sqrt(variance + epsilon)."""
    given = (_channels(x), gamma, mean, variance, _channels(upstream))
    dx, dgamma = _by_channels(_inference_gradient, exactly.inference_gradient, *given, epsilon=float(epsilon))
    return _back(dx, x.shape), dgamma, exact.totals(given[4])
