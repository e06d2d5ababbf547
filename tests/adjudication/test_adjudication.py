"""Rounding or bug? What real libraries do, what known mistakes do, and what is refused."""

import io
import json
import re
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.claims.adjudication import read
from lectureclaims.reference import bounds, libraries
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports.front import terminal
from lectureclaims.reports.front.cli import main
from lectureclaims.reports.wording import adjudication as said
from rich.console import Console

PAIR = ("torch", "tensorflow")
PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def ran(load, operation, arrays, settings):
    """What each of the two frameworks returns."""
    return {name: getattr(load(name), operation)(*arrays.values(), **settings) for name in PAIR}


def normal(rng, *shape, scale=1.0, dtype=np.float32):
    return (scale * rng.standard_normal(shape)).astype(dtype)


def uniform(rng, *shape, reach):
    return rng.uniform(-reach, reach, shape).astype(np.float32)


# --- taken for a bug, and it was rounding ------------------------------------------------------------------------------


def many_channels(rng):
    """https://github.com/pytorch/pytorch/issues/170016, the first case."""
    arrays = {"x": normal(rng, 1, 384, 13, 13), "w": normal(rng, 256, 384, 3, 3), "b": normal(rng, 256)}
    return "cross_correlation2d", arrays, PLAIN | {"padding": ((1, 1), (1, 1))}


def few_channels(rng):
    """https://github.com/pytorch/pytorch/issues/170016, the second case."""
    return (
        "cross_correlation2d",
        {"x": normal(rng, 1, 20, 10, 10), "w": normal(rng, 20, 20, 5, 5), "b": normal(rng, 20)},
        PLAIN,
    )


def signal(rng):
    """https://github.com/pytorch/pytorch/issues/23042: a filter of 25 taps, results near 1e5."""
    arrays = {"x": normal(rng, 2, 1, 8024, scale=2000), "w": normal(rng, 1, 1, 25, scale=4), "b": None}
    return "cross_correlation1d", arrays, {"stride": 2, "padding": (0, 0), "dilation": 1, "groups": 1}


def counting(rng):
    """https://github.com/pytorch/pytorch/issues/9146: the numbers to 1400 through a layer with PyTorch's own initial weights."""
    reach = 70**-0.5
    x = np.arange(1400, dtype=np.float32).reshape(20, 70)
    return "fully_connected", {"x": x, "w": uniform(rng, 50, 70, reach=reach), "b": uniform(rng, 50, reach=reach)}, {}


def dilated(rng):
    """https://github.com/keras-team/keras/issues/20804: one inner pixel, 28,672 products, 8 of 1,024 output channels."""
    w = uniform(rng, 8, 1024, 4, 7, reach=(6 / (28 * 2048)) ** 0.5)
    x = rng.random((1, 1024, 10, 13)).astype(np.float32)
    return "cross_correlation2d", {"x": x, "w": w, "b": None}, PLAIN | {"dilation": (3, 2)}


TAKEN_FOR_A_BUG = [
    # name, what the reporter's comparison allowed: absolute, relative to the second; and how near to the bound it came
    pytest.param(many_channels, (1e-5, 1e-6), 0.01, id="pytorch#170016, 384 channels"),
    pytest.param(few_channels, (1e-5, 1e-6), 0.05, id="pytorch#170016, 20 channels"),
    pytest.param(signal, (0.0, 1e-7), 1.0, id="pytorch#23042"),
    pytest.param(counting, (0.0, 1e-7), 0.1, id="pytorch#9146"),
    pytest.param(dilated, (0.0, 1e-7), 0.001, id="keras#20804"),
]


@pytest.mark.parametrize("make, tolerance, near", TAKEN_FOR_A_BUG)
def test_what_was_taken_for_a_bug_is_within_rounding(load, make, tolerance, near):
    operation, arrays, settings = make(np.random.default_rng(0))
    outputs = ran(load, operation, arrays, settings)
    absolute, relative = tolerance
    first, second = (y.astype(np.float64) for y in outputs.values())
    reported = (np.abs(first - second) > absolute + relative * np.abs(second)).any()
    # Where the two libraries share a kernel, as on some processors, they agree to the last bit, and nobody would have written.
    assert reported or np.array_equal(first, second)
    found = adjudicate(operation, inputs=arrays, parameters=settings, outputs=outputs)
    assert found.within and not any(found.explanations.values())
    assert [f.kind for f in found.findings] == ["derived", "derived"]
    assert max(f.ratio for f in found.findings) < near
    (difference,) = found.differences
    assert difference.largest <= difference.allowed and (difference.largest > 0) == reported


# --- taken for rounding, and it was not --------------------------------------------------------------------------------


