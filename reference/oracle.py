"""What the operations really come to: literal sums in exact arithmetic, functions in many digits.

Nothing here calls the operators. A linear layer is enumerated from its definition as triples (output, input, weight),
one for each product in the sum; the value, both gradients, the sizes that error bounds need and the number of products
are all read off that one list. Sums are exact, and rounded once, to float64 (``exact.py``).

Functions (logistic, tanh, exp, softmax, batch norm) are computed in decimal with 50 digits, whose exponential and
square root are correctly rounded, and rounded once more, to float64.

Results are float64, read-only, of the canonical shape, and remembered: four backends ask for the same ones. The key is
the *values* of the arrays, so that float32 and float64 copies of the same numbers share one.
"""

import decimal
import math
from array import array
from collections.abc import Callable, Iterable

import numpy as np

from . import validation
from .exact import convolution_terms, fully_connected_terms, positions, sums
from .remembered import once

# -------------------------------------------------------------------------------------- sums of products: operations


def _planar(x, w, stride, padding, dilation):
    """A row of numbers is an image of height 1."""
    return x[:, :, None], w[:, :, None], (1, stride), ((0, 0), padding), (1, dilation)


def _freeze(pair):
    return tuple(tuple(side) if isinstance(side, (list, tuple)) else side for side in pair)


def _forward(x, w, b, stride, padding, dilation, groups, flipped):
    terms = convolution_terms(x.shape, w.shape, tuple(stride), _freeze(padding), tuple(dilation), groups, flipped)
    start = None if b is None else np.broadcast_to(b[:, None, None], terms.shape)
    return sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


def _gradient(x, w, upstream, stride, padding, dilation, groups):
    terms = convolution_terms(x.shape, w.shape, tuple(stride), _freeze(padding), tuple(dilation), groups, False)
    return _transposed(terms, x, w, upstream, upstream.shape[1])


def _transposed(terms, x, w, upstream, outputs):
    """The same triples, summed over the input's index, over the weight's, and (for the bias) over the channel's."""
    dx = sums(terms.x, x.shape, upstream, terms.output, w, terms.w)
    dw = sums(terms.w, w.shape, upstream, terms.output, x, terms.x)
    every = range(upstream.size)
    positions = math.prod(upstream.shape[2:])
    channel = array("q", [index // positions % outputs for index in every])
    db = sums(channel, (outputs,), upstream, array("q", every), np.ones(1), array("q", [0]) * upstream.size)
    return dx, dw, db


@once
def cross_correlation1d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + i·d - before]·w[o, c, i]; no windows give an empty axis."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False)[:, :, 0]


@once
def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p, q] = b[o] + sum over c, i, j of x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]·w[o, c, i, j]."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False)


@once
def convolution1d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + (k - 1 - i)·d - before]·w[o, c, i]."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True)[:, :, 0]


@once
def convolution2d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """The same in two dimensions: the kernel's index runs against the input's on both spatial axes."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True)


@once
def cross_correlation1d_gradient(x, w, upstream, *, stride, padding, dilation, groups):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the list of products."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    dx, dw, db = _gradient(x, w, upstream[:, :, None], stride, padding, dilation, groups)
    return dx[:, :, 0], dw[:, :, 0], db


@once
def cross_correlation2d_gradient(x, w, upstream, *, stride, padding, dilation, groups):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the list of products."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups)


@once
def fully_connected(x, w, b) -> np.ndarray:
    """y[n, o] = b[o] + sum over i of x[n, i]·w[o, i]."""
    terms = fully_connected_terms(x.shape, w.shape)
    start = None if b is None else np.broadcast_to(b, terms.shape)
    return sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


@once
def fully_connected_gradient(x, w, upstream):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number."""
    return _transposed(fully_connected_terms(x.shape, w.shape), x, w, upstream, upstream.shape[1])


def sizes(operation: Callable, *arrays, **parameters):
    """(S, n) for an operation above and its arguments: S = sum |x||w| + |b|, n = how many numbers were summed.

    Both are the operation itself, of the absolute values and of ones. n leaves out the zeros of the padding, whose
    products and sums are exact. For a gradient, S and n are triples as its result is.
    """
    absolute = operation(*(None if a is None else np.abs(a) for a in arrays), **parameters)
    count = operation(*(None if a is None else np.ones(a.shape) for a in arrays), **parameters)
    return absolute, count


def flush_sizes(operation: Callable, *arrays, **parameters):
    """sum (|x| + |w|) over the products of each result: what bounds the loss where subnormal inputs count as 0.

    For a gradient a triple, of the two factors that each part multiplies.
    """

    def alone(kept):
        """The operation with one factor as it is and ones for the others."""
        return operation(
            *(None if a is None else np.abs(a) if i == kept else np.ones(a.shape) for i, a in enumerate(arrays)),
            **parameters,
        )

    if not operation.__name__.endswith("_gradient"):
        arrays = (*arrays[:2], None)
        return alone(0) + alone(1)
    by_x, by_w, by_upstream = alone(0), alone(1), alone(2)
    return by_w[0] + by_upstream[0], by_x[1] + by_upstream[1], by_upstream[2]


