"""Inputs that make a tolerance earn its keep: families of numbers in which rounding behaves each time differently.

A bound that holds on normal numbers alone has not been tried. Each family is drawn for one operation at once, for some are a
matter of all its arrays together (products that cancel, sums that stay below the largest number). All are seeded by the
generator that is given, and rounded once to the dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import ml_dtypes
import numpy as np

from .. import validation
from ..bounds import significand_bits

Shapes = Mapping[str, tuple[int, ...]]


def _normal(rng: np.random.Generator, shape: Sequence[int], info: ml_dtypes.finfo, degree: int) -> np.ndarray:
    return rng.standard_normal(shape)


def _wide(rng: np.random.Generator, shape: Sequence[int], info: ml_dtypes.finfo, degree: int) -> np.ndarray:
    """Exponents over a good part of the range: the largest terms hide the others."""
    reach = min(info.maxexp // (4 * degree), 40)
    return rng.standard_normal(shape) * 2.0 ** rng.integers(-reach, reach + 1, shape)


def _large(rng: np.random.Generator, shape: Sequence[int], info: ml_dtypes.finfo, degree: int) -> np.ndarray:
    """Near the largest number: products of them, and sums of up to 64 products, still below half of it."""
    top = 2.0 ** ((info.maxexp - (7 if degree > 1 else 1)) / degree)
    return rng.choice([-1, 1], shape) * rng.uniform(0.5, 1, shape) * top


def _zeros(rng: np.random.Generator, shape: Sequence[int], info: ml_dtypes.finfo, degree: int) -> np.ndarray:
    """Every third number a zero, of either sign."""
    return np.where(rng.random(shape) < 1 / 3, rng.choice([-0.0, 0.0], shape), rng.standard_normal(shape))


_EACH: dict[str, Callable[..., np.ndarray]] = {
    "normal": _normal,
    "cancelling": _normal,
    # No error cancels another, and no term either.
    "positive": lambda rng, shape, info, degree: rng.uniform(0.1, 2, shape),
    # A mean far larger than the spread: one-pass variances and folded scales lose digits. A hundred times, where sums have room.
    "offset": lambda rng, shape, info, degree: (
        (100 if info.maxexp > 20 or degree == 1 else 12) + rng.standard_normal(shape)
    ),
    "wide": _wide,
    "large": _large,
    # Below the smallest normal number, or products that are.
    "subnormal": lambda rng, shape, info, degree: rng.standard_normal(shape) * 2.0 ** (info.minexp / degree - 1),
    "signed zeros": _zeros,
}

FAMILIES = tuple(_EACH)


def draw(
    family: str, shapes: Shapes, rng: np.random.Generator, dtype: np.dtype, *, degree: int
) -> dict[str, np.ndarray]:
    """One array for each name in ``shapes``, of a family of :data:`FAMILIES`, read-only.

    ``degree``: 2 where numbers are multiplied with each other, so that it is products that come near the ends of the range, else 1.
    Names carry a meaning: ``variance`` is not negative, ``p`` holds rows of probabilities (in the family "positive" of numbers
    below 1 that do not sum to it, for an operation that reads one of them should not look at the others), ``labels`` whole numbers below the
    number of classes. "cancelling": the second half of the channels is the first half's negative but for 2**-6 of it, and meets
    the same weights.
    """
    info, found = ml_dtypes.finfo(dtype), {}
    for name, shape in shapes.items():
        if name == "labels":
            classes = (shapes.get("logits") or shapes["p"])[1]
            found[name] = _fixed(rng.integers(0, classes, shape))
            continue
        numbers = _EACH[family](rng, shape, info, degree)
        if family == "cancelling" and name in ("x", "w") and len(shape) > 1:
            half = shape[1] // 2
            near = 1 + 2.0**-6 * rng.standard_normal(numbers[:, :half].shape) if name == "x" else -1
            numbers[:, half : 2 * half] = -numbers[:, :half] * near
        if name == "variance":
            numbers = np.abs(numbers)
        if name == "p":
            numbers = np.abs(numbers) + 2.0**-4
            numbers = numbers / (4 if family == "positive" else numbers.sum(axis=1, keepdims=True))
        found[name] = _fixed(numbers.astype(dtype))
    return found


def _fixed(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


DESIGNS = ("dense", "wide x", "wide w", "wide upstream", "one-hot")
"""Whole numbers for the exact mode. Each design alone is blind to something: dense small numbers to inputs that are rounded to fewer
bits, wide ones to small changes of the others, one-hot ones to the order of summation and to everything but one window."""


def exact(
    design: str, shapes: Shapes, rng: np.random.Generator, dtype: np.dtype, *, terms: int
) -> dict[str, np.ndarray]:
    """Whole numbers times a power of two, so small that a sum of ``terms`` products of two of them, and a bias, rounds nowhere.

    Two factors share the room of the format, 2**t/(terms + 1): equally ("dense"), or all of it for one. x is scaled by 2, the others
    by 1/4, the bias as their product: exactness is a matter of significands, not of size. Whether the condition holds for the
    sums that are made in fact, the caller checks (:func:`~lectureclaims.reference.bounds.exactly_representable`).
    """
    room = 2 ** significand_bits(dtype) // (terms + 1)
    if room < 1:
        validation.refuse(
            "terms", terms, f"fewer than {2 ** significand_bits(dtype)}, the room of {dtype}", "use smaller shapes"
        )
    half = math.isqrt(room)
    x, w, upstream = {
        "dense": (half, half, half),
        "wide x": (room, 1, 1),
        "wide w": (1, room, 1),
        "wide upstream": (1, 1, room),
        "one-hot": (1, room, 1),
    }[design]
    found = {}
    for name, shape in shapes.items():
        size = {"x": x, "w": w, "upstream": upstream}.get(name, room)
        numbers = rng.integers(-size, size + 1, shape).astype(np.float64)
        if design == "one-hot" and name == "x":
            place = int(rng.integers(numbers.size))
            numbers = np.where(np.arange(numbers.size).reshape(shape) == place, 1.0, 0.0)
        found[name] = _fixed((numbers * {"x": 2.0, "b": 0.5}.get(name, 0.25)).astype(dtype))
    return found
