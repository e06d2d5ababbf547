"""The lecture's section “Channels and batching for images”: which axis is which.

PyTorch: [N, C, H, W].  TensorFlow: [N, H, W, C].
"""

import inspect
import itertools
import json
import math
import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Wrong, ask, claim, fact, happens, same_bits, smallest, within
from ..shared.geometry import exact_layer
from ..shared.layouts import KERNELS, LAYOUTS, reshape, transpose

LITERAL = "the literal sum in Python integers, on the array with its axes named"


def left_alone(x, axes, to):
    return x


def lecture_says(backend):
    return LAYOUTS[backend]


def the_other(backend):
    return {"NCHW": "NHWC", "NHWC": "NCHW"}[LAYOUTS[backend]]


def exchange_height_and_width(x, axes, to):
    return transpose(x, axes, to.translate(str.maketrans("HW", "WH")))


layouts = claim(
    "tensors.layouts",
    """
    Given arrays as they are and no layout argument, the axis that PyTorch contracts with the kernel is the second,
    that TensorFlow contracts is the last; the spatial axes follow in the order height, width. Transposing between the
    layouts is lossless and convolution, max pooling and batch norm commute with it.

    Instead: By default, PyTorch: [N, C, H, W]. TensorFlow: [N, H, W, C]. ({Of the axes, not of the order in memory|the
    order in memory is another matter}.)

    Scope: the libraries' default layout of the axes, not the order in memory; float32 and float64

    Pictures: layouts
    """,
    kind="convention",
    expected="verified",
    about=("torch", "tensorflow"),
    premises=("convolution.libraries_correlate",),
)


EVERYWHERE = {
    "reshape in place of transpose": Wrong(
        says={"to_library": reshape, "kernel_to_library": reshape}, backends=("tensorflow",)
    ),
    "height and width exchanged on square images": {"to_library": exchange_height_and_width},
}
"""A library whose layout is the one used here has nothing to transpose, and so nothing to get wrong."""


@layouts.case(
    "four distinct sizes",
    sizes=(2, 3, 5, 7),
    kernel=(4, 3, 2, 3),
    wrongs={"the other library's layout": {"layout": the_other}, **EVERYWHERE},
)
def contraction(case, *, layout=lecture_says, to_library=transpose, kernel_to_library=transpose):
    if case.backend not in LAYOUTS:
        yield from own_convolution()
        return
    order = layout(case.backend)
    axis = yield from contracted(case)
    yield fact(axis, order.index("C"), label="axis contracted with the kernel", source="the lecture")
    yield from commuting(case, order, to_library, kernel_to_library)


@layouts.case("square image", sizes=(2, 3, 6, 6), kernel=(4, 3, 2, 3), wrongs=EVERYWHERE)
@layouts.case(
    "all axes alike",
    sizes=(4, 4, 4, 4),
    kernel=(4, 4, 4, 4),
    wrongs={
        "only the weights transposed": Wrong(says={"to_library": left_alone}, backends=("tensorflow",)),
        "only the input transposed": Wrong(says={"kernel_to_library": left_alone}, backends=("tensorflow",)),
        **EVERYWHERE,
    },
)
def transposition(case, *, to_library=transpose, kernel_to_library=transpose):
    if case.backend not in LAYOUTS:
        yield from own_convolution()
        return
    yield from commuting(case, lecture_says(case.backend), to_library, kernel_to_library)


def own_convolution():
    """Whether a library of which the lecture says nothing has a convolution of its own."""
    y = yield ask("raw_convolution2d", x=np.ones((1, 1, 2, 2)), w=np.ones((1, 1, 1, 1)), layout="default")
    yield happens(y, "value", label="a convolution of its own", source="")


def contracted(case):
    """Which axis of the image a library contracts with the kernel: the one whose size the kernel's channel axis must have."""
    x = case.integers("x", case.sizes)
    accepted = []
    for axis in (1, 2, 3):
        kernel = (2, x.shape[axis], 1, 1) if LAYOUTS[case.backend] == "NCHW" else (1, 1, x.shape[axis], 2)
        y = yield ask("raw_convolution2d", x=x, w=np.ones(kernel, case.dtype), layout="default")
        if y.kind == "value" and np.array_equal(y.value.sum(), 2 * x.sum()):  # every number was summed, by two kernels
            accepted.append(axis)
    return accepted[0] if len(accepted) == 1 else accepted


