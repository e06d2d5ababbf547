"""In tests of one's own: the assertion, its message, the fixture; and the tolerance adviser."""

import io
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from lectureclaims.claims.adjudication import call, tolerance
from lectureclaims.reference import bounds, libraries
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports.front import terminal
from lectureclaims.reports.front.cli import main
from lectureclaims.testing import assert_within_rounding
from rich.console import Console

pytest_plugins = ["pytester"]
RNG = np.random.default_rng(4)
X, W = (RNG.standard_normal(shape).astype(np.float32) for shape in ((2, 3, 7, 6), (4, 3, 3, 3)))
PLAIN = {"stride": (2, 2), "padding": ((0, 1), (0, 1)), "dilation": (1, 1), "groups": 1}
Y = libraries.load("numpy").cross_correlation2d(X, W, None, **PLAIN)


# --- the assertion -----------------------------------------------------------------------------------------------------


def test_what_is_right_passes_and_says_how_near():
    found = assert_within_rounding(Y, "conv2d", x=X, w=W, stride=2, padding=[[0, 1], [0, 1]])
    assert found.within and max(f.ratio for f in found.findings) < 1


def test_a_message_says_how_many_where_why_and_what_to_change():
    wrong = libraries.load("numpy").cross_correlation2d(X, W, None, **PLAIN | {"padding": ((1, 0), (1, 0))})
    with pytest.raises(AssertionError) as failure:
        assert_within_rounding(
            wrong, "Conv2d", input=X, weight=W, bias=None, kernel_size=3, strides=2, padding=((0, 1), (0, 1))
        )
    text = str(failure.value)
    assert f"Elements outside: {wrong.size} / {wrong.size} (100.0%)" in text
    assert "Worst element: " in text and "got " in text and ", exact " in text and "allowed ±" in text
    assert "Cause: as if the zeros were put on other sides of the image" in text
    assert "Remedy: pad explicitly on the same sides" in text
    assert "bound: γₙ·S" in text and "weight: taken for w" in text


def test_what_cannot_be_judged_is_no_failure_of_the_result():
    with pytest.raises(BadInput, match="ceil_mode"):
        assert_within_rounding(X, "max_pool2d", x=X, window=2, stride=2, ceil_mode="perhaps")


def test_results_may_be_a_tuple_or_named():
    arrays = {"x": X, "gamma": np.ones(3, np.float32), "beta": np.zeros(3, np.float32)}
    results = libraries.load("numpy").batch_norm_training(*arrays.values(), epsilon=1e-5)
    assert_within_rounding(results, "batch_norm_training", **arrays, eps=1e-5)
    assert_within_rounding({"variance": results[2]}, "batch_norm_training", **arrays, framework="torch")
    with pytest.raises(AssertionError, match="Result variance"):
        assert_within_rounding((*results[:2], results[2] * 2), "batch_norm_training", **arrays, eps=1e-5)


def test_tensors_of_frameworks_are_taken(load):
    load("torch")
    load("tensorflow")
    import tensorflow as tf
    import torch

    x, w = (torch.from_numpy(a).requires_grad_() for a in (X, W))
    y = torch.nn.functional.conv2d(x, w, stride=2, padding=1)
    assert_within_rounding(y, "conv2d", x=x, w=w, stride=2, padding=1)
    narrow = torch.nn.functional.conv2d(x.bfloat16(), w.bfloat16(), stride=2, padding=1)
    found = assert_within_rounding(narrow, "conv2d", x=x.bfloat16(), w=w.bfloat16(), stride=2, padding=1)
    assert [f.dtype for f in found.findings] == ["bfloat16"]
    images, kernel = tf.constant(X.transpose(0, 2, 3, 1)), tf.constant(W.transpose(2, 3, 1, 0))
    y = tf.nn.conv2d(images, kernel, strides=2, padding="SAME")
    assert_within_rounding(y, "conv2d", x=images, w=kernel, strides=2, padding="SAME", framework="tensorflow")
    with pytest.raises(AssertionError, match="Cause"):
        assert_within_rounding(y + 1, "conv2d", x=images, w=kernel, strides=2, padding="SAME", framework="tensorflow")


class Lent:
    """An array that is handed over by DLPack alone."""

    def __init__(self, array):
        self.__dlpack__, self.__dlpack_device__ = array.__dlpack__, array.__dlpack_device__


