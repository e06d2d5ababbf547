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
from lectureclaims.reference import bounds, oracle

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
SUM = "the literal sum"


def layer(x, w):
    return ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN)


def inputs(case):
    return case.integers("x", (1, 2, 5, 4)), case.integers("w", (3, 2, 2, 2))


def flipped(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x, np.ascontiguousarray(w[:, :, ::-1, ::-1]), b, **settings)


def raises(lib, x, w, b, **settings):
    raise RuntimeError("a wrong that cannot be run")


def one_row_less(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x[:, :, 1:], w, b, **settings)


FLIPPED = {"kernel flipped": Wrong(operations={"cross_correlation2d": flipped})}
COMMON = {"scope": "any", "kind": "exact", "cases": {"one": {}}, "dtypes": ("float32",)}


def wanted(x, w, case):
    return oracle.cross_correlation2d(x, w, None, **PLAIN).astype(case.dtype)


@claim("layer.correlates", statement="The layer correlates.", expected="verified", wrongs=FLIPPED, **COMMON)
def correlates(case):
    x, w = inputs(case)
    y = yield layer(x, w)
    yield same_bits(y, wanted(x, w, case), label="the layer", source=SUM)


@claim("layer.rounds", statement="The layer rounds.", expected="verified", wrongs=FLIPPED, **COMMON)
def rounds(case):
    x, w = case.reals("x", (1, 2, 5, 4)), case.reals("w", (3, 2, 2, 2))
    y = yield layer(x, w)
    bound = bounds.sums_of_products(
        *oracle.sizes(oracle.cross_correlation2d, x, w, None, **PLAIN), case.dtype, flushed=None
    )
    yield within(y, oracle.cross_correlation2d(x, w, None, **PLAIN), bound, label="the layer", source=SUM)


@claim("silence.no_comparison", statement="Nothing.", expected="verified", wrongs=FLIPPED, **COMMON)
def no_comparison(case):
    yield layer(*inputs(case))


@claim("silence.empty", statement="Nothing, at length.", expected="verified", wrongs=FLIPPED, **COMMON)
def empty(case):
    y = yield layer(*inputs(case))
    nothing = np.zeros((0,), case.dtype)
    yield same_bits(y.then(lambda _: nothing), nothing, label="two empty arrays", source="nothing")


@claim("silence.no_library", statement="One is one.", expected="verified", wrongs={"two": {"number": 2}}, **COMMON)
def no_library(case, *, number=1):
    yield fact(number, 1, label="one", source="arithmetic")


@claim("unbroken.no_wrongs", statement="The layer correlates.", expected="verified", wrongs={}, **COMMON)
def no_wrongs(case):
    yield from correlates.experiment(case)


@claim(
    "mistake.survives",
    statement="The layer correlates.",
    expected="verified",
    wrongs={"no mistake": {"factor": 1}},
    **COMMON,
)
def survives(case, *, factor=1):
    x, w = inputs(case)
    y = yield layer(x, w)
    yield same_bits(y, factor * wanted(x, w, case), label="the layer", source=SUM)


@claim(
    "mistake.raises",
    statement="The layer correlates.",
    expected="verified",
    **COMMON,
    wrongs={"it raises": Wrong(operations={"cross_correlation2d": raises})},
)
def wrong_raises(case):
    yield from correlates.experiment(case)


@claim(
    "mistake.has_another_shape",
    statement="The layer correlates.",
    expected="verified",
    **COMMON,
    wrongs={"one row less": Wrong(operations={"cross_correlation2d": one_row_less})},
)
def wrong_has_another_shape(case):
    yield from correlates.experiment(case)


@claim("broken.experiment", statement="It breaks.", expected="verified", wrongs=FLIPPED, **COMMON)
def broken(case):
    yield from correlates.experiment(case)
    raise KeyError("a mistake in the claim")


class Size(NamedTuple):
    H: int
    W: int


def geometries():
    return [Size(h, w) for h in range(1, 4) for w in range(1, 4)]


def request(point, design):
    count = point.H * point.W
    values = np.ones(count) if design == "ones" else np.arange(1, count + 1)
    return layer(values.reshape(1, 1, point.H, point.W).astype(np.float32), np.full((1, 1, 1, 1), 2, np.float32))


@claim(
    "fault.sweep", statement="Every size.", expected="verified", wrongs=FLIPPED | {"tripled": {"factor": 3}}, **COMMON
)
def fault(case, *, factor=2):
    x, w = inputs(case)
    y = yield layer(x, w)  # for the flipped kernel, which a single pixel cannot tell
    yield same_bits(y, factor / 2 * wanted(x, w, case), label="the layer", source=SUM)

    def judge(outcome, point, design):
        x = request(point, design).arguments["x"]
        return same_bits(outcome, np.float32(factor) * x, label=str(point), source=SUM)

    yield from sweep(case, geometries(), request, judge, label="sizes", source=SUM, designs=("ones", "ramp"))


@claim(
    "fault.hides_no_wrong",
    statement="Every size.",
    expected="verified",
    wrongs={"no mistake": {"factor": 2}},
    **COMMON | {"cases": {"one": {"backends": ("faulty",)}}},
)
def fault_hides_no_wrong(case, *, factor=2):
    """The library's recorded fault departs in the wrong world too, and must not be taken for its refutation."""
    yield from fault.experiment(case, factor=factor)


@claim("limit.does_not_show", statement="The layer correlates.", expected="verified", wrongs=FLIPPED, **COMMON)
def limited(case):
    yield from correlates.experiment(case)


@limited.limit("it holds here too", says="It fails here.")
def _(case):
    x, w = inputs(case)
    y = yield layer(x, w)
    yield fails(same_bits(y, wanted(x, w, case), label="the layer", source=SUM))
    yield same_shape(y, (1, 3, 4, 3), label="shape", source="the formula")


@claim("limit.fails_by_nan", statement="The layer correlates.", expected="verified", wrongs=FLIPPED, **COMMON)
def limited_by_nan(case):
    yield from correlates.experiment(case)


@limited_by_nan.limit("a NaN exhibits nothing", says="It fails here, with a NaN.")
def _(case):
    x, w = inputs(case)
    y = yield layer(x, w)
    broken = y.then(lambda a: np.full_like(a, np.nan))
    yield fails(same_bits(broken, wanted(x, w, case), label="the layer", source=SUM))
    yield same_bits(y, wanted(x, w, case), label="the layer itself", source=SUM)


@claim("limit.alone", statement="The layer correlates.", expected="verified", wrongs=FLIPPED, **COMMON)
def limited_alone(case):
    yield from correlates.experiment(case)


@limited_alone.limit("nothing beside it", says="It fails here, and nothing is predicted.")
def _(case):
    x, w = inputs(case)
    y = yield layer(x, w)
    yield fails(same_bits(y, 2 * wanted(x, w, case), label="twice the layer", source=SUM))


@claim("gate.not_met", statement="An effect.", expected="supported", wrongs=FLIPPED, **COMMON)
def gated(case):
    yield from correlates.experiment(case)
    yield gate(
        False, label="the interval is above 1", source="stated before the run", got="0.9 [0.8, 1.0]", wanted="above 1"
    )
    y = yield layer(*inputs(case))
    yield same_shape(y, (1, 3, 4, 3), label="shape", source="the formula")


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