def commuting(case, order, to_library, kernel_to_library):
    """To the library's layout, through an operation and back is the operation itself; through the identity, nothing at all."""
    x, w = case.integers("x", case.sizes), case.integers("w", case.kernel)
    raw, raw_kernel = to_library(x, "NCHW", order), kernel_to_library(w, "OIHW", KERNELS[order])

    def back(y):
        return y.then(lambda a: transpose(a, order, "NCHW"))

    y = yield ask("raw_convolution2d", x=raw, w=raw_kernel, layout="default")
    wanted = exact_layer(x, w)
    yield same_bits(back(y), wanted, label="convolution commutes with the transposition", source=LITERAL)

    channels = np.eye(x.shape[1], dtype=case.dtype).reshape(x.shape[1], x.shape[1], 1, 1)
    y = yield ask("raw_convolution2d", x=raw, w=kernel_to_library(channels, "OIHW", KERNELS[order]), layout="default")
    label = "there, through a 1 × 1 identity, and back: nothing is lost"
    yield same_bits(back(y), x, label=label, source="the image itself")

    y = yield ask("raw_max_pooling2d", x=raw, window=(2, 3), stride=(1, 2), layout="default")
    pooled = oracle.max_pooling2d(x, window=(2, 3), stride=(1, 2), padding=((0, 0), (0, 0))).astype(case.dtype)
    yield same_bits(back(y), pooled, label="max pooling commutes with it", source="the largest of each window")

    statistics, epsilon = batch_norm_inputs(case, x.shape[1]), 1e-3
    y = yield ask("raw_batch_norm_inference", x=raw, **statistics, epsilon=epsilon, layout="default")
    gamma, beta, mean, variance = statistics.values()
    exact = oracle.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon)
    bound = bounds.batch_norm_inference(x, gamma, beta, mean, variance, case.dtype, epsilon=epsilon)
    source = "the formula in double-double, rounded once"
    yield within(back(y), exact, bound, label="batch norm commutes with it", source=source)


def batch_norm_inputs(case, channels):
    gamma, beta, mean = (case.reals(name, (channels,)) for name in ("gamma", "beta", "mean"))
    return {"gamma": gamma, "beta": beta, "mean": mean, "variance": 1 + case.reals("spread", (channels,)) ** 2}


class Sizes(NamedTuple):
    """The sizes of the axes of a minibatch."""

    N: int
    C: int
    H: int
    W: int


@layouts.limit("the order in memory is another matter", backends=("torch",))
def _(case):
    """PyTorch's channels_last tensor has the sizes [N, C, H, W] and the strides of [N, H, W, C]: the layout of the
    axes does not tell the order in memory.
    """
    sizes = sorted((Sizes._make(s) for s in itertools.product((1, 2, 3), repeat=4)), key=lambda s: (math.prod(s), s))

    def literal(order, s):
        wanted = (s.C * s.H * s.W, s.H * s.W, s.W, 1)
        return fact(order.part(1), wanted, label="strides of [N, C, H, W]", source="row-major order")

    def instead(order, s):
        wanted = ((s.N, s.C, s.H, s.W), (s.H * s.W * s.C, 1, s.W * s.C, s.C))
        label = "sizes of [N, C, H, W], strides of [N, H, W, C]"
        return fact(order, wanted, label=label, source="row-major order of the other layout")

    yield from smallest(
        sizes,
        lambda s: ask("memory_order", x=np.zeros(s, case.dtype), layout="NHWC"),
        literal,
        instead=instead,
        order="by the number of values",
    )


REFUSALS = {
    "raw_convolution2d": "only supports the NHWC tensor format on the CPU",
    "raw_max_pooling2d": "only supports NHWC on device type CPU",
}
"""In what words TensorFlow refuses a layout; any other error is no such refusal."""


class Kernel(NamedTuple):
    """Which of TensorFlow's kernels is asked for: an operation, in a format, in a layout."""

    operation: str
    dtype: str
    layout: str


@layouts.limit(
    "TensorFlow's kernels for the processor refuse [N, C, H, W] in float64",
    backends=("tensorflow",),
    dtypes=("float64",),
)
def _(case):
    """A layout cannot be chosen freely: on the processor TensorFlow's convolution and max pooling refuse NCHW in
    float64, where in float32 oneDNN's kernels accept it.
    """
    onednn = (yield ask(has_onednn)).value
    for name in REFUSALS:
        kernels = [Kernel(name, dtype, layout) for dtype in ("float32", "float64") for layout in ("NHWC", "NCHW")]
        kernels = [k for k in kernels if onednn or k.dtype == "float64"]  # without it, float32 is the next limit's
        yield from smallest(
            kernels,
            lambda k: ask(k.operation, layout=k.layout, **asked_in(k.layout, k.dtype)[k.operation]),
            accepted,
            instead=refused,
            order="float32 before float64, NHWC before NCHW",
        )


