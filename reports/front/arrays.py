"""Commands about a user's own arrays: ``adjudicate | tolerance | operations``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...reference.refusal import Refused
from .. import completion, formats

if TYPE_CHECKING:
    from ...reference.operators.catalogue import Operation

out = Console(width=None if sys.stdout.isatty() else 140, markup=False)
err = Console(stderr=True, markup=False)

Framework = Annotated[
    str,
    typer.Option(
        help="torch, tensorflow, keras or onnx: whose defaults and orders of axes are meant.",
        autocompletion=completion.frameworks,
    ),
]


def adjudicate(
    case: Annotated[Path, typer.Argument(help="input.<name>, output.<library>, parameters.", metavar="CASE.npz")],
    operation: Annotated[
        str,
        typer.Option(
            "--op", help="conv2d, linear, softmax, …: see `operations`.", autocompletion=completion.operations
        ),
    ],
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
    with terminal.at_work(err, f"{asked.operation.name}: judged, and what is outside tried on each known mistake"):
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
    raise typer.Exit(found.exit_code)


def tolerance(
    operation: Annotated[
        str,
        typer.Argument(
            help="conv2d, linear, softmax, …: see `operations`.",
            metavar="OPERATION",
            autocompletion=completion.operations,
        ),
    ],
    case: Annotated[
        Path | None, typer.Option(metavar="CASE.npz", help="Your own arrays: input.<name>, parameters.")
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SIZES", help="Of an array to be drawn, as x=8,64,56,56; repeatable."),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter, as padding=1; repeatable.")
    ] = None,
    dtype: Annotated[str, typer.Option(help="float16, bfloat16, float32 or float64.")] = "float32",
    framework: Framework = "",
    rtol: Annotated[float | None, typer.Option(help="A pair of your own to be tried, too.")] = None,
    atol: Annotated[float | None, typer.Option(help="With it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the advice as JSON and nothing else.")] = False,
) -> None:
    """Which rtol and atol no honest result can fail on such data, and which known mistakes a pair lets pass."""
    from ...claims import adjudication
    from ...claims.adjudication import tolerance as adviser
    from ...reference import bounds
    from . import terminal

    if dtype not in bounds.FORMATS:
        raise Refused(f"dtype={dtype!r}: expected one of {', '.join(bounds.FORMATS)}")
    if (case is None) == (not shape):
        raise Refused(
            "shape: expected the shapes of arrays to be drawn, as --shape x=8,3,32,32, or --case CASE.npz with arrays"
        )
    if any(number is not None and not 0 <= number < float("inf") for number in (rtol, atol)):
        raise Refused(f"rtol={rtol}, atol={atol}: expected finite numbers, not below 0")
    parameters: dict[str, Any] = {"framework": framework} if framework else {}
    if case is not None:
        inputs, _, given = adjudication.read(case)
        entry, arguments, taken = adjudication.call(
            operation, inputs=inputs, parameters=given | parameters | _settings(setting)
        )
        draws, source = [arguments], str(case)
    else:
        entry, draws, taken = adviser.drawn(operation, _shapes(shape or []), parameters | _settings(setting), dtype)
        source = f"normal numbers, {len(draws)} draw{'s' * (len(draws) > 1)}"
    own = {"your own": adviser.Pair(rtol or 0.0, atol or 0.0)} if (rtol, atol) != (None, None) else {}
    with terminal.at_work(err, f"{entry.name}: each known mistake is tried"):
        found = adviser.advise(entry, draws, dtype, own)
    if as_json:
        sys.stdout.write(json.dumps(asdict(found), indent=2, ensure_ascii=False) + "\n")
        return
    out.print(f"{found.operation}, {dtype}, {found.contract}; {source}; {found.elements:,} elements", soft_wrap=True)
    for line in taken:
        out.print(f"  {line}", soft_wrap=True)
    table = Table(
        "pair", "rtol", "atol", "honest ones may fail", "a right one failed", "lets pass", box=None, pad_edge=False
    )
    for whose, pair, may, failed, passed in found.rows:
        passing = ", ".join(passed) or "nothing"
        table.add_row(
            whose,
            f"{pair.rtol:g}",
            f"{pair.atol:g}",
            _share(may, found.elements),
            _share(failed, found.elements),
            passing,
        )
    out.print(table)
    out.print(
        f"{len(found.mistakes)} mistakes were tried, zeros and the result negated among them. "
        f"The bound of each element, which `adjudicate` judges by, lets pass: {', '.join(found.blind) or 'none of them'}.",
        soft_wrap=True,
    )


def _share(count: int, elements: int) -> str:
    return f"{count:,} of {elements:,}" if count else "none"


def _shapes(given: list[str]) -> dict[str, tuple[int, ...]]:
    found = {}
    for text in given:
        name, _, sizes = text.partition("=")
        try:
            found[name] = tuple(int(size) for size in sizes.replace("x", ",").split(",") if size)
        except ValueError:
            raise Refused(f"shape={text!r}: expected a name and its sizes, as x=8,64,56,56") from None
    return found


def _settings(given: list[str] | None) -> dict[str, Any]:
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise Refused(f"set={text!r}: expected a parameter and its value, as padding=1")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def operations(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="One of them: its parameters, with what others call them.",
            autocompletion=completion.operations,
        ),
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
    from ...claims.adjudication.given import words
    from ...reference.operators import catalogue, names

    _line(one)
    for name, (default, parse) in one.parameters.items():
        must = "must be given" if default is catalogue.REQUIRED else f"{default!r} where it is left out"
        out.print(Text(f"{name}: {names.MEANINGS[name]}", "bold"), soft_wrap=True)
        out.print(f"  values: {parse.__doc__}; {must}", soft_wrap=True)
        if called := words.called(one, name):
            out.print(f"  elsewhere: {', '.join(called)}", soft_wrap=True)