@pytest.mark.parametrize("library", PAIR)
def test_the_other_gelu_is_not_rounding(load, library):
    """4.7e-4 at most, the size of a tolerance that people choose: https://github.com/jax-ml/jax/issues/4428."""
    x = normal(np.random.default_rng(0), 100)
    outputs = {form: load(library).gelu(x, approximate=form) for form in ("none", "tanh")}
    found = adjudicate("gelu", inputs={"x": x}, parameters={"approximate": "none"}, outputs=outputs)
    assert found.verdict("none") == "within rounding"
    assert [e.mistake for e in found.explanations["tanh"]] == ["other GELU"]
    assert np.abs(outputs["none"] - outputs["tanh"]).max() < 1e-3


@pytest.mark.parametrize("library", PAIR)
@pytest.mark.parametrize("epsilon, used", [(1e-5, 1e-3), (1e-3, 1e-5), (1e-5, 1e-12)])
def test_another_epsilon_is_not_rounding(load, library, epsilon, used):
    """PyTorch's against Keras' default; and 1e-5 against 1e-12, https://github.com/huggingface/transformers/pull/15332."""
    rng = np.random.default_rng(0)
    arrays = {
        "x": normal(rng, 4, 3, 5, 5),
        "gamma": normal(rng, 3),
        "beta": normal(rng, 3),
        "mean": normal(rng, 3),
        "variance": normal(rng, 3) ** 2,
    }
    y = {e: load(library).batch_norm_inference(*arrays.values(), epsilon=e) for e in (epsilon, used)}
    found = adjudicate(
        "batch_norm", inputs=arrays, parameters={"epsilon": epsilon}, outputs={"right": y[epsilon], "other": y[used]}
    )
    assert found.verdict("right") == "within rounding"
    assert [(e.mistake, e.detail) for e in found.explanations["other"]] == [("other epsilon", f"epsilon={used!r}")]


# --- the answer --------------------------------------------------------------------------------------------------------


@pytest.fixture
def layer():
    """A small layer in float32: (inputs, parameters, the reference's output)."""
    rng = np.random.default_rng(3)
    inputs = {"x": normal(rng, 2, 3, 6, 5), "w": normal(rng, 4, 3, 3, 3), "b": normal(rng, 4)}
    y = libraries.load("numpy").cross_correlation2d(*inputs.values(), **PLAIN | {"padding": ((1, 1), (1, 1))})
    return inputs, {"padding": 1}, y


def judged(layer, **outputs):
    inputs, parameters, _ = layer
    return adjudicate("conv2d", inputs=inputs, parameters=parameters, outputs=outputs)


def test_a_right_result_is_within_and_says_by_how_much(layer):
    *_, y = layer
    found = judged(layer, numpy=y)
    (f,) = found.findings
    assert found.within and found.verdict("numpy") == "within rounding"
    assert (f.library, f.result, f.dtype, f.contract, f.kind) == (
        "numpy",
        "y",
        "float32",
        "computed in float32",
        "derived",
    )
    assert 0 < f.ratio < 1 and 0 < f.error < f.allowed
    assert (f.elements, f.outside, f.undecided) == (y.size, 0, 0)
    assert f.got == y[f.where] and abs(f.got - f.wanted) == f.error
    assert (len(f.map), len(f.map[0])) == y.shape[2:] and max(map(max, f.map)) == f.ratio
    with pytest.raises(TypeError, match="read its .within"):
        bool(found)


def test_one_wrong_element_is_found_where_it_is_and_unexplained(layer):
    *_, y = layer
    wrong = y.copy()
    wrong[1, 2, 3, 4] += 1e-3
    found = judged(layer, mine=wrong)
    (f,) = found.findings
    assert not found.within and (f.where, f.outside) == ((1, 2, 3, 4), 1)
    assert f.ratio > 10 and f.ulp > 100
    assert found.verdict("mine") == "outside, and no known mistake explains it"


def test_a_place_is_told_in_the_order_that_the_array_was_given_in(layer):
    inputs, parameters, y = layer
    wrong = y.copy()
    wrong[1, 2, 3, 4] += 1e-3
    layout = {"input.x": "NHWC", "input.w": "HWIO", "output.tf": "NHWC"}
    given = inputs | {"x": inputs["x"].transpose(0, 2, 3, 1), "w": inputs["w"].transpose(2, 3, 1, 0)}
    found = adjudicate(
        "conv2d",
        inputs=given,
        parameters=parameters | {"layout": layout},
        outputs={"tf": wrong.transpose(0, 2, 3, 1), "torch": y},
    )
    assert found.findings[0].where == (1, 3, 4, 2)
    assert [f.within for f in found.findings] == [False, True]
    assert found.shapes["x"] == (2, 3, 6, 5), "in canonical order"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_outside(layer, bad):
    *_, y = layer
    wrong = y.copy()
    wrong[0, 1, 2, 3] = bad
    found = judged(layer, mine=wrong, other=y)
    first = found.findings[0]
    assert (first.within, first.where, first.ratio) == (False, (0, 1, 2, 3), np.inf)
    assert found.differences[0].largest == np.inf
    assert found.as_dict()["findings"][0]["ratio"] is None, "JSON has no infinity"
    json.dumps(found.as_dict(), allow_nan=False)


