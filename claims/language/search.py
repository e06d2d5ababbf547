"""The smallest place where a sentence fails, found by search, and its nearest neighbour where it still holds.

A limit is more convincing the smaller it is. ``smallest`` tries every point of a stated, ordered space; ``edge`` finds
the first number at which the sentence fails, to the last bit. Both yield the counterexample, what is so instead there,
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
LOOKS, LOOKED, REACH = 3, 64, 8
"""An edge is looked for at so many points, evenly spread and as many by rank, and then among the REACH of them on either side of it, LOOKS times in all."""


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

    It may hold again farther out, so the whole range is looked at (``_spread``), and once more around the first place where it fails; only between
    two neighbouring points the numbers of ``dtype`` are halved. Whether it fails at every point farther out is said.
    """
    kind = np.dtype(dtype).type
    judged: dict[float, tuple[Outcome, Comparison]] = {}

    def judge(points: Sequence[Any]) -> Generator[Any, Any, list[bool]]:
        """Whether the sentence holds at each of these points."""
        new = [z for z in points if float(z) not in judged]
        for z, answer in zip(new, (yield [build(z) for z in new]), strict=True):
            judged[float(z)] = answer, literal(answer, z)
        return [judged[float(z)][1].holds for z in points]

    good, bad = ends = kind(holds_at), kind(fails_at)
    yield from judge(ends)
    for z, wanted in zip(ends, (True, False), strict=True):
        comparison = judged[float(z)][1]
        if not comparison.row.made or comparison.row.agrees != wanted:
            why = f"no edge between {holds_at} and {fails_at}: {comparison.row.note}"
            yield fails(comparison.but(agrees=True, note=why))
            return
    low, high = ends
    for _ in range(LOOKS):
        points = _spread(low, high, bad)
        at = (yield from judge(points)).index(False)
        good, bad = points[at - 1], points[at]
        low, high = points[max(0, at - REACH)], points[min(at + REACH, len(points) - 1)]
    while np.nextafter(good, bad, dtype=kind) != bad:
        middle = kind((good + bad) / 2)
        if middle in (good, bad):
            middle = np.nextafter(good, bad, dtype=kind)
        (holds,) = yield from judge([middle])
        good, bad = (middle, bad) if holds else (good, middle)
    answer, comparison = judged[float(bad)]
    out = 1 if fails_at > holds_at else -1
    again = [out * z for z in judged if out * z > out * bad and judged[z][1].holds]
    farther = "fails at all that were tried"
    if again:
        farther = f"holds again at {len(again)} that were tried, last at {out * max(again):.9g}"
    how = f"the first number of {np.dtype(dtype).name} found over the whole range, to the last bit; farther out it {farther}"
    yield _found(fails(comparison), "smallest", {symbol: float(bad)}, how)
    yield _found(instead(answer, bad), "instead", {symbol: float(bad)}, "")
    yield _found(judged[float(good)][1], "neighbour", {symbol: float(good)}, "the number before it")


def _spread(low: Any, high: Any, between: Any) -> list[Any]:
    """Numbers of a format from ``low`` to ``high``, in this order: half of them evenly spread, half as its numbers are, of which each power of two has
    as many; and ``between``."""
    ends = np.array([low, high])
    bits = ends.view(f"i{ends.itemsize}").astype(object)
    lowest = -(2 ** (8 * ends.itemsize - 1))
    ranks = [b if b >= 0 else lowest - b for b in bits]
    steps = [ranks[0] + (ranks[1] - ranks[0]) * i // (LOOKED - 1) for i in range(LOOKED)]
    by_rank = np.array([r if r >= 0 else lowest - r for r in steps], f"i{ends.itemsize}").view(ends.dtype)
    points = np.unique(np.concatenate([np.linspace(low, high, LOOKED).astype(ends.dtype), by_rank, ends, [between]]))
    return list(points if low < high else points[::-1])


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
