"""What is computed by itself, stored, and put together to the record: a cell, a library as it is here, what a claim makes of mistakes,
and the long calls that cells wait for."""

from __future__ import annotations

from typing import Any

from msgspec import field

from .types import Cell, Computed, Defect, Design, Detection, LibraryFacts, Part


class CellFound(Part, kw_only=True):
    """A claim on one library in one dtype.

    not_repeated, timings: what is not the same twice; asked: the library's operations that each case asked for; refuted: the honest experiment is,
    so that it would seem to see every mistake; broken: the library crashed or hung here, which may go otherwise the next time.
    """

    claim: str
    cell: Cell
    designs: dict[str, Design] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    not_repeated: tuple[str, ...] = ()
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refuted: bool = False
    broken: bool = False
    seconds: float = 0.0
    computed: Computed


class LibraryFound(Part, kw_only=True):
    """A library as it is on this machine, and which of its recorded defects showed."""

    facts: LibraryFacts
    defects: tuple[Defect, ...] = ()
    import_seconds: float = 0.0


class MistakesSeen(Part, kw_only=True):
    """What a claim makes of mistakes of a library, each by its name and the digest of its sources."""

    detections: dict[str, Detection]
    broken: bool = False
    seconds: float = 0.0


class Wanted(Part, kw_only=True):
    """A call that a cell waits for: its name with its seeds, the library that is to make it, the call as a library's process is sent it, and the
    files that its functions are in, by their places."""

    name: str
    backend: str
    digest: bytes
    call: bytes
    files: tuple[str, ...] = ()


class Measured(Part, kw_only=True):
    """What such a call gave, as it came from the library's process."""

    outcome: bytes
    broken: bool = False
    seconds: float = 0.0


class Answer(Part, kw_only=True):
    """What a judge sends: what it was asked for, or what it must have first; and the library's facts where it had to be started for it."""

    cell: CellFound | None = None
    seen: MistakesSeen | None = None
    measured: Measured | None = None
    waits: tuple[Wanted, ...] = ()
    library: LibraryFound | None = None
