"""``python -m benchmarks``: measure, and write docs/measured.md. With names (``python -m benchmarks page``): print those tables alone."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import date
from importlib import metadata
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs" / "measured.md"
HEAD = """# Measured

Written by `make bench`; do not edit. What the bounds rest on, what they can tell, and what fixed tolerances cannot; how large the page is and how
fast it opens. [Rounding](rounding.md) explains the words.

"""
OTHERS = "Second tier: what honest results of libraries that are no part of it come to"
NAMES = ("detectors", "tiers", "means", "others", "power", "ulps", "page")


def main() -> None:
    from lectureclaims.reference import libraries

    for variable, value in libraries.ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    from . import page  # the others import the frameworks

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write docs/measured.md.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"print these alone, write nothing: {', '.join(NAMES)}"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the tables of these in the place of those that are there"
    )
    parser.add_argument("--results", type=Path, default=page.RESULTS, help="whose page is measured (%(default)s)")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in NAMES]:
        sys.exit(_say(f"{unknown[0]}: no such benchmark; there is {', '.join(NAMES)}"))
    names = asked.names or NAMES
    evidence, loaded = None, {}
    if "page" in names:
        try:
            evidence = page.ready(asked.results)  # before the others, which take minutes
        except page.Missing as missing:
            sys.exit(_say(f"page: {missing}"))
    from . import detectors, means, others, power, tiers, ulps

    if {"detectors", "tiers", "means", "ulps"} & {*names}:
        for name in libraries.names():
            loaded[name] = libraries.load(name)
            loaded[name].configure()
    runs = {
        "detectors": lambda: detectors.run(loaded),
        "tiers": lambda: tiers.run(loaded),
        "means": lambda: means.run(loaded),
        "others": lambda: tiers.run(others.loaded(), absent=others.absent(), title=OTHERS, drawn_from=others.calls),
        "power": power.run,
        "ulps": lambda: ulps.run(loaded),
        "page": lambda: page.run(evidence),
    }
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "scipy", "torch", "tensorflow-cpu"))
    text = HEAD + f"{date.today():%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, {versions}.\n"
    for name in names:
        for table in runs[name]():
            text += f"\n{table.markdown()}"
            print(table.markdown(), flush=True)
    if asked.write and asked.names:
        text = _renewed(TARGET.read_text(encoding="utf-8"), text)
    if asked.write or not asked.names:
        TARGET.write_text(text, encoding="utf-8")


def _renewed(old: str, new: str) -> str:
    """The old page with the new tables: each in the place of that of its title, or at the end."""
    parts = {part.partition("\n")[0]: part for part in old.split("\n## ")}
    parts |= {part.partition("\n")[0]: part for part in new.split("\n## ")[1:]}
    return "\n## ".join(part.rstrip("\n") + "\n" for part in parts.values())


def _say(line: str) -> int:
    print(line, file=sys.stderr)
    return 2


if __name__ == "__main__":  # the claims run in spawned processes, which import this file again
    main()
