"""“Fewer parameters than fully connected layers”: how many fewer, and where there are none fewer."""

import itertools
from fractions import Fraction

import numpy as np

from .....reference import oracle
from ....language import Wrong, ask, claim, fact, same_bits, smallest
from ...shared.exact import must_be_exact
from ...shared.geometry import FORMULA, LITERAL_SUM, layer
from .counting import SAID, WEAKENED, Narrow, Sizes, both, by_area, fewer, no_more, ones, squares, times


def convolution(g, bias=False):
    layer = {"kind": "convolution", "channels_in": g.Cin, "channels_out": g.Cout, "kernel": (g.k, g.k), "groups": 1}
    return ask("layer_parameters", layer=layer | {"bias": bias})


def fully_connected(inputs, outputs, bias=False):
    layer = {"kind": "fully_connected", "features_in": inputs, "features_out": outputs, "bias": bias}
    return ask("layer_parameters", layer=layer)


def learned(report):
    return report["learned"]


# --- “fewer parameters than fully connected layers” ---------------------------------------------------------------------


def every_number(shape):
    """As many outputs as the convolution has: channels, rows and columns."""
    return int(np.prod(shape[1:]))


def one_a_channel(shape):
    """The mistake of comparing with a fully connected layer that has one output for each channel only."""
    return shape[1]


def kernel_area(k):
    return k * k


def kernel_side(k):
    """The mistake of k for k²."""
    return k


IMAGES = ((3, 3), (4, 4), (6, 6), (12, 12), (4, 9))


def layers(*kernels):
    each = itertools.product(kernels, ((1, 1, False), (2, 3, False), (2, 3, True)))
    return {
        f"k = {k}, {cin} → {cout} channels{', with biases' if bias else ''}": {
            "k": k,
            "channels": (cin, cout),
            "bias": bias,
        }
        for k, (cin, cout, bias) in each
    }


def kernel_not_shared(lib, layer):
    """A locally connected layer of four places: a kernel of its own for each."""
    report = lib.layer_parameters(layer)
    return report | {"learned": 4 * report["learned"]} if layer["kind"] == "convolution" else report


MISTAKES = {
    "compared at unequal shapes": {"features": one_a_channel},
    "a kernel of its own at each place": Wrong(operations={"layer_parameters": kernel_not_shared}),
}


fewer_parameters = claim(
    "conv_layer.fewer_parameters",
    """
    A convolution without padding whose kernel is smaller than the image has fewer parameters than the fully connected
    layer between the same input and the same output: without biases H·W·Hout·Wout ÷ k² times fewer, whatever the
    numbers of channels.

    Instead: Fewer parameters than the fully connected layer {between the same input and output|a fully connected layer
    with fewer outputs}, where {the kernel is smaller than the image|a kernel that covers the whole image}

    Scope: stride 1, no padding, one group, k × k smaller than H × W; counts that the libraries' own layers report;
    the fully connected layer has as many outputs as the library's convolution returns numbers

    Pictures: sparse matrix

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2
    """,
    kind="exact",
    expected="verified",
    dtypes=(None,),
    about=("torch", "tensorflow"),
    premises=("conv_layer.parameter_count", "convolution.output_size"),
)


@fewer_parameters.each(layers(2, 3), wrongs=MISTAKES | {"k for k²": {"taps": kernel_side}})
@fewer_parameters.each(layers(1), wrongs=MISTAKES)
def parameters_of_both(case, *, features=every_number, taps=kernel_area):
    sizes = [Sizes(H, W, case.k, 0, *case.channels) for H, W in IMAGES if case.k < max(H, W)]
    images = yield [ones(g, case.dtype) for g in sizes]
    few = yield [convolution(g, case.bias) for g in sizes]
    many = yield [
        fully_connected(g.inputs, features(y.value.shape), case.bias) for g, y in zip(sizes, images, strict=True)
    ]
    for g, *answer in zip(sizes, few, many, strict=True):
        ratio = Fraction(g.H * g.W * g.places, taps(g.k))
        if case.bias:  # I·O + O against k²·Cin·Cout + Cout
            ratio = Fraction(g.outputs * (g.inputs + 1), g.Cout * (taps(g.k) * g.Cin + 1))
        at, counted = f"{g.H} × {g.W} image", both(answer, learned)
        yield fact(counted.then(times), str(ratio), label=f"{at}: fully connected ÷ convolution", source=FORMULA)
        yield fact(counted.then(fewer), True, label=f"{at}: fewer", source=FORMULA)


