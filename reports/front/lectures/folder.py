"""``lecture-claims new my-lecture``: the folder of a lecture of one's own, from a Markdown text or from nothing, which verifies at once.

The ledger has every sentence of the text, with an id and a disposition to fill in. At the end of the text stands a section with sentences that have claims
to begin with, one of each kind; who has claims of their own takes it away, and the folder ``begin``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

from ....claims.engine.verification import BadRequest
from . import known, sentences

TEMPLATES = Path(__file__).parents[1] / "templates"
BEGIN = "begin"
CLAIMS = {
    "correlates": "claim",
    "formulas": "begin.formulas",
    "descends": "begin.descends",
    "averages_spread": "begin.averages_spread",
}
"""File → template. The first is the one of ``new claim``."""
FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n+", re.DOTALL)


def write(folder: Path, notes: Path | None) -> Iterator[str]:
    """Write the folder; yields what was written and what to do next. Raises BadRequest for a folder that is not empty and for notes that cannot be read."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadRequest(
            f"folder={str(folder)!r}: there is something already, and nothing is written over; give a new folder"
        )
    text = f"# {folder.resolve().name}\n" if notes is None else _read(notes)
    ledger = _template("ledger")
    rows = sentences.read(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lecture.md").write_text(f"{text.rstrip()}\n\n{_template('begin.text')}", encoding="utf-8")
    written = "".join(f"{_row(one)}\n" for one in rows)
    (folder / "sentences.toml").write_text(f"{ledger}\n{written}{_template('begin.ledger')}", encoding="utf-8")
    (folder / BEGIN).mkdir()
    names = {
        "root": "lectureclaims",
        "language": "lectureclaims.claims.language",
        "name": "correlates",
        "id": f"{BEGIN}.correlates",
    }
    for name, template in CLAIMS.items():
        made = Template(_template(template)).substitute(names)
        (folder / BEGIN / f"{name}.py").write_text(made, encoding="utf-8")
    known.remember(folder)  # it is ours as yet
    where = shlex.quote(str(folder))
    counted = f", {len(rows)} sentences of yours in its ledger" if notes else ""
    yield f"Wrote {folder}/{counted}, and claims to begin with in {BEGIN}/"
    yield f"Try it: lecture-claims verify --lecture {where} --backend numpy --out report"
    yield (
        f"Then give each sentence in {folder / 'sentences.toml'} a claim (`lecture-claims new claim ID --lecture {where}`) or a disposition, "
        f"and take away what is there to begin with: {folder / BEGIN}, its section at the end of lecture.md and of sentences.toml."
    )


def _read(notes: Path) -> str:
    """The text, without what stands before it for a site's generator."""
    try:
        text = notes.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadRequest(f"from={str(notes)!r}: no such file; give your notes as Markdown") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise BadRequest(f"from={str(notes)!r}: no text in UTF-8; give your notes as Markdown") from None
    return FRONT_MATTER.sub("", text)


def _row(one: sentences.Found) -> str:
    return f'[[sentence]]\nid = "{one.id}"\ntext = {_quoted(one.text)}\ndisposition = ""\nreason = ""\n'


def _quoted(text: str) -> str:
    """A string of TOML: as it is, so that TeX stays readable, where it has no quote of its own."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    special = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(special.get(c, c if c.isprintable() else f"\\U{ord(c):08X}") for c in text) + '"'


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.template").read_text(encoding="utf-8")
