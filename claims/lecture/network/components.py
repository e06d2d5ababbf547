"""The lecture's section “Neural networks in the context of classification”: the components that a network is built from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ....reference import mistakes, oracle
from ....reference.judging import assessment, composition
from ....reference.networks.notation import make_layer, settings_of
from ....reference.operators import catalogue
from ....reference.samples import inputs
from ...language import Case, Outcome, Wrong, ask, claim, fact, rounding, same_bits, smallest, within
from ..shared import mutants

EXACT = "the sum of products in whole numbers, of which no partial sum rounds in any order"


@dataclass(frozen=True)
class Part:
    """One operation on small arrays. ``terms``: of how many products its longest sum is; None where it is no sum of products.

    ``degree``: 2 where numbers are multiplied with each other. ``weights``: the power of two of which the operation's own weights
    are multiples. ``without``: families of inputs that meet a kink or a tie, where the gradient is each library's own choice, or on
    which an intermediate result, of which each library has others, may leave the range.
    """

    operation: str
    shapes: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    terms: int | None = None
    degree: int = 2
    weights: float = 1.0
    without: tuple[str, ...] = ()


KINKS = ("signed zeros", "subnormal")
"""Zeros, and numbers that a library may take for zeros."""
ONLY_ROWS = ("cancelling", "offset", "large", "subnormal", "signed zeros")
"""Of probabilities there are no others than numbers from 0 to 1."""

APART = {"stride": (3, 4), "padding": ((0, 0), (0, 0)), "dilation": (1, 2), "groups": 2}
"""On 7 × 7 pixels strides or dilations exchanged give an output, and so a gradient, of the same shape: the values must tell."""
WINDOWS = {"window": (2, 1), "stride": (3, 4), "padding": ((0, 0), (0, 0))}
"""The same for windows or strides exchanged, on 6 × 6 pixels."""
UNEVEN = {"stride": (1, 2), "padding": ((0, 2), (1, 0)), "dilation": (2, 1), "groups": 2}
PLAIN = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
ROW = {"stride": 2, "padding": (1, 1), "dilation": 1, "groups": 1}
QUARTERS = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}
NINTHS = {"window": (3, 3), "stride": (2, 2), "padding": ((1, 0), (1, 1)), "count_padding": False}
LINE, TABLE, IMAGE = {"x": (24,)}, {"x": (3, 10)}, {"x": (2, 3, 6, 8)}
SQUARE = {"x": (2, 3, 6, 6)}
"""Height and width exchanged give an image of the same shape: the values must tell."""
CHANNELS = {name: (3,) for name in ("gamma", "beta", "mean", "variance")}
FEW = {"x": (2, 3, 2, 1)}
"""Four numbers a channel: divided by three or by four makes a difference in every format."""


def also(shapes: Mapping[str, tuple[int, ...]], **more: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return dict(shapes) | more


def channels(*names: str) -> dict[str, tuple[int, ...]]:
    return {name: CHANNELS[name] for name in names}


COMPONENTS: dict[str, tuple[Part, ...]] = {
    "fully connected": (
        Part("fully_connected", {"x": (3, 8), "w": (5, 8), "b": (5,)}, terms=9),
        Part("fully_connected_gradient", {"x": (3, 8), "w": (5, 8), "upstream": (3, 5)}, terms=8),
        Part(
            "fully_connected_gradient", {"x": (3, 6), "w": (6, 6), "upstream": (3, 6)}, terms=6
        ),  # transposed, w has the same shape
    ),
    "convolution, 1-d": (
        Part("cross_correlation1d", {"x": (2, 4, 11), "w": (4, 4, 3), "b": (4,)}, ROW, terms=13),
        Part("cross_correlation1d_gradient", {"x": (2, 4, 11), "w": (4, 4, 3), "upstream": (2, 4, 6)}, ROW, terms=12),
        Part(
            "cross_correlation1d_gradient",
            {"x": (2, 4, 11), "w": (6, 2, 3), "upstream": (2, 6, 6)},
            ROW | {"groups": 2},
            terms=12,
        ),
        Part("convolution1d", {"x": (2, 4, 11), "w": (4, 4, 3), "b": (4,)}, ROW, terms=13),
    ),
    "convolution, 2-d": (
        Part("cross_correlation2d", {"x": (2, 4, 5, 4), "w": (4, 4, 3, 3), "b": (4,)}, PLAIN, terms=37),
        Part(
            "cross_correlation2d_gradient",
            {"x": (2, 4, 5, 4), "w": (4, 4, 3, 3), "upstream": (2, 4, 5, 4)},
            PLAIN,
            terms=40,
        ),
        Part("convolution2d", {"x": (2, 4, 5, 5), "w": (4, 4, 3, 3), "b": (4,)}, PLAIN, terms=37),
        Part("cross_correlation2d", {"x": (2, 4, 6, 7), "w": (6, 2, 3, 2), "b": (6,)}, UNEVEN, terms=13),
        Part(
            "cross_correlation2d_gradient",
            {"x": (2, 4, 6, 7), "w": (6, 2, 3, 2), "upstream": (2, 6, 4, 4)},
            UNEVEN,
            terms=32,
        ),
        Part(
            "cross_correlation2d_gradient",
            {"x": (2, 4, 7, 7), "w": (6, 2, 2, 2), "upstream": (2, 6, 2, 2)},
            APART,
            terms=12,
        ),
    ),
    "downsampling: average pooling": (
        Part("average_pooling2d", IMAGE, QUARTERS | {"count_padding": True}, terms=4, weights=1 / 4),
        Part(
            "average_pooling2d_gradient",
            also(IMAGE, upstream=(2, 3, 3, 4)),
            QUARTERS | {"count_padding": True},
            terms=4,
            weights=1 / 4,
        ),
        Part("average_pooling2d", SQUARE, QUARTERS | {"count_padding": True}, terms=4, weights=1 / 4),
        Part(
            "average_pooling2d_gradient",
            also(SQUARE, upstream=(2, 3, 3, 3)),
            QUARTERS | {"count_padding": True},
            terms=4,
            weights=1 / 4,
        ),
        Part("average_pooling2d", SQUARE, WINDOWS | {"count_padding": True}),
        Part("average_pooling2d_gradient", also(SQUARE, upstream=(2, 3, 2, 2)), WINDOWS | {"count_padding": True}),
        Part("average_pooling2d", IMAGE, NINTHS),
        Part("average_pooling2d_gradient", also(IMAGE, upstream=(2, 3, 3, 4)), NINTHS),
    ),
    "downsampling: area": (
        Part("area_resampling2d", SQUARE, {"size": (3, 3)}, terms=4, weights=1 / 4),
        Part(
            "area_resampling2d_gradient", also(SQUARE, upstream=(2, 3, 3, 3)), {"size": (3, 3)}, terms=4, weights=1 / 4
        ),
        Part("area_resampling2d", IMAGE, {"size": (3, 4)}, terms=4, weights=1 / 4),
        Part(
            "area_resampling2d_gradient", also(IMAGE, upstream=(2, 3, 3, 4)), {"size": (3, 4)}, terms=4, weights=1 / 4
        ),
    ),
    "up- and downsampling: nearest": (
        Part("nearest_resampling2d", SQUARE, {"size": (9, 9), "grid": "half_pixel"}, degree=1),
        Part(
            "nearest_resampling2d_gradient",
            also(SQUARE, upstream=(2, 3, 9, 9)),
            {"size": (9, 9), "grid": "half_pixel"},
            terms=4,
        ),
        *(
            part
            for grid, size in (("half_pixel", (12, 16)), ("half_pixel", (4, 5)), ("asymmetric", (3, 4)))
            for part in (
                Part("nearest_resampling2d", IMAGE, {"size": size, "grid": grid}, degree=1),
                Part(
                    "nearest_resampling2d_gradient",
                    also(IMAGE, upstream=(2, 3, *size)),
                    {"size": size, "grid": grid},
                    terms=4,
                ),
            )
        ),
    ),
    "up- and downsampling: bilinear": tuple(
        part
        for image, grid, size, room in (
            (IMAGE, "half_pixel", (12, 16), 64),
            (IMAGE, "half_pixel", (4, 5), None),
            (IMAGE, "align_corners", (9, 5), None),
            (SQUARE, "half_pixel", (9, 9), None),
        )
        for part in (
            Part("bilinear_resampling2d", image, {"size": size, "grid": grid}, terms=room, weights=1 / 16),
            Part(
                "bilinear_resampling2d_gradient",
                also(image, upstream=(2, 3, *size)),
                {"size": size, "grid": grid},
                terms=room,
                weights=1 / 16,
            ),
        )
    ),
    "ReLU": (Part("relu", LINE, degree=1), Part("relu_gradient", also(LINE, upstream=(24,)), degree=1, without=KINKS)),
    "absolute value": (
        Part("absolute_value", LINE, degree=1),
        Part("absolute_value_gradient", also(LINE, upstream=(24,)), degree=1, without=KINKS),
    ),
    "leaky ReLU": (
        # 1/8 is a number of every format, 0.1 of none.
        Part("leaky_relu", LINE, {"alpha": 0.125}, degree=1),
        Part("leaky_relu_gradient", also(LINE, upstream=(24,)), {"alpha": 0.125}, degree=1, without=KINKS),
        Part("leaky_relu", LINE, {"alpha": 0.1}, degree=1),
        Part("leaky_relu_gradient", also(LINE, upstream=(24,)), {"alpha": 0.1}, degree=1, without=KINKS),
    ),
    "PReLU": (
        Part("prelu", also(IMAGE, alpha=(3,))),
        Part("prelu_gradient", also(IMAGE, alpha=(3,), upstream=IMAGE["x"]), without=KINKS),
    ),
    "logistic": (Part("logistic", LINE, degree=1), Part("logistic_gradient", also(LINE, upstream=(24,)), degree=1)),
    "tanh": (Part("tanh", LINE, degree=1), Part("tanh_gradient", also(LINE, upstream=(24,)), degree=1)),
    "max pooling": (
        Part("max_pooling2d", IMAGE, QUARTERS, degree=1),
        Part("max_pooling2d_gradient", also(IMAGE, upstream=(2, 3, 3, 4)), QUARTERS, without=KINKS),
        Part("max_pooling2d", IMAGE, {"window": (3, 2), "stride": (1, 2), "padding": ((1, 1), (0, 0))}, degree=1),
        Part(
            "max_pooling2d_gradient",
            also(IMAGE, upstream=(2, 3, 6, 4)),
            {"window": (3, 2), "stride": (1, 2), "padding": ((1, 1), (0, 0))},
            without=KINKS,
        ),
        Part("max_pooling2d_gradient", also(SQUARE, upstream=(2, 3, 2, 2)), WINDOWS, without=KINKS),
    ),
    "batch norm, training": (
        Part("batch_norm_training", also(FEW, **channels("gamma", "beta")), {"epsilon": 1e-5}),
        Part(
            "batch_norm_gradient",
            also(FEW, **channels("gamma"), upstream=FEW["x"]),
            {"epsilon": 1e-5},
            without=("large", "subnormal"),
        ),
    ),
    "batch norm, inference": (Part("batch_norm_inference", also(FEW, **CHANNELS), {"epsilon": 1e-3}),),
    "batch norm, running statistics": tuple(
        Part(
            "batch_norm_running",
            {"x": (2, 3, 1, 1), **channels("mean", "variance")},
            {"momentum": 0.75, "correction": correction},
        )
        for correction in (0, 1)
    ),
    "softmax": (
        Part("softmax", TABLE, {"axis": 1}, degree=1),
        Part("softmax_gradient", also(TABLE, upstream=(3, 10)), {"axis": 1}),
    ),
    "cross-entropy": (
        Part("cross_entropy", {"logits": (4, 10), "labels": (4,)}, degree=1),
        Part("cross_entropy_gradient", {"logits": (4, 10), "labels": (4,), "upstream": (4,)}, degree=1),
    ),
    "cross-entropy of probabilities": (
        Part("cross_entropy_of_probabilities", {"p": (4, 10), "labels": (4,)}, degree=1, without=ONLY_ROWS),
        Part(
            "cross_entropy_of_probabilities_gradient",
            {"p": (4, 10), "labels": (4,), "upstream": (4,)},
            degree=1,
            without=ONLY_ROWS,
        ),
    ),
}


def mistaken(component: str, mistake: str, operation: str) -> Wrong:
    """A library that makes a known mistake with an operation; some families are enough to tell, without the exact mode."""
    mutant = functools.partial(mistakes.commit, mistake=mistake, operation=operation)
    says = {"families": ("normal", "cancelling", "wide"), "designs": ()}
    return Wrong(says=says, operations={operation: mutant}, cases=(component,), needs=(operation,))


def one_unit_off(component: str, operation: str) -> Wrong:
    """A library with one weight, or where there is none one number of x, a unit off: for the exact mode alone to tell."""
    mutant = functools.partial(mutants.one_unit_off, operation=operation)
    return Wrong(says={"families": ()}, operations={operation: mutant}, cases=(component,), needs=(operation,))


MISTAKEN = {
    "fully connected": (
        ("weights reshaped", "fully_connected"),
        ("bias forgotten", "fully_connected"),
        ("last channel dropped", "fully_connected_gradient"),
    ),
    "convolution, 1-d": (
        ("kernel turned in 1-d", "cross_correlation1d"),
        ("padding on other sides", "cross_correlation1d"),
    ),
    "convolution, 2-d": (
        ("kernel turned", "cross_correlation2d"),
        ("kernel height and width exchanged", "cross_correlation2d"),
        ("last tap dropped", "cross_correlation2d"),
        ("kernel turned", "cross_correlation2d_gradient"),
    ),
    "downsampling: average pooling": (
        ("padding counted otherwise", "average_pooling2d"),
        ("other pooling", "average_pooling2d"),
    ),
    "downsampling: area": (("other resampling", "area_resampling2d"),),
    "up- and downsampling: nearest": (
        ("other sampling grid", "nearest_resampling2d"),
        ("other sampling grid", "nearest_resampling2d_gradient"),
    ),
    "up- and downsampling: bilinear": (
        ("other sampling grid", "bilinear_resampling2d"),
        ("other resampling", "bilinear_resampling2d"),
    ),
    "ReLU": (("absolute value for ReLU", "relu"),),
    "absolute value": (("ReLU for absolute value", "absolute_value"),),
    "leaky ReLU": (("other slope", "leaky_relu"), ("other slope", "leaky_relu_gradient")),
    "PReLU": (("one slope for all channels", "prelu"), ("slopes in reverse", "prelu_gradient")),
    "logistic": (("tanh for logistic", "logistic"),),
    "tanh": (("logistic for tanh", "tanh"),),
    "max pooling": (("other pooling", "max_pooling2d"), ("zero padding in max pooling", "max_pooling2d")),
    "batch norm, training": (
        ("unbiased variance", "batch_norm_training"),
        ("gamma and beta exchanged", "batch_norm_training"),
    ),
    "batch norm, inference": (
        ("training mode", "batch_norm_inference"),
        ("standard deviation for variance", "batch_norm_inference"),
    ),
    "batch norm, running statistics": (
        ("momentum inverted", "batch_norm_running"),
        ("other divisor", "batch_norm_running"),
    ),
    "softmax": (("other axis", "softmax"), ("logistic for softmax", "softmax")),
    "cross-entropy": (("softmax twice", "cross_entropy"), ("labels off by one", "cross_entropy_gradient")),
    "cross-entropy of probabilities": (("labels off by one", "cross_entropy_of_probabilities"),),
}


component_parity = claim(
    "network.component_parity",
    """
    Every component that the lecture names gives, forward and backward, the exact result to within the rounding of its
    own format, and on whole numbers small enough every sum of products gives it to the last bit, in float16,
    bfloat16, float32 and float64.

    Scope: gradients away from kinks and ties; small arrays; the arithmetic that was found (float32 sums of narrow
    numbers, one-pass variances, subnormal numbers taken as zero) is part of the finding

    Sources:
    - Higham (2002), Accuracy and Stability of Numerical Algorithms, ch. 2–4
    - docs/rounding.md
    """,
    kind="exact + rounding",
    expected="verified",
    dtypes=("float16", "bfloat16", "float32", "float64"),
)


@component_parity.each(
    {name: {} for name in COMPONENTS} | {"a small network": {"dtypes": ("float32", "float64")}},
    wrongs={
        f"{mistake} ({operation})": mistaken(component, mistake, operation)
        for component, made in MISTAKEN.items()
        for mistake, operation in made
    }
    | {
        f"one unit off in exact mode ({part.operation})": one_unit_off(component, part.operation)
        for component, parts in COMPONENTS.items()
        for part in parts
        if part.terms is not None
    }
    | {
        "the bias left out of the network": Wrong(
            operations={"network": mutants.network_without_bias},
            cases=("a small network",),
            dtypes=("float32", "float64"),
            needs=("batch_norm_inference",),
        )
    },
)
def component_parity_cases(case: Case, *, families=inputs.FAMILIES, designs=inputs.DESIGNS):
    if case.name == "a small network":
        yield from small_network(case)
        return
    for part in COMPONENTS[case.name]:
        chosen = [family for family in families if family not in part.without]
        calls = [ask(part.operation, **drawn(case, part, family), **part.settings) for family in chosen]
        for family, y in zip(chosen, (yield calls), strict=True):
            yield from rounding(y, label=f"{part.operation}, {family}")
        if part.terms is not None:
            yield from to_the_last_bit(case, part, part.terms, designs)


def drawn(case: Case, part: Part, family: str) -> dict[str, np.ndarray]:
    return inputs.draw(family, part.shapes, case.rng(f"{part.operation} {family}"), case.dtype, degree=part.degree)


def to_the_last_bit(case: Case, part: Part, terms: int, designs: tuple[str, ...]):
    def whole(design: str) -> dict[str, np.ndarray]:
        return inputs.exact(design, part.shapes, case.rng(f"{part.operation} {design}"), case.dtype, terms=terms)

    calls = [ask(part.operation, **whole(design), **part.settings) for design in designs]
    entry = catalogue.OPERATIONS[part.operation]
    for design, y in zip(designs, (yield calls), strict=True):
        wanted = assessment.exact_values(entry, y.call.arguments, case.dtype, weights=part.weights)
        for i, (name, exact) in enumerate(zip(entry.results, wanted, strict=True)):
            got = y if len(wanted) == 1 else y.part(i)
            yield same_bits(got, exact, label=f"{part.operation}, exact mode, {design}: {name}", source=EXACT)


# --- a small network, with the error carried from each operation to the next ------------------------------------------------


def network(lib, *, x, steps):
    """Runs in the worker: the operations of a phrasebook one after another."""
    for step in steps:
        x = x.reshape(len(x), -1) if step["kind"] == "flatten" else getattr(lib, step["kind"])(x, **settings_of(step))
    return x


def small_network(case: Case):
    arrays = inputs.draw(
        "normal",
        {
            "x": (2, 3, 8, 8),
            "w": (4, 3, 3, 3),
            "b": (4,),
            **{n: (4,) for n in CHANNELS},
            "weight": (5, 64),
            "bias": (5,),
        },
        case.rng("network"),
        case.dtype,
        degree=2,
    )
    steps = [
        make_layer("cross_correlation2d", w=arrays["w"], b=arrays["b"], **PLAIN),
        make_layer("batch_norm_inference", **{name: arrays[name] for name in CHANNELS}, epsilon=1e-3),
        make_layer("relu"),
        make_layer("max_pooling2d", **QUARTERS),
        make_layer("flatten"),
        make_layer("fully_connected", w=arrays["weight"] / 32, b=arrays["bias"]),  # softmax would drown larger numbers
        make_layer("softmax", axis=1),
    ]
    y = yield ask(network, x=arrays["x"], steps=steps)
    value, bound = composition.compose(steps, arrays["x"], case.dtype)
    yield within(
        y,
        value,
        bound,
        label="a small network: convolution, batch norm, ReLU, max pooling, fully connected, softmax",
        source="the exact operations one after another",
    )


# --- where the exact mode stops: another algorithm than the sum -------------------------------------------------------------


class Signal(NamedTuple):
    """n numbers, k taps, none larger than m."""

    n: int
    k: int
    m: int


SIGNALS = [Signal(n, k, m) for n in range(1, 9) for k in range(1, min(n, 3) + 1) for m in (1, 2, 4, 8)]


@component_parity.limit("an FFT is not the sum", backends=("scipy",), dtypes=("float32", "float64"))
def _(case: Case):
    """An algorithm that transforms its inputs departs from the sum of products on whole numbers too, and rightly: its
    results lie near the exact whole numbers and are not equal to them. So exact mode tells which algorithm ran.
    """

    def drawn(p: Signal) -> dict[str, np.ndarray]:
        """m, m − 1, m − 2, m, …, and a kernel m, m − 1, …: small whole numbers, not all alike."""
        return {"x": (p.m - np.arange(p.n) % 3).astype(case.dtype), "w": (p.m - np.arange(p.k)).astype(case.dtype)}

    def exact(p: Signal) -> np.ndarray:
        x, w = (a[None, None] for a in drawn(p).values())
        return oracle.convolution1d(x, w, None, stride=1, padding=(0, 0), dilation=1, groups=1)[0, 0]

    def literal(y: Outcome, p: Signal):
        return same_bits(y, exact(p).astype(case.dtype), label="the FFT gives the sum to the last bit", source=EXACT)

    def instead(y: Outcome, p: Signal):
        nearest = y.then(lambda a: bool(np.array_equal(np.rint(a), exact(p))))
        return fact(nearest, True, label="the nearest whole numbers are the sum", source=EXACT)

    yield from smallest(
        SIGNALS,
        lambda p: ask("own_convolution", **drawn(p), function="scipy.signal.fftconvolve"),
        literal,
        instead=instead,
        order="by n, then by k, then by m",
    )


class Resampling(NamedTuple):
    """A row of so many pixels, resampled to so many."""

    pixels: int
    to: int


@component_parity.limit(
    "a coordinate on the border between two pixels", backends=("torch", "tensorflow"), dtypes=("float32", "float64")
)
def _(case: Case):
    """PyTorch and TensorFlow multiply by a ratio of the sizes rounded to float32, in float64 too, to find the nearest
    pixel. Where the coordinate is a whole number it may so fall short of it, and the pixel before is taken: from 2
    pixels to 41, output 20 lies on the border and gets pixel 0 in place of 1. To its neighbours in size every pixel
    is right.
    """

    def row(p: Resampling) -> np.ndarray:
        return np.arange(p.pixels, dtype=case.dtype).reshape(1, 1, 1, -1)

    def literal(y: Outcome, p: Resampling):
        exact = oracle.nearest_resampling2d(row(p), size=(1, p.to), grid="half_pixel").astype(case.dtype)
        return same_bits(y, exact, label="pixel floor((i + 1/2)·pixels/to)", source="the rule in whole numbers")

    def instead(y: Outcome, p: Resampling):
        ratio, half = np.float32(p.pixels) / np.float32(p.to), np.float32(0.5)
        pixel = np.floor((np.arange(p.to, dtype=np.float32) + half) * ratio).astype(int)
        return same_bits(
            y,
            row(p)[..., pixel],
            label="pixel floor((i + 1/2)·r), r = pixels/to rounded to float32",
            source="the rule in float32, rounded at each step",
        )

    sizes = sorted(
        (Resampling(n, to) for n in (1, 2, 3) for to in range(1, 46)), key=lambda p: (p.pixels * p.to, p.pixels)
    )
    yield from smallest(
        sizes,
        lambda p: ask("nearest_resampling2d", x=row(p), size=(1, p.to), grid="half_pixel"),
        literal,
        instead=instead,
        order="by pixels·to",
    )
