"""The machine is part of the evidence, and changes answers: processor, Python, versions and files of what is installed, variables."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from ...reference import libraries

USED = (
    "numpy",
    "scipy",
    "ml_dtypes",
    "mpmath",
    "sympy",
    "msgspec",
    "pillow",
    "scikit-learn",
    "cachetools",
    "threadpoolctl",
)
"""What the exact results, the bounds, the inputs and the record are made with."""
STEERING = re.compile(
    "^(OMP|GOMP|KMP|MKL|OPENBLAS|GOTO|BLIS|VECLIB|NUMEXPR|DNNL|ONEDNN|TF|XLA|TORCH|PYTORCH|ATEN|CUDA|NVIDIA|JAX|KERAS|ORT|NPY|NUMPY|SCIPY|GLIBC|"
    "MALLOC|PYTHON|LD|DYLD|LC)_|^(PYTHONHASHSEED|PYTHONPATH|LANG)$"
)
"""Names of variables that are known to change how a library computes."""
NOT_STEERING = {*libraries.ENVIRONMENT, "PYTHONHASHSEED", "MALLOC_TRIM_THRESHOLD_"}
"""Of these names, those that the processes which compute are given anyway; and when memory is given back, which no number depends on."""
PUT_BESIDE = re.compile(r"^(\.\./)+(bin|Scripts)/|^__editable__|\.dist-info/(INSTALLER|REQUESTED|direct_url\.json),")
"""Lines of a RECORD for what an installer writes itself: scripts and links with a path in them, and its notes."""


OWN = "lecture-claims"
"""This distribution, of which the sources themselves are in each key."""


@functools.cache
def distribution(name: str) -> str:
    """Version of an installed distribution and SHA-256 of its RECORD, which has one of each of its files; empty where it is not installed.

    The same in every environment, wherever it lies and whatever installed it.
    """
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ""
    lines = (found.read_text("RECORD") or "").splitlines()
    files = sorted(line for line in lines if ",sha256=" in line and not PUT_BESIDE.search(line))
    whole = "\n".join(files).encode()
    return f"{found.version} {hashlib.sha256(whole).hexdigest()}"


def packages(backend: str) -> dict[str, str]:
    """What a library rests on: its distributions with all that they require; of a user's own file, everything that is installed."""
    if backend.endswith(".py"):
        names = {d.metadata["Name"] for d in metadata.distributions()} - {OWN}
    else:
        names = {*USED}
        waiting = [*libraries.declared(backend).distributions]
        while waiting:
            name = waiting.pop()
            if name not in names or name in USED:
                names.add(name)
                waiting += [r for r in _requires(name) if r not in names]
    return {name: distribution(name) for name in sorted(names)}


def _requires(name: str) -> list[str]:
    try:
        wanted = [Requirement(text) for text in metadata.requires(name) or ()]
    except (metadata.PackageNotFoundError, InvalidRequirement):
        return []
    return [r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]


def variables() -> dict[str, str]:
    told = {name: os.environ[name] for name in sorted(os.environ.keys() - NOT_STEERING)}
    return {name: value for name, value in told.items() if STEERING.match(name)}


def facts() -> dict[str, object]:
    """Python, system, processor and variables."""
    return {
        "python": sys.version,
        "implementation": sys.implementation.name,
        "system": f"{platform.system()} {platform.machine()}",
        "libc": platform.libc_ver(),
        "processor": {name: processor().get(name) for name in ("brand_raw", "flags")},
        "variables": variables(),
    }


# --- in words ----------------------------------------------------------------------------------------------------------

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
