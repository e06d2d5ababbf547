"""Windows, the order of numbers in memory, a convolution as a matrix, and logits turned into probabilities."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ....reference.operators.convolutions.cross_correlation import cross_correlation1d, output_size
from ....reference.operators.losses.softmax import softmax
from ...wording.words import number
from ..figures import Picture
from .drawing import COLOURS, MARK, MUTED, RULE, box, line, svg, text

SIDE = 22


def _grid(x: float, y: float, rows: int, columns: int, *, around: int = 0) -> Iterator[str]:
    """Boxes; those ``around`` at each border dashed."""
    for i, j in itertools.product(range(rows), range(columns)):
        inside = around <= i < rows - around and around <= j < columns - around
        yield box(x + SIDE * j, y + SIDE * i, SIDE, dashed=not inside, stroke=MUTED if inside else RULE)
        if not inside:
            yield text(x + SIDE * (j + 0.5), y + SIDE * (i + 0.7), 0, size=10, fill=MUTED)


def _windows(name: str, size: int, kernel: int, padding: int, caption: str) -> Picture:
    """The first and the last window of a padded image, and the feature map."""
    wide, out = size + 2 * padding, output_size(size, kernel, stride=1, padding=(padding, padding), dilation=1)
    left, top = 10, 26
    beside = left + SIDE * wide + 110
    last = SIDE * (out - 1)
    parts = [
        *(box(left + at, top + at, SIDE * kernel, fill=MARK, stroke="none") for at in (0, last)),
        *_grid(left, top, wide, wide, around=padding),
        *(
            box(left + at, top + at, SIDE * kernel, stroke=colour)
            for at, colour in zip((0, last), COLOURS, strict=False)
        ),
        *_grid(beside, top, out, out),
        *(
            box(beside + at, top + at, SIDE, fill=MARK, stroke=colour)
            for at, colour in zip((0, last), COLOURS, strict=False)
        ),
        text(
            left,
            16,
            f"image, {size} × {size}" + (f", and {padding} row of zeros around it" if padding else ""),
            anchor="start",
        ),
        text(beside, 16, f"feature map, {out} × {out}", anchor="start"),
    ]
    alt = f"An image of {size} × {size} with a padding of {padding}, the first and the last window of size {kernel}, and the feature map of {out} × {out}."
    return Picture(name, caption, alt, svg(530, top + SIDE * wide + 10, alt, parts))


def _valid() -> Picture:
    caption = (
        "Valid: only windows that lie in the image. Along each axis the feature map is smaller by the kernel less one."
    )
    return _windows("valid", 6, 3, 0, caption)


def _same() -> Picture:
    caption = "Same: zeros around the image, half a kernel on each side, so that there is a window for each pixel."
    return _windows("same", 5, 3, 1, caption)


def _layouts() -> Picture:
    """Where the numbers of one image of two channels lie in memory."""
    channels, height, width = 2, 2, 3
    names = np.array([f"{c}{i}{j}" for c, i, j in np.ndindex(channels, height, width)]).reshape(channels, height, width)
    parts, side = [], 30
    for row, (layout, order) in enumerate((("[C, H, W]", (0, 1, 2)), ("[H, W, C]", (1, 2, 0)))):
        y = 30 + 62 * row
        parts.append(text(10, y - 8, f"in memory as {layout}", anchor="start"))
        for at, name in enumerate(names.transpose(order).ravel()):
            colour = COLOURS[int(name[0])]
            parts += [
                box(10 + side * at, y, side, stroke=colour),
                text(10 + side * (at + 0.5), y + 20, name, fill=colour),
            ]
    caption = "The same image of two channels (first digit), two rows and three columns in two layouts: the numbers are the same, their order is not."
    alt = "Twelve numbers in memory: with the channels first all of channel 0 and then all of channel 1; with the channels last the two channels of each pixel side by side."
    return Picture("layouts", caption, alt, svg(530, 130, alt, parts))


def _sparse_matrix() -> Picture:
    """The matrix of a convolution: what it makes of each unit vector is a column."""
    size, kernel, letters = 7, np.array([[[1.0, 2.0, 3.0]]]), ("", "a", "b", "c")
    units = np.eye(size)[:, None]
    settings = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
    matrix = cross_correlation1d(units, kernel, None, **settings)[:, 0].T
    parts = [text(10, 16, f"{matrix.shape[0]} outputs from {size} inputs", anchor="start")]
    for (i, j), value in np.ndenumerate(matrix):
        x, y = 10 + SIDE * j, 26 + SIDE * i
        parts.append(box(x, y, SIDE, stroke=RULE))
        if value:
            parts.append(text(x + SIDE / 2, y + 16, letters[int(value)], fill=COLOURS[int(value) - 1]))
    caption = "A convolution with the kernel (a, b, c) as the matrix of a fully connected layer: most weights are 0, and the others are the kernel's, again in each row."
    alt = f"A matrix of {matrix.shape[0]} rows and {size} columns with a, b, c in each row, one column further right from row to row; all else is empty."
    return Picture("sparse matrix", caption, alt, svg(530, 40 + SIDE * len(matrix), alt, parts))


def _softmax() -> Picture:
    logits = np.array([2.0, 1.0, 0.5, -1.0])
    parts, base, unit = [], 92, 24
    for left, values, scale, title in (
        (10, logits, 1, "logits"),
        (280, softmax(logits, axis=0), 3, "softmax: probabilities, which sum to 1"),
    ):
        parts += [text(left, 16, title, anchor="start"), line([(left, base), (left + 200, base)], stroke=RULE, width=1)]
        for i, value in enumerate(values):
            x, y = left + 50 * i + 25, base - unit * scale * value
            parts.append(line([(x, base), (x, y)], stroke=COLOURS[i], width=22))
            parts.append(text(x, y - 5 if value > 0 else y + 14, number(round(float(value), 3))))
    caption = "Softmax makes a distribution of any numbers: none is negative, they sum to 1, and their order is kept."
    alt = "Four logits, one of them negative, and the four probabilities that softmax makes of them."
    return Picture("softmax", caption, alt, svg(530, 136, alt, parts))


DRAWINGS = {"valid": _valid, "same": _same, "layouts": _layouts, "sparse matrix": _sparse_matrix, "softmax": _softmax}
