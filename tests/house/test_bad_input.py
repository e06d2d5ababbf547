"""Bad input to a public operator gives one clear line: name=value, what was expected, the way out."""

import re

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.reference import validation
from lectureclaims.reference.operators.activations import gelu, logistic, tanh
from lectureclaims.reference.operators.convolutions import convolution, cross_correlation, fully_connected
from lectureclaims.reference.operators.losses import cross_entropy, softmax
from lectureclaims.reference.operators.norms import batch_norm
from lectureclaims.reference.operators.pooling import average_pooling, max_pooling
from lectureclaims.reference.operators.rectifiers import leaky_relu, prelu, relu
from lectureclaims.reference.operators.resampling import area_resampling, bilinear_resampling, nearest_resampling

PLAIN1 = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
PLAIN2 = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
F = np.float64


def ones(*shape, dtype=F):
    return np.ones(shape, dtype)


def one(x=None, w=None, b=None, function=cross_correlation.cross_correlation1d, **change):
    x, w = ones(2, 4, 5) if x is None else x, ones(4, 4, 3) if w is None else w
    return function(x, w, b, **(PLAIN1 | change))


def two(x=None, w=None, b=None, function=cross_correlation.cross_correlation2d, **change):
    x, w = ones(2, 4, 5, 6) if x is None else x, ones(4, 4, 3, 3) if w is None else w
    return function(x, w, b, **(PLAIN2 | change))


def training(x=None, gamma=None, epsilon=1e-3):
    x, gamma = ones(4, 3) if x is None else x, ones(3) if gamma is None else gamma
    return batch_norm.batch_norm_training(x, gamma, ones(3), epsilon=epsilon)


def inference(variance, epsilon=1e-3):
    return batch_norm.batch_norm_inference(ones(4, 3), ones(3), ones(3), ones(3), variance, epsilon=epsilon)


def running(x=None, momentum=0.1, correction=1):
    x = ones(4, 3) if x is None else x
    return batch_norm.batch_norm_running(x, ones(3), ones(3), momentum=momentum, correction=correction)


def pool(x=None, window=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), function=max_pooling.max_pooling2d, **more):
    return function(ones(1, 1, 4, 4) if x is None else x, window=window, stride=stride, padding=padding, **more)


def average(count_padding=True, **change):
    return pool(function=average_pooling.average_pooling2d, count_padding=count_padding, **change)


def nearest(x=None, size=(2, 2), grid="half_pixel"):
    return nearest_resampling.nearest_resampling2d(ones(1, 1, 4, 4) if x is None else x, size=size, grid=grid)


def loss(labels=(0, 1), dtype=np.int64):
    return cross_entropy.cross_entropy(ones(2, 3), np.array(labels, dtype))


def size(**change):
    return cross_correlation.output_size(
        change.pop("size", 5), change.pop("kernel", 3), **({"stride": 1, "padding": (0, 0), "dilation": 1} | change)
    )


NAN = np.array([1.0, np.nan, 1.0])

