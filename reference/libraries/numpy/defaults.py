"""What NumPy does by itself."""

from __future__ import annotations

import numpy as np

from .. import Unsupported


def argmax(x, *, axis):
    """numpy.argmax: the index of the largest number along an axis, int64."""
    return np.asarray(np.argmax(x, axis=axis))


def argmax_by_default(x):
    """numpy.argmax without an axis."""
    return np.asarray(np.argmax(x))


# --- activations: sigmoids, and losses of probabilities ------------------------------------------------------------------


def absolute_of_integers(x):
    """np.abs of whole numbers in their own format."""
    return np.abs(x)


def logistic_formula(x, *, formula):
    """A formula of the logistic function, written out: its value. NumPy differentiates nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        y = 1 / (1 + np.exp(-x)) if formula == "1/(1 + exp(-z))" else np.exp(x) / (1 + np.exp(x))
    return y, None


def own_losses():
    """Ways to write the loss −log p of the right class."""
    return ("-np.log(p)",)


def own_loss(p, *, function):
    """One of them."""
    with np.errstate(divide="ignore"):
        return -np.log(p)


# --- minibatches ---------------------------------------------------------------------------------------------------------


def stack(images):
    """numpy.stack without an axis."""
    return np.stack(images)


def take_apart(batch):
    """An array's own iteration."""
    return list(batch)


# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------


def _by_fft(x, w):
    """Zeros to a power of two, as a shorter transform would wrap around; the product of the transforms; back."""
    sizes = [n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)]
    lengths, axes = [max(2, 1 << (n - 1).bit_length()) for n in sizes], range(x.ndim)
    product = np.fft.rfftn(x, lengths, axes) * np.fft.rfftn(w, lengths, axes)
    return np.fft.irfftn(product, lengths, axes)[tuple(map(slice, sizes))]


_FULL = {
    ("np.convolve", 1): lambda x, w: np.convolve(x, w, mode="full"),
    ("np.correlate", 1): lambda x, w: np.correlate(x, w, mode="full"),
    ("np.fft.rfftn", 1): _by_fft,
    ("np.fft.rfftn", 2): _by_fft,
}
_SAME = {
    ("np.convolve", 1): lambda x, w: np.convolve(x, w, mode="same"),
    ("np.correlate", 1): lambda x, w: np.correlate(x, w, mode="same"),
}


def own_fulls():
    """Functions of NumPy that return every overlap of two arrays, and of how many axes; correlations by their name."""
    return tuple(_FULL)


def own_full(x, w, *, function):
    """One of them, of plain arrays of one or two axes."""
    return _FULL[function, x.ndim](x, w)


def own_sames():
    """Functions of NumPy with a mode "same"."""
    return tuple(_SAME)


def own_same(x, w, *, function, stride):
    """One of them; they know no stride but 1."""
    if stride != 1:
        raise Unsupported(f"{function} has no stride")
    return _SAME[function, x.ndim](x, w)


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of two arrays, each given by the name that the function has for it."""
    return {"np.correlate": np.correlate}[function](**{input: x, kernel: w}, mode="full")
