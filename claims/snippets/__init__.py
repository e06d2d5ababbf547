"""Snippets: a few lines with one framework alone that show a sentence, or where it stops being true, to whoever pastes them at a prompt.

They lie in a lecture's folder ``snippets``, a TOML file a section; what they print is written beside them, and a test runs every one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...reference.refusal import Refused

OWN = Path(__file__).parents[1] / "lecture"
MOST_LINES = 5
Limits = Mapping[str, Iterable[str]]
"""The names of each claim's limits, by the claim's id, in the lecture's order."""


@dataclass(frozen=True)
class Snippet:
    """Of a claim, or of one of its limits; library: what must be installed; prints: what it prints."""

    claim: str
    limit: str
    library: str
    code: str
    prints: str


@dataclass(frozen=True)
class Without:
    """Why there is no snippet of a claim, or of one of its limits."""

    claim: str
    limit: str
    reason: str


def read(folder: Path | None, limits: Limits) -> tuple[list[Snippet], list[Without]]:
    """A lecture's snippets, by default those of this package's own, and what goes without; in the order of the claims and their limits.

    Raises Refused for a file that is none.
    """
    snippets, without = list[Snippet](), list[Without]()
    for path in sorted(((folder or OWN) / "snippets").glob("*.toml")):
        try:
            whole = tomllib.loads(path.read_text(encoding="utf-8"))
            found = [Snippet(**{"limit": "", **row}) for row in whole.pop("snippet", ())]
            found += [
                Without(row["claim"], x, row["reason"]) for row in whole.pop("without", ()) for x in row["limits"]
            ]
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise Refused(
                f"{path.name}: {error}; a [[snippet]] has claim, limit, library, code, prints; a [[without]] claim, limits, reason"
            ) from None
        for one in found:
            if one.claim not in limits or one.limit not in ("", *limits[one.claim]):
                raise Refused(
                    f"{path.name}: {one.claim!r}, {one.limit!r}: no claim with such a limit; give those of the lecture"
                )
        snippets += [one for one in found if isinstance(one, Snippet)]
        without += [one for one in found if isinstance(one, Without)]
    order = {place: n for n, place in enumerate(_places(limits))}
    snippets.sort(key=lambda one: order[one.claim, one.limit])
    return snippets, without


def _places(limits: Limits) -> Iterator[tuple[str, str]]:
    """Each claim itself, then its limits by name."""
    for claim, names in limits.items():
        yield from ((claim, name) for name in ("", *names))


def missing(limits: Limits, snippets: list[Snippet], without: list[Without]) -> list[tuple[str, str]]:
    """(claim, limit) of which there is neither a snippet nor a reason."""
    there = {(one.claim, one.limit) for one in (*snippets, *without)}
    return [place for place in _places(limits) if place not in there]
