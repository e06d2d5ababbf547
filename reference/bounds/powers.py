"""Norms of windows: sums of powers, and their roots."""

import numpy as np

from .bound import ORACLE, Bound, derived, empirical
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, unit_roundoff
from .measured import ulp_class


def _relative(y: np.ndarray, n: int, dtype: Format, power: int) -> np.ndarray:
    """(gamma(n + p)/p + c·2u·(1 + 1/p) + u·|log S|/p), S = y**p: by how much of it a norm errs.

    n powers, of p - 1 products or c ulps each, are added; the root of S passes on 1/p of that, and errs by c ulps itself, and by the rounding of
    1/p in the exponent. c is 0 up to a power of 2, where it is a product and a root; above, that of the exponential.
    """
    u, c = unit_roundoff(dtype), ulp_class("exp", dtype).ulps if power > 2 else 0.0
    logarithm = np.abs(np.log(np.where(y > 0, y, 1.0))) * (power > 2)
    return 1.01 * gamma(n + power, u) / power + gamma(2, u) + 2 * c * u * (1 + 1 / power) + u * logarithm


def _lost(y: np.ndarray, n: int, dtype: Format, power: int) -> np.ndarray:
    """What part of y may be lost where each of n powers below λ_min is taken for 0, and their sum too: 2n·λ_min/(p·S), infinite for S = 0."""
    with np.errstate(under="ignore", over="ignore", divide="ignore"):
        return 2 * n * smallest_normal(dtype) / (power * y**power)


def norms(values: Numbers, n: int, dtype: Format, *, power: int) -> Bound:
    """y times :func:`_relative`, and where powers are below λ_min what is lost of S: n·λ_min, at most its whole root."""
    y, normal = np.asarray(values, np.float64), smallest_normal(dtype)
    share = _lost(y, n, dtype, power)
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        flushed = np.where(share < 1 / power, share * y, (2 * n * normal) ** (1 / power) + y)
    allowed = y * (_relative(y, n, dtype, power) + ORACLE) + flushed
    text = f"y·(γ(N+p)/p + γ₂ + 2cu(1 + 1/p) + u|log y|) + flushed powers, N = {n}, p = {power}, u = 2^-{significand_bits(dtype)}"
    if power <= 2:
        return derived(allowed, text + ", c = 0")
    return empirical(allowed, f"{text}, c: {ulp_class('exp', dtype)}")


def norms_gradient_share(y: Numbers, n: int, dtype: Format, *, power: int) -> np.ndarray:
    """By how much of a term g·(|x|/y)**(p - 1) it errs: p - 1 times y's error, two powers of c ulps, eight products and quotients.

    And by what is lost of S: 2p·n·λ_min/(p·S); where that is no small part of it S may be 0, or less by a factor of n + 1.
    """
    y, u = np.asarray(y, np.float64), unit_roundoff(dtype)
    c = ulp_class("exp", dtype).ulps if power > 2 else 0.0
    logarithm = power * np.abs(np.log(np.where(y > 0, y, 1.0)))
    lost = _lost(y, n, dtype, power)
    lost = np.where(lost < 0.25 / power, 2 * power * lost, n + 1.0)
    return power * _relative(y, n, dtype, power) + gamma(n + 2 * power + 10, u) + 8 * c * u + u * logarithm + lost


def norms_gradient(sizes: Numbers, weighed: Numbers, n: int, dtype: Format, *, power: int) -> Bound:
    """``weighed``: the sum of |g|·(|x|/y)**(p - 1) times that of :func:`norms_gradient_share`; ``sizes``: without it, of which N may be added."""
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    sizes, weighed = np.asarray(sizes, np.float64), np.asarray(weighed, np.float64)
    allowed = 1.01 * weighed + (gamma(n, u) + 4 * ORACLE) * sizes + normal * (2 + sizes)
    text = f"Σ|g|(|x|/y)^(p−1)·(p·E + γ(N+2p+10) + 8cu + u·p|log y|) + γ(N)·Σ|g|(|x|/y)^(p−1), E of y, N = {n}, p = {power}, u = 2^-{significand_bits(dtype)}"
    return derived(allowed, text) if power <= 2 else empirical(allowed, f"{text}, c: {ulp_class('exp', dtype)}")
