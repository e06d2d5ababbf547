"""The lecture's section “Conv2d operation in PyTorch”: each kernel is a 3-tensor and makes one channel."""

from typing import NamedTuple

import numpy as np

from ....reference.libraries import FRAMEWORKS
from ...language import Wrong, ask, claim, fact, happens, same_bits, smallest
from ..shared.exact import LITERAL
from ..shared.geometry import Geometry, exact_layer, layer
from ..shared.layouts import reshape, transpose
from .cost.networks import convolution
from .own_layers import OWN_LAYER, in_nchw, own_layout, own_order, the_other_order


def without(a, *index):
    """A copy with zeros there."""
    copy = a.copy()
    copy[index] = 0
    return copy


def its_own(kernel, kernels):
    return kernel


def the_next(kernel, kernels):
    return (kernel + 1) % kernels


def every_channel(kernel, kernels):
    return slice(None)


kernels = claim(
    "conv_layer.kernels",
    """
    A kernel is a 3-tensor Cin × ky × kx: the channel it makes is the sum of what its Cin planes make of the Cin
    channels. Without a bias, a kernel set to zero makes exactly its own channel of the output zero and leaves the
    others as they were, and a kernel alone makes its channel alone. The frameworks keep the kernels as (Cout, Cin,
    ky, kx) in PyTorch and (ky, kx, Cin, Cout) in TensorFlow; taken to that order, put into the framework's own layer
    and read back, no bit is lost.

    Instead: Each kernel is a 3-tensor {Cin × k_y × k_x|the lecture's order of the axes}, {with groups Cin ÷ groups ×
    k_y × k_x|groups}, and makes one channel of the output.

    Scope: two dimensions, one group, no bias; strides, dilations and paddings too; torch.nn.Conv2d,
    keras.layers.Conv2D

    Pictures: channels

    Sources:
    - PyTorch's documentation of Conv2d
    - TensorFlow's documentation of tf.nn.conv2d
    """,
    kind="exact",
    expected="verified",
    about=("torch", "tensorflow"),
    premises=("convolution.libraries_correlate", "tensors.layouts"),
)


def kernels_shared(lib, x, w, b, **settings):
    """The first kernel makes every channel of the output."""
    return lib.cross_correlation2d(x, np.repeat(w[:1], len(w), axis=0), b, **settings)


def planes_shared(lib, x, w, b, **settings):
    """A kernel is one plane k_y × k_x, the same for every channel of the image: a 2-tensor."""
    return lib.cross_correlation2d(x, np.repeat(w[:, :1], w.shape[1], axis=1), b, **settings)


def kernels_reversed(lib, x, w, b, **settings):
    """The last kernel makes the first channel of the output."""
    return lib.cross_correlation2d(x, np.ascontiguousarray(w[::-1]), b, **settings)


GEOMETRIES = {
    "plain": Geometry(5, 4, 3, 2, N=3, Cin=3, Cout=4),
    "as many kernels as channels": Geometry(3, 3, 2, 2, N=3, Cin=2, Cout=2),
    "stride, padding, dilation": Geometry(6, 5, 2, 3, sy=2, dx=2, top=1, bottom=2, right=2, N=3, Cin=3, Cout=4),
}


@kernels.each(
    {name: {"geometry": geometry} for name, geometry in GEOMETRIES.items()},
    wrongs={
        "the kernel makes the next channel": {"makes": the_next},
        "a kernel makes every channel": {"makes": every_channel},
        "kernels shared across channels": Wrong(operations={"cross_correlation2d": kernels_shared}),
        "a kernel is a 2-tensor": Wrong(operations={"cross_correlation2d": planes_shared}),
        "kernels in reverse order": Wrong(operations={"cross_correlation2d": kernels_reversed}),
    },
)
def each_kernel_makes_a_channel(case, *, makes=its_own):
    (x, w), settings = case.geometry.arrays(case.integers), case.geometry.settings
    out, channels = range(w.shape[0]), range(w.shape[1])
    y, *zeroed = yield [layer(x, w, **settings), *[layer(x, without(w, o), **settings) for o in out]]
    alone = yield [layer(x, w[[o]], **settings) for o in out]
    planes = yield [layer(x[:, [c]], w[[o]][:, [c]], **settings) for o in out for c in channels]
    wanted = exact_layer(x, w, **settings)
    yield same_bits(y, wanted, label="the output", source=LITERAL)
    for o in out:
        made = makes(o, len(out))
        label = f"kernel {o} zero: its channel is zero, the others are as they were"
        yield same_bits(zeroed[o], without(wanted, slice(None), made), label=label, source=LITERAL)
        channel = alone[o].then(lambda one: one[:, 0])
        yield same_bits(channel, wanted[:, made], label=f"kernel {o} alone makes its channel", source=LITERAL)
        own = planes[o * len(channels) : (o + 1) * len(channels)]
        total = own[0].then(lambda _, own=own: np.sum([plane.value for plane in own], axis=0)[:, 0])
        yield same_bits(total, wanted[:, o], label=f"kernel {o}: what its planes make, added", source=LITERAL)


