"""For the tests of a project of one's own: a result is within rounding of the exact one, or the message says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...claims.adjudication import Adjudication, Finding


def assert_within_rounding(y: Any, operation: str, /, *, framework: str | None = None, **given: Any) -> Adjudication:
    """Fail unless ``y`` is what ``operation`` comes to on these arrays, but for rounding; returns what was found.

        assert_within_rounding(y, "conv2d", x=x, w=w, stride=2, padding="same")

    ``y``: an array, a tuple of the results in their order, or a dictionary of them. ``given``: the inputs and parameters, by our names or a
    framework's. Arrays are NumPy's or a framework's tensors. ``framework``: whose defaults and orders of axes are meant where nothing is said.
    Raises AssertionError with how many elements are outside, the worst one, and the known mistake that explains them with its remedy; BadInput
    for a call that cannot be judged. What ``lecture-claims adjudicate`` says of it is in ``docs/adjudicate.md``.
    """
    __tracebackhide__ = True
    from ...claims.adjudication import adjudicate
    from ...claims.adjudication.given import words
    from ...reference.operators import catalogue

    entry = catalogue.find(operation)
    inputs: dict[str, Any] = {}
    parameters: dict[str, Any] = {"framework": framework} if framework else {}
    for name, value in given.items():
        array = words.own_name(name, entry.arrays) in entry.arrays and not isinstance(value, bool | str)
        (inputs if array else parameters)[name] = value
    results = dict(zip(entry.results, y, strict=False)) if isinstance(y, tuple) else y
    found = adjudicate(operation, inputs=inputs, outputs={"result": results}, parameters=parameters)
    if not found.within:
        raise AssertionError(message(found))
    return found


def message(found: Adjudication) -> str:
    """What is wrong with one library's results, as ``torch.testing`` would say it, with its cause."""
    from ..wording import adjudication as said

    lines = [f"{found.operation}: {said.summary(found)}", said.facts(found), *found.taken, ""]
    for finding in found.findings:
        lines += _of(finding)
    for library in found.libraries:
        for e in found.explanations[library]:
            detail = f" ({e.detail})" if e.detail else ""
            lines += [f"Cause: as if {e.says}{detail}: error ÷ bound {e.ratio:.3g} against that", f"Remedy: {e.remedy}"]
        if not found.explanations[library]:
            lines.append(f"Cause: {found.verdict(library)}")
    return "\n".join(lines)


def _of(f: Finding) -> list[str]:
    from ..wording import adjudication as said

    return [
        f"Result {f.result} ({f.dtype}; {f.contract}; bound: {f.derivation})",
        f"  Elements outside: {f.outside:,} / {f.elements:,} ({f.outside / f.elements:.1%})",
        f"  Worst element: {said.sentence(f)}",
    ]
