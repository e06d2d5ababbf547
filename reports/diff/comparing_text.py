"""The comparison of two records as a terminal's lines, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...claims.record.file import plain
from ..wording import markup, words
from ..wording.environments import HERE, Fact
from .changes import FACTOR, KINDS, Change, Judged
from .comparing import Compared

FORMATS = ("terminal", "markdown", "json")
MOST = 40
"""Changes of one kind that are listed; all of them are in the JSON."""
LEAD = 40
"""Characters that two long texts share and that are shown before the first in which they differ."""
WIDTH = 240
"""Characters of one text of the data; a digest, a statement or a reason may be longer."""
SECTIONS: tuple[tuple[Judged, str], ...] = (("worse", "Got worse"), ("better", "Got better"))
STYLE = {"worse": "bold red", "better": "green", "neither": ""}
NOUN = {
    "wrong": "wrong variant",
    "limit": "limit",
    "comparison": "comparison",
    "gate": "gate",
    "defect": "recorded defect",
    "mistake": "mistake",
    "effect": "gate",
    "design": "design",
    "error": "largest error ÷ bound",
    "row": "error ÷ bound of",
    "in part": "tested",
    "text": "its",
}
"""What the name of a change names; a verdict needs no name."""


@dataclass
class Line:
    """Changes that say the same of several cells, of several comparisons of the same cells, or of several claims that only one
    run has; the first stands for the rest."""

    first: Change
    claims: list[str]
    cells: list[str]
    names: list[str]
    before: Any
    after: Any

    @property
    def where(self) -> str:
        """“convolution.flip [torch (float32, float64)]”."""
        many = f"{len(self.claims)} claims: " if len(self.claims) > 3 else ""
        claims = many + words.listed(self.claims) if self.claims else ""
        return words.cut(claims, 1000) + (words.cut(f" [{words.cells(self.cells)}]", 1000) if self.cells else "")

    @property
    def what(self) -> str:
        noun, name = NOUN.get(self.first.kind, ""), self.first.name
        if self.counted:
            return name
        if len(self.names) > 1:
            return f"{len(self.names)} {noun}s: {words.cut('; '.join(self.names), WIDTH)}"
        return f"{noun} {name if noun == 'its' else _quoted(name)}".strip() if name else noun

    @property
    def counted(self) -> bool:
        """Whether it is about how many there are; cells that say so are added up."""
        return isinstance(self.first.before, int) and isinstance(self.first.after, int)

    @property
    def change(self) -> tuple[str, str]:
        """Before and after; of two long texts, from just before they differ."""
        texts = [self.before, self.after]
        if all(isinstance(x, str) for x in texts) and max(map(len, texts)) > WIDTH:
            same = next((i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
            texts = [("…" if same > LEAD else "") + x[max(0, same - LEAD) :] for x in texts]
        before, after = map(_said, texts)
        return before, after

    @property
    def because(self) -> str:
        """What is said beside it; a version that changed is named, which does not make it the cause."""
        remark, versions = self.first.remark, self.first.versions
        parts = (remark if len(self.names) < 2 else "", f"between the runs: {versions}" if versions else "")
        return "; ".join(words.cut(p, WIDTH) for p in parts if p)


def lines(changes: Iterable[Change]) -> list[Line]:
    """The changes, the same of several cells once; errors by their size, everything else in the lecture's order."""
    found: dict[tuple[Any, ...], Line] = {}
    for c in changes:
        new = Line(c, [c.claim] if c.claim else [], [c.cell] if c.cell else [], [c.name], c.before, c.after)
        values = () if new.counted else (str(c.before), str(c.after))
        key = (c.kind, c.judged, c.name, c.versions, *values, c.remark if c.kind == "claim" else c.claim)
        line = found.setdefault(key, new)
        if line is new:
            continue
        line.claims += [x for x in new.claims if x not in line.claims]
        line.cells += new.cells
        if new.counted:
            line.before, line.after = line.before + c.before, line.after + c.after
    kinds = [*KINDS]
    return sorted(_names_gathered(found.values()), key=lambda x: (kinds.index(x.first.kind), _largest_first(x)))


