"""Convolutions that transform tiles or images before they multiply: Winograd's minimal filtering, the Fourier transform.

    y = A'[Σ_c (G w_c G') ⊙ (B' x_c B)]A                F(m × m, r × r), tiles of (m + r - 1)²

(Winograd 1980; Lavin & Gray, *Fast algorithms for convolutional neural networks*, CVPR 2016, §4). Every term of the product written out meets the
roundings of its way alone: so the error is at most γ(k)·W, W the same with all numbers replaced by their sizes (Higham 2002, §3.1; for these
transforms Barabasz et al., *Error analysis and improving the accuracy of Winograd convolution for deep neural networks*, ACM TOMS 46, 2020, theorem 1).
"""

from __future__ import annotations

import numpy as np

from .bound import ORACLE, Bound, derived
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal


def winograd(W: Numbers, terms: int, channels: int, dtype: Format) -> Bound:
    """γ(k)·W + 2⁻⁵³·W + k·λ_min·(1 + W): k = C + 6·(t + 1), t = ``terms``, the most that a row of any of the transforms has.

    A row's t products and sums meet at most t roundings, and one more for a constant that is rounded; on both axes, of x, of w and of what
    comes back: 6·(t + 1). The product and the sum over C channels, C.
    """
    W, k = np.asarray(W, np.float64), channels + 6 * (terms + 1)
    allowed = (gamma(k, 2.0 ** -significand_bits(dtype)) + ORACLE) * W + k * smallest_normal(dtype) * (1 + W)
    return derived(
        allowed,
        f"γ(k)·W + 2⁻⁵³·W + k·λ_min·(1 + W), k = {k}, u = 2^-{significand_bits(dtype)}, W = |A'|Σ(|G||w||G'|)⊙(|B'||x||B|)|A|",
    )


def fourier(norms: Numbers, length: int, channels: int, per_bit: int, dtype: Format) -> Bound:
    """γ(k)·Σ_c‖x_c‖₂‖w_c‖₂, k = 3·27·log₂ L + 7 + C, by :func:`.fft.fft_convolution` of each channel, ``per_bit`` its 27, and a sum over C of them."""
    norms, k = np.asarray(norms, np.float64), 3 * per_bit * int(np.ceil(np.log2(length))) + 7 + channels
    allowed = (gamma(k, 2.0 ** -significand_bits(dtype)) + ORACLE) * norms + k * length * smallest_normal(dtype) * (
        1 + norms
    )
    return derived(allowed, f"γ(k)·Σ‖x‖₂‖w‖₂, k = {k}, u = 2^-{significand_bits(dtype)} (Percival 2003, theorem 5.1)")
