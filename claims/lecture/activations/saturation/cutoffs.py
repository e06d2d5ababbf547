"""Where floating point ends a sigmoid: the z from which its value is its limit and its gradient is 0, in each library."""

import contextlib

import numpy as np

from .....reference import bounds, oracle
from .....reference.libraries import Unsupported
from ....language import Figure, ask, fact, within
from ...shared.floats import DIGITS, FARTHEST, row

SIGMOIDS = ("logistic", "tanh")
LIMITS = {("logistic", ">"): 1.0, ("logistic", "<"): 0.0, ("tanh", ">"): 1.0, ("tanh", "<"): -1.0}
"""What a sigmoid's value becomes for large |z|, by the side."""


def slope(function, z):
    return getattr(oracle, f"{function}_gradient")(z, np.ones_like(z))


def cutoffs(lib, *, dtype):
    """Runs in the worker: the |z| from which on a value is its limit and a gradient is 0, by bisection on whole vectors.

    Keys "logistic > value", "tanh < gradient", …; NaN where there is none up to the farthest z, no key where the library has no
    such operation.
    """
    ends, one = {}, row(1, np.dtype(dtype))
    for (function, side), limit in LIMITS.items():
        forward, backward = getattr(lib, function), getattr(lib, f"{function}_gradient")
        sign = 1.0 if side == ">" else -1.0

        def value_is_limit(z, f=forward, sign=sign, limit=limit):
            return bool(np.all(f(sign * z) == limit))

        def gradient_is_zero(z, f=backward, sign=sign):
            return bool(np.all(f(sign * z, one) == 0))

        for what, holds in (("value", value_is_limit), ("gradient", gradient_is_zero)):
            with contextlib.suppress(Unsupported):
                ends[f"{function} {side} {what}"] = _first(holds, dtype)
    return ends


def _first(holds, dtype):
    """The smallest number of the dtype at whose row it holds, if it holds from there on; by bisection."""
    low, high, kind = 0.0, FARTHEST[dtype], np.dtype(dtype).type
    if not holds(row(high, np.dtype(dtype))):
        return float("nan")
    while kind(high) != np.nextafter(kind(low), kind(high)):
        middle = float(kind((low + high) / 2))
        if middle in (low, high):
            break
        low, high = (low, middle) if holds(row(middle, np.dtype(dtype))) else (middle, high)
    return high


def reached(case, z):
    """Where value and gradient reach their limits: right to rounding there, at the limit beyond it on the whole grid, not before."""
    ends = yield ask(cutoffs, dtype=str(case.dtype))
    if ends.kind != "value":
        return
    for name, at in ends.value.items():
        function, side, what = name.split()
        sign = 1 if side == ">" else -1
        here, along = row(sign * at, case.dtype), z[z * sign >= 0]
        along = along[np.argsort(np.abs(along))]
        exact = getattr(oracle, function)(here)
        if what == "value":
            limit, wanted, bound = LIMITS[function, side], exact, bounds.elementwise(function, case.dtype, exact)
            y, y_along = yield [ask(function, x=x) for x in (here, along)]
        else:
            limit, wanted = 0.0, slope(function, here)
            bound = bounds.elementwise_gradient(function, case.dtype, exact, np.ones_like(here))
            y, y_along = yield [ask(f"{function}_gradient", x=x, upstream=np.ones_like(x)) for x in (here, along)]
        label = f"{function}’s {what} is exactly {limit:g} from z = {sign * at:.6g} on"
        yield within(y, wanted, bound, label=f"{label}: right to rounding", source=DIGITS)
        beyond = np.abs(along) >= at
        exceptions = y_along.then(lambda a, limit=limit, beyond=beyond: int(np.count_nonzero((a == limit) != beyond)))
        label = f"{label}, and not before: exceptions on {along.size} points"
        yield fact(exceptions, 0, label=label, source="the cut-off found by bisection")
    if len(ends.value) == 2 * len(LIMITS):  # the picture is of values and gradients alike
        yield Figure("saturation", picture(ends.value))


def picture(ends):
    """Curves from the exact functions, cut-offs as found in the library."""
    z = np.concatenate([np.linspace(0, 20, 81), np.geomspace(20.5, 800, 60)])
    curves = [{"function": f, "side": "z > 0", "z": z, "gradient": slope(f, z)} for f in SIGMOIDS]
    rows = []
    for (function, side), limit in LIMITS.items():
        value, gradient = (ends[f"{function} {side} {what}"] for what in ("value", "gradient"))
        rows.append(
            {
                "function": function,
                "side": f"z {side} 0",
                "value": limit,
                "value_from": None if np.isnan(value) else value,
                "gradient_from": None if np.isnan(gradient) else gradient,
            }
        )
    return {"curves": curves, "cutoffs": rows}
