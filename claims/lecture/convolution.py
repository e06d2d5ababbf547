"""The lecture's section “Convolutional layers”: what the operation is, and which one the libraries implement.

S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)      convolution: the kernel is flipped
S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n)      cross-correlation: it is not
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...reference import bounds, oracle
from ..engine import (
    Call,
    Case,
    Figure,
    Outcome,
    Wrong,
    ask,
    claim,
    fact,
    fails,
    happens,
    same_bits,
    same_shape,
    sweep,
    within,
)
from . import mutants

LITERAL = "the lecture's sum, written as it stands, in Python integers"
ROUNDED = "the lecture's sum, correctly rounded from exact products"
PLAIN_1D = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
PLAIN_2D = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


# --- “ML libraries implement cross-correlation (don't flip the kernel)” ------------------------------------------------

FLIPPING = ("np.convolve", "scipy.signal.convolve", "scipy.signal.convolve2d", "scipy.signal.fftconvolve",
            "scipy.signal.oaconvolve", "scipy.ndimage.convolve", "scipy.ndimage.convolve1d")  # fmt: skip


def predicted(function: str) -> str:
    """NumPy's and SciPy's functions are named for what they do; the layers of the ML libraries all correlate."""
    return "convolution" if function in FLIPPING else "cross-correlation"


def asymmetric(shape: tuple[int, ...]) -> np.ndarray:
    """1, 2, 3, …: no two taps alike, so that no turn or flip leaves it as it was."""
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape)


def symmetric(shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, dtype=int)


def which(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> str:
    """Which of the two sums y is; a kernel for which the two agree cannot tell."""
    correlation, convolution = _plain(oracle.cross_correlation2d, x, w), _plain(oracle.convolution2d, x, w)
    if np.array_equal(correlation, convolution):
        return "cannot tell"
    # An FFT is right to rounding only; the two sums are whole numbers, so half a unit decides.
    near = [name for name, s in (("cross-correlation", correlation), ("convolution", convolution))
            if y.shape == s.shape and np.all(np.abs(y - s) < 0.5)]  # fmt: skip
    return near[0] if near else "neither"


def _plain(sum_, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """A literal sum of plain 1-d or 2-d arrays, through the layer's four axes and back."""
    x4, w4 = (a.reshape((1,) * (4 - a.ndim) + a.shape) for a in (x, w))
    return sum_(x4, w4, None, **PLAIN_2D).reshape([n - k + 1 for n, k in zip(x.shape, w.shape, strict=True)])


@claim(
    "convolution.libraries_correlate",
    statement="Given an impulse, and given an input without symmetry, with a kernel without symmetry, the convolution "
    "functions listed of PyTorch and of TensorFlow (with Keras) return the cross-correlation. NumPy's and SciPy's convolve return "
    "the convolution, their correlate the cross-correlation.",
    scope="each function listed, by its own public name; not the transposed convolutions; 1-d and 2-d, 'valid' windows, kernels that a half turn changes",
    kind="convention",
    expected="verified",
    about=("torch", "tensorflow"),
    cases={"impulse": {"input": "impulse"}, "no symmetry": {"input": "ramp"}},
    wrongs={
        "reporting from a symmetric kernel": {"kernel": symmetric},
        "every library flips": {"says": lambda function: "convolution"},
        "no library flips, NumPy and SciPy neither": Wrong(
            says={"says": lambda function: "cross-correlation"}, backends=("numpy", "scipy")
        ),
    },
    sources=("Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1",),
)
def libraries_correlate(case: Case, *, kernel=asymmetric, says=predicted):
    functions = (yield ask("own_convolutions")).value
    for function, rank in functions:
        w = kernel((3, 2)[:rank]).astype(case.dtype)
        x = np.zeros((5, 4)[:rank], case.dtype)
        if case.input == "impulse":
            x[(2, 2)[:rank]] = 1
        else:
            x += asymmetric(x.shape) ** 2
        y = yield ask("own_convolution", x=x, w=w, function=function)
        yield fact(
            y.then(functools.partial(which, x=x, w=w)), says(function), label=f"{function}, {rank}-d",
            source="both sums of the lecture in Python integers",
        )  # fmt: skip


