"""A function of a student's, tried case by case: what is right, what is not and why, what was not tried."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...reference import validation
from ...reference.operators.operation import Operation
from ...reference.validation import BadInput
from ..adjudication import Adjudication, Explanation, adjudicate
from ..language.outcome import Call, Outcome
from ..workers.worker import Worker
from . import cases, fitting, inside

SECONDS, MEMORY = 2.0, 2**31
"""For one call of the function, and bytes for its process."""


@dataclass(frozen=True)
class Tried:
    """One case: the arrays as the function was given them, what it gave and what is right; ``why``: what is wrong, in a line, or "" where it is right."""

    says: str
    why: str
    arrays: Mapping[str, np.ndarray] = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    got: np.ndarray | None = field(repr=False)
    wanted: np.ndarray | None = field(repr=False)
    mistakes: tuple[Explanation, ...] = ()

    @property
    def right(self) -> bool:
        return not self.why


@dataclass(frozen=True)
class Checked:
    """``order``: how the arrays were given. ``lacking``: what of the operation the function does not take, and so was not tried."""

    function: str
    operation: str
    order: str
    tried: tuple[Tried, ...]
    lacking: tuple[str, ...]

    @property
    def right(self) -> bool:
        return all(one.right for one in self.tried)

    @property
    def exit_code(self) -> int:
        return 0 if self.right else 1

    @property
    def failure(self) -> Tried | None:
        """The first case that is wrong: the smallest input."""
        return next((one for one in self.tried if not one.right), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for graders; ``score`` is the share of cases that are right."""
        tried = [
            {
                "case": one.says,
                "right": one.right,
                "why": one.why,
                "mistakes": [{"name": m.mistake, "says": m.says, "remedy": m.remedy} for m in one.mistakes],
                **{
                    name: None if array is None else array.tolist()
                    for name, array in {**one.arrays, "got": one.got, "wanted": one.wanted}.items()
                },
            }
            for one in self.tried
        ]
        known = {name: value for name, value in asdict(self).items() if name != "tried"}
        score = sum(one.right for one in self.tried) / len(self.tried)
        return known | {"lacking": [*self.lacking], "right": self.right, "score": score, "tried": tried}


