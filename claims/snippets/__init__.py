"""Snippets: a few lines with one framework alone that show a sentence, or where it stops being true, to whoever pastes them at a prompt.

They lie in a lecture's folder ``snippets``, a TOML file a section; what they print is written beside them, and a test runs every one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...reference.refusal import Refused
from ..language import Claim

MOST_LINES = 5


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


def read(folder: Path, claims: Mapping[str, Claim]) -> tuple[list[Snippet], list[Without]]:
    """A lecture's snippets, and what goes without; in the claims' order, then in that of their limits. Raises Refused for a file that is none."""
    snippets, without = list[Snippet](), list[Without]()
    for path in sorted((folder / "snippets").glob("*.toml")):
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
            if one.claim not in claims or one.limit not in _places(claims[one.claim]):
                raise Refused(
                    f"{path.name}: {one.claim!r}, {one.limit!r}: no claim with such a limit; give those of the lecture"
                )
        snippets += [one for one in found if isinstance(one, Snippet)]
        without += [one for one in found if isinstance(one, Without)]
    order = {place: n for n, place in enumerate((c.id, x) for c in claims.values() for x in _places(c))}
    snippets.sort(key=lambda one: order[one.claim, one.limit])
    return snippets, without


def _places(claim: Claim) -> list[str]:
    """The claim itself, then its limits by name."""
    return ["", *(limit.name for limit in claim.limits)]


def missing(claims: Mapping[str, Claim], snippets: list[Snippet], without: list[Without]) -> list[tuple[str, str]]:
    """(claim, limit) of which there is neither a snippet nor a reason."""
    there = {(one.claim, one.limit) for one in (*snippets, *without)}
    return [(c.id, x) for c in claims.values() for x in _places(c) if (c.id, x) not in there]
