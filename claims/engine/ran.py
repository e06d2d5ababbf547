"""What a run did, before the record is made of it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..language.comparison import Comparison
from ..language.defects import Defect
from ..record.types import AnyRow, Detection

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


@dataclass
class Progress:
    """What a progress bar shows: called from the run's threads."""

    started: Callable[[str, str], None] = lambda backend, claim: None
    advanced: Callable[[str, int, int], None] = lambda backend, begun, total: None
    finished: Callable[[str, str], None] = lambda backend, claim: None


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
    """Everything that a run saw.

    operations: every name that an operation has anywhere; probed: the mistakes that a run of the whole lecture makes; detections: claim → number of a mistake → what the claim makes of it.
    """

    selection: Selection
    operations: frozenset[str] = frozenset()
    cells: list[CellRun] = field(default_factory=list)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    defects: list[DefectRun] = field(default_factory=list)
    import_seconds: dict[str, float] = field(default_factory=dict)
    probed: list[Mistake] = field(default_factory=list)
    detections: dict[str, dict[int, Detection]] = field(default_factory=dict)
    interrupted: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