def accepted(y, k):
    return happens(y, "value", label=f"{k.operation} in {k.layout}, {k.dtype}", source="any layout can be chosen")


def refused(y, k):
    return happens(y, "raised", label=f"{k.operation} is refused", source="observed", error=REFUSALS[k.operation])


def asked_in(layout, dtype):
    """A smallest image in a layout, and what each operation needs besides."""
    x = np.ones((1, 1, 3, 3) if layout == "NCHW" else (1, 3, 3, 1), dtype)
    w = np.ones((2, 2, 1, 1), dtype)
    return {"raw_convolution2d": {"x": x, "w": w}, "raw_max_pooling2d": {"x": x, "window": (2, 2), "stride": (1, 1)}}


def has_onednn(lib):
    """Runs in the worker: whether this build of the library computes with oneDNN."""
    return bool(lib.environment()["build"]["oneDNN"])


@layouts.limit(
    "TensorFlow's kernels for the processor refuse [N, C, H, W] without oneDNN",
    backends=("tensorflow",),
    dtypes=("float32",),
)
def _(case):
    """Without oneDNN (TF_ENABLE_ONEDNN_OPTS=0, or a build without it) TensorFlow's convolution and max pooling refuse
    NCHW in float32 too; tried in a process of its own, for the switch is read when TensorFlow is imported.
    """

    def literal(errors, k):
        error = errors.part(f"{k.operation} {k.layout}")
        happened = error.then(lambda e: "raised" if e else "value")
        label = f"{k.operation} in {k.layout}, {k.dtype}, oneDNN off"
        return fact(happened, "value", label=label, source="any layout can be chosen", note=error.value)

    def instead(errors, k):
        error = errors.part(f"{k.operation} {k.layout}")
        refused = error.then(lambda e: REFUSALS[k.operation] in e)
        return fact(refused, True, label=f"{k.operation} is refused", source="observed", note=error.value)

    for name in REFUSALS:
        kernels = [Kernel(name, "float32", layout) for layout in ("NHWC", "NCHW")]
        yield from smallest(
            kernels, lambda k: ask(tried_without_onednn), literal, instead=instead, order="NHWC before NCHW"
        )


def tried_without_onednn(lib):
    """Runs in the worker: a fresh process with oneDNN off; operation and layout → the first line of its error, '' if there is none."""
    script = inspect.cleandoc(
        f"""
        import json
        import {lib.__name__} as lib
        from {__name__} import asked_in
        lib.configure()
        errors = {{}}
        for layout in ("NHWC", "NCHW"):
            for name, more in asked_in(layout, "float32").items():
                try:
                    errors[f"{{name}} {{layout}}"] = str(getattr(lib, name)(layout=layout, **more).shape) and ""
                except Exception as error:
                    errors[f"{{name}} {{layout}}"] = " ".join(str(error).split())[:400]
        print(json.dumps(errors))
        """
    )
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=120, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


class Image(NamedTuple):
    """The sizes of one image."""

    C: int
    H: int
    W: int


@layouts.limit("flattening makes different vectors", backends=("torch", "tensorflow", "numpy"))
def _(case):
    """Flattened, the two layouts give the same numbers in another order, so a fully connected layer after a
    convolution needs its columns permuted when a model moves between the libraries.
    """
    images = sorted((Image._make(s) for s in itertools.product((1, 2, 3), repeat=3)), key=lambda i: (math.prod(i), i))

    def drawn(i):
        """(flattened here, flattened there, weights, the place of each column there): 1, 2, 3, … and squares."""
        x = np.arange(1, 1 + math.prod(i), dtype=case.dtype).reshape(1, *i)
        columns = transpose(np.arange(math.prod(i)).reshape(1, *i), "NCHW", "NHWC").ravel()
        return x.reshape(1, -1), transpose(x, "NCHW", "NHWC").reshape(1, -1), x.reshape(1, -1) ** 2, columns

    def build(i):
        _, there, w, columns = drawn(i)
        permuted = np.ascontiguousarray(w[:, columns])
        return [ask("fully_connected", x=there, w=weights, b=None) for weights in (w, permuted)]

    def judge(y, i, label):
        here, _, w, _ = drawn(i)
        return same_bits(y, oracle.fully_connected(here, w, None).astype(case.dtype), label=label, source=LITERAL)

    yield from smallest(
        images,
        build,
        lambda ys, i: judge(ys[0], i, "the same weights after the other flattening"),
        instead=lambda ys, i: judge(ys[1], i, "with the columns permuted"),
        order="by C·H·W",
    )
