"""The command line: ``lecture-claims list | verify | show | quiz | report | compare | adjudicate | check | tolerance | operations | layers | new | watch | doctor | completion``.

Exit 0: every computed verdict is its claim's expected one and every departure a recorded defect that reproduced; 1:
anything else; 2: wrong usage, in one line that says what was given, what was expected and the way out; 4: a fault of ours.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import shlex
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...claims.workers import limits
from ...reference.refusal import Refused
from .. import completion, formats
from ..quiz.command import quiz
from . import arrays, fault
from .lectures import commands as lectures
from .lectures.commands import Folder, Quick, Yes

if TYPE_CHECKING:
    from . import kept

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Put every assertion of a lecture on neural-network building blocks to the test.",
)
out = Console(width=None if sys.stdout.isatty() else 140, markup=False)
err = Console(stderr=True, markup=False)

TERMINAL = "terminal"
"""A format of what is printed here and nowhere else."""

StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="Where results are kept; default: the cache folder.", metavar="DIR")
]
SAID = {"definition": "definitions", "": "unaccounted for"}


def _version(*, wanted: bool) -> None:
    if wanted:
        out.print(f"lecture-claims {metadata.version('lecture-claims')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[bool, typer.Option("--version", callback=lambda on: _version(wanted=on), is_eager=True)] = False,
) -> None:
    """Put every assertion of a lecture on neural-network building blocks to the test."""


@app.command("list")
def list_claims(
    patterns: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Ids or patterns; none: all.", autocompletion=completion.claims),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="The evidence with the verdicts; of chosen claims, default: reports/latest/results.json."),
    ] = None,
    lecture_folder: Folder = None,
    yes: Yes = False,
) -> None:
    """Every claim of the lecture, or those chosen, with the sentence that makes it, its verdict and how long it took."""
    from ...claims import contents

    book = contents.read(lecture_folder)
    chosen = {c for c in book.ids if any(fnmatch.fnmatchcase(c, p) for p in patterns or ["*"])}
    if not chosen:
        raise Refused(
            f"claim={' '.join(patterns or [])!r}: no claim of the lecture is called so; `lecture-claims list` has them"
        )
    results = results or (Path("reports/latest/results.json") if patterns else None)
    found = _found(results) if results else {}
    table = Table("claim", "verdict", "seconds", "the lecture says", box=None, pad_edge=False)
    for sentence in book.sentences:
        for claim in (c for c in sentence.claims if c in chosen):
            none = "tested" if claim in book.claims else "no experiment yet"
            table.add_row(claim, *found.get(claim, (none, "")), Text(_short(sentence.text)))
    out.print(table)
    if patterns:
        return
    out.print(f"{len(book.claims)} of {len(book.ids)} claims have an experiment.")
    kinds = Counter(s.disposition if not (s.claims or s.see) else "tested by claims" for s in book.sentences)
    said = ", ".join(f"{count} {SAID.get(kind, kind)}" for kind, count in kinds.most_common())
    out.print(f"{len(book.sentences)} sentences: {said}.")
    for piece in book.unaccounted:
        out.print(f"Neither claim nor disposition: “{_short(piece)}”")


@app.command()
def verify(
    claims: Annotated[
        list[str] | None,
        typer.Argument(help="Ids or glob patterns; none: the whole lecture.", autocompletion=completion.claims),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            help="A library, or a Python file with operations of your own; repeatable.",
            autocompletion=completion.libraries,
        ),
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(help="float32 or float64; repeatable.", autocompletion=lambda: ["float32", "float64"]),
    ] = None,
    case: Annotated[str, typer.Option(help="One case, or one geometry of a sweep (case/H=3,W=2,…).")] = "",
    wrong: Annotated[str, typer.Option(help="One wrong variant, by its name.")] = "",
    limit: Annotated[str, typer.Option(help="One limit, by its name.")] = "",
    seed: Annotated[int, typer.Option(help="Moves the random inputs and the seeds of the statistics.")] = 0,
    quick: Quick = False,
    jobs: Annotated[int | None, typer.Option(help="Processes at work at once; default: the number of cores.")] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds for one call of a library, and for an experiment between two calls.")
    ] = limits.TIMEOUT,
    memory: Annotated[
        float | None, typer.Option(help="GiB for each library's process; default: a share of the machine's.")
    ] = None,
    store: StoreFolder = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Compute all, and keep nothing.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute all, whatever the store has.")] = False,
    recheck: Annotated[
        str, typer.Option(help="Share of what the store has that is computed again and compared, e.g. 5%.")
    ] = "0",
    shard: Annotated[
        str, typer.Option(help="Compute one part of several on machines that share a store, e.g. 3/8; the last judges.")
    ] = "1/1",
    scheduler: Annotated[
        str, typer.Option(help="Compute on the workers of a Dask cluster, e.g. tcp://host:8786.", metavar="ADDRESS")
    ] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be computed, and how long it takes.")] = False,
    out_folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write the reports there.")] = None,
    packed: Annotated[bool, typer.Option("--gzip", help="Write results.json.gz in the place of results.json.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evidence as JSON and nothing else.")] = False,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Libraries in this process, and a mistake in a claim as its traceback.")
    ] = False,
    debug: Annotated[bool, typer.Option("--pdb", help="The same, with a debugger at the mistake.")] = False,
    lecture_folder: Folder = None,
    yes: Yes = False,
) -> None:
    """Put claims to the test on the libraries that are installed."""
    from ...claims.store import folder
    from . import kept

    if out_folder is not None:
        formats.writable(out_folder)  # before the minutes of work, not after them
    chosen_folder = None if no_store or in_process or debug else store or folder.usable()
    where = folder.Store(chosen_folder) if chosen_folder else None
    chosen: dict[str, Any] = {
        "backends": backend or (),
        "dtypes": dtype or (),
        "case": case,
        "wrong": wrong,
        "limit": limit,
        "seed": seed,
        "quick": quick,
    }
    share, own = _share(recheck), any(name.endswith(".py") for name in backend or ())
    key = "" if own or where is None else kept.key({**chosen, "claims": claims or ()}, lecture_folder)
    before = kept.find(where, key) if key and where is not None and not (fresh or share or plan) else None
    if before is not None and (out_folder is None or before.reports):
        _shown_again(before, out_folder, as_json=as_json, packed=packed)

    from . import terminal

    quiet = as_json or in_process or debug
    with terminal.at_work(err, "Reading the lecture", quiet=quiet):
        from ...claims.engine import verification
        from ...claims.record import file
        from . import progress

    way = verification.Way(
        jobs=jobs,
        timeout=timeout,
        memory=memory,
        store=where.folder if where else None,
        fresh=fresh,
        recheck=share,
        shard=shard,
        scheduler=scheduler,
        in_process=in_process or debug,
    )
    chosen["lecture_folder"] = lecture_folder
    known = () if in_process or debug else _looked_at(backend or (), lecture_folder, say=not (as_json or plan))
    if plan:
        terminal.plan(out, verification.planned(claims or (), way=way, **chosen), jobs=way.options().jobs)
        return
    with progress.Bar(err, silent=quiet, quick=quick) as bar, _debugger(wanted=debug):
        try:
            found = verification.verify(claims or (), progress=bar.progress, way=way, **chosen)
        except verification.Waiting as waiting:
            bar.say(f"shard {shard}: {waiting}")
            raise typer.Exit(0) from None
    with terminal.at_work(err, "Writing the reports", quiet=quiet or out_folder is None):
        record = file.dumps(found)
        made = formats.write(found, out_folder, record, packed=packed) if out_folder is not None else {}
    passing = found.volatile.broken or found.volatile.contradicted or found.interrupted
    if key and where is not None and not passing:
        try:
            kept.keep(where, key, kept.Kept(0 if found.success else 1, record.encode(), made))
        except folder.Unusable as error:
            err.print(str(error), soft_wrap=True)
    if as_json:
        sys.stdout.write(record)
    else:
        terminal.run(out, found, known=known)
        _where(out_folder)
    raise typer.Exit(0 if found.success else 1)


def _looked_at(backends: Sequence[str], lecture_folder: Path | None, *, say: bool) -> list[str]:
    """The user's own files, before anything else runs: refused where claims cannot run on one; what is wrong with their operations, said at once."""
    if not any(name.endswith(".py") for name in backends):
        return []
    from ...claims.checking import library
    from ...claims.engine import cells, verification
    from ..checking import of_library

    files = [Path(name) for name in verification.named(backends) if name.endswith(".py")]

    said = list[str]()
    for file in files:
        library.look(file, known=None if lecture_folder else cells.operations_of_libraries())
        said += of_library(file.name, library.tried(file)) if say else ()
    for line in said:
        err.print(Text(line, "yellow"), soft_wrap=True)
    return said


