"""The lecture's section “Convolutional layers”: what the operation is, and which one the libraries implement.

S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)      convolution: the kernel is flipped
S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n)      cross-correlation: it is not
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ....reference.libraries import FRAMEWORKS
from ...language import Figure, Wrong, ask, claim, fact, same_bits, smallest, within
from ..shared.exact import DESIGNS, LITERAL, ROUNDED, draw, half_turn, must_be_exact, numbered, squares, unchanged
from ..shared.geometry import PLAIN_1D, PLAIN_2D
from .own_functions import predicted

BOTH_SUMS = "both sums of the lecture in Python integers"


# --- “ML libraries implement cross-correlation (don't flip the kernel)” ------------------------------------------------


def symmetric(shape):
    return np.ones(shape, dtype=int)


def which_sum(y, x, w):
    """Which of the two sums y is; a kernel for which the two agree cannot tell."""
    correlation, convolution = (literal_sum(s, x, w) for s in (oracle.cross_correlation2d, oracle.convolution2d))
    if np.array_equal(correlation, convolution):
        return "cannot tell"
    # An FFT is right to rounding only; the two sums are whole numbers, so the nearest whole numbers decide.
    named = {"cross-correlation": correlation, "convolution": convolution}
    return next((name for name, S in named.items() if y.shape == S.shape and np.array_equal(np.rint(y), S)), "neither")


def literal_sum(sum_, x, w):
    """A literal sum of plain 1-d or 2-d arrays, through the layer's four axes and back."""
    x4, w4 = (a.reshape((1,) * (4 - a.ndim) + a.shape) for a in (x, w))
    return sum_(x4, w4, None, **PLAIN_2D).reshape([n - k + 1 for n, k in zip(x.shape, w.shape, strict=True)])


libraries_correlate = claim(
    "convolution.libraries_correlate",
    """
    Given an impulse, and given an input without symmetry, with a kernel without symmetry, the convolution functions
    listed of PyTorch and of TensorFlow (with Keras) return the cross-correlation. NumPy's and SciPy's convolve return
    the convolution, their correlate the cross-correlation.

    Instead: Instead of convolution (strictly speaking), the convolution layers of ML libraries implement
    cross-correlation (don't flip the kernel), {their transposed convolutions convolution|transposed convolutions
    flip}:

    Scope: each function listed, by its own public name; not the transposed convolutions; 1-d and 2-d, 'valid'
    windows, kernels that a half turn changes

    Pictures: transposed

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1
    """,
    kind="convention",
    expected="verified",
    about=("torch", "tensorflow"),
)


def impulse(shape):
    x = np.zeros(shape, int)
    x[(2, 2)[: len(shape)]] = 1
    return x


@libraries_correlate.each(
    {"impulse": {"image": impulse}, "no symmetry": {"image": squares}},
    wrongs={
        "reporting from a symmetric kernel": {"kernel": symmetric},
        "every library flips": {"says": lambda function: "convolution"},
        "no library flips, NumPy and SciPy neither": Wrong(
            says={"says": lambda function: "cross-correlation"}, backends=("numpy", "scipy")
        ),
    },
)
def sums_of_own_functions(case, *, kernel=numbered, says=predicted):
    functions = (yield ask("own_convolutions")).value
    for function, rank in functions:
        x, w = (a.astype(case.dtype) for a in (case.image((5, 4)[:rank]), kernel((3, 2)[:rank])))
        y = yield ask("own_convolution", x=x, w=w, function=function)
        computed = y.then(functools.partial(which_sum, x=x, w=w))
        yield fact(computed, says(function), label=f"{function}, {rank}-d", source=BOTH_SUMS)


class Taps(NamedTuple):
    """A kernel of 2 taps, or of 2 × 2: the first of them, which is also that of all but the last, and the last."""

    first: int
    last: int

    def kernel(self, rank, dtype):
        w = np.full((2,) * rank, self.first, dtype)
        w.flat[-1] = self.last
        return w


TAPS = sorted((Taps(a, b) for a in (1, 2, 3) for b in (1, 2, 3)), key=sum)
BY_TAPS = "by the sum of the first and the last tap"


