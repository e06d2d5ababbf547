"""How large a rounding error may be, and why: the only place where a bound is made.

Notation: u unit roundoff of the dtype; gamma(n) = n·u/(1 - n·u), which no product of n factors (1 + δ), |δ| <= u,
departs from 1 by more than (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. 2002, lemma 3.1);
S = sum |x||w| + |b|; λ the smallest subnormal, λ_min the smallest normal number.

A bound is *derived* (it holds for every input, in any order of summation, for an implementation that rounds each
operation) or *empirical* (it rests on the largest error that was seen in an exponential or the like, for which a
library promises nothing). Which of the two it is travels with it, and so does its derivation.

The oracle's values are exact results rounded once to float64: at most 2**-53 of each. That error is part of every
bound. So is the rounding of the bound's own computation in float64, by a factor 1 + 2**-40.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from . import validation

_TOKEN = object()
_ORACLE = 2.0**-53
_OWN = 1 + 2.0**-40

#: Largest error allowed to a function, in units in the last place of the true value, by the significand's bits.
#: float32, 2.4 million points a library: exp 2.4 (NumPy), tanh 5.8 and logistic 6.0 (TensorFlow). float64, 0.3 million
#: points: exp 2.0, logistic 2.0, tanh 7.0 (TensorFlow, near ±17.8). Each class is 1.3 to 2 times what was seen. Beyond
#: exp(±80) an exponential may err twice as much: there its argument's own reduction loses bits.
ULP_CLASSES = {
    "exp": {24: 4, 53: 4},
    "tanh": {24: 8, 53: 10},
    "logistic": {24: 8, 53: 4},
}


@dataclasses.dataclass(frozen=True, eq=False)
class Bound:
    """The largest error allowed to each element, with the reason. Made by the functions of this module only."""

    allowed: np.ndarray
    derivation: str
    kind: Literal["derived", "empirical"]
    token: dataclasses.InitVar[object] = None

    def __post_init__(self, token):
        if token is not _TOKEN:
            raise TypeError("Bound(...): expected a bound with a derivation; use a function of the module bounds")
        if not np.all(self.allowed >= 0):
            raise TypeError("Bound.allowed: expected numbers >= 0; the sizes that it is made of hold NaN or overflow")
        self.allowed.flags.writeable = False

    def __bool__(self):
        raise TypeError("a Bound has no truth value; compare an error with Bound.allowed")


def _bound(allowed, derivation, kind: Literal["derived", "empirical"] = "derived") -> Bound:
    return Bound(np.array(np.asarray(allowed, np.float64) * _OWN), derivation, kind, _TOKEN)


# ------------------------------------------------------------------------------------------------------- constants


def significand_bits(dtype) -> int:
    """t, the bits of the significand with the leading one: 11, 24, 53 for float16, float32, float64."""
    return np.finfo(dtype).nmant + 1


def unit_roundoff(dtype) -> float:
    """u = 2**-t: the largest relative error of one rounding to nearest (Higham 2002, theorem 2.2)."""
    return 2.0 ** -significand_bits(dtype)


def gamma(n, u: float):
    """n·u/(1 - n·u), elementwise in n (Higham 2002, lemma 3.1). BadInput where n·u reaches 1 and nothing is known."""
    product = np.asarray(n, np.float64) * u
    if np.any(product >= 1):
        validation.refuse("n", np.max(n), f"fewer than {1 / u:.0f} roundings", "sum in a wider dtype")
    return product / (1 - product)


def smallest_subnormal(dtype) -> float:
    """λ: twice the largest error of a product that underflows gradually."""
    return float(np.finfo(dtype).smallest_subnormal)


def smallest_normal(dtype) -> float:
    """λ_min: the largest error of a number that is flushed to zero."""
    return float(np.finfo(dtype).smallest_normal)


def exactly_representable(S, dtype) -> bool:
    """For whole numbers: S <= 2**t for every output, so that every partial sum, in any order, is exact in the dtype.

    Then every correct direct algorithm returns the same bits, and the tolerance is zero. S needs only be an upper bound.
    """
    return bool(np.all(np.asarray(S) <= 2.0 ** significand_bits(dtype)))


def ulp_distance(a, b) -> np.ndarray:
    """How many numbers of the dtype lie from a to b, elementwise, as float64; +0 and -0 are one; NaN is infinitely far."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.dtype.kind != "f":
        validation.refuse("b.dtype", b.dtype, f"{a.dtype}, the dtype of a, a floating-point one", "convert one of them")
    distance = np.array([abs(p - q) for p, q in zip(_ranks(a), _ranks(b), strict=True)], np.float64)
    return np.where(np.isnan(a) | np.isnan(b), np.inf, distance.reshape(a.shape))


