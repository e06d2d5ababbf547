"""Convolution of 3 × 3 kernels by Winograd's transforms F(2 × 2, 3 × 3) and F(4 × 4, 3 × 3), and by the Fourier transform: what they make, and how they err.

The transforms are those of Lavin & Gray, *Fast algorithms for convolutional neural networks*, CVPR 2016, §4, as cuDNN, MIOpen, NNPACK and oneDNN have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import bounds
from .made import Made, Rounding

TILES = {
    2: (
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]],
    ),
    4: (
        [
            [4, 0, -5, 0, 1, 0],
            [0, -4, -4, 1, 1, 0],
            [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0],
            [0, 2, -1, -2, 1, 0],
            [0, 4, 0, -5, 0, 1],
        ],
        [
            [1 / 4, 0, 0],
            [-1 / 6, -1 / 6, -1 / 6],
            [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6],
            [1 / 24, -1 / 12, 1 / 6],
            [0, 0, 1],
        ],
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    ),
}
"""m → B' [t, t], G [t, 3], A' [m, t], t = m + 2."""
STEPS = 6
"""About how many roundings an element of a transform on two axes meets."""


@dataclass(frozen=True)
class Errors:
    """How an algorithm errs in float32: at most, and by what standard deviation."""

    says: str
    bound: bounds.Bound
    deviation: np.ndarray


def applies(operation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether Winograd's transforms are made for these settings."""
    return (
        operation == "cross_correlation2d"
        and arguments["w"].shape[2:] == (3, 3)
        and (arguments["stride"], arguments["dilation"], arguments["groups"]) == ((1, 1), (1, 1), 1)
    )


def transformed(arguments: Mapping[str, Any], format: Any) -> Iterator[Made]:
    """The results, flat, with transformed tiles kept in a narrow format."""
    return (_made(arguments, format, m) for m in TILES)


def winograd_deviation(arguments: Mapping[str, Any]) -> Iterator[Errors]:
    """F(2 × 2, 3 × 3) and F(4 × 4, 3 × 3) in float32, each with an error model of independent roundings, as that of :mod:`...bounds.statistics`."""
    x, w, b = (None if arguments.get(n) is None else np.asarray(arguments[n], np.float64) for n in ("x", "w", "b"))
    assert x is not None and w is not None
    u = bounds.unit_roundoff(np.float32)
    for m, (B, G, A) in ((m, map(np.array, matrices)) for m, matrices in TILES.items()):
        tiles, back = _tiles(x, arguments["padding"], m)
        V, U = _both(B, tiles), _both(G, w)
        Vq, Uq = _both(np.square(B), np.square(tiles)), _both(np.square(G), np.square(w))
        C = x.shape[1]
        Q, M = _summed(np.square(V), np.square(U)), _summed(V, U)
        own = STEPS * (_summed(Vq, np.square(U)) + _summed(np.square(V), Uq)) + (1 + C / 6) * Q + C / 3 * np.square(M)
        s2 = _both(np.square(A), own + STEPS * np.square(M))
        W = _both(np.abs(A), _summed(_both(np.abs(B), np.abs(tiles)), _both(np.abs(G), np.abs(w))))
        W = back(W) + (0 if b is None else np.abs(b)[:, None, None])
        terms = max(int(np.count_nonzero(each, axis=1).max()) for each in (B, G, A))
        yield Errors(
            f"Winograd's F({m}×{m}, 3×3)", bounds.winograd(W, terms, C + 1, "float32"), u * np.sqrt(back(s2) / 3)
        )


def fourier_deviation(arguments: Mapping[str, Any]) -> Errors:
    """By transforms of whole images: the errors of all outputs of a channel are alike."""
    x, w = (np.asarray(arguments[name], np.float64) for name in ("x", "w"))
    u, axes = bounds.unit_roundoff(np.float32), tuple(range(2, x.ndim))
    sizes = [n + sum(sides) + k - 1 for n, sides, k in zip(x.shape[2:], arguments["padding"], w.shape[2:], strict=True)]
    length = int(np.prod([2 ** int(np.ceil(np.log2(n))) for n in sizes]))
    of_x, of_w = (np.square(a).sum(axis=axes) for a in (x, w))
    norms, squares = np.sqrt(of_x) @ np.sqrt(of_w).T, of_x @ of_w.T
    s2 = STEPS * np.log2(length) * squares
    return Errors(
        "a Fourier transform",
        bounds.fourier(norms[..., None, None], length, x.shape[1], bounds.PER_BIT, "float32"),
        u * np.sqrt(s2 / 3)[..., None, None],
    )


def _made(arguments: Mapping[str, Any], format: Any, m: int) -> Made:
    x, w, b = (arguments.get(name) for name in ("x", "w", "b"))
    assert x is not None and w is not None
    B, G, A = (np.array(each, np.float32) for each in TILES[m])
    tiles, back = _tiles(x.astype(np.float32), arguments["padding"], m)
    narrow = np.dtype(format)
    V, U = (_both(each, a).astype(narrow).astype(np.float32) for each, a in ((B, tiles), (G, w.astype(np.float32))))
    M, size = _summed(V, U), _summed(np.abs(V), np.abs(U))
    y, W = back(_both(A, M)), back(_both(np.abs(A), size))
    if b is not None:
        y = y + b.astype(np.float32)[:, None, None]
    # The sum over the channels, and the transform back, in float32.
    roundings = bounds.deviations(float(y.size)) * np.sqrt(x.shape[1] + 2 * STEPS)
    off = bounds.unit_roundoff(np.float32) * roundings * W.ravel()
    rounding = Rounding(format, y.size)
    values = rounding(y.ravel().astype(np.float32), off)
    says = f"the convolution was made by Winograd's F({m}×{m}, 3×3) with its transforms rounded to {narrow.name}"
    return rounding.made(says, "", values, 1)


def _tiles(x: np.ndarray, padding: Any, m: int) -> tuple[np.ndarray, Any]:
    """x [N, C, H, W] cut into tiles [N, C, th, tw, t, t] of m × m results each; and what puts those [N, O, th, tw, m, m] together."""
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    sizes = [n - 2 for n in padded.shape[2:]]
    counts = [-(-n // m) for n in sizes]
    room = [(0, count * m - n) for n, count in zip(sizes, counts, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(padded, ((0, 0), (0, 0), *room)), (m + 2, m + 2), (2, 3))

    def back(y: np.ndarray) -> np.ndarray:
        whole = y.swapaxes(3, 4).reshape(*y.shape[:2], counts[0] * m, counts[1] * m)
        return np.ascontiguousarray(whole[:, :, : sizes[0], : sizes[1]])

    return windows[:, :, ::m, ::m], back


def _both(matrix: np.ndarray, a: np.ndarray) -> np.ndarray:
    return matrix @ a @ matrix.T


def _summed(V: np.ndarray, U: np.ndarray) -> np.ndarray:
    """Over the channels: [N, O, th, tw, t, t]."""
    (N, C, th, tw, t, _), O = V.shape, len(U)
    pixels = V.transpose(4, 5, 0, 2, 3, 1).reshape(t, t, -1, C)
    return (pixels @ U.transpose(2, 3, 1, 0)).reshape(t, t, N, th, tw, O).transpose(2, 5, 3, 4, 0, 1)
