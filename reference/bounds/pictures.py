"""Decoded pictures: how far a JPEG decoder's samples may be from the exact ones."""

from __future__ import annotations

import numpy as np

from .bound import Bound, derived

PEAK = 1.5 + 2.0**-20
"""IEEE Std 1180-1990 lets an inverse transform differ by 1, in any sample, from the exact one rounded to the nearest
integer: by 1 + 1/2 from the exact one itself. 2^-20 covers the exact one's own rounding in float64: its two matrix
products have 16 roundings of sums of at most Σ|F| ≤ 64·2047·255, and 16·2^-53·Σ|F| < 2^-24."""


def jpeg_samples(shape: tuple[int, ...]) -> Bound:
    """1 + 1/2: a sample of one component, before any conversion of colours."""
    text = "1 from the exact sample rounded (IEEE Std 1180-1990: the peak error of an inverse transform), and ½ for that rounding"
    return derived(np.full(shape, PEAK), text)


def jpeg_colours(shape: tuple[int, ...]) -> Bound:
    """R, G and B of pixels [H, W, 3]: the error of the samples, as T.871's formulas carry it on, and one unit for the result.

    R = Y + 1.402 (Cr - 128), G = Y - (0.114·1.772 (Cb - 128) + 0.299·1.402 (Cr - 128)) / 0.587, B = Y + 1.772 (Cb - 128): an
    error e of each of Y, Cb, Cr makes at most e times the sum of the absolute factors. The result is one of the two integers
    next to the formula's, in whatever arithmetic it is computed: 1 more. Cutting to 0 … 255 enlarges no error.
    """
    red, blue = 1.402, 1.772
    factors = np.array([1 + red, 1 + (0.299 * red + 0.114 * blue) / 0.587, 1 + blue])
    text = (
        "e·(1 + Σ|factors|) + 1 for R, G, B of T.871, e = 3/2 for each of Y, Cb, Cr (IEEE Std 1180-1990: 1 from the exact sample "
        "rounded, and ½ for that), 1 for the conversion to an integer"
    )
    return derived(np.broadcast_to(PEAK * factors + 1, shape), text)
