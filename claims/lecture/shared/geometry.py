"""The geometry of a convolution and the size of its output; the layer as a call, and its literal sum.

``PLAIN_1D`` and ``PLAIN_2D`` are the settings of a layer without stride, padding, dilation and groups.
"""

import functools
from typing import Any, NamedTuple

import numpy as np

from ....reference import oracle
from ...language import ask
from .exact import must_be_exact

PLAIN_1D: dict[str, Any] = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
PLAIN_2D: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
SIZE = "⌊(H + before + after − d(k − 1) − 1)/s⌋ + 1 on each axis"
FORMULA = "the formula"
LITERAL_SUM = "the literal sum in Python integers"


class Axis(NamedTuple):
    """One axis of an image: its size, kernel, stride, dilation, padding before and after."""

    H: int
    k: int
    s: int = 1
    d: int = 1
    p: int = 0
    q: int = 0


def room(a):
    """How many places the first window can move on: below 0 where no window fits."""
    return a.H + a.p + a.q - a.d * (a.k - 1) - 1


def size(a):
    """⌊(H + p + q − d(k − 1) − 1)/s⌋ + 1; without stride, dilation and padding H − k + 1. Below 1: no window fits."""
    return room(a) // a.s + 1


def kernel_ignored(a):
    return size(a._replace(k=1))


def stride_ignored(a):
    return size(a._replace(s=1))


def dilation_ignored(a):
    return size(a._replace(d=1))


def padding_ignored(a):
    return size(a._replace(p=0, q=0))


def padding_counted_once(a):
    return size(a._replace(q=0))


class Geometry(NamedTuple):
    """Image, kernel, stride, dilation and padding by axis; images, channels, groups."""

    H: int
    W: int
    ky: int
    kx: int
    sy: int = 1
    sx: int = 1
    dy: int = 1
    dx: int = 1
    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0
    N: int = 1
    Cin: int = 1
    Cout: int = 1
    groups: int = 1

    @classmethod
    def of(cls, height, width, N=1, Cin=1, Cout=1, groups=1):
        a, b = height, width
        return cls(a.H, b.H, a.k, b.k, a.s, b.s, a.d, b.d, a.p, a.q, b.p, b.q, N, Cin, Cout, groups)

    @classmethod
    def along(cls, axis, a):
        """``a`` along the axis "H" or "W"; the other is one pixel under one tap."""
        return cls.of(*((a, Axis(1, 1)) if axis == "H" else (Axis(1, 1), a)))

    @property
    def axes(self):
        return (
            Axis(self.H, self.ky, self.sy, self.dy, self.top, self.bottom),
            Axis(self.W, self.kx, self.sx, self.dx, self.left, self.right),
        )

    @property
    def settings(self):
        """How a two-dimensional layer of this geometry is set."""
        padding = ((self.top, self.bottom), (self.left, self.right))
        return {"stride": (self.sy, self.sx), "padding": padding, "dilation": (self.dy, self.dx), "groups": self.groups}

    @property
    def shapes(self):
        """[N, Cin, H, W] and [Cout, Cin ÷ groups, ky, kx]."""
        return (self.N, self.Cin, self.H, self.W), (self.Cout, self.Cin // self.groups, self.ky, self.kx)

    def arrays(self, draw):
        """The images "x" and the kernels "w", drawn by their names: ``case.integers``, ``case.reals``."""
        x_shape, w_shape = self.shapes
        return draw("x", x_shape), draw("w", w_shape)


def layer(x, w, b=None, **settings):
    """The convolution layer, which cross-correlates; plain but for ``settings``."""
    return ask("cross_correlation2d", x=x, w=w, b=b, **PLAIN_2D | settings)


@functools.lru_cache(maxsize=4096)
def layer_of_ones(dtype, g, design="ones"):
    return layer(*(np.ones(shape, dtype) for shape in g.shapes), **g.settings)


def exact_layer(x, w, **settings):
    """The literal sum in Python integers, in the dtype of x; raises ValueError where a sum would not be exact in it."""
    must_be_exact(x, w)
    return oracle.cross_correlation2d(x, w, None, **PLAIN_2D | settings).astype(x.dtype)