def _names_gathered(gathered: Iterable[Line]) -> list[Line]:
    """What happened alike to several comparisons (wrong variants, limits, gates) of the same cells, once."""
    found: dict[Any, Line] = {}
    for i, x in enumerate(gathered):
        alike = x.first.kind in ("comparison", "gate", "wrong", "limit", "mistake") and not x.counted
        key = (x.first.kind, x.first.judged, *x.claims, *x.cells, x.first.versions, str(x.before), str(x.after))
        line = found.setdefault(key if alike else i, x)
        line.names += x.names if line is not x else []
    return [*found.values()]


def _largest_first(line: Line) -> float:
    return -words.size(line.after) if line.first.kind in ("error", "row") else 0.0


def _quoted(name: str) -> str:
    return f"“{words.cut(name, WIDTH)}”"


def _said(x: Any) -> str:
    return words.number(x) if isinstance(x, float) else words.value(x, WIDTH)


def headline(found: Compared) -> str:
    """What came of it, in a sentence; an empty comparison cannot come this far."""
    said: dict[Judged, str] = {"worse": "for the worse", "better": "for the better", "neither": "that are neither"}
    counts = {kind: len(found.judged(judged)) for judged, kind in said.items()}
    parts = [f"{words.plural(count, 'change')} {kind}" for kind, count in counts.items() if count]
    first = "" if found.worse else "Nothing got worse. "
    return f"{first}{', '.join(parts)}.{_grown(found)}" if parts else f"{first}Nothing that was compared has changed."


def _grown(found: Compared) -> str:
    """How many errors grew within their bounds: that is not worse, and must not be missed for it."""
    rows = sum(c.kind == "row" for c in found.changes)
    cells = sum(c.kind == "error" and c.remark == "grew" for c in found.changes)
    what = [f"the error of {words.plural(rows, 'comparison')}"] * bool(rows)
    what += [f"the largest error of {words.plural(cells, 'cell')}"] * bool(cells)
    return f" Within the bounds {words.listed(what)} grew by more than a factor of {FACTOR:g}." if what else ""


def compared(found: Compared) -> str:
    both = found.both
    return (
        f"In both: {words.plural(both['claims'], 'claim')}, {words.plural(both['cells'], 'cell')}, "
        f"{words.plural(both['comparisons'], 'named comparison')} (of a sweep all geometries are one), "
        f"{words.plural(both['wrongs'], 'wrong variant')}, {words.plural(both['limits'], 'limit')}."
    )


FACTS = ("file", "begun", "seconds", "tool", "seed", "claims", "holds", "cells")


def _facts(found: Compared) -> Iterator[tuple[str, str, str]]:
    for name in FACTS:
        yield name, _said(found.old[name]), _said(found.new[name])


def _others(found: Compared) -> list[tuple[str, list[Line]]]:
    """[(heading, lines)] of what is neither worse nor better."""
    rest = lines(found.judged("neither"))
    by = {kind: [x for x in rest if x.first.kind == kind] for kind in KINDS}
    return [(heading, by[kind]) for kind, heading in KINDS.items() if by[kind]]


def _circumstances(found: Compared) -> list[tuple[str, tuple[Fact, ...]]]:
    return [("Versions that changed", found.versions), ("What else changed of the machine", found.machine)]


def _of_a_fact(fact: Fact) -> tuple[str, str, str]:
    name = fact.name if fact.part in (fact.name, HERE) else f"{fact.part}: {fact.name}"
    before, after = ("none" if x is None else _list(x) for x in (fact.before, fact.after))
    return name, before, after


def _list(x: Any) -> str:
    return (" ".join(map(str, x)) or "nothing more") if isinstance(x, list) else _said(x)


# --- the formats -------------------------------------------------------------------------------------------------------


