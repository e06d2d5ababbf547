"""The lecture's section “Channels and batching for images”: which axis is which.

PyTorch: [N, C, H, W].  TensorFlow: [N, H, W, C].
"""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Case, Outcome, Wrong, ask, claim, fact, happens, same_bits, smallest, within

LITERAL = "the literal sum in Python integers, on the array with its axes named"
LAYOUTS = {"torch": "NCHW", "tensorflow": "NHWC", "numpy": "NCHW"}
"""What the lecture says; NumPy's is this product's own reference, which says so of itself."""
KERNELS = {"NCHW": "OIHW", "NHWC": "HWIO"}


def transpose(x: np.ndarray, axes: str, to: str) -> np.ndarray:
    """The same numbers under the same names, in another order of axes."""
    return np.ascontiguousarray(x.transpose([axes.index(a) for a in to]))


def reshape(x: np.ndarray, axes: str, to: str) -> np.ndarray:
    """The mistake: the right shape, but the numbers stay where they were in memory."""
    return x.reshape([x.shape[axes.index(a)] for a in to])


def left_alone(x: np.ndarray, axes: str, to: str) -> np.ndarray:
    return x


def lecture_says(backend: str) -> str:
    return LAYOUTS[backend]


def the_other(backend: str) -> str:
    return {"NCHW": "NHWC", "NHWC": "NCHW"}[LAYOUTS[backend]]


def exchange_height_and_width(x: np.ndarray, axes: str, to: str) -> np.ndarray:
    return transpose(x, axes, to.translate(str.maketrans("HW", "WH")))


layouts = claim(
    "tensors.layouts",
    """
    Given arrays as they are and no layout argument, the axis that PyTorch contracts with the kernel is the second,
    that TensorFlow contracts is the last; the spatial axes follow in the order height, width. Transposing between the
    layouts is lossless and convolution, max pooling and batch norm commute with it.

    Scope: the libraries' default layout of the axes, not the order in memory; float32 and float64
    """,
    kind="convention",
    expected="verified",
    about=("torch", "tensorflow"),
    premises=("convolution.libraries_correlate",),
)


@layouts.each(
    {
        "four distinct sizes": {"sizes": (2, 3, 5, 7), "kernel": (4, 3, 2, 3)},
        "all axes alike": {"sizes": (4, 4, 4, 4), "kernel": (4, 4, 4, 4)},
        "square image": {"sizes": (2, 3, 6, 6), "kernel": (4, 3, 2, 3)},
    },
    wrongs={
        "the other library's layout": Wrong(says={"layout": the_other}, cases=("four distinct sizes",)),
        "reshape in place of transpose": Wrong(
            says={"to_library": reshape, "kernel_to_library": reshape}, backends=("tensorflow",)
        ),
        "only the weights transposed": Wrong(
            says={"to_library": left_alone}, cases=("all axes alike",), backends=("tensorflow",)
        ),
        "only the input transposed": Wrong(
            says={"kernel_to_library": left_alone}, cases=("all axes alike",), backends=("tensorflow",)
        ),
        "height and width exchanged on square images": {"to_library": exchange_height_and_width},
    },
)
def layouts_cases(case: Case, *, layout=lecture_says, to_library=transpose, kernel_to_library=transpose):
    if case.backend not in LAYOUTS:
        yield happens(
            (yield ask("raw_convolution2d", x=np.ones((1, 1, 2, 2)), w=np.ones((1, 1, 1, 1)), layout="default")),
            "value",
            label="a convolution of its own",
            source="",
        )
        return
    order = layout(case.backend)
    x, w = case.integers("x", case.sizes), case.integers("w", case.kernel)
    settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    wanted = oracle.cross_correlation2d(x, w, None, **settings).astype(case.dtype)
    # For the library whose layout is the one used here there is nothing to transpose, and so nothing to get wrong there.
    raw, raw_kernel = to_library(x, "NCHW", order), kernel_to_library(w, "OIHW", KERNELS[order])

    if case.name == "four distinct sizes":
        yield fact(
            (yield from contracted(case)),
            order.index("C"),
            label="axis contracted with the kernel",
            source="the lecture",
        )

    def back(y: np.ndarray) -> np.ndarray:
        return transpose(y, order, "NCHW")

    y = yield ask("raw_convolution2d", x=raw, w=raw_kernel, layout="default")
    yield same_bits(y.then(back), wanted, label="convolution commutes with the transposition", source=LITERAL)

    channels = np.eye(x.shape[1], dtype=case.dtype).reshape(x.shape[1], x.shape[1], 1, 1)
    y = yield ask("raw_convolution2d", x=raw, w=kernel_to_library(channels, "OIHW", KERNELS[order]), layout="default")
    yield same_bits(
        y.then(back), x, label="there, through a 1 × 1 identity, and back: nothing is lost", source="the image itself"
    )

    y = yield ask("raw_max_pooling2d", x=raw, window=(2, 3), stride=(1, 2), layout="default")
    pooled = oracle.max_pooling2d(x, window=(2, 3), stride=(1, 2), padding=((0, 0), (0, 0))).astype(case.dtype)
    yield same_bits(y.then(back), pooled, label="max pooling commutes with it", source="the largest of each window")

    statistics, epsilon = batch_norm_inputs(case, x.shape[1]), 1e-3
    y = yield ask("raw_batch_norm_inference", x=raw, **statistics, epsilon=epsilon, layout="default")
    gamma, beta, mean, variance = statistics.values()
    exact = oracle.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon)
    bound = bounds.batch_norm_inference(x, gamma, beta, mean, variance, case.dtype, epsilon=epsilon)
    yield within(
        y.then(back),
        exact,
        bound,
        label="batch norm commutes with it",
        source="the formula in double-double, rounded once",
    )


