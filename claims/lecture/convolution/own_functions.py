"""The libraries' own convolution functions: which sum each computes, where it pads, and what it says where no window fits."""

import numpy as np

from ...language import ask, fact, happens, same_bits, smallest
from ..shared.exact import half_turn, numbered, squares
from .sums import AS_IT_STANDS, Row, Sizes, by_fft, every_overlap, lecture_sum, minus, outputs, plus, ramps

FLIPPING = (
    "np.convolve",
    "scipy.signal.convolve",
    "scipy.signal.convolve2d",
    "scipy.signal.fftconvolve",
    "scipy.signal.oaconvolve",
    "scipy.ndimage.convolve",
    "scipy.ndimage.convolve1d",
)
EXCHANGING = ("np.", "scipy.signal.")
"""How the functions are named whose 'valid' takes the longer array for the input, whichever argument it is."""
PADDING_AT_THE_START = (
    "np.convolve",
    "np.correlate",
    "scipy.signal.convolve",
    "scipy.signal.convolve2d",
    "scipy.signal.correlate",
    "scipy.signal.fftconvolve",
    "scipy.signal.oaconvolve",
    "scipy.ndimage.correlate",
    "scipy.ndimage.correlate1d",
)
"""Functions that put the odd zero of an even kernel before the first element; SciPy's others and all layers put it after the last."""
REFUSALS = {
    "numpy": "expected a kernel that fits the padded input",
    "scipy": "For 'valid' mode, one must be at least as large as the other in every dimension",
    "tensorflow": "Computed output size would be negative",
    "torch": "Kernel size can't be greater than actual input size",
}
"""In what words each library says that no window fits; any other error is no such answer."""


def predicted(function):
    """NumPy's and SciPy's functions are named for what they do; the layers of the ML libraries all correlate."""
    return "convolution" if function in FLIPPING else "cross-correlation"


def turned_if_flipping(function, w):
    """The kernel with which the function's sum is a cross-correlation."""
    return half_turn(w[None, None])[0, 0] if predicted(function) == "convolution" else w


def refusal(backend, y):
    """The library's own words; of a backend not listed, any of them will do."""
    known = [REFUSALS[backend]] if backend in REFUSALS else [*REFUSALS.values()]
    return next((words for words in known if words in y.error), known[0])


def raises(case, y, label):
    """That a library says, in its own words, that no window fits."""
    return happens(y, "raised", label=label, source="no window fits", error=refusal(case.backend, y))


def exchanged_arguments(case, kind):
    """Where the second array is the larger, these functions return what the windows of *it* give, and say nothing."""
    functions = [
        (f, rank)
        for f, rank in (yield ask("own_convolutions")).value
        if f.startswith(EXCHANGING) and predicted(f) == kind
    ]
    index, first = (minus, 0) if kind == "convolution" else (plus, -1)

    def arrays(r, rank):
        x, w = squares((r.W,) * rank), numbered((r.k,) * rank)
        return x.astype(case.dtype), w.astype(case.dtype)

    def build(r, function=functions[0][0], rank=functions[0][1]):
        x, w = arrays(r, rank)
        return ask("own_convolution", x=x, w=w, function=function)

    def literal(y, r):
        label = "as many outputs as windows of k numbers lie inside W numbers"
        return fact(outputs(y), max(0, r.W - r.k + 1), label=label, source="W − k + 1, and none where k is the larger")

    def instead(y, r, function=functions[0][0], rank=functions[0][1]):
        x, w = arrays(r, rank)
        summed, indexed = (x, w) if kind == "convolution" else (w, x)
        every = lecture_sum(summed, indexed, index=index, over=every_overlap(x, w, first=first))[0]
        short, long = sorted((r.W, r.k))
        whole = every[(slice(short - 1, long),) * rank]  # where the shorter lies in the longer entirely
        near = y.then(lambda y: np.rint(y)) if by_fft(function) else y
        return same_bits(
            near,
            whole.astype(case.dtype),
            label=f"{function}: the sums in which the smaller array lies inside the larger",
            source=AS_IT_STANDS,
        )

    rows = sorted((Row(w, k) for w in range(1, 5) for k in range(1, 5)), key=lambda r: (r.W + r.k, r.k))
    yield from smallest(rows, build, literal, instead=instead, order="by W + k, then by k")
    for function, rank in functions[1:]:
        y = yield build(Row(3, 5), function, rank)
        yield instead(y, Row(3, 5), function, rank)
        if rank == 2:
            x, w = ramps(case, Sizes(2, 4, 4, 2))
            y = yield ask("own_convolution", x=x, w=w, function=function)
            yield raises(case, y, f"{function}: neither array contains the other")
