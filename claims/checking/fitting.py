"""Which operation a function is meant to be, and how its parameters are those of the operation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...reference import validation
from ...reference.operators import catalogue
from ...reference.operators.operation import Operation
from ...reference.validation import BadInput

GRADIENT = re.compile(r"^(?:(?:d|grad|gradient|backward)_)?(.*?)(?:_(?:grad|gradient|backward|bwd|derivative|prime))?$")
WORDS = {
    "x": (
        "x",
        "image",
        "img",
        "input",
        "inputs",
        "a",
        "z",
        "data",
        "signal",
        "scores",
        "logits",
        "p",
        "probabilities",
        "probs",
    ),
    "w": ("w", "kernel", "k", "weight", "weights", "filter", "filters", "f"),
    "b": ("b", "bias"),
    "upstream": ("upstream", "g", "grad", "dy", "dout", "grad_output", "d_out", "delta"),
    "labels": ("labels", "label", "y", "t", "target", "targets"),
    "gamma": ("gamma", "scale", "g"),
    "beta": ("beta", "shift", "offset"),
    "mean": ("mean", "mu", "running_mean"),
    "variance": ("variance", "var", "running_var", "sigma2"),
    "alpha": ("alpha", "slope", "a"),
    "stride": ("stride", "strides", "s", "step"),
    "padding": ("padding", "pad", "p"),
    "dilation": ("dilation", "rate"),
    "groups": ("groups",),
    "window": ("window", "size", "kernel_size", "pool_size", "k", "pool"),
    "epsilon": ("epsilon", "eps"),
    "axis": ("axis", "dim"),
    "momentum": ("momentum",),
}
"""Array or parameter of an operation → what students call it."""


SPOKEN = {"cross_correlation": "conv2d", "correlate": "conv2d", "correlation": "conv2d", "convolve": "convolution2d"}
"""What students call an operation without saying along how many axes."""


@dataclass(frozen=True)
class Fit:
    """The function's parameter for each array and each setting that it takes; what of the operation it does not take."""

    name: str
    operation: Operation
    arrays: dict[str, str]
    settings: dict[str, str]
    lacking: tuple[str, ...]
    tuples: frozenset[str] = frozenset()
    """The settings that are given as one number for each axis."""
    ours: bool = False
    """It takes arrays and settings as the operator itself does, and as claims call a library's."""


def operation_of(name: str) -> Operation:
    """The operation that a function's name says. BadInput where it says none."""
    base = GRADIENT.fullmatch(name.lower())
    plain = base[1] if base else name
    found = catalogue.find(SPOKEN.get(plain, plain) if plain else name)
    if plain == name.lower():
        return found
    gradient = f"{found.name}_gradient"
    if gradient not in catalogue.OPERATIONS:
        validation.refuse("function", name, "one whose gradient is an operation", f"there is none of {found.name}")
    return catalogue.OPERATIONS[gradient]


def of_library(operation: Operation) -> Fit:
    """An operation of a library: called with all that the operator must be given, by its own names."""
    needed = required(operation)
    settings = {name: name for name in operation.parameters if name in needed}
    return Fit(operation.name, operation, {name: name for name in operation.arrays}, settings, (), ours=True)


def required(operation: Operation) -> list[str]:
    """The operator's parameters that have no default: claims give each of them."""
    return [name for name, p in inspect.signature(operation.function).parameters.items() if p.default is p.empty]


def chosen(functions: Sequence[tuple[str, list[tuple[str, str]]]], name: str, meant: str) -> Fit:
    """The function of this name, or the only one whose own name says an operation. ``meant``: the operation, where the name does not say it."""
    if not functions:
        validation.refuse("file", "no function", "one function at least", "define it with def, at the top level")
    known = dict[str, Fit]()
    for one, parameters in functions:
        if name and one != name:
            continue
        try:
            known[one] = _fitted(one, parameters, catalogue.find(meant) if meant else operation_of(one))
        except BadInput:
            if name or len(functions) == 1:
                raise
    names = [one for one, _ in functions]
    if not known and name:
        validation.refuse("--function", name, f"one of {', '.join(names)}", "name a function of the file")
    if not known:
        validation.refuse(
            "file", ", ".join(names), "a function whose name says an operation", "say which with --as conv2d"
        )
    if len(known) > 1:
        validation.refuse(
            "file", ", ".join(known), "one function to check", f"say which with --function {next(iter(known))}"
        )
    return next(iter(known.values()))


def _fitted(name: str, parameters: Sequence[tuple[str, str]], operation: Operation) -> Fit:
    """Batch norm of given statistics or, where the function takes none, of the batch's own."""
    try:
        return fit(name, parameters, operation)
    except BadInput:
        own = {"batch_norm_inference": "batch_norm_training", "batch_norm_inference_gradient": "batch_norm_gradient"}
        if operation.name not in own:
            raise
        return fit(name, parameters, catalogue.OPERATIONS[own[operation.name]])


def fit(name: str, parameters: Sequence[tuple[str, str]], operation: Operation) -> Fit:
    """By name first; what is left, arrays in their order for parameters that must be given, in theirs."""
    free = dict(parameters)
    needed = [a for a in operation.arrays if not operation.optional(a)]
    arrays, settings, strings = dict[str, str](), dict[str, str](), list[str]()

    def named(ours: str, *, given: bool) -> str | None:
        return next(
            (p for p, kind in free.items() if p.lower() in (ours, *WORDS.get(ours, ())) and not (given and kind)), None
        )

    for ours in needed:
        if (word := named(ours, given=True)) is not None:
            arrays[ours] = word
            free.pop(word)
    for ours in (a for a in needed if a not in arrays):
        word = next(
            (
                p
                for p, kind in free.items()
                if not kind and not any(p.lower() in WORDS.get(s, (s,)) for s in operation.parameters)
            ),
            None,
        )
        if word is None and ours != "upstream":
            says = ", ".join(p for p, _ in parameters) or "nothing"
            validation.refuse(
                f"{name}()", says, f"a parameter for {ours}", f"{operation.name} takes {', '.join(needed)}"
            )
        if word is not None:
            arrays[ours] = word
            free.pop(word)
    for ours in (a for a in operation.arrays if operation.optional(a)):
        if (word := named(ours, given=False)) is not None:
            arrays[ours] = word
            free.pop(word)
    for ours in operation.parameters:
        if (word := named(ours, given=False)) is not None:
            if free.pop(word) == "str":
                strings.append(ours)
            else:
                settings[ours] = word
    _all_known(name, operation, free)
    left = [a for a in operation.arrays if a not in arrays and a != "upstream"]
    lacking = left + [s for s in operation.parameters if s not in settings]
    tuples = frozenset(ours for ours, word in settings.items() if dict(parameters)[word] in ("tuple", "list"))
    return Fit(
        name, operation, {a: arrays[a] for a in operation.arrays if a in arrays}, settings, tuple(lacking), tuples
    )


def _all_known(name: str, operation: Operation, free: dict[str, str]) -> None:
    if unknown := [p for p, kind in free.items() if not kind]:
        validation.refuse(
            f"{name}()",
            ", ".join(unknown),
            f"parameters of {operation.name}",
            "give it a default, or the name of a setting",
        )
