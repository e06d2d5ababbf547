"""Operator mutants of the activations: mistaken functions with the signatures of the right ones.

They call the library's real operations wherever these can be called, so that what refutes them is a real output.
"""

import numpy as np


def masked_relu(lib, x):
    """z where z > 0, else 0: a NaN, which is not larger than 0, becomes 0."""
    return np.where(x > 0, lib.relu(x), x.dtype.type(0))


def relu6(lib, x):
    return np.minimum(lib.relu(x), x.dtype.type(6))


def slope_everywhere(lib, x, upstream):
    """A straight-through gradient: 1 for negative numbers too."""
    return upstream.copy()


def unsigned_slope(lib, x, upstream):
    """|z| differentiated as if it were z."""
    return np.abs(lib.absolute_value_gradient(x, upstream)) * np.sign(upstream)


def slope_on_the_other_side(lib, x, *, alpha):
    """min(0, z) + α max(0, z)."""
    return -lib.leaky_relu(-x, alpha=alpha)


def slope_on_the_other_side_gradient(lib, x, upstream, *, alpha):
    return lib.leaky_relu_gradient(-x, upstream, alpha=alpha)


def larger_of_the_two(lib, x, *, alpha):
    """max(αz, z), which is leaky ReLU only for α ≤ 1."""
    return np.maximum(x.dtype.type(alpha) * x, x)


def slopes_on_the_other_side(lib, x, alpha):
    return -lib.prelu(-x, alpha)


def through_the_positive_side(lib, x, alpha, upstream):
    """dL/dα = Σ upstream · max(0, z): the other half of the sum is taken for the one that α multiplies."""
    dx = lib.prelu_gradient(x, alpha, upstream)[0]
    return dx, -lib.prelu_gradient(-x, alpha, upstream)[1]


def shared_across_channels(lib, x, alpha, upstream):
    """One α for all channels: its gradient is the sum of theirs."""
    dx, dalpha = lib.prelu_gradient(x, alpha, upstream)
    return dx, np.full_like(dalpha, dalpha.sum())


def mean_for_sum(lib, x, alpha, upstream):
    """The mean over the batch where the sum is meant."""
    dx, dalpha = lib.prelu_gradient(x, alpha, upstream)
    return dx, dalpha / x.dtype.type(len(x))


def hard_sigmoid(lib, x):
    return np.clip(x / x.dtype.type(6) + x.dtype.type(0.5), 0, 1).astype(x.dtype)


def twice_as_steep(lib, x):
    """σ(2z), the logistic that belongs to tanh."""
    return lib.logistic(2 * x)


def squared_error(lib, logits, labels, upstream):
    """The gradient of Σ (softmax z − onehot)² in the place of cross-entropy's."""
    p = lib.softmax(logits, axis=1)
    onehot = (np.arange(logits.shape[1]) == labels[:, None]).astype(logits.dtype)
    return lib.softmax_gradient(logits, 2 * upstream[:, None] * (p - onehot), axis=1)


def slightly_leaky(lib, x):
    return lib.leaky_relu(x, alpha=2.0**-7)


def relu_for_absolute_value(lib, x):
    return lib.relu(x)


def absolute_value_for_relu(lib, x):
    return lib.absolute_value(x)