def test_arrays_are_taken_by_dlpack():
    assert_within_rounding(Lent(np.maximum(X, 0)), "relu", x=Lent(X))


def test_the_import_costs_no_framework_and_not_even_numpy():
    program = (
        "import sys, lectureclaims.testing; print(sorted({'numpy', 'torch', 'tensorflow', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fixture_judges_and_records_how_near(pytester):
    pytester.makepyfile(
        "import numpy as np\n"
        "x = np.linspace(-3, 3, 7, dtype=np.float32)\n"
        "def test_right(within_rounding):\n    within_rounding(np.maximum(x, 0), 'relu', x=x)\n"
        "def test_wrong(within_rounding):\n    within_rounding(x, 'relu', x=x)\n"
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:jaxtyping", "--junitxml=out.xml")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*relu: Not rounding.*", "*Elements outside: 3 / 7*"])
    assert 'name="relu, worst error ÷ bound" value="0.0"' in (pytester.path / "out.xml").read_text(encoding="utf-8")


# --- the adviser -------------------------------------------------------------------------------------------------------


def advised(dtype="float32", **more):
    entry, arguments, _ = call("conv2d", inputs={"x": X, "w": W}, parameters={"padding": 1})
    return tolerance.advise(entry, [arguments], dtype, {name: tolerance.Pair(*pair) for name, pair in more.items()})


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_no_honest_result_can_fail_the_smallest_pair_and_some_could_a_smaller_one(dtype):
    found = advised(dtype)
    rows = {whose: may for whose, _, may, _, _ in found.rows}
    assert rows["the smallest, against an exact result"] == rows["the smallest, against another library"] == 0
    sure = found.sure
    assert sure.atol > 0 and sure.atol <= found.sure_between.atol + found.sure_between.rtol * np.abs(Y).max()
    smaller = advised(dtype, smaller=(sure.rtol, sure.atol * 0.9)).rows[-1]
    assert smaller[0] == "smaller" and smaller[2] > 0


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_smallest_pair_holds_between_any_two_results_that_keep_the_bound(dtype):
    """The worst of them: one at the upper end of its bound everywhere, the other at the lower."""
    entry, arguments, _ = call("conv2d", inputs={"x": X, "w": W}, parameters={"padding": 1})
    pair = advised(dtype).sure_between
    stored = {n: a.astype(dtype) if isinstance(a, np.ndarray) else a for n, a in arguments.items()}
    contract = assessment.contracts(entry, dtype, arithmetic="float32")[0]
    (one,) = assessment.judge(entry, stored, dtype, contract)
    for sign in (1, -1):
        high, low = one.value + sign * one.bound.allowed, one.value - sign * one.bound.allowed
        assert pair.passes(high, low).all() and pair.passes(low, high).all()


def test_what_a_pair_lets_pass_is_told():
    found = advised(anything=(0.0, 1e9), nothing=(0.0, 0.0))
    passed = {whose: names for whose, _, _, _, names in found.rows}
    assert set(passed["anything"]) == set(found.mistakes) and {"all zeros", "negated"} <= set(found.mistakes)
    assert passed["nothing"] == () and "result rounded to float16" in passed["as of GPU kernels"]
    assert {m for m in found.mistakes if m not in ("all zeros", "negated")} <= {m for m in tolerance.mistakes.MISTAKES}
    assert not {"kernel flipped", "all zeros"} & {*passed["the smallest, against another library"]}


def test_zeros_pass_where_the_numbers_are_small():
    entry, draws, _ = tolerance.drawn("softmax", {"x": (3, 2000)}, {"axis": -1}, "float32")
    passed = {whose: names for whose, _, _, _, names in tolerance.advise(entry, draws, "float32", {}).rows}
    assert "all zeros" in passed["as of GPU kernels"] and "all zeros" not in passed["torch.testing"]


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_there_is_advice_on_every_operation(name):
    from calls import CALLS

    shapes, _, parameters = CALLS[name if name in CALLS else name.removesuffix("_gradient")]
    own = {n: shape for n, shape in shapes.items() if n in catalogue.OPERATIONS[name].arrays}
    given = {n: value for n, value in parameters.items() if n in catalogue.OPERATIONS[name].parameters}
    entry, draws, _ = tolerance.drawn(name, own, given, "float32")
    found = tolerance.advise(entry, draws, "float32", {})
    assert all(failed == 0 for _, _, _, failed, _ in found.rows[:2]) and found.mistakes


