"""A lecture on disk: its Markdown, the ledger of its sentences, and the sections (modules) that hold its claims.

A lecture folder holds ``lecture.md``, ``sentences.toml`` and any number of section modules, in folders or not; optionally ``scan.txt`` and
``defects.py`` (a list ``DEFECTS``). The lecture that is verified by default is this package's own ``claims/lecture``.

Every sentence has claims, or is tested by those of another sentence, or has a disposition with its reason; what of the text
no entry of the ledger accounts for is listed too (:attr:`Lecture.unaccounted`), so that nothing is passed over in silence.
"""

from __future__ import annotations

import importlib
import re
import tomllib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ...reference import libraries
from ...reference.refusal import Refused
from ..language.claim import Claim
from ..language.defects import Defect
from ..record import premises
from ..record.sentences import heeded
from ..workers import modules

OWN = Path(__file__).parents[1] / "lecture"


class BadLecture(Refused):
    """A lecture folder that cannot be read; the message is one line."""


WIDEST = "float64"
"""The format of a quick run, where a claim has it: limits are shown and pictures drawn in it."""
DISPOSITIONS = ("definition", "not testable")


@dataclass(frozen=True)
class Reading:
    """An uncertain reading of a scan: where, the scan's words, and the words that were taken for them."""

    place: str
    scan: str
    taken: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of the lecture, its words exactly as in ``lecture.md``, and what became of it.

    ``claims`` are the ids of the claims made of it, ``see`` those of claims of other sentences that test it too. Without
    either it has a ``disposition``, with the ``reason``.
    """

    id: str
    text: str
    claims: tuple[str, ...]
    see: tuple[str, ...] = ()
    disposition: str = ""
    reason: str = ""
    reading: Reading | None = None

    @property
    def accounted(self) -> bool:
        return bool(self.claims or self.see or (self.disposition and self.reason))


@dataclass(frozen=True)
class Lecture:
    folder: Path
    title: str
    markdown: str
    scan: str
    sentences: tuple[Sentence, ...]
    claims: dict[str, Claim]
    defects: tuple[Defect, ...]

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """What of the text has neither a claim nor a disposition: sentences of the ledger, and words that stand in none."""
        return (*(s.text for s in self.sentences if not s.accounted), *_left_over(self.markdown, self.sentences))

    def sentence_of(self, claim_id: str) -> Sentence:
        return next(s for s in self.sentences if claim_id in s.claims)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every claim id of the ledger, tested or not, in the lecture's order."""
        return tuple(c for s in self.sentences for c in s.claims)


def read(folder: Path | None = None, *, debug: bool = False) -> Lecture:
    """Read a lecture. Raises BadLecture for a missing file, a sentence that is not in the text, an unknown claim id, or a module that
    cannot be imported; ``debug``: there what the import raises."""
    folder = (folder or OWN).resolve()
    markdown, ledger = folder / "lecture.md", folder / "sentences.toml"
    for path in (markdown, ledger):
        if not path.is_file():
            raise BadLecture(
                f"lecture={str(folder)!r}: {path.name} is missing; a lecture folder holds lecture.md and sentences.toml"
            )
    text = markdown.read_text(encoding="utf-8")
    try:
        rows = tomllib.loads(ledger.read_text(encoding="utf-8"))["sentence"]
        uncertain = readings(text)
        sentences = tuple(_sentence(row, uncertain) for row in rows)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadLecture(f"{ledger.name}: {error}; each [[sentence]] needs id, text and may have claims") from None
    _check(sentences, text)
    every = sections(folder, debug=debug)
    found: dict[str, Claim] = {}
    for made in (c for m in every for c in vars(m).values() if isinstance(c, Claim)):
        if found.setdefault(made.id, made) is not made:
            raise BadLecture(f"claim={made.id!r}: two experiments of this id; ids are unique")
    known = [c for s in sentences for c in s.claims]
    if unknown := {c for s in sentences for c in s.see} - {*known}:
        raise BadLecture(f"see={min(unknown)!r}: no sentence of {ledger.name} has a claim of this id")
    if unknown := set(found) - set(known):
        raise BadLecture(
            f"claim={min(unknown)!r}: no sentence of {ledger.name} names it; add it to the sentence that it tests"
        )
    _check_claims(found, known)
    if not found:
        raise BadLecture(f"lecture={str(folder)!r}: no module of it has a claim; `lecture-claims new claim` writes one")
    title = next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("# ")), folder.name)
    scan = (folder / "scan.txt").read_text(encoding="utf-8") if (folder / "scan.txt").is_file() else ""
    defects = tuple(d for m in every for d in vars(m).get("DEFECTS", ()))
    return Lecture(folder, title, text, scan, sentences, {i: found[i] for i in known if i in found}, defects)


