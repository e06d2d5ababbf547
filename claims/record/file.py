"""The record's file: one writer, and one strict reader for reports, comparison, history and the plug-in alike.

``python -m lectureclaims.claims.record.file > claims/record/schema.json`` writes the published schema again.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import math
import re
import typing
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

import msgspec

from ...reference.refusal import Refused
from .sentences import heeded
from .types import SCHEMA, Claim, Evidence, Gate, LimitSaid, Part, Real, Text, Verdict

WAY_OUT = "give the results.json that verify wrote"
OTHER_BUILD = "if another build wrote it, use that one, or run verify again with this version"
WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""JSON's missing numbers."""
GZIP = b"\x1f\x8b"
"""How a compressed file begins."""
LARGEST = 2**30
"""Bytes of a record: a compressed one may hold much more than its size."""
MOST_DEEP = 40
"""What reads a record goes down step by step; none that was ever written is half as deep."""
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
LONG = re.compile(rb"(?<![\d.])\d{19,}")
"""A whole number of more than 18 digits, which need not fit into 64 bits; the writer has it as text."""
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NO_STEPS = bytes(b for b in range(256) if b not in STEPS)


class BadEvidence(Refused):
    """A results file that cannot be read; the message is one line. why: the same without the file's name and the way out."""

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why or message


class _Heading(msgspec.Struct):
    """What is read before the rest: the version of the schema, and the texts that the rest refers to by number."""

    schema: str = ""
    texts: tuple[str, ...] = ()


class _Named(msgspec.Struct):
    id: str


class ClaimSaid(msgspec.Struct):
    """A claim's verdict."""

    id: str
    verdict: Verdict
    qualified: bool
    limits: tuple[LimitSaid, ...] = ()
    fails_as_worded: tuple[str, ...] = ()


class Clock(msgspec.Struct):
    """Seconds of each cell."""

    cell_seconds: dict[str, float] = {}


class Asked(msgspec.Struct):
    """Whether the run was a quick one."""

    quick: bool = False


class Glance(msgspec.Struct):
    """The verdicts of a record."""

    schema: Literal["lecture-claims/results/2"]
    selection: Asked
    claims: tuple[ClaimSaid, ...]
    volatile: Clock


class _Packed(msgspec.Struct):
    texts: tuple[str, ...]
    part: msgspec.Raw


P = typing.TypeVar("P", bound=Part)


def dumps(evidence: Evidence) -> str:
    """The JSON of a record: what has its default is left out, each shared text is written once, infinities and NaN as words."""
    texts: dict[str, int] = {}
    members = {"schema": evidence.schema, **_plain(evidence, texts), "texts": list(texts)}
    return msgspec.json.encode(members).decode() + "\n"


def pack(part: Part) -> bytes:
    """A part of a record by itself."""
    texts: dict[str, int] = {}
    members = _plain(part, texts)
    return msgspec.json.encode({"texts": list(texts), "part": members})


def unpack(data: bytes, kind: type[P]) -> P:
    """The part that these bytes are. Raises BadEvidence where they are none of this kind."""
    try:
        whole = msgspec.json.decode(data, type=_Packed)
        return msgspec.json.decode(whole.part, type=kind, dec_hook=functools.partial(_decoded, whole.texts))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise BadEvidence(f"no {kind.__name__}: {_line(error)}") from None


def loads(data: bytes | str, name: str = "results", *, only: str = "") -> Evidence:
    """The record of a JSON. Raises BadEvidence, in one line, for anything that is not a whole record of this version. only: of one claim, what else
    there is of claims is passed over."""
    data = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    way_out, heading = WAY_OUT, _Heading()
    try:
        data = _only(data, only) if only else data
        _check_sizes(data)
        heading = msgspec.json.decode(data, type=_Heading)
        if heading.schema != SCHEMA:
            way_out = "write it again with this version"
            raise ValueError(f"schema {heading.schema[:80]!r}, expected {SCHEMA!r}")
        evidence = msgspec.json.decode(data, type=Evidence, dec_hook=functools.partial(_decoded, heading.texts))
        for flaw in () if only else _flaws(evidence):
            raise ValueError(f"no record: {flaw}")
        return evidence
    except msgspec.ValidationError as error:
        why = f"no record: {_line(error)}"
        way_out = OTHER_BUILD if heading.schema == SCHEMA else WAY_OUT
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = f"not JSON: {_line(error)}"
    except ValueError as error:
        why = _line(error)
    raise BadEvidence(f"{name}: {why}; {way_out}", why)


def load(path: Path, *, only: str = "") -> Evidence:
    """Read a results file, or what it has of one claim. Raises BadEvidence where it is missing or no record."""
    return loads(_data(path), f"results={str(path)!r}", only=only)


def glance(path: Path) -> Glance:
    """What a results file says of its claims, without their evidence. Raises BadEvidence where it is missing, or none of this version."""
    data = _data(path)
    try:
        return msgspec.json.decode(data, type=Glance)
    except (msgspec.DecodeError, UnicodeDecodeError):
        loads(data, f"results={str(path)!r}")  # which says what is wrong
        raise


def there(path: Path) -> Path:
    """The file itself or, where there is none, the compressed one beside it."""
    packed = path.with_name(f"{path.name}.gz")
    return packed if not path.exists() and packed.is_file() else path


def compressed(data: bytes) -> bytes:
    """Of equal records the same bytes: without a date."""
    return gzip.compress(data, mtime=0)


