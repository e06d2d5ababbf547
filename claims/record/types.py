"""The record: what a run saw, as types. Its JSON, ``results.json``, is the product; every report is a view of it.

Only what cannot be derived is stored: a row's sentence (:mod:`.sentences`) and the command that runs it again (:mod:`.replay`) are not.
Everything but ``volatile`` is the same, byte for byte, for the same seed, versions and machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

SCHEMA = "lecture-claims/results/2"

if TYPE_CHECKING:
    from builtins import float as Real
    from builtins import str as Text
else:

    class Text(str):
        """A text that many members share: the file has its number in the list ``texts``."""

        __slots__ = ()

    class Real(float):
        """A number; JSON lacks infinities and NaN, so the file has them as the words "inf", "-inf" and "nan"."""

        __slots__ = ()


Verdict = Literal["verified", "supported", "disputed", "not supported", "inconclusive", "refuted", "error"]
CellVerdict = Literal[
    "verified", "supported", "disputed", "not supported", "inconclusive", "refuted", "error", "absent", "unsupported"
]
OutcomeKind = Literal["value", "raised", "absent", "unsupported", "broken", "error"]
Side = Literal["above", "below", "within"]
Role = Literal["effect", "control", "reversal", "caution"]
Speaks = Literal["", "for", "against"]
Detection = Literal["seen", "blind", "stopped", "cannot be made"]


class Part(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all parts of the record are: strict when read, and without what has its default when written."""


# --- comparisons -------------------------------------------------------------------------------------------------------


class Found(Part, kw_only=True):
    """What a search found: the smallest counterexample, what is so instead there, or the nearest neighbour at which the sentence holds.

    symbols: the point, in the lecture's symbols; how: in what order it was searched.
    """

    role: Literal["smallest", "instead", "neighbour"]
    symbols: dict[str, Any]
    how: Text = ""


class Departure(Part, kw_only=True):
    """One departing geometry of a sweep: its address, as ``--case`` takes it after the slash, and what was seen there."""

    address: str
    says: str


class Row(Part, kw_only=True, tag_field="kind"):
    """One comparison.

    case, label: what was compared; source: where the expected value comes from.
    made: false where there was no value to compare, or these inputs leave no bound: it tells neither for nor against.
    outcome: what came back; "error" where the experiment itself failed.
    ratio: worst error ÷ allowed error, at most 1 where it agrees; of bits and facts 0 or infinite.
    elements, differing: numbers compared, and those outside what is allowed; null where they are not the same twice.
    where, got, wanted, ulp: index, values and error in units in the last place at the worst element.
    shape: whether it departs in shape or dtype only. must_fail: in a limit, whether it is the literal sentence, which must not hold.
    defect: the recorded defect that this departure belongs to; spared: the one within whose trigger it agrees all the same.
    snippet: a stand-alone script that makes the call again.
    """

    label: Text
    case: Text = ""
    source: Text = ""
    agrees: bool = True
    made: bool = True
    outcome: OutcomeKind = "value"
    ratio: Real = 0.0
    elements: int = 1
    differing: int | None = 0
    where: tuple[int, ...] | None = None
    got: Any = None
    wanted: Any = None
    ulp: Real | None = None
    shape: bool = False
    note: Text = ""
    must_fail: bool = False
    defect: str = ""
    spared: str = ""
    found: Found | None = None
    snippet: str | None = None

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)


class Bits(Row, kw_only=True, tag="bits"):
    """Every bit equal."""


class Within(Row, kw_only=True, tag="within"):
    """Within a bound: ``allowed`` at the worst element, to six digits, with its derivation; measured: an empirical bound, not a derived one."""

    allowed: Real | None = None
    derivation: Text = ""
    measured: bool = False


class Fact(Row, kw_only=True, tag="fact"):
    """A plain fact: a count, a name, a shape, an error raised."""


class Gate(Row, kw_only=True, tag="gate"):
    """A gate on an effect over seeds, stated before the run, and what was measured on one group of seeds.

    estimate, low, high: the effect and its interval; positive: seeds above no effect; missing: seeds without a finite number;
    sign_p, wilcoxon_p: two-sided tests, null where an arm stands alone; undecided: not met, but the interval is too wide to say that it fails;
    speaks: the side that it speaks for, where a sentence has two.
    """

    gate: str
    effect: str
    group: Literal["first", "fresh"]
    measure: Literal["ratio", "difference"]
    side: Side
    bounds: tuple[Real, ...]
    estimate: Real
    low: Real
    high: Real
    seeds: int
    positive: int
    missing: int = 0
    sign_p: Real | None = None
    wilcoxon_p: Real | None = None
    undecided: bool = False
    speaks: Speaks = ""