def test_infinity_is_right_where_the_format_ends():
    x, w = np.full((1, 2), 60000, np.float16), np.array([[1, 1], [1, -1]], np.float16)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"right": np.array([[np.inf, 0]], np.float16)})
    assert found.within
    for wrong in ([[-np.inf, 0]], [[65504, 0]], [[np.inf, np.inf]]):
        assert not adjudicate("linear", inputs={"x": x, "w": w}, outputs={"wrong": np.array(wrong, np.float16)}).within


def test_nothing_is_decided_where_no_finite_bound_is_known():
    """The variance of equal large numbers is 0, and the rounding of their mean alone could make it anything."""
    inputs = {"x": np.full((8, 1), 1e18, np.float32), "gamma": np.ones(1, np.float32), "beta": np.zeros(1, np.float32)}
    found = adjudicate(
        "batch_norm_training",
        inputs=inputs,
        parameters={"epsilon": 1e-5},
        outputs={"mine": np.zeros((8, 1), np.float32)},
    )
    (f,) = found.findings
    assert not found.within and (f.outside, f.undecided) == (0, 8)
    assert found.verdict("mine") == "cannot tell: for some elements no finite bound is known"
    assert said.summary(found).startswith("Cannot tell.") and found.exit_code == 3
    with pytest.raises(BadInput, match="leave out what divides by 0"):
        adjudicate(
            "batch_norm_training",
            inputs=inputs,
            parameters={"epsilon": 0},
            outputs={"mine": np.zeros((8, 1), np.float32)},
        )


def test_an_exact_result_that_is_infinite_is_refused():
    p, labels = np.array([[0.0, 1.0]]), np.array([0])
    with pytest.raises(BadInput, match="takes the logarithm of 0"):
        adjudicate(
            "cross_entropy_of_probabilities", inputs={"p": p, "labels": labels}, outputs={"mine": np.array([np.inf])}
        )


def test_several_results_of_one_library(layer):
    inputs, parameters, y = layer
    rng = np.random.default_rng(4)
    given = {"x": inputs["x"], "w": inputs["w"], "upstream": normal(rng, *y.shape)}
    lib = libraries.load("numpy")
    dx, dw, db = lib.cross_correlation2d_gradient(*given.values(), **PLAIN | {"padding": ((1, 1), (1, 1))})
    found = adjudicate(
        "conv2d_gradient",
        inputs=given,
        parameters=parameters,
        outputs={"all": {"dx": dx, "dw": dw, "db": db}, "first": dx, "one": {"dw": 2 * dw}},
    )
    assert [(f.library, f.result, f.within) for f in found.findings] == [
        ("all", "dx", True),
        ("all", "dw", True),
        ("all", "db", True),
        ("first", "dx", True),
        ("one", "dw", False),
    ]
    assert {(d.first, d.second, d.result) for d in found.differences} == {("all", "first", "dx"), ("all", "one", "dw")}


def test_lists_and_arrays_of_any_stride_are_taken():
    x = np.arange(12.0)[::-1].reshape(3, 4).T
    found = adjudicate("relu", inputs={"x": x}, outputs={"list": x.tolist(), "view": np.asfortranarray(x)})
    assert found.within


def test_scalars_are_taken():
    found = adjudicate("tanh", inputs={"x": np.float64(0.5)}, outputs={"numpy": np.tanh(0.5)})
    assert found.within and found.findings[0].where == () and found.findings[0].map == ((found.findings[0].ratio,),)


def test_inputs_of_a_wider_format_are_taken_if_they_are_the_same_numbers(layer):
    inputs, parameters, y = layer
    wide = {name: a.astype(np.float64) for name, a in inputs.items()}
    assert adjudicate("conv2d", inputs=wide, parameters=parameters, outputs={"numpy": y}).within
    with pytest.raises(BadInput, match=r"input\.x\.dtype=float64: expected numbers that float32, .* can hold"):
        adjudicate("conv2d", inputs=wide | {"x": wide["x"] + 1e-12}, parameters=parameters, outputs={"numpy": y})


# --- narrow formats ----------------------------------------------------------------------------------------------------


