"""The progress of a run in a terminal: one line for each library at work."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Rich

from ...claims.engine.ran import Progress
from ...reference import libraries


class Bar:
    """Rich's progress bar: of each library the experiment's name and the calls made of it."""

    def __init__(self, console: Console, *, silent: bool) -> None:
        self._tasks: dict[str, Any] = {}
        self._rich = Rich(
            SpinnerColumn(),
            TextColumn("{task.fields[library]:<12}"),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} calls"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=silent or not console.is_terminal,
        )
        self.progress = Progress(self._started, self._advanced, self._finished)

    def __enter__(self) -> Bar:
        self._rich.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._rich.stop()

    def _started(self, backend: str, claim: str) -> None:
        if backend not in self._tasks:
            self._tasks[backend] = self._rich.add_task(claim, total=1, library=libraries.label(backend))
        self._rich.reset(self._tasks[backend], description=claim, total=1, completed=0)

    def _advanced(self, backend: str, begun: int, total: int) -> None:
        if backend in self._tasks:
            self._rich.update(self._tasks[backend], total=max(1, total), completed=begun)

    def _finished(self, backend: str, claim: str) -> None:
        self._rich.update(self._tasks[backend], completed=1, total=1)
