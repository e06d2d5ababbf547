"""The progress of a run in a terminal: the phase, cells done and left, the time left by recorded times, what each process is at, and each claim's
verdict as it comes.

Where there is no terminal, a plain line now and then, and the verdicts of a run that is long.
"""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Rich
from rich.text import Text

from ...claims.engine.ran import Progress, Unit
from ...claims.record.types import Claim
from ..wording import standing, summary
from .terminal import STYLE, UNEXPECTED

EVERY = 30.0
"""Seconds between two plain lines."""


class OneBar(BarColumn):
    """The bar of the whole; a process has its line without one."""

    def render(self, task: Any) -> Any:
        return super().render(task) if task.fields.get("whole") else Text("")


class Bar:
    """The cells of a run, and below them a line for each process."""

    def __init__(self, console: Console, *, silent: bool, quick: bool = False) -> None:
        self._quick, self._console, self._silent, self._live = (
            quick,
            console,
            silent,
            console.is_terminal and not silent,
        )
        self._rich = Rich(
            TextColumn("{task.description:<46.46}", markup=False),
            OneBar(12),
            TextColumn("{task.fields[left]:>18}"),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._whole: Any = None
        self._lines: dict[int, Any] = {}
        self._left: dict[Unit, float] = {}
        self._count, self._done, self._said = 0, 0, time.monotonic()
        self._long, self._phase = False, ""
        self.progress = Progress(
            self._planned, self._added, self._started, self._finished, self.say, self._judged, self._begun
        )

    def __enter__(self) -> Bar:
        self._rich.start()
        self._whole = self._rich.add_task("Reading the lecture", total=None, left="", whole=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._rich.stop()

    def say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)

    def _begun(self, phase: str) -> None:
        self._phase = phase
        self._rich.update(self._whole, description=phase, total=None, left="")

    def _judged(self, claim: Claim, expected: bool) -> None:
        if self._silent or not (self._live or self._long):
            return
        look = standing.drawn(claim)
        quick = ", quick" * (self._quick and standing.cut_short(claim))
        line = f"{standing.SIGN[look]} {claim.id}: {summary.marks(claim)}{quick}{UNEXPECTED * (not expected)}"
        self._console.print(Text(line if expected else f"{line}: {claim.reason}", STYLE[look]), soft_wrap=True)

    def _planned(self, todo: dict[Unit, float], stored: int) -> None:
        self._left, self._count, self._done = dict(todo), len(todo), 0
        self._show()
        self._long = sum(todo.values()) > EVERY
        if self._long and not self._live and not self._silent:
            self._console.print(f"{len(todo)} cells to compute, {stored} stored")

    def _added(self, todo: dict[Unit, float]) -> None:
        self._left |= todo

    def _started(self, process: int, unit: Unit) -> None:
        if process not in self._lines:
            self._lines[process] = self._rich.add_task("", total=None, left="")
        self._rich.update(self._lines[process], description=f"  {unit.name}")

    def _finished(self, process: int, unit: Unit) -> None:
        self._left.pop(unit, None)
        self._done += not unit.call
        self._show()
        if not self._live and not self._silent and time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            self._console.print(f"{self._done} of {self._count} cells, {self._time_left()}")

    def _show(self) -> None:
        self._rich.update(
            self._whole,
            description=f"{self._phase}: {self._done} of {self._count} cells",
            completed=self._done,
            total=max(1, self._count),
            left=self._time_left(),
        )

    def _time_left(self) -> str:
        """By the times of earlier runs, shared among the processes at work."""
        seconds = sum(self._left.values()) / max(1, len(self._lines))
        return f"about {seconds / 60:.0f} min left" if seconds > 90 else f"about {seconds:.0f} s left"
