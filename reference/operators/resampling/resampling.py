"""What all resampling of images has in common: it is linear, and acts along each axis alone.

    y[n, c] = A · x[n, c] · B'          A [Hout, H], B [Wout, W]; each row sums to one

Weights of zero are multiplied too: a NaN or an infinity spoils the rows and columns of outputs that it lies in.
"""

from collections.abc import Sequence

import numpy as np

from ... import validation


def output_shape(x_shape: Sequence[int], *, size: tuple[int, int]) -> tuple[int, ...]:
    """[N, C, *size] from x [N, C, H, W]."""
    if len(x_shape) != 4:
        validation.refuse("x.shape", tuple(x_shape), "4 axes [N, C, H, W]", "reshape x to those axes")
    return (*x_shape[:2], *validation.counts("size", size, rank=2))


def check(x: np.ndarray, size: tuple[int, int]) -> tuple[int, ...]:
    """The arguments at the door; the output's shape [N, C, *size]."""
    validation.array("x", x, axes="N C H W")
    return output_shape(x.shape, size=size)


def check_gradient(x: np.ndarray, upstream: np.ndarray, size: tuple[int, int]) -> None:
    """The same, and upstream [N, C, *size]."""
    shape = check(x, size)
    validation.upstream(upstream, x, shape, "the shape of the output [N, C, Hout, Wout]", axes="N C Hout Wout")


def forward(x: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A·x·B', the weights [out, in] rounded to the dtype of x."""
    return A.astype(x.dtype) @ x @ B.astype(x.dtype).T


def backward(upstream: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A'·upstream·B: the adjoint of :func:`forward`."""
    return A.astype(upstream.dtype).T @ upstream @ B.astype(upstream.dtype)
