"""``python -m benchmarks``: measure, and write docs/measured.md."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib import metadata
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs" / "measured.md"
HEAD = """# Measured

Written by `make bench`; do not edit. What the bounds rest on, what they can tell, and what fixed tolerances cannot.
[Rounding](rounding.md) explains the words.

"""


def main() -> None:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from lectureclaims.reference import backends

    from . import detectors, power, ulps

    libraries = {}
    for name in backends.names():
        libraries[name] = backends.load(name)
        libraries[name].configure()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "scipy", "torch", "tensorflow-cpu"))
    text = HEAD + f"{date.today():%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, {versions}.\n"
    for tables in (detectors.run(libraries), power.run(), ulps.run(libraries)):
        for table in tables:
            text += f"\n{table.markdown()}"
            print(table.markdown(), flush=True)
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":  # the claims run in spawned processes, which import this file again
    main()
