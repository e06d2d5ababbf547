"""The smallest place where a sentence fails, found by search, and its nearest neighbour where it still holds.

A limit is more convincing the smaller it is. ``smallest`` tries every point of a stated, ordered space; ``edge`` closes in
on the number from which on the sentence fails, to the last bit. Both yield the counterexample, what is so instead there,
and the neighbour: the same sentence, one step away, and it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..record.file import plain
from ..record.types import Found
from .comparison import Comparison, fact, fails
from .outcome import Call, Outcome

Answer = Any
"""The outcome, or the outcomes, of what was asked at a point."""
Build = Callable[[Any], Call | list[Call]]
Judge = Callable[[Answer, Any], Comparison]


def smallest(
    points: Sequence[Any], build: Build, literal: Judge, *, instead: Judge, order: str
) -> Generator[Any, Any, None]:
    """Try the sentence at every point; yield the first where it fails, what is so there instead, and the nearest that holds.

    ``points`` are named tuples of the lecture's symbols, from small to large; ``order`` says in words what "small" means. ``build`` asks at
    a point one call or a list of them; ``literal`` judges the sentence as worded from the outcome or their list, ``instead`` what is so in
    its place at the smallest counterexample.

    The nearest neighbour is the point at which the sentence holds that differs from the counterexample in the fewest
    symbols, then by the fewest steps of each. Without a counterexample, or without such a neighbour, the limit does not show.
    """
    answers = yield from _asked([build(p) for p in points])
    judged = [literal(answer, p) for answer, p in zip(answers, points, strict=True)]
    failing = [i for i, c in enumerate(judged) if c.departs]
    if not failing:
        yield fails(judged[-1].but(note=f"no counterexample among {len(points)} points, {order}"))
        return
    at = failing[0]
    tried = f"the first of {len(failing)} counterexamples among {len(points)} points, {order}"
    yield _found(fails(judged[at]), "smallest", points[at], tried)
    yield _found(instead(answers[at], points[at]), "instead", points[at], "")
    holding = [i for i, c in enumerate(judged) if c.holds]
    if not holding:
        call = judged[at].call
        yield replace(fact(False, True, label="a neighbour at which the sentence holds", source=order), call=call)
        return
    steps = _steps(points)
    near = min(holding, key=lambda i: (*_distance(steps[i], steps[at]), i))
    yield _found(judged[near], "neighbour", points[near], "the nearest point at which it holds")


def edge(
    holds_at: float,
    fails_at: float,
    dtype: Any,
    build: Callable[[float], Call],
    literal: Judge,
    *,
    instead: Judge,
    symbol: str,
) -> Generator[Any, Any, None]:
    """The number of a format nearest to ``holds_at`` at which the sentence fails; the neighbour is the number before it.

    By bisection over the numbers of ``dtype`` between one where it holds and one where it fails, so it takes it that
    between them the sentence fails from some number on.
    """
    kind = np.dtype(dtype).type
    good, bad, count = kind(holds_at), kind(fails_at), 0
    judged: dict[float, tuple[Outcome, Comparison]] = {}

    def judge(z: Any) -> Generator[Any, Any, Comparison]:
        answer = yield build(z)
        judged[float(z)] = answer, literal(answer, z)
        return judged[float(z)][1]

    for z, wanted in ((good, True), (bad, False)):
        comparison = yield from judge(z)
        if not comparison.row.made or comparison.row.agrees != wanted:
            why = f"no edge between {holds_at} and {fails_at}: {comparison.row.note}"
            yield fails(comparison.but(agrees=True, note=why))
            return
    while np.nextafter(good, bad, dtype=kind) != bad:
        middle = kind((good + bad) / 2)
        if middle in (good, bad):
            middle = np.nextafter(good, bad, dtype=kind)
        comparison = yield from judge(middle)
        count += 1
        good, bad = (middle, bad) if comparison.holds else (good, middle)
    answer, comparison = judged[float(bad)]
    yield _found(
        fails(comparison),
        "smallest",
        {symbol: float(bad)},
        f"by bisection over the numbers of {np.dtype(dtype).name}, {count} steps, taking it that it fails from there on",
    )
    yield _found(instead(answer, bad), "instead", {symbol: float(bad)}, "")
    yield _found(judged[float(good)][1], "neighbour", {symbol: float(good)}, "the number before it")


def _asked(requests: list[Call | list[Call]]) -> Generator[Any, Any, list[Answer]]:
    """All requests as one batch; a list of outcomes where a list was asked for."""
    flat = [call for request in requests for call in (request if isinstance(request, list) else [request])]
    outcomes = iter((yield flat))
    return [[next(outcomes) for _ in r] if isinstance(r, list) else next(outcomes) for r in requests]


def _found(
    comparison: Comparison, role: Literal["smallest", "instead", "neighbour"], point: Any, how: str
) -> Comparison:
    symbols = point if isinstance(point, dict) else point._asdict()
    return comparison.but(found=Found(role=role, symbols=plain(symbols), how=how))


def _steps(points: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Each point with its numbers replaced by their ranks among all points; words stay as they are."""
    columns = list(zip(*points, strict=True))
    for i, values in enumerate(columns):
        if all(isinstance(v, int | float) for v in values):
            ranks = {v: rank for rank, v in enumerate(sorted(set(values)))}
            columns[i] = tuple(ranks[v] for v in values)
    return list(zip(*columns, strict=True))


def _distance(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[int, int]:
    """In how many symbols two points differ, and by how many steps altogether."""
    steps = [abs(x - y) if isinstance(x, int) else int(x != y) for x, y in zip(a, b, strict=True)]
    return sum(s > 0 for s in steps), sum(steps)
