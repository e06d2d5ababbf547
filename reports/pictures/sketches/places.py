"""One kernel at every place: the sum of convolution term by term, and the same feature at two places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....reference.operators.convolutions.convolution import convolution1d
from ....reference.operators.convolutions.cross_correlation import cross_correlation2d
from ...wording.words import number
from ..figures import Picture
from .boxes import SIDE
from .drawing import COLOURS, MARK, RULE, box, svg, text

LINE = {"dilation": 1, "groups": 1, "stride": 1}
PLANE = {"dilation": (1, 1), "groups": 1, "stride": (1, 1), "padding": ((0, 0), (0, 0))}


def _numbers(
    x: float, y: float, rows: np.ndarray, *, colour: str = "", marked: np.ndarray | None = None
) -> Iterator[str]:
    """Numbers in boxes; those that are ``marked`` stand out; other zeros are left out."""
    for (i, j), value in np.ndenumerate(rows):
        left, top = x + SIDE * j, y + SIDE * i
        stands_out = marked is not None and bool(marked[i, j])
        yield box(left, top, SIDE, fill=MARK if stands_out else "none", stroke=colour if stands_out else RULE)
        if value or stands_out:
            yield text(left + SIDE / 2, top + 15, number(float(value)))


def _discrete_sum() -> Picture:
    """X(m) W(i − m), a row for each m, and their sums below."""
    x, w = np.array([2.0, 1.0, 3.0]), np.array([[[1.0, 4.0, 2.0]]])
    padding = (w.size - 1, w.size - 1)
    terms = convolution1d(np.diag(x)[:, None], w, None, padding=padding, **LINE)[:, 0]
    total = convolution1d(x[None, None], w, None, padding=padding, **LINE)[0]
    present = np.array([[0 <= i - m < w.size for i in range(terms.shape[1])] for m in range(len(x))])
    left, top = 110, 30
    below = top + SIDE * len(terms) + 8
    parts = [
        text(10, 16, "X = (2, 1, 3), W = (1, 4, 2)", anchor="start"),
        *(text(left - 8, top + SIDE * m + 15, f"X({m}) W(i − {m})", anchor="end") for m in range(len(x))),
        *_numbers(left, top, terms, colour=COLOURS[0], marked=present),
        text(left - 8, below + 15, "S(i)", anchor="end"),
        *_numbers(left, below, total, colour=COLOURS[1], marked=np.ones_like(total)),
    ]
    caption = "The convolution of two short rows: each number of X lays the whole of W, times itself, one place further; S is the sum of a column."
    alt = (
        f"Three shifted copies of W, times 2, 1 and 3, and their sum: {', '.join(number(float(n)) for n in total[0])}."
    )
    return Picture("discrete sum", caption, alt, svg(530, below + SIDE + 8, alt, parts))


def _same_treatment() -> Picture:
    """A feature at two places of an image, and what a kernel answers."""
    feature = np.array([[0.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 0.0]])
    image = np.zeros((5, 11))
    for row, column in ((0, 0), (2, 6)):
        image[row : row + 3, column : column + 3] = feature
    answers = cross_correlation2d(image[None, None], feature[None, None], None, **PLANE)[0, 0]
    largest = answers == answers.max()
    beside = 10 + SIDE * image.shape[1] + 30
    parts = [
        text(10, 16, "an image with one feature at two places", anchor="start"),
        *_numbers(10, 26, image, colour=COLOURS[0], marked=image > 0),
        text(beside, 16, "what one kernel answers", anchor="start"),
        *_numbers(beside, 26, answers, colour=COLOURS[1], marked=largest),
    ]
    caption = (
        "One kernel treats every place alike: it answers the same feature with the same number, wherever that stands."
    )
    alt = f"An image with the same cross of numbers at two places; the feature map has {number(float(answers.max()))} at both, and less elsewhere."
    return Picture("same treatment", caption, alt, svg(530, 36 + SIDE * len(image), alt, parts))


DRAWINGS = {"discrete sum": _discrete_sum, "same treatment": _same_treatment}