def as_json(found: Compared) -> str:
    """All of it; other letters than ASCII by their codes, so that no console and no mark of direction can spoil it."""
    return json.dumps(plain(found.as_dict()), indent=1, allow_nan=False) + "\n"


def terminal(out: Console, found: Compared) -> None:
    """Both runs in a table, what came of it, then every change in a line of its own."""
    table = Table("", "old", "new", box=None, pad_edge=False)
    for row in _facts(found):
        table.add_row(*(Text(words.visible(x)) for x in row))
    out.print(table)
    _say(out, headline(found), STYLE["worse" if found.worse else "better"])
    _say(out, compared(found))
    for note in found.notes:
        _say(out, f"Note: {words.cut(note, 1000)}")
    for judged, heading in SECTIONS:
        _listed(out, heading, lines(found.judged(judged)), STYLE[judged])
    for heading, rest in _others(found):
        _listed(out, heading, rest, "")
    for heading, facts in _circumstances(found):
        if facts:
            _say(out, f"\n{heading}", "bold")
        for name, before, after in map(_of_a_fact, facts):
            _say(out, f"  {words.cut(name, WIDTH)}: {words.cut(before, WIDTH)} → {words.cut(after, WIDTH)}")


def _listed(out: Console, heading: str, rest: list[Line], style: str) -> None:
    if not rest:
        return
    _say(out, f"\n{heading}", "bold")
    for line in rest[:MOST]:
        head = ", ".join(x for x in (line.where, line.what) if x)
        _say(out, f"  {head + ': ' if head else ''}{' → '.join(line.change)}", style)
        if line.because:
            _say(out, f"    {line.because}")
    if len(rest) > MOST:
        _say(out, f"  and {len(rest) - MOST:,} more: --format json has all of them")


def _say(out: Console, line: str, style: str = "") -> None:
    blank = line[: len(line) - len(line.lstrip("\n "))]
    out.print(Text(blank + words.visible(" ".join(line.split())), style), soft_wrap=True)


def markdown(found: Compared) -> str:
    """For a pull request; where it would be too long for one, fewer changes of each kind are listed, and it says so."""
    text = ""
    for most in (MOST, 10, 2):
        text = "\n".join(_markdown(found, most))
        if len(text.encode()) <= markup.MOST_BYTES:
            break
    return text


def _markdown(found: Compared, most: int) -> Iterator[str]:
    yield "# Two runs compared\n"
    facts = ((name, _code(before), _code(after)) for name, before, after in _facts(found))
    yield from markup.table(("", "old", "new"), facts)
    yield f"**{markup.text(headline(found))}** {markup.text(compared(found))}\n"
    yield from (f"- {markup.text(note, 1000)}" for note in found.notes)
    for judged, heading in SECTIONS:
        yield from _section(heading, lines(found.judged(judged)), most, folded=False)
    for heading, rest in _others(found):
        yield from _section(heading, rest, most, folded=True)
    for heading, facts in _circumstances(found):
        if facts:
            yield f"\n## {heading}\n"
            shown = ([_code(cell) for cell in _of_a_fact(f)] for f in facts[: 5 * most])
            yield from markup.table(("", "old", "new"), shown)
            yield from _more(len(facts) - 5 * most)


def _section(heading: str, rest: list[Line], most: int, *, folded: bool) -> Iterator[str]:
    if not rest:
        return
    title = f"{markup.text(heading)}: {len(rest):,}"
    yield f"\n<details><summary>{title}</summary>\n" if folded else f"\n## {title}\n"
    shown = ([_code(x.where), *map(markup.text, (x.what, *x.change, x.because))] for x in rest[:most])
    yield from markup.table(("where", "what", "before", "after", ""), shown)
    yield from _more(len(rest) - most)
    if folded:
        yield "\n</details>"


def _more(left: int) -> Iterator[str]:
    if left > 0:
        yield f"And {left:,} more: `--format json` has all of them.\n"


def _code(x: str) -> str:
    return markup.code(x, WIDTH) if x else ""
