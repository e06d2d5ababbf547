"""The question: a user's arrays, checked, in canonical order of axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...reference import bounds
from ...reference.bounds import FORMATS
from ...reference.operators import catalogue
from ...reference.operators.catalogue import Operation
from ...reference.validation import refuse
from .arrays import Axes, array_of, declared, holds, order_of
from .calls import result_shapes
from .shapes import spatial


@dataclass(frozen=True)
class Case:
    """``arrays``: the inputs, None where left out. ``outputs``: library → result → array. ``given``: (library, result) → for
    each canonical axis its place in the array as it was given. ``accumulation``: the format of the sums, if known."""

    operation: Operation
    arrays: Mapping[str, np.ndarray | None]
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, np.ndarray]]
    given: Mapping[tuple[str, str], Axes]
    accumulation: str | None

    def dtype(self, library: str) -> np.dtype[Any]:
        return next(iter(self.outputs[library].values())).dtype

    def arguments(self, library: str) -> dict[str, Any]:
        """The operator's arguments, arrays in the format of this library's outputs: the same numbers."""
        dtype = self.dtype(library)
        arrays = {
            name: array if array is None or name == "labels" else array.astype(dtype)
            for name, array in self.arrays.items()
        }
        return arrays | dict(self.parameters)


def case(
    operation: str, *, inputs: Mapping[str, Any], outputs: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Case:
    """The arguments of :func:`~lectureclaims.claims.adjudication.adjudicate`, checked. BadInput for what cannot be judged."""
    entry = catalogue.find(operation)
    for name, given_as in (("inputs", inputs), ("outputs", outputs), ("parameters", parameters)):
        if not isinstance(given_as, Mapping):
            refuse(name, type(given_as).__name__, "a dictionary by name", f"for instance {name}={{'x': …}}")
    members = _outputs(entry, outputs)
    labels = [f"input.{name}" for name in entry.arrays], [_label(*member) for member in members]
    settings = dict(parameters)
    layout = _mapping("layout", settings.pop("layout", {}), [*labels[0], *labels[1]], "NHWC")
    dtypes = _mapping("dtypes", settings.pop("dtypes", {}), labels[1], "bfloat16")
    accumulation = settings.pop("accumulation", None)
    if accumulation is not None and accumulation not in FORMATS:
        refuse("accumulation", accumulation, f"one of {', '.join(FORMATS)}", "leave it out if it is not known")
    arrays = _arrays(entry, inputs, layout)
    parsed = _parameters(entry, settings, arrays)
    shapes = result_shapes(entry, arrays | parsed)
    given: dict[tuple[str, str], Axes] = {}
    found: dict[str, dict[str, np.ndarray]] = {}
    for (library, result, plain), value in members.items():
        label = _label(library, result, plain)
        array = declared(label, array_of(label, value), dtypes.get(label))
        order = given[library, result] = order_of(label, array, entry.axes(result), layout.get(label))
        found.setdefault(library, {})[result] = y = array.transpose(order)
        if y.shape != shapes[result] and not spatial(y, shapes[result]):
            _refuse_shape(label, y, shapes[result], f"{result} [{', '.join(entry.axes(result))}]")
    made = Case(entry, arrays, parsed, found, given, accumulation)
    for library in found:
        _fits(made, library)
    return made


# ------------------------------------------------------------------------------------------------------------ names


def _outputs(entry: Operation, outputs: Mapping[str, Any]) -> dict[tuple[str, str, bool], Any]:
    """(library, result, whether given as a plain array) → array."""
    members: dict[tuple[str, str, bool], Any] = {}
    (first, *_), known = entry.results, ", ".join(entry.results)
    for library, out in outputs.items():
        named = out if isinstance(out, Mapping) else {first: out}
        if not named:
            refuse(f"output.{library}", out, f"at least one of {known}", "leave the library out")
        for result, value in named.items():
            if result not in entry.results:
                refuse(f"output.{library}", result, f"one of {known} (the results of {entry.name})", "rename it")
            members[str(library), result, not isinstance(out, Mapping)] = value
    if not members:
        refuse("outputs", {}, "at least one library's output", "give one: outputs={'torch': y}, output.torch in a file")
    return members


def _label(library: str, result: str, plain: bool) -> str:
    return f"output.{library}" if plain else f"output.{library}.{result}"


def _mapping(name: str, value: Any, known: list[str], example: str) -> dict[str, str]:
    way_out = f"for instance {{'{known[-1]}': '{example}'}}"
    if not isinstance(value, Mapping):
        refuse(name, value, "{array: …}", way_out)
    for label, one in value.items():
        if label not in known:
            refuse(name, label, f"one of {', '.join(known)}", way_out)
        if not isinstance(one, str):
            refuse(f"{name}['{label}']", one, "a string", way_out)
    return dict(value)


# ----------------------------------------------------------------------------------------------------------- inputs


def _arrays(entry: Operation, inputs: Mapping[str, Any], layout: Mapping[str, str]) -> dict[str, np.ndarray | None]:
    for name in inputs:
        if name not in entry.arrays:
            refuse("input", name, f"one of {', '.join(entry.arrays)} (the inputs of {entry.name})", "rename it")
    arrays: dict[str, np.ndarray | None] = {}
    for name in entry.arrays:
        label = f"input.{name}"
        if inputs.get(name) is None:
            if not entry.optional(name):
                refuse("inputs", sorted(inputs), f"{name} among them ({', '.join(entry.arrays)})", f"give {label}")
            arrays[name] = None
            continue
        array = array_of(label, inputs[name], whole=name == "labels")
        arrays[name] = array = array.transpose(order_of(label, array, entry.axes(name), layout.get(label)))
        bad = ~np.isfinite(array)
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            refuse(
                label, float(array[at]), f"finite numbers (this one is at {list(at)})", "judge NaN and infinity by eye"
            )
    return arrays


def _parameters(entry: Operation, settings: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    for name in settings:
        if name not in entry.parameters:
            known = ", ".join((*entry.parameters, "layout", "accumulation", "dtypes"))
            refuse("parameter", name, f"one of {known} (of {entry.name})", "rename or remove it")
    parsed: dict[str, Any] = {}
    for name, (default, parse) in entry.parameters.items():
        value = settings.get(name, default)
        value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        if value is catalogue.REQUIRED:
            refuse(
                "parameters", sorted(settings), f"{name} among them: libraries differ in its default", f"give {name}"
            )
        parsed[name] = parse(name, value, arrays, parsed)
    return parsed


# ---------------------------------------------------------------------------------------------------------- outputs


def _refuse_shape(label: str, y: np.ndarray, expected: tuple[int, ...], meaning: str) -> None:
    way_out = "check stride, padding and dilation"
    if sorted(y.shape) == sorted(expected):
        way_out = f"the same sizes in another order: say its layout, {{'layout': {{'{label}': 'NHWC'}}}}"
    refuse(f"{label}.shape", y.shape, f"{expected}, the shape of {meaning}", way_out)


def _fits(made: Case, library: str) -> None:
    """One format for all results of a library, which holds the inputs and is no more precise than the sums."""
    output, dtypes = f"output.{library}", sorted({y.dtype.name for y in made.outputs[library].values()})
    if len(dtypes) > 1:
        refuse(output, dtypes, "results of one dtype", "judge them apart")
    dtype = made.dtype(library)
    for name, array in made.arrays.items():
        if array is not None and name != "labels" and not holds(dtype, array):
            way_out = "save the inputs as the library was given them"
            refuse(
                f"input.{name}.dtype", array.dtype, f"numbers that {dtype}, the dtype of {output}, can hold", way_out
            )
    wanted = made.accumulation
    if wanted and bounds.significand_bits(wanted) < bounds.significand_bits(dtype):
        way_out = "leave it out if it is not known"
        refuse("accumulation", wanted, f"a format at least as precise as {dtype}, that of {output}", way_out)
