"""Resampling: sums of products whose weights the implementation computes itself, with errors that are not relative to them.

Along each axis the weight of element j in output i is a function of the source coordinate c(i) that is Lipschitz: a kernel K(j - c), the hat
max(0, 1 - |t|) for linear interpolation and Keys' cubics, whose steepest slope is L; or the overlap of [i·s, (i + 1)·s] with [j, j + 1], divided
by s, for the area. A coordinate that is off by δ(i) = gamma(3)·(|c| + 1) (a rounded scale, a product, a sum) so moves a weight by at most
L·δ(i), or 2δ(i)/s, and gives weight only to elements within reach. Smoothed, the kernel's argument is (j - c)/s, once more rounded, and the
weights are divided by their sum T: an error d of each becomes at most (d + w·Σd)/(T - Σd). With A the exact weights and D those errors, both
[out, in], the result errs by D|x|A' + |A||x|D' + D|x|D' before any product is formed, and likewise along one axis or three. A weight read off a
table is that of a coordinate moved to the table's nearest place, which adds that distance to δ. The derivation is
ours; the rounding terms are Higham 2002, §3.1, those of a polynomial §5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import validation
from .bound import ORACLE, Bound, derived
from .formats import Format, gamma, significand_bits, smallest_normal, unit_roundoff

PLACES = 1024
"""In so many steps from one element to the next TensorFlow's plain bicubic has its weights (``kTableSize``, core/kernels/image/resize_bicubic_op.cc)."""

Matrices = list[tuple[np.ndarray, np.ndarray]]
"""(A, D) along each axis, both [out, in]."""


@dataclass(frozen=True)
class Kernel:
    """What a weight is of its distance, from where it is 0, how steep it is, and the terms whose sum it is."""

    weight: Callable[[np.ndarray], np.ndarray]
    reach: int
    slope: float
    terms: Callable[[np.ndarray], np.ndarray]


HAT = Kernel(lambda t: np.maximum(0, 1 - t), 1, 1.0, lambda t: np.zeros_like(t))


def cubic(a: float) -> Kernel:
    """Keys' kernel. |K'| is largest at t = (a + 3)/(3(a + 2)), where it is (a + 3)²/(3|a + 2|), or at 1, where it is |a|."""

    def weight(t):
        near, far = ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
        return np.where(t <= 1, near, np.where(t < 2, far, 0.0))

    def terms(t):
        near, far = (abs(a + 2) * t + abs(a + 3)) * t * t + 1, abs(a) * (((t + 5) * t + 8) * t + 4)
        return np.where(t < 1, near, np.maximum(far, (t == 1) * (abs(a + 2) + abs(a + 3) + 1)))

    within = a != -2 and 0 <= (a + 3) / (3 * (a + 2)) <= 1
    steepest = (a + 3) ** 2 / (3 * abs(a + 2)) if within else 0.0
    return Kernel(weight, 2, max(steepest, abs(a)), terms)


def resampled(x: np.ndarray, dtype: Format, matrices: Matrices, *, stored: str | None, interpolated: bool) -> Bound:
    """gamma(n + 2r + 2)·|A||x||A'| + D|x|A' + |A||x|D' + D|x|D', n elements within reach of each output, r axes.

    ``interpolated``: in the form a + (b - a)·f an interpolation errs by gamma(3)·3M, M the largest number near, and one of interpolated numbers
    by as much again: at most 3r·gamma(3)·M in place of the first term. Weights multiplied out err less.
    ``stored``: a narrower format that the weights and what was summed along one axis were rounded to, or None: 2r - 1 roundings.
    """
    X, rank, u = np.abs(np.asarray(x, np.float64)), len(matrices), unit_roundoff(dtype)
    sizes = [(np.abs(A) * (1 + 4 * ORACLE), D) for A, D in matrices]
    near = [(D > 0).astype(np.float64) for _, D in sizes]
    off = _moved(X, sizes)
    n = _along(np.ones((1, 1, *X.shape[2:])), near)
    S = _along(X, near if interpolated else [A for A, _ in sizes])
    own = 3 * rank * gamma(3, u) if interpolated else gamma(n + 2 * rank + 2, u)
    in_steps = 0.0 if stored is None else (2 * rank - 1) * unit_roundoff(stored) * (1 + 4 * unit_roundoff(stored))
    allowed = (own + in_steps + ORACLE) * S + off + (n + 4) * smallest_normal(dtype)
    first = f"{3 * rank}γ₃·R|x|R'" if interpolated else f"γ(n+{2 * rank + 2})·|A||x||A'|"
    return derived(
        allowed,
        f"{first} + D|x|A' + |A||x|D' + D|x|D' + (n + 4)·λ_min, A the weights along each axis, D their errors from a coordinate that is γ₃(|c| + 1) "
        f"off, R where D > 0, n = {n.min():.0f} to {n.max():.0f}, u = 2^-{significand_bits(dtype)}",
    )


def moved(x: np.ndarray, dtype: Format, matrices: Matrices) -> np.ndarray:
    """D|x|A' + |A||x|D' + D|x|D' + r·u·|A||x||A'|: how far weights that are off, and their rounded products, move a result, in every image alike."""
    X, sizes = np.abs(np.asarray(x, np.float64)), [(np.abs(A), D) for A, D in matrices]
    return _moved(X, sizes) + len(sizes) * unit_roundoff(dtype) * _along(X, [A for A, _ in sizes])


