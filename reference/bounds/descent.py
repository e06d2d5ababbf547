"""Gradient descent on a parabola: each step takes away a known part of the error, and rounding puts a little back."""

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, derived, spread
from .formats import Format, Numbers, gamma, significand_bits, unit_roundoff


def contraction(error: Numbers, goal: Numbers, share: Numbers, n: int, steps: int, dtype: Format) -> Bound:
    """δ/(1 − ρ): how far k steps α ← α − η·Σ (αz − α*z)·z end from α* + ρᵏ·(α − α*), the error being E = |α − α*| at first.

    ρ = 1 − ηS, S = Σ z². Without rounding a step makes ρ·e of the error e. With it, M = |α*| + E being as large as any α on the way:
    αz and α*z err by u·M·|z| each, their difference by u·(E + 2uM)·|z| more; a sum of n products by γ(n) of its terms (Higham 2002,
    §4.2). So the gradient errs by at most S·(γ(n + 1)·E + 3u·M). Its product with η rounds once, the difference from α once, and with
    ηS ≤ 1 the new α is off by at most δ = γ(n + 2)·E + 6u·M. What was off before shrinks by ρ: a geometric series. It holds
    while |e| ≤ E, which is so where δ ≤ (1 − ρ)·E; BadInput where that or 0 < ηS ≤ 1 does not hold. The series itself, computed in
    float64, errs by 4k·2⁻⁵³·E at most.

    ``share``: ηS. ``n``: of how many numbers the sums are, zeros counted.
    """
    size, share = np.abs(np.asarray(error, np.float64)), np.asarray(share, np.float64)
    if not np.all((share > 0) & (share <= 1)):
        validation.refuse("share", share, "ηS above 0 and at most 1", "take a shorter step")
    u = unit_roundoff(dtype)
    step = gamma(n + 2, u) * size + 6 * u * (np.abs(np.asarray(goal, np.float64)) + size)
    if np.any(step > share * size):
        validation.refuse("error", error, "an error above what rounding puts back", "start farther away")
    text = (
        f"δ/(1 − ρ), {spread('ρ', 1 - share)}, δ = γ(n + 2)·E + 6u·(|α*| + E), {spread('E', size)}, n = {n}, "
        f"u = 2^-{significand_bits(dtype)}; + 4k·2⁻⁵³·E, k = {steps}"
    )
    return derived(step / share + 4 * steps * ORACLE * size, text)