class Sweep(Row, kw_only=True, tag="sweep"):
    """Many geometries as one comparison; ``departures`` are the first of those that depart, smallest first.

    of: what was compared at each; geometries: how many, null where it is not the same twice; allowed, derivation, measured: as of one within a bound.
    """

    of: Literal["bits", "within", "fact"]
    geometries: int | None
    departures: tuple[Departure, ...] = ()
    allowed: Real | None = None
    derivation: Text = ""
    measured: bool = False


class Stopped(Row, kw_only=True, tag="stopped"):
    """The experiment ended before its end: the library gave no value (outcome), or the experiment itself failed ("error"); ``note`` says why.

    traceback: of a mistake in the experiment, whole.
    """

    traceback: str = ""


AnyRow = Bits | Within | Fact | Gate | Sweep | Stopped


# --- cells and claims --------------------------------------------------------------------------------------------------


class WrongFound(Part, kw_only=True):
    """What became of a wrong in a cell: whether it was caught, by how many of the comparisons made; ``worst``: the clearest refutation;
    excuse: why it was not caught."""

    name: Text
    caught: bool
    by: int
    of: int
    worst: AnyRow | None = None
    excuse: str = ""


class LimitFound(Part, kw_only=True):
    """What became of a limit in a cell: whether it was shown, and its comparisons."""

    name: Text
    shown: bool
    rows: tuple[AnyRow, ...]


class Cell(Part, kw_only=True):
    """A claim on one library in one dtype (null where the claim has none).

    rule, reason: the rule of :mod:`.verdicts` that decided, and its sentence; the library takes no part if absent or unsupported.
    comparisons, elements: made, each geometry of a sweep counted; worst_ratio: the largest of those that agree, without gates.
    margin: smallest of the wrongs' largest ratios ÷ largest honest ratio; in_part: what of the claim was not tested here.
    calls_within_defects: by recorded defect, how many calls its trigger covers.
    """

    backend: str
    dtype: str | None
    verdict: CellVerdict
    rule: str
    reason: str
    comparisons: int
    elements: int
    worst_ratio: Real | None
    margin: Real | None
    in_part: tuple[str, ...] = ()
    calls_within_defects: dict[str, int] = {}
    rows: tuple[AnyRow, ...] = ()
    wrongs: tuple[WrongFound, ...] = ()
    limits: tuple[LimitFound, ...] = ()

    @property
    def name(self) -> str:
        """“torch float32”."""
        return f"{self.backend} {self.dtype or ''}".strip()


class LimitSaid(Part, kw_only=True):
    """A limit as the claim states it; as_worded: it is a plain reading of the sentence, which fails here."""

    name: str
    says: str
    as_worded: bool = False


class StatedGate(Part, kw_only=True):
    """A gate as it was stated: the effect's whole interval must lie on a side of its bounds."""

    name: str
    effect: str
    side: Side
    bounds: tuple[Real, ...]
    basis: str = ""
    role: Role = "effect"
    speaks: Speaks = ""


class Design(Part, kw_only=True):
    """What a statistical design stated before any of its arms ran: version and SHA-256 of all that it states, seeds of each experiment,
    the first of the first and of the fresh seeds, and the gates."""

    version: int
    digest: str
    seeds: dict[str, int]
    quick: bool
    start: dict[str, int]
    gates: tuple[StatedGate, ...]


class Claim(Part, kw_only=True):
    """An assertion made precise, with its verdict and its evidence.

    sentence, says: id and words of the lecture's sentence; instead: what should stand there, each qualification as {words|the limit that asks for it}; expected: the verdict that its author declares, which no rule reads.
    qualified: it holds in a narrower scope than the sentence's words, with the limits shown; fails_as_worded: names of limits that are plain
    readings of the sentence and failed wherever they were tried; waits_for_statistics: its statistical part ran on no library.
    ranges: how far each size of a sweep ran. figures: data for pictures, by name, then by cell; pictures: names of those that need no data.
    """

    id: str
    sentence: str
    says: str
    statement: str
    instead: str = ""
    scope: str
    kind: str
    premises: tuple[str, ...]
    sources: tuple[str, ...]
    notes: str
    finding: str
    file: str
    expected: Verdict
    verdict: Verdict
    rule: str
    reason: str
    qualified: bool
    margin: Real | None
    fails_as_worded: tuple[str, ...] = ()
    waits_for_statistics: bool = False
    ranges: dict[str, int] = {}
    limits: tuple[LimitSaid, ...] = ()
    cells: tuple[Cell, ...]
    designs: dict[str, Design] = {}
    figures: dict[str, dict[str, Any]] = {}
    pictures: tuple[str, ...] = ()


# --- the lecture, the machine, the run ---------------------------------------------------------------------------------


class Tool(Part, kw_only=True):
    """What wrote the record."""

    name: str
    version: str