def _moved(X, sizes):
    terms = ([D if i == k else A + (i < k) * D for i, (A, D) in enumerate(sizes)] for k in range(len(sizes)))
    return sum(_along(X, term) for term in terms)


def transposed(matrices: Matrices) -> Matrices:
    return [(A.T, D.T) for A, D in matrices]


def weights_by_kernel(
    shape: Sequence[int],
    dtype: Format,
    kernel: Kernel,
    *,
    size: Any,
    grid: str,
    scale: Any = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
    tabled: bool = False,
) -> Matrices:
    """Along each spatial axis of an x of this shape. ``tabled``: weights are read off a table, at the nearest of :data:`PLACES` between two elements."""
    drops = antialias if exclude_outside is None else exclude_outside
    along = axes_of(shape, size, scale)
    return [_by_kernel(axis, dtype, kernel, grid, recomputed, antialias, drops, tabled) for axis in along]


def weights_by_area(shape: Sequence[int], dtype: Format, *, size: Any) -> Matrices:
    return [_overlap(elements, outputs, dtype) for elements, outputs, _ in axes_of(shape, size, None)]


def axes_of(shape: Sequence[int], size: Any, scale: Any) -> list[tuple[int, int, float | None]]:
    """(elements, outputs, scale) of each spatial axis."""
    rank = len(shape) - 2
    sizes, scales = (each if isinstance(each, tuple) else (each,) * rank for each in (size, scale))
    return list(zip(shape[2:], sizes, scales, strict=True))


def coordinates(axis: tuple[int, int, float | None], grid: str, recomputed: bool) -> tuple[float, np.ndarray]:
    """(s, c [out]), rounded in float64 a few times."""
    elements, outputs, scale = axis
    step = elements / outputs if scale is None or recomputed else 1 / scale
    i = np.arange(outputs)
    if grid == "align_corners":
        return step, i * (elements - 1) / max(outputs - 1, 1)
    if grid == "asymmetric":
        return step, i * step
    if grid == "tf_half_pixel_for_nn":
        return step, (i + 0.5) * step
    if grid == "pytorch_half_pixel" and outputs == 1:
        return step, np.zeros(1)
    shift = (elements - outputs * step) / 2 if grid == "half_pixel_symmetric" else 0.0
    return step, (i + 0.5) * step - 0.5 + shift


def held_by_float32(axis: tuple[int, int, float | None], grid: str, recomputed: bool) -> bool:
    """Whether every coordinate is a number of float32, and none is rounded: the step has few binary digits."""
    elements, outputs, _ = axis
    step, _ = coordinates(axis, grid, recomputed)
    if grid == "align_corners":
        step = (elements - 1) / max(outputs - 1, 1)
    return (step * 2**10).is_integer() and max(elements, outputs) < 2**12


def _along(numbers, matrices):
    for axis, A in enumerate(matrices, 2):
        numbers = np.moveaxis(np.moveaxis(numbers, axis, -1) @ A.T, -1, axis)
    return numbers


def _by_kernel(axis, dtype, kernel, grid, recomputed, antialias, drops, tabled):
    elements = axis[0]
    step, c = coordinates(axis, grid, recomputed)
    stretch, u = max(step, 1.0) if antialias else 1.0, unit_roundoff(dtype)
    beyond = int(np.ceil(kernel.reach * stretch + max(0.0, -c.min(), c.max() - elements))) + 2
    j = np.arange(-beyond, elements + beyond)
    delta = gamma(3, u) * (np.abs(c) + 1)[:, None] + 4 * ORACLE * (elements + np.abs(c[:, None]))
    if tabled:  # the nearest place, or where a coordinate that is off lies beyond the middle between two, the next
        delta = 3 * delta + np.abs(c - np.rint(c * PLACES) / PLACES)[:, None]
    t = np.abs(c[:, None] - j) / stretch
    K = kernel.weight(t)
    moved = kernel.slope * (delta / stretch + gamma(3, u) * t) + gamma(7, u) * kernel.terms(t)
    d = np.where(t < kernel.reach + 2 * delta / stretch + gamma(3, u) * kernel.reach, moved, 0.0)
    inside = (j >= 0) & (j < elements)
    if drops:
        keeps = np.abs(K * inside).sum(axis=1) > 0
        K, d = (np.where(inside | ~keeps[:, None], each, 0.0) for each in (K, d))
    if antialias or drops:
        T, lost = K.sum(axis=1, keepdims=True), d.sum(axis=1, keepdims=True)
        K = K / T
        n = (d > 0).sum(axis=1, keepdims=True)
        if (lost >= np.abs(T)).any():
            validation.refuse("accumulation", dtype, "a format in which the weights have a digit", "use a wider one")
        d = (d + np.abs(K) * (lost + gamma(n + 2, u) * np.abs(T))) / (np.abs(T) - lost)
    place = np.clip(j, 0, elements - 1)
    to = (place[:, None] == np.arange(elements)).astype(np.float64)
    return K @ to, d @ to


def _overlap(elements: int, outputs: int, dtype):
    i, j, scale = np.arange(outputs)[:, None], np.arange(elements)[None, :], elements / outputs
    low, high = np.maximum(i * scale, j), np.minimum((i + 1) * scale, j + 1)
    delta = gamma(3, unit_roundoff(dtype)) * ((i + 1) * scale + 1) + 4 * ORACLE * elements
    return np.maximum(0, high - low) / scale, np.where(high - low > -2 * delta, 2 * delta / scale, 0.0)
