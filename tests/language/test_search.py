"""The search for a limit's smallest counterexample: what it finds, and the lies that it must not take."""

import re
from collections import namedtuple
from dataclasses import replace

import numpy as np
import pytest
from lectureclaims.claims.language import ask, edge, fact, smallest
from lectureclaims.claims.language.outcome import Outcome

Point = namedtuple("Point", "H k")
POINTS = sorted((Point(h, k) for h in range(1, 6) for k in range(1, 4)), key=lambda p: (p.H, p.k))


def driven(search, answer):
    """Run a search against a library that is a function of the call's arguments; what it yielded."""
    found, step = [], next(search)
    try:
        while True:
            if isinstance(step, list):
                step = search.send([Outcome("value", answer(**c.arguments), call=c) for c in step])
            elif hasattr(step, "arguments"):
                step = search.send(Outcome("value", answer(**step.arguments), call=step))
            else:
                found.append(step)
                step = search.send(None)
    except StopIteration:
        return found


def shrinks(answer, *, holds_from=None, **more):
    """“H − k + 1 is smaller than H”, which k = 1 breaks."""

    def literal(y, p):
        return fact(
            y.then(lambda n: n < p.H or (holds_from is not None and holds_from <= p.H)),
            True,
            label="smaller",
            source="",
        )

    def instead(y, p):
        return fact(y, p.H - p.k + 1, label="the size", source="")

    points = more.get("points", POINTS)
    return driven(
        smallest(points, lambda p: ask("size", H=p.H, k=p.k), literal, instead=instead, order="by H, then k"), answer
    )


def test_the_first_counterexample_and_the_neighbour_one_step_away_are_found():
    worst, beside, near = shrinks(lambda H, k: H - k + 1)
    assert worst.row.must_fail and worst.departs and worst.row.found.symbols == {"H": 1, "k": 1}
    assert worst.row.found.role == "smallest"
    assert worst.row.found.how == "the first of 5 counterexamples among 15 points, by H, then k"
    assert beside.holds and beside.row.found.role == "instead" and beside.row.found.symbols == {"H": 1, "k": 1}
    assert (
        near.holds
        and not near.row.must_fail
        and near.row.found.role == "neighbour"
        and near.row.found.symbols == {"H": 1, "k": 2}
    )


def test_the_neighbour_differs_in_the_fewest_symbols_however_far_they_are_apart_in_number():
    points = [Point(1, 1), Point(2, 3), Point(100, 1)]
    *_, near = shrinks(lambda H, k: H - k + 1, points=points, holds_from=50)
    assert near.row.found.symbols == {"H": 100, "k": 1}  # one symbol, not two


def test_a_search_without_a_counterexample_does_not_show():
    (only,) = shrinks(lambda H, k: H - k)
    assert only.row.must_fail and only.holds
    assert only.row.note == "no counterexample among 15 points, by H, then k"


def test_a_search_that_holds_nowhere_has_no_neighbour_and_does_not_show():
    worst, beside, near = shrinks(lambda H, k: H, points=[Point(2, 1), Point(3, 1)])
    assert worst.row.must_fail and worst.departs and beside.holds
    assert near.departs and not near.row.must_fail and near.row.label == "a neighbour at which the sentence holds"


def test_what_a_library_refuses_is_no_counterexample():
    def build(p):
        return ask("size", H=p.H, k=p.k)

    def literal(y, p):
        y = y if p.H > 2 else replace(y, kind="raised", content=None, error="no")
        return fact(y.then(lambda n: n < p.H), True, label="smaller", source="")

    found = driven(smallest(POINTS, build, literal, instead=literal, order="by H"), lambda H, k: H - k + 1)
    assert found[0].row.found.symbols == {"H": 3, "k": 1}


def test_several_calls_a_point_come_as_a_list():
    def literal(answers, p):
        a, b = answers
        return fact(a.then(lambda n: n + b.value), 2 * p.H, label="twice", source="")

    points = [Point(h, k) for h in (1, 2) for k in (0, 1)]
    search = smallest(
        points, lambda p: [ask("size", H=p.H, k=p.k), ask("size", H=p.H, k=0)], literal, instead=literal, order=""
    )
    worst = driven(search, lambda H, k: H + k)[0]
    assert worst.row.found.symbols == {"H": 1, "k": 1} and worst.row.got == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far, border", [(100.0, 17.25), (-100.0, -17.25)])
def test_an_edge_is_found_to_the_last_bit(dtype, far, border):
    def literal(y, z):
        return fact(y, False, label="saturated", source="")

    def instead(y, z):
        return fact(y, True, label="saturated", source="")

    search = edge(0.0, far, dtype, lambda z: ask("f", z=z), literal, instead=instead, symbol="z")
    worst, beside, near = driven(search, lambda z: bool(abs(z) >= abs(border)))
    assert worst.row.found.symbols == {"z": border} and worst.row.must_fail and worst.departs and beside.holds
    assert near.row.found.symbols == {"z": float(np.nextafter(dtype(border), dtype(0)))} and near.holds
    assert np.dtype(dtype).name in worst.row.found.how


@pytest.mark.parametrize("border, back", [(17.25, 19.5), (17.25, 60.0), (3e-20, 0.125)])
def test_an_edge_beyond_which_it_holds_again_is_the_first_and_that_is_said(border, back):
    """By halving alone the edge would be one beyond which it fails for good."""

    def literal(y, z):
        return fact(y, False, label="saturated", source="")

    search = edge(0.0, 100.0, "float64", lambda z: ask("f", z=z), literal, instead=literal, symbol="z")
    worst, *_ = driven(search, lambda z: bool(border <= z < back or z >= 90))
    assert worst.row.found.symbols == {"z": border}
    assert re.search(r"farther out it holds again at \d+ that were tried, last at 8\d\.", worst.row.found.how)


@pytest.mark.parametrize("answer", [lambda z: True, lambda z: False], ids=["fails at both ends", "holds at both ends"])
def test_no_edge_where_the_ends_do_not_differ(answer):
    def literal(y, z):
        return fact(y, False, label="saturated", source="")

    (only,) = driven(edge(0.0, 9.0, "float32", lambda z: ask("f", z=z), literal, instead=literal, symbol="z"), answer)
    assert only.row.must_fail and only.holds and "no edge between 0.0 and 9.0" in only.row.note
