"""Recorded defects of the libraries that the lecture is verified on: where they depart from the exact result.

Each was reduced by hand: the trigger predicts the departures of the exhaustive sweeps, and of tens of thousands of random
geometries beyond them, without a miss either way. A record is never written by a run; it must reproduce wherever it applies.
"""

import numpy as np

from ..language import Defect, ask
from ..language.prose import line

LAYERS = ("cross_correlation2d", "convolution2d")


def with_onednn(environment):
    return bool(environment["build"]["oneDNN"])


def with_onednn_and_one_thread(environment):
    # More threads split the rows of the output between them, and small cases come out right.
    return with_onednn(environment) and environment["threads"]["intra-op"] == 1


def _sides(call):
    """(size, kernel, stride, dilation, before, after) of the height and of the width."""
    a = call.arguments
    return tuple(
        (a["x"].shape[2 + i], a["w"].shape[2 + i], a["stride"][i], a["dilation"][i], *a["padding"][i]) for i in (0, 1)
    )


def one_channel_to_one_column(call):
    """One input channel, two images or more, unit row stride, column stride, kernel of two columns or more, output one column
    wide and two rows or more high; padding smaller than the kernel; and the kernel not folded (see below)."""
    if call.name not in LAYERS or call.arguments["x"].dtype != np.float32:
        return False
    images, channels = call.arguments["x"].shape[:2]
    (h, ky, sy, dy, top, bottom), (w, kx, sx, dx, left, right) = _sides(call)
    rows, columns = (h + top + bottom - dy * (ky - 1) - 1) // sy + 1, (w + left + right - dx * (kx - 1) - 1) // sx + 1
    # What the last windows really use of the padding: oneDNN sees no more of it.
    below = (rows - 1) * sy + dy * (ky - 1) + 1 - h - top
    beyond = (columns - 1) * sx + kx - w - left
    # oneDNN folds columns into channels where one number divides width, kernel and stride, and is then right.
    folded = left == 0 and beyond <= 0 and any(w % i == kx % i == sx % i == 0 for i in range(2, min(kx, sx, 16) + 1))
    return (
        channels == 1
        and images >= 2
        and sy == 1
        and sx >= 2
        and kx >= 2
        and dx == 1
        and columns == 1
        and rows >= 2
        and top < ky
        and below < ky
        and left < kx
        and beyond < kx
        and not folded
    )


def empty_output(call):
    """No window fits on some axis, and on no axis by two strides or more (then TensorFlow raises)."""
    if call.name not in LAYERS or call.arguments["x"].dtype != np.float32:
        return False
    over = [(d * (k - 1) + 1 - n - before - after, s) for n, k, s, d, before, after in _sides(call)]
    return max(o for o, _ in over) > 0 and all(o < 2 * s for o, s in over)


def slope_of_float32(call):
    """A leaky ReLU in float64 with a slope that is no number of float32, of a negative number whose product is no subnormal one."""
    if call.name not in ("leaky_relu", "leaky_relu_gradient") or call.arguments["x"].dtype != np.float64:
        return False
    alpha, below = call.arguments["alpha"], call.arguments["x"] < 0
    factor = call.arguments["upstream" if call.name == "leaky_relu_gradient" else "x"][below]
    return float(np.float32(alpha)) != alpha and bool(np.any(np.abs(factor * alpha) > 2 * np.finfo(np.float64).tiny))


def _layer(x, w, stride=(1, 1)):
    return ask(
        "cross_correlation2d", x=x, w=w, b=None, stride=stride, padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1
    )


def _ramp(*shape):
    return np.arange(1, 1 + int(np.prod(shape)), dtype=np.float32).reshape(shape)


def _ones(*shape):
    return np.ones(shape, np.float32)


PAIRS = _ramp(2, 1, 4, 3)  # two images of 4 × 3
WIDER = _ramp(2, 1, 4, 4)

