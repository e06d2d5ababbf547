"""Sums of products: convolutions, fully connected layers, the gradients of both."""

import numpy as np

from .bound import ORACLE, Bound, derived, spread
from .formats import gamma, significand_bits, smallest_normal, smallest_subnormal, unit_roundoff


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
    allowed = gamma(n, u) * S + ORACLE * S + n * subnormal
    text = (
        f"γₙ·S + 2⁻⁵³·S + n·λ, u = 2^-{significand_bits(dtype)}, {spread('n', n)}, {spread('S', S)}"
        " (Higham 2002, eq. 3.5; any order of summation)"
    )
    if flushed is not None:
        allowed = allowed + normal * (np.asarray(flushed, np.float64) + 2 * n)
        text += "; + λ_min·(Σ(|x| + |w|) + 2n): subnormal numbers are flushed to zero"
    return derived(allowed, text)


def sums_rounded_narrow(S, n, values, dtype, *, roundings: int) -> Bound:
    """float16 data summed in float32: gamma(n)·S·(1 + u) + roundings·u·|y| + λ/2, with gamma of float32 and u of float16.

    ``roundings``: 1 where the bias is added before the sum is narrowed, 2 where it is added apart. The last sum is
    narrowed once or twice, each time by u·|y| and, among subnormal numbers, λ/2.
    """
    S, n, values = (np.asarray(part, np.float64) for part in (S, n, values))
    u, wide = unit_roundoff(dtype), unit_roundoff(np.float32)
    allowed = gamma(n, wide) * S * (1 + u) ** roundings + gamma(roundings, u) * np.abs(values) + ORACLE * S
    allowed = allowed + roundings * smallest_subnormal(dtype) / 2
    text = (
        f"γₙ(2^-24)·S·(1 + u) + {roundings}·u·|y| + {roundings}·λ/2, u = 2^-{significand_bits(dtype)}, "
        f"{spread('n', n)}: sums in float32, narrowed {roundings} time(s)"
    )
    return derived(allowed, text)