# --- how arrays are given ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """How a function takes its arrays: which axes they have, in which order."""

    says: str
    axes: Callable[[str], str]
    """The axes of ours that it takes, in its order; those that it leaves out have one element."""

    def given(self, own: str, array: np.ndarray) -> np.ndarray:
        letters = self.axes(own)
        if "…" in own or letters == own:
            return array
        kept = array[tuple(slice(None) if letter in letters else 0 for letter in own)]
        return np.ascontiguousarray(kept.transpose([_left(own, letters).index(letter) for letter in letters]))

    def back(self, own: str, result: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """A result in our order; as it is where it has other axes."""
        letters = self.axes(own)
        if "…" in own or letters == own or result.ndim != len(letters):
            return result
        left = _left(own, letters)
        turned = result.transpose([letters.index(letter) for letter in left])
        return turned[tuple(slice(None) if letter in letters else None for letter in own)]


def _left(own: str, letters: str) -> str:
    return "".join(letter for letter in own if letter in letters)


def _last(own: str) -> str:
    if own.startswith("NC"):
        return f"N{own[2:]}C"
    return f"{own[2:]}IO" if own.startswith("OI") and len(own) > 2 else own


def _without(*dropped: str) -> Callable[[str], str]:
    return lambda own: own if "…" in own else "".join(letter for letter in own if letter not in dropped)


ORDERS = (
    Order("plain arrays, without batch and channels", _without("N", "C", "O", "I")),
    Order("[N, C, …], kernels [O, I, …]", lambda own: own),
    Order("[N, …, C], kernels […, I, O]", _last),
    Order("[C, …] without a batch, kernels [O, I, …]", _without("N")),
)
ROWS = (
    Order("rows [N, K]", lambda own: own),
    Order("one row, without a batch", _without("N")),
    Order("rows, weights [inputs, outputs]", lambda own: "IO" if own == "OI" else own),
)
AS_IT_IS = (Order("arrays as they are", lambda own: own),)


def _orders(operation: Operation) -> Sequence[Order]:
    axes = operation.axes(next(iter(operation.arrays)))
    return AS_IT_IS if "…" in axes else ROWS if axes in ("NI", "NK") else ORDERS


# --- trying ------------------------------------------------------------------------------------------------------------


def check_file(file: Path, *, function: str = "", operation: str = "", seconds: float = SECONDS) -> Checked:
    """Try a function of the file, found by its name or named. Runs the file. Raises BadInput where there is none that can be tried."""
    if not file.is_file():
        validation.refuse("FILE", str(file), "a Python file", "give the file of your function")
    worker = Worker(str(file), timeout=seconds, memory=MEMORY)
    try:
        if error := worker.start().get("error"):
            raise BadInput(
                f"{file.name}: it cannot be run: {error.removeprefix('the library could not be started: ')}; mend that first"
            )
        (found,) = worker.run([Call(inside.functions)])
        if found.kind != "value":
            raise BadInput(f"{file.name}: it cannot be read: {found.error}; mend that first")
        fit = fitting.chosen([(name, [tuple(p) for p in ps]) for name, ps in found.value], function, operation)
        return _checked(worker, fit)
    finally:
        worker.close()


def check(function: Callable[..., Any], operation: str = "", *, seconds: float = SECONDS) -> Checked:
    """Try a function that is written in a file or a notebook: its source is run by itself, with NumPy as ``np``."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise BadInput(
            f"function={function!r}: its source cannot be read; write it in a file or a notebook's cell"
        ) from None
    with TemporaryDirectory() as folder:
        file = Path(folder) / "yours.py"
        file.write_text(f"import math\nimport numpy as np\nimport numpy\n\n{source}", encoding="utf-8")
        return check_file(file, function=function.__name__, operation=operation, seconds=seconds)


def _checked(worker: Worker, fit: fitting.Fit) -> Checked:
    first, *rest = cases.of(fit)
    order, outcome = _order(worker, fit, first)
    one = _tried(fit, first, order, outcome)
    if outcome.kind != "value":  # what cannot be called at all is not called again
        return Checked(fit.name, fit.operation.name, order.says, (one,), (*fit.lacking, *(case.says for case in rest)))
    whole = order is ORDERS[0] or order is ROWS[1]
    kept = [case for case in rest if case.whole or not whole]
    outcomes = worker.run([_call(fit, case, order) for case in kept])
    answered = [(case, o) for case, o in zip(kept, outcomes, strict=True) if o.kind == "value" or not case.optional]
    tried = (one, *(_tried(fit, case, order, o) for case, o in answered))
    left = [case.says for case in rest if case not in [case for case, _ in answered]]
    return Checked(fit.name, fit.operation.name, order.says, tried, (*fit.lacking, *left))


def _order(worker: Worker, fit: fitting.Fit, case: cases.Case) -> tuple[Order, Outcome]:
    """The order of axes in which the function is right; else that of a result of the right shape; else the first that gives one."""
    found = list[tuple[tuple[bool, bool, bool], Order, Outcome]]()
    for order in _orders(fit.operation):
        (outcome,) = worker.run([_call(fit, case, order)])
        one = _tried(fit, case, order, outcome)
        found.append(((one.right, _fits(one, outcome), outcome.kind == "value"), order, outcome))
        if one.right or outcome.kind == "broken":
            return order, outcome
    _, order, outcome = max(found, key=lambda one: one[0])
    return order, outcome


def _fits(one: Tried, outcome: Outcome) -> bool:
    return (
        outcome.kind == "value" and one.got is not None and one.wanted is not None and one.got.shape == one.wanted.shape
    )


def _call(fit: fitting.Fit, case: cases.Case, order: Order) -> Call:
    given = [order.given(fit.operation.axes(name), array) for name, array in case.arrays.items()]
    meant = cases.settings(fit, case)
    return Call(
        inside.called,
        {f"array_{i}": array for i, array in enumerate(given)}
        | {
            "name": fit.name,
            "places": [fit.arrays[name] for name in case.arrays],
            "settings": {fit.settings[name]: meant[name] for name in fit.settings if name in meant},
        },
    )


def _tried(fit: fitting.Fit, case: cases.Case, order: Order, outcome: Outcome) -> Tried:
    operation, meant = fit.operation, cases.settings(fit, case)
    arrays = {fit.arrays[name]: order.given(operation.axes(name), array) for name, array in case.arrays.items()}
    given = {fit.settings[name]: meant[name] for name in fit.settings if name in case.settings}

    def made(why: str, got: Any = None, wanted: Any = None, mistakes: Sequence[Explanation] = ()) -> Tried:
        return Tried(case.says, why, arrays, given, got, wanted, tuple(mistakes))

    if case.none:
        empty = outcome.kind == "unsupported" or (outcome.kind == "value" and all(a.size == 0 for a in outcome.value))
        return made("" if empty else "there is no output where no window fits: expected an error, or an empty array")
    wanted = [_wanted(operation, case, meant, name) for name in operation.results]
    shown = order.given(operation.axes(next(iter(operation.results))), wanted[0])
    if outcome.kind != "value":
        return made(outcome.error, None, shown)
    results = dict(zip(operation.results, outcome.value, strict=False))
    got = next(iter(results.values()))
    canonical = {
        name: order.back(operation.axes(name), a, w.shape)
        for (name, a), w in zip(results.items(), wanted, strict=False)
    }
    for (name, a), w in zip(canonical.items(), wanted, strict=False):
        if a.shape == w.shape and not np.isfinite(a[np.isfinite(w)]).all():
            return made(
                f"{name} has {a[~np.isfinite(a)][0]} where the exact result is {w[~np.isfinite(a)][0]:g}", got, shown
            )
    try:
        found = adjudicate(operation.name, inputs=case.arrays, outputs={"yours": canonical}, parameters=meant)
    except BadInput as refusal:
        shapes = f"{list(got.shape)}, expected {list(shown.shape)}"
        return made(f"its shape is {shapes}" if got.shape != shown.shape else str(refusal), got, shown)
    return made(_why(found, got, shown), got, shown, found.explanations["yours"])


def _why(found: Adjudication, got: np.ndarray, wanted: np.ndarray) -> str:
    if found.within:
        return ""
    if got.shape != wanted.shape:
        return f"its shape is {list(got.shape)}, expected {list(wanted.shape)}"
    wrong = sum(f.outside for f in found.findings)
    return (
        f"{wrong} of {sum(f.elements for f in found.findings)} numbers are wrong" if wrong else found.standing("yours")
    )


def _wanted(operation: Operation, case: cases.Case, meant: Mapping[str, Any], result: str) -> np.ndarray:
    parsed: dict[str, Any] = {}
    given: dict[str, Any] = {name: case.arrays.get(name) for name in operation.arrays}
    for name, (_, parse) in operation.parameters.items():
        if name in meant:
            parsed[name] = parse(name, meant[name], given, parsed)
    y = operation.function(*given.values(), **parsed)
    several = y if isinstance(y, tuple) else (y,)
    return np.asarray(several[[*operation.results].index(result)])