def _shown_again(before: kept.Kept, out_folder: Path | None, *, as_json: bool, packed: bool) -> NoReturn:
    """A run that was made before, with nothing changed since."""
    if out_folder is not None:
        record = formats.recorded(before.record, packed=packed)
        formats.place({**record, **before.reports}, out_folder, instead_of=formats.RECORDS)
    if as_json:
        sys.stdout.write(before.record.decode())
    else:
        from ...claims.record import file
        from . import terminal

        found = file.loads(before.record)
        terminal.run(out, found)
        _where(out_folder)
        out.print(f"Nothing changed since {found.volatile.begun}: this is what was found then.", soft_wrap=True)
    raise typer.Exit(before.code)


def _where(folder: Path | None) -> None:
    if folder is not None:
        out.print(f"Report: {folder / 'index.html'}", soft_wrap=True)


@app.command()
def store(
    action: Annotated[str, typer.Argument(help="list, check, clear, export or import.")] = "list",
    file: Annotated[Path | None, typer.Argument(help="Of export and import: the store as one file.")] = None,
    where: StoreFolder = None,
) -> None:
    """The store of results: what it holds, whether its files are whole, away with it, or all of it as one file for another machine."""
    from ...claims.engine.lecture import OWN
    from ...claims.store import alike, archive, folder
    from ...reference import libraries

    if (file is not None) != (action in ("export", "import")):
        raise Refused(
            f"file={str(file or '')!r}: export and import take a file, as `store export store.zip`; the others none"
        )
    whole = folder.Store(where or folder.default())
    if action == "list":
        entries = [*whole.entries()]
        size = sum(entry.size for entry in entries) / 2**20
        out.print(f"{whole.folder}: {len(entries)} results, {size:.1f} MB", soft_wrap=True)
    elif action == "check":
        damaged = whole.damaged()
        out.print(f"{len(damaged)} damaged results removed: {', '.join(k[:12] for k in damaged) or 'none'}")
    elif action == "clear":
        out.print(f"{whole.clear()} results removed")
    elif action == "export" and file:
        out.print(
            f"{archive.write(whole, file, alike.kind(libraries.names(), OWN))} results written to {file}",
            soft_wrap=True,
        )
    elif action == "import" and file:
        count, otherwise = archive.read(whole, file, alike.kind(libraries.names(), OWN))
        whose = "differs, so that they are not found here (here → there):" if otherwise else "is of this one's kind"
        out.print(f"{count} results are new here; the machine that wrote them {whose}", soft_wrap=True)
        for line in otherwise:
            out.print(f"  {line}", soft_wrap=True, markup=False)
    else:
        raise Refused(f"action={action!r}: no such action; there is 'list', 'check', 'clear', 'export', 'import'")


