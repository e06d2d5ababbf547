"""The evidence as the reports read it: words and numbers for people, and the cells of a claim gathered by what they say.

Nothing here knows a format, and nothing here judges: every verdict comes from the evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

HOLDS = ("verified", "supported")
TAKES_NO_PART = ("absent", "unsupported")
WORST_FIRST = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")

MEANING = {
    "verified": "every comparison agreed, and every wrong variant was refuted by the same experiment",
    "supported": "statistical: every gate that was stated before the run was met, with its controls",
    "disputed": "what is asserted has two sides: gates that speak for it and gates that speak against it were stated before the run, and at "
    "least one of each was met, on the first and on the fresh seeds",
    "not supported": "statistical: a gate that was stated before the run was not met",
    "inconclusive": "nothing was compared, or a wrong variant survived, or a limit did not show: no evidence either way",
    "refuted": "a counterexample inside the scope",
    "error": "the experiment or the library failed, so nothing can be said",
    "absent": "the library is not installed: it took no part",
    "unsupported": "the library has no such operation, or nothing of the claim is meant for it, as its row says: it took no part",
}
BROKEN = "a look of cells with an error: the library itself does not start, crashed or gave no answer; the rest of them are errors of the experiment"

IN_PART = (
    "a mark beside a verdict: not all of the claim could be tested on that library, so the verdict is about the rest; "
    "what was not tested is listed with the cell"
)

HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def visible(text: str) -> str:
    """Characters that hide, that turn the direction of their neighbours or that no file may hold, shown by their code."""
    return HIDDEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text)


def number(x: Any) -> str:
    """A number for a table: three digits; ∞ for infinity, – for none."""
    if x is None:
        return "–"
    if isinstance(x, bool | str):
        return {"inf": "∞", "-inf": "−∞", "nan": "NaN"}.get(str(x), str(x))
    if isinstance(x, int) or (float(x).is_integer() and abs(x) < 1e6):
        return f"{int(x):,}".replace("-", "−")
    mantissa, _, exponent = f"{x:.3g}".partition("e")
    power = f" × 10{str(int(exponent)).translate(SUPERSCRIPT)}" if exponent else ""
    return mantissa.replace("-", "−") + power


def value(x: Any, width: int = 60) -> str:
    """Any value of the evidence on one line, cut to a width."""
    if isinstance(x, float):
        text = f"{x:.9g}".replace("-", "−")
    elif isinstance(x, Mapping):
        text = ", ".join(f"{k}: {value(v)}" for k, v in x.items())
    elif isinstance(x, list | tuple):
        text = "[" + ", ".join(value(v) for v in x) + "]"
    else:
        text = number(x)
    return cut(text, width)


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def plural(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    *rest, last = list(names) or ["none"]
    return f"{', '.join(rest)} and {last}" if rest else last


def cell_name(cell: Mapping[str, Any]) -> str:
    return f"{cell['backend']} {cell['dtype'] or ''}".strip()


def cells(names: Iterable[str]) -> str:
    """“numpy, torch (float32, float64); scipy float64”: names of cells, gathered."""
    by: dict[str, list[str]] = {}
    for name in names:
        library, _, dtype = name.partition(" ")
        by.setdefault(library, []).append(dtype)
    same: dict[tuple[str, ...], list[str]] = {}
    for library, dtypes in by.items():
        same.setdefault(tuple(d for d in dtypes if d), []).append(library)
    parts = []
    for dtypes, libraries in same.items():
        told = f" ({', '.join(dtypes)})" if len(dtypes) > 1 else f" {dtypes[0]}" if dtypes else ""
        parts.append(", ".join(libraries) + told)
    return "; ".join(parts)


def ratio(cell: Mapping[str, Any]) -> str:
    """The largest error ÷ bound of a cell: in words where no error was allowed at all, and marked where the bound is empirical."""
    x = cell["worst_ratio"]
    if x is None or isinstance(x, str):
        return number(x)
    kinds = {r["kind"] for r in cell["rows"]}
    if not kinds & {"bound", "empirical bound"}:
        return "0 (exact)"
    text = f"{math.floor(x * 1e6) / 1e6:.6f}" if 0.999 < x < 1 else number(x)  # never rounded up to the border
    largest = {r["kind"] for r in cell["rows"] if r["agrees"] and r["ratio"] == x}
    return f"{text} (empirical)" if "empirical bound" in largest else text


def margin(x: Any) -> str:
    """A margin has no meaning where the honest comparison already failed."""
    return number(None if x == "nan" else x)


def columns(evidence: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The libraries in the order asked for, each with the dtypes that any claim has on it."""
    found: dict[str, list[str]] = {b: [] for b in evidence["selection"]["backends"]}
    for claim in evidence["claims"]:
        for cell in claim["cells"]:
            dtypes = found.setdefault(cell["backend"], [])
            if cell["dtype"] and cell["dtype"] not in dtypes:
                dtypes.append(cell["dtype"])
    return [(backend, sorted(dtypes) or [""]) for backend, dtypes in found.items()]


