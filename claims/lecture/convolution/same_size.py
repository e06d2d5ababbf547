"""The lecture's second choice of windows: zeros round the image, so that the feature map is of the same size."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference.libraries import FRAMEWORKS
from ....reference.operators import catalogue
from ...language import Wrong, ask, claim, fact, happens, same_bits, same_shape, smallest, sweep
from ..shared.exact import numbered, squares
from ..shared.geometry import layer
from ..shared.wrongs import mistaken
from .own_functions import PADDING_AT_THE_START, turned_if_flipping
from .sums import AS_IT_STANDS, Row, Sizes, agrees, by_fft, lecture_sum, plus, ramps

# --- “pad with zeros to keep [the] image the same size as [the] feature map” ----------------------------------------------


def zeros(k, d, odd_one):
    """d(k − 1) zeros along an axis, half of them on each side; ``odd_one``: at which end the odd one of an even kernel stands."""
    small, large = d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2
    return (small, large) if odd_one == "end" else (large, small)


def half_a_kernel(k, d, odd_one):
    return d * k // 2, d * k // 2


def wrong_side(k, d, odd_one):
    before, after = zeros(k, d, odd_one)
    return after, before


def one_short(k, d, odd_one):
    """k − 2 zeros: the size is not kept."""
    before, after = zeros(k, d, odd_one)
    return before, max(0, after - 1)


class Kept(NamedTuple):
    """Image, kernel, dilation."""

    H: int
    W: int
    ky: int
    kx: int
    d: int


def kept_sizes(kernels):
    each = itertools.product((1, 2, 3, 5), (1, 3, 4), kernels, kernels, (1, 2))
    return sorted(itertools.starmap(Kept, each), key=lambda p: (p.H * p.W * p.ky * p.kx, p))


def plus_twice(i, m):
    return i + 2 * m


def windows_begun(x, w, before, d=1):
    """As many windows as x has elements, the first begun ``before`` elements early, zeros beyond the border."""
    over = tuple((-b, n) for b, n in zip(before, x.shape, strict=True))
    return lecture_sum(w, x, index=plus if d == 1 else plus_twice, over=over)


same = claim(
    "convolution.same",
    """
    With stride 1 and odd kernels, (k − 1)/2 zeros on each side – d(k − 1)/2 with dilation d – keep H and W: an output
    is the inner product with the window centred on its pixel, zeros beyond the border. With even kernels k − 1 zeros
    in all keep the size, whichever side has the odd one. The layers so padded, and for odd kernels every library's
    own 'same', agree.

    Instead: pad with zeros, (k − 1)/2 on each side {of an odd kernel|an even kernel}, to keep {the feature map the
    same size as the image before it was padded|the padded image is larger} {at stride 1|stride 2}

    Scope: stride 1; H, W ≤ 5, k ≤ 4, dilation ≤ 2 for the layers, bit for bit; own functions with odd kernels no
    larger than the image, through an FFT within its bound

    Pictures: same

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.5 (“same convolution”)
    - Dumoulin & Visin (2016), §2.2
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("convolution.libraries_correlate",),
)


@same.case("even kernels, the odd zero at the start", kernels=(2, 4), odd_one="start")
@same.case(
    "even kernels, the odd zero at the end",
    kernels=(2, 4),
    odd_one="end",
    wrongs={"k/2 zeros on both sides": {"pads": half_a_kernel}, "the odd zero on the wrong side": {"pads": wrong_side}},
)
@same.case(
    "odd kernels",
    kernels=(1, 3),
    odd_one="end",
    wrongs={
        "one zero short": {"pads": one_short},
        "border repeated": mistaken("border repeated", "cross_correlation2d"),
    },
)
def padded_layers(case, *, pads=zeros):
    def build(p, design):
        x, w = ramps(case, Sizes(*p[:4]))
        sides = tuple(pads(k, p.d, case.odd_one) for k in (p.ky, p.kx))
        return layer(x[None, None], w[None, None], padding=sides, dilation=(p.d, p.d))

    def judge(y, p, design):
        x, w = ramps(case, Sizes(*p[:4]))
        before = tuple(zeros(k, p.d, case.odd_one)[0] for k in (p.ky, p.kx))
        wanted = windows_begun(x, w, before, p.d)[0][None, None].astype(case.dtype)
        return same_bits(y, wanted, label="each window", source=AS_IT_STANDS)

    yield from sweep(
        case,
        kept_sizes(case.kernels),
        build,
        judge,
        label="as many outputs as pixels, each its window's sum",
        source=AS_IT_STANDS,
        designs=("1, 4, 9, …",),
    )


def centred_late(lib, x, w, function, **settings):
    """A library's own "same", each output one place early: the zeros on the other side of the image."""
    y = lib.own_same(x, w, function=function, **settings)
    return np.concatenate([y[1:], np.zeros_like(y[:1])])