def _ranks(numbers) -> list[int]:
    """The place of each number among all of its dtype, counted from zero: the bits, mirrored for negative ones."""
    bits = np.ascontiguousarray(numbers).view(f"i{numbers.dtype.itemsize}").ravel().tolist()
    lowest = -(2 ** (8 * numbers.dtype.itemsize - 1))
    return [bit if bit >= 0 else lowest - bit for bit in bits]


def ulp(values, dtype) -> np.ndarray:
    """The distance of neighbouring numbers of the dtype at each float64 value: 2**(exponent - t), never below λ."""
    _, exponent = np.frexp(np.abs(values))
    spacing = np.ldexp(1.0, exponent - significand_bits(dtype))
    return np.where(np.asarray(values) == 0, smallest_subnormal(dtype), np.maximum(spacing, smallest_subnormal(dtype)))


# --------------------------------------------------------------------------------------------------------- results


def exact(shape, *, reason: str) -> Bound:
    """Nothing is allowed, for the reason given: the operation selects, or every partial result is representable."""
    if not reason:
        validation.refuse("reason", reason, "why no rounding can happen", "say it in a sentence")
    return _bound(np.zeros(shape), f"0: {reason}")


def two_libraries(first: Bound, second: Bound) -> Bound:
    """Two results that each keep their bound differ by the sum at most. Agreement within it is no evidence of either."""
    kind = "derived" if first.kind == second.kind == "derived" else "empirical"
    return _bound(
        first.allowed + second.allowed, f"sum of two bounds: ({first.derivation}) + ({second.derivation})", kind
    )


def sums_of_products(S, n, dtype, *, flushed) -> Bound:
    """gamma(n)·S + 2**-53·S + n·λ: a sum of n products, or n - 1 products and a bias, in any order.

    Each product meets its own rounding and at most n - 1 additions: gamma(n) (Higham 2002, §3.1, equation 3.5, and
    §4.2 for any order). A product that underflows loses λ/2 more; sums do not (Higham 2002, §2.8, problem 2.19).
    For a fused multiply-add there are fewer roundings, never more. It holds for convolutions, fully connected layers
    and the gradients of both, each with the S and n of the sum in question (``oracle.sizes``).

    ``flushed``: None where subnormal numbers are kept; otherwise sum (|x| + |w|) of each output
    (``oracle.flush_sizes``). A subnormal factor taken as 0 loses λ_min times the other one, and a product or a partial
    sum taken as 0 loses λ_min: λ_min·(sum (|x| + |w|) + 2n) in all.
    """
    S, n = np.asarray(S, np.float64), np.asarray(n, np.float64)
    u, subnormal, normal = unit_roundoff(dtype), smallest_subnormal(dtype), smallest_normal(dtype)
    allowed = gamma(n, u) * S + _ORACLE * S + n * subnormal
    text = (
        f"γₙ·S + 2⁻⁵³·S + n·λ, u = 2^-{significand_bits(dtype)}, {_range('n', n)}, {_range('S', S)}"
        " (Higham 2002, eq. 3.5; any order of summation)"
    )
    if flushed is not None:
        allowed = allowed + normal * (np.asarray(flushed, np.float64) + 2 * n)
        text += "; + λ_min·(Σ(|x| + |w|) + 2n): subnormal numbers are flushed to zero"
    return _bound(allowed, text)


