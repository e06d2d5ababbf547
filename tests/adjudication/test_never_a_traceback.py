"""Whatever arrays are brought, for every operation: an answer, or one line. And a fault of ours is told as one.

Right outputs and wrong ones, of the smallest shapes and of none, of zeros, ties, saturated, constant, subnormal and huge numbers.
The examples are the same in every run.
"""

import hypothesis
import ml_dtypes
import numpy as np
import pytest
from calls import CALLS, POSITIVE, arguments, call
from hypothesis import strategies as st
from lectureclaims.claims import adjudicate
from lectureclaims.claims.adjudication import judgment
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports.front import terminal
from lectureclaims.reports.front.cli import main
from rich.console import Console

DTYPES = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16)
VALUES = {
    "zeros": lambda rng, f: [0.0],
    "zeros with a sign": lambda rng, f: [-0.0],
    "ones": lambda rng, f: [1.0],
    "ties": lambda rng, f: [-1.0, 0.0, 1.0],
    "saturated": lambda rng, f: [0.0, 1.0, 100.0, -1e4],
    "constant": lambda rng, f: [0.3],
    "subnormal": lambda rng, f: [-float(f.smallest_subnormal), 0.0, 3 * float(f.smallest_subnormal)],
    "huge": lambda rng, f: [float(f.max), -float(f.max), float(f.max) / 2],
    "far apart": lambda rng, f: [0.0, 1.0, float(f.max), float(f.tiny)],
    "normal": lambda rng, f: rng.standard_normal(99),
    "not finite": lambda rng, f: [0.0, 1.0, np.inf, np.nan],
}
"""Name → numbers to draw from."""
WRONGS = {
    "zeros": np.zeros_like,
    "negated": np.negative,
    "NaN": lambda y: np.full_like(y, np.nan),
    "infinite": lambda y: np.full_like(y, np.inf),
    "huge": lambda y: np.full_like(y, ml_dtypes.finfo(y.dtype).max),
    "one more": lambda y: y + y.dtype.type(1),
    "moved": lambda y: np.roll(y, 1),
    "a percent off": lambda y: y * y.dtype.type(1.01),
    "flat": np.ravel,
    "whole": lambda y: y.astype(bool).astype(int),
}
SETTINGS = {
    "stride": [1, 2, (1, 2), 0],
    "dilation": [1, (2, 1)],
    "groups": [1, 2],
    "padding": [0, 1, (1, 0), ((1, 0), (0, 2)), "same", "same_lower", "valid", -1],
    "window": [1, 2, (1, 3)],
    "size": [1, (3, 1), (1, 7)],
    "grid": ["half_pixel", "align_corners", "asymmetric"],
    "epsilon": [0.0, 1e-5, 1e300, 5e-324],
    "momentum": [0.0, 0.1, 1.0],
    "correction": [0, 1],
    "axis": [0, -1, 7],
    "start": [0, -1, None, 7],
    "label_smoothing": [0.0, 0.3, 1.0],
    "weighting": ["class", "row"],
    "ignore_index": [None, 0, -100],
    "reduction": ["none", "sum", "mean", "row_mean", "weighted_mean"],
    "alpha": [0.0, -1.0, 0.1, 1e300],
}
"""What parameters may be tried with, beside what the operation's own call has."""
SMALL = st.sampled_from([1, 1, 1, 2, 3, 0])


