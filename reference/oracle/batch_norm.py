"""Batch normalisation by its definition, in 50 decimal digits, rounded once to float64."""

import decimal

import numpy as np

from ..remembered import once
from .decimals import MANY, NOTHING, decimals, need_finite


def _channels(x):
    """[N, C, ...] as C rows of decimals."""
    return decimals(np.moveaxis(x, 1, 0).reshape(x.shape[1], -1))


def _from_channels(rows, shape):
    table = np.array([[float(number) for number in row] for row in rows])
    return np.ascontiguousarray(np.moveaxis(table.reshape(shape[1], shape[0], *shape[2:]), 0, 1))


def _vector(numbers):
    return np.array([float(number) for number in numbers])


def _moments(row):
    mean = sum(row, NOTHING) / len(row)
    return mean, sum(((z - mean) ** 2 for z in row), NOTHING) / len(row)


@once
def batch_norm_training(x, gamma, beta, *, epsilon):
    """(y, mean, biased variance), by the definition."""
    need_finite((x, gamma, beta))
    with decimal.localcontext(MANY):
        rows, epsilon = _channels(x), decimal.Decimal(float(epsilon))
        moments = [_moments(row) for row in rows]
        y = [
            [g * (z - mean) / (variance + epsilon).sqrt() + b for z in row]
            for row, (mean, variance), g, b in zip(rows, moments, *decimals(np.stack([gamma, beta])), strict=True)
        ]
        return _from_channels(y, x.shape), _vector(m for m, _ in moments), _vector(v for _, v in moments)


@once
def batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon) -> np.ndarray:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, with the statistics given."""
    need_finite((x, gamma, beta, mean, variance))
    with decimal.localcontext(MANY):
        epsilon = decimal.Decimal(float(epsilon))
        given = decimals(np.stack([gamma, beta, mean, variance]))
        y = [
            [g * (z - m) / (v + epsilon).sqrt() + b for z in row]
            for row, g, b, m, v in zip(_channels(x), *given, strict=True)
        ]
        return _from_channels(y, x.shape)


@once
def batch_norm_running(x, mean, variance, *, momentum, correction):
    """((1 - momentum)·old + momentum·batch) of mean and variance, the batch variance over n - correction."""
    need_finite((x, mean, variance))
    with decimal.localcontext(MANY):
        new = decimal.Decimal(float(momentum))
        means, variances = [], []
        for row, old_mean, old_variance in zip(_channels(x), *decimals(np.stack([mean, variance])), strict=True):
            batch_mean, batch_variance = _moments(row)
            means.append((1 - new) * old_mean + new * batch_mean)
            unbiased = batch_variance * len(row) / (len(row) - int(correction))
            variances.append((1 - new) * old_variance + new * unbiased)
        return _vector(means), _vector(variances)


@once
def batch_norm_gradient(x, gamma, upstream, *, epsilon):
    """(dx, dgamma, dbeta) of training mode, from dy[j]/dx[i] = gamma·(i==j - 1/n - z[i]·z[j]/n)/sqrt(variance + epsilon).

    z = (x - mean)/sqrt(variance + epsilon): Ioffe & Szegedy 2015, §3, gathered into one Jacobian.
    """
    need_finite((x, gamma, upstream))
    with decimal.localcontext(MANY):
        epsilon = decimal.Decimal(float(epsilon))
        dx, dgamma, dbeta = [], [], []
        for row, up, g in zip(_channels(x), _channels(upstream), decimals(gamma[None])[0], strict=True):
            mean, variance = _moments(row)
            scale = (variance + epsilon).sqrt()
            z = [(one - mean) / scale for one in row]
            along, total, n = sum((a * b for a, b in zip(up, z, strict=True)), NOTHING), sum(up, NOTHING), len(up)
            dx.append([g / scale * (u - total / n - one * along / n) for u, one in zip(up, z, strict=True)])
            dgamma.append(along)
            dbeta.append(total)
        return _from_channels(dx, x.shape), _vector(dgamma), _vector(dbeta)
