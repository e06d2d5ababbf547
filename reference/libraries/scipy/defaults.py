"""What SciPy does by itself."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal, special

from .. import Unsupported

# --- activations: losses of probabilities --------------------------------------------------------------------------------


def own_losses():
    """Ways to write the loss −log p of the right class."""
    return ("-scipy.special.xlogy(1, p)",)


def own_loss(p, *, function):
    """One of them."""
    return -special.xlogy(p.dtype.type(1), p)


# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------

_FULL = {
    "scipy.signal.convolve": lambda x, w: signal.convolve(x, w, mode="full", method="direct"),
    "scipy.signal.convolve2d": lambda x, w: signal.convolve2d(x, w, mode="full", boundary="fill", fillvalue=0),
    "scipy.signal.correlate": lambda x, w: signal.correlate(x, w, mode="full", method="direct"),
    "scipy.signal.correlate2d": lambda x, w: signal.correlate2d(x, w, mode="full", boundary="fill", fillvalue=0),
    "scipy.signal.convolve(method='fft')": lambda x, w: signal.convolve(x, w, mode="full", method="fft"),
    "scipy.signal.fftconvolve": lambda x, w: signal.fftconvolve(x, w, mode="full"),
    "scipy.signal.oaconvolve": lambda x, w: signal.oaconvolve(x, w, mode="full"),
}
_SAME = {
    "scipy.signal.convolve": lambda x, w: signal.convolve(x, w, mode="same", method="direct"),
    "scipy.signal.convolve2d": lambda x, w: signal.convolve2d(x, w, mode="same", boundary="fill", fillvalue=0),
    "scipy.signal.correlate": lambda x, w: signal.correlate(x, w, mode="same", method="direct"),
    "scipy.signal.correlate2d": lambda x, w: signal.correlate2d(x, w, mode="same", boundary="fill", fillvalue=0),
    "scipy.signal.fftconvolve": lambda x, w: signal.fftconvolve(x, w, mode="same"),
    "scipy.signal.oaconvolve": lambda x, w: signal.oaconvolve(x, w, mode="same"),
    "scipy.ndimage.convolve": lambda x, w: ndimage.convolve(x, w, mode="constant", cval=0.0, origin=0),
    "scipy.ndimage.correlate": lambda x, w: ndimage.correlate(x, w, mode="constant", cval=0.0, origin=0),
    "scipy.ndimage.convolve1d": lambda x, w: ndimage.convolve1d(x, w, mode="constant", cval=0.0, origin=0),
    "scipy.ndimage.correlate1d": lambda x, w: ndimage.correlate1d(x, w, mode="constant", cval=0.0, origin=0),
}
_NAMED = {
    "scipy.signal.correlate": lambda **named: signal.correlate(**named, mode="full", method="direct"),
    "scipy.signal.correlate2d": lambda **named: signal.correlate2d(**named, mode="full", boundary="fill", fillvalue=0),
    # It returns as many outputs as inputs: with zeros round them, arrays of 3 × 3 give each of their 5 × 5 overlaps.
    "scipy.ndimage.correlate": lambda **named: ndimage.correlate(
        **{name: np.pad(a, 1) for name, a in named.items()},
        mode="constant",
        cval=0.0,
        origin=0,  # pyright: ignore
    ),
}


def own_fulls():
    """Functions of SciPy that return every overlap of two arrays, and of how many axes; correlations by their name."""
    return tuple((name, rank) for name in _FULL for rank in _ranks(name))


def own_full(x, w, *, function):
    """One of them, of plain arrays of one or two axes."""
    return _FULL[function](x, w)


def own_sames():
    """Functions of SciPy that return as many elements as they are given; those of ndimage do no other thing."""
    return tuple((name, rank) for name in _SAME for rank in _ranks(name))


def own_same(x, w, *, function, stride):
    """One of them, with zeros beyond the border and each function's own centre; they know no stride but 1."""
    if stride != 1:
        raise Unsupported(f"{function} has no stride")
    return _SAME[function](x, w)


def _ranks(name):
    return (2,) if name.endswith("2d") else (1,) if name.endswith("1d") else (1, 2)


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of 3 × 3 arrays, each given by the name that the function has for it."""
    return _NAMED[function](**{input: x, kernel: w})
