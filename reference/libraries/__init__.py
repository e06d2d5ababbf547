"""Phrasebooks: one library a file, the same names and the same signatures in each, NumPy arrays in and out.

A backend is a file in this folder that bears the import name of its library, or the path of a Python file of the same
shape (a user's own). Nothing is imported here: TensorFlow alone takes seconds, so a library is loaded only in the worker
process that was asked for it.
"""

import importlib
import importlib.util
import pathlib
import pkgutil
import sys
from types import ModuleType

__all__ = ["DECODERS", "Unsupported", "every", "installed", "label", "load", "names", "source_file"]

DECODERS = {"matplotlib": "matplotlib", "opencv": "cv2", "pillow": "PIL"}
"""Libraries that read pictures and compute nothing of a network , and the names they are imported by."""


class Unsupported(Exception):
    """The library has no such operation: a fact to show, neither a pass nor a failure."""


def names() -> tuple[str, ...]:
    """The backends in this folder, in alphabetical order, without those that only decode pictures."""
    folder = str(pathlib.Path(__file__).parent)
    return tuple(sorted(module.name for module in pkgutil.iter_modules([folder]) if module.name not in DECODERS))


def every() -> tuple[str, ...]:
    """The backends, and after them the libraries that only decode pictures."""
    return (*names(), *DECODERS)


def label(backend: str) -> str:
    """The name under which a backend appears in reports: of a file, its stem."""
    return pathlib.Path(backend).stem if backend.endswith(".py") else backend


def installed(backend: str) -> bool:
    """Whether the library of a backend can be found, without importing it."""
    return backend.endswith(".py") or importlib.util.find_spec(DECODERS.get(backend, backend)) is not None


def source_file(backend: str) -> pathlib.Path:
    """The phrasebook's own source."""
    here = pathlib.Path(__file__).parent
    return pathlib.Path(backend) if backend.endswith(".py") else here / backend / "operations.py"


def load(backend: str) -> ModuleType:
    """Import a phrasebook, and its library with it. Raises what the import raises: in a worker that is an observation."""
    if not backend.endswith(".py"):
        return importlib.import_module(f"{__name__}.{backend}.operations")
    name = f"lectureclaims_backend_{label(backend)}"
    spec = importlib.util.spec_from_file_location(name, backend)
    if spec is None or spec.loader is None:
        raise ImportError(f"backend={backend!r}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
