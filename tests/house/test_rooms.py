"""The rooms: no arrow up, no circle, no room that is too full, and ARCHITECTURE.md shows them as they are."""

import graphlib

import pytest
import rooms
from sources import FLOORS, ROOT, SOURCES

CLAIMS = ("claims/record", "claims/language", "claims/engine", "claims/adjudication", "claims/lecture", "claims")
"""The rooms of the middle floor, each of which imports only those before it; ``claims`` itself is its front door."""
NEVER = {("claims/lecture", "claims/engine"), ("claims/lecture", "claims/adjudication")}
"""A claim is written with the language alone: it does not know what runs it."""
FULL = 12
FULLER = {"reference/bounds": "the bounds of one family of operations a file, beside their derivation"}
"""Folders with more files than that, and why."""


def upward(arrows):
    """The arrows that point up: to a floor above, to a later room of the claims, or to one that is never imported."""
    for here, there in arrows:
        floors = [FLOORS.index(name.partition("/")[0]) for name in (here, there)]
        later = {here, there} <= set(CLAIMS) and CLAIMS.index(there) > CLAIMS.index(here)
        if floors[1] > floors[0] or later or (here, there) in NEVER:
            yield here, there


def folders():
    """{folder: its Python files, ``__init__.py`` aside}."""
    counted = {}
    for path in SOURCES:
        folder = path.parent.relative_to(ROOT).as_posix()
        counted[folder] = counted.get(folder, 0) + (path.name != "__init__.py")
    return counted


def test_the_arrows_are_found():
    """The tests below read them: an empty graph would pass them all."""
    arrows = rooms.arrows()
    assert len(arrows) > 30
    assert ("claims/lecture", "claims/language") in arrows and ("claims/engine", "reference/libraries") in arrows


def test_no_arrow_points_up():
    assert [rooms.arrows()[arrow] for arrow in upward(rooms.arrows())] == []


@pytest.mark.parametrize(
    "arrow",
    [
        ("reference/oracle", "claims/record"),
        ("claims/language", "reports/wording"),
        ("claims/record", "claims/language"),
        ("claims/language", "claims/engine"),
        ("claims/lecture", "claims/engine"),
    ],
)
def test_such_an_arrow_would_be_found(arrow):
    assert list(upward([arrow])) == [arrow]


def test_the_rooms_make_no_circle():
    assert len(rooms.rooms()) > 20


def test_a_circle_would_be_found(monkeypatch):
    monkeypatch.setattr(rooms, "arrows", lambda: {("claims/record", "claims"): [], ("claims", "claims/record"): []})
    with pytest.raises(graphlib.CycleError):
        rooms.rooms()


def test_no_room_is_too_full():
    counted = folders()
    assert {name: n for name, n in counted.items() if n > FULL and name not in FULLER} == {}
    assert [name for name in FULLER if counted[name] <= FULL] == [], "no exception without need"


def test_every_room_says_what_it_is_for():
    assert [name for name in rooms.rooms() if not rooms.says(name)] == []


def test_the_page_shows_the_rooms_as_they_are():
    assert rooms.PAGE.read_text(encoding="utf-8") == rooms.page(), "run `make graph`"
