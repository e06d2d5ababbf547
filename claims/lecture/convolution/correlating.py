"""The lecture's cross-correlation, S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n), and the names of its three arrays."""

import itertools
from typing import NamedTuple

import numpy as np

from ...language import ask, claim, fact, smallest
from ..shared.exact import half_turn, numbered, unchanged
from . import sums
from .own_functions import predicted

# --- “S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n)” -------------------------------------------------------------------------

NAMES = {
    "numpy": (("np.correlate", "a", "v"),),
    "scipy": (
        ("scipy.signal.correlate", "in1", "in2"),
        ("scipy.signal.correlate2d", "in1", "in2"),
        ("scipy.ndimage.correlate", "input", "weights"),
    ),
    "torch": (("torch.nn.functional.conv2d", "input", "weight"),),
    "tensorflow": (("tf.nn.conv2d", "input", "filters"), ("keras.ops.conv", "inputs", "kernel")),
}
"""(function, its name for the lecture's input X, its name for the lecture's kernel or filter W)."""


def by_name(name_of_input, name_of_kernel):
    return name_of_input, name_of_kernel


def names_exchanged(name_of_input, name_of_kernel):
    return name_of_kernel, name_of_input


def first_column_only(w):
    """One Σ, over m; n stays 0."""
    return w * (np.arange(w.shape[-1]) == 0) if w.ndim == 2 else w


CORRELATED = {"1-d, 9 and 3": ((9,), (3,)), "6×5 and 3×2": ((6, 5), (3, 2)), "4×4 and 3×3": ((4, 4), (3, 3))}


cross_correlation = claim(
    "convolution.cross_correlation",
    """
    S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n), written as it stands, is what NumPy's and SciPy's correlate and each
    framework's layer compute, bit for bit on small integers and within the sum's bound on reals. Given by name, the
    lecture's input X is the argument a, in1 or input(s), its kernel or filter W is v, in2, weight(s), filters or
    kernel, and its feature map S is what is returned.

    Instead: S(i, j) = ({X ⋆ W|written X ∗ W})(i, j) = Σ_m [Σ_n] X(i + m, j + n) W(m, n)

    Scope: real numbers, one channel, stride 1; the windows that lie inside X, i = 0 … H − k; for the libraries' own
    correlate every overlap, from i = −(k − 1)

    Pictures: window

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1, equation 9.6
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate",),
)


@cross_correlation.each(
    sums.each_design(CORRELATED),
    wrongs={
        "i − m for i + m": {"index": sums.minus},
        "sum over m only": {"kernel": first_column_only},
        "kernel indexed (n, m)": {"kernel": np.transpose},
    },
)
def layers_and_functions(case, *, index=sums.plus, kernel=unchanged):
    x, w = sums.planes(case, case.x, case.w)
    inside = sums.lecture_sum(kernel(w), x, index=index, over=sums.windows_inside(x, w))
    y = yield sums.one_channel("cross_correlation", x, w, full=False)
    yield sums.agrees(case, y.then(sums.plane), inside, x, w, label="the layer")
    for function, rank in (yield ask("own_convolutions")).value:
        if rank == x.ndim and predicted(function) == "cross-correlation":
            y = yield ask("own_convolution", x=x, w=w, function=function)
            yield sums.agrees(case, y, inside, x, w, label=function)
    every = sums.lecture_sum(kernel(w), x, index=index, over=sums.every_overlap(x, w, first=-1))
    for function, rank in (yield ask("own_fulls")).value:
        if rank == x.ndim and "correlate" in function:
            y = yield ask("own_full", x=x, w=w, function=function)
            yield sums.agrees(case, y, every, x, w, label=f"{function}, every overlap")


@cross_correlation.case(
    "by name",
    wrongs={
        "i − m for i + m": {"index": sums.minus},
        "sum over m only": {"kernel": first_column_only},
        "kernel indexed (n, m)": {"kernel": np.transpose},
        "input and kernel exchanged": {"names": names_exchanged},
    },
)
def arguments_by_name(case, *, index=sums.plus, kernel=unchanged, names=by_name):
    for function, *own in NAMES.get(case.backend, ()):
        rank = 1 if function == "np.correlate" else 2
        w = numbered((3,) * rank).astype(case.dtype)
        x = w**2
        name_of_input, name_of_kernel = names(*own)
        y = yield ask("own_named", x=x, w=w, function=function, input=name_of_input, kernel=name_of_kernel)
        wanted = sums.lecture_sum(kernel(w), x, index=index, over=sums.every_overlap(x, w, first=-1))
        yield sums.agrees(case, y, wanted, x, w, label=f"{function}({name_of_input}=X, {name_of_kernel}=W)")


@cross_correlation.limit("written X ∗ W", as_worded=True)
def _(case):
    """The lecture writes X ∗ W for this sum too. It is not the sum that it called X ∗ W before, unless a half turn
    leaves the kernel as it was: a kernel of two unequal numbers tells.
    """

    def build(s):
        return sums.one_channel("cross_correlation", *sums.ramps(case, s), full=False)

    def judged(y, s, turned, label):
        x, w = sums.ramps(case, s)
        taps = half_turn(w[None, None])[0, 0] if turned else w
        wanted = sums.lecture_sum(taps, x, index=sums.plus, over=sums.windows_inside(x, w))
        return sums.agrees(case, y.then(sums.plane), wanted, x, w, label=label)

    def literal(y, s):
        return judged(y, s, True, "the layer computes Σ X(m, n) W(i − m, j − n)")

    def instead(y, s):
        return judged(y, s, False, "the layer computes Σ X(i + m, j + n) W(m, n)")

    yield from smallest(sums.sizes((1, 2, 3), fit=True), build, literal, instead=instead, order="by H·W·k_y·k_x")


class Tap(NamedTuple):
    """A kernel of one number, a + bi."""

    a: int
    b: int


@cross_correlation.limit("complex numbers", backends=("numpy", "scipy"))
def _(case):
    """Of complex numbers NumPy's and SciPy's correlate take the kernel's conjugate, as signal processing defines it:
    Σ X(i + m) W̄(m).
    """
    function = next(f for f, _ in (yield ask("own_fulls")).value if "correlate" in f)
    number = np.result_type(case.dtype, np.complex64)
    x = (1, 2 + 1j)

    def build(p):
        return ask("own_full", x=np.array(x, number), w=np.array([complex(p.a, p.b)], number), function=function)

    def parts(values):
        return [[int(v.real), int(v.imag)] for v in np.asarray(values)]

    def literal(y, p):
        wanted = parts([v * complex(p.a, p.b) for v in x])
        return fact(y.then(parts), wanted, label=f"{function}: Σ X(i + m) W(m)", source=sums.AS_IT_STANDS)

    def instead(y, p):
        wanted = parts([v * complex(p.a, -p.b) for v in x])
        return fact(
            y.then(parts), wanted, label=f"{function}: Σ X(i + m) W̄(m)", source="the same sum, of the conjugate kernel"
        )

    taps = sorted(itertools.starmap(Tap, itertools.product(range(3), repeat=2)), key=lambda p: (p.a + p.b, p.b))
    yield from smallest(taps, build, literal, instead=instead, order="by a + b, then by b")
