"""The machine is part of the evidence: processor and its features, Python, packages, threads."""

from __future__ import annotations

import functools
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from ...reference import libraries

PACKAGES = (
    "lecture-claims",
    *(package for name in libraries.names() for package in libraries.LIBRARIES[name].distributions),
    "ml_dtypes",
    "scikit-learn",
)


CPUINFO = Path("/proc/cpuinfo")


@functools.cache
def processor() -> dict[str, Any]:
    """Model and features, as Linux has them in a file, or else as py-cpuinfo finds them out in a second."""
    if CPUINFO.is_file():
        lines = (line.partition(":") for line in CPUINFO.read_text().partition("\n\n")[0].splitlines())
        told = {name.strip(): value.strip() for name, _, value in lines}
        flags = (told.get("flags") or told.get("Features", "")).split()
        return {"brand_raw": told.get("model name", ""), "flags": flags}
    import cpuinfo

    return cpuinfo.get_cpu_info()


def cpu_features() -> tuple[str, ...]:
    """The processor's features; empty where the platform does not say."""
    return tuple(sorted(processor().get("flags", ())))


def versions() -> dict[str, str]:
    """Installed distributions that can change a result; a distribution that is not installed is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu": processor().get("brand_raw") or platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "cpu_features": cpu_features(),
        "packages": versions(),
    }