# ---------------------------------------------------------------------------------------------------- selections


@once
def max_pooling2d(x, *, window, stride) -> np.ndarray:
    """The largest number in each window, by comparing them one after another."""
    shape, chosen = _largest(x, tuple(window), tuple(stride))
    return x.ravel()[chosen].reshape(shape)


@once
def max_pooling2d_gradient(x, upstream, *, window, stride) -> np.ndarray:
    """Each upstream number added where its window's first largest element, in reading order, lies."""
    _, chosen = _largest(x, tuple(window), tuple(stride))
    one = array("q", [0]) * len(chosen)
    return sums(array("q", chosen), x.shape, upstream, array("q", range(len(chosen))), np.ones(1), one)


def _largest(x, window, stride):
    """The output's shape, and for each output the flat index of the first largest element of its window."""
    if np.isnan(x).any():
        validation.refuse("x", "NaN", "numbers that can be compared", "test NaN on its own")
    batch, channels, height, width = x.shape
    rows = positions(height, window[0], stride[0], 0, 0, 1, False)
    columns = positions(width, window[1], stride[1], 0, 0, 1, False)
    numbers, chosen = x.ravel().tolist(), []
    for plane in range(batch * channels):
        for row in rows:
            for column in columns:
                best = None
                for _, y in row:
                    for _, i in column:
                        index = (plane * height + y) * width + i
                        if best is None or numbers[index] > numbers[best]:
                            best = index
                chosen.append(best)
    return (batch, channels, len(rows), len(columns)), chosen


@once
def relu(x) -> np.ndarray:
    """z where z > 0, else 0; NaN stays."""
    return _each(lambda z: z if z > 0 or math.isnan(z) else 0.0, x)


@once
def relu_gradient(x, upstream) -> np.ndarray:
    """upstream where z > 0, else 0."""
    return _each(lambda z, u: u if z > 0 else 0.0, x, upstream)


# ------------------------------------------------------------------------------------------------ functions, in decimal

NOTHING = decimal.Decimal(0)
_MANY = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])


def _each(function: Callable[..., float], *arrays: np.ndarray) -> np.ndarray:
    flat = [a.ravel().tolist() for a in arrays]
    return np.array([function(*numbers) for numbers in zip(*flat, strict=True)], np.float64).reshape(arrays[0].shape)


def _decimally(function: Callable[..., decimal.Decimal], *arrays: np.ndarray) -> np.ndarray:
    """A function of decimals, element by element, rounded to float64. NaN in, NaN out."""
    dec = decimal.Decimal
    with decimal.localcontext(_MANY):
        return _each(
            lambda *numbers: math.nan if any(map(math.isnan, numbers)) else float(function(*map(dec, numbers))), *arrays
        )


def _shrunk(z: decimal.Decimal) -> decimal.Decimal:
    """exp(-|z|), in (0, 1]. Beyond 10,000 it is below every float64, and need not be known."""
    return (-abs(z)).exp() if abs(z) < 10_000 else decimal.Decimal(0)


def _logistic(z):
    small = _shrunk(z)
    return 1 / (1 + small) if z >= 0 else small / (1 + small)


def _tanh(z):
    if abs(z) < decimal.Decimal("1e-5"):
        # The quotient below would cancel. The next term, 17/315·z**6, is below 1e-31 of the whole.
        square = z * z
        return z * (1 + square * (-decimal.Decimal(1) / 3 + square * decimal.Decimal(2) / 15))
    small = _shrunk(2 * z)
    return ((1 - small) / (1 + small)).copy_sign(z)


@once
def exp(x) -> np.ndarray:
    """exp z. Beyond ±10,000: 0 and infinity, as in every format here."""
    return _decimally(
        lambda z: z.exp() if abs(z) < 10_000 else decimal.Decimal("inf") if z > 0 else decimal.Decimal(0), x
    )


@once
def logistic(x) -> np.ndarray:
    """1 / (1 + exp(-z))."""
    return _decimally(_logistic, x)


@once
def logistic_gradient(x, upstream) -> np.ndarray:
    """upstream · exp(-|z|) / (1 + exp(-|z|))**2."""
    return _decimally(lambda z, u: u * _shrunk(z) / (1 + _shrunk(z)) ** 2, x, upstream)


@once
def tanh(x) -> np.ndarray:
    """(1 - exp(-2|z|)) / (1 + exp(-2|z|)), with the sign of z."""
    return _decimally(_tanh, x)


@once
def tanh_gradient(x, upstream) -> np.ndarray:
    """upstream · 4·exp(-2|z|) / (1 + exp(-2|z|))**2."""
    return _decimally(lambda z, u: 4 * u * _shrunk(2 * z) / (1 + _shrunk(2 * z)) ** 2, x, upstream)


@once
def softmax(x, *, axis) -> np.ndarray:
    """exp z[i] / sum of exp z[j]."""
    return _rows(_softmax, axis, x)