def quickly(book: Lecture, backends: Sequence[str], dtypes: Sequence[str]) -> Lecture:
    """What a quick run makes of a lecture: what is trained over seeds is trained once, on one framework of those chosen, in its widest format."""
    trains = next((b for b in libraries.FRAMEWORKS if b in backends and libraries.installed(b)), None)
    if trains is None or (dtypes and WIDEST not in dtypes):
        return book
    return replace(book, claims={name: _on_one(claim, trains) for name, claim in book.claims.items()})


def _on_one(claim: Claim, framework: str) -> Claim:
    if "statistical" not in claim.kind:
        return claim

    def trains(one: Any) -> bool:
        return one.backends is not None and {*one.backends} <= {*libraries.FRAMEWORKS}

    def narrowed(one: Any) -> Any:
        wide = one.dtypes is None or WIDEST in one.dtypes
        here = trains(one) and framework in one.backends
        return replace(one, backends=(framework,), dtypes=(WIDEST,)) if here and wide else one

    # A wrong that puts another operation in the place of one would train all over again.
    again = [w for w in claim.wrongs if w.operations and all(trains(claim.cases[case]) for case in w.cases or ())]

    why = f"a quick run trains on {framework} alone, in {WIDEST}"
    return replace(
        claim,
        prose=replace(claim.prose, elsewhere="; ".join(filter(None, (claim.prose.elsewhere, why)))),
        cases={name: narrowed(case) for name, case in claim.cases.items()},
        wrongs=[narrowed(wrong) for wrong in claim.wrongs if wrong not in again],
        limits=[narrowed(limit) for limit in claim.limits],
    )


def place(words: str, text: str, position: int = 0) -> re.Match[str] | None:
    """Where a sentence stands in the Markdown; a line break counts as a blank."""
    return re.compile(r"\s+".join(re.escape(word) for word in words.split())).search(text, position)


def readings(text: str) -> tuple[Reading, ...]:
    """The uncertain readings: the rows of the table that follows a line "Uncertain readings" at the end of the Markdown."""
    _, found, table = text.partition(f"\n{UNCERTAIN}\n")
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines() if "|" in line]
    return tuple(Reading(*row) for row in rows[2:] if len(row) == 3) if found else ()


UNCERTAIN = "Uncertain readings"
FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.DOTALL | re.MULTILINE)


def _sentence(row: dict[str, Any], uncertain: tuple[Reading, ...]) -> Sentence:
    scan, disposition, reason = row.get("scan"), row.get("disposition", ""), row.get("reason", "")
    reading = next((r for r in uncertain if r.scan.strip("`") == scan or r.scan == scan), None)
    if scan is not None and reading is None:
        raise BadLecture(f"scan={scan!r}: not in the table of uncertain readings at the end of lecture.md")
    if disposition and disposition not in DISPOSITIONS:
        raise BadLecture(f"disposition={disposition!r}: expected one of {', '.join(DISPOSITIONS)}")
    if disposition and not reason:
        raise BadLecture(f"sentence={row['id']!r}: its disposition needs a reason")
    claims, see = (tuple(row.get(name, ())) for name in ("claims", "see"))
    return Sentence(row["id"], row["text"], claims, see, disposition, reason, reading)


