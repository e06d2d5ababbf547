"""The sources that an answer comes from: of a claim, of the library it runs on, of the operations that it asks for, and of what runs it.

Too many rather than too few: what runs claims and what is known of numbers count for every claim. Three things are told apart, so that a change
of one of them runs again only what it reaches: claims, libraries, operators.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import threading
from collections.abc import Iterable
from pathlib import Path

from ...reference import libraries
from ...reference.operators import catalogue

ROOMS = Path(__file__).parents[1]
REFERENCE = Path(catalogue.__file__).parents[1]
OPERATORS = Path(catalogue.__file__).parent
ROOT = ROOMS.parent
LECTURE = ROOMS / "lecture"
LIBRARIES = REFERENCE / "libraries"
ENGINE = ("engine", "language", "record", "workers", "store")
"""The rooms of this floor that run claims."""


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 of files with their names."""
    whole = hashlib.sha256()
    for path in sorted({*paths}):
        whole.update(f"{path.name} {_content(path)}\n".encode())
    return whole.hexdigest()


@functools.lru_cache(maxsize=4096)
def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def place(file: str) -> str:
    """A file by its place in this package, which is the same on every machine: ``ROOT / place(file)`` is the file. Others stay as they are."""
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else file


def every(folder: Path) -> list[Path]:
    """The files of a folder, without what Python makes of them."""
    return [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


@functools.cache
def shared() -> str:
    """Of what every claim on every library comes from: what runs claims, and the reference without libraries and operators."""
    rooms = [path for room in ENGINE for path in every(ROOMS / room)]
    reference = [p for p in every(REFERENCE) if p not in operators() and LIBRARIES not in p.parents]
    return digest((*rooms, *reference, *LIBRARIES.glob("*.py"), *LIBRARIES.glob("*/__init__.py")))


@functools.cache
def operators() -> frozenset[Path]:
    """The files that declare operations."""
    return frozenset(map(_file_of, catalogue.OPERATIONS))


def of_claim(file: Path, folder: Path) -> list[Path]:
    """A claim's file, what it imports of its lecture, and what lies beside these that is no Python (the history of a design)."""
    found, waiting = set[Path](), [file.resolve()]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [p for p in _imports(path) if folder in p.parents]
        waiting += [p for p in (path.with_name("__init__.py"),) if p.is_file()]
    beside = {p for path in found for p in path.parent.iterdir() if p.is_file() and p.suffix not in (".py", ".pyc")}
    return sorted(found | (beside - {*folder.iterdir()}))


def of_library(backend: str) -> list[Path]:
    """The files of a library's folder; of a user's own file, it and the Python files beside it."""
    if backend.endswith(".py"):
        return [Path(backend), *Path(backend).parent.glob("*.py")]
    return every(LIBRARIES / backend)


def of_operations(names: Iterable[str], backend: str) -> list[Path]:
    """The operators' files behind operations: their own, those that a library's functions of these names use, and what these import."""
    wanted = {*names}
    waiting = {_file_of(name) for name in wanted & {*catalogue.OPERATIONS}}
    for library in {backend, libraries.REFERENCE} & {*libraries.LIBRARIES}:
        for path in LIBRARIES.joinpath(library).glob("*.py"):
            waiting |= _used(path, frozenset(wanted))
    found = set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting |= {p for p in _imports(path) if OPERATORS in p.parents}
    return sorted(found)


def mentioned(paths: Iterable[Path]) -> set[str]:
    """Every name and every word that sources have: among them the operations that they ask for or call."""
    return set().union(*(_words(path) for path in paths if path.suffix == ".py"))


@functools.lru_cache(maxsize=1024)
def _words(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return found


def _file_of(name: str) -> Path:
    """Where an operation is declared."""
    _, _, module = catalogue.OPERATIONS[name].function.__module__.partition(".operators.")
    return OPERATORS.joinpath(*module.split(".")).with_suffix(".py")


@functools.lru_cache(maxsize=1024)
def _used(path: Path, names: frozenset[str]) -> set[Path]:
    """The operators' files that functions of these names in a library's file use, by way of other functions of the file too."""
    tree = _tree(path)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    imported: dict[str, Path] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                for target in _files(path, node, alias.name):
                    if OPERATORS in target.parents:
                        imported[alias.asname or alias.name] = target
    found, waiting, seen = set[Path](), [n for n in names if n in functions], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        used = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
        found |= {imported[n] for n in used if n in imported}
        waiting += [n for n in used if n in functions]
    return found


PARSING = threading.Lock()


@functools.lru_cache(maxsize=4096)
def _tree(path: Path) -> ast.Module:
    """One at a time: Python 3.11 counts how deep it is in one number for all threads, and ends in a SystemError where they meet."""
    with PARSING:
        return ast.parse(path.read_bytes())


@functools.lru_cache(maxsize=4096)
def _imports(path: Path) -> tuple[Path, ...]:
    """The files that a source imports by relative or absolute names of this package, also within its functions."""
    if path.suffix != ".py":
        return ()
    found = set[Path]()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            found |= {target for alias in node.names for target in _files(path, node, alias.name)}
        elif isinstance(node, ast.Import):
            found |= {target for alias in node.names for target in _absolute(alias.name)}
    return tuple(sorted(found))


def _files(path: Path, node: ast.ImportFrom, name: str) -> list[Path]:
    """The files of ``from <module> import <name>``: the module's, and the name's where that is a module."""
    if not node.level:
        return [*_absolute(node.module or ""), *_absolute(f"{node.module}.{name}")]
    base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
    return [p for p in _candidates(base) + _candidates(base / name) if p.is_file()]


def _candidates(base: Path) -> list[Path]:
    return [base.with_suffix(".py"), base / "__init__.py"]


def _absolute(name: str) -> list[Path]:
    """Of this package's own modules; others are known by their distribution's version."""
    if not name.startswith(__name__.partition(".")[0] + "."):
        return []
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return []
    return [Path(spec.origin)] if spec and spec.origin else []
