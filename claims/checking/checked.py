"""A function of a student's, tried case by case: what is right, what is not and why, what was not tried."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...reference import bounds, validation
from ...reference.operators.operation import Operation
from ...reference.validation import BadInput
from ..adjudication import Adjudication, Explanation, Finding, adjudicate
from ..adjudication.case import call
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
    def mistakes(self) -> tuple[Explanation, ...]:
        """Those that explain every case whose numbers are wrong."""
        wrong = [one for one in self.tried if not one.right and one.got is not None and np.isfinite(one.got).all()]
        names = [{m.mistake for m in one.mistakes} for one in wrong]
        return tuple(m for m in wrong[0].mistakes if all(m.mistake in others for others in names)) if wrong else ()

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
        known |= {"mistakes": [{"name": m.mistake, "says": m.says, "remedy": m.remedy} for m in self.mistakes]}
        score = sum(one.right for one in self.tried) / len(self.tried)
        return known | {"lacking": [*self.lacking], "right": self.right, "score": score, "tried": tried}


# --- how arrays are given ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """How a function takes its arrays: which axes they have, in which order."""

    says: str
    axes: Callable[[str], str]
    """The axes of ours that it takes, in its order; those that it leaves out have one element."""
    each: bool = False
    """One number at a time."""

    def holds(self, operation: Operation, case: cases.Case) -> bool:
        """Whether what it leaves out has one element."""
        return all(
            "…" in own
            or all(n == 1 for n, letter in zip(array.shape, own, strict=False) if letter not in self.axes(own))
            for own, array in ((operation.axes(name), array) for name, array in case.arrays.items())
        )

    def given(self, own: str, array: np.ndarray) -> np.ndarray:
        letters = self.axes(own)
        if "…" in own or letters == own:
            return array
        kept = array[tuple(slice(None) if letter in letters else 0 for letter in own)]
        return np.ascontiguousarray(kept.transpose([_left(own, letters).index(letter) for letter in letters]))

    def back(self, own: str, result: np.ndarray) -> np.ndarray:
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
AS_OURS = (Order("as claims call it: all axes, every setting given", lambda own: own),)
AS_IT_IS = (Order("arrays as they are", lambda own: own), Order("one number at a time", lambda own: own, each=True))


def _orders(fit: fitting.Fit) -> Sequence[Order]:
    if fit.ours:
        return AS_OURS
    operation = fit.operation
    axes = operation.axes(next(iter(operation.arrays)))
    if "…" in axes:
        return AS_IT_IS if axes == "…" and "axis" not in operation.parameters else AS_IT_IS[:1]
    if axes == "NI":  # of one row alone a product on the wrong side is right
        return ROWS[0], ROWS[2]
    return ROWS[:2] if axes == "NK" else ORDERS


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
        fit = fitting.chosen([(name, [(p, kind) for p, kind in ps]) for name, ps in found.value], function, operation)
        return checked(worker, fit)
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


def checked(worker: Worker, fit: fitting.Fit) -> Checked:
    """A function tried, in the process that has its file."""
    first, *rest = cases.of(fit)
    fit, order, outcome = _order(worker, fit, first)
    for other in (case for case in rest if case.optional):  # a function of images alone takes no rows
        if outcome.kind == "unsupported":
            taken, order_of, found = _order(worker, fit, other)
            if found.kind == "value":
                (first, fit, order, outcome), rest = (
                    (other, taken, order_of, found),
                    [c for c in rest if c is not other],
                )
    one = _tried(fit, first, order, outcome)
    if outcome.kind != "value":  # what cannot be called at all is not called again
        return Checked(fit.name, fit.operation.name, order.says, (one,), (*fit.lacking, *(case.says for case in rest)))
    kept = [case for case in rest if order.holds(fit.operation, case) and not (fit.ours and case.none)]
    answers = [*zip(kept, worker.run([_call(fit, case, order) for case in kept]), strict=True)]
    spared = [
        case for case in kept if case.optional and not _alike(case, first)
    ]  # other axes, or one number for each axis
    raised = [case.says for case, o in answers if o.kind != "value" and case in spared]
    tried = (one, *(_tried(fit, case, order, o) for case, o in answers if o.kind == "value" or case not in spared))
    left = [case.says for case in rest if case not in kept] + [
        f"{says} (your function raised there)" for says in raised
    ]
    missing = [*fit.operation.results][len(outcome.value) :] if fit.operation.name.endswith("_gradient") else []
    return Checked(fit.name, fit.operation.name, order.says, tried, (*fit.lacking, *missing, *left))


def _alike(case: cases.Case, first: cases.Case) -> bool:
    return "window" not in case.settings and case.arrays["x"].ndim == first.arrays["x"].ndim


def _order(worker: Worker, fit: fitting.Fit, case: cases.Case) -> tuple[fitting.Fit, Order, Outcome]:
    """The order of axes in which the function is right; else that of a result of the right shape; else the first that gives one."""
    found = list[tuple[tuple[bool, bool, bool], fitting.Fit, Order, Outcome]]()
    every = dataclasses.replace(fit, tuples=frozenset(fit.settings))
    # A number for all axes, or one for each, or as the operator has it.
    for own in (fit,) if fit.ours else (fit, every, dataclasses.replace(fit, ours=True)):
        for order in _orders(own):
            if not order.holds(fit.operation, case):
                continue
            (outcome,) = worker.run([_call(own, case, order)])
            one = _tried(own, case, order, outcome)
            found.append(((one.right, _fits(one, outcome), outcome.kind == "value"), own, order, outcome))
            if one.right or outcome.kind == "broken":
                return own, order, outcome
        if any(outcome.kind == "value" for *_, outcome in found):
            break
    _, own, order, outcome = max(found, key=lambda one: one[0])
    return own, order, outcome


def _fits(one: Tried, outcome: Outcome) -> bool:
    return (
        outcome.kind == "value" and one.got is not None and one.wanted is not None and one.got.shape == one.wanted.shape
    )


def _call(fit: fitting.Fit, case: cases.Case, order: Order) -> Call:
    given = [order.given(fit.operation.axes(name), case.arrays[name]) for name in fit.arrays]
    meant, rank = cases.settings(fit, case), len(fit.operation.axes(next(iter(fit.operation.arrays)))) - 2
    if fit.ours:
        _, meant, _ = call(fit.operation.name, inputs=case.arrays, parameters=meant)
    told = {
        ours: (meant[ours],) * rank if ours in fit.tuples and isinstance(meant[ours], int) else meant[ours]
        for ours in fit.settings
        if ours in meant
    }
    return Call(
        inside.called,
        {f"array_{i}": array for i, array in enumerate(given)}
        | {
            "name": fit.name,
            "places": [*fit.arrays.values()],
            "settings": {fit.settings[ours]: value for ours, value in told.items()},
            "each": order.each,
        },
    )


def _tried(fit: fitting.Fit, case: cases.Case, order: Order, outcome: Outcome) -> Tried:
    operation, meant = fit.operation, cases.settings(fit, case)
    arrays = {fit.arrays[name]: order.given(operation.axes(name), case.arrays[name]) for name in fit.arrays}
    given = {fit.settings[name]: meant[name] for name in fit.settings if name in case.settings}

    def made(why: str, got: Any = None, wanted: Any = None, mistakes: Sequence[Explanation] = ()) -> Tried:
        return Tried(case.says, why, arrays, given, got, wanted, tuple(mistakes))

    if case.none:
        empty = outcome.kind == "unsupported" or (outcome.kind == "value" and all(a.size == 0 for a in outcome.value))
        return made("" if empty else "there is no output where no window fits: expected an error, or an empty array")
    wanted = cases.exact(operation, case.arrays, meant)
    shown = {name: order.given(operation.axes(name), array) for name, array in wanted.items()}
    if outcome.kind != "value":
        return made(outcome.error, None, next(iter(shown.values())))
    results = dict(zip(operation.results, outcome.value, strict=False))
    if operation.results == {"y": "N"} and outcome.value[0].ndim == 0:
        raise BadInput(
            f"{fit.name}() gives one number for all rows: expected one a row; return them before the mean or the sum"
        )
    canonical = {name: order.back(operation.axes(name), a) for name, a in results.items()}
    for name, a in canonical.items():
        bad = ~np.isfinite(a) & np.isfinite(wanted[name]) if a.shape == wanted[name].shape else np.zeros(1, bool)
        if results[name].shape != shown[name].shape:
            why, mistakes = f"{name}: its shape is {list(results[name].shape)}, expected {list(shown[name].shape)}", ()
            with contextlib.suppress(BadInput):
                mistakes = adjudicate(
                    operation.name, inputs=case.arrays, outputs={"yours": canonical}, parameters=meant
                ).explanations["yours"]
            return made(why, results[name], shown[name], mistakes)
        if bad.any():
            return made(
                f"{name} has {a[bad][0]} where the exact result is {wanted[name][bad][0]:g}", results[name], shown[name]
            )
        if a.dtype != np.float64:
            return made(f"{name} is {a.dtype}, expected float64 as the input is", results[name], shown[name])
    try:
        found = adjudicate(operation.name, inputs=case.arrays, outputs={"yours": canonical}, parameters=meant)
    except BadInput as refusal:
        return made(str(refusal), next(iter(results.values())), next(iter(shown.values())))
    worst = max(found.findings, key=lambda f: (f.outside > 0, f.ratio))
    why = _why(found, worst, canonical[worst.result], wanted[worst.result])
    why = "" if why and _by_fourier(operation, case, canonical[worst.result], wanted[worst.result]) else why
    return made(why, results[worst.result], shown[worst.result], found.explanations["yours"] if why else ())


def _why(found: Adjudication, worst: Finding, got: np.ndarray, wanted: np.ndarray) -> str:
    """Nothing where it is right, and never where it cannot be told."""
    if found.within:
        return ""
    if found.standing("yours") == "cannot tell":
        return "it cannot be told here whether it is right"
    which = f"{worst.result}: " if len(found.findings) > 1 else ""
    off = np.abs(got - wanted).max()
    return f"{which}{worst.outside or 'some'} of {worst.elements} numbers are wrong, by up to {off:.3g}"


def _by_fourier(operation: Operation, case: cases.Case, got: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether it is a convolution of one channel within what the rounding of Fourier transforms can do."""
    x, w = case.arrays.get("x"), case.arrays.get("w")
    if x is None or w is None or "NC" not in operation.axes("x") or operation.name.endswith("_gradient"):
        return False
    if any(n != 1 for n in (*x.shape[:2], *w.shape[:2])) or case.settings:
        return False
    lengths = [1 << (n + k).bit_length() for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    bound = bounds.fft_convolution(x[0, 0], w[0, 0], np.float64, lengths=lengths)
    return bool((bound.ratio(got, wanted) <= 1).all())