#: what is called -> how the line must begin.
BAD = {
    "kernel larger than input 1-d": (lambda: one(w=ones(4, 4, 6)), "kernel=6: expected a kernel that fits"),
    "kernel larger than input 2-d": (lambda: two(w=ones(4, 4, 3, 7)), "kernel=7: expected a kernel that fits"),
    "dilated kernel too large": (lambda: two(dilation=(3, 1)), "kernel=3: expected a kernel that fits"),
    "output size of nothing": (lambda: size(kernel=6), "kernel=6: expected"),
    "zero stride 1-d": (lambda: one(stride=0), "stride=0: expected a whole number of at least 1"),
    "zero stride 2-d": (lambda: two(stride=(1, 0)), "stride[1]=0: expected a whole number of at least 1"),
    "negative stride": (lambda: two(stride=(-1, 1)), "stride[0]=-1: expected a whole number of at least 1"),
    "stride is one number": (lambda: two(stride=2), "stride=2: expected a pair (y, x)"),
    "stride is a fraction": (lambda: one(stride=1.5), "stride=1.5: expected a whole number"),
    "stride is True": (lambda: one(stride=True), "stride=True: expected a whole number"),
    "zero dilation": (lambda: one(dilation=0), "dilation=0: expected a whole number of at least 1"),
    "negative dilation": (lambda: size(dilation=-2), "dilation=-2: expected a whole number of at least 1"),
    "negative padding": (lambda: one(padding=(0, -1)), "padding=(0, -1): expected (before, after)"),
    "padding is one number": (lambda: two(padding=1), "padding=1: expected ((top, bottom), (left, right))"),
    "padding of one axis": (lambda: two(padding=(1, 1)), "padding=(1, 1): expected ((top, bottom), (left, right))"),
    "groups do not divide": (
        lambda: two(groups=3),
        "groups=3: expected a divisor of both channel counts (Cin=4, Cout=4)",
    ),
    "groups zero": (lambda: two(groups=0), "groups=0: expected a whole number of at least 1"),
    "kernel channels": (lambda: two(w=ones(4, 2, 3, 3)), "w.shape=(4, 2, 3, 3): expected Cin/groups=4"),
    "wrong rank of x": (lambda: two(x=ones(4, 5, 6)), "x.shape=(4, 5, 6): expected 4 axes [N, Cin, H, W]"),
    "wrong rank of w": (lambda: one(w=ones(3, 3)), "w.shape=(3, 3): expected 3 axes [Cout, Cin/groups, k]"),
    "wrong rank, flipped": (
        lambda: two(w=ones(3, 3), function=convolution.convolution2d),
        "w.shape=(3, 3): expected 4 axes [Cout, Cin/groups, ky, kx]",
    ),
    "bias of another length": (lambda: two(b=ones(3)), "b.shape=(3,): expected (4,)"),
    "integers": (
        lambda: one(x=np.ones((2, 4, 5), np.int8)),
        "x.dtype=int8: expected float16, bfloat16, float32 or float64",
    ),
    "integer kernel": (lambda: two(w=np.ones((4, 4, 3, 3), int)), "w.dtype=int64: expected float16"),
    "complex": (lambda: relu.relu(np.ones(2, complex)), "x.dtype=complex128: expected float16"),
    "mixed dtypes": (lambda: two(x=ones(2, 4, 5, 6, dtype=np.float32)), "w.dtype=float64: expected float32"),
    "a list": (lambda: relu.relu([1.0, 2.0]), "x=[1.0, 2.0]: expected a NumPy array"),
    "empty batch": (lambda: two(x=ones(0, 4, 5, 6)), "x.shape=(0, 4, 5, 6): expected at least one element on axis N"),
    "empty channels": (
        lambda: two(x=ones(2, 0, 5, 6)),
        "x.shape=(2, 0, 5, 6): expected at least one element on axis Cin",
    ),
    "empty batch, fully connected": (
        lambda: fully_connected.fully_connected(ones(0, 3), ones(2, 3), None),
        "x.shape=(0, 3): expected at least one element on axis N",
    ),
    "empty batch, elementwise": (lambda: tanh.tanh(ones(0, 3)), "x.shape=(0, 3): expected at least one element"),
    "empty batch, batch norm": (lambda: training(x=ones(0, 3)), "x.shape=(0, 3): expected at least one element"),
    "features differ": (
        lambda: fully_connected.fully_connected(ones(2, 3), ones(3, 4), None),
        "w.shape=(3, 4): expected [O, I] for x.shape=(2, 3) [N, I]",
    ),
    "upstream shape": (
        lambda: fully_connected.fully_connected_gradient(ones(2, 3), ones(4, 3), ones(2, 3)),
        "upstream.shape=(2, 3): expected (2, 4)",
    ),
    "upstream shape, convolution": (
        lambda: cross_correlation.cross_correlation2d_gradient(
            ones(2, 4, 5, 6), ones(4, 4, 3, 3), ones(2, 4, 5, 6), **PLAIN2
        ),
        "upstream.shape=(2, 4, 5, 6): expected (2, 4, 3, 4)",
    ),
    "upstream shape, elementwise": (
        lambda: logistic.logistic_gradient(ones(3), ones(2)),
        "upstream.shape=(2,): expected (3,)",
    ),
    "window too large": (lambda: pool(window=(5, 1)), "window=5: expected a kernel that fits"),
    "window zero": (lambda: pool(window=(0, 1)), "window[0]=0: expected a whole number of at least 1"),
    "pooling stride zero": (lambda: pool(stride=(1, 0)), "stride[1]=0: expected a whole number of at least 1"),
    "pooling rank": (lambda: pool(x=ones(4, 4)), "x.shape=(4, 4): expected 4 axes [N, C, H, W]"),
    "pooling padding": (lambda: pool(padding=(1, 1)), "padding=(1, 1): expected ((top, bottom), (left, right))"),
    "a window of padding alone": (
        lambda: pool(padding=((0, 2), (0, 0))),
        "padding=((0, 2), (0, 0)): expected less than the window (2, 2)",
    ),
    "a mean of padding alone": (
        lambda: average(padding=((0, 0), (2, 0))),
        "padding=((0, 0), (2, 0)): expected less than the window (2, 2)",
    ),
    "count_padding is a number": (lambda: average(count_padding=1), "count_padding=1: expected True or False"),
    "upstream shape, pooling": (
        lambda: average_pooling.average_pooling2d_gradient(
            ones(1, 1, 4, 4),
            ones(1, 1, 4, 4),
            window=(2, 2),
            stride=(2, 2),
            padding=((0, 0), (0, 0)),
            count_padding=True,
        ),
        "upstream.shape=(1, 1, 4, 4): expected (1, 1, 2, 2)",
    ),
    "size zero": (lambda: nearest(size=(2, 0)), "size[1]=0: expected a whole number of at least 1"),
    "size is one number": (lambda: nearest(size=2), "size=2: expected a pair (y, x)"),
    "resampling rank": (lambda: nearest(x=ones(4, 4)), "x.shape=(4, 4): expected 4 axes [N, C, H, W]"),
    "no such grid, nearest": (
        lambda: nearest(grid="corners"),
        "grid='corners': expected 'half_pixel' or 'half_pixel_symmetric' or 'pytorch_half_pixel'",
    ),
    "no such grid, bilinear": (
        lambda: bilinear_resampling.bilinear_resampling2d(ones(1, 1, 4, 4), size=(2, 2), grid="corners"),
        "grid='corners': expected 'half_pixel' or 'half_pixel_symmetric' or 'pytorch_half_pixel'",
    ),
    "upstream shape, resampling": (
        lambda: area_resampling.area_resampling2d_gradient(ones(1, 1, 4, 4), ones(1, 1, 4, 4), size=(2, 2)),
        "upstream.shape=(1, 1, 4, 4): expected (1, 1, 2, 2)",
    ),
    "alpha NaN": (lambda: leaky_relu.leaky_relu(ones(2), alpha=np.nan), "alpha=nan: expected a finite number"),
    "alpha length": (lambda: prelu.prelu(ones(2, 3), ones(2)), "alpha.shape=(2,): expected (3,)"),
    "no channels": (lambda: prelu.prelu(ones(3), ones(3)), "x.shape=(3,): expected at least 2 axes"),
    "no such form": (lambda: gelu.gelu(ones(2), approximate="erf"), "approximate='erf': expected 'none' or 'tanh'"),
    "labels of another length": (lambda: loss(labels=(0, 1, 2)), "labels.shape=(3,): expected (2,)"),
    "labels are fractions": (lambda: loss(dtype=F), "labels.dtype=float64: expected int64"),
    "a label too large": (lambda: loss(labels=(0, 3)), "labels[1]=3: expected a class from 0 to 2"),
    "a label below 0": (lambda: loss(labels=(-1, 0)), "labels[0]=-1: expected a class from 0 to 2"),
    "narrow and wide": (
        lambda: two(x=ones(2, 4, 5, 6, dtype=np.float16), w=ones(4, 4, 3, 3, dtype=np.float32)),
        "w.dtype=float32: expected float16, the dtype of x",
    ),
    "narrow and wide, by name": (
        lambda: prelu.prelu(x=ones(2, 3, dtype=ml_dtypes.bfloat16), alpha=ones(3, dtype=np.float32)),
        "alpha.dtype=float32: expected bfloat16, the dtype of x",
    ),
    "narrow and whole": (
        lambda: two(x=ones(2, 4, 5, 6, dtype=np.float16), w=ones(4, 4, 3, 3, dtype=int)),
        "w.dtype=int64: expected float16, bfloat16, float32 or float64",
    ),
    "epsilon NaN": (lambda: training(epsilon=np.nan), "epsilon=nan: expected a finite number"),
    "epsilon negative": (lambda: training(epsilon=-1e-3), "epsilon=-0.001: expected a finite number >= 0"),
    "epsilon infinite": (lambda: training(epsilon=np.inf), "epsilon=inf: expected a finite number"),
    "epsilon a string": (lambda: training(epsilon="small"), "epsilon='small': expected a finite number"),
    "variance negative": (
        lambda: inference(np.array([1.0, -1.0, 1.0])),
        "variance[1]=-1.0: expected a finite number >= 0",
    ),
    "variance NaN": (lambda: inference(NAN), "variance[1]=nan: expected a finite number >= 0"),
    "batch norm rank": (lambda: training(x=ones(4)), "x.shape=(4,): expected at least 2 axes"),
    "gamma length": (lambda: training(gamma=ones(4)), "gamma.shape=(4,): expected (3,)"),
    "momentum NaN": (lambda: running(momentum=np.nan), "momentum=nan: expected a finite number"),
    "momentum too large": (lambda: running(momentum=1.5), "momentum=1.5: expected the weight of the new value"),
    "correction": (lambda: running(correction=2), "correction=2: expected 0"),
    "nothing left to divide by": (lambda: running(x=ones(1, 3)), "correction=1: expected fewer than the 1 value"),
    "axis": (lambda: softmax.softmax(ones(2, 3), axis=2), "axis=2: expected an axis of x, -2 to 1"),
    "no axis": (lambda: softmax.softmax(ones(), axis=0), "x.shape=(): expected at least 1 axes"),
    "channels zero": (lambda: batch_norm.parameter_count(0), "channels=0: expected a whole number of at least 1"),
    "parameter count groups": (
        lambda: cross_correlation.parameter_count(4, 6, (3, 3), groups=4, bias=True),
        "groups=4: expected a divisor of channels_in=4 and channels_out=6",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_one_clear_line(what):
    call, beginning = BAD[what]
    with pytest.raises(validation.BadInput) as caught:
        call()
    line = str(caught.value)
    assert line.startswith(beginning), line
    assert "\n" not in line
    # name=value: expected ...; way out
    assert re.fullmatch(r"[\w.\[\]]+=.+?: expected .+; .+", line), line
    assert isinstance(caught.value, ValueError)


def test_not_a_number_is_data():
    """NaN and infinity pass through the operations on data: what becomes of them is a fact, not a mistake."""
    x = np.array([[np.nan, np.inf, -np.inf]])
    for function in (relu.relu, tanh.tanh, logistic.logistic):
        assert np.isnan(function(x)[0, 0])
    assert np.isnan(fully_connected.fully_connected(x, ones(2, 3), None)).all()


def test_good_input_is_left_alone():
    """The neighbours of the bad inputs that are legal: the door must not be too narrow."""
    assert one(w=ones(4, 4, 5)).shape == (2, 4, 1)
    assert two(groups=2, w=ones(4, 2, 3, 3)).shape == (2, 4, 3, 4)
    assert two(stride=[1, np.int64(2)], dilation=[1, 1]).shape == (2, 4, 3, 2)
    assert training(epsilon=0.0, x=np.array([[1.0, 2, 3], [3, 2.5, 1]]))[0].shape == (2, 3)
    assert inference(np.array([0.0, 1.0, 2.0])).shape == (4, 3)
    assert pool(window=(4, 4)).shape == (1, 1, 1, 1)
    assert pool(padding=((1, 1), (0, 1))).shape == (1, 1, 3, 2)
    assert average(padding=[[0, 1], [0, 0]], count_padding=False).shape == (1, 1, 2, 2)
    assert nearest(size=[np.int64(1), 9], grid="asymmetric").shape == (1, 1, 1, 9)
    assert loss(labels=(2, 0)).shape == (2,)
