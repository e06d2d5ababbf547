"""How far a sampled convolution, times the step, may lie from the integral: the rule's error, and the rounding of the sum.

X and W are sampled at the middles of steps of length h, (m + 1/2)·h. The discrete convolution of the samples, times h, is the
midpoint rule for S(t) = ∫ X(a) W(t - a) da at t = (i + 1)·h. The integrands are known in closed form, so that nothing here rests
on a size that somebody else gives.

Decays: X(a) = e^{-αa} on [0, width], W(a) = e^{-βa} on [0, ∞), α ≠ β. On [0, b], b = min(t, width), the integrand is
g(a) = e^{-αa - β(t - a)}, with g' = δg, δ = β - α; S(t) = (g(b) - g(0))/δ. Its jump at ``width`` lies between two steps; where it
does not, only :func:`jump_order` holds.

Gaussians: X(a) = e^{-a²/2}, W(a) = e^{-(a - c)²/2}; S(t) = √π·e^{-(t - c)²/4}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, derived, spread
from .formats import gamma, significand_bits, smallest_normal, unit_roundoff

SAMPLES = 4
"""Roundings of the two samples in a product: each is rounded to float64 and then to the dtype."""


@dataclass(frozen=True)
class _Decays:
    """The integrand g on [0, b] at each t, and what the bounds are made of."""

    t: np.ndarray
    b: np.ndarray
    rates: tuple[float, float]
    delta: float
    first: np.ndarray
    last: np.ndarray

    @property
    def integral(self) -> np.ndarray:
        return (self.last - self.first) / self.delta

    def largest(self, beyond: float = 0.0) -> np.ndarray:
        """max g on [0, b + beyond]: g is monotone, and grows by e^{|δ|·beyond} at most."""
        return np.maximum(self.first, self.last) * np.exp(abs(self.delta) * beyond)

    def rule(self, step: float) -> np.ndarray:
        """h²/24·b·max|g''| (Davis & Rabinowitz, *Methods of Numerical Integration*, 2nd ed. 1984, §2.1)."""
        return step**2 / 24 * self.b * self.delta**2 * self.largest()

    def rounding(self, step: float, dtype: Any, size: np.ndarray) -> np.ndarray:
        """Of n products of two samples, added in any order, and of the closed form, in float64.

        γ(n + 4)·h·Σ|x||w|, h·Σ|x||w| <= ``size``; λ_min for each product that underflows, gradually or not. The closed form: its
        exponents meet four roundings, so that the exponentials err by 4·2**-53·(α + β)·t, and by four roundings more.
        """
        n = np.ceil(self.b / step) + 1
        closed = ORACLE * (4 + 4 * sum(self.rates) * self.t) * (self.first + self.last) / abs(self.delta)
        return gamma(n + SAMPLES, unit_roundoff(dtype)) * size + step * n * smallest_normal(dtype) + closed


def _decays(t: Any, alpha: float, beta: float, width: float) -> _Decays:
    if alpha == beta:
        validation.refuse("beta", beta, "another rate than alpha", "the closed form is another one for equal rates")
    t = np.asarray(t, np.float64)
    b = np.minimum(t, width)
    return _Decays(t, b, (alpha, beta), beta - alpha, np.exp(-beta * t), np.exp(-alpha * b - beta * (t - b)))


def midpoint_sum(t: Any, dtype: Any, *, step: float, alpha: float, beta: float, width: float) -> Bound:
    """h²/24·b·max|g''| + rounding: the sampled convolution of two decays, times the step, at each t."""
    g = _decays(t, alpha, beta, width)
    rule = g.rule(step)
    text = (
        f"h²/24·b·max|g″| + γₙ₊₄·S + the rounding of the closed form, h = {step:g}, g(a) = X(a)·W(t − a) on [0, b], "
        f"{spread('h²/24·b·max|g″|', rule)}, u = 2^-{significand_bits(dtype)} (Davis & Rabinowitz 1984, §2.1; Higham 2002, eq. 3.5)"
    )
    return derived(rule + g.rounding(step, dtype, g.integral + rule), text)


def midpoint_order(t: Any, dtype: Any, *, step: float, finer: int, alpha: float, beta: float, width: float) -> Bound:
    """How far log(E(h)/E(h/f))/log f may lie from 2, E(h) = S - the sum at step h, f = ``finer``.

    E(h) = h²/24·(g'(b) - g'(0)) - 7h⁴/5760·b·g⁗(ξ) (Euler & Maclaurin; Davis & Rabinowitz 1984, §2.9), and the rounding. The first
    term is h²/24·δ²·S: E(h) is that times 1 + ρ, |ρ| <= r(h), and log((1 + ρ)/(1 + ρ')) is -log(1 - r(h)) - log(1 - r(h/f)) at most.
    """
    g = _decays(t, alpha, beta, width)

    def rest(h: float) -> np.ndarray:
        leading = h**2 / 24 * g.delta**2 * np.abs(g.integral)
        fourth = 7 * h**4 / 5760 * g.b * g.delta**4 * g.largest()
        return (fourth + g.rounding(h, dtype, g.integral + g.rule(h))) / leading

    text = "E(h) = h²/24·(g′(b) − g′(0)) + at most 7h⁴/5760·b·max|g⁗| and rounding (Euler & Maclaurin; Davis & Rabinowitz 1984, §2.9)"
    return _order(rest(step), rest(step / finer), finer, dtype, text)


def jump_order(t: Any, dtype: Any, *, step: float, finer: int, alpha: float, beta: float, width: float) -> Bound:
    """The same where X jumps at ``width`` <= t, inside a step: from log(|d(h)|/|d(h/f)|)/log f, d(h) = width - the nearest whole step.

    The sum covers the steps whose middles lie before the jump, up to the nearest whole step: E(h) = ∫ g over the d(h) that is
    missing, or too much, and the midpoint rule's own error. The first is d·g(width) but for d²/2·max|g'|.
    """
    g = _decays(t, alpha, beta, width)

    def rest(h: float) -> np.ndarray:
        d = abs(width - h * np.rint(width / h))
        most = g.largest(beyond=h / 2)
        smooth = h**2 / 24 * (g.b + h / 2) * g.delta**2 * most
        return (d**2 / 2 * abs(g.delta) * most + smooth + g.rounding(h, dtype, g.integral + smooth + d * most)) / (
            d * g.last
        )

    text = "E(h) = d·g(b) + at most d²/2·max|g′|, the midpoint rule's error and rounding, d from the jump to the nearest whole step"
    return _order(rest(step), rest(step / finer), finer, dtype, text)


def _order(coarse: np.ndarray, fine: np.ndarray, finer: int, dtype: Any, text: str) -> Bound:
    """(-log(1 - r) - log(1 - r'))/log f, and the rounding of an order below 4 to the dtype; infinite where an r reaches 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        known = -(np.log1p(-coarse) + np.log1p(-fine)) / np.log(finer)
    known = np.where(np.maximum(coarse, fine) < 1, known, np.inf)
    stored = 4 * unit_roundoff(dtype) + 32 * ORACLE  # of the logarithms and the division, in float64
    return derived(
        known + stored, f"(−log(1 − r) − log(1 − r′))/log {finer}, {spread('r', coarse)}, {spread('r′', fine)}: {text}"
    )


def gaussian_alias(step: float) -> float:
    """q = e^{-π²/h²}: the relative size of the first alias of the product of two Gaussians of deviation 1."""
    return float(np.exp(-((np.pi / step) ** 2)))


def gaussian_sum(t: Any, dtype: Any, *, step: float, centre: float, reach: float, aliases: int) -> Bound:
    """2(q^{k²} + …)·S + tail + rounding: the sampled convolution of two Gaussians, times the step, at each t.

    The integrand is a Gaussian of area S(t) and variance 1/2. By Poisson's formula the sum over all steps is
    S·(1 + 2 Σ_k (±)q^{k²}·cos(…)), q = e^{-π²/h²} (Trefethen & Weideman, SIAM Rev. 56, 2014, §5): faster than any power of h. The
    first ``aliases`` of these terms (0 or 1) are part of what is expected; the others are k²-th powers of q, 2q^{(aliases + 1)²}/(1 - q) at
    most. Samples beyond ±reach are left out: e^{-(reach - |c|)²/2} times the sum over the other factor, √2π + h, twice.
    """
    t = np.asarray(t, np.float64)
    q = gaussian_alias(step)
    integral = np.sqrt(np.pi) * np.exp(-((t - centre) ** 2) / 4)
    rule = 2 * q ** ((aliases + 1) ** 2) / (1 - q) * integral
    tail = 2 * np.exp(-((reach - abs(centre)) ** 2) / 2) * (np.sqrt(2 * np.pi) + step)
    size = integral * (1 + 2 * q / (1 - q))
    n = np.ceil(2 * reach / step)
    rounding = gamma(n + SAMPLES, unit_roundoff(dtype)) * size + step * n * smallest_normal(dtype) + 16 * ORACLE * size
    text = (
        f"2q^{(aliases + 1) ** 2}/(1 − q)·S + 2e^(−(L − |c|)²/2)·(√2π + h) + γₙ₊₄·S, q = e^(−π²/h²) = {q:.3g}, h = {step:g}, n = {n:g}, "
        f"u = 2^-{significand_bits(dtype)} (Trefethen & Weideman 2014, §5; Higham 2002, eq. 3.5)"
    )
    return derived(rule + tail + rounding, text)