@libraries_correlate.limit(
    "a kernel that a half turn leaves as it was",
    says="With a kernel that is symmetric under a half turn the two sums are equal, so no output can tell whether a library flips.",
)
def _(case: Case):
    function, rank = (yield ask("own_convolutions")).value[0]
    w, x = symmetric((2,) * rank).astype(case.dtype), asymmetric((3,) * rank).astype(case.dtype)
    y = yield ask("own_convolution", x=x, w=w, function=function)
    told = y.then(functools.partial(which, x=x, w=w))
    yield fails(fact(told, predicted(function), label=f"{function} tells which sum it is", source="both sums"))
    yield fact(told, "cannot tell", label="the experiment refuses such a kernel", source="both sums")


TRANSPOSED = {
    "torch": (("torch.nn.functional.conv_transpose1d", 1), ("torch.nn.functional.conv_transpose2d", 2)),
    "tensorflow": (("tf.nn.conv1d_transpose", 1), ("tf.nn.conv2d_transpose", 2)),
}


@libraries_correlate.limit(
    "transposed convolutions flip",
    says="PyTorch's and TensorFlow's transposed convolutions do flip the kernel: cut to the windows that lie inside the image, what "
    "they return is the convolution.",
    backends=("torch", "tensorflow"),
)
def _(case: Case):
    for function, rank in TRANSPOSED[case.backend]:
        w = asymmetric((3, 2)[:rank]).astype(case.dtype)
        x = (asymmetric((5, 4)[:rank]) ** 2).astype(case.dtype)
        told = (yield ask("own_convolution", x=x, w=w, function=function)).then(functools.partial(which, x=x, w=w))
        yield fails(fact(told, "cross-correlation", label=f"{function} does not flip", source="both sums"))
        yield fact(told, "convolution", label=f"{function} flips", source="both sums")


# --- convolution = cross-correlation with the kernel turned by 180° ----------------------------------------------------


def half_turn(w: np.ndarray) -> np.ndarray:
    """W(−m, −n): every spatial axis reversed, [Cout, Cin, …]."""
    return w[(..., *[slice(None, None, -1)] * (w.ndim - 2))]


def one_axis_flipped(w: np.ndarray) -> np.ndarray:
    return w[..., ::-1]


def transposed(w: np.ndarray) -> np.ndarray:
    return w.swapaxes(-1, -2) if w.ndim == 4 else w


def channels_flipped_too(w: np.ndarray) -> np.ndarray:
    return half_turn(w)[:, ::-1]


def exchanged(w: np.ndarray) -> np.ndarray:
    """[Cout, Cin, …] → [Cin, Cout, …]."""
    return w.swapaxes(0, 1)


def kept(y: np.ndarray) -> np.ndarray:
    return y


def turned_output(y: np.ndarray) -> np.ndarray:
    return half_turn(y)


