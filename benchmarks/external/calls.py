"""One call of a suite, in the framework's words, and what ``adjudicate`` says of it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lectureclaims.claims import adjudicate
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.operation import Operation
from lectureclaims.reference.validation import BadInput

NO_OPERATION = "no such operation"


@dataclass(frozen=True)
class Call:
    """``names``: what the operation may be called, of which the first that is known counts. ``results``: in the suite's order, or by name."""

    operation: str
    names: Sequence[str]
    inputs: Mapping[str, Any]
    results: Mapping[str, Any] | Sequence[Any]
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """``standing``: that of ``adjudicate``, or "not expressible"; ``why``: its verdict, or what was refused."""

    operation: str
    standing: str
    why: str
    where: str


def known(names: Sequence[str]) -> Operation | None:
    for name in names:
        try:
            return catalogue.find(name)
        except BadInput:
            continue
    return None


def answered(call: Call, where: str) -> Answer:
    entry = known(call.names)
    if entry is None:
        return Answer(call.operation, "not expressible", NO_OPERATION, where)
    results = call.results
    if not isinstance(results, Mapping):
        results = dict(zip(entry.results, results, strict=False))
    try:
        with warnings.catch_warnings(action="ignore"):
            found = adjudicate(
                entry.name, inputs=call.inputs, outputs={"suite": results}, parameters=dict(call.parameters)
            )
    except BadInput as refused:
        return Answer(call.operation, "not expressible", kind(str(refused)), where)
    return Answer(call.operation, found.standing("suite"), found.verdict("suite"), where)


def kind(refusal: str) -> str:
    """A refusal without the numbers that are the case's own, so that those of one kind are counted together."""
    subject, _, rest = refusal.partition("=")
    value, _, expected = rest.partition(": expected ")
    shown = f"={value}" if re.fullmatch(r"'[\w -]+'|True|False|\w+\d+", value) else ""
    return f"{subject}{shown}: expected {re.sub(r'[0-9][0-9.e, ]*', 'n ', expected.split(';')[0]).strip()}"
