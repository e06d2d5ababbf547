"""The record's file: one writer, and one strict reader for reports, comparison, history and the plug-in alike."""

from __future__ import annotations

import functools
import math
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from .types import SCHEMA, Evidence, Part, Real, Text

WAY_OUT = "give the results.json that verify wrote"
WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""JSON's missing numbers."""


class BadEvidence(ValueError):
    """A results file that cannot be read; the message is one line."""


class _Heading(msgspec.Struct):
    """What is read before the rest: the version of the schema, and the texts that the rest refers to by number."""

    schema: str = ""
    texts: tuple[str, ...] = ()


def dumps(evidence: Evidence) -> str:
    """The JSON of a record: what has its default is left out, each shared text is written once, infinities and NaN as words."""
    texts: dict[str, int] = {}
    members = {"schema": evidence.schema, **_plain(evidence, texts), "texts": list(texts)}
    return msgspec.json.encode(members).decode() + "\n"


def loads(data: bytes | str, name: str = "results") -> Evidence:
    """The record of a JSON. Raises BadEvidence, in one line, for anything that is not a whole record of this version."""
    try:
        heading = msgspec.json.decode(data, type=_Heading)
        if heading.schema != SCHEMA:
            raise BadEvidence(
                f"{name}: schema {heading.schema!r}, expected {SCHEMA!r}; write it again with this version"
            )
        hook = functools.partial(_decoded, heading.texts)
        evidence = msgspec.json.decode(data, type=Evidence, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise BadEvidence(f"{name}: no record: {_line(error)}; {WAY_OUT}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise BadEvidence(f"{name}: not JSON: {_line(error)}; {WAY_OUT}") from None
    for what, ids in (
        ("claim", [c.id for c in evidence.claims]),
        ("sentence", [s.id for s in evidence.lecture.sentences]),
        *((f"cell of {c.id}", [x.name for x in c.cells]) for c in evidence.claims),
    ):
        if len(set(ids)) < len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise BadEvidence(f"{name}: no record: {what} {twice!r} stands in it twice; {WAY_OUT}")
    return evidence


def load(path: Path) -> Evidence:
    """Read a results file. Raises BadEvidence where it is missing or no record."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadEvidence(f"results={str(path)!r}: {error.strerror}; {WAY_OUT}") from None
    return loads(data, f"results={str(path)!r}")


def schema() -> dict[str, Any]:
    """The JSON schema of the record, made from the types."""
    words = {
        Text: {"type": "integer", "minimum": 0, "description": "Number of a text in the member texts."},
        Real: {"anyOf": [{"type": "number"}, {"enum": list(WORDS)}]},
    }
    made = msgspec.json.schema(Evidence, schema_hook=lambda kind: words[kind])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def plain(value: Any) -> Any:
    """NumPy and Python values as JSON has them."""
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers, without importing it
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return _number(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _plain(value: Any, texts: dict[str, int]) -> Any:
    if isinstance(value, Part):
        kind = type(value)
        tag = kind.__struct_config__.tag
        found: dict[str, Any] = {kind.__struct_config__.tag_field or "": tag} if tag else {}
        for name, default, shared in _members(kind):
            member = getattr(value, name)
            if member is not default and member != default:
                found[name] = texts.setdefault(str(member), len(texts)) if shared else _plain(member, texts)
        return found
    if isinstance(value, dict):
        return {k: _plain(v, texts) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, texts) for v in value]
    return _number(value) if isinstance(value, float) else value


@functools.cache
def _members(kind: type[Part]) -> list[tuple[str, Any, bool]]:
    """(name, default, whether it is a shared text) of each member."""
    hints = typing.get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    defaults = [f.default_factory() if f.default_factory is not msgspec.NODEFAULT else f.default for f in fields]
    return [(f.name, d, hints[f.name] is Text) for f, d in zip(fields, defaults, strict=True)]


def _number(x: float) -> float | str:
    return float(x) if math.isfinite(x) else next(w for w, y in WORDS.items() if y == x or (x != x and y != y))


def _decoded(texts: tuple[str, ...], kind: type, value: Any) -> Any:
    if kind is Text:
        if type(value) is not int or not 0 <= value < len(texts):
            raise ValueError(f"expected the number of one of {len(texts)} texts, got {value!r}")
        return Text(texts[value])
    if type(value) is str and value in WORDS:
        return Real(WORDS[value])
    if type(value) in (int, float):
        return Real(value)
    raise ValueError(f"expected a number or one of {', '.join(WORDS)}, got {value!r}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