@app.command()
def show(
    claim: Annotated[str, typer.Argument(metavar="ID", help="A claim's id.", autocompletion=completion.claims)],
    results: Annotated[Path, typer.Option(help="The evidence to show.")] = Path("reports/latest/results.json"),
    lecture_folder: Folder = None,
    yes: Yes = False,
) -> None:
    """A claim: sentence, statement, scope, what shows it at a prompt, and from a results file the verdict and the evidence."""
    from ...claims import contents, snippets
    from ...claims.record import file
    from .. import snippets as prompt
    from . import terminal

    book = contents.read(lecture_folder)
    if claim not in book.ids:
        from ...claims.engine import lecture, verification

        verification.select(lecture.read(lecture_folder), [claim])  # refuses it with the nearest one, but for a pattern
        raise Refused(f"claim={claim!r}: expected one id, not a pattern; `lecture-claims list` has them")
    record = file.load(results, only=claim) if file.there(results).is_file() else None
    sentence = book.sentence_of(claim)
    out.print(Text(claim, "bold"))
    out.print(Text(f"The lecture says: “{' '.join(sentence.text.split())}”"))
    if claim not in book.claims:
        out.print("No experiment yet.")
        return
    found = next((c for c in record.claims if c.id == claim), None) if record else None
    terminal.made(out, book.claims[claim], found)
    limits = {name: made.limits for name, made in book.claims.items()}
    prompt.terminal(out, (one for one in snippets.read(lecture_folder, limits)[0] if one.claim == claim))
    if record is None or found is None:
        without = f"No evidence at {results}" if record is None else f"{results} has no evidence of it"
        out.print(Text(f"{without}: run `lecture-claims verify {claim} --out {results.parent}`."))
        return
    from ..wording import standing

    terminal.claim(out, record, found)
    if sand := standing.premises_of(record, found).sand:
        out.print(Text(f"Rests on sand: {', '.join(sand)} did not hold in that run."))


