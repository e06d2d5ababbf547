"""The axes in an operator's signature are those of its arrays and of its results: held against a real call of each."""

import inspect
import types
import typing

import jaxtyping
import numpy as np
import pytest
from beartype import beartype
from calls import arguments, call
from lectureclaims.reference.operators import catalogue

NAMES = {"Float": jaxtyping.Float, "Int": jaxtyping.Int}
"""No operator imports jaxtyping when it runs: here the names of its hints get their meaning."""


def checked(operator):
    """A copy of the operator that raises where its arrays or results have other axes than its signature says."""
    operator = inspect.unwrap(operator)
    copy = types.FunctionType(operator.__code__, operator.__globals__, operator.__name__)
    copy.__kwdefaults__, copy.__annotations__ = operator.__kwdefaults__, typing.get_type_hints(operator, localns=NAMES)
    return jaxtyping.jaxtyped(copy, typechecker=beartype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_a_call_has_the_axes_of_the_signature(name, dtype):
    call(name, dtype, checked(catalogue.OPERATIONS[name].function))


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_an_axis_too_many_would_be_noticed(name):
    """In every array; but of the only one, or one whose axes no other has, any axes are right."""
    operation, given = catalogue.OPERATIONS[name], arguments(name, np.float64)
    function, alone = checked(operation.function), len(operation.arrays) == 1
    hints = [function.__annotations__[array] for array in operation.arrays]
    for array, hint in zip(operation.arrays, hints, strict=True):
        free = operation.axes(array)[-1] == "…" if alone else operation.axes(array) == "…" and hints.count(hint) == 1
        if not free:
            with pytest.raises(jaxtyping.TypeCheckError, match="axes|shape|parameters"):
                function(**given | {array: given[array][None]})


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_the_catalogue_and_the_signature_name_as_many_axes(name):
    operation = catalogue.OPERATIONS[name]
    hints = typing.get_type_hints(inspect.unwrap(operation.function), localns=NAMES)
    returned = typing.get_args(hints["return"]) or (hints["return"],)
    said = [(operation.axes(array), hints[array]) for array in operation.arrays]
    said += list(zip(operation.results.values(), returned, strict=True))
    for letters, hint in said:
        hint = typing.get_args(hint)[0] if typing.get_args(hint) else hint
        axes = hint.dim_str.split()
        assert ("…" in letters) == any(axis.startswith("*") for axis in axes) and len(letters) == len(axes)


def test_a_result_of_other_axes_would_be_noticed():
    def lie(x: jaxtyping.Float[np.ndarray, "N C"]) -> jaxtyping.Float[np.ndarray, " N"]:
        return x

    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        checked(lie)(np.ones((2, 3)))