def equivalent(g):
    """The parameters of the convolution, and of the fully connected layer between the same input and output."""
    s = Sizes(*g)
    return [convolution(s), fully_connected(s.inputs, s.outputs)]


@fewer_parameters.limit("a kernel that covers the whole image")
def _(case):
    """A kernel as large as the image, without padding, has as many parameters as the fully connected layer, for it is
    that layer: from one pixel and a 1 × 1 kernel on. The fully connected layer with its numbers in a row gives the
    same numbers.
    """

    def literal(answer, g):
        return fact(both(answer, learned).then(fewer), True, label="fewer parameters", source=SAID)

    def instead(answer, g):
        return fact(both(answer, learned), (g.k**2, g.k**2), label="as many parameters", source=FORMULA)

    yield from smallest(by_area(4), equivalent, literal, instead=instead, order="by H·W, then by k, p = 0")
    x, w = case.integers("x", (2, 3, 2, 2)), case.integers("w", (4, 3, 2, 2))
    must_be_exact(x, w)
    y, z = yield [layer(x, w), ask("fully_connected", x=x.reshape(2, 12), w=w.reshape(4, 12), b=None)]
    exact = oracle.fully_connected(x.reshape(2, 12), w.reshape(4, 12), None).astype(case.dtype)
    label = "a 2 × 2 kernel on 2 × 2 pixels: the convolution is the fully connected layer"
    yield same_bits(y, exact.reshape(2, 4, 1, 1), label=label, source=LITERAL_SUM)
    yield same_bits(z, exact, label="the fully connected layer itself", source=LITERAL_SUM)


@fewer_parameters.limit("padding lets the kernel exceed the image")
def _(case):
    """With padding a kernel may be larger than the image, and then it has more parameters than the fully connected
    layer: a 3 × 3 kernel with one zero on each side of a single pixel, nine against one.
    """

    def literal(answer, g):
        return fact(both(answer, learned).then(no_more), True, label="no more parameters", source=WEAKENED)

    def instead(answer, g):
        wanted = (g.k**2, Sizes(*g).inputs * Sizes(*g).outputs)
        return fact(both(answer, learned), wanted, label="parameters of both", source=FORMULA)

    yield from smallest(squares(4), equivalent, literal, instead=instead, order="by H = W, then by k, then by p")


@fewer_parameters.limit("a fully connected layer with fewer outputs")
def _(case):
    """Against a fully connected layer that gives fewer numbers than the convolution (a classifier's ten classes, say)
    there is no such rule: five 1 × 1 kernels have more parameters than one output of four pixels.
    """
    points = [Narrow(H, k, c, o) for H in (2, 3) for k in range(1, H) for c in range(1, 7) for o in range(1, 5)]

    def build(g):
        return [convolution(Sizes(g.H, g.H, g.k, 0, 1, g.Cout)), fully_connected(g.H**2, g.O)]

    def literal(answer, g):
        return fact(both(answer, learned).then(no_more), True, label="no more parameters", source=WEAKENED)

    def instead(answer, g):
        wanted = (g.k**2 * g.Cout, g.H**2 * g.O)
        return fact(both(answer, learned), wanted, label="parameters of both", source=FORMULA)

    yield from smallest(points, build, literal, instead=instead, order="by H = W, then by k, Cout and O")
