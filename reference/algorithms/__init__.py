"""How sums of products may be made other than in one sum: in steps that are rounded to a narrow format, or by Winograd's transforms; step by step, as the bits come.

None of them is a mistake, and none is granted: each is an explanation of results that a sum in a wide format does not give.
"""

from .made import SUMS, Made, Terms, terms
from .narrow import Way, narrow_sums
from .winograd import Errors, applies, fourier_deviation, transformed, winograd_deviation

__all__ = [
    "SUMS",
    "Errors",
    "Made",
    "Terms",
    "Way",
    "applies",
    "fourier_deviation",
    "narrow_sums",
    "terms",
    "transformed",
    "winograd_deviation",
]
