"""What NumPy does by itself."""

from __future__ import annotations

import numpy as np

from ..defaults import sums, sums_without_stride, transform_sizes, ways


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


def _log_loss(p):
    with np.errstate(divide="ignore"):
        return -np.log(p)


own_losses, own_loss = ways({"-np.log(p)": _log_loss})

# --- minibatches ---------------------------------------------------------------------------------------------------------


def stack(images):
    """numpy.stack without an axis."""
    return np.stack(images)


def take_apart(batch):
    """An array's own iteration."""
    return list(batch)


# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------


def _by_fft(x, w):
    (sizes, lengths), axes = transform_sizes(x, w), range(x.ndim)
    product = np.fft.rfftn(x, lengths, axes) * np.fft.rfftn(w, lengths, axes)
    return np.fft.irfftn(product, lengths, axes)[tuple(map(slice, sizes))]


own_fulls, own_full = sums(
    {
        ("np.convolve", 1): lambda x, w: np.convolve(x, w, mode="full"),
        ("np.correlate", 1): lambda x, w: np.correlate(x, w, mode="full"),
        ("np.fft.rfftn", 1): _by_fft,
        ("np.fft.rfftn", 2): _by_fft,
    }
)
own_sames, own_same = sums_without_stride(
    {
        ("np.convolve", 1): lambda x, w: np.convolve(x, w, mode="same"),
        ("np.correlate", 1): lambda x, w: np.correlate(x, w, mode="same"),
    }
)


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of two arrays, each given by the name that the function has for it."""
    return {"np.correlate": np.correlate}[function](**{input: x, kernel: w}, mode="full")
