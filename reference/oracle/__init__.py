"""What the operations really come to: literal sums in exact arithmetic, functions in many digits.

Nothing here calls the operators. A linear layer is enumerated from its definition as triples (output, input, weight),
one for each product in the sum; the value, both gradients, the sizes that error bounds need and the number of products
are all read off that one list. Sums are exact, and rounded once, to float64 (``exact.py``).

Functions (logistic, tanh, exp, softmax, batch norm) are computed in decimal with 50 digits, whose exponential and
square root are correctly rounded, and rounded once more, to float64.

Results are float64, read-only, of the canonical shape, and remembered: four backends ask for the same ones. The key is
the *values* of the arrays, so that float32 and float64 copies of the same numbers share one.
"""

from .batch_norm import batch_norm_gradient, batch_norm_inference, batch_norm_running, batch_norm_training
from .functions import exp, logistic, logistic_gradient, softmax, softmax_gradient, tanh, tanh_gradient
from .linear import (
    convolution1d,
    convolution2d,
    cross_correlation1d,
    cross_correlation1d_gradient,
    cross_correlation2d,
    cross_correlation2d_gradient,
    flush_sizes,
    fully_connected,
    fully_connected_gradient,
    sizes,
)
from .selections import max_pooling2d, max_pooling2d_gradient, relu, relu_gradient

__all__ = [
    "batch_norm_gradient", "batch_norm_inference", "batch_norm_running", "batch_norm_training", "convolution1d",
    "convolution2d", "cross_correlation1d", "cross_correlation1d_gradient", "cross_correlation2d",
    "cross_correlation2d_gradient", "exp", "flush_sizes", "fully_connected", "fully_connected_gradient", "logistic",
    "logistic_gradient", "max_pooling2d", "max_pooling2d_gradient", "relu", "relu_gradient", "sizes", "softmax",
    "softmax_gradient", "tanh", "tanh_gradient",
]  # fmt: skip