def sums_rounded_narrow(S, n, values, dtype, *, roundings: int) -> Bound:
    """float16 data summed in float32: gamma(n)·S·(1 + u) + roundings·u·|y| + λ/2, with gamma of float32 and u of float16.

    ``roundings``: 1 where the bias is added before the sum is narrowed, 2 where it is added apart. The last sum is
    narrowed once or twice, each time by u·|y| and, among subnormal numbers, λ/2.
    """
    S, n, values = (np.asarray(part, np.float64) for part in (S, n, values))
    u, wide = unit_roundoff(dtype), unit_roundoff(np.float32)
    allowed = gamma(n, wide) * S * (1 + u) ** roundings + gamma(roundings, u) * np.abs(values) + _ORACLE * S
    allowed = allowed + roundings * smallest_subnormal(dtype) / 2
    text = (
        f"γₙ(2^-24)·S·(1 + u) + {roundings}·u·|y| + {roundings}·λ/2, u = 2^-{significand_bits(dtype)}, "
        f"{_range('n', n)}: sums in float32, narrowed {roundings} time(s)"
    )
    return _bound(allowed, text)


def elementwise(operation: str, dtype, values) -> Bound:
    """exp, tanh or logistic: a number of ulps of the true values, and below λ_min also zero. Empirical."""
    size = _function_error(operation, dtype, values)
    text = (
        f"{_ulp_class(operation, dtype)} ulp of the true value"
        + (" (twice that beyond e^±80)" if operation == "exp" else "")
        + ", below λ_min also 0: 1.3 to 2 times the largest error seen over 0.3 million points or more a library"
    )
    return _bound(size + _ORACLE * np.abs(values), text, "empirical")


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
    return _bound(allowed, text, "empirical")


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
    return _bound(rate * y + _ORACLE * y + 2 * smallest_normal(dtype), text, "empirical")