def narrow(dtype, n=64):
    rng = np.random.default_rng(5)
    return normal(rng, 4, n, dtype=dtype), normal(rng, 6, n, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_numbers_summed_in_float32_and_in_themselves_are_told_apart(dtype):
    x, w = narrow(dtype)
    wide = (x.astype(np.float32) @ w.T.astype(np.float32)).astype(dtype)
    own = np.zeros((4, 6), dtype)
    for i in range(x.shape[1]):
        own = own + x[:, i : i + 1] * w[:, i]
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"wide": wide, "own": own})
    assert [f.within for f in found.findings] == [True, True]
    assert [f.contract for f in found.findings] == [
        f"computed in float32, rounded to {dtype}",
        f"computed in {dtype} itself (narrow accumulation)",
    ]
    told = {"accumulation": "float32"}
    assert not adjudicate("linear", inputs={"x": x, "w": w}, parameters=told, outputs={"own": own}).within


def test_a_known_mistake_is_believed_before_narrow_sums_are():
    """With sums in bfloat16 nearly everything is within; a transposed matrix explains more."""
    x, w = narrow("bfloat16")
    x, w = x[:, :6], w[:, :6]
    transposed = (x.astype(np.float32) @ w.astype(np.float32)).astype("bfloat16")
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"mine": transposed})
    assert [e.mistake for e in found.explanations["mine"]] == ["weights transposed"]


def test_a_bias_may_be_added_apart():
    """257 has 9 bits; rounded to the 8 of bfloat16 it is 256, of which the bias leaves nothing."""
    x, w, b = (np.array(numbers, "bfloat16") for numbers in ([[16, 1]], [[16, 1]], [-256]))
    outputs = {
        "fused": np.array([[1]], "bfloat16"),
        "apart": np.array([[0]], "bfloat16"),
        "wrong": np.array([[3]], "bfloat16"),
    }
    found = adjudicate(
        "linear", inputs={"x": x, "w": w, "b": b}, outputs=outputs, parameters={"accumulation": "float32"}
    )
    assert [f.within for f in found.findings] == [True, True, False]
    assert found.findings[0].contract == "computed in float32, rounded to bfloat16"
    assert found.findings[1].contract.startswith("computed in float32, rounded to bfloat16 ")


# --- files -------------------------------------------------------------------------------------------------------------


def write(path, layer, *, parameters=None, drop=(), **members):
    """A case file: the layer's, with some members replaced, added or dropped."""
    inputs, settings, y = layer
    kept = {f"input.{name}": a for name, a in inputs.items()} | {"output.numpy": y}
    kept |= {"parameters": json.dumps(settings if parameters is None else parameters)} | members
    np.savez(path, **{name: a for name, a in kept.items() if name not in drop})
    return path


def test_a_file_says_what_python_says(tmp_path, layer):
    inputs, outputs, parameters = read(write(tmp_path / "case.npz", layer, parameters={"padding": [[1, 1], [1, 1]]}))
    assert parameters == {"padding": ((1, 1), (1, 1))}
    assert adjudicate("conv2d", inputs=inputs, outputs=outputs, parameters=parameters).as_dict() | {
        "parameters": 0
    } == judged(layer, numpy=layer[2]).as_dict() | {"parameters": 0}