def version(evidence: Mapping[str, Any], backend: str) -> str:
    """The library's version; empty where it is absent, did not start, or is a phrasebook of the user's own."""
    versions = evidence["environment"]["backends"].get(backend, {}).get("versions", {})
    return str(versions.get(backend, ""))


def state(evidence: Mapping[str, Any], backend: str) -> str:
    """The library's version, or why there is none."""
    facts = evidence["environment"]["backends"].get(backend, {"absent": ""})
    said = next((word for word, member in (("absent", "absent"), ("broken", "error")) if member in facts), "phrasebook")
    return version(evidence, backend) or said


def look(cell: Mapping[str, Any]) -> str:
    """A cell's verdict, or "broken" where it is the library that failed."""
    broken = cell["verdict"] == "error" and any(r["outcome"] == "broken" for r in cell["rows"])
    return "broken" if broken else cell["verdict"]


def in_part(cell: Mapping[str, Any]) -> list[str]:
    """What of the claim was not tested in a cell that took part; empty where all of it was."""
    return [] if cell["verdict"] in TAKES_NO_PART else list(cell["in_part"])


def tested_in_part(claims: Iterable[Mapping[str, Any]]) -> int:
    """How many cells were tested in part only."""
    return sum(bool(in_part(c)) for claim in claims for c in claim["cells"])


def defects_of(cell: Mapping[str, Any]) -> list[str]:
    """The recorded defects that showed in a cell."""
    rows = [*cell["rows"], *(r for limit in cell["limits"] for r in limit["rows"])]
    return sorted({r["defect"] for r in rows if r["defect"]})


def standing(row: Mapping[str, Any]) -> str:
    """What a comparison is to its claim: it agrees, departs, is a recorded defect, an unmet gate, was stopped, or took no part; "side":
    an unmet gate that speaks for one of two sides, which tells neither for nor against the claim."""
    if row["agrees"]:
        return "agrees"
    if row["defect"]:
        return "defect"
    if row["outcome"] in TAKES_NO_PART:
        return "no part"
    if row["outcome"] == "value" and not row.get("made", True):  # say, these inputs leave no bound
        return "no part"
    if row["outcome"] in ("broken", "error") or (row["outcome"] == "raised" and not row["elements"]):
        return "stopped"
    if row["kind"] == "gate":
        return "side" if row.get("speaks") else "gate"
    return "departs"