def softmax_gradient(values, x, upstream, dtype, *, axis) -> Bound:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j]) from a y with relative error r (that of :func:`softmax`).

    With D = sum |upstream|y and Δ = sum |upstream|y·(r + gamma(n + 1)·(1 + r)), the computed sum errs by Δ, and
    the result by y·[((1 + r)(1 + gamma(3)) - 1)·(|upstream| + D) + (1 + r)(1 + gamma(3))·Δ]; λ_min for each number that
    may be flushed.
    """
    y, size = np.asarray(values, np.float64), np.abs(np.asarray(upstream, np.float64))
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), y.shape[axis]
    rate = _softmax_rate(y, x, dtype, axis) + _ORACLE
    grown = (1 + rate) * (1 + gamma(3, u))
    mean = (size * y).sum(axis=axis, keepdims=True)
    shift = (size * y * (rate + gamma(n + 1, u) * (1 + rate))).sum(axis=axis, keepdims=True)
    lost = size.sum(axis=axis, keepdims=True) + 2 * n
    allowed = y * ((grown - 1) * (size + mean) + grown * shift) + 2 * normal * (2 + size + mean + lost)
    text = (
        f"y·[((1 + r)(1 + γ₃) - 1)(|g| + Σ|g|y) + (1 + r)(1 + γ₃)·Σ|g|y(r + γₙ₊₁(1 + r))] + flushed numbers, "
        f"r the relative error of softmax, n = {n}, u = 2^-{significand_bits(dtype)}"
    )
    return _bound(allowed, text, "empirical")


def _softmax_rate(values, x, dtype, axis):
    y, x = np.asarray(values, np.float64), np.asarray(x, np.float64)
    d = np.abs(x - x.max(axis=axis, keepdims=True))
    # Beyond 800 every exponential here is 0; the product 0·d must not become large again.
    d = np.minimum(d, 800.0)
    t = unit_roundoff(dtype) * (d + (y * d).sum(axis=axis, keepdims=True) + y.shape[axis] + 18)
    if np.any(t >= 0.5):
        validation.refuse("x.shape", x.shape, "rows short enough for the dtype", "use a wider dtype")
    return t / (1 - t)


# ------------------------------------------------------------------------------------------------------ batch norm


def batch_norm_inference(x, gamma_, beta, mean, variance, dtype, *, epsilon) -> Bound:
    """gamma(8)·M + λ_min·(2 + |gamma|), M = (|x| + |mean|)·|gamma|/sqrt(variance + epsilon) + |beta|.

    Seven roundings lie on the longest way (epsilon to the dtype, the sum under the root and the root, of which the first
    two are halved by it; reciprocal or quotient; three products and sums) and one is to spare for an approximate
    reciprocal root. M and not |x - mean|: the folded form x·a + c rounds x·a itself, and is legitimate.
    """
    x, gamma_, beta, mean, variance = (_wide(part) for part in (x, gamma_, beta, mean, variance))
    scale = 1 / np.sqrt(variance + float(epsilon))
    M = (np.abs(x) + _along(x, np.abs(mean))) * _along(x, np.abs(gamma_) * scale) + _along(x, np.abs(beta))
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    allowed = (gamma(8, u) + _ORACLE) * M + normal * _along(x, 2 + np.abs(gamma_) * (1 + scale))
    text = f"γ₈·M + flushed numbers, M = (|x| + |μ|)|γ|/√(σ² + ε) + |β|, u = 2^-{significand_bits(dtype)}"
    return _bound(np.broadcast_to(allowed, x.shape), text)


def _statistics(x, dtype):
    """Exact-enough moments and the errors allowed to the computed ones: (mean, variance, δ_mean, δ_variance)."""
    n, u, normal = x.size // x.shape[1], unit_roundoff(dtype), smallest_normal(dtype)
    others = (0, *range(2, x.ndim))
    mean = x.mean(axis=others)
    variance = ((x - _along(x, mean)) ** 2).mean(axis=others)
    size = np.abs(x).mean(axis=others)
    d_mean = (gamma(n + 1, u) + 2.0**-50) * size + 2 * normal
    d_variance = (gamma(n + 4, u) + 2.0**-50 * n) * variance + (1 + gamma(n + 4, u)) * d_mean**2 + 2 * normal
    return mean, variance, d_mean, d_variance


def batch_norm_training(x, gamma_, beta, dtype, *, epsilon) -> tuple[Bound, Bound, Bound]:
    """Bounds of (y, mean, variance), for an algorithm that centres before it squares.

    mean: δ = gamma(N + 1)·mean|x| (N - 1 additions and a division, or a product with 1/N).
    variance: gamma(N + 4)·v + (1 + gamma(N + 4))·δ²: x - mean is rounded, squared, rounded, summed, divided; and a mean
    that is off by δ adds exactly δ² (Chan, Golub & LeVeque 1983; Higham 2002, §1.9 and problem 1.10).
    y: with a = 1/sqrt(v + epsilon) the variance's error θ = δ_v/(v + epsilon) changes a by at most
    ρ = 1/sqrt(1 - θ) - 1, so y moves by |gamma|·a·[(1 + ρ)·δ + ρ·|x - mean|]; on top, gamma(8)·M as in inference, M with
    the computed statistics. Where θ >= 1 nothing is known, and the bound is infinite.
    """
    x, gamma_, beta = _wide(x), _wide(gamma_), _wide(beta)
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    mean, variance, d_mean, d_variance = _statistics(x, dtype)
    a, rho = _scale(variance, d_variance, float(epsilon))
    steep = np.abs(gamma_) * a
    moved = _along(x, steep) * (_along(x, (1 + rho) * d_mean) + _along(x, rho) * np.abs(x - _along(x, mean)))
    M = (np.abs(x) + _along(x, np.abs(mean) + d_mean)) * _along(x, steep * (1 + rho)) + _along(x, np.abs(beta))
    allowed = moved + (gamma(8, u) + 4 * _ORACLE) * M + normal * _along(x, 2 + np.abs(gamma_) * (1 + a))
    n, t = x.size // x.shape[1], significand_bits(dtype)
    y = _bound(
        allowed,
        f"|γ|a[(1 + ρ)δ + ρ|x - μ|] + γ₈·M + flushed numbers, δ = γ(N+1)·mean|x|, ρ = 1/√(1 - δ_v/(v + ε)) - 1, "
        f"N = {n}, u = 2^-{t}",
    )
    return (
        y,
        _bound(d_mean + _ORACLE * np.abs(mean), f"γ(N+1)·mean|x| + 2λ_min, N = {n}, u = 2^-{t} (Higham 2002, §4.2)"),
        _bound(
            d_variance + _ORACLE * variance,
            f"γ(N+4)·v + (1 + γ)·δ² + 2λ_min, δ = γ(N+1)·mean|x|, N = {n}, u = 2^-{t} (two passes; Higham 2002, §1.9)",
        ),
    )


def batch_norm_running(x, mean, variance, dtype, *, momentum, correction) -> tuple[Bound, Bound]:
    """momentum·(error of the batch's statistic) + gamma(6)·(|old| + momentum·|batch|), for mean and variance.

    Six roundings: momentum to the dtype, 1 - momentum, two products, the sum, and N/(N - correction); |old| whole, as
    1 - momentum may have lost all its relative accuracy to cancellation, never more than u of 1.
    """
    x, mean, variance = _wide(x), _wide(mean), _wide(variance)
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    batch_mean, batch_variance, d_mean, d_variance = _statistics(x, dtype)
    stretch = n / (n - correction)
    text = f"m·δ + γ₆·(|old| + m·|batch|) + 2λ_min, m = {momentum}, N = {n}, u = 2^-{significand_bits(dtype)}"

    def one(old, batch, error):
        return _bound(
            momentum * error * (1 + gamma(6, u))
            + (gamma(6, u) + 4 * _ORACLE) * (np.abs(old) + momentum * np.abs(batch))
            + 2 * normal,
            text,
        )

    return one(mean, batch_mean, d_mean), one(variance, stretch * batch_variance, stretch * d_variance)


def batch_norm_gradient(x, gamma_, upstream, dtype, *, epsilon) -> tuple[Bound, Bound, Bound]:
    """Bounds of (dx, dgamma, dbeta) in training mode; g upstream, z = (x - mean)·a, Z = (|x| + |mean|)·a.

    z computed errs by E = a[(1 + ρ)δ + ρ|x - mean|] + gamma(8)·Z (as y of :func:`batch_norm_training`); Z and not |z|
    wherever it is summed, for a library may sum g·x and correct by mean·sum g.
    dbeta: gamma(N)·sum|g|. dgamma: G = sum(|g|·E) + gamma(2N + 8)·sum(|g|·Z).
    dx = gamma·a·(g - mean g - z·mean(g z)): the factor errs by ρ and eight roundings, the bracket by
    gamma(N + 4)·(|g| + mean|g|) + E·mean(|g|Z) + Z·G/N + gamma(N + 8)·Z·mean(|g|Z); errors of second order are covered by
    multiplying with (1 + ρ)(1 + gamma(8)) once more.
    """
    x, gamma_, g = _wide(x), _wide(gamma_), _wide(upstream)
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    others = (0, *range(2, x.ndim))
    mean, variance, d_mean, d_variance = _statistics(x, dtype)
    a, rho = _scale(variance, d_variance, float(epsilon))
    Z = (np.abs(x) + _along(x, np.abs(mean) + d_mean)) * _along(x, a * (1 + rho))
    centred = np.abs(x - _along(x, mean))
    E = _along(x, a) * (_along(x, (1 + rho) * d_mean) + _along(x, rho) * centred) + gamma(8, u) * Z
    size = np.abs(g)
    total, weighted = size.sum(axis=others), (size * Z).sum(axis=others)
    G = (size * E).sum(axis=others) + gamma(2 * n + 8, u) * weighted + 2 * n * normal
    factor = (1 + rho) * (1 + gamma(8, u))
    mean_size, mean_weighted = _along(x, total / n), _along(x, weighted / n)
    bracket = (
        gamma(n + 4, u) * (size + mean_size)
        + E * mean_weighted
        + Z * _along(x, G / n)
        + gamma(n + 8, u) * Z * mean_weighted
    )
    whole = size + mean_size + Z * mean_weighted
    steep = _along(x, np.abs(gamma_) * a)
    dx = steep * (_along(x, factor - 1 + 8 * _ORACLE) * whole + _along(x, factor**2) * bracket) + normal * (2 + steep)
    t = f"N = {n}, u = 2^-{significand_bits(dtype)}"
    return (
        _bound(
            dx,
            "|γ|a·[((1 + ρ)(1 + γ₈) - 1)·(|g| + mean|g| + Z·mean(|g|Z)) + (1 + ρ)²(1 + γ₈)²·(γ(N+4)(|g| + mean|g|) + "
            f"E·mean(|g|Z) + Z·G/N + γ(N+8)·Z·mean(|g|Z))], Z = (|x| + |μ|)a, {t}",
        ),
        _bound(G + 2 * _ORACLE * weighted, f"Σ|g|E + γ(2N+8)·Σ|g|Z, Z = (|x| + |μ|)/√(v + ε), {t}"),
        _bound((gamma(n, u) + _ORACLE) * total + n * normal, f"γ(N)·Σ|g|, {t} (Higham 2002, §4.2)"),
    )


def _scale(variance, d_variance, epsilon):
    """(a, ρ): 1/sqrt(v + ε), and by how much of it the variance's error can change it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = d_variance / (variance + epsilon)
        rho = np.where(theta < 1, 1 / np.sqrt(np.maximum(1 - theta, 0)) - 1, np.inf)
        return 1 / np.sqrt(variance + epsilon), rho


def _wide(numbers):
    return np.asarray(numbers, np.float64)


def _along(x, numbers):
    return np.asarray(numbers).reshape(1, -1, *[1] * (x.ndim - 2))


def _range(name, numbers):
    low, high = np.min(numbers), np.max(numbers)
    return f"{name} = {low:.4g}" if low == high else f"{name} = {low:.4g} to {high:.4g}"


def trajectory(allowed, *, copies: int) -> Bound:
    """How far another library's loss may be from the reference's, step by step: what rounding was measured to grow into.

    ``allowed``: the largest departure, up to each step, of ``copies`` runs of the reference whose initial weights were moved
    by the roundings of one step at random sign, and that much of the loss itself. Training magnifies differences by as much
    as the run happens to; it is measured here rather than assumed. Empirical.
    """
    text = (
        f"largest departure, up to each step, of {copies} runs of the reference from weights moved by the roundings of one step"
        " at random sign; and that much of the loss itself"
    )
    return _bound(allowed, text, "empirical")


def norm_identity(absolute, condition, m: int, dtype) -> Bound:
    """How far the two sides of ‖∂L/∂y‖² = γ²/σ²(‖G‖² − ⟨1, G⟩²/m − (2 − ‖ŷ‖²/m)⟨G, ŷ⟩²/m) may be apart, computed from one pass.

    ŷ errs by at most γ(m + 8)·κ, κ ("condition") = (max|y| + mean|y|)/σ + 1, for the mean is a sum of m numbers; so each
    component γ/σ·(Gᵢ − mean G − ŷᵢ·mean(Gŷ)) errs by at most γ(2m + 20)·κ·Bᵢ, Bᵢ = γ/σ·(|Gᵢ| + (1 + |ŷᵢ|)(mean|G| + mean|Gŷ|)),
    and its square by twice |component| ≤ Bᵢ times that. The right side's sums are of the same terms, and m more roundings
    each; the terms of either side are at most "absolute" = Σ Bᵢ². Both sides together: 8·γ(3m + 20)·κ·Σ Bᵢ².
    """
    allowed = (
        8
        * gamma(3 * m + 20, unit_roundoff(dtype))
        * np.asarray(condition, np.float64)
        * np.asarray(absolute, np.float64)
    )
    text = (
        f"8·γ₃ₘ₊₂₀·κ·ΣB², m = {m}, u = 2^-{significand_bits(dtype)}, κ the condition of ŷ, B the size of each component's terms "
        "by absolute value (componentwise running error, Higham 2002, §3.3)"
    )
    return _bound(allowed, text)
