"""Activations beyond the lecture's. Each takes the arrays of its operation, the exact values and the format; all allow a result that is flushed.

u is the unit roundoff, c the measured error of a function in ulps of it (``measured.py``): what rests on one is empirical, the others are derived.
"""

import numpy as np

from .bound import ORACLE, Bound, derived, empirical
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, unit_roundoff
from .functions import function_error
from .measured import ulp_class


def _wide(*arrays: Numbers) -> list[np.ndarray]:
    return [np.asarray(a, np.float64) for a in arrays]


def _u(dtype: Format) -> str:
    return f"u = 2^-{significand_bits(dtype)}"


def _logistic(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.minimum(np.abs(x), 745.0))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def _largest_exponent(dtype: Format) -> float:
    """From here on exp of it is infinite in the format, and a reciprocal of that is 0."""
    import ml_dtypes

    return float(np.log(float(ml_dtypes.finfo(np.dtype(dtype)).max))) - 1


# --- straight lines ----------------------------------------------------------------------------------------------------


def hard_tanh(x: Numbers, values: Numbers, dtype: Format, *, low: float, high: float) -> Bound:
    """u·|y| where the result is an end that is rounded to the format; else 0, below λ_min also 0."""
    y, normal = np.abs(_wide(values)[0]), smallest_normal(dtype)
    rounded = [end for end in (low, high) if float(np.dtype(dtype).type(end)) != end]
    allowed = np.where(np.isin(values, rounded), unit_roundoff(dtype) * y, 0.0) + np.where(y < normal, y, 0.0)
    return derived(allowed, f"u·|end| where the result is one, 0 elsewhere, below λ_min also 0, {_u(dtype)}")


def relu6(x: Numbers, values: Numbers, dtype: Format) -> Bound:
    """As :func:`hard_tanh`, between 0 and 6, which every format holds."""
    return hard_tanh(x, values, dtype, low=0.0, high=6.0)


def hard_tanh_gradient(
    x: Numbers, upstream: Numbers, values: Numbers, dtype: Format, *, low: float, high: float
) -> Bound:
    """0: upstream, or 0; below λ_min also 0; and either of them where x is within u of an end, which is rounded to the format."""
    (z, g, y), u, normal = _wide(x, upstream, values), unit_roundoff(dtype), smallest_normal(dtype)
    near = sum((np.abs(z - end) <= u * abs(end)) & (z != end) for end in (low, high)) > 0
    allowed = np.where(near, np.abs(g), 0.0) + np.where(np.abs(y) < normal, np.abs(y), 0.0)
    return derived(allowed, f"0: upstream or 0, and either where x is within u of an end, {_u(dtype)}")


def relu6_gradient(x: Numbers, upstream: Numbers, values: Numbers, dtype: Format) -> Bound:
    """As :func:`hard_tanh_gradient`, between 0 and 6."""
    return hard_tanh_gradient(x, upstream, values, dtype, low=0.0, high=6.0)


def _line(x: np.ndarray, slope: float, offset: float, dtype: Format) -> tuple[np.ndarray, np.ndarray]:
    """(slope·x + offset, how far off it may be): slope and offset rounded, their product and sum, and a division in place of the slope."""
    size = np.abs(slope * x) + abs(offset)
    return slope * x + offset, gamma(5, unit_roundoff(dtype)) * size


def hard_sigmoid(x: Numbers, values: Numbers, dtype: Format, *, slope: float, offset: float) -> Bound:
    """gamma(5)·(|slope·x| + |offset|) where the line is not past an end by more than that, else 0; and λ_min."""
    y, off = _line(_wide(x)[0], slope, offset, dtype)
    inside = (y > -off) & (y < 1 + off)
    allowed = np.where(inside, off + smallest_normal(dtype), 0.0) + ORACLE * np.abs(values)
    return derived(allowed, f"γ₅·(|slope·x| + |offset|) + λ_min between the ends, 0 beyond, {_u(dtype)}")


def hard_sigmoid_gradient(
    x: Numbers, upstream: Numbers, values: Numbers, dtype: Format, *, slope: float, offset: float
) -> Bound:
    """gamma(3)·|dx| + λ_min between the ends; at an end, or within rounding of one, upstream·slope or 0."""
    z, g = _wide(x, upstream)
    y, off = _line(z, slope, offset, dtype)
    at_end = np.minimum(np.abs(y), np.abs(y - 1)) <= off
    inside = (gamma(3, unit_roundoff(dtype)) + ORACLE) * np.abs(values) + smallest_normal(dtype) * (1 + np.abs(g))
    allowed = np.where((y < 0) | (y > 1), 0.0, inside) + np.where(at_end, np.abs(g * slope) + inside, 0.0)
    return derived(allowed, f"γ₃·|dx| + λ_min·(1 + |g|) between the ends; within rounding of one either, {_u(dtype)}")