@app.command()
def notes(
    results: Annotated[Path, typer.Option(help="The evidence to read.")] = Path("reports/latest/results.json"),
    diff: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The lecture's text: print the changes as a patch of it.")
    ] = None,
) -> None:
    """What to change in the lecture's notes: each sentence that fails as worded, or needs a condition, and what should stand there."""
    from ...claims.record import file
    from . import notes as changes

    evidence = file.load(results)
    if diff is None:
        changes.terminal(out, evidence)
    else:
        typer.echo(changes.patch(evidence, diff), nl=False)


app.command()(quiz)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="The results.json of a run.", metavar="RESULTS")],
    format: Annotated[
        str, typer.Option(help=f"{', '.join((*formats.names(), TERMINAL))}.", autocompletion=completion.report_formats)
    ] = "html",
    table: Annotated[str, typer.Option(help="Of csv and parquet: rows, cells, wrongs, limits, gates.")] = "",
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
    from ...claims.record import file
    from ..diff import history as earlier

    _known(format, (*formats.names(), TERMINAL))
    told: dict[str, Any] = {k: x for k, x in (("table", table), ("history", history), ("page", page)) if x}
    if format == TERMINAL:
        if told or out_file is not None:
            raise Refused(
                f"format={format!r}: is printed, and takes no other option; --format markdown writes tables to a file"
            )
        from . import terminal

        terminal.run(out, file.load(results))
        return
    for name in told.keys() - formats.options(format):
        able = [f for f in formats.names() if name in formats.options(f)]
        raise Refused(f"{name}={str(told[name])!r}: {format} has no {name}; give --format {' or '.join(able)}")
    if "#" in page:
        raise Refused(f"page={page!r}: has an anchor; give the address of the whole page")
    if out_file is not None:
        if not out_file.parent.is_dir():
            missing = f"there is no folder {str(out_file.parent)!r}; make it, or give a file in one that is there"
            raise Refused(f"out={str(out_file)!r}: {missing}")
        formats.writable_file(out_file)
    found = file.load(results)
    if history is not None:
        told["history"] = earlier.read(history, found)
    made = formats.render(found, format, **told)
    if out_file is not None:
        formats.put(made, out_file)
    elif isinstance(made, bytes):
        raise Refused(f"format={format!r}: binary, not for standard output; give --out FILE")
    else:
        sys.stdout.write(made)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="The results.json of a run.", metavar="OLD.json")],
    new: Annotated[Path, typer.Argument(help="That of a later one.", metavar="NEW.json")],
    format: Annotated[str, typer.Option(help="terminal, markdown, json")] = "terminal",
) -> None:
    """What changed between two runs. Exit code 0: nothing got worse; 1: something did; 2: they cannot be compared."""
    from ...claims.record import file
    from ..diff import changes, comparing, comparing_text

    _known(format, comparing_text.FORMATS)
    found = comparing.compare(*(changes.Record(str(path), file.load(path)) for path in (old, new)))
    if format == "terminal":
        comparing_text.terminal(out, found)
    else:
        sys.stdout.write(comparing_text.as_json(found) if format == "json" else comparing_text.markdown(found))
    raise typer.Exit(1 if found.worse else 0)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="Your function. The file is run.")],
    meant: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="The operation, where its name does not say it.",
            autocompletion=completion.operations,
        ),
    ] = "",
    function: Annotated[str, typer.Option(help="Which function of the file, where it has several.")] = "",
    hint: Annotated[
        int,
        typer.Option(min=0, max=3, help="How much is told: 0 which cases, 1 the input, 2 the mistake, 3 the remedy."),
    ] = 2,
    timeout: Annotated[float, typer.Option(help="Seconds for one call.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print all as JSON and nothing else, for graders.")] = False,
) -> None:
    """Is my function right? Tries it from the easiest setting up, and names the mistake. Exit code 0: right; 1: wrong; 2: it cannot be tried."""
    from ...claims import checking
    from ..checking import terminal

    found = checking.check_file(file, function=function, operation=meant, seconds=limits.seconds(timeout))
    if as_json:
        typer.echo(json.dumps(found.as_dict()))
    else:
        terminal(out, found, hint=hint)
    raise typer.Exit(found.exit_code)


