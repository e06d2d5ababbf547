"""The commands about a lecture of one's own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ....reference.refusal import Refused


def _heeded(context: Any, folder: Path | None) -> Path | None:
    """The lecture's folder, after a word on what it is."""
    if folder is not None and not context.resilient_parsing:
        from . import known

        known.heed(folder, yes=bool(context.params.get("yes")))
    return folder


Folder = Annotated[
    Path | None, typer.Option("--lecture", help="A lecture folder of your own.", metavar="DIR", callback=_heeded)
]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick", help="A first look: six seeds of each kind, on one framework, and a few geometries of each sweep."
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        is_eager=True,
        envvar="LECTURE_CLAIMS_YES",
        help="Run a lecture's code that has not run here before, unasked.",
    ),
]


def written(folder: Path | None) -> None:
    """What a command wrote into a lecture is no strange code."""
    if folder is not None:
        from . import known

        known.remember(folder)


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


def watch(
    claims: Annotated[list[str] | None, typer.Argument(help="Ids or glob patterns; none: the whole lecture.")] = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="A library, or a Python file with operations of your own; repeatable.")
    ] = None,
    dtype: Annotated[list[str] | None, typer.Option(help="float32 or float64; repeatable.")] = None,
    quick: Quick = False,
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the reports go.")] = Path("report"),
    lecture_folder: Folder = None,
    yes: Yes = False,
) -> None:
    """Verify what changed whenever a file of the lecture changes, and keep a page open on it: DIR/watch.html."""
    from ... import formats
    from . import known
    from . import watch as watching

    home = (lecture_folder or known.OWN).resolve()
    if not (home / "lecture.md").is_file():
        raise Refused(f"lecture={str(home)!r}: lecture.md is missing; give the folder of a lecture")
    formats.writable(out_folder)
    options = [*(claims or ()), *(["--quick"] if quick else []), "--yes"]
    options += [word for name in backend or () for word in ("--backend", name)]
    options += [word for name in dtype or () for word in ("--dtype", name)]
    options += ["--lecture", str(lecture_folder)] if lecture_folder else []
    files = [Path(name).resolve() for name in backend or () if name.endswith(".py")]
    with contextlib.suppress(KeyboardInterrupt):
        for line in watching.watch(options, home, files, out_folder.resolve()):
            typer.echo(line)
