"""Photographs as several claims look at them."""

import functools

from ....reference.samples import data, pictures

ROWS = 32
"""Rows of a photograph that are decoded exactly: the oracle is written in Python."""


@functools.cache
def exact_photograph(name):
    """The first ROWS rows in real numbers, [ROWS, W, 3]."""
    return pictures.rgb(pictures.jpeg_planes(data.photographs()[name], rows=ROWS))


@functools.cache
def scene():
    """A roof before the sky, gray, in whole numbers: [48, 120]."""
    return data.gray_photograph("china.jpg", rows=148)[100:, 200:320]
