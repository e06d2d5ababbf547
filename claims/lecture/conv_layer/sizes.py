"""The lecture's section “Conv2d operation in PyTorch”: Hout, Wout can differ from H, W due to padding, stride, etc."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ...language import claim, fact, happens, same_shape, smallest, sweep
from ..shared import geometry
from ..shared.convolution_mutants import STRIDE_AXES_EXCHANGED
from .own_layers import own_layer, own_layout

REASONS = {"kernel": ("k",), "stride": ("s",), "dilation": ("d",), "padding": ("p", "q")}
"""What the lecture counts as reasons, and the symbols of each."""
PADDINGS = ((0, 0), (0, 1), (1, 1), (2, 2))


@functools.cache
def axes():
    """H ≤ 4, k ≤ 3, s and d ≤ 2, padding 0 + 0, 0 + 1, 1 + 1, 2 + 2, small first; those under which a window fits."""
    points = (
        geometry.Axis(h, k, s, d, *p)
        for h, k, s, d, p in itertools.product(range(1, 5), (1, 2, 3), (1, 2), (1, 2), PADDINGS)
    )
    return sorted((a for a in points if geometry.size(a) > 0), key=lambda a: (a.H, sum(a)))


def along(dtype, axis, a, design="ones"):
    return geometry.layer_of_ones(dtype, geometry.Geometry.along(axis, a))


@functools.cache
def pairs(reason):
    """Two axes that differ by one reason alone, the second having more of it; small first."""
    symbols = REASONS[reason]
    others = [f for f in geometry.Axis._fields if f not in symbols]

    def grows(first, second):
        alike = all(getattr(first, f) == getattr(second, f) for f in others)
        return alike and first != second and all(getattr(first, f) <= getattr(second, f) for f in symbols)

    return [(first, second) for second in axes() for first in axes() if grows(first, second)]


def first_pair(reason, size_of):
    """The smallest pair of which the first keeps the size and the second, by this reason alone, does not."""
    for first, second in pairs(reason):
        if size_of(first) == first.H and size_of(second) != second.H:
            return f"{_words(first)} keeps {first.H}, {_words(second)} makes {size_of(second)}"
    return "none"


def _words(a):
    return f"H={a.H}, k={a.k}, s={a.s}, d={a.d}, padding {a.p}+{a.q}"


def always_kept(points, size_of):
    """The settings (k, s, d, p, q) that keep every size of the space."""
    sizes = {a.H for a in points}
    kept = {a for a in points if size_of(a) == a.H}
    return sorted({a[1:] for a in points if all(a._replace(H=H) in kept for H in sizes)})


size_can_differ = claim(
    "conv_layer.size_can_differ",
    """
    Each of kernel, stride, dilation and padding can alone make Hout differ from H, and Wout from W: for each the
    smallest pair of layers that differ by it alone, of which the first keeps the size and the second does not, is the
    one that the formula gives. A layer keeps every size exactly if its stride is 1 and before + after = d(k − 1),
    which the frameworks call “same”.

    Scope: one axis at a time, H ≤ 4, k ≤ 3, s, d ≤ 2, padding 0 + 0, 0 + 1, 1 + 1, 2 + 2, where a window fits; “same”
    of the own layers

    Sources:
    - Dumoulin & Visin (2016), relationships 1 to 15
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("conv_layer.shapes", "convolution.output_size"),
)


MISTAKES = {
    "size independent of stride": {"of": geometry.stride_ignored},
    "size independent of padding": {"of": geometry.padding_ignored},
    "size independent of dilation": {"of": geometry.dilation_ignored},
    "size independent of the kernel": {"of": geometry.kernel_ignored},
    "padding counted on one side": {"of": geometry.padding_counted_once},
    "strides exchanged": STRIDE_AXES_EXCHANGED,
}


@size_can_differ.each({"height": {"axis": "H"}, "width": {"axis": "W"}}, wrongs=MISTAKES)
def one_axis(case, *, of=geometry.size):
    points, place = axes(), 2 + "HW".index(case.axis)
    build = functools.partial(along, str(case.dtype), case.axis)

    def judge(y, a, design):
        shape = [1, 1, 1, 1]
        shape[place] = of(a)
        return same_shape(y, shape, label="size", source=geometry.SIZE)

    yield from sweep(case, points, build, judge, label=f"{case.axis} out", source=geometry.SIZE, designs=("ones",))
    outcomes = yield [build(a) for a in points]
    measured = {a: int(y.value.shape[place]) for a, y in zip(points, outcomes, strict=True)}
    for reason in REASONS:
        got = outcomes[0].then(lambda _, reason=reason: first_pair(reason, measured.__getitem__))
        yield fact(got, first_pair(reason, of), label=f"{reason} alone", source=geometry.SIZE)
    yield fact(
        outcomes[0].then(lambda _: always_kept(points, measured.__getitem__)),
        sorted({a[1:] for a in points if a.s == 1 and a.p + a.q == a.d * (a.k - 1)}),
        label="settings that keep every size",
        source="s = 1 and before + after = d(k − 1)",
    )


