"""What Tab completes: the names that arguments and options of the command line take. Typer writes the scripts for the shells."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import typer

from ...reference.refusal import Refused
from .. import formats

PROGRAM = "lecture-claims"
ASKED = "_LECTURE_CLAIMS_COMPLETE"
"""The variable by which a shell asks for names."""
SHELLS = ("bash", "fish", "zsh")


def script(command: Any, shell: str) -> int:
    """Print what a shell is to read once; Typer's exit code. Raises Refused for a shell that is not known."""
    if shell not in SHELLS:
        raise Refused(f"shell={shell!r}: no such shell is known; there is {', '.join(SHELLS)}")
    from typer import completion

    completion.get_completion_inspect_parameters()  # which tells Typer the shells
    return completion.shell_complete(command, {}, PROGRAM, ASKED, f"source_{shell}")


def prepare() -> None:
    """Tell Typer the shells, where one of them asks."""
    if ASKED in os.environ:
        from typer import completion

        completion.get_completion_inspect_parameters()


def claims(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of the claims, of the lecture that is named before."""
    from ...claims import contents

    try:
        return _beginning(incomplete, contents.read(ctx.params.get("lecture_folder")).ids)
    except Refused:
        return []


def operations(incomplete: str) -> list[str]:
    """Operations and what others call them."""
    from ...reference.operators import catalogue

    return _beginning(incomplete, (name for one in catalogue.OPERATIONS.values() for name in (one.name, *one.aliases)))


def libraries(incomplete: str) -> list[str]:
    from ...reference import libraries

    return _beginning(incomplete, libraries.every())


def frameworks(incomplete: str) -> list[str]:
    from ...reference import libraries

    return _beginning(incomplete, libraries.conventions())


def report_formats(incomplete: str) -> list[str]:
    return _beginning(incomplete, (*formats.names(), "terminal"))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