def test_bfloat16_passes_through_a_file(tmp_path):
    """NumPy writes it as two bytes without a meaning; and some write its numbers in float32."""
    x, w = narrow("bfloat16")
    y = (x.astype(np.float32) @ w.T.astype(np.float32)).astype("bfloat16")
    arrays = {"input.x": x, "input.w": w, "output.a": y, "output.b": y.astype(np.float32)}
    np.savez(tmp_path / "case.npz", parameters=json.dumps({"dtypes": {"output.b": "bfloat16"}}), **arrays)
    inputs, outputs, parameters = read(tmp_path / "case.npz")
    assert inputs["x"].dtype == ml_dtypes.bfloat16
    found = adjudicate("linear", inputs=inputs, outputs=outputs, parameters=parameters)
    assert found.within and [f.dtype for f in found.findings] == ["bfloat16", "bfloat16"]


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """(exit code, what was printed, what was complained) of ``lecture-claims adjudicate``, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lecture-claims", "adjudicate", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


def test_the_command_answers_by_its_exit_code(command, tmp_path, layer):
    case = write(tmp_path / "case.npz", layer)
    code, printed, complained = command(case, "--op", "conv2d")
    assert (code, complained) == (0, "") and printed.startswith("Rounding. The output is within")
    wrong = write(tmp_path / "wrong.npz", layer, **{"output.mine": layer[2] * 2})
    code, printed, complained = command(wrong, "--op", "conv2d")
    assert (code, complained) == (1, "") and printed.startswith("Not rounding. mine is outside")
    assert "mine: outside, and no known mistake explains it" in printed and "numpy: within rounding" in printed


def test_the_command_prints_json_and_writes_a_page(command, tmp_path, layer):
    case = write(tmp_path / "case.npz", layer, **{"output.<b>x</b>\u202e": layer[2]})
    code, printed, _ = command(case, "--op", "conv2d", "--json", "--out", "new/page.html")
    found = json.loads(printed)
    assert code == 0 and found["within"] and found["operation"] == "cross_correlation2d"
    assert found["verdicts"] == {"numpy": "within rounding", "<b>x</b>\u202e": "within rounding"}
    page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert (
        page.count("<svg xmlns") == 2
        and "<b>x</b>" not in page
        and "\u202e" not in page
        and "&lt;b&gt;x&lt;/b&gt;" in page
    )
    assert "http-equiv" in page and "url(" not in page.replace("url(#", "")


SQUARE = np.zeros((2, 3, 4, 4), np.float32)
BAD = {
    "not a zip": ("conv2d", b"no zip", "case='case.npz': expected an .npz file"),
    "a broken zip": ("conv2d", b"PK\x03\x04 no zip", "case='case.npz': expected an .npz file"),
    "an object array": ("conv2d", {"input.x": np.array([None, {}])}, "which need no pickle"),
    "a member without a place": ("conv2d", {"x": SQUARE}, "member='x': expected input.<name>, output.<library>"),
    "an unknown input": ("conv2d", {"input.mask": SQUARE}, "input='mask': expected one of x, w, b"),
    "an input twice": ("conv2d", {"input.weight": SQUARE}, "input='weight': expected one array for w"),
    "an unknown result": ("conv2d", {"output.torch.dw": SQUARE}, "output.torch='dw': expected one of y"),
    "a result twice": (
        "conv2d",
        {"output.numpy.y": SQUARE},
        "output.numpy=['y']: expected one array, or one for each result",
    ),
    "a missing input": ("conv2d", ("input.w",), "expected w among them (x, w, b); give input.w"),
    "no outputs": ("conv2d", ("output.numpy",), "outputs={}: expected at least one library's output"),
    "an unknown operation": (
        "conv2",
        {},
        "operation='conv2': expected one of those that `lecture-claims operations` lists",
    ),
    "another rank": ("conv2d", {"input.x": SQUARE[0, 0, 0]}, "input.x.shape=(4,): expected 4 axes [N, C, H, W]"),
    "other channels": ("conv2d", {"input.x": SQUARE[:, :2]}, "w.shape=(4, 3, 3, 3): expected Cin/groups=2 on axis 1"),
    "another shape": (
        "conv2d",
        {"output.numpy": SQUARE},
        "output.numpy.shape=(2, 3, 4, 4): expected (2, 4, 6, 5), the shape of y",
    ),
    "another layout": (
        "conv2d",
        {"output.numpy": np.zeros((2, 6, 5, 4), np.float32)},
        "say its layout, {'layout': {'output.numpy': 'NHWC'}}",
    ),
    "another rank of the output": (
        "conv2d",
        {"output.numpy": SQUARE[0]},
        "output.numpy.shape=(3, 4, 4): expected 4 axes",
    ),
    "NaN": (
        "conv2d",
        {"input.b": np.array([0, 1, np.nan, 2], np.float32)},
        "input.b=nan: expected finite numbers (this one is at [2])",
    ),
    "infinity": (
        "conv2d",
        {"input.b": np.array([0, 1, np.inf, 2], np.float32)},
        "input.b=inf: expected finite numbers",
    ),
    "integers": (
        "conv2d",
        {"input.x": np.zeros((2, 3, 6, 5), int)},
        "input.x.dtype=int64: expected one of bfloat16, float16, float32, float64",
    ),
    "complex numbers": ("conv2d", {"output.numpy": SQUARE * 1j}, "output.numpy.dtype=complex64: expected one of"),
    "too many digits": ("conv2d", {"input.b": np.full(4, 0.1)}, "input.b.dtype=float64: expected numbers that float32"),
    "an empty array": ("conv2d", {"input.x": SQUARE[:0]}, "input.x.shape=(0, 3, 4, 4): expected at least one element"),
    "two formats": ("batch_norm_training", None, "output.numpy=['float32', 'float64']: expected results of one dtype"),
    "labels that are no numbers": ("cross_entropy", None, "input.labels.dtype=float32: expected whole numbers"),
    "no epsilon": ("batch_norm", None, "expected epsilon among them: libraries differ in its default; give epsilon"),
}
PARAMETERS = {
    "no JSON": ("{padding: 1}", "parameters='{padding: 1}': expected a JSON object (Expecting property name"),
    "no object": ("[1, 1]", "parameters=[1, 1]: expected a JSON object"),
    "numbers": (np.zeros(3), "parameters=[0.0, 0.0, 0.0]: expected a JSON object"),
    "an unknown one": (
        {"pad": 1},
        "parameter='pad': expected one of stride, dilation, groups, padding, padding_mode, layout, accumulation, dtypes",
    ),
    "a word for a number": ({"stride": "2"}, "stride='2': expected a pair (y, x) of whole numbers"),
    "an unknown rule": (
        {"padding": "full"},
        "padding='full': expected numbers of zeros, 'valid', 'same' or 'same_lower'",
    ),
    "a stride of none": ({"stride": 0}, "stride[0]=0: expected a whole number of at least 1"),
    "layout of nobody": (
        {"layout": {"x": "NHWC"}},
        "layout='x': expected one of input.x, input.w, input.b, output.numpy",
    ),
    "unknown letters": (
        {"layout": {"input.x": "NHWK"}},
        "layout['input.x']='NHWK': expected the axes N, C, H, W in some order",
    ),
    "a letter twice": (
        {"layout": {"input.x": "NHHW"}},
        "layout['input.x']='NHHW': expected the axes N, C, H, W in some order",
    ),
    "layout no mapping": ({"layout": "NHWC"}, "layout='NHWC': expected {array: …}"),
    "layout no word": ({"layout": {"input.x": 1}}, "layout['input.x']=1: expected a string"),
    "unknown accumulation": (
        {"accumulation": "tf32"},
        "accumulation='tf32': expected one of bfloat16, float16, float32, float64",
    ),
    "narrow accumulation": (
        {"accumulation": "bfloat16"},
        "accumulation='bfloat16': expected a format at least as precise as float32",
    ),
    "unknown dtype": ({"dtypes": {"output.numpy": "half"}}, "dtypes['output.numpy']='half': expected one of bfloat16"),
    "a narrower dtype": (
        {"dtypes": {"output.numpy": "float16"}},
        "dtypes['output.numpy']='float16': expected a format that holds the numbers",
    ),
}
OTHERS = {
    "two formats": {
        "input.x": SQUARE,
        "input.gamma": SQUARE[0, 0, 0, :3],
        "input.beta": SQUARE[0, 0, 0, :3],
        "output.numpy.y": SQUARE,
        "output.numpy.mean": np.zeros(3),
        "parameters": '{"epsilon": 1e-5}',
    },
    "labels that are no numbers": {
        "input.logits": SQUARE[0, 0],
        "input.labels": SQUARE[0, 0, 0],
        "output.numpy": SQUARE[0, 0, 0],
    },
    "no epsilon": {f"input.{name}": SQUARE[0, 0, 0, :3] for name in ("gamma", "beta", "mean", "variance")}
    | {"input.x": SQUARE, "output.numpy": SQUARE},
}


def refused(command, *arguments):
    code, printed, line = command(*arguments)
    assert (code, printed) == (2, "")
    assert line.count("\n") == 1 and line.startswith("lecture-claims: ") and "Traceback" not in line
    return line


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_line_that_names_it(command, tmp_path, layer, what):
    operation, change, says = BAD[what]
    case = tmp_path / "case.npz"
    if isinstance(change, bytes):
        case.write_bytes(change)
    elif change is None:
        np.savez(case, **OTHERS[what])
    elif isinstance(change, tuple):
        write(case, layer, drop=change)
    else:
        write(case, layer, **change)
    assert says in refused(command, case.name, "--op", operation, "--out", "new/page.html")
    assert [p.name for p in tmp_path.iterdir()] == ["case.npz"], "nothing was written"


@pytest.mark.parametrize("what", PARAMETERS)
def test_bad_parameters_are_one_line_that_names_them(command, tmp_path, layer, what):
    given, says = PARAMETERS[what]
    member = {"parameters": given if not isinstance(given, dict) else json.dumps({"padding": 1} | given)}
    inputs, _, y = layer
    np.savez(tmp_path / "case.npz", **{f"input.{n}": a for n, a in inputs.items()}, **{"output.numpy": y}, **member)
    assert says in refused(command, "case.npz", "--op", "conv2d")


def test_a_file_that_is_not_there_or_holds_one_array_is_refused(command, tmp_path):
    assert "case='nowhere.npz': expected a file" in refused(command, "nowhere.npz", "--op", "conv2d")
    np.save(tmp_path / "one.npy", SQUARE)
    assert "case='one.npy': expected an .npz file" in refused(command, "one.npy", "--op", "conv2d")
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("input.x.npy", "no array")
    assert "case='text.npz': expected an .npz file" in refused(command, "text.npz", "--op", "conv2d")


@pytest.mark.parametrize("place", ["file/page.html", "folder"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(command, tmp_path, layer, monkeypatch, place):
    monkeypatch.setattr("lectureclaims.claims.adjudication.judge", lambda _: pytest.fail("it worked"))
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    case = write(tmp_path / "case.npz", layer)
    assert "out='" in refused(command, case, "--op", "conv2d", "--out", place)


class Stubborn:
    """A framework's tensor that refuses to become an array."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad")