@once
def softmax_gradient(x, upstream, *, axis) -> np.ndarray:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j])."""

    def row(z, u):
        y = _softmax(z)
        mean = sum((a * b for a, b in zip(u, y, strict=True)), NOTHING)
        return [a * (b - mean) for a, b in zip(y, u, strict=True)]

    return _rows(row, axis, x, upstream)


def _softmax(z):
    largest = max(z)
    grown = [_shrunk(largest - one) for one in z]
    total = sum(grown, NOTHING)
    return [one / total for one in grown]


def _rows(function, axis, *arrays):
    """A function of rows of decimals, along one axis."""
    _need_finite(arrays)
    moved = [np.moveaxis(a, axis, -1) for a in arrays]
    flat = [_decimals(a.reshape(-1, a.shape[-1])) for a in moved]
    with decimal.localcontext(_MANY):
        out = [[float(number) for number in function(*rows)] for rows in zip(*flat, strict=True)]
    return np.ascontiguousarray(np.moveaxis(np.array(out).reshape(moved[0].shape), -1, axis))


def _decimals(table: np.ndarray) -> list[list[decimal.Decimal]]:
    return [[decimal.Decimal(number) for number in row] for row in table.tolist()]


def _need_finite(arrays: Iterable[np.ndarray]):
    for numbers in arrays:
        if not np.isfinite(numbers).all():
            validation.refuse("data", "inf or NaN", "finite numbers", "test them on their own")


# ---------------------------------------------------------------------------------------------------- batch norm


def _channels(x):
    """[N, C, ...] as C rows of decimals."""
    return _decimals(np.moveaxis(x, 1, 0).reshape(x.shape[1], -1))


def _from_channels(rows, shape):
    table = np.array([[float(number) for number in row] for row in rows])
    return np.ascontiguousarray(np.moveaxis(table.reshape(shape[1], shape[0], *shape[2:]), 0, 1))


def _vector(numbers):
    return np.array([float(number) for number in numbers])


def _moments(row):
    mean = sum(row, NOTHING) / len(row)
    return mean, sum(((z - mean) ** 2 for z in row), NOTHING) / len(row)


@once
def batch_norm_training(x, gamma, beta, *, epsilon):
    """(y, mean, biased variance), by the definition."""
    _need_finite((x, gamma, beta))
    with decimal.localcontext(_MANY):
        rows, epsilon = _channels(x), decimal.Decimal(float(epsilon))
        moments = [_moments(row) for row in rows]
        y = [
            [g * (z - mean) / (variance + epsilon).sqrt() + b for z in row]
            for row, (mean, variance), g, b in zip(rows, moments, *_decimals(np.stack([gamma, beta])), strict=True)
        ]
        return _from_channels(y, x.shape), _vector(m for m, _ in moments), _vector(v for _, v in moments)


@once
def batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon) -> np.ndarray:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, with the statistics given."""
    _need_finite((x, gamma, beta, mean, variance))
    with decimal.localcontext(_MANY):
        epsilon = decimal.Decimal(float(epsilon))
        given = _decimals(np.stack([gamma, beta, mean, variance]))
        y = [
            [g * (z - m) / (v + epsilon).sqrt() + b for z in row]
            for row, g, b, m, v in zip(_channels(x), *given, strict=True)
        ]
        return _from_channels(y, x.shape)


@once
def batch_norm_running(x, mean, variance, *, momentum, correction):
    """((1 - momentum)·old + momentum·batch) of mean and variance, the batch variance over n - correction."""
    _need_finite((x, mean, variance))
    with decimal.localcontext(_MANY):
        new = decimal.Decimal(float(momentum))
        means, variances = [], []
        for row, old_mean, old_variance in zip(_channels(x), *_decimals(np.stack([mean, variance])), strict=True):
            batch_mean, batch_variance = _moments(row)
            means.append((1 - new) * old_mean + new * batch_mean)
            unbiased = batch_variance * len(row) / (len(row) - int(correction))
            variances.append((1 - new) * old_variance + new * unbiased)
        return _vector(means), _vector(variances)


@once
def batch_norm_gradient(x, gamma, upstream, *, epsilon):
    """(dx, dgamma, dbeta) of training mode, from dy[j]/dx[i] = gamma·(i==j - 1/n - z[i]·z[j]/n)/sqrt(variance + epsilon).

    z = (x - mean)/sqrt(variance + epsilon): Ioffe & Szegedy 2015, §3, gathered into one Jacobian.
    """
    _need_finite((x, gamma, upstream))
    with decimal.localcontext(_MANY):
        epsilon = decimal.Decimal(float(epsilon))
        dx, dgamma, dbeta = [], [], []
        for row, up, g in zip(_channels(x), _channels(upstream), _decimals(gamma[None])[0], strict=True):
            mean, variance = _moments(row)
            scale = (variance + epsilon).sqrt()
            z = [(one - mean) / scale for one in row]
            along, total, n = sum((a * b for a, b in zip(up, z, strict=True)), NOTHING), sum(up, NOTHING), len(up)
            dx.append([g / scale * (u - total / n - one * along / n) for u, one in zip(up, z, strict=True)])
            dgamma.append(along)
            dbeta.append(total)
        return _from_channels(dx, x.shape), _vector(dgamma), _vector(dbeta)
