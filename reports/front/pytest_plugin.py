"""pytest plug-in: every claim × library as an item of its own, run by the same runner and the same workers.

``pytest --lecture-claims`` adds the items to any test run. A test file that holds the line ``LECTURE_CLAIMS = True`` is
collected as the claims (this repository's ``tests/test_claims.py``). One run of the engine serves all selected items, so
frameworks are imported once; it begins with the first item. Nothing is imported until a claim is asked for. With
``--lecture-claims-results FILE`` nothing runs again: the items are judged by what ``lecture-claims verify`` wrote there.

Two ini options put another lecture to the test, and other libraries: ``lecture_claims_folder`` and
``lecture_claims_backends`` (names, or Python files with operations; both relative to pytest's rootdir).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ...claims.record.types import Cell, Claim, Evidence

MARK = "LECTURE_CLAIMS = True"
RUN = pytest.StashKey["Evidence"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lecture-claims")
    group.addoption(
        "--lecture-claims", action="store_true", help="verify the lecture's claims on the libraries installed here"
    )
    group.addoption(
        "--lecture-claims-results",
        metavar="FILE",
        help="judge by a results.json of the whole lecture, without another run",
    )
    parser.addini("lecture_claims_folder", "a lecture folder of your own, for --lecture-claims", default="")
    parser.addini(
        "lecture_claims_backends",
        "the libraries, for --lecture-claims: names, or Python files with operations",
        "args",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lecture_claim: a claim of the lecture on one library")


@pytest.fixture
def within_rounding(record_property: Callable[[str, object], None]) -> Callable[..., Any]:
    """:func:`~lectureclaims.testing.assert_within_rounding`; what was judged, and its worst error ÷ bound, go into the test's JUnit properties."""

    def judge(y: Any, operation: str, /, **given: Any) -> Any:
        __tracebackhide__ = True
        from .testing import assert_within_rounding  # with NumPy, which only who asks for this needs

        found = assert_within_rounding(y, operation, **given)
        record_property(f"{found.operation}, worst error ÷ bound", max(finding.ratio for finding in found.findings))
        return found

    return judge


def lecture_folder(config: pytest.Config) -> Path | None:
    name = config.getini("lecture_claims_folder")
    return config.rootpath / name if name else None


def asked_libraries(config: pytest.Config) -> tuple[str, ...]:
    from ...reference import libraries

    named = config.getini("lecture_claims_backends")
    return tuple(str((config.rootpath / b).resolve()) if b.endswith(".py") else b for b in named) or libraries.every()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    if config.getoption("--lecture-claims") and not any(isinstance(item, ClaimItem) for item in items):
        items += ClaimFile.from_parent(session, path=Path(str(config.rootpath)) / "lecture-claims").collect()
    return (yield)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if module_path.name.startswith("test_claims") and any(
        line.strip() == MARK for line in module_path.read_text().splitlines()
    ):
        return ClaimFile.from_parent(parent, path=module_path)  # pyright: ignore[reportReturnType]
    return None


class ClaimFile(pytest.File):
    """The claims of the lecture as test items: ``test_claims.py::convolution.flip[torch]``."""

    def collect(self) -> list[ClaimItem]:
        from ...claims.engine import lecture, verification
        from ...reference import libraries
        from .lectures import known

        if own := lecture_folder(self.config):
            known.heed(own, yes="LECTURE_CLAIMS_YES" in os.environ)
        items, chosen, alone = [], asked_libraries(self.config), [libraries.REFERENCE]
        try:
            book = lecture.read(lecture_folder(self.config))
            verification.select(book, (), backends=chosen, dtypes=(), case="", wrong="", limit="", seed=0)
        except (lecture.BadLecture, verification.BadRequest) as error:
            raise pytest.UsageError(str(error)) from None
        for name, claim in book.claims.items():
            on = [backend for backend in libraries.every() if claim.cases_for(backend)]
            takes_part = [b for b in chosen if b in on or b not in libraries.DECODERS]
            for backend in alone if on == alone and alone[0] in chosen else takes_part:
                label = "reference" if on == alone else libraries.label(backend)
                items.append(ClaimItem.from_parent(self, name=f"{name}[{label}]", claim=name, backend=backend))
        return items


class ClaimFailure(Exception):
    """What the report of a failing item prints: the comparisons, as the command line shows them."""


