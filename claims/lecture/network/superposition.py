"""Superposition, f(Σ c x) = Σ c f(x), both sides the library's own, to within what both may err by."""

import numpy as np

from ....reference import bounds
from ....reference.judging import assessment
from ....reference.operators import catalogue
from ...language import within

IDENTITY = "f(Σ c x) = Σ c f(x), both sides the library's"


def bound_of(y):
    """That of y, the outcome of an operation, under the strictest contract that the library keeps."""
    operation, arguments = catalogue.OPERATIONS[y.call.operation], dict(y.call.arguments)
    if isinstance(y.content, np.ndarray) and y.content.dtype == arguments["x"].dtype:
        return assessment.kept(operation, arguments, {"y": y.content})[1]["y"].bound
    dtype = arguments["x"].dtype  # of another format: the comparison will say so
    return assessment.judge(operation, arguments, dtype, assessment.contracts(operation, dtype)[0])[0].bound


def superposition(whole, parts, C, *, label, allowed):
    """f(C x) is C f(x), to within ``allowed``, the bounds of f(C x) and of f(x); C [M, n]."""
    values = parts.value.astype(np.float64)
    of_the_whole, of_the_parts = allowed
    bound = bounds.superposed(of_the_whole, of_the_parts, C, values)
    return within(whole, np.tensordot(C.astype(np.float64), values, 1), bound, label=label, source=IDENTITY)
