"""Where floating point ends a sigmoid: the z from which on its value is its limit and its gradient is 0, in each library.

An end need not be sharp: a gradient can be 0 somewhere and more than 0 again farther out. So the whole range is looked at, not halved.
"""

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


POINTS, REACH, LOOKS = 102_400, 500, 3
"""An end is looked for at so many points over the whole range, then at as many over the REACH of them beside it, LOOKS times in all. Whole
vectors: the numbers that are left over a processor computes otherwise."""


def cutoffs(lib, *, dtype):
    """Runs in the worker: the |z| from which on a value is its limit and a gradient is 0.

    Keys "logistic > value", "tanh < gradient", …; NaN where there is none up to the farthest z, no key where the library has no
    such operation. "… first" beside one: the smallest |z| at which it is so already, where that is another one.
    """
    ends = {}
    for (function, side), limit in LIMITS.items():
        forward, backward = getattr(lib, function), getattr(lib, f"{function}_gradient")
        sign = 1.0 if side == ">" else -1.0

        def value_is_limit(z, f=forward, sign=sign, limit=limit):
            return f(sign * z) == limit

        def gradient_is_zero(z, f=backward, sign=sign):
            return f(sign * z, np.ones_like(z)) == 0

        for what, holds in (("value", value_is_limit), ("gradient", gradient_is_zero)):
            with contextlib.suppress(Unsupported):
                first, onward = _ends(holds, dtype)
                ends[f"{function} {side} {what}"] = onward
                if first < onward:
                    ends[f"{function} {side} {what} first"] = first
    return ends


def _ends(holds, dtype):
    """(the smallest number of the dtype at which it holds, the smallest from which on it does), as far as it was looked; NaN where it never does."""
    z = np.linspace(0, FARTHEST[dtype], POINTS).astype(dtype)
    if not holds(z)[-1]:
        return float("nan"), float("nan")
    return tuple(_narrowed(holds, *_bracket(holds, z, last=last), dtype) for last in (False, True))


def _bracket(holds, z, *, last):
    """Two neighbours between which it begins to hold: for the first time, or for good. Each time the range around them is looked at more closely,
    for between two points there may be another beginning."""
    bracket = z[0], z[0]
    for _ in range(LOOKS):
        held = np.asarray(holds(z))
        if held.all() or not held[-1]:
            break
        after = max(1, np.flatnonzero(~held)[-1] + 1 if last else held.argmax())
        bracket = z[after - 1], z[after]
        low, high = (after - 1, after + REACH) if last else (after - 1 - REACH, after)
        z = np.linspace(z[max(0, low)], z[min(high, z.size - 1)], POINTS).astype(z.dtype)
    return bracket


def _narrowed(holds, low, high, dtype):
    """The smallest number of the dtype above ``low`` at whose row it holds, by bisection: between two neighbouring points."""
    low, high, kind = float(low), float(high), np.dtype(dtype).type
    while kind(high) != np.nextafter(kind(low), kind(high)):
        middle = float(kind((low + high) / 2))
        if middle in (low, high):
            break
        low, high = (low, middle) if np.all(holds(row(middle, np.dtype(dtype)))) else (middle, high)
    return high


def reached(case, z):
    """Where value and gradient reach their limits: right to rounding there, at the limit beyond it on the whole grid, not before."""
    ends = yield ask(cutoffs, dtype=str(case.dtype))
    if ends.kind != "value":
        return
    for name, at in ends.value.items():
        function, side, what, *already = name.split()
        if already:
            continue
        first = ends.value.get(f"{name} first", at)
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
        size = np.abs(along)
        wrong = y_along.then(
            lambda a, e=limit, f=first, t=at, s=size: int(np.sum(((a == e) & (s < f)) | ((a != e) & (s >= t))))
        )
        before = "" if first == at else f" {first:.6g}"
        label = f"{label}, and not before{before}: exceptions on {along.size} points"
        yield fact(wrong, 0, label=label, source="the cut-off found on the whole range")
    if all(
        f"{function} {side} gradient" in ends.value for function, side in LIMITS
    ):  # the picture is of values and gradients alike
        yield Figure("saturation", picture(ends.value))


def picture(ends):
    """Curves from the exact functions, cut-offs as found in the library."""
    z = np.concatenate([np.linspace(0, 20, 81), np.geomspace(20.5, 800, 60)])
    curves = [{"function": f, "side": "z > 0", "z": z, "gradient": slope(f, z)} for f in SIGMOIDS]
    rows = []
    for (function, side), limit in LIMITS.items():
        own = {"function": function, "side": f"z {side} 0", "value": limit}
        for what in ("value", "gradient"):
            onward = ends[f"{function} {side} {what}"]
            own[f"{what}_from"] = None if np.isnan(onward) else onward
            if (first := ends.get(f"{function} {side} {what} first")) is not None:
                own[f"{what}_first"] = first
        rows.append(own)
    return {"curves": curves, "cutoffs": rows}
