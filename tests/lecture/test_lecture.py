"""What must be so of the lecture's claims as a whole, beyond each one's verdict; read off the run that judges them."""

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record.types import Gate
from lectureclaims.reports.front import pytest_plugin


@pytest.fixture(scope="module")
def evidence(request):
    record = pytest_plugin.evidence_of(request.session)
    if {c.id for c in record.claims} != set(lecture.read().claims):
        pytest.skip("only a part of the lecture was selected")
    return record


def test_every_claim_of_the_ledger_has_an_experiment():
    book = lecture.read()
    assert set(book.ids) == set(book.claims)


def test_the_run_is_a_success(evidence):
    """Every verdict as expected, and every recorded defect that applies here reproduced."""
    unexpected = [(c.id, c.verdict, c.reason) for c in evidence.claims if c.verdict != c.expected]
    assert evidence.success, unexpected


def test_every_limit_shows_its_smallest_counterexample_and_a_neighbour_that_holds(evidence):
    """But for the statistical ones, whose counterexample is a population."""
    bare = []
    for claim in evidence.claims:
        for cell in claim.cells:
            for limit in cell.limits:
                roles = {row.found.role for row in limit.rows if row.found}
                statistical = all(isinstance(row, Gate) for row in limit.rows)
                if not statistical and not roles >= {"smallest", "neighbour"}:
                    bare.append(f"{claim.id} [{cell.name}]: {limit.name}")
    assert bare == []


def test_every_mistake_is_seen_by_some_claim(evidence):
    assert len(evidence.sensitivity) > 200
    assert [(m.name, m.operations) for m in evidence.sensitivity if not m.seen] == []


def test_every_claim_that_a_claim_rests_on_was_run(evidence):
    assert [p for p in evidence.premises if p.untested] == []
