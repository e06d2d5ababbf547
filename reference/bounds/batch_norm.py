"""Batch normalisation in training and inference, its running statistics, its gradient."""

import numpy as np

from .bound import ORACLE, Bound, derived
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, unit_roundoff


def batch_norm_inference(
    x: Numbers, gamma_: Numbers, beta: Numbers, mean: Numbers, variance: Numbers, dtype: Format, *, epsilon: float
) -> Bound:
    """gamma(8)·M + λ_min·(2 + |gamma|), M = (|x| + |mean|)·|gamma|/sqrt(variance + epsilon) + |beta|.

    Seven roundings lie on the longest way (epsilon to the dtype, the sum under the root and the root, of which the first
    two are halved by it; reciprocal or quotient; three products and sums) and one is to spare for an approximate
    reciprocal root. M and not |x - mean|: the folded form x·a + c rounds x·a itself, and is legitimate.
    """
    x, gamma_, beta, mean, variance = (_wide(part) for part in (x, gamma_, beta, mean, variance))
    scale = 1 / np.sqrt(variance + float(epsilon))
    M = (np.abs(x) + _along(x, np.abs(mean))) * _along(x, np.abs(gamma_) * scale) + _along(x, np.abs(beta))
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    allowed = (gamma(8, u) + ORACLE) * M + normal * _along(x, 2 + np.abs(gamma_) * (1 + scale))
    text = f"γ₈·M + flushed numbers, M = (|x| + |μ|)|γ|/√(σ² + ε) + |β|, u = 2^-{significand_bits(dtype)}"
    return derived(np.broadcast_to(allowed, x.shape), text)


