"""Records of other days: results.json read leniently, with what of it an older version did not write yet.

The published schema (results.schema.json) says what a record has and of which type. A member that is missing is filled in
with nothing (an empty list, no number, no) and named, so that whoever reads on can leave it out rather than take it for a
finding. What the record is about (claims, cells, verdicts) must be there, and what is there must be of its type.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...claims.record import evidence
from ...claims.record.evidence import SCHEMA, BadEvidence

FILE = Path(evidence.__file__).with_name("schema.json")
WAY_OUT = "give the results.json that verify wrote"
CELL = "claims[].cells[]"
ESSENTIAL = {
    "claims",
    "claims[].id",
    "claims[].verdict",
    "claims[].cells",
    f"{CELL}.backend",
    f"{CELL}.verdict",
    f"{CELL}.rows[].case",
    f"{CELL}.rows[].label",
    f"{CELL}.rows[].agrees",
    f"{CELL}.wrongs[].name",
    f"{CELL}.wrongs[].caught",
    f"{CELL}.limits[].name",
    f"{CELL}.limits[].shown",
}
"""Without these nothing can be said, so they are never filled in."""
HEAVY = ("rows", "wrongs", "limits")
"""Nearly all of a record's bytes; a history needs none of them."""
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
MOST_DEEP = 20
NOTHING: Mapping[str, Any] = {"array": [], "string": "", "boolean": False, "integer": 0}


@dataclass(frozen=True)
class Record:
    """name: the file as it was given; missing: paths of members that the file does not have, as "claims[].designs"."""

    name: str
    evidence: dict[str, Any]
    missing: frozenset[str]

    @property
    def begun(self) -> datetime | None:
        """When the run began; None where the record does not say, or not in a way that can be read."""
        try:
            said = datetime.fromisoformat(self.evidence["volatile"]["begun"])
            return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


def read(path: Path, *, verdicts_only: bool = False) -> Record:
    """Read a record, of today or older. Raises BadEvidence, in one line, where the file is not one.

    ``verdicts_only`` leaves out what the verdicts were computed from.
    """
    given = f"results={str(path)!r}"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEvidence(f"{given}: {error.strerror}; {WAY_OUT}") from None
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError, 5000 brackets the other
        raise BadEvidence(f"{given}: not JSON ({str(error)[:200]}); {WAY_OUT}") from None
    have = found.get("schema", "none") if isinstance(found, dict) else f"none, for it is {_told(found)}"
    if have != SCHEMA:
        raise BadEvidence(f"{given}: schema {str(have)[:80]!r}, expected {SCHEMA!r}; {WAY_OUT}")
    if verdicts_only:
        _lighten(found)
    try:
        return of(found, name=str(path))
    except BadEvidence as error:
        raise BadEvidence(f"{given}: {error}; {WAY_OUT}") from None


def of(evidence: dict[str, Any], *, name: str) -> Record:
    """A record of evidence that is at hand. Raises BadEvidence where it lacks what it is about, or a member has another type."""
    schema = _schema()
    missing: set[str] = set()
    _shallow("environment", evidence.get("environment"))
    _complete(evidence, schema, "", schema["$defs"], missing)
    _once("claims", [c["id"] for c in evidence["claims"]])
    for claim in evidence["claims"]:
        _once(f"cells of {claim['id'][:80]!r}", [f"{c['backend']} {c['dtype'] or ''}".strip() for c in claim["cells"]])
    return Record(name, evidence, frozenset(missing))


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def _lighten(found: dict[str, Any]) -> None:
    claims = found.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        cells = claim.get("cells") if isinstance(claim, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            for member in HEAVY:
                if isinstance(cell, dict):
                    cell.pop(member, None)


def _shallow(what: str, x: Any) -> None:
    """An open member may hold anything; nothing that was ever written is as deep as this, and what reads it goes down step by step."""
    level = [x]
    for _ in range(MOST_DEEP):
        level = [y for x in level for y in (x.values() if isinstance(x, dict) else x if isinstance(x, list) else ())]
        if not level:
            return
    raise BadEvidence(f"{what} is nested more than {MOST_DEEP} deep")


def _once(what: str, names: list[Any]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadEvidence(f"{what}: {str(twice)[:80]!r} stands there twice")


def _complete(x: Any, schema: Mapping[str, Any], path: str, known: Mapping[str, Any], missing: set[str]) -> None:
    """Check the types of a value and of all that is in it, and fill in what it lacks; members that no schema knows stay."""
    schema = _resolved(schema, known)
    if not _fits(x, schema):
        raise BadEvidence(f"{path.lstrip('.') or 'the record'} is {_told(x)}, expected {_expected(schema)}")
    if isinstance(x, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties")
        for member, value in x.items():
            inner = members.get(member, others)
            if isinstance(inner, Mapping):
                _complete(value, inner, f"{path}.{member if member in members else '*'}", known, missing)
        for member in schema.get("required", ()):
            if member not in x:
                at = f"{path}.{member}".lstrip(".")
                if at in ESSENTIAL:
                    raise BadEvidence(f"{path.lstrip('.') or 'the record'} has no {member!r}")
                x[member] = _nothing(members[member], known)
                missing.add(at)
    elif isinstance(x, list) and "items" in schema:
        for item in x:
            _complete(item, schema["items"], f"{path}[]", known, missing)


def _resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reference is "#/$defs/row", or "#/$defs/row/properties/case"."""
    while "$ref" in schema:
        at: Any = known
        for step in schema["$ref"].split("/")[2:]:
            at = at[step]
        schema = at
    return schema


def _fits(x: Any, schema: Mapping[str, Any]) -> bool:
    if "anyOf" in schema:
        return any(_fits(x, one) for one in schema["anyOf"])
    if (
        "enum" in schema
    ):  # a kind that only a newer version knows is text all the same; a verdict must have its place in the order
        return x in schema["enum"] if "verified" in schema["enum"] else isinstance(x, str)
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    if not types:
        return True
    return any(isinstance(x, JSON_TYPES[t]) and (t == "boolean" or not isinstance(x, bool)) for t in types)


def _told(x: Any) -> str:
    if isinstance(x, dict | list):
        return "an object" if isinstance(x, dict) else "a list"
    return f"{str(x)[:80]!r}" if isinstance(x, str) else str(x)[:80]


def _expected(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_expected(one) for one in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    types = schema["type"]
    return types if isinstance(types, str) else " or ".join(types)


def _nothing(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """A value of the type that says nothing; an object with all that it must have."""
    schema = _resolved(schema, known)
    kind = schema.get("type")
    if kind == "object":
        return {name: _nothing(schema["properties"][name], known) for name in schema.get("required", ())}
    if "enum" in schema:
        return ""
    made = NOTHING.get(kind) if isinstance(kind, str) else None
    return list(made) if isinstance(made, list) else made
