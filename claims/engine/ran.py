"""What to run, and what ran, before the record is made of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...reference.libraries import label
from ..language.comparison import Comparison
from ..language.defects import Defect
from ..record.parts import CellFound, LibraryFound
from ..record.types import AnyRow, Claim, Detection

if TYPE_CHECKING:
    from .probing import Mistake


@dataclass(frozen=True)
class Selection:
    """What to run. Empty filters mean everything; ``point`` is the address of the one geometry of a sweep that runs."""

    claims: tuple[str, ...]
    backends: tuple[str, ...]
    dtypes: tuple[str, ...] = ()
    case: str = ""
    point: str = ""
    wrong: str = ""
    limit: str = ""
    seed: int = 0
    quick: bool = False

    @property
    def partial(self) -> bool:
        """Whether only a part of each claim runs, so that no full verdict can be given."""
        return bool(self.case or self.wrong or self.limit)


@dataclass(frozen=True)
class Unit:
    """The unit of work: a claim on one library in one dtype.

    mistakes: instead, what it makes of these mistakes, by their numbers; call: instead, one of its long calls, which says what it measures, by
    functions in the files of these places; given: what its long calls gave, by their digests.
    """

    claim: str
    backend: str
    dtype: str | None
    mistakes: tuple[int, ...] = ()
    asked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    measures: str = ""
    call: bytes = b""
    files: tuple[str, ...] = ()
    given: Mapping[bytes, bytes] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """“convolution.flip [torch float32]”; of a long call with what it measures."""
        cell = " ".join(filter(None, (label(self.backend), self.dtype)))
        whole = f"{'mistakes in ' if self.mistakes else ''}{self.claim} [{cell}]"
        return f"{whole} {self.measures}" if self.measures else whole


@dataclass
class Progress:
    """What a progress bar shows: called from the run's threads. planned: cells that are to be computed and their seconds, and how many are stored;
    added: units that came up; said: a line that the user should read; judged: a claim of which every cell is there now, and whether its verdict is the expected one; phase: what
    the run is at."""

    planned: Callable[[dict[Unit, float], int], None] = lambda todo, stored: None
    added: Callable[[dict[Unit, float]], None] = lambda todo: None
    started: Callable[[int, Unit], None] = lambda worker, unit: None
    finished: Callable[[int, Unit], None] = lambda worker, unit: None
    said: Callable[[str], None] = lambda line: None
    judged: Callable[[Claim, bool], None] = lambda claim, expected: None
    phase: Callable[[str], None] = lambda name: None


@dataclass
class Variant:
    """What one variant of a claim (the honest experiment, a wrong, a limit) did in one cell."""

    comparisons: list[Comparison] = field(default_factory=list)
    unsupported: set[str] = field(default_factory=set)
    """Operations that the library turned out not to have."""
    touched: Counter[str] = field(default_factory=Counter)
    """Recorded defect -> how many calls lie within its trigger."""
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Case -> the operations of the library that it asked for."""

    @property
    def rows(self) -> list[AnyRow]:
        return [c.row for c in self.comparisons]


@dataclass
class CellRun:
    """What ran in claim × library × dtype. absent, left_out: why nothing did."""

    claim: str
    backend: str
    dtype: str | None
    honest: Variant = field(default_factory=Variant)
    wrongs: dict[str, Variant] = field(default_factory=dict)
    limits: dict[str, Variant] = field(default_factory=dict)
    dropped: set[tuple[str, str]] = field(default_factory=set)
    """("wrong" or "limit", name) of those that need an operation which the library does not have."""
    unreproduced: list[str] = field(default_factory=list)
    unrepeatable: frozenset[str] = frozenset()
    figures: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    designs: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    absent: str = ""
    left_out: str = ""

    @property
    def broken(self) -> bool:
        """Whether a crash, a hang or an interruption is among what it saw: not an answer that will be the same again."""
        variants = (self.honest, *self.wrongs.values(), *self.limits.values())
        return any(row.outcome == "broken" for variant in variants for row in variant.rows)


@dataclass
class DefectRun:
    """Whether a record applied to this environment, and whether it reproduced (both halves: it departs, its neighbour does not)."""

    defect: Defect
    applies: bool
    departs: bool = False
    neighbour_holds: bool = False

    @property
    def reproduced(self) -> bool:
        return self.departs and self.neighbour_holds


@dataclass
class Run:
    """Everything that a run saw. probed: the mistakes that a run of the whole lecture makes; detections: claim → number of a mistake → what the claim makes of it; contradicted: names of cells that the store
    has otherwise; waiting: how many cells other shards have still to compute."""

    selection: Selection
    probed: Sequence[Mistake] = ()
    cells: list[CellFound] = field(default_factory=list)
    libraries: dict[str, LibraryFound] = field(default_factory=dict)
    detections: dict[str, dict[int, Detection]] = field(default_factory=dict)
    contradicted: list[str] = field(default_factory=list)
    interrupted: bool = False
    waiting: int = 0