@pytest.mark.parametrize(
    "value, says", [(Stubborn(), "requires grad"), ([[1.0], [1.0, 2.0]], "inhomogeneous"), ("words", "dtype=<U5")]
)
def test_what_is_no_array_is_refused(value, says):
    with pytest.raises(BadInput, match=says):
        adjudicate("relu", inputs={"x": np.ones(3)}, outputs={"mine": value})


def test_a_library_without_results_is_refused():
    with pytest.raises(BadInput, match=r"output\.mine=\{\}: expected at least one of y"):
        adjudicate("relu", inputs={"x": np.ones(3)}, outputs={"numpy": np.ones(3), "mine": {}})


def test_the_operations_are_listed_with_what_they_take(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lecture-claims", "operations"])
    with pytest.raises(SystemExit):
        main()
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("cross_correlation2d (conv2d) "))
    assert lines[at + 1] == "  x[NCHW] w[OIHW] b[O]?; stride dilation groups padding padding_mode → y[NCHW]"
    assert "  x[NC…] gamma[C] beta[C]; epsilon* → y[NC…] mean[C] variance[C]" in lines
    assert all(any(line.startswith(name) for line in lines) for name in catalogue.OPERATIONS)


# --- in words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_breaks_lines_between_words_and_shows_where(layer, width):
    *_, y = layer
    wrong = y.copy()
    wrong[1, 2, 3, 4] += 1e-3
    text = io.StringIO()
    terminal.adjudication(
        Console(file=text, force_terminal=True, no_color=True, width=width, markup=False), judged(layer, mine=wrong)
    )
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= width + len("\x1b[1;31m\x1b[0m")
    picture = [line for line in lines if "│" in line]
    assert len(picture) == 6 and [("█" in row, row.find("█")) for row in picture].count((True, 7)) == 1


