"""Functions of one number: what a library promises nothing about, and so rests on measurements."""

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, empirical
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, ulp, unit_roundoff
from .measured import Measured, ulp_class


def elementwise(operation: str, dtype: Format, values: Numbers) -> Bound:
    """exp, log, logistic, tanh: a number of ulps of the true values, and below λ_min also zero. Empirical."""
    size = function_error(operation, dtype, values)
    text = (
        f"{ulp_class(operation, dtype)}{', twice that beyond e^±80' if operation == 'exp' else ''}, below λ_min also 0"
    )
    return empirical(size + ORACLE * np.abs(values), text)


FROM_ONE = {24: Measured(2, 1.4, "onnxruntime"), 53: Measured(1.25, 0.75, "onnxruntime")}
"""Significand bits → class, in ulps of 1, of a logistic function that is 1/2 + a rational function, or 1 - σ(|x|): 80,001 points in ±40."""


def difference_from_one(own: Bound, dtype: Format) -> Bound:
    """``own``, or c ulps of 1: of a value near 0 that is formed as a difference from 1 no digit need be left. Empirical."""
    measured = FROM_ONE.get(significand_bits(dtype))
    if measured is None:
        return own
    allowed = np.maximum(own.allowed, 2 * measured.ulps * unit_roundoff(dtype))
    return empirical(allowed, f"{measured} of 1, or {own.derivation}")


def elementwise_gradient(
    operation: str, dtype: Format, values: Numbers, upstream: Numbers, *, stored: str | None = None
) -> Bound:
    """upstream·y(1 - y) (logistic) or upstream·(1 - y²) (tanh), computed from a y that errs by e, its ulp class.

    With p = y(1 - y): |(y + e)(1 - y - e) - p| <= e|1 - 2y| + e². With p = 1 - y²: 2|y|e + e², and the rounding of y².
    Then at most four roundings of the result, and λ_min for each of two numbers that may be flushed. Empirical, as e is.
    ``values``: the oracle's y, not the derivative. ``stored``: a narrower format that y was rounded to before, or None.
    """
    y, size = np.asarray(values, np.float64), np.abs(np.asarray(upstream, np.float64))
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    e = function_error(operation, dtype, y)
    if stored is not None:
        e = e + unit_roundoff(stored) * np.abs(y) + smallest_normal(stored)
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
        f"|upstream|·({formula} + γ₄·slope) + λ_min·(1 + |upstream|), e = {ulp_class(operation, dtype)} of y, "
        f"u = 2^-{significand_bits(dtype)}" + (f"; y rounded to {np.dtype(stored)} before it is used" if stored else "")
    )
    return empirical(allowed, text)


def gelu(x: Numbers, values: Numbers, dtype: Format) -> Bound:
    """c·u·|x| + λ_min: for negative x, x·Φ(x) is a product with a difference of nearly equal numbers, and no ulps are left.

    The error of erf or tanh, at most a few ulps of 1, meets the factor x/2; so does the rounding of 1 + erf. Empirical.
    """
    measured = ulp_class("gelu", dtype)
    # One ulp of 1 is 2u.
    allowed = 2 * measured.ulps * unit_roundoff(dtype) * np.abs(np.asarray(x, np.float64)) + smallest_normal(dtype)
    return empirical(
        allowed + ORACLE * np.abs(values), f"|x|·{measured} of 1, + λ_min, u = 2^-{significand_bits(dtype)}"
    )


def function_error(operation: str, dtype: Format, values: Numbers) -> np.ndarray:
    """The class in units of the values, twice it beyond e^±80 for exp, and the values themselves below λ_min."""
    values = np.asarray(values, np.float64)
    ulps = np.full(values.shape, float(ulp_class(operation, dtype).ulps))
    if operation == "exp":
        # There the reduction of the argument itself loses bits.
        far = (np.abs(values) > np.exp(80.0)) | (np.abs(values) < np.exp(-80.0))
        ulps = np.where(far, 2 * ulps, ulps)
    normal = smallest_normal(dtype)
    return ulps * ulp(values, dtype) + np.where(np.abs(values) < normal, np.abs(values), 0.0)
