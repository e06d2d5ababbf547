"""Sweeps: many geometries as one row, the smallest departure first, recorded defects apart."""

import importlib
from typing import NamedTuple

import numpy as np
import pytest
from lectureclaims.claims.language import Case, Outcome, ask, same_bits, sweep

F = np.float32
sweeping = importlib.import_module(
    "lectureclaims.claims.language.sweep"
)  # the package has the function under this name


def value(content):
    return Outcome("value", content)


class Size(NamedTuple):
    H: int
    W: int


SIZES = [Size(h, w) for h in (1, 2, 3) for w in (1, 2, 3)]
SWEEP = {"label": "sizes", "source": "by hand", "designs": ("ones", "ramp", "random")}


def build(point, design):
    return ask("area", h=point.H, w=point.W, design=design)


def judge(outcome, point, design):
    return same_bits(outcome, F(point.H * point.W), label=f"{point} {design}", source="by hand")


def swept(library, *, point=None, defect_of=lambda call: "", blocks=None):
    """Drive a sweep with the answers of a function; the comparisons that it yields, and the calls that it asked for."""
    case = Case("a.claim", "one", {}, dtype=None, backend="numpy", seed=0, point=point, defect_of=defect_of)
    experiment, found, asked = sweep(case, SIZES, build, judge, **SWEEP), [], []
    sizes = [] if blocks is None else blocks
    step = next(experiment, None)
    while step is not None:
        if isinstance(step, list):
            asked += step
            sizes.append(len(step))
            answer = [library(**c.arguments).of(c) for c in step]
        else:
            found.append(step)
            answer = None
        try:
            step = experiment.send(answer)
        except StopIteration:
            break
    return found, asked


def right(h, w, design):
    return value(F(h * w))


def wrong_when(condition):
    return lambda h, w, design: value(F(h * w + condition(h, w, design)))


def test_a_sweep_is_one_row_however_many_geometries():
    found, asked = swept(right)
    assert len(found) == 1 and len(asked) == 9
    row = found[0].row
    assert row.agrees and row.geometries == 9 and row.elements == 9 and row.note.startswith("digest ")
    assert {c.arguments["design"] for c in asked} == {"random"}


def test_one_geometry_is_run_again_by_its_address():
    found, asked = swept(right, point="H=3,W=2")
    assert [c.arguments for c in asked] == [{"h": 3, "w": 2, "design": "random"}]
    assert found[0].row.geometries == 1


def test_an_address_outside_the_sweep_compares_nothing():
    assert swept(right, point="H=4,W=2") == ([], [])


def test_departures_are_one_row_with_the_smallest_first_and_every_address():
    found, _ = swept(wrong_when(lambda h, w, design: w == 2 and h >= 2))
    agreeing, departing = found
    assert agreeing.row.agrees and agreeing.row.geometries == 7
    assert not departing.row.agrees and departing.row.geometries == 2
    assert departing.row.label == "sizes, smallest departure H=2,W=2"
    assert [d.address for d in departing.row.departures] == ["H=2,W=2", "H=3,W=2"]


@pytest.mark.parametrize("simplest", ["ones", "ramp", "random"])
def test_a_departure_is_shown_with_the_simplest_data_that_still_show_it(simplest):
    designs = SWEEP["designs"]
    sees = designs[designs.index(simplest) :]
    found, _ = swept(wrong_when(lambda h, w, design: (h, w) == (2, 3) and design in sees))
    assert found[-1].call.arguments == {"h": 2, "w": 3, "design": simplest}


def test_a_departure_that_does_not_show_every_time_is_asked_again():
    answers = iter([False, True])  # with the simplest data: at the second try
    found, asked = swept(wrong_when(lambda h, w, design: (h, w) == (2, 3) and (design == "random" or next(answers))))
    assert found[-1].call.arguments["design"] == "ones"
    assert len({c.digest for c in asked[9:]}) == 2, "each try is really made"


def test_recorded_departures_are_a_row_of_their_own_and_hide_no_others():
    def recorded(call):
        return "library-3x2" if call.arguments["h"] == 3 else ""

    found, _ = swept(wrong_when(lambda h, w, design: w == 2), defect_of=recorded)
    agreeing, spared, other, known = found
    assert (agreeing.row.geometries, spared.row.geometries, other.row.geometries, known.row.geometries) == (4, 2, 2, 1)
    assert (agreeing.row.spared, spared.row.spared) == ("", "library-3x2"), "within the trigger, and right all the same"
    assert (other.row.defect, known.row.defect) == ("", "library-3x2")
    assert known.row.label == "sizes [library-3x2]" and known.call.arguments["h"] == 3


def test_the_smallest_of_the_recorded_departures_stands_for_them():
    found, _ = swept(wrong_when(lambda h, w, design: w == 2), defect_of=lambda call: "library-w2")
    assert found[-1].row.geometries == 3
    assert found[-1].call.arguments["h"] == 1 and found[-1].row.departures[0].address == "H=1,W=2"


def test_a_geometry_without_a_value_is_named_and_the_others_are_compared():
    found, _ = swept(lambda h, w, design: Outcome("broken", error="died") if (h, w) == (1, 2) else right(h, w, design))
    lost, one = found
    assert not lost.row.made and lost.row.label == "sizes: H=1,W=2"
    assert one.row.agrees and one.row.geometries == 8


def test_the_digest_tells_which_geometries_agreed():
    digests = {
        swept(wrong_when(lambda h, w, design, at=at: (h, w) == at))[0][0].row.note
        for at in [(1, 2), (2, 1), (3, 3), (0, 0)]
    }
    assert len(digests) == 4


def test_a_sweep_asks_for_a_block_at_once_and_says_the_same(monkeypatch):
    """Memory does not grow with its length: neither calls nor outcomes of more than a block are held."""
    library = wrong_when(lambda h, w, design: h == 3)
    whole, _ = swept(library)
    monkeypatch.setattr(sweeping, "BLOCK", 4)
    blocks = []
    parts, _ = swept(library, blocks=blocks)
    assert blocks[:3] == [4, 4, 1] and [c.row for c in parts] == [c.row for c in whole]
