"""What a record can be asked about: each sentence by its words, and what comes out at a limit's smallest counterexample."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ...claims.record import replay
from ...claims.record.types import Claim, Evidence, Fact, LimitSaid, Row, Sentence
from ...reference.refusal import Refused
from ..page.anchors import link
from ..wording import findings, places, standing, words

NUMBER = 12
"""Questions of a sheet where nobody says how many and there are so many sentences."""
EVERY = 3
"""Of so many questions one asks what comes out of an input, where the record has one."""
LONGEST = 20
"""Characters of a choice."""
SPOKEN = {"raised": "an error", "value": "a value", "True": "yes", "False": "no"}


class Question(NamedTuple):
    """A question with its key.

    quoted, line: the lecture's words, and where they stand; asks: what is asked beside them, empty: whether they hold; choices: what may be
    ticked; instead: what should stand there, empty where the words may stay; found: the evidence, a line each; stands: its places in the page; again: the
    command that shows it again.
    """

    quoted: str
    line: int | None
    asks: str
    choices: tuple[str, ...]
    right: str
    instead: list[str]
    found: list[str]
    stands: list[str]
    again: str = ""


def draw(evidence: Evidence, number: int | None, seed: int) -> list[Question]:
    """So many questions, each of a sentence of its own, in the lecture's order; the same for the same record, number and seed.

    Raises Refused for a record of parts, which have no verdict, for one that decides no sentence, and for a number below 1 or above that of the
    sentences that it decides.
    """
    if evidence.selection.partial:
        raise Refused("results: a part of each claim ran, so that none has a verdict; give the record of a whole run")
    decided = [(s, claims) for s, claims in _tested(evidence) if findings.answer(claims)]
    number = min(NUMBER, len(decided)) if number is None else number
    if not decided:
        raise Refused("results: this record decides no sentence, so that nothing can be asked; verify the lecture")
    if not 1 <= number <= len(decided):
        raise Refused(f"questions={number}: expected 1 to {len(decided)}, the sentences that this record decides")
    rng = random.Random(seed)
    return [_question(evidence, *decided[i], rng) for i in sorted(rng.sample(range(len(decided)), number))]


def _tested(evidence: Evidence) -> Iterator[tuple[Sentence, list[Claim]]]:
    """Each sentence with the claims of this run that were made of it; what a claim of another sentence found may concern that one alone."""
    ran = {c.id: c for c in evidence.claims}
    for sentence in evidence.lecture.sentences:
        yield sentence, [ran[c.id] for c in sentence.claims if c.id in ran]


def _question(evidence: Evidence, sentence: Sentence, claims: Sequence[Claim], rng: random.Random) -> Question:
    place = places.in_lecture(evidence.lecture).get(sentence.id)
    line = places.line(evidence.lecture.markdown, place[0]) if place else None
    inputs = [one for claim in claims for one in (*_inputs(evidence, claim), *_mistakes(evidence, claim))]
    if inputs and rng.randrange(EVERY) == 0:
        return rng.choice(inputs)._replace(quoted=sentence.text, line=line)
    return Question(
        quoted=sentence.text,
        line=line,
        asks="",
        choices=findings.ANSWERS[::-1],
        right=findings.answer(claims),
        instead=[made.text for c in claims if (made := findings.correction(c))],
        found=[f"{c.id}: {' '.join(filter(None, (findings.in_one_line(c), findings.beyond(c))))}" for c in claims],
        stands=[link(c.id) for c in claims],
    )


# --- what comes out ----------------------------------------------------------------------------------------------------


def _inputs(evidence: Evidence, claim: Claim) -> Iterator[Question]:
    """Questions of a claim's limits: what comes out at the smallest counterexample; of yes and no, at the nearest input that is none as well."""
    said = {limit.name: limit for limit in claim.limits}
    for name, found in standing.limits(claim).items():
        for cell, limit in found:
            rows = {
                r.found.role: r for r in limit.rows if isinstance(r, Fact) and r.found and r.found.role != "instead"
            }
            if limit.shown and len(rows) == 2 and len(choices := _choices(rows.values())) > 1:
                again = replay.command(evidence, claim.id, cell, limit=name)
                asked = [r for r in rows.values() if r.must_fail or _spoken(r.got) in SPOKEN.values()]
                yield from (_of_row(claim, said[name], r, cell.name, choices, again) for r in asked)
                break  # the other cells found alike


def _mistakes(evidence: Evidence, claim: Claim) -> Iterator[Question]:
    """Questions of what the claim compared as plain facts: what came out, and what would if one of the wrongs were so that it tells."""
    for cell in claim.cells:
        right = {(r.case, r.label): _spoken(r.got) for r in cell.rows if isinstance(r, Fact) and r.made and r.agrees}
        told = dict[tuple[str, str], dict[str, str]]()
        for wrong in cell.wrongs:
            row = wrong.worst
            if isinstance(row, Fact) and (so := right.get((row.case, row.label), "yes")) not in SPOKEN.values():
                others = {_spoken(x) for x in (row.got, row.wanted)} - {so}
                told.setdefault((row.case, row.label), {}).update(dict.fromkeys(others, wrong.name))
        for (case, label), mistakes in told.items():
            choices = tuple(sorted({right[case, label], *mistakes}))
            if max(map(len, choices)) > LONGEST or len(choices) < 2:
                continue
            yield Question(
                quoted="",
                line=None,
                asks=f"{case} ({cell.name}). “{label}”: what comes out?",
                choices=choices,
                right=right[case, label],
                instead=[],
                found=[f"{value}: {name}." for value, name in mistakes.items()],
                stands=[link(claim.id)],
                again=replay.command(evidence, claim.id, cell, case=case),
            )
        if told:
            break  # the other cells were asked alike


def _of_row(claim: Claim, limit: LimitSaid, row: Row, cell: str, choices: tuple[str, ...], again: str) -> Question:
    at = words.symbols(row.found.symbols) if row.found else ""
    is_asked = "is that so" if isinstance(row.got, bool) else "what comes out"
    near = f"It holds here, and fails near it: {limit.says}" if row.agrees else limit.says
    literally = "" if row.agrees else f"Read literally, the sentence says: {_spoken(row.wanted)}."
    return Question(
        quoted="",
        line=None,
        asks=f"{limit.name} ({at}; {cell}). “{row.label}”: {is_asked}?",
        choices=choices,
        right=_spoken(row.got),
        instead=[],
        found=[*filter(None, (literally, near))],
        stands=[link(claim.id, "limit", limit.name)],
        again=again,
    )


def _choices(rows: Iterable[Row]) -> tuple[str, ...]:
    """What came out and what the sentence says, of the counterexample and of its neighbour, in an order that tells nothing."""
    return tuple(sorted({_spoken(x) for r in rows for x in (r.got, r.wanted)}))


def _spoken(x: Any) -> str:
    return SPOKEN.get(str(x), words.value(x))