def hard_swish(x: Numbers, values: Numbers, dtype: Format) -> Bound:
    """gamma(6)·|x|·(min(|x|, 3) + 3)/6 + λ_min where x > -3, else 0."""
    (z,) = _wide(x)
    size = np.abs(z) * (np.minimum(np.abs(z), 3.0) + 3) / 6
    allowed = np.where(z > -3, (gamma(6, unit_roundoff(dtype)) + ORACLE) * size + smallest_normal(dtype), 0.0)
    return derived(allowed, f"γ₆·|x|·(min(|x|, 3) + 3)/6 + λ_min where x > −3, else 0, {_u(dtype)}")


def hard_swish_gradient(x: Numbers, upstream: Numbers, values: Numbers, dtype: Format) -> Bound:
    """gamma(6)·|g|·(min(|x|, 3)/3 + 1/2) + λ_min·(1 + |g|) where x > -3, else 0."""
    z, g = _wide(x, upstream)
    size = np.abs(g) * (np.minimum(np.abs(z), 3.0) / 3 + 0.5)
    allowed = (gamma(6, unit_roundoff(dtype)) + ORACLE) * size + smallest_normal(dtype) * (1 + np.abs(g))
    return derived(np.where(z > -3, allowed, 0.0), f"γ₆·|g|·(|x|/3 + 1/2) + λ_min·(1 + |g|) where x > −3, {_u(dtype)}")


# --- curves ------------------------------------------------------------------------------------------------------------


def softsign(x: Numbers, values: Numbers, dtype: Format) -> Bound:
    """gamma(3)·|y| + λ_min: a sum and a quotient."""
    allowed = (gamma(3, unit_roundoff(dtype)) + ORACLE) * np.abs(_wide(values)[0]) + smallest_normal(dtype)
    return derived(allowed, f"γ₃·|y| + λ_min, {_u(dtype)}")


def softsign_gradient(
    x: Numbers, upstream: Numbers, values: Numbers, dtype: Format, *, difference: bool = False
) -> Bound:
    """gamma(6)·|dx| + λ_min·(1 + |g|): a sum, which counts twice, a square and a quotient; 0 where the square is beyond the largest number.

    ``difference``: by the quotient rule, g/(1 + |x|) - g·|x|/(1 + |x|)**2, whose terms are no more than |g|/(1 + |x|): gamma(6) of twice that.
    """
    z, g, y = _wide(x, upstream, values)
    normal = smallest_normal(dtype)
    terms = 2 * np.abs(g) / (1 + np.abs(z)) if difference else np.abs(y)
    allowed = (gamma(6, unit_roundoff(dtype)) + ORACLE) * terms + normal * (1 + np.abs(g))
    allowed = allowed + np.where(2 * np.log1p(np.abs(z)) > _largest_exponent(dtype), np.abs(y), 0.0)
    size = "2|g|/(1 + |x|)" if difference else "|dx|"
    return derived(allowed, f"γ₆·{size} + λ_min·(1 + |g|), also 0 where (1 + |x|)² is beyond the format, {_u(dtype)}")


def silu(x: Numbers, values: Numbers, dtype: Format) -> Bound:
    """|x|·e + gamma(2)·|y| + λ_min·(1 + |x|), e the error of σ; also 0 where exp(-x) is infinite. Empirical."""
    z, y = _wide(x, values)
    allowed = np.abs(z) * function_error("logistic", dtype, _logistic(z)) + (
        gamma(2, unit_roundoff(dtype)) + ORACLE
    ) * (np.abs(y))
    allowed = allowed + smallest_normal(dtype) * (1 + np.abs(z)) + np.where(-z > _largest_exponent(dtype), np.abs(y), 0)
    text = f"|x|·e + γ₂·|y| + λ_min·(1 + |x|), e = {ulp_class('logistic', dtype)} of σ, also 0 where exp(−x) is infinite, {_u(dtype)}"
    return empirical(allowed, text)