def test_two_digits_are_never_rounded_down():
    for number in (0.0, 1e-7, 1.05e-7, 0.1, 9.99, 5e-324, 3.0000000000000004):
        near = tolerance._rounded_up(number)
        assert number <= near <= number * 1.11 + 5e-324
        assert float(f"{near:.1e}") == near


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lecture-claims", "tolerance", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, *capsys.readouterr()

    return run


def test_the_command_advises_on_shapes_and_on_arrays(command, tmp_path):
    code, printed, _ = command(
        "conv2d", "--shape", "x=2,3,7,6", "--shape", "weight=4,3,3,3", "--set", "padding=1", "--rtol", "1e-4"
    )
    assert code == 0 and "normal numbers, 4 draws" in printed and "torch.testing" in printed and "your own" in printed
    np.savez(tmp_path / "case.npz", **{"input.x": X, "input.w": W, "parameters": json.dumps({"padding": 1})})
    code, printed, _ = command("conv2d", "--case", tmp_path / "case.npz", "--json", "--dtype", "bfloat16")
    found = json.loads(printed)
    assert code == 0 and found["dtype"] == "bfloat16" and found["elements"] == 2 * 4 * 7 * 6
    assert "zeros and the result negated" in command("linear", "--shape", "x=3,5", "--shape", "w=2,5")[1]


BAD = {
    "no shape": (("conv2d",), "--shape x=8,3,32,32, or --case CASE.npz"),
    "no such array": (("conv2d", "--shape", "y=3"), "shape='y': expected one of x, w, b"),
    "no size": (("conv2d", "--shape", "x=3,a"), "shape='x=3,a': expected a name and its sizes"),
    "no value": (("relu", "--shape", "x=3", "--set", "alpha"), "set='alpha': expected a parameter and its value"),
    "no format": (("relu", "--shape", "x=3", "--dtype", "int8"), "dtype='int8': expected one of bfloat16"),
    "below 0": (("relu", "--shape", "x=3", "--rtol", "-1"), "expected finite numbers, not below 0"),
    "empty": (("relu", "--shape", "x=0"), "expected at least one element"),
    "an array missing": (("conv2d", "--shape", "x=1,1,3,3"), "w among them"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_advised_on_is_one_line(command, what):
    arguments, says = BAD[what]
    code, printed, line = command(*arguments)
    assert (code, printed, line.count("\n")) == (2, "", 1) and says in line


def test_the_named_pairs_are_those_of_the_libraries(load):
    load("torch")
    import inspect

    import torch
    from torch.testing._comparison import _DTYPE_PRECISIONS as own

    for name, pair in tolerance.PAIRS["torch.testing"].items():
        assert own[getattr(torch, name)] == pair
    for function, name in (
        (np.testing.assert_allclose, "numpy.testing.assert_allclose"),
        (np.allclose, "numpy.allclose"),
    ):
        signature = inspect.signature(function).parameters
        assert (signature["rtol"].default, signature["atol"].default) == tolerance.PAIRS[name]
    assert set(bounds.FORMATS) == set(tolerance.PAIRS["torch.testing"])


# --- how long it takes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_what_takes_long_gives_a_sign_of_life_and_leaves_none(monkeypatch, live):
    monkeypatch.setattr(terminal, "EVERY", {True: 0.01, False: 0.01})
    text = io.StringIO()
    with terminal.at_work(Console(file=text, force_terminal=live, width=80), "conv2d: judged"):
        time.sleep(0.2)
    said = text.getvalue()
    assert "conv2d: judged: 0 s" in said and said.endswith("\x1b[2K\r" if live else "\n")
    monkeypatch.setattr(terminal, "EVERY", {True: 9.0, False: 9.0})
    quick = io.StringIO()
    with pytest.raises(KeyError), terminal.at_work(Console(file=quick, force_terminal=live), "quick"):
        raise KeyError
    assert quick.getvalue() == ("quick\r\x1b[2K\r" if live else "")  # named at once in a terminal, and taken away