def batch_norm_inputs(case: Case, channels: int) -> dict[str, np.ndarray]:
    gamma, beta, mean = (case.reals(name, (channels,)) for name in ("gamma", "beta", "mean"))
    return {"gamma": gamma, "beta": beta, "mean": mean, "variance": 1 + case.reals("spread", (channels,)) ** 2}


def contracted(case: Case):
    """Which axis of the image a library contracts with the kernel: the one whose size the kernel's channel axis must have."""
    x = case.integers("x", case.sizes)
    accepted = []
    for axis in (1, 2, 3):
        kernel = (2, x.shape[axis], 1, 1) if LAYOUTS[case.backend] == "NCHW" else (1, 1, x.shape[axis], 2)
        y = yield ask("raw_convolution2d", x=x, w=np.ones(kernel, case.dtype), layout="default")
        if y.kind == "value" and np.array_equal(y.value.sum(), 2 * x.sum()):  # every number was summed, by two kernels
            accepted.append(axis)
    return accepted[0] if len(accepted) == 1 else accepted


class Sizes(NamedTuple):
    """The sizes of the axes of a minibatch."""

    N: int
    C: int
    H: int
    W: int


@layouts.limit("the order in memory is another matter", backends=("torch",))
def _(case: Case):
    """PyTorch's channels_last tensor has the sizes [N, C, H, W] and the strides of [N, H, W, C]: the layout of the
    axes does not tell the order in memory.
    """
    sizes = sorted((Sizes._make(s) for s in itertools.product((1, 2, 3), repeat=4)), key=lambda s: (math.prod(s), s))

    def literal(order: Outcome, s: Sizes):
        wanted = (s.C * s.H * s.W, s.H * s.W, s.W, 1)
        return fact(order.part(1), wanted, label="strides of [N, C, H, W]", source="row-major order")

    def instead(order: Outcome, s: Sizes):
        wanted = ((s.N, s.C, s.H, s.W), (s.H * s.W * s.C, 1, s.W * s.C, s.C))
        return fact(
            order,
            wanted,
            label="sizes of [N, C, H, W], strides of [N, H, W, C]",
            source="row-major order of the other layout",
        )

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
def _(case: Case):
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


def accepted(y: Outcome, k: Kernel):
    return happens(y, "value", label=f"{k.operation} in {k.layout}, {k.dtype}", source="any layout can be chosen")


def refused(y: Outcome, k: Kernel):
    return happens(y, "raised", label=f"{k.operation} is refused", source="observed", error=REFUSALS[k.operation])