def silu_gradient(x: Numbers, upstream: Numbers, values: Numbers, dtype: Format) -> Bound:
    """|g|·(e·(1 + |x|·|1 - 2σ|) + |x|·e² + gamma(6)·σ·(1 + |x|·(1 - σ)) + u·|x|·σ) + λ_min·(1 + |g|)(1 + |x|), e the error of σ.

    d(σ + xσ - xσ²)/dσ = 1 + x(1 - 2σ). 1 - σ is rounded, to u in all; times x·σ. Empirical.
    """
    z, g = _wide(x, upstream)
    s, size, u = _logistic(z), np.abs(z), unit_roundoff(dtype)
    e = function_error("logistic", dtype, s)
    near = np.minimum(size, 800.0)  # farther out x·σ(1 - σ) is 0
    rounded = gamma(6, u) * s * (1 + near * (1 - s)) + u * near * np.minimum(s, 4 * (1 - s) + s * (z < 0))
    propagated = e * (1 + near * np.abs(1 - 2 * s)) + near * e * e
    allowed = np.abs(g) * (propagated + rounded + ORACLE) + smallest_normal(dtype) * (1 + np.abs(g)) * (1 + near)
    text = (
        f"|g|·(e·(1 + |x|·|1 − 2σ|) + |x|·e² + γ₆·σ(1 + |x|(1 − σ)) + u|x|σ) + λ_min·(1 + |g|)(1 + |x|), "
        f"e = {ulp_class('logistic', dtype)} of σ, {_u(dtype)}"
    )
    return empirical(allowed, text)


def gelu_gradient(x: Numbers, upstream: Numbers, values: Numbers, dtype: Format, *, approximate: str) -> Bound:
    """|g|·E + λ_min·(1 + |g|)(1 + |x|); φ the normal density, c the error of Φ in ulps of 1 that GELU was measured with. Empirical.

    "none": E = 2cu + |x|φ·(2c'u + 3x²u) + gamma(10)·(Φ + |x|φ), c' of the exponential, whose argument errs by five roundings of x²/2.
    "tanh", t = tanh a, whose error is e and that of a: E = e'/2 + |x|a'/2·(2|t|e' + e'² + u·t²) + gamma(12)·((1 + t)/2 + |x|a'/2·(1 - t²)),
    e' = e + gamma(8)·|a|·(1 - t²); from |a| = 20 on it is ±1, and e = 1 - |t|.
    """
    z, g = _wide(x, upstream)
    u, near = unit_roundoff(dtype), np.minimum(np.abs(z), 60.0)
    if approximate == "none":
        dense = np.exp(-near * near / 2)
        term, share = near * dense / np.sqrt(2 * np.pi), np.where(z > 0, 1.0, dense / 2)
        measured, of_exp = ulp_class("gelu", dtype), ulp_class("exp", dtype)
        error = 2 * measured.ulps * u + term * (2 * of_exp.ulps + 3 * near * near) * u + gamma(10, u) * (share + term)
        how = f"2cu + |x|φ·(2c'u + 3x²u) + γ₁₀·(Φ + |x|φ), c of Φ: {measured} of 1, c' of exp: {of_exp}"
    else:
        a = np.sqrt(2 / np.pi) * (near + 0.044715 * near**3)
        steep = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * near**2) * near / 2
        small = np.exp(-2 * a)
        t, rest = (1 - small) / (1 + small), 4 * small / (1 + small) ** 2
        e = np.where(a < 20, function_error("tanh", dtype, t), 2 * small) + gamma(8, u) * a * rest
        share = np.where(z > 0, 1.0, small)
        error = e / 2 + steep * (2 * t * e + e * e + u * t * t * (a < 20)) + gamma(12, u) * (share + steep * rest)
        how = f"e/2 + |x|a'/2·(2|t|e + e² + ut²) + γ₁₂·((1 + t)/2 + |x|a'/2·(1 − t²)), e of t: {ulp_class('tanh', dtype)} and γ₈|a|(1 − t²)"
    allowed = np.abs(g) * (error + ORACLE) + smallest_normal(dtype) * (1 + np.abs(g)) * (1 + near)
    return empirical(allowed, f"|g|·({how}) + λ_min·(1 + |g|)(1 + |x|), {_u(dtype)}")


def softplus(x: Numbers, values: Numbers, dtype: Format, *, beta: float, threshold: float) -> Bound:
    """e/β + 2u·|x|·σ(βx) + gamma(3)·|y| + λ_min: the function's error e, the roundings of β and βx, and a quotient. Empirical."""
    z, y = _wide(x, values)
    e = function_error("softplus", dtype, beta * y) / beta
    turned = 0.0 if beta == 1 else 2 * unit_roundoff(dtype) * np.abs(z) * _logistic(beta * z)
    allowed = (
        e + turned + (gamma(3, unit_roundoff(dtype)) + ORACLE) * np.abs(y) + smallest_normal(dtype) * (1 + 1 / beta)
    )
    text = f"e/β + 2u|x|·σ(βx) + γ₃·|y| + λ_min, e = {ulp_class('softplus', dtype)} of β·y, {_u(dtype)}"
    return empirical(allowed, text)


