"""What a lecture says and what its claims are made of, for who reads and does not run it: kept, so that no claim is imported a second time."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import msgspec

from .store.folder import Store, Unusable, usable

FLOORS = [Path(__file__).parents[1] / floor for floor in ("claims", "reference")]


class Made(msgspec.Struct):
    """What a claim asserts and what it is made of: names of its cases and wrongs, {name: what it says} of its limits."""

    statement: str
    scope: str
    expected: str
    premises: tuple[str, ...]
    cases: tuple[str, ...]
    wrongs: tuple[str, ...]
    limits: dict[str, str]


class Sentence(msgspec.Struct):
    """A sentence of the lecture, with the ids of its claims, those of others that test it too, or its disposition."""

    text: str
    claims: tuple[str, ...]
    see: tuple[str, ...]
    disposition: str


class Contents(msgspec.Struct):
    """The sentences of a lecture, the pieces of its text that none accounts for, and its claims by their ids."""

    sentences: tuple[Sentence, ...]
    unaccounted: tuple[str, ...]
    claims: dict[str, Made]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every claim id of the ledger, tested or not, in the lecture's order."""
        return tuple(claim for sentence in self.sentences for claim in sentence.claims)

    def sentence_of(self, claim: str) -> Sentence:
        return next(sentence for sentence in self.sentences if claim in sentence.claims)


def read(folder: Path | None = None) -> Contents:
    """The contents of a lecture, by default of this package's own. Raises BadLecture where it cannot be read."""
    where = usable()
    store, key = Store(where) if where else None, _key(folder)
    data = store.get(key) if store else None
    try:
        if data is not None:
            return msgspec.msgpack.decode(data, type=Contents)
    except msgspec.DecodeError:  # of another version of this file
        pass
    found = _made(folder)
    try:
        if store:
            store.put(key, msgspec.msgpack.encode(found))
    except Unusable:  # it only saves time
        pass
    return found


def _made(folder: Path | None) -> Contents:
    from .engine import lecture

    book = lecture.read(folder)
    return Contents(
        tuple(Sentence(s.text, s.claims, s.see, s.disposition) for s in book.sentences),
        book.unaccounted,
        {
            name: Made(
                claim.prose.statement,
                claim.prose.scope,
                claim.expected,
                claim.premises,
                tuple(claim.cases),
                tuple(dict.fromkeys(wrong.name for wrong in claim.wrongs)),
                {limit.name: limit.says for limit in claim.limits},
            )
            for name, claim in book.claims.items()
        },
    )


def _key(folder: Path | None) -> str:
    """Of every source that what a claim says can come from."""
    digest = hashlib.sha256(f"contents {sys.version} {folder.resolve() if folder else ''}".encode())
    for root in (*FLOORS, *([folder] if folder else [])):
        for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".toml", ".md", ".txt") and p.is_file()):
            digest.update(str(path.relative_to(root)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