def _left_over(text: str, sentences: tuple[Sentence, ...]) -> list[str]:
    """Words of the lecture's own that stand in no sentence of the ledger; headings, quoted notes and code are not its own."""
    body = FENCED.sub("", text.partition(f"\n{UNCERTAIN}\n")[0])
    position, pieces = 0, list[str]()
    for sentence in sentences:
        found = place(sentence.text, body, position)
        if found is not None:
            pieces.append(body[position : found.start()])
            position = found.end()
    pieces.append(body[position:])
    lines = [line for piece in pieces for block in piece.split("\n\n") for line in _plain(block)]
    return [line for line in lines if re.search(r"\w", line)]


def _plain(block: str) -> list[str]:
    """The words of a block, item by item and cell by cell, without headings and quotations."""
    own = [line for line in block.splitlines() if not re.match(r"\s*(#|>)", line)]
    return [" ".join(part.split()).strip("*-– ") for part in re.split(r"\||(?:^|\n)\s*[-*] ", "\n".join(own))]


def _check(sentences: tuple[Sentence, ...], text: str) -> None:
    """Each sentence stands in the text, after the one before it; no id twice."""
    position, seen = 0, set[tuple[str, str]]()
    for sentence in sentences:
        found = place(sentence.text, text, position)
        if found is None:
            raise BadLecture(
                f"sentence={sentence.id!r}: its words are not in lecture.md after those of the one before it"
            )
        position = found.end()
        for name in (("sentence", sentence.id), *(("claim", claim) for claim in sentence.claims)):
            if name in seen:
                raise BadLecture(f"{name[0]}={name[1]!r}: twice in sentences.toml; ids are unique")
            seen.add(name)


def _check_claims(found: dict[str, Claim], known: list[str]) -> None:
    """A claim rests on claims of the ledger, none on itself, and what should stand in a sentence's place heeds limits of the claim."""
    for made in found.values():
        if unknown := {*made.premises} - {*known}:
            raise BadLecture(f"claim={made.id!r}: premise {min(unknown)!r} is no claim of sentences.toml")
        if unknown := {*heeded(made.prose.instead)} - {limit.name for limit in made.limits}:
            raise BadLecture(f"claim={made.id!r}: “Instead” names {min(unknown)!r}, which is none of its limits")
    try:
        premises.in_order({c.id: c.premises for c in found.values()})
    except ValueError as circle:
        raise BadLecture(f"premises go in a circle: {circle}; a claim cannot rest on itself") from None


def sections(folder: Path, *, debug: bool = False) -> list[ModuleType]:
    """The section modules of a lecture folder, imported; the package's own under their own names, others under a prefix."""
    found = []
    for path in _modules(folder):
        try:
            found.append(_imported(path, folder))
        except (Exception, SystemExit) as error:
            if debug:
                raise
            raise BadLecture(f"{_said(error, path, folder)}; verify --in-process shows the traceback") from error
    return found


def own_modules(folder: Path) -> list[tuple[str, str]]:
    """(name, file) of the modules that a process needs beside the packages: those of a user's own lecture."""
    if folder == OWN:
        return []
    return [(modules.named(folder, path), str(path)) for path in _modules(folder)]


def _imported(path: Path, folder: Path) -> ModuleType:
    if folder.resolve() != OWN.resolve():
        return modules.load(modules.named(folder, path), path)
    parts = path.relative_to(folder).with_suffix("").parts
    return importlib.import_module(".".join((__name__.rsplit(".", 2)[0], "lecture", *parts)))


def _said(error: BaseException, path: Path, folder: Path) -> str:
    """What was raised, and the last line of the lecture's own on the way there."""
    what, lines = (
        str(error),
        [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(folder)],
    )
    file, line = (lines[-1].filename, lines[-1].lineno) if lines else (path, 1)
    if isinstance(error, SyntaxError):
        what, file, line = error.msg, error.filename or file, error.lineno
    return f"{type(error).__name__}: {what} ({Path(file).name}:{line})"


def _modules(folder: Path) -> list[Path]:
    """The Python files of the folder and of the folders in it; what begins with an underscore is no section."""
    found = (p for p in folder.rglob("*.py") if not any(x.startswith("_") for x in p.relative_to(folder).parts))
    return sorted(found)