def softplus_gradient(
    x: Numbers, upstream: Numbers, values: Numbers, dtype: Format, *, beta: float, threshold: float
) -> Bound:
    """|g|·(e + (2c + |βx|)·u·2σ(1 - σ)) + gamma(4)·|dx| + λ_min·(1 + |g|): σ's error e, or the exponential's c where it is made of one. Empirical."""
    z, g, y = _wide(x, upstream, values)
    s, u = _logistic(beta * z), unit_roundoff(dtype)
    t = np.minimum(np.abs(beta * z), 800.0) * (beta != 1)
    of_exp = (2 * ulp_class("exp", dtype).ulps + t) * 2 * u * s * (1 - s)
    allowed = np.abs(g) * (function_error("logistic", dtype, s) + of_exp) + (gamma(4, u) + ORACLE) * np.abs(y)
    text = (
        f"|g|·(e + (2c + |βx|)·2u·σ(1 − σ)) + γ₄·|dx| + λ_min·(1 + |g|), e = {ulp_class('logistic', dtype)} of σ, "
        f"c of the exponential: {ulp_class('exp', dtype)}, {_u(dtype)}"
    )
    return empirical(allowed + smallest_normal(dtype) * (1 + np.abs(g)), text)


def falling(
    x: Numbers, values: Numbers, dtype: Format, *, factor: float, divisor: float, scale: float, difference: bool
) -> Bound:
    """x < 0: |factor|·e + gamma(5)·|y| + λ_min, e the error of exp(x/divisor) - 1; x > 0: 0, or gamma(2)·|y| where it is scaled. Empirical.

    x/divisor is rounded, which moves the exponential's exp(t)·|t| <= |exp t - 1| by u. ``difference``: it is formed as a difference from 1, and
    errs by (2c + 2)·u, c the exponential's error, whatever is left of it.
    """
    z, y = _wide(x, values)
    t, u = np.maximum(np.minimum(z, 0.0) / divisor, -800.0), unit_roundoff(dtype)
    e = function_error("expm1", dtype, np.expm1(t))
    if difference:
        e = np.maximum(e, (2 * ulp_class("exp", dtype).ulps + 2) * u)
    below = abs(factor) * e + (gamma(5, u) + ORACLE) * np.abs(y) + smallest_normal(dtype) * (1 + abs(factor))
    above = np.where(np.abs(y) < smallest_normal(dtype), np.abs(y), 0.0) + (
        gamma(2, u) * np.abs(y) if scale != 1 else 0
    )
    text = (
        f"below 0 |factor|·e + γ₅·|y| + λ_min, e = {ulp_class('expm1', dtype)}{' or of a difference from 1' if difference else ''}; "
        f"above {'γ₂·|y|' if scale != 1 else '0'}, {_u(dtype)}"
    )
    return empirical(np.where(z > 0, above, below), text)


def falling_gradient(
    x: Numbers,
    upstream: Numbers,
    values: Numbers,
    dtype: Format,
    *,
    factor: float,
    divisor: float,
    scale: float,
    difference: bool,
) -> Bound:
    """x <= 0: |g·factor|·(e + u·|t|·exp t) + gamma(5)·|dx| + λ_min·(1 + |g|), e the error of exp t, t = x/divisor; x > 0: gamma(2)·|dx|. Empirical.

    ``difference``: exp t is formed as y + factor from the function's value, and errs by that value's error and one rounding more.
    """
    z, g, y = _wide(x, upstream, values)
    t, u = np.maximum(np.minimum(z, 0.0) / divisor, -800.0), unit_roundoff(dtype)
    e = function_error("exp", dtype, np.exp(t)) + u * np.abs(t) * np.exp(t)
    if difference:
        e = np.maximum(e, function_error("expm1", dtype, np.expm1(t)) + 4 * u)
    normal = smallest_normal(dtype) * (1 + np.abs(g)) * (1 + abs(factor))
    below = np.abs(g * factor) * e + (gamma(5, u) + ORACLE) * np.abs(y) + normal
    above = np.where(np.abs(y) < normal, np.abs(y), 0.0) + (gamma(2, u) * np.abs(y) if scale != 1 else 0.0)
    text = (
        f"below 0 |g·factor|·(e + u|t|·exp t) + γ₅·|dx| + λ_min·(1 + |g|), e = {ulp_class('exp', dtype)}"
        f"{' or of a difference from 1' if difference else ''}; above {'γ₂·|dx|' if scale != 1 else '0'}, {_u(dtype)}"
    )
    return empirical(np.where(z > 0, above, below), text)