class ClaimItem(pytest.Item):
    def __init__(self, *, claim: str, backend: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim, self.backend = claim, backend
        self.add_marker(pytest.mark.lecture_claim)

    def runtest(self) -> None:
        from ...reference import libraries
        from ..wording.standing import HOLDS, TAKES_NO_PART

        claim = next(c for c in evidence_of(self.session).claims if c.id == self.claim)
        cells = [c for c in claim.cells if c.backend == libraries.label(self.backend)]
        self.user_properties += [(c.dtype or "any dtype", f"{c.verdict}: {c.reason}") for c in cells]
        if all(c.verdict in TAKES_NO_PART for c in cells):
            pytest.skip(cells[0].reason)
        bad = [c for c in cells if c.verdict not in (*good(claim.expected), *TAKES_NO_PART)]
        if bad:
            raise ClaimFailure("\n".join(line for c in bad for line in said(evidence_of(self.session), claim, c)))
        if claim.expected not in HOLDS and claim.verdict != claim.expected:
            raise ClaimFailure(f"{claim.id} is {claim.verdict}, expected {claim.expected}: {claim.reason}")
        if defects := sorted({r.defect for c in cells for r in c.rows if r.defect}):
            raise KnownDefect("\n\n".join(self._defect(d) for d in defects))

    def _defect(self, name: str) -> str:
        record = next(d for d in evidence_of(self.session).defects if d.id == name)
        return f"{name}: {record.title}\n{record.snippet or ''}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ClaimFailure | KnownDefect | pytest.UsageError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class KnownDefect(Exception):
    """The library departs where a record says so: reported as an expected failure, never as a pass."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if isinstance(item, ClaimItem) and call.excinfo is not None and isinstance(call.excinfo.value, KnownDefect):
        report.outcome = "skipped"
        report.wasxfail = "recorded defect " + str(call.excinfo.value)
    return report


def good(expected: str) -> tuple[str, ...]:
    """The verdicts of a cell that are no worse than the claim's: a library without the statistical part is verified, not supported."""
    from ..wording.standing import WORST_FIRST

    names = tuple(str(v) for v in WORST_FIRST)
    return names[names.index(expected) :]


def said(evidence: Evidence, claim: Claim, cell: Cell) -> list[str]:
    """How many differ, how large, where, how much was allowed; how to run it again; a snippet to paste; of a mistake its traceback."""
    from ...claims.record import replay
    from ...claims.record.sentences import sentence
    from ...claims.record.types import Stopped

    lines = [f"{claim.id} [{cell.name}] is {cell.verdict}, expected {claim.expected}: {cell.reason}"]
    for row in cell.rows:
        if not row.agrees and not row.defect:
            lines.append(f"  {sentence(row)}")
            if row.made or isinstance(row, Stopped):
                again = replay.command(evidence, claim.id, cell, case=replay.address(row))
                lines += [f"  replay: {again}", row.snippet or ""]
            if isinstance(row, Stopped) and row.traceback:
                lines.append(row.traceback)
    lines += [f"  survived: {w.name}: {w.excuse}" for w in cell.wrongs if not w.caught]
    lines += [f"  not shown: {x.name}" for x in cell.limits if not x.shown]
    return lines


def evidence_of(session: pytest.Session) -> Evidence:
    """The one run that serves all selected items, or the file that has one."""
    if RUN not in session.stash:
        from ...claims.engine import verification
        from ...claims.store import folder

        if results := session.config.getoption("--lecture-claims-results"):
            session.stash[RUN] = _recorded(session, Path(results))
            return session.stash[RUN]
        chosen = [item for item in session.items if isinstance(item, ClaimItem)]
        session.stash[RUN] = verification.verify(
            list(dict.fromkeys(i.claim for i in chosen)),
            backends=list(dict.fromkeys(i.backend for i in chosen)),
            lecture_folder=lecture_folder(session.config),
            way=verification.Way(store=folder.usable()),
        )
    return session.stash[RUN]


def _recorded(session: pytest.Session, path: Path) -> Evidence:
    """A recorded run that has all that is asked for; raises UsageError where it lacks something."""
    from ...claims.record import file
    from ...reference import libraries

    try:
        record = file.load(path)
    except file.BadEvidence as error:
        raise pytest.UsageError(str(error)) from None
    chosen = [item for item in session.items if isinstance(item, ClaimItem)]
    missing = {i.claim for i in chosen} - {c.id for c in record.claims}
    missing |= {libraries.label(i.backend) for i in chosen} - {*record.selection.backends}
    if missing or record.selection.partial or record.selection.dtypes or record.interrupted:
        why = f"has nothing of {min(missing)}" if missing else "is of a part of the lecture"
        raise pytest.UsageError(
            f"results={str(path)!r}: it {why}; run `lecture-claims verify --out DIR` without a selection"
        )
    return record