@same.case(
    "own functions",
    wrongs={"own functions one place early": Wrong(operations={"own_same": centred_late}, needs=("own_same",))},
)
def own_centred(case):
    for function, rank in (yield ask("own_sames")).value:
        for n, k in ((5, 3), (6, 5), (3, 1)):
            x, w = (numbered((m,) * rank).astype(case.dtype) for m in (n, k))
            y = yield ask("own_same", x=x, w=w, function=function, stride=1)
            wanted = windows_begun(x, turned_if_flipping(function, w), ((k - 1) // 2,) * rank)
            yield agrees(case, y, wanted, x, w, label=f"{function}, {n} and {k}, {rank}-d", function=function)


def sides_of(function, k):
    return zeros(k, 1, "start" if function in PADDING_AT_THE_START else "end")


def sides(y, x, w, function):
    """(before, after): with how many zeros on every axis the cross-correlation with the kernel, turned if the function flips, is y."""
    k, taps = len(w), turned_if_flipping(function, w)
    near = np.rint(y) if by_fft(function) else y
    fit = [b for b in range(k) if np.array_equal(near, windows_begun(x, taps, (b,) * x.ndim)[0])]
    return (fit[0], k - 1 - fit[0]) if len(fit) == 1 else None


class Kernel(NamedTuple):
    """A kernel of k along every axis."""

    k: int


@same.limit("an even kernel")
def _(case):
    """An even kernel cannot be centred: k − 1 zeros do not halve. PyTorch and TensorFlow put the odd one at the end;
    NumPy and scipy.signal at the start, but correlate2d at the end; scipy.ndimage's correlate at the start, its
    convolve at the end.
    """
    functions = (yield ask("own_sames")).value

    def arrays(p, rank):
        return squares((7,) * rank).astype(case.dtype), numbered((p.k,) * rank).astype(case.dtype)

    def build(p, function=functions[0][0], rank=functions[0][1]):
        x, w = arrays(p, rank)
        return ask("own_same", x=x, w=w, function=function, stride=1)

    def measured(y, p, function, rank):
        x, w = arrays(p, rank)
        return y.then(functools.partial(sides, x=x, w=w, function=function))

    def literal(y, p):
        half = (p.k - 1) // 2
        label = f"{functions[0][0]}: (k − 1)/2 zeros before and as many after"
        return fact(measured(y, p, *functions[0]), (half, half), label=label, source="the lecture, as worded")

    def instead(y, p, function=functions[0][0], rank=functions[0][1]):
        label = f"{function}, {rank}-d, k = {p.k}: zeros before and after"
        return fact(measured(y, p, function, rank), sides_of(function, p.k), label=label, source=AS_IT_STANDS)

    yield from smallest([Kernel(k) for k in range(1, 7)], build, literal, instead=instead, order="by k")
    for function, rank in functions:
        for p in (Kernel(2), Kernel(4)):
            y = yield build(p, function, rank)
            yield instead(y, p, function, rank)


@same.limit("the padded image is larger", backends=FRAMEWORKS, dtypes=("float32",), as_worded=True)
def _(case):
    """Padding does not keep the image's size, it makes the image larger, by k − 1: what it keeps is the size of the
    feature map, which is that of the image before. Of a kernel of one tap nothing is padded.
    """

    def build(p):
        zeros_each_side = ((p.k // 2,) * 2,) * 2
        image, kernel = np.ones((1, 1, 1, 1), case.dtype), np.ones((1, 1, p.k, p.k), case.dtype)
        return layer(image, kernel, padding=zeros_each_side)

    def literal(y, p):
        label = "the feature map is of the padded image's size"
        return same_shape(y, (1, 1, p.k, p.k), label=label, source="the lecture, as worded")

    def instead(y, p):
        return same_shape(
            y, (1, 1, 1, 1), label="of the size of the image before", source="H + 2p − k + 1, p = (k − 1)/2"
        )

    yield from smallest([Kernel(k) for k in (1, 3, 5)], build, literal, instead=instead, order="by k; one pixel")


class Strided(NamedTuple):
    """An image of H × H, a kernel of k × k, stride s."""

    H: int
    k: int
    s: int


STRIDED = sorted(
    (Strided(h, k, s) for h, k, s in itertools.product(range(1, 7), (1, 3, 5), (1, 2)) if k <= h + 1),
    key=lambda p: (p.H * p.k * p.s, p),
)
RULE = "⌈H/s⌉ windows, (⌈H/s⌉ − 1)s + k − H zeros in all, the odd one at the end: TensorFlow's documentation of tf.nn, “SAME”"


def strided(case, p):
    """Image, kernel, and what TensorFlow's SAME gives of them."""
    x, w = ramps(case, Sizes(p.H, p.H, p.k, p.k))
    before = catalogue.same_padding(p.H, p.k, p.s, 1)[0]
    return x, w, windows_begun(x, w, (before, before))[0][:: p.s, :: p.s].astype(case.dtype)


@same.limit("stride 2")
def _(case):
    """With stride 2 the map has ⌈H/2⌉ rows, and (k − 1)/2 zeros on each side are not TensorFlow's SAME: of an even H
    it pads one zero less, all of it at the end. Padded explicitly by that rule, which depends on H, every library
    gives it bit for bit.
    """

    def build(p):
        x, w, _ = strided(case, p)
        both = ((p.k - 1) // 2,) * 2, catalogue.same_padding(p.H, p.k, p.s, 1)
        images = x[None, None], w[None, None]
        return [layer(*images, padding=(side, side), stride=(p.s, p.s)) for side in both]

    def literal(answer, p):
        label = "(k − 1)/2 zeros on each side give SAME"
        return same_bits(answer[0], strided(case, p)[2][None, None], label=label, source=RULE)

    def instead(answer, p):
        label = f"{catalogue.same_padding(p.H, p.k, p.s, 1)} zeros before and after give SAME"
        return same_bits(answer[1], strided(case, p)[2][None, None], label=label, source=RULE)

    yield from smallest(STRIDED, build, literal, instead=instead, order="by H·k·s")
    for p in (Strided(4, 3, 2), Strided(5, 3, 2), Strided(6, 5, 2)):
        answer = yield build(p)
        yield instead(answer, p)


@same.limit("TensorFlow's SAME with stride 2", backends=("tensorflow",))
def _(case):
    """TensorFlow's own SAME takes stride 2, and then keeps ⌈H/2⌉ rows and not H. How many zeros it pads depends on
    the size: with k = 7 2 and 3 of 224 pixels, 3 and 3 of 225.
    """
    functions = (yield ask("own_sames")).value
    name = next(f for f, rank in functions if rank == 2)

    def build(p, function=name):
        x, w, _ = strided(case, p)
        return ask("own_same", x=x, w=w, function=function, stride=p.s)

    def literal(y, p):
        return same_shape(y, (p.H, p.H), label=f"{name} keeps the size", source="the lecture, as worded")

    def instead(y, p, function=name):
        return same_bits(y, strided(case, p)[2], label=f"{function}, H = {p.H}, stride {p.s}", source=RULE)

    yield from smallest(STRIDED, build, literal, instead=instead, order="by H·k·s")
    for function in (f for f, rank in functions if rank == 2):
        for p in (Strided(4, 3, 2), Strided(5, 3, 2)):
            y = yield build(p, function)
            yield instead(y, p, function)
    for n, padded in ((224, (2, 3)), (225, (3, 3))):
        x, w = (numbered((m,)).astype(case.dtype) for m in (n, 7))
        y = yield ask("own_same", x=x, w=w, function="tf.nn.conv1d", stride=2)
        wanted = windows_begun(x, w, padded[:1])[0][::2].astype(case.dtype)
        yield same_bits(y, wanted, label=f"{n} pixels, k = 7: {padded} zeros before and after", source=RULE)


class Stride(NamedTuple):
    """A stride of s on every axis."""

    s: int


@same.limit("PyTorch's 'same' with stride 2", backends=("torch",))
def _(case):
    """PyTorch's own padding='same' refuses every stride but 1, in its functions and in its layers."""
    functions = (yield ask("own_sames")).value

    def build(p, function=functions[0][0], rank=functions[0][1]):
        x, w = (numbered((n,) * rank).astype(case.dtype) for n in (4, 3))
        return ask("own_same", x=x, w=w, function=function, stride=p.s)

    def literal(y, p):
        return happens(y, "value", label=f"{functions[0][0]}(padding='same')", source="the lecture, as worded")

    def instead(y, p, function=functions[0][0], rank=1):
        refusal = "padding='same' is not supported for strided convolutions"
        return happens(y, "raised", label=f"{function} refuses stride {p.s}", source="its own words", error=refusal)

    yield from smallest([Stride(s) for s in (1, 2, 3)], build, literal, instead=instead, order="by s")
    for function, rank in functions[1:]:
        y = yield build(Stride(2), function, rank)
        yield instead(y, Stride(2), function, rank)


@same.limit("a kernel longer than the input, in NumPy", backends=("numpy",))
def _(case):
    """NumPy's 'same' keeps the size of the longer array, whichever it is: of a kernel longer than the input it
    returns k numbers.
    """

    def build(r, function="np.convolve"):
        x, w = numbered((r.W,)).astype(case.dtype), numbered((r.k,)).astype(case.dtype)
        return ask("own_same", x=x, w=w, function=function, stride=1)

    def literal(y, r):
        return same_shape(y, (r.W,), label="as many outputs as the input has numbers", source="the lecture, as worded")

    def instead(y, r):
        return same_shape(
            y, (max(r.W, r.k),), label="as many as the longer has", source="NumPy's documentation: max(M, N)"
        )

    rows = sorted((Row(w, k) for w in range(1, 6) for k in range(1, 6)), key=lambda r: (r.W * r.k, r))
    yield from smallest(rows, build, literal, instead=instead, order="by W·k")
    y = yield build(Row(2, 4), "np.correlate")
    yield instead(y, Row(2, 4))
