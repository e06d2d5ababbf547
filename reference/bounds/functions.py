"""Functions of one number, and softmax: what a library promises nothing about, and so rests on measurements."""

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, empirical
from .formats import gamma, significand_bits, smallest_normal, ulp, unit_roundoff

#: points: exp 2.0, logistic 2.0, tanh 7.0 (TensorFlow, near ±17.8). Each class is 1.3 to 2 times what was seen. Beyond
#: exp(±80) an exponential may err twice as much: there its argument's own reduction loses bits.
ULP_CLASSES = {
    "exp": {24: 4, 53: 4},
    "tanh": {24: 8, 53: 10},
    "logistic": {24: 8, 53: 4},
}


def elementwise(operation: str, dtype, values) -> Bound:
    """exp, tanh or logistic: a number of ulps of the true values, and below λ_min also zero. Empirical."""
    size = _function_error(operation, dtype, values)
    text = (
        f"{_ulp_class(operation, dtype)} ulp of the true value"
        + (" (twice that beyond e^±80)" if operation == "exp" else "")
        + ", below λ_min also 0: 1.3 to 2 times the largest error seen over 0.3 million points or more a library"
    )
    return empirical(size + ORACLE * np.abs(values), text)


def elementwise_gradient(operation: str, dtype, values, upstream) -> Bound:
    """upstream·y(1 - y) (logistic) or upstream·(1 - y²) (tanh), computed from a y that errs by e, its ulp class.

    With p = y(1 - y): |(y + e)(1 - y - e) - p| <= e|1 - 2y| + e². With p = 1 - y²: 2|y|e + e², and the rounding of y².
    Then at most four roundings of the result, and λ_min for each of two numbers that may be flushed. Empirical, as e is.
    ``values``: the oracle's y, not the derivative.
    """
    y, size = np.asarray(values, np.float64), np.abs(np.asarray(upstream, np.float64))
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    e = _function_error(operation, dtype, y)
    if operation == "logistic":
        slope, propagated = y * (1 - y), e * np.abs(1 - 2 * y) + e * e
        formula = "e·|1 - 2y| + e²"
    elif operation == "tanh":
        slope, propagated = 1 - y * y, 2 * np.abs(y) * e + e * e + u * y * y
        formula = "2|y|e + e² + u·y²"
    else:
        validation.refuse("operation", operation, "logistic or tanh", "use bounds.exact for relu")
    # The oracle's y carries an error of its own, which the slope inherits; 2**-52 covers it for |slope'| <= 2.
    allowed = size * (propagated * (1 + gamma(4, u)) + gamma(4, u) * slope + 2.0**-52) + normal * (1 + size)
    text = (
        f"|upstream|·({formula} + γ₄·slope) + λ_min·(1 + |upstream|), e = {_ulp_class(operation, dtype)} ulp of y, "
        f"u = 2^-{significand_bits(dtype)}"
    )
    return empirical(allowed, text)


def _ulp_class(operation, dtype) -> int:
    classes = ULP_CLASSES.get(operation)
    if classes is None:
        validation.refuse("operation", operation, f"one of {', '.join(ULP_CLASSES)}", "measure it and add its class")
    if significand_bits(dtype) not in classes:
        validation.refuse("dtype", np.dtype(dtype).name, "float32 or float64", "measure the error and add its class")
    return classes[significand_bits(dtype)]


def _function_error(operation, dtype, values):
    values = np.asarray(values, np.float64)
    ulps = np.full(values.shape, float(_ulp_class(operation, dtype)))
    if operation == "exp":
        far = (np.abs(values) > np.exp(80.0)) | (np.abs(values) < np.exp(-80.0))
        ulps = np.where(far, 2 * ulps, ulps)
    normal = smallest_normal(dtype)
    return ulps * ulp(values, dtype) + np.where(np.abs(values) < normal, np.abs(values), 0.0)


def softmax(values, x, dtype, *, axis) -> Bound:
    """First order: u·y[i]·(|d[i]| + sum of y[j]|d[j]| + n + 18), and 2·λ_min; d = x - max x. Empirical, as exp's error is.

    d is rounded once, which changes exp d by u·|d|, here and in every term of the sum; exp itself errs by 4 ulp, that is
    at most 8u, in numerator and denominator; n - 1 additions and one division, and one more where the quotient is
    formed by a reciprocal. The quotient of two such factors is t/(1 - t) off, t being the sum of these. Where subnormal
    numbers are flushed, an exponential that is formed as 2·(2**(k - 1)·m) is 0 below 2·λ_min (seen in TensorFlow).
    """
    rate = _softmax_rate(values, x, dtype, axis)
    y = np.asarray(values, np.float64)
    text = (
        f"t/(1 - t)·y + 2λ_min, t = u·(|d| + Σ y|d| + n + 18), d = x - max x, n = {y.shape[axis]}, "
        f"u = 2^-{significand_bits(dtype)}; 16 of the 18 for an exponential within 4 ulp, which is measured"
    )
    return empirical(rate * y + ORACLE * y + 2 * smallest_normal(dtype), text)


def softmax_gradient(values, x, upstream, dtype, *, axis) -> Bound:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j]) from a y with relative error r (that of :func:`softmax`).

    With D = sum |upstream|y and Δ = sum |upstream|y·(r + gamma(n + 1)·(1 + r)), the computed sum errs by Δ, and
    the result by y·[((1 + r)(1 + gamma(3)) - 1)·(|upstream| + D) + (1 + r)(1 + gamma(3))·Δ]; λ_min for each number that
    may be flushed.
    """
    y, size = np.asarray(values, np.float64), np.abs(np.asarray(upstream, np.float64))
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), y.shape[axis]
    rate = _softmax_rate(y, x, dtype, axis) + ORACLE
    grown = (1 + rate) * (1 + gamma(3, u))
    mean = (size * y).sum(axis=axis, keepdims=True)
    shift = (size * y * (rate + gamma(n + 1, u) * (1 + rate))).sum(axis=axis, keepdims=True)
    lost = size.sum(axis=axis, keepdims=True) + 2 * n
    allowed = y * ((grown - 1) * (size + mean) + grown * shift) + 2 * normal * (2 + size + mean + lost)
    text = (
        f"y·[((1 + r)(1 + γ₃) - 1)(|g| + Σ|g|y) + (1 + r)(1 + γ₃)·Σ|g|y(r + γₙ₊₁(1 + r))] + flushed numbers, "
        f"r the relative error of softmax, n = {n}, u = 2^-{significand_bits(dtype)}"
    )
    return empirical(allowed, text)


def _softmax_rate(values, x, dtype, axis):
    y, x = np.asarray(values, np.float64), np.asarray(x, np.float64)
    d = np.abs(x - x.max(axis=axis, keepdims=True))
    # Beyond 800 every exponential here is 0; the product 0·d must not become large again.
    d = np.minimum(d, 800.0)
    t = unit_roundoff(dtype) * (d + (y * d).sum(axis=axis, keepdims=True) + y.shape[axis] + 18)
    if np.any(t >= 0.5):
        validation.refuse("x.shape", x.shape, "rows short enough for the dtype", "use a wider dtype")
    return t / (1 - t)
