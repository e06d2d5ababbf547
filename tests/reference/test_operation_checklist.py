"""What a new operation needs, place by place: a place that is missing fails here, and the message says which file to add to.

1. ``reference/operators/<family>/<file>.py``: the operator, with its formula, axes and source, and its entry in ``OPERATIONS``: what it takes,
   what it returns, and by which rule of ``reference/judging/rules.py`` its errors are bounded.
2. ``reference/oracle/``: the exact result, under the same name.
3. ``reference/libraries/<library>/operations.py``: the operation of each library, or in ``LACKS`` why the library has it not.
4. ``reference/mistakes/``: two mistakes that people make with it.
5. ``tests/reference/calls.py``: a call.
"""

import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calls import CALLS, arguments
from lectureclaims.reference import libraries, mistakes, oracle
from lectureclaims.reference.judging import assessment, rules
from lectureclaims.reference.operators import catalogue

ROOT = Path(__file__).parents[2]
COMPUTE = [name for name in libraries.names() if name != libraries.REFERENCE]


def missing(operation):
    """The places that an operation needs and has not, each as an instruction."""
    name, base = operation.name, operation.name.removesuffix("_gradient")
    made = [m for m in mistakes.MISTAKES.values() if name in m.operations and m.name not in common()]
    module = inspect.getmodule(inspect.unwrap(operation.function))
    file = Path(module.__file__).relative_to(ROOT).as_posix()
    found = [
        (f"{file}: give {name} a docstring", operation.function.__doc__),
        (
            f"{file}: give each parameter of {name}, and what it returns, its type with axes",
            annotated(operation.function),
        ),
        (f"reference/judging/rules.py: there is no rule {operation.rule!r}", operation.rule in rules.KINDS),
        (f"reference/oracle/__init__.py: the exact {name}", callable(getattr(oracle, name, None))),
        (f"tests/reference/calls.py: a call of {base}", name in CALLS or base in CALLS),
        (f"reference/mistakes/: two mistakes with {name}", len(made) >= 2),
    ]
    return [place for place, there in found if not there]


def annotated(function):
    hints = inspect.unwrap(function).__annotations__
    return {*hints} == {*inspect.signature(function).parameters, "return"}


def common():
    """Mistakes that can be made with every operation."""
    return {m.name for m in mistakes.MISTAKES.values() if {*m.operations} == {*catalogue.OPERATIONS}}


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_an_operation_is_everywhere_it_must_be(name):
    places = missing(catalogue.OPERATIONS[name])
    assert not places, "\n".join(places)


# --- and computes what it says ----------------------------------------------------------------------------------------------


def off_the_kinks(name):
    """A call without zeros and, for a maximum, ties: at a kink each library chooses a slope, and claims about kinks say which."""
    given = arguments(name, np.float32)
    if "max_pooling" in name:
        x = given["x"]
        given["x"] = np.random.default_rng(13).permutation(x.size).reshape(x.shape).astype(np.float32) - x.size // 2
    return {
        k: np.where(a == 0, a.dtype.type(0.25), a) if getattr(a, "dtype", None) == np.float32 else a
        for k, a in given.items()
    }


def outside(operation, results):
    """The results that no contract of arithmetic allows, with their largest error ÷ bound."""
    given = off_the_kinks(operation.name)
    found = dict(zip(operation.results, results if isinstance(results, tuple) else (results,), strict=True))
    _, judged = assessment.kept(operation, given, found)
    ratios = {name: float(np.max(judged[name].bound.ratio(y, judged[name].value))) for name, y in found.items()}
    return {name: ratio for name, ratio in ratios.items() if not ratio <= 1}


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
@pytest.mark.parametrize("library", libraries.names())
def test_each_library_computes_the_operation_that_it_says(load, library, name):
    try:
        results = getattr(load(library), name)(**off_the_kinks(name))
    except libraries.Unsupported:
        return  # said by the library itself, and shown as such
    assert outside(catalogue.OPERATIONS[name], results) == {}


def test_another_operation_in_its_place_is_noticed(load):
    other = load(libraries.REFERENCE).relu(**off_the_kinks("relu"))
    assert outside(catalogue.OPERATIONS["tanh"], other)["y"] > 1


def lacking(library, name):
    return (
        []
        if hasattr(library, name)
        else [f"define {name} in operations.py, or say in its LACKS why the library has it not"]
    )


@pytest.mark.parametrize("library", COMPUTE)
def test_each_library_has_an_operation_or_says_why_not(load, library):
    assert [place for name in catalogue.OPERATIONS for place in lacking(load(library), name)] == []
    assert lacking(load(library), "swish")


def test_each_place_that_a_new_operation_lacks_is_named():
    def swish(x):
        return x

    new = replace(catalogue.OPERATIONS["relu"], function=swish, rule="swish")
    places = missing(new)
    for place in (
        "reference/judging/rules.py",
        "reference/oracle/__init__.py",
        "tests/reference/calls.py",
        "reference/mistakes/",
    ):
        assert any(text.startswith(place) for text in places), place
    assert sum("test_operation_checklist.py" in text for text in places) == 2  # no docstring, no axes


def test_an_operation_is_named_in_no_file_that_the_checklist_leaves_out():
    """So that a list of operations does not grow in secret: leaky ReLU, which needs nothing special, stands where the checklist says."""
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "reference").rglob("*.py")
        if "leaky_relu" in path.read_text(encoding="utf-8")
    }
    asked = {
        "reference/operators/rectifiers/leaky_relu.py",
        "reference/oracle/__init__.py",
        "reference/oracle/selections.py",
        "reference/mistakes/functions.py",
    }
    asked |= {f"reference/libraries/{library}/operations.py" for library in COMPUTE}
    own = ("defaults", "conventions")
    of_its_own = {f"reference/libraries/{library}/{part}.py" for library in libraries.names() for part in own} | {
        "reference/libraries/framework.py",
        "reference/networks/notation.py",
    }
    assert here - of_its_own == asked


def test_a_file_with_one_operation_is_a_library(tmp_path):
    (tmp_path / "mine.py").write_text("def relu(x):\n    return x * (x > 0)\n")
    mine = libraries.load(str(tmp_path / "mine.py"))
    mine.configure()
    assert mine.environment() == {} and mine.relu(-1.0) == 0