@st.composite
def cases(draw, name):
    """(arrays, parameters, results) of a call of this operation as a user could bring it, and whether an operator gets them right."""
    operation = catalogue.OPERATIONS[name]
    shapes, upstream, known = CALLS[name if name in CALLS else name.removesuffix("_gradient")]
    dtype, rng = draw(st.sampled_from(DTYPES)), np.random.default_rng(draw(st.integers(0, 2**32)))
    fitting, rest, sizes, drawn = draw(st.booleans()), draw(st.lists(SMALL, max_size=2)), {}, []
    parameters = {
        n: draw(st.sampled_from([known[n]] if fitting else [known[n], *SETTINGS.get(n, [])]))
        for n in operation.parameters
        if n in known
    }

    def shape_of(array):
        if fitting:
            return (upstream or shapes["x"]) if array == "upstream" else shapes[array]
        shape = []
        for axis in operation.axes(array):
            key = f"kernel's {axis}" if array == "w" and axis in "DHW" else axis
            shape += rest if axis == "…" else [sizes.setdefault(key, draw(SMALL))]
        return tuple(shape)

    def numbers(array):
        drawn.append(draw(st.sampled_from([*VALUES])))
        values = np.asarray(VALUES[drawn[-1]](rng, ml_dtypes.finfo(dtype)), np.float64)
        values = np.abs(values) if array in POSITIVE else values
        with np.errstate(all="ignore"):
            return np.asarray(rng.choice(values, shape_of(array))).astype(dtype)

    arrays, parsed = {}, {}
    for array in operation.arrays:
        if array == "labels":
            arrays[array] = rng.integers(0, 2, shape_of(array))
        elif fitting or not operation.optional(array) or draw(st.booleans()):
            arrays[array] = numbers(array)
    try:
        for n, (default, parse) in operation.parameters.items():
            parsed[n] = parse(n, parameters.get(n, default), arrays, parsed)
        with np.errstate(all="ignore"):
            results = operation.function(*(arrays.get(n) for n in operation.arrays), **parsed)
    except BadInput:
        return arrays, parameters, {n: np.ones(1).astype(dtype) for n in operation.results}, False
    results = [np.asarray(y) for y in (results if isinstance(results, tuple) else (results,))]
    # What overflows on the way is no rounding, and an extreme parameter may be infinite in the format of the arrays.
    right = fitting and not {"huge", "far apart"} & {*drawn}
    return arrays, parameters, dict(zip(operation.results, results, strict=True)), right


def answers(name, arrays, parameters, outputs):
    """What is found, said and stored; or the refusal, which is one line."""
    try:
        found = adjudicate(name, inputs=arrays, outputs=outputs, parameters=parameters)
    except BadInput as refusal:
        assert "\n" not in str(refusal) and "expected" in str(refusal)
        return None
    terminal.adjudication(Console(quiet=True), found)
    assert found.as_dict()
    return found


def spoiled(results, wrong):
    with np.errstate(all="ignore"):
        return {name: np.asarray(WRONGS[wrong](y)) for name, y in results.items()}


def looked_at(name, data):
    arrays, parameters, results, right = data.draw(cases(name))
    found = answers(name, arrays, parameters, {"mine": results})
    if right and found is not None:
        assert not any(f.outside for f in found.findings if np.isfinite(f.got))
    answers(
        name, arrays, parameters, {"mine": results, "other": spoiled(results, data.draw(st.sampled_from([*WRONGS])))}
    )


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
@hypothesis.settings(max_examples=12)
@hypothesis.given(data=st.data())
def test_an_answer_or_one_line(name, data):
    looked_at(name, data)


@pytest.mark.rare
@pytest.mark.parametrize("name", catalogue.OPERATIONS)
@hypothesis.settings(max_examples=30)
@hypothesis.given(data=st.data())
def test_an_answer_or_one_line_at_length(name, data):
    looked_at(name, data)


@pytest.mark.parametrize("wrong", WRONGS)
@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_what_is_wrong_gets_an_answer(name, wrong):
    """For every operation one call that can be judged."""
    given = arguments(name, np.float32)
    arrays = {n: given[n] for n in catalogue.OPERATIONS[name].arrays}
    parameters = catalogue.OPERATIONS[name].settings(given)
    results = dict(zip(catalogue.OPERATIONS[name].results, call(name, np.float32), strict=True))
    found = answers(name, arrays, parameters, {"mine": spoiled(results, wrong)})
    assert (found is None) == (
        wrong in ("flat", "whole") and any(y.ndim > 1 or wrong == "whole" for y in results.values())
    )


