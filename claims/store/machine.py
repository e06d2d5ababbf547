"""What else can change an answer: versions and files of what is installed, Python, the processor, variables that steer the kernels."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

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


@functools.cache
def distribution(name: str) -> str:
    """Version of an installed distribution and SHA-256 of its RECORD, which has one of each of its files; empty where it is not installed."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ""
    return f"{found.version} {hashlib.sha256((found.read_text('RECORD') or '').encode()).hexdigest()}"


def packages(backend: str) -> dict[str, str]:
    """What a library rests on: its distributions with all that they require; of a user's own file, everything that is installed."""
    if backend.endswith(".py"):
        names = {d.metadata["Name"] for d in metadata.distributions()}
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


@functools.cache
def processor() -> str:
    """The processor's model and features as the system tells them, without a second's work."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text().partition("\n\n")[0].splitlines()
        told = [line for line in lines if re.match("model name|flags|Features|CPU part|microcode", line)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()
    return f"{platform.machine()} {platform.processor()}"


def variables() -> dict[str, str]:
    return {name: value for name, value in sorted(os.environ.items()) if STEERING.match(name)}


def facts() -> dict[str, object]:
    """Python, system, processor and variables."""
    return {
        "python": sys.version,
        "implementation": sys.implementation.name,
        "system": f"{platform.system()} {platform.machine()}",
        "libc": platform.libc_ver(),
        "processor": processor(),
        "variables": variables(),
    }
