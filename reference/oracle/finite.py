"""The door of the functions that are made of sums."""

from collections.abc import Iterable

import numpy as np

from .. import validation


def need_finite(arrays: Iterable[np.ndarray]) -> None:
    """BadInput for infinity and NaN."""
    for numbers in arrays:
        if not np.isfinite(numbers).all():
            validation.refuse("data", "inf or NaN", "finite numbers", "test them on their own")
