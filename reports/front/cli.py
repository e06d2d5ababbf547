"""The command line: ``lecture-claims list | verify | show | report | compare | adjudicate | operations | layers | new | doctor``.

Exit 0: every computed verdict is its claim's expected one and every departure a recorded defect that reproduced; 1:
anything else; 2: wrong usage, in one line that says what was given, what was expected and the way out.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ...claims.engine import lecture, strands, verification
from ...claims.record import environment, evidence
from ...reference import libraries, validation
from ..diff import comparing, comparing_text, records
from ..diff import history as earlier
from ..formats import formats, tables
from . import terminal

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Put every assertion of a lecture on neural-network building blocks to the test.",
)
out = Console(width=None if sys.stdout.isatty() else 140, markup=False)
err = Console(stderr=True, markup=False)

Folder = Annotated[Path | None, typer.Option("--lecture", help="A lecture folder of your own.", metavar="DIR")]


SAID = {"definition": "definitions", "": "unaccounted for"}
REPORTS = (*formats.FORMATS, *formats.ON_REQUEST, *tables.FORMATS)


@app.command("list")
def list_claims(lecture_folder: Folder = None) -> None:
    """Every claim of the lecture, tested or not yet, with the sentence that makes it."""
    book = lecture.read(lecture_folder)
    table = Table("claim", "state", "the lecture says", box=None, pad_edge=False)
    for sentence in book.sentences:
        for claim in sentence.claims:
            made = book.claims.get(claim)
            table.add_row(
                claim,
                Text("no experiment yet", "dim") if made is None else Text("tested"),
                Text(_short(sentence.text, 90)),
            )
    out.print(table)
    out.print(f"{len(book.claims)} of {len(book.ids)} claims have an experiment.")
    kinds = Counter(s.disposition if not (s.claims or s.see) else "tested by claims" for s in book.sentences)
    said = ", ".join(f"{count} {SAID.get(kind, kind)}" for kind, count in kinds.most_common())
    out.print(f"{len(book.sentences)} sentences: {said}.")
    for piece in book.unaccounted:
        out.print(f"Neither claim nor disposition: “{_short(piece, 90)}”")


@app.command()
def verify(
    claims: Annotated[list[str] | None, typer.Argument(help="Ids or glob patterns; none: the whole lecture.")] = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="A library, or a phrasebook file of your own; repeatable.")
    ] = None,
    dtype: Annotated[list[str] | None, typer.Option(help="float32 or float64; repeatable.")] = None,
    case: Annotated[str, typer.Option(help="One case, or one geometry of a sweep (case/H=3,W=2,…).")] = "",
    wrong: Annotated[str, typer.Option(help="One wrong variant, by its name.")] = "",
    limit: Annotated[str, typer.Option(help="One limit, by its name.")] = "",
    seed: Annotated[int, typer.Option(help="Moves the random inputs and the seeds of the statistics.")] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Statistics on six seeds of each kind only: faster, and may stay open.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(help="Libraries at work at once; default: the number of cores.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one experiment on one library.")] = verification.TIMEOUT,
    out_folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write the reports there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evidence as JSON and nothing else.")] = False,
    lecture_folder: Folder = None,
) -> None:
    """Put claims to the test on the libraries that are installed."""
    if out_folder is not None:
        _writable(out_folder)  # before the minutes of work, not after them
    with _bar(silent=as_json) as bar:
        found = verification.verify(
            claims or (),
            backends=backend or (),
            dtypes=dtype or (),
            case=case,
            wrong=wrong,
            limit=limit,
            seed=seed,
            quick=quick,
            jobs=jobs,
            timeout=timeout,
            lecture_folder=lecture_folder,
            progress=bar.progress,
        )
    if out_folder is not None:
        formats.write(found, out_folder)
    if as_json:
        sys.stdout.write(evidence.dumps(found))
    else:
        terminal.run(out, found)
        if out_folder is not None:
            out.print(f"Report: {out_folder / 'index.html'}", soft_wrap=True)
    raise typer.Exit(0 if found["success"] else 1)


@app.command()
def show(
    claim: Annotated[str, typer.Argument(metavar="ID", help="A claim's id.")],
    results: Annotated[Path, typer.Option(help="The evidence to show.")] = Path("reports/latest/results.json"),
    lecture_folder: Folder = None,
) -> None:
    """A claim: sentence, statement, scope, and from a results file the verdict and the evidence."""
    book = lecture.read(lecture_folder)
    if claim not in book.ids:
        verification.select(book, [claim], backends=(), dtypes=(), case="", wrong="", limit="", seed=0)
    record = evidence.load(results) if results.is_file() else None
    sentence = book.sentence_of(claim)
    out.print(Text(claim, "bold"))
    out.print(Text(f"The lecture says: “{' '.join(sentence.text.split())}”"))
    if claim not in book.claims:
        out.print("No experiment yet.")
        return
    made = book.claims[claim]
    out.print(Text(f"Statement: {made.prose.statement}\nScope: {made.prose.scope}\nExpected: {made.expected}"))
    if made.premises:
        out.print(Text(f"Rests on: {', '.join(made.premises)}"))
    if record is None:
        out.print(Text(f"No evidence at {results}: run `lecture-claims verify {claim} --out {results.parent}`."))
        return
    found = next((c for c in record["claims"] if c["id"] == claim), None)
    if found is None:
        out.print(Text(f"{results} has no evidence of it: run `lecture-claims verify {claim} --out {results.parent}`."))
        return
    terminal.claim(out, found)
    if sand := next((p["sand"] for p in record["premises"] if p["claim"] == claim), []):
        out.print(Text(f"Rests on sand: {', '.join(sand)} did not hold in that run."))


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="The results.json of a run.", metavar="RESULTS")],
    format: Annotated[str, typer.Option(help=f"{', '.join(REPORTS)}.")] = "html",
    table: Annotated[str, typer.Option(help=f"Of csv and parquet: {', '.join(tables.TABLES)}.")] = "rows",
    history: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of earlier results.json files, for the page.")
    ] = None,
    page: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The page that Markdown links to, as verify's report.md does to index.html; default: none.",
        ),
    ] = "",
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="In a folder that is there. Default: standard output.")
    ] = None,
) -> None:
    """Make a report again from the evidence alone."""
    for name, given, known in (("format", format, REPORTS), ("table", table, tables.TABLES)):
        if given not in known:
            raise verification.BadRequest(f"{name}={given!r}: no such {name}; there is {', '.join(known)}")
    if table != "rows" and format not in tables.FORMATS:
        raise verification.BadRequest(
            f"table={table!r}: only {' and '.join(tables.FORMATS)} have tables; format={format!r}"
        )
    if history is not None and format != "html":
        raise verification.BadRequest(f"history={str(history)!r}: only the page shows it; give --format html")
    if page and format != "markdown":
        raise verification.BadRequest(f"page={page!r}: only Markdown links to the page; give --format markdown")
    if "#" in page:
        raise verification.BadRequest(f"page={page!r}: has an anchor; give the address of the whole page")
    if format == "parquet" and out_file is None:
        raise verification.BadRequest("format='parquet': binary, not for standard output; give --out rows.parquet")
    if out_file is not None and not out_file.parent.is_dir():
        raise verification.BadRequest(
            f"out={str(out_file)!r}: there is no folder {str(out_file.parent)!r}; make it, or give a file in one that is there"
        )
    if out_file is not None:
        _writable_file(out_file)
    found = evidence.load(results)
    if out_file is not None and format in tables.FORMATS:
        tables.write(found, format, table, out_file)
        return
    more: dict[str, Any] = {} if history is None else {"history": earlier.read(history, found)}
    more |= {"page": page} if page else {}
    text = tables.csv(found, table) if format == "csv" else formats.render(found, format, **more)
    if out_file is None:
        sys.stdout.write(text)
    else:
        out_file.write_text(text, encoding="utf-8")


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="The results.json of a run.", metavar="OLD.json")],
    new: Annotated[Path, typer.Argument(help="That of a later one.", metavar="NEW.json")],
    format: Annotated[str, typer.Option(help=f"{', '.join(comparing_text.FORMATS)}")] = "terminal",
) -> None:
    """What changed between two runs. Exit code 0: nothing got worse; 1: something did; 2: they cannot be compared."""
    if format not in comparing_text.FORMATS:
        raise verification.BadRequest(
            f"format={format!r}: no such format; there is {', '.join(comparing_text.FORMATS)}"
        )
    found = comparing.compare(records.read(old), records.read(new))
    if format == "terminal":
        comparing_text.terminal(out, found)
    else:
        sys.stdout.write(comparing_text.as_json(found) if format == "json" else comparing_text.markdown(found))
    raise typer.Exit(1 if found.worse else 0)


@app.command()
def adjudicate(
    case: Annotated[Path, typer.Argument(help="input.<name>, output.<library>, parameters.", metavar="CASE.npz")],
    operation: Annotated[str, typer.Option("--op", help="conv2d, linear, softmax, …: see `operations`.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write a page with pictures there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON and nothing else.")] = False,
) -> None:
    """Rounding or bug? Judge libraries' outputs for your own arrays against the exact result."""
    from ...claims import adjudication
    from ..page import adjudication as report

    inputs, outputs, parameters = adjudication.read(case)
    asked = adjudication.case(operation, inputs=inputs, outputs=outputs, parameters=parameters)
    if out_file is not None:
        _writable_file(out_file)
    found = adjudication.judge(asked)
    if out_file is not None:
        out_file.write_text(report.html(found), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        report.terminal(out, found)
        if out_file is not None:
            out.print(f"Page: {out_file}", soft_wrap=True)
    raise typer.Exit(0 if found.within else 1)


@app.command()
def operations() -> None:
    """The operations that `adjudicate` knows: their inputs with axes, their parameters, their results."""
    from ...reference.operators import catalogue

    out.print("*: must be given, ?: may be left out; N batch, C channels, O and I output and input, K classes")
    for one in catalogue.OPERATIONS.values():
        aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
        out.print(Text(f"{one.name}{aliases}", "bold"), Text(f"{one.says}"), soft_wrap=True)
        inputs = " ".join(f"{name}[{one.axes(name)}]{'?' if one.optional(name) else ''}" for name in one.arrays)
        parameters = " ".join(
            name + ("*" if default is catalogue.REQUIRED else "") for name, (default, _) in one.parameters.items()
        )
        results = " ".join(f"{name}[{one.axes(name)}]" for name in one.results)
        out.print(Text(f"  {inputs}{'; ' if parameters else ''}{parameters} → {results}"), soft_wrap=True)


@app.command("layers")
def layer_table(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list of layers, TOML or JSON: see docs/layers.md.")],
    size: Annotated[str, typer.Option("--input", metavar="C,H,W", help="Another input than the file's.")] = "",
    backend: Annotated[
        list[str] | None,
        typer.Option(help="A library to build it in; repeatable. Default: torch and tensorflow, if installed."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one library.")] = verification.TIMEOUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON and nothing else.")] = False,
) -> None:
    """A network's output sizes, parameters and multiply-adds, layer by layer, and whether the frameworks agree."""
    from ..page import layers as report

    network = report.read(file, size)
    named = verification.select(
        lecture.read(None), (), backends=backend or (), dtypes=(), case="", wrong="", limit="", seed=0
    )
    names = named.backends if backend else report.with_layers()
    answers = [report.built(network, library, timeout=timeout) for library in names]
    if as_json:
        sys.stdout.write(json.dumps(report.as_dict(network, answers), indent=2, ensure_ascii=False) + "\n")
    else:
        report.terminal(out, network, answers)
    raise typer.Exit(0 if all(one.agrees for one in answers) else 1)


new = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write the files of something new from a template.")
app.add_typer(new, name="new")


@new.command("claim")
def new_claim(
    id: Annotated[str, typer.Argument(metavar="ID", help="section.name, such as convolution.flip.")],
    folder: Annotated[bool, typer.Option("--folder", help="A statistical claim: with its design and gates.")] = False,
    lecture_folder: Folder = None,
) -> None:
    """A claim that verifies at once, to be rewritten into your own; says what to do next."""
    from . import new as templates

    for line in templates.claim(id, folder=folder, lecture_folder=lecture_folder):
        out.print(line, soft_wrap=True)


@app.command()
def doctor() -> None:
    """What is installed here: libraries and versions, processor, threads."""
    here = environment.describe()
    out.print(
        f"lecture-claims {metadata.version('lecture-claims')}, Python {here['python']} on {here['system']} {here['machine']}"
    )
    out.print(f"{here['cpu']}, {here['cores']} cores")
    simd = [
        f for f in here["cpu_features"] if f.startswith(("avx", "fma", "f16c", "amx", "sse4", "neon", "asimd", "sve"))
    ]
    out.print(f"features: {' '.join(simd) or 'unknown'}", soft_wrap=True)
    table = Table("library", "state", "version", "facts", box=None, pad_edge=False)
    for name in libraries.every():
        table.add_row(name, *_doctor_row(name))
    out.print(table)


def _doctor_row(backend: str) -> tuple[Text, str, str]:
    from ...claims.engine.workers import Worker

    if not libraries.installed(backend):
        return Text("absent", "dim"), "", f"pip install 'lecture-claims[{backend}]'"
    worker = Worker(backend, timeout=60)
    try:
        facts = worker.start()
    finally:
        worker.close()
    if "error" in facts:
        return Text("broken", "bold red"), "", facts["error"]
    version = facts["versions"].get(backend, "")
    rest = {k: v for k, v in facts.items() if k not in ("versions", "process")}
    return Text("works", "green"), version, "; ".join(f"{k}: {_flat(v)}" for k, v in rest.items())


def _flat(value: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _short(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".lecture-claims"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise verification.BadRequest(
            f"out={str(folder)!r}: {error.strerror}; give a folder that can be written"
        ) from None


def _writable_file(file: Path) -> None:
    _writable(file.parent)
    if file.is_dir():
        raise verification.BadRequest(f"out={str(file)!r}: a folder; give the name of a file")


class _bar:
    """Rich's progress bar with one line for each library at work: the experiment's name and the calls made of it."""

    def __init__(self, *, silent: bool) -> None:
        self._tasks: dict[str, Any] = {}
        self._rich = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[library]:<12}"),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} calls"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=silent or not err.is_terminal,
        )
        self.progress = strands.Progress(self._started, self._advanced, self._finished)

    def __enter__(self) -> _bar:
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


def main() -> None:
    """Entry point: one clear line and exit code 2 for bad input, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False))  # the code that a command gave to typer.Exit
    except (verification.BadRequest, lecture.BadLecture, evidence.BadEvidence, validation.BadInput) as error:
        _refuse(str(error))
    except Exception as error:
        say = getattr(error, "format_message", None)  # Typer's own usage errors have one
        if say is None:
            raise
        if len(sys.argv) == 1:  # no command at all: the help, as it is
            print(say(), file=sys.stderr)
            sys.exit(2)
        _refuse(f"{say()} (given: {shlex.join(sys.argv[1:])}; see --help)")


def _refuse(line: str) -> None:
    print(f"lecture-claims: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