STRIDED_SAME = {"torch": "padding='same' is not supported for strided convolutions"}
"""Keras gives ⌈H/s⌉; PyTorch refuses, in these words."""


@size_can_differ.case("own layers")
def padding_same(case):
    """padding="same" of the frameworks' own layers: keeps the size at stride 1; at stride 2 PyTorch refuses and Keras halves."""
    x = case.integers("x", (1, 1, 5, 4))
    for k, d, s in ((1, 1, 1), (2, 1, 1), (3, 1, 1), (2, 2, 1), (3, 1, 2)):
        w = np.ones((1, 1, k, k), case.dtype)
        y = yield own_layer(case.backend, x, w, stride=(s, s), padding="same", dilation=(d, d))
        label = f"own layer, “same”, k = {k}, d = {d}, s = {s}"
        if s > 1 and case.backend in STRIDED_SAME:
            words = STRIDED_SAME[case.backend]
            yield happens(y, "raised", label=f"{label}: refused", source="the layer's documentation", error=words)
            continue
        named = {"N": 1, "C": 1, "H": -(-5 // s), "W": -(-4 // s)}
        wanted = [named[axis] for axis in own_layout(case.backend)]
        yield same_shape(y.part("y"), wanted, label=label, source="⌈H/s⌉ × ⌈W/s⌉")


def _differs(y, a, what):
    changed = y.then(lambda y: y.shape[2] != a.H)
    return fact(changed, True, label=f"{what}: Hout ≠ H", source="the sentence with “do” for “can”")


def _by_the_formula(y, a):
    return same_shape(y, (1, 1, geometry.size(a), 1), label="Hout", source=geometry.SIZE)


def not_changed(case, what, points, order):
    """Of a limit: a setting that does not change the size here."""
    build = functools.partial(along, str(case.dtype), "H")
    yield from smallest(points, build, lambda y, a: _differs(y, a, what), instead=_by_the_formula, order=order)


@size_can_differ.limit("padding that makes up for the kernel")
def _(case):
    """Hout need not differ: with one zero on one side a kernel of two taps keeps the size."""
    points = [a for a in axes() if a.k > 1 and a.s == a.d == 1]
    yield from not_changed(case, "a kernel of two taps or more", points, "by H, then by k + padding; s = d = 1")


@size_can_differ.limit("a stride over one pixel")
def _(case):
    """A stride does not change a size of one: there is no second window to step to."""
    points = [geometry.Axis(h, 1, s) for h in range(1, 6) for s in (2, 3)]
    yield from not_changed(case, "a stride of two or more", points, "by H, then by s; k = 1, no padding")


@size_can_differ.limit("dilation of one tap")
def _(case):
    """Dilation does not change the size under a kernel of one tap: there is nothing to spread."""
    points = [a for k in (1, 2, 3) for d in (2, 3) if geometry.size(a := geometry.Axis(5, k, 1, d)) > 0]
    yield from not_changed(case, "a dilation of two or more", points, "by k, then by d; H = 5, s = 1, no padding")


class Kernel(NamedTuple):
    """Taps and dilation."""

    k: int
    d: int


@size_can_differ.limit("even kernels and the same padding on both sides")
def _(case):
    """No padding that is the same on both sides keeps the size under a kernel of two taps, for d(k − 1) is odd:
    PyTorch's padding=p cannot, its padding='same' and Keras' pad one side more.
    """
    points, sides, H = [Kernel(k, d) for k in range(1, 6) for d in (1, 2)], range(5), 5

    def layers(p):
        return [a for side in sides if geometry.size(a := geometry.Axis(H, p.k, 1, p.d, side, side)) > 0]

    def sizes(answers):
        return answers[0].then(lambda _: [int(y.value.shape[2]) for y in answers])

    def literal(answers, p):
        keeps = sizes(answers).then(lambda measured: H in measured)
        return fact(keeps, True, label=f"some padding p on both sides keeps H = {H}", source="a user's wish")

    def instead(answers, p):
        wanted = [*map(geometry.size, layers(p))]
        return fact(sizes(answers), wanted, label="Hout for p = 0, 1, 2, …", source="H + 2p − d(k − 1), never H")

    yield from smallest(
        points,
        lambda p: [along(str(case.dtype), "H", a) for a in layers(p)],
        literal,
        instead=instead,
        order="by k, then by d; p ≤ 4, s = 1",
    )
