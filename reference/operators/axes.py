"""Arrays with their axes, as ``Float[Array, "N C H W"]``: jaxtyping's types, for readers and for type checkers.

To import jaxtyping takes a fifth of a second, and nothing evaluates a signature when an operator runs: then the names mean nothing.
A test gives them their meaning and holds every signature against a real call.
"""

from typing import TYPE_CHECKING

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]
Triple = tuple[int, int, int]
Sides = tuple[Pair, ...]
"""(before, after) for each axis."""
if TYPE_CHECKING:
    from jaxtyping import Float, Int
else:
    Float = Int = None