def draw(case: Case, design: str, x_shape: tuple[int, ...], w_shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of one design. Each exact design is blind to something (small integers, for example, to a library that
    rounds its inputs to bfloat16), so all of them are used; every partial sum of each is exactly representable."""
    wide = 2**9
    match design:
        case "dense integers":
            return case.integers("x", x_shape), case.integers("w", w_shape)
        case "wide input":
            return case.integers("x", x_shape, -wide, wide), case.integers("w", w_shape, -1, 1)
        case "wide kernel":
            return case.integers("x", x_shape, -1, 1), case.integers("w", w_shape, -wide, wide)
        case "one tap":
            w = np.zeros(w_shape, case.dtype)
            w[(..., *[0] * (w.ndim - 2))] = 1
            return case.integers("x", x_shape, -wide, wide), w
        case _:
            return case.reals("x", x_shape), case.reals("w", w_shape)


DESIGNS = ("dense integers", "wide input", "wide kernel", "one tap", "reals")
SHAPES = {
    "1-d": ((2, 3, 9), (4, 3, 3), PLAIN_1D),
    "1-d, stride 2, groups": ((2, 4, 11), (6, 2, 4), {"stride": 2, "padding": (2, 1), "dilation": 1, "groups": 2}),
    "the lecture's picture": ((1, 1, 3, 4), (1, 1, 2, 2), PLAIN_2D),
    "2-d": ((1, 1, 6, 7), (1, 1, 3, 3), PLAIN_2D),
    "2-d, channels": ((2, 3, 7, 6), (4, 3, 3, 3), PLAIN_2D),
    "2-d, stride, padding, dilation, groups": (
        (2, 4, 9, 8), (6, 2, 3, 3),
        {"stride": (2, 1), "padding": ((1, 2), (0, 3)), "dilation": (1, 2), "groups": 2},
    ),
}  # fmt: skip


def agree(case: Case, y: Outcome, literal, x: np.ndarray, w: np.ndarray, *, label: str, **settings):
    """Bit for bit where the inputs are integers; within the derived bound where they are reals."""
    wanted = literal(x, w, None, **settings)
    if case.design == "reals":
        bound = bounds.sums_of_products(*oracle.sizes(literal, x, w, None, **settings), case.dtype, flushed=None)
        return within(y, wanted, bound, label=label, source=ROUNDED)
    must_be_exact(x, w)
    return same_bits(y, wanted.astype(case.dtype), label=label, source=LITERAL)


def must_be_exact(x: np.ndarray, w: np.ndarray) -> None:
    """Bits may be compared only where every partial sum, in whatever order, is exact in the dtype; raises ValueError otherwise.

    One output sums products with each tap of one kernel, so max|x| · max|w| · taps is at least what any of them can reach.
    """
    largest = float(np.abs(x).max() * np.abs(w).max() * max(w[0].size, w[:, 0].size))
    if not bounds.exactly_representable(largest, x.dtype):
        raise ValueError(f"sums up to {largest:g}: not all are exact in {x.dtype}; draw smaller integers")


@claim(
    "convolution.flip",
    statement="Convolution with W is cross-correlation with W turned by 180°: a library's layer given the turned kernel computes "
    "the lecture's convolution. The adjoint of a layer (its input gradient, the transposed convolution) is the full convolution "
    "with the channel axes of the kernel exchanged.",
    scope="1-d and 2-d, many channels, stride, padding, dilation and groups; the adjoint for stride 1 without padding",
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate",),
    cases={
        f"{name}, {design}": {"shape": name, "design": design} for name, design in itertools.product(SHAPES, DESIGNS)
    },
    wrongs={
        "one axis flipped": {"turn": one_axis_flipped},
        "transposed in place of turned": {"turn": transposed},
        "channels flipped too": {"turn": channels_flipped_too},
        "output axes flipped": {"output": turned_output},
        "kernel not flipped": {"turn": kept},
        "adjoint without exchanging the channel axes": Wrong(
            says={"exchange": kept}, needs=("cross_correlation1d_gradient", "cross_correlation2d_gradient")
        ),
    },
    sources=("Dumoulin & Visin (2016), A guide to convolution arithmetic, §4",),
)  # fmt: skip
def flip(case: Case, *, turn=half_turn, output=kept, exchange=exchanged):
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
        square = w[: w.shape[1]]  # as many kernels as channels: exchanging the two must show in values, not in shapes
        y_shape = (x_shape[0], len(square), *(n - k + 1 for n, k in zip(x_shape[2:], w_shape[2:], strict=True)))
        upstream = draw(case, case.design, y_shape, w_shape)[0]
        gradients = yield ask(f"cross_correlation{rank}d_gradient", x=x, w=square, upstream=upstream, **settings)
        full = tuple((k - 1, k - 1) for k in w_shape[2:])
        yield agree(
            case, gradients.part(0), literal, upstream, exchange(square),
            label="the layer's input gradient is the full convolution with the channel axes exchanged",
            **{**settings, "padding": full[0] if rank == 1 else full},
        )  # fmt: skip

    if case.shape == "the lecture's picture" and case.design == "dense integers" and turn is half_turn:
        plain = yield ask("cross_correlation2d", x=x, w=w, b=None, **settings)
        yield agree(
            case,
            plain,
            oracle.cross_correlation2d,
            x,
            w,
            label="the layer, given the kernel as it is, correlates",
            **settings,
        )
        yield Figure(
            "flip", picture(x[0, 0], w[0, 0], {"cross_correlation": plain.value[0, 0], "convolution": y.value[0, 0]})
        )


def picture(x: np.ndarray, w: np.ndarray, got: Mapping[str, np.ndarray]) -> dict:
    """The lecture's worked picture: an input a … l, a kernel w x / y z, each window's sum in letters, and in numbers as got."""
    image = [list("abcd"), list("efgh"), list("ijkl")]
    kernel = [list("wx"), list("yz")]

    def sums(turn: bool) -> list[list[str]]:
        taps = [(m, n, kernel[1 - m][1 - n] if turn else kernel[m][n]) for m in range(2) for n in range(2)]
        return [[" + ".join(image[i + m][j + n] + k for m, n, k in taps) for j in range(3)] for i in range(2)]

    letters = [*itertools.chain(*image), *itertools.chain(*kernel)]
    numbers = [int(v) for v in (*x.ravel(), *w.ravel())]
    return {"input": image, "kernel": kernel, "cross_correlation": sums(False), "convolution": sums(True),
            "values": dict(zip(letters, numbers, strict=True)), "got": {name: y.astype(int) for name, y in got.items()}}  # fmt: skip


# --- “Output: N × Cout × (W − k_x + 1) × (H − k_y + 1)” ----------------------------------------------------------------


def size(n: int, k: int, s: int, d: int, p: int) -> int:
    """⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1; without stride, dilation and padding n − k + 1. Not positive: no window fits."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def without_the_one(n: int, k: int, s: int, d: int, p: int) -> int:
    return size(n, k, s, d, p) - 1


def ceil_for_floor(n: int, k: int, s: int, d: int, p: int) -> int:
    return -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1


def dilation_ignored(n: int, k: int, s: int, d: int, p: int) -> int:
    return size(n, k, s, 1, p)


def height_then_width(height: int, width: int) -> tuple[int, int]:
    return height, width


def width_then_height(height: int, width: int) -> tuple[int, int]:
    return width, height


class Geometry(NamedTuple):
    """Image, kernel, stride, dilation, padding (the same on both sides) by axis; batch and channels."""

    H: int
    W: int
    ky: int
    kx: int
    sy: int
    sx: int
    dy: int
    dx: int
    py: int
    px: int
    N: int
    Cin: int
    Cout: int

    def axes(self) -> tuple[tuple[int, int, int, int, int], ...]:
        """(size, kernel, stride, dilation, padding) of the height and of the width."""
        return self[0:10:2], self[1:10:2]  # pyright: ignore[reportReturnType]

    def reach(self) -> tuple[int, int]:
        """Size + padding − extent of the kernel: negative where no window fits."""
        (a, b, _, d, p), (e, f, _, h, q) = self.axes()
        return a + 2 * p - d * (b - 1) - 1, e + 2 * q - h * (f - 1) - 1


@functools.cache
def along(axis: str) -> list[Geometry]:
    """Every geometry of one axis, small first: H ≤ 32, k ≤ 7, stride ≤ 4, dilation ≤ 3, padding ≤ 3; the other axis is one pixel."""
    lines = itertools.product(range(1, 33), range(1, 8), range(1, 5), range(1, 4), range(4))
    one = (1, 1, 1, 1, 0)
    pairs = ((line, one) if axis == "H" else (one, line) for line in lines)
    return [Geometry._make((*itertools.chain(*zip(*pair, strict=True)), 1, 1, 1)) for pair in pairs]


@functools.cache
def in_the_plane(every: int = 1) -> list[Geometry]:
    """Every geometry of the plane, small first: H, W ≤ 5, k ≤ 3, stride ≤ 2 each way, dilation ≤ 2, padding ≤ 1, N, Cin, Cout ≤ 2."""
    two = (1, 2)
    ranges = (range(1, 6),) * 2 + (range(1, 4),) * 2 + (two, two, two, (0, 1), two, two, two)
    points = (Geometry._make((*g[:6], g[6], g[6], g[7], g[7], *g[8:])) for g in itertools.product(*ranges))
    return sorted(points, key=lambda g: g.H * g.W * g.ky * g.kx * g.N * g.Cin * g.Cout)[::every]


@functools.lru_cache(maxsize=4)
def pool(seed: int) -> np.ndarray:
    """Small integers from which the sweep's arrays are cut: drawing each anew would cost more than the convolutions."""
    return np.random.default_rng([1968, seed]).integers(-LARGEST, LARGEST + 1, 4096)


LARGEST = 8


@functools.lru_cache(maxsize=200_000)
def request(dtype: str, seed: int, design: str, g: Geometry) -> Call:
    """The call for a geometry, with data of a design: ones, 1, 2, 3, …, or integers −8 … 8 that depend on the run's seed."""
    arrays, drawn = [], pool(seed)
    for shape in ((g.N, g.Cin, g.H, g.W), (g.Cout, g.Cin, g.ky, g.kx)):
        count = math.prod(shape)
        start = (7 * g.H + 31 * g.W + 101 * g.ky + 211 * g.kx + 503 * len(arrays)) % (len(drawn) - 200)
        values = {"ones": np.ones(count), "ramp": np.arange(1, count + 1)}.get(design, drawn[start : start + count])
        arrays.append(values.reshape(shape).astype(dtype))
        arrays[-1].flags.writeable = False
    padding = ((g.py, g.py), (g.px, g.px))
    return ask("cross_correlation2d", x=arrays[0], w=arrays[1], b=None, stride=(g.sy, g.sx), padding=padding,
               dilation=(g.dy, g.dx), groups=1)  # fmt: skip


@functools.lru_cache(maxsize=200_000)
def exactly(dtype: str, seed: int, design: str, g: Geometry) -> np.ndarray:
    """The literal sum for a geometry, in Python integers."""
    arguments = dict(request(dtype, seed, design, g).arguments)
    x, w, b = (arguments.pop(name) for name in "xwb")
    must_be_exact(x, w)
    return oracle.cross_correlation2d(x, w, b, **arguments).astype(dtype)


def refusal(backend: str, reach: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int] | None:
    """What a library does where no window fits: None if it raises, else the spatial shape of what it returns.

    ``reach`` is size + padding − extent of the kernel, for each axis; negative where the kernel is larger.
    """
    match backend:
        case "tensorflow":
            # It computes (reach + stride) ÷ stride with C's division, which rounds towards zero, and refuses what is negative.
            sizes = [int((r + s) / s) for r, s in zip(reach, stride, strict=True)]
            return None if min(sizes) < 0 else (sizes[0], sizes[1])
        case "scipy":
            # Its 'valid' exchanges image and kernel where the kernel is the larger on every axis; on some axes only it raises.
            return None if max(reach) > 0 else (-reach[0] // stride[0] + 1, -reach[1] // stride[1] + 1)
        case _:
            return None


REFUSALS = {
    "numpy": "expected a kernel that fits the padded input",
    "scipy": "For 'valid' mode, one must be at least as large as the other in every dimension",
    "tensorflow": "Computed output size would be negative",
    "torch": "Kernel size can't be greater than actual input size",
}
"""In what words each library says that no window fits; any other error is no such answer."""


def words(backend: str, y: Outcome) -> str:
    """The library's own words; of a backend not listed, any of them will do."""
    known = [REFUSALS[backend]] if backend in REFUSALS else [*REFUSALS.values()]
    return next((w for w in known if w in y.error), known[0])


SMALL_FIRST = ("ones", "ramp", "integers")


@claim(
    "convolution.output_size",
    statement="Without padding an image H × W and a kernel ky × kx give (H − ky + 1) × (W − kx + 1) outputs, and in general each axis "
    "gives ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1: every geometry up to the stated sizes, one axis at a time by its shape, both axes "
    "together by every bit of every value. Where no window fits a library raises, or returns an empty tensor as predicted for it.",
    scope="shapes: H ≤ 32, k ≤ 7, stride ≤ 4, dilation ≤ 3, padding ≤ 3, on either axis; values: H, W ≤ 5, ky, kx ≤ 3, stride ≤ 2 "
    "each way, dilation ≤ 2, padding ≤ 1, batch and channels 1 and 2; the order is height, then width",
    kind="exact",
    expected="verified",
    about_shapes=True,
    cases={
        "shapes along H": {"points": functools.partial(along, "H")},
        "shapes along W": {"points": functools.partial(along, "W")},
        "values": {"points": in_the_plane},
        "every 97th of the values": {"points": functools.partial(in_the_plane, 97)},
    },
    wrongs={
        "H − k": Wrong(says={"length": without_the_one}, cases=("shapes along H", "shapes along W")),
        "ceil for floor": Wrong(says={"length": ceil_for_floor}, cases=("shapes along H", "shapes along W")),
        "dilation ignored": Wrong(says={"length": dilation_ignored}, cases=("shapes along H", "shapes along W")),
        "W and H exchanged": Wrong(says={"order": width_then_height}, cases=("every 97th of the values",)),
        "kernel flipped": Wrong(
            operations={"cross_correlation2d": mutants.kernel_flipped}, cases=("every 97th of the values",)
        ),
        "stride exchanged between the axes": Wrong(
            operations={"cross_correlation2d": mutants.stride_axes_exchanged}, cases=("every 97th of the values",)
        ),
        "last tap dropped": Wrong(
            operations={"cross_correlation2d": mutants.last_tap_dropped}, cases=("every 97th of the values",)
        ),
    },
    sources=("Dumoulin & Visin (2016), A guide to convolution arithmetic, relationship 15",),
)  # fmt: skip
def output_size(case: Case, *, length=size, order=height_then_width):
    dtype, bits = str(case.dtype), "values" in case.name

    def judge(y: Outcome, g: Geometry, design: str):
        reach = g.reach()
        if min(reach) < 0:
            empty = refusal(case.backend, reach, (g.sy, g.sx))
            if empty is None:
                return happens(
                    y, "raised", label="no window fits", source="no window fits", error=words(case.backend, y)
                )
            return same_shape(y, (g.N, g.Cout, *empty), label="no window fits", source="no window fits")
        height, width = g.axes()
        shape = (g.N, g.Cout, *order(length(*height), length(*width)))
        if not bits or shape[2:] != (size(*height), size(*width)):
            return same_shape(y, shape, label="shape", source="the formula")
        return same_bits(y, exactly(dtype, case.seed, design, g), label="values", source=LITERAL)

    yield from sweep(
        case, case.points(), functools.partial(asked, dtype, case.seed), judge, label="output, bit for bit" if bits else "output shape",
        source=LITERAL if bits else "the formula", designs=SMALL_FIRST,
    )  # fmt: skip


def asked(dtype: str, seed: int, g: Geometry, design: str) -> Call:
    return request(dtype, seed, design, g)


@output_size.limit(
    "the lecture's order of the axes",
    says="The lecture writes the width first; every library's output has the height first. On an image of height 2 and width 1 "
    "with a 1 × 1 kernel the literal order gives 1 × 2 where every library gives 2 × 1.",
)
def _(case: Case):
    call = request(str(case.dtype), case.seed, "ramp", Geometry(2, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1))
    y = yield call
    yield fails(
        same_shape(y, (1, 1, 1, 2), label="N × Cout × (W − kx + 1) × (H − ky + 1)", source="the lecture, as worded")
    )
    yield same_shape(y, (1, 1, 2, 1), label="N × Cout × (H − ky + 1) × (W − kx + 1)", source="the formula")
