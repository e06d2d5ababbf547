"""The lecture's section “Neural networks in the context of classification”: the components that a network is built from."""

import functools
from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ....reference.judging import assessment
from ....reference.libraries import FRAMEWORKS
from ....reference.operators import catalogue
from ....reference.samples import inputs
from ...language import ask, claim, fact, rounding, same_bits, smallest
from ..shared.wrongs import another, mistaken
from . import mutants
from .layers import classifier, is_classifier, network
from .parts import CHANNELS, COMPONENTS, MISTAKEN

EXACT = "the sum of products in whole numbers, of which no partial sum rounds in any order"


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


def on_some_families(component, mistake, operation):
    """A library that makes a known mistake with an operation; some families are enough to tell, without the exact mode."""
    says = {"families": ("normal", "cancelling", "wide"), "designs": ()}
    return mistaken(mistake, operation, says=says, cases=(component,), needs=(operation,))


def one_unit_off(component, operation):
    """A library with one weight, or where there is none one number of x, a unit off: for the exact mode alone to tell."""
    mutant = functools.partial(mutants.one_unit_off, operation=operation)
    return another(operation, mutant, says={"families": ()}, cases=(component,))


@component_parity.each(
    {name: {"parts": parts} for name, parts in COMPONENTS.items()},
    wrongs={
        f"{mistake} ({operation})": on_some_families(component, mistake, operation)
        for component, made in MISTAKEN.items()
        for mistake, operation in made
    }
    | {
        f"one unit off in exact mode ({part.operation})": one_unit_off(component, part.operation)
        for component, parts in COMPONENTS.items()
        for part in parts
        if part.terms is not None
    },
)
def forward_and_backward(case, *, families=inputs.FAMILIES, designs=inputs.DESIGNS):
    for part in case.parts:
        chosen = [family for family in families if family not in part.without]
        calls = [ask(part.operation, **arrays_for(case, part, family), **part.settings) for family in chosen]
        for family, y in zip(chosen, (yield calls), strict=True):
            yield from rounding(y, label=f"{part.operation}, {family}")
        if part.terms is not None:
            yield from to_the_last_bit(case, part, part.terms, designs)


@component_parity.case(
    "a small network",
    dtypes=("float32", "float64"),
    wrongs={
        "the bias left out of the network": another(
            "network", mutants.network_without_bias, needs=("batch_norm_inference",)
        )
    },
)
def small_network(case):
    """With the error carried from each operation to the next."""
    arrays = inputs.draw(
        "normal",
        {
            "x": (2, 3, 8, 8),
            "w": (4, 3, 3, 3),
            "b": (4,),
            **{name: (4,) for name in CHANNELS},
            "weight": (5, 64),
            "bias": (5,),
        },
        case.rng("network"),
        case.dtype,
        degree=2,
    )
    norm = {**{name: arrays[name] for name in CHANNELS}, "epsilon": 1e-3}
    last = {"w": arrays["weight"] / 32, "b": arrays["bias"]}  # softmax would drown larger numbers
    steps = classifier({"w": arrays["w"], "b": arrays["b"]}, norm, last)
    y = yield ask(network, x=arrays["x"], steps=steps)
    yield is_classifier(case, steps, arrays["x"], y)


def arrays_for(case, part, family):
    return inputs.draw(family, part.shapes, case.rng(f"{part.operation} {family}"), case.dtype, degree=part.degree)


def to_the_last_bit(case, part, terms, designs):
    def whole(design):
        return inputs.exact(design, part.shapes, case.rng(f"{part.operation} {design}"), case.dtype, terms=terms)

    calls = [ask(part.operation, **whole(design), **part.settings) for design in designs]
    entry = catalogue.OPERATIONS[part.operation]
    for design, y in zip(designs, (yield calls), strict=True):
        wanted = assessment.exact_values(entry, y.call.arguments, case.dtype, weights=part.weights)
        for i, (name, exact) in enumerate(zip(entry.results, wanted, strict=True)):
            got = y if len(wanted) == 1 else y.part(i)
            yield same_bits(got, exact, label=f"{part.operation}, exact mode, {design}: {name}", source=EXACT)


# --- where the exact mode stops: another algorithm than the sum -------------------------------------------------------------


class Signal(NamedTuple):
    """n numbers, k taps, none larger than m."""

    n: int
    k: int
    m: int


SIGNALS = [Signal(n, k, m) for n in range(1, 9) for k in range(1, min(n, 3) + 1) for m in (1, 2, 4, 8)]


@component_parity.limit("an FFT is not the sum", backends=("scipy",), dtypes=("float32", "float64"))
def _(case):
    """An algorithm that transforms its inputs departs from the sum of products on whole numbers too, and rightly: its
    results lie near the exact whole numbers and are not equal to them. So exact mode tells which algorithm ran.
    """

    def signals(p):
        """m, m − 1, m − 2, m, …, and a kernel m, m − 1, …: small whole numbers, not all alike."""
        return {"x": (p.m - np.arange(p.n) % 3).astype(case.dtype), "w": (p.m - np.arange(p.k)).astype(case.dtype)}

    def exact(p):
        x, w = (a[None, None] for a in signals(p).values())
        return oracle.convolution1d(x, w, None, stride=1, padding=(0, 0), dilation=1, groups=1)[0, 0]

    def literal(y, p):
        return same_bits(y, exact(p).astype(case.dtype), label="the FFT gives the sum to the last bit", source=EXACT)

    def instead(y, p):
        nearest = y.then(lambda a: bool(np.array_equal(np.rint(a), exact(p))))
        return fact(nearest, True, label="the nearest whole numbers are the sum", source=EXACT)

    yield from smallest(
        SIGNALS,
        lambda p: ask("own_convolution", **signals(p), function="scipy.signal.fftconvolve"),
        literal,
        instead=instead,
        order="by n, then by k, then by m",
    )


class Resampling(NamedTuple):
    """A row of so many pixels, resampled to so many."""

    pixels: int
    to: int


@component_parity.limit(
    "a coordinate on the border between two pixels", backends=FRAMEWORKS, dtypes=("float32", "float64")
)
def _(case):
    """PyTorch and TensorFlow multiply by a ratio of the sizes rounded to float32, in float64 too, to find the nearest
    pixel. Where the coordinate is a whole number it may so fall short of it, and the pixel before is taken: from 2
    pixels to 41, output 20 lies on the border and gets pixel 0 in place of 1. To its neighbours in size every pixel
    is right.
    """

    def row(p):
        return np.arange(p.pixels, dtype=case.dtype).reshape(1, 1, 1, -1)

    def literal(y, p):
        exact = oracle.nearest_resampling2d(row(p), size=(1, p.to), grid="half_pixel").astype(case.dtype)
        return same_bits(y, exact, label="pixel floor((i + 1/2)·pixels/to)", source="the rule in whole numbers")

    def instead(y, p):
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
