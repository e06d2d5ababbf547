"""The lecture's column “Linear”: superposition, component by component.

f is linear where f(Σ c x) = Σ c f(x). Both sides are the library's own: it is given several inputs as a batch [n, …], and their
combinations C x [M, …]; what it makes of the latter must be C times what it made of the former.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ....reference import bounds
from ...language import ask, claim, same_bits, smallest
from ..shared.geometry import PLAIN_2D
from ..shared.wrongs import another
from . import mutants
from .layers import PADDED
from .superposition import IDENTITY, bound_of, superposition

COEFFICIENTS = np.array([[2, -3], [1, 1], [-4, 0.5], [0, 0]])
"""a and b of a·x + b·y, one pair a row: powers of two and small whole numbers, so that with whole x, y nothing is rounded."""


@dataclass(frozen=True)
class Part:
    """One operation without its bias; ``bits``: whether small whole numbers go through it without rounding."""

    operation: str
    x: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    w: tuple[int, ...] = ()
    bits: bool = True


UNEVEN = {"stride": (2, 1), "padding": ((0, 2), (1, 0)), "dilation": (1, 2), "groups": 2}
WHOLE = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "count_padding": True}
NINTHS = {"window": (3, 3), "stride": (2, 2), "padding": ((1, 1), (1, 1)), "count_padding": False}
IMAGE = (2, 4, 6)


def resampled(kind, grid, size, *, bits=True):
    return Part(f"{kind}_resampling2d", IMAGE, {"size": size, "grid": grid}, bits=bits)


COMPONENTS: dict[str, tuple[Part, ...]] = {
    "fully connected": (Part("fully_connected", (7,), w=(5, 7)),),
    "convolution, 1-d": (
        Part("cross_correlation1d", (2, 9), {"stride": 2, "padding": (1, 0), "dilation": 1, "groups": 1}, w=(3, 2, 3)),
    ),
    "convolution, 2-d": (
        Part("cross_correlation2d", (2, 5, 4), PADDED, w=(3, 2, 3, 3)),
        Part("cross_correlation2d", (4, 6, 5), UNEVEN, w=(2, 2, 3, 2)),
    ),
    "bilinear up- and downsampling": (
        resampled("bilinear", "half_pixel", (8, 12)),
        resampled("bilinear", "half_pixel", (12, 18), bits=False),
        resampled("bilinear", "half_pixel", (2, 3)),
        resampled("bilinear", "align_corners", (7, 11)),
    ),
    "nearest up- and downsampling": (
        resampled("nearest", "half_pixel", (8, 18)),
        resampled("nearest", "half_pixel", (2, 3)),
        resampled("nearest", "asymmetric", (2, 2)),
    ),
    "area downsampling": (Part("area_resampling2d", IMAGE, {"size": (2, 3)}),),
    "average pooling": (Part("average_pooling2d", IMAGE, WHOLE), Part("average_pooling2d", IMAGE, NINTHS, bits=False)),
}


def call(part, x, w):
    """Without a bias, where the operation may have one."""
    weights = {} if w is None else {"w": w, "b": None}
    return ask(part.operation, x=x, **weights, **part.settings)


def combined(C, x):
    """C x, of whole numbers so small that nothing is rounded."""
    return np.tensordot(C, x, 1).astype(x.dtype)


linear_components = claim(
    "network.linear_components",
    """
    f(a·x + b·y) = a·f(x) + b·f(y) for the fully connected layer, convolution (1-d and 2-d), bilinear and nearest up-
    and downsampling by several factors, area downsampling and average pooling, all without bias: to the last bit
    where nothing rounds, else to within rounding.

    Instead: Linear (affine, where {a convolution has a bias|a convolution with a bias} or {a fully connected layer has
    one|a fully connected layer with a bias})

    Scope: without bias; in floating point to within rounding; whole pixels, zero padding; x and y a batch, a and b
    small numbers of either sign that do not add up to 1 (an affine map would pass for a + b = 1)

    Sources:
    - Goodfellow, Bengio, Courville (2016), §9.1: convolution as multiplication by a matrix
    - Higham (2002), §3.1
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("network.component_parity",),
)


def mistaken_in(case, operation, mutant):
    return another(operation, functools.partial(mutant, operation=operation), cases=(case,))


WEIGHTED = {
    "fully_connected": "fully connected",
    "cross_correlation1d": "convolution, 1-d",
    "cross_correlation2d": "convolution, 2-d",
}
SQUARED = WEIGHTED | {"average_pooling2d": "average pooling"}
CLAMPED = {
    "bilinear_resampling2d": "bilinear up- and downsampling",
    "nearest_resampling2d": "nearest up- and downsampling",
    "area_resampling2d": "area downsampling",
}


