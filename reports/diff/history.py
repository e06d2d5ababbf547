"""The history of a lecture's verdicts: the records of a folder in the order of their dates, as data for the page.

Of each claim the verdicts of the runs one after another, equal ones in one step, and beside each step what is not the same
between the run before it and its first run: versions, the machine, the seed, what was asked for. Then the cells whose verdict
changed where no step says it, and the errors that grew, by the rule of `compare`, beside each what changed of its library.
Whether one of these is the cause is for a person to find out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace

from ...claims.record import file
from ...claims.record.file import BadEvidence
from ...claims.record.types import Cell, Claim, Evidence
from ..wording import environments, standing, words
from . import changes, comparing_cells
from .changes import Record, left_open

MOST = 100
"""Runs that the page shows, the latest; all are in the folder."""
MOST_FACTS = 12
"""Facts of the machine that are listed one by one."""


@dataclass(frozen=True)
class Run:
    """begun: to the minute, or as the record has it where that is no date. verdicts: by claim; a claim that a quick run left open has none here. changed: what is not the same as in the run before."""

    file: str
    begun: str
    seconds: float
    seed: int
    quick: bool
    interrupted: bool
    holds: int
    claims: int
    verdicts: Mapping[str, str]
    qualified: frozenset[str]
    changed: tuple[str, ...]
    here: bool


@dataclass(frozen=True)
class Move:
    """What cells of a claim had in one run and have no longer in the next that tells; earlier, later: the places of these two runs.

    versions: what changed of the cells' library between them.
    """

    claim: str
    cells: tuple[str, ...]
    earlier: int
    later: int
    before: Any
    after: Any
    versions: str


@dataclass(frozen=True)
class Step:
    """Runs one after another in which a claim had one verdict: the places of the first and the last, how many have a verdict of it.

    changed: what is not the same between the last run before that had a verdict of it and the first of these. moves: the cells
    whose verdict became this one between these two.
    """

    verdict: str
    qualified: bool
    first: int
    last: int
    runs: int
    changed: tuple[str, ...]
    moves: tuple[Move, ...]

    @property
    def cells(self) -> str:
        return words.cells(name for move in self.moves for name in move.cells) if self.moves else ""


@dataclass(frozen=True)
class History:
    """steps: by claim, in the order of the latest run; skipped: [(file, why it is not among the runs)]; earlier: runs left out.

    cells: verdicts of cells that changed where no step says it; errors: those that grew, of as many as were compared. Both the
    newest first.
    """

    FACTOR: ClassVar[float] = changes.FACTOR

    runs: tuple[Run, ...]
    steps: Mapping[str, tuple[Step, ...]]
    cells: tuple[Move, ...]
    errors: tuple[Move, ...]
    compared: int
    skipped: tuple[tuple[str, str], ...]
    earlier: int = 0

    @property
    def changed(self) -> dict[str, tuple[Step, ...]]:
        """The claims that have not had the same verdict throughout."""
        return {claim: steps for claim, steps in self.steps.items() if len(steps) > 1}

    @property
    def steady(self) -> dict[tuple[str, bool], list[str]]:
        """The other claims by their verdict, and whether it is qualified."""
        found: dict[tuple[str, bool], list[str]] = {}
        for claim, steps in self.steps.items():
            if len(steps) == 1:
                found.setdefault((steps[0].verdict, steps[0].qualified), []).append(claim)
        return found


def read(folder: Path, evidence: Evidence | None = None) -> History:
    """The history in a folder and the folders in it, with the evidence at hand as one run more unless it lies there too.

    A file that is no record of a whole run is skipped and named. Raises BadEvidence where the folder cannot be read or has no record.
    """
    given = f"history={str(folder)!r}"
    if not folder.is_dir():
        raise BadEvidence(f"{given}: no such folder; give a folder with the results.json files of earlier runs")
    paths = sorted(path for name in ("*.json", "*.json.gz") for path in (*folder.glob(name), *folder.glob(f"*/{name}")))
    found, skipped = list[Record](), list[tuple[str, str]]()
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            record = Record(name, _light(file.load(path)))
        except BadEvidence as error:
            skipped.append((name, error.why))
            continue
        if record.evidence.selection.partial:
            skipped.append((name, "only a part of each claim ran, so it has no verdicts"))
        elif again := next((r for r in found if r.evidence == record.evidence), None):
            skipped.append((name, f"the same run as {again.name}"))
        else:
            found.append(record)
    if not found:
        first = f" ({': '.join(skipped[0])})" if skipped else ""
        raise BadEvidence(
            f"{given}: {words.plural(len(paths), 'JSON file')} and no record of a whole run among them{first}; "
            "give a folder with the results.json files of earlier runs"
        )
    return of(found, skipped, evidence)


def of(found: list[Record], skipped: list[tuple[str, str]], evidence: Evidence | None = None) -> History:
    """The history of records that are at hand."""
    here = None
    if evidence is not None and not evidence.selection.partial:
        light = _light(evidence)
        here = next((r for r in found if r.evidence == light), None) or Record("", light)
        found = [*(r for r in found if r is not here), here]
    ordered = sorted(found, key=lambda r: (r.begun or datetime.min.replace(tzinfo=UTC), r.name))
    earlier = max(0, len(ordered) - MOST)
    ordered = ordered[earlier:]
    runs = [_run(r, ordered[i - 1] if i else None, here=r is here) for i, r in enumerate(ordered)]
    claims = dict.fromkeys(claim for run in reversed(runs) for claim in run.verdicts)
    moves = _verdicts(ordered)
    steps = {c: tuple(_steps(c, runs, ordered, [m for m in moves if m.claim == c])) for c in claims}
    said = {move for of_claim in steps.values() for step in of_claim for move in step.moves}
    cells = sorted((m for m in moves if m not in said), key=lambda m: -m.later)
    errors, compared = _errors(ordered)
    return History(tuple(runs), steps, tuple(cells), tuple(errors), compared, tuple(skipped), earlier)


def _light(evidence: Evidence) -> Evidence:
    """The same without what a history has no need of: a folder may hold a hundred records. Margins go too: NaN is not equal to itself."""

    def claim(one: Claim) -> Claim:
        cells = tuple(replace(x, rows=(), wrongs=(), limits=(), margin=None) for x in one.cells)
        return replace(one, cells=cells, figures={}, margin=None)

    return replace(
        evidence,
        lecture=replace(evidence.lecture, markdown="", scan="", sentences=()),
        claims=tuple(map(claim, evidence.claims)),
        sensitivity=(),
        volatile=replace(evidence.volatile, timings={}),
        texts=(),
    )


def _run(record: Record, before: Record | None, *, here: bool) -> Run:
    e = record.evidence
    told = [c for c in e.claims if not left_open(record, c)]
    return Run(
        file=record.name,
        begun=f"{record.begun:%Y-%m-%d %H:%M} UTC" if record.begun else e.volatile.begun,
        seconds=e.volatile.seconds,
        seed=e.seed,
        quick=e.selection.quick,
        interrupted=e.interrupted,
        holds=sum(c.verdict in standing.HOLDS for c in e.claims),
        claims=len(e.claims),
        verdicts={c.id: c.verdict for c in told},
        qualified=frozenset(c.id for c in told if c.qualified),
        changed=tuple(_between(before, record)) if before else (),
        here=here,
    )


def _steps(claim: str, runs: list[Run], ordered: list[Record], moves: list[Move]) -> Iterator[Step]:
    """A claim's verdicts, equal ones in one step; a run without a verdict of it is passed over."""
    told = [i for i, run in enumerate(runs) if claim in run.verdicts]
    words = [(runs[i].verdicts[claim], claim in runs[i].qualified) for i in told]
    begins = [k for k in range(len(told)) if not k or words[k] != words[k - 1]]
    for k, end in zip(begins, [*begins[1:], len(told)], strict=True):
        changed, mine = (), ()
        if k:
            changed = tuple(_between(ordered[told[k - 1]], ordered[told[k]]))
            if words[k][0] != words[k - 1][0]:
                this = (told[k - 1], told[k], words[k][0])
                mine = tuple(m for m in moves if (m.earlier, m.later, m.after) == this)
        yield Step(*words[k], first=told[k], last=told[end - 1], runs=end - k, changed=changed, moves=mine)