def _data(path: Path) -> bytes:
    """The bytes of a file, compressed or not."""
    try:
        data = there(path).read_bytes()
        if data[:2] != GZIP:
            return data
        with gzip.open(io.BytesIO(data)) as packed:
            found = packed.read(LARGEST + 1)
        if len(found) <= LARGEST:
            return found
        why = f"more than {LARGEST:,} bytes"
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        why = f"not gzip: {_line(error)}"
    except OSError as error:
        why = str(error.strerror)
    raise BadEvidence(f"results={str(path)!r}: {why}; {WAY_OUT}", why)


def _only(data: bytes, claim: str) -> bytes:
    """The record without the other claims, and without what mistakes did to them."""
    members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    claims = msgspec.json.decode(members.get("claims", b"[]"), type=list[msgspec.Raw])
    members["claims"] = msgspec.Raw(
        b"[" + b",".join(c for c in claims if msgspec.json.decode(c, type=_Named).id == claim) + b"]"
    )
    return msgspec.json.encode(members | {"sensitivity": msgspec.Raw(b"[]")})


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
    if type(value) is tuple and {*map(type, value)} <= {int}:  # a shape: most of what a sweep compares
        return [*map(_whole, value)]
    if (listed := getattr(value, "tolist", None)) is not None:  # of NumPy's arrays and numbers, without importing it
        value = listed()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _whole(value)
    return value if value is None or isinstance(value, bool | str) else str(value)


def _whole(number: int) -> int | str:
    return number if abs(number) < 10**18 else str(number)


def _plain(value: Any, texts: dict[str, int]) -> Any:
    match value:
        case Part():
            kind = type(value)
            tag = kind.__struct_config__.tag
            found: dict[str, Any] = {kind.__struct_config__.tag_field or "": tag} if tag else {}
            for name, default, shared in _members(kind):
                member = getattr(value, name)
                if member is not default and member != default:
                    found[name] = texts.setdefault(_text(member), len(texts)) if shared else _plain(member, texts)
            return found
        case str():
            return _text(value)
        case dict():
            return {_text(k): _plain(v, texts) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v, texts) for v in value]
        case float():
            return _number(value)
        case _:
            return value


def _text(value: str) -> str:
    """As UTF-8 has it: half a pair of surrogates, say of a file's name, by its code."""
    return value.encode(errors="backslashreplace").decode()


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


# --- what the types do not say -----------------------------------------------------------------------------------------


def _check_sizes(data: bytes) -> None:
    """Raise ValueError where the JSON is deeper, or has a longer whole number, than anything that reads a record is made for."""
    bare = STRING.sub(b"", data)
    if max(accumulate(STEPS[b] for b in bare.translate(None, NO_STEPS)), default=0) > MOST_DEEP:
        raise ValueError(f"no record: nested more than {MOST_DEEP} deep")
    if found := LONG.search(bare):
        raise ValueError(f"no record: {found[0][:19].decode()}… is too large a whole number")


def _flaws(evidence: Evidence) -> Iterator[str]:
    """Ids that stand twice, and names that lead nowhere."""
    claims = [c.id for c in evidence.claims]
    yield from _twice("claim", claims)
    yield from _twice("sentence", [s.id for s in evidence.lecture.sentences])
    yield from _twice("defect", [d.id for d in evidence.defects])
    for claim in evidence.claims:
        yield from _flaws_of(claim, evidence)
    for row in evidence.premises:
        yield from _nowhere("premises", "claim", [row.claim, *row.sand], claims)
    for where, clocks in evidence.volatile.timings.items():
        for name, data in clocks.items():
            rows = data.get("rows", []) if isinstance(data, dict) else None
            if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
                yield f"timings of {where}: {name!r} has no list of rows"
    yield from _nowhere("counts", "verdict", typing.get_args(Verdict), evidence.counts.claims)


def _flaws_of(claim: Claim, evidence: Evidence) -> Iterator[str]:
    limits = [x.name for x in claim.limits]
    yield from _nowhere(claim.id, "limit", [*claim.fails_as_worded, *heeded(claim.instead)], limits)
    gates = [gate for design in claim.designs.values() for gate in design.gates]
    for gate in (*gates, *(row for cell in claim.cells for row in cell.rows if isinstance(row, Gate))):
        if len(gate.bounds) != (2 if gate.side == "within" else 1):
            yield f"{claim.id}: a gate {gate.side} has {len(gate.bounds)} bounds"
    yield from _twice(f"cell of {claim.id}", [x.name for x in claim.cells])
    for cell in claim.cells:
        where = f"{claim.id} [{cell.name}]"
        yield from _nowhere(where, "library", [cell.backend], evidence.environment.backends)
        yield from _nowhere(where, "limit", [x.name for x in cell.limits], limits)
        yield from _twice(f"wrong of {where}", [x.name for x in cell.wrongs])
        yield from _twice(f"limit of {where}", [x.name for x in cell.limits])


def _twice(what: str, names: list[str]) -> Iterator[str]:
    if len(set(names)) < len(names):
        yield f"{what} {next(n for n in names if names.count(n) > 1)!r} stands in it twice"


def _nowhere(where: str, what: str, names: Iterable[str], known: typing.Container[str]) -> Iterator[str]:
    yield from (f"{where}: it has no {what} {name!r}" for name in names if name not in known)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1, ensure_ascii=False))
