"""Resampling: sums of products whose weights the implementation computes itself, with errors that are not relative to them.

Along each axis the weight of element j in output i is a function of the source coordinate c(i) that is Lipschitz: a hat,
max(0, 1 - |c - j|), for linear interpolation; the overlap of [i·s, (i + 1)·s] with [j, j + 1], divided by s, for the area. A
coordinate that is off by δ(i) = gamma(3)·(|c| + 1) (a rounded scale, a product, a sum) so moves a weight by at most δ(i), or
2δ(i)/s, and gives weight only to elements within reach. With A the exact weights and D those errors, both [out, in], the
result errs by D|x|A' + A|x|D' + D|x|D' before any product is formed. The derivation is ours; the rounding terms are
Higham 2002, §3.1.
"""

import numpy as np

from .bound import ORACLE, Bound, derived
from .formats import Format, gamma, significand_bits, smallest_normal, unit_roundoff


def bilinear_resampling2d(
    x: np.ndarray, dtype: Format, *, size: tuple[int, int], grid: str, stored: str | None = None
) -> Bound:
    """18u·R|x|R' + (D|x|A' + A|x|D' + D|x|D'), R being 1 where an element is within reach.

    In the form a + (b - a)·f an interpolation errs by gamma(3)·3M, M the largest number near, and one of interpolated numbers by
    as much again: at most 6·gamma(3)·M. Weights multiplied out err less, gamma(6) of the sum of the products.
    ``stored``: a narrower format that the weights and what was interpolated along one axis were rounded to, or None: three roundings of M.
    """
    (A_y, D_y), (A_x, D_x) = (_hat(n, m, grid, dtype) for n, m in zip(x.shape[2:], size, strict=True))
    X = np.abs(np.asarray(x, np.float64))
    near = (D_y > 0) @ X @ (D_x > 0).T
    near_in_steps = 0.0 if stored is None else 3 * unit_roundoff(stored) * (1 + 4 * unit_roundoff(stored)) * near
    allowed = (
        near_in_steps + 6 * gamma(3, unit_roundoff(dtype)) * near + _moved(A_y, D_y, X, A_x.T, D_x.T) + ORACLE * near
    )
    return derived(
        allowed + 4 * smallest_normal(dtype),
        "6γ₃·R|x|R' + D|x|A' + A|x|D' + D|x|D' + 4λ_min, A the weights along each axis, D ≤ γ₃(|c| + 1) their errors, c the source "
        f"coordinate, R where D > 0, u = 2^-{significand_bits(dtype)}",
    )


def bilinear_resampling2d_gradient(
    x: np.ndarray, upstream: np.ndarray, dtype: Format, *, size: tuple[int, int], grid: str, stored: str | None = None
) -> Bound:
    """gamma(n + 6)·A'|g|A + D'|g|A + A'|g|D + D'|g|D: the adjoint, n outputs within reach of each element."""
    (A_y, D_y), (A_x, D_x) = (_hat(n, m, grid, dtype) for n, m in zip(x.shape[2:], size, strict=True))
    return _adjoint(A_y, D_y, A_x, D_x, upstream, dtype, stored)


def area_resampling2d(x: np.ndarray, dtype: Format, *, size: tuple[int, int], stored: str | None = None) -> Bound:
    """gamma(n + 6)·A|x|A' + D|x|A' + A|x|D' + D|x|D', n elements within reach of each output."""
    (A_y, D_y), (A_x, D_x) = (_overlap(n, m, dtype) for n, m in zip(x.shape[2:], size, strict=True))
    return _adjoint(A_y.T, D_y.T, A_x.T, D_x.T, x, dtype, stored)


def area_resampling2d_gradient(
    x: np.ndarray, upstream: np.ndarray, dtype: Format, *, size: tuple[int, int], stored: str | None = None
) -> Bound:
    """The adjoint of :func:`area_resampling2d`."""
    (A_y, D_y), (A_x, D_x) = (_overlap(n, m, dtype) for n, m in zip(x.shape[2:], size, strict=True))
    return _adjoint(A_y, D_y, A_x, D_x, upstream, dtype, stored)


def _adjoint(A_y, D_y, A_x, D_x, upstream, dtype, stored) -> Bound:
    G = np.abs(np.asarray(upstream, np.float64))
    n = (D_y > 0).sum(axis=0)[:, None] * (D_x > 0).sum(axis=0)[None, :]
    S = A_y.T @ G @ A_x
    # The weights, and what was summed along one axis, rounded to a narrower format.
    in_steps = 0.0 if stored is None else 3 * unit_roundoff(stored) * (1 + 4 * unit_roundoff(stored))
    allowed = (in_steps + gamma(n + 6, unit_roundoff(dtype)) + ORACLE) * S + _moved(A_y.T, D_y.T, G, A_x, D_x)
    return derived(
        allowed + (n + 4) * smallest_normal(dtype),
        "γ(n+6)·A|x|A' + D|x|A' + A|x|D' + D|x|D' + (n + 4)·λ_min, A the weights along each axis, D their errors from a coordinate "
        f"that is γ₃(|c| + 1) off, n = {n.min()} to {n.max()}, u = 2^-{significand_bits(dtype)}",
    )


def _moved(A_y, D_y, X, A_x, D_x):
    """D|x|A' + A|x|D' + D|x|D'; the weights themselves are rounded in float64 here, which ORACLE·A covers."""
    A_y, A_x = A_y * (1 + 4 * ORACLE), A_x * (1 + 4 * ORACLE)
    return D_y @ X @ A_x + A_y @ X @ D_x + D_y @ X @ D_x


def _hat(elements: int, outputs: int, grid: str, dtype):
    """(A, D), both [outputs, elements]."""
    i, j = np.arange(outputs)[:, None], np.arange(elements)[None, :]
    if grid == "half_pixel":
        coordinate = (2 * i + 1) * elements / (2 * outputs) - 0.5
    elif grid == "align_corners":
        coordinate = i * (elements - 1) / max(outputs - 1, 1)
    else:
        coordinate = i * elements / outputs
    delta = gamma(3, unit_roundoff(dtype)) * (np.abs(coordinate) + 1) + 4 * ORACLE * elements
    distance = np.abs(np.clip(coordinate, 0, elements - 1) - j)
    return np.maximum(0, 1 - distance), np.where(distance < 1 + 2 * delta, delta, 0.0)


def _overlap(elements: int, outputs: int, dtype):
    """(A, D), both [outputs, elements]."""
    i, j, scale = np.arange(outputs)[:, None], np.arange(elements)[None, :], elements / outputs
    low, high = np.maximum(i * scale, j), np.minimum((i + 1) * scale, j + 1)
    delta = gamma(3, unit_roundoff(dtype)) * ((i + 1) * scale + 1) + 4 * ORACLE * elements
    return np.maximum(0, high - low) / scale, np.where(high - low > -2 * delta, 2 * delta / scale, 0.0)