@app.command("layers")
def layer_table(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list of layers, TOML or JSON: see docs/layers.md.")],
    size: Annotated[str, typer.Option("--input", metavar="C,H,W", help="Another input than the file's.")] = "",
    backend: Annotated[
        list[str] | None,
        typer.Option(
            help="A library to build it in, and to compare with: torch, tensorflow; repeatable. Default: none.",
            autocompletion=completion.libraries,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one library.")] = limits.TIMEOUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON and nothing else.")] = False,
) -> None:
    """A network's output sizes, parameters and multiply-adds, layer by layer, and whether a framework agrees."""
    from ...claims.networks import layers
    from . import terminal

    limit, network = limits.seconds(timeout), layers.read(file, size)
    names: Sequence[str] = ()
    if backend:
        from ...claims.engine import verification

        names = verification.named(backend)
    answers = [layers.built(network, library, timeout=limit) for library in names]
    if as_json:
        _json(layers.as_dict(network, answers))
    else:
        terminal.layer_table(out, network, answers)
    raise typer.Exit(0 if all(one.agrees for one in answers) else 1)


app.command()(arrays.adjudicate)
app.command()(arrays.tolerance)
app.command()(arrays.operations)
app.command()(lectures.watch)


NEW = "Write the files of something new: `new my-lecture`, `new claim ID`."
new = typer.Typer(cls=lectures.New, no_args_is_help=True, rich_markup_mode=None, help=NEW)
app.add_typer(new, name="new", short_help=NEW)
new.command("lecture")(lectures.new_lecture)


