"""Softmax and cross-entropy: exponentials, which are measured, in sums and quotients, which are not."""

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, empirical
from .formats import Format, Numbers, counted, gamma, significand_bits, smallest_normal, unit_roundoff
from .functions import function_error, ulp_class


def softmax(values: Numbers, x: Numbers, dtype: Format, *, axis: int, stored: str | None = None) -> Bound:
    """First order: u·y[i]·(|d[i]| + sum of y[j]|d[j]| + n + 2 + 4c), and 2·λ_min; d = x - max x. Empirical, as exp's error c is.

    d is rounded once, which changes exp d by u·|d|, here and in every term of the sum; exp itself errs by c ulp, that is
    at most 2c·u, in numerator and denominator; n - 1 additions and one division, and one more where the quotient is
    formed by a reciprocal. The quotient of two such factors is t/(1 - t) off, t being the sum of these. Where subnormal
    numbers are flushed, an exponential that is formed as 2·(2**(k - 1)·m) is 0 below 2·λ_min (seen in TensorFlow).
    ``stored``: a narrower format that d, each exponential and their sum were rounded to, or None.
    """
    rate = _rate(values, x, dtype, axis, stored)
    y = np.asarray(values, np.float64)
    text = (
        f"t/(1 - t)·y + 2λ_min, t = u·(|d| + Σ y|d| + n + 2 + 4c), d = x - max x, n = {y.shape[axis]}, "
        f"u = 2^-{significand_bits(dtype)}, c the exponential's error: {ulp_class('exp', dtype)}{_stored(stored)}"
    )
    return empirical(rate * y + ORACLE * y + 2 * smallest_normal(stored or dtype), text)