# --- the cells ---------------------------------------------------------------------------------------------------------

Sort = Callable[[Record, Claim, Cell], Any]


def _pairs(ordered: list[Record], sort: Sort) -> Iterator[tuple[int, int, str, Cell, Cell]]:
    """Each cell with the same one of the last run before: the places of the two runs, claim, both cells.

    Only cells of one sort go together; one whose sort is None is passed over.
    """
    latest: dict[Any, tuple[int, Cell]] = {}
    for later, record in enumerate(ordered):
        for claim in record.evidence.claims:
            for new in claim.cells:
                if (of := sort(record, claim, new)) is None:
                    continue
                key = (claim.id, new.name, of)
                if key in latest:
                    earlier, old = latest[key]
                    yield earlier, later, claim.id, old, new
                latest[key] = later, new


def _verdicts(ordered: list[Record]) -> list[Move]:
    """Verdicts of cells that changed, the same of several cells once; a cell that a quick run left open is passed over."""
    found: dict[Any, list[str]] = {}
    for earlier, later, claim, old, new in _pairs(ordered, lambda *where: None if left_open(*where) else "told"):
        if old.verdict != new.verdict:
            versions = _versions(new.backend, ordered[earlier], ordered[later])
            found.setdefault((claim, earlier, later, old.verdict, new.verdict, versions), []).append(new.name)
    return [Move(claim, tuple(names), *rest) for (claim, *rest), names in found.items()]


