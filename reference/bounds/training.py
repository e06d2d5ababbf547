"""What holds along a training run: trajectories, and identities of gradients."""

import numpy as np

from .bound import Bound, derived, empirical
from .formats import Format, Numbers, gamma, significand_bits, unit_roundoff


def trajectory(allowed: Numbers, *, copies: int) -> Bound:
    """How far another library's loss may be from the reference's, step by step: what rounding was measured to grow into.

    ``allowed``: the largest departure, up to each step, of ``copies`` runs of the reference whose initial weights were moved
    by the roundings of one step at random sign, and that much of the loss itself. Training magnifies differences by as much
    as the run happens to; it is measured here rather than assumed. Empirical.
    """
    text = (
        f"largest departure, up to each step, of {copies} runs of the reference from weights moved by the roundings of one step"
        " at random sign; and that much of the loss itself"
    )
    return empirical(allowed, text)


def norm_identity(absolute: Numbers, condition: Numbers, m: int, dtype: Format) -> Bound:
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
    return derived(allowed, text)
