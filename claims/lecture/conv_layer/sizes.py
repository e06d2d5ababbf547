"""The lecture's section “Conv2d operation in PyTorch”: Hout, Wout can differ from H, W due to padding, stride, etc."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...language import Call, Case, Outcome, Wrong, ask, claim, fact, happens, same_shape, smallest, sweep
from ..shared import mutants
from ..tensors.layouts import KERNELS, transpose
from .shapes import FORMULA, length, own_layout


class Axis(NamedTuple):
    """One axis: size, kernel, stride, dilation, padding before and after. The other axis is one pixel under one tap."""

    H: int
    k: int
    s: int
    d: int
    p: int
    q: int


REASONS = {"kernel": ("k",), "stride": ("s",), "dilation": ("d",), "padding": ("p", "q")}
"""What the lecture counts as reasons, and the symbols of each."""
PADDINGS = ((0, 0), (0, 1), (1, 1), (2, 2))


@functools.cache
def axes() -> list[Axis]:
    """H ≤ 4, k ≤ 3, s and d ≤ 2, padding 0 + 0, 0 + 1, 1 + 1, 2 + 2, small first; those under which a window fits."""
    points = (
        Axis(h, k, s, d, *p) for h, k, s, d, p in itertools.product(range(1, 5), (1, 2, 3), (1, 2), (1, 2), PADDINGS)
    )
    return sorted((a for a in points if length(*a) > 0), key=lambda a: (a.H, sum(a)))


@functools.lru_cache(maxsize=4096)
def along(dtype: str, axis: str, a: Axis, design: str = "") -> Call:
    """The layer with these settings along one axis."""

    def put(value, other):
        return (value, other) if axis == "H" else (other, value)

    x, w = np.ones((1, 1, *put(a.H, 1)), dtype), np.ones((1, 1, *put(a.k, 1)), dtype)
    return ask(
        "cross_correlation2d",
        x=x,
        w=w,
        b=None,
        stride=put(a.s, 1),
        padding=put((a.p, a.q), (0, 0)),
        dilation=put(a.d, 1),
        groups=1,
    )


@functools.cache
def pairs(reason: str) -> list[tuple[Axis, Axis]]:
    """Two axes that differ by one reason alone, the second having more of it; small first."""
    symbols = REASONS[reason]
    others = [f for f in Axis._fields if f not in symbols]

    def grows(first: Axis, second: Axis) -> bool:
        alike = all(getattr(first, f) == getattr(second, f) for f in others)
        return alike and first != second and all(getattr(first, f) <= getattr(second, f) for f in symbols)

    return [(first, second) for second in axes() for first in axes() if grows(first, second)]


def first_pair(reason: str, size_of: Callable[[Axis], int]) -> str:
    """The smallest pair of which the first keeps the size and the second, by this reason alone, does not."""
    for first, second in pairs(reason):
        if size_of(first) == first.H and size_of(second) != second.H:
            return f"{_words(first)} keeps {first.H}, {_words(second)} makes {size_of(second)}"
    return "none"


def _words(a: Axis) -> str:
    return f"H={a.H}, k={a.k}, s={a.s}, d={a.d}, padding {a.p}+{a.q}"


def always_kept(points: list[Axis], size_of: Callable[[Axis], int]) -> list[tuple[int, ...]]:
    """The settings (k, s, d, p, q) that keep every size of the space."""
    settings = {a[1:]: [] for a in points}
    for a in points:
        settings[a[1:]].append(size_of(a) == a.H)
    whole = max(map(len, settings.values()))
    return sorted(s for s, kept in settings.items() if len(kept) == whole and all(kept))


def kernel_ignored(n, k, s, d, before, after):
    return length(n, 1, s, d, before, after)


def stride_ignored(n, k, s, d, before, after):
    return length(n, k, 1, d, before, after)


def dilation_ignored(n, k, s, d, before, after):
    return length(n, k, s, 1, before, after)


def padding_ignored(n, k, s, d, before, after):
    return length(n, k, s, d, 0, 0)


def padding_counted_once(n, k, s, d, before, after):
    return length(n, k, s, d, before, 0)


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


@size_can_differ.each(
    {"height": {"axis": "H"}, "width": {"axis": "W"}, "own layers": {"axis": ""}},
    wrongs={
        "size independent of stride": {"of": stride_ignored},
        "size independent of padding": {"of": padding_ignored},
        "size independent of dilation": Wrong(says={"of": dilation_ignored}, cases=("height", "width")),
        "size independent of the kernel": Wrong(says={"of": kernel_ignored}, cases=("height", "width")),
        "padding counted on one side": {"of": padding_counted_once},
        "strides exchanged": Wrong(operations={"cross_correlation2d": mutants.stride_axes_exchanged}),
    },
)
def size_can_differ_cases(case: Case, *, of=length):
    if not case.axis:
        yield from _own_same(case)
        return
    points, place = axes(), 2 + "HW".index(case.axis)
    build = functools.partial(along, str(case.dtype), case.axis)

    def judge(y: Outcome, a: Axis, design: str):
        shape = [1, 1, 1, 1]
        shape[place] = of(*a)
        return same_shape(y, shape, label="size", source=FORMULA)

    yield from sweep(case, points, build, judge, label=f"{case.axis} out", source=FORMULA, designs=("ones",))
    outcomes = yield [build(a) for a in points]
    measured = {a: int(y.value.shape[place]) for a, y in zip(points, outcomes, strict=True)}
    for reason in REASONS:
        got = outcomes[0].then(lambda _, reason=reason: first_pair(reason, measured.__getitem__))
        yield fact(got, first_pair(reason, lambda a: of(*a)), label=f"{reason} alone", source=FORMULA)
    wanted = sorted({a[1:] for a in points if a.s == 1 and a.p + a.q == a.d * (a.k - 1)})
    yield fact(
        outcomes[0].then(lambda _: always_kept(points, measured.__getitem__)),
        wanted,
        label="settings that keep every size",
        source="s = 1 and before + after = d(k − 1)",
    )


STRIDED_SAME = {"torch": "padding='same' is not supported for strided convolutions"}
"""Keras gives ⌈H/s⌉; PyTorch refuses, in these words."""


def _own_same(case: Case):
    """padding="same" of the frameworks' own layers: keeps the size at stride 1; at stride 2 PyTorch refuses and Keras halves."""
    order = own_layout(case.backend)
    x = transpose(case.integers("x", (1, 1, 5, 4)), "NCHW", order)
    for k, d, s in ((1, 1, 1), (2, 1, 1), (3, 1, 1), (2, 2, 1), (3, 1, 2)):
        w = transpose(np.ones((1, 1, k, k), case.dtype), "OIHW", KERNELS[order])
        y = yield ask("own_conv_layer", x=x, w=w, stride=(s, s), padding="same", dilation=(d, d), groups=1)
        label = f"own layer, “same”, k = {k}, d = {d}, s = {s}"
        if s > 1 and case.backend in STRIDED_SAME:
            words = STRIDED_SAME[case.backend]
            yield happens(y, "raised", label=f"{label}: refused", source="the layer's documentation", error=words)
            continue
        named = {"N": 1, "C": 1, "H": -(-5 // s), "W": -(-4 // s)}
        yield same_shape(y.part("y"), [named[axis] for axis in order], label=label, source="⌈H/s⌉ × ⌈W/s⌉")


def _differs(y: Outcome, a: Axis, what: str):
    changed = y.then(lambda y: y.shape[2] != a.H)
    return fact(changed, True, label=f"{what}: Hout ≠ H", source="the sentence with “do” for “can”")


def _kept(y: Outcome, a: Axis):
    return same_shape(y, (1, 1, length(*a), 1), label="Hout", source=FORMULA)


def _alone(name: str, *, says: str, what: str, points: list[Axis], order: str) -> None:
    """A limit: the setting does not change the size here."""

    @size_can_differ.limit(name, says=says)
    def _(case: Case):
        yield from smallest(
            points,
            functools.partial(along, str(case.dtype), "H"),
            lambda y, a: _differs(y, a, what),
            instead=_kept,
            order=order,
        )


_alone(
    "padding that makes up for the kernel",
    says="Hout need not differ: with one zero on one side a kernel of two taps keeps the size.",
    what="a kernel of two taps or more",
    points=[a for a in axes() if a.k > 1 and a.s == a.d == 1],
    order="by H, then by k + padding; s = d = 1",
)
_alone(
    "a stride over one pixel",
    says="A stride does not change a size of one: there is no second window to step to.",
    what="a stride of two or more",
    points=[Axis(h, 1, s, 1, 0, 0) for h in range(1, 6) for s in (2, 3)],
    order="by H, then by s; k = 1, no padding",
)
_alone(
    "dilation of one tap",
    says="Dilation does not change the size under a kernel of one tap: there is nothing to spread.",
    what="a dilation of two or more",
    points=[Axis(5, k, 1, d, 0, 0) for k in (1, 2, 3) for d in (2, 3) if length(5, k, 1, d, 0, 0) > 0],
    order="by k, then by d; H = 5, s = 1, no padding",
)


class Kernel(NamedTuple):
    """Taps and dilation."""

    k: int
    d: int


@size_can_differ.limit("even kernels and the same padding on both sides")
def _(case: Case):
    """No padding that is the same on both sides keeps the size under a kernel of two taps, for d(k − 1) is odd:
    PyTorch's padding=p cannot, its padding='same' and Keras' pad one side more.
    """
    points, sides, H = [Kernel(k, d) for k in range(1, 6) for d in (1, 2)], range(5), 5

    def layers(p: Kernel) -> list[Axis]:
        return [a for side in sides if length(*(a := Axis(H, p.k, 1, p.d, side, side))) > 0]

    def sizes(answers: list[Outcome]) -> Outcome:
        return answers[0].then(lambda _: [int(y.value.shape[2]) for y in answers])

    def literal(answers: list[Outcome], p: Kernel):
        kept = sizes(answers).then(lambda found: H in found)
        return fact(kept, True, label=f"some padding p on both sides keeps H = {H}", source="a user's wish")

    def instead(answers: list[Outcome], p: Kernel):
        wanted = [length(*a) for a in layers(p)]
        return fact(sizes(answers), wanted, label="Hout for p = 0, 1, 2, …", source="H + 2p − d(k − 1), never H")

    yield from smallest(
        points,
        lambda p: [along(str(case.dtype), "H", a) for a in layers(p)],
        literal,
        instead=instead,
        order="by k, then by d; p ≤ 4, s = 1",
    )
