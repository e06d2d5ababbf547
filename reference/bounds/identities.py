"""How far apart the two sides of an identity may be that is put together from a library's own results."""

import numpy as np

from .bound import ORACLE, Bound, composed, derived
from .formats import Format, Numbers, gamma, significand_bits, unit_roundoff


def combination(dtype: Format, *terms: tuple[float, np.ndarray, Bound]) -> Bound:
    """Σ |c|·b + γ(n)·Σ |c|·(|y| + b): a sum of n results y, each within b of its exact value, times whole powers of two c.

    The products are exact; n − 1 additions, and one more for a constant that is added to them. It is absolute: where the sum
    cancels, as 1 − σ(z) does for large z, no ulps are left of it. A constant is a term (c, 1, nothing) with the bound 0.
    """
    u, n = unit_roundoff(dtype), len(terms)
    kept = sum(abs(c) * b.allowed for c, _, b in terms)
    sizes = sum(abs(c) * (np.abs(np.asarray(y, np.float64)) + b.allowed) for c, y, b in terms)
    text = f"Σ|c|·b + γ({n})·Σ|c|(|y| + b), u = 2^-{significand_bits(dtype)}, b: " + "; ".join(
        dict.fromkeys(b.derivation for *_, b in terms)
    )
    return composed(kept + (gamma(n, u) + n * ORACLE) * sizes, text, *(b for *_, b in terms))


def slope_from_value(function: str, dtype: Format, values: Numbers, value: Bound, gradient: Bound) -> Bound:
    """How far a gradient within its bound may be from y(1 − y) (logistic) or 1 − y² (tanh) of a y within e, computed afterwards.

    |(y + e)(1 − y − e) − y(1 − y)| ≤ e|1 − 2y| + e², and two roundings of the product and one of 1 − y, of the size of |y| + e;
    |1 − (y + e)² − (1 − y²)| ≤ 2|y|e + e², and two roundings, of the size of 1.
    """
    y, e, u = np.abs(np.asarray(values, np.float64)), value.allowed, unit_roundoff(dtype)
    if function == "logistic":
        own, formula = e * np.abs(1 - 2 * y) + e * e + gamma(3, u) * (y + e), "e|1 − 2y| + e² + γ(3)(y + e)"
    else:
        own, formula = 2 * y * e + e * e + gamma(3, u) * (1 + (y + e) ** 2), "2|y|e + e² + γ(3)(1 + (|y| + e)²)"
    text = f"{formula}, e: {value.derivation}; and the gradient's own: {gradient.derivation}"
    return composed(own + ORACLE + gradient.allowed, text, value, gradient)


def logistic_tail(z: Numbers) -> Bound:
    """e^−|z|: σ(z) lies between 0 and e^z for z < 0, and between 1 − e^−z and 1 for z > 0; so does σ′(z) = σ(z)σ(−z) from 0 on.

    So whoever gives 0 or 1 in the place of σ(z) is not farther off than that. Twice the oracle's error is added.
    """
    tail = np.exp(-np.abs(np.asarray(z, np.float64)))
    # NumPy's exp errs by less than an ulp, and by less than the smallest subnormal number where nothing is left.
    return derived(tail * (1 + 2.0**-50) + np.finfo(np.float64).smallest_subnormal, "e^−|z|: 0 < σ(z) < e^z for z < 0")
