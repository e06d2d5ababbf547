"""Operations that choose among numbers, or multiply one of them by a slope: no error, or that of one product."""

import itertools
from typing import Any

import numpy as np

from .bound import ORACLE, Bound, composed, derived, exact
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, smallest_subnormal, unit_roundoff
from .resampling import axes_of, coordinates, held_by_float32


def selection(values: Numbers, dtype: Format, *, flushed: bool, compared: bool = False) -> Bound:
    """0: the result is one of the numbers given. Where subnormal numbers are flushed, one of them may be 0 instead.

    ``compared``: the number was chosen by comparing it with others, among which flushed ones are all alike.
    """
    values = np.asarray(values, np.float64)
    if not flushed:
        return exact(values.shape, reason="the result is one of the numbers given")
    normal = smallest_normal(dtype)
    lost = np.where(np.abs(values) < normal, np.abs(values) + (normal if compared else 0.0), 0.0)
    text = "0: the result is one of the numbers given; below λ_min also 0" + (
        " or another such number" if compared else ""
    )
    return derived(lost, f"{text}, for subnormal numbers are flushed")


def slopes(z: Numbers, slope: Numbers, values: Numbers, dtype: Format, *, flushed: bool, roundings: int) -> Bound:
    """gamma(roundings)·|y| + λ for z < 0, and 0 for z >= 0: y = slope·z, and the slope itself may be rounded to the dtype.

    A gradient takes the slope at z = 0 too, where y is not 0.
    ``flushed``: z or the product may be taken as 0 below λ_min: λ_min·(1 + |slope|) more.
    """
    y, u, normal = np.abs(np.asarray(values, np.float64)), unit_roundoff(dtype), smallest_normal(dtype)
    product = (gamma(roundings, u) + ORACLE) * y + smallest_subnormal(dtype)
    whole = np.zeros_like(y)
    text = f"γ({roundings})·|y| + λ where the slope counts, 0 elsewhere, u = 2^-{significand_bits(dtype)}"
    if flushed:
        product = product + normal * (1 + np.abs(np.asarray(slope, np.float64)))
        whole = np.where(y < normal, y, whole)
        text += "; + λ_min·(1 + |slope|): subnormal numbers are flushed to zero"
    z = np.asarray(z, np.float64)
    return derived(np.where((z < 0) | ((z == 0) & (y != 0)), product, whole), text)


def nearest_neighbours(
    x: Numbers,
    values: Numbers,
    own: Bound,
    *,
    size: Any,
    grid: str,
    scale: Any = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Bound:
    """``own``, and how far off the number of a neighbouring pixel is, where the source coordinate lies within rounding of where it is decided.

    (i + 1/2)·in/out or i·in/out, computed in float32 with a rounded quotient, is off by at most γ₃·(c + 3/2), c the coordinate, whatever the
    format of x, and by nothing where float32 holds the coordinates. Where the border of two pixels lies so near, the sample may be that of either side of it; on both axes, one of four. The
    derivation is ours.
    """
    x, y = np.asarray(x, np.float64), np.asarray(values, np.float64)
    usual = "floor" if grid in ("asymmetric", "tf_half_pixel_for_nn") else "round_prefer_ceil"
    sides = [_sides(axis, grid, recomputed, rounding or usual) for axis in axes_of(x.shape, size, scale)]
    off = np.zeros_like(y)
    for places in itertools.product(*sides):
        off = np.maximum(off, np.abs(x[np.s_[:, :, *np.ix_(*places)]] - y))
    text = (
        f"{own.derivation}; or the neighbour's, where the source coordinate is within γ₃·(c + 1) of a border, u = 2^-24"
    )
    return composed(own.allowed + off, text, own)


def _sides(
    axis: tuple[int, int, float | None], grid: str, recomputed: bool, rounding: str
) -> tuple[np.ndarray, np.ndarray]:
    """For each output the first and the last element that a rounded coordinate may fall into."""
    _, c = coordinates(axis, grid, recomputed)
    shift, whole = {
        "floor": (0.0, np.floor),
        "ceil": (0.0, np.ceil),
        "round_prefer_floor": (-0.5, np.ceil),
        "round_prefer_ceil": (0.5, np.floor),
    }[rounding]
    rounded = 0.0 if held_by_float32(axis, grid, recomputed) else gamma(3, unit_roundoff(np.float32))
    delta = rounded * (np.abs(c) + abs(shift) + 1)
    return tuple(np.clip(whole(c + shift + off), 0, axis[0] - 1).astype(np.int64) for off in (-delta, delta))