@linear_components.each(
    {name: {"parts": parts} for name, parts in COMPONENTS.items()},
    wrongs={f"a hidden clamp to [0, 1] ({o})": mistaken_in(case, o, mutants.clamped) for o, case in CLAMPED.items()}
    | {f"a squared input ({o})": mistaken_in(case, o, mutants.squared) for o, case in SQUARED.items()}
    | {f"bias left on ({o})": mistaken_in(case, o, mutants.bias_left_on) for o, case in WEIGHTED.items()},
)
def superposes(case):
    for i, part in enumerate(case.parts):
        label = f"{part.operation} {i + 1}: f(ax + by) = a f(x) + b f(y)"
        w = case.integers(f"w {i}", part.w, low=-4, high=4) if part.w else None
        if part.bits:
            x = case.integers(f"x {i}", (2, *part.x))
            f_xy, f_x = yield [call(part, combined(COEFFICIENTS, x), w), call(part, x, w)]
            must_be_whole(f_xy)
            yield same_bits(f_xy, combined(COEFFICIENTS, f_x.value), label=f"{label}, nothing rounds", source=IDENTITY)
        w = case.reals(f"w {i}", part.w) if part.w else None
        x = case.integers(f"many bits {i}", (2, *part.x), low=-999, high=999)  # of which C x is exact, w x is not
        f_xy, f_x = yield [call(part, combined(COEFFICIENTS, x), w), call(part, x, w)]
        yield superposition(f_xy, f_x, COEFFICIENTS, label=label, allowed=(bound_of(f_xy), bound_of(f_x)))


def must_be_whole(y):
    """Stops the experiment, as its own mistake, if some partial sum of the operation could round: n·max|w|·max|x|, in sixteenths."""
    arguments = y.call.arguments
    x, w = arguments["x"], arguments.get("w")
    largest = np.abs(x).max() * (1 if w is None else np.abs(w).max() * w[0].size)
    if not bounds.exactly_representable(np.array(16 * float(largest)), x.dtype):
        raise ValueError(f"x up to {np.abs(x).max()}: products of these sizes may round")


class Layer(NamedTuple):
    """A layer k × k (fully connected: k inputs) with bias b."""

    k: int
    b: int


def at_zero(case, build_layer):
    """The sentence as worded, f(0) = 0, for a layer of ones with bias b; ``build_layer``: the layer of 0, without its bias."""
    layers = sorted((Layer(k, b) for k in range(1, 4) for b in range(3)), key=lambda layer: (layer.k, layer.b))

    def build(layer):
        plain = build_layer(layer.k)
        return replace(plain, arguments={**plain.arguments, "b": np.full(1, layer.b, case.dtype)})

    def literal(y, layer):
        zeros = np.zeros(np.shape(y.value), case.dtype)
        return same_bits(y, zeros, label="f(0) = f(0 + 0) = 2 f(0)", source="a linear map takes 0 to 0")

    def instead(y, layer):
        return same_bits(y, np.full(np.shape(y.value), layer.b, case.dtype), label="f(0) = b", source="the bias")

    yield from smallest(layers, build, literal, instead=instead, order="by k, then by b")


@linear_components.limit("a convolution with a bias", as_worded=True)
def _(case):
    """With a bias the layer is affine, not linear: f(0) = b. Without its value at 0 it is linear again."""

    def layer(k):
        x, w = np.zeros((1, 1, k, k), case.dtype), np.ones((1, 1, k, k), case.dtype)
        return ask("cross_correlation2d", x=x, w=w, **PLAIN_2D)

    yield from at_zero(case, layer)


@linear_components.limit("a fully connected layer with a bias", as_worded=True)
def _(case):
    """With a bias the layer is affine, not linear: f(0) = b. Without its value at 0 it is linear again."""

    def layer(k):
        return ask("fully_connected", x=np.zeros((1, k), case.dtype), w=np.ones((1, k), case.dtype))

    yield from at_zero(case, layer)


class Pair(NamedTuple):
    """Two images of one pixel, x and y."""

    x: int
    y: int


@linear_components.limit("linear to the last bit")
def _(case):
    """In floating point f(x + y) and f(x) + f(y) are not the same number: a 1 × 1 kernel of 0.1 on two small whole
    numbers will do. They differ by no more than the roundings of both sides.
    """
    pairs = sorted((Pair(x, y) for x in range(1, 9) for y in range(x, 9)), key=lambda p: (p.x + p.y, p.x))
    part = Part("cross_correlation2d", (1, 1, 1), PLAIN_2D, w=(1, 1, 1, 1))
    w = np.full(part.w, 0.1, case.dtype)

    def build(p):
        x = np.array(p, case.dtype).reshape(2, 1, 1, 1)
        return [call(part, x[:1] + x[1:], w), call(part, x, w)]

    def literal(answer, p):
        whole, parts = answer
        return same_bits(
            whole, parts.value[:1] + parts.value[1:], label="f(x + y) = f(x) + f(y), every bit", source=IDENTITY
        )

    def instead(answer, p):
        whole, parts = answer
        label = "f(x + y) = f(x) + f(y) to within rounding"
        allowed = bound_of(whole), bound_of(parts)
        return superposition(whole, parts, np.ones((1, 2)), label=label, allowed=allowed)

    yield from smallest(pairs, build, literal, instead=instead, order="by x + y, then by x")
