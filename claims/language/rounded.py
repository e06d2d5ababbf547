"""A library's results against the exact ones, under the strictest contract of arithmetic that they keep."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...reference.judging import assessment
from ...reference.operators import catalogue
from .comparison import Comparison, within
from .outcome import Outcome

SOURCE = "the exact result, rounded once"


def rounding(got: Outcome, *, label: str) -> Iterator[Comparison]:
    """One comparison for each result of an operation of the catalogue, within the bound that its call's arguments give.

    The note says which contract was kept: in what format it was computed, whether subnormal numbers count as zero, and so on:
    something found, not something asked.
    """
    call = got.call
    if call is None or not isinstance(call.operation, str):
        raise TypeError(f"got={got!r}: expected the outcome of a call of an operation by its name")
    operation, arguments = catalogue.OPERATIONS[call.operation], dict(call.arguments)
    parts = {name: got if len(operation.results) == 1 else got.part(i) for i, name in enumerate(operation.results)}
    dtype = next(a.dtype for a in arguments.values() if isinstance(a, np.ndarray) and a.dtype.kind not in "iu")
    values = {name: part.content for name, part in parts.items() if part.kind == "value"}
    if values and all(isinstance(y, np.ndarray) and y.dtype == dtype for y in values.values()):
        contract, judged = assessment.kept(operation, arguments, values)
    else:  # nothing to judge, which the comparison says
        contract = assessment.contracts(operation, dtype)[0]
        judged = {one.name: one for one in assessment.judge(operation, arguments, dtype, contract)}
    found = [
        within(part, judged[name].value, judged[name].bound, label=f"{label}: {name}", source=SOURCE)
        for name, part in parts.items()
    ]
    narrow = None if not any(c.departs for c in found) else assessment.void(operation, arguments, dtype)
    for name, comparison in zip(parts, found, strict=True):
        if not comparison.row.made or comparison.row.shape:
            yield comparison
        elif narrow is None or comparison.row.agrees:
            yield comparison.but(note=_note(contract.sentence(dtype.name), judged[name], comparison.row.where))
        else:  # who computes in the narrow format itself: by what that bounds, and not at all where it bounds nothing
            yield _narrow(parts[name], narrow[0].sentence(dtype.name), narrow[1].get(name), comparison)


def _narrow(part: Outcome, contract: str, one: assessment.Judged | None, comparison: Comparison) -> Comparison:
    if one is None or np.isinf(one.bound.allowed).any():
        why = f"{contract}, for which these inputs leave no bound; no stricter contract was kept"
        return comparison.but(made=False, note=why)
    return within(part, one.value, one.bound, label=comparison.row.label, source=SOURCE).but(note=contract)


def _note(contract: str, one: assessment.Judged, where: tuple[int, ...] | None) -> str:
    """The contract, and beside the bound what random rounding would come to at the worst place, which decides nothing."""
    if one.expected is None or where is None:
        return contract
    estimate = float(np.broadcast_to(one.expected, one.value.shape)[where])
    return f"{contract}; random rounding would come to some {estimate:.3g} there"