def _errors(ordered: list[Record]) -> tuple[list[Move], int]:
    """The largest errors ÷ bound that grew, and how many were compared: of runs with one seed, for another draws other inputs."""
    found, compared = [], 0
    for earlier, later, claim, old, new in _pairs(ordered, _seed):
        compared += 1
        before, after = ordered[earlier], ordered[later]
        for change in comparing_cells.errors(changes.Terms.of(before, after), old, new):
            if change.after > change.before:
                versions = _versions(new.backend, before, after)
                found.append(Move(claim, (new.name,), earlier, later, change.before, change.after, versions))
    return sorted(found, key=lambda m: (-m.later, -m.after)), compared


def _seed(record: Record, _: Claim, cell: Cell) -> int | None:
    """The seed of a cell that has an error."""
    return None if cell.worst_ratio is None else record.evidence.seed


def _versions(library: str, before: Record, after: Record) -> str:
    machines = before.evidence.environment, after.evidence.environment
    return changes.of_library(library, environments.versions(*machines))


# --- what is not the same ----------------------------------------------------------------------------------------------


def _between(before: Record, after: Record) -> Iterator[str]:
    """What is not the same between two runs, in words."""
    old, new = before.evidence, after.evidence
    yield from map(str, environments.versions(old.environment, new.environment))
    if old.tool.version != new.tool.version and "lecture-claims" not in old.environment.packages:
        yield f"lecture-claims {old.tool.version} → {new.tool.version}"
    if old.seed != new.seed:
        yield f"seed {old.seed} → {new.seed}"
    yield from _asked_for("libraries", old.selection.backends, new.selection.backends)
    yield from _asked_for("dtypes", old.selection.dtypes, new.selection.dtypes)
    if new.selection.quick != old.selection.quick:
        yield "quick" if new.selection.quick else "no longer quick"
    facts = [*environments.machine(old.environment, new.environment)]
    for fact in facts[:MOST_FACTS]:
        name = fact.name if fact.part == environments.HERE else f"{fact.part}: {fact.name}"
        yield f"{name}: {words.value(fact.before)} → {words.value(fact.after)}"
    if len(facts) > MOST_FACTS:
        yield f"and {words.plural(len(facts) - MOST_FACTS, 'other fact')} of the machine"


def _asked_for(what: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    if {*was} != {*now}:
        yield f"{what} asked for: {', '.join(was) or 'all'} → {', '.join(now) or 'all'}"