def test_the_bound_of_the_finding_is_the_bound(layer):
    """So that the sentence's numbers can be checked by hand: γₙ·S of the one element."""
    inputs, _, y = layer
    (f,) = judged(layer, numpy=y).findings
    n, o, p, q = f.where
    rows, columns = slice(max(p - 1, 0), p + 2), slice(max(q - 1, 0), q + 2)
    x = np.pad(inputs["x"].astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))[n, :, p : p + 3, q : q + 3]
    S = (np.abs(x) * np.abs(inputs["w"][o].astype(np.float64))).sum() + abs(float(inputs["b"][o]))
    terms = inputs["x"][n, :, rows, columns].size + 1
    u = bounds.unit_roundoff(np.float32)
    assert terms * u / (1 - terms * u) * S <= f.allowed <= 1.01 * terms * u * S


# --- the page about it -------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "adjudicate.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def masked(line):
    """Without the numbers that depend on a library's order of summation: those of the worst elements."""
    return re.sub(r"[\d.,e+-]*\d", "#", line) if line.startswith("  ") or " differ by " in line else line


def test_the_session_on_the_page_is_what_happens(load, command, monkeypatch):
    for name in PAIR:
        load(name)
    making, python = blocks("python")
    (session,) = blocks("console")
    names = {}
    exec(compile(making, PAGE.name, "exec"), names)
    asked, *wanted = session.splitlines()
    code, printed, _ = command(*asked.removeprefix("$ lecture-claims adjudicate ").split())
    assert code == 1
    assert [masked(line) for line in printed.splitlines()] == [masked(line) for line in wanted]
    exec(compile(python, PAGE.name, "exec"), names)


def test_the_page_names_every_parameter_of_its_own_and_the_number_it_claims():
    text = PAGE.read_text(encoding="utf-8")
    for name in ("layout", "accumulation", "dtypes"):
        assert f"| `{name}` |" in text
    u = bounds.unit_roundoff(np.float32)
    assert (
        f"{float(bounds.gamma(3456, u)):.0e}" == "2e-04" and "For 3,456 products in float32 the bound is 2·10⁻⁴" in text
    )


@pytest.mark.parametrize("off, says", [(0.0, "every bit is right"), (2.0**-7, "1 element of 12 not exact")])
def test_on_whole_numbers_what_is_within_and_yet_not_exact_is_told(off, says):
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-9, 10, shape).astype(np.float32) * 8 for shape in ((3, 400), (4, 400)))
    y = (x.astype(np.float64) @ w.T).astype(np.float32)
    y[1, 2] += off
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"torch": y})
    assert found.within and found.findings[0].unequal == int(off > 0)
    assert says in said.sentence(found.findings[0])


def test_on_other_numbers_nothing_is_said_of_bits():
    x, w = (np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32) for _ in range(2))
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"torch": x @ w.T})
    assert found.findings[0].unequal is None and "whole" not in said.sentence(found.findings[0])