class Selection(Part, kw_only=True):
    """What was asked to run; empty: all. partial: no full verdict can be given; quick: statistics on a few seeds only."""

    claims: tuple[str, ...]
    backends: tuple[str, ...]
    dtypes: tuple[str, ...] = ()
    case: str = ""
    wrong: str = ""
    limit: str = ""
    partial: bool = False
    quick: bool = False


class LibraryFacts(Part, kw_only=True):
    """What a library says of itself; absent or error: why it took no part; file: of one of the user's own, its path."""

    file: str = ""
    absent: str = ""
    error: str = ""
    versions: dict[str, str] = {}
    facts: dict[str, Any] = {}


class Environment(Part, kw_only=True):
    """The machine and the software."""

    python: str
    implementation: str
    system: str
    machine: str
    cpu: str
    cores: int
    cpu_features: tuple[str, ...]
    packages: dict[str, str]
    backends: dict[str, LibraryFacts]


class ClaimNamed(Part, kw_only=True):
    """A claim of the ledger; written: whether it has an experiment."""

    id: str
    written: bool


class Reading(Part, kw_only=True):
    """An uncertain reading of the scan: where, its words, and the words that were taken for them."""

    place: str
    scan: str
    taken: str


class Sentence(Part, kw_only=True):
    """A sentence of the lecture: its claims, those of others that test it too, or its disposition with the reason."""

    id: str
    text: str
    claims: tuple[ClaimNamed, ...] = ()
    see: tuple[str, ...] = ()
    disposition: Literal["", "definition", "not testable"] = ""
    reason: str = ""
    reading: Reading | None = None


class Lecture(Part, kw_only=True):
    """The lecture, so that reports need nothing else. folder: where it lies; empty: the product's own."""

    title: str
    markdown: str
    scan: str
    sentences: tuple[Sentence, ...]
    unaccounted: tuple[str, ...] = ()
    folder: str = ""


class Premises(Part, kw_only=True):
    """What a claim rests on; untested: without evidence in this run; sand: those, also further down, that do not hold."""

    claim: str
    uses: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    sand: tuple[str, ...] = ()


class Sensitivity(Part, kw_only=True):
    """One mistake of a library, and what each claim that asks for the operation makes of it; origin: the claim among whose wrongs it is, or
    "a known mistake"."""

    name: str
    operations: tuple[str, ...]
    origin: str
    seen: bool
    claims: dict[str, Detection]


class Defect(Part, kw_only=True):
    """A library's own departure from the exact result, recorded by a person, and whether it reproduced in this run."""

    id: str
    backend: str
    versions: str
    title: str
    explanation: str
    condition: str
    cpu_features: tuple[str, ...]
    repeatable: bool
    reports: tuple[str, ...]
    applies: bool
    departs: bool
    neighbour_holds: bool
    reproduced: bool
    snippet: str | None
    neighbour_says: str
    neighbour_snippet: str | None


class Counts(Part, kw_only=True):
    """Sums over all that ran; claims: how many have each verdict."""

    claims: dict[Verdict, int]
    holds: int
    qualified: int
    cells: int
    cells_taking_no_part: int
    comparisons: int
    elements: int
    wrongs: int
    wrongs_caught: int
    limits: int
    limits_shown: int


class Computed(Part, kw_only=True):
    """When (UTC) and on which machine a cell was computed; stored: in an earlier run, whose answer this one took from the store."""

    at: str
    on: Text
    stored: bool = False


class Volatile(Part, kw_only=True):
    """What is not the same twice: the date (UTC), seconds, what a clock or a meter said, what a library does not repeat; by "claim [cell]".

    computed: when and where each cell was; broken: cells in which a library crashed or hung, which may go otherwise the next time; contradicted:
    cells that were computed again and are not what the store has of them.
    """

    begun: str
    seconds: float
    import_seconds: dict[str, float] = {}
    cell_seconds: dict[str, float] = {}
    not_repeated: dict[str, tuple[str, ...]] = {}
    timings: dict[str, dict[str, Any]] = {}
    computed: dict[str, Computed] = {}
    broken: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()


class Evidence(Part, kw_only=True):
    """Everything that a run saw. success: every verdict is the expected one, and every recorded defect that applies reproduced."""

    schema: Literal["lecture-claims/results/2"] = msgspec.field(default=SCHEMA)
    tool: Tool
    seed: int
    selection: Selection
    interrupted: bool
    environment: Environment
    lecture: Lecture
    claims: tuple[Claim, ...]
    premises: tuple[Premises, ...]
    sensitivity: tuple[Sensitivity, ...]
    defects: tuple[Defect, ...]
    counts: Counts
    success: bool
    volatile: Volatile
    texts: tuple[str, ...] = ()
