"""Sums of products, exactly: every result is the exact one rounded once to float64, whatever the data and their number.

Finite float64 numbers are integers times a power of two, and so are their products and sums (``integers.py``). Small
problems are enumerated product by product from the definition and added in Python's integers (``literal.py``). Large ones
are matrix products of slices of so few bits that float64 loses nothing (``matrices.py``); both give the same bits.
"""

from .integers import extent, room, rounded, slices, totals
from .literal import Terms, convolution_terms, positions, sums
from .matrices import (
    correlate,
    correlate_kernel,
    correlate_kernel_upwards,
    correlate_upwards,
    dots,
    table,
    transposed,
    weighted,
)