# --- cases that ended in a traceback -----------------------------------------------------------------------------------


def test_one_row_padded_on_both_axes():
    """No place in the memory before the first row may be read: onnxruntime's case with N·C·H = 1."""
    x = np.array([[[[3.0, -1.0, 4.0, 1.0]]]], np.float32)
    y = np.array([[[[3.0, 4.0, 4.0, 4.0]]]], np.float32)
    found = adjudicate(
        "max_pool2d", inputs={"x": x}, outputs={"mine": y}, parameters={"window": 3, "stride": 1, "padding": 1}
    )
    assert found.within


def test_a_mean_below_zero_taken_for_a_variance():
    """Tried as mean and variance exchanged it asks for the root of a number below zero, here where double-double has no room."""
    x = np.zeros((2, 1, 2, 2))
    gamma, beta, mean, variance = np.float64([0]), np.float64([1]), np.float64([-1e4]), np.float64([5e-324])
    arrays = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    outputs = {"mine": np.ones_like(x), "other": x}
    found = adjudicate("batch_norm_inference", inputs=arrays, outputs=outputs, parameters={"epsilon": 1e-3})
    assert [f.within for f in found.findings] == [True, False]


@pytest.mark.parametrize("shapes", [((), (1,)), ((1,), ())])
def test_a_number_and_a_list_of_one_do_not_share_a_result(shapes):
    for shape in shapes:
        x = np.full(shape, 0.75, np.float32)
        (finding,) = adjudicate("relu", inputs={"x": x}, outputs={"mine": x}).findings
        assert finding.within and len(finding.where) == len(shape)
        assert not adjudicate("tanh", inputs={"x": x}, outputs={"mine": x}).within


def test_a_probability_of_zero_beside_a_wrong_output():
    """What a saturated softmax gives to the other classes: the gradient there is 0 whatever the probability is."""
    p = np.array([[0.0, 0.0, 1.0], [0.5, 0.25, 0.25]], np.float32)
    name = "cross_entropy_of_probabilities_gradient"
    arrays = {"p": p, "labels": np.array([2, 0]), "upstream": np.ones(2, np.float32)}
    outputs = {"right": -np.float32([[0, 0, 1], [2, 0, 0]]), "clipped": np.float32([[0, 0, 0], [-2, 0, 0]])}
    for flushes in (False, True):
        (one,) = assessment.judge(
            catalogue.OPERATIONS[name], arrays, np.float32, assessment.Contract("float32", flushes=flushes)
        )
        assert np.isfinite(one.bound.allowed).all() and (one.bound.allowed[0, :2] < 1e-30).all()
    found = adjudicate(name, inputs=arrays, outputs=outputs)
    assert found.standing("right") == "within rounding" and found.standing("clipped") == "outside"


# --- a fault of ours ---------------------------------------------------------------------------------------------------


def test_a_fault_of_ours_is_told_as_one(tmp_path, monkeypatch, capsys):
    def broken(case):
        raise IndexError("index 7 is out of bounds")

    monkeypatch.setattr(judgment, "judge", broken)
    np.savez(tmp_path / "case.npz", **{"input.x": np.float32([1, 2]), "output.mine": np.float32([1, 2])})
    monkeypatch.setattr("sys.argv", ["lecture-claims", "adjudicate", str(tmp_path / "case.npz"), "--op", "relu"])
    with pytest.raises(SystemExit) as end:
        main()
    printed, said = capsys.readouterr()
    assert (end.value.code, printed) == (4, "") and "Traceback" not in said
    assert "internal error, a fault of ours" in said and "IndexError: index 7 is out of bounds" in said
    assert "relu; x float32 [2] from 1 to 2; mine.y float32 [2] from 1 to 2" in said
    assert "adjudicate" in said and "numpy" in said and "reports/front/cli.py:" in said