DEFECTS = (
    Defect(
        id="tensorflow-conv2d-one-column",
        backend="tensorflow",
        versions=">=2.17,<=2.21.0",
        title="conv2d of one-channel images to an output one column wide reads the wrong rows",
        explanation=line(
            """
            With a column stride of two or more, rows after the first are computed from rows further down the image,
            and past its end from memory that was never written. oneDNN's kernel brg_conv_fwd:avx512_core copies the
            rows and then strides over them by stride × kernel columns in place of stride × ⌈kernel ÷ stride⌉. Seen in
            2.17.1, 2.18.1, 2.19.1, 2.20.0 and 2.21.0 (oneDNN 3.3 to 3.7.3); 2.15.1 and 2.12.1 are right. float64,
            oneDNN off, and AVX2 are right.
            """
        ),
        condition=line(
            """
            float32, oneDNN on, one thread, AVX-512; batch ≥ 2, Cin = 1, stride (1, ≥ 2), kernel ≥ 2 columns wide,
            output 1 column wide and ≥ 2 rows high, padding smaller than the kernel, columns not dilated
            """
        ),
        trigger=one_channel_to_one_column,
        applies_where=with_onednn_and_one_thread,
        cpu_features=("avx512f", "avx512bw", "avx512dq", "avx512vl"),
        smallest=(_layer(PAIRS, _ones(1, 1, 1, 2), (1, 2)), PAIRS[..., :1] + PAIRS[..., 1:2]),
        neighbour=(_layer(WIDER, _ones(1, 1, 1, 2), (1, 2)), WIDER[..., ::2] + WIDER[..., 1::2]),
        neighbour_says="one more column in the image (an output two columns wide) and every row is right",
        repeatable=False,
        reports=("https://github.com/pytorch/pytorch/issues/169688 (related: bfloat16, AMX)",),
    ),
    Defect(
        id="tensorflow-conv2d-empty-output",
        backend="tensorflow",
        versions=">=2.12,<=2.21.0",
        title="conv2d returns a tensor of the input's shape where its output is empty",
        explanation=line(
            """
            Where the kernel is larger than the padded image by less than two strides the output has no rows or no
            columns. In float64, or without oneDNN, TensorFlow returns that empty tensor; with oneDNN it returns
            uninitialised memory of the shape of the input. Seen in every version tried, 2.12.1 to 2.21.0, whatever
            the processor.
            """
        ),
        condition="float32, oneDNN on; dilation·(kernel − 1) + 1 − size − padding > 0 on some axis and < 2·stride on both",
        trigger=empty_output,
        applies_where=with_onednn,
        smallest=(_layer(_ramp(1, 1, 1, 1), _ones(1, 1, 2, 1)), np.zeros((1, 1, 0, 1), np.float32)),
        neighbour=(_layer(_ramp(1, 1, 2, 1), _ones(1, 1, 2, 1)), np.full((1, 1, 1, 1), 3, np.float32)),
        neighbour_says="one more row in the image, and one window fits",
        reports=(
            "https://github.com/tensorflow/tensorflow/issues/64396",
            "https://github.com/tensorflow/tensorflow/issues/65214",
            "https://github.com/tensorflow/tensorflow/issues/109175",
        ),
    ),
    Defect(
        id="tensorflow-leaky-relu-slope",
        backend="tensorflow",
        versions="==2.21.0",
        title="leaky_relu in float64 rounds its slope to float32",
        explanation=line(
            """
            The slope is an attribute of type float of the operation LeakyRelu and of its gradient, whatever the dtype
            of the tensor: in float64 every negative number comes out with the slope's error in float32, a relative
            error of up to 6e-8 where 1e-16 is meant. Keras' LeakyReLU and tf.nn.leaky_relu are both made of it. A
            slope that float32 holds, such as 0.125, is right. Seen in 2.21.0, the only version tried.
            """
        ),
        condition="float64; a slope that is no number of float32 (0.1, 0.2, 0.3 and 0.01, all of the defaults)",
        trigger=slope_of_float32,
        smallest=(ask("leaky_relu", x=np.array([-1.0]), alpha=0.1), np.array([-0.1])),
        neighbour=(ask("leaky_relu", x=np.array([-1.0]), alpha=0.125), np.array([-0.125])),
        neighbour_says="a slope of 0.125, which float32 holds, is right",
    ),
)
