"""``python -m benchmarks.external``: run both suites, and write docs/external.md. Exit code 1 where something disagrees and no reason is known."""

from __future__ import annotations

import argparse
import importlib.util
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

import ml_dtypes  # noqa: F401 - NumPy knows the name bfloat16 once it is imported

from ..table import Table
from . import nodes, samples
from .calls import Answer, answered
from .reasons import reason

TARGET = Path(__file__).parents[2] / "docs" / "external.md"
HEAD = """# Two suites that others wrote

Written by `make external`; do not edit. ONNX's node tests (models of one node, their inputs and expected outputs, through onnx's own loader) and
PyTorch's OpInfo samples (what PyTorch tests its own operations with, computed on the CPU in four formats, and their gradients), each put to
`adjudicate` in the framework's own words. *Expressible*: it could be put. *Disagreeing*: outside, or unlike rounding; the reasons are below.
Of ONNX's the operators count that are operations here, which leaves out dropout. *Empty* samples have no element to compare.

"""
EMPTY = "at least one element"
DISAGREES = ("outside", "unlike rounding")
NEEDS = {"onnx": "onnx", "expecttest": "PyTorch's samples"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.external", description=__doc__)
    parser.add_argument("--formats", nargs="+", choices=samples.FORMATS, default=samples.FORMATS)
    parser.add_argument("--print", action="store_true", help="print the tables, write nothing")
    asked = parser.parse_args()
    for module, what in NEEDS.items():
        if importlib.util.find_spec(module) is None:
            print(
                f"{module} is not installed, which {what} need: pip install 'lecture-claims[external]'", file=sys.stderr
            )
            return 2
    suites = {
        "ONNX": [answered(call, where) for where, call in nodes.calls()],
        "PyTorch": [answered(call, where) for where, call in samples.calls(tuple(asked.formats))],
    }
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("onnx", "torch", "numpy"))
    text = HEAD + f"{date.today():%Y-%m-%d}, {platform.machine()}, {versions}; formats {', '.join(asked.formats)}.\n"
    for table in [
        *(_counted(suite, answers) for suite, answers in suites.items()),
        _disagreeing(suites),
        _refused(suites),
    ]:
        text += f"\n{table.markdown()}"
    print(text)
    if not asked.print:
        TARGET.write_text(text, encoding="utf-8")
    unknown = [
        a
        for suite, answers in suites.items()
        for a in answers
        if a.standing in DISAGREES and not reason(suite, a.operation, a.where)
    ]
    return 1 if unknown else 0


def _counted(suite: str, answers: Sequence[Answer]) -> Table:
    rows = []
    for operation in [*sorted({a.operation for a in answers}), ""]:
        these = [a for a in answers if not operation or a.operation == operation]
        empty = sum(EMPTY in a.why for a in these)
        counts = Counter(a.standing for a in these)
        expressible = len(these) - counts["not expressible"]
        disagreeing = sum(counts[standing] for standing in DISAGREES)
        rows.append(
            [
                operation or "**all**",
                *map(
                    str,
                    (
                        len(these) - empty,
                        expressible,
                        counts["within rounding"],
                        counts["cannot tell"],
                        disagreeing,
                        empty,
                    ),
                ),
            ]
        )
    heads = ["operation", "calls", "expressible", "agreeing", "cannot tell", "disagreeing", "empty"]
    return Table(f"{suite}: calls by operation", heads, rows)


def _disagreeing(suites: dict[str, list[Answer]]) -> Table:
    found = Counter(
        (suite, a.operation, a.why, reason(suite, a.operation, a.where))
        for suite, answers in suites.items()
        for a in answers
        if a.standing in DISAGREES
    )
    rows = [
        [suite, operation, str(n), _cell(why), known or "**not known**"]
        for (suite, operation, why, known), n in sorted(found.items())
    ]
    return Table(
        "Disagreeing, and why", ["suite", "operation", "calls", "what `adjudicate` says", "reason"], rows or [["–"] * 5]
    )


def _refused(suites: dict[str, list[Answer]]) -> Table:
    found = Counter(
        (suite, a.operation, a.why)
        for suite, answers in suites.items()
        for a in answers
        if a.standing == "not expressible" and EMPTY not in a.why
    )
    rows = [[suite, operation, str(n), _cell(why)] for (suite, operation, why), n in sorted(found.items())]
    return Table(
        "Not expressible",
        ["suite", "operation", "calls", "what is refused (n: a number of the case)"],
        rows or [["–"] * 4],
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
