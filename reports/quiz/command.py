"""The command ``lecture-claims quiz``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import formats


def quiz(
    results: Annotated[Path, typer.Argument(help="The results.json of a run.", metavar="[RESULTS]")] = Path(
        "reports/latest/results.json"
    ),
    key: Annotated[bool, typer.Option("--key", help="The key of the same sheet, in place of the sheet.")] = False,
    questions: Annotated[
        int | None, typer.Option(help="How many sentences are asked about; default: 12, or all where there are fewer.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number draws other questions.")] = 0,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="A page to print (.html), or Markdown (.md). Default: standard output."
        ),
    ] = None,
) -> None:
    """A quiz of the lecture's sentences, or its key: do they hold, and what comes out of an input? All of it from the record."""
    from ...claims.record import file
    from . import sheet

    suffix = sheet.suffix(out_file)
    if out_file is not None:
        formats.writable_file(out_file)
    made = sheet.made(file.load(results), number=questions, seed=seed, key=key, suffix=suffix)
    if out_file is None:
        typer.echo(made, nl=False)
    else:
        formats.put(made, out_file)