@kernels.case(
    "the weight's order",
    wrongs={
        "the other library's order of the weight": Wrong(says={"order": the_other_order}, needs=("layer_parameters",))
    },
)
def order_of_the_weight(case, *, order=own_order):
    sizes = dict(zip("OIHW", (4, 3, 5, 2), strict=True))
    report = yield ask("layer_parameters", layer=convolution(3, 4, 0, bias=False) | {"kernel": (5, 2)})
    yield fact(
        report.part("shapes").then(lambda shapes: list(shapes.values())),
        [tuple(sizes[axis] for axis in order(case.backend))],
        label="the layer's weights",
        source="the library's documentation",
    )


@kernels.case(
    "round trip",
    wrongs={"reshape in place of transpose": Wrong(says={"to_library": reshape}, backends=("tensorflow",))},
)
def round_trip(case, *, to_library=transpose):
    """OIHW → the library's order → its own layer → read back → OIHW."""
    x, w = case.integers("x", (2, 3, 5, 4)), case.integers("w", (4, 3, 3, 2))
    image, kernel = transpose(x, "NCHW", own_layout(case.backend)), to_library(w, "OIHW", own_order(case.backend))
    made = yield ask("own_conv_layer", x=image, w=kernel, **OWN_LAYER)
    back = made.part("kernel").then(lambda kernel: transpose(kernel, own_order(case.backend), "OIHW"))
    yield same_bits(back, w, label="the kernels, there and back", source="the kernels themselves")
    y = in_nchw(made, case.backend)
    yield same_bits(y, exact_layer(x, w), label="what the layer makes with them", source=LITERAL)


class Plane(NamedTuple):
    """Height and width of a kernel."""

    ky: int
    kx: int


@kernels.limit("the lecture's order of the axes", backends=FRAMEWORKS, dtypes=("float32",), as_worded=True)
def _(case):
    """The lecture writes a kernel's width first and its channels last. PyTorch keeps a kernel as Cin × ky × kx,
    TensorFlow as ky × kx × Cin: the height before the width in both. The smallest kernel that tells is of one row and
    two columns.
    """
    planes = sorted((Plane(ky, kx) for ky in range(1, 5) for kx in range(1, 5)), key=lambda p: p.ky * p.kx)
    order = own_order(case.backend)

    def build(p):
        return ask("layer_parameters", layer=convolution(1, 1, 0, bias=False) | {"kernel": tuple(p)})

    def shape(report):
        """Of one kernel: the weight without the axis of its Cout kernels."""
        sizes = report.part("shapes").then(lambda shapes: next(iter(shapes.values())))
        return sizes.then(lambda s: tuple(n for n, axis in zip(s, order, strict=True) if axis != "O"))

    def literal(report, p):
        return fact(shape(report), (p.kx, p.ky, 1), label="kx × ky × Cin", source="the lecture, as worded")

    def instead(report, p):
        sizes = {"H": p.ky, "W": p.kx, "I": 1}
        wanted = tuple(sizes[axis] for axis in order if axis != "O")
        own = " × ".join({"H": "ky", "W": "kx", "I": "Cin"}[axis] for axis in order if axis != "O")
        return fact(shape(report), wanted, label=own, source="the library's documentation")

    yield from smallest(planes, build, literal, instead=instead, order="by the number of taps; one channel")


class Bias(NamedTuple):
    """The number added to a channel."""

    b: int


@kernels.limit("with a bias")
def _(case):
    """With a bias b a kernel of zeros does not make its channel zero: it makes every output of it b."""
    x, w = case.integers("x", (1, 1, 2, 2)), np.zeros((1, 1, 1, 1), case.dtype)

    def literal(y, p):
        zeros = np.zeros(x.shape, case.dtype)
        return same_bits(y, zeros, label="the channel is zero", source="the sentence without “without bias”")

    def instead(y, p):
        return same_bits(y, np.full(x.shape, p.b, case.dtype), label="the channel is b", source="0 + b")

    yield from smallest(
        [Bias(b) for b in range(4)],
        lambda p: layer(x, w, np.full(1, p.b, case.dtype)),
        literal,
        instead=instead,
        order="by b; one kernel of one tap, zero",
    )


SEEN = "channels that the first kernel sees"


class Grouped(NamedTuple):
    """As many kernels as channels, in groups."""

    Cin: int
    groups: int


