"""Convolution by the fast Fourier transform: its error is relative to the norms of the two arrays, not to the terms of each sum.

A transform mixes all elements before it multiplies any: a small output may carry the rounding of large ones, and even the sum of
whole numbers is not exact. Hence a normwise bound, |got − S| ≤ γ(n)·‖x‖₂·‖w‖₂ for every output.
"""

import math
from collections.abc import Sequence

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, derived
from .formats import Format, gamma, significand_bits, smallest_normal, unit_roundoff

PRIMES = (2, 3, 5, 7, 11)
"""The lengths that transforms are padded to have no other prime factors (``scipy.fft.next_fast_len``)."""
WEIGHTS = 5
"""A root of unity is taken to be within 5u: libraries multiply two entries of a table (2u + √5u), or round it from wider numbers (u)."""


def stage(p: int) -> float:
    """To first order in u, the relative error that a stage of radix p adds to the 2-norm of what it transforms.

    Every element meets a twiddle factor, a complex product with a weight: √5 (Brent, Percival & Zimmermann 2007) + 5. For p = 2
    one addition follows, whose error is relative to its own result: 1. For odd p a sum of p products with weights follows, in
    any order or by pairs x_j ± x_(p−j) in real arithmetic: at most p + 7 roundings on any path, √2 of them for both parts of a complex
    number, and √p, for that is what the sum of p absolute values may exceed the norm of the sums by (the p × p matrix of ones has
    norm p, the transform √p).
    """
    twiddle = math.sqrt(5) + WEIGHTS
    return twiddle + (1 if p == 2 else math.sqrt(2 * p) * (p + 7))


PER_BIT = math.ceil(max(stage(p) / math.log2(p) for p in PRIMES))
"""27: the roundings that a transform costs at most for each doubling of its length."""


def fft_convolution(x: np.ndarray, w: np.ndarray, dtype: Format, *, lengths: Sequence[int], blocks: int = 1) -> Bound:
    """γ(n)·‖x‖₂·‖w‖₂ for every output of x ∗ w, n = 81·log₂ L + 3 + 2·axes, L the product of the transforms' ``lengths``.

    x, w: plain arrays; ``lengths``: for each axis the length of the transforms, or more; prime factors 2, 3, 5, 7 and 11.

    1. A transform of length L is a product of stages, each a permutation and √p times a unitary matrix; errors of the stages
       add: ‖X̂ − X‖₂ ≤ γ(27·log₂ L)·‖X‖₂ (Higham 2002, theorem 24.2, there for p = 2). Axes are transformed one after the other.
    2. The product X̂·Ŵ, element by element, adds √5u < 3u. By Cauchy and Schwarz and by Parseval Σ|X||W| ≤ L·‖x‖₂·‖w‖₂.
    3. Back: every path from Z to an output meets as many roundings, at most γ(27·log₂ L)·Σ|Z|/L; two more to divide by L, on each axis.

    Together γ(2·27·log₂ L) + 3u + γ(27·log₂ L) + 2u·axes, which is theorem 5.1 of Percival (2003) for any radix. ``blocks``: how many
    blocks an output is added up from, by overlap-add: Σ‖x_b‖₂ ≤ √blocks·‖x‖₂, and blocks − 1 additions.

    Underflow: a product loses at most the smallest normal number λ_min; at most 7L·log₂ L products lie before an element of a
    transform, and no weight enlarges what they lose. It holds where nothing overflows.
    """
    sizes = [n + k - 1 for n, k in zip(np.shape(x), np.shape(w), strict=True)]
    if len(lengths) != len(sizes) or any(length < size for length, size in zip(lengths, sizes, strict=True)):
        validation.refuse(
            "lengths", tuple(lengths), f"at least {tuple(sizes)}, or the sums wrap around", "pad with zeros"
        )
    x, w = (np.abs(np.asarray(a, np.float64)) for a in (x, w))
    L = math.prod(lengths)
    n = 3 * PER_BIT * math.log2(L) + 3 + 2 * len(sizes) + blocks - 1
    norms = float(np.linalg.norm(x) * np.linalg.norm(w))
    lost = 16 * L * (math.log2(L) + 1) * smallest_normal(dtype) * (x.sum() + w.sum() + 1)
    allowed = math.sqrt(blocks) * (gamma(n, unit_roundoff(dtype)) + ORACLE) * norms + blocks * lost
    return derived(
        allowed,
        f"γ(81·log₂ L + 3 + 2·axes)·‖x‖₂·‖w‖₂, L = {L}, ‖x‖₂·‖w‖₂ = {norms:.4g}, {blocks} block{'s' * (blocks > 1)}, u = "
        f"2^-{significand_bits(dtype)} (Percival 2003, theorem 5.1, for stages of radix ≤ 11)",
    )
