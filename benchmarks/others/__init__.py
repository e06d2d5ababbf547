"""Libraries that are measured beside those of the repository, and are otherwise no part of it: the extra ``bench`` brings them."""

from __future__ import annotations

import importlib
import importlib.util
from importlib import metadata
from types import ModuleType

OTHERS = {"jax": "in_jax", "onnxruntime": "in_onnxruntime"}
"""What is imported → the file beside this one that has the operations."""


def loaded() -> dict[str, ModuleType]:
    """Those that are installed, by name and version."""
    return {
        f"{name} {metadata.version(name)}": importlib.import_module(f".{file}", __name__)
        for name, file in OTHERS.items()
        if _installed(name)
    }


def absent() -> list[str]:
    return [name for name in OTHERS if not _installed(name)]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
