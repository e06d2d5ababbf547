"""The commands about a lecture of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class New(TyperGroup):
    """``new my-lecture`` is ``new lecture my-lecture``."""

    def meant(self, args: list[str]) -> list[str]:
        """A name that is no command's is a lecture's, if no second one follows."""
        alone = args and args[0] not in [*self.commands, "--help"] and all(word.startswith("-") for word in args[1:2])
        return ["lecture", *args] if alone else args

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, self.meant(args))


def new_lecture(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    notes: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.md", help="Your notes: every sentence gets an id.")
    ] = None,
) -> None:
    """A lecture of your own that verifies at once, from your notes or from nothing; says what to do next."""
    from . import folder as writing

    for line in writing.write(folder, notes):
        typer.echo(line)