@kernels.limit("groups")
def _(case):
    """With groups a kernel is not k_x × k_y × Cin: it has, and sees, the Cin ÷ groups channels of its group only.
    With a group for each channel (depthwise) a kernel is a plane.
    """
    points = [Grouped(cin, g) for cin in range(1, 7) for g in range(1, cin + 1) if cin % g == 0]

    def build(p):
        """The output for an image of ones, and for the same with each channel zero in turn."""
        x, w = np.ones((1, p.Cin, 1, 1), case.dtype), np.ones((p.Cin, p.Cin // p.groups, 1, 1), case.dtype)
        return [layer(image, w, groups=p.groups) for image in (x, *[without(x, 0, c) for c in range(p.Cin)])]

    def seen(answers):
        whole, *less = answers
        return whole.then(lambda y: [c for c, one in enumerate(less) if one.value[0, 0, 0, 0] != y[0, 0, 0, 0]])

    def literal(answers, p):
        return fact(seen(answers), list(range(p.Cin)), label=SEEN, source="the lecture: k_x × k_y × Cin")

    def instead(answers, p):
        return fact(seen(answers), list(range(p.Cin // p.groups)), label=SEEN, source="the first Cin ÷ groups")

    yield from smallest(points, build, literal, instead=instead, order="by Cin = Cout, then by groups")


class Depthwise(NamedTuple):
    """Channels, and kernels for each."""

    Cin: int
    multiplier: int


@kernels.limit("depthwise layers", backends=FRAMEWORKS)
def _(case):
    """The frameworks' depthwise layers keep their weight otherwise: PyTorch (Cin·m, 1, ky, kx), Keras (ky, kx, Cin,
    m), not in terms of Cout = Cin·m. Channel c·m + j of the output is made by kernel j of channel c.
    """
    order, kernel_order = own_layout(case.backend), own_order(case.backend)
    points = [Depthwise(cin, m) for cin in range(1, 5) for m in range(1, 5)]

    def build(p):
        x, w = case.integers("x", (1, p.Cin, 3, 4)), case.integers("w", (p.Cin, p.multiplier, 2, 3))
        return ask("own_depthwise_layer", x=transpose(x, "NCHW", order), w=w)

    def weight(y):
        return y.part("kernel").then(lambda kernel: tuple(kernel.shape))

    def literal(y, p):
        sizes = dict(zip("OIHW", (p.Cin * p.multiplier, p.Cin, 2, 3), strict=True))
        wanted = tuple(sizes[a] for a in kernel_order)
        return fact(weight(y), wanted, label="the layer's weight", source="Cout kernels of Cin × ky × kx")

    def instead(y, p):
        own = {"torch": (p.Cin * p.multiplier, 1, 2, 3), "tensorflow": (2, 3, p.Cin, p.multiplier)}[case.backend]
        return fact(weight(y), own, label="the layer's weight", source="the library's documentation")

    yield from smallest(points, build, literal, instead=instead, order="by Cin, then by the multiplier")
    two = Depthwise(2, 2)
    x, w = case.integers("x", (1, 2, 3, 4)), case.integers("w", (2, 2, 2, 3))
    y = in_nchw((yield build(two)), case.backend)
    wanted = exact_layer(x, w.reshape(4, 1, 2, 3), groups=2)
    yield same_bits(y, wanted, label="Cin = m = 2: channel c·m + j", source=LITERAL)


class Kernel(NamedTuple):
    """Channels of the image, and channels of a kernel."""

    Cin: int
    planes: int


@kernels.limit("a kernel with fewer channels in TensorFlow", backends=("tensorflow",))
def _(case):
    """TensorFlow takes the number of groups from the kernel's shape: a kernel with fewer planes than the image has
    channels is not refused, as it is in PyTorch, but taken for a layer of Cin ÷ planes groups, if that is a whole
    number.
    """
    points = [Kernel(cin, planes) for cin in range(1, 5) for planes in range(1, cin + 1)]

    def arrays(p):
        return case.integers("x", (1, p.Cin, 2, 2)), case.integers("w", (p.Cin, p.planes, 1, 1))

    def literal(y, p):
        wanted = "value" if p.planes == p.Cin else "raised"
        label = "kernels of Cin planes are taken, others refused"
        return happens(y, wanted, label=label, source="the lecture: k_x × k_y × Cin")

    def instead(y, p):
        grouped = exact_layer(*arrays(p), groups=p.Cin // p.planes)
        return same_bits(y, grouped, label="the layer with groups", source=LITERAL)

    yield from smallest(
        points,
        lambda p: layer(*arrays(p)),
        literal,
        instead=instead,
        order="by Cin = Cout, then by planes; groups = 1 asked for",
    )