def asked_in(layout: str, dtype: str) -> dict[str, dict]:
    """A smallest image in a layout, and what each operation needs besides."""
    x = np.ones((1, 1, 3, 3) if layout == "NCHW" else (1, 3, 3, 1), dtype)
    w = np.ones((2, 2, 1, 1), dtype)
    return {"raw_convolution2d": {"x": x, "w": w}, "raw_max_pooling2d": {"x": x, "window": (2, 2), "stride": (1, 1)}}


def has_onednn(lib) -> bool:
    """Runs in the worker: whether this build of the library computes with oneDNN."""
    return bool(lib.environment()["build"]["oneDNN"])


@layouts.limit(
    "TensorFlow's kernels for the processor refuse [N, C, H, W] without oneDNN",
    backends=("tensorflow",),
    dtypes=("float32",),
)
def _(case: Case):
    """Without oneDNN (TF_ENABLE_ONEDNN_OPTS=0, or a build without it) TensorFlow's convolution and max pooling refuse
    NCHW in float32 too; tried in a process of its own, for the switch is read when TensorFlow is imported.
    """

    def literal(found: Outcome, k: Kernel):
        error = found.part(f"{k.operation} {k.layout}")
        return fact(
            error.then(lambda e: "raised" if e else "value"),
            "value",
            label=f"{k.operation} in {k.layout}, {k.dtype}, oneDNN off",
            source="any layout can be chosen",
            note=error.value,
        )

    def instead(found: Outcome, k: Kernel):
        error = found.part(f"{k.operation} {k.layout}")
        return fact(
            error.then(lambda e: REFUSALS[k.operation] in e),
            True,
            label=f"{k.operation} is refused",
            source="observed",
            note=error.value,
        )

    for name in REFUSALS:
        kernels = [Kernel(name, "float32", layout) for layout in ("NHWC", "NCHW")]
        yield from smallest(
            kernels, lambda k: ask(tried_without_onednn), literal, instead=instead, order="NHWC before NCHW"
        )


def tried_without_onednn(lib) -> dict[str, str]:
    """Runs in the worker: a fresh process with oneDNN off; operation and layout → the first line of its error, '' if there is none."""
    script = (
        "import json\n"
        f"import {lib.__name__} as lib\n"
        f"from {__name__} import asked_in\n"
        "lib.configure()\n"
        "found = {}\n"
        "for layout in ('NHWC', 'NCHW'):\n"
        "    for name, more in asked_in(layout, 'float32').items():\n"
        "        try:\n"
        "            found[f'{name} {layout}'] = str(getattr(lib, name)(layout=layout, **more).shape) and ''\n"
        "        except Exception as error:\n"
        "            found[f'{name} {layout}'] = ' '.join(str(error).split())[:400]\n"
        "print(json.dumps(found))\n"
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
def _(case: Case):
    """Flattened, the two layouts give the same numbers in another order, so a fully connected layer after a
    convolution needs its columns permuted when a model moves between the libraries.
    """
    images = sorted((Image._make(s) for s in itertools.product((1, 2, 3), repeat=3)), key=lambda i: (math.prod(i), i))

    def drawn(i: Image):
        """(flattened here, flattened there, weights, the place of each column there): 1, 2, 3, … and squares."""
        x = np.arange(1, 1 + math.prod(i), dtype=case.dtype).reshape(1, *i)
        columns = transpose(np.arange(math.prod(i)).reshape(1, *i), "NCHW", "NHWC").ravel()
        return x.reshape(1, -1), transpose(x, "NCHW", "NHWC").reshape(1, -1), x.reshape(1, -1) ** 2, columns

    def build(i: Image):
        _, there, w, columns = drawn(i)
        return [
            ask("fully_connected", x=there, w=weights, b=None) for weights in (w, np.ascontiguousarray(w[:, columns]))
        ]

    def judge(y: Outcome, i: Image, label: str):
        here, _, w, _ = drawn(i)
        return same_bits(y, oracle.fully_connected(here, w, None).astype(case.dtype), label=label, source=LITERAL)

    yield from smallest(
        images,
        build,
        lambda ys, i: judge(ys[0], i, "the same weights after the other flattening"),
        instead=lambda ys, i: judge(ys[1], i, "with the columns permuted"),
        order="by C·H·W",
    )
