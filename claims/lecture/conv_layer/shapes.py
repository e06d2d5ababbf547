"""The lecture's section “Conv2d operation in PyTorch”: [N, Cin, H, W] → [N, Cout, Hout, Wout]."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference.libraries import FRAMEWORKS
from ...language import Wrong, ask, claim, happens, same_bits, same_shape, smallest, sweep
from ..shared.convolution_mutants import STRIDE_AXES_EXCHANGED
from ..shared.exact import LITERAL
from ..shared.geometry import SIZE, Geometry, exact_layer, layer_of_ones, size
from ..shared.layouts import KERNELS
from .own_layers import in_nchw, own_layer, own_layout, the_other_layout


@functools.cache
def every_setting(every=17):
    """Batches, channels and groups up to 3, with each combination of strides, dilations and uneven paddings; small first."""
    several = (1, 2, 3)
    sizes, kernels = ((3, 5), (5, 4)), ((1, 2), (3, 2), (2, 1))
    strides, dilations, paddings = ((1, 1), (2, 1), (1, 3)), ((1, 1), (1, 2), (2, 1)), ((0, 0, 0, 0), (0, 1, 2, 0))
    points = [
        Geometry(*hw, *k, *s, *d, *p, n, g * cin, g * cout, g)
        for n, g, cin, cout, hw, k, s, d, p in itertools.product(
            several, several, (1, 2), several, sizes, kernels, strides, dilations, paddings
        )
    ]
    fitting = [g for g in points if min(map(size, g.axes)) > 0]
    return sorted(fitting, key=lambda g: g.N * g.Cin * g.Cout * g.H * g.W)[::every]


def four_axes(g, height, width):
    return g.N, g.Cout, height, width


def channels_kept(g, height, width):
    return g.N, g.Cin, height, width


def one_for_the_batch(g, height, width):
    return 1, g.Cout, height, width


def cout_by_group(g, height, width):
    return g.N, g.Cout * g.groups, height, width


def width_first(g, height, width):
    return g.N, g.Cout, width, height


def size_kept(a):
    return a.H


shapes = claim(
    "conv_layer.shapes",
    """
    A convolution layer takes [N, Cin, H, W] to [N, Cout, Hout, Wout]: as many images, as many channels as kernels,
    and height and width by ⌊(H + before + after − d(k − 1) − 1)/s⌋ + 1, whatever the batch, channels, groups,
    strides, dilations and paddings. The frameworks' own layer objects do the same in their own layout ([N, H, W, Cin]
    → [N, Hout, Wout, Cout] in Keras), and their values are the literal sums.

    Scope: one image or more, settings for which a window fits; batches and groups up to 3, strides and dilations that
    differ by axis, uneven padding; torch.nn.Conv2d and keras.layers.Conv2D; the latter takes a stride or a dilation
    and refuses both together, as predicted

    Sources:
    - PyTorch's documentation of Conv2d
    - Dumoulin & Visin (2016), relationships 14 and 15
    """,
    kind="exact",
    expected="verified",
    about=("torch", "tensorflow"),
    about_shapes=True,
    premises=("convolution.libraries_correlate", "tensors.layouts", "convolution.output_size"),
)


REFUSING = {"tensorflow": "not supported in conjunction with `dilation_rate > 1`"}
"""Libraries whose own layer takes a stride or a dilation and not both, and in what words it refuses."""
MISTAKES = {
    "as many channels as came in": {"output": channels_kept},
    "one output for the whole batch": {"output": one_for_the_batch},
    "Wout before Hout": {"output": width_first},
    "height and width as they were": {"of": size_kept},
}


@shapes.case(
    "every 17th of all settings",
    wrongs=MISTAKES
    | {"Cout channels from each group": {"output": cout_by_group}, "strides exchanged": STRIDE_AXES_EXCHANGED},
)
def every_setting_of_a_layer(case, *, output=four_axes, of=size):
    def judge(y, g, design):
        return same_shape(y, output(g, *map(of, g.axes)), label="shape", source=SIZE)

    build = functools.partial(layer_of_ones, str(case.dtype))
    label = "[N, Cin, H, W] → [N, Cout, Hout, Wout]"
    yield from sweep(case, every_setting(), build, judge, label=label, source=SIZE, designs=("ones",))


PLAIN = Geometry(6, 7, 3, 2, N=2, Cin=4, Cout=6)


@shapes.each(
    {
        "own layer, stride": {"geometry": PLAIN._replace(sy=2)},
        "own layer, padding": {"geometry": PLAIN._replace(top=1, bottom=1, left=2, right=2)},
        "own layer, dilation": {"geometry": PLAIN._replace(dx=2)},
        "own layer, two groups": {"geometry": PLAIN._replace(groups=2)},
        "own layer, stride and dilation": {"geometry": PLAIN._replace(sy=2, dx=2)},
    },
    wrongs=MISTAKES,
)
@shapes.case(
    "own layer",
    geometry=PLAIN,
    wrongs=MISTAKES
    | {"the other library's layout": Wrong(says={"layout": the_other_layout}, needs=("own_conv_layer",))},
)
def own_layers(case, *, output=four_axes, of=size, layout=own_layout):
    """torch.nn.Conv2d and keras.layers.Conv2D."""
    g = case.geometry
    x, w = g.arrays(case.integers)
    y = yield own_layer(case.backend, x, w, **g.settings | {"padding": (g.top, g.left)})
    if max(g.sy, g.sx) > 1 and max(g.dy, g.dx) > 1 and case.backend in REFUSING:
        words = REFUSING[case.backend]
        yield happens(y, "raised", label=f"refused: {words}", source="the layer's documentation", error=words)
        return
    named = dict(zip("NCHW", output(g, *map(of, g.axes)), strict=True))
    shape = [named[axis] for axis in layout(case.backend)]
    yield same_shape(y.part("y"), shape, label="its own shape", source=f"{SIZE}, in its own layout")
    yield same_bits(in_nchw(y, case.backend), exact_layer(x, w, **g.settings), label="its values", source=LITERAL)


class Leading(NamedTuple):
    """How many axes stand before those of an image."""

    axes: int


@shapes.limit("the batch is not always one axis", backends=FRAMEWORKS)
def _(case):
    """PyTorch takes an image without a batch axis, [Cin, H, W] → [Cout, Hout, Wout], and TensorFlow's tf.nn.conv2d
    takes two batch axes: the output has the leading axes that the input had, not one N.
    """
    order = own_layout(case.backend)
    image, kernel = order[1:], KERNELS[order]
    # An image without a batch axis ends TensorFlow's process in float32 (oneDNN, tensorflow issue 111453): it is not asked there.
    points = [Leading(axes) for axes in ((1, 2, 3) if case.backend == "tensorflow" else (0, 1, 2))]
    w = np.ones([dict(zip("OIHW", (3, 2, 2, 1), strict=True))[a] for a in kernel], case.dtype)

    def one(p):
        sizes = [dict(zip("CHW", (2, 4, 3), strict=True))[a] for a in image]
        return ask("raw_convolution2d", x=np.ones((*(5,) * p.axes, *sizes), case.dtype), w=w, layout="default")

    def after(p):
        return [dict(zip("CHW", (3, 3, 3), strict=True))[a] for a in image]

    def literal(y, p):
        return same_shape(y, (5, *after(p)), label="the output has one batch axis", source="the lecture, as worded")

    def instead(y, p):
        wanted = (*(5,) * p.axes, *after(p))
        return same_shape(y, wanted, label="it has the input's leading axes", source="the library's documentation")

    yield from smallest(points, one, literal, instead=instead, order="by the number of leading axes")
