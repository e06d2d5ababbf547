"""One operation after another: the error made by one, and carried on by the next (running error, Higham 2002, §3.3)."""

import numpy as np

from .bound import Bound, composed
from .formats import Numbers


def carried(own: Bound, before: Bound, moved: Numbers, *, how: str) -> Bound:
    """own + moved: an operation that itself errs by ``own``, on inputs that are off by ``before``, which moves its result by ``moved``.

    ``own`` is the bound at the sizes that the inputs may have, |x| + before, not at those of the exact ones. ``moved`` is the
    most that the exact operation changes where its inputs change by ``before``; ``how`` says why, in a formula.
    """
    allowed = own.allowed + np.asarray(moved, np.float64)
    return composed(allowed, f"{how}, and of its own: {own.derivation}", own, before)
