"""One honest claim, and one claim for each way in which a claim can be worth nothing."""

from typing import NamedTuple

import numpy as np
from lectureclaims.claims.language import (
    Defect,
    Wrong,
    ask,
    claim,
    fact,
    fails,
    gate,
    same_bits,
    same_shape,
    sweep,
    within,
)
from lectureclaims.claims.language.statistics import Gate, judge, paired
from lectureclaims.reference import bounds, oracle

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
SUM = "the literal sum"
EXACT = {"kind": "exact", "expected": "verified", "dtypes": ("float32",)}


def layer(x, w):
    return ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN)


def inputs(case):
    return case.integers("x", (1, 2, 5, 4)), case.integers("w", (3, 2, 2, 2))


def wanted(x, w, case):
    return oracle.cross_correlation2d(x, w, None, **PLAIN).astype(case.dtype)


def flipped(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x, np.ascontiguousarray(w[:, :, ::-1, ::-1]), b, **settings)


def raises(lib, x, w, b, **settings):
    raise RuntimeError("a wrong that cannot be run")


def one_row_less(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x[:, :, 1:], w, b, **settings)


def instead(mutant):
    return Wrong(operations={"cross_correlation2d": mutant})


FLIPPED = {"kernel flipped": instead(flipped)}


# --- what holds --------------------------------------------------------------------------------------------------------

correlates = claim("layer.correlates", "The layer correlates.", **EXACT)
no_wrongs = claim("unbroken.no_wrongs", "The layer correlates.", **EXACT)
survives = claim("mistake.survives", "The layer correlates.", **EXACT)
wrong_raises = claim("mistake.raises", "The layer correlates.", **EXACT)
wrong_has_another_shape = claim("mistake.has_another_shape", "The layer correlates.", **EXACT)
limited = claim("limit.does_not_show", "The layer correlates.", **EXACT)
limited_by_nan = claim("limit.fails_by_nan", "The layer correlates.", **EXACT)
limited_alone = claim("limit.alone", "The layer correlates.", **EXACT)


@correlates.case("one", wrongs=FLIPPED)
@no_wrongs.case("one")
@survives.case("one", wrongs={"no mistake": {"factor": 1}})
@wrong_raises.case("one", wrongs={"it raises": instead(raises)})
@wrong_has_another_shape.case("one", wrongs={"one row less": instead(one_row_less)})
@limited.case("one", wrongs=FLIPPED)
@limited_by_nan.case("one", wrongs=FLIPPED)
@limited_alone.case("one", wrongs=FLIPPED)
def correlating(case, *, factor=1):
    x, w = inputs(case)
    y = yield layer(x, w)
    yield same_bits(y, factor * wanted(x, w, case), label="the layer", source=SUM)


rounds = claim("layer.rounds", "The layer rounds.", **EXACT)


@rounds.case("one", wrongs=FLIPPED)
def rounding(case):
    x, w = case.reals("x", (1, 2, 5, 4)), case.reals("w", (3, 2, 2, 2))
    y = yield layer(x, w)
    sizes = oracle.sizes(oracle.cross_correlation2d, x, w, None, **PLAIN)
    bound = bounds.sums_of_products(*sizes, case.dtype, flushed=None)
    yield within(y, oracle.cross_correlation2d(x, w, None, **PLAIN), bound, label="the layer", source=SUM)


# --- limits that exhibit nothing ---------------------------------------------------------------------------------------


@limited.limit("it holds here too")
def _(case):
    """It fails here."""
    x, w = inputs(case)
    y = yield layer(x, w)
    yield fails(same_bits(y, wanted(x, w, case), label="the layer", source=SUM))
    yield same_shape(y, (1, 3, 4, 3), label="shape", source="the formula")


@limited_by_nan.limit("a NaN exhibits nothing")
def _(case):
    """It fails here, with a NaN."""
    x, w = inputs(case)
    y = yield layer(x, w)
    broken = y.then(lambda a: np.full_like(a, np.nan))
    yield fails(same_bits(broken, wanted(x, w, case), label="the layer", source=SUM))
    yield same_bits(y, wanted(x, w, case), label="the layer itself", source=SUM)


@limited_alone.limit("nothing beside it")
def _(case):
    """It fails here, and nothing is predicted."""
    x, w = inputs(case)
    y = yield layer(x, w)
    yield fails(same_bits(y, 2 * wanted(x, w, case), label="twice the layer", source=SUM))


# --- claims that compare nothing, and one that breaks ------------------------------------------------------------------

no_comparison = claim("silence.no_comparison", "Nothing.", **EXACT)


@no_comparison.case("one", wrongs=FLIPPED)
def _(case):
    yield layer(*inputs(case))


empty = claim("silence.empty", "Nothing, at length.", **EXACT)