IMAGE = np.random.default_rng(5).normal(size=(1, 2, 6, 6)).astype(np.float32)
KERNEL = np.random.default_rng(6).normal(size=(3, 2, 3, 3)).astype(np.float32)


@pytest.mark.parametrize("padding", [1, (1, 1), [1, 1], [[1, 1], [1, 1]], np.array([[1, 1], [1, 1]]), np.int64(1)])
def test_padding_is_taken_as_libraries_write_it(padding):
    y = libraries.load("numpy").cross_correlation2d(
        IMAGE, KERNEL, None, stride=(1, 1), padding=((1, 1), (1, 1)), dilation=(1, 1), groups=1
    )
    found = adjudicate(
        "conv2d",
        inputs={"x": IMAGE, "w": KERNEL},
        outputs={"a": y},
        parameters={"padding": padding, "stride": np.int64(1)},
    )
    assert found.within and found.parameters["padding"] == ((1, 1), (1, 1))


@pytest.mark.parametrize("stride, padding", [([2], [[1, 1]]), ((2,), (1,)), (2, [1, 1])])
def test_one_axis_too(stride, padding):
    x, w = IMAGE[:, :, 0], KERNEL[:, :, 0]
    y = libraries.load("numpy").cross_correlation1d(x, w, None, stride=2, padding=(1, 1), dilation=1, groups=1)
    assert adjudicate(
        "conv1d", inputs={"x": x, "w": w}, outputs={"a": y}, parameters={"padding": padding, "stride": stride}
    ).within


def test_the_other_byte_order_and_no_axes_at_all():
    x = IMAGE.astype(">f4")
    assert adjudicate("relu", inputs={"x": x}, outputs={"a": np.maximum(x, 0).astype(">f4")}).within
    assert adjudicate("relu", inputs={"x": np.float32(1)}, outputs={"a": np.float32(1)}).within
    assert not adjudicate("relu", inputs={"x": np.float32(1)}, outputs={"a": np.float32(2)}).within


@pytest.mark.parametrize("name", ["inputs", "outputs", "parameters"])
def test_what_is_no_dictionary_is_refused(name):
    given = {"inputs": {"x": IMAGE}, "outputs": {"a": IMAGE}, "parameters": {}} | {name: IMAGE}
    with pytest.raises(BadInput, match=f"{name}=.*a dictionary by name"):
        adjudicate("relu", **given)


def test_honest_variances_of_other_algorithms_are_within_and_no_epsilon_explains_a_wrong_one():
    rng = np.random.default_rng(7)
    x = (1e3 + rng.normal(size=(50, 1))).astype(np.float32)
    inputs, ones = {"x": x, "gamma": np.ones(1, np.float32), "beta": np.zeros(1, np.float32)}, {"epsilon": 1e-5}
    one_pass = (x * x).mean(axis=0) - x.mean(axis=0) ** 2
    found = adjudicate("batch_norm_training", inputs=inputs, outputs={"a": {"variance": one_pass}}, parameters=ones)
    assert found.findings[0].within and found.verdict("a") == "cannot tell: the bound allows all zeros"
    found = adjudicate(
        "batch_norm_training", inputs=inputs, outputs={"a": {"variance": one_pass + 90}}, parameters=ones
    )
    assert found.verdict("a") == "outside, and no known mistake explains it"


def test_the_formula_of_cross_entropy_as_it_stands_is_within():
    z = (1000 + np.random.default_rng(8).normal(size=(40, 10))).astype(np.float32)
    labels = np.arange(40) % 10
    largest = z.max(axis=1, keepdims=True)
    whole = np.log(np.exp(z - largest).sum(axis=1)) + largest[:, 0]
    found = adjudicate(
        "cross_entropy", inputs={"logits": z, "labels": labels}, outputs={"a": whole - z[np.arange(40), labels]}
    )
    assert found.within


def test_a_bound_that_can_tell_little_says_so():
    rng = np.random.default_rng(9)
    x = (100 + rng.normal(size=(300, 1))).astype(np.float32)
    up = rng.normal(size=x.shape).astype(np.float32)
    dx = libraries.load("numpy").batch_norm_gradient(x, np.ones(1, np.float32), up, epsilon=1e-5)[0]
    found = adjudicate(
        "batch_norm_gradient",
        inputs={"x": x, "gamma": np.ones(1, np.float32), "upstream": up},
        outputs={"a": {"dx": dx}},
        parameters={"epsilon": 1e-5},
    )
    assert found.findings[0].within and found.findings[0].blunt > 0.1
    assert found.verdict("a") == "cannot tell: the bound allows results with one right digit"
    assert "it can tell little here" in said.sentence(found.findings[0])
