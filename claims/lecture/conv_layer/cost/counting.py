"""How much a convolution costs, and the fully connected layer between the same input and output: sizes, counts, pairs of counts."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ...shared.geometry import Axis, layer, size

SAID = "the sentence, as worded"
WEAKENED = "the sentence, weakened from “fewer” to “not more”: even so it fails"


class Sizes(NamedTuple):
    """A convolution on an image: H × W pixels, a k × k kernel, p zeros on each side, channels in and out."""

    H: int
    W: int
    k: int
    p: int = 0
    Cin: int = 1
    Cout: int = 1

    @property
    def places(self):
        """Hout · Wout."""
        return math.prod(size(Axis(n, self.k, p=self.p, q=self.p)) for n in (self.H, self.W))

    @property
    def inputs(self):
        return self.Cin * self.H * self.W

    @property
    def outputs(self):
        return self.Cout * self.places


def ones(g, dtype):
    """The convolution of ones with ones: each output is the number of products in it with a pixel of the image."""
    x, w = np.ones((1, g.Cin, g.H, g.W), dtype), np.ones((g.Cout, g.Cin, g.k, g.k), dtype)
    return layer(x, w, padding=((g.p, g.p), (g.p, g.p)))


def both(answer, count):
    """A number of the convolution and the same of the fully connected layer."""
    few, many = answer
    return few.then(lambda a: (count(a), count(many.value)))


def fewer(n):
    return n[0] < n[1]


def no_more(n):
    return n[0] <= n[1]


def times(n):
    """How many times fewer, exactly."""
    return str(Fraction(n[1], n[0]))


class Kernel(NamedTuple):
    """An image of H × W pixels, a k × k kernel, p zeros on each side; one channel in and out."""

    H: int
    W: int
    k: int
    p: int


def by_area(most):
    """Images of up to most × most pixels, kernels up to the whole image, no padding."""
    points = [
        Kernel(H, W, k, 0) for H in range(1, 1 + most) for W in range(1, 1 + most) for k in range(1, 1 + min(H, W))
    ]
    return sorted(points, key=lambda g: (g.H * g.W, g.k))


def squares(most):
    """Square images, kernels up to 3 × 3 that fit, with and without a zero on each side."""
    return [Kernel(n, n, k, p) for n in range(1, 1 + most) for k in (1, 2, 3) for p in (0, 1) if k <= n + 2 * p]


class Narrow(NamedTuple):
    """An image of H × H pixels, a k × k kernel smaller than it, Cout channels; a fully connected layer with O outputs."""

    H: int
    k: int
    Cout: int
    O: int


def places_forgotten(lib, *, layers, size):
    """Each layer's multiply-adds as if its weights worked at one place only."""
    reports = lib.network_layers(layers, size=size)
    return [
        report | {"multiply_adds": report["multiply_adds"] // math.prod(report["output"][1:])} for report in reports
    ]
