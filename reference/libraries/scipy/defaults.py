"""What SciPy does by itself."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal, special

from ..defaults import by_rank, sums, sums_without_stride, ways

own_losses, own_loss = ways({"-scipy.special.xlogy(1, p)": lambda p: -special.xlogy(p.dtype.type(1), p)})

# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------

_PLANE = {"boundary": "fill", "fillvalue": 0}
_ZEROS = {"mode": "constant", "cval": 0.0, "origin": 0}
_FULL = {
    "scipy.signal.convolve": lambda x, w: signal.convolve(x, w, mode="full", method="direct"),
    "scipy.signal.convolve2d": lambda x, w: signal.convolve2d(x, w, mode="full", **_PLANE),
    "scipy.signal.correlate": lambda x, w: signal.correlate(x, w, mode="full", method="direct"),
    "scipy.signal.correlate2d": lambda x, w: signal.correlate2d(x, w, mode="full", **_PLANE),
    "scipy.signal.convolve(method='fft')": lambda x, w: signal.convolve(x, w, mode="full", method="fft"),
    "scipy.signal.fftconvolve": lambda x, w: signal.fftconvolve(x, w, mode="full"),
    "scipy.signal.oaconvolve": lambda x, w: signal.oaconvolve(x, w, mode="full"),
}
_SAME = {
    "scipy.signal.convolve": lambda x, w: signal.convolve(x, w, mode="same", method="direct"),
    "scipy.signal.convolve2d": lambda x, w: signal.convolve2d(x, w, mode="same", **_PLANE),
    "scipy.signal.correlate": lambda x, w: signal.correlate(x, w, mode="same", method="direct"),
    "scipy.signal.correlate2d": lambda x, w: signal.correlate2d(x, w, mode="same", **_PLANE),
    "scipy.signal.fftconvolve": lambda x, w: signal.fftconvolve(x, w, mode="same"),
    "scipy.signal.oaconvolve": lambda x, w: signal.oaconvolve(x, w, mode="same"),
    "scipy.ndimage.convolve": lambda x, w: ndimage.convolve(x, w, **_ZEROS),
    "scipy.ndimage.correlate": lambda x, w: ndimage.correlate(x, w, **_ZEROS),
    "scipy.ndimage.convolve1d": lambda x, w: ndimage.convolve1d(x, w, **_ZEROS),
    "scipy.ndimage.correlate1d": lambda x, w: ndimage.correlate1d(x, w, **_ZEROS),
}
_NAMED = {
    "scipy.signal.correlate": lambda **named: signal.correlate(**named, mode="full", method="direct"),
    "scipy.signal.correlate2d": lambda **named: signal.correlate2d(**named, mode="full", **_PLANE),
    # It returns as many outputs as inputs: with zeros round them, arrays of 3 × 3 give each of their 5 × 5 overlaps.
    "scipy.ndimage.correlate": lambda **named: ndimage.correlate(
        **{name: np.pad(a, 1) for name, a in named.items()}, **_ZEROS
    ),
}

# Those of ndimage return as many elements as they are given, and do no other thing; each function has its own centre.
own_fulls, own_full = sums(by_rank(_FULL))
own_sames, own_same = sums_without_stride(by_rank(_SAME))


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of 3 × 3 arrays, each given by the name that the function has for it."""
    return _NAMED[function](**{input: x, kernel: w})
