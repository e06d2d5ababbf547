"""float16 and bfloat16: numbers are stored in them; sums and functions are computed in float32 and rounded once.

That is how the matrix units of processors work, and the libraries that use them: products of narrow numbers are exact in
float32, and are added there.
"""

import functools
import inspect
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from .. import validation

Operator = TypeVar("Operator", bound=Callable)

NARROW = ("float16", "bfloat16")


def computed_wide(operator: Operator) -> Operator:
    """The operator, computed in float32 where its first array is narrow; every result is rounded once to that format.

    BadInput, with the dtypes as given, where the other floating-point arrays have another one.
    """
    signature = inspect.signature(operator)
    name = next(iter(signature.parameters))

    @functools.wraps(operator)
    def narrow(*arguments, **parameters):
        first = arguments[0] if arguments else parameters.get(name)
        if not isinstance(first, np.ndarray) or first.dtype.name not in NARROW:
            return operator(*arguments, **parameters)
        given = signature.bind(*arguments, **parameters)
        # What is no floating-point array (labels, a missing bias) is left to the operator.
        real = {n: a for n, a in given.arguments.items() if getattr(a, "dtype", None) in validation.FLOATS}
        validation.same_dtype(name, first, **real)
        given.arguments.update({n: a.astype(np.float32) for n, a in real.items()})
        # Beyond the largest number of the format a result is infinite, as its rounding has it.
        with np.errstate(over="ignore"):
            results = operator(*given.args, **given.kwargs)
            if isinstance(results, tuple):
                return tuple(part.astype(first.dtype) for part in results)
            return results.astype(first.dtype)

    return narrow  # pyright: ignore[reportReturnType]
