"""The lecture's section “Conv2d operation in PyTorch”: [N, Cin, H, W] → [N, Cout, Hout, Wout]."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, happens, same_bits, same_shape, smallest, sweep
from ..convolution.flipping import LITERAL, must_be_exact
from ..shared import mutants
from ..tensors.layouts import KERNELS, LAYOUTS, transpose

FORMULA = "⌊(H + before + after − d(k − 1) − 1)/s⌋ + 1 on each axis"


def length(n: int, k: int, s: int, d: int, before: int, after: int) -> int:
    """⌊(n + before + after − d(k − 1) − 1)/s⌋ + 1, from a size to the size of the output; below 1 where no window fits."""
    return (n + before + after - d * (k - 1) - 1) // s + 1


class Geometry(NamedTuple):
    """Images, channels, groups, and by axis: size, kernel, stride, dilation, padding on each side."""

    N: int
    Cin: int
    Cout: int
    groups: int
    H: int
    W: int
    ky: int
    kx: int
    sy: int
    sx: int
    dy: int
    dx: int
    top: int
    bottom: int
    left: int
    right: int

    def settings(self) -> dict:
        padding = ((self.top, self.bottom), (self.left, self.right))
        return {"stride": (self.sy, self.sx), "padding": padding, "dilation": (self.dy, self.dx), "groups": self.groups}

    def out(self, of: Callable[..., int]) -> tuple[int, int]:
        return (
            of(self.H, self.ky, self.sy, self.dy, self.top, self.bottom),
            of(self.W, self.kx, self.sx, self.dx, self.left, self.right),
        )


@functools.cache
def every_setting(every: int = 17) -> list[Geometry]:
    """Batches, channels and groups up to 3, with each combination of strides, dilations and uneven paddings; small first."""
    several = (1, 2, 3)
    sizes, kernels = ((3, 5), (5, 4)), ((1, 2), (3, 2), (2, 1))
    strides, dilations, paddings = ((1, 1), (2, 1), (1, 3)), ((1, 1), (1, 2), (2, 1)), ((0, 0, 0, 0), (0, 1, 2, 0))
    points = [
        Geometry(n, g * cin, g * cout, g, *hw, *k, *s, *d, *p)
        for n, g, cin, cout, hw, k, s, d, p in itertools.product(
            several, several, (1, 2), several, sizes, kernels, strides, dilations, paddings
        )
    ]
    fitting = [p for p in points if min(p.out(length)) > 0]
    return sorted(fitting, key=lambda p: p.N * p.Cin * p.Cout * p.H * p.W)[::every]


@functools.lru_cache(maxsize=4096)
def request(dtype: str, g: Geometry, design: str) -> Call:
    x = np.ones((g.N, g.Cin, g.H, g.W), dtype)
    w = np.ones((g.Cout, g.Cin // g.groups, g.ky, g.kx), dtype)
    return ask("cross_correlation2d", x=x, w=w, b=None, **g.settings())


OWN = {
    "own layer": {},
    "own layer, stride": {"stride": (2, 1)},
    "own layer, padding": {"padding": (1, 2)},
    "own layer, dilation": {"dilation": (1, 2)},
    "own layer, two groups": {"groups": 2},
    "own layer, stride and dilation": {"stride": (2, 1), "dilation": (1, 2)},
}
"""What torch.nn.Conv2d and keras.layers.Conv2D are told beside the plain layer."""
REFUSED = {"own layer, stride and dilation": {"tensorflow": "not supported in conjunction with `dilation_rate > 1`"}}


def four_axes(N: int, Cin: int, Cout: int, groups: int, height: int, width: int) -> tuple[int, ...]:
    return N, Cout, height, width


def channels_kept(N: int, Cin: int, Cout: int, groups: int, height: int, width: int) -> tuple[int, ...]:
    return N, Cin, height, width


def one_for_the_batch(N: int, Cin: int, Cout: int, groups: int, height: int, width: int) -> tuple[int, ...]:
    return 1, Cout, height, width


def cout_by_group(N: int, Cin: int, Cout: int, groups: int, height: int, width: int) -> tuple[int, ...]:
    return N, Cout * groups, height, width


def width_first(N: int, Cin: int, Cout: int, groups: int, height: int, width: int) -> tuple[int, ...]:
    return N, Cout, width, height


def size_kept(n: int, k: int, s: int, d: int, before: int, after: int) -> int:
    return n


def own_layout(backend: str) -> str:
    return LAYOUTS.get(backend, "NCHW")


def the_other_layout(backend: str) -> str:
    return {"NCHW": "NHWC", "NHWC": "NCHW"}[own_layout(backend)]


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


@shapes.each(
    {"every 17th of all settings": {}} | {name: {"told": told} for name, told in OWN.items()},
    wrongs={
        "as many channels as came in": {"output": channels_kept},
        "one output for the whole batch": {"output": one_for_the_batch},
        "Cout channels from each group": Wrong(says={"output": cout_by_group}, cases=("every 17th of all settings",)),
        "Wout before Hout": {"output": width_first},
        "height and width as they were": {"of": size_kept},
        "strides exchanged": Wrong(
            operations={"cross_correlation2d": mutants.stride_axes_exchanged}, cases=("every 17th of all settings",)
        ),
        "the other library's layout": Wrong(
            says={"layout": the_other_layout}, cases=("own layer",), needs=("own_conv_layer",)
        ),
    },
)
def shapes_cases(case: Case, *, output=four_axes, of=length, layout=own_layout):
    if case.name == "every 17th of all settings":

        def judge(y: Outcome, g: Geometry, design: str):
            return same_shape(y, output(g.N, g.Cin, g.Cout, g.groups, *g.out(of)), label="shape", source=FORMULA)

        yield from sweep(
            case,
            every_setting(),
            functools.partial(request, str(case.dtype)),
            judge,
            label="[N, Cin, H, W] → [N, Cout, Hout, Wout]",
            source=FORMULA,
            designs=("ones",),
        )
        return
    told = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1} | case.told
    x, w = case.integers("x", (2, 4, 6, 7)), case.integers("w", (6, 4 // told["groups"], 3, 2))
    order, kernel_order = own_layout(case.backend), KERNELS[own_layout(case.backend)]
    y = yield ask("own_conv_layer", x=transpose(x, "NCHW", order), w=transpose(w, "OIHW", kernel_order), **told)
    if (words := REFUSED.get(case.name, {}).get(case.backend)) is not None:
        yield happens(y, "raised", label=f"refused: {words}", source="the layer's documentation", error=words)
        return
    (py, px), y = told["padding"], y.part("y")
    axes = zip(x.shape[2:], w.shape[2:], told["stride"], told["dilation"], (py, px), strict=True)
    named = dict(zip("NCHW", output(2, 4, 6, told["groups"], *[of(*axis, axis[-1]) for axis in axes]), strict=True))
    wanted = [named[axis] for axis in layout(case.backend)]
    yield same_shape(y, wanted, label="its own shape", source=f"{FORMULA}, in its own layout")
    must_be_exact(x, w)
    wanted = oracle.cross_correlation2d(x, w, None, **told | {"padding": ((py, py), (px, px))}).astype(case.dtype)
    yield same_bits(y, transpose(wanted, "NCHW", order), label="its values", source=LITERAL)


class Leading(NamedTuple):
    """How many axes stand before those of an image."""

    axes: int


@shapes.limit("the batch is not always one axis", backends=("torch", "tensorflow"))
def _(case: Case):
    """PyTorch takes an image without a batch axis, [Cin, H, W] → [Cout, Hout, Wout], and TensorFlow's tf.nn.conv2d
    takes two batch axes: the output has the leading axes that the input had, not one N.
    """
    order = own_layout(case.backend)
    image, kernel = order[1:], KERNELS[order]
    # An image without a batch axis ends TensorFlow's process in float32 (oneDNN, tensorflow issue 111453): it is not asked there.
    points = [Leading(axes) for axes in ((1, 2, 3) if case.backend == "tensorflow" else (0, 1, 2))]
    w = np.ones([dict(zip("OIHW", (3, 2, 2, 1), strict=True))[a] for a in kernel], case.dtype)

    def one(p: Leading) -> Call:
        sizes = [dict(zip("CHW", (2, 4, 3), strict=True))[a] for a in image]
        return ask("raw_convolution2d", x=np.ones((*(5,) * p.axes, *sizes), case.dtype), w=w, layout="default")

    def after(p: Leading) -> list[int]:
        return [dict(zip("CHW", (3, 3, 3), strict=True))[a] for a in image]

    def literal(y: Outcome, p: Leading):
        return same_shape(y, (5, *after(p)), label="the output has one batch axis", source="the lecture, as worded")

    def instead(y: Outcome, p: Leading):
        wanted = (*(5,) * p.axes, *after(p))
        return same_shape(y, wanted, label="it has the input's leading axes", source="the library's documentation")

    yield from smallest(points, one, literal, instead=instead, order="by the number of leading axes")