Statistics = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""(mean, variance, δ_mean, δ_variance) of each channel."""


def statistics(
    x: np.ndarray, dtype: Format, formed: str, stored: str | None, *, rounded: str | None = None
) -> Statistics:
    """Exact-enough moments and the errors allowed to the computed ones: (mean, variance, δ_mean, δ_variance).

    Two passes: x - mean is rounded, squared, rounded, summed, divided, and a mean that is off by δ adds exactly δ²:
    δ_v = gamma(N + 4)·v + (1 + gamma(N + 4))·δ². One pass, mean of squares q minus square of the mean: q errs by gamma(N + 2)·q,
    the square by 2|mean|δ + δ², and each of the two, and their difference, is rounded once more:
    δ_v = gamma(N + 2)·q + 2|mean|δ + δ² + gamma(2)·(q + (|mean| + δ)²). Chan, Golub & LeVeque, *Algorithms for computing the
    sample variance*, Am. Stat. 37 (1983), equations 1.2 and 1.3; Higham 2002, §1.9 and problem 1.10.

    Updated number by number (Welford 1962), M += (x - old mean)(x - new mean): every mean is off by at most δ = gamma(3N)·max|x|, three
    roundings a step, which moves a term by δ(|x - old| + |x - new|) + δ². As (x - old)(x - new) is (1 - 1/k)(x - old)² at step k, the
    sum of |x - old| is at most N·sqrt(2v) by Cauchy's inequality: δ_v = 3δ·sqrt(v) + δ² + gamma(N + 4)·v.

    ``formed``: which of the three; ``stored``: a narrower format that both are rounded to before they are used, or None. ``rounded``: one to which in one
    pass each square, both moments and the square of the mean are rounded, too, three roundings of either: + gamma(3)·(q + (|mean| + δ)²).
    """
    n, u, normal = x.size // x.shape[1], unit_roundoff(dtype), smallest_normal(dtype)
    others = (0, *range(2, x.ndim))
    mean = x.mean(axis=others)
    variance = ((x - _along(x, mean)) ** 2).mean(axis=others)
    size = np.abs(x).mean(axis=others)
    d_mean = (gamma(n + 1, u) + 2.0**-50) * size + 2 * normal
    if formed == "updated":
        d_mean = gamma(3 * n, u) * np.abs(x).max(axis=others) + 2 * normal
        d_variance = 3 * d_mean * np.sqrt(variance) + d_mean**2 + gamma(n + 4, u) * variance
    elif formed == "one pass":
        squares, square = variance + mean**2, (np.abs(mean) + d_mean) ** 2
        d_variance = (
            gamma(n + 2, u) * squares + 2 * np.abs(mean) * d_mean + d_mean**2 + gamma(2, u) * (squares + square)
        )
        if rounded is not None:
            d_variance = d_variance + gamma(3, unit_roundoff(rounded)) * (squares + square)
    else:
        d_variance = gamma(n + 4, u) * variance + (1 + gamma(n + 4, u)) * d_mean**2
    d_variance = d_variance + 2.0**-50 * n * variance + 2 * normal
    if stored is not None:
        d_mean = d_mean + unit_roundoff(stored) * (np.abs(mean) + d_mean) + smallest_normal(stored)
        d_variance = d_variance + unit_roundoff(stored) * (variance + d_variance) + smallest_normal(stored)
    return mean, variance, d_mean, d_variance


FORMED = {
    "two passes": "two passes: δ_v = γ(N+4)v + (1 + γ)δ²",
    "updated": "updated number by number: δ = γ(3N)·max|x|, δ_v = 3δ√v + δ² + γ(N+4)v",
    "one pass": "one pass: δ_v = γ(N+2)q + 2|μ|δ + δ² + γ₂(q + μ²), q = v + μ²",
}


def text_of(formed: str, stored: str | None) -> str:
    """How the statistics are formed."""
    return FORMED[formed] + (f"; both statistics rounded to {np.dtype(stored)} before they are used" if stored else "")


def batch_norm_training(
    x: Numbers,
    gamma_: Numbers,
    beta: Numbers,
    dtype: Format,
    *,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
    steps: bool = False,
) -> tuple[Bound, Bound, Bound]:
    """Bounds of (y, mean, variance), for an algorithm that centres before it squares, or for another of :data:`FORMED`.

    mean: δ = gamma(N + 1)·mean|x| (N - 1 additions and a division, or a product with 1/N).
    variance: δ_v, see :func:`statistics`.
    y: with a = 1/sqrt(v + epsilon) the variance's error θ = δ_v/(v + epsilon) changes a by at most
    ρ = 1/sqrt(1 - θ) - 1, so y moves by |gamma|·a·[(1 + ρ)·δ + ρ·|x - mean|]; on top, gamma(8)·M as in inference, M with
    the computed statistics. ``steps``: y is formed in the narrow format ``stored``, by three more roundings of M, and moments of one pass are rounded to it. Where θ >= 1 nothing is known, and the bound is infinite.
    """
    x, gamma_, beta = _wide(x), _along(x, _wide(gamma_)), _along(x, _wide(beta))
    found = statistics(x, dtype, formed, stored, rounded=stored if steps else None)
    mean, variance, d_mean, d_variance = found
    n, t = x.size // x.shape[1], significand_bits(dtype)
    y = normalised(x, gamma_, beta, found, dtype, epsilon, stored if steps else None, text_of(formed, stored))
    return (
        y,
        derived(d_mean + ORACLE * np.abs(mean), f"γ(N+1)·mean|x| + 2λ_min, N = {n}, u = 2^-{t} (Higham 2002, §4.2)"),
        derived(
            d_variance + ORACLE * variance,
            f"δ_v + 2λ_min, δ = γ(N+1)·mean|x|, N = {n}, u = 2^-{t} ({text_of(formed, stored)}; Higham 2002, §1.9)",
        ),
    )


def normalised(
    x: np.ndarray,
    gamma_: np.ndarray,
    beta: np.ndarray,
    found: Statistics,
    dtype: Format,
    epsilon: float,
    narrow: str | None,
    how: str,
) -> Bound:
    """The bound of y that :func:`batch_norm_training` derives, gamma and beta laid along x; ``narrow``: what y is formed in step by step."""
    mean, variance, d_mean, d_variance = found
    u, normal = unit_roundoff(dtype), smallest_normal(dtype)
    a, rho, void = _scale(variance, d_variance, float(epsilon))
    steep = np.abs(gamma_) * _along(x, a)
    moved = steep * (_along(x, (1 + rho) * d_mean) + _along(x, rho) * np.abs(x - _along(x, mean)))
    M = (np.abs(x) + _along(x, np.abs(mean) + d_mean)) * (steep * _along(x, 1 + rho)) + np.abs(beta)
    if narrow is not None:  # x - mean or x·a, and what it is multiplied with, rounded before the last step
        moved = moved + 3 * unit_roundoff(narrow) * (1 + 4 * unit_roundoff(narrow)) * M
    allowed = moved + (gamma(8, u) + 4 * ORACLE) * M + normal * (2 + np.abs(gamma_) * _along(x, 1 + a))
    return derived(
        np.where(_along(x, void), np.inf, allowed),
        f"|γ|a[(1 + ρ)δ + ρ|x - μ|] + γ₈·M + flushed numbers, δ = γ(N+1)·mean|x|, ρ = 1/√(1 - δ_v/(v + ε)) - 1, "
        f"N = {x.size // x.shape[1]}, u = 2^-{significand_bits(dtype)}, {how}"
        + ("; y formed in it, too" if narrow else ""),
    )


def batch_norm_running(
    x: Numbers,
    mean: Numbers,
    variance: Numbers,
    dtype: Format,
    *,
    momentum: float,
    correction: int,
    formed: str = "two passes",
    stored: str | None = None,
) -> tuple[Bound, Bound]:
    """momentum·(error of the batch's statistic) + gamma(6)·(|old| + momentum·|batch|), for mean and variance.

    Six roundings: momentum to the dtype, 1 - momentum, two products, the sum, and N/(N - correction); |old| whole, as
    1 - momentum may have lost all its relative accuracy to cancellation, never more than u of 1.
    """
    x, mean, variance = _wide(x), _wide(mean), _wide(variance)
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    batch_mean, batch_variance, d_mean, d_variance = statistics(x, dtype, formed, stored)
    stretch = n / (n - correction)
    text = f"m·δ + γ₆·(|old| + m·|batch|) + 2λ_min, m = {momentum}, N = {n}, u = 2^-{significand_bits(dtype)}, {text_of(formed, stored)}"

    def one(old, batch, error):
        return derived(
            momentum * error * (1 + gamma(6, u))
            + (gamma(6, u) + 4 * ORACLE) * (np.abs(old) + momentum * np.abs(batch))
            + 2 * normal,
            text,
        )

    return one(mean, batch_mean, d_mean), one(variance, stretch * batch_variance, stretch * d_variance)


def batch_norm_gradient(
    x: Numbers,
    gamma_: Numbers,
    upstream: Numbers,
    dtype: Format,
    *,
    epsilon: float,
    formed: str = "two passes",
    stored: str | None = None,
) -> tuple[Bound, Bound, Bound]:
    """Bounds of (dx, dgamma, dbeta) in training mode; g upstream, z = (x - mean)·a, Z = (|x| + |mean|)·a.

    z computed errs by E = a[(1 + ρ)δ + ρ|x - mean|] + gamma(8)·Z (as y of :func:`batch_norm_training`); Z and not |z|
    wherever it is summed, for a library may sum g·x and correct by mean·sum g.
    dbeta: gamma(N)·sum|g|. dgamma: G = sum(|g|·E) + gamma(2N + 8)·sum(|g|·Z).
    dx = gamma·a·(g - mean g - z·mean(g z)): the factor errs by ρ and eight roundings, the bracket by
    gamma(N + 4)·(|g| + mean|g|) + E·mean(|g|Z) + Z·G/N + gamma(N + 8)·Z·mean(|g|Z); errors of second order are covered by
    multiplying with (1 + ρ)(1 + gamma(8)) once more. Infinite where θ >= 1, but for dbeta.
    """
    x, gamma_, g = _wide(x), _along(x, _wide(gamma_)), _wide(upstream)
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    found = statistics(x, dtype, formed, stored)
    dx, Z, E, void = slope(x, gamma_, g, found, dtype, epsilon)
    others, size = (0, *range(2, x.ndim)), np.abs(g)
    total, weighted = size.sum(axis=others), (size * Z).sum(axis=others)
    G = (size * E).sum(axis=others) + gamma(2 * n + 8, u) * weighted + 2 * n * normal
    t = f"N = {n}, u = 2^-{significand_bits(dtype)}, {text_of(formed, stored)}"
    return (
        derived(dx, f"|γ|a·[{SLOPE.format(g='g', k='₈')}], Z = (|x| + |μ|)a, {t}"),
        derived(
            np.where(void, np.inf, G + 2 * ORACLE * weighted), f"Σ|g|E + γ(2N+8)·Σ|g|Z, Z = (|x| + |μ|)/√(v + ε), {t}"
        ),
        derived((gamma(n, u) + ORACLE) * total + n * normal, f"γ(N)·Σ|g|, {t} (Higham 2002, §4.2)"),
    )


SLOPE = (
    "((1 + ρ)(1 + γ{k}) - 1)·(|{g}| + mean|{g}| + Z·mean(|{g}|Z)) + (1 + ρ)²(1 + γ{k})²·(γ(N+4)(|{g}| + mean|{g}|) + "
    "E·mean(|{g}|Z) + Z·G/N + γ(N+8)·Z·mean(|{g}|Z))"
)


def slope(
    x: np.ndarray,
    gamma_: np.ndarray,
    g: np.ndarray,
    found: Statistics,
    dtype: Format,
    epsilon: float,
    *,
    roundings: int = 8,
    centred: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(what :func:`batch_norm_gradient` derives for dx, Z, E, where nothing is known by channel), gamma laid along x.

    ``roundings``: those of the factor, which also cover g where it is a product itself; without mean g where it is not ``centred``.
    """
    mean, variance, d_mean, d_variance = found
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    others = (0, *range(2, x.ndim))
    a, rho, void = _scale(variance, d_variance, float(epsilon))
    Z = (np.abs(x) + _along(x, np.abs(mean) + d_mean)) * _along(x, a * (1 + rho))
    away = np.abs(x - _along(x, mean))
    E = _along(x, a) * (_along(x, (1 + rho) * d_mean) + _along(x, rho) * away) + gamma(8, u) * Z
    size = np.abs(g)
    total, weighted = size.sum(axis=others), (size * Z).sum(axis=others)
    G = (size * E).sum(axis=others) + gamma(2 * n + 8, u) * weighted + 2 * n * normal
    factor = (1 + rho) * (1 + gamma(roundings, u))
    mean_size, mean_weighted = centred * _along(x, total / n), _along(x, weighted / n)
    bracket = (
        gamma(n + 4, u) * (size + mean_size)
        + E * mean_weighted
        + Z * _along(x, G / n)
        + gamma(n + 8, u) * Z * mean_weighted
    )
    whole = size + mean_size + Z * mean_weighted
    steep = np.abs(gamma_) * _along(x, a)
    dx = steep * (_along(x, factor - 1 + 8 * ORACLE) * whole + _along(x, factor**2) * bracket) + normal * (2 + steep)
    return np.where(_along(x, void), np.inf, dx), Z, E, void


def batch_norm_inference_gradient(
    x: Numbers,
    gamma_: Numbers,
    mean: Numbers,
    variance: Numbers,
    upstream: Numbers,
    dtype: Format,
    *,
    epsilon: float,
    stored: str | None = None,
) -> tuple[Bound, Bound, Bound]:
    """Bounds of (dx, dgamma, dbeta) with the statistics given; g upstream, a = 1/sqrt(variance + epsilon).

    dx: gamma(7)·|gamma|a|g|, two products for the three products and sums of :func:`batch_norm_inference`.
    dgamma: gamma(N + 8)·sum(|g|Z), Z = (|x| + |mean|)·a: N - 1 additions, and four roundings of a and one to spare, that of
    x - mean, two products; Z and not |x - mean|·a, for a library may sum g·x and correct by mean·sum g, one rounding more.
    dbeta: gamma(N)·sum|g|. Any number on the way may be flushed, and is then multiplied by what follows it.

    ``stored``: a narrower format that each step is rounded to, of which a sum is one: 7 times for dx, 9 for dgamma, once for dbeta.
    """
    x, gamma_, mean, variance, g = (_wide(part) for part in (x, gamma_, mean, variance, upstream))
    u, normal, n = unit_roundoff(dtype), smallest_normal(dtype), x.size // x.shape[1]
    narrow = unit_roundoff(stored) if stored else 0.0
    normal = normal + (smallest_normal(stored) if stored else 0.0)

    def rounded(times, steps):
        return gamma(times, u) + gamma(steps, narrow) * (1 + gamma(times, u)) + ORACLE

    others = (0, *range(2, x.ndim))
    a, size = 1 / np.sqrt(variance + float(epsilon)), np.abs(g)
    steep, total = np.abs(gamma_) * a, size.sum(axis=others)
    weighted = (size * (np.abs(x) + _along(x, np.abs(mean)))).sum(axis=others) * a
    t = f"N = {n}, u = 2^-{significand_bits(dtype)}" + (f"; each step rounded to {np.dtype(stored)}" if stored else "")
    return (
        derived(
            rounded(7, 7) * _along(x, steep) * size + normal * (1 + size + _along(x, a + np.abs(gamma_))),
            f"γ₇·|γ||g|/√(σ² + ε) + flushed numbers, {t}",
        ),
        derived(
            rounded(n + 8, 9) * weighted + normal * ((1 + a) * (n + total) + n * np.abs(mean) * a),
            f"γ(N+8)·Σ|g|Z + flushed numbers, Z = (|x| + |μ|)/√(σ² + ε), {t} (Higham 2002, §3.1)",
        ),
        derived(rounded(n, 1) * total + n * normal, f"γ(N)·Σ|g|, {t} (Higham 2002, §4.2)"),
    )


def _scale(variance, d_variance, epsilon):
    """(a, ρ, void): 1/sqrt(v + ε), and by how much of it the variance's error can change it; 0, 0, True where θ >= 1."""
    void = d_variance >= variance + epsilon
    whole = np.where(void, 1.0, variance + epsilon)
    theta = np.where(void, 0.0, d_variance) / whole
    return np.where(void, 0.0, 1 / np.sqrt(whole)), 1 / np.sqrt(1 - theta) - 1, void


def _wide(numbers):
    return np.asarray(numbers, np.float64)


def _along(x, numbers):
    return np.asarray(numbers).reshape(1, -1, *[1] * (x.ndim - 2))
