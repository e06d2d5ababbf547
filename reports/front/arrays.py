"""Commands about a user's own arrays: ``adjudicate | operations``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from .. import formats

if TYPE_CHECKING:
    from ...reference.operators.catalogue import Operation

out = Console(width=None if sys.stdout.isatty() else 140, markup=False)

Framework = Annotated[
    str, typer.Option(help="torch, tensorflow, keras or onnx: whose defaults and orders of axes are meant.")
]


def adjudicate(
    case: Annotated[Path, typer.Argument(help="input.<name>, output.<library>, parameters.", metavar="CASE.npz")],
    operation: Annotated[str, typer.Option("--op", help="conv2d, linear, softmax, …: see `operations`.")],
    framework: Framework = "",
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write a page with pictures there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON and nothing else.")] = False,
) -> None:
    """Rounding or bug? Judge libraries' outputs for your own arrays against the exact result."""
    from ...claims import adjudication
    from . import terminal

    inputs, outputs, parameters = adjudication.read(case)
    parameters |= {"framework": framework} if framework else {}
    asked = adjudication.case(operation, inputs=inputs, outputs=outputs, parameters=parameters)
    if out_file is not None:
        formats.writable_file(out_file)
    found = adjudication.judge(asked)
    if out_file is not None:
        from ..page import adjudication as page

        formats.put(page.html(found), out_file)
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        terminal.adjudication(out, found)
        if out_file is not None:
            out.print(f"Page: {out_file}", soft_wrap=True)
    raise typer.Exit(0 if found.within else 1)


def operations(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="One of them: its parameters, with what others call them.")
    ] = "",
) -> None:
    """The operations that `adjudicate` knows: their inputs with axes, their parameters, their results."""
    from ...reference.operators import catalogue

    if name:
        _one(catalogue.find(name))
        return
    out.print("*: must be given, ?: may be left out; N batch, C channels, O and I output and input, K classes")
    for one in catalogue.OPERATIONS.values():
        _line(one)
    out.print("`lecture-claims operations NAME` says what values each parameter takes, and what frameworks call it.")


def _line(one: Operation) -> None:
    from ...reference.operators import catalogue

    aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
    out.print(Text(f"{one.name}{aliases}", "bold"), Text(f"{one.says}"), soft_wrap=True)
    inputs = " ".join(f"{name}[{one.axes(name)}]{'?' if one.optional(name) else ''}" for name in one.arrays)
    given = {name: default is catalogue.REQUIRED for name, (default, _) in one.parameters.items()}
    parameters = " ".join(name + "*" * required for name, required in given.items())
    results = " ".join(f"{name}[{one.axes(name)}]" for name in one.results)
    out.print(Text(f"  {inputs}{'; ' if parameters else ''}{parameters} → {results}"), soft_wrap=True)


def _one(one: Operation) -> None:
    from ...claims.adjudication import words
    from ...reference.operators import catalogue, names

    _line(one)
    for name, (default, parse) in one.parameters.items():
        must = "must be given" if default is catalogue.REQUIRED else f"{default!r} where it is left out"
        out.print(Text(f"{name}: {names.MEANINGS[name]}", "bold"), soft_wrap=True)
        out.print(f"  values: {parse.__doc__}; {must}", soft_wrap=True)
        if called := words.called(one, name):
            out.print(f"  elsewhere: {', '.join(called)}", soft_wrap=True)
