"""Sums of products: convolutions, fully connected layers, averages, the gradients of all of them."""

import numpy as np

from .bound import ORACLE, Bound, composed, derived, spread
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, smallest_subnormal, unit_roundoff


def sums_of_products(S: Numbers, n: Numbers, dtype: Format, *, flushed: Numbers | None, factors: int = 0) -> Bound:
    """gamma(n)·S + 2**-53·S + n·λ: a sum of n products, or n - 1 products and a bias, in any order.

    Each product meets its own rounding and at most n - 1 additions: gamma(n) (Higham 2002, §3.1, equation 3.5, and
    §4.2 for any order). A product that underflows loses λ/2 more; sums do not (Higham 2002, §2.8, problem 2.19).
    For a fused multiply-add there are fewer roundings, never more. It holds for convolutions, fully connected layers
    and the gradients of both, each with the S and n of the sum in question (``oracle.sizes``).

    ``flushed``: None where subnormal numbers are kept; otherwise sum (|x| + |w|) of each output
    (``oracle.flush_sizes``). A subnormal factor taken as 0 loses λ_min times the other one, and a product or a partial
    sum taken as 0 loses λ_min: λ_min·(sum (|x| + |w|) + 2n) in all.

    ``factors``: how many roundings more each term may meet, as in an average, whose divisor an implementation may apply as
    a rounded reciprocal, to each term or to the sum.
    """
    S, n = np.asarray(S, np.float64), np.asarray(n, np.float64) + factors
    u, subnormal, normal = unit_roundoff(dtype), smallest_subnormal(dtype), smallest_normal(dtype)
    allowed = gamma(n, u) * S + ORACLE * S + n * subnormal
    text = (
        f"γₙ·S + 2⁻⁵³·S + n·λ, u = 2^-{significand_bits(dtype)}, {spread('n', n)}, {spread('S', S)}"
        " (Higham 2002, eq. 3.5; any order of summation)"
    )
    if factors:
        text += f", n counts {factors} more for the divisor"
    if flushed is not None:
        allowed = allowed + normal * (np.asarray(flushed, np.float64) + 2 * n)
        text += "; + λ_min·(Σ(|x| + |w|) + 2n): subnormal numbers are flushed to zero"
    return derived(allowed, text)


def expected_rounding(S: Numbers, n: Numbers, dtype: Format) -> np.ndarray:
    """√n·u·S: about as large as the error of a sum of n random products gets. A plain array: it is no bound of anything.

    Rounding errors of random sign add up like √n, not n, with a probability that is near 1 (Higham & Mary, *A new approach
    to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019, theorem 3.1). Data of one sign or one value
    exceed it, rightly. It is shown beside the bound, and decides nothing.
    """
    return np.sqrt(np.asarray(n, np.float64)) * unit_roundoff(dtype) * np.asarray(S, np.float64)


def rounded_narrow(bound: Bound, values: Numbers, dtype: Format, *, apart: Numbers | None = None) -> Bound:
    """bound·(1 + u) + u·|y| + λ/2: computed within ``bound`` in a wider format, then rounded once to ``dtype``.

    u and λ are those of ``dtype``, y the exact ``values``. ``apart``: |y - b| where a sum is rounded to ``dtype`` by itself and
    the bias b is added after that, in ``dtype``: the first rounding costs u·|y - b| + λ/2 more, and the whole is rounded
    once more.
    """
    values = np.abs(np.asarray(values, np.float64))
    u, half = unit_roundoff(dtype), smallest_subnormal(dtype) / 2
    allowed, text = bound.allowed * (1 + u) + u * values + half, "rounded once"
    if apart is not None:
        first = bound.allowed * (1 + u) + u * np.asarray(apart, np.float64) + half
        allowed, text = first * (1 + u) + u * values + half, "rounded to it before the bias is added and after"
    return composed(
        allowed, f"({bound.derivation}), then {text}, u = 2^-{significand_bits(dtype)}: + u·|y| + λ/2", bound
    )
