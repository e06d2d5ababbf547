"""The machine is part of the evidence: processor and its features, Python, packages, threads."""

from __future__ import annotations

import functools
import os
import platform
import sys
from importlib import metadata
from typing import Any

from ...reference import libraries

PACKAGES = (
    "lecture-claims",
    *(package for name in libraries.names() for package in libraries.LIBRARIES[name].distributions),
    "ml_dtypes",
    "scikit-learn",
)


@functools.cache
def processor() -> dict[str, Any]:
    """What py-cpuinfo finds out: on Linux, macOS and Windows alike. It takes a second, so it is asked when needed and once."""
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
