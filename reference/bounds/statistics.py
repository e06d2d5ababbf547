"""What many rounding errors of one result reach together, in all likelihood: by the model of :mod:`.growth`, with variances in place of bounds.

A rounding of a number v errs by at most u·|v|, and as every place in its last digit is as likely as any other, with a variance of at most u²v²/3.
A sum of n products meets the rounding of each product and of each partial sum T; so its error has the mean 0 and the variance

    s² = u²/3·(Q + ΣT²),  Q = Σ(x·w)²

The partial sums depend on the order. Of terms in random order E T² at the k-th is (k/n)·(1 - k/n)·Q + (k/n)²·y², so that ΣT² = n·Q/6 + n·y²/3;
where the terms as they lie in memory make larger partial sums, those are taken (``partial``). Blocks and trees have smaller ones.

Each limit is kept but for :data:`.growth.CHANCE`: a mean of e/s of k independent errors lies within λ/√k, and a mean of (e/s)² below
1 + 2√(t/k) + 2t/k, t = log(number of such means/CHANCE), as those of normal errors do (Laurent & Massart, *Adaptive estimation of a quadratic functional by model
selection*, Annals of Statistics 28, 2000, lemma 1). Equal sums err alike: k counts the different ones. The idea of testing the mean square and the bias of
normalised errors is that of the dot-product test of the TOSA specification (Arm, §1.9); its constants are not used.
"""

from __future__ import annotations

import numpy as np

from .bound import ORACLE
from .formats import Format, Numbers, smallest_normal, smallest_subnormal, unit_roundoff
from .growth import CHANCE, deviations

MARGIN, BIAS_MARGIN = 1.5, 1.5
"""By how much more than the model says the standard deviation of honest errors is taken, and beside that their bias. Measured in 29,000 calls of libraries
(``python -m benchmarks tiers``), on data of every kind (equal numbers, ramps, sorted, images, large offsets): without these margins no standard deviation
came to more than 1.35 of its limit, no bias of a forward layer to more than 1.7, no weight's share to more than 1.45."""


def variance_of_sums(
    Q: Numbers,
    n: Numbers,
    y: Numbers,
    partial: Numbers,
    arithmetic: Format,
    *,
    equal: float,
    stored: Format,
    flushed: Numbers | None,
    factors: int = 0,
) -> np.ndarray:
    """s² of each sum: Q and y as above, ``partial`` the mean of T² as the terms lie, ``equal`` the probability that two terms have a
    factor in common, which are taken to err alike, ``stored`` the format of the result.

    ``flushed`` and ``factors``: as in :func:`.sums.sums_of_products`.
    """
    Q, n, squares = np.asarray(Q, np.float64), np.asarray(n, np.float64), np.square(np.asarray(y, np.float64))
    u, narrow = unit_roundoff(arithmetic), unit_roundoff(stored)
    sums = np.maximum(n * Q / 6 + n * squares / 3, n * np.asarray(partial, np.float64))
    variance = (
        u**2 / 3 * ((Q + sums) * (1 + n * equal) + factors * squares)
        + ORACLE**2 / 3 * squares
        + np.square(n * smallest_subnormal(arithmetic))
    )
    if flushed is not None:
        variance = variance + np.square(smallest_normal(arithmetic) * (np.asarray(flushed, np.float64) + 2 * n))
    if narrow > u:
        variance = variance + narrow**2 / 3 * squares + smallest_subnormal(stored) ** 2
    return MARGIN**2 * variance


def mean_square_limit(k: Numbers, means: int) -> np.ndarray:
    """What none of so many means of k squares of e/s exceeds."""
    t = np.log(means / CHANCE) / np.maximum(np.asarray(k, np.float64), 1)
    return 1 + 2 * np.sqrt(t) + 2 * t


def is_biased(z: Numbers, k: float) -> bool:
    """Whether k independent errors of the mean square 1 have another mean than 0."""
    return bool(abs(float(np.asarray(z, np.float64).mean())) * np.sqrt(k) > BIAS_MARGIN * deviations(1))