@libraries_correlate.limit("a kernel that a half turn leaves as it was")
def _(case):
    """With a kernel that is symmetric under a half turn the two sums are equal, so no output can tell whether a
    library flips.
    """
    function, rank = (yield ask("own_convolutions")).value[0]
    x = numbered((3,) * rank).astype(case.dtype)

    def judge(y, t, wanted, label):
        computed = y.then(functools.partial(which_sum, x=x, w=t.kernel(rank, case.dtype)))
        return fact(computed, wanted, label=label, source=BOTH_SUMS)

    yield from smallest(
        TAPS,
        lambda t: ask("own_convolution", x=x, w=t.kernel(rank, case.dtype), function=function),
        order=BY_TAPS,
        literal=lambda y, t: judge(y, t, predicted(function), f"{function} tells which sum it is"),
        instead=lambda y, t: judge(y, t, "cannot tell", "the experiment refuses such a kernel"),
    )


TRANSPOSED = {
    "torch": (("torch.nn.functional.conv_transpose1d", 1), ("torch.nn.functional.conv_transpose2d", 2)),
    "tensorflow": (("tf.nn.conv1d_transpose", 1), ("tf.nn.conv2d_transpose", 2)),
}


@libraries_correlate.limit("transposed convolutions flip", backends=FRAMEWORKS)
def _(case):
    """PyTorch's and TensorFlow's transposed convolutions do flip the kernel: cut to the windows that lie inside the
    image, what they return is the convolution.
    """
    for function, rank in TRANSPOSED[case.backend]:
        x = squares((3,) * rank).astype(case.dtype)

        def judge(y, t, sum_, label, *, x=x, rank=rank):
            wanted = literal_sum(sum_, x, t.kernel(rank, case.dtype)).astype(case.dtype)
            return same_bits(y, wanted, label=label, source="the sum of the lecture in Python integers")

        yield from smallest(
            TAPS,
            lambda t, x=x, rank=rank, function=function: ask(
                "own_convolution", x=x, w=t.kernel(rank, case.dtype), function=function
            ),
            literal=functools.partial(judge, sum_=oracle.cross_correlation2d, label=f"{function} does not flip"),
            instead=functools.partial(judge, sum_=oracle.convolution2d, label=f"{function} flips"),
            order=BY_TAPS,
        )


# --- convolution = cross-correlation with the kernel turned by 180° ----------------------------------------------------


def one_axis_flipped(w):
    return w[..., ::-1]


def transposed(w):
    return w.swapaxes(-1, -2) if w.ndim == 4 else w


def channels_flipped_too(w):
    return half_turn(w)[:, ::-1]


def exchanged(w):
    """[Cout, Cin, …] → [Cin, Cout, …]."""
    return w.swapaxes(0, 1)


SHAPES = {
    "1-d": ((2, 3, 9), (4, 3, 3), PLAIN_1D),
    "1-d, stride 2, groups": ((2, 4, 11), (6, 2, 4), {"stride": 2, "padding": (2, 1), "dilation": 1, "groups": 2}),
    "the lecture's picture": ((1, 1, 3, 4), (1, 1, 2, 2), PLAIN_2D),
    "2-d": ((1, 1, 6, 7), (1, 1, 3, 3), PLAIN_2D),
    "2-d, channels": ((2, 3, 7, 6), (4, 3, 3, 3), PLAIN_2D),
    "2-d, stride, padding, dilation, groups": (
        (2, 4, 9, 8),
        (6, 2, 3, 3),
        {"stride": (2, 1), "padding": ((1, 2), (0, 3)), "dilation": (1, 2), "groups": 2},
    ),
}
PICTURE = "the lecture's picture, dense integers"


def agree(case, y, literal, x, w, *, label, **settings):
    """Bit for bit where the inputs are integers; within the derived bound where they are reals."""
    wanted = literal(x, w, None, **settings)
    if case.design == "reals":
        bound = bounds.sums_of_products(*oracle.sizes(literal, x, w, None, **settings), case.dtype, flushed=None)
        return within(y, wanted, bound, label=label, source=ROUNDED)
    must_be_exact(x, w)
    return same_bits(y, wanted.astype(case.dtype), label=label, source=LITERAL)


