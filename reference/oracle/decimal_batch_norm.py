"""Batch normalisation of rows [C, n] in 50 decimal digits: slow, and with room for every number."""

import decimal

from .decimals import MANY, NOTHING, decimals, floats


def _moments(row):
    mean = sum(row, NOTHING) / len(row)
    return mean, sum(((z - mean) ** 2 for z in row), NOTHING) / len(row)


def training(rows, gamma, beta, *, epsilon):
    """(y [C, n], biased variance [C])."""
    with decimal.localcontext(MANY):
        y, variances = [], []
        for row, (g, b) in zip(decimals(rows), zip(*decimals_of(gamma, beta), strict=True), strict=True):
            mean, variance = _moments(row)
            scale = (variance + decimal.Decimal(epsilon)).sqrt()
            y.append([g * (z - mean) / scale + b for z in row])
            variances.append(variance)
        return floats(y), floats(variances)


def inference(rows, gamma, beta, mean, variance, *, epsilon):
    """y [C, n]."""
    with decimal.localcontext(MANY):
        given = zip(*decimals_of(gamma, beta, mean, variance), strict=True)
        return floats(
            [
                [g * (z - m) / (v + decimal.Decimal(epsilon)).sqrt() + b for z in row]
                for row, (g, b, m, v) in zip(decimals(rows), given, strict=True)
            ]
        )


def running(rows, mean, variance, *, momentum, correction):
    """(mean [C], variance [C])."""
    with decimal.localcontext(MANY):
        new, means, variances = decimal.Decimal(momentum), [], []
        for row, (old_mean, old_variance) in zip(
            decimals(rows), zip(*decimals_of(mean, variance), strict=True), strict=True
        ):
            batch_mean, batch_variance = _moments(row)
            means.append((1 - new) * old_mean + new * batch_mean)
            unbiased = batch_variance * len(row) / (len(row) - int(correction))
            variances.append((1 - new) * old_variance + new * unbiased)
        return floats(means), floats(variances)


def gradient(rows, gamma, upstream, *, epsilon):
    """(dx [C, n], dgamma [C])."""
    with decimal.localcontext(MANY):
        dx, dgamma = [], []
        for row, up, g in zip(decimals(rows), decimals(upstream), decimals_of(gamma)[0], strict=True):
            mean, variance = _moments(row)
            scale, n = (variance + decimal.Decimal(epsilon)).sqrt(), len(row)
            z = [(one - mean) / scale for one in row]
            along, total = sum((a * b for a, b in zip(up, z, strict=True)), NOTHING), sum(up, NOTHING)
            dx.append([g / scale * (u - total / n - one * along / n) for u, one in zip(up, z, strict=True)])
            dgamma.append(along)
        return floats(dx), floats(dgamma)


def decimals_of(*vectors):
    return [decimals(vector[None])[0] for vector in vectors]
