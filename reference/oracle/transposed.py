"""Transposed convolution from its definition: for each output and tap the one input that meets them; exact matrix products of these."""

import numpy as np

from .. import exact
from .linear import EXACTLY, correlated, correlated_kernel, exchanged, over_positions
from .remembered import once


def _met(size, kernel, stride, padding, more, dilation):
    """[output, tap] → the element p with p·stride + tap·dilation - before = output, or -1."""
    before, after = padding
    outputs = (size - 1) * stride + dilation * (kernel - 1) + 1 - before - after + more
    elements = np.full((outputs, kernel), -1)
    for p in range(size):
        for tap in range(kernel):
            output = p * stride + tap * dilation - before
            if 0 <= output < outputs:
                elements[output, tap] = p
    return elements


def _tables(x, w, stride, padding, output_padding, dilation):
    return [
        _met(*axis) for axis in zip(x.shape[2:], w.shape[2:], stride, padding, output_padding, dilation, strict=True)
    ]


def _evaluated(rank):
    """The operation along so many axes, and its gradient."""

    def forward(x, w, b, *, groups, way=EXACTLY, **geometry):
        if rank == 1:
            x, w, geometry = _planar(x, w, geometry)
        tables = _tables(x, w, **geometry)
        y = correlated(x, exchanged(w, groups), b, tables, groups, way)
        return y[..., 0] if rank == 1 else y

    def gradient(x, w, upstream, *, groups, way=EXACTLY, **geometry):
        if rank == 1:
            (x, w, geometry), upstream = _planar(x, w, geometry), upstream[..., None]
        tables = _tables(x, w, **geometry)
        windows = [exact.transposed(*each) for each in zip(tables, x.shape[2:], strict=True)]
        dx = correlated(upstream, w, None, windows, groups, way)
        turned = exchanged(w, groups)
        dw = exchanged(correlated_kernel(x, upstream, turned.shape, tables, groups, way), groups)
        dx, dw = (dx[..., 0], dw[..., 0]) if rank == 1 else (dx, dw)
        return dx, dw, over_positions(upstream)

    forward.__name__ = f"transposed_convolution{rank}d"
    gradient.__name__ = f"{forward.__name__}_gradient"
    return once(forward), once(gradient)


def _planar(x, w, geometry):
    """A row of numbers as an image of width 1."""
    wide = {"stride": 1, "padding": (0, 0), "output_padding": 0, "dilation": 1}
    return x[..., None], w[..., None], {name: (value, wide[name]) for name, value in geometry.items()}


transposed_convolution1d, transposed_convolution1d_gradient = _evaluated(1)
transposed_convolution2d, transposed_convolution2d_gradient = _evaluated(2)
transposed_convolution3d, transposed_convolution3d_gradient = _evaluated(3)
"""y[n, o, p·s + i·d - before] = b[o] + the sum of x[n, c, p]·w[c, o, i]; (dx, dw, db)."""