def departures(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Comparisons that tell against the claim or that could not be made; what took no part does neither."""
    return [r for r in cell["rows"] if standing(r) in ("departs", "gate", "stopped")]


def unexpected(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> bool:
    """Whether the verdict is another than the declared one; a part has none, and a quick run may leave statistics open."""
    as_declared = claim["verdict"] == claim["expected"] or left_open(evidence, claim)
    return not evidence["selection"]["partial"] and not as_declared


def left_open(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> bool:
    """Whether a quick run could not decide a statistical claim."""
    return evidence["selection"]["quick"] and bool(claim["designs"]) and claim["verdict"] == "inconclusive"


def quick(evidence: Mapping[str, Any]) -> str:
    """What a quick run must say of itself before anything else; empty for a full run."""
    if not evidence["selection"]["quick"]:
        return ""
    counts = [
        n for claim in evidence["claims"] for design in claim["designs"].values() for n in design["seeds"].values()
    ]
    seeds = f"{max(counts)} seeds" if counts else "few seeds"
    return f"Quick run: statistics on {seeds} of each kind only, fewer than designed for. A first look, not for citing; run again without --quick."


WORDED = "as worded the sentence fails for: "


def as_worded(claim: Mapping[str, Any]) -> list[tuple[str, str]]:
    """[(limit, what it says)]: the plain readings of the sentence that fail."""
    _, _, named = claim["reason"].partition(WORDED)
    says = {name: found[0][1]["says"] for name, found in gathered(claim, "limits").items()}
    return [(name, says.get(name, "")) for name in (named.split("; ") if named else [])]


def worded_line(claim: Mapping[str, Any]) -> str:
    """That the sentence fails as worded, and in what; empty where it does not."""
    found = [name for name, _ in as_worded(claim)]
    return f"As worded, the sentence fails for: {'; '.join(found)}." if found else ""


def marks(claim: Mapping[str, Any]) -> str:
    """A verdict with what qualifies it, in words: “supported, qualified, fails as worded”."""
    return ", ".join(
        [claim["verdict"], *["qualified"] * claim["qualified"], *["fails as worded"] * bool(as_worded(claim))]
    )


def gathered(claim: Mapping[str, Any], member: str) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """The wrongs or the limits of all cells by their name: name -> [(cell, wrong or limit)]."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for cell in claim["cells"]:
        for item in cell[member]:
            found.setdefault(item["name"], []).append((cell_name(cell), item))
    return found


def size(x: Any) -> float:
    """A ratio as a number to sort by."""
    return -1.0 if x is None else float(x)


def untested(evidence: Mapping[str, Any]) -> list[str]:
    """Ids of claims without evidence here: no experiment yet, or not part of this run."""
    ran = {c["id"] for c in evidence["claims"]}
    return [c["id"] for s in evidence["lecture"]["sentences"] for c in s["claims"] if c["id"] not in ran]


def premises_of(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> dict[str, Any]:
    """The claim's row in the graph of premises."""
    none = {"claim": claim["id"], "uses": [], "untested": [], "sand": []}
    return next((p for p in evidence["premises"] if p["claim"] == claim["id"]), none)


def symbols(point: Mapping[str, Any]) -> str:
    """A point of a search in the lecture's symbols: “H = 1, W = 2”."""
    return ", ".join(f"{name} = {value(x, 40)}" for name, x in point.items())


def unseen(evidence: Mapping[str, Any]) -> list[str]:
    """Blunders that no claim sees."""
    return [f"{b['name']} ({', '.join(b['operations'])})" for b in evidence["sensitivity"] if not b["seen"]]


SIGHT = {
    "seen": ("●", "the claim would be refuted on a library that makes this mistake"),
    "blind": ("○", "the claim holds all the same: it cannot see this mistake"),
    "stopped": ("–", "the mistaken operation gave no value, so the experiment could not go on"),
    "cannot be made": ("", "none of the claim's calls leaves room for this mistake"),
}
"""What a claim makes of a blunder: its sign in the table, and what it means."""


def sensitivity(evidence: Mapping[str, Any]) -> list[tuple[str, list[str], list[tuple[Mapping[str, Any], list[str]]]]]:
    """[(operation, its claims, [(blunder, the sign for each claim)])], the operations with most blunders first."""
    by: dict[str, list[Mapping[str, Any]]] = {}
    for blunder in evidence["sensitivity"]:
        for operation in blunder["operations"]:
            by.setdefault(operation, []).append(blunder)
    order = {c["id"]: i for i, c in enumerate(evidence["claims"])}
    found = []
    for operation, blunders in sorted(by.items(), key=lambda item: (-len(item[1]), item[0])):
        claims = sorted(
            {c for b in blunders for c, sight in b["claims"].items() if sight != "cannot be made" and c in order},
            key=order.__getitem__,
        )
        rows = [(b, [SIGHT[b["claims"].get(c, "cannot be made")][0] for c in claims]) for b in blunders]
        found.append((operation, claims, rows))
    return found


def alike(rows: list[tuple[Mapping[str, Any], list[str]]]) -> list[tuple[list[Mapping[str, Any]], list[str]]]:
    """Blunders of which every claim makes the same, in one row: [([blunder], the sign for each claim)]."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for blunder, signs in rows:
        found.setdefault((blunder["seen"], *signs), []).append(blunder)
    return [(blunders, list(signs)) for (_, *signs), blunders in found.items()]


def ledger(evidence: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[str]]]:
    """[(sentence, ids of the claims that test it)]."""
    return [(s, [*(c["id"] for c in s["claims"]), *s["see"]]) for s in evidence["lecture"]["sentences"]]


def exact_part_only(evidence: Mapping[str, Any]) -> list[str]:
    """Claims of which the statistical part ran on no library of this run, though their exact part holds on each; of a part nothing is said."""
    waiting = "the statistical part of the claim ran on no library"
    if evidence["selection"]["partial"]:
        return []
    return [c["id"] for c in evidence["claims"] if c["verdict"] == "inconclusive" and waiting in c["reason"]]


def verdict_line(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> str:
    """The verdict and its reason as a plain sentence or two."""
    reason = claim["reason"].partition(f"; {WORDED}")[0].rstrip(".")
    text = f"{claim['verdict'].capitalize()}{', qualified' if claim['qualified'] else ''}: {reason}."
    limits = gathered(claim, "limits")
    if claim["qualified"]:
        text += f" Read literally, the sentence fails in {plural(len(limits), 'way')} just outside this scope."
    tested = [c for c in claim["cells"] if c["verdict"] not in TAKES_NO_PART]
    if part := [cell_name(c) for c in tested if in_part(c)]:
        text += f" {'Nowhere tested in full' if len(part) == len(tested) else 'Tested only in part on'}: {cells(part)}."
    if flawed := [cell_name(c) for c in claim["cells"] if defects_of(c)]:
        text += f" Where recorded, the library itself departs: {cells(flawed)}."
    if sand := premises_of(evidence, claim)["sand"]:
        verdicts = {c["id"]: c["verdict"] for c in evidence["claims"]}
        text += f" It rests on sand: {listed(f'{p} is {verdicts[p]}' for p in sand)}."
    if unexpected(evidence, claim):
        text += f" Its author expected “{claim['expected']}”."
    if left_open(evidence, claim):
        text += " Left open by a quick run, which has few seeds."
    return text


def summary(evidence: Mapping[str, Any]) -> list[str]:
    """The run in a few sentences, computed from its counts."""
    counts, claims = evidence["counts"], evidence["claims"]
    total, holds = len(claims), counts["holds"]
    kinds = [f"{counts['claims'][v]} {v}" for v in HOLDS if counts["claims"][v]]
    first = f"{holds} of {plural(total, 'claim')} {'holds' if 1 in (holds, total) else 'hold'}" + (
        f" ({', '.join(kinds)})" if kinds else ""
    )
    if counts["qualified"]:
        first += f", {counts['qualified']} of them qualified: the sentence needed a narrower scope than its words"
    others = [f"{counts['claims'][v]} {v}" for v in reversed(WORST_FIRST) if v not in HOLDS and counts["claims"][v]]
    lines = [first + ".", (f"The rest: {', '.join(others)}." if others else "")]
    if failing := [c["id"] for c in claims if as_worded(c)]:
        lines.append(f"As worded the sentence fails in {plural(len(failing), 'claim')}: {listed(failing)}.")
    if waiting := exact_part_only(evidence):
        lines.append(
            f"Of {plural(len(waiting), 'claim')} that statistics must settle only the exact part was tested: on no library of this run did the other run."
        )
    if waiting := len(untested(evidence)):
        lines.append(
            f"{plural(waiting, 'claim')} of the lecture {'has' if waiting == 1 else 'have'} no evidence here yet."
        )
    lines.append(
        f"Made: {plural(counts['comparisons'], 'comparison')} of {plural(counts['elements'], 'number')}. "
        f"Wrong variants caught: {counts['wrongs_caught']:,} of {counts['wrongs']:,}. "
        f"Limits shown: {counts['limits_shown']:,} of {counts['limits']:,}."
    )
    if part := tested_in_part(claims):
        lines.append(f"{plural(part, 'cell')} tested in part: what was not tested is listed there.")
    if blunders := evidence["sensitivity"]:
        seen = sum(b["seen"] for b in blunders)
        lines.append(
            f"Mistaken operations tried on every claim that uses them: {len(blunders):,}, of which some claim sees {seen:,}."
        )
    sentences = ledger(evidence)
    others = [s for s, claims in sentences if not claims]
    lines.append(
        f"Sentences: {len(sentences)}, of which {len(sentences) - len(others)} are tested by claims, "
        f"{sum(s['disposition'] == 'definition' for s in others)} are definitions and "
        f"{sum(s['disposition'] == 'not testable' for s in others)} cannot be tested."
    )
    present = [(b, state(evidence, b)) for b, _ in columns(evidence)]
    took = [f"{b} {v}" for b, v in present if v not in ("absent", "broken")]
    lines.append(f"Libraries: {listed(took)}." if took else "No library took part.")
    if missing := [b for b, v in present if v in ("absent", "broken")]:
        lines.append(
            f"Absent or not started: {listed(missing)}. Nothing is said about {'it' if len(missing) == 1 else 'them'}."
        )
    if applying := [d for d in evidence["defects"] if d["applies"]]:
        shown = sum(d["reproduced"] for d in applying)
        lines.append(f"Recorded library defects that apply here: {len(applying)}, of which {shown} reproduced.")
    return [line for line in lines if line]


def warnings(evidence: Mapping[str, Any]) -> list[str]:
    """What a reader must know before trusting the rest."""
    lines = []
    if surprises := [c["id"] for c in evidence["claims"] if unexpected(evidence, c)]:
        lines.append(f"Not the verdict that was expected: {listed(surprises)}.")
    if sand := [p["claim"] for p in evidence["premises"] if p["sand"]]:
        lines.append(
            f"Resting on sand, for a claim that they use is refuted, not supported or inconclusive: {listed(sand)}."
        )
    if holes := unseen(evidence):
        lines.append(f"Mistakes that no claim sees: {listed(holes)}.")
    if left := evidence["lecture"]["unaccounted"]:
        lines.append(
            f"Of the text {plural(len(left), 'piece')} {'has' if len(left) == 1 else 'have'} neither a claim nor a disposition; see the ledger."
        )
    if evidence["selection"]["partial"]:
        lines.append("Only a part of each claim ran, so no claim has a full verdict.")
    if evidence["interrupted"]:
        lines.append("The run was interrupted: the rest did not run.")
    return lines