def softmax_gradient(
    values: Numbers, x: Numbers, upstream: Numbers, dtype: Format, *, axis: int, stored: str | None = None
) -> Bound:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j]) from a y with relative error r (that of :func:`softmax`).

    With D = sum |upstream|y and Δ = sum |upstream|y·(r + gamma(n + 1)·(1 + r)), the computed sum errs by Δ, and
    the result by y·[((1 + r)(1 + gamma(3)) - 1)·(|upstream| + D) + (1 + r)(1 + gamma(3))·Δ]; λ_min for each number that
    may be flushed. ``stored``: a narrower format that y was rounded to before, or None.
    """
    y, size = np.asarray(values, np.float64), np.abs(np.asarray(upstream, np.float64))
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), y.shape[axis]
    rate = _rate(y, x, dtype, axis) + ORACLE
    if stored is not None:
        rate, normal = rate + unit_roundoff(stored) * (1 + rate), smallest_normal(stored)
    grown = (1 + rate) * (1 + gamma(3, u))
    mean = (size * y).sum(axis=axis, keepdims=True)
    shift = (size * y * (rate + gamma(n + 1, u) * (1 + rate))).sum(axis=axis, keepdims=True)
    lost = size.sum(axis=axis, keepdims=True) + 2 * n
    allowed = y * ((grown - 1) * (size + mean) + grown * shift) + 2 * normal * (2 + size + mean + lost)
    text = (
        f"y·[((1 + r)(1 + γ₃) - 1)(|g| + Σ|g|y) + (1 + r)(1 + γ₃)·Σ|g|y(r + γₙ₊₁(1 + r))] + flushed numbers, "
        f"r the relative error of softmax, n = {n}, u = 2^-{significand_bits(dtype)}"
        + (f"; y rounded to {np.dtype(stored)} before it is used" if stored else "")
    )
    return empirical(allowed, text)


def cross_entropy(
    values: Numbers, logits: Numbers, labels: Numbers, dtype: Format, *, stored: str | None = None
) -> Bound:
    """log s - d[label], d = z - max z, s = sum exp d: t/(1 - t) + e + u·(|d[label]| + |max z + log s|) + gamma(2)·loss + (n + 2)·λ_min.

    t = u·(sum of y|d| + n + 2c): how far the sum may be off relatively (see :func:`softmax`), which moves its logarithm by
    t/(1 - t); the logarithm itself errs by e, its ulp class; d[label] is rounded, and so is the difference. |max z + log s| is
    log sum exp z itself, which a library may round before it subtracts z[label], as the formula stands.

    ``stored``: a narrower format that d, the exponentials, their sum s, log s and log sum exp z were rounded to, as PyTorch does; or None. With
    v its unit roundoff that is v·(sum of y|d| + 2) more of s, and v·(|log s| + |d[label]| + |max z + log s|).
    """
    y, z = np.asarray(values, np.float64), np.asarray(logits, np.float64)
    own = np.take_along_axis(z.max(axis=1, keepdims=True) - z, np.asarray(labels, np.int64)[:, None], axis=1)[:, 0]
    return _of_logarithm(y, z, own, dtype, stored, "loss")


def log_softmax(values: Numbers, x: Numbers, dtype: Format, *, axis: int, stored: str | None = None) -> Bound:
    """Minus the cross-entropy of each class in turn (see :func:`cross_entropy`). Empirical, as exp's and log's errors are."""
    y, z = (np.moveaxis(np.asarray(a, np.float64), axis, -1) for a in (values, x))
    rows, wanted = z.reshape(-1, z.shape[-1]), y.reshape(-1, z.shape[-1])
    found = _of_logarithm(wanted, rows, rows.max(axis=1, keepdims=True) - rows, dtype, stored, "|y|")
    return empirical(np.moveaxis(found.allowed.reshape(z.shape), -1, axis), found.derivation)


def log_softmax_gradient(
    values: Numbers, y: Numbers, x: Numbers, upstream: Numbers, dtype: Format, *, axis: int, stored: str | None = None
) -> Bound:
    """g[i] - p[i]·Σg, p = exp y: p·Σ|g|·(r + gamma(n + 1)·(1 + r)) + gamma(2)·|dx|, and flushed numbers.

    r = t/(1 - t), t = e + 2c·u + r', where e is the error of y itself (:func:`log_softmax`), from which p may be formed again, c the exponential's and r'
    that of a p that is formed as :func:`softmax` is. ``stored``: a narrower format that y or p was rounded to before, or None.
    """
    size = np.abs(np.asarray(upstream, np.float64))
    u, normal, y = unit_roundoff(dtype), smallest_normal(stored or dtype), np.asarray(y, np.float64)
    p = np.exp(np.maximum(y, -800.0))
    rate = probability_rate(p, y, x, dtype, axis, stored)
    whole = size.sum(axis=axis, keepdims=True)
    v = 0.0 if stored is None else 2 * unit_roundoff(stored)
    total = gamma(y.shape[axis] + 1, u)
    allowed = p * whole * (rate + total * (1 + rate) + v) + (gamma(2, u) + v + ORACLE) * np.abs(values)
    text = (
        f"p·Σ|g|·(r + γₙ₊₁(1 + r)) + γ₂·|dx| + 2λ_min·(1 + Σ|g|), r the relative error of p = exp y, n = {y.shape[axis]}, "
        f"u = 2^-{significand_bits(dtype)}{_stored(stored)}"
    )
    return empirical(allowed + 2 * normal * (1 + whole), text)


def probability_rate(
    p: Numbers, y: Numbers, x: Numbers, dtype: Format, axis: int, stored: str | None = None
) -> np.ndarray:
    """The r of :func:`log_softmax_gradient`: by how much of it p may be off, formed by :func:`softmax` or from y = log p."""
    rate = log_softmax(y, x, dtype, axis=axis, stored=stored).allowed + 2 * ulp_class(
        "exp", dtype
    ).ulps * unit_roundoff(dtype)
    if stored is not None:
        rate = rate + unit_roundoff(stored) * (np.abs(y) + 1)
    rate = np.minimum(rate + _rate(p, x, dtype, axis), 0.5)
    return rate / (1 - rate)


def _of_logarithm(y, z, own, dtype, stored, name) -> Bound:
    """The bound of (max z - z) + log sum exp(z - max z), ``own`` = max z - z, [rows] or [rows, classes]."""
    u, d = unit_roundoff(dtype), z.max(axis=1, keepdims=True) - z
    grown = np.exp(-np.minimum(d, 800.0))
    total = grown.sum(axis=1)
    t = u * (
        (grown * np.minimum(d, 800.0)).sum(axis=1) / total + counted(z.shape[1]) + 2 * ulp_class("exp", dtype).ulps
    )
    v = 0.0 if stored is None else unit_roundoff(stored) * (1 + 4 * unit_roundoff(stored))
    t = t + v * ((grown * np.minimum(d, 800.0)).sum(axis=1) / total + 2)
    if np.any(t >= 0.5):
        validation.refuse("logits.shape", z.shape, "rows short enough for the dtype", "use a wider dtype")
    log = function_error("log", dtype, np.log(total))
    whole = np.abs(z.max(axis=1) + np.log(total))
    if own.ndim == 2:
        t, log, whole, total = (a[:, None] for a in (t, log, whole, total))
    allowed = (
        t / (1 - t)
        + log
        + (u + v) * own
        + (u + v) * whole
        + v * np.log(total)
        + gamma(2, u) * np.abs(y)
        + ORACLE * np.abs(y)
        + (z.shape[1] + 2) * smallest_normal(stored or dtype)
    )
    text = (
        f"t/(1 - t) + e + u·(|d| + |log Σ exp z|) + γ₂·{name} + (n + 2)·λ_min, t = u·(Σ y|d| + n + 2c), n = {z.shape[1]}, d = z - max z, "
        f"c of the exponential: {ulp_class('exp', dtype)}, e of the logarithm: {ulp_class('log', dtype)}, u = 2^-{significand_bits(dtype)}{_stored(stored)}"
    )
    return empirical(allowed, text)


def cross_entropy_gradient(
    probabilities: Numbers,
    values: Numbers,
    logits: Numbers,
    upstream: Numbers,
    dtype: Format,
    *,
    stored: str | None = None,
) -> Bound:
    """|upstream|·(r·p + gamma(3)·|p - onehot|) + 2·λ_min·(1 + |upstream|), r the relative error of :func:`softmax`."""
    p, size = np.asarray(probabilities, np.float64), np.abs(np.asarray(upstream, np.float64))[:, None]
    u = unit_roundoff(dtype)
    rate = _rate(p, logits, dtype, 1, stored) + ORACLE
    v = 0.0 if stored is None else unit_roundoff(stored)
    rate = rate + v * (1 + rate)  # p itself; and then the difference, rounded once more
    allowed = size * rate * p + (gamma(3, u) * (1 + rate) + ORACLE + v * (1 + rate)) * np.abs(values)
    text = (
        f"|g|·r·p + γ₃·|g(p - onehot)| + 2λ_min(1 + |g|), r the relative error of softmax, u = 2^-{significand_bits(dtype)}"
        + _stored(stored)
    )
    return empirical(allowed + 2 * smallest_normal(stored or dtype) * (1 + size), text)


def cross_entropy_of_probabilities(values: Numbers, dtype: Format) -> Bound:
    """-log p: the logarithm's ulp class, and one rounding of what is written."""
    y = np.asarray(values, np.float64)
    allowed = function_error("log", dtype, y) + (unit_roundoff(dtype) + ORACLE) * np.abs(y) + smallest_normal(dtype)
    return empirical(
        allowed, f"{ulp_class('log', dtype)} of the logarithm, + u·|y| + λ_min, u = 2^-{significand_bits(dtype)}"
    )


def _stored(format):
    return "" if format is None else f"; each step rounded to {np.dtype(format)}"


def _rate(values, x, dtype, axis, stored=None):
    """By how much of it each probability may be off: t/(1 - t) with the t of :func:`softmax`."""
    y, x = np.asarray(values, np.float64), np.asarray(x, np.float64)
    # Beyond 800 every exponential here is 0; the product 0·d must not become large again. Halves do not overflow.
    d = np.minimum(2 * (x.max(axis=axis, keepdims=True) / 2 - x / 2), 800.0)
    c = ulp_class("exp", dtype).ulps
    t = unit_roundoff(dtype) * (d + (y * d).sum(axis=axis, keepdims=True) + counted(y.shape[axis]) + 2 + 4 * c)
    if stored is not None:
        t = t + unit_roundoff(stored) * (d + (y * d).sum(axis=axis, keepdims=True) + 3)
    # A number that is 0 in the format has no relative error; elsewhere nothing is known once t reaches 1/2.
    if np.any((t >= 0.5) & (y >= smallest_normal(dtype))):
        validation.refuse("x.shape", x.shape, "rows short enough for the dtype", "use a wider dtype")
    t = np.minimum(t, 0.5)
    return t / (1 - t)