@new.command("claim")
def new_claim(
    id: Annotated[str, typer.Argument(metavar="ID", help="section.name, such as convolution.flip.")],
    folder: Annotated[bool, typer.Option("--folder", help="A statistical claim: with its design and gates.")] = False,
    lecture_folder: Folder = None,
    yes: Yes = False,
) -> None:
    """A claim that verifies at once, to be rewritten into your own; says what to do next."""
    from . import new as templates

    for line in templates.claim(id, folder=folder, lecture_folder=lecture_folder):
        out.print(line, soft_wrap=True)
    lectures.written(lecture_folder)


@app.command("doctor")
def installed(
    deep: Annotated[
        bool, typer.Option("--deep", help="Start each library: does it work, how is it built, how many threads?")
    ] = False,
) -> None:
    """What is installed here: libraries and versions, processor, store."""
    from . import doctor

    doctor.terminal(out, deep=deep)


@app.command("completion")
def shell_completion(
    ctx: typer.Context,
    shell: Annotated[
        str, typer.Argument(metavar="bash|fish|zsh", help="Your shell.", autocompletion=lambda: [*completion.SHELLS])
    ],
) -> None:
    """Tab completion for a shell, of commands, ids, operations, formats and libraries: eval "$(lecture-claims completion zsh)"."""
    raise typer.Exit(completion.script(ctx.find_root().command, shell))


for _command in app.registered_commands:  # else Click cuts what the root help says of it
    _command.short_help = (getattr(_command.callback, "__doc__", "") or "").partition("\n")[0]


def _short(text: str) -> str:
    from ..wording import words

    return words.cut(" ".join(text.split()), 90)


def _json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _known(format: str, formats: Sequence[str]) -> None:
    if format not in formats:
        raise Refused(f"format={format!r}: no such format; there is {', '.join(formats)}")


@contextlib.contextmanager
def _debugger(*, wanted: bool) -> Iterator[None]:
    """A debugger where a mistake was raised."""
    try:
        yield
    except Refused:
        raise
    except Exception:
        if wanted:
            import pdb

            pdb.post_mortem()
        raise


def main() -> None:
    """One clear line and exit code 2 for bad input, 4 for a fault of ours, never a traceback."""
    completion.prepare()
    try:
        code = app(standalone_mode=False)  # what a command gave to typer.Exit
        sys.stdout.flush()
        sys.exit(code)
    except Refused as error:
        _refuse(str(error), *getattr(error, "__notes__", ()))
    except Exception as error:
        if isinstance(error, OSError):
            _refuse(f"{error.filename or 'standard output'}: {error.strerror or error}")
        say = getattr(error, "format_message", None)  # Typer's own usage errors have one
        if say is None:
            if {"--in-process", "--pdb"} & set(sys.argv):  # a mistake in a claim, whose author asked for its traceback
                raise
            fault.leave(error)
        if len(sys.argv) == 1:  # no command at all: the help, as it is
            print(say(), file=sys.stderr)
            sys.exit(2)
        _refuse(f"{say()} (given: {shlex.join(sys.argv[1:])}; see --help)")


def _found(results: Path) -> dict[str, tuple[str, str]]:
    """Verdict and seconds of each claim in a record, where there is one."""
    from ...claims.record import file

    if not file.there(results).is_file():
        return {}
    from ..wording import summary

    record = file.glance(results)
    seconds = defaultdict[str, float](float)
    for name, took in record.volatile.cell_seconds.items():
        seconds[name.partition(" ")[0]] += took
    quick = ", quick run" * record.selection.quick
    return {c.id: (summary.marks(c) + quick, f"{seconds[c.id]:.1f}") for c in record.claims}


def _share(text: str) -> float:
    """“5%” or “0.05”."""
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise Refused(f"recheck={text!r}: expected a share, as 5% or 0.05; 0 checks nothing again") from None


def _refuse(line: str, *listed: str) -> None:
    print(f"lecture-claims: {' '.join(line.split())}", *listed, sep="\n  ", file=sys.stderr)
    sys.exit(2)