@empty.case("one", wrongs=FLIPPED)
def _(case):
    y = yield layer(*inputs(case))
    nothing = np.zeros((0,), case.dtype)
    yield same_bits(y.then(lambda _: nothing), nothing, label="two empty arrays", source="nothing")


no_library = claim("silence.no_library", "One is one.", **EXACT)


@no_library.case("one", wrongs={"two": {"number": 2}})
def _(case, *, number=1):
    yield fact(number, 1, label="one", source="arithmetic")


broken = claim("broken.experiment", "It breaks.", **EXACT)


@broken.case("one", wrongs=FLIPPED)
def _(case):
    yield from correlating(case)
    raise KeyError("a mistake in the claim")


# --- a sweep, and a gate -----------------------------------------------------------------------------------------------


class Size(NamedTuple):
    H: int
    W: int


SIZES = [Size(h, w) for h in range(1, 4) for w in range(1, 4)]


def request(point, design):
    count = point.H * point.W
    values = np.ones(count) if design == "ones" else np.arange(1, count + 1)
    return layer(values.reshape(1, 1, point.H, point.W).astype(np.float32), np.full((1, 1, 1, 1), 2, np.float32))


every_size = claim("fault.sweep", "Every size.", **EXACT)
hides_no_wrong = claim(
    "fault.hides_no_wrong",
    """
    Every size.

    Notes: The library's recorded fault departs in the wrong world too, and must not be taken for its refutation.
    """,
    **EXACT,
)


@every_size.case("one", wrongs=FLIPPED | {"tripled": {"factor": 3}})
@hides_no_wrong.case("one", backends=("faulty",), wrongs={"no mistake": {"factor": 2}})
def sizes(case, *, factor=2):
    x, w = inputs(case)
    y = yield layer(x, w)  # for the flipped kernel, which a single pixel cannot tell
    yield same_bits(y, factor / 2 * wanted(x, w, case), label="the layer", source=SUM)

    def judged(outcome, point, design):
        x = request(point, design).arguments["x"]
        return same_bits(outcome, np.float32(factor) * x, label=str(point), source=SUM)

    yield from sweep(case, SIZES, request, judged, label="sizes", source=SUM, designs=("ones", "ramp"))


gated = claim("gate.not_met", "An effect.", **EXACT | {"expected": "supported"})
LARGER = Gate("the interval is above 1", effect="the ratio", side="above", bounds=(1.0,))


@gated.case("one", wrongs=FLIPPED)
def _(case):
    yield from correlating(case)
    ratios = np.array([0.8, 0.85, 0.9, 0.9, 0.95, 0.98])  # one for each seed
    effect = paired("the ratio", ratios, None, kind="ratio", seed=case.seed)
    yield gate(LARGER, effect, judge(LARGER, effect), "first", source="stated before the run")
    y = yield layer(*inputs(case))
    yield same_shape(y, (1, 3, 4, 3), label="shape", source="the formula")


# --- recorded defects --------------------------------------------------------------------------------------------------


def three_by_two(call):
    return call.arguments["x"].shape[2:] == (3, 2)


def smallest(h, w):
    call = request(Size(h, w), "ones")
    return call, np.full((1, 1, h, w), 2, np.float32)


DEFECTS = (
    Defect(
        id="faulty-3x2",
        backend="faulty",
        versions=">=1",
        title="3 × 2 images come out wrong",
        explanation="The last pixel is lost.",
        trigger=three_by_two,
        smallest=smallest(3, 2),
        neighbour=smallest(2, 3),
        neighbour_says="2 × 3 is right",
    ),
    Defect(
        id="mended-3x2",
        backend="mended",
        versions=">=1",
        title="3 × 2 images came out wrong once",
        explanation="It is recorded, applies to this version, and is no longer so.",
        trigger=three_by_two,
        smallest=smallest(3, 2),
        neighbour=smallest(2, 3),
        neighbour_says="2 × 3 is right",
    ),
    Defect(
        id="newer-3x2",
        backend="newer",
        versions="<1",
        title="3 × 2 images came out wrong in older versions",
        explanation="The record does not reach this version, which is wrong all the same.",
        trigger=three_by_two,
        smallest=smallest(3, 2),
        neighbour=smallest(2, 3),
        neighbour_says="2 × 3 is right",
    ),
    Defect(
        id="sweeping-3x2",
        backend="sweeping",
        versions=">=1",
        title="3 × 2 images come out wrong",
        explanation="The record covers every size, so that it would hide a new departure.",
        trigger=lambda call: True,
        smallest=smallest(3, 2),
        neighbour=smallest(2, 3),
        neighbour_says="2 × 3 is right",
    ),
    Defect(
        id="balking-3x2",
        backend="balking",
        versions=">=1",
        title="3 × 2 images came out wrong once",
        explanation="They are refused now, which is another thing.",
        trigger=three_by_two,
        smallest=smallest(3, 2),
        neighbour=smallest(2, 3),
        neighbour_says="2 × 3 is right",
    ),
)
