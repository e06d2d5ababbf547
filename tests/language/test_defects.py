"""Recorded defects: when a record applies, and which calls it touches."""

import pytest
from lectureclaims.claims.language import Defect, ask


def record(**change):
    call = ask("relu", x=1)
    plain = {
        "id": "d",
        "backend": "torch",
        "versions": ">=2.0,<2.5",
        "title": "t",
        "explanation": "e",
        "neighbour_says": "n",
    }
    return Defect(
        **(plain | {"trigger": lambda c: c.arguments["x"] > 0, "smallest": (call, 1), "neighbour": (call, 1)} | change)
    )


@pytest.mark.parametrize(
    "version, applies",
    [("1.13.1", False), ("2.0", True), ("2.4.1+cpu", True), ("2.5", False), ("2.4.0rc1", True), ("2.5.0rc1", False)],
)
def test_a_record_reaches_its_versions_and_no_others(version, applies):
    assert record().applies({"versions": {"torch": version}}, set()) is applies


def test_a_record_says_nothing_of_a_library_without_a_version():
    assert not record().applies({"versions": {"numpy": "2.1"}}, set())
    assert not record().applies({"error": "broken"}, set())


def test_a_record_may_need_features_of_the_processor_and_switches():
    here = {"versions": {"torch": "2.1"}, "build": {"oneDNN": True}}
    wide = record(cpu_features=("avx512f", "avx512bw"))
    assert wide.applies(here, {"avx512f", "avx512bw", "fma"}) and not wide.applies(here, {"avx512f"})
    switched = record(applies_where=lambda environment: environment["build"]["oneDNN"])
    assert switched.applies(here, set()) and not switched.applies(here | {"build": {"oneDNN": False}}, set())


def test_a_record_touches_the_calls_of_its_trigger():
    assert record().touches(ask("relu", x=1)) and not record().touches(ask("relu", x=-1))
    assert record().touches(ask("relu", x=1).mutated_by(sum)), "what a mutant does there refutes nothing"
    assert not record().touches(None)
