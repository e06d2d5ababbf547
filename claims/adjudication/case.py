"""The question: a user's arrays, checked, in canonical order of axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...reference import bounds
from ...reference.bounds import FORMATS
from ...reference.libraries.framework import channels_last, kernel_last
from ...reference.operators import catalogue
from ...reference.operators.catalogue import Operation
from ...reference.validation import BadInput, refuse
from .calls import result_shapes
from .given import words
from .given.arrays import Axes, alike, array_of, batched, declared, holds, order_of
from .given.words import FRAMEWORKS
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
    shaped: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """(library, result) → the shape of the array as it was given."""
    taken: tuple[str, ...] = ()
    """What words, values and axes were taken for, where they were not said in ours."""
    maps: tuple[tuple[int, ...], ...] = ()
    """The shapes of arrays that were given with classes on axis 1, a row a pixel."""

    def __str__(self) -> str:
        """The call in one line, without its numbers but for the least and the largest."""
        arrays = {name: array for name, array in self.arrays.items() if array is not None}
        arrays |= {f"{library}.{name}": y for library, results in self.outputs.items() for name, y in results.items()}
        each = [
            f"{name} {a.dtype} {list(a.shape)} from {float(a.min()):g} to {float(a.max()):g}"
            for name, a in arrays.items()
        ]
        return "; ".join(
            (self.operation.name, *each, *(f"{name} = {value}" for name, value in self.parameters.items()))
        )

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
    entry = _entry(operation, inputs)
    for name, given_as in (("inputs", inputs), ("outputs", outputs), ("parameters", parameters)):
        if not isinstance(given_as, Mapping):
            refuse(name, type(given_as).__name__, "a dictionary by name", f"for instance {name}={{'x': …}}")
    taken: list[str] = []
    try:
        return _case(entry, inputs, outputs, parameters, taken)
    except BadInput as error:
        raise BadInput("; ".join((str(error), *taken))) from None


def _entry(operation: str, inputs: Any) -> Operation:
    """By its name; a cross-entropy of targets that are a distribution a row is another operation than of labels."""
    entry = catalogue.find(operation)
    soft = catalogue.OPERATIONS.get(f"soft_{entry.name}")
    if soft is None or not isinstance(inputs, Mapping):
        return entry
    given = {words.own_name(name, entry.arrays): value for name, value in inputs.items()}
    scores, labels = (given.get(name, ()) for name in ("logits", "targets" if "targets" in given else "labels"))
    real = "float" in str(getattr(labels, "dtype", np.asarray(labels).dtype if isinstance(labels, list) else ""))
    return soft if real and np.ndim(labels) > 1 and np.shape(labels) == np.shape(scores) else entry


def _case(
    entry: Operation,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    taken: list[str],
) -> Case:
    members = _outputs(entry, outputs)
    labels = [_label(*member) for member in members]
    settings = dict(parameters)
    dtypes = _mapping("dtypes", settings.pop("dtypes", {}), labels, "bfloat16")
    accumulation = settings.pop("accumulation", None)
    if accumulation is not None and accumulation not in FORMATS:
        refuse("accumulation", accumulation, f"one of {', '.join(FORMATS)}", "leave it out if it is not known")
    arrays, parsed, orders = _call(entry, inputs, settings, labels, taken)
    shapes = result_shapes(entry, arrays | parsed)
    given: dict[tuple[str, str], Axes] = {}
    shaped: dict[tuple[str, str], tuple[int, ...]] = {}
    found: dict[str, dict[str, np.ndarray]] = {}
    for (library, result, plain), value in members.items():
        label = _label(library, result, plain)
        array = declared(label, array_of(label, value), dtypes.get(label))
        meaning = f"{result} [{', '.join(entry.axes(result))}]"
        y, given[library, result] = _result(entry, label, result, array, shapes[result], orders)
        shaped[library, result] = array.shape
        found.setdefault(library, {})[result] = y
        if y.shape != shapes[result] and not spatial(y, shapes[result]):
            _refuse_shape(entry, label, result, y, shapes[result], meaning)
    made = Case(entry, arrays, parsed, found, given, accumulation, shaped, tuple(taken), tuple(orders.maps))
    for library in found:
        _fits(made, library)
    return made


def call(
    operation: str, *, inputs: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[Operation, dict[str, Any], list[str]]:
    """An operation without outputs: (operation, the operator's arguments in canonical order, what words and axes were taken for).

    BadInput for what does not fit.
    """
    entry, taken = _entry(operation, inputs), list[str]()
    settings = {name: value for name, value in parameters.items() if name not in ("dtypes", "accumulation")}
    arrays, parsed, _ = _call(entry, inputs, settings, [], taken)
    result_shapes(entry, arrays | parsed)
    return entry, arrays | parsed, taken


def _call(
    entry: Operation, inputs: Mapping[str, Any], settings: dict[str, Any], outputs: list[str], taken: list[str]
) -> tuple[dict[str, np.ndarray | None], dict[str, Any], Orders]:
    """(arrays and parameters in our words and order, how axes lie)."""
    inputs = _renamed(entry, inputs, taken)
    framework = words.framework(settings.pop("framework", None))
    known = [*(f"input.{name}" for name in entry.arrays), *outputs]
    layout = _mapping("layout", settings.pop("layout", {}), known, "NHWC")
    last = framework is not None and FRAMEWORKS[framework].last
    orders = Orders(layout, _channels_last(settings, last), last, settings.get("groups"), taken)
    arrays = _arrays(entry, inputs, orders)
    _check_kernel(entry, settings, arrays)
    asked = words.Asked(entry, settings, framework, tuple(name for name, a in arrays.items() if a is not None))
    return arrays, _parameters(entry, words.read(asked, taken), arrays), orders


# ------------------------------------------------------------------------------------------------------------ names


def _outputs(entry: Operation, outputs: Mapping[str, Any]) -> dict[tuple[str, str, bool], Any]:
    """(library, result, whether given as a plain array) → array."""
    members: dict[tuple[str, str, bool], Any] = {}
    (first, *_), known = entry.results, ", ".join(entry.results)
    for library, out in outputs.items():
        named = out if isinstance(out, Mapping) else {first: out}
        if not named:
            refuse(f"output.{library}", out, f"at least one of {known}", "leave the library out")
        for given_as, value in named.items():
            result = words.own_name(given_as, entry.results)
            if result not in entry.results:
                refuse(f"output.{library}", result, f"one of {known} (the results of {entry.name})", "rename it")
            members[str(library), result, not isinstance(out, Mapping)] = value
    if not members:
        refuse("outputs", {}, "at least one library's output", "give one: outputs={'torch': y}, output.torch in a file")
    return members


def _renamed(entry: Operation, inputs: Mapping[str, Any], taken: list[str]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    for name, value in inputs.items():
        meant = words.own_name(name, entry.arrays)
        if meant in own:
            refuse("input", name, f"one array for {meant}", "drop the other")
        if meant != name:
            taken.append(f"input.{name}: taken for {meant}")
        own[meant] = value
    return own


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


@dataclass(frozen=True)
class Orders:
    """How axes lie. ``layout``: label → letters. ``last``: images have their channels last; ``kernels``: so do kernels."""

    layout: Mapping[str, str]
    last: bool
    kernels: bool
    groups: Any
    taken: list[str]
    maps: list[tuple[int, ...]] = field(default_factory=list)
    """Shapes with classes on axis 1, a row a pixel."""

    def of(self, label: str, array: str, axes: str, rank: int) -> str | None:
        """The letters of an array with so many axes; None where they lie in our order."""
        if label in self.layout:
            return self.layout[label]
        kernel = array in ("w", "dw")
        order = (self.kernels and kernel_last(axes)) if kernel else (self.last and channels_last(axes, rank))
        return order or None


CHANNELS = {"channels_last": True, "channels_first": False}


def _channels_last(settings: dict[str, Any], usual: bool) -> bool:
    """By ``data_format``, or as the framework has it."""
    value = settings.pop("data_format", None)
    if value is None:
        return usual
    if value not in CHANNELS and not (isinstance(value, str) and value[:1] == "N" and "C" in value):
        refuse("data_format", value, "channels_last, channels_first, NHWC or NCHW", "say the layout of each array")
    return CHANNELS.get(value, value[-1] == "C")


def _arrays(entry: Operation, inputs: Mapping[str, Any], orders: Orders) -> dict[str, np.ndarray | None]:
    for name in inputs:
        if name not in entry.arrays:
            refuse(
                "input",
                name,
                f"one of {', '.join(entry.arrays)} (the inputs of {entry.name})",
                "say it with one of these",
            )
    given: dict[str, np.ndarray | None] = {}
    for name in entry.arrays:
        if inputs.get(name) is None:
            if not entry.optional(name):
                refuse("inputs", sorted(inputs), f"{name} among them ({', '.join(entry.arrays)})", f"give input.{name}")
            given[name] = None
        else:
            given[name] = array_of(f"input.{name}", inputs[name], whole=name == "labels")
    arrays = {name: None if array is None else _array(entry, name, given, orders) for name, array in given.items()}
    x, first = arrays.get("x"), next(iter(arrays.values()))
    for name, array in arrays.items():
        if name in FACTORS and array is not None and entry.axes(name) == "…" and first is not None:
            arrays[name] = _stretched(name, array, first, orders)
            continue
        # The gradient by one number would be another one than by one a channel.
        whole = (
            array is not None and entry.axes(name) == "C" and array.shape == (1,) and f"d{name}" not in entry.results
        )
        if whole and x is not None and x.ndim > 1 and x.shape[1] > 1:
            arrays[name] = np.repeat(array, x.shape[1])  # pyright: ignore[reportArgumentType, reportCallIssue]
            orders.taken.append(f"input.{name} [1]: the same for all {x.shape[1]} channels")
    return arrays


FACTORS = ("weights", "pos_weight")
"""Numbers that losses are multiplied with."""


def _stretched(name: str, array: np.ndarray, first: np.ndarray, orders: Orders) -> np.ndarray:
    """The same along axes that are left out or have one element, as frameworks have it."""
    with suppress(ValueError):
        made = np.broadcast_to(array, first.shape)
        if array.shape != first.shape:
            orders.taken.append(
                f"input.{name} {list(array.shape)}: the same along the other axes of {list(first.shape)}"
            )
        return np.ascontiguousarray(made)
    return array


def _array(entry: Operation, name: str, given: Mapping[str, np.ndarray | None], orders: Orders) -> np.ndarray:
    """In canonical order of axes."""
    label, axes, array = f"input.{name}", entry.axes(name), given[name]
    assert array is not None
    bad = ~np.isfinite(array)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        refuse(label, float(array[at]), f"finite numbers (this one is at {list(at)})", "judge NaN and infinity by eye")
    order = orders.of(label, name, axes, array.ndim)
    if order == "HWIO" and label not in orders.layout and array.ndim == 4 and 1 < array.shape[2] == orders.groups:
        order = "HWCM"  # a group a channel: what would be the inputs of one group are the groups
        orders.taken.append(f"{label} {list(array.shape)}: axes taken as HWCM, a kernel of each channel's own")
    if order is not None and sorted(order) == sorted("HWCM") and array.ndim == 4:
        depthwise = array.transpose([order.index(letter) for letter in "CMHW"])
        return np.ascontiguousarray(depthwise.reshape(-1, 1, *depthwise.shape[2:]))
    if label not in orders.layout:
        array = _rows(entry, name, array, given, orders)
        array = batched(label, array, order or axes, orders.taken)
    if order is not None and label not in orders.layout:
        orders.taken.append(f"{label} {list(array.shape)}: axes taken as {order}")
    return array.transpose(order_of(label, array, axes, order))


def _rows(
    entry: Operation, name: str, array: np.ndarray, given: Mapping[str, np.ndarray | None], orders: Orders
) -> np.ndarray:
    """Images as rows of features, and classes of each pixel as rows of classes."""
    w, labels, label = given.get("w"), given.get("labels"), f"input.{name}"
    targets = given.get("targets")
    if targets is not None and targets.ndim > 2 and entry.axes("targets") == "NK" and not orders.last:
        if entry.axes(name) == "NK":
            orders.taken.append(f"{label} {list(array.shape)}: classes on axis 1, a row a pixel")
            orders.maps.append(array.shape)
            return np.moveaxis(array, 1, -1)
        if array.shape == (*targets.shape[:1], *targets.shape[2:]):
            return array.reshape(-1)
    if name == "x" and entry.axes("x") == "NI" and array.ndim > 2 and w is not None and w.ndim == 2:
        features = w.shape[0 if orders.of("input.w", "w", entry.axes("w"), 2) == "IO" else 1]
        if array.shape[-1] != features and math.prod(array.shape[1:]) == features:
            orders.taken.append(
                f"{label} {list(array.shape)}: flattened to [{len(array)}, {features}], in the order given"
            )
            return array.reshape(len(array), features)
    if labels is not None and labels.ndim > 1 and array.ndim == labels.ndim + 1 and entry.axes(name) == "NK":
        first, last = ((*array.shape[:1], *array.shape[2:]) == labels.shape, array.shape[:-1] == labels.shape)
        if first and last:
            way_out = "put the classes on the last axis of [N, K], a row a pixel"
            refuse(f"{label}.shape", array.shape, "classes on axis 1 or on the last, and here both may be", way_out)
        if first:
            orders.taken.append(f"{label} {list(array.shape)}: classes on axis 1, a row a pixel")
            orders.maps.append(array.shape)
            return np.moveaxis(array, 1, -1)
    if labels is not None and labels.ndim > 1 and array.shape == labels.shape and entry.axes(name) == "N":
        return array.reshape(-1)
    return array


def _check_kernel(entry: Operation, settings: dict[str, Any], arrays: Mapping[str, np.ndarray | None]) -> None:
    """A window's size that is said beside a kernel: the kernel has it."""
    w = arrays.get("w")
    if w is None or "window" in entry.parameters:
        return
    for name in [word.name for word in words.WORDS if word.means == "window" and word.name in settings]:
        value = settings.pop(name)
        sizes = (value,) * (w.ndim - 2) if isinstance(value, int) else tuple(np.ravel(value).tolist())
        if sizes != w.shape[2:]:
            refuse(
                name,
                value,
                f"{w.shape[2:]}, the size of w {list(w.shape)}",
                "give the kernel that was used, or its layout",
            )


def _parameters(entry: Operation, settings: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
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


def _result(
    entry: Operation, label: str, result: str, array: np.ndarray, expected: tuple[int, ...], orders: Orders
) -> tuple[np.ndarray, Axes]:
    """In canonical order of axes, and for each of these its place in the array as it is given, or as its leading axes are counted."""
    axes = entry.axes(result)
    if axes == "NK" and array.shape in orders.maps:
        orders.taken.append(f"{label} {list(array.shape)}: classes on axis 1, a row a pixel")
        return np.moveaxis(array, 1, -1).reshape(expected), (0, 1)
    order = orders.of(label, result, axes, len(expected))
    if label in orders.layout:
        place = order_of(label, array, axes, order)
        return array.transpose(place), place
    for letters in dict.fromkeys((order, None)):
        place = tuple(range(len(expected)))
        if letters is not None:
            place = order_of(label, np.empty(expected), axes, letters)
        wanted = tuple(expected[place.index(axis)] for axis in range(len(place)))
        if array.shape == wanted or alike(array.shape, wanted):
            if letters is not None:
                orders.taken.append(f"{label} {list(array.shape)}: axes taken as {letters}")
            return array.reshape(wanted).transpose(place), place
    if array.size > 1 or len(expected) > 1:  # one number is told more of below
        order_of(label, array, axes, None)
    return array, tuple(range(array.ndim))


NOT_REDUCED = "that is not judged here; give one for each row"


def _fitting(axes: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> list[str]:
    """The orders of axes in which the expected result has this shape, channels last before others; none where not every axis has a letter."""
    sizes = dict(zip(axes, expected, strict=False))
    orders = map("".join, itertools.permutations(sizes)) if len(sizes) == len(shape) < 6 else ()
    fitting = [order for order in orders if tuple(sizes[letter] for letter in order) == shape]
    return sorted(fitting, key=lambda order: (order[0] != "N", order[-1] != "C", order))


def _refuse_shape(
    entry: Operation, label: str, result: str, y: np.ndarray, expected: tuple[int, ...], meaning: str
) -> None:
    decide = [
        name for name in ("window", "size", "stride", "padding", "dilation", "groups") if name in entry.parameters
    ]
    way_out = f"check {', '.join(decide)}" if decide else "give the result of these inputs"
    if y.size == 1 and len(expected) == 1:
        say = "say which: reduction='mean' or 'sum'"
        way_out = f"one number is their mean or sum; {say if 'reduction' in entry.parameters else NOT_REDUCED}"
    elif expected == (1,) and "reduction" in entry.parameters:
        way_out = "one for each row is reduction='none'"
    if sorted(y.shape) == sorted(expected):
        fitting = _fitting(entry.axes(result), y.shape, expected) or ["NHWC"]
        among = "" if len(fitting) == 1 else f" ({' or '.join(fitting)})"
        way_out = f"the same sizes in another order: say its layout{among}, {{'layout': {{'{label}': '{fitting[0]}'}}}}"
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