flip = claim(
    "convolution.flip",
    """
    Convolution with W is cross-correlation with W turned by 180°: a library's layer given the turned kernel computes
    the lecture's convolution. The adjoint of a layer (its input gradient, the transposed convolution) is the full
    convolution with the channel axes of the kernel exchanged.

    Scope: 1-d and 2-d, many channels, stride, padding, dilation and groups; the adjoint for stride 1 without padding

    Sources:
    - Dumoulin & Visin (2016), A guide to convolution arithmetic, §4
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate",),
)


CASES = {f"{name}, {design}": {"shape": name, "design": design} for name, design in itertools.product(SHAPES, DESIGNS)}
MISTAKES = {
    "one axis flipped": {"turn": one_axis_flipped},
    "transposed in place of turned": {"turn": transposed},
    "channels flipped too": {"turn": channels_flipped_too},
    "output axes flipped": {"output": half_turn},
    "kernel not flipped": {"turn": unchanged},
    "adjoint without exchanging the channel axes": Wrong(
        says={"exchange": unchanged}, needs=("cross_correlation1d_gradient", "cross_correlation2d_gradient")
    ),
}


@flip.each({name: settings for name, settings in CASES.items() if name != PICTURE}, wrongs=MISTAKES)
def flipped(case, *, turn=half_turn, output=unchanged, exchange=exchanged):
    """Returns the library's convolution."""
    x_shape, w_shape, settings = SHAPES[case.shape]
    rank = len(x_shape) - 2
    literal = oracle.convolution1d if rank == 1 else oracle.convolution2d
    x, w = draw(case, case.design, x_shape, w_shape)

    y = yield ask(f"cross_correlation{rank}d", x=x, w=turn(w), b=None, **settings)
    label = "the layer, given the turned kernel, is the lecture's convolution"
    yield agree(case, y.then(output), literal, x, w, label=label, **settings)
    y = yield ask(f"convolution{rank}d", x=x, w=w, b=None, **settings)
    yield agree(case, y.then(output), literal, x, w, label="the library's convolution is the lecture's", **settings)
    if settings in (PLAIN_1D, PLAIN_2D):
        yield from adjoint(case, literal, x, w, settings, exchange)
    return y


def adjoint(case, literal, x, w, settings, exchange):
    rank = x.ndim - 2
    square = w[: w.shape[1]]  # as many kernels as channels: exchanging the two must show in values, not in shapes
    y_shape = (len(x), len(square), *(n - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)))
    upstream = draw(case, case.design, y_shape, w.shape)[0]
    gradients = yield ask(f"cross_correlation{rank}d_gradient", x=x, w=square, upstream=upstream, **settings)
    full = tuple((k - 1, k - 1) for k in w.shape[2:])
    label = "the layer's input gradient is the full convolution with the channel axes exchanged"
    every_overlap = settings | {"padding": full[0] if rank == 1 else full}
    yield agree(case, gradients.part(0), literal, upstream, exchange(square), label=label, **every_overlap)


@flip.each({PICTURE: CASES[PICTURE]}, wrongs=MISTAKES)
def lectures_picture(case, *, turn=half_turn, output=unchanged, exchange=exchanged):
    y = yield from flipped(case, turn=turn, output=output, exchange=exchange)
    x, w = draw(case, case.design, *SHAPES[case.shape][:2])
    plain = yield ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN_2D)
    label = "the layer, given the kernel as it is, correlates"
    yield agree(case, plain, oracle.cross_correlation2d, x, w, label=label, **PLAIN_2D)
    sums = {"cross_correlation": plain.value[0, 0], "convolution": y.value[0, 0]}
    yield Figure("flip", picture(x[0, 0], w[0, 0], sums))


def picture(x, w, got):
    """The lecture's worked picture: an input a … l, a kernel w x / y z, each window's sum in letters, and in numbers as got."""
    image = [list("abcd"), list("efgh"), list("ijkl")]
    kernel = [list("wx"), list("yz")]

    def sums(turn):
        taps = [(m, n, kernel[1 - m][1 - n] if turn else kernel[m][n]) for m in range(2) for n in range(2)]
        return [[" + ".join(image[i + m][j + n] + k for m, n, k in taps) for j in range(3)] for i in range(2)]

    letters = [*itertools.chain(*image), *itertools.chain(*kernel)]
    numbers = [int(v) for v in (*x.ravel(), *w.ravel())]
    return {
        "input": image,
        "kernel": kernel,
        "cross_correlation": sums(False),
        "convolution": sums(True),
        "values": dict(zip(letters, numbers, strict=True)),
        "got": {name: y.astype(int) for name, y in got.items()},
    }
