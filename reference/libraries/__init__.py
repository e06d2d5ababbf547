"""Libraries: a folder each, the same names and the same signatures in each, NumPy arrays in and out.

    __init__.py     what is known of the library before it is imported (a ``Library``)
    operations.py   the operations of ``reference/operators``; ``LACKS`` says why it has not the others
    training.py     ``value_and_gradient`` of a network (``reference/networks``), where it has one
    defaults.py     what the library does by itself, each in its own way
    conventions.py  what its users take for granted: defaults and orders of axes, as data

A library is named by its folder, or by the path of a Python file with such operations (a user's own). No library is imported here:
TensorFlow alone takes seconds, so one is loaded only in the worker process that was asked for it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import math
import pathlib
import pkgutil
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import NoReturn

from .framework import ONNX, Framework
from .library import Library, Unsupported

_HERE = pathlib.Path(__file__).parent
_PARTS = ("operations", "training", "defaults")

LIBRARIES: dict[str, Library] = {
    folder.name: importlib.import_module(f".{folder.name}", __name__).LIBRARY
    for folder in sorted(pkgutil.iter_modules([str(_HERE)]))
    if folder.ispkg
}
"""Name → what its folder declares, in alphabetical order."""
REFERENCE = "numpy"
"""The library whose operations are the operators of this repository."""


def conventions() -> dict[str, Framework]:
    """Key → what a framework takes where nothing is said, of every library's folder that says it; and of ONNX."""
    files = [name for name in quickest(LIBRARIES) if (_HERE / name / "conventions.py").is_file()]
    said = (importlib.import_module(f".{name}.conventions", __name__).FRAMEWORKS for name in files)
    return {key: one for frameworks in said for key, one in frameworks.items()} | {"onnx": ONNX}


def declared(name: str) -> Library:
    """What is known of a library before it is imported; a user's own file may be anything, and counts as the slowest."""
    return LIBRARIES.get(name, Library(name, (), seconds=math.inf))


def quickest(names: Iterable[str]) -> tuple[str, ...]:
    """Those that compute first, and of them the one that is imported most quickly."""
    return tuple(sorted(names, key=lambda name: (not declared(name).computes, declared(name).seconds)))


FRAMEWORKS = tuple(name for name in quickest(LIBRARIES) if LIBRARIES[name].differentiates)
"""Libraries that differentiate by themselves and train networks."""
WITH_LAYERS = tuple(name for name in quickest(LIBRARIES) if LIBRARIES[name].layers)
"""Libraries that build a network of layers of their own."""
DECODERS = tuple(name for name, library in LIBRARIES.items() if not library.computes)
"""Libraries that read pictures and compute nothing of a network."""
ENVIRONMENT = {variable: value for library in LIBRARIES.values() for variable, value in library.environment.items()}
"""Variables that must be set before any library is imported."""


def names() -> tuple[str, ...]:
    """The libraries that compute, in alphabetical order."""
    return tuple(name for name in LIBRARIES if name not in DECODERS)


def every() -> tuple[str, ...]:
    """The libraries that compute, and after them those that only decode pictures."""
    return (*names(), *DECODERS)


def label(name: str) -> str:
    """The name under which a library appears in reports: of a file, its stem."""
    return pathlib.Path(name).stem if name.endswith(".py") else name


def installed(name: str) -> bool:
    """Whether the library can be found, without importing it."""
    return name.endswith(".py") or importlib.util.find_spec(declared(name).module) is not None


def source_file(name: str) -> pathlib.Path:
    """Where its operations are written."""
    return pathlib.Path(name) if name.endswith(".py") else _HERE / name / "operations.py"


def load(name: str) -> ModuleType:
    """Import a library and all that its folder says of it. Raises what the import raises: in a worker that is an observation."""
    return _file(name) if name.endswith(".py") else _folder(name)


@functools.cache
def _folder(name: str) -> ModuleType:
    """The parts of a folder as one module, with a function that raises ``Unsupported`` for each operation that it lacks."""
    whole = ModuleType(f"{__name__}.{name}.operations")
    for part in _PARTS:
        if (_HERE / name / f"{part}.py").is_file():
            module = importlib.import_module(f".{name}.{part}", __name__)
            vars(whole).update({key: value for key, value in vars(module).items() if not key.startswith("_")})
    for operation, reason in vars(whole).get("LACKS", {}).items():
        vars(whole)[operation] = functools.partial(_lacking, reason)
    return whole


def _lacking(reason: str, *_: object, **__: object) -> NoReturn:
    raise Unsupported(reason)


def _file(path: str) -> ModuleType:
    name = f"lectureclaims_library_{label(path)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"backend={path!r}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    vars(module).setdefault("configure", lambda: None)  # a file with one operation is enough
    vars(module).setdefault("environment", dict)
    return module
